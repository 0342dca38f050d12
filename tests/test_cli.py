"""The command line: exit codes, one paragraph on stderr, never a traceback or half a file."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sozialraum as sr
from sozialraum import cli
from sozialraum.cli import inspect, run
from sozialraum.cli.log import keep_times, read_times
from sozialraum.cli.progress import Progress, speaking


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
        (["run", "demo", "--seed", "-3"], 2, "'-3' is no whole number from 0"),
        (["run", "--from", "nowhere.json"], 3, "no such manifest"),
        (["batch", "demo", "demo"], 2, "Two studies would write into"),
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
    last = done.stdout.splitlines()[-1]
    states = [line.split(maxsplit=1) for line in done.stdout.splitlines()[:-2]]
    wrong = [name for state, name in states if state != "same"]
    assert last.startswith(f"{len(wrong)} of {len(states)} files do")
    assert f"not match: {wrong[0]}" in last


def test_an_interrupted_run_ends_with_130_and_leaves_the_earlier_result(
    demo_folder: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(demo_folder, tmp_path / "run")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    # without the cache, so that it takes its time also on a fast machine
    command = [sys.executable, "-m", "sozialraum", "run", "demo", "--no-cache", "--out", str(out)]
    before_it = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:  # tests that run in the background ignore Ctrl-C, and their children would, too
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before_it)
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


def test_check_names_each_source_once_and_wraps_what_is_long() -> None:
    findings = [
        {"source": "mss/2025.csv", "kind": "matched", "detail": "162 Gebiete", "area_ids": []},
        {
            "source": "mss/2025.csv",
            "kind": "missing",
            "detail": "nicht im Datensatz",
            "area_ids": [f"0410010{i}" for i in range(1, 9)],
        },
    ]
    lines = run.listing(findings, width=60)
    assert [line for line in lines if line.startswith("mss")] == ["mss/2025.csv"]
    assert max(map(len, lines)) <= 60
    starts = {len(line) - len(line.lstrip()) for line in lines[3:]}
    assert starts == {lines[1].index("162")}
    assert "04100108" in lines[-1]


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's state folder."""
    import platformdirs

    folder = tmp_path / "state"
    monkeypatch.setattr(platformdirs, "user_state_dir", lambda *a, **k: str(folder))
    return folder


class Terminal(io.StringIO):
    """What stderr is when somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_progress_shows_stages_and_what_the_last_run_lets_expect(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(sys, "stderr", Terminal())
    say = Progress("demo", clock=lambda: now[0])
    for stage, took in (("read the inputs", 3.0), ("report", 10.0)):
        say(stage)
        now[0] += took
    say.end()
    first = sys.stderr.getvalue()
    assert re.search(r"read the inputs +3\.0 s", first)
    assert re.search(r"total +13\.0 s", first)
    assert "left" not in first
    monkeypatch.setattr(sys, "stderr", Terminal())
    say = Progress("demo", clock=lambda: now[0])
    say("read the inputs")
    say("report")
    assert re.findall(r"about (\d+) s left", sys.stderr.getvalue()) == ["13", "10"]


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"demo": 3}', '{"demo": {"report": "x"}}'])
def test_times_of_the_last_run_that_cannot_be_read_are_no_times(state: Path, damage: str) -> None:
    keep_times("other", {"report": 1.0})
    (state / "stages.json").write_text(damage, encoding="utf-8")
    assert read_times("demo") == {}
    keep_times("demo", {"report": 1.0})
    assert read_times("demo") == {"report": (1.0, 1.0)}


def test_runs_from_the_cache_do_not_shorten_the_estimate_of_one_that_computes(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold, warm = {"read the inputs": 4.0, "ranks": 8.0, "report": 6.0}, {"report": 5.0}
    warm = {"read the inputs": 0.1, "ranks": 0.2, **warm}
    for took in (cold, warm, warm):
        keep_times("demo", took)
    now = [0.0]
    for took, told in ((cold, ["17", "13", "5"]), (warm, ["18", "5", "5"])):
        monkeypatch.setattr(sys, "stderr", Terminal())
        say = Progress("demo", clock=lambda: now[0])
        for stage, seconds in took.items():
            say(stage)
            now[0] += seconds
        say.end()
        assert re.findall(r"about (\d+) s left", sys.stderr.getvalue()) == told


def test_the_log_is_private_tells_stages_and_the_end_but_no_message(state: Path) -> None:
    arguments = argparse.Namespace(verbose=False, quiet=True, command="run")

    def fail() -> None:
        with speaking(arguments, "demo") as say:
            say("read the inputs")
            say("need and ranks")
            raise ValueError("4711 persons in the cell")

    with pytest.raises(ValueError, match="4711"):
        fail()
    text = (state / "sozialraum.log").read_text(encoding="utf-8")
    assert "read the inputs" in text
    assert "ended with ValueError" in text
    assert "4711" not in text
    if os.name == "posix":
        assert (state / "sozialraum.log").stat().st_mode & 0o077 == 0


def test_a_state_folder_that_cannot_be_written_stops_no_work(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_text("a file")
    arguments = argparse.Namespace(verbose=False, quiet=False, command="run")
    with speaking(arguments, "demo") as say:
        say("read the inputs")
        say.end()
    assert capsys.readouterr().err == ""


def test_the_cache_says_where_it_is_and_can_be_cleared(tmp_path: Path) -> None:
    from sozialraum.cache import Cache

    env = os.environ | {"SOZIALRAUM_CACHE": str(tmp_path / "cache")}
    Cache(tmp_path / "cache" / "stages").put("key", [1, 2])
    said = call("cache", env=env).stdout
    assert f"{tmp_path / 'cache' / 'stages'}: 1 results" in said
    assert "1 removed" in call("cache", "--clear", env=env).stdout
    assert ": 0 results" in call("cache", env=env).stdout


def test_a_batch_runs_the_others_when_one_study_fails_and_ends_with_the_worst_code(
    demo_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text("extends: demo\nname: bad\ndisclosure: {minimum_count: 1}\n")
    done = call("batch", "no-such", "bad.yaml", "demo", "--jobs", "2", cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "--internal" in done.stderr
    assert "no study" in done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["2", "4", "done"]
    out = tmp_path / "data" / "processed"
    assert sorted(p.name for p in out.iterdir()) == ["demo", "summary.csv"]
    for path in demo_folder.iterdir():
        assert (out / "demo" / path.name).read_bytes() == path.read_bytes(), path.name
    rows = (out / "summary.csv").read_text(encoding="utf-8").splitlines()
    assert rows[1:3] == ["no-such,,,,,,exit 2", "bad.yaml,,,,,,exit 4"]
    assert rows[3].startswith("demo,")
