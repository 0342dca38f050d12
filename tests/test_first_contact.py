"""First contact: whatever is typed, the program says what to do next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sozialraum import cli

ROOT = Path(__file__).resolve().parents[1]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and error of a command, lines joined."""
    try:
        code = cli.main(list(arguments))
    except SystemExit as end:
        code = int(end.code or 0)
    told = capsys.readouterr()
    return code, told.out, " ".join(told.err.split())


def test_without_arguments_the_first_steps_are_shown(capsys) -> None:
    code, out, _ = said(capsys)
    assert code == 0
    assert "sozialraum run demo" in out


def test_a_typo_in_a_study_names_the_nearest_one(capsys) -> None:
    code, _, error = said(capsys, "run", "charlotenburg-wilmersdorf")
    assert code == 2
    assert "Did you mean 'charlottenburg-wilmersdorf'?" in error


def test_a_study_that_is_not_there_is_told_with_its_place(capsys, tmp_path: Path) -> None:
    code, _, error = said(capsys, "run", str(tmp_path / "my.yaml"))
    assert code == 2
    assert "Nothing is at" in error


def test_an_empty_data_folder_says_who_publishes_what(capsys, tmp_path: Path) -> None:
    code, _, error = said(capsys, "run", "charlottenburg-wilmersdorf", "--data", str(tmp_path))
    assert code == 3
    assert "There is no file at all" in error
    assert "sozialraum sources" in error
    assert "sozialraum fetch" in error


def test_a_wrong_file_as_study_says_what_a_study_is(capsys) -> None:
    code, _, error = said(capsys, "run", str(ROOT / "README.md"))
    assert code == 2
    assert "no valid YAML" in error
    assert "extends: demo" in error


def test_a_folder_that_is_no_run_is_refused_with_what_to_do(capsys, tmp_path: Path) -> None:
    for arguments in (("audit", str(tmp_path)), ("run", "--from", str(tmp_path))):
        code, _, error = said(capsys, *arguments)
        assert code == 3
        assert "no finished run" in error
        assert "sozialraum run" in error


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_every_command(capsys, shell: str) -> None:
    code, out, _ = said(capsys, "--print-completion", shell)
    assert code == 0
    for command in ("run", "check", "audit"):
        assert command in out


def test_the_module_is_the_program() -> None:
    command = [sys.executable, "-m", "sozialraum", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sozialraum ")


def child(*arguments: str, **streams: Any) -> subprocess.Popen[str]:
    """The program as a process whose output is kept until it ends, as in a pipe of a shell."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "sozialraum", *arguments]
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, encoding="utf-8", **streams
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_answer_that_nothing_can_hold_is_an_error() -> None:
    with Path("/dev/full").open("w") as full, child("cache", stdout=full) as process:
        assert process.stderr is not None
        error = process.stderr.read()
    assert process.returncode == 5
    assert "No space left" in error
    assert "Traceback" not in error


def test_help_and_what_was_said_before_an_error_reach_a_pipe(tmp_path: Path) -> None:
    with child(stdout=subprocess.PIPE) as process:
        out, _ = process.communicate()
    assert process.returncode == 0
    assert "first steps:" in out
    (tmp_path / "areas.gpkg").write_text("no layer")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    draft = ("init", "zz", "--data", str(tmp_path), "--out", str(tmp_path / "zz.yaml"), "--yes")
    with child(*draft, stdout=subprocess.PIPE) as process:
        out, error = process.communicate()
    assert process.returncode == 3
    assert "areas.gpkg" in out
    assert error.startswith("sozialraum: ")


def test_a_verdict_stands_when_nobody_reads_it(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("area_id,recipients\n04100101,40\n04100102,\n041001,42\n")
    with child("audit", str(table), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 4
