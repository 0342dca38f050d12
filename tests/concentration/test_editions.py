"""Two editions are compared alike, and a change is told from chance."""

import numpy as np
import pandas as pd
import pytest

from sozialraum.concentration import develop
from sozialraum.need.alike import two_editions
from tests.concentration.test_cluster import BLOCK, IDS, WEST, city, people  # noqa: F401

OTHER = ["0109", "0110", "0209", "0210", "0309", "0310"]


@pytest.fixture(scope="module")
def moved(city):  # noqa: F811
    """Some areas rise together where there was no concentration before."""
    before, base = people([])
    now = before.copy()
    now[OTHER] += 1200
    return develop(city, (before, base), (now, base), WEST, permutations=199)


def test_a_concentration_emerges(moved):
    status = moved.areas["status"]
    # its core by the change itself; at its edge half the neighbours have not changed
    assert set(status[OTHER]) == {"entstehend", "nicht gesichert"}
    assert not status.drop(OTHER).isin(["entstehend", "vergehend"]).any()
    assert not moved.areas["member_before"].any()
    assert moved.areas["member_now"][OTHER].sum() >= 4


def test_a_concentration_stays_where_little_moves(city):  # noqa: F811
    before, base = people(BLOCK)
    now = (before + np.random.default_rng(5).normal(0, 20, len(before))).round()
    status = develop(city, (before, base), (now, base), WEST, permutations=199).areas["status"]
    assert (status[BLOCK[:5]] == "beständig").all()
    assert not status.isin(["entstehend", "vergehend"]).any()


def test_only_areas_of_the_region_are_told(moved):
    assert moved.areas.index.tolist() == [i for i in IDS if i < "06"]


def test_inequality_rises_with_a_concentration(moved):
    for table in (moved.inequality, moved.inequality_city):
        assert table.loc["gini", "lo"] > 0
        assert table.loc["gini", "change"] == pytest.approx(
            table.loc["gini", "after"] - table.loc["gini", "before"]
        )


def test_an_area_unknown_at_one_time_takes_part_at_neither(city):  # noqa: F811
    before, base = people(BLOCK)
    now = before.copy()
    now["0303"] = np.nan
    with_gap = develop(city, (before, base), (now, base), WEST, permutations=99)
    other = before.copy()
    other["0303"] = 4000  # whatever it was, nobody can tell it from the result
    again = develop(city, (other, base), (now, base), WEST, permutations=99)
    pd.testing.assert_frame_equal(with_gap.areas, again.areas)
    pd.testing.assert_frame_equal(with_gap.inequality, again.inequality)
    assert with_gap.areas.loc["0303", "status"] is None


def test_without_two_comparable_editions_nothing_is_claimed(city):  # noqa: F811
    count, base = people(BLOCK)
    assert develop(city, (count * np.nan, base), (count, base), WEST, permutations=99) is None


def test_a_count_that_is_withheld_now_is_used_at_neither_time():
    import sozialraum as sr

    table = sr.areas.read_areas(sr.load_study("demo"))
    need = sr.need.assess(table)
    reasons = pd.Series("", table.region)
    reasons.iloc[5] = "count"
    pairs = two_editions(table, need, reasons)
    for count, residents in pairs:
        assert count.notna().sum() > 40
        assert np.isnan(count[reasons.index[5]])
        assert np.isnan(residents[reasons.index[5]])
        assert not ((count > 0) & (count < 3)).any()


@pytest.mark.real_data
def test_charlottenburg_nord_persists_from_2023_to_2025(district_run):
    frame = next(t.frame for t in district_run.content.further if t.name == "development")
    status = frame.set_index("area_id")["status"]
    assert status[["04100101", "04100102"]].tolist() == ["beständig"] * 2
    assert not status.isin(["entstehend", "vergehend"]).any()
