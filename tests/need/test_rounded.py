"""With rounding, no stage sees a true count, and every table still adds up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import sozialraum as sr
from sozialraum.errors import StudyError
from sozialraum.need.rounded import bounds, round_table, rounded_workbook
from sozialraum.publish import gate
from sozialraum.publish.attacker import earlier_statements

MEASURE = "Regelleistungsberechtigte"
ROUND = {"method": "round"}


@pytest.fixture(scope="module")
def table():
    return sr.areas.read_areas(sr.load_study("demo", disclosure=ROUND))


@pytest.fixture(scope="module")
def rounded(table):
    return rounded_workbook(table)


def test_every_count_of_a_workbook_becomes_a_multiple_less_than_one_base_away(
    table, rounded
) -> None:
    measures = [c for c in table.ba if f"{c}_lo" in table.ba]
    assert len(measures) > 1
    for measure in measures:
        for before, after in (
            (table.ba, rounded.ba),
            (table.ba_book.totals, rounded.ba_book.totals),
        ):
            known = before[measure].notna()
            assert (after[measure].notna() == known).all()
            assert (after[measure][known] % 10 == 0).all()
            assert ((after[measure] - before[measure])[known].abs() < 10).all()
            assert (after[f"{measure}_lo"][known] <= before[measure][known]).all()
            assert (after[f"{measure}_hi"][known] >= before[measure][known]).all()


def test_totals_are_never_less_than_the_areas_below_them(rounded) -> None:
    totals, areas = rounded.ba_book.totals[MEASURE], rounded.ba[MEASURE]
    below = areas.groupby(rounded.areas["region_id"]).sum()
    both = pd.concat([totals, below], axis=1, keys=["total", "below"]).dropna()
    assert len(both) > 5
    assert (both["total"] >= both["below"]).all()


def test_counts_derived_from_shares_are_rounded_on_every_level() -> None:
    study = sr.load_study("demo", counts={"ba_workbook": None}, disclosure=ROUND)
    plain = sr.load_study("demo", counts={"ba_workbook": None})
    need = sr.need.assess(sr.areas.read_areas(study))
    true = sr.need.assess(sr.areas.read_areas(plain))
    groups = sr.areas.read_areas(study).areas["region_id"]
    for column in ("recipients", "children"):
        after, before = need.areas[column], true.areas[column]
        assert (after.dropna() % 10 == 0).all()
        assert ((after - before).abs().dropna() < 10).all()
        assert (need.areas[f"{column}_lo"] <= true.areas[f"{column}_lo"]).sum() == after.count()
        assert (need.areas[f"{column}_hi"] >= true.areas[f"{column}_hi"]).sum() == after.count()
        sums = after.groupby(groups).sum()[need.regions[column].dropna().index]
        assert (sums == need.regions[column].dropna()).all()
        assert ((need.regions[column] - true.regions[column]).abs().dropna() < 10).all()
    shares = (need.areas["recipients"] / need.areas["share_base"]).clip(upper=1)
    pd.testing.assert_series_equal(need.areas["share"], shares, check_names=False)


def test_bounds_tell_no_more_than_the_multiple_does() -> None:
    lo, hi = bounds(pd.Series([0.0, 10.0, 50.0]), base=10)
    assert lo.tolist() == [0, 1, 41]
    assert hi.tolist() == [9, 19, 59]
    one, three = (bounds(pd.Series([50.0]), off, off, base=10) for off in (1.0, 3.0))
    assert one[0].tolist() == three[0].tolist()


def test_the_same_count_is_always_rounded_in_the_same_way(table) -> None:
    counts = table.ba[MEASURE]
    first, _ = round_table(counts, table, base=10)
    again, _ = round_table(counts.copy(), table, base=10)
    pd.testing.assert_series_equal(first, again)


def test_a_base_that_protects_less_than_the_minimum_is_refused() -> None:
    with pytest.raises(StudyError, match="rounding_base"):
        sr.load_study("demo", disclosure={"method": "round", "rounding_base": 3})


@pytest.fixture(scope="module")
def run():
    return sr.run(
        "demo", disclosure=ROUND, siting={"rooms": 2, "most_rooms": 2, "stability_draws": 5}
    )


def test_a_rounded_run_adds_up_and_says_so(run) -> None:
    areas, regions = run.areas, run.content.regions
    assert (areas["recipients"].dropna() % 10 == 0).all()
    assert (areas["weight_everybody"].dropna() % 10 == 0).all()
    complete = areas["recipients"].notna().groupby(areas["region_id"]).all()
    sums = areas.groupby("region_id")["recipients"].sum()[complete[complete].index]
    assert len(sums) >= 5
    assert (regions["recipients"][sums.index] >= sums).all()
    assert run.content.figures["recipients"] % 10 == 0
    assert "auf Vielfache von 10 gerundet" in run.content.info.recipients_note
    assert any(q["finding"].startswith("auf Vielfache") for q in run.content.quality)


def test_ranks_shares_and_places_follow_from_rounded_counts(run) -> None:
    areas = run.areas.dropna(subset=["recipients", "share"])
    assert (areas["rank_by_count"].rank() == (-areas["recipients"]).rank()).all()
    placed = run.content.units.groupby("area_id")["people_everybody"].sum()
    known = areas.index[areas["weight_everybody"] > 0]
    assert placed.sum() == pytest.approx(areas.loc[known, "weight_everybody"].sum(), rel=0.01)
    steps = np.diff(run.content.lorenz["recipients_share"]) * areas["recipients"].sum()
    assert np.allclose(steps, np.round(steps / 10) * 10)


def test_the_attacker_reads_intervals_and_finds_a_count_that_is_not_rounded(run) -> None:
    assert gate.attack(run.content).empty
    areas = run.content.areas.copy()
    area = areas["recipients"].dropna().index[0]
    areas.loc[area, "recipients"] += 3
    (found,) = gate.attack(replace(run.content, areas=areas)).to_dict("records")
    assert (found["cell"], found["how"]) == (f"area:{area}", "not rounded")


def test_an_earlier_run_with_other_roundings_is_read_as_intervals_too(run) -> None:
    small = run.areas["recipients"].dropna().index[0]
    areas = run.content.areas.copy()
    before = replace(run.content, areas=areas)
    said, note = earlier_statements(run.content, before)
    assert "same figures" in note
    assert gate.attack(run.content, beside=said).empty
    # twice rounded in other ways the same count is known better: 1 or 2 are left
    areas.loc[small, "recipients"] = run.areas.loc[small, "recipients"] + 17
    found = gate.attack(run.content, beside=earlier_statements(run.content, before)[0])
    assert f"area:{small}" in set(found["cell"])
