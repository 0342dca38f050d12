"""The proposal of a study: rooms for each target group, number of rooms and walking distance.

Everything is computed on the merged, publishable units. Ways are those of the study
(`sozialraum.presence.ways`); straight ones are computed again by the map, with the same formula:
``hypot(dx, dy) * detour`` between whole metres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.access.distance import straight_line
from sozialraum.cache import Remember, compute
from sozialraum.presence.choice import choose_by_model, is_wider
from sozialraum.presence.depth import Depth, Doubt, look_behind, sites_named
from sozialraum.presence.exchange import same_reach
from sozialraum.presence.frontier import Step, best_curves
from sozialraum.presence.offices import serving
from sozialraum.presence.problem import Floats, Ints, beyond

if TYPE_CHECKING:
    from sozialraum.study import Study
    from sozialraum.study.places import Siting

Key = tuple[str, float, bool]

_STABLE = ("p", "site", "stability")


@dataclass(frozen=True)
class Presence:
    """Rooms proposed for every target group.

    Attributes
    ----------
    curves : dict
        ``(target, radius, with_offices)`` -> list of `Step` over the number of rooms; the sites
        of a step are site ids.
    presence, frontier : pandas.DataFrame
        The headline setting (the study's radius, existing offices open) as tables.
    depth : dict
        Target group -> `Depth` of the headline setting, with site ids.
    """

    curves: dict[Key, list[Step]]
    presence: pd.DataFrame
    frontier: pd.DataFrame
    depth: dict[str, Depth] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """Candidates and offices for one target group: columns of `cost` with their labels."""

    names: np.ndarray
    cost: Floats
    xy: Floats
    existing: Ints
    required: Ints

    @property
    def rooms(self) -> int:
        """Number of candidates, which come before the offices."""
        return self.names.size - self.existing.size


def propose(
    study: Study,
    rooms: pd.DataFrame,
    offices: pd.DataFrame,
    units: pd.DataFrame,
    ways: pd.DataFrame | None = None,
    *,
    bounds: Mapping[str, pd.DataFrame] | None = None,
    regions: pd.Series | None = None,
    remember: Remember = compute,
) -> Presence:
    """Best rooms for every target group, walking distance and number of rooms.

    Parameters
    ----------
    study : Study
        `siting` and `targets` are used.
    rooms : pandas.DataFrame
        Every venue; only `eligible` ones that suit (`suits`) a target group are candidates.
    offices : pandas.DataFrame
        As `offices.existing_offices` gives them: open already, they do not count in p.
    units : pandas.DataFrame
        Merged demand units with `people_<target>`; NaN = nobody can be placed there.
    ways : pandas.DataFrame, optional
        Metres from units to places (`sozialraum.presence.ways.measure_ways`); default: straight
        lines with the study's detour factor.
    bounds : mapping, optional
        Target group -> `lo`, `hi` by area, factors on its people (`depth.bounds_of`), for the
        stability.
    regions : pandas.Series, optional
        Bezirksregion of each unit, for a model with a least share in each; default: the area.
    remember : callable
        See `sozialraum.cache.remembering`: curves and draws that are known are not computed.

    Returns
    -------
    Presence
        The headline setting (study's radius, offices open) is proven; other settings carry a
        bound and say whether it is met. A model other than plain coverage, and rules about the
        sites, govern the headline setting only.

    Raises
    ------
    InfeasibleError
        The headline number of rooms cannot meet the study's rules.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> study = load_study("demo", siting={"rooms": 1, "most_rooms": 1, "radii": []})
    >>> rooms = pd.DataFrame({"name": ["Haus", "Treff"], "operator": "", "operator_kind": "public",
    ...     "lon": 0.0, "lat": 0.0, "eligible": True, "suits": [("everybody",)] * 2,
    ...     "x": [0.0, 3000], "y": 0.0}, index=["a", "b"])
    >>> units = pd.DataFrame({"area_id": ["1", "2"], "x": [0.0, 3000], "y": 0.0,
    ...     "people_everybody": [20.0, 30], "people_young": 3.0, "people_families": 3.0,
    ...     "people_worse": 0.0}, index=["u1", "u2"])
    >>> none = pd.DataFrame({"x": [], "y": [], "targets": []})
    >>> found = propose(study, rooms, none, units)
    >>> found.frontier.query("target == 'everybody'")[["p", "reached", "gap"]].values.tolist()
    [[0.0, 0.0, 0.0], [1.0, 30.0, 0.0]]
    """
    siting = study.siting
    if ways is None:
        every = pd.concat([rooms[["x", "y"]], offices[["x", "y"]]])
        metres = straight_line(units[["x", "y"]], every, detour=siting.detour)
        ways = pd.DataFrame(metres, index=units.index, columns=every.index)
    curves: dict[Key, list[Step]] = {}
    depth: dict[str, Depth] = {}
    forced = frozenset(study.venues.forced_in)
    areas = pd.factorize(units["area_id"])
    xy = units[["x", "y"]].to_numpy(float)
    served = _places(list(study.targets), rooms, offices, ways, forced)
    people = {t: np.nan_to_num(units[f"people_{t}"].to_numpy(dtype=float)) for t in served}
    for (target, radius, with_offices), steps in _curves(siting, served, people, remember).items():
        places, demand, kept = served[target], people[target], forced
        if radius == siting.radius and with_offices:
            steps, depth[target] = _headline(
                study,
                xy,
                places,
                demand,
                steps,
                _doubt(areas, demand, (bounds or {}).get(target)),
                units["area_id"] if regions is None else regions,
                remember,
                has_stability(study, target),
            )
            kept = frozenset(places.names) if is_wider(siting) else forced
        names = places.names.tolist()
        curves[target, radius, with_offices] = [_named(s, names, kept) for s in steps]
    headline_steps = {t: curves[t, siting.radius, True] for t in study.targets}
    table = _presence(headline_steps, rooms, units)
    known = {
        (target, *row): share
        for target, found in depth.items()
        for *row, share in zip(*(found.stability[c].tolist() for c in _STABLE), strict=True)
    }
    keys = zip(*(table[c].tolist() for c in ("target", "p", "site_id")), strict=True)
    table["stability"] = np.array([known.get(k, np.nan) for k in keys], dtype=float)
    return Presence(curves, table, _frontier(headline_steps), depth)


def _places(
    targets: list[str],
    rooms: pd.DataFrame,
    offices: pd.DataFrame,
    ways: pd.DataFrame,
    forced: frozenset[str],
) -> dict[str, Places]:
    """Eligible rooms that suit each target group, and the offices that serve it."""
    eligible = rooms["eligible"].to_numpy(bool)
    suits = rooms["suits"].to_numpy()[eligible]
    ids = rooms.index.to_numpy(object)[eligible], offices.index.to_numpy(object)
    names = np.concatenate(ids)
    cost = ways[names].to_numpy(float)
    positions = (rooms[["x", "y"]].to_numpy(float)[eligible], offices[["x", "y"]].to_numpy(float))
    xy = np.vstack(positions)
    found = {}
    for target in targets:
        fit = np.flatnonzero([target in some for some in suits])
        both = np.r_[fit, suits.size + np.flatnonzero(serving(offices, target))]
        found[target] = Places(
            names[both],
            np.take(cost, both, axis=1),  # row by row in memory, as it is read
            xy[both],
            np.arange(fit.size, both.size),
            np.flatnonzero([name in forced for name in names[fit]]),
        )
    return found


def _curves(
    siting: Siting, served: dict[str, Places], people: dict[str, Floats], remember: Remember
) -> dict[Key, list[Step]]:
    """The curve of every target group and radius, without offices and with them."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for target, places in served.items():
        alike.setdefault(tuple(places.names[: places.rooms]), []).append(target)
    found: dict[Key, list[Step]] = {}
    for targets in alike.values():
        for radius in sorted({siting.radius, *siting.radii}):
            keys = [(target, radius, offices) for target in targets for offices in (False, True)]
            asked = [(served[t], people[t], offices) for t, _, offices in keys]
            prove = [offices and radius == siting.radius for *_, offices in keys]
            curves = _same_rooms(asked, radius, siting.most_rooms, prove, remember)
            found |= zip(keys, curves, strict=True)
    return {
        key: found[key] for target in served for key in sorted(k for k in found if k[0] == target)
    }


def _same_rooms(
    asked: list[tuple[Places, Floats, bool]],
    radius: float,
    most: int,
    prove: list[bool],
    remember: Remember,
) -> list[list[Step]]:
    """Curves of several groups with the same candidates: their people, with offices or without."""
    first, rooms = asked[0][0], asked[0][0].rooms
    left, start = [], []
    for places, demand, offices in asked:
        open_ = places.cost[:, rooms:] if offices else places.cost[:, :0]
        missed = beyond(open_, radius).all(axis=1)
        left.append(np.where(missed, demand, 0.0))
        start.append(float(demand[~missed].sum()))
    reach, people = same_reach(~beyond(first.cost[:, :rooms], radius), np.array(left))
    curves: list[list[Step]] = remember(
        best_curves,
        reach,
        people,
        start,
        [float(demand.sum()) for _, demand, _ in asked],
        free=np.setdiff1d(np.arange(rooms), first.required),
        required=first.required,
        p_max=most,
        prove=[list(range(most + 1)) if one else [] for one in prove],
    )
    return curves


def _headline(
    study: Study,
    xy: Floats,
    places: Places,
    demand: Floats,
    steps: list[Step],
    doubt: Doubt,
    regions: pd.Series,
    remember: Remember,
    drawn: bool,
) -> tuple[list[Step], Depth]:
    """The study's own setting: its model, and what stands behind the proposal."""
    siting, plain = study.siting, study.siting.plain
    table = pd.DataFrame()
    if not plain:
        chosen = choose_by_model(
            siting,
            places.cost,
            demand,
            steps,
            existing=places.existing,
            required=places.required,
            groups=regions.to_numpy(),
            between=straight_line(places.xy, places.xy, detour=siting.detour),
            remember=remember,
        )
        steps, table = chosen.steps, chosen.table
    found = look_behind(
        siting,
        places.cost,
        demand,
        steps,
        existing=places.existing,
        required=places.required,
        doubt=doubt,
        unit_xy=xy,
        site_xy=places.xy,
        seed=study.seed,
        plain=plain,
        draw=drawn,
        remember=remember,
    )
    named: dict[str, Any] = {
        name: sites_named(getattr(found, name), places.names, ("site", "instead", "sites"))
        for name in ("nested", "exchange", "stability", "robust")
    }
    return steps, replace(found, model=table, **named)


def has_stability(study: Study, target: str) -> bool:
    """Whether the rooms of a target group are chosen again over draws of its people.

    Who belongs to the areas that get worse is itself uncertain, and not drawn: their rooms would
    seem certain.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> [has_stability(load_study("demo"), target) for target in ("everybody", "worse")]
    [True, False]
    """
    return study.targets[target].weight_by != "recipients_if_worse"


def _doubt(areas: tuple[Ints, Any], demand: Floats, bounds: pd.DataFrame | None) -> Doubt:
    """What is not known of a group's people; areas: the area of each unit, and their names."""
    area, names = areas
    if bounds is None:
        return Doubt(area)
    factor = bounds.reindex(names).fillna(1.0)
    lo, hi = (demand * factor[c].to_numpy()[area] for c in ("lo", "hi"))
    return Doubt(area, lo, hi)


def compare_demand(
    study: Study,
    rooms: pd.DataFrame,
    offices: pd.DataFrame,
    ways: pd.DataFrame,
    demand: pd.Series,
    presence: Presence,
    remember: Remember = compute,
) -> dict[str, list[str]]:
    """Rooms that enter or leave the headline proposal with another demand.

    Parameters
    ----------
    study, rooms, offices, ways
        As in `propose`.
    demand : pandas.Series
        Persons per unit, instead of the first target group's.
    presence : Presence
        The proposal it is compared with.
    remember : callable
        As in `propose`.

    Returns
    -------
    dict
        `entering`, `leaving`: names of rooms; both empty where the same rooms are proposed. The
        model is plain coverage.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> study = load_study("demo", siting={"rooms": 1, "most_rooms": 1, "radii": []})
    >>> rooms = pd.DataFrame({"name": ["Haus", "Treff"], "operator": "", "operator_kind": "public",
    ...     "lon": 0.0, "lat": 0.0, "eligible": True, "suits": [("everybody",)] * 2,
    ...     "x": [0.0, 3000], "y": 0.0}, index=["a", "b"])
    >>> people = {f"people_{t}": [20.0, 30] for t in study.targets}
    >>> units = pd.DataFrame({"area_id": ["1", "2"], "x": [0.0, 3000], "y": 0.0, **people})
    >>> none = pd.DataFrame({"x": [], "y": [], "targets": []})
    >>> ways = pd.DataFrame([[0.0, 3000], [3000, 0]], columns=rooms.index)
    >>> found = propose(study, rooms, none, units, ways)
    >>> compare_demand(study, rooms, none, ways, pd.Series([40.0, 30]), found)
    {'entering': ['Haus'], 'leaving': ['Treff']}
    """
    first = next(iter(study.targets))
    forced = frozenset(study.venues.forced_in)
    places = _places([first], rooms, offices, ways, forced)[first]
    people = np.nan_to_num(demand.to_numpy(dtype=float))
    siting = study.siting
    asked = [(places, people, True)]
    steps = _same_rooms(asked, siting.radius, siting.most_rooms, [False], remember)[0]
    names = places.names.tolist()
    changed = [_named(s, names, forced) for s in steps]
    before = presence.curves[first, siting.radius, True]
    p = min(siting.rooms, len(changed) - 1, len(before) - 1)
    new, old, called = changed[p].sites, before[p].sites, rooms["name"].to_dict()
    return {
        "entering": [str(called[s]) for s in new if s not in old],
        "leaving": [str(called[s]) for s in old if s not in new],
    }


def _named(step: Step, names: Any, kept: frozenset[str]) -> Step:
    """Site ids instead of columns; a room that reaches nobody more is not proposed unless kept."""
    pairs = zip([names[site] for site in step.sites], step.gains, strict=True)
    proposed = [(s, g) for s, g in pairs if g > 0 or s in kept]
    sites, gains = zip(*proposed, strict=True) if proposed else ((), ())
    return Step(
        step.p, sites, gains, step.reached, step.reached_share, step.bound, step.proven,
        step.ruled_out,
    )  # fmt: skip


def _presence(
    steps: dict[str, list[Step]], rooms: pd.DataFrame, units: pd.DataFrame
) -> pd.DataFrame:
    """One row per proposed room, in marginal order within target group and number of rooms."""
    rows = []
    for target, curve in steps.items():
        total = float(np.nansum(units[f"people_{target}"])) or np.inf
        for step in curve[1:]:
            reached = step.reached - sum(step.gains)
            for order, (site, gain) in enumerate(zip(step.sites, step.gains, strict=True), 1):
                reached += gain
                rows.append((target, step.p, order, site, gain, gain / total, reached / total))
    columns = ["target", "p", "order", "site_id", "reached", "reached_share", "cumulative_share"]
    table = pd.DataFrame(rows, columns=columns)
    about = ["name", "operator", "operator_kind", "lon", "lat"]
    described = rooms[about].reindex(table["site_id"]).reset_index(drop=True)
    table = pd.concat([table[columns[:4]], described, table[columns[4:]]], axis=1)
    for later in ("stability", "hours_open", "hours_appointment"):
        table[later] = np.nan
    return table


def _frontier(steps: dict[str, list[Step]]) -> pd.DataFrame:
    rows = [
        (target, s.p, s.reached, s.reached_share, s.bound, s.gap)
        for target, curve in steps.items()
        for s in curve
        if not s.ruled_out
    ]
    return pd.DataFrame(rows, columns=["target", "p", "reached", "reached_share", "bound", "gap"])
