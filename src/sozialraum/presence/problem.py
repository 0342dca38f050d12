"""What a location model is asked: distances, people, and rules about sites, checked once.

Distances have one row per demand point and one column per site. They may be a dense array
(``inf`` = unreachable), a scipy sparse array (absent = unreachable, a stored 0 is a distance of
0), or a pandas frame, whose labels then name demand points and sites everywhere.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sozialraum.errors import InputError, StudyError
from sozialraum.lazy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Matrix = Any
"""A float array or a `scipy.sparse.csr_array`, demand points × sites."""
Site = Hashable


class InfeasibleError(StudyError):
    """No choice of sites meets all rules.

    Attributes
    ----------
    rule : str
        Name of the rule that cannot be met (``p``, ``required``, ``forbidden``, ``reach``,
        ``capacity``, ``floor``, ``spacing``).
    shortfall : float
        By how much it is missed at least, in the unit of the rule: sites, persons or share.
    """

    def __init__(self, what: str, *, rule: str, shortfall: float, hint: str = "") -> None:
        super().__init__(what, where=f"rule {rule!r}", hint=hint)
        self.rule, self.shortfall = rule, shortfall


@dataclass(frozen=True)
class Problem:
    """Checked inputs of a location model; sites are positions of columns in here."""

    cost: Matrix
    demand: Floats
    required: Ints
    allowed: Bools
    rows: pd.Index | None = None
    columns: pd.Index | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of demand points and of sites."""
        return self.cost.shape[0], self.cost.shape[1]

    @property
    def candidates(self) -> Ints:
        """Positions of the sites that may be chosen, required ones included."""
        return np.flatnonzero(self.allowed)

    def name(self, position: int) -> Site:
        """Label of a site: the column's label of a frame, otherwise its position."""
        return int(position) if self.columns is None else self.columns[position]

    def within(self, radius: float) -> sparse.csr_array:
        """Which site reaches which demand point: 1 where distance <= radius (all sites)."""
        cost: Any = self.cost
        if not isinstance(cost, np.ndarray) and sparse.issparse(cost):
            near = cost.data <= radius
            heads = np.r_[0, np.cumsum(near)][cost.indptr]
            parts = (np.ones(int(near.sum())), cost.indices[near], heads)
            return sparse.csr_array(parts, shape=self.shape)
        row, site = np.nonzero(cost <= radius)
        heads = np.searchsorted(row, np.arange(len(cost) + 1))
        return sparse.csr_array((np.ones(row.size), site, heads), shape=self.shape)

    def reached(self, weight: Floats, sites: Ints, radius: float) -> Floats:
        """Sums of weights (rows, demand points) within a radius of each of some sites."""
        if isinstance(self.cost, np.ndarray):
            return weight @ (self.cost[:, sites] <= radius).astype(float)
        return weight @ self.within(radius)[:, sites]

    def column(self, site: int) -> Floats:
        """Distances of all demand points to one site, ``inf`` where unreachable."""
        return self.columns_dense(np.array([site]))[:, 0]

    def shortest(self, sites: Ints) -> Floats:
        """Distance of each demand point to the nearest of some sites, ``inf`` where unreachable."""
        cost: Any = self.cost
        # taken column by column, minima are found several times faster than row by row
        near = cost[:, sites] if isinstance(cost, np.ndarray) else self.columns_dense(sites)
        found: Floats = near.min(axis=1, initial=np.inf)
        return found

    def columns_dense(self, sites: Ints) -> Floats:
        """Distances of all demand points to some sites, ``inf`` where unreachable."""
        cost: Any = self.cost
        if isinstance(cost, np.ndarray):
            return np.take(cost, sites, axis=1)
        picked = cost[:, sites].tocoo()
        dense = np.full((self.shape[0], len(sites)), np.inf)
        dense[picked.coords[0], picked.coords[1]] = picked.data
        return dense


