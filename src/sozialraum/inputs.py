"""The data folder, and which of its files a run reads."""

from __future__ import annotations

import os
from pathlib import Path

from sozialraum.errors import InputError
from sozialraum.study import Study

SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")


def data_folder(data: str | Path | None, study: Study | None = None) -> Path:
    """The folder the inputs are in: given, `$SOZIALRAUM_DATA`, the demo's own, or `data/raw`.

    Parameters
    ----------
    data : path, optional
        As given by the user.
    study : Study, optional
        A fictitious study without a given folder brings its data along.

    Raises
    ------
    InputError
        There is no such folder.

    Examples
    --------
    >>> from sozialraum import demo
    >>> data_folder(demo.folder()) == demo.folder()
    True
    """
    if data is None and study is not None and study.fictitious:
        from sozialraum.demo import folder

        return folder()
    chosen = Path(data or os.environ.get("SOZIALRAUM_DATA") or "data/raw")
    if not chosen.is_dir():
        raise InputError(
            "The data folder does not exist",
            where=str(chosen),
            expected="a folder with the publishers' files in the layout of data/raw/README.md",
            hint="Give it with --data or in the environment variable SOZIALRAUM_DATA",
        )
    return chosen


class Inputs:
    """Files below one data folder; every file that is asked for is recorded."""

    def __init__(self, root: Path) -> None:
        if (root / ".fetch" / "commit.json").is_file():
            from sozialraum.sources.fetch.store import finish

            finish(root)  # a fetch was interrupted between two parts of a shapefile
        self.root = root
        self._read: dict[str, Path] = {}

    def path(self, relative: str, *, needed_for: str = "the study") -> Path:
        """The file's path, recorded as an input of the run."""
        path = self.root / relative
        if not path.is_file():
            raise InputError(
                "An input file is missing",
                where=str(path),
                expected=f"the file that {needed_for} names as {relative!r}",
                hint=self._advice(),
            )
        parts = [path]
        if path.suffix.lower() == ".shp":
            parts = [p for s in SHAPEFILE_PARTS if (p := path.with_suffix(s)).is_file()]
        for part in parts:
            self._read[part.relative_to(self.root).as_posix()] = part
        return path

    def _advice(self) -> str:
        there = "There is no file at all. " if not any(self.root.iterdir()) else ""
        return (
            f"{there}'sozialraum sources' says who publishes it, 'sozialraum fetch STUDY' loads "
            "what is public; or name another file in the study"
        )

    def newest(self, pattern: str | None) -> Path | None:
        """The last match of a pattern by name (names carry dates), or None."""
        if not pattern or ".." in pattern or Path(pattern).is_absolute():
            return None
        found = sorted(p for p in self.root.glob(pattern) if not p.name.startswith(("~", ".")))
        return self.path(found[-1].relative_to(self.root).as_posix()) if found else None

    @property
    def names(self) -> list[str]:
        """Every file that was read so far, relative to the data folder, sorted."""
        return sorted(self._read)
