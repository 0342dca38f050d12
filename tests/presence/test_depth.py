"""What stands behind a proposal: order, exchanges, draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.cache import key_of
from sozialraum.presence import coverage_curve, max_coverage
from sozialraum.presence.depth import Doubt, bounds_of, look_behind
from sozialraum.presence.exchange import best_found, same_reach
from sozialraum.study.places import Siting

pytestmark = pytest.mark.usefixtures("each_way")

RNG = np.random.default_rng(7)
UNITS, PLACES = RNG.uniform(0, 3000, (120, 2)), RNG.uniform(0, 3000, (10, 2))
PEOPLE = RNG.integers(3, 40, 120).astype(float)
WAY = np.hypot(*(UNITS[:, None] - PLACES).transpose(2, 0, 1))
BEST = int(np.argmax(PEOPLE @ (WAY[:, :9] <= 600)))
PLACES[9] = PLACES[BEST]  # two rooms in one house, the one that reaches most people
COST = np.hypot(*(UNITS[:, None] - PLACES).transpose(2, 0, 1))
NONE = np.empty(0, int)


def look(doubt: Doubt | None = None, **setting):
    siting = Siting(radius=600, rooms=4, **setting)
    steps = coverage_curve(COST, PEOPLE, radius=600, p_max=8)
    doubt = doubt or Doubt(np.arange(120) // 10)
    return steps, look_behind(
        siting, COST, PEOPLE, steps, existing=NONE, required=NONE, doubt=doubt,
        unit_xy=UNITS, site_xy=PLACES, seed=3,
    )  # fmt: skip


def test_an_order_never_reaches_more_than_the_free_choice_and_never_gives_a_room_up():
    steps, depth = look(stability_draws=0)
    nested = depth.nested
    assert (nested["loss"] >= -1e-9).all()
    for k, row in enumerate(nested.itertuples(), 1):
        hit = (COST[:, nested["site"][:k].astype(int)] <= 600).any(axis=1)
        assert row.reached == pytest.approx(PEOPLE[hit].sum())
        assert row.free == steps[k].reached
    assert depth.stability.empty


def test_two_rooms_in_one_house_are_exchangeable_without_loss():
    steps, depth = look(stability_draws=0)
    chosen = next(s for s in steps[4].sites if s in (BEST, 9))
    twin = BEST + 9 - chosen
    rows = depth.exchange[(depth.exchange["site"] == chosen) & (depth.exchange["instead"] == twin)]
    assert rows["loss"].tolist() == [0.0]


def test_every_number_of_rooms_has_a_stability_and_robust_choices_are_not_worse():
    steps, depth = look(stability_draws=12)
    sizes = depth.stability.groupby("p").size()
    useful = {s.p: sum(gain > 0 for gain in s.gains) for s in steps}
    assert sizes.to_dict() == {p: count for p, count in useful.items() if count}
    assert depth.stability["stability"].between(0, 1).all()
    robust = depth.robust
    assert robust.loc["robust_mean", "mean"] >= robust.loc["proposed", "mean"] - 1e-9
    assert robust.loc["robust_worst", "worst_tenth"] >= robust["worst_tenth"].max() - 1e-9


def test_certain_inputs_give_the_same_rooms_in_every_draw(monkeypatch):
    import sozialraum.presence.depth as module

    plain = module.draw_inputs
    monkeypatch.setattr(
        module, "draw_inputs", lambda *a, **k: plain(*a, **k | {"spread": 0, "stretch": (1, 1)})
    )
    _, depth = look(stability_draws=3, position_error=0)
    assert (depth.stability["stability"] == 1).all()


def test_draws_are_known_again_whether_metres_are_written_as_25_or_25_0():
    keys = []

    def note(function, *args, **kwargs):
        keys.append(key_of(function.__name__, args, kwargs))
        return function(*args, **kwargs)

    for metres in (25, 25.0):
        siting = Siting.model_construct(
            **dict(Siting(radius=600, rooms=4, stability_draws=3)) | {"position_error": metres}
        )
        look_behind(
            siting, COST, PEOPLE, coverage_curve(COST, PEOPLE, radius=600, p_max=8),
            existing=NONE, required=NONE, doubt=Doubt(np.arange(120) // 10),
            unit_xy=UNITS, site_xy=PLACES, seed=1, remember=note,
        )  # fmt: skip
    assert keys[: len(keys) // 2] == keys[len(keys) // 2 :]


def test_the_fewest_rooms_reach_everybody_who_can_be_reached():
    steps, depth = look(stability_draws=0)
    assert depth.reachable == PEOPLE[(COST <= 600).any(axis=1)].sum()
    enough = [s.p for s in steps if s.reached >= depth.reachable - 1e-9]
    assert depth.fewest == (enough[0] if enough else depth.fewest)
    assert depth.fewest >= depth.flattens


def test_a_correction_moves_with_the_count_it_is_taken_from():
    weight, count = pd.Series([80.0, np.nan]), pd.Series([100.0, 50])
    frame = bounds_of(weight, count, count - 10, count + 20)
    assert frame.loc[0].tolist() == pytest.approx([0.875, 1.25])
    assert frame.loc[1].tolist() == [1.0, 1.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_quick_choice_is_close_to_the_optimum_and_counts_no_one_twice(seed, p):
    rng = np.random.default_rng(seed)
    reach, people = rng.random((60, 9)) < 0.25, rng.integers(1, 30, 60).astype(float)
    groups, weight = same_reach(reach, people)
    assert weight.sum() == pytest.approx(people[reach.any(axis=1)].sum())
    best = max_coverage(np.where(reach, 0.0, 9.0), people, radius=1, p=p).objective
    (found,) = best_found(groups.astype(float), weight[None], p, np.empty(0, int))
    reached = people[reach[:, found].any(axis=1)].sum()
    assert len(set(found)) == p
    assert 0.9 * best <= reached <= best + 1e-9


def test_rooms_chosen_for_another_aim_have_no_order_and_no_exchanges_by_mere_reach() -> None:
    cost = np.array([[1.0, 9, 1], [9, 1, 9]])
    demand, none = np.array([5.0, 4]), np.empty(0, int)
    steps = coverage_curve(cost, demand, radius=2, p_max=2)
    siting = Siting(radius=2, rooms=1, position_error=0)
    rest = {"existing": none, "required": none, "doubt": Doubt([0, 0]), "seed": 1}
    other = look_behind(
        siting, cost, demand, steps, unit_xy=None, site_xy=None, plain=False, **rest
    )
    same = look_behind(siting, cost, demand, steps, unit_xy=None, site_xy=None, **rest)
    for name in ("nested", "exchange", "stability", "robust"):
        assert len(getattr(same, name))
        assert not len(getattr(other, name))
    assert other.reachable == same.reachable == 9
