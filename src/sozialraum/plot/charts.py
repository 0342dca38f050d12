"""Charts of ranks, shares and rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def new_axes(ax: Axes | None, *, width: float = 8.0, height: float = 6.0) -> Axes:
    """`ax`, or the axes of a new figure of that size in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def rank_sets(
    ranking: pd.DataFrame,
    *,
    top: int = 10,
    most: int = 60,
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """Forest plot: each area's rank with its confidence set, the greatest need on top.

    Parameters
    ----------
    ranking : pandas.DataFrame
        `name`, `rank`, `rank_lo`, `rank_hi`, as in `Run.ranking`; rows without rank are left out.
    top : int
        The first `top` ranks are shaded; filled marks: certainly among them, light: possibly,
        hollow: not.
    most : int
        At most so many areas.
    ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame({"name": ["A", "B"], "rank": [1, 2], "rank_lo": [1, 1],
    ...                       "rank_hi": [2, 2]})
    >>> rank_sets(table, top=1, ax=Figure().subplots()).get_xlabel()
    'Rang (1 = größter Bedarf)'
    """
    from sozialraum.publish import charts

    ax = new_axes(ax, height=1.2 + 0.17 * min(most, int(ranking["rank"].notna().sum())))
    charts.rank_forest(ax, ranking, top=top, most=most, language=language)
    return ax


def lorenz(curve: pd.DataFrame, *, ax: Axes | None = None, language: str = "de") -> Axes:
    """Lorenz curve: cumulated share of recipients over cumulated share of residents.

    Parameters
    ----------
    curve : pandas.DataFrame
        `population_share`, `recipients_share`, see `sozialraum.concentration.lorenz_curve`.
    ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import sozialraum as sr
    >>> from matplotlib.figure import Figure
    >>> curve = sr.concentration.lorenz_curve([10, 30], [100, 100])
    >>> sr.plot.lorenz(curve, ax=Figure().subplots(), language="en").get_xlabel()
    'share of residents'
    """
    from sozialraum.publish import charts

    ax = new_axes(ax, width=4.5, height=4.5)
    charts.lorenz(ax, curve, language=language)
    return ax


def frontier(
    table: pd.DataFrame,
    *,
    titles: Mapping[str, str] | None = None,
    rooms: int | None = None,
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """Share of each target group that 0, 1, 2, … rooms reach.

    Parameters
    ----------
    table : pandas.DataFrame
        `target`, `p`, `reached`, `reached_share`, `bound`, as in `Run.frontier`.
    titles : mapping, optional
        Target -> what the legend calls it.
    rooms : int, optional
        Number of rooms to mark.
    ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame({"target": "everybody", "p": [0, 1], "reached": [10, 30],
    ...                       "reached_share": [0.1, 0.3], "bound": [10, 30]})
    >>> frontier(table, ax=Figure().subplots()).get_xlabel()
    'Zahl der zusätzlichen Räume'
    """
    from sozialraum.publish import charts

    titles = titles or {}
    curves = {titles.get(str(k), str(k)): rows for k, rows in table.groupby("target", sort=False)}
    ax = new_axes(ax, height=4)
    charts.reach_curve(ax, curves, headline=rooms or 0, language=language)
    if rooms is None:
        ax.lines[0].remove()
    return ax


def stability(
    table: pd.DataFrame,
    *,
    column: str = "stability",
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """How often each proposed room is chosen again when the assumptions vary.

    Parameters
    ----------
    table : pandas.DataFrame
        `name` and the share of repetitions (0…1), as in `Run.proposal`; NaN: not computed, the
        room is left out.
    column : str
        Where the share stands.
    ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> rooms = pd.DataFrame({"name": ["Bibliothek", "Treff"], "stability": [1.0, 0.4]})
    >>> [float(b.get_width()) for b in stability(rooms, ax=Figure().subplots()).patches]
    [1.0, 0.4]
    """
    from sozialraum.publish import charts, numbers

    rows = table[table[column].notna()]
    ax = new_axes(ax, height=1 + 0.3 * len(rows))
    ax.barh(range(len(rows)), rows[column], color=charts.ACCENT, height=0.6)
    ax.set_yticks(range(len(rows)), [charts.shorten(str(n), 40) for n in rows["name"]])
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda v, _: numbers.percent(v, 0, language=language))
    words = {"de": "Anteil der Wiederholungen, in denen der Raum gewählt wird"}
    ax.set_xlabel(words.get(language, "share of the repetitions that choose the room"))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def moran(values: Any, graph: Any, *, ax: Axes | None = None, language: str = "de") -> Axes:
    """Moran scatterplot (Anselin 1996): each value against the mean of its neighbours.

    Parameters
    ----------
    values : array of shape (n,)
        One value per area; NaN and areas without a valued neighbour are left out.
    graph : scipy CSR matrix or libpysal Graph
        Neighbourhoods, see `sozialraum.concentration.contiguity`.
    ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes
        Both axes in standard deviations; the slope of the line is Moran's I.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from scipy import sparse
    >>> chain = sparse.csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> moran([1.0, 2.0, 3.0], chain, ax=Figure().subplots()).get_title()
    'Morans I = 0,00'
    """
    import numpy as np

    from sozialraum.concentration import as_csr
    from sozialraum.publish import charts, numbers

    x = np.asarray(values, dtype=float)
    known = np.isfinite(x)
    weights = as_csr(graph, len(x))
    around = weights @ known.astype(float)
    used = known & (around > 0)
    z = np.where(known, (x - x[used].mean()) / x[used].std(), 0.0)
    lag = (weights @ z)[used] / around[used]
    slope = float(z[used] @ lag / (z[used] @ z[used]))
    ax = new_axes(ax, width=4.5, height=4.5)
    ax.axhline(0, color="#d9d6cc", lw=0.8)
    ax.axvline(0, color="#d9d6cc", lw=0.8)
    ax.scatter(z[used], lag, s=14, color=charts.ACCENT, alpha=0.7, linewidths=0)
    ends = np.array([z[used].min(), z[used].max()])
    ax.plot(ends, slope * ends, color=charts.HIGHLIGHT, lw=1.5)
    told = numbers.number(slope, 2, language=language)
    ax.set_title(f"{'Morans I' if language == 'de' else 'Moran’s I'} = {told}", fontsize=9)
    labels = ("Wert des Gebiets", "Mittel der Nachbarn", "Standardabweichungen")
    if language != "de":
        labels = ("value of the area", "mean of its neighbours", "standard deviations")
    ax.set_xlabel(f"{labels[0]} ({labels[2]})", fontsize=7.5)
    ax.set_ylabel(f"{labels[1]} ({labels[2]})", fontsize=7.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda v, _: numbers.number(v, 1, language=language))
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
