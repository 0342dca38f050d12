"""The area of every inhabited cell."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sozialraum.errors import InputError


def assign_cells(
    cells: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    *,
    region: Sequence[str] | None = None,
    tolerance: float = 150.0,
) -> pd.DataFrame:
    """Find the area of every cell by the cell's centre.

    Parameters
    ----------
    cells : pandas.DataFrame
        Columns `x`, `y` (centre, metres, the CRS of `areas`) and `population`; other columns are
        ignored. Blocks or address points serve as well as grid cells.
    areas : geopandas.GeoDataFrame
        Index `area_id`; the *whole* layer, also when only a region of it is studied: cells of a
        neighbouring district must find their own area instead of the nearest one in the region.
    region : sequence of str, optional
        Only cells of these areas are returned.
    tolerance : float
        A centre outside every area (water, outer border) goes to the nearest area that is at most
        this many metres away. A centre on a common border goes to the smaller id.

    Returns
    -------
    pandas.DataFrame
        Columns `area_id`, `x`, `y`, `population`, `moved` (metres between the centre and the area,
        0 inside), sorted by area, y, x: the order of the input has no influence. Cells further off
        than `tolerance` are not in it.

    Raises
    ------
    InputError
        A column is missing, or a cell has no or a negative number of residents.

    Examples
    --------
    >>> areas = gpd.GeoDataFrame(
    ...     geometry=[shapely.box(0, 0, 200, 100), shapely.box(200, 0, 400, 100)],
    ...     index=pd.Index(["01", "02"], name="area_id"), crs="EPSG:25833",
    ... )
    >>> cells = pd.DataFrame({"x": [350, 50, 410], "y": [50, 50, 50], "population": [7, 9, 3]})
    >>> assign_cells(cells, areas)[["area_id", "population", "moved"]].values.tolist()
    [['01', 9, 0.0], ['02', 7, 0.0], ['02', 3, 10.0]]
    """
    if lacking := {"x", "y", "population"} - set(cells.columns):
        raise InputError(
            f"The grid lacks {sorted(lacking)}", expected="columns x, y (metres) and population"
        )
    population = cells["population"].to_numpy()
    if not (population >= 0).all():
        raise InputError("A grid cell has no number of residents, or a negative one")
    areas = areas.sort_index()
    if region is not None:
        frame = areas.loc[areas.index.isin(region)].total_bounds
        x, y = cells["x"], cells["y"]
        low, high = frame[:2] - tolerance, frame[2:] + tolerance
        cells = cells[(x >= low[0]) & (y >= low[1]) & (x <= high[0]) & (y <= high[1])]
    cells = cells.loc[cells["population"] > 0, ["x", "y", "population"]]
    # A canonical order first: from here on the order of the input cannot matter.
    cells = cells.sort_values(["y", "x", "population"], ignore_index=True)
    points = np.asarray(shapely.points(cells[["x", "y"]].to_numpy(float)), dtype=object)
    polygons = areas.geometry.to_numpy()
    owner = np.full(len(cells), len(areas))
    # The tree holds the points: then each polygon is prepared once, not tested point by point.
    area, cell = shapely.STRtree(points).query(polygons, predicate="intersects")
    np.minimum.at(owner, cell, area)
    moved = np.zeros(len(cells))
    outside = np.flatnonzero(owner == len(areas))
    if outside.size:
        near, gap = shapely.STRtree(polygons).query_nearest(
            points[outside], max_distance=tolerance, return_distance=True, all_matches=True
        )
        np.minimum.at(owner, outside[near[0]], near[1])
        moved[outside[near[0]]] = gap
    found = owner < len(areas)
    cells = cells[found].assign(
        area_id=areas.index.to_numpy()[owner[found]], moved=np.round(moved[found], 1)
    )
    if region is not None:
        cells = cells[pd.Index(region).get_indexer(pd.Index(cells["area_id"])) >= 0]
    cells = cells.sort_values(["area_id", "y", "x"], ignore_index=True, kind="stable")
    return cells[["area_id", "x", "y", "population", "moved"]]
