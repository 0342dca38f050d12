"""Shares of residents, their uncertainty, and how they compare.

A register counts everybody; nothing is sampled. An interval around such a share nevertheless
answers a fair question: *if the same neighbourhood, with the same underlying need, were counted at
another time, how different could the number be?* Households move, find work or lose it, and in a
small area a few of them change the share visibly. All intervals here treat the count as one draw
from that process (a superpopulation), not as an error of the register. They say nothing about
errors of the register itself, nor about people who are entitled but do not claim.

People enter and leave as households, so persons are not independent draws: a variance that
pretends so is too small. The *design effect* multiplies it; persons per Bedarfsgemeinschaft is the
usual order of magnitude (1.8 to 2).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.errors import InputError


def share(count: pd.Series, population: pd.Series) -> pd.Series:
    """Share of residents, as a fraction.

    Parameters
    ----------
    count, population : Series, same index
        Persons; the numerator is part of the denominator.

    Returns
    -------
    Series, same index
        NaN where either is missing or nobody lives there.

    Raises
    ------
    InputError
        If the indexes differ, a number is negative, or a count exceeds its population.

    Examples
    --------
    >>> share(pd.Series([30.0, None]), pd.Series([200, 100])).tolist()
    [0.15, nan]
    """
    n, N = _checked(count, population)
    return pd.Series(n / N, index=count.index)


def share_interval(
    count: pd.Series,
    population: pd.Series,
    *,
    count_lo: pd.Series | None = None,
    count_hi: pd.Series | None = None,
    coverage: float = 0.95,
    design_effect: float = 1.0,
    method: str = "wilson",
) -> pd.DataFrame:
    """Share with an interval for the need behind it.

    See the module's text for what it means to treat a register count as a draw.

    Parameters
    ----------
    count, population : Series, same index
        Persons.
    count_lo, count_hi : Series, optional
        Bounds of an uncertain count; the interval then reaches from the lower limit at
        ``count_lo`` to the upper limit at ``count_hi``.
    coverage : float
        Between 0 and 1.
    design_effect : float
        Variance relative to independent persons, ≥ 1: the count carries as much information as
        ``population / design_effect`` independent persons would.
    method : {"wilson", "clopper-pearson"}
        Wilson (1927) inverts the score test; Clopper & Pearson (1934) is never too narrow.

    Returns
    -------
    DataFrame, same index
        ``share``, ``lo``, ``hi`` as fractions. Missing input gives NaN. Without ``count`` but
        with bounds, ``share`` is NaN and ``lo``, ``hi`` are given.

    Raises
    ------
    InputError
        As in `share`.
    ValueError
        If coverage, design effect or method are not one of those described.

    References
    ----------
    Wilson, E. B. (1927), JASA 22, 209–212. Clopper, C. J. & Pearson, E. S. (1934), Biometrika 26,
    404–413. Kish, L. (1965), Survey Sampling (design effect).

    Examples
    --------
    >>> share_interval(pd.Series([20]), pd.Series([100])).round(4).iloc[0].tolist()
    [0.2, 0.1334, 0.2888]
    """
    from scipy import special

    if not 0 < coverage < 1 or design_effect < 1 or method not in ("wilson", "clopper-pearson"):
        raise ValueError("coverage in (0, 1), design_effect >= 1, method wilson|clopper-pearson")
    n, N = _checked(count, population)
    low = n if count_lo is None else _checked(count_lo, population)[0]
    high = n if count_hi is None else _checked(count_hi, population)[0]
    M = N / design_effect
    tail = (1 - coverage) / 2
    if method == "wilson":
        z = special.ndtri(1 - tail)
        lo, hi = _wilson(low / N, M, -z), _wilson(high / N, M, z)
    else:
        x, y = low / design_effect, high / design_effect
        with np.errstate(invalid="ignore"):
            lo = np.where(low == 0, 0.0, special.betaincinv(x, M - x + 1, tail))
            hi = np.where(high == N, 1.0, special.betaincinv(y + 1, M - y, 1 - tail))
        lo, hi = np.where(np.isnan(low / N), np.nan, lo), np.where(np.isnan(high / N), np.nan, hi)
    return pd.DataFrame({"share": n / N, "lo": lo, "hi": hi}, index=count.index)


def standard_error(
    count: pd.Series, population: pd.Series, *, design_effect: float = 1.0
) -> pd.Series:
    """Standard error of a share (binomial, with a design effect).

    ``sqrt(d · p · (1 − p) / N)`` with ``p`` the Wilson-centred share ``(n + 2) / (N + 4)``
    (Agresti & Coull 1998), so that a count of 0 or N is not claimed to be known exactly.

    Parameters
    ----------
    count, population : Series, same index
        Persons.
    design_effect : float
        Variance relative to independent persons.

    Returns
    -------
    Series, same index
        As a fraction; times ``population`` it is the standard error of the count. NaN where
        either is missing or nobody lives there.

    References
    ----------
    Agresti, A. & Coull, B. A. (1998), The American Statistician 52, 119–126.

    Examples
    --------
    >>> float(standard_error(pd.Series([98]), pd.Series([996])).round(5).iloc[0])
    0.00951
    """
    n, N = _checked(count, population)
    p = (n + 2) / (N + 4)
    return pd.Series(np.sqrt(design_effect * p * (1 - p) / N), index=count.index)


def location_quotient(
    count: pd.Series, population: pd.Series, reference: tuple[float, float] | None = None
) -> pd.Series:
    """Share of an area divided by the share of a reference.

    Parameters
    ----------
    count, population : Series, same index
        Persons.
    reference : (count, population), optional
        Totals of the reference, for instance of the city; default: the sums over the areas where
        both figures are known.

    Returns
    -------
    Series, same index
        1 = as in the reference, 2 = twice its share. NaN where a figure is missing.

    Raises
    ------
    InputError
        As in `share`, or if the reference counts nobody.

    Examples
    --------
    >>> location_quotient(pd.Series([10.0, 30.0]), pd.Series([100, 100])).round(6).tolist()
    [0.5, 1.5]
    >>> location_quotient(pd.Series([10.0]), pd.Series([100]), reference=(50, 1000)).tolist()
    [2.0]
    """
    n, N = _checked(count, population)
    both = ~np.isnan(n / N)
    total, people = reference if reference is not None else (n[both].sum(), N[both].sum())
    if not (total > 0 and people > 0):
        raise InputError(
            "the reference of a location quotient counts nobody",
            expected="a positive number of recipients and of residents",
        )
    return pd.Series(n / N / (total / people), index=count.index)


def eb_binomial(count: ArrayLike, population: ArrayLike) -> tuple[pd.Series, pd.Series]:
    """Empirical Bayes shrinkage of binomial shares (Martuzzi & Elliott).

    With prior mean ``m = Σn / ΣN`` and raw shares ``r = n / N``, the spread between areas is
    estimated by moments, ``s² = ΣN(r − m)² / ΣN``,
    ``A = max(0, (s² − m(1 − m)/N̄) · N̄/(N̄ − 1))`` with the mean population ``N̄``; an area keeps
    the weight ``w = A / (A + (m(1 − m) − A)/N)`` of its own share: ``w·r + (1 − w)·m``.

    Off by default in `sozialraum`: shares of benefits are not rare events, and with some thousand
    residents per area the weights are close to 1. Scotland's index dropped shrinkage in 2006 for
    that reason: it moves nothing at this size.

    Parameters
    ----------
    count, population : Series or array of shape (n,)
        Persons. The sums run over areas where both are known and somebody lives.

    Returns
    -------
    rate, weight : Series
        Shrunk share as a fraction, and the weight of the area's own share in it. NaN where the
        count is missing; an area with population 0 gets the prior mean with weight 0.

    Raises
    ------
    InputError
        If a number is negative or a count exceeds its population, or if no area is complete.

    References
    ----------
    Martuzzi, M. & Elliott, P. (1996), Empirical Bayes estimation of small area prevalence of
    non-rare conditions, Statistics in Medicine 15, 1867–1873.

    Examples
    --------
    >>> rate, weight = eb_binomial([10, 30], [100, 100])
    >>> rate.round(4).tolist(), weight.round(4).tolist()
    ([0.1152, 0.2848], [0.8485, 0.8485])
    """
    count, population = pd.Series(count), pd.Series(population)
    if not isinstance(population.index, type(count.index)) or not count.index.equals(
        population.index
    ):
        population = pd.Series(population.to_numpy(), index=count.index)
    n, N = _checked(count, population, empty_is_missing=False)
    used = ~np.isnan(n) & ~np.isnan(N) & (N > 0)
    if not used.any():
        raise InputError("no area has both a count and residents")
    mean = n[used].sum() / N[used].sum()
    average = N[used].mean()
    raw = np.divide(n, N, out=np.full(len(n), mean), where=N > 0)
    spread = (N[used] * (raw[used] - mean) ** 2).sum() / N[used].sum()
    within = mean * (1 - mean)
    between = 0.0
    if average > 1:
        between = max(0.0, (spread - within / average) * average / (average - 1))
    between = min(between, within)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = between / (between + (within - between) / N)
    weight = np.where(N > 0, np.nan_to_num(weight, nan=1.0), 0.0)
    missing = np.isnan(n) | np.isnan(N)
    weight = np.where(missing, np.nan, weight)
    rate = weight * raw + (1 - weight) * mean
    return pd.Series(rate, index=count.index), pd.Series(weight, index=count.index)


def shrunk_shares(
    percent: pd.DataFrame, bases: pd.DataFrame, excluded: pd.Series | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Indicators shrunk towards their mean over the valid areas, see `eb_binomial`.

    Parameters
    ----------
    percent : DataFrame, index area_id
        Shares in percent.
    bases : DataFrame, same index, the same columns
        Persons each share refers to. Where one is missing the share stays as it is.
    excluded : boolean Series, optional
        True = takes no part.

    Returns
    -------
    shrunk, weight : DataFrame, same index and columns
        Percent, and the weight of the area's own share.

    Examples
    --------
    >>> percent = pd.DataFrame({"S1": [10.0, 30.0]})
    >>> shrunk_shares(percent, pd.DataFrame({"S1": [100, 100]}))[0].round(2)["S1"].tolist()
    [11.52, 28.48]
    """
    shrunk, weights = percent.astype(float), percent * 0.0 + 1.0
    for name in percent:
        base = bases[name].reindex(percent.index).astype(float)
        used = percent[name].notna() & (base > 0)
        if excluded is not None:
            used &= ~excluded.reindex(percent.index).astype(bool)
        if used.any():
            count = (percent[name] * base / 100)[used].clip(upper=base[used])
            rate, weight = eb_binomial(count, base[used])
            shrunk.loc[used, name], weights.loc[used, name] = 100 * rate, weight
    return shrunk, weights


