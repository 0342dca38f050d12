"""The week of a study: its staff hours at the proposed rooms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.access.distance import catchment_access, decay
from sozialraum.cache import Remember, compute
from sozialraum.errors import StudyError
from sozialraum.presence.hours import DAYS, FORMATS, Format, Week, allocate_hours
from sozialraum.presence.opening import opening_times
from sozialraum.presence.ways import nearest_place

if TYPE_CHECKING:
    from sozialraum.study.places import Hours, Siting

PEOPLE = "people_"


def people_of_rooms(
    units: pd.DataFrame,
    ways: pd.DataFrame,
    sites: Sequence[str],
    offices: Sequence[str],
    radius: float,
) -> pd.DataFrame:
    """People who would go to each room: their nearest open place within the radius.

    Parameters
    ----------
    units : pandas.DataFrame
        `people_<target>`; NaN counts as nobody known.
    ways : pandas.DataFrame
        Metres from units to places.
    sites, offices : sequences of str
        Rooms, and existing offices to which people nearer to them go.
    radius : float
        Metres.

    Returns
    -------
    pandas.DataFrame
        Index: `sites`; one column per target group, persons.

    Examples
    --------
    >>> units = pd.DataFrame({"people_everybody": [30, 20]}, index=["u1", "u2"])
    >>> ways = pd.DataFrame({"s1": [100, 700], "office-1": [900, 600]}, index=["u1", "u2"])
    >>> people_of_rooms(units, ways, ["s1"], ["office-1"], 1000).to_dict()
    {'everybody': {'s1': 30}}
    """
    place = nearest_place(ways[[*sites, *offices]], radius)
    people = units[[c for c in units.columns if str(c).startswith(PEOPLE)]].fillna(0)
    sums = people.groupby(place).sum().reindex(list(sites), fill_value=0)
    sums.columns = [str(c).removeprefix(PEOPLE) for c in sums.columns]
    return sums.rename_axis("site_id")


def plan_week(
    hours: Hours, people: pd.DataFrame, rooms: pd.DataFrame, remember: Remember = compute
) -> Week:
    """Allocate the study's staff hours to the proposed rooms.

    Parameters
    ----------
    hours : sozialraum.study.places.Hours
    people : pandas.DataFrame
        Result of `people_of_rooms`.
    rooms : pandas.DataFrame
        `opening` (as published) and `venue_types`. A room of which nobody published opening times
        counts as open in all windows: the plan is a proposal that has to be agreed with its host.
    remember : callable
        See `sozialraum.cache.remembering`: a plan that is known is not searched again.

    Returns
    -------
    Week

    Raises
    ------
    StudyError
        The study's own opening times cannot be read, or name a room that is not proposed.
    InfeasibleError
        Hours, teams or opening times do not permit a stay in every room; says by how much.

    Examples
    --------
    >>> from sozialraum.study.places import Hours
    >>> people = pd.DataFrame({"everybody": [900]}, index=pd.Index(["s1"], name="site_id"))
    >>> rooms = pd.DataFrame({"opening": ["Di 14-18"], "venue_types": ["Bibliothek"]}, ["s1"])
    >>> plan_week(Hours(per_week=4), people, rooms).plan["day"].unique().tolist()
    [1]
    """
    opening: dict[Any, Any] = {}
    for site in people.index:
        if site in hours.opening:
            spans = opening_times(hours.opening[site])
            if spans is None:
                raise StudyError(
                    f"Opening times that cannot be read: {hours.opening[site]!r}",
                    where=f"hours.opening.{site}",
                    expected="e.g. Mo-Mi 9-17; Do 10-12,14-20",
                )
        else:
            spans = opening_times(str(rooms.loc[site, "opening"]))
        if spans is not None:
            opening[site] = spans
    types = {s: str(rooms.loc[s, "venue_types"]).split("; ") for s in people.index}
    hosts = [
        s for s in people.index if s in hours.partners or set(types[s]) & set(hours.partner_types)
    ]
    week: Week = remember(
        allocate_hours,
        people,
        hours=hours.per_week,
        formats=formats_of(hours),
        opening=opening,
        partners=hosts,
        teams=hours.teams,
        staff=hours.staff,
        slot=hours.slot,
        every_room=hours.every_room,
        windows=hours.windows,
        travel=hours.travel,
    )
    return week


def formats_of(hours: Hours) -> tuple[Format, ...]:
    """The study's formats, or those of the program.

    Examples
    --------
    >>> from sozialraum.study.places import Hours
    >>> [f.key for f in formats_of(Hours(per_week=8))]
    ['open', 'appointment', 'talk']
    """
    if not hours.formats:
        return FORMATS
    return tuple(Format(**f.model_dump()) for f in hours.formats)


def plan_table(week: Week, names: pd.Series, formats: Sequence[Format]) -> pd.DataFrame:
    """The plan as people read it: one row per stay, in the order of the week.

    Returns
    -------
    pandas.DataFrame
        `weekday`, `start`, `end` (hh:mm), `site_id`, `name`, `format`, `hours`.

    Examples
    --------
    >>> plan = pd.DataFrame({"site_id": ["s1"], "day": [0], "start": [9.0], "end": [11.5],
    ...                      "format": ["open"]})
    >>> week = Week(plan, pd.DataFrame(), 0.0, 0.0, 0.0)
    >>> plan_table(week, pd.Series({"s1": "Haus"}), FORMATS).iloc[0, :6].tolist()
    ['Montag', '09:00', '11:30', 's1', 'Haus', 'Offene Sprechstunde']
    """
    plan, titles = week.plan, {f.key: f.title for f in formats}
    return pd.DataFrame(
        {
            "weekday": [DAYS[d] for d in plan["day"]],
            "start": [_clock(h) for h in plan["start"]],
            "end": [_clock(h) for h in plan["end"]],
            "site_id": plan["site_id"].to_numpy(),
            "name": plan["site_id"].map(names).to_numpy(),
            "format": [titles[f] for f in plan["format"]],
            "hours": (plan["end"] - plan["start"]).to_numpy(),
        }
    )


def first_monday(hours: Hours, reference_date: dt.date) -> dt.date:
    """Where the calendar begins: as the study says, or the Monday after the reference date.

    Examples
    --------
    >>> from sozialraum.study.places import Hours
    >>> first_monday(Hours(per_week=8), dt.date(2024, 12, 31)).isoformat()
    '2025-01-06'
    """
    ahead = 7 - reference_date.weekday()
    return hours.first_monday or reference_date + dt.timedelta(days=ahead)


def supply_by_region(
    siting: Siting,
    units: pd.DataFrame,
    ways: pd.DataFrame,
    supply: pd.Series,
    regions: pd.Series,
    target: str = "everybody",
) -> pd.DataFrame:
    """Supply that people can reach, weighted by distance (E2SFCA), by Bezirksregion.

    Parameters
    ----------
    siting : sozialraum.study.places.Siting
        `decay`, `radius`.
    units : pandas.DataFrame
        `people_<target>`; NaN counts as nobody known.
    ways : pandas.DataFrame
        Metres from units to places.
    supply : pandas.Series
        Index: proposed rooms; hours a week, or 1 for a room.
    regions : pandas.Series
        Bezirksregion of each unit.
    target : str

    Returns
    -------
    pandas.DataFrame
        `region_id`, `per_thousand`: supply per 1,000 people of the group, mean over the region's
        people. Luo & Qi (2009); see `sozialraum.access.distance.catchment_access`.

    Examples
    --------
    >>> from sozialraum.study.places import Siting
    >>> units = pd.DataFrame({"people_everybody": [100, 100]}, index=["a", "b"])
    >>> ways = pd.DataFrame({"s": [0, 5000]}, index=["a", "b"])
    >>> supply_by_region(Siting(decay="linear"), units, ways, pd.Series({"s": 4.0}),
    ...     pd.Series(["01", "02"], index=["a", "b"]))["per_thousand"].tolist()
    [40.0, 0.0]
    """
    people = units[PEOPLE + target].fillna(0).to_numpy(float)
    weight = decay(ways[list(supply.index)].to_numpy(float), siting.decay or "binary",
                   radius=siting.radius)  # fmt: skip
    each = 1000 * catchment_access(weight, people, supply.to_numpy(float))
    table = pd.DataFrame({"people": people, "sum": each * people}).groupby(regions.to_numpy()).sum()
    mean = np.divide(table["sum"], table["people"], out=np.full(len(table), np.nan),
                     where=table["people"].to_numpy() > 0)  # fmt: skip
    return pd.DataFrame({"region_id": table.index, "per_thousand": np.asarray(mean)})


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
