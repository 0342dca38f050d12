"""What the short paper says: figures and sentences of the report, chosen for two pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sozialraum.publish.numbers import known
from sozialraum.publish.report.answer import map_alt, reach, summary
from sozialraum.publish.report.blocks import Run, Words, clean
from sozialraum.publish.report.facts import EVERYBODY, Facts
from sozialraum.publish.report.findings import weight_kind

if TYPE_CHECKING:
    import pandas as pd

    from sozialraum.publish.finished import Finished

MOST_AREAS, MOST_ROOMS, MOST_NAMES = 10, 12, 5
"""Rows and names that find room on two pages."""
FIRST_ROOMS = 8
"""Rows of a table that cannot hold all rooms anyway: so many stand below the map of page one."""

UNSETTLED = "Lizenz zu klären"
"""What the catalogue says where a publisher states no licence."""

Runs = list[Run]


@dataclass(frozen=True)
class Grid:
    """A table: caption, titles, rows of texts, and which columns are figures."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]  # centimetres
    figures: tuple[bool, ...]
    note: str = ""


@dataclass(frozen=True)
class Paper:
    """The whole text of the short paper."""

    title: str
    stamp: str
    head: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    answer: tuple[Runs, ...]
    rooms: Grid | None
    areas: Grid
    groups: Grid | None
    limits: tuple[str, ...]
    sources: tuple[str, ...]
    origin: str
    map_alt: str


def compose(run: Finished) -> Paper:
    """Choose and phrase what the short paper says.

    Parameters
    ----------
    run : Finished

    Returns
    -------
    Paper
        German, whatever the study's language: a Drucksache is German.
    """
    facts, w = Facts(run.content), Words("de")
    info, study = run.info, run.study
    chosen = facts.proposal()
    head = [
        ("Gegenstand", f"{info.title}: {info.region_name}"),
        ("Anlass", study.question),
        ("Stand der Daten", f"{w.date(info.reference_date)}, Ausgabe {info.edition}"),
        ("Vorgelegt von", study.publisher.organisation),
    ]
    stamps = ["Fiktives Beispiel"] * info.fictitious
    stamps += ["intern, nicht zur Weitergabe"] * info.internal
    paper = Paper(
        title=f"Vorlage: {info.title}",
        stamp=" · ".join(stamps),
        head=tuple((k, v) for k, v in head if v),
        notices=info.warnings,
        answer=tuple(_answer(facts, w)),
        rooms=None if chosen.empty else _rooms(facts, chosen, w),
        areas=_areas(facts, w),
        groups=_groups(facts, w),
        limits=tuple(_limits(facts, w)),
        sources=tuple(_sources(run)),
        origin=(
            f"Erstellt mit sozialraum {info.version} aus dem Lauf mit der Kennung "
            f"{info.fingerprint}. Der ausführliche Bericht desselben Laufs (report.pdf) nennt "
            "Verfahren, Tabellen und die Prüfung der Daten; die Arbeitsmappe (tables.xlsx) hat "
            "alle Tabellen."
        ),
        map_alt="" if chosen.empty else map_alt(facts, w),
    )
    texts: dict[str, Any] = {
        key: value if isinstance(value, Grid) else clean(value)
        for key, value in vars(paper).items()
    }
    return Paper(**texts)


def _answer(facts: Facts, w: Words) -> list[Runs]:
    """The report's summary without its room list, which stands in the table."""
    chosen = facts.proposal()
    points: list[Runs] = []
    for block in summary(facts, w):
        if block["kind"] == "bullets":
            points = [list(item) for item in block["items"]]
    if chosen.empty:
        return points
    answer = [p for p in points if not _begins(p, "Welche Räume?")]
    many = "wird ein Raum" if len(chosen) == 1 else f"werden {len(chosen)} Räume"
    text = f" Vorgeschlagen {many} (Tabelle 1)."
    text += f" {reach(facts, w)}"
    answer.insert(min(2, len(answer)), [{"strong": "Welche Räume?"}, text.rstrip()])
    return answer


def _begins(point: Runs, word: str) -> bool:
    first = point[0] if point else ""
    return isinstance(first, dict) and first["strong"] == word


def _rooms(facts: Facts, chosen: pd.DataFrame, w: Words) -> Grid:
    stable = chosen["stability"].notna().any()
    rows, shown = [], len(chosen) if len(chosen) <= MOST_ROOMS else FIRST_ROOMS
    for room in chosen.head(shown).to_dict("records"):
        place = f"{room['name']}, {_place(facts, room['site_id'])}".removesuffix(", ")
        operator = room["operator"] if isinstance(room["operator"], str) else "nicht genannt"
        row: tuple[str, ...] = (w.n(room["order"]), str(place), operator, w.n(room["reached"]))
        row += (w.pct(room["cumulative_share"]),)
        rows.append((*row, w.pct(room["stability"], 0)) if stable else row)
    note = "Zusätzlich: Personen, die erst durch diesen Raum erreicht werden. Erreicht: Anteil mit "
    note += "allen Räumen bis zu diesem und den bestehenden Dienststellen."
    if stable:
        draws = w.n(facts.content.study.siting.stability_draws)
        note += f" Stabilität: Anteil von {draws} Wiederholungen mit veränderten Annahmen, in denen"
        note += " der Raum gewählt wird."
    if len(chosen) > shown:
        note += f" Weitere {len(chosen) - shown} Räume stehen im Bericht."
    return Grid(
        f"Vorgeschlagene Räume: {facts.title(EVERYBODY)}",
        ("Nr.", "Einrichtung", "Träger", "zusätzlich", "erreicht")
        + (("Stabilität",) if stable else ()),
        tuple(rows),
        (0.9, 6.6, 4.4, 1.8, 1.6, 1.7) if stable else (0.9, 7.4, 5.3, 1.8, 1.6),
        (True, False, False, True, True) + ((True,) if stable else ()),
        note,
    )


