"""Which rooms: eligibility, location models with proofs, the curve, stability and hours."""

from sozialraum.presence.frontier import Step, coverage_curve, curve_frame
from sozialraum.presence.models import (
    max_coverage,
    max_coverage_targets,
    p_center,
    p_median,
    set_cover,
)
from sozialraum.presence.problem import InfeasibleError
from sozialraum.presence.rules import Constraints
from sozialraum.presence.siting import Siting

__all__ = [
    "Constraints",
    "InfeasibleError",
    "Siting",
    "Step",
    "coverage_curve",
    "curve_frame",
    "max_coverage",
    "max_coverage_targets",
    "p_center",
    "p_median",
    "set_cover",
]
