"""What is said about an area's part in a concentration, in German."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MEMBER = "Konzentration"
HIGH = "einzeln hoch"
LOW = "einzeln niedrig"
LOW_AROUND = "niedrige Umgebung"
PLAIN = "unauffällig"
ROLES = {
    MEMBER: "gehört zu einem gesicherten Bereich mit erhöhtem Anteil",
    HIGH: "Anteil deutlich über dem der Region, aber in keiner Konzentration",
    LOW: "Anteil deutlich unter dem der Region, an eine Konzentration angrenzend",
    LOW_AROUND: "niedriger Anteil inmitten niedriger Anteile (lokales Morans I)",
    PLAIN: "keine Häufung, die über die üblichen Unterschiede hinausgeht",
}
"""Roles of an area, with what they mean."""

PERSISTENT = "beständig"
EMERGING = "entstehend"
VANISHING = "vergehend"
OPEN = "nicht gesichert"
NONE = "keine"


IN_GENITIVE = {
    "Bezirk": "des Bezirks",
    "Gemeinde": "der Gemeinde",
    "Kreis": "des Kreises",
    "Landkreis": "des Landkreises",
    "Stadt": "der Stadt",
    "Stadtbezirk": "des Stadtbezirks",
    "Stadtteil": "des Stadtteils",
}


def in_genitive(title: str, name: str) -> str:
    """How sentences call a region after 'das 1,8-Fache'; its name where its kind is unknown.

    Examples
    --------
    >>> in_genitive("Bezirk", "Charlottenburg-Wilmersdorf"), in_genitive("", "Berlin")
    ('des Bezirks', 'des Anteils in Berlin')
    """
    return IN_GENITIVE.get(title, f"des Anteils in {name}")


@dataclass(frozen=True)
class Found:
    """Result of the scan: positions in the city."""

    members: list[np.ndarray]  # of each concentration that touches the region, likeliest first
    p: list[float]
    best: np.ndarray  # the most likely one, significant or not
    best_p: float
    scanned: int
    every: list[tuple[np.ndarray, float]]  # all that touch the region, with their p


@dataclass(frozen=True)
class Telling:
    """Sentences of areas, by their position in the city.

    `core`: areas whose immediate neighbours have high shares, too; `share`: the region's share.
    """

    found: Found
    count: np.ndarray
    base: np.ndarray
    inside: np.ndarray
    core: np.ndarray
    share: float
    region_name: str

    def times(self, members: Any) -> str:
        """How many times the region's share some areas have: 'das 2,1-Fache'."""
        return f"das {self._rate(members) / self.share:.1f}-Fache".replace(".", ",")

    def sentence(self, i: int, role: str | None) -> str:
        """German sentence on one area; empty outside the region and without a role."""
        if role is None or not self.inside[i]:
            return ""
        where = self.region_name or "des Anteils der ganzen Region"
        if role == MEMBER:
            cluster = next(m for m in self.found.members if i in m)
            near = "; auch ringsum sind die Anteile auffällig hoch"
            return (
                f"Gehört {self._company(cluster)}zu einer Konzentration: deren Anteil ist "
                f"{self.times(cluster)} {where} ({self._percent(cluster)} gegenüber "
                f"{_percent(self.share)}); das Gebiet selbst hat {self._percent([i])}"
                f"{near if self.core[i] else ''}."
            )
        own = f"Anteil {self._percent([i])} gegenüber {_percent(self.share)} insgesamt"
        if role == HIGH:
            return f"{own} ({self.times([i])}), {self._alone(i)}."
        if role == LOW:
            return f"{own}; das Gebiet grenzt an eine Konzentration."
        if role == LOW_AROUND:
            return f"{own}; auch ringsum sind die Anteile niedrig."
        return "Keine Häufung, die über übliche Unterschiede zwischen Gebieten hinausgeht."

    def _rate(self, members: Any) -> float:
        return float(self.count[members].sum() / self.base[members].sum())

    def _percent(self, members: Any) -> str:
        return _percent(self._rate(members))

    def _alone(self, i: int) -> str:
        if self.found.members:
            return "aber in keiner gesicherten Konzentration"
        if i in self.found.best:
            p = f"{self.found.best_p:.2f}".replace(".", ",")
            return f"im auffälligsten Bereich, der aber nicht gesichert ist (p = {p})"
        return "aber ohne gesicherte Konzentration in der Umgebung"

    def _company(self, cluster: np.ndarray) -> str:
        """'mit 5 Nachbarn, davon 2 jenseits der Grenze, '."""
        others = len(cluster) - 1
        beyond = int((~self.inside[cluster]).sum())
        if not others:
            return "allein "
        words = "mit einem Nachbarn" if others == 1 else f"mit {others} Nachbarn"
        if not beyond:
            return words + " "
        if beyond == others:
            return f"{words} jenseits der Grenze "
        return f"{words}, davon {'einer' if beyond == 1 else beyond} jenseits der Grenze, "


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%".replace(".", ",")
