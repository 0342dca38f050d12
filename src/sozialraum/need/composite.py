"""Composite indices by their published formulas, for places that have no MSS.

An index is a chain of choices: direction, treatment of outliers, normalisation, weights,
aggregation. Each is one function here, and `composite_index` runs the chain from a
`Recipe`. Recipes of known indices:

- English Index of Multiple Deprivation 2019 and WIMD: domains as exponentially transformed ranks,
  added with weights (`normalise="exponential"`, `scale=23`);
- CDC Social Vulnerability Index: percentile ranks, added, ranked again
  (`normalise="percentile"`, `aggregate="sum"`, `result="percentile"`);
- OECD/JRC handbook as COINr does it: winsorised, min-max to 0..100, arithmetic or geometric mean;
  levels above the indicators are `groups`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.need.scaling import Aggregate, Normalise, aggregated, scaled, winsorised
from sozialraum.need.status import valid_areas


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
        Column -> weight; a mean divides them by their sum. Empty: equal weights.
    aggregate : {"arithmetic", "geometric", "sum"}
        Weighted mean; weighted geometric mean (a low value is compensated less; values must be
        positive); weighted sum.
    scale : float
        Constant of the exponential transformation.
    floor : float
        Smallest value of min-max scores (COINr uses 1 for geometric means).
    groups : mapping
        Name -> recipe of a domain, whose `columns` are its indicators. The index is then made
        of the groups, and of those columns that are in none; direction, weights and
        normalisation of this recipe refer to them.
    columns : tuple of str
        Indicators of a group; empty: all.
    result : {"score", "percentile"}
        Whether the index is the score itself or its percentile rank (SVI).
    """

    direction: Mapping[str, int] = field(default_factory=dict)
    winsorise: int = 0
    normalise: Normalise = "z"
    weights: Mapping[str, float] = field(default_factory=dict)
    aggregate: Aggregate = "arithmetic"
    scale: float = 23.0
    floor: float = 0.0
    groups: Mapping[str, Recipe] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    result: Literal["score", "percentile"] = "score"

    def without(self, part: str) -> Recipe:
        """The recipe without a group, or without a column that is in no group."""
        return replace(
            self,
            direction={k: v for k, v in self.direction.items() if k != part},
            weights={k: v for k, v in self.weights.items() if k != part},
            groups={k: v for k, v in self.groups.items() if k != part},
        )


def composite_index(
    indicators: pd.DataFrame,
    recipe: Recipe | None = None,
    excluded: pd.Series | None = None,
) -> pd.DataFrame:
    """A composite index by the choices of a recipe.

    Parameters
    ----------
    indicators : DataFrame, index area_id
        One column per indicator, in any unit.
    recipe : Recipe, optional
        Default: z-scores, equal weights, arithmetic mean.
    excluded : boolean Series, optional
        True leaves the area out before anything is computed.

    Returns
    -------
    DataFrame, same index
        ``index`` (larger = greater need) and ``rank`` (1 = greatest need, equal values share
        one). An area that is left out or misses any indicator gets NaN and does not enter the
        normalisation.

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
    valid = valid_areas(indicators, excluded)
    fitted = fit(indicators[valid], recipe or Recipe())
    index = pd.Series(
        fitted.index(indicators[valid].to_numpy(float)), index=indicators.index[valid]
    )
    index = index.reindex(indicators.index)
    # ten digits: the order in which scores are added must not decide between equal areas
    rank = index.round(10).rank(ascending=False, method="min")
    return pd.DataFrame({"index": index, "rank": rank})


@dataclass(frozen=True)
class Fitted:
    """A recipe with what it took from a city: means, ranges, orders of the valid areas.

    With all of that held, it gives the index of any other value of an area: at the other end of
    a masked figure, or in a draw around the published one.
    """

    recipe: Recipe
    names: tuple[str, ...]  # parts: groups, and columns that are in none
    places: tuple[tuple[int, ...], ...]  # columns of the values that belong to each part
    groups: tuple[Fitted | None, ...]
    sign: np.ndarray  # (k,)
    reference: np.ndarray  # (n, k) parts of the city, directed and winsorised
    weight: np.ndarray  # (k,)
    order: np.ndarray  # (n,) sorted scores of the city, for a percentile rank

    def parts(self, values: np.ndarray) -> np.ndarray:
        """Groups and single columns, directed, (m, k), of indicators (m, columns)."""
        columns = [
            values[:, place[0]] if group is None else group.index(values[:, list(place)])
            for place, group in zip(self.places, self.groups, strict=True)
        ]
        return np.column_stack(columns) * self.sign

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Parts on their common scale, (m, k)."""
        parts = self.parts(values)
        if len(self.reference) and (self.recipe.winsorise or self.recipe.aggregate == "geometric"):
            low, high = self.reference.min(axis=0), self.reference.max(axis=0)
            parts = np.clip(parts, low, high)
        return self._scaled(parts)

    def _scaled(self, parts: np.ndarray) -> np.ndarray:
        how = self.recipe
        return scaled(parts, self.reference, how.normalise, scale=how.scale, floor=how.floor)

    def score(self, values: np.ndarray) -> np.ndarray:
        """Aggregated scores, (m,)."""
        return aggregated(self.scores(values), self.weight, self.recipe.aggregate)

    def index(self, values: np.ndarray) -> np.ndarray:
        """Index, (m,)."""
        score = self.score(values)
        if self.recipe.result == "score":
            return score
        below = np.searchsorted(self.order, score.round(10), side="left")
        return np.minimum(below / max(len(self.order) - 1, 1), 1.0)

    @property
    def smooth(self) -> bool:
        """Whether a small change of an indicator changes the index a little."""
        ranks = self.recipe.normalise in ("percentile", "exponential")
        inner = all(g is None or g.smooth for g in self.groups)
        return not ranks and inner and self.recipe.result == "score"

    def gradient(self, values: np.ndarray) -> np.ndarray:
        """Points of the index per unit of each indicator, (m, columns); smooth recipes only.

        A value that was pulled in as an outlier keeps the slope: it is not known more exactly.
        """
        slope = np.ones(len(self.weight))
        if self.recipe.normalise == "z":
            deviation = self.reference.std(axis=0)
            slope = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
        elif self.recipe.normalise == "minmax":
            width = np.ptp(self.reference, axis=0)
            slope = (100 - self.recipe.floor) / np.where(width > 0, width, np.inf)
        outer = np.tile(self.weight * slope * self.sign, (len(values), 1))
        if self.recipe.aggregate == "geometric":
            scores = self.scores(values)
            outer *= self.score(values)[:, None] / scores
        result = np.zeros_like(values)
        for k, (place, group) in enumerate(zip(self.places, self.groups, strict=True)):
            inner = 1.0 if group is None else group.gradient(values[:, list(place)])
            result[:, list(place)] += outer[:, [k]] * inner
        return result

    def contributions(self, values: np.ndarray) -> np.ndarray:
        """Points that each part adds to the score against the city's mean area, (m, k).

        ``w (x − mean)`` for a mean or sum; for a geometric mean ``L w ln(x / g)`` with the city's
        geometric mean ``g`` and the logarithmic mean ``L`` of both scores. They add up exactly.
        """
        scores, city = self.scores(values), self._scaled(self.reference)
        if self.recipe.aggregate != "geometric":
            return self.weight * (scores - city.mean(axis=0))
        parts = self.weight * (np.log(scores) - np.log(city).mean(axis=0))
        total = parts.sum(axis=1, keepdims=True)
        base = np.exp(np.log(city).mean(axis=0) @ self.weight)
        near = np.abs(total) < 1e-12
        growth = np.where(near, 1.0, np.expm1(total) / np.where(near, 1.0, total))
        return base * growth * parts


