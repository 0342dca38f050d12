"""What each published column says, in German sentences that stand for themselves.

A heading (`sozialraum.publish.columns`) is short and needs the table around it. Whoever opens one
layer in a GIS, or one column in a portal, has no table around it: here a column says who is
counted, in relation to what, how sure it is and when it is empty, with the numbers of the study.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sozialraum.concentration.wording import ROLES
from sozialraum.need.explain import MSS_NAMES
from sozialraum.presence.wording import KINDS
from sozialraum.publish.columns import describe
from sozialraum.publish.numbers import date, number
from sozialraum.publish.terms import own_terms, titled
from sozialraum.study.compared import compared

if TYPE_CHECKING:
    from sozialraum.publish.columns import Column
    from sozialraum.publish.content import Content
    from sozialraum.study import Study

_SET = "Mit {coverage} Sicherheit liegen die wahren Ränge aller Gebiete zugleich in ihren Mengen"
_MEANINGS: dict[str, str] = {
    "area_id": "Kennung des Planungsraums in der Karte der Gebiete; Text, führende Nullen zählen",
    "rooms.area_id": "Kennung des Planungsraums, in dem die Einrichtung liegt",
    "units.area_id": "Kennung des Planungsraums, in dem die Menschen leben",
    "surface.area_id": "Kennung des Planungsraums, in dem die Menschen leben",
    "region_id": "Kennung der Bezirksregion; Text, führende Nullen zählen",
    "region_name": "Name der Bezirksregion, in der das Gebiet liegt",
    "name": "Name des Planungsraums, wie ihn die Karte der Gebiete nennt",
    "regions.name": "Name der Bezirksregion",
    "rooms.name": "Name der Einrichtung, wie ihn ihr Verzeichnis nennt",
    "presence.name": "Name der Einrichtung, wie ihn ihr Verzeichnis nennt",
    "offices.name": "Name der bestehenden Dienststelle, wie ihn die Studie nennt",
    "population": "Menschen mit Hauptwohnung im Gebiet am {day}. Die Zahl ist öffentlich und steht "
    "auch dort, wo die Zahl der Leistungsberechtigten nicht gezeigt wird",
    "recipients": "{who}. {note} {protection}",
    "recipients_lo": "Kleinste Zahl von Leistungsberechtigten, die mit den Quellen vereinbar ist; "
    "gleich recipients, wo die Zahl genau bekannt ist",
    "recipients_hi": "Größte Zahl von Leistungsberechtigten, die mit den Quellen vereinbar ist; "
    "gleich recipients, wo die Zahl genau bekannt ist",
    "share": "{what}: recipients geteilt durch diese Bezugsgröße; 0,2 heißt 20 von 100",
    "share_lo": "recipients_lo geteilt durch dieselbe Bezugsgröße wie share",
    "share_hi": "recipients_hi geteilt durch dieselbe Bezugsgröße wie share",
    "location_quotient": "Anteil des Gebiets geteilt durch den Anteil im ganzen Gebiet der Studie, "
    "{region} (Lokationsquotient); 2 heißt doppelt so hoch",
    "need_index": "{index}. Größer heißt größerer Bedarf",
    "status_index": "Index, nach dessen Grenzen status_class vergeben ist, standardisiert über die "
    "bewerteten Gebiete ({city}); größer heißt größerer Bedarf",
    "status_class": "Klasse des Statusindex wie im Monitoring Soziale Stadtentwicklung: hoch unter "
    "−1, mittel bis 1, niedrig bis 1,5, sehr niedrig darüber. Niedrig ist die soziale Lage: dort "
    "ist der Bedarf groß. {undetermined}",
    "status_published": "Statusklasse, wie sie der Herausgeber der Indikatoren veröffentlicht hat",
    "dynamics_index": "{dynamics}, standardisiert über die bewerteten Gebiete ({city}); größer "
    "heißt, dass sich die Lage gegenüber anderen Gebieten verschlechtert",
    "dynamics_class": "Klasse des Dynamikindex: positiv unter −1, stabil, negativ über 1. "
    "{dynamics}. {undetermined}",
    "dynamics_published": "Dynamikklasse, wie sie der Herausgeber der Indikatoren veröffentlicht "
    "hat",
    "cluster": "Rolle des Gebiets in einer räumlichen Konzentration. {roles}",
    "regions.cluster": "Wird je Bezirksregion nicht bestimmt und ist hier leer",
    "rank": "Stelle in der Reihenfolge nach need_index unter den bewerteten Gebieten von {region}. "
    "Ein Rang ist eine Schätzung: rank_lo und rank_hi sagen, wie weit er reichen kann",
    "rank_lo": "Bester Rang der simultanen Rangmenge. " + _SET,
    "rank_hi": "Letzter Rang der simultanen Rangmenge. " + _SET,
    "p_top": "Wahrscheinlichkeit, mit der das Gebiet zu den {top} Gebieten mit dem größten Bedarf "
    "gehört, aus {draws} Ziehungen der Indikatoren innerhalb ihres Zufallsfehlers",
    "regions.p_top": "Wird je Bezirksregion nicht berechnet und ist hier leer",
    "rank_by_share": "Stelle nach dem Anteil der Leistungsberechtigten allein, 1 ist der größte",
    "rank_by_count": "Stelle nach der Zahl der Leistungsberechtigten allein, 1 ist die größte; "
    "Gebiete mit vielen Menschen stehen deshalb vorn",
    "excluded": "Grund, aus dem das Gebiet nicht bewertet wird, etwa weniger als {least} Menschen; "
    "leer, wo es bewertet wird",
    "old_age": "Geschätzte Personen mit Grundsicherung im Alter (SGB XII), für die das Jobcenter "
    "nicht zuständig ist. 0 heißt: weniger als {minimum} geschätzt, oder die Zahl der "
    "Leistungsberechtigten enthält sie nicht",
    "top_certain": "Wahr, wo das Gebiet mit {coverage} Sicherheit zu den {top} Gebieten mit dem "
    "größten Bedarf gehört",
    "top_possible": "Wahr, wo sich mit {coverage} Sicherheit nicht ausschließen lässt, dass das "
    "Gebiet zu den {top} Gebieten mit dem größten Bedarf gehört",
    "sentence": "Ein Satz, der aus den Zahlen der Zeile sagt, warum das Gebiet dort steht",
    "cluster_sentence": "Ein Satz zur räumlichen Konzentration, zu der das Gebiet gehört",
    "flags": "Hinweise zum Gebiet, durch Semikolon getrennt: was bei seinen Zahlen zu beachten ist",
    "unit_id": "Kennung eines Orts mit Nachfrage: benachbarte Zellen des Bevölkerungsgitters, "
    "zusammengefasst, bis genügend Menschen beisammen sind",
    "per_km2": "{who} je km² am Wohnort, in einem Umkreis von {bandwidth} m geglättet. Ein Modell: "
    "Es nimmt im ganzen Gebiet denselben Anteil an",
    "behind": "Leistungsberechtigte im Umkreis von {bandwidth} m, aus denen der Wert gebildet ist; "
    "wenigstens {minimum}",
    "areas": "Zahl der Gebiete von {region}, die zur Konzentration gehören",
    "names": "Namen der Gebiete der Konzentration, durch Semikolon getrennt",
    "beyond": "Zahl weiterer Gebiete der Konzentration jenseits der Grenze von {region}",
    "cases": "Leistungsberechtigte im Teil der Konzentration, der in {region} liegt",
    "expected": "So viele Leistungsberechtigte lebten dort, wäre der Anteil überall in {region} "
    "gleich",
    "relative_risk": "Anteil in diesem Teil der Konzentration geteilt durch den Anteil im übrigen "
    "{region}",
    "p_value": "Wahrscheinlichkeit, mit der eine so starke Konzentration durch Zufall entsteht, "
    "den Teil jenseits der Grenze eingerechnet (Scan-Statistik nach Kulldorff, Suche über "
    "zusammenhängende Gebiete)",
    "p_circles": "Dieselbe Wahrscheinlichkeit bei Suche mit Kreisen, zur Gegenprobe",
    "approximate": "Wahr, wo nur das Gebiet der Dienststelle bekannt ist; sie steht dann in dessen "
    "Mitte",
    "targets": "Schlüssel der Zielgruppen, für die allein die Dienststelle da ist; leer: für alle",
    "site_id": "Kennung der Einrichtung, in allen Dateien des Laufs dieselbe",
    "address": "Anschrift der Einrichtung, wie sie ihr Verzeichnis nennt",
    "operator": "Träger der Einrichtung, wie ihn ihr Verzeichnis nennt",
    "operator_kind": "Art des Trägers; für Maschinen ein Schlüssel: {kinds}",
    "operator_reason": "Woran die Art des Trägers erkannt ist: Angabe des Verzeichnisses, "
    "Rechtsform oder Wort im Namen",
    "venue_types": "Art der Einrichtung laut Verzeichnis; mehrere durch Semikolon getrennt",
    "role": "vorgeschlagen: im Vorschlag mit {rooms} Räumen für die erste Zielgruppe; geeignet: "
    "erfüllt die Regeln der Studie; nicht geeignet: erfüllt sie nicht, siehe reason",
    "rooms.order": "Stelle im Vorschlag mit {rooms} Räumen für die erste Zielgruppe, nach "
    "zusätzlich erreichten Personen; leer, wo die Einrichtung nicht vorgeschlagen ist",
    "eligible": "Wahr, wo die Einrichtung die Regeln der Studie für Räume erfüllt",
    "reason": "Warum die Einrichtung nicht geeignet ist; leer, wo sie es ist",
    "suits": "Zielgruppen, für die die Einrichtung geeignet ist; für Maschinen ihre Schlüssel",
    "barrier_free": "Was das Verzeichnis zur Barrierefreiheit sagt; leer: nichts bekannt",
    "opening": "Öffnungszeiten laut Verzeichnis; leer: nichts bekannt",
    "size": "Größe der Räume laut Verzeichnis; leer: nichts bekannt",
    "sources": "Einträge, aus denen die Zeile stammt, als Quelle:Nummer",
    "lon": "Geografische Länge der Einrichtung in Grad, WGS 84 (EPSG:4326)",
    "lat": "Geografische Breite der Einrichtung in Grad, WGS 84 (EPSG:4326)",
    "target": "Zielgruppe; für Maschinen ihr Schlüssel: {targets}",
    "p": "Zahl zusätzlicher Räume, die der Vorschlag umfasst",
    "order": "Stelle des Raums im Vorschlag; der erste erreicht die meisten zusätzlich",
    "reached": "Personen der Zielgruppe mit höchstens {radius} m Fußweg zu einem der Räume oder zu "
    "einer bestehenden Dienststelle",
    "presence.reached": "Personen der Zielgruppe, die erst dieser Raum erreicht: Ihr Fußweg zu ihm "
    "ist höchstens {radius} m, zu Dienststellen und früheren Räumen des Vorschlags weiter",
    "reached_share": "reached geteilt durch alle Personen der Zielgruppe mit bekanntem Wohnort",
    "cumulative_share": "Teil der Zielgruppe, den die Dienststellen und die Räume bis zu diesem "
    "zusammen erreichen",
    "stability": "Teil der Wiederholungen mit anderen Annahmen, in denen der Raum wieder gewählt "
    "wird; 1 heißt immer",
    "hours_open": "Geplante Stunden offener Sprechstunde in diesem Raum je Woche",
    "hours_appointment": "Geplante Stunden für Einzelberatung nach Termin in diesem Raum je Woche",
    "bound": "Mehr Personen kann keine Auswahl von p Räumen erreichen (bewiesene Obergrenze)",
    "gap": "Abstand des Vorschlags zur Obergrenze, geteilt durch das Erreichte; 0 heißt: "
    "bewiesen bestmöglich",
    "topic": "Quelle oder Arbeitsschritt, um den es geht",
    "finding": "Was festgestellt ist",
    "detail": "Welche Gebiete oder Zeilen es betrifft",
    "population_share": "Teil aller Menschen in den Gebieten bis hierher, vom kleinsten Anteil an "
    "geordnet (Lorenzkurve, waagerecht)",
    "recipients_share": "Teil aller Leistungsberechtigten in den Gebieten bis hierher, vom "
    "kleinsten Anteil an geordnet (Lorenzkurve, senkrecht)",
    "fid": "Laufende Nummer der Zeile in der Datei, ohne Bedeutung",
    "geom": "{geometry} in {crs}, Einheit Meter",
    "geometry": "{geometry} in {crs}, Einheit Meter",
}
_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"(?P<i>[SD]\d+|KI_\d+|I_\w+?)_previous", "„{indicator}“ in der Ausgabe {previous}. {quoted}"),
    (r"explained_(?P<i>\w+)", "Punkte, die „{indicator}“ zu need_index beiträgt; die Beiträge "
     "aller Indikatoren ergeben zusammen den Index"),
    (r"(?P<i>[SD]\d+|KI_\d+|I_\w+)", "„{indicator}“ in der Ausgabe {edition}. {quoted}"),
    (r"rank_lo_(?P<t>\w+)", "Bester Rang für die Zielgruppe „{target}“. " + _SET),
    (r"rank_hi_(?P<t>\w+)", "Letzter Rang für die Zielgruppe „{target}“. " + _SET),
    (r"rank_(?P<t>\w+)", "Stelle in der Reihenfolge für die Zielgruppe „{target}“, gereiht nach "
     "{rank_by}; 1 ist der größte Bedarf"),
    (r"weight_(?P<t>\w+)", "Personen der Zielgruppe „{target}“ im Gebiet: {weight_by}. Sie zählen "
     "bei der Wahl der Räume"),
    (r"people_(?P<t>\w+)", "Personen der Zielgruppe „{target}“ an diesem Ort, mit dem Gitter der "
     "Bevölkerung im Gebiet verteilt; 0 oder wenigstens {minimum}"),
)  # fmt: skip
_OF_REGIONS = (
    ("bewerteten Gebiete", "bewerteten Bezirksregionen"),
    ("aller Gebiete", "aller Bezirksregionen"),
    ("das Gebiet ", "die Bezirksregion "),
    ("des Gebiets", "der Bezirksregion"),
    ("im Gebiet am", "in der Bezirksregion am"),
)
"""Words that differ where a row is a Bezirksregion."""
_UNITS: dict[str, str] = {
    "p": "Räume",
    "fewest": "Räume",
    "flattens": "Räume",
    "areas": "Gebiete",
    "beyond": "Gebiete",
    "hours": "Stunden",
}


def heading(column: Column, study: Study) -> Column:
    """The column with its heading: short, in the study's words, with a capital letter.

    Target groups stand by their title where the machine name has their key.

    Examples
    --------
    >>> from sozialraum.publish.columns import describe
    >>> from sozialraum.study import load_study
    >>> heading(describe("rank_young"), load_study("demo")).title
    'Rang für die Zielgruppe „Junge Menschen“'
    """
    column = titled(column, study)
    title = re.sub(r" \((0 bis 1|8 Stellen, Text|Text)\)$", "", column.title)
    title = re.sub(r"\b(den|ersten) k\b", rf"\1 {study.indicators.top}", title)
    for key, target in study.targets.items():
        title = re.sub(rf"(Zielgruppe) {re.escape(key)}\b", rf"\1 „{target.title}“", title)
    return replace(column, title=title[:1].upper() + title[1:])


def explained(column: Column, meanings: Meanings, table: str = "") -> Column:
    """The column with its heading, and its meaning as a note.

    A column of a further table may have the name of a published one and mean something else: where
    the headings differ, it keeps its own note.

    Parameters
    ----------
    column : Column
    meanings : Meanings
    table : str
        See `Meanings.of`.
    """
    headed = heading(column, meanings.study)
    alike = column.title == describe(column.name, table).title
    return replace(headed, note=meanings.of(column, table)) if alike else headed


def unit_of(column: Column) -> str:
    """Unit of a published column, as data packages say it: '1' for a pure number, '' for words.

    Examples
    --------
    >>> from sozialraum.publish.columns import describe
    >>> [unit_of(describe(c)) for c in ("recipients", "share", "rank", "p", "name")]
    ['Personen', '1', 'Rang', 'Räume', '']
    """
    if column.kind in ("text", "boolean"):
        return ""
    ranked = column.kind == "integer" and re.search(r"\b[Rr]ang\b|\bStelle\b", column.title)
    return column.unit or _UNITS.get(column.name) or ("Rang" if ranked else "1")


class Meanings:
    """The meaning of columns under the settings of one study.

    Parameters
    ----------
    study : Study
    who, what, note : str
        Who is counted, what the share refers to, how the number was obtained (see `Info`).

    Examples
    --------
    >>> from sozialraum.publish.columns import describe
    >>> from sozialraum.study import load_study
    >>> said = Meanings(load_study("demo"))
    >>> said.of(describe("rank_lo_young"))[:47]
    'Bester Rang für die Zielgruppe „Junge Menschen“'
    >>> said.of(describe("name", "rooms"), "rooms")
    'Name der Einrichtung, wie ihn ihr Verzeichnis nennt.'
    """

    def __init__(
        self,
        study: Study,
        *,
        who: str = "Leistungsberechtigte",
        what: str = "Anteil der Leistungsberechtigten",
        note: str = "",
    ) -> None:
        self.study = study
        self._facts = _facts(study) | {"who": who, "what": what, "note": note}

    @classmethod
    def in_content(cls, content: Content) -> Meanings:
        """With the words of a run."""
        info = content.info
        return cls(
            content.study,
            who=info.recipients_label,
            what=info.share_label,
            note=info.recipients_note,
        )

    def of(self, column: Column, table: str = "", **more: str) -> str:
        """German sentences: what the column says, and what `Column.note` adds.

        Parameters
        ----------
        column : Column
        table : str
            Where the column means something of its own: 'regions', 'rooms', 'offices', 'units',
            'surface', 'presence' or 'frontier'.
        **more
            Further facts: `geometry` and `crs` of a column of shapes.

        Returns
        -------
        str
            Its title where nobody wrote more.
        """
        facts = self._facts | more
        text = _MEANINGS.get(f"{table}.{column.name}") or _MEANINGS.get(column.name)
        for pattern, words in () if text else _PATTERNS:
            if found := re.fullmatch(pattern, column.name):
                text, facts = words, facts | self._named(found.groupdict(), column.name)
                break
        said = [_sentence((text or column.title).format_map(facts)), _sentence(column.note)]
        whole = " ".join(s for s in said if s)
        for area, region in _OF_REGIONS if table == "regions" else ():
            whole = whole.replace(area, region)
        return own_terms(whole, self.study)

    def _named(self, found: Mapping[str, str], name: str) -> dict[str, str]:
        """Words for the indicator or target group in the name of a column."""
        study = self.study
        if key := found.get("i"):
            edition = study.indicators.previous if "_previous" in name else study.indicators.edition
            of = study.edition(edition) if edition else None
            names: dict[str, str] = {**MSS_NAMES, "I_share": "Anteil der Leistungsberechtigten"}
            names |= of.titles if of else {}
            masked = of.masked_up_to if of else 0
            zero = f" Eine 0 steht für 0 bis {masked} Personen" if masked else ""
            quoted = f"In Prozent, wie vom Herausgeber veröffentlicht.{zero}"
            return {"indicator": f"{key}: {names[key]}" if key in names else key, "quoted": quoted}
        target = study.targets.get(found["t"])
        if target is None:
            return {"target": found["t"], "rank_by": "ihrem Bedarf", "weight_by": "Personen"}
        by = {"need_index": "dem Bedarfsindex", "share": "dem Anteil", "dynamics": "der Dynamik"}
        return {
            "target": target.title,
            "rank_by": by.get(target.rank_by, f"dem Indikator {target.rank_by}"),
            "weight_by": _weight(target.weight_by),
        }


def _sentence(text: str) -> str:
    """A text with one blank between words and a full stop."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if not text or text.endswith((".", "!", "?", ".“")) else f"{text}."


