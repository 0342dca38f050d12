"""Staff hours of a week, allocated to rooms and formats, and written as a plan.

A week is cut into windows (by default morning and afternoon, Monday to Friday). In a window a team
is in one room and may split its time between two formats. The allocation is an integer program
(`sozialraum.presence.allotment`): hours are whole slots, served people are bounded by the people of
the room and by the staff's time, and hours follow the people of the rooms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.errors import InputError, StudyError
from sozialraum.presence.allotment import best_visits, worth_of
from sozialraum.presence.problem import InfeasibleError
from sozialraum.presence.visits import Visits, deal, possible_visits

Spans = tuple[float, float] | Sequence[tuple[float, float]]
DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag")
WINDOWS = ((9.0, 13.0), (13.0, 17.0))


@dataclass(frozen=True)
class Format:
    """A kind of presence.

    Attributes
    ----------
    key, title : str
        Machine name, and what readers see.
    minimum : float
        Shortest useful stay in hours.
    per_hour : float
        People one team serves in an hour.
    demand : mapping
        Share of each target group's people at a room who want this format in a week.
    value : float
        Worth of one served person relative to other formats.
    partner : bool
        Whether a host partner takes part (Jugendberufsagentur, family centre): only in rooms that
        have one.
    least : float
        Least share of all planned hours. What is quickest serves most people in an hour; without
        a share of its own a format that takes time would never be offered.
    """

    key: str
    title: str
    minimum: float
    per_hour: float
    demand: Mapping[str, float]
    value: float = 1.0
    partner: bool = False
    least: float = 0.0


FORMATS = (
    Format("open", "Offene Sprechstunde", 2.0, 4.0, {"everybody": 0.02}, least=0.4),
    Format(
        "appointment", "Einzelberatung nach Termin", 1.0, 1.5, {"everybody": 0.01}, 1.5, least=0.25
    ),
    Format(
        "talk",
        "Gespräch mit Partner vor Ort",
        2.0,
        3.0,
        {"young": 0.03, "families": 0.02},
        partner=True,
        least=0.1,
    ),
)
"""Defaults to plan with. Times and shares are assumptions of the plan, not measurements."""


@dataclass(frozen=True)
class Week:
    """An allocation of staff hours.

    Attributes
    ----------
    plan : DataFrame
        One row per stay: `site_id, day` (0 = Monday), `start, end` (hours of the day), `format`.
    hours : DataFrame
        Index: rooms; one column of hours per format.
    served : float
        Value-weighted people served in a week.
    worth : float
        What was maximised: the first people served at a room count up to twice as much as the
        last ones, so that hours follow the people of the rooms.
    bound : float
        No allocation is worth more.
    """

    plan: pd.DataFrame
    hours: pd.DataFrame
    served: float
    worth: float
    bound: float


def allocate_hours(
    people: pd.DataFrame,
    *,
    hours: float,
    formats: Sequence[Format] = FORMATS,
    opening: Mapping[Any, Mapping[int, Spans]] | None = None,
    partners: Sequence[Any] = (),
    teams: int = 1,
    staff: float = 1.0,
    slot: float = 0.5,
    every_room: bool = True,
    windows: Sequence[tuple[float, float]] = WINDOWS,
    travel: float = 0.5,
    gap: float = 5e-3,
    node_limit: int = 200,
) -> Week:
    """Allocate the staff hours of a week to rooms and formats.

    Parameters
    ----------
    people : DataFrame (rooms, target groups)
        People each room serves; a person counts at one room only (nearest open room).
    hours : float
        Staff hours a week; a stay of one hour costs `staff` of them.
    formats : sequence of Format
    opening : mapping, optional
        Room -> weekday (0 = Monday) -> (from, to), or several of them. A room that is not named is
        open in all windows; a named one only then.
    partners : sequence
        Rooms with a host partner.
    teams : int
        Teams that can be out at the same time; a team is in one room per window.
    staff : float
        Persons of a team.
    slot : float
        Length of a time step in hours.
    every_room : bool
        Whether every room is visited at least once.
    windows : sequence of (from, to)
        Parts of a day.
    travel : float
        Hours that lie between two parts of a day, so that a team gets from one room to the next.
    gap, node_limit
        Where the search may end; both are independent of the clock.

    Returns
    -------
    Week

    Raises
    ------
    InfeasibleError
        Not every room can be visited: too few hours, or no room is open when a team is free.

    Examples
    --------
    >>> people = pd.DataFrame({"everybody": [900, 300]}, index=["a", "b"])
    >>> week = allocate_hours(people, hours=6, opening={"b": {2: (9, 11)}}, formats=FORMATS[:1])
    >>> week.plan.query("site_id == 'b'")[["day", "start", "end"]].values.tolist()
    [[2.0, 9.0, 11.0]]
    """
    if (
        not people.index.is_unique
        or people.isna().to_numpy().any()
        or (people < 0).to_numpy().any()
    ):
        raise InputError(
            "People must be known, not negative, and each room named once", where="people"
        )
    if slot <= 0 or hours < 0 or teams < 0 or staff <= 0 or travel < 0:
        raise StudyError("Hours, teams, staff, slot, travel must be positive", where="hours")
    windows = windows_apart(windows, travel)
    rooms = list(people.index)
    stays = _stays(rooms, opening or {}, windows, slot)
    short = min((f.minimum for f in formats), default=0.0)
    _check_room_for_all(rooms, stays, hours, staff, short, every_room, teams)
    cap, kinds = _demand(people, formats, set(partners))
    least = np.array([int(np.ceil(f.minimum / slot - 1e-9)) for f in formats], int)
    visits = possible_visits(stays, least, kinds, slot)
    per_hour, value, share = (
        np.array([getattr(f, name) for f in formats], float)
        for name in ("per_hour", "value", "least")
    )
    found = best_visits(
        visits,
        least,
        cap,
        per_hour * slot,
        value,
        share,
        slots=hours / staff / slot,
        teams=teams,
        every_room=every_room,
        gap=gap,
        node_limit=node_limit,
    )
    if found is None:
        raise InfeasibleError(
            "Hours, opening times and teams do not permit a stay in every room",
            rule="opening",
            shortfall=1,
            hint="Add a team or hours, or set every_room to false",
        )
    counts, taken, bound = found
    amounts = taken * slot
    served = np.minimum(amounts * per_hour, cap)
    worth = float(worth_of(served, cap, value).sum())
    return Week(
        _plan(rooms, visits, deal(visits, least, counts, taken), formats, slot, len(windows)),
        pd.DataFrame(
            amounts,
            index=pd.Index(rooms, name=people.index.name or "site_id"),
            columns=[f.key for f in formats],
        ),
        float((served * value).sum()),
        worth,
        max(bound, worth),
    )


def windows_apart(
    windows: Sequence[tuple[float, float]], travel: float
) -> list[tuple[float, float]]:
    """The windows of a day, each beginning at least `travel` hours after those before it end.

    Examples
    --------
    >>> windows_apart([(9, 13), (13, 17)], 0.5), windows_apart([(9, 12), (13, 17)], 0.5)
    ([(9, 13), (13.5, 17)], [(9, 12), (13, 17)])
    """
    apart = []
    for start, end in windows:
        earlier = [last + travel for first, last in windows if first < start]
        apart.append((min(max([start, *earlier]), end), end))
    return apart


def _plan(
    rooms: list[Any],
    visits: Visits,
    dealt: tuple[list[int], list[int], NDArray[np.int64]],
    formats: Sequence[Format],
    slot: float,
    parts: int,
) -> pd.DataFrame:
    """Stays with their hours, in the order of the week; formats of a visit follow each other."""
    rows = []
    for visit, window, slots in zip(*dealt, strict=True):
        clock = float(visits.start[visit])
        for f in np.flatnonzero(slots):
            end = clock + float(slots[f]) * slot
            room = rooms[visits.room[visit]]
            rows.append((room, window // parts, clock, end, formats[int(f)].key))
            clock = end
    plan = pd.DataFrame(rows, columns=["site_id", "day", "start", "end", "format"])
    return plan.sort_values(["day", "start", "site_id"], kind="stable", ignore_index=True)


def _stays(
    rooms: list[Any],
    opening: Mapping[Any, Mapping[int, Spans]],
    windows: Sequence[tuple[float, float]],
    slot: float,
) -> pd.DataFrame:
    """Possible stays: room, window number, first hour and length."""
    rows = []
    for r, room in enumerate(rooms):
        for day in range(len(DAYS)):
            for w, (first, last) in enumerate(windows):
                start, end = first, last
                if room in opening:
                    # A team stays in one room per window: in its longest opening there.
                    spans = np.reshape(opening[room].get(day, ()), (-1, 2))
                    open_ = [(max(first, a), min(last, b)) for a, b in spans]
                    start, end = max(open_, key=lambda s: s[1] - s[0], default=(first, first))
                length = np.floor((end - start) / slot + 1e-9) * slot
                if length > 0:
                    rows.append((r, day * len(windows) + w, w, start, length))
    return pd.DataFrame(rows, columns=["room", "window", "part", "start", "length"])


def _check_room_for_all(
    rooms: list[Any],
    stays: pd.DataFrame,
    hours: float,
    staff: float,
    short: float,
    every_room: bool,
    teams: int,
) -> None:
    if not every_room:
        return
    fits = stays[stays["length"] >= short]
    closed = [rooms[r] for r in range(len(rooms)) if r not in set(fits["room"])]
    if closed:
        raise InfeasibleError(
            f"{len(closed)} room(s) are never open long enough for a stay of {short:g} hours: "
            + ", ".join(map(str, closed[:5])),
            rule="opening",
            shortfall=len(closed),
            hint="Check the opening days, or set every_room to false",
        )
    need = len(rooms) * short * staff
    if hours < need:
        raise InfeasibleError(
            f"One stay of {short:g} hours in each of {len(rooms)} rooms takes {need:g} staff hours,"
            f" {hours:g} are there",
            rule="hours",
            shortfall=need - hours,
            hint="Raise the hours, take fewer rooms, or set every_room to false",
        )
    places = teams * fits["window"].nunique()
    if places < len(rooms):
        raise InfeasibleError(
            f"{teams} team(s) can make {places} stays a week, {len(rooms)} rooms are to be visited",
            rule="teams",
            shortfall=len(rooms) - places,
            hint="Add a team or windows, or set every_room to false",
        )


def _demand(
    people: pd.DataFrame, formats: Sequence[Format], partners: set[Any]
) -> tuple[np.ndarray, np.ndarray]:
    """People who want each format in each room, and where a format is possible."""
    cap = np.zeros((len(people), len(formats)))
    kinds = np.ones((len(people), len(formats)), bool)
    for f, kind in enumerate(formats):
        for group, share in kind.demand.items():
            if group in people:
                cap[:, f] += share * people[group].to_numpy(float)
        if kind.partner:
            kinds[:, f] = [room in partners for room in people.index]
    return cap, kinds
