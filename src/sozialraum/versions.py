"""What is installed: versions for manifests and bug reports, licences for whoever passes it on."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from functools import cache

LIBRARIES = (
    "babel",
    "geopandas",
    "highspy",
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

UNKNOWN = "not stated"

_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)


def versions() -> dict[str, str]:
    """Version of sozialraum, Python and every library that shapes the output."""
    from sozialraum import __version__

    return {"sozialraum": __version__, "python": platform.python_version(), **_installed()}


@cache
def _installed() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            known = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
            continue
        # All of the metadata, read as a message, takes ten times as long as the one line.
        line = _VERSION.search(known.read_text("METADATA") or "")
        found[name] = line[1] if line else known.version
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


def licences() -> list[tuple[str, str, str]]:
    """Every package of the environment.

    Returns
    -------
    list of (name, version, licence)
        Sorted by name. The licence as the package states it: its expression, else its
        classifiers, else the first line of its licence text; `UNKNOWN` where it says nothing.

    Examples
    --------
    >>> {name: licence for name, _, licence in licences()}["sozialraum"]
    'Apache-2.0'
    """
    found = {}
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"]
        if name:
            found[name.casefold()] = (name, package.version, _licence(package.metadata))
    return [found[key] for key in sorted(found)]


def _licence(about: importlib.metadata.PackageMetadata) -> str:
    if expression := (about.get_all("License-Expression") or [""])[0]:
        return str(expression)
    classifiers = about.get_all("Classifier") or []
    named = [c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License :: ")]
    named = [n for n in named if n != "OSI Approved"]
    if named:
        return ", ".join(named)
    text = (about.get_all("License") or [""])[0].strip().splitlines()
    first = re.sub(r"\s+", " ", text[0]).strip() if text else ""
    return first[:80] or UNKNOWN
