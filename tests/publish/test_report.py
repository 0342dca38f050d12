"""The report: what a reader and a screen reader get, and that it can be produced again."""

from __future__ import annotations

import dataclasses
import io
import json
import locale
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pikepdf
import pypdf
import pytest

from sozialraum.cache import compute
from sozialraum.publish import numbers, report
from sozialraum.publish.content import Content
from sozialraum.publish.report import document as parts
from sozialraum.publish.report import write_report
from sozialraum.publish.report.answer import audit_table, certainty
from sozialraum.publish.report.blocks import Words, texts
from sozialraum.publish.report.document import document, render
from sozialraum.publish.report.drawing import Drawing
from sozialraum.publish.report.facts import Facts
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
    assert [p.name for p in tmp_path.iterdir()] == ["anderer Ort.pdf"]


def test_the_summary_fills_one_page_and_the_contents_follow(pages: list[str]) -> None:
    assert "Zusammenfassung" in pages[0]
    assert "Was bleibt offen?" in pages[0]
    assert pages[1].strip().splitlines()[1].startswith("Inhalt") or "Inhalt" in pages[1]
    assert "Frage und Auftrag" not in pages[0]


def test_a_fictitious_study_says_so_on_every_page(pages: list[str]) -> None:
    assert all("Fiktives Beispiel" in page for page in pages)


def test_an_internal_english_report_says_so_on_every_page_and_repeats_its_warnings(
    content: Content,
) -> None:
    warning = "In Gebiet 7 sind Personen am Ort der Dienststelle gemeldet."
    changes = {"internal": True, "fictitious": False, "warnings": (warning,), "language": "en"}
    info = dataclasses.replace(content.info, **changes)
    reader = pypdf.PdfReader(io.BytesIO(render(dataclasses.replace(content, info=info))))
    pages = [flat([page.extract_text()]) for page in reader.pages]
    for page in pages:
        assert "internal, not to be passed on" in page
        assert "Fictitious example" not in page
    assert warning in pages[0]
    assert any(warning in page for page in pages[1:])
    assert str(reader.trailer["/Root"]["/Lang"]).startswith("en")
    assert "127,823" in pages[0]


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
    assert squeeze(f"erreichen die Räume {reached} von {total}") in text
    left = numbers.number(everybody - row["reached"])
    assert squeeze(f"bleiben {left} von {total}") in text
    for _, room in chosen.iterrows():
        added = f"{numbers.number(room['reached'])} {numbers.percent(room['cumulative_share'])}"
        assert squeeze(added) in text


def test_the_summary_holds_exactly_the_numbers_of_the_frames(content: Content) -> None:
    assert summary_numbers(content) == expected_numbers(content)


def test_every_number_of_the_text_follows_the_frames(content: Content) -> None:
    """Change all recipients; nothing may still say the old figures."""
    areas = content.areas.copy()
    for column in ("recipients", "recipients_lo", "recipients_hi"):
        areas[column] = areas[column] * 7 + 100_001
    for target in content.study.targets:
        areas[f"weight_{target}"] = areas["recipients"]
    figures = dict(content.figures) | {"recipients": 98_765_432.0}
    old, new = said(content), said(dataclasses.replace(content, areas=areas, figures=figures))
    assert "98.765.432" in new
    for before, after in zip(content.areas["recipients"], areas["recipients"], strict=True):
        if np.isfinite(before):
            assert numbers.number(after) in new
    gone = {numbers.number(content.figures["recipients"])}
    gone |= set(re.findall(r"(?<![\d.,])\d\.\d{3}(?![\d.,])", old)) & {
        numbers.number(v) for v in content.areas["recipients"].dropna()
    }
    kept = {numbers.number(v) for v in content.areas["population"]}
    kept |= {numbers.number(v) for v in content.regions["recipients"]}
    for number in gone - kept:
        assert not re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d.,])", new)


def test_figures_of_the_proposal_are_handed_out_before_the_text_is_told(content: Content) -> None:
    drawn: list[str] = []

    def draw(drawing: Drawing) -> str:
        drawn.append(drawing.function)
        return str(len(drawn))

    text, shown, _ = parts.said(content, draw, compute)
    assert drawn[:3] == ["reach_curve", "rooms_map", "rooms_map"]
    assert [shown[name] for name in parts.FIRST] == ["1", "2", "3"]
    assert len(drawn) == len(shown)  # each is drawn once, and none that the report does not show
    assert all(f'"{name}"' in text for name in shown)
    drawn.clear()
    few = content.frontier[content.frontier["p"] < 2]  # too few numbers of rooms for a curve
    _, shown, _ = parts.said(dataclasses.replace(content, frontier=few), draw, compute)
    assert len(drawn) == len(shown)
    assert "reach_curve" not in drawn


