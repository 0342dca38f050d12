"""Feed every reader with generated and mutated inputs, and count.

``python benchmarks/fuzz/run.py --scale 1`` runs about 105,000 inputs on one core; each
ends in a result or in one clear error, or the exit code is 1. Reported: inputs by reader, how they
ended, the slowest one, the largest memory of the process. ``--keep`` keeps what broke a reader.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import hashlib
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from mutate import mutated
from targets import targets

PLAN = {
    "table": 3_000,
    "register": 500,
    "indicators": 1_000,
    "grid": 17_000,
    "stops": 500,
    "centres": 300,
    "venues": 400,
    "osm": 200,
    "clubs": 500,
    "geojson": 20_000,
    "layer": 10_000,
    "geopackage": 150,
    "geoparquet": 150,
    "shapefile": 60,
    "dbase": 60,
    "workbook": 16_000,
    "counts": 4_000,
    "study": 1_500,
}
CELLS = 30_000
LONGEST = 10.0  # seconds of processor time
LARGEST = 1_000_000  # kilobytes


def main() -> int:
    """Run the plan; returns 1 where an input broke a reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the plan")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", help="readers")
    parser.add_argument("--keep", type=Path, help="folder for inputs that broke something")
    options = parser.parse_args()
    faulthandler.enable()
    signal.signal(signal.SIGPROF, _hang)  # processor time: a busy machine is no hang
    warnings.simplefilter("error")
    total, broken = 0, 0
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        folder = Path(name)
        if not options.only or "cells" in options.only:
            n, bad = _cells(int(CELLS * options.scale))
            total, broken = total + n, broken + bad
        for target in targets().values():
            if options.only and target.name not in options.only:
                continue
            count = int(PLAN[target.name] * options.scale)
            draw = random.Random(f"{options.seed} {target.name}")
            ends: Counter[str] = Counter()
            slowest, spent = 0.0, time.process_time()
            for _ in range(count):
                content = mutated(target, draw)
                begin = time.process_time()
                signal.setitimer(signal.ITIMER_PROF, LONGEST)
                try:
                    ends[target.call(content, folder)] += 1
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    ends["broken"] += 1
                    _keep(options.keep, target, content, error)
                finally:
                    signal.setitimer(signal.ITIMER_PROF, 0)
                slowest = max(slowest, time.process_time() - begin)
            gc.collect()
            total, broken = total + count, broken + ends["broken"]
            print(
                f"{target.name:11} {count:7,} inputs: {dict(sorted(ends.items()))}, "
                f"{(time.process_time() - spent) / max(count, 1) * 1000:.1f} ms each, slowest "
                f"{slowest:.3f} s, memory so far {_memory() / 1000:.0f} MB",
                flush=True,
            )
    print(
        f"{'all':11} {total:7,} inputs, {broken} broke a reader, memory {_memory() / 1000:.0f} MB"
    )
    return int(broken > 0 or _memory() > LARGEST)


def _cells(count: int) -> tuple[int, int]:
    """Cells as hypothesis draws them: any text, and what looks like numbers and markers."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    from sozialraum.errors import InputError
    from sozialraum.sources.cells import BA, COUNTS, MEASURES, parse_cells

    signs = st.text(alphabet="0123456789.,-–*x/•()e+ \u00a0\u202f'’¹⁾٣", max_size=12)
    cells = st.lists(
        st.one_of(signs, st.text(max_size=8), st.floats(), st.integers(), st.none(), st.booleans()),
        max_size=6,
    )
    done = Counter()

    @settings(
        max_examples=count,
        deadline=10_000,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(cells, st.sampled_from([BA, COUNTS, MEASURES]))
    def check(values, dialect):
        done["inputs"] += 1
        try:
            frame = parse_cells(values, dialect)
        except InputError:
            return
        assert len(frame) == len(values)
        assert not (frame["marker"].str.startswith("*") & frame["value"].notna()).any()

    bad = 0
    try:
        check()
    except Exception:
        bad = 1
        traceback.print_exc()
    print(f"{'cells':11} {done['inputs']:7,} inputs (hypothesis)", flush=True)
    return done["inputs"], bad


def _hang(*_: object) -> None:
    raise TimeoutError(f"longer than {LONGEST} s")


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _keep(folder: Path | None, target, content: bytes, error: BaseException) -> None:
    line = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {str(error)[:200]}"
    print(f"  {target.name}: {what} at {line.filename}:{line.lineno}")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(content).hexdigest()[:12]
        (folder / f"{target.name}-{name}{target.suffix}").write_bytes(content)
        text = "".join(traceback.format_exception(error))
        (folder / f"{target.name}-{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
