"""Concentrations come and go only where the change itself is more than chance."""

import numpy as np
import pandas as pd
import pytest

from sozialraum.concentration import concentration_change, k_nearest
from sozialraum.errors import InputError

XY = [[x, y] for x in range(12) for y in range(12)]
GRAPH = k_nearest(XY, 8)
BLOCK = np.array([2 <= x <= 4 and 2 <= y <= 4 for x, y in XY])
OTHER = np.array([8 <= x <= 10 and 8 <= y <= 10 for x, y in XY])


def shares(*blocks, seed=0):
    share = np.random.default_rng(seed).normal(0.12, 0.01, len(XY))
    for block in blocks:
        share = share + 0.15 * block
    return pd.Series(share)


def statuses(before, after, **options):
    return concentration_change(before, after, GRAPH, **options)["status"]


def test_a_concentration_emerges_another_stays_a_third_vanishes():
    third = np.array([x >= 9 and y <= 1 for x, y in XY])
    status = statuses(shares(OTHER, third), shares(OTHER, BLOCK, seed=1))
    centre = XY.index([3, 3]), XY.index([9, 9]), XY.index([10, 0])
    assert [status[i] for i in centre] == ["entstehend", "beständig", "vergehend"]
    assert status[XY.index([6, 0])] == "keine"


def test_a_change_that_the_whole_city_shares_is_no_new_concentration():
    before = shares(BLOCK)
    found = concentration_change(before, before * 1.3, GRAPH)
    assert set(found["status"]) == {"beständig", "keine"}


def test_crossing_a_threshold_without_a_change_is_not_secured():
    before = shares(BLOCK)
    after = before + np.random.default_rng(3).normal(0, 0.001, len(XY))
    was, now = np.zeros(len(XY), bool), BLOCK
    status = statuses(before, after, members=(was, now))
    assert set(status[BLOCK]) == {"nicht gesichert"}


def test_chance_between_two_editions_is_controlled():
    emerged = [
        statuses(shares(seed=s), shares(seed=s + 500), permutations=999).isin(
            ["entstehend", "vergehend"]
        )
        for s in range(30)
    ]
    assert sum(e.any() for e in emerged) <= 2


def test_an_unknown_share_has_no_status():
    before, after = shares(BLOCK), shares(BLOCK, seed=1)
    after[5] = np.nan
    found = concentration_change(before, after, GRAPH)
    assert found.loc[5, "status"] is None
    assert np.isnan(found.loc[5, "change"])
    assert found["status"].drop(5).notna().all()


def test_editions_with_different_areas_are_refused():
    with pytest.raises(InputError, match="different areas"):
        concentration_change(shares(), shares().iloc[::-1], GRAPH)
