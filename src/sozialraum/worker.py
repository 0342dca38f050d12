"""A second process, so that two cores work at once.

It starts with a run; while the inputs are read it imports its libraries, finds the fonts and draws
something, as the first figure takes longest. Then it computes what it is given, one after the
other. What comes out is the same as without it.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any

from sozialraum.errors import EnvironmentFault
from sozialraum.garbage import RARELY

TURN = 0.0005
"""Seconds after which a thread lets another one go on: what crosses to the worker and back comes in
a dozen pieces, and each waits for its turn beside a main thread that computes."""


class Worker:
    """A process that calls functions.

    Functions, arguments and results cross over pickled, between two processes of the same user
    that trust each other; nothing of it touches a disk.

    Examples
    --------
    >>> with Worker() as worker:
    ...     worker.submit(max, 2, 3).result()
    3
    """

    def __init__(self) -> None:
        options: dict[str, Any] = {}
        if os.name == "posix":
            options["start_new_session"] = True  # Ctrl-C is for the run; it ends the worker
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **options,
        )
        # One thread hands over and waits, so that the run never does before it needs a result.
        self._thread = ThreadPoolExecutor(max_workers=1)

    def submit(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function of a module there, after everything that was submitted before.

        Parameters
        ----------
        function : callable
            Importable by its name.
        *args, **kwargs
            Whatever can be pickled. A future of an earlier call, as an argument or a value of a
            dict, stands for its result.

        Returns
        -------
        concurrent.futures.Future
            Its `result` raises what the function raised, or `EnvironmentFault` where the process
            ended without an answer (out of memory, killed).
        """
        return self._thread.submit(self._call, function, args, kwargs)

    def _call(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        task = function, [_result(a) for a in args], kwargs
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            pickle.dump(task, self.process.stdin, protocol=5)
            self.process.stdin.flush()
            done, answer = pickle.load(self.process.stdout)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError) as error:
            raise EnvironmentFault(
                f"The second process of the run ended with {self.process.wait()}",
                expected="an answer",
                hint="Free some memory, or run with --jobs 1",
            ) from error
        if not done:
            raise answer
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self._thread.shutdown(cancel_futures=True)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        # It gives back its memory for a while; only what was asked of it is waited for.
        Thread(target=self.process.wait, daemon=True).start()


def _result(value: Any) -> Any:
    """What a future has become: earlier calls are done."""
    if isinstance(value, dict):
        return {key: _result(inner) for key, inner in value.items()}
    return value.result() if isinstance(value, Future) else value


def main() -> None:
    """Answer on standard output what is asked on standard input, until it ends."""
    gc.set_threshold(*RARELY)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints is no answer
    import babel.numbers  # noqa: F401
    import geopandas  # noqa: F401
    import typst  # noqa: F401
    from matplotlib.artist import Artist

    # As they are loaded, matplotlib's classes describe all their properties in help texts: a third
    # of a second for what nobody reads here.
    Artist._update_set_signature_and_docstring = classmethod(  # type: ignore[attr-defined]
        lambda cls: None
    )
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401

    from sozialraum.cache import program
    from sozialraum.publish.report import drawing, typeset

    program()
    with suppress(Exception):  # whoever asks for a report or a figure is told
        typeset.fonts()
        drawing.warm_up()
    while True:
        try:
            function, args, kwargs = pickle.load(questions)
        except EOFError:
            return
        answer: tuple[bool, Any]
        try:
            answer = True, function(*args, **kwargs)
        except Exception as error:
            answer = False, error
        pickle.dump(answer, answers, protocol=5)
        answers.flush()


if __name__ == "__main__":
    main()
