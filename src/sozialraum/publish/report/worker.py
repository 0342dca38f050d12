"""The report in a process of its own, so that two cores work at once.

The process starts with the run and imports its libraries while the figures are computed; it gets
the content when that is released, and sets the report while the other files are written. The
bytes are the same as without it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sozialraum.errors import EnvironmentFault

if TYPE_CHECKING:
    from sozialraum.publish.content import Content


class ReportWorker:
    """A process that renders one report.

    Parameters
    ----------
    cache : bool
        See `sozialraum.publish.report.kept.kept_report`.

    Examples
    --------
    >>> with ReportWorker() as worker:
    ...     worker.process.poll() is None
    True
    """

    def __init__(self, *, cache: bool = True) -> None:
        options: dict[str, Any] = {}
        if os.name == "posix":
            options["start_new_session"] = True  # Ctrl-C is for the run; it ends the worker
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, *["--no-cache"] * (not cache)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **options,
        )

    def start(self, content: Content) -> None:
        """Hand over the content; the report is set from now on."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # the answer says why
            pickle.dump(content, self.process.stdin, protocol=5)
            self.process.stdin.close()

    def finish(self, path: str | Path) -> None:
        """Wait for the report and write it.

        Raises
        ------
        EnvironmentFault
            The process ended without an answer (out of memory, killed).
        Exception
            Whatever went wrong while the report was set.
        """
        assert self.process.stdout is not None
        answer = self.process.stdout.read()
        if self.process.wait() != 0 or not answer:
            raise EnvironmentFault(
                f"The process that sets the report ended with {self.process.returncode}",
                expected="a report",
                hint="Free some memory, or run with --jobs 1",
            )
        result = pickle.loads(answer)
        if isinstance(result, BaseException):
            raise result
        Path(path).write_bytes(result)

    def __enter__(self) -> ReportWorker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        self.process.wait()


def main() -> None:
    """Read a content from standard input, write the PDF to standard output."""
    import babel.numbers  # noqa: F401
    import geopandas  # noqa: F401
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401
    import typst  # noqa: F401

    from sozialraum.publish.report import document  # noqa: F401
    from sozialraum.publish.report.kept import kept_report

    result: bytes | BaseException
    try:
        content = pickle.load(sys.stdin.buffer)
    except EOFError:
        return  # the run ended before there was anything to report
    try:
        result = kept_report(content, cache="--no-cache" not in sys.argv)
    except Exception as error:
        result = error
    pickle.dump(result, sys.stdout.buffer, protocol=5)


if __name__ == "__main__":
    main()
