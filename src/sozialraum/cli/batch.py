"""Many studies in one call, each in a process of its own."""

from __future__ import annotations

import argparse
import csv
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sozialraum.cli.common import add_data, add_voice, wrap
from sozialraum.errors import SozialraumError, StudyError

COLUMNS = ("study", "region", "areas", "greatest need", "rooms", "reached", "seconds", "result")


def register(commands: Any) -> None:
    """Add the command."""
    batch = commands.add_parser(
        "batch", help="many studies, one summary; one that fails stops none"
    )
    batch.set_defaults(handle=_batch)
    batch.add_argument("studies", nargs="+", metavar="STUDY", help="packaged names or YAML files")
    add_data(batch)
    batch.add_argument(
        "--out",
        type=Path,
        default=Path("data/processed"),
        metavar="DIR",
        help="a folder for each study below it, and summary.csv (default: data/processed)",
    )
    batch.add_argument("--jobs", type=int, default=1, metavar="N", help="studies at a time")
    batch.add_argument("--internal", action="store_true", help="for use inside the office only")
    batch.add_argument("--no-cache", action="store_true", help="compute every stage anew")
    add_voice(batch)


@dataclass
class Job:
    """One study of a batch."""

    study: str
    out: Path
    code: int = 0
    says: str = ""
    seconds: float = 0.0
    found: dict[str, str] = field(default_factory=dict)

    def row(self) -> list[str]:
        """What the summary says about it."""
        result = "done" if self.code == 0 else f"exit {self.code}"
        shown = [self.found.get(c, "") for c in COLUMNS[1:6]]
        return [self.study, *shown, f"{self.seconds:.0f}", result]


def _batch(arguments: argparse.Namespace) -> int:
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and --help needs none

    if arguments.jobs < 1:
        raise StudyError("--jobs is too small", where=f"--jobs {arguments.jobs}", expected="from 1")
    jobs = [Job(study, arguments.out / _name(study)) for study in arguments.studies]
    _check_places(jobs)
    options = ["--quiet", "--jobs", "1"]
    options += ["--data", str(arguments.data)] if arguments.data else []
    options += ["--internal"] * arguments.internal + ["--no-cache"] * arguments.no_cache
    say = (lambda text: None) if arguments.quiet else _said
    with ThreadPoolExecutor(arguments.jobs) as pool, _children() as start:
        for _ in pool.map(lambda job: _work(job, options, start, say), jobs):
            pass
    for job in jobs:
        if job.code:
            print(wrap(f"{job.study}: {job.says}"), file=sys.stderr)
    if any(job.code == 0 for job in jobs):
        _write(jobs, arguments.out / "summary.csv")
    if not arguments.quiet:
        print("\n".join(table([list(COLUMNS), *(job.row() for job in jobs)])))
    return max(job.code for job in jobs)


def _name(study: str) -> str:
    """Name of the folder; a study that cannot be read says so when its turn comes."""
    from sozialraum.study import load_study

    try:
        return load_study(study).name
    except SozialraumError:
        return Path(study).stem


def _check_places(jobs: list[Job]) -> None:
    first: dict[Path, str] = {}
    for job in jobs:
        if job.out in first:
            raise StudyError(
                f"Two studies would write into {job.out}",
                where=f"{first[job.out]} and {job.study}",
                expected="studies with different names",
                hint="Change 'name' in one of them",
            )
        first[job.out] = job.study


def _work(job: Job, options: list[str], start: Any, say: Any) -> None:
    command = [sys.executable, "-m", "sozialraum", "run", job.study, "--out", str(job.out)]
    began = time.perf_counter()
    process = start([*command, *options])
    if process is None:  # interrupted before its turn
        return
    errors = process.communicate()[1]
    job.code = process.returncode if process.returncode >= 0 else 5
    job.says = " ".join(errors.split()).removeprefix("sozialraum: ") or "ended by the system."
    job.seconds = time.perf_counter() - began
    if job.code == 0:
        job.found = _found(job.out)
    say(f"  {job.study}: {job.row()[-1]}, {job.seconds:.0f} s")


@contextmanager
def _children() -> Iterator[Any]:
    """Start processes that end with this one; Ctrl-C ends them, too."""
    running: list[subprocess.Popen[str]] = []
    lock = threading.Lock()
    stopped = threading.Event()

    def start(command: list[str]) -> subprocess.Popen[str] | None:
        options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
        with lock:
            if stopped.is_set():
                return None
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                **options,
            )
            running.append(process)
            return process

    try:
        yield start
    finally:
        with lock:
            stopped.set()
        for process in running:
            if process.poll() is None:
                with suppress(OSError):
                    process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)


def _found(out: Path) -> dict[str, str]:
    """What the outputs say, which have passed disclosure control."""
    from sozialraum.publish.manifest import read_manifest

    manifest = read_manifest(out, verify=False)
    ranking = _rows(out / "ranking.csv")
    rooms = int(manifest["study"]["siting"]["rooms"])
    curve = [r for r in _rows(out / "frontier.csv") if r["target"] == "everybody"]
    step = next((r for r in curve if int(r["p"]) == rooms), curve[-1] if curve else None)
    worst = min((r for r in ranking if r["rank"]), key=lambda r: float(r["rank"]), default=None)
    return {
        "region": str(manifest["study"]["region"]["name"]),
        "areas": str(len(ranking)),
        "greatest need": worst["name"] if worst else "",
        "rooms": step["p"] if step else "",
        "reached": f"{float(step['reached_share']):.3f}" if step else "",
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def table(rows: list[list[str]]) -> list[str]:
    """Rows as aligned lines.

    Examples
    --------
    >>> table([["study", "areas"], ["demo", "53"]])
    ['study  areas', 'demo   53']
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _write(jobs: list[Job], path: Path) -> None:
    """The summary beside the studies' folders, swapped in whole; without times, which vary."""
    from sozialraum.publish.tables import guarded

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keep = [i for i, name in enumerate(COLUMNS) if name != "seconds"]
    writer.writerow([COLUMNS[i].replace(" ", "_") for i in keep])
    for job in jobs:
        writer.writerow([guarded(job.row()[i]) for i in keep])
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text.getvalue(), encoding="utf-8", newline="")
    beside.replace(path)


def _said(text: str) -> None:
    print(text, file=sys.stderr)
