"""Coverage and p-median under further rules: build the model, solve it, recount."""

from __future__ import annotations

from typing import Any

import numpy as np

from sozialraum.errors import InputError
from sozialraum.lazy import sparse
from sozialraum.presence.cover import Cover
from sozialraum.presence.problem import Floats, Ints, Problem
from sozialraum.presence.recount import (
    coverage_figures,
    fading,
    largest,
    median_siting,
    nearest,
    pair_cost,
)
from sozialraum.presence.rules import Constraints, Least, Model
from sozialraum.presence.siting import PROVEN, Siting, make_siting


def ruled_coverage(
    problem: Problem,
    near: float,
    far: float,
    p: int,
    groups: Any,
    rules: Constraints,
    room: Floats | None,
    backup: float,
    limits: dict[str, Any],
    first: tuple[Ints, float] | None = None,
) -> Siting:
    """Coverage with capacity, floors, spacing, backup or a fading radius.

    `first`: sites that reach most people without any rule, and the bound of that. Of all choices
    that serve as many as their places allow, theirs has most people near.

    Examples
    --------
    >>> from sozialraum.presence.highs import Clock
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1.0, 9], [1, 9], [9, 1]], [5, 4, 6], p=1)
    >>> limits = {"gap": 0.0, "clock": Clock(), "node_limit": None}
    >>> full = np.array([7.0, 7.0])
    >>> ruled_coverage(problem, 2, 2, 1, None, Constraints(), full, 0.0, limits).objective
    7.0
    """
    every = problem.within(far).tocoo()
    row, site = (part.astype(np.intp) for part in every.coords)
    keep = problem.allowed[site]
    row, site = row[keep], site[keep]
    share = fading(problem, row, site, near, far)
    row, site, share = row[share > 0], site[share > 0], share[share > 0]
    floors = rules.floors(problem.demand, groups)
    if room is None:
        floors = [floor.whole_points() for floor in floors]
    conflicts = rules.conflicts(problem.shape[1])
    gain = problem.demand[row] * share
    if backup:
        return _with_backup(problem, near, p, groups, row, site, floors, conflicts, backup, limits)
    model = Model(problem, p, row, site, gain, False, room, conflicts, floors)
    model.refuse_hopeless()
    cover = Cover.of(problem, near)
    outcome = None
    if first is not None and room is not None:
        sites, bound = first
        most = min(bound, _most_served(problem, cover, room, p))
        outcome, flows = model.solve(fixed=sites)
        if flows.sum() < most * (1 - PROVEN):
            outcome = None
    if outcome is None:
        outcome, flows = model.solve(**limits)
        if outcome.point is None:
            raise _no_point(outcome.infeasible, model)
        sites = np.flatnonzero(outcome.point[: problem.shape[1]] > 0.5)
    figures = coverage_figures(problem, cover, sites, groups)
    if room is None:
        # Recount: each point is served by its best open site.
        best = np.zeros(problem.shape[0])
        mine = np.isin(site, sites)
        np.maximum.at(best, row[mine], share[mine])
        reached, assignment = float(best @ problem.demand), nearest(problem, sites, far)
    else:
        # Recount: the most people that the open sites can serve under the rules.
        _, flows = model.solve(fixed=sites)
        reached = float(flows.sum())
        figures |= {"reached": reached, "reached_share": reached / (problem.demand.sum() or 1.0)}
        assignment = largest(flows)
    return make_siting(
        problem,
        sites,
        reached,
        max(outcome.bound, reached),
        assignment,
        gap=limits["gap"],
        timed_out=outcome.timed_out,
        measures=figures,
        flows=None if room is None else flows,
    )


def _most_served(problem: Problem, cover: Cover, room: Floats, p: int) -> float:
    """No `p` sites serve more: each no more than its places, nor than the people near it."""
    each = np.minimum(room, problem.demand @ cover.reach)
    others = np.setdiff1d(problem.candidates, problem.required)
    best = np.sort(each[others])[::-1][: p - problem.required.size]
    return float(each[problem.required].sum() + best.sum())


