"""Why an area stands where it stands, in figures and in one German sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.need.propagate import index_weights
from sozialraum.need.status import valid_areas

MSS_NAMES = {
    "S1": "Arbeitslosigkeit (SGB II)",
    "S2": "Kinder in Alleinerziehendenhaushalten",
    "S3": "Leistungsbezug ohne Arbeitslosigkeit",
    "S4": "Kinderarmut",
}
"""What the indicators of the Monitoring Soziale Stadtentwicklung are called in a sentence."""


def contributions(
    indicators: pd.DataFrame, excluded: pd.Series | Sequence[bool] | None = None
) -> pd.DataFrame:
    """Points that each indicator adds to the index of an area.

    ``c_i = (x_i − mean_i) · w_i`` with the weights of `index_weights`; over the indicators they
    add up to the index exactly.

    Parameters
    ----------
    indicators : DataFrame, index area_id
        As for `sozialraum.need.status_index`.
    excluded : boolean Series or array, optional
        As there.

    Returns
    -------
    DataFrame, same index and columns
        Points; positive = raises the need above the city's mean. NaN for areas without an index.

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [2.0, 4.0, 9.0], "S4": [10.0, 30.0, 20.0]})
    >>> contributions(table).sum(axis=1).round(3).tolist()
    [-1.404, 0.554, 0.85]
    """
    valid = valid_areas(indicators, excluded)
    weight = index_weights(indicators, excluded)
    centred = indicators.astype(float) - indicators[valid].mean()
    return (centred * weight).where(valid)


def comparable_areas(
    indicators: pd.DataFrame,
    population: pd.Series | None = None,
    *,
    k: int = 3,
    excluded: pd.Series | Sequence[bool] | None = None,
    among: pd.Series | Sequence[bool] | None = None,
    of: pd.Index | None = None,
) -> pd.Series:
    """The k areas whose indicators are most like those of each area.

    Distance is Euclidean over the indicators in city standard deviations (the units in which the
    index adds them), with the logarithm of residents as one more column where given.

    Parameters
    ----------
    indicators : DataFrame, index area_id
    population : Series, same index, optional
        Residents.
    k : int
        How many.
    excluded : boolean Series or array, optional
        As for `sozialraum.need.status_index`.
    among : boolean Series or array, optional
        Only these areas are offered (for instance those of the study region).
    of : Index, optional
        Only for these areas; default all.

    Returns
    -------
    Series of tuple of area ids, same index
        Nearest first; equal distances in the order of the index. An area without all figures
        gets an empty tuple.

    Examples
    --------
    >>> table = pd.DataFrame({"S1": [2.0, 2.1, 9.0, 8.0]}, index=["a", "b", "c", "d"])
    >>> comparable_areas(table, k=1).tolist()
    [('b',), ('a',), ('d',), ('c',)]
    """
    valid = valid_areas(indicators, excluded)
    values = indicators.astype(float).copy()
    if population is not None:
        size = population.reindex(values.index).astype(float)
        values["population"] = np.log(size.where(size > 0))
        valid &= values["population"].notna()
    offered = valid if among is None else valid & pd.Series(among, index=values.index)
    rows = values[valid]
    deviation = rows.std(ddof=0)
    scaled = (rows / deviation.where(deviation > 0, 1)).to_numpy()
    pool = np.flatnonzero(offered[valid])
    asked = np.arange(len(rows)) if of is None else np.flatnonzero(rows.index.isin(of))
    distance = ((scaled[asked, None, :] - scaled[pool]) ** 2).sum(axis=2)
    ids = list(rows.index)
    distance[asked[:, None] == pool] = np.inf  # nobody is comparable to itself
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
    found = {
        area: tuple(ids[pool[c]] for c in near if np.isfinite(row[c]))
        for area, near, row in zip(rows.index[asked], nearest, distance, strict=True)
    }
    index = values.index if of is None else of
    return pd.Series([found.get(a, ()) for a in index], index=index, dtype=object)


def share_and_count(rank_by_share: pd.Series, rank_by_count: pd.Series, k: int) -> pd.Series:
    """Where the ranking by share and the ranking by count disagree.

    Parameters
    ----------
    rank_by_share, rank_by_count : Series, same index
        1 = largest.
    k : int
        Size of the top.

    Returns
    -------
    Series of str, same index
        German words, or "" where both agree about the top k or a rank is missing.

    Examples
    --------
    >>> share_and_count(pd.Series([1, 2, 4, 3]), pd.Series([4, 1, 2, 3]), 1).tolist()
    ['hoher Anteil, aber wenige Menschen', 'viele Menschen bei mittlerem Anteil', '', '']
    """
    n = max(rank_by_share.count(), 1)
    dense, many = rank_by_share <= k, rank_by_count <= k
    known = rank_by_share.notna() & rank_by_count.notna()
    words = np.select(
        [
            ~known,
            dense & ~many & (rank_by_count > n / 2),
            dense & ~many,
            many & ~dense & (rank_by_share > n / 2),
            many & ~dense,
        ],
        [
            "",
            "hoher Anteil, aber wenige Menschen",
            "hoher Anteil, aber nicht die meisten Menschen",
            "viele Menschen bei niedrigem Anteil",
            "viele Menschen bei mittlerem Anteil",
        ],
        "",
    )
    return pd.Series(words, index=rank_by_share.index, dtype=object)


def why_ranks_differ(
    rank_by_share: pd.Series, rank_by_count: pd.Series, base: pd.Series, k: int
) -> pd.Series:
    """Why an area stands elsewhere by share than by count: it is small, or large.

    A count is a share times the people it refers to, so a disagreement of both ranks is the
    size of the area. It is told where the top k disagree, and where the ranks differ by more
    than a quarter of all.

    Parameters
    ----------
    rank_by_share, rank_by_count : Series, same index
        1 = largest.
    base : Series, same index
        Persons the share refers to.
    k : int
        Size of the top.

    Returns
    -------
    Series of str, same index
        German; "" where both agree or a rank is missing.

    Examples
    --------
    >>> ranks = pd.Series([1.0, 2.0, 3.0]), pd.Series([3.0, 1.0, 2.0])
    >>> why_ranks_differ(*ranks, pd.Series([500.0, 2000.0, 2000.0]), 1)[0]
    'hoher Anteil, aber wenige Menschen: bezogen auf 500 statt im Mittel 1.500 Einwohner'
    """
    words = share_and_count(rank_by_share, rank_by_count, k)
    mean, n = base.mean(), rank_by_share.count()
    gap = rank_by_count - rank_by_share
    words = words.mask((words == "") & (gap > n / 4), "weiter vorn nach dem Anteil")
    words = words.mask((words == "") & (gap < -n / 4), "weiter vorn nach der Zahl")
    size = [
        f": bezogen auf {number_de(b)} statt im Mittel {number_de(mean)} Einwohner"
        if w and abs(b / mean - 1) > 0.1  # as large as most: size explains nothing
        else ""
        for w, b in zip(words, base, strict=True)
    ]
    return words + pd.Series(size, index=words.index, dtype=object)


def number_de(value: float, digits: int = 0) -> str:
    """A number as German readers write it: 12.345,6 and a real minus sign.

    Examples
    --------
    >>> number_de(-12345.67, 1)
    '−12.345,7'
    """
    text = f"{abs(value):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return ("−" if value < 0 and any(c in "123456789" for c in text) else "") + text


def sentences(
    areas: pd.DataFrame,
    points: pd.DataFrame,
    *,
    top: int = 10,
    names: Mapping[str, str] = MSS_NAMES,
    city: str = "der Stadt",
    coverage: float = 0.95,
    share_of: str = "",
    mean: float | None = None,
) -> pd.Series:
    """One German sentence per area that says why it stands where it stands.

    Parameters
    ----------
    areas : DataFrame, index area_id
        Columns rank, rank_lo, rank_hi, need_index, share (a fraction), recipients, rank_by_share,
        rank_by_count, excluded (a reason or None); ranks among the areas of this frame.
    points : DataFrame, same index
        From `contributions`, the columns that are to be named.
    top : int
        Size of the top, for the disagreement of share and count.
    names : mapping
        What an indicator is called.
    city : str
        Territory of the index, in the genitive ("von Berlin", "der Stadt").
    coverage : float
        That of the rank sets.
    share_of : str
        Whose share it is, in the genitive ("der Bevölkerung"); empty: not said.
    mean : float, optional
        Mean of the index over the city, where it is not 0: an index of one's own is told with its
        value and this mean, not as a distance.

    Returns
    -------
    Series of str, same index

    Examples
    --------
    >>> areas = pd.DataFrame(
    ...     {"rank": [1.0], "rank_lo": [1.0], "rank_hi": [2.0], "need_index": [2.16],
    ...      "share": [0.28], "recipients": [1234.0], "rank_by_share": [1.0],
    ...      "rank_by_count": [12.0], "excluded": [None]},
    ...     index=["04100102"],
    ... )
    >>> points = pd.DataFrame({"S1": [0.3], "S4": [1.1]}, index=areas.index)
    >>> print(sentences(areas, points).iloc[0])
    Rang 1 (mit 95 % Sicherheit 1 bis 2): Der Index liegt 2,16 Punkte über dem Mittel der Stadt,
    am stärksten hebt ihn der Indikator „Kinderarmut“ (+1,10); 1.234 Menschen, 28,0 % –
    hoher Anteil, aber wenige Menschen.
    """
    contrast = share_and_count(areas["rank_by_share"], areas["rank_by_count"], top)
    sure = f"mit {number_de(100 * coverage, 0 if coverage * 100 % 1 == 0 else 1)} % Sicherheit"
    rows = zip(
        areas.to_dict("records"), points.reindex(areas.index).to_numpy(), contrast, strict=True
    )
    base = f" {share_of}" if share_of else ""
    labels = [names.get(str(c), str(c)) for c in points.columns]
    return pd.Series(
        [
            _sentence(area, dict(zip(labels, p, strict=True)), words, sure, city, base, mean)
            for area, p, words in rows
        ],
        index=areas.index,
        dtype=object,
    )


def _sentence(
    area: dict[Any, Any],
    points: dict[str, float],
    contrast: str,
    sure: str,
    city: str,
    base: str,
    mean: float | None,
) -> str:
    if isinstance(area["excluded"], str) and area["excluded"]:
        return f"Nicht bewertet: {area['excluded']}."
    if np.isnan(area["rank"]):
        return "Nicht bewertet: Es fehlen Indikatoren."
    rank = f"Rang {number_de(area['rank'])}"
    if np.isfinite(area["rank_lo"]) and np.isfinite(area["rank_hi"]):
        lo, hi = (number_de(area[c]) for c in ("rank_lo", "rank_hi"))
        rank += f" ({sure}{f' {lo} bis {hi}' if lo != hi else ''})"
    index = area["need_index"] - (mean or 0.0)
    side = "über" if index >= 0 else "unter"
    text = f"{rank}: Der Index liegt {number_de(abs(index), 2)} Punkte {side} dem Mittel {city}"
    if mean is not None:
        own, middle = (number_de(v, 2) for v in (area["need_index"], mean))
        text = f"{rank}: Der Index beträgt {own}, im Mittel {city} {middle}"
    known = {name: p for name, p in points.items() if np.isfinite(p) and p != 0}
    if known:
        name = (max if index >= 0 else min)(known, key=lambda n: known[n])
        verb, sign = ("hebt", "+") if known[name] >= 0 else ("senkt", "")
        text += (
            f", am stärksten {verb} ihn der Indikator „{name}“ ({sign}{number_de(known[name], 2)})"
        )
    if np.isfinite(area["recipients"]) and np.isfinite(area["share"]):
        people = number_de(area["recipients"])
        text += f"; {people} Menschen, {number_de(100 * area['share'], 1)} %{base}"
    return text + (f" – {contrast}." if contrast else ".")
