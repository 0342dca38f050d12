"""Tables on need: what is a choice, what is chance, and nothing that is withheld."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.choices import sensitivity
from sozialraum.publish.report.facts import Facts
from sozialraum.study.composite import Composite

NAMES = ["choices", "rank_variance", "rank_sets", "closeness", "targets"]


@pytest.fixture(scope="module")
def tables(demo_run) -> dict[str, pd.DataFrame]:
    return {name: Facts(demo_run.content).table(name) for name in NAMES}


def test_the_first_column_of_choices_is_the_published_rank(demo_run, tables) -> None:
    choices = tables["choices"].set_index("area_id")
    pd.testing.assert_series_equal(
        choices["rank"].dropna().sort_index(),
        demo_run.areas["rank"].dropna().astype(float),
        check_names=False,
    )
    within = choices["best"].le(choices["rank"]) & choices["worst"].ge(choices["rank"])
    assert within[choices["rank"].notna()].all()


def test_the_robust_core_is_in_front_under_every_choice(demo_run, tables) -> None:
    top = demo_run.study.indicators.top
    choices = tables["choices"]
    core = choices[choices["core"].eq(True)]
    assert 0 < len(core) <= top
    tried = [
        c for c in choices if c.startswith(("without", "edition")) or c in ("minmax", "shrunk")
    ]
    assert (core[tried] <= top).all(axis=None)


def test_another_scale_is_told_against_the_scale_of_the_study(demo_run) -> None:
    content, w = demo_run.content, Words("de")
    own = content.study.model_copy(update={"composite": Composite(normalise="percentile")})
    assert "Spannweiten statt z-Werten" in str(sensitivity(Facts(content), w))
    told = str(sensitivity(Facts(replace(content, study=own)), w))
    assert "Spannweiten statt Prozenträngen" in told
    assert "statt z-Werten" not in told


def test_choices_explain_shares_of_the_variance(tables) -> None:
    variance = tables["rank_variance"]
    assert variance["total"].is_monotonic_decreasing
    assert variance["title"].notna().all()
    assert 0.8 < variance["total"].sum() < 2


def test_a_withheld_count_has_no_rank_and_leaves_no_gap(demo_run, tables) -> None:
    """Ranks by share and by count run over the published counts alone."""
    hidden = demo_run.areas.index[demo_run.areas["recipients"].isna()]
    assert len(hidden)
    sets = tables["rank_sets"].set_index("area_id")
    told = ["share", "recipients", "rank_share", "lo_share", "hi_share", "rank_count", "lo_count"]
    assert sets.loc[hidden, told].isna().all(axis=None)
    shown = sets.drop(hidden)
    assert sorted(shown["rank_count"]) == sorted(
        shown["recipients"].rank(ascending=False, method="min")
    )
    assert shown["hi_count"].max() == len(shown)


def test_persons_alone_would_make_every_set_narrower(tables) -> None:
    sets = tables["rank_sets"].dropna(subset=["lo_persons"])
    assert (sets["lo_persons"] >= sets["lo"]).all()
    assert (sets["hi_persons"] <= sets["hi"]).all()
    assert (sets["hi_persons"] - sets["lo_persons"]).sum() < (sets["hi"] - sets["lo"]).sum()


def test_a_class_is_among_its_possible_classes(tables) -> None:
    close = tables["closeness"]
    for key in ("status", "dynamics"):
        known = close[close[f"{key}_class"].isin(["hoch", "mittel", "stabil", "negativ"])]
        for one, several in zip(known[f"{key}_class"], known[f"{key}_possible"], strict=True):
            assert one in several.split(" oder ")
        alone = known[~known[f"{key}_possible"].str.contains(" oder ")]
        assert (alone[f"{key}_in_errors"] >= 1.96).all()


def test_every_group_has_its_own_ranks_and_a_weight_between_its_ends(demo_run, tables) -> None:
    targets = tables["targets"]
    titles = {t.title for t in demo_run.study.targets.values()}
    assert set(targets["target"]) == titles
    known = targets.dropna(subset=["weight", "fewest", "most"])
    assert len(known)
    assert (known["fewest"] <= known["weight"]).all()
    assert (known["weight"] <= known["most"]).all()
    published = demo_run.areas[[f"weight_{t}" for t in demo_run.study.targets]].isna().sum().sum()
    assert targets["weight"].isna().sum() >= published


def test_comparable_areas_are_other_areas_of_the_region(demo_run) -> None:
    areas = demo_run.areas
    names = set(areas["name"])
    told = areas["comparable"].dropna()
    told = told[told != ""]
    assert len(told)
    for own, others in zip(areas.loc[told.index, "name"], told, strict=True):
        assert len(others.split("; ")) == 3
        assert set(others.split("; ")) <= names - {own}


@pytest.mark.real_data
def test_seven_areas_of_the_district_lead_under_every_choice(district_run) -> None:
    choices = Facts(district_run.content).table("choices")
    assert choices["core"].eq(True).sum() == 7
    assert choices.loc[choices["core"].eq(True), "name"].iloc[0] == "Paul-Hertz-Siedlung"
    variance = Facts(district_run.content).table("rank_variance")
    assert variance["choice"].iloc[0] == "left_out"
    assert (choices["shrunk"] - choices["rank"]).abs().max() <= 2


@pytest.mark.real_data
def test_old_age_stands_beside_the_count_in_the_district(district_run) -> None:
    both = Facts(district_run.content).table("old_age").dropna(subset=["demand"])
    assert ((both["recipients"] - both["old_age"]) == both["demand"]).all()
    assert both["part"].between(0.03, 0.45).all()
