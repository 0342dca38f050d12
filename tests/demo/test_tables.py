"""Musterstadt's tables: the publishers' layouts and quirks, figures that agree with each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sozialraum.demo import tables, workbook
from sozialraum.sources.ba import BaTable, read_workbook
from sozialraum.sources.ewr import read_register
from sozialraum.sources.grid import read_grid
from sozialraum.sources.lor import read_areas, read_names
from sozialraum.sources.mss import read_classes, read_context, read_indicators
from sozialraum.sources.venues import read_venues
from sozialraum.study import load_study

MSS = "mss/{0}/mss_{0}_index_indikatoren.csv"
RLB, ELB, NEF = (
    "Regelleistungsberechtigte",
    "erwerbsfähige Leistungsberechtigte",
    "nicht erwerbsfähige Leistungsberechtigte",
)


@pytest.fixture(scope="module")
def register(musterstadt: Path) -> pd.DataFrame:
    return read_register(musterstadt / "ewr" / "EWR202412E_Matrix.csv")


@pytest.fixture(scope="module")
def ba(musterstadt: Path) -> BaTable:
    return read_workbook(next((musterstadt / "ba").glob("*.xlsx")))


@pytest.fixture(scope="module")
def previous(musterstadt: Path) -> pd.DataFrame:
    return read_indicators(musterstadt / MSS.format(2023))


@pytest.fixture(scope="module")
def current(musterstadt: Path) -> pd.DataFrame:
    return read_indicators(musterstadt / MSS.format(2025))


def test_every_table_has_the_same_areas(musterstadt, register, ba, previous, current):
    areas = read_areas(musterstadt / "lor" / "lor_planungsraeume.shp")
    for frame in (register, ba.areas, previous, current):
        assert list(frame.index) == list(areas.index)
        assert not frame.attrs.get("notes")
    for frame in (ba.areas, previous, current):
        assert (frame["name"] == areas["name"]).all()


def test_the_matrix_and_the_t2_table_tell_the_same(musterstadt, register):
    raw = (musterstadt / "ewr" / "EWR202412E_Matrix.csv").read_bytes()
    assert raw.startswith(
        b"\xef\xbb\xbfZEIT;RAUMID;BEZ;PGR;BZR;PLR;STADTRAUM;E_E;E_EM;E_EW;E_E00_01"
    )
    assert b"E_E95_110;E_EU1;E_E1U6;E_E6U15;E_E15U18;E_E18U25;E_E25U55;E_E55U65;E_E65U80" in raw
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(register) + 1
    table = read_register(musterstadt / "ewr" / "ewr_2024-12-31_t2_plr.csv")
    for column in ("population", "female", "under_15", "from_15_to_65", "from_65"):
        assert (table[column] == register[column]).all(), column


def test_indicators_carry_the_residents_of_their_register(musterstadt, register, previous, current):
    earlier = read_register(musterstadt / "ewr" / "ewr_2022-12-31_t2_plr.csv")
    assert (previous["population"] == earlier["population"]).all()
    assert (current["population"] == register["population"]).all()
    assert previous.attrs["reference_date"] == "2022-12-31"
    assert current.attrs["reference_date"] == "2024-12-31"


def test_an_area_with_few_residents_has_no_indicators(previous, current):
    small = current["population"] < 300
    assert small.sum() == 1
    assert small.idxmax().startswith("21")
    assert (current["valid"] == ~small).all()
    for frame in (previous, current):
        assert frame.loc[small, ["S1", "S2", "S3", "S4"]].isna().all(axis=None)
        assert frame.loc[~small, ["S1", "S2", "S3", "S4"]].notna().all(axis=None)


def test_missing_is_written_as_each_edition_writes_it(musterstadt):
    assert ",-9999," in (musterstadt / MSS.format(2023)).read_text(encoding="utf-8")
    later = (musterstadt / MSS.format(2025)).read_text(encoding="utf-8")
    assert "-9999" not in later
    assert ",21,,,,,ungültig" in later


def test_shares_times_residents_are_whole_persons(previous, register, current):
    for frame in (previous, current):
        shown = frame.dropna(subset=["S3"])
        persons = shown["S3"] / 100 * shown["population"]
        assert np.abs(persons - persons.round()).max() < 0.06
    children = current["S4"] / 100 * register["under_15"]
    assert np.abs(children - children.round()).max() < 0.02


def test_the_later_edition_hides_counts_up_to_ten_as_zero(previous, current, register):
    valid = current[current["valid"]]
    children = valid["S4"] / 100 * register.loc[valid.index, "under_15"]
    assert ((children == 0) | (children > 10)).all()
    district = valid[valid.index.str.startswith("21")]
    masked = district.index[(district["S4"] == 0) | (district["S1"] == 0)]
    assert 1 <= len(masked) <= 5
    assert (previous.loc[masked, ["S1", "S4"]] > 0).any(axis=None)


def test_numerators_are_nested(ba, current, register):
    counts = ba.areas
    s3 = (current["S3"] / 100 * current["population"]).where(current["S3"] > 0)  # 0: hidden
    known = counts[["Kinder unter 15", RLB, "Arbeitslose SGB II"]].dropna().index
    counts, s3 = counts.loc[known], s3[known].round()
    assert (counts["Kinder unter 15"] <= s3.fillna(np.inf)).all()
    with_sgb12 = counts["Arbeitslose SGB II"] + s3
    assert (with_sgb12 >= counts[RLB])[s3.notna()].all()
    assert counts[RLB].sum() < with_sgb12.sum() < 1.4 * counts[RLB].sum()
    shown = counts["Kinder unter 15"] / register["under_15"][known]
    published = current["S4"][known]
    assert np.abs(shown * 100 - published)[published > 0].max() < 0.001


def test_the_workbook_adds_up(ba):
    parts = ba.areas[[RLB, ELB, NEF]].dropna()
    assert len(parts) > 150
    assert (parts[RLB] == parts[ELB] + parts[NEF]).all()
    assert (ba.areas["Personen in Bedarfsgemeinschaften"] >= ba.areas[RLB])[parts.index].all()
    assert (ba.areas["Bedarfsgemeinschaften"] <= ba.areas[RLB])[parts.index].all()
    totals = ba.totals
    for unit in [u for u in totals.index if len(u) == 6]:
        members = ba.areas[ba.areas.index.str[:6] == unit][RLB]
        if members.notna().all():
            assert members.sum() == totals.loc[unit, RLB]
    for district in ("21", "22", "23"):
        members = ba.areas[ba.areas.index.str[:2] == district]
        assert totals.loc[district, RLB] > members[RLB].sum()  # some cannot be located


def test_the_workbook_has_every_quirk_of_the_publisher(musterstadt, ba):
    from openpyxl import load_workbook

    assert ba.reporting_month == "2024-12"
    assert ba.data_as_of is not None
    assert set(ba.markers) >= {"*", "-", "x"}
    assert not ba.hides_only_small
    assert len(ba.footnotes) >= 4
    book = load_workbook(next((musterstadt / "ba").glob("*.xlsx")))
    sheet = book["Tabelle 1"]
    assert len(sheet.merged_cells.ranges) >= 8
    ids = [sheet.cell(r, 1).value for r in range(9, 60)]
    assert any(isinstance(i, int) for i in ids)
    assert any(isinstance(i, str) and len(i) == 8 for i in ids)
    words = " ".join(str(c.value) for row in book["Hinweise"].iter_rows() for c in row)
    assert "erfunden" in words


def test_no_hidden_cell_can_be_calculated(ba, musterstadt):
    """Neither from its row nor from the total of its Bezirksregion."""
    assert ba.areas[RLB].isna().sum() >= 1
    assert (ba.areas[[RLB, ELB, NEF]].isna().sum(axis=1) != 1).all()
    totals = ba.totals
    measures = [c for c in ba.areas if c in ba.headers]
    assert len(measures) == 8
    for unit in [u for u in totals.index if len(u) == 6]:
        members = ba.areas[ba.areas.index.str[:6] == unit]
        for measure in measures:
            hidden = int(members[measure].isna().sum())
            assert hidden != 1 or np.isnan(totals.loc[unit, measure]), (unit, measure)


def test_no_count_of_one_or_two_is_written(ba):
    measures = [c for c in ba.areas if c in ba.headers]
    assert not ba.areas[measures].isin([1, 2]).any(axis=None)
    assert not ba.totals[measures].isin([1, 2]).any(axis=None)


def test_complementary_cells_are_hidden_too():
    counts = pd.DataFrame(
        {m: [20, 30, 40] for m in workbook.MEASURES}, index=["21100101", "21100102", "21100103"]
    )
    counts["not_employable"] = [2, 10, 12]
    counts["employable"] = [18, 20, 28]
    secret = workbook.hidden(counts, np.array(["211001"] * 3))
    assert secret["not_employable"].tolist() == [True, True, False]
    assert secret["employable"].tolist() == [True, True, False]
    assert not secret["recipients"].any()


def test_published_classes_follow_from_the_published_figures(musterstadt, previous):
    published = read_classes(musterstadt / "mss" / "2023" / "mss_2023_indizes.csv")
    assert {"hoch", "mittel", "niedrig", "sehr niedrig"} <= set(published["status_class"].dropna())
    assert {"positiv", "stabil", "negativ"} == set(published["dynamics_class"].dropna())
    assert (published["status_class"].isna() == ~previous["valid"]).all()
    again = tables.classes(previous[["S1", "S2", "S3", "S4"]], previous[["D1", "D3", "D4"]])
    words = again["SI_N"].map({1: "hoch", 2: "mittel", 3: "niedrig", 4: "sehr niedrig"})
    valid = previous["valid"]
    assert (words[valid] == published["status_class"][valid]).all()
    z = (again["SI_N"] == 4)[published["status_class"] == "sehr niedrig"]
    assert z.all()


def test_context_indicators_write_suppressed_as_zero(musterstadt):
    context = read_context(musterstadt / "mss" / "2023" / "mss_2023_kontext_indikatoren.csv")
    shown = context[context["valid"]]
    assert (shown[["KI_01", "KI_03"]] == 0).any(axis=None)
    assert shown["KI_03"].between(0, 40).all()


def test_some_areas_get_worse_where_the_truth_says_so(previous, current):
    from sozialraum import demo

    worse = [a for a in demo.truth().worsening if a.startswith("21")]
    assert worse
    change = (current["S1"] - previous["S1"]).dropna()
    assert (change[worse] > change.quantile(0.95)).all()


def test_people_live_in_the_grid_where_the_register_counts_them(musterstadt):
    import geopandas as gpd

    register = read_register(musterstadt / "ewr" / "ewr_2022-12-31_t2_plr.csv")
    cells = read_grid(musterstadt / "population_grid" / "population_100m.csv")
    assert cells["people"].sum() == register["population"].sum()
    areas = read_areas(musterstadt / "lor" / "lor_planungsraeume.shp")
    points = gpd.GeoDataFrame(
        cells[["people"]], geometry=gpd.points_from_xy(cells["x"], cells["y"]), crs=areas.crs
    )
    joined = gpd.sjoin(points, areas[["geometry"]], predicate="within")
    people_there = joined.groupby("area_id")["people"].sum().reindex(areas.index).fillna(0)
    ratio = people_there / register["population"]
    assert ratio[register["population"] > 2000].between(0.75, 1.3).mean() > 0.95


def test_venues_have_every_case_a_rule_must_cope_with(musterstadt):
    study = load_study("demo")
    records = pd.concat([read_venues(musterstadt / f.path, f) for f in study.venues.files])
    district = records[records["source_id"].notna()]
    names = district["name"]
    house = district[names == "Nachbarschaftshaus Neuhafen"]
    assert len(house) == 2  # one house in two catalogues, a few metres apart
    apart = np.hypot(house["x"].diff().iloc[1], house["y"].diff().iloc[1])
    assert 0 < apart < study.venues.merge_metres
    assert (district["audience"] == "Mädchen").sum() == 1
    assert names.str.contains("Kleingarten").any()
    assert names.str.contains("Event").any()
    assert names.str.contains("Schulbibliothek").any()
    assert district["operator"].str.contains("GmbH").any()
    assert district["operator"].str.startswith("Bezirksamt").any()
    assert (district["operator"] == "").any()
    wrong = district["operator"].str.endswith("e. V.") & (
        district["operator_hint"] == "öffentlicher Träger"
    )
    assert wrong.any()
    project = district.loc[district["source"].eq("demo_venues"), "source_id"]
    assert project.duplicated().any()  # a project number is no key
    raw = (musterstadt / "venues" / "stadtteilzentren.csv").read_bytes()
    assert b"\x96" in raw
    assert raw.count(b"\r\n") == raw.count(b"\n")


def test_there_is_no_tram(musterstadt):
    for kind, least in (("ubahn", 20), ("sbahn", 8), ("bus", 100), ("tram", 0)):
        stops = pd.read_csv(musterstadt / "transit" / f"osm_{kind}-stops.csv")
        assert list(stops.columns[:6]) == ["id", "name", "street", "zip_code", "lat", "lon"]
        assert len(stops) >= least
        assert kind == "bus" or stops["name"].is_unique
    assert len(pd.read_csv(musterstadt / "transit" / "osm_tram-stops.csv")) == 0


def test_names_of_all_levels_are_read(musterstadt):
    regions = read_names(
        musterstadt / "lor" / "lor_bezirksregionen.shp", id="BZR_ID", name="BZR_NAME", digits=6
    )
    assert regions.is_unique
    assert "Neuhafen" in set(regions)


def test_people_receive_benefits_as_households(ba):
    """Counts of persons vary by household: the reason for a design effect in the statistics."""
    size = ba.areas["Personen in Bedarfsgemeinschaften"] / ba.areas["Bedarfsgemeinschaften"]
    large = ba.areas[RLB] > 300
    assert size[large].between(1.4, 2.3).all()
