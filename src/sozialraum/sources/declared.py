"""Tables of other places, read as their study declares them: no reader has to be written for one.

A CSV or a worksheet, wide or long, keyed by ids or by names, with headings that span several rows.
What a cell means is the matter of `sozialraum.sources.cells`, as everywhere.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.cells import Dialect, parse_cells
from sozialraum.sources.layout import clean, is_figure
from sozialraum.sources.tables import (
    area_ids,
    first_row,
    normal_name,
    read_table,
    refuse_duplicates,
)

if TYPE_CHECKING:
    from sozialraum.sources.workbook import Sheet
    from sozialraum.study.layout import TableLayout


def read_declared(
    path: str | os.PathLike[str],
    layout: TableLayout,
    *,
    counts: bool = True,
    id_digits: int | None = None,
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read a table in the layout that a study declares.

    Parameters
    ----------
    path : path-like
        Delimited text or ``.xlsx``.
    layout : TableLayout
        Key column, columns of figures, and what to leave out.
    counts : bool
        Figures are whole numbers from 0; False: percentages.
    id_digits : int or None
        Digits of an area id, as for `sozialraum.sources.lor.read_areas`.
    names : mapping, optional
        Area id -> name, for a table that has only names; spelling is forgiven, a name that two
        areas bear is not.

    Returns
    -------
    pandas.DataFrame
        Index `area_id`, sorted; per column of the layout three float columns ``x``, ``x_lo``,
        ``x_hi``: a suppressed cell is NaN, 1, NaN, a missing one all NaN. ``attrs["notes"]`` and
        ``attrs["markers"]`` as for all readers.

    Raises
    ------
    InputError
        A heading is missing or stands twice, a key repeats or names no single area, a cell is
        neither a figure nor a known marker, or a percentage is not within 0 to 100.
    """
    where = os.fspath(path)
    if where.lower().endswith((".xlsx", ".xlsm")):
        cells, notes = _worksheet(path, layout, where)
    else:
        cells, notes = _text(path, layout, where)
    if layout.totals_at_end:
        if layout.totals_at_end >= len(cells):
            raise InputError(f"The table has only {len(cells)} rows", where=where)
        cells = cells.iloc[: -layout.totals_at_end]
        notes.append(
            f"{Path(where).name}: {layout.totals_at_end} Summenzeilen am Ende nicht gelesen; ob "
            "aus ihnen ein gesperrter Wert folgt, ist nicht geprüft."
        )
    keys = cells.pop("key")
    if layout.match == "id":
        ids, filled = area_ids(keys.rename(layout.key), digits=id_digits, where=where)
        notes += filled
    else:
        ids = _by_name(keys, names or {}, where)
    refuse_duplicates(ids, keys, where=where)
    dialect = Dialect(
        "declared", kind="count" if counts else "measure", dash=layout.dash, decimal=""
    )
    markers: Counter[str] = Counter()
    columns = {}
    for name in cells:
        parsed = parse_cells(
            cells[name].astype(object), dialect, where=where, column=str(name), markers=markers
        )
        if not counts:
            _refuse_no_percentage(parsed["value"], where, str(name))
        for suffix, part in (("", "value"), ("_lo", "lo"), ("_hi", "hi")):
            columns[f"{name}{suffix}"] = parsed[part].to_numpy()
    frame = pd.DataFrame(columns, index=pd.Index(ids.to_numpy(), name="area_id")).sort_index()
    frame.attrs = {"notes": notes, "markers": dict(markers)}
    return frame


def _by_name(keys: pd.Series, names: Mapping[str, str], where: str) -> pd.Series:
    """Area ids of names; a name that no area has stays, so that the join can list it."""
    ids: dict[str, list[str]] = {}
    for area, name in names.items():
        ids.setdefault(normal_name(name), []).append(area)
    found = keys.map(lambda name: ids.get(normal_name(str(name)), [str(name)]))
    if (shared := found.str.len() > 1).any():
        row = first_row(shared)
        raise InputError(
            f"The name '{keys[row]}' belongs to {len(found[row])} areas",
            where=f"{where}, row {row}",
            expected="names that tell areas apart",
            hint="Use a table with ids",
        )
    return found.str[0]


def _refuse_no_percentage(values: pd.Series, where: str, column: str) -> None:
    outside = (values < 0) | (values > 100)
    if outside.any():
        row = first_row(outside)
        raise InputError(
            f"{values[row]:g} is no percentage",
            where=f"{where}, row {row}, column {column}",
            expected="0 to 100",
        )


