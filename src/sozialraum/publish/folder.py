"""The output folder of a run: complete or not there at all.

A run writes into a folder beside its place and is swapped in by rename when everything is
written. A run that fails, is interrupted or killed leaves the earlier result as it was; what a
killed run left behind is recognised and removed by the next one. Two runs cannot write into the
same place at once.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path

from sozialraum.errors import EnvironmentFault

OUTPUTS: tuple[str, ...] = (
    "map.html",
    "report.pdf",
    "ranking.csv",
    "regions.csv",
    "presence.csv",
    "frontier.csv",
) + ("areas.gpkg", "areas.parquet", "tables.xlsx", "presence.ics", "datapackage.json")
OUTPUTS += ("dcat.jsonld", "manifest.json")
"""Files of a run folder, the manifest last; `presence.ics` where the study plans hours."""

NOTICE = "INTERN-nicht-zur-Weitergabe.txt"
"""Stands in the folder of an internal run: tables of plain text cannot carry a stamp themselves."""

_HARMLESS = ("areas.gpkg-*", ".DS_Store", "Thumbs.db", "desktop.ini", ".~lock.*", "~$*")
"""What desktops and programs leave in a folder that they show."""

_MEANING = {
    errno.ENOSPC: "The disk is full",
    errno.EDQUOT: "The disk quota is used up",
    errno.EFBIG: "A file grew beyond the limit of the system",
    errno.EROFS: "The file system is read-only",
    errno.EACCES: "No permission to write",
    errno.EPERM: "No permission to write",
    errno.EIO: "The disk reports an error",
    errno.ENOTDIR: "A part of the path is a file, not a folder",
    errno.EEXIST: "A part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "The path is too long",
    errno.EBUSY: "The folder is in use or a mount point",
    errno.EXDEV: "The folder is a mount point",
}


@contextmanager
def publishing(
    out: str | Path, *, known: tuple[str, ...] = OUTPUTS, private: bool = False
) -> Iterator[Path]:
    """Give a folder to write into; it takes the place of `out` when the block ends well.

    Parameters
    ----------
    out : str or pathlib.Path
        Where the result belongs. An earlier result is replaced as a whole; a folder that holds
        anything else is refused before anything is written.
    known : tuple of str
        Names that a result may hold (patterns); a folder with others is not replaced.
    private : bool
        Only the owner may read the result (runs for internal use).

    Yields
    ------
    pathlib.Path
        An empty folder beside `out`.

    Raises
    ------
    EnvironmentFault
        Another run writes there now; the disk is full or read-only; no permission; `out` holds
        files that are no result of a run. The earlier result is untouched.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "demo"
    >>> with publishing(place) as folder:
    ...     _ = (folder / "ranking.csv").write_text("area_id")
    >>> [file.name for file in place.iterdir()]
    ['ranking.csv']
    """
    place = Path(out).expanduser().absolute()
    with _faults(place):
        place = place.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place):
        with _faults(place):
            _recover(place)
            _refuse_foreign(place, known)
            folder = _sibling(place, "run")
            folder.mkdir(mode=0o700 if private else 0o777)
        try:
            with _faults(folder):
                yield folder
                synchronise(folder)
                _swap(folder, place)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def recover(out: str | Path) -> None:
    """Put an earlier result back that a run killed in the middle of the swap had moved aside.

    Readers call it before they look; it does nothing while a run is writing there.
    """
    place = Path(out).absolute()
    with suppress(EnvironmentFault, OSError):
        if not place.exists() and any(_siblings(place, "old")):
            with _locked(place):
                _recover(place)


def _sibling(place: Path, role: str) -> Path:
    return place.parent / f".{place.name}.{role}-{secrets.token_hex(4)}"


def _siblings(place: Path, role: str) -> list[Path]:
    """What other runs into the same place left behind; nothing runs while the lock is held."""
    if not place.parent.is_dir():
        return []
    start = f".{place.name}.{role}-"
    return sorted(
        p
        for p in place.parent.iterdir()
        if p.name.startswith(start) and len(p.name) == len(start) + 8 and p.is_dir()
    )


def _recover(place: Path) -> None:
    old = _siblings(place, "old")
    if old and not place.exists():
        _patiently(lambda: old[-1].rename(place))
    for stale in [*_siblings(place, "old"), *_siblings(place, "run")]:
        shutil.rmtree(stale, ignore_errors=True)


def _refuse_foreign(place: Path, names: tuple[str, ...]) -> None:
    """Never remove what is not ours: somebody may give the path of a folder in use."""
    if not place.exists():
        return
    if not place.is_dir():
        raise EnvironmentFault(
            "The output folder is a file", where=str(place), hint="Give another --out"
        )
    known = (*names, *_HARMLESS)
    foreign = sorted(p.name for p in place.iterdir() if not any(fnmatch(p.name, k) for k in known))
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise EnvironmentFault(
            f"The output folder holds files that no run wrote: {', '.join(foreign[:3])}{more}",
            where=str(place),
            expected="an empty folder, an earlier result or a new name",
            hint="Give another --out or move these files away",
        )


def synchronise(folder: Path) -> None:
    """Bring every byte to the disk, as has to be before a rename makes it visible.

    What was brought there earlier, while there was time, takes none at the end.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb+") as handle:
                os.fsync(handle.fileno())
    _synchronise_entries(folder)


