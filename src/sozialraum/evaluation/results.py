"""The evaluation of a run by the visits that were counted on site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.disclosure.suppression import complementary
from sozialraum.errors import DisclosureError, InputError
from sozialraum.evaluation.decay import Decay, fit_decay
from sozialraum.evaluation.judge import dispersion, judge_rooms
from sozialraum.evaluation.plan import catchments
from sozialraum.evaluation.visits import read_visits
from sozialraum.publish.finished import read_run

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished

OF_VISITS: tuple[str, ...] = (
    "visits",
    "visits_lo",
    "visits_hi",
    "ratio",
    "ratio_shrunk",
    "ratio_lo",
    "ratio_hi",
)
OF_VISITS += ("p", "q")
"""Columns from which a number of visits could be computed back."""


@dataclass(frozen=True)
class Evaluation:
    """Planned reach beside visits.

    Attributes
    ----------
    run : Finished
    first, last : str
        Days of the first and the last offer, ISO.
    rooms : pandas.DataFrame
        Index `site_id`; `name`, `offers`, `hours`, `planned` (persons who have the room nearest
        within the walking distance), `additional` (persons whom the plan counts for the room
        alone; missing where it was not proposed), and the columns of `judge_rooms`. What would
        show fewer visits than may be published is missing, `judgement` is 'nicht gezeigt'.
    groups : dict of DataFrame
        The same for each target group that was asked for and whose visits can all be shown.
    kinds : pandas.DataFrame
        Index `kind`; `offers`, `visits`.
    decay : Decay or None
        None where too few rooms had visits for an estimate.
    spread : float
        Variance / mean of the visits of single offers.
    """

    run: Finished
    first: str
    last: str
    rooms: pd.DataFrame
    groups: dict[str, pd.DataFrame]
    kinds: pd.DataFrame
    decay: Decay | None
    spread: float


def evaluate_visits(run: str | Path | Finished, visits: str | Path | pd.DataFrame) -> Evaluation:
    """Set the visits of rooms beside what the run planned.

    Parameters
    ----------
    run : path or Finished
    visits : path or pandas.DataFrame
        A table of visits, or what `read_visits` made of one.

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        The table cannot be used, or the run measured ways along streets.
    DisclosureError
        Columns look like data of persons, or there are too few visits to show any.

    Notes
    -----
    Expected visits are the sum of all visits, divided in proportion to planned people × offers
    (× hours, if every row names them). Visits are not visitors: who comes twice counts twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     evaluate_visits(empty, "visits.csv")
    Traceback (most recent call last):
        ...
    sozialraum.errors.InputError: ...
    """
    chosen = run if not isinstance(run, (str, Path)) else read_run(run)
    table = visits if isinstance(visits, pd.DataFrame) else read_visits(visits, chosen)
    least = chosen.study.disclosure.minimum_count
    offers = _offers(table)
    spread = dispersion(offers["number"], offers["site_id"] + " " + offers["kind"])
    rooms = _judged(chosen, table, "everybody", spread)
    hidden = hidden_cells(rooms["visits"], least)
    rooms = _blank(rooms, hidden)
    groups = {}
    for target in shown_groups(table, list(rooms.index), least, bool(hidden.any())):
        groups[target] = _judged(chosen, table[table["target"] == target], target, spread, offers)
    return Evaluation(
        chosen,
        str(table["date"].min()),
        str(table["date"].max()),
        rooms,
        groups,
        _by_kind(offers, least),
        _decay(chosen, table, spread),
        spread,
    )


def hidden_cells(visits: pd.Series, least: int) -> pd.Series:
    """Which parts of a published sum must not be shown.

    Parameters
    ----------
    visits : pandas.Series
        Parts of the sum, which is shown.
    least : int
        A part from 1 to below this number is hidden, and what would give it away.

    Returns
    -------
    pandas.Series of bool

    Raises
    ------
    DisclosureError
        The sum itself is too small, or nothing can hide a part.

    Examples
    --------
    >>> hidden_cells(pd.Series([1.0, 40, 12], ["a", "b", "c"]), 3).tolist()
    [True, False, True]
    """
    total = float(visits.sum())
    if 0 < total < least:
        raise DisclosureError(
            "There are fewer visits than may be published",
            where="all rooms together",
            expected=f"at least {least}",
            hint="Count for a longer time",
        )
    small = (visits > 0) & (visits < least)
    if not small.any():
        return small
    values = pd.concat([pd.Series({"": total}), visits.astype(float)])
    parent = pd.Series([None, *[""] * len(visits)], index=values.index, dtype=object)
    need = pd.concat([pd.Series({"": False}), small])
    found = complementary(values, parent, need, protection=least)
    if found[""]:
        raise DisclosureError(
            "The visits of a room would follow from the sum of all",
            expected=f"two rooms or more, or at least {least} visits in each",
            hint="Count for a longer time",
        )
    return found.drop("").astype(bool)


def shown_groups(
    table: pd.DataFrame, sites: list[str], least: int, rooms_hidden: bool
) -> list[str]:
    """Target groups whose visits in every room can be shown, so that none follows by subtraction.

    A group is shown for all rooms or for none; what the shown groups leave of a room's visits is 0
    or at least the minimum, else no group is shown.
    """
    if rooms_hidden:
        return []
    asked = sorted(set(table["target"]) - {""})
    counts = table.pivot_table(
        index="site_id", columns="target", values="number", aggfunc="sum", fill_value=0
    ).reindex(sites, fill_value=0)

    def fine(column: pd.Series) -> bool:
        return bool(((column == 0) | (column >= least)).all())

    shown = [t for t in asked if fine(counts[t]) and counts[t].sum() > 0]
    rest = counts.drop(columns=shown).sum(axis=1)
    return shown if fine(rest) else []


def _offers(table: pd.DataFrame) -> pd.DataFrame:
    """One row per room, day and kind: target groups of the same offer are added up."""
    keys = ["site_id", "date", "kind"]
    return table.groupby(keys, as_index=False).agg(number=("number", "sum"), hours=("hours", "max"))


def _judged(
    run: Finished,
    table: pd.DataFrame,
    target: str,
    spread: float,
    offers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rooms with plan, visits and judgement for one target group."""
    held = _offers(table) if offers is None else offers
    sites = sorted(held["site_id"].unique())
    plan = catchments(run, sites, target)
    result = pd.DataFrame(index=pd.Index(sites, name="site_id"))
    result["name"] = run.content.rooms["name"].reindex(sites)
    result["offers"] = held.groupby("site_id").size()
    hours = held.groupby("site_id")["hours"].sum(min_count=1)
    result["hours"] = hours.where(held.groupby("site_id")["hours"].apply(lambda h: h.notna().all()))
    result["planned"] = plan.planned
    proposed = run.proposal(target).set_index("site_id")["reached"]
    result["additional"] = proposed.reindex(sites)
    visits = table.groupby("site_id")["number"].sum().reindex(sites, fill_value=0.0)
    return result.join(judge_rooms(visits, plan.planned * exposure(result), spread=spread))


