"""The record for an open data portal: DCAT-AP.de as JSON-LD.

It says what `datapackage.json` says, in the words of the German profile of DCAT-AP, so that a
portal can take the result in without anybody typing. Addresses of files are relative to the record:
who publishes the folder puts its address in front. What only the portal knows (its id of the
contributor, a contact) is left to it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sozialraum.publish.content import Content

NAME = "dcat.jsonld"

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LICENCES = {
    "ODbL-1.0": "http://dcat-ap.de/def/licenses/odbl",
    "CC-BY-4.0": "http://dcat-ap.de/def/licenses/cc-by/4.0",
    "CC-BY-3.0-DE": "http://dcat-ap.de/def/licenses/cc-by-de/3.0",
    "dl-de-by-2.0": "http://dcat-ap.de/def/licenses/dl-by-de/2.0",
    "dl-de-zero-2.0": "http://dcat-ap.de/def/licenses/dl-zero-de/2.0",
    "CC0-1.0": "http://dcat-ap.de/def/licenses/cc-zero",
}
"""Licences of the vocabulary, the one that asks most of a reuser first."""

_AUTHORITY = "http://publications.europa.eu/resource/authority/"
_FORMATS = {"csv": "CSV", "gpkg": "GPKG", "xlsx": "XLSX", "html": "HTML", "pdf": "PDF"}
_FORMATS |= {"parquet": "PARQUET", "ics": "ICS"}


def governing(names: Iterable[str]) -> str | None:
    """The licence of a part that was made from sources under several: the most demanding one.

    A part that holds data of OpenStreetMap is a derived database and under the ODbL, whatever
    else went in; licences that only ask for attribution are met by naming all sources.

    Parameters
    ----------
    names : iterable of str
        Names as in `datapackage.json`.

    Returns
    -------
    str or None
        Address in the vocabulary of DCAT-AP.de; None where it knows none of them.

    Examples
    --------
    >>> governing(["dl-de-zero-2.0", "ODbL-1.0", "CC-BY-3.0-DE"])
    'http://dcat-ap.de/def/licenses/odbl'
    """
    given = set(names)
    return next((uri for name, uri in LICENCES.items() if name in given), None)


def dcat(content: Content, package: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a run.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    package : mapping
        Its `sozialraum.publish.datapackage.datapackage`.

    Returns
    -------
    dict
        JSON-LD with one `dcat:Dataset` and one `dcat:Distribution` per file.
    """
    info, study = content.info, content.study
    name = f"sozialraum:{study.name}:{info.reference_date}:{info.fingerprint}"
    day = {"@value": info.reference_date, "@type": "xsd:date"}
    right = "NON_PUBLIC" if info.internal else "PUBLIC"
    record: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "@type": "dcat:Dataset",
        "dct:identifier": name,
        "dct:title": _german(package["title"]),
        "dct:description": _german(package["description"]),
        "dcat:keyword": [_german(k) for k in package["keywords"]],
        "dcat:theme": {"@id": f"{_AUTHORITY}data-theme/SOCI"},
        "dct:language": {"@id": f"{_AUTHORITY}language/{_LANGUAGES[info.language]}"},
        "dct:accessRights": {"@id": f"{_AUTHORITY}access-right/{right}"},
        "dct:modified": day,
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": day,
            "dcat:endDate": day,
        },
        "dct:spatial": _place(content),
        "dcat:version": package["version"],
    }
    if study.publisher.organisation:
        record["dct:publisher"] = {
            "@type": "foaf:Organization",
            "foaf:name": study.publisher.organisation,
        }
    record["dct:source"] = [_source(s) for s in package.get("sources", ())]
    record["dcat:distribution"] = [
        _distribution(entry) for entry in [*package["resources"], *package["files"]]
    ]
    return record


def write_dcat(content: Content, folder: Path) -> Path:
    """Write `dcat.jsonld`; after `datapackage.json`, before the manifest."""
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    path = folder / NAME
    text = json.dumps(dcat(content, package), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_bytes((text + "\n").encode("utf-8"))
    return path


_LANGUAGES = {"de": "DEU", "en": "ENG"}


def _german(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "de"}


def _source(source: Mapping[str, str]) -> dict[str, Any]:
    node: dict[str, Any] = {"@id": source["path"]} if "path" in source else {}
    return node | {"rdfs:label": _german(source["title"])}


def _place(content: Content) -> dict[str, Any]:
    """Name and bounding box of the region in degrees."""
    west, south, east, north = content.outline.to_crs("EPSG:4326").total_bounds
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = ", ".join(f"{x:.5f} {y:.5f}" for x, y in corners)
    return {
        "@type": "dct:Location",
        "rdfs:label": _german(f"{content.info.region_name}, {content.info.city_name}"),
        "dcat:bbox": {
            "@value": f"POLYGON (({ring}))",
            "@type": "http://www.opengis.net/ont/geosparql#wktLiteral",
        },
    }


def _distribution(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One file with its own licence and attribution."""
    licences = entry.get("licenses", ())
    sources = dict.fromkeys(s["attribution"].rstrip(".") for s in entry.get("sources", ()))
    node: dict[str, Any] = {
        "@id": entry["path"],
        "@type": "dcat:Distribution",
        "dct:title": _german(entry["title"]),
        "dcat:accessURL": {"@id": entry["path"]},
        "dcat:downloadURL": {"@id": entry["path"]},
        "dct:format": {"@id": f"{_AUTHORITY}file-type/{_FORMATS[entry['format']]}"},
        "dcat:mediaType": {
            "@id": f"https://www.iana.org/assignments/media-types/{entry['mediatype']}"
        },
        "dcat:byteSize": {"@value": str(entry["bytes"]), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": entry["hash"].removeprefix("sha256:"),
        },
    }
    uri = governing(licence["name"] for licence in licences)
    if uri:
        node["dct:license"] = {"@id": uri}
    if sources:
        node["dcatde:licenseAttributionByText"] = _german("; ".join(sources))
    words = [licence["title"] for licence in licences if licence["name"] not in LICENCES]
    unknown = dict.fromkeys(
        f"{s['attribution'].rstrip('.')} ({s['licence']})"
        for s in entry.get("sources", ())
        if s["licence"] in words
    )
    if unknown:
        node["dct:rights"] = _german(f"Lizenz mit dem Herausgeber zu klären: {'; '.join(unknown)}")
    return node
