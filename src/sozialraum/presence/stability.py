"""How far a proposal depends on what is not known exactly.

A proposal is solved again over draws of its inputs: the counts of the areas between their bounds,
the spread of people inside an area, the walked distance, the position of venues, other demand
vectors. What comes out: how often each room is chosen, which rooms can be exchanged at no loss, and
a proposal that is good on average or in the worst tenth of the draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from sozialraum.errors import InputError, StudyError
from sozialraum.presence.cover import Cover, greedy, swap
from sozialraum.presence.problem import (
    Bools,
    Floats,
    Ints,
    Problem,
    Site,
    check_p,
    check_radius,
    read_problem,
)

MEDIAN_TO_SIGMA = 1 / 0.6745
"""The median of ``|z|`` of a standard normal variable is 0.6745."""
CELLS = 60_000_000
"""Largest number of draws × points × sites for which robust exchanges are searched."""


@dataclass(frozen=True)
class Draws:
    """Alternative inputs.

    Attributes
    ----------
    demand : float array (draws, demand points)
        People per point.
    stretch : float array (draws,)
        Factor on all distances.
    shift : float array (draws, sites, 2) or None
        Displacement of venues in metres.
    """

    demand: Floats
    stretch: Floats
    shift: Floats | None = None


@dataclass(frozen=True)
class Stability:
    """Result of re-solving over draws.

    Attributes
    ----------
    sites : DataFrame
        Index: all candidate sites. `proposed` (bool), `stability` (share of the draws in which
        the site is chosen, 0…1).
    reached : float array (draws,)
        What the given proposal reaches in each draw.
    best : float array (draws,)
        What the proposal found for that draw reaches.
    regret : float
        Mean share of people that the given proposal loses against the one found for the draw.
    robust_mean, robust_worst : tuple
        Sites with the best mean, and with the best mean over the worst tenth of the draws.
    figures : DataFrame
        Rows `proposed`, `robust_mean`, `robust_worst`; columns `mean` and `worst_tenth`: share of
        people reached.
    """

    sites: pd.DataFrame
    reached: Floats
    best: Floats
    regret: float
    robust_mean: tuple[Site, ...]
    robust_worst: tuple[Site, ...]
    figures: pd.DataFrame


def draw_inputs(
    demand: Any,
    *,
    draws: int,
    seed: int,
    areas: Any = None,
    lo: Any = None,
    hi: Any = None,
    spread: float = 0.19,
    stretch: tuple[float, float] = (0.95, 1.1),
    position: float = 0.0,
    sites: int = 0,
    alternatives: Any = None,
) -> Draws:
    """Draw alternative inputs.

    Parameters
    ----------
    demand : array (demand points,)
        People per point; of points without any nothing is drawn.
    areas : array (demand points,), optional
        Area of each point. Counts vary together inside an area; the spread keeps its total.
    lo, hi : array (demand points,), optional
        Bounds of each point's people; the whole area moves together between them.
    spread : float
        Median relative error of a point inside its area (0.19: measured where shares of
        Bezirksregionen are spread onto their areas); log-normal. 0: none.
    stretch : (float, float)
        Range of the factor on all distances (uniform).
    position : float
        Standard deviation of a venue's position in metres, per axis.
    sites : int
        Number of sites; needed with `position`.
    alternatives : array (k, demand points), optional
        Other demand vectors (another weighting, without a correction): the draws take `demand`
        and each of them in turn.

    Returns
    -------
    Draws
    """
    if draws < 1:
        raise StudyError("At least one draw is needed", where=f"draws={draws}")
    rng = np.random.default_rng(seed)
    people = np.asarray(demand, float)
    if (lo is None) != (hi is None):
        raise InputError("Bounds come in pairs: lo and hi", where="lo, hi")
    bases = people[None] if alternatives is None else np.vstack([people, alternatives])
    base = bases[np.arange(draws) % len(bases)]
    codes = np.zeros(people.size, np.intp) if areas is None else pd.factorize(np.asarray(areas))[0]
    groups = int(codes.max(initial=-1)) + 1
    drawn = base.copy()
    if lo is not None:
        low, high = np.asarray(lo, float), np.asarray(hi, float)
        if ((low > people) | (people > high)).any():
            raise InputError("Bounds must enclose the demand", where="lo, hi")
        known = np.where(people > 0, people, 1.0)
        place = rng.uniform(size=(draws, groups))[:, codes]
        drawn = drawn * (low + place * (high - low)) / known
    if spread > 0:
        noise = np.exp(rng.normal(0.0, spread * MEDIAN_TO_SIGMA, base.shape))
        sums = sparse.csr_array((np.ones(codes.size), (codes, np.arange(codes.size))))
        before, after = drawn @ sums.T, (drawn * noise) @ sums.T
        ratio = np.divide(before, after, out=np.ones_like(after), where=after > 0)
        drawn = drawn * noise * ratio[:, codes]
    factor = rng.uniform(*stretch, draws)
    shift = rng.normal(0.0, position, (draws, sites, 2)) if position > 0 else None
    return Draws(drawn, factor, shift)


def site_stability(
    cost: Any,
    demand: Any,
    sites: Iterable[Site],
    *,
    radius: float,
    draws: Draws,
    existing: Iterable[Site] = (),
    required: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    unit_xy: Any = None,
    site_xy: Any = None,
) -> Stability:
    """Solve the proposal `sites` again in every draw.

    Each draw starts from the proposal and from a greedy choice, both improved by exchanges: a
    heuristic, fast enough for every proposal of a study.

    Parameters
    ----------
    cost, demand, radius, existing, required, forbidden
        As in `coverage_curve`.
    sites : iterable of sites
        The proposal; as many are chosen in every draw.
    draws : Draws
        See `draw_inputs`.
    unit_xy, site_xy : array (…, 2), optional
        Positions in metres; needed where the draws displace venues. Distances change by what the
        displacement changes in a straight line.

    Returns
    -------
    Stability
    """
    problem = read_problem(cost, demand, required=sites, forbidden=forbidden)
    radius = check_radius(radius)
    given = problem.required
    held = read_problem(cost, demand, required=existing).required
    fixed = np.intersect1d(read_problem(cost, demand, required=required).required, given)
    check_p(given.size, problem)
    if draws.demand.shape[1:] != problem.demand.shape:
        raise InputError("Draws were made for another demand", where="draws.demand")
    free = np.setdiff1d(problem.candidates, np.r_[held, fixed])
    chosen = np.zeros(problem.shape[1])
    hits, left, found = [], [], []
    for number in range(len(draws.stretch)):
        reach = _reach(problem, radius, draws, number, unit_xy, site_xy)
        people = np.where(reach[:, held].any(axis=1), 0.0, draws.demand[number])
        answer = _solve_again(reach, people, given, fixed, free)
        chosen[answer] += 1
        hits.append(reach)
        left.append(people)
        found.append(answer)
    count = len(found)
    total = draws.demand.sum(axis=1)

    def reached(choice: Ints) -> Floats:
        gains = [w[h[:, choice].any(axis=1)].sum() for h, w in zip(hits, left, strict=True)]
        return total - np.array([w.sum() for w in left]) + np.array(gains)

    own = np.array([reached(answer)[k] for k, answer in enumerate(found)])
    mine = reached(given)
    options = {tuple(np.sort(answer)) for answer in [*found, given]}
    table = {option: reached(np.array(option, np.intp)) / total for option in sorted(options)}
    robust = {}
    for name, score in (("robust_mean", np.mean), ("robust_worst", worst_tenth)):
        start = max(table, key=lambda option: score(table[option]))
        robust[name] = _exchange(np.array(start), hits, left, total, fixed, free, score)
    rows = {"proposed": given, **robust}
    shares = {name: reached(choice) / total for name, choice in rows.items()}
    index = [problem.name(j) for j in problem.candidates]
    frame = pd.DataFrame(
        {
            "proposed": np.isin(problem.candidates, given),
            "stability": chosen[problem.candidates] / count,
        },
        index=pd.Index(index, name="site"),
    )
    return Stability(
        frame,
        mine,
        own,
        float(np.mean((own - mine) / total)),
        tuple(problem.name(j) for j in robust["robust_mean"]),
        tuple(problem.name(j) for j in robust["robust_worst"]),
        pd.DataFrame(
            {
                "mean": {name: float(share.mean()) for name, share in shares.items()},
                "worst_tenth": {name: worst_tenth(share) for name, share in shares.items()},
            }
        ),
    )


def worst_tenth(values: Floats) -> float:
    """Mean of the lowest tenth (at least one value)."""
    return float(np.sort(values)[: max(1, values.size // 10)].mean())


def exchangeable(
    cost: Any,
    demand: Any,
    sites: Iterable[Site],
    *,
    radius: float,
    existing: Iterable[Site] = (),
    forbidden: Iterable[Site] = (),
    tolerance: float = 0.0,
) -> pd.DataFrame:
    """Rooms that could stand in for a proposed one.

    Parameters
    ----------
    tolerance : float
        Largest share of all people that the exchange may lose; 0: no loss.

    Returns
    -------
    DataFrame
        `site`, `instead`, `loss` (persons; negative: the other room reaches more), one row per
        possible exchange, smallest loss first.
    """
    problem = read_problem(cost, demand, required=sites, forbidden=forbidden)
    held = read_problem(cost, demand, required=existing).required
    given = problem.required
    free = np.setdiff1d(problem.candidates, np.r_[held, given])
    every = problem.within(check_radius(radius))
    counts = every @ np.isin(np.arange(problem.shape[1]), np.r_[held, given]).astype(float)
    rows = []
    for site in given:
        mine = np.asarray(every[:, [site]].todense()).ravel() > 0
        # People whom only this site reaches; another one must take them over or find others.
        lost = np.where(mine & (counts == 1), problem.demand, 0.0)
        new = np.where(counts == 0, problem.demand, 0.0)
        gain = every[:, free].T @ (lost + new)
        for other, value in zip(free, lost.sum() - gain, strict=True):
            if value <= tolerance * problem.demand.sum() + 1e-9:
                rows.append((problem.name(site), problem.name(other), float(value)))
    frame = pd.DataFrame(rows, columns=["site", "instead", "loss"])
    return frame.sort_values("loss", kind="stable", ignore_index=True)


def _reach(
    problem: Problem, radius: float, draws: Draws, number: int, unit_xy: Any, site_xy: Any
) -> Bools:
    limit = radius / draws.stretch[number]
    if draws.shift is None:
        if sparse.issparse(problem.cost):
            return problem.within(limit).toarray() > 0
        return problem.cost <= limit
    if unit_xy is None or site_xy is None:
        raise InputError("Displaced venues need positions", where="unit_xy, site_xy")
    units, places = np.asarray(unit_xy, float), np.asarray(site_xy, float)
    moved = places + draws.shift[number]
    before = np.hypot(*(units[:, None] - places).transpose(2, 0, 1))
    after = np.hypot(*(units[:, None] - moved).transpose(2, 0, 1))
    cost = problem.columns_dense(np.arange(problem.shape[1]))
    return np.maximum(cost + after - before, 0.0) <= limit


def _solve_again(reach: Bools, people: Floats, given: Ints, fixed: Ints, free: Ints) -> Ints:
    """Best of two starts for one draw: the proposal and a greedy choice."""
    missed = (people > 0) & ~reach[:, fixed].any(axis=1)
    part = reach[np.ix_(missed, free)].astype(float)
    cover = Cover(sparse.csr_array(part), people[missed], free)
    left = given.size - fixed.size
    mine = np.flatnonzero(np.isin(free, given))
    starts = [greedy(cover, left, mine), greedy(cover, left)]
    best = max((swap(cover, start, part) for start in starts), key=cover.value)
    return np.sort(np.r_[fixed, free[best]]).astype(np.intp)


def _exchange(
    choice: Ints,
    hits: list[Bools],
    left: list[Floats],
    total: Floats,
    fixed: Ints,
    free: Ints,
    score: Any,
) -> Ints:
    """Exchange one site while that improves the score over all draws."""
    if len(hits) * hits[0].size > CELLS:
        return np.sort(choice)
    stack: NDArray[np.float32] = np.stack([h[:, free] for h in hits]).astype(np.float32)
    base = total - np.array([w.sum() for w in left])
    while True:
        best = score(_share(choice, hits, left, base, total))
        step = None
        for out in np.setdiff1d(choice, fixed):
            rest = np.setdiff1d(choice, out)
            missed = np.stack(
                [np.where(h[:, rest].any(axis=1), 0.0, w) for h, w in zip(hits, left, strict=True)]
            )
            gain = np.matmul(missed[:, None].astype(np.float32), stack)[:, 0]
            kept = base + np.array([w.sum() for w in left]) - missed.sum(axis=1)
            shares = (kept[:, None] + gain) / total[:, None]
            for j in np.argsort([-score(shares[:, k]) for k in range(free.size)])[:1]:
                other = np.sort(np.r_[rest, free[j]])
                if np.unique(other).size == choice.size:
                    value = score(_share(other, hits, left, base, total))
                    if value > best + 1e-9:
                        best, step = value, other
        if step is None:
            return np.sort(choice)
        choice = step


def _share(
    choice: Ints, hits: list[Bools], left: list[Floats], base: Floats, total: Floats
) -> Floats:
    gains = [w[h[:, choice].any(axis=1)].sum() for h, w in zip(hits, left, strict=True)]
    return (base + np.array(gains)) / total
