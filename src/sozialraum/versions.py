"""Versions of what a result depends on, for manifests and bug reports."""

from __future__ import annotations

import importlib.metadata
import platform

LIBRARIES = (
    "babel",
    "geopandas",
    "highspy",
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyogrio",
    "pyproj",
    "pyyaml",
    "scipy",
    "shapely",
    "typst",
    "xlsxwriter",
)
"""Libraries whose version can change a byte of the outputs."""


def versions() -> dict[str, str]:
    """Version of sozialraum, Python and every library that shapes the output."""
    from sozialraum import __version__

    found = {"sozialraum": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def show_versions() -> None:
    """Print the versions, for a bug report.

    Examples
    --------
    >>> import sozialraum as sr
    >>> sr.show_versions()  # doctest: +ELLIPSIS
    sozialraum ...
    """
    for name, version in versions().items():
        print(f"{name:12} {version}")
    print(f"{'platform':12} {platform.system()} {platform.machine()}")
