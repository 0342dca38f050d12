from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError
from sozialraum.need.critical import Problem, pose
from sozialraum.need.ranking import rank_confidence, top_probability, top_sets
from sozialraum.need.rates import standard_error

from . import berlin as mss

LADDER = np.linspace(1, 3, 10)


def _brute_force(problem: Problem, coverage, simultaneous, stepdown, draws, seed):
    """Every pair of every draw, as the paper writes it."""
    n = len(problem.estimate)
    drawn = problem.draw(draws, seed).astype(float)
    centred = (drawn[:, :, None] - drawn[:, None, :]) * problem.inverse_sd
    observed, _ = problem.statistics()
    at = int(np.ceil(coverage * draws - 1e-9)) - 1

    def above(scope):
        decided = (observed == np.inf) & scope
        while (family := (problem.inverse_sd > 0) & ~decided & scope).any():
            critical = np.sort(np.where(family, centred, 0).max(axis=(1, 2)))[at]
            new = family & (observed > critical)
            decided |= new
            if not (stepdown and new.any()):
                break
        return decided

    if simultaneous:
        decided = above(np.ones((n, n), dtype=bool))
        return 1 + decided.sum(axis=0), n - decided.sum(axis=1)
    lo, hi = np.empty(n), np.empty(n)
    for j in range(n):
        scope = np.zeros((n, n), dtype=bool)
        scope[j], scope[:, j] = True, True
        decided = above(scope)
        lo[j], hi[j] = 1 + decided[:, j].sum(), n - decided[j].sum()
    return lo, hi


def test_ten_equally_spaced_values_have_the_published_sets():
    sets = rank_confidence(LADDER, np.full(10, 0.2), draws=200_000)
    assert sets["lo"].tolist() == [7, 6, 5, 4, 3, 2, 1, 1, 1, 1]
    assert sets["hi"].tolist() == [10, 10, 10, 10, 9, 8, 7, 6, 5, 4]
    assert sets["rank"].tolist() == list(range(10, 0, -1))


def test_without_stepdown_the_ladder_is_less_decided():
    # the statistic of four steps is 3.143; the first critical value is 3.163, the next one less
    sets = rank_confidence(LADDER, np.full(10, 0.2), stepdown=False, draws=200_000)
    assert sets["lo"].tolist() == [6, 5, 4, 3, 2, 1, 1, 1, 1, 1]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans(), st.booleans())
def test_the_shortcuts_change_nothing(seed, simultaneous, stepdown, correlated):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 26))
    estimate = rng.normal(0, 1, n).round(1)  # ties
    se = rng.uniform(0.02, 0.6, n) * rng.integers(0, 5, n).clip(0, 1)  # some known exactly
    covariance = None
    if correlated:
        factor = rng.normal(0, 0.2, (n, int(rng.integers(1, n + 1))))
        covariance = factor @ factor.T + np.diag(se**2)
    uncertain = {"se": None if correlated else se, "covariance": covariance}
    ours = rank_confidence(
        estimate,
        simultaneous=simultaneous,
        stepdown=stepdown,
        draws=400,
        seed=seed,
        **uncertain,
    )
    problem, at, _ = pose(estimate, uncertain["se"], covariance)
    lo, hi = _brute_force(problem, 0.95, simultaneous, stepdown, 400, seed)
    assert ours["lo"][at].tolist() == lo.tolist()
    assert ours["hi"][at].tolist() == hi.tolist()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_the_order_of_rows_changes_no_set(seed, correlated):
    rng = np.random.default_rng(seed)
    labels = [f"{i:02d}" for i in range(30)]
    estimate = pd.Series(rng.normal(0, 1, 30), index=labels)
    estimate.iloc[rng.integers(0, 30, 3)] = np.nan
    se = pd.Series(rng.uniform(0.1, 0.5, 30), index=labels)
    shuffled = rng.permutation(30)
    if correlated:
        factor = rng.normal(0, 0.2, (30, 30))
        covariance = factor @ factor.T
        sets = rank_confidence(estimate, covariance=covariance, draws=500)
        moved = rank_confidence(
            estimate.iloc[shuffled], covariance=covariance[np.ix_(shuffled, shuffled)], draws=500
        )
    else:
        sets = rank_confidence(estimate, se, draws=500)
        moved = rank_confidence(estimate.iloc[shuffled], se, draws=500)
        p = top_probability(estimate, se, k=5, draws=500)
        moved_p = top_probability(estimate.iloc[shuffled], se, k=5, draws=500)
        pd.testing.assert_series_equal(p, moved_p.loc[labels])
    pd.testing.assert_frame_equal(sets, moved.loc[labels])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_marginal_sets_lie_inside_simultaneous_ones_and_stepdown_never_widens(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    estimate, se = rng.normal(0, 1, n), rng.uniform(0.05, 0.5, n)
    sets = {
        (s, d): rank_confidence(estimate, se, simultaneous=s, stepdown=d, draws=2000, seed=seed)
        for s in (True, False)
        for d in (True, False)
    }
    for inner, outer in [
        ((False, True), (True, True)),
        ((False, False), (True, False)),
        ((True, True), (True, False)),
        ((False, True), (False, False)),
    ]:
        assert (sets[inner]["lo"] >= sets[outer]["lo"]).all()
        assert (sets[inner]["hi"] <= sets[outer]["hi"]).all()
    full = sets[True, True]
    assert full["rank"].between(full["lo"], full["hi"]).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3), st.floats(-100, 100))
