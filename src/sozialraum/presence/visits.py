"""Visits that a week permits, and their days.

A visit is a room, a kind of window, and one or two formats. Windows at the same time of several
days in which the same rooms are open as long are one kind: on which of these days a visit falls
makes no difference to anybody. So the plan counts visits instead of naming days; days, and the
slots of its room, are given to every visit afterwards.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.errors import StudyError
from sozialraum.presence.problem import Floats, Ints

MOST = 50_000
"""Largest number of possible visits, and of conditions on what fits into them."""


@dataclass(frozen=True)
class Visits:
    """Possible visits, and the windows of each kind.

    Attributes
    ----------
    room, kind : int arrays (visits,)
    start : float array (visits,)
        Hour of the day.
    length : int array (visits,)
        Slots for which the room is open.
    uses : bool array (visits, formats)
        Formats of the visit; each takes its least slots or more.
    windows : list of lists of int
        Windows of each kind in the order of the week.
    """

    room: Ints
    kind: Ints
    start: Floats
    length: Ints
    uses: NDArray[np.bool_]
    windows: list[list[int]]


def possible_visits(
    stays: pd.DataFrame, least: Ints, possible: NDArray[np.bool_], slot: float
) -> Visits:
    """All visits that opening times, formats and shortest stays permit.

    Parameters
    ----------
    stays : pandas.DataFrame
        `room`, `window`, `part` (of the day), `start`, `length` (hours).
    least : int array (formats,)
        Slots of the shortest stay of each format.
    possible : bool array (rooms, formats)
    slot : float
        Hours.

    Raises
    ------
    StudyError
        There are more than `MOST`.

    Examples
    --------
    >>> stays = pd.DataFrame(
    ...     {"room": [0], "window": [0], "part": [0], "start": [9.0], "length": [2.0]})
    >>> possible_visits(stays, np.array([2, 3]), np.array([[True, True]]), 0.5).uses.tolist()
    [[True, False], [False, True]]
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
    rooms, formats = possible.shape
    pairs = itertools.combinations_with_replacement(range(formats), 2)
    ways = np.array([np.isin(range(formats), pair) for pair in pairs], bool).reshape(-1, formats)
    found: list[tuple[int, int, float, int, int]] = []
    for kind, look in enumerate(kinds):
        for room, start, length in (entry for entry in look if len(entry) == 3):
            closed = (ways & ~possible[int(room)]).any(axis=1)
            fit = np.flatnonzero((ways @ least <= length) & ~closed)
            found += [(int(room), kind, start, int(length), int(way)) for way in fit]
    size = len(found) + rooms * 2**formats
    if size > MOST:
        raise StudyError(
            f"The plan has {size:,} visits and conditions, too many to choose among",
            where="hours",
            expected=f"at most {MOST:,}",
            hint="Use fewer formats, or rooms and opening times that differ less",
        )
    table = np.array(found, float).reshape(-1, 5)
    room_of, kind_of, long, way_of = (table[:, c].astype(np.intp) for c in (0, 1, 3, 4))
    return Visits(room_of, kind_of, table[:, 2], long, ways[way_of], list(kinds.values()))


def deal(
    visits: Visits, least: Ints, counts: Ints, taken: Ints
) -> tuple[list[int], list[int], NDArray[np.int64]]:
    """Visits one by one, with their windows and slots.

    Visits of one kind are dealt out in the order of their rooms, one window after the other: a
    room has no more visits than there are windows, so it never comes twice to the same one.

    Parameters
    ----------
    visits : Visits
    least : int array (formats,)
        Slots of the shortest stay of each format.
    counts : int array (visits,)
    taken : int array (rooms, formats)
        Slots of each room that its visits can hold.

    Returns
    -------
    visit, window : lists of int
    slots : int array (visits made, formats)

    Examples
    --------
    >>> visits = Visits(np.array([0]), np.array([0]), np.array([9.0]), np.array([4]),
    ...                 np.array([[True]]), [[0, 2, 4]])
    >>> deal(visits, np.array([2]), np.array([2]), np.array([[7]]))
    ([0, 0], [0, 2], array([[4],
           [3]]))
    """
    made = np.repeat(np.arange(counts.size), counts)
    made = made[np.lexsort((made, visits.room[made], visits.kind[made]))]
    window: list[int] = []
    for kind, number in zip(*np.unique(visits.kind[made], return_counts=True), strict=True):
        days = visits.windows[kind]
        window += [days[i % len(days)] for i in range(number)]
    shortest = visits.uses[made].astype(np.int64) * least
    extra = np.zeros_like(shortest)
    left = (visits.length[made] - shortest.sum(axis=1)).astype(np.int64)
    for room in np.unique(visits.room[made]):
        mine = np.flatnonzero(visits.room[made] == room)
        for form, more in enumerate(taken[room] - shortest[mine].sum(axis=0)):
            for _ in range(more):
                _prolong(form, extra, left, visits.uses[made], mine, set())
    return made.tolist(), window, shortest + extra


def _prolong(
    form: int,
    extra: NDArray[np.int64],
    left: NDArray[np.int64],
    uses: NDArray[np.bool_],
    mine: Ints,
    tried: set[int],
) -> bool:
    """One slot more of a format: in a visit with time left, or where another format makes way.

    A format makes way by taking its slot in another visit (an augmenting path): every slot finds
    its place where all of them fit. `extra` (visits, formats) and `left` (visits,) are changed.
    """
    for v in mine[uses[mine, form]].tolist():
        if v in tried:
            continue
        tried.add(v)
        way = left[v] > 0
        left[v] -= way
        for other in np.flatnonzero(extra[v]).tolist():
            if not way and other != form and _prolong(other, extra, left, uses, mine, tried):
                extra[v, other] -= 1
                way = True
        if way:
            extra[v, form] += 1
            return True
    return False
