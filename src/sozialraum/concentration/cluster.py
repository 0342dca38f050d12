"""Each area's role in a concentration, and the concentrations as shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from sozialraum.concentration.autocorrelation import local_moran, moran_rate
from sozialraum.concentration.graph import contiguity

if TYPE_CHECKING:
    import geopandas as gpd

ROLES = {
    "hoch-hoch": "Konzentration",
    "hoch-niedrig": "einzeln hoch",
    "niedrig-hoch": "einzeln niedrig",
    "niedrig-niedrig": "niedrige Umgebung",
}
"""Words for the quadrants of local Moran's I where they are significant."""

PLAIN = "unauffällig"


@dataclass(frozen=True)
class Concentration:
    """Where shares cluster.

    Attributes
    ----------
    areas : pandas.DataFrame
        Index `area_id` of the region: `cluster` (a role, or None without a share) and
        `cluster_sentence` (German).
    clusters : geopandas.GeoDataFrame
        One shape for each concentration that touches the region: `areas` (how many of the
        region), `cases`, `expected` (at the region's share), `relative_risk`, `p` (smallest
        adjusted p-value of its areas).
    figures : dict
        `moran`, `moran_p`, `moran_rate`: global Moran's I of the rates over the city; `gini`.
    """

    areas: pd.DataFrame
    clusters: gpd.GeoDataFrame
    figures: dict[str, Any] = field(default_factory=dict)


def concentrate(
    areas: gpd.GeoDataFrame,
    count: pd.Series,
    base: pd.Series,
    in_region: pd.Series,
    *,
    permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
) -> Concentration:
    """Find concentrations over the whole city and tell the region's part of them.

    Areas at the edge of the region are judged with their neighbours beyond it. An area belongs to
    a concentration where its share and its neighbours' are above the city's and local Moran's I
    is significant at a false discovery rate of `alpha`; connected ones are one concentration.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        All areas of the city, polygons in a metric CRS, index `area_id`.
    count, base : pandas.Series
        Recipients and the residents their share refers to; NaN = unknown, the area then has no
        role and no influence.
    in_region : pandas.Series of bool
        Areas of the study region.
    permutations, seed, alpha
        As in `local_moran`.

    Returns
    -------
    Concentration
    """
    graph = contiguity(areas)
    share = (count / base.where(base > 0)).astype(float)
    local = local_moran(share, graph, permutations, seed, alpha=alpha)
    high = local["significant"] & (local["quadrant"] == "hoch-hoch")
    roles = local["quadrant"].map(ROLES).where(local["significant"], PLAIN)
    roles = roles.astype(object).where(share.notna(), None)
    members = np.flatnonzero(high)
    _, label = connected_components(graph[members][:, members], directed=False)
    component = pd.Series(-1, index=areas.index)
    component.iloc[members] = label
    inside = in_region.to_numpy(dtype=bool)
    known = inside & share.notna().to_numpy()
    region_share = float(count[known].sum() / base[known].sum())
    frame = pd.DataFrame({"cluster": roles[inside]})
    frame["cluster_sentence"] = _sentences(
        frame["cluster"], component[inside], share[inside] / region_share, component
    )
    rate = moran_rate(count, base, graph, permutations=permutations, seed=seed)
    figures = {"moran": rate["I"], "moran_p": rate["p"], "moran_n": rate["n"]}
    shapes = _shapes(areas[inside], component[inside], count, base, local["q"], region_share)
    return Concentration(frame, shapes, figures)


def _sentences(
    roles: pd.Series, component: pd.Series, quotient: pd.Series, everywhere: pd.Series
) -> pd.Series:
    size = everywhere[everywhere >= 0].value_counts()

    def sentence(area: str) -> str:
        times = f"{quotient[area]:.1f}".replace(".", ",")
        match roles[area]:
            case "Konzentration":
                others = int(size[component[area]]) - 1
                if others == 0:
                    return (
                        "Hoher Anteil inmitten hoher Anteile der Nachbarn, "
                        f"das {times}-Fache der Region."
                    )
                neighbours = "einem Gebiet" if others == 1 else f"{others} Gebieten"
                return (
                    f"Gehört mit {neighbours} zu einer Konzentration; "
                    f"der Anteil ist das {times}-Fache der Region."
                )
            case "einzeln hoch":
                return f"Hoher Anteil zwischen niedrigen, das {times}-Fache der Region."
            case "einzeln niedrig":
                return "Niedriger Anteil zwischen hohen: am Rand einer Konzentration."
            case "niedrige Umgebung":
                return "Niedriger Anteil inmitten niedriger Anteile."
            case "unauffällig":
                return "Keine Häufung, die über Zufall hinausgeht."
            case _:
                return ""

    return pd.Series([sentence(a) for a in roles.index], index=roles.index, dtype=object)


def _shapes(
    areas: gpd.GeoDataFrame,
    component: pd.Series,
    count: pd.Series,
    base: pd.Series,
    q: pd.Series,
    region_share: float,
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    rows, shapes = [], []
    for label in sorted(set(component[component >= 0])):
        ids = component.index[component == label]
        cases, expected = float(count[ids].sum()), float(base[ids].sum() * region_share)
        rows.append((len(ids), cases, expected, cases / expected, float(q[ids].min())))
        shapes.append(shapely.union_all(areas.geometry[ids].to_numpy()))
    columns = ["areas", "cases", "expected", "relative_risk", "p"]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry=gpd.GeoSeries(shapes, crs=areas.crs)
    )
    return frame.sort_values("cases", ascending=False, ignore_index=True)
