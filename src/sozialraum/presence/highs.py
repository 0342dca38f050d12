"""A mixed-integer program for HiGHS: arrays in, point and proven bound out.

highspy rather than `scipy.optimize.milp` because it takes a start solution.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from sozialraum.lazy import sparse
from sozialraum.presence.problem import Floats, Ints

TINY = 2_000
"""Rows up to which a reduced program is searched without presolve."""


@dataclass(frozen=True)
class Rows:
    """Coefficients of a program, row by row: all that is asked of a sparse matrix."""

    data: Floats
    indices: Ints
    indptr: Ints
    shape: tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """What the solver found. `point` is None where it found nothing."""

    point: Floats | None
    bound: float
    infeasible: bool
    timed_out: bool
    nodes: int


class Clock:
    """Seconds left of a time limit that counts from the first call; None: no limit."""

    def __init__(self, limit: float | None = None) -> None:
        self._end = None if limit is None else time.monotonic() + limit

    def left(self) -> float | None:
        """Seconds left, never below 0."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)


def is_closed(room: float, value: float, gap: float, whole: bool) -> bool:
    """Whether nothing is better than `value`, or by no more than the gap that was asked for.

    `room` is how much better the bound is than `value`; below 0: not at all. Where all values are
    whole, nothing lies between two integers.

    Examples
    --------
    >>> is_closed(0.5, 10.0, 0.0, whole=True), is_closed(0.5, 10.0, 0.0, whole=False)
    (True, False)
    """
    return room <= max(gap * value, 1e-9 * max(1.0, value)) or (whole and room < 1 - 1e-6)


class Program:
    """Maximise ``value @ x`` subject to ``low <= rows @ x <= high`` and ``lower <= x <= upper``."""

    def __init__(
        self,
        value: Floats,
        rows: sparse.csr_array | Rows,
        low: Floats,
        high: Floats,
        *,
        upper: Floats | float = 1.0,
        lower: Floats | float = 0.0,
        integer: Any = None,
        reduced: bool = False,
        jump: bool = True,
    ) -> None:
        import highspy

        n = value.size
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = n, rows.shape[0]
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = value
        lp.col_lower_ = np.broadcast_to(np.asarray(lower, float), (n,)).copy()
        lp.col_upper_ = np.broadcast_to(np.asarray(upper, float), (n,)).copy()
        lp.row_lower_, lp.row_upper_ = np.asarray(low, float), np.asarray(high, float)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = rows.indptr.astype(np.int32)
        lp.a_matrix_.index_ = rows.indices.astype(np.int32)
        lp.a_matrix_.value_ = rows.data.astype(float)
        if integer is not None:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(whole)] for whole in integer]
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)  # the same path of search on every machine
        if reduced and rows.shape[0] <= TINY:
            # What presolve could still find costs more than the whole search.
            self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("mip_heuristic_run_feasibility_jump", jump)
        self._solver.passModel(lp)

    def solve_linear(self, row: int, level: float, clock: Clock) -> tuple[Floats, Floats]:
        """Solve the linear program with row `row` set to `level`: point and row duals.

        A second call starts from the basis of the first one. When the clock strikes, point and
        duals are those of the last basis.
        """
        self._limit(clock)
        self._solver.changeRowBounds(row, float(level), float(level))
        self._solver.run()
        solution = self._solver.getSolution()
        point, dual = np.array(solution.col_value), np.array(solution.row_dual)
        if point.size == 0 or dual.size == 0:  # the clock struck before the first basis
            return np.zeros(self._solver.getNumCol()), np.zeros(self._solver.getNumRow())
        return point, dual

    def _limit(self, clock: Clock | None) -> None:
        left = None if clock is None else clock.left()
        if left is not None:
            spent = self._solver.getRunTime()  # the solver's own clock runs on between calls
            self._solver.setOptionValue("time_limit", float(spent + max(left, 0.01)))

    def solve_whole(
        self,
        *,
        start: Floats | None = None,
        gap: float = 0.0,
        slack: float = 1e-6,
        clock: Clock | None = None,
        node_limit: int | None = None,
    ) -> Outcome:
        """Solve the program with its integer variables; see `maximise`."""
        import highspy

        solver = self._solver
        solver.setOptionValue("mip_rel_gap", float(gap))
        solver.setOptionValue("mip_abs_gap", float(slack))
        self._limit(clock)
        if node_limit is not None:
            solver.setOptionValue("mip_max_nodes", int(node_limit))
        if start is not None:
            guess = highspy.HighsSolution()
            guess.col_value = np.asarray(start, float)
            solver.setSolution(guess)
        solver.run()
        status, info = solver.getModelStatus(), solver.getInfo()
        found = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        return Outcome(
            np.array(solver.getSolution().col_value) if found else None,
            float(info.mip_dual_bound),
            status == highspy.HighsModelStatus.kInfeasible,
            status == highspy.HighsModelStatus.kTimeLimit,
            int(max(info.mip_node_count, 0)),
        )


def maximise(
    value: Floats,
    rows: sparse.csr_array | Rows,
    low: Floats,
    high: Floats,
    *,
    upper: Floats | float = 1.0,
    lower: Floats | float = 0.0,
    integer: Any,
    start: Floats | None = None,
    gap: float = 0.0,
    slack: float = 1e-6,
    clock: Clock | None = None,
    node_limit: int | None = None,
    reduced: bool = False,
    jump: bool = True,
) -> Outcome:
    """Maximise ``value @ x`` subject to ``low <= rows @ x <= high`` and ``lower <= x <= upper``.

    Parameters
    ----------
    integer : boolean array
        Which variables are whole numbers.
    start : array, optional
        A feasible point to start from.
    gap, slack : float
        Relative and absolute distance of bound and point at which the search may end.
    clock : Clock, optional
        Only where the caller accepts that a run cannot be repeated exactly.
    node_limit : int, optional
        Largest number of branch-and-bound nodes.
    reduced : bool
        Whether the caller has removed needless rows and columns already.
    jump : bool
        Whether a first point is sought before the linear program is solved (feasibility jump). It
        costs more than it gives where the linear program is nearly whole.

    Examples
    --------
    >>> rows = sparse.csr_array([[2.0, 2]])
    >>> outcome = maximise(np.array([3.0, 4]), rows, np.zeros(1), np.array([3.0]),
    ...                    integer=np.array([True, True]))
    >>> outcome.point.tolist(), outcome.bound
    ([0.0, 1.0], 4.0)
    """
    program = Program(
        value,
        rows,
        low,
        high,
        upper=upper,
        lower=lower,
        integer=integer,
        reduced=reduced,
        jump=jump,
    )
    return program.solve_whole(
        start=start, gap=gap, slack=slack, clock=clock, node_limit=node_limit
    )
