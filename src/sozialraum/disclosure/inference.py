"""What follows from everything that is said about counts, in one table or in many.

A `Statement` says that a weighted sum of counts lies between two numbers. A printed count, a
total, a share with its digits, a change against an earlier edition, the people reached by some
rooms: all are statements. The attacker minimises and maximises every withheld count subject to all
of them (linear programming), which no calculation by hand can better over the real numbers; the
dual values say which statements the answer rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from sozialraum.errors import InputError

TINY = 1e-6
FINDINGS = ("cell", "lo", "hi", "exact", "how", "fix")
"""Columns of a frame of findings."""
Known = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Statement:
    """Something a reader is told: ``lo <= sum(factor × cell) <= hi``.

    Attributes
    ----------
    name : str
        What says it, as the auditor should read it ('share of 0101').
    cells : tuple of str
    factors : tuple of float
        Same length.
    lo, hi : float
        Both equal for a printed whole number.
    price : float
        Loss of information if it is withheld; infinite where it cannot be taken back: a register,
        an earlier publication.
    kind : {'claim', 'count', 'definition'}
        A printed count of one cell; what everybody knows without any publication, that a total is
        the sum of its parts; or anything else.
    """

    name: str
    cells: tuple[str, ...]
    factors: tuple[float, ...]
    lo: float
    hi: float
    price: float = np.inf
    kind: Literal["claim", "count", "definition"] = "claim"

    @property
    def shows(self) -> bool:
        """Whether it prints a single count."""
        return self.kind == "count"


def shown(cell: str, count: float, *, price: float | None = None, name: str = "") -> Statement:
    """A printed count; it costs 1 and a little more the larger it is, as suppression counts it.

    Parameters
    ----------
    cell : str
        The cell that it is.
    count : float
        What is printed.
    price : float, optional
        What withholding it would cost.
    name : str
        How it is named in findings; default: the cell.

    Examples
    --------
    >>> shown("area", 12.0).name
    'area'
    """
    cost = 1 + count / 1e6 if price is None else price
    return Statement(name or cell, (cell,), (1.0,), count, count, cost, "count")


def sums_to(total: str, parts: Sequence[str], *, slack: float = 0.0) -> Statement:
    """The definition of a total: everybody knows it; `slack` persons may be lost to rounding.

    Parameters
    ----------
    total : str
        Cell of the total.
    parts : sequence of str
        Cells that it is summed from.
    slack : float
        Persons that rounding may lose.

    Examples
    --------
    >>> sums_to("district", ["a", "b"]).name
    'sum of district'
    """
    factors = (1.0,) * len(parts) + (-1.0,)
    return Statement(f"sum of {total}", (*parts, total), factors, -slack, slack, kind="definition")


def from_rate(rate: pd.Series, base: pd.Series, *, digits: int) -> pd.DataFrame:
    """Bounds of a count that a printed rate gives away.

    Parameters
    ----------
    rate : pandas.Series
        Count / base, printed with `digits` digits after the point; NaN: not printed.
    base : pandas.Series
        What it was divided by; same index.
    digits : int

    Returns
    -------
    pandas.DataFrame
        `lo`, `hi`: the whole numbers that are printed like that; NaN where no rate is printed. A
        base that is not exactly the divisor can leave no whole number at all; then the nearest
        whole number on either side is given.

    Examples
    --------
    >>> from_rate(pd.Series([0.02]), pd.Series([100]), digits=2).iloc[0].tolist()
    [2.0, 2.0]
    >>> from_rate(pd.Series([0.02]), pd.Series([1000]), digits=2).iloc[0].tolist()
    [15.0, 25.0]
    """
    half = 0.5 * 10.0**-digits
    low, high = (rate - half) * base, (rate + half) * base
    lo, hi = np.ceil(low - 1e-6), np.floor(high + 1e-6)
    none = lo > hi
    return pd.DataFrame(
        {"lo": lo.where(~none, np.floor(low)).clip(lower=0), "hi": hi.where(~none, np.ceil(high))}
    )


def infer(
    known: Known, said: Sequence[Statement], targets: Collection[str]
) -> dict[str, tuple[Bound, Bound]]:
    """Compute the tightest interval of cells and what it rests on.

    Parameters
    ----------
    known : mapping
        Every cell -> what everybody knows about it beforehand: least and greatest number (0 and the
        residents; may be infinite).
    said : sequence of Statement
    targets : collection of str
        Cells whose interval is wanted.

    Returns
    -------
    dict
        Cell -> its lower and upper `Bound`, rounded inwards to whole persons.

    Raises
    ------
    InputError
        The statements contradict each other.

    Examples
    --------
    >>> known = dict.fromkeys(["a", "b", "total"], (0, 900))
    >>> said = [sums_to("total", ["a", "b"]), shown("total", 42), shown("b", 40)]
    >>> low, high = infer(known, said, ["a"])["a"]
    >>> low.value, high.value, sorted(said[k].name for k in high.rests_on)
    (2.0, 2.0, ['b', 'sum of total', 'total'])
    """
    found = {}
    for cells, rows in _components(said, set(targets)):
        problem = _Problem(known, said, cells, rows)
        for cell in cells:
            if cell in targets:
                found[cell] = problem.interval(cell)
    for cell in targets:
        if cell not in found:
            lo, hi = map(float, known[cell])
            found[cell] = (Bound(lo, lo, {}), Bound(hi, hi, {}))
    return found


@dataclass(frozen=True)
class Bound:
    """One end of an interval.

    Attributes
    ----------
    value : float
        In whole persons.
    exact : float
        Before rounding to whole persons.
    rests_on : dict
        Position of each statement that is needed -> by how much the bound moves per person that
        the statement is loosened.
    """

    value: float
    exact: float
    rests_on: dict[int, float]


def _components(said: Sequence[Statement], targets: set[str]) -> list[tuple[list[str], list[int]]]:
    """Cells and statements that belong together: connected by counts that are not printed."""
    printed = {s.cells[0] for s in said if s.shows}
    of_cell: dict[str, list[int]] = defaultdict(list)
    for k, statement in enumerate(said):
        for cell in statement.cells:
            of_cell[cell].append(k)
    seen: set[str] = set()
    result = []
    for start in sorted(targets):
        if start in seen:
            continue
        cells, rows, todo = {start}, set(), [start]
        while todo:
            cell = todo.pop()
            open_cell = cell not in printed or cell == start
            for k in of_cell[cell]:
                if not open_cell and len(said[k].cells) > 1:
                    continue
                rows.add(k)
                todo += [c for c in said[k].cells if c not in cells]
                cells.update(said[k].cells)
        seen |= cells - printed
        result.append((sorted(cells), sorted(rows)))
    return result


class _Problem:
    """The linear programme of one component; solved twice for each cell that is asked for."""

    def __init__(
        self, known: Known, said: Sequence[Statement], cells: list[str], rows: list[int]
    ) -> None:
        import highspy

        self.at = {cell: k for k, cell in enumerate(cells)}
        self.rows = rows
        box = np.array([known[c] for c in cells], float)
        starts: list[int] = [0]
        index: list[int] = []
        value: list[float] = []
        for k in rows:
            index += [self.at[c] for c in said[k].cells]
            value += said[k].factors
            starts.append(len(index))
        program: Any = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(cells), len(rows)
        program.col_cost_ = np.zeros(len(cells))
        program.col_lower_, program.col_upper_ = box[:, 0].copy(), box[:, 1].copy()
        program.row_lower_ = np.array([said[k].lo for k in rows], float)
        program.row_upper_ = np.array([said[k].hi for k in rows], float)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.array(starts, np.int32)
        program.a_matrix_.index_ = np.array(index, np.int32)
        program.a_matrix_.value_ = np.array(value, float)
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.passModel(program)
        self.kinds = highspy

    def interval(self, cell: str) -> tuple[Bound, Bound]:
        low, high = self._end(cell, 1.0), self._end(cell, -1.0)
        whole = (
            Bound(float(np.ceil(low.exact - TINY)), low.exact, low.rests_on),
            Bound(float(np.floor(high.exact + TINY)), high.exact, high.rests_on),
        )
        if whole[0].value > whole[1].value:  # no whole number fits: rounding of a printed rate
            return low, high
        return whole

    def _end(self, cell: str, sign: float) -> Bound:
        column = self.at[cell]
        self.solver.changeColCost(column, sign)
        self.solver.run()
        status, kinds = self.solver.getModelStatus(), self.kinds.HighsModelStatus
        self_value = self.solver.getInfo().objective_function_value
        solution = self.solver.getSolution()
        self.solver.changeColCost(column, 0.0)
        if status == kinds.kOptimal:
            duals = np.array(solution.row_dual)
            used = np.flatnonzero(np.abs(duals) > 1e-9)
            rests = {self.rows[k]: float(abs(duals[k])) for k in used}
            return Bound(sign * self_value, sign * self_value, rests)
        if status in (kinds.kUnbounded, kinds.kUnboundedOrInfeasible) and sign < 0:
            return Bound(np.inf, np.inf, {})
        raise InputError(
            f"What is published about {cell!r} contradicts itself: no counts fulfil it",
            expected="totals that are the sum of their parts, shares of the residents named",
            hint="Compare the totals of the table with its cells",
        )


def findings(
    known: Known,
    said: Sequence[Statement],
    *,
    protection: int = 3,
    targets: Collection[str] | None = None,
) -> pd.DataFrame:
    """Withheld counts that are known too well, small counts that are shown, and what would help.

    Parameters
    ----------
    known, said
        See `infer`.
    protection : int
        The interval of a withheld count must be this wide (persons), unless what everybody knows
        beforehand is narrower.
    targets : collection of str, optional
        Counts that must not be known; default: all that are not printed.

    Returns
    -------
    pandas.DataFrame
        Columns `FINDINGS`; empty where nothing can be inferred. `fix` is the cheapest set of
        statements whose withholding would leave the interval wide enough.

    Examples
    --------
    >>> known = dict.fromkeys(["a", "b", "c", "total"], (0, 900))
    >>> said = [sums_to("total", ["a", "b", "c"]), shown("total", 82), shown("b", 40)]
    >>> findings(known, [*said, shown("c", 40)])
      cell   lo   hi  exact          how fix
    0    a  2.0  2.0   True  total, b, c   b
    """
    from sozialraum.disclosure.protection import cheapest_fix

    printed = {s.cells[0]: s for s in said if s.shows}
    rows: list[tuple[object, ...]] = []
    for cell, statement in printed.items():
        if TINY < statement.lo < protection:
            rows.append((cell, statement.lo, statement.lo, True, "shown", cell))
        elif statement.lo > 0 and 0 <= known[cell][1] - statement.lo < protection - 0.5:
            rows.append((cell, statement.lo, statement.lo, True, "complement shown", cell))
    if targets is None:
        targets = [c for c in known if c not in printed]
    certain = [s for s in said if s.kind == "definition"]
    before, after = infer(known, certain, targets), infer(known, said, targets)
    for cell in targets:
        low, high = after[cell]
        width = high.value - low.value
        if width >= protection or width >= before[cell][1].value - before[cell][0].value:
            continue
        used = {**low.rests_on, **high.rests_on}
        names = dict.fromkeys(said[k].name for k in sorted(used) if said[k].kind != "definition")
        fix = cheapest_fix(known, said, cell, protection=protection)
        rows.append((cell, low.value, high.value, width < TINY, ", ".join(names), fix))
    return pd.DataFrame(rows, columns=list(FINDINGS))
