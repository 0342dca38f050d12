"""The record for a portal: what DCAT-AP.de asks for, with the licence of each file."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from sozialraum.publish.datapackage import write_datapackage
from sozialraum.publish.dcat import CONTEXT, LICENCES, governing, write_dcat
from sozialraum.publish.tables import write_csvs
from tests.publish.test_datapackage import SOURCES
from tests.support.synthetic import content


@pytest.fixture(scope="module")
def one():
    base = content(24)
    return replace(base, info=replace(base.info, sources=SOURCES, fictitious=False))


@pytest.fixture(scope="module")
def folder(one, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_csvs(one, folder)
    for name in ("areas.gpkg", "areas.parquet", "tables.xlsx", "map.html", "report.pdf"):
        (folder / name).write_bytes(name.encode())
    write_datapackage(one, folder)
    write_dcat(one, folder)
    return folder


@pytest.fixture(scope="module")
def record(folder):
    return json.loads((folder / "dcat.jsonld").read_text("utf-8"))


def terms(node):
    """All keys and prefixed values of a JSON-LD document."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "@context":
                continue
            yield key
            if key == "@type":
                yield value
            yield from terms(value)
    elif isinstance(node, list):
        for item in node:
            yield from terms(item)


def path(part):
    """File of a distribution."""
    return part["dcat:downloadURL"]["@id"].rpartition("/")[2]


def ids(node):
    """Every address of a JSON-LD document, its prefix replaced as a processor does."""
    if isinstance(node, dict):
        if "@id" in node:
            prefix, _, rest = node["@id"].partition(":")
            yield CONTEXT[prefix] + rest if prefix in CONTEXT else node["@id"]
        for key, value in node.items():
            if key != "@context":
                yield from ids(value)
    elif isinstance(node, list):
        for item in node:
            yield from ids(item)


def with_publisher(one, **settings):
    """The content under a study with more settings of its publisher."""
    publisher = one.study.publisher.model_copy(update=settings)
    return replace(one, study=one.study.model_copy(update={"publisher": publisher}))


def record_of(content, folder):
    write_csvs(content, folder)
    write_datapackage(content, folder)
    return json.loads(write_dcat(content, folder).read_text("utf-8"))


def test_with_an_address_every_id_is_absolute_and_files_are_found_there(one, tmp_path):
    address = "https://daten.example.org/praesenz/2025/"
    record = record_of(with_publisher(one, address=address), tmp_path)
    for found in ids(record):
        assert re.match(r"https?://[^/]+/|urn:uuid:|mailto:", found), found
    urls = {d["dcat:accessURL"]["@id"] for d in record["dcat:distribution"]}
    assert f"{address}ranking.csv" in urls
    assert all(url.startswith(address) for url in urls)


def test_without_an_address_only_the_files_are_relative(record):
    relative = {i for i in ids(record) if ":" not in i}
    assert relative == {path(d) for d in record["dcat:distribution"]}


@pytest.mark.parametrize(
    ("feedback", "key", "value"),
    [
        ("praesenz@bezirk.example", "vcard:hasEmail", {"@id": "mailto:praesenz@bezirk.example"}),
        ("https://bezirk.example/frage", "vcard:hasURL", {"@id": "https://bezirk.example/frage"}),
        ("Rathaus, Auskunft", "vcard:note", {"@value": "Rathaus, Auskunft", "@language": "de"}),
    ],
)
def test_whom_to_ask_is_what_the_study_says(one, tmp_path, feedback, key, value):
    asked = with_publisher(one, feedback=feedback, organisation="Bezirksamt")
    contact = record_of(asked, tmp_path)["dcat:contactPoint"]
    assert contact == {"@type": "vcard:Organization", "vcard:fn": "Bezirksamt", key: value}


def test_nobody_is_to_be_asked_where_the_study_names_nobody(record):
    assert "dcat:contactPoint" not in record
    assert "dcatde:contributorID" not in record


