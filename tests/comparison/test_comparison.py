"""Two runs side by side: chance is not called a change, and nothing withheld comes out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import sozialraum as sr
from sozialraum.cli import main
from sozialraum.comparison import (
    check_comparable,
    check_together,
    compare_areas,
    compare_inputs,
    compare_regions,
    compare_rooms,
    compare_runs,
    compare_settings,
    write_comparison,
)
from sozialraum.comparison.definitions import same_figures
from sozialraum.comparison.page import FILES, page
from sozialraum.errors import DisclosureError, EnvironmentFault, InputError, StudyError
from sozialraum.publish.finished import Finished, read_run


@pytest.fixture(scope="module")
def before(demo_folder) -> Finished:
    return read_run(demo_folder)


def changed(run: Finished, *, study: dict | None = None, day: str = "", **frames) -> Finished:
    """The same run with other frames, settings or reference date."""
    content = replace(run.content, **frames)
    manifest = run.manifest
    if study is not None:
        new = sr.load_study(run.study, **study)
        content = replace(content, study=new)
        manifest = manifest | {"study": new.model_dump(mode="json", by_alias=True)}
    if day:
        content = replace(content, info=replace(content.info, reference_date=day))
    return replace(run, content=content, manifest=manifest)


def with_share(run: Finished, area: str, factor: float, day: str = "2026-12-31") -> Finished:
    """Two years later one area's share is another; all its bounds go along."""
    areas = run.content.areas.copy()
    for column in ("recipients", "recipients_lo", "recipients_hi", "share", "share_lo", "share_hi"):
        areas[column] = areas[column].astype(float)
        areas.loc[area, column] *= factor
    return changed(run, areas=areas, day=day)


def test_a_run_compared_with_itself_shows_no_change(before) -> None:
    result = compare_runs(before, before)
    assert not result.definitions
    assert not result.areas["share_beyond_chance"].any()
    assert not result.areas["rank_beyond_sets"].any()
    assert result.areas["share_change"].dropna().eq(0).all()
    assert set(result.rooms["change"]) == {"bleibt"}
    assert result.settings.empty
    assert result.inputs.empty


def test_of_equal_counts_an_area_is_listed_that_only_one_run_ranks_or_classes(before) -> None:
    areas = before.content.areas.copy()
    unclassed, unranked = areas.index[areas["rank"].notna()][:2]
    areas.loc[unclassed, "status_class"] = None
    areas.loc[unranked, "rank"] = np.nan
    text = page(compare_runs(before, changed(before, areas=areas)))
    _, rest = text.split("Beide Läufe zeigen dieselben Zählungen")
    shares, rest = rest.split("Ein Rang gilt nur dann als verändert")
    ranks, _ = rest.split("Der Grund ist nachgerechnet")
    assert areas.loc[unclassed, "name"] in shares
    assert areas.loc[unranked, "name"] in ranks
    assert areas.loc[unranked, "name"] not in shares


def test_equal_counts_have_no_interval_and_no_judgement(before) -> None:
    result = compare_runs(before, changed(before, study={"siting": {"rooms": 2}}))
    assert result.same
    assert result.areas[["share_change_lo", "share_change_hi"]].isna().all(axis=None)
    text = page(result)
    assert "Gleiche Zahlen" in text
    assert "Planungsräume: Anteile und Klassen sind gleich." in text
    assert "Alle Ränge und Dynamikklassen sind gleich." in text
    assert "nicht gesichert" not in text
    assert "Zufall zweier" not in text
    assert not compare_runs(before, changed(before, day="2026-12-31")).same
    file = before.study.population.path
    inputs = dict(before.manifest["inputs"]) | {file: {"sha256": "0", "bytes": 1}}
    assert file in before.manifest["inputs"]
    assert not same_figures(before, replace(before, manifest=before.manifest | {"inputs": inputs}))


def test_rooms_of_two_runs_are_set_beside_each_other_with_their_number_and_way(before) -> None:
    presence = before.content.presence
    fewer = changed(
        before,
        study={"siting": {"rooms": 2}},
        presence=presence[presence["p"] <= 2],
    )
    text = page(compare_runs(before, fewer))
    old = len(before.proposal())
    way = f"{before.study.siting.radius:g}".replace("1000", "1.000")
    assert re.search(rf"{way}.m Fußweg, Dienststellen eingeschlossen: frühere Räume .{old}.", text)
    assert "spätere (2)" in text
    assert "Es sind verschieden viele Räume." in text


