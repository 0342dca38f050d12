"""The audit of a finished run: an attacker who has every file of the folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.errors import InputError
from sozialraum.publish.attacker import attack, earlier_statements
from sozialraum.publish.columns import describe
from sozialraum.publish.folder import NOTICE
from sozialraum.publish.meanings import heading

if TYPE_CHECKING:
    from sozialraum.publish.content import Content

JSON_BLOCK = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
DRAWN = 250_000  # bytes; a page with more is a map, no table, and takes long to read
KEYS = {"areas": "area_id", "regions": "region_id"}
STAMPS = ("nicht zur Weitergabe", "not to be passed on")
"""What files of an internal run say, in the languages of studies."""


def audit_folder(folder: str | Path, *, earlier: str | Path | None = None) -> list[str]:
    """Everything that can be inferred about withheld counts from a finished run.

    Figures are gathered from every file (CSV, all sheets of the workbook, GeoPackage, GeoParquet,
    map, tables of the report): what one file withholds and another shows is known. Then
    `publish.attacker.attack` combines them with totals, shares, weights, the people at places and,
    if given, an earlier run.

    Parameters
    ----------
    folder : path
        Result of a run; its manifest must be there and match.
    earlier : path, optional
        Result of an earlier run of the same region that readers already have.

    Returns
    -------
    list of str
        One sentence for each finding: what is known, how, and what would mend it. Empty: nothing.

    Raises
    ------
    InputError
        No finished run, or a file was changed after it.

    Examples
    --------
    >>> import tempfile
    >>> import sozialraum as sr
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     sr.publish.audit_folder(empty)
    Traceback (most recent call last):
        ...
    sozialraum.errors.InputError: ...
    """
    from dataclasses import replace

    from sozialraum.publish.finished import read_run

    place = Path(folder)
    run = read_run(place)
    content = run.content
    told = list(_told(place, content))
    findings = [
        f"{key}: {file} shows {column} = {value:g}, which areas.gpkg withholds. Write all files of "
        "a run from one release."
        for file, level, key, column, value in _contradictions(told, content)
    ]
    findings += [
        f"{file} lacks the stamp 'intern, nicht zur Weitergabe', though the run is internal."
        for file in unstamped(place)
        if content.info.internal
    ]
    merged = replace(
        content, areas=_merged(content, told, "areas"), regions=_merged(content, told, "regions")
    )
    beside, note = (
        ([], "") if earlier is None else earlier_statements(merged, read_run(earlier).content)
    )
    for row in attack(merged, beside=beside).to_dict("records"):
        lo, hi, how, fix = (row[k] for k in ("lo", "hi", "how", "fix"))
        known = f"{lo:.0f}" if row["exact"] else f"{lo:.0f} to {hi:.0f}"
        mend = f" Withhold {fix}." if fix else " Nothing that can be withheld helps."
        because = f" ({note})" if note and "earlier" in str(how) else ""
        findings.append(f"{row['cell']}: {known} recipients follow from {how}{because}.{mend}")
    return findings


def map_data(path: Path) -> dict[str, Any]:
    """The data block of a run's map."""
    found = JSON_BLOCK.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise InputError("The map has no data block", where=str(path), expected="a map of a run")
    return json.loads(found[1])


def _told(place: Path, content: Content) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """File, level ('areas' or 'regions') and its table, index id, columns by machine name."""
    for level, name in (("areas", "ranking.csv"), ("regions", "regions.csv")):
        yield (
            name,
            level,
            pd.read_csv(place / name, dtype={KEYS[level]: str}).set_index(KEYS[level]),
        )
    yield "areas.parquet", "areas", pd.read_parquet(place / "areas.parquet")
    data = map_data(place / "map.html")
    for level in KEYS:
        columns = {k: v for k, v in data[level].items() if k not in ("id", "rings", "x", "y", "r")}
        yield "map.html", level, pd.DataFrame(columns, index=data[level]["id"])
    yield from _sheets(place / "tables.xlsx", content)
    yield from _report(place / "report.pdf", content)


