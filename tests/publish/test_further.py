"""Further tables pass the gate like the areas they describe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sozialraum.publish.columns import Column
from sozialraum.publish.further import FurtherTable
from sozialraum.publish.report.document import render
from sozialraum.publish.tables import write_workbook
from tests.support.synthetic import content as synthetic

COLUMNS = (
    Column("area_id", "Nummer des Planungsraums"),
    Column("before", "Zahl vorher", "integer", 0, "Personen"),
    Column("class", "Klasse"),
    Column("moved", "Rang verändert", "boolean"),
)


def changes(ids: list[str]) -> FurtherTable:
    frame = pd.DataFrame(
        {"area_id": ids, "before": range(10, 10 + len(ids)), "class": "hoch", "moved": True}
    )
    return FurtherTable("changes", "Veränderung", "Veränderung", frame, COLUMNS, ("before",))


def test_a_withheld_count_is_withheld_in_every_table() -> None:
    reasons = pd.Series({"01": "", "02": "count", "03": "population"})
    shown = changes(["01", "02", "03"]).withholding(reasons, pd.Series(dtype=str)).frame
    assert shown["before"].tolist()[0] == 10
    assert np.isnan(shown["before"].tolist()[1])
    assert shown["class"].tolist() == ["hoch", "hoch", None]


def test_a_table_names_only_columns_it_has() -> None:
    with pytest.raises(ValueError, match="missing"):
        replace(changes(["01"]), columns=(*COLUMNS, Column("missing", "fehlt")))


def test_a_further_table_is_a_sheet_and_stands_in_the_annex(tmp_path: Path) -> None:
    import io

    from pypdf import PdfReader

    content = synthetic()
    content = replace(content, further=(changes(list(content.areas.index[:2])),))
    write_workbook(content, tmp_path / "t.xlsx")
    sheet = pd.read_excel(tmp_path / "t.xlsx", sheet_name="Veränderung", dtype=str)
    assert sheet["Rang verändert"].tolist() == ["ja", "ja"]
    assert sheet["Nummer des Planungsraums"].tolist() == list(content.areas.index[:2])
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(render(content))).pages)
    assert "Zahl vorher" in text
