"""What differs between two runs besides their results: input files and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished

_LABELS = ("name", "title", "subtitle", "question")
MOST = 160  # characters of a value that a table shows


def compare_settings(before: Finished, after: Finished) -> pd.DataFrame:
    """Every setting of the study that differs, besides names and titles.

    Returns
    -------
    pandas.DataFrame
        `setting` (path with points), `before`, `after` as texts; a setting that one study lacks
        is empty there.
    """
    flat = [dict(_flat(run.manifest["study"])) for run in (before, after)]
    rows = [
        (key, _shown(flat[0].get(key)), _shown(flat[1].get(key)))
        for key in sorted({*flat[0], *flat[1]})
        if flat[0].get(key) != flat[1].get(key) and key not in _LABELS
    ]
    return pd.DataFrame(rows, columns=["setting", "before", "after"])


def compare_inputs(before: Finished, after: Finished) -> pd.DataFrame:
    """Input files that were added, changed, or are no longer read.

    Returns
    -------
    pandas.DataFrame
        `file`, `change` ('neu', 'geändert', 'nicht mehr verwendet').
    """
    first, second = (run.manifest["inputs"] for run in (before, after))
    rows = []
    for name in sorted({*first, *second}):
        if name not in first:
            rows.append((name, "neu"))
        elif name not in second:
            rows.append((name, "nicht mehr verwendet"))
        elif first[name]["sha256"] != second[name]["sha256"]:
            rows.append((name, "geändert"))
    return pd.DataFrame(rows, columns=["file", "change"])


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested mappings with their path; lists are leaves."""
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from _flat(value[key], f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _shown(value: Any) -> str:
    if value in (None, [], {}, ""):
        return ""
    if isinstance(value, list):
        text = "; ".join(_shown(v) for v in value)
    elif isinstance(value, Mapping):
        text = ", ".join(f"{k}: {v}" for k, v in value.items() if v not in (None, "", []))
    else:
        text = str(value)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
