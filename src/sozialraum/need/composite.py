"""Composite indices by their published formulas, for places that have no MSS.

An index is a chain of choices: direction, treatment of outliers, normalisation, weights,
aggregation. Each is one function here, and `composite_index` runs the chain from a
`Recipe`. Recipes of known indices:

- English Index of Multiple Deprivation 2019 and WIMD: domains as exponentially transformed ranks,
  added with weights (`normalise="exponential"`, `scale=23`);
- CDC Social Vulnerability Index: percentile ranks, added, ranked again (`normalise="percentile"`);
- OECD/JRC handbook as COINr does it: winsorised, min-max to 0..100, arithmetic or geometric mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.need.status import zscore

Normalise = Literal["z", "minmax", "percentile", "exponential", "none"]
Aggregate = Literal["arithmetic", "geometric"]


@dataclass(frozen=True)
class Recipe:
    """The choices behind a composite index.

    Attributes
    ----------
    direction : mapping
        Column -> 1 (larger = greater need) or −1; columns not named count as 1.
    winsorise : int
        Largest number of values per indicator that may be pulled in as outliers; 0: none.
    normalise : {"z", "minmax", "percentile", "exponential", "none"}
        How indicators are made comparable.
    weights : mapping
        Column -> weight; they are divided by their sum. Empty: equal weights.
    aggregate : {"arithmetic", "geometric"}
        Weighted mean, or weighted geometric mean (a low value is compensated less; values must
        be positive).
    scale : float
        Constant of the exponential transformation.
    floor : float
        Smallest value of min-max scores (COINr uses 1 for geometric means).
    """

    direction: Mapping[str, int] = field(default_factory=dict)
    winsorise: int = 0
    normalise: Normalise = "z"
    weights: Mapping[str, float] = field(default_factory=dict)
    aggregate: Aggregate = "arithmetic"
    scale: float = 23.0
    floor: float = 0.0


def composite_index(indicators: pd.DataFrame, recipe: Recipe | None = None) -> pd.DataFrame:
    """A composite index by the choices of a recipe.

    Parameters
    ----------
    indicators : DataFrame, index area_id
        One column per indicator (or, for a second level, per domain).
    recipe : Recipe, optional
        Default: z-scores, equal weights, arithmetic mean.

    Returns
    -------
    DataFrame, same index
        ``index`` (larger = greater need) and ``rank`` (1 = greatest need, equal values share
        one). An area that misses any indicator gets NaN and does not enter the normalisation.

    Raises
    ------
    StudyError
        If a recipe names a column that is not there, weights are negative or add up to 0, a
        direction is neither 1 nor −1, or a geometric mean meets values that are not positive.

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators. McLennan, D. et al. (2019),
    The English Indices of Deprivation 2019, technical report. Flanagan, B. E. et al. (2011), A
    Social Vulnerability Index for Disaster Management. Becker, W. et al. (2022), COINr, JOSS 7(78).

    Examples
    --------
    >>> table = pd.DataFrame({"income": [900.0, 700.0, 500.0], "jobless": [2.0, 9.0, 8.0]})
    >>> recipe = Recipe(direction={"income": -1}, normalise="percentile")
    >>> composite_index(table, recipe)
       index  rank
    0   0.00   3.0
    1   0.75   1.0
    2   0.75   1.0
    """
    recipe = recipe or Recipe()
    names = list(indicators.columns)
    for what in (recipe.direction, recipe.weights):
        unknown = sorted(set(what) - set(names))
        if unknown:
            raise StudyError(
                f"the recipe of the index names {unknown}, which no indicator is called",
                expected=f"columns {names}",
            )
    if any(d not in (1, -1) for d in recipe.direction.values()):
        raise StudyError("a direction is neither 1 nor -1", where="direction")
    valid = indicators.notna().all(axis=1)
    values = indicators.loc[valid].astype(float) * pd.Series(
        {n: recipe.direction.get(n, 1) for n in names}, dtype=float
    )
    scores = normalised(winsorised(values, recipe.winsorise), recipe)
    weight = np.array([float(recipe.weights.get(n, 0 if recipe.weights else 1)) for n in names])
    if (weight < 0).any() or weight.sum() <= 0:
        raise StudyError("weights must not be negative, nor all 0", where="weights")
    index = aggregated(scores.to_numpy(), weight / weight.sum(), recipe.aggregate)
    result = pd.Series(index, index=values.index).reindex(indicators.index)
    return pd.DataFrame({"index": result, "rank": result.rank(ascending=False, method="min")})


def winsorised(values: pd.DataFrame, most: int) -> pd.DataFrame:
    """Pull in outliers until an indicator is no longer badly skewed (OECD/JRC).

    While |skewness| > 2 and kurtosis > 3.5, the most extreme value on the skewed side takes the
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


def normalised(values: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Indicators on a common scale.

    - *z*: ``(x − mean) / population standard deviation``;
    - *minmax*: ``floor + (100 − floor) · (x − min) / (max − min)``;
    - *percentile*: ``(rank − 1) / (n − 1)``, equal values share the lowest rank (SVI);
    - *exponential*: ``E = −s · ln(1 − R · (1 − exp(−100 / s)))`` with ``R = rank / n`` and rank n
      the greatest need, ``s = 23``: the most deprived tenth gets scores from 50 to 100, so that
      little need in one domain cancels out much less (IMD 2019, WIMD);
    - *none*: as they are.

    Parameters
    ----------
    values : DataFrame
        Complete values, larger = greater need.
    recipe : Recipe
        ``normalise``, ``scale`` and ``floor`` are used.

    Returns
    -------
    DataFrame, same shape
        A column without variation is 0 (z), ``floor`` (minmax) or one equal rank for all.

    Examples
    --------
    >>> x = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    >>> normalised(x, Recipe(normalise="exponential"))["x"].round(2).tolist()
    [6.52, 15.65, 31.01, 100.0]
    """
    n = len(values)
    if recipe.normalise == "z":
        scores = zscore(values.to_numpy()) if n else values.to_numpy()
        return pd.DataFrame(scores, index=values.index, columns=values.columns)
    if recipe.normalise == "minmax":
        width = values.max() - values.min()
        unit = (values - values.min()) / width.where(width > 0, 1)
        return recipe.floor + (100 - recipe.floor) * unit
    if recipe.normalise == "percentile":
        return (values.rank(method="min") - 1) / max(n - 1, 1)
    if recipe.normalise == "exponential":
        share = values.rank(method="average") / n
        return -recipe.scale * np.log(1 - share * (1 - np.exp(-100 / recipe.scale)))
    return values


def aggregated(scores: np.ndarray, weight: np.ndarray, how: Aggregate) -> np.ndarray:
    """Weighted mean over the columns.

    Parameters
    ----------
    scores : array of shape (n, k)
    weight : array of shape (k,), adds up to 1
    how : {"arithmetic", "geometric"}
        ``Σ w x`` or ``Π x^w``.

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
    if how == "arithmetic":
        return scores @ weight
    if (scores <= 0).any():
        raise StudyError(
            "a geometric mean needs positive scores",
            where="aggregate",
            hint="Normalise with minmax and a floor above 0",
        )
    return np.exp(np.log(scores) @ weight)
