"""How far a proposal depends on what is not known exactly.

A proposal is solved again over draws of its inputs: the counts of the areas between their bounds,
the spread of people inside an area, the walked distance, the position of venues, other demand
vectors. What comes out: how often each room is chosen, which rooms can be exchanged at no loss, and
a proposal that is good on average or in the worst tenth of the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.presence.again import Redrawn, choose_again, redraw
from sozialraum.presence.draws import Draws, draw_inputs
from sozialraum.presence.problem import Floats, Ints, Site, check_radius, positions_of, read_problem

CELLS = 60_000_000
"""Largest number of draws × points × sites for which robust exchanges are searched."""

__all__ = [
    "Draws",
    "Stability",
    "draw_inputs",
    "exchangeable",
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

    Where few sites lie together, the best choice of each draw is found by counting all of them
    (`sozialraum.presence.parts`). Else it starts from the proposal and from a greedy choice, both
    improved by exchanges: a heuristic, fast enough for every proposal of a study.

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
    return robust_choice(redrawn, given, choose_again(redrawn, [given])[0])


def robust_choice(redrawn: Redrawn, given: Ints, found: Ints) -> Stability:
    """Stability of a choice (columns) and the choices that are good in all draws.

    `found`: what is chosen instead in every draw, see `choose_again`.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [1, 9], [5, 5]]), np.ones(3))
    >>> again, given = redraw(cost, [5, 4], radius=2, draws=draws), np.array([0])
    >>> robust_choice(again, given, choose_again(again, [given])[0]).robust_mean
    (1,)
    """
    total, candidates = redrawn.total, redrawn.candidates
    chosen = np.bincount(found.ravel(), minlength=redrawn.reach.shape[1])
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
    held = positions_of(existing, problem.shape[1], problem.columns, "existing")
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
    if redrawn.reach.size * len(redrawn.total) > CELLS:
        return np.sort(choice)
    reach, people, total = redrawn.reach.astype(float), redrawn.people, redrawn.total
    free = np.setdiff1d(redrawn.free, fixed)
    whole = redrawn.near + people.sum(axis=1)
    while True:
        best = score(redrawn.reached(choice) / total)
        counts = reach[:, choice].sum(axis=1)
        step, taken = None, np.isin(free, choice)
        for out in np.setdiff1d(choice, fixed):
            missed = people * (counts == reach[:, out])
            gain = missed @ reach[:, free]
            kept = whole - missed.sum(axis=1)
            values = score(np.ascontiguousarray(((kept[:, None] + gain) / total[:, None]).T))
            k = int(np.argmax(np.where(taken & (free != out), -np.inf, values)))
            if values[k] > best + 1e-9:
                best, step = values[k], np.sort(np.r_[choice[choice != out], free[k]])
        if step is None:
            return np.sort(choice)
        choice = step
