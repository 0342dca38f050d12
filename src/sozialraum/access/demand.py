"""People at places: area totals on inhabited cells, merged to units that may be published.

A total of a planning area says nothing about where in the area people live. The residents per
100 m cell do: a total is spread over the cells of its area in proportion to residents, as whole
persons (method of the largest remainder, Hamilton), so that every area total is kept exactly. This
assumes an equal share inside an area, which is an assumption and not an observation.

Cells are then merged, inside their area, to units of which each holds at least the minimum of
persons (`sozialraum.access.units`). Solver, tables and page all use these units.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sozialraum.access.units import PREFIX, merge_errors, merge_units
from sozialraum.areas.cells import assign_cells as assign_cells
from sozialraum.errors import InputError

TOPIC = "Verteilung auf Wohnorte"
"""Of the rows for the quality section."""


def largest_remainder(
    totals: ArrayLike, group: ArrayLike, weights: ArrayLike
) -> NDArray[np.float64]:
    """Share out whole persons by weight, so that every group's total is kept exactly.

    Parameters
    ----------
    totals : array of shape (g,)
        Persons per group. Rounded to whole persons first (half to even); NaN stays NaN.
    group : int array of shape (n,)
        Group of each member.
    weights : array of shape (n,)
        Non-negative; a group whose weights are all 0 is shared out evenly.

    Returns
    -------
    numpy.ndarray
        Shape (n,), whole numbers, NaN where the group's total is NaN. Equal remainders go to the
        member that stands first.

    Examples
    --------
    >>> largest_remainder([10, np.nan], [0, 0, 0, 1], [1, 1, 1, 5]).tolist()
    [4.0, 3.0, 3.0, nan]
    """
    totals = np.rint(np.asarray(totals, np.float64))
    group, weights = np.asarray(group, np.intp), np.asarray(weights, np.float64)
    sums = np.bincount(group, weights, minlength=len(totals))
    weights = np.where(sums[group] > 0, weights, 1.0)
    sums = np.bincount(group, weights, minlength=len(totals))
    quota = totals[group] * (weights / sums[group])
    whole = np.floor(quota)
    given = np.bincount(group, np.nan_to_num(whole), minlength=len(totals))
    left = np.nan_to_num(totals) - given
    # Rank members of a group by their remainder; the stable sort keeps the order among equals.
    # Remainders are compared at nine digits so that equal cells are equal on every processor.
    remainder = np.round(quota - whole, 9)
    order = np.lexsort((-np.nan_to_num(remainder), group))
    start = np.searchsorted(group[order], np.arange(len(totals)))
    place = np.empty(len(group))
    place[order] = np.arange(len(group)) - start[group[order]]
    return whole + (place < left[group])


def place_people(
    cells: pd.DataFrame, areas: gpd.GeoDataFrame, targets: Mapping[str, pd.Series]
) -> pd.DataFrame:
    """Spread the area totals of each target group over the cells of the area.

    Parameters
    ----------
    cells : pandas.DataFrame
        Result of `assign_cells`.
    areas : geopandas.GeoDataFrame
        Index `area_id`: the areas that are studied.
    targets : mapping of str to pandas.Series
        Persons per area (index `area_id`) of each target group; NaN or absent = unknown or
        withheld, which places nobody and is not 0.

    Returns
    -------
    pandas.DataFrame
        The cells of `areas` with one column `people_<target>` each, whole persons or NaN, in the
        order area, y, x. An area with people but without an inhabited cell is represented by one
        point inside it (`moved` is NaN there).

    Raises
    ------
    InputError
        A total is negative, or belongs to an area that is not in `areas`.

    Examples
    --------
    >>> import shapely
    >>> areas = gpd.GeoDataFrame(
    ...     geometry=[shapely.box(0, 0, 200, 100), shapely.box(200, 0, 400, 100)],
    ...     index=pd.Index(["01", "02"], name="area_id"), crs="EPSG:25833",
    ... )
    >>> grid = pd.DataFrame({"x": [50, 150], "y": [50, 50], "population": [60, 30]})
    >>> cells = assign_cells(grid, areas)
    >>> place_people(cells, areas, {"everybody": pd.Series({"01": 10, "02": 4})})[
    ...     ["area_id", "x", "y", "people_everybody"]].values.tolist()
    [['01', 50.0, 50.0, 7.0], ['01', 150.0, 50.0, 3.0], ['02', 300.0, 50.0, 4.0]]
    """
    areas = areas.sort_index()
    for name, total in targets.items():
        if unknown := sorted(set(total.index) - set(areas.index)):
            raise InputError(
                f"Target group {name!r} has totals for areas that are not studied",
                where=", ".join(unknown[:5]),
            )
        if (total < 0).any():
            raise InputError(
                f"Target group {name!r} has a negative total",
                where=", ".join(total.index[total < 0][:5]),
            )
    totals = pd.DataFrame(
        {name: total.reindex(areas.index).astype(float) for name, total in targets.items()},
        index=areas.index,
    )
    cells = cells[areas.index.get_indexer(cells["area_id"]) >= 0]
    without_cell = ~areas.index.isin(cells["area_id"].unique())
    bare = totals.index[(totals > 0).any(axis=1) & without_cell]
    if len(bare):
        at = areas.geometry.loc[bare].representative_point()
        points = pd.DataFrame(
            {"area_id": bare, "x": at.x.to_numpy(), "y": at.y.to_numpy(), "population": 1}
        )
        cells = pd.concat([cells, points.assign(moved=np.nan)], ignore_index=True)
    cells = cells.sort_values(["area_id", "y", "x"], ignore_index=True)
    group = areas.index.get_indexer(cells["area_id"])
    for name in targets:
        cells[PREFIX + name] = largest_remainder(totals[name], group, cells["population"])
    return cells


def demand_units(
    cells: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    targets: Mapping[str, pd.Series],
    *,
    minimum_count: int = 3,
) -> gpd.GeoDataFrame:
    """Place the people of all target groups and merge to publishable units.

    See `place_people` and `merge_units` for the parameters and the result; `cells` comes from
    `assign_cells`.

    Parameters
    ----------
    cells : pandas.DataFrame
        Cells with their area, see `assign_cells`.
    areas : geopandas.GeoDataFrame
        Index `area_id`.
    targets : mapping
        Target group -> persons by area.
    minimum_count : int
        Smallest number of persons in a unit.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> areas = gpd.GeoDataFrame(geometry=[box(0, 0, 200, 100)], index=["01"], crs="EPSG:25833")
    >>> cells = pd.DataFrame({"x": [50.0, 150.0], "y": [50.0, 50.0], "population": [30, 10]})
    >>> people = {"everybody": pd.Series({"01": 8.0})}
    >>> units = demand_units(assign_cells(cells, areas), areas, people)
    >>> units["people_everybody"].sum()
    np.float64(8.0)
    """
    placed = place_people(cells, areas, targets)
    return merge_units(placed, minimum_count=minimum_count, crs=areas.crs)


def placement_notes(
    placed: pd.DataFrame,
    units: pd.DataFrame,
    population: pd.Series | None = None,
    *,
    names: Mapping[str, str] | None = None,
) -> list[dict[str, str]]:
    """Rows for the quality section: what was moved, represented by a point, or withheld.

    Parameters
    ----------
    placed, units : pandas.DataFrame
        Results of `place_people` and `merge_units`.
    population : pandas.Series, optional
        Residents per area; areas whose grid differs from it by more than a third are named.
    names : mapping, optional
        Names of the areas by id; an area without one is told by its id alone.

    Returns
    -------
    list of dict
        `topic`, `finding`, `detail` (German).

    Examples
    --------
    >>> placed = pd.DataFrame({"area_id": ["01"], "moved": [0.0], "population": [9]})
    >>> placement_notes(placed, pd.DataFrame(index=["01-1"]))[0]["finding"]
    '1 bewohnte Rasterzellen, 1 Einheiten'
    """

    def named(area: Hashable) -> str:
        name = (names or {}).get(str(area))
        return f"{name} ({area})" if name else str(area)

    on_grid = placed[placed["moved"].notna()]
    moved = on_grid[on_grid["moved"] > 0]
    bare = placed.loc[placed["moved"].isna(), "area_id"]
    rows = [
        {
            "topic": TOPIC,
            "finding": f"{_count(len(on_grid))} bewohnte Rasterzellen,"
            f" {_count(len(units))} Einheiten",
            "detail": "Die Summe jedes Gebiets bleibt erhalten; keine Einheit überschreitet eine"
            " Gebietsgrenze.",
        },
        {
            "topic": TOPIC,
            "finding": f"{_count(len(moved))} Rasterzelle{'n' if len(moved) != 1 else ''}"
            " mit Mittelpunkt außerhalb aller Gebiete",
            "detail": (
                f"Dem nächsten Gebiet zugeordnet, höchstens {moved['moved'].max():.0f} m entfernt."
                if len(moved)
                else "Alle Mittelpunkte liegen in einem Gebiet."
            ),
        },
    ]
    if len(bare):
        rows.append(
            {
                "topic": TOPIC,
                "finding": f"{len(bare)} Gebiet{'e' if len(bare) != 1 else ''} mit Personen, aber"
                " ohne bewohnte Rasterzelle",
                "detail": "Durch einen Punkt im Gebiet vertreten: " + ", ".join(map(named, bare)),
            }
        )
    if population is not None:
        grid = on_grid.groupby("area_id")["population"].sum()
        ratio = grid.reindex(population.index, fill_value=0) / population
        odd = ratio[(population > 0) & ((ratio > 4 / 3) | (ratio < 2 / 3))].round(2)
        if len(odd):
            rows.append(
                {
                    "topic": TOPIC,
                    "finding": "Das Raster weicht um mehr als ein Drittel vom Einwohnerregister ab:"
                    f" {len(odd)} {'Gebiet' if len(odd) == 1 else 'Gebiete'}",
                    "detail": "Personen im Raster geteilt durch Personen im Register: "
                    + "; ".join(f"{named(a)} {_decimal(v)}" for a, v in odd.items()),
                }
            )
    return rows


def merge_notes(
    placed: pd.DataFrame,
    units: pd.DataFrame,
    rooms: pd.DataFrame,
    *,
    radius: float,
    detour: float,
    titles: Mapping[str, str],
) -> list[dict[str, str]]:
    """Row for the quality section: the error that merging makes in what single rooms reach.

    Parameters
    ----------
    placed, units : pandas.DataFrame
        Results of `place_people` and `merge_units`.
    rooms : pandas.DataFrame
        `x`, `y`.
    radius, detour : float
        Walking distance in metres, walked distance / straight line.
    titles : mapping
        What readers call the target groups.

    Returns
    -------
    list of dict
        `topic`, `finding`, `detail` (German); empty where there is nothing to compare.

    Examples
    --------
    >>> from sozialraum.access.units import merge_units
    >>> placed = pd.DataFrame({"area_id": "01", "x": [50.0, 150], "y": 50.0,
    ...                        "population": [20, 20], "people_young": [2.0, 2]})
    >>> room = pd.DataFrame({"x": [50.0], "y": 50.0})
    >>> merge_notes(placed, merge_units(placed), room, radius=70, detour=1.0,
    ...             titles={"young": "Junge"})[0]["detail"][-23:]
    'Junge 50,00 % / 50,00 %'
    """
    columns = [c for c in units.columns if c.startswith(PREFIX) and units[c].sum() > 0]
    if not len(placed) or not len(rooms) or not columns:
        return []
    at = rooms[["x", "y"]].to_numpy(float)
    targets = [c.removeprefix(PREFIX) for c in columns]
    differ = merge_errors(placed, units, at, targets, radius=radius, detour=detour, each=True)
    errors = {target: np.abs(error) for target, error in differ.items()}
    return [
        {
            "topic": TOPIC,
            "finding": "Fehler durch das Zusammenfassen zu Einheiten: im Mittel"
            f" {_percent(np.concatenate(list(errors.values())).mean())} der Zielgruppe je Raum",
            "detail": "Abweichung der Erreichten von den nicht zusammengefassten Rasterzellen,"
            " je Zielgruppe im Mittel / höchstens: "
            + "; ".join(
                f"{titles.get(t, t)} {_percent(e.mean())} / {_percent(e.max())}"
                for t, e in errors.items()
            ),
        }
    ]


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _decimal(value: np.floating | float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _percent(share: np.floating | float) -> str:
    return f"{_decimal(100 * share)} %"
