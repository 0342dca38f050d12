"""Concentration: how unevenly recipients live, and where high shares cluster.

Pure functions on arrays and graphs; a graph is a scipy CSR matrix or a libpysal `Graph`.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "graph": "contiguity k_nearest distance_band row_standardised as_csr",
    "autocorrelation": "moran moran_rate local_moran getis_ord false_discovery",
    "scan_statistic": "scan dispersion",
    "inequality": "inequality_measures inequality_change lorenz_curve",
    "emergence": "concentration_change",
    "surface": "kernel_surface",
    "cluster": "concentrate Concentration",
}
_MODULE = {name: module for module, names in _HOME.items() for name in names.split()}
__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    """Import a function's module when it is first asked for."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return __all__
