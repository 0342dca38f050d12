"""The map that is handed over: one HTML file, offline, accessible, answering questions."""

from sozialraum.publish.map.page import render_map, write_map

__all__ = ["render_map", "write_map"]
