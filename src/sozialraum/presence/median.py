"""p-median: the sites with the least total distance of people to their nearest one.

Four steps, each making the next one smaller:

1. every demand point keeps its nearest candidates in order (all of them in small instances);
2. greedy choice, then exchanges of one site (Teitz & Bart 1968, evaluated for all pairs at once
   as Resende & Werneck 2007 do);
3. Lagrangian relaxation of "every point is served once" by subgradient steps (Cornuéjols, Fisher
   & Nemhauser 1977; Beasley 1985), whose reduced costs close sites, open sites and drop pairs;
4. HiGHS for the sites and pairs that are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sozialraum.presence.highs import Clock, maximise
from sozialraum.presence.problem import Bools, Floats, Ints, Problem

FULL = 2_000_000
"""Up to this many pairs all candidates of a point are kept; beyond, the nearest ones."""
PAIRS = 400_000
"""Largest number of pairs that is handed to the exact search."""


@dataclass(frozen=True)
class Lists:
    """Candidates of each demand point by distance.

    `near` (n, k) holds columns 0…m-1, `cost` (n, k) weighted distances in ascending order, padded
    with ``inf``; `beyond` (n,) is the weighted distance of the first candidate not listed.
    """

    near: Ints
    cost: Floats
    beyond: Floats
    sites: Ints
    forced: Bools

    @property
    def m(self) -> int:
        """Number of candidates."""
        return self.sites.size

    def keep(self, columns: Bools) -> Lists:
        """The same lists without some candidates."""
        rename = np.cumsum(columns) - 1
        stays = columns[self.near] & np.isfinite(self.cost)
        width = max(int(stays.sum(axis=1).max(initial=0)), 1)
        order = np.argsort(~stays, axis=1, kind="stable")[:, :width]
        cost = np.where(stays, self.cost, np.inf)
        near = np.where(stays, rename[self.near], 0)
        return Lists(
            np.take_along_axis(near, order, 1),
            np.take_along_axis(cost, order, 1),
            self.beyond,
            self.sites[columns],
            self.forced[columns],
        )


@dataclass(frozen=True)
class Answer:
    """Chosen sites (columns of the problem), weighted distance, lower bound."""

    chosen: Ints
    value: float
    bound: float
    timed_out: bool = False


def nearest_lists(problem: Problem, p: int) -> Lists:
    """Candidates by distance for all demand points that have people."""
    rows = np.flatnonzero(problem.demand > 0)
    sites = problem.candidates
    n, m = rows.size, sites.size
    width = m if n * m <= FULL else min(m, max(40, -(-4 * m // max(p, 1))))
    near = np.empty((n, width), dtype=np.intp)
    cost = np.empty((n, width))
    beyond = np.full(n, np.inf)
    step = max(1, 4_000_000 // max(m, 1))
    for first in range(0, n, step):
        part = rows[first : first + step]
        block = problem.cost[part]
        if sparse.issparse(block):
            entries = block.tocoo()
            block = np.full(entries.shape, np.inf)
            block[entries.coords[0], entries.coords[1]] = entries.data
        block = block[:, sites]
        if width < m:
            cut = np.partition(block, width, axis=1)[:, width]
            beyond[first : first + step] = cut * problem.demand[part]
        order = np.argsort(block, axis=1, kind="stable")[:, :width]
        near[first : first + step] = order
        cost[first : first + step] = (
            np.take_along_axis(block, order, 1) * problem.demand[part, None]
        )
    return Lists(near, cost, beyond, sites, np.isin(sites, problem.required))


class Primal:
    """Open sites with the nearest and second nearest one of every demand point."""

    def __init__(self, lists: Lists, penalty: float) -> None:
        self.lists, self.penalty = lists, penalty
        # A point whose listed candidates are all closed: the first one not listed, or worse.
        self.last = np.where(np.isfinite(lists.beyond), lists.beyond, penalty)

    def nearest(self, open_: Bools) -> tuple[Floats, Ints, Floats]:
        """Distance to the nearest open site, that site (-1: none listed), and to the second."""
        lists = self.lists
        n = lists.near.shape[0]
        is_open = open_[lists.near] & np.isfinite(lists.cost)
        first = is_open.argmax(axis=1)
        row = np.arange(n)
        has = is_open[row, first]
        is_open[row, first] = False
        second = is_open.argmax(axis=1)
        has_second = is_open[row, second]
        d1 = np.where(has, lists.cost[row, first], self.last)
        d2 = np.where(has_second, lists.cost[row, second], np.maximum(self.last, d1))
        return d1, np.where(has, lists.near[row, first], -1), d2

    def greedy(self, p: int) -> Bools:
        """Open the forced sites, then always the site that saves most."""
        lists = self.lists
        open_ = lists.forced.copy()
        best = self.nearest(open_)[0]
        saved = np.bincount(
            lists.near.ravel(), np.maximum(best[:, None] - lists.cost, 0).ravel(), lists.m
        )
        while open_.sum() < p:
            site = int(np.argmax(np.where(open_, -1.0, saved)))
            open_[site] = True
            rows, value = self._column(site)
            closer = value < best[rows]
            rows, value = rows[closer], value[closer]
            near, cost = lists.near[rows], lists.cost[rows]
            change = np.maximum(best[rows, None] - cost, 0) - np.maximum(value[:, None] - cost, 0)
            saved -= np.bincount(near.ravel(), change.ravel(), lists.m)
            best[rows] = value
        return open_

    def _column(self, site: int) -> tuple[Ints, Floats]:
        rows, at = np.nonzero((self.lists.near == site) & np.isfinite(self.lists.cost))
        return rows, self.lists.cost[rows, at]

    def swap(self, open_: Bools, rounds: int = 1000) -> tuple[Bools, float]:
        """Exchange one open for one closed site while that shortens the total distance."""
        lists, open_ = self.lists, open_.copy()
        d1, s1, d2 = self.nearest(open_)
        for _ in range(rounds):
            places = np.flatnonzero(open_)
            spot = np.full(lists.m + 1, -1)
            spot[places] = np.arange(places.size)
            mine = spot[s1]
            # Pairs that matter: candidates nearer than a point's second nearest open site.
            width = int((lists.cost < d2[:, None]).sum(axis=1).max(initial=1))
            cost, near = lists.cost[:, :width], lists.near[:, :width]
            row, at = np.nonzero(cost < d2[:, None])
            value, site = cost[row, at], near[row, at]
            gain = np.bincount(site, np.maximum(d1[row] - value, 0), lists.m)
            held = mine[row] >= 0
            extra = np.bincount(
                mine[row][held] * lists.m + site[held],
                (d2[row] - np.maximum(d1[row], value))[held],
                places.size * lists.m,
            ).reshape(places.size, lists.m)
            # A point served by an unlisted site keeps its distance whatever closes.
            loss = np.bincount(mine[mine >= 0], (d2 - d1)[mine >= 0], places.size)
            profit = gain + extra - loss[:, None]
            profit[:, open_] = -np.inf
            profit[lists.forced[places]] = -np.inf
            out, into = divmod(int(np.argmax(profit)), lists.m)
            if not profit[out, into] > 1e-9 * max(1.0, d1.sum()):
                break
            open_[places[out]], open_[into] = False, True
            before = d1.sum()
            d1, s1, d2 = self.nearest(open_)
            if d1.sum() >= before:
                open_[places[out]], open_[into] = True, False
                d1, s1, d2 = self.nearest(open_)
                break
        return open_, float(d1.sum())


@dataclass
class Dual:
    """Best prices found: price per point, bound, reduced cost per site, sites of that bound."""

    price: Floats
    bound: float
    worth: Floats
    top: Ints


def evaluate(lists: Lists, p: int, price: Floats) -> Dual:
    """Lower bound from any prices (cut at the first candidate that is not listed)."""
    price = np.minimum(price, lists.beyond)
    saved = np.minimum(lists.cost - price[:, None], 0.0)
    worth = np.bincount(lists.near.ravel(), saved.ravel(), lists.m)
    order = np.argsort(np.where(lists.forced, -np.inf, worth), kind="stable")
    top = order[:p]
    return Dual(price, float(price.sum() + worth[top].sum()), worth, top)


def lagrange(
    lists: Lists,
    p: int,
    primal: Primal,
    open_: Bools,
    value: float,
    *,
    closed: Callable[[float, float], bool],
    start: Floats | None = None,
    iterations: int = 600,
    clock: Clock | None = None,
) -> tuple[Dual, Bools, float]:
    """Subgradient steps (direction: Camerini, Fratta & Maffioli 1975) with swaps."""
    if start is None:
        d1, _, d2 = primal.nearest(open_)
        start = np.where(d2 < primal.penalty, (d1 + d2) / 2, d1)
    dual = best = evaluate(lists, p, start)
    step, stale, direction = 1.5, 0, np.zeros(start.size)
    tried: set[bytes] = set()
    for round_ in range(iterations):
        if closed(value, best.bound):
            break
        if clock is not None and clock.left() == 0:
            break
        chosen = np.zeros(lists.m, bool)
        chosen[dual.top] = True
        if round_ % 20 == 0 and (key := np.packbits(chosen).tobytes()) not in tried:
            tried.add(key)
            other, total = primal.swap(chosen)
            if total < value:
                open_, value = other, total
        served = ((lists.cost < dual.price[:, None]) & chosen[lists.near]).sum(axis=1)
        slope = 1.0 - served
        turn = slope @ direction
        if turn < 0:
            slope = slope - 1.5 * turn / (direction @ direction) * direction
        direction = slope
        norm = slope @ slope
        if norm == 0:
            break
        dual = evaluate(lists, p, dual.price + step * (1.005 * value - dual.bound) / norm * slope)
        if dual.bound > best.bound + 1e-6 * abs(value):
            stale = 0
        else:
            stale += 1
        if dual.bound > best.bound:
            best = dual
        if stale >= 15:
            step, stale, dual, direction = step * 0.6, 0, best, np.zeros(start.size)
            if step < 1e-3:
                break
    return best, open_, value


def solve_median(
    problem: Problem,
    p: int,
    *,
    penalty: float,
    start: Ints | None = None,
    gap: float = 0.0,
    clock: Clock | None = None,
    node_limit: int | None = None,
) -> Answer:
    """Choose `p` sites with the least weighted distance.

    Parameters
    ----------
    penalty : float
        Weighted distance that stands for a point without any reachable open site.
    start : array, optional
        Columns of the problem to start from.
    """
    lists = nearest_lists(problem, p)
    whole = bool((lists.cost[np.isfinite(lists.cost)] % 1 == 0).all() and (penalty % 1 == 0))

    def closed(value: float, bound: float) -> bool:
        room = value - bound
        return room <= max(gap * value, 1e-9 * max(1.0, value)) or (whole and room < 1 - 1e-6)

    primal = Primal(lists, penalty)
    open_, value = primal.swap(primal.greedy(p))
    if start is not None:
        other, total = primal.swap(np.isin(lists.sites, start))
        if total < value:
            open_, value = other, total
    best, price, bound = lists.sites[open_], None, -np.inf
    for _ in range(6):
        dual, open_, value = lagrange(
            lists, p, primal, open_, value, closed=closed, start=price, clock=clock
        )
        best, price, bound = lists.sites[open_], dual.price, max(bound, dual.bound)
        if closed(value, bound) or (clock is not None and clock.left() == 0):
            break
        limit = value - (1 - 1e-6 if whole else 0.0)
        always, never = _price_out(dual, p, lists.m, limit)
        never &= ~open_  # the best known choice stays expressible
        if never.sum() < lists.m / 10:
            break
        lists = replace(lists, forced=lists.forced | always).keep(~never)
        primal = Primal(lists, penalty)
        open_ = np.isin(lists.sites, best)
    timed_out = clock is not None and clock.left() == 0
    if not closed(value, bound) and not timed_out:
        limit = value - (1 - 1e-6 if whole else 0.0)
        better = _search(lists, p, dual, limit, open_, gap, clock, node_limit, whole)
        if better is not None:
            bound = max(bound, min(better.bound, value))
            timed_out = better.timed_out
            if better.chosen.size:
                found, total = primal.swap(np.isin(np.arange(lists.m), better.chosen))
                if total < value:
                    best, value = lists.sites[found], total
    if closed(value, bound) and (whole or gap == 0):
        bound = max(bound, value) if whole and value - bound < 1 - 1e-6 else bound
    return Answer(best, value, min(bound, value), timed_out)


def _price_out(dual: Dual, p: int, m: int, limit: float) -> tuple[Bools, Bools]:
    """Sites that every, and that no, choice with a value below `limit` contains."""
    inside = np.zeros(m, bool)
    inside[dual.top] = True
    always, never = np.zeros(m, bool), np.zeros(m, bool)
    if p < m:
        least = dual.worth[dual.top].max() if p else -np.inf
        next_ = dual.worth[~inside].min()
        always[inside] = dual.bound - dual.worth[inside] + next_ > limit
        never[~inside] = dual.bound - least + dual.worth[~inside] > limit
    return always, never


def _search(
    lists: Lists,
    p: int,
    dual: Dual,
    limit: float,
    open_: Bools,
    gap: float,
    clock: Clock | None,
    node_limit: int | None,
    whole: bool,
) -> Answer | None:
    """Search with HiGHS among pairs that a better choice can contain; None if they are too many."""
    m = lists.m
    inside = np.zeros(m, bool)
    inside[dual.top] = True
    least = dual.worth[dual.top].max()
    # Opening a site outside the bound's own choice costs at least the distance to its dearest.
    extra = np.where(inside | lists.forced, 0.0, np.maximum(dual.worth - least, 0.0))
    pair = np.maximum(lists.cost - dual.price[:, None], 0.0) + extra[lists.near]
    row, at = np.nonzero(dual.bound + pair <= limit)
    if row.size > PAIRS:
        return None
    site, cost = lists.near[row, at], lists.cost[row, at]
    far = np.flatnonzero(dual.bound + np.maximum(lists.beyond - dual.price, 0.0) <= limit)
    n, k, u = lists.near.shape[0], row.size, far.size
    one = np.ones
    serve = sparse.csr_array(
        (one(k + u), (np.r_[row, far], m + np.arange(k + u))), shape=(n, m + k + u)
    )
    opened = sparse.csr_array(
        (
            np.r_[one(k), -one(k)],
            (np.r_[np.arange(k), np.arange(k)], np.r_[m + np.arange(k), site]),
        ),
        shape=(k, m + k + u),
    )
    count = sparse.csr_array(np.r_[one(m), np.zeros(k + u)][None])
    outcome = maximise(
        -np.r_[np.zeros(m), cost, lists.beyond[far]],
        sparse.csr_array(sparse.vstack([serve, opened, count])),
        np.r_[one(n), np.full(k, -np.inf), p],
        np.r_[one(n), np.zeros(k), p],
        lower=np.r_[lists.forced.astype(float), np.zeros(k + u)],
        integer=np.arange(m + k + u) < m,
        gap=gap,
        slack=0.5 if whole else 1e-6,
        clock=clock,
        node_limit=node_limit,
    )
    if outcome.infeasible:  # no choice below the limit exists: the known one is the best
        return Answer(np.empty(0, np.intp), np.inf, np.inf)
    none = np.empty(0, np.intp)
    chosen = none if outcome.point is None else np.flatnonzero(outcome.point[:m] > 0.5)
    return Answer(chosen, np.inf, -outcome.bound, outcome.timed_out)
