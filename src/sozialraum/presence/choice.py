"""The study's location model: other aims than plain coverage, and rules about the sites.

Whatever the rooms were chosen for, the curve states the people whom they reach within the radius,
recounted, beside what any rooms could reach at most. What the model itself aims at, with its own
bound, is a table of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.cache import Remember, compute
from sozialraum.presence.center import Center
from sozialraum.presence.counted import Counted
from sozialraum.presence.cover import Cover
from sozialraum.presence.exchange import merged_points
from sozialraum.presence.frontier import Step, recount
from sozialraum.presence.kept import KeptCoverage
from sozialraum.presence.models import (
    center_answer,
    counted_answer,
    max_coverage,
    median_answer,
    median_kept,
    p_center,
    p_median,
)
from sozialraum.presence.problem import (
    Bools,
    Floats,
    InfeasibleError,
    Ints,
    Problem,
    beyond,
    check_p,
    read_problem,
)
from sozialraum.presence.recount import nearest
from sozialraum.presence.rules import Constraints
from sozialraum.presence.shortest import Shortest, has_gaps
from sozialraum.presence.siting import Siting as Answer
from sozialraum.presence.siting import relative_gap
from sozialraum.study.places import Siting

NODES = 20_000
"""Branch-and-bound nodes after which a model with rules stops, with its bound."""


@dataclass(frozen=True)
class Chosen:
    """Rooms chosen by a model, for every number of rooms.

    Attributes
    ----------
    steps : list of Step
        As of `coverage_curve`: what the rooms reach, and the bound of plain coverage. The curve
        ends before the first number of rooms above the headline that cannot meet the rules; a
        smaller one that cannot is `ruled_out` and has no rooms.
    table : pandas.DataFrame
        `p`, `objective`, `bound`, `gap` of the model itself, `reached`, `backup_share`,
        `status`: ``optimal``, ``gap``, ``limit``; where no choice meets the rules, ``infeasible``
        and `finding` says which rule, and by how much.
    """

    steps: list[Step]
    table: pd.DataFrame


def is_wider(siting: Siting) -> bool:
    """Whether a room can serve the study's aim though it reaches nobody more within the radius.

    Examples
    --------
    >>> from sozialraum.study.places import Siting
    >>> is_wider(Siting(model="median")), is_wider(Siting(spacing=400))
    (True, False)
    """
    return siting.model != "coverage" or bool(siting.backup or siting.capacity)


def weight_by_way(siting: Siting, way: Any) -> Floats:
    """What a person counts for the model `gradual`, by the way to the nearest place.

    Parameters
    ----------
    siting : sozialraum.study.places.Siting
        `near` and `far` (linear between, Berman & Krass 2002), or `halving`: 0.5 ** (way / halving)
        as the visits of a room fall (`sozialraum.evaluation`).
    way : array
        Metres; `inf` weighs 0.

    Returns
    -------
    numpy.ndarray
        Weights in [0, 1], never increasing with the way.

    Examples
    --------
    >>> from sozialraum.study.places import Siting
    >>> weight_by_way(Siting(model="gradual", near=500, far=1500), [400, 1000, 1600]).tolist()
    [1.0, 0.5, 0.0]
    >>> weight_by_way(Siting(model="gradual", halving=300), [0, 300, 600, np.inf]).tolist()
    [1.0, 0.5, 0.25, 0.0]
    """
    (near, far), metres = siting.fade, np.asarray(way, float)
    if siting.halving:
        return np.where(metres < far, 0.5 ** (metres / siting.halving), 0.0)
    return np.clip((far - metres) / (far - near), 0.0, 1.0)


def choose_by_model(
    siting: Siting,
    cost: Any,
    demand: Any,
    plain: list[Step],
    *,
    existing: Ints,
    required: Ints,
    groups: Any,
    between: Any,
    remember: Remember = compute,
) -> Chosen:
    """Rooms by the study's model, one answer per number of rooms.

    Parameters
    ----------
    siting : sozialraum.study.places.Siting
        `model`, `near`, `far`, `halving`, `backup`, `capacity`, `spacing`, `floor`, `radius`,
        `rooms`.
    cost : array (units, places)
        Metres of way; candidates and existing offices.
    demand : array (units,)
    plain : list of Step
        The curve of plain coverage: its bounds.
    existing, required : int arrays
        Columns that are open anyway, and those that must be chosen.
    groups : array (units,)
        Bezirksregion of each unit, for the floor.
    between : array (places, places)
        Metres between places, for the least distance. Existing offices may lie next to a room.
    remember : callable
        See `sozialraum.cache.remembering`: another headline number has the same answers.

    Returns
    -------
    Chosen
        Up to the first number beyond the headline's that cannot meet the rules.

    Raises
    ------
    InfeasibleError
        The headline number of rooms cannot meet the rules; says which rule and by how much.

    Examples
    --------
    >>> from sozialraum.presence.frontier import coverage_curve
    >>> from sozialraum.study.places import Siting
    >>> cost = np.array([[100, 900], [300, 250], [900, 100.0]])
    >>> plain = coverage_curve(cost, [9, 1, 5], radius=500, p_max=2)
    >>> none = np.empty(0, int)
    >>> far = choose_by_model(Siting(model="center", radius=500, rooms=1), cost, [9, 1, 5], plain,
    ...     existing=none, required=none, groups=None, between=None)
    >>> far.table[["p", "objective", "status"]].values.tolist()[0]
    [1, 900.0, 'optimal']
    """
    cost, people = np.asarray(cost, float), np.asarray(demand, float)
    chosen: Chosen = remember(
        _for_every_number, siting.model_dump_json(include=_AIM), cost, people, plain,
        existing=existing, required=required, groups=groups, between=between,
    )  # fmt: skip
    unmet = chosen.table.loc[chosen.table["status"] == "infeasible", "p"]
    if siting.rooms in unmet.to_numpy():
        _solver(siting, cost, people, existing, required, groups, between)(siting.rooms)  # says why
    # Distance, places: what cannot be met with these cannot with more rooms.
    last = unmet[unmet > siting.rooms].min()
    if np.isnan(last):
        return chosen
    return Chosen([s for s in chosen.steps if s.p < last], chosen.table[chosen.table["p"] <= last])


_AIM = {"model", "near", "far", "halving", "backup", "capacity", "spacing", "floor", "radius"}
"""Settings that say which rooms are best."""


def _for_every_number(
    rules: str,
    cost: np.ndarray,
    people: Floats,
    plain: list[Step],
    *,
    existing: Ints,
    required: Ints,
    groups: Any,
    between: Any,
) -> Chosen:
    """The choices, where the rules can be met; `rules`: the settings `_AIM` as JSON."""
    siting = Siting.model_validate_json(rules)
    problem = read_problem(cost, people)
    cover, total = Cover.merged(problem, siting.radius), float(people.sum())
    left = np.where(cover.counts(existing) > 0, 0.0, cover.weight)
    start = float(cover.weight.sum() - left.sum())
    best = _solver(siting, cost, people, existing, required, groups, between)
    answers: dict[int, Answer | InfeasibleError] = {}
    for step in plain[1:]:
        if step.p >= required.size:
            try:
                answers[step.p] = best(step.p)
            except InfeasibleError as error:
                answers[step.p] = error
    sites = {}
    for p, answer in answers.items():
        if isinstance(answer, Answer):
            used = np.r_[_used(siting, answer, problem, cover, existing), required]
            open_ = np.setdiff1d(np.array(answer.sites, np.intp), existing)
            sites[p] = np.intersect1d(open_, used)
    bounds = [step.bound - start for step in plain if step.p in sites]
    recounted = recount(cover.reach, left, [*sites.values()], bounds, start, total)
    own = dict(zip(sites, recounted, strict=True))
    steps, rows = [plain[0]], []
    for step in plain[1:]:
        found = answers.get(step.p)
        if found is None:
            # Fewer rooms than the study sets: a part of them, which the model never weighed.
            steps.append(replace(step, proven=False))
        elif isinstance(found, InfeasibleError):
            rows.append({"p": step.p, "status": "infeasible", "finding": _short(found)})
            steps.append(_without_rooms(step, start, total))
        else:
            steps.append(replace(own[step.p], p=step.p, bound=step.bound))
            twice = cover.weight[cover.counts(np.array(found.sites, np.intp)) > 1].sum()
            rows.append(
                {
                    "p": step.p,
                    "objective": found.objective,
                    "bound": found.bound,
                    "gap": found.gap,
                    "reached": own[step.p].reached,
                    "backup_share": float(twice) / (total or 1.0),
                    "status": found.status,
                    "finding": "",
                }
            )
    columns = ["p", "objective", "bound", "gap", "reached", "backup_share", "status", "finding"]
    return Chosen(steps, pd.DataFrame(rows, columns=columns))


def _without_rooms(step: Step, start: float, total: float) -> Step:
    """No rooms for this number: what existing offices reach, and the bound for any rooms."""
    share = start / total if total else 0.0
    return Step(step.p, (), (), start, share, step.bound, proven=False, ruled_out=True)


def _solver(
    siting: Siting,
    cost: Floats,
    people: Floats,
    existing: Ints,
    required: Ints,
    groups: Any,
    between: Any,
) -> Callable[[int], Answer]:
    """Answers for any number of rooms: existing offices are open anyway, and none of them."""
    forced = np.union1d(existing, required).tolist()
    options: dict[str, Any] = {"required": forced, "node_limit": NODES}
    rules = Constraints(floor=siting.floor)
    if siting.spacing:
        apart = np.asarray(between, float).copy()
        apart[existing], apart[:, existing] = np.inf, np.inf  # an office is too near to nobody
        rules = replace(rules, spacing=siting.spacing, between=apart)
    if siting.model == "center":
        aim = read_problem(cost, people, required=forced)
        if has_gaps(aim):
            return lambda rooms: p_center(cost, people, p=rooms + existing.size, **options)
        center = Center(aim, np.flatnonzero(people > 0))
        return lambda rooms: center_answer(
            center, check_p(rooms + existing.size, aim), node_limit=NODES
        )
    if siting.model == "coverage":
        far, people, options["groups"] = _same_ways(siting, cost, people, groups)
        if siting.capacity is not None:
            # Offices are no limit: they serve whoever comes today.
            options["capacity"] = np.full(cost.shape[1], siting.capacity)
            options["capacity"][existing] = people.sum()
        options |= {"radius": 0, "backup": siting.backup, "constraints": rules}

        problem = read_problem(far, people, required=forced)
        counted = Counted(problem, 0, room=options.get("capacity"), backup=siting.backup)
        kept = KeptCoverage(problem, 0, rules, options["groups"])

        def most_people(rooms: int) -> Answer:
            p, known = check_p(rooms + existing.size, problem), None
            if not rules.given:
                known = counted_answer(counted, p, options["groups"])
            elif siting.capacity is None and not siting.backup:
                known = kept.answer(p, node_limit=NODES)
            return known or max_coverage(far, people, p=p, **options)

        return most_people
    # Most weighted people: the least that is lost on the way is a p-median, too.
    fades = siting.model == "gradual"
    ways = 1 - weight_by_way(siting, cost) if fades else cost
    problem = read_problem(ways, people, required=forced)
    search, apart = Shortest(problem), rules.conflicts(cost.shape[1])
    # A floor counts everybody on the way to whom a place fades, but nobody where it has faded.
    near = cost < siting.fade[1] if siting.floor else None
    floors = [floor.whole_points() for floor in rules.floors(people, groups)]

    def shortest(rooms: int) -> Answer:
        p = check_p(rooms + existing.size, problem)
        if not rules.given:
            answer = median_answer(search, p, node_limit=NODES)
            return _weighted(answer, ways, people) if fades else answer
        known = median_kept(search, p, apart, floors, near, node_limit=NODES)
        if known is None and siting.floor:
            given = {"radius": siting.fade, "groups": groups, "constraints": rules}
            return max_coverage(cost, people, p=p, **given, **options)
        answer = known or p_median(ways, people, p=p, constraints=rules, **options)
        return _weighted(answer, ways, people) if fades else answer

    return shortest


def _same_ways(
    siting: Siting, cost: Floats, people: Floats, groups: Any
) -> tuple[Bools, Floats, Any]:
    """Which places are beyond the radius, people and groups: one unit for all with the same places.

    Groups are kept apart where the study sets a floor for them.
    """
    apart = bool(siting.floor) and groups is not None
    number: dict[Any, int] = {}  # also of units without a group
    labels = list(groups) if apart else [None] * people.size
    kind = np.array([number.setdefault(label, len(number)) for label in labels], np.intp)
    names = np.array([*number, None], object)[:-1]
    far, weight, kind = merged_points(beyond(cost, siting.radius), people, kind)
    return far, weight, names[kind] if apart else None


def _used(siting: Siting, answer: Answer, problem: Problem, cover: Cover, existing: Ints) -> Ints:
    """Open places that somebody goes to; what merely fills up to p is nobody's place."""
    open_ = np.array(answer.sites, np.intp)
    if siting.model != "coverage":
        return nearest(problem, open_)[problem.demand > 0]
    if answer.flows is not None:
        return np.flatnonzero(answer.flows.sum(axis=0) > 0)
    if not siting.backup:
        return open_  # a room that reaches nobody more is not proposed anyway
    order = np.r_[existing, np.setdiff1d(open_, existing)]
    hits = cover.arithmetic()[:, order] > 0
    return order[(hits & (hits.cumsum(axis=1) <= 2)).any(axis=0)]  # a first or a second place


def _weighted(answer: Answer, lost: Floats, people: Floats) -> Answer:
    """An answer with the least lost on the way, as the most weighted people."""
    total = float(people.sum())
    weight = 1 - lost[:, np.array(answer.sites, np.intp)]
    value = float(people @ weight.max(axis=1, initial=0.0))
    bound = value if answer.proven else max(total - answer.bound, value)
    gap = relative_gap(value, bound)
    return replace(answer, objective=value, bound=bound, gap=gap)


def _short(error: InfeasibleError) -> str:
    """Rule and shortfall in German."""
    rule, amount = _RULES.get(error.rule, (error.rule, "{:.0f}"))
    return f"{rule}: es fehlen {amount.format(error.shortfall)}"


_RULES = {
    "floor": ("Mindestanteil je Bezirksregion", "{:.0f} Personen"),
    "spacing": ("Mindestabstand der Räume", "{:.0f} Räume"),
    "capacity": ("Aufnahmefähigkeit der Räume", "{:.0f} Personen"),
    "reach": ("Erreichbarkeit", "{:.0f} Personen ohne jeden Weg"),
    "p": ("Zahl der Räume", "{:.0f} geeignete Räume"),
    "required": ("Vorgegebene Räume", "{:.0f} Plätze"),
}
