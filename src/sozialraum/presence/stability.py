"""How far a proposal depends on what is not known exactly.

A proposal is solved again over draws of its inputs: the counts of the areas between their bounds,
the spread of people inside an area, the walked distance, the position of venues, other demand
vectors. What comes out: how often each room is chosen, which rooms can be exchanged at no loss, and
a proposal that is good on average or in the worst tenth of the draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.errors import InputError
from sozialraum.presence.draws import Draws, draw_inputs, drawn_reach
from sozialraum.presence.exchange import best_found, same_reach
from sozialraum.presence.problem import (
    Floats,
    Ints,
    Problem,
    Site,
    check_p,
    check_radius,
    read_problem,
)

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
    problem : Problem
    required, free : int array
        Sites that must be among the chosen ones, and candidates besides.
    reach : list of float array (groups, sites)
        Per draw the groups of people that the same sites reach; the last groups may be empty.
    people : list of float array (groups,)
        Whom no existing site reaches, by group.
    near : float array (draws,)
        People near existing sites.
    total : float array (draws,)
        All people of a draw.
    """

    problem: Problem
    required: Ints
    free: Ints
    reach: list[Floats]
    people: list[Floats]
    near: Floats
    total: Floats

    def reached(self, choice: Ints) -> Floats:
        """People whom existing sites and a choice reach, per draw."""
        pairs = zip(self.reach, self.people, strict=True)
        return self.near + np.array([w @ h[:, choice].any(axis=1) for h, w in pairs])

    def again(self, given: Ints) -> list[Ints]:
        """As many sites as given, chosen anew in every draw."""
        fixed = np.intersect1d(self.required, given)
        free = np.setdiff1d(self.free, fixed)
        mine = np.flatnonzero(np.isin(free, given))
        found = []
        for reach, people in zip(self.reach, self.people, strict=True):
            left = people * ~reach[:, fixed].any(axis=1)
            best = best_found(reach[:, free], left, given.size - fixed.size, mine)
            found.append(np.sort(np.r_[fixed, free[best]]).astype(np.intp))
        return found


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
    for number in range(len(draws.stretch)):
        hit = drawn_reach(problem, radius, draws, number, unit_xy, site_xy)
        served = hit[:, held].any(axis=1)
        near.append(float(draws.demand[number][served].sum()))
        groups.append(same_reach(hit, np.where(served, 0.0, draws.demand[number])))
    most = max(len(weight) for _, weight in groups)
    return Redrawn(
        problem,
        problem.required,
        np.setdiff1d(problem.candidates, held),
        [np.pad(reach, ((0, most - len(reach)), (0, 0))) for reach, _ in groups],
        [np.pad(weight, (0, most - len(weight))) for _, weight in groups],
        np.array(near),
        draws.demand.sum(axis=1),
    )


def stability_by_number(redrawn: Redrawn, proposals: Iterable[Iterable[int]]) -> pd.DataFrame:
    """How often each room of several proposals is chosen when inputs are drawn anew.

    Parameters
    ----------
    redrawn : Redrawn
        Result of `redraw`.
    proposals : iterable of iterables of int
        One proposal per number of rooms, as columns.

    Returns
    -------
    pandas.DataFrame
        `proposal` (position), `site`, `stability` (share of the draws).

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5], [6, 1], [2, 1]]), np.ones(4))
    >>> stability_by_number(redraw(cost, [5, 4], radius=2, draws=draws), [[0]])[
    ...     ["site", "stability"]].values.tolist()
    [[0.0, 0.75]]
    """
    rows = []
    for number, sites in enumerate(proposals):
        given = read_problem(redrawn.problem.cost, redrawn.problem.demand, required=sites).required
        found = redrawn.again(given)
        share = np.mean([np.isin(given, choice) for choice in found], axis=0)
        rows += [(number, redrawn.problem.name(j), v) for j, v in zip(given, share, strict=True)]
    return pd.DataFrame(rows, columns=["proposal", "site", "stability"])


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
    check_p(given.size, redrawn.problem)
    return robust_choice(redrawn, given)


