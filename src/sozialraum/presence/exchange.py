"""Coverage on small dense instances: the same choice again and again, in a fraction of a moment.

`sozialraum.presence.cover` proves optima of large sparse instances. Re-solving a proposal hundreds
of times needs neither proof nor sparse matrices: points with the same sites in reach become one,
then a greedy choice (Church & ReVelle 1974) is improved by exchanges (Teitz & Bart 1968).
"""

from __future__ import annotations

import numpy as np

from sozialraum.presence.problem import Bools, Floats, Ints


def same_reach(reach: Bools, weight: Floats) -> tuple[Floats, Floats]:
    """Add up the points that the same sites reach; points without site or weight are dropped.

    Parameters
    ----------
    reach : bool array (points, sites)
    weight : float array (points,)

    Returns
    -------
    reach : float array (groups, sites)
        Ones and zeros.
    weight : float array (groups,)

    Examples
    --------
    >>> reach = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
    >>> same_reach(reach, np.array([5.0, 2, 1, 9]))[1].tolist()
    [1.0, 7.0]
    """
    keep = reach.any(axis=1) & (weight > 0)
    reach, weight = reach[keep], weight[keep]
    if not weight.size:
        return reach.astype(float), weight
    packed = np.packbits(reach, axis=1)
    keys = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return reach[first].astype(float), np.bincount(group.ravel(), weight).astype(float)


def add_greedily(reach: Floats, weight: Floats, p: int, chosen: Ints) -> Ints:
    """Add the site with the greatest gain until `p` are chosen (ties: lowest column).

    Examples
    --------
    >>> reach = np.array([[1.0, 0, 1], [0, 1, 1], [0, 1, 0]])
    >>> add_greedily(reach, np.array([5.0, 4, 3]), 2, np.array([], int)).tolist()
    [2, 1]
    """
    picked = [int(j) for j in chosen]
    left = weight * ~reach[:, picked].any(axis=1) if picked else weight
    while len(picked) < p:
        gain = left @ reach
        gain[picked] = -1.0
        picked.append(int(np.argmax(gain)))
        left = left * (reach[:, picked[-1]] == 0)
    return np.array(picked, dtype=np.intp)


def exchange_sites(reach: Floats, weight: Floats, chosen: Ints) -> Ints:
    """Exchange one chosen site for another while more people are reached.

    Examples
    --------
    >>> reach = np.array([[1.0, 0, 1], [0, 1, 1]])
    >>> exchange_sites(reach, np.array([5.0, 4]), np.array([0])).tolist()
    [2]
    """
    chosen = np.array(chosen, dtype=np.intp)
    if not chosen.size or chosen.size == reach.shape[1] or not weight.size:
        return chosen
    tolerance = 1e-9 * weight.sum()
    while True:
        mine = reach[:, chosen]
        counts = mine.sum(axis=1)
        alone = mine * (weight * (counts == 1))[:, None]
        # What a site adds, plus what it takes over of those whom only the leaving site reaches.
        score = (weight * (counts == 0)) @ reach + alone.T @ reach - alone.sum(axis=0)[:, None]
        score[:, chosen] = -np.inf
        best = int(np.argmax(score))
        if score.flat[best] <= tolerance:
            return chosen
        chosen[best // reach.shape[1]] = best % reach.shape[1]


def best_found(reach: Floats, weight: Floats, p: int, known: Ints) -> Ints:
    """The better of two starts, both improved: a known choice and a greedy one.

    Examples
    --------
    >>> reach = np.array([[1.0, 0, 1], [0, 1, 1], [0, 1, 0]])
    >>> best_found(reach, np.array([5.0, 4, 3]), 1, np.array([0])).tolist()
    [2]
    """
    none = np.empty(0, np.intp)
    starts = (add_greedily(reach, weight, p, known), add_greedily(reach, weight, p, none))
    found = [np.sort(exchange_sites(reach, weight, start)) for start in starts]
    reached = [float(weight @ reach[:, choice].any(axis=1)) for choice in found]
    return found[int(reached[1] > reached[0] + 1e-9 * weight.sum())]
