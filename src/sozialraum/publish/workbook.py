"""The parts of the workbook: its formats, a sheet for each table, and the notes before them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sozialraum.publish.columns import Column, plain
from sozialraum.publish.content import RANKING
from sozialraum.publish.numbers import date, number

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from sozialraum.publish.content import Content, Info

CELL_LIMIT = 32_767
"""Longest text of a workbook's cell; a longer one is cut and ends in an ellipsis."""


def _unit(column: Column) -> str:
    """Unit of a column as the workbook shows it."""
    if column.share:
        return "Prozent (in den CSV-Dateien 0 bis 1)"
    return "Prozent (wie veröffentlicht)" if column.unit == "Prozent" else column.unit


class Formats:
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


def in_language(text: str, info: Info) -> str:
    """A German text in the language of the study."""
    if info.language == "de":
        return text
    from sozialraum.publish.english import english

    return english(text)


def text_cell(value: Any) -> str:
    """Text that fits into a cell."""
    return _cut(plain(value) or "")


def _cut(text: str) -> str:
    return text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…"


def write_table(
    sheet: Worksheet,
    data: list[list[Any]],
    columns: list[Column],
    formats: Formats,
    info: Info,
) -> None:
    """One table with a frozen, filtered header."""
    height, answers = 1, ("yes", "no") if info.language == "en" else ("ja", "nein")
    for k, (column, cells) in enumerate(zip(columns, data, strict=True)):
        form = formats.of(column)
        width = max(map(len, column.title.split()), default=0)  # no word is broken
        sheet.write_string(0, k, column.title, formats.head)
        for row, value in enumerate(cells, 1):
            if value is None:
                continue
            if column.kind == "boolean":
                sheet.write_string(row, k, answers[not value], form)
            elif column.kind == "text":
                text = _cut(value)
                width = max(width, len(text))
                sheet.write_string(row, k, text, form)
            else:
                sheet.write_number(row, k, value, form)
        width = min(max(13, width + 3), 60)
        sheet.set_column(k, k, width)
        height = max(height, len(textwrap.wrap(column.title, width - 2)))
    rows = max(len(data[0]), 1)
    sheet.set_row(0, LINE * (height + 1))  # a line for the sign of the filter
    sheet.freeze_panes(1, 2 if len(columns) > 6 else 0)
    sheet.autofilter(0, 0, rows, len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    if len(columns) > len(RANKING):  # on paper only what can still be read
        sheet.print_area(0, 0, rows, len(RANKING) - 1)
    sheet.repeat_rows(0)
    mark = f"&C{in_language('intern, nicht zur Weitergabe', info)}" if info.internal else ""
    sheet.set_footer(f"&L&A{mark}&R&P / &N")


LINE = 15
"""Height of a line of text in points."""

_NOTE_WIDTHS = (32, 70, 20, 24, 44)


def write_notes(
    sheet: Worksheet, content: Content, sheets: Mapping[str, list[Column]], formats: Formats
) -> None:
    """Title, dates, warnings, sources and the meaning of every column."""
    info, row = content.info, 0

    def put(*cells: str, form: Format | None = None, wide: bool = False) -> None:
        nonlocal row
        lines = 1
        for k, cell in enumerate(cells):
            text = in_language(cell, info)
            sheet.write_string(
                row, k, text_cell(text), form or (formats.wrap if k else formats.bold)
            )
            lines = max(lines, -(-len(text) // (_NOTE_WIDTHS[k] - 2)))
        if not wide and lines > 1:  # not every program fits the height of a row to its text
            sheet.set_row(row, LINE * min(lines, 20))
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
        ("Stichtag", date(info.reference_date, language=info.language)),
        ("Ausgabe der Indikatoren", info.edition),
        ("Vorige Ausgabe", info.previous_edition or "–"),
        ("Gezählt werden", info.recipients_label),
        ("Anteil", info.share_label),
        ("Grundlage der Räume", base_of_rooms(content)),
        ("Herkunft der Zahl", info.recipients_note),
        ("Leere Zelle", "nicht bekannt oder aus Gründen des Datenschutzes nicht gezeigt; nie null"),
        ("Kennung", f"{info.fingerprint} (dieselbe wie in Karte und Bericht)"),
        ("Programm", f"sozialraum {info.version}"),
    ):
        if value:
            put(key, value)
    row += 1
    head = formats.head
    put("Quelle", "Herausgeber und Titel", "Stand", "Lizenz", "Namensnennung", form=head)
    for source in info.sources:
        who = f"{source.publisher}: {source.title}"
        put(source.id, who, source.reference_date, source.licence, source.attribution)
    row += 1
    if content.further:
        put("Blatt", "Inhalt", form=head)
    for table in content.further:
        put(table.sheet, ". ".join(filter(None, (table.title, table.note))))
    row += 1
    head_of_columns = "Blatt", "Spalte", "Einheit", "Name in den CSV-Dateien", "Erläuterung"
    put(*head_of_columns, form=head)
    for name, columns in sheets.items():
        for column in columns:
            put(name, column.title, _unit(column), column.name, column.note)
    for k, width in enumerate(_NOTE_WIDTHS):
        sheet.set_column(k, k, width)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def base_of_rooms(content: Content) -> str:
    """For how many of all recipients rooms are sought, German; empty where it is for all of them.

    People in old age are not the Jobcenter's task, and a withheld area places nobody.
    """
    first = next(iter(content.study.targets.values()))
    total, demand = content.figures.get("recipients"), content.figures.get("demand")
    old = content.figures.get("old_age") or 0.0
    if first.weight_by != "recipients" or total is None or demand is None or total == demand:
        return ""
    text = f"Zielgruppe „{first.title}“: {number(demand)} von {number(total)} Personen"
    if old:
        text += f", ohne geschätzt {number(old)} mit Grundsicherung im Alter (SGB XII)"
    if demand + old < total:
        text += ", ohne Gebiete, deren Zahl nicht gezeigt wird"
    return text
