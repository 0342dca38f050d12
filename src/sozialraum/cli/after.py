"""Commands that work on finished runs: report, compare, evaluate."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sozialraum.errors import StudyError


def register(commands: Any) -> None:
    """Add the commands."""
    report = commands.add_parser("report", help="the two-page Vorlage of a finished run (.docx)")
    report.set_defaults(handle=_report)
    report.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    report.add_argument("--short", action="store_true", help="the short paper (the only one)")
    report.add_argument("--out", type=Path, metavar="FILE", help="default: vorlage-KENNUNG.docx")


def _report(arguments: argparse.Namespace) -> int:
    from sozialraum.publish.finished import read_run
    from sozialraum.publish.vorlage import write_vorlage

    if not arguments.short:
        raise StudyError(
            "The long report is written by every run",
            where=str(arguments.run / "report.pdf"),
            expected="--short for the two-page Vorlage",
            hint="Open report.pdf in the run's folder, or add --short",
        )
    run = read_run(arguments.run)
    out = arguments.out or Path(f"vorlage-{run.info.fingerprint}.docx")
    if out.resolve().parent == run.folder.resolve():
        raise StudyError(
            "A run's folder holds what its manifest lists and nothing else",
            where=str(out),
            expected="--out outside of the run's folder",
        )
    print(write_vorlage(run, out))
    return 0
