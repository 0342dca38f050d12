"""Rooms opened one after the other, against the free optimum for each number.

Rooms are rarely opened all at once. A nested proposal keeps what it has opened; what that costs
against choosing freely for every number is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.presence.cover import Cover
from sozialraum.presence.frontier import Step
from sozialraum.presence.problem import (
    Floats,
    Ints,
    Matrix,
    Site,
    check_radius,
    positions_of,
    read_problem,
)


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
    held = positions_of(existing, problem.shape[1], problem.columns, "existing")
    every = Cover.merged(problem, check_radius(radius))
    people = np.where(every.counts(held) > 0, 0.0, every.weight)
    start = float(every.weight.sum() - people.sum())
    free = np.setdiff1d(problem.candidates, held)
    table = every.arithmetic()[:, free].T
    spans = np.ascontiguousarray(table) if isinstance(table, np.ndarray) else table.tocsr()
    column = {problem.name(j): k for k, j in enumerate(free)}
    orders = _orders(spans, people, [[column[s] for s in step.sites] for step in steps[1:]])
    each = start + np.array([_reached(spans, people, order) for order in orders])
    optimum = np.array([step.reached for step in steps[1:]])
    lost = (optimum - each).sum(axis=1)
    best = int((lost <= lost.min() + 1e-9).argmax())  # the first of equals
    order, reached = orders[best], each[best]
    loss = optimum - reached
    return pd.DataFrame(
        {
            "p": np.arange(1, len(steps)),
            "site": [problem.name(free[k]) for k in order],
            "reached": reached,
            "free": optimum,
            "loss": loss,
            "loss_share": np.divide(loss, optimum, out=np.zeros(loss.size), where=optimum > 0),
        }
    )


def _orders(spans: Matrix, people: Floats, choices: list[list[int]]) -> list[list[int]]:
    """The sites of each choice in the order in which they would be opened, and further ones."""
    most, sites = len(choices), spans.shape[0]
    inside = np.zeros((most, sites), bool)
    for row, choice in zip(inside, choices, strict=True):
        row[choice] = True
    size, each = inside.sum(axis=1), np.arange(most)
    order = np.zeros((most, most), np.intp)
    table = spans.T
    counts, open_ = inside @ spans, inside.copy()
    for place in range(most)[::-1]:  # the last one first: whom the others miss least
        loss = np.where(inside, np.where(counts == 1, people, 0.0) @ table, np.inf)
        some = np.flatnonzero(size > place)
        out = loss[some].argmin(axis=1)
        order[some, place], inside[some, out] = out, False
        counts[some] -= _rows(spans, out)
    left = np.where(open_ @ spans > 0, 0.0, people)
    for place in range(most):
        some = np.flatnonzero(size <= place)
        gain = np.where(open_, -1.0, left @ table)[some]
        first = gain.argmax(axis=1)
        order[some, place], open_[some, first] = first, True
        left[some] *= _rows(spans, first) == 0
    return [order[k].tolist() for k in each]


def _reached(spans: Matrix, people: Floats, order: list[int]) -> Floats:
    reached: Floats = np.maximum.accumulate(_rows(spans, order)) @ people
    return reached


def _rows(spans: Matrix, sites: Sequence[int] | Ints) -> Floats:
    """Who is in reach of each of some sites."""
    mine: Any = spans[sites]
    rows: Floats = mine if isinstance(mine, np.ndarray) else mine.toarray()
    return rows


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
