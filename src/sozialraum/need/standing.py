"""Where each area of the region stands: ranks with their uncertainty, target groups, reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.need.explain import comparable_areas
from sozialraum.need.masking import UNDETERMINED
from sozialraum.need.origin import refuse_without_counts
from sozialraum.need.propagate import change_covariance, index_error, indicator_covariance
from sozialraum.need.ranking import rank_confidence, top_probability, top_sets
from sozialraum.need.targets import index_target, percent_target, rank_target, worse_areas

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assessment import Need
    from sozialraum.need.figures import Figures
    from sozialraum.study import Study
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


def add_households(table: AreaTable, areas: pd.DataFrame, regions: pd.DataFrame) -> None:
    """Households by area and Bezirksregion where a workbook counts them, in place.

    Disclosure control looks at them; no output shows them.
    """
    column = table.study.counts.ba_households
    if table.ba is None or column not in table.ba:
        return
    areas["households"] = table.ba[column].reindex(areas.index)
    totals = table.ba_book.totals
    if column in totals:
        regions["households"] = totals[column].reindex(regions.index)


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

    Examples
    --------
    >>> import sozialraum as sr
    >>> table = sr.areas.read_areas(sr.load_study("demo"))
    >>> need = sr.need.assess(table)
    >>> weight = weight_of(table, need.areas, table.study.targets["everybody"])
    >>> weight.index.equals(table.areas.index)
    True
    """
    kind, _, detail = target.weight_by.partition(":")
    recipients = (need["recipients"] - need["old_age"]).clip(lower=0)
    if kind == "recipients":
        return recipients
    if kind == "recipients_if_worse":
        return recipients.where(need["dynamics_class"] == "negativ", 0.0).where(recipients.notna())
    if kind == "children_benefits":
        rules = table.study.disclosure
        exact = 2 * (rules.rounding_base - 1) if rules.method == "round" else 0
        return need["children"].where(need["children_hi"] - need["children_lo"] <= exact)
    if kind == "workbook" and table.ba is not None and detail in table.ba:
        return table.ba[detail].astype(float)
    if kind == "residents":
        return _residents(table, detail).where(need["excluded"].isna())
    raise StudyError(
        f"Target group {target.title!r} cannot be weighted by {target.weight_by!r}",
        where="targets",
        expected="recipients, recipients_if_worse, children_benefits, residents:15-27 or "
        "workbook:COLUMN of the BA workbook at hand",
    )


def weight_bounds(
    table: AreaTable, need: pd.DataFrame, dynamics_se: pd.Series, target: Target
) -> pd.DataFrame:
    """Fewest and most persons of a target group in every area.

    Parameters
    ----------
    table : AreaTable
    need : pandas.DataFrame
        `Need.areas`.
    dynamics_se : pandas.Series
        Standard error of the dynamics index: an area close to the threshold may belong to those
        that get worse, or not.
    target : Target

    Returns
    -------
    pandas.DataFrame
        `lo`, `hi`; equal where the number of persons is exact, NaN where it is not known.
    """
    weight = weight_of(table, need, target)
    kind, _, detail = target.weight_by.partition(":")
    low, high = weight, weight
    if kind == "children_benefits":
        low, high = need["children_lo"], need["children_hi"]
    elif kind == "workbook" and table.ba is not None and f"{detail}_lo" in table.ba:
        low, high = (table.ba[f"{detail}_{end}"].astype(float) for end in ("lo", "hi"))
    elif kind in ("recipients", "recipients_if_worse"):
        low, high = (
            (need[f"recipients_{end}"] - need["old_age"]).clip(lower=0) for end in ("lo", "hi")
        )
        if kind == "recipients_if_worse":
            index, reach = need["dynamics_index"], 1.96 * dynamics_se.fillna(0)
            low = low.where(index - reach > 1, 0.0).where(low.notna())
            masked = need["dynamics_class"] == UNDETERMINED
            high = high.where((index + reach > 1) | masked, 0.0).where(high.notna())
    return pd.DataFrame({"lo": low.where(weight.notna()), "hi": high.where(weight.notna())})


