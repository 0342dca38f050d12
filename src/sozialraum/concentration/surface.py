"""A smoothed surface of where recipients live, below the planning area.

Nobody publishes recipients below the planning area. The surface is a model: each area's recipients
are spread over its inhabited cells as if the share were the same everywhere in the area, merged to
units that hold at least the minimum of persons, and smoothed. It shows where people with benefits
are likely to live close together, not in which house.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

LABEL = "Modell: gleicher Anteil im ganzen Gebiet"
"""Must stand beside every picture of the surface."""


def kernel_surface(
    xy: ArrayLike,
    people: ArrayLike,
    *,
    bandwidth: float = 500.0,
    cell: float = 100.0,
    minimum_count: int = 3,
    within: Any = None,
) -> pd.DataFrame:
    """Recipients per km², smoothed from units that may be published.

    Quartic kernel ``3 / (π h²) · (1 − d² / h²)²`` for d < h (Silverman 1986, Density Estimation,
    4.5). With `within`, each value is divided by the part of the kernel inside (Diggle 1985,
    Applied Statistics 34, 138–147): otherwise the surface would fall towards the border, beyond
    which nobody was counted.

    Parameters
    ----------
    xy : array of shape (n, 2)
        Points of the merged units (`sozialraum.access.units.merge_units`), metres.
    people : array of shape (n,)
        Recipients of each unit: 0, NaN (withheld, takes no part) or at least `minimum_count`.
    bandwidth : float
        Kernel radius h in metres.
    cell : float
        Width of a cell in metres.
    minimum_count : int
        Least number of persons within the radius behind a shown value.
    within : shapely geometry, optional
        Only cells whose centre lies inside; same CRS.

    Returns
    -------
    pandas.DataFrame
        `x`, `y` (centres on multiples of `cell`, metres), `per_km2`, `behind` (persons within the
        radius), only cells with a value; ``attrs["label"]`` is `LABEL`.

    Raises
    ------
    InputError
        A unit below the minimum, or shapes that differ.

    Examples
    --------
    >>> shown = kernel_surface([[50, 50]], [10], bandwidth=300)
    >>> round(shown["per_km2"].sum() * 0.01), int(shown["behind"].min())
    (10, 10)
    """
    points, held = np.asarray(xy, dtype=float).reshape(-1, 2), np.asarray(people, dtype=float)
    if held.shape != (len(points),):
        raise InputError(f"Shapes {points.shape} and {held.shape}", expected="(n, 2) and (n,)")
    if ((held > 0) & (held < minimum_count)).any() or (held < 0).any():
        raise InputError(
            f"A unit has fewer than {minimum_count} persons",
            expected="merged units",
            hint="Merge them with sozialraum.access.units.merge_units first",
        )
    points, held = points[held > 0], held[held > 0]
    density, behind, centres = _spread(points, held, bandwidth, cell)
    shown = behind >= minimum_count
    if within is not None and len(held):
        inside, mass = _inside(within, centres, bandwidth, cell)
        density, shown = density / np.where(inside, mass, 1), shown & inside
    frame = pd.DataFrame(
        {
            "x": centres[..., 0][shown],
            "y": centres[..., 1][shown],
            "per_km2": density[shown] * 1e6,
            "behind": behind[shown],
        }
    )
    frame.attrs["label"] = LABEL
    return frame


def surface_units(
    cells: pd.DataFrame,
    units: pd.DataFrame,
    *,
    people: str = "people_everybody",
    crs: str,
    grid_crs: str = "EPSG:3035",
    bandwidth: float = 500.0,
    cell: float = 100.0,
    minimum_count: int = 3,
    within: Any = None,
) -> gpd.GeoDataFrame:
    """The surface on the merged units: each a shape of whole grid cells with one value.

    The value of a unit is the mean of `kernel_surface` over its cells. It is computed from the
    merged units alone: whoever has the units can compute the surface, and nobody learns more from
    it than from them.

    Parameters
    ----------
    cells : pandas.DataFrame
        `unit_id` and `x`, `y` (centre, metres) of every inhabited cell of a grid in `grid_crs`.
        A point that is no cell of it (it stands for an area without cells) is left out.
    units : pandas.DataFrame
        Index `unit_id`; `area_id`, `x`, `y` and `people`, persons: NaN, 0 or at least the minimum.
    people : str
        Column of `units`.
    crs, grid_crs : str
        Metric CRS of the coordinates; CRS in which the cells are squares.
    bandwidth, cell, minimum_count, within
        See `kernel_surface`; `cell` is the cells' width.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `unit_id`, only units with people: `area_id`, `per_km2`, `behind` (persons within the
        radius, the smallest number over the unit's cells, at least those of the unit), shapes in
        `crs` with corners on whole metres; ``attrs["label"]`` is `LABEL`.

    Raises
    ------
    InputError
        A unit below the minimum, or a cell of a unit that is unknown.

    Examples
    --------
    >>> cells = pd.DataFrame({"unit_id": "a-001", "x": [389950.0, 390050], "y": 5819050.0})
    >>> units = pd.DataFrame({"area_id": ["a"], "x": [390000], "y": [5819050],
    ...                       "people_everybody": [9.0]}, index=["a-001"])
    >>> shown = surface_units(cells, units, crs="EPSG:25833", grid_crs="EPSG:25833")
    >>> shown["behind"].tolist(), float(shown.area.sum())
    ([9], 20000.0)
    """
    import geopandas as gpd
    import shapely

    xy, held = units[["x", "y"]].to_numpy(float), units[people].to_numpy(float)
    raster = kernel_surface(
        xy, held, bandwidth=bandwidth, cell=cell, minimum_count=minimum_count, within=within
    )
    if unknown := sorted(set(cells["unit_id"]) - set(units.index)):
        raise InputError(f"Cells of units that do not exist: {', '.join(unknown[:3])}")
    inhabited = units.index[held > 0]
    shapes, on_grid = _squares(cells[["x", "y"]].to_numpy(float), cell, crs, grid_crs)
    held_by = (cells["unit_id"].isin(inhabited) & on_grid).to_numpy()
    used, shapes = cells[held_by], shapes[held_by]
    at = pd.MultiIndex.from_arrays([np.floor(used[c].to_numpy() / cell) for c in ("x", "y")])
    values = raster[["per_km2", "behind"]].set_axis(
        pd.MultiIndex.from_arrays([np.floor(raster[c].to_numpy() / cell) for c in ("x", "y")])
    )
    values = values.reindex(at).set_axis(pd.Index(used["unit_id"], name="unit_id"))
    known = values["per_km2"].notna().to_numpy()
    grouped = values[known].groupby(level=0, sort=True)
    frame = grouped["per_km2"].mean().to_frame()
    own = pd.Series(held, units.index).reindex(frame.index)
    frame["behind"] = np.maximum(grouped["behind"].min(), own).round().astype(int)
    frame.insert(0, "area_id", units["area_id"].reindex(frame.index))
    names, shapes = used["unit_id"].to_numpy()[known], shapes[known]
    order = np.argsort(names, kind="stable")
    parts = np.split(shapes[order], np.unique(names[order], return_index=True)[1][1:])
    merged = [shapely.coverage_union_all(part) for part in parts] if len(frame) else []
    result = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(merged, frame.index, crs=crs), crs=crs)
    result.attrs["label"] = LABEL
    return result


def surface_classes(per_km2: ArrayLike, steps: int = 5) -> list[tuple[float, float]]:
    """Classes of equal width, the last one open, that hold at least one value.

    Parameters
    ----------
    per_km2 : array of shape (n,)
        Values of 0 and more; NaN takes no part.
    steps : int
        At most so many classes; their width is 1, 2 or 5 times a power of ten, so that the open
        class holds about a tenth of the values.

    Returns
    -------
    list of tuple
        `least` and `below` of each class, from low to high; `below` of the last one is NaN.

    Examples
    --------
    >>> surface_classes([30.0, 120, 410])
    [(0.0, 100.0), (100.0, 200.0), (400.0, nan)]
    """
    values = np.asarray(per_km2, dtype=float)
    values = values[np.isfinite(values)]
    top = float(np.quantile(values, 0.9)) if len(values) else 0.0
    if top <= 0:
        return []
    size = 10.0 ** np.floor(np.log10(top / steps))
    width = float(next(int(m * size) or 1 for m in (1, 2, 5, 10) if m * size * steps >= top))
    band = np.minimum(values // width, steps - 1).astype(int)
    ends = [(k * width, (k + 1) * width if k + 1 < steps else np.nan) for k in range(steps)]
    return [ends[k] for k in np.unique(band)]


def surface_bands(surface: gpd.GeoDataFrame, steps: int = 5) -> gpd.GeoDataFrame:
    """Units of the surface in classes of equal width, the last one open, each one shape.

    Parameters
    ----------
    surface : geopandas.GeoDataFrame
        From `surface_units`.
    steps : int
        At most so many, see `surface_classes`.

    Returns
    -------
    geopandas.GeoDataFrame
        RangeIndex, from thin to dense: `least`, `below` (persons per km²; NaN: open), `geometry`.
        Empty for an empty surface; a class without units is left out.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> shapes = [shapely.box(x, 0, x + 100, 100) for x in (0, 100, 200)]
    >>> made = gpd.GeoDataFrame({"per_km2": [30.0, 120, 410]}, geometry=shapes, crs=25833)
    >>> surface_bands(made)[["least", "below"]].values.tolist()
    [[0.0, 100.0], [100.0, 200.0], [400.0, nan]]
    """
    import geopandas as gpd
    import shapely

    values = np.round(surface["per_km2"].to_numpy(float))  # as published: whole persons
    rows, shapes = surface_classes(values, steps), []
    for least, below in rows:
        held = (values >= least) & ~(values >= below)  # an open class has no upper end
        shapes.append(shapely.coverage_union_all(surface.geometry.to_numpy()[held]))
    bands = pd.DataFrame(rows, columns=["least", "below"], dtype=float)
    return gpd.GeoDataFrame(bands, geometry=gpd.GeoSeries(shapes, crs=surface.crs))


def _squares(
    centres: np.ndarray, width: float, crs: str, grid_crs: str
) -> tuple[np.ndarray, np.ndarray]:
    """Cells of a grid as polygons in another CRS, and which points are the middle of a cell.

    Neighbours share their corners exactly.
    """
    import pyproj
    import shapely

    there = pyproj.Transformer.from_crs(crs, grid_crs, always_xy=True)
    # Middle points of a grid lie on whole metres there; what is lost on the way is below a metre.
    middle = np.rint(np.column_stack(there.transform(centres[:, 0], centres[:, 1])))
    turn = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * width / 2
    corners = (middle[:, None, :] + turn).reshape(-1, 2)
    x, y = there.transform(corners[:, 0], corners[:, 1], direction="INVERSE")
    rings = np.rint(np.column_stack([x, y])).reshape(-1, 4, 2)
    on_grid = (middle % width == width / 2).all(axis=1)
    return shapely.polygons(rings), on_grid


def _quartic(distance: np.ndarray, bandwidth: float) -> np.ndarray:
    inside = np.maximum(1 - (distance / bandwidth) ** 2, 0)
    return 3 / (np.pi * bandwidth**2) * inside**2


def _spread(
    points: np.ndarray, held: np.ndarray, bandwidth: float, cell: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Persons per m² and within the radius of each cell (ny, nx), and the cells' centres."""
    if not len(points):
        return np.zeros((0, 0)), np.zeros((0, 0)), np.zeros((0, 0, 2))
    reach = int(np.ceil(bandwidth / cell)) + 1
    first = np.floor(points.min(axis=0) / cell).astype(int) - reach
    column, row = (np.floor(points / cell).astype(int) - first).T
    nx, ny = column.max() + reach + 1, row.max() + reach + 1
    x, y = ((np.arange(n) + first[k] + 0.5) * cell for k, n in ((0, nx), (1, ny)))
    steps = np.arange(-reach, reach + 1)
    columns, rows = column[:, None] + steps, row[:, None] + steps
    away = np.hypot((x[columns] - points[:, :1])[:, None, :], (y[rows] - points[:, 1:])[:, :, None])
    at = (rows[:, :, None] * nx + columns[:, None, :]).ravel()
    weight = held[:, None, None]
    density = np.bincount(at, (weight * _quartic(away, bandwidth)).ravel(), minlength=nx * ny)
    behind = np.bincount(at, (weight * (away < bandwidth)).ravel(), minlength=nx * ny)
    centres = np.stack(np.meshgrid(x, y), axis=-1)
    return density.reshape(ny, nx), behind.reshape(ny, nx), centres


def _inside(
    within: Any, centres: np.ndarray, bandwidth: float, cell: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cells inside, and the part of each cell's kernel that lies inside."""
    import shapely
    from scipy.ndimage import correlate

    shapely.prepare(within)
    inside = shapely.contains_xy(within, centres[..., 0], centres[..., 1])
    steps = np.arange(-(bandwidth // cell), bandwidth // cell + 1) * cell
    kernel = _quartic(np.hypot(steps[:, None], steps), bandwidth)
    mass = correlate(inside.astype(float), kernel / kernel.sum(), mode="constant")
    return inside, np.clip(mass, 1e-9, 1)
