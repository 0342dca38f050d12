"""What stands behind a target group's proposal: opened step by step, drawn anew, exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.cache import Remember, compute
from sozialraum.presence.again import Redrawn, redraw, stability_by_number
from sozialraum.presence.center import fewest
from sozialraum.presence.cover import Cover
from sozialraum.presence.exchange import merged_points
from sozialraum.presence.frontier import Step
from sozialraum.presence.nested import flattening, nested_proposal
from sozialraum.presence.problem import Bools, Floats, Ints, beyond
from sozialraum.presence.stability import draw_inputs, exchangeable, robust_choice

if TYPE_CHECKING:
    from sozialraum.study.places import Siting

NEARLY = 0.005
"""Share of all people up to which an exchange of two rooms counts as a small loss."""


@dataclass(frozen=True)
class Depth:
    """What stands behind the proposal of one target group.

    Attributes
    ----------
    nested : pandas.DataFrame
        `p`, `site`, `reached`, `free`, `loss`, `loss_share`; see `nested_proposal`. Ends where a
        further room adds nobody.
    flattens : int
        Number of rooms from which on further ones add clearly less; 0: no curve.
    exchange : pandas.DataFrame
        `site`, `instead`, `loss`: rooms that could stand in for one of the headline proposal with
        a loss of at most `NEARLY` of all people.
    stability : pandas.DataFrame
        `p`, `site`, `stability`; empty where nothing was drawn.
    robust : pandas.DataFrame
        Rows `proposed`, `robust_mean`, `robust_worst`; `mean` and `worst_tenth` of the share that
        is reached, `sites` (tuple), `regret` (share of people that the proposal loses on average
        against the choice made for the draw).
    reachable : float
        People of the group whom all candidates and offices together reach.
    fewest : int or None
        Fewest rooms besides the offices that reach all of those; None: not found within limits.
    """

    nested: pd.DataFrame
    flattens: int
    exchange: pd.DataFrame
    stability: pd.DataFrame
    robust: pd.DataFrame
    reachable: float
    fewest: int | None
    model: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Doubt:
    """What is not known exactly about a target group's people.

    `lo`, `hi`: bounds of each unit's people.
    """

    areas: Any
    lo: Floats | None = None
    hi: Floats | None = None


def look_behind(
    siting: Siting,
    cost: Floats,
    demand: Floats,
    steps: list[Step],
    *,
    existing: Ints,
    required: Ints,
    doubt: Doubt,
    unit_xy: Any,
    site_xy: Any,
    seed: int,
    plain: bool = True,
    draw: bool = True,
    remember: Remember = compute,
) -> Depth:
    """Nested order, exchanges, stability and robust choices of one target group.

    Parameters
    ----------
    siting : sozialraum.study.places.Siting
        `radius`, `rooms`, `stability_draws`, `position_error`.
    cost : float array (units, places)
        Metres of way to candidates and existing offices.
    demand : float array (units,)
    steps : list of Step
        The curve; sites are columns of `cost`.
    existing, required : int arrays
        Columns that are open anyway, and those that must be chosen.
    doubt : Doubt
    unit_xy, site_xy : arrays (…, 2)
        Positions in metres, for the displacement of venues.
    seed : int
    plain : bool
        False where the rooms were chosen for another aim than coverage or under rules, which order,
        exchanges and draws know nothing of: none of them is given.
    draw : bool
        False where drawing again would say nothing: people whose number depends on what is not
        drawn.
    remember : callable
        See `sozialraum.cache.remembering`.

    Returns
    -------
    Depth

    Examples
    --------
    >>> from sozialraum.presence.frontier import coverage_curve
    >>> from sozialraum.study.places import Siting
    >>> cost = np.array([[1.0, 9, 1], [9, 1, 9]])
    >>> steps = coverage_curve(cost, [5, 4], radius=2, p_max=2)
    >>> none = np.empty(0, int)
    >>> depth = look_behind(Siting(radius=2, rooms=1, position_error=0), cost, np.array([5.0, 4]),
    ...     steps, existing=none, required=none, doubt=Doubt([0, 0]), unit_xy=None, site_xy=None,
    ...     seed=1)
    >>> depth.exchange.values.tolist(), depth.fewest
    ([[0.0, 2.0, 0.0]], 2)
    """
    far, people, _ = merged_points(beyond(cost, siting.radius), demand)
    open_, forced = existing.tolist(), required.tolist()
    steps = [_useful(s, set(forced)) for s in steps]
    given = steps[min(siting.rooms, len(steps) - 1)].sites
    useful = [s for s in steps if len(s.sites) == s.p]
    nested = _NESTED.copy()
    # Where the rules leave a number of rooms out, there is no order to open them one by one.
    if plain and len(useful) > 1 and useful[-1].p == len(useful) - 1:
        nested = remember(nested_proposal, far, people, useful, radius=0, existing=open_)
    exchange = exchangeable(
        far, people, given if plain else (), radius=0, existing=open_, tolerance=NEARLY, keep=forced
    )
    stability, robust = _STABILITY.copy(), pd.DataFrame()
    if plain and draw and siting.stability_draws and given and demand.sum() > 0:
        # A setting of 25 metres and one of 25.0 are the same to `remember`.
        moved = float(siting.position_error) if unit_xy is not None else 0.0
        several = [s for s in steps if s.sites]
        again, stability, found = remember(
            _drawn, cost, demand, {s.p: s.sites for s in several}, doubt, unit_xy, site_xy,
            radius=siting.radius, draws=siting.stability_draws, position=moved, seed=seed,
            existing=open_, required=forced,
        )  # fmt: skip
        robust = _robust(again, given, found[[s.sites for s in several].index(given)])
    reached = ~far.all(axis=1)
    return Depth(
        nested,
        flattening(useful),
        exchange,
        stability,
        robust,
        float(people[reached].sum()),
        remember(_fewest, far[reached], open_),
    )


def _useful(step: Step, required: set[int]) -> Step:
    """The step without rooms that reach nobody more."""
    if all(gain > 0 for gain in step.gains):
        return step
    pairs = [(s, g) for s, g in zip(step.sites, step.gains, strict=True) if g > 0 or s in required]
    return replace(step, sites=tuple(s for s, _ in pairs), gains=tuple(g for _, g in pairs))


_NESTED = pd.DataFrame(columns=["p", "site", "reached", "free", "loss", "loss_share"])
_STABILITY = pd.DataFrame(columns=["p", "site", "stability"])


def _drawn(
    cost: Floats,
    demand: Floats,
    proposals: dict[int, tuple[int, ...]],
    doubt: Doubt,
    unit_xy: Any,
    site_xy: Any,
    *,
    draws: int,
    position: float,
    seed: int,
    **fixed: Any,
) -> tuple[Redrawn, pd.DataFrame, list[Ints]]:
    """The draws, how often they choose the rooms of each proposal again, and what they choose."""
    drawn = draw_inputs(
        demand,
        draws=draws,
        seed=seed,
        areas=doubt.areas,
        lo=doubt.lo,
        hi=doubt.hi,
        position=position,
        sites=cost.shape[1] if position else 0,
    )
    again = redraw(cost, demand, draws=drawn, unit_xy=unit_xy, site_xy=site_xy, **fixed)
    shares, found = stability_by_number(again, proposals.values())
    number = np.array(list(proposals))[shares["proposal"]]
    stable = pd.DataFrame({"p": number, "site": shares["site"], "stability": shares["stability"]})
    return again, stable, found


def _robust(again: Redrawn, sites: tuple[Any, ...], found: Ints) -> pd.DataFrame:
    """The proposal beside the choices that are good in all draws."""
    result = robust_choice(again, np.sort(np.array(sites, np.intp)), found)
    robust = result.figures.assign(regret=result.regret)
    chosen = [sites, result.robust_mean, result.robust_worst]
    return robust.assign(sites=pd.Series(chosen, index=robust.index, dtype=object))


def _fewest(far: Bools, existing: list[int]) -> int | None:
    """Fewest rooms besides the existing ones that reach every point."""
    near = ~far[far[:, existing].all(axis=1)]
    cover = Cover(near.astype(float), np.ones(len(near)), np.arange(far.shape[1]))
    answer = fewest(cover, node_limit=1000)
    return answer.chosen.size if answer.bound >= answer.chosen.size else None


def bounds_of(weight: pd.Series, count: pd.Series, lo: pd.Series, hi: pd.Series) -> pd.DataFrame:
    """Bounds of a target group's people relative to their number, by area.

    Parameters
    ----------
    weight : pandas.Series
        People of the group per area.
    count, lo, hi : pandas.Series
        The count they are made from, with its bounds: a correction moves with the count.

    Returns
    -------
    pandas.DataFrame
        `lo`, `hi`, factors around 1; 1 where nothing is known.

    Examples
    --------
    >>> one = pd.Series([10.0])
    >>> bounds_of(one, one + 2, one, one + 4).values.tolist()
    [[0.8, 1.2]]
    """
    frame = pd.DataFrame(
        {"lo": (weight + lo - count) / weight, "hi": (weight + hi - count) / weight}
    )
    frame = frame.where(np.isfinite(frame), 1.0)
    return frame.assign(lo=frame["lo"].clip(0, 1), hi=frame["hi"].clip(lower=1))


def sites_named(frame: pd.DataFrame, names: Any, columns: Iterable[str]) -> pd.DataFrame:
    """Site ids instead of positions.

    Examples
    --------
    >>> sites_named(pd.DataFrame({"site": [1]}), ["a", "b"], ["site"])["site"].tolist()
    ['b']
    """

    def named(value: Any) -> Any:
        return tuple(map(named, value)) if isinstance(value, tuple) else str(names[int(value)])

    return frame.assign(**{c: list(map(named, frame[c])) for c in columns if c in frame})