def ranked_by(table: AreaTable, need: Need, errors: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Ranking value of a target group in every area of the city, with its error and masked ends.

    Parameters
    ----------
    table, need : results of the stages before
    errors : pandas.DataFrame
        From `index_errors`.
    target : Target
        Its `rank_by` names an index, the share, an indicator of the study's edition or a context
        indicator.

    Returns
    -------
    pandas.DataFrame
        `value`, `value_lo`, `value_hi`, `se`; see `sozialraum.need.percent_target`.

    Raises
    ------
    StudyError
        There is no such value.
    """
    frame, now = need.areas, need.figures["areas"]
    out = frame["excluded"].notna()
    key = target.rank_by
    deff = table.study.indicators.design_effect
    if key == "need_index":
        ends = {f"index_{e}": frame[f"need_index_{e}"] for e in ("lo", "hi")}
        return index_target(frame["need_index"], errors["status"], **ends, excluded=out)
    if key == "dynamics":
        low, high = frame.get("dynamics_index_lo"), frame.get("dynamics_index_hi")
        change, error = frame["dynamics_index"], errors["dynamics"]
        return index_target(change, error, index_lo=low, index_hi=high, excluded=out)
    named = target.edition or table.study.indicators.edition
    edition = table.study.edition(named) if named else None
    masked = target.masked_up_to
    if key == "share":
        percent, base = 100 * frame["share"], frame["share_base"]
    elif edition and key in now.indicators and named == table.study.indicators.edition:
        percent, base, masked = now.indicators[key], now.bases[key], edition.masked_up_to
    elif edition and key in table.context.get(edition.id, ()):
        percent = table.context[edition.id][key]
        base = _residents(table, target.base)
    else:
        raise StudyError(
            f"Target group {target.title!r} cannot be ranked by {key!r}",
            where="targets",
            expected="need_index, share, dynamics, an indicator of the study's edition, or a "
            "context indicator of the edition that the group names",
        )
    return percent_target(percent, base, masked_up_to=masked, design_effect=deff, excluded=out)


def _residents(table: AreaTable, ages: str) -> pd.Series:
    """Residents of an age span such as ``15-27``."""
    from sozialraum.sources.ewr import age_sum

    low, high = (int(part) for part in ages.split("-"))
    return age_sum(table.areas.drop(columns="geometry"), low, high)


def index_errors(need: Need, level: str, design_effect: float, seed: int = 0) -> pd.DataFrame:
    """Standard errors of status and dynamics index over the whole city.

    Parameters
    ----------
    need : Need
        See `assess`.
    level : {'areas', 'regions'}
        Of which units.
    design_effect : float
        Variance of a count of persons relative to independent persons.
    seed : int
        Where an error has to be simulated.

    Returns
    -------
    pandas.DataFrame
        `status` in points of `need_index`, `dynamics`; NaN where a base is not known.

    Examples
    --------
    >>> import sozialraum as sr
    >>> table = sr.areas.read_areas(sr.load_study("demo"))
    >>> need = sr.need.assess(table)
    >>> index_errors(need, "areas", design_effect=1.8).columns.tolist()
    ['status', 'dynamics']
    """
    frame = need.areas if level == "areas" else need.regions
    out = frame["excluded"].notna()
    now, before = need.figures[level], need.before[level]
    status, current = need.rule.errors(now.indicators, now.bases, out, design_effect, seed)
    errors = pd.DataFrame({"status": status}, index=frame.index)
    errors["dynamics"] = np.nan
    if before is not None:
        common = [c for c in now.indicators if c in before.indicators]
        pick = [list(now.indicators).index(c) for c in common]
        previous = indicator_covariance(
            before.indicators[common], before.bases[common], design_effect=design_effect
        )
        signs = need.rule.signs(common).to_numpy()
        change = (now.indicators[common] - before.indicators[common]) * signs
        spread = change_covariance(current[:, pick][:, :, pick], previous)
        spread = spread * signs[:, None] * signs
        errors["dynamics"] = index_error(change, spread, out)
    return errors


def _masked(now: Figures) -> pd.Series:
    """Indicators of each area that the publisher replaced by 0, comma between them."""
    low, high = now.ends
    hidden = (low != high) & low.notna()
    names = [", ".join(low.columns[row]) for row in hidden.to_numpy()]
    return pd.Series(names, index=low.index, dtype=object)


def _similar(table: AreaTable, need: Need, names: pd.Series) -> pd.Series:
    """Names of the region's areas that are most like each area, nearest first."""
    now, out = need.figures["areas"], need.areas["excluded"].notna()
    alike = comparable_areas(
        need.rule.shrink(now.indicators, now.bases, out),
        table.areas["population"],
        excluded=out,
        among=table.areas["in_region"],
        of=names.index,
    )
    return alike.map(lambda ids: "; ".join(names[i] for i in ids))


def _rank(frame: pd.DataFrame, errors: pd.DataFrame, study: Study) -> None:
    """Ranks by index with their simultaneous sets, by share and by count, written into `frame`."""
    rules = study.indicators
    valid = frame["excluded"].isna()
    estimate = frame["need_index"].where(valid)
    known = errors["status"].reindex(frame.index).notna() | estimate.isna()
    settings: dict[str, Any] = {"draws": rules.rank_draws, "seed": study.seed}
    frame["need_index_se"] = errors["status"]
    if known.all():
        ends = frame["need_index_lo"].where(valid), frame["need_index_hi"].where(valid)
        ranks = rank_confidence(estimate, errors["status"], rules.coverage, bounds=ends, **settings)
        frame["p_top"] = top_probability(estimate, errors["status"], rules.top, **settings)
    else:  # an edition without a register of its own date: ranks, but no statement on chance
        rank = estimate.rank(ascending=False, method="min")
        ranks = pd.DataFrame({"rank": rank, "lo": np.nan, "hi": np.nan})
        frame["p_top"] = np.nan
    frame["rank"], frame["rank_lo"], frame["rank_hi"] = ranks["rank"], ranks["lo"], ranks["hi"]
    sets = top_sets(ranks, rules.top)
    frame["top_certain"], frame["top_possible"] = sets["certain"], sets["possible"]
    frame["rank_by_share"] = frame["share"].where(valid).rank(ascending=False, method="min")
    frame["rank_by_count"] = frame["recipients"].where(valid).rank(ascending=False, method="min")


def stand(table: AreaTable, need: Need) -> Standing:
    """Rank the region's areas and Bezirksregionen, with confidence sets.

    Parameters
    ----------
    table : AreaTable
    need : Need

    Returns
    -------
    Standing

    Raises
    ------
    StudyError
        No area of the region has a count of recipients.

    Examples
    --------
    >>> import sozialraum as sr
    >>> table = sr.areas.read_areas(sr.load_study("demo"))
    >>> need = sr.need.assess(table)
    >>> ranked = stand(table, need).areas.dropna(subset="rank")
    >>> bool((ranked["rank_lo"] <= ranked["rank"]).all())
    True
    """
    refuse_without_counts(table, need)
    study = table.study
    rules = study.indicators
    areas = need.areas.loc[table.region].copy()
    groups = table.areas.loc[table.region, ["region_id"]].copy()
    names = table.areas.loc[table.region]
    areas.insert(0, "name", names["name"])
    areas["region_id"] = groups["region_id"]
    areas["region_name"] = names.get("region_name", groups["region_id"])
    errors = index_errors(need, "areas", rules.design_effect, study.seed)
    _rank(areas, errors.loc[areas.index], study)
    settings: dict[str, Any] = {
        "coverage": rules.coverage,
        "draws": rules.rank_draws,
        "seed": study.seed,
    }
    for key, target in study.targets.items():
        areas[f"weight_{key}"] = weight_of(table, need.areas, target).loc[areas.index]
        value = ranked_by(table, need, errors, target).loc[areas.index]
        ends = weight_bounds(table, need.areas, errors["dynamics"], target).loc[areas.index]
        areas[[f"fewest_{key}", f"most_{key}"]] = ends.to_numpy()
        for column in ("value", "value_lo", "value_hi", "se"):
            areas[f"{column}_{key}"] = value[column]
        ranks = rank_target(value, **settings)
        for column in ("rank", "lo", "hi"):
            name = f"rank_{column}_{key}".replace("rank_rank", "rank")
            areas[name] = ranks[column]
    now = need.figures["areas"]
    out = need.areas["excluded"].notna()
    points = need.rule.points(need.rule.shrink(now.indicators, now.bases, out), out)
    areas[[f"explained_{c}" for c in points]] = points.loc[areas.index].to_numpy()
    dynamics = areas.filter(regex="^dynamics_").rename(
        columns=lambda c: c.removeprefix("dynamics_")
    )
    change = worse_areas(dynamics, errors["dynamics"].loc[areas.index])
    areas["possibly_worse"] = change["possibly_worse"]
    areas["dynamics_index_se"] = errors["dynamics"]
    areas["masked"] = _masked(now).loc[areas.index]
    areas["comparable"] = _similar(table, need, names["name"])
    areas["flags"] = np.where(
        change["masked_worse"], "Entwicklung kann negativ sein (verdeckte kleine Zahl)", ""
    )
    regions = need.regions.loc[sorted(groups["region_id"].unique())].copy()
    regions.insert(0, "name", names.groupby("region_id")["region_name"].first())
    of_regions = index_errors(need, "regions", rules.design_effect, study.seed)
    _rank(regions, of_regions.loc[regions.index], study)
    # "among the k worst" is a statement on areas; there are hardly more Bezirksregionen than k
    regions = regions.drop(columns=["p_top", "top_certain", "top_possible"])
    add_households(table, areas, regions)
    figures: dict[str, Any] = {
        "undetermined": int((areas["dynamics_class"] == UNDETERMINED).sum()),
        "worse": int(change["worse"].sum()),
        "near_worse": int(change["near_worse"].sum()),
        "masked_worse": int(change["masked_worse"].sum()),
    }
    if need.rule.recipe is not None:
        figures["index_mean"] = float(need.areas["need_index"].mean())
    return Standing(areas, regions, figures, [])
