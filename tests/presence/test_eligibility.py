"""Which houses may host a consultation, and the reasons of the others."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import StudyError
from sozialraum.presence.eligibility import ROOM_COLUMNS, eligibility_notes, rooms
from sozialraum.presence.wording import audience, operator_kind, venue_type
from sozialraum.sources.venues import COLUMNS, read_venues
from sozialraum.study.places import Venues

TARGETS = ("everybody", "young", "families")
AREAS = gpd.GeoDataFrame(
    geometry=[shapely.box(0, 0, 5_000, 5_000)],
    index=pd.Index(["04010101"], name="area_id"),
    crs="EPSG:25833",
)


def records(*rows: dict[str, object]) -> pd.DataFrame:
    """Records that are 500 m apart unless they say where they are."""
    filled = []
    for i, row in enumerate(rows):
        base: dict[str, object] = dict.fromkeys(COLUMNS, "")
        base |= {"opted_out": False, "x": 100.0 + 500 * i, "y": 100.0, "lon": 13.3, "lat": 52.5}
        filled.append(base | {"source": "liste", "source_id": str(i)} | row)
    return pd.DataFrame(filled, columns=list(COLUMNS))


def judge(*rows: dict[str, object], **rules: object) -> gpd.GeoDataFrame:
    return rooms(records(*rows), Venues(**rules), AREAS, TARGETS)


def one(row: dict[str, object], **rules: object) -> pd.Series:
    return judge(row, **rules).iloc[0]


CENTRE = {
    "name": "Stadtteilzentrum Süd",
    "operator": "Beispiel e. V.",
    "venue_type": "Stadtteilzentrum",
    "address": "Weg 1",
}


@pytest.mark.parametrize(
    ("operator", "hint", "name", "kind"),
    [
        ("Bezirksamt Mitte von Berlin", "öffentlicher Träger", "", "public"),
        ("BA Pankow, Abt. JuWiSo", "", "", "public"),
        ("Jugendamt (örtlicher Träger)", "", "", "public"),
        ("LiSA e.V.", "öffentlicher Träger", "", "association"),
        ("GSJ gGmbH", "öffentlicher Träger", "", "association"),
        ("Stadtteilzentrum im Rathaus e. V.", "", "", "association"),
        ("Stiftung SPI", "", "", "association"),
        ("Kids & Co g.e.V", "", "", "association"),
        ("Tandembtl", "freier Träger", "", "association"),
        ("Sozialdiakonische Arbeit Berlin GmbH", "freier Träger", "", "church_or_charity"),
        ("Evangelischer Kirchenkreis Neukölln", "", "", "church_or_charity"),
        ("DRK Kreisverband Berlin-Nordost e. V.", "", "", "church_or_charity"),
        ("Rotkreuz-Institut im DRK Berlin gemeinnützige GmbH", "", "", "church_or_charity"),
        ("Beratung + Leben GmbH", "gemeinnützig oder öffentlich (Programm)", "", "association"),
        ("Eventhaus GmbH", "", "", "private"),
        ("Kulturbetriebe GmbH", "freier Träger", "", "unknown"),
        ("Roter Baum Berlin UG", "freier Träger", "", "unknown"),
        ("Muster & Co. KG", "", "", "private"),
        ("", "privat", "", "private"),
        ("Hausverein e. V.", "privat", "", "private"),
        ("Haus GmbH", "gemeinnützig", "", "association"),
        ("Pfarrverein e. V.", "kirchlich", "", "church_or_charity"),
        ("", "", "Stadtteilbibliothek Halemweg", "public"),
        ("", "", "Ingeborg-Bachmann-Bibliothek", "public"),
        ("", "", "Stefan-Heym-Kinderbibliothek", "public"),
        ("", "", "Bibliothek des Konservatismus", "unknown"),
        ("", "", "BENN Wilmersdorf", "public"),
        ("", "", "Lindenkirchengemeinde", "church_or_charity"),
        ("", "", "Jugendtreff Kirchenstraße", "unknown"),
        ("", "", "Freiraum", "unknown"),
        ("Streethouse", "", "", "unknown"),
        ("", "", "", "unknown"),
    ],
)
def test_the_kind_of_operator_is_told_by_legal_form_attribute_and_words(operator, hint, name, kind):
    found, reason = operator_kind(operator, hint, name)
    assert found == kind
    assert reason


@pytest.mark.parametrize(
    ("name", "given", "type_"),
    [
        ("Stadtteilbibliothek Halemweg", "Bibliothek", "Bibliothek"),
        ("Bereichsbibliothek Physik", "Bibliothek", "Fachbibliothek"),
        ("Polnisches Institut Berlin", "Gemeinschaftshaus", "Gemeinschaftshaus"),
        ("Bibliothek des Schiller-Gymnasiums", "Bibliothek", "Schulbibliothek"),
        ("Schüler- und Jugendclub Kamminer Straße", "Jugendfreizeiteinrichtung",
         "Jugendfreizeiteinrichtung"),
        ("Schülerclub an der Schinkel-Grundschule", "Jugendfreizeiteinrichtung", "Schülerclub"),
        ("Jugendclub Feuerwache", "Gemeinschaftshaus", "Jugendfreizeiteinrichtung"),
        ("SportJugendClub Lichtenberg", "Gemeinschaftshaus", "Jugendfreizeiteinrichtung"),
        ("Familienzentrum Wattstraße", "Gemeinschaftshaus", "Familienzentrum"),
        ("Seniorenclub", "Gemeinschaftshaus", "Seniorentreff"),
        ("Gloria Event Center", "Gemeinschaftshaus", "Veranstaltungsraum"),
        ("Jugendzentrum in der Kolonie", "Nachbarschaftshaus", "Nachbarschaftshaus"),
    ],
)  # fmt: skip
def test_a_name_makes_a_collective_type_exact_and_leaves_an_exact_one(name, given, type_):
    assert venue_type(name, given) == type_


def test_a_sports_centre_for_girls_and_boys_is_not_for_girls_only():
    assert audience("Mädchen- und JungenSportZentrum", "Jugendliche") == "Jugendliche"
    assert audience("D3 Mädchentreff", "Jugendliche") == "Mädchen und Frauen"


def test_a_neighbourhood_centre_is_eligible_for_all_groups_and_tells_why():
    row = one(CENTRE)
    assert row["eligible"]
    assert row["reason"] == ""
    assert row["suits"] == TARGETS
    assert row["operator_kind"] == "association"
    assert row["operator_reason"] == "Rechtsform „e. V.“"
    assert row["area_id"] == "04010101"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"operator": "", "name": "Kieztreff"}, "Träger unbekannt"),
        ({"operator": "Streethouse"}, "Gemeinnützigkeit des Trägers unbekannt"),
        ({"operator": "Eventhaus GmbH"}, "Art des Trägers nicht vorgesehen: privat"),
        ({"audience": "Mädchen"}, "Nicht für alle: Angebot für Mädchen"),
        ({"name": "Abenteuerspielplatz", "venue_type": ""}, "kein Raum für Beratung"),
        ({"venue_type": "Schulbibliothek"}, "nicht allgemein zugänglich"),
        ({"opted_out": True}, "möchte nicht teilnehmen"),
        ({"name": "Haus Kolonie 7"}, "Ausgeschlossenes Wort im Namen: „Kolonie“"),
        ({"name": "Treff Süd e. V.", "operator": "", "venue_type": "Gemeinschaftshaus"},
         "Vereinsraum, Nutzung unbekannt"),
    ],
)  # fmt: skip
def test_an_excluded_house_keeps_its_row_and_the_reason(change, reason):
    row = one(CENTRE | change, excluded_words=["Kolonie"])
    assert not row["eligible"]
    assert row["suits"] == ()
    assert reason in row["reason"]


def test_rules_of_the_study_decide_types_and_operators():
    assert not one(CENTRE, operator_kinds=("public",))["eligible"]
    assert "Art nicht vorgesehen" in one(CENTRE, allowed_types=("Bibliothek",))["reason"]
    assert "Ausgeschlossene Art" in one(CENTRE, excluded_types=("Stadtteilzentrum",))["reason"]
    types = {"everybody": ("Bibliothek",), "families": ("Stadtteilzentrum",)}
    assert one(CENTRE, target_types=types)["suits"] == ("young", "families")


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ("ja", ""),
        ("nein", "Nicht barrierefrei"),
        ("", "Barrierefreiheit unbekannt: vor Ort klären"),
    ],
)
def test_where_barrier_free_access_is_required_unknown_is_not_yes(stated, reason):
    row = CENTRE | {"barrier_free": stated}
    assert one(row)["eligible"]
    assert one(row, barrier_free_only=True)["reason"] == reason


def test_a_youth_club_suits_young_people_only():
    club = CENTRE | {"name": "Jugendclub", "venue_type": "Jugendfreizeiteinrichtung"}
    assert one(club)["suits"] == ("young",)


def test_a_family_centre_whose_offers_are_for_children_still_suits_families():
    centre = CENTRE | {"name": "Familienzentrum", "venue_type": "", "audience": "Kinder"}
    assert "families" in one(centre)["suits"]


def test_the_girls_club_below_says_nothing_about_the_library_above():
    club = {"name": "Mädchentreff", "operator": "Beispiel e. V.", "venue_type": "JFE",
            "address": "Weg 3", "x": 900.0}  # fmt: skip
    library = {"name": "Stadtteilbibliothek Süd", "venue_type": "Bibliothek",
               "address": "Weg 3", "x": 930.0, "source": "osm"}  # fmt: skip
    result = judge(club, library)
    assert len(result) == 1
    row = result.iloc[0]
    assert row["name"] == "Stadtteilbibliothek Süd"
    assert row["operator_kind"] == "public"
    assert row["eligible"]
    assert row["sources"] == "liste:0; osm:1"
    assert row["venue_types"] == "Bibliothek; JFE"


def test_an_unknown_offer_does_not_borrow_the_operator_of_its_neighbour():
    club = {"name": "Mädchentreff", "operator": "Beispiel e. V.", "venue_type": "JFE",
            "address": "Weg 3", "x": 900.0}  # fmt: skip
    other = {"name": "Groß & Klein", "venue_type": "Gemeinschaftshaus", "address": "Weg 3",
             "x": 910.0}  # fmt: skip
    row = judge(club, other).iloc[0]
    assert not row["eligible"]
    assert row["reason"] == "Träger und Nutzung unbekannt: vor Ort klären"


def test_one_offer_in_two_catalogues_takes_what_each_of_them_knows():
    known = CENTRE | {"source": "stz", "x": 900.0}
    mapped = {"name": "Stadtteilzentrum Süd", "venue_type": "Gemeinschaftshaus",
              "address": "Weg 1", "source": "osm", "x": 990.0}  # fmt: skip
    row = judge(known, mapped).iloc[0]
    assert row["eligible"]
    assert row["operator"] == "Beispiel e. V."
    assert row["x"] == 990  # mapped on the spot


def test_houses_outside_the_region_are_no_candidates():
    assert len(judge(CENTRE, CENTRE | {"x": 5_100.0, "address": "Weg 2"})) == 1


def test_forced_houses_and_opt_outs_of_the_study():
    library = {"name": "Lesesaal", "venue_type": "Bibliothek", "address": "Weg 9"}
    plain = judge(CENTRE, library)
    centre, reading = (plain.index[plain["name"] == n][0] for n in (CENTRE["name"], "Lesesaal"))
    result = judge(CENTRE, library, forced_in=(reading,), forced_out=(centre,))
    assert result.loc[reading, "eligible"]
    assert result.loc[reading, "suits"] == TARGETS
    assert not result.loc[centre, "eligible"]
    assert result.loc[centre, "suits"] == ()
    assert result.loc[centre, "reason"] == "In der Studie ausgenommen"
    with pytest.raises(StudyError, match="forced_in and forced_out"):
        judge(CENTRE, forced_in=(centre,), forced_out=(centre,))
    with pytest.raises(StudyError, match=centre):
        judge(CENTRE, forced_in=("s00000000",))


def test_one_address_text_in_two_quarters_gives_two_ids():
    twin = CENTRE | {"x": 4_000.0, "source_id": "9"}
    result = judge(CENTRE, twin)
    assert len(result) == 2
    assert result.index.is_unique


def test_a_study_without_venues_has_an_empty_table_of_rooms():
    result = rooms(records(), Venues(), AREAS, TARGETS)
    assert result.empty
    assert [c for c in result.columns if c != "geometry"] == list(ROOM_COLUMNS)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_ids_and_verdicts_do_not_depend_on_the_order_of_records(seed):
    frame = records(
        CENTRE,
        CENTRE | {"source": "osm", "x": 140.0},
        {"name": "Jugendclub", "operator": "BA Mitte", "venue_type": "JFE", "x": 100.0},
        {"name": "Bibliothek", "venue_type": "Bibliothek", "address": "Platz 4"},
        {"name": "Bibliothek", "venue_type": "Bibliothek", "address": "Platz 4", "source": "osm"},
        {"name": ""},
    )
    first = rooms(frame, Venues(), AREAS, TARGETS)
    mixed = frame.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(first, rooms(mixed, Venues(), AREAS, TARGETS))


@pytest.fixture(scope="module")
def district(berlin):
    """Houses of Charlottenburg-Wilmersdorf and the records they are made of."""
    from sozialraum.study import load_study

    study = load_study("charlottenburg-wilmersdorf")
    files = study.venues.files
    venues = pd.concat([read_venues(berlin / f.path, f) for f in files], ignore_index=True)
    areas = gpd.read_file(berlin / "lor_2021" / "lor_planungsraeume_2021.shp")
    areas = areas.set_index("PLR_ID")[["geometry"]].rename_axis("area_id")
    areas = areas[areas.index.str.startswith("04")]
    return rooms(venues, study.venues, areas, study.targets), venues, areas


@pytest.mark.real_data
def test_the_four_venue_files_have_78_points_in_the_district_and_64_within_50_metres(district):
    from scipy.cluster.hierarchy import fcluster, linkage

    _, venues, areas = district
    points = gpd.GeoSeries(gpd.points_from_xy(venues["x"], venues["y"]), crs=areas.crs)
    offices = venues["venue_type"] == "Jobcenter oder Agentur"
    inside = venues[points.within(areas.union_all()) & ~offices]
    assert len(inside) == 78
    single = fcluster(linkage(inside[["x", "y"]], "single"), 50, "distance")
    assert len(set(single)) == 64


@pytest.mark.real_data
def test_addresses_and_names_make_62_houses_of_them_and_two_offices(district):
    houses, _, _ = district
    offices = houses[houses["venue_types"] == "Jobcenter oder Agentur"]
    assert len(houses) - len(offices) == 62
    assert sorted(offices["address"].str.split(",").str[0]) == [
        "Goslarer Ufer 37",
        "Königin-Elisabeth-Straße 49",
    ]
    assert not offices["eligible"].any()
    # Five records in four places are one house with a centre, a library and a youth club.
    halemweg = houses[houses["address"].str.startswith("Halemweg 18")].iloc[0]
    assert halemweg["sources"].count(":") == 5
    assert set(halemweg["venue_types"].split("; ")) == {
        "Stadtteilzentrum",
        "Bibliothek",
        "Jugendfreizeiteinrichtung",
    }


@pytest.mark.real_data
def test_the_districts_verdicts_read_sensibly(district):
    houses, _, _ = district
    verdict = houses.set_index("name")
    assert 20 <= houses["eligible"].sum() <= 30
    general = houses[houses["suits"].map(lambda s: "everybody" in s)]
    assert general["operator_kind"].isin(["public", "association", "church_or_charity"]).all()
    unsuitable = "Mädchen|Spiel|Schule|Gymnasi|Jugend|Fachbibl|Campus|Institut|werkstatt|Event"
    assert not general["name"].str.contains(unsuitable).any()
    for name in (
        "Interkulturelles Stadtteilzentrum Divan",
        "Stadtteilzentrum Charlottenburg-Nord",
        "Haus der Nachbarschafft",
        "Heinrich-Schulz-Bibliothek",
        "BENN Mierendorffinsel",
    ):
        assert "everybody" in verdict.loc[name, "suits"]
    assert verdict.loc["Haus der Jugend Anne Frank", "suits"] == ("young",)
    assert verdict.loc["Freiraum - Veranstaltungssaal", "reason"]
    # Two associations are labelled "öffentlicher Träger"; one of them works here.
    girls = verdict.loc['Mädchenorientiertes Freizeitgelände "Jackie"']
    assert girls["operator_kind"] == "association"
    assert not girls["eligible"]
    assert (houses["reason"] == "").equals(houses["eligible"])
    notes = str(eligibility_notes(houses))
    assert f"{houses['eligible'].sum()} von {len(houses)}" in notes


@pytest.mark.parametrize(
    ("stated", "rule", "reason"),
    [
        ({"opening": "Mo-Fr 9-17"}, {"least_days": 3}, ""),
        ({"opening": "Di 9-12; Sa 10-14"}, {"least_days": 2}, "Zu selten geöffnet: an 1 statt 2"),
        ({"opening": ""}, {"least_days": 1}, "Öffnungstage unbekannt: vor Ort klären"),
        ({"opening": "nach Absprache"}, {"least_days": 1}, "Öffnungstage unbekannt"),
        ({"size": "24 m²"}, {"least_size": 20}, ""),
        ({"size": "12 m²"}, {"least_size": 20}, "Raum zu klein: 12 statt 20 m²"),
        ({"size": "groß"}, {"least_size": 20}, "Raumgröße unbekannt: vor Ort klären"),
    ],
)
def test_opening_days_and_size_are_required_only_where_the_study_says_so(stated, rule, reason):
    row = CENTRE | stated
    assert one(row)["reason"] == ""
    found = one(row, **rule)
    assert found["reason"].startswith(reason) if reason else found["reason"] == ""
    assert bool(found["eligible"]) == (not reason)
