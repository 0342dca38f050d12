"""Maximal coverage: find good sites, bound what any sites can reach.

The exact search runs in four steps, each making the next one smaller:

1. where few sites are left after reduction (`sozialraum.presence.cover`), or they lie apart, all
   choices are counted (`sozialraum.presence.parts`);
2. the linear relaxation, which is often whole already (ReVelle 1993) and whose prices bound every
   choice: the bound is recomputed from the prices and holds whatever the solver did;
3. otherwise a greedy choice (Church & ReVelle 1974) and the rounded relaxation, both improved by
   exchanges of one site (Teitz & Bart 1968); prices then rule sites in and out;
4. HiGHS for what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sozialraum.presence.cover import COUNTED, Cover, reduce_cover
from sozialraum.presence.highs import Clock, Program, Rows, is_closed, maximise
from sozialraum.presence.parts import ROUNDING, best_of_parts
from sozialraum.presence.problem import Floats, Ints, Matrix, entries

SMALL = 100
"""From more than so many sites that the relaxation leaves closed, and more closed than open ones,
those it uses are searched first."""


@dataclass(frozen=True)
class Answer:
    """Chosen columns of an instance, what they reach, and the upper bound."""

    chosen: Ints
    value: float
    bound: float
    timed_out: bool = False


def greedy(cover: Cover, p: int, chosen: Ints | None = None) -> Ints:
    """Add the site with the greatest further gain until `p` are open (ties: lowest column).

    Examples
    --------
    >>> cover = Cover(np.eye(2), np.array([2.0, 3]), np.arange(2))
    >>> greedy(cover, 1).tolist()
    [1]
    """
    picked = [] if chosen is None else [int(j) for j in chosen]
    open_ = np.zeros(cover.sites.size, bool)
    open_[picked] = True
    left = np.where(cover.counts(np.array(picked, int)) > 0, 0.0, cover.weight)
    dense = isinstance(cover.reach, np.ndarray)
    columns = cover.reach.T if dense else cover.reach.tocsc()
    gain = cover.reach.T @ left
    while len(picked) < p:
        best = int(np.argmax(np.where(open_, -1.0, gain)))
        picked.append(best)
        open_[best] = True
        rows = entries(columns, best)
        rows = rows[left[rows] > 0]
        gain -= cover.reach[rows].T @ left[rows]
        left[rows] = 0.0
    return np.array(picked, dtype=np.intp)


def swap(cover: Cover, chosen: Ints, matrix: Matrix | None = None) -> Ints:
    """Exchange one open site for one closed site while that reaches more people.

    Examples
    --------
    >>> cover = Cover(np.eye(2), np.array([2.0, 3]), np.arange(2))
    >>> swap(cover, np.array([0])).tolist()
    [1]
    """
    chosen = np.array(chosen, dtype=np.intp)
    if not chosen.size or chosen.size == cover.sites.size or not cover.weight.size:
        return chosen
    reach = cover.arithmetic() if matrix is None else matrix
    sides = reach.T if isinstance(reach, np.ndarray) else reach.T.tocsr()
    counts = sides[chosen].sum(axis=0)
    tolerance = 1e-9 * cover.weight.sum()
    while True:
        gain = sides @ np.where(counts == 0, cover.weight, 0.0)
        alone = np.where(counts == 1, cover.weight, 0.0)
        mine = sides[chosen]
        if isinstance(mine, np.ndarray):
            kept = (mine * alone) @ reach
        else:
            kept = np.asarray((mine.multiply(alone).tocsr() @ reach).todense())
        change = gain + kept - (mine @ alone)[:, None]
        change[:, chosen] = -np.inf
        out, into = divmod(int(np.argmax(change)), change.shape[1])
        if change[out, into] <= tolerance:
            return chosen
        counts = counts - sides[[chosen[out]]].sum(axis=0) + sides[[into]].sum(axis=0)
        chosen[out] = into


class Relaxation:
    """The linear relaxation for changing `p`, each solved from the one before.

    Minimises the weight that is missed: ``sum(weight * z)`` with ``z + reach @ x >= 1`` and
    ``sum(x) = p``, ``0 <= x <= 1``.
    """

    def __init__(self, cover: Cover) -> None:
        n, k = cover.reach.shape
        self.cover = cover
        cost = np.r_[np.zeros(k), cover.weight]
        rows = _stack(cover.reach, 1.0)
        low, high = np.r_[np.ones(n), 0.0], np.r_[np.full(n, np.inf), 0.0]
        upper = np.r_[np.ones(k), np.full(n, np.inf)]
        self._program = Program(-cost, rows, low, high, upper=upper)

    def solve(self, p: int, clock: Clock) -> tuple[Floats, Floats, float]:
        """How far each site is open, the price of each row, and the upper bound."""
        n, k = self.cover.reach.shape
        point, dual = self._program.solve_linear(n, p, clock)
        price = np.clip(-dual[:n], 0.0, self.cover.weight)
        return point[:k], price, price_bound(self.cover, p, price)


def price_bound(cover: Cover, p: int, price: Floats) -> float:
    """Upper bound on what `p` sites reach, from any prices between 0 and the weights.

    Lagrangian relaxation of "a row counts only if an open site reaches it" (Galvão & ReVelle
    1996): rows pay their price to every site that reaches them, and the p dearest sites are open.

    Examples
    --------
    >>> cover = Cover(np.eye(2), np.array([2.0, 3]), np.arange(2))
    >>> price_bound(cover, 1, np.array([2.0, 3])), price_bound(cover, 1, np.array([0.0, 1]))
    (3.0, 5.0)
    """
    worth = np.sort(cover.sides @ price)[::-1]
    return float(cover.weight.sum() - price.sum() + worth[:p].sum())


def _stack(reach: Matrix, sign: float) -> Rows:
    """Rows ``reach @ x + sign * z`` and, last, ``sum(x)``."""
    n, k = reach.shape
    if isinstance(reach, np.ndarray):
        row, site = np.nonzero(reach)
        ones, heads = np.ones(site.size), np.searchsorted(row, np.arange(n + 1))
    else:
        ones, site, heads = reach.data, reach.indices, reach.indptr
    indices = np.insert(site, heads[1:], k + np.arange(n))
    data = np.insert(ones, heads[1:], sign)
    return Rows(
        np.r_[data, np.ones(k)],
        np.r_[indices, np.arange(k)],
        np.r_[heads + np.arange(n + 1), ones.size + n + k],
        (n + 1, k + n),
    )


class Search:
    """Best sites of one instance for any number of sites, with a proven bound."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.whole = bool((cover.weight == np.round(cover.weight)).all())
        self._relaxation: Relaxation | None = None

    @cached_property
    def small(self) -> Cover:
        """What is left of the instance after reduction."""
        return reduce_cover(self.cover)

    @cached_property
    def _back(self) -> Ints:
        """Columns of the instance that are left after reduction."""
        return np.searchsorted(self.cover.sites, self.small.sites)

    @cached_property
    def _matrix(self) -> Matrix:
        return self.small.arithmetic()

    @cached_property
    def _best(self) -> list[Answer] | None:
        """The best choice of every number of sites, where all choices can be counted."""
        best = count_choices(self.cover)
        if best is None:
            best = count_choices(self.small)
            return best and [replace(one, chosen=self._back[one.chosen]) for one in best]
        return best

    def solve(
        self,
        p: int,
        *,
        exact: bool = True,
        start: Ints | None = None,
        gap: float = 0.0,
        time_limit: float | None = None,
        node_limit: int | None = None,
    ) -> Answer:
        """Choose `p` columns of the instance.

        Parameters
        ----------
        exact : bool
            Whether to search on where the relaxation leaves a gap.
        start : array, optional
            Columns to start from.
        gap, time_limit, node_limit
            Where the search may end earlier.

        Returns
        -------
        Answer
            Fewer than `p` columns where further ones would add nothing.
        """
        if self._best is not None:
            return self._best[min(p, len(self._best) - 1)]
        small = self.small
        if p >= small.sites.size:
            value = float(small.weight.sum())
            return Answer(self._back, value, value)
        if p == 0:
            return Answer(np.empty(0, np.intp), 0.0, 0.0)
        if self._relaxation is None:
            self._relaxation = Relaxation(small)
        clock = Clock(time_limit)
        share, price, bound = self._relaxation.solve(p, clock)
        chosen = np.sort(np.argsort(-share, kind="stable")[:p])
        if not self._closed(small.value(chosen), bound, gap):
            starts = [greedy(small, p), chosen]
            if start is not None:
                starts.append(greedy(small, p, np.flatnonzero(np.isin(self._back, start))[:p]))
            starts = [swap(small, first, self._matrix) for first in starts]
            chosen = max(starts, key=small.value)
        value = small.value(chosen)
        timed_out = False
        if exact and not self._closed(value, bound, gap):
            none: Ints = np.empty(0, np.intp)
            unused = np.flatnonzero(share < 1e-9)
            if unused.size > share.size / 2 > SMALL:
                # The best choice among sites that the relaxation uses is mostly the best of all,
                # and found at once; a better value lets the prices rule out more.
                limits = {"gap": gap, "clock": clock, "node_limit": node_limit or 100}
                chosen = _search(small, p, chosen, none, unused, self.whole, **limits).chosen
                value = small.value(chosen)
            needed = value + (1 - 1e-6 if self.whole else 0.0)
            always, never = _price_out(small, p, price, bound, needed)
            limits = {"gap": gap, "clock": clock, "node_limit": node_limit}
            better = _search(small, p, chosen, always, never, self.whole, **limits)
            chosen, value, timed_out = better.chosen, better.value, better.timed_out
            bound = min(bound, max(better.bound, value))
        if self._closed(value, bound, 0.0):
            bound = value
        return Answer(self._back[chosen], value, max(bound, value), timed_out or clock.left() == 0)

    def _closed(self, value: float, bound: float, gap: float) -> bool:
        return is_closed(bound - value, value, gap, self.whole)


