"""The pages say what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import sozialraum as sr

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    ROOT / "README.md",
    *(p for p in (ROOT / "docs").rglob("*.md") if "_build" not in p.parts),
]
WRONG = {
    r"Sozialraeum|Raeume\b|Buero\b|fuer\b": "umlauts are written as such",
    r"Bezirks-Region|BezirksRegion|Bezirk[ -]region": "Bezirksregion",
    r"Planungs-[Rr]aum|Planungraum|PlanungsRaum": "Planungsraum",
    r"[Jj]obcentre|Job-?Center\b|Job[- ][Cc]enter": "Jobcenter",
    r"Hartz|Langzeitarbeitslose\b": "Leistungsberechtigte nach dem SGB II",
    r"SGB[ -]?2\b|SGB-II|SGBII": "SGB II",
    r"Bundesagentur für Arbeitslos|Arbeitsamt": "Bundesagentur für Arbeit",
    r"[Bb]rennpunkt|[Pp]roblemviertel|[Pp]roblemkiez": "Gebiet mit großem Bedarf",
    r"Mogstad et al\.? 2020|Kulldorf\b|Getis-Ordt|Morans? i\b": "names of methods",
}
"""What is not written, and what is written instead."""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_reference_is_up_to_date_and_no_link_is_broken() -> None:
    command = [sys.executable, str(ROOT / "docs" / "build.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr + "\nRun 'make docs'."


def test_the_study_of_the_readme_is_valid(tmp_path: Path) -> None:
    block = text_of(ROOT / "README.md").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "study.yaml"
    path.write_text(block, encoding="utf-8")
    assert sr.load_study(path).region.name == yaml.safe_load(block)["region"]["name"]


def test_every_piece_of_a_study_in_the_pages_is_valid(tmp_path: Path) -> None:
    pieces = [
        (page, block)
        for page in PAGES
        for block in re.findall(r"```yaml\n(.*?)```", text_of(page), flags=re.S)
    ]
    assert len(pieces) >= 6
    for page, block in pieces:
        said = yaml.safe_load(block)
        whole = {"extends": "charlottenburg-wilmersdorf", "name": "piece"} | said
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
        assert sr.load_study(path).name == whole["name"], page


def test_the_readme_names_both_commands_and_every_output(demo_folder: Path) -> None:
    text = text_of(ROOT / "README.md")
    assert "make report" in text
    assert "make test" in text
    for name in ("map.html", "report.pdf", "tables.xlsx", "areas.gpkg", "manifest.json"):
        assert name in text
        assert (demo_folder / name).is_file()


def test_the_page_of_formats_names_every_file_of_a_run(demo_folder: Path) -> None:
    text = text_of(ROOT / "docs" / "reference" / "formats.md")
    for path in demo_folder.iterdir():
        assert f"`{path.name}`" in text, path.name


def test_the_readme_example_runs() -> None:
    block = text_of(ROOT / "README.md").split("```python\n")[1].split("```")[0]
    names: dict = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(names["run"].ranking) == len(names["run"].areas)


@pytest.mark.slow
def test_a_newcomer_gets_a_map_of_a_changed_study_in_ten_commands(tmp_path: Path) -> None:
    page = text_of(ROOT / "docs" / "howto" / "erste-studie.md")
    blocks = re.findall(r"```sh\n(.*?)```", page, flags=re.S)
    assert blocks[0] == "make report\n"
    script = "set -e\n" + "".join(b for b in blocks[1:] if "--from" not in b)  # tested elsewhere
    commands = re.findall(r"^(?:make|\.venv|echo|cat) ?.*", "".join(blocks), flags=re.M)
    assert len(commands) <= 10
    script = script.replace(".venv/bin/python", f'"{sys.executable}"')
    script = script.replace(".venv/bin/sozialraum", f'"{sys.executable}" -m sozialraum')
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    out = tmp_path / "data" / "processed" / "meine-studie"
    rooms = (out / "map.html").read_text(encoding="utf-8")
    assert "Treff am Gänseanger" in rooms
    study = sr.publish.read_manifest(out)["study"]
    assert study["siting"]["rooms"] == 5
    assert study["composite"]["weights"]["S1"] == 2


def test_terms_of_the_field_are_written_in_one_way() -> None:
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    texts = sorted((ROOT / "src").rglob("*.yaml"))
    for page in [*PAGES, *notebooks, *texts, ROOT / "CHANGELOG.md"]:
        for pattern, right in WRONG.items():
            found = re.search(pattern, text_of(page))
            assert found is None, f"{page.name}: {found and found.group()!r}, write: {right}"


def test_the_tests_that_the_comparison_promises_exist() -> None:
    sources = {p.name: text_of(p) for p in (ROOT / "tests").rglob("test_*.py")}
    for peer in ("esda", "spopt"):
        assert any(re.search(rf"\b{peer}\b", text) for text in sources.values()), peer
    page = text_of(ROOT / "docs" / "explanation" / "comparison.md")
    table = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    assert all(len(row) == len(table[0]) for row in table)
    for row in table[2:]:
        assert row[-1].strip() == "–" or "`sr." in row[-1], row[0]


def test_the_site_asks_no_other_host() -> None:
    configuration = text_of(ROOT / "docs" / "conf.py")
    for foreign in ("intersphinx", "sphinx.ext.mathjax", "html_js_files"):
        assert foreign not in configuration
    for page in PAGES:
        assert not re.search(r"!\[[^\]]*\]\(https?:", text_of(page)), page
