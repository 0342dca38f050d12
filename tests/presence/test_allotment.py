"""The plan of a week against all plans: every window and every filling of a visit named."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from sozialraum.errors import StudyError
from sozialraum.presence.allotment import PARTS, VISIT, fading
from sozialraum.presence.hours import Format, allocate_hours
from sozialraum.presence.visits import Visits, deal

GAP = 5e-3
DAYS_OPEN = range(3)
FORMATS = (
    Format("open", "Offen", 2, 4, {"everybody": 0.02}, least=0.4),
    Format("appointment", "Termin", 1, 1.5, {"everybody": 0.01}, 1.5, least=0.25),
    Format("talk", "Gespräch", 1.5, 3, {"young": 0.03}, partner=True),
)


def best_worth(people, formats, opening, partners, *, hours, teams, slot, every_room, windows):
    """Worth of the best week by a program with a variable for every possible visit, or None."""
    visits = []
    for r, room in enumerate(people.index):
        for day, (w, window) in itertools.product(range(5), enumerate(windows)):
            start, end = window
            if room in opening:
                first, last = opening[room].get(day, (start, start))
                start, end = max(start, first), min(end, last)
            length = int((end - start) / slot + 1e-9)
            for slots in itertools.product(range(max(length, 0) + 1), repeat=len(formats)):
                used = [f for f, s in zip(formats, slots, strict=True) if s]
                fits = all(s * slot >= f.minimum for f, s in zip(formats, slots, strict=True) if s)
                hosted = room in partners or not any(f.partner for f in used)
                if fits and hosted and 0 < len(used) <= 2 and sum(slots) <= length:
                    visits.append((r, day * len(windows) + w, *slots))
    table = np.array(visits, int).reshape(-1, 2 + len(formats))
    room, window, slots = table[:, 0], table[:, 1], table[:, 2:]
    nv, nr, parts = len(table), len(people), len(PARTS)
    rows, low, high, worth = [], [], [], [np.zeros(nv)]
    served = nr * len(formats) * parts

    def at_most(visit, limit, part=()):
        rows.append(np.r_[visit, np.isin(np.arange(served), part)])
        high.append(limit)
        low.append(-np.inf)

    for w in range(5 * len(windows)):
        at_most(window == w, teams)
        for r in range(nr):
            at_most((window == w) & (room == r), 1)
    at_most(slots.sum(axis=1), hours / slot + 1e-9)
    for f, kind in enumerate(formats):
        if slots[:, f].any():  # a format that no room can hold is not asked for
            at_most(kind.least * slots.sum(axis=1) - slots[:, f], 0)
    upper = [np.ones(nv)]
    for (r, name), (f, kind) in itertools.product(enumerate(people.index), enumerate(formats)):
        own = (r * len(formats) + f) * parts + np.arange(parts)
        at_most(-kind.per_hour * slot * slots[:, f] * (room == r), 0, own)
        cap = sum(share * people.loc[name, group] for group, share in kind.demand.items())
        upper.append(cap * np.diff(PARTS, prepend=0))
        worth.append(kind.value * fading())
    for r in range(nr if every_room else 0):
        at_most(-1.0 * (room == r), -1)
    found = milp(
        -np.concatenate(worth),
        constraints=LinearConstraint(np.array(rows, float), low, high),
        bounds=(0, np.concatenate(upper)),
        integrality=np.arange(nv + served) < nv,
        options={"mip_rel_gap": 1e-6},
    )
    return None if found.x is None else -found.fun


@st.composite
def weeks(draw):
    rooms = [f"r{i}" for i in range(draw(st.integers(1, 3)))]
    amounts = st.lists(st.integers(0, 1500), min_size=len(rooms), max_size=len(rooms))
    people = pd.DataFrame({"everybody": draw(amounts), "young": draw(amounts)}, index=rooms)
    times = st.tuples(st.sampled_from([9.0, 10.0]), st.sampled_from([11.5, 13.0]))
    # Few days, so that all visits can be listed.
    opening = {
        room: draw(st.dictionaries(st.integers(0, 2), times, min_size=1, max_size=2))
        for room in rooms
    }
    options = {
        "hours": draw(st.integers(2, 12)),
        "teams": draw(st.integers(1, 2)),
        "slot": 0.5,
        "every_room": draw(st.booleans()),
        "windows": ((9.0, 13.0),),
    }
    return people, FORMATS[: draw(st.integers(1, 3))], opening, rooms[:1], options


@settings(max_examples=25, deadline=None)
@given(weeks())
def test_no_week_is_worth_more_than_the_plan_and_its_gap(week):
    people, formats, opening, partners, options = week
    best = best_worth(people, formats, opening, partners, **options)
    arguments = {"formats": formats, "opening": opening, "partners": partners, **options}
    if best is None:
        with pytest.raises(StudyError):
            allocate_hours(people, **arguments)
        return
    found = allocate_hours(people, **arguments)
    for_visits = 2 * VISIT * len(DAYS_OPEN) * options["teams"]
    assert best * (1 - GAP) - for_visits <= found.worth <= best + 1e-6
    assert found.bound >= best - 1e-6
    again = allocate_hours(people, **arguments)
    pd.testing.assert_frame_equal(found.plan, again.plan)
    keeps_the_rules(found, people, formats, opening, partners, options)


def keeps_the_rules(week, people, formats, opening, partners, options):
    """Every rule, read from the plan alone."""
    plan = week.plan.assign(hours=week.plan["end"] - week.plan["start"])
    total = plan["hours"].sum()
    assert total <= options["hours"] + 1e-9
    for kind in formats:
        own = plan[plan["format"] == kind.key]
        assert (own["hours"] >= kind.minimum - 1e-9).all()
        if can_be_held(kind, people, opening, partners):
            assert own["hours"].sum() >= kind.least * total - 1e-9
        if kind.partner:
            assert set(own["site_id"]) <= set(partners)
    for (site, day), visit in plan.groupby(["site_id", "day"]):
        first, last = opening[site][day]
        assert first <= visit["start"].min() < visit["end"].max() <= last
        assert visit["hours"].sum() == visit["end"].max() - visit["start"].min()
        assert visit["format"].is_unique
        assert len(visit) <= 2
    assert (plan.groupby("day")["site_id"].nunique() <= options["teams"]).all()
    if options["every_room"]:
        assert set(plan["site_id"]) == set(people.index)


def can_be_held(kind, people, opening, partners):
    """Whether some room is open long enough for a format, and has a partner if it needs one."""
    return any(
        last - first >= kind.minimum
        for room in people.index
        for first, last in opening[room].values()
        if room in partners or not kind.partner
    )


def test_a_format_makes_way_where_another_fits_only_there():
    # Both visits may hold consultation, only the first one talks: it must be left to them.
    visits = Visits(
        np.zeros(2, int), np.arange(2), np.full(2, 9.0), np.array([4, 4]),
        np.array([[True, True], [True, False]]), [[0], [1]],
    )  # fmt: skip
    made, window, slots = deal(visits, np.array([1, 1]), np.array([1, 1]), np.array([[5, 3]]))
    assert (made, window) == ([0, 1], [0, 1])
    assert slots.tolist() == [[1, 3], [4, 0]]


def test_too_many_formats_are_refused_before_the_search():
    people = pd.DataFrame({"everybody": [100] * 3}, index=list("abc"))
    formats = [Format(f"f{i}", "", 1, 1, {"everybody": 0.01}) for i in range(16)]
    with pytest.raises(StudyError, match="too many to choose among"):
        allocate_hours(people, hours=20, formats=formats)
