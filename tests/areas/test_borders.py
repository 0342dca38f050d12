"""Areas cover their territory once, or the report says where they do not."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from sozialraum.areas import JoinAudit
from sozialraum.areas.table import report_borders
from sozialraum.errors import InputError


def layer(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    ids = [f"0{n}" for n in range(len(boxes))]
    frame = gpd.GeoDataFrame(geometry=[shapely.box(*b) for b in boxes], index=ids, crs="EPSG:25833")
    return frame.assign(in_region=True)


def test_a_clean_layer_has_nothing_to_report() -> None:
    audit = JoinAudit()
    report_borders(layer((0, 0, 10, 10), (10, 0, 20, 10)), "areas.shp", audit)
    assert audit.findings == []


def test_small_overlaps_and_gaps_are_measured_named_and_left_as_they_are() -> None:
    audit = JoinAudit()
    areas = layer((0, 0, 1000, 1000), (999.5, 0, 2000, 1000), (2000.4, 0, 3000, 1000))
    before = areas.geometry.copy()
    report_borders(areas, "areas.shp", audit)
    overlap, gap = audit.findings
    assert (overlap["kind"], overlap["count"]) == ("overlap", 1)
    assert "500,00 m²" in str(overlap["detail"])
    assert "00 und 01" in str(overlap["detail"])
    assert (gap["kind"], gap["area_ids"]) == ("gap", ["01", "02"])
    assert "400,00 m²" in str(gap["detail"])
    assert areas.geometry.geom_equals(before).all()


def test_an_outline_that_stands_twice_under_two_ids_stops_the_run() -> None:
    with pytest.raises(InputError, match="00 and 01 overlap by 100 m²"):
        report_borders(layer((0, 0, 10, 10), (0, 0, 10, 10)), "areas.shp", JoinAudit())
