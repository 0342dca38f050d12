"""From joined tables to the need of areas and Bezirksregionen."""

from __future__ import annotations

import numpy as np
import pytest

import sozialraum as sr

MEASURE = "Regelleistungsberechtigte"


@pytest.fixture
def table():
    return sr.areas.read_areas(sr.load_study("demo"))


def hidden(table) -> list[str]:
    region = table.areas.loc[table.region]
    suppressed = table.ba[MEASURE].isna() & (table.ba[f"{MEASURE}_lo"] == 1)
    return [i for i in region.index if suppressed[i]]


def test_a_suppressed_count_has_bounds_from_residents_and_published_totals(table) -> None:
    need = sr.need.assess(table).areas
    for area in hidden(table):
        row = need.loc[area]
        assert np.isnan(row["recipients"])
        assert row["recipients_lo"] >= 1
        assert row["recipients_hi"] < row["population"]
    assert not sr.need.assess(table).leaks


def test_a_total_that_gives_a_suppressed_count_away_is_told_to_the_analyst(table) -> None:
    first, *others = hidden(table)
    unit = table.areas.loc[first, "region_id"]
    for area in others:
        table.ba.loc[area, [MEASURE, f"{MEASURE}_lo", f"{MEASURE}_hi"]] = 40.0
    siblings = table.areas.index[(table.areas["region_id"] == unit) & (table.areas.index != first)]
    table.ba_book.totals.loc[unit, MEASURE] = table.ba.loc[siblings, MEASURE].sum() + 1
    assert sr.need.assess(table).leaks == [first]


def test_persons_registered_at_an_offices_own_address_are_taken_off(table) -> None:
    area = table.region[5]
    study = sr.load_study("demo", counts={"jobcenter_addresses": {area: 30}})
    before = sr.need.assess(table).areas.loc[area, "recipients"]
    after = sr.need.assess(sr.areas.read_areas(study)).areas.loc[area, "recipients"]
    assert after == before - 30


def test_an_estimate_of_one_or_two_persons_of_old_age_counts_as_nobody() -> None:
    study = sr.load_study("demo", counts={"ba_workbook": None})
    table = sr.areas.read_areas(study)
    context = table.context[study.old_age.edition]
    percent = 100 * 2 / table.areas["from_65"].where(table.areas["from_65"] > 0)
    context[study.old_age.indicator] = percent.where(table.areas["in_region"], 20.0)
    need = sr.need.assess(table).areas
    assert (need.loc[table.region, "old_age"].dropna() == 0).all()
    assert (need["old_age"] > 2).sum() > 50


def test_bezirksregionen_add_numerators_and_bases_and_never_shares(table) -> None:
    need = sr.need.assess(table)
    figures, whole = need.figures["areas"], need.figures["regions"]
    unit = need.regions.index[0]
    inside = (table.areas["region_id"] == unit) & need.areas["excluded"].isna()
    by_hand = (figures.indicators["S3"] * figures.bases["S3"])[inside].sum()
    assert whole.indicators.loc[unit, "S3"] == pytest.approx(
        by_hand / figures.bases["S3"][inside].sum()
    )


def test_an_excluded_area_keeps_its_residents_and_enters_nothing(table) -> None:
    need = sr.need.assess(table)
    out = need.areas[need.areas["excluded"].notna()]
    assert len(out)
    assert out["population"].notna().all()
    assert out[["need_index", "status_class", "dynamics_class"]].isna().all(axis=None)
