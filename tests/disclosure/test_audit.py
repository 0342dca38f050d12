"""The attacker finds what a reader could compute, and is silent where there is nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.disclosure.audit import attack, audit, from_rate, table_hierarchy
from sozialraum.errors import InputError

IDS = pd.Index(["040101", "040102", "040103", "040201"])
GROUP = pd.Series(["0401", "0401", "0401", "0402"], IDS)


def published(*counts: float, totals=(132.0, 60.0), total: float | None = 192.0):
    return table_hierarchy(
        pd.Series(counts, IDS), pd.Series(totals, ["0401", "0402"]), GROUP, total
    )


def test_a_difference_to_the_region_is_found_with_its_remedy():
    values, parent = published(np.nan, 90, 40, 60)
    found = audit(values, parent)
    assert found.iloc[0].to_dict() == {
        "cell": "area:040101", "lo": 2.0, "hi": 2.0, "exact": True, "how": "totals",
        "fix": "area:040103",
    }  # fmt: skip


def test_following_the_remedy_ends_the_finding():
    values, parent = published(np.nan, 90, 40, 60)
    values[audit(values, parent).iloc[0]["fix"]] = np.nan
    assert audit(values, parent).empty


def test_a_region_that_is_withheld_alone_is_known_from_its_areas():
    values, parent = published(3, 89, 40, 60, totals=(np.nan, 60.0))
    assert audit(values, parent)["cell"].tolist() == ["region:0401"]


def test_a_share_that_was_left_in_gives_the_count_away():
    values, parent = published(np.nan, 90, np.nan, 60)
    share = pd.Series({"area:040101": 0.002, "area:040103": np.nan})
    claims = {"share": from_rate(share, pd.Series(1000.0, share.index), digits=4)}
    found = audit(values, parent, claims=claims)
    assert found["cell"].tolist() == ["area:040101", "area:040103"]
    assert found["fix"].tolist()[0] == "share"


def test_a_coarsely_printed_share_gives_only_an_interval():
    bounds = from_rate(pd.Series([0.1]), pd.Series([1000]), digits=1)
    assert bounds.iloc[0].tolist() == [50, 150]


def test_a_rate_that_fits_no_whole_number_is_taken_at_its_nearest():
    bounds = from_rate(pd.Series([0.0025]), pd.Series([1000]), digits=6)
    assert bounds.iloc[0].tolist() == [2, 3]


def test_an_area_with_two_residents_needs_no_wider_interval_than_that():
    values, parent = published(np.nan, np.nan, 40, 60)
    upper = pd.Series(np.inf, values.index)
    upper["area:040101"] = 2
    assert "area:040101" not in audit(values, parent, upper=upper)["cell"].tolist()


def test_nothing_withheld_means_nothing_found():
    values, parent = published(3, 89, 40, 60)
    assert audit(values, parent).empty


def test_a_small_count_that_is_shown_is_found():
    values, parent = published(2, 90, 40, 60)
    assert audit(values, parent)[["cell", "how"]].to_numpy().tolist() == [["area:040101", "shown"]]


def test_areas_of_an_unknown_region_are_an_error():
    with pytest.raises(InputError, match="not in the table"):
        table_hierarchy(pd.Series([1.0], ["x"]), pd.Series({"r": 1.0}), pd.Series(["other"], ["x"]))


@given(
    counts=st.lists(st.integers(3, 500), min_size=3, max_size=8),
    leak=st.sampled_from(["difference", "share", "region"]),
    place=st.integers(0, 7),
)
@settings(max_examples=80, deadline=None)
def test_every_planted_leak_is_found(counts, leak, place):
    ids = pd.Index([f"a{i}" for i in range(len(counts))])
    place %= len(counts)
    group = pd.Series("r", ids).where(np.arange(len(ids)) % 2 == 0, "s")
    truth = pd.Series(counts, ids, dtype=float)
    totals = truth.groupby(group).sum()
    shown = truth.copy()
    claims = {}
    if leak == "difference":
        shown.iloc[place] = np.nan
    elif leak == "share":
        shown[group == group.iloc[place]] = np.nan
        rate = pd.Series({f"area:{ids[place]}": counts[place] / 2000})
        claims = {"share": from_rate(rate, pd.Series(2000.0, rate.index), digits=6)}
    else:
        totals[group.iloc[place]] = np.nan
    values, parent = table_hierarchy(shown, totals, group, truth.sum())
    found = audit(values, parent, claims=claims).set_index("cell")
    cell = f"region:{group.iloc[place]}" if leak == "region" else f"area:{ids[place]}"
    value = truth.groupby(group).sum()[group.iloc[place]] if leak == "region" else counts[place]
    assert found.loc[cell, ["lo", "hi"]].tolist() == [value, value]


@given(st.lists(st.integers(0, 500), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_the_truth_always_lies_in_the_interval(counts):
    ids = pd.Index([f"a{i}" for i in range(len(counts))])
    truth = pd.Series(counts, ids, dtype=float)
    shown = truth.where(np.arange(len(ids)) % 2 == 1)
    values, parent = table_hierarchy(shown, pd.Series({"r": truth.sum()}), pd.Series("r", ids))
    known = attack(values, parent)
    for area in ids:
        assert known.loc[f"area:{area}", "lo"] <= truth[area] <= known.loc[f"area:{area}", "hi"]
