"""Publishing: everything leaves through the gate, as map, report, tables and geodata."""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "content": "Content Info SourceNote Proposal",
    "further": "FurtherTable",
    "columns": "Column",
    "audit": "audit_folder",
    "table_audit": "audit_table",
    "manifest": "read_manifest",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
