"""A run for internal use says so wherever somebody may come upon a part of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from sozialraum.publish import gate
from sozialraum.publish.audit import unstamped
from sozialraum.publish.folder import NOTICE
from sozialraum.result import Run
from tests.publish.test_gate import consistent
from tests.support.synthetic import content


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> dict[bool, Path]:
    base = consistent(content(12))
    folders = {}
    for internal in (True, False):
        released = gate.release(replace(base, info=replace(base.info, internal=internal)))
        record = {"inputs": {}, "join_audit": [], "markers": {}, "disclosure": {}}
        run = Run(base.study, released, record)
        folders[internal] = run.write(tmp_path_factory.mktemp("run") / f"{internal}")
    return folders


def test_every_file_of_an_internal_run_carries_the_stamp(written: dict[bool, Path]) -> None:
    assert unstamped(written[True]) == []
    pages = pypdf.PdfReader(written[True] / "report.pdf").pages
    assert all("intern, nicht zur Weitergabe" in page.extract_text() for page in pages[:3])
    page = (written[True] / "map.html").read_text(encoding="utf-8")
    assert "intern, nicht zur Weitergabe" in page.lower() or "nicht zur Weitergabe" in page
    # a table of plain text cannot say it: its folder does, and is closed to others
    assert "alle Dateien" in (written[True] / NOTICE).read_text(encoding="utf-8")


def test_a_run_for_everybody_carries_none(written: dict[bool, Path]) -> None:
    assert len(unstamped(written[False])) == 7
    assert not (written[False] / NOTICE).exists()
