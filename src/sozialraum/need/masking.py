"""Figures that a publisher has masked: what they can be, and what that does to a class.

Berlin's edition 2025 writes counts of up to ten persons as 0. Read as zero they would fake an
improvement against the edition before. Here such a figure is an interval, an index is computed
at both ends, and a class that differs between them is not determined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from sozialraum.need.status import dynamics_index, status_index

UNDETERMINED = "nicht bestimmbar (Maskierung)"
"""What stands for a class that depends on what the publisher has masked."""


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
    return both_ends(status_index(lower, excluded), status_index(upper, excluded))


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
    return both_ends(dynamics_index(lower, excluded), dynamics_index(upper, excluded))


def both_ends(at_lower: pd.DataFrame, at_upper: pd.DataFrame) -> pd.DataFrame:
    """One table of two readings of the masked figures; columns as in `status_bounds`.

    Examples
    --------
    >>> low = pd.DataFrame({"index": [0.9], "class": ["mittel"]})
    >>> both_ends(low, low.assign(index=[1.1], **{"class": ["niedrig"]}))["class"].item()
    'nicht bestimmbar (Maskierung)'
    """
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
