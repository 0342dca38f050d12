"""The command that writes a first study from the files at hand."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from sozialraum.errors import StudyError


def register(commands: Any) -> None:
    """Add the command."""
    init = commands.add_parser("init", help="write a first study from the files in a folder")
    init.set_defaults(handle=_init)
    init.add_argument("name", metavar="NAME", help="name of the study: small letters and hyphens")
    init.add_argument(
        "--data", type=Path, default=Path("data/raw"), metavar="DIR", help="folder with the files"
    )
    init.add_argument("--out", type=Path, metavar="FILE", help="default: NAME.yaml")
    init.add_argument("--region", default="", help="name of the region or town")
    init.add_argument("--title", default="", help="what one area is called, singular")
    init.add_argument(
        "--date", default="", metavar="YYYY-MM-DD", help="reference date of the counts"
    )
    init.add_argument(
        "--residents", default="", metavar="[FILE:]HEADING", help="column of residents"
    )
    init.add_argument(
        "--recipients", default="", metavar="[FILE:]HEADING", help="column of recipients"
    )
    init.add_argument("--yes", action="store_true", help="ask nothing, take every proposal")


def _init(arguments: argparse.Namespace) -> int:
    from sozialraum.areas.draft import Answers, accept, draft
    from sozialraum.areas.inspect import inspect_folder
    from sozialraum.areas.table import read_areas
    from sozialraum.study import load_study

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", arguments.name):
        raise StudyError(
            f"'{arguments.name}' is no name of a study", expected="small letters, digits, hyphens"
        )
    out = arguments.out or Path(f"{arguments.name}.yaml")
    if out.exists():
        raise StudyError(
            "The study exists already", where=str(out), hint="Give another file with --out"
        )
    if not arguments.data.is_dir():
        raise StudyError("There is no such folder", where=str(arguments.data), hint="Use --data")
    found = inspect_folder(arguments.data)
    for title, names in (
        ("areas", [a.path for a in found.areas]),
        ("table", [t.path for t in found.tables]),
        ("grid", found.grids),
        ("rooms", found.rooms),
        ("unknown", found.unknown),
    ):
        for name in names:
            print(f"{title:10} {name}")
    fields = ("region", "title", "date", "residents", "recipients")
    answers = Answers(**{f: getattr(arguments, f) for f in fields})
    quiet = arguments.yes or not sys.stdin.isatty()
    text = draft(found, arguments.name, answers, accept if quiet else _ask)
    out.write_text(text, encoding="utf-8")
    table = read_areas(load_study(out), arguments.data)
    print(f"\n{out}: {len(table.areas)} areas, {len(table.audit.findings)} findings when joining")
    print(f"next: sozialraum check {out} --data {arguments.data}")
    return 0


def _ask(question: str, proposal: str, choices: list[str]) -> str:
    """Ask on the terminal; an empty answer is the proposal, a number one of the choices."""
    for number, choice in enumerate(choices, 1):
        print(f"  {number:3} {choice}")
    answer = input(f"{question}{f' [{proposal}]' if proposal else ''} ").strip() or proposal
    if choices and answer.isdigit() and 1 <= int(answer) <= len(choices):
        return choices[int(answer) - 1]
    return answer
