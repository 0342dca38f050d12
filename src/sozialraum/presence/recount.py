"""What chosen sites achieve, counted from the distances and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sozialraum.presence.cover import Cover
from sozialraum.presence.problem import Floats, Ints, Problem
from sozialraum.presence.siting import Siting, make_siting


def nearest(problem: Problem, sites: Ints, radius: float = np.inf) -> Ints:
    """The nearest open site of each demand point (the first of equals), -1 beyond `radius`.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1.0, 2], [9, 3]], [5, 4])
    >>> nearest(problem, np.array([0, 1]), radius=2).tolist()
    [0, -1]
    """
    if not sites.size:
        return np.full(problem.shape[0], -1, dtype=np.intp)
    sites = np.sort(sites)
    distance = problem.columns_dense(sites)
    best = distance.argmin(axis=1)
    far = distance[np.arange(best.size), best]
    return np.where((far <= radius) & np.isfinite(far), sites[best], -1)


def fill(problem: Problem, sites: Ints, p: int) -> Ints:
    """Fill up to `p` with the first candidates, where further sites would add nothing.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> fill(read_problem([[1.0, 2, 3]], [5]), np.array([2]), 2).tolist()
    [2, 0]
    """
    free = np.ones(problem.shape[1], bool)
    free[sites] = False
    spare = problem.candidates[free[problem.candidates]]
    return np.concatenate([sites, spare[: max(p - sites.size, 0)]]).astype(np.intp)


def coverage_figures(problem: Problem, cover: Cover, sites: Ints, groups: Any) -> dict[str, float]:
    """People reached, with a second site in reach, and the worst served group.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1.0, 2], [9, 3]], [5, 4])
    >>> cover = Cover.of(problem, 3)
    >>> figures = coverage_figures(problem, cover, np.array([0, 1]), None)
    >>> figures["reached"], round(figures["backup_share"], 3)
    (9.0, 0.556)
    """
    counts, people = cover.counts(sites), problem.demand
    whole = people.sum() or 1.0
    figures = {
        "reached": float(people[counts > 0].sum()),
        "reached_share": float(people[counts > 0].sum() / whole),
        "backup_share": float(people[counts > 1].sum() / whole),
    }
    if groups is not None:
        code, names = pd.factorize(np.asarray(groups, dtype=object))
        some = code >= 0
        every = np.bincount(code[some], people[some], len(names))
        hit = np.bincount(code[some], np.where(counts > 0, people, 0.0)[some], len(names))
        shares = hit[every > 0] / every[every > 0]
        figures["least_group_share"] = float(shares.min()) if shares.size else np.nan
    return figures


def median_siting(
    problem: Problem, sites: Ints, bound: float, gap: float, timed_out: bool
) -> Siting:
    """The answer of a p-median: everybody goes to the nearest open site.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[0, 4], [1, 3.0]], [1, 1])
    >>> median_siting(problem, np.array([0]), 1.0, 0.0, False).status
    'optimal'
    """
    rows = problem.demand > 0
    way = problem.shortest(sites)[rows]
    value = float(way @ problem.demand[rows])
    return make_siting(
        problem,
        sites,
        value,
        min(bound, value),
        nearest(problem, sites),
        gap=gap,
        timed_out=timed_out,
        measures={
            "mean_distance": value / (problem.demand.sum() or 1.0),
            "longest_distance": float(way.max(initial=0.0)),
        },
    )


def fading(problem: Problem, row: Ints, site: Ints, near: float, far: float) -> Floats:
    """Share of a point's people a site reaches: 1 up to `near`, 0 from `far` on, linear between.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[100.0, 250, 400]], [5])
    >>> fading(problem, np.zeros(3, int), np.arange(3), 100, 300).tolist()
    [1.0, 0.25, 0.0]
    """
    if far == near:
        return np.ones(row.size)
    return np.clip((far - pair_cost(problem, row, site)) / (far - near), 0.0, 1.0)


def pair_cost(problem: Problem, row: Any, site: Any) -> Floats:
    """Distances of single pairs of demand point and site.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> pair_cost(read_problem([[1.0, 2], [9, 3]], [5, 4]), [0, 1], [1, 0]).tolist()
    [2.0, 9.0]
    """
    return np.asarray(problem.cost[row, site], float).ravel()


def largest(flows: Any) -> Ints:
    """The site that serves the largest part of each point, -1 where none does.

    Examples
    --------
    >>> from scipy import sparse
    >>> largest(sparse.csr_array([[2.0, 3], [0, 0]])).tolist()
    [1, -1]
    """
    assignment = np.full(flows.shape[0], -1, dtype=np.intp)
    parts = flows.tocoo()
    order = np.argsort(parts.data, kind="stable")
    assignment[parts.coords[0][order]] = parts.coords[1][order]
    return assignment