def test_unit_and_origin_of_the_estimates_change_no_set(seed, factor, shift):
    rng = np.random.default_rng(seed)
    estimate, se = rng.normal(0, 1, 20), rng.uniform(0.05, 0.5, 20)
    sets = rank_confidence(estimate, se, draws=500)
    moved = rank_confidence(estimate * factor + shift, se * factor, draws=500)
    assert (sets["rank"] == moved["rank"]).all()
    # a statistic within rounding of the critical value may fall on the other side
    assert (sets[["lo", "hi"]] - moved[["lo", "hi"]]).abs().to_numpy().max() <= 1


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_tighter_bounds_never_widen_a_rank_set(seed):
    rng = np.random.default_rng(seed)
    n = 15
    estimate, se = rng.normal(0, 1, n), rng.uniform(0.05, 0.3, n)
    width = rng.uniform(0, 0.5, (2, n)) * rng.integers(0, 2, n)
    wide, tight = (
        rank_confidence(
            estimate, se, draws=1000, bounds=(estimate - f * width[0], estimate + f * width[1])
        )
        for f in (1.0, 0.5)
    )
    known = rank_confidence(estimate, se, draws=1000)
    for inner, outer in ((known, tight), (tight, wide)):
        assert (inner["lo"] >= outer["lo"]).all()
        assert (inner["hi"] <= outer["hi"]).all()


def test_sets_are_labelled_by_area_and_missing_estimates_stay_missing():
    estimate = pd.Series({"b": 2.0, "a": np.nan, "c": 5.0})
    se = pd.Series({"c": 0.1, "b": 0.1, "a": np.nan})  # aligned by id
    sets = rank_confidence(estimate, se)
    assert sets.index.tolist() == ["b", "a", "c"]
    assert sets.loc["c"].tolist() == [1, 1, 1]
    assert sets.loc["a"].isna().all()


def test_an_area_without_an_error_estimate_is_refused_not_taken_as_certain():
    with pytest.raises(InputError, match="standard errors"):
        rank_confidence([1.0, 2.0], [0.1, np.nan])
    with pytest.raises(InputError, match="standard errors"):
        rank_confidence([1.0, 2.0], [0.1, -0.1])
    with pytest.raises(InputError, match="symmetry"):
        rank_confidence([1.0, 2.0], covariance=[[1.0, 0.5], [0.2, 1.0]])
    with pytest.raises(InputError, match="positive semidefinite"):
        rank_confidence([1.0, 2.0], covariance=[[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match="either"):
        rank_confidence([1.0, 2.0])


def test_figures_without_any_uncertainty_have_certain_ranks_and_ties_share_one():
    sets = rank_confidence([3.0, 1.0, 3.0, 2.0], np.zeros(4))
    assert sets.to_numpy().tolist() == [[1, 1, 2], [4, 4, 4], [1, 1, 2], [3, 3, 3]]


def test_a_common_shift_of_all_areas_leaves_no_doubt_about_their_order():
    sets = rank_confidence([3.0, 2.0, 1.0], covariance=np.ones((3, 3)))
    assert sets["lo"].tolist() == sets["hi"].tolist() == [1, 2, 3]


def test_the_same_seed_gives_the_same_sets_and_one_area_is_first():
    rng = np.random.default_rng(1)
    estimate, se = rng.normal(0, 1, 60), np.full(60, 0.3)
    first = rank_confidence(estimate, se, seed=7, draws=3000)
    pd.testing.assert_frame_equal(first, rank_confidence(estimate, se, seed=7, draws=3000))
    assert rank_confidence([4.0], [0.3]).to_numpy().tolist() == [[1, 1, 1]]
    assert rank_confidence([np.nan], [0.3]).isna().all(axis=None)


def test_probabilities_of_the_top_add_up_to_its_size():
    rng = np.random.default_rng(2)
    estimate = pd.Series(rng.normal(0, 1, 30), index=[f"{i:02d}" for i in range(30)])
    estimate.iloc[4] = np.nan
    p = top_probability(estimate, pd.Series(0.4, index=estimate.index), k=10, draws=4000)
    assert p.sum() == pytest.approx(10)
    assert np.isnan(p.iloc[4])
    assert p.idxmax() == estimate.idxmax()
    assert top_probability([1.0, 2.0], [0.1, 0.1], k=5).tolist() == [1, 1]


def test_two_areas_are_first_with_the_probability_of_the_normal_distribution():
    from scipy.stats import norm

    p = top_probability([1.0, 1.5], [0.3, 0.4], k=1, draws=40_000)
    assert p[1] == pytest.approx(norm.cdf(0.5 / 0.5), abs=0.01)


def test_a_set_that_crosses_the_border_is_possible_but_not_certain():
    sets = pd.DataFrame(
        {"rank": [1, 9, 11, np.nan], "lo": [1, 4, 8, np.nan], "hi": [10, 11, 14, np.nan]}
    )
    top = top_sets(sets, 10)
    assert top["certain"].tolist() == [True, False, False, False]
    assert top["possible"].tolist() == [True, True, True, False]


@pytest.mark.real_data
def test_rank_sets_of_berlin_are_about_122_ranks_wide_and_five_areas_are_certain(berlin):
    table = mss.indicators(berlin, 2021)
    share, people = table["S3"] / 100, table["EW"].where(table["S3"].notna())
    se = np.sqrt(share * (1 - share) / people)
    sets = rank_confidence(share, se)
    assert (sets["hi"] - sets["lo"] + 1).mean() == pytest.approx(122, abs=2)
    assert top_sets(sets, 20)["certain"].sum() == 5
    # households make every set wider
    wide = rank_confidence(share, standard_error(share * people, people, design_effect=1.8))
    assert (wide["hi"] - wide["lo"]).mean() > (sets["hi"] - sets["lo"]).mean()
