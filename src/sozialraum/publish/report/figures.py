"""The report's vector graphics: which chart a file name stands for, drawn as SVG.

A figure is first told (function, frames, words) and then drawn, so that one whose frames have not
changed since an earlier run need not be drawn again.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.cache import Remember, compute
from sozialraum.publish import cartography, charts, density, siting_map
from sozialraum.publish.report.blocks import Words, clean
from sozialraum.publish.report.facts import EVERYBODY, MOST_RANKS, Facts
from sozialraum.publish.report.patterns import changes

if TYPE_CHECKING:
    import geopandas as gpd

Size = tuple[float, float]
Box = tuple[float, float, float, float]
Shapes = tuple["gpd.GeoDataFrame", "gpd.GeoDataFrame"]
Drawing = tuple[str, tuple[Any, ...], dict[str, Any]]
"""Name of a function below, its arguments after the axes, its keywords."""
Teller = Callable[[Facts, Words, Remember], Drawing]
PIXELS = 200  # per inch, where pixels are asked for
WIDTH = 6.5  # inches, as the text block
MAP: Box = (0.0, 0.0, 0.72, 1.0)  # the legend stands on the right
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "sozialraum",  # ids inside the file must not be random
    "svg.fonttype": "none",  # text stays text: smaller, selectable, set by the report's own fonts
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "hatch.linewidth": 0.6,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#8f959c",
    "text.parse_math": False,
}


def draw(
    name: str, facts: Facts, w: Words, *, png: bool = False, remember: Remember = compute
) -> bytes:
    """The SVG of one figure; the same figures give the same bytes.

    Parameters
    ----------
    name : str
        File name as the blocks use it, such as ``share.svg`` or ``rooms_everybody.svg``.
    png : bool
        Pixels instead, for programs that draw no vector graphics.
    remember : callable
        See `sozialraum.cache.remembering`: what was drawn from the same frames is not drawn again.
    """
    key, _, target = name.removesuffix(".svg").partition("_")
    tell, box = DRAWERS[key]
    told = (facts, w, remember)
    drawing = _rooms(*told, target) if key == "rooms" else tell(*told)
    size = _size(key, facts)
    picture: bytes = remember(
        drawn, *drawing, size=size, box=box if max(box) <= 1 else _inches(box, size), png=png
    )
    return picture


def drawn(
    function: str,
    arguments: tuple[Any, ...],
    words: dict[str, Any],
    *,
    size: Size,
    box: Box,
    png: bool = False,
) -> bytes:
    """One drawing as SVG (or PNG); depends on nothing but what it is given."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # a reader's own matplotlibrc must not change the report
    defaults = mpl.rcParamsDefault.items()
    own = {k: v for k, v in defaults if not k.startswith("backend") and mpl.rcParams[k] != v}
    with mpl.rc_context(own | SETTINGS), warnings.catch_warnings():
        # matplotlib measures a glyph it lacks as a box; typst then takes it from another font
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure = Figure(figsize=size)
        canvas = FigureCanvasSVG(figure)
        FUNCTIONS[function](figure.add_axes(box), *arguments, **words)
        out = io.BytesIO()
        if png:
            figure.savefig(out, format="png", dpi=PIXELS, metadata={"Software": None})
        else:
            canvas.print_svg(out, metadata={"Date": None, "Creator": None})
    return out.getvalue() if png else _PATH.sub(_as_fine_as_print, out.getvalue())


def _as_fine_as_print(path: re.Match[bytes]) -> bytes:
    """Coordinates of a path to a hundredth of a point; matplotlib writes a millionth."""
    return _FURTHER_DIGITS.sub(b"", path[0])


_PATH = re.compile(rb'(?<= d=")[^"]*')
_FURTHER_DIGITS = re.compile(rb"(?<=\.\d\d)\d+")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        cartography.share_map,
        cartography.count_map,
        cartography.class_map,
        cartography.cluster_map,
        siting_map.rooms_map,
        density.surface_map,
        charts.share_change,
        charts.lorenz,
        charts.rank_forest,
        charts.reach_curve,
    )
}


def _share(facts: Facts, w: Words, remember: Remember) -> Drawing:
    mean = facts.totals["share"] or 0.0
    shapes = _with(facts, remember, "share")
    return "share_map", shapes, {"mean": mean, "language": w.language}


def _count(facts: Facts, w: Words, remember: Remember) -> Drawing:
    return "count_map", _with(facts, remember, "recipients"), {"language": w.language}


def _status(facts: Facts, w: Words, remember: Remember) -> Drawing:
    labels = {str(i): w.n(r) for i, r in facts.ranked["rank"].head(facts.top).items()}
    styles = _translated(cartography.STATUS, w)
    classes = facts.areas["status_class"]
    frames = (*_print_shapes(facts, remember), classes, styles)
    return "class_map", frames, {"language": w.language, "labels": labels}


def _dynamics(facts: Facts, w: Words, remember: Remember) -> Drawing:
    styles = _translated(cartography.DYNAMICS, w)
    classes = facts.areas["dynamics_class"]
    frames = (*_print_shapes(facts, remember), classes, styles)
    return "class_map", frames, {"language": w.language}


def _clusters(facts: Facts, w: Words, remember: Remember) -> Drawing:
    styles = _translated(cartography.cluster_styles(facts.roles), w)
    clusters = remember(cartography.simplified, facts.content.clusters[["geometry"]])
    frames = (*_with(facts, remember, "cluster"), clusters, styles)
    return "cluster_map", frames, {"language": w.language}


def _surface(facts: Facts, w: Words, remember: Remember) -> Drawing:
    from sozialraum.concentration.surface import surface_bands

    surface = facts.content.surface
    assert surface is not None
    bands = remember(surface_bands, surface[["per_km2", "geometry"]])
    return "surface_map", (*_print_shapes(facts, remember), bands), {"language": w.language}


def _change(facts: Facts, w: Words, remember: Remember) -> Drawing:
    rows, info = changes(facts), facts.content.info
    words = {
        "before": clean(str(info.previous_edition)),
        "now": clean(info.edition),
        "bold": rows["member_now"].tolist(),
        "language": w.language,
    }
    return "share_change", (_named(rows, "share_before", "share_now"),), words


def _unreached(facts: Facts, w: Words, remember: Remember) -> Drawing:
    function, frames, words = _rooms(facts, w, remember)
    units = facts.units[["x", "y", f"people_{EVERYBODY}"]]
    return function, frames, words | {"units": units, "reached": facts.reached_units}


def _rooms(facts: Facts, w: Words, remember: Remember, target: str = EVERYBODY) -> Drawing:
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


def _lorenz(facts: Facts, w: Words, remember: Remember) -> Drawing:
    return "lorenz", (facts.content.lorenz,), {"language": w.language}


def _forest(facts: Facts, w: Words, remember: Remember) -> Drawing:
    rows = _named(facts.ranked, "rank", "rank_lo", "rank_hi")
    return "rank_forest", (rows,), {"top": facts.top, "most": MOST_RANKS, "language": w.language}


def _curve(facts: Facts, w: Words, remember: Remember) -> Drawing:
    columns = ["p", "reached", "reached_share", "bound"]
    curves = {clean(facts.title(t)): facts.curve(t)[columns] for t in facts.targets}
    curves = {title: rows for title, rows in curves.items() if len(rows) > 1}
    return "reach_curve", (curves,), {"headline": len(facts.proposal()), "language": w.language}


DRAWERS: dict[str, tuple[Teller, Box]] = {
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
    if DRAWERS[key][1] == MAP:
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
