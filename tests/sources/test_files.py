"""Only local, regular files of acceptable size are opened."""

import os

import pytest

from sozialraum.errors import EnvironmentFault, InputError
from sozialraum.sources.files import local_file, read_bytes


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/a.csv",
        "file:///etc/passwd",
        "/vsicurl/https://example.org/a.shp",
        "/vsizip/a.zip/a.shp",
        "vsicurl/https://example.org",
        "s3://bucket/a.parquet",
        "a\0b.csv",
    ],
)
def test_addresses_and_virtual_paths_are_refused(path):
    with pytest.raises(InputError, match="not a local file"):
        local_file(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        local_file(tmp_path / "missing.csv")
    with pytest.raises(InputError, match="no regular file"):
        local_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a matter of POSIX systems")
def test_a_pipe_does_not_hang_the_reader(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="no regular file"):
        read_bytes(pipe)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file"
)
def test_a_file_that_may_not_be_read_is_a_fault_of_the_environment(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(EnvironmentFault):
        read_bytes(path)


def test_an_empty_file_and_a_wrong_ending_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.touch()
    with pytest.raises(InputError, match="empty"):
        local_file(path)
    path.write_text("x")
    with pytest.raises(InputError, match=r"'\.csv'"):
        local_file(path, suffixes=(".xlsx",))
