"""Tables of areas below totals, as a reader who knows arithmetic sees them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sozialraum.disclosure.inference import Statement, findings, infer, shown, sums_to


def said_by(
    values: pd.Series, parent: pd.Series, upper: pd.Series | None = None
) -> tuple[dict[str, tuple[float, float]], list[Statement]]:
    """What everybody knows about each cell, and what the table says; NaN: withheld."""
    most = pd.Series(np.inf, values.index) if upper is None else upper.astype(float)
    known = {str(c): (0.0, float(max(most[c], values.fillna(0)[c]))) for c in values.index}
    said = [shown(str(c), n) for c, n in values.dropna().items()]
    for total in parent.dropna().unique():
        said.append(sums_to(total, [str(c) for c in parent.index[parent == total]]))
    return known, said


def intervals(values: pd.Series, parent: pd.Series, upper: pd.Series | None = None) -> pd.DataFrame:
    """Tightest interval of every cell."""
    found = infer(*said_by(values, parent, upper), list(values.index))
    rows = {cell: (low.value, high.value) for cell, (low, high) in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["lo", "hi"])


def found_in(
    values: pd.Series,
    parent: pd.Series,
    upper: pd.Series | None = None,
    sensitive: pd.Series | None = None,
) -> pd.DataFrame:
    """Withheld cells that are known too well, and small ones that are shown."""
    hidden = values.index[values.isna()]
    if sensitive is not None:
        hidden = hidden[sensitive.reindex(hidden).fillna(False).astype(bool)]
    return findings(*said_by(values, parent, upper), targets=list(hidden))
