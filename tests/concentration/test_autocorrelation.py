"""Autocorrelation agrees with esda and says what is chance."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.concentration import (
    contiguity,
    distance_band,
    false_discovery,
    getis_ord,
    k_nearest,
    local_moran,
    moran,
    moran_rate,
)
from sozialraum.concentration.autocorrelation import _distinct
from sozialraum.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore:The alternative hypothesis:DeprecationWarning")
GRID = [[x, y] for x in range(10) for y in range(10)]


@pytest.fixture(scope="module")
def columbus():
    """Libpysal's built-in example: 49 neighbourhoods of Columbus, Ohio, 1980."""
    import libpysal

    return gpd.read_file(libpysal.examples.get_path("columbus.shp"))


def weights(columbus, rule, transform):
    import libpysal

    kind = {"queen": libpysal.weights.Queen, "rook": libpysal.weights.Rook}[rule]
    made = kind.from_dataframe(columbus, use_index=False)
    made.transform = transform
    return made


@pytest.mark.parametrize(("rule", "published"), [("queen", 0.5001886), ("rook", 0.5236702)])
def test_morans_i_of_crime_in_columbus(columbus, rule, published):
    import esda

    found = moran(columbus["CRIME"], contiguity(columbus, rule))
    assert found["I"] == pytest.approx(published, abs=5e-8)
    reference = esda.Moran(columbus["CRIME"], weights(columbus, rule, "R"), permutations=9)
    assert found["I"] == pytest.approx(reference.I, abs=1e-10)
    assert found["p"] == 0.001
    assert found["islands"] == 0


def test_morans_i_of_rates_agrees_with_esda(columbus):
    import esda

    events, population = columbus["CRIME"].to_numpy(), columbus["HOVAL"].to_numpy() * 4
    reference = esda.Moran_Rate(
        events, population, weights(columbus, "queen", "R"), permutations=9
    )  # fmt: skip
    found = moran_rate(events, population, contiguity(columbus))
    assert found["I"] == pytest.approx(reference.I, abs=1e-10)


@pytest.mark.parametrize("column", ["CRIME", "INC", "HOVAL"])
def test_local_moran_agrees_with_esda(columbus, column):
    import esda

    reference = esda.Moran_Local(
        columbus[column], weights(columbus, "queen", "R"), permutations=9_999, seed=1
    )  # fmt: skip
    found = local_moran(columbus[column], contiguity(columbus), 9_999)
    np.testing.assert_allclose(found["statistic"], reference.Is, atol=1e-10)
    words = {1: "hoch-hoch", 2: "niedrig-hoch", 3: "niedrig-niedrig", 4: "hoch-niedrig"}
    assert found["quadrant"].tolist() == [words[q] for q in reference.q]
    # Two Monte-Carlo estimates of the same p-value; standard deviation at most 0.005 each.
    np.testing.assert_allclose(found["p"], reference.p_sim, atol=0.03)


@pytest.mark.parametrize("star", [True, False])
def test_getis_ord_agrees_with_esda(columbus, star):
    import esda

    reference = esda.G_Local(
        columbus["CRIME"], weights(columbus, "queen", "B"), "B", 9_999, star=star, n_jobs=1, seed=1
    )  # fmt: skip
    found = getis_ord(columbus["CRIME"], contiguity(columbus), 9_999, star=star)
    np.testing.assert_allclose(found["statistic"], reference.Zs, atol=1e-10)
    np.testing.assert_allclose(found["p"], reference.p_sim, atol=0.03)


def test_a_libpysal_graph_may_be_given(columbus):
    from libpysal.graph import Graph

    given_ = Graph.build_contiguity(columbus, rook=False)
    assert moran(columbus["CRIME"], given_)["I"] == pytest.approx(0.5001886, abs=5e-8)


def test_the_conditional_p_value_is_exact_for_a_single_neighbour():
    # Each area has one neighbour: p is the share of other values at least as extreme.
    x = np.array([9.0, 8, 1, 2, 3, 4, 5, 6])
    graph = np.zeros((8, 8))
    graph[0, 1] = graph[2, 3] = graph[7, 0] = 1
    import scipy.sparse

    p = local_moran(x, scipy.sparse.csr_array(graph), 99_999)["p"]
    # of 8, 1, 2, … 6 only 8 is ≥ 8: 1/7; of 9, 8, 2, … 6 only 2 is ≤ 2; of 9, 8, 1, … 5 only 9.
    assert p[[0, 2, 7]].tolist() == pytest.approx([1 / 7] * 3, abs=0.006)


