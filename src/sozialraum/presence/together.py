"""Rooms for several target groups at once: each with a weight, or one group after the other.

Groups overlap, so that their persons are never added up as persons. A room counts for a group only
where it suits it: a youth club is no place for families.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.lazy import sparse
from sozialraum.presence.again import redraw, stability_by_number
from sozialraum.presence.cover import Cover
from sozialraum.presence.frontier import marginal_orders
from sozialraum.presence.models import max_coverage
from sozialraum.presence.offices import serving
from sozialraum.presence.problem import Floats, Problem, Site, read_problem
from sozialraum.presence.rules import Constraints, Least
from sozialraum.presence.siting import Siting
from sozialraum.presence.stability import draw_inputs

if TYPE_CHECKING:
    from sozialraum.study import Study

DOUBT = 2.0
"""In the draws of stability the weight of a group lies between 1/2 and 2 times its own."""
NODES = 20_000
"""Branch-and-bound nodes after which the search stops, with its bound."""
COLUMNS = (
    *("target", "order", "site", "reached", "cumulative_share", "alone_share", "stability"),
    "status",
)


def max_coverage_targets(
    cost: Any,
    demands: pd.DataFrame,
    *,
    radius: float,
    p: int,
    weights: Mapping[str, float] | None = None,
    order: Sequence[str] | None = None,
    tolerance: float = 0.0,
    suits: pd.DataFrame | None = None,
    **options: Any,
) -> Siting:
    """Cover several target groups at once, by weights or one after the other.

    Parameters
    ----------
    cost, radius, p
        As in `max_coverage`.
    demands : DataFrame (demand points, target groups)
        People of each target group; the groups may overlap and are never added as persons.
    weights : mapping, optional
        Value of one person of each group.
    order : sequence of str, optional
        Most important group first: each later one improves only while those before keep
        (1 - `tolerance`) of what they could have.
    tolerance : float
        Share of its people that an earlier group may lose to a later one.
    suits : DataFrame (sites, target groups), optional
        Whether a site is a place for a group; default: every site is one for all.
    **options
        As in `max_coverage`. With `suits` the demand points stand there once for each group, one
        group below the other; so do those of the answer's `assignment`.

    Returns
    -------
    Siting
        `objective` is the weighted sum, or with `order` what the last group gets; `measures` has
        ``reached_<group>`` for every group.

    Raises
    ------
    StudyError
        Neither or both of weights and order, an unknown group, a negative weight.
    InputError, InfeasibleError
        As in `max_coverage`.

    Examples
    --------
    >>> cost = np.array([[100, 900], [900, 100.0]])
    >>> groups = pd.DataFrame({"all": [10, 9], "young": [1, 4]})
    >>> max_coverage_targets(cost, groups, radius=500, p=1, order=["young", "all"]).sites
    (1,)
    >>> suits = pd.DataFrame({"all": [True, True], "young": [True, False]})
    >>> max_coverage_targets(
    ...     cost, groups, radius=500, p=1, order=["young", "all"], suits=suits).sites
    (0,)
    """
    if (not weights) == (not order):
        raise StudyError("Give either weights or an order of the target groups", where="weights")
    names = list(weights or order or ())
    lost = [name for name in names if name not in demands]
    if lost:
        raise StudyError(f"Unknown target group(s): {', '.join(map(str, lost))}", where="demands")
    if weights and min(weights.values()) < 0:
        raise StudyError("The worth of a person must not be negative", where="weights")
    ways, people = _rows(read_problem(cost, demands[names[0]]), demands[names], suits)
    if weights:
        total = np.array([weights[name] for name in names]) @ people
        answer = max_coverage(ways, total, radius=radius, p=p, **options)
    else:
        rules = Constraints.read(options.pop("constraints", None))
        least = list(rules.least)
        for name, mine in zip(names, people, strict=True):
            options["constraints"] = replace(rules, least=list(least))
            answer = max_coverage(ways, mine, radius=radius, p=p, **options)
            least.append(Least(str(name), mine, (1 - tolerance) * answer.measures["reached"]))
    problem = read_problem(ways, people[0], required=answer.sites)
    hit = Cover.of(problem, radius)
    reached = people @ (hit.counts(problem.required) > 0)
    figures = {f"reached_{name}": float(v) for name, v in zip(names, reached, strict=True)}
    return replace(answer, measures={**answer.measures, **figures})


def _rows(
    problem: Problem, demands: pd.DataFrame, suits: pd.DataFrame | None
) -> tuple[Any, Floats]:
    """Ways, and the people of each group (groups, rows): a row per point, or per group and point.

    Rows of a group do not reach a site that does not suit it.
    """
    if suits is None:
        ways, people = problem.cost, demands.to_numpy(float).T
        rows = problem.rows
    else:
        if problem.columns is not None:
            suits = suits.loc[problem.columns]
        fit = suits[list(demands.columns)].to_numpy(bool).T
        parts = [_open_to(problem.cost, own) for own in fit]
        ways = sparse.vstack(parts).tocsr() if sparse.issparse(problem.cost) else np.vstack(parts)
        count, n = fit.shape[0], problem.shape[0]
        people = np.zeros((count, count, n))
        people[np.arange(count), np.arange(count)] = demands.to_numpy(float).T
        people = people.reshape(count, count * n)
        rows = pd.MultiIndex.from_product(
            [demands.columns, demands.index if problem.rows is None else problem.rows]
        )
    if problem.columns is not None:
        ways = pd.DataFrame(ways, index=rows, columns=problem.columns)
    return ways, people


def _open_to(cost: Any, fit: np.ndarray) -> Any:
    """The same ways, where sites that do not suit cannot be reached."""
    if not sparse.issparse(cost):
        return np.where(fit, cost, np.inf)
    pairs = sparse.coo_array(cost)
    row, site = pairs.coords
    keep = fit[site]
    return sparse.csr_array((pairs.data[keep], (row[keep], site[keep])), shape=cost.shape)


def propose_together(
    study: Study,
    rooms: pd.DataFrame,
    offices: pd.DataFrame,
    units: pd.DataFrame,
    ways: pd.DataFrame,
    alone: Mapping[str, float],
) -> pd.DataFrame:
    """The headline number of rooms for several target groups at once.

    Parameters
    ----------
    study : Study
        `siting.together` says how the groups are weighed: its weights are those of the share of
        each group that is reached.
    rooms, offices, units, ways
        As in `sozialraum.presence.propose.propose`.
    alone : mapping
        Target group -> people whom as many rooms reach that are chosen for it alone.

    Returns
    -------
    pandas.DataFrame
        Per group and room: `target`, `order`, `site`, `reached` (people of the group whom this
        room adds), `cumulative_share`, `alone_share` (of the rooms for this group alone),
        `stability`, `status` of the proof. The stability draws the weight of each group
        between half and twice its own, the spread of people inside areas and the length of ways;
        groups in order have no weight to draw, and no stability.

    Raises
    ------
    InfeasibleError
        The rules cannot be met; says which and by how much.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> study = load_study("demo", siting={"rooms": 1, "together": {"order": ["young", "families"]},
    ...                                    "detour": 1})
    >>> rooms = pd.DataFrame({"eligible": True, "suits": [("young",), ("young", "families")]},
    ...                      index=["club", "house"])
    >>> offices = pd.DataFrame({"targets": []})
    >>> units = pd.DataFrame({"area_id": ["a", "b"], "people_young": [9.0, 9],
    ...                       "people_families": [5.0, 4]}, index=["u1", "u2"])
    >>> ways = pd.DataFrame([[100.0, 5000], [5000, 100]], index=units.index, columns=rooms.index)
    >>> propose_together(study, rooms, offices, units, ways, {})[["target", "site", "reached"]]
    ...     # doctest: +NORMALIZE_WHITESPACE
         target   site  reached
    0     young  house      9.0
    1  families  house      4.0
    """
    siting, how = study.siting, study.siting.together
    assert how is not None
    names = list(how.weights or how.order)
    fits = {name: [name in some for some in rooms["suits"]] for name in names}
    fit = pd.DataFrame(fits, index=rooms.index)[rooms["eligible"].to_numpy(bool)]
    fit = fit[fit.any(axis=1)]
    serves = {name: serving(offices, name) for name in names}
    suits = pd.concat([fit, pd.DataFrame(serves, index=offices.index, dtype=bool)])
    cost = ways[suits.index]
    demands = units[[f"people_{name}" for name in names]].set_axis(names, axis=1).fillna(0.0)
    forced = [site for site in study.venues.forced_in if site in fit.index]
    held = list(offices.index)
    # Groups are counted in different ways (recipients, residents of an age), so that their shares
    # are weighed, not their persons; all together keep the size of a number of persons.
    size = demands.sum()
    weights = {n: v * float(size.sum() / (size[n] or 1.0)) for n, v in how.weights.items()}
    answer = max_coverage_targets(
        cost,
        demands,
        radius=siting.radius,
        p=min(siting.rooms, len(fit)) + len(held),
        weights=weights or None,
        order=how.order or None,
        tolerance=how.tolerance,
        suits=suits,
        required=[*forced, *held],
        node_limit=NODES,
    )
    sites = [site for site in answer.sites if site not in set(held)]
    problem = read_problem(cost, demands[names[0]])
    stack, people = _rows(problem, demands, suits)
    reach = stack.to_numpy() <= siting.radius
    base = reach[:, suits.index.isin(held)].any(axis=1)
    # Among groups in order one person of the first outweighs all of the others.
    worth = [weights.get(n, (1 + people.sum()) ** -k) for k, n in enumerate(names)]
    chosen = suits.index.get_indexer(pd.Index(sites))
    value = np.array(worth) @ people * ~base
    chosen, _ = marginal_orders(reach.astype(float), value, [chosen])[0]
    stable = pd.Series(np.nan, suits.index)
    if how.weights and siting.stability_draws and len(sites) and people.sum() > 0:
        areas = pd.factorize(units["area_id"])[0]
        stable = _stability(study, worth, stack, people, areas, chosen.tolist(), (held, forced))
    rows = []
    for name, mine in zip(names, people, strict=True):
        total, done = float(mine.sum()) or np.inf, base.copy()
        for number, j in enumerate(chosen.tolist(), 1):
            added = float(mine[reach[:, j] & ~done].sum())
            done |= reach[:, j]
            share, best = float(mine[done].sum()) / total, alone.get(name, np.nan) / total
            site = suits.index[j]
            rows.append((name, number, site, added, share, best, stable[site], answer.status))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _stability(
    study: Study,
    worth: Sequence[float],
    stack: pd.DataFrame,
    people: Floats,
    areas: Any,
    chosen: list[int],
    fixed: tuple[Sequence[Site], Sequence[Site]],
) -> pd.Series:
    """How often each room is chosen when weights of groups, places of people and ways are drawn."""
    draws = study.siting.stability_draws
    rng = np.random.default_rng(study.seed)
    factor = DOUBT ** rng.uniform(-1, 1, (draws, len(worth)))
    factor[0] = 1.0
    values = (np.asarray(worth) * factor) @ people
    # An area's people of two groups are spread inside it each for themselves.
    own = np.concatenate([areas + k * (areas.max() + 1) for k in range(len(worth))])
    drawn = draw_inputs(values[0], draws=draws, seed=study.seed, areas=own, alternatives=values[1:])
    held, forced = fixed
    again = redraw(
        stack, values[0], radius=study.siting.radius, draws=drawn, existing=held, required=forced
    )
    shares, _ = stability_by_number(again, [chosen])
    return shares.set_index("site")["stability"]
