"""Catalogues of venues, in their publishers' layouts and with their oddities."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from sozialraum.errors import InputError
from sozialraum.sources.venue_list import TEMPLATE, template
from sozialraum.sources.venues import COLUMNS, clean, read_venues
from sozialraum.study.places import VenueFile

CENTRES = (
    "Standortnummer;Einrichtungsname;Einrichtungsart;Adresse;PLZ;Stadt;Bezirk;Webseite;Telefon;"
    "E_Mail;Angebot;Träger;Anmerkungen;Kurzbeschreibung;X_Koordinate;Y_Koordinate;Foto_Link"
)
KEEPER = "Erika Mustermann"


def centre(number: str, name: str, lon: str = "13.3", lat: str = "52.5", district="Mitte") -> str:
    return (
        f"{number};{name};Nachbarschaftshaus;Testweg 1;10585;Berlin;{district};"
        f"https://example.org;030 1234567;post@example.org;Beratung;Beispiel e. V.;"
        f"Temporärer Standort;{KEEPER};{lon};{lat};https://example.org/foto.jpg"
    )


def write(tmp_path, text: str, name: str = "venues.csv", encoding: str = "utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def file(kind: str, **settings) -> VenueFile:
    return VenueFile(path="venues.csv", kind=kind, **settings)


def test_neighbourhood_centres_with_semicolons_crlf_and_a_repeated_number(tmp_path):
    rows = [CENTRES, centre("MI01", "Haus A"), centre("MI01", "Haus B \x96 Laden", "13.31")]
    frame = read_venues(
        write(tmp_path, "\r\n".join(rows) + "\r\n"), file("stadtteilzentren", source="stz")
    )
    assert frame.columns.tolist() == list(COLUMNS)
    assert frame["name"].tolist() == ["Haus A", "Haus B – Laden"]
    assert frame["source_id"].tolist() == ["MI01", "MI01"]
    assert frame["operator"].tolist() == ["Beispiel e. V."] * 2
    assert frame["note"].tolist() == ["Temporärer Standort"] * 2
    assert set(frame["source"]) == {"stz"}
    assert (frame[["x", "y"]] % 1 == 0).all(axis=None)


def test_no_contact_data_is_kept(tmp_path):
    rows = [CENTRES, centre("1", "Haus A, Tel. 030 1234567, haus@example.org www.example.org")]
    frame = read_venues(write(tmp_path, "\n".join(rows)), file("stadtteilzentren"))
    text = frame.astype(str).to_csv()
    for secret in ("1234567", "example.org", "@", KEEPER, "http"):
        assert secret not in text
    assert frame["name"].tolist() == ["Haus A"]


def test_an_old_encoding_is_read_as_what_it_is(tmp_path):
    rows = [CENTRES, centre("1", "Käte-Haus – Süd")]
    path = write(tmp_path, "\r\n".join(rows), encoding="cp1252")
    assert read_venues(path, file("stadtteilzentren"))["name"].tolist() == ["Käte-Haus – Süd"]


def test_openstreetmap_names_no_operator_and_the_study_names_the_type(tmp_path):
    text = 'id,name,street,zip_code,lat,lon\n7,"Treff ""Alt""",Testweg 1,10585,52.5,13.3\n'
    text += "8,,,,52.6,13.4\n"
    frame = read_venues(write(tmp_path, text), file("osm", venue_type="Bibliothek"))
    assert frame["name"].tolist() == ['Treff "Alt"', ""]
    assert frame["operator"].tolist() == ["", ""]
    assert frame["venue_type"].tolist() == ["Bibliothek"] * 2
    assert frame["barrier_free"].tolist() == ["", ""]


def youth(tmp_path, crs: str | None = "urn:ogc:def:crs:EPSG::25833", **changes):
    entry = {
        "e_nr": "04010001", "e_name": "Jugendclub Test", "e_strasse": "Testweg 4-18",
        "e_hnr": "4", "e_zus": "-18", "e_plz": "10585", "e_art": "Jugendfreizeiteinrichtungen",
        "zielgr1": None, "zielgr2": None, "gend1": None, "gend2": None,
        "t_name": "Beispiel e.V.", "t_art": "öffentlicher Träger",
    }  # fmt: skip
    feature = {
        "type": "Feature",
        "properties": entry | changes,
        "geometry": {"type": "Point", "coordinates": [385_000.4, 5_819_000.4]},
    }
    layer = {"type": "FeatureCollection", "features": [feature]}
    if crs:
        layer["crs"] = {"type": "name", "properties": {"name": crs}}
    path = tmp_path / "youth.geojson"
    path.write_text(json.dumps(layer), encoding="utf-8")
    return path


