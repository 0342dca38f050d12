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
    from scipy.spatial import cKDTree

    points, held = np.asarray(xy, dtype=float).reshape(-1, 2), np.asarray(people, dtype=float)
    if held.shape != (len(points),):
        raise InputError(f"Shapes {points.shape} and {held.shape}", expected="(n, 2) and (n,)")
    if ((held > 0) & (held < minimum_count)).any() or (held < 0).any():
        raise InputError(
            f"A unit has fewer than {minimum_count} persons",
            expected="merged units",
            hint="Merge them with sozialraum.access.units.merge_units first",
        )
    living = held > 0
    points, held = points[living], held[living]
    centres = _cells(points, bandwidth, cell, within)
    frame = pd.DataFrame(centres, columns=["x", "y"])
    if len(centres) and len(points):
        tree = cKDTree(centres)
        near = cKDTree(points).sparse_distance_matrix(tree, bandwidth, output_type="ndarray")
        kernel = _quartic(near["v"], bandwidth)
        n = len(centres)
        density = np.bincount(near["j"], held[near["i"]] * kernel, minlength=n)
        frame["behind"] = np.bincount(near["j"], held[near["i"]], minlength=n)
        if within is not None:
            pairs = tree.sparse_distance_matrix(tree, bandwidth, output_type="ndarray")
            mass = np.bincount(pairs["i"], _quartic(pairs["v"], bandwidth), minlength=n) * cell**2
            density = density / np.minimum(mass, 1)
        frame["per_km2"] = density * 1e6
    else:
        frame["behind"] = frame["per_km2"] = 0.0
    shown = frame[(frame["behind"] >= minimum_count) & (frame["per_km2"] > 0)]
    shown = shown[["x", "y", "per_km2", "behind"]].reset_index(drop=True)
    shown.attrs["label"] = LABEL
    return shown


def _quartic(distance: np.ndarray, bandwidth: float) -> np.ndarray:
    inside = np.maximum(1 - (distance / bandwidth) ** 2, 0)
    return 3 / (np.pi * bandwidth**2) * inside**2


def _cells(points: np.ndarray, bandwidth: float, cell: float, within: Any) -> np.ndarray:
    """Centres of the cells within the radius of any point, row by row from south-west."""
    if not len(points):
        return np.zeros((0, 2))
    low = np.floor((points.min(axis=0) - bandwidth) / cell) * cell + cell / 2
    high = points.max(axis=0) + bandwidth
    x, y = (np.arange(low[k], high[k] + cell, cell) for k in (0, 1))
    centres = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    if within is None:
        return centres
    import shapely

    shapely.prepare(within)
    return centres[shapely.contains_xy(within, centres[:, 0], centres[:, 1])]