def test_half_the_share_is_more_than_chance_and_a_hundredth_of_it_is_not(before) -> None:
    area = before.ranking["recipients"].idxmax()
    halved = compare_areas(before, with_share(before, area, 0.5))
    assert halved.index[halved["share_beyond_chance"]].tolist() == [area]
    assert halved.loc[area, "share_change"] == pytest.approx(-before.ranking.loc[area, "share"] / 2)
    slightly = compare_areas(before, with_share(before, area, 0.99))
    assert not slightly["share_beyond_chance"].any()
    inside = slightly["share_change"].between(
        slightly["share_change_lo"], slightly["share_change_hi"]
    )
    assert inside[slightly["share_change"].notna()].all()


def test_the_interval_of_a_change_is_that_of_two_binomials_for_all_areas_at_once(before) -> None:
    from scipy.stats import norm

    table = compare_areas(before, changed(before, day="2026-12-31"))
    area = before.ranking["recipients"].idxmax()
    row, tests = before.ranking.loc[area], table["share_change"].notna().sum()
    base = row["recipients"] / row["share"]
    effect = before.study.indicators.design_effect
    spread = np.sqrt(2 * effect * row["share"] * (1 - row["share"]) / base)
    wanted = norm.ppf(0.5 + 0.5 * 0.95 ** (1 / tests)) * spread
    wanted += row["share_hi"] - row["share_lo"]
    assert table.loc[area, "share_change_hi"] == pytest.approx(wanted, rel=1e-6)


def test_ranks_move_beyond_chance_only_where_the_rank_sets_are_disjoint(before) -> None:
    areas = before.content.areas.copy()
    first, last = areas["rank"].idxmin(), areas["rank"].idxmax()
    columns = ["rank", "rank_lo", "rank_hi"]
    areas.loc[[first, last], columns] = areas.loc[[last, first], columns].to_numpy()
    table = compare_areas(before, changed(before, areas=areas))
    assert set(table.index[table["rank_beyond_sets"]]) == {first, last}
    assert table.loc[last, "rank_move"] > 0


def test_what_either_run_withholds_has_no_difference(before) -> None:
    area = before.ranking["recipients"].idxmax()
    later = with_share(before, area, 0.5)
    areas = later.content.areas.copy()
    hidden = ["recipients", "recipients_lo", "recipients_hi", "share", "share_lo", "share_hi"]
    areas.loc[area, hidden] = np.nan
    table = compare_areas(before, changed(later, areas=areas))
    computed = ["share_change", "share_change_lo", "share_change_hi"]
    assert table.loc[area, computed].isna().all()
    assert not table.loc[area, "share_beyond_chance"]
    withheld = before.ranking.index[before.ranking["share"].isna()]
    assert len(withheld)
    assert table.loc[withheld, computed].isna().all(axis=None)


def test_a_count_that_the_other_run_shows_stops_the_comparison(before) -> None:
    areas = before.content.areas.copy()
    area = before.ranking["recipients"].idxmax()
    areas.loc[area, ["recipients", "share", "recipients_lo", "recipients_hi"]] = np.nan
    less = changed(before, areas=areas)
    with pytest.raises(DisclosureError, match="together") as caught:
        check_together(less, before)
    assert area in str(caught.value)
    assert f"{before.ranking.loc[area, 'recipients']:.0f}" not in str(caught.value)
    check_together(changed(less, day="2022-12-31"), before)  # other people, nothing follows


def test_another_base_or_other_indicators_are_refused_and_said_when_asked_for(before) -> None:
    other = changed(before, study={"indicators": {"minimum_population": 500}})
    with pytest.raises(StudyError, match="although-different"):
        check_comparable(before, other)
    (found,) = check_comparable(before, other, although_different=True)
    assert found.measure == "index"
    text = page(compare_runs(before, other, although_different=True))
    assert "Achtung: Die Läufe messen nicht dasselbe." in text
    counted = changed(before, figures={**before.content.figures, "counts_derived": 1})
    with pytest.raises(StudyError, match="Anteil"):
        check_comparable(before, counted)


def test_other_areas_are_refused_even_when_differences_are_accepted(before) -> None:
    fewer = changed(before, areas=before.content.areas.iloc[1:])
    with pytest.raises(StudyError, match="different areas"):
        check_comparable(before, fewer, although_different=True)


def test_a_dynamics_over_other_indicators_is_named_and_not_compared(before) -> None:
    alone = changed(before, study={"indicators": {"previous": None}})
    (found,) = check_comparable(before, alone)
    assert found.measure == "dynamics"
    assert "werden nicht verglichen" in page(compare_runs(before, alone))


