"""Concentrations and inequality at two editions of the same areas, counted in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.concentration.cluster import comparable, find, scanned
from sozialraum.concentration.emergence import concentration_change
from sozialraum.concentration.graph import as_csr, contiguity
from sozialraum.concentration.inequality import inequality_change
from sozialraum.concentration.wording import Found

if TYPE_CHECKING:
    import geopandas as gpd

Counted = tuple[pd.Series, pd.Series]
"""Recipients, and the residents their share refers to."""


@dataclass(frozen=True)
class Development:
    """What became of concentrations and inequality.

    Attributes
    ----------
    areas : pandas.DataFrame
        Index `area_id` of the region: `share_before`, `share_now`, `change` (fractions),
        `change_p`, `change_q` (Gi* of the change among the scanned areas, without and with control
        of false discoveries), `member_before`, `member_now` (in a concentration of the scan), and
        `status`, see `emergence.concentration_change`.
    inequality, inequality_city : pandas.DataFrame
        See `inequality.inequality_change`: of the region and of the whole city.
    """

    areas: pd.DataFrame
    inequality: pd.DataFrame
    inequality_city: pd.DataFrame


def develop(
    areas: gpd.GeoDataFrame,
    before: Counted,
    now: Counted,
    in_region: pd.Series,
    *,
    graph: Any = None,
    found: Found | None = None,
    permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
    max_share: float = 0.25,
    design_effect: float = 1.8,
) -> Development | None:
    """Tell which concentrations emerged, stayed or vanished between two editions.

    Both editions are scanned in the same way (see `cluster.concentrate`). An area in a
    concentration at one time only has not changed by that: its change must also stand out from
    the changes around, by Gi* with control of false discoveries (Ord & Getis 1995; Benjamini &
    Hochberg 1995).

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        All areas of the city, polygons in a metric CRS, index `area_id`.
    before, now : pair of pandas.Series
        Recipients and residents, persons, of the same definition at both times. An area where
        any of the four is NaN takes no part, at either time.
    in_region : pandas.Series of bool
        Areas of the study region.
    graph : scipy CSR matrix or libpysal Graph, optional
        Neighbours, in the order of `areas`; default: areas that share a point.
    found : Found, optional
        Concentrations of `now` where they are known already; default: they are sought.
    permutations, seed, alpha, max_share, design_effect
        As in `cluster.concentrate`.

    Returns
    -------
    Development or None
        Without a share at one of the times an area has no status (None). None where fewer than
        three areas have shares at both times, or all the same.

    Examples
    --------
    >>> import shapely, geopandas as gpd
    >>> boxes = [shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8)]
    >>> city = gpd.GeoDataFrame(geometry=boxes, crs="EPSG:25833").rename_axis("area_id")
    >>> high = city.index.isin([9, 10, 17, 18, 11, 19])
    >>> then = pd.Series([90.0 + 7 * (k % 5) for k in range(64)])
    >>> today = then + np.where(high, 200, 0)
    >>> base, everywhere = pd.Series(1000.0, range(64)), pd.Series(True, range(64))
    >>> found = develop(city, (then, base), (today, base), everywhere, permutations=199)
    >>> found.areas["status"].loc[[10, 40]].tolist()
    ['entstehend', 'keine']
    """
    graph = contiguity(areas) if graph is None else as_csr(graph, len(areas))
    inside = in_region.to_numpy(dtype=bool)
    known = pd.concat([*before, *now], axis=1).notna().all(axis=1)
    shares = [(count / base.where(base > 0)).where(known) for count, base in (before, now)]
    around = scanned(shares[0] + shares[1], inside, graph)
    if not all(comparable(share.where(around), around, graph) for share in shares):
        return None
    options: dict[str, Any] = {
        "permutations": permutations,
        "seed": seed,
        "alpha": alpha,
        "max_share": max_share,
    }
    members = []
    for (count, base), given in ((before, None), (now, found)):
        held = given or find(areas, count, base, around, inside, graph, **options)
        positions = np.concatenate([np.zeros(0, np.intp), *held.members])
        members.append(np.isin(np.arange(len(areas)), positions))
    change = concentration_change(
        shares[0].where(around),
        shares[1].where(around),
        graph,
        members=(members[0], members[1]),
        permutations=10 * permutations + 9,
        seed=seed,
        alpha=alpha,
    )
    frame = pd.DataFrame(
        {
            "share_before": shares[0],
            "share_now": shares[1],
            "change": shares[1] - shares[0],
            "change_p": change["p"],
            "change_q": change["q"],
            "member_before": change["before"],
            "member_now": change["after"],
            "status": change["status"],
        }
    )
    drawn: dict[str, Any] = {"design_effect": design_effect, "seed": seed}
    (x0, n0), (x1, n1) = [[v.where(known) for v in pair] for pair in (before, now)]
    own = (x0[inside], n0[inside]), (x1[inside], n1[inside])
    return Development(
        frame[inside],
        inequality_change(*own, draws=499, **drawn),
        inequality_change((x0, n0), (x1, n1), draws=199, **drawn),
    )