def test_without_a_proposal_the_report_says_so(content: Content) -> None:
    empty = {"siting": {}, "presence": content.presence[:0], "frontier": content.frontier[:0]}
    empty |= {"units": content.units[:0], "rooms": content.rooms[:0]}
    text = said(dataclasses.replace(content, **empty))
    assert "Ein Vorschlag für Räume wurde nicht berechnet." in text
    assert "wer außer Reichweite bliebe, lässt sich nicht sagen" in text
    assert "rooms_everybody.svg" not in text
    assert "Wie sicher?" not in text


def test_where_every_area_is_among_the_first_nothing_is_said_of_being_among_them(
    content: Content,
) -> None:
    areas = content.areas.fillna({"recipients": 50.0})

    def with_top(top: int) -> list[str]:
        indicators = content.study.indicators.model_copy(update={"top": top})
        study = content.study.model_copy(update={"indicators": indicators})
        facts = Facts(dataclasses.replace(content, study=study, areas=areas))
        text = json.dumps(document(facts, Words("de"))["summary"], ensure_ascii=False)
        return re.findall(r"(?:zu|In) den (\d+) Gebieten", text)

    ranked = len(Facts(content).ranked)
    assert with_top(ranked - 1) == [str(ranked - 1)] * 2
    assert with_top(ranked) == []


def test_only_rooms_chosen_by_reach_alone_are_told_by_what_each_of_them_adds(
    content: Content,
) -> None:
    def told(**rules: object) -> list[str]:
        siting = content.study.siting.model_copy(update=rules)
        study = content.study.model_copy(update={"siting": siting})
        text = said(dataclasses.replace(content, study=study, figures={"flattens": 2}))
        return re.findall("Der erste zusätzliche Raum bringt|Am meisten bringen die ersten", text)

    assert len(told()) == 2
    assert told(model="median") == told(backup=1.0) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_single_room_and_a_study_without_offices_have_sentences_of_their_own(
    content: Content, language: str
) -> None:
    offices = {"de": "bestehenden Dienststellen", "en": "the existing offices"}[language]
    first = {"de": "einem Raum", "en": "one room"}[language]
    study = content.study.model_copy(
        update={"siting": content.study.siting.model_copy(update={"rooms": 1})}
    )
    figures = content.figures | {"flattens": 1, "fewest": 1, "reachable": 10}
    alone = dataclasses.replace(
        content, study=study, offices=content.offices[:0], figures=figures,
        info=dataclasses.replace(content.info, language=language),
    )  # fmt: skip
    text = json.dumps(document(Facts(alone), Words(language)), ensure_ascii=False)
    assert first in text
    assert not re.search(r"\b1 (Räume|rooms)|ersten 1 |first 1 rooms", text)
    model = {"de": f"die mit den {offices} (S", "en": f"together with {offices} (S"}[language]
    assert offices not in text.replace(model, "")


def test_without_measures_of_concentration_the_report_says_so(content: Content) -> None:
    areas = content.areas.drop(columns=["cluster", "cluster_sentence"])
    none = {"clusters": content.clusters[:0], "lorenz": content.lorenz[:0], "figures": {}}
    text = said(dataclasses.replace(content, areas=areas, **none))
    assert "Maße der Konzentration wurden für diese Ausgabe nicht berechnet." in text
    assert "Gini" not in text.replace("Gini-Koeffizient", "", 1)  # the glossary's entry alone


def test_without_an_earlier_edition_nothing_is_said_about_developments(content: Content) -> None:
    areas = content.areas.assign(dynamics_class=None, dynamics_index=np.nan)
    info = dataclasses.replace(content.info, previous_edition=None)
    text = said(dataclasses.replace(content, areas=areas, info=info))
    assert "Eine frühere Ausgabe ist in dieser Untersuchung nicht angegeben" in text
    assert "Die Klasse „negativ“" not in text


def test_stability_that_was_not_computed_is_not_shown(content: Content) -> None:
    unknown = content.presence.assign(stability=np.nan)
    text = said(dataclasses.replace(content, presence=unknown))
    assert "ist in dieser Ausgabe nicht berechnet" in text
    assert "am beständigsten" not in text


