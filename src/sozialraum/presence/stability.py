"""How far a proposal depends on what is not known exactly.

A proposal is solved again over draws of its inputs: the counts of the areas between their bounds,
the spread of people inside an area, the walked distance, the position of venues, other demand
vectors. What comes out: how often each room is chosen, which rooms can be exchanged at no loss, and
a proposal that is good on average or in the worst tenth of the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.lazy import sparse
from sozialraum.presence.draws import Draws, draw_inputs, drawn_reach
from sozialraum.presence.exchange import best_found, best_of_one, reached_by, same_reach
from sozialraum.presence.problem import (
    Bools,
    Floats,
    Ints,
    Site,
    check_radius,
    positions_of,
    read_problem,
)

LARGE = 100_000
"""Cells of one draw from which on it is worth looking only at those that are reached."""
CELLS = 60_000_000
"""Largest number of draws × points × sites for which robust exchanges are searched."""

__all__ = [
    "Draws",
    "Redrawn",
    "Stability",
    "draw_inputs",
    "exchangeable",
    "redraw",
    "site_stability",
]


@dataclass(frozen=True)
class Stability:
    """Result of re-solving over draws.

    Attributes
    ----------
    sites : DataFrame
        Index: all candidate sites. `proposed` (bool), `stability` (share of the draws in which
        the site is chosen, 0…1).
    reached : float array (draws,)
        What the given proposal reaches in each draw.
    best : float array (draws,)
        What the proposal found for that draw reaches.
    regret : float
        Mean share of people that the given proposal loses against the one found for the draw.
    robust_mean, robust_worst : tuple
        Sites with the best mean, and with the best mean over the worst tenth of the draws.
    figures : DataFrame
        Rows `proposed`, `robust_mean`, `robust_worst`; columns `mean` and `worst_tenth`: share of
        people reached.
    """

    sites: pd.DataFrame
    reached: Floats
    best: Floats
    regret: float
    robust_mean: tuple[Site, ...]
    robust_worst: tuple[Site, ...]
    figures: pd.DataFrame


@dataclass(frozen=True)
class Redrawn:
    """Who can be reached in every draw, apart from people near existing sites.

    Attributes
    ----------
    sites : pandas.Index or None
        Labels of the columns, where they have any.
    candidates, required, free : int arrays
        Columns that may be chosen, that must be, and that may be besides existing sites.
    reach : bool array (draws, groups, sites)
        Groups of people that the same sites reach; the last groups of a draw may be empty.
    people : float array (draws, groups)
        Whom no existing site reaches, by group.
    near : float array (draws,)
        People near existing sites.
    total : float array (draws,)
        All people of a draw.
    """

    sites: pd.Index | None
    candidates: Ints
    required: Ints
    free: Ints
    reach: Bools
    people: Floats
    near: Floats
    total: Floats

    def name(self, column: int) -> Site:
        """Label of a site."""
        return int(column) if self.sites is None else self.sites[column]

    def reached(self, choice: Ints) -> Floats:
        """People whom existing sites and a choice reach, per draw."""
        return self.near + reached_by(self.reach, self.people, choice)

    def spans(self) -> list[sparse.csr_array]:
        """Who is in reach of each site, draw by draw, where the instance is large; else nothing."""
        if self.reach[:1].size <= LARGE:
            return []
        return [sparse.csr_array(one.T.astype(float)) for one in self.reach]

    def again(self, given: Ints, spans: Sequence[sparse.csr_array] = ()) -> Ints:
        """As many sites as given, chosen anew in every draw: int array (draws, sites)."""
        fixed = np.intersect1d(self.required, given)
        free = np.setdiff1d(self.free, fixed)
        mine, p = np.flatnonzero(np.isin(free, given)), given.size - fixed.size
        if spans:
            best = [
                best_of_one(near[free], people * (near[fixed].sum(axis=0) == 0), p, mine)
                for near, people in zip(spans, self.people, strict=True)
            ]
        else:
            best = [
                best_found(
                    reach[:, :, free].astype(float),
                    people * ~reach[:, :, fixed].any(axis=2),
                    p,
                    mine,
                )
                for reach, people in self._parts(CELLS // 10)
            ]
        more = free[np.vstack(best)]
        return np.sort(np.hstack([np.tile(fixed, (len(more), 1)), more]), axis=1)

    def _parts(self, cells: int) -> Iterator[tuple[Bools, Floats]]:
        """`reach` and `people` of a few draws at a time: no more cells than these at once."""
        step = max(1, cells // max(1, self.reach[0].size))
        for first in range(0, len(self.reach), step):
            yield self.reach[first : first + step], self.people[first : first + step]


def redraw(
    cost: Any,
    demand: Any,
    *,
    radius: float,
    draws: Draws,
    existing: Iterable[Site] = (),
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    unit_xy: Any = None,
    site_xy: Any = None,
) -> Redrawn:
    """Who can be reached in every draw; see `site_stability` for the parameters.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5]]), np.ones(2))
    >>> redraw(cost, [5, 4], radius=2, draws=draws).reached(np.array([0])).tolist()
    [5.0, 4.0]
    """
    problem = read_problem(cost, demand, required=required, forbidden=forbidden)
    radius = check_radius(radius)
    held = read_problem(cost, demand, required=existing).required
    if draws.demand.shape[1:] != problem.demand.shape:
        raise InputError("Draws were made for another demand", where="draws.demand")
    groups, near = [], []
    hits = drawn_reach(problem, radius, draws, unit_xy, site_xy)
    for people, hit in zip(draws.demand, hits, strict=True):
        served = hit[:, held].any(axis=1)
        near.append(float(people[served].sum()))
        groups.append(same_reach(hit, np.where(served, 0.0, people)))
    most = max(len(weight) for _, weight in groups)
    return Redrawn(
        problem.columns,
        problem.candidates,
        problem.required,
        np.setdiff1d(problem.candidates, held),
        np.stack([np.pad(reach, ((0, most - len(reach)), (0, 0))) for reach, _ in groups]),
        np.stack([np.pad(weight, (0, most - len(weight))) for _, weight in groups]),
        np.array(near),
        draws.demand.sum(axis=1),
    )


def stability_by_number(
    redrawn: Redrawn, proposals: Iterable[Iterable[int]]
) -> tuple[pd.DataFrame, list[Ints]]:
    """How often each room of several proposals is chosen when inputs are drawn anew.

    Parameters
    ----------
    redrawn : Redrawn
        Result of `redraw`.
    proposals : iterable of iterables of int
        One proposal per number of rooms, as columns.

    Returns
    -------
    shares : pandas.DataFrame
        `proposal` (position), `site`, `stability` (share of the draws).
    found : list of int arrays (draws, sites)
        For every proposal, the columns that are chosen instead.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5], [6, 1], [2, 1]]), np.ones(4))
    >>> shares, found = stability_by_number(redraw(cost, [5, 4], radius=2, draws=draws), [[0]])
    >>> shares[["site", "stability"]].values.tolist(), found[0].ravel().tolist()
    ([[0.0, 0.75]], [0, 1, 0, 0])
    """
    rows, chosen = [], []
    spans = redrawn.spans()
    for number, sites in enumerate(proposals):
        given = positions_of(sites, redrawn.reach.shape[2], None, "proposals")
        found = redrawn.again(given, spans)
        share = (found[:, :, None] == given).any(axis=1).mean(axis=0)
        rows += [(number, redrawn.name(j), v) for j, v in zip(given, share, strict=True)]
        chosen.append(found)
    return pd.DataFrame(rows, columns=["proposal", "site", "stability"]), chosen


def site_stability(
    cost: Any,
    demand: Any,
    sites: Iterable[Site],
    *,
    radius: float,
    draws: Draws,
    existing: Iterable[Site] = (),
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    unit_xy: Any = None,
    site_xy: Any = None,
) -> Stability:
    """Solve the proposal `sites` again in every draw.

    Each draw starts from the proposal and from a greedy choice, both improved by exchanges: a
    heuristic, fast enough for every proposal of a study.

    Parameters
    ----------
    cost, demand, radius, existing, required, forbidden
        As in `coverage_curve`.
    sites : iterable of sites
        The proposal; as many are chosen in every draw.
    draws : Draws
        See `draw_inputs`.
    unit_xy, site_xy : array (…, 2), optional
        Positions in metres; needed where the draws displace venues. Distances change by what the
        displacement changes in a straight line.

    Returns
    -------
    Stability

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5], [6, 1], [2, 1]]), np.ones(4))
    >>> site_stability(cost, [5, 4], [0], radius=2, draws=draws).sites["stability"].to_dict()
    {0: 0.75, 1: 0.25}
    """
    given = read_problem(cost, demand, required=sites, forbidden=forbidden).required
    required = [s for s in required if s in set(sites)]
    redrawn = redraw(
        cost,
        demand,
        radius=radius,
        draws=draws,
        existing=existing,
        required=required,
        forbidden=forbidden,
        unit_xy=unit_xy,
        site_xy=site_xy,
    )
    return robust_choice(redrawn, given, redrawn.again(given))


def robust_choice(redrawn: Redrawn, given: Ints, found: Ints) -> Stability:
    """Stability of a choice (columns) and the choices that are good in all draws.

    `found`: what is chosen instead in every draw, see `Redrawn.again`.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [1, 9], [5, 5]]), np.ones(3))
    >>> again, given = redraw(cost, [5, 4], radius=2, draws=draws), np.array([0])
    >>> robust_choice(again, given, again.again(given)).robust_mean
    (1,)
    """
    total, candidates = redrawn.total, redrawn.candidates
    chosen = np.bincount(found.ravel(), minlength=redrawn.reach.shape[2])
    options, number = np.unique(np.vstack([found, np.sort(given)]), axis=0, return_inverse=True)
    reached = np.array([redrawn.reached(option) for option in options])
    own, mine = reached[number.ravel()[:-1], np.arange(len(total))], reached[number.ravel()[-1]]
    robust = {}
    for name, score in (("robust_mean", _mean), ("robust_worst", worst_tenth)):
        start = options[score(reached / total).argmax()]
        robust[name] = _exchange(redrawn, start, np.intersect1d(redrawn.required, given), score)
    rows = {"proposed": given, **robust}
    shares = np.array([redrawn.reached(choice) / total for choice in rows.values()])
    return Stability(
        pd.DataFrame(
            {
                "proposed": np.isin(candidates, given),
                "stability": chosen[candidates] / len(found),
            },
            index=pd.Index([redrawn.name(j) for j in candidates], name="site"),
        ),
        mine,
        own,
        float(np.mean((own - mine) / total)),
        tuple(redrawn.name(j) for j in robust["robust_mean"]),
        tuple(redrawn.name(j) for j in robust["robust_worst"]),
        pd.DataFrame({"mean": _mean(shares), "worst_tenth": worst_tenth(shares)}, list(rows)),
    )


def _mean(values: Floats) -> Floats:
    return values.mean(axis=-1)


def worst_tenth(values: Floats) -> Floats:
    """Mean of the lowest tenth (at least one value) along the last axis.

    Examples
    --------
    >>> worst_tenth(np.array([[0.5, 0.4, 0.9]])).tolist()
    [0.4]
    """
    return np.sort(values)[..., : max(1, values.shape[-1] // 10)].mean(axis=-1)


def exchangeable(
    cost: Any,
    demand: Any,
    sites: Iterable[Site],
    *,
    radius: float,
    existing: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    tolerance: float = 0.0,
    keep: Iterable[Site] = (),
) -> pd.DataFrame:
    """Rooms that could stand in for a proposed one.

    Parameters
    ----------
    cost, demand, radius, existing, forbidden
        As in `coverage_curve`.
    sites : iterable of sites
        The proposal.
    tolerance : float
        Largest share of all people that the exchange may lose; 0: no loss.
    keep : iterable of sites
        Rooms of the proposal that must stay.

    Returns
    -------
    DataFrame
        `site`, `instead`, `loss` (persons; negative: the other room reaches more), one row per
        possible exchange, smallest loss first.

    Examples
    --------
    >>> cost = np.array([[1.0, 1, 9], [9, 1, 1]])
    >>> exchangeable(cost, [5, 3], [0], radius=2).values.tolist()
    [[0.0, 1.0, -3.0]]
    """
    problem = read_problem(cost, demand, required=sites, forbidden=forbidden)
    held = read_problem(cost, demand, required=existing).required
    given = problem.required
    free = np.setdiff1d(problem.candidates, np.r_[held, given])
    stays = positions_of(keep, problem.shape[1], problem.columns, "keep")
    radius = check_radius(radius)
    counts = (problem.columns_dense(np.r_[held, given]) <= radius).sum(axis=1)
    # People whom only one site reaches; another one must take them over or find others.
    new = np.where(counts == 0, problem.demand, 0.0)
    given = np.setdiff1d(given, stays)
    once = np.where(counts == 1, problem.demand, 0.0)
    alone: Floats = np.where(radius >= problem.columns_dense(given).T, once, 0.0)
    loss = alone.sum(axis=1)[:, None] - problem.reached(alone + new, free, radius)
    close = np.argwhere(loss <= tolerance * problem.demand.sum() + 1e-9)
    rows = [(problem.name(given[i]), problem.name(free[k]), float(loss[i, k])) for i, k in close]
    frame = pd.DataFrame(rows, columns=["site", "instead", "loss"])
    return frame.sort_values("loss", kind="stable", ignore_index=True)


def _exchange(redrawn: Redrawn, choice: Ints, fixed: Ints, score: Callable[..., Any]) -> Ints:
    """Exchange one site while that improves the score over all draws."""
    if redrawn.reach.size > CELLS:
        return np.sort(choice)
    reach, people, total = redrawn.reach.astype(float), redrawn.people, redrawn.total
    free = np.setdiff1d(redrawn.free, fixed)
    while True:
        best = score(redrawn.reached(choice) / total)
        step = None
        for out in np.setdiff1d(choice, fixed):
            rest = np.setdiff1d(choice, out)
            missed = people * ~redrawn.reach[:, :, rest].any(axis=2)
            gain = np.matmul(missed[:, None], reach[:, :, free])[:, 0]
            kept = redrawn.near + people.sum(axis=1) - missed.sum(axis=1)
            values = score(np.ascontiguousarray(((kept[:, None] + gain) / total[:, None]).T))
            k = int(np.argmax(np.where(np.isin(free, rest), -np.inf, values)))
            if values[k] > best + 1e-9:
                best, step = values[k], np.sort(np.r_[rest, free[k]])
        if step is None:
            return np.sort(choice)
        choice = step
