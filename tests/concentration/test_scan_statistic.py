"""The scan statistic: planted clusters are found, chance is not, and Kulldorff's rules hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.concentration import dispersion, k_nearest, scan
from sozialraum.concentration.scan_statistic import EXTREME, _Null, _p_values
from sozialraum.concentration.windows import Circles, Data, Growth
from sozialraum.errors import InputError

SIDE = 9
GRID = np.array([[x, y] for x in range(SIDE) for y in range(SIDE)], dtype=float) * 500
PEOPLE = np.full(len(GRID), 5000.0)


def grid_graph():
    """Areas of the grid that share an edge."""
    import scipy.sparse as sparse

    line = sparse.diags_array([np.ones(SIDE - 1)] * 2, offsets=[-1, 1])
    one = sparse.eye_array(SIDE)
    return sparse.csr_array(sparse.kron(line, one) + sparse.kron(one, line))


def planted(members, risk=2.0, seed=1):
    rate = np.full(len(GRID), 0.1)
    rate[list(members)] *= risk
    return np.random.default_rng(seed).binomial(PEOPLE.astype(int), rate)


def test_llr_of_a_window_is_kulldorffs_formula():
    # 3 areas of 100 residents with 30, 10 and 10 cases: the window {0} against the rest, by hand.
    found = scan([[0, 0], [1000, 0], [1900, 0]], [30, 10, 10], [100] * 3, max_share=0.5)
    inside = 30 * np.log(0.3) + 70 * np.log(0.7)
    outside = 20 * np.log(0.1) + 180 * np.log(0.9)
    everywhere = 50 * np.log(50 / 300) + 250 * np.log(250 / 300)
    assert found["llr"].iloc[0] == pytest.approx(inside + outside - everywhere, rel=1e-12)
    assert found["expected"].iloc[0] == pytest.approx(50 / 3)
    assert found["relative_risk"].iloc[0] == pytest.approx(3.0)


def test_llr_of_the_poisson_model_is_kulldorffs_formula():
    found = scan(
        [[0, 0], [1000, 0], [1900, 0]], [30, 10, 10], [1, 1, 1], model="poisson", max_share=0.5
    )
    by_hand = 30 * np.log(30 / (50 / 3)) + 20 * np.log(20 / (100 / 3))
    assert found["llr"].iloc[0] == pytest.approx(by_hand, rel=1e-12)


def test_areas_at_the_same_distance_enter_a_circle_together():
    # The two outer areas are equally far from the middle: {0, 1} is a circle around 0 only.
    circles = Circles(np.array([[-1.0, 0], [0, 0], [1, 0]]), np.ones(3), 3.0)
    data = Data(np.array([[5.0], [1], [1]]), np.full(3, 10.0), binomial=True)
    held = {tuple(sorted(m.tolist())) for _, m in circles.listed(data, 0.0)}
    assert held == {(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)}


def test_a_window_never_holds_more_than_the_largest_share():
    cases = planted(range(40), 3.0)
    for graph in (None, grid_graph()):
        found = scan(GRID, cases, PEOPLE, graph=graph, max_share=0.1, replications=19)
        assert max(len(m) for m in found["members"]) <= 0.1 * len(GRID)


@pytest.mark.parametrize("graph", [None, grid_graph()], ids=["circles", "shapes"])
@pytest.mark.parametrize("model", ["binomial", "poisson"])
def test_a_planted_cluster_is_found(graph, model):
    block = {30, 31, 32, 39, 40, 41, 48, 49, 50}
    found = scan(GRID, planted(block), PEOPLE, graph=graph, model=model, replications=199)
    assert set(found["members"].iloc[0]) == block
    assert found["p"].iloc[0] == 1 / 200
    assert found["relative_risk"].iloc[0] == pytest.approx(2.0, abs=0.1)


def test_shapes_follow_a_long_concentration_that_no_circle_fits():
    street = set(range(4, 4 + 7 * SIDE, SIDE))
    cases = planted(street)
    shape = scan(GRID, cases, PEOPLE, graph=grid_graph(), reach=31, replications=19)
    circle = scan(GRID, cases, PEOPLE, replications=19)
    assert set(shape["members"].iloc[0]) == street
    assert set(circle["members"].iloc[0]) != street


def test_secondary_clusters_share_no_area_with_the_likelier_ones():
    first, second = {0, 1, 9, 10}, {70, 71, 79, 80}
    rate = np.full(len(GRID), 0.1)
    rate[list(first)], rate[list(second)] = 0.25, 0.2
    found = scan(GRID, PEOPLE * rate, PEOPLE, replications=99)
    assert [set(m) for m in found["members"].iloc[:2]] == [first, second]
    assert found["llr"].is_monotonic_decreasing
    assert sum(map(len, found["members"])) == len(set().union(*found["members"]))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31))
def test_the_order_of_the_rows_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    xy, people = rng.uniform(0, 5000, (30, 2)), rng.integers(200, 900, 30)
    cases = rng.binomial(people, 0.2)
    order = rng.permutation(30)
    graph = k_nearest(xy, 4)
    for g in (None, graph):
        options = {"replications": 49, "overdispersion": "estimate"}
        one = scan(xy, cases, people, graph=g, **options)
        shuffled = None if g is None else g[order][:, order]
        two = scan(xy[order], cases[order], people[order], graph=shuffled, **options)
        assert one["p"].tolist() == two["p"].tolist()
        assert list(one["members"]) == [sorted(order[m].tolist()) for m in two["members"]]


def test_a_row_with_a_missing_count_takes_no_part_and_keeps_positions():
    cases, block = planted({31, 39, 40, 41, 49}).astype(float), {31, 39, 40, 41, 49}
    cases[[3, 60]] = np.nan
    for graph in (None, grid_graph()):
        found = scan(GRID, cases, PEOPLE, graph=graph, replications=49)
        assert set(found["members"].iloc[0]) == block
        assert not {3, 60} & set().union(*found["members"])


def test_the_number_of_threads_changes_nothing(monkeypatch):
    cases = planted({40}, 1.02)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    one = scan(GRID, cases, PEOPLE)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert one.equals(scan(GRID, cases, PEOPLE))


def test_the_quick_search_finds_the_exact_maximum_over_all_windows():
    rng = np.random.default_rng(3)
    cases = rng.binomial(PEOPLE.astype(int)[:, None], 0.1, (len(GRID), 5)).astype(float)
    limit = PEOPLE.sum() / 4
    for windows in (Circles(GRID, PEOPLE, limit), Growth(GRID, PEOPLE, limit, grid_graph())):
        fast = windows.maxima(Data(cases, PEOPLE, binomial=True))
        for column in range(5):
            one = Data(cases[:, [column]], PEOPLE, binomial=True)
            assert fast[column] == pytest.approx(max(w for w, _ in windows.listed(one, 0.0)))


def test_every_grown_window_is_connected():
    from scipy.sparse.csgraph import connected_components

    graph = grid_graph()
    windows = Growth(GRID, PEOPLE, PEOPLE.sum() / 4, graph)
    data = Data(planted({5})[:, None].astype(float), PEOPLE, binomial=True)
    for _, members in list(windows.listed(data, 0.0))[::9]:
        assert connected_components(graph[members][:, members])[0] == 1


def test_dispersion_recovers_the_correlation_that_was_drawn():
    rng = np.random.default_rng(5)
    people, rho = rng.integers(2000, 9000, 4000), 0.03
    share = rng.beta(0.12 * (1 / rho - 1), 0.88 * (1 / rho - 1), 4000)
    assert dispersion(rng.binomial(people, share), people) == pytest.approx(rho, rel=0.1)


@pytest.mark.parametrize("graph", [None, grid_graph()], ids=["circles", "shapes"])
@pytest.mark.parametrize("skewed", [False, True])
def test_areas_that_differ_without_regard_to_place_are_no_concentration(graph, skewed):
    # Each alone differs "significantly" from the rest; together they show no pattern.
    rng = np.random.default_rng(11)
    small = []
    for _ in range(30):
        share = rng.beta(4, 36, len(GRID))
        if skewed:
            share = np.clip(0.1 * rng.lognormal(0, 0.5, len(GRID)), 0, 0.9)
        cases = rng.binomial(PEOPLE.astype(int), share)
        found = scan(
            GRID, cases, PEOPLE, graph=graph, overdispersion="estimate", replications=19,
            seed=int(rng.integers(1 << 30)),
        )  # fmt: skip
        small.append(found["p"].iloc[0] <= 0.1)
    # 30 trials at 10 %: more than 7 would come by chance in 1 % of cases.
    assert sum(small) <= 7
    assert scan(GRID, cases, PEOPLE, graph=graph, replications=19)["p"].iloc[0] == 1 / 20


def test_a_household_factor_makes_the_test_more_cautious():
    cases = planted({40}, 1.2)
    loose, strict = (scan(GRID, cases, PEOPLE, overdispersion=f) for f in (1.0, 4.0))
    assert strict["llr"].iloc[0] == pytest.approx(loose["llr"].iloc[0] / 4, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases": [1, 2]}, "Shapes"),
        ({"cases": [1, 2, 30]}, "more cases than residents"),
        ({"cases": [0, 0, 0]}, "cases"),
        ({"cases": [-1, 2, 3]}, "negative"),
        ({"model": "normal"}, "no model"),
        ({"overdispersion": 0.5}, "overdispersion"),
        ({"max_share": 0}, "max_share"),
    ],
)
def test_what_cannot_be_scanned_is_refused(change, message):
    given_ = {"xy": [[0, 0], [1, 0], [3, 0]], "cases": [1, 2, 3], "population": [9, 9, 9]} | change
    with pytest.raises(InputError, match=message):
        scan(**given_)


def test_a_p_value_that_is_settled_early_is_besag_and_cliffords():
    simulated = np.tile([0.0, 2.0], 60)  # every second replication is larger
    early, rare = _p_values([1.0, 3.0], simulated, 999)
    assert early == EXTREME / (2 * EXTREME)  # the 50th larger one is the 100th drawn
    assert rare == 1 / 1000


def test_chance_is_not_drawn_to_the_end(monkeypatch):
    drawn = []
    draw = _Null.draw

    def counted(self, rng, size):
        drawn.append(size)
        return draw(self, rng, size)

    monkeypatch.setattr(_Null, "draw", counted)
    found = scan(GRID, planted({40}, 1.01, seed=8), PEOPLE, replications=9_999)
    assert found["p"].iloc[0] > 0.1
    assert sum(drawn) < 1_500


@pytest.mark.parametrize("model", ["poisson", "binomial"])
def test_the_published_clusters_of_sudden_infant_death_are_found(model):
    # North Carolina 1974-1984, the example of Kulldorff (1997): most likely in the south (Bladen,
    # Columbus, Hoke, Robeson, Scotland), then in the north-east (Halifax, Hertford, Northampton).
    # He drew circles around county seats; around centroids Columbus forms a circle of its own.
    examples = pytest.importorskip("libpysal.examples")
    import geopandas as gpd

    counties = gpd.read_file(examples.get_path("sids2.shp"))
    centre = counties.geometry.centroid
    xy = np.column_stack([centre.x * np.cos(np.radians(35.5)), centre.y])
    deaths = counties["SID74"] + counties["SID79"]
    births = counties["BIR74"] + counties["BIR79"]
    found = scan(xy, deaths, births, model=model, max_share=0.5, replications=999)
    names = [set(counties["NAME"].iloc[m]) for m in found["members"]]
    south, north_east = {"Bladen", "Hoke", "Robeson", "Scotland"}, {"Halifax", "Hertford"}
    assert south <= names[0]
    assert north_east | {"Northampton"} <= names[1]
    assert names[2] == {"Columbus"}
    assert (found["p"].iloc[:2] <= 0.002).all()
    assert found["p"].iloc[2] <= 0.05
    assert found["cases"].iloc[0] == 107
