"""Coarser levels of the area hierarchy: an id's leading digits name its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def unit_ids(area_ids: pd.Index, digits: int) -> pd.Index:
    """Ids of the units the areas belong to.

    Parameters
    ----------
    area_ids : pandas.Index
        Ids of areas.
    digits : int
        Leading digits that name the unit.

    Examples
    --------
    >>> import pandas as pd
    >>> unit_ids(pd.Index(["04100102", "04400725"]), 6).tolist()
    ['041001', '044007']
    """
    return area_ids.astype(str).str[:digits]


def unite(
    areas: gpd.GeoDataFrame, by: pd.Index | pd.Series, name: str = "region_id"
) -> gpd.GeoDataFrame:
    """Outlines of coarser units.

    Areas form a coverage, so the union follows their shared borders exactly; where they do not
    (tiny overlaps or gaps), the general union is used.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in a projected CRS, indexed by `area_id`.
    by : array-like of str, shape (n_areas,)
        Unit of each area.
    name : str
        Name of the resulting index.

    Returns
    -------
    geopandas.GeoDataFrame
        One polygon per unit, sorted by unit, same CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> halves = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 2), box(1, 0, 2, 2)], crs="EPSG:25833")
    >>> unite(halves, ["041001", "041001"]).area.tolist()
    [4.0]
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    keys = np.asarray(by, dtype=object)
    geometry = areas.geometry.to_numpy()
    units = sorted(set(keys))
    outlines = []
    for unit in units:
        members = geometry[keys == unit]
        try:
            outline = shapely.coverage_union_all(members)
        except shapely.GEOSException:
            outline = shapely.union_all(members)
        outlines.append(outline if outline.is_valid else shapely.union_all(members))
    return gpd.GeoDataFrame(geometry=outlines, index=pd.Index(units, name=name), crs=areas.crs)
