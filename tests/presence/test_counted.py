"""Sites with places for so many people: all choices counted, against transport problems."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from sozialraum.presence import max_coverage, parts
from sozialraum.presence.counted import Counted
from sozialraum.presence.problem import read_problem

FEW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 5000)


def most_served(near: np.ndarray, people: np.ndarray, room: np.ndarray, chosen) -> float:
    """A transport problem: point i sends to site j of the choice, both within their limits."""
    pairs = [(i, j) for i in range(len(people)) for j in chosen if near[i, j]]
    if not pairs:
        return 0.0
    limits = np.zeros((people.size + room.size, len(pairs)))
    for k, (i, j) in enumerate(pairs):
        limits[i, k] = limits[people.size + j, k] = 1
    return float(-linprog(-np.ones(len(pairs)), limits, np.r_[people, room]).fun)


@FEW
@given(SEEDS, st.floats(0.1, 0.8), st.booleans())
def test_no_choice_serves_more_and_of_equal_ones_none_has_more_people_near(seed, share, office):
    rng = np.random.default_rng(seed)
    near = rng.random((9, 6)) < share
    people = rng.integers(0, 30, 9).astype(float)
    room = rng.integers(0, 60, 6).astype(float)
    required = [4] if office else []
    room[required] = people.sum()  # whoever is near an office goes there
    search = Counted(read_problem(~near, people, required=required), 0, room=room)
    free = [j for j in range(6) if j not in required]
    for p in range(len(required), 7):
        sites, served = search.solve(p)
        ways = [[*required, *some] for some in combinations(free, p - len(required))]
        worth = [most_served(near, people, room, way) for way in ways]
        assert served == pytest.approx(max(worth), abs=1e-6)
        assert most_served(near, people, room, sites) == pytest.approx(served, abs=1e-6)
        assert set(required) <= set(sites.tolist())
        if sites.size == p:
            reached = [people[near[:, way].any(axis=1)].sum() for way in ways]
            most = max(r for r, w in zip(reached, worth, strict=True) if w >= max(worth) - 1e-6)
            assert people[near[:, sites].any(axis=1)].sum() == pytest.approx(most)


def test_a_site_that_serves_nobody_more_is_not_among_them():
    near = np.array([[1, 1, 0], [1, 0, 1]], bool)
    search = Counted(read_problem(~near, [5.0, 4]), 0, room=np.full(3, 20.0))
    assert [search.solve(p)[0].tolist() for p in range(4)] == [[], [0], [0], [0]]


def test_what_cannot_be_counted_is_said(monkeypatch):
    near = np.ones((2, 3), bool)
    full = Counted(read_problem(~near, [5.0, 4], required=[1]), 0, room=np.array([20.0, 8, 20]))
    assert full.solve(2) is None  # whom the required site turns away may go elsewhere
    monkeypatch.setattr(parts, "WIDE", 2)
    assert Counted(read_problem(~near, [5.0, 4]), 0, room=np.full(3, 20.0)).solve(2) is None


@pytest.mark.parametrize("room", [np.inf, 1e18, 1e12])
def test_room_for_everybody_is_no_limit(room):
    rng = np.random.default_rng(3)
    cost, people = rng.uniform(0, 10, (30, 8)), rng.uniform(0, 9, 30)
    for p in (1, 3, 6):
        answer = max_coverage(cost, people, radius=2, p=p, capacity=room)
        assert answer.objective == pytest.approx(
            max_coverage(cost, people, radius=2, p=p).objective, rel=1e-12
        )
        assert answer.proven
