"""Maps for print, as functions that draw into a given matplotlib `Axes`.

They take plain frames with geometries in the metric CRS of the study, read no files, and touch no
global state of pyplot. What they show is legible in grey: a class has a lightness and, where it
matters, a pattern; an area that is not rated is never coloured like a low value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from sozialraum.publish import numbers
from sozialraum.publish.charts import ACCENT, HIGHLIGHT, SEQUENCE, WORDS
from sozialraum.publish.drawing import (
    LAND,
    MISSING,
    Style,
    add_patch,
    draw_frame,
    draw_legend,
    fill_areas,
    name_regions,
    path_of,
    point_inside,
    swatch,
    write_text,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

QUOTIENTS = (0.5, 0.8, 1.25, 1.75)  # limits of the five classes, in multiples of the mean


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
        fill_areas(ax, areas.geometry.to_numpy()[members], style)
        handles.append(swatch(style))
    draw_frame(ax, areas, regions, language=language)
    places = {i: point_inside(areas.geometry.loc[i]) for i in labels or {}}
    name_regions(ax, regions, avoid=np.array(list(places.values())).reshape(-1, 2))
    for area_id, (x, y) in places.items():
        write_text(ax, x, y, (labels or {})[area_id], size=7, weight="bold", box=True, level=8)
    draw_legend(ax, handles)


def count_map(
    ax: Axes, areas: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, *, language: str = "de"
) -> None:
    """Draw the number of recipients as circles whose area is proportional to it.

    `areas.recipients` is the number; an unknown number gets no circle and a fine pattern.
    """
    words = WORDS[language]
    count = areas["recipients"].to_numpy(float)
    known = np.isfinite(count)
    fill_areas(ax, areas.geometry.to_numpy(), Style("", LAND))
    unrated = Style(words["unrated"], MISSING, "\\\\\\", "#a9aeb4")
    fill_areas(ax, areas.geometry.to_numpy()[~known], unrated)
    draw_frame(ax, areas, regions, language=language)
    top = float(count[known].max()) if known.any() else 1.0
    largest = 330.0 * min(
        1.0, (53 / max(len(areas), 1)) ** 0.5
    )  # points², so that circles hardly overlap
    xy = np.array([point_inside(g) for g in areas.geometry.to_numpy()[known]]).reshape(-1, 2)
    order = np.argsort(-count[known])
    sizes = count[known] / top * largest
    style: dict[str, Any] = {"linewidths": 0.6, "edgecolors": "white", "alpha": 0.85}
    ax.scatter(xy[order, 0], xy[order, 1], s=sizes[order], color=ACCENT, zorder=4, **style)
    name_regions(ax, regions, avoid=xy[order][: len(order) // 3])  # not on large circles
    steps = _round_steps(top)
    handles = [
        ax.scatter(
            [], [], s=v / top * largest, color=ACCENT, **style,
            label=words["persons"].format(numbers.number(v, language=language)),
        )
        for v in steps
    ]  # fmt: skip
    draw_legend(ax, handles + ([swatch(unrated)] if (~known).any() else []), spacing=1.6)


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
        add_patch(ax, PathPatch(path_of([geometry]), zorder=6, **look))
        x, y = point_inside(geometry)
        write_text(ax, x, y, str(i), size=8, weight="bold", colour=HIGHLIGHT, box=True)
    if len(clusters):
        legend = ax.get_legend()
        handles = [] if legend is None else list(legend.legend_handles)
        handles.append(Line2D([], [], color=HIGHLIGHT, lw=2, label=WORDS[language]["scan"]))
        draw_legend(ax, handles)


def _round_steps(top: float) -> list[float]:
    """Three round numbers for the legend of circles, at most `top`."""
    digits = 10 ** max(int(np.floor(np.log10(max(top, 1)))), 0)
    largest = max(int(top / digits), 1) * digits
    return sorted({float(max(round(largest * f), 1)) for f in (0.1, 0.4, 1.0)})
