"""Shares, classes and ranks of two runs side by side, and what is more than chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.comparison.definitions import edition_of, same_figures

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished

COVERAGE = 0.95
_CLASSES = ("hoch", "mittel", "niedrig", "sehr niedrig")
SIDES = ("before", "after")


def compare_areas(before: Finished, after: Finished) -> pd.DataFrame:
    """Compare the planning areas of two runs.

    Parameters
    ----------
    before, after : Finished
        Over the same areas (see `sozialraum.comparison.definitions`).

    Returns
    -------
    pandas.DataFrame
        Index `area_id`; `name`, `region_name`, and each of `population`, `share`, `status_class`,
        `dynamics_class`, `rank`, `rank_lo`, `rank_hi` with `_before` and `_after`;
        `share_change` with `share_change_lo` and `share_change_hi` (fractions),
        `share_beyond_chance`, `class_change` ('größerer Bedarf', 'geringerer Bedarf', 'gleich',
        'nicht vergleichbar'), `rank_move` (places; positive: now greater need),
        `rank_beyond_sets`, `note`. What either run withholds is missing in every column that is
        computed from it.

    Notes
    -----
    The interval of a change adds what is unknown about both counts (their bounds) to the chance
    of two independent years with the study's design effect, at once for all areas (Šidák 1967).
    People stay on benefits for longer than two years, so the two counts are not independent and
    the interval is wide rather than narrow. Ranks move beyond chance where the two simultaneous
    rank sets are disjoint; with 95 % each, that is wrong anywhere with at most 10 %. Where both
    runs show the same figures (`same_figures`) there is no chance between them, and no interval.
    """
    return _compare(before, after, before.ranking, after.ranking)


def compare_regions(before: Finished, after: Finished) -> pd.DataFrame:
    """Compare the Bezirksregionen of two runs, as `compare_areas` does; index `region_id`."""
    frames = [pd.DataFrame(r.content.regions.drop(columns="geometry")) for r in (before, after)]
    return _compare(before, after, *frames)


def _compare(
    before: Finished, after: Finished, first: pd.DataFrame, second: pd.DataFrame
) -> pd.DataFrame:
    frames = {"before": first, "after": second.reindex(first.index)}
    table = pd.DataFrame(index=first.index)
    table["name"] = frames["after"]["name"]
    if "region_name" in first:
        table["region_name"] = first["region_name"]
    for column in ("population", "share", "status_class", "dynamics_class", "rank"):
        for side, frame in frames.items():
            table[f"{column}_{side}"] = frame[column]
    for column in ("rank_lo", "rank_hi"):
        for side, frame in frames.items():
            table[f"{column}_{side}"] = frame[column]
    table = table.join(_share_changes(frames, before, after))
    masked = {s: _masked(r, frames[s]) for s, r in zip(SIDES, (before, after), strict=True)}
    table["class_change"] = _class_changes(table)
    unclear = masked["before"] != masked["after"]
    table.loc[unclear & (table["class_change"] != "gleich"), "class_change"] = "nicht vergleichbar"
    table["rank_move"] = table["rank_before"] - table["rank_after"]
    apart = (table["rank_hi_before"] < table["rank_lo_after"]) | (
        table["rank_hi_after"] < table["rank_lo_before"]
    )
    table["rank_beyond_sets"] = apart & ~unclear
    table["note"] = np.where(
        unclear, "Eine Zahl ist in einer der Ausgaben durch 0 ersetzt: Klasse und Rang unsicher", ""
    )
    return table.sort_index()


def _share_changes(
    frames: dict[str, pd.DataFrame], before: Finished, after: Finished
) -> pd.DataFrame:
    """Change of the share with its interval."""
    from scipy.special import ndtri

    variance: Any = 0.0
    low, high = {}, {}
    for side, run in zip(SIDES, (before, after), strict=True):
        frame = frames[side]
        share = frame["share"].astype(float)
        base = (frame["recipients"] / share.where(share > 0)).fillna(frame["population"])
        effect = run.study.indicators.design_effect
        variance = variance + effect * share * (1 - share) / base.where(base > 0)
        low[side] = frame["share_lo"].astype(float).fillna(share)
        high[side] = frame["share_hi"].astype(float).fillna(share)
    change = frames["after"]["share"].astype(float) - frames["before"]["share"].astype(float)
    tests = max(int(change.notna().sum()), 1)
    z = float(ndtri(0.5 + 0.5 * COVERAGE ** (1 / tests)))
    chance = z * np.sqrt(variance)
    result = pd.DataFrame(
        {
            "share_change": change,
            "share_change_lo": (low["after"] - high["before"] - chance).where(change.notna()),
            "share_change_hi": (high["after"] - low["before"] + chance).where(change.notna()),
        }
    )
    if same_figures(before, after) and change.dropna().eq(0).all():
        result[["share_change_lo", "share_change_hi"]] = np.nan
    beyond = (result["share_change_lo"] > 0) | (result["share_change_hi"] < 0)
    return result.assign(share_beyond_chance=beyond)


def _class_changes(table: pd.DataFrame) -> pd.Series:
    order = {name: k for k, name in enumerate(_CLASSES)}
    first, second = (table[f"status_class_{s}"].map(order) for s in SIDES)
    words = np.select(
        [first.isna() | second.isna(), second > first, second < first],
        ["nicht vergleichbar", "größerer Bedarf", "geringerer Bedarf"],
        "gleich",
    )
    return pd.Series(words, index=table.index, dtype=object)


def _masked(run: Finished, frame: pd.DataFrame) -> pd.Series:
    """Areas with an indicator whose 0 stands for a small number."""
    edition = edition_of(run.study)
    columns = [] if edition is None else [i for i in edition.indicators if i in frame]
    if edition is None or not edition.masked_up_to or not columns:
        return pd.Series(False, index=frame.index)
    return (frame[columns] == 0).any(axis=1)
