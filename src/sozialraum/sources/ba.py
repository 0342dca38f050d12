"""Workbooks of the Bundesagentur für Arbeit: counts by planning area, with what is hidden.

Rows with an area id are areas; rows with words and figures but without one are totals (Bezirk,
Bezirksregion, Insgesamt, people who cannot be located); rows with words only are notes. Where the
table lies is found by `sozialraum.sources.layout`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.cells import BA, MEASURES, Dialect, parse_cells
from sozialraum.sources.layout import Layout, clean, is_figure
from sozialraum.sources.tables import area_ids, refuse_duplicates
from sozialraum.sources.workbook import Sheet, Value, Workbook, column_letter, open_workbook

MEASURE_NAMES: dict[str, str] = {
    "Personen in Bedarfsgemeinschaften": r"personen in (?:bedarfsgemeinschaften|bg)\b",
    "Kinder unter 15": r"unter 15",
    "unter 25": r"unter 25",
    "nicht erwerbsfähige Leistungsberechtigte": r"nicht[- ]erwerbsfähige|\bnef\b",
    "erwerbsfähige Leistungsberechtigte": r"erwerbsfähige|\belb\b",
    "Regelleistungsberechtigte": r"regelleistungsberechtigte|\brlb\b",
    "Arbeitslose SGB II": r"arbeitslose",
    "Bedarfsgemeinschaften": r"bedarfsgemeinschaften|\bbg\b",
}
"""Name of a measure in the result -> how publishers write it, the narrower ones first."""

_FILLER = re.compile(
    r"(?:davon|darunter|dar\.|dav\.|ins\w*gesamt|gesamt|anzahl|zusammen|summe|bestand|absolut):?"
)
_ONLY_SMALL = re.compile(
    r"\b(?:nur|ausschließlich|allein|lediglich)\b[^.;]*?(?:\b1 (?:und|oder|bis) 2\b|"
    r"\b(?:kleiner (?:als )?|unter )(?:3|drei)\b|\b(?:eins|ein) (?:und|oder|bis) zwei\b)",
    re.IGNORECASE,
)
_SECONDARY = re.compile(
    r"rück(?:rech|schl|geschl)|zurück|geschlossen werden|er?rechn|sekundär|differenz|ableit",
    re.IGNORECASE,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"), 1
    )
}
_DAY = r"(?:(?P<day>\d{1,2})\.\s*)?"
_MONTH = r"(?:(?P<month>\d{1,2})\s*[./-]|(?P<word>[A-Za-zä]{3,9})\.?)\s*(?P<year>\d{4})"
_COMPACT = r"(?P<year2>(?:19|20)\d\d)-?(?P<month2>\d\d)"
_DATE = rf"\s*:?\s*(?:{_DAY}{_MONTH}|{_COMPACT})"


@dataclass(frozen=True)
class BaTable:
    """What a workbook says.

    Attributes
    ----------
    areas : pandas.DataFrame
        Index `area_id` (text), sorted; `name` where there is one; per measure three float columns
        ``x``, ``x_lo``, ``x_hi``. A suppressed cell is NaN, 1, NaN (2 where `hides_only_small`),
        a missing one all NaN.
    totals : pandas.DataFrame
        Rows with figures that are no area, in the sheet's order: index `unit_id` (digits of the
        Bezirk, Prognoseraum or Bezirksregion, each once; empty for "Insgesamt" or people who
        cannot be located), `label`, then the measures as in `areas`.
    reporting_month : str
        ``2024-12``; empty where the workbook does not say it.
    data_as_of : datetime.date or None
        Datenstand; the month's last day where no day is given.
    hides_only_small : bool
        The workbook says that it hides nothing but counts of 1 and 2.
    headers : dict
        Measure -> the whole header as published, top to bottom.
    notes : list of str
        German sentences: what was decided while reading.
    footnotes : list of str
        The workbook's own notes below the table.
    markers : dict
        What stood in place of plain numbers, counted.
    """

    areas: pd.DataFrame
    totals: pd.DataFrame
    reporting_month: str = ""
    data_as_of: dt.date | None = None
    hides_only_small: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    markers: dict[str, int] = field(default_factory=dict)


def read_workbook(
    path: str | os.PathLike[str], *, id_digits: int = 8, sheet: str | None = None
) -> BaTable:
    """Read counts by planning area from a workbook of the Bundesagentur.

    Parameters
    ----------
    path : path-like
        A local ``.xlsx`` file.
    id_digits : int
        Digits of an area id; cells may hold them as text or as numbers without leading zero.
    sheet : str, optional
        Worksheet to read; default: the only visible one with area ids and figures.

    Returns
    -------
    BaTable

    Raises
    ------
    InputError
        No sheet, or more than one, has area ids and figures; an id repeats; a cell is neither a
        count nor a known marker; two columns have the same header; everything that `open_workbook`
        refuses.

    Examples
    --------
    >>> from sozialraum import demo
    >>> book = read_workbook(next((demo.folder() / "ba").glob("*.xlsx")))
    >>> book.reporting_month, len(book.areas)
    ('2024-12', 162)
    """
    where = os.fspath(path)
    book = open_workbook(path)
    layouts = [Layout(s, lambda v: _is_id(v, id_digits)) for s in _candidates(book, sheet, where)]
    layout = _only(layouts, where, f"area ids of {id_digits} digits and figures beside them")
    place = f"{where}, sheet {layout.sheet.name}"
    raw = pd.Series(
        [layout.cell(r, layout.key_column) for r in layout.key_rows],
        index=layout.key_rows,
        dtype=object,
        name=column_letter(layout.key_column),
    )
    ids, notes = area_ids(raw, digits=id_digits, where=place)
    label_column = layout.label_column()
    names = None
    if label_column is not None:
        names = pd.Series({r: clean(layout.cell(r, label_column)) for r in layout.key_rows})
    refuse_duplicates(ids, names, where=place)
    return _table(book, layout, ids, names, where, dialect=BA, notes=notes, digits=id_digits)


def read_statistics(
    path: str | os.PathLike[str], *, totals_at_end: int = 0, sheet: str | None = None
) -> BaTable:
    """Read a workbook whose rows are named, not numbered (district profiles of other places).

    Parameters
    ----------
    path : path-like
        A local ``.xlsx`` file.
    totals_at_end : int
        How many of the last rows are totals; nothing in such a file tells them from areas, and a
        total may bear the name of an area.
    sheet : str, optional
        Worksheet to read; default: the only visible one with a table.

    Returns
    -------
    BaTable
        ``areas`` has the labels as index; a dash means missing here.

    Raises
    ------
    InputError
        As `read_workbook`; there are fewer rows than `totals_at_end`.

    Examples
    --------
    >>> import tempfile, pathlib, xlsxwriter
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "profile.xlsx"
    ...     with xlsxwriter.Workbook(path) as book:
    ...         sheet = book.add_worksheet()
    ...         for row, cells in enumerate([("Stadtteil", "Personen"), ("Nord", 40), ("Süd", 60)]):
    ...             _ = sheet.write_row(row, 0, cells)
    ...     read_statistics(path).areas["Personen"].tolist()
    [40.0, 60.0]
    """
    where = os.fspath(path)
    book = open_workbook(path)
    layouts = [
        Layout(s, lambda v: isinstance(v, str) and not is_figure(v), with_figures=True)
        for s in _candidates(book, sheet, where)
    ]
    layout = _only(layouts, where, "names and figures beside them")
    if not 0 <= totals_at_end < len(layout.key_rows):
        raise InputError(f"The table has only {len(layout.key_rows)} rows", where=where)
    layout.key_rows = layout.key_rows[: len(layout.key_rows) - totals_at_end]
    keys = pd.Series(
        {r: clean(layout.cell(r, layout.key_column)) for r in layout.key_rows}, dtype=object
    )
    refuse_duplicates(keys, where=f"{where}, sheet {layout.sheet.name}")
    return _table(book, layout, keys, None, where, dialect=MEASURES, notes=[], digits=0)


def _table(
    book: Workbook,
    layout: Layout,
    keys: pd.Series,
    names: pd.Series | None,
    where: str,
    *,
    dialect: Dialect,
    notes: list[str],
    digits: int,
) -> BaTable:
    """Parse the figures of a table that has been found."""
    place = f"{where}, sheet {layout.sheet.name}"
    top, headers = layout.header()
    measures = _measures(headers, place)
    title = [layout.text(r) for r in layout.rows if r < layout.first]
    footnotes = [layout.text(r) for r in layout.rows if r > layout.last]
    words = " ".join([*(layout.text(r) for r in layout.rows if r < top), *footnotes])
    only_small = bool(_ONLY_SMALL.search(words)) and not _SECONDARY.search(words)
    if only_small:
        dialect = dialect.hiding_only_small()
    rows = [*layout.key_rows, *layout.total_rows()]
    markers: Counter[str] = Counter()
    columns = {}
    for column, measure in measures.items():
        values = pd.Series([layout.cell(r, column) for r in rows], index=rows, dtype=object)
        label = f"{column_letter(column)} ({measure})"
        parsed = parse_cells(values, dialect, where=place, column=label, markers=markers)
        for suffix, part in (("", "value"), ("_lo", "lo"), ("_hi", "hi")):
            columns[measure + suffix] = parsed[part]
    figures = pd.DataFrame(columns)
    areas = figures.loc[layout.key_rows]
    if names is not None:
        areas.insert(0, "name", names.reindex(areas.index))
    areas.index = pd.Index(keys.to_numpy(), name="area_id")
    totals = figures.iloc[len(areas) :]
    labels = [layout.label(r) for r in totals.index]
    totals.insert(0, "label", labels)
    units = pd.Series([_unit_id(text, digits) for text in labels], totals.index, dtype=object)
    refuse_duplicates(units[units != ""], totals["label"], where=place, what="total")
    totals.index = pd.Index(units, name="unit_id", dtype=object)
    return BaTable(
        areas=areas.sort_index(),
        totals=totals,
        reporting_month=_month(" \n ".join(title)),
        data_as_of=_as_of(" \n ".join(title)),
        hides_only_small=only_small,
        headers={m: " / ".join(headers[c]) for c, m in measures.items()},
        notes=notes + _notes(book, layout.sheet, Path(where).name),
        footnotes=footnotes,
        markers=dict(markers),
    )


def _candidates(book: Workbook, name: str | None, where: str) -> list[Sheet]:
    """The sheet that was named, or all visible ones."""
    if name is None:
        return [s for s in book.sheets if not s.hidden]
    found = [s for s in book.sheets if s.name == name]
    if not found:
        listed = ", ".join(s.name for s in book.sheets)
        raise InputError(f"There is no sheet '{name}'", where=where, expected=f"one of {listed}")
    return found


def _only(layouts: list[Layout], where: str, what: str) -> Layout:
    """The one sheet with a table."""
    usable = [layout for layout in layouts if layout.found]
    if len(usable) == 1:
        return usable[0]
    sheets = ", ".join(layout.sheet.name for layout in usable or layouts)
    if usable:
        raise InputError(
            f"More than one sheet has {what}",
            where=f"{where}, sheets {sheets}",
            hint="Keep the sheet that is meant, or name it",
        )
    raise InputError(
        f"No sheet has {what}",
        where=f"{where}, sheets {sheets}",
        hint="The workbook must be broken down by planning area",
    )


def _measures(headers: dict[int, list[str]], place: str) -> dict[int, str]:
    """Column -> measure, each name once: the known name, else the header's own words."""
    for column, words in headers.items():
        if not words:
            raise InputError(
                "A column of figures has no header",
                where=f"{place}, column {column_letter(column)}",
            )
    names = {column: _measure(words) for column, words in headers.items()}
    repeated = {n for n, count in Counter(names.values()).items() if count > 1}
    names = {c: " / ".join(headers[c]) if n in repeated else n for c, n in names.items()}
    for name, count in Counter(names.values()).items():
        if count > 1:
            same = ", ".join(column_letter(c) for c in names if names[c] == name)
            raise InputError(
                f"{count} columns are headed '{name}'",
                where=f"{place}, columns {same}",
                expected="a different header for every column",
            )
    return names


