"""Coverage without proofs: the same choice again and again, in a fraction of a moment.

`sozialraum.presence.search` proves optima of large sparse instances. Re-solving a proposal hundreds
of times needs neither proof nor sparse matrices: points with the same sites in reach become one,
then a greedy choice (Church & ReVelle 1974) is improved by exchanges (Teitz & Bart 1968), in all
instances at once: `reach` is (groups, sites) of ones and zeros, `weight` (instances, groups), a
choice (instances, p). Instances as large as a whole city are improved one by one, on the few points
that each site reaches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sozialraum.lazy import sparse
from sozialraum.presence.problem import Bools, Floats, Ints, Matrix, entries


def same_reach(reach: Bools, weight: Floats) -> tuple[Bools, Floats]:
    """Add up the points that the same sites reach; points without site or weight are dropped.

    Parameters
    ----------
    reach : bool array (points, sites)
    weight : float array (points,) or (instances, points)

    Returns
    -------
    reach : bool array (groups, sites)
    weight : float array (groups,) or (instances, groups)

    Examples
    --------
    >>> reach = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
    >>> same_reach(reach, np.array([5.0, 2, 1, 9]))[1].tolist()
    [7.0, 1.0]
    """
    words, several = reach_words(reach), np.atleast_2d(weight)
    keep = np.flatnonzero((words > 0).any(axis=1) & (several > 0).any(axis=0))
    first, group = equal_rows(words[keep])
    sums = np.array([np.bincount(group, one[keep], first.size) for one in several], float)
    return reach[keep[first]], sums.reshape(*weight.shape[:-1], first.size)


def equal_rows(rows: Floats) -> tuple[Ints, Ints]:
    """First of each group of equal rows, and the group of every row.

    Examples
    --------
    >>> first, group = equal_rows(np.array([[5.0], [3], [5]]))
    >>> first.tolist(), group.tolist()
    ([1, 0], [1, 0, 1])
    """
    if not rows.shape[1]:
        return np.zeros(min(len(rows), 1), np.intp), np.zeros(len(rows), np.intp)
    if rows.shape[1] > 1:
        _, first, group = np.unique(rows, axis=0, return_index=True, return_inverse=True)
        return first, group.ravel()
    # Few of many rows differ: looked up they need not be sorted, which takes three times as long.
    group, keys = pd.factorize(rows[:, 0])
    first = np.searchsorted(np.maximum.accumulate(group), np.arange(keys.size))
    order = np.argsort(keys)
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return first[order], place[group]


WORD = 52
"""Sites whose ones and zeros are one whole number that a float holds exactly."""


def reach_words(reach: Bools) -> Floats:
    """Rows of ones and zeros as a few numbers, which are sorted several times faster than rows.

    Examples
    --------
    >>> reach_words(np.array([[1, 0, 1], [0, 0, 0]], bool)).tolist()
    [[5.0], [0.0]]
    """
    site = np.arange(reach.shape[1])
    word = site[:, None] // WORD == np.arange(-(-site.size // WORD))
    words: Floats = reach.astype(float) @ np.where(word, 2.0 ** (site % WORD)[:, None], 0.0)
    return words


def merged_points(
    far: Bools, demand: Floats, kind: Ints | None = None
) -> tuple[Bools, Floats, Ints]:
    """One point for all that the same sites are beyond, also for those that no site reaches.

    Parameters
    ----------
    far : bool array (points, sites)
        Whether a way is too long, see `sozialraum.presence.problem.beyond`.
    demand : float array (points,)
        Points without people are dropped.
    kind : int array (points,), optional
        Points of different kinds stay apart.

    Returns
    -------
    far : bool array (groups, sites)
    demand : float array (groups,)
    kind : int array (groups,)

    Examples
    --------
    >>> far = np.array([[1, 0], [1, 0], [1, 1]], bool)
    >>> merged_points(far, np.array([5.0, 2, 9]))[1].tolist()
    [9.0, 7.0]
    """
    kind = np.zeros(demand.size, np.intp) if kind is None else kind
    words = reach_words(~far)
    rows = np.column_stack([words, kind]) if kind.any() else words
    keep = np.flatnonzero(demand > 0)
    first, group = equal_rows(rows[keep])
    first = keep[first]
    return far[first], np.bincount(group, demand[keep]).astype(float), kind[first]


def reached_by(reach: Bools | Floats, weight: Floats, chosen: Ints) -> Floats:
    """Weight that a choice reaches, by instance; one without instances is the choice of all.

    Examples
    --------
    >>> reach = np.array([[1.0, 0], [0, 1]])
    >>> reached_by(reach, np.array([[5.0, 4]]), np.array([[1]])).tolist()
    [4.0]
    """
    if chosen.ndim == 1:
        found: Floats = weight @ reach[:, chosen].any(axis=1).astype(float)
        return found
    return np.where(_counts(reach.T, chosen) > 0, weight, 0.0).sum(axis=1)


def _counts(sides: Bools | Floats, chosen: Ints) -> Floats:
    """How many sites of each choice reach each group: (instances, groups)."""
    counts = np.zeros((len(chosen), sides.shape[1]))
    for sites in chosen.T:
        counts += sides[sites]
    return counts


def add_greedily(reach: Floats, weight: Floats, p: int, chosen: Ints) -> Ints:
    """Add the site with the greatest gain until `p` are chosen (ties: lowest column).

    Examples
    --------
    >>> reach, none = np.array([[1.0, 0, 1], [0, 1, 1], [0, 1, 0]]), np.empty(0, int)
    >>> add_greedily(reach, np.array([[5.0, 4, 3]]), 2, none).tolist()
    [[2, 1]]
    """
    picked = np.empty((len(weight), p), np.intp)
    picked[:, : chosen.size] = chosen
    left, sides = weight * (reach[:, chosen].sum(axis=1) == 0), reach.T
    for k in range(chosen.size, p):
        gain = left @ reach
        np.put_along_axis(gain, picked[:, :k], -1.0, axis=1)
        picked[:, k] = gain.argmax(axis=1)
        left = left * (sides[picked[:, k]] == 0)
    return picked


def exchange_sites(reach: Floats, weight: Floats, chosen: Ints) -> Ints:
    """Exchange one chosen site for another while more people are reached.

    Examples
    --------
    >>> reach = np.array([[1.0, 0, 1], [0, 1, 1]])
    >>> exchange_sites(reach, np.array([[5.0, 4]]), np.array([[0]])).tolist()
    [[2]]
    """
    chosen = np.array(chosen, dtype=np.intp)
    (_, p), m, sides = chosen.shape, reach.shape[1], reach.T
    busy = np.arange(len(chosen) if 0 < p < m else 0)
    tolerance = 1e-9 * weight.sum(axis=1)
    while busy.size:
        people, mine = weight[busy], chosen[busy]
        counts = _counts(sides, mine)
        alone = sides[mine] * (people * (counts == 1))[:, None]
        # What a site adds, plus what it takes over of those whom only the leaving site reaches.
        score = (people * (counts == 0) @ reach)[:, None] + alone @ reach
        score -= alone.sum(axis=2)[:, :, None]
        np.put_along_axis(score, np.repeat(mine[:, None], p, axis=1), -np.inf, axis=2)
        flat = score.reshape(len(busy), p * m)
        best = flat.argmax(axis=1)
        better = flat[np.arange(len(busy)), best] > tolerance[busy]
        busy, best = busy[better], best[better]
        chosen[busy, best // m] = best % m
    return chosen


def best_found(reach: Floats, weight: Floats, p: int, known: Ints) -> Ints:
    """The better of two starts, both improved: a choice known for all instances and a greedy one.

    Examples
    --------
    >>> reach = np.array([[1.0, 0, 1], [0, 1, 1], [0, 1, 0]])
    >>> best_found(reach, np.array([[5.0, 4, 3]]), 1, np.array([0])).tolist()
    [[2]]
    """
    none = np.empty(0, np.intp)
    starts = (add_greedily(reach, weight, p, known), add_greedily(reach, weight, p, none))
    found = [np.sort(exchange_sites(reach, weight, start), axis=1) for start in starts]
    reached = [reached_by(reach, weight, choice) for choice in found]
    better = reached[1] > reached[0] + 1e-9 * weight.sum(axis=1)
    return np.where(better[:, None], found[1], found[0])


def fill_up(spans: Matrix, people: Floats, p: int, chosen: Sequence[int] | Ints) -> Ints:
    """`add_greedily` of one instance, see `best_of_one`.

    Examples
    --------
    >>> spans = sparse.csr_array([[1.0, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> fill_up(spans, np.array([5.0, 4, 3]), 2, [0]).tolist()
    [0, 1]
    """
    picked, left = list(chosen), people.copy()
    left[spans[np.array(picked, np.intp)].sum(axis=0) > 0] = 0.0
    while len(picked) < p:
        gain = spans @ left
        gain[picked] = -1.0
        picked.append(int(gain.argmax()))
        left[entries(spans, picked[-1])] = 0.0
    return np.array(picked, np.intp)


def best_of_one(spans: sparse.csr_array, people: Floats, p: int, known: Ints) -> Ints:
    """`best_found` of one instance in which a site reaches few of very many points.

    Parameters
    ----------
    spans : sparse array (sites, points) of ones
    people : float array (points,)
    p : int
    known : int array

    Examples
    --------
    >>> spans = sparse.csr_array([[1.0, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> best_of_one(spans, np.array([5.0, 4, 3]), 1, np.array([0])).tolist()
    [2]
    """
    near = spans.T.tocsr()
    tolerance = 1e-9 * people.sum()
    best, most = np.empty(0, np.intp), -np.inf
    for start in (known, best):
        choice = _exchanged(near, spans, people, fill_up(spans, people, p, start), tolerance)
        reached = float(people[spans[choice].sum(axis=0) > 0].sum())
        if reached > most + tolerance:
            best, most = np.sort(choice), reached
    return best


def _exchanged(
    near: sparse.csr_array, spans: sparse.csr_array, people: Floats, chosen: Ints, tolerance: float
) -> Ints:
    """`exchange_sites` of one instance."""
    chosen, m = chosen.copy(), near.shape[1]
    counts = np.asarray(near[:, chosen].sum(axis=1))
    while 0 < chosen.size < m:
        units = [entries(spans, site) for site in chosen]
        alone = [u[counts[u] == 1] for u in units]
        kept = np.repeat(np.arange(chosen.size), [u.size for u in alone])
        whose = np.concatenate(alone)
        mine = sparse.csr_array((people[whose], (kept, whose)), shape=(chosen.size, people.size))
        score = (mine @ near).toarray() + spans @ np.where(counts == 0, people, 0.0)
        score -= mine.sum(axis=1)[:, None]
        score[:, chosen] = -np.inf
        best = int(score.argmax())
        if score.flat[best] <= tolerance:
            break
        out, into = divmod(best, m)
        counts[units[out]] -= 1
        counts[entries(spans, into)] += 1
        chosen[out] = into
    return chosen
