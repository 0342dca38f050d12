"""Location models: which sites to open. Always an answer, recounted, with its proven bound."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sozialraum.presence.cover import Cover, Search
from sozialraum.presence.problem import Ints, Problem, Site, check_radius, read_problem
from sozialraum.presence.siting import Siting, make_siting


def max_coverage(
    cost: Any,
    demand: Any,
    *,
    radius: float,
    p: int,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    gap: float = 0.0,
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> Siting:
    """Choose `p` sites so that most people have one of them within `radius`."""
    problem = read_problem(cost, demand, p=p, required=required, forbidden=forbidden)
    radius = check_radius(radius)
    return _binary(problem, radius, p, gap, time_limit, node_limit)


def _binary(
    problem: Problem,
    radius: float,
    p: int,
    gap: float,
    time_limit: float | None,
    node_limit: int | None,
) -> Siting:
    reach = problem.within(radius)
    cover = Cover(reach, problem.demand, np.arange(problem.shape[1]))
    missed = cover.counts(problem.required) == 0
    base = float(problem.demand[~missed].sum())
    free = np.setdiff1d(problem.candidates, problem.required)
    rest = Cover(reach[missed][:, free], problem.demand[missed], free)
    answer = Search(rest).solve(
        p - problem.required.size, gap=gap, time_limit=time_limit, node_limit=node_limit
    )
    sites = np.r_[problem.required, free[answer.chosen]].astype(np.intp)
    # Where nobody further can be reached, the first candidates fill up to p.
    sites = np.r_[sites, np.setdiff1d(free, sites)[: p - sites.size]]
    reached = float(problem.demand[cover.counts(sites) > 0].sum())
    return make_siting(
        problem,
        sites,
        reached,
        max(base + answer.bound, reached),
        nearest(problem, sites, radius),
        gap=gap,
        timed_out=answer.timed_out,
        measures=_reach_measures(problem, cover, sites),
    )


def _reach_measures(problem: Problem, cover: Cover, sites: Ints) -> dict[str, float]:
    counts, total = cover.counts(sites), problem.demand.sum() or 1.0
    return {
        "reached_share": float(problem.demand[counts > 0].sum() / total),
        "backup_share": float(problem.demand[counts > 1].sum() / total),
    }


def nearest(problem: Problem, sites: Ints, radius: float = np.inf) -> Ints:
    """The nearest open site of each demand point (the first of equals), -1 beyond `radius`."""
    if not sites.size:
        return np.full(problem.shape[0], -1, dtype=np.intp)
    sites = np.sort(sites)
    distance = problem.columns_dense(sites)
    best = distance.argmin(axis=1)
    far = distance[np.arange(best.size), best]
    return np.where((far <= radius) & np.isfinite(far), sites[best], -1)
