"""The house: environment files in step, lock complete, nothing that does not belong."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"matplotlib": "matplotlib-base"}


def name(requirement: str) -> str:
    return re.split(r"[<>=!~ ;\[]", requirement, maxsplit=1)[0].lower()


def wanted() -> dict[str, str]:
    """Requirement name -> version bound of a run and of the notebooks."""
    everything = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["notebook"]
    return {name(r): r[len(name(r)) :].strip() for r in everything}


def test_the_conda_environment_is_in_step_with_pyproject() -> None:
    document = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = document["dependencies"]
    listed = {r.split()[0]: r.split()[1] if " " in r else "" for r in conda}
    listed |= {name(r): r[len(name(r)) :] for r in pip["pip"] if not r.startswith("--")}
    assert listed.pop("python") == PROJECT["requires-python"]
    listed.pop("pip")
    assert listed == {CONDA_NAMES.get(n, n): bound for n, bound in wanted().items()}


def test_the_lock_pins_every_requirement_with_hashes_and_a_run_needs_no_test_tool() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    run, development = lock.split("# --- development", 1)
    pinned = {name(m) for m in re.findall(r"^[A-Za-z0-9][^\\\n]*", run, flags=re.M)}
    assert {name(r) for r in PROJECT["dependencies"]} <= pinned
    later = {name(m) for m in re.findall(r"^[A-Za-z0-9][^\\\n]*", development, flags=re.M)}
    extras = PROJECT["optional-dependencies"]
    assert {name(r) for e in ("notebook", "test", "lint") for r in extras[e]} <= pinned | later
    assert "pytest" in later
    assert "pytest" not in pinned
    heads = re.findall(r"^([A-Za-z0-9].*?) \\$", lock, flags=re.M)
    assert all("==" in h for h in heads)
    assert lock.count("--hash=sha256:") >= len(heads)


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / p for p in out.stdout.decode().split("\0") if p and (ROOT / p).is_file()]


def test_the_repository_names_no_registry_host_and_no_path_of_a_machine() -> None:
    hosts = re.compile(r"(py" r"pi\.org|python" r"hosted\.|npm" r"js\.|deb\." r"debian)")
    home = str(Path.home()) + "/"
    for path in tracked():
        if path.stat().st_size < 2_000_000:
            text = path.read_bytes().decode("utf-8", "ignore")
            assert not hosts.search(text), path
            assert home not in text, path
            assert str(ROOT.parent) + "/" not in text, path


def test_committed_files_are_small_and_notebooks_carry_no_outputs() -> None:
    import json

    for path in tracked():
        assert path.stat().st_size <= 1_500_000, path
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            assert not any(c.get("outputs") or c.get("execution_count") for c in cells), path
