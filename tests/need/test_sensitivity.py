from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.need.sensitivity import (
    rank_changes,
    rank_variance,
    robust_core,
    weight_sensitivity,
)
from sozialraum.need.status import status_index

from . import berlin as mss

COLUMNS = ["S1", "S2", "S3", "S4"]


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    need = rng.gamma(2, 1, 80)
    noise = rng.normal(0, 0.4, (80, 3))
    return pd.DataFrame(need[:, None] + noise, columns=["S1", "S3", "S4"])


def test_the_first_column_is_the_rule_itself(table):
    changes = rank_changes(table)
    expected = status_index(table)["index"].rank(ascending=False)
    assert (changes["rank"] == expected).all()
    assert changes.columns.tolist() == [
        "rank",
        "without S1",
        "without S3",
        "without S4",
        "minmax",
        "percentile",
    ]


def test_ranks_among_the_region_use_the_mean_and_deviation_of_the_city(table):
    inside = pd.Series(table.index < 20, index=table.index)
    changes = rank_changes(table, among=inside)
    expected = status_index(table)["index"][:20].rank(ascending=False)
    assert len(changes) == 20
    assert (changes["rank"] == expected).all()


def test_an_indicator_that_equals_another_changes_nothing_when_dropped():
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    changes = rank_changes(pd.DataFrame({"S1": x, "S3": x}))
    assert (changes["without S1"] == changes["rank"]).all()


def test_fixed_weights_leave_nothing_to_chance(table):
    certain = weight_sensitivity(table, concentration=1e9, draws=50, k=10)
    assert (certain["rank_lo"] == certain["rank_hi"]).all()
    assert certain["in_top"].sum() == 10
    loose = weight_sensitivity(table, concentration=5, draws=500, k=10)
    assert (loose["rank_hi"] - loose["rank_lo"]).mean() > 3
    assert loose["in_top"].sum() == pytest.approx(10)


def test_a_single_weight_ranks_by_that_indicator(table):
    only = weight_sensitivity(table, weights={"S3": 2.0}, draws=20)
    assert (only["rank"] == table["S3"].rank(ascending=False)).all()
    assert (only["rank_lo"] == only["rank_hi"]).all()


def test_a_choice_that_is_not_offered_explains_nothing(table):
    sobol = rank_variance(table, draws=256)
    assert sobol.loc["edition"].tolist() == [0, 0]
    assert (sobol["total"] >= 0).all()
    assert sobol["first"].sum() < 1.15


def test_an_edition_that_turns_the_order_round_explains_most(table):
    sobol = rank_variance(table, draws=256, editions={"turned": -table})
    assert sobol["total"].idxmax() == "edition"
    assert sobol.loc["edition", "first"] > 0.7


def test_an_area_leads_the_core_only_if_no_choice_takes_it_out():
    ranks = pd.DataFrame(
        {
            "rank": [1.0, 2.0, np.nan, 3.0],
            "a": [2.0, 9.0, np.nan, 1.0],
            "b": [1.0, 1, np.nan, np.nan],
        }
    )
    core = robust_core(ranks, 3)
    assert core["core"].tolist() == [True, False, False, True]
    assert core["ever"].tolist() == [True, True, False, True]
    assert core["worst"].tolist()[:2] == [2, 9]


@pytest.mark.real_data
def test_three_areas_of_the_district_lead_under_every_choice(berlin):
    now = mss.indicators(berlin, 2025)[COLUMNS]
    inside = pd.Series(now.index.str.startswith(mss.DISTRICT), index=now.index)
    earlier = {"2023": mss.indicators(berlin, 2023)[COLUMNS]}
    changes = rank_changes(now, among=inside, editions=earlier)
    assert (changes.loc["04100102"] == 1).all()
    assert robust_core(changes, 3)["core"].sum() >= 2
