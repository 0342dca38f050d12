"""The plan of a week as one small integer program.

It counts visits of each possible kind, and slots of each format at each room. How the slots of a
room are divided among its visits makes no difference to anybody, so the program must only know
that they fit: a condition for every set of formats, as for flows (Gale 1957). What a format is
worth at a room is written for its possible numbers of slots alone: none, or the shortest stay and
more. So the linear program is worth little more than the best plan, which is soon found and
proved; a program with a variable for every way to fill a visit takes many times as long. Tests
compare plans with such a program in which every window is named.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from sozialraum.lazy import sparse
from sozialraum.presence.highs import maximise
from sozialraum.presence.problem import Floats, Ints
from sozialraum.presence.visits import Visits

VISIT = 1e-3
"""What one more visit must be worth, relative to one person: fewer visits where equal."""
PARTS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
"""Shares of those who want a format at a room up to which the next person is worth the same."""


def best_visits(
    visits: Visits,
    least: Ints,
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
) -> tuple[Ints, Ints, float] | None:
    """How often each visit is made, slots of every room, and a bound on the worth of any choice.

    Parameters
    ----------
    visits : Visits
    least : int array (formats,)
        Slots of the shortest stay of each format.
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
    counts, taken, bound : int array (visits,), int array (rooms, formats), float
        None where no choice meets the rules.

    Examples
    --------
    >>> visits = Visits(np.array([0]), np.array([0]), np.array([9.0]), np.array([4]),
    ...                 np.array([[True]]), [[0]])
    >>> counts, taken, _ = best_visits(visits, np.array([2]), np.array([[8.0]]), np.ones(1),
    ...     np.ones(1), np.zeros(1), slots=4, teams=1, every_room=True, gap=0, node_limit=100)
    >>> counts.tolist(), taken.tolist()
    ([1], [[4]])
    """
    nv, (nr, nf) = visits.room.size, cap.shape
    if not nv:
        return None if every_room and nr else (visits.room, np.zeros(cap.shape, np.intp), 0.0)
    days = np.array([len(w) for w in visits.windows])
    visit, form = np.nonzero(visits.uses)
    places, place = np.unique(visits.room[visit] * nf + form, return_inverse=True)
    room, kept = places // nf, places % nf
    longest = np.zeros((nr, days.size), int)
    np.maximum.at(longest, (visits.room, visits.kind), visits.length)
    most = np.minimum((longest @ days)[room], int(slots + 1e-9))
    first, gain, width, at = _gains(cap[room, kept], rate[kept], value[kept], least[kept], most)

    # Variables: visits, slots and "is offered" of each place, slots beyond the shortest stay.
    ends = np.cumsum([nv, places.size, places.size, gain.size])
    each, taken, offered, beyond = np.split(np.arange(ends[-1]), ends[:-1])
    here, all_one = np.arange(places.size), np.zeros(places.size, int)
    rules = _Rules()
    rules.at_most(teams * days, (1, visits.kind, each))
    rules.at_most(np.tile(days, nr), (1, visits.room * days.size + visits.kind, each))
    if every_room:
        rules.at_most(-np.ones(nr), (-1, visits.room, each))
    rules.at_most([int(slots + 1e-9)], (1, all_one, taken))
    for f in np.flatnonzero(share):
        if (kept == f).any():
            rules.at_most([0], (share[f] - (kept == f), all_one, taken))
    # A format is offered where a visit uses it, and each of these visits takes its shortest stay.
    rules.at_most(0 * here, (1, here, offered), (-1, place, visit))
    rules.at_most(0 * here, (least[form], place, visit), (-1, here, taken))
    # Only where it is offered, slots beyond the shortest stay are worth anything.
    rules.at_most(0 * here, (least[kept], here, offered), (1, at, beyond), (-1, here, taken))
    steps = np.arange(at.size)
    rules.at_most(0 * steps, (1, steps, beyond), (-width, steps, offered[at]))
    for formats in sets_of(nf):
        # Slots of these formats find time in the visits that use them, beside the others' least.
        mine, inside = np.isin(kept, formats), visits.uses[:, formats].any(axis=1)
        others = visits.uses @ np.where(np.isin(np.arange(nf), formats), 0, least)
        time = (visits.length - others)[inside]
        rules.at_most(
            np.zeros(nr),
            (1, room[mine], taken[mine]),
            (-time, visits.room[inside], each[inside]),
        )
    # Earlier kinds of windows first where nothing else decides: the plan is not left to chance.
    objective = np.r_[-VISIT * (1 + visits.kind / 1000), np.zeros(places.size), first, gain]
    rows, high = rules.arrays(int(ends[-1]))
    for limit in (node_limit, None):  # without a limit only where nothing was found within it
        outcome = maximise(
            objective,
            rows,
            np.full(high.size, -np.inf),
            high,
            upper=np.r_[days[visits.kind], most, np.ones(places.size), width],
            integer=np.arange(ends[-1]) < ends[2],
            gap=gap,
            node_limit=limit,
            reduced=True,
            jump=False,
        )
        if outcome.infeasible:
            return None
        if outcome.point is not None:
            break
    assert outcome.point is not None
    amounts = np.zeros(nr * nf, np.intp)
    amounts[places] = np.round(outcome.point[taken])
    counts = np.round(outcome.point[each]).astype(np.intp)
    bound = float(outcome.bound) + VISIT * 1.1 * float(teams * days.sum())
    return counts, amounts.reshape(nr, nf), bound


class _Rules:
    """Rows ``sum(data * variable) <= high`` of a program."""

    def __init__(self) -> None:
        self._entries: list[tuple[Floats, Ints, Ints]] = []
        self._high: list[Floats] = []

    def at_most(self, high: Any, *terms: tuple[Any, Any, Ints]) -> None:
        """Add rows; a term: data, rows (from 0) and variables, elements that belong together."""
        above = sum(h.size for h in self._high)
        for data, rows, columns in terms:
            self._entries.append(
                (np.broadcast_to(np.asarray(data, float), columns.shape), rows + above, columns)
            )
        self._high.append(np.asarray(high, float))

    def arrays(self, size: int) -> tuple[sparse.csr_array, Floats]:
        """Matrix (rows, `size` variables) and upper ends."""
        data, rows, columns = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        high = np.concatenate(self._high)
        return sparse.csr_array((data, (rows, columns)), shape=(high.size, size)), high


def sets_of(formats: int) -> Iterator[list[int]]:
    """Every set of formats that is not empty.

    Examples
    --------
    >>> list(sets_of(2))
    [[0], [1], [0, 1]]
    """
    for size in range(1, formats + 1):
        yield from map(list, itertools.combinations(range(formats), size))


def fading() -> Floats:
    """Worth of a person in each of `PARTS`: the first ones count up to twice as much.

    Examples
    --------
    >>> fading()[[0, -1]].round(3).tolist()
    [0.988, 0.625]
    """
    edges = np.r_[0.0, PARTS]
    return 1 - (edges[1:] + edges[:-1]) / 4


def worth_of(people: Floats, cap: Floats, value: Floats) -> Floats:
    """Worth of served people of a format at a room.

    Parameters
    ----------
    people, cap, value : float arrays
        People served, people who want the format there, worth of a person; of one shape, or
        broadcast.

    Examples
    --------
    >>> worth_of(np.array([1.0, 10]), np.array([10.0, 10]), np.ones(2)).round(4).tolist()
    [0.975, 7.5]
    """
    edges = np.r_[0.0, PARTS]
    cap = np.asarray(cap, float)[..., None]
    filled = np.clip(np.asarray(people, float)[..., None] - cap * edges[:-1], 0, None)
    worth: Floats = (np.minimum(filled, cap * np.diff(edges)) * fading()).sum(axis=-1) * value
    return worth


def _gains(
    cap: Floats, rate: Floats, value: Floats, least: Ints, most: Ints
) -> tuple[Floats, Floats, Floats, Ints]:
    """Worth of the shortest stay at each place; gain of a further slot, how many gain it, place."""
    steps: list[tuple[float, int, int]] = []
    for place, (low, high) in enumerate(zip(least, most, strict=True)):
        people = np.minimum(rate[place] * np.arange(low, max(high, low) + 1), cap[place])
        each = np.diff(worth_of(people, cap[place], value[place])).round(9)
        gains, widths = np.unique(each[each > 0], return_counts=True)
        steps += [(g, w, place) for g, w in zip(gains, widths, strict=True)]
    gain, width, at = np.array(steps, float).reshape(-1, 3).T
    first = worth_of(np.minimum(rate * least, cap), cap, value)
    return first, gain, width, at.astype(np.intp)
