"""A proposal chosen again in every draw of its inputs.

Where few sites lie together, all choices of a draw are counted (`sozialraum.presence.parts`); else
a choice is improved by exchanges (`sozialraum.presence.exchange`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.lazy import sparse
from sozialraum.presence.draws import Draws, drawn_reach
from sozialraum.presence.exchange import best_found, best_of_one, reached_by
from sozialraum.presence.parts import TIE, best_of_parts
from sozialraum.presence.problem import (
    Bools,
    Floats,
    Ints,
    Site,
    check_radius,
    positions_of,
    read_problem,
)

LARGE = 100_000
"""Cells of one draw from which on it is worth looking only at those that are reached."""


@dataclass(frozen=True)
class Redrawn:
    """Who can be reached in every draw, apart from people near existing sites.

    Attributes
    ----------
    sites : pandas.Index or None
        Labels of the columns, where they have any.
    candidates, required, free : int arrays
        Columns that may be chosen, that must be, and that may be besides existing sites.
    reach : bool array (groups, sites)
        Groups of people that the same sites reach, in any draw.
    people : float array (draws, groups)
        Whom no existing site reaches, by group; 0 where nobody is in it in this draw.
    near : float array (draws,)
        People near existing sites.
    total : float array (draws,)
        All people of a draw.
    """

    sites: pd.Index | None
    candidates: Ints
    required: Ints
    free: Ints
    reach: Bools
    people: Floats
    near: Floats
    total: Floats

    def name(self, column: int) -> Site:
        """Label of a site."""
        return int(column) if self.sites is None else self.sites[column]

    def reached(self, choice: Ints) -> Floats:
        """People whom existing sites and a choice reach, per draw."""
        return self.near + reached_by(self.reach, self.people, choice)


def redraw(
    cost: Any,
    demand: Any,
    *,
    radius: float,
    draws: Draws,
    existing: Iterable[Site] = (),
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    unit_xy: Any = None,
    site_xy: Any = None,
) -> Redrawn:
    """Who can be reached in every draw; see `site_stability` for the parameters.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5]]), np.ones(2))
    >>> redraw(cost, [5, 4], radius=2, draws=draws).reached(np.array([0])).tolist()
    [5.0, 4.0]
    """
    problem = read_problem(cost, demand, required=required, forbidden=forbidden)
    radius = check_radius(radius)
    held = positions_of(existing, problem.shape[1], problem.columns, "existing")
    if draws.demand.shape[1:] != problem.demand.shape:
        raise InputError("Draws were made for another demand", where="draws.demand")
    reach, pattern = drawn_reach(problem, radius, draws, unit_xy, site_xy)
    each = np.arange(len(pattern))[:, None] * len(reach) + pattern
    size = len(pattern), len(reach)
    people = np.asarray(np.bincount(each.ravel(), draws.demand.ravel(), size[0] * size[1]), float)
    people = people.reshape(size)
    served = reach[:, held].any(axis=1)
    some = reach.any(axis=1) & ~served & (people > 0).any(axis=0)
    return Redrawn(
        problem.columns,
        problem.candidates,
        problem.required,
        np.setdiff1d(problem.candidates, held),
        reach[some],
        people[:, some],
        people[:, served].sum(axis=1),
        draws.demand.sum(axis=1),
    )


class _Again:
    """The best of any number of sites besides fixed ones, in every draw."""

    def __init__(self, redrawn: Redrawn, fixed: Ints) -> None:
        self.fixed, self.free = fixed, np.setdiff1d(redrawn.free, fixed)
        self.reach = redrawn.reach[:, self.free]
        self.people = redrawn.people * ~redrawn.reach[:, fixed].any(axis=1)
        self.best, self.spans = None, []
        if redrawn.reach.size > LARGE:
            for people in self.people:
                some = np.flatnonzero(people)
                near = sparse.csr_array(self.reach[some].T.astype(float))
                self.spans.append((near, people[some]))
        else:
            self.best = best_of_parts(self.reach, self.people, self.free.size)

    def choose(self, given: Ints) -> Ints:
        """As many sites as given; the given ones stay where none are better."""
        mine = np.isin(self.free, given)
        known, p = np.flatnonzero(mine), given.size - self.fixed.size
        if self.spans:
            found = np.vstack([best_of_one(*draw, p, known) for draw in self.spans])
        elif self.best is None:
            found = best_found(self.reach.astype(float), self.people, p, known)
        else:
            wanted = 2 * self.best[:, p] + mine  # the given ones fill up
            other = np.sort(np.argsort(-wanted, axis=1, kind="stable")[:, :p], axis=1)
            least = reached_by(self.reach, self.people, known) + TIE * self.people.sum(axis=1)
            better = reached_by(self.reach, self.people, other) > least
            found = np.where(better[:, None], other, known)
        every = np.hstack([np.tile(self.fixed, (len(found), 1)), self.free[found]])
        return np.sort(every, axis=1)


def choose_again(redrawn: Redrawn, proposals: Iterable[Ints]) -> list[Ints]:
    """As many sites as in each proposal, chosen anew in every draw.

    Parameters
    ----------
    redrawn : Redrawn
    proposals : iterable of int arrays
        Columns.

    Returns
    -------
    list of int arrays (draws, sites)

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5]]), np.ones(2))
    >>> choose_again(redraw(cost, [5, 4], radius=2, draws=draws), [np.array([0])])[0].tolist()
    [[0], [1]]
    """
    known: dict[bytes, _Again] = {}
    found = []
    for given in proposals:
        fixed = np.intersect1d(redrawn.required, given)
        again = known.get(fixed.tobytes())
        if again is None:
            again = known[fixed.tobytes()] = _Again(redrawn, fixed)
        found.append(again.choose(given))
    return found


def stability_by_number(
    redrawn: Redrawn, proposals: Iterable[Iterable[int]]
) -> tuple[pd.DataFrame, list[Ints]]:
    """How often each room of several proposals is chosen when inputs are drawn anew.

    Parameters
    ----------
    redrawn : Redrawn
        Result of `redraw`.
    proposals : iterable of iterables of int
        One proposal per number of rooms, as columns.

    Returns
    -------
    shares : pandas.DataFrame
        `proposal` (position), `site`, `stability` (share of the draws).
    found : list of int arrays (draws, sites)
        For every proposal, the columns that are chosen instead.

    Examples
    --------
    >>> cost = np.array([[1, 9], [9, 1.0]])
    >>> draws = Draws(np.array([[5.0, 4], [4, 5], [6, 1], [2, 1]]), np.ones(4))
    >>> shares, found = stability_by_number(redraw(cost, [5, 4], radius=2, draws=draws), [[0]])
    >>> shares[["site", "stability"]].values.tolist(), found[0].ravel().tolist()
    ([[0.0, 0.75]], [0, 1, 0, 0])
    """
    given = [positions_of(p, redrawn.reach.shape[1], None, "proposals") for p in proposals]
    chosen = choose_again(redrawn, given)
    shares = [
        (found[:, :, None] == mine).any(axis=1).mean(axis=0)
        for mine, found in zip(given, chosen, strict=True)
    ]
    number = np.repeat(np.arange(len(given)), [mine.size for mine in given])
    sites = [redrawn.name(j) for mine in given for j in mine]
    stability = np.concatenate([*shares, np.empty(0)])
    return pd.DataFrame({"proposal": number, "site": sites, "stability": stability}), chosen
