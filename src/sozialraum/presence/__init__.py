"""Which rooms: eligibility, location models with proofs, the curve, stability and hours."""

from sozialraum.presence.frontier import Step, coverage_curve, curve_frame
from sozialraum.presence.models import max_coverage
from sozialraum.presence.problem import InfeasibleError
from sozialraum.presence.siting import Siting

__all__ = [
    "InfeasibleError",
    "Siting",
    "Step",
    "coverage_curve",
    "curve_frame",
    "max_coverage",
]
