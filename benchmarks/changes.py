"""How long one changed setting takes: in a running session, and as a new process with all files.

    python benchmarks/changes.py [DATA]        DATA defaults to ../shared/data/berlin

Every change is made for the first time; the cache knows one finished run of the district. Seconds
of an idle machine; beside them, the share of a whole run with an empty cache.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from run_vs_script import ROOT, measure

STUDY = "charlottenburg-wilmersdorf"
CHANGES: list[dict[str, Any]] = [
    *({"rooms": n} for n in (4, 5, 8)),
    *({"position_error": metres} for metres in (30.0, 40.0)),
    *({"radius": metres} for metres in (700.0, 900.0)),
    *({"detour": factor} for factor in (1.3, 1.4)),
    *({"most_rooms": n} for n in (10, 14)),
    *({"model": name} for name in ("median", "gradual", "center")),
    {"spacing": 600.0},
    {"backup": 0.3},
    {"capacity": 3000.0},
    {"model": "median", "spacing": 600.0},
    {"together": {"weights": {"young": 1.0, "families": 1.0}}},
    {"together": {"order": ["young", "families"]}},
]


def main() -> None:
    """Processes and session have caches of their own: neither knows what the other computed."""
    default = os.environ.get("SOZIALRAUM_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    data = sys.argv[1] if len(sys.argv) > 1 else f"{default}/berlin"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        command = [sys.executable, "-m", "sozialraum", "run"]
        rest = ["--data", data, "--out", str(folder / "run"), "--quiet"]
        whole = measure([*command, STUDY, *rest], folder / "cache")[0]
        print(f"whole   {whole:6.2f} s")
        for change in CHANGES:
            study = folder / "study.yaml"
            siting = json.dumps(change)  # which is YAML, too
            study.write_text(f"extends: {STUDY}\nname: other\nsiting: {siting}\n")
            took = measure([*command, str(study), *rest], folder / "cache")[0]
            print(f"process {took:6.2f} s {took / whole:5.0%}  {siting}")
        os.environ["SOZIALRAUM_CACHE"] = str(folder / "session")
        import sozialraum as sr

        run = sr.run(STUDY, data=data)
        for change in CHANGES:
            start = time.perf_counter()
            run.with_changes(siting=change)
            took = time.perf_counter() - start
            print(f"session {took:6.2f} s {took / whole:5.0%}  {json.dumps(change)}")


if __name__ == "__main__":
    main()
