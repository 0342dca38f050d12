"""Visits of a week as one small integer program.

A visit is a room, a kind of window and slots per format. Windows at the same time of several days
in which the same rooms are open as long are one kind: on which of these days a visit falls makes
no difference to anybody. So the program counts visits instead of naming days, and is solved in a
fraction of the time; days are given to the visits afterwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.errors import StudyError
from sozialraum.lazy import sparse
from sozialraum.presence.highs import maximise
from sozialraum.presence.problem import Floats, Ints

VISIT = 1e-3
"""What one more visit must be worth, relative to one person: fewer visits where equal."""
PARTS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Shares of those who want a format at a room up to which the next person is worth the same."""
MOST = 50_000
"""Largest number of possible visits."""


@dataclass(frozen=True)
class Visits:
    """Possible visits, and the windows of each kind.

    Attributes
    ----------
    room, kind : int arrays (visits,)
    start : float array (visits,)
        Hour of the day.
    slots : int array (visits, formats)
    windows : list of lists of int
        Windows of each kind in the order of the week.
    """

    room: Ints
    kind: Ints
    start: Floats
    slots: NDArray[np.int64]
    windows: list[list[int]]


def fillings(length: int, least: Sequence[int]) -> NDArray[np.int64]:
    """Ways to fill a visit of `length` slots: one format or two, each for its least or longer.

    Examples
    --------
    >>> fillings(3, [2, 1]).tolist()
    [[0, 1], [0, 2], [0, 3], [2, 0], [2, 1], [3, 0]]
    """
    found = set()
    for pair in itertools.combinations_with_replacement(range(len(least)), 2):
        for first in (0, *range(least[pair[0]], length + 1)):
            for second in (0, *range(least[pair[1]], length - first + 1)):
                row = [0] * len(least)
                row[pair[0]] = first
                row[pair[1]] = second if pair[0] != pair[1] else first
                if 0 < sum(row) <= length:
                    found.add(tuple(row))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, len(least))


def possible_visits(
    stays: pd.DataFrame, least: Sequence[int], possible: NDArray[np.bool_], slot: float
) -> Visits:
    """All visits that opening times, formats and shortest stays permit.

    Parameters
    ----------
    stays : pandas.DataFrame
        `room`, `window`, `part` (of the day), `start`, `length` (hours).
    least : sequence of int
        Slots of the shortest stay of each format.
    possible : bool array (rooms, formats)
    slot : float
        Hours.

    Examples
    --------
    >>> stays = pd.DataFrame(
    ...     {"room": [0], "window": [0], "part": [0], "start": [9.0], "length": [2.0]})
    >>> possible_visits(stays, [2], np.array([[True]]), slot=0.5).slots.tolist()
    [[2], [3], [4]]
    """
    slots = np.round(stays["length"].to_numpy() / slot).astype(int)
    looks: dict[int, list[tuple[float, ...]]] = {}
    for room, window, part, start, length in zip(
        stays["room"], stays["window"], stays["part"], stays["start"], slots, strict=True
    ):
        looks.setdefault(int(window), [(float(part),)]).append((room, start, length))
    kinds: dict[tuple[tuple[float, ...], ...], list[int]] = {}
    for window in sorted(looks):
        kinds.setdefault(tuple(sorted(looks[window])), []).append(window)
    ways = {length: fillings(length, least) for length in sorted(set(slots.tolist()))}
    room_of, kind_of, starts, rows = [], [], [], []
    for kind, look in enumerate(kinds):
        for room, start, length in (entry for entry in look if len(entry) == 3):
            fit = ways[int(length)]
            fit = fit[~((fit > 0) & ~possible[int(room)]).any(axis=1)]
            room_of += [int(room)] * len(fit)
            kind_of += [kind] * len(fit)
            starts += [start] * len(fit)
            rows.append(fit)
    if len(room_of) > MOST:
        raise StudyError(
            f"{len(room_of):,} different visits are possible, too many to choose among",
            where="hours.slot",
            expected=f"at most {MOST:,}",
            hint="Use longer slots or shorter windows",
        )
    return Visits(
        np.array(room_of, np.intp),
        np.array(kind_of, np.intp),
        np.array(starts, float),
        np.concatenate(rows) if rows else np.empty((0, len(least)), np.int64),
        list(kinds.values()),
    )


