"""Venues of OpenStreetMap: from an extract, from a layer of tags, and the list kept by hand."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from sozialraum.errors import InputError
from sozialraum.sources.venue_list import template
from sozialraum.sources.venues import read_venues
from sozialraum.study.places import VenueFile

EXTRACT = """<?xml version="1.0"?><osm version="0.6">
<node id="1" version="1" lat="52.50" lon="13.30"><tag k="amenity" v="community_centre"/>
 <tag k="community_centre" v="family_centre"/><tag k="name" v="Familientreff"/>
 <tag k="operator" v="Nachbarn e. V."/><tag k="wheelchair" v="yes"/><tag k="phone" v="030 123"/>
 <tag k="opening_hours" v="Mo-Fr 09:00-17:00"/></node>
<node id="2" version="1" lat="52.51" lon="13.30"><tag k="amenity" v="cafe"/></node>
<node id="3" version="1" lat="52.52" lon="13.30"/><node id="4" version="1" lat="52.52" lon="13.31"/>
<node id="5" version="1" lat="52.53" lon="13.31"/>
<way id="9" version="1"><nd ref="3"/><nd ref="4"/><nd ref="5"/><nd ref="3"/>
 <tag k="amenity" v="library"/><tag k="building" v="yes"/><tag k="name" v="Bücherei"/></way>
</osm>"""


def test_an_extract_gives_venues_as_points_and_as_buildings_without_contact_data(tmp_path):
    path = tmp_path / "extract.osm"
    path.write_text(EXTRACT, encoding="utf-8")
    frame = read_venues(path, VenueFile(path="extract.osm", kind="osm", source="osm"))
    assert frame["name"].tolist() == ["Familientreff", "Bücherei"]
    assert frame["venue_type"].tolist() == ["Familienzentrum", "Bibliothek"]
    assert frame["source_id"].tolist() == ["n1", "w9"]
    assert frame.loc[0, ["operator", "barrier_free", "opening"]].tolist() == [
        "Nachbarn e. V.", "ja", "Mo-Fr 09:00-17:00",
    ]  # fmt: skip
    assert 13.30 < frame.loc[1, "lon"] < 13.31
    assert "123" not in frame.astype(str).to_csv()


def test_a_layer_of_tags_is_read_and_tells_whom_a_place_is_for(tmp_path):
    layer = gpd.GeoDataFrame(
        {
            "amenity": ["social_facility", "social_facility", "community_centre"],
            "social_facility": ["outreach", "shelter", None],
            "social_facility:for": ["woman", None, None],
            "name": ["Frauenberatung", "Unterkunft", "Treff"],
            "full_id": ["n7", "n8", "w3"],
        },
        geometry=[
            shapely.Point(13.3, 52.5),
            shapely.Point(13.3, 52.5),
            shapely.box(13, 52, 14, 53),
        ],
        crs="EPSG:4326",
    )
    path = tmp_path / "osm.geojson"
    layer.to_file(path)
    frame = read_venues(path, VenueFile(path="osm.geojson", kind="osm"))
    assert frame["name"].tolist() == ["Frauenberatung", "Treff"]
    assert frame["audience"].tolist() == ["Mädchen und Frauen", ""]
    layer[["name", "geometry"]].to_file(path)
    with pytest.raises(InputError, match="no tag that tells"):
        read_venues(path, VenueFile(path="osm.geojson", kind="osm"))


def test_the_template_for_qgis_is_filled_and_read_back(tmp_path):
    path = tmp_path / "raeume.gpkg"
    template(path)
    layer = gpd.read_file(path)
    filled = gpd.GeoDataFrame(
        {c: ["Kieztreff" if c == "name" else "ja" if c == "opted_out" else ""]
         for c in layer.columns if c != "geometry"},
        geometry=[shapely.Point(13.3, 52.5)], crs=layer.crs,
    )  # fmt: skip
    filled.to_file(path, layer="raeume")
    frame = read_venues(path, VenueFile(path="raeume.gpkg", kind="plain"))
    assert frame[["name", "opted_out", "lon"]].values.tolist() == [["Kieztreff", True, 13.3]]
    with pytest.raises(InputError, match="already"):
        template(path)
