"""How a table of another place is laid out: said by the study, so that it needs no reader."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, model_validator

from sozialraum.study.strict import DataPath, Strict


class TableLayout(Strict):
    """Where a table (CSV or .xlsx) has its areas and its figures.

    A heading that spans several rows is written from top to bottom with `` / `` between them, or
    as any one of its rows that no other column has.
    """

    key: str = Field(description="Heading of the column with the areas' ids or names")
    match: Literal["id", "name"] = Field("id", description="What stands in that column")
    columns: dict[str, str] = Field(
        min_length=1,
        description="What the program calls a figure -> heading of its column; in a long table "
        "the text in the column `measure`",
    )
    sheet: str | None = Field(None, description="Worksheet; absent: the only one with the heading")
    skip_lines: int = Field(0, ge=0, description="Lines of a text file above its heading")
    totals_at_end: int = Field(0, ge=0, description="How many of the last rows are totals")
    measure: str | None = Field(
        None, description="Long table: heading of the column that names the figure of a row"
    )
    value: str | None = Field(None, description="Long table: heading of the column of figures")
    only: dict[str, str] = Field(
        default_factory=dict, description="Rows that count: heading of a column -> its text"
    )
    dash: Literal["missing", "zero"] = Field(
        "missing", description="What a lone dash means; in tables of the Bundesagentur zero"
    )

    @model_validator(mode="after")
    def _long(self) -> TableLayout:
        if (self.measure is None) != (self.value is None):
            raise ValueError("a long table needs both measure and value")
        return self


class CountTable(Strict):
    """Counts of recipients of another place, in a layout that the study declares."""

    path: DataPath
    reference_date: dt.date
    title: str = Field(description="Who counted, as readers see it: Statistikstelle der Stadt X")
    layout: TableLayout = Field(
        description="Its `columns` name the measures: counts.ba_measure, counts.ba_children and "
        "what target groups use as workbook:COLUMN"
    )
    source: str = Field("", description="Id in the catalogue of sources")


class OwnSource(Strict):
    """A source that the catalogue does not have; every output names it."""

    title: str
    publisher: str
    licence: str
    attribution: str = Field("", description="As the licence demands it; absent: the publisher")
    url: str = ""


class Mend(Strict):
    """A wrong area id that is known."""

    feature: int = Field(ge=1, description="Number of the feature in the layer, from 1")
    wrong: str
    right: str
