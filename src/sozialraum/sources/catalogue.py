"""The catalogue of sources: who publishes what, when, and how it has to be named."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.errors import StudyError
from sozialraum.packaged import packaged
from sozialraum.sources.fetch.download import Download

if TYPE_CHECKING:
    from sozialraum.study.layout import OwnSource


@dataclass(frozen=True)
class Source:
    """One source.

    Attributes
    ----------
    id : str
        As studies name it.
    title, publisher, licence : str
        As readers see them.
    attribution : str
        The sentence that has to stand in every output.
    reference_date : str
        ISO date, year or month; empty where the source has none of its own.
    url : str
        The publisher's page.
    files : tuple of str
        Patterns below the data folder.
    columns : mapping
        What the columns that are used mean.
    fictitious : bool
        Made by the program itself.
    fetch : tuple of Download
        Files that can be fetched from a service.
    """

    id: str
    title: str
    publisher: str
    licence: str
    attribution: str
    reference_date: str = ""
    url: str = ""
    files: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    fictitious: bool = False
    fetch: tuple[Download, ...] = ()

    def on_disk(self, folder: Path) -> list[Path]:
        """Files of this source in a data folder, sorted."""
        return sorted(path for pattern in self.files for path in folder.glob(pattern))


def services() -> dict[str, str]:
    """Base address of every service that is fetched from.

    Examples
    --------
    >>> sorted(services())
    ['afs', 'destatis', 'gdi', 'geofabrik']
    """
    return dict(_document()["services"])


@cache
def _document() -> dict[str, Any]:
    document = packaged(__package__, "catalogue.yaml")
    return {"services": document.pop("services"), "sources": document}


@cache
def all() -> dict[str, Source]:
    """All sources by id, in the catalogue's order."""
    sources = {}
    for id_, entry in _document()["sources"].items():
        entry = dict(entry)
        entry["fetch"] = tuple(Download(**d) for d in entry.get("fetch", ()))
        entry["reference_date"] = str(entry.get("reference_date", ""))
        entry["files"] = tuple(entry.get("files", ()))
        sources[id_] = Source(id=id_, **entry)
    return sources


def get(id: str) -> Source:
    """One source.

    Raises
    ------
    StudyError
        The catalogue has no such source.

    Examples
    --------
    >>> get("mss_2025").licence
    'dl-de/zero-2-0'
    """
    found = all().get(id)
    if found is None:
        near = difflib.get_close_matches(id, all(), n=1)
        raise StudyError(
            f"The catalogue has no source '{id}'",
            expected="one of " + ", ".join(all()),
            hint=f"Did you mean '{near[0]}'?" if near else "",
        )
    return found


def of_study(id: str, own: OwnSource) -> Source:
    """A source that a study brings along, in the form of the catalogue's."""
    said = own.attribution or f"{own.publisher}: {own.title}; {own.licence}"
    return Source(id, own.title, own.publisher, own.licence, said, url=own.url)


def overview(folder: Path, *, now: float | None = None) -> str:
    """The catalogue as text: what is published by whom, and where it is in a data folder.

    Parameters
    ----------
    folder : pathlib.Path
        The data folder.
    now : float, optional
        Seconds since 1970: the age of the files on disk is told, too.
    """
    lines = []
    for source in all().values():
        found = source.on_disk(folder)
        if source.fictitious:
            where = "made by the program"
        elif found:
            where = found[0].relative_to(folder).as_posix()
            where += f" and {len(found) - 1} more" if len(found) > 1 else ""
            if now is not None:
                days = max(0, int((now - max(p.stat().st_mtime for p in found)) // 86_400))
                where += f", {days} days old" if days != 1 else ", 1 day old"
        else:
            where = "not on disk" + (" (can be fetched)" if source.fetch else "")
        lines.append(f"{source.id:17} {source.reference_date:11} {where}")
        lines.append(f"{'':17} {source.title}")
        lines.append(f"{'':17} {source.publisher}; {source.licence}")
        if doubtful := [d.layer or d.path for d in source.fetch if not d.verified]:
            lines.append(f"{'':17} names not verified: {', '.join(doubtful)}")
    return "\n".join(lines)