def _text(
    path: str | os.PathLike[str], layout: TableLayout, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Key and columns of a text table, as they stand there."""
    needed = [layout.key, *layout.only, *filter(None, (layout.measure, layout.value))]
    if layout.measure is None:
        needed += layout.columns.values()
    table = read_table(path, columns=needed, skip_lines=layout.skip_lines)
    notes = list(table.attrs["notes"])
    table = _only(table, layout, where)
    if layout.measure is None:
        cells = table[[layout.key, *layout.columns.values()]]
        return cells.set_axis(["key", *layout.columns], axis=1), notes
    return _wide(table, layout, where), notes


def _only(table: pd.DataFrame, layout: TableLayout, where: str) -> pd.DataFrame:
    for column, text in layout.only.items():
        kept = table[column].astype(str).str.strip() == text
        if not kept.any():
            found = sorted(table[column].astype(str).unique())[:8]
            raise InputError(
                f"No row has '{text}' in the column '{column}'",
                where=where,
                expected="one of " + ", ".join(found),
            )
        table = table[kept]
    return table


def _wide(table: pd.DataFrame, layout: TableLayout, where: str) -> pd.DataFrame:
    """One row per key from one row per key and measure."""
    parts = {}
    for name, text in layout.columns.items():
        rows = table[table[layout.measure] == text]
        if rows.empty:
            found = sorted(table[layout.measure].astype(str).unique())
            raise InputError(
                f"The long table has no rows for '{text}'",
                where=f"{where}, column {layout.measure}",
                expected="one of " + ", ".join(found[:8]) + (", …" if len(found) > 8 else ""),
            )
        refuse_duplicates(rows[layout.key], where=f"{where}, {text}", what="row of area")
        parts[name] = rows.set_index(layout.key)[layout.value]
    order = list(dict.fromkeys(table[layout.key]))
    wide = pd.DataFrame(parts).reindex(order).fillna("")
    first_lines = table[~table[layout.key].duplicated()].index
    return wide.rename_axis("key").reset_index().set_axis(first_lines, axis=0)


def _worksheet(
    path: str | os.PathLike[str], layout: TableLayout, where: str
) -> tuple[pd.DataFrame, list[str]]:
    """Key and columns of a worksheet whose headings may span rows and columns."""
    from sozialraum.sources.workbook import open_workbook

    book = open_workbook(path)
    sheets = [
        s for s in book.sheets if s.name == layout.sheet or (not layout.sheet and not s.hidden)
    ]
    found = [(s, at) for s in sheets if (at := _heading(s, layout.key)) is not None]
    if len(found) != 1:
        raise InputError(
            f"{'No' if not found else 'More than one'} worksheet has the heading '{layout.key}'",
            where=f"{where}, sheets {', '.join(s.name for s in book.sheets)}",
            hint="Name heading (key) and worksheet (sheet) in the study",
        )
    sheet, (row, column) = found[0]
    place = f"{where}, sheet {sheet.name}"
    top, first = header_rows(sheet, row, column)
    last = max(r for r, _ in sheet.cells)
    above = headings(sheet, top, first - 1)
    wanted = {"key": column}
    needed = {**{n: n for n in layout.only}, **layout.columns}
    if layout.measure is not None and layout.value is not None:
        needed = {n: n for n in (*layout.only, layout.measure, layout.value)}
    for name, text in needed.items():
        wanted[name] = _column(above, text, place)
    table = pd.DataFrame(
        {
            n: [sheet.cells.get((r, c), "") for r in range(first, last + 1)]
            for n, c in wanted.items()
        },
        index=pd.RangeIndex(first, last + 1, name="row"),
        dtype=object,
    )
    table["key"] = table["key"].map(lambda v: clean(v) if isinstance(v, str) else v)
    figures = table.drop(columns=["key", *layout.only])
    filled = figures.map(lambda v: v != "" and is_figure(v)).any(axis=1)
    table = table[(table["key"] != "") & filled]
    for name in layout.only:
        table[name] = table[name].map(clean)
    table = _only(table, layout, place)
    notes = []
    if sheet.formulas:
        notes.append(f"{Path(where).name}: Formeln; gelesen wurde der gespeicherte Wert.")
    if layout.measure is None:
        return table[["key", *layout.columns]], notes
    table[layout.measure] = table[layout.measure].map(clean)
    long = layout.model_copy(update={"key": "key"})
    return _wide(table, long, place), notes


def _heading(sheet: Sheet, text: str) -> tuple[int, int] | None:
    """First cell with that text."""
    at = [place for place, value in sheet.cells.items() if clean(value) == text]
    return min(at) if at else None


def header_rows(sheet: Sheet, row: int, column: int) -> tuple[int, int]:
    """First row of the headings, and first row of the areas."""
    bottom = next((b for t, left, b, _ in sheet.merged if t == row and left == column), row)
    first = min((r for r, c in sheet.cells if c == column and r > bottom), default=bottom + 1)
    top = row
    while any(
        t == top - 1 and left > column and right > left for t, left, _, right in sheet.merged
    ):
        top -= 1
    return top, first


def headings(sheet: Sheet, top: int, bottom: int) -> dict[int, list[str]]:
    """Column -> its words from top to bottom, merged cells spread over what they cover."""
    spread = {p: v for p, v in sheet.cells.items() if top <= p[0] <= bottom}
    for t, left, b, right in sheet.merged:
        if top <= t <= bottom and (t, left) in spread:
            covered = ((r, c) for r in range(t, b + 1) for c in range(left, right + 1))
            spread.update(dict.fromkeys(covered, spread[t, left]))
    words: dict[int, list[str]] = {}
    for (row, column), value in sorted(spread.items()):
        lines = words.setdefault(column, [])
        if row <= bottom and (text := clean(value)) and text not in lines[-1:]:
            lines.append(text)
    return words


def _column(headings: dict[int, list[str]], text: str, place: str) -> int:
    """The column whose whole heading is `text`, else the only one with such a line in it."""
    wanted = " ".join(text.split())
    whole = [c for c, lines in headings.items() if " / ".join(lines) == wanted]
    found = whole or [c for c, lines in headings.items() if wanted in lines]
    if len(found) == 1:
        return found[0]
    known = [" / ".join(lines) for lines in headings.values() if lines]
    listed = "; ".join(known[:8]) + ("; …" if len(known) > 8 else "")
    raise InputError(
        f"{'No' if not found else 'More than one'} column is headed '{text}'",
        where=place,
        expected=f"one of {listed}",
        hint="Write the whole heading with ' / ' between its rows",
    )
