"""The readers as a fuzzer sees them: bytes in, a result or one clear error out."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sozialraum.errors import SozialraumError


@dataclass(frozen=True)
class Target:
    """One reader with small, sound inputs to start from.

    Attributes
    ----------
    name : str
    suffix : str
        Ending of the file the bytes are written to.
    read : callable
        Reads the file; may raise `SozialraumError` and nothing else.
    seeds : tuple of bytes
    words : tuple of bytes
        Pieces that matter to this reader, inserted by mutation.
    """

    name: str
    suffix: str
    read: Callable[[Path], object]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()

    def call(self, content: bytes, folder: Path) -> str:
        """Write, read, and say how it ended: 'read' or 'refused'."""
        path = folder / f"input{self.suffix}"
        path.write_bytes(content)
        try:
            self.read(path)
        except SozialraumError as error:
            text = str(error)
            if "\n" in text.strip() or not text:
                raise AssertionError(f"not one paragraph: {text!r}") from error
            return "refused"
        return "read"


TABLE_WORDS = tuple(
    w.encode()
    for w in (
        *(";", ",", "\t", "|", '"', '""', "\r\n", "\n", "\r", "\ufeff", "\0", "*", "-", "–", "."),
        *("x", "/", "•", "-9999", "1.234", "1 234,5", "1e308", "nan", "inf", "0x10", "−5", "٣"),
        *("=cmd|' /C calc'!A0", "<script>", "04100102", "4100102", " ", "\u2028", "9" * 40),
    )
)
JSON_WORDS = tuple(
    w.encode()
    for w in (
        *("null", "true", "[]", "{}", "[[]]", "1e999", "-1e999", "NaN", "Infinity", "1e-320"),
        *('"type"', '"Polygon"', '"MultiPolygon"', '"GeometryCollection"', '"Point"', '"crs"'),
        *("[" * 50, "]" * 50, '{"a":' * 20, ",", ":", '"', "\\u0000", "\\ud800", "9" * 400),
    )
)
XML_WORDS = tuple(
    w.encode()
    for w in (
        *('<!DOCTYPE a [<!ENTITY b "c">]>', "&b;", "&#0;", "<c r='A1'/>", "<v>1e999</v>", "<f/>"),
        *(
            't="s"',
            't="e"',
            'r="XFE1048577"',
            'ref="A1:XFD1048576"',
            "<mergeCell",
            "]]>",
            "<![CDATA[",
        ),
        *('TargetMode="External"', "../../etc/passwd", 'encoding="utf-16"', "<is><t>", "</row>"),
    )
)
YAML_WORDS = tuple(
    w.encode()
    for w in (
        *("!!python/object/apply:os.system ['id']", "&a [*a]", "*a", "<<: *a", "{", "[", "}", "]"),
        *(": ", "- ", "|", ">", "../../etc/passwd", "/etc/passwd", "C:\\", "1e999", ".nan", ".inf"),
        *("null", "0o17", "04100102", "2024-13-45", "9" * 40, "\t", "!!binary", "? ", "---\n", "%"),
    )
)


@cache
def targets() -> dict[str, Target]:
    """Every reader by name."""
    from sozialraum.demo import folder
    from sozialraum.sources import (
        ba,
        ewr,
        grid,
        layers,
        lor,
        mss,
        tables,
        venue_list,
        venues,
        workbook,
    )
    from sozialraum.study import load_study

    demo = folder()

    def lines(name: str, count: int = 12) -> bytes:
        return b"".join((demo / name).read_bytes().splitlines(keepends=True)[:count])

    def features(name: str, count: int = 2) -> bytes:
        document = json.loads((demo / name).read_bytes())
        document["features"] = document["features"][:count]
        return json.dumps(document, ensure_ascii=False).encode()

    def a_list(kind: str) -> Callable[[Path], object]:
        file: Any = SimpleNamespace(kind=kind, venue_type="Bibliothek", source="")
        return lambda path: venues.read_venues(path, file)

    def areas(path: Path) -> object:
        return lor.read_areas(path)

    plain = io.BytesIO()
    template = Path(_scratch()) / "template.csv"
    venue_list.template(template)
    plain.write(template.read_bytes())
    plain.write(
        "Haus;Weg 1;10585;Verein e. V.;öffentlich;Bibliothek;;ja;Mo;;nein;;12.39;52.96\n".encode()
    )
    districts = features("bezirke/bezirksgrenzen.geojson")
    for ours, theirs in ((b"PLR_ID", b"Gemeinde_schluessel"), (b"PLR_NAME", b"Gemeinde_name")):
        districts = districts.replace(theirs, ours)
    districts = re.sub(rb'("PLR_ID": ")0(\d\d)"', rb'\g<1>040001\2"', districts)
    parts = {s: _vector(s) for s in (".shp", ".shx", ".dbf", ".prj")}

    def shapefile(path: Path) -> object:
        for suffix in set(parts) - {path.suffix}:
            path.with_suffix(suffix).write_bytes(parts[suffix])
        return areas(path.with_suffix(".shp"))

    geojson = (_square(), districts)
    found = [
        Target(
            "table",
            ".csv",
            tables.read_table,
            (lines("ewr/EWR202412E_Matrix.csv", 4),),
            TABLE_WORDS,
        ),
        Target(
            "register",
            ".csv",
            ewr.read_register,
            (lines("ewr/ewr_2024-12-31_t2_plr.csv", 4), lines("ewr/EWR202412E_Matrix.csv", 4)),
            TABLE_WORDS,
        ),
        Target(
            "indicators",
            ".csv",
            mss.read_indicators,
            (lines("mss/2025/mss_2025_index_indikatoren.csv", 6),),
            TABLE_WORDS,
        ),
        Target(
            "grid",
            ".csv",
            grid.read_grid,
            (lines("population_grid/population_100m.csv"),),
            TABLE_WORDS,
        ),
        Target(
            "stops",
            ".csv",
            layers.read_stops,
            (lines("transit/osm_ubahn-stops.csv", 6),),
            TABLE_WORDS,
        ),
        Target(
            "centres",
            ".csv",
            a_list("stadtteilzentren"),
            (lines("venues/stadtteilzentren.csv", 5),),
            TABLE_WORDS,
        ),
        Target("venues", ".csv", a_list("plain"), (plain.getvalue(),), TABLE_WORDS),
        Target("osm", ".csv", a_list("osm"), (lines("venues/osm_libraries.csv", 6),), TABLE_WORDS),
        Target(
            "clubs",
            ".geojson",
            a_list("jugendfreizeit"),
            (features("venues/jugendfreizeiteinrichtungen.geojson"),),
            JSON_WORDS,
        ),
        Target("geojson", ".geojson", areas, geojson, JSON_WORDS),
        Target(
            "layer",
            ".geojson",
            layers.read_layer,
            (features("layers/gruen.geojson"), _square()),
            JSON_WORDS,
        ),
        Target("geopackage", ".gpkg", areas, (_vector(".gpkg"),)),
        Target("geoparquet", ".parquet", areas, (_vector(".parquet"),)),
        Target("shapefile", ".shp", shapefile, (parts[".shp"],)),
        Target("dbase", ".dbf", shapefile, (parts[".dbf"],)),
        Target("workbook", ".xlsx", workbook.open_workbook, (_workbook(),), XML_WORDS),
        Target("counts", ".xlsx", ba.read_workbook, (_workbook(),), XML_WORDS),
        Target("study", ".yaml", load_study, _studies(), YAML_WORDS),
    ]
    return {t.name: t for t in found}


@cache
def _scratch() -> str:
    import tempfile

    return tempfile.mkdtemp(prefix="fuzz-seeds-")


def _square() -> bytes:
    ring = [[13.3, 52.5], [13.31, 52.5], [13.31, 52.51], [13.3, 52.51], [13.3, 52.5]]
    feature = {
        "type": "Feature",
        "properties": {"PLR_ID": "04100102", "PLR_NAME": "Kiez"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def _vector(suffix: str) -> bytes:
    import geopandas as gpd
    import shapely

    frame = gpd.GeoDataFrame(
        {"PLR_ID": ["04100102", "04100103"], "PLR_NAME": ["Kiez", "Aue"]},
        geometry=[
            shapely.box(383000, 5820000, 384000, 5821000),
            shapely.box(384000, 5820000, 385000, 5821000),
        ],
        crs="EPSG:25833",
    )
    path = Path(_scratch()) / f"areas{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path.with_suffix(suffix if suffix == ".gpkg" else ".shp"))
    return path.read_bytes()


def _workbook() -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Tabelle")
        for row, cells in enumerate(
            [
                ["Leistungsberechtigte nach Planungsräumen", "", ""],
                ["Berichtsmonat: Dezember 2024", "", ""],
                ["Planungsraum", "Regelleistungsberechtigte", "unter 25"],
                ["04100102", 412, "*"],
                ["04100103", "1 234", "-"],
                ["Insgesamt", 1646, 90],
            ]
        ):
            sheet.write_row(row, 0, cells)
        sheet.merge_range(7, 0, 7, 2, "* Werte unter 3 sind gesperrt.")
        sheet.write_formula(8, 1, "=B4+B5", value=1646)
    return repacked(out.getvalue())


def repacked(content: bytes) -> bytes:
    """The archive without compression, so that a mutation of bytes reaches its XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(zipfile.ZipInfo(info.filename), old.read(info))
    return out.getvalue()


def _studies() -> tuple[bytes, ...]:
    short = "extends: demo\nname: mine\nsiting: {rooms: 3}\ndisclosure: {minimum_count: 3}\n"
    whole = """name: mine
title: T
region: {name: A, city: B, prefix: "04"}
area_layer: {path: a.shp, id_digits: 8}
levels:
  - {key: region, title: Bezirksregion, digits: 6}
population: {path: p.csv, reference_date: 2024-12-31}
editions:
  - {id: "2025", path: i.csv, reference_date: 2024-12-31, indicators: [S1, S3, S4]}
indicators: {edition: "2025", excluded: [04100102]}
targets:
  everybody: {title: Alle, rank_by: need_index, weight_by: recipients}
venues:
  files:
    - {path: v.csv, kind: plain}
"""
    return short.encode(), whole.encode()
