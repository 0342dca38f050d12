"""Kulldorff's spatial scan statistic, with circles or connected shapes, and overdispersion.

The counts of a whole population are so large that nearly every area differs "significantly" from
the average if persons are taken as independent. What matters first is therefore the relative risk
and how many people are concerned; the test asks whether areas with high rates lie *together* more
than they would if rates varied between areas as much as they do, but without regard to place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sozialraum.concentration.graph import as_csr
from sozialraum.concentration.windows import Circles, Data, Growth
from sozialraum.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COLUMNS = ["llr", "members", "cases", "expected", "relative_risk", "p"]
BLOCK = 125  # replications drawn together; results depend on it, not on the number of threads
EXTREME = 50  # larger replications after which a p-value is settled


def scan(
    xy: ArrayLike,
    cases: ArrayLike,
    population: ArrayLike,
    *,
    graph: Any = None,
    model: Literal["binomial", "poisson"] = "binomial",
    overdispersion: float | Literal["estimate"] | None = None,
    max_share: float = 0.25,
    replications: int = 999,
    seed: int = 0,
    reach: int = 20,
) -> pd.DataFrame:
    """Find windows with more cases than elsewhere.

    Every area is the centre of windows that grow until they hold `max_share` of the population.
    Without a graph they are circles in which areas at equal distance enter together; with a graph
    they are connected shapes (see `sozialraum.concentration.windows.Growth`). The statistic is the
    largest log likelihood ratio over all windows; its distribution without clusters comes from
    replications on which the same search is done (Kulldorff 1997, Communications in Statistics:
    Theory and Methods 26, 1481–1496).

    Parameters
    ----------
    xy : array of shape (n, 2)
        Points of the areas, metres.
    cases, population : array of shape (n,)
        Persons. For the Poisson model the population may be any expectation. Rows in which
        anything is NaN, or without population, take no part.
    graph : scipy CSR matrix or libpysal Graph, optional
        Contiguity of the areas.
    model : {'binomial', 'poisson'}
        Replications keep the total of cases and place them at random among residents (binomial:
        each at most once).
    overdispersion : float or 'estimate', optional
        A number φ ≥ 1: counts vary φ times as much as the model says (households instead of
        persons). 'estimate': areas differ by themselves, with a variance
        ``n p (1 − p) (1 + (n − 1) ρ)`` (Poisson: ``μ (1 + ρ μ)``), ρ by moments over all areas
        (Williams 1982, Applied Statistics 31, 144–148). A window's likelihood then counts each
        area as ``n / φ`` independent persons. Replications are drawn from the beta-binomial
        (negative binomial) for a given φ; with 'estimate' the observed standardised deviations
        change places between the areas, so that nothing is assumed about their distribution:
        a single area with an extreme rate is no cluster, high areas that lie together are one.
    max_share : float
        Largest share of the population in a window.
    replications : int
        Drawn until `EXTREME` of them exceed the observed maximum, at most this many; then
        p = `EXTREME` / drawn, otherwise (exceeding + 1) / (`replications` + 1), which is a valid
        p-value either way (Besag & Clifford 1991, Biometrika 78, 301–304).
    seed : int
    reach : int
        With a graph: a window lies within this many areas nearest to its start, at most 31.

    Returns
    -------
    pandas.DataFrame
        One row per cluster, most likely first: `llr`; `members` (list of row positions, ascending);
        `cases`; `expected` at the overall rate; `relative_risk`, the rate inside / the rate
        outside; `p`. The first is the most likely cluster; the others are secondary ones that
        share no area with those above, as long as p < 1. Empty where no window has a higher rate
        inside.

    Raises
    ------
    InputError
        Shapes that differ, negative numbers, more cases than residents, fewer than three areas.

    Examples
    --------
    >>> xy = [[x, y] for x in range(6) for y in range(6)]
    >>> cases = [60 if x < 2 and y < 2 else 20 for x, y in xy]
    >>> found = scan(xy, cases, [200] * 36)
    >>> found["members"].iloc[0], float(found["p"].iloc[0])
    ([0, 1, 6, 7], 0.001)
    """
    points, counts, residents, kept = _checked(xy, cases, population, model)
    if not 0 < max_share < 1:
        raise InputError(f"max_share = {max_share}", expected="a share between 0 and 1")
    limit = max_share * residents.sum() * (1 + 1e-12)
    windows: Circles | Growth
    if graph is None:
        windows = Circles(points, residents, limit)
    else:
        csr = as_csr(graph, len(np.asarray(cases)))
        windows = Growth(points, residents, limit, csr[kept][:, kept], reach)
    null = _null(counts, residents, model, overdispersion)
    observed = null.data(counts[:, None])
    scale = float(null.scale(counts[:, None])[0])
    best = float(windows.maxima(observed)[0]) / scale
    if best <= 0:
        return pd.DataFrame({c: [] for c in COLUMNS})
    simulated = _simulated(best, windows, null, replications, seed)
    # What no replication falls short of has p = 1: it need not be listed.
    floor = min(best, float(simulated.min(initial=np.inf))) * (1 - 1e-9)
    found = _clusters(windows.listed(observed, floor * scale), len(counts), scale)
    p = _p_values([llr for llr, _ in found], simulated, replications)
    rows = []
    total, everyone = counts.sum(), residents.sum()
    for (llr, members), value in zip(found, p, strict=True):
        inside = counts[members].sum()
        expected = total * residents[members].sum() / everyone
        outside = (total - inside) / (total - expected)
        risk = inside / expected / outside if outside > 0 else np.inf
        rows.append((llr, sorted(kept[members].tolist()), inside, expected, risk, value))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame[(frame["p"] < 1) | (frame.index == 0)]


def dispersion(
    cases: ArrayLike, population: ArrayLike, model: Literal["binomial", "poisson"] = "binomial"
) -> float:
    """Correlation ρ within areas by which counts vary more than the model says.

    Solves ``Σ (cᵢ − nᵢ p)² / (nᵢ p (1 − p) (1 + (nᵢ − 1) ρ)) = n − 1`` (Williams 1982), with ``p``
    weighted by the same variances.

    Parameters
    ----------
    cases, population : array of shape (n,)
        Persons, without missing values, everybody's population above 0.
    model : {'binomial', 'poisson'}
        Poisson: the variance of a count is ``μ (1 + ρ μ)``.

    Returns
    -------
    float
        0 where counts vary no more than the model says.

    Examples
    --------
    >>> dispersion([10, 10, 10], [100, 100, 100]), round(dispersion([1, 10, 19], [100] * 3), 3)
    (0.0, 0.081)
    """
    return _rho(np.asarray(cases, float), np.asarray(population, float), model == "binomial")


@dataclass(frozen=True)
class _Null:
    """Counts without clusters: areas differ by chance, or by themselves."""

    population: np.ndarray
    total: float
    rate: float
    rho: np.ndarray  # correlation within each area
    factor: np.ndarray  # variance relative to the model
    binomial: bool
    deviation: np.ndarray | None  # standardised, if areas change places

    def data(self, cases: np.ndarray) -> Data:
        """Counts (n, B) as so many independent persons as they are worth."""
        cases, size = cases / self.factor[:, None], self.population / self.factor
        return Data(cases, size, binomial=self.binomial)

    def scale(self, cases: np.ndarray) -> np.ndarray:
        """Dispersion of each data set relative to the one that is assumed: (B,)."""
        if self.deviation is None:
            return np.ones(cases.shape[1])
        return _pearson(cases, self.population, self.factor, self.binomial) / (len(cases) - 1)

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Data sets (n, size)."""
        n = self.population
        if self.deviation is not None:
            order = rng.permuted(np.tile(np.arange(len(n)), (size, 1)), axis=1).T
            drawn = (n * self.rate)[:, None] + self.deviation[order] * self._spread()[:, None]
            return np.clip(drawn, 0, n[:, None] if self.binomial else None)
        if (self.factor == 1).all():
            total = round(self.total)
            if self.binomial:
                drawn = rng.multivariate_hypergeometric(
                    np.rint(n).astype(np.int64), total, size, method="marginals"
                )
            else:
                drawn = rng.multinomial(total, n / n.sum(), size)
            return np.ascontiguousarray(drawn.T, dtype=float)
        shape = (len(n), size)
        if self.binomial:
            a = ((1 / self.rho - 1) * self.rate)[:, None]
            b = ((1 / self.rho - 1) * (1 - self.rate))[:, None]
            return rng.binomial(np.rint(n).astype(np.int64)[:, None], rng.beta(a, b, shape)) * 1.0
        mean = (n * self.rate)[:, None]
        return rng.poisson(rng.gamma(1 / self.rho[:, None], mean * self.rho[:, None], shape)) * 1.0

    def _spread(self) -> np.ndarray:
        """Standard deviation of each area's count."""
        spread = self.rate * (1 - self.rate) if self.binomial else self.rate
        return np.sqrt(self.population * self.factor * spread)