def _measure(words: list[str]) -> str:
    """Name of the measure that a header names; its lowest telling line decides.

    Examples
    --------
    >>> _measure(["Regelleistungsberechtigte", "davon", "erwerbsfähige Leistungsberechtigte"])
    'erwerbsfähige Leistungsberechtigte'
    >>> _measure(["Regelleistungsberechtigte", "Insgesamt"])
    'Regelleistungsberechtigte'
    """
    telling = [w for w in words if not _FILLER.fullmatch(w.casefold())]
    lowest = telling[-1].casefold() if telling else ""
    for name, pattern in MEASURE_NAMES.items():
        if re.search(pattern, lowest):
            return name
    return " / ".join(words)


def _is_id(value: Value, digits: int) -> bool:
    if isinstance(value, bool | float | dt.datetime):
        return False  # whole numbers arrive as int
    text = str(value).strip()
    return text.isascii() and text.isdigit() and len(text) in (digits, digits - 1)


def _unit_id(label: str, digits: int) -> str:
    """Digits of a coarser unit at the start of a label; levels have an even number of digits."""
    match = re.match(r"(\d+)(?!\S)", label)
    if match is None or len(match[1]) >= digits - 1:
        return ""
    return match[1].zfill(len(match[1]) + len(match[1]) % 2)


