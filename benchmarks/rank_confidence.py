"""Rank sets: time, memory, and whether they cover as often as they promise.

Run with ``python benchmarks/rank_confidence.py [--tables 1000] [--data DIR]``; ``DIR`` (Berlin's
inputs) adds the real table. Where the reference implementation `csranks` is installed it is timed
on the same input.

A set covers a rank more often than promised where true values differ: an error in the critical
value only shows where a true difference is small. The promise is met exactly in the table in which
all areas are equal; the other tables must not fall below it.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from sozialraum.need import rank_confidence


def true_ranks(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst rank that truly equal areas can claim."""
    larger = (theta[None, :] > theta[:, None]).sum(axis=1)
    smaller = (theta[None, :] < theta[:, None]).sum(axis=1)
    return 1 + larger, len(theta) - smaller


def shapes(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Tables with well separated, with close, and with partly equal areas."""
    return {
        "spread": rng.normal(0, 1.0, n),
        "close": rng.normal(0, 0.2, n),
        "half equal": np.where(np.arange(n) < n // 2, 0.0, rng.normal(0, 1.0, n)),
        "all equal": np.zeros(n),
    }


def coverage(tables: int, n: int, draws: int) -> pd.DataFrame:
    """Share of simulated tables whose sets contain all true ranks (or, marginal, one area's)."""
    rng = np.random.default_rng(2024)
    se = rng.uniform(0.1, 0.4, n)
    rows = []
    for name, theta in shapes(n, rng).items():
        low, high = true_ranks(theta)
        hits = {"simultaneous": 0, "marginal": 0.0}
        width = 0.0
        for table in range(tables):
            x = theta + se * rng.standard_normal(n)
            sets = rank_confidence(x, se, draws=draws, seed=table)
            # a set covers a tie if it contains every rank the tied areas can claim
            good = (sets["lo"] <= low) & (sets["hi"] >= high)
            hits["simultaneous"] += bool(good.all())
            width += float((sets["hi"] - sets["lo"] + 1).mean())
            if table < tables // 100:
                one = rank_confidence(x, se, simultaneous=False, draws=draws, seed=table)
                hits["marginal"] += float(((one["lo"] <= low) & (one["hi"] >= high)).mean())
        rows.append(
            {
                "table": name,
                "simultaneous": hits["simultaneous"] / tables,
                "Monte-Carlo error": 1.96 * np.sqrt(0.95 * 0.05 / tables),
                "marginal (mean)": hits["marginal"] / max(tables // 100, 1),
                "mean width": width / tables,
            }
        )
    return pd.DataFrame(rows).set_index("table")


def timing(repeat: int) -> pd.DataFrame:
    """Smallest of some wall-clock times, and memory after each."""
    rng = np.random.default_rng(1)
    rows = []
    for n in (53, 143, 542):
        x, se = rng.normal(0, 1, n), rng.uniform(0.1, 0.4, n)
        for simultaneous in (True, False):
            seconds = []
            for _ in range(repeat):
                start = time.perf_counter()
                rank_confidence(x, se, simultaneous=simultaneous)
                seconds.append(time.perf_counter() - start)
                if seconds[-1] > 5:
                    break
            rows.append(
                {
                    "areas": n,
                    "sets": "simultaneous" if simultaneous else "marginal",
                    "seconds": min(seconds),
                    "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    "csranks seconds": _peer(x, se) if simultaneous else np.nan,
                }
            )
    return pd.DataFrame(rows)


def _peer(x: np.ndarray, se: np.ndarray) -> float:
    """The reference implementation, where there is one."""
    try:
        from csranks import csranks  # type: ignore[import-not-found]
    except ImportError:
        return np.nan
    start = time.perf_counter()
    csranks(x, np.diag(se**2), coverage=0.95, simul=True, stepdown=True, R=20_000)
    return time.perf_counter() - start


def berlin(data: Path) -> pd.Series:
    """S3 of 2021 over Berlin, with and without the household design effect."""
    path = data / "mss" / "2021" / "mss_2021_index_indikatoren.csv"
    table = pd.read_csv(path, dtype={"PLR_ID": str}, na_values=["-9999"]).set_index("PLR_ID")
    p = table["S3"] / 100
    result = {}
    for effect in (1.0, 1.8):
        se = np.sqrt(effect * p * (1 - p) / table["EW"])
        sets = rank_confidence(p, se.where(p.notna()))
        result[f"mean width, design effect {effect}"] = (sets["hi"] - sets["lo"] + 1).mean()
        result[f"certain in the top 20, design effect {effect}"] = float((sets["hi"] <= 20).sum())
    return pd.Series(result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--areas", type=int, default=100)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    print(timing(options.repeat).round(3).to_string(index=False))
    print(
        f"\ncoverage, {options.tables} tables of {options.areas} areas, {options.draws} draws each"
    )
    print(coverage(options.tables, options.areas, options.draws).round(4).to_string())
    if options.data:
        print("\n" + berlin(options.data).round(1).to_string())


if __name__ == "__main__":
    main()
