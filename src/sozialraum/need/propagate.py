"""How uncertain a composite index is: from persons to indicators to the index.

The numerators of the indicators are persons, and the same person can be in more than one of
them: the children of S4 are part of S3, the unemployed of S1 are not. Those relations are kept
as covariances. People receive benefits as households, therefore everything is multiplied by a
design effect (see `sozialraum.need.rates` for what it means to treat a register as a draw).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sozialraum.need.composite import Recipe, fit
from sozialraum.need.status import valid_areas, zscore

Pairs = Sequence[tuple[str, str]]


def indicator_covariance(
    percent: pd.DataFrame,
    bases: pd.DataFrame,
    *,
    design_effect: float = 1.0,
    nested: Pairs = (("S4", "S3"),),
    disjoint: Pairs = (("S1", "S3"),),
) -> np.ndarray:
    """Covariance of the indicators of each area.

    Persons are independent Bernoulli draws within an area, each in its own base; then everything
    is multiplied by the design effect. With numerators ``N``, bases ``B`` and shares ``p``:

    - ``Var(N_a) = B_a p_a (1 − p_a)``, with ``p = (N + 2) / (B + 4)`` (Agresti & Coull 1998), so
      that a count of 0 is not taken as certain;
    - nested, a within b (children on benefits within all recipients):
      ``Cov(N_a, N_b) = Var(N_a)`` and ``Var(N_b) = Var(N_a) + (B_b − B_a) q (1 − q)``, where
      ``q = (N_b − N_a) / (B_b − B_a)`` is the share among those outside the smaller base;
    - disjoint, a or b but never both (unemployed and not unemployed recipients):
      ``Cov(N_a, N_b) = −N_a q``;
    - all others: 0. S2 and S4 overlap to an unknown degree and are treated so.

    Parameters
    ----------
    percent : DataFrame, index area_id
        Indicators in percent.
    bases : DataFrame, same index, same columns
        Persons each indicator refers to.
    design_effect : float
        Variance relative to independent persons.
    nested, disjoint : sequences of (a, b)
        Pairs of column names; a pair with a column that is not there is ignored.

    Returns
    -------
    array of shape (n, k, k)
        In squared percentage points; NaN where an indicator or its base is missing or empty.

    Examples
    --------
    >>> share = pd.DataFrame({"S3": [10.0], "S4": [20.0]})
    >>> people = pd.DataFrame({"S3": [4000.0], "S4": [600.0]})
    >>> indicator_covariance(share, people).round(3).tolist()
    [[[0.222, 0.403], [0.403, 2.686]]]
    """
    names = list(percent.columns)
    base = bases.reindex(index=percent.index, columns=names).astype(float)
    base = base.where(base > 0)
    count = percent * base / 100
    rate = (count + 2) / (base + 4)
    variance = base * rate * (1 - rate)
    outside = {name: rate[name] for name in names}  # share among those outside a nested base
    covariance = np.zeros((len(percent), len(names), len(names)))
    at = {name: i for i, name in enumerate(names)}
    for a, b in nested:
        if a in at and b in at:
            rest = (base[b] - base[a]).clip(lower=1)
            q = (((count[b] - count[a]).clip(lower=0) + 2) / (rest + 4)).clip(upper=1)
            outside[b] = q
            variance[b] = variance[a] + rest * q * (1 - q)
            covariance[:, at[a], at[b]] = covariance[:, at[b], at[a]] = variance[a]
    for a, b in disjoint:
        if a in at and b in at:
            covariance[:, at[a], at[b]] = covariance[:, at[b], at[a]] = -count[a] * outside[b]
    diagonal = np.arange(len(names))
    covariance[:, diagonal, diagonal] = variance.to_numpy()
    per_person = 100 / base.to_numpy()
    return design_effect * covariance * per_person[:, :, None] * per_person[:, None, :]


def change_covariance(
    current: np.ndarray, previous: np.ndarray, *, persistence: float = 0.0
) -> np.ndarray:
    """Covariance of the change between two editions.

    Parameters
    ----------
    current, previous : arrays of shape (n, k, k)
        From `indicator_covariance`.
    persistence : float
        Correlation between the same indicator's deviations in both editions, 0..1. Many people
        are in both counts, which makes a change *less* uncertain than two independent counts;
        how much less cannot be read from published shares. 0 is the cautious reading.

    Returns
    -------
    array of shape (n, k, k)
        ``C + P − r · (√C∘√P)`` with variances ``c + p − 2 r √(c p)`` on the diagonal.

    Examples
    --------
    >>> change_covariance(np.full((1, 1, 1), 4.0), np.full((1, 1, 1), 9.0)).item()
    13.0
    >>> change_covariance(np.full((1, 1, 1), 4.0), np.full((1, 1, 1), 9.0), persistence=0.5).item()
    7.0
    """
    if persistence == 0:
        return current + previous
    deviation = np.sqrt(np.diagonal(current, axis1=1, axis2=2))
    before = np.sqrt(np.diagonal(previous, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = before / deviation
    cross = persistence * current * scale[:, None, :]
    return current + previous - cross - np.swapaxes(cross, 1, 2)


def index_weights(
    values: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.Series:
    """Points of the index per unit of each indicator (MSS rule).

    Parameters
    ----------
    values : DataFrame, index area_id
        What the index is computed from (indicators, or changes).
    excluded : boolean Series or array, optional
        As in `sozialraum.need.status_index`.

    Returns
    -------
    Series, index the columns of ``values``
        ``1 / (σ_i σ_sum)``: how many points one more unit of the indicator adds while means and
        deviations of the city are held. 0 for an indicator without variation.

    Examples
    --------
    >>> index_weights(pd.DataFrame({"S1": [1.0, 2.0, 3.0]})).round(4).to_dict()
    {'S1': 1.2247}
    """
    valid = valid_areas(values, excluded).to_numpy()
    figures = values.to_numpy(dtype=float)[valid]
    deviation = figures.std(axis=0)
    total = zscore(figures).sum(axis=1).std()
    with np.errstate(divide="ignore"):
        weight = np.where(deviation > 0, 1 / deviation, 0.0) / (total if total > 0 else np.inf)
    return pd.Series(weight, index=values.columns)


def index_error(
    values: pd.DataFrame,
    covariance: np.ndarray,
    excluded: pd.Series | Sequence[bool] | None = None,
) -> pd.Series:
    """Standard error of a status or dynamics index, by propagation.

    ``sqrt(g' C g)`` with ``g`` from `index_weights`. Means and deviations of the city are held:
    what one area's draw does to them is of order 1/n.

    Parameters
    ----------
    values : DataFrame, index area_id
        What the index is computed from.
    covariance : array of shape (n, k, k)
        Of the columns of ``values`` in each area, in their squared unit.
    excluded : boolean Series or array, optional
        As in `sozialraum.need.status_index`.

    Returns
    -------
    Series, same index
        In points of the index. NaN for areas without an index; where no covariance is known.

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [2.0, 4.0, 6.0]}, index=["a", "b", "c"])
    >>> index_error(table, np.full((3, 1, 1), 0.25)).round(4).tolist()
    [0.3062, 0.3062, 0.3062]
    """
    valid = valid_areas(values, excluded)
    weight = index_weights(values, excluded).to_numpy()
    spread = np.einsum("i,nij,j->n", weight, covariance, weight)
    return pd.Series(np.sqrt(spread.clip(min=0)), index=values.index).where(valid)


def composite_error(
    values: pd.DataFrame,
    covariance: np.ndarray,
    recipe: Recipe,
    excluded: pd.Series | Sequence[bool] | None = None,
    *,
    draws: int = 400,
    seed: int = 0,
) -> pd.Series:
    """Standard error of a composite index: by propagation, or by simulation where it has steps.

    With means, ranges and orders of the city held, ``sqrt(g' C g)`` with the gradient ``g`` of
    the index in each area. Ranks (percentile, exponential) have no gradient: there the deviation
    of the index over ``draws`` normal draws around the indicators is taken.

    Parameters
    ----------
    values, covariance, excluded
        As in `index_error`.
    recipe : Recipe
    draws : int
        Draws per area; 400 give the error within about 4 %.
    seed : int

    Returns
    -------
    Series, same index
        In points of the index. NaN for areas without an index; where no covariance is known.

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [2.0, 4.0, 6.0]}, index=["a", "b", "c"])
    >>> composite_error(table, np.full((3, 1, 1), 0.25), Recipe(normalise="minmax")).tolist()
    [12.5, 12.5, 12.5]
    """
    valid = valid_areas(values, excluded).to_numpy()
    figures, spread = values.to_numpy(dtype=float)[valid], covariance[valid]
    fitted = fit(values[valid], recipe)
    if fitted.smooth:
        slope = fitted.gradient(figures)
        error = np.sqrt(np.einsum("ni,nij,nj->n", slope, spread, slope).clip(min=0))
    else:
        known = np.isfinite(spread).all(axis=(1, 2))
        eigenvalue, vector = np.linalg.eigh(np.where(known[:, None, None], spread, 0.0))
        factor = vector * np.sqrt(eigenvalue.clip(min=0))[:, None, :]
        normal = np.random.default_rng(seed).standard_normal((draws, *figures.shape))
        drawn = figures + np.einsum("nij,dnj->dni", factor, normal)
        index = fitted.index(drawn.reshape(-1, figures.shape[1])).reshape(draws, -1)
        error = np.where(known, index.std(axis=0), np.nan)
    return pd.Series(error, index=values.index[valid]).reindex(values.index)


def threshold_distance(
    index: pd.Series, se: pd.Series, thresholds: Sequence[float]
) -> pd.DataFrame:
    """How close an index is to the nearest threshold of its class.

    Parameters
    ----------
    index, se : Series, same index
        Index and its standard error.
    thresholds : sequence of float
        (−1, 1) for dynamics, (−1, 1, 1.5) for status.

    Returns
    -------
    DataFrame, same index
        ``threshold`` (the nearest one), ``distance`` (index − threshold), ``in_errors``
        (distance in standard errors, ≥ 0). Below 1.96 the class could well be another one.

    Examples
    --------
    >>> threshold_distance(pd.Series([1.2]), pd.Series([0.5]), (-1, 1)).round(3).iloc[0].tolist()
    [1.0, 0.2, 0.4]
    """
    gap = index.to_numpy()[:, None] - np.asarray(thresholds, dtype=float)
    nearest = np.abs(np.nan_to_num(gap)).argmin(axis=1)
    distance = pd.Series(gap[np.arange(len(gap)), nearest], index=index.index)
    threshold = pd.Series(np.asarray(thresholds, dtype=float)[nearest], index=index.index)
    return pd.DataFrame(
        {
            "threshold": threshold.where(index.notna()),
            "distance": distance,
            "in_errors": distance.abs() / se.where(se > 0),
        }
    )
