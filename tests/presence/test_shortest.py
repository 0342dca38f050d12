"""The p-median as a coverage of sets of nearest sites."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.presence import shortest
from sozialraum.presence.highs import Clock
from sozialraum.presence.lagrange import solve_median
from sozialraum.presence.problem import InfeasibleError, read_problem
from sozialraum.presence.shortest import Shortest, as_coverage

SEEDS = st.integers(0, 100_000)


def town(seed: int, sites: int = 11):
    """Ways and people; with equal ways, people nowhere, and sites that are open anyway."""
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0, 3000, (60, sites))
    cost = np.round(cost, -2) if seed % 2 else cost
    people = rng.integers(0, 30, 60) + (0.0 if seed % 3 else rng.uniform(0, 1, 60))
    return cost, people, rng.choice(sites, rng.integers(0, 3), replace=False).tolist()


@settings(max_examples=80, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_people_walk_further_for_every_set_of_nearest_sites_that_is_closed(seed, more):
    cost, people, open_ = town(seed)
    found = as_coverage(read_problem(cost, people, required=open_))
    assert found is not None
    cover, least = found
    rng = np.random.default_rng(seed)
    chosen = rng.choice(cover.sites.size, more, replace=False)
    closed = (cover.reach[:, chosen] == 0).all(axis=1)
    every = [*open_, *cover.sites[chosen]]
    assert least + cover.weight[closed].sum() == pytest.approx(people @ cost[:, every].min(axis=1))


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_both_roads_lead_to_the_same_total_way_for_every_number_of_sites(seed):
    cost, people, open_ = town(seed)
    problem = read_problem(cost, people, required=open_)
    search = Shortest(problem)
    for p in range(max(1, len(open_)), 9):
        answer = search.solve(p)
        other = solve_median(problem, p, penalty=1e9)
        assert answer.value == pytest.approx(other.value)
        assert answer.bound == pytest.approx(answer.value)
        assert len(set(answer.chosen.tolist())) == p
        assert set(open_) <= set(answer.chosen.tolist())
        way = people @ cost[:, answer.chosen].min(axis=1)
        assert way == pytest.approx(answer.value)


def test_missing_ways_and_many_sets_are_left_to_prices(monkeypatch):
    cost, people, _ = town(4)
    assert as_coverage(read_problem(np.where(cost > 2900, np.inf, cost), people)) is None
    problem = read_problem(cost, people)
    counted = Shortest(problem).solve(3)
    monkeypatch.setattr(shortest, "SETS", 10)
    assert as_coverage(problem) is None
    assert Shortest(problem).solve(3).value == pytest.approx(counted.value)


def test_a_gap_that_was_asked_for_is_a_share_of_the_way():
    cost, people, _ = town(8, sites=40)
    answer = Shortest(read_problem(cost, people)).solve(5, gap=0.2)
    assert 0 <= answer.value - answer.bound <= 0.2 * answer.value


def test_whoever_has_no_way_is_counted():
    cost = np.array([[100.0, np.inf], [np.inf, 100], [np.inf, 200]])
    with pytest.raises(InfeasibleError, match=r"7\.0 of 12\.0 people"):
        shortest.reach_everybody(read_problem(cost, [5, 3, 4], required=[0]), 1, Clock())


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from([1e5, 1e7, 1e9]))
def test_very_long_ways_do_not_hide_what_short_ones_differ_by(seed, far):
    """Two islands: as a coverage, the way between them outweighs everything."""
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0, 3, (40, 8))
    island, home = rng.integers(0, 2, 40), np.arange(8) % 2
    cost[island[:, None] != home] = far
    people = rng.integers(1, 20, 40).astype(float)
    for p in (2, 3, 4):
        answer = Shortest(read_problem(cost, people)).solve(p)
        choices = combinations(range(8), p)
        best = min(people @ cost[:, list(c)].min(axis=1) for c in choices)
        assert answer.value == pytest.approx(best, rel=1e-9)
