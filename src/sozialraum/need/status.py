"""Status and dynamics of an area by the rule of Berlin's Monitoring Soziale Stadtentwicklung.

Every indicator is standardised over the valid areas with the population standard deviation, the
scores are added with equal weights, and the sum is standardised again. Classes are cut at fixed
thresholds of that second score (Senatsverwaltung für Stadtentwicklung, Bauen und Wohnen 2021,
Monitoring Soziale Stadtentwicklung, Indikatorenheft). Nothing depends on the edition: three or
four indicators are the columns that are handed in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

STATUS_CLASSES = ("hoch", "mittel", "niedrig", "sehr niedrig")
"""Classes of the status index from the smallest need to the greatest."""

DYNAMICS_CLASSES = ("positiv", "stabil", "negativ")
"""Classes of the dynamics index from getting better to getting worse."""

UNDETERMINED = "nicht bestimmbar (Maskierung)"
"""What stands for a class that depends on what the publisher has masked."""

_SENTINEL = -9999
# Scores are compared with thresholds after rounding here: two ways of adding the same figures
# differ by some 1e-15, and a score that is exactly 1 in exact arithmetic must not become "above 1".
_DECIMALS = 12


def zscore(values: np.ndarray) -> np.ndarray:
    """Standardise columns with mean and *population* standard deviation.

    Parameters
    ----------
    values : array of shape (n,) or (n, k)
        Complete finite values in any unit.

    Returns
    -------
    array of the same shape
        Unitless. A column without variation gives 0 everywhere: it tells areas apart by nothing.

    Notes
    -----
    Sums are exact (`math.fsum`), so the order of the rows changes no digit.

    Examples
    --------
    >>> zscore(np.array([1.0, 2.0, 3.0])).round(4).tolist()
    [-1.2247, 0.0, 1.2247]
    """
    values = np.asarray(values, dtype=float)
    if values.ndim == 2:
        return np.column_stack([zscore(column) for column in values.T])
    mean = math.fsum(values) / len(values)
    centred = values - mean
    deviation = math.sqrt(math.fsum(centred * centred) / len(values))
    if deviation <= 1e-12 * np.abs(values).max(initial=0.0):  # rounding noise of a constant
        return np.zeros_like(values)
    return centred / deviation


def status_index(
    indicators: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.DataFrame:
    """Status index and class of every area (MSS).

    Parameters
    ----------
    indicators : DataFrame, index area_id
        One column per indicator, larger = greater need, in percent (any unit gives the same).
    excluded : boolean Series or array, optional
        True leaves the area out *before* means and deviations are computed. A Series is aligned
        by its index.

    Returns
    -------
    DataFrame, same index
        ``index`` (mean 0, population standard deviation 1 over the valid areas; larger = greater
        need) and ``class``: below −1 *hoch*, up to 1 *mittel*, up to 1.5 *niedrig*, above
        *sehr niedrig*. An area that is excluded or misses any indicator gets NaN and None.

    Raises
    ------
    InputError
        If fewer than two areas are valid, if a value is infinite or the publisher's −9999, or if
        ``excluded`` does not name every area.

    References
    ----------
    Senatsverwaltung für Stadtentwicklung, Bauen und Wohnen (2021), Monitoring Soziale
    Stadtentwicklung 2021, Indikatorenheft.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"S1": [2.0, 3.0, 4.0, 12.0, 3.0], "S3": [5.0, 9.0, 8.0, 30.0, None]},
    ...     index=["a", "b", "c", "d", "e"],
    ... )
    >>> status_index(table).round({"index": 3})
       index         class
    a -0.815        mittel
    b -0.487        mittel
    c -0.411        mittel
    d  1.712  sehr niedrig
    e    NaN          None
    """
    return _classified(indicators, excluded, (-1.0, 1.0, 1.5), STATUS_CLASSES)


def dynamics_index(
    changes: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.DataFrame:
    """Dynamics index and class of every area (MSS).

    Parameters
    ----------
    changes : DataFrame, index area_id
        One column per indicator: change over two years in percentage points, positive = worse.
    excluded : boolean Series or array, optional
        As in `status_index`.

    Returns
    -------
    DataFrame, same index
        ``index`` (larger = getting worse compared with the other areas) and ``class``: below −1
        *positiv*, above 1 *negativ*, else *stabil*. Excluded or incomplete: NaN and None.

    Raises
    ------
    InputError
        As in `status_index`.

    References
    ----------
    As in `status_index`.

    Examples
    --------
    >>> change = pd.DataFrame({"D1": [-3.0, 0.1, 0.0, 0.2, 3.0], "D3": [-2.0, 0.0, 0.3, 0.1, 2.0]})
    >>> dynamics_index(change)["class"].tolist()
    ['positiv', 'stabil', 'stabil', 'stabil', 'negativ']
    """
    return _classified(changes, excluded, (-1.0, 1.0), DYNAMICS_CLASSES)


def status_bounds(
    lower: pd.DataFrame, upper: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.DataFrame:
    """Status at both ends of masked figures.

    All masked figures are read at their lower end, the index is computed over all areas; then all
    of them at their upper end, and again. A class stands only where both agree. The masked
    figures move mean and deviation of *everybody*, so an area without a masked figure of its own
    can be undetermined when it lies close to a threshold.

    Parameters
    ----------
    lower, upper : DataFrame, same index and columns
        Indicators with every masked figure at its lower and at its upper end (see `unmask`).
    excluded : boolean Series or array, optional
        As in `status_index`.

    Returns
    -------
    DataFrame, same index
        ``index`` (at the lower end, which is the figure as published), ``index_lo``, ``index_hi``
        (smaller and larger of the two ends), ``class`` (`UNDETERMINED` where the ends differ),
        ``class_lower``, ``class_upper`` (with all masked figures at that end).

    Notes
    -----
    Two ends, not every combination of values between them: with k masked figures there are 2^k
    corners, and mixed ones are not more plausible. In Berlin's 2025 edition, where dynamics has 7
    undetermined areas, trying all 512 corners adds one more.

    Examples
    --------
    >>> low = pd.DataFrame({"S1": [0.0, 2.0, 3.0, 4.0], "S4": [9.0, 20.0, 30.0, 41.0]})
    >>> high = low.assign(S1=[2.5, 2.0, 3.0, 4.0])
    >>> status_bounds(low, high)[["class", "class_lower", "class_upper"]].iloc[0].tolist()
    ['nicht bestimmbar (Maskierung)', 'hoch', 'mittel']
    """
    return _both_ends(status_index(lower, excluded), status_index(upper, excluded))


def dynamics_bounds(
    lower: pd.DataFrame, upper: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.DataFrame:
    """Dynamics at both ends of masked figures; parameters and result as in `status_bounds`.

    Parameters
    ----------
    lower, upper : DataFrame, same index and columns
        Changes in percentage points with every masked figure of the later edition at its lower
        and at its upper end (see `change_bounds`).
    excluded : boolean Series or array, optional
        As in `status_index`.

    Returns
    -------
    DataFrame, same index
        As in `status_bounds`.

    Examples
    --------
    >>> low = pd.DataFrame({"S1": [-3.0, 0.0, 0.1, 0.2, 2.9]})
    >>> dynamics_bounds(low, low.assign(S1=[0.0, 0.0, 0.1, 0.2, 2.9]))["class"].tolist()
    ['nicht bestimmbar (Maskierung)', 'stabil', 'stabil', 'stabil', 'negativ']
    """
    return _both_ends(dynamics_index(lower, excluded), dynamics_index(upper, excluded))


def unmask(
    indicators: pd.DataFrame, bases: pd.DataFrame, masked_up_to: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Indicators at both ends of figures that were published as 0 because they are small.

    Parameters
    ----------
    indicators : DataFrame, index area_id
        Shares in percent as published.
    bases : DataFrame, same index
        Number of persons the share refers to, for the columns that can be masked. A column that
        ``bases`` does not have is left as it is.
    masked_up_to : int
        Counts up to this number are published as 0. 0: nothing is masked.

    Returns
    -------
    lower, upper : DataFrame
        Like ``indicators``; a 0 became 0 and ``100 · masked_up_to / base`` (at most 100). With a
        base of 0 the upper end is 0; with an unknown base both ends are NaN.

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [0.0, 3.0], "S4": [12.0, 0.0]}, index=["a", "b"])
    >>> base = pd.DataFrame({"S1": [1000.0, 2000.0], "S4": [150.0, 200.0]}, index=["a", "b"])
    >>> unmask(table, base, 10)[1]
        S1    S4
    a  1.0  12.0
    b  3.0   5.0
    """
    lower, upper = indicators.astype(float), indicators.astype(float)
    if masked_up_to <= 0:
        return lower, upper
    for column in indicators.columns.intersection(bases.columns):
        base = bases[column].reindex(indicators.index).astype(float)
        masked = indicators[column] == 0
        end = (100.0 * masked_up_to / base.where(base > 0)).clip(upper=100.0).mask(base == 0, 0.0)
        upper[column] = upper[column].mask(masked, end)
        lower[column] = lower[column].mask(masked & base.isna())
    return lower, upper


