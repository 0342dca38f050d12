"""p-median for any number of sites: the shortest total way, by the shorter of two roads.

Somebody walks further for every set of nearest sites none of which is open. So the p-median is a
coverage of such sets (Cornuéjols, Nemhauser & Wolsey 1980); those of many points are the same, and
few where sites are few (Elloumi 2010). Such an instance is solved as a coverage
(`sozialraum.presence.search`), for every number of sites at once; a larger one by prices
(`sozialraum.presence.lagrange`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from sozialraum.presence.cover import Cover
from sozialraum.presence.exchange import same_reach
from sozialraum.presence.highs import Clock
from sozialraum.presence.kept import Kept
from sozialraum.presence.lagrange import Answer, solve_median
from sozialraum.presence.parts import TIE
from sozialraum.presence.problem import Bools, InfeasibleError, Ints, Problem
from sozialraum.presence.rules import Least, Model
from sozialraum.presence.search import Search
from sozialraum.presence.siting import PROVEN

PAIRS = 200_000
"""Largest number of pairs of point and site at which sets of nearest sites are listed."""
SETS = 3_000
"""Largest number of different sets that are a smaller instance than the points."""


def as_coverage(problem: Problem) -> tuple[Cover, float] | None:
    """Sets of nearest sites, weighted by what people walk further where none of a set is open.

    Parameters
    ----------
    problem : Problem
        Required sites are open: a set ends before the first of them.

    Returns
    -------
    (Cover, float) or None
        Columns are the candidates besides required sites, and at least one site is open. With it,
        the total way when a site of every set is open. None: ways are missing, or there are too
        many sets.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> cover, least = as_coverage(read_problem([[0, 4], [1, 3.0]], [1, 1]))
    >>> cover.reach.tolist(), cover.weight.tolist(), least
    ([[1.0, 0.0]], [6.0], 1.0)
    """
    free = np.setdiff1d(problem.candidates, problem.required)
    rows = np.flatnonzero(problem.demand > 0)
    if not free.size or rows.size * free.size > PAIRS:
        return None
    ways, people = problem.columns_dense(free)[rows], problem.demand[rows]
    if not np.isfinite(ways).all():
        return None
    order = np.argsort(ways, axis=1, kind="stable")
    ways = np.take_along_axis(ways, order, axis=1)
    last = ways[:, -1:]  # nobody goes further than to the last site: one of them is open
    if problem.required.size:
        last = problem.columns_dense(problem.required)[rows].min(axis=1)[:, None]
        ways = np.minimum(ways, last)
    further = np.diff(ways, axis=1, append=last) * people[:, None]
    inside = np.zeros(ways.shape, bool)
    sets = []
    for place in range(free.size):
        inside[np.arange(rows.size), order[:, place]] = True
        sets.append(same_reach(inside, further[:, place]))
        if sum(weight.size for _, weight in sets) > SETS:
            return None
    reach = np.vstack([reach for reach, _ in sets]).astype(float)
    weight = np.concatenate([weight for _, weight in sets])
    return Cover(reach, weight, free), float(ways[:, 0] @ people)


class Shortest:
    """Sites with the shortest total way, for any number of them.

    Parameters
    ----------
    problem : Problem
        With people.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> search = Shortest(read_problem([[0, 4], [1, 3], [4, 0.0]], [1, 1, 1]))
    >>> [search.solve(p).value for p in (1, 2)]
    [5.0, 1.0]
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._kept: dict[Any, Kept] = {}

    @cached_property
    def _coverage(self) -> tuple[Search, float] | None:
        found = as_coverage(self.problem)
        return None if found is None else (Search(found[0]), found[1])

    def solve(
        self,
        p: int,
        *,
        gap: float = 0.0,
        clock: Clock | None = None,
        node_limit: int | None = None,
    ) -> Answer:
        """Choose `p` sites, required ones among them; see `solve_median` for the limits.

        Raises
        ------
        InfeasibleError
            `p` sites cannot reach everybody.
        """
        problem, clock = self.problem, Clock() if clock is None else clock
        more = p - problem.required.size
        # A gap is a share of the way, which the coverage of sets does not know.
        if p > 0 and gap == 0 and self._coverage is not None:
            search, least = self._coverage
            found = search.solve(more, time_limit=clock.left(), node_limit=node_limit)
            weight, sites = float(search.cover.weight.sum()), search.cover.sites
            value = least + weight - found.value
            if _exact(weight, value):
                spare = np.setdiff1d(np.arange(sites.size), found.chosen)
                chosen = np.r_[found.chosen, spare[: more - found.chosen.size]]
                every = np.r_[problem.required, sites[chosen]].astype(np.intp)
                return Answer(every, value, least + weight - found.bound, found.timed_out)
        start, penalty = None, float(np.ceil(_worst_total(problem))) + 1.0
        if p == 0 or has_gaps(problem):
            start = reach_everybody(problem, p, clock)
        return solve_median(
            problem, p, penalty=penalty, start=start, gap=gap, clock=clock, node_limit=node_limit
        )

    def solve_kept(
        self,
        p: int,
        conflicts: Ints,
        floors: Sequence[Least] = (),
        near: Bools | None = None,
        *,
        clock: Clock | None = None,
        node_limit: int | None = None,
    ) -> Answer | None:
        """The same, where some pairs of sites are not open together, and enough people are near.

        None: none was found in time, or it is no coverage that is small and exact.

        Parameters
        ----------
        p : int
        conflicts : int array (pairs, 2)
            Columns.
        floors : sequence of Least
            Least numbers of people reached.
        near : bool array (points, sites), optional
            Who is reached by which site, for the floors.
        clock, node_limit
            As in `solve`.

        Raises
        ------
        InfeasibleError
            No `p` sites keep the rules.
        """
        if self._coverage is None or p == 0:
            return None
        search, least = self._coverage
        required, reach = self.problem.required, np.zeros(self.problem.shape, bool)
        reach = reach if near is None else near
        free = self.solve(p, clock=clock, node_limit=node_limit)
        reached = reach[:, free.chosen].any(axis=1)
        if not np.isin(conflicts, free.chosen).all(axis=1).any() and all(
            floor.weight[reached].sum() >= floor.minimum for floor in floors
        ):
            return free
        if np.isin(conflicts, required).all(axis=1).any():
            return None
        asked = ((f.weight.tobytes(), f.minimum) for f in floors)
        key = conflicts.tobytes(), reach.tobytes(), *asked
        if key not in self._kept:  # all numbers of sites are counted at once
            self._kept[key] = self._ruled(search.cover, conflicts, floors, reach)
        limits = {"clock": clock, "node_limit": node_limit}
        found, certain = self._kept[key].solve(p - required.size, **limits)
        if found is None and certain:
            row, site = np.nonzero(reach & self.problem.allowed)
            rules = conflicts, [*floors]
            gain = self.problem.demand[row]
            raise Model(self.problem, p, row, site, gain, False, None, *rules).explain()
        if found is None:
            return None
        weight = float(search.cover.weight.sum())
        value = least + weight - found.value
        if not _exact(weight, value):
            return None
        every = np.r_[required, search.cover.sites[found.chosen]].astype(np.intp)
        return Answer(every, value, least + weight - found.bound, found.timed_out)

    def _ruled(self, cover: Cover, conflicts: Ints, floors: Sequence[Least], near: Bools) -> Kept:
        """The coverage with rules; whom the floors count are further points without weight."""
        sites, required = cover.sites, self.problem.required
        inside, taken = np.isin(conflicts, sites), np.isin(conflicts, required)
        both = np.searchsorted(sites, conflicts[inside.all(axis=1)])
        barred = conflicts[taken[:, ::-1] & inside]  # the other one of the pair is open
        people = np.array([f.weight for f in floors]).reshape(-1, near.shape[0])
        done = np.asarray(near[:, required].any(axis=1))
        points, people_left = same_reach(near[:, sites] & ~done[:, None], people)
        least = np.array([f.minimum for f in floors]) - people[:, done].sum(axis=1)
        own = cover.reach.shape[0]
        wider = Cover(
            np.vstack([cover.arithmetic(), points]),
            np.r_[cover.weight, np.zeros(len(points))],
            sites,
        )
        weights = np.hstack([np.zeros((len(floors), own)), people_left])
        return Kept(wider, both, np.searchsorted(sites, barred), weights, least)


