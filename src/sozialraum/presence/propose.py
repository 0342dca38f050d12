"""The proposal of a study: rooms for each target group, number of rooms and walking distance.

Everything is computed on the merged, publishable units, with the distance that the map computes
again: ``hypot(dx, dy) * detour`` between whole metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.access.distance import straight_line
from sozialraum.errors import StudyError
from sozialraum.presence.frontier import Step, coverage_curve
from sozialraum.presence.stability import draw_inputs, site_stability

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.study import Study

Key = tuple[str, float, bool]


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
    """

    curves: dict[Key, list[Step]]
    presence: pd.DataFrame
    frontier: pd.DataFrame


def existing_offices(study: Study, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Offices that are already there, as points in whole metres.

    Parameters
    ----------
    study : Study
    areas : geopandas.GeoDataFrame
        Index `area_id`, metric CRS.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `site_id` (``office-1``…): `name`, `approximate` (only the area is known: placed
        inside it), `targets` (tuple; empty: all), `area_id`, `x`, `y`.
    """
    import geopandas as gpd
    import shapely

    points: list[shapely.Point | None] = []
    for office in study.offices:
        if office.lon is not None and office.lat is not None:
            points.append(shapely.Point(office.lon, office.lat))
            continue
        if office.area_id not in areas.index:
            raise StudyError(
                f"The office {office.name!r} has neither a position nor a known area",
                where="offices",
                expected="lon and lat, or the area_id it lies in",
            )
        points.append(None)
    located = gpd.GeoSeries(points, crs="EPSG:4326").to_crs(areas.crs)
    inside = areas.geometry.representative_point()
    geometry = [
        inside[office.area_id] if point is None else point
        for office, point in zip(study.offices, located, strict=True)
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": [o.name for o in study.offices],
            "approximate": [o.lon is None for o in study.offices],
            "targets": [o.targets for o in study.offices],
            "x": [float(round(g.x)) for g in geometry],
            "y": [float(round(g.y)) for g in geometry],
        },
        geometry=geometry,
        crs=areas.crs,
        index=pd.Index([f"office-{i}" for i in range(1, len(geometry) + 1)], name="site_id"),
    )
    frame["area_id"] = areas.index[areas.sindex.nearest(frame.geometry, return_all=False)[1]]
    return frame


def propose(
    study: Study, rooms: gpd.GeoDataFrame, offices: gpd.GeoDataFrame, units: gpd.GeoDataFrame
) -> Presence:
    """Best rooms for every target group, walking distance and number of rooms.

    Parameters
    ----------
    study : Study
        `siting` and `targets` are used.
    rooms : geopandas.GeoDataFrame
        Every venue; only `eligible` ones that suit (`suits`) a target group are candidates.
    offices : geopandas.GeoDataFrame
        As `existing_offices` gives them: open already, they do not count in p.
    units : geopandas.GeoDataFrame
        Merged demand units with `people_<target>`; NaN = nobody can be placed there.

    Returns
    -------
    Presence
        The headline setting (study's radius, offices open) is proven; other settings carry a
        bound and say whether it is met.
    """
    siting = study.siting
    radii = sorted({siting.radius, *siting.radii})
    candidates = rooms[rooms["eligible"].astype(bool)]
    sites = pd.concat([candidates[["x", "y"]], offices[["x", "y"]]])
    cost = straight_line(units[["x", "y"]].to_numpy(), sites.to_numpy(), detour=siting.detour)
    names = sites.index.to_numpy()
    forced = frozenset(study.venues.forced_in)
    curves: dict[Key, list[Step]] = {}
    stability: dict[tuple[str, str], float] = {}
    for target in study.targets:
        demand = np.nan_to_num(units[f"people_{target}"].to_numpy(dtype=float))
        suits = np.array([target in s for s in candidates["suits"]], dtype=bool)
        serves = np.array([not t or target in t for t in offices["targets"]], dtype=bool)
        for with_offices in (False, True):
            usable = np.r_[suits, serves & with_offices]
            columns = np.flatnonzero(usable)
            existing = np.flatnonzero(columns >= len(candidates))
            required = np.flatnonzero(np.isin(names[columns], list(forced)))
            for radius in radii:
                headline = radius == siting.radius and with_offices
                steps = coverage_curve(
                    cost[:, columns],
                    demand,
                    radius=radius,
                    p_max=siting.most_rooms,
                    existing=existing.tolist(),
                    required=required.tolist(),
                    prove=headline,
                )
                named = [_named(s, names[columns], forced) for s in steps]
                curves[target, radius, with_offices] = named
                chosen = named[min(siting.rooms, len(named) - 1)].sites
                if headline and chosen and siting.stability_draws:
                    again = site_stability(
                        cost[:, columns],
                        demand,
                        np.flatnonzero(np.isin(names[columns], list(map(str, chosen)))).tolist(),
                        radius=radius,
                        draws=draw_inputs(
                            demand,
                            draws=siting.stability_draws,
                            seed=study.seed,
                            areas=pd.factorize(units["area_id"])[0],
                        ),
                        existing=existing.tolist(),
                        required=required.tolist(),
                    )
                    share = again.sites["stability"]
                    ids = names[columns][share.index.to_numpy(dtype=int)]
                    stability |= {
                        (target, str(i)): float(v) for i, v in zip(ids, share, strict=True)
                    }
    headline_steps = {t: curves[t, siting.radius, True] for t in study.targets}
    table = _presence(headline_steps, rooms, units)
    keys = zip(table["target"], table["site_id"], strict=True)
    found = pd.Series([stability.get(k, np.nan) for k in keys], index=table.index, dtype=float)
    table["stability"] = found.where(table["p"] == siting.rooms)
    return Presence(curves, table, _frontier(headline_steps))


def compare_demand(
    study: Study,
    rooms: gpd.GeoDataFrame,
    offices: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    demand: pd.Series,
    presence: Presence,
) -> dict[str, list[str]]:
    """Rooms that enter or leave the headline proposal with another demand.

    Parameters
    ----------
    study, rooms, offices, units
        As in `propose`.
    demand : pandas.Series
        Persons per unit, instead of the first target group's.
    presence : Presence
        The proposal it is compared with.

    Returns
    -------
    dict
        `entering`, `leaving`: names of rooms; both empty where the same rooms are proposed.
    """
    first = next(iter(study.targets))
    other = units.assign(**{f"people_{first}": demand})
    only = study.model_copy(
        update={
            "targets": {first: study.targets[first]},
            "siting": study.siting.model_copy(
                update={"radii": (), "most_rooms": study.siting.rooms, "stability_draws": 0}
            ),
        }
    )
    changed = propose(only, rooms, offices, other).curves[first, study.siting.radius, True]
    before = presence.curves[first, study.siting.radius, True]
    p = min(study.siting.rooms, len(changed) - 1, len(before) - 1)
    new, old = set(changed[p].sites), set(before[p].sites)
    return {
        "entering": [str(rooms.loc[s, "name"]) for s in changed[p].sites if s not in old],
        "leaving": [str(rooms.loc[s, "name"]) for s in before[p].sites if s not in new],
    }


def _named(step: Step, names: np.ndarray, required: frozenset[str]) -> Step:
    """Site ids instead of columns; a room that reaches nobody more is not proposed."""
    sites = [str(names[j]) for j in np.asarray(step.sites, dtype=int)]
    kept = [(s, g) for s, g in zip(sites, step.gains, strict=True) if g > 0 or s in required]
    return replace(step, sites=tuple(s for s, _ in kept), gains=tuple(g for _, g in kept))


def _presence(
    steps: dict[str, list[Step]], rooms: gpd.GeoDataFrame, units: gpd.GeoDataFrame
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
    ]
    return pd.DataFrame(rows, columns=["target", "p", "reached", "reached_share", "bound", "gap"])
