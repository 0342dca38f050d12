"""What files hold that somebody puts into a folder: areas, tables of counts, a grid, rooms.

Only what a first study needs is looked for. A guess is an offer: who writes the study is shown it
and decides (see `sozialraum.areas.draft`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.cells import COUNTS, MEASURES, parse_cells
from sozialraum.sources.tables import normal_name, read_table

if TYPE_CHECKING:
    from sozialraum.sources.vector import Layer

VECTOR = (".shp", ".gpkg", ".geojson", ".json", ".parquet")
TEXT = (".csv", ".txt")
MOST_SKIPPED = 6
ENOUGH = 0.8
"""Part of a column's cells that must be areas for it to be the key."""

RESIDENTS = re.compile(r"einwohner|bevölkerung|population|residents", re.IGNORECASE)
RECIPIENTS = re.compile(
    r"sgb|leistungsber|leistungsbez|regelleist|bedarfsgem|recipients|grundsich", re.IGNORECASE
)
ELDERLY = re.compile(r"(?:ab|über|von)?\s*65|65.*(?:älter|mehr)", re.IGNORECASE)
_ID = re.compile(r"id\b|_id|schl|kenn|nummer|\bnr\b|key|code", re.IGNORECASE)
_NAME = re.compile(r"name|bezeichn|titel|gebiet|ortsteil|stadtteil", re.IGNORECASE)
_MEASURE = re.compile(r"merkmal|indikator|kennzahl|measure|variable|art\b", re.IGNORECASE)


@dataclass(frozen=True)
class Areas:
    """A polygon layer: its columns of ids and names, its ids, and the CRS to measure in."""

    path: str
    id: str
    name: str
    names: dict[str, str]
    digits: int | None
    metric_crs: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of the areas: its key column and the headings of its figures."""

    path: str
    key: str
    match: str
    figures: tuple[str, ...]
    skip_lines: int = 0
    totals_at_end: int = 0
    measure: str | None = None
    value: str | None = None
    only: dict[str, str] = field(default_factory=dict)

    def like(self, pattern: re.Pattern[str], *, but: Sequence[str] = ()) -> list[str]:
        """Headings that speak of something, the shorter ones first."""
        found = [f for f in self.figures if pattern.search(f) and f not in but and "%" not in f]
        return sorted(found, key=len)


@dataclass
class Found:
    """Everything that was recognised in a folder."""

    areas: list[Areas] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    grids: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def inspect_folder(root: Path, files: Sequence[Path] = ()) -> Found:
    """Recognise the files of a folder.

    Parameters
    ----------
    root : pathlib.Path
        The data folder; paths in the result are relative to it.
    files : sequence of pathlib.Path, optional
        Only these.

    Returns
    -------
    Found
        Files that are none of the four kinds are listed as unknown, with nothing raised.
    """
    paths = sorted(files) if files else sorted(p for p in root.rglob("*") if p.is_file())
    paths = [
        p for p in paths if not any(part.startswith(".") for part in p.relative_to(root).parts)
    ]
    found = Found()
    rest = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() in VECTOR:
            layer = _areas(path, name)
            if layer is not None:
                found.areas.append(layer)
            else:
                found.unknown.append(name)
        elif path.suffix.lower() in (*TEXT, ".xlsx"):
            rest.append((path, name))
    found.areas.sort(key=lambda a: -len(a.names))
    for path, name in rest:
        kind = _kind_of_text(path)
        if kind == "grid":
            found.grids.append(name)
        elif kind == "rooms":
            found.rooms.append(name)
        elif found.areas and (table := _table(path, name, found.areas[0])) is not None:
            found.tables.append(table)
        else:
            found.unknown.append(name)
    return found


def _areas(path: Path, name: str) -> Areas | None:
    """The layer as areas, if it has polygons and a column of ids."""
    import shapely

    from sozialraum.sources import vector

    try:
        layer = vector.read_layer(path)
    except InputError:
        return None
    if len(layer.geometry) < 2 or not np.isin(shapely.get_type_id(layer.geometry), (3, 6)).all():
        return None
    columns = {
        c: pd.Series(v, dtype=object).map(lambda x: "" if x is None else str(x).strip())
        for c, v in layer.attributes.items()
    }
    unique = [c for c, v in columns.items() if v.is_unique and (v != "").all()]
    if not unique:
        return None
    key = next((c for c in unique if _ID.search(c)), unique[0])
    words = [c for c, v in columns.items() if v.str.contains("[A-Za-zÄÖÜäöü]{3}").mean() > 0.5]
    label = next((c for c in words if _NAME.search(c) and c != key), None) or next(
        (c for c in words if c != key), key
    )
    ids = columns[key]
    same = len(set(ids.str.len())) == 1 and ids.str.fullmatch("[0-9]+").all()
    return Areas(
        name,
        key,
        label,
        dict(zip(ids, columns[label], strict=True)),
        int(ids.str.len().iloc[0]) if same else None,
        _metric(layer),
        tuple(c for c in columns if c not in (key, label)),
    )


def _metric(layer: Layer) -> str:
    """The layer's own CRS where it is in metres, else the UTM zone of its middle."""
    import pyproj
    import shapely

    crs = pyproj.CRS.from_user_input(layer.crs or "EPSG:4326")
    if crs.is_projected and crs.axis_info[0].unit_name == "metre" and crs.to_epsg():
        return f"EPSG:{crs.to_epsg()}"
    west, _, east, _ = shapely.total_bounds(layer.geometry)
    if crs.is_projected:
        return "EPSG:25832"
    return "EPSG:25832" if (west + east) / 2 < 12 else "EPSG:25833"


