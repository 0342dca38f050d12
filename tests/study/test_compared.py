"""What the dynamics of a study compare."""

from __future__ import annotations

import pytest

import sozialraum as sr
from sozialraum.errors import StudyError
from sozialraum.study.compared import compared


def with_editions(**indicators: list[str]) -> sr.study.Study:
    """A study whose editions, a year apart, have these indicators; it compares the last two."""
    editions = [
        {
            "id": key,
            "path": f"{key}.csv",
            "reference_date": f"20{10 + n}-12-31",
            "indicators": names,
            "register": {"path": f"r{key}.csv", "reference_date": f"20{10 + n}-12-31"},
        }
        for n, (key, names) in enumerate(indicators.items())
    ]
    *_, earlier, later = indicators
    return sr.load_study(
        "demo",
        editions=editions,
        old_age=None,
        indicators={"edition": later, "previous": earlier},
        counts={"from_indicators": ["S1"], "children_indicator": "S1"},
    )


def test_a_new_indicator_exists_from_the_edition_that_has_it_first() -> None:
    found = compared(with_editions(a=["S1"], b=["S1"], c=["S1", "S2"]))
    assert (found.names, found.since) == (("S1",), {"S2": "c"})
    assert not found.all_common


def test_an_indicator_that_was_left_out_once_is_not_new() -> None:
    found = compared(with_editions(a=["S1", "S2"], b=["S1"], c=["S1", "S2"]))
    assert (found.since, found.not_earlier) == ({}, ("S2",))


def test_an_indicator_that_was_given_up_is_named() -> None:
    found = compared(with_editions(a=["S1", "S3"], b=["S1"]))
    assert (found.names, found.not_later) == (("S1",), ("S3",))


def test_editions_without_a_common_indicator_are_not_compared() -> None:
    with pytest.raises(StudyError, match=r"indicators\.previous.*no indicator"):
        with_editions(a=["S3"], b=["S1"])


def test_without_an_earlier_edition_or_an_index_there_are_no_dynamics() -> None:
    for rules in ({"previous": None}, {"edition": None, "previous": None}):
        assert compared(sr.load_study("demo", indicators=rules)) is None
