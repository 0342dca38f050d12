from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.errors import StudyError
from sozialraum.need.composite import Recipe, composite_index, normalised, winsorised
from sozialraum.need.status import status_index

from . import berlin as mss


@pytest.mark.real_data
def test_z_scores_with_equal_weights_rank_as_the_mss_does(berlin):
    table = mss.indicators(berlin, 2021)[["S1", "S3", "S4"]]
    ours = composite_index(table)
    expected = status_index(table)["index"].rank(ascending=False, method="min")
    pd.testing.assert_series_equal(ours["rank"], expected, check_names=False)


def test_the_exponential_transformation_of_the_imd():
    """About ten percent of areas score above 50, the most deprived scores 100."""
    x = pd.DataFrame({"income": np.arange(1000.0)})
    score = normalised(x, Recipe(normalise="exponential"))["income"]
    assert score.max() == pytest.approx(100)
    assert (score > 50).mean() == pytest.approx(0.102, abs=0.002)
    by_hand = -23 * np.log(1 - 0.5 * (1 - np.exp(-100 / 23)))
    assert score[499] == pytest.approx(by_hand)


def test_an_area_with_extreme_need_in_one_domain_is_not_cancelled_by_the_other():
    """100 and 0 average to 50 and stand at the ninetieth percentile, where plain ranks say 50 %."""
    n = 200
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.permuted(np.tile(np.arange(n, dtype=float), (2, 1)), axis=1).T)
    table.columns = ["income", "health"]
    table.loc[n] = [n, -1]
    plain = composite_index(table, Recipe(normalise="percentile"))["rank"][n] / n
    exponential = composite_index(table, Recipe(normalise="exponential"))["rank"][n] / n
    assert plain == pytest.approx(0.5, abs=0.08)
    assert exponential < 0.2


def test_domains_of_the_imd_add_up_with_their_published_weights():
    domains = {
        "income": 0.225,
        "employment": 0.225,
        "education": 0.135,
        "health": 0.135,
        "crime": 0.093,
        "housing": 0.093,
        "environment": 0.093,
    }
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(50, 7)), columns=list(domains))
    recipe = Recipe(normalise="exponential", weights=domains)
    by_hand = 0.0
    for name, weight in domains.items():
        share = table[name].rank() / 50
        by_hand = by_hand - weight * 23 * np.log(1 - share * (1 - np.exp(-100 / 23)))
    np.testing.assert_allclose(
        composite_index(table, recipe)["index"], by_hand / sum(domains.values())
    )


def test_percentile_ranks_of_the_svi_share_the_lowest_rank():
    table = pd.DataFrame({"x": [5.0, 5.0, 7.0, 9.0, 1.0]})
    scores = normalised(table, Recipe(normalise="percentile"))["x"]
    assert scores.tolist() == [0.25, 0.25, 0.75, 1.0, 0.0]


def test_a_geometric_mean_compensates_less():
    table = pd.DataFrame({"a": [50.0, 100.0, 1.0], "b": [50.0, 1.0, 100.0]})
    arithmetic = composite_index(table, Recipe(normalise="none"))
    geometric = composite_index(table, Recipe(normalise="none", aggregate="geometric"))
    assert arithmetic["rank"].tolist() == [3, 1, 1]
    assert geometric["rank"].tolist() == [1, 2, 2]
    with pytest.raises(StudyError, match="positive"):
        composite_index(table, Recipe(normalise="minmax", aggregate="geometric"))
    floored = Recipe(normalise="minmax", aggregate="geometric", floor=1.0)
    assert composite_index(table, floored)["index"].notna().all()


def test_outliers_are_pulled_in_one_by_one_and_only_while_the_indicator_is_skewed():
    x = pd.DataFrame({"x": [*np.linspace(0, 1, 20), 50.0, 90.0]})
    assert winsorised(x, 0)["x"].max() == 90
    assert winsorised(x, 1)["x"].nlargest(2).tolist() == [50.0, 50.0]
    assert winsorised(x, 5)["x"].max() == 1.0
    even = pd.DataFrame({"x": np.linspace(0, 1, 20)})
    pd.testing.assert_frame_equal(winsorised(even, 5), even)


def test_direction_turns_an_indicator_round():
    table = pd.DataFrame({"income": [1.0, 2.0, 3.0]})
    assert composite_index(table, Recipe(direction={"income": -1}))["rank"].tolist() == [1, 2, 3]


def test_an_area_with_a_missing_indicator_moves_no_other():
    table = pd.DataFrame({"x": [1.0, 2.0, 4.0], "y": [3.0, 1.0, 2.0]})
    more = pd.concat([table, pd.DataFrame({"x": [9999.0], "y": [np.nan]}, index=[3])])
    for how in ("z", "minmax", "percentile", "exponential"):
        recipe = Recipe(normalise=how)
        with_gap = composite_index(more, recipe)
        assert with_gap.loc[3].isna().all()
        pd.testing.assert_frame_equal(with_gap.loc[:2], composite_index(table, recipe))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(weights={"z": 1.0}), "no indicator"),
        (Recipe(direction={"x": 0}), "neither 1 nor -1"),
        (Recipe(weights={"x": -1.0}), "negative"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(recipe, message):
    with pytest.raises(StudyError, match=message):
        composite_index(pd.DataFrame({"x": [1.0, 2.0]}), recipe)
