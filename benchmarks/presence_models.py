"""Time and proof of the location models, beside spopt with CBC in the same run.

    python benchmarks/presence_models.py [pmed] [peers] [curves] [city] [random]

Without arguments all parts run. Every line states seconds of this process (CPU) and of the wall;
CBC runs in a process of its own, so peers are compared by the wall, as the median of several runs.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from presence_instances import DATA, city, district
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from sozialraum.presence import (
    coverage_curve,
    draw_inputs,
    max_coverage,
    p_median,
    site_stability,
)


def timed(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, CPU seconds of this process, wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = call()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def report(name: str, answer: Any, cpu: float, wall: float, note: str = "") -> None:
    print(
        f"{name:<38} {answer.objective:>16,.0f} {answer.bound:>16,.0f} {answer.gap:>8.4%} "
        f"{answer.status:<8} cpu {cpu:6.2f} s  wall {wall:6.2f} s {note}",
        flush=True,
    )


def pmed() -> None:
    folder = DATA / "benchmarks/or_library_pmed"
    lines = (folder / "pmedopt.txt").read_text().splitlines()
    optima = dict(line.split() for line in lines if line.startswith("pmed"))
    for number in (*range(1, 11), 15, 20, 30, 40):
        rows = (folder / f"pmed{number}.txt").read_text().split("\n")
        n, _, p = map(int, rows[0].split())
        edges: dict[tuple[int, int], int] = {}
        for row in rows[1:]:
            if row.strip():
                a, b, length = map(int, row.split())
                edges[min(a, b) - 1, max(a, b) - 1] = length
        ends = tuple(zip(*edges, strict=True))
        graph = sparse.csr_array((np.array(list(edges.values()), float), ends), shape=(n, n))
        cost = shortest_path(graph, directed=False)
        answer, cpu, wall = timed(lambda cost=cost, p=p: p_median(cost, np.ones(len(cost)), p=p))
        same = answer.proven and answer.objective == int(optima[f"pmed{number}"])
        note = "published optimum" if same else "DIFFERS"
        report(f"pmed{number} n={n} p={p}", answer, cpu, wall, note)


def peers() -> None:
    warnings.simplefilter("ignore")
    import pulp
    from spopt.locate import MCLP

    rng = np.random.default_rng(1)
    units, rooms = rng.uniform(0, 10_000, (2000, 2)), rng.uniform(0, 10_000, (200, 2))
    square = np.hypot(*(units[:, None] - rooms).transpose(2, 0, 1)), rng.integers(1, 90, 2000) * 1.0
    for name, (cost, people), p in (("district", district(), 6), ("2000 x 200", square, 15)):

        def theirs(cost: Any = cost, people: Any = people, p: int = p) -> float:
            model = MCLP.from_cost_matrix(cost, people, service_radius=1000, p_facilities=p)
            model = model.solve(pulp.PULP_CBC_CMD(msg=False))
            return float(pulp.value(model.problem.objective))

        def ours(cost: Any = cost, people: Any = people, p: int = p) -> Any:
            return max_coverage(cost, people, radius=1000, p=p)

        ours()
        a = [timed(ours) for _ in range(7)]
        b = [timed(theirs) for _ in range(3)]
        assert abs(a[0][0].objective - b[0][0]) < 1e-6, "optima differ"
        mine, other = (statistics.median(t[2] for t in runs) for runs in (a, b))
        note = f"spopt with CBC {other:.3f} s, {other / mine:.0f} times as long"
        report(f"coverage {name} {cost.shape} p={p}", a[0][0], a[0][1], mine, note)


def curves() -> None:
    cost, people = district()
    rng = np.random.default_rng(0)
    targets = [people, *(np.floor(people * rng.uniform(0, 0.5, people.size)) for _ in range(3))]
    for prove in (False, True):

        def all_curves(prove: bool = prove) -> list[Any]:
            return [
                coverage_curve(
                    cost, t, radius=r, p_max=12, existing=[0, 1] if offices else (), prove=prove
                )
                for t in targets
                for r in (500, 800, 1000, 1500)
                for offices in (True, False)
            ]

        done, cpu, wall = timed(all_curves)
        steps = [step for curve in done for step in curve]
        proven = sum(step.proven for step in steps)
        print(
            f"32 curves, p = 0…12, prove={prove!s:<5}: {proven} of {len(steps)} proven, "
            f"largest gap {max(s.gap for s in steps):.3%}, cpu {cpu:.2f} s, wall {wall:.2f} s",
            flush=True,
        )
    best = max_coverage(cost, people, radius=1000, p=6)
    areas = np.arange(people.size) // 12

    def again() -> Any:
        draws = draw_inputs(people, draws=30, seed=0, areas=areas)
        return site_stability(cost, people, best.sites, radius=1000, draws=draws)

    _, cpu, wall = timed(again)
    print(f"stability, 30 draws: cpu {cpu:.2f} s, wall {wall:.2f} s", flush=True)


def whole_city() -> None:
    cost, people = city()
    print(f"Berlin: {cost.shape[0]:,} cells x {cost.shape[1]:,} sites", flush=True)
    for radius, gap in ((1000.0, 0.0), (1500.0, 0.01)):
        call = timed(lambda r=radius, g=gap: max_coverage(cost, people, radius=r, p=40, gap=g))
        report(f"coverage p=40 within {radius:.0f} m, gap {gap}", *call)
    report("median p=40, gap 0.005", *timed(lambda: p_median(cost, people, p=40, gap=0.005)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB, distances ({cost.nbytes / 1e9:.2f} GB) included", flush=True)


def random_medians() -> None:
    for n, p, gap in ((200, 20, 0.0), (400, 20, 0.0), (400, 60, 0.0), (900, 45, 0.005)):
        rng = np.random.default_rng(n + p)
        places = rng.uniform(0, 1000, (n, 2))
        cost = np.round(np.hypot(*(places[:, None] - places).transpose(2, 0, 1)))
        people = rng.integers(1, 100, n).astype(float)
        call = timed(lambda c=cost, w=people, p=p, g=gap: p_median(c, w, p=p, gap=g))
        report(f"median random n={n} p={p} gap {gap}", *call)


PARTS = {
    "pmed": pmed,
    "peers": peers,
    "curves": curves,
    "city": whole_city,
    "random": random_medians,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        print(f"\n{part}", flush=True)
        PARTS[part]()
