"""What all commands share: the parser, options, paragraphs."""

from __future__ import annotations

import argparse
import difflib
import sys
import textwrap
from pathlib import Path
from typing import ClassVar, NoReturn

WIDTH = 100
"""Columns of a paragraph on the terminal."""


class Parser(argparse.ArgumentParser):
    """Errors as one paragraph, with the nearest command."""

    commands: ClassVar[tuple[str, ...]] = ()

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        given = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
        near = difflib.get_close_matches(given, self.commands, n=1)
        hint = f" Did you mean '{near[0]}'?" if near and near[0] != given else ""
        self.exit(2, wrap(f"{message}.{hint} See 'sozialraum --help'.") + "\n")


def wrap(message: str) -> str:
    """One paragraph at the width of a terminal."""
    return textwrap.fill(
        f"sozialraum: {message}", WIDTH, break_long_words=False, break_on_hyphens=False
    )


def add_data(command: argparse.ArgumentParser) -> None:
    """Add the option that names the folder of the inputs."""
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="inputs (default: $SOZIALRAUM_DATA, then data/raw)"
    )


def add_voice(command: argparse.ArgumentParser) -> None:
    """Add the options that say how much is printed."""
    voice = command.add_mutually_exclusive_group()
    voice.add_argument("--quiet", action="store_true", help="print nothing but errors")
    voice.add_argument(
        "--verbose", action="store_true", help="print every stage, and what came from the cache"
    )
