"""The tables of a run: four CSV files for machines and one workbook for people.

A missing or withheld figure is an empty cell in both. Text stays text: a cell that a spreadsheet
would take for a formula is marked in the CSV (see `guarded`) and typed as text in the workbook.
The bytes depend on the content only, never on clock, locale or place.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.publish.columns import Column, cells, describe, plain
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.publish.numbers import date
from sozialraum.publish.terms import own_terms, titled

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from sozialraum.publish.content import Content
    from sozialraum.study import Study

CELL_LIMIT = 32_767
SHEET_NAME = 31
"""Longest text of a workbook's cell; a longer one is cut and ends in an ellipsis."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """Mark a text that a spreadsheet would run as a formula with a leading apostrophe.

    Spreadsheets decide by the first character, some after skipping blanks.

    Examples
    --------
    >>> guarded("=1+1"), guarded(" @SUM(A1)"), guarded("Haus am See")
    ("'=1+1", "' @SUM(A1)", 'Haus am See')
    """
    return "'" + text if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def values(frame: pd.DataFrame, columns: Iterable[Column]) -> list[list[Any]]:
    """The cells of a table, column by column, with printed digits; None where there is none.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index may carry the name of a column; a column that is absent is empty.
    columns : iterable of Column
        In their order.
    """
    flat = pd.DataFrame(frame)  # a GeoDataFrame looks at its geometry at every access
    index = flat.index.to_series() if flat.index.name else None
    result = []
    for column in columns:
        if column.name in flat:
            result.append(cells(flat[column.name], column))
        elif index is not None and column.name == index.name:
            result.append(cells(index, column))
        else:
            result.append([None] * len(flat))
    return result


def csv_text(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """One table as CSV: comma, decimal point, LF, empty = missing.

    Numbers carry exactly the digits of their column (`sozialraum.publish.columns`).
    """
    wanted = [describe(name) for name in columns]
    table = zip(wanted, values(frame, wanted), strict=True)
    printed = [["" if v is None else _printed(v, c) for v in column] for c, column in table]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(c.name for c in wanted)
    writer.writerows(zip(*printed, strict=True))
    return out.getvalue()


def _printed(value: Any, column: Column) -> str:
    if column.kind == "boolean":
        return "true" if value else "false"
    if column.kind == "number":
        return f"{value:.{column.digits}f}"
    return guarded(value) if column.kind == "text" else str(value)


def region_columns() -> list[str]:
    """Columns of `regions.csv`: those of `ranking.csv`, by Bezirksregion."""
    return ["region_id", *list(RANKING)[1:]]


def worst_first(areas: pd.DataFrame) -> pd.DataFrame:
    """Sort areas by rank, those without rank last, by id where ranks are equal."""
    return areas.sort_index().sort_values("rank", kind="stable", na_position="last")


def write_csvs(content: Content, folder: Path) -> list[Path]:
    """Write `ranking.csv`, `regions.csv`, `presence.csv` and `frontier.csv`.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    folder : pathlib.Path
        Existing folder.

    Returns
    -------
    list of pathlib.Path
        The written files, in this order. UTF-8 without BOM, LF.
    """
    areas = worst_first(content.areas)
    texts = {
        "ranking.csv": csv_text(areas, RANKING),
        "regions.csv": csv_text(content.regions.sort_index(), region_columns()),
        "presence.csv": csv_text(content.presence, PRESENCE),
        "frontier.csv": csv_text(content.frontier, FRONTIER),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return [folder / name for name in texts]


def write_calendar(content: Content, folder: Path) -> None:
    """Write `presence.ics`, the plan of a week, where the study plans hours."""
    if content.calendar:
        (folder / "presence.ics").write_bytes(content.calendar.encode("utf-8"))


_ROOMS: tuple[str, ...] = (
    "site_id",
    "name",
    "address",
    "operator",
    "operator_kind",
    "operator_reason",
)
_ROOMS += ("venue_types", "eligible", "reason", "suits", "barrier_free", "opening", "size")
_ROOMS += ("area_id", "sources", "lon", "lat")
_QUALITY = ("topic", "finding", "detail")


def area_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of the sheet of areas: those of `ranking.csv` and what else explains the area."""
    further = ["region_id", "region_name"]
    further += [f"S{k}{s}" for k in (1, 2, 3, 4) for s in ("", "_previous")]
    further += ["status_index", "status_published", "dynamics_index", "dynamics_published"]
    further += ["old_age", "top_certain", "top_possible", "sentence", "cluster_sentence", "flags"]
    further += [str(c) for c in frame.columns if str(c).startswith("rank_") and c not in RANKING]
    return list(RANKING) + [c for c in further if c in frame.columns]


