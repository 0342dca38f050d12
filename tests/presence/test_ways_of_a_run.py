"""A run with travel times, and one on streets: solver, tables and page count the same people."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import sozialraum as sr
from sozialraum import demo
from sozialraum.publish.map.data import page_data
from sozialraum.publish.report.behind import drawn, model
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.facts import Facts
from sozialraum.publish.report.rooms import limits, proposal

SMALL = {"rooms": 3, "most_rooms": 3, "radii": [1000], "stability_draws": 4}
SPEED = 4.5


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Musterstadt's files, to which streets and times are added."""
    return shutil.copytree(demo.folder(), tmp_path_factory.mktemp("ways") / "demo")


@pytest.fixture(scope="module")
def by_time(demo_run, inputs):
    """Minutes along two axes, as in a city of blocks; from some units no room can be reached."""
    content = demo_run.content
    houses = content.rooms[content.rooms["eligible"]]
    places = pd.concat([houses[["x", "y"]], content.offices[["x", "y"]]])
    start, end = content.units[["x", "y"]].to_numpy(float), places.to_numpy(float)
    metres = np.abs(start[:, None] - end).sum(axis=2)
    table = pd.DataFrame(metres / (SPEED * 1000 / 60), content.units.index, places.index)
    table.iloc[:20] = np.nan
    long = table.rename_axis("from_id").reset_index().melt("from_id", var_name="to_id")
    long.rename(columns={"value": "travel_time"}).to_csv(inputs / "times.csv", index=False)
    together = {"weights": {"everybody": 1, "young": 3, "families": 2}}
    return sr.run(
        "demo",
        data=inputs,
        access={"matrix": "times.csv", "walking_speed": SPEED},
        siting={**SMALL, "together": together},
    )


@pytest.fixture(scope="module")
def on_streets(demo_run, inputs):
    """A grid of streets every 200 m, cut in two by a line without any crossing."""
    left, bottom, right, top = demo_run.content.outline.total_bounds
    middle = demo_run.content.rooms["x"].median() + 51
    xs, ys = np.arange(left, right, 200), np.arange(bottom, top, 200)
    corners = [[(x, y) for x in xs] for y in ys]
    rows = [c for line in corners for c in (
        [p for p in line if p[0] < middle], [p for p in line if p[0] >= middle])]  # fmt: skip
    columns = [[line[k] for line in corners] for k in range(len(xs))]
    ways = [shapely.LineString(w) for w in (*rows, *columns) if len(w) > 1]
    streets = gpd.GeoDataFrame(geometry=ways, crs=demo_run.content.outline.crs)
    streets.to_file(inputs / "streets.gpkg")
    order = {"order": ["young", "everybody"], "tolerance": 0.1}
    return sr.run(
        "demo",
        data=inputs,
        access={"network": "streets.gpkg", "class_column": None},
        siting={**SMALL, "together": order},
    )


@pytest.fixture(params=["by_time", "on_streets"])
def run(request):
    return request.getfixturevalue(request.param)


def reached_on_the_page(page: dict, target: str, rooms: list[int]) -> float:
    """People whom rooms and offices reach, from nothing but what the page holds."""
    radius, people = page["study"]["radius"], page["units"]["people"][target]
    ways = [page["rooms"]["ways"][room] for room in rooms]
    ways += [o["ways"] for o in page["offices"] if not o["targets"] or target in o["targets"]]
    return sum(people[u] or 0 for u in {u for way in ways for u, m in way if m <= radius})


def test_solver_tables_and_page_count_the_same_people(run):
    page, radius = page_data(run.content), run.study.siting.radius
    frontier = run.frontier.set_index(["target", "p"])
    for target in run.study.targets:
        steps = page["siting"][f"{target}|{radius:g}|1"]
        for p, (rooms, reached, bound, proven) in enumerate(steps):
            found = reached_on_the_page(page, target, rooms)
            assert found == reached == frontier.loc[(target, p), "reached"] == bound
            assert proven
            rows = run.presence.query("target == @target and p == @p").sort_values("order")
            assert [page["rooms"]["id"][k] for k in rooms] == rows["site_id"].tolist()
            base = frontier.loc[(target, 0), "reached"]
            assert base + rows["reached"].sum() == found
    total = sum(v or 0 for v in page["units"]["people"]["everybody"])
    last = run.proposal()["cumulative_share"].iloc[-1]
    assert last == pytest.approx(steps_of(page, radius)[3][1] / total)