def read_problem(
    cost: Any,
    demand: Any,
    *,
    p: int | None = None,
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
) -> Problem:
    """Check distances, people and site rules.

    Parameters
    ----------
    cost : array, scipy sparse array or DataFrame, shape (demand points, sites)
        Distances or times, >= 0; ``inf`` or (sparse) absent = unreachable. NaN is refused:
        an unknown distance is not the same as an unreachable site.
    demand : array or Series, shape (demand points,)
        People per demand point, >= 0. NaN is refused: an unknown number is not 0.
    p : int, optional
        Number of sites to be open, required ones among them.
    required, forbidden : iterable of sites
        Column positions, or column labels where `cost` is a frame.

    Raises
    ------
    InputError
        Wrong shape, NaN, negative values, labels that differ between `cost` and `demand`.
    StudyError
        A site that is not in `cost`, a `p` that is not a whole number >= 0.
    InfeasibleError
        Required sites are forbidden or more than `p`; fewer than `p` sites are allowed.

    Examples
    --------
    >>> problem = read_problem([[1.0, 2], [np.inf, 3]], [5, 4], p=1, forbidden=[0])
    >>> problem.shape, problem.candidates.tolist()
    ((2, 2), [1])
    """
    rows = columns = None
    if isinstance(cost, pd.DataFrame):
        rows, columns = cost.index, cost.columns
        if not columns.is_unique:
            raise InputError("A site stands twice among the columns of cost", where="cost")
        cost = cost.to_numpy(dtype=float)
    matrix = _distances(cost)
    people = _people(demand, matrix.shape[0], rows)
    wanted = positions_of(required, matrix.shape[1], columns, "required")
    barred = positions_of(forbidden, matrix.shape[1], columns, "forbidden")
    problem = Problem(
        matrix,
        people,
        wanted,
        ~np.isin(np.arange(matrix.shape[1]), barred),
        rows,
        columns,
    )
    both = np.intersect1d(wanted, barred)
    if both.size:
        names = ", ".join(str(problem.name(j)) for j in both)
        raise InfeasibleError(
            f"{both.size} site(s) are required and forbidden at once: {names}",
            rule="forbidden",
            shortfall=both.size,
        )
    if p is not None:
        check_p(p, problem)
    return problem


def check_p(p: int, problem: Problem) -> int:
    """Refuse a number of sites that required and forbidden sites do not permit.

    Examples
    --------
    >>> check_p(3, read_problem([[1.0, 2]], [5]))
    Traceback (most recent call last):
    ...
    sozialraum.presence.problem.InfeasibleError: 3 sites are wanted, but only 2 may be...
    """
    try:
        p = operator.index(p)
    except TypeError as error:
        raise StudyError("p must be a whole number", where=f"p={p!r}") from error
    if p < 0:
        raise StudyError("p must not be negative", where=f"p={p}")
    if p < problem.required.size:
        raise InfeasibleError(
            f"{problem.required.size} sites are required, but only {p} may be open",
            rule="required",
            shortfall=problem.required.size - p,
            hint="Required sites count within p: raise p or require fewer sites",
        )
    if p > problem.candidates.size:
        raise InfeasibleError(
            f"{p} sites are wanted, but only {problem.candidates.size} may be chosen",
            rule="p",
            shortfall=p - problem.candidates.size,
            hint="Lower p, add candidates or forbid fewer sites",
        )
    return p


def check_radius(radius: float, name: str = "radius") -> float:
    """A radius is a finite distance >= 0.

    Examples
    --------
    >>> check_radius(500)
    500.0
    """
    value = float(radius)
    if not np.isfinite(value) or value < 0:
        raise StudyError(
            "A radius must be a finite distance of at least 0", where=f"{name}={radius}"
        )
    return value


def beyond(cost: Floats, radius: float) -> Bools:
    """Whether a way is longer than the radius: all that coverage asks, in an eighth of the bytes.

    To be read as a cost itself: 0 within the radius, 1 beyond.

    Examples
    --------
    >>> beyond(np.array([[900.0, 1100]]), 1000).tolist()
    [[False, True]]
    """
    return ~(cost <= radius)


