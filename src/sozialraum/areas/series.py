"""Indicators over editions, without a change across a break that nobody mentions.

A publisher changes what an indicator means, and the row of figures goes on as if nothing had
happened. Values are put side by side only; a change or a trend is computed within the editions
that share a definition, and the break is written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable

DEFINED_ANEW: dict[str, tuple[int, ...]] = {"S1": (2019, 2021), "S2": (2019, 2023)}
"""Monitoring Soziale Stadtentwicklung: editions from which on an indicator means something else."""

YEAR = 365.25


def unbroken(editions: Sequence[int], anew: Sequence[int]) -> list[int]:
    """Number of the stretch that each edition belongs to: it grows where a definition is new.

    Parameters
    ----------
    editions : sequence of int
        Years of the editions, ascending.
    anew : sequence of int
        Editions from which on the indicator means something else.

    Examples
    --------
    >>> unbroken([2017, 2019, 2021, 2023], (2019, 2021))
    [0, 1, 2, 2]
    """
    return [sum(first <= year for first in anew) for year in editions]


def series(
    values: Mapping[int, pd.DataFrame],
    dates: Mapping[int, pd.Timestamp],
    *,
    anew: Mapping[str, Sequence[int]] = DEFINED_ANEW,
    masked_up_to: Mapping[int, int] | None = None,
) -> pd.DataFrame:
    """Every indicator of every area over the editions.

    Parameters
    ----------
    values : mapping of int to pandas.DataFrame
        Edition (year) -> indicators in percent, index `area_id`; an edition may lack one. All on
        the same division into areas: carry older ones over first (`sozialraum.areas.crosswalk`).
    dates : mapping of int to pandas.Timestamp
        Reference date of each edition.
    anew : mapping
        Indicator -> editions from which on it is defined anew.
    masked_up_to : mapping, optional
        Edition -> largest count that it writes as 0: such a 0 is no value to compute with.

    Returns
    -------
    pandas.DataFrame
        One row per area and indicator: `area_id`, `indicator`, ``value_<edition>``…, `change`
        (percentage points between the last two editions of the last unbroken stretch), `trend`
        (least squares over that stretch, percentage points a year), `from` and `to` (its first and
        last edition with a value), `breaks` (German; empty where there is none). A change that
        would cross a break or rest on a masked 0 is NaN.

    Examples
    --------
    >>> old = pd.DataFrame({"S1": [9.0], "S3": [10.0]}, index=["01"])
    >>> new = pd.DataFrame({"S1": [4.0], "S3": [12.0]}, index=["01"])
    >>> dates = {2019: pd.Timestamp("2018-12-31"), 2021: pd.Timestamp("2020-12-31")}
    >>> series({2019: old, 2021: new}, dates)[["indicator", "change", "breaks"]].values.tolist()
    [['S1', nan, 'ab 2019 und ab 2021 anders definiert'], ['S3', 2.0, '']]
    """
    years = sorted(values)
    names = list(dict.fromkeys(str(c) for y in years for c in values[y]))
    parts = []
    for name in names:
        index = values[years[-1]].index
        table = pd.DataFrame(
            {y: values[y].get(name, pd.Series(np.nan, index)).reindex(index) for y in years}
        ).astype(float)
        known = table.mask(
            table.eq(0) & np.array([(masked_up_to or {}).get(y, 0) > 0 for y in years])
        )
        frame = table.add_prefix("value_").rename_axis("area_id").reset_index()
        frame.insert(1, "indicator", name)
        stretch = unbroken(years, anew.get(name, ()))
        last = [y for y, s in zip(years, stretch, strict=True) if s == stretch[-1]]
        frame[["change", "trend", "from", "to"]] = _trend(known[last], dates)
        frame["breaks"] = _words(name, years, anew)
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def series_of(table: AreaTable) -> pd.DataFrame | None:
    """The series of a study's region; None where it has fewer than two dated editions."""
    editions = {int(e.id): e for e in table.study.editions if e.id.isdigit()}
    if len(editions) < 2:
        return None
    own = any(e.layout is not None for e in editions.values())
    result = series(
        {
            y: table.editions[e.id].loc[table.region, list(e.indicators)]
            for y, e in editions.items()
        },
        {y: pd.Timestamp(e.reference_date) for y, e in editions.items()},
        anew={} if own else DEFINED_ANEW,
        masked_up_to={y: e.masked_up_to for y, e in editions.items()},
    )
    result.insert(1, "name", result["area_id"].map(table.areas["name"]))
    return result


def _trend(values: pd.DataFrame, dates: Mapping[int, pd.Timestamp]) -> np.ndarray:
    """Change of the last two editions, slope, first and last year with a value; rows = areas."""
    number = values.to_numpy(float)
    years = np.array(values.columns, dtype=float)
    last_date = dates[int(years[-1])]
    when = np.array([(dates[int(y)] - last_date).days / YEAR for y in years])
    there = ~np.isnan(number)
    change = number[:, -1] - number[:, -2] if number.shape[1] > 1 else np.full(len(number), np.nan)
    weight = there.astype(float)
    count = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        at = when - (weight @ when / count)[:, None]
        slope = np.nansum(at * np.nan_to_num(number), axis=1) / (weight * at**2).sum(axis=1)
    slope[count < 2] = np.nan
    first = np.where(there.any(axis=1), years[there.argmax(axis=1)], np.nan)
    last = np.where(there.any(axis=1), years[::-1][there[:, ::-1].argmax(axis=1)], np.nan)
    return np.column_stack([change, slope, first, last])


def _words(name: str, years: Sequence[int], anew: Mapping[str, Sequence[int]]) -> str:
    """Which breaks lie within the editions, or at the first one (what came before is another)."""
    inside = [y for y in anew.get(name, ()) if years[0] <= y <= years[-1]]
    if not inside:
        return ""
    return " und ".join(f"ab {y}" for y in inside) + " anders definiert"
