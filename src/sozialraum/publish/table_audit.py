"""The audit of any table before it is published, with the totals it carries."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from sozialraum.disclosure.inference import (
    FINDINGS,
    Statement,
    findings,
    from_rate,
    shown,
    sums_to,
)
from sozialraum.errors import InputError

TOTAL_WORDS = ("insgesamt", "gesamt", "summe", "total", "zusammen", "alle")
_NOT_COUNTS = ("name", "population", "share", "area_id")
MOST_PARTS = 12


def audit_table(path: str | Path, *, protection: int = 3) -> pd.DataFrame:
    r"""Audit one table: rows against their totals, columns against theirs, shares against both.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV, or a workbook (its first sheet). A column `area_id` and at least one column of counts
        (`recipients`, or any others); a withheld count is an empty cell or a marker such as ``*``.
        With `population` a count has an upper end, and `share` (of the first column of counts) is
        read with its printed digits. A row whose id is the beginning of other ids is their total:
        '0410' of '04100101'; a row named 'Insgesamt' or 'total' is the total of all. A column
        that is the sum of some others in every complete row is taken for their total.
    protection : int
        Smallest number of persons that may be shown, and width of every withheld interval.

    Returns
    -------
    pandas.DataFrame
        Findings as in `sozialraum.disclosure.inference.findings`; cells are named by their id, and
        by id and column where there are several columns of counts.

    Raises
    ------
    InputError
        A column is missing, an id occurs twice, or the figures contradict each other.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> text = "area_id,recipients\n04100101,40\n04100102,\n041001,42\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "table.csv"
    ...     _ = path.write_text(text)
    ...     len(audit_table(path))
    1
    """
    where = Path(path).name
    text = _read(Path(path))
    if "area_id" not in text or len(text.columns) < 2:
        raise InputError(
            "The table lacks the column 'area_id' or a column of counts",
            where=where,
            expected="columns area_id and recipients, a withheld count as an empty cell",
        )
    ids = text.pop("area_id").str.strip()
    total = ids.str.casefold().isin(TOTAL_WORDS)
    ids = ids.mask(total, "")
    if not ids.is_unique:
        raise InputError("An area occurs twice in the table", where=where)
    text = text.set_axis(pd.Index(ids, name="area_id"))
    counts = _counts(text, where)
    people = _numbers(text["population"]) if "population" in text else None
    above = parents(list(counts.index))
    said: list[Statement] = []
    for column in map(str, counts.columns):
        label = _label(column, len(counts.columns))
        said += [shown(label(i), n) for i, n in counts[column].dropna().items()]
        said += _sums(counts[column], above, people, label)
    for whole, parts in column_sums(counts):
        for i in counts.index:
            names = [_label(c, 2)(i) for c in (whole, *parts)]
            said.append(sums_to(names[0], names[1:]))
    first = _label(counts.columns[0], len(counts.columns))
    if people is not None and "share" in text:
        said += _shares(text["share"], people, counts[counts.columns[0]], first)
    known: dict[str, tuple[float, float]] = {}
    for column in map(str, counts.columns):
        label = _label(column, len(counts.columns))
        for i in counts.index:
            most = np.inf if people is None or np.isnan(people[i]) else float(people[i])
            count = float(counts[column][i])
            known[label(i)] = (0.0, most if np.isnan(count) else max(most, count))
    return findings(known, said, protection=protection) if known else _nothing()


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=list(FINDINGS))


def _label(column: str, columns: int):  # type: ignore[no-untyped-def]
    def named(area: str) -> str:
        return (area or "total") + (f" {column}" if columns > 1 else "")

    return named


def _read(path: Path) -> pd.DataFrame:
    """The table as text."""
    from sozialraum.sources.tables import read_table

    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        frame = read_table(path)
    else:
        from sozialraum.sources.workbook import open_workbook

        sheet = open_workbook(path).sheets[0]
        if not sheet.cells:
            raise InputError("The sheet is empty", where=f"{path.name}, sheet {sheet.name}")
        rows = sorted({r for r, _ in sheet.cells})
        columns = sorted({c for _, c in sheet.cells})
        values = [[_plain(sheet.cells.get((r, c))) for c in columns] for r in rows]
        frame = pd.DataFrame(values[1:], columns=values[0], dtype=object)
    frame.columns = [str(c).strip() for c in frame.columns]
    return frame.rename(
        columns={c: c.casefold() for c in map(str, frame) if c.casefold() in _NOT_COUNTS}
    )


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _numbers(column: pd.Series) -> pd.Series:
    from sozialraum.sources.cells import COUNTS, parse_cells

    return parse_cells(column, COUNTS)["value"]


def _counts(text: pd.DataFrame, where: str) -> pd.DataFrame:
    """Columns that hold counts; others than `recipients` where they hold nothing else."""
    found = {}
    for column in text.columns.drop(list(_NOT_COUNTS), errors="ignore"):
        try:
            values = _numbers(text[column])
        except InputError:
            if column == "recipients":
                raise
            continue
        if values.notna().any() or column == "recipients":
            found[column] = values
    if not found:
        raise InputError("The table has no column of counts", where=where, expected="recipients")
    counts = pd.DataFrame(found)
    first = [c for c in ("recipients",) if c in counts]
    return counts[[*first, *(c for c in counts if c not in first)]]


def parents(ids: Sequence[str]) -> dict[str, str]:
    """The total each row belongs to: the longest other id that its own begins with.

    Examples
    --------
    >>> parents(["", "0410", "04100101"])
    {'0410': '', '04100101': '0410'}
    """
    by_length = sorted(ids, key=len, reverse=True)
    above = {}
    for i in ids:
        found = next((j for j in by_length if len(j) < len(i) and i.startswith(j)), None)
        if found is not None:
            above[i] = found
    return above


def _sums(counts: pd.Series, above: dict[str, str], people: pd.Series | None, label) -> list:  # type: ignore[no-untyped-def,type-arg]
    """Totals as sums of the rows below them, where the figures can be read like that."""
    result = []
    for total in dict.fromkeys(above.values()):
        parts = [i for i, t in above.items() if t == total]
        rest = counts[total] - counts[parts].sum()
        hidden = [i for i in parts if np.isnan(counts[i])]
        most = np.inf if people is None else people[hidden].fillna(np.inf).sum()
        if hidden and not (rest < 0.5 or rest > most):
            result.append(sums_to(label(total), [label(i) for i in parts]))
    return result


def _shares(text: pd.Series, people: pd.Series, counts: pd.Series, label) -> list[Statement]:  # type: ignore[no-untyped-def]
    """Printed shares of withheld counts, in percent where they carry the sign or exceed 1."""
    digits = text.str.extract(r"[.,](\d+)", expand=False).str.len().max()
    digits = 0 if np.isnan(digits) else int(digits)
    numbers = pd.to_numeric(
        text.str.replace(",", ".").str.replace(r"[^\d.\-]", "", regex=True), errors="coerce"
    )
    if text.str.contains("%").any() or (numbers > 1).any():
        numbers, digits = numbers / 100, digits + 2
    bounds = from_rate(numbers, people, digits=digits)[counts.isna() & numbers.notna()]
    return [
        Statement(f"share of {label(str(i))}", (label(str(i)),), (1.0,), lo, hi, 0.5)
        for i, lo, hi in bounds.dropna()[["lo", "hi"]].itertuples()
    ]


def column_sums(counts: pd.DataFrame) -> list[tuple[str, tuple[str, ...]]]:
    """Columns that are the sum of others in every complete row, each with its fewest parts.

    Examples
    --------
    >>> column_sums(pd.DataFrame({"all": [5.0, 9], "men": [2.0, 4], "women": [3.0, 5]}))
    [('all', ('men', 'women'))]
    """
    result: list[tuple[str, tuple[str, ...]]] = []
    if not 3 <= len(counts.columns) <= MOST_PARTS:
        return result
    columns = [str(c) for c in counts.columns]
    for whole in columns:
        others = [c for c in columns if c != whole]
        for size in range(2, len(others) + 1):
            parts = next(
                (p for p in combinations(others, size) if _adds_up(counts, whole, p)), None
            )
            if parts is not None:
                result.append((whole, parts))
                break
    return result


def _adds_up(counts: pd.DataFrame, whole: str, parts: tuple[str, ...]) -> bool:
    complete = counts[[whole, *parts]].dropna()
    sums = complete[list(parts)].sum(axis=1)
    return len(complete) >= 2 and bool((sums == complete[whole]).all()) and bool((sums > 0).any())
