"""Indices of other places, computed from a study and by formulas written down here again."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import sozialraum as sr
from sozialraum.errors import StudyError
from sozialraum.need.composite import Recipe, composite_index, fit
from sozialraum.need.propagate import (
    composite_error,
    index_error,
    index_weights,
    indicator_covariance,
)
from sozialraum.need.rule import Rule
from sozialraum.need.standing import index_errors
from sozialraum.need.status import status_index

TABLE = np.random.default_rng(8).gamma(2, 5, (60, 4))
NAMES = ["S1", "S2", "S3", "S4"]


def index_of(composite: dict[str, object], values: np.ndarray = TABLE) -> pd.Series:
    """The index that a study with this section computes."""
    rule = Rule.of(sr.load_study("demo", composite=composite))
    table = pd.DataFrame(values, columns=NAMES)
    out = pd.Series(False, index=table.index)
    return rule.status((table, table), out)["need"]


def rank_among(x: np.ndarray) -> np.ndarray:
    """1 = least, equal values share the mean rank; by counting."""
    below = (x[None, :] < x[:, None]).sum(axis=1)
    equal = (x[None, :] == x[:, None]).sum(axis=1)
    return below + (equal + 1) / 2


@pytest.mark.parametrize(
    "weights",
    [
        {"S1": 22.5, "S2": 22.5, "S3": 13.5, "S4": 9.3},  # English IMD 2019: four of its domains
        {
            "S1": 22,
            "S2": 22,
            "S3": 15,
            "S4": 14,
        },  # WIMD 2019: income, employment, health, education
    ],
)
def test_the_english_and_the_welsh_index_from_a_study(weights) -> None:
    """X = −23 ln(1 − R (1 − exp(−100/23))), R = rank / n, added with the published weights."""
    index = index_of({"normalise": "exponential", "aggregate": "sum", "weights": weights})
    expected = np.zeros(60)
    for name, weight in weights.items():
        share = rank_among(TABLE[:, NAMES.index(name)]) / 60
        expected += weight * -23 * np.log(1 - share * (1 - np.exp(-100 / 23)))
    np.testing.assert_allclose(index, expected)


def test_a_domain_of_the_english_index_is_made_of_indicators_first() -> None:
    """Standardised indicators are added, the domain's sum is ranked and transformed."""
    index = index_of(
        {
            "normalise": "exponential",
            "groups": {"work": {"indicators": ["S1", "S3"], "normalise": "z", "aggregate": "sum"}},
            "weights": {"work": 3, "S2": 1, "S4": 1},
        }
    )
    z = (TABLE - TABLE.mean(axis=0)) / TABLE.std(axis=0)
    domains = [z[:, 0] + z[:, 2], TABLE[:, 1], TABLE[:, 3]]
    scores = [-23 * np.log(1 - rank_among(d) / 60 * (1 - np.exp(-100 / 23))) for d in domains]
    np.testing.assert_allclose(index, (3 * scores[0] + scores[1] + scores[2]) / 5)


