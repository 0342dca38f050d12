"""The answer in one sentence: right in number, in language, and about whom it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sozialraum.publish.content import Content
from sozialraum.publish.headline import headline
from sozialraum.publish.numbers import number, percent


@pytest.fixture
def content(demo_run) -> Content:
    return demo_run.content


def with_settings(content: Content, **settings) -> Content:
    from sozialraum.study import load_study

    return replace(content, study=load_study(content.study, **settings))


def test_the_share_is_that_of_the_proposal_and_of_those_it_is_made_for(content, demo_run) -> None:
    said, chosen = headline(content), demo_run.proposal()
    people = content.units["people_everybody"].sum()
    assert said == demo_run.headline()
    assert demo_run.ranking["name"].iloc[0] in said
    assert f"{len(chosen)} Räume und die bestehenden Dienststellen erreichen" in said
    assert percent(chosen["cumulative_share"].iloc[-1]) in said
    assert f"der {number(people)} Leistungsberechtigten" in said


def test_a_single_room_and_a_study_without_offices_are_told_in_correct_grammar(content) -> None:
    single = with_settings(content, siting={"rooms": 1})
    assert "; 1 Raum und die bestehenden Dienststellen erreichen" in headline(single)
    alone = replace(single, offices=content.offices.iloc[:0])
    assert "; 1 Raum erreicht zu Fuß" in headline(alone)
    none = replace(content, presence=content.presence.iloc[:0])
    assert headline(none).endswith("; Räume sind nicht vorgeschlagen.")
    unranked = replace(content, areas=content.areas.assign(rank=np.nan))
    assert headline(unranked).startswith("Kein Gebiet hat einen Rang; ")


def test_people_in_old_age_are_named_only_where_the_study_subtracts_them(content) -> None:
    years = content.areas.assign(old_age=5.0)
    counted = replace(content, areas=years, study=content.study.model_copy(update={"old_age": 1}))
    assert headline(counted).endswith(", ohne Grundsicherung im Alter.")
    plain = replace(content, study=content.study.model_copy(update={"old_age": None}))
    assert "Alter" not in headline(plain)


def test_an_english_study_is_answered_in_english(content) -> None:
    said = headline(with_settings(content, language="en"))
    assert said.startswith("The need is greatest in ")
    assert "5 rooms and the existing offices reach 64.9% on foot" in said