def _synchronise_entries(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there; NTFS logs renames itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swap(folder: Path, place: Path) -> None:
    """Two renames: a folder cannot be renamed onto one that is not empty, on no system."""
    aside = _sibling(place, "old")
    if place.exists():
        _patiently(lambda: place.rename(aside))
    try:
        _patiently(lambda: folder.rename(place))
    except BaseException:  # an interruption, too, must not leave the place empty
        if aside.exists() and not place.exists():
            _patiently(lambda: aside.rename(place))
        raise
    _synchronise_entries(place.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _patiently(rename: Callable[[], object]) -> None:
    """Repeat on Windows for a while: scanners hold new files open for a moment."""
    for wait in (0.05, 0.2, 0.5, 1.0) if os.name == "nt" else ():
        try:
            rename()
        except PermissionError:
            time.sleep(wait)
        else:
            return
    rename()


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the lock of a place; the system releases it when the process ends, however it ends."""
    path = place.parent / f".{place.name}.lock"
    with _faults(path):
        try:
            handle = _open_lock(path)
        except FileNotFoundError as error:  # some file systems say so instead of "no permission"
            raise PermissionError(errno.EACCES, "cannot create a file", str(path)) from error
    if handle is None:
        raise EnvironmentFault(
            "Another run is writing into the same output folder",
            where=str(place),
            hint="Wait for it to end or give another --out",
        )
    try:
        yield
    finally:
        if os.name == "nt":  # an open file cannot be removed there
            os.close(handle)
            with suppress(OSError):
                path.unlink()
        else:
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _open_lock(path: Path) -> int | None:
    """Descriptor of the locked file, None where another process holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
                return handle
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # the holder before us may have removed the file between our open and our lock
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(handle)):
                    return handle
        except OSError as error:
            os.close(handle)
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK):
                return None
            raise
        os.close(handle)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn faults of disk and permission into one clear sentence; other errors pass."""
    try:
        yield
    except OSError as error:
        what = _MEANING.get(error.errno or 0)
        if what is None and _full(path):
            what = _MEANING[errno.ENOSPC]
        if what is None or not _ours(error, path):
            raise
        raise EnvironmentFault(
            what,
            where=str(error.filename or path),
            hint="Free or choose another place with --out; an earlier result is unchanged",
        ) from error
    except Exception as error:
        # libraries below GDAL and Arrow lose the reason of a failed write
        if _full(path) and type(error).__module__.split(".")[0] != "sozialraum":
            raise EnvironmentFault(
                _MEANING[errno.ENOSPC],
                where=str(path),
                hint="Free some space or choose another place with --out",
            ) from error
        raise


def _ours(error: OSError, path: Path) -> bool:
    """Whether the fault is about the place of output, not about a file that is read."""
    if not isinstance(error.filename, str) or error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    named = Path(error.filename).absolute()
    return named in path.parents or named.is_relative_to(path.parent)


def _full(path: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(path).free < 65_536
    return False
