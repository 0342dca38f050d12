"""The curve: what the best 0, 1, 2, … rooms reach, and what each further room adds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.presence.cover import Cover, as_matrix
from sozialraum.presence.problem import (
    Bools,
    Floats,
    Ints,
    Matrix,
    Site,
    check_radius,
    positions_of,
    read_problem,
)
from sozialraum.presence.search import Search, count_several
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
    ruled_out : bool
        No choice of `p` rooms meets the study's rules: there are no rooms, `reached` is what
        existing sites reach.
    """

    p: int
    sites: tuple[Site, ...]
    gains: tuple[float, ...]
    reached: float
    reached_share: float
    bound: float
    proven: bool
    ruled_out: bool = False

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
    held = positions_of(existing, problem.shape[1], problem.columns, "existing")
    wanted = np.setdiff1d(problem.required, held)
    allowed = problem.allowed.copy()
    allowed[held] = allowed[wanted] = False
    free = np.flatnonzero(allowed)
    proof = set(range(p_max + 1)) if prove is True else set(prove or ())
    # Points that the same sites reach are counted together, throughout.
    every = Cover.merged(problem, radius)
    people = np.where(every.counts(held) > 0, 0.0, every.weight)
    start = float(every.weight.sum() - people.sum())
    steps = best_curves(
        every.reach,
        people[None],
        [start],
        [float(problem.demand.sum())],
        free=free,
        required=wanted,
        p_max=p_max,
        prove=[proof],
    )[0]
    if problem.columns is None:
        return steps
    return [replace(s, sites=tuple(problem.columns[np.array(s.sites, int)])) for s in steps]


def best_curves(
    reach: Bools | Matrix,
    people: Floats,
    start: Sequence[float],
    total: Sequence[float],
    *,
    free: Ints,
    required: Ints,
    p_max: int,
    prove: Sequence[Collection[int]],
) -> list[list[Step]]:
    """Curves of several groups of people over the same sites, as `coverage_curve` gives them.

    Where all choices can be counted, they are counted for all groups at once.

    Parameters
    ----------
    reach : bool array or matrix (points, sites)
        1 where a site reaches a point.
    people : float array (groups of people, points)
        Those that no existing site reaches.
    start, total : sequence of float
        By group, people near existing sites, and all people.
    free, required : int arrays
        Columns: candidates besides the required ones, and those.
    p_max : int
    prove : sequence of collections of int
        By group, numbers of rooms whose optimum is to be proven.

    Returns
    -------
    list of list of Step
        A curve for each group.

    Examples
    --------
    >>> near, people = np.array([[1.0, 0], [0, 1]]), np.array([[5.0, 4], [2, 3]])
    >>> curves = best_curves(near, people, [0, 1], [9, 6], free=np.arange(2),
    ...     required=np.arange(0), p_max=1, prove=[{1}, {1}])
    >>> [(step.p, step.sites, step.reached) for curve in curves for step in curve]
    [(0, (), 0.0), (1, (0,), 5.0), (0, (), 1.0), (1, (1,), 4.0)]
    """
    near = as_matrix(reach) if reach.dtype == bool else reach
    free, required = np.unique(free), np.unique(required)
    groups = range(len(people))
    choices: list[list[Ints]] = [[] for _ in groups]
    bounds: list[list[float]] = [[] for _ in groups]

    def add(pool: Ints, weight: Floats, fixed: Ints, most: int) -> None:
        """Add the best choices from `pool`, on top of `fixed`, of 0, 1, …, `most` sites."""
        mine = near[:, pool]
        counted = count_several(mine, weight, most)
        for k in groups:
            search = Search(Cover(mine, weight[k], pool))
            base = float(people[k].sum() - weight[k].sum())
            chosen: Ints = np.empty(0, np.intp)
            for extra in range(most + 1):
                if counted is not None:
                    answer = counted[k][extra]
                else:
                    exact = fixed.size + extra in prove[k]
                    answer = search.solve(extra, exact=exact, start=chosen)
                chosen = answer.chosen
                sites = chosen
                if sites.size < extra:  # nobody further can be reached: the first ones fill up
                    spare = np.ones(pool.size, bool)
                    spare[chosen] = False
                    sites = np.concatenate([chosen, np.flatnonzero(spare)[: extra - chosen.size]])
                choices[k].append(np.concatenate([fixed, pool[sites]]))
                bounds[k].append(base + answer.bound)

    if required.size:
        add(required, people, np.empty(0, np.intp), min(p_max, required.size - 1))
    if p_max >= required.size:
        missed = np.where(near[:, required].sum(axis=1) > 0, 0.0, people)
        add(free, missed, required, min(p_max - required.size, free.size))
    each = np.repeat(groups, [len(some) for some in choices])
    steps = recount(
        near, people[each], [*chain(*choices)], [*chain(*bounds)],
        np.array(start, float)[each], np.array(total, float)[each],
    )  # fmt: skip
    return [[s for s, group in zip(steps, each, strict=True) if group == k] for k in groups]


