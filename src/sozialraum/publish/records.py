"""Size and checksum of files: of what a run reads, and of what it writes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sozialraum.errors import InputError


@dataclass(frozen=True)
class FileRecord:
    """Size and SHA-256 of one file."""

    sha256: str
    bytes: int


def record(path: Path) -> FileRecord:
    """Hash one file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    FileRecord
    """
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return FileRecord(digest, handle.tell())


class Records:
    """Size and checksum of the files of a folder, each read once: what is written stays as it is.

    Parameters
    ----------
    folder : pathlib.Path

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "ranking.csv").write_text("area_id")
    >>> Records(folder)["ranking.csv"].bytes
    7
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, FileRecord] = {}

    def __getitem__(self, name: str) -> FileRecord:
        """The record of one file, by its path below the folder."""
        if name not in self._read:
            self._read[name] = record(self._folder / name)
        return self._read[name]

    def everything(self) -> dict[str, FileRecord]:
        """Of all files that there are by now, sorted by name."""
        found = (p for p in self._folder.rglob("*") if p.is_file())
        return {
            name: self[name]
            for name in sorted(p.relative_to(self._folder).as_posix() for p in found)
        }


_known: dict[tuple[str, int, int, int], FileRecord] = {}


def record_once(path: Path) -> FileRecord:
    """Hash a file again only where its size or time differs from what this process saw before.

    A file that changed within the last two seconds is always hashed: a clock ticks too coarsely
    to tell two changes in a row.
    """
    found = path.stat()
    key = (str(path), found.st_size, found.st_mtime_ns, found.st_ino)
    if key not in _known or time.time_ns() - found.st_mtime_ns < 2_000_000_000:
        _known[key] = record(path)
    return _known[key]


def record_inputs(data: Path, paths: Iterable[str | Path]) -> dict[str, FileRecord]:
    """Hash inputs under names relative to the data folder, sorted.

    A shapefile is several files: those beside an `.shp` with the same stem count, too.

    Parameters
    ----------
    data : pathlib.Path
        The data folder.
    paths : iterable of str or pathlib.Path
        Relative to it, or below it.

    Returns
    -------
    dict of FileRecord
        Keys are POSIX paths relative to `data`.

    Raises
    ------
    InputError
        A path leaves the data folder or does not exist.
    """
    files: dict[str, Path] = {}
    root = data.absolute()
    for given in paths:
        path = root / given
        name = _relative(path, root)
        if not path.is_file():
            raise InputError("An input is missing", where=name, hint="See `sozialraum sources`")
        beside = path.parent.glob(f"{path.stem}.*") if path.suffix.lower() == ".shp" else ()
        parts = [path, *(p for p in beside if p.suffix.lower() in _SHAPEFILE)]
        files.update({_relative(p, root): p for p in parts})
    return {name: record_once(files[name]) for name in sorted(files)}


_SHAPEFILE = {".shp", ".shx", ".dbf", ".prj", ".cpg"}


def _relative(path: Path, root: Path) -> str:
    try:
        name = path.relative_to(root).as_posix()
    except ValueError:
        name = ".."
    if ".." in PurePosixPath(name).parts:
        raise InputError(
            f"{path.name} lies outside the data folder",
            expected="inputs below the folder given by --data",
        )
    return name
