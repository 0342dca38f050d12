"""Maps and charts for print, as functions that draw into a given matplotlib `Axes`.

The report and the notebooks share them. They take plain frames (geometries in the metric CRS of the
study), read no files, and touch no global state of pyplot. What they show is legible in grey: a
class has a lightness and, where it matters, a pattern; an area that is not rated is never coloured
like a low value. Texts are drawn as they are: matplotlib's mathematics markup is off, so a name
such as ``$x$`` stays a name.
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

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

INK, MUTED, ACCENT, HIGHLIGHT = "#1d2630", "#5b6570", "#0b5a86", "#b3440b"
LAND, NEIGHBOUR, MISSING = "#f4f2ec", "#fbfaf7", "#ffffff"
SEQUENCE = ("#eef3d9", "#bfdcc0", "#7fbcc0", "#3c83b0", "#173f7a")  # light to dark, also in grey
WORDS = {
    "de": {
        "far_below": "weit unter dem Mittel",
        "below": "unter dem Mittel",
        "near": "um das Mittel",
        "above": "über dem Mittel",
        "far_above": "weit über dem Mittel",
        "less_than": "unter {0}",
        "between": "{0} bis unter {1}",
        "at_least": "ab {0}",
        "unrated": "nicht bewertet oder nicht veröffentlicht",
        "undetermined": "nicht bestimmbar",
        "persons": "{0} Personen",
        "room": "vorgeschlagener Raum",
        "other_room": "anderer geeigneter Raum",
        "office": "bestehende Dienststelle",
        "office_near": "Dienststelle, Lage ungefähr",
        "reach": "Fußweg bis {0} m",
        "unit": "Personen, die erreicht werden",
        "unit_out": "Personen außer Reichweite",
        "scan": "Umriss einer Konzentration",
        "residents_cum": "Anteil der Einwohnerinnen und Einwohner",
        "recipients_cum": "Anteil der Leistungsberechtigten",
        "equal": "gleichmäßige Verteilung",
        "observed": "{0}",
        "rank_axis": "Rang (1 = größter Bedarf)",
        "rank_set": "simultane Rangmenge",
        "certain": "sicher unter den ersten {0}",
        "possible": "möglicherweise unter den ersten {0}",
        "not_top": "nicht unter den ersten {0}",
        "rooms_axis": "Zahl der zusätzlichen Räume",
        "reached_axis": "erreichter Anteil",
        "proposal": "Vorschlag",
        "bound": "bewiesene Obergrenze",
        "metres": "{0} km",
    },
    "en": {
        "far_below": "far below the mean",
        "below": "below the mean",
        "near": "around the mean",
        "above": "above the mean",
        "far_above": "far above the mean",
        "less_than": "below {0}",
        "between": "{0} to below {1}",
        "at_least": "{0} and more",
        "unrated": "not rated or not published",
        "undetermined": "cannot be determined",
        "persons": "{0} persons",
        "room": "proposed room",
        "other_room": "other eligible room",
        "office": "existing office",
        "office_near": "office, position approximate",
        "reach": "walk of up to {0} m",
        "unit": "people reached",
        "unit_out": "people out of reach",
        "scan": "outline of a concentration",
        "residents_cum": "share of residents",
        "recipients_cum": "share of recipients",
        "equal": "even distribution",
        "observed": "{0}",
        "rank_axis": "rank (1 = greatest need)",
        "rank_set": "simultaneous rank set",
        "certain": "certainly among the first {0}",
        "possible": "possibly among the first {0}",
        "not_top": "not among the first {0}",
        "rooms_axis": "number of additional rooms",
        "reached_axis": "share reached",
        "proposal": "proposal",
        "bound": "proven upper bound",
        "metres": "{0} km",
    },
}
QUOTIENTS = (0.5, 0.8, 1.25, 1.75)


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


def cluster_styles(roles: Iterable[str]) -> dict[str, Style]:
    """A look for each role in a spatial concentration, whatever words the study's method uses.

    Roles that speak of low values or of nothing remarkable stay light.
    """
    dark = iter((Style("", SEQUENCE[4], "///", "#dbe8f5"), Style("", SEQUENCE[3])))
    other = iter((SEQUENCE[2], SEQUENCE[1], "#e3d9c6", "#cfcfcf"))
    out = {}
    for role in roles:
        plain = "unauffällig" in role or "kein" in role
        if plain:
            style = Style(role, LAND)
        elif "Konzentration" in role or "hoch" in role:
            style = next(dark, Style("", SEQUENCE[2]))
        else:
            style = Style(role, next(other, MISSING))
        out[role] = style._replace(label=role)
    return out


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
    for area_id, text in (labels or {}).items():
        x, y = _inside(areas.geometry.loc[area_id])
        _text(ax, x, y, text, size=6.5, weight="bold", box=True)
    _region_names(ax, regions)
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
    largest = 330.0 * min(1.0, 53 / max(len(areas), 1))  # points², so that circles hardly overlap
    xy = np.array([_inside(g) for g in areas.geometry.to_numpy()[known]]).reshape(-1, 2)
    order = np.argsort(-count[known])
    sizes = count[known] / top * largest
    style: dict[str, Any] = {"linewidths": 0.6, "edgecolors": "white", "alpha": 0.85}
    ax.scatter(xy[order, 0], xy[order, 1], s=sizes[order], color=ACCENT, zorder=4, **style)
    _region_names(ax, regions)
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

    class_map(ax, areas, regions, areas["cluster"], styles, language=language)
    for i, geometry in enumerate(clusters.geometry, 1):
        for line in _rings(geometry):
            ax.plot(*line.T, color=HIGHLIGHT, lw=2.0, zorder=6)
        x, y = _inside(geometry)
        _text(ax, x, y, str(i), size=8, weight="bold", colour=HIGHLIGHT, box=True)
    if len(clusters):
        legend = ax.get_legend()
        handles = [] if legend is None else list(legend.legend_handles)
        handles.append(Line2D([], [], color=HIGHLIGHT, lw=2, label=WORDS[language]["scan"]))
        _legend(ax, handles)


def rooms_map(
    ax: Axes,
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    *,
    rooms: gpd.GeoDataFrame,
    chosen: Sequence[str],
    offices: gpd.GeoDataFrame,
    radius: float,
    detour: float,
    units: pd.DataFrame | None = None,
    reached: np.ndarray | None = None,
    people: str = "people_everybody",
    numbers_on: bool = True,
    language: str = "de",
) -> None:
    """Draw proposed rooms with their numbers and reach, other eligible rooms, existing offices.

    Parameters
    ----------
    rooms : geopandas.GeoDataFrame
        Index `site_id`; `eligible`.
    chosen : sequence of str
        Site ids in the order of the proposal: the numbers 1, 2, … on the map.
    radius, detour : float
        Walking distance in metres, and walked distance / straight line: the circle drawn is
        `radius / detour`.
    units : pandas.DataFrame, optional
        `x`, `y` and the column `people` (persons); `reached` says which units are in reach.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle, Patch

    words = WORDS[language]
    _fill(ax, areas.geometry.to_numpy(), Style("", LAND))
    _frame(ax, areas, regions, language=language)
    handles: list[Any] = []
    if units is not None and reached is not None:
        weight = units[people].fillna(0).to_numpy(float)
        scale = 16.0 / max(float(np.quantile(weight, 0.98)) if len(weight) else 1.0, 1.0)
        for mask, colour, marker, word in (
            (reached, "#6fa3c2", "o", "unit"),
            (~reached, HIGHLIGHT, "D", "unit_out"),
        ):
            part = units[mask]
            ax.scatter(
                part["x"], part["y"], s=np.minimum(weight[mask] * scale, 30), color=colour,
                marker=marker, linewidths=0, alpha=0.75, zorder=3,
            )  # fmt: skip
            handles.append(
                Line2D([], [], ls="", marker=marker, color=colour, ms=4, label=words[word])
            )
    other = rooms.index[rooms["eligible"].astype(bool) & ~rooms.index.isin(list(chosen))]
    if len(other):
        points = rooms.geometry.loc[other]
        ax.scatter(points.x, points.y, s=9, marker="s", color="white", edgecolors=MUTED,
                   linewidths=0.7, zorder=5)  # fmt: skip
        handles.append(
            Line2D([], [], ls="", marker="s", mfc="white", mec=MUTED, ms=3.5,
                   label=words["other_room"])
        )  # fmt: skip
    here = [s for s in chosen if s in rooms.index]
    circles = [Circle((p.x, p.y), radius / detour) for p in rooms.geometry.loc[here]]
    ax.add_collection(
        PatchCollection(circles, facecolor=ACCENT, alpha=0.10, edgecolor="none", zorder=2)
    )
    ax.add_collection(
        PatchCollection(circles, facecolor="none", edgecolor=ACCENT, linewidths=0.9, zorder=4)
    )
    for row in offices.itertuples():
        near = bool(getattr(row, "approximate", False))
        ax.plot(row.x, row.y, "^", color="white" if near else INK, mec=INK, ms=7, zorder=6)
    for near in sorted({bool(v) for v in offices.get("approximate", [])}):
        handles.insert(
            0,
            Line2D([], [], ls="", marker="^", mfc="white" if near else INK, mec=INK, ms=6,
                   label=words["office_near" if near else "office"]),
        )  # fmt: skip
    _region_names(ax, regions)
    for i, point in enumerate(rooms.geometry.loc[here], 1):
        ax.plot(point.x, point.y, "o", color=ACCENT, mec="white", ms=11, zorder=8)
        if numbers_on:
            _text(ax, point.x, point.y, str(i), size=7, weight="bold", colour="white", level=9)
    if here:
        reach = words["reach"].format(numbers.number(radius, language=language))
        handles.insert(0, Patch(facecolor="#e3edf3", edgecolor=ACCENT, label=reach))
        handles.insert(
            0, Line2D([], [], ls="", marker="o", color=ACCENT, mec="white", ms=9,
                      label=words["room"])
        )  # fmt: skip
    _legend(ax, handles)


