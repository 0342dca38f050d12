"""The whole run against a plain script on the same inputs: seconds and peak memory, new processes.

python benchmarks/run_vs_script.py [DATA]        DATA defaults to ../shared/data/berlin
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 3


def measure(command: list[str], cache: str | Path = "") -> tuple[float, float]:
    """Seconds and peak resident memory (MB, largest of the process) of one new process."""
    own = {"SOZIALRAUM_CACHE": str(cache)} if cache else {}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | own
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed: {errors.decode()}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Alternate both so that the machine's mood hits both alike; report the best of each."""
    default = os.environ.get("SOZIALRAUM_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    data = sys.argv[1] if len(sys.argv) > 1 else f"{default}/berlin"
    with tempfile.TemporaryDirectory() as folder:
        run = [sys.executable, "-m", "sozialraum", "run", "charlottenburg-wilmersdorf"]
        run += ["--data", data, "--out", f"{folder}/run", "--quiet"]
        script = [
            sys.executable,
            str(ROOT / "benchmarks/plain_script.py"),
            data,
            f"{folder}/x.html",
        ]
        figures: dict[str, list[tuple[float, float]]] = {"sozialraum": [], "plain script": []}
        for repeat in range(REPEATS):  # each with an empty cache
            figures["sozialraum"].append(measure(run, Path(folder) / f"cache{repeat}"))
            figures["plain script"].append(measure(script))
        best = {name: min(values) for name, values in figures.items()}
        for name, (seconds, memory) in best.items():
            print(f"{name:14} {seconds:5.1f} s  {memory:6.0f} MB")
        ratio = best["sozialraum"][0] / best["plain script"][0]
        print(f"time of the whole run / time of the plain script: {ratio:.2f}")
        helped = min(measure([sys.executable, "-m", "sozialraum", "--help"])[0] for _ in range(3))
        print(f"sozialraum --help {helped:.2f} s")


if __name__ == "__main__":
    main()
