"""Which residents a study counts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import sozialraum as sr
from sozialraum.errors import StudyError

EARLIER = {"edition": "2023", "previous": None}
REGISTER = "ewr/ewr_2022-12-31_t2_plr.csv"


def test_another_edition_brings_the_residents_of_its_own_day() -> None:
    earlier = {"edition": "2023", "previous": "2021"}
    for study in ("charlottenburg-wilmersdorf", sr.load_study("charlottenburg-wilmersdorf")):
        now, then = sr.load_study(study), sr.load_study(study, indicators=earlier)
        assert now.population == now.edition("2025").register_
        assert then.population == then.edition("2023").register_


def test_a_register_of_the_study_s_own_stays_when_the_edition_changes() -> None:
    study = sr.load_study("demo")
    assert sr.load_study(study, indicators=EARLIER).population == study.population


def test_where_the_share_alone_ranks_the_latest_register_counts() -> None:
    alone = {"edition": None, "previous": None}
    study = sr.load_study("charlottenburg-wilmersdorf", indicators=alone)
    assert study.population == study.edition("2025").register_


def test_an_edition_without_residents_is_refused_with_the_line_to_write() -> None:
    line = r"'population: \{path: FILE, reference_date: 2020-12-31\}'"
    with pytest.raises(StudyError, match=f"'population': is missing, .*'2021'.*{line}"):
        sr.load_study(
            "charlottenburg-wilmersdorf", indicators={"edition": "2021", "previous": None}
        )


def test_a_register_of_an_edition_is_of_the_edition_s_day() -> None:
    document = sr.load_study("demo").model_dump(mode="json", by_alias=True)
    document["editions"][0]["register"]["reference_date"] = "2022-06-30"
    with pytest.raises(StudyError, match=r"'editions\.2023\.register.*2022-12-31"):
        sr.load_study("demo", editions=document["editions"])


def test_counts_are_not_derived_from_shares_and_residents_of_two_days(tmp_path: Path) -> None:
    wrong = sr.load_study("demo", indicators=EARLIER, counts={"ba_workbook": None})
    with pytest.raises(StudyError, match=r"of 2024-12-31, the shares .* of 2022-12-31") as caught:
        sr.areas.read_areas(wrong)
    line = caught.value.hint.split("'")[1]
    mended = sr.load_study(wrong, **yaml.safe_load(line))
    assert mended.population.path == REGISTER
    need = sr.need.assess(sr.areas.read_areas(mended))
    assert need.areas["share"].max() < 1


def test_counts_of_a_workbook_need_no_residents_of_the_edition_s_day() -> None:
    table = sr.areas.read_areas(sr.load_study("demo", indicators=EARLIER))
    assert table.ba is not None


def test_the_line_to_write_replaces_whatever_the_other_register_says() -> None:
    study = sr.load_study("demo", indicators=EARLIER)
    layout = {"key": "id", "columns": {"population": "n"}}
    other = sr.load_study(study, population={"grid": True, "layout": layout})
    with pytest.raises(StudyError) as caught:
        sr.study.residents.check_residents(other)
    mended = sr.load_study(other, **yaml.safe_load(caught.value.hint.split("'")[1]))
    assert mended.population == mended.edition("2023").register_
