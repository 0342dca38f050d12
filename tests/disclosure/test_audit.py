"""The attacker finds what a reader could compute, and is silent where there is nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.disclosure.inference import from_rate
from tests.disclosure.tree import found_in, intervals

IDS = ["040101", "040102", "040103", "040201"]
PARENT = pd.Series(
    ["0401", "0401", "0401", "0402", "all", "all", None], [*IDS, "0401", "0402", "all"]
)


def published(*counts: float, totals=(132.0, 60.0), total: float = 192.0) -> pd.Series:
    return pd.Series([*counts, *totals, total], PARENT.index, dtype=float)


def test_a_difference_to_the_region_is_found_with_its_remedy() -> None:
    values = published(np.nan, 90, 40, 60)
    (found,) = found_in(values, PARENT).to_dict("records")
    assert (found["cell"], found["lo"], found["hi"], found["exact"]) == ("040101", 2, 2, True)
    assert found["fix"] == "040103"
    values[found["fix"]] = np.nan
    assert found_in(values, PARENT).empty


def test_a_region_that_is_withheld_alone_is_known_from_its_areas() -> None:
    values = published(3, 89, 40, 60, totals=(np.nan, 60.0))
    assert found_in(values, PARENT)["cell"].tolist() == ["0401"]


def test_a_coarsely_printed_share_gives_only_an_interval() -> None:
    bounds = from_rate(pd.Series([0.1]), pd.Series([1000]), digits=1)
    assert bounds.iloc[0].tolist() == [50, 150]


def test_a_rate_that_fits_no_whole_number_is_taken_at_its_nearest() -> None:
    bounds = from_rate(pd.Series([0.0025]), pd.Series([1000]), digits=6)
    assert bounds.iloc[0].tolist() == [2, 3]


def test_an_area_with_two_residents_needs_no_wider_interval_than_that() -> None:
    values = published(np.nan, np.nan, 40, 60)
    upper = pd.Series(np.inf, values.index)
    upper["040101"] = 2
    assert "040101" not in found_in(values, PARENT, upper)["cell"].tolist()


@pytest.mark.parametrize(("first", "cells"), [(3, []), (2, ["040101"])])
def test_a_small_count_that_is_shown_is_found_and_nothing_else(first: int, cells: list) -> None:
    found = found_in(published(first, 92 - first, 40, 60), PARENT)
    assert found["cell"].tolist() == cells
    assert (found["how"] == "shown").all()


@given(st.lists(st.integers(0, 500), min_size=2, max_size=8))
@settings(max_examples=30, deadline=None)
def test_the_truth_always_lies_in_the_interval(counts: list[int]) -> None:
    ids = [f"a{i}" for i in range(len(counts))]
    truth = pd.Series([*counts, sum(counts)], [*ids, "r"], dtype=float)
    shown = truth.where((np.arange(len(truth)) % 2 == 1) | (truth.index == "r"))
    known = intervals(shown, pd.Series([*["r"] * len(ids), None], truth.index, dtype=object))
    assert (known["lo"] <= truth).all()
    assert (known["hi"] >= truth).all()
