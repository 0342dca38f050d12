"""Delimited text as people really publish it, read into frames of text.

Nothing is guessed about values here: every cell stays text, numbers and markers are the matter of
`sozialraum.sources.cells`, and ids are text for good. The index of a table is the line in the
file, so that every later error can say where it is.

What had to be decided while reading (encoding, mended rows, leading zeros) is told in
``frame.attrs["notes"]``, a list of German sentences for the join audit and the manifest.
"""

from __future__ import annotations

import csv
import difflib
import io
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.files import MEGABYTE, read_bytes

DELIMITERS = ";,\t|"
LARGEST_FILE = 50 * MEGABYTE
MOST_CELLS = 5_000_000
MOST_COLUMNS = 2_000
_C1 = re.compile("[\x80-\x9f]")
_NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)?\s*")
# Windows punctuation that was declared as Latin-1 arrives as control characters U+0080…U+009F.
_WINDOWS = {
    code: bytes([code]).decode("cp1252", errors="ignore") or "\ufffd" for code in range(0x80, 0xA0)
}


def decode(content: bytes, *, where: str) -> tuple[str, str]:
    """Decode text: UTF-16 by its mark, UTF-8 with or without mark, else Windows-1252.

    Returns
    -------
    text, encoding : str, str

    Raises
    ------
    InputError
        The bytes are no text in any of these encodings.

    Examples
    --------
    >>> decode("Größe".encode("cp1252"), where="a.csv")
    ('Größe', 'cp1252')
    """
    candidates = ["utf-8-sig", "cp1252"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return _C1.sub(lambda m: _WINDOWS[ord(m[0])], text), encoding.removesuffix("-sig")
    raise InputError(
        "This is no text file", where=where, expected="UTF-8, UTF-16 or Windows-1252 text"
    )


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] = (),
    names: Sequence[str] = (),
    may_be_empty: bool = False,
    skip_lines: int = 0,
    limit: int = LARGEST_FILE,
) -> pd.DataFrame:
    """Read delimited text into a frame of text.

    Encoding, delimiter, byte order mark and line ends are detected; quotation marks follow
    RFC 4180. A row with too many fields is mended where only one reading exists: in a file whose
    delimiters are never followed by a blank, a comma with a blank behind it belongs to the text.
    Mended rows are reported, all others are an error.

    Parameters
    ----------
    path : path-like
        A local file.
    columns : sequence of str
        Columns that must exist. Upper and lower case do not matter; they come back as written here.
    names : sequence of str
        Names of the columns of a file without header.
    may_be_empty : bool
        A header without rows is accepted.
    skip_lines : int
        Lines above the header that are no part of the table.
    limit : int
        Largest accepted size in bytes.

    Returns
    -------
    pandas.DataFrame
        Text, stripped of blanks at both ends, empty where nothing stands; index ``row``: the line
        in the file, from 1. ``attrs["notes"]`` lists what had to be decided.

    Raises
    ------
    InputError
        No text, no rows, unequal rows, repeated or missing columns.

    Examples
    --------
    >>> from sozialraum import demo
    >>> table = read_table(demo.folder() / "venues/stadtteilzentren.csv")
    >>> all(type(cell) is str for cell in table.iloc[0])
    True
    """
    where = os.fspath(path)
    text, encoding = decode(read_bytes(path, limit=limit), where=where)
    notes = [] if encoding == "utf-8" else [f"{_basename(where)}: Zeichensatz {encoding} erkannt."]
    if skip_lines:  # left blank, so that lines keep their numbers
        text = "\n" * skip_lines + "".join(text.splitlines(keepends=True)[skip_lines:])
    delimiter = _delimiter(text)
    rows, lines = _rows(text, delimiter, where)
    if not rows or (len(rows) == 1 and not names and not may_be_empty):
        raise InputError("The table has no rows", where=where, expected="a header and data rows")
    if names:
        header, body_at = list(names), 0
    else:
        header, body_at = [cell.strip() for cell in rows[0]], 1
    _check_header(header, where)
    body, body_lines = rows[body_at:], lines[body_at:]
    width = len(header)
    if any(len(row) != width for row in body):
        notes += _mend(body, body_lines, width, delimiter, where)
    by_column = zip(*body, strict=True) if body else ([] for _ in header)
    frame = pd.DataFrame(
        {
            name: pd.Series([cell.strip() for cell in cells], dtype=object)
            for name, cells in zip(header, by_column, strict=True)
        }
    )
    frame.index = pd.Index(body_lines, name="row")
    frame.attrs["notes"] = notes
    return require(frame, columns, where=where)


