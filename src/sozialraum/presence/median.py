"""p-median, the primal side: candidates by distance, greedy choice, exchanges of one site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sozialraum.lazy import sparse
from sozialraum.presence.problem import Bools, Floats, Ints, Problem

FULL = 100_000
"""Up to this many pairs all candidates of a point are listed; beyond, the nearest ones."""


@dataclass(frozen=True)
class Lists:
    """Candidates of each demand point by distance.

    Attributes
    ----------
    near : int array (n, k)
        Columns 0…m-1 of `sites`, nearest first.
    cost : float array (n, k)
        Their weighted distances, ascending, padded with ``inf``.
    beyond : float array (n,)
        Weighted distance of the first candidate that is not listed (``inf``: all are).
    sites : int array (m,)
        Columns of the problem.
    forced : bool array (m,)
        Sites that must be open.
    rows : int array (n,)
        Rows of the problem: those with people.
    penalty : float
        Weighted distance that stands for a point that no open site can be reached from.
    """

    near: Ints
    cost: Floats
    beyond: Floats
    sites: Ints
    forced: Bools
    rows: Ints
    problem: Problem
    penalty: float

    @property
    def m(self) -> int:
        """Number of candidates."""
        return self.sites.size


def candidate_lists(problem: Problem, sites: Ints, forced: Bools, p: int, penalty: float) -> Lists:
    """List the candidates of all demand points that have people, nearest first.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[3, 1.0], [0, 2]], [10, 1])
    >>> lists = candidate_lists(problem, np.arange(2), np.zeros(2, bool), 1, 100)
    >>> lists.near.tolist(), lists.cost.tolist()
    ([[1, 0], [0, 1]], [[10.0, 30.0], [0.0, 2.0]])
    """
    rows = np.flatnonzero(problem.demand > 0)
    n, m = rows.size, sites.size
    width = m if n * m <= FULL else min(m, max(40, -(-5 * m // max(p, 1))))
    near: Any = np.empty((n, width), dtype=np.int32)
    cost = np.empty((n, width))
    beyond = np.full(n, np.inf)
    step = max(1, 4_000_000 // max(m, 1))
    for first in range(0, n, step):
        part = slice(first, first + step)
        weight = problem.demand[rows[part]]
        block = _dense_rows(problem, rows[part], sites)
        if width < m:
            order = np.argpartition(block, width, axis=1)
            beyond[part] = np.take_along_axis(block, order[:, width, None], 1)[:, 0] * weight
            order = np.sort(order[:, :width], axis=1)  # equals in the order of columns
            inner = np.argsort(np.take_along_axis(block, order, 1), axis=1, kind="stable")
            order = np.take_along_axis(order, inner, 1)
        else:
            order = np.argsort(block, axis=1, kind="stable")
        near[part] = order
        cost[part] = np.take_along_axis(block, order, 1) * weight[:, None]
    return Lists(near, cost, beyond, sites, forced, rows, problem, penalty)


def _dense_rows(problem: Problem, rows: Ints, sites: Ints) -> Floats:
    block = problem.cost[rows]
    if sparse.issparse(block):
        entries = block.tocoo()
        block = np.full(entries.shape, np.inf)
        block[entries.coords[0], entries.coords[1]] = entries.data
    return block[:, sites]


def nearest_open(lists: Lists, open_: Bools) -> tuple[Floats, Ints, Floats]:
    """Distance to the nearest open site, that site (-1: none listed), distance to the second.

    The first distance is exact; the second one is a lower estimate where no further site is listed.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[3, 1.0], [0, 2]], [10, 1])
    >>> lists = candidate_lists(problem, np.arange(2), np.zeros(2, bool), 1, 100)
    >>> first, site, second = nearest_open(lists, np.array([True, True]))
    >>> first.tolist(), site.tolist(), second.tolist()
    ([10.0, 0.0], [1, 0], [30.0, 2.0])
    """
    row = np.arange(lists.near.shape[0])
    is_open = open_[lists.near] & np.isfinite(lists.cost)
    first = is_open.argmax(axis=1)
    has = is_open[row, first]
    is_open[row, first] = False
    second = is_open.argmax(axis=1)
    rest = np.minimum(lists.beyond, lists.penalty)
    d1 = np.where(has, lists.cost[row, first], lists.penalty)
    lost = np.flatnonzero(~has & np.isfinite(lists.beyond))
    if lost.size and open_.any():
        block = _dense_rows(lists.problem, lists.rows[lost], lists.sites[open_])
        exact = block.min(axis=1) * lists.problem.demand[lists.rows[lost]]
        d1[lost] = np.minimum(exact, lists.penalty)
    d2 = np.where(is_open[row, second], lists.cost[row, second], np.maximum(rest, d1))
    return d1, np.where(has, lists.near[row, first], -1), d2


def greedy(lists: Lists, p: int, open_: Bools | None = None) -> Bools:
    """Open the forced sites (and `open_`), then always the site that saves most, up to `p`.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[3, 1.0], [0, 2]], [10, 1])
    >>> lists = candidate_lists(problem, np.arange(2), np.zeros(2, bool), 1, 100)
    >>> greedy(lists, 1).tolist()
    [False, True]
    """
    open_ = lists.forced.copy() if open_ is None else open_ | lists.forced
    flat = lists.near.ravel()
    best = np.minimum(nearest_open(lists, open_)[0], np.minimum(lists.beyond, lists.penalty))
    saved = np.bincount(flat, np.maximum(best[:, None] - lists.cost, 0).ravel(), lists.m)
    while open_.sum() < p:
        site = int(np.argmax(np.where(open_, -1.0, saved)))
        open_[site] = True
        rows, at = np.divmod(np.flatnonzero(flat == site), lists.near.shape[1])
        value = lists.cost[rows, at]
        closer = value < best[rows]
        rows, value = rows[closer], value[closer]
        cost = lists.cost[rows]
        change = np.maximum(best[rows, None] - cost, 0) - np.maximum(value[:, None] - cost, 0)
        saved -= np.bincount(lists.near[rows].ravel(), change.ravel(), lists.m)
        best[rows] = value
    return open_


def swap(lists: Lists, open_: Bools, rounds: int = 1000) -> tuple[Bools, float]:
    """Exchange one open for one closed site while that shortens the total distance.

    All pairs are evaluated at once (Resende & Werneck 2007): what opening a site saves, what
    closing one loses, and what both together get back.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[3, 1.0], [0, 2]], [10, 1])
    >>> lists = candidate_lists(problem, np.arange(2), np.zeros(2, bool), 1, 100)
    >>> better, length = swap(lists, np.array([True, False]))
    >>> better.tolist(), length
    ([False, True], 12.0)
    """
    open_ = open_.copy()
    d1, s1, d2 = nearest_open(lists, open_)
    for _ in range(rounds):
        places = np.flatnonzero(open_)
        spot = np.full(lists.m + 1, -1)
        spot[places] = np.arange(places.size)
        mine = spot[s1]
        # Only candidates nearer than a point's second nearest open site change anything.
        row, at = np.nonzero(lists.cost < d2[:, None])
        value, site, held = lists.cost[row, at], lists.near[row, at], mine[row]
        gain = np.bincount(site, np.maximum(d1[row] - value, 0), lists.m)
        known = held >= 0
        both = np.bincount(
            held[known] * lists.m + site[known],
            (d2[row] - np.maximum(d1[row], value))[known],
            places.size * lists.m,
        ).reshape(places.size, lists.m)
        loss = np.bincount(mine[mine >= 0], (d2 - d1)[mine >= 0], places.size)
        profit = gain + both - loss[:, None]
        profit[:, open_] = -np.inf
        profit[lists.forced[places]] = -np.inf
        if not profit.size:
            break
        out, into = divmod(int(np.argmax(profit)), lists.m)
        before = d1.sum()
        if not profit[out, into] > 1e-9 * max(1.0, before):
            break
        other = open_.copy()
        other[places[out]], other[into] = False, True
        after = nearest_open(lists, other)
        if not after[0].sum() < before:  # lists too short to see the whole loss
            break
        open_, (d1, s1, d2) = other, after
    return open_, float(d1.sum())