def steps_of(page: dict, radius: float) -> list:
    return page["siting"][f"everybody|{radius:g}|1"]


def test_who_has_no_way_is_reached_by_nobody(by_time):
    ways = by_time.content.ways
    assert np.isinf(ways.iloc[:20].to_numpy()).all()
    page = page_data(by_time.content)
    assert min(u for way in page["rooms"]["ways"] for u, _ in way) >= 20


def test_nobody_crosses_a_line_without_crossing(on_streets, demo_run):
    rooms, ways = on_streets.content.rooms, on_streets.content.ways
    middle = demo_run.content.rooms["x"].median() + 51
    west = on_streets.content.units["x"] < middle - 150
    east = rooms.index[(rooms["x"] > middle + 150) & rooms["eligible"]]
    assert west.any()
    assert len(east)
    assert np.isinf(ways.loc[west, east].to_numpy()).all()
    straight = np.hypot(on_streets.content.units["x"] - rooms.loc[east[0], "x"],
                        on_streets.content.units["y"] - rooms.loc[east[0], "y"])  # fmt: skip
    assert (ways[east[0]] >= straight - 0.06).all()


def texts(blocks: list) -> str:
    return " ".join(str(b.get("runs", b.get("items", ""))) for b in blocks)


def test_the_report_says_how_ways_were_measured(by_time, on_streets, demo_run):
    words = Words("de")
    every = [Facts(r.content) for r in (by_time, on_streets, demo_run)]
    said = [model(facts, words) for facts in every]
    pages = [page_data(facts.content)["study"]["ways"] for facts in every]
    assert pages == ["matrix", "network", "straight"]
    assert "mit 4,5 km/h in Meter umgerechnet" in said[0]
    assert "150 m vom Netz" in said[1]
    assert "Luftlinie mal f = 1,23" in said[2]
    assert ["Luftlinie" in text for text in said] == [False, False, True]
    assert "Tabelle" in texts(limits(Facts(by_time.content), words))
    assert "4 Wiederholungen" in texts(drawn(Facts(by_time.content), words))


def further(run, name: str) -> pd.DataFrame:
    return next(t.frame for t in run.content.further if t.name == name)


def test_rooms_for_several_groups_reach_no_group_better_than_rooms_for_it_alone(run):
    rows, page = further(run, "together"), page_data(run.content)
    position = {site: k for k, site in enumerate(page["rooms"]["id"])}
    titles = {target.title: key for key, target in run.study.targets.items()}
    suits = run.content.rooms["suits"]
    for title, mine in rows.groupby("target"):
        target = titles[title]
        fit = [position[site] for site in mine["site"] if target in suits[site]]
        total = sum(v or 0 for v in page["units"]["people"][target])
        found = reached_on_the_page(page, target, fit) / total
        assert mine["cumulative_share"].iloc[-1] == pytest.approx(found)
        assert (mine["alone_share"] >= found - 1e-12).all()
        assert (mine["status"] == "bewiesen bestmöglich").all()
    assert len(rows) == 3 * len(set(titles) & set(rows["target"]))


def test_only_weights_of_groups_are_drawn_and_the_report_names_them(by_time, on_streets):
    assert further(by_time, "together")["stability"].between(0, 1).all()
    assert further(on_streets, "together")["stability"].isna().all()
    young = further(on_streets, "together").query("target == 'Junge Menschen'")
    assert (young["cumulative_share"].iloc[-1] >= 0.9 * young["alone_share"].iloc[-1]).all()
    words = Words("de")
    assert "„Junge Menschen“ 3" in texts(proposal(Facts(by_time.content), words))
    assert "bei höchstens 10" in texts(proposal(Facts(on_streets.content), words))
