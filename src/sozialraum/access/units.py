"""Units of demand that may be published: cells merged until each holds enough people."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

PREFIX = "people_"
"""Columns of people are called `people_<target>`."""


def merge_units(
    placed: pd.DataFrame, *, minimum_count: int = 3, crs: str | None = None
) -> gpd.GeoDataFrame:
    """Merge cells to units that hold at least the minimum of persons.

    Round by round each unit that is too small names its nearest neighbour in the same area, and
    the pairs that are closest to both partners are merged, until no unit is too small. Units
    never cross the border of an area. The first column of people shapes the units (in areas where
    it has no figure, the next one that has). A smaller target group is then gathered: where a unit
    would hold fewer of them than the minimum, they are moved to a unit close by in the same area.

    Parameters
    ----------
    placed : pandas.DataFrame
        Result of `sozialraum.access.demand.place_people`; the group of its first column of people
        shapes the units.
    minimum_count : int
        Least number of persons of a unit.
    crs : str, optional
        Metric CRS of the coordinates.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `unit_id` (area id and running number from south to north); `area_id`, `x`, `y`
        (centre weighted by residents, whole metres), `people_<target>` (whole persons) and the
        point. Each figure is 0 or at least the minimum. A group that is unknown in an area, or has
        fewer persons there than the minimum, is NaN in all units of the area. An area in which no
        group has people has no unit.

    Notes
    -----
    The sum over the units of an area is the area's total, which is published itself. Units and
    totals together give nothing away: no figure, and no difference of figures, is small.

    Examples
    --------
    >>> placed = pd.DataFrame({"area_id": "01", "x": [50.0, 150, 950], "y": 50.0,
    ...                        "population": [20, 20, 90], "people_everybody": [2.0, 2, 9]})
    >>> merge_units(placed)[["x", "people_everybody"]].to_dict("list")
    {'x': [100.0, 950.0], 'people_everybody': [4.0, 9.0]}
    """
    return merged_units(placed, minimum_count=minimum_count, crs=crs)[0]


def merged_units(
    placed: pd.DataFrame, *, minimum_count: int = 3, crs: str | None = None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Merge cells to units, and tell which cells each unit is made of.

    Parameters
    ----------
    placed, minimum_count, crs
        As in `merge_units`.

    Returns
    -------
    units : geopandas.GeoDataFrame
        Result of `merge_units`.
    cells : pandas.DataFrame
        `unit_id`, `x`, `y` of every cell that is part of a unit (metres); no number of people,
        because that of a single cell may be small.

    Examples
    --------
    >>> placed = pd.DataFrame({"area_id": "01", "x": [50.0, 150, 950], "y": 50.0,
    ...                        "population": [20, 20, 90], "people_everybody": [2.0, 2, 9]})
    >>> merged_units(placed)[1]["unit_id"].tolist()
    ['01-001', '01-001', '01-002']
    """
    columns = [c for c in placed.columns if c.startswith(PREFIX)]
    placed = placed.sort_values(["area_id", "y", "x"], ignore_index=True)
    area, names = pd.factorize(placed["area_id"], sort=True)
    people = placed[columns].to_numpy(float)
    people = _withhold(people, area, len(names), minimum_count)
    known = np.nansum(people, axis=1) > 0
    area, people = area[known], people[known]
    xy = placed.loc[known, ["x", "y"]].to_numpy(float)
    weight = placed.loc[known, "population"].to_numpy(float)
    unit = _merge(area, xy, weight, _shaping(people, area, len(names)), minimum_count)

    n = int(unit.max(initial=-1)) + 1
    mass = np.bincount(unit, weight, minlength=n)
    centre = np.stack([np.bincount(unit, weight * c, minlength=n) / mass for c in xy.T], axis=1)
    centre = np.rint(centre)
    sums = np.zeros((n, len(columns)))
    np.add.at(sums, unit, people)
    owner = np.zeros(n, np.intp)
    owner[unit] = area
    order = np.lexsort((centre[:, 0], centre[:, 1], owner))
    owner, centre, sums = owner[order], centre[order], sums[order]
    for column in sums.T:
        column[:] = _gather(owner, centre, column, minimum_count)
    number = np.arange(n) - np.searchsorted(owner, np.arange(len(names)))[owner] + 1
    ids = np.asarray(names, object)[owner]
    frame = pd.DataFrame(
        {"area_id": ids, "x": centre[:, 0], "y": centre[:, 1]},
        index=pd.Index(
            [f"{a}-{k:03d}" for a, k in zip(ids.tolist(), number.tolist(), strict=True)],
            name="unit_id",
        ),
    )
    frame[columns] = sums
    place = np.empty(n, np.intp)
    place[order] = np.arange(n)
    cells = pd.DataFrame(
        {"unit_id": frame.index.to_numpy()[place[unit]], "x": xy[:, 0], "y": xy[:, 1]}
    )
    return gpd.GeoDataFrame(frame, geometry=shapely.points(centre), crs=crs), cells


