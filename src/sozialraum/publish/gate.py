"""The gate: what leaves the program passes here, and nothing else does.

`release` applies the study's disclosure rules to every frame of a `Content`, then attacks the
result with everything that is left in it, and stops the run where the attacker wins.

What the rules mean for this study
----------------------------------
- *Register totals of residents* are public and stay, however small the area.
- *An area with fewer residents than the minimum* keeps its name, shape and residents and loses
  everything about recipients: counts, shares, indicators, index, classes and ranks.
- *A count of recipients* from 1 to below the minimum, or that leaves fewer than the minimum of
  residents without benefits, is withheld with every column from which it could be computed back
  (bounds, share, location quotient, ranks by share and by count, weights). Where a total would
  still give it away, further counts are withheld (`sozialraum.disclosure.suppression`).
- *The minimum holds for households, too*, where a workbook counts Bedarfsgemeinschaften: a family
  of five is five persons and one household.
- *Indicators S1…S4 and classes* have already been published by their publisher. They stay as they
  were published, also where the count behind them is withheld: a reader could always multiply a
  published share by the public number of residents, and hiding it here would protect nobody. But a
  count of persons that this program derived from S1 or S4 is not shown below the publisher's own
  limit (11), because it would look like a counted number, which it is not.
- *Rounded counts* (`disclosure.method: round`) were rounded before anything was computed from them
  (`sozialraum.need.rounded`), so what is derived from them needs no rule of its own. Areas with too
  few residents are withheld all the same. The attacker reads every figure as an interval.
- *Units of demand* hold no person of a target group that counts recipients, or at least the
  minimum of them; areas whose count is withheld have none. That has to be so before the rooms are
  computed, and is checked here, because solver, tables and page must agree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.disclosure.suppression import withhold
from sozialraum.errors import DisclosureError, InputError
from sozialraum.publish.attacker import attack, keyed
from sozialraum.publish.concentrations import check_surface

if TYPE_CHECKING:
    from sozialraum.publish.content import Content
    from sozialraum.study import Study

__all__ = ["attack", "check_released", "publishable_weights", "release", "withheld"]

PUBLISHERS_MINIMUM = 3
"""Persons: the Bundesagentur suppresses 1 and 2."""

PUBLISHERS_DERIVED_MINIMUM = 11
"""Persons: the Monitoring masks counts up to 10."""

_COUNT: tuple[str, ...] = (
    "recipients",
    "recipients_lo",
    "recipients_hi",
    "share",
    "share_lo",
    "share_hi",
)
_COUNT += ("location_quotient", "location_quotient_city", "rank_by_share", "rank_by_count")
_COUNT += ("cluster", "cluster_sentence")
HOUSEHOLDS = "households"
"""Column of Bedarfsgemeinschaften that decides what is withheld and is never written."""

_CHILDREN = ("children", "children_lo", "children_hi")
_PUBLIC = ("name", "region_id", "region_name", "population", "excluded", "flags", "geometry")
_NOTE = {
    "population": "Angaben nicht gezeigt: weniger als {population} Einwohnerinnen und Einwohner",
    "count": "Zahl nicht gezeigt: weniger als {count} Personen",
    "households": "Zahl nicht gezeigt: weniger als {count} Bedarfsgemeinschaften",
    "complement": "Zahl nicht gezeigt: fast alle Einwohnerinnen und Einwohner",
    "protects": "Zahl nicht gezeigt, damit eine kleine Zahl nicht errechnet werden kann",
    "source": "Zahl in der Quelle nicht angegeben oder dort gesperrt",
}


def release(content: Content) -> Content:
    """Let out what disclosure control allows.

    Parameters
    ----------
    content : Content
        As the pipeline built it. For internal use (`info.internal`) the study may set limits
        below the publishers'. `figures['counts_derived']` (default True) says that counts were
        derived from published shares, not read from a workbook.

    Returns
    -------
    Content
        A new one: withheld figures are NaN or None, `flags` says why, `quality` has one row per
        reason and `figures['withheld']` their numbers (never the values). Applied twice it changes
        nothing more.

    Raises
    ------
    DisclosureError
        The study's limits are below the publishers', units of demand were not merged or lie in an
        area whose count is withheld, or a withheld count can still be computed; the message says
        how.
    """
    if "withheld" in content.figures:
        return content
    study, rules = content.study, content.study.disclosure
    _check_limits(study, internal=content.info.internal)
    areas, regions = content.areas.copy(), content.regions.copy()
    why, why_regions = withheld(areas, regions, study)
    areas = areas.drop(columns=HOUSEHOLDS, errors="ignore")  # they were for this question alone
    regions = regions.drop(columns=HOUSEHOLDS, errors="ignore")
    unknown_before = areas["recipients"].isna()
    derived = bool(content.figures.get("counts_derived", True))
    children, children_regions = withheld_children(areas, regions, study, derived=derived)
    _check_index(areas, why, study)
    for frame, reasons, of_children in (
        (areas, why, children),
        (regions, why_regions, children_regions),
    ):
        _blank(frame, reasons, study, derived=derived)
        _empty(frame, of_children, [c for c in (*_CHILDREN, "weight_families") if c in frame])
        _flag(frame, reasons, study)
    fresh = (why != "") & ~unknown_before
    released = replace(
        content,
        areas=areas,
        regions=regions,
        presence=without_small(content.presence, study),
        frontier=without_small(content.frontier, study),
        lorenz=_lorenz(areas) if fresh.any() else content.lorenz,
        clusters=_clusters(content, fresh),
        quality=[*content.quality, *_quality(why, why_regions, content)],
        figures={**content.figures, "withheld": _numbers(why, why_regions)},
        further=tuple(t.withholding(why, why_regions) for t in content.further),
    )
    _check_units(released)
    check_surface(released)
    sensitive = pd.concat([keyed(why, "area:"), keyed(why_regions, "region:")]).isin(
        ["", "protects"]
    )
    findings = attack(released, sensitive=~sensitive)
    if len(findings):
        first = findings.iloc[0]
        raise DisclosureError(
            f"A withheld count can be computed: {first['cell']} is {first['lo']:.0f} to "
            f"{first['hi']:.0f}" + (f", and {len(findings) - 1} more" if len(findings) > 1 else ""),
            where=str(first["how"]),
            expected=f"an interval of at least {rules.minimum_count} persons",
            hint=f"Withhold {first['fix']}, too",
        )
    return released


def withheld(
    areas: pd.DataFrame, regions: pd.DataFrame, study: Study
) -> tuple[pd.Series, pd.Series]:
    """Reason for each area and Bezirksregion whose recipients must not be shown ('' = shown).

    The pipeline asks before people are placed on the map: a withheld area places nobody.

    Parameters
    ----------
    areas, regions : pandas.DataFrame
        As in `Content`: `population`, `recipients`, and for areas `region_id`, `share`.
    study : Study

    Returns
    -------
    areas, regions : pandas.Series of str
        See `sozialraum.disclosure.suppression.withhold`.
    """
    rules = study.disclosure
    share = areas["share"] if "share" in areas else pd.Series(np.nan, index=areas.index)
    base = (areas["recipients"] / share.where(share > 0)).fillna(areas["population"])
    return withhold(
        areas["recipients"].astype(float),
        areas["population"].fillna(0),
        areas["region_id"],
        regions["recipients"].astype(float),
        base=base,
        minimum_count=rules.minimum_count,
        minimum_population=rules.minimum_population,
        few=_few_households(areas, regions, rules.minimum_count),
    )


def _few_households(
    areas: pd.DataFrame, regions: pd.DataFrame, least: int
) -> tuple[pd.Series, pd.Series] | None:
    """Where a count of persons may be that of one or two households, as far as these are known."""
    if HOUSEHOLDS not in areas:
        return None
    unknown = pd.Series(np.nan, index=regions.index)
    counts = areas[HOUSEHOLDS].astype(float), regions.get(HOUSEHOLDS, unknown).astype(float)
    return (counts[0] > 0) & (counts[0] < least), (counts[1] > 0) & (counts[1] < least)


def withheld_children(
    areas: pd.DataFrame, regions: pd.DataFrame, study: Study, *, derived: bool
) -> tuple[pd.Series, pd.Series]:
    """Areas and Bezirksregionen whose children in households with benefits are not shown.

    Derived from S4 it is only not shown when it is small: the published share gives it away
    anyway. Counted by a workbook it is protected like the recipients.
    """
    rules = study.disclosure
    if "children" not in areas or "children" not in regions:
        nobody = [pd.Series(False, index=frame.index) for frame in (areas, regions)]
        return nobody[0], nobody[1]
    if derived:
        few = [
            (f["children"] > 0) & (f["children"] < rules.derived_minimum) for f in (areas, regions)
        ]
        return few[0], few[1]
    why, why_regions = withhold(
        areas["children"].astype(float),
        areas["population"].fillna(0),
        areas["region_id"],
        regions["children"].astype(float),
        minimum_count=rules.minimum_count,
        minimum_population=rules.minimum_population,
    )
    return why != "", why_regions != ""


def counts_recipients(study: Study, target: str) -> bool:
    """Whether the weight of a target group counts recipients (residents are public)."""
    return not study.targets[target].weight_by.startswith("residents")


def publishable_weights(
    weights: pd.DataFrame,
    reasons: pd.Series,
    study: Study,
    *,
    derived: bool = True,
    children: pd.Series | None = None,
) -> pd.DataFrame:
    """Blank the weights of target groups that must not be shown.

    Parameters
    ----------
    weights : pandas.DataFrame
        Columns named like the study's targets, index `area_id`, persons.
    reasons : pandas.Series
        First result of `withheld`.
    study : Study
    derived : bool
        The children of S4 are derived from published shares, not counted by a workbook.
    children : pandas.Series of bool, optional
        First result of `withheld_children`: a counted number may be withheld for another's sake.

    Returns
    -------
    pandas.DataFrame
        Same shape; NaN where the number of recipients is withheld, below the minimum, or derived
        and below the publisher's limit. Numbers of residents stay.
    """
    result = weights.astype(float)
    rules = study.disclosure
    for target in weights.columns:
        if not counts_recipients(study, str(target)):
            continue
        from_s4 = study.targets[str(target)].weight_by == "children_benefits"
        least = rules.derived_minimum if derived and from_s4 else rules.minimum_count
        hide = (reasons == "population") | ((result[target] > 0) & (result[target] < least))
        if not from_s4:
            hide |= reasons != ""
        elif children is not None:
            hide |= children
        result[target] = result[target].mask(hide)
    return result


def _check_limits(study: Study, *, internal: bool) -> None:
    rules = study.disclosure
    low = rules.minimum_count < PUBLISHERS_MINIMUM
    if (low or rules.derived_minimum < PUBLISHERS_DERIVED_MINIMUM) and not internal:
        key, least = ("minimum_count", PUBLISHERS_MINIMUM)
        if not low:
            key, least = ("derived_minimum", PUBLISHERS_DERIVED_MINIMUM)
        raise DisclosureError(
            "The study allows smaller numbers than the publishers of the data do",
            where=f"disclosure.{key}",
            expected=f"at least {least}",
            hint="Raise the limit, or run with --internal, which marks every output as not to "
            "be passed on",
        )


def _check_index(areas: pd.DataFrame, reasons: pd.Series, study: Study) -> None:
    """An index of counts must have been computed without the counts that are withheld.

    Mean and deviation of an index follow from any two areas, and the share of one that is left
    out from the mean.
    """
    if study.indicators.edition is not None or "need_index" not in areas:
        return
    used = areas["need_index"].notna() & ~reasons.isin(["", "population"])
    if used.any():
        raise DisclosureError(
            f"The index was computed with the withheld count of {areas.index[used][0]}",
            expected="an index of areas whose counts are published",
        )


def _blank(frame: pd.DataFrame, reasons: pd.Series, study: Study, *, derived: bool) -> None:
    """Empty the cells of withheld counts, in place."""
    small, hidden = reasons == "population", reasons != ""
    if study.indicators.edition is None:  # index, class and ranks are the share in other words
        small = hidden
    targets = [t for t in study.targets if f"weight_{t}" in frame]
    of_count = [c for c in _COUNT if c in frame]
    for target in targets:
        if study.targets[target].rank_by == "share":
            of_count += [c for c in frame if c in _ranks_of(target)]
    _empty(frame, hidden, of_count)
    weights = frame[[f"weight_{t}" for t in targets]].set_axis(targets, axis=1)
    weights = publishable_weights(weights, reasons, study, derived=derived)
    for target in targets:
        if counts_recipients(study, target):
            frame[f"weight_{target}"] = weights[target]
    if "old_age" in frame:
        least = study.disclosure.minimum_count
        _empty(frame, (frame["old_age"] > 0) & (frame["old_age"] < least), ["old_age"])
    public = {*_PUBLIC, *(f"weight_{t}" for t in targets if not counts_recipients(study, t))}
    _empty(frame, small, [str(c) for c in frame.columns if c not in public])
    for column in ("rank_by_share", "rank_by_count"):
        if column in frame and hidden.any():
            # without gaps: the rank that is missing would place the withheld count
            frame[column] = frame[column].astype(float).rank(method="min")


def _ranks_of(target: str) -> tuple[str, ...]:
    return (f"rank_{target}", f"rank_lo_{target}", f"rank_hi_{target}")


def _empty(frame: pd.DataFrame, rows: pd.Series, columns: list[str]) -> None:
    """Blank rows of columns in place; whole numbers become floats, flags become False."""
    if not rows.any() or not columns:
        return
    kinds = frame[columns].dtypes
    for column in columns:
        if pd.api.types.is_integer_dtype(kinds[column]):
            frame[column] = frame[column].astype(float)
    flags = [c for c in columns if pd.api.types.is_bool_dtype(kinds[c])]
    numbers = [c for c in columns if c not in flags and pd.api.types.is_numeric_dtype(kinds[c])]
    texts = [c for c in columns if c not in flags and c not in numbers]
    for some, value in ((flags, False), (numbers, np.nan), (texts, None)):
        if some:
            frame.loc[rows, some] = value


def _flag(frame: pd.DataFrame, reasons: pd.Series, study: Study) -> None:
    rules = study.disclosure
    limits = {"population": rules.minimum_population, "count": rules.minimum_count}
    notes = reasons.map(lambda r: _NOTE[r].format(**limits) if r else "")
    before = frame["flags"].fillna("") if "flags" in frame else pd.Series("", index=frame.index)
    frame["flags"] = [
        old if not note or note in old else "; ".join(filter(None, (old, note)))
        for old, note in zip(before, notes, strict=True)
    ]


def without_small(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Blank reached numbers of recipients below the minimum, and what tells them."""
    recipients = table["target"].map(lambda t: counts_recipients(study, t))
    reached = table["reached"]
    small = recipients & (reached > 0) & (reached < study.disclosure.minimum_count)
    result = table.copy()
    told = ("reached", "reached_share", "cumulative_share", "bound")
    _empty(result, small, [c for c in told if c in result])
    return result


