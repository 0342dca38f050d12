"""Which counts are withheld: the small ones, and those that would give the small ones away.

Primary suppression follows the publishers' rules (Bundesagentur für Arbeit: counts of 1 and 2 and
what would give them away). Complementary suppression is the cell suppression problem of Fischetti
and Salazar (2001, Management Science 47): the cheapest set of further cells such that nobody who
knows all published totals can tell a protected count from others close to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.disclosure.bounds import sum_groups
from sozialraum.errors import DisclosureError

FEW = 4
"""Parts of a total far from the open cells that may be hidden with it: the cheapest ones."""


def primary(
    count: pd.Series,
    population: pd.Series,
    *,
    base: pd.Series | None = None,
    minimum_count: int = 3,
    minimum_population: int = 300,
) -> pd.Series:
    """Tell why a count must not be shown by itself.

    Parameters
    ----------
    count : pandas.Series
        Persons; NaN: not known, nothing to withhold unless the population is small.
    population : pandas.Series
        Residents; same index. They are public and are never withheld.
    base : pandas.Series, optional
        Residents the share refers to; default: all residents.
    minimum_count, minimum_population : int
        A count above 0 and below the first, or of an area below the second, is withheld.

    Returns
    -------
    pandas.Series
        'count', 'complement' (fewer than the minimum are *not* recipients), 'population' or '';
        same index. A count of 0 tells about nobody and stays.

    Examples
    --------
    >>> count = pd.Series([0.0, 2, 40, 500, 12])
    >>> primary(count, pd.Series([900, 900, 900, 501, 61])).tolist()
    ['', 'count', '', 'complement', 'population']
    """
    people = (population if base is None else base).reindex(count.index)
    reason = pd.Series("", index=count.index, dtype=object)
    # a rounded base can be off by half a person, hence the half
    reason[(count > 0) & (people - count < minimum_count - 0.5)] = "complement"
    reason[(count > 0) & (count < minimum_count)] = "count"
    reason[population.reindex(count.index) < minimum_population] = "population"
    return reason


def complementary(
    values: pd.Series,
    parent: pd.Series,
    withheld: pd.Series,
    *,
    protection: int = 3,
    upper: pd.Series | None = None,
    cost: pd.Series | None = None,
    guessed: pd.Series | None = None,
) -> pd.Series:
    """Choose further cells so that the withheld ones cannot be computed from totals.

    Parameters
    ----------
    values : pandas.Series
        Whole counts of all cells of the hierarchy; a total is the sum of its parts.
    parent : pandas.Series
        For each cell the total it belongs to; None or NaN at the top.
    withheld : pandas.Series of bool
        Cells that need protection.
    protection : int
        An attacker must consider every count possible from `value - protection` (not below 0) to
        `value + protection` (not above `upper`).
    upper : pandas.Series, optional
        What everybody knows a count cannot exceed (residents); default: the grand total.
    cost : pandas.Series, optional
        Loss of information per withheld cell; default: 1 + its share of the grand total, so that
        few cells go, and of equally many the smaller ones.
    guessed : pandas.Series of bool, optional
        Protected cells whose value is not known here: their interval has to be `protection` wide,
        wherever it lies ("sliding" protection).

    Returns
    -------
    pandas.Series of bool
        All cells to withhold, the given ones among them.

    Raises
    ------
    DisclosureError
        Not even withholding everything protects a cell (a part equals its total).

    Notes
    -----
    First every total is taken as published, so that the hierarchy falls apart into small problems,
    most of which one further cell solves; else a mixed-integer programme (HiGHS). Where there is
    no solution (a total with one part, a total that needs protection itself) the tree is solved as
    one programme with the top published; away from the cells in question it considers only the
    four cheapest parts of a total that are large enough to hide behind.

    Examples
    --------
    >>> cells = ["district", "a", "b", "c"]
    >>> parent = pd.Series([None, "district", "district", "district"], cells)
    >>> complementary(
    ...     pd.Series([47.0, 2, 5, 40], cells), parent, pd.Series([0, 1, 0, 0], cells) > 0
    ... ).tolist()
    [False, True, True, False]
    """
    ids = values.index
    value = values.to_numpy(float)
    need = withheld.reindex(ids).to_numpy(bool)
    groups = sum_groups(ids, parent)
    top = np.nanmax(value, initial=0.0)
    ceiling = np.full(len(ids), top) if upper is None else upper.reindex(ids).to_numpy(float)
    # what is known is at least the truth: a register that is a little older may be below it
    ceiling = np.fmax(np.nan_to_num(ceiling, nan=top), value)
    price = 1 + value / max(top, 1) if cost is None else cost.reindex(ids).to_numpy(float)
    sliding = need & (False if guessed is None else guessed.reindex(ids).to_numpy(bool))
    problem = _Problem(value, need, sliding, ceiling, price, protection)
    leaf = ~np.isin(np.arange(len(ids)), [node for node, _ in groups])
    hidden, open_cells = need.copy(), []
    for node, parts in groups:
        wanting = parts[need[parts]]
        if not len(wanting):
            continue
        one = None
        if not need[node] and leaf[wanting].all():
            one = problem.one_more(parts[leaf[parts]]) if cost is None else None
            if one is None:
                cells = np.append(parts[leaf[parts]], node)
                found = problem.solve([(node, cells[:-1])], cells, {int(node)}, wanting)
                one = None if found is None else cells[found].tolist()
        if one is None:
            open_cells += wanting.tolist()
        else:
            hidden[one] = True
    if open_cells:
        above = parent.reindex(ids).isna().to_numpy()
        tops = {int(node) for node, _ in groups if above[node] and not need[node]}
        cells, inner = _candidates(groups, open_cells, hidden, value, price, protection)
        problem = replace(problem, need=hidden)
        found = problem.solve(inner, cells, tops, np.array(open_cells))
        if found is None:
            found = problem.solve(inner, cells, set(), np.array(open_cells))
        if found is None:
            raise DisclosureError(
                "A withheld count cannot be protected: it is known from its total",
                hint="Publish on a coarser level, or leave the totals out",
            )
        hidden[cells[found]] = True
    return pd.Series(hidden, index=ids)


def _candidates(
    groups: list[tuple[int, NDArray[np.intp]]],
    open_cells: list[int],
    hidden: NDArray[np.bool_],
    value: NDArray[np.float64],
    price: NDArray[np.float64],
    protection: int,
) -> tuple[NDArray[np.intp], list[tuple[int, NDArray[np.intp]]]]:
    """Cells that may be hidden together with a total: all near the open ones, the best elsewhere.

    A part of a total far away is hidden only to make that total uncertain; the cheapest parts that
    are large enough do that best, and the problem stays small for a whole city.
    """
    inner = []
    totals = {int(node) for node, _ in groups}
    for node, parts in groups:
        near = bool(np.isin(parts, open_cells).any()) or int(node) in open_cells
        if not near and len(parts) > FEW:
            large = parts[(value[parts] >= protection) & ~hidden[parts]]
            best = large[np.argsort(price[large], kind="stable")][:FEW]
            chosen = [p for p in parts if hidden[p] or int(p) in totals or p in best]
            inner.append((node, np.array(chosen, np.intp)))
        else:
            inner.append((node, parts))
    cells = np.unique(np.concatenate([np.append(parts, node) for node, parts in inner]))
    return cells, inner


def withhold(
    counts: pd.Series,
    population: pd.Series,
    group: pd.Series,
    totals: pd.Series,
    *,
    base: pd.Series | None = None,
    minimum_count: int = 3,
    minimum_population: int = 300,
    few: tuple[pd.Series, pd.Series] | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Decide for areas and the level above which counts are not shown, and why.

    Parameters
    ----------
    counts : pandas.Series
        Persons by area; NaN: unknown or suppressed by the source.
    population : pandas.Series
        Residents by area.
    group : pandas.Series
        Unit of the level above, by area.
    totals : pandas.Series
        Persons by unit of the level above, as they will be published. Their sum is taken as
        published, too.
    base : pandas.Series, optional
        Residents the share refers to; default: all residents.
    minimum_count, minimum_population : int
    few : tuple of boolean Series, optional
        By area and by unit: fewer households than persons may be shown. A family of five is one
        household, so a count of five can be a count of one.

    Returns
    -------
    areas, units : pandas.Series
        Reason by area and by unit: '' (shown), 'count', 'complement', 'population' (see
        `primary`), 'households' (`few`), 'source' (unknown or suppressed by the source), or
        'protects' (withheld so that another count cannot be computed).

    Raises
    ------
    DisclosureError
        Even the number of the whole region would have to be withheld.

    Notes
    -----
    Where a total exceeds the counts below it and some of these are unknown, the difference *is*
    the sum of the unknown ones, and they are protected as if they were withheld here.

    Examples
    --------
    >>> ids = ["0101", "0102", "0103"]
    >>> areas, units = withhold(
    ...     pd.Series([2.0, 90, 40], ids), pd.Series(2000, ids), pd.Series("01", ids),
    ...     pd.Series({"01": 132.0}),
    ... )
    >>> areas.tolist(), units.tolist()
    (['count', '', 'protects'], [''])
    """
    limits: Any = {"minimum_count": minimum_count, "minimum_population": minimum_population}
    areas = primary(counts, population, base=base, **limits)
    residents = population.groupby(group).sum().reindex(totals.index)
    units = primary(totals, residents, **limits)
    for reason, some in zip((areas, units), few or (), strict=False):
        reason[some.reindex(reason.index).fillna(False).astype(bool) & (reason == "")] = (
            "households"
        )
    unknown = counts.isna()
    rest = totals - counts.groupby(group).sum().reindex(totals.index)
    left = group.map(rest).where(unknown)
    # totals that were summed from the known counts say nothing about the unknown ones
    silent = unknown & ~(left >= 0.5)
    areas[unknown & (areas == "")] = "source"
    units[totals.isna() & (units == "")] = "source"
    need = pd.concat([(areas != "") & ~silent, (units != "") & totals.notna()])
    if need.any():
        position = unknown.astype(int).groupby(group).cumsum() - 1
        number = unknown.groupby(group).transform("sum")
        shares = (left + number - 1 - position) // number  # an even split in whole persons
        value = counts.fillna(shares.where(~silent, 0)).round()
        sums = value.groupby(group).sum().reindex(totals.index)
        ids = [*("a" + areas.index.astype(str)), *("u" + units.index.astype(str)), "total"]
        above = [*("u" + group.astype(str)), *(["total"] * len(units)), None]
        parent = pd.Series(above, index=ids, dtype=object)
        parent[[f"a{i}" for i in areas.index[silent]]] = None
        hidden = complementary(
            pd.Series([*value, *sums, sums.sum()], index=ids),
            parent,
            pd.Series([*need, False], index=ids),
            protection=minimum_count,
            upper=pd.Series([*population, *residents, residents.sum()], index=ids, dtype=float),
            guessed=pd.Series([*unknown, *([False] * (len(units) + 1))], index=ids),
        ).to_numpy()
        if hidden[-1]:
            raise DisclosureError(
                "The number of the whole region gives a withheld count away",
                expected="a region with several areas, of which more than one have recipients",
                hint="Study a larger region, or raise the level that is published",
            )
        areas[hidden[: len(areas)] & (areas == "").to_numpy()] = "protects"
        units[hidden[len(areas) : -1] & (units == "").to_numpy()] = "protects"
    return areas, units


