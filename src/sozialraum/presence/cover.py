"""Maximal coverage: reduce the instance, find good sites, bound what any sites can reach.

The exact search runs in four steps, each making the next one smaller:

1. reduction: demand that no site reaches is dropped, demand points with the same sites in reach
   become one, a site whose people another site reaches as well is left out;
2. the linear relaxation, which is often whole already (ReVelle 1993) and whose prices bound every
   choice: the bound is recomputed from the prices and holds whatever the solver did;
3. otherwise a greedy choice (Church & ReVelle 1974) and the rounded relaxation, both improved by
   exchanges of one site (Teitz & Bart 1968); prices then rule sites in and out;
4. HiGHS for what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sozialraum.lazy import sparse
from sozialraum.presence.highs import Clock, Program, is_closed, maximise
from sozialraum.presence.problem import Floats, Ints, Matrix, Problem, entries

DENSE = 4_000_000
"""Largest number of matrix cells at which dense arithmetic is faster than sparse."""
SMALL = 100
"""Twice as many sites are searched at once."""


@dataclass(frozen=True)
class Cover:
    """A coverage instance: `reach` (demand × sites, ones), weights of rows, names of columns."""

    reach: sparse.csr_array
    weight: Floats
    sites: Ints

    @staticmethod
    def of(problem: Problem, radius: float) -> Cover:
        """Which site of a problem reaches which of its demand points within a radius."""
        return Cover(problem.within(radius), problem.demand, np.arange(problem.shape[1]))

    def besides(self, problem: Problem) -> Cover:
        """What is left to reach: points that no required site reaches, candidates besides."""
        missed = self.counts(problem.required) == 0
        free = np.setdiff1d(problem.candidates, problem.required)
        return Cover(self.reach[missed][:, free], self.weight[missed], free)

    @cached_property
    def sides(self) -> Any:
        """`reach` by site: turned once, not for every price."""
        return self.reach.T

    def value(self, chosen: Ints) -> float:
        """Weight reached by sites given as columns of this instance."""
        return float(self.weight[self.counts(chosen) > 0].sum())

    def counts(self, chosen: Ints) -> Floats:
        """How many of the chosen sites reach each row."""
        picked = np.zeros(self.reach.shape[1])
        picked[chosen] = 1.0
        return self.reach @ picked

    def arithmetic(self) -> Matrix:
        """`reach` in the form in which products are fastest."""
        n, m = self.reach.shape
        return self.reach.toarray() if n * m <= DENSE else self.reach


@dataclass(frozen=True)
class Answer:
    """Chosen columns of an instance, what they reach, and the upper bound."""

    chosen: Ints
    value: float
    bound: float
    timed_out: bool = False


def merge_same_rows(cover: Cover) -> Cover:
    """Drop rows without weight or site, and add up rows that the same sites reach.

    Examples
    --------
    >>> same = merge_same_rows(Cover(sparse.csr_array([[1.0, 0], [1, 0], [1, 1]]),
    ...                              np.array([2.0, 3, 4]), np.arange(2)))
    >>> sorted(same.weight.tolist())
    [4.0, 5.0]
    """
    keep = (np.diff(cover.reach.indptr) > 0) & (cover.weight > 0)
    reach, weight = cover.reach[keep], cover.weight[keep]
    if not weight.size:
        return Cover(reach, weight, cover.sites)
    reach.sort_indices()
    first, group = _same_rows(reach)
    return Cover(reach[first], np.bincount(group, weight).astype(float), cover.sites)


def _same_rows(reach: sparse.csr_array) -> tuple[Ints, Ints]:
    """First row of each group of equal rows, and the group of every row."""
    length = np.diff(reach.indptr)
    for seed in range(8):
        code = np.random.default_rng(seed).integers(0, 2**63, reach.shape[1], dtype=np.uint64)
        with np.errstate(over="ignore"):
            mixed = np.add.reduceat(code[reach.indices], reach.indptr[:-1])
        _, first, group = np.unique(mixed, return_index=True, return_inverse=True)
        twin = first[group]
        # A hash only suggests equality; the comparison proves it.
        if (length[twin] == length).all():
            at = np.repeat(reach.indptr[twin] - reach.indptr[:-1], length)
            if (reach.indices[np.arange(reach.nnz) + at] == reach.indices).all():
                return first, group
    raise AssertionError("eight hash functions collided")  # pragma: no cover


def _drop_dominated(cover: Cover) -> Cover:
    """Leave out sites whose rows another site reaches as well (of equals the first one stays)."""
    if not cover.weight.size:
        return cover
    common = (cover.reach.T @ cover.reach).tocoo()
    size = cover.reach.sum(axis=0)
    j, k = common.coords
    inside = (common.data == size[j]) & (j != k) & ((size[k] > size[j]) | (k < j))
    keep = np.ones(cover.sites.size, bool)
    keep[j[inside]] = False
    keep &= size > 0
    return Cover(cover.reach[:, keep], cover.weight, cover.sites[keep])


def reduce_cover(cover: Cover) -> Cover:
    """Repeat both reductions until nothing changes; the optimum for any p stays.

    Examples
    --------
    >>> reach = sparse.csr_array([[1.0, 0, 1], [0, 1, 1]])
    >>> reduce_cover(Cover(reach, np.array([2.0, 3]), np.arange(3))).sites.tolist()
    [2]
    """
    while True:
        merged = merge_same_rows(cover)
        cover = _drop_dominated(merged)
        if cover.reach.shape == merged.reach.shape:
            return cover


def greedy(cover: Cover, p: int, chosen: Ints | None = None) -> Ints:
    """Add the site with the greatest further gain until `p` are open (ties: lowest column).

    Examples
    --------
    >>> cover = Cover(sparse.csr_array([[1.0, 0], [0, 1]]), np.array([2.0, 3]), np.arange(2))
    >>> greedy(cover, 1).tolist()
    [1]
    """
    picked = [] if chosen is None else [int(j) for j in chosen]
    open_ = np.zeros(cover.sites.size, bool)
    open_[picked] = True
    left = np.where(cover.counts(np.array(picked, int)) > 0, 0.0, cover.weight)
    columns = cover.reach.tocsc()
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
    >>> cover = Cover(sparse.csr_array([[1.0, 0], [0, 1]]), np.array([2.0, 3]), np.arange(2))
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
    >>> cover = Cover(sparse.csr_array([[1.0, 0], [0, 1]]), np.array([2.0, 3]), np.arange(2))
    >>> price_bound(cover, 1, np.array([2.0, 3])), price_bound(cover, 1, np.array([0.0, 1]))
    (3.0, 5.0)
    """
    worth = np.sort(cover.sides @ price)[::-1]
    return float(cover.weight.sum() - price.sum() + worth[:p].sum())


def _stack(reach: sparse.csr_array, sign: float) -> sparse.csr_array:
    """Rows ``reach @ x + sign * z`` and, last, ``sum(x)``."""
    n, k = reach.shape
    step = np.arange(n + 1)
    indices = np.insert(reach.indices, reach.indptr[1:], k + np.arange(n))
    data = np.insert(reach.data, reach.indptr[1:], sign)
    return sparse.csr_array(
        (
            np.r_[data, np.ones(k)],
            np.r_[indices, np.arange(k)],
            np.r_[reach.indptr + step, reach.nnz + n + k],
        ),
        shape=(n + 1, k + n),
    )


class Search:
    """Best sites of one instance for any number of sites, with a proven bound."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.whole = bool((cover.weight == np.round(cover.weight)).all())
        self.small = reduce_cover(cover)
        self._back = np.searchsorted(cover.sites, self.small.sites)
        self._matrix = self.small.arithmetic()
        self._relaxation: Relaxation | None = None

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
