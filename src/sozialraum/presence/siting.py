"""The answer of a location model."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.presence.problem import Ints, Problem, Site

PROVEN = 1e-9
"""Relative distance of objective and bound below which an answer counts as proven optimal."""


@dataclass(frozen=True)
class Siting:
    """Chosen sites, what they achieve, and how good that is at least.

    All figures are recounted from the sites and the distances; none is taken from the solver.

    Attributes
    ----------
    sites : tuple
        Open sites in the order of the columns: positions, or labels where `cost` was a frame.
    objective : float
        What these sites achieve: persons reached (coverage), persons × distance (p-median), the
        longest distance (p-center), number of sites (set cover).
    bound : float
        No choice of sites can do better than this (an upper bound for coverage, a lower one else).
    gap : float
        ``|bound - objective| / objective``; 0 = proven optimal.
    assignment : numpy.ndarray or pandas.Series
        Per demand point the site that serves it, -1 (frame: missing) where none does. With
        capacities a point may be split: the site with its largest part; see `flows`.
    status : str
        ``optimal`` (proven), ``gap`` (stopped within the gap that was asked for), ``limit`` (nodes
        or iterations), ``time_limit`` (a clock struck: another run may end elsewhere).
    measures : mapping
        Further figures by name, recounted as well, e.g. ``reached_share``, ``backup_share``.
    flows : scipy.sparse.csr_array or None
        With capacities: persons of each demand point served at each site.
    """

    sites: tuple[Site, ...]
    objective: float
    bound: float
    gap: float
    assignment: Any
    status: str
    measures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    flows: Any = None

    @property
    def proven(self) -> bool:
        """Whether no other choice can be better."""
        return self.status == "optimal"

    @property
    def reproducible(self) -> bool:
        """False where a clock ended the search."""
        return self.status != "time_limit"

    def _repr_html_(self) -> str:
        rows = {
            "sites": ", ".join(str(s) for s in self.sites) or "none",
            "objective": f"{self.objective:,.6g}",
            "bound": f"{self.bound:,.6g}",
            "gap": f"{self.gap:.4%}",
            "status": self.status,
            **{name: f"{value:,.6g}" for name, value in self.measures.items()},
        }
        cells = "".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
            for name, value in rows.items()
        )
        return f"<table><caption>{len(self.sites)} sites</caption>{cells}</table>"


def relative_gap(objective: float, bound: float) -> float:
    """``|bound - objective| / |objective|``, 0 where both agree up to rounding.

    Examples
    --------
    >>> relative_gap(100.0, 105.0), relative_gap(100.0, 100.0)
    (0.05, 0.0)
    """
    distance = abs(bound - objective)
    if distance <= PROVEN * max(1.0, abs(objective)):
        return 0.0
    return distance / abs(objective) if objective else float("inf")


def make_siting(
    problem: Problem,
    sites: Ints,
    objective: float,
    bound: float,
    assignment: Ints,
    *,
    gap: float = 0.0,
    timed_out: bool = False,
    measures: Mapping[str, float] | None = None,
    flows: Any = None,
) -> Siting:
    """Put an answer together; `status` follows from the gap, never from what a solver says.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1.0, 9]], [5])
    >>> make_siting(problem, np.array([0]), 5.0, 6.0, np.array([0]), gap=0.25).status
    'gap'
    """
    reached = relative_gap(objective, bound)
    if reached == 0:
        status, bound = "optimal", objective
    elif reached <= gap:
        status = "gap"
    else:
        status = "time_limit" if timed_out else "limit"
    served: Any = assignment
    if problem.columns is not None:
        names = np.empty(len(assignment), dtype=object)
        names[:] = None
        open_ = assignment >= 0
        names[open_] = problem.columns.to_numpy(dtype=object)[assignment[open_]]
        served = pd.Series(names, index=problem.rows, name="site")
    return Siting(
        tuple(problem.name(j) for j in np.sort(sites)),
        float(objective),
        float(bound),
        reached,
        served,
        status,
        MappingProxyType({name: float(value) for name, value in (measures or {}).items()}),
        flows,
    )
