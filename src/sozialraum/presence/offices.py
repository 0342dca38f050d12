"""Offices that are already there, and whom they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.presence.problem import Bools
    from sozialraum.study import Study


def serving(offices: pd.DataFrame, target: str) -> Bools:
    """Which offices serve a target group: one without groups of its own serves everybody.

    Parameters
    ----------
    offices : pandas.DataFrame
        `targets` (tuple of target groups; empty: all). May have no rows.
    target : str

    Returns
    -------
    bool array (offices,)

    Examples
    --------
    >>> serving(pd.DataFrame({"targets": [(), ("young",)]}), "families").tolist()
    [True, False]
    """
    return np.array([not groups or target in groups for groups in offices["targets"]], bool)


def existing_offices(study: Study, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Offices that are already there, as points in whole metres.

    Parameters
    ----------
    study : Study
    areas : geopandas.GeoDataFrame
        Index `area_id`, metric CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `site_id` (``office-1``…): `name`, `approximate` (only the area is known: placed
        inside it), `targets` (tuple; empty: all), `area_id`, `x`, `y`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from sozialraum.study import load_study
    >>> office = {"name": "Amt", "area_id": "21400838"}
    >>> areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 20)], crs="EPSG:25833",
    ...                          index=["21400838"])
    >>> found = existing_offices(load_study("demo", offices=[office]), areas)
    >>> found[["approximate", "x", "y"]].values.tolist()
    [[True, 5.0, 10.0]]
    """
    import geopandas as gpd
    import shapely

    points: list[shapely.Point | None] = []
    for office in study.offices:
        if office.lon is not None and office.lat is not None:
            points.append(shapely.Point(office.lon, office.lat))
            continue
        if office.area_id not in areas.index:
            raise StudyError(
                f"The office {office.name!r} has neither a position nor a known area",
                where="offices",
                expected="lon and lat, or the area_id it lies in",
            )
        points.append(None)
    located = gpd.GeoSeries(points, crs="EPSG:4326").to_crs(areas.crs)
    inside = areas.geometry.representative_point()
    geometry = [
        inside[office.area_id] if point is None else point
        for office, point in zip(study.offices, located, strict=True)
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": [o.name for o in study.offices],
            "approximate": [o.lon is None for o in study.offices],
            "targets": [o.targets for o in study.offices],
            "x": [float(round(g.x)) for g in geometry],
            "y": [float(round(g.y)) for g in geometry],
        },
        geometry=geometry,
        crs=areas.crs,
        index=pd.Index([f"office-{i}" for i in range(1, len(geometry) + 1)], name="site_id"),
    )
    frame["area_id"] = areas.index[areas.sindex.nearest(frame.geometry, return_all=False)[1]]
    return frame
