"""The one reader of cells: from what stands in a published table to a value with bounds.

Publishers write "not there" in a dozen ways and numbers in a dozen more. Each way means one of
four things, and none of them is ever taken for another:

========== ============================================ =======================
meaning    written as                                   value, lo, hi
========== ============================================ =======================
number     ``1 234``, ``1.234``, ``12,5``, ``-  23``    the number three times
zero       ``-`` in tables of the Bundesagentur         0, 0, 0
suppressed ``*``                                        NaN, 1, NaN (or 2)
missing    empty, ``.``, ``x``, ``•``, ``/``, ``-9999`` NaN, NaN, NaN
========== ============================================ =======================

A marker that is none of these is an error with its place, not a missing value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

DASHES = frozenset("-‐‑‒–—−")
ABSENT = frozenset({"", ".", "x", "X", "•", "·", "/", "...", "…"})
NO_DATA = -9999.0
LARGEST = 1e15  # beyond it a double no longer counts one by one
SMALLEST_HIDDEN, LARGEST_SMALL = 1, 2

_BLANKS = r"[\s\u00a0\u2007\u2009\u202f]"
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾]+$")
_FOOTNOTE_APART = re.compile(rf"{_BLANKS}+\(?(?:[0-9]{{1,2}}|[a-z])\)$")
_FOOTNOTE_JOINED = re.compile(r"(?:[0-9]|[a-z])\)$")
_SIGN = re.compile(rf"^([{''.join(DASHES - {'-'})}-]){_BLANKS}*(?=[0-9])")
_PLAIN = frozenset("0123456789.-\n")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([ .,'’])[0-9]{3})(?:\1[0-9]{3})*(?:([.,])[0-9]+)?")
_UNGROUPED = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_OPEN = re.compile(r"([1-9][0-9]{0,2})([.,])([0-9]{3})")


@dataclass(frozen=True)
class Dialect:
    """What the signs of one publisher mean.

    Attributes
    ----------
    name : str
        For messages.
    kind : {"count", "measure"}
        A count is whole and not negative, so three digits behind one point or comma are thousands.
        In a measure ``1.234`` is decided by the other cells of its column.
    dash : {"zero", "missing"}
        What a lone dash means.
    decimal : {"", ".", ","}
        The decimal sign, where the format fixes it.
    hidden_up_to : float
        Largest value behind ``*`` where the publisher says that it hides nothing larger; NaN:
        unknown, since cells are also hidden because they would give others away.
    """

    name: str
    kind: Literal["count", "measure"] = "measure"
    dash: Literal["zero", "missing"] = "missing"
    decimal: Literal["", ".", ","] = ""
    hidden_up_to: float = float("nan")

    def hiding_only_small(self) -> Dialect:
        """The same dialect for a table that hides nothing but 1 and 2."""
        return replace(self, hidden_up_to=float(LARGEST_SMALL))


BA = Dialect("Bundesagentur für Arbeit", kind="count", dash="zero")
COUNTS = Dialect("counts", kind="count")
MEASURES = Dialect("measures")
POINT = Dialect("measures with decimal point", decimal=".")


def parse_cells(
    values: pd.Series | Iterable[Any],
    dialect: Dialect,
    *,
    where: str = "",
    column: str = "",
    markers: Counter[str] | None = None,
) -> pd.DataFrame:
    """Map cells to values with bounds.

    Parameters
    ----------
    values : pandas.Series or iterable
        Cells as text, numbers or None. The index of a Series is the row named in errors.
    dialect : Dialect
        What the signs mean.
    where, column : str
        File and sheet, column: for errors.
    markers : collections.Counter, optional
        Every cell that is no plain number is counted here.

    Returns
    -------
    pandas.DataFrame
        Same index; `value`, `lo`, `hi` (float) and `marker` (text, empty for a plain number). A
        suppressed cell has no value and ``lo`` 1; a missing one has neither value nor bounds.

    Raises
    ------
    InputError
        A cell is no number and no known marker, a count is negative or not whole, or a number has
        two readings and no other cell of the column decides.

    Examples
    --------
    >>> parse_cells(["1 234", "*", "-", "."], BA)
        value      lo      hi marker
    0  1234.0  1234.0  1234.0
    1     NaN     1.0     NaN      *
    2     0.0     0.0     0.0      -
    3     NaN     NaN     NaN      .
    """
    cells = values if isinstance(values, pd.Series) else pd.Series(list(values), dtype=object)
    column = column or str(cells.name or "")
    if cells.dtype.kind in "iuf":
        return _numbers(cells, dialect, where, column, markers)
    raw = cells.to_numpy(dtype=object)
    value = np.full(len(raw), np.nan)
    lo, hi = value.copy(), value.copy()
    marker = np.full(len(raw), "", dtype=object)
    decimal: str | None = dialect.decimal or None

    def refuse(at: int, what: str, **more: str) -> InputError:
        place = f"row {cells.index[at]}" + (f", column {column}" if column else "")
        return InputError(what, where=f"{where}, {place}" if where else place, **more)

    numbers = _plain_numbers(raw, dialect)
    if numbers is not None:
        value, lo, hi = numbers, numbers.copy(), numbers.copy()
        marker[np.isnan(numbers)] = "empty"
        raw = raw[:0]
    for at, cell in enumerate(raw):
        if isinstance(cell, np.number):
            cell = cell.item()
        if type(cell) in (int, float) and cell == cell:
            value[at] = lo[at] = hi[at] = cell
            continue
        text, mark = _text(cell)
        if text is None:
            raise refuse(at, f"'{cell}' stands where a number is expected")
        if text == "*":
            lo[at], hi[at] = SMALLEST_HIDDEN, dialect.hidden_up_to
            marker[at] = "*" + mark
        elif text in DASHES:
            if dialect.dash == "zero":
                value[at] = lo[at] = hi[at] = 0.0
            marker[at] = "-" + mark
        elif text in ABSENT:
            marker[at] = (text or "empty") + mark
        else:
            sign = -1.0 if _SIGN.match(text) else 1.0
            digits = _SIGN.sub("", text)
            if decimal is None and dialect.kind == "measure" and _OPEN.fullmatch(digits):
                decimal = decimal_sign(raw)
                if not decimal:
                    raise refuse(
                        at,
                        f"'{text}' can be read with a decimal sign or with thousands",
                        hint="Write the numbers of this column with one kind of decimal sign",
                    )
            number = _number(digits, dialect.kind, decimal or "")
            if number is None:
                raise refuse(
                    at,
                    f"'{_shown(cell)}' is neither a number nor a known marker",
                    expected="a number, * (suppressed), - or one of . x • / … or an empty cell",
                )
            value[at] = lo[at] = hi[at] = sign * number
            marker[at] = mark.strip()
    gone = value == NO_DATA
    value[gone] = lo[gone] = hi[gone] = np.nan
    marker[gone] = "-9999"
    _check_numbers(value, dialect, refuse)
    if markers is not None:
        markers.update(m for m in marker if m)
    return pd.DataFrame({"value": value, "lo": lo, "hi": hi, "marker": marker}, index=cells.index)


def decimal_sign(cells: Iterable[Any]) -> str:
    """The decimal sign that a column's own cells prove, or an empty text.

    ``0,942`` and ``2,7589`` cannot be thousands, ``1.234,5`` says which is which; a column in which
    both signs are proven has none.

    Examples
    --------
    >>> decimal_sign(["3,118", "0,942"]), decimal_sign(["3,118"])
    (',', '')
    """
    proven = set()
    for cell in cells:
        text, _ = _text(cell)
        if not text:
            continue
        digits = _SIGN.sub("", text)
        grouped = _GROUPED.fullmatch(digits)
        if grouped and grouped[1] in ".,":
            if grouped[2]:
                proven.add(grouped[2])
            elif digits.count(grouped[1]) > 1:
                proven.add("," if grouped[1] == "." else ".")
            elif digits.startswith("0"):
                proven.add(grouped[1])
        elif _UNGROUPED.fullmatch(digits) and not digits.isdigit():
            proven.add("," if "," in digits else ".")
    return proven.pop() if len(proven) == 1 else ""


def _plain_numbers(raw: np.ndarray, dialect: Dialect) -> np.ndarray | None:
    """The common case: nothing but plain numbers and empty cells; None where it is not so."""
    if not all(type(cell) is str for cell in raw):
        return None
    text = "\n".join(raw)
    odd = ".\n" in text or "\n." in text or text.startswith(".") or text.endswith(".")
    if odd or not _PLAIN.issuperset(text) or ("." in text and dialect.decimal != "."):
        return None
    try:
        return np.array([float(cell) if cell else np.nan for cell in raw])
    except ValueError:
        return None


def _text(cell: Any) -> tuple[str | None, str]:
    """Text of a cell without its footnote mark, and the mark; None for neither text nor number."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NA:
        return "", ""
    if isinstance(cell, bool | np.bool_) or not isinstance(cell, str | int | float | np.number):
        return None, ""
    text = str(cell) if isinstance(cell, str) else repr(float(cell)).removesuffix(".0")
    text = text.strip().strip("\ufeff\u200b")
    for pattern in (_SUPERSCRIPT, _FOOTNOTE_APART, _FOOTNOTE_JOINED):
        found = pattern.search(text)
        if found and found.start() > 0:
            return text[: found.start()].strip(), " " + found[0].strip()
    return text, ""


