"""Further tables: what stages found beyond the contract's four files.

A stage that has more to say than a column (ranks under other choices, changes between editions,
a weekly plan) hands over a `FurtherTable`. The gate withholds its rows like those of the areas;
the workbook shows it as a sheet, the report prints some in its annex. Nobody has to touch a writer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sozialraum.publish.columns import Column

IDS = ("area_id", "region_id")


@dataclass(frozen=True)
class FurtherTable:
    """One table with the meaning of its columns.

    Attributes
    ----------
    name : str
        Machine name, English.
    sheet : str
        Title of the sheet, at most 31 characters, in the readers' language.
    title : str
        Caption in the report.
    frame : pandas.DataFrame
        RangeIndex; a missing figure is NaN or None. Rows that belong to an area or a
        Bezirksregion carry `area_id` or `region_id`.
    columns : tuple of Column
        Meaning, unit and printed digits, in their order.
    of_counts : tuple of str
        Columns from which a withheld count could be computed: emptied where it is withheld.
    public : tuple of str
        Columns that stay even where an area has too few residents: ids, names, residents.
    note : str
        Small print below the table.
    in_report : bool
        Whether the report's annex shows it; the workbook always does.
    """

    name: str
    sheet: str
    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    of_counts: tuple[str, ...] = ()
    public: tuple[str, ...] = (*IDS, "name", "region_name", "population")
    note: str = ""
    in_report: bool = True

    def __post_init__(self) -> None:
        absent = {c.name for c in self.columns} - set(self.frame.columns)
        if absent or len(self.sheet) > 31:
            raise ValueError(f"{self.name}: columns {sorted(absent)}, sheet {self.sheet!r}")

    def withholding(self, areas: pd.Series, regions: pd.Series) -> FurtherTable:
        """The table without what must not be shown.

        Parameters
        ----------
        areas, regions : pandas.Series of str
            Reason for withholding by id ('' = shown), see `publish.gate.withheld`.
        """
        frame = self.frame.copy()
        for key, reasons in zip(IDS, (areas, regions), strict=True):
            if key not in frame or (key == "region_id" and "area_id" in frame):
                continue
            reason = frame[key].map(reasons).fillna("")
            rest = [c for c in frame.columns if c not in self.public]
            _empty(frame, reason != "", [c for c in self.of_counts if c in frame])
            _empty(frame, reason == "population", rest)
        return replace(self, frame=frame)


def _empty(frame: pd.DataFrame, rows: pd.Series, columns: Iterable[str]) -> None:
    out = rows.to_numpy(dtype=bool)
    for column in columns:
        if not out.any():
            return
        numeric = pd.api.types.is_numeric_dtype(frame[column])
        values = frame[column].to_numpy(dtype=float if numeric else object, copy=True)
        values[out] = np.nan if numeric else None
        frame[column] = pd.Series(values, index=frame.index, dtype=values.dtype)
