"""Stops and other layers for orientation."""

import json

import pytest

from sozialraum.errors import InputError
from sozialraum.sources.layers import read_layer, read_stops

HEAD = "id,name,street,lat,lon\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="stops.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_stops_are_points_in_the_metric_crs(write):
    stops = read_stops(write(HEAD + "27,Ringplatz,,52.5058,13.333\n"))
    assert stops.crs.to_epsg() == 25833
    assert stops.index.tolist() == ["27"]
    assert 380_000 < stops.geometry.iloc[0].x < 392_000


def test_no_stop_is_normal(write):
    assert len(read_stops(write(HEAD))) == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("27,Ringplatz,,13.333,52.5058\n", "axes are swapped"),
        ("27,Ringplatz,,,13.333\n", "row 2, column lat"),
        ("27,Ringplatz,,0,0\n", "row 2 'Ringplatz'"),
    ],
)
def test_a_stop_in_the_wrong_place_is_an_error(write, row, message):
    with pytest.raises(InputError, match=message):
        read_stops(write(HEAD + row))


def features(*geometries, crs="urn:ogc:def:crs:EPSG::25833"):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": crs}},
            "features": [
                {"type": "Feature", "properties": {"name": "See"}, "geometry": g}
                for g in geometries
            ],
        }
    )


def test_a_layer_without_features_is_normal(write):
    assert len(read_layer(write(features(), "water.geojson"))) == 0


def test_features_without_geometry_are_left_out(write):
    line = {"type": "LineString", "coordinates": [[380000, 5820000], [380100, 5820000]]}
    layer = read_layer(write(features(line, None), "streets.geojson"))
    assert layer["name"].tolist() == ["See"]
    assert layer.geometry.iloc[0].length == 100


@pytest.mark.real_data
def test_there_is_no_tram_stop_in_the_district(berlin):
    from sozialraum.sources.lor import read_districts

    stops = read_stops(berlin / "transit/osm_tram-stops_2026-02.csv")
    district = read_districts(berlin / "bezirke/bezirksgrenzen.geojson").geometry["04"]
    assert len(stops) == 960
    assert not stops.within(district).any()