def change_bounds(
    current: tuple[pd.DataFrame, pd.DataFrame],
    previous: tuple[pd.DataFrame, pd.DataFrame],
    columns: Iterable[str] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Change between two editions with the masked figures of both at their ends.

    Parameters
    ----------
    current, previous : pairs of DataFrame
        Lower and upper end of each edition's indicators in percent (see `unmask`).
    columns : iterable of str, optional
        Indicators to use; default: those that both editions have, in the current one's order.

    Returns
    -------
    lower, upper : DataFrame, index of the current edition
        Change in percentage points: smallest (current low − previous high) and largest. An area
        or value that either edition lacks is NaN.

    Examples
    --------
    >>> now = pd.DataFrame({"S1": [0.0, 3.0], "S2": [9.0, 9.0]}), pd.DataFrame({"S1": [1.0, 3.0]})
    >>> before = pd.DataFrame({"S1": [2.0, 2.5]})
    >>> change_bounds(now, (before, before))[1]["S1"].tolist()
    [-1.0, 0.5]
    """
    if columns is None:
        columns = [c for c in current[0].columns if c in previous[0].columns]
    names, index = list(columns), current[0].index
    low, high = (frame[names].reindex(index) for frame in previous)
    return current[0][names] - high, current[1][names] - low


def exclusion_reasons(
    population: pd.Series, *, minimum: int = 300, named: Iterable[str] = ()
) -> pd.Series:
    """Why an area is left out before anything is computed.

    Parameters
    ----------
    population : Series, index area_id
        Residents; an unknown number excludes the area.
    minimum : int
        Areas with fewer residents are left out.
    named : iterable of str
        Areas that the publisher or the study leaves out as outliers; ids that are not in the
        index are ignored (a join audit reports them).

    Returns
    -------
    Series of object, same index
        A German reason, or None for an area that is valid.

    Examples
    --------
    >>> people = pd.Series({"01": 1200, "02": 61, "03": 5000})
    >>> exclusion_reasons(people, named=["03"]).tolist()
    [None, 'unter 300 Einwohnerinnen und Einwohner', 'Ausreißer']
    """
    reasons = np.full(len(population), None, dtype=object)
    reasons[population.index.isin(list(named))] = "Ausreißer"
    reasons[(population < minimum).to_numpy()] = f"unter {minimum} Einwohnerinnen und Einwohner"
    reasons[population.isna().to_numpy()] = "Zahl der Einwohnerinnen und Einwohner unbekannt"
    return pd.Series(reasons, index=population.index, dtype=object)


def valid_areas(
    indicators: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.Series:
    """Areas that enter an index: not excluded, and no indicator missing.

    Parameters
    ----------
    indicators : DataFrame, index area_id
        Values of the valid areas must be finite.
    excluded : boolean Series or array, optional
        True = leave out; a Series must name every area.

    Returns
    -------
    Series of bool, same index

    Raises
    ------
    InputError
        If ``excluded`` does not fit, or a value that is left is infinite or −9999.

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [1.0, None, 3.0]}, index=["a", "b", "c"])
    >>> valid_areas(table, [False, False, True]).tolist()
    [True, False, False]
    """
    if excluded is None:
        left_out = np.zeros(len(indicators), dtype=bool)
    elif isinstance(excluded, pd.Series):
        aligned = excluded.reindex(indicators.index)
        if aligned.isna().any():
            lost = aligned.index[aligned.isna()].astype(str).tolist()
            raise InputError(
                f"'excluded' says nothing about {len(lost)} areas, first {lost[:3]}",
                expected="True or False for every area of the indicators",
            )
        left_out = aligned.to_numpy(dtype=bool)
    else:
        left_out = np.asarray(excluded, dtype=bool)
        if left_out.shape != (len(indicators),):
            raise InputError(
                f"'excluded' has {left_out.size} values for {len(indicators)} areas",
                expected="one value per area",
            )
    values = indicators.to_numpy(dtype=float)
    valid = ~left_out & ~np.isnan(values).any(axis=1)
    odd = valid & (np.isinf(values) | (values == _SENTINEL)).any(axis=1)
    if odd.any():
        raise InputError(
            "an indicator is infinite or -9999, the publisher's mark for 'no value'",
            where=f"areas {indicators.index[odd].astype(str).tolist()[:5]}",
            expected="a number, or NaN where there is none",
            hint="Read the file with sozialraum.sources, or exclude these areas",
        )
    return pd.Series(valid, index=indicators.index)


def _classified(
    values: pd.DataFrame,
    excluded: pd.Series | Sequence[bool] | None,
    thresholds: tuple[float, ...],
    classes: tuple[str, ...],
) -> pd.DataFrame:
    valid = valid_areas(values, excluded).to_numpy()
    if valid.sum() < 2:
        raise InputError(
            f"an index over {int(valid.sum())} valid areas has no meaning",
            expected="at least two areas with every indicator",
        )
    scores = zscore(values.to_numpy(dtype=float)[valid])
    index = np.full(len(values), np.nan)
    # fsum over the columns, too: their order must not matter either
    index[valid] = zscore(np.array([math.fsum(row) for row in scores]))
    # dtype=object: pandas would otherwise turn None into NaN
    names = pd.Series(classes_of(index, thresholds, classes), index=values.index, dtype=object)
    return pd.DataFrame({"index": index, "class": names}, index=values.index)


def classes_of(
    index: np.ndarray, thresholds: Sequence[float], classes: Sequence[str]
) -> np.ndarray:
    """Classes of scores; the lowest threshold belongs to the class above it, others below.

    Parameters
    ----------
    index : array
        Scores; NaN gives None.
    thresholds : sequence of k numbers, ascending
        "Below the first" is the first class; "above" each of the others opens the next one, so
        exactly −1 and exactly 1 are both in the middle.
    classes : sequence of k + 1 names

    Returns
    -------
    array of object

    Examples
    --------
    >>> classes_of(np.array([-1.0, 1.0, 1.5, np.nan]), (-1, 1, 1.5), STATUS_CLASSES).tolist()
    ['mittel', 'mittel', 'niedrig', None]
    """
    rounded = np.round(np.asarray(index, dtype=float), _DECIMALS)
    number = (rounded >= thresholds[0]).astype(int)
    number += sum((rounded > t).astype(int) for t in thresholds[1:])
    names = np.array(classes, dtype=object)[number]
    names[np.isnan(rounded)] = None
    return names


def _both_ends(at_lower: pd.DataFrame, at_upper: pd.DataFrame) -> pd.DataFrame:
    ends = pd.concat([at_lower["index"], at_upper["index"]], axis=1)
    agreed = [
        a if a == b or a is None or b is None else UNDETERMINED
        for a, b in zip(at_lower["class"], at_upper["class"], strict=True)
    ]
    return pd.DataFrame(
        {
            "index": at_lower["index"],
            "index_lo": ends.min(axis=1),
            "index_hi": ends.max(axis=1),
            "class": pd.Series(agreed, index=at_lower.index, dtype=object),
            "class_lower": at_lower["class"],
            "class_upper": at_upper["class"],
        }
    )