def _sheets(path: Path, content: Content) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Every sheet with areas or Bezirksregionen; headers are the titles of columns."""
    from sozialraum.sources.workbook import open_workbook

    columns = {str(c) for f in (content.areas, content.regions) for c in f} | set(KEYS.values())
    names = {heading(describe(c), content.study).title: c for c in sorted(columns)}
    for sheet in open_workbook(path).sheets:
        rows = sorted({row for row, _ in sheet.cells})
        for head in rows[:3]:
            found = {
                column: names[str(title)]
                for (row, column), title in sheet.cells.items()
                if row == head and str(title) in names
            }
            level = next((k for k, key in KEYS.items() if key in found.values()), None)
            if level is None:
                continue
            frame = pd.DataFrame(
                [[sheet.cells.get((row, c)) for c in found] for row in rows if row > head],
                columns=list(found.values()),
            )
            frame = frame.loc[:, ~frame.columns.duplicated()].dropna(subset=[KEYS[level]])
            again = frame.groupby(KEYS[level]).cumcount()  # several rows an area: each for itself
            for _, rows_once in frame.groupby(again):
                yield f"tables.xlsx ({sheet.name})", level, rows_once.set_index(KEYS[level])
            break


def _report(path: Path, content: Content) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Counts of the report's table of areas: the number behind id, name and residents.

    Reads nothing where pypdf is not installed (`report_is_read`).
    """
    if not report_is_read():
        return
    import pypdf

    from sozialraum.publish.numbers import number

    pages = [
        p
        for p in pypdf.PdfReader(path).pages
        if (c := p.get_contents()) is not None and len(c.get_data()) < DRAWN
    ]
    text = "\n".join(page.extract_text() for page in pages)
    text = re.sub(r"[\u00a0\u202f]", " ", text)
    for level in KEYS:
        frame = getattr(content, level)
        counts = {}
        for key, name, people in zip(frame.index, frame["name"], frame["population"], strict=True):
            if pd.isna(people):
                continue
            residents = re.escape(number(people, language=content.study.language))
            row = f"{re.escape(str(key))} {re.escape(str(name))} {residents}"
            if found := re.search(row + r" (\d{1,3}(?:[.,]\d{3})*|\d+)(?=\s|$)", text):
                counts[str(key)] = float(re.sub(r"[.,]", "", found[1]))
        yield "report.pdf", level, pd.DataFrame({"recipients": pd.Series(counts, dtype=float)})


def report_is_read() -> bool:
    """Whether the text of the report can be read here (pypdf is an optional package)."""
    import importlib.util

    return importlib.util.find_spec("pypdf") is not None


def _contradictions(
    told: list[tuple[str, str, pd.DataFrame]], content: Content
) -> Iterator[tuple[str, str, str, str, float]]:
    """Numbers that one file shows and the GeoPackage withholds."""
    for file, level, table in told:
        ours = getattr(content, level)
        for column in table.columns.intersection(ours.columns):
            theirs = pd.to_numeric(table[column], errors="coerce").reindex(ours.index)
            # a column of the page may be rounded, so only whether it is there is compared
            for key in ours.index[ours[column].isna() & theirs.notna()]:
                yield file, level, str(key), str(column), float(theirs[key])


def _merged(content: Content, told: list[tuple[str, str, pd.DataFrame]], level: str) -> Any:
    """Everything the files say about areas or Bezirksregionen."""
    merged = getattr(content, level).copy()
    for _, of, table in told:
        if of != level:
            continue
        for column in table.columns.intersection(merged.columns):
            gaps = merged[column].isna()
            if gaps.any() and pd.api.types.is_numeric_dtype(merged[column]):
                values = pd.to_numeric(table[column], errors="coerce").reindex(merged.index)
                merged[column] = merged[column].astype(float).where(~gaps, values.astype(float))
    return merged


def unstamped(place: Path) -> list[str]:
    """Files of an internal run that do not say that they are not to be passed on."""
    lacking = []
    for name, shows in (
        ("map.html", lambda p: map_data(p)["info"]["internal"] is True),
        ("manifest.json", lambda p: json.loads(p.read_bytes())["internal"] is True),
        ("datapackage.json", lambda p: _is_stamped(p.read_text("utf-8"))),
        (NOTICE, lambda p: p.is_file()),
        ("areas.parquet", lambda p: _is_stamped(p.read_bytes().decode("latin-1"))),
        ("areas.gpkg", lambda p: _is_stamped(p.read_bytes().decode("latin-1"))),
        ("tables.xlsx", _workbook_is_stamped),
    ):
        if not shows(place / name):
            lacking.append(name)
    return lacking


def _workbook_is_stamped(path: Path) -> bool:
    from sozialraum.sources.workbook import open_workbook

    cells = open_workbook(path).sheets[0].cells.values()
    return any(_is_stamped(str(value)) for value in cells)


def _is_stamped(text: str) -> bool:
    return any(stamp in text for stamp in STAMPS)
