"""The map in a real browser: no request, accessible, by keyboard, and with the solver's figures."""

from __future__ import annotations

import csv
import dataclasses
import io
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from sozialraum.publish.columns import Column
from sozialraum.publish.further import FurtherTable
from sozialraum.publish.map import write_map
from sozialraum.study.model import Basemap
from tests.support import synthetic

pytestmark = pytest.mark.browser

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
TABS = {
    "ueberblick": "overview",
    "raeume": "rooms",
    "auswahl": "card",
    "tabelle": "table",
    "methode": "method",
}
HOSTILE = "</script><img src=x onerror=alert(1)>${alert(2)}"


@pytest.fixture(scope="module")
def content():
    base = synthetic.content()
    info = dataclasses.replace(base.info, warnings=("Die Stadtsumme fehlt in der Quelle.",))
    return dataclasses.replace(base, info=info)


@pytest.fixture(scope="module")
def file(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(content, path)
    return path


@pytest.fixture
def open_page(browser):
    """Open a file in a fresh, offline context; at the end nothing may have been asked or said."""
    opened = []

    def opener(path, fragment="", **context):
        context = browser.new_context(
            offline=True, **{"viewport": {"width": 1280, "height": 800}, **context}
        )
        page = context.new_page()
        said: list[str] = []
        page.on("request", lambda r: r.url.startswith("file:") or said.append(f"request {r.url}"))
        page.on("console", lambda m: m.type in ("error", "warning") and said.append(m.text))
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on("dialog", lambda d: said.append(f"dialog {d.message}"))
        page.goto(f"file://{path}{'#' + fragment if fragment else ''}")
        page.wait_for_selector("html[data-ready]")
        opened.append((context, said))
        return page

    yield opener
    for context, said in opened:
        context.close()
        assert said == []


def _axe(page):
    source = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    page.evaluate(source)
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", WCAG
    )
    return [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found["violations"]]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_no_violation_in_any_view(open_page, file, content, language, tab):
    area = content.areas.index[0]
    page = open_page(file, f"ansicht={tab}&sprache={language}&gebiet={area}")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(f"#panel-{TABS[tab]}").is_visible()
    assert _axe(page) == []


@pytest.mark.parametrize("layer", ["anteil", "menschen", "entwicklung", "konzentration", "vorrang"])
def test_axe_finds_no_violation_in_any_layer(open_page, file, content, layer):
    page = open_page(file, f"ebene={layer}&raum={content.rooms.index[0]}")
    assert _axe(page) == []


def test_axe_finds_no_violation_on_a_phone(open_page, file):
    page = open_page(file, "ansicht=raeume", viewport={"width": 320, "height": 640})
    assert _axe(page) == []


def test_every_area_and_room_has_a_name_and_its_value(open_page, file, content):
    page = open_page(file, "ebene=anteil")
    names = page.eval_on_selector_all(
        "path.area",
        "all => all.map(p => [p.tabIndex, p.getAttribute('role'), p.getAttribute('aria-label')])",
    )
    assert len(names) == len(content.areas)
    for index, role, name in names:
        assert index == 0
        assert role == "button"
        assert "%" in name or "keine Angabe" in name
    rooms = page.eval_on_selector_all(
        ".room-sign", "all => all.map(p => [p.tabIndex, p.getAttribute('aria-label')])"
    )
    assert len(rooms) == int(content.rooms["eligible"].sum())
    assert all(index == 0 and name.startswith("Raum ") for index, name in rooms)