@pytest.mark.parametrize(
    ("official_key", "place", "level"),
    [
        ("11", "stateKey/11", "state"),
        ("12054", "districtKey/12054", "administrativeDistrict"),
        ("11000000", "municipalityKey/11000000", "municipality"),
        ("110000000000", "regionalKey/110000000000", "municipality"),
    ],
)
def test_an_official_key_names_the_place_in_the_list_it_is_from(
    one, tmp_path, official_key, place, level
):
    record = record_of(with_publisher(one, official_key=official_key), tmp_path)
    lists = "http://dcat-ap.de/def/politicalGeocoding/"
    assert record["dcatde:politicalGeocodingURI"] == {"@id": lists + place}
    assert record["dcatde:politicalGeocodingLevelURI"] == {"@id": f"{lists}Level/{level}"}


def test_what_the_profile_requires_of_a_data_set_is_there(record):
    assert record["@type"] == "dcat:Dataset"
    for key in ("dct:title", "dct:description"):
        assert record[key]["@language"] == "de"
        assert record[key]["@value"]
    assert record["dcat:theme"]["@id"].endswith("data-theme/SOCI")
    assert record["dct:modified"] == {"@value": "2024-12-31", "@type": "xsd:date"}
    assert record["@id"].startswith("urn:uuid:")


def test_every_prefix_is_declared_and_every_address_is_relative_or_public(record):
    for term in terms(record):
        if ":" in term and not term.startswith("http"):
            assert term.split(":")[0] in record["@context"], term
    for address in re.findall(r'"@id": "([^"]*)"', json.dumps(record)):
        assert re.match(r"https?://|urn:uuid:|spdx:|[a-z]+\.[a-z]+$", address), address


def test_each_file_carries_its_own_licence_and_what_holds_openstreetmap_the_odbl(record):
    licence = {path(d): d["dct:license"]["@id"] for d in record["dcat:distribution"]}
    for name in ("presence.csv", "frontier.csv", "areas.gpkg", "tables.xlsx", "map.html"):
        assert licence[name] == LICENCES["ODbL-1.0"]
    for name in ("ranking.csv", "regions.csv", "areas.parquet"):
        assert licence[name] == LICENCES["CC-BY-4.0"]
    told = {
        path(d): d["dcatde:licenseAttributionByText"]["@value"] for d in record["dcat:distribution"]
    }
    assert "OpenStreetMap" in told["presence.csv"]
    assert "OpenStreetMap" not in told["ranking.csv"]


def test_size_and_checksum_are_those_of_the_files(record, folder):
    import hashlib

    for part in record["dcat:distribution"]:
        data = (folder / part["dcat:downloadURL"]["@id"]).read_bytes()
        assert part["dcat:byteSize"]["@value"] == str(len(data))
        assert part["spdx:checksum"]["spdx:checksumValue"] == hashlib.sha256(data).hexdigest()


def test_an_unknown_licence_is_said_and_not_passed_off_as_an_open_one(one, folder, tmp_path):
    source = replace(SOURCES[2], licence="keine Angabe")
    odd = replace(one, info=replace(one.info, sources=(source,)))
    write_csvs(odd, tmp_path)
    write_datapackage(odd, tmp_path)
    record = json.loads(write_dcat(odd, tmp_path).read_text("utf-8"))
    rooms = next(d for d in record["dcat:distribution"] if path(d) == "presence.csv")
    assert "dct:license" not in rooms
    assert "keine Angabe" in rooms["dct:rights"]["@value"]
    assert governing(["keine-Angabe"]) is None


def test_an_internal_run_is_not_offered_to_the_public(one, tmp_path):
    inside = replace(one, info=replace(one.info, internal=True))
    write_csvs(inside, tmp_path)
    write_datapackage(inside, tmp_path)
    record = json.loads(write_dcat(inside, tmp_path).read_text("utf-8"))
    assert record["dct:accessRights"]["@id"].endswith("NON_PUBLIC")


def test_the_same_content_gives_the_same_record(one, folder, tmp_path):
    write_csvs(one, tmp_path)
    for name in ("areas.gpkg", "areas.parquet", "tables.xlsx", "map.html", "report.pdf"):
        (tmp_path / name).write_bytes(name.encode())
    write_datapackage(one, tmp_path)
    assert write_dcat(one, tmp_path).read_bytes() == (folder / "dcat.jsonld").read_bytes()
