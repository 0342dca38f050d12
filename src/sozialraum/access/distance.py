"""How far people have to go: costs in metres (or minutes) from every unit to every room.

Rows are units, columns are rooms. Unreachable is `inf` in a dense array and absent in a sparse
one. The offline map computes straight lines anew in the page: `straight_line` uses nothing but
whole-metre coordinates, `hypot` and one multiplication, so both give the same double.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sozialraum.errors import InputError, StudyError
from sozialraum.lazy import sparse

DETOUR = 1.23
"""Walked distance / straight line, median of 24,073 walk nodes in Charlottenburg up to 1.2 km."""

Decay = Literal["binary", "linear", "gaussian", "epanechnikov", "zones"]


def straight_line(
    units: ArrayLike, rooms: ArrayLike, *, detour: float = DETOUR
) -> NDArray[np.float64]:
    """Straight line times detour factor, all pairs.

    Parameters
    ----------
    units, rooms : array of shape (n, 2), (m, 2)
        x, y in metres of one projected CRS.
    detour : float
        Walked distance / straight line, at least 1.

    Returns
    -------
    numpy.ndarray
        Shape (n, m), metres.

    Examples
    --------
    >>> straight_line([[0, 0]], [[300, 400], [0, 0]], detour=1.2).tolist()
    [[600.0, 0.0]]
    """
    a, b = _points(units), _points(rooms)
    return np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1]) * _at_least_one(detour)


def straight_line_within(
    units: ArrayLike, rooms: ArrayLike, *, maximum: float, detour: float = DETOUR
) -> sparse.csr_matrix:
    """Straight line times detour factor, only pairs up to a maximum distance.

    Parameters
    ----------
    units, rooms, detour
        As in `straight_line`.
    maximum : float
        Largest distance in metres (after the detour factor) that is kept, inclusive.

    Returns
    -------
    scipy.sparse.csr_matrix
        Shape (n, m), column indices sorted. A pair further apart is absent, which means
        unreachable; a pair at the same place is an explicitly stored 0 (do not call
        `eliminate_zeros`). Each stored value equals the one of `straight_line`.

    Examples
    --------
    >>> near = straight_line_within([[0, 0], [9, 9]], [[0, 0], [0, 5]], maximum=8, detour=1.0)
    >>> near.nnz, near[0].indices.tolist(), near[0].data.tolist()
    (2, [0, 1], [0.0, 5.0])
    """
    from scipy.spatial import KDTree

    a, b = _points(units), _points(rooms)
    _at_least_one(detour)
    if not len(a) or not len(b):
        return sparse.csr_matrix((len(a), len(b)))
    # The tree finds pairs with a margin; the exact formula below decides.
    margin = maximum / detour * (1 + 1e-9) + 1e-9
    found = np.atleast_1d(KDTree(b).query_ball_point(a, margin, return_sorted=True))
    count = np.array([len(f) for f in found], np.intp)
    columns = np.concatenate([np.asarray(f, np.intp) for f in found])
    rows = np.repeat(np.arange(len(a)), count)
    cost = np.hypot(a[rows, 0] - b[columns, 0], a[rows, 1] - b[columns, 1]) * detour
    keep = cost <= maximum
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[keep], minlength=len(a)))])
    return sparse.csr_matrix((cost[keep], columns[keep], indptr), shape=(len(a), len(b)))


def from_table(
    table: pd.DataFrame,
    units: Sequence[str],
    rooms: Sequence[str],
    *,
    value: str = "travel_time",
    origin: str = "from_id",
    destination: str = "to_id",
) -> NDArray[np.float64]:
    """Cost matrix from a long table of travel times or distances (r5py, OpenTripPlanner).

    Parameters
    ----------
    table : pandas.DataFrame
        One row per pair. The default column names are those of r5py's travel time matrix.
    units, rooms : sequence of str
        Ids in the order of rows and columns of the result.
    value, origin, destination : str
        Names of the columns. A missing value means that the room cannot be reached.

    Returns
    -------
    numpy.ndarray
        Shape (n, m) in the unit of the table; `inf` for a missing value or an absent pair.

    Raises
    ------
    InputError
        A column is missing, a pair stands there twice, a cost is negative, or a unit or a room
        does not occur in the table at all (an id that does not match is not unreachability).

    Examples
    --------
    >>> table = pd.DataFrame({"from_id": ["u1", "u1", "u2"], "to_id": ["s1", "s2", "s1"],
    ...                       "travel_time": [5, np.nan, 7]})
    >>> from_table(table, ["u1", "u2"], ["s1", "s2"]).tolist()
    [[5.0, inf], [7.0, inf]]
    """
    if lacking := {value, origin, destination} - set(table.columns):
        raise InputError(
            f"The table of travel costs lacks the columns {sorted(lacking)}",
            expected=f"{origin}, {destination}, {value}",
        )
    from_id = pd.Index(table[origin].astype(str))
    to_id = pd.Index(table[destination].astype(str))
    for label, wanted, given in (("unit", units, from_id), ("room", rooms, to_id)):
        absent = pd.Index(list(wanted)).difference(given, sort=False).tolist()
        if absent:
            raise InputError(
                f"{len(absent)} ids of a {label} do not occur in the table of travel costs",
                where=", ".join(absent[:5]),
                expected="one row per unit and room; a missing value where there is no way",
            )
    row = pd.Index(list(units)).get_indexer(from_id)
    column = pd.Index(list(rooms)).get_indexer(to_id)
    used = (row >= 0) & (column >= 0)
    row, column = row[used], column[used]
    pair = row * len(rooms) + column
    if len(np.unique(pair)) < len(pair):
        first = np.flatnonzero(pd.Series(pair).duplicated())[0]
        raise InputError(
            "The table of travel costs has a pair twice",
            where=f"{units[row[first]]} to {rooms[column[first]]}",
            hint="Keep one departure time or percentile per pair",
        )
    cost = pd.to_numeric(table[value], errors="raise").to_numpy(float)[used]
    if (cost < 0).any():
        raise InputError("The table of travel costs has a negative cost")
    matrix = np.full((len(units), len(rooms)), np.inf)
    matrix[row, column] = np.where(np.isnan(cost), np.inf, cost)
    return matrix


def decay(
    cost: ArrayLike,
    kind: Decay = "binary",
    *,
    radius: float,
    zones: Sequence[tuple[float, float]] = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22)),
) -> NDArray[np.float64]:
    """Weight of a distance between 1 (at the door) and 0 (beyond the radius).

    Parameters
    ----------
    cost : array
        Distances or times; `inf` and NaN weigh 0.
    kind : str
        ``binary`` 1 up to the radius; ``linear`` 1 - d/r; ``gaussian``
        (exp(-(d/r)²/2) - exp(-1/2)) / (1 - exp(-1/2)) (Dai 2010); ``epanechnikov`` 1 - (d/r)²;
        ``zones`` a step function (Luo & Qi 2009).
    radius : float
        Largest distance with a weight, inclusive, in the unit of `cost`.
    zones : sequence of (float, float)
        Upper end of a zone as a share of the radius, and its weight; default: the weights of
        Luo & Qi (2009) for three zones of equal width.

    Returns
    -------
    numpy.ndarray
        Weights of the shape of `cost`, in [0, 1], never increasing with distance.

    Raises
    ------
    StudyError
        Unknown kind, or a radius that is not positive.

    References
    ----------
    Luo, W., Qi, Y. (2009). An enhanced two-step floating catchment area (E2SFCA) method. Health &
    Place 15. Dai, D. (2010). Black residential segregation, disparities in spatial access to
    health care facilities. Health & Place 16.

    Examples
    --------
    >>> decay([0, 500, 1000, 1001], "linear", radius=1000).tolist()
    [1.0, 0.5, 0.0, 0.0]
    >>> decay([100, 400, 700, np.inf], "zones", radius=900).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """
    if not radius > 0:
        raise StudyError(f"The radius of a distance decay is {radius}", expected="metres above 0")
    share = np.asarray(cost, float) / radius
    share = np.where(np.isnan(share), np.inf, share)
    near = np.minimum(share, 1.0)
    if kind == "binary":
        weight = np.ones_like(near)
    elif kind == "linear":
        weight = 1 - near
    elif kind == "gaussian":
        weight = (np.exp(-(near**2) / 2) - np.exp(-0.5)) / (1 - np.exp(-0.5))
    elif kind == "epanechnikov":
        weight = 1 - near**2
    elif kind == "zones":
        ends, weights = np.array(sorted(zones), float).T
        weight = np.append(weights, 0.0)[np.searchsorted(ends, near, side="left")]
    else:
        raise StudyError(
            f"{kind!r} is not a distance decay",
            expected="binary, linear, gaussian, epanechnikov or zones",
        )
    return np.where(share <= 1, weight, 0.0)


def catchment_access(
    weight: ArrayLike, demand: ArrayLike, supply: ArrayLike
) -> NDArray[np.float64]:
    """Supply per person that each unit can reach (two-step floating catchment area).

    Parameters
    ----------
    weight : array of shape (n, m)
        Weights of `decay` between units and rooms.
    demand : array of shape (n,)
        People of each unit; NaN counts as nobody known.
    supply : array of shape (m,)
        What a room offers, e.g. consultation hours a week.

    Returns
    -------
    numpy.ndarray
        Shape (n,), supply per person: sum over rooms j of w_ij S_j / sum over k of w_kj P_k. A
        room that nobody reaches adds nothing. The sum of result × demand is the supply of all
        rooms that somebody reaches.

    References
    ----------
    Luo, W., Wang, F. (2003). Measures of spatial accessibility to health care in a GIS
    environment. Environment and Planning B 30. Weighted form: Luo & Qi (2009).

    Examples
    --------
    >>> catchment_access([[1, 0], [1, 1]], [10, 10], [4, 2]).tolist()
    [0.2, 0.4]
    """
    weight = np.asarray(weight, float)
    pressure = weight.T @ np.nan_to_num(np.asarray(demand, float))
    ratio = np.divide(
        np.asarray(supply, float), pressure, out=np.zeros(weight.shape[1]), where=pressure > 0
    )
    return weight @ ratio


def _points(xy: ArrayLike) -> NDArray[np.float64]:
    """Coordinates as an (n, 2) array of finite numbers."""
    points = np.asarray(xy, float).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise InputError("A coordinate is missing or not finite", expected="x, y in metres")
    return points


def _at_least_one(detour: float) -> float:
    if not detour >= 1:
        raise StudyError(
            f"The detour factor is {detour}", expected="at least 1: no way is shorter than straight"
        )
    return detour
