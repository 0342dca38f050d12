"""What columns mean: in both languages, with the numbers of the study."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources

import pytest
import yaml

from sozialraum.concentration.wording import ROLES
from sozialraum.publish.columns import Column, describe
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.publish.meanings import Meanings, explained, heading, unit_of
from sozialraum.study import load_study

PLACE = re.compile(r"{(\w+)}")


def texts(language):
    place = resources.files("sozialraum.publish").joinpath(f"meanings.{language}.yaml")
    return yaml.safe_load(place.read_text("utf-8"))


def test_both_languages_say_the_same_columns_with_the_same_facts():
    german, english = texts("de"), texts("en")
    for part in ("columns", "patterns", "facts"):
        assert list(german[part]) == list(english[part])
        for key, text in german[part].items():
            places = Counter(PLACE.findall(text))
            assert places == Counter(PLACE.findall(english[part][key])), (part, key)


def test_every_role_in_a_concentration_is_explained_in_english():
    assert list(texts("en")["roles"]) == list(ROLES)


def test_every_column_of_the_tables_says_more_than_its_heading():
    known = texts("de")["columns"]
    assert {*RANKING, *PRESENCE, *FRONTIER} <= set(known)


def test_the_number_of_areas_with_the_greatest_need_is_that_of_the_study():
    study = load_study("demo", indicators={"top": 7})
    said = explained(describe("p_top"), Meanings(study))
    assert "zu den 7 Gebieten" in said.title
    assert "zu den 7 Gebieten" in said.note


def test_a_region_is_not_called_an_area():
    said = Meanings(load_study("demo"))
    for name in RANKING:
        text = said.of(describe(name, "regions"), "regions")
        assert "bewerteten Gebiete " not in text, name
        assert "im Gebiet am" not in text


def test_a_column_of_the_same_name_that_means_something_else_keeps_its_own_note():
    said = Meanings(load_study("demo"))
    other = Column("reached", "so erreicht", "integer", note="Ohne Dienststellen.")
    assert explained(other, said).note == "Ohne Dienststellen."


@pytest.mark.parametrize(
    "name", ["weight_young", "rank_families", "people_worse", "S1_previous", "cluster"]
)
def test_an_english_study_speaks_english(name):
    study = load_study("demo", language="en")
    said = re.sub(r"“[^”]*”", "", Meanings(study).of(describe(name)))  # names are the author's
    assert not re.search(r"\b(der|die|das|und|für|im|mit)\b", said)


def test_shares_are_pure_numbers_and_words_have_no_unit():
    units = {c: unit_of(describe(c)) for c in ("share", "S1", "rank_lo", "lon", "per_km2", "flags")}
    assert units == {
        "share": "1",
        "S1": "Prozent",
        "rank_lo": "Rang",
        "lon": "Grad",
        "per_km2": "Personen je km²",
        "flags": "",
    }


def test_a_heading_names_the_target_group():
    title = heading(describe("people_young"), load_study("demo")).title
    assert title == "Personen der Zielgruppe „Junge Menschen“ an diesem Ort"
