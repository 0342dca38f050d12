"""Spatial autocorrelation: Moran's I, local Moran, Getis-Ord, with false discovery control.

Values agree with esda to 1e-10 where the definitions coincide (see the tests). Own code because it
is faster, without code that first compiles (`benchmarks/concentration_moran.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from sozialraum.concentration.graph import as_csr, row_standardised
from sozialraum.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def moran(
    values: ArrayLike, graph: Any, *, permutations: int = 999, seed: int = 0
) -> dict[str, float]:
    """Global Moran's I with row-standardised weights.

    ``I = n / Σw · Σᵢⱼ wᵢⱼ zᵢ zⱼ / Σᵢ zᵢ²`` (Moran 1950; Cliff & Ord 1981).

    Parameters
    ----------
    values : array of shape (n,)
        Areas with NaN are left out of graph and values.
    graph : scipy CSR matrix or libpysal Graph
        Standardised by rows here. Areas without neighbours stay in, with no weight.
    permutations : int
        Random rearrangements for the pseudo p-value.
    seed : int

    Returns
    -------
    dict
        `I`, `expected` (−1 / (n − 1)), `p` ((r + 1) / (permutations + 1), one-sided towards the
        side of I), `z` (against the permutations), `n`, `islands`.

    Raises
    ------
    InputError
        Fewer than three areas with a value, all the same, or no area with a neighbour.

    Examples
    --------
    >>> from sozialraum.concentration import distance_band
    >>> street = distance_band([[0, 0], [1, 0], [2, 0], [3, 0]], radius=1)
    >>> moran([1, 1, 5, 5], street)["I"], moran([1, 5, 1, 5], street)["I"]
    (0.5, -1.0)
    """
    x, w, _ = _prepared(values, graph)
    return _moran(x - x.mean(), w, permutations, seed)


def moran_rate(
    count: ArrayLike, population: ArrayLike, graph: Any, *, permutations: int = 999, seed: int = 0
) -> dict[str, float]:
    """Moran's I of rates with unequal variance: the empirical Bayes index.

    Rates are standardised by ``zᵢ = (pᵢ − b) / sqrt(a + b / nᵢ)`` with ``b`` the overall rate
    and ``a`` the variance between areas, and vᵢ = b / nᵢ where a + b / nᵢ would not be positive
    (Assunção & Reis 1999, Statistics in Medicine 18, 2147–2162).

    Parameters
    ----------
    count, population : array of shape (n,)
        Areas where either is NaN or nobody lives are left out.
    graph, permutations, seed
        As in `moran`.

    Returns
    -------
    dict
        As `moran`.

    Raises
    ------
    InputError
        Fewer than three areas with a rate, all the same, or no area with a neighbour.

    Examples
    --------
    >>> from sozialraum.concentration import distance_band
    >>> street = distance_band([[0, 0], [1, 0], [2, 0], [3, 0]], radius=1)
    >>> round(moran_rate([10, 12, 40, 38], [100, 100, 100, 100], street)["I"], 3)
    0.495
    """
    e = np.asarray(count, dtype=float)
    n = np.asarray(population, dtype=float)
    z = np.full(len(e), np.nan)
    known = ~np.isnan(e) & (n > 0)
    rate = e[known] / n[known]
    b = e[known].sum() / n[known].sum()
    s2 = (n[known] * (rate - b) ** 2).sum() / n[known].sum()
    a = s2 - b / (n[known].sum() / known.sum())
    variance = a + b / n[known]
    variance = np.where(variance > 0, variance, b / n[known])
    z[known] = (rate - b) / np.sqrt(variance)
    return moran(z, graph, permutations=permutations, seed=seed)


def local_moran(
    values: ArrayLike | pd.Series,
    graph: Any,
    permutations: int = 999,
    seed: int = 0,
    *,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Local Moran's I with conditional permutation and false discovery control.

    ``Iᵢ = (n − 1) zᵢ Σⱼ wᵢⱼ zⱼ / Σ z²`` with row-standardised weights (Anselin 1995); the pseudo
    p-value keeps zᵢ in its place and rearranges the others.

    Parameters
    ----------
    values : array or Series of shape (n,)
        NaN leaves the area out of all others' neighbourhoods.
    graph : scipy CSR matrix or libpysal Graph
    permutations : int
        The smallest p-value is 1 / (permutations + 1): with 500 areas and fewer than some 9,999
        permutations hardly any area can stand out after the control of false discoveries.
    seed : int
    alpha : float
        False discovery rate at which `significant` is declared.

    Returns
    -------
    pandas.DataFrame
        Index of `values`: `statistic`, `p` (pseudo p-value, one-sided towards the statistic's
        side, as in GeoDa and esda), `q` (Benjamini-Hochberg on 2 p, since the side is chosen after
        looking), `significant` (q ≤ alpha), `quadrant` ('hoch-hoch', 'niedrig-hoch',
        'niedrig-niedrig', 'hoch-niedrig', 'Insel', None where the value is missing). Islands have
        no statistic.

    Examples
    --------
    >>> from sozialraum.concentration import k_nearest
    >>> xy = [[i % 5, i // 5] for i in range(25)]
    >>> high = [9 if i % 5 < 2 and i < 10 else 1 + i % 3 for i in range(25)]
    >>> local_moran(high, k_nearest(xy, 4), 499)["quadrant"].iloc[0]
    'hoch-hoch'
    """
    index = (
        values.index if isinstance(values, pd.Series) else pd.RangeIndex(len(np.asarray(values)))
    )
    x, w, kept = _prepared(values, graph)
    z = x - x.mean()
    n, scale = len(z), (z @ z)
    if scale == 0:
        raise InputError("All values are equal; nothing can cluster")
    lag = w @ z
    statistic = (n - 1) * z * lag / scale
    p = _conditional_p(z, w, lag, permutations, seed)
    neighbours = np.diff(w.indptr)
    names = np.where(z > 0, "hoch", "niedrig").astype(object)
    around = np.where(lag > 0, "hoch", "niedrig").astype(object)
    quadrant = names + "-" + around
    quadrant[neighbours == 0] = "Insel"
    return _table(index, kept, neighbours, statistic, p, alpha, quadrant)


