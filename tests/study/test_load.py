"""A study says everything a run needs, and every mistake in it is named with its place."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import StudyError
from sozialraum.study import json_schema, load_study, packaged_studies
from sozialraum.study.load import _text
from sozialraum.study.strict import Strict

PACKAGED = "charlottenburg-wilmersdorf"


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text, _ = _text(PACKAGED)
    assert old in text
    path = tmp_path / "study.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_three_studies_are_packaged_and_valid() -> None:
    assert packaged_studies() == ["berlin", "charlottenburg-wilmersdorf", "demo"]
    assert {load_study(name).name for name in packaged_studies()} == set(packaged_studies())


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_valid_name(tmp_path: Path) -> None:
    path = changed(tmp_path, "  rooms: 6", "  romms: 6")
    with pytest.raises(StudyError, match=r"'siting\.romms'.*line \d+.*Did you mean 'rooms'"):
        load_study(path)
    line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if "romms" in text)
    with pytest.raises(StudyError, match=f"line {line}"):
        load_study(path)


def test_a_wrong_value_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"'siting\.radius'.*greater than 0"):
        load_study(changed(tmp_path, "  radius: 1000", "  radius: -5"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"siting": {"rooms": 0}}, r"'siting\.rooms' .*Expected: a number of at least 1, not 0\."),
        ({"siting": {"rooms": 2.5}}, r"'siting\.rooms' .*Expected: a whole number, not 2\.5"),
        ({"siting": {"model": "x"}}, r"Expected: one of 'coverage', 'gradual', .*, not 'x'"),
        ({"siting": {"far": 100}}, r"'siting\.far': must be greater than near"),
        (
            {"siting": {"rooms": 9, "most_rooms": 8}},
            r"'siting\.rooms': must not exceed .*line [2-9]\d",
        ),
        ({"siting": 3}, r"'siting' .*Expected: a section with keys of its own, not 3"),
        ({"hours": {"first_monday": "soon"}}, r"Expected: a date such as 2024-12-31, not 'soon'"),
        ({"venues": {"forced_in": "s1"}}, r"'venues\.forced_in' .*Expected: a list, not 's1'"),
        ({"population": {"path": "/etc/x"}}, r"'population\.path': must be a relative path"),
    ],
    ids=str,
)
def test_a_wrong_value_is_told_in_words_of_the_study(changes, says) -> None:
    with pytest.raises(StudyError, match=says) as caught:
        load_study("demo", **changes)
    assert not re.search("Value error|Input should|valid", str(caught.value))


def test_an_edition_that_is_not_defined_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="none of the editions"):
        load_study(changed(tmp_path, 'edition: "2025"', 'edition: "2031"'))


def test_an_area_id_with_a_leading_zero_stays_text_without_quotes(tmp_path: Path) -> None:
    path = changed(tmp_path, 'excluded: ["10100205"]', "excluded: [04100102]")
    assert load_study(path).indicators.excluded == ("04100102",)
    addresses = changed(
        tmp_path, "  ba_measure:", "  jobcenter_addresses: {04501152: 12}\n  ba_measure:"
    )
    assert load_study(addresses).counts.jobcenter_addresses == {"04501152": 12}


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.csv", "a/../../b", "C:\\x", "http://host/x", "\\\\host\\x"]
)
def test_a_study_cannot_read_outside_the_data_folder(tmp_path: Path, path: str) -> None:
    old = "path: lor_2021/lor_planungsraeume_2021.shp"
    with pytest.raises(StudyError, match=r"area_layer\.path"):
        load_study(changed(tmp_path, old, f"path: '{path}'"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1, 2", "valid YAML"),
        ("- a\n- b", "no mapping"),
        ("", "no mapping"),
        ("a: &x 1\nb: *x", "alias"),
        ("name: a\nname: b", "stands twice"),
        ("a: !!python/object/apply:os.system ['true']", "."),
        ("[" * 4000, "nested|valid YAML"),
    ],
)
def test_broken_or_hostile_yaml_is_one_clear_error(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=says):
        load_study(path)


def test_a_study_in_another_encoding_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("title: Präsenz".encode("utf-16"))
    with pytest.raises(StudyError, match="UTF-8"):
        load_study(path)


def test_a_misspelt_packaged_name_is_answered_with_the_right_one() -> None:
    with pytest.raises(StudyError, match="Did you mean 'demo'"):
        load_study("demoo")


def test_settings_can_be_changed_by_keyword_and_are_validated() -> None:
    study = load_study(PACKAGED, siting={"rooms": 4})
    assert study.siting.rooms == 4
    assert study.siting.radius == load_study(PACKAGED).siting.radius
    assert load_study(study, seed=5).siting.rooms == 4
    with pytest.raises(StudyError, match="seeed"):
        load_study(PACKAGED, seeed=1)


def test_a_loaded_study_written_as_yaml_is_the_same_study(tmp_path: Path) -> None:
    study = load_study(PACKAGED)
    path = tmp_path / "again.yaml"
    path.write_text(yaml.safe_dump(study.model_dump(mode="json", by_alias=True)), encoding="utf-8")
    assert load_study(path) == study


def test_the_schema_for_editors_accepts_the_packaged_studies() -> None:
    import jsonschema

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in packaged_studies():
        document = load_study(name).model_dump(mode="json", by_alias=True)
        jsonschema.validate(document, schema)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_a_study_or_one_clear_error(text: str, tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("s") / "s.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(StudyError):
        load_study(path)


def test_a_study_can_extend_a_packaged_one_and_say_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"extends: {PACKAGED}\nname: spandau\nregion: {{name: Spandau, prefix: 05}}\n"
        "siting: {rooms: 3}\n",
        encoding="utf-8",
    )
    study = load_study(path)
    assert (study.name, study.region.prefix, study.region.city) == ("spandau", "05", "Berlin")
    assert study.siting.rooms == 3
    assert study.siting.radius == load_study(PACKAGED).siting.radius
    path.write_text("extends: nowhere\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"line 1.*not packaged|not packaged.*line 1"):
        load_study(path)


def sections(of: type[Strict] = Strict) -> Iterator[type[Strict]]:
    for section in of.__subclasses__():
        yield section
        yield from sections(section)


def test_the_same_setting_by_default_written_out_and_read_again_is_the_same() -> None:
    """25 and 25.0 are two texts: another fingerprint, another key in the cache."""
    counts = [
        (section.__name__, name)
        for section in sections()
        for name, field in section.model_fields.items()
        if float in (typing.get_args(field.annotation) or (field.annotation,))
        and type(field.default) is int
    ]
    assert counts == []
