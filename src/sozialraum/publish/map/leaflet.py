"""Leaflet as it is inlined into the page: script, style and licence of the installed package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources

from sozialraum.errors import EnvironmentFault

_DISTRIBUTION = "django-js-lib-leaflet"


@dataclass(frozen=True)
class Leaflet:
    """The parts of Leaflet that the page needs."""

    script: str
    style: str
    licence: str
    version: str


@cache
def leaflet() -> Leaflet:
    """Read Leaflet from the installed package, without what would make a browser load a file.

    The rules with `url()` (layer control, default marker, behaviours of old browsers) go, because
    the page's policy forbids every request; the page uses neither that control nor that marker.

    Returns
    -------
    Leaflet

    Raises
    ------
    EnvironmentFault
        If the package is not installed.

    Examples
    --------
    >>> parts = leaflet()
    >>> parts.version
    '1.9.4'
    >>> "url(" in parts.style
    False
    """
    try:
        distribution = metadata.distribution(_DISTRIBUTION)
        folder = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
        script = (folder / "leaflet.js").read_text("utf-8")
        style = (folder / "leaflet.css").read_text("utf-8")
    except (metadata.PackageNotFoundError, ModuleNotFoundError, FileNotFoundError) as exc:
        raise EnvironmentFault(
            "Leaflet cannot be read, so the map cannot be written",
            where=_DISTRIBUTION,
            expected="the installed package with leaflet.js and leaflet.css",
            hint="Install the program again, with its dependencies",
        ) from exc
    licence = distribution.read_text("LICENSE") or distribution.read_text("licenses/LICENSE") or ""
    script = re.sub(r"//# sourceMappingURL=\S*\s*$", "", script).strip()
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    # a rule begins after a brace: looked for from every letter it costs thirty times as much
    style = re.sub(r"(?:\A|(?<=[{}]))[^{}]*\{[^{}]*url\([^{}]*\}", "", style)
    style = re.sub(r"\s+", " ", style).strip()
    version = re.search(r"Leaflet (\d+\.\d+\.\d+)", script[:200])
    return Leaflet(script, style, licence.strip(), version.group(1) if version else "")
