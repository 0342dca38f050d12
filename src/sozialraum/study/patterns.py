"""What a study may say about concentrations: neighbours, tests, the surface."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sozialraum.study.strict import Strict


class Concentration(Strict):
    """How concentrations are sought; the defaults suit a district of some dozens of areas."""

    neighbours: Literal["queen", "rook", "k_nearest", "distance_band"] = Field(
        "queen", description="Areas that share a point, a line, the k nearest, all within a band"
    )
    k: int = Field(6, ge=1, description="Number of neighbours, with k_nearest")
    band: float = Field(
        1500.0, gt=0, description="Metres between points of the areas, with distance_band"
    )
    permutations: int = Field(
        999,
        ge=99,
        description="Replications of the scan and of Moran's I; local tests take ten times as many",
    )
    window: float = Field(
        0.25, gt=0, lt=1, description="Largest share of the residents in one concentration"
    )
    alpha: float = Field(
        0.05, gt=0, lt=1, description="Level of the scan's test, and false discovery rate"
    )
    bandwidth: float = Field(
        500.0, gt=0, description="Metres within which the surface of recipients is smoothed"
    )
