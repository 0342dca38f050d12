"""Ways of a study: straight lines, streets, or a table of travel times."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from sozialraum.errors import InputError
from sozialraum.presence.ways import is_straight, measure_ways, nearest_place
from sozialraum.study.places import Access

UNITS = pd.DataFrame({"x": [0.0, 0.0, 5000.0], "y": [0.0, 400.0, 0.0]}, index=["u1", "u2", "u3"])
PLACES = pd.DataFrame({"x": [300.0], "y": [0.0]}, index=["s1"])


def ways(access: Access, folder=None):
    return measure_ways(
        access, UNITS, PLACES, detour=1.2, longest=2000, locate=lambda name: folder / name
    )


def test_straight_lines_are_the_default_and_need_no_note():
    metres, notes = ways(Access())
    assert is_straight(Access())
    assert metres["s1"].tolist() == pytest.approx([360, 600, 5640])
    assert notes == []


def test_on_streets_nobody_walks_on_the_motorway_and_places_off_the_net_are_named(tmp_path):
    streets = gpd.GeoDataFrame(
        {"fclass": ["footway", "motorway"]},
        geometry=[
            shapely.LineString([(0, 400), (0, 0), (0, -300), (300, -300), (300, 0)]),
            shapely.LineString([(0, 0), (300, 0)]),
        ],
        crs="EPSG:25833",
    )
    streets.to_file(tmp_path / "net.gpkg")
    metres, notes = ways(Access(network="net.gpkg"), tmp_path)
    assert metres["s1"].tolist() == [900.0, 1300.0, np.inf]
    assert "1 Einheiten und 0 Orte ohne Zugang" in notes[1]["finding"]
    everything, _ = ways(Access(network="net.gpkg", barriers=()), tmp_path)
    assert everything.loc["u1", "s1"] == 300.0


def test_minutes_of_a_table_become_metres_and_an_empty_cell_is_no_way(tmp_path):
    table = "from_id;to_id;travel_time\nu1;s1;10\nu2;s1;\nu3;s1;5\n"
    (tmp_path / "times.csv").write_text(table)
    metres, notes = ways(Access(matrix="times.csv", walking_speed=6), tmp_path)
    assert metres["s1"].tolist() == [1000.0, np.inf, 500.0]
    assert "6,0 km/h" in notes[0]["detail"]
    (tmp_path / "times.csv").write_text("from_id,to_id,travel_time\nu1,s1,10\n")
    with pytest.raises(InputError, match="ids of a unit"):
        ways(Access(matrix="times.csv"), tmp_path)
    with pytest.raises(InputError, match="missing"):
        ways(Access(matrix="none.csv"), tmp_path)


def test_only_one_kind_of_way_can_be_asked_for():
    with pytest.raises(ValueError, match="either network or matrix"):
        Access(network="a.gpkg", matrix="b.csv")


def test_beyond_the_radius_there_is_no_nearest_place():
    frame = pd.DataFrame({"a": [5.0, np.inf], "b": [5.0, np.inf]})
    assert nearest_place(frame, 9).tolist() == ["a", None]
    assert nearest_place(frame[[]], 9).tolist() == [None, None]
