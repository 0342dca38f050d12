"""Coarser units follow from the id and cover exactly what their areas cover."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from sozialraum.areas import unit_ids, unite
from tests.support.synthetic import content


def test_units_cover_exactly_their_areas_and_share_their_borders() -> None:
    areas = content().areas
    regions = unite(areas, unit_ids(areas.index, 6))
    assert regions.area.sum() == pytest.approx(areas.area.sum(), rel=1e-12)
    assert regions.crs == areas.crs
    assert shapely.coverage_is_valid(regions.geometry.to_numpy())
    assert regions.index.tolist() == sorted(set(areas.index.str[:6]))


def test_overlapping_areas_still_unite() -> None:
    areas = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)],
        index=["04010101", "04010102"],
        crs="EPSG:25833",
    )
    assert unite(areas, unit_ids(areas.index, 6)).area.tolist() == [6.0]
