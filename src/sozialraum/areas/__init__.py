"""Planning areas: one table per study, joined with an audit."""

from sozialraum.areas.hierarchy import unit_ids, unite
from sozialraum.areas.join import JoinAudit, compare_total, join, normal_name
from sozialraum.areas.table import AreaTable, read_areas
from sozialraum.inputs import Inputs, data_folder

__all__ = [
    "AreaTable",
    "Inputs",
    "JoinAudit",
    "compare_total",
    "data_folder",
    "join",
    "normal_name",
    "read_areas",
    "unit_ids",
    "unite",
]