def test_a_room_leaves_because_of_people_lists_or_settings(before) -> None:
    gone = before.proposal()["site_id"].iloc[-1]
    rooms = before.content.rooms.copy()
    rooms.loc[gone, ["eligible", "reason"]] = [False, "Träger privat"]
    presence = before.content.presence
    without = changed(before, rooms=rooms, presence=presence[presence["site_id"] != gone])
    table = compare_rooms(before, without).set_index(["target", "site_id"])
    assert table.loc[("everybody", gone), "change"] == "entfällt"
    assert "nicht geeignet: Träger privat" in table.loc[("everybody", gone), "why"]

    fewer = changed(before, study={"siting": {"rooms": 2}})
    rows = compare_rooms(before, fewer)
    left = rows[(rows["target"] == "everybody") & (rows["change"] == "entfällt")]
    assert len(left) == before.study.siting.rooms - 2
    assert set(left["why"]) == {"veränderte Vorgaben: Zahl der Räume"}
    assert set(left["cause"]) == {"settings"}


def test_another_model_is_computed_again_and_named(before, demo_run) -> None:
    """Another aim, with the same people and rooms, is the only cause there can be."""
    settings = {"model": "gradual", "halving": 120}
    run = demo_run.with_changes(siting={**settings, "most_rooms": demo_run.study.siting.rooms})
    later = changed(before, study={"siting": settings}, presence=run.presence)
    moved = compare_rooms(before, later).query("change != 'bleibt'")
    assert len(moved)
    assert set(moved["cause"]) == {"settings"}
    assert set(moved["why"]) == {
        "veränderte Vorgaben: Ziel der Auswahl und Gewicht nach Entfernung"
    }
    assert set(compare_rooms(later, before).query("change != 'bleibt'")["cause"]) == {"settings"}


def test_where_nothing_can_be_computed_again_what_alone_differs_is_the_cause(before) -> None:
    streets = changed(before, study={"access": {"matrix": "ways.csv"}})
    presence = before.content.presence
    chosen = before.proposal()["site_id"]
    fewer = replace(
        changed(streets, presence=presence[presence["site_id"] != chosen.iloc[-1]]),
        manifest=before.manifest,
    )
    nothing = compare_rooms(replace(streets, manifest=before.manifest), fewer)
    assert set(nothing.query("change == 'entfällt'")["why"]) == {"andere Fassung des Programms"}
    ways = compare_rooms(before, replace(fewer, manifest=streets.manifest))
    assert set(ways.query("change == 'entfällt'")["why"]) == {
        "veränderte Vorgaben: Messung der Wege"
    }
    units = before.content.units.assign(people_everybody=5.0)
    both = compare_rooms(before, changed(fewer, units=units, study={"siting": {"radius": 900}}))
    row = both[(both["target"] == "everybody") & (both["change"] == "entfällt")].iloc[0]
    assert row["cause"] == "unknown"
    assert row["why"].startswith("mehreres zugleich, nicht zu trennen: veränderte Zahlen")
    assert "Fußweg" in row["why"]


def test_rounded_counts_are_not_compared_silently_with_exact_ones(before) -> None:
    rounded = changed(before, study={"disclosure": {"method": "round"}})
    with pytest.raises(StudyError, match="gerundet auf Vielfache von 10"):
        check_comparable(before, rounded)
    (found,) = check_comparable(before, rounded, although_different=True)
    assert found.measure == "share"


def test_areas_that_cannot_be_compared_are_neither_counted_nor_judged(before) -> None:
    later = changed(before, day="2026-12-31")
    areas = later.content.areas.copy()
    area = before.ranking["recipients"].idxmax()
    hidden = ["recipients", "recipients_lo", "recipients_hi", "share", "share_lo", "share_hi"]
    areas.loc[area, [*hidden, "rank", "rank_lo", "rank_hi"]] = np.nan
    result = compare_runs(before, changed(later, areas=areas))
    shares = int(result.areas["share_change"].notna().sum())
    ranks = int((result.areas["rank_move"].notna() & (result.areas["note"] == "")).sum())
    text = page(result)
    assert f"erklärt, in 0 von {shares} vergleichbaren Gebieten." in text
    assert f"liegen auseinander in 0 von {ranks} vergleichbaren Gebieten." in text
    table = text[text.index("Ränge der Planungsräume") :]
    row = table[table.index(before.ranking.loc[area, "name"]) :]
    assert "nicht vergleichbar" in row[: row.index("</tr>")]


