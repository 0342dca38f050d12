"""What a published column means: one dictionary for tables, geodata and their descriptions.

Every writer prints a column with the digits given here, so that CSV, workbook, GeoPackage and
GeoParquet show the same figure, and the noise of the last binary digit never reaches a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.texts import listed

Kind = Literal["text", "integer", "number", "boolean"]


@dataclass(frozen=True)
class Column:
    """One published column.

    Attributes
    ----------
    name : str
        Machine name, English and stable.
    title : str
        What it means, German.
    kind : {'text', 'integer', 'number', 'boolean'}
        `integer` columns hold whole numbers, whatever the dtype of the frame.
    digits : int
        Digits after the decimal point that are printed.
    unit : str
        German; empty where there is none.
    share : bool
        A fraction that people read as a percentage.
    note : str
        What a heading has no room for, German: where the column is empty, what a word claims.
    """

    name: str
    title: str
    kind: Kind = "text"
    digits: int = 0
    unit: str = ""
    share: bool = False
    note: str = ""


_FURTHER: dict[str, str] = {
    "region_id": "Nummer der Bezirksregion (Text)",
    "region_name": "Name der Bezirksregion",
    "unit_id": "Kennung des Orts mit Nachfrage",
    "location_quotient_city": "Anteil geteilt durch den Anteil der ganzen Stadt",
    "children": "Kinder unter 15 Jahren in Haushalten mit Leistungen",
    "share_base": "Einwohnerinnen und Einwohner, auf die sich der Anteil bezieht",
    "status_index": "Statusindex (standardisierte Summe der Indikatoren)",
    "status_published": "Statusklasse, wie sie veröffentlicht ist",
    "dynamics_index": "Dynamikindex (standardisierte Summe der Veränderungen)",
    "dynamics_published": "Dynamikklasse, wie sie veröffentlicht ist",
    "old_age": "geschätzte Personen mit Grundsicherung im Alter (SGB XII)",
    "top_certain": "gehört sicher zu den k Gebieten mit dem größten Bedarf",
    "top_possible": "gehört möglicherweise zu den k Gebieten mit dem größten Bedarf",
    "comparable": "Gebiete mit den ähnlichsten Indikatoren und ähnlich vielen Einwohnern",
    "sentence": "warum das Gebiet dort steht, wo es steht",
    "flags": "Hinweise",
    "cluster_sentence": "räumliche Konzentration in Worten",
    "address": "Anschrift der Einrichtung",
    "operator_reason": "woran die Art des Trägers erkannt wurde",
    "venue_types": "Art der Einrichtung",
    "sources": "Quellen des Eintrags",
    "eligible": "als Raum für die Präsenz geeignet",
    "reason": "warum nicht geeignet",
    "suits": "geeignet für die Zielgruppen",
    "barrier_free": "barrierefrei, soweit bekannt",
    "opening": "Öffnungszeiten, soweit bekannt",
    "size": "Raumgröße, soweit bekannt",
    "approximate": "Lage nur ungefähr bekannt",
    "targets": "bedient nur diese Zielgruppen (leer: alle)",
    "role": "Rolle im Vorschlag für alle",
    "areas": "Gebiete der Konzentration",
    "cases": "Leistungsberechtigte in der Konzentration",
    "expected": "erwartete Zahl bei überall gleichem Anteil",
    "relative_risk": "Anteil innen geteilt durch Anteil außen",
    "names": "Namen der Gebiete",
    "beyond": "weitere Gebiete jenseits der Grenze",
    "p_circles": "dieselbe Wahrscheinlichkeit bei Suche mit Kreisen (zur Gegenprobe)",
    "per_km2": "Personen je km² (Modell: gleicher Anteil im ganzen Gebiet)",
    "behind": "Personen im Umkreis, die hinter dem Wert stehen",
    "population_share": "Anteil der Einwohnerinnen und Einwohner, aufsummiert (0 bis 1)",
    "recipients_share": "Anteil der Leistungsberechtigten, aufsummiert (0 bis 1)",
    "p_value": "Wahrscheinlichkeit, dass eine so starke Konzentration zufällig entsteht",
    "topic": "Thema",
    "finding": "Befund",
    "detail": "Einzelheiten",
}
_NUMBERS: dict[str, tuple[Kind, int, str]] = {
    "population": ("integer", 0, "Personen"),
    "recipients": ("integer", 0, "Personen"),
    "recipients_lo": ("integer", 0, "Personen"),
    "recipients_hi": ("integer", 0, "Personen"),
    "old_age": ("integer", 0, "Personen"),
    "reached": ("integer", 0, "Personen"),
    "bound": ("number", 1, "Personen"),
    "cases": ("integer", 0, "Personen"),
    "expected": ("number", 1, "Personen"),
    "relative_risk": ("number", 3, ""),
    "p_value": ("number", 4, ""),
    "p_circles": ("number", 4, ""),
    "areas": ("integer", 0, ""),
    "beyond": ("integer", 0, ""),
    "per_km2": ("integer", 0, "Personen je km²"),
    "behind": ("integer", 0, "Personen"),
    "location_quotient": ("number", 4, ""),
    "location_quotient_city": ("number", 4, ""),
    "children": ("integer", 0, "Personen"),
    "share_base": ("integer", 0, "Personen"),
    "need_index": ("number", 6, ""),
    "status_index": ("number", 6, ""),
    "dynamics_index": ("number", 6, ""),
    "p_top": ("number", 4, ""),
    "stability": ("number", 4, ""),
    "lon": ("number", 6, "Grad"),
    "lat": ("number", 6, "Grad"),
    "x": ("integer", 0, "Meter"),
    "y": ("integer", 0, "Meter"),
    "hours_open": ("number", 2, "Stunden je Woche"),
    "hours_appointment": ("number", 2, "Stunden je Woche"),
    "p": ("integer", 0, ""),
    "order": ("integer", 0, ""),
}
_SHARES = frozenset(
    ("share", "share_lo", "share_hi", "reached_share", "cumulative_share", "gap", "stability")
    + ("p_top", "population_share", "recipients_share")
)
_PATTERNS: tuple[tuple[str, str, Kind, int, str], ...] = (
    (r"((?:S|D|KI_)\d+)", "Indikator {0} der aktuellen Ausgabe", "number", 4, "Prozent"),
    (r"((?:S|D|KI_)\d+)_previous", "Indikator {0} der vorigen Ausgabe", "number", 4, "Prozent"),
    (r"explained_(\w+)", "Beitrag von {0} zum Bedarfsindex", "number", 4, ""),
    (r"rank_lo_(\w+)", "bester Rang für die Zielgruppe {0}", "integer", 0, ""),
    (r"rank_hi_(\w+)", "letzter Rang für die Zielgruppe {0}", "integer", 0, ""),
    (r"rank_(\w+)", "Rang für die Zielgruppe {0}", "integer", 0, ""),
    (r"weight_(\w+)", "Personen der Zielgruppe {0}", "integer", 0, "Personen"),
    (r"people_(\w+)", "Personen der Zielgruppe {0} an diesem Ort", "integer", 0, "Personen"),
)


_NOTES: dict[str, str] = {
    "stability": "Leer, wo nichts wiederholt wurde: bei Gebieten mit negativer Entwicklung, weil "
    "schon unsicher ist, welche es sind; bei einem anderen Modell als der reinen Abdeckung oder "
    "mit Regeln; in einer Studie ohne Wiederholungen.",
    "operator_kind": "association heißt gemeinnützig, auch wo es nur aus Rechtsform oder Namen "
    "erschlossen ist: Ein eingetragener Verein oder eine Stiftung muss es nicht sein.",
    "hours_open": "Leer, wo die Studie keine Stunden plant; geplant wird der Vorschlag mit der "
    "Zahl der Räume der Studie für ihre erste Zielgruppe.",
}
_NOTES["hours_appointment"] = _NOTES["hours_open"]


_IN_TABLE: dict[str, dict[str, str]] = {
    "regions": {"name": "Name der Bezirksregion"},
    "presence": PRESENCE,
    "frontier": FRONTIER,
    "rooms": {"name": "Name der Einrichtung", "order": "Stelle im Vorschlag für alle"},
    "offices": {"name": "Name des Standorts"},
}
"""Titles that differ from the other tables'."""


