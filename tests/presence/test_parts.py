"""Coverage by counting all choices, part by part."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.presence import parts
from sozialraum.presence.cover import Cover
from sozialraum.presence.parts import best_of_parts, split_sites
from sozialraum.presence.search import Search

SEEDS = st.integers(0, 100_000)


def instance(seed: int, several: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Points, sites and people of a few instances; with equal and missing people."""
    rng = np.random.default_rng(seed)
    points, sites = rng.integers(1, 15), rng.integers(1, 10)
    reach = rng.random((points, sites)) < rng.choice([0.1, 0.25, 0.5])
    whole = rng.integers(0, 4, (several, points)).astype(float)
    return reach, whole if seed % 2 else rng.uniform(0, 50, (several, points))


def reached(reach: np.ndarray, people: np.ndarray, sites: list[int]) -> float:
    return float(people[reach[:, sites].any(axis=1)].sum())


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_every_number_of_sites_reaches_what_the_best_of_all_choices_reaches(seed):
    reach, weight = instance(seed)
    sites = reach.shape[1]
    chosen = best_of_parts(reach, weight, sites)
    assert chosen is not None
    assert chosen.shape == (len(weight), sites + 1, sites)
    for people, choices in zip(weight, chosen, strict=True):
        for p, choice in enumerate(choices):
            mine = np.flatnonzero(choice).tolist()
            best = max(reached(reach, people, list(c)) for c in combinations(range(sites), p))
            assert len(mine) <= p
            assert reached(reach, people, mine) == pytest.approx(best)
            for site in mine:  # nobody is chosen in vain
                others = [other for other in mine if other != site]
                assert reached(reach, people, others) < reached(reach, people, mine)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 14))
def test_parts_looked_at_together_or_one_by_one_are_equally_good(seed, together):
    reach, weight = instance(seed)
    once = best_of_parts(reach, weight, reach.shape[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "TOGETHER", together)
        again = best_of_parts(reach, weight, reach.shape[1])
    assert once is not None
    assert again is not None
    value = [
        [[reached(reach, people, np.flatnonzero(c).tolist()) for c in choices]
         for people, choices in zip(weight, found, strict=True)]
        for found in (once, again)
    ]  # fmt: skip
    np.testing.assert_allclose(*value)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_no_point_is_reached_from_two_parts_and_no_part_falls_apart(seed):
    reach, _ = instance(seed)
    found = split_sites(reach)
    assert sorted(np.concatenate(found).tolist()) == list(range(reach.shape[1]))
    home = np.empty(reach.shape[1], int)
    for number, part in enumerate(found):
        home[part] = number
        linked = {part[0]}
        while grown := {s for s in part if (reach[:, [*linked]].any(axis=1) & reach[:, s]).any()}:
            if grown <= linked:
                break
            linked |= grown
        assert linked == set(part)
    for near in reach:
        assert len(set(home[near])) <= 1


def test_of_equally_good_choices_the_one_with_the_first_sites_is_taken():
    reach = np.array([[1, 1, 0, 1], [0, 0, 1, 1]], bool)
    chosen = best_of_parts(reach, np.array([[5.0, 5]]), 2)
    assert chosen is not None
    assert [np.flatnonzero(c).tolist() for c in chosen[0]] == [[], [3], [3]]
    chosen = best_of_parts(reach[:, :3], np.array([[5.0, 5]]), 2)
    assert chosen is not None
    assert [np.flatnonzero(c).tolist() for c in chosen[0]] == [[], [0], [0, 2]]


def test_rounding_does_not_choose_between_equally_good_sites():
    reach = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], bool)
    chosen = best_of_parts(reach, np.array([[0.1, 0.1, 0.1, 0.3]]), 1)  # 0.1 * 3 is not 0.3
    assert chosen is not None
    assert np.flatnonzero(chosen[0, 1]).tolist() == [0]


def test_a_part_with_too_many_sites_is_left_to_a_search(monkeypatch):
    rng = np.random.default_rng(2)
    reach, weight = rng.random((40, 16)) < 0.3, rng.integers(1, 30, 40).astype(float)
    assert best_of_parts(reach, weight[None], 16) is None
    cover = Cover(reach.astype(float), weight, np.arange(16))
    searched = [Search(cover).solve(p) for p in range(1, 16)]
    monkeypatch.setattr(parts, "WIDE", 16)
    counted = [Search(cover).solve(p) for p in range(1, 16)]
    assert [a.value for a in searched] == pytest.approx([a.value for a in counted])
    assert all(a.bound == a.value for a in [*searched, *counted])


def test_a_site_that_reaches_nobody_is_never_chosen():
    chosen = best_of_parts(np.zeros((3, 20), bool), np.ones((1, 3)), 2)
    assert chosen is not None
    assert not chosen.any()


def test_thousands_of_sites_are_not_looked_at_two_by_two():
    assert best_of_parts(np.ones((2, 501), bool), np.ones((1, 2)), 3) is None
    cover = Cover(np.ones((3, 2000)), np.ones(3), np.arange(2000))
    assert Search(cover).solve(2).value == 3


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.sampled_from([8, 64, 3000]))
def test_many_instances_are_looked_at_a_few_at_a_time(seed, cells):
    reach, weight = instance(seed, several=11)
    once = best_of_parts(reach, weight, reach.shape[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "CELLS", cells)
        several = best_of_parts(reach, weight, reach.shape[1])
    assert once is not None
    assert several is not None
    assert several.shape == once.shape
    for people, one, other in zip(weight, once, several, strict=True):
        for mine, yours in zip(one, other, strict=True):
            same = [reached(reach, people, np.flatnonzero(c).tolist()) for c in (mine, yours)]
            assert same[0] == pytest.approx(same[1])
