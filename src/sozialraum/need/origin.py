"""Where the number of recipients comes from, in words, and that there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sozialraum.errors import StudyError
from sozialraum.need import rounded

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assessment import Need


def notes(table: AreaTable) -> list[str]:
    """Sentences (German) on the origin of the counts, for every output.

    Examples
    --------
    >>> import sozialraum as sr
    >>> notes(sr.areas.read_areas(sr.load_study("demo")))[0].split(": ")[0]
    'Zahl der Leistungsberechtigten'
    """
    rounding = []
    if rounded.is_rounded(table):
        rounding = [rounded.note(table.study.disclosure.rounding_base)]
    return _origin(table) + rounding


def _origin(table: AreaTable) -> list[str]:
    counts = table.study.counts
    source = ""
    if counts.table is not None:
        source = f"{counts.table.title}, Stand {counts.table.reference_date:%d.%m.%Y}"
    elif table.ba is not None:
        month = table.ba_book.reporting_month
        source = f"Statistik der Bundesagentur für Arbeit, Berichtsmonat {month}"
    if source:
        said = f"Zahl der Leistungsberechtigten: {counts.ba_measure} laut {source}."
        return [said, *_other_day(table)]
    names = " und ".join(counts.from_indicators)
    return [
        f"Die Zahl der Leistungsberechtigten ist abgeleitet: Zähler der Indikatoren {names}, aus "
        "den veröffentlichten Anteilen und den Einwohnerzahlen desselben Stichtags berechnet. Sie "
        "enthält auch Leistungen nach dem SGB XII. Weil die Bezugsgröße von S1 an der "
        "Altersgrenze der Rente endet und nicht veröffentlicht ist, stehen Grenzen dabei."
    ]


def _other_day(table: AreaTable) -> list[str]:
    """That counts and residents are of different months, where they are."""
    month, date = table.ba_book.reporting_month, table.study.population.reference_date
    if not month or month == f"{date:%Y-%m}":
        return []
    return [
        f"Die Einwohnerzahlen sind vom {date:%d.%m.%Y}; Anteile setzen beide Zeitpunkte ins "
        "Verhältnis."
    ]


def refuse_without_counts(table: AreaTable, need: Need) -> None:
    """Stop where no area of the region has a count: nothing could be said about people.

    Raises
    ------
    StudyError
        There is no workbook, and from the shares of the edition no count can be derived.
    """
    # A count that is suppressed has a lower bound; one that is not known has none.
    if need.areas.loc[table.region, "recipients_lo"].notna().any():
        return
    study = table.study
    if table.ba is None and study.indicators.edition is not None:
        edition = study.edition(study.indicators.edition)
        raise StudyError(
            f"No count of recipients can be derived: the edition {edition.id} has no residents "
            f"by age of {edition.reference_date}",
            where=f"editions.{edition.id}.register",
            expected="a register of that day on the study's areas, or a workbook with counts",
            hint="Choose another edition under indicators.edition",
        )
    raise StudyError(
        "No area of the region has a count of recipients",
        where="counts",
        expected="at least one area with a count",
    )
