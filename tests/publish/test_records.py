"""Sizes and checksums of files that a run reads and writes."""

import hashlib
import os

import pytest

from sozialraum.errors import InputError
from sozialraum.publish.records import Records, record_inputs, record_once


def test_inputs_are_named_relative_to_the_data_folder(tmp_path):
    (tmp_path / "lor").mkdir()
    for name in ("areas.shp", "areas.dbf", "areas.prj", "areas.txt", "other.shp"):
        (tmp_path / "lor" / name).write_text(name)
    found = record_inputs(tmp_path, ["lor/areas.shp"])
    assert list(found) == ["lor/areas.dbf", "lor/areas.prj", "lor/areas.shp"]
    assert record_inputs(tmp_path, [tmp_path / "lor" / "areas.shp"]) == found


def test_an_input_outside_the_data_folder_is_refused(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "secret.csv").write_text("x")
    for path in ("../secret.csv", tmp_path / "secret.csv"):
        with pytest.raises(InputError, match="outside"):
            record_inputs(data, [path])
    with pytest.raises(InputError, match="missing"):
        record_inputs(data, ["none.csv"])


def test_a_file_that_was_replaced_is_hashed_again_whatever_its_time_says(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("before")
    os.utime(path, ns=(10**18, 10**18))
    assert record_once(path).sha256 == hashlib.sha256(b"before").hexdigest()
    other = tmp_path / "other.csv"
    other.write_text("after!")
    os.utime(other, ns=(10**18, 10**18))
    other.replace(path)
    assert record_once(path).sha256 == hashlib.sha256(b"after!").hexdigest()


def test_files_written_later_are_recorded_with_those_read_before(tmp_path):
    (tmp_path / "map.html").write_text("map")
    records = Records(tmp_path)
    assert list(records.everything()) == ["map.html"]
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.csv").write_text("a")
    found = records.everything()
    assert {name: file.bytes for name, file in found.items()} == {"below/a.csv": 1, "map.html": 3}
    assert found["map.html"].sha256 == hashlib.sha256(b"map").hexdigest()