def test_the_social_vulnerability_index_from_a_study() -> None:
    """Percentile ranks of the variables are added, and the sum of all themes is ranked again."""
    values = TABLE.round(0)  # with ties
    theme = {"normalise": "percentile", "aggregate": "sum"}
    index = index_of(
        {
            "normalise": "none",
            "aggregate": "sum",
            "result": "percentile",
            "groups": {
                "status": {"indicators": ["S1", "S3"], **theme},
                "household": {"indicators": ["S2", "S4"], **theme},
            },
        },
        values,
    )
    total = np.zeros(60)
    for k in range(4):
        total += (values[:, [k]] > values[:, [k]].T).sum(axis=1) / 59
    expected = (total.round(9)[None, :] < total.round(9)[:, None]).sum(axis=1) / 59
    np.testing.assert_allclose(index, expected)
    assert (index.min(), index.max()) == (0, 1)


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_the_reference_of_coinr_from_a_study(aggregate) -> None:
    """Outliers pulled in, min-max from 1 to 100, weighted mean, level by level."""
    values = TABLE.copy()
    values[7, 0] = 900.0  # one outlier, which takes the value of the next
    index = index_of(
        {
            "normalise": "none",
            "aggregate": aggregate,
            "groups": {
                "pillar": {
                    "indicators": ["S1", "S2"],
                    "normalise": "minmax",
                    "floor": 1,
                    "winsorise": 5,
                    "aggregate": aggregate,
                    "weights": {"S1": 2, "S2": 1},
                },
                "other": {
                    "indicators": ["S3", "S4"],
                    "direction": {"S4": -1},
                    "normalise": "minmax",
                    "floor": 1,
                    "aggregate": aggregate,
                },
            },
        },
        values,
    )
    treated = values.copy()
    treated[7, 0] = np.delete(values[:, 0], 7).max()
    treated[:, 3] *= -1
    low, high = treated.min(axis=0), treated.max(axis=0)
    score = 1 + 99 * (treated - low) / (high - low)
    if aggregate == "arithmetic":
        expected = ((2 * score[:, 0] + score[:, 1]) / 3 + (score[:, 2] + score[:, 3]) / 2) / 2
    else:
        pillar = (score[:, 0] ** 2 * score[:, 1]) ** (1 / 3)
        expected = np.sqrt(pillar * np.sqrt(score[:, 2] * score[:, 3]))
    np.testing.assert_allclose(index, expected)


SMOOTH = [
    Recipe(weights={"S1": 3, "S2": 1, "S3": 1, "S4": 0}),
    Recipe(normalise="minmax", direction={"S2": -1}, aggregate="sum"),
    Recipe(normalise="minmax", floor=1, aggregate="geometric"),
    Recipe(normalise="minmax", groups={"work": Recipe(columns=("S1", "S3"))}),
]


@pytest.mark.parametrize("recipe", SMOOTH)
def test_the_gradient_is_the_slope_of_the_index(recipe) -> None:
    table = pd.DataFrame(TABLE, columns=NAMES)
    fitted = fit(table, recipe)
    middle = table[(table > table.min()).all(axis=1) & (table < table.max()).all(axis=1)]
    values, slope = middle.to_numpy(), fitted.gradient(middle.to_numpy())
    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-5
        by_hand = (fitted.index(values + step) - fitted.index(values - step)) / 2e-5
        np.testing.assert_allclose(slope[:, k], by_hand, atol=1e-6)


@pytest.mark.parametrize("recipe", SMOOTH)
def test_contributions_add_up_to_the_distance_from_the_citys_mean(recipe) -> None:
    table = pd.DataFrame(TABLE, columns=NAMES)
    points = Rule(recipe).points(table, pd.Series(False, index=table.index))
    index = composite_index(table, recipe)["index"]
    distance = index - points.sum(axis=1)
    np.testing.assert_allclose(distance, distance[0], atol=1e-12)
    if recipe.aggregate != "geometric":
        assert distance[0] == pytest.approx(index.mean(), abs=1e-12)


def test_the_error_of_equal_weights_is_that_of_the_monitoring_on_another_scale() -> None:
    table = pd.DataFrame(TABLE, columns=NAMES)
    covariance = np.tile(np.diag([0.3, 0.2, 0.4, 0.1]), (60, 1, 1))
    own = composite_error(table, covariance, Recipe())
    scale = composite_index(table)["index"].std(ddof=0)
    np.testing.assert_allclose(own / scale, index_error(table, covariance))


def test_an_index_of_ranks_gets_its_error_by_simulation() -> None:
    """In the middle of evenly spread areas a rank's slope is 1/(n − 1) per step."""
    table = pd.DataFrame({"S1": np.arange(200.0)})
    error = composite_error(table, np.full((200, 1, 1), 9.0), Recipe(normalise="percentile"))
    assert error[100] == pytest.approx(3 / 199, rel=0.1)
    assert error[0] < error[100]  # it cannot fall below the lowest rank


