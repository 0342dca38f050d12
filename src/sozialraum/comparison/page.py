"""The comparison as tables (CSV) and one page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.comparison.areas import COVERAGE
from sozialraum.publish.numbers import interval, known, listing, number, percent
from sozialraum.publish.sheet import Sheet, write_folder

if TYPE_CHECKING:
    from sozialraum.comparison.runs import Comparison

FILES = ("compare.html", "areas.csv", "regions.csv", "rooms.csv", "settings.csv", "inputs.csv")


def write_comparison(comparison: Comparison, out: str | Path) -> Path:
    """Write the page and its tables into a folder of their own, swapped in as a whole.

    Parameters
    ----------
    comparison : Comparison
    out : path
        A new folder, or one that an earlier comparison wrote.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    EnvironmentFault
        The folder holds something else or cannot be written.
    """
    tables = {
        "areas.csv": comparison.areas.reset_index(),
        "regions.csv": comparison.regions.reset_index(),
        "rooms.csv": comparison.rooms,
        "settings.csv": comparison.settings,
        "inputs.csv": comparison.inputs,
    }
    private = comparison.before.info.internal or comparison.after.info.internal
    return write_folder(out, tables, {"compare.html": page(comparison)}, private=private)


def page(comparison: Comparison) -> str:
    """The page of the comparison, German."""
    before, after = comparison.before.info, comparison.after.info
    stamps = ["Fiktives Beispiel"] * (before.fictitious or after.fictitious)
    stamps += ["intern, nicht zur Weitergabe"] * (before.internal or after.internal)
    sheet = Sheet(
        f"Vergleich zweier Läufe: {after.region_name}",
        lead=f"Früher: Ausgabe {before.edition}, Stichtag {_date(before.reference_date)}, Kennung "
        f"{before.fingerprint}. Später: Ausgabe {after.edition}, Stichtag "
        f"{_date(after.reference_date)}, Kennung {after.fingerprint}.",
        stamp=" · ".join(stamps),
        footer="Quellen: " + "; ".join(_sources(comparison)) + ". Erstellt mit sozialraum "
        f"{after.version} aus den veröffentlichten Dateien beider Läufe.",
    )
    _definitions(sheet, comparison)
    _answer(sheet, comparison)
    _shares(sheet, comparison)
    _ranks(sheet, comparison)
    _rooms(sheet, comparison)
    _origin(sheet, comparison)
    return sheet.html()


def _definitions(sheet: Sheet, c: Comparison) -> None:
    if not c.definitions:
        return
    serious = c.measures & {"share", "index"}
    told = ["Achtung: Die Läufe messen nicht dasselbe."] if serious else []
    for d in c.definitions:
        what = f"{d.title} ist verschieden bestimmt. Früher: {d.before}. Später: {d.after}."
        if d.measure == "dynamics":
            what += " Die Dynamikklassen stehen nebeneinander und werden nicht verglichen."
        else:
            what += " Unterschiede können allein daher kommen."
        told.append(what)
    sheet.notice(*told)


def _answer(sheet: Sheet, c: Comparison) -> None:
    areas, rooms = c.areas, c.rooms
    sheet.section("Das Wichtigste")
    rows = rooms[rooms["target"] == "everybody"]
    new, gone = (list(rows.loc[rows["change"] == w, "name"]) for w in ("neu", "entfällt"))
    shares = [r.content.figures.get("share") for r in (c.before, c.after)]
    total = f"{c.after.info.recipients_label}, Anteil in {c.after.info.region_name} insgesamt: "
    points = [total + f"früher {percent(shares[0])}, später {percent(shares[1])}."] * all(
        map(known, shares)
    )
    if c.same:
        points.append(
            "Gleiche Zahlen: Beide Läufe beruhen auf denselben Zählungen desselben Stichtags. "
            "Unterschiede zwischen ihnen kommen allein aus Vorgaben und Verzeichnissen."
        )
    else:
        points += _beyond_chance(areas)
    points += [
        f"Räume für alle: {int((rows['change'] == 'bleibt').sum())} wie bisher; neu: "
        f"{listing(new) or 'keiner'}; nicht mehr dabei: {listing(gone) or 'keiner'}.",
    ]
    if c.reach and (new or gone):
        points.append(_reach(c))
    sheet.items(points)


def _beyond_chance(areas: pd.DataFrame) -> list[str]:
    shares = areas[areas["share_change"].notna()]
    ranks = areas[areas["rank_move"].notna() & (areas["note"] == "")]

    def named(table: pd.DataFrame, column: str) -> str:
        beyond = table[column]
        of = f"in {_count(beyond)} von {len(table)} vergleichbaren Gebieten"
        return f"{of}{_named(table[beyond])}."

    return [
        "Anteil: stärker verändert, als es der Zufall erklärt, "
        + named(shares, "share_beyond_chance"),
        "Rang: Die Rangmengen beider Läufe liegen auseinander " + named(ranks, "rank_beyond_sets"),
    ]


def _reach(c: Comparison) -> str:
    """What the rooms of both runs reach, with how many they are."""
    old, new = (len(run.proposal("everybody")) for run in (c.before, c.after))
    text = (
        f"Mit den Zahlen des späteren Laufs und {number(c.after.study.siting.radius)} m Fußweg, "
        f"Dienststellen eingeschlossen: frühere Räume ({number(old)}) erreichen "
        f"{number(c.reach['kept'])} Personen, spätere ({number(new)}) "
        f"{number(c.reach['proposed'])}, von {number(c.reach['all'])}."
    )
    return text if old == new else f"{text} Es sind verschieden viele Räume."


def _shares(sheet: Sheet, c: Comparison) -> None:
    sheet.section(
        "Anteile und Klassen",
        "Beide Läufe zeigen dieselben Zählungen; es gibt keine Veränderung zu beurteilen. Genannt "
        "ist nur, was sich unterscheidet; alle Werte stehen in regions.csv und areas.csv."
        if c.same
        else "Veränderung in Prozentpunkten mit einem Intervall, das für alle Gebiete zugleich "
        f"mit {percent(COVERAGE, 0)} gilt. Es enthält den Zufall zweier unabhängiger Jahre und was "
        "an beiden Zahlen unbekannt ist. Wo ein Lauf die Zahl nicht zeigt, steht „•“.",
    )
    titles = ["Gebiet", "früher", "später", "Veränderung", "Intervall", "Urteil"]
    titles += ["Klasse früher", "Klasse später", "Klasse"]
    for title, table in (("Bezirksregionen", c.regions), ("Planungsräume", c.areas)):
        rows = [
            (
                str(r["name"]),
                percent(r["share_before"]),
                percent(r["share_after"]),
                number(_points(r["share_change"]), 1, sign=True),
                _span(r["share_change_lo"], r["share_change_hi"], "–" if c.same else "•"),
                _judged(r["share_beyond_chance"], r["share_change"], c.same),
                r["status_class_before"] or "•",
                r["status_class_after"] or "•",
                str(r["class_change"]),
            )
            for r in _records(table)
            if not c.same or _differs(r, "share", "status_class")
        ]
        if rows:
            sheet.table(title, titles, rows, figures=(1, 2, 3, 4))
        else:
            sheet.say(f"{title}: Anteile und Klassen sind gleich.")


def _ranks(sheet: Sheet, c: Comparison) -> None:
    sheet.section(
        "Ränge",
        "Ein Rang gilt nur dann als verändert, wenn die simultanen Rangmengen beider Läufe kein "
        "gemeinsames Element haben. Jede gilt für sich mit der Sicherheit ihrer Studie; das Urteil "
        "ist damit höchstens so oft falsch wie beide zusammen.",
    )
    titles = ["Gebiet", "Rang früher", "Rangmenge", "Rang später", "Rangmenge", "Urteil"]
    titles += ["Dynamik früher", "Dynamik später"]
    rows = [
        (
            str(r["name"]),
            number(r["rank_before"]),
            interval(r["rank_lo_before"], r["rank_hi_before"]),
            number(r["rank_after"]),
            interval(r["rank_lo_after"], r["rank_hi_after"]),
            _rank_judged(r, c.same),
            r["dynamics_class_before"] or "•",
            r["dynamics_class_after"] or "•",
        )
        for r in _records(c.areas.sort_values(["rank_after", "name"]))
        if not c.same or _differs(r, "rank", "dynamics_class")
    ]
    if rows:
        sheet.table("Ränge der Planungsräume", titles, rows, figures=(1, 2, 3, 4))
    else:
        sheet.say("Alle Ränge und Dynamikklassen sind gleich.")


def _rooms(sheet: Sheet, c: Comparison) -> None:
    sheet.section(
        "Räume",
        "Der Grund ist nachgerechnet: Im früheren Lauf wird jeweils ein Teil durch den des "
        "späteren ersetzt – die Zahlen, die Verzeichnisse oder die Vorgaben –, und der Vorschlag "
        "wird neu bestimmt. Genannt ist, was für sich allein schon ausreicht. Wo sich das nicht "
        "nachrechnen lässt, ist genannt, was sich überhaupt unterscheidet.",
    )
    titles = [
        "Raum",
        "Vorschlag",
        "Stelle früher",
        "erreicht früher",
        "Stelle später",
        "erreicht später",
    ]
    titles += ["Grund"]
    for target, settings in c.after.study.targets.items():
        table = c.rooms[c.rooms["target"] == target]
        rows = [
            (
                str(r["name"]),
                str(r["change"]),
                number(r["order_before"], missing="–"),
                number(r["reached_before"], missing="–"),
                number(r["order_after"], missing="–"),
                number(r["reached_after"], missing="–"),
                str(r["why"]),
            )
            for r in _records(table)
        ]
        if rows:
            sheet.table(settings.title, titles, rows, figures=(2, 3, 4, 5))


def _origin(sheet: Sheet, c: Comparison) -> None:
    sheet.section("Was an Eingaben und Vorgaben verschieden ist")
    if c.settings.empty and c.inputs.empty:
        sheet.say("Nichts: Beide Läufe haben dieselben Eingaben und Vorgaben.")
    if len(c.settings):
        rows = c.settings.itertuples(index=False, name=None)
        sheet.table("Vorgaben der Studie", ["Vorgabe", "früher", "später"], rows)
    if len(c.inputs):
        rows = c.inputs.itertuples(index=False, name=None)
        sheet.table("Eingabedateien", ["Datei", "Veränderung"], rows)
    versions = [r.manifest["versions"]["sozialraum"] for r in (c.before, c.after)]
    if versions[0] != versions[1]:
        sheet.say(f"Die Läufe stammen aus den Fassungen {versions[0]} und {versions[1]}.")


def _sources(c: Comparison) -> Iterable[str]:
    every = [*c.before.info.sources, *c.after.info.sources]
    return dict.fromkeys(s.attribution.rstrip(".") or s.title for s in every)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None for everything that is missing."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(k): v for k, v in row.items()} for row in rows]


def _differs(row: dict[str, Any], *columns: str) -> bool:
    """Whether both runs show something else; what only one of them shows is something else, too."""
    return any(row[f"{c}_before"] != row[f"{c}_after"] for c in columns)


def _points(change: Any) -> float | None:
    return 100 * change if known(change) else None


def _span(low: Any, high: Any, missing: str) -> str:
    if not known(low) or not known(high):
        return missing
    return f"{number(100 * low, 1, sign=True)} bis {number(100 * high, 1, sign=True)}"


def _rank_judged(row: dict[str, Any], same: bool) -> str:
    """A smaller number is a higher rank: `rank_move` is the other way round."""
    move = row["rank_move"]
    if not known(move) or row["note"]:
        return "nicht vergleichbar"
    return _judged(row["rank_beyond_sets"], -move, same and not move)


def _judged(beyond: Any, direction: Any, same: bool) -> str:
    if not known(direction):
        return "nicht vergleichbar"
    if same:
        return "gleiche Zahlen"
    if not beyond:
        return "nicht gesichert"
    return "gesichert größer" if direction > 0 else "gesichert kleiner"


def _count(flags: pd.Series) -> str:
    return number(int(flags.sum()))


def _named(table: pd.DataFrame, most: int = 8) -> str:
    names = [str(n) for n in table["name"].head(most)]
    if not names:
        return ""
    return f" ({listing(names if len(table) <= most else [*names, '…'])})"


def _date(iso: str) -> str:
    from sozialraum.publish.numbers import date

    return date(iso)
