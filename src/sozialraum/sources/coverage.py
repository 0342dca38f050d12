"""Whether areas cover their territory once: overlaps and narrow gaps, measured, not repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

GAP_WIDTH = 1.0
"""Gaps narrower than this (metres) are mistakes of drawing; wider ones may be water or forest."""


def overlaps(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure where areas overlap or leave a narrow gap between them.

    Only areas with a border that does not fit its neighbour's are looked at, so that a clean layer
    costs one pass over its edges.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in a metric CRS, index `area_id`.

    Returns
    -------
    pandas.DataFrame
        One row per pair: `left`, `right` (area ids), `overlap` and `gap` (m², both 0 for a pair
        whose border only has differing vertices).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)]
    >>> overlaps(gpd.GeoDataFrame(geometry=squares, index=["a", "b"]))
      left right  overlap  gap
    0    a     b     10.0  0.0
    """
    import shapely

    geometry = areas.geometry.to_numpy()
    edges = shapely.coverage_invalid_edges(geometry, gap_width=GAP_WIDTH)
    odd = np.flatnonzero(~shapely.is_empty(edges))
    tree = shapely.STRtree(edges[odd])
    left, right = tree.query(edges[odd], predicate="dwithin", distance=GAP_WIDTH)
    pairs = np.unique(np.column_stack([odd[left], odd[right]])[left < right], axis=0)
    size = shapely.area(shapely.intersection(geometry[pairs[:, 0]], geometry[pairs[:, 1]]))
    both = shapely.union(geometry[pairs[:, 0]], geometry[pairs[:, 1]])
    half = GAP_WIDTH / 2  # what closing fills is the gap between the two, and nothing else of note
    closed = shapely.buffer(
        shapely.buffer(both, half, join_style="mitre"), -half, join_style="mitre"
    )
    gap = shapely.area(shapely.difference(closed, both))
    ids = areas.index.to_numpy()
    return pd.DataFrame(
        {
            "left": ids[pairs[:, 0]],
            "right": ids[pairs[:, 1]],
            "overlap": np.round(size, 3),
            "gap": np.round(gap, 3),
        }
    )