def lorenz(ax: Axes, curve: pd.DataFrame, *, language: str = "de") -> None:
    """Draw the Lorenz curve: `population_share` against `recipients_share`, both cumulated."""
    words = WORDS[language]
    ax.plot([0, 1], [0, 1], color=MUTED, lw=1, ls=(0, (4, 3)), label=words["equal"])
    x, y = curve["population_share"].to_numpy(), curve["recipients_share"].to_numpy()
    ax.fill_between(x, y, x, color=SEQUENCE[0])
    ax.plot(x, y, color=ACCENT, lw=2, label=words["recipients_cum"])
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set_xlabel(words["residents_cum"])
    ax.set_ylabel(words["recipients_cum"])
    _percent_axis(ax.xaxis, language)
    _percent_axis(ax.yaxis, language)
    ax.legend(loc="upper left", frameon=False, fontsize=7)
    _plain(ax)


def rank_forest(
    ax: Axes, ranking: pd.DataFrame, *, top: int, most: int = 60, language: str = "de"
) -> None:
    """Draw each area's rank with its simultaneous set, the greatest need on top.

    Parameters
    ----------
    ranking : pandas.DataFrame
        `name`, `rank`, `rank_lo`, `rank_hi`; rows without rank are left out.
    top : int
        The band of the first `top` ranks is shaded; filled: certainly in it, half: possibly,
        open: not.
    most : int
        At most so many areas.
    """
    from matplotlib.lines import Line2D

    words = WORDS[language]
    rows = ranking[ranking["rank"].notna()].sort_values(["rank", "name"]).head(most)
    y = np.arange(len(rows))
    lo = rows["rank_lo"].fillna(rows["rank"]).to_numpy(float)
    hi = rows["rank_hi"].fillna(rows["rank"]).to_numpy(float)
    rank = rows["rank"].to_numpy(float)
    ax.axvspan(0.5, top + 0.5, color="#eaf1f5", zorder=0)
    ax.hlines(y[4::5] + 0.5, 0, 1, transform=ax.get_yaxis_transform(), color="#e4e2da", lw=0.5)
    ax.hlines(y, lo, hi, color=ACCENT, lw=2.2, alpha=0.55)
    certain, possible = hi <= top, (lo <= top) & (hi > top)
    kinds = (
        (certain, ACCENT, "certain", "D"),
        (possible, "#9dc0d4", "possible", "o"),
        (~certain & ~possible, "white", "not_top", "o"),
    )
    handles: list[Any] = [Line2D([], [], color=ACCENT, lw=2.2, alpha=0.55, label=words["rank_set"])]
    for mask, colour, word, marker in kinds:
        look: dict[str, Any] = {"ls": "", "marker": marker, "mfc": colour, "mec": ACCENT, "ms": 4.5}
        ax.plot(rank[mask], y[mask], zorder=3, **look)
        handles.append(Line2D([], [], label=words[word].format(top), **look))
    ax.set_yticks(y)
    ax.set_yticklabels([_shorten(n, 34) for n in rows["name"]], fontsize=6.5)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0.5, max(float(hi.max(initial=1)), top) + 0.8)
    ax.set_xlabel(words["rank_axis"])
    ax.xaxis.set_label_position("top")
    ax.xaxis.tick_top()
    ax.tick_params(axis="y", length=0)
    ax.legend(handles=handles, loc="lower left", fontsize=7, frameon=True, facecolor="white",
              edgecolor="#d9d6cc", framealpha=1)  # fmt: skip
    _plain(ax, grid="x")


