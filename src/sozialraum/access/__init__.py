"""From areas to people at places, and how far these people are from a room.

Pure functions on frames and arrays, in metres of one projected CRS.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "demand": "assign_cells largest_remainder place_people demand_units placement_notes",
    "units": "merge_units merge_error",
    "distance": "straight_line straight_line_within from_table decay catchment_access",
    "network": "read_streets build_network snap network_distance measured_detour Network",
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
