"""Each area's role in a concentration, and the concentrations as shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.concentration.autocorrelation import local_moran, moran_rate
from sozialraum.concentration.graph import contiguity
from sozialraum.concentration.inequality import inequality_measures
from sozialraum.concentration.scan_statistic import scan
from sozialraum.concentration.wording import HIGH, LOW, LOW_AROUND, MEMBER, PLAIN, Found, Telling

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy import sparse

CLEARLY = 1.25
"""Share relative to the region's from which an area alone is called high (low: 1 / it); agreed."""

MEASURES = ("gini", "hoover", "theil_between_share", "dissimilarity", "isolation")


@dataclass(frozen=True)
class Concentration:
    """Where shares cluster.

    Attributes
    ----------
    areas : pandas.DataFrame
        Index `area_id` of the region: `cluster` (one of `wording.ROLES`, None without a share),
        `cluster_sentence` (German), and as supporting evidence `local_quadrant`, `local_p`,
        `local_q` (local Moran's I among the scanned areas, without and with control of false
        discoveries; Gi* has the same p-values).
    clusters : geopandas.GeoDataFrame
        One shape for each concentration that touches the region, most likely first. Shape and
        figures are of its part inside: `areas` (how many), `cases`, `expected` (at the region's
        share), `relative_risk` (cases / expected); `p` is of the whole.
    figures : dict
        `gini`, `hoover`, `theil_between_share`, `dissimilarity`, `isolation` of the region, each
        with `_lo` and `_hi`, and of the city (`gini_city`, `gini_city_lo` …); `moran`, `moran_p`,
        `moran_n` over the city; `scan_areas` (how many were scanned), `scan_p` of the most likely
        concentration that touches the region, `scan_p_circles` the same with circles as a check;
        `local_high`, `local_high_unadjusted`: areas of the region where local Moran's I finds high
        values among high ones, with and without control of false discoveries.
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
    max_share: float = 0.25,
    design_effect: float = 1.8,
    region_name: str = "",
) -> Concentration:
    """Find the region's concentrations and tell each area's part in them.

    Concentrations come from the scan statistic with connected shapes over the region and the areas
    that touch it, against the share of all of them together. Areas are taken to differ by
    themselves as much as they do; only what lies together more than such areas would by chance,
    with p ≤ `alpha`, is a concentration. Its core are members that stand out in local Moran's I,
    too, among the same areas and with control of false discoveries. Global Moran's I is of the
    whole city.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        All areas of the city, polygons in a metric CRS, index `area_id`; with `region_id`, Theil's
        index is split by it.
    count, base : pandas.Series
        Recipients and the residents their share refers to; NaN = unknown, the area then has no
        role and no influence.
    in_region : pandas.Series of bool
        Areas of the study region.
    permutations : int
        Replications of the scan and permutations of Moran's I; local Moran's I takes ten times as
        many, as the control of false discoveries needs small p-values.
    seed : int
    alpha : float
        Level of the scan's test and false discovery rate of the local statistics.
    max_share : float
        Largest share of the scanned residents in one concentration.
    design_effect : float
        Variance of a count relative to independent persons, for the intervals.
    region_name : str
        How the sentences call the region; default: "der ganzen Region".

    Returns
    -------
    Concentration
    """
    graph = contiguity(areas)
    inside = in_region.to_numpy(dtype=bool)
    share = (count / base.where(base > 0)).astype(float)
    valid = share.notna().to_numpy()
    known = inside & valid
    own_share = float(count[known].sum() / base[known].sum())
    around = (inside | ((graph @ inside) > 0)) & valid
    at = np.flatnonzero(around)
    points = areas.geometry.iloc[at].representative_point()
    numbers = np.column_stack([points.x, points.y]), count.iloc[at], base.iloc[at]
    options: dict[str, Any] = {
        "overdispersion": "estimate",
        "max_share": max_share,
        "replications": permutations,
        "seed": seed,
    }
    table = scan(*numbers, graph=graph[at][:, at], **options)
    found = _touching(table, at, inside, alpha)
    circles = _touching(scan(*numbers, **options), at, inside, alpha)
    local = local_moran(share.where(around), graph, 10 * permutations + 9, seed, alpha=alpha)

    frame = pd.DataFrame(index=areas.index)
    frame["cluster"] = _roles(share / own_share, found, local, graph)
    core = (local["significant"] & (local["quadrant"] == "hoch-hoch")).to_numpy()
    told = Telling(
        found, count.to_numpy(float), base.to_numpy(float), inside, core, own_share, region_name
    )
    frame["cluster_sentence"] = [told.sentence(i, r) for i, r in enumerate(frame["cluster"])]
    frame = frame.join(local[["quadrant", "p", "q"]].add_prefix("local_"))

    rate = moran_rate(count, base, graph, permutations=permutations, seed=seed)
    high = inside & (local["quadrant"] == "hoch-hoch").to_numpy()
    drawn = {"design_effect": design_effect, "seed": seed}
    figures = _measures(areas, count, base, "_city", draws=199, **drawn)
    figures |= _measures(areas[inside], count[inside], base[inside], "", draws=499, **drawn)
    figures |= {
        "moran": rate["I"],
        "moran_p": rate["p"],
        "moran_n": rate["n"],
        "scan_areas": found.scanned,
        "scan_p": found.best_p,
        "scan_p_circles": circles.best_p,
        "local_high": int((core & inside).sum()),
        "local_high_unadjusted": int((high & (2 * local["p"] <= alpha)).sum()),
    }
    shapes = _shapes(areas, found, count, base, inside, own_share)
    return Concentration(frame[inside], shapes, figures)


def _touching(table: pd.DataFrame, at: np.ndarray, inside: np.ndarray, alpha: float) -> Found:
    """What the scan of the areas at some positions of the city found in the region."""
    members = [at[m] for m in table["members"]]
    touching = [k for k, m in enumerate(members) if inside[m].any()]
    p = [float(table["p"].iloc[k]) for k in touching]
    sure = [k for k, value in zip(touching, p, strict=True) if value <= alpha]
    best = members[touching[0]] if touching else np.zeros(0, np.intp)
    significant = [value for value in p if value <= alpha]
    return Found([members[k] for k in sure], significant, best, p[0] if p else 1.0, len(at))


def _roles(
    quotient: pd.Series, found: Found, local: pd.DataFrame, graph: sparse.csr_array
) -> pd.Series:
    member = np.zeros(len(quotient), dtype=bool)
    member[np.concatenate([np.zeros(0, np.intp), *found.members])] = True
    beside = (graph @ member) > 0
    roles = pd.Series(PLAIN, index=quotient.index, dtype=object)
    low = local["significant"] & (local["quadrant"] == "niedrig-niedrig")
    roles[low & (quotient < 1)] = LOW_AROUND
    roles[beside & (quotient <= 1 / CLEARLY)] = LOW
    roles[quotient >= CLEARLY] = HIGH
    roles[member] = MEMBER
    return roles.where(quotient.notna(), None)


def _measures(
    areas: gpd.GeoDataFrame, count: pd.Series, base: pd.Series, of: str, **options: Any
) -> dict[str, float]:
    table = inequality_measures(count, base, areas.get("region_id"), **options)
    return {
        f"{name}{of}{ending}": float(table[column][name])
        for name in table.index.intersection(list(MEASURES))
        for column, ending in (("value", ""), ("lo", "_lo"), ("hi", "_hi"))
    }


def _shapes(
    areas: gpd.GeoDataFrame,
    found: Found,
    count: pd.Series,
    base: pd.Series,
    inside: np.ndarray,
    share: float,
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    rows, shapes = [], []
    for members, p in zip(found.members, found.p, strict=True):
        here = members[inside[members]]
        cases = float(count.iloc[here].sum())
        expected = float(base.iloc[here].sum() * share)
        outside = np.setdiff1d(
            np.flatnonzero(inside & (count.notna() & (base > 0)).to_numpy()), here
        )
        rest = float(count.iloc[outside].sum()) / max(float(base.iloc[outside].sum()), 1.0)
        risk = cases / float(base.iloc[here].sum()) / rest if rest > 0 else np.nan
        rows.append((len(here), cases, expected, risk, p))
        shapes.append(shapely.union_all(areas.geometry.iloc[here].to_numpy()))
    columns = ["areas", "cases", "expected", "relative_risk", "p"]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry=gpd.GeoSeries(shapes, crs=areas.crs)
    )
