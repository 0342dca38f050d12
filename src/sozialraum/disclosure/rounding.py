"""Controlled rounding: every count to a neighbouring multiple, and tables still add up.

An alternative to suppression where readers need a number in every cell. Each count becomes the
multiple of the base below or above it, a count that is a multiple stays, and totals are the sums of
their rounded parts (zero-restricted controlled rounding, Cox and Ernst 1982, INFOR 20). A reader
learns no more than that a count lies less than one base away from what is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import DisclosureError

WIDEST = 3
"""Multiples of the base a count may be moved where its nearest ones do not add up."""


def round_controlled(
    counts: pd.Series, sums: Sequence[tuple[str, Sequence[str]]], *, base: int = 10
) -> pd.Series:
    """Round counts so that all totals are the sums of their rounded parts.

    Parameters
    ----------
    counts : pandas.Series
        Whole counts of all cells, totals among them, index unique; NaN is left out and stays.
    sums : sequence of (total, parts)
        Which cells add up to which, in any number of tables that share cells; sums with a missing
        cell are not kept.
    base : int
        Multiples of it are printed.

    Returns
    -------
    pandas.Series
        Same index; the least sum of absolute changes that is possible (HiGHS).

    Raises
    ------
    DisclosureError
        The totals are not the sums of their parts, or tables of three dimensions leave no way.

    Examples
    --------
    >>> counts = pd.Series({"a": 2, "b": 13, "c": 27, "all": 42})
    >>> round_controlled(counts, [("all", ["a", "b", "c"])]).astype(int).to_dict()
    {'a': 0, 'b': 10, 'c': 30, 'all': 40}
    """
    known = counts.dropna().astype(float)
    at = {cell: k for k, cell in enumerate(known.index)}
    kept = [(t, list(p)) for t, p in sums if t in at and all(c in at for c in p)]
    for total, parts in kept:
        if abs(known[total] - known[parts].sum()) > 1e-6:
            raise DisclosureError(
                f"The total {total!r} is not the sum of its parts",
                expected="counts that add up before they are rounded",
            )
    steps = known.to_numpy() / base
    for reach in range(1, WIDEST + 1):
        found = _nearest(steps, [(at[t], [at[c] for c in p]) for t, p in kept], reach)
        if found is not None:
            rounded = pd.Series(found * base, index=known.index)
            return rounded.reindex(counts.index)
    raise DisclosureError("The tables cannot be rounded so that they add up")


def _nearest(steps: np.ndarray, sums: list[tuple[int, list[int]]], reach: int) -> np.ndarray | None:
    """Whole steps with the least change; None where `reach` multiples do not suffice."""
    import highspy

    low, high = np.floor(steps - (reach - 1)), np.ceil(steps + (reach - 1))
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    for k, step in enumerate(steps):
        solver.addVar(max(low[k], 0.0), high[k])
        solver.changeColIntegrality(2 * k, highspy.HighsVarType.kInteger)
        solver.addVar(0.0, np.inf)
        solver.changeColCost(2 * k + 1, 1.0)
        pair = np.array([2 * k, 2 * k + 1], np.int32)
        solver.addRow(-step, np.inf, 2, pair, np.array([-1.0, 1.0]))
        solver.addRow(step, np.inf, 2, pair, np.array([1.0, 1.0]))
    for total, parts in sums:
        index = np.array([2 * total, *(2 * p for p in parts)], np.int32)
        solver.addRow(0.0, 0.0, len(index), index, np.array([-1.0, *([1.0] * len(parts))]))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.rint(np.array(solver.getSolution().col_value)[::2])
