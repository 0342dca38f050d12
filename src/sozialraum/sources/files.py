"""Opening local files, and nothing else: no address, no virtual path, no surprise in size.

Tables come by e-mail and from the internet. Whatever a file says about itself, reading it must
not reach the network, must not need more memory than its kind deserves, and must end in a result
or in one clear error.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from sozialraum.errors import EnvironmentFault, InputError

MEGABYTE = 1_000_000
_NOT_LOCAL = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]+:/+|/?vsi[a-z0-9_]*/|/vsi)", re.IGNORECASE)


def local_file(
    path: str | os.PathLike[str], *, limit: int = 200 * MEGABYTE, suffixes: tuple[str, ...] = ()
) -> Path:
    """Give the path of a readable, regular local file of acceptable size.

    Parameters
    ----------
    path : path-like
        Where the file is. Addresses (``https://…``) and GDAL's virtual paths (``/vsicurl/…``) are
        refused.
    limit : int
        Largest accepted size in bytes.
    suffixes : tuple of str
        Accepted name endings in lower case; empty: all.

    Raises
    ------
    InputError
        The file does not exist, is no regular file, is empty, too large or of another kind.
    EnvironmentFault
        The file exists but may not be read.

    Examples
    --------
    >>> local_file("https://example.org/areas.geojson")
    Traceback (most recent call last):
    ...
    sozialraum.errors.InputError: This is an address, not a local file (https://example.org/...
    """
    text = os.fspath(path)
    if _NOT_LOCAL.match(text) or "\0" in text:
        raise InputError(
            "This is an address, not a local file",
            where=text.replace("\0", "\\0"),
            hint="Download the file first ('sozialraum fetch') and give its path",
        )
    file = Path(text)
    try:
        status = file.stat()
    except FileNotFoundError:
        raise InputError(
            "The file does not exist", where=str(file), hint="Check the data folder (--data)"
        ) from None
    except OSError as error:
        raise EnvironmentFault(
            f"The file cannot be opened: {error.strerror}", where=str(file)
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise InputError("This is no regular file", where=str(file))
    if suffixes and file.suffix.lower() not in suffixes:
        raise InputError(
            f"Files ending in '{file.suffix}' are not read here",
            where=str(file),
            expected="one of " + ", ".join(suffixes),
        )
    if status.st_size == 0:
        raise InputError("The file is empty", where=str(file))
    if status.st_size > limit:
        raise InputError(
            f"The file has {status.st_size / MEGABYTE:,.0f} MB",
            where=str(file),
            expected=f"at most {limit / MEGABYTE:,.0f} MB",
        )
    return file


def read_bytes(
    path: str | os.PathLike[str], *, limit: int = 200 * MEGABYTE, suffixes: tuple[str, ...] = ()
) -> bytes:
    """Read a local file as a whole (see `local_file` for what is refused)."""
    file = local_file(path, limit=limit, suffixes=suffixes)
    try:
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise EnvironmentFault(
            f"The file cannot be read: {error.strerror}", where=str(file)
        ) from None
    if len(content) > limit:  # it grew after its size was asked
        raise InputError("The file changes while it is read", where=str(file))
    return content