def _lorenz(areas: pd.DataFrame) -> pd.DataFrame:
    """Recompute the curve from what is shown: each of its steps is the count of one area."""
    shown = areas.dropna(subset=["recipients", "share"]).sort_values("share", kind="stable")
    columns = {"population_share": "population", "recipients_share": "recipients"}
    sums = {k: np.r_[0.0, shown[c].astype(float).cumsum()] for k, c in columns.items()}
    return pd.DataFrame({k: v / v[-1] if v[-1] else v for k, v in sums.items()})


def _clusters(content: Content, fresh: pd.Series) -> Any:
    """Blank the cases of a concentration that contains a withheld area."""
    clusters = content.clusters.copy()
    if not fresh.any() or not len(clusters):
        return clusters
    points = content.areas.geometry[fresh].representative_point().union_all()
    touched = clusters.geometry.intersects(points)
    told = ("cases", "expected", "relative_risk")
    _empty(clusters, touched, [c for c in told if c in clusters])
    return clusters


def _numbers(*reasons: pd.Series) -> dict[str, dict[str, int]]:
    levels = ("areas", "regions")
    return {
        level: {str(r): int(n) for r, n in why[why != ""].value_counts().sort_index().items()}
        for level, why in zip(levels, reasons, strict=True)
    }


def _quality(why: pd.Series, why_regions: pd.Series, content: Content) -> list[dict[str, str]]:
    rules = content.study.disclosure
    limits = {"population": rules.minimum_population, "count": rules.minimum_count}
    title = content.study.area_layer.title
    rows = []
    above = {level.key: level.title for level in content.study.levels}
    for reasons, level in ((why, title), (why_regions, above.get("region", "Region"))):
        for reason, number in reasons[reasons != ""].value_counts().sort_index().items():
            detail = _NOTE[str(reason)].format(**limits)
            row = {"topic": "Geheimhaltung", "finding": f"{level}: {number}", "detail": detail}
            if row not in content.quality:
                rows.append(row)
    return rows


def _check_units(content: Content) -> None:
    study, units = content.study, content.units
    for target in study.targets:
        column = f"people_{target}"
        if column not in units or not counts_recipients(study, target):
            continue
        small = (units[column] > 0) & (units[column] < study.disclosure.minimum_count)
        if small.any():
            raise DisclosureError(
                f"{small.sum()} units of demand hold fewer persons than may be published",
                where=f"{column}, first {units.index[small][0]}",
                expected=f"0 or at least {study.disclosure.minimum_count} persons",
                hint="Merge the units before rooms are computed (sozialraum.access.units)",
            )


def check_released(content: Content) -> None:
    """Refuse a content that did not pass `release`.

    Raises
    ------
    InputError
        It has no note of the gate.
    """
    if "withheld" not in content.figures:
        raise InputError(
            "This content did not pass disclosure control", hint="Call publish.gate.release first"
        )
