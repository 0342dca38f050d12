"""Maps for print, as functions that draw into a given matplotlib `Axes`.

They take plain frames with geometries in the metric CRS of the study, read no files, and touch no
global state of pyplot. What they show is legible in grey: a class has a lightness and, where it
matters, a pattern; an area that is not rated is never coloured like a low value.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from sozialraum.publish import numbers
from sozialraum.publish.charts import ACCENT, HIGHLIGHT, INK, SEQUENCE, WORDS, shorten

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

LAND, MISSING, BORDER = "#f4f2ec", "#ffffff", "#8f959c"
QUOTIENTS = (0.5, 0.8, 1.25, 1.75)  # limits of the five classes, in multiples of the mean


class Style(NamedTuple):
    """How one class is drawn: its label, fill and pattern (matplotlib's hatch signs)."""

    label: str
    colour: str
    hatch: str = ""
    ink: str = INK


STATUS = {
    "hoch": Style("hoch", SEQUENCE[0]),
    "mittel": Style("mittel", SEQUENCE[1]),
    "niedrig": Style("niedrig", SEQUENCE[3]),
    "sehr niedrig": Style("sehr niedrig", SEQUENCE[4], "///", "#dbe8f5"),
}
DYNAMICS = {
    "positiv": Style("positiv", "#cfe3d0", "--", "#3f7a55"),
    "stabil": Style("stabil", "#f1efe6"),
    "negativ": Style("negativ", "#c9622f", "\\\\\\", "#fbe6da"),
    "nicht bestimmbar (Maskierung)": Style("nicht bestimmbar", "#ffffff", "xxx", "#8a8f96"),
}
CLUSTERS = {
    "Konzentration": Style("Konzentration", SEQUENCE[4], "///", "#dbe8f5"),
    "einzeln hoch": Style("einzeln hoch", SEQUENCE[3]),
    "einzeln niedrig": Style("einzeln niedrig", "#efe3c8", "\\\\\\", "#a8873f"),
    "niedrige Umgebung": Style("niedrige Umgebung", "#dcc594"),
    "unauffällig": Style("unauffällig", LAND),
}


def cluster_styles(roles: Iterable[str]) -> dict[str, Style]:
    """The looks of the roles that occur, in the order of the legend; unknown roles are grey."""
    found = list(roles)
    known = {role: style for role, style in CLUSTERS.items() if role in found}
    return known | {role: Style(role, "#d5d2c8") for role in found if role not in CLUSTERS}


def simplified(frame: gpd.GeoDataFrame, tolerance: float = 15.0) -> gpd.GeoDataFrame:
    """Thin out borders for print; borders that areas share stay shared.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Polygons in a metric CRS.
    tolerance : float
        Metres; 15 m are 0.1 mm on a district map on A4.
    """
    out = frame.copy()
    out["geometry"] = shapely.coverage_simplify(frame.geometry.to_numpy(), tolerance)
    return out


def share_map(
    ax: Axes,
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    *,
    mean: float,
    language: str = "de",
) -> None:
    """Draw the share of recipients in five classes around the region's mean.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    areas, regions : geopandas.GeoDataFrame
        `areas.share` (fraction; NaN is drawn as not published); `regions.name` are the labels.
    mean : float
        Share of the whole study region, the reference of the classes.
    """
    words = WORDS[language]
    keys = ("far_below", "below", "near", "above", "far_above")
    limits = [numbers.percent(q * mean, language=language) for q in QUOTIENTS]
    ranges = [words["less_than"].format(limits[0])]
    ranges += [words["between"].format(a, b) for a, b in itertools.pairwise(limits)]
    ranges += [words["at_least"].format(limits[-1])]
    styles = {
        key: Style(f"{words[key]}\n{span}", colour, *(("///", "#dbe8f5") if i == 4 else ()))
        for i, (key, span, colour) in enumerate(zip(keys, ranges, SEQUENCE, strict=True))
    }
    share = areas["share"].to_numpy(float)
    place = np.searchsorted(np.array(QUOTIENTS) * mean, share, side="right")
    classes = np.where(np.isnan(share), None, np.array(keys, object)[np.minimum(place, 4)])
    class_map(ax, areas, regions, pd.Series(classes, areas.index), styles, language=language)


def class_map(
    ax: Axes,
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    classes: pd.Series,
    styles: Mapping[str, Style],
    *,
    language: str = "de",
    labels: Mapping[str, str] | None = None,
) -> None:
    """Draw areas by class; an area without class is left white with a fine pattern.

    Parameters
    ----------
    classes : pandas.Series
        Class per area (index of `areas`); None or NaN: not rated.
    styles : mapping
        Class -> `Style`, in the order of the legend.
    labels : mapping, optional
        area id -> short text drawn at the area, such as its rank.
    """
    unrated = Style(WORDS[language]["unrated"], MISSING, "\\\\\\", "#a9aeb4")
    key = classes.astype(object).where(classes.isin(list(styles)), None)
    handles = []
    for name, style in [*styles.items(), (None, unrated)]:
        members = (key.isna() if name is None else key == name).to_numpy(bool)
        if name is None and not members.any():
            continue
        _fill(ax, areas.geometry.to_numpy()[members], style)
        handles.append(_swatch(style))
    _frame(ax, areas, regions, language=language)
    places = {i: _inside(areas.geometry.loc[i]) for i in labels or {}}
    _region_names(ax, regions, avoid=np.array(list(places.values())).reshape(-1, 2))
    for area_id, (x, y) in places.items():
        _text(ax, x, y, (labels or {})[area_id], size=7, weight="bold", box=True, level=8)
    _legend(ax, handles)


def count_map(
    ax: Axes, areas: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, *, language: str = "de"
) -> None:
    """Draw the number of recipients as circles whose area is proportional to it.

    `areas.recipients` is the number; an unknown number gets no circle and a fine pattern.
    """
    words = WORDS[language]
    count = areas["recipients"].to_numpy(float)
    known = np.isfinite(count)
    _fill(ax, areas.geometry.to_numpy(), Style("", LAND))
    unrated = Style(words["unrated"], MISSING, "\\\\\\", "#a9aeb4")
    _fill(ax, areas.geometry.to_numpy()[~known], unrated)
    _frame(ax, areas, regions, language=language)
    top = float(count[known].max()) if known.any() else 1.0
    largest = 330.0 * min(
        1.0, (53 / max(len(areas), 1)) ** 0.5
    )  # points², so that circles hardly overlap
    xy = np.array([_inside(g) for g in areas.geometry.to_numpy()[known]]).reshape(-1, 2)
    order = np.argsort(-count[known])
    sizes = count[known] / top * largest
    style: dict[str, Any] = {"linewidths": 0.6, "edgecolors": "white", "alpha": 0.85}
    ax.scatter(xy[order, 0], xy[order, 1], s=sizes[order], color=ACCENT, zorder=4, **style)
    _region_names(ax, regions, avoid=xy[order][: len(order) // 3])  # not on large circles
    steps = _round_steps(top)
    handles = [
        ax.scatter(
            [], [], s=v / top * largest, color=ACCENT, **style,
            label=words["persons"].format(numbers.number(v, language=language)),
        )
        for v in steps
    ]  # fmt: skip
    _legend(ax, handles + ([_swatch(unrated)] if (~known).any() else []), spacing=1.6)


def cluster_map(
    ax: Axes,
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    clusters: gpd.GeoDataFrame,
    styles: Mapping[str, Style],
    *,
    language: str = "de",
) -> None:
    """Draw each area's role (`areas.cluster`) and the outlines of `clusters`, numbered from 1."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import PathPatch

    class_map(ax, areas, regions, areas["cluster"], styles, language=language)
    for i, geometry in enumerate(clusters.geometry, 1):
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": HIGHLIGHT, "linewidth": 2}
        _add(ax, PathPatch(_path([geometry]), zorder=6, **look))
        x, y = _inside(geometry)
        _text(ax, x, y, str(i), size=8, weight="bold", colour=HIGHLIGHT, box=True)
    if len(clusters):
        legend = ax.get_legend()
        handles = [] if legend is None else list(legend.legend_handles)
        handles.append(Line2D([], [], color=HIGHLIGHT, lw=2, label=WORDS[language]["scan"]))
        _legend(ax, handles)


# --- drawing ---------------------------------------------------------------------------------


MARK, SMALL = 6.5, 3  # half the size of what a label must not cover, in points


def _marks(
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


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


def _path(geometries: Iterable[Any]) -> Any:
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


def _add(ax: Axes, patch: Any) -> None:
    """Add a patch without measuring it: `add_patch` walks along each segment to find the view."""
    ax.add_artist(patch)


def _fill(ax: Axes, geometries: np.ndarray, style: Style) -> None:
    from matplotlib.patches import PathPatch

    if not len(geometries):
        return
    path = _path(geometries)
    look: dict[str, Any] = {"linewidth": 0, "clip_on": False}
    _add(ax, PathPatch(path, facecolor=style.colour, edgecolor="none", zorder=1, **look))
    if style.hatch:  # matplotlib draws a pattern in the edge's colour, hence a second layer
        look |= {"hatch": style.hatch, "facecolor": "none", "edgecolor": style.ink}
        _add(ax, PathPatch(path, zorder=1.5, **look))


def _frame(ax: Axes, areas: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, *, language: str) -> None:
    """Borders of areas and regions, scale bar and north arrow; the view fits the areas."""
    from matplotlib.patches import PathPatch

    for frame, colour, width in ((areas, BORDER, 0.35), (regions, INK, 0.9)):
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": colour, "linewidth": width}
        _add(ax, PathPatch(_path(frame.geometry), zorder=2.5, joinstyle="round", **look))
    x0, y0, x1, y1 = areas.total_bounds
    pad = 0.02 * max(x1 - x0, y1 - y0)
    ax.set(xlim=(x0 - pad, x1 + pad), ylim=(y0 - 3 * pad, y1 + pad), aspect="equal")
    ax.set_axis_off()
    step = next(k for k in (50, 20, 10, 5, 2, 1) if k * 1000 <= (x1 - x0) / 3 or k == 1)
    right, base = x0 + step * 1000, y0 - pad
    ax.plot([x0, right], [base, base], color=INK, lw=1.6, solid_capstyle="butt")
    text = WORDS[language]["metres"].format(step)
    _text(ax, (x0 + right) / 2, base - pad * 0.4, text, size=6.5, va="top")
    north = right + 2 * pad
    _marks(ax, np.array([[north, base]]), "^", 5, INK, INK, "", level=7)
    _text(ax, north, base - pad * 0.8, "N", size=6.5, va="top")


def _region_names(
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
    point = _metres_per_point(ax)
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
        free = _free(shape, taken, half, point)
        x, y = _inside(_free(free, beside, half, point))
        _text(ax, x, y, "\n".join(lines), size=6.5, box=True, level=7)
        taken = np.vstack([taken, [x, y, *half]])


def _free(shape: Any, taken: np.ndarray, half: np.ndarray, point: float) -> Any:
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


def _metres_per_point(ax: Axes) -> float:
    """Metres of the map that a point of print stands for."""
    box = ax.get_window_extent()
    metres = max(np.ptp(ax.get_xlim()) / box.width, np.ptp(ax.get_ylim()) / box.height)
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(metres * figure.dpi / 72)


def _inside(geometry: Any) -> tuple[float, float]:
    """The point farthest from the border, to a fifth of what the size of the shape asks for."""
    size = float(np.sqrt(max(geometry.area, 1.0)))
    line = shapely.maximum_inscribed_circle(shapely.simplify(geometry, size / 50), size / 20)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y)


def _text(
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
    look: dict[str, Any] = {"fontsize": size, "fontweight": weight, "color": colour}
    if box:
        look["bbox"] = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.6}
    ax.text(x, y, text, ha="center", va=va, zorder=level, parse_math=False, linespacing=0.95,
            clip_on=False, **look)  # fmt: skip


def _swatch(style: Style) -> Any:
    """A legend entry; pattern and border are drawn in the pattern's ink."""
    from matplotlib.patches import Patch

    look: dict[str, Any] = {"hatch": style.hatch * 2} if style.hatch else {}
    edge = style.ink if style.hatch else "#8f959c"
    return Patch(facecolor=style.colour, edgecolor=edge, linewidth=0.6, label=style.label, **look)


def _legend(ax: Axes, handles: Sequence[Any], spacing: float = 0.8) -> None:
    if not handles:
        return
    legend = ax.legend(
        handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False,
        fontsize=7, labelspacing=spacing, handlelength=1.8, handleheight=1.4, borderaxespad=0.4,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_text("\n".join(textwrap.fill(p, 27) for p in text.get_text().split("\n")))


def _round_steps(top: float) -> list[float]:
    """Three round numbers for the legend of circles, at most `top`."""
    digits = 10 ** max(int(np.floor(np.log10(max(top, 1)))), 0)
    largest = max(int(top / digits), 1) * digits
    return sorted({float(max(round(largest * f), 1)) for f in (0.1, 0.4, 1.0)})
