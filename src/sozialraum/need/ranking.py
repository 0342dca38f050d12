"""Ranks that say how sure they are.

A published rank looks certain and is not. A confidence set for the rank of an area counts the
areas that are larger, and those that are smaller, beyond chance (Mogstad, Romano, Shaikh &
Wilhelm 2024): with ``K`` areas certainly larger and ``L`` certainly smaller, the rank lies between
``1 + K`` and ``n − L``. "Certainly" is a family of one-sided tests of all ordered pairs, whose
joint critical value is drawn from the distribution of the estimates, and sharpened step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.errors import InputError

_BLOCK = 250_000  # figures that are worked on at a time
_ROUNDING = 1e-5  # of bounds in single precision: a draw too many is looked at, never one too few


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
    sample = _Draws(problem, draws, seed)
    if simultaneous:
        above = _simultaneous(problem, sample, coverage, stepdown)
        larger, smaller = above.sum(axis=0), above.sum(axis=1)
    else:
        rows = [_marginal(problem, sample, j, coverage, stepdown) for j in range(n)]
        order = np.reshape(rows, (n, n))
        larger, smaller = (order < 0).sum(axis=1), (order > 0).sum(axis=1)
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

    values = problem.draw(draws, seed)
    values += problem.estimate.astype(np.float32)
    hits = np.zeros(n, dtype=np.int64)
    for part in _slices(draws, n):
        top = np.argpartition(values[part], n - k, axis=1)[:, n - k :]
        hits += np.bincount(top.ravel(), minlength=n)
    result[known] = hits / draws
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
    """Estimates, and what is needed to draw and to standardise their differences."""

    estimate: np.ndarray  # (n,)
    scale: np.ndarray  # (n,) standard errors
    factor: np.ndarray | None  # (n, r), factor @ factor.T is the covariance; None: independent
    inverse_sd: np.ndarray  # (n, n), 1 / sd(x_j − x_k); 0 where the difference is known
    slack: float  # 1 − largest correlation: it stretches the bound of Cauchy and Schwarz

    def draw(self, draws: int, seed: int) -> np.ndarray:
        """Centred draws of the estimates, (draws, n) float32."""
        width = len(self.scale) if self.factor is None else self.factor.shape[1]
        normal = np.random.default_rng(seed).standard_normal((draws, width), dtype=np.float32)
        if self.factor is None:
            return np.multiply(normal, self.scale.astype(np.float32), out=normal)
        return normal @ self.factor.T.astype(np.float32)

    def statistics(self, j: int | slice = slice(None)) -> np.ndarray:
        """Standardised differences of the estimates, (n, n) or row j; ±inf where known."""
        difference = self.estimate[j, None] - self.estimate
        known = np.where(difference == 0, 0.0, np.copysign(np.inf, difference))
        inverse = self.inverse_sd[j]
        return np.where(inverse > 0, difference * inverse, known).reshape(inverse.shape)


def _simultaneous(problem: _Problem, draws: _Draws, coverage: float, stepdown: bool) -> np.ndarray:
    """Ordered pairs (j, k) with j certainly larger than k, (n, n) bool."""
    observed = problem.statistics()
    above, is_open = observed == np.inf, problem.inverse_sd > 0
    while (family := is_open & ~above).any():
        weight = np.where(family, problem.inverse_sd, 0).astype(np.float32)
        critical = _upper_quantile(
            draws.bound_over_pairs(), partial(draws.largest_over_pairs, weight), coverage
        )
        new = family & (observed > critical)
        above = above | new
        if not (stepdown and new.any()):
            break
    return above


def _marginal(
    problem: _Problem, draws: _Draws, j: int, coverage: float, stepdown: bool
) -> np.ndarray:
    """Areas that are certainly smaller (1) or larger (−1) than area j, (n,)."""
    observed, is_open = problem.statistics(j), problem.inverse_sd[j] > 0
    decided = np.where(np.isinf(observed), np.sign(observed), 0).astype(np.float32)
    weight = problem.inverse_sd[j].astype(np.float32)
    while is_open.any():
        largest = partial(draws.largest_over_row, j, weight, decided)
        critical = _upper_quantile(draws.bound_over_row(j), largest, coverage)
        new = is_open & (decided == 0) & (np.abs(observed) > critical)
        decided = np.where(new, np.sign(observed), decided).astype(np.float32)
        if not (stepdown and new.any()):
            break
    return decided


class _Draws:
    """Centred draws of the estimates, and the largest standardised difference in each of them."""

    def __init__(self, problem: _Problem, draws: int, seed: int) -> None:
        n, scale = len(problem.estimate), problem.scale
        self.values = problem.draw(draws, seed)
        unit = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
        self.unit, self.slack = unit.astype(np.float32), np.float32(problem.slack)
        self.peak = np.zeros(draws, dtype=np.float32)  # largest |z| of each draw
        for part in _slices(draws, n):
            self.peak[part] = np.abs(self.values[part] * self.unit).max(axis=1, initial=0)

    def bound_over_pairs(self) -> np.ndarray:
        """No pair of a draw reaches more than this, (draws,)."""
        return self.peak * np.sqrt(2 / self.slack)

    def bound_over_row(self, j: int) -> np.ndarray:
        """No pair with area j reaches more than this, (draws,)."""
        z = self.values[:, j] * self.unit[j]
        return np.sqrt((z * z + self.peak * self.peak) / self.slack)

    def largest_over_pairs(self, weight: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Largest ``(v_j − v_k) · weight_jk`` of the draws ``rows``.

        Areas are compared with all others in the order of their |z|, until a pair of the
        remaining ones, ``sqrt(2 z² / slack)`` at most, cannot be larger than what was found.
        """
        result = np.zeros(len(rows), dtype=np.float32)
        reverse = np.ascontiguousarray(weight.T)
        for part in _slices(len(rows), self.values.shape[1]):
            v = self.values[rows[part]]
            z, best, todo = np.abs(v * self.unit), result[part], np.arange(len(v))
            while len(todo):
                j = z[todo].argmax(axis=1)
                peak = z[todo, j]
                reach = 2 * peak * peak * (1 + _ROUNDING)
                going = (reach > self.slack * np.square(best[todo])) & (peak >= 0)
                todo, j = todo[going], j[going]
                d = v[todo, j][:, None] - v[todo]
                found = np.maximum((d * weight[j]).max(axis=1), -(d * reverse[j]).min(axis=1))
                best[todo] = np.maximum(best[todo], found)
                z[todo, j] = -1
        return result

    def largest_over_row(
        self, j: int, weight: np.ndarray, decided: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """Largest statistic of the draws ``rows`` among the pairs with area j.

        Of a pair that is decided only the reverse order counts; otherwise both do. The areas with
        the largest |z| of each draw come first; all areas where another one could be larger.
        """
        areas, rest = self.outermost
        z = self.values[rows, j] * self.unit[j]
        result = self._largest_to(j, weight, decided, rows, areas[rows])
        reach = (z * z + np.square(rest[rows])) / self.slack * (1 + _ROUNDING)
        more = np.flatnonzero(reach > np.square(result))
        every = np.arange(self.values.shape[1])
        for part in _slices(len(more), len(every)):
            some = rows[more[part]]
            result[more[part]] = self._largest_to(j, weight, decided, some, every)
        return result

    def _largest_to(
        self, j: int, weight: np.ndarray, decided: np.ndarray, rows: np.ndarray, areas: np.ndarray
    ) -> np.ndarray:
        mine = self.values[rows, j][:, None]
        others = self.values[rows] if areas.ndim == 1 else self.values[rows[:, None], areas]
        d = (mine - others) * weight[areas]
        sign = decided[areas]
        return np.where(sign == 0, np.abs(d), -sign * d).max(axis=1, initial=0)

    @cached_property
    def outermost(self) -> tuple[np.ndarray, np.ndarray]:
        """Areas with the largest |z| of each draw, (draws, m), and the next |z|, (draws,)."""
        draws, n = self.values.shape
        m = min(24, n)
        areas, rest = np.empty((draws, m), dtype=np.intp), np.zeros(draws, dtype=np.float32)
        for part in _slices(draws, n):
            z = np.abs(self.values[part] * self.unit)
            order = np.argpartition(z, n - m, axis=1)
            areas[part] = order[:, n - m :]
            if m < n:
                rest[part] = np.take_along_axis(z, order[:, : n - m], axis=1).max(axis=1)
        return areas, rest


def _upper_quantile(
    bound: np.ndarray, exact: Callable[[np.ndarray], np.ndarray], coverage: float
) -> float:
    """Quantile of a statistic of which upper bounds are known and exact values cost time.

    Draws whose bound lies below the quantile need no exact value. The quantile is the smallest
    drawn value that a share of ``coverage`` of the draws does not exceed.
    """
    draws = len(bound)
    position = min(draws - 1, int(np.ceil(coverage * draws - 1e-9)) - 1)
    value = np.full(draws, -np.inf, dtype=np.float32)
    waiting = np.ones(draws, dtype=bool)
    first = max(0, draws - 3 * (draws - position))
    rows = np.argpartition(bound, first)[first:]
    while len(rows):
        value[rows] = exact(rows)
        waiting[rows] = False
        quantile = np.partition(value, position)[position]
        rows = np.flatnonzero(waiting & (bound * (1 + _ROUNDING) >= quantile))
    return float(quantile)


def _slices(rows: int, width: int) -> list[slice]:
    """Blocks of rows that stay within a processor's cache."""
    step = max(1, _BLOCK // max(width, 1))
    return [slice(i, min(i + step, rows)) for i in range(0, rows, step)]


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
