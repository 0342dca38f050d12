"""The map of whole runs: its figures are those of the tables that are handed over with it."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

import sozialraum as sr
from sozialraum.publish.map import render_map

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STUDIES = ["demo", pytest.param("charlottenburg-wilmersdorf", marks=pytest.mark.real_data)]


@pytest.fixture(scope="module", params=STUDIES)
def run(request, real_data):
    data = None if request.param == "demo" else real_data / "berlin"
    return sr.run(request.param, data=data)


@pytest.fixture(scope="module")
def page(browser, run, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "map.html"
    path.write_text(render_map(run.content), "utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    said: list[str] = []
    page.on("request", lambda r: r.url.startswith("file:") or said.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(f"file://{path}")
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()
    assert said == []


def _go(page, fragment):
    page.evaluate(
        """fragment => new Promise(done => {
            if (location.hash === `#${fragment}`) { done(); return; }
            addEventListener("hashchange", () => setTimeout(done), { once: true });
            location.hash = fragment;
        })""",
        fragment,
    )


def _german(value) -> str:
    return f"{value:,.0f}".replace(",", ".")


def test_a_districts_map_stays_below_one_and_a_half_megabytes(run):
    assert len(render_map(run.content).encode()) <= 1_500_000


def test_the_table_of_the_page_is_the_published_ranking(run, page):
    _go(page, "ansicht=tabelle")
    with page.expect_download() as download:
        page.get_by_role("button", name="Als CSV speichern").click()
    text = download.value.path().read_text("utf-8-sig")
    shown = pd.DataFrame(csv.DictReader(io.StringIO(text), delimiter=";")).set_index("Nummer")
    areas = run.content.areas
    assert sorted(shown.index) == sorted(areas.index)
    shown = shown.loc[areas.index]
    columns = {
        "Rang": "rank",
        "Anteil": "share",
        "Menschen": "recipients",
        "Einwohner": "population",
        "Rang nach Anteil": "rank_by_share",
        "Rang nach Zahl": "rank_by_count",
    }
    for title, column in columns.items():
        figures = pd.to_numeric(shown[title].str.replace(",", "."), errors="coerce")
        np.testing.assert_allclose(figures, areas[column].astype(float), atol=1e-6)
    words = areas["status_class"].fillna("keine Angabe")
    assert shown["Status"].tolist() == words.tolist()


def test_proposal_and_curve_are_the_published_ones(run, page):
    content = run.content
    p = content.study.siting.rooms
    presence = content.presence
    headline = presence[(presence["target"] == "everybody") & (presence["p"] == p)]
    _go(page, "ansicht=raeume")
    rooms = page.locator("#rooms ol.rooms li")
    assert rooms.count() == len(headline)
    for i, row in enumerate(headline.sort_values("order").itertuples()):
        text = rooms.nth(i).inner_text()
        assert row.name in text
        assert f"+{_german(row.reached)} Menschen" in text
    page.locator("#rooms details summary").click()
    frontier = content.frontier[content.frontier["target"] == "everybody"].sort_values("p")
    cells = page.eval_on_selector_all(
        "#rooms details tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
    )
    assert [(c[0], c[1]) for c in cells] == [
        (str(row.p), _german(row.reached)) for row in frontier.itertuples()
    ]


def test_the_same_rooms_picked_by_hand_reach_the_same_people(run, page):
    content = run.content
    for (target, radius, offices), steps in content.siting.items():
        step = steps[-1]
        picked = "".join(f"&raeume={site}" for site in sorted(step.sites))
        group = {"everybody": "alle", "young": "jugend", "families": "familien"}.get(target, target)
        _go(page, f"gruppe={group}&weg={radius:g}&stellen={int(offices)}&ansicht=raeume{picked}")
        shown = page.locator("#rooms .big").inner_text()
        assert shown.startswith(f"{_german(step.reached)} von "), (target, radius, offices)


def test_every_area_has_a_card_with_its_name_and_its_rank(run, page):
    for key, area in run.content.areas.iterrows():
        _go(page, f"gebiet={key}")
        card = page.locator("#card").inner_text()
        assert area["name"] in card
        if pd.notna(area["rank"]):
            assert f"{area['rank']:.0f}" in card
        else:
            assert "keine Angabe" in card
