"""Distances between units and rooms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.access.distance import (
    catchment_access,
    decay,
    from_table,
    straight_line,
    straight_line_within,
)
from sozialraum.errors import InputError, StudyError

coordinates = st.lists(
    st.tuples(st.integers(380_000, 384_000), st.integers(5_810_000, 5_814_000)),
    min_size=1,
    max_size=25,
)


@given(units=coordinates, rooms=coordinates, maximum=st.integers(1, 4000))
@settings(max_examples=80, deadline=None)
def test_the_sparse_matrix_holds_exactly_the_pairs_of_the_dense_one(units, rooms, maximum):
    dense = straight_line(units, rooms)
    near = straight_line_within(units, rooms, maximum=maximum)
    assert near.has_sorted_indices
    coo = near.tocoo()
    assert np.array_equal(dense[coo.row, coo.col], coo.data)
    assert near.nnz == (dense <= maximum).sum()


def test_a_room_in_the_unit_itself_is_reachable_and_not_absent():
    near = straight_line_within([[5, 5]], [[5, 5]], maximum=10)
    assert near.nnz == 1
    assert near.data.tolist() == [0.0]


def test_the_map_page_can_compute_the_same_double():
    # What JavaScript does: Math.hypot of whole metres, one multiplication.
    assert straight_line([[380_000, 5_810_000]], [[380_300, 5_810_400]])[0, 0] == 500.0 * 1.23


def test_no_rooms_or_no_units_give_an_empty_matrix():
    assert straight_line(np.empty((0, 2)), [[1, 1]]).shape == (0, 1)
    assert straight_line_within([[1, 1]], np.empty((0, 2)), maximum=9).shape == (1, 0)


def test_a_missing_coordinate_and_a_detour_below_one_are_refused():
    with pytest.raises(InputError, match="missing"):
        straight_line([[np.nan, 1]], [[1, 1]])
    with pytest.raises(StudyError, match="detour"):
        straight_line([[1, 1]], [[1, 1]], detour=0.9)


def table(rows):
    return pd.DataFrame(rows, columns=["from_id", "to_id", "travel_time"])


def test_a_pair_without_a_travel_time_is_unreachable():
    given_ = table([("u1", "s1", 4), ("u2", "s1", None), ("u2", "s2", 0)])
    assert from_table(given_, ["u1", "u2"], ["s1", "s2"]).tolist() == [[4, np.inf], [np.inf, 0]]


def test_an_id_that_matches_nothing_is_an_error_and_not_unreachable():
    with pytest.raises(InputError, match="1 ids of a room"):
        from_table(table([("u1", "s1", 4)]), ["u1"], ["s1", "s9"])


def test_a_pair_that_stands_there_twice_is_refused():
    with pytest.raises(InputError, match="u1 to s1"):
        from_table(table([("u1", "s1", 4), ("u1", "s1", 6)]), ["u1"], ["s1"])
    with pytest.raises(InputError, match="negative"):
        from_table(table([("u1", "s1", -4)]), ["u1"], ["s1"])
    with pytest.raises(InputError, match="lacks"):
        from_table(pd.DataFrame({"from_id": ["u1"]}), ["u1"], ["s1"])


@pytest.mark.parametrize("kind", ["binary", "linear", "gaussian", "epanechnikov", "zones"])
@given(cost=st.lists(st.floats(0, 5000), min_size=2, max_size=20))
@settings(max_examples=30, deadline=None)
def test_weights_never_grow_with_distance_and_end_at_the_radius(kind, cost):
    weight = decay(sorted(cost), kind, radius=1000)
    assert (np.diff(weight) <= 1e-12).all()
    assert ((weight >= 0) & (weight <= 1)).all()
    assert decay([0.0], kind, radius=1000)[0] == 1
    assert decay([1000.001, np.inf, np.nan], kind, radius=1000).tolist() == [0, 0, 0]


def test_luo_and_qi_weights_of_three_ten_minute_zones():
    assert decay([0, 10, 10.1, 20, 20.1, 30], "zones", radius=30).tolist() == [
        1, 1, 0.68, 0.68, 0.22, 0.22,
    ]  # fmt: skip


def test_an_unknown_decay_is_refused():
    with pytest.raises(StudyError, match="cubic"):
        decay([1], "cubic", radius=10)
    with pytest.raises(StudyError, match="radius"):
        decay([1], "binary", radius=0)


@given(seed=st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_catchment_areas_hand_out_exactly_the_supply(seed):
    rng = np.random.default_rng(seed)
    weight = decay(rng.uniform(0, 2000, (12, 4)), "gaussian", radius=1000)
    people, hours = rng.integers(1, 90, 12), rng.integers(1, 20, 4)
    reached = (weight.T @ people) > 0
    access = catchment_access(weight, people, hours)
    assert (access @ people) == pytest.approx(hours[reached].sum())
