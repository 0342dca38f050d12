"""The report's vector graphics: which chart a file name stands for, drawn as SVG."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from sozialraum.publish import charts
from sozialraum.publish.report.blocks import Words, clean
from sozialraum.publish.report.facts import EVERYBODY, Facts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]
MAP, MAP_AXES = (6.5, 4.5), (0.0, 0.0, 0.72, 1.0)  # inches: the width of the text block
SETTINGS = {
    "svg.hashsalt": "sozialraum",  # ids inside the file must not be random
    "svg.fonttype": "none",  # text stays text: smaller, selectable, set by the report's own fonts
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "hatch.linewidth": 0.6,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#8f959c",
    "text.parse_math": False,
}


def draw(name: str, facts: Facts, w: Words) -> bytes:
    """The SVG of one figure; the same figures give the same bytes.

    Parameters
    ----------
    name : str
        File name as the blocks use it, such as ``share.svg``.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    size, axes, function = _plan(name, facts, w)
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=size)
        canvas = FigureCanvasSVG(figure)
        function(figure.add_axes(axes))
        out = io.BytesIO()
        canvas.print_svg(out, metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _plan(name: str, facts: Facts, w: Words) -> tuple[Any, Any, Draw]:
    content, lang = facts.content, w.language
    areas, regions = _print_shapes(facts)
    if name == "share.svg":
        mean = facts.totals["share"] or 0.0
        return (
            MAP,
            MAP_AXES,
            lambda ax: charts.share_map(ax, areas, regions, mean=mean, language=lang),
        )
    if name == "count.svg":
        return MAP, MAP_AXES, lambda ax: charts.count_map(ax, areas, regions, language=lang)
    if name in ("status.svg", "dynamics.svg"):
        column = name.removesuffix(".svg") + "_class"
        styles = charts.STATUS if column == "status_class" else charts.DYNAMICS
        styles = {k: s._replace(label=w.word(s.label)) for k, s in styles.items()}
        ranked = facts.ranked.head(facts.top if column == "status_class" else 0)
        labels = {str(i): w.n(r) for i, r in ranked["rank"].items()}
        return (
            MAP,
            MAP_AXES,
            lambda ax: charts.class_map(
                ax, areas, regions, areas[column], styles, language=lang, labels=labels
            ),
        )
    if name == "clusters.svg":
        styles = charts.cluster_styles(facts.roles)
        styles = {k: s._replace(label=w.word(s.label)) for k, s in styles.items()}
        return (
            MAP,
            MAP_AXES,
            lambda ax: charts.cluster_map(
                ax, areas, regions, content.clusters, styles, language=lang
            ),
        )
    if name.startswith("rooms_") or name == "unreached.svg":
        return _rooms_plan(name, facts, w)
    if name == "lorenz.svg":
        return (
            (6.5, 3.3),
            (0.27, 0.14, 0.46, 0.84),
            lambda ax: charts.lorenz(ax, content.lorenz, language=lang),
        )
    if name == "forest.svg":
        rows = min(len(facts.ranked), 60)
        height = 0.9 + rows * 0.145
        axes = (0.33, 0.02, 0.66, 1 - 0.02 - 0.55 / height)
        return (
            (6.5, height),
            axes,
            lambda ax: charts.rank_forest(ax, facts.ranked, top=facts.top, language=lang),
        )
    if name == "curve.svg":
        curves = {facts.title(t): c for t in facts.targets if len(c := facts.curve(t)) > 1}
        headline = len(facts.proposal())
        return (
            (6.5, 2.9),
            (0.09, 0.15, 0.9, 0.82),
            lambda ax: charts.reach_curve(ax, curves, headline=headline, language=lang),
        )
    raise KeyError(name)


def _rooms_plan(name: str, facts: Facts, w: Words) -> tuple[Any, Any, Draw]:
    content, siting = facts.content, facts.content.study.siting
    areas, regions = _print_shapes(facts)
    target = EVERYBODY if name == "unreached.svg" else name[6:-4]
    units = content.units if name == "unreached.svg" else None

    def function(ax: Axes) -> None:
        charts.rooms_map(
            ax,
            areas,
            regions,
            rooms=content.rooms,
            chosen=facts.proposal(target)["site_id"].tolist(),
            offices=facts.serving(target),
            radius=siting.radius,
            detour=siting.detour,
            units=units,
            reached=facts.reached_units,
            language=w.language,
        )

    return MAP, MAP_AXES, function


@cache
def _print_shapes(facts: Facts) -> tuple[Any, Any]:
    """Areas and regions with borders thinned for print; names fit to be drawn."""
    areas = charts.simplified(facts.content.areas)
    regions = charts.simplified(facts.content.regions)
    for frame in (areas, regions):
        frame["name"] = [clean(str(n)) for n in frame["name"]]
    return areas, regions
