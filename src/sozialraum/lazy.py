"""Names and libraries that are imported when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any


class Later:
    """A library that is imported when its first name is asked for.

    Examples
    --------
    >>> Later("json").dumps([1])
    '[1]'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what tools ask of any object
            raise AttributeError(name)
        value = getattr(importlib.import_module(self._name), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    from scipy import sparse as sparse
else:
    sparse = Later("scipy.sparse")
    """A quarter of a second that a run from the cache does not need."""


def exports(
    package: str, home: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package (PEP 562).

    Parameters
    ----------
    package : str
        Its `__name__`.
    home : mapping
        Module of the package -> the public names it defines, with blanks between them; the modules
        are attributes as well.

    Returns
    -------
    tuple
        The three, in this order.

    Examples
    --------
    >>> get, names, listed = exports("sozialraum.access", {"distance": "decay straight_line"})
    >>> listed, get("decay").__module__
    (['decay', 'straight_line'], 'sozialraum.access.distance')
    """
    modules = {name: module for module, names in home.items() for name in names.split()}
    listed = sorted(modules)

    def get(name: str) -> Any:
        if name in home:
            return importlib.import_module(f"{package}.{name}")
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{modules[name]}"), name)

    return get, lambda: list(listed), listed
