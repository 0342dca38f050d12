"""The report: a tagged PDF that anybody can produce again, byte for byte."""

from sozialraum.publish.report.document import write_report

__all__ = ["write_report"]
