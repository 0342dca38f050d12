"""Critical values for the order of areas: which differences are beyond chance.

The machinery behind `sozialraum.need.ranking`. The critical value is a quantile of the largest
standardised difference among many pairs, drawn from the distribution of the estimates. All pairs
of 542 areas in 20,000 draws are 3·10⁹ differences; two bounds make most of them superfluous
without changing the result: a draw matters only if its bound reaches the quantile, and within a
draw a pair matters only if, by Cauchy and Schwarz, its areas are far enough out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.errors import InputError

_BLOCK = 250_000  # figures that are worked on at a time
_KEPT = 2_000_000  # so many drawn figures (8 MB) are kept for the next ranking
_ROUNDING = 1e-5  # of bounds in single precision: a draw too many is looked at, never one too few


@dataclass(frozen=True)
class Problem:
    """Estimates, and what is needed to draw and to standardise their differences."""

    estimate: np.ndarray  # (n,)
    lower: np.ndarray  # (n,) ends of the estimate
    upper: np.ndarray
    scale: np.ndarray  # (n,) standard errors
    factor: np.ndarray | None  # (n, r), factor @ factor.T is the covariance; None: independent
    inverse_sd: np.ndarray  # (n, n), 1 / sd(x_j − x_k); 0 where the difference is known
    slack: float  # 1 − largest correlation: it stretches the bound of Cauchy and Schwarz

    def draw(self, draws: int, seed: int) -> np.ndarray:
        """Centred draws of the estimates, (draws, n) float32."""
        width = len(self.scale) if self.factor is None else self.factor.shape[1]
        small = draws * width <= _KEPT
        normal = (_normal if small else _normal.__wrapped__)(draws, width, seed)
        if self.factor is None:
            return normal * self.scale.astype(np.float32)
        return normal @ self.factor.T.astype(np.float32)

    def statistics(self, j: int | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Standardised ``x_j − x_k`` and ``x_k − x_j`` at their smaller ends; ±inf where known."""
        inverse = self.inverse_sd[j]
        both = []
        for difference in (self.lower[j, None] - self.upper, self.lower - self.upper[j, None]):
            gap = difference.reshape(inverse.shape)
            known = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))
            both.append(np.where(inverse > 0, gap * inverse, known))
        return both[0], both[1]


@lru_cache(maxsize=2)
def _normal(draws: int, width: int, seed: int) -> np.ndarray:
    """Standard normal figures; a run ranks the same areas several times, so small ones stay."""
    normal = np.random.default_rng(seed).standard_normal((draws, width), dtype=np.float32)
    normal.flags.writeable = False
    return normal


def decide_all(problem: Problem, draws: Draws, coverage: float, stepdown: bool) -> np.ndarray:
    """Ordered pairs (j, k) with j certainly larger than k, (n, n) bool."""
    observed, _ = problem.statistics()
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


def decide_one(
    problem: Problem, draws: Draws, j: int, coverage: float, stepdown: bool
) -> np.ndarray:
    """Areas that are certainly smaller (1) or larger (−1) than area j, (n,)."""
    smaller, larger = problem.statistics(j)
    is_open = problem.inverse_sd[j] > 0
    decided = (1.0 * (smaller == np.inf) - (larger == np.inf)).astype(np.float32)
    weight = problem.inverse_sd[j].astype(np.float32)
    bound = draws.bound_over_row(j)
    while is_open.any():
        largest = partial(draws.largest_over_row, j, weight, decided)
        # a family only loses pairs, so what was found for a draw bounds what is left of it
        critical = _upper_quantile(bound, largest, coverage, tighten=True)
        new = is_open & (decided == 0) & ((smaller > critical) | (larger > critical))
        decided = decided + (new & (smaller > critical)) - (new & (larger > critical))
        decided = decided.astype(np.float32)
        if not (stepdown and new.any()):
            break
    return decided


