"""Geodata of a run: one GeoPackage that opens coloured in QGIS, one GeoParquet of the areas.

Both carry the study's metric CRS and the figures of the tables, with the same digits. Each layer
names its own sources and licences, and every column says what it holds. GDAL stamps times into a
GeoPackage; they are the reference date, so that the same content gives the same bytes on every
run, clock and locale (per version of GDAL and SQLite).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.concentration.surface import LABEL
from sozialraum.errors import InputError
from sozialraum.publish import qml
from sozialraum.publish.columns import Column, describe, rounded
from sozialraum.publish.content import proposed
from sozialraum.publish.meanings import Meanings, heading, unit_of
from sozialraum.publish.origins import attributions, licences, sources_of
from sozialraum.publish.tables import area_columns, region_columns
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.publish.content import Content

LAYERS: dict[str, tuple[str, str]] = {
    "areas": ("Gebiete", "MultiPolygon"),
    "regions": ("Bezirksregionen", "MultiPolygon"),
    "surface": (f"Dichte am Wohnort, geglättet ({LABEL})", "MultiPolygon"),
    "clusters": ("Räumliche Konzentrationen", "MultiPolygon"),
    "units": ("Orte mit Nachfrage (zusammengefasst)", "Point"),
    "offices": ("Bestehende Standorte", "Point"),
    "rooms": ("Räume und ihre Eignung", "Point"),
}
"""Layers of `areas.gpkg` from bottom to top: title in German, geometry type."""

OF_STUDY = "Angaben der Studie"
"""Source of a layer that no published source went into."""

_ROOMS = ("name", "address", "operator", "operator_kind", "operator_reason", "venue_types")
_ROOMS_END = ("eligible", "reason", "suits", "area_id", "sources", "lon", "lat")


def layer(content: Content, key: str) -> gpd.GeoDataFrame:
    """Frame of one layer as it is written: printed digits, ids as columns.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    key : str
        One of `LAYERS`. `rooms` has two columns of its own: `role` ('vorgeschlagen', 'geeignet',
        'nicht geeignet') and `order` within the proposal for everybody with the study's number
        of rooms.

    Returns
    -------
    geopandas.GeoDataFrame

    Raises
    ------
    InputError
        The frame is not in the study's metric CRS.
    """
    import geopandas as gpd

    frame = getattr(content, key)
    if key == "surface" and frame is None:
        frame = _no_surface(content)
    elif key == "clusters":
        frame = frame.rename(columns={"p": "p_value"})  # `p` is a number of rooms elsewhere
    elif key == "rooms":
        frame = _with_role(content)
    if frame.crs != content.study.area_layer.metric_crs:
        raise InputError(
            f"Layer {key!r} is not in the study's metric CRS",
            expected=content.study.area_layer.metric_crs,
            hint="Project every frame with to_crs before it is published",
        )
    flat = pd.DataFrame(frame)  # a GeoDataFrame looks at its geometry at every access
    columns = layer_columns(content, key)
    if frame.index.name in columns:
        flat = flat.reset_index()
    figures = rounded(flat[columns])
    return gpd.GeoDataFrame(figures, geometry=frame.geometry.array)


def layer_columns(content: Content, key: str) -> list[str]:
    """Names of the columns of one layer, in their order, without key and geometry.

    Parameters
    ----------
    content : Content
    key : str
        One of `LAYERS`.
    """
    frame = getattr(content, key)
    if key == "areas":
        further = [c for c in frame if str(c).startswith(("explained_", "weight_"))]
        wanted = [*area_columns(frame), *further]
    elif key == "regions":
        wanted = region_columns()
    elif key == "surface":
        return ["unit_id", "area_id", "per_km2", "behind"]
    elif key == "clusters":
        return ["p_value" if c == "p" else c for c in frame if c != frame.geometry.name]
    elif key == "units":
        wanted = ["unit_id", "area_id", *(c for c in frame if str(c).startswith("people_"))]
    elif key == "offices":
        return ["name", "approximate", "targets"]
    else:
        wanted = ["site_id", *_ROOMS, "role", "order", *_ROOMS_END]
    own = {*frame.columns, frame.index.name, *(("role", "order") if key == "rooms" else ())}
    return [c for c in wanted if c in own]


def _no_surface(content: Content) -> gpd.GeoDataFrame:
    """A study without a grid has no surface; its layer is empty."""
    empty = content.units.iloc[:0][["area_id", "geometry"]]
    return empty.assign(per_km2=0.0, behind=0)


def _with_role(content: Content) -> gpd.GeoDataFrame:
    """Rooms with their part in the headline proposal."""
    chosen = proposed(content.presence, "everybody", content.study.siting.rooms)
    order = chosen.set_index("site_id")["order"]
    rooms = content.rooms.sort_index()
    role = rooms["eligible"].map({True: "geeignet", False: "nicht geeignet"}).astype(object)
    role[rooms.index.isin(order.index)] = "vorgeschlagen"
    why = [own_terms(text, content.study) for text in rooms["operator_reason"]]
    return rooms.assign(role=role, order=order.reindex(rooms.index), operator_reason=why)


def write_gpkg(content: Content, path: Path) -> None:
    """Write `areas.gpkg`: the layers of `LAYERS` and their QGIS styles (`layer_styles`).

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    path : pathlib.Path
        Of the GeoPackage; replaced where it exists.
    """
    import pyogrio

    path.unlink(missing_ok=True)
    styles = []
    with _constant_bytes(content.info.reference_date):
        for key, (title, geometry_type) in LAYERS.items():
            frame = layer(content, key)
            pyogrio.write_dataframe(
                frame,
                path,
                layer=key,
                driver="GPKG",
                append=path.exists(),
                geometry_type=geometry_type,
                promote_to_multi=geometry_type == "MultiPolygon",
                IDENTIFIER=f"{own_terms(title, content.study)} ({content.info.region_name})",
                DESCRIPTION=_description(content, key),
            )
            styles.append((key, qml.style(key, frame, content.study)))
        pyogrio.write_dataframe(
            _styles(styles, content),
            path,
            layer="layer_styles",
            driver="GPKG",
            append=True,
            FID="id",
        )
    describe_columns(content, path)


def _description(content: Content, key: str) -> str:
    """What a layer is, and whom and which licences its own sources ask to name."""
    info, sources = content.info, sources_of(content, key)
    parts = [f"{info.title}, {info.region_name}, Stand {info.reference_date}"]
    parts += ["fiktive Daten"] if info.fictitious else []
    parts += ["intern, nicht zur Weitergabe"] if info.internal else []
    parts += [f"Quellen: {'; '.join(attributions(sources))}"] if sources else [OF_STUDY]
    named = ", ".join(licence["title"] for licence in licences(sources))
    parts += [f"Lizenzen der Quellen: {named}"] if named else []
    return ". ".join([*(own_terms(part, content.study) for part in parts), ""]).strip()


def describe_columns(content: Content, path: Path) -> None:
    """Write heading and meaning of every column into a GeoPackage, where GIS programs look.

    The extension *Schema* of the standard (OGC 12-128r19, F.9): QGIS shows the headings as aliases
    and the meanings as comments, GDAL as alternative names and comments.

    Parameters
    ----------
    content : Content
    path : pathlib.Path
        A GeoPackage with the layers of `LAYERS`.
    """
    meanings, rows = Meanings.in_content(content), []
    for key in LAYERS:
        for name in layer_columns(content, key):
            column = heading(describe(name, key), content.study)
            rows.append((key, name, column.title, _with_unit(meanings.of(column, key), column)))
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("PRAGMA synchronous = OFF")
        base.execute("PRAGMA journal_mode = OFF")
        for statement in _SCHEMA_EXTENSION:
            base.execute(statement)
        base.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, title, description) "
            "VALUES (?, ?, ?, ?)",
            rows,
        )
        base.executemany(
            "INSERT INTO gpkg_extensions (table_name, extension_name, definition, scope) "
            "VALUES (?, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', "
            "'read-write')",
            [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
        )


_SCHEMA_EXTENSION = (
    "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
    "name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, "
    "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
    "CONSTRAINT gdc_tn UNIQUE (table_name, name))",
    "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, "
    "constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, "
    "max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, "
    "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))",
)
"""Tables of the extension, with the names and types that the standard gives them."""


def _with_unit(meaning: str, column: Column) -> str:
    unit = unit_of(column)
    return meaning if unit in ("", "1") else f"{meaning} Einheit: {unit}."


def _styles(styles: list[tuple[str, str]], content: Content) -> pd.DataFrame:
    """Table in which QGIS looks for the default style of a layer."""
    names, texts = zip(*styles, strict=True)
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": names,
            "f_geometry_column": "geom",
            "styleName": names,
            "styleQML": texts,
            "styleSLD": "",
            "useAsDefault": True,
            "description": [own_terms(LAYERS[n][0], content.study) for n in names],
            "owner": "",
            "ui": None,
            "update_time": pd.Timestamp(content.info.reference_date, tz="UTC"),
        }
    )


@contextmanager
def _constant_bytes(reference_date: str) -> Iterator[None]:
    """Let GDAL stamp the reference date; no journal, the run folder is synchronised as a whole."""
    import pyogrio

    options = {
        "OGR_CURRENT_DATE": f"{reference_date}T00:00:00Z",
        "OGR_SQLITE_SYNCHRONOUS": "OFF",
        "OGR_SQLITE_JOURNAL": "OFF",
    }
    before = {key: pyogrio.get_gdal_config_option(key) for key in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def write_parquet(content: Content, path: Path) -> None:
    """Write `areas.parquet`: GeoParquet 1.1, index `area_id`, the columns of the layer `areas`.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    path : pathlib.Path
        Of the file; replaced where it exists.
    """
    frame = layer(content, "areas").set_index("area_id")
    if content.info.internal:
        frame.attrs["notice"] = "intern, nicht zur Weitergabe"  # in the file's metadata
    frame.to_parquet(path, index=True, schema_version="1.1.0", compression="zstd")
