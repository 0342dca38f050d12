"""Scan statistic: size under the null, power for planted clusters, false positives, time.

On the polygons and residents of Berlin (folder of the test data). Prints one table each:

    python benchmarks/concentration_scan.py [trials]

- size: share of maps without any cluster in which p ≤ 0.05 (and ≤ 0.01), where areas are equal
  (binomial), differ by themselves (beta-binomial), or differ with a skewed distribution that the
  null model does not know; with the null the test assumes.
- power: share of maps with a planted cluster in which p ≤ 0.05, with the share of its people that
  the most likely cluster covers, and the share of the found people that were not planted.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from sozialraum.areas.table import read_areas
from sozialraum.concentration import contiguity, scan
from sozialraum.study import load_study

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SOZIALRAUM_TEST_DATA", ROOT.parent / "shared" / "data"))
LEVEL, RHO = 0.12, 0.03  # mean share, correlation within areas (Berlin: 0.054, district: 0.022)


def city():
    """Points, residents, contiguity and membership of the district of Berlin's areas."""
    areas = read_areas(load_study("charlottenburg-wilmersdorf"), DATA / "berlin").areas
    areas = areas[areas["population"] >= 300]
    points = areas.geometry.representative_point()
    xy = np.column_stack([points.x, points.y])
    people = np.rint(areas["population"].to_numpy(float))
    return xy, people, contiguity(areas), areas["in_region"].to_numpy()


def drawn(kind: str, people, share, rng):
    """Counts whose areas are equal, or differ by themselves in one of two ways."""
    if kind == "equal":
        return rng.binomial(people.astype(int), share)
    if kind == "differ":
        step = 1 / RHO - 1
        return rng.binomial(people.astype(int), rng.beta(share * step, (1 - share) * step))
    skewed = share * rng.lognormal(-0.08, 0.4, len(people))
    return rng.binomial(people.astype(int), np.clip(skewed, 0, 0.95))


def size(xy, people, graph, trials: int) -> None:
    """False positives where there is no cluster."""
    print(f"\n{len(xy)} areas, {trials} maps without a cluster: p ≤ 0.05, p ≤ 0.01")
    for kind, assumed in (
        ("equal", None), ("equal", "estimate"), ("differ", None), ("differ", "estimate"),
        ("skewed", "estimate"),
    ):  # fmt: skip
        for name, g in (("circles", None), ("shapes", graph)):
            rng = np.random.default_rng(1)
            p = []
            for trial in range(trials):
                cases = drawn(kind, people, np.full(len(xy), LEVEL), rng)
                options = {"overdispersion": assumed, "replications": 99, "seed": trial}
                p.append(scan(xy, cases, people, graph=g, **options)["p"].iloc[0])
            low, very = np.mean(np.array(p) <= 0.05), np.mean(np.array(p) <= 0.01)
            print(
                f"  areas {kind:7s} null {assumed or 'binomial':9s} {name:8s} {low:.3f} {very:.3f}"
            )


def power(xy, people, graph, trials: int) -> None:
    """Planted clusters: a compact one of 7 areas and a winding one of 7."""
    print(f"\n{len(xy)} areas, {trials} maps, areas differ (ρ = {RHO}), null estimated")
    print("  planted           search   found at 0.05  people covered  people not planted")
    start = int(np.argmin(((xy - xy.mean(axis=0)) ** 2).sum(axis=1)))
    compact = np.argsort(((xy - xy[start]) ** 2).sum(axis=1))[:7]
    winding = [start]
    while len(winding) < 7:  # always on to the neighbour farthest from the start
        near = [j for j in graph[[winding[-1]]].indices if j not in winding]
        winding.append(max(near, key=lambda j: ((xy[j] - xy[start]) ** 2).sum()))
    for shape, planted in (("compact", compact), ("winding", np.array(winding))):
        for risk in (1.5, 2.0, 2.5):
            for name, g in (("circles", None), ("shapes", graph)):
                rng = np.random.default_rng(2)
                found, covered, beside = [], [], []
                for trial in range(trials):
                    share = np.full(len(xy), LEVEL)
                    share[planted] *= risk
                    cases = drawn("differ", people, share, rng)
                    table = scan(
                        xy, cases, people, graph=g, overdispersion="estimate", replications=99,
                        seed=trial,
                    )  # fmt: skip
                    members = table["members"].iloc[0]
                    hit = np.intersect1d(members, planted)
                    found.append(table["p"].iloc[0] <= 0.05)
                    covered.append(people[hit].sum() / people[planted].sum())
                    beside.append(1 - people[hit].sum() / people[members].sum())
                print(
                    f"  {shape:8s} RR {risk:.1f}   {name:8s} {np.mean(found):10.2f} "
                    f"{np.mean(covered):15.2f} {np.mean(beside):18.2f}"
                )


def speed(parts) -> None:
    """999 replications that are all drawn, since the planted cluster is clear."""
    print("\n999 replications, best of 3: wall clock, processor time")
    for title, (xy, people, graph) in parts.items():
        share = np.full(len(xy), LEVEL)
        share[np.argsort(((xy - xy[0]) ** 2).sum(axis=1))[:6]] *= 3
        cases = drawn("differ", people, share, np.random.default_rng(0))
        for name, g in (("circles", None), ("shapes", graph)):
            best = []
            for _ in range(3):
                wall, cpu = time.perf_counter(), time.process_time()
                scan(xy, cases, people, graph=g, overdispersion="estimate")
                best.append((time.perf_counter() - wall, time.process_time() - cpu))
            wall, cpu = min(best)
            print(f"  {title} ({len(xy)}) {name:8s} {wall:.2f} s {cpu:.2f} s")


def main(trials: int) -> None:
    """All three."""
    xy, people, graph, inside = city()
    near = np.flatnonzero(inside | (graph @ inside > 0))
    district = xy[near], people[near], graph[near][:, near]
    speed({"city": (xy, people, graph), "district with its neighbours": district})
    size(*district, trials)
    power(*district, trials // 4)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
