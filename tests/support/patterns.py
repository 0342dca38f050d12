"""A made-up development over time for the tests of the writers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sozialraum.concentration import Concentration, Development, inequality_change
from sozialraum.publish import concentrations
from sozialraum.publish.content import Content


def with_patterns(content: Content) -> Content:
    """The content with local statistics, a change since the previous edition, and a surface."""
    areas = pd.DataFrame(content.areas)
    share = areas["share"].fillna(0.1)
    member = areas["cluster"].eq("Konzentration")
    local = pd.DataFrame(
        {
            "cluster": areas["cluster"],
            "local_quadrant": np.where(member, "hoch-hoch", "niedrig-niedrig"),
            "local_p": np.where(member, 0.004, 0.3),
            "local_q": np.where(member, 0.03, 0.7),
        }
    )
    moved = pd.DataFrame(
        {
            "share_before": share * 1.1,
            "share_now": share,
            "change": -0.1 * share,
            "change_p": 0.4,
            "change_q": 0.9,
            "member_before": member,
            "member_now": member,
            "status": np.where(member, "beständig", "keine"),
        }
    )
    known = areas["recipients"].notna()
    pair = areas.loc[known, "recipients"], areas.loc[known, "population"]
    change = inequality_change(pair, pair, draws=99)
    return concentrations.with_patterns(
        content,
        Concentration(local, content.clusters),
        Development(moved, change, change),
        surface_of(content),
    )


def surface_of(content: Content) -> gpd.GeoDataFrame:
    """A square around each unit with people, of made-up density."""
    units = content.units[content.units["people_everybody"] >= 3]
    return gpd.GeoDataFrame(
        {"area_id": units["area_id"], "per_km2": np.linspace(20, 2_600, len(units)), "behind": 40},
        geometry=shapely.buffer(units.geometry.to_numpy(), 50, cap_style="square"),
        index=units.index,
        crs=units.crs,
    )
