"""Imports follow the way of a number and never go back up."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "sozialraum"
LAYERS = [
    {"cache", "codec", "copies", "errors", "garbage", "lazy", "packaged", "texts", "versions"},
    {"study", "demo"},
    {"sources"},
    {"areas", "inputs"},
    {"disclosure"},
    {"access"},
    {"concentration"},
    {"need"},
    {"presence"},
    {"publish"},
    {"pipeline", "result", "stages", "steps", "worker"},
    {"plot", "testing", "comparison", "evaluation"},
    {"cli"},
    {"__main__"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
MODULES = sorted(p for p in SOURCE.rglob("*.py") if p != SOURCE / "__init__.py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sozialraum."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "sozialraum":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {n[1] for n in names if n[0] == "sozialraum" and len(n) > 1}
    return found - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_imports_only_from_its_own_layer_and_below(path: Path) -> None:
    package = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    for other in imports(path) - {package}:
        assert HEIGHT[other] <= HEIGHT[package], f"{path} imports sozialraum.{other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450
