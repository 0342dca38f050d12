"""The run folder: complete or not there, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from sozialraum.errors import EnvironmentFault
from sozialraum.publish import folder as module
from sozialraum.publish.folder import publishing, recover


def write(place: Path, text: str) -> None:
    with publishing(place) as folder:
        (folder / "ranking.csv").write_text(text)


def content_of(place: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in place.iterdir()}


def beside(place: Path) -> list[str]:
    return sorted(p.name for p in place.parent.iterdir() if p != place)


def test_a_result_appears_whole_and_leaves_nothing_beside_it(tmp_path):
    place = tmp_path / "data" / "demo"
    write(place, "one")
    assert content_of(place) == {"ranking.csv": "one"}
    assert beside(place) == []


def test_a_new_result_replaces_the_earlier_one_as_a_whole(tmp_path):
    place = tmp_path / "demo"
    with publishing(place) as folder:
        (folder / "ranking.csv").write_text("old")
        (folder / "presence.csv").write_text("old")
    write(place, "new")
    assert content_of(place) == {"ranking.csv": "new"}


def test_the_earlier_result_is_visible_until_the_new_one_is_complete(tmp_path):
    place = tmp_path / "demo"
    write(place, "old")
    with publishing(place) as folder:
        (folder / "ranking.csv").write_text("new")
        assert content_of(place) == {"ranking.csv": "old"}
    assert content_of(place) == {"ranking.csv": "new"}


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt(), SystemExit(3)])
def test_an_error_or_interruption_leaves_the_earlier_result(tmp_path, error):
    place = tmp_path / "demo"
    write(place, "old")

    def fail():
        with publishing(place) as folder:
            (folder / "ranking.csv").write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert content_of(place) == {"ranking.csv": "old"}
    assert beside(place) == []


def test_two_runs_into_the_same_folder_end_in_one_clear_error(tmp_path):
    place = tmp_path / "demo"
    with publishing(place) as folder:
        (folder / "ranking.csv").write_text("first")
        with pytest.raises(EnvironmentFault, match="Another run"), publishing(place):
            pass
    assert content_of(place) == {"ranking.csv": "first"}
    write(place, "second")
    assert content_of(place) == {"ranking.csv": "second"}


def test_two_runs_into_different_folders_do_not_disturb_each_other(tmp_path):
    with publishing(tmp_path / "a") as a, publishing(tmp_path / "b") as b:
        (a / "ranking.csv").write_text("a")
        (b / "ranking.csv").write_text("b")
    assert content_of(tmp_path / "a") == {"ranking.csv": "a"}
    assert content_of(tmp_path / "b") == {"ranking.csv": "b"}


def test_a_folder_with_other_files_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    (tmp_path / "photos").mkdir()
    with pytest.raises(EnvironmentFault, match=r"photos, thesis\.docx"), publishing(tmp_path):
        pytest.fail("the block must not start")
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_what_desktops_leave_in_a_folder_does_not_count_as_foreign(tmp_path):
    place = tmp_path / "demo"
    write(place, "old")
    (place / ".DS_Store").write_text("")
    (place / "areas.gpkg-wal").write_text("")
    write(place, "new")
    assert content_of(place) == {"ranking.csv": "new"}


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(EnvironmentFault, match="is a file"), publishing(tmp_path / "demo"):
        pytest.fail("the block must not start")
    with pytest.raises(EnvironmentFault), publishing(tmp_path / "demo" / "below"):
        pytest.fail("the block must not start")


def test_a_link_keeps_pointing_to_the_new_result(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert content_of(tmp_path / "real") == {"ranking.csv": "new"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_an_internal_result_is_readable_by_its_owner_only(tmp_path):
    with publishing(tmp_path / "demo", private=True) as folder:
        (folder / "ranking.csv").write_text("x")
    assert (tmp_path / "demo").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
def test_a_full_disk_is_one_clear_error_and_keeps_the_earlier_result(tmp_path):
    place = tmp_path / "demo"
    write(place, "old")

    def fill():
        with publishing(place) as folder:
            (folder / "ranking.csv").symlink_to("/dev/full")
            (folder / "ranking.csv").write_text("x" * 10_000)

    with pytest.raises(EnvironmentFault, match="disk is full"):
        fill()
    assert content_of(place) == {"ranking.csv": "old"}


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_a_file_size_limit_is_one_clear_error(tmp_path):
    script = """
        import pathlib, resource, sys
        from sozialraum.errors import EnvironmentFault
        from sozialraum.publish.folder import publishing
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            with publishing(sys.argv[1]) as folder:
                (folder / "ranking.csv").write_bytes(b"x" * 1_000_000)
        except EnvironmentFault as fault:
            print(fault)
    """
    done = run(script, tmp_path / "demo")
    assert "limit of the system" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_read_only_folder_is_one_clear_error(tmp_path):
    parent = tmp_path / "closed"
    parent.mkdir()
    parent.chmod(0o555)
    if os.access(parent, os.W_OK):  # the superuser writes everywhere but in the kernel's own tree
        parent = Path("/proc/self")
    with pytest.raises(EnvironmentFault), publishing(parent / "demo"):
        pytest.fail("the block must not start")


def test_an_error_about_an_input_is_not_taken_for_one_about_the_output(tmp_path):
    with pytest.raises(PermissionError), publishing(tmp_path / "out" / "demo"):
        raise PermissionError(13, "Permission denied", str(tmp_path / "inputs" / "table.csv"))


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


SLOW_RUN = """
    import pathlib, sys, time
    from sozialraum.publish.folder import publishing
    while True:
        with publishing(sys.argv[1]) as folder:
            for name in ("ranking.csv", "presence.csv", "manifest.json"):
                (folder / name).write_text(name * 1000)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_a_killed_run_never_leaves_a_part_of_a_result(tmp_path):
    place = tmp_path / "demo"
    for attempt in range(8):
        command = [sys.executable, "-c", textwrap.dedent(SLOW_RUN), str(place)]
        with subprocess.Popen(command) as process:
            while not place.exists() and process.poll() is None:
                time.sleep(0.005)
            time.sleep(0.003 + 0.011 * attempt)
            process.send_signal(signal.SIGKILL)
        recover(place)
        assert {p.name: p.stat().st_size for p in place.iterdir()} == {
            name: len(name) * 1000 for name in ("ranking.csv", "presence.csv", "manifest.json")
        }
    write(place, "after")
    assert content_of(place) == {"ranking.csv": "after"}
    assert beside(place) == []


def test_a_result_that_was_moved_aside_in_the_swap_comes_back(tmp_path):
    place = tmp_path / "demo"
    write(place, "old")
    place.rename(module._sibling(place, "old"))
    stale = module._sibling(place, "run")
    stale.mkdir()
    recover(place)
    assert content_of(place) == {"ranking.csv": "old"}
    assert beside(place) == []


def test_a_swap_that_fails_puts_the_earlier_result_back(tmp_path, monkeypatch):
    place = tmp_path / "demo"
    write(place, "old")
    real, calls = Path.rename, []

    def rename(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise PermissionError(13, "a program holds a file open", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(EnvironmentFault), publishing(place) as folder:
        (folder / "ranking.csv").write_text("new")
    assert content_of(place) == {"ranking.csv": "old"}
    assert beside(place) == []


def test_recovery_leaves_a_running_run_alone(tmp_path):
    place = tmp_path / "demo"
    with publishing(place) as folder:
        (folder / "ranking.csv").write_text("x")
        recover(place)
        assert folder.is_dir()
    assert content_of(place) == {"ranking.csv": "x"}
