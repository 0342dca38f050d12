"""The command line: exit codes, one paragraph on stderr, never a traceback or half a file."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sozialraum as sr
from sozialraum import cli
from sozialraum.cli import inspect


def call(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sozialraum", *arguments], capture_output=True, text=True, **options
    )


def test_without_arguments_it_says_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "sozialraum run demo" in capsys.readouterr().out


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys\nfrom sozialraum import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'scipy', 'matplotlib', 'pydantic', 'yaml'}\n"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_mistyped_command_is_answered_with_the_right_one() -> None:
    done = call("rnu", "demo")
    assert done.returncode == 2
    assert "Did you mean 'run'?" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run"], 2, "needs either a study or --from"),
        (["run", "--from", "manifest.json", "--seed", "3"], 2, "Leave out --out"),
        (["run", "demo", "--jobs", "0"], 2, "--jobs is too small"),
        (["run", "demoo"], 2, "Did you mean 'demo'"),
        (["check", "charlottenburg-wilmersdorf", "--data", "nowhere"], 3, "does not exist"),
        (["check", "no-such.yaml"], 2, "no study"),
        (["audit", "nowhere"], 3, ""),
    ],
)
def test_an_error_is_one_paragraph_with_its_exit_code(
    arguments: list[str], code: int, says: str, tmp_path: Path
) -> None:
    done = call(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "\n\n" not in done.stderr.strip()


def test_limits_below_the_publishers_stop_the_run_with_exit_4_and_nothing_written(
    tmp_path: Path,
) -> None:
    study = tmp_path / "mine.yaml"
    study.write_text("extends: demo\nname: mine\ndisclosure: {minimum_count: 1}\n")
    done = call("run", str(study), "--out", str(tmp_path / "out"))
    assert done.returncode == 4
    assert "--internal" in done.stderr
    assert not (tmp_path / "out").exists()


def test_check_prints_the_join_audit_and_writes_nothing(tmp_path: Path) -> None:
    done = call("check", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "zugeordnet" in done.stdout
    assert not list(tmp_path.iterdir())


def test_sources_names_publisher_and_licence(tmp_path: Path) -> None:
    done = call("sources", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "CC BY" in done.stdout


def test_schema_is_json() -> None:
    done = call("schema")
    assert json.loads(done.stdout)["title"] == "sozialraum study"


def test_a_finished_run_passes_its_own_audit(demo_folder: Path) -> None:
    done = call("audit", str(demo_folder))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_folder_without_manifest_is_refused(demo_folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(demo_folder, tmp_path / "copy")
    (copy / "manifest.json").unlink()
    assert call("audit", str(copy)).returncode == 3


def test_a_run_from_a_manifest_whose_input_changed_ends_with_exit_1(
    demo_folder: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(sr.demo.folder(), tmp_path / "data")
    stops = next((data / "transit").glob("*ubahn*"))
    stops.write_bytes(stops.read_bytes() + b"\n")
    manifest = str(demo_folder / "manifest.json")
    done = call("run", "--from", manifest, "--data", str(data), "--quiet")
    assert done.returncode == 1, done.stderr
    assert "differs" in done.stdout


def test_an_interrupted_run_ends_with_130_and_leaves_the_earlier_result(
    demo_folder: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(demo_folder, tmp_path / "run")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    command = [sys.executable, "-m", "sozialraum", "run", "demo", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["run"]


def test_a_fault_of_the_program_is_one_paragraph_and_a_private_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import platformdirs

    monkeypatch.setattr(platformdirs, "user_state_dir", lambda *a, **k: str(tmp_path / "state"))
    monkeypatch.setattr(inspect, "_schema", lambda a: 1 / 0)
    assert cli.main(["schema"]) == 70
    message = capsys.readouterr().err
    assert "ZeroDivisionError" in message
    assert "Traceback" not in message
    log = tmp_path / "state" / "last-fault.log"
    assert "Traceback" in log.read_text()
    if os.name == "posix":
        assert log.stat().st_mode & 0o077 == 0


def test_progress_is_silent_in_a_pipe(tmp_path: Path) -> None:
    assert call("check", "demo", cwd=tmp_path).stderr == ""