def best_visits(
    visits: Visits,
    cap: Floats,
    rate: Floats,
    value: Floats,
    share: Floats,
    *,
    slots: float,
    teams: int,
    every_room: bool,
    gap: float,
    node_limit: int,
) -> tuple[Ints, float] | None:
    """How often each visit is made, and a bound on the worth of any choice.

    Parameters
    ----------
    visits : Visits
    cap : float array (rooms, formats)
        People who want a format at a room.
    rate, value, share : float arrays (formats,)
        People per slot, worth of a person, least share of all slots.
    slots : float
        Slots of all teams together.
    teams : int
    every_room : bool
    gap, node_limit
        Where the search may end.

    Returns
    -------
    counts, bound : int array (visits,), float
        None where no choice meets the rules.

    Examples
    --------
    >>> stays = pd.DataFrame(
    ...     {"room": [0], "window": [0], "part": [0], "start": [9.0], "length": [2.0]})
    >>> visits = possible_visits(stays, [2], np.array([[True]]), slot=0.5)
    >>> counts, _ = best_visits(visits, np.array([[8.0]]), np.ones(1), np.ones(1), np.zeros(1),
    ...     slots=4, teams=1, every_room=True, gap=0, node_limit=100)
    >>> counts.tolist()
    [0, 0, 1]
    """
    nv, (nr, nf) = visits.room.size, cap.shape
    size = nv + nr * nf * len(PARTS)
    each, served = np.arange(nv), nv + np.arange(nr * nf * len(PARTS))
    days = np.array([len(w) for w in visits.windows])
    blocks, highs = [], []

    def at_most(data: Any, rows: Any, columns: Any, high: Floats) -> None:
        data = np.broadcast_to(np.asarray(data, float), np.shape(columns))
        blocks.append(sparse.csr_array((data, (rows, columns)), shape=(high.size, size)))
        highs.append(high.astype(float))

    nk = days.size
    at_most(1, visits.kind, each, teams * days)
    at_most(1, visits.room * nk + visits.kind, each, np.tile(days, nr))
    total = visits.slots.sum(axis=1)
    at_most(total, np.zeros(nv, int), each, np.array([slots + 1e-9]))
    for f in np.flatnonzero(share):
        if visits.slots[:, f].any():
            data = share[f] * total - visits.slots[:, f]
            at_most(data, np.zeros(nv, int), each, np.zeros(1))
    visit, form = np.nonzero(visits.slots)
    at_most(
        np.r_[np.ones(served.size), -rate[form] * visits.slots[visit, form]],
        np.r_[np.repeat(np.arange(nr * nf), len(PARTS)), visits.room[visit] * nf + form],
        np.r_[served, visit],
        np.zeros(nr * nf),
    )
    if every_room:
        at_most(-1, visits.room, each, -np.ones(nr))
    objective = np.zeros(size)
    # Earlier kinds of windows first where nothing else decides: the plan is not left to chance.
    objective[each] = -VISIT * (1 + visits.kind / 1000)
    objective[served] = np.outer(np.tile(value, nr), fading()).ravel()
    upper = np.empty(size)
    upper[each] = days[visits.kind]
    upper[served] = np.outer(cap.ravel(), np.diff(PARTS, prepend=0)).ravel()
    outcome = maximise(
        objective,
        sparse.csr_array(sparse.vstack(blocks)),
        np.full(sum(h.size for h in highs), -np.inf),
        np.concatenate(highs),
        upper=upper,
        integer=np.arange(size) < nv,
        gap=gap,
        node_limit=node_limit,
    )
    if outcome.point is None:
        return None
    counts = np.round(outcome.point[:nv]).astype(np.intp)
    return counts, float(outcome.bound) + VISIT * 1.1 * float(counts.sum() + teams * days.sum())


def fading() -> Floats:
    """Worth of a person in each of `PARTS`: the first ones count up to twice as much.

    Examples
    --------
    >>> fading()[[0, -1]].round(3).tolist()
    [0.988, 0.625]
    """
    edges = np.r_[0.0, PARTS]
    return 1 - (edges[1:] + edges[:-1]) / 4


def worth_of(people: Floats, cap: Floats, value: Floats) -> float:
    """Worth of served people (rooms, formats), recounted.

    Examples
    --------
    >>> one = np.array([[10.0]])
    >>> round(worth_of(one, one, np.ones(1)), 4) < 10
    True
    """
    edges = np.r_[0.0, PARTS]
    filled = np.clip(people[..., None] - cap[..., None] * edges[:-1], 0, None)
    filled = np.minimum(filled, cap[..., None] * np.diff(edges))
    return float((filled * fading() * value[:, None]).sum())


def give_days(visits: Visits, counts: Ints, teams: int) -> list[tuple[int, int]]:
    """Window of every visit: (visit, window), no room twice in a window, at most `teams` in each.

    Visits of one kind are dealt out in the order of their rooms, one window after the other: a
    room has no more visits than there are windows, so it never comes twice to the same one.

    Examples
    --------
    >>> visits = Visits(np.array([0]), np.array([0]), np.array([9.0]), np.array([[4]]), [[0, 2, 4]])
    >>> give_days(visits, np.array([2]), 1)
    [(0, 0), (0, 2)]
    """
    dealt: list[tuple[int, int]] = []
    for kind, windows in enumerate(visits.windows):
        mine = [v for v in np.flatnonzero(visits.kind == kind) for _ in range(counts[v])]
        mine.sort(key=lambda v: (visits.room[v], tuple(visits.slots[v])))
        dealt += [(int(v), windows[i % len(windows)]) for i, v in enumerate(mine)]
    return dealt
