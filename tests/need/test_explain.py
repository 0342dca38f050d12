from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.need.explain import (
    comparable_areas,
    contributions,
    number_de,
    sentences,
    share_and_count,
)
from sozialraum.need.status import status_index

from . import berlin as mss

COLUMNS = ["S1", "S2", "S3", "S4"]


@pytest.mark.real_data
def test_contributions_add_up_to_the_index(berlin):
    table = mss.indicators(berlin, 2025)[COLUMNS]
    points = contributions(table)
    index = status_index(table)["index"]
    np.testing.assert_allclose(points.sum(axis=1, skipna=False), index, atol=1e-12)
    assert points.isna().any(axis=1).equals(index.isna())


@pytest.mark.real_data
def test_comparable_areas_are_offered_from_the_region_only(berlin):
    table = mss.indicators(berlin, 2025)[COLUMNS]
    inside = pd.Series(table.index.str.startswith(mss.DISTRICT), index=table.index)
    near = comparable_areas(table, mss.residents(berlin, 2024)["all"], among=inside)
    assert near["04100102"]
    assert all(a.startswith(mss.DISTRICT) for ids in near for a in ids)
    assert all(area not in ids for area, ids in near.items())
    assert near["04400725"] == ()  # excluded areas are compared with nobody


def test_nobody_is_comparable_to_itself_even_among_equals():
    table = pd.DataFrame({"S1": [1.0, 1.0, 1.0]}, index=["a", "b", "c"])
    assert comparable_areas(table, k=5).to_dict() == {
        "a": ("b", "c"),
        "b": ("a", "c"),
        "c": ("a", "b"),
    }


def _areas(**changes):
    row = {
        "rank": 7.0,
        "rank_lo": 3.0,
        "rank_hi": 12.0,
        "need_index": 0.31,
        "share": 0.1234,
        "recipients": 1250.0,
        "rank_by_share": 9.0,
        "rank_by_count": 8.0,
        "excluded": None,
    }
    return pd.DataFrame([{**row, **changes}], index=["04300413"])


def _sentence(points=None, share_of="", **changes):
    areas = _areas(**changes)
    frame = pd.DataFrame([points or {"S1": 0.2, "S4": -0.1}], index=areas.index)
    return sentences(areas, frame, city="von Berlin", share_of=share_of).iloc[0]


def test_a_sentence_says_rank_index_reason_and_people():
    assert _sentence() == (
        "Rang 7 (mit 95 % Sicherheit 3 bis 12): Der Index liegt 0,31 Punkte über dem Mittel von "
        "Berlin, am stärksten hebt ihn der Indikator „Arbeitslosigkeit (SGB II)“ (+0,20); "
        "1.250 Menschen, 12,3 %."
    )


def test_below_the_mean_the_sentence_names_what_lowers_the_index():
    text = _sentence(points={"S1": 0.1, "S4": -0.7}, need_index=-0.6)
    assert "0,60 Punkte unter dem Mittel" in text
    assert "senkt ihn der Indikator „Kinderarmut“ (−0,70)" in text


def test_a_withheld_count_is_not_in_the_sentence():
    text = _sentence(recipients=np.nan, share=np.nan)
    assert "Menschen" not in text
    assert "nan" not in text


def test_an_area_that_is_not_rated_says_why():
    assert _sentence(excluded="Ausreißer", rank=np.nan) == "Nicht bewertet: Ausreißer."
    assert _sentence(rank=np.nan) == "Nicht bewertet: Es fehlen Indikatoren."


def test_a_rank_that_is_certain_is_written_without_a_range():
    assert _sentence(rank=1.0, rank_lo=1.0, rank_hi=1.0).startswith("Rang 1 (mit 95 % Sicherheit):")


def test_a_rank_without_a_set_claims_no_certainty():
    text = _sentence(rank_lo=np.nan, rank_hi=np.nan, share_of="der Bevölkerung")
    assert text.startswith("Rang 7: Der Index")
    assert text.endswith("12,3 % der Bevölkerung.")


def test_few_people_with_a_high_share_and_many_with_a_middling_one_are_told_apart():
    share = pd.Series([1.0, 20.0, 45.0, 5.0, 2.0, np.nan] + [30.0] * 44)
    count = pd.Series([40.0, 3.0, 4.0, 15.0, 1.0, 2.0] + [30.0] * 44)
    assert share_and_count(share, count, 10).tolist()[:6] == [
        "hoher Anteil, aber wenige Menschen",
        "viele Menschen bei mittlerem Anteil",
        "viele Menschen bei niedrigem Anteil",
        "hoher Anteil, aber nicht die meisten Menschen",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1234567, 0, "1.234.567"), (-0.004, 2, "0,00"), (-0.5, 1, "−0,5"), (0.125, 2, "0,12")],
)
def test_numbers_are_written_for_german_readers(value, digits, text):
    assert number_de(value, digits) == text