def exposure(rooms: pd.DataFrame) -> pd.Series:
    """What each room offered: hours where every room's are known, else the number of offers."""
    every = rooms["hours"].notna().all() and (rooms["hours"] > 0).all()
    return rooms["hours"] if every else rooms["offers"].astype(float)


def _blank(rooms: pd.DataFrame, hidden: pd.Series) -> pd.DataFrame:
    result = rooms.copy()
    result.loc[hidden, [c for c in OF_VISITS if c in result]] = np.nan
    result.loc[hidden, "judgement"] = "nicht gezeigt"
    return result


def _by_kind(offers: pd.DataFrame, least: int) -> pd.DataFrame:
    kinds = offers.groupby("kind").agg(offers=("number", "size"), visits=("number", "sum"))
    try:
        hidden = hidden_cells(kinds["visits"], least)
    except DisclosureError:
        hidden = pd.Series(True, index=kinds.index)
    return kinds.assign(visits=kinds["visits"].astype(float).mask(hidden))


def _decay(run: Finished, table: pd.DataFrame, spread: float) -> Decay | None:
    """The fitted decay of all visits; None where too few rooms had some."""
    offers = _offers(table)
    sites = sorted(offers["site_id"].unique())
    plan = catchments(run, sites)
    visits = table.groupby("site_id")["number"].sum().reindex(sites, fill_value=0.0)
    held = pd.DataFrame({"offers": offers.groupby("site_id").size()}, index=sites)
    held["hours"] = offers.groupby("site_id")["hours"].agg(lambda h: h.sum(skipna=False))
    try:
        return fit_decay(
            visits.to_numpy(),
            plan.way,
            plan.people,
            plan.room,
            exposure=exposure(held).to_numpy(),
            spread=spread,
        )
    except InputError:
        return None
