"""Where the table lies in a published worksheet: found by content, not by fixed rows or columns.

The key column is the one with most different keys (area ids, or names). Columns of figures hold
figures or markers in the rows of the keys. The header is what stands above the first row of
figures, its merged cells spread over what they cover.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable

from sozialraum.sources.cells import ABSENT, DASHES
from sozialraum.sources.workbook import Sheet, Value

MOST_HEADER_ROWS = 15
_SIGNS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾"
FOOTNOTE = re.compile(rf"\s*(?:[{_SIGNS}]+|\(?\b\d{{1,2}}\)|(?<=\w)\*+\)?)$")
_NUMBER = re.compile(rf"[-–−+]?\s*\d[\d\s.,'’]*\s*(?:[{_SIGNS}]+|\(?\w{{1,2}}\))?")
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{4})?")
_DIVIDED = re.compile(r"(?<=[a-zäöüß])-(?:\s*\n\s*)?(?=[a-zäöüß])")
_TITLE = re.compile(r"berichtsmonat|datenstand|stichtag", re.IGNORECASE)


class Layout:
    """The table in one sheet.

    Parameters
    ----------
    sheet : Sheet
        Cells and merged ranges.
    is_key : callable
        Whether a cell can be the key of an area row.
    with_figures : bool
        Only rows with a number count as area rows (for keys that are mere words).

    Attributes
    ----------
    key_column : int
        Column of the keys, 0 where there is none.
    key_rows : list of int
        Rows of areas.
    figure_columns : list of int
        Columns of figures.
    first, last : int
        First and last row of figures, totals included.
    """

    def __init__(
        self, sheet: Sheet, is_key: Callable[[Value], bool], *, with_figures: bool = False
    ) -> None:
        self.sheet = sheet
        self.columns = sorted({c for _, c in sheet.cells})
        self.rows = sorted({r for r, _ in sheet.cells})
        keys: dict[int, set[Value]] = {}
        for (_, column), value in sheet.cells.items():
            if is_key(value):
                keys.setdefault(column, set()).add(value)
        self.key_column = min(keys, key=lambda c: (-len(keys[c]), c)) if keys else 0
        numbered = {r for (r, _), v in sheet.cells.items() if is_number(v)}
        self.key_rows = [
            row
            for row in self.rows
            if (v := self.cell(row, self.key_column)) is not None
            and is_key(v)
            and (not with_figures or row in numbered)
        ]
        self.figure_columns = [c for c in self.columns if self._holds_figures(c)]
        self.last = max((r for r in self.rows if self.has_figures(r)), default=0)
        self.first = self._first() if self.key_rows else 0

    @property
    def found(self) -> bool:
        """Whether the sheet holds a table at all."""
        return bool(self.key_rows and self.figure_columns)

    def cell(self, row: int, column: int) -> Value | None:
        """Value of a cell, None where it is empty."""
        return self.sheet.cells.get((row, column))

    def has_figures(self, row: int) -> bool:
        """Every filled cell in the columns of figures is a figure or marker."""
        values = self._figures(row)
        return bool(values) and all(map(is_figure, values))

    def total_rows(self) -> list[int]:
        """Rows of the table with words and figures that are no area rows."""
        areas = set(self.key_rows)
        return [
            r
            for r in self.rows
            if r >= self.first and r not in areas and self.has_figures(r) and self.label(r)
        ]

    def header(self) -> tuple[int, dict[int, list[str]]]:
        """First row of the header, and per column of figures its words from top to bottom."""
        spread = dict(self.sheet.cells)
        titles = set()
        for top, left, bottom, right in self.sheet.merged:
            value = self.cell(top, left)
            if value is None or top >= self.first:
                continue
            covered = [c for c in self.figure_columns if left <= c <= right]
            if covered and left <= self.key_column:
                titles.add(top)  # over keys and figures at once
            for row in range(top, min(bottom, self.first - 1) + 1):
                spread.update({(row, column): value for column in covered})
        words: dict[int, list[str]] = {c: [] for c in self.figure_columns}
        top = self.first
        for row in range(self.first - 1, max(self.first - 1 - MOST_HEADER_ROWS, 0), -1):
            if self._is_column_numbers(row):
                continue
            texts = {
                c: text
                for c in self.figure_columns
                if (row, c) in spread and (text := clean(spread[row, c]))
            }
            if row in titles or any(map(_TITLE.search, texts.values())):
                break
            if not texts:
                if top < self.first:
                    break
                continue
            top = row
            for column, text in texts.items():
                if not words[column] or words[column][0] != text:
                    words[column].insert(0, text)
        return top, words

    def label_column(self) -> int | None:
        """The column of names: the first other one with words in most area rows."""
        for column in self.columns:
            if column == self.key_column or column in self.figure_columns:
                continue
            words = sum(isinstance(self.cell(r, column), str) for r in self.key_rows)
            if words * 2 > len(self.key_rows):
                return column
        return None

    def label(self, row: int) -> str:
        """Words of a row outside the columns of figures."""
        figures = set(self.figure_columns)
        words = (clean(self.cell(row, c)) for c in self.columns if c not in figures)
        return " ".join(w for w in words if w)

    def text(self, row: int) -> str:
        """All words of a row."""
        return " ".join(w for c in self.columns if (w := clean(self.cell(row, c))))

    def _figures(self, row: int) -> list[Value]:
        return [v for c in self.figure_columns if (v := self.cell(row, c)) is not None]

    def _holds_figures(self, column: int) -> bool:
        if column == self.key_column:
            return False
        values = [v for r in self.key_rows if (v := self.cell(r, column)) is not None]
        return sum(map(is_figure, values)) * 2 > len(values)

    def _first(self) -> int:
        """First row of figures: the first area, or a total right above it."""
        first = self.key_rows[0]
        for row in reversed([r for r in self.rows if r < first]):
            if not self.has_figures(row) or not self.label(row) or self._is_column_numbers(row):
                break
            first = row
        return first

    def _is_column_numbers(self, row: int) -> bool:
        """A line under the header that numbers the columns, as official tables have it."""
        values = self._figures(row)
        if len(values) < 2 or not all(str(v).isdigit() and len(str(v)) < 4 for v in values):
            return False
        return all(b == a + 1 for a, b in itertools.pairwise(int(str(v)) for v in values))


def is_number(value: Value) -> bool:
    """A number, or a text that is one, with or without a footnote mark."""
    if isinstance(value, str):
        text = value.strip()
        return bool(_NUMBER.fullmatch(text)) and not _DATE.fullmatch(text)
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_figure(value: Value) -> bool:
    """A number, or one of the markers that stand in a number's place."""
    if is_number(value):
        return True
    if not isinstance(value, str):
        return False
    text = value.strip()
    bare = FOOTNOTE.sub("", text)
    return bool(text) and (bare == "*" or bare in DASHES or bare in ABSENT or text == "*")


def clean(value: Value | None) -> str:
    r"""Words without line breaks, divided words and footnote marks.

    Examples
    --------
    >>> clean("Bedarfs-\ngemeinschaften ²⁾")
    'Bedarfsgemeinschaften'
    """
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%d.%m.%Y")
    text = " ".join(_DIVIDED.sub("", str(value).replace("\u00ad", "")).split())
    return text if text.startswith("*") else FOOTNOTE.sub("", text)
