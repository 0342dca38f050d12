"""The setting in which rooms are sought: venues, existing offices, people at places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.access.demand import assign_cells, place_people, placement_notes
from sozialraum.access.units import merged_units
from sozialraum.presence.eligibility import eligibility_notes
from sozialraum.presence.eligibility import rooms as judge_rooms
from sozialraum.presence.offices import existing_offices

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.areas.table import AreaTable
    from sozialraum.study import Study


@dataclass(frozen=True)
class Setting:
    """What a proposal is made from.

    Attributes
    ----------
    rooms : geopandas.GeoDataFrame
        Every house of the region with its operator and eligibility.
    offices : geopandas.GeoDataFrame
        Existing offices.
    units : geopandas.GeoDataFrame
        Merged demand units.
    bounds : dict
        Target group -> factors `lo`, `hi` of its people by area, where their count has bounds.
    quality : list of dict
        Rows for the data quality section.
    figures : dict
        `demand`: persons of the first target group at places; `units`: their number.
    uncorrected : pandas.Series or None
        Recipients with those of old age in the same units; for comparison, not for publication.
    cells : pandas.DataFrame
        `unit_id`, `x`, `y` of the places each unit is made of: grid cells, and points of areas
        without one.
    regions : pandas.Series
        Unit of the level above the areas that each demand unit lies in; index `unit_id`.
    placed : pandas.DataFrame
        People of single cells, see `sozialraum.access.demand.place_people`: to say what merging
        them changes, never for publication.
    """

    rooms: gpd.GeoDataFrame
    offices: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    bounds: dict[str, pd.DataFrame] = field(default_factory=dict)
    quality: list[dict[str, str]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    uncorrected: pd.Series | None = None
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)
    regions: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    placed: pd.DataFrame = field(default_factory=pd.DataFrame)


def settle(
    table: AreaTable,
    weights: pd.DataFrame,
    uncorrected: pd.Series | None = None,
    counts: pd.DataFrame | None = None,
) -> Setting:
    """Read venues and grid, judge the rooms and place the people of every target group.

    Parameters
    ----------
    table : AreaTable
    weights : pandas.DataFrame
        Index: the region's area ids; one column per target group, persons or NaN, only what may
        be published.
    uncorrected : pandas.Series, optional
        Recipients with those of old age, to repeat the proposal with them.
    counts : pandas.DataFrame, optional
        Counts with their bounds by area, for the stability of the proposal.

    Returns
    -------
    Setting

    Examples
    --------
    >>> from sozialraum import demo
    >>> from sozialraum.areas.table import read_areas
    >>> from sozialraum.study import load_study
    >>> table = read_areas(load_study("demo"), demo.folder())
    >>> fifty = pd.DataFrame(50.0, index=table.region, columns=list(table.study.targets))
    >>> setting = settle(table, fifty)
    >>> setting.figures["demand"] == 50 * len(fifty), len(setting.offices)
    (True, 3)
    """
    from sozialraum.sources import grid, venues

    study = table.study
    crs = study.area_layer.metric_crs
    region = table.areas.loc[table.region]
    files = [
        venues.read_venues(table.inputs.path(f.path), f, metric_crs=crs) for f in study.venues.files
    ]
    none = [pd.DataFrame(columns=list(venues.COLUMNS))]  # a place without any list of rooms
    records = pd.concat([f for f in files if len(f)] or none, ignore_index=True)
    rooms = judge_rooms(records, study.venues, region, tuple(study.targets))
    if study.venues.grid is None:
        points = region.geometry.representative_point()
        cells = pd.DataFrame({"x": points.x, "y": points.y, "population": region["population"]})
    else:
        path = table.inputs.path(study.venues.grid)
        cells = grid.read_grid(path, metric_crs=crs).rename(columns={"people": "population"})
    cells = assign_cells(cells, table.areas, region=list(region.index))
    people = {target: weights[target] for target in study.targets}
    if uncorrected is not None:
        people["uncorrected"] = uncorrected
    placed = place_people(cells, region, people)
    units, places = merged_units(placed, minimum_count=study.disclosure.minimum_count, crs=crs)
    # Used to compare, never published: beside the corrected numbers it would show the difference.
    compared = units.pop("people_uncorrected") if uncorrected is not None else None
    quality = eligibility_notes(rooms)
    quality += placement_notes(placed, units, region["population"], names=dict(region["name"]))
    first = next(iter(study.targets))
    figures = {"demand": float(units[f"people_{first}"].sum()), "units": len(units)}
    offices = existing_offices(study, region)
    bounds = {} if counts is None else count_bounds(study, weights, counts)
    regions = units["area_id"].map(region["region_id"])
    return Setting(
        rooms, offices, units, bounds, quality, figures, compared, places, regions, placed
    )


def count_bounds(
    study: Study, weights: pd.DataFrame, areas: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """How far the people of each target group may be off, by area.

    Parameters
    ----------
    study : Study
    weights : pandas.DataFrame
        Index `area_id`; people per target group, as they are placed.
    areas : pandas.DataFrame
        The counts they come from with their bounds, e.g. `recipients`, `recipients_lo`,
        `recipients_hi`.

    Returns
    -------
    dict
        Target group -> `lo`, `hi` (factors), for groups whose count has bounds; register totals
        and workbook counts have none.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> areas = pd.DataFrame({"recipients": [50], "recipients_lo": 45, "recipients_hi": 60})
    >>> weights = pd.DataFrame({"everybody": [50.0], "young": 9.0, "families": 9.0, "worse": 50.0})
    >>> count_bounds(load_study("demo"), weights, areas)["everybody"].values.tolist()
    [[0.9, 1.2]]
    """
    from sozialraum.presence.depth import bounds_of

    made_of = {
        "recipients": "recipients",
        "recipients_if_worse": "recipients",
        "children_benefits": "children",
    }
    found = {}
    for target, settings in study.targets.items():
        count = made_of.get(settings.weight_by, "")
        columns = [count, f"{count}_lo", f"{count}_hi"]
        if set(columns) <= set(areas.columns):
            found[target] = bounds_of(weights[target], *(areas[c] for c in columns))
    return found
