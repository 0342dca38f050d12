"""Location models: which sites to open. Always an answer, recounted, with its proven bound.

Every function takes distances with one row per demand point and one column per site (see
`sozialraum.presence.problem`), returns a `Siting`, stops by gap or nodes, and by a clock only where
`time_limit` is given. Required sites count within `p`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sozialraum.errors import StudyError
from sozialraum.presence.center import Center, fewest
from sozialraum.presence.counted import Counted
from sozialraum.presence.cover import Cover
from sozialraum.presence.highs import Clock
from sozialraum.presence.kept import KeptCoverage
from sozialraum.presence.problem import (
    InfeasibleError,
    Ints,
    Problem,
    Site,
    check_radius,
    positions_of,
    read_problem,
)
from sozialraum.presence.recount import coverage_figures, fill, median_siting, nearest
from sozialraum.presence.ruled import ruled_coverage, ruled_median
from sozialraum.presence.rules import Constraints, check_capacity
from sozialraum.presence.search import Search
from sozialraum.presence.shortest import Shortest, has_gaps, reach_everybody
from sozialraum.presence.siting import Siting, make_siting


def max_coverage(
    cost: Any,
    demand: Any,
    *,
    radius: float | tuple[float, float],
    p: int,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    capacity: Any = None,
    groups: Any = None,
    constraints: Constraints | Mapping[str, Any] | None = None,
    backup: float = 0.0,
    gap: float = 0.0,
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> Siting:
    """Choose `p` sites so that most people have one within reach (Church & ReVelle 1974).

    Parameters
    ----------
    cost : array, sparse array or DataFrame, shape (demand points, sites)
        Distances or times; ``inf`` or absent = unreachable.
    demand : array or Series
        People per demand point.
    radius : float or (near, far)
        A point is reached when an open site is at most this far. A pair fades: all people up to
        `near`, none from `far` on, linear between (gradual coverage, Berman & Krass 2002).
    p : int
        Number of open sites, required ones among them.
    required, forbidden : iterable of sites
        Sites that must, and must not, be open: positions, or labels where `cost` is a frame.
    capacity : float or array (sites,), optional
        Persons a site can serve: consultation hours / hours per person.
    groups : array, optional
        Group of each demand point (e.g. its Bezirksregion), for a floor.
    constraints : Constraints or mapping, optional
        `floor`, `spacing` with `between`, `least`; see `Constraints`.
    backup : float
        Value of a person with a second open site in reach, relative to one with a first.
    gap : float
        Stop at this proven relative gap; 0 = optimal.
    time_limit : float, optional
        Seconds. A clock that strikes makes the run irreproducible; the status says so.
    node_limit : int, optional
        Largest number of branch-and-bound nodes.

    Returns
    -------
    Siting
        `objective` = persons reached (fading: weighted; backup: plus the value of backup);
        `measures`: `reached`, `reached_share` (within `near`), `backup_share` (people with two
        open sites in reach), `least_group_share` where groups are given. With a fading radius a
        floor counts everybody within `far`.

    Raises
    ------
    InputError, StudyError
        Inputs that cannot be used; see `read_problem`.
    InfeasibleError
        No choice meets all rules; says which one and by how much.

    Examples
    --------
    >>> import numpy as np
    >>> cost = np.array([[100, 900], [200, 800], [900, 100.0]])
    >>> answer = max_coverage(cost, [10, 20, 5], radius=500, p=1)
    >>> answer.sites, answer.objective, answer.status
    ((0,), 30.0, 'optimal')
    """
    problem = read_problem(cost, demand, p=p, required=required, forbidden=forbidden)
    near, far = _radii(radius)
    rules = Constraints.read(constraints)
    room = check_capacity(capacity, problem.shape[1])
    if room is not None:
        room = np.minimum(room, problem.demand.sum())  # more is no more to any solver
    if not 0 <= backup <= 1:
        raise StudyError("The value of backup must lie between 0 and 1", where=f"backup={backup}")
    if room is not None and (backup or far > near):
        raise StudyError("Capacity goes with neither backup nor a fading radius", where="capacity")
    rules.floors(problem.demand, groups)  # refuses groups that do not fit
    clock = Clock(time_limit)
    if room is None and not backup and far == near:
        if not rules.given:
            return _binary(problem, near, p, groups, gap, clock.left(), node_limit)
        search = KeptCoverage(problem, near, rules, groups)
        kept = search.answer(p, gap=gap, clock=clock, node_limit=node_limit)
        if kept is not None:
            return kept
    if far == near and not rules.given and (backup or room is not None):
        counted = Counted(problem, near, room=room, backup=backup)
        known = counted_answer(counted, p, groups=groups) if room is None else None
        if known is not None:
            return known
    limits = {"gap": gap, "clock": clock, "node_limit": node_limit}
    first = None
    if room is not None and not rules.given:
        full = counted.solve(p)
        if full is not None:
            first = fill(problem, full[0], p), full[1]
        else:
            plain = _binary(problem, near, p, None, 0.0, clock.left(), node_limit)
            sites = positions_of(plain.sites, problem.shape[1], problem.columns, "sites")
            first = sites, plain.bound
    return ruled_coverage(problem, near, far, p, groups, rules, room, backup, limits, first)


def counted_answer(search: Counted, p: int, groups: Any = None) -> Siting | None:
    """The answer of `max_coverage` from choices that are counted for several numbers of sites.

    With capacities it has neither flows nor sites that serve nobody, and the assignment is the
    nearest site. None: see `Counted.solve`.

    Examples
    --------
    >>> problem = read_problem([[1.0, 9, 1], [9, 1, 1]], [5, 4])
    >>> search = Counted(problem, 2, room=np.array([3.0, 4, 6]))
    >>> [counted_answer(search, p).objective for p in (1, 2, 3)]
    [6.0, 9.0, 9.0]
    """
    found, problem = search.solve(p), search.problem
    if found is None:
        return None
    sites, worth = found
    if search.room is None:
        sites = fill(problem, sites, p)
    assignment = nearest(problem, sites, search.radius)
    figures = coverage_figures(problem, Cover.of(problem, search.radius), sites, groups)
    if search.room is not None:
        share = worth / (problem.demand.sum() or 1.0)
        figures |= {"reached": worth, "reached_share": share}
    return make_siting(problem, sites, worth, worth, assignment, measures=figures)


def p_median(
    cost: Any,
    demand: Any,
    *,
    p: int,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    capacity: Any = None,
    constraints: Constraints | Mapping[str, Any] | None = None,
    gap: float = 0.0,
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> Siting:
    """Choose `p` sites with the shortest total way of all people to the nearest (Hakimi 1964).

    Parameters
    ----------
    cost, demand, p, required, forbidden, capacity, constraints, gap, time_limit, node_limit
        As in `max_coverage`; of the constraints only `spacing` applies. With capacities a demand
        point may be split.

    Returns
    -------
    Siting
        `objective` = persons × distance; `measures`: `mean_distance`, `longest_distance`.

    Raises
    ------
    InfeasibleError
        `p` sites cannot reach, or not serve, everybody: says how many people are left over.

    Examples
    --------
    >>> import numpy as np
    >>> answer = p_median(np.array([[0, 4], [1, 3], [4, 0.0]]), [1, 1, 1], p=1)
    >>> answer.sites, answer.objective
    ((0,), 5.0)
    """
    problem = read_problem(cost, demand, p=p, required=required, forbidden=forbidden)
    rules = Constraints.read(constraints)
    room = check_capacity(capacity, problem.shape[1])
    search, clock = Shortest(problem), Clock(time_limit)
    if room is None and not rules.given:
        return median_answer(search, p, gap=gap, clock=clock, node_limit=node_limit)
    if room is None and gap == 0:
        apart = rules.conflicts(problem.shape[1])
        answer = median_kept(search, p, apart, clock=clock, node_limit=node_limit)
        if answer is not None:
            return answer
    limits = {"gap": gap, "clock": clock, "node_limit": node_limit}
    return ruled_median(problem, p, rules, room, limits)


def median_answer(search: Shortest, p: int, *, gap: float = 0.0, **limits: Any) -> Siting:
    """The answer of `p_median` from a search that serves several numbers of sites.

    Examples
    --------
    >>> search = Shortest(read_problem([[0, 4], [1, 3], [4, 0.0]], [1, 1, 1]))
    >>> [median_answer(search, p).objective for p in (1, 2)]
    [5.0, 1.0]
    """
    problem = search.problem
    if problem.demand.sum() == 0:
        sites = fill(problem, problem.required, p)
        return make_siting(problem, sites, 0.0, 0.0, nearest(problem, sites))
    answer = search.solve(p, gap=gap, **limits)
    return median_siting(problem, answer.chosen, answer.bound, gap, answer.timed_out)


def median_kept(
    search: Shortest, p: int, conflicts: Ints, *rules: Any, **limits: Any
) -> Siting | None:
    """The same where sites keep rules, or None: see `Shortest.solve_kept`.

    Examples
    --------
    >>> search = Shortest(read_problem([[0, 4, 9], [1, 3, 9], [4, 0, 1.0]], [1, 1, 1]))
    >>> median_kept(search, 2, np.array([[0, 1]])).sites
    (0, 2)
    """
    problem = search.problem
    if problem.demand.sum() == 0:
        return None
    answer = search.solve_kept(p, conflicts, *rules, **limits)
    if answer is None:
        return None
    return median_siting(problem, answer.chosen, answer.bound, 0.0, answer.timed_out)


def p_center(
    cost: Any,
    demand: Any = None,
    *,
    p: int,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> Siting:
    """Choose `p` sites so that the longest way to the nearest one is as short as possible.

    Parameters
    ----------
    demand : array or Series, optional
        People per demand point: points without any do not count. Default: all points count.
    cost, p, required, forbidden, time_limit, node_limit
        As in `max_coverage`.

    Returns
    -------
    Siting
        `objective` = the longest distance (Minieka 1970).

    Examples
    --------
    >>> import numpy as np
    >>> p_center(np.array([[0, 4], [3, 3], [9, 5.0]]), p=1).objective
    5.0
    """
    people = np.ones(np.shape(cost)[0]) if demand is None else demand
    problem = read_problem(cost, people, p=p, required=required, forbidden=forbidden)
    clock = Clock(time_limit)
    if p == 0 or has_gaps(problem):
        reach_everybody(problem, p, clock)
    search = Center(problem, np.flatnonzero(problem.demand > 0))
    return center_answer(search, p, clock=clock, node_limit=node_limit)


def center_answer(
    search: Center, p: int, *, clock: Clock | None = None, node_limit: int | None = None
) -> Siting:
    """The answer of `p_center` from a search that serves several numbers of sites.

    Examples
    --------
    >>> search = Center(read_problem([[0, 4], [3, 3], [9, 5.0]], [1, 1, 1]), np.arange(3))
    >>> [center_answer(search, p).objective for p in (1, 2)]
    [5.0, 5.0]
    """
    problem = search.problem
    answer = search.solve(p, clock=clock or Clock(), node_limit=node_limit)
    sites = fill(problem, answer.chosen, p)
    rows = problem.demand > 0
    longest = problem.shortest(sites)[rows].max(initial=0.0)
    return make_siting(
        problem,
        sites,
        longest,
        min(answer.bound, longest),
        nearest(problem, sites),
        timed_out=answer.timed_out,
    )


def set_cover(
    cost: Any,
    demand: Any = None,
    *,
    radius: float,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    gap: float = 0.0,
    time_limit: float | None = None,
    node_limit: int | None = None,
) -> Siting:
    """Choose the fewest sites so that everybody has one within `radius` (Toregas et al. 1971).

    Parameters
    ----------
    demand : array or Series, optional
        People per demand point: points without any need not be reached. Default: all must.
    cost, radius, required, forbidden, gap, time_limit, node_limit
        As in `max_coverage`.

    Returns
    -------
    Siting
        `objective` = number of sites, required ones among them.

    Raises
    ------
    InfeasibleError
        Somebody has no candidate within the radius: says how many people (or points).

    Examples
    --------
    >>> import numpy as np
    >>> set_cover(np.array([[100, 900, 200], [900, 100, 300]]), radius=400).sites
    (2,)
    """
    people = np.ones(np.shape(cost)[0]) if demand is None else demand
    problem = read_problem(cost, people, required=required, forbidden=forbidden)
    radius = check_radius(radius)
    cover = Cover.of(problem, radius)
    lost = (cover.counts(problem.candidates) == 0) & (problem.demand > 0)
    if lost.any():
        raise InfeasibleError(
            f"{problem.demand[lost].sum():,.0f} of {problem.demand.sum():,.0f} cannot be reached"
            f" within {radius:g} from any candidate ({int(lost.sum())} demand points)",
            rule="reach",
            shortfall=float(problem.demand[lost].sum()),
            hint="Raise the radius or add candidates; max_coverage reaches as many as possible",
        )
    rest = cover.besides(problem)
    some = rest.weight > 0
    rest = Cover(rest.reach[some], np.ones(int(some.sum())), rest.sites)
    answer = fewest(rest, gap=gap, clock=Clock(time_limit), node_limit=node_limit)
    sites = np.r_[problem.required, rest.sites[answer.chosen]].astype(np.intp)
    return make_siting(
        problem,
        sites,
        float(sites.size),
        problem.required.size + answer.bound,
        nearest(problem, sites, radius),
        gap=gap,
        timed_out=answer.timed_out,
        measures=coverage_figures(problem, cover, sites, None),
    )


def _binary(
    problem: Problem,
    radius: float,
    p: int,
    groups: Any,
    gap: float,
    time_limit: float | None,
    node_limit: int | None,
) -> Siting:
    cover = Cover.of(problem, radius)
    base, rest = cover.value(problem.required), cover.besides(problem)
    answer = Search(rest).solve(
        p - problem.required.size, gap=gap, time_limit=time_limit, node_limit=node_limit
    )
    sites = np.r_[problem.required, rest.sites[answer.chosen]].astype(np.intp)
    sites = fill(problem, sites, p)
    figures = coverage_figures(problem, cover, sites, groups)
    return make_siting(
        problem,
        sites,
        figures["reached"],
        max(base + answer.bound, figures["reached"]),
        nearest(problem, sites, radius),
        gap=gap,
        timed_out=answer.timed_out,
        measures=figures,
    )


def _radii(radius: float | tuple[float, float]) -> tuple[float, float]:
    near, far = radius if isinstance(radius, tuple | list) else (radius, radius)
    near, far = check_radius(near), check_radius(far)
    if far < near:
        raise StudyError("A fading radius is (near, far)", where=f"radius={radius}")
    return near, far
