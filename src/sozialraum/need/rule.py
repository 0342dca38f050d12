"""Which rule makes the index of a study: that of the Monitoring, or a recipe of its own.

Status, standard error and contributions have to come from the same rule. `Rule` keeps them
together, so that ranks and their sets are right for either.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.need.composite import Fitted, Recipe, composite_index, fit
from sozialraum.need.explain import contributions
from sozialraum.need.masking import both_ends, status_bounds
from sozialraum.need.propagate import composite_error, index_error, indicator_covariance
from sozialraum.need.rates import shrunk_shares
from sozialraum.need.status import STATUS_CLASSES, classes_of, valid_areas, zscore

if TYPE_CHECKING:
    from sozialraum.study import Study
    from sozialraum.study.composite import Choices

Ends = tuple[pd.DataFrame, pd.DataFrame]
THRESHOLDS = (-1.0, 1.0, 1.5)
"""Of the status classes, in standard deviations of the index."""


@dataclass(frozen=True)
class Rule:
    """How indicators become an index.

    Attributes
    ----------
    recipe : Recipe or None
        None: the rule of the Monitoring Soziale Stadtentwicklung.
    exact : tuple of str
        Indicators without a sampling error.
    shrinkage : bool
        Whether indicators are drawn towards their mean first.
    """

    recipe: Recipe | None = None
    exact: tuple[str, ...] = ()
    shrinkage: bool = False

    @classmethod
    def of(cls, study: Study) -> Rule:
        """The rule that a study names."""
        own = study.composite
        if own is None:
            return cls(None, (), study.indicators.shrinkage)
        groups = {n: _recipe(g, columns=g.indicators) for n, g in own.groups.items()}
        recipe = _recipe(own, groups=groups, result=own.result)
        return cls(recipe, own.exact, study.indicators.shrinkage)

    def shrink(self, values: pd.DataFrame, bases: pd.DataFrame, out: pd.Series) -> pd.DataFrame:
        """Indicators drawn towards the mean of the city, where the study asks for it."""
        if not self.shrinkage:
            return values
        shares = [str(c) for c in values if c not in self.exact]
        result = values.copy()
        result[shares] = shrunk_shares(values[shares], bases[shares], out)[0]
        return result

    def status(self, ends: Ends, out: pd.Series) -> pd.DataFrame:
        """Index and class at both ends of masked figures.

        Returns
        -------
        DataFrame
            As `status_bounds`, and ``need``, ``need_lo``, ``need_hi`` on the rule's own scale
            (by the rule of the Monitoring the same as the index).
        """
        if len(out) == 1:  # a single unit above the areas stands beside nothing
            return self._alone(out.index)
        if self.recipe is None:
            status = status_bounds(*ends, out)
            scores = [status[c] for c in ("index", "index_lo", "index_hi")]
        else:
            low, high = (composite_index(end, self.recipe, out)["index"] for end in ends)
            status = both_ends(*(_standardised(end) for end in (low, high)))
            both = pd.concat([low, high], axis=1)
            scores = [low, both.min(axis=1), both.max(axis=1)]
        names = ("need", "need_lo", "need_hi")
        return status.assign(**dict(zip(names, scores, strict=True)))

    def _alone(self, index: pd.Index) -> pd.DataFrame:
        numbers = ["index", "index_lo", "index_hi", "need", "need_lo", "need_hi"]
        frame = pd.DataFrame(np.nan, index=index, columns=numbers)
        return frame.assign(**{"class": None, "class_lower": None, "class_upper": None})

    def errors(
        self,
        values: pd.DataFrame,
        bases: pd.DataFrame,
        out: pd.Series,
        design_effect: float,
        seed: int = 0,
    ) -> tuple[pd.Series, np.ndarray]:
        """Standard error of the index on the rule's own scale, and the indicators' covariance."""
        drawn = [i for i, name in enumerate(values.columns) if name not in self.exact]
        names = values.columns[drawn]
        covariance = np.zeros((len(values), len(values.columns), len(values.columns)))
        covariance[:, np.array(drawn)[:, None], drawn] = indicator_covariance(
            values[names], bases[names], design_effect=design_effect
        )
        shrunk, kept = values, covariance
        if self.shrinkage:
            shrunk = self.shrink(values, bases, out)
            weight = shrunk_shares(values, bases, out)[1]
            weight[[c for c in values if c in self.exact]] = 1.0
            kept = covariance * weight.to_numpy()[:, :, None] * weight.to_numpy()[:, None, :]
        if len(out) == 1:
            return pd.Series(np.nan, index=out.index), covariance
        if self.recipe is None:
            return index_error(shrunk, kept, out), covariance
        return composite_error(shrunk, kept, self.recipe, out, seed=seed), covariance

    def points(self, values: pd.DataFrame, out: pd.Series) -> pd.DataFrame:
        """Points that each indicator (or group) adds to the index."""
        if self.recipe is None:
            return contributions(values, out)
        valid = valid_areas(values, out)
        fitted = fit(values[valid], self.recipe)
        points = fitted.contributions(values[valid].to_numpy(dtype=float))
        frame = pd.DataFrame(points, index=values.index[valid], columns=list(fitted.names))
        return frame.reindex(values.index)

    def parts(self, values: pd.DataFrame, out: pd.Series) -> pd.DataFrame:
        """What other choices are tried on: indicators, or groups, larger = greater need."""
        if self.recipe is None:
            return values
        valid = valid_areas(values, out)
        fitted: Fitted = fit(values[valid], self.recipe)
        parts = fitted.parts(values[valid].to_numpy(dtype=float))
        frame = pd.DataFrame(parts, index=values.index[valid], columns=list(fitted.names))
        return frame.reindex(values.index)

    def signs(self, columns: Iterable[Hashable]) -> pd.Series:
        """Direction of each indicator: a change times its sign is positive where need grows."""
        signs = pd.Series(1.0, index=[str(c) for c in columns])
        if self.recipe is None:
            return signs
        for name in signs.index:
            signs[name] = self.recipe.direction.get(name, 1)
            for key, group in self.recipe.groups.items():
                if name in group.columns:
                    signs[name] = group.direction.get(name, 1) * self.recipe.direction.get(key, 1)
        return signs


def _recipe(choices: Choices, **more: object) -> Recipe:
    return Recipe(
        direction=choices.direction,
        winsorise=choices.winsorise,
        normalise=choices.normalise,
        weights=choices.weights,
        aggregate=choices.aggregate,
        scale=choices.scale,
        floor=choices.floor,
        **more,  # type: ignore[arg-type]
    )


def _standardised(index: pd.Series) -> pd.DataFrame:
    """Classes of an index on any scale, by its distance from the mean in standard deviations."""
    valid = index.notna().to_numpy()
    scores = np.full(len(index), np.nan)
    scores[valid] = zscore(index.to_numpy()[valid])
    classes = pd.Series(classes_of(scores, THRESHOLDS, STATUS_CLASSES), index.index, dtype=object)
    return pd.DataFrame({"index": scores, "class": classes}, index=index.index)
