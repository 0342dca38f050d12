"""The record for an open data portal: DCAT-AP.de as JSON-LD.

It says what `datapackage.json` says, in the words of the German profile of DCAT-AP, so that a
portal can take the result in without anybody typing. What the files cannot tell comes from the
study's `publisher`: the address where they will be online, whom to ask, the portal's id of who
delivers, the official key of the place. Without the address, files are named without one.
"""

from __future__ import annotations

import json
import re
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
    "vcard": "http://www.w3.org/2006/vcard/ns#",
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

_PLACES = "http://dcat-ap.de/def/politicalGeocoding/"
_KEYS = {
    2: ("stateKey", "state"),
    5: ("districtKey", "administrativeDistrict"),
    8: ("municipalityKey", "municipality"),
    12: ("regionalKey", "municipality"),
}
"""List and level of an official key, by its number of digits."""

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
        "@id": _id(name),
        "@type": "dcat:Dataset",
        "dct:identifier": name,
        "dct:title": _tagged(package["title"], info.language),
        "dct:description": _tagged(package["description"], info.language),
        "dcat:keyword": [_tagged(k) for k in package["keywords"]],
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
        **_administration(content),
        "dcat:version": package["version"],
    }
    if study.publisher.organisation:
        record["dct:publisher"] = {
            "@type": "foaf:Organization",
            "foaf:name": study.publisher.organisation,
        }
    record |= _contact(content)
    if study.publisher.contributor:
        record["dcatde:contributorID"] = {"@id": study.publisher.contributor}
    if study.publisher.address:
        record["dcat:landingPage"] = {"@id": study.publisher.address}
    record["dct:source"] = [_source(s) for s in package.get("sources", ())]
    record["dcat:distribution"] = [
        {"@id": _id(f"{name}/{entry['path']}")}
        | _distribution(entry, study.publisher.address, info.language)
        for entry in [*package["resources"], *package["files"]]
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


def _id(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _tagged(text: str, language: str = "de") -> dict[str, str]:
    """A text with its language: what publishers wrote and names are German in every study."""
    return {"@value": text, "@language": language}


def _source(source: Mapping[str, str]) -> dict[str, Any]:
    node: dict[str, Any] = {"@id": source["path"]} if "path" in source else {}
    return node | {"rdfs:label": _tagged(source["title"])}


def _contact(content: Content) -> dict[str, Any]:
    """Whom to ask: a function address, a page, or words; nothing where the study names none."""
    publisher = content.study.publisher
    said = publisher.feedback.strip()
    if not said:
        return {}
    node: dict[str, Any] = {
        "@type": "vcard:Organization",
        "vcard:fn": publisher.organisation or content.info.region_name,
    }
    if re.fullmatch(r"(mailto:)?[^\s@:/]+@[^\s@/]+", said):
        node["vcard:hasEmail"] = {"@id": f"mailto:{said.removeprefix('mailto:')}"}
    elif re.fullmatch(r"https?://\S+", said):
        node["vcard:hasURL"] = {"@id": said}
    else:
        node["vcard:note"] = _tagged(said)
    return {"dcat:contactPoint": node}


def _administration(content: Content) -> dict[str, Any]:
    """The place in words, and in the lists of the profile."""
    place = f"{content.info.region_name}, {content.info.city_name}"
    node: dict[str, Any] = {"dcatde:geocodingDescription": _tagged(place)}
    if key := content.study.publisher.official_key:
        name, level = _KEYS[len(key)]
        node["dcatde:politicalGeocodingURI"] = {"@id": f"{_PLACES}{name}/{key}"}
        node["dcatde:politicalGeocodingLevelURI"] = {"@id": f"{_PLACES}Level/{level}"}
    return node


def _place(content: Content) -> dict[str, Any]:
    """Name and bounding box of the region in degrees."""
    west, south, east, north = content.outline.to_crs("EPSG:4326").total_bounds
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = ", ".join(f"{x:.5f} {y:.5f}" for x, y in corners)
    return {
        "@type": "dct:Location",
        "rdfs:label": _tagged(f"{content.info.region_name}, {content.info.city_name}"),
        "dcat:bbox": {
            "@value": f"POLYGON (({ring}))",
            "@type": "http://www.opengis.net/ont/geosparql#wktLiteral",
        },
    }


def _distribution(entry: Mapping[str, Any], address: str, language: str) -> dict[str, Any]:
    """One file with its own licence and attribution."""
    licences = entry.get("licenses", ())
    sources = dict.fromkeys(s["attribution"].rstrip(".") for s in entry.get("sources", ()))
    node: dict[str, Any] = {
        "@type": "dcat:Distribution",
        "dct:title": _tagged(entry["title"], language),
        "dcat:accessURL": {"@id": address + entry["path"]},
        "dcat:downloadURL": {"@id": address + entry["path"]},
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
        node["dcatde:licenseAttributionByText"] = _tagged("; ".join(sources))
    words = [licence["title"] for licence in licences if licence["name"] not in LICENCES]
    unknown = dict.fromkeys(
        f"{s['attribution'].rstrip('.')} ({s['licence']})"
        for s in entry.get("sources", ())
        if s["licence"] in words
    )
    if unknown:
        node["dct:rights"] = _tagged(f"Lizenz mit dem Herausgeber zu klären: {'; '.join(unknown)}")
    return node
