"""The curve: what the best 0, 1, 2, … rooms reach, and what each further room adds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.presence.cover import Cover, greedy, lagrange, reduce_cover, solve_cover, swap
from sozialraum.presence.problem import Floats, Ints, Problem, Site, check_radius, read_problem
from sozialraum.presence.siting import relative_gap


@dataclass(frozen=True)
class Step:
    """The best rooms found for one number of rooms.

    Attributes
    ----------
    p : int
        Number of new rooms (existing sites do not count).
    sites : tuple
        The rooms in marginal order: first the one that reaches most, then the one that adds most.
    gains : tuple of float
        Persons each of them adds in this order, existing sites first.
    reached : float
        Persons reached by existing sites and rooms, recounted from the distances.
    reached_share : float
        `reached` / all demand (0 where there is no demand).
    bound : float
        No `p` rooms reach more.
    proven : bool
        `reached` equals `bound`.
    """

    p: int
    sites: tuple[Site, ...]
    gains: tuple[float, ...]
    reached: float
    reached_share: float
    bound: float
    proven: bool

    @property
    def gap(self) -> float:
        """``(bound - reached) / reached``."""
        return relative_gap(self.reached, self.bound)


def coverage_curve(
    cost: Any,
    demand: Any,
    *,
    radius: float,
    p_max: int,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    existing: Iterable[Site] = (),
    prove: bool | Iterable[int] = True,
) -> list[Step]:
    """Best rooms for p = 0, 1, …, `p_max`, each chosen freely.

    Parameters
    ----------
    cost, demand, required, forbidden
        As in `max_coverage`. While p is smaller than the number of required rooms, the best of
        the required ones are taken.
    radius : float
        A point is reached when a room is at most this far.
    p_max : int
        Largest number of new rooms; the curve ends earlier where candidates run out.
    existing : iterable of sites
        Columns of `cost` that are open already: they do not count in p and are never proposed.
    prove : bool or iterable of int
        Numbers of rooms whose optimum is to be proven by an exact search where the fast bound
        leaves a gap: all of them (True), none (False), or those named. Bounds hold either way.

    Returns
    -------
    list of Step
        For p = 0…, figures recounted.

    Examples
    --------
    >>> import numpy as np
    >>> cost = np.array([[100, 900], [200, 800], [900, 100.0]])
    >>> [(step.p, step.sites, step.reached) for step in
    ...  coverage_curve(cost, np.array([10, 20, 5]), radius=500, p_max=2)]
    [(0, (), 0.0), (1, (0,), 30.0), (2, (0, 1), 35.0)]
    """
    problem = read_problem(cost, demand, required=required, forbidden=forbidden)
    radius = check_radius(radius)
    if p_max < 0:
        raise StudyError("p_max must not be negative", where=f"p_max={p_max}")
    held = read_problem(cost, demand, required=existing).required
    known = {problem.name(j) for j in held}
    wanted = np.setdiff1d(problem.required, held)
    free = np.setdiff1d(problem.candidates, np.r_[held, wanted])
    reach = problem.within(radius)
    # Each step adds to what was best before it; the swap repairs where that leads astray.
    proof = _steps_to_prove(prove, p_max)
    before = Cover(reach, problem.demand, np.arange(problem.shape[1]))
    base = before.counts(held) > 0
    open_demand = np.where(base, 0.0, problem.demand)
    steps = []
    whole = bool((problem.demand == np.round(problem.demand)).all())
    for p in range(min(p_max, wanted.size) + 1):
        forced = Cover(reach[:, wanted], open_demand, wanted)
        answer = solve_cover(forced, p) if p < wanted.size else None
        picked = wanted if answer is None else _fill(forced, answer.chosen, p)
        bound = float(open_demand.sum()) if answer is None else answer.bound
        if answer is not None:
            steps.append(_step(problem, reach, held, picked, bound))
    core = Cover(reach, open_demand, np.arange(problem.shape[1]))
    missed = core.counts(wanted) == 0
    rest = reduce_cover(Cover(reach[:, free], np.where(missed, open_demand, 0.0), free))
    fixed = float(open_demand[~missed].sum())
    matrix = rest.arithmetic()
    last: Ints = np.empty(0, np.intp)
    for extra in range(min(p_max - wanted.size, free.size) + 1):
        p = wanted.size + extra
        if extra >= rest.sites.size:
            last, bound = np.arange(rest.sites.size), float(rest.weight.sum())
        elif extra == 0:
            bound = 0.0
        else:
            last = max(
                (
                    swap(rest, greedy(rest, extra, last), matrix),
                    swap(rest, greedy(rest, extra), matrix),
                ),
                key=rest.value,
            )
            last, bound, _ = lagrange(rest, extra, last, whole=whole)
            value = rest.value(last)
            if whole and bound - value < 1 - 1e-6:
                bound = value
            if p in proof and relative_gap(value, bound) > 0:
                answer = solve_cover(rest, extra, start=last)
                last, bound = answer.chosen, min(bound, answer.bound)
        picked = np.r_[wanted, rest.sites[last]]
        if picked.size < p:
            picked = np.r_[picked, np.setdiff1d(free, picked)[: p - picked.size]]
        steps.append(_step(problem, reach, held, picked, fixed + bound))
    assert not known & {site for step in steps for site in step.sites}
    return steps


def _steps_to_prove(prove: bool | Iterable[int], p_max: int) -> frozenset[int]:
    if isinstance(prove, bool):
        return frozenset(range(p_max + 1)) if prove else frozenset()
    return frozenset(prove)


def _fill(cover: Cover, chosen: Ints, p: int) -> Ints:
    return cover.sites[greedy(cover, p, chosen)]


def _step(problem: Problem, reach: Any, held: Ints, picked: Ints, bound: float) -> Step:
    """Recount what existing sites and rooms reach, room by room in marginal order."""
    order, gains, start = marginal_order(reach, problem.demand, picked, held)
    reached = start + sum(gains)
    bound = max(start + bound, reached)
    if relative_gap(reached, bound) == 0:
        bound = reached
    total = float(problem.demand.sum())
    return Step(
        len(picked),
        tuple(problem.name(j) for j in order),
        tuple(gains),
        reached,
        reached / total if total else 0.0,
        bound,
        bound == reached,
    )


def marginal_order(
    reach: Any, demand: Floats, sites: Ints, existing: Ints
) -> tuple[Ints, list[float], float]:
    """Order chosen sites by what each one adds; also what existing sites reach without them."""
    columns = reach.tocsc() if reach.format != "csc" else reach
    left = demand.astype(float).copy()
    spans = {
        j: columns.indices[columns.indptr[j] : columns.indptr[j + 1]] for j in [*sites, *existing]
    }
    for j in existing:
        left[spans[j]] = 0.0
    start = float(demand.sum() - left.sum())
    order, gains, waiting = [], [], sorted(int(j) for j in sites)
    while waiting:
        worth = [float(left[spans[j]].sum()) for j in waiting]
        best = int(np.argmax(worth))
        order.append(waiting.pop(best))
        gains.append(worth[best])
        left[spans[order[-1]]] = 0.0
    return np.array(order, dtype=np.intp), gains, start


def curve_frame(steps: list[Step]) -> pd.DataFrame:
    """The curve as a table.

    Returns
    -------
    DataFrame
        One row per number of rooms: `p`, `reached`, `reached_share`, `gain` (over one room
        fewer; NaN for p = 0), `bound`, `gap`, `proven`, `sites` (tuple in marginal order).
    """
    frame = pd.DataFrame(
        {
            "p": [s.p for s in steps],
            "reached": [s.reached for s in steps],
            "reached_share": [s.reached_share for s in steps],
            "bound": [s.bound for s in steps],
            "gap": [s.gap for s in steps],
            "proven": [s.proven for s in steps],
            "sites": [s.sites for s in steps],
        }
    )
    frame.insert(3, "gain", frame["reached"].diff())
    return frame
