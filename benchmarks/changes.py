"""How long one changed setting takes: in a running session, and as a new process with all files.

    python benchmarks/changes.py [DATA]        DATA defaults to ../shared/data/berlin

Every change is made for the first time; the cache knows one finished run of the district. Seconds
of an idle machine; beside them, the share of a whole run with an empty cache.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from run_vs_script import ROOT, measure

STUDY = "charlottenburg-wilmersdorf"
CHANGES: dict[str, list[Any]] = {
    "rooms": [4, 5, 8],
    "position_error": [30.0, 40.0],
    "radius": [700.0, 900.0],
    "detour": [1.3, 1.4],
    "most_rooms": [10, 14],
    "model": ["median", "gradual", "center"],
    "spacing": [600.0],
    "backup": [0.3],
}


def main() -> None:
    """Processes and session have caches of their own: neither knows what the other computed."""
    default = os.environ.get("SOZIALRAUM_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    data = sys.argv[1] if len(sys.argv) > 1 else f"{default}/berlin"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        command = [sys.executable, "-m", "sozialraum", "run"]
        rest = ["--data", data, "--out", str(folder / "run"), "--quiet"]
        whole = measure([*command, STUDY, *rest], folder / "cache")[0]
        print(f"{'whole run':22} {whole:6.2f} s")
        process = [(key, value) for key, values in CHANGES.items() for value in values]
        for key, value in process:
            study = folder / "study.yaml"
            study.write_text(f"extends: {STUDY}\nname: other\nsiting: {{{key}: {value}}}\n")
            took = measure([*command, str(study), *rest], folder / "cache")[0]
            print(f"{f'process, {key} {value}':22} {took:6.2f} s  {took / whole:5.0%}")
        os.environ["SOZIALRAUM_CACHE"] = str(folder / "session")
        import sozialraum as sr

        run = sr.run(STUDY, data=data)
        for key, value in process:
            start = time.perf_counter()
            run.with_changes(siting={key: value})
            took = time.perf_counter() - start
            print(f"{f'session, {key} {value}':22} {took:6.2f} s  {took / whole:5.0%}")


if __name__ == "__main__":
    main()
