"""Logs in the user's state folder, readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """The user's state folder, made where it is missing."""
    import platformdirs

    folder = Path(platformdirs.user_state_dir("sozialraum", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep_fault(error: BaseException) -> str:
    """Write the traceback to the state folder; returns where, or why not."""
    import traceback

    try:
        path = state_folder() / "last-fault.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return "no log (the state folder cannot be written)"
    return str(path)
