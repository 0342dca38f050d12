"""Coverage whose sites keep rules: pairs that are not open together, least numbers reached.

Of a few sites all choices are counted, for every number of them at once; otherwise each number is
a program for HiGHS whose points are those that different sites reach.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from sozialraum.presence.cover import COUNTED, DENSE, Cover, as_matrix
from sozialraum.presence.exchange import same_reach
from sozialraum.presence.highs import Clock
from sozialraum.presence.parts import best_kept
from sozialraum.presence.problem import Bools, Floats, Ints, Problem
from sozialraum.presence.recount import coverage_figures, fill, nearest
from sozialraum.presence.rules import Constraints, Model
from sozialraum.presence.search import Answer, Search, best_ruled
from sozialraum.presence.siting import Siting, make_siting, relative_gap


class Kept:
    """Columns of an instance that reach most and keep rules, for several numbers of them.

    Parameters
    ----------
    cover : Cover
    conflicts : int array (pairs, 2)
        Columns that are not open together.
    barred : int array
        Columns that are not open at all.
    weights, least : float arrays (rules, points), (rules,)
        At least so much of each of these weights is reached.

    Examples
    --------
    >>> cover = Cover(np.eye(3), np.array([2.0, 3, 1]), np.arange(3))
    >>> search = Kept(cover, np.array([[0, 1]]), np.empty(0, int), np.array([[0, 0, 1.0]]), [1.0])
    >>> [(answer and answer.chosen.tolist(), certain) for answer, certain in
    ...  (search.solve(p) for p in (1, 2, 3))]
    [([2], True), ([1, 2], True), (None, True)]
    """

    def __init__(
        self, cover: Cover, conflicts: Ints, barred: Ints, weights: Floats, least: Any
    ) -> None:
        self.cover, self.conflicts, self.barred = cover, conflicts.reshape(-1, 2), barred
        self.weights, self.least = weights, np.asarray(least, float)

    @cached_property
    def _best(self) -> tuple[Bools, Bools] | None:
        rows, columns = self.cover.reach.shape
        if rows * columns > COUNTED:
            return None
        rules = (self.conflicts, self.barred, self.weights, self.least)
        return best_kept(self.cover.arithmetic() > 0, self.cover.weight, *rules)

    def solve(self, p: int, **limits: Any) -> tuple[Answer | None, bool]:
        """The best `p` columns, and whether it is certain that there are none where it is None.

        Parameters
        ----------
        p : int
        **limits
            `gap`, `clock`, `node_limit`: where a search may end earlier.
        """
        if self._best is None:
            rules = (self.conflicts, self.barred, self.weights, self.least)
            return best_ruled(self.cover, p, *rules, **limits)
        chosen, possible = self._best
        if p > self.cover.sites.size or not possible[p]:
            return None, True
        columns = np.flatnonzero(chosen[p])
        value = self.cover.value(columns)
        return Answer(columns, value, value), True


class KeptCoverage:
    """`max_coverage` with a least distance, floors or least numbers, for several numbers of sites.

    Parameters
    ----------
    problem : Problem
    radius : float
    rules : Constraints
    groups : array (points,), optional

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1.0, 9, 9], [9, 1, 9], [9, 9, 1]], [5, 4, 3])
    >>> between = np.array([[0, 1, 9], [1, 0, 9], [9, 9, 0.0]])
    >>> search = KeptCoverage(problem, 2, Constraints(spacing=2, between=between), None)
    >>> search.answer(2).sites
    (0, 2)
    """

    def __init__(self, problem: Problem, radius: float, rules: Constraints, groups: Any) -> None:
        self.problem, self.radius, self.rules, self.groups = problem, radius, rules, groups
        self.conflicts = rules.conflicts(problem.shape[1])
        self.floors = [f.whole_points() for f in rules.floors(problem.demand, groups)]
        self._free = np.setdiff1d(problem.candidates, problem.required)

    @cached_property
    def _search(self) -> tuple[Kept, float] | None:
        """The instance without required sites, and whom those reach; None: it is very large."""
        problem, free = self.problem, self._free
        if not isinstance(problem.cost, np.ndarray) or problem.cost.size > DENSE:
            return None
        required = problem.required
        weights = np.vstack([problem.demand, *(f.weight for f in self.floors)])
        near, people = same_reach(problem.cost <= self.radius, weights)
        missed = ~near[:, required].any(axis=1)
        done = people[:, ~missed].sum(axis=1)
        taken = np.isin(self.conflicts, required)
        inside = np.isin(self.conflicts, free)
        barred = np.searchsorted(free, self.conflicts[taken[:, ::-1] & inside])
        both = self.conflicts[inside.all(axis=1)]
        cover = Cover(as_matrix(near[missed][:, free]), people[0, missed], free)
        least = np.array([f.minimum for f in self.floors]) - done[1:]
        found = Kept(cover, np.searchsorted(free, both), barred, people[1:, missed], least)
        return found, float(done[0])

    @cached_property
    def _without_rules(self) -> tuple[Search, float]:
        """A search that asks for no rule, and whom required sites reach."""
        cover = Cover.of(self.problem, self.radius)
        return Search(cover.besides(self.problem)), cover.value(self.problem.required)

    def answer(self, p: int, *, gap: float = 0.0, **limits: Any) -> Siting | None:
        """The best `p` sites, required ones among them; None: too large, or nothing in time.

        Parameters
        ----------
        p : int
        gap, **limits
            As of `Kept.solve`.

        Raises
        ------
        InfeasibleError
            No `p` sites keep the rules; says which one and by how much.
        """
        problem, clock = self.problem, limits.get("clock") or Clock()
        free, reached = self._without_rules
        most: dict[str, Any] = {
            "gap": gap,
            "time_limit": clock.left(),
            "node_limit": limits.get("node_limit"),
        }
        whole = free.solve(p - problem.required.size, **most)
        if relative_gap(whole.value, whole.bound) == 0:
            # Mostly the best choice of all keeps the rules, too.
            sites = np.r_[problem.required, free.cover.sites[whole.chosen]].astype(np.intp)
            sites = fill(problem, sites, p)
            chosen = np.isin(np.arange(problem.shape[1]), sites)
            near = Cover.of(problem, self.radius).counts(sites) > 0
            if self.rules.met(chosen, near, problem.demand, self.groups):
                return self._siting(sites, reached + whole.bound, gap, False)
        if np.isin(self.conflicts, problem.required).all(axis=1).any():
            raise self._model(p).explain()
        if self._search is None:
            return None
        search, base = self._search
        found, certain = search.solve(p - problem.required.size, gap=gap, **limits)
        if found is None:
            if certain:
                raise self._model(p).explain()
            return None
        sites = np.r_[problem.required, self._free[found.chosen]].astype(np.intp)
        return self._siting(sites, base + found.bound, gap, found.timed_out)

    def _siting(self, sites: Ints, bound: float, gap: float, timed_out: bool) -> Siting:
        problem, cover = self.problem, Cover.of(self.problem, self.radius)
        figures = coverage_figures(problem, cover, sites, self.groups)
        reached = figures["reached"]
        return make_siting(
            problem, sites, reached, max(bound, reached), nearest(problem, sites, self.radius),
            gap=gap, timed_out=timed_out, measures=figures,
        )  # fmt: skip

    def _model(self, p: int) -> Model:
        """The same as a program of pairs, which explains what cannot be met."""
        problem = self.problem
        pairs = problem.within(self.radius).tocoo()
        row, site = (part.astype(np.intp) for part in pairs.coords)
        row, site = row[problem.allowed[site]], site[problem.allowed[site]]
        gain = problem.demand[row]
        return Model(problem, p, row, site, gain, False, None, self.conflicts, self.floors)