def count_several(reach: Matrix, weight: Floats, most: int) -> list[list[Answer]] | None:
    """The best choice of 0, 1, …, `most` sites for each of several weights of the points.

    None where there are too many choices to look at.

    Examples
    --------
    >>> for answers in count_several(np.eye(2), np.array([[2.0, 3], [4, 0]]), 2):
    ...     [answer.chosen.tolist() for answer in answers]
    [[], [1], [0, 1]]
    [[], [0], [0]]
    """
    n, m = reach.shape
    if not 0 < n * m <= COUNTED:
        return None
    near = reach if isinstance(reach, np.ndarray) else reach.toarray()
    best = best_of_parts(near > 0, weight, most)
    if best is None:
        return None
    value = (best.astype(float) @ near.T > 0) @ weight[:, :, None]
    return [
        [Answer(np.flatnonzero(one), v, v) for one, v in zip(choices, values, strict=True)]
        for choices, values in zip(best, value[:, :, 0].tolist(), strict=True)
    ]


def count_choices(cover: Cover) -> list[Answer] | None:
    """The best choice of 0, 1, … sites of one instance; None as of `count_several`.

    Examples
    --------
    >>> cover = Cover(np.eye(2), np.array([2.0, 3]), np.arange(2))
    >>> [answer.chosen.tolist() for answer in count_choices(cover) or []]
    [[], [1], [0, 1]]
    """
    best = count_several(cover.reach, cover.weight[None], cover.sites.size)
    return None if best is None else best[0]


