"""The same inputs give the same bytes, and a run that is killed leaves nothing half done."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

import sozialraum as sr
from sozialraum import pipeline
from sozialraum.errors import SozialraumError
from sozialraum.publish.audit import audit_folder
from sozialraum.publish.manifest import read_manifest

CHANGES = {"siting": {"rooms": 3}}
"""Another number of rooms than the demo's: what the session knows is used, too."""


def start(*arguments: str, env: dict[str, str], **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sozialraum", *arguments],
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*")}


def locale() -> str:
    """Another locale that this machine has; one with a decimal comma where there is one."""
    listed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    names = listed.split() if os.name == "posix" else []
    comma = [n for n in names if re.match(r"(de|fr|es|it|pl|tr)_.*utf-?8", n, flags=re.I)]
    return (comma or ["C"])[0]


@pytest.fixture(scope="module")
def quick_folder(demo_run: sr.Run, tmp_path_factory) -> Path:
    """The demo with `CHANGES`, in this process, from what it has computed before."""
    place = tmp_path_factory.mktemp("quick") / "run"
    return demo_run.with_changes(**CHANGES).write(place)


def test_every_file_is_the_same_in_another_process_folder_zone_locale_and_without_cache(
    quick_folder: Path, tmp_path: Path
) -> None:
    study = tmp_path / "mine.yaml"
    study.write_text("extends: demo\nsiting: {rooms: 3}\n", encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    env = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": locale(),
        "PYTHONHASHSEED": "12345",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "40",
        "MPLCONFIGDIR": str(home),
        "SOURCE_DATE_EPOCH": "0",
    }
    out = tmp_path / "ä folder" / "run"
    call = ["run", "mine.yaml", "--out", str(out), "--jobs", "1", "--no-cache"]
    process = start(*call, env=env, cwd=tmp_path)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    here, there = files(quick_folder), files(out)
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] == []


def test_what_earlier_stages_gave_counts_and_not_where_it_came_from(
    tmp_path: Path, monkeypatch
) -> None:
    """A table that was just computed lies in memory as one that was read: sums are the same."""

    def entries(folder: Path) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (folder / "stages").iterdir()}

    monkeypatch.setenv("SOZIALRAUM_CACHE", str(tmp_path / "cold"))
    sr.run("demo")
    cold = entries(tmp_path / "cold")
    before = ("areas-", "need-", "standing-", "setting-", "_drawn-")
    (tmp_path / "half" / "stages").mkdir(parents=True)
    for name in (n for n in cold if n.startswith(before)):
        shutil.copy2(tmp_path / "cold" / "stages" / name, tmp_path / "half" / "stages")
    monkeypatch.setenv("SOZIALRAUM_CACHE", str(tmp_path / "half"))
    sr.run("demo")
    half = entries(tmp_path / "half")
    assert any(name.startswith("presence-") for name in half)
    assert {name: data == cold[name] for name, data in half.items()} == dict.fromkeys(half, True)


def test_a_run_repeated_from_its_manifest_alone_matches_file_by_file(
    quick_folder: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "by-mail.json"
    shutil.copy(quick_folder / "manifest.json", manifest)
    process = start(
        "run", "--from", str(manifest), "--jobs", "2", env={"PYTHONHASHSEED": "7", "TZ": "UTC"}
    )
    said, errors = process.communicate(timeout=300)
    assert process.returncode == 0, said + errors
    assert errors == ""
    *lines, _, last = said.splitlines()
    states = dict(reversed(line.split(maxsplit=1)) for line in lines)
    assert last == f"All {len(states)} files match."
    assert set(states.values()) == {"same"}
    outputs = json.loads(manifest.read_text(encoding="utf-8"))["outputs"]
    assert set(outputs) <= set(states)


def test_a_manifest_with_changed_files_beside_it_or_none_at_all_is_named(
    quick_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(SozialraumError, match=r"no such manifest.*nowhere\.json"):
        pipeline.repeat(tmp_path / "nowhere.json")
    copy = shutil.copytree(quick_folder, tmp_path / "copy")
    (copy / "ranking.csv").write_text("area_id\n")
    for path in (copy, copy / "manifest.json"):
        with pytest.raises(SozialraumError, match=r"ranking\.csv was changed"):
            pipeline.repeat(path)
    other = tmp_path / "notes.json"
    other.write_text("{}")
    with pytest.raises(SozialraumError, match="another format"):
        pipeline.repeat(other)


def test_other_versions_and_a_clock_are_named_where_a_repeated_run_differs(
    quick_folder: Path, tmp_path: Path
) -> None:
    document = json.loads((quick_folder / "manifest.json").read_text(encoding="utf-8"))
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert pipeline.circumstances(path) == []
    document["versions"]["numpy"] = "1.0"
    document |= {"reproducible": False, "reason": "a solver ran out of time"}
    path.write_text(json.dumps(document), encoding="utf-8")
    notes = " ".join(pipeline.circumstances(path))
    assert "numpy 1.0 (here" in notes
    assert "ran out of time" in notes


def marked(mark: str) -> list[int]:
    """Processes that carry the mark in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc (Linux)")
def test_a_run_killed_at_any_moment_leaves_the_earlier_result_and_nothing_that_looks_finished(
    demo_folder: Path, tmp_path: Path
) -> None:
    moments = random.Random(8)
    place, mark = tmp_path / "out" / "run", f"killed-{uuid.uuid4()}"
    shutil.copytree(demo_folder, place)
    before = files(place)
    assert audit_folder(place) == []
    env = {"SOZIALRAUM_CACHE": str(tmp_path / "cache"), "SOZIALRAUM_TEST_MARK": mark}

    def run() -> subprocess.Popen[str]:
        return start("run", "demo", "--out", str(place), "--jobs", "2", env=env)

    longest = 3.0  # seconds; most runs would take longer
    for attempt in range(20):
        process = run()
        try:
            # half of the moments early on, while results are read and kept; the rest anywhere
            process.wait(moments.uniform(0, longest if attempt % 2 else longest / 3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        assert files(place) == before, attempt
        for beside in place.parent.iterdir():  # hidden working folders: whole or refused
            if beside != place and beside.is_dir():
                try:
                    read_manifest(beside)
                except SozialraumError:
                    continue
                assert files(beside) == before, attempt
    deadline = time.monotonic() + 20
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(mark) == []  # the process that sets the report ends, too
    process = run()
    assert process.communicate(timeout=300)[1] == ""
    assert process.returncode == 0
    assert files(place) == before  # whatever was kept by then was whole
    assert [p.name for p in place.parent.iterdir()] == ["run"]