def _kind_of_text(path: Path) -> str:
    if path.suffix.lower() == ".xlsx":
        return "table"
    with path.open("rb") as stream:
        head = stream.read(4000).decode("utf-8", "replace").casefold()
    first = next(
        (x for x in head.splitlines() if x.strip() and not x.startswith(("#", "\ufeff#"))), ""
    )
    if "gitter_id" in first:
        return "grid"
    words = set(re.split(r"[;,\t]", first))
    return "rooms" if {"name", "lon", "lat"} <= words else "table"


def _table(path: Path, name: str, areas: Areas) -> Table | None:
    """A table of the areas, or None."""
    if path.suffix.lower() == ".xlsx":
        return _sheet(path, name, areas)
    for skip in range(MOST_SKIPPED):
        try:
            frame = read_table(path, skip_lines=skip)
        except InputError:
            continue
        if not all(str(c).strip() for c in frame):  # a title above the headings
            continue
        key = _key(frame, areas)
        if key is not None:
            return _of_frame(frame, name, *key, areas, skip)
    return None


def _key(frame: pd.DataFrame, areas: Areas) -> tuple[str, str] | None:
    """The column that holds ids or names of the areas."""
    normal = {normal_name(n) for n in areas.names.values()}
    for column in frame:
        cells = frame[column].astype(str).str.strip()
        if cells.isin(set(areas.names)).mean() >= ENOUGH:
            return str(column), "id"
        if cells.map(normal_name).isin(normal).mean() >= ENOUGH:
            return str(column), "name"
    return None


def _of_frame(
    frame: pd.DataFrame, name: str, key: str, match: str, areas: Areas, skip: int
) -> Table | None:
    figures = [str(c) for c in frame if c != key and _is_figures(frame[c])]
    if not figures:
        return None
    if frame[key].is_unique:
        return Table(name, key, match, tuple(figures), skip, _totals(frame[key], match, areas))
    words = [c for c in frame if c != key and c not in figures]
    measure = next((c for c in words if _MEASURE.search(str(c))), words[-1] if words else None)
    if measure is None:
        return None
    others = [c for c in words if c != measure and len(set(frame[c])) > 1]
    only = {str(c): str(sorted(frame[c].unique())[-1]) for c in others}
    value = figures[0]
    named = tuple(str(m) for m in dict.fromkeys(frame[measure]))
    return Table(name, key, match, named, skip, 0, str(measure), value, only)


def _is_figures(cells: pd.Series) -> bool:
    for dialect in (COUNTS, MEASURES):
        try:
            return bool(parse_cells(cells.astype(object), dialect)["value"].notna().mean() > 0.5)
        except InputError:
            continue
    return False


def _totals(keys: pd.Series, match: str, areas: Areas) -> int:
    """Rows at the end that are no areas."""
    known = set(areas.names) if match == "id" else {normal_name(n) for n in areas.names.values()}
    there = [(k if match == "id" else normal_name(k)) in known for k in keys.astype(str)]
    return next((n for n, is_area in enumerate(reversed(there)) if is_area), 0)


def _sheet(path: Path, name: str, areas: Areas) -> Table | None:
    """The same for a worksheet whose headings may span rows and columns."""
    from sozialraum.sources.declared import header_rows, headings
    from sozialraum.sources.layout import clean
    from sozialraum.sources.workbook import open_workbook

    try:
        book = open_workbook(path)
    except InputError:
        return None
    normal = {normal_name(n): i for i, n in areas.names.items()}
    for sheet in (s for s in book.sheets if not s.hidden):
        hits: dict[tuple[int, str], list[int]] = {}
        for (row, column), value in sheet.cells.items():
            text = clean(value)
            if text in areas.names:
                hits.setdefault((column, "id"), []).append(row)
            elif normal_name(text) in normal:
                hits.setdefault((column, "name"), []).append(row)
        if not hits:
            continue
        (column, match), rows = max(hits.items(), key=lambda h: len(h[1]))
        if len(rows) < ENOUGH * len(areas.names):
            continue
        above = [r for r, c in sheet.cells if c == column and r < min(rows)]
        tops = [
            r
            for r in sorted(above)
            if any(c != column and r2 >= r and r2 < min(rows) for r2, c in sheet.cells)
        ]
        if not tops:
            continue
        heading = max(tops)
        top, first = header_rows(sheet, heading, column)
        named: dict[int, list[str]] = headings(sheet, top, first - 1)
        figures = tuple(
            " / ".join(lines) for c, lines in sorted(named.items()) if c != column and lines
        )
        last = max(rows)
        filled: Any = {
            r for r, c in sheet.cells if c == column and r > last and (r, column + 1) in sheet.cells
        }
        key = clean(sheet.cells[heading, column])
        return Table(name, key, match, figures, 0, len(filled))
    return None