def recount(
    table: Matrix,
    people: Floats,
    choices: list[Ints],
    bounds: list[float],
    start: Any,
    total: Any,
) -> list[Step]:
    """Recount what existing sites and each choice reach, room by room in marginal order.

    Parameters
    ----------
    table, people
        As of `marginal_orders`; existing sites reach nobody of them.
    choices : list of int arrays
        Columns of the table.
    bounds : list of float
        What no such number of sites exceeds, besides existing ones.
    start, total : float or float array (choices,)
        People near existing sites, and all people.

    Returns
    -------
    list of Step

    Examples
    --------
    >>> near, people = np.array([[1.0, 0], [1, 1]]), np.array([5.0, 4])
    >>> step = recount(near, people, [np.array([1])], [9.0], 0.0, 9.0)[0]
    >>> step.reached, step.bound, step.proven
    (4.0, 9.0, False)
    """
    steps = []
    orders = marginal_orders(table, people, choices)
    begin, whole = (np.broadcast_to(v, len(choices)).tolist() for v in (start, total))
    for (order, gains), bound, near, every in zip(orders, bounds, begin, whole, strict=True):
        reached = near + sum(gains)
        most = max(near + bound, reached)
        if relative_gap(reached, most) == 0:
            most = reached
        share = reached / every if every else 0.0
        sites = tuple(order.tolist())
        steps.append(Step(len(order), sites, tuple(gains), reached, share, most, most == reached))
    return steps


def marginal_orders(
    table: Matrix, people: Floats, choices: list[Ints]
) -> list[tuple[Ints, list[float]]]:
    """Order the sites of each choice by what each one adds.

    Parameters
    ----------
    table : matrix (points, sites)
        1 where a site reaches a point.
    people : float array (points,) or (choices, points)
        Those not yet reached.
    choices : list of int arrays
        Columns.

    Returns
    -------
    list of (int array, list of float)
        Columns, and whom each of them adds; of equals the first one.

    Examples
    --------
    >>> near, people = np.array([[1.0, 0], [1, 1], [0, 1]]), np.array([1.0, 2, 5])
    >>> order, gains = marginal_orders(near, people, [np.array([0, 1])])[0]
    >>> order.tolist(), gains
    ([1, 0], [7.0, 1.0])
    """
    near: Any
    waiting = np.zeros((len(choices), table.shape[1]), bool)
    for row, choice in zip(waiting, choices, strict=True):
        row[choice] = True
    used = np.flatnonzero(waiting.any(axis=0))
    waiting, near = waiting[:, used], table[:, used]
    near = near if isinstance(near, np.ndarray) else near.toarray()
    left = np.broadcast_to(people, (len(choices), table.shape[0])).copy()
    size = waiting.sum(axis=1)
    rounds = int(size.max(initial=0))
    order = np.zeros((len(choices), rounds), np.intp)
    gains = np.zeros((len(choices), rounds))
    each = np.arange(len(choices))
    for turn in range(rounds):
        worth = np.where(waiting, left @ near, -1.0)
        first = worth.argmax(axis=1)
        order[:, turn], gains[:, turn] = used[first], worth[each, first]
        waiting[each, first] = False
        left *= near[:, first].T == 0
    return [(order[k, :n], gains[k, :n].tolist()) for k, n in enumerate(size.tolist())]


def curve_frame(steps: list[Step]) -> pd.DataFrame:
    """The curve as a table.

    Parameters
    ----------
    steps : list of Step
        See `coverage_curve`.

    Returns
    -------
    DataFrame
        One row per number of rooms: `p`, `reached`, `reached_share`, `gain` (over one room
        fewer; NaN for p = 0), `bound`, `gap`, `proven`, `sites` (tuple in marginal order).

    Examples
    --------
    >>> steps = coverage_curve(np.array([[1, 9], [9, 1.0]]), [5, 4], radius=2, p_max=2)
    >>> curve_frame(steps)[["p", "reached", "gain"]].values.tolist()[1:]
    [[1.0, 5.0, 5.0], [2.0, 9.0, 4.0]]
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