def _price_out(
    cover: Cover, p: int, price: Floats, bound: float, needed: float
) -> tuple[Ints, Ints]:
    """Columns that every, and that no, choice of value >= `needed` contains."""
    worth = cover.sides @ price
    order = np.argsort(-worth, kind="stable")
    inside, outside = order[:p], order[p:]
    least, next_ = worth[inside[-1]], worth[outside[0]]
    always = inside[bound - worth[inside] + next_ < needed]
    never = outside[bound - least + worth[outside] < needed]
    return always, never


def _search(
    cover: Cover,
    p: int,
    chosen: Ints,
    always: Ints,
    never: Ints,
    whole: bool,
    **limits: Any,
) -> Answer:
    """Search with HiGHS among the choices that contain `always` and nothing of `never`."""
    m = cover.sites.size
    base, missed = cover.value(always), cover.counts(always) == 0
    free = np.setdiff1d(np.arange(m), np.r_[always, never])
    rest = reduce_cover(Cover(cover.reach[missed][:, free], cover.weight[missed], free))
    (n, k), left = rest.reach.shape, p - always.size
    if left >= k:
        best = max(chosen, greedy(cover, p, np.r_[always, rest.sites]), key=cover.value)
        return Answer(best, cover.value(best), base + float(rest.weight.sum()))
    counted = count_choices(rest)
    if counted is not None:
        few = counted[min(left, len(counted) - 1)]
        best = max(chosen, greedy(cover, p, np.r_[always, rest.sites[few.chosen]]), key=cover.value)
        return Answer(best, cover.value(best), base + few.value)
    start = None
    kept = np.flatnonzero(np.isin(rest.sites, chosen))
    if kept.size <= left:
        kept = greedy(rest, left, kept)
        start = np.r_[np.isin(np.arange(k), kept), rest.counts(kept) > 0].astype(float)
    outcome = maximise(
        np.r_[np.zeros(k), rest.weight],
        _stack(rest.reach, -1.0),
        np.zeros(n + 1),
        np.r_[np.full(n, np.inf), left],
        integer=np.arange(k + n) < k,
        start=start,
        slack=0.5 if whole else 1e-6,
        reduced=True,
        **limits,
    )
    best = chosen
    if outcome.point is not None:
        found = np.r_[always, rest.sites[outcome.point[:k] > 0.5]].astype(np.intp)
        best = max(chosen, greedy(cover, p, found), key=cover.value)
    return Answer(best, cover.value(best), base + outcome.bound, outcome.timed_out)


