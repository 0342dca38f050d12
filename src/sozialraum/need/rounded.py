"""Rounded counts from the start: no later stage ever sees a true one.

With `disclosure.method: round` every count of recipients, children and households becomes a
multiple of the base before a share, a rank or a place of people is computed from it, so that
nothing that is published can be more precise. Areas, Bezirksregionen and totals are rounded
together (`sozialraum.disclosure.rounding`); what a publisher counts in a total but in none of its
areas is a part of its own, so that totals remain at least the sum of their areas.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.disclosure.rounding import round_controlled
from sozialraum.errors import DisclosureError

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable

ENDS = ("lo", "hi")


def is_rounded(table: AreaTable) -> bool:
    """Whether the study rounds counts instead of withholding the small ones."""
    return bool(table.study.disclosure.method == "round")


def rounded_workbook(table: AreaTable) -> AreaTable:
    """The table with every count of its workbook rounded, and its totals with them.

    Parameters
    ----------
    table : AreaTable

    Returns
    -------
    AreaTable
        A new one where the study rounds and there is a workbook, else the same. Persons at an
        office's own address are taken off before. A suppressed count stays suppressed.
    """
    if not is_rounded(table) or table.ba is None:
        return table
    counts, base = table.study.counts, table.study.disclosure.rounding_base
    areas, totals = table.ba.copy(), table.ba_book.totals.copy()
    for name in [c for c in areas if {f"{c}_lo", f"{c}_hi"} <= set(areas)]:
        exact = areas[name].astype(float)
        if name == counts.ba_measure:
            off = pd.Series(counts.jobcenter_addresses, dtype=float).reindex(exact.index)
            exact = (exact - off.fillna(0)).clip(lower=0)
        known = totals[name].astype(float) if name in totals else pd.Series(dtype=float)
        areas[name], above = round_table(exact, table, known, base=base)
        lo, hi = bounds(areas[name], base=base)
        areas[f"{name}_lo"] = areas[f"{name}_lo"].mask(exact.notna(), lo)
        areas[f"{name}_hi"] = areas[f"{name}_hi"].mask(exact.notna(), hi)
        if name in totals:
            totals[name] = above
            for end, values in zip(ENDS, bounds(above, base=base), strict=True):
                totals[f"{name}_{end}"] = totals[f"{name}_{end}"].mask(above.notna(), values)
    return replace(table, ba=areas, ba_book=replace(table.ba_book, totals=totals))


def round_table(
    counts: pd.Series, table: AreaTable, totals: pd.Series | None = None, *, base: int
) -> tuple[pd.Series, pd.Series]:
    """Round the counts of all areas so that Bezirksregionen, region and city add up.

    Parameters
    ----------
    counts : pandas.Series
        Persons, index `area_id` of the whole city; NaN is left out and stays.
    table : AreaTable
        Which areas belong together.
    totals : pandas.Series, optional
        A workbook's own totals, index `unit_id`, whole; default: none, totals are sums.
    base : int

    Returns
    -------
    areas, totals : pandas.Series
        Multiples of `base`, each less than one base from the count.
    """
    totals = pd.Series(dtype=float) if totals is None else totals
    cells = {f"area {i}": n for i, n in counts.dropna().items()}
    inside, sums = table.areas["in_region"], []
    own = {f"total {k}": n for k, n in enumerate(totals) if n == n}
    unit = {
        str(u): f"total {k}" for k, u in enumerate(totals.index) if (totals.index == u).sum() == 1
    }

    def total(name: str, key: str | None, parts: list[str]) -> str:
        """Name of the cell of a total; what its parts lack is one more part."""
        value = sum(cells[p] for p in parts)
        cell = unit.get(key, "") if key is not None else ""
        if cell not in own:
            cell = name
            cells[cell] = value
        elif own[cell] < value:  # the publisher's total does not even hold its areas
            cells[cell] = own[cell]
            return cell
        else:
            cells[cell] = own[cell]
            cells[f"rest of {name}"] = own[cell] - value
            parts = [*parts, f"rest of {name}"]
        sums.append((cell, parts))
        return cell

    halves = []
    for half, name in ((inside, "inside"), (~inside, "outside")):
        members = table.areas.index[half & counts.notna()]
        groups = table.areas.loc[members, "region_id"]
        parts = [
            total(f"{name} {g}", str(g), [f"area {i}" for i in ids])
            for g, ids in groups.groupby(groups).groups.items()
        ]
        key = table.study.region.prefix if name == "inside" else None
        halves.append(total(name, key or None, parts))
    total("city", "", halves)
    found = round_controlled(pd.Series({**own, **cells}, dtype=float), sums, base=base)
    if (found - pd.Series({**own, **cells})).abs().max() >= base:
        raise DisclosureError(
            "The counts cannot be rounded so that all totals add up",
            expected="Bezirksregionen that lie within the region",
            hint="Use disclosure.method: suppress",
        )
    areas = found.reindex([f"area {i}" for i in counts.index]).set_axis(counts.index)
    above = found.reindex([f"total {k}" for k in range(len(totals))]).set_axis(totals.index)
    return areas, above


def bounds(
    rounded: pd.Series,
    below: pd.Series | float = 0.0,
    above: pd.Series | float = 0.0,
    *,
    base: int,
) -> tuple[pd.Series, pd.Series]:
    """Least and greatest count behind a rounded one.

    Parameters
    ----------
    rounded : pandas.Series
        Multiples of `base`.
    below, above : pandas.Series or float
        How far a derived count itself may be off; rounded up to multiples, for the exact figure
        would tell the count.
    base : int

    Returns
    -------
    lo, hi : pandas.Series

    Examples
    --------
    >>> [b.tolist() for b in bounds(pd.Series([0.0, 40.0]), pd.Series([0, 3]), base=10)]
    [[0.0, 21.0], [9.0, 49.0]]
    """
    down, up = (np.ceil(part / base) * base + (base - 1) for part in (below, above))
    return (rounded - down).clip(lower=0), rounded + up


def round_areas(table: AreaTable, areas: pd.DataFrame) -> pd.DataFrame:
    """Round counts that were derived from shares: recipients and children, with their bounds.

    Parameters
    ----------
    table : AreaTable
    areas : pandas.DataFrame
        Whole city: `recipients`, `children`, each with `_lo` and `_hi`.

    Returns
    -------
    pandas.DataFrame
        A new one; `<count>_below` and `<count>_above` say how far the count itself may be off, for
        the bounds of totals. They are never published.
    """
    base, result = table.study.disclosure.rounding_base, areas.copy()
    for name in ("recipients", "children"):
        exact = areas[name].astype(float)
        rounded, below, above = exact, 0 * exact, 0 * exact
        if table.ba is None:  # a workbook's counts were exact, and rounded before
            rounded, _ = round_table(exact, table, base=base)
            below, above = exact - areas[f"{name}_lo"], areas[f"{name}_hi"] - exact
        below, above = below.clip(lower=0).fillna(0), above.clip(lower=0).fillna(0)
        lo, hi = bounds(rounded, below, above, base=base)
        result[name] = rounded
        result[f"{name}_lo"] = areas[f"{name}_lo"].mask(exact.notna(), lo)
        result[f"{name}_hi"] = areas[f"{name}_hi"].mask(exact.notna(), hi)
        result[f"{name}_below"] = below.where(exact.notna())
        result[f"{name}_above"] = above.where(exact.notna())
    return result


def bound_totals(frame: pd.DataFrame, *, base: int) -> None:
    """Bounds of rounded totals, in place: those of the totals, not the sums of their parts'."""
    for name in ("recipients", "children"):
        below, above = (frame[f"{name}_{side}"].fillna(0) for side in ("below", "above"))
        lo, hi = bounds(frame[name], below, above, base=base)
        frame[f"{name}_lo"], frame[f"{name}_hi"] = lo, hi


def note(base: int) -> str:
    """What readers are told."""
    return (
        f"Alle Zahlen von Leistungsberechtigten und Kindern sind zur Geheimhaltung auf Vielfache "
        f"von {base} gerundet, so dass Summen aufgehen; die Zahl selbst weicht um höchstens "
        f"{base - 1} ab. Eine 0 heißt: 0 bis {base - 1}. Anteile, Quotienten und Ränge sind aus "
        "den gerundeten Zahlen berechnet."
    )
