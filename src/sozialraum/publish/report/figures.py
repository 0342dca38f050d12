"""The report's figures: which drawing a file name stands for.

A figure is told here and drawn in `drawing`, so that one whose frames have not changed since an
earlier run need not be drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.cache import Remember, compute
from sozialraum.publish import cartography
from sozialraum.publish.report.blocks import Words, clean
from sozialraum.publish.report.drawing import Drawing
from sozialraum.publish.report.facts import EVERYBODY, MOST_RANKS, Facts
from sozialraum.publish.report.patterns import changes

if TYPE_CHECKING:
    import geopandas as gpd

Size = tuple[float, float]
Box = tuple[float, float, float, float]
Shapes = tuple["gpd.GeoDataFrame", "gpd.GeoDataFrame"]
Parts = tuple[str, tuple[Any, ...], dict[str, Any]]
"""Function, arguments and keywords of a drawing."""
Teller = Callable[[Facts, Words, Remember], Parts]
WIDTH = 6.5  # inches, as the text block
MAP: Box = (0.0, 0.0, 0.72, 1.0)  # the legend stands on the right


def drawing_of(name: str, facts: Facts, w: Words, remember: Remember = compute) -> Drawing:
    """The figure of a file name.

    Parameters
    ----------
    name : str
        As the blocks use it, such as ``share.svg`` or ``rooms_everybody.svg``.
    remember : callable
        See `sozialraum.cache.remembering`: shapes that were thinned for print before.
    """
    key, _, target = name.removesuffix(".svg").partition("_")
    tell, box = FIGURES[key]
    told = (facts, w, remember)
    parts = _rooms(*told, target) if key == "rooms" else tell(*told)
    size = _size(key, facts)
    return Drawing(*parts, size, box if max(box) <= 1 else _inches(box, size))


def _share(facts: Facts, w: Words, remember: Remember) -> Parts:
    mean = facts.totals["share"] or 0.0
    shapes = _with(facts, remember, "share")
    return "share_map", shapes, {"mean": mean, "language": w.language}


def _count(facts: Facts, w: Words, remember: Remember) -> Parts:
    return "count_map", _with(facts, remember, "recipients"), {"language": w.language}


def _status(facts: Facts, w: Words, remember: Remember) -> Parts:
    labels = {str(i): w.n(r) for i, r in facts.ranked["rank"].head(facts.top).items()}
    styles = _translated(cartography.STATUS, w)
    classes = facts.areas["status_class"]
    frames = (*_print_shapes(facts, remember), classes, styles)
    return "class_map", frames, {"language": w.language, "labels": labels}


def _dynamics(facts: Facts, w: Words, remember: Remember) -> Parts:
    styles = _translated(cartography.DYNAMICS, w)
    classes = facts.areas["dynamics_class"]
    frames = (*_print_shapes(facts, remember), classes, styles)
    return "class_map", frames, {"language": w.language}


def _clusters(facts: Facts, w: Words, remember: Remember) -> Parts:
    styles = _translated(cartography.cluster_styles(facts.roles), w)
    clusters = remember(cartography.simplified, facts.content.clusters[["geometry"]])
    frames = (*_with(facts, remember, "cluster"), clusters, styles)
    return "cluster_map", frames, {"language": w.language}


def _surface(facts: Facts, w: Words, remember: Remember) -> Parts:
    from sozialraum.concentration.surface import surface_bands

    surface = facts.content.surface
    assert surface is not None
    bands = remember(surface_bands, surface[["per_km2", "geometry"]])
    return "surface_map", (*_print_shapes(facts, remember), bands), {"language": w.language}


def _change(facts: Facts, w: Words, remember: Remember) -> Parts:
    rows, info = changes(facts), facts.content.info
    words = {
        "before": clean(str(info.previous_edition)),
        "now": clean(info.edition),
        "bold": rows["member_now"].tolist(),
        "language": w.language,
    }
    return "share_change", (_named(rows, "share_before", "share_now"),), words


def _unreached(facts: Facts, w: Words, remember: Remember) -> Parts:
    function, frames, words = _rooms(facts, w, remember)
    units = facts.units[["x", "y", f"people_{EVERYBODY}"]]
    return function, frames, words | {"units": units, "reached": facts.reached_units}


def _rooms(facts: Facts, w: Words, remember: Remember, target: str = EVERYBODY) -> Parts:
    siting = facts.content.study.siting
    words = {
        "rooms": facts.rooms[["eligible", "x", "y"]],
        "chosen": facts.proposal(target)["site_id"].tolist(),
        "offices": facts.serving(target)[["approximate", "x", "y"]],
        "radius": siting.radius,
        "detour": siting.detour if facts.content.study.access.kind == "straight" else None,
        "language": w.language,
    }
    return "rooms_map", _print_shapes(facts, remember), words


def _lorenz(facts: Facts, w: Words, remember: Remember) -> Parts:
    return "lorenz", (facts.content.lorenz,), {"language": w.language}


def _forest(facts: Facts, w: Words, remember: Remember) -> Parts:
    rows = _named(facts.ranked, "rank", "rank_lo", "rank_hi")
    return "rank_forest", (rows,), {"top": facts.top, "most": MOST_RANKS, "language": w.language}


def _curve(facts: Facts, w: Words, remember: Remember) -> Parts:
    columns = ["p", "reached", "reached_share", "bound"]
    curves = {clean(facts.title(t)): facts.curve(t)[columns] for t in facts.targets}
    curves = {title: rows for title, rows in curves.items() if len(rows) > 1}
    return "reach_curve", (curves,), {"headline": len(facts.proposal()), "language": w.language}


FIGURES: dict[str, tuple[Teller, Box]] = {
    "share": (_share, MAP),
    "count": (_count, MAP),
    "status": (_status, MAP),
    "dynamics": (_dynamics, MAP),
    "clusters": (_clusters, MAP),
    "rooms": (_rooms, MAP),
    "unreached": (_unreached, MAP),
    "surface": (_surface, MAP),
    "change": (_change, (2.1, 0.45, 4.25, 0.1)),  # inches, as for the forest
    "lorenz": (_lorenz, (0.27, 0.14, 0.46, 0.84)),
    "forest": (_forest, (2.1, 0.05, 4.35, 0.5)),  # inches: margins left, below; width; above
    "curve": (_curve, (0.09, 0.15, 0.9, 0.82)),
}


def _size(key: str, facts: Facts) -> Size:
    """Width and height in inches: maps as the region asks for, ranks as many as there are."""
    if FIGURES[key][1] == MAP:
        x0, y0, x1, y1 = facts.content.areas.total_bounds
        height = WIDTH * MAP[2] * (y1 - y0) / max(x1 - x0, 1.0)
        return WIDTH, min(max(height, 2.6), 4.3)
    if key == "forest":
        return WIDTH, 0.9 + 0.145 * min(len(facts.ranked), MOST_RANKS)
    if key == "change":
        return WIDTH, 0.7 + 0.17 * len(changes(facts))
    return WIDTH, {"lorenz": 3.3, "curve": 2.9}[key]


def _inches(box: Box, size: Size) -> Box:
    """Margins in inches as fractions: left, below, width, and what is left free above."""
    left, below, width, above = box
    return left / size[0], below / size[1], width / size[0], 1 - (below + above) / size[1]


def _translated(styles: dict[str, cartography.Style], w: Words) -> dict[str, cartography.Style]:
    return {k: s._replace(label=clean(w.word(s.label))) for k, s in styles.items()}


def _named(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """What a chart needs of some rows; names fit to be drawn."""
    return rows[list(columns)].assign(name=[clean(str(n)) for n in rows["name"]])


def _with(facts: Facts, remember: Remember, column: str) -> Shapes:
    """The shapes for print, those of the areas with one column."""
    areas, regions = _print_shapes(facts, remember)
    return areas.assign(**{column: facts.areas[column]}), regions


@lru_cache(maxsize=1)
def _print_shapes(facts: Facts, remember: Remember) -> Shapes:
    """Areas and named regions with borders thinned for print."""
    areas = remember(cartography.simplified, facts.content.areas[["geometry"]])
    regions = remember(cartography.simplified, facts.content.regions[["geometry"]])
    return areas, regions.assign(name=[clean(str(n)) for n in facts.regions["name"]])