def test_a_percentage_without_persons_has_no_error() -> None:
    table = pd.DataFrame(TABLE, columns=NAMES)
    bases = pd.DataFrame(1000.0, index=table.index, columns=NAMES).assign(S4=np.nan)
    out = pd.Series(False, index=table.index)
    rule = Rule(Recipe(), exact=("S4",))
    known = rule.errors(table, bases, out, 1.8)[0]
    assert (known > 0).all()
    only = Rule(Recipe(weights={"S4": 1}), exact=("S4",)).errors(table, bases, out, 1.8)[0]
    assert (only == 0).all()


def test_shrinkage_draws_small_areas_to_the_mean_and_leaves_large_ones() -> None:
    table = pd.DataFrame(TABLE, columns=NAMES)
    bases = pd.DataFrame(1e7, index=table.index, columns=NAMES)
    bases.iloc[0] = 20.0
    out = pd.Series(False, index=table.index)
    shrunk = Rule(shrinkage=True).shrink(table, bases, out)
    assert (shrunk.iloc[0] - table.mean()).abs().lt((table.iloc[0] - table.mean()).abs()).all()
    np.testing.assert_allclose(shrunk.iloc[1:], table.iloc[1:], atol=0.01)
    assert Rule().shrink(table, bases, out) is table


def test_classes_of_an_own_index_are_those_of_its_z_score() -> None:
    table = pd.DataFrame(TABLE, columns=NAMES)
    out = pd.Series(False, index=table.index)
    own = Rule(Recipe()).status((table, table), out)
    expected = status_index(table)
    pd.testing.assert_series_equal(own["class"], expected["class"], check_names=False)


def test_a_change_counts_as_worse_in_the_direction_of_need() -> None:
    recipe = Recipe(
        direction={"S4": -1, "work": -1},
        groups={"work": Recipe(columns=("S1", "S2"), direction={"S2": -1})},
    )
    assert Rule(recipe).signs(NAMES).tolist() == [-1, 1, 1, -1]


@pytest.mark.parametrize(
    ("composite", "message"),
    [
        ({"weights": {"S9": 1}}, "S9"),
        ({"groups": {"a": {"indicators": ["S1"]}, "b": {"indicators": ["S1"]}}}, "two groups"),
        ({"groups": {"S4": {"indicators": ["S1"]}}}, "name of an indicator"),
        ({"weights": {"S1": -1}}, "negative"),
        ({"exact": ["income"]}, "income"),
    ],
)
def test_a_study_that_names_what_is_not_there_is_refused(composite, message) -> None:
    with pytest.raises(StudyError, match=message):
        sr.load_study("demo", composite=composite)


def test_where_less_is_worse_the_change_of_two_indicators_varies_together_the_other_way() -> None:
    """Children count among the recipients: with opposite directions their errors cancel."""
    rng = np.random.default_rng(2)
    people = pd.DataFrame({"S3": 4000.0, "S4": 600.0}, index=range(20))
    now, past = (
        pd.DataFrame({"S3": rng.uniform(9, 20, 20), "S4": rng.uniform(20, 40, 20)})
        for _ in range(2)
    )

    def errors(direction: int) -> pd.Series:
        rule = Rule.of(sr.load_study("demo", composite={"direction": {"S4": direction}}))
        need = SimpleNamespace(
            areas=pd.DataFrame({"excluded": None}, index=now.index),
            figures={"areas": SimpleNamespace(indicators=now, bases=people)},
            before={"areas": SimpleNamespace(indicators=past, bases=people)},
            rule=rule,
        )
        return index_errors(need, "areas", 1.0)["dynamics"]

    signs = np.array([1.0, -1.0])
    spread = indicator_covariance(now, people) + indicator_covariance(past, people)
    weight = index_weights((now - past) * signs).to_numpy() * signs
    by_hand = np.sqrt(np.einsum("i,nij,j->n", weight, spread, weight))
    np.testing.assert_allclose(errors(-1), by_hand)
    assert (errors(-1) < errors(1)).all()
