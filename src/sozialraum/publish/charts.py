"""Charts for print, as functions that draw into a given matplotlib `Axes`; the maps' companion.

The report and the notebooks share these and `sozialraum.publish.cartography`. They take plain
frames, read no files, and touch no global state of pyplot. What they show is legible in grey. Texts
are drawn as they are: matplotlib's mathematics markup is off, so a name such as ``$x$`` stays one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.publish import numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, ACCENT, HIGHLIGHT = "#1d2630", "#5b6570", "#0b5a86", "#b3440b"
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
        "reach": "Fußweg bis {0} m zum Raum",
        "office_reach": "Fußweg bis {0} m zur Dienststelle",
        "unit": "Personen, die erreicht werden",
        "unit_out": "Personen außer Reichweite",
        "scan": "Umriss einer Konzentration",
        "residents_cum": "Anteil der Einwohnerinnen und Einwohner",
        "recipients_cum": "Anteil der Leistungsberechtigten",
        "equal": "gleichmäßige Verteilung",
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
        "no_density": "unbewohnt oder nicht veröffentlicht",
        "share_axis": "Anteil",
        "earlier": "Ausgabe {0}",
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
        "reach": "walk of up to {0} m to the room",
        "office_reach": "walk of up to {0} m to the office",
        "unit": "people reached",
        "unit_out": "people out of reach",
        "scan": "outline of a concentration",
        "residents_cum": "share of residents",
        "recipients_cum": "share of recipients",
        "equal": "even distribution",
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
        "no_density": "uninhabited or not published",
        "share_axis": "share",
        "earlier": "edition {0}",
    },
}


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


def share_change(
    ax: Axes,
    rows: pd.DataFrame,
    *,
    before: str,
    now: str,
    bold: Sequence[bool] = (),
    language: str = "de",
) -> None:
    """Draw each area's share at two editions: open and filled dots joined by a line.

    Parameters
    ----------
    rows : pandas.DataFrame
        `name`, `share_before`, `share_now` (fractions), drawn from the top in this order.
    before, now : str
        What the editions are called.
    bold : sequence of bool, optional
        Areas whose name is drawn bold.
    """
    words = WORDS[language]
    y = np.arange(len(rows))
    first, second = (rows[c].to_numpy(float) for c in ("share_before", "share_now"))
    ax.hlines(y, first, second, color=MUTED, lw=1.2)
    look: dict[str, Any] = {"ls": "", "marker": "o", "mec": ACCENT, "ms": 4.5}
    ax.plot(first, y, mfc="white", label=words["earlier"].format(before), **look)
    ax.plot(second, y, mfc=ACCENT, label=words["earlier"].format(now), **look)
    ax.set_yticks([])
    for k, name in enumerate(rows["name"]):
        weight = "bold" if k < len(bold) and bold[k] else "normal"
        ax.text(
            -0.01, k, shorten(str(name), 36), transform=ax.get_yaxis_transform(), ha="right",
            va="center", fontsize=6.5, color=INK, parse_math=False, fontweight=weight,
        )  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, None)
    ax.set_xlabel(words["share_axis"])
    _percent_axis(ax.xaxis, language)
    # the smallest shares stand below, so that the lower right is free
    legend = ax.legend(loc="lower right", fontsize=7, frameon=True, facecolor="white",
                       edgecolor="#d9d6cc", framealpha=1)  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    _plain(ax, grid="x")


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
    ax.set_yticks([])  # fifty ticks would cost more time than all the rest
    for k, name in enumerate(rows["name"]):
        ax.text(
            -0.01, k, shorten(str(name), 36), transform=ax.get_yaxis_transform(), ha="right",
            va="center", fontsize=6.5, color=INK, parse_math=False,
        )  # fmt: skip
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0.5, max(float(hi.max(initial=1)), top) + 0.8)
    ax.set_xlabel(words["rank_axis"])
    ax.xaxis.set_label_position("top")
    ax.xaxis.tick_top()
    ax.legend(handles=handles, loc="upper right", fontsize=7, frameon=True, facecolor="white",
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


def shorten(text: str, most: int) -> str:
    """Cut a text to at most `most` characters, the last one an ellipsis.

    Examples
    --------
    >>> shorten("Schloßstraße", 8)
    'Schloßs…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
