"""The command line: thin, lazy, and never a traceback.

Every module below adds a group of commands with `register(commands)`; each command names its
function with ``set_defaults(handle=...)``, which takes the arguments and returns the exit code.

Exit codes: 0 done; 1 `--from` did not match; 2 wrong usage or study; 3 input data cannot be used;
4 stopped by disclosure control; 5 environment (disk, network, permission); 70 a fault of the
program itself; 130 interrupted.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from sozialraum.cli import after, batch, fetch, init, inspect, run
from sozialraum.cli.common import Parser, wrap
from sozialraum.cli.completion import SHELLS, PrintCompletion
from sozialraum.cli.log import keep_fault
from sozialraum.errors import SozialraumError
from sozialraum.garbage import RARELY

GROUPS = (run, batch, fetch, init, inspect, after)
"""Modules with commands, in the order of the help."""

EPILOG = """\
first steps:
  sozialraum run demo                        a fictitious city: map, report and tables
  sozialraum run charlottenburg-wilmersdorf --data FOLDER
  sozialraum check my-study.yaml --data FOLDER     read and validate only
"""


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
    root.add_argument(
        "--print-completion",
        action=PrintCompletion,
        choices=SHELLS,
        help='print the completion for a shell: eval "$(sozialraum --print-completion bash)"',
    )
    commands = root.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for group in GROUPS:
        group.register(commands)
    Parser.commands = tuple(commands.choices)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    arguments = parser().parse_args(argv)
    if arguments.command is None:
        parser().print_help()
        return 0
    try:
        return int(arguments.handle(arguments))
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
        return _told(error)
    except Exception as error:
        log = keep_fault(error)
        print(
            wrap(
                f"A fault of the program itself, {type(error).__name__}: {error}. Nothing "
                f"was written. Please report it with the details in {log}."
            ),
            file=sys.stderr,
        )
        return 70


def _told(error: OSError) -> int:
    """Say what the system says; returns the exit code."""
    where = f" ({error.filename})" if error.filename else ""
    print(wrap(f"The system says: {error.strerror or error}{where}."), file=sys.stderr)
    return 5


def program() -> NoReturn:
    """`main` in a process of its own, which ends with it."""
    # what other packages hang into pydantic has no say in a run, and is not looked for
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(*RARELY)
    status = main()
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        pass  # the reader has seen enough
    except OSError as error:
        status = status or _told(error)
    # Everything is written; to take a million objects apart one by one would take a while.
    os._exit(status)
