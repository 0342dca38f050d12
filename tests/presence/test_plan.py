"""A study's week: opening times, partners, and who would come."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from sozialraum.errors import StudyError
from sozialraum.presence.opening import opening_times, room_size
from sozialraum.presence.plan import first_monday, people_of_rooms, plan_week, supply_by_region
from sozialraum.presence.problem import InfeasibleError
from sozialraum.study.places import Hours, Siting

PEOPLE = pd.DataFrame(
    {"everybody": [900, 600], "young": [200, 100], "families": [100, 80]},
    index=pd.Index(["a", "b"], name="site_id"),
)
ROOMS = pd.DataFrame(
    {"opening": ["", "Di 10-12; Do 14:30-18"], "venue_types": ["Familienzentrum", "Bibliothek"]},
    index=["a", "b"],
)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Mo-Fr 9-17", dict.fromkeys(range(5), ((9.0, 17.0),))),
        ("Mo,We 10:00-12:30,14:00-18:00; PH off", dict.fromkeys((0, 2), ((10, 12.5), (14, 18)))),
        ("Mo-Fr 8-16; We off", {0: ((8, 16),), 1: ((8, 16),), 3: ((8, 16),), 4: ((8, 16),)}),
        ("Fr-Mo 10-11", {0: ((10, 11),), 4: ((10, 11),), 5: ((10, 11),), 6: ((10, 11),)}),
        ("24/7", dict.fromkeys(range(7), ((0.0, 24.0),))),
        ("", None), ("nach Vereinbarung", None), ("Mo-Fr", None), ("Mo 17-9", None),
        ("Mo 9-12, nur nach Anmeldung", None),
    ],
)  # fmt: skip
def test_opening_times_are_read_as_a_whole_or_unknown(text, times):
    assert opening_times(text) == times


def test_a_size_needs_square_metres():
    assert [room_size(t) for t in ("20 m²", "12,5 qm", "2 Räume", "")] == [20, 12.5, None, None]


def test_stays_lie_in_the_opening_times_and_talks_only_with_a_partner():
    plan = plan_week(Hours(per_week=14), PEOPLE, ROOMS).plan
    library = plan[plan["site_id"] == "b"]
    assert len(library)
    for row in library.itertuples():
        first, last = {1: (10, 12), 3: (14.5, 18)}[row.day]
        assert first <= row.start < row.end <= last
    assert set(plan.loc[plan["format"] == "talk", "site_id"]) <= {"a"}
    assert (plan["end"] - plan["start"]).sum() <= 14


def test_the_study_knows_the_hours_better_than_the_catalogue():
    plan = plan_week(Hours(per_week=10, opening={"b": "Fr 9-13"}), PEOPLE, ROOMS).plan
    assert set(plan.loc[plan["site_id"] == "b", "day"]) == {4}
    with pytest.raises(StudyError, match="cannot be read"):
        plan_week(Hours(per_week=10, opening={"b": "nachmittags"}), PEOPLE, ROOMS)
    with pytest.raises(InfeasibleError, match="never open long enough"):
        plan_week(Hours(per_week=10, opening={"b": "Sa 9-13"}), PEOPLE, ROOMS)


def test_a_person_counts_at_the_nearest_place_only():
    units = pd.DataFrame({"people_everybody": [10.0, 20, np.nan]}, index=list("uvw"))
    ways = pd.DataFrame(
        {"a": [100, 800, 10], "b": [300, 700, 20], "office": [200, 750, 30]}, index=list("uvw")
    )
    both = people_of_rooms(units, ways, ["a", "b"], ["office"], 750)
    assert both["everybody"].to_dict() == {"a": 10, "b": 20}
    near = people_of_rooms(units, ways[["b", "office"]], ["b"], ["office"], 750)
    assert near["everybody"].to_dict() == {"b": 20}


def test_the_calendar_begins_on_a_monday_after_the_reference_date():
    for day in range(1, 15):
        date = dt.date(2024, 12, day)
        monday = first_monday(Hours(per_week=1), date)
        assert monday.weekday() == 0
        assert 0 < (monday - date).days <= 7


def test_supply_is_shared_among_those_who_can_reach_it():
    units = pd.DataFrame({"people_everybody": [300.0, 100, 50]}, index=list("uvw"))
    ways = pd.DataFrame({"a": [0, 0, 9000]}, index=list("uvw"))
    region = pd.Series(["01", "01", "02"], index=list("uvw"))
    table = supply_by_region(Siting(decay="gaussian"), units, ways, pd.Series({"a": 8.0}), region)
    assert table["per_thousand"].tolist() == pytest.approx([20.0, 0.0])
