"""Geometry for the page: simplified as a coverage, in whole metres from a local origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely

Rings = list[list[list[int]]]  # polygon -> ring -> first point, then steps: [x, y, dx, dy, ...]


def simplify_coverage(geometries: Sequence[Any], tolerance: float = 10.0) -> np.ndarray:
    """Simplify polygons that share borders, so that shared borders stay shared.

    Visvalingam and Whyatt (1993), as applied to coverages by GEOS: a vertex goes if the triangle
    with its neighbours is smaller than `tolerance` squared.

    Parameters
    ----------
    geometries : sequence of shapely polygons
        Metric coordinates; polygons of a coverage, so without overlaps.
    tolerance : float
        Metres.

    Returns
    -------
    numpy.ndarray of geometries, in the same order; a geometry that is missing stays missing.

    Examples
    --------
    >>> a, b = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)
    >>> [g.area for g in simplify_coverage([a, b])]
    [10000.0, 10000.0]
    """
    shapes = np.asarray(geometries, dtype=object)
    if len(shapes) == 0:
        return shapes
    return np.asarray(shapely.coverage_simplify(shapes, tolerance), dtype=object)


def rings(geometry: Any, origin: tuple[int, int]) -> Rings:
    """Coordinates of a polygon or multipolygon as whole metres, each ring as start and steps.

    Points that fall onto the one before them are left out; a missing geometry gives no rings.

    Examples
    --------
    >>> rings(shapely.box(10, 20, 13, 25), (10, 20))
    [[[3, 0, 0, 5, -3, 0, 0, -5]]]
    """
    polygons = [g for g in shapely.get_parts(geometry) if shapely.get_type_id(g) == 3]
    out: Rings = []
    for polygon in polygons:
        lines = [polygon.exterior, *polygon.interiors]
        encoded = [steps(shapely.get_coordinates(line)[:-1], origin) for line in lines]
        if len(encoded[0]) >= 6:
            out.append([line for line in encoded if len(line) >= 6])
    return out


def lines(geometry: Any, origin: tuple[int, int]) -> list[list[int]]:
    """Coordinates of a line or multiline, encoded like `rings`.

    Examples
    --------
    >>> lines(shapely.LineString([(10, 20), (13, 25)]), (10, 20))
    [[0, 0, 3, 5]]
    """
    parts = [g for g in shapely.get_parts(geometry) if shapely.get_type_id(g) in (1, 2)]
    return [steps(shapely.get_coordinates(part), origin) for part in parts]


def steps(coordinates: np.ndarray, origin: tuple[int, int]) -> list[int]:
    """First point and the steps between points, in whole metres from the origin.

    Parameters
    ----------
    coordinates : numpy.ndarray
        Shape (n, 2), metres.
    origin : tuple of int
        Point that becomes (0, 0).

    Returns
    -------
    list of int
    """
    xy = np.rint(coordinates).astype(np.int64) - np.asarray(origin)
    keep = np.ones(len(xy), bool)
    keep[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    xy = xy[keep]
    return np.vstack([xy[:1], np.diff(xy, axis=0)]).ravel().tolist()


def label_points(geometries: Iterable[Any], origin: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Where a label stands best: centre (x, y) and radius of the largest circle inside, metres.

    Examples
    --------
    >>> label_points([shapely.box(0, 0, 100, 40)], (0, 0))[0][2]
    20
    """
    circles = shapely.maximum_inscribed_circle(np.asarray(list(geometries), dtype=object), 10)
    centre = shapely.get_coordinates(shapely.get_point(circles, 0)) - np.asarray(origin)
    radius = shapely.length(circles)
    return [(round(x), round(y), round(r)) for (x, y), r in zip(centre, radius, strict=True)]
