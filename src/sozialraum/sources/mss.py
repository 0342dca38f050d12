"""Monitoring Soziale Stadtentwicklung: indicators, published classes, context indicators.

One reader for all editions. What an edition has is read, what it lacks is absent: the 2021 export
writes ``-9999`` for areas left out, later ones nothing, and WFS exports write column names in lower
case. A 0 stays 0 here; that the 2025 edition writes counts up to 10 as 0 is the matter of
`sozialraum.need`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import os
import re
from collections import Counter

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.cells import COUNTS, Dialect, parse_cells
from sozialraum.sources.tables import area_ids, first_row, read_table, refuse_duplicates, require

STATUS = {1: "hoch", 2: "mittel", 3: "niedrig", 4: "sehr niedrig"}
DYNAMICS = {1: "positiv", 3: "stabil", 5: "negativ"}
_INDICATOR = re.compile(r"[SD]\d", re.IGNORECASE)
_CONTEXT = re.compile(r"KI_\d\d", re.IGNORECASE)


def read_indicators(path: str | os.PathLike[str], *, id_digits: int = 8) -> pd.DataFrame:
    """Read the index indicators of one edition.

    Parameters
    ----------
    path : path-like
        Table with ``ZEIT, PLR_ID, PLR_NAME, EW, KOM`` and any of ``S1``…, ``D1``….
    id_digits : int
        Digits of an area id.

    Returns
    -------
    pandas.DataFrame
        Index `area_id`, sorted; `name`, `population` (NaN where not published), the indicators
        ``S1``… and changes ``D1``… in percent and percentage points (NaN where missing; a column
        without any value is left out), `valid` (bool) and `valid_text` (the edition's own words).
        ``attrs["reference_date"]`` is the last day of the month in ``ZEIT`` (ISO text),
        ``attrs["notes"]`` and ``attrs["markers"]`` tell what was decided and counted.

    Raises
    ------
    InputError
        A column is missing, an id repeats, a cell is no number, ``KOM`` says neither ``gültig``
        nor ``ungültig``, or a valid percentage is below 0 or above 100.

    Examples
    --------
    >>> from sozialraum import demo
    >>> path = demo.folder() / "mss/2023/mss_2023_index_indikatoren.csv"
    >>> table = read_indicators(path)
    >>> [c for c in table if c.startswith("S")], table.attrs["reference_date"]
    (['S1', 'S2', 'S3', 'S4'], '2022-12-31')
    """
    frame = _read(path, _INDICATOR, id_digits)
    for name in (c for c in frame.columns if re.fullmatch(r"S\d", c)):
        outside = frame[name].lt(0) | frame[name].gt(100)
        if outside.any():
            raise InputError(
                f"{frame.loc[outside, name].iloc[0]:g} is no percentage",
                where=f"{os.fspath(path)}, area {first_row(outside)}, column {name}",
                expected="0 to 100",
            )
    return frame


def read_context(path: str | os.PathLike[str], *, id_digits: int = 8) -> pd.DataFrame:
    """Read the context indicators of one edition: as `read_indicators`, with columns ``KI_01``….

    Parameters
    ----------
    path : path-like
        Table as in `read_indicators`.
    id_digits : int
        Digits of an area id.

    Examples
    --------
    >>> from sozialraum import demo
    >>> context = read_context(demo.folder() / "mss/2023/mss_2023_kontext_indikatoren.csv")
    >>> "KI_01" in context
    True
    """
    return _read(path, _CONTEXT, id_digits)


def read_classes(path: str | os.PathLike[str], *, id_digits: int = 8) -> pd.DataFrame:
    """Read the published classes of one edition.

    Parameters
    ----------
    path : path-like
        Table with ``PLR_ID``, ``SI_N`` (1…4) and ``DI_N`` (1, 3, 5).
    id_digits : int
        Digits of an area id.

    Returns
    -------
    pandas.DataFrame
        Index `area_id`, sorted; `name`, `population`, `status_class` (hoch, mittel, niedrig, sehr
        niedrig), `dynamics_class` (positiv, stabil, negativ), both missing (None) where the
        publisher assigned none, `valid`, `valid_text`. Attributes as in `read_indicators`.

    Raises
    ------
    InputError
        As `read_indicators`, or a class number is unknown or contradicts the class in words.

    Examples
    --------
    >>> from sozialraum import demo
    >>> classes = read_classes(demo.folder() / "mss/2023/mss_2023_indizes.csv")
    >>> sorted(classes["dynamics_class"].dropna().unique())
    ['negativ', 'positiv', 'stabil']
    """
    where = os.fspath(path)
    table, frame = _frame(path, ("SI_N", "DI_N"), id_digits)
    markers: Counter[str] = Counter()
    order = frame.index.get_indexer(pd.Index(table["area_id"]))
    for column, words, verbal, target in (
        ("SI_N", STATUS, "SI_V", "status_class"),
        ("DI_N", DYNAMICS, "DI_V", "dynamics_class"),
    ):
        number = parse_cells(table[column], COUNTS, where=where, markers=markers)["value"]
        known = number.map(words)
        wrong = number.notna() & known.isna()
        if verbal in table:
            wrong |= number.notna() & (table[verbal].str.casefold() != known)
        if wrong.any():
            row = first_row(wrong)
            raise InputError(
                f"{number[row]:g} ({table[verbal][row] if verbal in table else 'no words'}) is no "
                "class",
                where=f"{where}, row {row}, column {column}",
                expected=", ".join(f"{k} = {v}" for k, v in words.items()),
            )
        values = np.full(len(frame), None, dtype=object)
        values[order] = known.astype(object).where(known.notna(), None)
        frame.insert(len(frame.columns) - 2, target, values)
    frame.attrs["markers"] = dict(markers)
    return frame


def reference_date(values: pd.Series, *, where: str) -> dt.date:
    """Last day of the month that all cells of a ``ZEIT`` column name (``202412``, ``2024-12``).

    Examples
    --------
    >>> reference_date(pd.Series(["202412", "202412"]), where="a.csv")
    datetime.date(2024, 12, 31)
    """
    found = values.unique()
    match = re.fullmatch(r"((?:19|20)\d\d)-?(0[1-9]|1[0-2])(?:-?\d\d)?", str(found[0]).strip())
    if len(found) != 1 or match is None:
        raise InputError(
            "The reference date is not the same month in all rows"
            if len(found) > 1
            else f"'{found[0]}' is no month",
            where=f"{where}, column ZEIT",
            expected="one month such as 202412",
        )
    year, month = int(match[1]), int(match[2])
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _frame(
    path: str | os.PathLike[str], columns: tuple[str, ...], id_digits: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table as text with its ids, and the sorted frame of what all three kinds share."""
    where = os.fspath(path)
    table = read_table(path, columns=("ZEIT", "PLR_ID", "PLR_NAME", "EW", "KOM", *columns))
    notes = table.attrs["notes"]
    ids, filled = area_ids(table["PLR_ID"], digits=id_digits, where=where)
    refuse_duplicates(ids, table["PLR_NAME"], where=where)
    table["area_id"] = ids
    validity = table["KOM"].str.casefold()
    valid = validity.str.startswith("gültig")
    unknown = ~valid & ~validity.str.startswith("ungültig")
    if unknown.any():
        row = first_row(unknown)
        raise InputError(
            f"'{table['KOM'][row]}' does not say whether the area is valid",
            where=f"{where}, row {row}, column KOM",
            expected="a text that begins with gültig or ungültig",
        )
    frame = pd.DataFrame(
        {
            "name": table["PLR_NAME"].to_numpy(),
            "population": parse_cells(table["EW"], COUNTS, where=where)["value"].to_numpy(),
            "valid": valid.to_numpy(),
            "valid_text": table["KOM"].to_numpy(),
        },
        index=pd.Index(ids.to_numpy(), name="area_id"),
    ).sort_index()
    date = reference_date(table["ZEIT"], where=where)
    frame.attrs = {"reference_date": date.isoformat(), "notes": [*notes, *filled]}
    return table, frame


def _read(path: str | os.PathLike[str], pattern: re.Pattern[str], id_digits: int) -> pd.DataFrame:
    where = os.fspath(path)
    table, frame = _frame(path, (), id_digits)
    names = sorted(c.upper() for c in table.columns if pattern.fullmatch(c))
    if not names:
        raise InputError(
            "The table has no indicator", where=where, expected=f"columns like {pattern.pattern}"
        )
    table = require(table, names, where=where)
    dialect = _dialect(table[names], where)
    markers: Counter[str] = Counter()
    order = table["area_id"].argsort().to_numpy()
    for name in names:
        values = parse_cells(table[name], dialect, where=where, markers=markers)["value"]
        if values.notna().any():
            frame.insert(len(frame.columns) - 2, name, values.to_numpy()[order])
    frame.attrs["markers"] = dict(markers)
    return frame


def _dialect(cells: pd.DataFrame, where: str) -> Dialect:
    """Decimal sign of a table of percentages, which never reach a thousand: the sign it uses."""
    signs = {s for name in cells for s in ".," if cells[name].str.contains(s, regex=False).any()}
    if len(signs) > 1:
        raise InputError("Point and comma are both used as decimal signs", where=where)
    return Dialect("MSS", decimal="," if "," in signs else ".")
