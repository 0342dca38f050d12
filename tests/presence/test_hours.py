"""Hours of a week: what a plan must keep."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError, StudyError
from sozialraum.presence.hours import DAYS, FORMATS, Format, allocate_hours

ROOMS = pd.DataFrame(
    {"everybody": [900, 600, 300], "young": [120, 40, 30], "families": [200, 100, 60]},
    index=["r1", "r2", "r3"],
)


@settings(max_examples=5, deadline=None)
@given(st.integers(12, 40), st.integers(1, 2), st.sampled_from([1.0, 2.0]))
def test_a_plan_keeps_hours_teams_openings_and_shortest_stays(hours, teams, staff):
    opening = {"r2": {1: (10.0, 15.0), 3: (9.0, 12.0)}}
    week = allocate_hours(
        ROOMS, hours=hours, teams=teams, staff=staff, opening=opening, partners=["r1"]
    )
    plan = week.plan
    length = plan["end"] - plan["start"]
    assert (length * staff).sum() <= hours + 1e-9
    minimum = plan["format"].map({f.key: f.minimum for f in FORMATS})
    assert (length >= minimum - 1e-9).all()
    assert set(plan["site_id"]) == set(ROOMS.index)
    for row in plan[plan["site_id"] == "r2"].itertuples():
        first, last = opening["r2"][row.day]
        assert first <= row.start < row.end <= last
    assert set(plan.loc[plan["format"] == "talk", "site_id"]) <= {"r1"}
    for day in range(len(DAYS)):
        for moment in (9.25, 11.75, 13.25, 15.75):
            now = plan[(plan["day"] == day) & (plan["start"] <= moment) & (plan["end"] > moment)]
            assert len(now) <= teams
            assert now["site_id"].is_unique
    assert week.hours.to_numpy().sum() == pytest.approx(length.sum())
    assert week.worth <= week.bound + 1e-9


@pytest.mark.parametrize("travel", [0.5, 1.0])
def test_a_team_has_time_for_the_way_between_two_houses_on_one_day(travel):
    plan = allocate_hours(ROOMS, hours=38, partners=["r1"], travel=travel).plan
    several = 0
    for _, day in plan.groupby("day"):
        stays = list(day.sort_values("start").itertuples())
        for one, other in itertools.pairwise(stays):
            if one.site_id != other.site_id:
                several += 1
                assert other.start - one.end >= travel - 1e-9
    assert several


def test_more_hours_never_serve_fewer_people():
    worth = [allocate_hours(ROOMS, hours=h, partners=["r1"]).worth for h in (6, 10, 20)]
    assert worth == sorted(worth)


def test_hours_follow_the_people_of_the_rooms():
    only = [Format("open", "Offene Sprechstunde", 1, 4, {"everybody": 0.05})]
    hours = allocate_hours(ROOMS, hours=12, formats=only).hours["open"]
    assert hours.to_dict() == {"r1": 6.0, "r2": 4.0, "r3": 2.0}


def test_a_format_that_takes_time_gets_its_share_of_the_hours():
    hours = allocate_hours(ROOMS, hours=16, partners=["r1"]).hours.sum()
    for format_ in FORMATS:
        assert hours[format_.key] >= format_.least * hours.sum() - 1e-9


def test_hours_go_to_the_only_room_with_people():
    people = pd.DataFrame({"everybody": [1000, 0]}, index=["a", "b"])
    only = Format("open", "Offene Sprechstunde", 2, 4, {"everybody": 0.02})
    week = allocate_hours(people, hours=5, formats=[only], every_room=False)
    assert week.hours["open"].to_dict() == {"a": 5.0, "b": 0.0}
    assert week.served == pytest.approx(20)


@pytest.mark.parametrize(
    ("options", "rule", "shortfall"),
    [
        ({"hours": 2}, "hours", 1),
        ({"hours": 40, "opening": {"r3": {}}}, "opening", 1),
        ({"hours": 40, "windows": [(9.0, 13.0)], "opening": {r: {0: (9, 12)} for r in ROOMS.index}},
         "teams", 2),
    ],
)  # fmt: skip
def test_a_week_that_is_too_short_says_what_is_missing(options, rule, shortfall):
    with pytest.raises(StudyError) as caught:
        allocate_hours(ROOMS, **options)
    assert (caught.value.rule, caught.value.shortfall) == (rule, shortfall)


def test_unknown_people_are_refused():
    with pytest.raises(InputError, match="must be known"):
        allocate_hours(ROOMS.astype(float).replace(300, float("nan")), hours=10)
