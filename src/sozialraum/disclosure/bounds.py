"""What is known about a hidden count from the totals above it.

Publishers hide small cells but print totals: an area is at most its Bezirksregion, and exactly the
Bezirksregion less the other areas. The same arithmetic serves two ends: it narrows what a hidden
cell of an *input* can be (internal, never published), and it is the attacker that checks an
*output* (`sozialraum.disclosure.inference`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sozialraum.errors import InputError


def tighten(bounds: pd.DataFrame, parent: pd.Series, *, complete: bool = True) -> pd.DataFrame:
    """Narrow the bounds of counts in a hierarchy in which each total is the sum of its parts.

    Parameters
    ----------
    bounds : pandas.DataFrame
        Index: cells of all levels. Columns `lo` and `hi` (persons); a published count has both
        equal. A missing `lo` is read as 0, a missing `hi` as unbounded.
    parent : pandas.Series
        For each cell the cell it is summed into; None or NaN at the top. Same index.
    complete : bool
        False: some people cannot be located, so a total may exceed the sum of its parts.

    Returns
    -------
    pandas.DataFrame
        `lo`, `hi` of the same index; `hi` may be infinite.

    Raises
    ------
    InputError
        The bounds contradict each other: no set of counts fulfils them; the message names the
        cell.

    Notes
    -----
    Interval propagation, once upwards and once downwards, which is exact for a tree: the interval
    of a sum of independent intervals is the sum of their ends, and each end is reached. With whole
    numbers at the ends all ends stay whole.

    Examples
    --------
    >>> cells = ["district", "north", "south"]
    >>> parent = pd.Series([None, "district", "district"], cells)
    >>> known = pd.DataFrame({"lo": [90.0, 1, 80], "hi": [90.0, np.nan, 88]}, cells)
    >>> tighten(known, parent).loc["north"].tolist()
    [2.0, 10.0]
    """
    ids = bounds.index
    if not ids.is_unique:
        raise InputError("A cell occurs twice in the hierarchy")
    lo = np.nan_to_num(bounds["lo"].to_numpy(float, na_value=np.nan), nan=0.0)
    hi = np.nan_to_num(bounds["hi"].to_numpy(float, na_value=np.nan), nan=np.inf, posinf=np.inf)
    groups = sum_groups(ids, parent)
    for node, parts in groups:
        lo[node] = max(lo[node], lo[parts].sum())
        if complete:
            hi[node] = min(hi[node], hi[parts].sum())
        _possible(lo, hi, node, ids)
    for node, parts in reversed(groups):
        # what the others leave; an unbounded other leaves everything, so infinities count apart
        endless = np.isinf(hi[parts])
        others_hi = np.where(endless, 0, hi[parts]).sum() - np.where(endless, 0, hi[parts])
        others_hi[endless.sum() - endless > 0] = np.inf
        others_lo = lo[parts].sum() - lo[parts]
        new_lo = np.maximum(lo[parts], lo[node] - others_hi) if complete else lo[parts]
        new_hi = np.minimum(hi[parts], hi[node] - others_lo)
        lo[parts], hi[parts] = new_lo, new_hi
        for part in parts:
            _possible(lo, hi, part, ids)
    return pd.DataFrame({"lo": lo, "hi": hi}, index=ids)


def sum_groups(ids: pd.Index, parent: pd.Series) -> list[tuple[int, NDArray[np.intp]]]:
    """Every total with its parts, parts before their totals."""
    above = parent.reindex(ids)
    known = above.notna().to_numpy()
    up = np.full(len(ids), -1)
    up[known] = ids.get_indexer(pd.Index(above[known]))
    if (lost := known & (up < 0)).any():
        raise InputError(f"The total {above[lost].iloc[0]!r} is none of the cells")
    depth = np.zeros(len(ids), int)
    current = up.copy()
    while (current >= 0).any():
        depth[current >= 0] += 1
        if depth.max() > len(ids):
            raise InputError("The hierarchy runs in a circle")
        current = np.where(current >= 0, up[current], -1)
    totals = sorted(set(up[known].tolist()), key=lambda node: (-depth[node], node))
    return [(node, np.flatnonzero(up == node)) for node in totals]


def _possible(lo: NDArray[np.float64], hi: NDArray[np.float64], cell: int, ids: pd.Index) -> None:
    if lo[cell] > hi[cell] + 1e-9:
        raise InputError(
            f"The counts contradict each other at {ids[cell]!r}: at least {lo[cell]:.0f} and at "
            f"most {hi[cell]:.0f}",
            expected="totals that are the sum of their parts",
            hint="Compare the totals of the table with its cells",
        )


def tighten_linear(
    lower: ArrayLike,
    upper: ArrayLike,
    matrix: ArrayLike,
    total: ArrayLike,
    *,
    slack: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Narrow bounds of whole numbers under any linear equations (tables that share cells).

    Parameters
    ----------
    lower, upper : array of shape (n,)
        Bounds before; `upper` may be infinite.
    matrix : array of shape (m, n)
        Coefficients of the equations.
    total : array of shape (m,)
        Their right-hand sides.
    slack : float or array of shape (m,)
        How far a printed total may be off (rounding).

    Returns
    -------
    numpy.ndarray
        Shape (n, 2): tightest lower and upper bound by linear programming (HiGHS), rounded inwards
        to whole numbers. It may be wider than the bound over whole numbers, never narrower.

    Raises
    ------
    InputError
        No numbers fulfil the equations.

    Examples
    --------
    >>> tighten_linear([0, 0, 0], [9, 9, 9], [[1, 1, 0], [0, 1, 1]], [4, 12]).astype(int).tolist()
    [[0, 1], [3, 4], [8, 9]]
    """
    from scipy.optimize import linprog

    lower, upper = np.asarray(lower, float), np.asarray(upper, float)
    factors, sums = (
        np.atleast_2d(np.asarray(matrix, float)),
        np.atleast_1d(np.asarray(total, float)),
    )
    width = np.broadcast_to(np.asarray(slack, float), sums.shape)
    rows = np.concatenate([factors, -factors])
    limits = np.concatenate([sums + width, width - sums])
    result = np.column_stack([lower, upper])
    box = list(zip(lower.tolist(), upper.tolist(), strict=True))
    touched = np.flatnonzero((factors != 0).any(axis=0) & (lower < upper))
    for cell in touched:
        for end, sign in ((0, 1.0), (1, -1.0)):
            goal = np.zeros(len(lower))
            goal[cell] = sign
            found = linprog(goal, A_ub=rows, b_ub=limits, bounds=box)
            if found.status == 2:
                raise InputError("The counts contradict each other: no numbers fulfil the totals")
            if found.fun is not None:
                result[cell, end] = sign * found.fun
    result[:, 0] = np.maximum(np.ceil(result[:, 0] - 1e-6), lower)
    result[:, 1] = np.minimum(np.floor(result[:, 1] + 1e-6), upper)
    return result
