"""Staff hours of a week, allocated to rooms and formats, and written as a plan.

A week is cut into windows (by default morning and afternoon, Monday to Friday). In a window a team
is in one room and may split its time among formats. The allocation is a mixed-integer program:
hours are whole slots, served people are bounded by the people of the room and by the staff's time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sozialraum.errors import InputError, StudyError
from sozialraum.presence.highs import maximise
from sozialraum.presence.problem import InfeasibleError

DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag")
WINDOWS = ((9.0, 13.0), (13.0, 17.0))
Spans = tuple[float, float] | Sequence[tuple[float, float]]
VISIT = 1e-3
"""What one more visit must be worth, relative to one person: fewer visits where equal."""


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
    Format("open", "Offene Sprechstunde", 2.0, 4.0, {"everybody": 0.02}),
    Format(
        "appointment", "Einzelberatung nach Termin", 1.0, 1.5, {"everybody": 0.01}, 1.5, least=0.25
    ),
    Format(
        "talk",
        "Gespräch mit Partner vor Ort",
        2.0,
        5.0,
        {"young": 0.03, "families": 0.02},
        partner=True,
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
    bound : float
        No allocation serves more.
    """

    plan: pd.DataFrame
    hours: pd.DataFrame
    served: float
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
    if slot <= 0 or hours < 0 or teams < 0 or staff <= 0:
        raise StudyError("Hours, teams, staff and slot must be positive", where="hours")
    rooms = list(people.index)
    stays = _stays(rooms, opening or {}, windows, slot)
    short = min((f.minimum for f in formats), default=0.0)
    _check_room_for_all(rooms, stays, hours, staff, short, every_room, teams)
    cap, kinds = _demand(people, formats, set(partners))
    return _solve(
        rooms,
        stays,
        cap,
        kinds,
        list(formats),
        hours / staff,
        teams,
        slot,
        every_room,
        gap,
        node_limit,
    )


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
                    rows.append((r, day * len(windows) + w, day, start, length))
    return pd.DataFrame(rows, columns=["room", "window", "day", "start", "length"])


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


def _solve(
    rooms: list[Any],
    stays: pd.DataFrame,
    cap: np.ndarray,
    kinds: np.ndarray,
    formats: list[Format],
    team_hours: float,
    teams: int,
    slot: float,
    every_room: bool,
    gap: float,
    node_limit: int,
) -> Week:
    """Variables: visits; slots and presence per stay and format; people per room and format."""
    n, nf, nr = len(stays), len(formats), len(rooms)
    room = stays["room"].to_numpy()
    most = np.round(stays["length"].to_numpy() / slot)
    stay, kind = (part.ravel() for part in np.mgrid[0:n, 0:nf])
    k = n * nf
    visit, slots, there = np.arange(n), n + np.arange(k), n + k + np.arange(k)
    served = n + 2 * k + np.arange(nr * nf)
    size = n + 2 * k + nr * nf
    least = np.ceil(np.array([f.minimum for f in formats]) / slot - 1e-9)
    rate = np.array([f.per_hour for f in formats]) * slot
    possible = kinds[room][stay, kind] & (most[stay] >= least[kind])
    blocks: list[Any] = []
    highs: list[np.ndarray] = []

    def at_most(data: Any, rows: Any, columns: Any, high: np.ndarray) -> None:
        data = np.broadcast_to(np.asarray(data, float), np.shape(columns))
        blocks.append(sparse.csr_array((data, (rows, columns)), shape=(high.size, size)))
        highs.append(high)

    one = np.ones(k)
    each = np.arange(k)
    at_most(np.r_[one, -most[stay]], np.r_[each, each], np.r_[slots, there], np.zeros(k))
    at_most(np.r_[-one, least[kind]], np.r_[each, each], np.r_[slots, there], np.zeros(k))
    at_most(np.r_[one, -most], np.r_[stay, visit], np.r_[slots, visit], np.zeros(n))
    at_most(
        1.0,
        stays["window"].to_numpy(),
        visit,
        np.full(int(stays["window"].max()) + 1, float(teams)),
    )
    at_most(slot, np.zeros(k, int), slots, np.array([team_hours]))
    pair = room[stay] * nf + kind
    at_most(
        np.r_[np.ones(nr * nf), -rate[kind]],
        np.r_[np.arange(nr * nf), pair],
        np.r_[served, slots],
        np.zeros(nr * nf),
    )
    # A visit without any format is none: it needs one that is there.
    at_most(np.r_[np.ones(n), -one], np.r_[visit, stay], np.r_[visit, there], np.zeros(n))
    if every_room:
        at_most(-1.0, room, visit, -np.ones(nr))
    for f, kind_ in enumerate(formats):
        if kind_.least and possible[kind == f].any():
            data = np.where(kind == f, kind_.least - 1.0, kind_.least)
            at_most(data, np.zeros(k, int), slots, np.zeros(1))
    value = np.zeros(size)
    value[served] = np.tile([f.value for f in formats], nr)
    # Earlier windows first where nothing else decides, so that the plan does not depend on chance.
    value[visit] = -VISIT * (1 + stays["window"].to_numpy() / 1000)
    upper = np.ones(size)
    upper[slots] = np.where(possible, most[stay], 0.0)
    upper[there] = possible
    upper[served] = cap.ravel()
    integer = np.arange(size) < n + 2 * k
    outcome = maximise(
        value,
        sparse.csr_array(sparse.vstack(blocks)),
        np.full(sum(h.size for h in highs), -np.inf),
        np.concatenate(highs),
        upper=upper,
        integer=integer,
        gap=gap,
        node_limit=node_limit,
    )
    if outcome.point is None:
        raise InfeasibleError(
            "Opening times and teams do not permit a stay in every room",
            rule="opening",
            shortfall=1,
            hint="Add a team, or set every_room to false",
        )
    amounts = np.round(outcome.point[slots]).reshape(n, nf) * slot
    rows = []
    for s in np.flatnonzero(amounts.sum(axis=1)):
        clock = float(stays["start"].iloc[s])
        for f in np.flatnonzero(amounts[s]):
            end = clock + float(amounts[s, f])
            rows.append((rooms[room[s]], int(stays["day"].iloc[s]), clock, end, formats[f].key))
            clock = end
    plan = pd.DataFrame(rows, columns=["site_id", "day", "start", "end", "format"])
    plan = plan.sort_values(["day", "start", "site_id"], kind="stable", ignore_index=True)
    table = np.zeros((nr, nf))
    np.add.at(table, room, amounts)
    frame = pd.DataFrame(
        table, index=pd.Index(rooms, name="site_id"), columns=[f.key for f in formats]
    )
    per_hour = np.array([f.per_hour for f in formats])
    worth = np.array([f.value for f in formats])
    total = float((np.minimum(table * per_hour, cap) * worth).sum())
    return Week(plan, frame, total, max(float(outcome.bound) + VISIT * 1.1 * n, total))