def _number(digits: str, kind: str, decimal: str) -> float | None:
    """The number of a text without sign; None where it is none."""
    plain = re.sub(_BLANKS, " ", digits)
    if plain.isascii() and plain.isdigit():
        return float(plain)
    grouped = _GROUPED.fullmatch(plain)
    if grouped and grouped[1] != grouped[2]:
        # one point or comma before three digits: thousands in a count, else what the column says
        single = grouped[1] in ".," and not grouped[2] and plain.count(grouped[1]) == 1
        if single and (plain.startswith("0") or (kind == "measure" and grouped[1] == decimal)):
            return float(plain.replace(",", "."))
        if not plain.startswith("0"):
            return float(plain.replace(grouped[1], "").replace(",", "."))
    if _UNGROUPED.fullmatch(plain):
        return float(plain.replace(",", "."))
    return None


def _numbers(
    cells: pd.Series, dialect: Dialect, where: str, column: str, markers: Counter[str] | None
) -> pd.DataFrame:
    """A column of numbers."""
    value = cells.to_numpy(dtype=float, copy=True)
    marker = np.full(len(value), "", dtype=object)
    marker[np.isnan(value)] = "empty"
    gone = value == NO_DATA
    value[gone] = np.nan
    marker[gone] = "-9999"

    def refuse(at: int, what: str, **more: str) -> InputError:
        place = f"row {cells.index[at]}" + (f", column {column}" if column else "")
        return InputError(what, where=f"{where}, {place}" if where else place, **more)

    _check_numbers(value, dialect, refuse)
    if markers is not None:
        markers.update(m for m in marker if m)
    return pd.DataFrame({"value": value, "lo": value, "hi": value, "marker": marker}, cells.index)


def _check_numbers(value: np.ndarray, dialect: Dialect, refuse: Any) -> None:
    """Stop at the first number that cannot be one of its kind."""
    with np.errstate(invalid="ignore"):
        large = np.abs(value) > LARGEST
        if large.any():
            raise refuse(int(np.argmax(large)), "The number is too large to be true")
        if dialect.kind == "count":
            wrong = (value < 0) | (value != np.floor(value)) & ~np.isnan(value)
            if wrong.any():
                at = int(np.argmax(wrong))
                raise refuse(at, f"{value[at]:g} is no count", expected="a whole number from 0")


def _shown(cell: Any) -> str:
    text = str(cell)
    return text if len(text) <= 40 else text[:39] + "…"
