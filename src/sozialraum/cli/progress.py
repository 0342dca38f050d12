"""Stages of a long work on the terminal, and Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable


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
