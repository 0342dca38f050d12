"""GeoPackage and GeoParquet keep the rules of their standards, checked on a finished run."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator

import jsonschema
import pyarrow.parquet as pq
import pytest
import shapely

TYPES = r"BOOLEAN|TINYINT|SMALLINT|MEDIUMINT|INT|INTEGER|FLOAT|DOUBLE|REAL|DATE|DATETIME"
TYPES += r"|(TEXT|BLOB)(\(\d+\))?|MULTIPOLYGON|POINT"
ENVELOPE = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}

# The rules of the GeoParquet 1.1.0 metadata schema (geoparquet.org) that concern what is written.
GEOPARQUET = {
    "type": "object",
    "required": ["version", "primary_column", "columns"],
    "properties": {
        "version": {"type": "string", "pattern": r"^1\.[01]\.\d+$"},
        "primary_column": {"type": "string", "minLength": 1},
        "columns": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["encoding", "geometry_types"],
                "properties": {
                    "encoding": {"enum": ["WKB"]},
                    "geometry_types": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"enum": ["Point", "Polygon", "MultiPolygon"]},
                    },
                    "crs": {"type": ["object", "null"]},
                    "edges": {"enum": ["planar", "spherical"]},
                    "orientation": {"enum": ["counterclockwise"]},
                    "bbox": {"type": "array", "minItems": 4, "items": {"type": "number"}},
                },
            },
        },
    },
}


@pytest.fixture
def database(demo_folder) -> Iterator[sqlite3.Connection]:
    uri = f"file:{demo_folder / 'areas.gpkg'}?mode=ro"
    connection = sqlite3.connect(uri, uri=True)
    yield connection
    connection.close()


def rows(database: sqlite3.Connection, query: str) -> list[tuple]:
    return database.execute(query).fetchall()


def test_the_file_declares_a_geopackage_and_is_sound(database) -> None:
    assert rows(database, "PRAGMA application_id") == [(0x47504B47,)]  # 'GPKG', requirement 2
    assert rows(database, "PRAGMA user_version")[0][0] >= 10200
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]  # requirement 6
    assert rows(database, "PRAGMA foreign_key_check") == []  # requirement 7
    systems = dict(
        rows(database, "SELECT srs_id, organization_coordsys_id FROM gpkg_spatial_ref_sys")
    )
    assert {-1, 0, 4326} <= set(systems)  # requirement 11


def test_every_layer_is_registered_with_its_geometry_and_its_index(database) -> None:
    features = rows(
        database,
        "SELECT table_name, srs_id, last_change FROM gpkg_contents WHERE data_type = 'features'",
    )
    columns = {
        name: rest
        for name, *rest in rows(
            database,
            "SELECT table_name, column_name, geometry_type_name, srs_id, z, m "
            "FROM gpkg_geometry_columns",
        )
    }
    assert {name for name, *_ in features} == set(columns)  # requirement 22
    for name, system, changed in features:
        column, kind, of_column, z, m = columns[name]
        assert system == of_column  # requirement 146
        assert (z, m) == (0, 0)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", changed)  # requirement 15
        described = rows(database, f'PRAGMA table_info("{name}")')
        keys = [c for c in described if c[5]]
        assert [(c[2], c[5]) for c in keys] == [("INTEGER", 1)]  # requirement 29
        assert all(re.fullmatch(TYPES, c[2]) for c in described), described  # requirement 5
        number = rows(database, f'SELECT count(*) FROM "{name}"')[0][0]
        indexed = rows(database, f'SELECT count(*) FROM "rtree_{name}_{column}_rowid"')[0][0]
        assert number == indexed
        for (blob,) in rows(database, f'SELECT "{column}" FROM "{name}"'):
            check_geometry(blob, kind, system)


def check_geometry(blob: bytes, kind: str, system: int) -> None:
    """Header of requirement 19 and a valid body of the declared type."""
    assert blob[:2] == b"GP"
    assert blob[2] == 0
    order = "little" if blob[3] & 1 else "big"
    assert int.from_bytes(blob[4:8], order) == system
    size = 8 + ENVELOPE[(blob[3] >> 1) & 7]
    shape = shapely.from_wkb(blob[size:])
    assert shape.geom_type.upper() == kind
    assert shape.is_valid


def test_extensions_and_styles_are_declared(database) -> None:
    for table, definition in rows(database, "SELECT table_name, definition FROM gpkg_extensions"):
        assert table
        assert definition.startswith("http")
    registered = rows(
        database, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
    )
    assert registered == [("attributes",)]
    styled = {r[0] for r in rows(database, "SELECT f_table_name FROM layer_styles")}
    layers = {r[0] for r in rows(database, "SELECT table_name FROM gpkg_geometry_columns")}
    assert styled <= layers
    assert {"areas", "regions", "rooms", "units", "offices"} <= styled


def test_the_parquet_file_carries_the_metadata_of_geoparquet(demo_folder) -> None:
    path = demo_folder / "areas.parquet"
    described = pq.read_schema(path)
    metadata = json.loads(described.metadata[b"geo"])
    jsonschema.validate(metadata, GEOPARQUET)
    primary = metadata["columns"][metadata["primary_column"]]
    assert str(described.field(metadata["primary_column"]).type) == "binary"
    assert primary["crs"]["id"] == {"authority": "EPSG", "code": 25833}
    shapes = shapely.from_wkb(pq.read_table(path)[metadata["primary_column"]].to_pylist())
    assert shapely.is_valid(shapes).all()
    assert {s.geom_type for s in shapes} <= set(primary["geometry_types"])
    assert shapely.total_bounds(shapes).tolist() == pytest.approx(primary["bbox"])
