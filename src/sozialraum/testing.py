"""Assertions for tests of code that uses runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from sozialraum.result import Run

__all__ = ["assert_run_equal"]

TABLES = ("areas", "regions", "rooms", "presence", "frontier")
MOST = 5  # differences shown for each table


def assert_run_equal(
    left: Run, right: Run, *, rtol: float = 0.0, atol: float = 0.0, check_study: bool = True
) -> None:
    """Assert that two runs found the same.

    Parameters
    ----------
    left, right : Run
    rtol, atol : float
        Numbers are equal where ``|left - right| <= atol + rtol * |right|``; two missing values are
        equal, a missing one and a number are not. Counts, ids and words are compared exactly.
    check_study : bool
        Compare the settings, too.

    Raises
    ------
    AssertionError
        Names each setting, table, column and row that differs, with both values.

    Examples
    --------
    >>> import sozialraum as sr
    >>> run = sr.run("demo", siting={"rooms": 2, "stability_draws": 0})
    >>> sr.testing.assert_run_equal(run, run)
    """
    found: list[str] = []
    if check_study:
        found += _settings("study", left.study.model_dump(), right.study.model_dump())
    for name in TABLES:
        found += _table(name, getattr(left, name), getattr(right, name), rtol, atol)
    if found:
        raise AssertionError("The runs differ.\n  " + "\n  ".join(found))


def _settings(where: str, left: Any, right: Any) -> list[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        keys = sorted({*left, *right}, key=str)
        return [d for k in keys for d in _settings(f"{where}.{k}", left.get(k), right.get(k))]
    return [] if left == right else [f"{where}: {left!r} and {right!r}"]


def _table(name: str, left: pd.DataFrame, right: pd.DataFrame, rtol: float, atol: float) -> Any:
    import pandas as pd

    found = []
    if gone := [str(c) for c in left if c not in right]:
        found.append(f"{name}: only left has the columns {', '.join(gone)}")
    if new := [str(c) for c in right if c not in left]:
        found.append(f"{name}: only right has the columns {', '.join(new)}")
    if not left.index.equals(right.index):
        only = [list(a.index.difference(b.index)) for a, b in ((left, right), (right, left))]
        if not any(only):
            return [*found, f"{name}: the same rows in another order"]
        told = [f"{name}: rows only {side}: {_few(rows)}" for side, rows in
                zip(("left", "right"), only, strict=True) if rows]  # fmt: skip
        return [*found, *told]
    for column in [c for c in left if c in right]:
        a, b = left[column], right[column]
        if pd.api.types.is_float_dtype(a) and pd.api.types.is_float_dtype(b):
            same = ((a - b).abs() <= atol + rtol * b.abs()) | (a == b) | (a.isna() & b.isna())
        elif column == "geometry":
            same = a.geom_equals_exact(b, atol)
        else:
            pairs = zip(a.tolist(), b.tolist(), strict=True)
            same = pd.Series([_same(x, y) for x, y in pairs], a.index, dtype=bool)
        if not same.all():
            rows = a.index[~same]
            told = [f"{r}: {a[r]!r} and {b[r]!r}" for r in rows[:MOST]]
            more = f" and {len(rows) - MOST} more" if len(rows) > MOST else ""
            found.append(f"{name}.{column} in {len(rows)} row(s): {'; '.join(told)}{more}")
    return found


def _same(left: Any, right: Any) -> bool:
    """Equal, or both missing (None, NaN or pandas' NA)."""
    import pandas as pd

    scalar = pd.api.types.is_scalar(left) and pd.api.types.is_scalar(right)
    return bool(left == right or (scalar and pd.isna(left) and pd.isna(right)))


def _few(rows: list[Any]) -> str:
    more = f" and {len(rows) - MOST} more" if len(rows) > MOST else ""
    return ", ".join(map(str, rows[:MOST])) + more
