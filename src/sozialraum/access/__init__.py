"""From areas to people at places, and how far these people are from a room.

Pure functions on frames and arrays, in metres of one projected CRS.
"""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "demand": "assign_cells largest_remainder place_people demand_units placement_notes",
    "units": "merge_units merge_error",
    "distance": "straight_line straight_line_within from_table decay catchment_access",
    "network": "read_streets build_network snap network_distance measured_detour Network",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
