"""Indicators over editions, and where a comparison ends."""

import numpy as np
import pandas as pd
import pytest

import sozialraum as sr
from sozialraum.areas import read_areas
from sozialraum.areas.series import series, series_of

DATES = {y: pd.Timestamp(f"{y - 1}-12-31") for y in range(2013, 2027, 2)}


def edition(**columns: float) -> pd.DataFrame:
    return pd.DataFrame({k: [v] for k, v in columns.items()}, index=["04100102"])


def row(frame: pd.DataFrame, indicator: str) -> pd.Series:
    return frame[frame["indicator"] == indicator].iloc[0]


def test_no_change_is_computed_across_a_new_definition():
    found = series({2019: edition(S1=9.0, S3=8.0), 2021: edition(S1=4.0, S3=9.0)}, DATES)
    broken, whole = row(found, "S1"), row(found, "S3")
    assert np.isnan(broken["change"])
    assert np.isnan(broken["trend"])
    assert "2021" in broken["breaks"]
    assert whole["change"] == 1.0
    assert whole["breaks"] == ""
    assert broken["value_2019"] == 9.0  # shown, not compared


def test_the_trend_begins_with_the_last_definition():
    values = {2019: edition(S1=50.0), 2021: edition(S1=4.0), 2023: edition(S1=6.0),
              2025: edition(S1=8.0)}  # fmt: skip
    found = row(series(values, DATES), "S1")
    assert found["trend"] == pytest.approx(1.0, rel=1e-3)
    assert (found["from"], found["to"]) == (2021, 2025)


def test_an_indicator_that_is_new_has_a_break_where_it_begins():
    values = {2021: edition(S3=5.0), 2023: edition(S2=7.0, S3=5.0), 2025: edition(S2=6.0, S3=5.0)}
    found = row(series(values, DATES), "S2")
    assert found["change"] == -1.0
    assert found["from"] == 2023
    assert "2023" in found["breaks"]


def test_a_masked_zero_is_no_improvement():
    values = {2023: edition(S4=6.0), 2025: edition(S4=0.0)}
    assert row(series(values, DATES), "S4")["change"] == -6.0
    masked = row(series(values, DATES, masked_up_to={2025: 10}), "S4")
    assert np.isnan(masked["change"])
    assert masked["to"] == 2023


def test_the_demo_has_its_series_in_the_workbook(demo_run):
    table = next(t for t in demo_run.content.further if t.name == "series")
    assert table.sheet == "Zeitreihe"
    assert set(table.frame["indicator"]) == {"S1", "S2", "S3", "S4"}
    assert set(table.frame["area_id"]) == set(demo_run.areas.index)


def test_a_study_with_one_edition_has_no_series():
    study = sr.load_study("demo")
    table = read_areas(study)
    table.study = study.model_copy(update={"editions": study.editions[-1:]})
    assert series_of(table) is None
