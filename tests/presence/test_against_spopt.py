"""The common models reach the same optimum as spopt with CBC on random instances."""

from __future__ import annotations

import numpy as np
import pytest

from sozialraum.presence import max_coverage, p_center, p_median, set_cover

spopt = pytest.importorskip("spopt.locate", reason="spopt is not installed")
pulp = pytest.importorskip("pulp", reason="pulp is not installed")
INSTANCES = range(30)


def town(seed: int) -> tuple[np.ndarray, np.ndarray, int, float]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(12, 30)), int(rng.integers(5, 10))
    people, rooms = rng.uniform(0, 10, (n, 2)), rng.uniform(0, 10, (m, 2))
    cost = np.hypot(*(people[:, None] - rooms).transpose(2, 0, 1))
    demand = rng.integers(1, 50, n).astype(float)
    return cost, demand, int(rng.integers(2, 5)), float(rng.uniform(2, 5))


def solve(model) -> float:
    return float(pulp.value(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spopt calls what pulp will drop
@pytest.mark.parametrize("seed", INSTANCES)
def test_equal_optimum_with_spopt(seed):
    cost, demand, p, radius = town(seed)
    theirs = solve(spopt.MCLP.from_cost_matrix(cost, demand, service_radius=radius, p_facilities=p))
    assert max_coverage(cost, demand, radius=radius, p=p).objective == pytest.approx(theirs)
    theirs = solve(spopt.PMedian.from_cost_matrix(cost, demand, p_facilities=p))
    assert p_median(cost, demand, p=p).objective == pytest.approx(theirs, abs=1e-3)
    theirs = solve(spopt.PCenter.from_cost_matrix(cost, p_facilities=p))
    assert p_center(cost, p=p).objective == pytest.approx(theirs, abs=1e-5)
    enough = max(radius, float(cost.min(axis=1).max()))
    theirs = solve(spopt.LSCP.from_cost_matrix(cost, service_radius=enough))
    assert set_cover(cost, radius=enough).objective == pytest.approx(theirs)