def fit(indicators: pd.DataFrame, recipe: Recipe) -> Fitted:
    """Take means, ranges and orders of a city.

    Parameters
    ----------
    indicators : DataFrame
        Complete values of the valid areas.
    recipe : Recipe

    Returns
    -------
    Fitted

    Raises
    ------
    StudyError
        As `composite_index`.

    Examples
    --------
    >>> city = pd.DataFrame({"income": [900.0, 700.0, 500.0]})
    >>> fit(city, Recipe(direction={"income": -1}, normalise="minmax")).index(np.array([[600.0]]))
    array([75.])
    """
    columns = [str(c) for c in indicators.columns]
    grouped = {c for g in recipe.groups.values() for c in g.columns}
    parts: list[tuple[str, tuple[int, ...], Fitted | None]] = []
    _known(grouped, columns, "groups")
    for name, group in recipe.groups.items():
        of_group = indicators[list(group.columns)]
        parts.append((name, tuple(map(columns.index, group.columns)), fit(of_group, group)))
    parts += [(c, (i,), None) for i, c in enumerate(columns) if c not in grouped]
    names = [name for name, _, _ in parts]
    _known(recipe.direction, names, "direction")
    _known(recipe.weights, names, "weights")
    if any(d not in (1, -1) for d in recipe.direction.values()):
        raise StudyError("a direction is neither 1 nor -1", where="direction")
    weight = np.array([float(recipe.weights.get(n, 0 if recipe.weights else 1)) for n in names])
    if (weight < 0).any() or weight.sum() <= 0:
        raise StudyError("weights must not be negative, nor all 0", where="weights")
    sign = np.array([float(recipe.direction.get(n, 1)) for n in names])
    shell = Fitted(
        recipe,
        tuple(names),
        tuple(place for _, place, _ in parts),
        tuple(group for _, _, group in parts),
        sign,
        np.empty((0, len(names))),
        weight if recipe.aggregate == "sum" else weight / weight.sum(),
        np.empty(0),
    )
    values = indicators.to_numpy(dtype=float)
    reference = pd.DataFrame(shell.parts(values), columns=names)
    shell = replace(shell, reference=winsorised(reference, recipe.winsorise).to_numpy())
    return replace(shell, order=np.sort(shell.score(values).round(10)))


def _known(used: Mapping[str, object] | set[str], names: list[str], where: str) -> None:
    if unknown := sorted(set(used) - set(names)):
        raise StudyError(
            f"the recipe of the index names {unknown}, which no indicator is called",
            where=where,
            expected=f"columns {names}",
        )


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
    figures = values.to_numpy(dtype=float)
    scores = scaled(figures, figures, recipe.normalise, scale=recipe.scale, floor=recipe.floor)
    return pd.DataFrame(scores, index=values.index, columns=values.columns)
