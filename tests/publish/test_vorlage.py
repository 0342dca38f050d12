"""The short paper: two pages that a Drucksache can take in, from released files alone."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from sozialraum.cli import main
from sozialraum.errors import InputError
from sozialraum.publish.finished import read_run
from sozialraum.publish.numbers import number, percent
from sozialraum.publish.vorlage import compose, write_vorlage

SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def run(demo_folder):
    return read_run(demo_folder)


@pytest.fixture(scope="module")
def path(run, tmp_path_factory) -> Path:
    return write_vorlage(run, tmp_path_factory.mktemp("vorlage") / "vorlage.docx")


def words(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_what_is_read_back_is_what_was_released(run, demo_run) -> None:
    content = demo_run.content
    assert list(run.content.areas.index) == list(content.areas.index)
    assert run.content.areas["recipients"].isna().equals(content.areas["recipients"].isna())
    assert run.info.fingerprint == content.info.fingerprint
    assert [s.attribution for s in run.info.sources] == [
        s.attribution for s in content.info.sources
    ]
    assert run.proposal()["site_id"].tolist() == demo_run.proposal()["site_id"].tolist()
    assert run.content.offices["targets"].tolist() == content.offices["targets"].tolist()


def test_the_answer_comes_before_tables_limits_and_sources(path) -> None:
    document = docx.Document(str(path))
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        "Ergebnis",
        "Vorgeschlagene Räume",
        "Wo der Bedarf am größten ist",
        "Zielgruppen",
        "Was die Daten nicht sagen",
        "Quellen und Lizenzen",
    ]
    assert document.paragraphs[0].style.name == "Title"


def test_its_tables_hold_the_figures_of_the_run(path, run) -> None:
    rooms, areas, _ = docx.Document(str(path)).tables
    for row, room in zip(rooms.rows[1:], run.proposal().to_dict("records"), strict=True):
        cells = [c.text for c in row.cells]
        assert room["name"] in cells[1]
        assert cells[3:5] == [number(room["reached"]), percent(room["cumulative_share"])]
    first = run.ranking.sort_values("rank").iloc[0]
    assert [c.text for c in areas.rows[1].cells][1:5] == [
        first["name"],
        number(first["population"]),
        number(first["recipients"]),
        percent(first["share"]),
    ]


def test_a_fictitious_run_its_warnings_sources_and_fingerprint_are_named(path, run) -> None:
    document, text = docx.Document(str(path)), words(path)
    assert "Fiktives Beispiel" in document.sections[0].header.paragraphs[0].text
    assert all(warning in text for warning in run.info.warnings)
    assert all(s.attribution.rstrip(".") in text for s in run.info.sources)
    assert run.info.fingerprint in text
    assert run.study.question.split(".")[0] in text


def test_nothing_of_the_library_s_template_is_left_in_the_document(path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        assert "word/document.xml" in names
        assert not [n for n in names if "thumbnail" in n or "customXml" in n or "app.xml" in n]
        assert b"thumbnail" not in archive.read("_rels/.rels")
        assert b"jpeg" not in archive.read("[Content_Types].xml")


def test_the_number_of_the_page_is_as_large_as_the_words_beside_it(path) -> None:
    (line,) = docx.Document(str(path)).sections[0].footer.paragraphs
    sizes = [size.get(qn("w:val")) for size in line._p.iter(qn("w:sz"))]
    assert len(sizes) == 2
    assert len(set(sizes)) == 1
    (field,) = line._p.iter(qn("w:fldSimple"))
    assert [text.text for text in field.iter(qn("w:t"))] == ["1"]


def test_a_room_without_an_address_is_placed_by_its_area(run) -> None:
    site = run.proposal()["site_id"].iloc[0]
    rooms = run.content.rooms.copy()
    rooms.loc[site, "address"] = None
    area = run.content.areas.loc[rooms.loc[site, "area_id"], "name"]
    first = compose(replace(run, content=replace(run.content, rooms=rooms))).rooms.rows[0]
    assert first[1] == f"{rooms.loc[site, 'name']}, Planungsraum {area}"


def test_only_word_documents_are_written_into_folders_that_need_not_exist(
    run, tmp_path, demo_folder, capsys
) -> None:
    out = tmp_path / "new" / "folder" / "v.docx"
    assert write_vorlage(run, out) == out
    assert [p.name for p in out.parent.iterdir()] == ["v.docx"]
    assert main(["report", str(demo_folder), "--short", "--out", str(tmp_path / "q.odt")]) == 2
    assert "Word document, not .odt" in capsys.readouterr().err
    assert not (tmp_path / "q.odt").exists()


def test_styles_language_and_properties_suit_a_word_processor(path) -> None:
    document = docx.Document(str(path))
    languages = {e.get(qn("w:val")) for e in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"de-DE"}
    properties = document.core_properties
    assert properties.language == "de-DE"
    assert properties.title.startswith("Vorlage: ")
    assert properties.created.date() == properties.modified.date() == dt.date(2024, 12, 31)
    for table in document.tables:
        assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None


def test_the_map_has_an_alternative_text_that_names_the_rooms(path, run) -> None:
    (shape,) = docx.Document(str(path)).inline_shapes
    for name in run.proposal()["name"]:
        assert name in shape._inline.docPr.get("descr")


def test_the_same_run_gives_the_same_bytes_dated_by_its_reference_date(path, run, tmp_path) -> None:
    again = write_vorlage(run, tmp_path / "again.docx")
    assert again.read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {e.date_time for e in archive.infolist()} == {(2024, 12, 31, 0, 0, 0)}


def test_a_withheld_count_does_not_come_back_in_the_short_paper(run) -> None:
    hidden = run.ranking[run.ranking["recipients"].isna()]
    assert len(hidden)
    grid = compose(run).areas
    shown = {row[1]: row[3] for row in grid.rows}
    assert all(shown.get(name, "•") == "•" for name in hidden["name"])


def test_it_has_two_pages_in_libreoffice_and_every_row_is_on_them(path, run, tmp_path) -> None:
    if SOFFICE is None:
        if os.environ.get("SOZIALRAUM_FORBID_SKIPS"):
            pytest.fail("LibreOffice is missing and SOZIALRAUM_FORBID_SKIPS is set")
        pytest.skip("LibreOffice is not installed")
    profile = (tmp_path / "profile").as_uri()
    command = [SOFFICE, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(path)], check=True, timeout=120)
    pages = pypdf.PdfReader(tmp_path / "vorlage.pdf").pages
    assert len(pages) == 2
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))
    for name in [*run.proposal()["name"], *run.ranking.sort_values("rank")["name"].head(10)]:
        assert re.sub(r"\s+", "", name) in text.replace("-", "") or re.sub(r"\s+", "", name) in text


def test_a_folder_without_manifest_and_a_call_without_short_are_refused(
    tmp_path, demo_folder, capsys
) -> None:
    with pytest.raises(InputError, match="no finished run"):
        read_run(tmp_path)
    assert main(["report", str(demo_folder)]) == 2
    assert "report.pdf" in capsys.readouterr().err
    inside = str(demo_folder / "v.docx")
    assert main(["report", str(demo_folder), "--short", "--out", inside]) == 2
    out = tmp_path / "v.docx"
    assert main(["report", str(demo_folder), "--short", "--out", str(out)]) == 0
    assert out.is_file()
