"""How a fetched file gets into the data folder: whole, checked, and all its parts or none.

A shapefile is five files, so replacing it takes five steps. They are written down first
(``.fetch/commit.json``); whoever opens the data folder next, a fetch or a run, finishes what an
interrupted one left undone. So a folder is never read half old and half new.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sozialraum.errors import EnvironmentFault

WORK = ".fetch"
JOURNAL = "commit.json"
STATE = "state.json"


@dataclass(frozen=True)
class Known:
    """What is remembered of a file that was fetched."""

    url: str
    sha256: str
    etag: str = ""
    modified: str = ""


def work_folder(root: Path) -> Path:
    """Where transfers and new files wait."""
    return root / WORK


def digest(files: Sequence[Path]) -> str:
    """SHA-256 over files, in the order of their names."""
    result = hashlib.sha256()
    for path in sorted(files):
        result.update(path.read_bytes())
    return result.hexdigest()


def parts_of(path: Path) -> list[Path]:
    """The files that belong to one: those of a shapefile, else itself."""
    if path.suffix.lower() != ".shp":
        return [path] if path.is_file() else []
    suffixes = (".shp", ".dbf", ".shx", ".prj", ".cpg")
    return [p for s in suffixes if (p := path.with_suffix(s)).is_file()]


def replace(root: Path, new: Sequence[Path], target: Path) -> None:
    """Put checked new files at their place, all or none.

    Parameters
    ----------
    root : pathlib.Path
        The data folder.
    new : sequence of pathlib.Path
        Files in the work folder; each goes beside `target` with its own suffix.
    target : pathlib.Path
        Place of the main file.
    """
    moves = {os.fspath(p.relative_to(root)): _place(p, target, root) for p in new}
    for path in new:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    journal = work_folder(root) / JOURNAL
    _write_whole(journal, json.dumps(moves, sort_keys=True))
    finish(root)


def finish(root: Path) -> bool:
    """Finish a replacement that was interrupted; True where there was one."""
    journal = work_folder(root) / JOURNAL
    if not journal.is_file():
        return False
    inside = root.resolve()
    try:
        moves = json.loads(journal.read_text(encoding="utf-8"))
        for new, target in moves.items():
            source, place = root / new, root / target
            if inside not in place.resolve().parents or inside not in source.resolve().parents:
                raise ValueError(target)
            if source.is_file():  # else it was moved before the interruption
                source.replace(place)
    except (ValueError, AttributeError, TypeError, OSError) as error:
        raise EnvironmentFault(
            f"An interrupted fetch cannot be finished: {error}",
            where=str(journal),
            hint="Delete the folder .fetch in the data folder and fetch again",
        ) from None
    journal.unlink()
    return True


def remembered(root: Path) -> dict[str, Known]:
    """What is remembered, by file; empty where nothing is."""
    try:
        document = json.loads((work_folder(root) / STATE).read_text(encoding="utf-8"))
        return {name: Known(**entry) for name, entry in document.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(root: Path, name: str, known: Known) -> None:
    """Note what a fetched file was."""
    document = {k: asdict(v) for k, v in (remembered(root) | {name: known}).items()}
    _write_whole(work_folder(root) / STATE, json.dumps(document, sort_keys=True, indent=1))


def refuse_full_disk(root: Path, needed: int) -> None:
    """Stop before a transfer that would not fit."""
    free = shutil.disk_usage(root).free
    if free < needed:
        raise EnvironmentFault(
            f"The disk has {free / 1e6:,.0f} MB left",
            where=str(root),
            expected=f"{needed / 1e6:,.0f} MB",
        )


def _place(new: Path, target: Path, root: Path) -> str:
    return os.fspath(target.with_suffix(new.suffix).relative_to(root))


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
