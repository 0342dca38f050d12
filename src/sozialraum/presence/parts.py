"""Coverage of few, or well separated, sites: the best choice for every number of them, by counting.

Sites belong together where they reach a common point; what is chosen in one part says nothing of
another. Inside a part all choices are evaluated at once: a choice misses the points whose sites
all lie outside it, and sums over all subsets take one addition per site and choice (Yates 1937).
Across parts, so many sites here and the others there are the knapsack of Bellman (1957). The rooms
of a district fall into such parts; what does not is left to `sozialraum.presence.search`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sozialraum.presence.problem import Bools, Floats, Ints

WIDE = 14
"""Most sites of a part, which has two to their power choices."""
TOGETHER = 14
"""Choices, as a power of two, up to which small parts are looked at together: that is faster."""
CELLS = 4_000_000
"""Most instances × choices that are held at once."""
MANY = 500
"""Most sites that are looked at at all."""
TIE = 1e-12
"""Share of all weight up to which two choices count as equally good."""

ROUNDING = 1e-6
"""By how much, or by which share of more than one, a least number may be missed."""


@dataclass(frozen=True)
class _Part:
    """Best choices of one part: instances × 0…c sites, what they reach and which they are."""

    sites: Ints
    value: Floats
    near: Floats
    """Where the value is not that already: what the choices reach."""
    code: Ints


def best_of_parts(
    reach: Bools, weight: Floats, most: int, second: Floats | None = None
) -> Bools | None:
    """The best choice of 0, 1, …, `most` sites, in each of several instances.

    Parameters
    ----------
    reach : bool array (points, sites)
        Which site reaches which point.
    weight : float array (instances, points)
    most : int
        Largest number of sites.
    second : float array (instances, points), optional
        What a point counts in addition when a second chosen site reaches it, at most its weight.

    Returns
    -------
    bool array (instances, most + 1, sites) or None
        The chosen sites; fewer than asked for where further ones would add nothing. Of equally
        good choices the one with the first sites. None: there are more than `MANY` sites, or
        more than `WIDE` in a part.

    Examples
    --------
    >>> reach = np.array([[1, 0, 1], [0, 1, 1], [0, 1, 0]], bool)
    >>> chosen = best_of_parts(reach, np.array([[5.0, 4, 3]]), 3)
    >>> [np.flatnonzero(one).tolist() for one in chosen[0]]
    [[], [2], [0, 1], [0, 1]]
    """
    if reach.shape[1] > MANY:
        return None
    some = np.flatnonzero((weight.max(axis=0, initial=0.0) > 0) @ reach)
    small = TOGETHER - (len(weight) - 1).bit_length()
    whole = some.size <= min(small, WIDE)
    parts = [some] if whole else [some[part] for part in split_sites(reach[:, some])]
    if any(sites.size > WIDE for sites in parts):
        return None
    step = max(1, CELLS >> max((sites.size for sites in parts), default=0))
    if len(weight) > step:
        several = [slice(k, k + step) for k in range(0, len(weight), step)]
        chunks = [
            best_of_parts(reach, weight[k], most, None if second is None else second[k])
            for k in several
        ]
        return np.concatenate([one for one in chunks if one is not None])
    parts = _together(parts, min(small, WIDE))
    tie = TIE * weight.sum(axis=1)
    found = [_best_of_part(reach[:, sites], weight, sites, tie, second) for sites in parts]
    return _put_together(found, len(weight), most, reach.shape[1], tie)[0]


def best_served(
    reach: Bools, weight: Floats, room: Floats, most: int
) -> tuple[Bools, Floats] | None:
    """The choice of 0, 1, …, `most` sites that serves most people, with places for so many each.

    People are divisible into persons. A choice serves the least of what its sites in a set reach
    and the others have room for, over all such sets (Ford & Fulkerson 1956).

    Parameters
    ----------
    reach : bool array (points, sites)
    weight : float array (points,)
    room : float array (sites,)
    most : int
        Largest number of sites.

    Returns
    -------
    chosen : bool array (most + 1, sites)
        Fewer sites than asked for where further ones would serve nobody more. Of choices that
        serve as many, the one with most people near, then that with the first sites.
    served : float array (most + 1,)
        None instead of both: as of `best_of_parts`.

    Examples
    --------
    >>> reach = np.array([[1, 0, 1], [0, 1, 1], [0, 1, 0]], bool)
    >>> chosen, served = best_served(reach, np.array([5.0, 4, 3]), np.array([4.0, 9, 6]), 2)
    >>> [np.flatnonzero(one).tolist() for one in chosen], served.tolist()
    ([[], [1], [1, 2]], [0.0, 7.0, 12.0])
    """
    parts = split_sites(reach[weight > 0]) if reach.shape[1] <= MANY else []
    if reach.shape[1] > MANY or any(sites.size > WIDE for sites in parts):
        return None
    people, tie = weight[None], np.array([TIE * weight.sum()])
    room = np.minimum(room, weight @ reach)  # no site serves more; large numbers lose digits
    found = [
        _best_of_part(reach[:, sites], people, sites, tie, None, room[sites]) for sites in parts
    ]
    chosen, served = _put_together(found, 1, most, reach.shape[1], tie)
    return chosen[0], served[0]


def best_kept(
    reach: Bools, weight: Floats, conflicts: Ints, barred: Ints, weights: Floats, least: Floats
) -> tuple[Bools, Bools] | None:
    """The best choice of exactly 0, 1, …, all sites that keeps rules.

    Parameters
    ----------
    reach : bool array (points, sites)
    weight : float array (points,)
    conflicts : int array (pairs, 2)
        Sites that are not chosen together.
    barred : int array
        Sites that are not chosen.
    weights, least : float arrays (rules, points), (rules,)
        At least so much of each of these weights is reached.

    Returns
    -------
    chosen : bool array (sites + 1, sites)
        Of equally good choices the one with the first sites.
    possible : bool array (sites + 1,)
        Whether any choice of this size keeps the rules. None instead of both: there are more than
        `WIDE` sites.

    Examples
    --------
    >>> none, reach = np.empty(0, int), np.eye(3, dtype=bool)
    >>> weights = np.array([[0, 0, 1.0]])
    >>> chosen, possible = best_kept(
    ...     reach, np.array([2.0, 3, 1]), np.array([[0, 1]]), none, weights, np.array([1.0]))
    >>> [np.flatnonzero(one).tolist() for one in chosen[possible]], possible.tolist()
    ([[2], [1, 2]], [False, True, True, False])
    """
    number = reach.shape[1]
    if number > WIDE:
        return None
    choices, size, first = _choices(number)
    missed = _missed(reach, np.vstack([weight, weights]))
    reached = (missed[:, -1:] - missed[:, ::-1])[:, choices]
    bit = 1 << _bits(number)
    keeps = (reached[1:] >= (least - ROUNDING * np.maximum(1.0, least))[:, None]).all(axis=0)
    keeps &= choices & np.bitwise_or.reduce(bit[barred]) == 0
    for pair in bit[conflicts].sum(axis=1):
        keeps &= choices & pair != pair
    value = np.where(keeps, reached[0], -np.inf)
    most = np.maximum.reduceat(value, first)
    good = keeps & (value >= (most - TIE * weight.sum())[size])
    place = np.where(good, np.arange(choices.size), choices.size - 1)
    codes = choices[np.minimum.reduceat(place, first)]
    return (codes[:, None] >> _bits(number) & 1).astype(bool), np.isfinite(most)


def _put_together(
    found: list[_Part], instances: int, most: int, sites: int, tie: Floats
) -> tuple[Bools, Floats]:
    """Choices of 0, 1, …, `most` sites from the best ones of all parts, and what they are worth."""
    worth: Floats = np.zeros((instances, most + 1))
    near: Floats = np.zeros((instances, most + 1))
    shares: list[Ints] = []
    for part in found:
        options: Floats = np.full((part.value.shape[1], instances, most + 1), -np.inf)
        nearby = options.copy()
        for here in range(min(part.value.shape[1], most + 1)):
            options[here, :, here:] = worth[:, : most + 1 - here] + part.value[:, here, None]
            nearby[here, :, here:] = near[:, : most + 1 - here] + part.near[:, here, None]
        worth = options.max(axis=0)
        # The first that is as good: rounding does not choose.
        nearby[options < worth - tie[:, None]] = -np.inf
        near = nearby.max(axis=0)
        shares.append((nearby >= near - tie[:, None]).argmax(axis=0))
    chosen = np.zeros((instances, most + 1, sites), bool)
    left = np.broadcast_to(np.arange(most + 1), (instances, most + 1))
    for part, share in zip(reversed(found), reversed(shares), strict=True):
        mine = np.take_along_axis(share, left, axis=1)
        codes = np.take_along_axis(part.code, mine, axis=1)
        chosen[:, :, part.sites] = codes[:, :, None] >> _bits(part.sites.size) & 1
        left = left - mine
    return chosen, worth


def split_sites(reach: Bools) -> list[Ints]:
    """Groups of sites that no point of another group is reached from; a site without any is alone.

    Examples
    --------
    >>> [part.tolist() for part in split_sites(np.array([[1, 0, 1], [0, 1, 0]], bool))]
    [[0, 2], [1]]
    """
    pairs = reach.astype(np.float32)
    linked = (pairs.T @ pairs > 0) | np.eye(reach.shape[1], dtype=bool)
    while True:
        steps = linked.astype(np.float32)
        wider = steps @ steps > 0
        if (wider == linked).all():
            first = linked.argmax(axis=1) if linked.size else np.empty(0, np.intp)
            return [np.flatnonzero(first == site) for site in np.unique(first)]
        linked = wider


def _together(parts: list[Ints], small: int) -> list[Ints]:
    """Small parts put together."""
    joined: list[Ints] = []
    for sites in sorted(parts, key=len):
        if joined and joined[-1].size + sites.size <= small:
            joined[-1] = np.sort(np.r_[joined[-1], sites])
        else:
            joined.append(sites)
    return joined


def _bits(sites: int) -> Ints:
    """Place of each site in the code of a choice: the first one highest."""
    return np.arange(sites)[::-1]


@lru_cache(maxsize=WIDE + 1)
def _choices(sites: int) -> tuple[Ints, Ints, Ints]:
    """Codes of all choices by size, those with the first sites first; sizes; where each begins."""
    code = np.arange(2**sites)[::-1]
    size = (code[:, None] >> np.arange(sites) & 1).sum(axis=1)
    order = np.argsort(size, kind="stable")
    return code[order], size[order], np.searchsorted(size[order], np.arange(sites + 1))


@lru_cache(maxsize=WIDE)
def _subsets(sites: int) -> Floats:
    """1 where the choice of a column is part of the choice of a row."""
    code = np.arange(2**sites)
    return (code & ~code[:, None] == 0).astype(float)


def _missed(reach: Bools, weight: Floats) -> Floats:
    """Weight of the points all of whose sites are in a choice, for every choice by its code."""
    instances, number = len(weight), reach.shape[1]
    code, which = np.unique(reach @ (1 << _bits(number)), return_inverse=True)
    missed: Floats = np.zeros((instances, 1 << number))
    missed[:, code] = weight @ (which[:, None] == np.arange(code.size)).astype(float)
    # Yates' additions, half of the sites at a time: as two products they take a fraction of it.
    low = number // 2
    table = missed.reshape(instances, 1 << number - low, 1 << low)
    return (_subsets(number - low) @ table @ _subsets(low).T).reshape(instances, -1)


def _best_of_part(
    reach: Bools,
    weight: Floats,
    sites: Ints,
    tie: Floats,
    second: Floats | None,
    room: Floats | None = None,
) -> _Part:
    """All choices of one part, and of each size the best one."""
    number = sites.size
    choices, size, first = _choices(number)
    left_out = (1 << number) - 1 - choices
    # Whoever is not missed by the sites left out is reached by the choice.
    missed = _missed(reach, weight)
    value = missed[:, -1:] - missed[:, left_out]
    if second is not None:
        missed = _missed(reach, second)
        value += missed[:, -1:] - missed[:, left_out]
        for bit in 1 << np.arange(number):  # those whom one site of the choice reaches alone
            alone = missed[:, left_out | bit] - missed[:, left_out]
            value -= np.where(choices & bit, alone, 0.0)
    near = value
    if room is not None:
        value = _served(missed[:, -1:] - missed[:, ::-1], room)[:, choices]
    most = np.maximum.reduceat(value, first, axis=1)
    good, nearby = value >= (most - tie[:, None])[:, size], np.zeros_like(most)
    if room is not None:
        near = np.where(good, near, -np.inf)
        nearby = np.maximum.reduceat(near, first, axis=1)
        good = near >= (nearby - tie[:, None])[:, size]
    place = np.where(good, np.arange(choices.size), choices.size)
    codes = choices[np.minimum.reduceat(place, first, axis=1)]
    # Where one more site adds nothing, no further ones do: whom each adds only falls.
    useful = np.logical_and.accumulate(most[:, 1:] > most[:, :-1] + tie[:, None], axis=1)
    last = np.minimum(np.arange(number + 1), useful.sum(axis=1)[:, None])
    best = (np.take_along_axis(one, last, axis=1) for one in (most, nearby, codes))
    return _Part(sites, *best)


def _served(reached: Floats, room: Floats) -> Floats:
    """Whom every choice serves, by its code, from whom it reaches and what room its sites have."""
    held = np.zeros(1)
    for places in room[::-1]:  # the last site is the lowest bit
        held = np.r_[held, held + places]
    least = reached - held
    for bit in range(room.size):
        halves = least.reshape(len(least), -1, 2, 1 << bit)
        np.minimum(halves[:, :, 1], halves[:, :, 0], out=halves[:, :, 1])
    served: Floats = least + held
    return served
