"""Description of the published files: columns, units, licences and sources (Frictionless).

`datapackage.json` is a Tabular Data Package (specs.frictionlessdata.io, version 1): its resources
are the CSV files. The other files are described under the key of our own `files`, because every
resource of a tabular package has to be a table. A part that was made from OpenStreetMap carries
the ODbL, whatever the rest is under.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.publish.columns import describe
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.publish.manifest import record
from sozialraum.publish.tables import region_columns
from sozialraum.publish.terms import own_terms, titled

if TYPE_CHECKING:
    from sozialraum.publish.content import Content, SourceNote
    from sozialraum.study import Study

NAME = "datapackage.json"

_LICENCES: tuple[tuple[str, str, str], ...] = (
    (r"CC[ -]?BY 3\.0 DE", "CC-BY-3.0-DE", "https://creativecommons.org/licenses/by/3.0/de/"),
    (r"CC[ -]?BY 4\.0", "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
    (r"CC0.*", "CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    (r"dl-de/zero-2[.-]0", "dl-de-zero-2.0", "https://www.govdata.de/dl-de/zero-2-0"),
    (r"dl-de/by-2[.-]0", "dl-de-by-2.0", "https://www.govdata.de/dl-de/by-2-0"),
    (r"ODbL.*", "ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
)
_TABLES: dict[str, tuple[str, list[str], list[str]]] = {
    "ranking.csv": ("Gebiete mit Anteil, Index, Klasse und Rang", list(RANKING), ["area_id"]),
    "regions.csv": ("Dieselben Größen je Bezirksregion", region_columns(), ["region_id"]),
    "presence.csv": ("Vorgeschlagene Räume", list(PRESENCE), ["target", "p", "site_id"]),
    "frontier.csv": ("Erreichte nach Zahl der Räume", list(FRONTIER), ["target", "p"]),
}
_FROM_ROOMS = (
    "presence.csv",
    "frontier.csv",
    "areas.gpkg",
    "tables.xlsx",
    "map.html",
    "report.pdf",
    "presence.ics",
)
_FILES: dict[str, tuple[str, str]] = {
    "areas.gpkg": ("Alle Ebenen mit QGIS-Stilen", "application/geopackage+sqlite3"),
    "areas.parquet": ("Gebiete als GeoParquet", "application/vnd.apache.parquet"),
    "tables.xlsx": (
        "Alle Tabellen mit Hinweisen",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "map.html": ("Karte, ohne Internet lesbar", "text/html"),
    "report.pdf": ("Bericht", "application/pdf"),
    "presence.ics": ("Wochenplan als Kalender", "text/calendar"),
}


def datapackage(content: Content, folder: Path) -> dict[str, Any]:
    """Describe the files of a run that are in `folder`.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    folder : pathlib.Path
        Files that are not there are not described.

    Returns
    -------
    dict
        Ready for JSON.
    """
    info = content.info
    area_sources, all_sources = _sources(content)
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": content.study.name,
        "title": f"{info.title} – {info.region_name}",
        "description": " ".join(
            part
            for part in [
                *(["Fiktive Daten: Ort und Zahlen sind erfunden."] if info.fictitious else []),
                *(["Intern, nicht zur Weitergabe."] if info.internal else []),
                f"{info.subtitle.rstrip('.')}." if info.subtitle else "",
                f"recipients: {info.recipients_label}. share: {info.share_label}.",
                info.recipients_note,
                "Leere Zellen sind nicht bekannt oder werden nicht gezeigt; sie sind nie null.",
                *info.warnings,
            ]
            if part
        ),
        "version": f"{info.reference_date}+{info.fingerprint}",
        "created": f"{info.reference_date}T00:00:00Z",
        "keywords": ["SGB II", "Jobcenter", "Sozialraum", info.region_name],
    }
    _put(package, "sources", _named(all_sources))
    if content.study.publisher.organisation:
        contributor = {"title": content.study.publisher.organisation, "role": "publisher"}
        package["contributors"] = [contributor]
    _put(package, "licenses", _licences(all_sources))
    package |= {"resources": [], "files": []}
    for name, (title, columns, key) in _TABLES.items():
        if (folder / name).is_file():
            resource = _entry(folder / name, own_terms(title, content.study), "text/csv")
            resource = {"profile": "tabular-data-resource", **resource, "encoding": "utf-8"}
            resource["dialect"] = {"delimiter": ",", "lineTerminator": "\n", "header": True}
            resource["schema"] = _schema(columns, key, content, Path(name).stem)
            sources = all_sources if name in _FROM_ROOMS else area_sources
            _put(resource, "licenses", _licences(sources))
            _put(resource, "sources", _named(sources))
            package["resources"].append(resource)
    for name, (title, kind) in _FILES.items():
        if (folder / name).is_file():
            entry = _entry(folder / name, title, kind)
            sources = all_sources if name in _FROM_ROOMS else area_sources
            _put(entry, "licenses", _licences(sources))
            _put(entry, "sources", _named(sources))
            if name in ("areas.gpkg", "areas.parquet"):
                entry["crs"] = content.study.area_layer.metric_crs
            if name == "areas.gpkg":
                entry["layers"] = _layers(content.study, area_sources, all_sources)
            package["files"].append(entry)
    return package


def write_datapackage(content: Content, folder: Path) -> Path:
    """Write `datapackage.json`; after the other files, before the manifest."""
    path = folder / NAME
    text = json.dumps(datapackage(content, folder), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_bytes((text + "\n").encode("utf-8"))
    return path


def _put(target: dict[str, Any], key: str, value: list[Any]) -> None:
    """Leave a property out where it would be an empty list, which the standard forbids."""
    if value:
        target[key] = value


def _entry(path: Path, title: str, kind: str) -> dict[str, Any]:
    size = record(path)
    return {
        "name": path.name.replace(".", "-") if path.suffix != ".csv" else path.stem,
        "path": path.name,
        "title": title,
        "format": path.suffix[1:],
        "mediatype": kind,
        "bytes": size.bytes,
        "hash": f"sha256:{size.sha256}",
    }


def _schema(columns: Iterable[str], key: list[str], content: Content, table: str) -> dict[str, Any]:
    fields = []
    for column in (titled(describe(name, table), content.study) for name in columns):
        constraints: dict[str, Any] = {"required": True} if column.name in key else {}
        if column.share:
            # the gap of a bound and a quotient of estimates may pass 1, a share may not
            constraints |= {"minimum": 0} | ({"maximum": 1} if column.name != "gap" else {})
        elif column.unit == "Personen":
            constraints["minimum"] = 0
        field: dict[str, Any] = {"name": column.name, "type": _TYPES[column.kind]}
        field["title"] = column.title
        if column.name == "share":
            field["description"] = content.info.share_label
        elif column.name == "recipients":
            note = content.info.recipients_note
            field["description"] = f"{content.info.recipients_label}. {note}".strip()
        elif column.note:
            field["description"] = column.note
        if column.unit:
            field["unit"] = column.unit
        if constraints:
            field["constraints"] = constraints
        fields.append(field)
    return {"fields": fields, "missingValues": [""], "primaryKey": key}


_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def _sources(content: Content) -> tuple[list[SourceNote], list[SourceNote]]:
    """Sources of the areas' figures, and all sources: rooms and what follows from them."""
    study = content.study
    of_rooms = {f.source for f in study.venues.files} | {study.venues.grid_source}
    everything = list(content.info.sources)
    areas = [s for s in everything if s.id not in of_rooms and "odbl" not in s.licence.lower()]
    return areas, everything


