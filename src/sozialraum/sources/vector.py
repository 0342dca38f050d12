"""Vector layers from local files, without any way out to the network.

GDAL recognises a format by content, and some of its formats are pointers to other files or to
services. So a file must be what its ending says before GDAL sees it, GeoJSON does not go through
GDAL at all, and GDAL's and PROJ's own ways to the network are closed.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sozialraum.errors import InputError
from sozialraum.sources.files import MEGABYTE, local_file, read_bytes
from sozialraum.sources.tables import decode

LARGEST_FILE = 300 * MEGABYTE
LARGEST_JSON = 50 * MEGABYTE
MOST_FEATURES = 200_000
MOST_VERTICES = 10_000_000
SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".parquet", ".geoparquet")
_MAGIC = {
    ".shp": b"\x00\x00\x27\x0a",
    ".gpkg": b"SQLite format 3\x00",
    ".parquet": b"PAR1",
    ".geoparquet": b"PAR1",
}


@dataclass(frozen=True)
class Layer:
    """Features of one layer: columns of attributes, geometries, and the CRS the file names."""

    attributes: dict[str, Any]
    geometry: np.ndarray
    crs: str | None
    notes: tuple[str, ...] = ()


def read_layer(path: str | os.PathLike[str], *, geometry: bool = True) -> Layer:
    """Read the first layer of a local vector file.

    Parameters
    ----------
    path : path-like
        A file with one of the endings in `SUFFIXES`.
    geometry : bool
        False leaves geometries out (all None), which is much faster.

    Returns
    -------
    Layer
        ``geometry`` is an array of shapely geometries or None; ``crs`` is None where the file does
        not name one. GeoJSON is in EPSG:4326 unless it has the old ``crs`` member.

    Raises
    ------
    InputError
        No local file, not of the kind its ending says, damaged, or beyond the limits.
    """
    file = local_file(path, limit=LARGEST_FILE, suffixes=SUFFIXES)
    suffix = file.suffix.lower()
    magic = _MAGIC.get(suffix, b"")
    with file.open("rb") as stream:
        if stream.read(len(magic)) != magic:
            raise InputError(f"The file is no {suffix} file", where=str(file))
    if suffix in (".geojson", ".json"):
        layer = _geojson(file)
    elif suffix in (".parquet", ".geoparquet"):
        layer = _geoparquet(file)
    else:
        layer = _gdal(file, geometry)
    _refuse_too_large(layer, file)
    return layer


@lru_cache(maxsize=1)
def close_network() -> None:
    """Close GDAL's and PROJ's ways to the network for this process."""
    import pyogrio
    import pyproj

    pyproj.network.set_network_enabled(False)
    pyogrio.set_gdal_config_options(
        {
            "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
            "GDAL_HTTP_MAX_RETRY": "0",
            "GDAL_HTTP_CONNECTTIMEOUT": "1",
            "GDAL_HTTP_PROXY": "127.0.0.1:9",
            "OGR_SQLITE_LOAD_EXTENSIONS": "NO",
            "PROJ_NETWORK": "OFF",
        }
    )


def _gdal(file: Path, geometry: bool) -> Layer:
    import pyogrio
    import shapely

    close_network()
    if file.suffix.lower() == ".gpkg":
        _refuse_views(file)

    def read() -> Layer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # told again while reading
            info = pyogrio.read_info(file)
        if info["features"] > MOST_FEATURES:
            raise InputError(f"The layer has {info['features']:,} features", where=str(file))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            meta, _, shapes, fields = pyogrio.raw.read(file, read_geometry=geometry)
        notes = tuple(f"{file.name}: GDAL meldet: {str(w.message)[:160]}" for w in told)
        shapes = np.full(info["features"], None) if shapes is None else shapely.from_wkb(shapes)
        columns = dict(zip(meta["fields"], fields, strict=True))
        return Layer(columns, shapes, meta.get("crs"), notes)

    return _or_input_error(read, file)


def _refuse_views(file: Path) -> None:
    """Stop where a layer is a query: it could run without end."""
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            views = database.execute(
                "select s.name from sqlite_master s join gpkg_contents c "
                "on lower(c.table_name) = lower(s.name) where s.type = 'view'"
            ).fetchall()
    except (sqlite3.Error, UnicodeError) as error:
        raise InputError(f"The layer cannot be read: {error}", where=str(file)) from None
    if views:
        raise InputError(f"The layer '{views[0][0]}' is a query, not a table", where=str(file))


def _geoparquet(file: Path) -> Layer:
    import geopandas as gpd

    def read() -> Layer:
        frame = gpd.read_parquet(file)
        crs = frame.crs.to_wkt() if frame.crs is not None else None
        columns = frame.drop(columns=frame.geometry.name)
        return Layer({c: columns[c].to_numpy() for c in columns}, frame.geometry.to_numpy(), crs)

    return _or_input_error(read, file)


def _geojson(file: Path) -> Layer:
    import shapely

    where = str(file)
    text, _ = decode(read_bytes(file, limit=LARGEST_JSON), where=where)
    try:
        document = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:  # half a character, written as an escape, is no text
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The file is no well-formed GeoJSON: {str(error)[:120]}", where=where
        ) from None
    features = document.get("features") if isinstance(document, dict) else None
    if document is None or features is None or not isinstance(features, list):
        raise InputError("The file is no FeatureCollection of GeoJSON", where=where)
    if len(features) > MOST_FEATURES:
        raise InputError(f"The layer has {len(features):,} features", where=where)
    columns: dict[str, list[Any]] = {}
    shapes = np.full(len(features), None, dtype=object)
    for at, feature in enumerate(features):
        try:
            properties = feature.get("properties") or {}
            geometry = feature.get("geometry")
            for key, value in properties.items():
                columns.setdefault(key, [None] * len(features))[at] = value
            if geometry is not None:
                shapes[at] = _shape(geometry)
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"Feature {at + 1} is not well formed: {str(error)[:120]}", where=where
            ) from None
        except shapely.errors.ShapelyError as error:
            raise InputError(
                f"The geometry of feature {at + 1} is not well formed: {str(error)[:120]}",
                where=where,
            ) from None
    return Layer(columns, shapes, _geojson_crs(document, where))


def _shape(geometry: dict[str, Any]) -> Any:
    """A geometry of GeoJSON; polygons ring by ring, which is much faster than point by point."""
    import shapely

    kind = geometry["type"]
    if kind == "Polygon":
        return _polygon(geometry["coordinates"])
    if kind == "MultiPolygon":
        return shapely.multipolygons([_polygon(part) for part in geometry["coordinates"]])
    return shapely.geometry.shape(geometry)


def _polygon(rings: list[Any]) -> Any:
    import shapely

    if not rings:
        return shapely.Polygon()
    arrays = [np.array(ring, dtype=float) for ring in rings]
    if not all(np.isfinite(ring).all() for ring in arrays):
        raise ValueError("a coordinate is no finite number")
    shell, *holes = (shapely.linearrings(ring) for ring in arrays)
    return shapely.polygons(shell, holes or None)  # type: ignore[arg-type]


def _geojson_crs(document: dict[str, Any], where: str) -> str:
    """EPSG:4326 with x = longitude, or what the old ``crs`` member names."""
    member = document.get("crs")
    if member is None:
        return "EPSG:4326"
    try:
        name = member["properties"]["name"]
    except (TypeError, KeyError):
        raise InputError("The crs member of the GeoJSON names no CRS", where=where) from None
    code = str(name).rsplit(":", 1)[-1]
    if code == "CRS84":
        return "EPSG:4326"
    if not code.isdigit():
        raise InputError(f"The CRS '{str(name)[:80]}' is not known", where=where)
    return f"EPSG:{code}"


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")


def _or_input_error(read: Callable[[], Layer], file: Path) -> Layer:
    """Turn whatever a library raises about a damaged file into one clear error."""
    try:
        return read()
    except InputError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # libraries raise dozens of kinds on damaged files
        message = " ".join(str(error).split())[:160]
        raise InputError(f"The layer cannot be read: {message}", where=str(file)) from error


def _refuse_too_large(layer: Layer, file: Path) -> None:
    import shapely

    count = int(shapely.get_num_coordinates(layer.geometry).sum())
    if count > MOST_VERTICES:
        raise InputError(
            f"The layer has {count:,} vertices",
            where=str(file),
            expected=f"at most {MOST_VERTICES:,}",
        )
