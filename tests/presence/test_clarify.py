"""Unclear houses that are worth a question."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.presence.clarify import worth_clarifying
from sozialraum.study.places import Venues

OPEN = "Träger unbekannt: vor Ort klären"


def house(site: str, x: float, reason: str = OPEN, types: str = "Nachbarschaftshaus") -> dict:
    return {
        "site_id": site, "name": site, "address": "", "x": x, "y": 0.0,
        "reason": reason, "venue_types": types,
    }  # fmt: skip


def table(*houses: dict) -> pd.DataFrame:
    return pd.DataFrame(houses).set_index("site_id")


UNITS = pd.DataFrame(
    {"x": [0.0, 1000.0, 2000.0], "y": 0.0, "people_everybody": [40.0, 10.0, np.nan]}
)


def test_only_people_whom_nobody_reaches_yet_count():
    rooms = table(house("a", 0), house("b", 1000), house("c", 2000))
    result = worth_clarifying(rooms, UNITS, [[1000, 0]], Venues(), radius=300)
    assert result["gained"].to_dict() == {"a": 40}
    assert result.loc["a", "gained_share"] == pytest.approx(0.8)
    none = worth_clarifying(rooms, UNITS, np.empty((0, 2)), Venues(), radius=300)
    assert none["gained"].tolist() == [40, 10]


def test_houses_that_are_excluded_for_good_are_not_listed():
    rooms = table(
        house("a", 0, "Garten: kein Raum für Beratung", "Garten"),
        house("b", 0, ""),
        house("c", 0, types="Jugendfreizeiteinrichtung"),
        house("d", 0, types="Jugendfreizeiteinrichtung; Bibliothek"),
    )
    result = worth_clarifying(rooms, UNITS, np.empty((0, 2)), Venues(), radius=300)
    assert result.index.tolist() == ["d"]
    assert worth_clarifying(rooms[:2], UNITS, [[0, 0]], Venues()).empty
