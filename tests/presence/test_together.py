"""Rooms for several target groups, against all possible choices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import sparse

from sozialraum.errors import StudyError
from sozialraum.presence import max_coverage_targets
from sozialraum.study import load_study

GROUPS = ["young", "families"]


def town(seed: int) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Ways, people of two groups, and whom each of six rooms suits."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(rng.integers(0, 20, (12, 2)).astype(float), columns=GROUPS)
    suits = pd.DataFrame(rng.random((6, 2)) < 0.7, columns=GROUPS)
    return rng.uniform(0, 10, (12, 6)), people, suits


def reached(cost, people, suits, choice, radius) -> np.ndarray:
    """People of each group who reach a room of the choice that suits them."""
    near = cost[:, list(choice)] <= radius
    hits = [(near & suits[g].to_numpy()[list(choice)]).any(axis=1) for g in people]
    return np.array([people[g][hit].sum() for g, hit in zip(people, hits, strict=True)])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5000), st.integers(1, 3), st.floats(0.5, 4))
def test_weighted_groups_get_the_best_rooms_that_suit_them(seed, p, worth):
    cost, people, suits = town(seed)
    weights = {"young": worth, "families": 1.0}
    answer = max_coverage_targets(cost, people, radius=4, p=p, weights=weights, suits=suits)
    counts = reached(cost, people, suits, answer.sites, 4)
    best = max(reached(cost, people, suits, c, 4) @ [worth, 1] for c in combinations(range(6), p))
    assert answer.objective == pytest.approx(best)
    assert answer.proven
    assert [answer.measures[f"reached_{g}"] for g in GROUPS] == counts.tolist()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5000), st.integers(1, 3))
def test_in_order_the_first_group_loses_nothing_to_the_second(seed, p):
    cost, people, suits = town(seed)
    answer = max_coverage_targets(cost, people, radius=4, p=p, order=GROUPS, suits=suits)
    best = max(tuple(reached(cost, people, suits, c, 4)) for c in combinations(range(6), p))
    assert tuple(reached(cost, people, suits, answer.sites, 4)) == best


def test_labels_and_sparse_ways_mean_the_same():
    cost, people, suits = town(7)
    names = list("abcdef")
    options = {"radius": 4, "p": 2, "weights": {"young": 2, "families": 1}}
    plain = max_coverage_targets(cost, people, suits=suits, **options)
    thin = max_coverage_targets(sparse.csr_array(cost), people, suits=suits, **options)
    frame = pd.DataFrame(cost, columns=names)
    labelled = max_coverage_targets(
        frame, people, suits=suits.set_axis(names).iloc[::-1], **options
    )
    assert thin.objective == plain.objective == labelled.objective
    assert labelled.sites == tuple(names[j] for j in plain.sites)


def test_what_cannot_be_weighed_is_refused():
    cost, people, _ = town(1)
    with pytest.raises(StudyError, match="Unknown target group"):
        max_coverage_targets(cost, people, radius=4, p=1, weights={"old": 1})
    with pytest.raises(StudyError, match="negative"):
        max_coverage_targets(cost, people, radius=4, p=1, weights={"young": -1})


@pytest.mark.parametrize(
    ("together", "said"),
    [
        ({"order": ["young"], "weights": {"young": 1}}, "either weights or order"),
        ({"weights": {"young": 1}, "tolerance": 0.1}, "goes with order"),
        ({"weights": {"nobody": 1}}, "nobody"),
    ],
)
def test_a_study_that_weighs_groups_unclearly_is_refused(together, said):
    with pytest.raises((StudyError, ValidationError), match=said):
        load_study("demo", siting={"together": together})


def test_groups_together_go_with_plain_coverage_only():
    with pytest.raises((StudyError, ValidationError), match="plain coverage"):
        load_study("demo", siting={"together": {"order": ["young"]}, "spacing": 300})
