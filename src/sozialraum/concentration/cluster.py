"""Each area's role in a concentration, and the concentrations as shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.concentration.autocorrelation import local_moran, moran_rate
from sozialraum.concentration.graph import as_csr, contiguity
from sozialraum.concentration.inequality import inequality_measures
from sozialraum.concentration.scan_statistic import scan
from sozialraum.concentration.wording import HIGH, LOW, LOW_AROUND, MEMBER, PLAIN, Found, Telling

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy import sparse

CLEARLY = 1.25
"""Share relative to the region's from which an area alone is called high (low: 1 / it); agreed."""

MEASURES = ("gini", "hoover", "theil", "theil_between_share", "dissimilarity", "isolation")
"""Measures of inequality that are published, with their intervals."""


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
        figures are of its part inside: `areas` (how many), `names` (of these, '; ' between them),
        `cases`, `expected` (at the region's share), `relative_risk` (share inside / share of the
        rest of the region). Of the whole are `beyond` (areas beyond the region's border), `p` and
        `p_circles` (of the most likely circle that shares an area with it, as a check; 1: none).
    figures : dict
        `gini`, `hoover`, `theil`, `theil_between_share`, `dissimilarity`, `isolation` of the
        region, each with `_lo` and `_hi`, and of the city (`gini_city`, `gini_city_lo` …);
        `moran`, `moran_p`, `moran_n` over the city; `scan_areas` (how many were scanned),
        `scan_p` of the most likely concentration that touches the region, `scan_p_circles` the
        same with circles as a check; `local_high`, `local_high_unadjusted`: areas of the region
        where local Moran's I finds high values among high ones, with and without control of
        false discoveries.
    found : Found
        Members of the concentrations as positions in the city.
    """

    areas: pd.DataFrame
    clusters: gpd.GeoDataFrame
    figures: dict[str, Any] = field(default_factory=dict)
    found: Found | None = None


def concentrate(
    areas: gpd.GeoDataFrame,
    count: pd.Series,
    base: pd.Series,
    in_region: pd.Series,
    *,
    graph: Any = None,
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
    graph : scipy CSR matrix or libpysal Graph, optional
        Neighbours, in the order of `areas`; default: areas that share a point.
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
        How the sentences call the region, in the dative: "dem Bezirk"; default: "dem Anteil in
        der ganzen Region".

    Returns
    -------
    Concentration
        Without roles and figures where fewer than three areas have a share, or all the same.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> ids = pd.Index([f"{x}{y}" for x in range(8) for y in range(8)], name="area_id")
    >>> boxes = [shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8)]
    >>> city = gpd.GeoDataFrame(geometry=boxes, index=ids, crs="EPSG:25833")
    >>> high = ids.isin(["11", "12", "21", "22", "13", "23"])
    >>> count = pd.Series([300.0 if h else 90 + 7 * (k % 5) for k, h in enumerate(high)], ids)
    >>> base, everywhere = pd.Series(1000.0, ids), pd.Series(True, ids)
    >>> found = concentrate(city, count, base, everywhere, permutations=99)
    >>> found.clusters["areas"].tolist(), found.areas.loc["12", "cluster"]
    ([6], 'Konzentration')
    """
    graph = contiguity(areas) if graph is None else as_csr(graph, len(areas))
    inside = in_region.to_numpy(dtype=bool)
    share = (count / base.where(base > 0)).astype(float)
    known = inside & share.notna().to_numpy()
    around = scanned(share, inside, graph)
    if not comparable(share, around, graph):
        return _nothing(areas, inside)
    own_share = float(count[known].sum() / base[known].sum())
    options: dict[str, Any] = {
        "permutations": permutations,
        "seed": seed,
        "alpha": alpha,
        "max_share": max_share,
    }
    found = find(areas, count, base, around, inside, graph, **options)
    circles = find(areas, count, base, around, inside, None, **options)
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
    shapes["p_circles"] = [
        min((p for m, p in circles.every if np.isin(m, own).any()), default=1.0)
        for own in found.members
    ]
    return Concentration(frame[inside], shapes, figures, found)


def scanned(share: pd.Series, inside: np.ndarray, graph: Any) -> np.ndarray:
    """Areas that are searched: the region and its neighbours, as far as their share is known.

    Parameters
    ----------
    share : pandas.Series of shape (n,)
    inside : boolean array of shape (n,)
        Areas of the region.
    graph : scipy CSR matrix

    Examples
    --------
    >>> street = contiguity(_street(4))
    >>> scanned(pd.Series([0.1, 0.2, np.nan, 0.1]), np.array([1, 0, 0, 0]) > 0, street).tolist()
    [True, True, False, False]
    """
    return (inside | ((graph @ inside) > 0)) & share.notna().to_numpy()


def comparable(share: pd.Series, around: np.ndarray, graph: Any) -> bool:
    """Whether some areas can be told apart: three with a share, not all equal, with neighbours.

    Examples
    --------
    >>> everywhere = np.ones(3, dtype=bool)
    >>> comparable(pd.Series([0.1, 0.2, 0.3]), everywhere, contiguity(_street(3)))
    True
    >>> comparable(pd.Series([0.1, 0.1, 0.1]), everywhere, contiguity(_street(3)))
    False
    """
    at = np.flatnonzero(around)
    values = share.to_numpy(float)[at]
    return len(at) >= 3 and float(np.ptp(values)) > 0 and graph[at][:, at].nnz > 0


def find(
    areas: gpd.GeoDataFrame,
    count: pd.Series,
    base: pd.Series,
    around: np.ndarray,
    inside: np.ndarray,
    graph: Any,
    *,
    permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
    max_share: float = 0.25,
) -> Found:
    """Scan some areas of the city for concentrations that touch the region.

    Parameters
    ----------
    areas, count, base
        As in `concentrate`, of shape (n,).
    around, inside : boolean arrays of shape (n,)
        Areas that are scanned, and those of the region.
    graph : scipy CSR matrix or None
        Connected shapes over this graph; None: circles.
    permutations, seed, alpha, max_share
        As in `concentrate`.

    Returns
    -------
    Found

    Examples
    --------
    >>> city = _street(12)
    >>> count, base = pd.Series([30, 32, 90, 95, 99, 31, 30, 33, 29, 30, 31, 28.0]), 300
    >>> everywhere = np.ones(12, dtype=bool)
    >>> graph = contiguity(city)
    >>> found = find(city, count, pd.Series(base, range(12)), everywhere, everywhere, graph)
    >>> [m.tolist() for m in found.members]
    [[2, 3, 4]]
    """
    at = np.flatnonzero(around)
    points = areas.geometry.iloc[at].representative_point()
    table = scan(
        np.column_stack([points.x, points.y]),
        count.iloc[at],
        base.iloc[at],
        graph=None if graph is None else graph[at][:, at],
        overdispersion="estimate",
        max_share=max_share,
        replications=permutations,
        seed=seed,
    )
    every = [(at[m], float(p)) for m, p in zip(table["members"], table["p"], strict=True)]
    every = [(m, p) for m, p in every if inside[m].any()]
    sure = [(m, p) for m, p in every if p <= alpha]
    best, best_p = every[0] if every else (np.zeros(0, np.intp), 1.0)
    return Found([m for m, _ in sure], [p for _, p in sure], best, best_p, len(at), every)


def _nothing(areas: gpd.GeoDataFrame, inside: np.ndarray) -> Concentration:
    """No area can be compared with others: no role, no concentration, no figure."""
    import geopandas as gpd

    frame = pd.DataFrame({"cluster": None, "cluster_sentence": ""}, index=areas.index, dtype=object)
    columns = ["areas", "names", "beyond", "cases", "expected", "relative_risk", "p", "p_circles"]
    empty = gpd.GeoDataFrame({c: [] for c in columns}, geometry=[], crs=areas.crs)
    return Concentration(frame[inside], empty)


def _street(n: int) -> gpd.GeoDataFrame:
    """A row of n areas, for the examples."""
    import geopandas as gpd
    import shapely

    boxes = [shapely.box(x, 0, x + 1, 1) for x in range(n)]
    return gpd.GeoDataFrame(geometry=boxes, crs="EPSG:25833")


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
        names = "; ".join(map(str, areas["name"].iloc[here])) if "name" in areas else ""
        beyond = len(members) - len(here)
        rows.append((len(here), names, beyond, cases, expected, risk, p))
        shapes.append(shapely.union_all(areas.geometry.iloc[here].to_numpy()))
    columns = ["areas", "names", "beyond", "cases", "expected", "relative_risk", "p"]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry=gpd.GeoSeries(shapes, crs=areas.crs)
    )
