"""Concentrations over time: emerging, persistent, vanishing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.concentration.autocorrelation import getis_ord
from sozialraum.concentration.graph import as_csr
from sozialraum.concentration.wording import EMERGING, NONE, OPEN, PERSISTENT, VANISHING
from sozialraum.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def concentration_change(
    before: pd.Series,
    after: pd.Series,
    graph: Any,
    *,
    members: tuple[ArrayLike, ArrayLike] | None = None,
    permutations: int = 9_999,
    seed: int = 0,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """What became of concentrations between two editions of the same areas.

    An area is in a concentration at one time where Gi* (the area with its neighbours) is high at a
    false discovery rate of `alpha`, or where `members` says so. Crossing a threshold is no change
    yet: a concentration emerges or vanishes only where, in addition, Gi* of the change itself is
    high (low) at the same false discovery rate. Since Gi* compares with the mean over all areas, a
    change that the whole city shares counts for nothing.

    Parameters
    ----------
    before, after : pandas.Series, same index
        Shares of recipients at the two times, fractions above 0 and below 1. An area that is
        unknown at either time has no status and no influence on the change.
    graph : scipy CSR matrix or libpysal Graph
        Neighbours, in the order of the index.
    members : pair of boolean arrays of shape (n,), optional
        Areas in a concentration before and after, for instance found by `scan`.
    permutations, seed, alpha
        As in `local_moran`.

    Returns
    -------
    pandas.DataFrame
        Index of `before`: `before`, `after` (bool: in a concentration), `change` (of the share, in
        fractions), `z` (Gi* of the change on the logit scale, so that small and large shares are
        treated alike), `p`, `q` (false discovery rate), `status`: 'beständig' (at both times),
        'entstehend', 'vergehend', 'nicht gesichert' (at one time only, without a significant
        change), 'keine', or None where a share is unknown.

    Raises
    ------
    InputError
        Indexes that differ.

    Examples
    --------
    >>> from sozialraum.concentration import k_nearest
    >>> xy = [[x, y] for x in range(12) for y in range(12)]
    >>> base = pd.Series([0.10 + 0.01 * ((3 * x + 5 * y) % 7) for x, y in xy])
    >>> later = base + [0.2 if x < 3 and y < 3 else 0 for x, y in xy]
    >>> concentration_change(base, later, k_nearest(xy, 8))["status"].iloc[0]
    'entstehend'
    """
    if not before.index.equals(after.index):
        raise InputError("The two editions have different areas", hint="Convert one of them first")
    csr = as_csr(graph, len(before))
    first, second = before.astype(float), after.astype(float)
    known = (first.notna() & second.notna()).to_numpy()
    if members is None:
        held = [_high(share, csr, permutations, seed, alpha) for share in (first, second)]
    else:
        held = [np.asarray(m, dtype=bool) for m in members]
    rise = (_logit(second) - _logit(first)).where(known)
    moved = getis_ord(rise, csr, permutations, seed, alpha=alpha)
    frame = pd.DataFrame(index=before.index)
    frame["before"], frame["after"] = held
    frame["change"] = (second - first).where(known)
    frame["z"], frame["p"], frame["q"] = moved["statistic"], moved["p"], moved["q"]
    up = (moved["significant"] & (moved["statistic"] > 0)).to_numpy()
    down = (moved["significant"] & (moved["statistic"] < 0)).to_numpy()
    was, now = held
    status = np.select(
        [was & now, now & up, was & down, was | now],
        [PERSISTENT, EMERGING, VANISHING, OPEN],
        NONE,
    ).astype(object)
    status[~known] = None
    frame["status"] = pd.Series(status, index=before.index, dtype=object)
    return frame


def _high(share: pd.Series, graph: Any, permutations: int, seed: int, alpha: float) -> np.ndarray:
    found = getis_ord(share, graph, permutations, seed, alpha=alpha)
    return (found["significant"] & (found["quadrant"] == "hoch")).to_numpy()


def _logit(share: pd.Series) -> pd.Series:
    inside = share.clip(1e-4, 1 - 1e-4)
    return pd.Series(np.log(inside / (1 - inside)), index=share.index)
