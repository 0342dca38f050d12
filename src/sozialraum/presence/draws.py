"""Alternative inputs of a proposal: what is not known exactly, drawn anew.

The counts of the areas between their bounds, the spread of people inside an area, the walked
distance, the position of venues, other demand vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError, StudyError
from sozialraum.presence.exchange import WORD, equal_rows, reach_words
from sozialraum.presence.problem import Bools, Floats, Ints, Problem

MEDIAN_TO_SIGMA = 1 / 0.6745
"""The median of ``|z|`` of a standard normal variable is 0.6745."""
SPREAD = 0.19
"""Median relative error of people inside an area: measured where shares of Bezirksregionen are
spread onto their areas."""
STRETCH = (0.95, 1.1)
"""Range of the factor on all ways."""
ROUNDING = 1e-3
"""Metres, far more than the rounding of a difference of two ways."""


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


def draw_inputs(
    demand: Any,
    *,
    draws: int,
    seed: int,
    areas: Any = None,
    lo: Any = None,
    hi: Any = None,
    spread: float = SPREAD,
    stretch: tuple[float, float] = STRETCH,
    position: float = 0.0,
    sites: int = 0,
    alternatives: Any = None,
) -> Draws:
    """Draw alternative inputs.

    Parameters
    ----------
    demand : array (demand points,)
        People per point; of points without any nothing is drawn.
    draws, seed : int
        How many, and where the random numbers begin.
    areas : array (demand points,), optional
        Area of each point. Counts vary together inside an area; the spread keeps its total.
    lo, hi : array (demand points,), optional
        Bounds of each point's people; the whole area moves together between them.
    spread : float
        Median relative error of a point inside its area; log-normal. 0: none.
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

    Examples
    --------
    >>> draws = draw_inputs([10, 30, 5], draws=4, seed=1, areas=["a", "a", "b"])
    >>> draws.demand[:, :2].sum(axis=1).round(6).tolist(), draws.demand[:, 2].tolist()
    ([40.0, 40.0, 40.0, 40.0], [5.0, 5.0, 5.0, 5.0])
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
        place = rng.uniform(size=(draws, groups))[:, codes]
        # bounds say nothing of points that only an alternative fills
        share = np.ones_like(drawn)
        np.divide(low + place * (high - low), people, out=share, where=people > 0)
        drawn = drawn * share
    if spread > 0:
        noise = np.exp(rng.normal(0.0, spread * MEDIAN_TO_SIGMA, base.shape))
        order = np.argsort(codes, kind="stable")
        first = np.searchsorted(codes[order], np.arange(groups))
        before, after = (
            np.add.reduceat(people[:, order], first, axis=1) for people in (drawn, drawn * noise)
        )
        ratio = np.divide(before, after, out=np.ones_like(after), where=after > 0)
        drawn = drawn * noise * ratio[:, codes]
    factor = rng.uniform(*stretch, draws)
    shift = rng.normal(0.0, position, (draws, sites, 2)) if position > 0 else None
    return Draws(drawn, factor, shift)


def drawn_reach(
    problem: Problem, radius: float, draws: Draws, unit_xy: Any = None, site_xy: Any = None
) -> tuple[Bools, Ints]:
    """Which site reaches which point, draw by draw.

    Parameters
    ----------
    problem : Problem
    radius : float
    draws : Draws
    unit_xy, site_xy : array (…, 2), optional
        Positions in metres, where venues are displaced: a way changes by what the displacement
        changes in a straight line.

    Returns
    -------
    reach : bool array (patterns, sites)
        Every combination of sites that reach a point in some draw.
    pattern : int array (draws, points)
        Rows of `reach`.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[1000.0], [900]], [5, 4])
    >>> longer = Draws(np.ones((2, 2)), np.array([1.1, 1]))
    >>> reach, pattern = drawn_reach(problem, 1000, longer)
    >>> reach[pattern, 0].tolist()
    [[False, True], [True, True]]
    """
    cost = problem.columns_dense(np.arange(problem.shape[1]))
    (points, sites), limits = cost.shape, radius / draws.stretch
    # No way changes by more than its venue is displaced: only ways near the limits are looked at.
    widest = 0.0
    if draws.shift is not None:
        if unit_xy is None or site_xy is None:
            raise InputError("Displaced venues need positions", where="unit_xy, site_xy")
        widest = float(np.hypot(*np.moveaxis(draws.shift, -1, 0)).max(initial=0.0)) + ROUNDING
    low, high = limits.min() - widest, limits.max() + widest
    words = reach_words(cost <= low)
    close = np.flatnonzero((cost > low) & (cost <= high))
    unit, site = np.divmod(close, sites)
    way, slot, bit = cost.ravel()[close], unit * words.shape[1] + site // WORD, 2.0 ** (site % WORD)
    slot, first = np.unique(slot, return_index=True)
    codes = np.tile(words.ravel(), (len(limits), 1))
    right = up = straight = np.empty(0)
    if draws.shift is not None:
        right, up = (np.asarray(site_xy, float)[site] - np.asarray(unit_xy, float)[unit]).T
        straight = np.hypot(right, up)
    for draw, limit in enumerate(limits if close.size else ()):
        changed = way
        if draws.shift is not None:
            east, north = draws.shift[draw].T
            changed = way + (np.hypot(right + east[site], up + north[site]) - straight)
        codes[draw, slot] += np.add.reduceat(bit * (changed <= limit), first)
    codes = codes.reshape(len(limits) * points, words.shape[1])
    one, pattern = equal_rows(codes)
    each = np.arange(sites)
    reach = codes[one][:, each // WORD] // 2.0 ** (each % WORD) % 2 > 0
    return reach, pattern.reshape(len(limits), points)
