"""Roles: who belongs to a concentration, and what is said about it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from sozialraum.concentration import concentrate, neighbours
from sozialraum.concentration.wording import ROLES, Found, Telling

SIDE = 12
IDS = pd.Index([f"{x:02d}{y:02d}" for x in range(SIDE) for y in range(SIDE)], name="area_id")


@pytest.fixture(scope="module")
def city():
    """A city of 12 x 12 areas; the region is its west, x < 6."""
    boxes = [shapely.box(x, y, x + 1, y + 1) for x in range(SIDE) for y in range(SIDE)]
    areas = gpd.GeoDataFrame(geometry=boxes, index=IDS, crs="EPSG:25833").scale(
        500, 500, origin=(0, 0)
    )
    areas = gpd.GeoDataFrame(geometry=areas)
    areas["region_id"] = [i[:2] for i in IDS]
    return areas


def people(high, rate=0.1, factor=2.5, seed=0):
    rng = np.random.default_rng(seed)
    share = pd.Series(rng.beta(40 * rate, 40 * (1 - rate), len(IDS)).clip(0.03, 0.3), IDS)
    share[high] = rate * factor
    base = pd.Series(6000.0, IDS)
    return (share * base).round(), base


WEST = pd.Series([i < "06" for i in IDS], IDS)
BLOCK = ["0405", "0406", "0504", "0505", "0506", "0605", "0606"]  # two of them beyond the border


@pytest.fixture(scope="module")
def found(city):
    count, base = people(BLOCK)
    return concentrate(city, count, base, WEST, permutations=199, region_name="der Stadt")


def test_a_concentration_is_found_across_the_border(found):
    roles = found.areas["cluster"]
    assert set(BLOCK[:5]) <= set(roles.index[roles == "Konzentration"])
    assert len(found.clusters) == 1
    assert found.clusters["p"].iloc[0] == 1 / 200


def test_figures_of_the_outline_are_of_the_part_inside_the_region(found, city):
    members = found.areas.index[found.areas["cluster"] == "Konzentration"]
    cluster = found.clusters.iloc[0]
    assert cluster["areas"] == len(members)
    assert cluster.geometry.area == pytest.approx(city.geometry[members].area.sum())
    count, base = people(BLOCK)
    inside = pd.Series([i in set(members) for i in city.index], index=city.index)
    rest = (city.index < "06") & ~inside
    risk = count[inside].sum() / base[inside].sum() / (count[rest].sum() / base[rest].sum())
    assert cluster["relative_risk"] == pytest.approx(risk)
    assert cluster["relative_risk"] > cluster["cases"] / cluster["expected"]


def test_the_sentence_tells_with_whom_and_how_far_above(found):
    sentence = found.areas.loc["0505", "cluster_sentence"]
    others = len(found.found.members[0]) - 1
    beyond = int(found.clusters["beyond"].iloc[0])
    assert sentence.startswith(
        f"Gehört mit {others} Nachbarn, davon {beyond} jenseits der Grenze, zu einer Konzentration:"
        " deren Anteil ist das 2,"
    )
    assert "-Fache der Stadt (22,6\u00a0% gegenüber 11,0\u00a0%)" in sentence
    assert "; das Gebiet selbst hat 25,0\u00a0%" in sentence


@pytest.mark.parametrize(
    ("inside", "beyond", "company"),
    [
        (1, 0, "allein "),
        (2, 0, "mit einem Nachbarn "),
        (6, 0, "mit 5 Nachbarn "),
        (2, 1, "mit 2 Nachbarn, davon einer jenseits der Grenze, "),
        (1, 1, "mit einem Nachbarn jenseits der Grenze "),
        (1, 3, "mit 3 Nachbarn jenseits der Grenze "),
        (4, 2, "mit 5 Nachbarn, davon 2 jenseits der Grenze, "),
    ],
)
def test_the_number_of_neighbours_is_told_in_correct_german(inside, beyond, company):
    n = inside + beyond
    cluster = np.arange(n)
    found = Found([cluster], [0.01], cluster, 0.01, n, [(cluster, 0.01)])
    within = cluster < inside
    ones = np.ones(n)
    told = Telling(found, 2 * ones, 10 * ones, within, within & False, 0.1, "des Bezirks")
    expected = (
        f"Gehört {company}zu einer Konzentration: deren Anteil ist das 2,0-Fache "
        "des Bezirks (20,0\u00a0% gegenüber 10,0\u00a0%); das Gebiet selbst hat 20,0\u00a0%."
    )
    assert told.sentence(0, "Konzentration") == expected


def test_every_area_with_a_share_has_a_role(found):
    assert found.areas.index.tolist() == [i for i in IDS if i < "06"]
    assert set(found.areas["cluster"]) <= set(ROLES)
    assert (found.areas["cluster_sentence"] != "").all()


def test_an_area_without_a_count_has_no_role(city):
    count, base = people(BLOCK)
    count["0303"] = np.nan
    row = concentrate(city, count, base, WEST, permutations=49).areas.loc["0303"]
    assert row["cluster"] is None
    assert row["cluster_sentence"] == ""


def test_where_areas_differ_without_pattern_nothing_is_outlined(city):
    # A clearly higher share by itself is told as such, and never as part of a concentration.
    count, base = people(["0202"], seed=7)
    found = concentrate(city, count, base, WEST, permutations=99)
    assert found.clusters.empty
    assert found.figures["scan_p"] > 0.05
    assert found.areas.loc["0202", "cluster"] == "einzeln hoch"
    sentence = found.areas.loc["0202", "cluster_sentence"]
    assert sentence.startswith("Anteil 25,0\u00a0% gegenüber ")
    assert sentence.endswith(
        " insgesamt (das 2,7-Fache), aber ohne gesicherte Konzentration in der Umgebung."
    )


def test_each_measure_comes_with_its_interval(found):
    for name in ("gini", "hoover", "theil", "dissimilarity", "isolation", "theil_between_share"):
        for of in ("", "_city"):
            lo, value, hi = (found.figures[name + of + e] for e in ("_lo", "", "_hi"))
            assert lo < value < hi


def test_the_same_seed_gives_the_same_result(city, found):
    count, base = people(BLOCK)
    again = concentrate(city, count, base, WEST, permutations=199, region_name="der Stadt")
    pd.testing.assert_frame_equal(found.areas, again.areas)
    assert found.figures == again.figures


def test_circles_are_a_check_beside_the_connected_shapes(found):
    assert found.clusters["p_circles"].iloc[0] <= 0.05
    assert found.figures["scan_p_circles"] == found.clusters["p_circles"].iloc[0]


def test_neighbours_can_be_the_nearest_or_those_within_a_distance(city, found):
    count, base = people(BLOCK)
    for kind, options in (("k_nearest", {"k": 8}), ("distance_band", {"band": 800})):
        graph = neighbours(city, kind, **options)
        other = concentrate(city, count, base, WEST, graph=graph, permutations=199)
        assert set(BLOCK[:5]) <= set(other.areas.index[other.areas["cluster"] == "Konzentration"])


def test_where_nothing_can_be_compared_nothing_is_claimed(city):
    base = pd.Series(6000.0, IDS)
    for count in (base / 10, base * np.nan):
        found = concentrate(city, count, base, WEST, permutations=49)
        assert found.clusters.empty
        assert found.figures == {}
        assert found.areas["cluster"].isna().all()


@pytest.mark.real_data
def test_charlottenburg_nord_is_a_concentration(district_run):
    roles = district_run.areas["cluster"]
    # Paul-Hertz-Siedlung and Jungfernheide (Halemweg, Heckerdamm)
    assert roles[["04100101", "04100102"]].tolist() == ["Konzentration"] * 2
    # the villas of Grunewald and Westend
    assert not (roles[["04400729", "04200207", "04400728"]] == "Konzentration").any()
