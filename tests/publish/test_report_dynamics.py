"""What the report says on the indicators behind the dynamics."""

from __future__ import annotations

import pytest

from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.dynamics import compares, map_caption
from sozialraum.study import Study, load_study

BREAK = {"edition": "2023", "previous": "2021"}
PUBLISHED = {"edition": "2023", "previous": None}


def district(**indicators: str | None) -> Study:
    return load_study("charlottenburg-wilmersdorf", indicators=indicators)


def test_a_change_across_a_break_names_the_common_indicators_and_the_reason() -> None:
    label = "über die gemeinsamen Indikatoren S1, S3 und S4 (S2 gibt es erst ab der Ausgabe 2023)"
    assert compares(district(**BREAK), Words("de")).endswith(f"Ausgaben 2021 und 2023 {label}.")
    assert map_caption(district(**BREAK), Words("de")).endswith(f"2021 bis 2023, {label}")
    label = "over the common indicators S1, S3 and S4 (S2 only from edition 2023 on)"
    assert label in compares(district(**BREAK), Words("en"))
    assert label in map_caption(district(**BREAK), Words("en"))


def test_where_both_editions_have_all_indicators_they_are_named_without_a_reason() -> None:
    assert compares(district(), Words("de")) == (
        "Die Dynamik vergleicht die Ausgaben 2023 und 2025 über die Indikatoren S1, S2, S3 und S4."
    )


@pytest.mark.parametrize("language", ["de", "en"])
def test_published_changes_are_said_to_be_published(language: str) -> None:
    study, w = load_study("demo", indicators=PUBLISHED), Words(language)
    for text in (compares(study, w), map_caption(study, w)):
        assert w.names(["D1", "D3", "D4"]) in text
        assert "2025" not in text


def test_a_single_indicator_is_not_called_several() -> None:
    document = load_study("demo").model_dump(mode="json", by_alias=True)["editions"]
    for edition, names in zip(document, (["S1"], ["S1", "S3"]), strict=True):
        edition["indicators"] = names
    study = load_study("demo", editions=document, counts={"children_indicator": "S3"})
    assert "über den gemeinsamen Indikator S1 (" in compares(study, Words("de"))


def test_without_dynamics_nothing_is_said() -> None:
    study = load_study("demo", indicators={"previous": None})
    assert compares(study, Words("de")) == map_caption(study, Words("de")) == ""