def require(frame: pd.DataFrame, columns: Iterable[str], *, where: str) -> pd.DataFrame:
    """Rename columns to the given spelling, whatever their case, and refuse a table without them.

    Examples
    --------
    >>> list(require(pd.DataFrame({"plr_id": ["1"]}), ["PLR_ID"], where="a.csv"))
    ['PLR_ID']
    """
    by_fold: dict[str, str] = {}
    for name in frame.columns:
        by_fold.setdefault(str(name).casefold(), name)
    rename = {}
    for wanted in columns:
        found = by_fold.get(wanted.casefold())
        if found is None:
            header = [str(c) for c in frame.columns]
            near = difflib.get_close_matches(wanted, header, n=1)
            if sum(bool(_NUMBER.fullmatch(c)) for c in header) * 2 >= len(header):
                hint = "The first line looks like data: the file seems to have no header"
            elif near:
                hint = f"Did you mean '{near[0]}'?"
            else:
                hint = "Name the column in the study"
            raise InputError(
                f"The table has no column '{wanted}'",
                where=where,
                expected="one of its columns: "
                + ", ".join(header[:12])
                + (", …" if len(header) > 12 else ""),
                hint=hint,
            )
        rename[found] = wanted
    return frame.rename(columns=rename)


def first_row(mask: pd.Series) -> Any:
    """Index of the first true row."""
    return mask.index[int(np.argmax(mask.to_numpy()))]


def area_ids(
    values: pd.Series, *, digits: int | None, where: str, known: Iterable[str] | None = None
) -> tuple[pd.Series, list[str]]:
    """Read ids as text of a fixed number of digits and give lost leading zeros back.

    A spreadsheet that took ids for numbers drops one leading zero (and may add ``.0``). It is given
    back only where that is unambiguous: exactly one digit is missing, the filled id is not there
    already, and the column holds no id that kept its zero (unless the short ones are true numbers,
    which cannot keep one).

    Parameters
    ----------
    values : pandas.Series
        Ids as text or numbers; the index is the row in the file.
    digits : int or None
        Digits of a complete id; None: ids are texts of any form, nothing is filled in.
    where : str
        File and sheet, for errors.
    known : iterable of str, optional
        Ids of the area list; a filled id must be one of them.

    Returns
    -------
    ids : pandas.Series
        Text, same index.
    notes : list of str
        German sentences about filled ids.

    Raises
    ------
    InputError
        An id is empty, is no number of that many digits, or could be filled in two ways.

    Examples
    --------
    >>> ids, notes = area_ids(pd.Series([4100101, 11501341]), digits=8, where="a.csv")
    >>> list(ids), notes
    (['04100101', '11501341'], ['a.csv: 1 Gebietsnummer ohne führende Null ergänzt.'])
    """
    raw = values.to_numpy(dtype=object)
    numeric = np.array([isinstance(v, int | float | np.number) for v in raw], dtype=bool)
    text = pd.Series([_plain(v) for v in raw], index=values.index, dtype=object)
    if digits is None:
        if (text == "").any():
            row = first_row(text == "")
            raise InputError(
                "An area id is missing", where=f"{where}, row {row}, column {values.name or 'id'}"
            )
        return text, []
    lengths = text.str.len().to_numpy(dtype=int)
    is_digits = np.array([t.isascii() and t.isdigit() for t in text], dtype=bool)
    wrong = ~is_digits | (lengths > digits) | (lengths < digits - 1)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(
            f"'{text.iloc[at]}' is no area id" if text.iloc[at] else "An area id is missing",
            where=f"{where}, row {values.index[at]}, column {values.name or 'id'}",
            expected=f"{digits} digits",
        )
    short = lengths < digits
    if not short.any():
        return text, []
    filled = text.str.zfill(digits)
    kept_zero = text[~short].str.startswith("0")
    ambiguous = np.zeros(len(text), dtype=bool)
    if kept_zero.any():
        ambiguous |= short & ~numeric
    ambiguous |= short & filled.isin(set(text[~short])).to_numpy()
    if known is not None:
        ambiguous |= short & ~filled.isin(set(known)).to_numpy()
    if ambiguous.any():
        at = int(np.argmax(ambiguous))
        raise InputError(
            f"The area id '{text.iloc[at]}' has {digits - 1} instead of {digits} digits, and it is "
            "not certain that only its leading zero is missing",
            where=f"{where}, row {values.index[at]}, column {values.name or 'id'}",
            hint="Correct the id in the file, as text",
        )
    count = int(short.sum())
    noun = "Gebietsnummer" if count == 1 else "Gebietsnummern"
    return filled, [f"{_basename(where)}: {count} {noun} ohne führende Null ergänzt."]


