"""The notebooks with their outputs: executed once, for the tests and for the site.

An executed notebook lies in docs/tutorials (not in git) with a key over its text and the whole
source; while the key fits, nobody runs it again.
"""

import hashlib
import json
import os
import platform
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXECUTED = ROOT / "docs" / "tutorials"
TIMEOUT = 300  # seconds for one cell


def executed(path: Path) -> Any:
    """Give the notebook with its outputs; run it, where something changed since the last time.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell failed; nothing is kept.
    """
    import nbformat

    place, key = EXECUTED / path.name, _key(path)
    if place.is_file():
        before = nbformat.read(place, as_version=4)
        if before.metadata.get("sozialraum_key") == key:
            return before
    import tempfile

    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        # Pictures belong into the notebook, also where the caller draws without a screen.
        env = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        NotebookClient(notebook, timeout=TIMEOUT, resources=resources).execute(env=env)
    notebook.metadata["sozialraum_key"] = key
    beside = place.with_suffix(".part")
    beside.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    beside.replace(place)
    return notebook


def outputs(notebook: Any, *, kind: str) -> list[str]:
    """The text of a notebook's outputs: of a stream (`stdout`, `stderr`) or of a MIME type."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == kind:
                found.append(output["text"])
            elif kind in output.get("data", {}):
                found.append(output["data"][kind])
    return found


def _key(path: Path) -> str:
    cells = [c["source"] for c in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    digest = hashlib.sha256(json.dumps([platform.python_version(), cells]).encode())
    for file in sorted((ROOT / "src").rglob("*")):
        if file.suffix in {".py", ".yaml", ".json", ".js", ".css", ".html"}:
            digest.update(file.read_bytes())
    return digest.hexdigest()
