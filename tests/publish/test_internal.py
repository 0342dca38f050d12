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
from sozialraum.study import load_study
from tests.publish.test_gate import consistent
from tests.support.synthetic import content


def write(folder: Path, *, internal: bool, language: str = "de") -> Path:
    base = consistent(content(12))
    study = load_study(base.study, language=language)
    info = replace(base.info, internal=internal, language=language)
    released = gate.release(replace(base, study=study, info=info))
    record = {"inputs": {}, "join_audit": [], "markers": {}, "disclosure": {}}
    return Run(study, released, record).write(folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> dict[bool, Path]:
    folder = tmp_path_factory.mktemp("run")
    return {mark: write(folder / f"{mark}", internal=mark) for mark in (True, False)}


def test_every_file_of_an_internal_run_carries_the_stamp(written: dict[bool, Path]) -> None:
    assert unstamped(written[True]) == []
    pages = pypdf.PdfReader(written[True] / "report.pdf").pages
    assert all("intern, nicht zur Weitergabe" in page.extract_text() for page in pages[:3])
    marked = {
        internal: 'class="banner internal"' in (out / "map.html").read_text(encoding="utf-8")
        for internal, out in written.items()
    }
    assert marked == {True: True, False: False}
    # a table of plain text cannot say it: its folder does, and is closed to others
    assert "alle Dateien" in (written[True] / NOTICE).read_text(encoding="utf-8")


def test_the_stamp_of_an_english_run_is_english_and_is_found(tmp_path: Path) -> None:
    out = write(tmp_path / "run", internal=True, language="en")
    assert "not to be passed on" in (out / "datapackage.json").read_text(encoding="utf-8")
    assert unstamped(out) == []


def test_a_run_for_everybody_carries_none(written: dict[bool, Path]) -> None:
    assert len(unstamped(written[False])) == 7
    assert not (written[False] / NOTICE).exists()
