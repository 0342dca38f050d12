"""How unevenly recipients are spread over areas, in one number each, with an interval.

All measures compare the recipients of an area with its residents. They depend on how finely the
city is cut into areas: compare only figures for the same areas. Location quotients, the share of an
area relative to the whole, are computed in `sozialraum.need.rates`.

Intervals answer how different the figure could be if the same neighbourhoods were counted at
another time: counts are drawn again around the observed shares. The design effect makes persons who
enter and leave as households count as fewer independent ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MEASURES = {
    "gini": "Gini-Koeffizient der Anteile",
    "hoover": "Anteil der Personen, der für gleiche Anteile anderswo wohnen müsste (Hoover)",
    "theil": "Theil-Index",
    "theil_between": "Theil-Index zwischen den Bezirksregionen",
    "theil_within": "Theil-Index innerhalb der Bezirksregionen",
    "theil_between_share": "Anteil der Ungleichheit zwischen den Bezirksregionen",
    "dissimilarity": "Segregationsindex gegenüber den übrigen Einwohnerinnen und Einwohnern",
    "isolation": "mittlerer Anteil im Gebiet einer leistungsberechtigten Person",
    "isolation_adjusted": "derselbe, bereinigt um den Anteil insgesamt (0 bis 1)",
}
"""Measures of `inequality_measures`, with what they are called in German."""


def lorenz_curve(count: ArrayLike, base: ArrayLike) -> pd.DataFrame:
    """Cumulated shares of residents and of recipients, areas in order of their share.

    Parameters
    ----------
    count, base : array of shape (n,)
        Recipients and residents; areas where either is NaN or nobody lives are left out.

    Returns
    -------
    pandas.DataFrame
        `population_share`, `recipients_share` (fractions), from (0, 0) to (1, 1) (Lorenz 1905).
        Each step is one area: the curve of counts that are withheld must not be published.

    Raises
    ------
    InputError
        No recipients, more recipients than residents, shapes that differ.

    Examples
    --------
    >>> lorenz_curve([10, 30], [100, 100])["recipients_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    x, n, _ = _known(count, base)
    order = np.argsort(x / n, kind="stable")
    curve = {
        "population_share": np.r_[0.0, np.cumsum(n[order]) / n.sum()],
        "recipients_share": np.r_[0.0, np.cumsum(x[order]) / x.sum()],
    }
    return pd.DataFrame(curve)


def inequality_measures(
    count: ArrayLike,
    base: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    design_effect: float = 1.0,
    draws: int = 999,
    coverage: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Measures of inequality and segregation, each with an interval.

    With x recipients, n residents, y = n − x, totals X, N, Y and P = X / N:

    - ``gini``: 1 − Σ (Nᵢ − Nᵢ₋₁)(Xᵢ + Xᵢ₋₁) over cumulated shares, areas by x / n (Gini 1914);
    - ``hoover``: ``½ Σ |xᵢ / X − nᵢ / N|`` (Hoover 1936);
    - ``theil``: Σ xᵢ / X · ln((xᵢ / X) / (nᵢ / N)), the sum of ``theil_between`` (the same over
      groups) and ``theil_within``; ``theil_between_share`` is the first part's share (Theil 1967);
    - ``dissimilarity``: ``½ Σ |xᵢ / X − yᵢ / Y|`` (Duncan & Duncan 1955);
    - ``isolation``: Σ xᵢ / X · xᵢ / nᵢ, and ``isolation_adjusted`` = (isolation − P) / (1 − P)
      (Bell 1954; Massey & Denton 1988).

    Parameters
    ----------
    count, base : array of shape (n,)
        Recipients and residents; areas where either is NaN or nobody lives are left out.
    groups : array of shape (n,), optional
        Group of each area (Bezirksregion) for the split of Theil's index.
    design_effect : float
        Variance of a count relative to independent persons, ≥ 1.
    draws : int
        Repetitions of the parametric bootstrap; 0: no interval (NaN).
    coverage : float
    seed : int

    Returns
    -------
    pandas.DataFrame
        Index: names of `MEASURES` (the split only with groups); `value`, `lo`, `hi`. The limits
        are 2 · value − quantile of the draws, which takes out that noise always adds inequality
        (basic bootstrap; Davison & Hinkley 1997).

    Raises
    ------
    InputError
        No recipients, more recipients than residents, shapes that differ.

    Examples
    --------
    >>> found = inequality_measures([10, 30], [100, 100], draws=0)["value"]
    >>> float(found["gini"]), float(found["hoover"]), round(float(found["isolation"]), 3)
    (0.25, 0.25, 0.25)
    """
    x, n, kept = _known(count, base)
    if design_effect < 1:
        raise InputError(f"design_effect = {design_effect}", expected="1 or more")
    number = None
    if groups is not None:
        number = pd.factorize(np.asarray(groups, dtype=object)[kept])[0]
    value = _measures(x[:, None], n, number)[:, 0]
    names = [m for m in MEASURES if number is not None or not m.startswith("theil_")]
    frame = pd.DataFrame({"value": value, "lo": np.nan, "hi": np.nan}, index=names)
    if draws:
        drawn = _measures(_drawn(x, n, design_effect, draws, seed), n, number)
        tail = (1 - coverage) / 2
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=1)
        frame["lo"], frame["hi"] = (2 * value - high).clip(0, 1), (2 * value - low).clip(0, 1)
    return frame.rename_axis("measure")


def inequality_change(
    before: tuple[ArrayLike, ArrayLike],
    after: tuple[ArrayLike, ArrayLike],
    *,
    design_effect: float = 1.0,
    draws: int = 999,
    coverage: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Change of each measure between two editions of the same areas.

    Only areas known at both times count. The two counts are drawn independently; since many people
    are in both, the interval is rather too wide than too narrow.

    Parameters
    ----------
    before, after : pair of arrays of shape (n,)
        Recipients and residents, persons; NaN: unknown at that time.
    design_effect, draws, coverage, seed
        As in `inequality_measures`.

    Returns
    -------
    pandas.DataFrame
        Index: measures; `before`, `after`, `change`, `lo`, `hi` (basic bootstrap of the change;
        Davison & Hinkley 1997). Theil's index is not split.

    Raises
    ------
    InputError
        As in `inequality_measures`, among the areas known at both times.

    Examples
    --------
    >>> more = inequality_change(([20, 20], [100, 100]), ([10, 30], [100, 100]))
    >>> float(more.loc["hoover", "change"])
    0.25
    """
    pairs = [np.asarray(a, dtype=float) for a in (*before, *after)]
    known = np.all([np.isfinite(a) for a in pairs], axis=0) & (pairs[1] > 0) & (pairs[3] > 0)
    columns, drawn = [], []
    for (x, n, _), k in zip((_known(*before, known), _known(*after, known)), (0, 1), strict=True):
        columns.append(_measures(x[:, None], n, None)[:, 0])
        drawn.append(_measures(_drawn(x, n, design_effect, draws, seed + k), n, None))
    change = columns[1] - columns[0]
    tail = (1 - coverage) / 2
    low, high = np.quantile(drawn[1] - drawn[0], [tail, 1 - tail], axis=1)
    frame = {"before": columns[0], "after": columns[1], "change": change}
    names = pd.Index([m for m in MEASURES if not m.startswith("theil_")], name="measure")
    return pd.DataFrame(frame | {"lo": 2 * change - high, "hi": 2 * change - low}, index=names)


def _known(
    count: ArrayLike, base: ArrayLike, among: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, n = np.asarray(count, dtype=float), np.asarray(base, dtype=float)
    if x.shape != n.shape or x.ndim != 1:
        raise InputError(f"Shapes {x.shape} and {n.shape}", expected="one number for each area")
    kept = np.isfinite(x) & (n > 0)
    if among is not None:
        kept &= among
    x, n = x[kept], n[kept]
    if (x < 0).any() or (x > n).any():
        raise InputError("An area has fewer than 0 recipients or more than residents")
    if not 0 < x.sum() < n.sum():
        raise InputError("Nobody, or everybody, is a recipient: there is nothing to compare")
    return x, n, kept


def _drawn(x: np.ndarray, n: np.ndarray, design_effect: float, draws: int, seed: int) -> np.ndarray:
    """Counts (n, draws) around the observed shares, from n / design_effect independent persons."""
    rng = np.random.default_rng(seed)
    persons = np.maximum(np.rint(n / design_effect), 1).astype(np.int64)
    drawn = rng.binomial(persons[:, None], (x / n)[:, None], (len(x), draws))
    again = drawn * (n / persons)[:, None]
    empty = again.sum(axis=0) == 0  # nobody was drawn anywhere: no measure is defined
    again[:, empty] = x[:, None]
    return again


def _measures(x: np.ndarray, n: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """All measures of counts (n, B), in the order of `MEASURES`: (m, B)."""
    rate = x / n[:, None]
    order = np.argsort(rate, axis=0, kind="stable")
    held = np.take_along_axis(x, order, axis=0) / x.sum(axis=0)
    step = n[order] / n.sum()
    curve = np.cumsum(held, axis=0)
    gini = 1 - (step * (2 * curve - held)).sum(axis=0)

    mine, whole = x / x.sum(axis=0), (n / n.sum())[:, None]
    overall = x.sum(axis=0) / n.sum()
    hoover = np.abs(mine - whole).sum(axis=0) / 2
    theil = _relative_entropy(mine, whole)
    split = []
    if groups is not None:
        member = groups[None, :] == np.arange(groups.max() + 1)[:, None]
        between = _relative_entropy(member @ mine, member @ whole)
        share = np.divide(between, theil, out=np.zeros_like(theil), where=theil > 1e-15)
        split = [between, theil - between, share]
    isolation = (mine * rate).sum(axis=0)
    adjusted = (isolation - overall) / (1 - overall)
    others = n[:, None] - x
    apart = np.abs(mine - others / others.sum(axis=0)).sum(axis=0) / 2
    return np.stack([gini, hoover, theil, *split, apart, isolation, adjusted])


def _relative_entropy(share: np.ndarray, reference: np.ndarray) -> np.ndarray:
    ratio = np.where(share > 0, share / reference, 1.0)
    return (share * np.log(ratio)).sum(axis=0)
