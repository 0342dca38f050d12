"""The report: a tagged PDF that anybody can produce again, byte for byte."""

from sozialraum.lazy import exports

__getattr__, __dir__, __all__ = exports(__name__, {"document": "write_report"})
