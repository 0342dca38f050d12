"""From raw cell to published figure: the embedded demo and the real district."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sozialraum as sr
from sozialraum import pipeline, steps
from sozialraum.errors import DisclosureError, InputError, StudyError
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.worker import Worker

FILES = {
    "areas.gpkg",
    "areas.parquet",
    "datapackage.json",
    "dcat.jsonld",
    "frontier.csv",
    "manifest.json",
    "map.html",
    "presence.csv",
    "ranking.csv",
    "regions.csv",
    "report.pdf",
    "tables.xlsx",
}
MASKED = "nicht bestimmbar (Maskierung)"


def ranking(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "ranking.csv", dtype={"area_id": str}).set_index("area_id")


def test_the_demo_writes_every_file_of_the_contract(demo_folder: Path) -> None:
    # the calendar is there because the demo plans hours
    assert {p.name for p in demo_folder.iterdir()} == FILES | {"presence.ics"}


def test_the_tables_have_the_columns_of_the_contract_in_their_order(demo_folder: Path) -> None:
    for name, columns in (("ranking", RANKING), ("presence", PRESENCE), ("frontier", FRONTIER)):
        header = (demo_folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert header.split(",") == list(columns)


def test_the_demo_finds_the_truth_it_was_made_from(demo_run) -> None:
    truth = sr.demo.truth()
    areas = demo_run.areas
    worst = sorted(areas.index, key=lambda i: -truth.need[i])[:10]
    found = demo_run.ranking.index[:10]
    assert len(set(worst) & set(found)) >= 7
    known = areas["need_index"].dropna()
    assert known.corr(pd.Series(truth.need).reindex(known.index), method="spearman") > 0.85
    assert set(demo_run.proposal()["name"]) & set(truth.best_rooms)


def test_the_demo_is_labelled_fictitious_in_every_readable_output(demo_folder: Path) -> None:
    import pypdf

    assert "iktive" in (demo_folder / "map.html").read_text(encoding="utf-8")
    pages = pypdf.PdfReader(demo_folder / "report.pdf").pages
    assert all("iktive" in page.extract_text() for page in pages)
    assert json.loads((demo_folder / "manifest.json").read_text(encoding="utf-8"))["fictitious"]
    notes = pd.read_excel(demo_folder / "tables.xlsx", sheet_name=0, header=None)
    assert notes.astype(str).apply(lambda c: c.str.contains("iktive")).to_numpy().any()


def test_a_count_that_the_workbook_suppresses_is_never_a_zero(demo_run) -> None:
    areas = demo_run.areas
    hidden = areas.index[areas["recipients"].isna()]
    assert len(hidden)
    assert areas.loc[hidden, ["share", "recipients_lo", "recipients_hi"]].isna().all(axis=None)
    assert (demo_run.ranking["recipients"].dropna() > 0).all()


def test_units_hold_nobody_or_at_least_the_minimum(demo_run) -> None:
    least = demo_run.study.disclosure.minimum_count
    people = demo_run.content.units.filter(like="people_")
    assert ((people.isna()) | (people == 0) | (people >= least)).all(axis=None)


@pytest.mark.parametrize("target", ["everybody", "young", "families", "worse"])
def test_published_reach_is_recounted_from_units_and_rooms(demo_run, target: str) -> None:
    content, siting = demo_run.content, demo_run.study.siting
    units = content.units
    people = units[f"people_{target}"].fillna(0).to_numpy()
    offices = content.offices[[not t or target in t for t in content.offices["targets"]]]
    for p in (1, siting.rooms):
        chosen = demo_run.proposal(target, p)
        sites = pd.concat([content.rooms.loc[chosen["site_id"], ["x", "y"]], offices[["x", "y"]]])
        dx = units["x"].to_numpy()[:, None] - sites["x"].to_numpy(dtype=float)
        dy = units["y"].to_numpy()[:, None] - sites["y"].to_numpy(dtype=float)
        within = (np.hypot(dx, dy) * siting.detour <= siting.radius).any(axis=1)
        row = content.frontier.query("target == @target and p == @p").iloc[0]
        assert row["reached"] == people[within].sum()
        assert chosen["cumulative_share"].iloc[-1] == pytest.approx(row["reached_share"], abs=1e-12)
        assert row["bound"] >= row["reached"]


def test_proposed_rooms_are_eligible_and_suit_their_target_group(demo_run) -> None:
    rooms = demo_run.rooms
    for row in demo_run.presence.itertuples():
        assert rooms.loc[row.site_id, "eligible"]
        assert row.target in rooms.loc[row.site_id, "suits"]
        assert row.operator_kind in demo_run.study.venues.operator_kinds


def test_settings_given_by_keyword_change_the_result() -> None:
    run = sr.run("demo", siting={"rooms": 3, "most_rooms": 4})
    assert len(run.proposal()) == 3
    assert run.presence["p"].max() == 4


def test_an_input_with_other_areas_stops_the_run_with_the_list(tmp_path: Path) -> None:
    data = shutil.copytree(sr.demo.folder(), tmp_path / "data")
    path = next((data / "ewr").glob("*Matrix.csv"))
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8-sig", newline="")
    with pytest.raises(InputError, match=r"1 missing"):
        sr.run("demo", data=data)


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lor_planungsraeume"):
        sr.run("demo", data=tmp_path)


def test_limits_below_the_publishers_are_refused_unless_internal() -> None:
    with pytest.raises(DisclosureError, match="--internal"):
        sr.run("demo", disclosure={"minimum_count": 1})


def test_run_shows_itself_in_a_notebook(demo_run) -> None:
    assert "fiktives Beispiel" in demo_run._repr_html_()
    page = demo_run.explore()._repr_html_()
    assert page.startswith("<iframe")
    assert "<script" not in page  # escaped into srcdoc
    folium_map = demo_run.explore(online=True)
    assert "leaflet" in folium_map.get_root().render()


@pytest.mark.real_data
def test_the_real_district_has_the_published_figures(district_folder: Path) -> None:
    table = ranking(district_folder)
    assert {p.name for p in district_folder.iterdir()} == FILES
    assert len(table) == 53
    assert table["population"].sum() == 343_500
    assert table.loc["04100102", "status_class"] == "sehr niedrig"
    assert table.loc["04100102", "rank"] == 1
    assert (table["status_class"] == "sehr niedrig").sum() == 1
    assert table.index[table["status_class"] == "niedrig"].tolist() == ["04100101", "04400833"]
    masked = table.index[table["dynamics_class"] == MASKED]
    assert sorted(masked) == ["04400831", "04501044"]
    assert 36_300 < table["recipients"].sum() < 36_500
    assert (table["recipients_lo"].dropna() <= table["recipients"].dropna()).all()


@pytest.mark.real_data
def test_an_area_with_61_residents_keeps_them_and_loses_everything_about_recipients(
    district_folder: Path,
) -> None:
    row = ranking(district_folder).loc["04400725"]
    assert row["population"] == 61
    assert row["excluded"].startswith("unter 300")
    assert row.drop(["name", "population", "excluded"]).isna().all()


@pytest.mark.real_data
def test_berlin_has_seven_undetermined_dynamics_classes(berlin: Path) -> None:
    table = sr.areas.read_areas(sr.load_study("berlin"), berlin)
    classes = sr.need.assess(table).areas["dynamics_class"]
    assert (classes == MASKED).sum() == 7


@pytest.mark.real_data
def test_the_2021_edition_through_the_study_gives_the_published_classes(berlin: Path) -> None:
    later = sr.load_study("berlin").population  # of 2020 there are none on these areas
    study = sr.load_study(
        "berlin", indicators={"edition": "2021", "previous": None}, population=later.model_dump()
    )
    areas = sr.need.assess(sr.areas.read_areas(study, berlin)).areas
    for column in ("status", "dynamics"):
        ours, published = areas[f"{column}_class"], areas[f"{column}_published"]
        assert published.notna().sum() == 536
        assert ours[published.notna()].tolist() == published.dropna().tolist()
        assert ours[published.isna()].isna().all()
    with pytest.raises(StudyError, match=r"2021 has no residents by age of 2020-12-31"):
        sr.run(study, data=berlin)


@pytest.mark.real_data
def test_recipients_are_named_for_what_they_are(district_run) -> None:
    info = district_run.content.info
    assert info.recipients_label == "Personen mit Leistungen nach SGB II oder SGB XII"
    assert "abgeleitet" in info.recipients_note


@pytest.mark.real_data
def test_with_a_ba_workbook_in_the_data_folder_the_study_counts_what_the_ba_counts(
    berlin: Path, tmp_path: Path
) -> None:
    import xlsxwriter

    data = tmp_path / "data"
    for name in ("lor_2021", "ewr", "mss", "venues", "population_grid", "transit", "bezirke"):
        shutil.copytree(berlin / name, data / name)
    study = sr.load_study("charlottenburg-wilmersdorf")
    ids = list(sr.areas.read_areas(study, data).region)
    (data / "ba").mkdir()
    book = xlsxwriter.Workbook(data / "ba" / "ba_2024-12.xlsx")
    sheet = book.add_worksheet()
    for row, text in enumerate(
        ["Grundsicherung für Arbeitsuchende (SGB II)", "Berichtsmonat: Dezember 2024"]
    ):
        sheet.write_string(row, 0, text)
    for column, text in enumerate(["Planungsraum", "Name", "Regelleistungsberechtigte"]):
        sheet.write_string(3, column, text)
    for row, area in enumerate(ids, 4):  # invented counts, a function of the row
        sheet.write_number(row, 0, int(area))  # without its leading zero, as it really comes
        sheet.write_string(row, 1, f"Gebiet {row}")
        if area == "04400831":
            sheet.write_string(row, 2, "*")
        else:
            sheet.write_number(row, 2, 0 if area == "04400725" else 100 + 7 * row)
    book.close()
    run = sr.run(study, data=data, indicators={"rank_draws": 500})
    info = run.content.info
    assert info.recipients_label == "Regelleistungsberechtigte (SGB II)"
    assert "unter 65" in info.share_label
    assert run.areas.loc[ids[0], "recipients"] == 128
    hidden = run.areas.loc["04400831"]
    assert np.isnan(hidden["recipients"])
    assert np.isnan(hidden["share"])
    assert run.areas["old_age"].fillna(0).eq(0).all()


def test_the_proposal_says_how_stable_each_room_is(demo_run) -> None:
    everybody = demo_run.presence[demo_run.presence["target"] == "everybody"]
    assert everybody["stability"].between(0, 1).all()
    headline = everybody[everybody["p"] == demo_run.study.siting.rooms]
    assert headline["stability"].max() > 0.5


def test_more_rooms_than_are_suitable_give_as_many_as_there_are(demo_run) -> None:
    most = demo_run.study.siting.most_rooms
    run = demo_run.with_changes(siting={"rooms": most})
    last = run.presence.loc[run.presence["target"] == "everybody", "p"].max()
    assert last < most
    proposal = run.proposal()
    assert (proposal["p"] == last).all()
    assert proposal["hours_open"].sum() > 0
    pd.testing.assert_frame_equal(proposal, run.proposal(p=last))


def test_two_processes_write_the_same_bytes_as_one(demo_run, demo_folder, tmp_path: Path) -> None:
    with Worker() as worker:
        out = demo_run.write(tmp_path / "run", worker=worker)
    for name in sorted(FILES):
        assert (out / name).read_bytes() == (demo_folder / name).read_bytes(), name
    assert worker.process.wait(30) is not None


def test_two_processes_compute_the_same_as_one(demo_run) -> None:
    """Stages that a second process computes are the same, down to the bits."""
    from sozialraum.codec import digest, pack

    with Worker() as worker:
        other = sr.run("demo", cache=False, worker=worker)
    for field in fields(demo_run.content):
        mine, theirs = (getattr(r.content, field.name) for r in (demo_run, other))
        if field.name != "study":
            assert digest(pack(mine)) == digest(pack(theirs)), field.name
    assert {k: v for k, v in other.record.items() if k != "inputs"} == {
        k: v for k, v in demo_run.record.items() if k != "inputs"
    }


def test_an_error_in_the_second_process_is_the_run_s_own() -> None:
    study = sr.load_study("demo", layers={"water": "no/such/file.gpkg"})
    with Worker() as worker, pytest.raises(sr.errors.InputError, match="missing"):
        sr.run(study, cache=False, worker=worker)


def test_a_worker_that_dies_leaves_the_earlier_result(
    demo_run, demo_folder: Path, tmp_path: Path
) -> None:
    from sozialraum.errors import EnvironmentFault

    out = shutil.copytree(demo_folder, tmp_path / "run")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with Worker() as worker:
        worker.process.kill()
        with pytest.raises(EnvironmentFault, match="--jobs 1"):
            demo_run.write(out, worker=worker)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_a_solver_that_the_clock_stopped_makes_the_manifest_say_so(
    demo_run, tmp_path: Path
) -> None:
    from types import SimpleNamespace

    from sozialraum.publish.manifest import write_manifest

    def record(status: str) -> dict:
        model = SimpleNamespace(model=pd.DataFrame({"p": [1], "status": [status]}))
        reply = SimpleNamespace(presence=SimpleNamespace(depth={"everybody": model}))
        return {**demo_run.record, "not_reproducible": pipeline._clock(reply)}

    for status, repeats in (("optimal", True), ("limit", True), ("time_limit", False)):
        about = {"study": demo_run.study, "info": demo_run.content.info, **record(status)}
        document = json.loads(write_manifest(tmp_path, **about).read_text(encoding="utf-8"))
        assert document["reproducible"] is repeats
        assert bool(document["reason"]) is not repeats
    assert demo_run.record["not_reproducible"] == ""


def test_a_small_count_around_the_region_has_no_part_in_a_concentration(monkeypatch) -> None:
    """A concentration beyond the border names its cases: less those shown, they tell the others."""
    table = sr.areas.read_areas(sr.load_study("demo"))
    need = sr.need.assess(table)
    outside = need.areas.index[~table.areas["in_region"] & need.areas["recipients"].gt(20)]
    need.areas.loc[outside[0], "recipients"] = 2.0
    given = {}

    def looked_at(areas, counts, *_args, **_settings):
        given["counts"] = counts
        raise StopIteration

    monkeypatch.setattr(sr.concentration, "concentrate", looked_at, raising=False)
    with pytest.raises(StopIteration):
        steps.patterns(table.study, table.inputs, table, need, sr.need.stand(table, need))
    assert np.isnan(given["counts"][outside[0]])
    assert given["counts"][outside[1:]].notna().sum() > 20


def test_a_run_is_one_line_where_no_page_is_shown(demo_run) -> None:
    assert repr(demo_run).startswith("<Run of demo: 50 areas of Lindental-Neuhafen")
    assert len(repr(demo_run)) < 200