def getis_ord(
    values: ArrayLike | pd.Series,
    graph: Any,
    permutations: int = 999,
    seed: int = 0,
    *,
    star: bool = True,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Getis-Ord Gi* (or Gi) as standard deviates, with conditional permutation.

    ``Gᵢ = (Σⱼ wᵢⱼ xⱼ − Wᵢ x̄ᵢ) / (sᵢ sqrt((n S₁ᵢ − Wᵢ²) / (n − 1)))`` with binary weights (Ord &
    Getis 1995, equations 6 and 7); Gi* counts the area as its own neighbour.

    Parameters
    ----------
    values, graph, permutations, seed, alpha
        As in `local_moran`; the graph's weights count as neighbour or not.
    star : bool
        Gi* (True) or Gi (False).

    Returns
    -------
    pandas.DataFrame
        As in `local_moran`, with `quadrant` 'hoch', 'niedrig' or 'Insel'; `statistic` is a
        standard deviate. The permutation holds the area itself, so `p` speaks of its neighbours
        alone (as in esda): `significant` only where they deviate to the side of the statistic.

    Raises
    ------
    InputError
        Fewer than three areas with a value.

    Examples
    --------
    >>> from sozialraum.concentration import k_nearest
    >>> xy = [[i % 5, i // 5] for i in range(25)]
    >>> high = [9 if i % 5 < 2 and i < 10 else 1 + i % 3 for i in range(25)]
    >>> found = getis_ord(high, k_nearest(xy, 4), 499)
    >>> found["quadrant"].iloc[0], round(float(found["statistic"].iloc[0]), 2)
    ('hoch', 4.29)
    """
    index = (
        values.index if isinstance(values, pd.Series) else pd.RangeIndex(len(np.asarray(values)))
    )
    x, w, kept = _prepared(values, graph, standardise=False)
    binary = w.copy()
    binary.data[:] = 1.0
    n = len(x)
    degree = np.diff(binary.indptr).astype(float)
    neighbours = degree.astype(int)
    around = binary @ x
    if star:
        total, weights, count = around + x, degree + 1, float(n)
        mean, deviation = np.full(n, x.mean()), np.full(n, x.std())
    else:
        total, weights, count = around, degree, float(n - 1)
        mean = (x.sum() - x) / count
        deviation = np.sqrt(np.maximum(((x @ x) - x * x) / count - mean * mean, 0))
    spread = deviation * np.sqrt((count * weights - weights**2) / (count - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(spread > 0, (total - weights * mean) / spread, 0.0)
    p = _conditional_p(x, binary, around, permutations, seed)
    quadrant = np.where(statistic > 0, "hoch", "niedrig").astype(object)
    quadrant[neighbours == 0] = "Insel"
    frame = _table(index, kept, neighbours, statistic, p, alpha, quadrant)
    others = (x.sum() - x) / (n - 1)
    alike = np.zeros(len(frame), dtype=bool)
    alike[kept] = np.sign(around - degree * others) == np.sign(statistic)
    frame["significant"] &= alike
    return frame


def false_discovery(p: ArrayLike) -> np.ndarray:
    """Adjusted p-values that control the false discovery rate (Benjamini & Hochberg 1995).

    Parameters
    ----------
    p : array of shape (n,)
        NaN stays NaN and is not counted as a test.

    Returns
    -------
    numpy.ndarray, shape (n,)
        ``q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎ n / j``, at most 1: the tests with q ≤ α are those whose
        expected share of false discoveries is at most α.

    Examples
    --------
    >>> false_discovery([0.01, 0.04, 0.03, np.nan]).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    values = np.asarray(p, dtype=float)
    adjusted = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if known.any():
        # Written out: scipy.stats has it, but takes over a second to import.
        order = np.argsort(-values[known], kind="stable")
        size = int(known.sum())
        scaled = values[known][order] * size / np.arange(size, 0, -1)
        result = np.empty(size)
        result[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
        adjusted[known] = result
    return adjusted


def _prepared(
    values: ArrayLike | pd.Series, graph: Any, *, standardise: bool = True
) -> tuple[np.ndarray, sparse.csr_array, np.ndarray]:
    """Known values and the graph between them."""
    x = np.asarray(values, dtype=float)
    kept = np.flatnonzero(np.isfinite(x))
    if len(kept) < 3:
        raise InputError(f"{len(kept)} areas with a value", expected="at least three")
    w = as_csr(graph, len(x))
    w = sparse.csr_array(w[kept][:, kept])
    w.setdiag(0)
    w.eliminate_zeros()
    return x[kept], row_standardised(w) if standardise else w, kept


def _moran(z: np.ndarray, w: sparse.csr_array, permutations: int, seed: int) -> dict[str, float]:
    n, total = len(z), float(w.sum())
    if total == 0 or not z.any():
        raise InputError("The values are all equal, or no area has a neighbour")
    scale = n / total / (z @ z)
    observed = scale * (z @ (w @ z))
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(z, (permutations, 1)), axis=1)
    simulated = scale * np.einsum("ij,ij->i", shuffled, (w @ shuffled.T).T)
    beyond = min(int((simulated >= observed).sum()), int((simulated <= observed).sum()))
    deviation = simulated.std()
    return {
        "I": float(observed),
        "expected": -1 / (n - 1),
        "p": (beyond + 1) / (permutations + 1),
        "z": float((observed - simulated.mean()) / deviation) if deviation > 0 else 0.0,
        "n": n,
        "islands": int((np.diff(w.indptr) == 0).sum()),
    }


def _conditional_p(
    x: np.ndarray, w: sparse.csr_array, lag: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """Pseudo p-values of ``lag = w @ x`` when each area's neighbours are any of the others.

    One table of distinct positions serves all areas, as in GeoDa and esda. Position i stands for
    area i, but for area i itself it stands for the last area: so the sums of drawn values are the
    same for all areas except where i was drawn, and each area costs one small matrix product.
    """
    n, degree = len(x), np.diff(w.indptr)
    drawn = _distinct(n - 1, int(degree.max(initial=0)), permutations, seed)
    values = x[drawn]
    # Where each position was drawn: in the order of positions, then of ranks.
    place = np.argsort(drawn, axis=None, kind="stable")
    first = np.searchsorted(drawn.ravel()[place], np.arange(n + 1))
    rank, permutation = np.divmod(place, permutations)
    tolerance = 1e-12 * (np.abs(x).max(initial=0) * np.asarray(w.sum(axis=1)).ravel())
    p = np.ones(n)
    for i in range(n):
        weights = w.data[w.indptr[i] : w.indptr[i + 1]]
        sums = weights @ values[: len(weights)]
        mine = slice(first[i], first[i + 1])
        used = rank[mine] < len(weights)
        at = permutation[mine][used]
        sums[at] += weights[rank[mine][used]] * (x[-1] - x[i])
        larger = np.count_nonzero(sums >= lag[i] - tolerance[i])
        smaller = np.count_nonzero(sums <= lag[i] + tolerance[i])
        p[i] = (min(larger, smaller) + 1) / (permutations + 1)
    return np.minimum(p, 1.0)


def _distinct(n: int, k: int, draws: int, seed: int) -> np.ndarray:
    """Positions below n, k different ones per column: shape (k, draws)."""
    rng = np.random.default_rng(seed)
    if k * k > n:  # rejection would reject too often
        drawn = np.argsort(rng.random((draws, n)), axis=1)[:, :k]
        return np.ascontiguousarray(drawn.T)
    drawn = rng.integers(n, size=(k, draws))
    again = np.arange(draws)
    while len(again):
        ordered = np.sort(drawn[:, again], axis=0)
        again = again[(ordered[1:] == ordered[:-1]).any(axis=0)]
        drawn[:, again] = rng.integers(n, size=(k, len(again)))
    return drawn


def _table(
    index: pd.Index,
    kept: np.ndarray,
    neighbours: np.ndarray,
    statistic: np.ndarray,
    p: np.ndarray,
    alpha: float,
    quadrant: np.ndarray,
) -> pd.DataFrame:
    """Results of the kept areas in the caller's index; islands carry no statistic."""
    island = neighbours == 0
    statistic, p = np.where(island, np.nan, statistic), np.where(island, np.nan, p)
    q = false_discovery(np.minimum(2 * p, 1))
    frame = pd.DataFrame(
        {"statistic": np.nan, "p": np.nan, "q": np.nan, "significant": False}, index=index
    )
    frame.iloc[kept, 0], frame.iloc[kept, 1], frame.iloc[kept, 2] = statistic, p, q
    frame["significant"] = frame["q"] <= alpha
    names = np.full(len(index), None, dtype=object)
    names[kept] = quadrant
    frame["quadrant"] = pd.Series(names, index=index, dtype=object)
    return frame