def _named(sources: Iterable[SourceNote]) -> list[dict[str, str]]:
    return [
        {
            "title": f"{s.publisher}: {s.title} ({s.reference_date}). {s.attribution}",
            "attribution": s.attribution,
            "licence": s.licence,
        }
        | ({"path": s.url} if s.url.startswith("https://") else {})
        for s in sources
    ]


def _licences(sources: Iterable[SourceNote]) -> list[dict[str, str]]:
    """Each licence once, in the order of the sources; an unknown one keeps its own words."""
    found: dict[str, dict[str, str]] = {}
    for text in (part.strip() for s in sources for part in re.split(r"[,;/] ", s.licence)):
        if not text:
            continue
        for pattern, name, path in _LICENCES:
            if re.fullmatch(pattern, text, re.IGNORECASE):
                found[name] = {"name": name, "path": path, "title": text}
                break
        else:
            plain = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
            name = re.sub(r"[^-a-zA-Z0-9._]+", "-", plain).strip("-") or "other"
            found.setdefault(name, {"name": name, "title": text})
    return list(found.values())


def _layers(
    study: Study, areas: list[SourceNote], everything: list[SourceNote]
) -> list[dict[str, Any]]:
    from sozialraum.publish.geodata import LAYERS

    result = []
    for name, (title, geometry_type) in LAYERS.items():
        sources = areas if name in ("areas", "regions", "clusters") else everything
        licences = [licence["name"] for licence in _licences(sources)]
        result.append(
            {
                "name": name,
                "title": own_terms(title, study),
                "geometry": geometry_type,
                "licenses": licences,
            }
        )
    return result