def _month(words: str) -> str:
    """Berichtsmonat as ``2024-12``.

    Examples
    --------
    >>> _month("Berichtsmonat: Dezember 2024"), _month("Berichtsmonat 202412"), _month("Dezember")
    ('2024-12', '2024-12', '')
    """
    found = _date_after(r"(?:berichtsmonat|stichtag)", words)
    return f"{found[0]}-{found[1]:02d}" if found else ""


def _as_of(words: str) -> dt.date | None:
    """Datenstand as a date.

    Examples
    --------
    >>> _as_of("Datenstand: April 2025"), _as_of("Datenstand: 14.04.2025")
    (datetime.date(2025, 4, 30), datetime.date(2025, 4, 14))
    """
    found = _date_after(r"datenstand", words)
    if not found:
        return None
    year, month, day = found
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, day if day and day <= last else last)


def _date_after(word: str, words: str) -> tuple[int, int, int | None] | None:
    match = re.search(word + _DATE, words, re.IGNORECASE)
    if match is None:
        return None
    number = match["month"] or match["month2"]
    month = int(number) if number else _MONTHS.get(match["word"][:3].casefold(), 0)
    if not 1 <= month <= 12:
        return None
    return int(match["year"] or match["year2"]), month, int(match["day"]) if match["day"] else None


def _notes(book: Workbook, sheet: Sheet, name: str) -> list[str]:
    notes = []
    if count := len(sheet.formulas):
        said = "1 Zelle enthält eine Formel" if count == 1 else f"{count} Zellen enthalten Formeln"
        notes.append(f"{name}: {said}; gelesen wurde der gespeicherte Wert.")
    if book.left_unread:
        notes.append(f"{name}: nicht gelesen wurden {', '.join(book.left_unread)}.")
    if hidden := [s.name for s in book.sheets if s.hidden]:
        notes.append(f"{name}: ausgeblendete Blätter wurden nicht gelesen: {', '.join(hidden)}.")
    return notes
