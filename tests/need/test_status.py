from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sozialraum.errors import InputError
from sozialraum.need.status import (
    DYNAMICS_CLASSES,
    STATUS_CLASSES,
    classes_of,
    dynamics_index,
    exclusion_reasons,
    status_index,
    zscore,
)

from . import berlin as mss

tables = hnp.arrays(
    float,
    st.tuples(st.integers(3, 25), st.integers(1, 4)),
    elements=st.integers(0, 4000).map(lambda v: v / 100),
).map(lambda a: pd.DataFrame(a, index=[f"{i:08d}" for i in range(len(a))]))


@pytest.mark.real_data
def test_all_536_published_status_classes_of_2021_are_reproduced(berlin):
    table, published = mss.indicators(berlin, 2021), mss.published_classes(berlin)
    ours = status_index(table[["S1", "S3", "S4"]])
    numbers = ours["class"].map({name: i + 1 for i, name in enumerate(STATUS_CLASSES)})
    valid = numbers.notna()
    assert valid.sum() == 536
    assert (numbers[valid] == published.loc[valid[valid].index, "SI_N"]).all()
    assert ours["class"].value_counts().to_dict() == {
        "mittel": 366,
        "hoch": 75,
        "sehr niedrig": 49,
        "niedrig": 46,
    }
    assert ours.loc["04400725"].tolist()[1] is None


@pytest.mark.real_data
def test_all_536_published_dynamics_classes_of_2021_are_reproduced(berlin):
    table, published = mss.indicators(berlin, 2021), mss.published_classes(berlin)
    ours = dynamics_index(table[["D1", "D3", "D4"]])["class"]
    numbers = ours.map(dict(zip(DYNAMICS_CLASSES, (1, 3, 5), strict=True)))
    valid = numbers.notna()
    assert valid.sum() == 536
    assert (numbers[valid] == published.loc[valid[valid].index, "DI_N"]).all()
    assert ours.value_counts().to_dict() == {"stabil": 436, "negativ": 52, "positiv": 48}


@pytest.mark.real_data
def test_paul_hertz_siedlung_has_the_lowest_status_of_the_district_in_2025(berlin):
    status = status_index(mss.indicators(berlin, 2025)[["S1", "S2", "S3", "S4"]])
    district = status[status.index.str.startswith(mss.DISTRICT)]
    first = district["index"].sort_values(ascending=False).index[:3].tolist()
    assert first == ["04100102", "04100101", "04400833"]
    assert district.loc[first, "class"].tolist() == ["sehr niedrig", "niedrig", "niedrig"]


@pytest.mark.real_data
def test_what_stands_in_an_excluded_area_enters_neither_mean_nor_deviation(berlin):
    table = mss.indicators(berlin, 2021)[["S1", "S3", "S4"]]
    gone = table["S1"].isna()
    spoiled = table.mask(gone, -9999.0)
    pd.testing.assert_frame_equal(status_index(spoiled, gone), status_index(table))


def test_a_sentinel_that_was_not_read_as_missing_is_refused():
    with pytest.raises(InputError, match="-9999"):
        status_index(pd.DataFrame({"S1": [1.0, 2.0, -9999.0]}))


def test_an_exclusion_list_must_name_every_area():
    table = pd.DataFrame({"S1": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    with pytest.raises(InputError, match=r"first \['c'\]"):
        status_index(table, pd.Series({"a": False, "b": False}))
    with pytest.raises(InputError, match="one value per area"):
        status_index(table, [True])


def test_one_area_alone_has_no_index():
    with pytest.raises(InputError, match="at least two"):
        status_index(pd.DataFrame({"S1": [1.0, None]}))


def test_an_exclusion_series_is_aligned_by_id_not_by_position():
    table = pd.DataFrame({"S1": [1.0, 2.0, 30.0]}, index=["a", "b", "c"])
    out = status_index(table, pd.Series({"c": True, "a": False, "b": False}))
    assert out["index"].round(6).tolist()[:2] == [-1.0, 1.0]
    assert np.isnan(out.loc["c", "index"])
    assert out.loc["c", "class"] is None


def test_exactly_one_is_still_the_middle_class():
    # two areas have scores of exactly −1 and +1, whatever the rounding
    for a, b in [(0.1, 0.3), (1 / 3, 2 / 3), (1e-7, 7e5)]:
        assert status_index(pd.DataFrame({"S1": [a, b]}))["class"].tolist() == ["mittel", "mittel"]
        assert dynamics_index(pd.DataFrame({"S1": [a, b]}))["class"].tolist() == ["stabil"] * 2
    assert classes_of(np.array([1.0 + 1e-9]), (-1, 1, 1.5), STATUS_CLASSES)[0] == "niedrig"


def test_an_indicator_without_variation_tells_areas_apart_by_nothing():
    table = pd.DataFrame({"S1": [1.0, 2.0, 5.0], "S2": [0.1, 0.1, 0.1]})
    pd.testing.assert_frame_equal(status_index(table), status_index(table[["S1"]]))
    assert (zscore(np.full(7, 0.1)) == 0).all()


@settings(max_examples=30, deadline=None)
@given(tables, st.floats(0.01, 100), st.floats(-50, 50))
def test_the_unit_of_an_indicator_changes_no_index(table, factor, shift):
    scaled = table.copy()
    scaled[0] = table[0] * factor + shift
    np.testing.assert_allclose(
        status_index(scaled)["index"], status_index(table)["index"], atol=1e-6
    )


@settings(max_examples=30, deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_changes_no_digit(table, random):
    rows, columns = list(table.index), list(table.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    shuffled = status_index(table.loc[rows, columns]).loc[table.index]
    pd.testing.assert_frame_equal(shuffled, status_index(table), check_exact=True)


@settings(max_examples=30, deadline=None)
@given(tables, st.integers(0, 2), st.floats(0.01, 30))
def test_a_worse_indicator_never_improves_while_means_and_deviations_are_held(table, row, worse):
    mean, deviation = table.mean(), table.std(ddof=0).replace(0, 1)
    before = ((table - mean) / deviation).sum(axis=1)
    changed = table.copy()
    changed.iloc[row, 0] += worse
    after = ((changed - mean) / deviation).sum(axis=1)
    assert (after > after.iloc[row]).sum() <= (before > before.iloc[row]).sum()


def test_a_worse_indicator_can_improve_the_rank_of_a_plain_z_score_sum():
    """The unemployment of ``b`` doubles, and ``b`` falls from the first rank to the second.

    ``b`` alone makes the deviation of S1: its own score there is bounded by ``sqrt(n − 1)``, while
    the others, who are now all equally low in S1, keep their distance in S4. The published rule has
    this property; a class that improves must therefore be read together with the figures.
    """
    table = pd.DataFrame(
        {"S1": [8.0, 20.0, 8.0, 12.0, 5.0], "S4": [20.0, 0.0, 8.0, 8.0, 30.0]},
        index=["a", "b", "c", "d", "e"],
    )
    worse = table.copy()
    worse.loc["b", "S1"] = 40.0
    assert status_index(table)["index"].rank(ascending=False)["b"] == 1
    assert status_index(worse)["index"].rank(ascending=False)["b"] == 2


def test_small_and_named_and_uncounted_areas_are_excluded_with_a_reason():
    people = pd.Series({"a": 299, "b": 300, "c": 9000, "d": None})
    reasons = exclusion_reasons(people, named=["c", "zz"])
    assert [r is None for r in reasons] == [False, True, False, False]
    assert reasons["c"] == "Ausreißer"