def test_what_is_missing_all_at_once_still_makes_a_valid_report(content: Content) -> None:
    areas = content.areas.drop(columns=["cluster", "cluster_sentence", "sentence"])
    areas = areas.assign(dynamics_class=None, dynamics_index=np.nan)
    areas["status_class"] = areas["status_class"].astype("string")
    areas["flags"] = pd.Series(pd.NA, areas.index, dtype="string")
    less = dataclasses.replace(
        content, areas=areas, clusters=content.clusters[:0], lorenz=content.lorenz[:0],
        figures={}, siting={}, presence=content.presence[:0], frontier=content.frontier[:0],
        units=content.units[:0], rooms=content.rooms[:0], offices=content.offices[:0],
        info=dataclasses.replace(content.info, previous_edition=None, sources=()), quality=[],
    )  # fmt: skip
    text = flat([p.extract_text() for p in pypdf.PdfReader(io.BytesIO(render(less))).pages])
    assert "Bedarfsindex" in text
    assert "nan" not in re.findall(r"\w+", text)
    assert "None" not in text
    assert "<NA>" not in text


def test_a_sum_over_withheld_counts_is_not_given_as_the_total(content: Content) -> None:
    assert "Wie viele?" in said(content)
    assert "Wie viele?" not in said(dataclasses.replace(content, figures={}))


def test_a_masked_zero_is_printed_as_unknown(content: Content) -> None:
    areas = content.areas.copy()
    areas.loc[areas.index[0], "S4"] = 0.0
    blocks = document(Facts(dataclasses.replace(content, areas=areas)), Words("de"))["body"]
    tables = [b for b in blocks if b["kind"] == "table" and b["titles"][0] == "Nummer"]
    index = next(b for b in tables if "S4" in b["titles"])
    assert index["rows"][0][index["titles"].index("S4")] == numbers.UNKNOWN
    assert "von 0 bis 10" in index["note"]


def test_rooms_that_reach_nobody_else_are_not_proposed_to_a_group(content: Content) -> None:
    presence = content.presence.copy()
    of_group = presence["target"] == "worse"
    presence.loc[of_group & (presence["order"] > 2), "reached"] = 0.0
    blocks = document(Facts(dataclasses.replace(content, presence=presence)), Words("de"))["body"]
    title = content.study.targets["worse"].title
    table = next(b for b in blocks if b.get("caption", "").endswith(f"Räume: {title}"))
    assert len(table["rows"]) == 2
    assert "niemanden zusätzlich" in table["note"]


def test_a_study_with_shares_only_speaks_of_no_numbers(content: Content) -> None:
    counts = ["recipients", "recipients_lo", "recipients_hi"]
    areas = content.areas.assign(**dict.fromkeys(counts, np.nan))
    figures = {k: v for k, v in content.figures.items() if not k.startswith("recipients")}
    shares = dataclasses.replace(
        content, areas=areas, figures=figures, presence=content.presence[:0],
        frontier=content.frontier[:0], units=content.units[:0],
    )  # fmt: skip
    made = document(Facts(shares), Words("de"))
    assert "liegt für kein Gebiet vor" in json.dumps(made, ensure_ascii=False)
    drawn = {b["file"] for b in made["body"] if b["kind"] == "figure"}
    assert drawn & {"share.svg", "count.svg"} == {"share.svg"}
    assert all(b["rows"] for b in made["body"] if b["kind"] == "table")


def test_both_languages_say_the_same_with_the_same_figures() -> None:
    german, english = texts("de"), texts("en")
    for part in set(german) - {"glossary", "words"}:
        assert placeholders(german[part]) == placeholders(english[part]), part
    assert len(german["glossary"]) == len(english["glossary"])


def test_every_sentence_of_the_catalogue_is_used() -> None:
    folder = Path(report.__file__).parent
    code = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))
    chosen = re.findall(r"f\"(\w+)\.(\w*)\{", code)  # f"summary.{key}": any of that beginning
    for part, sentences in texts("de").items():
        if part in ("words", "glossary", "units", "weights", "measures"):
            continue
        open_ended = [start for name, start in chosen if name == part]
        for key in sentences:
            used = f"{part}.{key}" in code or any(key.startswith(start) for start in open_ended)
            assert used, f"{part}.{key}"


def test_each_figure_is_referred_to_and_each_reference_has_its_figure(
    content: Content,
) -> None:
    blocks = document(Facts(content), Words("de"))
    figures = [b["file"] for b in blocks["summary"] + blocks["body"] if b["kind"] == "figure"]
    runs = [r for b in blocks["body"] for r in b.get("runs", [])]
    seen = [r["see"] for r in runs if isinstance(r, dict) and "see" in r]
    assert set(seen) == set(figures)
    assert len(figures) == len(set(figures))


def test_checks_name_a_file_without_its_folder() -> None:
    row = {"topic": "mss/2025/werte.csv", "finding": "ohne Wert (3)", "detail": ""}
    words = {"topic": "Otto-Suhr-Allee/Kantstraße", "finding": "", "detail": ""}
    block = audit_table("Prüfungen", [row, words], Words("de"))
    assert [r[0] for r in block["rows"]] == ["werte.csv", "Otto-Suhr-Allee/Kantstraße"]


