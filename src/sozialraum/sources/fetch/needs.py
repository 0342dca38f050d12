"""Which files a study reads, and the reader that must accept each before it replaces another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.errors import InputError, StudyError

if TYPE_CHECKING:
    from sozialraum.study import Study
    from sozialraum.study.model import Edition

Check = Callable[[Path], Any]


@dataclass(frozen=True)
class Need:
    """One file: its place below the data folder, its source, and what has to accept it."""

    path: str
    source: str
    check: Check


def needs(study: Study) -> list[Need]:
    """Files of a study in the order in which they are read, each once.

    Workbooks of the Bundesagentur are not among them: they are handed over, not fetched.
    """
    from sozialraum.sources import ewr, grid, layers, lor, venues

    layer = study.area_layer
    crs = layer.metric_crs

    def areas(path: Path) -> Any:
        return lor.read_areas(
            path,
            id=layer.id,
            name=layer.name,
            crs=layer.crs,
            metric_crs=crs,
            id_digits=layer.id_digits,
            mend={(m.feature, m.wrong): m.right for m in layer.mend},
        )

    def register(path: Path) -> Any:
        return ewr.read_register(path, id_digits=layer.id_digits or 8)

    found = [Need(layer.path, layer.source, areas)]
    for level in study.levels:
        if level.path:
            names = {"id": level.id or "id", "name": level.name or "name", "digits": level.digits}
            found.append(
                Need(level.path, layer.source, lambda p, n=names: lor.read_names(p, **n))  # type: ignore[misc]
            )
    registers = [study.population, *(e.register_ for e in study.editions if e.register_)]
    found += [Need(r.path, r.source, register) for r in registers if not (r.layout or r.grid)]
    for edition in study.editions:
        found += _of_edition(edition, layer.id_digits or 8)
    if study.venues.grid:
        grid_check = lambda p: grid.read_grid(p, metric_crs=crs)  # noqa: E731
        found.append(Need(study.venues.grid, study.venues.grid_source, grid_check))
    for file in study.venues.files:
        found.append(
            Need(
                file.path,
                file.source,
                lambda p, f=file: venues.read_venues(p, f, metric_crs=crs),  # type: ignore[misc]
            )
        )
    for path in study.layers.stops.values():
        found.append(Need(path, "osm", lambda p: layers.read_stops(p, metric_crs=crs)))
    if study.layers.districts:
        source = "bezirke" if study.region.city == "Berlin" else ""
        found.append(Need(study.layers.districts, source, lor.read_districts))
    for name in (study.layers.water, study.layers.green, study.layers.streets):
        if name:
            found.append(Need(name, "", lambda p: layers.read_layer(p, metric_crs=crs)))
    return list({need.path: need for need in reversed(found)}.values())[::-1]


def offered_by(source: str) -> list[Need]:
    """Files of a source that its services offer, whether a study reads them or not.

    Raises
    ------
    StudyError
        The catalogue has no such source, or nothing of it can be fetched.

    Examples
    --------
    >>> [need.path for need in offered_by("detailnetz")]
    ['network/detailnetz_strassen.geojson', 'network/detailnetz_knoten.geojson']
    """
    from sozialraum.sources import catalogue, mss

    found = catalogue.get(source)
    if not found.fetch:
        raise StudyError(
            f"No service offers the source '{source}'",
            where=found.url,
            hint="Put the file into the data folder by hand",
        )
    needed = []
    for download in found.fetch:
        indicators = "S1" in download.columns.values()
        needed.append(
            Need(download.to, source, mss.read_indicators if indicators else _has_content)
        )
    return needed


def _has_content(path: Path) -> None:
    """A file that no reader of the program knows: attributes were checked where it was written."""
    if not path.stat().st_size:
        raise InputError("The file is empty", where=path.name)


def _of_edition(edition: Edition, digits: int) -> list[Need]:
    from sozialraum.sources import mss

    def indicators(path: Path) -> Any:
        frame = mss.read_indicators(path, id_digits=digits)
        lacking = [c for c in (*edition.indicators, *edition.changes) if c not in frame]
        if lacking:
            raise InputError(
                f"The edition {edition.id} no longer has {', '.join(lacking)}",
                where=edition.path,
                hint="Nothing was replaced",
            )
        return frame

    if edition.layout is not None:
        return []
    found = [Need(edition.path, edition.source, indicators)]
    if edition.classes:
        found.append(
            Need(edition.classes, edition.source, lambda p: mss.read_classes(p, id_digits=digits))
        )
    if edition.context:
        found.append(
            Need(edition.context, edition.source, lambda p: mss.read_context(p, id_digits=digits))
        )
    return found
