"""The workbook of the Bundesagentur: counts by planning area, small ones hidden."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

import numpy as np
import pandas as pd

MEASURES = (
    "persons", "recipients", "employable", "not_employable", "households", "unemployed",
    "children_benefits", "under_25",
)  # fmt: skip
_NOTES = (
    "¹⁾ Im Bezirk sind Personen enthalten, die keinem Planungsraum zugeordnet werden können.",
    "²⁾ Registrierte Arbeitslose im Rechtskreis SGB II.",
    "³⁾ Erwerbsfähige Leistungsberechtigte von 15 bis unter 25 Jahren.",
    "*  Zahlenwerte kleiner als 3 und Werte, aus denen sie errechnet werden können, sind geheim "
    "gehalten.",
    "-  nichts vorhanden.  x  Nachweis nicht sinnvoll.",
)


def hidden(counts: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Which cells are kept secret: 1 and 2, and what would give them away.

    A row gives a cell away through Regelleistungsberechtigte = erwerbsfähige + nicht
    erwerbsfähige, a column through the published total of the Bezirksregion.

    Parameters
    ----------
    counts : pandas.DataFrame
        Counts by area, columns `MEASURES`.
    group : numpy.ndarray of str
        Bezirksregion of each row.

    Returns
    -------
    pandas.DataFrame of bool
    """
    value = counts[list(MEASURES)].to_numpy()
    secret = (value == 1) | (value == 2)
    sums = [MEASURES.index(m) for m in ("recipients", "employable", "not_employable")]
    lines: list[list[tuple[int, int]]] = [[(i, m) for m in sums] for i in range(len(value))]
    lines += [
        [(int(i), m) for i in np.flatnonzero(group == g)]
        for g in np.unique(group)
        for m in range(len(MEASURES))
    ]
    changed = True
    while changed:
        changed = False
        for line in lines:
            if sum(secret[c] for c in line) == 1:
                # the smallest that is left: it costs the reader least
                others = [c for c in line if not secret[c] and value[c] > 0]
                if others:
                    secret[min(others, key=lambda c: (value[c], c))] = True
                    changed = True
    return pd.DataFrame(secret, index=counts.index, columns=list(MEASURES))


