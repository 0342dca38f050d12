"""Need: shares, indices, classes and ranks of areas, each with its uncertainty.

Pure functions on frames and arrays. They know nothing of files, of the study or of Berlin.
"""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "assessment": "assess Need Figures",
    "standing": "stand Standing weight_of index_errors",
    "status": "status_index dynamics_index exclusion_reasons valid_areas",
    "masking": "unmask change_bounds status_bounds dynamics_bounds",
    "derive": "counts_from_shares working_age recipients decimals_of",
    "rates": (
        "share share_interval standard_error location_quotient eb_binomial shrunk_shares "
        "aggregate_shares"
    ),
    "propagate": (
        "indicator_covariance change_covariance index_weights index_error composite_error "
        "threshold_distance"
    ),
    "ranking": "rank_confidence top_probability top_sets",
    "targets": "percent_target count_target index_target rank_target worse_areas without_old_age",
    "explain": "contributions comparable_areas share_and_count why_ranks_differ sentences",
    "choices": "try_choices Choices",
    "rule": "Rule",
    "composite": "Recipe composite_index normalised",
    "scaling": "winsorised aggregated",
    "sensitivity": "rank_changes weight_sensitivity rank_variance robust_core",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
