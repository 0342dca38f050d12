"""The study's model: other aims and rules about sites, beside what plain coverage reaches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.cache import compute, key_of
from sozialraum.errors import InputError
from sozialraum.presence.choice import choose_by_model, weight_by_way
from sozialraum.presence.frontier import coverage_curve
from sozialraum.presence.problem import InfeasibleError
from sozialraum.study.places import Siting

pytestmark = pytest.mark.usefixtures("each_way")

RNG = np.random.default_rng(4)
UNITS, PLACES = RNG.uniform(0, 3000, (80, 2)), RNG.uniform(0, 3000, (9, 2))
COST = np.hypot(*(UNITS[:, None] - PLACES).transpose(2, 0, 1))
BETWEEN = np.hypot(*(PLACES[:, None] - PLACES).transpose(2, 0, 1))
PEOPLE = RNG.integers(3, 40, 80).astype(float)
OFFICE, NONE = np.array([8]), np.empty(0, int)
PLAIN = coverage_curve(COST, PEOPLE, radius=700, p_max=5, existing=[8])


def choose(remember=compute, rooms=3, **rules):
    siting = Siting(radius=700, rooms=rooms, **rules)
    return choose_by_model(
        siting, COST, PEOPLE, PLAIN, existing=OFFICE, required=NONE,
        groups=np.where(UNITS[:, 0] < 1500, "west", "east"), between=BETWEEN, remember=remember,
    )  # fmt: skip


def test_plain_coverage_needs_no_model_of_its_own():
    assert Siting().plain
    assert not Siting(model="median").plain
    assert not Siting(spacing=500).plain


@pytest.mark.parametrize(
    "rules",
    [{"model": "median"}, {"model": "center"}, {"model": "gradual", "far": 1400}, {"backup": 0.5},
     {"model": "gradual", "halving": 250}, {"model": "gradual", "near": 200, "floor": 0.1},
     {"spacing": 900}, {"capacity": 400.0}, {"floor": 0.2}],
    ids=str,
)  # fmt: skip
def test_no_aim_reaches_more_than_plain_coverage_and_every_answer_is_proven(rules):
    chosen = choose(**rules)
    assert [s.p for s in chosen.steps] == list(range(len(chosen.steps)))
    for step, plain in zip(chosen.steps, PLAIN, strict=False):
        hit = (COST[:, [*step.sites, 8]] <= 700).any(axis=1)
        assert step.reached == pytest.approx(PEOPLE[hit].sum())
        assert step.reached <= plain.reached + 1e-6
        assert step.bound == plain.bound
        assert 8 not in step.sites
    solved = chosen.table[chosen.table["status"] != "infeasible"]
    assert (solved["status"] == "optimal").all()


def test_another_number_of_rooms_asks_the_solver_nothing_new():
    asked = []

    def remember(function, *args, **kwargs):
        asked.append(key_of(function.__name__, args, kwargs))
        return function(*args, **kwargs)

    three = choose(remember, rooms=3, model="median")
    four = choose(remember, rooms=4, model="median", stability_draws=7)
    assert asked[0] == asked[1]
    assert three.steps == four.steps
    choose(remember, model="center")
    assert asked[2] != asked[0]


def test_the_center_shortens_the_longest_way_and_the_median_the_mean():
    sites = {m: [*choose(model=m).steps[3].sites, 8] for m in ("center", "median", "gradual")}
    way = {m: COST[:, s].min(axis=1) for m, s in sites.items()}
    assert way["center"].max() == min(w.max() for w in way.values())
    assert way["median"] @ PEOPLE == min(w @ PEOPLE for w in way.values())


@pytest.mark.parametrize("halving", [60, 250, 900])
def test_rooms_for_people_who_halve_with_distance_are_the_best_of_all_choices(halving):
    chosen = choose(model="gradual", halving=halving)
    weight = weight_by_way(Siting(model="gradual", halving=halving), COST)
    best = max(
        PEOPLE @ weight[:, [*sites, 8]].max(axis=1) for sites in itertools.combinations(range(8), 3)
    )
    row = chosen.table.set_index("p").loc[3]
    assert row["objective"] == pytest.approx(best)
    assert PEOPLE @ weight[:, [*chosen.steps[3].sites, 8]].max(axis=1) == pytest.approx(best)


@given(st.integers(0, 1000), st.integers(1, 4))
@settings(deadline=None, max_examples=15)
def test_places_that_nobody_can_walk_to_do_not_disturb_the_weights(seed, p):
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((30, 6)) < 0.1, np.inf, rng.uniform(0, 2000, (30, 6)))
    people = rng.integers(0, 20, 30).astype(float)
    plain = coverage_curve(cost, people, radius=800, p_max=p)
    chosen = choose_by_model(
        Siting(model="gradual", halving=300, radius=800, rooms=p), cost, people, plain,
        existing=NONE, required=NONE, groups=None, between=None,
    )  # fmt: skip
    weight = np.where(np.isinf(cost), 0.0, 0.5 ** (cost / 300))
    combined = (weight[:, list(c)].max(axis=1) for c in itertools.combinations(range(6), p))
    best = max(people @ nearest for nearest in combined)
    assert chosen.table["objective"].iloc[-1] == pytest.approx(best)


def test_a_room_that_is_nobodys_nearest_place_is_not_proposed():
    cost = np.array([[100.0, 900, 950], [120, 800, 990]])
    plain = coverage_curve(cost, [5.0, 4], radius=500, p_max=3)
    chosen = choose_by_model(
        Siting(model="gradual", halving=200, radius=500, rooms=2), cost, [5.0, 4], plain,
        existing=NONE, required=NONE, groups=None, between=None,
    )  # fmt: skip
    assert [s.sites for s in chosen.steps] == [(), (0,), (0,), (0,)]
    assert [s.p for s in chosen.steps] == [0, 1, 2, 3]


@pytest.mark.parametrize("rule", [{"backup": 0.3}, {"capacity": 20.0}], ids=str)
def test_a_room_that_nobody_goes_to_is_not_proposed(rule):
    """The third room lies beside the first two, the fourth beyond everybody's reach."""
    cost = np.array([[100.0, 900, 300, 2000], [120, 100, 150, 2000], [2000, 120, 200, 2000]])
    people = [5.0, 4, 6]
    plain = coverage_curve(cost, people, radius=500, p_max=4)
    chosen = choose_by_model(
        Siting(radius=500, rooms=2, **rule), cost, people, plain,
        existing=NONE, required=NONE, groups=None, between=None,
    )  # fmt: skip
    proposed = [set(step.sites) for step in chosen.steps]
    assert all(3 not in sites for sites in proposed)
    assert len(proposed[2]) == (2 if "backup" in rule else 1)  # the third has places for all
    assert proposed[4] <= {0, 1, 2}
    # Nobody loses a place by what is left out.
    table = chosen.table.set_index("p")
    assert table.loc[4, "objective"] == pytest.approx(table.loc[3, "objective"])


