"""Need: shares, indices, classes and ranks of areas, each with its uncertainty.

Pure functions on frames and arrays. They know nothing of files, of the study or of Berlin.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "assessment": "assess Need Figures",
    "standing": "stand Standing weight_of index_errors",
    "status": "status_index dynamics_index exclusion_reasons valid_areas",
    "masking": "unmask change_bounds status_bounds dynamics_bounds",
    "derive": "counts_from_shares working_age recipients decimals_of",
    "rates": "share share_interval standard_error location_quotient eb_binomial aggregate_shares",
    "propagate": (
        "indicator_covariance change_covariance index_weights index_error threshold_distance"
    ),
    "ranking": "rank_confidence top_probability top_sets",
    "targets": "percent_target count_target index_target rank_target worse_areas without_old_age",
    "explain": "contributions comparable_areas share_and_count sentences",
    "composite": "Recipe composite_index",
    "sensitivity": "rank_changes weight_sensitivity rank_variance robust_core",
}
_MODULE = {name: module for module, names in _HOME.items() for name in names.split()}
__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    """Import a function's module when it is first asked for."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return __all__
