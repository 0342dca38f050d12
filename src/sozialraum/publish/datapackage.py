"""Description of the published files: columns, units, licences and sources (Frictionless).

`datapackage.json` is a Tabular Data Package (specs.frictionlessdata.io, version 1): its resources
are the CSV files. The other files are described under the key of our own `files`, because every
resource of a tabular package has to be a table; the layers of the GeoPackage, the sheets of the
workbook and the columns of the GeoParquet file have a Table Schema there. A field has a title, a
description that stands for itself and, where it holds numbers, a `unit` ('1': a pure number). A
part that was made from OpenStreetMap carries the ODbL, whatever the rest is under.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.concentration.wording import ROLES
from sozialraum.need.masking import UNDETERMINED
from sozialraum.presence.wording import KINDS
from sozialraum.publish.columns import Column, describe
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.publish.geodata import LAYERS, OF_STUDY, layer_columns
from sozialraum.publish.meanings import Meanings, explained, unit_of
from sozialraum.publish.origins import licences, sources_of
from sozialraum.publish.qml import ROLE, STATUS
from sozialraum.publish.records import Records
from sozialraum.publish.tables import Sheet, region_columns, sheets
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    from sozialraum.publish.content import Content, SourceNote
    from sozialraum.study import Study

NAME = "datapackage.json"

_TABLES: dict[str, tuple[str, list[str], list[str]]] = {
    "ranking.csv": ("Gebiete mit Anteil, Index, Klasse und Rang", list(RANKING), ["area_id"]),
    "regions.csv": ("Dieselben Größen je Bezirksregion", region_columns(), ["region_id"]),
    "presence.csv": ("Vorgeschlagene Räume", list(PRESENCE), ["target", "p", "site_id"]),
    "frontier.csv": ("Erreichte nach Zahl der Räume", list(FRONTIER), ["target", "p"]),
}
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


def datapackage(content: Content, names: Collection[str]) -> dict[str, Any]:
    """Describe the files of a run.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    names : collection of str
        The files that there are.

    Returns
    -------
    dict
        Ready for JSON, without sizes and checksums.
    """
    info = content.info
    meanings = Meanings.in_content(content)
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
    _put(package, "sources", _named(info.sources))
    if content.study.publisher.organisation:
        contributor = {"title": content.study.publisher.organisation, "role": "publisher"}
        package["contributors"] = [contributor]
    _put(package, "licenses", licences(info.sources))
    package |= {"resources": [], "files": []}
    for name, (title, columns, key) in _TABLES.items():
        if name in names:
            resource = _entry(name, own_terms(title, content.study), "text/csv")
            resource = {"profile": "tabular-data-resource", **resource, "encoding": "utf-8"}
            resource["dialect"] = {"delimiter": ",", "lineTerminator": "\n", "header": True}
            table = Path(name).stem
            told = [explained(describe(c, table), meanings, table) for c in columns]
            resource["schema"] = _schema(told, key, content)
            _put_origin(resource, sources_of(content, name))
            package["resources"].append(resource)
    for name, (title, kind) in _FILES.items():
        if name in names:
            entry = _entry(name, own_terms(title, content.study), kind)
            _put_origin(entry, sources_of(content, name))
            if name in ("areas.gpkg", "areas.parquet"):
                entry["crs"] = content.study.area_layer.metric_crs
            if name == "areas.gpkg":
                entry["layers"] = [_layer(content, meanings, layer) for layer in LAYERS]
            elif name == "areas.parquet":
                entry["schema"] = _parquet(content, meanings)
            elif name == "tables.xlsx":
                entry["sheets"] = [_sheet(sheet, content) for sheet in sheets(content)]
            package["files"].append(entry)
    if info.language == "en":
        from sozialraum.publish.english import described

        return described(package)
    return package


def write_datapackage(
    content: Content,
    folder: Path,
    package: dict[str, Any] | None = None,
    records: Records | None = None,
) -> Path:
    """Write `datapackage.json`; after the other files, before the manifest.

    Parameters
    ----------
    content : Content
    folder : pathlib.Path
        With the files.
    package : dict, optional
        What `datapackage` says of them, where that is known already.
    records : sozialraum.publish.records.Records, optional
        Of the files, where some were read before.
    """
    path = folder / NAME
    if package is None:
        package = datapackage(content, [file.name for file in folder.iterdir()])
    records = records or Records(folder)
    for entry in [*package["resources"], *package["files"]]:
        file = records[entry["path"]]
        entry |= {"bytes": file.bytes, "hash": f"sha256:{file.sha256}"}
    text = json.dumps(package, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_bytes((text + "\n").encode("utf-8"))
    return path


def _put(target: dict[str, Any], key: str, value: list[Any]) -> None:
    """Leave a property out where it would be an empty list, which the standard forbids."""
    if value:
        target[key] = value


def _entry(name: str, title: str, kind: str) -> dict[str, Any]:
    stem, _, form = name.rpartition(".")
    return {
        "name": stem if form == "csv" else f"{stem}-{form}",
        "path": name,
        "title": title,
        "format": form,
        "mediatype": kind,
    }


def _schema(
    columns: Iterable[Column], key: list[str], content: Content, missing: tuple[str, ...] = ("",)
) -> dict[str, Any]:
    """Table Schema of columns that carry their heading as title and their meaning as note."""
    fields = [_field(column, content.study, column.name in key) for column in columns]
    schema = {"fields": fields, "missingValues": list(missing)}
    return schema | ({"primaryKey": key} if key else {})


def _field(column: Column, study: Study, required: bool = False) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": _TYPES[column.kind]}
    field |= {"title": column.title, "description": column.note or f"{column.title}."}
    if unit := unit_of(column):
        field["unit"] = unit
    if column.name in _CONCEPTS:
        field["rdfType"] = _CONCEPTS[column.name]
    if constraints := ({"required": True} if required else {}) | _limits(column, unit, study):
        field["constraints"] = constraints
    return field


def _limits(column: Column, unit: str, study: Study) -> dict[str, Any]:
    """What every value of a column keeps to."""
    if column.name in ("lon", "lat"):
        most = 180 if column.name == "lon" else 90
        return {"minimum": -most, "maximum": most}
    if column.share:
        # the gap of a bound and a quotient of estimates may pass 1, a share may not
        return {"minimum": 0} | ({"maximum": 1} if column.name != "gap" else {})
    if unit == "Rang":
        return {"minimum": 1}
    if unit in ("Personen", "Personen je km²"):
        return {"minimum": 0}
    if column.name in _WORDS:
        return {"enum": list(_WORDS[column.name])}
    if column.name == "target":
        return {"enum": list(study.targets)}
    if column.name == "area_id" and study.area_layer.id_digits:
        return {"pattern": rf"\d{{{study.area_layer.id_digits}}}"}
    return {}


_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_CONCEPTS = {
    "lon": "http://www.w3.org/2003/01/geo/wgs84_pos#long",
    "lat": "http://www.w3.org/2003/01/geo/wgs84_pos#lat",
}
_WORDS: dict[str, tuple[str, ...]] = {
    "status_class": (*STATUS, UNDETERMINED),
    "dynamics_class": ("positiv", "stabil", "negativ", UNDETERMINED),
    "cluster": tuple(ROLES),
    "operator_kind": tuple(KINDS),
    "role": tuple(ROLE),
}


def _put_origin(target: dict[str, Any], sources: list[SourceNote]) -> None:
    """Licences and sources of one part."""
    _put(target, "licenses", licences(sources))
    _put(target, "sources", _named(sources))


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


def _layer(content: Content, meanings: Meanings, layer: str) -> dict[str, Any]:
    """One layer of the GeoPackage, with its own sources; the file holds the same description."""
    title, geometry = LAYERS[layer]
    sources, study = sources_of(content, layer), content.study
    columns = [
        explained(describe(c, layer), meanings, layer) for c in layer_columns(content, layer)
    ]
    key = [c for c in _KEYS.get(layer, ()) if c in (x.name for x in columns)]
    entry: dict[str, Any] = {"name": layer, "title": own_terms(title, study), "geometry": geometry}
    if not sources:
        entry["description"] = f"{OF_STUDY}."
    _put_origin(entry, sources)
    schema = _schema(columns, key or ["fid"], content, missing=())
    fid = Column("fid", "Laufende Nummer", "integer")
    fid = replace(fid, note=meanings.of(fid))
    schema["fields"].insert(0, _field(fid, study, required=True))
    schema["fields"].append(_shape("geom", geometry, content, meanings))
    return entry | {"schema": schema}


_KEYS = {"areas": ("area_id",), "regions": ("region_id",), "rooms": ("site_id",)}
_KEYS |= {"surface": ("unit_id",), "units": ("unit_id",)}


def _shape(name: str, geometry: str, content: Content, meanings: Meanings) -> dict[str, Any]:
    """The column of shapes; a Table Schema has no type for it."""
    crs = content.study.area_layer.metric_crs
    column = Column(name, own_terms("Lage" if geometry == "Point" else "Umriss", content.study))
    said = meanings.of(column, geometry=geometry, crs=crs)
    return {
        "name": name,
        "type": "any",
        "title": column.title,
        "description": said,
        "unit": "Meter",
    }


def _parquet(content: Content, meanings: Meanings) -> dict[str, Any]:
    columns = [explained(describe(c), meanings) for c in layer_columns(content, "areas")]
    schema = _schema(columns, ["area_id"], content, missing=())
    schema["fields"].append(_shape("geometry", "MultiPolygon", content, meanings))
    return schema


def _sheet(sheet: Sheet, content: Content) -> dict[str, Any]:
    """One sheet of the workbook: its first row holds the titles, in the order of the fields."""
    where = f" (Blatt „{sheet.title}“)"
    columns = [c if c.note else replace(c, note=f"{c.title}{where}.") for c in sheet.columns]
    schema = _schema(columns, [], content)
    for field in schema["fields"]:
        field.pop("constraints", None)  # words for people stand in the place of keys
    return {"name": sheet.title, "description": sheet.about, "schema": schema}
