"""What stands behind the proposal, in the demo's outputs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sozialraum.publish.report import annex, behind
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.document import document
from sozialraum.publish.report.facts import Facts
from sozialraum.publish.room_tables import _once


def table(run, name: str) -> pd.DataFrame:
    return next(t.frame for t in run.content.further if t.name == name)


def test_the_order_loses_nothing_that_it_does_not_say(demo_run):
    nested = table(demo_run, "nested")
    titles = {key: target.title for key, target in demo_run.study.targets.items()}
    frontier = demo_run.frontier.replace({"target": titles}).set_index(["target", "p"])["reached"]
    free = nested.set_index(["target", "p"])["free"]
    assert free.equals(frontier.reindex(free.index))
    assert (nested["free"] - nested["reached"] == nested["loss"]).all()


def test_every_number_of_rooms_has_its_stability(demo_run):
    worse = demo_run.presence["target"] == "worse"
    assert demo_run.presence.loc[~worse, "stability"].between(0, 1).all()


def test_rooms_for_areas_of_an_uncertain_class_have_no_stability(demo_run):
    worse = demo_run.presence["target"] == "worse"
    assert worse.any()
    assert demo_run.presence.loc[worse, "stability"].isna().all()
    title = demo_run.study.targets["worse"].title
    assert title not in set(table(demo_run, "robust")["target"])
    blocks = document(Facts(demo_run.content), Words("de"))["body"]
    notes = {b["caption"]: b.get("note", "") for b in blocks if "Räume: " in b.get("caption", "")}
    assert "ist selbst unsicher" in notes[f"Vorgeschlagene Räume: {title}"]
    everybody = notes[f"Vorgeschlagene Räume: {demo_run.study.targets['everybody'].title}"]
    assert f"Anteil von {demo_run.study.siting.stability_draws} Wiederholungen" in everybody


def test_hours_of_the_plan_are_the_hours_of_the_rooms_and_of_the_calendar(demo_run, demo_folder):
    plan, hours = table(demo_run, "week"), demo_run.study.hours
    assert 0 < plan["hours"].sum() * hours.staff <= hours.per_week
    rooms = demo_run.proposal().set_index("site_id")
    for column, title in (("hours_open", "Offene Sprechstunde"),
                          ("hours_appointment", "Einzelberatung nach Termin")):  # fmt: skip
        sums = plan[plan["format"] == title].groupby("site_id")["hours"].sum()
        assert rooms[column].to_dict() == sums.reindex(rooms.index, fill_value=0).to_dict()
    others = demo_run.presence[demo_run.presence["p"] != demo_run.study.siting.rooms]
    assert others["hours_open"].isna().all()
    text = (demo_folder / "presence.ics").read_bytes().decode()
    assert text.count("BEGIN:VEVENT") == len(plan)
    assert {line[8:16] for line in text.split("\r\n") if line.startswith("DTSTAMP")} == {
        demo_run.content.info.reference_date.replace("-", "")
    }


def test_without_hours_there_is_neither_plan_nor_calendar(demo_run):
    from dataclasses import replace

    from sozialraum.presence.answer import Answer
    from sozialraum.presence.propose import Presence
    from sozialraum.publish.room_tables import with_answer

    nothing = Answer(Presence({}, pd.DataFrame(), pd.DataFrame()), None, [], None, pd.DataFrame())
    content = with_answer(replace(demo_run.content, further=(), calendar=""), nothing)
    assert content.calendar == ""
    assert content.further == ()


@pytest.mark.real_data
def test_the_districts_proposal_is_proven_stable_where_it_matters_and_suits_everybody(district_run):
    frontier = district_run.frontier
    assert (frontier["gap"] == 0).all()
    for p in (4, 6, 8):
        rooms = district_run.proposal(p=p)
        about = district_run.rooms.loc[rooms["site_id"]]
        words = " ".join(about["name"]).lower()
        for word in ("mädchen", "spiel", "jugend", "garten", "schul-"):
            assert word not in words
        assert ["everybody" in suits for suits in about["suits"]] == [True] * p
        assert set(about["operator_kind"]) <= {"public", "church_or_charity", "association"}
    young = district_run.rooms.loc[district_run.proposal("young")["site_id"]]
    assert (young["venue_types"].str.contains("Jugendfreizeiteinrichtung")).any()
    exchange = table(district_run, "exchange")
    pair = exchange[exchange["name"].str.contains("Divan")]
    assert pair["instead_name"].str.contains("Bachmann").any()


@pytest.mark.real_data
def test_houses_worth_a_question_would_reach_people_whom_the_proposal_does_not(district_run):
    asked = table(district_run, "clarify")
    assert asked["gained"].is_monotonic_decreasing
    assert asked["reason"].str.contains("vor Ort klären").all()
    out = (
        district_run.content.figures["demand"]
        - district_run.frontier.query("target == 'everybody' and p == 6")["reached"].item()
    )
    assert 0 < asked["gained"].max() <= out


def test_choices_of_the_same_rooms_are_one_row_under_all_their_names() -> None:
    robust = pd.DataFrame(
        {
            "target": ["Alle"] * 3,
            "choice": ["Vorschlag", "beste im Mittel", "beste im schlechtesten Zehntel"],
            "sites": [("a", "b"), ("b", "a"), ("a", "c")],
            "mean": [0.5, 0.5, 0.4],
        }
    )
    assert _once(robust)["choice"].tolist() == [
        "Vorschlag, beste im Mittel",
        "beste im schlechtesten Zehntel",
    ]


def test_print_says_rooms_and_choices_in_words_and_not_by_their_keys(demo_run) -> None:
    facts, w = Facts(demo_run.content), Words("de")
    blocks = [b for b in annex.tables(facts, w) if b["kind"] == "table"]
    titles = {b["caption"]: b["titles"] for b in blocks}
    assert not [t for found in titles.values() for t in found if t.startswith("Kennung")]
    cells = {cell for b in blocks for row in b["rows"] for cell in row}
    assert not cells & {*facts.rooms.index, *facts.table("rank_variance")["choice"]}
    assert titles["Anteil der Streuung der Ränge, den eine Entscheidung erklärt"][0] == (
        "Entscheidung"
    )


def test_an_order_and_exchanges_by_reach_are_told_of_rooms_chosen_by_reach_alone(demo_run) -> None:
    content, w = demo_run.content, Words("de")
    siting = content.study.siting.model_copy(update={"capacity": 9000})
    study = content.study.model_copy(update={"siting": siting})
    free, ruled = Facts(content), Facts(replace(content, study=study))
    assert "nacheinander öffnen" in str(behind.order(free, w))
    assert "Jeder Tausch gilt für sich" in str(behind.certainty(free, w))
    assert "öffne" not in str(behind.order(ruled, w))
    assert "Tausch" not in str(behind.certainty(ruled, w))


def test_the_annex_names_what_stands_only_in_the_workbook_and_prints_the_rest(demo_run) -> None:
    facts, w = Facts(demo_run.content), Words("de")
    blocks = [b for b in annex.tables(facts, w) if b["kind"] == "table"]
    elsewhere = {row[0]: row[2] for row in blocks[0]["rows"]}
    printed = {block["caption"] for block in blocks}
    for extra in demo_run.content.further:
        if extra.name not in annex.IN_TEXT:
            assert (extra.sheet in elsewhere) != (extra.title in printed), extra.name
    assert elsewhere["Räume"] == w.n(len(demo_run.presence))


def test_the_curves_stand_side_by_side_and_a_bound_only_where_more_might_be_possible() -> None:
    row = {"reached": 900.0, "reached_share": 0.45, "bound": 900.4}
    assert annex._step(row, Words("de")) == "900 (45,0\xa0%)"
    assert annex._step(row | {"bound": 950.0}, Words("de")).endswith("höchstens 950")


def test_a_room_without_an_address_has_its_area(demo_run) -> None:
    facts = Facts(demo_run.content)
    for site, room in facts.rooms.iterrows():
        area = facts.areas["name"].get(room["area_id"])
        assert facts.place(str(site)).endswith(str(area))
