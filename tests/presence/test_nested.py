"""Rooms opened one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import StudyError
from sozialraum.presence import coverage_curve
from sozialraum.presence.nested import flattening, nested_proposal

pytestmark = pytest.mark.usefixtures("each_way")


def town(seed: int, n: int = 80, m: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    people, rooms = rng.uniform(0, 4000, (n, 2)), rng.uniform(0, 4000, (m, 2))
    cost = np.hypot(*(people[:, None] - rooms).transpose(2, 0, 1))
    return cost, rng.integers(3, 60, n).astype(float)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000))
def test_a_nested_proposal_only_adds_rooms_and_never_beats_the_free_optimum(seed):
    cost, demand = town(seed)
    steps = coverage_curve(cost, demand, radius=900, p_max=6, existing=[0], forbidden=[3])
    frame = nested_proposal(cost, demand, steps, radius=900, existing=[0], forbidden=[3])
    assert frame["site"].is_unique
    assert not {0, 3} & set(frame["site"])
    assert (frame["loss"] >= -1e-9).all()
    for p in frame["p"]:
        rooms = [0, *frame["site"][:p]]
        assert demand[(cost[:, rooms] <= 900).any(1)].sum() == pytest.approx(
            frame["reached"][p - 1]
        )


def test_nesting_costs_nothing_where_rooms_do_not_overlap():
    cost = np.where(np.eye(5), 0.0, 9.0)
    steps = coverage_curve(cost, [5, 4, 3, 2, 1], radius=1, p_max=5)
    frame = nested_proposal(cost, [5, 4, 3, 2, 1], steps, radius=1)
    assert frame["site"].tolist() == [0, 1, 2, 3, 4]
    assert frame["loss"].sum() == 0


def test_the_curve_flattens_where_the_large_neighbourhoods_end():
    cost = np.where(np.eye(6), 0.0, 9.0)
    steps = coverage_curve(cost, [50, 45, 40, 2, 2, 1], radius=1, p_max=6)
    assert flattening(steps) == 3
    with pytest.raises(StudyError, match="p = 0"):
        nested_proposal(cost, np.ones(6), steps[2:], radius=1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_is_the_best_of_those_that_pass_through_a_step_of_the_curve(seed):
    """Against an order made in the plainest way, step by step."""
    rng = np.random.default_rng(seed)
    near, people = rng.random((40, 9)) < 0.2, rng.uniform(1, 30, 40)

    def reached(sites):
        return float(people[near[:, sites].any(axis=1)].sum())

    steps = coverage_curve(~near, people, radius=0, p_max=6, existing=[8])
    best = np.inf
    for step in steps[1:]:
        inside, dropped = list(step.sites), []
        while inside:
            rest = {s: reached([8, *(o for o in inside if o != s)]) for s in inside}
            out = max(sorted(rest), key=rest.__getitem__)
            inside.remove(out)
            dropped.append(out)
        order = dropped[::-1]
        while len(order) < 6:
            gain = {s: reached([8, *order, s]) for s in range(8) if s not in order}
            order.append(max(sorted(gain), key=gain.__getitem__))
        lost = sum(s.reached - reached([8, *order[: s.p]]) for s in steps[1:])
        best = min(best, lost)
    nested = nested_proposal(~near, people, steps, radius=0, existing=[8])
    assert nested["loss"].sum() == pytest.approx(best, abs=1e-6)
    for row in nested.itertuples():
        assert row.reached == pytest.approx(reached([8, *nested["site"][: row.p]]))
