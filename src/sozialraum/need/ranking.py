"""Ranks that say how sure they are.

A published rank looks certain and is not. A confidence set for the rank of an area counts the
areas that are larger, and those that are smaller, beyond chance (Mogstad, Romano, Shaikh &
Wilhelm 2024): with ``K`` areas certainly larger and ``L`` certainly smaller, the rank lies between
``1 + K`` and ``n − L``. "Certainly" is a family of one-sided tests of all ordered pairs, whose
joint critical value is drawn from the distribution of the estimates, and sharpened step by step.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.need.critical import Draws, decide_all, decide_one, pose, slices


def rank_confidence(
    estimate: pd.Series | ArrayLike,
    se: pd.Series | ArrayLike | None = None,
    coverage: float = 0.95,
    simultaneous: bool = True,
    stepdown: bool = True,
    draws: int = 20_000,
    seed: int = 0,
    *,
    covariance: ArrayLike | None = None,
    bounds: tuple[ArrayLike, ArrayLike] | None = None,
) -> pd.DataFrame:
    """Confidence sets for ranks; rank 1 is the largest estimate.

    Parameters
    ----------
    estimate : Series or array of shape (n,)
        What is ranked, in any unit. NaN keeps NaN and takes no part.
    se : Series or array of shape (n,)
        Standard errors in the unit of the estimate, of independent areas. A Series is aligned by
        its index. 0 means known exactly.
    coverage : float
        Probability that *all* true ranks lie in their sets (simultaneous), or that one area's
        rank lies in its set (marginal).
    simultaneous : bool
        False gives marginal sets: right for one area picked beforehand, too narrow for reading a
        whole table.
    stepdown : bool
        Drop the pairs that are decided and test the remaining ones again with their smaller
        critical value, until nothing changes. Never widens a set.
    draws : int
        Draws from the distribution of the estimates.
    seed : int
        The same seed gives the same sets, whatever the order of the rows.
    covariance : array of shape (n, n), optional
        Instead of ``se``: covariance matrix of the estimates, where areas are not independent.
    bounds : (lower, upper), arrays of shape (n,), optional
        Ends between which an estimate is known only (masked or derived figures). An area counts
        as larger when it is so at its lower end against the other's upper end; the sets are right
        wherever between its ends each estimate lies.

    Returns
    -------
    DataFrame, index of the estimate (or 0…n−1)
        ``rank`` (1 + number of larger estimates; equal estimates share one), ``lo`` (best rank
        of the set), ``hi`` (worst).

    Raises
    ------
    InputError
        If the lengths differ, a standard error is negative or missing where the estimate is
        known, or the covariance is not a symmetric positive semidefinite matrix.
    ValueError
        If neither or both of ``se`` and ``covariance`` are given, or coverage or draws make no
        sense.

    Notes
    -----
    The statistic of the ordered pair (j, k) is ``(x_j − x_k) / sd(x_j − x_k)``; the critical value
    is the ``coverage`` quantile of the largest centred statistic among all pairs (simultaneous)
    or among the pairs with one area (marginal). After a pair is decided, its reverse stays in
    the family: that a decision points in the wrong direction is an error, too.

    The maximum over all pairs needs only a few areas of each draw: by Cauchy and Schwarz a pair's
    statistic is at most ``sqrt(z_j² + z_k²)`` for independent areas, so areas with small ``|z|``
    cannot be part of the largest. The shortcut is exact; where it does not apply more areas are
    looked at.

    References
    ----------
    Mogstad, M., Romano, J. P., Shaikh, A. M. & Wilhelm, D. (2024), Inference for Ranks with
    Applications to Mobility across Neighbourhoods and Academic Achievement across Countries,
    Review of Economic Studies 91, 476–518.

    Examples
    --------
    >>> rank_confidence([5.0, 1.0, 4.9, np.nan], [0.3, 0.3, 0.3, 0.3])
       rank   lo   hi
    0   1.0  1.0  2.0
    1   3.0  3.0  3.0
    2   2.0  1.0  2.0
    3   NaN  NaN  NaN
    """
    if not 0 < coverage < 1 or draws < 1:
        raise ValueError("coverage must lie between 0 and 1, and draws must be positive")
    problem, at, index = pose(estimate, se, covariance, bounds)
    n = len(problem.estimate)
    sample = Draws(problem, draws, seed)
    if simultaneous:
        above = decide_all(problem, sample, coverage, stepdown)
        larger, smaller = above.sum(axis=0), above.sum(axis=1)
    else:
        rows = _each(n, lambda j: decide_one(problem, sample, j, coverage, stepdown), sample)
        order = np.reshape(rows, (n, n))
        larger, smaller = (order < 0).sum(axis=1), (order > 0).sum(axis=1)
    result = np.full((len(index), 3), np.nan)
    result[at, 0] = _ranks(problem.estimate)
    result[at, 1] = 1 + larger
    result[at, 2] = n - smaller
    return pd.DataFrame(result, columns=["rank", "lo", "hi"], index=index)


def top_probability(
    estimate: pd.Series | ArrayLike,
    se: pd.Series | ArrayLike | None = None,
    k: int = 10,
    draws: int = 20_000,
    seed: int = 0,
    *,
    covariance: ArrayLike | None = None,
) -> pd.Series:
    """Probability of belonging to the k largest, were the areas counted again.

    The share of draws from the normal distribution around the estimates in which the area is
    among the k largest. It is a plain-language companion of the rank set, not a test: with many
    areas of nearly equal need it can be small for all of them.

    Parameters
    ----------
    estimate, se, draws, seed, covariance
        As in `rank_confidence`.
    k : int
        Size of the top.

    Returns
    -------
    Series, index of the estimate
        Between 0 and 1; the values add up to k (or to the number of areas, if smaller). NaN
        where the estimate is missing.

    Raises
    ------
    InputError, ValueError
        As in `rank_confidence`; ValueError also if k is not positive.

    References
    ----------
    Goldstein, H. & Spiegelhalter, D. J. (1996), League tables and their limitations, JRSS A 159,
    385–443.

    Examples
    --------
    >>> top_probability([9.0, 5.0, 1.0], [0.1, 0.1, 0.1], k=2).tolist()
    [1.0, 1.0, 0.0]
    """
    if k < 1 or draws < 1:
        raise ValueError("k and draws must be positive")
    problem, at, index = pose(estimate, se, covariance)
    n = len(problem.estimate)
    result = np.full(len(index), np.nan)
    if n <= k:
        result[at] = 1.0
        return pd.Series(result, index=index)

    values = problem.draw(draws, seed)
    values += problem.estimate.astype(np.float32)
    hits = np.zeros(n, dtype=np.int64)
    for part in slices(draws, n):
        top = np.argpartition(values[part], n - k, axis=1)[:, n - k :]
        hits += np.bincount(top.ravel(), minlength=n)
    result[at] = hits / draws
    return pd.Series(result, index=index)


def top_sets(ranks: pd.DataFrame, k: int) -> pd.DataFrame:
    """Areas that are certainly, and those that are possibly, among the k largest.

    Parameters
    ----------
    ranks : DataFrame
        From `rank_confidence`; with simultaneous sets both statements hold for all areas
        together with the coverage of the sets.
    k : int
        Size of the top.

    Returns
    -------
    DataFrame of bool, same index
        ``certain`` (the whole set lies within the first k), ``possible`` (some of it does). An
        area without a rank is in neither.

    References
    ----------
    Mogstad et al. (2024), section on the τ-best.

    Examples
    --------
    >>> sets = pd.DataFrame({"rank": [1.0, 2.0, 3.0], "lo": [1.0, 1.0, 3.0], "hi": [2.0, 3.0, 3.0]})
    >>> top_sets(sets, 2)
       certain  possible
    0     True      True
    1    False      True
    2    False     False
    """
    return pd.DataFrame({"certain": ranks["hi"] <= k, "possible": ranks["lo"] <= k})


def _each(n: int, decide: Callable[[int], np.ndarray], sample: Draws) -> list[np.ndarray]:
    """Every area on its own, on two cores where there are many; the order does not matter."""
    if n <= 100:
        return [decide(j) for j in range(n)]
    from concurrent.futures import ThreadPoolExecutor

    _ = sample.columns, sample.outermost  # shared, computed once
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(decide, range(n)))


def _ranks(values: np.ndarray) -> np.ndarray:
    """1 + number of larger values."""
    ordered = np.sort(values)
    return 1 + len(values) - np.searchsorted(ordered, values, side="right")
