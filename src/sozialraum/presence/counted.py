"""Coverage whose choices are few enough to be counted, for every number of sites at once.

With as much room as people come, with places for so many people at each site, or with a second
site in reach that counts, too. Otherwise `sozialraum.presence.search` and
`sozialraum.presence.ruled` search the optimum of each number.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from sozialraum.presence.cover import COUNTED, Cover
from sozialraum.presence.parts import best_of_parts, best_served
from sozialraum.presence.problem import Bools, Floats, Ints, Problem


class Counted:
    """The sites that are worth most, for several numbers of sites.

    Parameters
    ----------
    problem : Problem
    radius : float
    room : float array (sites,), optional
        Persons whom each site can serve; worth is who is served.
    backup : float
        Value of a person with a second open site in reach; goes without `room`.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1.0, 9, 1], [9, 1, 1]], [5, 4])
    >>> sites, served = Counted(problem, 2, room=np.array([3.0, 4, 6])).solve(2)
    >>> sites.tolist(), served
    ([0, 2], 9.0)
    """

    def __init__(
        self, problem: Problem, radius: float, *, room: Floats | None = None, backup: float = 0.0
    ) -> None:
        self.problem, self.radius, self.room, self.backup = problem, radius, room, backup
        self._free = np.setdiff1d(problem.candidates, problem.required)

    @cached_property
    def _best(self) -> tuple[Bools, Floats] | None:
        """Choices from the sites that are not required, and what all open sites are worth."""
        cover, required = Cover.merged(self.problem, self.radius), self.problem.required
        if not cover.weight.size:  # nobody has a way to any site
            none = self._free.size
            return np.zeros((none + 1, none), bool), np.zeros(none + 1)
        if cover.reach.shape[0] * cover.reach.shape[1] > COUNTED:
            return None
        near, weight, open_ = cover.arithmetic(), cover.weight, cover.counts(required)
        free, most = self._free, self._free.size
        left = np.where(open_ > 0, 0.0, weight)
        mine = near[:, free] > 0
        if self.room is not None:
            if (self.room[required] < weight @ near[:, required]).any():
                return None  # who comes to a required site that is full may go elsewhere
            found = best_served(mine, left, self.room[free], most)
            if found is None:
                return None
            return found[0], found[1] + float(weight.sum() - left.sum())
        once = left + np.where(open_ == 1, self.backup * weight, 0.0)
        twice = self.backup * left[None] if self.backup else None
        chosen = best_of_parts(mine, once[None], most, twice)
        if chosen is None:
            return None
        counts = open_ + chosen[0] @ near[:, free].T
        return chosen[0], (counts > 0) @ weight + self.backup * ((counts > 1) @ weight)

    def solve(self, p: int) -> tuple[Ints, float] | None:
        """Sites that are worth most, fewer than `p` where further ones add nothing.

        Parameters
        ----------
        p : int
            Required sites are among them.

        Returns
        -------
        sites : int array
        worth : float
            No `p` sites are worth more. None instead of both: the choices cannot be counted.
        """
        if self._best is None:
            return None
        chosen, worth = self._best
        row = p - self.problem.required.size
        sites = np.r_[self.problem.required, self._free[chosen[row]]]
        return sites.astype(np.intp), float(worth[row])
