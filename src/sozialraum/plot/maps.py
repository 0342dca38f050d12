"""Maps of areas, concentrations and rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sozialraum.plot.charts import new_axes

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from sozialraum.result import Run


def share_map(
    areas: gpd.GeoDataFrame,
    *,
    mean: float | None = None,
    regions: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """Choropleth of `areas.share` in five classes around the mean.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in a metric CRS with `share` (a fraction; NaN is drawn as not published).
    mean : float, optional
        Reference of the classes; default: the mean weighted by `population`, or unweighted where
        there is no such column.
    regions : geopandas.GeoDataFrame, optional
        Coarser units with `name`, drawn and named on top.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.
    language : {'de', 'en'}
        Of the legend.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import geopandas as gpd
    >>> from matplotlib.figure import Figure
    >>> from shapely import box
    >>> tiles = gpd.GeoDataFrame(
    ...     {"share": [0.05, 0.3]}, geometry=[box(0, 0, 900, 900), box(900, 0, 1800, 900)],
    ...     crs="EPSG:25833")
    >>> ax = share_map(tiles, ax=Figure().subplots())
    >>> len(ax.get_legend().get_texts())
    5
    """
    from sozialraum.publish import cartography

    if mean is None:
        known = areas[areas["share"].notna()]
        weight = known["population"] if "population" in known else known["share"] * 0 + 1
        mean = float((known["share"] * weight).sum() / weight.sum())
    ax = new_axes(ax)
    cartography.share_map(ax, areas, _regions(areas, regions), mean=mean, language=language)
    return ax


def count_map(
    areas: gpd.GeoDataFrame,
    *,
    regions: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """Circles whose area is proportional to `areas.recipients`.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in a metric CRS with `recipients`; an unknown number gets a pattern, no circle.
    regions, ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import geopandas as gpd
    >>> from matplotlib.figure import Figure
    >>> from shapely import box
    >>> tile = gpd.GeoDataFrame({"recipients": [50.0]}, geometry=[box(0, 0, 9e2, 9e2)], crs=25833)
    >>> count_map(tile, ax=Figure().subplots()).get_legend() is not None
    True
    """
    from sozialraum.publish import cartography

    ax = new_axes(ax)
    cartography.count_map(ax, areas, _regions(areas, regions), language=language)
    return ax


def class_map(
    areas: gpd.GeoDataFrame,
    column: str = "status_class",
    *,
    regions: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """Choropleth of classes: status, dynamics, role in a concentration, or any other words.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in a metric CRS.
    column : str
        Column with the class of each area; None or NaN: not rated. The classes of the method have
        fixed looks; others are drawn from light to dark in the order of their words.
    regions, ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import geopandas as gpd
    >>> from matplotlib.figure import Figure
    >>> from shapely import box
    >>> tile = gpd.GeoDataFrame({"status_class": ["hoch"]}, geometry=[box(0, 0, 9, 9)], crs=25833)
    >>> ax = class_map(tile, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['hoch', 'mittel', 'niedrig', 'sehr niedrig']
    """
    from sozialraum.publish import cartography
    from sozialraum.publish.charts import SEQUENCE

    found = sorted(set(areas[column].dropna()))
    fixed = (cartography.STATUS, cartography.DYNAMICS, cartography.CLUSTERS)
    styles = next((s for s in fixed if set(found) <= set(s)), None)
    if styles is None or not found:
        last = max(len(found) - 1, 1)
        place = [round(i * (len(SEQUENCE) - 1) / last) for i in range(len(found))]
        colours = [SEQUENCE[k] for k in place]
        named = zip(found, colours, strict=True)
        styles = {word: cartography.Style(str(word), colour) for word, colour in named}
    ax = new_axes(ax)
    where = _regions(areas, regions)
    cartography.class_map(ax, areas, where, areas[column], styles, language=language)
    return ax


def cluster_map(
    areas: gpd.GeoDataFrame,
    clusters: gpd.GeoDataFrame,
    *,
    regions: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    language: str = "de",
) -> Axes:
    """Each area's role in a concentration (`areas.cluster`) and the outlines of `clusters`.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in a metric CRS with `cluster`, as in `Run.areas`.
    clusters : geopandas.GeoDataFrame
        Outlines, numbered from 1 in their order.
    regions, ax, language
        As in `share_map`.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import geopandas as gpd
    >>> from matplotlib.figure import Figure
    >>> from shapely import box
    >>> tile = gpd.GeoDataFrame({"cluster": ["Konzentration"]}, geometry=[box(0, 0, 9, 9)],
    ...                         crs=25833)
    >>> ax = cluster_map(tile, tile, ax=Figure().subplots())
    >>> ax.get_legend().get_texts()[-1].get_text()
    'Umriss einer Konzentration'
    """
    from sozialraum.publish import cartography

    ax = new_axes(ax)
    styles = cartography.cluster_styles(sorted(set(areas["cluster"].dropna())))
    where = _regions(areas, regions)
    cartography.cluster_map(ax, areas, where, clusters, styles, language=language)
    return ax


def rooms_map(
    run: Run,
    target: str = "everybody",
    p: int | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """The proposed rooms of a run with their reach, other eligible rooms and existing offices.

    Parameters
    ----------
    run : Run
    target : str
        Key of a target group.
    p : int, optional
        Number of rooms; default: the study's.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import sozialraum as sr
    >>> from matplotlib.figure import Figure
    >>> run = sr.run("demo", siting={"rooms": 2, "stability_draws": 0})
    >>> ax = sr.plot.rooms_map(run, ax=Figure().subplots())
    >>> ax.get_legend().get_texts()[0].get_text()
    'vorgeschlagener Raum'
    """
    from sozialraum.presence.offices import serving
    from sozialraum.publish import siting_map

    content, siting = run.content, run.study.siting
    ax = new_axes(ax)
    siting_map.rooms_map(
        ax,
        content.areas,
        content.regions,
        rooms=content.rooms,
        chosen=list(run.proposal(target, p)["site_id"]),
        offices=content.offices[serving(content.offices, target)],
        radius=siting.radius,
        detour=siting.detour if run.study.access.kind == "straight" else None,
        language=content.info.language,
    )
    return ax


def _regions(areas: gpd.GeoDataFrame, regions: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Nothing is drawn on top where no coarser units are given."""
    return areas.iloc[:0] if regions is None else regions
