"""Charts and maps for print: what they show, and that they are the same every time."""

from __future__ import annotations

import itertools
import re

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sozialraum.publish import cartography, charts, drawing, siting_map
from sozialraum.publish.content import Content
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.drawing import drawn
from sozialraum.publish.report.facts import Facts
from sozialraum.publish.report.figures import FIGURES, drawing_of
from tests.support.patterns import with_patterns
from tests.support.synthetic import content as synthetic


@pytest.fixture(scope="module")
def content() -> Content:
    return with_patterns(synthetic(24))


def axes() -> Axes:
    figure = Figure((6, 4))
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 0.7, 1))


def texts(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    shown = [t.get_text() for t in ax.texts]
    return shown + ([t.get_text() for t in legend.get_texts()] if legend else [])


def lightness(colour: str) -> float:
    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


def test_the_classes_of_a_sequence_can_be_told_apart_in_grey() -> None:
    grey = [lightness(colour) for colour in charts.SEQUENCE]
    assert all(a - b > 0.1 for a, b in itertools.pairwise(grey))


@pytest.mark.parametrize("styles", [cartography.STATUS, cartography.DYNAMICS, cartography.CLUSTERS])
def test_any_two_classes_differ_in_grey_or_by_pattern(
    styles: dict[str, cartography.Style],
) -> None:
    looks = [(lightness(s.colour), s.hatch) for s in styles.values()]
    for i, (grey, hatch) in enumerate(looks):
        for other, pattern in looks[:i]:
            assert abs(grey - other) > 0.1 or hatch != pattern


def test_an_area_without_value_is_never_coloured_like_a_low_one(content: Content) -> None:
    ax = axes()
    areas = content.areas.assign(share=np.nan)
    cartography.share_map(ax, areas, content.regions, mean=0.1)
    faces = {to_rgb(patch.get_facecolor()[:3]) for patch in ax.patches if patch.get_fill()}
    assert not faces & {to_rgb(colour) for colour in charts.SEQUENCE}
    assert "nicht bewertet" in " ".join(texts(ax))


def test_classes_of_the_share_are_named_with_their_limits(content: Content) -> None:
    ax = axes()
    cartography.share_map(ax, content.areas, content.regions, mean=0.1)
    legend = " ".join(texts(ax)).replace("\n", " ")
    assert "weit über dem Mittel ab 17,5\u00a0%" in legend
    assert "5,0\u00a0% bis unter 8,0\u00a0%" in legend


def test_a_share_on_the_limit_belongs_to_the_upper_class(content: Content) -> None:
    areas = content.areas.iloc[:2].assign(share=[0.05, 0.0499999])
    ax = axes()
    cartography.share_map(ax, areas, content.regions, mean=0.1)
    faces = [to_rgb(p.get_facecolor()[:3]) for p in ax.patches if p.get_zorder() == 1]
    assert faces == [to_rgb(charts.SEQUENCE[0]), to_rgb(charts.SEQUENCE[1])]


def test_an_unknown_number_of_recipients_gets_no_circle(content: Content) -> None:
    ax = axes()
    cartography.count_map(ax, content.areas, content.regions)
    circles = [len(c.get_offsets()) for c in ax.collections]
    assert max(circles) == content.areas["recipients"].notna().sum()


def test_names_of_regions_stand_on_the_map_unless_there_are_too_many(content: Content) -> None:
    few, many = axes(), axes()
    cartography.count_map(few, content.areas, content.regions)
    regions = gpd.GeoDataFrame(pd.concat([content.regions] * 10), crs=content.regions.crs)
    cartography.count_map(many, content.areas, regions)
    assert any("Bezirksregion" in text for text in texts(few))
    assert not any("Bezirksregion" in text for text in texts(many))


def test_a_label_covers_no_mark_where_there_is_room_beside_it() -> None:
    region, half = shapely.box(0, 0, 100, 100), np.array([10.0, 5])
    marks = np.array([[50.0, 50, 4, 4], [90, 90, 4, 4]])
    free = drawing.free_part(region, marks, half, 1.0)
    for x, y in marks[:, :2]:
        label = shapely.box(x - 14, y - 9, x + 14, y + 9)
        assert free.intersection(label).area == 0
    assert free.area > 8000
    everywhere = np.array([[50.0, 50, 90, 90]])
    assert drawing.free_part(region, everywhere, half, 1.0) is region


def test_the_circle_of_a_room_or_an_office_is_its_reach_in_a_straight_line(
    content: Content,
) -> None:
    ax = axes()
    siting_map.rooms_map(
        ax, content.areas, content.regions, rooms=content.rooms, chosen=["s000", "s001"],
        offices=content.offices, radius=1000, detour=1.25,
    )  # fmt: skip
    circles = [p for p in ax.patches if hasattr(p, "radius")]
    assert {c.radius for c in circles} == {800}
    rooms = content.rooms.loc[["s000", "s001"], ["x", "y"]]
    places = pd.concat([rooms, content.offices[["x", "y"]]])
    assert [c.center for c in circles] == [tuple(xy) for xy in places.to_numpy()]
    assert {"1", "2"} <= set(texts(ax))


def test_where_ways_follow_streets_no_circle_is_drawn_for_them(content: Content) -> None:
    ax = axes()
    siting_map.rooms_map(
        ax, content.areas, content.regions, rooms=content.rooms, chosen=["s000", "s001"],
        offices=content.offices, radius=1000, detour=None,
    )  # fmt: skip
    assert not [p for p in ax.patches if hasattr(p, "radius")]
    assert {"1", "2"} <= set(texts(ax))
    assert not [t for t in ax.get_legend().get_texts() if "Fußweg" in t.get_text()]


def test_a_map_without_rooms_and_offices_is_still_a_map(content: Content) -> None:
    ax = axes()
    siting_map.rooms_map(
        ax, content.areas, content.regions, rooms=content.rooms[:0], chosen=[],
        offices=content.offices[:0], radius=1000, detour=1.25,
    )  # fmt: skip
    ax.figure.draw_without_rendering()


def test_thinned_borders_stay_shared_and_holes_stay_holes() -> None:
    ring = shapely.box(0, 0, 1000, 1000)
    inner = shapely.box(300, 300, 700, 700)
    frame = gpd.GeoDataFrame(geometry=[ring.difference(inner), inner], crs="EPSG:25833")
    thin = cartography.simplified(frame, 50)
    assert shapely.coverage_is_valid(thin.geometry.to_numpy())
    path = drawing.path_of(thin.geometry[:1])
    assert path.contains_point((100, 100))
    assert thin.geometry.iloc[0].area == pytest.approx(1e6 - 160_000)


def test_ranks_are_drawn_with_their_sets_the_greatest_need_on_top(content: Content) -> None:
    ax = axes()
    charts.rank_forest(ax, content.areas, top=10)
    ranked = content.areas.dropna(subset="rank").sort_values("rank")
    assert [t.get_text() for t in ax.texts] == ranked["name"].tolist()
    assert ax.yaxis_inverted()
    (segments,) = [c.get_segments() for c in ax.collections if len(c.get_segments()) == len(ranked)]
    ends = np.array([[s[0, 0], s[1, 0]] for s in segments])
    np.testing.assert_array_equal(ends, ranked[["rank_lo", "rank_hi"]])


def test_the_bound_is_drawn_only_where_it_lies_above_the_proposal(content: Content) -> None:
    rows = content.frontier[content.frontier["target"] == "everybody"]
    for factor, shown in ((1.0, False), (1.1, True)):
        ax, frame = axes(), rows.assign(bound=rows["reached"] * factor)
        charts.reach_curve(ax, {"Alle": frame}, headline=6)
        assert ("bewiesene Obergrenze" in texts(ax)) is shown


def test_the_lorenz_curve_runs_from_nobody_to_everybody(content: Content) -> None:
    ax = axes()
    charts.lorenz(ax, content.lorenz)
    curve = ax.lines[1].get_xydata()
    assert tuple(curve[0]) == (0, 0)
    assert tuple(curve[-1]) == pytest.approx((1, 1))


def test_names_are_drawn_as_they_are_and_never_as_mathematics(content: Content) -> None:
    areas = content.areas.assign(name=[r"$\frac{1}{$" + str(i) for i in range(24)])
    regions = content.regions.assign(name=r"a$^{2}$ <b>&</b>")
    for function in (
        lambda ax: charts.rank_forest(ax, areas, top=10),
        lambda ax: cartography.count_map(ax, areas, regions),
        lambda ax: charts.reach_curve(ax, {"$x^$": content.frontier}, headline=3),
    ):
        ax = axes()
        function(ax)
        ax.figure.draw_without_rendering()  # would raise on the unbalanced mathematics


@pytest.mark.parametrize("name", [*FIGURES])
def test_each_figure_is_the_same_every_time_and_has_no_date(content: Content, name: str) -> None:
    key = "rooms_everybody.svg" if name == "rooms" else f"{name}.svg"
    first = drawn(drawing_of(key, Facts(content), Words("de")))
    mine = {"axes.linewidth": 3, "xtick.major.size": 9, "legend.frameon": True}
    with mpl.rc_context(mine):  # somebody's own settings must not change the report
        again = drawn(drawing_of(key, Facts(content), Words("de")))
        assert mpl.rcParams["xtick.major.size"] == 9
    assert first == again
    assert b"dc:date" not in first
    assert len(first) < 200_000


@pytest.mark.parametrize("language", ["de", "en"])
def test_both_languages_have_all_words(language: str) -> None:
    assert set(charts.WORDS[language]) == set(charts.WORDS["de"])
    for key, text in charts.WORDS[language].items():
        assert re.findall(r"{\d}", text) == re.findall(r"{\d}", charts.WORDS["de"][key])


def test_drawing_leaves_pyplot_alone(content: Content) -> None:
    import sys

    told = drawing_of("lorenz.svg", Facts(content), Words("de"))
    before = "matplotlib.pyplot" in sys.modules
    assert drawn(told)[:5] == b"<?xml"
    assert ("matplotlib.pyplot" in sys.modules) is before
