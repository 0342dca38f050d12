"""Commands that look at what is there: sources, audit, schema."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from sozialraum.cli.common import add_data, wrap
from sozialraum.errors import StudyError


def register(commands: Any) -> None:
    """Add the commands."""
    sources = commands.add_parser("sources", help="the catalogue of sources and what is on disk")
    sources.set_defaults(handle=_sources)
    add_data(sources)

    audit = commands.add_parser("audit", help="disclosure audit of a finished run or of a table")
    audit.set_defaults(handle=_audit)
    audit.add_argument(
        "path", type=Path, metavar="PATH", help="folder of a run, or a table (.csv, .xlsx)"
    )
    audit.add_argument(
        "--earlier", type=Path, metavar="DIR", help="a run that readers already have"
    )

    cache = commands.add_parser("cache", help="where results of stages are kept, and how much")
    cache.set_defaults(handle=_cache)
    cache.add_argument("--clear", action="store_true", help="remove them")

    venues = commands.add_parser("venues", help="an empty list of rooms to be kept by hand")
    venues.set_defaults(handle=_venues)
    venues.add_argument(
        "--template", type=Path, metavar="FILE", required=True,
        help="where to write it (.csv for spreadsheets, .gpkg for QGIS); never overwrites",
    )  # fmt: skip

    licences = commands.add_parser("licences", help="licence of every package of the environment")
    licences.set_defaults(handle=_licences)

    schema = commands.add_parser("schema", help="print the JSON Schema of a study, for editors")
    schema.set_defaults(handle=_schema)


def _sources(arguments: argparse.Namespace) -> int:
    import time

    from sozialraum.inputs import data_folder
    from sozialraum.sources import catalogue

    print(catalogue.overview(data_folder(arguments.data), now=time.time()))
    return 0


def _venues(arguments: argparse.Namespace) -> int:
    from sozialraum.sources.venue_list import TEMPLATE, template

    template(arguments.template)
    print(f"{arguments.template}: an empty list of rooms. Columns:")
    for column, meaning in TEMPLATE.items():
        print(f"  {column:14} {meaning}")
    print("In the study: venues: {own: FILE}, a path below the data folder.")
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    if arguments.path.suffix.lower() in (".csv", ".xlsx", ".xlsm"):
        from sozialraum.publish.table_audit import audit_table

        if arguments.earlier is not None:
            raise StudyError(
                "--earlier compares two runs", where=str(arguments.path), expected="a folder"
            )
        findings = [
            f"{f.cell!s}: {f.lo:.0f} to {f.hi:.0f} follow from {f.how!s}."
            + (f" Withhold {f.fix!s}." if f.fix else "")
            for f in audit_table(arguments.path).itertuples()
        ]
    else:
        from sozialraum.publish.audit import audit_folder, report_is_read

        findings = audit_folder(arguments.path, earlier=arguments.earlier)
        if not report_is_read():
            print("report.pdf was not read: that needs the package pypdf", file=sys.stderr)
    for finding in findings:
        print(wrap(finding).removeprefix("sozialraum: "))
    if not findings:
        print(f"{arguments.path}: no withheld count can be inferred")
    return 4 if findings else 0


def _cache(arguments: argparse.Namespace) -> int:
    from sozialraum.cache import LIMIT, open_cache

    cache = open_cache()
    if cache.folder is None:
        print("There is no cache: its folder cannot be written, or others can read it.")
        return 0
    size, count = cache.size(), len(cache.files())
    print(f"{cache.folder}: {count} results, {size / 1e6:.1f} MB (at most {LIMIT / 1e6:.0f} MB)")
    if arguments.clear:
        print(f"{cache.clear()} removed")
    return 0


def _licences(arguments: argparse.Namespace) -> int:
    from sozialraum.versions import licences

    for name, version, licence in licences():
        print(f"{name:32} {version:14} {licence}")
    return 0


def _schema(arguments: argparse.Namespace) -> int:
    import json

    from sozialraum.study import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))
    return 0