def _place(facts: Facts, site: str) -> str:
    """Where a room is: its address, else the area it lies in; empty where neither is known."""
    address, area = (facts.rooms[key].get(site) for key in ("address", "area_id"))
    if isinstance(address, str) and address:
        return address
    name = facts.areas["name"].get(area)
    return f"{facts.content.study.area_layer.title} {name}" if isinstance(name, str) else ""


def _areas(facts: Facts, w: Words) -> Grid:
    rows = [
        (
            w.n(area["rank"]),
            str(area["name"]),
            w.n(area["population"]),
            w.n(area["recipients"]),
            w.pct(area["share"]),
            w.span(area["rank_lo"], area["rank_hi"]),
            area["status_class"] if isinstance(area["status_class"], str) else "•",
        )
        for area in facts.ranked.head(min(facts.top, MOST_AREAS)).to_dict("records")
    ]
    coverage = w.pct(facts.content.study.indicators.coverage, 0)
    note = (
        f"Zahl: {facts.content.info.recipients_label}. Rangmenge: Ränge, die für das Gebiet in "
        f"Betracht kommen, für alle Gebiete zugleich mit {coverage} Sicherheit. „•“: unbekannt "
        "oder nicht veröffentlicht."
    )
    return Grid(
        "Gebiete mit dem größten Bedarfsindex",
        ("Rang", facts.content.study.area_layer.title, "Einwohner", "Zahl", "Anteil")
        + ("Rangmenge", "Status"),
        tuple(rows),
        (1.2, 5.6, 2.0, 1.6, 1.7, 2.5, 2.4),
        (True, False, True, True, True, True, False),
        note,
    )


def _groups(facts: Facts, w: Words) -> Grid | None:
    """What the same number of rooms reaches of each target group, if chosen for it alone."""
    everybody = set(facts.proposal()["site_id"])
    rows, units = [], []
    for target in [t for t in facts.targets if t != EVERYBODY]:
        chosen = facts.proposal(target)
        row = None if chosen.empty else facts.at(int(chosen["p"].iloc[0]), target)
        if row is None or not known(row["reached_share"]):
            continue
        useful = chosen[chosen["reached"] > 0]
        other = useful.loc[~useful["site_id"].isin(everybody), "name"]
        named = w.names(other[:MOST_NAMES]) if len(other) else "keine"
        if len(other) > MOST_NAMES:
            named = f"{', '.join(other[:MOST_NAMES])} und {len(other) - MOST_NAMES} weitere"
        units.append(f"{facts.title(target)}: {weight_kind(facts, target, w)}")
        rows.append((facts.title(target), w.n(len(useful)), w.pct(row["reached_share"]), named))
    if not rows:
        return None
    return Grid(
        "Eigene Vorschläge für die Zielgruppen",
        ("Zielgruppe", "Räume", "erreicht", "davon nicht für alle vorgeschlagen"),
        tuple(rows),
        (4.2, 1.4, 1.7, 9.7),
        (False, True, True, False),
        "Erreicht: Anteil der Zielgruppe, mit den Dienststellen, die für sie da sind. Gezählt sind "
        f"je Gruppe andere Menschen: {'; '.join(units)}. Die Anteile sind darum nicht miteinander "
        "vergleichbar; die Gruppen überschneiden sich, ihre Zahlen werden nicht addiert.",
    )


def _limits(facts: Facts, w: Words) -> list[str]:
    """Limits that change how the two tables are read; the report has all of them."""
    content = facts.content
    items = []
    if facts.without_old_age:
        items.append(w.t("limits.mixture", label=content.info.recipients_label))
    if facts.masked_up_to:
        edition = content.study.indicators.edition
        items.append(w.t("limits.masking", edition=edition, n=facts.masked_up_to))
    if len(facts.withheld):
        n = len(facts.withheld)
        whose = "ein Gebiet" if n == 1 else f"{w.n(n)} Gebiete"
        items.append(f"Für {whose} ist die Zahl der Leistungsberechtigten nicht veröffentlicht.")
    items.append(w.t("limits.rank"))
    if len(facts.rooms):
        items.append(w.t("limits.venues"))
    return items


def _sources(run: Finished) -> list[str]:
    """Each attribution once, with its licence where the attribution does not name it."""
    found: dict[str, None] = {}
    for source in run.info.sources:
        text = source.attribution.rstrip(".") or f"{source.publisher}: {source.title}"
        named = any(part in text for part in source.licence.split(" / ")) or "CC BY" in text
        found.setdefault(text if named else f"{text} ({_licence(source.licence)})")
    return list(found)


def _licence(licence: str) -> str:
    """A licence in brackets; one that nobody stated has to be asked for."""
    return f"Lizenz: {licence}" if licence and licence != UNSETTLED else UNSETTLED