def test_the_whole_work_is_possible_by_keyboard(open_page, file, content):
    page = open_page(file)
    all_areas = set(content.areas.index)
    key = page.keyboard.press

    def active(script):
        return page.evaluate(f"() => {{ const a = document.activeElement; return {script}; }}")

    def tab_until(script, limit=120):
        for _ in range(limit):
            key("Tab")
            if active(script):
                return
        raise AssertionError(f"not reached by keyboard: {script}")

    tab_until("a.classList.contains('area')")
    first = active("a.dataset.area")
    key("ArrowRight")
    key("ArrowLeft")
    assert active("a.classList.contains('area')")
    assert page.locator("path.focused").count() == 1
    name = active("a.getAttribute('aria-label').split(':')[0]")
    key("Enter")
    assert active("a.id") == "card-title"
    assert page.locator("#card-title").inner_text() == name
    assert "gebiet=" in page.url
    assert first in all_areas

    page.locator("#tab-card").focus()
    key("ArrowLeft")
    assert active("a.id") == "tab-rooms"
    tab_until("a.id === 'plan-p'")
    before = page.locator(".result .big").inner_text()
    key("ArrowLeft")
    assert active("a.id") == "plan-p"
    assert page.locator(".result .big").inner_text() != before
    assert "p=5" in page.url
    assert page.locator("#said").inner_text().startswith(page.locator(".result .big").inner_text())

    page.locator("#tab-rooms").focus()
    key("ArrowRight")
    key("ArrowRight")
    assert active("a.id") == "tab-table"
    tab_until("a.dataset.key === 'sort-population'")
    key("Enter")
    assert active("a.dataset.key") == "sort-population"
    column = page.evaluate("() => document.activeElement.closest('th').cellIndex")
    values = page.eval_on_selector_all(
        "#table-rows tr", "(rows, i) => rows.map(r => r.children[i].textContent)", column
    )
    numbers = [int(v.replace(".", "")) for v in values]
    assert numbers == sorted(numbers)


def test_focus_is_visible_on_controls(open_page, file):
    page = open_page(file)
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["y"] >= 0
    for selector in ("#tab-overview", "button[data-lang=de]", "#map"):
        page.locator(selector).focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        style = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid", selector


