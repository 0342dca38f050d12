"""Maximal coverage: reduce the instance, find good sites, bound what any sites can reach.

The exact search runs in four steps, each making the next one smaller:

1. reduction: demand that no site reaches is dropped, demand points with the same sites in reach
   become one, a site whose people another site reaches as well is left out;
2. greedy choice (Church & ReVelle 1974) improved by exchanges of one site (Teitz & Bart 1968);
3. a Lagrangian bound by subgradient steps (Galvão & ReVelle 1996), which also rules sites out;
4. HiGHS for what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sozialraum.presence.highs import maximise
from sozialraum.presence.problem import Floats, Ints

DENSE = 4_000_000
"""Largest number of matrix cells at which dense arithmetic is faster than sparse."""


@dataclass(frozen=True)
class Cover:
    """A coverage instance: `reach` (demand × sites, ones), weights of rows, names of columns."""

    reach: sparse.csr_array
    weight: Floats
    sites: Ints

    def value(self, chosen: Ints) -> float:
        """Weight reached by sites given as columns of this instance."""
        return float(self.weight[self.counts(chosen) > 0].sum())

    def counts(self, chosen: Ints) -> Floats:
        """How many of the chosen sites reach each row."""
        picked = np.zeros(self.reach.shape[1])
        picked[chosen] = 1.0
        return self.reach @ picked

    def arithmetic(self) -> Floats | sparse.csr_array:
        """`reach` in the form in which products are fastest."""
        return self.reach.toarray() if np.prod(self.reach.shape) <= DENSE else self.reach


@dataclass(frozen=True)
class Answer:
    """Chosen columns of an instance, what they reach, and the upper bound."""

    chosen: Ints
    value: float
    bound: float
    timed_out: bool = False


def merge_same_rows(cover: Cover) -> Cover:
    """Drop rows without weight or site, and add up rows that the same sites reach."""
    keep = (np.diff(cover.reach.indptr) > 0) & (cover.weight > 0)
    reach, weight = cover.reach[keep], cover.weight[keep]
    if not weight.size:
        return Cover(reach, weight, cover.sites)
    reach.sort_indices()
    first, group = _same_rows(reach)
    return Cover(reach[first], np.bincount(group, weight), cover.sites)


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


def drop_dominated(cover: Cover) -> Cover:
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
    """Repeat both reductions until nothing changes; the optimum for any p stays."""
    while True:
        smaller = drop_dominated(merge_same_rows(cover))
        if smaller.reach.shape == cover.reach.shape:
            return smaller
        cover = smaller


def greedy(cover: Cover, p: int, chosen: Ints | None = None) -> Ints:
    """Add the site with the greatest further gain until `p` are open (ties: lowest column)."""
    picked = [] if chosen is None else list(chosen)
    open_ = np.zeros(cover.sites.size, bool)
    open_[picked] = True
    left = np.where(cover.counts(np.array(picked, int)) > 0, 0.0, cover.weight)
    columns = cover.reach.tocsc()
    gain = cover.reach.T @ left
    while len(picked) < p:
        best = int(np.argmax(np.where(open_, -1.0, gain)))
        picked.append(best)
        open_[best] = True
        rows = columns.indices[columns.indptr[best] : columns.indptr[best + 1]]
        rows = rows[left[rows] > 0]
        gain -= cover.reach[rows].T @ left[rows]
        left[rows] = 0.0
    return np.array(picked, dtype=np.intp)


def swap(cover: Cover, chosen: Ints, matrix: Floats | sparse.csr_array | None = None) -> Ints:
    """Exchange one open site for one closed site while that reaches more people."""
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
            kept = (mine.multiply(alone).tocsr() @ reach).toarray()
        change = gain + kept - (mine @ alone)[:, None]
        change[:, chosen] = -np.inf
        best = int(np.argmax(change))
        out, into = divmod(best, change.shape[1])
        if change[out, into] <= tolerance:
            return chosen
        counts = counts - sides[[chosen[out]]].sum(axis=0) + sides[[into]].sum(axis=0)
        chosen[out] = into


def lagrange(
    cover: Cover, p: int, chosen: Ints, *, whole: bool, iterations: int = 400, target: float = 0.0
) -> tuple[Ints, float, Floats]:
    """Bound the optimum from above and improve the chosen sites on the way.

    Relaxes "a row counts only if an open site reaches it" with a price per row between 0 and its
    weight; then the p dearest sites are best. Returns the best sites, the bound, and the prices.
    """
    matrix = cover.arithmetic()
    weight, total = cover.weight, cover.weight.sum()
    value = cover.value(chosen)
    cover_counts = np.maximum(cover.counts(chosen), 1.0)
    price = np.where(cover.counts(chosen) > 0, weight / cover_counts, weight)
    sides = matrix.T if isinstance(matrix, np.ndarray) else matrix.T.tocsr()
    best, best_price, step, stale = np.inf, price, 1.0, 0
    tried: set[bytes] = set()
    for round_ in range(iterations):
        worth = sides @ price
        top = np.argsort(-worth, kind="stable")[:p]
        bound = total - price.sum() + worth[top].sum()
        if bound < best - 1e-9 * total:
            stale = 0 if bound < best - 1e-5 * total else stale + 1
            best, best_price = bound, price
        else:
            stale += 1
        if round_ % 10 == 5:
            key = np.sort(top).tobytes()
            if key not in tried:
                tried.add(key)
                other = swap(cover, top, matrix)
                if (reached := cover.value(other)) > value:
                    chosen, value = other, reached
        if _closed(value, best, whole, target):
            break
        if stale >= 20:
            step, stale = step / 2, 0
            price = best_price
            if step < 0.005:
                break
            continue
        counts = np.zeros(worth.size)
        counts[top] = 1.0
        slope = matrix @ counts - (price < weight)
        slope[(price <= 0) & (slope > 0)] = 0.0
        norm = slope @ slope
        if norm == 0:
            break
        price = np.clip(price - step * (bound - value) / norm * slope, 0.0, weight)
    return chosen, best, best_price


def _closed(value: float, bound: float, whole: bool, target: float) -> bool:
    """Whether no better value exists: whole persons leave no room between two integers."""
    room = bound - value
    return room <= max(target * value, 1e-9 * max(1.0, value)) or (whole and room < 1 - 1e-6)


def solve_cover(
    cover: Cover,
    p: int,
    *,
    start: Ints | None = None,
    gap: float = 0.0,
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> Answer:
    """Choose the `p` columns of `cover` that reach most weight, with a proven bound.

    `start` are columns of `cover`. Fewer than `p` columns are returned where further ones would
    add nothing.
    """
    whole = bool((cover.weight == np.round(cover.weight)).all())
    small = reduce_cover(cover)
    back = np.searchsorted(cover.sites, small.sites)
    if p >= small.sites.size:
        value = float(small.weight.sum())
        return Answer(back, value, value)
    if p == 0:
        return Answer(np.empty(0, np.intp), 0.0, 0.0)
    matrix = small.arithmetic()
    chosen = swap(small, greedy(small, p), matrix)
    if start is not None:
        given = np.flatnonzero(np.isin(back, start))[:p]
        other = swap(small, greedy(small, p, given), matrix)
        chosen = max(chosen, other, key=small.value)
    chosen, bound, price = lagrange(small, p, chosen, whole=whole, target=gap)
    value = small.value(chosen)
    if _closed(value, bound, whole, gap):
        if whole and bound - value < 1:
            bound = value
        return Answer(back[chosen], value, bound)
    fixed = _price_out(small, p, price, bound, value + (1 - 1e-6 if whole else 0.0))
    better = _search(small, p, chosen, *fixed, whole, gap, time_limit, node_limit)
    chosen, value = better.chosen, small.value(better.chosen)
    bound = min(bound, max(better.bound, value))
    if whole and _closed(value, bound, whole, 0.0):
        bound = value
    return Answer(back[chosen], value, bound, better.timed_out)


def _price_out(
    cover: Cover, p: int, price: Floats, bound: float, needed: float
) -> tuple[Ints, Ints]:
    """Columns that every, and that no, solution of value >= `needed` contains."""
    worth = cover.reach.T @ price
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
    gap: float,
    time_limit: float | None,
    node_limit: int | None,
) -> Answer:
    """Search with HiGHS among the solutions that contain `always` and nothing of `never`."""
    base = cover.value(always)
    m = cover.sites.size
    open_ = np.ones(m, bool)
    open_[np.r_[always, never]] = False
    missed = cover.counts(always) == 0
    rest = reduce_cover(
        Cover(cover.reach[missed][:, open_], cover.weight[missed], np.flatnonzero(open_))
    )
    k, left = rest.sites.size, p - always.size
    if left >= k:
        found = np.r_[always, rest.sites]
        value = base + float(rest.weight.sum())
        spare = np.setdiff1d(np.arange(m), found)[: p - found.size]
        best = max(chosen, np.r_[found, spare], key=cover.value)
        return Answer(best, cover.value(best), max(value, cover.value(best)))
    n = rest.weight.size
    rows = sparse.csr_array(
        sparse.vstack(
            [
                sparse.hstack([rest.reach, -sparse.eye_array(n)]),
                sparse.csr_array(np.r_[np.ones(k), np.zeros(n)][None]),
            ]
        )
    )
    start = None
    columns = np.flatnonzero(np.isin(rest.sites, chosen))
    if columns.size <= left:
        columns = greedy(rest, left, columns)
        start = np.zeros(k + n)
        start[columns] = 1.0
        start[k:] = rest.counts(columns) > 0
    outcome = maximise(
        np.r_[np.zeros(k), rest.weight],
        rows,
        np.r_[np.zeros(n), 0.0],
        np.r_[np.full(n, np.inf), left],
        integer=np.arange(k + n) < k,
        start=start,
        gap=gap,
        slack=0.5 if whole else 1e-6,
        time_limit=time_limit,
        node_limit=node_limit,
    )
    best = chosen
    if outcome.point is not None:
        found = np.r_[always, rest.sites[outcome.point[:k] > 0.5]].astype(np.intp)
        best = max(chosen, greedy(cover, p, found), key=cover.value)
    return Answer(best, cover.value(best), base + outcome.bound, outcome.timed_out)