def _null(
    cases: np.ndarray, population: np.ndarray, model: str, overdispersion: float | str | None
) -> _Null:
    binomial = model == "binomial"
    n, ones = population, np.ones(len(population))
    estimated = overdispersion == "estimate"
    if estimated:
        rho = _rho(cases, n, binomial) * ones
    elif overdispersion is None:
        rho = 0 * ones
    elif isinstance(overdispersion, str) or not overdispersion >= 1:
        raise InputError(
            f"overdispersion = {overdispersion!r}", expected="a factor from 1, 'estimate' or None"
        )
    else:
        step = n - 1 if binomial else n * cases.sum() / n.sum()
        rho = (overdispersion - 1) / np.maximum(step, 1e-12)
    if binomial:
        rho = np.minimum(rho, 0.99)  # an area smaller than the factor: all or nobody
    factor, rate = _factor(rho, cases, n, binomial)
    null = _Null(n, float(cases.sum()), rate, rho, factor, binomial, None)
    if estimated and (rho > 0).all():
        return replace(null, deviation=(cases - n * rate) / null._spread())
    return null


def _factor(
    rho: np.ndarray | float, cases: np.ndarray, n: np.ndarray, binomial: bool
) -> tuple[np.ndarray, float]:
    """Variance factor of each area, and the rate weighted by it."""
    if binomial:
        factor = 1 + np.maximum(n - 1, 0) * rho
    else:
        factor = 1 + rho * n * (cases.sum() / n.sum())
    return factor, float((cases / factor).sum() / (n / factor).sum())