def workbook(
    counts: pd.DataFrame, names: dict[str, str], regions: dict[str, str], districts: dict[str, str],
    unlocated: dict[str, pd.Series],
) -> bytes:  # fmt: skip
    """Write the workbook.

    Parameters
    ----------
    counts : pandas.DataFrame
        Index `area_id`, sorted; at least the columns `MEASURES` and `residents`.
    names, regions, districts : dict
        Names of areas, Bezirksregionen and districts by id.
    unlocated : dict
        Counts per district of people whom the totals hold and no area does.

    Returns
    -------
    bytes
        The same for the same input: fixed dates, stored without compression.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    book = Workbook(buffer, {"in_memory": True})
    book.set_properties(
        {"title": "Fiktive Zahlen zu Musterstadt", "created": dt.datetime(2025, 4, 1)}
    )
    bold = book.add_format({"bold": True})
    head = book.add_format(
        {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1}
    )
    _cover(book.add_worksheet("Hinweise"), bold)
    sheet = book.add_worksheet("Tabelle 1")
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 9, 15)
    row = _header(sheet, bold, head)
    for cells in _rows(counts, names, regions, districts, unlocated):
        total = len(str(cells[0])) < 8
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell, bold if total else None)
            elif cell != "":
                sheet.write_string(row, column, cell, bold if total else None)
        row += 1
    for k, note in enumerate(_NOTES):
        sheet.write_string(row + 1 + k, 0, note)
    sheet.freeze_panes(8, 2)
    book.close()
    return _stored(buffer.getvalue())


def _cover(sheet: Any, bold: Any) -> None:
    lines = (
        "Fiktives Beispiel: Musterstadt gibt es nicht, alle Zahlen sind erfunden.",
        "Grundsicherung für Arbeitsuchende (SGB II)",
        "Bestand an Bedarfsgemeinschaften und Leistungsberechtigten nach Planungsräumen",
    )
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, bold if row == 0 else None)


def _header(sheet: Any, bold: Any, head: Any) -> int:
    """Title and header of three rows; returns the first row of the table."""
    sheet.write_string(0, 0, "Grundsicherung für Arbeitsuchende (SGB II) nach Planungsräumen", bold)
    sheet.write_string(1, 0, "Musterstadt (fiktives Beispiel, keine amtlichen Zahlen)")
    sheet.write_string(2, 0, "Berichtsmonat: Dezember 2024")
    sheet.write_string(3, 0, "Datenstand: April 2025 (Daten mit einer Wartezeit von 3 Monaten)")
    sheet.merge_range(5, 0, 7, 0, "Planungsraum (Schlüssel)", head)
    sheet.merge_range(5, 1, 7, 1, "Name", head)
    sheet.merge_range(5, 2, 7, 2, "Personen in Bedarfs-\ngemeinschaften", head)
    sheet.merge_range(5, 3, 5, 5, "Regelleistungsberechtigte", head)
    sheet.merge_range(6, 3, 7, 3, "insgesamt", head)
    sheet.merge_range(6, 4, 6, 5, "davon", head)
    sheet.write_string(7, 4, "erwerbsfähige Leistungsberechtigte", head)
    sheet.write_string(7, 5, "nicht erwerbsfähige Leistungsberechtigte", head)
    sheet.merge_range(5, 6, 7, 6, "Bedarfs-\ngemeinschaften", head)
    sheet.merge_range(5, 7, 7, 7, "Arbeitslose SGB II ²⁾", head)
    sheet.merge_range(5, 8, 5, 9, "Leistungsberechtigte nach Alter", head)
    sheet.merge_range(6, 8, 7, 8, "Kinder unter 15 Jahren", head)
    sheet.merge_range(6, 9, 7, 9, "unter 25 Jahren ³⁾", head)
    return 8


def _rows(
    counts: pd.DataFrame, names: dict[str, str], regions: dict[str, str], districts: dict[str, str],
    unlocated: dict[str, pd.Series],
) -> list[list[Any]]:  # fmt: skip
    """Rows of the table: areas, then their Bezirksregion; districts; the city."""
    group = counts.index.str[:6].to_numpy()
    secret = hidden(counts, group)
    small = counts["residents"] < 300
    whole = counts[list(MEASURES)]
    shown = {
        area: ["*" if kept else _count(n) for n, kept in zip(numbers, kept_row, strict=True)]
        for area, numbers, kept_row in zip(
            counts.index, whole.to_numpy().tolist(), secret.to_numpy().tolist(), strict=True
        )
    }
    rows: list[list[Any]] = []
    city = pd.Series(0, index=list(MEASURES))
    for district, title in districts.items():
        for region in sorted(set(group[counts.index.str.startswith(district)])):
            inside = counts.index[group == region]
            for k, area in enumerate(inside):
                # publishers mix numbers and texts in one column
                key: Any = int(area) if k % 3 else str(area)
                if small[area]:
                    cells: list[Any] = ["x"] * len(MEASURES)
                else:
                    cells = shown[area]
                rows.append([key, names[area], *cells])
            title_region = f"Bezirksregion {regions[region]}"
            if small[inside].any() and len(inside) == 1:
                rows.append([region, title_region, *["x"] * len(MEASURES)])
            else:
                rows.append([region, title_region, *map(_count, whole.loc[inside].sum())])
        inside = counts.index[counts.index.str.startswith(district)]
        total = whole.loc[inside].sum() + unlocated[district]
        city += total
        rows.append([district, f"Bezirk {title} insgesamt ¹⁾", *map(_count, total)])
    rows.append(["", "Musterstadt insgesamt", *map(_count, city)])
    return rows


def _count(value: Any) -> Any:
    return int(value) or "-"


def _stored(data: bytes) -> bytes:
    """The same archive without compression, so that its bytes do not depend on the zlib."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.infolist():
            entry = zipfile.ZipInfo(item.filename, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            new.writestr(entry, old.read(item))
    return target.getvalue()