def merge_error(
    placed: pd.DataFrame,
    units: pd.DataFrame,
    rooms: ArrayLike,
    *,
    target: str = "everybody",
    radius: float = 1000.0,
    detour: float = 1.23,
    each: bool = False,
) -> float | NDArray[np.float64]:
    """Error that merging makes in the share of people reached by given rooms.

    Parameters
    ----------
    placed, units : pandas.DataFrame
        Results of `sozialraum.access.demand.place_people` and `merge_units`.
    rooms : array of shape (p, 2)
        x, y of the rooms, metres.
    target : str
        Target group.
    radius, detour : float
        Walking distance in metres, walked distance / straight line.
    each : bool
        Each room by itself instead of all together.

    Returns
    -------
    float or numpy.ndarray
        Reached share by units minus reached share by unmerged cells (fractions of the group); with
        `each`, an array of shape (p,). Only areas in which the group has units are compared.

    Examples
    --------
    >>> placed = pd.DataFrame({"area_id": "01", "x": [50.0, 150], "y": 50.0,
    ...                        "population": [20, 20], "people_everybody": [2.0, 2]})
    >>> merge_error(placed, merge_units(placed), [[50, 50]], radius=70, detour=1.0)
    0.5
    """
    at = np.asarray(rooms, float).reshape(-1, 2)
    error = merge_errors(placed, units, at, [target], radius=radius, detour=detour, each=each)
    return error[target] if each else float(error[target][0])


def merge_errors(
    placed: pd.DataFrame,
    units: pd.DataFrame,
    rooms: NDArray[np.float64],
    targets: Iterable[str],
    *,
    radius: float,
    detour: float,
    each: bool,
) -> dict[str, NDArray[np.float64]]:
    """`merge_error` of several target groups: distances are measured once.

    Examples
    --------
    >>> placed = pd.DataFrame({"area_id": "01", "x": [50.0, 150], "y": 50.0,
    ...                        "population": [20, 20], "people_everybody": [2.0, 2]})
    >>> merge_errors(placed, merge_units(placed), np.array([[50.0, 50]]), ["everybody"], radius=70,
    ...              detour=1.0, each=True)["everybody"].tolist()
    [0.5]
    """
    within = []
    for frame in (units, placed):
        x, y = frame[["x", "y"]].to_numpy(float).T
        # Squares: a root of each of some hundred thousand distances takes most of the time.
        square = (x[:, None] - rooms[:, 0]) ** 2 + (y[:, None] - rooms[:, 1]) ** 2
        near = square <= (radius / detour) ** 2
        within.append((near if each else near.any(axis=1, keepdims=True)).astype(float))
    area, at = pd.factorize(units["area_id"])
    home = at.get_indexer(pd.Index(placed["area_id"]))
    errors = {}
    for target in targets:
        people = [frame[PREFIX + target].to_numpy(float) for frame in (units, placed)]
        missing = np.isnan(people[0])
        shown = np.append(np.bincount(area[~missing], minlength=len(at)) > 0, False)
        people = [np.where(missing, 0.0, people[0]), np.where(shown[home], people[1], 0.0)]
        shares = [p @ near / p.sum() for p, near in zip(people, within, strict=True)]
        errors[target] = shares[0] - shares[1]
    return errors