def test_three_certain_areas_that_were_just_named_are_not_named_again(content: Content) -> None:
    first = Facts(content).ranked.index[:3]
    areas = content.areas.assign(top_certain=content.areas.index.isin(first))
    told = certainty(Facts(dataclasses.replace(content, areas=areas)), Words("de"))
    assert "nur diese 3;" in told
    assert not [n for n in content.areas.loc[first, "name"] if n in told]
    areas = areas.assign(top_certain=areas.index.isin(first[:2]))
    told = certainty(Facts(dataclasses.replace(content, areas=areas)), Words("de"))
    assert all(n in told for n in content.areas.loc[first[:2], "name"])


@pytest.mark.real_data
def test_the_report_of_the_real_district(district_run) -> None:  # type: ignore[no-untyped-def]
    real = district_run.content
    assert summary_numbers(real) == expected_numbers(real)
    pages = [p.extract_text() for p in pypdf.PdfReader(io.BytesIO(render(real))).pages]
    text = squeeze(flat(pages))
    assert "Paul-Hertz-Siedlung" in pages[0]
    assert "343.500" in pages[0]
    for area_id, row in real.areas.iterrows():
        figures = [numbers.number(row["population"]), numbers.number(row["recipients"])]
        assert squeeze(" ".join([str(area_id), row["name"], *figures])) in text
    for note in real.info.sources:
        assert squeeze(note.attribution) in text.replace("\u200b", "")


def summary_numbers(content: Content) -> list[str]:
    """All numbers in the sentences of the summary, in their order."""
    answer = document(Facts(content), Words("de"))["summary"]
    bullets = next(b["items"] for b in answer if b["kind"] == "bullets")
    text = "".join(r if isinstance(r, str) else r["strong"] for item in bullets for r in item)
    rooms = content.presence["name"].unique()
    for name in sorted([*content.areas["name"], *rooms], key=len, reverse=True):
        text = text.replace(name, "")
    text = text.replace(content.info.recipients_label, "")
    return re.findall(r"\d[\d.,]*\d|\d", text)


def expected_numbers(content: Content) -> list[str]:
    """The same numbers, computed from the frames without the report's own code."""
    n, pct = numbers.number, numbers.percent
    areas, figures, units = content.areas, content.figures, content.units["people_everybody"]
    first = areas.sort_values("rank").head(10)
    rooms = content.presence[content.presence["target"] == "everybody"]
    wanted = content.study.siting.rooms
    rooms = rooms[rooms["p"] == (wanted if wanted in set(rooms["p"]) else rooms["p"].max())]
    curve = content.frontier[content.frontier["target"] == "everybody"].set_index("p")
    best = curve.loc[len(rooms)]
    out = ["95", "10", str(areas["top_certain"].sum()), str(areas["top_possible"].sum())]
    out += ["31", "2024", n(figures["recipients"])]
    if "recipients_lo" in figures:
        out += [n(figures["recipients_lo"]), n(figures["recipients_hi"])]
    out += [pct(figures["share"]), n(figures["population"]), pct(figures["share_city"]), "10"]
    out += [pct(first["recipients"].sum() / figures["recipients"])]
    out += [pct(first["population"].sum() / figures["population"])]
    out += [str(len(rooms)), *map(str, range(1, len(rooms) + 1)), n(best["reached"])]
    out += [n(units.sum()), pct(best["reached"] / units.sum()), "1.000"]
    out += [pct(curve.loc[0, "reached"] / units.sum()), str(len(rooms))]
    if round(units.sum()) < round(figures["recipients"]):
        out += [n(units.sum()), n(figures["recipients"])]
        out += [n(areas["old_age"].sum())] if areas["old_age"].sum() else []
    out += [pct(v, 0) for v in rooms.sort_values("order")["stability"] if v < 0.5]
    offices = content.offices[content.offices["approximate"].astype(bool)]
    pairs = zip(offices["name"], offices["targets"], strict=True)
    serving = [name for name, targets in pairs if not targets or "everybody" in targets]
    out += re.findall(r"\d+", " ".join(serving))
    return [number.removesuffix("\u00a0%") for number in out]


def said(content: Content) -> str:
    """All that the report says, without setting it in type."""
    return json.dumps(document(Facts(content), Words(content.info.language)), ensure_ascii=False)


def squeeze(text: str) -> str:
    """Without blanks: a PDF's text has them where a table's columns happen to end."""
    return re.sub(r"[\s\u00a0]+", "", text)


def placeholders(value: object) -> object:
    if isinstance(value, dict):
        return {k: placeholders(v) for k, v in value.items()}
    return sorted(re.findall(r"\{(\w+)\}", str(value)))
