"""Which counts are withheld: the small ones, and those that would give the small ones away.

Primary suppression follows the publishers' rules (Bundesagentur für Arbeit: counts of 1 and 2 and
what would give them away). Complementary suppression is the cell suppression problem of Fischetti
and Salazar (2001, Management Science 47): the cheapest set of further cells such that nobody who
knows all published totals can tell a protected count from others close to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.disclosure.bounds import _groups
from sozialraum.errors import DisclosureError


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
    First every total is taken as published, so that the hierarchy falls apart into small problems;
    where one of them has no solution (a total with one part) the whole tree is solved with the
    top published. Mixed-integer programme by HiGHS.

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
    groups = _groups(ids, parent)
    top = np.nanmax(value, initial=0.0)
    ceiling = np.full(len(ids), top) if upper is None else upper.reindex(ids).to_numpy(float)
    # what is known is at least the truth: a register that is a little older may be below it
    ceiling = np.fmax(np.nan_to_num(ceiling, nan=top), value)
    price = 1 + value / max(top, 1) if cost is None else cost.reindex(ids).to_numpy(float)
    sliding = need & (False if guessed is None else guessed.reindex(ids).to_numpy(bool))
    problem = _Problem(value, need, sliding, ceiling, price, protection)
    hidden = need.copy()
    unsolved = False
    for node, parts in groups:
        if not need[parts].any():
            continue
        found = None
        if not need[node]:
            cells = np.append(parts, node)
            found = problem.solve([(node, parts)], cells, {int(node)})
        if found is None:
            unsolved = True
            break
        hidden[cells[found]] = True
    if unsolved or any(need[node] for node, _ in groups):
        above = parent.reindex(ids).isna().to_numpy()
        tops = {int(node) for node, _ in groups if above[node] and not need[node]}
        cells = np.arange(len(ids))
        found = problem.solve(groups, cells, tops)
        if found is None:
            found = problem.solve(groups, cells, set())
        if found is None:
            raise DisclosureError(
                "A withheld count cannot be protected: it is known from its total",
                hint="Publish on a coarser level, or leave the totals out",
            )
        hidden = need | found
    return pd.Series(hidden, index=ids)


def withhold(
    counts: pd.Series,
    population: pd.Series,
    group: pd.Series,
    totals: pd.Series,
    *,
    base: pd.Series | None = None,
    minimum_count: int = 3,
    minimum_population: int = 300,
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

    Returns
    -------
    areas, units : pandas.Series
        Reason by area and by unit: '' (shown), 'count', 'complement', 'population' (see
        `primary`), 'source' (unknown or suppressed by the source), or 'protects' (withheld so that
        another count cannot be computed).

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

    def solve(
        self,
        groups: list[tuple[int, NDArray[np.intp]]],
        cells: NDArray[np.intp],
        published: set[int],
    ) -> NDArray[np.bool_] | None:
        """Solve for `cells` with their totals in `groups`; mask over `cells`, None: no solution.

        For every protected cell two scenarios show other truths an attacker must reckon with:
        changes of the hidden cells that keep all totals and move the cell up, and down.
        """
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

        n = len(cells)
        at = {int(cell): k for k, cell in enumerate(cells)}
        protected = [at[int(c)] for c in cells if self.need[c]]
        if any(int(c) in published for c in cells[protected]):
            return None
        up, down = self.ceiling[cells] - self.value[cells], self.value[cells]
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
                floor[2 * k, cell] = min(self.protection, up[cell])
                roof[2 * k + 1, cell] = -min(self.protection, down[cell])
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