@given(st.floats(50, 3000), st.booleans())
@settings(deadline=None, max_examples=20)
def test_no_weight_grows_with_the_way_and_the_door_counts_fully(metres, halves):
    rule = {"halving": metres} if halves else {"near": metres}
    way = np.r_[np.linspace(0, 12 * metres, 200), np.inf]
    weight = weight_by_way(Siting(model="gradual", **rule), way)
    assert weight[0] == 1
    assert weight[-1] == 0
    assert (np.diff(weight) <= 0).all()


def test_rooms_keep_their_distance_but_may_lie_beside_an_office():
    step = choose(spacing=900).steps[3]
    apart = BETWEEN[np.ix_(step.sites, step.sites)]
    assert apart[np.triu_indices(3, 1)].min() >= 900


@pytest.mark.parametrize("spacing", [900, 1200])
def test_no_number_of_rooms_is_offered_whose_rooms_lie_closer_than_the_rules_say(spacing):
    for step in choose(spacing=spacing).steps:
        apart = BETWEEN[np.ix_(step.sites, step.sites)]
        assert (apart[np.triu_indices(len(step.sites), 1)] >= spacing).all()


def test_the_curve_ends_where_no_more_rooms_keep_their_distance():
    chosen = choose(spacing=1200)
    short = chosen.table.loc[chosen.table["status"] == "infeasible", "p"].tolist()
    assert short == [chosen.steps[-1].p + 1]
    assert chosen.steps[-1].p < PLAIN[-1].p


