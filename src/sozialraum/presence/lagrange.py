"""p-median, the dual side: a bound that is nearly exact, and the search that closes the rest.

Relaxing "every point is served once" leaves a bound that is easy to compute for any prices of the
points (Cornuéjols, Fisher & Nemhauser 1977). Subgradient steps improve the prices; reduced costs
close and open sites (Beasley 1985); what is left undecided is branched on, and each part is bounded
the same way. On the OR-Library this needs a few dozen parts at most, where a mixed-integer program
takes ten times as long.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sozialraum.lazy import sparse
from sozialraum.presence.highs import Clock, is_closed
from sozialraum.presence.median import Lists, candidate_lists, greedy, nearest_open, swap
from sozialraum.presence.problem import Bools, Floats, Ints, Problem

LARGE = 4_000_000
"""From this many pairs on the search starts from a smaller instance."""

Closed = Callable[[float, float], bool]


@dataclass(frozen=True)
class Answer:
    """Chosen sites (columns of the problem), weighted distance, lower bound."""

    chosen: Ints
    value: float
    bound: float
    timed_out: bool = False


@dataclass(frozen=True)
class Pairs:
    """The pairs of point and candidate that can matter for prices up to `cap`."""

    row: Ints
    site: Ints
    cost: Floats
    cap: Floats


@dataclass(frozen=True)
class Dual:
    """Prices, their bound, the worth of each site, and the `p` sites the bound opens.

    `share` is how often a site was opened in the last steps: an estimate of the linear relaxation
    (Barahona & Anbil 2000) that tells where to branch.
    """

    price: Floats
    bound: float
    worth: Floats
    top: Ints
    share: Floats | None = None


def _active_pairs(lists: Lists, price: Floats) -> Pairs:
    """Pairs within reach of prices that grow by a quarter (or by a tenth of the mean)."""
    cap = 1.25 * price + 0.1 * np.abs(price).mean()
    inside = lists.cost < cap[:, None]
    count = inside.sum(axis=1)
    row, at = np.nonzero(inside)
    padded = np.append(lists.cost, lists.beyond[:, None], axis=1)
    next_ = np.minimum(padded[np.arange(count.size), count], lists.beyond)
    return Pairs(row, lists.near[row, at].astype(np.intp), lists.cost[row, at], next_)


def _evaluate(lists: Lists, pairs: Pairs, p: int, price: Floats) -> tuple[Dual, Floats]:
    """Bound from any prices, and how often each point would be served."""
    price = np.minimum(price, pairs.cap)
    saved = np.minimum(pairs.cost - price[pairs.row], 0.0)
    worth = np.bincount(pairs.site, saved, lists.m).astype(float)
    top = np.argsort(np.where(lists.forced, -np.inf, worth), kind="stable")[:p]
    open_ = np.zeros(lists.m, bool)
    open_[top] = True
    served = np.bincount(pairs.row[(saved < 0) & open_[pairs.site]], minlength=price.size)
    return Dual(price, float(price.sum() + worth[top].sum()), worth, top), served.astype(float)


def _subgradient(
    lists: Lists,
    p: int,
    open_: Bools,
    value: float,
    closed: Closed,
    *,
    price: Floats,
    iterations: int = 600,
    step: float = 1.5,
    swap_every: int = 20,
    clock: Clock | None = None,
) -> tuple[Dual, Bools, float]:
    """Improve the bound (direction: Camerini, Fratta & Maffioli 1975) and the sites on the way."""
    pairs = _active_pairs(lists, price)
    dual, served = _evaluate(lists, pairs, p, price)
    best, best_served = dual, served
    stale, direction, share = 0, np.zeros(price.size), np.zeros(lists.m)
    tried: set[bytes] = set()
    for round_ in range(iterations):
        if closed(value, best.bound) or (clock is not None and clock.left() == 0):
            break
        chosen = np.zeros(lists.m, bool)
        chosen[dual.top] = True
        share = 0.95 * share + 0.05 * chosen
        if round_ % swap_every == swap_every - 1:
            key = np.packbits(chosen).tobytes()
            if key not in tried:
                tried.add(key)
                other, length = swap(lists, chosen)
                if length < value:
                    open_, value = other, length
            pairs = _active_pairs(lists, dual.price)
        slope = 1.0 - served
        turn = slope @ direction
        if turn < 0:
            slope = slope - 1.5 * turn / (direction @ direction) * direction
        direction, norm = slope, slope @ slope
        if norm == 0:
            break
        stride = step * (1.005 * value - dual.bound) / norm
        dual, served = _evaluate(lists, pairs, p, dual.price + stride * slope)
        stale = 0 if dual.bound > best.bound + 1e-6 * abs(value) else stale + 1
        if dual.bound > best.bound:
            best, best_served = dual, served
        if stale >= 15:
            step, stale, dual, served = step * 0.6, 0, best, best_served
            direction = np.zeros(price.size)
            if step < 1e-3:
                break
    return replace(best, share=share), open_, value


def _price_out(dual: Dual, p: int, limit: float) -> tuple[Bools, Bools]:
    """Sites that every, and that no, choice with a value below `limit` contains."""
    m = dual.worth.size
    inside = np.isin(np.arange(m), dual.top)
    always, never = np.zeros(m, bool), np.zeros(m, bool)
    if 0 < p < m:
        least, next_ = dual.worth[inside].max(), dual.worth[~inside].min()
        always[inside] = dual.bound - dual.worth[inside] + next_ > limit
        never[~inside] = dual.bound - least + dual.worth[~inside] > limit
    return always, never


def solve_median(
    problem: Problem,
    p: int,
    *,
    penalty: float,
    start: Ints | None = None,
    gap: float = 0.0,
    clock: Clock | None = None,
    node_limit: int | None = None,
) -> Answer:
    """Choose `p` sites with the least weighted distance.

    Parameters
    ----------
    penalty : float
        Weighted distance that stands for a point without any reachable open site.
    start : array, optional
        Columns of the problem to start from.
    gap, clock, node_limit
        Where the search may end before the optimum is proven.

    Examples
    --------
    >>> from sozialraum.presence.problem import read_problem
    >>> problem = read_problem([[0, 4], [1, 3], [4, 0.0]], [1, 1, 1], p=1)
    >>> found = solve_median(problem, 1, penalty=100)
    >>> found.chosen.tolist(), found.value, found.bound
    ([0], 5.0, 5.0)
    """
    sites = problem.candidates
    lists = candidate_lists(problem, sites, np.isin(sites, problem.required), p, penalty)
    whole = _whole(problem)

    def closed(value: float, bound: float) -> bool:
        return is_closed(value - bound, value, gap, whole)

    large = lists.rows.size * lists.m > LARGE and isinstance(problem.cost, np.ndarray)
    if large and np.isfinite(problem.cost).all():
        open_, price = _coarse_start(lists, p, gap, clock)
        open_, value = swap(lists, open_)
        step, swap_every = 0.3, 100  # prices are nearly right already
    else:
        open_, value = swap(lists, greedy(lists, p))
        d1, _, d2 = nearest_open(lists, open_)
        price = np.where(d2 < penalty, (d1 + d2) / 2, d1)
        step, swap_every = 1.5, 20
    if start is not None:
        other, length = swap(lists, greedy(lists, p, np.isin(sites, start)))
        if length < value:
            open_, value = other, length
    if p == sites.size:
        return Answer(sites, value, value)
    bound = -np.inf
    while True:
        dual, open_, value = _subgradient(
            lists,
            p,
            open_,
            value,
            closed,
            price=price,
            step=step,
            swap_every=swap_every,
            clock=clock,
        )
        bound, price = max(bound, dual.bound), dual.price
        always, never = _price_out(dual, p, value - (1 - 1e-6 if whole else 0.0))
        never &= ~open_  # the best known choice stays expressible
        if closed(value, bound) or never.sum() < lists.m / 10:
            break
        if clock is not None and clock.left() == 0:
            break
        kept = ~never
        forced = (lists.forced | always)[kept]
        lists = candidate_lists(problem, lists.sites[kept], forced, p, penalty)
        open_ = open_[kept]
    best = lists.sites[open_]
    if closed(value, bound):
        return Answer(best, value, value if whole and value - bound < 1 - 1e-6 else bound)
    answer = _branch(
        lists,
        p,
        replace(dual, bound=bound),
        Answer(best, value, bound),
        closed,
        whole,
        clock,
        node_limit,
    )
    if whole and answer.value - answer.bound < 1 - 1e-6:
        return replace(answer, bound=answer.value)
    return answer


def _coarse_start(lists: Lists, p: int, gap: float, clock: Clock | None) -> tuple[Bools, Floats]:
    """Sites and prices from an instance in which points with the same two nearest sites are one.

    It is some ten times smaller and only a start: value and bound are those of the full instance.
    """
    weight = lists.problem.demand[lists.rows]
    _, group = np.unique(
        lists.near[:, 0].astype(np.int64) * lists.m + lists.near[:, 1], return_inverse=True
    )
    people = np.bincount(group, weight).astype(float)
    member = sparse.csr_array(
        (weight / people[group], (group, np.arange(group.size))), shape=(people.size, group.size)
    )
    cost = lists.problem.cost
    if (lists.rows.size, lists.m) != cost.shape:
        cost = cost[np.ix_(lists.rows, lists.sites)]
    mean = member @ cost
    places = np.arange(lists.m)
    problem = Problem(mean, people, np.flatnonzero(lists.forced), np.ones(lists.m, bool))
    small = candidate_lists(problem, places, lists.forced, p, lists.penalty)
    open_, value = swap(small, greedy(small, p))
    aim = max(gap / 2, 1e-3)
    d1, _, d2 = nearest_open(small, open_)
    dual, open_, value = _subgradient(
        small,
        p,
        open_,
        value,
        lambda value, bound: value - bound <= aim * value,
        price=(d1 + d2) / 2,
        swap_every=60,
        clock=clock,
    )
    # A point's price per person differs from its group's as far as its distances do.
    d1, _, d2 = nearest_open(small, open_)
    own1, _, own2 = nearest_open(lists, open_)
    shift = (own1 + own2) / weight - ((d1 + d2) / people)[group]
    return open_, weight * ((dual.price / people)[group] + shift / 2)


def _whole(problem: Problem) -> bool:
    """Whether all weighted distances are whole numbers."""
    data = problem.cost.data if hasattr(problem.cost, "indptr") else problem.cost
    data = data[np.isfinite(data)]
    return bool(
        (data == np.round(data)).all() and (problem.demand == np.round(problem.demand)).all()
    )


def _branch(
    lists: Lists,
    p: int,
    dual: Dual,
    known: Answer,
    closed: Closed,
    whole: bool,
    clock: Clock | None,
    node_limit: int | None,
) -> Answer:
    """Open or close the most undecided site; the part with the least bound comes first."""
    best, value = known.chosen, known.value
    number = itertools.count()
    heap = [(known.bound, next(number), lists, dual)]
    settled = np.inf  # least bound among the parts that need no further search
    while heap and not closed(value, heap[0][0]):
        late = clock is not None and clock.left() == 0
        if late or (node_limit is not None and next(number) > 3 * node_limit):
            return Answer(best, value, min(value, settled, heap[0][0]), late)
        floor, _, part, dual = heapq.heappop(heap)
        assert dual.share is not None
        site = int(np.argmin(np.where(part.forced, 9.0, np.abs(dual.share - 0.5))))
        one = np.arange(part.m) == site
        for forced, kept in ((part.forced | one, one | True), (part.forced, ~one)):
            if kept.sum() < p or forced.sum() > p:
                continue  # no choice is left in this part
            child = _narrow(part, forced, kept)
            start = greedy(child, p)
            found, open_, length = _subgradient(
                child,
                p,
                start,
                value,
                closed,
                price=dual.price,
                iterations=60,
                step=0.5,
                swap_every=61,
            )
            top = np.isin(np.arange(child.m), found.top)
            open_, length = swap(child, top)
            if length < value:
                best, value = child.sites[open_], length
            low = max(found.bound, floor)
            only = child.m == p or child.forced.sum() == p
            if only or closed(value, low):
                settled = min(settled, length if only else low)
                continue
            always, never = _price_out(found, p, value - (1 - 1e-6 if whole else 0.0))
            if child.m - never.sum() < p or (child.forced | always).sum() > p:
                settled = min(settled, value)
                continue
            assert found.share is not None
            narrowed = _narrow(child, child.forced | always, ~never)
            heapq.heappush(
                heap, (low, next(number), narrowed, replace(found, share=found.share[~never]))
            )
    return Answer(best, value, min(value, settled, *(part[0] for part in heap[:1])))


def _narrow(lists: Lists, forced: Bools, kept: Bools) -> Lists:
    """The same lists with more sites forced and only some kept."""
    if kept.all():
        return replace(lists, forced=forced)
    rename = (np.cumsum(kept) - 1).astype(np.int32)
    stays = kept[lists.near] & np.isfinite(lists.cost)
    width = max(int(stays.sum(axis=1).max(initial=0)), 1)
    order = np.argsort(~stays, axis=1, kind="stable")[:, :width]
    return replace(
        lists,
        near=np.take_along_axis(np.where(stays, rename[lists.near], 0), order, 1),
        cost=np.take_along_axis(np.where(stays, lists.cost, np.inf), order, 1),
        sites=lists.sites[kept],
        forced=forced[kept],
    )
