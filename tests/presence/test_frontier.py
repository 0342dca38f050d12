"""The curve over the number of rooms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.presence import coverage_curve, curve_frame, max_coverage
from sozialraum.presence.frontier import best_curves

pytestmark = pytest.mark.usefixtures("each_way")


def town(seed: int, n: int = 120, m: int = 14) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    people, rooms = rng.uniform(0, 4000, (n, 2)), rng.uniform(0, 4000, (m, 2))
    return np.hypot(*(people[:, None] - rooms).T).T, rng.integers(3, 60, n).astype(float)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(300, 1500))
def test_every_step_of_the_curve_is_the_optimum_for_its_number(seed, radius):
    cost, demand = town(seed)
    for step in coverage_curve(cost, demand, radius=radius, p_max=6):
        single = max_coverage(cost, demand, radius=radius, p=step.p)
        assert step.proven
        assert step.reached == pytest.approx(single.objective)
        assert len(set(step.sites)) == step.p


def test_gains_are_marginal_and_add_up():
    cost, demand = town(3)
    for step in coverage_curve(cost, demand, radius=700, p_max=8):
        covered = np.zeros(len(demand), bool)
        for site, gain in zip(step.sites, step.gains, strict=True):
            new = (cost[:, site] <= 700) & ~covered
            assert demand[new].sum() == gain
            covered |= new
        assert sum(step.gains) == step.reached
        assert list(step.gains) == sorted(step.gains, reverse=True)


def test_existing_offices_count_for_people_but_not_as_rooms():
    cost, demand = town(5)
    free = coverage_curve(cost, demand, radius=800, p_max=3)
    office = free[3].sites[0]
    steps = coverage_curve(cost, demand, radius=800, p_max=3, existing=[office])
    assert steps[0].reached == demand[cost[:, office] <= 800].sum()
    assert all(office not in step.sites for step in steps)
    assert steps[2].reached >= free[3].reached


def test_required_rooms_come_first_into_the_curve():
    cost, demand = town(7)
    steps = coverage_curve(cost, demand, radius=500, p_max=4, required=[2, 9], forbidden=[1])
    assert len(steps) == 5
    assert set(steps[1].sites) < {2, 9}
    assert all({2, 9} <= set(step.sites) for step in steps[2:])
    assert all(1 not in step.sites for step in steps)


def test_a_bound_that_is_not_proven_still_holds():
    cost, demand = town(11, n=300, m=40)
    fast = coverage_curve(cost, demand, radius=1000, p_max=8, prove=False)
    exact = coverage_curve(cost, demand, radius=1000, p_max=8)
    for quick, best in zip(fast, exact, strict=True):
        assert quick.reached <= best.reached <= quick.bound + 1e-6
        assert quick.proven <= (quick.reached == best.reached)


def test_the_curve_ends_where_candidates_run_out():
    cost, demand = town(13, m=3)
    frame = curve_frame(coverage_curve(cost, demand, radius=900, p_max=9))
    assert frame["p"].tolist() == [0, 1, 2, 3]
    assert frame["gain"].iloc[1:].sum() == frame["reached"].iloc[-1]


@given(st.integers(0, 5000))
@settings(max_examples=25, deadline=None)
def test_curves_of_several_groups_are_those_of_each_group(seed):
    rng = np.random.default_rng(seed)
    cost, _ = town(seed)
    n, m = cost.shape
    groups = rng.integers(0, 30, (3, n)).astype(float)
    office, required = m - 1, rng.choice(m - 1, rng.integers(0, 3), replace=False)
    near = cost <= 800
    left = np.where(near[:, office], 0.0, groups)
    free = np.setdiff1d(np.arange(m - 1), required)
    together = best_curves(
        near, left, (groups - left).sum(axis=1), groups.sum(axis=1),
        free=free, required=required, p_max=5, prove=[range(6)] * 3,
    )  # fmt: skip
    for curve, people in zip(together, groups, strict=True):
        alone = coverage_curve(
            cost, people, radius=800, p_max=5, existing=[office], required=required.tolist()
        )
        assert [s.reached for s in curve] == pytest.approx([s.reached for s in alone])
        assert [s.reached_share for s in curve] == pytest.approx([s.reached_share for s in alone])
        assert all(s.proven for s in curve if s.p >= required.size)
        assert [set(s.sites) & set(required) for s in curve] == [
            set(s.sites) & set(required) for s in alone
        ]
