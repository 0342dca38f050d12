"""Commands that work on a study: run, check."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.cli.common import WIDTH, add_data, add_voice, wrap
from sozialraum.cli.progress import speaking
from sozialraum.errors import StudyError

if TYPE_CHECKING:
    from sozialraum.study import Study


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
    run.add_argument("--seed", type=_seed, metavar="N", help="instead of the study's seed")
    run.add_argument(
        "--jobs",
        type=int,
        default=None,
        metavar="N",
        help="2: use a second process (default: if there are 2 cores)",
    )
    run.add_argument("--internal", action="store_true", help="for use inside the office only")
    run.add_argument("--no-cache", action="store_true", help="compute every stage anew")
    add_voice(run)

    check = commands.add_parser("check", help="read and validate the inputs, print the join audit")
    check.set_defaults(handle=_check)
    check.add_argument("study", metavar="STUDY")
    add_data(check)


def _seed(text: str) -> int:
    """A seed, or one clear sentence: a negative one looks like an option."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    if (arguments.study is None) == (arguments.manifest is None):
        raise StudyError(
            "'run' needs either a study or --from",
            expected="a packaged name, a YAML file, or --from manifest.json",
            hint="Try 'sozialraum run demo'",
        )
    if arguments.jobs is not None and arguments.jobs < 1:
        raise StudyError("--jobs is too small", where=f"--jobs {arguments.jobs}", expected="1 or 2")
    if arguments.manifest is not None:
        return _repeat(arguments)
    return _compute(arguments)


def _repeat(arguments: argparse.Namespace) -> int:
    """Run again what a manifest describes; 1 where a file differs."""
    from sozialraum import pipeline

    if arguments.out or arguments.internal or arguments.seed is not None:
        raise StudyError(
            "--from repeats a run as its manifest describes it and writes nothing",
            expected="--data at most beside it",
            hint="Leave out --out, --seed and --internal",
        )
    with speaking(arguments, f"--from {arguments.manifest}") as say:
        repeated = pipeline.repeat(
            arguments.manifest, data=arguments.data, cache=not arguments.no_cache, progress=say
        )
        say.end()
    for name, state in repeated.items():
        print(f"{state:12} {name}")
    print(f"\n{matched(repeated)}")
    wrong = any(state != "same" for state in repeated.values())
    if wrong and not arguments.quiet:
        for note in pipeline.circumstances(arguments.manifest):
            print(wrap(note).removeprefix("sozialraum: "), file=sys.stderr)
    return int(wrong)


def matched(repeated: Mapping[str, str]) -> str:
    """Whether a repeated run matched, in one sentence.

    Examples
    --------
    >>> matched({"map.html": "same", "ranking.csv": "same"})
    'All 2 files match.'
    >>> matched({"map.html": "same", "ranking.csv": "differs"})
    '1 of 2 files does not match: ranking.csv.'
    """
    wrong = [name for name, state in repeated.items() if state != "same"]
    if not wrong:
        return f"All {len(repeated)} files match."
    named = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    verb = "does" if len(wrong) == 1 else "do"
    return f"{len(wrong)} of {len(repeated)} files {verb} not match: {named}."


def _compute(arguments: argparse.Namespace) -> int:
    from sozialraum.worker import TURN, Worker

    sys.setswitchinterval(TURN)
    with ExitStack() as stack:
        worker = None
        if (arguments.jobs or os.cpu_count() or 1) > 1:
            worker = stack.enter_context(Worker())  # first: it imports while this process does
        from sozialraum import pipeline

        say = stack.enter_context(speaking(arguments, arguments.study))
        run = pipeline.run(
            arguments.study,
            data=arguments.data,
            seed=arguments.seed,
            internal=arguments.internal,
            cache=not arguments.no_cache,
            progress=say,
            worker=worker,
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
    _warn(run.study)
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
    from sozialraum.study import load_study

    study = load_study(arguments.study)
    audit = pipeline.check(study, data=arguments.data)
    print("\n".join(listing(audit.findings)))
    _warn(study)
    return 0


def _warn(study: Study) -> None:
    """Say what a study should name before its outputs are published."""
    if not study.fictitious and not study.publisher.feedback:
        print(
            wrap(
                "The study names no contact for feedback, which a published page must have: set "
                "publisher.feedback to a function address or a web page."
            ),
            file=sys.stderr,
        )


def listing(findings: Iterable[Mapping[str, Any]], width: int | None = None) -> list[str]:
    r"""The join audit as lines: each source once, its findings below, aligned and wrapped.

    Examples
    --------
    >>> found = [{"source": "mss/2025.csv", "kind": "matched", "detail": "alle Gebiete"}]
    >>> print("\n".join(listing(found)))
    mss/2025.csv
      matched         alle Gebiete
    """
    from sozialraum.areas.join import listed

    width = width or max(shutil.get_terminal_size((WIDTH, 24)).columns, 40)
    lines, source = [], None
    for finding in findings:
        if finding["source"] != source:
            source = finding["source"]
            lines.append(str(source))
        head = f"  {finding['kind']:14}  "
        ids = finding.get("area_ids")
        lines += textwrap.wrap(
            f"{finding['detail']}: {listed(ids)}" if ids else str(finding["detail"]),
            width,
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_long_words=False,
            break_on_hyphens=False,
        ) or [head.rstrip()]
    return lines
