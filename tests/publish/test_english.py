"""An English study says everything in English that no author or publisher wrote."""

from __future__ import annotations

import ast
import io
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

import sozialraum as sr
from sozialraum.publish import tables
from sozialraum.publish.english import PLACE, english, entries, known
from sozialraum.publish.meanings import heading
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.document import document, render
from sozialraum.publish.report.facts import Facts

SOURCES = Path(sr.__file__).parent
EDGES = " .,;:–()„“%"
FUNCTION_WORDS = re.compile(
    r"\b(?:der|die|das|und|nicht|mit|für|ein|eine|einer|je|nach|ist|sind|oder|aus|ohne|nur|zum|zur"
    r"|wird|werden|dem|den|bei|bis|aber|kein|keine|Anteil|Zahl|Räume|Gebiete|Personen|Rang)\b"
)


def _german_strings() -> list[str]:
    """All string literals of the package, places of f-strings as '{}'; texts of its studies."""
    found: list[str] = []
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    for path in sorted((SOURCES / "study" / "packaged").glob("*.yaml")):
        found += _texts(yaml.safe_load(path.read_text("utf-8")))
    return found


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value.strip()] if isinstance(value, str) else []


def _parts(piece: str, said: str) -> int:
    """Into how many runs of words a text falls that the code says: some texts are put together."""
    words, parts = piece.split(" "), 0
    while words:
        longest = next(
            (n for n in range(len(words), 0, -1) if " ".join(words[:n]).strip(EDGES) in said), 0
        )
        if not longest:
            return len(piece)
        words, parts = words[longest:], parts + 1
    return parts


def test_every_german_text_of_the_catalogue_is_still_said_somewhere():
    """A stage that words its sentence anew has to word the English one anew."""
    said = "\n".join(PLACE.sub("{}", text) for text in _german_strings())
    pieces = {
        piece
        for german in entries()
        for part in PLACE.split(german)[::2]
        if len(piece := part.strip(EDGES)) > 3 and piece not in said
    }
    gone = {p for p in pieces if _parts(p, said) > max(3, len(p.split()) // 3)}
    assert not gone


def test_no_text_is_in_the_catalogue_twice():
    node = yaml.compose((SOURCES / "publish" / "english.yaml").read_text("utf-8"))
    said = Counter(german.value for _, part in node.value for german, _ in part.value)
    assert not [text for text, times in said.items() if times > 1]


def test_places_of_both_languages_are_the_same():
    wrong = {g for g, e in entries().items() if set(PLACE.findall(g)) != set(PLACE.findall(e))}
    assert not wrong


def test_numbers_and_dates_change_their_form():
    note = (
        "Nicht verbundene Stücke von zusammen 1.234,5 km sind ausgelassen; "
        "zusammenhängende Teile: 2."
    )
    assert "1,234.5 km" in english(note)
    assert known("31. Dezember 2024") == "31 December 2024"


def test_notes_are_translated_one_by_one_and_what_is_unknown_stays():
    said = english("Standort im Gebiet: Amt am See; Bitte anrufen; Ausreißer")
    assert said == "office in the area: Amt am See; Bitte anrufen; outlier"


def test_a_german_study_is_not_touched(demo_run):
    assert "german" not in demo_run.content.figures
    assert demo_run.content.areas["sentence"].str.startswith(("Rang", "Nicht")).all()


def test_english_columns_are_explained_where_german_ones_are(demo_run, english_demo):
    def explained(run) -> dict[tuple[int, str], bool]:
        found = enumerate(tables.sheets(run.content))
        return {(k, c.name): bool(c.note) for k, sheet in found for c in sheet.columns}

    assert explained(english_demo) == explained(demo_run)


def _left(content) -> dict[str, str]:
    """Texts of an English content that look German and are no names: where -> text."""
    found = {}
    info, kept = content.info, set(content.figures["german"])

    def look(where: str, text: object) -> None:
        if isinstance(text, str) and FUNCTION_WORDS.search(_without(text, kept)):
            found[where] = text

    for key in ("recipients_note", "recipients_label", "share_label"):
        look(key, getattr(info, key))
    for text in info.warnings:
        look("warning", text)
    for row in content.quality:
        for key, text in row.items():
            look(f"quality {key}: {text}", text)
    for column in ("sentence", "cluster_sentence", "flags", "excluded"):
        for area, text in content.areas[column].items():
            look(f"{column} {area}", text)
    for column in ("reason", "venue_types"):
        for site, text in content.rooms[column].items():
            look(f"{column} {site}", text)
    for table in content.further:
        headings = (heading(c, content.study).title for c in table.columns)
        for text in (table.sheet, table.title, table.note, *headings):
            look(f"table {table.name}: {text}", text)
    return found


def _without(text: str, kept: set[str]) -> str:
    """A text without what is marked as German in it."""
    for part in sorted(kept, key=len, reverse=True):
        text = text.replace(part, "")
    return re.sub(r"“[^”]*”", "", text)  # quoted words of names


def _strings(value: object):
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in ("german", "file"):
                yield from _strings(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield value


def _german_in_report(content) -> list[str]:
    """Texts of an English report with German function words outside marked text."""
    kept = set(content.figures["german"])
    texts = dict.fromkeys(_strings(document(Facts(content), Words("en"))))
    return [t for t in texts if FUNCTION_WORDS.search(_without(t, kept))]


def test_no_german_sentence_is_left_in_the_english_demo(english_demo):
    content = english_demo.content
    assert not _left(content)
    assert not _german_in_report(content)
    assert english_demo.headline().startswith("The need is greatest in Ahornsiedlung Süd; 5 rooms")


def test_no_german_sentence_is_left_with_rounded_counts_and_another_model():
    siting = {"model": "gradual", "radii": [1000], "most_rooms": 6, "stability_draws": 2}
    quick = {"disclosure": {"method": "round"}, "indicators": {"rank_draws": 500}}
    run = sr.run("demo", language="en", siting=siting, **quick)
    assert not _left(run.content)
    assert not _german_in_report(run.content)


@pytest.mark.real_data
def test_no_german_sentence_is_left_in_an_english_report_of_the_real_district(berlin):
    content = sr.run("charlottenburg-wilmersdorf", data=berlin, language="en").content
    assert not _left(content)
    assert not _german_in_report(content)


def test_what_stays_german_is_marked_in_the_pdf(english_demo):
    """A screen reader changes its voice for names and sources, and back."""
    import pypdf

    pdf = pypdf.PdfReader(io.BytesIO(render(english_demo.content)))
    assert pdf.trailer["/Root"]["/Lang"] == "en-GB"
    marks = b"".join(page.get_contents().get_data() for page in pdf.pages)
    assert len(re.findall(rb"/Lang\s*\(de", marks)) > 50
