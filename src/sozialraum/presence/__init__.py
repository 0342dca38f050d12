"""Which rooms: eligibility, location models with proofs, the curve, stability and hours."""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "frontier": "Step coverage_curve curve_frame",
    "hours": "Format Week allocate_hours",
    "models": "max_coverage p_center p_median set_cover",
    "problem": "InfeasibleError",
    "rules": "Constraints",
    "siting": "Siting",
    "stability": "Draws Stability draw_inputs exchangeable site_stability",
    "together": "max_coverage_targets",
    "weekplan": "calendar",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
