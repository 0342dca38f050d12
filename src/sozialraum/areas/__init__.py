"""Planning areas: one table per study, joined with an audit."""

from sozialraum.areas.hierarchy import unit_ids, unite
from sozialraum.areas.join import JoinAudit, compare_total, join, normal_name

__all__ = ["JoinAudit", "compare_total", "join", "normal_name", "unit_ids", "unite"]
