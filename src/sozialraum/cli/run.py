"""Commands that work on a study: run, check."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sozialraum.cli.common import add_data, wrap
from sozialraum.cli.progress import Progress
from sozialraum.errors import StudyError


def register(commands: Any) -> None:
    """Add the commands."""
    run = commands.add_parser("run", help="the whole pipeline: map, report, tables, geodata")
    run.set_defaults(handle=_run)
    run.add_argument("study", nargs="?", metavar="STUDY", help="packaged name or YAML file")
    run.add_argument(
        "--from", dest="manifest", type=Path, metavar="manifest.json", help="repeat a run"
    )
    add_data(run)
    run.add_argument("--out", type=Path, metavar="DIR", help="default: data/processed/STUDY")
    run.add_argument("--seed", type=int, metavar="N", help="instead of the study's seed")
    run.add_argument(
        "--jobs",
        type=int,
        default=None,
        metavar="N",
        help="2: set the report in a process of its own (default: if there are 2 cores)",
    )
    run.add_argument("--internal", action="store_true", help="for use inside the office only")
    run.add_argument("--quiet", action="store_true", help="print nothing but errors")

    check = commands.add_parser("check", help="read and validate the inputs, print the join audit")
    check.set_defaults(handle=_check)
    check.add_argument("study", metavar="STUDY")
    add_data(check)


def _run(arguments: argparse.Namespace) -> int:
    from sozialraum import pipeline

    if (arguments.study is None) == (arguments.manifest is None):
        raise StudyError(
            "'run' needs either a study or --from",
            expected="a packaged name, a YAML file, or --from manifest.json",
            hint="Try 'sozialraum run demo'",
        )
    say = Progress(quiet=arguments.quiet)
    options: dict[str, Any] = {"data": arguments.data, "progress": say}
    if arguments.jobs is not None and arguments.jobs < 1:
        raise StudyError("--jobs is too small", where=f"--jobs {arguments.jobs}", expected="1 or 2")
    if arguments.manifest is not None:
        if arguments.out or arguments.internal or arguments.seed is not None:
            raise StudyError(
                "--from repeats a run as its manifest describes it and writes nothing",
                expected="--data at most beside it",
                hint="Leave out --out, --seed and --internal",
            )
        differences = pipeline.repeat(arguments.manifest, **options)
        say.end()
        for name, state in differences.items():
            print(f"{state:12} {name}")
        return int(any(state != "same" for state in differences.values()))
    with ExitStack() as stack:
        worker = None
        if (arguments.jobs or os.cpu_count() or 1) > 1:
            from sozialraum.publish.report.worker import ReportWorker

            worker = stack.enter_context(ReportWorker())
        run = pipeline.run(
            arguments.study, seed=arguments.seed, internal=arguments.internal, **options
        )
        target = arguments.out or Path("data/processed") / run.study.name
        out = run.write(target, progress=say, worker=worker)
    say.end()
    if run.leaks:
        message = (
            f"For you alone: the workbook's totals give away the suppressed count of "
            f"{', '.join(run.leaks)}. It is in no output; tell the publisher."
        )
        print(wrap(message), file=sys.stderr)
    if not arguments.quiet:
        print(_summary(run, out))
    return 0


def _summary(run: Any, out: Path) -> str:
    lines = [f"{run.content.info.region_name}: {run.headline()}", ""]
    lines += [
        f"  {name:12} {out / file}"
        for name, file in (("map", "map.html"), ("report", "report.pdf"))
    ]
    lines += [f"  {'tables':12} {out / 'tables.xlsx'}", f"  {'everything':12} {out}"]
    lines += [f"  {warning}" for warning in run.content.info.warnings]
    return "\n".join(lines)


def _check(arguments: argparse.Namespace) -> int:
    from sozialraum import pipeline

    audit = pipeline.check(arguments.study, data=arguments.data)
    for finding in audit.findings:
        print(f"{finding['source']:12} {finding['kind']:14} {finding['detail']}")
    return 0