@pytest.mark.parametrize("size", [(320, 640), (640, 400)])
def test_nothing_is_lost_at_320_pixels_and_at_200_percent(open_page, file, size):
    # 1280 x 800 at 200 % zoom is a viewport of 640 x 400 CSS pixels
    page = open_page(file, "ansicht=raeume", viewport={"width": size[0], "height": size[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for selector in ("#map", "#plan-p", "#print", "#tab-method", "#legend"):
        box = page.locator(selector).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0] + 1
        assert box["height"] > 10


def test_with_reduced_motion_nothing_moves_by_itself(open_page, file):
    page = open_page(file, reduced_motion="reduce")
    assert page.locator(".leaflet-zoom-anim").count() == 0


def test_the_page_reaches_exactly_the_people_of_every_proposal(open_page, file, content):
    page = open_page(file, "ansicht=raeume")
    for (target, radius, offices), steps in content.siting.items():
        page.evaluate(
            "h => { location.hash = h; }",
            f"gruppe={target}&weg={radius:g}&stellen={int(offices)}&ansicht=raeume&p=0",
        )
        page.wait_for_function(
            "t => document.getElementById('plan-target').value === t", arg=target
        )
        page.wait_for_function(
            "t => document.getElementById('plan-radius').value === t", arg=f"{radius:g}"
        )
        page.wait_for_function(
            "t => document.getElementById('plan-offices').checked === t", arg=offices
        )
        for step in (steps[0], steps[3], steps[-1]):
            page.locator("#plan-p").fill(str(step.p))
            shown = page.locator(".result .big").inner_text()
            total = int(content.units[f"people_{target}"].sum())
            assert shown.startswith(
                f"{step.reached:,.0f} von {total:,} Menschen".replace(",", ".")
            ), (target, radius, offices, step.p)


def test_rooms_picked_by_hand_reach_what_the_units_say(open_page, file, content):
    picked = ["s002", "s005", "s011"]
    page = open_page(file, "stellen=0&ansicht=raeume" + "".join(f"&raeume={s}" for s in picked))
    rooms = content.rooms.loc[picked]
    x, y = content.units["x"].to_numpy()[:, None], content.units["y"].to_numpy()[:, None]
    near = np.hypot(x - rooms["x"].to_numpy(), y - rooms["y"].to_numpy()) * 1.23 <= 1000
    reached = int(content.units["people_everybody"].to_numpy()[near.any(axis=1)].sum())
    assert (
        page.locator(".result .big").inner_text().startswith(f"{reached:,} von".replace(",", "."))
    )
    page.get_by_role("button", name="Nachbarschaftshaus 3 entfernen").click()
    assert "raeume=s002" not in page.url
    assert "raeume=s005" in page.url


def test_the_address_brings_the_same_view_back(open_page, file, content):
    area = content.areas.index[4]
    page = open_page(file, f"gruppe=familien&p=4&gebiet={area}")
    assert page.locator("#card-title").inner_text() == content.areas.loc[area, "name"]
    page.locator("#tab-rooms").click()
    assert page.locator("#plan-target").input_value() == "families"
    assert page.locator("#plan-p").input_value() == "4"
    for part in ("gruppe=familien", "p=4", f"gebiet={area}", "ansicht=raeume"):
        assert part in page.url


def test_a_wrong_address_gives_the_starting_view(open_page, file):
    page = open_page(
        file, "gruppe=x&p=abc&gebiet=99999999&ebene=%3Cb%3E&sprache=xx&weg=1&raeume=none"
    )
    assert page.locator("#tab-overview").get_attribute("aria-selected") == "true"


def test_map_and_table_are_linked_both_ways(open_page, file, content):
    area = content.areas.index[6]
    page = open_page(file, f"gebiet={area}&ansicht=tabelle")
    assert page.locator("#table-rows tr.current").get_attribute("data-row") == area
    other = content.areas.index[2]
    page.locator(f"tr[data-row='{other}'] button").click()
    assert page.locator(f"path[data-area='{other}']").get_attribute("aria-pressed") == "true"
    assert page.locator("path.selected").count() == 1


def test_search_forgives_umlauts_and_sharp_s(open_page, tmp_path):
    base = synthetic.content()
    ids = base.areas.index
    write_map(synthetic.content(names={ids[1]: "Schloß Königsweg"}), tmp_path / "m.html")
    page = open_page(tmp_path / "m.html", "ansicht=tabelle")
    for query in ("Schloss", "schloß", "SCHLOSS", "koenigs", "Königs", "konigs"):
        page.locator("#table-search").fill("")
        page.locator("#table-search").fill(query)
        assert page.locator("#table-rows tr").count() == 1, query


def test_the_download_holds_what_is_shown_and_no_formula(open_page, tmp_path):
    base = synthetic.content()
    ids = base.areas.index
    names = {ids[0]: '=HYPERLINK("x")', ids[1]: "+1", ids[2]: "-2", ids[4]: "@x"}
    write_map(synthetic.content(names=names), tmp_path / "m.html")
    page = open_page(tmp_path / "m.html", "ansicht=tabelle")
    with page.expect_download() as download:
        page.get_by_role("button", name="Als CSV speichern").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(rows) == len(ids)
    assert not any(row["Name"][:1] in "=+-@" for row in rows)
    by_id = {row["Nummer"]: row for row in rows}
    for key, row in base.areas.iterrows():
        shown = by_id[key]["Menschen"]
        assert (shown == "") if np.isnan(row["recipients"]) else (float(shown) == row["recipients"])
    page.locator("#table-search").fill("Testkiez 1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Als CSV speichern").click()
    assert 1 < len(download.value.path().read_text("utf-8").splitlines()) < len(ids)


def test_hostile_names_are_shown_as_text(open_page, tmp_path):
    base = synthetic.content()
    hostile = synthetic.content(names={base.areas.index[0]: HOSTILE})
    rooms = hostile.rooms.copy()
    rooms["name"] = HOSTILE
    rooms["operator"] = "javascript:alert(3)"
    study = hostile.study.model_copy(
        update={
            "publisher": hostile.study.publisher.model_copy(
                update={"feedback": "javascript:alert(4)"}
            )
        }
    )
    source = dataclasses.replace(hostile.info.sources[0], url="javascript:alert(5)", title=HOSTILE)
    info = dataclasses.replace(hostile.info, title=HOSTILE, sources=(source,), warnings=(HOSTILE,))
    write_map(
        dataclasses.replace(hostile, rooms=rooms, study=study, info=info), tmp_path / "m.html"
    )
    area = base.areas.index[0]
    page = open_page(tmp_path / "m.html", f"gebiet={area}")
    assert page.locator("#card-title").inner_text() == HOSTILE
    page.locator(f"path[data-area='{area}']").focus()
    assert HOSTILE in page.locator(".leaflet-tooltip").inner_text()
    for tab in TABS.values():
        page.locator(f"#tab-{tab}").click()
        assert page.locator("img").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    page.evaluate("h => { location.hash = h; }", f"raum={rooms.index[0]}")
    page.wait_for_selector(".room-sign.current")
    assert page.locator("#card-title").inner_text() == HOSTILE
    assert page.locator("img").count() == 0


def test_the_page_copes_with_missing_parts(open_page, tmp_path):
    base = synthetic.content()
    bare = dataclasses.replace(
        base,
        areas=base.areas.drop(columns=["dynamics_class", "cluster", "rank_lo", "rank_hi"]),
        stops=base.stops.iloc[:0],
        offices=base.offices.iloc[:0],
        clusters=base.clusters.iloc[:0],
        rooms=base.rooms.iloc[:0],
        presence=base.presence.iloc[:0],
        siting={},
        quality=[],
        figures={},
    )
    write_map(bare, tmp_path / "m.html")
    page = open_page(tmp_path / "m.html", f"gebiet={base.areas.index[0]}")
    for tab in TABS.values():
        page.locator(f"#tab-{tab}").click()
        assert page.locator(f"#panel-{tab}").is_visible()
    assert page.locator("#layers input[value=dynamics]").count() == 0


def test_printing_shows_map_legend_and_sources(open_page, file):
    page = open_page(file)
    page.emulate_media(media="print")
    for selector in ("#map", "#legend-body", ".imprint", "#panel-overview", "h1"):
        assert page.locator(selector).is_visible(), selector
    for selector in (".toolbar", "#tabs", ".tools", "footer"):
        assert not page.locator(selector).is_visible(), selector


def test_numbers_are_written_in_the_language_of_the_page(open_page, file, content):
    people = int(content.figures["population"])
    page = open_page(file)
    assert f"{people:,}".replace(",", ".") in page.locator("#overview").inner_text()
    page.locator("button[data-lang=en]").click()
    assert f"{people:,}" in page.locator("#overview").inner_text()
    assert "sprache=en" in page.url


def test_a_background_map_is_asked_for_only_after_consent_and_only_there(browser, tmp_path):
    base = synthetic.content()
    basemap = Basemap(url="https://karten.example/wms", layer="grau", attribution="© Beispiel")
    layers = base.study.layers.model_copy(update={"basemap": basemap})
    study = base.study.model_copy(update={"layers": layers})
    write_map(dataclasses.replace(base, study=study), tmp_path / "m.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: r.url.startswith("file:") or asked.append(r.url))
    page.goto(f"file://{tmp_path / 'm.html'}")
    page.wait_for_selector("html[data-ready]")
    page.locator("#tab-rooms").click()
    assert asked == []
    with page.expect_request("https://karten.example/**", timeout=10_000):
        page.get_by_role("button", name="Zustimmen und laden").click()
    assert page.locator("#map.with-background").count() == 1
    assert all(url.startswith("https://karten.example/wms?SERVICE=WMS") for url in asked)
    assert "CRS=EPSG%3A25833" in asked[0]
    west, south, east, north = (
        int(v) for v in asked[0].split("BBOX=")[1].split("&")[0].split("%2C")
    )
    left, bottom, right, top = base.outline.total_bounds
    assert west < left < right < east
    assert south < bottom < top < north
    assert "img-src https://karten.example" in page.content()
    assert _axe(page) == []
    page.get_by_role("button", name="Hintergrundkarte ausblenden").click()
    assert page.locator("#map img").count() == 0
    context.close()


def test_the_lorenz_curve_is_drawn_and_said_in_words(open_page, file, content):
    page = open_page(file)
    points = page.locator(".lorenz polyline").get_attribute("points").split()
    assert len(points) == len(content.lorenz)
    curve = content.lorenz
    below = np.interp(0.75, curve["population_share"], curve["recipients_share"])
    said = page.locator(".lorenz svg").get_attribute("aria-label")
    assert f"leben {100 * (1 - below):.0f}\N{NO-BREAK SPACE}% der" in said


@pytest.mark.parametrize(("derived", "base"), [(True, "all residents"), (False, "below 65 years")])
def test_both_languages_name_the_base_of_a_share(open_page, tmp_path, derived, base):
    content = synthetic.content()
    figures = {**content.figures, "counts_derived": derived}
    write_map(dataclasses.replace(content, figures=figures), tmp_path / "map.html")
    page = open_page(tmp_path / "map.html", "sprache=en")
    assert base in page.locator("#overview .figures").inner_text()


def test_the_checkbox_of_the_core_is_hidden_where_the_layer_is_the_core(open_page, file):
    assert open_page(file, "ebene=anteil").locator("#core").is_visible()
    assert not open_page(file, "ebene=vorrang").locator("#core").is_visible()


def test_on_a_phone_a_chosen_area_brings_its_card_into_view(open_page, file, content):
    phone = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}
    page = open_page(file, f"gebiet={content.areas.index[0]}", **phone)
    assert page.locator("#card-title").bounding_box()["y"] < 844
    page.evaluate("scrollTo(0, 0)")
    page.locator(f"path.area[data-area='{content.areas.index[1]}']").dispatch_event("click")
    assert page.locator("#card-title").bounding_box()["y"] < 844
    assert not page.locator("#legend-body").is_visible()


def test_the_page_says_what_the_numbers_of_a_group_count(open_page, file, content):
    groups = {key: target.weight_by for key, target in content.study.targets.items()}
    young = next(key for key, by in groups.items() if by.startswith("residents"))
    page = open_page(file, f"gruppe={young}&ansicht=raeume")
    assert "auch ohne Leistungen" in page.locator("#rooms .result").inner_text()


def _ruled(content, unmet):
    """The synthetic content as of a study with rules: some numbers of rooms have no proposal."""
    model = FurtherTable("model", "Modell", "Modell", pd.DataFrame({"p": [1]}), (Column("p", "p"),))
    key = ("everybody", content.study.siting.radius, True)
    steps = [
        dataclasses.replace(s, sites=(), reached=content.siting[key][0].reached, proven=False)
        if s.p in unmet
        else s
        for s in content.siting[key]
    ]
    return dataclasses.replace(
        content,
        further=(*content.further, model),
        figures={**content.figures, "rules_unmet": {"everybody": unmet}},
        siting={**content.siting, key: steps},
    )


def test_a_number_of_rooms_that_the_rules_forbid_says_why_and_is_no_point_of_the_curve(
    open_page, content, tmp_path
):
    steps = content.siting["everybody", content.study.siting.radius, True]
    write_map(_ruled(content, {1: "es fehlen 7 Räume", len(steps): "zu eng"}), tmp_path / "m.html")
    page = open_page(tmp_path / "m.html", "ansicht=raeume&p=1")
    assert "es fehlen 7 Räume" in page.locator("#rooms .result .notice").inner_text()
    assert page.locator("#rooms .curve circle").count() == len(steps) - 1
    assert "zu eng" in page.locator("#rooms .controls").inner_text()
    page.locator("#tab-overview").click()
    assert "es fehlen 7 Räume" in page.locator("#overview").inner_text()
    page.locator("#tab-rooms").click()
    page.locator("#plan-offices").uncheck()
    assert page.locator("#rooms .result .notice").count() == 0
    assert "Reine Abdeckung" in page.locator("#rooms .result").inner_text()


def test_rooms_for_several_groups_are_taken_as_they_were_chosen(open_page, content, tmp_path):
    sites = list(content.siting["everybody", content.study.siting.radius, True][3].sites)
    titles = [content.study.targets[t].title for t in ("everybody", "young")]
    rows = [(t, k, s, 0.1 * k, 0.5) for t in titles for k, s in enumerate(sites, 1)]
    names = ("target", "order", "site", "cumulative_share", "alone_share")
    frame = pd.DataFrame(rows, columns=list(names))
    table = FurtherTable("together", "Gemeinsam", "", frame, tuple(Column(n, n) for n in names))
    write_map(dataclasses.replace(content, further=(table,)), tmp_path / "m.html")
    page = open_page(tmp_path / "m.html", "ansicht=raeume&stellen=0")
    page.get_by_role("button", name="Diese Räume übernehmen").click()
    assert [s for s in sites if f"raeume={s}" in page.url] == sites
    assert page.locator("#plan-offices").is_checked()
    assert "30,0\N{NO-BREAK SPACE}%" in page.locator("#rooms").inner_text()


def test_a_room_counts_only_for_the_groups_that_it_suits(open_page, content, tmp_path):
    rooms = content.rooms.copy()
    rooms["suits"] = [("young",)] * len(rooms)
    write_map(dataclasses.replace(content, rooms=rooms, siting={}), tmp_path / "m.html")
    picked = rooms.index[rooms["eligible"]][0]
    page = open_page(tmp_path / "m.html", f"stellen=0&ansicht=raeume&raeume={picked}")
    assert page.locator(".result .big").inner_text().startswith("0 von ")
    page.locator("#plan-target").select_option("young")
    assert not page.locator(".result .big").inner_text().startswith("0 von ")


def test_the_overview_says_for_how_many_of_all_rooms_are_sought(open_page, content, tmp_path):
    figures = {**content.figures, "recipients": 900.0, "old_age": 100.0, "demand": 800.0}
    write_map(dataclasses.replace(content, figures=figures), tmp_path / "m.html")
    page = open_page(tmp_path / "m.html")
    text = page.locator("#overview .figures").inner_text()
    assert "davon 800 ohne Grundsicherung im Alter (geschätzt)" in text


def test_a_whole_city_is_drawn_whole_and_with_small_signs(open_page, content, tmp_path):
    def far(geometry):
        return geometry.scale(8, 8, origin=(380_000, 5_815_000))

    areas, regions, outline = (
        frame.set_geometry(far(frame.geometry))
        for frame in (content.areas, content.regions, content.outline)
    )
    city = dataclasses.replace(content, areas=areas, regions=regions, outline=outline)
    write_map(city, tmp_path / "m.html")
    page = open_page(tmp_path / "m.html", viewport={"width": 390, "height": 844})
    assert page.locator("#map.far").count() == 1
    assert page.locator("#map path.stop >> visible=true").count() == 0
    whole = page.locator("path.outline").bounding_box()
    frame = page.locator("#map").bounding_box()
    assert frame["x"] <= whole["x"]
    assert whole["x"] + whole["width"] <= frame["x"] + frame["width"]
    assert frame["y"] <= whole["y"]
    assert whole["y"] + whole["height"] <= frame["y"] + frame["height"]