@cache
def describe(name: str, table: str = "") -> Column:
    """Meaning, type, unit and printed digits of a published column.

    Parameters
    ----------
    name : str
        Machine name. A name nobody described is a text that is titled by its own name.
    table : {'', 'regions', 'presence', 'frontier', 'rooms', 'offices'}
        Where a column means something of its own; everything but the title is the same.

    Examples
    --------
    >>> describe("share")
    Column(name='share', title='Anteil der Leistungsberechtigten (0 bis 1)', kind='number',
           digits=6, unit='', share=True, note='')
    >>> describe("rank_lo_young").title
    'bester Rang für die Zielgruppe young'
    >>> describe("name").title, describe("name", "presence").title
    ('Name des Planungsraums', 'Name der Einrichtung')
    """
    column = _described(name)
    title = _IN_TABLE.get(table, {}).get(name, column.title)
    return replace(column, title=title, note=_NOTES.get(name, ""))


def _described(name: str) -> Column:
    title = RANKING.get(name) or PRESENCE.get(name) or FRONTIER.get(name) or _FURTHER.get(name)
    if name in _NUMBERS:
        kind, digits, unit = _NUMBERS[name]
        return Column(name, title or name, kind, digits, unit, name in _SHARES)
    if name in _SHARES:
        return Column(name, title or name, "number", 6, "", True)
    if name in ("rank", "rank_lo", "rank_hi", "rank_by_share", "rank_by_count"):
        return Column(name, title or name, "integer")
    if name in ("eligible", "top_certain", "top_possible", "approximate"):
        return Column(name, title or name, "boolean")
    if title is None:
        for pattern, text, kind, digits, unit in _PATTERNS:
            if found := re.fullmatch(pattern, name):
                return Column(name, text.format(found[1]), kind, digits, unit)
    return Column(name, title or name)


