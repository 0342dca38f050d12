"""Geodata: opens coloured in QGIS, same figures as the tables, same bytes on every run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from sozialraum.concentration import surface_bands
from sozialraum.errors import InputError
from sozialraum.publish import geodata, qml
from sozialraum.publish.content import RANKING, SourceNote
from sozialraum.publish.density import band_labels
from sozialraum.publish.geodata import LAYERS, write_gpkg, write_parquet
from tests.support.synthetic import CRS, content


@pytest.fixture(scope="module")
def one():
    return content(24)


@pytest.fixture(scope="module")
def package(one, tmp_path_factory):
    path = tmp_path_factory.mktemp("geo") / "areas.gpkg"
    write_gpkg(one, path)
    return path


def test_all_layers_are_there_in_the_metric_crs(package):
    kinds = dict(pyogrio.list_layers(package))
    assert list(kinds) == [*LAYERS, "layer_styles"]
    for layer, (_, geometry_type) in LAYERS.items():
        info = pyogrio.read_info(package, layer=layer)
        assert info["geometry_type"] == geometry_type
        assert info["crs"] == CRS


def test_areas_carry_the_figures_of_the_ranking(package, one):
    frame = pyogrio.read_dataframe(package, layer="areas").set_index("area_id")
    assert set(RANKING) - {"area_id"} <= set(frame.columns)
    assert frame.index.tolist() == one.areas.index.tolist()
    np.testing.assert_allclose(frame["share"], one.areas["share"], atol=5e-7)
    assert frame["recipients"].isna().tolist() == one.areas["recipients"].isna().tolist()
    assert frame.geometry.area.sum() == pytest.approx(one.areas.area.sum(), rel=1e-12)


def test_rooms_show_their_part_in_the_proposal(package, one):
    rooms = pyogrio.read_dataframe(package, layer="rooms").set_index("site_id")
    everybody = one.presence[one.presence["target"] == "everybody"]
    chosen = rooms[rooms["role"] == "vorgeschlagen"].sort_values("order")
    assert chosen.index.tolist() == everybody["site_id"].tolist()
    assert set(rooms.loc[~rooms["eligible"], "role"]) == {"nicht geeignet"}


def test_units_hold_people_but_no_key_to_single_cells(package):
    units = pyogrio.read_dataframe(package, layer="units")
    assert {"unit_id", "area_id", "people_everybody"} <= set(units.columns)
    assert units["people_everybody"].min() >= 3


def test_every_layer_has_a_default_style_that_fits_its_data(package):
    styles = pyogrio.read_dataframe(package, layer="layer_styles").set_index("f_table_name")
    assert styles.index.tolist() == list(LAYERS)
    assert styles["useAsDefault"].all()
    for layer, row in styles.iterrows():
        frame = pyogrio.read_dataframe(package, layer=layer)
        root = ET.fromstring(row["styleQML"])
        renderer = root.find("renderer-v2")
        attribute = renderer.get("attr")
        assert attribute is None or attribute in frame.columns
        names = [s.get("name") for s in renderer.findall("symbols/symbol")]
        used = [e.get("symbol") for e in renderer.iter() if e.tag in ("category", "range")]
        assert set(used) <= set(names)
        kind = "fill" if LAYERS[layer][1] == "MultiPolygon" else "marker"
        assert {s.get("type") for s in renderer.findall("symbols/symbol")} == {kind}
        assert {a.get("field") for a in root.iter("alias")} <= set(frame.columns)


def test_the_style_has_a_colour_for_every_class_and_for_the_unrated(package):
    frame = pyogrio.read_dataframe(package, layer="areas")
    style = ET.fromstring(qml.style("areas", frame))
    values = [c.get("value") for c in style.iter("category")]
    assert set(frame["status_class"].dropna()) <= set(values)
    assert "" in values


def test_the_class_limits_of_the_regions_enclose_every_share(one):
    frame = geodata.layer(one, "regions")
    ranges = [
        (float(r.get("lower")), float(r.get("upper")))
        for r in ET.fromstring(qml.style("regions", frame)).iter("range")
    ]
    assert all(any(lo <= v <= hi for lo, hi in ranges) for v in frame["share"].dropna())


def ranges(layer, frame, study=None):
    """Lowest and highest value and label of every class of a style."""
    found = ET.fromstring(qml.style(layer, frame, study)).iter("range")
    return [(float(r.get("lower")), float(r.get("upper")), r.get("label")) for r in found]


def test_the_classes_of_the_density_are_those_of_the_reports_map(demo_run):
    content = demo_run.content
    frame = geodata.layer(content, "surface")
    bands = surface_bands(content.surface)
    shown = ranges("surface", frame, content.study)
    assert [text for *_, text in shown] == [f"{w} Personen je km²" for w in band_labels(bands)]
    assert [least for least, *_ in shown] == bands["least"].tolist()
    held = [frame["per_km2"].between(low, high) for low, high, _ in shown]
    assert (sum(h.astype(int) for h in held) == 1).all()
    areas = [frame.area[h].sum() for h in held]
    np.testing.assert_allclose(areas, bands.area, rtol=1e-9)


def test_places_of_demand_grow_with_the_people_who_live_there(demo_run):
    frame = geodata.layer(demo_run.content, "units")
    style = ET.fromstring(qml.style("units", frame, demo_run.study))
    renderer = style.find("renderer-v2")
    assert renderer.get("attr") == "people_everybody"
    assert renderer.get("graduatedMethod") == "GraduatedSize"
    sizes = [
        float(option.get("value"))
        for option in style.iter("Option")
        if option.get("name") == "size"
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 2
    people = frame["people_everybody"].dropna()
    classes = ranges("units", frame, demo_run.study)
    assert all(label.endswith(" Personen") for *_, label in classes)
    assert all(any(low <= n <= high for low, high, _ in classes) for n in people)


def test_an_office_whose_place_is_a_guess_looks_like_one():
    style = ET.fromstring(qml.style("offices", pd.DataFrame({"approximate": [True, False]})))
    labels = {c.get("value"): c.get("label") for c in style.iter("category")}
    assert labels == {
        "false": "Bestehende Dienststelle",
        "true": "Dienststelle, Lage ungefähr",
    }
    fills = {o.get("value") for o in style.iter("Option") if o.get("name") == "color"}
    assert len(fills) == 2


@pytest.mark.parametrize("share", [[], [np.nan, np.nan], [0.1, 0.1], [0.1]])
def test_regions_with_few_or_equal_shares_still_have_a_style(share):
    root = ET.fromstring(qml.style("regions", pd.DataFrame({"share": np.array(share, float)})))
    assert root.findall("renderer-v2/symbols/symbol")


def test_the_only_time_stamp_is_the_reference_date(package, one):
    with sqlite3.connect(package) as base:
        stamps = {s[:10] for (s,) in base.execute("select last_change from gpkg_contents")}
        stamps |= {s[:10] for (s,) in base.execute("select update_time from layer_styles")}
        assert base.execute("pragma integrity_check").fetchone() == ("ok",)
        assert base.execute("pragma foreign_key_check").fetchall() == []
    base.close()
    assert stamps == {one.info.reference_date}


def test_the_geopackage_declares_itself_and_its_layers(package):
    with sqlite3.connect(package) as base:
        assert base.execute("pragma application_id").fetchone()[0] == 0x47504B47
        tables = dict(base.execute("select table_name, data_type from gpkg_contents"))
        described = base.execute("select description from gpkg_contents limit 1").fetchone()[0]
    base.close()
    assert tables == dict.fromkeys(LAYERS, "features") | {"layer_styles": "attributes"}
    assert "CC0" in described
    assert "fiktive Daten" in described


def test_a_layer_names_the_sources_it_was_made_from_and_no_others(one, tmp_path):
    sources = tuple(
        SourceNote(id, id, id, licence, f"{id} genannt", "2024")
        for id, licence in (
            ("lor_2021", "CC BY 3.0 DE"),
            ("population_grid", "CC BY 4.0"),
            ("osm", "ODbL 1.0"),
        )
    )
    path = tmp_path / "areas.gpkg"
    write_gpkg(replace(one, info=replace(one.info, sources=sources)), path)
    with closing(sqlite3.connect(path)) as base:
        said = dict(base.execute("select table_name, description from gpkg_contents"))
    named = {
        layer: {s.id for s in sources if s.attribution in said[layer]}
        for layer in LAYERS
        if all((s.attribution in said[layer]) == (s.licence in said[layer]) for s in sources)
    }
    areas = {"lor_2021"}
    assert named == {
        "areas": areas,
        "regions": areas,
        "clusters": areas,
        "surface": areas | {"population_grid"},
        "units": areas | {"population_grid"},
        "offices": areas if one.offices["approximate"].any() else set(),
        "rooms": areas | {"population_grid", "osm"},
    }


def test_the_file_itself_says_what_every_column_holds(package):
    with closing(sqlite3.connect(package)) as base:
        rows = list(base.execute("select * from gpkg_data_columns"))
        extensions = {r[0] for r in base.execute("select extension_name from gpkg_extensions")}
        columns = {
            (layer, c[1])
            for layer in LAYERS
            for c in base.execute(f'pragma table_info("{layer}")')
            if c[1] not in ("fid", "geom")
        }
    assert {(layer, name) for layer, name, *_ in rows} == columns
    assert "gpkg_schema" in extensions
    said = {(layer, name): (title, text) for layer, name, _, title, text, *_ in rows}
    assert all(len(text) > len(title) / 2 and text.endswith(".") for title, text in said.values())
    assert "Einheit: Personen." in said["areas", "recipients"][1]
    assert said["regions", "name"] != said["areas", "name"] != said["rooms", "name"]


def test_two_runs_write_the_same_bytes(one, package, tmp_path):
    write_gpkg(one, tmp_path / "areas.gpkg")
    assert (tmp_path / "areas.gpkg").read_bytes() == package.read_bytes()
    write_parquet(one, tmp_path / "a.parquet")
    write_parquet(one, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_the_settings_of_gdal_are_left_as_they_were(one, tmp_path):
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    write_gpkg(one, tmp_path / "areas.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_the_parquet_file_gives_the_areas_back(one, tmp_path):
    write_parquet(one, tmp_path / "areas.parquet")
    frame = gpd.read_parquet(tmp_path / "areas.parquet")
    assert frame.index.name == "area_id"
    assert frame.crs == CRS
    assert frame.index.tolist() == one.areas.index.tolist()
    assert frame["share"].isna().tolist() == one.areas["share"].isna().tolist()


def test_a_run_without_rooms_and_clusters_is_written(one, tmp_path):
    bare = replace(
        one,
        rooms=one.rooms.iloc[:0],
        offices=one.offices.iloc[:0],
        units=one.units.iloc[:0],
        clusters=one.clusters.iloc[:0],
        presence=one.presence.iloc[:0],
    )
    write_gpkg(bare, tmp_path / "areas.gpkg")
    assert pyogrio.read_info(tmp_path / "areas.gpkg", layer="rooms")["features"] == 0


def test_another_crs_is_refused(one):
    with pytest.raises(InputError, match="metric CRS"):
        geodata.layer(replace(one, rooms=one.rooms.to_crs("EPSG:4326")), "rooms")


def test_hostile_names_stay_text(tmp_path):
    base = content(24)
    area = base.areas.index[0]
    one = content(24, names={area: "'; DROP TABLE areas; --\x00</x>"})
    write_gpkg(one, tmp_path / "areas.gpkg")
    frame = pyogrio.read_dataframe(tmp_path / "areas.gpkg", layer="areas").set_index("area_id")
    assert frame.loc[area, "name"] == "'; DROP TABLE areas; -- </x>"
