"""Plots for notebooks: each draws into a given `Axes` and returns it.

Frames in, nothing read, no state of pyplot touched unless `ax` is left out. Texts are German unless
``language="en"``. Colours are legible in grey; an area that is not rated never looks like a low
value. The report draws with the same functions (`sozialraum.publish.charts` and `cartography`).
"""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "maps": "share_map count_map class_map cluster_map rooms_map",
    "charts": "rank_sets lorenz frontier stability moran",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
