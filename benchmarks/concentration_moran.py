"""Local Moran's I with 9,999 conditional permutations: own code against esda, in one run.

Prints seconds for import and first call (what a run of the program feels) and for the best of three
further calls, on the 542 areas of Berlin, and how far the results are apart:

    python benchmarks/concentration_moran.py
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from concentration_scan import city

PERMUTATIONS = 9_999


def timed(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds of the first call, best of three more, last result."""
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return seconds[0], min(seconds[1:]), result


def main() -> None:
    """Measure both on the same values."""
    _, people, graph, _ = city()
    rng = np.random.default_rng(0)
    values = rng.normal(size=len(people))
    values += 2 * (graph @ values) / np.maximum(graph.sum(axis=1), 1)

    def own() -> Any:
        from sozialraum.concentration import local_moran

        return local_moran(values, graph, PERMUTATIONS)

    def reference() -> Any:
        import esda
        from libpysal.weights import WSP

        weights = WSP(graph).to_W(silence_warnings=True)
        weights.transform = "R"
        return esda.Moran_Local(
            values, weights, permutations=PERMUTATIONS, n_jobs=1, keep_simulations=False, seed=0
        )

    warnings.simplefilter("ignore")
    first, best, mine = timed(own)
    print(f"{len(people)} areas, {PERMUTATIONS} permutations, one thread")
    print(f"own   first {first:.2f} s, best {best:.3f} s")
    first, best, theirs = timed(reference)
    print(f"esda  first {first:.2f} s, best {best:.3f} s")
    print(f"statistic: largest difference {np.abs(mine['statistic'] - theirs.Is).max():.1e}")
    print(f"pseudo p:  largest difference {np.abs(mine['p'] - theirs.p_sim).max():.4f}")


if __name__ == "__main__":
    main()
