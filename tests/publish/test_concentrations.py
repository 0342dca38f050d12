"""What is told about concentrations gives no withheld count away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sozialraum.concentration import kernel_surface
from sozialraum.errors import DisclosureError
from sozialraum.publish import gate
from sozialraum.publish.concentrations import check_surface, with_tables
from sozialraum.publish.content import Content
from tests.publish.test_gate import consistent
from tests.support.patterns import surface_of, with_patterns
from tests.support.synthetic import content as synthetic


def table(content: Content, name: str) -> pd.DataFrame:
    return next(t.frame for t in content.further if t.name == name)


def with_small() -> tuple[Content, str]:
    """One area in which two people receive benefits, with figures of the stage about it."""
    base = synthetic()
    recipients = base.areas["recipients"].fillna(40).round()
    small = str(base.areas.index[base.areas["population"] > 2000][2])
    recipients[small] = 2.0
    content = consistent(base, recipients)
    content.areas.loc[small, "cluster_sentence"] = "Anteil 0,0 % gegenüber 12,0 % insgesamt."
    return with_patterns(content), small


def test_the_change_of_a_withheld_count_is_withheld() -> None:
    content, small = with_small()
    released = gate.release(content)
    hidden = released.areas.index[released.areas["recipients"].isna()]
    assert small in hidden
    rows = table(released, "development").set_index("area_id")
    told = ["share_before", "share_now", "change", "change_p", "change_q", "status"]
    assert rows.loc[hidden, told].isna().all(axis=None)
    assert rows.drop(hidden)["share_now"].notna().sum() >= 15
    local = table(released, "local").set_index("area_id")
    assert local.loc[hidden, ["local_p", "local_q", "local_quadrant"]].isna().all(axis=None)


def test_a_sentence_with_a_withheld_share_is_withheld() -> None:
    content, small = with_small()
    released = gate.release(content)
    assert released.areas.loc[small, ["cluster", "cluster_sentence"]].isna().all()


@pytest.mark.parametrize("fault", ["too few behind", "a unit that is not published"])
def test_a_surface_beside_the_published_units_is_refused(fault: str) -> None:
    content = synthetic()
    surface = surface_of(content)
    if fault == "too few behind":
        surface.loc[surface.index[0], "behind"] = 2
    else:
        surface = surface.rename(index={surface.index[0]: "nowhere-001"})
    with pytest.raises(DisclosureError, match="surface shows 1 places"):
        gate.release(replace(content, surface=surface))


def test_whoever_turns_the_surface_back_finds_the_published_units(demo_run) -> None:
    # The surface is a function of the published units: the attacker builds it again from them,
    # value for value, so that it holds nothing else. Every unit holds the minimum of people.
    content = demo_run.content
    surface, units = content.surface, content.units
    held = units.loc[surface.index, "people_everybody"]
    assert held.min() >= 3
    assert (surface["behind"] >= held).all()
    again = kernel_surface(
        units[["x", "y"]].to_numpy(float),
        units["people_everybody"],
        within=content.outline.geometry.iloc[0],
    )
    place = pd.MultiIndex.from_arrays([again["x"] // 100, again["y"] // 100])
    density = pd.Series(again["per_km2"].to_numpy(), place)
    one_cell = surface[(surface.area / 10_000).round() == 1]
    centre = one_cell.centroid
    at = pd.MultiIndex.from_arrays([centre.x // 100, centre.y // 100])
    same = np.isclose(density.reindex(at), one_cell["per_km2"], rtol=1e-9)
    assert len(one_cell) > 200
    assert same.mean() > 0.97  # corners are on whole metres: a centre may fall into the next cell
    assert set(surface["area_id"]) <= set(content.areas.index[content.areas["recipients"].notna()])
    check_surface(content)


def test_measures_and_roles_do_not_depend_on_a_withheld_count(demo_run) -> None:
    # Withheld areas have no role, no local statistic, no development: nothing was computed of them.
    content = demo_run.content
    hidden = content.areas.index[content.areas["recipients"].isna()]
    assert len(hidden)
    assert content.areas.loc[hidden, "cluster"].isna().all()
    for name in ("local", "development"):
        rows = table(content, name).set_index("area_id").loc[hidden]
        assert rows.drop(columns="name").isna().all(axis=None)


def test_the_lorenz_curve_as_a_table_is_the_released_one() -> None:
    released = with_tables(gate.release(consistent(synthetic())))
    curve = table(released, "lorenz")
    assert curve.equals(released.lorenz)
    assert np.isclose(curve.iloc[-1], 1).all()
    assert table(released, "clusters")["p_value"].tolist() == [0.001]


def test_inequality_has_intervals_for_district_city_and_time(demo_run) -> None:
    content = demo_run.content
    now = table(content, "inequality").set_index("measure")
    assert {"gini", "hoover", "theil", "dissimilarity", "isolation"} <= set(now.index)
    for of in ("", "_city"):
        assert (now[f"lo{of}"] <= now[f"value{of}"]).all()
        assert (now[f"value{of}"] <= now[f"hi{of}"]).all()
    change = table(content, "inequality_change")
    assert change["where"].nunique() == 2
    assert (change["lo"] < change["hi"]).all()


def test_the_report_says_what_became_of_concentrations_and_that_the_surface_is_a_model() -> None:
    from sozialraum.publish.report.blocks import Words
    from sozialraum.publish.report.facts import Facts
    from sozialraum.publish.report.patterns import concentration

    released = gate.release(with_patterns(consistent(synthetic())))
    blocks = concentration(Facts(released), Words("de"))
    text = str(blocks)
    assert "nach derselben Zählweise: die Personen hinter den Indikatoren S1 und S3" in text
    assert "Entstehend: " in text
    assert "Beständig: " in text
    assert "wenn der Anteil im ganzen Gebiet gleich ist (Modell)" in text
    assert "In 1 Gebiet" not in text
    assert {b["file"] for b in blocks if b["kind"] == "figure"} >= {"change.svg", "surface.svg"}
