"""Logs and times of earlier runs in the user's state folder, readable by their owner only.

The log says which stage ran for how long, never a figure of a study nor a message that may quote
one.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

NAME = "sozialraum.log"
TIMES = "stages.json"
MAX_BYTES = 500_000


def state_folder() -> Path:
    """The user's state folder, made where it is missing."""
    import platformdirs

    folder = Path(platformdirs.user_state_dir("sozialraum", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep_fault(error: BaseException) -> str:
    """Write the traceback to the state folder; returns where, or why not."""
    import traceback

    try:
        path = state_folder() / "last-fault.log"
        with _private(str(path), "w") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return "no log (the state folder cannot be written)"
    return str(path)


def start_log(*, verbose: bool = False) -> Path | None:
    """Begin to log into the state folder, and to the terminal with `verbose`.

    Returns
    -------
    pathlib.Path or None
        The log; None where it cannot be written.
    """
    from logging.handlers import RotatingFileHandler

    class Handler(RotatingFileHandler):
        def _open(self) -> Any:
            return _private(self.baseFilename, self.mode)

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
            """A log that cannot be written must not stop the work."""

    logger = logging.getLogger("sozialraum")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    stop_log()
    path: Path | None = None
    with suppress(OSError):
        path = state_folder() / NAME
        handler = Handler(path, maxBytes=MAX_BYTES, backupCount=2, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
        logger.addHandler(handler)
    if verbose:
        terminal = logging.StreamHandler()
        terminal.setFormatter(logging.Formatter("  %(message)s"))
        logger.addHandler(terminal)
    return path


def stop_log() -> None:
    """Close the log."""
    logger = logging.getLogger("sozialraum")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def read_times(name: str) -> dict[str, tuple[float, float]]:
    """Seconds of each stage in earlier runs of a study, from the cache and computed.

    Both are the same where only one is known; empty where nothing is.
    """
    with suppress(OSError, ValueError, LookupError, AttributeError, TypeError):
        text = (state_folder() / TIMES).read_text(encoding="utf-8")
        times = json.loads(text)[name].items()
        return {str(k): (float(fast), float(slow)) for k, (fast, slow) in times}
    return {}


def was_computed(took: float, times: tuple[float, float]) -> bool:
    """Whether a stage that took so long was computed; half as long as ever: from the cache.

    Examples
    --------
    >>> was_computed(0.1, (3.0, 3.0)), was_computed(2.0, (0.1, 3.0))
    (False, True)
    """
    return took >= times[1] / 2


def keep_times(name: str, seconds: Mapping[str, float]) -> None:
    """Remember how long the stages of a study took, for the next estimate.

    A stage that came from the cache leaves the time that it takes to compute as it was.
    """
    times, before = {}, read_times(name)
    for stage, took in seconds.items():
        fast, slow = before.get(stage, (took, took))
        if was_computed(took, (fast, slow)):
            fast, slow = min(fast, took), took
        else:
            fast = took
        times[stage] = (round(fast, 2), round(slow, 2))
    with suppress(OSError):
        path = state_folder() / TIMES
        known: Any = {}
        with suppress(OSError, ValueError):
            known = json.loads(path.read_text(encoding="utf-8"))
        known = dict(list(known.items())[-50:]) if isinstance(known, dict) else {}
        known.pop(name, None)
        known[name] = times
        beside = path.with_name(f".{TIMES}.{os.urandom(4).hex()}")
        with _private(str(beside), "w") as file:
            file.write(json.dumps(known))
        beside.replace(path)


def _private(path: str, mode: str) -> IO[str]:
    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, mode, encoding="utf-8", opener=opener)
