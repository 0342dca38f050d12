"""Each model against all possible choices, and the rules every answer keeps."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from sozialraum.errors import InputError, StudyError
from sozialraum.presence import InfeasibleError, max_coverage

pytestmark = pytest.mark.usefixtures("each_way")

PLENTY = settings(max_examples=60, deadline=None)


@st.composite
def towns(draw: st.DrawFn, sites: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Distances and people of a small made-up town."""
    n, m = draw(st.integers(1, 18)), draw(st.integers(2, sites))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    cost = np.round(rng.uniform(0, 10, (n, m)), draw(st.sampled_from([0, 3])))
    demand = rng.integers(0, 30, n).astype(float)
    if draw(st.booleans()):
        demand = demand + rng.uniform(0, 1, n)
    return cost, demand


def best_coverage(cost, demand, radius, p, sites=None) -> float:
    sites = range(cost.shape[1]) if sites is None else sites
    return max(demand[(cost[:, list(c)] <= radius).any(1)].sum() for c in combinations(sites, p))


@PLENTY
@given(towns(), st.floats(0.5, 8), st.integers(0, 4))
def test_coverage_is_the_best_of_all_choices_and_says_so(town, radius, p):
    cost, demand = town
    p = min(p, cost.shape[1])
    answer = max_coverage(cost, demand, radius=radius, p=p)
    assert answer.objective == pytest.approx(best_coverage(cost, demand, radius, p))
    assert answer.proven
    assert answer.gap == 0
    assert len(set(answer.sites)) == p
    served = answer.assignment >= 0
    assert demand[served].sum() == pytest.approx(answer.objective)


@PLENTY
@given(towns(), st.floats(0.5, 8), st.integers(1, 4), st.integers(0, 6))
def test_a_forbidden_site_never_helps_and_a_required_one_is_always_in(town, radius, p, site):
    cost, demand = town
    m = cost.shape[1]
    p, site = min(p, m - 1), site % m
    free = max_coverage(cost, demand, radius=radius, p=p)
    without = max_coverage(cost, demand, radius=radius, p=p, forbidden=[site])
    with_it = max_coverage(cost, demand, radius=radius, p=p, required=[site])
    assert site not in without.sites
    assert site in with_it.sites
    others = [j for j in range(m) if j != site]
    assert without.objective == pytest.approx(best_coverage(cost, demand, radius, p, others))
    assert max(without.objective, with_it.objective) == pytest.approx(free.objective)


@PLENTY
@given(towns(), st.floats(0.5, 8))
def test_coverage_grows_with_the_number_of_sites(town, radius):
    cost, demand = town
    reached = [
        max_coverage(cost, demand, radius=radius, p=p).objective for p in range(cost.shape[1] + 1)
    ]
    assert reached[0] == 0
    assert all(a <= b + 1e-9 for a, b in pairwise(reached))


def test_sparse_distances_mean_the_same_and_a_stored_zero_is_a_distance():
    dense = np.array([[0, np.inf], [3, 0], [np.inf, 2]])
    rows, columns = np.nonzero(np.isfinite(dense))
    absent = sparse.coo_array((dense[rows, columns], (rows, columns)), shape=dense.shape)
    for cost in (dense, absent):
        answer = max_coverage(cost, [5, 1, 2], radius=0, p=1)
        assert answer.sites == (0,)
        assert answer.objective == 5


def test_labels_of_a_frame_name_the_sites():
    cost = pd.DataFrame([[1.0, 9], [9, 1]], index=["u1", "u2"], columns=["haus", "treff"])
    answer = max_coverage(cost, pd.Series([3, 4], index=["u1", "u2"]), radius=2, p=1)
    assert answer.sites == ("treff",)
    assert answer.assignment.dropna().to_dict() == {"u2": "treff"}
    assert "treff" in answer._repr_html_()
    with pytest.raises(InputError, match="index of demand"):
        max_coverage(cost, pd.Series([3, 4], index=["u2", "u1"]), radius=2, p=1)
    with pytest.raises(StudyError, match="not among the 2 columns"):
        max_coverage(cost, [3, 4], radius=2, p=1, required=["halle"])


@pytest.mark.parametrize("limit", [{"time_limit": 0.0}, {"node_limit": 0}, {"gap": 0.5}])
def test_an_answer_at_a_limit_has_a_bound_that_holds(limit):
    rng = np.random.default_rng(4)
    people, rooms = rng.uniform(0, 10, (400, 2)), rng.uniform(0, 10, (60, 2))
    cost = np.hypot(*(people[:, None] - rooms).transpose(2, 0, 1))
    demand = rng.integers(1, 90, 400).astype(float)
    best = max_coverage(cost, demand, radius=2, p=7)
    answer = max_coverage(cost, demand, radius=2, p=7, **limit)
    reached = demand[(cost[:, list(answer.sites)] <= 2).any(1)].sum()
    assert best.proven
    assert answer.objective == reached <= best.objective <= answer.bound
    assert answer.gap == pytest.approx((answer.bound - reached) / reached)
    assert answer.reproducible == ("time_limit" not in limit or answer.proven)


def test_backup_counts_only_people_with_two_open_sites_in_reach():
    cost = np.array([[1, 1, 9], [1, 9, 9], [9, 1, 1], [9, 9, 9.0]])
    answer = max_coverage(cost, [10, 20, 30, 40], radius=5, p=2, required=[0, 1])
    assert answer.measures["reached_share"] == pytest.approx(0.6)
    assert answer.measures["backup_share"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("rules", "rule", "shortfall"),
    [
        ({"p": 1, "required": [0, 1]}, "required", 1),
        ({"p": 4}, "p", 1),
        ({"p": 3, "forbidden": [0, 2]}, "p", 2),
        ({"p": 2, "forbidden": [0], "required": [0]}, "forbidden", 1),
    ],
)
def test_rules_that_exclude_each_other_are_named_with_what_is_missing(rules, rule, shortfall):
    with pytest.raises(InfeasibleError) as caught:
        max_coverage(np.ones((2, 3)), [1, 1], radius=2, **rules)
    assert (caught.value.rule, caught.value.shortfall) == (rule, shortfall)


@pytest.mark.parametrize(
    ("cost", "demand", "message"),
    [
        ([[1, np.nan]], [1], "NaN"),
        ([[1, -1]], [1], "negative"),
        ([[1, 1]], [np.nan], "missing"),
        ([[1, 1]], [-1], "negative"),
        ([[1, 1]], [1, 2], "shape"),
        ([1, 1], [1, 2], "dimension"),
    ],
)
def test_unknown_or_impossible_numbers_are_refused(cost, demand, message):
    with pytest.raises(InputError, match=message):
        max_coverage(np.array(cost, float), demand, radius=1, p=1)
