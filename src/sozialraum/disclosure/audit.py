"""The attacker: what can be computed about a withheld count from everything that is published.

The audit does what a reader with a pocket calculator can do, only completely: a total less its
other parts, a share times the residents with its printed digits, a quotient times the district's
share, the people at places summed over an area. It reports every withheld cell whose interval is
narrower than the protection, how it was narrowed, and which further cell would prevent it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sozialraum.disclosure.bounds import sum_groups, tighten
from sozialraum.errors import InputError

FINDINGS = ("cell", "lo", "hi", "exact", "how", "fix")
"""Columns of a frame of findings."""


def from_rate(rate: pd.Series, base: pd.Series, *, digits: int) -> pd.DataFrame:
    """Bounds of a count that a printed rate gives away.

    Parameters
    ----------
    rate : pandas.Series
        Count / base, printed with `digits` digits after the point; NaN: not printed.
    base : pandas.Series
        What it was divided by; same index.
    digits : int

    Returns
    -------
    pandas.DataFrame
        `lo`, `hi`: the whole numbers that are printed like that; NaN where no rate is printed. A
        base that is not exactly the divisor can leave no whole number at all; then the nearest
        whole number on either side is given.

    Examples
    --------
    >>> from_rate(pd.Series([0.02]), pd.Series([100]), digits=2).iloc[0].tolist()
    [2.0, 2.0]
    >>> from_rate(pd.Series([0.02]), pd.Series([1000]), digits=2).iloc[0].tolist()
    [15.0, 25.0]
    """
    half = 0.5 * 10.0**-digits
    low, high = (rate - half) * base, (rate + half) * base
    lo, hi = np.ceil(low - 1e-6), np.floor(high + 1e-6)
    none = lo > hi
    return pd.DataFrame(
        {"lo": lo.where(~none, np.floor(low)).clip(lower=0), "hi": hi.where(~none, np.ceil(high))}
    )


def attack(
    published: pd.Series,
    parent: pd.Series,
    *,
    claims: Mapping[str, pd.DataFrame] | None = None,
    upper: pd.Series | None = None,
) -> pd.DataFrame:
    """Compute the tightest interval of every cell.

    Parameters
    ----------
    published : pandas.Series
        Counts of all cells of the hierarchy as printed; NaN: withheld.
    parent : pandas.Series
        For each cell the total it belongs to; None or NaN at the top.
    claims : mapping of DataFrame
        What else says something about single cells: name -> `lo`, `hi` (`from_rate`); NaN: nothing.
    upper : pandas.Series, optional
        What everybody knows a count cannot exceed (residents).

    Returns
    -------
    pandas.DataFrame
        `lo`, `hi` (exact for a tree), `how`: the claims that narrowed the cell itself, 'totals'
        where arithmetic with totals did.

    Raises
    ------
    InputError
        The published figures contradict each other.

    Examples
    --------
    >>> cells = ["district", "a", "b"]
    >>> parent = pd.Series([None, "district", "district"], cells)
    >>> attack(pd.Series([42.0, np.nan, 40], cells), parent).loc[["a"]]
        lo   hi     how
    a  2.0  2.0  totals
    """
    ids = published.index
    lo = published.fillna(0.0).astype(float)
    hi = published.astype(float)
    if upper is not None:
        hi = hi.fillna(upper.reindex(ids).astype(float))
    how = pd.Series("", index=ids, dtype=object)
    hidden = published.isna()
    for name, claim in (claims or {}).items():
        low = claim["lo"].reindex(ids).where(hidden)
        high = claim["hi"].reindex(ids).where(hidden)
        narrower = (low > lo) | (high < hi) | (hi.isna() & high.notna())
        how = _noted(how, narrower, name)
        lo, hi = lo.where(~(low > lo), low), hi.where(~((high < hi) | hi.isna()), high)
        hi = hi.where(~(hi < lo), lo)  # a claim that goes beyond the residents is still a claim
    box = pd.DataFrame({"lo": lo, "hi": hi})
    tight = tighten(box, parent)
    moved = hidden & ((tight["lo"] > lo) | (tight["hi"] < hi.fillna(np.inf)))
    return tight.assign(how=_noted(how, moved, "totals"))


def _noted(how: pd.Series, rows: pd.Series, name: str) -> pd.Series:
    return how.mask(rows, (how + ", " + name).str.removeprefix(", "))


def audit(
    published: pd.Series,
    parent: pd.Series,
    *,
    claims: Mapping[str, pd.DataFrame] | None = None,
    upper: pd.Series | None = None,
    protection: int = 3,
    sensitive: pd.Series | None = None,
) -> pd.DataFrame:
    """Find the small counts that are shown and the withheld ones that are known too well.

    Parameters
    ----------
    published, parent, claims, upper
        See `attack`.
    protection : int
        A count above 0 and below this number must not be shown, and the interval of a withheld
        cell must be at least this wide (persons), unless residents alone make it narrower.
    sensitive : pandas.Series of bool, optional
        Withheld cells that need protection; the others were withheld only to protect them. Default
        (an auditor from outside cannot know): all.

    Returns
    -------
    pandas.DataFrame
        One row per finding, columns `FINDINGS`; empty where the attacker learns nothing. `fix` is
        the cell that would have to be withheld, too, or the column that gives it away.

    Examples
    --------
    >>> cells = ["district", "a", "b"]
    >>> parent = pd.Series([None, "district", "district"], cells)
    >>> audit(pd.Series([42.0, np.nan, 40], cells), parent)
      cell   lo   hi  exact     how fix
    0    a  2.0  2.0   True  totals   b
    """
    known = attack(published, parent, claims=claims, upper=upper)
    before = _without_totals(published, parent, upper)
    width = known["hi"] - known["lo"]
    found = published.isna() & (width < protection) & (width < before)
    if sensitive is not None:
        found &= sensitive.reindex(published.index).fillna(False).astype(bool)
    rows: list[tuple[object, ...]] = [
        (cell, value, value, True, "shown", cell)
        for cell, value in published.items()
        if 0 < value < protection
    ]
    rows += [
        (cell, known.loc[cell, "lo"], known.loc[cell, "hi"], bool(width[cell] == 0))
        + (known.loc[cell, "how"], _fix(cell, known, published, parent))
        for cell in published.index[found]
    ]
    return pd.DataFrame(rows, columns=list(FINDINGS))


def _without_totals(published: pd.Series, parent: pd.Series, upper: pd.Series | None) -> pd.Series:
    """Width of each cell's interval if no total were published: what residents alone allow."""
    width = pd.Series(np.inf, index=published.index)
    if upper is not None:
        width = upper.reindex(published.index).astype(float).fillna(np.inf)
    hidden = published.isna()
    for total, parts in sum_groups(published.index, parent):
        inside = parts[hidden.to_numpy()[parts]]
        if len(inside):
            width.iloc[total] = min(width.iloc[total], width.iloc[inside].sum())
    return width


