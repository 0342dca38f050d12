"""Rounded tables add up, and no count is told closer than the base allows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.disclosure.rounding import round_controlled
from sozialraum.errors import DisclosureError


@given(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=5), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_every_level_adds_up_and_no_count_moves_by_a_whole_base(regions: list[list[int]]) -> None:
    counts, sums = {}, []
    for r, areas in enumerate(regions):
        names = [f"{r}{a}" for a in range(len(areas))]
        counts |= dict(zip(names, areas, strict=True)) | {f"r{r}": sum(areas)}
        sums.append((f"r{r}", names))
    counts["all"] = sum(map(sum, regions))
    sums.append(("all", [f"r{r}" for r in range(len(regions))]))
    before = pd.Series(counts, dtype=float)
    after = round_controlled(before, sums)
    assert (after % 10 == 0).all()
    assert ((after - before).abs() < 10).all()
    assert (after[before % 10 == 0] == before[before % 10 == 0]).all()
    for total, parts in sums:
        assert after[total] == after[parts].sum()


def test_a_table_of_two_dimensions_adds_up_both_ways() -> None:
    cells = {"am": 2, "aw": 13, "bm": 7, "bw": 21}
    totals = {"a": 15, "b": 28, "m": 9, "w": 34, "all": 43}
    sums = [("a", ["am", "aw"]), ("b", ["bm", "bw"]), ("m", ["am", "bm"]), ("w", ["aw", "bw"])]
    sums += [("all", ["a", "b"]), ("all", ["m", "w"])]
    after = round_controlled(pd.Series(cells | totals, dtype=float), sums)
    for total, parts in sums:
        assert after[total] == after[parts].sum()


def test_a_missing_count_stays_missing_and_a_wrong_total_is_refused() -> None:
    after = round_controlled(pd.Series({"a": np.nan, "b": 12.0, "t": 15.0}), [("t", ["a", "b"])])
    assert np.isnan(after["a"])
    with pytest.raises(DisclosureError, match="not the sum"):
        round_controlled(pd.Series({"a": 1.0, "b": 2.0, "t": 9.0}), [("t", ["a", "b"])])
