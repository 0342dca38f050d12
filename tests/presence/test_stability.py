"""Proposals under uncertain inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sozialraum.errors import InputError
from sozialraum.presence import again, max_coverage, parts
from sozialraum.presence.again import redraw, stability_by_number
from sozialraum.presence.answer import answer
from sozialraum.presence.exchange import best_found, best_of_one
from sozialraum.presence.setting import Setting
from sozialraum.presence.stability import Draws, draw_inputs, exchangeable, site_stability
from sozialraum.study import load_study


def town(seed: int, n: int = 150, m: int = 12):
    rng = np.random.default_rng(seed)
    people, rooms = rng.uniform(0, 4000, (n, 2)), rng.uniform(0, 4000, (m, 2))
    cost = np.hypot(*(people[:, None] - rooms).transpose(2, 0, 1))
    return cost, rng.integers(3, 60, n).astype(float), people, rooms


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.floats(0.01, 0.5))
def test_the_spread_inside_an_area_keeps_the_total_of_the_area(seed, spread):
    _, demand, _, _ = town(seed)
    areas = np.arange(150) // 15
    drawn = draw_inputs(demand, draws=4, seed=seed, areas=areas, spread=spread).demand
    for k in range(10):
        assert drawn[:, areas == k].sum(axis=1) == pytest.approx(demand[areas == k].sum())
    assert not np.allclose(drawn[0], demand)
    assert (drawn >= 0).all()


def test_counts_stay_between_their_bounds_and_an_area_moves_together():
    demand = np.array([10.0, 20, 30, 40])
    drawn = draw_inputs(
        demand, draws=50, seed=1, areas=["a", "a", "b", "b"], lo=demand / 2, hi=demand * 2, spread=0
    ).demand
    assert (drawn >= demand / 2 - 1e-9).all()
    assert (drawn <= demand * 2 + 1e-9).all()
    assert drawn[:, 0] / 10 == pytest.approx(drawn[:, 1] / 20)
    assert drawn[:, 0].std() > 1
    with pytest.raises(InputError, match="enclose"):
        draw_inputs(demand, draws=1, seed=1, lo=demand + 1, hi=demand + 2)


def test_without_uncertainty_the_optimum_is_chosen_in_every_draw():
    cost, demand, _, _ = town(3)
    best = max_coverage(cost, demand, radius=900, p=4)
    same = Draws(np.tile(demand, (5, 1)), np.ones(5))
    result = site_stability(cost, demand, best.sites, radius=900, draws=same)
    assert result.reached == pytest.approx(np.full(5, best.objective))
    assert result.best == pytest.approx(result.reached)
    assert result.regret == pytest.approx(0)
    assert result.sites["stability"].sum() == pytest.approx(4)
    assert result.sites.loc[result.sites["proposed"], "stability"].min() == 1


def test_the_same_seed_gives_the_same_stability_and_shares_are_shares():
    cost, demand, units, rooms = town(5)
    best = max_coverage(cost, demand, radius=900, p=4, required=[2])
    results = []
    for _ in range(2):
        draws = draw_inputs(demand, draws=12, seed=9, position=80, sites=12)
        results.append(
            site_stability(
                cost,
                demand,
                best.sites,
                radius=900,
                draws=draws,
                required=[2],
                forbidden=[7],
                unit_xy=units,
                site_xy=rooms,
            )
        )
    first, second = results
    assert first.sites.equals(second.sites)
    assert first.sites["stability"].between(0, 1).all()
    assert first.sites.loc[2, "stability"] == 1
    assert 7 not in first.sites.index
    assert (first.best >= first.reached - 1e-6).all()


def test_a_robust_proposal_is_at_least_as_good_as_the_given_one():
    cost, demand, _, _ = town(8)
    best = max_coverage(cost, demand, radius=800, p=4)
    draws = draw_inputs(demand, draws=20, seed=2, spread=0.4, stretch=(0.8, 1.4))
    figures = site_stability(cost, demand, best.sites, radius=800, draws=draws).figures
    assert figures.loc["robust_mean", "mean"] >= figures.loc["proposed", "mean"] - 1e-9
    assert figures.loc["robust_worst", "worst_tenth"] >= figures["worst_tenth"].max() - 1e-9


def test_exchangeable_rooms_reach_as_many_people():
    cost, demand, _, _ = town(11)
    cost = np.c_[cost, cost[:, 3]]  # a second room in the same house
    frame = exchangeable(cost, demand, [3, 5], radius=900)
    assert ((frame["site"] == 3) & (frame["instead"] == 12) & (frame["loss"] == 0)).any()
    full = demand[(cost[:, [3, 5]] <= 900).any(1)].sum()
    for row in frame.itertuples():
        other = [row.instead if site == row.site else site for site in (3, 5)]
        assert full - demand[(cost[:, other] <= 900).any(1)].sum() == pytest.approx(row.loss)
        assert row.loss <= 1e-9


def test_bounds_leave_alone_who_is_only_in_the_other_demand():
    drawn = draw_inputs(
        [10.0, 0], draws=4, seed=1, lo=[5, 0], hi=[20, 0], spread=0, alternatives=[[10.0, 7]]
    ).demand
    assert drawn[:, 1].tolist() == [0, 7, 0, 7]


def test_the_count_with_old_age_is_compared_on_its_own_and_drawn_nowhere():
    siting = {"rooms": 1, "most_rooms": 1, "radii": [], "stability_draws": 4, "position_error": 0}
    study = load_study("demo", hours=None, siting=siting)
    east = {"x": [0.0, 3000], "y": 0.0}
    rooms = pd.DataFrame(
        {"name": ["Haus", "Treff"], "operator": "", "operator_kind": "public", "lon": 0.0,
         "lat": 0.0, "eligible": True, "suits": [("everybody",)] * 2, "reason": "",
         "venue_types": "", "address": "", **east},
        index=["a", "b"],
    )  # fmt: skip
    people = {f"people_{target}": [20.0, 30] for target in study.targets}
    units = pd.DataFrame({"area_id": ["1", "2"], **east, **people}, index=["u1", "u2"])
    none = pd.DataFrame({"x": [], "y": [], "targets": []})
    all_ages = pd.Series([60.0, 30], units.index)
    found = answer(study, Setting(rooms, none, units, uncorrected=all_ages))
    assert found.old_age_rooms == {"entering": ["Haus"], "leaving": ["Treff"]}
    first = found.presence.presence.query("target == 'everybody'")
    assert first[["site_id", "stability"]].to_numpy().tolist() == [["b", 1.0]]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_large_instance_gets_the_same_choice_as_a_small_one(seed: int, p: int) -> None:
    """Dense and sparse search are one method, so that a city is treated as a district is."""
    rng = np.random.default_rng(seed)
    reach = (rng.random((30, 9)) < 0.25).astype(float)
    people = rng.integers(1, 50, (1, 30)).astype(float)
    known = rng.choice(9, size=int(rng.integers(0, p + 1)), replace=False)
    one = best_of_one(sparse.csr_array(reach.T), people[0], p, known)
    np.testing.assert_array_equal(one, best_found(reach, people, p, known)[0])


def test_a_city_is_chosen_again_as_its_districts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    cost, demand = rng.random((60, 12)) * 100, rng.integers(1, 40, 60).astype(float)
    draws = draw_inputs(demand, draws=20, seed=1, areas=np.arange(60) // 6)
    fixed = {"radius": 25, "draws": draws, "existing": [11], "required": [2]}
    small = redraw(cost, demand, **fixed)
    shares, found = stability_by_number(small, [[2], [2, 5, 7]])
    monkeypatch.setattr(again, "LARGE", 0)
    anew, other = stability_by_number(small, [[2], [2, 5, 7]])
    pd.testing.assert_frame_equal(shares, anew)
    for a, b in zip(found, other, strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_counting_all_choices_of_a_draw_never_reaches_fewer_than_exchanging_sites(seed: int):
    cost, demand, *_ = town(seed, n=60, m=10)
    draws = draw_inputs(demand, draws=12, seed=seed, areas=np.arange(60) // 6)
    anew = redraw(cost, demand, radius=700, draws=draws, existing=[9], required=[1])
    given_ = [np.array(sites) for sites in ([1], [1, 4], [1, 2, 5, 6], [0, 2, 3])]
    counted = again.choose_again(anew, given_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "WIDE", 0)
        exchanged = again.choose_again(anew, given_)
    for mine, one, other in zip(given_, counted, exchanged, strict=True):
        assert one.shape == other.shape == (12, mine.size)
        assert (np.diff(one, axis=1) > 0).all()
        assert (one == 1).any(axis=1).all() or 1 not in mine  # a required one stays
        best, found = (
            np.array([anew.reached(sites)[k] for k, sites in enumerate(choice)])
            for choice in (one, other)
        )
        assert (best >= found - 1e-6).all()
        kept = np.isclose(best, anew.reached(mine), rtol=1e-12)
        assert (one[kept] == np.sort(mine)).all()


def test_without_any_site_nobody_is_reached_in_any_draw():
    draws = draw_inputs([5.0, 4], draws=3, seed=1)
    anew = redraw(np.empty((2, 0)), [5, 4], radius=9, draws=draws)
    assert anew.reach.shape[1] == 0
    assert anew.reached(np.empty(0, int)).tolist() == [0, 0, 0]
