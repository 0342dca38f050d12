"""The report: what a reader and a screen reader get, and that it can be produced again."""

from __future__ import annotations

import dataclasses
import io
import locale
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pikepdf
import pypdf
import pytest

from sozialraum.publish import numbers
from sozialraum.publish.content import Content
from sozialraum.publish.report import write_report
from sozialraum.publish.report.blocks import texts
from sozialraum.publish.report.document import render
from tests.support.synthetic import content as synthetic

HOSTILE = {
    "04010101": '#eval("1") $x$ *a* _b_ `c`',
    "04020202": "<script>alert(1)</script> & \\ @ref #pagebreak()",
    "04030303": "Müller\x00\x1b\u202e straße \U0001f600 中文",
    "04040404": "{0} {name} %s //c /*d*/",
}


@pytest.fixture(scope="module")
def content() -> Content:
    return synthetic(24)


@pytest.fixture(scope="module")
def pdf(content: Content) -> bytes:
    return render(content)


@pytest.fixture(scope="module")
def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def flat(pages: list[str]) -> str:
    """The text of all pages with single blanks and without hyphenation."""
    text = " ".join(pages).replace("\u00ad\n", "").replace("-\n", "")
    return re.sub(r"\s+", " ", text)


def structure(pdf: bytes) -> Iterator[pikepdf.Dictionary]:
    """All elements of the document's tag tree."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        stack = [document.Root.StructTreeRoot]
        while stack:
            node = stack.pop()
            if not isinstance(node, pikepdf.Dictionary):
                continue
            if "/S" in node:
                yield node
            kids = node.get("/K", [])
            stack += list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def test_it_declares_pdf_ua_with_title_language_and_tags(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root
        assert bool(root.MarkInfo.Marked)
        assert str(root.Lang).startswith("de")
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        meta = document.open_metadata()
        assert meta["pdfuaid:part"] == "1"
        assert meta["dc:title"] == "Präsenz im Sozialraum"


def test_every_image_and_every_equation_has_an_alternative_text(pdf: bytes) -> None:
    kinds = [str(n.S) for n in structure(pdf)]
    assert kinds.count("/Figure") >= 10
    assert kinds.count("/Formula") >= 8
    for node in structure(pdf):
        if str(node.S) in ("/Figure", "/Formula"):
            assert len(str(node.get("/Alt", ""))) > 20


def test_tables_have_header_cells(pdf: bytes) -> None:
    kinds = [str(n.S) for n in structure(pdf)]
    assert kinds.count("/Table") >= 15
    assert kinds.count("/TH") > kinds.count("/Table")


def test_bookmarks_name_the_sections_in_their_order(pdf: bytes) -> None:
    outline = pypdf.PdfReader(io.BytesIO(pdf)).outline
    titles = [item.title for item in outline if not isinstance(item, list)]
    wanted = list(texts("de")["section"].values())
    found = [re.sub(r"^[\d.]+ ", "", t) for t in titles]
    assert [t for t in found if t in wanted] == wanted


def test_all_fonts_are_embedded(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = [o for o in document.objects if isinstance(o, pikepdf.Dictionary)]
        described = [f for f in fonts if str(f.get("/Type", "")) == "/FontDescriptor"]
        assert described
        for font in described:
            assert any(key in font for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def test_every_time_stamp_is_the_reference_date(pdf: bytes) -> None:
    info = pypdf.PdfReader(io.BytesIO(pdf)).metadata
    assert info is not None
    assert info["/CreationDate"].startswith("D:20241231000000")
    assert info["/ModDate"].startswith("D:20241231000000")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        raw = bytes(document.Root.Metadata.read_bytes())
    assert {m[:10] for m in re.findall(rb"20\d\d-\d\d-\d\dT", raw)} == {b"2024-12-31"}


def test_the_same_bytes_in_another_folder_time_zone_and_locale(
    content: Content, pdf: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "C")
        write_report(content, tmp_path / "anderer Ort.pdf")
    finally:
        locale.setlocale(locale.LC_ALL, before)
        monkeypatch.undo()
        time.tzset()
    assert (tmp_path / "anderer Ort.pdf").read_bytes() == pdf
    assert os.listdir(tmp_path) == ["anderer Ort.pdf"]


def test_the_summary_fills_one_page_and_the_contents_follow(pages: list[str]) -> None:
    assert "Zusammenfassung" in pages[0]
    assert "Was bleibt offen?" in pages[0]
    assert pages[1].strip().splitlines()[1].startswith("Inhalt") or "Inhalt" in pages[1]
    assert "Frage und Auftrag" not in pages[0]


def test_a_fictitious_study_says_so_on_every_page(pages: list[str]) -> None:
    assert all("Fiktives Beispiel" in page for page in pages)


def test_an_internal_report_says_so_on_every_page(content: Content) -> None:
    info = dataclasses.replace(content.info, internal=True, fictitious=False)
    reader = pypdf.PdfReader(io.BytesIO(render(dataclasses.replace(content, info=info))))
    for page in reader.pages:
        text = page.extract_text()
        assert "intern, nicht zur Weitergabe" in text
        assert "Fiktives Beispiel" not in text


def test_every_warning_stands_in_the_summary_and_with_the_data(content: Content) -> None:
    warning = "In Gebiet 7 sind Personen am Ort der Dienststelle gemeldet."
    info = dataclasses.replace(content.info, warnings=(warning,))
    reader = pypdf.PdfReader(io.BytesIO(render(dataclasses.replace(content, info=info))))
    pages = [flat([page.extract_text()]) for page in reader.pages]
    assert warning in pages[0]
    assert any(warning in page for page in pages[1:])


def test_hostile_names_are_printed_and_never_run(content: Content) -> None:
    names = dict(zip(content.areas.index, HOSTILE.values(), strict=False))
    bad = synthetic(24, names=names)
    rooms = bad.rooms.copy()
    rooms["name"] = ['#panic("x") $a$ </text>'] * len(rooms)
    rooms["operator"] = ["*e* V. & <b>"] * len(rooms)
    bad = dataclasses.replace(bad, rooms=rooms)
    text = flat([p.extract_text() for p in pypdf.PdfReader(io.BytesIO(render(bad))).pages])
    assert '#eval("1") $x$ *a* _b_ `c`' in text
    assert "<script>alert(1)</script> & \\ @ref #pagebreak()" in text
    assert '#panic("x") $a$ </text>' in text
    assert "\x00" not in text
    assert "\u202e" not in text


def test_the_area_tables_print_the_figures_of_the_frame(content: Content, pages: list[str]) -> None:
    text = flat(pages)
    for area_id, row in content.areas.iterrows():
        n, pct = numbers.number, numbers.percent
        counts = [area_id, row["name"], n(row["population"]), n(row["recipients"])]
        counts += [numbers.interval(row["recipients_lo"], row["recipients_hi"])]
        counts += [pct(row["share"]), n(row["location_quotient"], 2)]
        counts += [n(row["rank_by_share"]), n(row["rank_by_count"])]
        assert squeeze(" ".join(map(str, counts))) in squeeze(text)
        ranks = [n(row["need_index"], 2, sign=True), row["status_class"] or numbers.UNKNOWN]
        assert squeeze(" ".join(map(str, ranks))) in squeeze(text)


def test_a_withheld_count_is_printed_as_unknown(content: Content, pages: list[str]) -> None:
    withheld = content.areas[content.areas["recipients"].isna()]
    assert len(withheld) == 2
    for area_id, row in withheld.iterrows():
        line = f"{area_id} {row['name']} {numbers.number(row['population'])} • • • •"
        assert squeeze(line) in squeeze(flat(pages))


def test_the_sentences_on_rooms_carry_the_figures_of_the_tables(
    content: Content, pages: list[str]
) -> None:
    chosen = content.presence[content.presence["target"] == "everybody"]
    frontier = content.frontier.set_index(["target", "p"])
    row = frontier.loc[("everybody", len(chosen))]
    everybody = content.units["people_everybody"].sum()
    text = squeeze(flat(pages))
    reached, total = numbers.number(row["reached"]), numbers.number(everybody)
    assert squeeze(f"erreichen sie {reached} von {total}") in text
    left = numbers.number(everybody - row["reached"])
    assert squeeze(f"bleiben {left} von {total}") in text
    for _, room in chosen.iterrows():
        added = f"{numbers.number(room['reached'])} {numbers.percent(room['cumulative_share'])}"
        assert squeeze(added) in text


def test_no_number_of_the_text_is_invented(content: Content) -> None:
    """Multiply all recipients; every number derived from them must follow."""
    areas = content.areas.copy()
    figures = dict(content.figures)
    for column in ("recipients", "recipients_lo", "recipients_hi"):
        areas[column] = areas[column] * 7 + 1
    figures["recipients"] = 987_654.0
    changed = dataclasses.replace(content, areas=areas, figures=figures)
    reader = pypdf.PdfReader(io.BytesIO(render(changed)))
    text = squeeze(flat([page.extract_text() for page in reader.pages]))
    assert "987.654" in text
    for old, new in zip(content.areas["recipients"], areas["recipients"], strict=True):
        if np.isfinite(old) and old > 200:
            assert numbers.number(new) in text


@pytest.mark.parametrize("gone", ["proposal", "clusters", "dynamics", "figures", "stability"])
def test_what_is_missing_is_left_out_or_named_as_missing(content: Content, gone: str) -> None:
    if gone == "proposal":
        empty = {"siting": {}, "presence": content.presence[:0], "frontier": content.frontier[:0]}
        less = dataclasses.replace(
            content, units=content.units[:0], rooms=content.rooms[:0], **empty
        )
        expected = "Ein Vorschlag für Räume wurde nicht berechnet."
    elif gone == "clusters":
        areas = content.areas.drop(columns=["cluster", "cluster_sentence"])
        less = dataclasses.replace(
            content, areas=areas, clusters=content.clusters[:0], lorenz=content.lorenz[:0],
            figures={},
        )  # fmt: skip
        expected = "Maße der Konzentration wurden für diese Ausgabe nicht berechnet."
    elif gone == "dynamics":
        areas = content.areas.assign(dynamics_class=None, dynamics_index=np.nan)
        info = dataclasses.replace(content.info, previous_edition=None)
        less = dataclasses.replace(content, areas=areas, info=info)
        expected = "Eine frühere Ausgabe ist in dieser Untersuchung nicht angegeben"
    elif gone == "figures":
        less = dataclasses.replace(content, figures={})
        expected = "Welche Räume?"
    else:
        less = dataclasses.replace(content, presence=content.presence.assign(stability=np.nan))
        expected = "ist in dieser Ausgabe nicht berechnet"
    reader = pypdf.PdfReader(io.BytesIO(render(less)))
    text = flat([page.extract_text() for page in reader.pages])
    assert expected in text
    assert "nan" not in text.lower().split()
    assert "None" not in text


def test_a_sum_over_withheld_counts_is_not_given_as_the_total(content: Content) -> None:
    less = dataclasses.replace(content, figures={})
    reader = pypdf.PdfReader(io.BytesIO(render(less)))
    assert "Wie viele?" not in reader.pages[0].extract_text()


def squeeze(text: str) -> str:
    """Without blanks: a PDF's text has them where a table's columns happen to end."""
    return re.sub(r"[\s\u00a0]+", "", text)


def placeholders(value: object) -> object:
    if isinstance(value, dict):
        return {k: placeholders(v) for k, v in value.items()}
    return sorted(set(re.findall(r"\{(\w+)\}", str(value))))


def test_pandas_missing_values_do_not_stop_the_report(content: Content) -> None:
    areas = content.areas.copy()
    areas["status_class"] = areas["status_class"].astype("string")
    areas["flags"] = pd.Series(pd.NA, areas.index, dtype="string")
    assert render(dataclasses.replace(content, areas=areas))