def test_youth_clubs_keep_carrier_kind_and_a_number_that_the_street_repeats_stands_once(tmp_path):
    kind = file("jugendfreizeit", venue_type="Jugendfreizeiteinrichtung")
    row = read_venues(youth(tmp_path), kind).iloc[0]
    assert row["address"] == "Testweg 4-18"
    assert row["operator_hint"] == "öffentlicher Träger"
    assert (row["x"], row["y"]) == (385_000, 5_819_000)
    assert row["venue_type"] == "Jugendfreizeiteinrichtung"
    assert row["audience"] == "Jugendliche"


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"gend1": "ja"}, "audience", "Mädchen"),
        ({"zielgr1": "ja"}, "audience", "Kinder"),
        ({"zielgr1": "ja", "zielgr2": "ja"}, "audience", "Jugendliche"),
        ({"e_art": "PbS oder ASP oder Kinderfarm"}, "venue_type", "Betreuter Spielplatz"),
    ],
)
def test_youth_clubs_say_whom_they_are_for(tmp_path, changes, column, value):
    row = read_venues(youth(tmp_path, **changes), file("jugendfreizeit", venue_type="JFE")).iloc[0]
    assert row[column] == value


def test_the_template_is_read_back_as_an_empty_list_and_explains_every_column(tmp_path):
    path = tmp_path / "meine-liste.csv"
    template(path)
    text = path.read_text(encoding="utf-8-sig")
    assert all(f"# {column}: " in text for column in TEMPLATE)
    assert read_venues(path, file("plain")).empty


def test_a_list_kept_in_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "liste.csv"
    template(path)
    # A spreadsheet puts its explanations in quotation marks, pads lines and writes decimal commas.
    text = path.read_text(encoding="utf-8-sig").replace("# name:", '"# name:').rstrip() + "\r\n"
    text += "Treff;Testweg 1;10585;Beispiel gGmbH;gemeinnützig;Bibliothek;;Ja;Mo-Fr;20 m²;ja;;"
    text += "13,3048;52,5163\r\n;;;;;;;;;;;;;\r\n"
    frame = read_venues(write(tmp_path, text, encoding="cp1252"), file("plain", source="plain"))
    row = frame.iloc[0]
    assert len(frame) == 1
    assert (row["lon"], row["lat"]) == (13.3048, 52.5163)
    assert (row["barrier_free"], row["opted_out"], row["size"]) == ("ja", True, "20 m²")
    assert row["operator_hint"] == "gemeinnützig"


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_a_list_kept_in_a_gis_is_read(tmp_path, suffix):
    path = tmp_path / f"liste{suffix}"
    layer = gpd.GeoDataFrame(
        {"name": ["Treff"], "operator": ["Beispiel e. V."], "barrier_free": [None]},
        geometry=[shapely.Point(385_000, 5_819_000)],
        crs="EPSG:25833",
    )
    (layer if suffix == ".gpkg" else layer.to_crs("EPSG:4326")).to_file(path)
    row = read_venues(path, file("plain")).iloc[0]
    assert (row["x"], row["y"], row["barrier_free"]) == (385_000, 5_819_000, "")


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("plain", "name;lon;lat\nTreff;13.3;\n", "no usable position"),
        ("plain", "name;lon;lat\nTreff;52.5;13.3\n", "swapped"),
        ("plain", "name;lon;lat;telefon\nTreff;13.3;52.5;1\n", "telefon"),
        ("plain", "name;lon;lat\nTreff;am Park;13.3;52.5\n", "quotation marks"),
        ("plain", "name;lon;lat;operator_kind\nTreff;13.3;52.5;staatlich\n", "staatlich"),
        ("plain", "# nur Erklärungen\n", "empty"),
        ("stadtteilzentren", "id,name,lat,lon\n1,Treff,52.5,13.3\n", "Check the `kind`"),
        ("osm", "name,lat,lon\nTreff,52.5,13.3\n", "lacks the columns"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_what_to_do(tmp_path, kind, text, message):
    with pytest.raises(InputError, match=message):
        read_venues(write(tmp_path, text), file(kind))


def test_a_missing_file_and_a_layer_without_crs_are_refused(tmp_path):
    with pytest.raises(InputError, match="missing"):
        read_venues(tmp_path / "none.csv", file("osm"))


def test_missing_text_is_empty_and_never_the_word_nan():
    assert [clean(v) for v in (None, float("nan"), pd.NA, " ")] == ["", "", "", ""]


@pytest.mark.real_data
def test_the_catalogues_of_berlin(berlin):
    from sozialraum.study import load_study

    settings = load_study("charlottenburg-wilmersdorf").venues
    frames = {f.path: read_venues(berlin / f.path, f) for f in settings.files}
    sizes = [len(f) for f in frames.values()]
    assert sizes == [101, 407, 131, 444, 30]
    venues = pd.concat(frames, ignore_index=True)
    assert not venues.isna().any(axis=None)
    assert not venues["name"].str.contains(r"[\x00-\x1f\x80-\x9f]").any()
    assert venues["name"].str.contains("Stephans – Der Nachbarschaftsladen").any()
    assert not re.search(r"https?:|www\.|@", venues.to_csv())
    girls = venues[(venues["source"] == "jugendfreizeit") & (venues["audience"] == "Mädchen")]
    assert len(girls) == 25
