"""Residents per 100 m cell, in the layout of the Zensus 2022 grid file."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.files import MEGABYTE, read_bytes

if TYPE_CHECKING:
    import pyarrow as pa

GRID_CRS = "EPSG:3035"
LARGEST_FILE = 200 * MEGABYTE
_CELL = r"^CRS3035RES(?P<size>\d{1,6})mN(?P<north>\d{1,8})E(?P<east>\d{1,8})$"


def read_grid(
    path: str | os.PathLike[str], *, metric_crs: str = "EPSG:25833", column: str = "Einwohner"
) -> pd.DataFrame:
    """Read the inhabited cells of a population grid.

    Parameters
    ----------
    path : path-like
        ``GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner``, middle points in EPSG:3035.
    metric_crs : str
        CRS of the result.
    column : str
        Column that holds the number of people.

    Returns
    -------
    pandas.DataFrame
        Index `cell` (the grid id, text), in the file's order; `x`, `y` (metres, `metric_crs`) and
        `people` (float, above 0: cells without people or with a hidden number are left out and
        counted in ``attrs["notes"]``).

    Raises
    ------
    InputError
        A column is missing, a cell repeats, its id contradicts its coordinates, a number is none.

    Examples
    --------
    >>> from sozialraum import demo
    >>> cells = read_grid(demo.folder() / "population_grid/population_100m.csv")
    >>> cells.columns.tolist(), bool((cells["people"] > 0).all())
    (['x', 'y', 'people'], True)
    """
    import pyproj

    where = os.fspath(path)
    content = read_bytes(path, limit=LARGEST_FILE)
    table = _table(content, where)
    names = {n.lower(): n for n in table.column_names}
    columns = [_column(names, p, where) for p in (r"gitter_id.*", r"x_mp.*", r"y_mp.*")]
    columns.append(_column(names, re.escape(column.lower()), where))
    cells = table[columns[0]].cast("string")  # a column without any value has no type
    x, y = (_numbers(table[c], where, c) for c in columns[1:3])
    _check_cells(cells, x, y, where)
    people, hidden = _people(table[columns[3]], where, columns[3])
    frame = pd.DataFrame(
        {"x": x, "y": y, "people": people}, index=pd.Index(cells.to_pandas(), name="cell")
    )
    empty = int((people == 0).sum())
    frame = frame[frame["people"] > 0]
    transformer = pyproj.Transformer.from_crs(GRID_CRS, metric_crs, always_xy=True)
    east, north = transformer.transform(frame["x"].to_numpy(), frame["y"].to_numpy())
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise InputError("Cells lie outside the reach of the study's CRS", where=where)
    frame = frame.assign(x=east, y=north)
    frame.attrs["notes"] = [
        f"{Path(where).name}: {count} Rasterzelle{'n' if count > 1 else ''} {kind} ausgelassen."
        for count, kind in ((empty, "ohne Einwohner"), (hidden, "mit verborgener Zahl"))
        if count
    ]
    return frame


def _table(content: bytes, where: str) -> pa.Table:
    """Parse the whole file at once; 42,683 rows take some hundredths of a second."""
    import pyarrow as pa
    from pyarrow import csv

    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("This is no text file", where=where, expected="UTF-8 text") from None
    first = content[:2000].split(b"\n", 1)[0]
    delimiter = ";" if b";" in first else ","
    try:
        return csv.read_csv(
            io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")),
            parse_options=csv.ParseOptions(delimiter=delimiter),
            convert_options=csv.ConvertOptions(null_values=[""], strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        message = str(error).splitlines()[0][:200]
        raise InputError(f"The grid file is not well formed: {message}", where=where) from None


def _column(names: dict[str, str], pattern: str, where: str) -> str:
    found = [name for low, name in names.items() if re.fullmatch(pattern, low)]
    if len(found) != 1:
        raise InputError(
            f"The grid file has {'no' if not found else 'more than one'} column like '{pattern}'",
            where=where,
            expected="GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner",
        )
    return found[0]


def _numbers(values: pa.ChunkedArray, where: str, column: str) -> np.ndarray:
    try:
        return values.cast("float64").to_numpy()
    except (ValueError, TypeError):
        raise InputError(
            "Not every cell is a number", where=f"{where}, column {column}", expected="metres"
        ) from None


def _people(values: pa.ChunkedArray, where: str, column: str) -> tuple[np.ndarray, int]:
    """People per cell; NaN where the publisher wrote a marker, and how many these are."""
    from sozialraum.sources.cells import COUNTS, parse_cells

    cells = values.to_pandas()
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    people = parse_cells(cells, COUNTS, where=where, column=column)["value"].to_numpy()
    return people, int(np.isnan(people).sum())


def _check_cells(cells: pa.ChunkedArray, x: np.ndarray, y: np.ndarray, where: str) -> None:
    """Cells stand once, and the middle point is the one that the cell's id names."""
    import pyarrow.compute as pc

    if cells.null_count:
        raise InputError(
            f"{cells.null_count} rows of the grid file name no cell",
            where=where,
            expected="an id in every row",
        )
    if pc.count_distinct(cells).as_py() != len(cells):
        counts = cells.value_counts()
        again = counts.filter(pc.greater(counts.field("counts"), 1))[0]["values"]
        raise InputError(f"The grid cell {again} stands twice", where=where)
    parts = pc.extract_regex(cells, _CELL)
    if parts.null_count:
        wrong = cells.filter(parts.is_null())[0]
        raise InputError(
            f"'{str(wrong)[:60]}' is no grid cell",
            where=where,
            expected="CRS3035RES100mN3254000E4569400",
        )
    size, north, east = (
        pc.struct_field(parts, part).cast("float64").to_numpy()
        for part in ("size", "north", "east")
    )
    off = (y != north + size / 2) | (x != east + size / 2)
    if off.any():
        raise InputError(
            f"The coordinates of grid cell {cells[int(np.argmax(off))]} contradict its id",
            where=where,
            expected="the cell's middle point in EPSG:3035",
        )
