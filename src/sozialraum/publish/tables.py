"""The tables of a run: four CSV files for machines and one workbook for people.

A missing or withheld figure is an empty cell in both. Text stays text: a cell that a spreadsheet
would take for a formula is marked in the CSV (see `guarded`) and typed as text in the workbook.
The bytes depend on the content only, never on clock, locale or place.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sozialraum.publish.columns import Column, cells, describe
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.publish.meanings import Meanings, explained, sentence
from sozialraum.publish.terms import own_terms
from sozialraum.publish.workbook import Formats, text_cell, write_notes, write_table

if TYPE_CHECKING:
    from sozialraum.publish.content import Content
    from sozialraum.study import Study

SHEET_NAME = 31
"""Longest title of a sheet."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """Mark a text that a spreadsheet would run as a formula with a leading apostrophe.

    Spreadsheets decide by the first character, some after skipping blanks.

    Examples
    --------
    >>> guarded("=1+1"), guarded(" @SUM(A1)"), guarded("Haus am See")
    ("'=1+1", "' @SUM(A1)", 'Haus am See')
    """
    return "'" + text if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def values(frame: pd.DataFrame, columns: Iterable[Column]) -> list[list[Any]]:
    """The cells of a table, column by column, with printed digits; None where there is none.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index may carry the name of a column; a column that is absent is empty.
    columns : iterable of Column
        In their order.
    """
    flat = pd.DataFrame(frame)  # a GeoDataFrame looks at its geometry at every access
    index = flat.index.to_series() if flat.index.name else None
    result = []
    for column in columns:
        if column.name in flat:
            result.append(cells(flat[column.name], column))
        elif index is not None and column.name == index.name:
            result.append(cells(index, column))
        else:
            result.append([None] * len(flat))
    return result


def csv_text(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """One table as CSV: comma, decimal point, LF, empty = missing.

    Numbers carry exactly the digits of their column (`sozialraum.publish.columns`).
    """
    wanted = [describe(name) for name in columns]
    table = zip(wanted, values(frame, wanted), strict=True)
    printed = [["" if v is None else _printed(v, c) for v in column] for c, column in table]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(c.name for c in wanted)
    writer.writerows(zip(*printed, strict=True))
    return out.getvalue()


def _printed(value: Any, column: Column) -> str:
    if column.kind == "boolean":
        return "true" if value else "false"
    if column.kind == "number":
        return f"{value:.{column.digits}f}"
    return guarded(value) if column.kind == "text" else str(value)


def region_columns() -> list[str]:
    """Columns of `regions.csv`: those of `ranking.csv`, by Bezirksregion."""
    return ["region_id", *list(RANKING)[1:]]


def worst_first(areas: pd.DataFrame) -> pd.DataFrame:
    """Sort areas by rank, those without rank last, by id where ranks are equal."""
    return areas.sort_index().sort_values("rank", kind="stable", na_position="last")


def write_csvs(content: Content, folder: Path) -> list[Path]:
    """Write `ranking.csv`, `regions.csv`, `presence.csv` and `frontier.csv`.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    folder : pathlib.Path
        Existing folder.

    Returns
    -------
    list of pathlib.Path
        The written files, in this order. UTF-8 without BOM, LF.
    """
    areas = worst_first(content.areas)
    texts = {
        "ranking.csv": csv_text(areas, RANKING),
        "regions.csv": csv_text(content.regions.sort_index(), region_columns()),
        "presence.csv": csv_text(content.presence, PRESENCE),
        "frontier.csv": csv_text(content.frontier, FRONTIER),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return [folder / name for name in texts]


def write_calendar(content: Content, folder: Path) -> None:
    """Write `presence.ics`, the plan of a week, where the study plans hours."""
    if content.calendar:
        (folder / "presence.ics").write_bytes(content.calendar.encode("utf-8"))


_ROOMS: tuple[str, ...] = (
    "site_id",
    "name",
    "address",
    "operator",
    "operator_kind",
    "operator_reason",
)
_ROOMS += ("venue_types", "eligible", "reason", "suits", "barrier_free", "opening", "size")
_ROOMS += ("area_id", "sources", "lon", "lat")
_QUALITY = ("topic", "finding", "detail")


def area_columns(frame: pd.DataFrame) -> list[str]:
    """Columns of the sheet of areas: those of `ranking.csv` and what else explains the area."""
    further = ["region_id", "region_name"]
    further += [f"S{k}{s}" for k in (1, 2, 3, 4) for s in ("", "_previous")]
    further += ["status_index", "status_published", "dynamics_index", "dynamics_published"]
    further += ["old_age", "top_certain", "top_possible", "sentence", "cluster_sentence", "flags"]
    further += [str(c) for c in frame.columns if str(c).startswith("rank_") and c not in RANKING]
    return list(RANKING) + [c for c in further if c in frame.columns]


class Sheet(NamedTuple):
    """One table of the workbook: what its columns are called, and what they mean (`note`)."""

    title: str
    frame: pd.DataFrame
    columns: list[Column]
    about: str = ""


def sheets(content: Content) -> list[Sheet]:
    """The tables of the workbook in their order, without the notes before them.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    """
    study, meanings = content.study, Meanings.in_content(content)
    quality = pd.DataFrame(content.quality, columns=list(_QUALITY))
    reasons = content.presence["site_id"].map(content.rooms["operator_reason"])
    presence = content.presence.assign(operator_reason=reasons)  # for the words of the kind
    own: dict[str, tuple[str, pd.DataFrame, list[str]]] = {
        "Gebiete": ("areas", worst_first(content.areas), area_columns(content.areas)),
        "Bezirksregionen": ("regions", content.regions.sort_index(), region_columns()),
        "Räume": ("presence", presence, list(PRESENCE)),
        "Kurve": ("frontier", content.frontier, list(FRONTIER)),
        "Einrichtungen": ("rooms", content.rooms.sort_index(), list(_ROOMS)),
        "Datenqualität": ("quality", quality, list(_QUALITY)),
    }
    found = []
    for title, (name, frame, wanted) in own.items():
        columns = [explained(describe(c, name), meanings, name) for c in wanted]
        found.append(Sheet(own_terms(title, study)[:SHEET_NAME], frame, columns))
    for extra in content.further:
        columns = [explained(c, meanings) for c in extra.columns]
        about = " ".join(sentence(text) for text in (extra.title, extra.note) if text)
        found.append(Sheet(extra.sheet, extra.frame, columns, own_terms(about, study)))
    return found


def write_workbook(content: Content, path: Path) -> None:
    """Write `tables.xlsx`: notes first, then one filtered sheet per table.

    Sheets: Hinweise, Gebiete, Bezirksregionen, Räume, Kurve, Einrichtungen, Datenqualität, and one
    for each of `content.further`. The only date inside is the reference date.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.
    path : pathlib.Path
        Of the workbook; replaced where it exists.
    """
    import xlsxwriter

    info = content.info
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties(
            {
                "title": text_cell(info.title),
                "subject": text_cell(info.subtitle),
                "company": text_cell(content.study.publisher.organisation),
                "comments": "; ".join(text_cell(s.attribution) for s in info.sources),
                "created": dt.datetime.fromisoformat(info.reference_date),
            }
        )
        formats = Formats(book)
        study = content.study
        notes = book.add_worksheet(own_terms("Hinweise", study))
        described = {}
        for title, frame, columns, _ in sheets(content):
            described[title] = columns
            data = values(_translated(frame, study), columns)
            write_table(book.add_worksheet(title), data, columns, formats, info)
        write_notes(notes, content, described, formats)
        notes.activate()
    path.write_bytes(buffer.getvalue())


def _translated(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Words instead of keys in what people read: target groups and kinds of operator."""
    from sozialraum.presence.wording import KINDS, inferred_kind

    titles = {key: target.title for key, target in study.targets.items()}
    result: dict[str, list[Any]] = {}
    for column, words in (("target", titles), ("operator_kind", KINDS)):
        if column in frame:
            result[column] = [words.get(k, k) for k in frame[column].to_numpy(object)]
    if {"operator_kind", "operator_reason"} <= set(frame):
        kinds, reasons = (frame[f"operator_{c}"].to_numpy(object) for c in ("kind", "reason"))
        result["operator_kind"] = [
            inferred_kind(str(kind), str(reason)) or word
            for kind, reason, word in zip(kinds, reasons, result["operator_kind"], strict=True)
        ]
    if "suits" in frame:
        result["suits"] = [", ".join(titles.get(t, t) for t in some) for some in frame["suits"]]
    if study.language == "en":
        from sozialraum.publish.english import texts_in_english

        return texts_in_english(pd.DataFrame(frame).assign(**result))
    return pd.DataFrame(frame).assign(**result) if result else frame
