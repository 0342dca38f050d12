"""What the ranking of a study owes to its figures, and what to its choices.

Brings together, for the areas of a study, what `sensitivity`, `ranking` and `explain` offer: ranks
under every other reasonable choice, and rank sets by index, share and count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.need.explain import why_ranks_differ
from sozialraum.need.ranking import rank_confidence
from sozialraum.need.rates import shrunk_shares
from sozialraum.need.sensitivity import (
    rank_changes,
    rank_variance,
    robust_core,
    weight_sensitivity,
)
from sozialraum.need.targets import count_target

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assessment import Need
    from sozialraum.study import Study


@dataclass(frozen=True)
class Choices:
    """Ranks of the region's areas under other choices.

    Attributes
    ----------
    ranks : pandas.DataFrame
        Index `area_id`: the columns of `rank_changes`, ``shrunk`` (indicators drawn towards their
        mean, or not, where the study does), ``weights_lo``, ``weights_hi``, ``in_top`` (see
        `weight_sensitivity`), ``core``, ``ever``, ``best``, ``worst`` (see `robust_core`).
    variance : pandas.DataFrame
        See `rank_variance`: which choice explains how much of the variance of ranks.
    sets : pandas.DataFrame
        Rank sets: ``rank``, ``lo``, ``hi`` by index; ``lo_persons``, ``hi_persons`` as if persons
        received benefits independently (design effect 1); ``rank_share``, ``lo_share``…,
        ``rank_count``…, ``rank_demand``… (count without old age) and ``why``.
    """

    ranks: pd.DataFrame
    variance: pd.DataFrame
    sets: pd.DataFrame


def try_choices(table: AreaTable, need: Need, areas: pd.DataFrame, shown: pd.Series) -> Choices:
    """Rank the region's areas under other choices.

    Parameters
    ----------
    table, need : results of the stages before
    areas : pandas.DataFrame
        `Standing.areas`.
    shown : pandas.Series of bool
        Whether an area's count is published. Only those are ranked by share and by count: a gap
        in the ranks would place a withheld count.

    Returns
    -------
    Choices

    Examples
    --------
    >>> import sozialraum as sr
    >>> table = sr.areas.read_areas(sr.load_study("demo"))
    >>> need = sr.need.assess(table)
    >>> areas = sr.need.stand(table, need).areas
    >>> choices = try_choices(table, need, areas, areas["recipients"].notna())
    >>> int(choices.ranks["core"].sum())
    9
    """
    study, rule = table.study, need.rule
    now, before = need.figures["areas"], need.before["areas"]
    out, inside = need.areas["excluded"].notna(), table.areas["in_region"]
    values = rule.shrink(now.indicators, now.bases, out)
    editions: dict[str, pd.DataFrame] = {}
    if before is not None and study.indicators.previous:
        editions[study.indicators.previous] = before.indicators
    ranks = rank_changes(values, among=inside, excluded=out, editions=editions, recipe=rule.recipe)
    other = now.indicators if rule.shrinkage else shrunk_shares(now.indicators, now.bases, out)[0]
    otherwise = rule.status((other, other), out)["need"].loc[ranks.index]
    ranks["shrunk"] = otherwise.rank(ascending=False, method="min")
    parts = rule.parts(values, out)
    of_parts = {title: rule.parts(frame, out) for title, frame in _comparable(editions, values)}
    k = study.indicators.top
    varied: dict[str, Any] = {"among": inside, "excluded": out, "seed": study.seed}
    ranks = ranks.assign(**robust_core(ranks, k)[["core", "ever", "best", "worst"]])
    if len(parts.columns) > 1:
        weights = rule.recipe.weights if rule.recipe is not None else None
        loose = weight_sensitivity(parts, k=k, weights=weights, **varied)
        ranks["weights_lo"], ranks["weights_hi"] = loose["rank_lo"], loose["rank_hi"]
        ranks["in_top"] = loose["in_top"]
        variance = rank_variance(parts, editions=of_parts, **varied)
        variance = variance[variance["total"] != 0]
    else:
        variance = pd.DataFrame({"first": [], "total": []})
    return Choices(
        ranks,
        variance,
        _sets(areas, shown, study),
    )


def _comparable(
    editions: dict[str, pd.DataFrame], values: pd.DataFrame
) -> list[tuple[str, pd.DataFrame]]:
    """Editions that have every indicator."""
    names = list(values)
    return [
        (title, frame.reindex(values.index)[names])
        for title, frame in editions.items()
        if set(names) <= set(frame)
    ]


def _sets(areas: pd.DataFrame, shown: pd.Series, study: Study) -> pd.DataFrame:
    """Simultaneous rank sets by index, share, count, and count without old age."""
    rules = study.indicators
    settings: dict[str, Any] = {
        "coverage": rules.coverage,
        "draws": rules.rank_draws,
        "seed": study.seed,
    }
    sets = areas[["rank", "rank_lo", "rank_hi"]].set_axis(["rank", "lo", "hi"], axis=1)
    valid = areas["excluded"].isna()
    error = areas["need_index_se"] / np.sqrt(rules.design_effect)
    estimate = areas["need_index"].where(valid)
    sets["lo_persons"] = sets["hi_persons"] = np.nan
    if (error.notna() | estimate.isna()).all():
        ends = areas["need_index_lo"].where(valid), areas["need_index_hi"].where(valid)
        found = rank_confidence(estimate, error, bounds=ends, **settings)
        sets["lo_persons"], sets["hi_persons"] = found["lo"], found["hi"]
    columns = ["recipients", "recipients_lo", "recipients_hi"]
    people = areas[columns].where(valid & shown, np.nan)
    demand = people.sub(areas["old_age"], axis=0).clip(lower=0)
    base = areas["share_base"]
    for key, counts in (("share", people), ("count", people), ("demand", demand)):
        if key == "demand" and not areas["old_age"].gt(0).any():
            continue
        target = count_target(
            counts, base, as_share=key == "share", design_effect=rules.design_effect
        )
        # a published total may lie outside what its bounds allow by rounding
        low = np.minimum(target["value_lo"], target["value"])
        high = np.maximum(target["value_hi"], target["value"])
        found = rank_confidence(target["value"], target["se"], bounds=(low, high), **settings)
        for end in ("rank", "lo", "hi"):
            sets[f"{end}_{key}"] = found[end]
    sets["why"] = why_ranks_differ(
        sets["rank_share"], sets["rank_count"], base.where(valid & shown), rules.top
    )
    return sets
