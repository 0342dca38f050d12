"""p-median, p-center and set cover against all possible choices, and published optima."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from sozialraum.presence import InfeasibleError, p_center, p_median, set_cover
from sozialraum.presence.center import Center
from sozialraum.presence.models import center_answer
from sozialraum.presence.problem import read_problem

pytestmark = pytest.mark.usefixtures("each_way")

PLENTY = settings(max_examples=25, deadline=None)
FEW = settings(max_examples=8, deadline=None)
SEEDS = st.integers(0, 10_000)


def town(seed: int, n: int = 14, m: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    whole = seed % 2
    cost = rng.uniform(0, 10, (n, m))
    demand = rng.integers(0, 9, n).astype(float)
    return (np.round(cost) if whole else cost), (demand if whole else demand + rng.uniform(0, 1, n))


def shortest_total(cost, demand, p, sites=None) -> float:
    sites = range(cost.shape[1]) if sites is None else sites
    return min(cost[:, list(c)].min(1) @ demand for c in combinations(sites, p))


@PLENTY
@given(SEEDS, st.integers(1, 6))
def test_the_median_has_the_shortest_way_of_all_choices(seed, p):
    cost, demand = town(seed)
    answer = p_median(cost, demand, p=p)
    assert answer.objective == pytest.approx(shortest_total(cost, demand, p))
    assert answer.proven
    assert len(set(answer.sites)) == p
    assert cost[np.arange(len(demand)), answer.assignment] @ demand == pytest.approx(
        answer.objective
    )


@PLENTY
@given(SEEDS, st.integers(1, 4), st.integers(0, 7))
def test_forbidding_a_site_never_shortens_the_way_and_adding_one_never_lengthens_it(seed, p, site):
    cost, demand = town(seed)
    free = p_median(cost, demand, p=p)
    without = p_median(cost, demand, p=p, forbidden=[site])
    with_it = p_median(cost, demand, p=p, required=[site])
    others = [j for j in range(8) if j != site]
    assert site in with_it.sites
    assert without.objective == pytest.approx(shortest_total(cost, demand, p, others))
    assert min(without.objective, with_it.objective) == pytest.approx(free.objective)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(2, 5), st.integers(0, 8), st.integers(0, 8))
@example(106, 3, 8, 3)
def test_a_required_site_stays_in_wherever_the_search_branches(seed, p, required, forbidden):
    rng = np.random.default_rng(seed)
    cost, demand = rng.integers(0, 6, (24, 9)).astype(float), rng.uniform(0, 3, 24)
    if required == forbidden:
        return
    answer = p_median(cost, demand, p=p, required=[required], forbidden=[forbidden])
    choices = [c for c in combinations(range(9), p) if required in c and forbidden not in c]
    assert required in answer.sites
    assert forbidden not in answer.sites
    assert answer.objective == pytest.approx(min(cost[:, list(c)].min(1) @ demand for c in choices))
    assert answer.proven


@PLENTY
@given(SEEDS, st.integers(1, 4), st.floats(0.3, 0.9))
def test_unreachable_pairs_are_never_used(seed, p, density):
    cost, demand = town(seed)
    demand += 1
    reachable = np.random.default_rng(seed).uniform(size=cost.shape) < density
    cost = np.where(reachable, cost, np.inf)
    thin = sparse.csr_array((cost[reachable], np.nonzero(reachable)), shape=cost.shape)
    best = shortest_total(cost, demand, p)
    for distances in (cost, thin):
        if np.isfinite(best):
            assert p_median(distances, demand, p=p).objective == pytest.approx(best)
        else:
            with pytest.raises(InfeasibleError) as caught:
                p_median(distances, demand, p=p)
            left = min(
                demand[~np.isfinite(cost[:, list(c)].min(1))].sum()
                for c in combinations(range(8), p)
            )
            assert caught.value.shortfall == pytest.approx(left)


@FEW
@given(SEEDS, st.integers(1, 5), st.integers(0, 7))
def test_the_center_has_the_shortest_longest_way(seed, p, site):
    cost, _ = town(seed)
    best = min(cost[:, list(c)].min(1).max() for c in combinations(range(8), p))
    answer = p_center(cost, p=p)
    assert answer.objective == pytest.approx(best)
    assert answer.proven
    forced = p_center(cost, p=p, required=[site])
    banned = p_center(cost, p=p, forbidden=[site])
    assert site in forced.sites
    assert site not in banned.sites
    assert min(forced.objective, banned.objective) == pytest.approx(best)


@FEW
@given(SEEDS, st.sampled_from([(), (3,), (2, 5)]))
def test_one_search_gives_the_center_of_every_number_of_sites(seed, required):
    cost, _ = town(seed)
    search = Center(read_problem(cost, np.ones(len(cost)), required=required), np.arange(len(cost)))
    for p in range(max(len(required), 1), 9):
        best = min(
            cost[:, list(c)].min(1).max() for c in combinations(range(8), p) if {*required} <= {*c}
        )
        answer = center_answer(search, p)
        assert answer.objective == best == answer.bound
        assert {*required} <= {*answer.sites}


@PLENTY
@given(SEEDS, st.floats(2, 9), st.integers(0, 7))
def test_a_cover_has_the_fewest_sites(seed, radius, site):
    cost, _ = town(seed)
    reach = cost <= radius
    if not reach.any(1).all():
        with pytest.raises(InfeasibleError) as caught:
            set_cover(cost, radius=radius)
        assert caught.value.shortfall == (~reach.any(1)).sum()
        return
    sizes = [
        k for k in range(9) for c in combinations(range(8), k) if reach[:, list(c)].any(1).all()
    ]
    answer = set_cover(cost, radius=radius)
    assert answer.objective == min(sizes) == len(answer.sites)
    assert answer.proven
    assert site in set_cover(cost, radius=radius, required=[site]).sites


@pytest.mark.parametrize("limit", [{"time_limit": 0.0}, {"node_limit": 0}, {"gap": 0.3}])
def test_a_median_at_a_limit_has_a_bound_that_holds(limit):
    rng = np.random.default_rng(12)
    cost, demand = np.round(rng.uniform(0, 100, (150, 50))), np.ones(150)
    best = p_median(cost, demand, p=6)
    answer = p_median(cost, demand, p=6, **limit)
    assert answer.objective == cost[:, list(answer.sites)].min(1).sum()
    assert answer.bound <= best.objective <= answer.objective
    assert best.proven
    if not answer.proven:
        assert answer.status == {"time_limit": "time_limit", "gap": "gap"}.get(
            next(iter(limit)), "limit"
        )


@pytest.mark.parametrize("model", [p_median, p_center])
def test_no_site_at_all_leaves_everybody_over(model):
    with pytest.raises(InfeasibleError) as caught:
        model(np.ones((2, 3)), [4, 5], p=0)
    assert caught.value.shortfall == 9


def test_points_without_people_need_no_site():
    cost = np.array([[1, 9], [9, 9.0]])
    assert set_cover(cost, [3, 0], radius=2).objective == 1
    assert p_center(cost, [3, 0], p=1).objective == 1
    assert p_median(cost, [0, 0], p=1).objective == 0


def test_far_candidates_left_out_of_the_lists_do_not_change_the_optimum(monkeypatch):
    from sozialraum.presence import median

    rng = np.random.default_rng(2)
    places = rng.uniform(0, 100, (250, 2))
    cost = np.hypot(*(places[:, None] - places).T)
    demand = rng.integers(1, 9, 250).astype(float)
    full = p_median(cost, demand, p=12)
    monkeypatch.setattr(median, "FULL", 0)
    short = p_median(cost, demand, p=12)
    assert full.proven
    assert short.proven
    assert short.objective == pytest.approx(full.objective)


def test_a_large_median_that_starts_from_a_smaller_one_keeps_its_promise(monkeypatch):
    from sozialraum.presence import lagrange

    rng = np.random.default_rng(5)
    people, sites = rng.uniform(0, 100, (600, 2)), rng.uniform(0, 100, (60, 2))
    cost = np.hypot(*(people[:, None] - sites).T).T.copy()
    exact = p_median(cost, np.ones(600), p=6)
    monkeypatch.setattr(lagrange, "LARGE", 0)
    near = p_median(cost, np.ones(600), p=6, gap=0.005)
    assert near.bound <= exact.objective <= near.objective + 1e-9
    assert near.objective <= near.bound * 1.005 + 1e-9


def read_pmed(folder: Path, number: int) -> tuple[np.ndarray, int, int]:
    lines = (folder / f"pmed{number}.txt").read_text().split("\n")
    n, _, p = map(int, lines[0].split())
    edges = {}
    for line in lines[1:]:
        if line.strip():
            a, b, length = map(int, line.split())
            edges[min(a, b) - 1, max(a, b) - 1] = length  # of duplicates the last one counts
    (rows, columns), lengths = zip(*edges, strict=True), list(edges.values())
    graph = sparse.csr_array((np.array(lengths, float), (rows, columns)), shape=(n, n))
    optima = dict(
        line.split() for line in (folder / "pmedopt.txt").read_text().splitlines() if "pmed" in line
    )
    return shortest_path(graph, directed=False), p, int(optima[f"pmed{number}"])


@pytest.mark.real_data
@pytest.mark.parametrize("number", [*range(1, 11), 15, 20, 30, 40])
def test_the_or_library_optima_are_found_and_proven(real_data, number):
    folder = real_data / "benchmarks" / "or_library_pmed"
    cost, p, optimum = read_pmed(folder, number)
    answer = p_median(cost, np.ones(len(cost)), p=p)
    assert answer.objective == optimum
    assert answer.bound == optimum
    assert answer.proven
