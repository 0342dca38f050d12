"""What every printed map is drawn with: fills, borders, marks, names beside them, a legend."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from sozialraum.publish.charts import INK, WORDS, shorten

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

LAND, MISSING, BORDER = "#f4f2ec", "#ffffff", "#8f959c"


class Style(NamedTuple):
    """How one class is drawn: its label, fill and pattern (matplotlib's hatch signs)."""

    label: str
    colour: str
    hatch: str = ""
    ink: str = INK


MARK, SMALL = 6.5, 3  # half the size of what a label must not cover, in points


def draw_marks(
    ax: Axes,
    xy: np.ndarray,
    marker: str,
    points: float,
    face: str,
    edge: str,
    label: str,
    *,
    level: float,
) -> Any:
    """Draw equal marks in one go (a scatter would repeat the shape for each) and give a handle."""
    (line,) = ax.plot(
        xy[:, 0], xy[:, 1], linestyle="", marker=marker, markersize=points, zorder=level,
        markerfacecolor=face, markeredgecolor=edge, markeredgewidth=0.7, label=label,
    )  # fmt: skip
    return line


def rgb(colour: str) -> tuple[float, ...]:
    """A colour like '#8f959c' as red, green and blue from 0 to 1.

    Examples
    --------
    >>> rgb("#ff0000")
    (1.0, 0.0, 0.0)
    """
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


def path_of(geometries: Iterable[Any]) -> Any:
    """One compound path of all polygons with their holes, holes against the sense of shells."""
    from matplotlib.path import Path

    polygons = [p for p in shapely.get_parts(list(geometries)) if p.geom_type == "Polygon"]
    rings: Any = shapely.get_rings(shapely.orient_polygons(polygons)) if polygons else []
    points = [shapely.get_coordinates(ring) for ring in rings]
    if not points:
        return Path(np.empty((0, 2)))
    codes = []
    for ring in points:
        code = np.full(len(ring), Path.LINETO, np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(points), np.concatenate(codes))


def add_patch(ax: Axes, patch: Any) -> None:
    """Add a patch without measuring it: `add_patch` walks along each segment to find the view."""
    ax.add_artist(patch)


def fill_areas(ax: Axes, geometries: np.ndarray, style: Style) -> None:
    """Fill shapes in one look."""
    from matplotlib.patches import PathPatch

    if not len(geometries):
        return
    path = path_of(geometries)
    look: dict[str, Any] = {"linewidth": 0, "clip_on": False}
    add_patch(ax, PathPatch(path, facecolor=style.colour, edgecolor="none", zorder=1, **look))
    if style.hatch:  # matplotlib draws a pattern in the edge's colour, hence a second layer
        look |= {"hatch": style.hatch, "facecolor": "none", "edgecolor": style.ink}
        add_patch(ax, PathPatch(path, zorder=1.5, **look))


def draw_frame(
    ax: Axes, areas: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, *, language: str
) -> None:
    """Borders of areas and regions, scale bar and north arrow; the view fits the areas."""
    from matplotlib.patches import PathPatch

    for frame, colour, width in ((areas, BORDER, 0.35), (regions, INK, 0.9)):
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": colour, "linewidth": width}
        add_patch(ax, PathPatch(path_of(frame.geometry), zorder=2.5, joinstyle="round", **look))
    x0, y0, x1, y1 = areas.total_bounds
    pad = 0.02 * max(x1 - x0, y1 - y0)
    ax.set(xlim=(x0 - pad, x1 + pad), ylim=(y0 - 3 * pad, y1 + pad), aspect="equal")
    ax.set_axis_off()
    step = next(k for k in (50, 20, 10, 5, 2, 1) if k * 1000 <= (x1 - x0) / 3 or k == 1)
    right, base = x0 + step * 1000, y0 - pad
    ax.plot([x0, right], [base, base], color=INK, lw=1.6, solid_capstyle="butt")
    text = WORDS[language]["metres"].format(step)
    write_text(ax, (x0 + right) / 2, base - pad * 0.4, text, size=6.5, va="top")
    north = right + 2 * pad
    draw_marks(ax, np.array([[north, base]]), "^", 5, INK, INK, "", level=7)
    write_text(ax, north, base - pad * 0.8, "N", size=6.5, va="top")


def name_regions(
    ax: Axes,
    regions: gpd.GeoDataFrame,
    *,
    avoid: np.ndarray | None = None,
    small: np.ndarray | None = None,
    most: int = 30,
) -> None:
    """Names inside the regions, away from the points `avoid`; too many names would cover all.

    `small` marks are left free, too, where a region has room enough.
    """
    if len(regions) > most or "name" not in regions:
        return
    shapes = regions.geometry.to_numpy()
    point = metres_per_point(ax)
    none = np.empty((0, 2))
    taken, beside = (
        np.hstack([xy, np.full_like(xy, size)])
        for xy, size in (
            (none if avoid is None else avoid, MARK),
            (none if small is None else small, SMALL),
        )
    )
    for name, shape in zip(regions["name"], shapes, strict=True):
        lines = textwrap.wrap(shorten(str(name), 40), 16, break_long_words=False)[:3]
        half = np.array([0.31 * max(map(len, lines), default=0), 0.6 * len(lines)]) * 6.5
        free = free_part(shape, taken, half, point)
        x, y = point_inside(free_part(free, beside, half, point))
        write_text(ax, x, y, "\n".join(lines), size=6.5, box=True, level=7)
        taken = np.vstack([taken, [x, y, *half]])


def free_part(shape: Any, taken: np.ndarray, half: np.ndarray, point: float) -> Any:
    """Where the middle of a text may lie so that it covers nothing; all of `shape` if nowhere.

    `taken` has the middle (metres) and half the size (points) of what must not be covered, `half`
    is half the size of the text in points; `point` metres are a point.
    """
    x, y = taken[:, 0], taken[:, 1]
    dx, dy = point * (taken[:, 2] + half[0]), point * (taken[:, 3] + half[1])
    boxes = np.stack([x - dx, y - dy, x + dx, y + dy], axis=1)
    x0, y0, x1, y1 = shape.bounds
    boxes = boxes[
        ((boxes < (x1, y1, np.inf, np.inf)) & (boxes > (-np.inf, -np.inf, x0, y0))).all(1)
    ]
    if not len(boxes):
        return shape
    free = shapely.difference(shape, shapely.union_all(shapely.box(*boxes.T)))
    return shape if shapely.area(free) < point**2 else free


def metres_per_point(ax: Axes) -> float:
    """Metres of the map that a point of print stands for."""
    box = ax.get_window_extent()
    metres = max(np.ptp(ax.get_xlim()) / box.width, np.ptp(ax.get_ylim()) / box.height)
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(metres * figure.dpi / 72)


def point_inside(geometry: Any) -> tuple[float, float]:
    """The point farthest from the border, to a fifth of what the size of the shape asks for."""
    size = float(np.sqrt(max(geometry.area, 1.0)))
    line = shapely.maximum_inscribed_circle(shapely.simplify(geometry, size / 50), size / 20)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def write_text(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    weight: str = "normal",
    colour: str = INK,
    va: str = "center",
    box: bool = False,
    level: float = 7,
) -> None:
    """Write a text around a point; `box`: on a light ground."""
    look: dict[str, Any] = {"fontsize": size, "fontweight": weight, "color": colour}
    if box:
        look["bbox"] = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6}
    ax.text(x, y, text, ha="center", va=va, zorder=level, parse_math=False, linespacing=0.95,
            clip_on=False, **look)  # fmt: skip


def swatch(style: Style) -> Any:
    """A legend entry; pattern and border are drawn in the pattern's ink."""
    from matplotlib.patches import Patch

    look: dict[str, Any] = {"hatch": style.hatch * 2} if style.hatch else {}
    edge = style.ink if style.hatch else "#8f959c"
    return Patch(facecolor=style.colour, edgecolor=edge, linewidth=0.6, label=style.label, **look)


def draw_legend(ax: Axes, handles: Sequence[Any], spacing: float = 0.8) -> None:
    """A legend beside the map; none without handles."""
    if not handles:
        return
    legend = ax.legend(
        handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False,
        fontsize=7, labelspacing=spacing, handlelength=1.8, handleheight=1.4, borderaxespad=0.4,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_text("\n".join(textwrap.fill(p, 27) for p in text.get_text().split("\n")))
