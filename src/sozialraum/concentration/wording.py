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


@dataclass(frozen=True)
class Found:
    """Result of the scan: positions in the city."""

    members: list[np.ndarray]  # of each concentration that touches the region, likeliest first
    p: list[float]
    best: np.ndarray  # the most likely one, significant or not
    best_p: float
    scanned: int


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
        """How many times the region's share some areas have, in words."""
        rate = self.count[members].sum() / self.base[members].sum()
        return f"{rate / self.share:.1f}".replace(".", ",") + "-Fache"

    def sentence(self, i: int, role: str | None) -> str:
        """German sentence on one area; empty outside the region and without a role."""
        if role is None or not self.inside[i]:
            return ""
        where = self.region_name or "der ganzen Region"
        own = f"Der Anteil ist das {self.times([i])} des Anteils in {where}; "
        if role == MEMBER:
            cluster = next(m for m in self.found.members if i in m)
            near = "; auch die unmittelbaren Nachbarn haben auffällig hohe Anteile"
            return (
                f"Gehört {self._company(cluster)} zu einer Konzentration mit dem "
                f"{self.times(cluster)}n des Anteils in {where}; hier ist es das "
                f"{self.times([i])}{near if self.core[i] else ''}."
            )
        if role == HIGH:
            return own + self._alone(i)
        if role == LOW:
            return own + "das Gebiet grenzt an eine Konzentration."
        if role == LOW_AROUND:
            return own + "auch ringsum sind die Anteile niedrig."
        return "Keine Häufung, die über übliche Unterschiede zwischen Gebieten hinausgeht."

    def _alone(self, i: int) -> str:
        if self.found.members:
            return "das Gebiet gehört aber zu keiner gesicherten Konzentration."
        if i in self.found.best:
            p = f"{self.found.best_p:.2f}".replace(".", ",")
            return f"es liegt im auffälligsten Bereich, der aber nicht gesichert ist (p = {p})."
        return "eine gesicherte Konzentration gibt es in der Umgebung nicht."

    def _company(self, cluster: np.ndarray) -> str:
        near = int(self.inside[cluster].sum()) - 1
        beyond = int((~self.inside[cluster]).sum())
        words = []
        if near:
            words.append("einem weiteren Gebiet" if near == 1 else f"{near} weiteren Gebieten")
        if beyond:
            areas = "einem Gebiet" if beyond == 1 else f"{beyond} Gebieten"
            words.append(f"{areas} jenseits der Grenze")
        return "mit " + " und ".join(words) if words else "allein"