def _fix(cell: str, known: pd.DataFrame, published: pd.Series, parent: pd.Series) -> str:
    """Cheapest neighbour that blurs the cell, or the column to leave out."""
    how = str(known.loc[cell, "how"])
    if how and how != "totals":
        return how.removesuffix(", totals")
    siblings = parent.index[(parent == parent[cell]).to_numpy() & (parent.index != cell)]
    shown = published.reindex(siblings).dropna()
    shown = shown[shown > 0].sort_values(kind="stable")
    return str(shown.index[0]) if len(shown) else str(parent[cell])


def table_hierarchy(
    cells: pd.Series, totals: pd.Series, group: pd.Series, total: float | None = None
) -> tuple[pd.Series, pd.Series]:
    """Join areas, their totals and the grand total to one hierarchy for `audit`.

    Parameters
    ----------
    cells : pandas.Series
        Counts by area; NaN: withheld.
    totals : pandas.Series
        Counts by unit of the coarser level.
    group : pandas.Series
        Unit of each area; same index as `cells`.
    total : float, optional
        Grand total; default: not published.

    Returns
    -------
    values, parent : pandas.Series
        Index: ('area', id), ('region', id), ('total', '') as texts 'area:id', 'region:id', 'total'.

    Raises
    ------
    InputError
        An area belongs to a unit that has no row.

    Examples
    --------
    >>> cells = pd.Series({"01": 4.0, "02": float("nan")})
    >>> group = pd.Series({"01": "A", "02": "A"})
    >>> values, parent = table_hierarchy(cells, pd.Series({"A": 6.0}), group)
    >>> values.tolist()
    [4.0, nan, 6.0, nan]
    """
    lacking = set(group.dropna()) - set(totals.index)
    if group.isna().any() or lacking:
        raise InputError(f"Areas belong to units that are not in the table: {sorted(lacking)[:5]}")
    areas = "area:" + cells.index.astype(str)
    regions = "region:" + totals.index.astype(str)
    ids = [*areas, *regions, "total"]
    values = np.concatenate(
        [cells.to_numpy(float), totals.to_numpy(float), [np.nan if total is None else total]]
    )
    above = ["region:" + str(g) for g in group] + ["total"] * len(regions) + [None]
    return pd.Series(values, index=ids), pd.Series(above, index=ids, dtype=object)
