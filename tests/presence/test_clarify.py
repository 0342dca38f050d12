"""Unclear houses that are worth a question."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sozialraum.access.distance import straight_line
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


def ways(rooms: pd.DataFrame, *present: tuple[float, float]) -> pd.DataFrame:
    """Metres from the units to the houses and to places called 0, 1, …"""
    places = [*rooms[["x", "y"]].to_numpy().tolist(), *present]
    labels = [*rooms.index, *map(str, range(len(present)))]
    metres = straight_line(UNITS[["x", "y"]], places, detour=1.23)
    return pd.DataFrame(metres, index=UNITS.index, columns=labels)


def test_only_people_whom_nobody_reaches_yet_count():
    rooms = table(house("a", 0), house("b", 1000), house("c", 2000))
    result = worth_clarifying(
        rooms, UNITS, ["0"], Venues(), ways=ways(rooms, (1000, 0)), radius=300
    )
    assert result["gained"].to_dict() == {"a": 40}
    assert result.loc["a", "gained_share"] == pytest.approx(0.8)
    none = worth_clarifying(rooms, UNITS, [], Venues(), ways=ways(rooms), radius=300)
    assert none["gained"].tolist() == [40, 10]


def test_houses_that_are_excluded_for_good_are_not_listed():
    rooms = table(
        house("a", 0, "Garten: kein Raum für Beratung", "Garten"),
        house("b", 0, ""),
        house("c", 0, types="Jugendfreizeiteinrichtung"),
        house("d", 0, types="Jugendfreizeiteinrichtung; Bibliothek"),
    )
    result = worth_clarifying(rooms, UNITS, [], Venues(), ways=ways(rooms), radius=300)
    assert result.index.tolist() == ["d"]
    assert worth_clarifying(rooms[:2], UNITS, ["0"], Venues(), ways=ways(rooms, (0, 0))).empty
