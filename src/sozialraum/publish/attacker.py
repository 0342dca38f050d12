"""The attacker of a run: gathers everything that is said about each count of recipients.

Whoever reads a map, a table and a report has them all, and perhaps last year's, too. So printed
counts, totals, rates with their digits, weights and people at places become statements about the
same counts, and `sozialraum.disclosure.inference` computes what follows from all of them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.disclosure.inference import (
    FINDINGS,
    Statement,
    findings,
    from_rate,
    shown,
    sums_to,
)
from sozialraum.publish.columns import describe

if TYPE_CHECKING:
    from sozialraum.publish.content import Content

TOTAL = "total"
RATES = ("share", "location_quotient", "location_quotient_city")


def attack(
    content: Content, *, sensitive: pd.Series | None = None, beside: Sequence[Statement] = ()
) -> pd.DataFrame:
    """Attack a content with everything in it: totals, rates, weights, people at places.

    Parameters
    ----------
    content : Content
        Usually a released one.
    sensitive : pandas.Series of bool, optional
        Cells that need protection ('area:<id>', 'region:<id>'); default: all withheld ones.
    beside : sequence of Statement
        What else is out: an earlier run (`earlier_statements`).

    Returns
    -------
    pandas.DataFrame
        Findings as in `sozialraum.disclosure.inference.findings`; empty where nothing can be
        inferred.
    """
    areas, regions = content.areas, content.regions
    cells = keyed(areas["recipients"].astype(float), "area:")
    totals = keyed(regions["recipients"].astype(float), "region:")
    rules = content.study.disclosure
    least, rounds = rules.minimum_count, rules.method == "round"
    counts = pd.concat([cells, totals]).round()
    if rounds:
        exact = counts[counts % rules.rounding_base > 0]
        rows = [(cell, n, n, True, "not rounded", cell) for cell, n in exact.items()]
        if rows:
            return pd.DataFrame(rows, columns=list(FINDINGS))
    elif counts.notna().all():
        small = counts[(counts > 0) & (counts < least)]
        rows = [(cell, n, n, True, "shown", cell) for cell, n in small.items()]
        return pd.DataFrame(rows, columns=list(FINDINGS))
    counts[TOTAL] = np.nan if (total := _total(totals, content)) is None else total
    people = pd.concat([keyed(f["population"], k) for f, k in _levels(areas, regions)]).astype(
        float
    )
    people[TOTAL] = areas["population"].sum()
    known = {c: (0.0, float(n) if n == n else np.inf) for c, n in people.items()}
    # counts beyond the residents exist: the register is a little older than the counts
    known = {c: (0.0, max(known[c][1], counts[c] if counts[c] == counts[c] else 0)) for c in known}
    said = [shown(c, n) for c, n in counts.dropna().items()]
    said += _claims(content, cells.isna(), totals.isna())
    above = pd.concat(
        [
            keyed("region:" + areas["region_id"].astype(str), "area:"),
            pd.Series(TOTAL, index=totals.index),
        ]
    )
    off = _off(content)
    said = [_loosened(s, off) for s in said] + list(beside)
    # where a workbook's total may hold people of no area, rounding can hide as many as it moves
    lost = 0 if content.figures.get("counts_derived", True) else off
    said += _definitions(counts, above, people, lost=lost if rounds else None)
    said = [s for s in said if all(c in known for c in s.cells)]
    hidden = [c for c in counts.index if counts[c] != counts[c] and c != TOTAL]
    told: list[str] = []
    if rounds:
        # what an earlier run printed as a count was none that needs protection
        out = {s.cells[0] for s in beside if len(s.cells) == 1 and s.lo == s.hi >= least}
        told = [str(c) for c in counts.dropna().index if c != TOTAL and c not in out]
    if sensitive is not None:
        protected = sensitive.reindex(hidden).fillna(False).astype(bool)
        hidden = [c for c in hidden if protected[c]]
    room = _with_room(known, said)
    return findings(room, said, protection=least, targets=[*hidden, *told])


def _off(content: Content) -> int:
    """How far a printed count may be from the count itself."""
    rules = content.study.disclosure
    return rules.rounding_base - 1 if rules.method == "round" else 0


def _loosened(statement: Statement, off: int) -> Statement:
    """What a rounded figure says about the count behind it."""
    if not off:
        return statement
    lo, hi = max(statement.lo - off, 0.0), statement.hi + off
    return replace(statement, lo=lo, hi=hi, kind="claim")


def keyed(bounds: Any, start: str) -> Any:
    """Index of a frame or series with the level in front: 'area:04100102'."""
    return bounds.set_axis(start + bounds.index.astype(str))


def _levels(areas: pd.DataFrame, regions: pd.DataFrame) -> list[tuple[pd.DataFrame, str]]:
    return [(areas, "area:"), (regions, "region:")]


def _total(totals: pd.Series, content: Content) -> float | None:
    """Grand total as the report prints it."""
    if totals.notna().all():
        return float(totals.round().sum())
    if content.figures.get("total_is_partial"):
        return None
    total = content.figures.get("recipients")
    return None if total is None else float(np.round(total))


def _definitions(
    counts: pd.Series, above: pd.Series, people: pd.Series, *, lost: int | None
) -> list[Statement]:
    """Totals as the sum of their parts, as far as the printed figures allow that reading.

    A total that is smaller than its printed parts was summed over others; one that leaves more
    than all residents of its withheld parts counts people who could not be located, whose number
    nobody knows. Neither gives anything away.
    """
    result = []
    for total in above.drop_duplicates():
        parts = above.index[above == total]
        if total not in counts.index:
            continue
        rest = counts[total] - counts[parts].sum()
        hidden = parts[counts[parts].isna()]
        if lost is not None and not len(hidden) and rest == 0:  # rounded: parts are not certain
            result.append(sums_to(str(total), [str(p) for p in parts], slack=float(lost)))
        if len(hidden) and not (rest < 0.5 or rest > people[hidden].fillna(np.inf).sum()):
            result.append(sums_to(str(total), [str(p) for p in parts]))
    return result


def _claims(content: Content, *withheld: pd.Series) -> list[Statement]:
    """Every column that still says something about the recipients of withheld rows."""
    result = []
    pairs = zip(_levels(content.areas, content.regions), withheld, strict=True)
    for (frame, level), hidden in pairs:
        rows = frame[hidden.to_numpy()]
        for name, bounds in _columns(content, rows).items():
            result += _as_statements(name, keyed(bounds, level))
    study, units = content.study, content.units
    lost = content.areas.index[content.areas["recipients"].isna()]
    for target in study.targets:
        column = f"people_{target}"
        if study.targets[target].weight_by == "recipients" and column in units:
            placed = units.groupby("area_id")[column].sum(min_count=1)
            placed = placed[(placed > 0) & placed.index.isin(lost)]
            bounds = _plus_old_age(placed, content.areas)
            result += _as_statements(column, keyed(bounds, "area:"))
    return result


def _columns(content: Content, frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    told = {str(c) for c in frame.columns[frame.notna().any().to_numpy()]}
    residents = frame["share_base" if "share_base" in told else "population"].astype(float)
    claims = {}
    units = (1.0, content.figures.get("share"), content.figures.get("share_city"))
    for name, unit in zip(RATES, units, strict=True):
        if name in told and unit:
            base = residents.fillna(frame["population"]) * unit
            claims[name] = from_rate(frame[name].astype(float), base, digits=describe(name).digits)
    for name, side in (("recipients_lo", "lo"), ("recipients_hi", "hi")):
        if name in told:
            blank = pd.DataFrame(np.nan, index=frame.index, columns=["lo", "hi"])
            claims[name] = blank.assign(**{side: frame[name].astype(float)})
    for target, settings in content.study.targets.items():
        name = f"weight_{target}"
        if settings.weight_by in ("recipients", "recipients_if_worse") and name in told:
            weight = frame[name].astype(float)
            claims[name] = _plus_old_age(weight.where(weight > 0), frame)
    return claims


def _plus_old_age(weight: pd.Series, frame: pd.DataFrame) -> pd.DataFrame:
    """Count of recipients from the people to be reached: the old-age estimate was taken off."""
    old = frame["old_age"] if "old_age" in frame else pd.Series(0.0, index=frame.index)
    count = (weight + old.astype(float).reindex(weight.index).fillna(0)).round()
    return pd.DataFrame({"lo": count, "hi": count})


def _as_statements(name: str, bounds: pd.DataFrame) -> list[Statement]:
    said = []
    for cell, lo, hi in bounds[["lo", "hi"]].itertuples():
        if lo == lo or hi == hi:
            low, high = (-np.inf if lo != lo else lo), (np.inf if hi != hi else hi)
            # two persons rather than a half: a claim is not a printed count
            said.append(Statement(f"{name} of {cell}", (str(cell),), (1.0,), low, high, 0.5))
    return said


def _with_room(
    known: dict[str, tuple[float, float]], said: Iterable[Statement]
) -> dict[str, tuple[float, float]]:
    """What everybody knows, widened where a figure goes beyond the residents: it is still said."""
    result = dict(known)
    for statement in said:
        if len(statement.cells) == 1 and np.isfinite(statement.lo):
            cell = statement.cells[0]
            lo, hi = result[cell]
            result[cell] = (lo, max(hi, statement.lo))
    return result


def earlier_statements(content: Content, earlier: Content) -> tuple[list[Statement], str]:
    """What an earlier run says about the counts of a later one.

    Parameters
    ----------
    content, earlier : Content
        The later and the earlier run, as far as their files tell.

    Returns
    -------
    said : list of Statement
        Of the same reference date and source of counts: every count it shows, since a second
        publication of the same figures with other gaps fills them. Of another date: nothing by
        itself; changes of counts that the later run shows ('recipients_change') become counts.
    note : str
        What the comparison rests on, for the auditor.
    """
    said: list[Statement] = []
    pairs = zip(
        _levels(earlier.areas, earlier.regions),
        _levels(content.areas, content.regions),
        strict=True,
    )
    same = (
        earlier.info.reference_date == content.info.reference_date
        and earlier.info.recipients_label == content.info.recipients_label
    )
    for (before, level), (now, _) in pairs:
        counts = before["recipients"].astype(float).round().dropna()
        if same:
            said += [
                _loosened(
                    Statement(f"{c} in the earlier run", (str(c),), (1.0,), n, n), _off(earlier)
                )
                for c, n in keyed(counts, level).items()
            ]
        elif "recipients_change" in now:
            change = now["recipients_change"].astype(float).round()
            after = keyed((counts + change.reindex(counts.index)).dropna(), level)
            said += [
                _loosened(
                    Statement(f"recipients_change of {c}", (str(c),), (1.0,), n, n, 0.5),
                    _off(content),
                )
                for c, n in after.items()
            ]
    date = earlier.info.reference_date
    if same:
        return said, f"the earlier run shows the same figures ({date})"
    return said, f"the earlier run shows figures of another date ({date})"
