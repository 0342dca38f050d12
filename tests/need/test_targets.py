from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.need.masking import UNDETERMINED
from sozialraum.need.targets import (
    count_target,
    index_target,
    percent_target,
    rank_target,
    without_old_age,
    worse_areas,
)

from . import berlin as mss


@pytest.mark.real_data
def test_a_zero_of_youth_unemployment_is_up_to_two_persons(berlin):
    percent = mss.youth_unemployment(berlin)
    people = mss.residents(berlin, 2022)["15_27"]
    target = percent_target(percent, people, masked_up_to=2)
    zero = percent == 0
    assert zero.sum() == 56
    assert (target.loc[zero, "value_hi"] > 0).all()
    assert (target.loc[zero, "value_lo"] == 0).all()
    assert target["value"].isna().equals(percent.isna())


def test_a_masked_area_can_stand_anywhere_between_its_ends():
    percent, base = pd.Series([0.0, 1.0, 6.0]), pd.Series([100.0, 1e7, 1e7])
    open_ = rank_target(percent_target(percent, base, masked_up_to=10))
    assert (open_.loc[0, "lo"], open_.loc[0, "hi"]) == (1, 3)
    assert open_.loc[2, "hi"] == 2
    closed = rank_target(percent_target(percent, base))
    assert (closed["lo"] >= open_["lo"]).all()
    assert (closed["hi"] <= open_["hi"]).all()


def test_a_large_area_leads_by_count_and_a_dense_one_by_share():
    people = pd.DataFrame(
        {
            "recipients": [1300.0, 700.0, np.nan],
            "recipients_lo": [1290.0, 690.0, np.nan],
            "recipients_hi": [1310.0, 710.0, np.nan],
        }
    )
    residents = pd.Series([12_000, 2_000, 900])
    by_count = rank_target(count_target(people, residents))
    by_share = rank_target(count_target(people, residents, as_share=True))
    assert by_count["rank"].tolist()[:2] == [1, 2]
    assert by_share["rank"].tolist()[:2] == [2, 1]
    assert by_share.loc[2].isna().all()


def test_an_excluded_area_is_not_ranked():
    index = pd.Series({"a": 1.0, "b": 2.0})
    out = pd.Series({"b": True, "a": False})
    target = index_target(index, pd.Series({"a": 0.1, "b": 0.1}), excluded=out)
    ranks = rank_target(target)
    assert ranks.loc["a"].tolist() == [1, 1, 1]
    assert ranks.loc["b"].isna().all()


def test_old_age_recipients_are_taken_off_and_never_below_zero():
    people = pd.DataFrame(
        {
            "recipients": [500.0, 20.0, 30.0],
            "recipients_lo": [490.0, 15.0, 30.0],
            "recipients_hi": [510.0, 25.0, 30.0],
        }
    )
    rest = without_old_age(people, pd.Series([10.0, 50.0, np.nan]), pd.Series([800, 100, 90]))
    assert rest.loc[0].tolist() == [80, 420, 410, 430]
    assert rest.loc[1].tolist() == [20, 0, 0, 5]
    assert rest.loc[2].isna().all()  # an unknown estimate is not 0


def test_a_class_that_hangs_on_masked_figures_is_only_possibly_worse():
    dynamics = pd.DataFrame(
        {
            "index": [1.4, -1.2, -1.3, 0.99, np.nan],
            "class": ["negativ", UNDETERMINED, UNDETERMINED, "stabil", None],
            "class_lower": ["negativ", "positiv", "positiv", "stabil", None],
            "class_upper": ["negativ", "negativ", "stabil", "stabil", None],
        }
    )
    people = pd.Series([100.0, 200.0, 300.0, 400.0, 500.0])
    found = worse_areas(dynamics, pd.Series([0.5, 0.1, 0.1, 0.3, np.nan]), people)
    assert found["worse"].tolist() == [True, False, False, False, False]
    assert found["masked_worse"].tolist() == [False, True, False, False, False]
    assert found["near_worse"].tolist() == [False, False, False, True, False]
    assert found["possibly_worse"].tolist() == [False, True, False, True, False]
    assert found["weight"].tolist()[:4] == [100, 0, 0, 0]
    assert found["weight_possible"].tolist()[:4] == [0, 200, 0, 400]
    assert np.isnan(found["weight"][4])  # nothing is known, which is not nobody
