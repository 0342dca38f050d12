"""Fetch everything a study reads; what is already right stays untouched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sozialraum.errors import InputError, SozialraumError, StudyError
from sozialraum.sources import catalogue
from sozialraum.sources.fetch import convert, store
from sozialraum.sources.fetch.client import Client, Unreachable
from sozialraum.sources.fetch.download import Download
from sozialraum.sources.fetch.needs import Need, needs, offered_by
from sozialraum.sources.fetch.wfs import fetch_features
from sozialraum.sources.files import MEGABYTE

if TYPE_CHECKING:
    from sozialraum.study import Study

MIRROR = "mirror"
"""Service without an address of its own: files of the data folder's layout inside an office."""

PREFIX = "SOZIALRAUM_URL_"
ROOM = 400 * MEGABYTE


@dataclass(frozen=True)
class Outcome:
    """What became of one file: 'new', 'replaced', 'unchanged', 'kept', 'missing' or 'failed'.

    `kept` and `missing` are files that no service offers: there already, or to be put there by
    hand; `detail` says where from. After a failure the older file is still there.
    """

    path: str
    state: str
    detail: str = ""
    error: SozialraumError | None = None


def base_url(service: str, urls: Mapping[str, str]) -> str:
    """Address of a service: given, from ``SOZIALRAUM_URL_<SERVICE>``, or from the catalogue.

    Examples
    --------
    >>> base_url("gdi", {})
    'https://gdi.berlin.de/services/wfs'
    >>> base_url("gdi", {"gdi": "http://127.0.0.1:8000/wfs/"})
    'http://127.0.0.1:8000/wfs'
    """
    found = urls.get(service) or os.environ.get(PREFIX + service.upper(), "")
    return (found or catalogue.services().get(service, "")).rstrip("/")


