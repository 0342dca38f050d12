"""Suppression: small counts go, others go only where they must."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.disclosure.suppression import complementary, primary, withhold
from sozialraum.errors import DisclosureError
from tests.disclosure.tree import found_in, intervals


@pytest.mark.parametrize(("count", "reason"), [(0, ""), (1, "count"), (2, "count"), (3, "")])
def test_counts_of_one_and_two_are_withheld_and_zero_is_not(count, reason):
    assert primary(pd.Series([float(count)]), pd.Series([900])).tolist() == [reason]


def test_a_group_that_nearly_all_residents_belong_to_is_withheld():
    reasons = primary(pd.Series([398.0, 397.0]), pd.Series([400, 400]))
    assert reasons.tolist() == ["complement", ""]


def test_few_residents_withhold_the_count_even_where_it_is_zero():
    assert primary(pd.Series([0.0, 40.0]), pd.Series([61, 299])).tolist() == ["population"] * 2


def test_an_unknown_count_gives_no_reason_by_itself():
    assert primary(pd.Series([np.nan]), pd.Series([900])).tolist() == [""]


def star(*values: float) -> tuple[pd.Series, pd.Series]:
    ids = [f"a{i}" for i in range(len(values))]
    parent = pd.Series([*["t"] * len(values), None], index=[*ids, "t"], dtype=object)
    return pd.Series([*values, sum(values)], index=[*ids, "t"], dtype=float), parent


def hide(cells: pd.Series, *names: str) -> pd.Series:
    return pd.Series(cells.index.isin(names), index=cells.index)


def test_a_single_small_count_takes_the_cheapest_neighbour_with_it():
    values, parent = star(2, 90, 40, 5)
    hidden = complementary(values, parent, hide(values, "a0"))
    assert hidden[hidden].index.tolist() == ["a0", "a3"]


def test_a_neighbour_that_is_too_small_to_hide_behind_is_not_enough():
    values, parent = star(1, 1, 60)
    hidden = complementary(values, parent, hide(values, "a0"))
    assert hidden["a2"]
    assert not hidden["t"]


def test_two_counts_that_hide_each_other_cost_nothing_more():
    values, parent = star(4, 5, 90)
    hidden = complementary(values, parent, hide(values, "a0", "a1"))
    assert hidden[hidden].index.tolist() == ["a0", "a1"]


def test_the_part_of_a_total_with_one_part_hides_the_total_and_another_one():
    ids = ["t", "r1", "r2", "r3", "a", "b1", "b2", "c1", "c2"]
    parent = pd.Series([None, "t", "t", "t", "r1", "r2", "r2", "r3", "r3"], index=ids, dtype=object)
    values = pd.Series([162, 2, 60, 100, 2, 20, 40, 50, 50], index=ids, dtype=float)
    hidden = complementary(values, parent, hide(values, "a"))
    assert hidden[["a", "r1"]].all()
    assert not hidden["t"]
    assert hidden[hidden].index.tolist() == ["r1", "r2", "a", "b1"]


def test_a_count_that_no_cell_can_protect_stops_the_run():
    values, parent = star(2)
    parent["t"] = None
    upper = pd.Series(2.0, index=values.index)
    assert complementary(values, parent, hide(values, "a0"), upper=upper).all()
    with pytest.raises(DisclosureError):
        # the neighbours are known to be 0: nobody lives there
        complementary(
            *star(2, 0), hide(star(2, 0)[0], "a0"), upper=pd.Series([9.0, 0, 2], ["a0", "a1", "t"])
        )


def test_a_cell_whose_value_is_guessed_is_protected_wherever_it_lies():
    values, parent = star(2, 2, 90)
    need = hide(values, "a0", "a1")
    assert not complementary(values, parent, need, guessed=need)["a2"]
    assert complementary(values, parent, need)["a2"]


@st.composite
def hierarchies(draw):
    """Three levels: the district, its regions, their areas."""
    regions = draw(st.integers(2, 5))
    counts, group = [], []
    for region in range(regions):
        for _ in range(draw(st.integers(1, 6))):
            counts.append(draw(st.one_of(st.integers(0, 9), st.integers(10, 900))))
            group.append(f"r{region}")
    ids = [f"a{i:02d}" for i in range(len(counts))]
    population = [max(c, 1) + draw(st.integers(0, 4000)) for c in counts]
    return (
        pd.Series(counts, index=ids, dtype=float),
        pd.Series(population, index=ids),
        pd.Series(group, index=ids),
    )


def published(counts, group, why, why_regions):
    totals = counts.groupby(group).sum()
    values = pd.Series([*counts.mask(why != ""), *totals.mask(why_regions != ""), counts.sum()])
    values.index = [*counts.index, *totals.index, "total"]
    parent = pd.Series([*group, *["total"] * len(totals), None], index=values.index, dtype=object)
    return values, parent


@given(hierarchies())
@settings(max_examples=60, deadline=None)
def test_after_suppression_the_attacker_finds_nothing(hierarchy):
    counts, population, group = hierarchy
    totals = counts.groupby(group).sum()
    try:
        why, why_regions = withhold(counts, population, group, totals)
    except DisclosureError:
        return  # nothing that could be shown protects the small count
    values, parent = published(counts, group, why, why_regions)
    residents = pd.Series(
        [*population, *population.groupby(group).sum(), population.sum()], values.index
    )
    reasons = pd.concat([why, why_regions])
    sensitive = ~reasons.isin(["", "protects"])
    assert found_in(values, parent, residents, sensitive).empty
    known = intervals(values, parent, residents)
    protected = why.index[why.isin(["count", "complement", "population"])]
    for cell in protected:
        assert known.loc[cell, "lo"] <= max(0, counts[cell] - 3)
        assert known.loc[cell, "hi"] >= min(counts[cell] + 3, population[cell])


@given(hierarchies())
@settings(max_examples=40, deadline=None)
def test_on_a_safe_table_no_count_is_lost(hierarchy):
    counts, population, group = hierarchy
    counts = counts.where((counts == 0) | (counts > 2), 7)
    population = population + 400
    why, why_regions = withhold(counts, population, group, counts.groupby(group).sum())
    assert (why == "").all()
    assert (why_regions == "").all()


@given(hierarchies())
@settings(max_examples=25, deadline=None)
def test_no_cell_is_withheld_that_could_be_shown_instead(hierarchy):
    counts, population, group = hierarchy
    totals = counts.groupby(group).sum()
    population = population + 400
    try:
        why, why_regions = withhold(counts, population, group, totals)
    except DisclosureError:
        return
    residents = [*population, *population.groupby(group).sum(), population.sum()]
    for cell in why.index[why == "protects"]:
        shown, parent = published(counts, group, why.mask(why.index == cell, ""), why_regions)
        upper = pd.Series(residents, shown.index)
        known = intervals(shown, parent, upper)
        # one of the protected cells is now known too well
        small = [*why.index[why.isin(["count", "complement"])]]
        small += [*why_regions.index[why_regions.isin(["count", "complement"])]]
        truth = pd.concat([counts, totals])
        assert any(
            known.loc[c, "lo"] > max(0, truth[c] - 3)
            or known.loc[c, "hi"] < min(truth[c] + 3, upper[c])
            for c in small
        )


def test_what_a_source_hides_stays_hidden_when_its_total_is_published():
    ids = ["0101", "0102", "0103"]
    counts = pd.Series([np.nan, 90.0, 40.0], ids)
    why, _ = withhold(counts, pd.Series(900, ids), pd.Series("01", ids), pd.Series({"01": 132.0}))
    assert why.tolist() == ["source", "", "protects"]


def test_a_total_that_was_summed_without_the_unknown_area_hides_nothing_more():
    ids = ["0101", "0102", "0103"]
    counts = pd.Series([np.nan, 90.0, 40.0], ids)
    population = pd.Series([61, 900, 900], ids)
    why, totals = withhold(counts, population, pd.Series("01", ids), pd.Series({"01": 130.0}))
    assert why.tolist() == ["population", "", ""]
    assert totals.tolist() == [""]
