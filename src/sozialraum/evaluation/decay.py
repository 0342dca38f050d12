"""How fast visits fall with distance, estimated from how many came to each room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sozialraum.errors import InputError

SMALLEST, LARGEST, STEPS = 50.0, 20_000.0, 241
"""Metres between which the decay is looked for, and into how many steps."""

FEWEST_ROOMS = 3
WIDEST = 4.0
"""Largest upper / lower end of an interval that is still worth planning with."""


@dataclass(frozen=True)
class Decay:
    """A fitted decay exp(-way / metres).

    Attributes
    ----------
    metres : float
        Way after which 37 % of the visits per person remain (the mean of the decay).
    lo, hi : float
        Interval; 0 or infinity where the visits set no limit on that side.
    dispersion : float
        Variance / mean that the interval allows for.
    rooms, visits : int
        What the estimate rests on.
    """

    metres: float
    lo: float
    hi: float
    dispersion: float
    rooms: int
    visits: int

    @property
    def bounded(self) -> bool:
        """Whether the visits limit the decay on both sides."""
        return self.lo > 0 and bool(np.isfinite(self.hi))

    @property
    def narrow(self) -> bool:
        """Whether the interval is narrow enough to choose rooms by the estimate."""
        return self.bounded and self.hi <= WIDEST * self.lo

    @property
    def halving(self) -> float:
        """Metres of way with which the visits per person halve."""
        return float(self.metres * np.log(2))

    def at(self, way: float) -> float:
        """Visits per person at this way, relative to the door."""
        return float(np.exp(-way / self.metres))


def fit_decay(
    visits: ArrayLike,
    way: ArrayLike,
    people: ArrayLike,
    room: ArrayLike,
    *,
    exposure: ArrayLike | None = None,
    spread: float = 1.0,
    coverage: float = 0.95,
) -> Decay:
    """Fit exp(-way / metres) to the visits of rooms by Poisson likelihood.

    Parameters
    ----------
    visits : array of shape (rooms,)
    way, people, room : array of shape (units,)
        Metres to the nearest place, persons, and position of the nearest room (-1: another place);
        see `sozialraum.evaluation.plan.catchments`.
    exposure : array of shape (rooms,), optional
        Offers or hours per room; default: equal.
    spread : float
        Dispersion of single offers; the interval uses this or the dispersion between rooms,
        whichever is larger.
    coverage : float

    Returns
    -------
    Decay

    Raises
    ------
    InputError
        Fewer than three rooms with people near them, or no visits.

    Notes
    -----
    Visits of room s are Poisson with mean b · exposure_s · sum over its units of
    people · exp(-way / metres). The level b drops out given the sum of all visits, which leaves a
    multinomial likelihood in one parameter; its interval is that of the likelihood ratio, divided
    by the dispersion (Wilks 1938; McCullagh & Nelder 1989, section 9.2). Where that is the
    dispersion between the rooms, its few degrees of freedom count: the limit is the quantile of
    F(1, rooms − 2) in place of the chi-square. Everybody is taken to use the nearest place.

    Examples
    --------
    >>> way, room = np.tile([100, 500, 900.0], 4), np.repeat(np.arange(4), 3)
    >>> people = np.array([90, 5, 5, 5, 90, 5, 5, 5, 90, 40, 30, 30.0])
    >>> visits = [(people * np.exp(-way / 400))[room == s].sum() * 20 for s in range(4)]
    >>> fit = fit_decay(np.round(visits), way, people, room)
    >>> 390 < fit.metres < 410, fit.bounded
    (True, True)
    """
    from scipy.special import ndtri, stdtrit

    count = np.asarray(visits, float)
    offered = np.ones_like(count) if exposure is None else np.asarray(exposure, float)
    place, metres, weight = (np.asarray(a) for a in (room, way, people))
    inside = place >= 0
    place, metres, weight = place[inside].astype(int), metres[inside], weight[inside].astype(float)
    near = np.bincount(place, weights=weight, minlength=len(count)) * offered
    usable = near > 0
    if usable.sum() < FEWEST_ROOMS or count[usable].sum() <= 0:
        raise InputError(
            f"Visits of {int(usable.sum())} rooms are too few for an estimate of the decay",
            expected=f"at least {FEWEST_ROOMS} rooms with visits and people near them",
        )
    grid = np.exp(np.linspace(np.log(SMALLEST), np.log(LARGEST), STEPS))

    def shares(theta: float) -> np.ndarray:
        # relative to the shortest way, or all would underflow for a steep decay
        felt = np.bincount(
            place, weights=weight * np.exp(-(metres - metres.min()) / theta), minlength=len(count)
        )
        felt = (felt * offered)[usable]
        return np.maximum(felt / felt.sum(), 1e-300)

    counted = count[usable]

    def likelihood(theta: float) -> float:
        return float((counted * np.log(shares(theta))).sum())

    profile = np.array([likelihood(theta) for theta in grid])
    best = int(profile.argmax())
    ends = np.log([grid[max(best - 1, 0)], grid[min(best + 1, STEPS - 1)]])
    around = np.exp(np.linspace(float(ends[0]), float(ends[1]), 41))
    finer = np.array([likelihood(theta) for theta in around])
    metres_best, top = float(around[finer.argmax()]), float(max(finer.max(), profile.max()))
    expected = counted.sum() * shares(metres_best)
    freedom = max(len(counted) - 2, 1)
    between = float(((counted - expected) ** 2 / np.maximum(expected, 1e-9)).sum() / freedom)
    scale = max(1.0, spread, between)
    tail = 0.5 + coverage / 2
    # F(1, f) is the square of Student's t: a dispersion from few rooms is itself uncertain
    quantile = stdtrit(freedom, tail) if between >= scale else ndtri(tail)
    limit = float(quantile) ** 2
    deviance = 2 * (top - profile) / scale
    lo = _crossing(grid[best::-1], deviance[best::-1], limit)
    hi = _crossing(grid[best:], deviance[best:], limit)
    return Decay(
        metres_best,
        0.0 if lo is None else min(lo, metres_best),
        float("inf") if hi is None else max(hi, metres_best),
        scale,
        int(usable.sum()),
        int(counted.sum()),
    )


def _crossing(theta: np.ndarray, deviance: np.ndarray, limit: float) -> float | None:
    """Where the deviance first exceeds the limit, walking from the estimate; None: nowhere."""
    outside = np.flatnonzero(deviance > limit)
    if not len(outside) or outside[0] == 0:
        return None if not len(outside) else float(theta[0])
    k = int(outside[0])
    part = (limit - deviance[k - 1]) / (deviance[k] - deviance[k - 1])
    return float(theta[k - 1] * (theta[k] / theta[k - 1]) ** part)
