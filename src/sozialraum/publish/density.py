"""The map of the smoothed surface for print; the companion of `sozialraum.publish.cartography`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sozialraum.publish import numbers
from sozialraum.publish.charts import SEQUENCE, WORDS
from sozialraum.publish.drawing import (
    LAND,
    Style,
    draw_frame,
    draw_legend,
    fill_areas,
    name_regions,
    swatch,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes


def surface_map(
    ax: Axes,
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    bands: gpd.GeoDataFrame,
    *,
    language: str = "de",
) -> None:
    """Draw the classes of the surface, the densest darkest; what has no value stays land.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    areas, regions : geopandas.GeoDataFrame
        For borders; `regions.name` are the labels.
    bands : geopandas.GeoDataFrame
        From `sozialraum.concentration.surface_bands`: `least`, `below` (persons per km²).
    """
    empty = Style(WORDS[language]["no_density"], LAND)
    fill_areas(ax, areas.geometry.to_numpy(), empty)
    handles = []
    last = max(len(bands) - 1, 1)
    for k, label in enumerate(band_labels(bands, language)):
        style = Style(label, SEQUENCE[round(k * (len(SEQUENCE) - 1) / last)])
        fill_areas(ax, bands.geometry.to_numpy()[k : k + 1], style)
        handles.append(swatch(style))
    draw_frame(ax, areas, regions, language=language)
    name_regions(ax, regions)
    draw_legend(ax, [*handles, swatch(empty)])


def band_labels(bands: pd.DataFrame, language: str = "de") -> list[str]:
    """What the classes are called: 'unter 500', '500 bis unter 1.000', 'ab 1.000'.

    Parameters
    ----------
    bands : pandas.DataFrame
        `least`, `below`; NaN: open.

    Examples
    --------
    >>> import pandas as pd
    >>> band_labels(pd.DataFrame({"least": [0.0, 500, 1000], "below": [500.0, 1000, None]}))
    ['unter 500', '500 bis unter 1.000', 'ab 1.000']
    """
    words = WORDS[language]
    labels = []
    for least, below in zip(bands["least"], bands["below"], strict=True):
        low, high = (numbers.number(v, language=language) for v in (least, below))
        if below != below:
            labels.append(words["at_least"].format(low))
        elif least == 0:
            labels.append(words["less_than"].format(high))
        else:
            labels.append(words["between"].format(low, high))
    return labels
