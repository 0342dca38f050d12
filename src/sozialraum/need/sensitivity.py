"""How much of a ranking is the indicators, and how much is choice.

The rule of the MSS is one of many reasonable ones. This module asks what other choices would have
done: leave an indicator out, weigh them differently, normalise by ranks or by range, take the
edition before. Areas that are among the worst under every choice are a robust core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from sozialraum.need.composite import Recipe, composite_index
from sozialraum.need.status import valid_areas, zscore

NORMALISATIONS = ("z", "minmax", "percentile")


def rank_changes(
    indicators: pd.DataFrame,
    *,
    among: pd.Series | Sequence[bool] | None = None,
    excluded: pd.Series | Sequence[bool] | None = None,
    editions: Mapping[str, pd.DataFrame] | None = None,
    recipe: Recipe | None = None,
) -> pd.DataFrame:
    """Rank of every area under one changed choice at a time.

    Parameters
    ----------
    indicators : DataFrame, index area_id
        Larger = greater need. Means, deviations and ranges are those of all valid areas (the
        city).
    among : boolean Series or array, optional
        Areas that are ranked against each other (the study region); default all.
    excluded : boolean Series or array, optional
        As for `sozialraum.need.status_index`.
    editions : mapping of title -> DataFrame, optional
        Other editions of (some of) the indicators, ranked by the same rule.
    recipe : Recipe, optional
        The rule, where it is not that of the Monitoring; groups are left out as a whole.

    Returns
    -------
    DataFrame, index the ranked areas
        ``rank`` (the rule itself) and one column per choice: ``without S1``…, ``minmax``,
        ``percentile`` (normalisation; with a recipe ``z``, too), ``edition 2023``…. Rank 1 =
        greatest need. NaN where an area lacks what the choice needs.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"S1": [9.0, 5.0, 1.0, 2.0], "S4": [10.0, 40.0, 5.0, 6.0]}, index=list("abcd")
    ... )
    >>> rank_changes(table)[["rank", "without S1", "without S4"]].loc["a"].tolist()
    [2.0, 2.0, 1.0]
    """
    chosen = _among(indicators, among)
    if recipe is not None:
        return _own_ranks(indicators, recipe, chosen, excluded, editions or {})
    columns = {"rank": indicators}
    if len(indicators.columns) > 1:
        columns |= {f"without {c}": indicators.drop(columns=c) for c in indicators}
    result = {name: _plain_ranks(table, excluded, chosen) for name, table in columns.items()}
    for how in NORMALISATIONS[1:]:
        result[how] = _plain_ranks(indicators, excluded, chosen, how)
    for title, table in (editions or {}).items():
        aligned = table.reindex(indicators.index)
        result[f"edition {title}"] = _plain_ranks(aligned, None, chosen)
    return pd.DataFrame(result).loc[chosen]


def weight_sensitivity(
    indicators: pd.DataFrame,
    *,
    k: int = 10,
    weights: Mapping[str, float] | None = None,
    concentration: float = 25.0,
    draws: int = 2000,
    seed: int = 0,
    among: pd.Series | Sequence[bool] | None = None,
    excluded: pd.Series | Sequence[bool] | None = None,
) -> pd.DataFrame:
    """Ranks under weights that vary around the study's.

    Weights are Dirichlet draws with mean ``w`` and parameters ``concentration · w``: a weight of
    1/4 has the standard deviation ``sqrt(w (1 − w) / (concentration + 1))`` ≈ 0.085 at 25.

    Parameters
    ----------
    indicators, among, excluded
        As in `rank_changes`.
    k : int
        Size of the top.
    weights : mapping, optional
        The study's weights; default equal. They are divided by their sum.
    concentration : float
        Larger = closer to the study's weights.
    draws : int
        Number of weightings.
    seed : int

    Returns
    -------
    DataFrame, index the ranked areas
        ``rank`` (under the study's weights), ``rank_lo``, ``rank_hi`` (5th and 95th percentile
        over the weightings), ``in_top`` (share of weightings in which it is among the k).

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [9.0, 1.0, 2.0], "S4": [30.0, 5.0, 5.0]})
    >>> weight_sensitivity(table, k=1, draws=100)["in_top"].tolist()
    [1.0, 0.0, 0.0]
    """
    valid = valid_areas(indicators, excluded)
    chosen = _among(indicators, among) & valid
    scores = zscore(indicators[valid].to_numpy(dtype=float))[chosen[valid].to_numpy()]
    names = list(indicators.columns)
    mean = np.array([(weights or {}).get(n, 0.0 if weights else 1.0) for n in names])
    mean = mean / mean.sum()
    rng = np.random.default_rng(seed)
    drawn = np.zeros((draws, len(names)))
    drawn[:, mean > 0] = rng.dirichlet(concentration * mean[mean > 0], draws)
    ranks = _ranks(scores @ drawn.T)
    low, high = np.percentile(ranks, [5, 95], axis=1, method="inverted_cdf")
    return pd.DataFrame(
        {
            "rank": _ranks(scores @ mean),
            "rank_lo": low,
            "rank_hi": high,
            "in_top": (ranks <= k).mean(axis=1),
        },
        index=indicators.index[chosen],
    )


def rank_variance(
    indicators: pd.DataFrame,
    *,
    draws: int = 512,
    concentration: float = 25.0,
    seed: int = 0,
    editions: Mapping[str, pd.DataFrame] | None = None,
    among: pd.Series | Sequence[bool] | None = None,
    excluded: pd.Series | Sequence[bool] | None = None,
) -> pd.DataFrame:
    """Share of the variance of ranks that each choice explains (Sobol indices).

    Choices are drawn independently: which indicator is left out (or none), normalisation,
    weights, edition. First-order indices after Saltelli et al. (2010), total indices after
    Jansen (1999), from two independent samples and their mixtures; averaged over areas with the
    variance of their ranks as weights.

    Parameters
    ----------
    indicators, among, excluded, editions
        As in `rank_changes`; editions with the same columns take part.
    draws : int
        Base sample; the cost is ``draws · (number of choices + 2)`` rankings.
    concentration : float
        As in `weight_sensitivity`.
    seed : int

    Returns
    -------
    DataFrame, index choice (left_out, normalisation, weights, edition)
        ``first`` (share explained by the choice alone), ``total`` (with its interactions).
        Monte-Carlo error can make them slightly negative or let them exceed 1. NaN where no
        rank varies.

    References
    ----------
    Saltelli, A. et al. (2010), Computer Physics Communications 181, 259–270. Jansen, M. J. W.
    (1999), Computer Physics Communications 117, 35–43. OECD/JRC (2008), Handbook, step 7.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.gamma(2, 3, (30, 3)), columns=["S1", "S3", "S4"])
    >>> rank_variance(table, draws=64).index.tolist()
    ['left_out', 'normalisation', 'weights', 'edition']
    """
    chosen = _among(indicators, among)
    tables = [indicators, *(t.reindex(indicators.index) for t in (editions or {}).values())]
    tables = [t[indicators.columns] for t in tables if set(indicators.columns) <= set(t.columns)]
    valid = valid_areas(indicators, excluded)
    for table in tables[1:]:
        valid &= table.notna().all(axis=1)
    rows = chosen[valid].to_numpy()
    stacks = np.stack(
        [
            _scores(table[valid].to_numpy(dtype=float), how)[rows]
            for table, how in product(tables, NORMALISATIONS)
        ]
    )
    k = len(indicators.columns)
    rng = np.random.default_rng(seed)

    def sample() -> dict[str, np.ndarray]:
        return {
            "left_out": rng.integers(0, k + 1 if k > 1 else 1, draws),  # 0: none
            "normalisation": rng.integers(0, len(NORMALISATIONS), draws),
            "weights": rng.dirichlet(np.full(k, concentration / k), draws),
            "edition": rng.integers(0, len(tables), draws),
        }

    def rank(choice: dict[str, np.ndarray]) -> np.ndarray:
        weight = choice["weights"].copy()
        without = np.flatnonzero(choice["left_out"])
        weight[without, choice["left_out"][without] - 1] = 0
        which = choice["edition"] * len(NORMALISATIONS) + choice["normalisation"]
        values = np.empty((stacks.shape[1], draws))
        for number in range(len(stacks)):
            at = which == number
            values[:, at] = stacks[number] @ weight[at].T
        return _ranks(values)

    a, b = sample(), sample()
    rank_a, rank_b = rank(a), rank(b)
    variance = np.concatenate([rank_a, rank_b], axis=1).var(axis=1).sum()
    result = {}
    for choice in a:
        mixed = rank({**a, choice: b[choice]})
        first = (rank_b * (mixed - rank_a)).mean(axis=1).sum()
        total = ((rank_a - mixed) ** 2).mean(axis=1).sum() / 2
        result[choice] = (first, total)
    frame = pd.DataFrame(result, index=["first", "total"]).T
    return frame / variance if variance > 0 else frame * np.nan


def robust_core(changes: pd.DataFrame, k: int) -> pd.DataFrame:
    """Areas that are among the k worst under every reasonable choice.

    Parameters
    ----------
    changes : DataFrame
        From `rank_changes`; columns may be added, for instance of other weightings.
    k : int
        Size of the top.

    Returns
    -------
    DataFrame, same index
        ``core`` (in the top k under every choice), ``ever`` (under at least one), ``share`` (of
        the choices), ``best`` and ``worst`` rank. A choice that cannot rank an area does not
        count for it; an area without any rank is in neither.

    Examples
    --------
    >>> ranks = pd.DataFrame({"rank": [1.0, 2.0, 3.0], "without S1": [1.0, 3.0, 2.0]})
    >>> robust_core(ranks, 2)[["core", "ever"]].to_numpy().tolist()
    [[True, True], [False, True], [False, True]]
    """
    known = changes.notna()
    inside = changes <= k
    count = known.sum(axis=1)
    return pd.DataFrame(
        {
            "core": (inside | ~known).all(axis=1) & (count > 0),
            "ever": inside.any(axis=1),
            "share": inside.sum(axis=1) / count.where(count > 0),
            "best": changes.min(axis=1),
            "worst": changes.max(axis=1),
        }
    )


def _among(indicators: pd.DataFrame, among: pd.Series | Sequence[bool] | None) -> pd.Series:
    if among is None:
        return pd.Series(True, index=indicators.index)
    if isinstance(among, pd.Series):
        return among.reindex(indicators.index).eq(True)
    return pd.Series(among, index=indicators.index).astype(bool)


def _scores(values: np.ndarray, how: str) -> np.ndarray:
    """Normalised to comparable spread, so that weights mean the same under each of them."""
    if how == "minmax":
        width = values.max(axis=0) - values.min(axis=0)
        return (values - values.min(axis=0)) / np.where(width > 0, width, 1)
    if how == "percentile":
        return pd.DataFrame(values).rank().to_numpy() / len(values)
    return zscore(values)


def _plain_ranks(
    table: pd.DataFrame,
    excluded: pd.Series | Sequence[bool] | None,
    chosen: pd.Series,
    how: str = "z",
) -> pd.Series:
    valid = valid_areas(table, excluded)
    total = pd.Series(np.nan, index=table.index)
    total[valid] = _scores(table[valid].to_numpy(dtype=float), how).sum(axis=1).round(12)
    return total.where(chosen).rank(ascending=False, method="min")


def _own_ranks(
    indicators: pd.DataFrame,
    recipe: Recipe,
    chosen: pd.Series,
    excluded: pd.Series | Sequence[bool] | None,
    editions: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """`rank_changes` of an index by a recipe."""
    out = ~valid_areas(indicators, excluded)
    grouped = {str(c) for group in recipe.groups.values() for c in group.columns}
    parts = {str(name): [str(c) for c in group.columns] for name, group in recipe.groups.items()}
    parts |= {c: [c] for c in map(str, indicators) if c not in grouped}
    choices = {"rank": (indicators, recipe)}
    if len(parts) > 1:
        for name, columns in parts.items():
            choices[f"without {name}"] = indicators.drop(columns=columns), recipe.without(name)
    mean = "arithmetic" if recipe.aggregate == "geometric" else recipe.aggregate
    for how in NORMALISATIONS:
        if how != recipe.normalise:
            changed = replace(recipe, normalise=how, aggregate=mean, winsorise=0)  # type: ignore[arg-type]
            choices[how] = indicators, changed
    for title, table in editions.items():
        if set(indicators) <= set(table):
            choices[f"edition {title}"] = table.reindex(indicators.index)[[*indicators]], recipe
    return pd.DataFrame(
        {
            name: composite_index(table, rule, out)["index"]
            .where(chosen)
            .round(10)
            .rank(ascending=False, method="min")
            for name, (table, rule) in choices.items()
            if _weighs(rule)
        }
    ).loc[chosen]


def _weighs(recipe: Recipe) -> bool:
    """Whether anything with a weight is left."""
    return not recipe.weights or sum(recipe.weights.values()) > 0


def _ranks(values: np.ndarray) -> np.ndarray:
    """1 + number of larger values, column by column, (n,) or (n, m)."""
    ranks = pd.DataFrame(-values.round(12)).rank(method="min").to_numpy()
    return ranks.reshape(values.shape)
