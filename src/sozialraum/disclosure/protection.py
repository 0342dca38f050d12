"""The cheapest statements to withhold so that nobody can compute a protected count.

Cell suppression across any tables that share counts (Fischetti and Salazar 2001, Management
Science 47): a master programme chooses what is withheld at the smallest loss of information, the
attacker (`sozialraum.disclosure.inference`) tries to compute every protected count, and whatever
its proof rests on becomes a new constraint: at least so much of it must go. Both ends repeat until
the attacker fails. Each constraint is valid for every solution, so the last choice is the cheapest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sozialraum.disclosure.inference import Bound, Known, Statement, infer
from sozialraum.errors import DisclosureError

MOST_ROUNDS = 2_000


def protect(
    known: Known,
    said: Sequence[Statement],
    counts: Mapping[str, float],
    *,
    protection: int = 3,
) -> list[int]:
    """Choose the statements to withhold.

    Parameters
    ----------
    known, said
        See `sozialraum.disclosure.inference.infer`. Statements with an infinite price stay.
    counts : mapping
        Protected cell -> its true count; NaN: unknown, then its interval has to be wide enough
        wherever it lies.
    protection : int
        An attacker must reckon with every count from `count - protection` to `count + protection`,
        as far as what everybody knows beforehand allows it.

    Returns
    -------
    list of int
        Positions in `said`, sorted; those that print a protected count are among them.

    Raises
    ------
    DisclosureError
        Even withholding all that may be withheld does not protect a count.

    Examples
    --------
    >>> from sozialraum.disclosure.inference import shown, sums_to
    >>> known = dict.fromkeys(["a", "b", "c", "total"], (0, 900))
    >>> said = [sums_to("total", ["a", "b", "c"]), shown("total", 47, price=9)]
    >>> said += [shown("a", 2), shown("b", 5), shown("c", 40)]
    >>> [said[k].name for k in protect(known, said, {"a": 2})]
    ['a', 'b']
    """
    printing = {k for k, s in enumerate(said) if s.shows and s.cells[0] in counts}
    movable = [k for k, s in enumerate(said) if np.isfinite(s.price) and k not in printing]
    widest = infer(known, [s for s in said if s.kind == "definition"], counts)
    master = _Master([said[k].price for k in movable])
    place = {k: n for n, k in enumerate(movable)}
    for _ in range(MOST_ROUNDS):
        gone = printing | {movable[n] for n in master.chosen()}
        rest = [_silent(s) if k in gone else s for k, s in enumerate(said)]
        now = infer(known, rest, counts)
        cuts = 0
        for cell, count in counts.items():
            for lacking, rests_on in _lacking(count, now[cell], widest[cell], protection):
                weights = _weights(known, said, rests_on, place, lacking)
                if not weights:
                    raise DisclosureError(
                        f"The withheld count of {cell!r} cannot be protected: it follows from what "
                        "cannot be taken back",
                        hint="Publish on a coarser level, or leave the totals out",
                    )
                master.require(weights, lacking)
                cuts += 1
        if not cuts:
            return sorted(gone)
        if not master.solve():
            raise DisclosureError(
                "A withheld count cannot be protected: it is known from its total",
                hint="Publish on a coarser level, or leave the totals out",
            )
    raise DisclosureError(
        "No set of counts to withhold was found in time",
        hint="Raise the level that is published",
    )


def cheapest_fix(known: Known, said: Sequence[Statement], cell: str, *, protection: int = 3) -> str:
    """Names of what would have to be withheld, too, so that one count is not known.

    Parameters
    ----------
    known : Known
        What everybody knows beforehand.
    said : sequence of Statement
        What is printed.
    cell : str
        The count that shall not be known.
    protection : int
        Width of the interval that an attacker must be left with.

    Returns
    -------
    str
        ', ' between them; '' where nothing that can be taken back would help.

    Examples
    --------
    >>> from sozialraum.disclosure.inference import shown, sums_to
    >>> known = dict.fromkeys(["a", "b", "total"], (0, 900))
    >>> said = [sums_to("total", ["a", "b"]), shown("total", 42, price=9), shown("b", 40)]
    >>> cheapest_fix(known, said, "a")
    'b'
    """
    try:
        gone = protect(known, said, {cell: np.nan}, protection=protection)
    except DisclosureError:
        return ""
    return ", ".join(said[k].name for k in gone)


def _silent(statement: Statement) -> Statement:
    """The statement withheld: in its place, so that positions stay, and saying nothing."""
    return replace(statement, lo=-np.inf, hi=np.inf, kind="claim")


def _lacking(
    count: float, now: tuple[Bound, Bound], widest: tuple[Bound, Bound], protection: int
) -> list[tuple[float, dict[int, float]]]:
    """By how much each end falls short of the protection, and what it rests on."""
    low, high = now
    floor, roof = widest[0].value, widest[1].value
    if np.isnan(count):
        short = min(protection, roof - floor) - (high.value - low.value)
        both = dict(low.rests_on)
        for k, weight in high.rests_on.items():
            both[k] = both.get(k, 0.0) + weight
        return [(short, both)] if short > 1e-6 else []
    up = min(count + protection, roof) - high.value
    down = low.value - max(count - protection, floor)
    ends = [(up, high.rests_on), (down, low.rests_on)]
    return [(short, rests_on) for short, rests_on in ends if short > 1e-6]


def _weights(
    known: Known,
    said: Sequence[Statement],
    rests_on: Mapping[int, float],
    place: Mapping[int, int],
    lacking: float,
) -> dict[int, float]:
    """How much withholding each statement can loosen the bound, at most what is lacking."""
    weights = {}
    for k, dual in rests_on.items():
        if k not in place:
            continue
        statement = said[k]
        room = np.inf
        if len(statement.cells) == 1:  # the cell moves as far as everybody would believe
            lo, hi = known[statement.cells[0]]
            low, high = sorted((statement.lo, statement.hi))
            low_end, high_end = sorted((lo * statement.factors[0], hi * statement.factors[0]))
            room = max(high_end - high, low - low_end, 0.0)
        weight = min(dual * room, lacking)
        if weight > 1e-9:
            weights[place[k]] = weight
    return weights


class _Master:
    """Which statements go: a binary programme that grows by one constraint at a time."""

    def __init__(self, price: list[float]) -> None:
        import highspy

        self.solver: Any = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("mip_rel_gap", 0.0)
        for cost in price:
            self.solver.addVar(0.0, 1.0)
            column = self.solver.getNumCol() - 1
            self.solver.changeColCost(column, cost)
            self.solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
        self.optimal = highspy.HighsModelStatus.kOptimal
        self.point = np.zeros(len(price))

    def require(self, weights: Mapping[int, float], least: float) -> None:
        columns = np.array(sorted(weights), np.int32)
        values = np.array([weights[int(c)] for c in columns])
        # a tolerance below a whole person, so that rounding of the solver cannot repeat a cut
        self.solver.addRow(least - 1e-7, np.inf, len(columns), columns, values)

    def solve(self) -> bool:
        self.solver.run()
        if self.solver.getModelStatus() != self.optimal:
            return False
        self.point = np.array(self.solver.getSolution().col_value)
        return True

    def chosen(self) -> list[int]:
        return np.flatnonzero(self.point > 0.5).tolist()