def write_workbook(content: Content, path: Path) -> None:
    """Write `tables.xlsx`: notes first, then one filtered sheet per table.

    Sheets: Hinweise, Gebiete, Bezirksregionen, Räume, Kurve, Einrichtungen, Datenqualität, and one
    for each of `content.further`. The only date inside is the reference date.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    path : pathlib.Path
        Of the workbook; replaced where it exists.
    """
    import xlsxwriter

    areas = worst_first(content.areas)
    quality = pd.DataFrame(content.quality, columns=list(_QUALITY))
    sheets: dict[str, tuple[str, pd.DataFrame, list[str]]] = {
        "Gebiete": ("areas", areas, area_columns(content.areas)),
        "Bezirksregionen": ("regions", content.regions.sort_index(), region_columns()),
        "Räume": ("presence", content.presence, list(PRESENCE)),
        "Kurve": ("frontier", content.frontier, list(FRONTIER)),
        "Einrichtungen": ("rooms", content.rooms.sort_index(), list(_ROOMS)),
        "Datenqualität": ("quality", quality, list(_QUALITY)),
    }
    info = content.info
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties(
            {
                "title": _cell(info.title),
                "subject": _cell(info.subtitle),
                "company": _cell(content.study.publisher.organisation),
                "comments": "; ".join(_cell(s.attribution) for s in info.sources),
                "created": dt.datetime.fromisoformat(info.reference_date),
            }
        )
        formats = _Formats(book)
        notes = book.add_worksheet("Hinweise")
        described = {}
        for title, (name, frame, wanted) in sheets.items():
            title = own_terms(title, content.study)[:SHEET_NAME]
            described[title] = [_for_people(describe(c, name), content.study) for c in wanted]
            data = values(_translated(frame, content.study), described[title])
            _sheet(book.add_worksheet(title), data, described[title], formats, info.internal)
        for extra in content.further:
            described[extra.sheet] = [_for_people(c, content.study) for c in extra.columns]
            data = values(_translated(extra.frame, content.study), described[extra.sheet])
            sheet = book.add_worksheet(extra.sheet)
            _sheet(sheet, data, described[extra.sheet], formats, info.internal)
        _notes(notes, content, described, formats)
        notes.activate()
    path.write_bytes(buffer.getvalue())


def _for_people(column: Column, study: Study) -> Column:
    """Target groups by their title where the machine name has their key; the study's own terms."""
    column = titled(column, study)
    title = column.title.removesuffix(" (0 bis 1)") if column.share else column.title
    title = title.replace("zu den k Gebieten", f"zu den {study.indicators.top} Gebieten")
    column = replace(column, title=title)
    target = next((t for t in study.targets if column.title.endswith(f"Zielgruppe {t}")), None)
    if target is None:
        return column
    return replace(
        column, title=column.title.removesuffix(target) + f"„{study.targets[target].title}“"
    )


