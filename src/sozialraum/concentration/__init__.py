"""Concentration: how unevenly recipients live, and where high shares cluster.

Pure functions on arrays and graphs; a graph is a scipy CSR matrix or a libpysal `Graph`.
"""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "graph": "neighbours contiguity k_nearest distance_band row_standardised as_csr",
    "autocorrelation": "moran moran_rate local_moran getis_ord false_discovery",
    "scan_statistic": "scan dispersion",
    "inequality": "inequality_measures inequality_change lorenz_curve",
    "emergence": "concentration_change",
    "editions": "develop Development",
    "surface": "kernel_surface surface_units surface_classes surface_bands",
    "cluster": "concentrate Concentration",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
