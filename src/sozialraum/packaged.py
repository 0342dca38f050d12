"""YAML, and the texts in it that come with the program."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Plain values only; libyaml's where it is there, which is ten times as fast."""


def packaged(package: str | None, name: str) -> Any:
    """A YAML file that lies beside a module.

    Parameters
    ----------
    package : str
        The module's `__package__`.
    name : str
        Name of the file.

    Examples
    --------
    >>> packaged("sozialraum.publish.report", "de.yaml")["cover"]["contents"]
    'Inhalt'
    """
    return yaml.load(resources.files(package or "").joinpath(name).read_bytes(), Loader=LOADER)
