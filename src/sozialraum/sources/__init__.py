"""Readers of published data: from files in their publishers' layouts to frames by area id.

=========== ======================================================================
module      reads
=========== ======================================================================
`files`     opening local files and nothing else
`cells`     what stands in a cell: numbers, markers, footnote marks
`tables`    delimited text; ids as text
`workbook`  cells of an .xlsx file, read so that a hostile one can do nothing
`layout`    where the table lies in a worksheet
`vector`    vector layers without any way to the network
`lor`       planning areas (polygons), names of coarser levels, district outlines
`coverage`  (measures overlaps and narrow gaps between areas)
`mss`       Monitoring Soziale Stadtentwicklung: indicators, classes, context
`ewr`       resident register by age
`ba`        workbooks of the Bundesagentur für Arbeit
`grid`      residents per 100 m cell
`venues`    rooms and their operators
`layers`    stops and other layers for orientation
`catalogue` who publishes what, under which licence
=========== ======================================================================

Readers touch local files only. What they had to decide is in ``frame.attrs["notes"]`` (German
sentences), what they met instead of numbers in ``frame.attrs["markers"]``.
"""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "cells": "Dialect parse_cells",
    "tables": "read_table",
    "lor": "read_areas read_names read_districts",
    "mss": "read_indicators read_classes read_context",
    "ewr": "read_register",
    "ba": "BaTable read_workbook read_statistics",
    "grid": "read_grid",
    "venues": "read_venues",
    "layers": "read_stops read_layer",
    "catalogue": "Source",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
