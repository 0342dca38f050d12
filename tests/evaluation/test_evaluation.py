"""Visits beside the plan: known truths come back, small numbers and persons do not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from sozialraum.access.distance import straight_line
from sozialraum.cli import main
from sozialraum.errors import DisclosureError, InputError
from sozialraum.evaluation import (
    catchments,
    dispersion,
    evaluate_visits,
    fit_decay,
    judge_rooms,
    poisson_interval,
    read_visits,
    shrunk_ratios,
    study_snippet,
    write_evaluation,
)
from sozialraum.evaluation.page import FILES, page
from sozialraum.evaluation.results import hidden_cells, shown_groups
from sozialraum.presence.choice import weight_by_way
from sozialraum.publish.finished import Finished, read_run
from sozialraum.publish.numbers import number
from sozialraum.publish.report.answer import reach
from sozialraum.publish.report.behind import aim
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.facts import Facts


@pytest.fixture(scope="module")
def run(demo_folder) -> Finished:
    return read_run(demo_folder)


@pytest.fixture
def visits(run, tmp_path):
    """Ten offers in each of eight rooms; people come as exp(-way / 450 m) says."""
    rng, sites = np.random.default_rng(4), sorted(run.proposal(p=8)["site_id"])
    plan = catchments(run, sites)
    near = plan.room >= 0
    felt = (plan.people * np.exp(-plan.way / 450))[near]
    means = np.bincount(plan.room[near], weights=felt, minlength=len(sites)) * 0.02
    days = [d.date().isoformat() for d in pd.date_range("2026-01-05", periods=10, freq="7D")]
    rows = [
        (site, day, "offene Sprechstunde", rng.poisson(mean))
        for site, mean in zip(sites, means, strict=True)
        for day in days
    ]
    path = tmp_path / "visits.csv"
    table = pd.DataFrame(rows, columns=["room", "date", "kind", "number"])
    table.to_csv(path, index=False)
    return path


def write(path, text: str):
    path.write_text(text, encoding="utf-8")
    return path


# --- statistics -------------------------------------------------------------------------------


def test_the_poisson_interval_is_garwoods() -> None:
    counts = np.array([0, 1, 7, 120])
    lo, hi = poisson_interval(counts)
    assert lo[1:] == pytest.approx(chi2.ppf(0.025, 2 * counts[1:]) / 2)
    assert lo[0] == 0
    assert hi == pytest.approx(chi2.ppf(0.975, 2 * (counts + 1)) / 2)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6), st.integers(0, 1000))
@settings(deadline=None, max_examples=25)
def test_p_values_are_those_of_the_binomial_given_the_sum(counts, seed) -> None:
    weights = np.random.default_rng(seed).uniform(1, 9, len(counts))
    visits = pd.Series(counts, dtype=float)
    found = judge_rooms(visits, pd.Series(weights))
    total = sum(counts)
    assert found["expected"].sum() == pytest.approx(total)
    for k, n in enumerate(counts if total else []):
        share = weights[k] / weights.sum()
        tails = [
            binomtest(n, total, share, alternative=side).pvalue for side in ("less", "greater")
        ]
        assert found["p"][k] == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-9)


def test_among_rooms_that_work_as_planned_hardly_any_study_names_one() -> None:
    rng, weights = np.random.default_rng(0), np.linspace(1, 3, 12)
    false = [
        judge_rooms(pd.Series(rng.poisson(30 * weights)), pd.Series(weights))["judgement"]
        .isin(["besser", "schlechter"])
        .any()
        for _ in range(60)
    ]
    assert np.mean(false) <= 0.1


def test_clustered_visits_widen_intervals_and_spare_judgements() -> None:
    rng = np.random.default_rng(1)
    group = pd.Series(np.repeat(np.arange(50), 40))
    independent = pd.Series(rng.poisson(6, 2000).astype(float))
    clustered = 5 * pd.Series(rng.poisson(1.2, 2000).astype(float))
    assert dispersion(independent, group) == pytest.approx(1, abs=0.15)
    assert dispersion(clustered, group) == pytest.approx(5, abs=0.6)
    wide, narrow = (poisson_interval([100.0], dispersion=d) for d in (5.0, 1.0))
    assert wide[0][0] < narrow[0][0] < narrow[1][0] < wide[1][0]


def test_groups_without_visits_tell_nothing_about_dispersion() -> None:
    number, group = pd.Series([4.0, 6, 0, 20]), pd.Series(list("aabb"))
    empty = pd.concat([number, pd.Series([0.0] * 6)], ignore_index=True)
    more = pd.concat([group, pd.Series(list("ccdddd"))], ignore_index=True)
    assert dispersion(empty, more) == dispersion(number, group)


def test_ratios_of_few_rooms_lose_one_degree_of_freedom() -> None:
    visits, expected = np.array([60.0, 40, 50]), np.array([50.0, 50, 50])
    spread = 4 / 150 - 2 / 150  # sum(e (v/e - 1)²) = 4, two free deviations
    ratio = shrunk_ratios(visits, expected)["ratio"]
    np.testing.assert_allclose(ratio, (1 / spread + visits) / (1 / spread + expected))


def test_a_dispersion_from_few_rooms_widens_the_interval_of_the_decay() -> None:
    """With visits overdispersed between five rooms, 95 % intervals cover in 95 %, not 80 %."""
    rng, truth, rooms = np.random.default_rng(3), 500.0, 5
    way = np.tile([100.0, 1000], rooms)
    near = np.linspace(100, 900, rooms)
    people = np.column_stack([near, 1000 - near]).ravel()
    room = np.repeat(np.arange(rooms), 2)
    means = np.bincount(room, weights=people * np.exp(-way / truth))
    held = 0
    for _ in range(200):
        fit = fit_decay(rng.negative_binomial(means / 9, 0.1), way, people, room)
        held += fit.lo <= truth <= fit.hi
    assert held / 200 > 0.91


def test_shrinkage_draws_small_rooms_to_the_mean_and_leaves_large_ones() -> None:
    found = shrunk_ratios([400, 100, 8, 200], [200, 200, 4, 200])
    assert found["ratio"][0] == pytest.approx(2, rel=0.05)
    assert 1 < found["ratio"][2] < 1.95
    assert (found["lo"] < found["ratio"]).all()
    alike = shrunk_ratios([101, 99, 100], [100, 100, 100])
    assert alike["ratio"].tolist() == [1, 1, 1]


def test_a_known_decay_is_recovered_and_its_interval_covers_it() -> None:
    rng, truth, rooms = np.random.default_rng(7), 600.0, 40
    room = np.repeat(np.arange(rooms), 60)
    # some rooms have their people at the door, some far away
    typical = np.repeat(rng.uniform(150, 1500, rooms), 60)
    way = np.clip(rng.normal(typical, 200), 20, None)
    people = rng.integers(3, 40, room.size).astype(float)
    means = np.bincount(room, weights=people * np.exp(-way / truth)) * 0.15
    fits = [fit_decay(rng.poisson(means), way, people, room) for _ in range(40)]
    assert np.median([f.metres for f in fits]) == pytest.approx(truth, rel=0.05)
    assert sum(f.lo <= truth <= f.hi for f in fits) >= 35
    assert all(f.bounded for f in fits)


def test_rooms_that_tell_nothing_about_distance_give_no_bounded_decay() -> None:
    way, room = np.full(40, 500.0), np.repeat(np.arange(4), 10)
    fit = fit_decay([50, 60, 40, 55], way, np.ones(40), room)
    assert not fit.bounded
    with pytest.raises(InputError, match="too few"):
        fit_decay([50, 60], way[:20], np.ones(20), room[:20])


# --- the table of visits ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "column", ["Vorname", "Geburtsdatum", "E-Mail", "BG-Nummer", "Anschrift", "phone", "Kunde"]
)
def test_a_table_with_data_of_persons_is_refused_without_repeating_them(
    column, run, tmp_path
) -> None:
    room = run.proposal()["site_id"][0]
    text = f"room,date,kind,number,{column}\n{room},2026-01-05,offen,3,Geheim\n"
    with pytest.raises(DisclosureError) as caught:
        read_visits(write(tmp_path / "v.csv", text), run)
    assert column in str(caught.value)
    assert "Geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "kind",
    ["Beratung Frau Meier", "0176 1234567", "Sprechstunde Hr. Öztürk", "a.b@example.org",
     "BG 12345//0001234", "geb. 1.2.1980", "Familie Schmidt"],
)  # fmt: skip
def test_a_kind_that_names_a_person_is_refused_without_repeating_it(kind, run, tmp_path) -> None:
    room = run.proposal()["site_id"][0]
    text = f"room,date,kind,number\n{room},2026-01-05,offen,3\n{room},2026-01-06,{kind},3\n"
    with pytest.raises(DisclosureError, match="row 3") as caught:
        read_visits(write(tmp_path / "v.csv", text), run)
    assert kind not in str(caught.value)


def test_kinds_that_name_offers_are_read(run, tmp_path) -> None:
    kinds = ["Beratung SGB II 2026", "Frau und Beruf", "Frauenfrühstück", "Fr. Nachmittag",
             "§ 16i, 10-12 Uhr", "Herrenabend", "für Familien"]  # fmt: skip
    room = run.proposal()["site_id"][0]
    rows = [f'{room},2026-01-05,"{kind}",3' for kind in kinds]
    text = "\n".join(["room,date,kind,number", *rows])
    assert set(read_visits(write(tmp_path / "v.csv", text), run)["kind"]) == set(kinds)


def test_german_headings_semicolons_dates_and_names_of_rooms_are_understood(run, tmp_path) -> None:
    names = run.content.rooms["name"]
    name = next(n for n in run.proposal()["name"] if (names == n).sum() == 1)
    text = f"\ufeffRaum;Datum;Art;Anzahl;Zielgruppe;Stunden\n{name};5.1.2026;offen;7;young;2,5\n"
    table = read_visits(write(tmp_path / "v.csv", text), run)
    row = table.iloc[0]
    assert run.content.rooms.loc[row["site_id"], "name"] == name
    assert (row["date"], row["number"], row["target"]) == ("2026-01-05", 7, "young")
    assert row["hours"] == 2.5


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("nowhere,2026-01-05,offen,3", "room is unknown"),
        ("{room},5. Januar,offen,3", "date cannot be read"),
        ("{room},2026-01-05,offen,-3", "number cannot be read"),
        ("{room},2026-01-05,offen,2.5", "number cannot be read"),
        ("{room},2026-01-05,offen", "cells"),
        ("{room},2026-01-05,,3", "look like notes"),
        ("{room},2126-01-05,offen,3", "lies in the future"),
        ("{room},2026-01-05,offen,3\n{room},2026-01-05,offen,4", "twice"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(row, message, run, tmp_path) -> None:
    text = "room,date,kind,number\n" + row.format(room=run.proposal()["site_id"][0]) + "\n"
    with pytest.raises(InputError, match=message) as caught:
        read_visits(write(tmp_path / "v.csv", text), run)
    assert "v.csv" in str(caught.value)


# --- plan and evaluation ----------------------------------------------------------------------


def test_each_person_is_planned_for_the_nearest_place_only(run) -> None:
    sites = sorted(run.proposal()["site_id"])
    plan = catchments(run, sites)
    row = run.content.frontier.query("target == 'everybody'").set_index("p").loc[len(sites)]
    offices = plan.people[(plan.room < 0) & (plan.way <= run.study.siting.radius)].sum()
    assert plan.planned.sum() + offices == pytest.approx(row["reached"])


def test_the_evaluation_recovers_the_decay_the_visits_were_made_with(run, visits) -> None:
    found = evaluate_visits(run, visits)
    assert found.decay is not None
    assert found.decay.lo <= 450 <= found.decay.hi
    assert found.rooms["visits"].sum() == pd.read_csv(visits)["number"].sum()
    assert found.rooms["offers"].tolist() == [10] * 8


def test_the_next_study_chooses_rooms_by_the_decay_and_reports_the_same_radius(
    run, visits, demo_run
) -> None:
    found = evaluate_visits(run, visits)
    settings = yaml.safe_load(study_snippet(found))["siting"]
    assert set(settings) == {"model", "halving"}
    assert settings["halving"] == pytest.approx(found.decay.halving, abs=0.5)
    most = demo_run.study.siting.rooms
    later = demo_run.with_changes(siting={**settings, "most_rooms": most})
    siting, rooms = later.study.siting, later.proposal()["site_id"]
    assert siting.radius == demo_run.study.siting.radius
    assert len(rooms) == siting.rooms
    # Most weighted people, recounted from the files; hardly fewer within the radius.
    plan = {key: nearest_ways(run, r.proposal()["site_id"]) for key, r in
            (("plain", demo_run), ("weighted", later))}  # fmt: skip
    people = np.nan_to_num(run.content.units["people_everybody"].to_numpy(float))
    felt = {key: float(people @ weight_by_way(siting, way)) for key, way in plan.items()}
    assert felt["weighted"] >= felt["plain"]
    shares = [r.proposal()["cumulative_share"].iloc[-1] for r in (demo_run, later)]
    assert shares[0] - 0.05 < shares[1] <= shares[0]
    assert later.content.figures["weighted"] == pytest.approx(felt["weighted"], rel=1e-4)
    facts, words = Facts(later.content), Words("de")
    assert f"{words.n(felt['weighted'])} von" in reach(facts, words)
    assert f"je {settings['halving']} m Fußweg" in aim(facts, words)


def nearest_ways(run: Finished, rooms) -> np.ndarray:
    """Metres from each unit to the nearest of these rooms and the existing offices."""
    content = run.content
    serving = content.offices[[not t or "everybody" in t for t in content.offices["targets"]]]
    places = pd.concat([content.rooms.loc[rooms, ["x", "y"]], serving[["x", "y"]]])
    ways = straight_line(
        content.units[["x", "y"]].to_numpy(float),
        places.to_numpy(float),
        detour=run.study.siting.detour,
    )
    return ways.min(axis=1)


def test_a_vague_decay_is_no_setting_for_the_next_study(run, visits) -> None:
    table = pd.read_csv(visits)
    few = table[table["date"] < "2026-01-20"].assign(number=lambda t: t["number"].clip(upper=6))
    few.to_csv(visits, index=False)
    found = evaluate_visits(run, visits)
    assert not found.decay.narrow
    snippet, text = study_snippet(found), page(found)
    assert yaml.safe_load(snippet) is None
    assert "Keine Vorgabe" in snippet
    ends = [e for e in (found.decay.lo, found.decay.hi) if 0 < e < np.inf]
    assert ends
    for end in ends:
        assert number(end * np.log(2)) in snippet
        assert number(end * np.log(2)) in text
    assert "keine Vorgabe" in text
    assert "exp(" not in text


def test_a_study_with_rules_that_the_weights_do_not_know_is_told_to_drop_them(run, visits) -> None:
    found = evaluate_visits(run, visits)
    siting = run.study.siting.model_copy(update={"floor": 0.1, "backup": 0.2})
    content = dataclasses.replace(
        run.content, study=run.study.model_copy(update={"siting": siting})
    )
    ruled = dataclasses.replace(found, run=dataclasses.replace(run, content=content))
    assert "zu streichen, weil das Modell es nicht kennt: floor, backup." in study_snippet(ruled)
    assert "zu streichen" not in study_snippet(found)


def test_a_room_that_twice_as_many_people_visit_is_better(run, visits) -> None:
    table = pd.read_csv(visits)
    busy = table.groupby("room")["number"].sum().idxmax()
    table.loc[table["room"] == busy, "number"] *= 4
    table.to_csv(visits, index=False)
    rooms = evaluate_visits(run, visits).rooms
    assert rooms.loc[busy, "judgement"] == "besser"
    assert rooms.loc[busy, "ratio_lo"] > 1


def test_a_room_open_half_as_often_is_expected_to_have_half_the_visits(run, visits) -> None:
    whole = evaluate_visits(run, visits).rooms
    table = pd.read_csv(visits)
    rare = whole["expected"].idxmax()
    half = table[(table["room"] != rare) | (table["date"] < "2026-02-09")]
    half.to_csv(visits, index=False)
    rooms = evaluate_visits(run, visits).rooms
    share = [t.loc[rare, "expected"] / t["expected"].drop(rare).sum() for t in (whole, rooms)]
    assert share[1] == pytest.approx(share[0] / 2)


def test_small_numbers_are_hidden_with_one_more_so_that_no_sum_gives_them_away(
    run, visits, tmp_path
) -> None:
    table = pd.read_csv(visits)
    quiet = table["room"].iloc[0]
    table.loc[table["room"] == quiet, "number"] = [2, *[0] * 9]
    table.to_csv(visits, index=False)
    found = evaluate_visits(run, visits)
    hidden = found.rooms.index[found.rooms["judgement"] == "nicht gezeigt"]
    assert quiet in hidden
    assert len(hidden) >= 2
    of_visits = ["visits", "visits_lo", "visits_hi", "ratio", "ratio_shrunk", "p", "q"]
    assert found.rooms.loc[hidden, of_visits].isna().all(axis=None)
    out = write_evaluation(found, tmp_path / "out")
    rows = pd.read_csv(out / "rooms.csv", index_col="site_id")
    assert rows.loc[hidden, "visits"].isna().all()


def test_too_few_visits_to_show_any_stop_the_evaluation(run, tmp_path) -> None:
    room = run.proposal()["site_id"][0]
    path = write(tmp_path / "v.csv", f"room,date,kind,number\n{room},2026-01-05,offen,2\n")
    with pytest.raises(DisclosureError, match="fewer visits"):
        evaluate_visits(run, path)


@given(
    st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=2, max_size=5),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_no_small_number_of_a_group_follows_from_what_is_shown(counts, rooms_hidden) -> None:
    rows = [
        (f"r{k}", target, n)
        for k, numbers in enumerate(counts)
        for target, n in zip(("", "young", "families"), numbers, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["site_id", "target", "number"])
    sites = [f"r{k}" for k in range(len(counts))]
    shown = shown_groups(table, sites, 3, rooms_hidden)
    assert not (rooms_hidden and shown)
    for site in sites if shown else []:
        numbers = table[table["site_id"] == site].set_index("target")["number"]
        left = numbers.drop(shown).sum()
        for n in [*numbers[shown], left]:
            assert n == 0 or n >= 3


def test_a_hidden_part_is_never_alone() -> None:
    parts = pd.Series([1.0, 40, 12, 7], list("abcd"))
    assert hidden_cells(parts, 3).sum() == 2
    assert not hidden_cells(parts.iloc[1:], 3).any()
    with pytest.raises(DisclosureError):
        hidden_cells(pd.Series([2.0, 0.0], ["a", "b"]), 3)


def test_the_page_and_its_tables_are_the_same_every_time(run, visits, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    folder = str(run.folder)
    assert main(["evaluate", folder, str(visits), "--out", str(out)]) == 0
    assert "evaluation.html" in capsys.readouterr().out
    assert {p.name for p in out.iterdir()} == set(FILES)
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    text = first["evaluation.html"].decode()
    assert "<script" not in text
    assert "Fiktives Beispiel" in text
    assert "default-src 'none'" in text
    assert main(["evaluate", folder, str(visits), "--out", str(out)]) == 0
    assert {p.name: p.read_bytes() for p in out.iterdir()} == first