def best_ruled(
    cover: Cover,
    p: int,
    conflicts: Ints,
    barred: Ints,
    weights: Floats,
    least: Floats,
    *,
    gap: float = 0.0,
    clock: Clock | None = None,
    node_limit: int | None = None,
) -> tuple[Answer | None, bool]:
    """The best `p` columns that keep rules.

    Parameters
    ----------
    cover : Cover
    p : int
    conflicts, barred, weights, least
        As of `sozialraum.presence.parts.best_kept`.
    gap, clock, node_limit
        Where the search may end earlier.

    Returns
    -------
    Answer or None
    bool
        Where it is None, whether no choice keeps the rules; otherwise none was found in time.

    Examples
    --------
    >>> cover = Cover(np.eye(3), np.array([2.0, 3, 1]), np.arange(3))
    >>> none = np.empty(0, int), np.empty((0, 3)), np.empty(0)
    >>> best_ruled(cover, 2, np.array([[0, 1]]), *none)[0].chosen.tolist()
    [1, 2]
    """
    (n, k), pairs = cover.reach.shape, len(conflicts)
    rows, (rule, point) = _stack(cover.reach, -1.0), np.nonzero(weights)
    ends = np.searchsorted(rule, np.arange(1, len(weights) + 1))
    ruled = Rows(
        np.r_[rows.data, np.ones(2 * pairs), weights[rule, point]],
        np.r_[rows.indices, conflicts.ravel(), k + point],
        np.r_[
            rows.indptr,
            rows.indptr[-1] + 2 * np.arange(1, pairs + 1),
            rows.indptr[-1] + 2 * pairs + ends,
        ],
        (n + 1 + pairs + len(weights), k + n),
    )
    outcome = maximise(
        np.r_[np.zeros(k), cover.weight],
        ruled,
        np.r_[np.zeros(n), p, np.full(pairs, -np.inf), least - ROUNDING * np.maximum(1.0, least)],
        np.r_[np.full(n, np.inf), p, np.ones(pairs), np.full(len(weights), np.inf)],
        upper=np.where(np.isin(np.arange(k + n), barred), 0.0, 1.0),
        integer=np.arange(k + n) < k,
        reduced=True,
        jump=clock is not None and clock.left() is not None,
        gap=gap,
        clock=clock,
        node_limit=node_limit,
    )
    if outcome.point is None:
        return None, outcome.infeasible
    chosen = np.flatnonzero(outcome.point[:k] > 0.5)
    value = cover.value(chosen)
    return Answer(chosen, value, max(outcome.bound, value), outcome.timed_out), False
