"""Rooms opened one after the other, against the free optimum for each number.

Rooms are rarely opened all at once. A nested proposal keeps what it has opened; what that costs
against choosing freely for every number is stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.lazy import sparse
from sozialraum.presence.cover import Cover
from sozialraum.presence.exchange import fill_up
from sozialraum.presence.frontier import Step
from sozialraum.presence.problem import Floats, Site, check_radius, entries, read_problem


def nested_proposal(
    cost: Any,
    demand: Any,
    steps: list[Step],
    *,
    radius: float,
    existing: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
) -> pd.DataFrame:
    """First 1 room, then 2, …: the order that loses least against the free optimum.

    From every step of the curve an order is made: its rooms are dropped one by one (always the one
    whose loss is smallest) and extended one by one (always the greatest gain). The order with the
    smallest sum of losses is kept.

    Parameters
    ----------
    cost, demand, radius, existing, forbidden
        As given to `coverage_curve`.
    steps : list of Step
        The curve of freely chosen rooms, p = 0, 1, … (without required rooms beyond those steps).

    Returns
    -------
    DataFrame
        `p`, `site` (opened as the p-th), `reached`, `free` (reached by the free optimum), `loss`
        (persons), `loss_share` (of `free`).

    Examples
    --------
    >>> from sozialraum.presence.frontier import coverage_curve
    >>> cost = np.array([[1, 9, 1], [9, 1, 1], [1, 9, 9], [9, 1, 9.0]])
    >>> steps = coverage_curve(cost, [6, 6, 5, 5], radius=2, p_max=2)
    >>> nested_proposal(cost, [6, 6, 5, 5], steps, radius=2)[["p", "site", "loss"]].values.tolist()
    [[1.0, 1.0, 1.0], [2.0, 0.0, 0.0]]
    """
    if not steps or [step.p for step in steps] != list(range(len(steps))):
        raise StudyError("The curve must run over p = 0, 1, …", where="steps")
    problem = read_problem(cost, demand, forbidden=forbidden)
    held = read_problem(cost, demand, required=existing).required
    every = Cover.of(problem, check_radius(radius))
    people = np.where(every.counts(held) > 0, 0.0, problem.demand)
    start = float(problem.demand.sum() - people.sum())
    free = np.setdiff1d(problem.candidates, held)
    spans = every.reach[:, free].T.tocsr().astype(float)
    column = {problem.name(j): k for k, j in enumerate(free)}
    best: tuple[float, list[int]] = (np.inf, [])
    for step in steps[1:]:
        order = _order(spans, people, [column[s] for s in step.sites], len(steps) - 1)
        reached = _reached(spans, people, order)
        lost = float(np.sum([s.reached - start for s in steps[1:]] - reached))
        if lost < best[0] - 1e-9:
            best = (lost, order)
    reached = start + _reached(spans, people, best[1])
    optimum = np.array([s.reached for s in steps[1:]])
    loss = optimum - reached
    return pd.DataFrame(
        {
            "p": np.arange(1, len(steps)),
            "site": [problem.name(free[k]) for k in best[1]],
            "reached": reached,
            "free": optimum,
            "loss": loss,
            "loss_share": np.divide(loss, optimum, out=np.zeros(loss.size), where=optimum > 0),
        }
    )


def _order(spans: sparse.csr_array, people: Floats, chosen: list[int], most: int) -> list[int]:
    """Chosen sites in the order in which they would be opened, and further ones up to `most`."""
    mine, inside, first = spans[chosen].toarray(), list(range(len(chosen))), []
    counts = mine.sum(axis=0)
    while inside:
        loss = mine[inside] @ np.where(counts == 1, people, 0.0)
        out = inside.pop(int(np.argmin(loss)))
        counts -= mine[out]
        first.append(chosen[out])
    return fill_up(spans, people, most, first[::-1]).tolist()


def _reached(spans: sparse.csr_array, people: Floats, order: list[int]) -> Floats:
    left, added = people.copy(), []
    for site in order:
        units = entries(spans, site)
        added.append(left[units].sum())
        left[units] = 0.0
    return np.cumsum(added)


def flattening(steps: list[Step]) -> int:
    """Number of rooms from which on further ones add clearly less.

    The point of the curve farthest above the line from its first to its last point (Satopää et al.
    2011). A reading aid, not a proof.

    Examples
    --------
    >>> reached = [0, 45, 80, 83, 85]
    >>> flattening([Step(p, (), (), r, r / 85, r, True) for p, r in enumerate(reached)])
    2
    """
    if len(steps) < 3:
        return steps[-1].p if steps else 0
    p = np.array([step.p for step in steps], float)
    reached = np.array([step.reached for step in steps])
    rise = reached[-1] - reached[0]
    if rise <= 0:
        return steps[0].p
    height = (reached - reached[0]) / rise - (p - p[0]) / (p[-1] - p[0])
    return steps[int(np.argmax(height))].p
