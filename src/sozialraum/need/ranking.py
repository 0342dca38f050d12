"""Ranks that say how sure they are.

A published rank looks certain and is not. A confidence set for the rank of an area counts the
areas that are larger, and those that are smaller, beyond chance (Mogstad, Romano, Shaikh &
Wilhelm 2024): with ``K`` areas certainly larger and ``L`` certainly smaller, the rank lies between
``1 + K`` and ``n − L``. "Certainly" is a family of one-sided tests of all ordered pairs, whose
joint critical value is drawn from the distribution of the estimates, and sharpened step by step.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.errors import InputError

_BLOCK = 2_000  # draws that are held at the same time by one thread


def rank_confidence(
    estimate: pd.Series | ArrayLike,
    se: pd.Series | ArrayLike | None = None,
    coverage: float = 0.95,
    simultaneous: bool = True,
    stepdown: bool = True,
    draws: int = 20_000,
    seed: int = 0,
    *,
    covariance: ArrayLike | None = None,
) -> pd.DataFrame:
    """Confidence sets for ranks; rank 1 is the largest estimate.

    Parameters
    ----------
    estimate : Series or array of shape (n,)
        What is ranked, in any unit. NaN keeps NaN and takes no part.
    se : Series or array of shape (n,)
        Standard errors in the unit of the estimate, of independent areas. A Series is aligned by
        its index. 0 means known exactly.
    coverage : float
        Probability that *all* true ranks lie in their sets (simultaneous), or that one area's
        rank lies in its set (marginal).
    simultaneous : bool
        False gives marginal sets: right for one area picked beforehand, too narrow for reading a
        whole table.
    stepdown : bool
        Drop the pairs that are decided and test the remaining ones again with their smaller
        critical value, until nothing changes. Never widens a set.
    draws : int
        Draws from the distribution of the estimates.
    seed : int
        The same seed gives the same sets, whatever the number of processors.
    covariance : array of shape (n, n), optional
        Instead of ``se``: covariance matrix of the estimates, where areas are not independent.

    Returns
    -------
    DataFrame, index of the estimate (or 0…n−1)
        ``rank`` (1 + number of larger estimates; equal estimates share one), ``lo`` (best rank
        of the set), ``hi`` (worst).

    Raises
    ------
    InputError
        If the lengths differ, a standard error is negative or missing where the estimate is
        known, or the covariance is not a symmetric positive semidefinite matrix.
    ValueError
        If neither or both of ``se`` and ``covariance`` are given, or coverage or draws make no
        sense.

    Notes
    -----
    The statistic of the ordered pair (j, k) is ``(x_j − x_k) / sd(x_j − x_k)``; the critical value
    is the ``coverage`` quantile of the largest centred statistic among all pairs (simultaneous)
    or among the pairs with one area (marginal). After a pair is decided, its reverse stays in
    the family: that a decision points in the wrong direction is an error, too.

    The maximum over all pairs needs only a few areas of each draw: by Cauchy and Schwarz a pair's
    statistic is at most ``sqrt(z_j² + z_k²)`` for independent areas, so areas with small ``|z|``
    cannot be part of the largest. The shortcut is exact; where it does not apply more areas are
    looked at.

    References
    ----------
    Mogstad, M., Romano, J. P., Shaikh, A. M. & Wilhelm, D. (2024), Inference for Ranks with
    Applications to Mobility across Neighbourhoods and Academic Achievement across Countries,
    Review of Economic Studies 91, 476–518.

    Examples
    --------
    >>> rank_confidence([5.0, 1.0, 4.9, np.nan], [0.3, 0.3, 0.3, 0.3])
       rank   lo   hi
    0   1.0  1.0  2.0
    1   3.0  3.0  3.0
    2   2.0  1.0  2.0
    3   NaN  NaN  NaN
    """
    if not 0 < coverage < 1 or draws < 1:
        raise ValueError("coverage must lie between 0 and 1, and draws must be positive")
    problem, known, index = _problem(estimate, se, covariance)
    n = len(problem.estimate)
    if simultaneous:
        above = _certainly_above(problem, coverage, stepdown, draws, seed)
        larger, smaller = above.sum(axis=0), above.sum(axis=1)
    else:
        larger, smaller = _marginal(problem, coverage, stepdown, draws, seed)
    result = np.full((len(known), 3), np.nan)
    result[known, 0] = _ranks(problem.estimate)
    result[known, 1] = 1 + larger
    result[known, 2] = n - smaller
    return pd.DataFrame(result, columns=["rank", "lo", "hi"], index=index)


def top_probability(
    estimate: pd.Series | ArrayLike,
    se: pd.Series | ArrayLike | None = None,
    k: int = 10,
    draws: int = 20_000,
    seed: int = 0,
    *,
    covariance: ArrayLike | None = None,
) -> pd.Series:
    """Probability of belonging to the k largest, were the areas counted again.

    The share of draws from the normal distribution around the estimates in which the area is
    among the k largest. It is a plain-language companion of the rank set, not a test: with many
    areas of nearly equal need it can be small for all of them.

    Parameters
    ----------
    estimate, se, draws, seed, covariance
        As in `rank_confidence`.
    k : int
        Size of the top.

    Returns
    -------
    Series, index of the estimate
        Between 0 and 1; the values add up to k (or to the number of areas, if smaller). NaN
        where the estimate is missing.

    Raises
    ------
    InputError, ValueError
        As in `rank_confidence`; ValueError also if k is not positive.

    References
    ----------
    Goldstein, H. & Spiegelhalter, D. J. (1996), League tables and their limitations, JRSS A 159,
    385–443.

    Examples
    --------
    >>> top_probability([9.0, 5.0, 1.0], [0.1, 0.1, 0.1], k=2).tolist()
    [1.0, 1.0, 0.0]
    """
    if k < 1 or draws < 1:
        raise ValueError("k and draws must be positive")
    problem, known, index = _problem(estimate, se, covariance)
    n = len(problem.estimate)
    result = np.full(len(known), np.nan)
    if n <= k:
        result[known] = 1.0
        return pd.Series(result, index=index)

    def count(block: int) -> np.ndarray:
        values = problem.draw(seed, block, draws)[0] + problem.estimate.astype(np.float32)
        top = np.argpartition(values, n - k, axis=1)[:, n - k :]
        return np.bincount(top.ravel(), minlength=n)

    result[known] = sum(_each_block(count, draws, n)) / draws
    return pd.Series(result, index=index)


def top_sets(ranks: pd.DataFrame, k: int) -> pd.DataFrame:
    """Areas that are certainly, and those that are possibly, among the k largest.

    Parameters
    ----------
    ranks : DataFrame
        From `rank_confidence`; with simultaneous sets both statements hold for all areas
        together with the coverage of the sets.
    k : int
        Size of the top.

    Returns
    -------
    DataFrame of bool, same index
        ``certain`` (the whole set lies within the first k), ``possible`` (some of it does). An
        area without a rank is in neither.

    References
    ----------
    Mogstad et al. (2024), section on the τ-best.

    Examples
    --------
    >>> sets = pd.DataFrame({"rank": [1.0, 2.0, 3.0], "lo": [1.0, 1.0, 3.0], "hi": [2.0, 3.0, 3.0]})
    >>> top_sets(sets, 2)
       certain  possible
    0     True      True
    1    False      True
    2    False     False
    """
    return pd.DataFrame({"certain": ranks["hi"] <= k, "possible": ranks["lo"] <= k})


@dataclass(frozen=True)
class _Problem:
    """Estimates with what is needed to draw and to standardise their differences."""

    estimate: np.ndarray  # (n,)
    scale: np.ndarray  # (n,) standard errors
    factor: np.ndarray | None  # (n, r) with factor @ factor.T the covariance; None: independent
    inverse_sd: np.ndarray  # (n, n) float32, 1 / sd(x_j − x_k); 0 where the difference is known
    slack: float  # 1 − largest correlation: how far Cauchy and Schwarz's bound is stretched

    def draw(self, seed: int, block: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
        """Centred draws of one block and their |z|, (size, n) float32; a block has its stream."""
        size = min(_BLOCK, draws - block * _BLOCK)
        rng = np.random.default_rng([seed, block])
        scale = self.scale.astype(np.float32)
        if self.factor is None:
            z = rng.standard_normal((size, len(scale)), dtype=np.float32)
            return z * scale, np.abs(z)
        normal = rng.standard_normal((size, self.factor.shape[1]), dtype=np.float32)
        values = normal @ self.factor.T.astype(np.float32)
        return values, np.abs(values / np.where(scale > 0, scale, 1))

    def statistics(self) -> np.ndarray:
        """Standardised differences of the estimates, (n, n); ±inf where they are known."""
        difference = self.estimate[:, None] - self.estimate[None, :]
        known = np.where(difference == 0, 0.0, np.copysign(np.inf, difference))
        return np.where(self.inverse_sd > 0, difference * self.inverse_sd, known)


def _certainly_above(
    problem: _Problem, coverage: float, stepdown: bool, draws: int, seed: int
) -> np.ndarray:
    """Whether area j is larger than area k beyond chance, (n, n) bool."""
    observed = problem.statistics()
    above = observed == np.inf
    family = problem.inverse_sd > 0  # ordered pairs whose order is open
    if not family.any():
        return above
    maxima = _PairMaxima(problem, coverage, draws, seed)
    while True:
        decided = above | (observed > maxima.critical(family & ~above))
        if not stepdown or (decided == above).all():
            return decided
        above = decided


class _PairMaxima:
    """Critical value from the largest centred statistic among all pairs of a shrinking family."""

    def __init__(self, problem: _Problem, coverage: float, draws: int, seed: int) -> None:
        self.problem, self.coverage, self.draws, self.seed = problem, coverage, draws, seed
        self.value = np.full(draws, np.nan, dtype=np.float32)
        self.pair = np.zeros((draws, 2), dtype=np.intp)
        self.stale = np.ones(draws, dtype=bool)

    def critical(self, family: np.ndarray) -> float:
        """Quantile over the draws; only draws whose pair has left the family are redone."""
        stale = self.stale | ~family[self.pair[:, 0], self.pair[:, 1]]
        self.stale = np.zeros(self.draws, dtype=bool)
        weight = np.where(family, self.problem.inverse_sd, np.nan).astype(np.float32)

        def update(block: int) -> None:
            rows = np.flatnonzero(stale[block * _BLOCK : (block + 1) * _BLOCK])
            if len(rows):
                values, z = self.problem.draw(self.seed, block, self.draws)
                found = _largest(values[rows], z[rows], weight, self.problem.slack)
                self.value[block * _BLOCK + rows], self.pair[block * _BLOCK + rows] = found

        _each_block(update, self.draws, len(family))
        return float(_quantile(self.value, self.coverage))


def _largest(
    values: np.ndarray, z: np.ndarray, weight: np.ndarray, slack: float, m: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Largest ``(v_j − v_k) · weight_jk`` of each row of ``values`` (r, n), and its pair.

    Looks at the m areas with the largest ``z = |v| / sd``; a pair with any other area reaches at
    most ``sqrt((z_1² + z_(m+1)²) / slack)``. Rows where that is not small enough are looked at
    again with more areas. NaN in ``weight`` marks pairs that do not count.
    """
    rows, n = values.shape
    best, pair = np.empty(rows, dtype=np.float32), np.empty((rows, 2), dtype=np.intp)
    if m >= n:
        m, chosen = n, np.broadcast_to(np.arange(n), (rows, n))
        bound = np.zeros(rows)
    else:
        chosen = np.argpartition(z, n - m - 1, axis=1)[:, n - m - 1 :]
        top = np.take_along_axis(z, chosen, axis=1)
        bound = (np.square(top.max(axis=1)) + np.square(top[:, 0])) / slack
        chosen = chosen[:, 1:]
    step = max(1, 2_000_000 // (m * m))
    for part in (slice(i, i + step) for i in range(0, rows, step)):
        j = chosen[part]
        v = np.take_along_axis(values[part], j, axis=1)
        d = v[:, :, None] - v[:, None, :]
        d *= weight if m == n else weight.ravel()[j[:, :, None] * n + j[:, None, :]]
        flat = np.nan_to_num(d.reshape(len(j), -1), copy=False, nan=-np.inf)
        at, row = flat.argmax(axis=1), np.arange(len(j))
        best[part] = flat[row, at]
        pair[part] = np.column_stack([j[row, at // m], j[row, at % m]])
    again = bound * (1 + 1e-5) > np.square(np.maximum(best, 0))
    if m < n and again.any():
        best[again], pair[again] = _largest(values[again], z[again], weight, slack, 4 * m)
    return best, pair


def _marginal(
    problem: _Problem, coverage: float, stepdown: bool, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of areas certainly larger and certainly smaller than each area, one by one."""
    observed = problem.statistics()
    n = len(observed)
    blocks = range(-(-draws // _BLOCK))
    values = np.concatenate([problem.draw(seed, b, draws)[0] for b in blocks])
    larger, smaller = observed == -np.inf, observed == np.inf
    is_open = problem.inverse_sd > 0

    def of_area(j: int) -> None:
        weight = problem.inverse_sd[j].astype(np.float32)
        others = np.flatnonzero(is_open[j])
        best, at = np.empty(draws, dtype=np.float32), np.empty(draws, dtype=np.intp)
        stale = np.arange(draws if len(others) else 0)
        while len(stale):
            # a decided pair stays in the family in the other order only
            sign = np.where(larger[j, others], 1, np.where(smaller[j, others], -1, 0))
            for part in (stale[i : i + 500] for i in range(0, len(stale), 500)):
                v = values[part]
                d = (v[:, j : j + 1] - v[:, others]) * weight[others]
                d = np.where(sign == 0, np.abs(d), sign * d) if sign.any() else np.abs(d, out=d)
                at[part] = d.argmax(axis=1)
                best[part] = d[np.arange(len(part)), at[part]]
            critical = _quantile(best, coverage)
            new = is_open[j] & (np.abs(observed[j]) > critical) & ~larger[j] & ~smaller[j]
            larger[j] |= new & (observed[j] < 0)
            smaller[j] |= new & (observed[j] > 0)
            stale = np.flatnonzero(new[others[at]]) if stepdown and new.any() else stale[:0]

    _run(of_area, n, parallel=draws * n > 1_000_000)
    return larger.sum(axis=1), smaller.sum(axis=1)


def _problem(
    estimate: pd.Series | ArrayLike,
    se: pd.Series | ArrayLike | None,
    covariance: ArrayLike | None,
) -> tuple[_Problem, np.ndarray, pd.Index]:
    """Check the input; keep the areas with an estimate."""
    if (se is None) == (covariance is None):
        raise ValueError("give either standard errors or a covariance matrix")
    index = estimate.index if isinstance(estimate, pd.Series) else None
    x = np.asarray(estimate, dtype=float)
    index = pd.RangeIndex(len(x)) if index is None else index
    known = ~np.isnan(x)
    if np.isinf(x).any():
        raise InputError("an estimate is infinite", expected="finite numbers or NaN")
    if covariance is None:
        if isinstance(se, pd.Series) and isinstance(estimate, pd.Series):
            se = se.reindex(index)
        scale = np.asarray(se, dtype=float)
        _fits(scale.shape == x.shape, "as many standard errors as estimates")
        scale = scale[known]
        _fits(bool((scale >= 0).all() and np.isfinite(scale).all()), "standard errors ≥ 0")
        factor, correlation = None, 0.0
        variance = scale[:, None] ** 2 + scale[None, :] ** 2
    else:
        matrix = np.asarray(covariance, dtype=float)
        _fits(matrix.shape == (len(x), len(x)), "a covariance matrix of the estimates' size")
        matrix = matrix[np.ix_(known, known)]
        _fits(bool(np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)), "symmetry")
        eigenvalue, vector = np.linalg.eigh(matrix)
        tolerance = 1e-10 * max(eigenvalue.max(initial=0.0), 1e-300)
        _fits(bool((eigenvalue > -tolerance * len(x)).all()), "a positive semidefinite matrix")
        factor = vector * np.sqrt(eigenvalue.clip(min=0))
        scale = np.sqrt(matrix.diagonal().clip(min=0))
        ratio = matrix / np.where(scale > 0, scale, 1) / np.where(scale > 0, scale, 1)[:, None]
        np.fill_diagonal(ratio, 0)
        correlation = float(np.abs(ratio).max(initial=0.0))
        variance = scale[:, None] ** 2 + scale[None, :] ** 2 - 2 * matrix
        variance[variance < 1e-12 * (scale[:, None] ** 2 + scale[None, :] ** 2)] = 0
    np.fill_diagonal(variance, 0)
    sd = np.sqrt(variance)
    inverse = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
    return _Problem(x[known], scale, factor, inverse, max(1 - correlation, 1e-3)), known, index


def _fits(condition: bool, expected: str) -> None:
    if not condition:
        raise InputError("the uncertainty does not fit the estimates", expected=expected)


def _ranks(values: np.ndarray) -> np.ndarray:
    """1 + number of larger values."""
    ordered = np.sort(values)
    return 1 + len(values) - np.searchsorted(ordered, values, side="right")


def _quantile(values: np.ndarray, coverage: float) -> float:
    """Smallest drawn value that at least this share of the draws does not exceed."""
    at = min(len(values) - 1, max(0, int(np.ceil(coverage * len(values) - 1e-9)) - 1))
    return float(np.partition(values, at)[at])


def _each_block(function: Callable[[int], Any], draws: int, n: int) -> list[Any]:
    """Results for every block of draws in their order, on all processors when it pays."""
    return _run(function, -(-draws // _BLOCK), parallel=draws * n > 200_000)


def _run(function: Callable[[int], Any], tasks: int, *, parallel: bool) -> list[Any]:
    workers = min(tasks, os.cpu_count() or 1) if parallel else 1
    if workers < 2:
        return [function(i) for i in range(tasks)]
    with ThreadPoolExecutor(workers) as pool:  # numpy releases the lock in the loops that count
        return list(pool.map(function, range(tasks)))
