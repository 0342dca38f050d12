from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sozialraum.errors import InputError
from sozialraum.need.rates import (
    aggregate_shares,
    eb_binomial,
    location_quotient,
    share,
    share_interval,
    standard_error,
)

from . import berlin as mss


def test_binomial_shrinkage_equals_a_calculation_by_hand():
    """Counts 2, 10, 30 of 20, 100, 100 people.

    m = 42/220 = .190909, m(1 − m) = .154463; mean population 220/3 = 73.3333;
    s² = (20·.0909091² + 100·.0909091² + 100·.1090909²)/220 = .00991736;
    A = (.00991736 − .154463/73.3333) · 73.3333/72.3333 = .00791918;
    weight of an area of 100: .00791918/(.00791918 + (.154463 − .00791918)/100) = .843838;
    of an area of 20: .519406. Shrunk: .114194, .282962 and .143690.
    """
    rate, weight = eb_binomial([2, 10, 30], [20, 100, 100])
    assert weight.tolist() == pytest.approx([0.519406, 0.843838, 0.843838], abs=1e-5)
    assert rate.tolist() == pytest.approx([0.143690, 0.114196, 0.282963], abs=1e-5)


def test_areas_that_differ_no_more_than_by_chance_are_shrunk_to_the_mean():
    rate, weight = eb_binomial([10, 10, 10], [100, 100, 100])
    assert weight.tolist() == [0, 0, 0]
    assert rate.tolist() == pytest.approx([0.1] * 3)


def test_an_unknown_count_stays_unknown_and_an_empty_area_gets_the_mean():
    rate, weight = eb_binomial(pd.Series([np.nan, 0.0, 30.0, 8.0]), pd.Series([100, 0, 100, 90]))
    assert np.isnan(rate[0])
    assert rate[1] == pytest.approx(38 / 190)
    assert weight[1] == 0


@pytest.mark.real_data
def test_shrinkage_moves_nothing_at_this_size(berlin):
    percent, people = mss.indicators(berlin, 2025)["S3"], mss.residents(berlin, 2024)["all"]
    people = people.where(percent.notna())
    _, weight = eb_binomial(percent * people / 100, people)
    assert weight.quantile(0.05) > 0.95


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
@pytest.mark.parametrize(("count", "population"), [(0, 40), (3, 40), (40, 40), (321, 3580)])
def test_intervals_agree_with_an_independent_implementation(method, count, population):
    ours = share_interval(pd.Series([count]), pd.Series([population]), method=method).iloc[0]
    theirs = stats.binomtest(count, population).proportion_ci(
        0.95, method={"wilson": "wilson", "clopper-pearson": "exact"}[method]
    )
    assert (ours["lo"], ours["hi"]) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_tighter_bound_never_widens_an_interval(data):
    population = data.draw(st.integers(1, 5000))
    outer_lo, lo, hi, outer_hi = sorted(data.draw(st.integers(0, population)) for _ in range(4))
    method = data.draw(st.sampled_from(["wilson", "clopper-pearson"]))
    effect = data.draw(st.sampled_from([1.0, 1.8]))

    def interval(low, high):
        return share_interval(
            pd.Series([np.nan]),
            pd.Series([population]),
            count_lo=pd.Series([low]),
            count_hi=pd.Series([high]),
            design_effect=effect,
            method=method,
        ).iloc[0]

    wide, tight = interval(outer_lo, outer_hi), interval(lo, hi)
    assert wide["lo"] <= tight["lo"] <= lo / population + 1e-12
    assert hi / population - 1e-12 <= tight["hi"] <= wide["hi"]
    assert np.isnan(tight["share"])


def test_households_widen_every_interval():
    count, people = pd.Series([321]), pd.Series([3580])
    plain, households = (share_interval(count, people, design_effect=d).iloc[0] for d in (1.0, 1.8))
    assert households["lo"] < plain["lo"] < plain["hi"] < households["hi"]
    ratio = standard_error(count, people, design_effect=1.8) / standard_error(count, people)
    assert ratio[0] == pytest.approx(np.sqrt(1.8))


def test_a_count_of_zero_is_not_certain():
    assert standard_error(pd.Series([0]), pd.Series([500]))[0] > 0


def test_a_missing_count_gives_a_missing_share_never_zero():
    assert share(pd.Series([None, 0.0]), pd.Series([10, 0])).isna().all()
    assert share_interval(pd.Series([np.nan]), pd.Series([10])).isna().all(axis=None)


@pytest.mark.parametrize(("count", "population"), [(-1, 10), (11, 10)])
def test_a_count_that_cannot_be_part_of_its_population_is_refused(count, population):
    with pytest.raises(InputError, match="0 ≤ count"):
        share(pd.Series([count]), pd.Series([population]))


def test_a_location_quotient_is_one_for_the_reference_itself():
    count, people = pd.Series([10.0, np.nan, 40.0]), pd.Series([100, 900, 300])
    quotient = location_quotient(count, people)
    assert (quotient * people)[[0, 2]].sum() / 400 == pytest.approx(1.0)
    with pytest.raises(InputError, match="counts nobody"):
        location_quotient(count, people, reference=(0, 100))


@pytest.mark.real_data
def test_regions_add_persons_never_shares(berlin):
    percent = mss.indicators(berlin, 2025)[["S1", "S3", "S4"]]
    bases = mss.bases(berlin, 2024)
    regions = aggregate_shares(percent, bases, pd.Series(percent.index.str[:6], percent.index))
    assert regions.index.str.startswith(mss.DISTRICT).sum() == 11
    unit = percent[percent.index.str.startswith("041001")]
    base = bases.loc[unit.index, "S3"]
    assert regions.loc["041001", "S3"] == pytest.approx((unit["S3"] * base).sum() / base.sum())