def test_moved_people_move_the_rooms_and_are_named_as_the_reason(before) -> None:
    from sozialraum.comparison.rooms import _Inputs, _solve

    units = before.content.units.copy()
    chosen = before.content.rooms.loc[before.proposal()["site_id"].iloc[0]]
    near = np.hypot(units["x"] - chosen["x"], units["y"] - chosen["y"]) < 1500
    units.loc[near, "people_everybody"] = 0.0
    later = changed(before, units=units)
    sites = _solve(_Inputs(later, later, later), "everybody")
    presence = before.content.presence
    wanted = (presence["target"] == "everybody") & (presence["p"] == before.study.siting.rooms)
    new = presence[wanted].iloc[: len(sites)].assign(site_id=sorted(sites))
    later = changed(later, presence=pd.concat([presence[~wanted], new], ignore_index=True))
    table = compare_rooms(before, later)
    moved = table[(table["target"] == "everybody") & (table["change"] != "bleibt")]
    assert before.proposal()["site_id"].iloc[0] in set(moved["site_id"])
    assert moved["why"].str.contains("veränderte Zahlen").all()


def test_settings_and_inputs_that_differ_are_listed(before) -> None:
    other = changed(before, study={"siting": {"radius": 800}})
    assert compare_settings(before, other)["setting"].tolist() == ["siting.radius"]
    name = next(iter(before.manifest["inputs"]))
    inputs = dict(before.manifest["inputs"]) | {name: {"sha256": "0", "bytes": 1}}
    edited = replace(before, manifest=before.manifest | {"inputs": inputs})
    assert compare_inputs(before, edited).to_numpy().tolist() == [[name, "geändert"]]


def test_the_page_is_self_contained_escaped_and_the_same_every_time(before, tmp_path) -> None:
    areas = before.content.areas.copy()
    areas["name"] = areas["name"].astype(object)
    areas.loc[areas.index[0], "name"] = "<script>alert(1)</script>"
    result = compare_runs(before, changed(before, areas=areas, day="2026-12-31"))
    out = write_comparison(result, tmp_path / "compare")
    assert {p.name for p in out.iterdir()} == set(FILES)
    text = (out / "compare.html").read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "default-src 'none'" in text
    assert not re.search(r"(?:src|href)=", text)
    assert text.count("<caption>") == text.count("<table>") > 5
    assert "Fiktives Beispiel" in text
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    write_comparison(result, out)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == first


def test_a_run_is_never_replaced_by_a_comparison(before, demo_folder, tmp_path, capsys) -> None:
    with pytest.raises(EnvironmentFault, match="no run wrote"):
        write_comparison(compare_runs(before, before), demo_folder)
    assert (demo_folder / "manifest.json").is_file()
    out = tmp_path / "c"
    assert main(["compare", str(demo_folder), str(demo_folder), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert str(out / "compare.html") in said
    assert "the same counts" in said
    with pytest.raises(InputError):
        compare_runs(demo_folder, tmp_path)


@pytest.mark.real_data
def test_the_edition_of_2023_compared_with_2025_says_what_the_data_carry(
    district_run, berlin, tmp_path
) -> None:
    howto = Path(__file__).parents[2] / "docs" / "howto" / "nach-dem-lauf.md"
    study, line, *_ = re.findall(r"```yaml\n(.*?)```", howto.read_text("utf-8"), re.DOTALL)
    (tmp_path / "lauf-2023.yaml").write_text(study, "utf-8")
    earlier = sr.run(tmp_path / "lauf-2023.yaml", data=berlin, siting={"stability_draws": 0})
    own = sr.load_study(tmp_path / "lauf-2023.yaml", **yaml.safe_load(line))
    assert own.population == earlier.study.population
    assert earlier.content.info.reference_date == "2022-12-31"
    runs = [
        Finished(
            Path(),
            {
                "study": r.study.model_dump(mode="json"),
                "inputs": {},
                "versions": {"sozialraum": ""},
            },
            r.content,
        )
        for r in (earlier, district_run)
    ]
    result = compare_runs(*runs)
    (difference,) = result.definitions
    assert difference.measure == "dynamics"
    assert difference.before == "Indikatoren S1, S3, S4 über 2 Jahre"
    assert difference.after == "Indikatoren S1, S2, S3, S4 über 2 Jahre"
    areas = result.areas
    assert areas.loc["04100102", ["rank_before", "rank_after"]].tolist() == [1, 1]
    # the district's share fell a little; two years move hardly any area beyond chance
    known = areas["share_change"].dropna()
    assert len(known) == 52
    assert known.abs().max() < 0.03
    assert areas["share_beyond_chance"].sum() <= 3
    assert not areas["rank_beyond_sets"].any()
    assert len(compare_regions(*runs)) == 11
    rooms = result.rooms[result.rooms["target"] == "everybody"]
    assert (rooms["change"] == "bleibt").sum() >= 4
    assert rooms.loc[rooms["change"] != "bleibt", "why"].str.contains("veränderte Zahlen").all()
