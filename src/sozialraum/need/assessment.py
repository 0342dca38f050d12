"""The need of every area and of every Bezirksregion, from the joined inputs of a study.

The same steps serve both levels: bounds of masked figures, counts behind shares, status and
dynamics, shares and location quotients. Indices are computed over the whole city, as published.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.need import rounded
from sozialraum.need.derive import counts_from_shares, recipients, working_age
from sozialraum.need.figures import Ends, Figures, share_alone
from sozialraum.need.masking import change_bounds, dynamics_bounds, unmask
from sozialraum.need.origin import notes
from sozialraum.need.rates import aggregate_shares, location_quotient
from sozialraum.need.rule import Rule
from sozialraum.need.status import exclusion_reasons, valid_areas

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.study.model import Edition

WIDEST = (0.98, 1.05)
"""Thinkable residents to pension age / residents of 15 to under 65, before anything is known."""


@dataclass(frozen=True)
class Need:
    """What is known about the need of areas and Bezirksregionen of the whole city.

    Attributes
    ----------
    areas, regions : pandas.DataFrame
        `population`, `recipients` with `_lo` and `_hi`, `share_base`, `share` with `_lo` and
        `_hi`, `location_quotient` (against the study region), `location_quotient_city`,
        `S1`…, `S1_previous`…, `status_index`, `status_class`, `dynamics_index`, `dynamics_class`,
        `children` with bounds, `old_age`, `excluded` (reason or None), `need_index`.
    figures, before : dict
        Level ('areas', 'regions') -> `Figures` of the study's edition, and of the previous one
        (None where the study has none).
    notes : list of str
        German sentences on how figures were obtained.
    leaks : list of str
        Ids of areas whose suppressed count follows from published totals: for the analyst only.
    reference : dict
        `location_quotient`, `location_quotient_city` -> recipients and the residents their share
        refers to, of the region and of the city; a published total where there is one.
    rule : Rule
        How the index is made of the indicators.
    """

    areas: pd.DataFrame
    regions: pd.DataFrame
    figures: dict[str, Figures]
    before: dict[str, Figures | None]
    notes: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    reference: dict[str, tuple[float, float]] = field(default_factory=dict)
    rule: Rule = field(default_factory=Rule)


def assess(table: AreaTable) -> Need:
    """Assess the need of all areas and Bezirksregionen.

    Parameters
    ----------
    table : AreaTable
        From `sozialraum.areas.read_areas`.

    Returns
    -------
    Need
        Areas of the whole city. A figure that is missing, masked beyond use or withheld by its
        publisher is NaN (classes None); areas that are left out carry the reason in `excluded`.

    Examples
    --------
    >>> import sozialraum as sr
    >>> need = sr.need.assess(sr.areas.read_areas(sr.load_study("demo")))
    >>> need.areas.loc["21400731", ["status_class", "dynamics_class"]].tolist()
    ['sehr niedrig', 'stabil']
    """
    study = table.study
    edition = study.edition(study.indicators.edition) if study.indicators.edition else None
    previous = study.edition(study.indicators.previous) if study.indicators.previous else None
    before = _figures(table, previous, None) if previous else None
    now = None
    if edition is not None:
        now = _figures(table, edition, before.ratio if before is not None else None)
    areas = _people(table, now)
    rounds = rounded.is_rounded(table)
    if rounds:
        areas = rounded.round_areas(table, areas)
    if now is None:
        now = share_alone(table, areas)
    areas["excluded"] = _excluded(table, now, areas)
    areas["old_age"] = _old_age(table, areas)
    rule = Rule.of(study)
    _classify(areas, now, before, rule)
    if edition is not None and edition.id in table.classes:
        published = table.classes[edition.id]
        areas["status_published"] = published["status_class"]
        areas["dynamics_published"] = published["dynamics_class"]

    groups = table.areas["region_id"]
    valid = areas["excluded"].isna()
    now_regions = _aggregate(now, groups, valid)
    before_regions = _aggregate(before, groups, valid) if before is not None else None
    regions = _sums(table, areas, groups)
    if rounds:
        rounded.bound_totals(regions, base=study.disclosure.rounding_base)
    regions["excluded"] = exclusion_reasons(
        regions["population"], minimum=study.indicators.minimum_population
    )
    _classify(regions, now_regions, before_regions, rule)
    in_region = table.areas["in_region"]
    reference = {
        "location_quotient": _reference(table, areas, in_region, table.study.region.prefix),
        "location_quotient_city": _reference(table, areas, in_region | True, ""),
    }
    for frame in (areas, regions):
        _quotients(frame, reference)
    return Need(
        areas,
        regions,
        {"areas": now, "regions": now_regions},
        {"areas": before, "regions": before_regions},
        notes(table),
        areas.attrs.pop("leaks", []),
        reference,
        rule,
    )


def _figures(table: AreaTable, edition: Edition, ratio: pd.Series | None) -> Figures:
    frame = table.editions[edition.id]
    names = list(edition.indicators)
    register = table.registers.get(edition.id)
    if register is None:
        register = pd.DataFrame(index=frame.index)
        if "population" in frame:
            register["population"] = frame["population"]
    shares = frame[names]
    parts: dict[str, pd.DataFrame] = {}
    own_ratio = None
    for name in names:
        kind = edition.bases.get(name, "population")
        share = shares[name]
        if kind == "working_age" and "from_15_to_65" in register:
            part = working_age(
                share,
                register["from_15_to_65"],
                # The earlier edition's decimals tell the ratio; the study's range carries it over.
                ratio_range=WIDEST if ratio is None else table.study.counts.pension_age_range,
                masked_up_to=edition.masked_up_to,
                ratio=ratio,
            )
            own_ratio = part["ratio"].where(part["unique"])
        elif kind == "under_18" and "age_15_18" in register:
            # The numerator is not derived: the base is the publisher's own and not published.
            part = pd.DataFrame({"base": register["under_15"] + register["age_15_18"]})
        elif kind in register:
            part = counts_from_shares(
                share, register[kind], masked_up_to=edition.masked_up_to, strict=False
            ).assign(base=register[kind])
        else:
            # No register by age of that date: all residents stand in, as a weight for larger
            # units and for the standard error; no count is derived from them.
            part = pd.DataFrame({"base": register["population"]})
        parts[name] = part.reindex(columns=["count", "lo", "hi", "base"])
    bases = pd.DataFrame({n: p["base"] for n, p in parts.items()})
    return Figures(
        unmask(shares, bases, edition.masked_up_to),
        bases,
        pd.DataFrame({n: p["count"] for n, p in parts.items()}),
        pd.DataFrame({n: p["lo"] for n, p in parts.items()}),
        pd.DataFrame({n: p["hi"] for n, p in parts.items()}),
        frame[list(edition.changes)],
        own_ratio,
    )


def _people(table: AreaTable, now: Figures | None) -> pd.DataFrame:
    """Residents, recipients and children on benefits, with bounds."""
    counts = table.study.counts
    frame = table.areas[["population"]].copy()
    if table.ba is not None:
        measure, children = counts.ba_measure, counts.ba_children
        for suffix in ("", "_lo", "_hi"):
            frame[f"recipients{suffix}"] = table.ba[measure + suffix].astype(float)
        for suffix in ("", "_lo", "_hi"):
            known = children + suffix in table.ba
            frame[f"children{suffix}"] = table.ba[children + suffix] if known else np.nan
        frame["share_base"] = table.areas[counts.base]
        if rounded.is_rounded(table):  # totals that were rounded bound nothing
            frame["recipients_hi"] = frame["recipients_hi"].fillna(frame["population"])
        else:
            _tighten(table, frame)
    elif now is not None:
        parts = [
            pd.DataFrame(
                {
                    "count": now.counts[n],
                    "lo": now.counts_lo[n],
                    "hi": now.counts_hi[n],
                }
            )
            for n in counts.from_indicators
        ]
        total = recipients(*parts)
        frame["recipients"] = total["recipients"].round()
        frame["recipients_lo"], frame["recipients_hi"] = (
            total["recipients_lo"],
            total["recipients_hi"],
        )
        child = counts.children_indicator
        for suffix, source in (
            ("", now.counts),
            ("_lo", now.counts_lo),
            ("_hi", now.counts_hi),
        ):
            frame[f"children{suffix}"] = source[child].round() if child in source else np.nan
        frame["share_base"] = frame["population"]
    # the Monitoring has already taken these people off, and so has the rounding of a workbook
    if table.ba is not None and not rounded.is_rounded(table):
        for area, people in counts.jobcenter_addresses.items():
            columns = ["recipients", "recipients_lo", "recipients_hi"]
            frame.loc[area, columns] = (frame.loc[area, columns] - people).clip(lower=0)
    return frame


def _tighten(table: AreaTable, frame: pd.DataFrame) -> None:
    """Bounds of suppressed counts: residents at most, then what published totals allow."""
    from sozialraum.disclosure.bounds import tighten

    measure = table.study.counts.ba_measure
    frame["recipients_hi"] = frame["recipients_hi"].fillna(frame["population"])
    covered = frame.index[frame["recipients_lo"].notna()]
    totals = table.ba_book.totals
    parents = table.areas.loc[covered, "region_id"]
    parents = parents.where(parents.isin(totals.index))
    upper = pd.Index(parents.dropna().unique())
    upper = upper[totals.loc[upper, measure].notna()]
    cells = pd.DataFrame(
        {
            "lo": np.r_[frame.loc[covered, "recipients_lo"], totals.loc[upper, measure]],
            "hi": np.r_[frame.loc[covered, "recipients_hi"], totals.loc[upper, measure]],
        },
        index=covered.append(upper),
    )
    tree = pd.Series(None, index=cells.index, dtype=object)
    tree.loc[covered] = parents.where(parents.isin(upper)).to_numpy()
    # Some people cannot be located, so a total may exceed the sum of its areas.
    narrow = tighten(cells, tree, complete=False).loc[covered]
    hidden = frame.loc[covered, "recipients"].isna()
    frame.loc[covered, "recipients_lo"] = narrow["lo"]
    frame.loc[covered, "recipients_hi"] = narrow["hi"]
    frame.attrs["leaks"] = list(covered[hidden & (narrow["lo"] == narrow["hi"])])


def _excluded(table: AreaTable, now: Figures, areas: pd.DataFrame) -> pd.Series:
    rules = table.study.indicators
    # Residents of the edition's own date decide; where it names none, those of the study.
    people = table.editions[rules.edition].get("population") if rules.edition else None
    people = table.areas["population"] if people is None else people
    reasons = exclusion_reasons(
        people.fillna(table.areas["population"]),
        minimum=rules.minimum_population,
        named=rules.excluded,
    )
    lacking = reasons.isna() & ~valid_areas(now.indicators)
    if rules.edition is None:  # a suppressed count is there, it is only not told
        lacking &= areas["recipients_lo"].isna()
    return reasons.mask(lacking, "vom Herausgeber ohne Wert veröffentlicht").astype(object)


def _old_age(table: AreaTable, areas: pd.DataFrame) -> pd.Series:
    """Estimated recipients of old-age SGB XII benefits; 0 with BA counts, which have none."""
    setting = table.study.old_age
    if table.ba is not None or setting is None:
        return pd.Series(0.0, index=areas.index)
    context = table.context.get(setting.edition)
    if context is None or setting.indicator not in context:
        raise StudyError(
            f"The edition {setting.edition} has no context indicator {setting.indicator!r}",
            where="old_age.indicator",
            expected="one of " + ", ".join(c for c in map(str, context) if c.startswith("KI_"))
            if context is not None
            else "an edition with a context table",
        )
    percent = context[setting.indicator]
    estimate = (percent / 100 * table.areas["from_65"]).round()
    estimate = np.minimum(estimate, areas["recipients"])
    # Too few to be told count as nobody: recipients less the weight of everybody would tell them.
    return estimate.mask(estimate < table.study.disclosure.minimum_count, 0.0)


def _classify(frame: pd.DataFrame, now: Figures, before: Figures | None, rule: Rule) -> None:
    """Status and dynamics over the whole city, written into `frame`."""
    out = frame["excluded"].notna()
    low, high = (rule.shrink(end, now.bases, out) for end in now.ends)
    status = rule.status((low, high), out)
    for column in ("index", "index_lo", "index_hi", "class", "class_lower", "class_upper"):
        frame[f"status_{column}"] = status[column]
    for end in ("", "_lo", "_hi"):
        frame[f"need_index{end}"] = status[f"need{end}"]
    frame[now.indicators.columns] = now.indicators
    frame["dynamics_index"], frame["dynamics_class"] = np.nan, None
    changes: Ends | None = None
    if len(now.changes.columns):
        changes = now.changes, now.changes
    elif before is not None:
        changes = change_bounds(now.ends, before.ends)
        common = changes[0].columns
        frame[[f"{c}_previous" for c in common]] = before.indicators[common].to_numpy()
    if changes is not None:
        signs = rule.signs(changes[0].columns)
        changes = changes[0] * signs, changes[1] * signs
        dynamics = dynamics_bounds(*changes, out)
        for column in ("index", "index_lo", "index_hi", "class", "class_lower", "class_upper"):
            frame[f"dynamics_{column}"] = dynamics[column]


def _aggregate(figures: Figures, groups: pd.Series, valid: pd.Series) -> Figures:
    """The same figures for coarser units: numerators and bases are added, never shares."""

    def total(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.where(valid, np.nan).groupby(groups).sum(min_count=1)

    bases = figures.bases.where(valid, np.nan)
    low, high = (aggregate_shares(e.where(valid, np.nan), bases, groups) for e in figures.ends)
    known = bases.where(figures.indicators.notna())
    changes = pd.DataFrame(index=low.index)
    return Figures(
        (low, high),
        total(known),
        total(figures.counts),
        total(figures.counts_lo),
        total(figures.counts_hi),
        changes,
    )


def _sums(table: AreaTable, areas: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Totals of coarser units: the publisher's where there is one, else sums of known areas.

    A rated area without a count makes the sum unknown: a missing count is never read as 0, and
    the bounds of a suppressed one stay inside.
    """
    counts = ["recipients", "recipients_lo", "recipients_hi"]
    columns = [*counts, *areas.filter(regex="^children|_(below|above)$"), "old_age"]
    columns = list(dict.fromkeys(columns))
    known = areas["recipients"].notna()
    sums = areas[columns].where(known).groupby(groups).sum(min_count=1)
    sums["population"] = areas["population"].groupby(groups).sum()
    sums["share_base"] = areas["share_base"].where(known).groupby(groups).sum(min_count=1)
    suppressed = areas["recipients_lo"].notna()
    incomplete = ((areas["excluded"].isna() | suppressed) & ~known).groupby(groups).any()
    sums.loc[incomplete, [*counts, "share_base"]] = np.nan
    if table.ba is not None:
        totals = table.ba_book.totals[table.study.counts.ba_measure].reindex(sums.index)
        has = totals.notna()
        for column in counts:
            sums[column] = sums[column].mask(has, totals)
        whole = areas["share_base"].groupby(groups).sum()
        sums["share_base"] = sums["share_base"].mask(has, whole)
    return sums


def _reference(
    table: AreaTable, areas: pd.DataFrame, inside: pd.Series, prefix: str
) -> tuple[float, float]:
    """Recipients and base of a territory: the workbook's own total, else the sum of known areas."""
    if table.ba is not None and prefix in table.ba_book.totals.index:
        total = float(table.ba_book.totals[table.study.counts.ba_measure][prefix])
        if not np.isnan(total):
            return total, float(areas.loc[inside, "share_base"].sum())
    known = areas[inside & areas["recipients"].notna()]
    return float(known["recipients"].sum()), float(known["share_base"].sum())


def _quotients(frame: pd.DataFrame, references: dict[str, tuple[float, float]]) -> None:
    base = frame["share_base"].where(frame["share_base"] > 0)
    for suffix in ("", "_lo", "_hi"):
        frame[f"share{suffix}"] = (frame[f"recipients{suffix}"] / base).clip(upper=1)
    for column, reference in references.items():
        if reference[0] > 0:
            frame[column] = location_quotient(frame["recipients"], frame["share_base"], reference)
        else:
            frame[column] = np.nan
