from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError
from sozialraum.need.derive import counts_from_shares, decimals_of, recipients, working_age

from . import berlin as mss


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("edition", "year", "decimals", "masked_up_to"), [(2023, 2022, 5, 0), (2025, 2024, 3, 10)]
)
@pytest.mark.parametrize(("column", "base"), [("S3", "all"), ("S4", "under_15")])
def test_published_shares_are_whole_numbers_of_persons(
    berlin, edition, year, decimals, masked_up_to, column, base
):
    share = mss.indicators(berlin, edition)[column]
    people = mss.residents(berlin, year)[base]
    assert decimals_of(share) == decimals
    found = counts_from_shares(share, people, masked_up_to=masked_up_to)
    known = found[share.notna() & ~found["masked"]]
    assert (known["lo"] == known["hi"]).all()
    assert (known["count"] == known["count"].round()).all()
    assert found["count"].isna().equals(share.isna())


@pytest.mark.real_data
def test_five_decimals_give_away_numerator_and_base_of_most_areas(berlin):
    people = mss.residents(berlin, 2022)["15_65"]
    found = working_age(mss.indicators(berlin, 2023)["S1"], people)
    assert found["unique"].sum() == 474
    assert (found["pairs"] > 0).sum() == 536  # every published figure is met
    assert found.loc[found["unique"], "ratio"].median() == pytest.approx(1.0156, abs=1e-4)
    assert found.loc[found["unique"], "ratio"].between(0.9985, 1.0400).all()


@pytest.mark.real_data
def test_the_district_has_about_36400_people_on_benefits_at_the_end_of_2024(berlin):
    earlier = working_age(mss.indicators(berlin, 2023)["S1"], mss.residents(berlin, 2022)["15_65"])
    now, people = mss.indicators(berlin, 2025), mss.residents(berlin, 2024)
    s1 = working_age(
        now["S1"],
        people["15_65"],
        ratio_range=(0.9985, 1.0325),
        masked_up_to=10,
        ratio=earlier["ratio"].where(earlier["unique"]),
    )
    s3 = counts_from_shares(now["S3"], people["all"], masked_up_to=10)
    total = recipients(s1, s3)
    district = total.index.str.startswith(mss.DISTRICT)
    assert s3.loc[district, "count"].sum() == 27_487
    assert s1.loc[district, "count"].sum() == pytest.approx(8_900, abs=25)
    assert s1.loc[district, "lo"].sum() == pytest.approx(8_760, abs=20)
    assert s1.loc[district, "hi"].sum() == pytest.approx(9_050, abs=25)
    assert total.loc[district, "recipients"].sum() == pytest.approx(36_400, abs=25)
    # a masked zero is not zero people
    assert s1.loc["04400831", ["lo", "hi"]].tolist() == [0, 10]
    assert total.loc["04400831", ["recipients_lo", "recipients_hi"]].tolist() == [57, 67]


def test_a_share_of_another_years_residents_is_refused():
    share = pd.Series({"a": 8.01676, "b": 2.65487})
    counts_from_shares(share, pd.Series({"a": 3580, "b": 2034}))
    with pytest.raises(InputError, match="same reference date"):
        counts_from_shares(share, pd.Series({"a": 3561, "b": 2002}))


def test_a_share_of_nobody_is_refused():
    with pytest.raises(InputError, match="not whole numbers"):
        counts_from_shares(pd.Series({"a": 3.125}), pd.Series({"a": 0}))


def test_shares_and_residents_must_list_the_same_areas():
    with pytest.raises(InputError, match="one index"):
        counts_from_shares(pd.Series({"a": 1.0, "b": 2.0}), pd.Series({"b": 100, "a": 100}))


def test_a_share_beyond_100_percent_is_refused():
    with pytest.raises(InputError, match="0 to 100"):
        counts_from_shares(pd.Series({"a": 101.0}), pd.Series({"a": 100}))


def test_an_unknown_share_is_never_a_count_of_zero():
    found = counts_from_shares(
        pd.Series([None, 0.0, 0.0], dtype=float), pd.Series([50, 50, 4]), masked_up_to=10
    )
    assert found.loc[0, ["count", "lo", "hi"]].isna().all()
    assert found.loc[1, ["lo", "hi"]].tolist() == [0, 10]
    assert found.loc[2, ["lo", "hi"]].tolist() == [0, 4]  # nobody else lives there


def test_a_zero_is_zero_where_nothing_is_masked():
    found = counts_from_shares(pd.Series([0.0]), pd.Series([50]))
    assert found.loc[0, ["count", "lo", "hi"]].tolist() == [0, 0, 0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_bounds_contain_the_persons_behind_a_rounded_share(data):
    base = data.draw(st.integers(1, 60_000))
    count = data.draw(st.integers(0, base))
    decimals = data.draw(st.integers(1, 6))
    share = round(100 * count / base, decimals)
    found = counts_from_shares(pd.Series([share]), pd.Series([base]), decimals=decimals).iloc[0]
    assert found["lo"] <= count <= found["hi"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_bounds_of_the_numerator_contain_it_when_the_base_ends_at_pension_age(data):
    residents = data.draw(st.integers(200, 12_000))
    base = data.draw(st.integers(int(np.ceil(residents * 0.99)), int(residents * 1.04)))
    count = data.draw(st.integers(1, base // 3))
    decimals = data.draw(st.sampled_from([3, 5]))
    share = pd.Series([round(100 * count / base, decimals)])
    found = working_age(share, pd.Series([residents]), decimals=decimals).iloc[0]
    assert found["lo"] <= count <= found["hi"]
    assert found["pairs"] >= 1
    # the sharper publication never widens the bounds
    if decimals == 3:
        sharp = pd.Series([round(100 * count / base, 5)])
        finer = working_age(sharp, pd.Series([residents]), decimals=5).iloc[0]
        assert found["lo"] <= finer["lo"] <= finer["hi"] <= found["hi"]


def test_the_ratio_of_an_earlier_edition_chooses_among_possible_pairs():
    share, people = pd.Series({"a": 4.0}), pd.Series({"a": 1000})
    low = working_age(share, people, decimals=3, ratio=0.98).iloc[0]
    high = working_age(share, people, decimals=3, ratio=pd.Series({"a": 1.05})).iloc[0]
    assert low["count"] < high["count"]
    assert (low["lo"], low["hi"]) == (high["lo"], high["hi"])
