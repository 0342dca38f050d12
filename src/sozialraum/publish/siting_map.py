"""The map of proposed rooms and whom they reach; companion of `sozialraum.publish.cartography`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.publish import numbers
from sozialraum.publish.charts import ACCENT, HIGHLIGHT, INK, MUTED, WORDS
from sozialraum.publish.drawing import (
    LAND,
    Style,
    add_patch,
    draw_frame,
    draw_legend,
    draw_marks,
    fill_areas,
    metres_per_point,
    name_regions,
    rgb,
    write_text,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes


def rooms_map(
    ax: Axes,
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    *,
    rooms: pd.DataFrame,
    chosen: Sequence[str],
    offices: pd.DataFrame,
    radius: float,
    detour: float | None,
    units: pd.DataFrame | None = None,
    reached: np.ndarray | None = None,
    people: str = "people_everybody",
    language: str = "de",
) -> None:
    """Draw proposed rooms with their numbers and reach, other eligible rooms, existing offices.

    Parameters
    ----------
    rooms : pandas.DataFrame
        Index `site_id`; `eligible`, `x`, `y`.
    chosen : sequence of str
        Site ids in the order of the proposal: the numbers 1, 2, … on the map.
    offices : pandas.DataFrame
        `x`, `y`, `approximate` (drawn hollow).
    radius : float
        Walking distance in metres.
    detour : float or None
        Walked distance / straight line: the circles drawn have `radius / detour`. None: ways
        follow streets or a table, and their reach is no circle: none is drawn.
    units : pandas.DataFrame, optional
        `x`, `y` and the column `people` (persons); `reached` says which units are in reach.
    """
    from matplotlib.patches import Circle, Patch

    words = WORDS[language]
    fill_areas(ax, areas.geometry.to_numpy(), Style("", LAND))
    draw_frame(ax, areas, regions, language=language)
    here = rooms.loc[[s for s in chosen if s in rooms.index], ["x", "y"]].to_numpy(float)
    handles: list[Any] = []
    reach = radius / detour if detour else 0.0
    for x, y in here if reach else ():
        look: dict[str, Any] = {"radius": reach, "linewidth": 0.9, "zorder": 3.5}
        add_patch(ax, Circle((x, y), facecolor=(*rgb(ACCENT), 0.1), edgecolor=ACCENT, **look))
    for i, (x, y) in enumerate(here, 1):
        write_text(ax, x, y, str(i), size=7, weight="bold", colour="white", level=9)
    if len(here):
        handles.append(draw_marks(ax, here, "o", 11, ACCENT, "white", words["room"], level=8))
    if len(here) and reach:
        label = words["reach"].format(numbers.number(radius, language=language))
        handles.append(Patch(facecolor="#e3edf3", edgecolor=ACCENT, label=label))
    for x, y in offices[["x", "y"]].to_numpy(float) if reach else ():
        look = {"radius": reach, "linewidth": 0.7, "linestyle": (0, (4, 3))}
        look |= {"facecolor": (*rgb(MUTED), 0.08), "edgecolor": INK, "zorder": 3.4}
        add_patch(ax, Circle((x, y), **look))
    near = offices["approximate"].to_numpy(bool) if len(offices) else np.zeros(0, bool)
    for mask, face, word in ((~near, INK, "office"), (near, "white", "office_near")):
        if mask.any():
            xy = offices.loc[mask, ["x", "y"]].to_numpy(float)
            handles.append(draw_marks(ax, xy, "^", 7, face, INK, words[word], level=8))
    if len(offices) and reach:
        label = words["office_reach"].format(numbers.number(radius, language=language))
        look = {"facecolor": "#f0f0ee", "edgecolor": INK, "linestyle": (0, (4, 3))}
        handles.append(Patch(linewidth=0.7, label=label, **look))
    other = rooms[rooms["eligible"].to_numpy(bool) & ~rooms.index.isin(list(chosen))]
    beside = other[["x", "y"]].to_numpy(float)
    if len(other):
        handles.append(
            draw_marks(ax, beside, "s", 3.5, "white", MUTED, words["other_room"], level=5)
        )
    if units is not None and reached is not None:
        handles += _unit_marks(ax, units, people, reached, words)
    taken = np.vstack([here, offices[["x", "y"]].to_numpy(float)]) if len(offices) else here
    name_regions(ax, regions, avoid=taken, small=beside)
    draw_legend(ax, handles)


def _unit_marks(
    ax: Axes, units: pd.DataFrame, people: str, reached: np.ndarray, words: Mapping[str, str]
) -> list[Any]:
    """Demand units in three sizes by the number of people, in two shapes by whether reached.

    Each size is one path of short strokes, as wide as they are long (a diamond) or with round ends
    (a dot): some thousand marks of their own would take more room and time than all the rest.
    """
    from matplotlib.patches import PathPatch

    weight = units[people].fillna(0).to_numpy(float)
    size = np.searchsorted(np.quantile(weight, (0.5, 0.85)) if len(weight) else [0, 0], weight)
    xy, handles = units[["x", "y"]].to_numpy(float), []
    metres = metres_per_point(ax)
    for mask, face, marker, ends, length, word in (
        (reached, "#6fa3c2", "o", "round", 0.05, "unit"),
        (~reached, HIGHLIGHT, "D", "butt", 1.0, "unit_out"),
    ):
        for k, points in enumerate((1.4, 2.2, 3.2)):
            strokes = _strokes(xy[mask & (size == k)], length * points * metres)
            look: dict[str, Any] = {"edgecolor": face, "linewidth": points, "facecolor": "none"}
            add_patch(ax, PathPatch(strokes, capstyle=ends, zorder=3, **look))
        handles.append(draw_marks(ax, xy[:0], marker, 4, face, "none", words[word], level=3))
    return handles


def _strokes(xy: np.ndarray, length: float) -> Any:
    """A path with an ascending stroke through each point."""
    from matplotlib.path import Path

    half = length / 8**0.5
    points = np.stack([xy - half, xy + half], axis=1).reshape(-1, 2)
    return Path(points, np.tile([Path.MOVETO, Path.LINETO], len(xy)))
