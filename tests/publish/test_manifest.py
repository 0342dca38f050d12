"""The manifest: the same on every machine, and a reader refuses what does not match it."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError
from sozialraum.publish.manifest import differences, fingerprint, read_manifest, write_manifest
from sozialraum.publish.records import FileRecord
from sozialraum.study import load_study
from tests.support.synthetic import content

INPUTS = {"mss/table.csv": FileRecord("ab" * 32, 12)}


@pytest.fixture(scope="module")
def one():
    return content(24)


@pytest.fixture
def run(one, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "ranking.csv").write_text("area_id\n")
    (folder / "map.html").write_text("<html>")
    write_manifest(
        folder,
        study=one.study,
        info=one.info,
        inputs=INPUTS,
        join_audit=[{"source": "mss", "count": np.int64(53)}],
        markers={"mss": {"*": 2}},
    )
    return folder


def test_a_finished_run_is_read_back(run, one):
    manifest = read_manifest(run)
    assert list(manifest["outputs"]) == ["map.html", "ranking.csv"]
    assert manifest["outputs"]["map.html"]["bytes"] == 6
    assert manifest["inputs"] == {"mss/table.csv": {"sha256": "ab" * 32, "bytes": 12}}
    assert manifest["join_audit"] == [{"source": "mss", "count": 53}]
    assert manifest["markers"] == {"mss": {"*": 2}}
    assert manifest["reproducible"] is True
    assert manifest["seed"] == one.study.seed
    assert read_manifest(run / "manifest.json") == manifest


def test_the_study_in_the_manifest_can_be_run_again(run, one, tmp_path):
    path = tmp_path / "again.yaml"
    path.write_text(json.dumps(read_manifest(run)["study"]), encoding="utf-8")
    assert load_study(path) == one.study


def test_the_manifest_names_no_machine_no_path_and_no_time(run):
    text = (run / "manifest.json").read_text("utf-8")
    assert str(run) not in text
    assert str(Path.home()) not in text
    assert platform.node() not in text or len(platform.node()) < 4
    assert "T00:00" not in text


def test_two_manifests_of_the_same_run_are_the_same_bytes(run, one):
    before = (run / "manifest.json").read_bytes()
    os.utime(run / "map.html", (1, 1))
    write_manifest(
        run,
        study=one.study,
        info=one.info,
        inputs=INPUTS,
        join_audit=[{"source": "mss", "count": np.int64(53)}],
        markers={"mss": {"*": 2}},
    )
    assert (run / "manifest.json").read_bytes() == before


def test_a_run_that_a_clock_stopped_says_why_it_is_not_reproducible(run, one):
    write_manifest(
        run, study=one.study, info=one.info, inputs={}, not_reproducible="time limit of the solver"
    )
    manifest = read_manifest(run)
    assert manifest["reproducible"] is False
    assert manifest["reason"] == "time limit of the solver"


def test_a_folder_without_manifest_is_no_result(run):
    (run / "manifest.json").unlink()
    with pytest.raises(InputError, match="no finished run"):
        read_manifest(run)


def test_a_folder_that_does_not_exist_is_no_result(tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        read_manifest(tmp_path / "nowhere")


def test_a_changed_and_a_missing_file_are_named(run):
    (run / "ranking.csv").write_text("area_id\n04\n")
    (run / "map.html").unlink()
    with pytest.raises(InputError, match=r"map\.html is missing, ranking\.csv was changed"):
        read_manifest(run)
    assert read_manifest(run, verify=False)["outputs"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": "other"}',
        '{"format": "sozialraum-run/1"}',
        '{"format": "sozialraum-run/1", "inputs": {}, "study": {}, "outputs": {"../x": {}}}',
        '{"format": "sozialraum-run/1", "inputs": {}, "study": {}, "outputs": {"C:\\\\x": {}}}',
        "[" * 100_000,
    ],
)
def test_a_manifest_that_is_none_ends_in_one_clear_error(run, text):
    (run / "manifest.json").write_text(text)
    with pytest.raises(InputError, match="The manifest is"):
        read_manifest(run)


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_as_manifest_end_in_one_clear_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("run")
    (folder / "manifest.json").write_bytes(data)
    with pytest.raises(InputError):
        read_manifest(folder)


def test_the_fingerprint_follows_inputs_study_and_seed(one):
    base = fingerprint(one.study, INPUTS)
    assert len(base) == 12
    assert int(base, 16) >= 0
    other = {"mss/table.csv": FileRecord("cd" * 32, 12)}
    changed = load_study(one.study, siting={"rooms": one.study.siting.rooms + 1})
    assert (
        len(
            {
                base,
                fingerprint(one.study, other),
                fingerprint(changed, INPUTS),
                fingerprint(one.study, INPUTS, 9),
            }
        )
        == 4
    )


def test_runs_are_compared_file_by_file():
    entry = {"sha256": "a", "bytes": 1}
    old = {"inputs": {"x.csv": entry}, "outputs": {"a": entry, "b": entry}}
    new = {"inputs": {"x.csv": entry}, "outputs": {"b": {**entry, "sha256": "z"}, "c": entry}}
    assert differences(old, new) == {"x.csv": "same", "a": "missing", "b": "differs", "c": "new"}
