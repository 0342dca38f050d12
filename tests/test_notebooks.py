"""The notebooks run from top to bottom on the embedded demo, and answer their question."""

import json
from pathlib import Path

import pytest
from docs.tutorials import NOTEBOOKS, executed, outputs

TITLES = ("01 ", "02 ", "03 ", "04 ", "05 ", "06 ", "07 ")


def cells(path: Path, kind: str) -> list[str]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in document["cells"] if c["cell_type"] == kind]


def test_the_seven_notebooks_ask_a_question_and_answer_it() -> None:
    assert [p.name[:2] + " " for p in NOTEBOOKS] == list(TITLES)
    for path in NOTEBOOKS:
        texts = cells(path, "markdown")
        assert texts[0].startswith(f"# {path.name[:2]} · ")
        assert "**Frage:**" in texts[0]
        assert any(t.startswith("## Antwort") for t in texts)


def test_cells_are_short_and_the_data_is_chosen_in_one_place() -> None:
    for path in NOTEBOOKS:
        first, *rest = cells(path, "code")
        assert first.startswith('STUDIE = "demo"')
        assert "DATEN = None" in first
        for cell in rest:
            assert len(cell.splitlines()) <= 20, cell
            assert '"demo"' not in cell
            assert "._" not in cell, "public functions only"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
# Jupyter's own libraries warn about each other; what the notebook's code warns about is its output.
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_runs_from_top_to_bottom_on_the_demo(path: Path) -> None:
    notebook = executed(path)
    assert outputs(notebook, kind="stderr") == []
    assert outputs(notebook, kind="stdout"), "the answer is printed"
    if path.name[:2] in {"01", "02", "03", "04", "05", "07"}:
        assert outputs(notebook, kind="image/png")
    if path.name[:2] == "06":
        assert any("srcdoc=" in page for page in outputs(notebook, kind="text/html"))
