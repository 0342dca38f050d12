"""Visits beside what was expected: intervals, shrinkage, and who does better than by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.concentration.autocorrelation import false_discovery

COVERAGE = 0.95
LEVEL = 0.05
"""Share of false findings among the rooms that are called better or worse."""


def poisson_interval(
    count: ArrayLike, *, coverage: float = COVERAGE, dispersion: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Exact interval of the mean of a Poisson count (Garwood 1936).

    Parameters
    ----------
    count : array
        Counts; NaN gives NaN.
    coverage : float
    dispersion : float
        Variance / mean; above 1 the counts are taken as `count / dispersion` independent events.

    Returns
    -------
    lo, hi : numpy.ndarray

    References
    ----------
    Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.

    Examples
    --------
    >>> lo, hi = poisson_interval([0, 10])
    >>> lo.round(2).tolist(), hi.round(2).tolist()
    ([0.0, 4.8], [3.69, 18.39])
    """
    from scipy.special import gammaincinv

    events = np.asarray(count, float) / dispersion
    tail = (1 - coverage) / 2
    lo = np.where(events > 0, gammaincinv(np.where(events > 0, events, 1.0), tail), 0.0)
    hi = gammaincinv(events + 1, 1 - tail)
    return dispersion * np.where(np.isnan(events), np.nan, lo), dispersion * hi


def dispersion(number: pd.Series, group: pd.Series) -> float:
    """How much more the days of a room differ than independent visits would; at least 1.

    Parameters
    ----------
    number : pandas.Series
        Visits per offer.
    group : pandas.Series
        What should be alike, such as room and kind; same index.

    Returns
    -------
    float
        Pearson's statistic / degrees of freedom; 1 where no group has two offers. A group without
        any visit tells nothing about their spread and is left out.

    Examples
    --------
    >>> dispersion(pd.Series([4, 6, 0, 20]), pd.Series(list("aabb")))
    10.2
    """
    means = number.groupby(group).transform("mean")
    visited = means > 0
    freedom = int(visited.sum()) - group[visited].nunique()
    if freedom < 1:
        return 1.0
    statistic = ((number - means) ** 2 / means)[visited].sum()
    return max(1.0, float(statistic / freedom))


def shrunk_ratios(
    visits: ArrayLike, expected: ArrayLike, *, coverage: float = COVERAGE, dispersion: float = 1.0
) -> pd.DataFrame:
    """Visits / expected visits, drawn towards 1 where there are few (Clayton & Kaldor 1987).

    Parameters
    ----------
    visits, expected : array of shape (n,)
        Expected visits are above 0.
    coverage, dispersion : float
        As in `poisson_interval`.

    Returns
    -------
    pandas.DataFrame
        `ratio` (posterior mean), `lo`, `hi`. Where the ratios differ by no more than chance, all
        are 1 and have no interval: the visits do not tell how much the rooms differ.

    Notes
    -----
    ratio_s ~ Gamma(a, a), visits_s ~ Poisson(ratio_s × expected_s); 1/a is the moment estimate
    sum(e (v/e - 1)²)/sum(e) - (n - 1)·dispersion/sum(e): the expectations are scaled to the
    visits, which takes one degree of freedom.

    References
    ----------
    Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks.
    Biometrics 43, 671-681.

    Examples
    --------
    >>> shrunk_ratios([200, 100, 3], [100, 200, 3]).round(2)["ratio"].tolist()
    [1.98, 0.51, 1.0]
    """
    from scipy.special import gammaincinv

    v, e = np.asarray(visits, float), np.asarray(expected, float)
    spread = float((e * (v / e - 1) ** 2).sum() / e.sum() - (len(e) - 1) * dispersion / e.sum())
    if spread <= 0:
        return pd.DataFrame({"ratio": np.ones_like(e), "lo": np.nan, "hi": np.nan})
    shape, rate = 1 / spread + v / dispersion, 1 / spread + e / dispersion
    tail = (1 - coverage) / 2
    return pd.DataFrame(
        {
            "ratio": shape / rate,
            "lo": gammaincinv(shape, tail) / rate,
            "hi": gammaincinv(shape, 1 - tail) / rate,
        }
    )


def judge_rooms(visits: pd.Series, exposure: pd.Series, *, spread: float = 1.0) -> pd.DataFrame:
    """Compare the visits of each room with its share of what was planned.

    Parameters
    ----------
    visits : pandas.Series
        Visits by room.
    exposure : pandas.Series
        Planned people × offers (or hours) of the room; same index. A room with 0 has no
        expectation and is not judged.
    spread : float
        Dispersion of the visits, see `dispersion`.

    Returns
    -------
    pandas.DataFrame
        Same index; `visits`, `visits_lo`, `visits_hi`, `expected` (all visits in proportion to
        the exposure), `ratio`, `ratio_shrunk`, `ratio_lo`, `ratio_hi`, `p` (two-sided binomial,
        given the sum), `q` (adjusted for all rooms, Benjamini & Hochberg 1995), `judgement`
        ('besser', 'schlechter', 'wie erwartet', 'nicht beurteilt').

    Examples
    --------
    >>> rooms = pd.Index(["a", "b", "c"])
    >>> found = judge_rooms(pd.Series([90, 30, 60], rooms), pd.Series([100, 100, 100.0], rooms))
    >>> found["judgement"].tolist(), found["expected"].tolist()
    (['besser', 'schlechter', 'wie erwartet'], [60.0, 60.0, 60.0])
    """
    from scipy.special import betainc

    v, w = visits.astype(float), exposure.reindex(visits.index).astype(float)
    known = w > 0
    total, weight = float(v[known].sum()), float(w[known].sum())
    table = pd.DataFrame({"visits": v})
    table["visits_lo"], table["visits_hi"] = poisson_interval(v, dispersion=spread)
    table["expected"] = (total * w / weight if weight else w).where(known)
    table["ratio"] = v / table["expected"].where(table["expected"] > 0)
    for column in ("ratio_shrunk", "ratio_lo", "ratio_hi", "p"):
        table[column] = np.nan
    if total > 0 and known.sum() > 1:
        shrunk = shrunk_ratios(v[known], table.loc[known, "expected"], dispersion=spread)
        table.loc[known, ["ratio_shrunk", "ratio_lo", "ratio_hi"]] = shrunk.to_numpy()
        share, n, m = (w[known] / weight).to_numpy(), v[known].to_numpy() / spread, total / spread
        above = np.where(n > 0, betainc(np.maximum(n, 1e-9), m - n + 1, share), 1.0)
        below = np.where(n < m, 1 - betainc(n + 1, np.maximum(m - n, 1e-9), share), 1.0)
        table.loc[known, "p"] = np.minimum(1.0, 2 * np.minimum(above, below))
    table["q"] = false_discovery(table["p"])
    found = table["q"] <= LEVEL
    table["judgement"] = np.select(
        [table["p"].isna(), found & (table["ratio"] > 1), found],
        ["nicht beurteilt", "besser", "schlechter"],
        "wie erwartet",
    )
    return table