def _weight(weight_by: str) -> str:
    """What a target group counts, German."""
    kind, _, detail = weight_by.partition(":")
    if kind == "residents":
        low, high = detail.split("-")
        return f"Einwohnerinnen und Einwohner von {low} bis unter {high} Jahren"
    return {
        "recipients": "Leistungsberechtigte ohne geschätzte Grundsicherung im Alter",
        "recipients_if_worse": "Leistungsberechtigte in Gebieten mit negativer Dynamik, sonst 0",
        "children_benefits": "Kinder unter 15 Jahren in Haushalten mit Leistungen",
    }.get(kind, f"Spalte „{detail}“ der Arbeitsmappe der Bundesagentur für Arbeit")


def _facts(study: Study) -> dict[str, str]:
    """Settings of a study as words."""
    rules, limits = study.indicators, study.disclosure
    edition = study.edition(rules.edition) if rules.edition else None
    own = ", ".join(edition.indicators) if edition else ""
    if edition is None:
        index = "Anteil der Leistungsberechtigten, standardisiert"
    elif study.composite is not None:
        index = f"Index nach der Vorschrift der Studie aus {own} der Ausgabe {edition.id}"
    else:
        index = (
            f"Summe der standardisierten Indikatoren {own} der Ausgabe {edition.id}, wieder "
            f"standardisiert: Mittel 0, Standardabweichung 1 über die bewerteten Gebiete "
            f"({study.region.city})"
        )
    withheld = (
        f"Auf Vielfache von {limits.rounding_base} gerundet"
        if limits.method == "round"
        else f"Leer, wo sie nicht bekannt ist oder nicht gezeigt wird: Zahlen unter "
        f"{limits.minimum_count} und solche, aus denen sie sich errechnen ließen"
    )
    masked = edition is not None and edition.masked_up_to
    return {
        "coverage": number(100 * rules.coverage) + " %",
        "top": str(rules.top),
        "draws": number(rules.rank_draws),
        "least": number(rules.minimum_population),
        "minimum": str(limits.minimum_count),
        "protection": withheld,
        "region": study.region.name,
        "city": study.region.city,
        "day": date(study.population.reference_date.isoformat()),
        "index": index,
        "dynamics": _dynamics(study),
        "undetermined": "„nicht bestimmbar (Maskierung)“ heißt: Die Klasse hängt davon ab, welche "
        "Zahl hinter einer durch 0 ersetzten steht" if masked else "",
        "roles": ". ".join(f"„{word}“: {meaning}" for word, meaning in ROLES.items()),
        "kinds": ", ".join(f"{key} ({word})" for key, word in KINDS.items()),
        "targets": ", ".join(f"{key} ({t.title})" for key, t in study.targets.items()),
        "rooms": str(study.siting.rooms),
        "radius": number(study.siting.radius),
        "bandwidth": number(study.concentration.bandwidth),
        "edition": rules.edition or "",
        "previous": rules.previous or "",
    }  # fmt: skip


def _dynamics(study: Study) -> str:
    """What the change of an area was computed from."""
    found = compared(study)
    if found is None:
        return "Ohne eine vorige Ausgabe bleibt die Spalte leer"
    names, later = ", ".join(found.names), found.later.id
    if found.earlier is None:
        return f"Veröffentlichte Veränderungen {names} der Ausgabe {later}"
    what = f"Veränderung von der Ausgabe {found.earlier.id} zur Ausgabe {later} über die"
    if found.all_common:
        return f"{what} Indikatoren {names}"
    why = [f"{i} erst ab der Ausgabe {first}" for i, first in found.since.items()]
    why += [f"{i} nicht in der Ausgabe {found.earlier.id}" for i in found.not_earlier]
    why += [f"{i} nicht in der Ausgabe {later}" for i in found.not_later]
    return f"{what} gemeinsamen Indikatoren {names} ({', '.join(why)})"