def test_fewer_rooms_that_cannot_meet_the_floor_are_ruled_out_and_never_proven():
    chosen = choose(floor=0.4)
    out = [s for s in chosen.steps if s.ruled_out]
    assert [s.p for s in out] == chosen.table.loc[
        chosen.table["status"] == "infeasible", "p"
    ].tolist()
    assert out
    for step in out:
        assert (step.sites, step.proven, step.reached) == ((), False, PLAIN[0].reached)


def test_the_floor_holds_in_every_group():
    groups = np.where(UNITS[:, 0] < 1500, "west", "east")
    hit = (COST[:, [*choose(floor=0.3).steps[3].sites, 8]] <= 700).any(axis=1)
    for name in ("west", "east"):
        mine = groups == name
        assert PEOPLE[hit & mine].sum() >= 0.3 * PEOPLE[mine].sum() - 1e-6


def test_rules_that_cannot_be_met_say_which_and_by_how_much():
    with pytest.raises(InfeasibleError) as caught:
        choose(floor=0.99)
    assert caught.value.rule == "floor"
    assert caught.value.shortfall > 0
    table = choose(spacing=1200).table
    missing = table[table["status"] == "infeasible"]
    assert (missing["p"] > 3).all()
    assert missing["finding"].str.startswith("Mindestabstand der Räume: es fehlen").all()


@pytest.mark.parametrize(
    "rules",
    [
        {"model": "gradual", "far": 500},
        {"model": "gradual", "near": 1500, "far": 1400},
        {"model": "gradual", "halving": 300, "far": 1400},
        {"model": "gradual", "halving": 300, "floor": 0.1},
        {"model": "median", "halving": 300},
        {"near": 300},
        {"capacity": 50, "backup": 0.2},
        {"model": "center", "spacing": 300},
        {"model": "median", "floor": 0.1},
        {"model": "median", "backup": 0.1},
    ],
    ids=str,
)
def test_a_rule_that_a_model_would_ignore_is_refused(rules):
    with pytest.raises(ValueError, match=r"go(es)? with|must be|has none"):
        Siting(**rules)


def test_a_floor_that_cannot_be_met_names_the_number_that_was_asked_for():
    cost = np.vstack([np.full((10, 2), 300.0), np.full((10, 2), 5000.0)])
    people, groups = np.full(20, 100.0), np.repeat(["a", "b"], 10)
    plain = coverage_curve(cost, people, radius=700, p_max=2)
    fixed = {"existing": NONE, "required": NONE, "between": None}
    asked = Siting(radius=700, rooms=1, floor=0.1)
    with pytest.raises(InfeasibleError, match=r"100\.0 are demanded") as caught:
        choose_by_model(asked, cost, people, plain, groups=groups, **fixed)
    assert caught.value.shortfall == pytest.approx(100)


def test_units_without_a_region_are_a_group_of_their_own():
    cost = np.array([[300.0], [5000], [5000]])
    plain = coverage_curve(cost, [9, 9, 9], radius=700, p_max=1)
    fixed = {"existing": NONE, "required": NONE, "between": None}
    rules = Siting(radius=700, rooms=1, floor=0.5)
    with pytest.raises(InfeasibleError, match="group 'None'"):
        choose_by_model(
            rules, cost, [9, 9, 9], plain, groups=np.array(["a", None, None], object), **fixed
        )
    with pytest.raises(InputError, match="one group per demand point"):
        choose_by_model(rules, cost, [9, 9, 9], plain, groups=None, **fixed)