class Draws:
    """Centred draws of the estimates, and the largest standardised difference in each of them."""

    def __init__(self, problem: Problem, draws: int, seed: int) -> None:
        n, scale = len(problem.estimate), problem.scale
        self.values = problem.draw(draws, seed)
        unit = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
        self.unit, self.slack = unit.astype(np.float32), np.float32(problem.slack)
        self.top = np.zeros(draws, dtype=np.float32)  # largest z of each draw, at least 0
        self.bottom = np.zeros(draws, dtype=np.float32)  # smallest, at most 0
        for part in slices(draws, n):
            z = self.values[part] * self.unit
            self.top[part], self.bottom[part] = z.max(axis=1, initial=0), z.min(axis=1, initial=0)

    def bound_over_pairs(self) -> np.ndarray:
        """No pair of a draw reaches more than this, (draws,)."""
        return np.maximum(self.top, -self.bottom) * np.sqrt(2 / self.slack)

    def bound_over_row(self, j: int) -> np.ndarray:
        """No pair with area j reaches more than this, (draws,).

        Cauchy and Schwarz where the signs differ; areas with the same sign are no farther apart
        than the outer one is from 0.
        """
        z = self.columns[j] * self.unit[j]
        other = np.where(z > 0, self.bottom, self.top)
        same = np.where(z > 0, self.top, -self.bottom)
        return np.maximum(np.sqrt(z * z + other * other), same) / np.sqrt(self.slack)

    def largest_over_pairs(self, weight: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Largest ``(v_j − v_k) · weight_jk`` of the draws ``rows``.

        Areas are compared with all others in the order of their |z|, until a pair of the
        remaining ones, ``sqrt(2 z² / slack)`` at most, cannot be larger than what was found.
        """
        result = np.zeros(len(rows), dtype=np.float32)
        reverse = np.ascontiguousarray(weight.T)
        for part in slices(len(rows), self.values.shape[1]):
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
        areas, values, rest = self.outermost
        mine = self.columns[j, rows]

        def largest(some: np.ndarray, others: np.ndarray, which: np.ndarray | slice) -> np.ndarray:
            d = (mine[some, None] - others) * weight[which]
            sign = decided[which]
            return np.where(sign == 0, np.abs(d), -sign * d).max(axis=1, initial=0)

        result = largest(np.arange(len(rows)), values[rows], areas[rows])
        reach = (np.square(mine * self.unit[j]) + np.square(rest[rows])) / self.slack
        more = np.flatnonzero(reach * (1 + _ROUNDING) > np.square(result))
        for block in slices(len(more), self.values.shape[1]):
            part = more[block]
            result[part] = largest(part, self.values[rows[part]], slice(None))
        return result

    @cached_property
    def columns(self) -> np.ndarray:
        """The draws, area by area, (n, draws)."""
        return np.ascontiguousarray(self.values.T)

    @cached_property
    def outermost(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Areas with the largest |z| of each draw and their values, (draws, m); the next |z|."""
        draws, n = self.values.shape
        m = min(24, n)
        areas, rest = np.empty((draws, m), dtype=np.intp), np.zeros(draws, dtype=np.float32)
        for part in slices(draws, n):
            z = np.abs(self.values[part] * self.unit)
            order = np.argpartition(z, n - m, axis=1)
            areas[part] = order[:, n - m :]
            if m < n:
                rest[part] = np.take_along_axis(z, order[:, : n - m], axis=1).max(axis=1)
        return areas, np.take_along_axis(self.values, areas, axis=1), rest


def _upper_quantile(
    bound: np.ndarray,
    exact: Callable[[np.ndarray], np.ndarray],
    coverage: float,
    *,
    tighten: bool = False,
) -> float:
    """Quantile of a statistic of which upper bounds are known and exact values cost time.

    Draws whose bound lies below the quantile need no exact value. The quantile is the smallest
    drawn value that a share of ``coverage`` of the draws does not exceed. With ``tighten``,
    ``bound`` takes the exact values that were found.
    """
    draws = len(bound)
    k = draws - min(draws - 1, int(np.ceil(coverage * draws - 1e-9)) - 1)  # the k-th largest
    rows = np.argpartition(bound, max(0, draws - 3 * k))[max(0, draws - 3 * k) :]
    waiting = np.ones(draws, dtype=bool)
    found = np.zeros(0, dtype=np.float32)
    while len(rows):
        values = exact(rows)
        if tighten:
            bound[rows] = values
        found = np.concatenate([found, values])
        waiting[rows] = False
        quantile = np.partition(found, len(found) - k)[len(found) - k]
        rows = np.flatnonzero(waiting & (bound * (1 + _ROUNDING) >= quantile))
    return float(quantile)


def slices(rows: int, width: int) -> list[slice]:
    """Blocks of rows that stay within a processor's cache."""
    step = max(1, _BLOCK // max(width, 1))
    return [slice(i, min(i + step, rows)) for i in range(0, rows, step)]


def pose(
    estimate: pd.Series | ArrayLike,
    se: pd.Series | ArrayLike | None,
    covariance: ArrayLike | None,
    bounds: tuple[ArrayLike, ArrayLike] | None = None,
) -> tuple[Problem, np.ndarray, pd.Index]:
    """Check the input and put the areas with an estimate into an order of their own.

    Areas are sorted by what is known about them, so that the same draws belong to the same area
    whatever the order of the rows.

    Returns
    -------
    problem : Problem
        n areas, sorted.
    at : array of shape (n,)
        Their positions in the input.
    index : pandas.Index
        Labels of the input.
    """
    if (se is None) == (covariance is None):
        raise ValueError("give either standard errors or a covariance matrix")
    index = estimate.index if isinstance(estimate, pd.Series) else None
    x = np.asarray(estimate, dtype=float)
    lower, upper = (_aligned(end, index) for end in bounds or (x, x))
    full = np.zeros((0, 0)) if covariance is None else np.asarray(covariance, dtype=float)
    if covariance is not None:
        _fits(full.shape == (len(x), len(x)), "a covariance matrix of the estimates' size")
    error = np.sqrt(full.diagonal().clip(min=0)) if se is None else _aligned(se, index)
    _fits(error.shape == x.shape, "as many standard errors as estimates")
    _fits(lower.shape == upper.shape == x.shape, "bounds of the estimates' size")
    labels = pd.RangeIndex(len(x)) if index is None else index
    at = np.lexsort((upper, lower, error, x))
    at = at[~np.isnan(x[at])]
    x, lower, upper, scale = x[at], lower[at], upper[at], error[at]
    if np.isinf(x).any():
        raise InputError("an estimate is infinite", expected="finite numbers or NaN")
    _fits(bool((lower <= x).all() and (x <= upper).all()), "lower ≤ estimate ≤ upper")
    if covariance is None:
        _fits(bool((scale >= 0).all() and np.isfinite(scale).all()), "standard errors ≥ 0")
        factor, correlation = None, 0.0
        variance = scale[:, None] ** 2 + scale[None, :] ** 2
    else:
        matrix = full[np.ix_(at, at)]
        _fits(bool(np.isfinite(matrix).all() and np.allclose(matrix, matrix.T)), "symmetry")
        eigenvalue, vector = np.linalg.eigh(matrix)
        tolerance = 1e-10 * len(at) * eigenvalue.max(initial=0.0)
        _fits(bool((eigenvalue >= -tolerance).all()), "a positive semidefinite matrix")
        factor = vector * np.sqrt(eigenvalue.clip(min=0))
        unit = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
        ratio = np.abs(matrix * unit * unit[:, None])
        np.fill_diagonal(ratio, 0)
        correlation = float(ratio.max(initial=0.0))
        total = scale[:, None] ** 2 + scale[None, :] ** 2
        variance = np.where(total - 2 * matrix > 1e-12 * total, total - 2 * matrix, 0.0)
    np.fill_diagonal(variance, 0)
    sd = np.sqrt(variance)
    inverse = np.divide(1.0, sd, out=np.zeros_like(sd), where=sd > 0)
    slack = max(1 - correlation, 1e-9)
    return Problem(x, lower, upper, scale, factor, inverse, slack), at, labels


def _aligned(values: pd.Series | ArrayLike, index: pd.Index | None) -> np.ndarray:
    """Values in the order of the labels, where both have labels."""
    if isinstance(values, pd.Series) and index is not None:
        values = values.reindex(index)
    return np.asarray(values, dtype=float)


def _fits(condition: bool, expected: str) -> None:
    if not condition:
        raise InputError("the uncertainty does not fit the estimates", expected=expected)
