"""Coverage and p-median under further rules, against all possible choices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from sozialraum.errors import InputError, StudyError
from sozialraum.presence import (
    Constraints,
    InfeasibleError,
    max_coverage,
    max_coverage_targets,
    p_median,
)

pytestmark = pytest.mark.usefixtures("each_way")

FEW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 5000)


def town(seed: int, n: int = 12, m: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(0, 10, (n, m)), 2), rng.integers(1, 30, n).astype(float)


def served_at_most(cost, demand, chosen, radius, capacity) -> float:
    """Transport problem, written independently of the library."""
    pairs = [(i, j) for i in range(len(demand)) for j in chosen if cost[i, j] <= radius]
    if not pairs:
        return 0.0
    limits = np.zeros((len(demand) + cost.shape[1], len(pairs)))
    for k, (i, j) in enumerate(pairs):
        limits[i, k] = limits[len(demand) + j, k] = 1
    return -linprog(-np.ones(len(pairs)), limits, np.r_[demand, capacity]).fun


@FEW
@given(SEEDS, st.floats(1, 6), st.integers(1, 3))
def test_capacities_hold_and_the_best_choice_is_found(seed, radius, p):
    cost, demand = town(seed, n=8, m=5)
    capacity = np.random.default_rng(seed).integers(0, 60, 5).astype(float)
    answer = max_coverage(cost, demand, radius=radius, p=p, capacity=capacity)
    best = max(
        served_at_most(cost, demand, chosen, radius, capacity)
        for chosen in combinations(range(5), p)
    )
    assert answer.objective == pytest.approx(best, abs=1e-5)
    assert answer.proven
    assert (answer.flows.sum(axis=0) <= capacity + 1e-6).all()
    assert (answer.flows.sum(axis=1) <= demand + 1e-6).all()
    used = answer.flows.tocoo()
    assert (cost[used.coords] <= radius).all()


@FEW
@given(SEEDS, st.floats(1, 6), st.integers(1, 3), st.floats(0, 1))
def test_backup_is_worth_what_it_is_said_to_be(seed, radius, p, backup):
    cost, demand = town(seed)

    def value(chosen):
        count = (cost[:, list(chosen)] <= radius).sum(1)
        return demand[count > 0].sum() + backup * demand[count > 1].sum()

    answer = max_coverage(cost, demand, radius=radius, p=p, backup=backup)
    assert answer.objective == pytest.approx(max(map(value, combinations(range(6), p))))
    assert answer.objective == pytest.approx(value(answer.sites))


@FEW
@given(SEEDS, st.floats(0, 4), st.floats(0.5, 5), st.integers(1, 3))
def test_reach_that_fades_counts_the_best_open_site(seed, near, width, p):
    cost, demand = town(seed)
    share = np.clip((near + width - cost) / width, 0, 1)
    answer = max_coverage(cost, demand, radius=(near, near + width), p=p)
    best = max(share[:, list(c)].max(1) @ demand for c in combinations(range(6), p))
    assert answer.objective == pytest.approx(best)


@FEW
@given(SEEDS, st.floats(2, 6), st.integers(1, 3), st.floats(0, 0.9, allow_subnormal=False))
@example(122, 2.0, 2, 1e-7)
def test_no_group_stays_below_the_floor_or_it_is_said_why(seed, radius, p, floor):
    cost, demand = town(seed)
    groups = np.repeat(["a", "b", "c"], 4)

    def shares(chosen):
        hit = (cost[:, list(chosen)] <= radius).any(1)
        return [demand[hit & (groups == g)].sum() / demand[groups == g].sum() for g in "abc"]

    least = {c: min(shares(c)) for c in combinations(range(6), p)}
    # However small, a floor asks for somebody.
    fair = [c for c, s in least.items() if s >= floor - 1e-9 and (s > 0 or floor == 0)]
    rules = {"constraints": {"floor": floor}, "groups": groups}
    if fair:
        answer = max_coverage(cost, demand, radius=radius, p=p, **rules)
        best = max(demand[(cost[:, list(c)] <= radius).any(1)].sum() for c in fair)
        assert answer.objective == pytest.approx(best)
        assert answer.measures["least_group_share"] >= floor - 1e-5
    else:
        with pytest.raises(InfeasibleError, match=r"group|floors") as caught:
            max_coverage(cost, demand, radius=radius, p=p, **rules)
        assert caught.value.rule == "floor"


def test_sites_keep_their_distance_and_too_many_are_refused():
    places = np.arange(5.0)
    between = np.abs(places[:, None] - places)
    cost = np.abs(np.arange(10)[:, None] / 2 - places)
    rules = Constraints(spacing=2, between=between)
    answer = max_coverage(cost, np.ones(10), radius=0.5, p=3, constraints=rules)
    assert answer.sites == (0, 2, 4)
    median = p_median(cost, np.ones(10), p=2, constraints=rules)
    assert np.diff(median.sites)[0] >= 2
    with pytest.raises(InfeasibleError) as caught:
        max_coverage(cost, np.ones(10), radius=0.5, p=4, constraints=rules)
    assert (caught.value.rule, caught.value.shortfall) == ("spacing", 1)
    with pytest.raises(InfeasibleError, match="Required sites"):
        max_coverage(cost, np.ones(10), radius=1, p=3, required=[0, 1], constraints=rules)
    with pytest.raises(InputError, match="distances between sites"):
        max_coverage(cost, np.ones(10), radius=1, p=2, constraints={"spacing": 2})


def test_a_median_with_capacities_serves_everybody_or_says_how_many_are_left():
    cost = np.array([[0, 5], [1, 4], [5, 0.0]])
    answer = p_median(cost, [4, 4, 4], p=2, capacity=[6, 8])
    assert answer.objective == pytest.approx(4 * 0 + 2 * 1 + 2 * 4)
    assert answer.flows.sum() == pytest.approx(12)
    with pytest.raises(InfeasibleError) as caught:
        p_median(cost, [4, 4, 4], p=2, capacity=[5, 5])
    assert caught.value.rule == "capacity"
    assert caught.value.shortfall == pytest.approx(2)


def test_target_groups_by_weights_and_in_order():
    cost = np.array([[0, 9, 9], [9, 0, 9], [9, 9, 0.0]])
    people = pd.DataFrame({"young": [5, 0, 4], "families": [0, 9, 3]})
    weighted = max_coverage_targets(
        cost, people, radius=1, p=1, weights={"young": 2, "families": 1}
    )
    assert weighted.sites == (2,)
    assert weighted.measures["reached_families"] == 3
    first = max_coverage_targets(cost, people, radius=1, p=1, order=["young", "families"])
    assert first.sites == (0,)
    loose = max_coverage_targets(
        cost, people, radius=1, p=1, order=["young", "families"], tolerance=0.2
    )
    assert loose.sites == (2,)
    with pytest.raises(StudyError, match="either"):
        max_coverage_targets(cost, people, radius=1, p=1)


def test_rules_work_on_sparse_distances_too():
    cost, demand = town(4)
    cost[cost > 7] = np.inf
    rows, columns = np.nonzero(np.isfinite(cost))
    thin = sparse.csr_array((cost[rows, columns], (rows, columns)), shape=cost.shape)
    for options in ({"capacity": 40.0}, {"backup": 0.5}, {}):
        radius = 4 if options else (2, 6)
        dense = max_coverage(cost, demand, radius=radius, p=2, **options)
        assert max_coverage(thin, demand, radius=radius, p=2, **options).objective == pytest.approx(
            dense.objective
        )


def test_groups_that_do_not_fit_are_refused_before_anything_is_solved():
    cost, demand = town(1)
    with pytest.raises(InputError, match="one group per demand point"):
        max_coverage(cost, demand, radius=3, p=2, groups=["a"], constraints={"floor": 0.1})


def test_a_choice_that_keeps_the_rules_is_found_before_the_clock_strikes():
    rng = np.random.default_rng(5)
    units, rooms = rng.uniform(0, 20_000, (1500, 2)), rng.uniform(0, 20_000, (200, 2))
    cost = np.hypot(*(units[:, None] - rooms).transpose(2, 0, 1))
    between = np.hypot(*(rooms[:, None] - rooms).transpose(2, 0, 1))
    rules = {"spacing": 2500, "between": between}
    answer = max_coverage(
        cost, rng.integers(1, 30, 1500), radius=1500, p=20, constraints=rules, time_limit=1.0
    )
    apart = between[np.ix_(answer.sites, answer.sites)][~np.eye(20, dtype=bool)]
    assert apart.min() >= 2500
    assert answer.bound >= answer.objective > 0


def test_of_choices_that_are_full_the_one_with_most_people_near_is_taken():
    cost = np.array([[100.0, 900, 900], [900, 100, 900], [900, 900, 100]])
    answer = max_coverage(cost, [50, 90, 60], radius=500, p=1, capacity=40.0)
    assert (answer.sites, answer.objective, answer.status) == ((1,), 40.0, "optimal")
    more = max_coverage(cost, [50, 90, 60], radius=500, p=2, capacity=[40.0, 30, 70])
    assert (more.sites, more.objective) == ((0, 2), 100.0)


@FEW
@given(SEEDS, st.integers(1, 4), st.floats(0, 6), st.sampled_from([[], [2], [0, 5]]))
def test_the_shortest_way_to_sites_that_keep_their_distance(seed, p, spacing, required):
    cost, demand = town(seed)
    places = np.random.default_rng(seed).uniform(0, 8, (6, 2))
    between = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    p = max(p, len(required))
    rules = {"spacing": spacing, "between": between}
    fair = [
        c for c in combinations(range(6), p)
        if set(required) <= set(c) and all(between[i, j] >= spacing for i, j in combinations(c, 2))
    ]  # fmt: skip
    if not fair:
        with pytest.raises(InfeasibleError):
            p_median(cost, demand, p=p, required=required, constraints=rules)
        return
    answer = p_median(cost, demand, p=p, required=required, constraints=rules)
    best = min(cost[:, list(c)].min(axis=1) @ demand for c in fair)
    assert answer.objective == pytest.approx(best)
    assert answer.proven
    assert answer.sites in fair
