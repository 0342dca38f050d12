"""Texts of a table as Python's own."""

from __future__ import annotations

from typing import Any


def listed(texts: Any) -> list[str | None]:
    """The texts of a pandas array, None for those that are missing.

    Parameters
    ----------
    texts : pandas.api.extensions.ExtensionArray
        Of the type `pandas.StringDtype`.

    Examples
    --------
    >>> import pandas as pd
    >>> listed(pd.array(["Weg", None], dtype="str"))
    ['Weg', None]
    """
    if texts.dtype.storage == "pyarrow":  # which lists its own many times faster than pandas
        import pyarrow as pa

        return pa.array(texts, from_pandas=True).to_pylist()  # type: ignore[no-any-return]
    return [None if m else v for v, m in zip(texts.tolist(), texts.isna(), strict=True)]
