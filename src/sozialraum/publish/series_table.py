"""The further table 'Zeitreihe': indicators over the editions of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sozialraum.areas.series import series_of
from sozialraum.publish.columns import Column, describe
from sozialraum.publish.further import FurtherTable

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable


def series_table(table: AreaTable) -> tuple[FurtherTable, ...]:
    """The series as a sheet of the workbook; nothing where there are fewer than two editions.

    The values are those that their publisher printed, so nothing of them is withheld beyond areas
    with too few residents.
    """
    frame = series_of(table)
    if frame is None:
        return ()
    editions = [str(c) for c in frame if str(c).startswith("value_")]
    columns = (
        describe("area_id"),
        describe("name"),
        Column("indicator", "Indikator"),
        *(
            Column(c, f"Ausgabe {c.removeprefix('value_')}", "number", 4, "Prozent")
            for c in editions
        ),
        Column("change", "Veränderung zur vorigen Ausgabe", "number", 4, "Prozentpunkte"),
        Column(
            "trend",
            "Veränderung je Jahr seit der letzten neuen Definition",
            "number",
            4,
            "Prozentpunkte",
        ),
        Column("from", "erste Ausgabe, die eingeht", "integer"),
        Column("to", "letzte Ausgabe, die eingeht", "integer"),
        Column("breaks", "Änderung der Definition"),
    )
    note = (
        "Über eine Änderung der Definition hinweg wird nichts verglichen. Eine 0, hinter der sich "
        "eine verdeckte kleine Zahl verbirgt, geht in Veränderung und Entwicklung nicht ein. Aus "
        "zwei oder drei Ausgaben folgt kein gesicherter Trend."
    )
    return (
        FurtherTable(
            "series",
            "Zeitreihe",
            "Indikatoren über die Ausgaben",
            frame,
            columns,
            public=("area_id", "name", "indicator", "breaks"),
            note=note,
            in_report=False,
        ),
    )
