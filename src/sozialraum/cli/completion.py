"""Completion for the shell: ``sozialraum --print-completion bash``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

SHELLS = ("bash", "zsh", "tcsh")
FOLDERS = {"DIR"}
FILES = {"STUDY", "PATH", "FILE", "RUN", "manifest.json"}
"""What an argument is called that wants a folder or a file."""


class PrintCompletion(argparse.Action):
    """Print the completion of a shell and end."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print and leave; shtab is imported only here."""
        import shtab

        _say_what_is_a_path(parser, shtab.DIRECTORY, shtab.FILE)
        print(shtab.complete(parser, shell=str(values)))
        parser.exit(0)


def _say_what_is_a_path(parser: argparse.ArgumentParser, folder: Any, file: Any) -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _say_what_is_a_path(command, folder, file)
        elif action.metavar in FOLDERS | FILES:
            action.complete = folder if action.metavar in FOLDERS else file  # type: ignore[attr-defined]
