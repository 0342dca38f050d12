"""Data package: valid by the standard's own rules, and true about the files."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.sax.saxutils import escape

import jsonschema
import pyarrow.parquet as pq
import pytest

from sozialraum.publish.content import SourceNote
from sozialraum.publish.datapackage import write_datapackage
from sozialraum.publish.geodata import LAYERS
from sozialraum.publish.tables import write_csvs
from tests.support.synthetic import content

SOURCES = (
    SourceNote("mss_2025", "MSS", "Senat", "dl-de/zero-2-0", "Senat", "2024-12-31"),
    SourceNote("ewr_2024", "EWR", "Amt", "CC BY 4.0", "Amt", "2024-12-31", "https://example.org/e"),
    SourceNote("stadtteilzentren", "Zentren", "Senat", "dl-de/zero-2-0", "Senat", "2026-06-30"),
    SourceNote("osm", "OSM", "OpenStreetMap", "ODbL 1.0", "© OpenStreetMap-Mitwirkende", "2026-02"),
)

# The rules of specs.frictionlessdata.io (version 1) that concern what is written here.
FIELD = {
    "type": "object",
    "required": ["name", "type"],
    "properties": {
        "name": {"type": "string"},
        "type": {"enum": ["string", "integer", "number", "boolean"]},
        "constraints": {
            "type": "object",
            "properties": {"required": {"type": "boolean"}},
        },
    },
}
LICENCES = {
    "type": "array",
    "minItems": 1,
    "items": {
        "anyOf": [{"required": ["name"]}, {"required": ["path"]}],
        "properties": {
            "name": {"type": "string", "pattern": r"^([-a-zA-Z0-9._])+$"},
            "path": {"type": "string", "pattern": "^https://"},
        },
    },
}
RULES = {
    "type": "object",
    "required": ["profile", "name", "resources"],
    "properties": {
        "profile": {"const": "tabular-data-package"},
        "name": {"type": "string", "pattern": r"^([-a-z0-9._/])+$"},
        "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "licenses": LICENCES,
        "sources": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": ["title"]},
        },
        "contributors": {"type": "array", "minItems": 1},
        "resources": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["profile", "name", "path", "schema"],
                "properties": {
                    "profile": {"const": "tabular-data-resource"},
                    "name": {"type": "string", "pattern": r"^([-a-z0-9._/])+$"},
                    "path": {"type": "string", "pattern": r"^(?!/)(?!.*\.\.)[^\\]+$"},
                    "bytes": {"type": "integer"},
                    "hash": {"type": "string", "pattern": "^([^:]+:[a-fA-F0-9]+|[a-fA-F0-9]{32})$"},
                    "licenses": LICENCES,
                    "schema": {
                        "type": "object",
                        "required": ["fields"],
                        "properties": {
                            "fields": {"type": "array", "minItems": 1, "items": FIELD},
                            "missingValues": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def one():
    base = content(24)
    return replace(base, info=replace(base.info, sources=SOURCES))


@pytest.fixture(scope="module")
def folder(one, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_csvs(one, folder)
    for name in ("areas.gpkg", "areas.parquet", "tables.xlsx"):
        (folder / name).write_bytes(name.encode())
    write_datapackage(one, folder)
    return folder


@pytest.fixture(scope="module")
def package(folder):
    return json.loads((folder / "datapackage.json").read_text("utf-8"))


def test_the_descriptor_keeps_the_rules_of_the_standard(package):
    jsonschema.validate(package, RULES)


def test_resources_are_the_four_tables_with_size_and_hash(package, folder):
    assert [r["path"] for r in package["resources"]] == [
        "ranking.csv",
        "regions.csv",
        "presence.csv",
        "frontier.csv",
    ]
    for entry in package["resources"] + package["files"]:
        data = (folder / entry["path"]).read_bytes()
        assert entry["bytes"] == len(data)
        assert entry["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()


def test_every_cell_fits_the_declared_type_and_constraints(package, folder):
    patterns = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false"}
    for resource in package["resources"]:
        schema = resource["schema"]
        with (folder / resource["path"]).open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        assert header == [f["name"] for f in schema["fields"]]
        for field, values in zip(schema["fields"], zip(*rows, strict=True), strict=True):
            limits = field.get("constraints", {})
            for value in values:
                assert value or not limits.get("required")
                if value and field["type"] in patterns:
                    assert re.fullmatch(patterns[field["type"]], value)
                    assert float(value) >= limits.get("minimum", float("-inf"))
                    assert float(value) <= limits.get("maximum", float("inf"))
        keys = [tuple(r[header.index(k)] for k in schema["primaryKey"]) for r in rows]
        assert len(set(keys)) == len(keys)


def test_what_was_made_from_openstreetmap_carries_its_licence(package):
    licences = {
        entry["path"]: {licence["name"] for licence in entry["licenses"]}
        for entry in package["resources"] + package["files"]
    }
    assert "ODbL-1.0" in licences["presence.csv"] & licences["areas.gpkg"] & licences["tables.xlsx"]
    assert "ODbL-1.0" not in licences["ranking.csv"] | licences["areas.parquet"]
    layers = {
        x["name"]: {licence["name"] for licence in x.get("licenses", ())}
        for e in package["files"]
        for x in e.get("layers", ())
    }
    assert {name for name, names in layers.items() if "ODbL-1.0" in names} == {"rooms"}


def test_a_map_of_areas_from_openstreetmap_puts_the_areas_under_its_licence(one, tmp_path):
    drawn = SourceNote("lor_2021", "Stadtteile", "OSM", "ODbL 1.0", "© OSM", "2026-02")
    odd = replace(one, info=replace(one.info, sources=(drawn, *SOURCES)))
    write_csvs(odd, tmp_path)
    package = json.loads(write_datapackage(odd, tmp_path).read_text("utf-8"))
    assert all("ODbL-1.0" in {x["name"] for x in r["licenses"]} for r in package["resources"])


def schemas(package):
    """Every Table Schema of a package, by the part that it describes."""
    for entry in package["resources"] + package["files"]:
        if "schema" in entry:
            yield entry["path"], entry["schema"]
        for part in [*entry.get("layers", ()), *entry.get("sheets", ())]:
            yield f"{entry['path']}:{part['name']}", part["schema"]


def test_every_column_of_every_file_has_a_title_a_meaning_and_numbers_a_unit(demo_folder):
    package = json.loads((demo_folder / "datapackage.json").read_text("utf-8"))
    described = dict(schemas(package))
    assert {f"areas.gpkg:{layer}" for layer in LAYERS} < set(described)
    assert {"ranking.csv", "areas.parquet", "tables.xlsx:Gebiete"} < set(described)
    for part, schema in described.items():
        names = [f["name"] for f in schema["fields"]]
        assert len(set(names)) == len(names), part
        assert set(schema.get("primaryKey", ())) <= set(names)
        for field in schema["fields"]:
            assert field["title"][0].isupper() or field["title"][0] in "S„", (part, field)
            assert re.search(r"[.!?]$", field["description"]), (part, field)
            assert "{" not in field["description"] + field["title"]
            assert ("unit" in field) == (field["type"] in ("integer", "number", "any"))
    top = next(f for f in described["ranking.csv"]["fields"] if f["name"] == "p_top")
    assert "10 Gebieten" in top["title"]
    assert "10 Gebieten" in top["description"]


def test_the_schema_of_a_layer_is_that_of_the_layer(demo_folder):
    package = json.loads((demo_folder / "datapackage.json").read_text("utf-8"))
    described = dict(schemas(package))
    kinds = {"INTEGER": "integer", "MEDIUMINT": "integer", "REAL": "number", "TEXT": "string"}
    kinds |= {"BOOLEAN": "boolean", "POINT": "any", "MULTIPOLYGON": "any"}
    path = demo_folder / "areas.gpkg"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        for layer in LAYERS:
            columns = {c[1]: kinds[c[2]] for c in base.execute(f'PRAGMA table_info("{layer}")')}
            fields = described[f"areas.gpkg:{layer}"]["fields"]
            assert {f["name"]: f["type"] for f in fields} == columns, layer
            for field in fields:
                allowed = field.get("constraints", {}).get("enum")
                query = f'SELECT DISTINCT "{field["name"]}" FROM "{layer}"'
                found = {v for (v,) in base.execute(query)} - {None} if allowed else set()
                assert found <= set(allowed or ()), (layer, field["name"])
    parquet = {f["name"] for f in described["areas.parquet"]["fields"]}
    assert parquet == set(pq.read_schema(demo_folder / "areas.parquet").names)


def test_the_sheets_are_those_of_the_workbook_with_their_headings(demo_folder):
    import zipfile

    package = json.loads((demo_folder / "datapackage.json").read_text("utf-8"))
    sheets = next(e["sheets"] for e in package["files"] if e["path"] == "tables.xlsx")
    with zipfile.ZipFile(demo_folder / "tables.xlsx") as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        strings = book.read("xl/sharedStrings.xml").decode()
    assert [s["name"] for s in sheets] == names[1:]  # the first one holds the notes
    for sheet in sheets:
        for field in sheet["schema"]["fields"]:
            assert escape(field["title"]) in strings


def test_the_share_says_what_it_is_a_share_of(package, one):
    fields = {f["name"]: f for f in package["resources"][0]["schema"]["fields"]}
    assert fields["share"]["description"].startswith(one.info.share_label)
    assert one.info.recipients_label in fields["recipients"]["description"]
    assert fields["recipients"]["unit"] == "Personen"


def test_fictitious_data_are_called_so(package):
    assert package["description"].startswith("Fiktive Daten")


def test_an_unknown_licence_keeps_its_own_words(one, tmp_path):
    source = SourceNote("x", "X", "X", "Nutzung nach Absprache", "X", "2024")
    odd = replace(one, info=replace(one.info, sources=(source,)))
    write_csvs(odd, tmp_path)
    package = json.loads(write_datapackage(odd, tmp_path).read_text("utf-8"))
    jsonschema.validate(package, RULES)
    assert package["licenses"] == [
        {"name": "Nutzung-nach-Absprache", "title": "Nutzung nach Absprache"}
    ]


def test_without_sources_no_empty_lists_are_written(one, tmp_path):
    bare = replace(one, info=replace(one.info, sources=()))
    write_csvs(bare, tmp_path)
    package = json.loads(write_datapackage(bare, tmp_path).read_text("utf-8"))
    jsonschema.validate(package, RULES)
    assert "licenses" not in package


def test_frictionless_finds_the_package_and_every_table_of_a_run_valid(demo_folder):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own dependencies
        import frictionless

        report = frictionless.Package(str(demo_folder / "datapackage.json")).validate()
    assert report.valid, report.flatten(["path", "row", "field", "type", "note"])
    assert [task.place for task in report.tasks] == [
        "ranking.csv",
        "regions.csv",
        "presence.csv",
        "frontier.csv",
    ]


def test_every_file_of_a_run_is_described_with_its_licence(demo_folder):
    package = json.loads((demo_folder / "datapackage.json").read_text("utf-8"))
    described = {entry["path"] for entry in package["resources"] + package["files"]}
    beside = {"datapackage.json", "dcat.jsonld", "manifest.json"}
    assert described == {p.name for p in demo_folder.iterdir()} - beside
    assert all(entry["licenses"] for entry in package["resources"] + package["files"])
