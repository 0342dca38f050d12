"""Coverage and p-median under further rules, as one mixed-integer program for HiGHS.

Rules: capacity of sites, distance between open sites, a least share reached in every group, a
second open site in reach (Hogan & ReVelle 1986, BACOP), reach that fades with distance (Berman &
Krass 2002). Capacities let a demand point be split among sites: people are divisible into persons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sozialraum.errors import InputError, StudyError
from sozialraum.lazy import sparse
from sozialraum.presence.cover import COUNTED, Cover
from sozialraum.presence.highs import Clock, Outcome, Program, maximise
from sozialraum.presence.parts import ROUNDING
from sozialraum.presence.problem import Bools, Floats, InfeasibleError, Ints, Matrix, Problem
from sozialraum.presence.search import Search

SMALL = 2_000
"""Pairs of point and site up to which a program is small."""


@dataclass(frozen=True)
class Least:
    """At least `minimum` persons reached, counted with `weight` per demand point."""

    name: str
    weight: Floats
    minimum: float
    asked: float | None = None
    """The number that was asked for, where `minimum` is raised."""

    def whole_points(self) -> Least:
        """The same rule where points are reached as a whole: nothing, or a smallest point.

        Keeps a tiny floor above the solver's tolerance.
        """
        positive = self.weight[self.weight > 0]
        if self.minimum <= 0 or not positive.size:
            return self
        return replace(self, minimum=max(self.minimum, float(positive.min())), asked=self.minimum)


@dataclass(frozen=True)
class Constraints:
    """Further rules about the sites.

    Parameters
    ----------
    floor : float or mapping
        Least share of people reached in every group (or by group), 0…1.
    spacing : float
        Least distance between two open sites.
    between : array (sites, sites), optional
        Distances between sites; needed for `spacing`.
    least : sequence of Least
        Least numbers of people reached, for other weights than the demand.
    """

    floor: float | Mapping[Any, float] = 0.0
    spacing: float = 0.0
    between: Any = None
    least: Sequence[Least] = field(default_factory=tuple)

    @staticmethod
    def read(value: Constraints | Mapping[str, Any] | None) -> Constraints:
        """Accept a mapping for the same."""
        if value is None or isinstance(value, Constraints):
            return value or Constraints()
        unknown = set(value) - {"floor", "spacing", "between", "least"}
        if unknown:
            raise StudyError(
                f"Unknown constraint(s): {', '.join(sorted(unknown))}",
                where="constraints",
                expected="floor, spacing, between, least",
            )
        return Constraints(**value)

    @property
    def given(self) -> bool:
        """Whether any rule is set."""
        return bool(self.floor) or self.spacing > 0 or len(self.least) > 0

    def conflicts(self, m: int) -> Ints:
        """Pairs of sites (k, 2) that are too near to each other to be open together."""
        if self.spacing <= 0:
            return np.empty((0, 2), dtype=np.intp)
        if self.between is None or np.shape(self.between) != (m, m):
            raise InputError(
                "A least distance between sites needs the distances between sites",
                where="constraints.between",
                expected=f"an array of shape ({m}, {m})",
            )
        near = np.argwhere(np.asarray(self.between, float) < self.spacing)
        return near[near[:, 0] < near[:, 1]]

    def met(self, chosen: Bools, reached: Bools, demand: Floats, groups: Any) -> bool:
        """Whether open sites (mask) that reach these points (mask) keep the rules."""
        near = chosen[self.conflicts(chosen.size)].all(axis=1).any()
        return not near and all(
            floor.weight[reached].sum() >= floor.minimum
            for floor in (f.whole_points() for f in self.floors(demand, groups))
        )

    def floors(self, demand: Floats, groups: Any) -> list[Least]:
        """The least numbers of people that must be reached."""
        rows = list(self.least)
        if not self.floor:
            return rows
        if groups is None or len(groups) != demand.size:
            raise InputError("A floor needs one group per demand point", where="groups")
        names = np.asarray(groups, dtype=object)
        for name in sorted(set(names.tolist()), key=str):
            share = self.floor.get(name, 0.0) if isinstance(self.floor, Mapping) else self.floor
            if not 0 <= share <= 1:
                raise StudyError("A floor must lie between 0 and 1", where=f"floor of {name!r}")
            weight = np.where(names == name, demand, 0.0)
            rows.append(Least(str(name), weight, share * float(weight.sum())))
        return rows


@dataclass(frozen=True)
class Model:
    """A program whose first `m` variables open sites; the rest serve pairs or points.

    `gain` is maximised. `serve` maps the other variables to the served share of each point.
    """

    problem: Problem
    p: int
    row: Ints
    site: Ints
    gain: Floats
    serve_all: bool
    capacity: Floats | None
    conflicts: Ints
    floors: list[Least]
    twins: bool = False
    """With backup: the second half of the pairs repeats the first, and a site serves once."""

    def solve(
        self,
        *,
        fixed: Ints | None = None,
        gap: float = 0.0,
        clock: Clock | None = None,
        node_limit: int | None = None,
    ) -> tuple[Outcome, sparse.csr_array]:
        """Best sites; `fixed` sites make it a linear program that only assigns people."""
        (n, m), k = self.problem.shape, self.row.size
        demand = self.problem.demand
        lower, upper = np.zeros(m + k), np.ones(m + k)
        upper[:m] = self.problem.allowed
        lower[self.problem.required] = 1.0
        if fixed is not None:
            upper[:m] = lower[:m] = np.isin(np.arange(m), fixed)
        pairs, places = np.arange(k), m + np.arange(k)
        blocks, low, high = [], [], []

        def add(data: Floats, rows: Ints, columns: Ints, count: int, lo: Any, hi: Any) -> None:
            shape = (count, m + k)
            blocks.append(sparse.csr_array((data, (rows, columns)), shape=shape))
            low.append(np.broadcast_to(np.asarray(lo, float), (count,)))
            high.append(np.broadcast_to(np.asarray(hi, float), (count,)))

        one = np.ones(k)
        add(one, self.row, places, n, (demand > 0) * 1.0 if self.serve_all else -np.inf, 1.0)
        both = np.r_[pairs, pairs], np.r_[places, self.site]
        add(np.r_[one, -one], *both, k, -np.inf, 0.0)
        if self.twins:
            half = np.arange(k // 2)
            rows = np.r_[half, half, half]
            columns = np.r_[m + half, m + half + k // 2, self.site[half]]
            data = np.repeat([1.0, 1.0, -1.0], half.size)
            add(data, rows, columns, half.size, -np.inf, 0.0)
        add(np.ones(m), np.zeros(m, int), np.arange(m), 1, self.p, self.p)
        if self.capacity is not None:
            add(
                np.r_[demand[self.row], -self.capacity],
                np.r_[self.site, np.arange(m)],
                np.r_[places, np.arange(m)],
                m,
                -np.inf,
                0.0,
            )
        if self.conflicts.size and fixed is None:
            c = len(self.conflicts)
            add(np.ones(2 * c), np.repeat(np.arange(c), 2), self.conflicts.ravel(), c, -np.inf, 1)
        for floor in self.floors:
            add(
                floor.weight[self.row],
                np.zeros(k, int),
                places,
                1,
                floor.minimum - ROUNDING * max(1.0, floor.minimum),
                np.inf,
            )
        program = Program(
            np.r_[np.zeros(m), self.gain],
            sparse.csr_array(sparse.vstack(blocks)),
            np.concatenate(low),
            np.concatenate(high),
            lower=lower,
            upper=upper,
            integer=np.arange(m + k) < m,
            reduced=True,
            # A first point before anything else costs more than the whole search of a small
            # program, and is all there may be when a clock strikes.
            jump=k > SMALL or (clock is not None and clock.left() is not None),
        )
        outcome = program.solve_whole(gap=gap, clock=clock, node_limit=node_limit)
        flows = np.zeros(k) if outcome.point is None else outcome.point[m:]
        served = flows * demand[self.row]
        keep = served > 1e-7
        matrix = sparse.csr_array((served[keep], (self.row[keep], self.site[keep])), shape=(n, m))
        return outcome, matrix

    def explain(self) -> InfeasibleError:
        """Which rule cannot be met, and by how much at least."""
        m, free = self.problem.shape[1], []
        if self.conflicts.size:
            most = self._most_sites()
            if most < self.p:
                return InfeasibleError(
                    f"At most {max(most, 0)} of {self.p} sites keep the least distance"
                    if most >= 0
                    else "Required sites are nearer to each other than the least distance",
                    rule="spacing",
                    shortfall=self.p - max(most, 0) if most >= 0 else 1,
                    hint="Lower the distance between sites or their number",
                )
        for floor in self.floors:
            error = self._short_of(floor)
            if error is not None:
                return error
            free.append(floor.name)
        if self.floors:
            total = np.sum([f.weight for f in self.floors], axis=0)
            least = sum(f.minimum if f.asked is None else f.asked for f in self.floors)
            missing = max(least - self._without_floors(total), 0.0)
            return InfeasibleError(
                f"Each of {len(free)} floors can be met alone, but not all at once with {self.p}"
                " sites",
                rule="floor",
                shortfall=missing,
                hint="Lower the floors or raise p",
            )
        served = self._without_floors(self.problem.demand)
        missing = float(self.problem.demand.sum()) - served
        name = "reach" if self.capacity is None else "capacity"
        return InfeasibleError(
            f"{self.p} of {m} sites can serve {served:,.1f} people, {missing:,.1f} are left over",
            rule=name,
            shortfall=missing,
            hint="Raise p, add candidates" + (" or capacity" if name == "capacity" else ""),
        )

    def refuse_hopeless(self) -> None:
        """Raise where all sites together cannot meet a floor: no search is needed to say so.

        Where sites have to be apart, that is asked first, see `explain`.
        """
        if self.conflicts.size:
            return
        near = np.isin(np.arange(self.problem.shape[0]), self.row)
        for floor in self.floors:
            if floor.weight[near].sum() < floor.minimum * (1 - ROUNDING):
                error = self._short_of(floor)
                if error is not None:
                    raise error

    def _short_of(self, floor: Least) -> InfeasibleError | None:
        """What is missing for a floor though no other one is asked for."""
        alone = self._without_floors(floor.weight)
        asked = floor.minimum if floor.asked is None else floor.asked
        if alone >= floor.minimum * (1 - ROUNDING):
            return None
        return InfeasibleError(
            f"At most {alone:,.1f} people of group {floor.name!r} can be reached, "
            f"{asked:,.1f} are demanded",
            rule="floor",
            shortfall=max(asked - alone, 0.0),
            hint="Lower the floor, raise p or the radius, or add candidates there",
        )

    def _without_floors(self, weight: Floats) -> float:
        if self.capacity is None and not self.conflicts.size:
            n, m = self.problem.shape
            if n * m <= COUNTED:
                near: Matrix = np.zeros((n, m))
                near[self.row, self.site] = 1.0
            else:
                pairs = (np.ones(self.row.size), (self.row, self.site))
                near = sparse.csr_array(pairs, shape=(n, m))
            cover = Cover(near, weight, np.arange(m))
            required = self.problem.required
            found = Search(cover.besides(self.problem)).solve(self.p - required.size)
            return cover.value(required) + found.bound
        model = Model(
            self.problem,
            self.p,
            self.row,
            self.site,
            weight[self.row],
            False,
            self.capacity,
            self.conflicts,
            [],
        )
        outcome, _ = model.solve()
        return 0.0 if outcome.point is None else max(0.0, float(outcome.bound))

    def _most_sites(self) -> int:
        """Number of sites that may be open together; -1 where the required ones may not."""
        m, c = self.problem.shape[1], len(self.conflicts)
        pairs = (np.ones(2 * c), (np.repeat(np.arange(c), 2), self.conflicts.ravel()))
        lower = np.zeros(m)
        lower[self.problem.required] = 1.0
        outcome = maximise(
            np.ones(m),
            sparse.csr_array(pairs, shape=(c, m)),
            np.full(c, -np.inf),
            np.ones(c),
            lower=lower,
            upper=self.problem.allowed.astype(float),
            integer=np.ones(m, bool),
        )
        return -1 if outcome.point is None else round(outcome.point.sum())


def check_capacity(capacity: Any, m: int) -> Floats | None:
    """One number >= 0 per site, in persons.

    Examples
    --------
    >>> check_capacity(40, 2).tolist()
    [40.0, 40.0]
    """
    if capacity is None:
        return None
    values = (
        np.broadcast_to(np.asarray(capacity, float), (m,)).copy()
        if np.ndim(capacity) == 0
        else np.asarray(capacity, float)
    )
    if values.shape != (m,) or np.isnan(values).any() or (values < 0).any():
        raise InputError(
            "Capacities must be numbers of at least 0, one per site",
            where="capacity",
            expected=f"{m} numbers of persons (hours / hours per person)",
        )
    return values
