"""The report of an earlier run with the same content, where the cache has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sozialraum.cache import key_of, open_cache, remembering
from sozialraum.codec import Unstorable

if TYPE_CHECKING:
    from sozialraum.publish.content import Content


def kept_report(content: Content, *, cache: bool = True) -> bytes:
    """The report's bytes: set anew only where content or program have changed.

    Parameters
    ----------
    content : Content
        Released content.
    cache : bool
        False: always set anew, nothing is kept.

    Returns
    -------
    bytes
        The PDF.
    """
    from sozialraum.publish.report.document import render

    store = open_cache(cache)
    if store.folder is None:
        return render(content)
    rest: Any = replace(content, study=None)  # type: ignore[arg-type]
    try:
        key = key_of("report", content.study.model_dump_json(by_alias=True), rest)
    except Unstorable:
        return render(content)
    found = store.get(key) or store.put(key, render(content, remembering(store)))
    return bytes(found.value)
