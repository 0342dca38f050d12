"""Copies of results: what one caller changes, no other one sees."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

PLAIN = frozenset({type(None), bool, int, float, str})
"""What cannot be changed, and stands for itself in JSON."""


def duplicate(value: Any) -> Any:
    """A value whose arrays, tables and lists may be changed without changing this one.

    Of the kinds that `sozialraum.codec` writes.

    Lists inside the cells of a table are shared. What cannot be changed is not copied, which makes
    it several times faster than `copy.deepcopy` on the many small records of a proposal.

    Examples
    --------
    >>> value = {"sites": [1, 2], "name": ("a", "b")}
    >>> again = duplicate(value)
    >>> again["sites"] is value["sites"], again["name"] is value["name"]
    (False, True)
    """
    kind = type(value)
    if kind in PLAIN or kind is bytes:
        return value
    if kind is list:
        if PLAIN.issuperset(map(type, value)):
            return value.copy()
        return [duplicate(v) for v in value]
    if kind is dict:
        return {k: duplicate(v) for k, v in value.items()}
    if kind is tuple:
        if PLAIN.issuperset(map(type, value)):
            return value
        made = [duplicate(v) for v in value]
        return value if all(a is b for a, b in zip(made, value, strict=True)) else tuple(made)
    if dataclasses.is_dataclass(kind):
        fields = vars(value)
        copies = {k: duplicate(v) for k, v in fields.items() if type(v) not in PLAIN}
        frozen = kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        if frozen and all(copies[k] is fields[k] for k in copies):
            return value
        new = object.__new__(kind)
        for key, field in {**fields, **copies}.items():
            object.__setattr__(new, key, field)
        return new
    return copy.deepcopy(value)
