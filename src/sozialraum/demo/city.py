"""The ground plan of Musterstadt: river, streets, blocks, and what the land is used for.

The plan is drawn in kilometres around the town hall with straight streets, cut into building
blocks, and then bent by a smooth displacement, so that streets curve together and every border
stays shared. Planning areas are unions of blocks (`sozialraum.demo.districts`), which is why their
borders follow streets and the river and why they cover the city without gaps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

ORIGIN = np.array([326_000.0, 5_873_000.0])
"""EPSG:25833 of the town hall. The place is farmland; the city on it is invented."""

_RADIALS = {
    "Nordallee": (84, 0.6),
    "Ziegeleistraße": (48, -0.5),
    "Kupferdamm": (14, 0.5),
    "Südbahnstraße": (-27, -0.4),
    "Lindentaler Straße": (-92, 0.4),
    "Steinbrucher Chaussee": (-58, 0.5),
    "Heidelandstraße": (-127, -0.5),
    "Auenallee": (-163, 0.4),
    "Speicherstraße": (163, -0.3),
    "Mühlrader Straße": (124, 0.5),
}
_RINGS = {"Wallring": (1.25, 0, 360), "Gürtelstraße": (3.0, 0, 360), "Außenring": (5.0, -150, 95)}
_HARBOUR = (-3.3, 0.0, 0.8, 0.36)


@dataclass(frozen=True)
class City:
    """Blocks with their land use, and the lines between them.

    Attributes
    ----------
    blocks : numpy.ndarray of Polygon
        Building blocks, an exact coverage, metres in EPSG:25833.
    xy : numpy.ndarray, shape (n, 2)
        Block centroids in kilometres from the town hall.
    use : numpy.ndarray of str
        forest, lake, park, industry, estate, villa, centre or homes.
    left, right : numpy.ndarray of int
        Blocks on both sides of each edge, -1 outside the city.
    edges : numpy.ndarray of LineString
        The lines between blocks.
    barrier : numpy.ndarray of float
        How much an edge separates: 0 a side street, 1 a main street, 2 a railway, 8 the river.
    lines : dict
        Name -> LineString of main streets, river and railways.
    water : dict
        Name -> Polygon of river and lake.
    """

    blocks: np.ndarray
    xy: np.ndarray
    use: np.ndarray
    left: np.ndarray
    right: np.ndarray
    edges: np.ndarray
    barrier: np.ndarray
    lines: dict[str, Any] = field(default_factory=dict)
    water: dict[str, Any] = field(default_factory=dict)


def build(rng: np.random.Generator) -> City:
    """Draw the city.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    City
    """
    outline = _outline()
    plan = {name: line.intersection(outline) for name, line in _plan_lines().items()}
    plan = {name: line for name, line in plan.items() if not line.is_empty}
    main = shapely.union_all([outline.exterior, *plan.values()], grid_size=1e-4)
    quarters = shapely.get_parts(shapely.polygonize(shapely.get_parts(main)))
    side = [_side_streets(q, rng) for q in quarters]
    noded = shapely.union_all([main, *side], grid_size=1e-4)
    straight = shapely.get_parts(shapely.line_merge(noded))
    edges = _bend(shapely.segmentize(straight, 0.12))
    blocks = shapely.get_parts(shapely.polygonize(edges))
    blocks = blocks[np.lexsort(shapely.get_coordinates(shapely.centroid(blocks)).T)]
    left, right = _sides(blocks, edges)
    keep = left != right  # dead ends have the same block on both sides
    edges, straight, left, right = edges[keep], straight[keep], left[keep], right[keep]
    xy = (shapely.get_coordinates(shapely.centroid(blocks)) - ORIGIN) / 1000
    lines = {name: _bend(shapely.segmentize(line, 0.06)) for name, line in plan.items()}
    use = _land_use(xy)
    return City(blocks, xy, use, left, right, edges, _barrier(straight, plan), lines, _water(lines))


def _outline() -> Any:
    theta = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    r = 6.2 * (
        1
        + 0.07 * np.sin(2 * theta + 0.4)
        + 0.05 * np.sin(3 * theta + 2)
        + 0.03 * np.sin(7 * theta)
        + 0.02 * np.sin(13 * theta + 1)
        + 0.015 * np.sin(19 * theta + 2) * np.sin(2 * theta)
        + 0.008 * np.sin(31 * theta) * np.cos(theta + 1)
    )
    return shapely.Polygon(np.column_stack([1.18 * r * np.cos(theta), 0.95 * r * np.sin(theta)]))


def _plan_lines() -> dict[str, Any]:
    """Main streets, river and railways in plan coordinates."""
    x = np.linspace(-9, 9, 120)
    lines = {
        "Muster": shapely.LineString(
            np.column_stack([x, 0.75 + 0.75 * np.sin(x / 2.1 + 0.6) + 0.3 * np.sin(x / 0.75)])
        ),
        "Nordsüdbahn": shapely.LineString(
            np.column_stack([0.35 * x + 1.2 + 0.3 * np.sin(x / 2), 0.9 * x])
        ),
        "Westbahn": shapely.LineString(
            np.column_stack([x, -1.9 + 0.13 * x + 0.35 * np.sin(x / 3)])
        ),
    }
    r = np.linspace(0.55, 9.5, 60)
    for name, (degrees, curve) in _RADIALS.items():
        angle = np.radians(degrees) + curve * 0.35 * np.sin(r / 2.6)
        lines[name] = shapely.LineString(np.column_stack([r * np.cos(angle), r * np.sin(angle)]))
    for name, (radius, start, end) in _RINGS.items():
        t = np.radians(np.linspace(start, end, 120))
        wobble = radius * (1 + 0.06 * np.sin(3 * t + radius))
        lines[name] = shapely.LineString(
            np.column_stack([1.12 * wobble * np.cos(t), wobble * np.sin(t)])
        )
    t = np.linspace(0, 2 * np.pi, 40)
    lines["Altstadtring"] = shapely.LineString(np.column_stack([0.6 * np.cos(t), 0.5 * np.sin(t)]))
    return lines


def _side_streets(quarter: Any, rng: np.random.Generator) -> Any:
    """A grid of side streets along a quarter's longest direction, cross streets staggered."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(quarter))[:4]
    along = corners[1] - corners[0]
    if np.hypot(*along) < np.hypot(*(corners[2] - corners[1])):
        along = corners[2] - corners[1]
    along = along / np.hypot(*along)
    across = np.array([-along[1], along[0]])
    ring = shapely.get_coordinates(quarter)
    u, v = ring @ along, ring @ across
    growth = 1 + 0.13 * np.hypot(*ring.mean(axis=0))
    rows = v.min() + np.cumsum(rng.uniform(0.12, 0.2, 80)) * growth
    rows = rows[rows < v.max()]
    segments = [((u.min(), r), (u.max(), r)) for r in rows]
    levels = np.array([v.min(), *rows, v.max()])
    first = 0
    while first < len(levels) - 1:  # cross streets run through a few rows, then are staggered
        last = min(first + int(rng.integers(2, 6)), len(levels) - 1)
        steps = u.min() + np.cumsum(rng.uniform(0.17, 0.36, 80)) * growth
        ends = levels[first], levels[last]
        segments += [((s, ends[0]), (s, ends[1])) for s in steps[steps < u.max()]]
        first = last
    if not segments:
        return shapely.MultiLineString()
    lines = shapely.linestrings(np.array(segments) @ np.array([along, across]))
    return shapely.intersection(shapely.MultiLineString(list(lines)), quarter)