def rounded(frame: pd.DataFrame, described: Iterable[Column] | None = None) -> pd.DataFrame:
    """Round every number to its printed digits; whole numbers become nullable integers.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns are looked up with `describe` unless they are given. Lists and tuples of texts
        become 'a; b'; a text that is missing or empty becomes None; a number that is missing
        becomes NaN or NA, never 0.
    described : iterable of Column, optional
        Only these columns, in this order.

    Returns
    -------
    pandas.DataFrame
        Same index, same columns unless some were asked for; geometry untouched; new object.

    Examples
    --------
    >>> rounded(pd.DataFrame({"share": [0.12345678], "rank": [3.0], "suits": [("a", "b")]}))
          share  rank suits
    0  0.123457     3  a; b
    """
    known = {c.name: c for c in described or [describe(str(name)) for name in frame.columns]}
    plain_frame = pd.DataFrame(frame)  # a GeoDataFrame looks at its geometry at every access
    columns = {
        name: frame[name] if name == "geometry" else _column(plain_frame[name], column)
        for name, column in known.items()
    }
    return type(frame)(columns, index=frame.index, copy=False)


def cells(values: pd.Series, column: Column) -> list[Any]:
    """The values of one column as `rounded` makes them, but Python's own, None where missing.

    Parameters
    ----------
    values : pandas.Series
    column : Column

    Returns
    -------
    list of str, int, float, bool or None

    Examples
    --------
    >>> cells(pd.Series([2.0, None]), describe("rank")), cells(pd.Series([0.5]), describe("share"))
    ([2, None], [0.5])
    """
    if column.kind == "boolean":
        flags = values.astype("boolean").to_numpy(object)
        return [None if flag is pd.NA else flag for flag in flags]
    if column.kind == "text":
        known = isinstance(values.dtype, pd.StringDtype)
        return [plain(v) for v in (listed(values.array) if known else values.to_numpy(object))]
    numbers, missing = _numbers(values, column.digits)
    if column.kind == "integer":
        numbers = np.where(missing, 0, numbers).astype("int64")
    pairs = zip(numbers.tolist(), missing.tolist(), strict=True)
    return [None if unknown else number for number, unknown in pairs]


def _column(values: pd.Series, column: Column) -> Any:
    if column.kind == "boolean":
        return values.astype("boolean").array
    if column.kind == "text":
        texts = np.empty(len(values), object)
        texts[:] = cells(values, column)
        return texts
    numbers, missing = _numbers(values, column.digits)
    if column.kind == "number":
        numbers[missing] = np.nan
        return numbers
    return pd.arrays.IntegerArray(np.where(missing, 0, numbers).astype("int64"), missing)


def _numbers(values: pd.Series, digits: int) -> tuple[np.ndarray, np.ndarray]:
    """Rounded numbers, and where there is none."""
    # adding zero turns the negative zero of a rounded -0.0000001 into 0
    numbers = np.round(values.to_numpy(float, na_value=np.nan), digits) + 0.0
    return numbers, ~np.isfinite(numbers)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200e\u200f\u202a-\u202e]")


def plain(value: Any) -> str | None:
    r"""Make a text that no format chokes on: control characters and surrogates become blanks.

    Marks that reverse the direction of writing are blanked, too: they make a name look like
    another one. None, NaN and the empty text become None.

    Examples
    --------
    >>> plain("Haus\tam\x00See"), plain(float("nan")), plain(("a", "b"))
    ('Haus am See', None, 'a; b')
    """
    if isinstance(value, str):
        if value.isprintable():  # nothing to replace: the common case, and a fast answer
            return value or None
        return _CONTROL.sub(" ", value) or None
    if isinstance(value, (list, tuple, set, frozenset)):
        value = "; ".join(
            str(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)
        )
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and np.isnan(value))
    ):
        return None
    text = _CONTROL.sub(" ", str(value))
    return text or None
