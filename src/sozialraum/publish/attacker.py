"""The attacker of a run: gathers everything that is said about each count of recipients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.disclosure.audit import audit, from_rate, table_hierarchy
from sozialraum.errors import InputError
from sozialraum.publish.columns import describe

if TYPE_CHECKING:
    from sozialraum.publish.content import Content


def attack(content: Content, *, sensitive: pd.Series | None = None) -> pd.DataFrame:
    """Attack a content with everything in it: totals, rates, weights, people at places.

    Parameters
    ----------
    content : Content
        Usually a released one.
    sensitive : pandas.Series of bool, optional
        Cells that need protection ('area:<id>', 'region:<id>'); default: all withheld ones.

    Returns
    -------
    pandas.DataFrame
        Findings as in `sozialraum.disclosure.audit.audit`; empty where nothing can be inferred.
    """
    study, areas, regions = content.study, content.areas, content.regions
    cells = areas["recipients"].astype(float)
    totals = regions["recipients"].astype(float)
    if not (cells.isna().any() or totals.isna().any()):
        return audit(cells, pd.Series(None, index=cells.index, dtype=object))
    claims: dict[str, pd.DataFrame] = {}
    for frame, hidden, level in (
        (areas, cells.isna(), "area:"),
        (regions, totals.isna(), "region:"),
    ):
        for name, bounds in _claims(content, frame[hidden]).items():
            claims[name] = pd.concat([claims.get(name), keyed(bounds, level)])
    for target in study.targets:
        column = f"people_{target}"
        if study.targets[target].weight_by == "recipients" and column in content.units:
            placed = content.units.groupby("area_id")[column].sum(min_count=1)
            placed = placed[(placed > 0) & placed.index.isin(areas.index[cells.isna()])]
            if len(placed):
                claims[column] = keyed(_plus_old_age(placed, areas), "area:")
    values, parent = table_hierarchy(
        cells.round(), totals.round(), areas["region_id"], _total(totals, content)
    )
    residents = pd.concat([areas["population"], regions["population"]]).to_numpy(float)
    upper = pd.Series([*residents, residents[: len(areas)].sum()], index=values.index)
    parent = _fitting(values, parent, upper)
    return audit(
        values,
        parent,
        claims=claims,
        upper=upper,
        protection=study.disclosure.minimum_count,
        sensitive=sensitive,
    )


def _total(totals: pd.Series, content: Content) -> float | None:
    """Grand total as the report prints it."""
    if totals.notna().all():
        return float(totals.round().sum())
    if content.figures.get("total_is_partial"):
        return None
    total = content.figures.get("recipients")
    return None if total is None else float(np.round(total))


def keyed(bounds: Any, start: str) -> Any:
    """Index of a frame or series with the level in front: 'area:04100102'."""
    return bounds.set_axis(start + bounds.index.astype(str))


def _claims(content: Content, frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every column that still says something about the recipients of the withheld rows."""
    told = {str(c) for c in frame.columns[frame.notna().any().to_numpy()]}
    residents = frame["share_base" if "share_base" in told else "population"].astype(float)
    claims = {}
    rates = {
        "share": 1.0,
        "location_quotient": content.figures.get("share"),
        "location_quotient_city": content.figures.get("share_city"),
    }
    for name, unit in rates.items():
        if name in told and unit:
            base = residents.fillna(frame["population"]) * unit
            claims[name] = from_rate(frame[name].astype(float), base, digits=describe(name).digits)
    if "recipients_lo" in told:
        claims["recipients_lo"] = pd.DataFrame({"lo": frame["recipients_lo"], "hi": np.nan})
    if "recipients_hi" in told:
        claims["recipients_hi"] = pd.DataFrame({"lo": np.nan, "hi": frame["recipients_hi"]})
    for target, settings in content.study.targets.items():
        name = f"weight_{target}"
        if settings.weight_by in ("recipients", "recipients_if_worse") and name in told:
            weight = frame[name].astype(float)
            claims[name] = _plus_old_age(weight.where(weight > 0), frame)
    return claims


def _plus_old_age(weight: pd.Series, frame: pd.DataFrame) -> pd.DataFrame:
    """Count of recipients from the people to be reached: the old-age estimate was taken off."""
    old = frame["old_age"] if "old_age" in frame else pd.Series(0.0, index=frame.index)
    count = (weight + old.astype(float).reindex(weight.index).fillna(0)).round()
    return pd.DataFrame({"lo": count, "hi": count})


def _fitting(values: pd.Series, parent: pd.Series, upper: pd.Series | None) -> pd.Series:
    """Drop totals that the printed parts contradict: people who could not be located, rounding.

    A total without withheld parts gives nothing away; one that is smaller than its printed parts
    was summed over others; one that leaves more than all residents of its withheld parts counts
    people who could not be located, whose number nobody knows.
    """
    result = parent.copy()
    for total in parent.dropna().unique():
        parts = values[(parent == total).to_numpy()]
        if pd.isna(values[total]):
            continue
        rest = values[total] - parts.sum()
        hidden = parts.index[parts.isna()]
        most = np.inf if upper is None else upper.reindex(hidden).fillna(np.inf).sum()
        if not len(hidden) or rest < 0.5 or rest > most:
            result[parts.index] = None
    return result


def audit_table(path: str | Path) -> pd.DataFrame:
    """Audit one table before it is published, with its own totals.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV with the columns `area_id` and `recipients` (a withheld count is an empty cell) and, if
        it has them, `population` and `share`. A row whose id is the beginning of other ids is
        their total: '0410' of '04100101'.

    Returns
    -------
    pandas.DataFrame
        Findings as in `sozialraum.disclosure.audit.audit`.

    Raises
    ------
    InputError
        A column is missing or an id occurs twice.
    """
    path = Path(path)
    text = pd.read_csv(path, dtype=str, keep_default_na=False)
    if lacking := {"area_id", "recipients"} - set(text.columns):
        raise InputError(
            f"The table lacks {sorted(lacking)}",
            where=path.name,
            expected="columns area_id and recipients, a withheld count as an empty cell",
        )
    text = text.set_index("area_id").sort_index()
    if not text.index.is_unique:
        raise InputError("An area occurs twice in the table", where=path.name)
    numbers = text.apply(pd.to_numeric, errors="coerce")
    ids = sorted(text.index, key=len)
    above = {
        i: next((j for j in reversed(ids) if len(j) < len(i) and i.startswith(j)), None)
        for i in ids
    }
    parent = pd.Series(above, dtype=object).reindex(text.index)
    upper = numbers.get("population")
    claims = {}
    if upper is not None and "share" in text:
        digits = int(text["share"].str.partition(".")[2].str.len().max() or 0)
        claims["share"] = from_rate(numbers["share"], upper, digits=digits)
    counts = numbers["recipients"]
    return audit(counts, _fitting(counts, parent, upper), claims=claims, upper=upper)
