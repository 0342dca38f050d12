"""Bounds: what totals give away about hidden counts."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.disclosure.bounds import tighten, tighten_linear
from sozialraum.errors import InputError


def frame(**cells: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(cells.values(), index=list(cells), columns=["lo", "hi"], dtype=float)


def test_the_only_hidden_part_of_a_published_total_is_known_exactly():
    parent = pd.Series({"total": None, "a": "total", "b": "total"}, dtype=object)
    known = tighten(frame(total=(42, 42), a=(1, np.nan), b=(40, 40)), parent)
    assert known.loc["a"].tolist() == [2, 2]


def test_two_hidden_parts_share_what_is_left():
    parent = pd.Series({"total": None, "a": "total", "b": "total", "c": "total"}, dtype=object)
    known = tighten(frame(total=(50, 50), a=(1, np.nan), b=(1, np.nan), c=(43, 43)), parent)
    assert known.loc[["a", "b"]].to_numpy().tolist() == [[1, 6], [1, 6]]


def test_bounds_travel_through_a_hidden_total():
    parent = pd.Series(
        {"city": None, "north": "city", "south": "city", "n1": "north", "n2": "north"}, dtype=object
    )
    known = tighten(
        frame(city=(100, 100), north=(0, np.nan), south=(60, 60), n1=(38, 38), n2=(0, np.nan)),
        parent,
    )
    assert known.loc["north"].tolist() == [40, 40]
    assert known.loc["n2"].tolist() == [2, 2]


def test_an_area_is_at_most_its_region_where_people_could_not_be_located():
    parent = pd.Series({"total": None, "a": "total", "b": "total"}, dtype=object)
    cells = frame(total=(42, 42), a=(1, np.nan), b=(30, 30))
    assert tighten(cells, parent, complete=False).loc["a"].tolist() == [1, 12]


def test_a_cell_without_any_total_stays_unbounded():
    known = tighten(frame(a=(1, np.nan)), pd.Series({"a": None}, dtype=object))
    assert known.loc["a"].tolist() == [1, np.inf]


def test_totals_that_contradict_their_parts_are_an_error_with_the_place():
    parent = pd.Series({"total": None, "a": "total"}, dtype=object)
    with pytest.raises(InputError, match="'total': at least 50 and at most 40"):
        tighten(frame(total=(40, 40), a=(50, 50)), parent)


@pytest.mark.parametrize(
    ("parent", "message"),
    [({"a": "b", "b": "a"}, "circle"), ({"a": "x", "b": None}, "none of the cells")],
)
def test_a_hierarchy_that_is_none_is_refused(parent, message):
    with pytest.raises(InputError, match=message):
        tighten(frame(a=(0, 1), b=(0, 1)), pd.Series(parent, dtype=object))


@st.composite
def small_trees(draw):
    """A tree of at most seven cells with whole bounds that the drawn truth fulfils."""
    regions = draw(st.integers(1, 2))
    parts = [draw(st.integers(1, 2)) for _ in range(regions)]
    parent = {"t": None} | {f"r{i}": "t" for i in range(regions)}
    parent |= {f"a{i}{j}": f"r{i}" for i in range(regions) for j in range(parts[i])}
    truth = {c: draw(st.integers(0, 4)) for c in parent if c.startswith("a")}
    for i in range(regions):
        truth[f"r{i}"] = sum(truth[f"a{i}{j}"] for j in range(parts[i]))
    truth["t"] = sum(truth[f"r{i}"] for i in range(regions))
    width = {c: draw(st.sampled_from([(0, 0), (1, 2), (4, 4), (0, 3)])) for c in parent}
    bounds = {c: (max(0, truth[c] - width[c][0]), truth[c] + width[c][1]) for c in parent}
    return frame(**bounds), pd.Series(parent, dtype=object)


@given(small_trees())
@settings(max_examples=60, deadline=None)
def test_the_bounds_are_exactly_those_of_all_possible_truths(tree):
    cells, parent = tree
    leaves = [c for c in cells.index if c.startswith("a")]
    found = []
    for values in itertools.product(
        *(range(int(cells.loc[c, "lo"]), int(cells.loc[c, "hi"]) + 1) for c in leaves)
    ):
        count = dict(zip(leaves, values, strict=True))
        for region in (c for c in cells.index if c.startswith("r")):
            count[region] = sum(count[c] for c in leaves if parent[c] == region)
        count["t"] = sum(v for c, v in count.items() if c.startswith("r"))
        if all(cells.loc[c, "lo"] <= count[c] <= cells.loc[c, "hi"] for c in cells.index):
            found.append(count)
    truths = pd.DataFrame(found)
    known = tighten(cells, parent)
    for cell in cells.index:
        assert known.loc[cell].tolist() == [truths[cell].min(), truths[cell].max()]


@given(small_trees())
@settings(max_examples=15, deadline=None)
def test_linear_programming_finds_the_same_bounds_in_a_tree(tree):
    cells, parent = tree
    totals = parent.dropna().unique()
    matrix = np.array([[-1.0 * (c == t) + (parent[c] == t) for c in cells.index] for t in totals])
    known = tighten_linear(cells["lo"], cells["hi"], matrix, np.zeros(len(totals)))
    np.testing.assert_allclose(known, tighten(cells, parent))


def test_tables_that_share_a_cell_are_solved_together():
    # by area and by sex: the two margins of a 2 x 2 table with one hidden diagonal
    known = tighten_linear(
        [0, 0, 0, 0], [99] * 4, [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0]], [10, 7, 12]
    )
    assert known.tolist() == [[5, 10], [0, 5], [2, 7], [0, 5]]


def test_a_rounded_total_widens_the_bounds():
    exact = tighten_linear([0, 0], [9, 9], [[1, 1]], [12])
    rounded = tighten_linear([0, 0], [9, 9], [[1, 1]], [12], slack=1)
    assert exact.tolist() == [[3, 9], [3, 9]]
    assert rounded.tolist() == [[2, 9], [2, 9]]


def test_equations_without_solution_are_an_error():
    with pytest.raises(InputError, match="contradict"):
        tighten_linear([0, 0], [1, 1], [[1, 1]], [5])