def _pearson(cases: np.ndarray, n: np.ndarray, factor: np.ndarray, binomial: bool) -> np.ndarray:
    """Pearson's χ² of counts (n, B) around their common rate."""
    rate = (cases / factor[:, None]).sum(axis=0) / (n / factor).sum()
    spread = np.maximum(rate * (1 - rate) if binomial else rate, 1e-300)
    residual = cases - n[:, None] * rate
    return (residual**2 / (n * factor)[:, None]).sum(axis=0) / spread


def _rho(cases: np.ndarray, n: np.ndarray, binomial: bool) -> float:
    def surplus(rho: float) -> float:
        factor, _ = _factor(rho, cases, n, binomial)
        return float(_pearson(cases[:, None], n, factor, binomial)[0]) - (len(n) - 1)

    most = 0.99 if binomial else 1e3
    if surplus(0.0) <= 0:
        return 0.0
    if surplus(most) >= 0:
        return most
    low, high = 0.0, most  # halved by hand: scipy.optimize takes half a second to import
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if surplus(middle) > 0 else (low, middle)
    return (low + high) / 2


def _checked(
    xy: ArrayLike, cases: ArrayLike, population: ArrayLike, model: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Valid rows in an order that does not depend on the caller's, and their positions."""
    points = np.asarray(xy, dtype=float)
    c, n = np.asarray(cases, dtype=float), np.asarray(population, dtype=float)
    if model not in ("binomial", "poisson"):
        raise InputError(f"There is no model {model!r}", expected="'binomial' or 'poisson'")
    if points.shape != (len(c), 2) or c.shape != n.shape or c.ndim != 1:
        raise InputError(
            f"Shapes {points.shape}, {c.shape}, {n.shape}", expected="(n, 2), (n,) and (n,)"
        )
    known = np.isfinite(points).all(axis=1) & np.isfinite(c) & np.isfinite(n)
    if (c[known] < 0).any() or (n[known] < 0).any():
        raise InputError("A number of cases or residents is negative")
    if ((c > 0) & (n == 0) & known).any() or (model == "binomial" and (c > n)[known].any()):
        raise InputError("An area has more cases than residents")
    kept = np.flatnonzero(known & (n > 0))
    if len(kept) < 3 or c[kept].sum() == 0:
        raise InputError(
            f"{len(kept)} areas with residents and {c[kept].sum():.0f} cases",
            expected="at least three areas and one case",
        )
    kept = kept[np.lexsort((c[kept], n[kept], points[kept, 1], points[kept, 0]))]
    return points[kept], c[kept], n[kept], kept


def _clusters(
    windows: Iterable[tuple[float, np.ndarray]], n: int, scale: float
) -> list[tuple[float, np.ndarray]]:
    """Ratio and members of the best window, the best one beside it, and so on."""
    free = np.ones(n, dtype=bool)
    found = []
    # Equal ratios: the smaller window, then the one that was listed first.
    for llr, members in sorted(windows, key=lambda w: (-round(w[0], 9), len(w[1]))):
        if free[members].all():
            free[members] = False
            found.append((llr / scale, members))
    return found


def _simulated(
    best: float, windows: Circles | Growth, null: _Null, replications: int, seed: int
) -> np.ndarray:
    """Maxima of the replications, until `EXTREME` of them reach the observed one."""
    sizes = [min(BLOCK, replications - start) for start in range(0, replications, BLOCK)]
    sources = np.random.SeedSequence(seed).spawn(len(sizes))

    def maxima(block: int) -> np.ndarray:
        cases = null.draw(np.random.default_rng(sources[block]), sizes[block])
        return windows.maxima(null.data(cases)) / null.scale(cases)

    drawn, reached = [], 0
    threads = max(1, min(len(sizes), os.cpu_count() or 1))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(sizes), threads):
            for block in pool.map(maxima, range(start, min(start + threads, len(sizes)))):
                # Blocks that another number of threads would not have drawn are not used.
                if reached < EXTREME:
                    drawn.append(block)
                    reached += int((block >= best * (1 - 1e-9)).sum())
            if reached >= EXTREME:
                break
    return np.concatenate(drawn) if drawn else np.zeros(0)


def _p_values(observed: list[float], simulated: np.ndarray, replications: int) -> np.ndarray:
    """Sequential Monte-Carlo p-values against the maxima of the replications."""
    limit = np.array(observed) * (1 - 1e-9)
    beyond = np.cumsum(simulated[None, :] >= limit[:, None], axis=1)
    larger = (simulated[None, :] >= limit[:, None]).sum(axis=1)
    until = (beyond < EXTREME).sum(axis=1) + 1  # replications until the EXTREME-th larger one
    return np.where(larger >= EXTREME, EXTREME / until, (larger + 1) / (replications + 1))
