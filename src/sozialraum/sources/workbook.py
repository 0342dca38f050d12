"""Cells of an .xlsx workbook, read so that a hostile file can do nothing.

The reader knows only what a table needs: values, merged cells, dates. It never executes anything,
opens no link, and looks at no part of the archive that it does not need; macros, external links and
pictures stay unread. XML with a document type (the place of entities) is refused by the parser
itself, whatever its encoding. Superscript in a text stays superscript, so that a footnote mark
behind a number cannot become one of its digits.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from sozialraum.errors import InputError
from sozialraum.sources.archive import LARGEST_PART, check_archive
from sozialraum.sources.files import MEGABYTE, read_bytes

LARGEST_FILE = 50 * MEGABYTE
MOST_ELEMENTS = 600_000
MOST_SHEETS = 200
MOST_MERGED = 20_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

Value = str | int | float | bool | dt.datetime
_SUPER = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


@dataclass
class Sheet:
    """One worksheet: values by (row, column), both from 1.

    ``merged`` are ranges (first row, first column, last row, last column); ``formulas`` are the
    cells whose value is what the program that wrote the file computed last.
    """

    name: str
    hidden: bool = False
    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)


@dataclass
class Workbook:
    """Worksheets in their order, and what else the file holds (macros, links), left unread."""

    sheets: list[Sheet]
    left_unread: tuple[str, ...] = ()


def open_workbook(path: str | os.PathLike[str]) -> Workbook:
    """Read all worksheets of a local .xlsx file.

    Raises
    ------
    InputError
        No workbook, encrypted or of the old .xls kind, damaged, beyond the limits, with a document
        type or entities, with archive names that lead outside, or with a formula without a value.

    Notes
    -----
    Limits: 50 MB packed, 100 MB and 200 : 1 unpacked per part, 2,000 parts, 200 sheets, 600,000
    XML elements altogether.
    """
    where = os.fspath(path)
    content = read_bytes(path, limit=LARGEST_FILE, suffixes=(".xlsx", ".xlsm"))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            "The workbook is encrypted or of the old .xls kind",
            where=where,
            hint="Open it, remove the password and save it as .xlsx",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(archive, where)
            return _Reader(archive, where).read()
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        RuntimeError,
        OSError,
        ValueError,
    ) as error:
        message = str(error)[:120]
        raise InputError(f"The file is no readable workbook: {message}", where=where) from None
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise InputError(f"The workbook is damaged: {error}", where=where) from None


def column_letter(column: int) -> str:
    """Letters of a column number.

    Examples
    --------
    >>> column_letter(1), column_letter(28)
    ('A', 'AB')
    """
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _Reader:
    """Reads the parts of one archive."""

    def __init__(self, archive: zipfile.ZipFile, where: str) -> None:
        self.archive, self.where = archive, where
        self.names = {n.casefold(): n for n in archive.namelist()}
        self.elements = 0

    def read(self) -> Workbook:
        root = next(
            (t for k, t in self.relations("").items() if k[1] == "officeDocument"),
            "xl/workbook.xml",
        )
        if root.casefold() not in self.names:
            raise InputError("The file is no workbook", where=self.where, expected="an .xlsx file")
        relations = self.relations(root)
        targets = {key[0]: target for key, target in relations.items()}
        by_kind = {key[1]: target for key, target in relations.items()}
        listed: list[tuple[dict[str, str], str]] = []
        self.date1904 = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "sheet":
                rel = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                listed.append((attributes, targets.get(rel, "")))
            elif tag == "workbookPr":
                self.date1904 = attributes.get("date1904") in ("1", "true")

        self.parse(root, start)
        if len(listed) > MOST_SHEETS:
            raise InputError(f"The workbook has {len(listed):,} sheets", where=self.where)
        self.strings = self.shared_strings(by_kind.get("sharedStrings", ""))
        self.dates = self.date_styles(by_kind.get("styles", ""))
        sheets = [
            self.sheet(target, a.get("name", "?"), a.get("state", "visible") != "visible")
            for a, target in listed
            if target.casefold() in self.names and "/chartsheets/" not in target
        ]
        unread = []
        if any("vbaproject" in n for n in self.names):
            unread.append("Makros")
        if any("/externallinks/" in n for n in self.names):
            unread.append("Verknüpfungen mit anderen Dateien")
        return Workbook(sheets, tuple(unread))

    def relations(self, part: str) -> dict[tuple[str, str], str]:
        """(Id, kind) -> target inside the archive; targets elsewhere are not followed."""
        folder, base = posixpath.split(part)
        found: dict[tuple[str, str], str] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag != "Relationship" or attributes.get("TargetMode") == "External":
                return
            target = attributes.get("Target", "")
            whole = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = attributes.get("Type", "").rsplit("/", 1)[-1]
            found[attributes.get("Id", ""), kind] = whole

        name = posixpath.join(folder, "_rels", base + ".rels")
        if name.casefold() in self.names:
            self.parse(name, start)
        return found

    def shared_strings(self, part: str) -> list[str]:
        strings: list[str] = []
        text = _RichText()

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "si":
                text.clear()
            text.start(tag, attributes)

        def end(tag: str) -> None:
            text.end(tag)
            if tag == "si":
                strings.append(text.value())

        if part.casefold() in self.names:
            self.parse(part, start, end, text.data)
        return strings

    def date_styles(self, part: str) -> set[int]:
        """Numbers of the cell styles that show a date."""
        custom: dict[str, str] = {}
        styles: list[str] = []
        inside = [False]

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "numFmt":
                custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif tag == "cellXfs":
                inside[0] = True
            elif tag == "xf" and inside[0]:
                styles.append(attributes.get("numFmtId", "0"))

        def end(tag: str) -> None:
            if tag == "cellXfs":
                inside[0] = False

        if part.casefold() in self.names:
            self.parse(part, start, end)
        return {
            i
            for i, number in enumerate(styles)
            if (number in custom and _is_date_format(custom[number]))
            or (number not in custom and number.isdigit() and int(number) in _DATE_FORMATS)
        }

    def sheet(self, part: str, name: str, hidden: bool) -> Sheet:
        sheet = Sheet(name, hidden)
        text = _RichText()
        row = column = 0
        kind = style = ""
        value: list[str] | None = None
        number = ""
        formula = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, kind, style, value, number, formula
            if tag == "row":
                row = self.integer(attributes.get("r", str(row + 1)), LAST_ROW, name)
                column = 0
            elif tag == "c":
                reference = attributes.get("r")
                row, column = self.position(reference, name) if reference else (row, column + 1)
                kind, style = attributes.get("t", "n"), attributes.get("s", "")
                number, formula = "", False
                text.clear()
            elif tag == "v":
                value = []
            elif tag == "f":
                formula = True
            elif tag == "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                sheet.merged.append(
                    (*self.position(first, name), *self.position(last or first, name))
                )
                if len(sheet.merged) > MOST_MERGED:
                    raise InputError("Too many merged cells", where=f"{self.where}, sheet {name}")
            else:
                text.start(tag, attributes)

        def end(tag: str) -> None:
            nonlocal value, number
            if tag == "v" and value is not None:
                number, value = "".join(value), None
            elif tag == "c":
                self.store(sheet, (row, column), kind, style, number, text.value(), formula)
            else:
                text.end(tag)

        def data(piece: str) -> None:
            if value is not None:
                value.append(piece)
            else:
                text.data(piece)

        self.parse(part, start, end, data)
        return sheet

    def store(
        self,
        sheet: Sheet,
        at: tuple[int, int],
        kind: str,
        style: str,
        number: str,
        inline: str,
        formula: bool,
    ) -> None:
        """Keep one cell; empty ones are left out."""
        place = f"{self.where}, sheet {sheet.name}, cell {column_letter(at[1])}{at[0]}"
        if formula:
            sheet.formulas.add(at)
            if number == "" and kind not in ("str", "inlineStr"):
                raise InputError(
                    "The formula has no stored value",
                    where=place,
                    hint="Open the workbook in a spreadsheet program and save it again",
                )
        if kind == "e":
            raise InputError(f"The cell holds the error {number}", where=place)
        value: Value
        if kind == "s":
            if not number.isdigit() or int(number) >= len(self.strings):
                raise InputError("The cell points to a text that is not there", where=place)
            value = self.strings[int(number)]
        elif kind == "inlineStr":
            value = inline
        elif kind in ("str", "d"):
            value = _unescape(number)
        elif number == "":
            return
        elif kind == "b":
            value = number == "1"
        else:
            try:
                value = float(number)
            except ValueError:
                raise InputError(f"'{number[:40]}' is no number", where=place) from None
            if value != value or abs(value) == float("inf"):
                raise InputError(f"'{number[:40]}' is no number", where=place)
            if style.isdigit() and int(style) in self.dates:
                value = self.date(value, place)
            elif value.is_integer() and abs(value) < 1e15:
                value = int(value)
        if value == "":
            return
        sheet.cells[at] = value

    def date(self, serial: float, place: str) -> dt.datetime:
        epoch = dt.datetime(1904, 1, 1) if self.date1904 else dt.datetime(1899, 12, 30)
        try:
            return epoch + dt.timedelta(days=serial)
        except OverflowError:
            raise InputError("The date cannot be true", where=place) from None

    def position(self, reference: str, sheet: str) -> tuple[int, int]:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise InputError(f"'{reference[:40]}' is no cell", where=f"{self.where}, sheet {sheet}")
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        row = self.integer(match[2], LAST_ROW, sheet)
        return row, self.integer(str(column), LAST_COLUMN, sheet)

    def integer(self, text: str, largest: int, sheet: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 7 or not 0 < int(text) <= largest:
            raise InputError(
                f"'{text[:40]}' is no row or column", where=f"{self.where}, sheet {sheet}"
            )
        return int(text)

    def parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        data: Callable[[str], None] | None = None,
    ) -> None:
        """Parse one part with expat; names lose their prefix, document types are refused."""
        place = f"{self.where}, part {part}"
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def refuse(*_: object) -> None:
            raise InputError(
                "The workbook's XML declares a document type or entities",
                where=place,
                hint="No spreadsheet program writes that: do not open this file",
            )

        def begin(tag: str, attributes: dict[str, str]) -> None:
            self.elements += 1
            if self.elements > MOST_ELEMENTS:
                raise InputError("The workbook is too large", where=place)
            start(tag.rpartition(":")[2], attributes)

        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        parser.StartElementHandler = begin
        if end is not None:
            parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
        if data is not None:
            parser.CharacterDataHandler = data
        try:
            with self.archive.open(self.names[part.casefold()]) as stream:
                # the declared size may lie: count what really comes
                content = stream.read(LARGEST_PART + 1)
            if len(content) > LARGEST_PART:
                raise InputError("The part is too large", where=place)
            parser.Parse(content, True)
        except (expat.ExpatError, LookupError) as error:  # an encoding that nobody knows
            raise InputError(f"The XML is not well formed: {error}", where=place) from None


class _RichText:
    """Collects the runs of a text; superscript runs in superscript signs, readings left out."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.runs: list[str] = []
        self.current: list[str] | None = None
        self.superscript = self.phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "r":
            self.superscript = False
        elif tag == "vertAlign":
            self.superscript = attributes.get("val") == "superscript"
        elif tag == "rPh":
            self.phonetic = True
        elif tag == "t" and not self.phonetic:
            self.current = []

    def data(self, piece: str) -> None:
        if self.current is not None:
            self.current.append(piece)

    def end(self, tag: str) -> None:
        if tag == "t" and self.current is not None:
            run = _unescape("".join(self.current))
            self.runs.append(run.translate(_SUPER) if self.superscript else run)
            self.current = None
        elif tag == "rPh":
            self.phonetic = False
        elif tag == "r":
            self.superscript = False

    def value(self) -> str:
        return "".join(self.runs)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)


def _is_date_format(code: str) -> bool:
    """Whether a number format shows a date: day or year letters outside quotes and brackets."""
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", code.lower())
    return bool(re.search(r"[dy]|m{2,}|jj|tt", bare))
