"""Further tables on rooms: opened step by step, exchanged, drawn anew, asked for, planned.

Figures of people are sums over publishable units, as everywhere; a loss is a difference of two
such sums and no count of anybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.presence.plan import first_monday, formats_of, plan_table
from sozialraum.presence.weekplan import calendar
from sozialraum.publish.columns import Column, describe
from sozialraum.publish.further import FurtherTable

if TYPE_CHECKING:
    from sozialraum.presence.answer import Answer
    from sozialraum.presence.hours import Week
    from sozialraum.publish.content import Content
    from sozialraum.study import Study
    from sozialraum.study.places import Siting

_TARGET = Column("target", "Zielgruppe")
_P = Column("p", "Zahl der Räume", "integer")
_NAME = describe("name", "rooms")
_PEOPLE = "Personen"
_MODELS = {
    "coverage": "Abdeckung mit Regeln: erreichte Personen (mit dem Wert der Zweitabdeckung)",
    "gradual": "abgestufte Abdeckung: nach Entfernung gewichtete Personen",
    "median": "p-Median: Summe aller Wege in Personen mal Meter",
    "center": "p-Zentrum: längster Weg in Meter",
}
_STATUS = {
    "optimal": "bewiesen bestmöglich",
    "gap": "innerhalb der gewünschten Lücke",
    "limit": "Suche begrenzt; Schranke bewiesen",
    "infeasible": "nicht erfüllbar",
}
_CHOICES = {
    "proposed": "Vorschlag",
    "robust_mean": "beste im Mittel der Wiederholungen",
    "robust_worst": "beste im schlechtesten Zehntel",
}


def with_answer(content: Content, answer: Answer) -> Content:
    """The content with everything that stands behind the proposal.

    Parameters
    ----------
    content : Content
        Not yet released.
    answer : Answer
        Of the presence layer.

    Returns
    -------
    Content
        `further` has the tables that have rows, `calendar` the week, `ways` the table of ways
        where they are not straight lines, `figures` what the text says about the first group.
    """
    study, rooms = content.study, content.rooms
    names = rooms["name"].astype(str)
    tables = [t for t in _tables(study, answer, names, content) if len(t.frame)]
    first = next(iter(study.targets))
    depth = answer.presence.depth.get(first)
    figures: dict[str, Any] = {}
    if depth is not None:
        figures = {
            "flattens": depth.flattens,
            "nested_loss": float(depth.nested["loss"].max()) if len(depth.nested) else None,
            "reachable": depth.reachable,
            "fewest": depth.fewest,
            "weighted": _weighted(depth.model, study.siting),
        }
    if unmet := _unmet(answer):
        figures["rules_unmet"] = unmet
    text = ""
    if answer.week is not None and study.hours is not None:
        date = dt.date.fromisoformat(content.info.reference_date)
        places = (names + ", " + rooms["address"].astype(str)).str.removesuffix(", ")
        text = calendar(
            answer.week.plan,
            reference_date=date,
            first_monday=first_monday(study.hours, date),
            titles={f.key: f.title for f in formats_of(study.hours)},
            places=places.to_dict(),
        )
    return replace(
        content,
        further=(*content.further, *tables),
        figures={**content.figures, **{k: v for k, v in figures.items() if v is not None}},
        ways=answer.ways,
        calendar=text,
    )


def _weighted(model: pd.DataFrame, siting: Siting) -> float | None:
    """What people count for whom the headline rooms are chosen; None for unweighted models."""
    if siting.model != "gradual" or model.empty:
        return None
    values = model[model["p"] <= siting.rooms]["objective"].dropna()
    return float(values.iloc[-1]) if len(values) else None


def _unmet(answer: Answer) -> dict[str, dict[int, str]]:
    """Target group -> number of rooms with which its rules cannot be met -> what is lacking."""
    found = {}
    for target, depth in answer.presence.depth.items():
        if len(depth.model):
            rows = depth.model[depth.model["status"] == "infeasible"]
            if len(rows):
                found[target] = dict(zip(rows["p"].astype(int), rows["finding"], strict=True))
    return found


def _tables(
    study: Study, answer: Answer, names: pd.Series, content: Content
) -> Iterator[FurtherTable]:
    titles = {key: target.title for key, target in study.targets.items()}
    yield _nested(answer, names, titles)
    yield _exchange(answer, names, titles)
    yield _robust(answer, names, titles)
    yield _everybody(answer, titles, content)
    yield _clarify(answer, content)
    if answer.week is not None and study.hours is not None:
        yield _week(answer.week, names, study)
    yield _model(answer, titles, study.siting.model)
    if answer.supply is not None:
        yield _supply(answer, content, planned=answer.week is not None)
    if len(answer.together):
        yield _together(answer, names, titles)


def _stack(answer: Answer, name: str, titles: dict[str, str]) -> pd.DataFrame:
    """The same table of all target groups, one below the other."""
    every = {target: getattr(found, name) for target, found in answer.presence.depth.items()}
    parts = {target: frame for target, frame in every.items() if len(frame)}
    if not parts:
        return pd.DataFrame()
    stacked = pd.concat(parts.values(), ignore_index=True)
    stacked["target"] = [
        titles[target] for target, frame in parts.items() for _ in range(len(frame))
    ]
    return stacked


def _nested(answer: Answer, names: pd.Series, titles: dict[str, str]) -> FurtherTable:
    frame = _stack(answer, "nested", titles)
    columns = (
        _TARGET,
        Column("p", "als wievielter geöffnet", "integer"),
        Column("site", "Kennung des Raums"),
        _NAME,
        Column("reached", "so erreicht", "integer", unit=_PEOPLE),
        Column("free", "bei freier Wahl erreicht", "integer", unit=_PEOPLE),
        Column("loss", "Verlust durch die Reihenfolge", "integer", unit=_PEOPLE),
        Column("loss_share", "Verlust als Anteil", "number", 4, share=True),
    )
    return _made(
        "nested",
        "Schrittweise",
        "Räume nacheinander geöffnet, gegen die freie Wahl für jede Zahl",
        frame,
        columns,
        names,
        note="Die Reihenfolge, die gegenüber der freien Wahl insgesamt am wenigsten verliert; ein"
        " geöffneter Raum bleibt.",
        in_report=False,
    )


def _exchange(answer: Answer, names: pd.Series, titles: dict[str, str]) -> FurtherTable:
    frame = _stack(answer, "exchange", titles)
    if len(frame):
        called = names.to_dict()
        frame["instead_name"] = [called.get(site, "") for site in frame["instead"]]
    columns = (
        _TARGET,
        _NAME,
        Column("instead_name", "könnte ersetzt werden durch"),
        Column("loss", "Verlust", "integer", unit=_PEOPLE),
    )
    return _made(
        "exchange",
        "Austauschbar",
        "Räume, die einen vorgeschlagenen ersetzen könnten",
        frame,
        columns,
        names,
        note="Verlust: weniger erreichte Personen der Zielgruppe, höchstens 0,5 %; 0 heißt ohne"
        " Verlust. Jeder Tausch gilt für sich.",
    )


def _robust(answer: Answer, names: pd.Series, titles: dict[str, str]) -> FurtherTable:
    frame = _stack(answer, "robust", titles)
    if len(frame):
        labels = [k for d in answer.presence.depth.values() for k in d.robust.index]
        frame["choice"] = [_CHOICES[k] for k in labels]
        frame["rooms"] = ["; ".join(names[s] for s in sites) for sites in frame["sites"]]
        frame = _once(frame)
    columns = (
        _TARGET,
        Column("choice", "Auswahl"),
        Column("mean", "erreicht im Mittel", "number", 4, share=True),
        Column("worst_tenth", "erreicht im schlechtesten Zehntel", "number", 4, share=True),
        Column("rooms", "Räume"),
    )
    return _made(
        "robust",
        "Robust",
        "Vorschlag und robuste Auswahl in Wiederholungen mit anderen Annahmen",
        frame,
        columns,
        names,
        note="Wiederholt mit Zählungen innerhalb ihrer Grenzen, anderer Verteilung im Gebiet,"
        " anderen Wegen und Lagen der Häuser.",
    )


def _once(robust: pd.DataFrame) -> pd.DataFrame:
    """One row for choices of the same rooms, under all their names."""
    named: dict[Any, list[int]] = {}
    for row, (target, sites) in enumerate(zip(robust["target"], robust["sites"], strict=True)):
        named.setdefault((target, frozenset(sites)), []).append(row)
    choices = robust["choice"].tolist()
    labels = [", ".join(choices[row] for row in rows) for rows in named.values()]
    first = robust.iloc[[rows[0] for rows in named.values()]]
    return first.assign(choice=labels).reset_index(drop=True)


def _everybody(answer: Answer, titles: dict[str, str], content: Content) -> FurtherTable:
    rows = []
    for target, found in answer.presence.depth.items():
        everybody = float(content.units[f"people_{target}"].sum())
        rows.append(
            {
                "target": titles[target],
                "reachable": found.reachable,
                "share": found.reachable / everybody if everybody else None,
                "fewest": found.fewest,
                "flattens": found.flattens,
            }
        )
    columns = (
        _TARGET,
        Column("reachable", "mit allen geeigneten Räumen erreichbar", "integer", unit=_PEOPLE),
        Column("share", "deren Anteil", "number", 4, share=True),
        Column("fewest", "Räume, die dafür genügen", "integer"),
        Column("flattens", "Zahl der Räume, ab der die Kurve flacher wird", "integer"),
    )
    return _made(
        "reachable",
        "Erreichbar",
        "Wen geeignete Räume überhaupt erreichen, und wie viele Räume genügen",
        pd.DataFrame(rows),
        columns,
        pd.Series(dtype=object),
    )


def _clarify(answer: Answer, content: Content) -> FurtherTable:
    frame = answer.clarify.reset_index(names="site")
    area_of = content.rooms["area_id"].map(content.areas["name"])
    frame["area_name"] = frame["site"].map(area_of)
    columns = (
        _NAME,
        describe("address"),
        Column("area_name", content.study.area_layer.title),
        Column("reason", "offen ist"),
        Column("gained", "zusätzlich erreicht", "integer", unit=_PEOPLE),
        Column("gained_share", "deren Anteil", "number", 4, share=True),
    )
    return _made(
        "clarify",
        "Nachfragen",
        "Häuser, bei denen eine Nachfrage den Vorschlag ändern kann",
        frame,
        columns,
        pd.Series(dtype=object),
        note="Zusätzlich zum Vorschlag erreicht, wenn das Haus geeignet wäre. Die Zahlen"
        " überschneiden sich und dürfen nicht addiert werden.",
        in_report=False,
    )


def _week(week: Week, names: pd.Series, study: Study) -> FurtherTable:
    assert study.hours is not None
    columns = (
        Column("weekday", "Tag"),
        Column("start", "von"),
        Column("end", "bis"),
        describe("site_id"),
        _NAME,
        Column("format", "Angebot"),
        Column("hours", "Stunden", "number", 2),
    )
    return _made(
        "week",
        "Wochenplan",
        "Plan einer Woche",
        plan_table(week, names, formats_of(study.hours)),
        columns,
        pd.Series(dtype=object),
        note="Ein Vorschlag zur Abstimmung mit den Häusern. Nachfrage und Besuche je Stunde sind"
        " Annahmen der Studie, keine Messungen; Öffnungszeiten, die nicht bekannt sind, gelten"
        " als passend.",
        in_report=False,
    )


def _model(answer: Answer, titles: dict[str, str], model: str) -> FurtherTable:
    frame = _stack(answer, "model", titles)
    if len(frame):
        frame["status"] = frame["status"].map(_STATUS)
    columns = (
        _TARGET,
        _P,
        Column("objective", "Zielwert", "number", 1),
        Column("bound", "bewiesene Schranke", "number", 1),
        Column("gap", "Lücke", "number", 6, share=True),
        Column("reached", "im Fußweg erreicht", "integer", unit=_PEOPLE),
        Column("backup_share", "mit zweitem Ort in Reichweite", "number", 4, share=True),
        Column("status", "Beweis"),
        Column("finding", "was fehlt"),
    )
    return _made(
        "model",
        "Modell",
        f"Wofür die Räume gewählt sind: {_MODELS[model]}",
        frame,
        columns,
        pd.Series(dtype=object),
        note="Modell und Regeln gelten für den Fußweg der Studie mit den bestehenden Dienststellen;"
        " andere Einstellungen der Karte zeigen die reine Abdeckung. Eine Zahl von Räumen, mit der"
        " die Regeln nicht erfüllbar sind, hat in Kurve und Tabellen keinen Vorschlag; was ihr"
        " fehlt, steht hier.",
    )


def _supply(answer: Answer, content: Content, *, planned: bool) -> FurtherTable:
    assert answer.supply is not None
    frame = answer.supply.copy()
    frame["name"] = frame["region_id"].map(content.regions["name"])
    what = "Stunden je Woche" if planned else "Räume"
    columns = (
        describe("region_id"),
        describe("name", "regions"),
        Column("per_thousand", f"{what} je 1.000 Personen", "number", 3),
    )
    return FurtherTable(
        "supply",
        "Versorgung",
        "Angebot in Reichweite, nach Entfernung gewichtet",
        frame,
        columns,
        note="Floating Catchment Area mit Abnahme nach Entfernung (Luo und Qi 2009), Mittel über"
        " die Personen der Bezirksregion; bestehende Dienststellen zählen nicht mit.",
    )


def _together(answer: Answer, names: pd.Series, titles: dict[str, str]) -> FurtherTable:
    frame = answer.together.copy()
    frame["target"], frame["status"] = frame["target"].map(titles), frame["status"].map(_STATUS)
    columns = (
        _TARGET,
        Column("order", "Rang", "integer"),
        Column("site", "Kennung des Raums"),
        _NAME,
        Column("reached", "zusätzlich erreicht", "integer", unit=_PEOPLE),
        Column("cumulative_share", "Anteil bis hierher", "number", 4, share=True),
        Column("alone_share", "Anteil mit Räumen nur für diese Gruppe", "number", 4, share=True),
        Column("stability", "Stabilität", "number", 2, share=True),
        Column("status", "Beweis"),
    )
    return _made(
        "together",
        "Gemeinsam",
        "Dieselben Räume für mehrere Zielgruppen",
        frame,
        columns,
        names,
        note="Ein Raum zählt für die Gruppen, für die er geeignet ist; Menschen können mehreren"
        " Gruppen angehören, die Zahlen dürfen nicht addiert werden. Stabilität: Anteil der"
        " Wiederholungen, in denen der Raum wieder gewählt wird, wenn das Gewicht jeder Gruppe"
        " zwischen der Hälfte und dem Doppelten liegt und sich Verteilung und Weglänge ändern;"
        " bei einer Rangfolge der Gruppen gibt es keine Gewichte zu ändern.",
    )


def _made(
    name: str,
    sheet: str,
    title: str,
    frame: pd.DataFrame,
    columns: tuple[Column, ...],
    names: pd.Series,
    **options: Any,
) -> FurtherTable:
    """A table with the names of its sites; empty frames keep their columns."""
    if "site" in frame and "name" not in frame:
        called = names.to_dict()
        frame = frame.assign(name=[called.get(site, "") for site in frame["site"]])
    wanted = [c.name for c in columns]
    return FurtherTable(name, sheet, title, frame.reindex(columns=wanted), columns, **options)