@dataclass(frozen=True)
class _Problem:
    """A cell suppression problem over all cells; parts of the hierarchy are solved by `solve`."""

    value: NDArray[np.float64]
    need: NDArray[np.bool_]
    sliding: NDArray[np.bool_]
    ceiling: NDArray[np.float64]
    price: NDArray[np.float64]
    protection: int

    @property
    def up(self) -> NDArray[np.float64]:
        """How far each cell can move up, as far as it matters.

        Moving one cell by the protection never needs a larger move of another: a change that keeps
        all totals of a tree is a sum of cycles of one person each.
        """
        return np.minimum(self.ceiling - self.value, self.protection)

    @property
    def down(self) -> NDArray[np.float64]:
        """How far each cell can move down, as far as it matters."""
        return np.minimum(self.value, self.protection)

    def one_more(self, parts: NDArray[np.intp]) -> list[int] | None:
        """Cells to hide below one published total where none or one suffices, None otherwise.

        With the default price, from 1 to 2 a cell, no two cells are cheaper than one.
        """
        need = parts[self.need[parts]]
        if self._safe(need, need):
            return []
        others = parts[~self.need[parts]]
        for cell in others[np.argsort(self.price[others], kind="stable")]:
            if self._safe(need, np.append(need, cell)):
                return [int(cell)]
        return None

    def _safe(self, need: NDArray[np.intp], hidden: NDArray[np.intp]) -> bool:
        """Whether the hidden parts of a published total protect those that need it."""
        rise = np.minimum(self.up[need], self.down[hidden].sum() - self.down[need])
        fall = np.minimum(self.down[need], self.up[hidden].sum() - self.up[need])
        enough = (rise >= self.up[need]) & (fall >= self.down[need])
        wide = rise + fall >= np.minimum(self.protection, self.ceiling[need])
        return bool(np.where(self.sliding[need], wide, enough).all())

    def solve(
        self,
        groups: list[tuple[int, NDArray[np.intp]]],
        cells: NDArray[np.intp],
        published: set[int],
        wanting: NDArray[np.intp],
    ) -> NDArray[np.bool_] | None:
        """Solve for `cells` with their totals in `groups`; mask over `cells`, None: no solution.

        `wanting` are the cells that need protection here, `need` all that are hidden anyway.

        For every protected cell two scenarios show other truths an attacker must reckon with:
        changes of the hidden cells that keep all totals and move the cell up, and down.
        """
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        n = len(cells)
        at = {int(cell): k for k, cell in enumerate(cells)}
        protected = [at[int(c)] for c in wanting]
        up, down = self.up[cells], self.down[cells]
        sums = sparse.lil_array((len(groups), n))
        for row, (node, parts) in enumerate(groups):
            sums[row, at[int(node)]] = -1
            sums[row, [at[int(p)] for p in parts]] = 1
        blocks = 2 * len(protected)
        scenarios = sparse.identity(blocks, format="csr")
        eye = sparse.identity(n, format="csr")
        ones = np.ones((blocks, 1))
        # variables: hidden (n), then the changes of scenario 0, 1, … (n each)
        rows = [
            sparse.hstack(
                [sparse.csr_array((blocks * len(groups), n)), sparse.kron(scenarios, sums)]
            ),
            sparse.hstack(
                [sparse.kron(ones, sparse.diags_array(up)), -sparse.kron(scenarios, eye)]
            ),
            sparse.hstack(
                [sparse.kron(ones, sparse.diags_array(down)), sparse.kron(scenarios, eye)]
            ),
        ]
        low = [np.zeros(blocks * (len(groups) + 2 * n))]
        high = [np.zeros(blocks * len(groups)), np.full(2 * blocks * n, np.inf)]
        floor, roof = np.full((blocks, n), -np.inf), np.full((blocks, n), np.inf)
        for k, cell in enumerate(protected):
            if self.sliding[cells[cell]]:
                width = sparse.lil_array((1, n + blocks * n))
                width[0, n + 2 * k * n + cell] = 1
                width[0, n + (2 * k + 1) * n + cell] = -1
                rows.append(width)
                low.append(np.array([min(self.protection, self.ceiling[cells[cell]])]))
                high.append(np.array([np.inf]))
            else:
                floor[2 * k, cell] = up[cell]
                roof[2 * k + 1, cell] = -down[cell]
        may = np.array([int(c) not in published for c in cells], float)
        found = milp(
            np.concatenate([self.price[cells], np.zeros(blocks * n)]),
            constraints=LinearConstraint(
                sparse.vstack(rows, format="csr"), np.concatenate(low), np.concatenate(high)
            ),
            bounds=Bounds(
                np.concatenate([self.need[cells].astype(float), floor.ravel()]),
                np.concatenate([may, roof.ravel()]),
            ),
            integrality=np.concatenate([np.ones(n), np.zeros(blocks * n)]),
        )
        return None if found.x is None else found.x[:n] > 0.5