def aggregate_shares(percent: pd.DataFrame, bases: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Indicators of larger units from those of their areas.

    Parameters
    ----------
    percent : DataFrame, index area_id
        Shares in percent.
    bases : DataFrame, same index, the same columns
        Persons each share refers to.
    groups : Series, same index
        Unit of each area (for instance the Bezirksregion's id).

    Returns
    -------
    DataFrame, index the units, columns of ``percent``
        Shares in percent: sum of numerators / sum of bases, over the areas of the unit where
        both are known. A unit without such an area is NaN.

    Examples
    --------
    >>> percent = pd.DataFrame({"S1": [10.0, 20.0, None]}, index=["a", "b", "c"])
    >>> base = pd.DataFrame({"S1": [100, 300, 50]}, index=["a", "b", "c"])
    >>> aggregate_shares(percent, base, pd.Series(["x", "x", "y"], index=["a", "b", "c"]))
          S1
    x   17.5
    y    NaN
    """
    bases = bases[list(percent.columns)].reindex(percent.index).astype(float)
    bases = bases.where(percent.notna())
    by = groups.reindex(percent.index)
    numerator = (percent * bases / 100).groupby(by).sum(min_count=1)
    denominator = bases.groupby(by).sum(min_count=1)
    return 100 * numerator / denominator.where(denominator > 0)


def _wilson(p: np.ndarray, n: np.ndarray, z: float) -> np.ndarray:
    """One limit of Wilson's interval; the sign of z says which."""
    centre = p + z * z / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return np.clip((centre + half) / (1 + z * z / n), 0.0, 1.0)


def _checked(
    count: pd.Series, population: pd.Series, *, empty_is_missing: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Both as float arrays, after refusing what cannot be a part and its whole."""
    if not count.index.equals(population.index):
        raise InputError(
            "counts and residents are not listed by the same areas in the same order",
            expected="two columns with one index",
        )
    n = pd.to_numeric(count).to_numpy(dtype=float, na_value=np.nan)
    N = pd.to_numeric(population).to_numpy(dtype=float, na_value=np.nan)
    wrong = (n < 0) | (N < 0) | (n > N)
    if wrong.any():
        raise InputError(
            "a count is negative or larger than the population it is part of",
            where=f"areas {count.index[wrong].astype(str).tolist()[:5]}",
            expected="0 ≤ count ≤ population",
        )
    return n, (np.where(N > 0, N, np.nan) if empty_is_missing else N)