def fetch_study(
    study: Study,
    root: Path,
    *,
    client: Client | None = None,
    urls: Mapping[str, str] | None = None,
    only: Sequence[str] = (),
    sources: Sequence[str] = (),
    say: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Fetch the files of a study into a data folder.

    Parameters
    ----------
    study : Study
    root : pathlib.Path
        The data folder; it is made where it does not exist.
    client : Client, optional
    urls : mapping, optional
        Service -> base address, instead of the catalogue's; ``mirror`` names an address below
        which files lie in the layout of the data folder.
    only : sequence of str
        Patterns of files (``mss/2025/*``), instead of all.
    sources : sequence of str
        Ids of the catalogue: instead of what the study reads, everything that their services
        offer (street network, addresses, day-care centres, an older edition, …).
    say : callable
        Told every outcome at once.

    Returns
    -------
    list of Outcome
        One per file. A failure of one file does not stop the others, except those of the same
        service when it cannot be reached.

    Raises
    ------
    StudyError
        The study makes its own data.
    EnvironmentFault
        The data folder cannot be written, or the disk is full.
    """
    if study.fictitious:
        raise StudyError(f"The study {study.name!r} makes its own data: there is nothing to fetch")
    client, urls = client or Client(), urls or {}
    root.mkdir(parents=True, exist_ok=True)
    store.finish(root)
    store.refuse_full_disk(root, ROOM)
    offered = {(s.id, d.to): d for s in catalogue.all().values() for d in s.fetch}
    every = [n for s in sources for n in offered_by(s)] if sources else needs(study)
    wanted = [n for n in every if not only or any(fnmatch(n.path, p) for p in only)]
    if only and not wanted:
        raise StudyError("The study reads no such file", where=", ".join(only))
    outcomes: list[Outcome] = []
    unreachable: dict[str, SozialraumError] = {}
    for need in wanted:
        download = offered.get((need.source, need.path))
        if download is None or not base_url(download.service, urls):
            download = Download(MIRROR, need.path, need.path)
        service = download.service
        if service in unreachable and not client.offline:
            outcome = Outcome(
                need.path, "failed", f"{service} cannot be reached", unreachable[service]
            )
        else:
            outcome = _one(study, root, need, download, client, urls)
        if isinstance(outcome.error, Unreachable):
            unreachable[service] = outcome.error
        outcomes.append(outcome)
        say(outcome)
    return outcomes


def _one(
    study: Study,
    root: Path,
    need: Need,
    download: Download,
    client: Client,
    urls: Mapping[str, str],
) -> Outcome:
    target = root / need.path
    base = base_url(download.service, urls)
    if not base or (client.offline and target.is_file()):
        if target.is_file():
            return Outcome(need.path, "kept", "" if base else "no service offers it")
        page = catalogue.all()[need.source].url if need.source in catalogue.all() else ""
        return Outcome(need.path, "missing", f"put it there by hand; {page}".rstrip("; "))
    try:
        return _fetch(study, root, need, download, client, base)
    except SozialraumError as error:
        said = str(error)
        if not download.verified and not isinstance(error, Unreachable):
            said += " " + _unverified(download, base)
        return Outcome(need.path, "failed", said, error)


def _unverified(download: Download, base: str) -> str:
    """What to do where a name in the catalogue may be wrong."""
    page = f"{base}/{quote(download.path)}"
    where = f"{page}?service=WFS&request=GetCapabilities" if download.layer else page
    named = f"layer {download.layer} and its attributes" if download.layer else "this file"
    return (
        f"The catalogue could not verify the name of {named}: compare {where}, "
        "and put the file there by hand. Nothing was replaced"
    )


def _fetch(
    study: Study, root: Path, need: Need, download: Download, client: Client, base: str
) -> Outcome:
    """Transfer, convert, check, and only then replace."""
    target = root / need.path
    url = f"{base}/{quote(download.path)}"
    work = store.work_folder(root) / need.path.replace("/", "-")
    work.mkdir(parents=True, exist_ok=True)
    old = store.parts_of(target)
    before = store.digest(old) if old else ""
    remembered = store.remembered(root).get(need.path)
    same = remembered is not None and remembered.sha256 == before and remembered.url == url
    known = (
        {"etag": remembered.etag, "modified": remembered.modified} if same and remembered else {}
    )
    etag = modified = ""
    new = work / target.name
    if download.layer:
        features = fetch_features(
            client,
            url,
            download.layer,
            key=download.key,
            crs=download.crs,
            work=work,
            page=download.page,
        )
        if download.rows and len(features) != download.rows:
            raise InputError(
                f"The layer has {len(features)} features",
                where=f"{url}, layer {download.layer}",
                expected=f"{download.rows}",
                hint="Nothing was replaced; has the vintage changed?",
            )
        write = {
            "table": convert.write_table,
            "points": convert.write_points,
            "areas": convert.write_areas,
        }[download.form]
        write(features, new, download)
    else:
        answer = client.get(url, work / (target.name + ".part"), known=known)
        if answer.path is None:
            return Outcome(need.path, "unchanged")
        etag, modified = answer.etag, answer.modified
        if download.form == "grid":
            convert.write_grid(answer.path, new, _box(study, root))
        else:
            answer.path.replace(new)
            _sidecars(client, url, new)
    need.check(new)
    parts = store.parts_of(new)
    after = store.digest(parts)
    if after != before:
        store.replace(root, parts, target)
    store.remember(root, need.path, store.Known(url, after, etag, modified))
    shutil.rmtree(work, ignore_errors=True)
    return Outcome(need.path, "unchanged" if after == before else "replaced" if before else "new")


def _sidecars(client: Client, url: str, new: Path) -> None:
    """The other files of a shapefile from a mirror."""
    if new.suffix.lower() != ".shp":
        return
    for suffix in (".dbf", ".shx", ".prj", ".cpg"):
        part = new.with_name(new.stem + suffix + ".part")
        answer = client.get(url.removesuffix(".shp") + suffix, part)
        if answer.path is not None:
            answer.path.replace(new.with_suffix(suffix))


def _box(study: Study, root: Path) -> tuple[float, float, float, float] | None:
    """Frame of the study's areas in the CRS of the grid, with a kilometre around it."""
    from sozialraum.sources import grid, lor

    layer = study.area_layer
    path = root / layer.path
    if not path.is_file() or path.suffix.lower() in (".csv", ".txt"):
        return None
    areas = lor.read_areas(
        path,
        id=layer.id,
        name=layer.name,
        crs=layer.crs,
        metric_crs=layer.metric_crs,
        id_digits=layer.id_digits,
        mend={(m.feature, m.wrong): m.right for m in layer.mend},
    )
    west, south, east, north = areas.to_crs(grid.GRID_CRS).total_bounds
    return west - 1000, south - 1000, east + 1000, north + 1000
