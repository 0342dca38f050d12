"""The plan of a week as a calendar file."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from sozialraum.errors import StudyError
from sozialraum.presence.weekplan import calendar

PLAN = pd.DataFrame(
    {
        "site_id": ["r1", "r1", "r2"],
        "day": [0, 0, 3],
        "start": [9.0, 11.0, 13.5],
        "end": [11.0, 13.0, 15.5],
        "format": ["open", "appointment", "open"],
    }
)


def test_the_calendar_is_valid_repeatable_and_carries_no_other_time_stamp():
    options = {"reference_date": dt.date(2024, 12, 31), "first_monday": dt.date(2025, 1, 6)}
    places = {"r1": "Nachbarschaftshaus Größe; Straße 1, 10585 Berlin " + "ä" * 60}
    text = calendar(PLAN, places=places, **options)
    assert text == calendar(PLAN, places=places, **options)
    lines = text.split("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in lines) <= 75
    unfolded = text.replace("\r\n ", "").split("\r\n")
    events = [line for line in unfolded if line.startswith("DTSTART;")]
    assert len(events) == len(PLAN)
    assert {line for line in unfolded if line.startswith("DTSTAMP")} == {"DTSTAMP:20241231T000000Z"}
    assert f"LOCATION:{places['r1']}".replace(";", "\\;").replace(",", "\\,") in unfolded
    uids = [line for line in unfolded if line.startswith("UID:")]
    assert len(set(uids)) == len(PLAN)
    assert "DTSTART;TZID=Europe/Berlin:20250109T133000" in unfolded
    assert "SUMMARY:Offene Sprechstunde" in unfolded


def test_the_first_week_begins_on_a_monday():
    with pytest.raises(StudyError, match="Monday"):
        calendar(PLAN, reference_date=dt.date(2024, 12, 31), first_monday=dt.date(2025, 1, 7))
