"""Areas cover their territory once."""

import geopandas as gpd
import pytest
import shapely

from sozialraum.sources.coverage import overlaps
from sozialraum.sources.lor import read_areas


def layer(*boxes):
    return gpd.GeoDataFrame(
        geometry=[shapely.box(*b) for b in boxes], index=list("abcdef"[: len(boxes)])
    )


def test_areas_that_share_their_borders_have_nothing_to_report():
    assert len(overlaps(layer((0, 0, 10, 10), (10, 0, 20, 10), (0, 10, 10, 20)))) == 0


def test_an_overlap_is_measured():
    found = overlaps(layer((0, 0, 10, 10), (9, 0, 20, 10), (20, 0, 30, 10)))
    assert found.iloc[0].tolist() == ["a", "b", 10.0, 0.0]
    assert len(found) == 1


def test_a_narrow_gap_is_named_and_a_wide_one_is_not():
    narrow = overlaps(layer((0, 0, 10, 10), (10.3, 0, 20, 10)))
    assert narrow.iloc[0].tolist() == ["a", "b", 0.0, 3.0]
    assert len(overlaps(layer((0, 0, 10, 10), (15, 0, 20, 10)))) == 0


@pytest.mark.real_data
def test_the_areas_of_2021_are_clean_and_those_before_the_reform_nearly(berlin):
    new = read_areas(berlin / "lor_2021/lor_planungsraeume_2021.shp")
    assert len(overlaps(new)) == 0
    old = read_areas(
        berlin / "lor_2019/lor_planungsraeume.shp",
        id="broker Dow",
        name="PLANUNGSRA",
        mend={(124, "06010102"): "04030417"},
    )
    found = overlaps(old)
    assert 1 <= len(found) <= 3
    assert 0 < found["overlap"].sum() < 1
