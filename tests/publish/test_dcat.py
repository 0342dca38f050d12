"""The record for a portal: what DCAT-AP.de asks for, with the licence of each file."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from sozialraum.publish.datapackage import write_datapackage
from sozialraum.publish.dcat import LICENCES, governing, write_dcat
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
    licence = {d["@id"]: d["dct:license"]["@id"] for d in record["dcat:distribution"]}
    for name in ("presence.csv", "frontier.csv", "areas.gpkg", "tables.xlsx", "map.html"):
        assert licence[name] == LICENCES["ODbL-1.0"]
    for name in ("ranking.csv", "regions.csv", "areas.parquet"):
        assert licence[name] == LICENCES["CC-BY-4.0"]
    told = {
        d["@id"]: d["dcatde:licenseAttributionByText"]["@value"]
        for d in record["dcat:distribution"]
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
    rooms = next(d for d in record["dcat:distribution"] if d["@id"] == "presence.csv")
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
