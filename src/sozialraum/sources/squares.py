"""Grid cells as areas: where nothing but a grid is published, its cells are the planning areas."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.tables import first_row, read_table, refuse_duplicates

if TYPE_CHECKING:
    import geopandas as gpd

GRID_CRS = "EPSG:3035"
_CELL = re.compile(r"CRS3035RES(\d{2,6})mN(\d{1,8})E(\d{1,8})")
_SHORT = re.compile(r"(\d{1,3})km[NS](\d{1,5})[EW](\d{1,5})")


def read_squares(
    path: str | os.PathLike[str], *, id: str, name: str, metric_crs: str = "EPSG:25833"
) -> gpd.GeoDataFrame:
    """Read a table of grid cells as areas.

    Parameters
    ----------
    path : path-like
        Delimited text with one row per cell.
    id, name : str
        Columns with the cell's INSPIRE id (``CRS3035RES1000mN3254000E4569000`` or
        ``1kmN3254E4569``) and with what readers call it; both may be the same column.
    metric_crs : str
        CRS of the result, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `area_id` (the cell's id), sorted; `name` and `geometry`: the cell's square, its four
        corners carried over from EPSG:3035. Neighbours share their corners exactly.

    Raises
    ------
    InputError
        A column is missing, an id repeats or is no id of a cell, or cells have different sizes.
    """
    import geopandas as gpd
    import shapely

    from sozialraum.sources.lor import to_metric

    where = os.fspath(path)
    table = read_table(path, columns=list(dict.fromkeys((id, name))))
    ids = table[id]
    refuse_duplicates(ids, where=where, what="cell")
    corner = [_corner(cell) for cell in ids]
    wrong = pd.Series([c is None for c in corner], index=ids.index)
    if wrong.any():
        row = first_row(wrong)
        raise InputError(
            f"'{ids[row][:60]}' is no id of a grid cell",
            where=f"{where}, row {row}, column {id}",
            expected="CRS3035RES1000mN3254000E4569000 or 1kmN3254E4569",
        )
    size, north, east = np.array(corner, dtype=float).T
    if len(set(size)) > 1:
        raise InputError("The grid cells have different sizes", where=where)
    squares = np.asarray(shapely.box(east, north, east + size, north + size), dtype=object)
    squares = to_metric(squares, GRID_CRS, metric_crs, list(ids), where)
    frame = gpd.GeoDataFrame(
        {"name": table[name].to_numpy()},
        geometry=squares,
        crs=metric_crs,
        index=pd.Index(ids.to_numpy(), name="area_id"),
    ).sort_index()
    frame.attrs["notes"] = [
        f"{Path(where).name}: Rasterzellen von {size[0]:.0f} m als Gebiete gelesen."
    ]
    return frame


def _corner(cell: str) -> tuple[float, float, float] | None:
    """Size, south and west of a cell, metres."""
    if match := _CELL.fullmatch(cell):
        size, north, east = map(float, match.groups())
        return size, north, east
    if match := _SHORT.fullmatch(cell):
        size = 1000 * float(match[1])
        return size, size * float(match[2]), size * float(match[3])  # counted in cells
    return None
