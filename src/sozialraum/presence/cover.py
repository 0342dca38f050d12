"""A coverage instance, and what can be left out of it.

Demand that no site reaches is dropped, demand points with the same sites in reach become one, a
site whose people another site reaches as well is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sozialraum.lazy import sparse
from sozialraum.presence.exchange import same_reach
from sozialraum.presence.problem import Bools, Floats, Ints, Matrix, Problem

DENSE = 4_000_000
"""Largest number of matrix cells at which dense arithmetic is faster than sparse."""
COUNTED = 100_000
"""Largest number of matrix cells of an instance that is kept as an array."""


@dataclass(frozen=True)
class Cover:
    """A coverage instance: `reach` (demand × sites, ones), weights of rows, names of columns.

    A small `reach` is an array: nothing is gained by leaving zeros out, and no library is needed.
    """

    reach: Matrix
    weight: Floats
    sites: Ints

    @staticmethod
    def of(problem: Problem, radius: float) -> Cover:
        """Which site of a problem reaches which of its demand points within a radius."""
        cost, sites = problem.cost, np.arange(problem.shape[1])
        if isinstance(cost, np.ndarray) and cost.size <= COUNTED:
            return Cover((cost <= radius).astype(float), problem.demand, sites)
        return Cover(problem.within(radius), problem.demand, sites)

    @staticmethod
    def merged(problem: Problem, radius: float) -> Cover:
        """The same; points that the same sites reach are one."""
        cost, sites = problem.cost, np.arange(problem.shape[1])
        if not isinstance(cost, np.ndarray) or cost.size > DENSE:
            return merge_same_rows(Cover.of(problem, radius))
        reach, weight = same_reach(cost <= radius, problem.demand)
        return Cover(as_matrix(reach), weight, sites)

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
        if isinstance(self.reach, np.ndarray) or n * m > DENSE:
            return self.reach
        return self.reach.toarray()

    def thin(self) -> Cover:
        """The same without zeros."""
        if not isinstance(self.reach, np.ndarray):
            return self
        return Cover(sparse.csr_array(self.reach), self.weight, self.sites)


def as_matrix(reach: Bools) -> Matrix:
    """Ones in the form in which an instance of this size is kept.

    Examples
    --------
    >>> as_matrix(np.array([[True, False]])).tolist()
    [[1.0, 0.0]]
    """
    near = reach.astype(float)
    return near if near.size <= COUNTED else sparse.csr_array(near)


def merge_same_rows(cover: Cover) -> Cover:
    """Drop rows without weight or site, and add up rows that the same sites reach.

    Examples
    --------
    >>> same = merge_same_rows(Cover(sparse.csr_array([[1.0, 0], [1, 0], [1, 1]]),
    ...                              np.array([2.0, 3, 4]), np.arange(2)))
    >>> sorted(same.weight.tolist())
    [4.0, 5.0]
    """
    if isinstance(cover.reach, np.ndarray):
        near, people = same_reach(cover.reach > 0, cover.weight)
        return Cover(near.astype(float), people, cover.sites)
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
    common, size = cover.reach.T @ cover.reach, cover.reach.sum(axis=0)
    if isinstance(common, np.ndarray):
        j, k = np.nonzero(common)
        shared = common[j, k]
    else:
        pairs = common.tocoo()
        (j, k), shared = pairs.coords, pairs.data
    inside = (shared == size[j]) & (j != k) & ((size[k] > size[j]) | (k < j))
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