def _bend(lines: Any) -> Any:
    """Plan kilometres to EPSG:25833 metres, displaced smoothly, rounded to a decimetre."""

    def displace(p: np.ndarray) -> np.ndarray:
        x, y = p.T
        dx = (
            0.22 * np.sin(y / 1.3 + 0.7)
            + 0.12 * np.sin(x / 0.9 + y / 1.7)
            + 0.03 * np.sin(y / 0.28)
        )
        dy = (
            0.2 * np.sin(x / 1.5 + 1.1) + 0.12 * np.sin(y / 1.1 - x / 2.1) + 0.03 * np.sin(x / 0.31)
        )
        return np.round(ORIGIN + 1000 * np.column_stack([x + dx, y + dy]), 1)

    return shapely.transform(lines, displace)


def _sides(blocks: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Block left and right of each edge, found from points just beside its middle."""
    half = shapely.length(edges) / 2
    a = shapely.get_coordinates(shapely.line_interpolate_point(edges, half - 0.05))
    b = shapely.get_coordinates(shapely.line_interpolate_point(edges, half + 0.05))
    normal = np.column_stack([a[:, 1] - b[:, 1], b[:, 0] - a[:, 0]])
    normal *= 0.01 / np.maximum(np.hypot(*normal.T), 1e-6)[:, None]  # a loop may close on itself
    tree = shapely.STRtree(blocks)
    sides = []
    for sign in (1, -1):
        at, block = tree.query(shapely.points((a + b) / 2 + sign * normal), predicate="within")
        found = np.full(len(edges), -1)
        found[at] = block
        sides.append(found)
    return sides[0], sides[1]


def _barrier(straight: np.ndarray, plan: dict[str, Any]) -> np.ndarray:
    middle = shapely.line_interpolate_point(straight, 0.5, normalized=True)
    barrier = np.zeros(len(straight))
    for name, line in plan.items():
        weight = 8.0 if name == "Muster" else 2.0 if name.endswith("bahn") else 1.0
        barrier = np.where(
            shapely.dwithin(middle, line, 2e-3), np.maximum(barrier, weight), barrier
        )
    return barrier


def _ellipse(xy: np.ndarray, cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
    """Distance from an ellipse's centre, 1 on its rim; the rim wavers a little."""
    dx, dy = (xy[:, 0] - cx) / rx, (xy[:, 1] - cy) / ry
    angle = np.arctan2(dy, dx)
    return np.hypot(dx, dy) * (1 + 0.1 * np.sin(3 * angle + cx) + 0.06 * np.sin(5 * angle + cy))


LAKE = (-5.55, -2.35, 0.55, 1.05)
_FORESTS = ((-6.1, -2.6, 1.75, 2.0), (5.9, 3.4, 1.5, 1.3))
_PARKS = {
    "Stadtpark": (-1.75, -0.75, 0.5, 0.32),
    "Lindenhain": (-2.9, -3.6, 0.42, 0.35),
    "Volksgarten": (2.3, 2.3, 0.45, 0.4),
    "Rosenwiesen": (3.4, -1.3, 0.5, 0.3),
    "Nordfriedhof": (-1.2, 3.6, 0.35, 0.3),
    "Schlossgarten": (0.75, -0.35, 0.22, 0.2),
    "Gänseanger": (0.4, -4.5, 0.45, 0.3),
    "Steinbruchpark": (4.9, -3.0, 0.5, 0.4),
}
_ESTATES = (
    (-3.75, -2.75, 0.7, 0.5),
    (-1.3, -4.4, 0.7, 0.45),
    (4.6, 1.3, 0.6, 0.45),
    (1.6, 4.4, 0.55, 0.4),
)
_VILLAS = (
    (-4.35, -1.2, 0.85, 0.6),
    (-4.6, -3.9, 0.7, 0.6),
    (4.2, 3.2, 0.8, 0.7),
    (-3.6, 3.6, 0.8, 0.6),
)
_INDUSTRY = (_HARBOUR, (2.1, -3.0, 0.75, 0.45), (5.9, -0.6, 0.7, 0.5), (3.2, 4.6, 0.4, 0.4))


def _land_use(xy: np.ndarray) -> np.ndarray:
    use = np.full(len(xy), "homes", dtype="U8")
    use[np.hypot(*xy.T) < 0.75] = "centre"
    for name, shapes in (
        ("villa", _VILLAS),
        ("estate", _ESTATES),
        ("industry", _INDUSTRY),
        ("park", _PARKS.values()),
        ("forest", _FORESTS),
    ):
        for shape in shapes:
            use[_ellipse(xy, *shape) < 1] = name
    use[_ellipse(xy, *LAKE) < 0.7] = "lake"
    return use


def _water(lines: dict[str, Any]) -> dict[str, Any]:
    t = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    cx, cy, rx, ry = LAKE
    wobble = 1 + 0.12 * np.sin(2 * t + 1) + 0.09 * np.sin(3 * t) + 0.03 * np.sin(8 * t)
    rim = np.column_stack([cx + rx * wobble * np.cos(t), cy + ry * wobble * np.sin(t)])
    lake = shapely.Polygon(np.round(ORIGIN + 1000 * rim))
    river = lines["Muster"].buffer(38, quad_segs=3)
    return {"Muster": river, "Erlensee": lake}
