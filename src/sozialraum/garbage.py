"""When the interpreter looks for garbage: a run makes millions of objects and hardly any."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (100_000, 50, 50)
"""Thresholds of a process that computes a run and ends: a look costs up to a tenth of a second."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage rarely while a run is computed.

    Examples
    --------
    >>> before = gc.get_threshold()
    >>> with collecting_rarely():
    ...     gc.get_threshold() == RARELY
    True
    >>> gc.get_threshold() == before
    True
    """
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
