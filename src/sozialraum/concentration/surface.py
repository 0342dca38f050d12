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
    from numpy.typing import ArrayLike

LABEL = "Modell: gleicher Anteil im ganzen Planungsraum"
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
