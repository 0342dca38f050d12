"""Single steps of a composite index: outliers, common scales, weighted means."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError

Normalise = Literal["z", "minmax", "percentile", "exponential", "none"]
Aggregate = Literal["arithmetic", "geometric", "sum"]


def winsorised(values: pd.DataFrame, most: int) -> pd.DataFrame:
    """Pull in outliers until an indicator is no longer badly skewed (OECD/JRC).

    While ``|skewness|`` > 2 and kurtosis > 3.5, the most extreme value on the skewed side takes the
    next value's place, at most ``most`` times per indicator. Skewness and excess kurtosis are
    the bias-corrected ones (G1, G2).

    Parameters
    ----------
    values : DataFrame
        Complete values.
    most : int
        Largest number of values that are pulled in; 0 returns the values as they are.

    Returns
    -------
    DataFrame, same shape

    Examples
    --------
    >>> winsorised(pd.DataFrame({"x": [1.0, 2, 3, 2, 1, 2, 3, 90]}), 1)["x"].tolist()
    [1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 3.0]
    """
    result = values.copy()
    for column in values if most > 0 else []:
        x = result[column]
        for _ in range(most):
            skewness, kurtosis = x.agg(["skew", "kurt"]).to_numpy(dtype=float)
            if not (abs(skewness) > 2 and kurtosis > 3.5):
                break
            end = x.max() if skewness > 0 else x.min()
            rest = x[x != end]
            x = x.where(x != end, rest.max() if skewness > 0 else rest.min())
        result[column] = x
    return result


def scaled(
    values: np.ndarray, city: np.ndarray, how: Normalise, *, scale: float = 23.0, floor: float = 0.0
) -> np.ndarray:
    """Values on the scale that a city's values give.

    Parameters
    ----------
    values : array of shape (m, k)
        Larger = greater need.
    city : array of shape (n, k)
        Complete values of the areas that means, ranges and orders are taken from.
    how : {"z", "minmax", "percentile", "exponential", "none"}
        See `sozialraum.need.composite.normalised` for the formulas.
    scale, floor : float
        Constant of the exponential transformation; smallest min-max score.

    Returns
    -------
    array of shape (m, k)

    Examples
    --------
    >>> city = np.array([[1.0], [2.0], [5.0]])
    >>> scaled(np.array([[3.0]]), city, "minmax").item()
    50.0
    """
    n = len(city)
    if how == "none" or not n:
        return values
    if how == "z":
        mean, deviation = city.mean(axis=0), city.std(axis=0)
        noise = 1e-12 * np.abs(city).max(axis=0)  # rounding of a constant
        return (values - mean) / np.where(deviation > noise, deviation, np.inf)
    if how == "minmax":
        low, width = city.min(axis=0), np.ptp(city, axis=0)
        return floor + (100 - floor) * (values - low) / np.where(width > 0, width, 1)
    result = np.empty_like(values)
    for k in range(city.shape[1]):
        ordered = np.sort(city[:, k])
        below = np.searchsorted(ordered, values[:, k], side="left")
        if how == "percentile":
            result[:, k] = np.minimum(below / max(n - 1, 1), 1.0)
            continue
        equal = np.searchsorted(ordered, values[:, k], side="right") - below
        share = np.minimum((below + (equal + 1) / 2) / n, 1.0)  # equal values share a mean rank
        result[:, k] = -scale * np.log(1 - share * (1 - np.exp(-100 / scale)))
    return result


def aggregated(scores: np.ndarray, weight: np.ndarray, how: Aggregate) -> np.ndarray:
    """Weighted mean, or sum, over the columns.

    Parameters
    ----------
    scores : array of shape (n, k)
    weight : array of shape (k,)
        Adds up to 1 for a mean.
    how : {"arithmetic", "geometric", "sum"}
        ``Σ w x`` (mean and sum) or ``Π x^w``.

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    StudyError
        If a geometric mean meets values that are not positive.

    Examples
    --------
    >>> aggregated(np.array([[1.0, 100.0]]), np.array([0.5, 0.5]), "geometric").round(6).tolist()
    [10.0]
    """
    if how != "geometric":
        return scores @ weight
    if (scores <= 0).any():
        raise StudyError(
            "a geometric mean needs positive scores",
            where="aggregate",
            hint="Normalise with minmax and a floor above 0",
        )
    return np.exp(np.log(scores) @ weight)