def reach_curve(
    ax: Axes, frontiers: Mapping[str, pd.DataFrame], *, headline: int, language: str = "de"
) -> None:
    """Draw the share reached against the number of rooms, one line per target group.

    Parameters
    ----------
    frontiers : mapping
        Label -> rows of `frontier.csv` of one target group (`p`, `reached`, `reached_share`,
        `bound`). The first line is drawn strongest, with its bound where it lies above.
    headline : int
        Number of rooms of the proposal, marked by a vertical line.
    """
    from matplotlib.ticker import MaxNLocator

    words = WORDS[language]
    looks = [("o", "-", ACCENT), ("s", "--", HIGHLIGHT), ("^", "-.", "#4d7c3f"), ("D", ":", INK)]
    ax.axvline(headline, color=MUTED, lw=0.8, ls=(0, (2, 2)))
    for i, (label, rows) in enumerate(frontiers.items()):
        marker, line, colour = looks[i % len(looks)]
        rows = rows.sort_values("p")
        share = rows["reached_share"].to_numpy(float)
        ax.plot(rows["p"], share, marker=marker, ls=line, color=colour, ms=4 if i else 5,
                lw=1.2 if i else 2, label=label)  # fmt: skip
        with np.errstate(invalid="ignore", divide="ignore"):
            bound = rows["bound"].to_numpy(float) * share / rows["reached"].to_numpy(float)
        if i == 0 and np.nanmax(bound - share, initial=0.0) > 5e-4:
            ax.plot(rows["p"], bound, color=MUTED, lw=0.8, label=words["bound"])
    for text in ax.legend(loc="lower right", frameon=False, fontsize=7).get_texts():
        text.set_parse_math(False)
    ax.set_ylim(0, 1)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(words["rooms_axis"])
    ax.set_ylabel(words["reached_axis"])
    _percent_axis(ax.yaxis, language)
    _plain(ax, grid="both")


