"""The pages say what the program says."""

import subprocess
import sys
from pathlib import Path

import yaml

import sozialraum as sr

ROOT = Path(__file__).resolve().parents[1]


def test_the_reference_is_up_to_date_and_no_link_is_broken() -> None:
    command = [sys.executable, str(ROOT / "docs" / "build.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr + "\nRun 'make docs'."


def test_the_study_of_the_readme_is_valid(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "study.yaml"
    path.write_text(block, encoding="utf-8")
    assert sr.load_study(path).region.name == yaml.safe_load(block)["region"]["name"]


def test_the_readme_names_both_commands_and_every_output(demo_folder: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make report" in text
    assert "make test" in text
    for name in ("map.html", "report.pdf", "tables.xlsx", "areas.gpkg", "manifest.json"):
        assert name in text
        assert (demo_folder / name).is_file()


def test_the_readme_example_runs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split("```python\n")[1].split("```")[0]
    names: dict = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(names["run"].ranking) == len(names["run"].areas)


def test_versions_are_told_for_a_bug_report(capsys) -> None:
    sr.show_versions()
    out = capsys.readouterr().out
    assert sr.__version__ in out
    assert "geopandas" in out