def normal_name(name: str) -> str:
    """A name without case, blanks, hyphens and points, to tell spelling from another area.

    Parameters
    ----------
    name : str
        As a publisher writes it.

    Examples
    --------
    >>> normal_name("Meller Bogen") == normal_name("Mellerbogen")
    True
    """
    folded = str(name).casefold().replace("str.", "straße").replace("strasse", "straße")
    return re.sub(r"[\W_]+", "", folded)


def refuse_duplicates(
    ids: pd.Series, names: pd.Series | None = None, *, where: str, what: str = "area"
) -> None:
    """Stop where an id stands twice, naming every place."""
    if ids.is_unique:
        return
    again = ids[ids.duplicated(keep=False)]
    first = again.iloc[0]
    others = len(set(again)) - 1
    places = [
        f"row {row}" + (f" ({names[row]})" if names is not None else "")
        for row in again.index[again.to_numpy() == first]
    ]
    raise InputError(
        f"The {what} id {first} stands {len(places)} times"
        + (f", and {others} more ids repeat" if others else ""),
        where=f"{where}: " + ", ".join(places),
        expected="every id once",
    )


def _plain(value: Any) -> str:
    """Text of an id cell; 4100101.0 and '4100101.0' are 4100101."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip().strip("'\u200b\ufeff")
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def _basename(where: str) -> str:
    """File (and sheet) for a German note."""
    return re.split(r"[\\/]", where)[-1].replace(", sheet ", ", Blatt ")


def _delimiter(text: str) -> str:
    """The delimiter that splits the header line most often, quoted parts left out."""
    line = next((part for part in text.splitlines() if part.strip()), "")
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=lambda d: (bare.count(d), -DELIMITERS.index(d)))


def _rows(text: str, delimiter: str, where: str) -> tuple[list[list[str]], list[int]]:
    """Split into rows, blank lines left out, with the line each one starts at."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start, cells = 1, 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(start)
                cells += len(row)
                if cells > MOST_CELLS:
                    raise InputError(f"The table has more than {MOST_CELLS:,} cells", where=where)
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"The quotation marks or fields are not well formed: {error}",
            where=f"{where}, line {start} or after",
            expected='text in "…" with inner marks doubled',
        ) from None
    return rows, lines


def _check_header(header: Sequence[str], where: str) -> None:
    if len(header) > MOST_COLUMNS:
        raise InputError(f"The table has more than {MOST_COLUMNS:,} columns", where=where)
    seen: set[str] = set()
    for name in header:
        if name and name in seen:
            raise InputError(f"The column '{name}' stands twice", where=where)
        seen.add(name)


def _mend(
    body: list[list[str]], lines: list[int], width: int, delimiter: str, where: str
) -> list[str]:
    """Join fields that an unquoted comma split, in place; an error where that is not certain."""
    blank_follows = any(
        cell.startswith(" ") for row in body if len(row) == width for cell in row[1:]
    )
    mended = []
    for at, row in enumerate(body):
        if len(row) == width:
            continue
        joined: list[str] = []
        for cell in row:
            if joined and cell.startswith(" ") and len(cell) > 1:
                joined[-1] += delimiter + cell
            else:
                joined.append(cell)
        trailing = len(row) > width and not any(cell.strip() for cell in row[width:])
        if trailing:
            body[at] = row[:width]
        elif len(joined) == width and delimiter == "," and not blank_follows:
            body[at] = joined
            mended.append(lines[at])
        else:
            raise InputError(
                f"The row has {len(row)} fields, the header {width}",
                where=f"{where}, line {lines[at]}",
                expected="the same number of fields in every row",
                hint=f"Put text that contains '{delimiter}' into quotation marks",
            )
    if not mended:
        return []
    places = ", ".join(map(str, mended[:10])) + (", …" if len(mended) > 10 else "")
    return [
        f"{_basename(where)}: Komma ohne Anführungszeichen im Text, "
        f"Felder wieder verbunden (Zeile {places})."
    ]
