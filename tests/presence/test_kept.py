"""Coverage and shortest ways whose sites keep rules, against all possible choices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.presence import parts
from sozialraum.presence.kept import KeptCoverage
from sozialraum.presence.problem import InfeasibleError, read_problem
from sozialraum.presence.rules import Constraints
from sozialraum.presence.shortest import Shortest


@pytest.fixture(scope="module", autouse=True, params=[14, 0], ids=["counted", "searched"])
def wide(request):
    """Most sites whose choices are counted; more are searched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "WIDE", request.param)
        yield


SEEDS = st.integers(0, 100_000)
FEW = settings(max_examples=30, deadline=None)


def town(seed: int):
    """Ways, people, their groups, ways between sites, and sites that are open anyway."""
    rng = np.random.default_rng(seed)
    where, sites = rng.uniform(0, 4000, (40, 2)), rng.uniform(0, 4000, (7, 2))
    cost = np.hypot(*(where[:, None] - sites).T).T
    between = np.hypot(*(sites[:, None] - sites).T)
    groups = np.array(["north" if y > 2000 else "south" for _, y in where], object)
    people = rng.integers(0, 30, 40).astype(float)
    return cost, people, groups, between, rng.choice(7, rng.integers(0, 3), replace=False).tolist()


def choices(seed: int, p: int, near: np.ndarray, spacing: float, floor: float):
    """All choices of p sites that keep the rules."""
    _, people, groups, between, open_ = town(seed)
    free = [j for j in range(7) if j not in open_]
    for some in combinations(free, p - len(open_)):
        sites = [*open_, *some]
        apart = between[np.ix_(sites, sites)][np.triu_indices(p, 1)]
        hit = near[:, sites].any(axis=1)
        shares = [
            people[hit & (groups == g)].sum() >= floor * people[groups == g].sum() - 1e-9
            for g in ("north", "south")
        ]
        if (apart >= spacing).all() and all(shares):
            yield sites


@FEW
@given(SEEDS, st.sampled_from([0.0, 900.0, 1800.0]), st.sampled_from([0.05, 0.3, 0.6]))
def test_no_choice_that_keeps_the_rules_reaches_more(seed, spacing, floor):
    cost, people, groups, between, open_ = town(seed)
    rules = Constraints(floor=floor, spacing=spacing, between=between)
    near = cost <= 1200
    search = KeptCoverage(read_problem(cost, people, required=open_), 1200, rules, groups)
    for p in range(max(1, len(open_)), 8):
        worth = [
            people[near[:, sites].any(axis=1)].sum()
            for sites in choices(seed, p, near, spacing, floor)
        ]
        if not worth:
            with pytest.raises(InfeasibleError) as caught:
                search.answer(p)
            assert caught.value.rule in ("floor", "spacing")
            continue
        answer = search.answer(p)
        assert answer.objective == pytest.approx(max(worth))
        assert answer.proven
        assert list(answer.sites) in [sorted(s) for s in choices(seed, p, near, spacing, floor)]


@FEW
@given(SEEDS, st.sampled_from([0.0, 900.0, 1800.0]), st.sampled_from([0.0, 0.3, 0.6]))
def test_no_choice_that_keeps_the_rules_has_a_shorter_way(seed, spacing, floor):
    cost, people, groups, between, open_ = town(seed)
    rules, near = Constraints(floor=floor, spacing=spacing, between=between), cost < 1200
    search = Shortest(read_problem(cost, people, required=open_))
    floors = [f.whole_points() for f in rules.floors(people, groups)]
    for p in range(max(1, len(open_)), 8):
        total = [
            float(people @ cost[:, sites].min(axis=1))
            for sites in choices(seed, p, near, spacing, floor)
        ]
        pairs = rules.conflicts(7)
        if np.isin(pairs, open_).all(axis=1).any():
            continue  # left to the program of pairs
        if not total:
            with pytest.raises(InfeasibleError):
                search.solve_kept(p, pairs, floors, near)
            continue
        answer = search.solve_kept(p, pairs, floors, near)
        assert answer.value == pytest.approx(min(total))
        assert answer.bound == pytest.approx(min(total))


def test_required_sites_that_are_too_near_to_each_other_are_said():
    between = np.array([[0.0, 100, 900], [100, 0, 900], [900, 900, 0]])
    problem = read_problem(np.eye(3) * -1 + 2, [5.0, 4, 3], required=[0, 1])
    rules = Constraints(spacing=500, between=between)
    with pytest.raises(InfeasibleError, match="Required sites are nearer"):
        KeptCoverage(problem, 1, rules, None).answer(3)