def _exact(weight: float, value: float) -> bool:
    """Whether rounding stays small: not where ways of very different length are added up."""
    return weight * TIE < value * PROVEN


def has_gaps(problem: Problem) -> bool:
    """Whether a way is missing.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> has_gaps(read_problem([[0, np.inf]], [1]))
    True
    """
    cost = problem.cost
    if isinstance(cost, np.ndarray):
        return not bool(np.isfinite(cost).all())
    return bool(cost.nnz < problem.shape[0] * problem.shape[1])


def _worst_total(problem: Problem) -> float:
    """More than any choice that reaches everybody can cost."""
    cost = problem.cost
    if isinstance(cost, np.ndarray):
        worst = np.where(np.isfinite(cost), cost, 0.0).max(axis=1, initial=0.0)
    else:
        worst = cost.max(axis=1).toarray().ravel()
    return float(worst @ problem.demand)


def reach_everybody(problem: Problem, p: int, clock: Clock) -> Ints:
    """Sites that reach all people, where `p` sites can; otherwise says how many are left over.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> reach_everybody(read_problem([[np.inf, 9.0], [1, 9]], [5, 4]), 1, Clock()).tolist()
    [1]
    """
    rest = Cover.of(problem, np.finfo(float).max).besides(problem)
    answer = Search(rest).solve(p - problem.required.size, time_limit=clock.left())
    left = float(rest.weight.sum() - answer.value)
    if left > 1e-9 * max(1.0, float(problem.demand.sum())):
        raise InfeasibleError(
            f"{p} sites leave {left:,.1f} of {problem.demand.sum():,.1f} people without any way",
            rule="reach",
            shortfall=left,
            hint="Raise p, add candidates, or leave out people whom no site can serve",
        )
    return np.r_[problem.required, rest.sites[answer.chosen]].astype(np.intp)
