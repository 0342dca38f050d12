"""Faults of the machine, made to happen: one clear sentence, and the earlier result as it was.

`tests/publish/test_folder.py` does the same to the folder alone (kill -9 at any moment, a swap that
fails, two runs at once); here the real writers and the real processes are at work.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from sozialraum.errors import EnvironmentFault, InputError
from sozialraum.publish import gate
from sozialraum.publish.folder import publishing
from sozialraum.result import Run
from sozialraum.worker import Worker
from tests.publish.test_gate import consistent
from tests.support.synthetic import content

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits and signals of POSIX")

WRITE = """
    import pickle, sys
    from sozialraum.errors import SozialraumError
    run = pickle.load(open(sys.argv[1], "rb"))
    if len(sys.argv) > 3:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
    try:
        run.write(sys.argv[2])
    except SozialraumError as error:
        print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def run() -> Run:
    base = consistent(content(12))
    record = {"inputs": {}, "join_audit": [], "markers": {}, "disclosure": {}}
    return Run(base.study, gate.release(base), record)


@pytest.fixture(scope="module")
def pickled(run: Run, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run.pickle"
    path.write_bytes(pickle.dumps(run))
    return path


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """An earlier result."""
    place = tmp_path / "demo"
    with publishing(place) as folder:
        (folder / "ranking.csv").write_text("area_id\n")
        (folder / "manifest.json").write_text("{}")
    return place


def state(place: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in place.iterdir()}


def write(pickled: Path, place: Path, *more: object) -> str:
    script = [sys.executable, "-c", textwrap.dedent(WRITE), str(pickled), str(place)]
    done = subprocess.run([*script, *map(str, more)], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs")
@pytest.mark.parametrize(("size", "writer"), [("100k", "the map"), ("500k", "the GeoPackage")])
def test_a_disk_that_fills_up_is_said_and_the_earlier_result_stays(
    pickled: Path, tmp_path: Path, size: str, writer: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    inner = (
        f"mount -t tmpfs -o size={size} tmpfs {disk} && mkdir {disk}/demo && "
        f"echo area_id > {disk}/demo/ranking.csv && {sys.executable} -c "
        f"'{textwrap.dedent(WRITE)}' {pickled} {disk}/demo; ls -A {disk} {disk}/demo"
    )
    done = (
        subprocess.run(
            [
                "unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                inner,
            ],
            capture_output=True,
            text=True,
        )
        if shutil.which("unshare")
        else None
    )
    if done is None or "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no small disk can be mounted here")
    assert "EnvironmentFault The disk is full" in done.stdout, (writer, done)
    assert "Traceback" not in done.stderr
    left = done.stdout.split(f"{disk}:")[-1].split()
    assert left == ["demo", f"{disk}/demo:", "ranking.csv"]


def test_a_file_that_grows_beyond_the_limit_is_said_and_the_earlier_result_stays(
    pickled: Path, earlier: Path
) -> None:
    before = state(earlier)
    assert "EnvironmentFault A file grew beyond the limit" in write(pickled, earlier, 150_000)
    assert state(earlier) == before
    assert [p.name for p in earlier.parent.iterdir()] == ["demo"]


def test_a_folder_that_may_not_be_written_is_said(pickled: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    if os.access(closed, os.W_OK):  # the superuser may write everywhere but in the kernel's tree
        closed = Path("/proc/self")
    said = write(pickled, closed / "demo")
    assert said.startswith("EnvironmentFault")
    assert said.count("\n") == 1


def test_a_second_run_into_the_folder_is_told_to_wait(pickled: Path, earlier: Path) -> None:
    before = state(earlier)
    with publishing(earlier) as folder:
        assert "Another run is writing" in write(pickled, earlier)
        shutil.copytree(earlier, folder, dirs_exist_ok=True)
    assert state(earlier) == before


def test_a_run_killed_while_it_writes_leaves_the_earlier_result(
    pickled: Path, earlier: Path
) -> None:
    before = state(earlier)
    script = [sys.executable, "-c", textwrap.dedent(WRITE), str(pickled), str(earlier)]
    with subprocess.Popen(script) as process:
        while process.poll() is None and not list(earlier.parent.glob(".demo.run-*/map.html")):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert state(earlier) == before
    with publishing(earlier) as folder:  # the next run clears up
        shutil.copytree(earlier, folder, dirs_exist_ok=True)
    assert [p.name for p in earlier.parent.iterdir()] == ["demo"]


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit")
def test_a_worker_without_memory_is_one_clear_sentence(run: Run, earlier: Path) -> None:
    import resource

    before = state(earlier)
    with Worker() as worker:
        resource.prlimit(worker.process.pid, resource.RLIMIT_AS, (300_000_000, 300_000_000))
        with pytest.raises(EnvironmentFault, match=r"process of the run ended with .*--jobs 1"):
            run.write(earlier, worker=worker)
    assert state(earlier) == before


def test_a_missing_font_is_named(run: Run, earlier: Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("matplotlib.get_data_path", lambda: str(tmp_path))
    before = state(earlier)
    with pytest.raises(EnvironmentFault, match=r"font DejaVuSans\.ttf is missing"):
        run.write(earlier)
    assert state(earlier) == before


def test_a_missing_font_is_named_by_a_worker_too(
    run: Run, earlier: Path, monkeypatch, tmp_path: Path
) -> None:
    lost = "import matplotlib\nmatplotlib.get_data_path = lambda: 'nowhere'\n"
    (tmp_path / "sitecustomize.py").write_text(lost)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    before = state(earlier)
    with Worker() as worker, pytest.raises(EnvironmentFault, match=r"font DejaVuSans\.ttf is miss"):
        run.write(earlier, worker=worker)
    assert state(earlier) == before


def test_a_file_that_changes_while_the_run_reads_is_refused(tmp_path: Path) -> None:
    from sozialraum.cache import Cache
    from sozialraum.inputs import Inputs
    from sozialraum.stages import Stages
    from sozialraum.study import load_study

    study = load_study("demo")
    table = tmp_path / study.population.path
    table.parent.mkdir(parents=True)
    table.write_text("one")

    def read(chosen, inputs):
        path = inputs.path(chosen.population.path)
        other = threading.Thread(target=lambda: path.write_text("another"))
        other.start()
        other.join()
        return path.read_text()

    with pytest.raises(InputError, match="changed while the run was reading"):
        Stages(study, Inputs(tmp_path), Cache(None))("areas", read)


def test_a_file_that_changes_between_two_stages_is_refused(tmp_path: Path) -> None:
    from sozialraum.cache import Cache
    from sozialraum.inputs import Inputs
    from sozialraum.stages import Stages
    from sozialraum.study import load_study

    study = load_study("demo")
    table = tmp_path / study.population.path
    table.parent.mkdir(parents=True)
    table.write_text("one")
    stage = Stages(study, Inputs(tmp_path), Cache(None))
    stage("areas", lambda s, i: i.path(s.population.path).read_text())
    table.write_text("another")
    with pytest.raises(InputError, match="changed while the run was reading"):
        stage("need", lambda s, i: None)