# --- drawing ---------------------------------------------------------------------------------


def _rings(geometry: Any) -> list[np.ndarray]:
    return [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(geometry)
        if part.geom_type == "Polygon"
        for ring in (part.exterior, *part.interiors)
    ]


def _path(geometry: Any) -> Any:
    """A compound matplotlib path of a polygon with its holes."""
    from matplotlib.path import Path

    rings = _rings(geometry)
    if not rings:
        return Path(np.empty((0, 2)))
    codes = []
    for ring in rings:
        code = np.full(len(ring), Path.LINETO, np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(rings), np.concatenate(codes))


def _fill(ax: Axes, geometries: np.ndarray, style: Style) -> None:
    from matplotlib.collections import PathCollection

    if not len(geometries):
        return
    paths = [_path(g) for g in geometries]
    ax.add_collection(PathCollection(paths, facecolor=style.colour, edgecolor="none", zorder=1))
    if style.hatch:
        # matplotlib draws a pattern in the edge's colour, hence a second, unfilled layer
        ax.add_collection(
            PathCollection(
                paths,
                facecolor="none",
                edgecolor=style.ink,
                hatch=style.hatch,
                linewidths=0,
                zorder=1.5,
            )
        )


def _frame(ax: Axes, areas: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, *, language: str) -> None:
    """Borders of areas and regions, scale bar and north arrow; the view fits the areas."""
    from matplotlib.collections import LineCollection

    for frame, colour, width in ((areas, "#8f959c", 0.35), (regions, INK, 0.9)):
        lines = [ring for geometry in frame.geometry for ring in _rings(geometry)]
        ax.add_collection(LineCollection(lines, colors=colour, linewidths=width, zorder=2.5))
    x0, y0, x1, y1 = areas.total_bounds
    pad = 0.02 * max(x1 - x0, y1 - y0)
    ax.set(xlim=(x0 - pad, x1 + pad), ylim=(y0 - 2.5 * pad, y1 + pad), aspect="equal")
    ax.set_axis_off()
    step = next(k for k in (50, 20, 10, 5, 2, 1) if k * 1000 <= (x1 - x0) / 3 or k == 1)
    ax.plot([x0, x0 + step * 1000], [y0 - pad, y0 - pad], color=INK, lw=1.6, solid_capstyle="butt")
    _text(ax, x0 + step * 500, y0 - pad * 1.3, WORDS[language]["metres"].format(step), size=6.5,
          va="top")  # fmt: skip
    ax.annotate(
        "N", (x0 + step * 1000 + 3 * pad, y0 + pad), (x0 + step * 1000 + 3 * pad, y0 - 1.6 * pad),
        ha="center", va="bottom", fontsize=7, color=INK,
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _region_names(ax: Axes, regions: gpd.GeoDataFrame, most: int = 30) -> None:
    """Names inside the regions; a city with more than `most` regions would be covered by them."""
    if len(regions) > most or "name" not in regions:
        return
    for name, geometry in zip(regions["name"], regions.geometry, strict=True):
        x, y = _inside(geometry)
        text = "\n".join(textwrap.wrap(_shorten(str(name), 40), 15)[:3])
        _text(ax, x, y, text, size=6.5, box=True, level=7)


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


def _percent_axis(axis: Any, language: str) -> None:
    axis.set_major_formatter(lambda v, _: numbers.percent(v, 0, language=language))


def _plain(ax: Axes, grid: str = "") -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=7, color="#8f959c")
    ax.xaxis.label.set_fontsize(7.5)
    ax.yaxis.label.set_fontsize(7.5)
    if grid:
        ax.grid(axis=grid, color="#e4e2da", lw=0.5)  # type: ignore[arg-type]
        ax.set_axisbelow(True)


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
