"""Damaged inputs over all readers: a result or one clear error (the long run is `make fuzz`)."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from sozialraum.sources.layers import read_layer
from sozialraum.sources.vector import read_layer as read_vector
from sozialraum.sources.workbook import open_workbook

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz"))
from mutate import mutated
from targets import targets

sys.path.pop(0)

SLOW = ("shapefile", "dbase", "geopackage", "geoparquet", "study", "venues", "osm", "centres")


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_damaged_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    target, draw = targets()[name], random.Random(f"test {name}")
    for seed in target.seeds[:1]:
        assert target.call(seed, tmp_path) == "read"
    for _ in range(10 if name in SLOW else 40):
        assert target.call(mutated(target, draw), tmp_path) in ("read", "refused")


def polygon(number: str) -> str:
    ring = f"[[[{number},1]]]"
    return '{"features":[{"geometry":{"type":"Polygon","coordinates":' + ring + "}}]}"


@pytest.mark.parametrize(
    ("name", "text", "ends"),
    [
        ("geojson", '{"features":[{"properties":{"PLR_ID":"\\ud800"}}]}', "refused"),
        ("geojson", polygon("1e999"), "refused"),
        ("geojson", polygon("1" + "0" * 400), "refused"),
        ("layer", '{"features":[{"properties":{"a":[1,2]},"geometry":null}]}', "read"),
        ("grid", "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\n;1;1;\n", "refused"),
        ("study", "a: \x00", "refused"),
        ("clubs", "{", "refused"),
        ("centres", "Träger;Träger\n1;2\n", "refused"),
    ],
)
def test_what_the_fuzzer_found_stays_mended(
    name: str, text: str, ends: str, tmp_path: Path
) -> None:
    assert targets()[name].call(text.encode(), tmp_path) == ends


def test_the_tested_doors_are_the_real_ones() -> None:
    assert targets()["layer"].read is read_layer
    assert targets()["workbook"].read is open_workbook
    assert read_vector is not read_layer
