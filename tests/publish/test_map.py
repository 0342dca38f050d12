"""The map as a file: one document, no request, the same bytes, whatever names it carries."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re

import numpy as np
import pytest
import shapely

from sozialraum.publish.map import render_map, write_map
from sozialraum.publish.map.data import page_data
from sozialraum.publish.map.page import SCRIPTS, _asset, json_block, texts_of
from sozialraum.publish.map.shapes import rings, simplify_coverage
from sozialraum.study.model import Basemap
from tests.support import synthetic


@pytest.fixture(scope="module")
def page() -> str:
    return render_map(synthetic.content())


def _block(page: str) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1]
    )


def test_the_policy_allows_exactly_the_pages_own_scripts_and_style(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ")
    assert "base-uri 'none'" in policy
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    sources = re.findall(r"<script>(.*?)</script>", page, re.S) + re.findall(
        r"<style>(.*?)</style>", page, re.S
    )
    hashes = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in sources}
    assert hashes == set(re.findall(r"sha256-([^']+)'", policy))


def test_the_page_names_no_file_that_a_browser_would_load(page):
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"<(link|img|iframe|object|embed|audio|video|source|base)\b", markup)
    assert "@import" not in markup
    assert "url(" not in re.search(r"<style>(.*?)</style>", page, re.S)[1]
    assert " style=" not in markup
    assert not re.search(r"\son\w+=", markup)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    write_map(synthetic.content(), tmp_path / "a.html")
    write_map(synthetic.content(), tmp_path / "b.html")
    first = (tmp_path / "a.html").read_bytes()
    assert first == (tmp_path / "b.html").read_bytes()
    assert b"\r" not in first


def test_leaflets_licence_stays_in_the_file(page):
    assert "Volodymyr Agafonkin" in page
    assert "THIS SOFTWARE IS PROVIDED" in page


def test_a_hostile_name_cannot_leave_its_data_block():
    hostile = "</script><img src=x onerror=alert(1)><!--"
    content = synthetic.content()
    content = synthetic.content(names={content.areas.index[0]: hostile})
    page = render_map(content)
    assert hostile not in page
    assert _block(page)["areas"]["name"][0] == hostile


def test_a_hostile_title_is_text_in_the_markup():
    content = synthetic.content()
    info = dataclasses.replace(
        content.info, title='"><script>alert(1)</script>', warnings=("<b>x</b>",)
    )
    page = render_map(dataclasses.replace(content, info=info))
    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page


def test_a_withheld_count_is_null_and_never_zero():
    content = synthetic.content()
    data = page_data(content)
    withheld = content.areas["recipients"].isna().to_numpy()
    assert withheld.any()
    assert [v is None for v in data["areas"]["recipients"]] == withheld.tolist()


def test_the_data_block_is_strict_json():
    assert "NaN" not in json_block(page_data(synthetic.content()))
    with pytest.raises(ValueError, match="JSON"):
        json_block({"x": float("nan")})


def test_shared_borders_stay_shared_after_simplification():
    rng = np.random.default_rng(0)
    wave = np.column_stack([100 + rng.normal(0, 4, 60), np.linspace(0, 1000, 60)])
    left = shapely.Polygon([(0, 0), *wave, (0, 1000)])
    right = shapely.Polygon([(500, 0), *wave, (500, 1000)])
    one, other = simplify_coverage([left, right])
    assert shapely.get_num_coordinates(one) < shapely.get_num_coordinates(left)
    assert shapely.coverage_is_valid([one, other])
    shared = shapely.intersection(one, other)
    assert shared.length == pytest.approx(shapely.intersection(one.boundary, other.boundary).length)
    assert shapely.union(one, other).area == pytest.approx(one.area + other.area)


def test_coordinates_come_back_within_half_a_metre():
    shape = shapely.Polygon([(10.4, 20.2), (110.3, 20.7), (60.1, 90.9)])
    (ring,) = rings(shape, (10, 20))[0]
    back = np.cumsum(np.asarray(ring).reshape(-1, 2), axis=0) + (10, 20)
    assert np.abs(back - shapely.get_coordinates(shape)[:-1]).max() <= 0.5


def test_optional_parts_may_be_missing():
    content = synthetic.content()
    areas = content.areas.drop(columns=["dynamics_class", "dynamics_index", "flags"])
    bare = dataclasses.replace(
        content,
        areas=areas,
        stops=content.stops.iloc[:0],
        clusters=content.clusters.iloc[:0],
        offices=content.offices.iloc[:0],
        siting={},
        presence=content.presence.assign(stability=np.nan),
        quality=[],
        figures={},
    )
    data = page_data(bare)
    assert data["presence"] == {}
    assert data["siting"] == {}
    assert "dynamics_class" not in data["areas"]
    assert render_map(bare)


def test_german_and_english_have_the_same_texts_and_all_that_the_script_asks_for():
    german, english = texts_of("de"), texts_of("en")
    assert german.keys() == english.keys()
    source = "\n".join(_asset(f"assets/{name}") for name in (*SCRIPTS, "template.html"))
    asked = set(re.findall(r'\bt\("([\w.]+)"', source)) | set(
        re.findall(r'data-t(?:-label)?="([\w.]+)"', source)
    )
    assert asked - german.keys() == set()


def test_the_same_places_stand_in_both_languages():
    def holes(text):
        return sorted(re.findall(r"\{(\w+)\}", text))

    german, english = texts_of("de"), texts_of("en")
    assert [k for k in german if holes(german[k]) != holes(english[k])] == []


def test_warnings_and_labels_of_the_run_stand_in_the_markup():
    content = synthetic.content()
    info = dataclasses.replace(content.info, warnings=("Eine Warnung.",), internal=True)
    page = render_map(dataclasses.replace(content, info=info))
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    for text in (
        "Eine Warnung.",
        "Fiktives Beispiel.",
        "Intern, nicht zur Weitergabe.",
        "0123456789ab",
    ):
        assert text in markup


def test_without_leaflet_the_error_says_what_to_do(monkeypatch):
    from importlib import metadata

    from sozialraum.errors import EnvironmentFault
    from sozialraum.publish.map.leaflet import leaflet

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(
        EnvironmentFault, match=r"Leaflet cannot be read.*Install the program again"
    ):
        leaflet.__wrapped__()


def test_images_are_allowed_only_from_a_background_map_that_the_study_names(page):
    assert "img-src" not in page
    content = synthetic.content()
    basemap = Basemap(url="https://karten.example/wms", layer="grau", attribution="© Beispiel")
    layers = content.study.layers.model_copy(update={"basemap": basemap})
    study = content.study.model_copy(update={"layers": layers})
    other = render_map(dataclasses.replace(content, study=study))
    assert "img-src https://karten.example" in other


def test_a_legal_form_alone_is_not_said_to_be_non_profit_in_either_language():
    content = synthetic.content()
    rooms = content.rooms.copy()
    rooms["operator_kind"], rooms["operator_reason"] = "association", "Rechtsform „e.V.“"
    kinds = page_data(dataclasses.replace(content, rooms=rooms))["rooms"]["operator_kind"]
    assert set(kinds) == {"gemeinnützig (aus der Rechtsform erschlossen)"}
    assert texts_of("en")[f"operator.{kinds[0]}"] == "non-profit (inferred from the legal form)"


def test_the_page_of_an_english_study_can_still_be_read_in_german():
    content = synthetic.content()
    english = content.study.model_copy(update={"language": "en"})
    info = dataclasses.replace(content.info, language="en")
    html = render_map(dataclasses.replace(content, study=english, info=info))
    assert _block(html)["texts"]["de"] == texts_of("de")
    assert '<html lang="en">' in html
