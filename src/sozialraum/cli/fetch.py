"""The command that fetches what a study needs from the official services."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from sozialraum.cli.common import add_data
from sozialraum.errors import StudyError


def register(commands: Any) -> None:
    """Add the command."""
    fetch = commands.add_parser(
        "fetch", help="download what a study needs from the official services"
    )
    fetch.set_defaults(handle=_fetch)
    fetch.add_argument("study", metavar="STUDY", help="packaged name or YAML file")
    add_data(fetch)
    fetch.add_argument(
        "--url",
        action="append",
        default=[],
        metavar="SERVICE=URL",
        help="another address of a service (gdi, afs, destatis, geofabrik; mirror: files of your "
        "office in the layout of data/raw); also SOZIALRAUM_URL_GDI …",
    )
    fetch.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="these files, e.g. mss/2025/*",
    )
    fetch.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="ID",
        help="everything that a source of the catalogue offers, instead of what the study reads "
        "(see 'sozialraum sources'), e.g. detailnetz",
    )
    fetch.add_argument(
        "--offline", action="store_true", help="fetch nothing, say what is there and what is not"
    )
    fetch.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="seconds to wait for an answer"
    )


def _fetch(arguments: argparse.Namespace) -> int:
    from sozialraum.sources.fetch.client import Client
    from sozialraum.sources.fetch.study import Outcome, fetch_study
    from sozialraum.study import load_study

    urls = {}
    for given in arguments.url:
        service, found, address = given.partition("=")
        if not found or not address.startswith(("http://", "https://")):
            raise StudyError(
                "The address of a service is not well formed",
                where=f"--url {given}",
                expected="SERVICE=https://…",
            )
        urls[service] = address
    if arguments.timeout <= 0:
        raise StudyError("--timeout must be greater than 0", where=f"--timeout {arguments.timeout}")
    study = load_study(arguments.study)
    root = arguments.data or Path(os.environ.get("SOZIALRAUM_DATA") or "data/raw")
    client = Client(offline=arguments.offline, read=arguments.timeout)

    def say(outcome: Outcome) -> None:
        detail = f"  {outcome.detail}" if outcome.detail else ""
        print(f"{outcome.state:10} {outcome.path}{detail}", flush=True)

    outcomes = fetch_study(
        study,
        root,
        client=client,
        urls=urls,
        only=arguments.only,
        sources=arguments.source,
        say=say,
    )
    failed = [o for o in outcomes if o.error is not None]
    missing = [o for o in outcomes if o.state == "missing"]
    done = len(outcomes) - len(failed) - len(missing)
    print(f"\n{done} of {len(outcomes)} files are there", end="")
    print(f", {len(failed)} failed" if failed else "", end="")
    print(f", {len(missing)} have to be put there by hand" if missing else "", end=".\n")
    if failed:
        return next(o.error.exit_code for o in failed if o.error is not None)
    return 3 if missing else 0
