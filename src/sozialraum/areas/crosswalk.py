"""Counts from one division of a city into areas to another, by where people live.

In 2021 Berlin's 448 planning areas became 542. A count of an old area is shared out to the new
ones in proportion to the residents of the 100 m cells that lie in both (dasymetric areal
interpolation: Wright 1936, Geographical Review 26; with a population grid: Eicher & Brewer 2001,
Cartography and Geographic Information Science 28). A cell that a border crosses is split by area;
how far it could be wrong is told by counting it wholly on either side.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

CELL = 100.0
"""Side of a grid cell in metres."""

SLIVER_WIDTH = 5.0
"""Common ground narrower than this on average (metres) is a difference of drawing, not of areas."""


@dataclass(frozen=True)
class Crosswalk:
    """How the areas of one division share out to those of another.

    Attributes
    ----------
    weights : pandas.DataFrame
        One row per pair with common ground, sorted: `source`, `target` (area ids), `weight` (part
        of the source's residents; adds up to 1 per source), `weight_lo`, `weight_hi` (with the
        cells that a border crosses wholly outside or inside).
    targets : pandas.Index
        Ids of all target areas.
    by_area : list of str
        Sources without a resident in any cell: shared out by area.
    """

    weights: pd.DataFrame
    targets: pd.Index
    by_area: list[str]


def crosswalk(
    source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, cells: pd.DataFrame | None = None
) -> Crosswalk:
    """Find how much of each source area's residents live in each target area.

    Parameters
    ----------
    source, target : geopandas.GeoDataFrame
        Polygons in one metric CRS, index of area ids.
    cells : pandas.DataFrame, optional
        Columns `x`, `y` (middle, metres, the same CRS) and `population`; None: by area alone, for
        comparison.

    Returns
    -------
    Crosswalk

    Raises
    ------
    InputError
        The CRS differ, or a source area has no common ground with any target.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> old = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 400, 100)], index=["a"], crs=25833)
    >>> halves = [shapely.box(0, 0, 200, 100), shapely.box(200, 0, 400, 100)]
    >>> new = gpd.GeoDataFrame(geometry=halves, index=["b", "c"], crs=25833)
    >>> people = pd.DataFrame({"x": [50.0, 350.0], "y": 50.0, "population": [30, 10]})
    >>> crosswalk(old, new, people).weights["weight"].tolist()
    [0.75, 0.25]
    >>> crosswalk(old, new).weights["weight"].tolist()
    [0.5, 0.5]
    """
    import shapely

    if source.crs != target.crs:
        raise InputError("The two divisions are in different CRS", expected=str(source.crs))
    left, right, ground = _pieces(source, target)
    size = shapely.area(ground)
    frame = pd.DataFrame(
        {"source": source.index.to_numpy()[left], "target": target.index.to_numpy()[right]}
    )
    frame["area"] = size
    for column in ("within", "split", "touching"):
        frame[column] = 0.0
    if cells is not None:
        within, split, touching = _residents(ground, left, cells)
        frame["within"], frame["split"], frame["touching"] = within, split, touching
    by_source = frame.groupby("source")
    people = by_source["split"].transform("sum")
    empty = people <= 0
    share_of_area = frame["area"] / by_source["area"].transform("sum")
    frame["weight"] = (frame["split"] / people.where(~empty)).fillna(share_of_area)
    for end, column in (("weight_lo", "within"), ("weight_hi", "touching")):
        frame[end] = (frame[column] / people.where(~empty)).fillna(share_of_area).clip(0, 1)
    frame = frame[(frame["weight"] > 0) | (frame["weight_hi"] > 0)]
    if lost := sorted(set(source.index) - set(frame["source"])):
        raise InputError(f"Areas without common ground: {', '.join(lost[:8])}")
    columns = ["source", "target", "weight", "weight_lo", "weight_hi"]
    weights = frame.sort_values(["source", "target"], ignore_index=True)[columns]
    bare = [] if cells is None else sorted(set(frame.loc[empty.reindex(frame.index), "source"]))
    return Crosswalk(weights, pd.Index(target.index).sort_values(), bare)


def carry(counts: pd.Series, walk: Crosswalk, *, whole: bool = True) -> pd.DataFrame:
    """Counts of source areas on the target areas; every source's count is kept exactly.

    Parameters
    ----------
    counts : pandas.Series
        Persons by source area. A missing count makes every target that it reaches unknown.
    walk : Crosswalk
    whole : bool
        Whole persons by the largest remainder (Hamilton); False: fractions.

    Returns
    -------
    pandas.DataFrame
        Index: the target areas, sorted; `value`, `lo`, `hi`: the bounds come from cells on both
        sides of a border alone, not from the assumption that a count follows the residents.

    Raises
    ------
    InputError
        The counts have other areas than the crosswalk.

    Notes
    -----
    Never carry a share: carry its numerator and its denominator (see `carry_share`).
    """
    if set(counts.index) != set(walk.weights["source"]):
        differ = sorted(set(counts.index) ^ set(walk.weights["source"]))
        raise InputError(
            f"{len(differ)} areas are only in the counts or only in the crosswalk: "
            + ", ".join(map(str, differ[:8])),
            expected="counts of the division that the crosswalk starts from",
        )
    rows = walk.weights
    own = rows["source"].map(counts).astype(float)
    value = own * rows["weight"]
    if whole:
        value = _whole(value, own, rows["source"])
    parts = pd.DataFrame(
        {
            "value": value,
            "lo": np.minimum(np.floor(own * rows["weight_lo"] + 1e-6), value),
            "hi": np.maximum(np.ceil(own * rows["weight_hi"] - 1e-6), value),
        }
    )
    unknown = value.isna().groupby(rows["target"]).any()
    sums = parts.groupby(rows["target"]).sum()
    return sums.mask(unknown.reindex(sums.index)).reindex(walk.targets)


def carry_share(numerator: pd.Series, denominator: pd.Series, walk: Crosswalk) -> pd.Series:
    """A share on the target areas, from its carried numerator and denominator.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": ["a", "a"], "target": ["b", "c"], "weight": [0.75, 0.25],
    ...                      "weight_lo": [0.75, 0.25], "weight_hi": [0.75, 0.25]})
    >>> walk = Crosswalk(rows, pd.Index(["b", "c"]), [])
    >>> carry_share(pd.Series({"a": 8.0}), pd.Series({"a": 40.0}), walk).tolist()
    [0.2, 0.2]
    """
    top = carry(numerator, walk, whole=False)["value"]
    base = carry(denominator, walk, whole=False)["value"]
    return top / base.where(base > 0)


@dataclass(frozen=True)
class WrongId:
    """A feature that carries another area's id.

    Attributes
    ----------
    feature : int
        Number in the layer, from 1.
    wrong, right : str
        The id it carries, and the one it should.
    why : str
        German sentence.
    """

    feature: int
    wrong: str
    right: str
    why: str


def find_wrong_ids(ids: pd.Series, geometry: np.ndarray, known: Collection[str]) -> list[WrongId]:
    """Find features with an id that stands twice, and the id they should carry.

    Of two features with one id the wrong one is that whose neighbours have other leading digits.
    Its right id is the only one that a table of the same division has, the layer lacks, and that
    begins like the neighbours' ids.

    Parameters
    ----------
    ids : pandas.Series of str
        By feature number from 1.
    geometry : array of shapely geometries
        In the same order.
    known : collection of str
        Ids of the division, for instance of the resident register.

    Returns
    -------
    list of WrongId
        Give it to `read_areas` as ``mend={(w.feature, w.wrong): w.right for w in found}``, or to
        the study as `area_layer.mend`.

    Raises
    ------
    InputError
        A repeated id cannot be resolved with certainty.
    """
    import shapely

    tree = shapely.STRtree(geometry)
    lacking = sorted(set(known) - set(ids))
    found = []
    for wrong in sorted(ids[ids.duplicated()].unique()):
        places = np.flatnonzero((ids == wrong).to_numpy())
        around = {
            place: [
                str(ids.iloc[int(n)])
                for n in tree.query(geometry[place], predicate="dwithin", distance=1.0)
                if n not in places
            ]
            for place in places
        }
        fits = {p: max((_common(wrong, n) for n in near), default=0) for p, near in around.items()}
        place = min(fits, key=lambda p: (fits[p], p))
        score = {c: sum(_common(c, n) for n in around[place]) for c in lacking}
        best = [c for c in score if score[c] == max(score.values())] if score else []
        if len(best) != 1 or list(fits.values()).count(fits[place]) > 1:
            raise InputError(
                f"The id {wrong} stands {len(places)} times, and it is not certain which feature "
                "is wrong and what its id should be",
                where="features " + ", ".join(str(ids.index[int(p)]) for p in places),
                hint="Name it in the study under area_layer.mend",
            )
        number = int(ids.index[int(place)])
        why = (
            f"Objekt {number} trägt die Nummer {wrong} eines anderen Gebiets; seine "
            f"Nachbarn beginnen mit {best[0][:2]}, und die Nummer {best[0]} "
            "fehlt in der Karte. Berichtigt."
        )
        found.append(WrongId(number, wrong, best[0], why))
        lacking.remove(best[0])
    return found


def _common(one: str, other: str) -> int:
    """Number of leading characters that two ids share."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def _pieces(
    source: gpd.GeoDataFrame, target: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Common ground of every pair of areas, slivers left out."""
    import shapely

    old, new = source.geometry.to_numpy(), target.geometry.to_numpy()
    left, right = shapely.STRtree(new).query(old, predicate="intersects")
    ground = shapely.intersection(old[left], new[right])
    length = shapely.length(ground)
    width = 2 * shapely.area(ground) / np.where(length > 0, length, 1.0)
    real = width >= SLIVER_WIDTH
    return left[real], right[real], ground[real]


def _residents(
    ground: np.ndarray, source: np.ndarray, cells: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residents per piece of common ground: certain ones, split by area, and at most.

    A cell is uncertain for a source that shares it out to more than one target. That it also
    reaches into another source does not matter: that source has its own count.
    """
    import shapely

    x, y = cells["x"].to_numpy(float), cells["y"].to_numpy(float)
    people = cells["population"].to_numpy(float)
    half = CELL / 2
    square = shapely.box(x - half, y - half, x + half, y + half)
    piece, cell = shapely.STRtree(square).query(ground, predicate="intersects")
    part = np.ones(len(cell))
    shared = np.flatnonzero(np.bincount(cell, minlength=len(cells))[cell] > 1)
    part[shared] = shapely.area(shapely.intersection(square[cell[shared]], ground[piece[shared]]))
    real = part > 0
    piece, cell, part = piece[real], cell[real], part[real]
    # what a cell has outside all areas (the outer border) is nobody's: relative to what is inside
    part /= np.bincount(cell, part, minlength=len(cells))[cell]
    here = part * people[cell]
    _, pair = np.unique(np.column_stack([cell, source[piece]]), axis=0, return_inverse=True)
    pair = pair.ravel()
    of_source = np.bincount(pair, here)[pair]
    certain = np.bincount(pair)[pair] == 1
    n = len(ground)
    split = np.bincount(piece, here, minlength=n)
    within = np.bincount(piece[certain], here[certain], minlength=n)
    open_ = np.bincount(piece[~certain], of_source[~certain], minlength=n)
    return within, split, within + open_


def _whole(value: pd.Series, total: pd.Series, group: pd.Series) -> pd.Series:
    """Whole persons whose sum per source is the source's count."""
    floor = np.floor(value + 1e-9)
    rest = (value - floor).round(9)
    left = (total - floor.groupby(group).transform("sum")).round()
    place = rest.groupby(group).rank(method="first", ascending=False)
    return (floor + (place <= left)).where(value.notna())
