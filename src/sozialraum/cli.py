"""The command line: thin, lazy, and never a traceback.

Exit codes: 0 done; 1 `--from` did not match; 2 wrong usage or study; 3 input data cannot be used;
4 stopped by disclosure control; 5 environment (disk, network, permission); 70 a fault of the
program itself; 130 interrupted.
"""

from __future__ import annotations

import argparse
import difflib
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from sozialraum.errors import SozialraumError, StudyError

EPILOG = """\
first steps:
  sozialraum run demo                        a fictitious city: map, report and tables
  sozialraum run charlottenburg-wilmersdorf --data FOLDER
  sozialraum check my-study.yaml --data FOLDER     read and validate only
"""


class Parser(argparse.ArgumentParser):
    """Errors as one paragraph, with the nearest command."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        given = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
        near = difflib.get_close_matches(given, COMMANDS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near and near[0] != given else ""
        self.exit(2, wrap(f"{message}.{hint} See 'sozialraum --help'.") + "\n")


def wrap(message: str) -> str:
    """One paragraph at the width of a terminal."""
    return textwrap.fill(
        f"sozialraum: {message}", 100, break_long_words=False, break_on_hyphens=False
    )


def parser() -> Parser:
    """The arguments of all commands."""
    from sozialraum import __version__

    root = Parser(
        prog="sozialraum",
        description="Where people on basic income support live, and where to be present.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"sozialraum {__version__}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    run = commands.add_parser("run", help="the whole pipeline: map, report, tables, geodata")
    run.add_argument("study", nargs="?", metavar="STUDY", help="packaged name or YAML file")
    run.add_argument(
        "--from", dest="manifest", type=Path, metavar="manifest.json", help="repeat a run"
    )
    _data(run)
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
    check.add_argument("study", metavar="STUDY")
    _data(check)

    sources = commands.add_parser("sources", help="the catalogue of sources and what is on disk")
    _data(sources)

    audit = commands.add_parser("audit", help="disclosure audit of a finished run or of a table")
    audit.add_argument("path", type=Path, metavar="PATH", help="folder of a run, or a CSV table")

    commands.add_parser("schema", help="print the JSON Schema of a study, for editors")
    return root


COMMANDS = ("run", "check", "sources", "audit", "schema")


def _data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="inputs (default: $SOZIALRAUM_DATA, then data/raw)"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    arguments = parser().parse_args(argv)
    if arguments.command is None:
        parser().print_help()
        return 0
    try:
        return globals()[f"_{arguments.command}"](arguments)
    except SozialraumError as error:
        print(wrap(str(error)), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(wrap("Interrupted; nothing was written."), file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        print(
            wrap("There is not enough memory for this run; nothing was written."), file=sys.stderr
        )
        return 5
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(wrap(f"The system says: {error.strerror or error}{where}."), file=sys.stderr)
        return 5
    except Exception as error:
        log = _log(error)
        print(
            wrap(
                f"A fault of the program itself, {type(error).__name__}: {error}. Nothing "
                f"was written. Please report it with the details in {log}."
            ),
            file=sys.stderr,
        )
        return 70


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


def _sources(arguments: argparse.Namespace) -> int:
    from sozialraum.areas import data_folder
    from sozialraum.sources import catalogue

    print(catalogue.overview(data_folder(arguments.data)))
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    if arguments.path.suffix.lower() == ".csv":
        from sozialraum.publish.attacker import audit_table

        findings = [
            f"{f.cell}: {f.lo:.0f} to {f.hi:.0f} follow from {f.how}. Withhold {f.fix}."
            for f in audit_table(arguments.path).itertuples()
        ]
    else:
        from sozialraum.publish.audit import audit_folder

        findings = audit_folder(arguments.path)
    for finding in findings:
        print(wrap(finding).removeprefix("sozialraum: "))
    if not findings:
        print(f"{arguments.path}: no withheld count can be inferred")
    return 4 if findings else 0


def _schema(arguments: argparse.Namespace) -> int:
    import json

    from sozialraum.study import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    return 0


class Progress:
    """Stages on a terminal; silent in a pipe and with `quiet`."""

    def __init__(
        self, *, quiet: bool = False, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.shown = not quiet and sys.stderr.isatty()
        self.clock, self.start, self.since, self.stage = clock, clock(), clock(), ""
        self.stopped = False
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._stop)

    def __call__(self, stage: str) -> None:
        """Begin a stage."""
        if self.stopped:
            raise KeyboardInterrupt
        self._close()
        self.stage, self.since = stage, self.clock()
        if self.shown:
            print(f"  {stage} …", end="", file=sys.stderr, flush=True)

    def _stop(self, number: int, frame: object) -> None:
        """Remember Ctrl-C: a callback of a C library may swallow the exception."""
        self.stopped = True
        raise KeyboardInterrupt

    def _close(self) -> None:
        if self.shown and self.stage:
            print(f"\r  {self.stage:42} {self.clock() - self.since:5.1f} s", file=sys.stderr)

    def end(self) -> None:
        """End the last stage."""
        self._close()
        if self.shown:
            print(f"  {'total':42} {self.clock() - self.start:5.1f} s\n", file=sys.stderr)
        self.stage = ""


def _log(error: BaseException) -> str:
    """Write the traceback to the user's state folder, readable by its owner only."""
    import traceback

    import platformdirs

    try:
        folder = Path(platformdirs.user_state_dir("sozialraum", appauthor=False))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "last-fault.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return "no log (the state folder cannot be written)"
    return str(path)
