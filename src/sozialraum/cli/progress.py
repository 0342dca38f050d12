"""Stages of a long work on the terminal, with an estimate of what is left, and Ctrl-C."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sozialraum.cli.log import keep_times, read_times, start_log, stop_log, was_computed

LOG = logging.getLogger("sozialraum.run")


class Progress:
    """Stages on a terminal; silent in a pipe and with `quiet`.

    Parameters
    ----------
    name : str
        What is worked on: its last run tells how long the stages will take.
    quiet : bool
        Show nothing.
    clock : callable
        Seconds.
    """

    def __init__(
        self,
        name: str = "",
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.name, self.clock = name, clock
        self.shown = not quiet and sys.stderr.isatty()
        self.start, self.since, self.stage = clock(), clock(), ""
        self.expected = read_times(name) if self.shown and name else {}
        self.seconds: dict[str, float] = {}
        self.computing = True
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
            line = f"  {stage} …{self.left()}"
            print(f"{line:78}", end="", file=sys.stderr, flush=True)

    def left(self) -> str:
        """Estimate for this stage and those after it, from earlier runs of the same study.

        If the stage before came from the cache, those to come are taken to do so, too.
        """
        names = list(self.expected)
        if self.stage not in names:
            return ""
        rest = sum(self.expected[n][self.computing] for n in names[names.index(self.stage) :])
        return f" about {max(round(rest), 1)} s left"

    def _stop(self, number: int, frame: object) -> None:
        """Remember Ctrl-C: a callback of a C library may swallow the exception."""
        self.stopped = True
        raise KeyboardInterrupt

    def _close(self) -> None:
        if not self.stage:
            return
        took = self.clock() - self.since
        self.seconds[self.stage] = took
        if self.stage in self.expected:
            self.computing = was_computed(took, self.expected[self.stage])
        LOG.info("%s: %.1f s", self.stage, took)
        if self.shown:
            line = f"  {self.stage:42} {took:5.1f} s"
            print(f"\r{line:78}", file=sys.stderr)

    def end(self) -> None:
        """End the last stage; keep the times for the next run's estimate."""
        self._close()
        self.stage = ""
        total = self.clock() - self.start
        LOG.info("total: %.1f s", total)
        if self.shown:
            print(f"  {'total':42} {total:5.1f} s\n", file=sys.stderr)
        if self.name and self.seconds:
            keep_times(self.name, self.seconds)


@contextmanager
def speaking(arguments: Any, name: str) -> Iterator[Progress]:
    """Progress and log of one command; the log says how it ended.

    Parameters
    ----------
    arguments : argparse.Namespace
        With `quiet` and `verbose`.
    name : str
        What is worked on.
    """
    from sozialraum import __version__

    path = start_log(verbose=arguments.verbose)
    LOG.info("sozialraum %s: %s %s", __version__, arguments.command, name)
    if arguments.verbose and path is not None:
        LOG.info("log: %s", path)
    try:
        # with --verbose the log's own lines stand on the terminal
        yield Progress(name, quiet=arguments.quiet or arguments.verbose)
    except BaseException as error:  # its message may quote a figure: it is not for the log
        LOG.info("ended with %s", type(error).__name__)
        raise
    else:
        LOG.info("done")
    finally:
        stop_log()
