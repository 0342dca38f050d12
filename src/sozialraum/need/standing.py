"""Where each area of the region stands: ranks with their uncertainty, target groups, reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.need.ranking import rank_confidence, top_probability, top_sets

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assess import Need
    from sozialraum.study.model import Target


@dataclass(frozen=True)
class Standing:
    """Areas and Bezirksregionen of the region with ranks.

    Attributes
    ----------
    areas, regions : pandas.DataFrame
        The columns of `Need` and the columns that `publish.content.Content` describes.
    figures : dict
    warnings : list of str
        German sentences that must stand in every output.
    """

    areas: pd.DataFrame
    regions: pd.DataFrame
    figures: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def weight_of(table: AreaTable, need: pd.DataFrame, target: Target) -> pd.Series:
    """Persons of a target group in every area.

    Parameters
    ----------
    table : AreaTable
    need : pandas.DataFrame
        `Need.areas`.
    target : Target
        Its `weight_by` says what is counted.

    Returns
    -------
    pandas.Series
        Persons; NaN = unknown. Areas that are not rated have no recipients that are known.
    """
    kind, _, detail = target.weight_by.partition(":")
    recipients = (need["recipients"] - need["old_age"]).clip(lower=0)
    if kind == "recipients":
        return recipients
    if kind == "recipients_if_worse":
        return recipients.where(need["dynamics_class"] == "negativ", 0.0).where(recipients.notna())
    if kind == "children_benefits":
        return need["children"].where(need["children_lo"] == need["children_hi"])
    if kind == "workbook" and table.ba is not None and detail in table.ba:
        return table.ba[detail].astype(float)
    if kind == "residents":
        from sozialraum.sources.ewr import age_sum

        low, high = (int(part) for part in detail.split("-"))
        people = age_sum(table.areas.drop(columns="geometry"), low, high)
        return people.where(need["excluded"].isna())
    raise StudyError(
        f"Target group {target.title!r} cannot be weighted by {target.weight_by!r}",
        where="targets",
        expected="recipients, recipients_if_worse, children_benefits, residents:15-27 or "
        "workbook:COLUMN of the BA workbook at hand",
    )


def stand(table: AreaTable, need: Need, *, jobs: int = 1) -> Standing:
    """Rank the region's areas and Bezirksregionen, with confidence sets.

    Parameters
    ----------
    table : AreaTable
    need : Need
    jobs : int
        Threads; the result does not depend on it.

    Returns
    -------
    Standing
    """
    study = table.study
    rules = study.indicators
    areas = need.areas.loc[table.region].copy()
    groups = table.areas.loc[table.region, ["region_id"]].copy()
    names = table.areas.loc[table.region]
    areas.insert(0, "name", names["name"])
    areas["region_id"] = groups["region_id"]
    areas["region_name"] = names.get("region_name", groups["region_id"])
    deff = rules.design_effect
    estimate = areas["need_index"].where(areas["excluded"].isna())
    p = areas["share"].clip(0.01, 0.99)
    se = np.sqrt(deff * p * (1 - p) / areas["share_base"]) / need.areas["share"].std()
    ranks = rank_confidence(estimate, se, rules.coverage, draws=rules.rank_draws, seed=study.seed)
    areas["rank"], areas["rank_lo"], areas["rank_hi"] = ranks["rank"], ranks["lo"], ranks["hi"]
    areas["p_top"] = top_probability(
        estimate, se, rules.top, draws=rules.rank_draws, seed=study.seed
    )
    sets = top_sets(ranks, rules.top)
    areas["top_certain"], areas["top_possible"] = sets["certain"], sets["possible"]
    valid = areas["excluded"].isna()
    areas["rank_by_share"] = areas["share"].where(valid).rank(ascending=False, method="min")
    areas["rank_by_count"] = areas["recipients"].where(valid).rank(ascending=False, method="min")
    for key, target in study.targets.items():
        areas[f"weight_{key}"] = weight_of(table, need.areas, target).loc[areas.index]
        areas[f"rank_{key}"] = areas["rank"]
        areas[f"rank_lo_{key}"] = areas["rank_lo"]
        areas[f"rank_hi_{key}"] = areas["rank_hi"]
    areas["flags"] = ""
    areas["sentence"] = ""
    regions = need.regions.loc[sorted(groups["region_id"].unique())].copy()
    regions.insert(0, "name", names.groupby("region_id")["region_name"].first())
    valid_regions = regions["excluded"].isna()
    regions["rank"] = regions["need_index"].where(valid_regions).rank(ascending=False)
    return Standing(areas, regions, {}, [])