def entries(matrix: Any, line: int) -> Ints:
    """Where a row (of an array or a CSR array) or a column (of a CSC array) has entries.

    Examples
    --------
    >>> entries(sparse.csr_array([[0, 1, 1], [1, 0, 0]]), 0).tolist()
    [1, 2]
    """
    if isinstance(matrix, np.ndarray):
        return np.flatnonzero(matrix[line])
    found: Ints = matrix.indices[matrix.indptr[line] : matrix.indptr[line + 1]]
    return found


def _distances(cost: Matrix) -> Matrix:
    matrix: Any
    if not isinstance(cost, np.ndarray) and sparse.issparse(cost):
        matrix = sparse.csr_array(cost).astype(float)  # type: ignore[call-overload]
        matrix.sum_duplicates()
        values = matrix.data
        infinite = np.isposinf(values)
        if infinite.any():
            keep = ~infinite
            heads = np.r_[0, np.cumsum(keep)][matrix.indptr]
            matrix = sparse.csr_array((values[keep], matrix.indices[keep], heads), matrix.shape)
            values = matrix.data
    else:
        matrix = values = np.asarray(cost, dtype=float)
        if matrix.ndim != 2:
            raise InputError(
                f"cost has {matrix.ndim} dimension(s)",
                where="cost",
                expected="one row per demand point, one column per site",
            )
    missing = int(np.isnan(values).sum())
    if missing:
        raise InputError(
            f"{missing} distance(s) are NaN",
            where="cost",
            expected="a distance, or inf where a site cannot be reached",
            hint="An unknown distance is not an unreachable site: compute it or drop the pair",
        )
    if values.size and values.min() < 0:
        raise InputError(f"{int((values < 0).sum())} distance(s) are negative", where="cost")
    return matrix


def _people(demand: Any, n: int, rows: pd.Index | None) -> Floats:
    if isinstance(demand, pd.Series) and rows is not None and not demand.index.equals(rows):
        strangers = len(demand.index.symmetric_difference(rows))
        raise InputError(
            "The index of demand is not the index of cost"
            + (f": {strangers} label(s) occur on one side only" if strangers else " in its order"),
            where="demand",
        )
    people = np.asarray(demand, dtype=float)
    if people.shape != (n,):
        raise InputError(
            f"demand has shape {people.shape}",
            where="demand",
            expected=f"one number for each of the {n} rows of cost",
        )
    bad = ~np.isfinite(people)
    if bad.any():
        raise InputError(
            f"demand is missing or infinite at {int(bad.sum())} point(s)",
            where=f"first at row {int(np.flatnonzero(bad)[0])}",
            hint="A missing number is not 0: estimate it or leave the point out, and say so",
        )
    if (people < 0).any():
        raise InputError(
            f"demand is negative at {int((people < 0).sum())} point(s)",
            where=f"first at row {int(np.flatnonzero(people < 0)[0])}",
        )
    return people


def positions_of(sites: Iterable[Site], m: int, columns: pd.Index | None, name: str) -> Ints:
    """Positions of sites among `m` columns, sorted; labels where the columns have any.

    Examples
    --------
    >>> positions_of(["c", "a"], 3, pd.Index(["a", "b", "c"]), "required").tolist()
    [0, 2]
    """
    wanted: Collection[Site] = list(sites)
    if columns is not None:
        found = columns.get_indexer(pd.Index(wanted, dtype=object)) if wanted else np.empty(0, int)
        lost = [site for site, at in zip(wanted, found, strict=True) if at < 0]
    else:
        try:
            found = np.array([operator.index(site) for site in wanted], dtype=int)  # type: ignore[arg-type]
        except TypeError as error:
            raise StudyError(
                "Sites are named by column positions, or by labels where cost is a frame",
                where=f"{name}={wanted!r}",
            ) from error
        lost = [site for site, at in zip(wanted, found, strict=True) if not 0 <= at < m]
    if lost:
        raise StudyError(
            f"{len(lost)} site(s) are not among the {m} columns of cost: "
            + ", ".join(str(site) for site in lost[:5]),
            where=name,
        )
    return np.unique(np.asarray(found, dtype=np.intp))
