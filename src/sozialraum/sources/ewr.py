"""The resident register by planning area, in both layouts it is published in.

- the official matrix ``EWR…_Matrix.csv``: ``ZEIT;RAUMID;BEZ;PGR;BZR;PLR;STADTRAUM;E_E;E_EM;E_EW;
  E_E00_01;…;E_E95_110;E_EU1;E_E1U6;…;E_E80U110``, semicolon, byte order mark, CRLF;
- tables with English column names (``id, inhabitants, inhabitants_age_below_6, …``).

Age groups are half open: ``age_15_18`` are those from 15 to under 18. The publisher closes the
last group at 110, which here stands for the open end.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.cells import COUNTS, parse_cells
from sozialraum.sources.mss import reference_date
from sozialraum.sources.tables import area_ids, first_row, read_table, refuse_duplicates, require

OLDEST = 110
DERIVED: dict[str, tuple[int, int]] = {
    "under_15": (0, 15),
    "from_15_to_27": (15, 27),
    "from_15_to_65": (15, 65),
    "under_65": (0, 65),
    "from_65": (65, OLDEST),
}
"""Groups the pipeline needs, from (inclusive) and to (exclusive)."""

_FINE = re.compile(r"E_E(\d\d)_(\d{2,3})")
_COARSE = re.compile(r"E_E(\d*)U(\d+)")
_ENGLISH = re.compile(r"inhabitants_age_(below|above|\d+)_(\d+)")
_AGE = re.compile(r"age_(\d+)_(\d+)")
_PARTS = ("BEZ", "PGR", "BZR", "PLR")


def read_register(path: str | os.PathLike[str], *, id_digits: int = 8) -> pd.DataFrame:
    """Read residents by age and planning area.

    Parameters
    ----------
    path : path-like
        A register table in one of the two layouts.
    id_digits : int
        Digits of an area id.

    Returns
    -------
    pandas.DataFrame
        Index `area_id`, sorted; `population`; `female` where published; the finest age groups
        ``age_<from>_<to>`` that cover all ages once; and those of `DERIVED` that they give exactly
        (`under_15`, `from_15_to_27`, `from_15_to_65`, `under_65`, `from_65`). Missing cells are
        NaN. ``attrs["reference_date"]`` (ISO text) where the table says it, ``attrs["notes"]``,
        ``attrs["markers"]``.

    Raises
    ------
    InputError
        A column is missing, an id repeats or contradicts its parts, a cell is no count, or the age
        groups overlap or leave a gap.

    Examples
    --------
    >>> from sozialraum import demo
    >>> register = read_register(demo.folder() / "ewr/EWR202412E_Matrix.csv")
    >>> bool((register["under_15"] < register["population"]).all())
    True
    """
    where = os.fspath(path)
    table = read_table(path)
    folded = {str(c).casefold() for c in table.columns}
    official = "e_e" in folded
    notes = list(table.attrs["notes"])
    if official:
        table = require(table, ["E_E"], where=where)
        ids, filled = _official_ids(table, where, id_digits)
        counts = {"population": "E_E", "female": "E_EW"}
    else:
        table = require(table, ["id", "inhabitants"], where=where)
        ids, filled = area_ids(table["id"], digits=id_digits, where=where)
        counts = {"population": "inhabitants", "female": "inhabitants_female"}
    refuse_duplicates(ids, where=where)
    ages = _age_columns(list(table.columns))
    wanted = {k: c for k, c in counts.items() if c in table.columns or k == "population"}
    wanted |= {f"age_{lo}_{hi}": column for (lo, hi), column in ages.items()}
    markers: Counter[str] = Counter()
    frame = pd.DataFrame(
        {
            name: parse_cells(table[column], COUNTS, where=where, markers=markers)["value"]
            for name, column in wanted.items()
        }
    )
    frame.index = pd.Index(ids.to_numpy(), name="area_id")
    frame = frame.sort_index()
    if ages:
        _check_partition(sorted(ages), where)
        for name, (lo, hi) in DERIVED.items():
            if _covers(sorted(ages), lo, hi):
                frame[name] = age_sum(frame, lo, hi)
        notes += _sum_note(frame, ages, where)
    frame.attrs = {"notes": [*notes, *filled], "markers": dict(markers)}
    if "zeit" in folded:
        zeit = require(table, ["ZEIT"], where=where)["ZEIT"]
        frame.attrs["reference_date"] = reference_date(zeit, where=where).isoformat()
    return frame


def age_sum(frame: pd.DataFrame, lo: int, hi: int) -> pd.Series:
    """Residents from `lo` to under `hi` years, exact or not at all.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``age_<from>_<to>`` as `read_register` gives them.
    lo, hi : int
        First age within and first age beyond; 110 stands for the open end.

    Returns
    -------
    pandas.Series
        Same index; NaN where one of the groups is missing.

    Raises
    ------
    InputError
        The age groups have no border at `lo` or at `hi`.

    Examples
    --------
    >>> frame = pd.DataFrame({"age_0_6": [5.0], "age_6_15": [9.0], "age_15_110": [80.0]})
    >>> age_sum(frame, 0, 15).tolist()
    [14.0]
    """
    groups = {
        (int(m[1]), int(m[2])): c
        for c in frame.columns
        if (m := _AGE.fullmatch(str(c))) is not None
    }
    if not _covers(sorted(groups), lo, hi):
        borders = sorted({g[0] for g in groups} | {g[1] for g in groups})
        raise InputError(
            f"The register cannot tell how many people are from {lo} to under {hi} years old",
            expected=f"age groups with borders at {lo} and {hi}",
            hint="Its borders are " + (", ".join(map(str, borders)) or "none: it has no ages"),
        )
    within = [c for (a, b), c in groups.items() if lo <= a and b <= hi]
    return frame[within].sum(axis=1, skipna=False).rename(None)


def _official_ids(table: pd.DataFrame, where: str, digits: int) -> tuple[pd.Series, list[str]]:
    """Area ids of the matrix, from its four parts and RAUMID, which must agree."""
    names = {c.casefold(): c for c in table.columns}
    whole = notes = None
    if "raumid" in names:
        raum = table[names["raumid"]].rename("RAUMID")
        whole, notes = area_ids(raum, digits=digits, where=where)
    if not all(p.casefold() in names for p in _PARTS):
        if whole is None:
            raise InputError("The table has neither RAUMID nor BEZ, PGR, BZR and PLR", where=where)
        return whole, notes or []
    width = digits // len(_PARTS)
    joined = pd.Series("", index=table.index, dtype=object)
    for part in _PARTS:
        cells = table[names[part.casefold()]]
        wrong = ~cells.str.fullmatch(rf"[0-9]{{1,{width}}}")
        if wrong.any():
            row = first_row(wrong)
            raise InputError(
                f"'{cells[row]}' is no part of an area id",
                where=f"{where}, row {row}, column {part}",
                expected=f"up to {width} digits",
            )
        joined = joined + cells.str.zfill(width)
    if whole is not None and (whole != joined).any():
        row = first_row(whole != joined)
        raise InputError(
            f"RAUMID {whole[row]} contradicts BEZ, PGR, BZR and PLR ({joined[row]})",
            where=f"{where}, row {row}",
        )
    return joined, notes or []


def _age_columns(columns: list[str]) -> dict[tuple[int, int], str]:
    """Age group -> column: the fine groups of the matrix, else the coarse or the English ones."""
    for pattern in (_FINE, _COARSE, _ENGLISH):
        found: dict[tuple[int, int], str] = {}
        for column in columns:
            match = pattern.fullmatch(column)
            if match is None:
                continue
            first, last = match[1], match[2]
            if first == "above":
                group = (int(last), OLDEST)
            else:
                group = (int(first) if first.isdigit() else 0, int(last))
            found[group] = column
        if found:
            return found
    return {}


def _check_partition(groups: list[tuple[int, int]], where: str) -> None:
    reached = 0
    for lo, hi in groups:
        if lo != reached or hi <= lo:
            raise InputError(
                f"The age groups {'overlap' if lo < reached else 'leave a gap'} at {lo} years",
                where=where,
                expected="groups that cover all ages once",
            )
        reached = hi
    if reached < OLDEST:
        raise InputError(
            f"The age groups end at {reached} years", where=where, expected=f"an end at {OLDEST}"
        )


def _covers(groups: list[tuple[int, int]], lo: int, hi: int) -> bool:
    return bool(groups) and lo in {g[0] for g in groups} and hi in {g[1] for g in groups}


def _sum_note(frame: pd.DataFrame, ages: dict[tuple[int, int], str], where: str) -> list[str]:
    """Tell where the ages do not add up to the residents (the register sheets are perturbed)."""
    total = frame[[f"age_{lo}_{hi}" for lo, hi in ages]].sum(axis=1, skipna=False)
    off = (total - frame["population"]).abs()
    count = int((off > 0).sum())
    if not count:
        return []
    areas = "1 Gebiet" if count == 1 else f"{count} Gebieten"
    return [
        f"{Path(where).name}: In {areas} weicht die Summe der Altersgruppen von "
        f"der Einwohnerzahl ab (höchstens um {off.max():.0f})."
    ]
