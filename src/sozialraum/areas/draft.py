"""A first study from the files at hand: a YAML file with comments that runs, to be edited."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from sozialraum.areas.inspect import ELDERLY, RECIPIENTS, RESIDENTS, Areas, Found, Table
from sozialraum.errors import InputError, StudyError

Ask = Callable[[str, str, list[str]], str]
"""Question, proposed answer, possible answers (empty: free text) -> answer."""


@dataclass(frozen=True)
class Answers:
    """What is asked; None or empty: ask, or take the proposal."""

    region: str = ""
    title: str = ""
    date: str = ""
    residents: str = ""
    recipients: str = ""


def accept(question: str, proposal: str, choices: list[str]) -> str:
    """Take every proposal: the answer where nobody can be asked.

    Raises
    ------
    StudyError
        There is no proposal.
    """
    if not proposal:
        raise StudyError(
            f"Not answered: {question}",
            expected=", ".join(choices[:12]) or "an answer as option of 'sozialraum init'",
        )
    return proposal


def draft(found: Found, name: str, answers: Answers = Answers(), ask: Ask = accept) -> str:
    """Write a study for what was found.

    Parameters
    ----------
    found : Found
        From `inspect_folder`.
    name : str
        Name of the study: small letters, digits, hyphens.
    answers : Answers
        What is known beforehand.
    ask : callable
        Is asked for the rest.

    Returns
    -------
    str
        YAML with comments (German).

    Raises
    ------
    InputError
        There is no layer of areas, or no table of them.
    StudyError
        A question has no answer.
    """
    if not found.areas:
        raise InputError(
            "No polygon layer with a column of ids was found",
            expected="a shapefile, GeoPackage or GeoJSON of the areas",
        )
    if not found.tables:
        raise InputError(
            f"No table fits the areas of {found.areas[0].path}",
            expected=f"a column with their ids ({found.areas[0].id}) or names",
        )
    areas = found.areas[0]
    residents = _choose(
        found, "Which column counts the residents?", answers.residents, RESIDENTS, ask
    )
    recipients = _choose(
        found, "Which column counts the recipients?", answers.recipients, RECIPIENTS, ask
    )
    region = answers.region or ask(
        "Name of the region or town?", name.replace("-", " ").title(), []
    )
    title = answers.title or ask("What is one area called (singular)?", "Stadtteil", [])
    date = answers.date or ask("Reference date of the counts (YYYY-MM-DD)?", "", [])
    try:
        date = dt.date.fromisoformat(date).isoformat()
    except ValueError:
        raise StudyError(f"'{date}' is no date", expected="YYYY-MM-DD") from None
    people = {"population": residents[1]}
    if elderly := residents[0].like(ELDERLY, but=[residents[1]]):
        people["from_65"] = elderly[0]
    base = "under_65" if "from_65" in people else "population"
    return "\n".join(
        [
            *_head(name, region, title, areas),
            "population:",
            f"  path: {_q(residents[0].path)}",
            f"  reference_date: {date}",
            *_layout(residents[0], people, "  "),
            "counts:",
            "  # Woher die Zahl der Leistungsberechtigten kommt, und ihr Bezug:",
            "  # under_65 (Einwohnerinnen und Einwohner unter 65) oder population (alle).",
            "  ba_measure: Leistungsberechtigte",
            f"  base: {base}",
            "  table:",
            f"    path: {_q(recipients[0].path)}",
            f"    reference_date: {date}",
            "    title: Statistik der Stadt   # so steht es in Karte und Bericht",
            *_layout(recipients[0], {"Leistungsberechtigte": recipients[1]}, "    "),
            *_rest(found),
            "",
        ]
    )


def _choose(
    found: Found, question: str, given: str, pattern: re.Pattern[str], ask: Ask
) -> tuple[Table, str]:
    """Table and heading, from 'FILE:HEADING', a heading, or a question."""
    offers = {f"{t.path}:{f}": (t, f) for t in found.tables for f in t.figures}
    likely = [f"{t.path}:{f}" for t in found.tables for f in t.like(pattern)]
    proposal = likely[0] if likely else ""
    answer = given or ask(question, proposal, list(offers))
    fits = [k for k, (_, heading) in offers.items() if answer in (k, heading)]
    if not fits:
        raise StudyError(
            f"There is no column '{answer}'",
            expected="one of " + "; ".join(list(offers)[:12]),
        )
    return offers[fits[0]]


def _head(name: str, region: str, title: str, areas: Areas) -> list[str]:
    digits = "null   # Nummern beliebiger Form" if areas.digits is None else str(areas.digits)
    lines = [
        "# Erste Studie, aus den vorgefundenen Dateien entworfen. Bitte durchsehen: Jede Angabe",
        "# lässt sich ändern; 'sozialraum check' liest und prüft, ohne zu rechnen.",
        f"name: {name}",
        "title: Präsenz des Jobcenters im Sozialraum",
        "language: de",
        "seed: 1",
        "region:",
        f"  name: {_q(region)}",
        f"  city: {_q(region)}",
        "  # Nur ein Teil der Karte? prefix: Anfang der Nummern, oder areas: [Nummern].",
        "area_layer:",
        f"  path: {_q(areas.path)}",
        f"  id: {_q(areas.id)}",
        f"  name: {_q(areas.name)}",
        f"  id_digits: {digits}",
        f"  metric_crs: {areas.metric_crs}   # gemessen wird in Metern",
        f"  title: {_q(title)}",
    ]
    if coarser := [c for c in areas.columns if _coarser(c)]:
        lines += [
            "levels:   # gröbere Ebene: eine Spalte der Karte oder die ersten Stellen (digits)",
            f"  - {{key: region, title: Bezirk, column: {_q(coarser[0])}}}",
        ]
    else:
        lines += [
            "# levels:   # gröbere Ebene, wenn die Karte eine nennt",
            "#   - {key: region, title: Bezirk, column: SPALTE}",
        ]
    return lines


def _coarser(column: str) -> bool:
    return bool(
        re.search(r"bezirk|quartier|ortsamt|stadtbez|kreis|district", column, re.IGNORECASE)
    )


def _layout(table: Table, columns: dict[str, str], indent: str) -> list[str]:
    lines = [f"{indent}layout:", f"{indent}  key: {_q(table.key)}"]
    if table.match == "name":
        lines.append(f"{indent}  match: name   # die Tabelle nennt Namen statt Nummern")
    if table.skip_lines:
        lines.append(f"{indent}  skip_lines: {table.skip_lines}   # Zeilen über den Überschriften")
    if table.totals_at_end:
        lines.append(f"{indent}  totals_at_end: {table.totals_at_end}   # Summenzeilen am Ende")
    if table.measure is not None and table.value is not None:
        lines += [f"{indent}  measure: {_q(table.measure)}", f"{indent}  value: {_q(table.value)}"]
    if table.only:
        pairs = ", ".join(f"{_q(k)}: {_q(v)}" for k, v in table.only.items())
        lines.append(f"{indent}  only: {{{pairs}}}   # welche Zeilen gelten")
    lines.append(f"{indent}  columns:")
    return lines + [f"{indent}    {k}: {_q(v)}" for k, v in columns.items()]


def _rest(found: Found) -> list[str]:
    lines = [
        "indicators:",
        "  # Ohne Ausgabe (edition) ordnet allein der Anteil der Leistungsberechtigten.",
        "  minimum_population: 300   # kleinere Gebiete werden nicht bewertet",
        "  top: 10",
        "targets:",
        "  everybody:",
        "    title: Alle Leistungsberechtigten",
        "    rank_by: need_index",
        "    weight_by: recipients",
        "venues:",
    ]
    files = ", ".join(f"{{path: {_q(p)}, kind: plain}}" for p in found.rooms)
    lines.append(f"  files: [{files}]   # Räume; Vorlage: siehe Anleitung 'Daten beschaffen'")
    if found.grids:
        lines.append(f"  grid: {_q(found.grids[0])}   # Einwohner je 100-m-Zelle")
    else:
        lines.append(
            "  # grid: DATEI   # Einwohner je 100-m-Zelle; sonst steht je Gebiet ein Punkt"
        )
    return [
        *lines,
        "siting: {rooms: 3, most_rooms: 6, radius: 1000}",
        "disclosure: {minimum_count: 3, minimum_population: 300}",
    ]


def _q(text: str) -> str:
    """A YAML scalar; quoted as soon as there is anything to doubt."""
    plain = re.fullmatch(r"[A-Za-zÄÖÜäöüß_][\wÄÖÜäöüß./ -]*", text)
    word = text.casefold() in {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    return (
        text
        if plain and not word and text == text.strip()
        else json.dumps(text, ensure_ascii=False)
    )
