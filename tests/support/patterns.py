"""A made-up development over time for the tests of the writers."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sozialraum.concentration.inequality import inequality_change
from sozialraum.publish.concentrations import CHANGE, DEVELOPMENT, LOCAL
from sozialraum.publish.content import Content
from sozialraum.publish.further import FurtherTable


def with_patterns(content: Content) -> Content:
    """The content with tables of local statistics and of the change since the previous edition."""
    areas = pd.DataFrame(content.areas)
    share = areas["share"]
    member = areas["cluster"].eq("Konzentration").to_numpy()
    local = pd.DataFrame(
        {
            "area_id": areas.index,
            "name": areas["name"].to_numpy(),
            "cluster": areas["cluster"].to_numpy(),
            "local_quadrant": np.where(member, "hoch-hoch", "niedrig-niedrig"),
            "local_p": np.where(member, 0.004, 0.3),
            "local_q": np.where(member, 0.03, 0.7),
            "alone": member,
            "sure": member,
        }
    )
    moved = pd.DataFrame(
        {
            "area_id": areas.index,
            "name": areas["name"].to_numpy(),
            "share_before": (share * 1.1).to_numpy(),
            "share_now": share.to_numpy(),
            "change": (-10 * share).to_numpy(),
            "change_p": 0.4,
            "change_q": 0.9,
            "member_before": member,
            "member_now": member,
            "status": np.where(member, "beständig", "keine"),
        }
    )
    known = areas["recipients"].notna()
    pair = areas.loc[known, "recipients"], areas.loc[known, "population"]
    change = inequality_change(pair, pair, draws=99).reset_index()
    change["where"], change["meaning"] = content.info.region_name, change["measure"]
    found = (
        FurtherTable("local", "Lokale Statistik", "x", local, LOCAL, in_report=False),
        FurtherTable("development", "Zeitverlauf", "x", moved, DEVELOPMENT, in_report=False),
        FurtherTable("inequality_change", "Ungleichheit", "x", change, CHANGE, in_report=False),
    )
    return replace(content, further=(*content.further, *found), surface=surface_of(content))


def surface_of(content: Content) -> gpd.GeoDataFrame:
    """A square around each unit with people, of made-up density."""
    units = content.units[content.units["people_everybody"] >= 3]
    return gpd.GeoDataFrame(
        {"area_id": units["area_id"], "per_km2": np.linspace(20, 2_600, len(units)), "behind": 40},
        geometry=shapely.buffer(units.geometry.to_numpy(), 50, cap_style="square"),
        index=units.index,
        crs=units.crs,
    )
