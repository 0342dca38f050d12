"""Layers for orientation on the map: stops, water, green, streets.

They carry no figures, so a layer without features is normal (there is no tram stop in
Charlottenburg-Wilmersdorf). Coordinates are checked as those of areas are.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.cells import POINT, parse_cells
from sozialraum.sources.tables import first_row, read_table

if TYPE_CHECKING:
    import geopandas as gpd


def read_stops(path: str | os.PathLike[str], *, metric_crs: str = "EPSG:25833") -> gpd.GeoDataFrame:
    """Read stops from a table of points.

    Parameters
    ----------
    path : path-like
        Delimited text with ``id``, ``name``, ``lat``, ``lon`` (WGS 84, decimal point).
    metric_crs : str
        CRS of the result.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `id` (text), in the file's order; `name`, `lon`, `lat`, `geometry` (points). May have
        no rows.

    Raises
    ------
    InputError
        A column is missing, a coordinate is missing, no number, or not in Germany.

    Examples
    --------
    >>> from sozialraum import demo
    >>> len(read_stops(demo.folder() / "transit/osm_ubahn-stops.csv")) > 0
    True
    """
    import geopandas as gpd
    import shapely

    from sozialraum.sources.lor import to_metric

    where = os.fspath(path)
    table = read_table(path, columns=("id", "name", "lat", "lon"), may_be_empty=True)
    places = {}
    for name in ("lon", "lat"):
        places[name] = parse_cells(table[name], POINT, where=where)["value"]
        if places[name].isna().any():
            row = first_row(places[name].isna())
            raise InputError("A coordinate is missing", where=f"{where}, row {row}, column {name}")
    xy = np.column_stack([places["lon"].to_numpy(), places["lat"].to_numpy()])
    points = np.asarray(shapely.points(xy), dtype=object)
    labels = [f"row {row} '{name}'" for row, name in table["name"].items()]
    points = to_metric(points, "EPSG:4326", metric_crs, labels, where)
    return gpd.GeoDataFrame(
        {
            "name": table["name"].to_numpy(),
            "lon": places["lon"].to_numpy(),
            "lat": places["lat"].to_numpy(),
        },
        geometry=points,
        crs=metric_crs,
        index=pd.Index(table["id"].to_numpy(), name="id"),
    )


def read_layer(
    path: str | os.PathLike[str], *, metric_crs: str = "EPSG:25833", crs: str = "EPSG:25833"
) -> gpd.GeoDataFrame:
    """Read lines or polygons for orientation.

    Parameters
    ----------
    path : path-like
        A vector file (see `sozialraum.sources.vector.SUFFIXES`).
    metric_crs : str
        CRS of the result.
    crs : str
        CRS of a layer that does not say its own.

    Returns
    -------
    geopandas.GeoDataFrame
        The layer's attributes and `geometry`, features without geometry left out. May have no rows.

    Raises
    ------
    InputError
        The layer cannot be read, or coordinates are not where its CRS says.

    Examples
    --------
    >>> from sozialraum import demo
    >>> water = read_layer(demo.folder() / "layers/gewaesser.geojson")
    >>> water.crs.to_epsg()
    25833
    """
    import geopandas as gpd
    import shapely

    from sozialraum.sources.lor import to_metric
    from sozialraum.sources.vector import read_layer as read_vector

    layer = read_vector(path)
    there = ~(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry))
    geometry = shapely.force_2d(layer.geometry[there])
    labels = [f"feature {n + 1}" for n in np.flatnonzero(there)]
    geometry = to_metric(geometry, layer.crs or crs, metric_crs, labels, os.fspath(path))
    attributes = pd.DataFrame(
        {
            column: pd.Series(values, dtype=object).to_numpy()[there]  # values may be lists
            for column, values in layer.attributes.items()
            if column != "geometry"
        }
    )
    return gpd.GeoDataFrame(attributes, geometry=geometry, crs=metric_crs)
