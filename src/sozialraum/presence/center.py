"""Set cover and p-center: the fewest sites that reach everybody, the shortest longest way.

Set cover (Toregas, Swain, ReVelle & Bergman 1971) after reduction; p-center by bisection over the
distances that occur, each step a set cover (Minieka 1970).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sozialraum.presence.cover import COUNTED, Cover, reduce_cover
from sozialraum.presence.exchange import same_reach
from sozialraum.presence.highs import Clock, maximise
from sozialraum.presence.problem import Bools, Floats, Ints, Problem, entries
from sozialraum.presence.search import count_choices, greedy

ROWS = 6_000
"""Largest number of rows that are compared with each other."""
SMALL = 1_000
"""The same, where all pairs are looked at."""


@dataclass(frozen=True)
class Answer:
    """Chosen columns, and a lower bound on the objective."""

    chosen: Ints
    bound: float
    timed_out: bool = False


def fewest(
    cover: Cover,
    *,
    enough: int | None = None,
    clock: Clock | None = None,
    gap: float = 0.0,
    node_limit: int | None = None,
) -> Answer:
    """Fewest columns that reach all rows (each row must have one).

    With `enough`, the search ends as soon as that many columns suffice or provably do not.

    Examples
    --------
    >>> reach = np.array([[1.0, 0, 1], [0, 1, 1], [0, 1, 0]])
    >>> found = fewest(Cover(reach, np.ones(3), np.arange(3)))
    >>> found.chosen.size, found.bound
    (2, 2.0)
    """
    few = _count(cover)
    if few is not None:
        return Answer(few, float(few.size))
    small = _drop_easy_rows(reduce_cover(cover.thin()))
    n, k = small.reach.shape
    back = np.searchsorted(cover.sites, small.sites)
    if n == 0:
        return Answer(np.empty(0, np.intp), 0.0)
    chosen = _prune(small, _greedy_cover(small))
    if chosen.size == 1 or (enough is not None and chosen.size <= enough):
        return Answer(back[chosen], 1.0)
    start = np.zeros(k)
    start[chosen] = 1.0
    outcome = maximise(
        -np.ones(k),
        small.reach,
        np.ones(n),
        np.full(n, np.inf),
        integer=np.ones(k, bool),
        start=start,
        gap=gap,
        slack=0.999,
        reduced=True,
        jump=False,
        clock=clock,
        node_limit=node_limit,
    )
    if outcome.point is not None:
        other = _prune(small, np.flatnonzero(outcome.point > 0.5))
        if (small.counts(other) > 0).all() and other.size < chosen.size:
            chosen = other
    bound = float(np.ceil(-outcome.bound - 1e-6)) if np.isfinite(outcome.bound) else 1.0
    return Answer(back[chosen], min(bound, chosen.size), outcome.timed_out)


def _count(cover: Cover) -> Ints | None:
    """The fewest columns, where all choices of them can be counted."""
    if not 0 < cover.reach.shape[0] * cover.reach.shape[1] <= COUNTED:
        return None
    near, columns = np.unique(cover.arithmetic() > 0, axis=0), np.arange(cover.sites.size)
    if len(near) > SMALL:
        return None
    while True:
        # Rows that are reached whenever another one is, and columns that another one replaces.
        near = near[~_above(near.astype(float))]
        stay = ~_above(1.0 - near.T) & near.any(axis=0)
        if stay.all():
            break
        near, columns = near[:, stay], columns[stay]
    rows = Cover(near.astype(float), np.ones(len(near)), columns)
    counted = count_choices(rows)
    if counted is None:
        return None
    return columns[next(a.chosen for a in counted if a.value > len(near) - 0.5)]


def _above(sets: Floats) -> Bools:
    """Whether a set (a row of ones) contains another one; of equals the first one does not."""
    size = sets.sum(axis=1)
    inside = sets @ sets.T == size
    order = np.arange(size.size)
    inside &= (size[:, None] > size) | (order[:, None] > order)
    return inside.any(axis=1)


def _drop_easy_rows(cover: Cover) -> Cover:
    """Leave out rows that are reached whenever another one is."""
    n = cover.reach.shape[0]
    if not 1 < n <= ROWS:
        return cover
    size = np.diff(cover.reach.indptr)
    common = (cover.reach @ cover.reach.T).tocoo()
    i, k = common.coords
    harder = (common.data == size[k]) & (i != k) & ((size[i] > size[k]) | (k < i))
    keep = np.ones(n, bool)
    keep[i[harder]] = False
    return Cover(cover.reach[keep], cover.weight[keep], cover.sites)


def _greedy_cover(cover: Cover) -> Ints:
    ones = Cover(cover.reach, np.ones(cover.weight.size), cover.sites)
    chosen, most = np.empty(0, np.intp), 1
    while True:
        chosen = greedy(ones, min(most, ones.sites.size), chosen)
        if (ones.counts(chosen) > 0).all():
            return chosen
        most *= 2


def _prune(cover: Cover, chosen: Ints) -> Ints:
    """Drop columns that the others make needless, those with the fewest rows first."""
    counts = cover.counts(chosen)
    columns = cover.reach.tocsc()
    size = np.diff(columns.indptr)
    kept = []
    for j in sorted(chosen, key=lambda j: (size[j], j)):
        rows = entries(columns, j)
        if (counts[rows] > 1).all():
            counts[rows] -= 1
        else:
            kept.append(j)
    return np.array(sorted(kept), dtype=np.intp)


class Center:
    """Sites with the shortest longest way, for any number of them.

    Parameters
    ----------
    problem : Problem
    rows : int array
        Points that count; each must reach some candidate.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> search = Center(read_problem([[0, 4], [3, 3], [9, 5.0]], [1, 1, 1]), np.arange(3))
    >>> found = search.solve(1, clock=Clock())
    >>> found.chosen.tolist(), found.bound
    ([1], 5.0)
    """

    def __init__(self, problem: Problem, rows: Ints) -> None:
        self.problem = problem
        self.free = np.setdiff1d(problem.candidates, problem.required)
        fixed = problem.shortest(problem.required)[rows]
        costs = problem.columns_dense(self.free)[rows]
        # With all sites somebody's way is as long as this. Nobody who has a required site so near
        # decides anything, and no shorter way does.
        least = np.minimum(costs.min(axis=1, initial=np.inf), fixed).max(initial=0.0)
        self.fixed, self.costs = fixed[fixed > least], costs[fixed > least]
        every = np.concatenate([[least], self.costs.ravel(), self.fixed])
        self.levels = np.unique(every[(every >= least) & np.isfinite(every)])
        self._known: dict[int, Answer] = {}

    def solve(self, p: int, *, clock: Clock, node_limit: int | None = None) -> Answer:
        """Choose `p` sites, required ones among them: bisection over the ways that occur."""
        levels, more = self.levels, p - self.problem.required.size
        floor = low = 0
        high = levels.size  # one beyond the last level: not known to be possible
        best, timed_out = np.empty(0, np.intp), False
        while low < high:
            # A few sites more than there must be mostly do as well as all of them: asked first.
            middle = (low + high) // 2 if low else 0
            answer = self._reach_all(middle, more, clock, node_limit)
            if answer.chosen.size <= more:
                best, high = answer.chosen, middle
            else:
                if answer.bound > more:  # else not decided in time: the bound stays below
                    floor = middle + 1
                timed_out |= answer.timed_out
                low = middle + 1
        bound = levels[min(floor, levels.size - 1)] if high < levels.size else np.inf
        chosen = np.r_[self.problem.required, self.free[best]].astype(np.intp)
        return Answer(chosen, float(bound), timed_out)

    def _reach_all(self, level: int, p: int, clock: Clock, node_limit: int | None) -> Answer:
        known = self._known.get(level)
        if known is not None:
            return known
        far = self.fixed > self.levels[level]
        near, weight = same_reach(self.costs[far] <= self.levels[level], np.ones(int(far.sum())))
        cover = Cover(near.astype(float), np.ones(weight.size), np.arange(self.free.size))
        answer = fewest(cover, enough=p, clock=clock, node_limit=node_limit)
        if answer.bound >= answer.chosen.size:  # whatever the number of sites that was asked for
            self._known[level] = answer
        return answer