def _translated(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Words instead of keys in what people read: target groups and kinds of operator."""
    from sozialraum.presence.wording import KINDS, inferred_kind

    titles = {key: target.title for key, target in study.targets.items()}
    result: dict[str, list[Any]] = {}
    for column, words in (("target", titles), ("operator_kind", KINDS)):
        if column in frame:
            result[column] = [words.get(k, k) for k in frame[column].to_numpy(object)]
    if {"operator_kind", "operator_reason"} <= set(frame):
        keys = zip(
            *(frame[f"operator_{c}"].to_numpy(object) for c in ("kind", "reason")), strict=True
        )
        inferred = [inferred_kind(str(kind), str(reason)) for kind, reason in keys]
        shown = zip(inferred, result["operator_kind"], strict=True)
        result["operator_kind"] = [new or old for new, old in shown]
    if "suits" in frame:
        result["suits"] = [
            ", ".join(titles.get(t, t) for t in some or ()) for some in frame["suits"]
        ]
    return pd.DataFrame(frame).assign(**result) if result else frame


def _unit(column: Column) -> str:
    """Unit of a column as the workbook shows it."""
    if column.share:
        return "Prozent (in den CSV-Dateien 0 bis 1)"
    return "Prozent (wie veröffentlicht)" if column.unit == "Prozent" else column.unit


class _Formats:
    """The formats of the workbook, made once each."""

    def __init__(self, book: Workbook) -> None:
        self._book, self._made = book, {}  # type: ignore[var-annotated]
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#E8EDF2"}
        )
        self.bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.text = book.add_format({"num_format": "@", "valign": "top"})
        self.wrap = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.plain = book.add_format({"num_format": "@"})
        self.warn = book.add_format({"bold": True, "font_color": "#9C1C1C"})

    def of(self, column: Column) -> Format:
        """Number format of a column; percentages are shown as such."""
        if column.kind in ("text", "boolean"):
            return self.text
        if column.share:
            pattern = "0.0%"
        elif column.kind == "integer" and column.unit == "Personen":
            pattern = "#,##0"
        elif column.kind == "integer":
            pattern = "0"
        else:
            pattern = "0." + "0" * min(column.digits, 6 if column.unit == "Grad" else 2)
        if pattern not in self._made:
            self._made[pattern] = self._book.add_format({"num_format": pattern, "valign": "top"})
        return self._made[pattern]


def _cell(value: Any) -> str:
    """Text that fits into a cell."""
    return _cut(plain(value) or "")


def _cut(text: str) -> str:
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"


def _sheet(
    sheet: Worksheet,
    data: list[list[Any]],
    columns: list[Column],
    formats: _Formats,
    internal: bool,
) -> None:
    """One table with a frozen, filtered header."""
    for k, (column, cells_) in enumerate(zip(columns, data, strict=True)):
        form, width = formats.of(column), 0
        sheet.write_string(0, k, column.title, formats.head)
        for row, value in enumerate(cells_, 1):
            if value is None:
                continue
            if column.kind == "boolean":
                sheet.write_string(row, k, "ja" if value else "nein", form)
            elif column.kind == "text":
                text = _cut(value)
                width = max(width, len(text))
                sheet.write_string(row, k, text, form)
            else:
                sheet.write_number(row, k, value, form)
        sheet.set_column(k, k, min(max(13, width + 2), 60))
    rows = max(len(data[0]), 1)
    sheet.set_row(0, 92)
    sheet.freeze_panes(1, 2 if len(columns) > 6 else 0)
    sheet.autofilter(0, 0, rows, len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if len(columns) > len(RANKING):  # on paper only what can still be read
        sheet.print_area(0, 0, rows, len(RANKING) - 1)
    sheet.repeat_rows(0)
    mark = "&Cintern, nicht zur Weitergabe" if internal else ""
    sheet.set_footer(f"&L&A{mark}&R&P / &N")


_NOTE_WIDTHS = (26, 70, 20, 24, 44)


def _notes(
    sheet: Worksheet, content: Content, sheets: Mapping[str, list[Column]], formats: _Formats
) -> None:
    """Title, dates, warnings, sources and the meaning of every column."""
    info, row = content.info, 0

    def put(*cells: str, form: Format | None = None, wide: bool = False) -> None:
        nonlocal row
        lines = 1
        for k, text in enumerate(cells):
            sheet.write_string(row, k, _cell(text), form or (formats.wrap if k else formats.bold))
            lines = max(lines, -(-len(text) // (_NOTE_WIDTHS[k] - 2)))
        if not wide and lines > 1:  # not every program fits the height of a row to its text
            sheet.set_row(row, 15 * min(lines, 20))
        row += 1

    put(info.title, form=formats.title, wide=True)
    put(info.subtitle, form=formats.plain, wide=True)
    warnings = [*(["Fiktive Daten: Ort und Zahlen sind erfunden."] if info.fictitious else ())]
    warnings += [*(["Intern, nicht zur Weitergabe."] if info.internal else ()), *info.warnings]
    for warning in warnings:
        put(warning, form=formats.warn, wide=True)
    row += 1
    for key, value in (
        ("Gebiet", f"{info.region_name} ({info.city_name})"),
        ("Stichtag", date(info.reference_date)),
        ("Ausgabe der Indikatoren", info.edition),
        ("Vorige Ausgabe", info.previous_edition or "–"),
        ("Gezählt werden", info.recipients_label),
        ("Anteil", info.share_label),
        ("Herkunft der Zahl", info.recipients_note),
        ("Leere Zelle", "nicht bekannt oder aus Gründen des Datenschutzes nicht gezeigt; nie null"),
        ("Kennung", f"{info.fingerprint} (dieselbe wie in Karte und Bericht)"),
        ("Programm", f"sozialraum {info.version}"),
    ):
        put(key, value)
    row += 1
    head = formats.head
    put("Quelle", "Herausgeber und Titel", "Stand", "Lizenz", "Namensnennung", form=head)
    for source in info.sources:
        who = f"{source.publisher}: {source.title}"
        put(source.id, who, source.reference_date, source.licence, source.attribution)
    row += 1
    put("Blatt", "Spalte", "Einheit", "Name in den CSV-Dateien", form=head)
    for name, columns in sheets.items():
        for column in columns:
            put(name, column.title, _unit(column), column.name)
    for k, width in enumerate(_NOTE_WIDTHS):
        sheet.set_column(k, k, width)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
