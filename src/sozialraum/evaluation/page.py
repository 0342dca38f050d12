"""The evaluation as tables (CSV), one page, and settings for the next study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.evaluation.judge import COVERAGE, LEVEL
from sozialraum.publish.numbers import date, known, listing, number, percent
from sozialraum.publish.sheet import Sheet, write_folder

if TYPE_CHECKING:
    from sozialraum.evaluation.decay import Decay
    from sozialraum.evaluation.results import Evaluation

FILES = ("evaluation.html", "rooms.csv", "groups.csv", "kinds.csv", "siting.yaml")
NOT_WITH = ("near", "far", "floor", "backup", "capacity", "together")
"""Settings of a study that do not go with the model the evaluation proposes."""
WAYS = (250, 500, 1000, 1500)
"""Metres at which the page shows the decay."""


def write_evaluation(evaluation: Evaluation, out: str | Path) -> Path:
    """Write page, tables and settings into a folder of their own, swapped in as a whole.

    Parameters
    ----------
    evaluation : Evaluation
    out : path
        A new folder, or one that an earlier evaluation wrote.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    EnvironmentFault
        The folder holds something else or cannot be written.
    """
    groups = [t.reset_index().assign(target=key) for key, t in evaluation.groups.items()]
    columns = ["target", "site_id", *evaluation.rooms.columns]
    frame = pd.concat(groups)[columns] if groups else pd.DataFrame(columns=columns)
    tables = {
        "rooms.csv": evaluation.rooms.reset_index(),
        "groups.csv": frame,
        "kinds.csv": evaluation.kinds.reset_index(),
    }
    texts = {"siting.yaml": study_snippet(evaluation), "evaluation.html": page(evaluation)}
    return write_folder(out, tables, texts, private=evaluation.run.info.internal)


def study_snippet(evaluation: Evaluation) -> str:
    """Settings of the next study that follow from the fitted decay, as YAML.

    The model `gradual` takes the fitted curve itself: exp(-way / metres) halves with every
    metres × ln 2. The radius stays as it is: it says who counts as reached. Without a narrow
    interval only comments are written.
    """
    decay = evaluation.decay
    span = f"{evaluation.first} bis {evaluation.last}"
    lines = [
        f"# Besuche vom {span}, Lauf mit der Kennung {evaluation.run.info.fingerprint}.",
    ]
    if decay is None or not decay.narrow:
        return "\n".join([*lines, f"# Keine Vorgabe: {_no_decay(evaluation)}", ""])
    siting = evaluation.run.study.siting
    lines += [
        f"# Besuche je Person halbieren sich mit je {decay.halving:.0f} m Fußweg; Intervall "
        f"({percent(COVERAGE, 0)}) {decay.lo * np.log(2):.0f} bis {decay.hi * np.log(2):.0f} m;",
        f"# geschätzt aus {decay.visits} Besuchen in {decay.rooms} Räumen.",
        "# In den Abschnitt siting der Studie: Räume werden danach gewählt, wie viele Besuche",
        f"# zu erwarten sind. Wer als erreicht gilt, sagt weiter radius ({siting.radius:g} m).",
    ]
    if other := [key for key in NOT_WITH if getattr(siting, key)]:
        lines.append(f"# Dort zu streichen, weil das Modell es nicht kennt: {', '.join(other)}.")
    lines += ["siting:", "  model: gradual", f"  halving: {decay.halving:.0f}"]
    return "\n".join([*lines, ""])


def page(evaluation: Evaluation) -> str:
    """The page of the evaluation, German."""
    info = evaluation.run.info
    stamps = ["Fiktives Beispiel"] * info.fictitious
    stamps += ["intern, nicht zur Weitergabe"] * info.internal
    sources = dict.fromkeys(s.attribution.rstrip(".") or s.title for s in info.sources)
    sheet = Sheet(
        f"Geplante Reichweite und Besuche: {info.region_name}",
        lead=f"Besuche vom {date(evaluation.first)} bis {date(evaluation.last)}, verglichen mit "
        f"dem Lauf der Kennung {info.fingerprint} (Stichtag {date(info.reference_date)}).",
        stamp=" · ".join(stamps),
        footer=f"Quellen: {'; '.join(sources)}; Zählungen vor Ort. Erstellt mit sozialraum "
        f"{info.version}.",
    )
    _answer(sheet, evaluation)
    _rooms(sheet, evaluation)
    _distance(sheet, evaluation)
    _limits(sheet, evaluation)
    return sheet.html()


def _answer(sheet: Sheet, e: Evaluation) -> None:
    rooms = e.rooms
    named = {w: list(rooms.loc[rooms["judgement"] == w, "name"]) for w in ("besser", "schlechter")}
    sheet.section("Das Wichtigste")
    points = [
        f"Mehr Besuche als erwartet: {listing(named['besser']) or 'in keinem Raum gesichert'}.",
        f"Weniger Besuche als erwartet: "
        f"{listing(named['schlechter']) or 'in keinem Raum gesichert'}.",
    ]
    if e.decay is not None and e.decay.narrow:
        points.append(
            f"Die Besuche je Person halbieren sich mit je {number(e.decay.halving)} m Fußweg."
        )
    sheet.items(points)


def _rooms(sheet: Sheet, e: Evaluation) -> None:
    unit = "Stunden" if e.rooms["hours"].notna().all() else "Termine"
    sheet.section(
        "Räume",
        f"Erwartet ist, dass sich alle Besuche nach geplanten Personen × {unit} verteilen. "
        f"Geplant: Personen, die diesen Raum am nächsten haben, höchstens "
        f"{number(e.run.study.siting.radius)} m Fußweg. Intervalle gelten mit "
        f"{percent(COVERAGE, 0)} und berücksichtigen, dass Besuche nicht unabhängig sind "
        f"(Streuung {number(e.spread, 1)}-mal so groß wie bei unabhängigen Besuchen). „Besser“ "
        f"und „schlechter“ stehen dort, wo höchstens {percent(LEVEL, 0)} dieser Urteile Zufall "
        "sind. Verhältnis: Besuche / erwartet, bei wenigen Besuchen zur 1 hin gezogen; „1,00“ ohne "
        "Intervall: Die Räume unterscheiden sich nicht mehr als zufällig.",
    )
    titles = ["Raum", "Termine", "geplant", "Besuche", "Intervall", "erwartet", "Verhältnis"]
    titles += ["Intervall", "Urteil"]
    tables = {"Alle Besuche": e.rooms}
    tables |= {e.run.study.targets[key].title: table for key, table in e.groups.items()}
    for title, table in tables.items():
        rows = [
            (
                str(r["name"]),
                number(r["offers"]),
                number(r["planned"]),
                number(r["visits"]),
                _span(r["visits_lo"], r["visits_hi"], 0),
                number(r["expected"]),
                number(r["ratio_shrunk"], 2),
                _span(r["ratio_lo"], r["ratio_hi"], 2) if r["ratio_shrunk"] != 1 else "–",
                str(r["judgement"]),
            )
            for r in table.to_dict("records")
        ]
        sheet.table(title, titles, rows, figures=range(1, 8))
    kinds = [
        (str(kind), number(r["offers"]), number(r["visits"]))
        for kind, r in e.kinds.to_dict("index").items()
    ]
    titles = ["Art", "Termine", "Besuche"]
    sheet.table("Besuche nach Art des Angebots", titles, kinds, figures=(1, 2))


def _distance(sheet: Sheet, e: Evaluation) -> None:
    sheet.section("Besuche nach Entfernung")
    decay = e.decay
    if decay is None or not decay.narrow:
        sheet.say(f"{_no_decay(e)} Für die nächste Studie folgt daraus keine Vorgabe.")
        return
    sheet.say(
        f"Aus {number(decay.visits)} Besuchen in {number(decay.rooms)} Räumen ist geschätzt, wie "
        "die Besuche je Person mit dem Fußweg abnehmen: Sie halbieren sich mit je "
        f"{number(decay.halving)} m, als Formel exp(−Weg / {number(decay.metres)} m). Der Weg, mit "
        f"dem sie sich halbieren, {_halvings(decay)} ({percent(COVERAGE, 0)}). Woher die Menschen "
        "kamen, ist nicht erfragt; die Schätzung vergleicht Räume, um die herum Menschen nah oder "
        "fern wohnen."
    )
    rows = [
        (
            f"{number(way)} m",
            percent(decay.at(way), 0),
            _percents(np.exp(-way / decay.lo), np.exp(-way / decay.hi)),
        )
        for way in WAYS
    ]
    titles = ["Fußweg", "Besuche je Person, am Raum = 100 %", "Intervall"]
    sheet.table("Abnahme der Besuche mit der Entfernung", titles, rows, figures=(1, 2))
    sheet.say("Für die nächste Studie:")
    sheet.code(study_snippet(e))


def _limits(sheet: Sheet, e: Evaluation) -> None:
    least = e.run.study.disclosure.minimum_count
    sheet.section("Was die Zählung nicht sagt")
    sheet.items(
        [
            "Besuche sind keine Personen: Wer zweimal kommt, zählt zweimal.",
            "Ein Unterschied kann an Zeiten, Bekanntheit oder am Haus liegen; die Zählung nennt "
            "keinen Grund.",
            f"Zahlen von 1 bis {least - 1} und solche, aus denen sie folgen würden, sind nicht "
            "gezeigt („•“). Zielgruppen erscheinen nur, wenn sich aus keinem Raum eine kleine "
            "Zahl ergibt.",
        ]
    )


def _no_decay(e: Evaluation) -> str:
    if e.decay is None:
        return (
            "Wie die Besuche mit der Entfernung abnehmen, lässt sich nicht schätzen: Es sind zu "
            "wenige Räume mit Besuchen."
        )
    return (
        f"Wie die Besuche mit der Entfernung abnehmen, lässt sich aus {number(e.decay.visits)} "
        f"Besuchen in {number(e.decay.rooms)} Räumen nicht genau genug schätzen: Der Weg, mit dem "
        f"sie sich halbieren, {_halvings(e.decay)} ({percent(COVERAGE, 0)})."
    )


def _halvings(decay: Decay) -> str:
    """The interval of the way with which visits halve; open where the visits set no limit."""
    lo, hi = (number(end * np.log(2)) for end in (decay.lo, decay.hi))
    if decay.bounded:
        return f"liegt zwischen {lo} und {hi} m"
    if decay.lo > 0:
        return f"beträgt mindestens {lo} m"
    if np.isfinite(decay.hi):
        return f"beträgt höchstens {hi} m"
    return "lässt sich nicht eingrenzen"


def _span(low: Any, high: Any, digits: int) -> str:
    if not known(low) or not known(high):
        return "•"
    return f"{number(low, digits)}–{number(high, digits)}"


def _percents(low: float, high: float) -> str:
    return f"{percent(low, 0)}–{percent(high, 0)}"
