"""What must hold for any figures: scale, order, tighter bounds, a worse indicator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sozialraum.need import (
    Recipe,
    composite_index,
    contributions,
    index_weights,
    rank_confidence,
    share_interval,
    status_index,
)

COLUMNS = ["S1", "S3", "S4"]
PERCENT = st.integers(0, 1000).map(lambda v: v / 10)
TABLES = st.integers(4, 12).flatmap(lambda n: arrays(float, (n, 3), elements=PERCENT))
RECIPES = st.sampled_from(
    [
        Recipe(),
        Recipe(normalise="minmax"),
        Recipe(normalise="percentile", aggregate="sum", result="percentile"),
        Recipe(normalise="exponential", weights={"S1": 2, "S3": 1, "S4": 1}),
        Recipe(normalise="minmax", floor=1, aggregate="geometric"),
        Recipe(groups={"work": Recipe(columns=("S1", "S3"))}, normalise="exponential"),
    ]
)
FAST = settings(max_examples=15, deadline=None)


def frame(values: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=COLUMNS, index=[f"{i:02d}" for i in range(len(values))])
    assume((table.nunique() > 2).all())
    return table


@FAST
@given(TABLES, st.sampled_from([0.01, 0.5, 3.0, 1000.0]), st.integers(-50, 50))
def test_the_unit_of_an_indicator_changes_neither_index_nor_class(values, factor, shift) -> None:
    table = frame(values)
    other = table.assign(S3=table["S3"] * factor + shift)
    before, after = status_index(table), status_index(other)
    np.testing.assert_allclose(after["index"], before["index"], atol=1e-8)
    edge = before["index"].abs().sub(1).abs().lt(1e-6) | before["index"].sub(1.5).abs().lt(1e-6)
    assert (after["class"] == before["class"])[~edge].all()


@FAST
@given(TABLES, RECIPES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(values, recipe, random) -> None:
    table = frame(values)
    order = list(table.index)
    random.shuffle(order)
    for index in (status_index, lambda t: composite_index(t, recipe)):
        whole = index(table)["index"]
        np.testing.assert_allclose(index(table.loc[order])["index"][whole.index], whole, atol=1e-9)
    x = status_index(table)["index"]
    sets = rank_confidence(x, pd.Series(0.3, x.index), draws=200)
    again = rank_confidence(x[order], pd.Series(0.3, x.index), draws=200)
    pd.testing.assert_frame_equal(again.loc[x.index], sets)


@FAST
@given(
    arrays(float, 8, elements=st.floats(-3, 3)),
    arrays(float, (2, 8), elements=st.floats(0, 1)),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_tighter_bound_never_widens_a_rank_set(x, reach, shrink, simultaneous) -> None:
    se = np.full(8, 0.2)
    settings_ = {"draws": 300, "simultaneous": simultaneous}
    wide = rank_confidence(x, se, bounds=(x - reach[0], x + reach[1]), **settings_)
    tight = rank_confidence(
        x, se, bounds=(x - shrink * reach[0], x + shrink * reach[1]), **settings_
    )
    # rows are drawn in the order of their figures; equal figures may swap their draws
    assume(len(np.unique(x)) == 8)
    assert (tight["lo"] >= wide["lo"]).all()
    assert (tight["hi"] <= wide["hi"]).all()


@FAST
@given(st.integers(0, 400), st.integers(0, 50), st.integers(0, 50))
def test_a_tighter_bound_of_a_count_never_widens_its_interval(low, gap, more) -> None:
    count = pd.Series([float(low + gap)] * 2)
    tight, loose = count[0] - gap / 2, count[0] - gap
    ends = share_interval(
        count,
        pd.Series([1000.0, 1000.0]),
        count_lo=pd.Series([tight, loose]),
        count_hi=count + [more / 2, more],
    )
    assert ends["lo"][0] >= ends["lo"][1]
    assert ends["hi"][0] <= ends["hi"][1]


@FAST
@given(TABLES, st.integers(0, 3), st.sampled_from(COLUMNS), st.floats(0.1, 50))
def test_a_worse_indicator_never_improves_a_rank_while_means_are_held(
    values, row, column, more
) -> None:
    table = frame(values)
    index = status_index(table)["index"]
    weight = index_weights(table)
    held = contributions(table).sum(axis=1)
    np.testing.assert_allclose(held, index, atol=1e-8)
    worse = held.copy()
    worse.iloc[row] += more * weight[column]
    assert worse.rank(ascending=False).iloc[row] <= held.rank(ascending=False).iloc[row]


@FAST
@given(TABLES, st.integers(0, 3), st.sampled_from(COLUMNS))
def test_by_percentile_ranks_a_worse_indicator_never_improves_a_rank(values, row, column) -> None:
    """Ranks of the others move by one place at most, the area's own at least as much."""
    table = frame(values)
    recipe = Recipe(normalise="percentile", aggregate="sum")
    before = composite_index(table, recipe)["rank"].iloc[row]
    worse = table.copy()
    worse.iloc[row, table.columns.get_loc(column)] = 200.0
    assert composite_index(worse, recipe)["rank"].iloc[row] <= before


def test_by_z_scores_an_area_can_look_better_because_it_got_worse() -> None:
    """The documented exception: an outlier widens the deviation that everybody is divided by."""
    table = pd.DataFrame(
        {"S1": [13.0, 7.0, 8.0, 8.0, 6.0], "S4": [6.0, 11.0, 23.0, 14.0, 32.0]}, index=list("abcde")
    )
    before = status_index(table)["index"].rank(ascending=False)
    table.loc["a", "S1"] = 27.0
    after = status_index(table)["index"].rank(ascending=False)
    assert (before["a"], after["a"]) == (1, 2)
    assert after["e"] == 1


@pytest.mark.parametrize("aggregate", ["arithmetic", "sum"])
def test_a_rank_set_lies_inside_the_one_with_a_larger_design_effect(aggregate) -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.gamma(2, 4, (30, 3)), columns=COLUMNS)
    x = composite_index(table, Recipe(aggregate=aggregate))["index"]
    narrow, wide = (rank_confidence(x, np.full(30, s), draws=2000) for s in (0.1, 0.1 * 1.8**0.5))
    assert (narrow["lo"] >= wide["lo"]).all()
    assert (narrow["hi"] <= wide["hi"]).all()
