"""The surface keeps the number of people and shows nothing that few people stand behind."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.concentration import kernel_surface
from sozialraum.concentration.surface import LABEL
from sozialraum.errors import InputError


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 3000), st.integers(3, 90)),
        min_size=1,
        max_size=20,
    )
)
def test_the_volume_below_the_surface_is_the_number_of_people(units):
    x, y, people = np.array(units, dtype=float).T
    shown = kernel_surface(np.c_[x, y], people, bandwidth=600)
    assert shown["per_km2"].sum() * 0.01 == pytest.approx(people.sum(), rel=0.01)
    assert (shown["behind"] >= 3).all()


def test_the_peak_is_the_kernels_height():
    shown = kernel_surface([[50, 50]], [7], bandwidth=500)
    top = shown.loc[shown["per_km2"].idxmax()]
    assert top[["x", "y"]].tolist() == [50, 50]
    assert top["per_km2"] == pytest.approx(7 * 3 / (np.pi * 0.25))


def test_the_surface_does_not_fall_towards_the_border():
    # People everywhere at the same density: 100 per km² also at the edge of the region.
    grid = np.arange(50, 3000, 100.0)
    xy = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    people = np.full(len(xy), 3.0)
    shown = kernel_surface(xy, people, within=shapely.box(0, 0, 3000, 3000))
    assert shown["per_km2"].to_numpy() == pytest.approx(300, rel=0.02)
    assert shown["x"].between(0, 3000).all()


def test_a_unit_below_the_minimum_is_refused():
    with pytest.raises(InputError, match="fewer than 3"):
        kernel_surface([[0, 0]], [2])


def test_withheld_units_take_no_part_and_leave_no_trace():
    with_gap = kernel_surface([[0, 0], [5000, 0]], [9, np.nan])
    assert with_gap.equals(kernel_surface([[0, 0]], [9]))
    assert kernel_surface([[0, 0]], [np.nan]).empty


def test_the_surface_says_that_it_is_a_model():
    assert kernel_surface([[0, 0]], [9]).attrs["label"] == LABEL
    assert LABEL.startswith("Modell")
