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
    report.add_argument(
        "--out", type=Path, metavar="FILE.docx", help="default: vorlage-KENNUNG.docx"
    )

    compare = commands.add_parser("compare", help="what changed between two finished runs")
    compare.set_defaults(handle=_compare)
    compare.add_argument("before", type=Path, metavar="RUN_A", help="folder of the earlier run")
    compare.add_argument("after", type=Path, metavar="RUN_B", help="folder of the later run")
    compare.add_argument("--out", type=Path, metavar="DIR", help="default: compare-KENNUNG-KENNUNG")
    compare.add_argument(
        "--although-different",
        action="store_true",
        help="compare runs, too, that define share or index differently; the page says so",
    )

    evaluate = commands.add_parser("evaluate", help="planned reach against visits counted on site")
    evaluate.set_defaults(handle=_evaluate)
    evaluate.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    evaluate.add_argument(
        "visits", type=Path, metavar="VISITS.csv", help="room, date, kind, number; no personal data"
    )
    evaluate.add_argument("--out", type=Path, metavar="DIR", help="default: evaluation-KENNUNG")


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


_CAUSES = {
    "people": "other figures of where people of the group live",
    "rooms": "other lists or rules: which rooms and offices there are",
    "settings": "other settings of the study",
    "together": "only several changes together",
    "unlisted": "not listed in one of the runs",
    "ineligible": "not eligible in one of the runs",
    "unknown": "cannot be recomputed from the runs' files",
}


def _compare(arguments: argparse.Namespace) -> int:
    from sozialraum.comparison import compare_runs, write_comparison

    comparison = compare_runs(
        arguments.before, arguments.after, although_different=arguments.although_different
    )
    marks = [run.info.fingerprint for run in (comparison.before, comparison.after)]
    out = write_comparison(comparison, arguments.out or Path(f"compare-{'-'.join(marks)}"))
    for difference in comparison.definitions:
        print(f"defined differently: {difference.measure}")
    if comparison.same:
        print("shares: the same counts in both runs")
    else:
        print(f"shares beyond chance   {int(comparison.areas['share_beyond_chance'].sum())}")
    print(f"ranks beyond their sets {int(comparison.areas['rank_beyond_sets'].sum())}")
    rooms = comparison.rooms[comparison.rooms["target"] == "everybody"]
    for word, label in (("neu", "enters"), ("entfällt", "leaves")):
        table = rooms.loc[rooms["change"] == word, ["name", "cause"]]
        for name, cause in table.itertuples(index=False):
            reasons = "; ".join(_CAUSES[part] for part in cause.split("; "))
            print(f"{label:7} {name}: {reasons}")
    print(out / "compare.html")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from sozialraum.evaluation import evaluate_visits, write_evaluation

    found = evaluate_visits(arguments.run, arguments.visits)
    fingerprint = found.run.info.fingerprint
    out = write_evaluation(found, arguments.out or Path(f"evaluation-{fingerprint}"))
    for word, label in (("besser", "more"), ("schlechter", "fewer")):
        names = found.rooms.loc[found.rooms["judgement"] == word, "name"]
        print(f"{label:5} visits than expected: {', '.join(names) or 'none for certain'}")
    print(out / "evaluation.html")
    return 0