def _withhold(
    people: NDArray[np.float64], area: NDArray[np.intp], n: int, minimum: int
) -> NDArray[np.float64]:
    """NaN where the total of an area is above 0 and below the minimum."""
    people = people.copy()
    for column in people.T:
        total = np.bincount(area, column, minlength=n)
        with np.errstate(invalid="ignore"):
            column[((total > 0) & (total < minimum))[area]] = np.nan
    return people


def _shaping(people: NDArray[np.float64], area: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    """Per cell the people that shape the units: of the first column with a figure in the area."""
    totals = np.zeros((n, people.shape[1]))
    np.add.at(totals, area, people)
    first = np.argmax(totals > 0, axis=1)
    return np.nan_to_num(people[np.arange(len(area)), first[area]])


def _gather(
    area: NDArray[np.intp], xy: NDArray[np.float64], people: NDArray[np.float64], minimum: int
) -> NDArray[np.float64]:
    """Move people to units close by, so that each unit holds none or at least the minimum."""
    inhabited = np.flatnonzero(people > 0)
    if not (people[inhabited] < minimum).any():
        return people
    at, held = xy[inhabited], people[inhabited]
    group = _merge(area[inhabited], at, held, held, minimum)
    n = group.max() + 1
    mass = np.bincount(group, held, minlength=n)
    centre = np.stack([np.bincount(group, held * c, minlength=n) / mass for c in at.T], axis=1)
    # The host is the unit nearest to the people's centre; ties go to the first unit.
    off = np.round(np.hypot(*(at - centre[group]).T), 6)
    order = np.lexsort((off, group))
    host = order[np.searchsorted(group[order], np.arange(n))]
    gathered = np.where(np.isnan(people), np.nan, 0.0)
    gathered[inhabited[host]] = mass
    return gathered


def _merge(
    area: NDArray[np.intp],
    xy: NDArray[np.float64],
    weight: NDArray[np.float64],
    people: NDArray[np.float64],
    minimum: int,
) -> NDArray[np.intp]:
    """Number of the unit of each place, so that each unit's people are at least the minimum."""
    from scipy.spatial import KDTree

    unit = np.arange(len(area))
    if not len(area):
        return unit
    needs = np.bincount(area, people) >= minimum  # an area without people asks for nothing
    # A third coordinate that is larger than any distance keeps areas apart in one tree.
    height = 10 * (np.ptp(xy, axis=0).max() + 1)
    centre, mass, held, owner = xy.copy(), weight.copy(), people.copy(), area.copy()
    while True:
        small = (held < minimum) & needs[owner]
        if not small.any():
            return unit
        # Only areas that are not finished matter: later rounds concern ever fewer of them.
        busy = np.flatnonzero((np.bincount(owner, small) > 0)[owner])
        places = np.column_stack([centre[busy], owner[busy] * height])
        who = busy[small[busy]]
        near, pair = map(np.asarray, KDTree(places).query(places[small[busy]], k=6))
        pair = np.append(busy, len(owner))[pair]
        # The nearest other unit; of equally near ones (cells lie on a grid) the first, so that the
        # result depends neither on how the tree is built nor on the other areas in it.
        near = np.where(pair == who[:, None], np.inf, np.round(near, 6))
        distance = near.min(axis=1)
        other = np.where(near == distance[:, None], pair, len(owner)).min(axis=1)
        # Keep a proposal when it is the best one at both of its ends; ties by position.
        rank = np.empty(len(who), np.intp)
        rank[np.lexsort((who, distance))] = np.arange(len(who))
        best = np.full(len(owner), len(who))
        np.minimum.at(best, who, rank)
        np.minimum.at(best, other, rank)
        taken = (best[who] == rank) & (best[other] == rank)
        into = np.arange(len(owner))
        into[who[taken]] = other[taken]
        # Numbers without gaps, in the order of the partners that stay.
        label = np.unique(into, return_inverse=True)[1]
        unit = label[unit]
        n = label.max() + 1
        centre = (
            np.stack([np.bincount(label, mass * c, minlength=n) for c in centre.T], axis=1)
            / np.bincount(label, mass, minlength=n)[:, None]
        )
        mass = np.bincount(label, mass, minlength=n).astype(float)
        held = np.bincount(label, held, minlength=n).astype(float)
        fresh = np.zeros(n, np.intp)
        fresh[label] = owner
        owner = fresh
