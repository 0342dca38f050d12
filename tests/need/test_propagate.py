from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.need.propagate import (
    change_covariance,
    index_error,
    index_weights,
    indicator_covariance,
    threshold_distance,
)
from sozialraum.need.status import dynamics_index, status_index

from . import berlin as mss

COLUMNS = ["S1", "S2", "S3", "S4"]


def test_the_covariance_is_that_of_simulated_persons():
    """Adults are unemployed or on other benefits, never both; children follow their parents."""
    rng = np.random.default_rng(0)
    adults, children, draws = 3000, 600, 20_000
    unemployed, other, _ = rng.multinomial(adults, [0.05, 0.08, 0.87], draws).T
    poor = rng.binomial(children, 0.25, draws)
    simulated = np.column_stack(
        [
            100 * unemployed / adults,
            100 * (other + poor) / (adults + children),
            100 * poor / children,
        ]
    )
    percent = pd.DataFrame([simulated.mean(axis=0)], columns=["S1", "S3", "S4"])
    bases = pd.DataFrame([[adults, adults + children, children]], columns=["S1", "S3", "S4"])
    ours = indicator_covariance(percent, bases)[0]
    np.testing.assert_allclose(ours, np.cov(simulated.T), rtol=0.06, atol=2e-3)


def test_children_within_recipients_make_the_index_less_certain():
    percent = pd.DataFrame({"S3": [9.0, 12.0, 30.0], "S4": [20.0, 30.0, 60.0]})
    bases = pd.DataFrame({"S3": [4000.0] * 3, "S4": [600.0] * 3})
    nested = index_error(percent, indicator_covariance(percent, bases))
    ignored = index_error(percent, indicator_covariance(percent, bases, nested=()))
    assert (nested > ignored).all()


def test_the_design_effect_multiplies_the_variance():
    percent = pd.DataFrame({"S1": [2.0, 4.0, 6.0], "S3": [9.0, 12.0, 30.0]})
    bases = pd.DataFrame({"S1": [2800.0] * 3, "S3": [4000.0] * 3})
    plain = index_error(percent, indicator_covariance(percent, bases))
    households = index_error(percent, indicator_covariance(percent, bases, design_effect=1.8))
    np.testing.assert_allclose(households, plain * np.sqrt(1.8))


def test_weights_are_the_slope_of_the_index_with_means_and_deviations_held():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.gamma(2, 5, (40, 3)), columns=["S1", "S3", "S4"])
    weight = index_weights(table)
    rebuilt = ((table - table.mean()) * weight).sum(axis=1)
    np.testing.assert_allclose(rebuilt, status_index(table)["index"], atol=1e-12)


def test_an_area_without_an_index_has_no_error():
    table = pd.DataFrame({"S1": [1.0, np.nan, 3.0, 9.0]})
    error = index_error(table, np.full((4, 1, 1), 0.2), [False, False, False, True])
    assert error.isna().tolist() == [False, True, False, True]


def test_people_who_are_in_both_counts_make_a_change_more_certain():
    rng = np.random.default_rng(1)
    factor = rng.normal(0, 1, (5, 3, 3))
    one = factor @ np.swapaxes(factor, 1, 2)
    independent, panel = (change_covariance(one, one, persistence=r) for r in (0.0, 0.7))
    np.testing.assert_allclose(panel, 0.3 * independent)


@pytest.mark.real_data
def test_most_dynamics_classes_lie_within_chance_of_their_threshold(berlin):
    now, before = (mss.indicators(berlin, e)[COLUMNS] for e in (2025, 2023))
    changes = now - before
    dynamics = dynamics_index(changes)

    def close(**options):
        covariance = change_covariance(
            indicator_covariance(now, mss.bases(berlin, 2024), **options),
            indicator_covariance(before, mss.bases(berlin, 2022), **options),
        )
        error = index_error(changes, covariance)
        moving = dynamics["class"].isin(["positiv", "negativ"])
        near = threshold_distance(dynamics["index"], error, (-1, 1))["in_errors"] < 1.96
        return int(moving.sum()), int((moving & near).sum())

    assert close(nested=(), disjoint=()) == (130, 118)  # independent indicators and persons
    assert close() == (130, 121)
    assert close(design_effect=1.8) == (130, 124)


def test_the_distance_is_to_the_nearest_threshold():
    near = threshold_distance(
        pd.Series([-1.3, 0.2, 1.4, np.nan]), pd.Series([0.1] * 4), (-1, 1, 1.5)
    )
    assert near["threshold"].tolist()[:3] == [-1, 1, 1.5]
    assert near["in_errors"].round(6).tolist()[:3] == [3, 8, 1]
    assert near.loc[3].isna().all()
