"""Counts behind published shares: derived figures, with bounds, never official counts.

A share that is published with enough decimals gives its numerator away when the denominator is
known: ``n = share · base / 100`` must be a whole number. Where the base is only known within a
range (residents from 15 to *pension age*, while registers end an age group at 65), the decimals
of the share narrow it down: ``100 · n / base`` must round to what was printed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

# Half a unit is what rounding explains. The published figures carry an error of their own in the
# next decimal (2022: up to 0.6 units of the last one), hence a little more.
_UNITS = 0.6


def decimals_of(values: pd.Series, *, most: int = 8) -> int:
    """Number of decimals with which figures were published.

    Parameters
    ----------
    values : Series of float
        As read from the file. Missing values are ignored.
    most : int
        Largest number that is tried, and the answer when none suffices.

    Returns
    -------
    int
        The smallest number of decimals that writes every value without loss.

    Examples
    --------
    >>> decimals_of(pd.Series([3.118, 0.94, None]))
    3
    """
    known = values.dropna().to_numpy(dtype=float)
    for digits in range(most):
        if np.all(np.abs(known - np.round(known, digits)) < 1e-9):
            return digits
    return most


def counts_from_shares(
    share_percent: pd.Series,
    base: pd.Series,
    *,
    decimals: int | None = None,
    masked_up_to: int = 0,
    strict: bool = True,
) -> pd.DataFrame:
    """Whole numbers behind published percentages of a known base.

    Parameters
    ----------
    share_percent : Series, index area_id
        Published share in percent.
    base : Series, same index
        Persons the share refers to, of the same reference date.
    decimals : int, optional
        Decimals with which the shares were published; default: inferred by `decimals_of`.
    masked_up_to : int
        Counts up to this number were published as 0: such a 0 becomes 0..masked_up_to.
    strict : bool
        Refuse shares that no whole number explains (the base is then not the publisher's).
        False keeps the nearest whole number with bounds one person further out.

    Returns
    -------
    DataFrame, same index
        ``count`` (a *derived* number of persons), ``lo`` and ``hi`` (all whole numbers between
        them round to the published share), ``masked`` (bool). For a masked figure ``count`` is
        the middle of its bounds: something to calculate with, not a finding. A missing share
        or base gives NaN.

    Raises
    ------
    InputError
        If the indexes differ, if a share lies outside 0..100, or (``strict``) if a share times
        its base is not a whole number within the published precision.

    Examples
    --------
    >>> share = pd.Series({"a": 8.017, "b": 0.0, "c": None})
    >>> people = pd.Series({"a": 3580, "b": 2034, "c": 61})
    >>> counts_from_shares(share, people, masked_up_to=10)
       count     lo     hi  masked
    a  287.0  287.0  287.0   False
    b    5.0    0.0   10.0    True
    c    NaN    NaN    NaN   False
    """
    _same_areas(share_percent, base)
    _percentages(share_percent)
    digits = decimals_of(share_percent) if decimals is None else decimals
    share, people = share_percent.astype(float), base.astype(float)
    exact = share * people / 100
    slack = people / 100 * _UNITS * 10.0**-digits
    count = exact.round()
    lo = pd.Series(np.ceil(exact - slack), index=share.index)
    hi = pd.Series(np.floor(exact + slack), index=share.index)
    lost = (lo > hi) | ((people == 0) & (share > 0))  # no whole number gives the share
    if strict and lost.any():
        raise InputError(
            f"{int(lost.sum())} published shares times their base are not whole numbers",
            where=f"areas {lost.index[lost].astype(str).tolist()[:5]}",
            expected=f"whole persons within {digits} decimals of a percentage",
            hint="Check that shares and residents have the same reference date and the same areas",
        )
    lo = (exact // 1 - 1).where(lost, lo).clip(lower=0.0) + 0.0  # the addition turns -0 into 0
    hi = (exact // 1 + 2).where(lost, hi)
    masked = (share == 0) & people.notna() & (masked_up_to > 0)
    hi = people.clip(upper=masked_up_to).where(masked, hi)
    count = (hi / 2).where(masked, count)
    return pd.DataFrame({"count": count, "lo": lo, "hi": hi.clip(upper=people), "masked": masked})


def working_age(
    share_percent: pd.Series,
    residents: pd.Series,
    *,
    ratio_range: tuple[float, float] = (0.98, 1.05),
    decimals: int | None = None,
    masked_up_to: int = 0,
    ratio: pd.Series | float | None = None,
) -> pd.DataFrame:
    """Numerator and base of a share whose base ends at pension age.

    Every whole base within ``ratio_range`` × residents of 15 to under 65 is tried; a pair of
    whole numbers is possible when it rounds to the published share. With five decimals (Berlin's
    edition 2023) 474 of 536 areas have exactly one pair, with three decimals hardly any.

    Parameters
    ----------
    share_percent : Series, index area_id
        Published share in percent (S1).
    residents : Series, same index
        Residents of 15 to under 65 years.
    ratio_range : (float, float)
        Smallest and largest base that is thinkable, as multiples of ``residents``.
    decimals : int, optional
        Published decimals; default: inferred.
    masked_up_to : int
        As in `counts_from_shares`.
    ratio : Series or float, optional
        Expected base / residents, for instance an earlier edition's ``ratio``. Of several
        possible pairs the one next to it is taken. Missing values and None: the median over the
        areas with one pair only, or the middle of the range where there is no such area.

    Returns
    -------
    DataFrame, same index
        ``count`` (derived persons), ``lo``, ``hi`` (smallest and largest possible numerator),
        ``base`` (derived), ``ratio`` (base / residents), ``pairs`` (how many are possible),
        ``unique`` (one pair only), ``masked``. Where no pair is possible the numerator is
        calculated from the expected ratio, ``pairs`` is 0, and the bounds follow from the range.
        Missing share or residents: NaN.

    Raises
    ------
    InputError
        If the indexes differ or a share lies outside 0..100.

    Examples
    --------
    >>> share = pd.Series({"a": 2.75891, "b": 1.18890, "c": 2.0})
    >>> people = pd.Series({"a": 2680, "b": 1490, "c": None})
    >>> working_age(share, people, decimals=5)[["count", "base", "pairs"]].round(1)
       count    base  pairs
    a   75.0  2723.2      0
    b   18.0  1514.0      1
    c    NaN     NaN      0
    """
    _same_areas(share_percent, residents)
    _percentages(share_percent)
    digits = decimals_of(share_percent) if decimals is None else decimals
    share = share_percent.to_numpy(dtype=float)
    people = residents.to_numpy(dtype=float)
    known = ~np.isnan(share) & ~np.isnan(people) & (people > 0)
    masked = known & (share == 0) & (masked_up_to > 0)
    area, numerator, base = _pairs(share, people, known & ~masked, ratio_range, digits)
    n = len(share)
    pairs = np.bincount(area, minlength=n)
    single = pairs == 1
    pair_ratio = base / people[area]
    middle = float(np.median(pair_ratio[single[area]])) if single.any() else sum(ratio_range) / 2
    expected = np.full(n, middle)
    if ratio is not None:
        given = ratio.reindex(share_percent.index) if isinstance(ratio, pd.Series) else ratio
        expected = np.where(pd.isna(given), middle, given) * np.ones(n)

    count = np.round(share * people * expected / 100)
    lo, hi = (np.round(share * people * r / 100) for r in ratio_range)
    total = people * expected
    order = np.lexsort((np.abs(pair_ratio - expected[area]), area))  # nearest pair first
    found, first = np.unique(area[order], return_index=True)
    count[found], total[found] = numerator[order][first], base[order][first]
    lo[found], hi[found] = np.inf, -np.inf
    np.minimum.at(lo, area, numerator)
    np.maximum.at(hi, area, numerator)
    lo[masked], hi[masked] = 0, np.minimum(masked_up_to, people[masked])
    count[masked] = hi[masked] / 2
    frame = pd.DataFrame(
        {"count": count, "lo": lo, "hi": hi, "base": total, "ratio": total / people.clip(1)},
        index=share_percent.index,
    )
    frame[~known] = np.nan
    return frame.assign(pairs=np.where(known, pairs, 0), unique=known & single, masked=masked)


def _pairs(
    share: np.ndarray,
    people: np.ndarray,
    known: np.ndarray,
    ratio_range: tuple[float, float],
    digits: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All (area, numerator, base) whose quotient rounds to the published share."""
    low = np.where(known, np.ceil(people * ratio_range[0]), 1).astype(int)
    high = np.where(known, np.floor(people * ratio_range[1]), 0).astype(int)
    width = np.maximum(high - low + 1, 0)
    area = np.repeat(np.arange(len(share)), width)
    start = np.repeat(np.cumsum(width) - width, width)
    base = (low[area] + np.arange(len(area)) - start).astype(float)
    numerator = np.round(share[area] * base / 100)
    fits = np.abs(100 * numerator / base - share[area]) <= _UNITS * 10.0**-digits
    return area[fits], numerator[fits], base[fits]


def recipients(*parts: pd.DataFrame) -> pd.DataFrame:
    """Sum of derived counts of people who are not in each other's group.

    For the Monitoring Soziale Stadtentwicklung: the numerator of S1 (unemployed in SGB II) and
    that of S3 (not unemployed recipients of SGB II or SGB XII) together are the persons on SGB II
    or SGB XII benefits. S4 is part of S3 and is never added.

    Parameters
    ----------
    *parts : DataFrames with columns count, lo, hi and the same index
        From `counts_from_shares` and `working_age`.

    Returns
    -------
    DataFrame, same index
        ``recipients``, ``recipients_lo``, ``recipients_hi``, derived persons; NaN where any part
        is unknown. The bounds add up the parts' bounds.

    Examples
    --------
    >>> s1 = pd.DataFrame({"count": [5.0], "lo": [0.0], "hi": [10.0]}, index=["04400831"])
    >>> s3 = pd.DataFrame({"count": [57.0], "lo": [57.0], "hi": [57.0]}, index=["04400831"])
    >>> recipients(s1, s3).iloc[0].tolist()
    [62.0, 57.0, 67.0]
    """
    total = parts[0][["count", "lo", "hi"]].astype(float)
    for part in parts[1:]:
        _same_areas(total["count"], part["count"])
        total = total + part[["count", "lo", "hi"]]
    return total.rename(
        columns={"count": "recipients", "lo": "recipients_lo", "hi": "recipients_hi"}
    )


def _same_areas(left: pd.Series, right: pd.Series) -> None:
    if not left.index.equals(right.index):
        raise InputError(
            "shares and residents are not listed by the same areas in the same order",
            expected="two columns with one index",
            hint="Reindex one of them by the other after a join audit",
        )


def _percentages(share: pd.Series) -> None:
    wrong = (share < 0) | (share > 100)
    if wrong.any():
        raise InputError(
            "a share lies outside 0 to 100 percent",
            where=f"areas {share.index[wrong].astype(str).tolist()[:5]}",
            expected="a percentage, or NaN where there is none",
        )
