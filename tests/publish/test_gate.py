"""The gate: what must not leave does not, and nothing more is lost than has to be."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from sozialraum.errors import DisclosureError, InputError
from sozialraum.publish import gate
from sozialraum.publish.attacker import earlier_statements
from sozialraum.publish.concentrations import with_tables
from sozialraum.publish.content import Content
from sozialraum.publish.table_audit import audit_table
from sozialraum.study import load_study
from tests.support.synthetic import content

COUNTS = ["recipients", "recipients_lo", "recipients_hi", "share", "share_lo", "share_hi"]
COUNTS += ["location_quotient", "rank_by_share", "rank_by_count", "weight_everybody"]


def consistent(base: Content, recipients: pd.Series | None = None) -> Content:
    """The synthetic content as a run builds it: totals add up, withheld areas have no units."""
    areas, regions = base.areas.copy(), base.regions.copy()
    if recipients is not None:
        areas["recipients"] = recipients
        areas["share"] = recipients / areas["population"]
        areas["weight_everybody"] = areas["weight_worse"] = recipients
        areas["weight_families"] = recipients
        areas["old_age"] = 0.0
        for column in ("recipients_lo", "recipients_hi"):
            areas[column] = recipients
    regions["recipients"] = areas.groupby("region_id")["recipients"].sum()
    for column in ("recipients_lo", "recipients_hi"):
        regions[column] = regions["recipients"]
    regions["share"] = regions["recipients"] / regions["population"]
    why, _ = gate.withheld(areas, regions, base.study)
    units = base.units[~base.units["area_id"].isin(why.index[why != ""])]
    figures = {**base.figures, "recipients": float(areas["recipients"].sum())}
    return replace(base, areas=areas, regions=regions, units=units, figures=figures)


@pytest.fixture(scope="module")
def base() -> Content:
    return content(24)


@pytest.fixture(scope="module")
def safe(base) -> Content:
    return consistent(base)


@pytest.fixture
def with_small(base) -> tuple[Content, str]:
    """One area in which two people receive benefits, below published totals."""
    recipients = base.areas["recipients"].fillna(40).round()
    small = base.areas.index[base.areas["population"] > 2000][2]
    recipients[small] = 2.0
    return consistent(base, recipients), small


def test_a_safe_content_passes_unchanged_but_for_its_note(safe):
    released = gate.release(safe)
    columns = [c for c in safe.areas if c != "flags"]
    known = safe.areas["population"] >= 300
    pd.testing.assert_frame_equal(
        pd.DataFrame(released.areas.loc[known, columns]),
        pd.DataFrame(safe.areas.loc[known, columns]),
        check_dtype=False,
    )
    pd.testing.assert_frame_equal(released.lorenz, safe.lorenz)
    assert released.figures["withheld"]["regions"] == {}


def test_the_original_is_not_touched(safe):
    before = safe.areas.copy()
    gate.release(safe)
    pd.testing.assert_frame_equal(pd.DataFrame(safe.areas), pd.DataFrame(before))


def test_an_area_with_few_residents_keeps_only_its_residents(base):
    recipients = base.areas["recipients"].fillna(12).round()
    few = base.areas.index[base.areas["population"] < 300][0]
    areas = base.areas.copy()
    areas.loc[few, ["need_index", "status_class", "S1", "S4"]] = [1.5, "niedrig", 20.0, 30.0]
    areas.loc[few, "weight_young"] = 9.0  # residents of an age: of the public register
    released = gate.release(consistent(replace(base, areas=areas), recipients))
    row = released.areas.loc[few]
    assert row["population"] == 61
    assert row["name"]
    assert isinstance(released.areas, gpd.GeoDataFrame)
    assert not row.geometry.is_empty
    for column in [*COUNTS, "need_index", "status_class", "S1", "S4", "rank", "sentence"]:
        assert pd.isna(row[column])
    assert not row["top_possible"]
    assert row["weight_young"] == 9
    assert "weniger als 300" in row["flags"]


def test_a_small_count_goes_with_every_column_that_gives_it_back(with_small):
    whole, small = with_small
    released = gate.release(whole)
    assert released.areas.loc[small, COUNTS].isna().all()
    assert "weniger als 3 Personen" in released.areas.loc[small, "flags"]


def test_published_indicators_and_classes_stay_where_a_count_is_withheld(with_small):
    whole, small = with_small
    before, after = whole.areas.loc[small], gate.release(whole).areas.loc[small]
    for column in ("S1", "S3", "S4", "status_class", "need_index", "rank"):
        assert after[column] == before[column]


def test_another_area_of_the_region_goes_so_that_the_total_says_nothing(with_small):
    whole, small = with_small
    released = gate.release(whole)
    siblings = whole.areas.index[
        (whole.areas["region_id"] == whole.areas.loc[small, "region_id"])
        & (whole.areas["population"] >= 300)
    ]
    hidden = released.areas.loc[siblings, "recipients"].isna()
    assert hidden.sum() >= 2
    assert released.regions["recipients"].notna().all()
    # only where it is needed: other regions lose nothing but their small areas
    others = released.areas.drop(siblings)
    assert others.loc[others["population"] >= 300, "recipients"].notna().all()


def test_ranks_close_up_so_that_the_gap_does_not_place_the_withheld_count(with_small):
    released = gate.release(with_small[0])
    for column in ("rank_by_share", "rank_by_count"):
        ranks = released.areas[column].dropna().sort_values()
        assert ranks.tolist() == list(range(1, len(ranks) + 1))


def test_the_lorenz_curve_has_no_step_for_a_withheld_area(with_small):
    whole, _ = with_small
    released = gate.release(whole)
    assert len(released.lorenz) == released.areas["recipients"].notna().sum() + 1
    assert released.lorenz.iloc[-1].tolist() == [1, 1]


def test_a_concentration_with_a_withheld_area_loses_its_cases(with_small):
    whole, small = with_small
    outline = whole.areas.geometry[[small]].buffer(10)
    clusters = whole.clusters.set_geometry(list(outline), crs=whole.clusters.crs)
    released = gate.release(replace(whole, clusters=clusters))
    assert released.clusters[["cases", "expected", "relative_risk"]].isna().all(axis=None)
    shown = released.areas["recipients"].last_valid_index()
    inside = whole.areas.geometry[[shown]].centroid.buffer(1)
    elsewhere = whole.clusters.set_geometry(list(inside), crs=whole.clusters.crs)
    kept = gate.release(replace(whole, clusters=elsewhere)).clusters
    assert kept["cases"].notna().all()


def test_tables_that_are_made_after_the_gate_tell_nothing_that_it_took(with_small):
    whole, small = with_small
    outline = whole.areas.geometry[[small]].buffer(10)
    clusters = whole.clusters.set_geometry(list(outline), crs=whole.clusters.crs)
    released = with_tables(gate.release(replace(whole, clusters=clusters)))
    tables = {t.name: t.frame for t in released.further}
    assert tables["clusters"][["cases", "expected", "relative_risk"]].isna().all(axis=None)
    shown = released.areas["recipients"].dropna()
    steps = np.diff(tables["lorenz"]["recipients_share"]) * shown.sum()
    assert sorted(np.round(steps)) == sorted(shown)


def test_the_numbers_of_withheld_cells_are_told_but_never_their_values(with_small):
    released = gate.release(with_small[0])
    told = released.figures["withheld"]["areas"]
    assert told["count"] == 1
    assert told["protects"] >= 1
    rows = [q for q in released.quality if q["topic"] == "Geheimhaltung"]
    assert len(rows) == len(told)


def test_the_gate_may_be_passed_twice(with_small):
    released = gate.release(with_small[0])
    assert gate.release(released) is released
    gate.check_released(released)


def test_a_content_that_did_not_pass_is_refused_by_its_readers(base):
    with pytest.raises(InputError, match="did not pass"):
        gate.check_released(base)


def test_units_that_were_not_merged_stop_the_run(safe):
    units = safe.units.copy()
    units.loc[units.index[0], "people_families"] = 2.0
    with pytest.raises(DisclosureError, match="fewer persons than may be published"):
        gate.release(replace(safe, units=units))


def test_units_of_residents_may_be_small(safe):
    units = safe.units.copy()
    units["people_young"] = 1.0
    gate.release(replace(safe, units=units))


def test_people_placed_in_a_withheld_area_stop_the_run(with_small):
    whole, small = with_small
    units = whole.units.copy()
    units.loc[units.index[:1], ["area_id", "people_everybody"]] = [small, 3.0]
    with pytest.raises(DisclosureError, match=r"can be computed.*people_everybody"):
        gate.release(replace(whole, units=units))


@pytest.mark.parametrize("column", ["share", "location_quotient", "weight_everybody", "recipients"])
def test_the_attacker_finds_a_column_that_was_left_in(with_small, column):
    whole, small = with_small
    released = gate.release(whole)
    areas = released.areas.copy()
    areas.loc[small, column] = whole.areas.loc[small, column]
    if column == "location_quotient":
        areas.loc[small, column] = whole.areas.loc[small, "share"] / whole.figures["share"]
    found = gate.attack(replace(released, areas=areas))
    row = found.set_index("cell").loc[f"area:{small}"]
    assert row["lo"] <= 2 <= row["hi"]
    assert row["how"].startswith("shown" if column == "recipients" else column)


def test_bounds_that_were_left_in_give_the_count_away(with_small):
    whole, small = with_small
    areas = gate.release(whole).areas.copy()
    areas.loc[small, ["recipients_lo", "recipients_hi"]] = [1.0, 2.0]
    found = gate.attack(replace(gate.release(whole), areas=areas)).set_index("cell")
    how = found.loc[f"area:{small}", "how"]
    assert "recipients_lo of" in how
    assert "recipients_hi of" in how


def test_few_reached_people_are_not_shown(safe):
    presence = safe.presence.copy()
    presence.loc[0, "reached"] = 2.0
    young = presence.index[presence["target"] == "young"][0]
    presence.loc[young, "reached"] = 2.0
    released = gate.release(replace(safe, presence=presence)).presence
    assert released.loc[0, ["reached", "reached_share", "cumulative_share"]].isna().all()
    assert released.loc[young, "reached"] == 2.0  # residents are public
    assert released["reached"].iloc[1:].notna().all()


def test_children_derived_from_a_published_share_are_not_shown_below_eleven(safe):
    areas, regions = safe.areas.copy(), safe.regions.copy()
    areas["children"] = 50.0
    areas.loc[areas.index[0], ["children", "weight_families"]] = 9.0
    regions["children"] = areas.groupby("region_id")["children"].sum()
    units = safe.units[safe.units["area_id"] != areas.index[0]]
    released = gate.release(replace(safe, areas=areas, regions=regions, units=units))
    assert released.areas.loc[areas.index[0], ["children", "weight_families"]].isna().all()
    assert released.areas.loc[areas.index[0], "S4"] == areas.loc[areas.index[0], "S4"]
    assert released.areas["children"].iloc[1:3].notna().all()


def test_counted_children_are_protected_like_recipients(safe):
    areas, regions = safe.areas.copy(), safe.regions.copy()
    areas["children"] = 50.0
    areas.loc[areas.index[0], "children"] = 2.0
    regions["children"] = areas.groupby("region_id")["children"].sum()
    figures = {**safe.figures, "counts_derived": False}
    released = gate.release(replace(safe, areas=areas, regions=regions, figures=figures))
    siblings = released.areas[released.areas["region_id"] == areas["region_id"].iloc[0]]
    hidden = siblings.index[siblings["children"].isna() & (siblings["population"] >= 300)]
    assert len(hidden) >= 2
    # and the pipeline learns it before people are placed
    children, _ = gate.withheld_children(areas, regions, safe.study, derived=False)
    why, _ = gate.withheld(areas, regions, safe.study)
    weights = pd.DataFrame({"families": 50.0}, areas.index)
    masked = gate.publishable_weights(weights, why, safe.study, derived=False, children=children)
    assert masked.loc[hidden, "families"].isna().all()


@pytest.mark.parametrize(
    ("limits", "key"),
    [({"minimum_count": 1}, "minimum_count"), ({"derived_minimum": 5}, "derived")],
)
def test_limits_below_the_publishers_are_for_internal_use_only(safe, limits, key):
    low = replace(safe, study=load_study(safe.study, disclosure=limits))
    with pytest.raises(DisclosureError, match=key):
        gate.release(low)
    gate.release(replace(low, info=replace(low.info, internal=True)))


def test_weights_of_withheld_areas_place_nobody(with_small):
    whole, small = with_small
    why, _ = gate.withheld(whole.areas, whole.regions, whole.study)
    targets = list(whole.study.targets)
    weights = whole.areas[[f"weight_{t}" for t in targets]].set_axis(targets, axis=1)
    weights["young"] = 55.0
    masked = gate.publishable_weights(weights, why, whole.study)
    assert masked.loc[small, ["everybody", "worse"]].isna().all()
    assert (masked["young"] == 55).all()


def test_a_table_is_audited_with_its_own_totals_before_it_is_published(tmp_path):
    path = tmp_path / "table.csv"
    head = "area_id,population,recipients,share\n"
    rows = "04,9000,242,\n0401,4000,132,\n040101,1500,,\n040102,1500,90,0.060\n040103,1000,40,\n"
    path.write_text(head + rows + "0402,5000,110,\n", encoding="utf-8")
    (found,) = audit_table(path).to_dict("records")
    assert (found["cell"], found["lo"], found["fix"]) == ("040101", 2, "040103")
    path.write_text((head + rows).replace(",40,", ",,"), encoding="utf-8")
    assert audit_table(path).empty
    path.write_text((head + rows).replace(",40,", ",,0.040"), encoding="utf-8")
    found = audit_table(path)
    assert set(found["cell"]) == {"040101", "040103"}  # the share gives one away, and so the other
    assert set(found["fix"]) == {"share of 040103"}


def test_a_table_without_counts_or_with_an_area_twice_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("id,n\n1,2\n")
    with pytest.raises(InputError, match="lacks"):
        audit_table(path)
    path.write_text("area_id,recipients\n04,5\n04,6\n")
    with pytest.raises(InputError, match="twice"):
        audit_table(path)


@pytest.mark.real_data
def test_the_packaged_study_passes_its_own_gate(berlin):
    import sozialraum as sr

    run = sr.run("charlottenburg-wilmersdorf", data=berlin, siting={"most_rooms": 6})
    row = run.areas.loc["04400725"]
    assert row["population"] == 61
    assert row[["recipients", "share", "status_class", "S1"]].isna().all()
    assert run.areas["recipients"].notna().sum() == 52
    assert gate.attack(run.content).empty


def test_a_single_large_family_is_one_household_and_is_not_shown(safe):
    areas = safe.areas.assign(households=200.0)
    family = areas.index[areas["recipients"] > 10][0]
    areas.loc[family, "households"] = 1.0
    regions = safe.regions.assign(households=800.0)
    units = safe.units[safe.units["area_id"] != family]
    why, _ = gate.withheld(areas, regions, safe.study)
    assert why[family] == "households"
    lost = why.index[why != ""]
    units = units[~units["area_id"].isin(lost)]
    released = gate.release(replace(safe, areas=areas, regions=regions, units=units))
    assert released.areas.loc[family, COUNTS].isna().all()
    assert "Bedarfsgemeinschaften" in released.areas.loc[family, "flags"]
    assert "households" not in released.areas
    assert "households" not in released.regions


def test_an_earlier_run_of_the_same_figures_fills_the_gaps_of_a_later_one(with_small):
    whole, small = with_small
    released = gate.release(whole)
    said, note = earlier_statements(released, whole)
    found = gate.attack(released, beside=said).set_index("cell")
    assert found.loc[f"area:{small}", "lo"] == 2
    assert "earlier run" in found.loc[f"area:{small}", "how"]
    assert "same figures" in note
    other = replace(whole, info=replace(whole.info, reference_date="2019-12-31"))
    said, note = earlier_statements(released, other)
    assert said == []
    assert "another date" in note


def test_a_change_against_an_earlier_run_gives_the_later_count_away(with_small):
    whole, small = with_small
    released = gate.release(whole)
    before = whole.areas.assign(recipients=whole.areas["recipients"] + 10)
    earlier = replace(whole, areas=before, info=replace(whole.info, reference_date="2019-12-31"))
    later = replace(released, areas=released.areas.assign(recipients_change=-10.0))
    said, _ = earlier_statements(later, earlier)
    found = gate.attack(later, beside=said).set_index("cell")
    assert found.loc[f"area:{small}", "how"].startswith("recipients_change")
