"""Everything the presence layer says about a study: proposal, ways, hours, open questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.access.demand import merge_notes
from sozialraum.cache import Remember, compute
from sozialraum.presence.clarify import worth_clarifying
from sozialraum.presence.offices import serving
from sozialraum.presence.plan import people_of_rooms, plan_week, supply_by_region
from sozialraum.presence.propose import Presence, compare_demand, propose
from sozialraum.presence.together import propose_together
from sozialraum.presence.ways import is_straight, measure_ways

if TYPE_CHECKING:
    from sozialraum.presence.hours import Week
    from sozialraum.presence.setting import Setting
    from sozialraum.study import Study


@dataclass(frozen=True)
class Answer:
    """The proposal and what belongs to it.

    Attributes
    ----------
    presence : Presence
        Rooms with hours, where the study gives any.
    ways : pandas.DataFrame or None
        Metres from units to places; None where they are straight lines, which every reader can
        compute.
    notes : list of dict
        Rows for the data quality section.
    old_age_rooms : dict or None
        Rooms that enter or leave with people in old age; see `compare_demand`.
    clarify : pandas.DataFrame
        Houses worth a question, for the first target group; see `worth_clarifying`.
    week : Week or None
        The plan of the first target group's headline rooms.
    supply : pandas.DataFrame or None
        See `supply_by_region`; None where the study names no distance decay.
    together : pandas.DataFrame
        See `propose_together`; empty where the study does not ask for it.
    """

    presence: Presence
    ways: pd.DataFrame | None
    notes: list[dict[str, str]]
    old_age_rooms: dict[str, list[str]] | None
    clarify: pd.DataFrame
    week: Week | None = None
    supply: pd.DataFrame | None = None
    together: pd.DataFrame = field(default_factory=pd.DataFrame)


def answer(
    study: Study,
    setting: Setting,
    locate: Callable[[str], Path] = Path,
    remember: Remember = compute,
) -> Answer:
    """Propose rooms, plan the week, and say what is worth a question.

    Parameters
    ----------
    study : Study
    setting : Setting
        Rooms, offices and people at places.
    locate : callable
        Path of an input file below the data folder.
    remember : callable
        See `sozialraum.cache.remembering`.

    Returns
    -------
    Answer

    Raises
    ------
    InfeasibleError
        The study's rules about sites, or its hours, cannot be met; says which and by how much.

    Examples
    --------
    >>> from sozialraum.presence.setting import Setting
    >>> from sozialraum.study import load_study
    >>> study = load_study("demo", hours=None,
    ...                    siting={"rooms": 1, "most_rooms": 1, "radii": [], "stability_draws": 0})
    >>> rooms = pd.DataFrame({"name": ["Haus", "Treff"], "operator": "", "operator_kind": "public",
    ...     "lon": 0.0, "lat": 0.0, "eligible": True, "suits": [("everybody",)] * 2, "reason": "",
    ...     "venue_types": "", "address": "",
    ...     "x": [0.0, 3000], "y": 0.0}, index=["a", "b"])
    >>> units = pd.DataFrame({"area_id": ["1", "2"], "x": [0.0, 3000], "y": 0.0,
    ...     "people_everybody": [20.0, 30], "people_young": 3.0, "people_families": 3.0,
    ...     "people_worse": 0.0}, index=["u1", "u2"])
    >>> none = pd.DataFrame({"x": [], "y": [], "targets": []})
    >>> reply = answer(study, Setting(rooms, none, units))
    >>> reply.presence.presence[["site_id", "reached"]].values.tolist(), reply.week
    ([['b', 30.0]], None)
    """
    siting, access = study.siting, study.access
    # Plain tables: a geometry that goes along with every selection costs most of the time.
    rooms, offices, units = (
        pd.DataFrame(table).drop(columns="geometry", errors="ignore")
        for table in (setting.rooms, setting.offices, setting.units)
    )
    asked = rooms if access.matrix is None else rooms[rooms["eligible"]]
    ways, notes = measure_ways(
        access,
        units,
        pd.concat([asked[["x", "y"]], offices[["x", "y"]]]),
        detour=siting.detour,
        longest=max(siting.fade[1], *siting.radii, siting.radius),
        crs=study.area_layer.metric_crs,
        locate=locate,
    )
    eligible = rooms.loc[rooms["eligible"], ["x", "y"]]
    notes += merge_notes(
        setting.placed, units, eligible,
        radius=siting.radius, detour=siting.detour,
        titles={key: target.title for key, target in study.targets.items()},
    )  # fmt: skip
    first = next(iter(study.targets))
    presence = propose(
        study, rooms, offices, units, ways,
        bounds=setting.bounds, regions=setting.regions, remember=remember,
    )  # fmt: skip
    changes = None
    if setting.uncorrected is not None and siting.plain:
        changes = compare_demand(
            study, rooms, offices, ways, setting.uncorrected, presence, remember
        )
    steps = presence.curves[first, siting.radius, True]
    p = min(siting.rooms, len(steps) - 1)
    sites = [str(s) for s in steps[p].sites]
    open_already = [str(i) for i in offices.index[serving(offices, first)]]
    clarify = worth_clarifying(
        rooms, units, [*sites, *open_already], study.venues, ways=ways, target=first,
        radius=siting.radius,
    )  # fmt: skip
    week, supply = None, pd.Series(1.0, index=sites)
    if study.hours is not None and sites:
        people = people_of_rooms(units, ways, sites, open_already, siting.radius)
        week = plan_week(study.hours, people, rooms.loc[sites], remember)
        presence = _with_hours(presence, week, first, p)
        supply = week.hours.sum(axis=1)
    reached = None
    if siting.decay is not None and sites:
        reached = supply_by_region(siting, units, ways, supply, setting.regions, first)
    together = pd.DataFrame()
    if siting.together is not None:
        headline = {t: presence.curves[t, siting.radius, True] for t in study.targets}
        alone = {t: curve[min(siting.rooms, len(curve) - 1)].reached
                 for t, curve in headline.items()}  # fmt: skip
        together = propose_together(study, rooms, offices, units, ways, alone)
    kept = None if is_straight(access) else ways
    return Answer(presence, kept, notes, changes, clarify, week, reached, together)


def _with_hours(presence: Presence, week: Week, target: str, p: int) -> Presence:
    """Hours of the plan in the rows of the proposal that it was made for."""
    from dataclasses import replace

    table = presence.presence.copy()
    rows = (table["target"] == target) & (table["p"] == p)
    for column, key in (("hours_open", "open"), ("hours_appointment", "appointment")):
        if key in week.hours:
            table.loc[rows, column] = table.loc[rows, "site_id"].map(week.hours[key])
    return replace(presence, presence=table)