def ruled_median(
    problem: Problem, p: int, rules: Constraints, room: Floats | None, limits: dict[str, Any]
) -> Siting:
    """p-median with capacity or spacing.

    Examples
    --------
    >>> from sozialraum.presence.highs import Clock
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[0, 5], [1, 4], [5, 0.0]], [4, 4, 4], p=2)
    >>> limits = {"gap": 0.0, "clock": Clock(), "node_limit": None}
    >>> ruled_median(problem, 2, Constraints(), np.array([6.0, 8]), limits).objective
    10.0
    """
    entries = problem.within(
        np.inf if sparse.issparse(problem.cost) else np.finfo(float).max
    ).tocoo()
    row, site = (part.astype(np.intp) for part in entries.coords)
    keep = problem.allowed[site] & (problem.demand[row] > 0)
    row, site = row[keep], site[keep]
    way = pair_cost(problem, row, site)
    model = Model(
        problem,
        p,
        row,
        site,
        -problem.demand[row] * way,
        True,
        room,
        rules.conflicts(problem.shape[1]),
        [],
    )
    outcome, flows = model.solve(**limits)
    if outcome.point is None:
        raise _no_point(outcome.infeasible, model)
    sites = np.flatnonzero(outcome.point[: problem.shape[1]] > 0.5)
    if room is None:
        return median_siting(problem, sites, -outcome.bound, limits["gap"], outcome.timed_out)
    _, flows = model.solve(fixed=sites)
    parts = flows.tocoo()
    value = float(parts.data @ pair_cost(problem, parts.coords[0], parts.coords[1]))
    return make_siting(
        problem,
        sites,
        value,
        min(-outcome.bound, value),
        largest(flows),
        gap=limits["gap"],
        timed_out=outcome.timed_out,
        measures={"mean_distance": value / (problem.demand.sum() or 1.0)},
        flows=flows,
    )


def _with_backup(
    problem: Problem,
    radius: float,
    p: int,
    groups: Any,
    row: Ints,
    site: Ints,
    floors: list[Least],
    conflicts: Ints,
    backup: float,
    limits: dict[str, Any],
) -> Siting:
    """Each pair may serve a point first (value 1) or as a second site (value `backup`)."""
    n, m = problem.shape
    # A copy of every point stands for its second site; a pair serves one of the two.
    people = np.r_[problem.demand, backup * problem.demand]
    twice = Problem(
        sparse.csr_array((2 * n, m)),
        people,
        problem.required,
        problem.allowed,
        None,
        problem.columns,
    )
    doubled = [Least(f.name, np.r_[f.weight, np.zeros(n)], f.minimum, f.asked) for f in floors]
    rows, sites_ = np.r_[row, row + n], np.r_[site, site]
    model = Model(twice, p, rows, sites_, people[rows], False, None, conflicts, doubled, True)
    model.refuse_hopeless()
    outcome, _ = model.solve(**limits)
    if outcome.point is None:
        raise _no_point(outcome.infeasible, model)
    sites = np.flatnonzero(outcome.point[:m] > 0.5)
    cover = Cover.of(problem, radius)
    counts = cover.counts(sites)
    value = problem.demand[counts > 0].sum() + backup * problem.demand[counts > 1].sum()
    return make_siting(
        problem,
        sites,
        float(value),
        max(outcome.bound, float(value)),
        nearest(problem, sites, radius),
        gap=limits["gap"],
        timed_out=outcome.timed_out,
        measures=coverage_figures(problem, cover, sites, groups),
    )


def _no_point(infeasible: bool, model: Model) -> Exception:
    if infeasible:
        return model.explain()
    return InputError(
        "The limit was reached before any choice that meets the rules was found",
        where="time_limit or node_limit",
        hint="Raise the limit",
    )
