"""Counts from one division into areas to another."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.areas.crosswalk import carry, carry_share, crosswalk, find_wrong_ids
from sozialraum.errors import InputError

SIDE = 400


def division(cuts: list[int], prefix: str) -> gpd.GeoDataFrame:
    """A strip of 2 km cut across at some metres."""
    edges = [0, *sorted(cuts), 2000]
    shapes = [shapely.box(a, 0, b, SIDE) for a, b in itertools.pairwise(edges)]
    ids = [f"{prefix}{n:02d}" for n in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=shapes, index=pd.Index(ids, name="area_id"), crs="EPSG:25833")


def people(seed: int) -> pd.DataFrame:
    x, y = np.meshgrid(np.arange(50, 2000, 100), np.arange(50, SIDE, 100))
    count = np.random.default_rng(seed).integers(0, 90, x.size)
    return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "population": count}).astype(float)


cuts = st.lists(st.integers(2, 18).map(lambda n: n * 100 + 30), min_size=1, max_size=4, unique=True)


@settings(max_examples=12, deadline=None)
@given(cuts, cuts, st.integers(0, 50))
def test_whole_persons_are_kept_exactly_and_lie_within_their_bounds(old_cuts, new_cuts, seed):
    old, new = division(old_cuts, "a"), division(new_cuts, "b")
    walk = crosswalk(old, new, people(seed))
    assert walk.weights.groupby("source")["weight"].sum().to_numpy() == pytest.approx(1)
    counts = pd.Series(np.random.default_rng(seed).integers(0, 999, len(old)), old.index)
    carried = carry(counts, walk)
    assert carried["value"].sum() == counts.sum()
    assert (carried["value"] == carried["value"].round()).all()
    assert (carried["lo"] <= carried["value"]).all()
    assert (carried["value"] <= carried["hi"]).all()


def test_the_residents_themselves_come_out_as_they_live():
    old, new, cells = division([1000], "a"), division([600, 1400], "b"), people(3)
    truth = pd.Series(
        [cells.loc[cells["x"].between(lo, hi), "population"].sum() for lo, hi in
         ((0, 600), (600, 1400), (1400, 2000))], new.index
    )  # fmt: skip
    old_counts = pd.Series(
        [cells.loc[cells["x"].between(*s), "population"].sum() for s in ((0, 1000), (1000, 2000))],
        old.index,
    )
    carried = carry(old_counts, crosswalk(old, new, cells))
    assert carried["value"].tolist() == truth.tolist()
    assert carried["lo"].tolist() == carried["hi"].tolist() == truth.tolist()  # no cell is cut


def test_only_cells_that_a_new_border_cuts_are_uncertain():
    old, new = division([1000], "a"), division([650, 1000], "b")
    cells = people(5)
    cut = cells.loc[cells["x"].eq(650), "population"].sum()
    whole = cells.loc[cells["x"].lt(1000), "population"].sum()
    weights = crosswalk(old, new, cells).weights.set_index(["source", "target"])
    gap = weights["weight_hi"] - weights["weight_lo"]
    assert gap["a00", "b00"] == pytest.approx(cut / whole)
    assert gap["a01", "b02"] == 0


def test_a_share_is_carried_by_its_parts_and_not_as_a_mean_of_shares():
    old, new = division([1000], "a"), division([1999], "b")
    cells = people(1)
    residents = pd.Series([1000.0, 100.0], old.index)
    recipients = pd.Series([100.0, 50.0], old.index)
    share = carry_share(recipients, residents, crosswalk(old, new, cells))
    assert share.iloc[0] == pytest.approx(150 / 1100, rel=0.02)


def test_a_missing_count_is_unknown_and_not_nobody():
    old, new = division([1000], "a"), division([600, 1400], "b")
    carried = carry(pd.Series([np.nan, 10.0], old.index), crosswalk(old, new, people(2)))
    assert carried["value"].isna().tolist() == [True, True, False]


def test_an_area_where_nobody_lives_is_shared_out_by_area():
    old, new = division([1000], "a"), division([500, 1000], "b")
    cells = people(2)
    cells.loc[cells["x"] < 1000, "population"] = 0
    walk = crosswalk(old, new, cells)
    assert walk.by_area == ["a00"]
    assert carry(pd.Series([10, 4], old.index), walk)["value"].tolist() == [5, 5, 4]


def test_other_areas_and_another_crs_are_refused():
    old, new = division([1000], "a"), division([600], "b")
    with pytest.raises(InputError, match="CRS"):
        crosswalk(old, new.to_crs("EPSG:25832"))
    with pytest.raises(InputError, match="b00"):
        carry(pd.Series([1, 2], new.index), crosswalk(old, new))


def test_two_features_with_one_id_and_no_free_id_stay_an_error():
    shapes = division([500, 1000], "a").geometry.to_numpy()
    ids = pd.Series(["0101", "0202", "0101"], index=[1, 2, 3])
    with pytest.raises(InputError, match="not certain"):
        find_wrong_ids(ids, shapes, {"0101", "0202"})


# --- Berlin's reform of 2021 ---


@pytest.fixture(scope="module")
def reform(request):
    """Old and new areas, the register of 31.12.2020 on the old, its total on the new ones."""
    from sozialraum.sources import ewr, grid, lor, mss, vector

    folder = request.getfixturevalue("berlin")
    register = ewr.read_register(folder / "ewr/ewr_2020-12-31_t2_plr.csv")["population"]
    path = folder / "lor_2019/lor_planungsraeume.shp"
    layer = vector.read_layer(path)
    ids = pd.Series(layer.attributes["broker Dow"], dtype=str)
    ids.index += 1
    wrong = find_wrong_ids(ids, layer.geometry, set(register.index))
    old = lor.read_areas(
        path,
        id="broker Dow",
        name="PLANUNGSRA",
        mend={(w.feature, w.wrong): w.right for w in wrong},
    )
    new = lor.read_areas(folder / "lor_2021/lor_planungsraeume_2021.shp")
    cells = grid.read_grid(folder / "population_grid/population_100m_berlin.csv")
    edition = mss.read_indicators(folder / "mss/2021/mss_2021_index_indikatoren.csv")
    walk = crosswalk(old, new, cells.rename(columns={"people": "population"}))
    return register, old, new, walk, edition["population"], wrong


@pytest.mark.real_data
def test_schlossstrasse_in_charlottenburg_gets_its_own_id_back(reform):
    _, old, *_, wrong = reform
    assert [(w.wrong, w.right) for w in wrong] == [("06010102", "04030417")]
    assert old.loc["04030417", "name"] == "Schloßstraße"
    assert "04030417" in wrong[0].why


@pytest.mark.real_data
def test_every_district_keeps_its_residents_across_the_reform(reform):
    register, _, _, walk, *_ = reform
    carried = carry(register, walk)["value"]
    assert carried.sum() == register.sum()
    gap = (
        carried.groupby(carried.index.str[:2]).sum()
        - register.groupby(register.index.str[:2]).sum()
    )
    assert gap.abs().max() <= 1
    assert gap["04"] == 0


@pytest.mark.real_data
def test_residents_of_cells_tell_more_than_area(reform):
    register, old, new, walk, truth, _ = reform
    rows = walk.weights
    shared = rows.groupby("source")["target"].transform("size") > 1
    changed = sorted(set(rows.loc[shared, "target"]))
    by_people = carry(register, walk)
    by_area = carry(register, crosswalk(old, new))["value"]
    errors = [(c[changed] - truth[changed]).abs().median() for c in (by_people["value"], by_area)]
    assert len(changed) == 270
    assert errors[0] < 165
    assert errors[1] > 5 * errors[0]
    unchanged = truth.index.difference(changed)
    known = truth[unchanged].dropna()
    assert (by_people["value"][known.index] == known).mean() > 0.97
