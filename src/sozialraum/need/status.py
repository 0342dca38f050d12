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

    Notes
    -----
    A z-score is relative to all areas, so an area can get a *better* rank although one of its
    indicators got worse: its outlier widens the deviation of everybody, and an area with a low
    value gains more from that than the outlier itself. While means and deviations are held it
    cannot happen (see `contributions`).

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
