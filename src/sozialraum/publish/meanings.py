"""What each published column says, in sentences that stand for themselves.

A heading (`sozialraum.publish.columns`) is short and needs the table around it. Whoever opens one
layer in a GIS, or one column in a portal, has no table around it: here a column says who is
counted, in relation to what, how sure it is and when it is empty, with the numbers of the study.
The sentences stand in `meanings.de.yaml` and `meanings.en.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from sozialraum.concentration.wording import ROLES
from sozialraum.need.explain import MSS_NAMES
from sozialraum.packaged import packaged
from sozialraum.presence.wording import KINDS
from sozialraum.publish.columns import describe
from sozialraum.publish.numbers import date, number
from sozialraum.publish.terms import own_terms, titled
from sozialraum.study.compared import compared

if TYPE_CHECKING:
    from sozialraum.publish.columns import Column
    from sozialraum.publish.content import Content
    from sozialraum.study import Study

_PATTERNS: dict[str, str] = {
    "previous": r"(?P<i>[SD]\d+|KI_\d+|I_\w+?)_previous",
    "explained": r"explained_(?P<i>\w+)",
    "current": r"(?P<i>[SD]\d+|KI_\d+|I_\w+)",
    "rank_lo": r"rank_lo_(?P<t>\w+)",
    "rank_hi": r"rank_hi_(?P<t>\w+)",
    "rank": r"rank_(?P<t>\w+)",
    "weight": r"weight_(?P<t>\w+)",
    "people": r"people_(?P<t>\w+)",
}
"""Columns of one indicator or target group."""
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
    title = re.sub(r" \((0 (bis|to) 1|8 Stellen, Text|[Tt]ext)\)$", "", column.title)
    title = re.sub(r"\b(den|ersten|the|first) k\b", rf"\1 {study.indicators.top}", title)
    targets = study.targets if "Zielgruppe" in title or "group" in title else {}
    for key, target in targets.items():
        words = rf"\1 {_quoted(target.title, study)}"
        title = re.sub(rf"(Zielgruppe|group) {re.escape(key)}\b", words, title)
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
        self._texts = _texts(study.language)
        roles = self._texts.get("roles", ROLES)
        self._facts = _facts(study, self._texts["facts"])
        said = (f"{_quoted(role, study)}: {text}" for role, text in roles.items())
        self._facts["roles"] = ". ".join(said)
        self._facts |= {"who": who, "what": what, "note": note}

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
        """Sentences: what the column says, and what `Column.note` adds.

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
            In the study's language; its title where nobody wrote more.
        """
        facts, texts = self._facts | more, self._texts["columns"]
        text = texts.get(f"{table}.{column.name}") or texts.get(column.name)
        for kind, pattern in () if text else _PATTERNS.items():
            if found := re.fullmatch(pattern, column.name):
                text = self._texts["patterns"][kind]
                facts |= self._named(found.groupdict(), column.name)
                break
        said = sentence(text.format_map(facts) if text else own_terms(column.title, self.study))
        for area, region in self._texts["of_regions"].items() if table == "regions" else ():
            said = said.replace(area, region)
        note = sentence(own_terms(column.note, self.study))
        return own_terms(" ".join(s for s in (said, note) if s), self.study)

    def _named(self, found: Mapping[str, str], name: str) -> dict[str, str]:
        """Words for the indicator or target group in the name of a column."""
        study, words = self.study, self._texts["facts"]
        if key := found.get("i"):
            edition = study.indicators.previous if "_previous" in name else study.indicators.edition
            of = study.edition(edition) if edition else None
            names: dict[str, str] = {**MSS_NAMES, "I_share": "Anteil der Leistungsberechtigten"}
            names |= of.titles if of else {}
            title = f"{key}: {own_terms(names[key], study)}" if key in names else key
            quoted = words["quoted"]
            if of and of.masked_up_to:
                quoted += ". " + words["masked"].format(masked_up_to=of.masked_up_to)
            return {"indicator": title, "quoted": quoted}
        target = study.targets[found["t"]]
        by = {"need_index": "by_index", "share": "by_share", "dynamics": "by_dynamics"}
        by_key = by.get(target.rank_by, "by_indicator")
        return {
            "target": target.title,
            "rank_by": words[by_key].format(indicator=target.rank_by),
            "weight_by": _weight(target.weight_by, words),
        }


@cache
def _texts(language: str) -> dict[str, dict[str, str]]:
    """The sentences of one language."""
    texts: dict[str, dict[str, str]] = packaged(__package__, f"meanings.{language}.yaml")
    return texts


def _quoted(text: str, study: Study) -> str:
    return f"“{text}”" if study.language == "en" else f"„{text}“"


def sentence(text: str) -> str:
    """A text with one blank between words and a full stop."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if not text or text.endswith((".", "!", "?", ".“")) else f"{text}."


def _weight(weight_by: str, words: Mapping[str, str]) -> str:
    """What a target group counts."""
    kind, _, detail = weight_by.partition(":")
    low, _, high = detail.partition("-")
    return words[kind].format(low=low, high=high, column=detail)


def _facts(study: Study, words: Mapping[str, str]) -> dict[str, str]:
    """Settings of a study as words."""
    rules, limits, language = study.indicators, study.disclosure, study.language
    edition = study.edition(rules.edition) if rules.edition else None
    index = "index_share" if edition is None else "index_own" if study.composite else "index_mss"

    def said(value: float) -> str:
        return number(value, language=language)

    facts = {
        "own": ", ".join(edition.indicators) if edition else "",
        "base": str(limits.rounding_base),
        "coverage": said(100 * rules.coverage) + (" %" if language == "de" else "%"),
        "top": str(rules.top),
        "draws": said(rules.rank_draws),
        "least": said(rules.minimum_population),
        "minimum": str(limits.minimum_count),
        "region": study.region.name,
        "city": study.region.city,
        "day": date(study.population.reference_date.isoformat(), language=language),
        "dynamics": _dynamics(study, words),
        "undetermined": words["undetermined"] if edition and edition.masked_up_to else "",
        "kinds": ", ".join(f"{key} ({own_terms(word, study)})" for key, word in KINDS.items()),
        "targets": ", ".join(f"{key} ({t.title})" for key, t in study.targets.items()),
        "rooms": str(study.siting.rooms),
        "radius": said(study.siting.radius),
        "bandwidth": said(study.concentration.bandwidth),
        "edition": rules.edition or "",
        "previous": rules.previous or "",
    }
    facts["index"] = words[index].format_map(facts)
    facts["set"] = words["set"].format_map(facts)
    hidden = words["rounded" if limits.method == "round" else "withheld"]
    return facts | {"protection": hidden.format_map(facts)}


def _dynamics(study: Study, words: Mapping[str, str]) -> str:
    """What the change of an area was computed from."""
    found = compared(study)
    if found is None:
        return words["no_dynamics"]
    names, later = ", ".join(found.names), found.later.id
    if found.earlier is None:
        return words["published_changes"].format(names=names, later=later)
    earlier = found.earlier.id
    why = [words["since"].format(indicator=i, edition=first) for i, first in found.since.items()]
    why += [words["absent"].format(indicator=i, edition=earlier) for i in found.not_earlier]
    why += [words["absent"].format(indicator=i, edition=later) for i in found.not_later]
    text = words["changes" if found.all_common else "common_changes"]
    return text.format(earlier=earlier, later=later, names=names, why=", ".join(why))
