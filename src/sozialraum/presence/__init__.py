"""Which rooms: eligibility, location models with proofs, the curve, stability and hours."""

from sozialraum.presence.frontier import Step, coverage_curve, curve_frame
from sozialraum.presence.hours import Format, Week, allocate_hours
from sozialraum.presence.models import (
    max_coverage,
    p_center,
    p_median,
    set_cover,
)
from sozialraum.presence.problem import InfeasibleError
from sozialraum.presence.rules import Constraints
from sozialraum.presence.siting import Siting
from sozialraum.presence.stability import (
    Draws,
    Stability,
    draw_inputs,
    exchangeable,
    site_stability,
)
from sozialraum.presence.together import max_coverage_targets
from sozialraum.presence.weekplan import calendar

__all__ = [
    "Constraints",
    "Draws",
    "Format",
    "InfeasibleError",
    "Siting",
    "Stability",
    "Step",
    "Week",
    "allocate_hours",
    "calendar",
    "coverage_curve",
    "curve_frame",
    "draw_inputs",
    "exchangeable",
    "max_coverage",
    "max_coverage_targets",
    "p_center",
    "p_median",
    "set_cover",
    "site_stability",
]
