"""Plain JSON values of columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd


def numbers(values: pd.Series, digits: int) -> list[float | int | None]:
    """JSON numbers of a column, see `number`.

    Examples
    --------
    >>> numbers(pd.Series([1.5, None, 2.0]), 1)
    [1.5, None, 2]
    """
    return [number(v, digits) for v in values.to_numpy(float, na_value=np.nan).tolist()]


def texts(values: pd.Series) -> list[str]:
    """Texts of a column; empty where there is none."""
    return [text(v) for v in values.to_numpy(object)]


def number(value: Any, digits: int = 6) -> float | int | None:
    """A JSON number; None for a missing or infinite one; whole numbers without a point."""
    if value is None or not math.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def text(value: Any) -> str:
    """A text; empty where there is none."""
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)