def robust_choice(redrawn: Redrawn, given: Ints) -> Stability:
    """Stability of a choice (columns) and the choices that are good in all draws.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [1, 9], [5, 5]]), np.ones(3))
    >>> robust_choice(redraw(cost, [5, 4], radius=2, draws=draws), np.array([0])).robust_mean
    (1,)
    """
    problem = redrawn.problem
    found = redrawn.again(given)
    total, fixed = redrawn.total, np.intersect1d(redrawn.required, given)
    free = np.setdiff1d(redrawn.free, fixed)
    chosen = np.bincount(np.concatenate(found), minlength=problem.shape[1])
    mine = redrawn.reached(given)
    options = {tuple(choice.tolist()) for choice in [*found, np.sort(given)]}
    reached = {option: redrawn.reached(np.array(option, np.intp)) for option in sorted(options)}
    own = np.array([reached[tuple(choice.tolist())][k] for k, choice in enumerate(found)])
    robust = {}
    for name, score in (("robust_mean", np.mean), ("robust_worst", worst_tenth)):
        start = max(reached, key=lambda option: score(reached[option] / total))
        robust[name] = _exchange(redrawn, np.array(start), fixed, free, score)
    rows = {"proposed": given, **robust}
    shares = {name: redrawn.reached(choice) / total for name, choice in rows.items()}
    index = [problem.name(j) for j in problem.candidates]
    frame = pd.DataFrame(
        {
            "proposed": np.isin(problem.candidates, given),
            "stability": chosen[problem.candidates] / len(found),
        },
        index=pd.Index(index, name="site"),
    )
    return Stability(
        frame,
        mine,
        own,
        float(np.mean((own - mine) / total)),
        tuple(problem.name(j) for j in robust["robust_mean"]),
        tuple(problem.name(j) for j in robust["robust_worst"]),
        pd.DataFrame(
            {
                "mean": {name: float(share.mean()) for name, share in shares.items()},
                "worst_tenth": {name: worst_tenth(share) for name, share in shares.items()},
            }
        ),
    )


def worst_tenth(values: Floats) -> float:
    """Mean of the lowest tenth (at least one value).

    Examples
    --------
    >>> worst_tenth(np.array([0.5, 0.4, 0.9]))
    0.4
    """
    return float(np.sort(values)[: max(1, values.size // 10)].mean())


def exchangeable(
    cost: Any,
    demand: Any,
    sites: Iterable[Site],
    *,
    radius: float,
    existing: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    tolerance: float = 0.0,
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
    every = problem.within(check_radius(radius))
    counts = every @ np.isin(np.arange(problem.shape[1]), np.r_[held, given]).astype(float)
    rows = []
    for site in given:
        mine = np.asarray(every[:, [site]].todense()).ravel() > 0
        # People whom only this site reaches; another one must take them over or find others.
        lost = np.where(mine & (counts == 1), problem.demand, 0.0)
        new = np.where(counts == 0, problem.demand, 0.0)
        gain = every[:, free].T @ (lost + new)
        for other, value in zip(free, lost.sum() - gain, strict=True):
            if value <= tolerance * problem.demand.sum() + 1e-9:
                rows.append((problem.name(site), problem.name(other), float(value)))
    frame = pd.DataFrame(rows, columns=["site", "instead", "loss"])
    return frame.sort_values("loss", kind="stable", ignore_index=True)


def _exchange(redrawn: Redrawn, choice: Ints, fixed: Ints, free: Ints, score: Any) -> Ints:
    """Exchange one site while that improves the score over all draws."""
    if len(redrawn.reach) * redrawn.reach[0].size > CELLS:
        return np.sort(choice)
    stack: NDArray[np.float64] = np.stack(redrawn.reach)
    people, total = np.stack(redrawn.people), redrawn.total
    while True:
        best = score(redrawn.reached(choice) / total)
        step = None
        for out in np.setdiff1d(choice, fixed):
            rest = np.setdiff1d(choice, out)
            missed = people * ~stack[:, :, rest].any(axis=2)
            gain = np.matmul(missed[:, None], stack[:, :, free])[:, 0]
            kept = redrawn.near + people.sum(axis=1) - missed.sum(axis=1)
            shares = (kept[:, None] + gain) / total[:, None]
            values = [score(shares[:, k]) for k in range(free.size)]
            k = int(np.argmax(np.where(np.isin(free, rest), -np.inf, values)))
            if values[k] > best + 1e-9:
                best, step = values[k], np.sort(np.r_[rest, free[k]])
        if step is None:
            return np.sort(choice)
        choice = step
