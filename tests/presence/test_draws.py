"""Inputs drawn anew: who is in reach of which site."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError
from sozialraum.presence.draws import Draws, drawn_reach
from sozialraum.presence.exchange import equal_rows, merged_points, reach_words, same_reach
from sozialraum.presence.frontier import coverage_curve
from sozialraum.presence.problem import beyond, read_problem

pytestmark = pytest.mark.usefixtures("each_way")

SEEDS = st.integers(0, 100_000)


def places(seed: int, sites: int):
    rng = np.random.default_rng(seed)
    units, rooms = rng.uniform(0, 3000, (80, 2)), rng.uniform(0, 3000, (sites, 2))
    straight = np.hypot(*(units[:, None] - rooms).transpose(2, 0, 1))
    return rng, units, rooms, straight * rng.uniform(1, 1.5, straight.shape)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from([1, 9, 52, 53, 120]), st.sampled_from([0.0, 25, 200]))
def test_a_way_changes_by_what_its_venue_is_displaced(seed, sites, position):
    rng, units, rooms, cost = places(seed, sites)
    shift = rng.normal(0, position, (7, sites, 2)) if position else None
    draws = Draws(np.ones((7, 80)), rng.uniform(0.95, 1.1, 7), shift)
    reach, pattern = drawn_reach(read_problem(cost, np.ones(80)), 900, draws, units, rooms)
    for k in range(7):
        moved = rooms if shift is None else rooms + shift[k]
        straight = np.hypot(*(units[:, None] - rooms).transpose(2, 0, 1))
        after = np.hypot(*(units[:, None] - moved).transpose(2, 0, 1))
        hit = (cost + (after - straight)) * draws.stretch[k] <= 900
        np.testing.assert_array_equal(reach[pattern[k]], hit)
    assert len(np.unique(reach, axis=0)) == len(reach)


def test_displaced_venues_need_positions():
    draws = Draws(np.ones((1, 1)), np.ones(1), np.ones((1, 1, 2)))
    with pytest.raises(InputError, match="need positions"):
        drawn_reach(read_problem([[5.0]], [1]), 9, draws)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from([1, 30, 52, 53, 110]))
def test_points_are_one_only_where_the_same_sites_reach_them(seed, sites):
    rng = np.random.default_rng(seed)
    some = rng.random((6, sites)) < 0.5
    reach, weight = some[rng.integers(0, 6, 50)], rng.integers(0, 5, 50).astype(float)
    kinds = rng.integers(0, 3, 50)
    assert len(np.unique(reach_words(reach), axis=0)) == len(np.unique(reach, axis=0))
    groups, people = same_reach(reach, weight)
    for row, number in zip(groups, people, strict=True):
        assert number == weight[(reach == row).all(axis=1)].sum()
    far, people, kind = merged_points(~reach, weight, kinds)
    assert people.sum() == weight.sum()
    for row, number, k in zip(~far, people, kind, strict=True):
        assert number == weight[(reach == row).all(axis=1) & (kinds == k)].sum()


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sampled_from([0, 1, 40]), st.sampled_from([1, 2]))
def test_equal_rows_are_grouped_in_the_order_of_their_numbers(seed, rows, columns):
    some = np.random.default_rng(seed).integers(0, 6, (rows, columns)).astype(float)
    first, group = equal_rows(some)
    _, known, inverse = np.unique(some, axis=0, return_index=True, return_inverse=True)
    np.testing.assert_array_equal(first, known)
    np.testing.assert_array_equal(group, inverse.ravel())


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_curve_of_merged_points_is_the_curve_of_all_points(seed):
    rng, _, _, cost = places(seed, 8)
    demand = rng.integers(0, 30, 80).astype(float)
    every = coverage_curve(cost, demand, radius=900, p_max=6, existing=[7])
    far, people, _ = merged_points(beyond(cost, 900), demand)
    merged = coverage_curve(far, people, radius=0, p_max=6, existing=[7])
    for one, other in zip(every, merged, strict=True):
        assert one.sites == other.sites
        assert one.gains == pytest.approx(other.gains)
        assert one.reached_share == pytest.approx(other.reached_share)
        assert one.proven
        assert other.proven
