"""Which counts are withheld: the small ones, and those that would give the small ones away.

Primary suppression follows the publishers' rules (Bundesagentur für Arbeit: counts of 1 and 2 and
what would give them away). Complementary suppression is the cell suppression problem of Fischetti
and Salazar (2001, Management Science 47): the cheapest set of further cells such that nobody who
knows all published totals can tell a protected count from others close to it.
"""

from __future__ import annotations

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
    hidden = need.copy()
    unsolved = False
    for node, parts in groups:
        if not need[parts].any():
            continue
        found = None
        if not need[node]:
            cells = np.append(parts, node)
            found = _programme(
                value, need, ceiling, price, [(node, parts)], cells, {node}, protection
            )
        if found is None:
            unsolved = True
            break
        hidden[cells[found]] = True
    if unsolved or any(need[node] for node, _ in groups):
        roots = {node for node, _ in groups if pd.isna(parent.reindex(ids).iloc[node])}
        cells = np.arange(len(ids))
        found = _programme(
            value,
            need,
            ceiling,
            price,
            groups,
            cells,
            roots - set(np.flatnonzero(need)),
            protection,
        )
        if found is None:
            found = _programme(value, need, ceiling, price, groups, cells, set(), protection)
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
        ).to_numpy()
        areas[hidden[: len(areas)] & (areas == "").to_numpy()] = "protects"
        units[hidden[len(areas) : -1] & (units == "").to_numpy()] = "protects"
    return areas, units


def _programme(
    value: NDArray[np.float64],
    need: NDArray[np.bool_],
    ceiling: NDArray[np.float64],
    price: NDArray[np.float64],
    groups: list[tuple[int, NDArray[np.intp]]],
    cells: NDArray[np.intp],
    published: set[int],
    protection: int,
) -> NDArray[np.bool_] | None:
    """Solve one part of the hierarchy; mask over `cells`, None where there is no solution.

    For every protected cell two scenarios show an attacker's other truths: changes of the hidden
    cells that keep all totals and move the cell up, or down, by its protection.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(cells)
    at = {int(cell): k for k, cell in enumerate(cells)}
    targets = [(at[int(c)], sign) for c in cells if need[c] for sign in (1.0, -1.0)]
    up, down = ceiling[cells] - value[cells], value[cells]
    sums = sparse.lil_array((len(groups), n))
    for row, (node, parts) in enumerate(groups):
        sums[row, at[node]] = -1
        sums[row, [at[int(p)] for p in parts]] = 1
    zero = sparse.csr_array((len(groups), n))
    rows: list[list[Any]] = []
    low, high = [], []
    blocks, eye = len(targets), sparse.identity(n, format="csr")
    floor, roof = np.full((blocks, n), -np.inf), np.full((blocks, n), np.inf)
    for k, (cell, sign) in enumerate(targets):
        left: list[Any] = [None] * k
        right: list[Any] = [None] * (blocks - k - 1)
        rows.append([zero, *left, sums.tocsr(), *right])
        low.append(np.zeros(len(groups)))
        high.append(np.zeros(len(groups)))
        rows.append([sparse.diags_array(up), *left, -eye, *right])  # change <= up * hidden
        rows.append([sparse.diags_array(down), *left, eye, *right])  # -change <= down * hidden
        low += [np.zeros(n)] * 2
        high += [np.full(n, np.inf)] * 2
        if sign > 0:
            floor[k, cell] = min(protection, up[cell])
        else:
            roof[k, cell] = -min(protection, down[cell])
    if not blocks:
        return np.zeros(n, bool)
    fixed_low = need[cells].astype(float)
    fixed_high = np.array([0.0 if int(c) in published else 1.0 for c in cells])
    if (fixed_low > fixed_high).any():
        return None
    found = milp(
        np.concatenate([price[cells], np.zeros(blocks * n)]),
        constraints=LinearConstraint(
            sparse.vstack([sparse.hstack(_filled(row, n), format="csr") for row in rows]),
            np.concatenate(low),
            np.concatenate(high),
        ),
        bounds=Bounds(
            np.concatenate([fixed_low, floor.ravel()]), np.concatenate([fixed_high, roof.ravel()])
        ),
        integrality=np.concatenate([np.ones(n), np.zeros(blocks * n)]),
    )
    return None if found.x is None else found.x[:n] > 0.5


def _filled(row: list[Any], n: int) -> list[Any]:
    """Blocks of one row of the programme; an absent one is a zero block of its size."""
    from scipy import sparse

    height = row[0].shape[0]
    return [sparse.csr_array((height, n)) if block is None else block for block in row]
