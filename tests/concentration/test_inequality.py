"""Measures of inequality have their textbook values, and intervals that mean what they say."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from sozialraum.concentration import inequality_change, inequality_measures, lorenz_curve
from sozialraum.errors import InputError

COUNTS = st.lists(st.tuples(st.integers(1, 400), st.integers(401, 9000)), min_size=2, max_size=30)


def value(count, base, groups=None):
    return inequality_measures(count, base, groups, draws=0)["value"]


def test_the_textbook_values_of_two_areas():
    # 10 and 30 recipients among 100 residents each, worked out by hand.
    found = value([10, 30], [100, 100])
    assert found["gini"] == pytest.approx(0.25)
    assert found["hoover"] == pytest.approx(0.25)
    assert found["theil"] == pytest.approx(0.25 * np.log(0.5) + 0.75 * np.log(1.5))
    assert found["dissimilarity"] == pytest.approx(
        (abs(0.25 - 90 / 160) + abs(0.75 - 70 / 160)) / 2
    )
    assert found["isolation"] == pytest.approx(0.25 * 0.1 + 0.75 * 0.3)
    assert found["isolation_adjusted"] == pytest.approx((0.25 - 0.2) / 0.8)


def test_equal_shares_everywhere_are_no_inequality():
    found = value([10, 20, 30], [100, 200, 300], ["a", "a", "b"])
    assert found.drop("isolation").abs().max() < 1e-12
    assert found["isolation"] == pytest.approx(0.1)


@settings(max_examples=40, deadline=None)
@given(COUNTS)
def test_measures_of_the_same_thing_agree(areas):
    x, n = np.array(areas, dtype=float).T
    found = value(x, n, np.arange(len(x)) % 3)
    overall = x.sum() / n.sum()
    assert found["dissimilarity"] == pytest.approx(found["hoover"] / (1 - overall))
    assert found["theil"] == pytest.approx(found["theil_between"] + found["theil_within"])
    assert found["theil_within"] >= -1e-12
    assert found["hoover"] <= found["gini"] + 1e-12  # the curve's largest gap, and its area
    assert 0 <= found["isolation_adjusted"] + 1e-12 <= 1


@settings(max_examples=20, deadline=None)
@given(COUNTS, st.integers(0, 99))
def test_dividing_areas_of_equal_share_changes_nothing(areas, seed):
    x, n = np.array(areas, dtype=float).T
    halves = np.random.default_rng(seed).permutation(np.tile(np.arange(len(x)), 2))
    pd.testing.assert_series_equal(value(x, n), value(x[halves] / 2, n[halves] / 2))


def test_gini_is_the_area_between_lorenz_curve_and_equality():
    x, n = np.array([5.0, 60, 20, 90]), np.array([100.0, 300, 250, 280])
    curve = lorenz_curve(x, n)
    area = trapezoid(curve["recipients_share"], curve["population_share"])
    assert value(x, n)["gini"] == pytest.approx(1 - 2 * area)
    assert (curve["recipients_share"] <= curve["population_share"] + 1e-12).all()


def test_a_withheld_area_is_left_out_and_not_counted_as_zero():
    with_gap = value([10, np.nan, 30, 4], [100, 5000, 100, np.nan])
    pd.testing.assert_series_equal(with_gap, value([10, 30], [100, 100]))


def test_intervals_cover_the_true_inequality():
    # 50 areas with known shares: 95 % of intervals hold the true Gini, noise and households taken
    # into account.
    rng = np.random.default_rng(4)
    n = rng.integers(1000, 9000, 50)
    rate = rng.beta(5, 40, 50)
    truth = value(rate * n, n)
    covered = np.zeros(3)
    for seed in range(60):
        households = rng.binomial(n // 2, rate)
        found = inequality_measures(2.0 * households, n, design_effect=2, draws=199, seed=seed)
        inside = (found["lo"] <= truth) & (truth <= found["hi"])
        covered += inside[["gini", "theil", "dissimilarity"]]
    assert (covered / 60 >= 0.85).all()


def test_a_design_effect_widens_the_interval():
    x, n = np.array([50.0, 160, 90]), np.array([900.0, 800, 1000])
    narrow, wide = (inequality_measures(x, n, design_effect=d) for d in (1, 4))
    ratio = (wide["hi"] - wide["lo"]) / (narrow["hi"] - narrow["lo"])
    assert ratio["isolation"] == pytest.approx(2, rel=0.15)


def test_a_change_between_editions_is_told_from_chance():
    n = np.full(60, 5000.0)
    flat, steep = np.full(60, 500.0), np.linspace(250, 750, 60)
    change = inequality_change((steep, n), (flat, n), design_effect=1.8).loc["gini"]
    assert change["hi"] < 0
    rng = np.random.default_rng(0)
    same = inequality_change((steep, n), (rng.binomial(5000, steep / 5000), n), design_effect=1.8)
    assert same.loc["gini", "lo"] < 0 < same.loc["gini", "hi"]


@pytest.mark.parametrize(
    ("count", "base"), [([0, 0], [10, 10]), ([11, 1], [10, 10]), ([-1, 3], [10, 10]), ([1], [2, 3])]
)
def test_what_has_no_inequality_is_refused(count, base):
    with pytest.raises(InputError):
        inequality_measures(count, base)