def test_unequal_weights_are_permuted_with_the_values():
    # By hand over all ordered pairs: two neighbours with weights 1/4 and 3/4.
    import itertools

    import scipy.sparse

    x = np.array([5.0, 4, 3, 1, 0, 2])
    graph = scipy.sparse.csr_array(([1.0, 3.0], ([0, 0], [1, 2])), shape=(6, 6))
    pairs = [(a + 3 * b) / 4 for a, b in itertools.permutations(x[1:], 2)]
    expected = np.mean(np.array(pairs) >= 13 / 4)
    found = local_moran(x, graph, 49_999)["p"][0]
    assert found == pytest.approx(expected, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(1, 12), st.integers(0, 1000))
def test_drawn_neighbours_differ_from_each_other(n, k, seed):
    drawn = _distinct(n, min(k, n), 50, seed)
    assert drawn.min() >= 0
    assert drawn.max() < n
    assert all(len(set(column)) == len(column) for column in drawn.T.tolist())


def test_every_area_is_drawn_equally_often():
    drawn = _distinct(40, 5, 40_000, 3)
    counts = np.array([np.bincount(row, minlength=40) for row in drawn])
    assert np.abs(counts / 1000 - 1).max() < 0.15  # standard deviation 3 %


def test_an_island_has_no_statistic_but_stays_in_the_table():
    xy = [[0, 0], [1, 0], [2, 0], [3, 0], [99, 0]]
    found = local_moran(pd.Series([1.0, 2, 8, 9, 5], list("abcde")), distance_band(xy, 1))
    assert found.loc["e", "quadrant"] == "Insel"
    assert np.isnan(found.loc["e", ["statistic", "p", "q"]].astype(float)).all()
    assert not found.loc["e", "significant"]
    assert moran([1.0, 2, 8, 9, 5], distance_band(xy, 1))["islands"] == 1


def test_a_missing_share_has_no_role_and_no_influence():
    xy = [[x, 0] for x in range(8)]
    values = [1.0, 2, 8, np.nan, 9, 7, 1, 3]
    kept = [0, 1, 2, 4, 5, 6, 7]
    found = local_moran(values, distance_band(xy, 1))
    without = local_moran([values[i] for i in kept], distance_band([xy[i] for i in kept], 1))
    assert found["quadrant"][3] is None
    pd.testing.assert_frame_equal(found.iloc[kept].reset_index(drop=True), without)


def test_an_area_at_the_edge_is_judged_with_its_neighbours_beyond():
    values = np.array([50.0 if x > 7 else 1 + (3 * x + y) % 3 for x, y in GRID])
    graph = k_nearest(GRID, 4)
    west = [i for i, (x, _) in enumerate(GRID) if x <= 7]
    edge = GRID.index([7, 4])
    whole = local_moran(values, graph)["quadrant"][edge]
    cut = local_moran(values[west], graph[west][:, west])["quadrant"][west.index(edge)]
    assert whole == "niedrig-hoch"
    assert cut != whole


def test_false_discoveries_are_controlled_where_nothing_clusters():
    rng = np.random.default_rng(1)
    graph = k_nearest(GRID, 5)
    found = [local_moran(rng.normal(size=100), graph, 999, seed=s) for s in range(60)]
    # Under chance alone any discovery is false: at most 5 % of maps may show one.
    assert sum(f["significant"].any() for f in found) <= 7
    assert np.mean([(f["p"] <= 0.05).mean() for f in found]) == pytest.approx(0.10, abs=0.03)


def test_benjamini_hochberg_by_hand():
    assert false_discovery([0.005, 0.02, 0.03, 0.9]).tolist() == pytest.approx(
        [0.02, 0.04, 0.04, 0.9]
    )


def test_equal_values_cannot_cluster():
    with pytest.raises(InputError, match="equal"):
        local_moran([1, 1, 1, 1], k_nearest([[0, 0], [1, 0], [2, 0], [3, 0]], 1))


def test_a_high_centre_among_low_neighbours_is_no_high_place():
    """Gi* counts the centre, its p-value only the neighbours: they must point the same way."""
    xy = [[x, y] for x in range(15) for y in range(15)]
    around = np.array([max(abs(x - 7), abs(y - 7)) == 1 for x, y in xy])
    values = np.random.default_rng(1).normal(50, 2, len(xy))
    values[around], values[xy.index([7, 7])] = 40, 300
    centre = getis_ord(values, k_nearest(xy, 8), 9_999).iloc[xy.index([7, 7])]
    assert centre["quadrant"] == "hoch"
    assert centre["p"] < 0.001
    assert not centre["significant"]
