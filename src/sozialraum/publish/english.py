"""What stages and readers say in German, in English: for a study with ``language: en``.

Stages are pure and speak one language. A text is translated where it is published, from the
catalogue ``english.yaml``: German template -> English template with the same places. Numbers in
places are written as English readers write them. What is not in the catalogue was written by the
author of a study or by a publisher; it stays, and the report marks it as German.

Machine columns, and the words of classes and roles that programs compare, stay as they are; tables
for people say them in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sozialraum.packaged import packaged
from sozialraum.publish.numbers import NO_BREAK, date

if TYPE_CHECKING:
    import pandas as pd

    from sozialraum.publish.columns import Column
    from sozialraum.publish.content import Content
    from sozialraum.publish.further import FurtherTable
    from sozialraum.study import Study

PLACE = re.compile(r"\{(\w+)\}")
"""A place in a template. One letter holds a number, `name` and `key` (one word) stay as they are,
`names` is a list, `figures` a text with numbers; any other holds a text that is translated, too."""

_NUMBER = r"[−+-]?\d+(?:[.,]\d+)*"
_GROUPED = re.compile(r"[−+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_CUT = re.compile(r"(?<=;) |(?<=[.!?]) (?=[\wÄÖÜ„(])")
_DAY = re.compile(r"(\d+)\. (\w+) (\d{4})")
_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_BETWEEN = ((", ", ", "), (" oder ", " or "), (" und ", " and "))

PROSE = ("sentence", "cluster_sentence", "flags", "excluded")
ROOMS = ("reason", "venue_types")
"""Columns of areas and of rooms that hold sentences; other texts are names, ids and classes."""

QUOTED: tuple[str, ...] = (
    "Bundesagentur für Arbeit",
    "Lebensweltlich orientierte Räume",
    "Bürgergeld",
)
"""German terms that English texts quote."""

NAMES: tuple[str, ...] = (
    "area_id",
    "region_id",
    "site_id",
    "site",
    "unit_id",
    "name",
    "region_name",
    "operator",
)
NAMES += ("address", "names", "comparable", "sources", "geometry")
"""Columns of tables that are never translated."""


@dataclass(frozen=True)
class Template:
    """A German template as a pattern, and what it is in English."""

    pattern: re.Pattern[str]
    english: str
    start: str
    end: str

    def fill(self, text: str) -> str | None:
        """The English text; None where the German one is another."""
        if not (text.startswith(self.start) and text.endswith(self.end)):
            return None
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        places = {name: _placed(name, value) for name, value in found.groupdict().items()}
        return self.english.format(**places)


@dataclass(frozen=True)
class Catalogue:
    """Whole texts by themselves, templates with the longest wording first."""

    texts: Mapping[str, str]
    templates: tuple[Template, ...]

    def get(self, text: str) -> str | None:
        """A text, template or list of texts in English; None where it is not known."""
        if text in self.texts:
            return self.texts[text]
        for template in self.templates:
            if (said := template.fill(text)) is not None:
                return said
        for german, english in _BETWEEN:
            parts = text.split(german)
            if len(parts) > 1 and all(p in self.texts for p in parts):
                return english.join(self.texts[p] for p in parts)
        return None


def entries() -> dict[str, str]:
    """The catalogue as written: German -> English, of all its sections."""
    sections = packaged(__package__, "english.yaml")
    return {german: said for section in sections.values() for german, said in section.items()}


@cache
def catalogue() -> Catalogue:
    """The catalogue, with the report's own words for classes, roles and kinds."""
    from sozialraum.publish.report.blocks import texts

    given = {**texts("en")["words"], **entries()}
    whole = {german: said for german, said in given.items() if not PLACE.search(german)}
    templates = [german for german in given if PLACE.search(german)]
    templates.sort(key=lambda german: -len(PLACE.sub("", german)))
    return Catalogue(whole, tuple(_compiled(german, given[german]) for german in templates))


def _compiled(german: str, english: str) -> Template:
    parts = PLACE.split(german)
    pattern = "".join(
        f"(?P<{part}>{_held(part)})" if i % 2 else re.escape(part) for i, part in enumerate(parts)
    )
    return Template(re.compile(pattern, re.DOTALL), english, parts[0], parts[-1])


def _held(name: str) -> str:
    """What a place holds, as a pattern: a number, a name without ';', one word, or any text."""
    if len(name) == 1:
        return _NUMBER
    return {"name": "[^;]*?", "key": r"[\w-]+"}.get(name, ".*?")


def _placed(name: str, value: str) -> str:
    if len(name) == 1:
        return figure(value)
    if name == "name":
        return value
    if name == "names":
        return re.sub(r"^(.+) und ([^,]+)$", r"\1 and \2", value)
    if name == "figures":
        return re.sub(_NUMBER, lambda m: figure(m[0]), value).replace(f"{NO_BREAK}%", "%")
    return english(value)


def figure(number: str) -> str:
    """A number written in German, as English readers write it.

    Examples
    --------
    >>> figure("1.234,5"), figure("−0,46"), figure("36.412"), figure("0.5")
    ('1,234.5', '−0.46', '36,412', '0.5')
    """
    if _GROUPED.fullmatch(number):
        return number.translate({ord("."): ",", ord(","): "."})
    return number.replace(",", ".")


def known(text: str) -> str | None:
    """A whole text or a template in English; None where the catalogue has neither.

    Examples
    --------
    >>> known("nicht bestimmbar (Maskierung)"), known("Haus am See")
    ('cannot be determined (masking)', None)
    >>> known("31. Dezember 2024")
    '31 December 2024'
    """
    text = text.replace(NO_BREAK, " ").strip()
    if (day := _DAY.fullmatch(text)) and day[2] in _MONTHS.split():
        month = _MONTHS.split().index(day[2]) + 1
        return date(f"{day[3]}-{month:02d}-{int(day[1]):02d}", language="en")
    return catalogue().get(text)


@lru_cache(maxsize=20_000)
def english(text: str) -> str:
    """A German text in English, sentence by sentence; what the catalogue lacks stays.

    Parameters
    ----------
    text : str
        Sentences or notes, '; ' or blanks between them.

    Examples
    --------
    >>> english("1.234 von 2.345 Einrichtungen kommen infrage")
    '1,234 of 2,345 venues qualify'
    >>> english("Haus am See")
    'Haus am See'
    """
    if (whole := _all_known(text)) is not None:
        return whole
    cuts = [found.span() for found in _CUT.finditer(text)]
    if not cuts:
        return text
    start, end = next((c for c in cuts if _part(text[: c[0]]) is not None), cuts[0])
    return f"{_part(text[:start]) or text[:start]} {english(text[end:])}"


def _all_known(text: str) -> str | None:
    """A text of one or several parts that the catalogue has, the shortest first; else None."""
    if text in catalogue().texts:
        return catalogue().texts[text]
    for found in _CUT.finditer(text):
        left = _part(text[: found.start()])
        if left is not None and (rest := _all_known(text[found.end() :])) is not None:
            return f"{left} {rest}"
    return known(text)


def _part(text: str) -> str | None:
    """A sentence, or a note with its semicolon."""
    said = known(text.removesuffix(";"))
    return said and said + ";" * text.endswith(";")


_GERMAN = re.compile(
    r"[äöüß„]|\b(?:der|die|das|und|nicht|mit|für|von|im|ein|eine|je|nach|ist|sind|oder|aus|ohne"
    r"|nur|zum|zur|wird|den|dem|des|bei|bis|aber)\b",
    re.IGNORECASE,
)


def left_german(text: str) -> list[str]:
    """Sentences of a German text that the catalogue does not have and that look German."""
    if known(text) is not None:
        return []
    parts = [part.removesuffix(";") for part in _CUT.split(text)]
    said = english(text)
    return [part for part in parts if part in said and _GERMAN.search(part)]


def in_english(content: Content) -> Content:
    """A released content with the texts of stages and readers in English.

    Parameters
    ----------
    content : Content
        Released by `publish.gate`.

    Returns
    -------
    Content
        Ids, names, classes and roles as they were; `figures['german']` holds the texts that stay
        German: of the study's author, of publishers, and any that the catalogue lacks.
    """
    study, info = _study(content.study), content.info
    prose: list[Any] = [*info.warnings, info.recipients_note, info.recipients_label]
    prose += [row["detail"] for row in content.quality]
    prose += [v for c in PROSE if c in content.areas for v in content.areas[c].dropna()]
    left = {part: None for text in dict.fromkeys(map(str, prose)) for part in left_german(text)}
    figures = {k: _translated(v) for k, v in content.figures.items()}
    return replace(
        content,
        study=study,
        info=replace(
            info,
            title=study.title,
            subtitle=study.subtitle,
            recipients_label=english(info.recipients_label),
            recipients_note=english(info.recipients_note),
            warnings=tuple(map(english, info.warnings)),
        ),
        areas=_columns(content.areas, PROSE),
        regions=_columns(content.regions, PROSE),
        rooms=_columns(content.rooms, ROOMS),
        quality=[{key: english(text) for key, text in row.items()} for row in content.quality],
        figures={**figures, "german": tuple(dict.fromkeys(_german_texts(content, study, left)))},
        further=tuple(_table(table) for table in content.further),
        calendar=_calendar(content.calendar),
    )


def described(value: Any, key: str = "") -> Any:
    """A description of files whose titles, descriptions and units are in English.

    Examples
    --------
    >>> described({"title": "Bericht", "path": "Bericht", "fields": [{"unit": "Personen"}]})
    {'title': 'Report', 'path': 'Bericht', 'fields': [{'unit': 'persons'}]}
    """
    if isinstance(value, dict):
        return {k: described(part, k) for k, part in value.items()}
    if isinstance(value, list):
        return [described(part, key) for part in value]
    return english(value) if key in ("title", "description", "unit") else value


def column_in_english(column: Column) -> Column:
    """Title and note of a column in English; writers ask for its unit, so they translate that."""
    return replace(column, title=english(column.title), note=english(column.note))


def _columns(frame: Any, names: Iterable[str]) -> Any:
    return frame.assign(**{c: cells_in_english(frame[c]) for c in names if c in frame})


def texts_in_english(frame: pd.DataFrame) -> pd.DataFrame:
    """A table for people: every text that the catalogue has, but names and ids."""
    texts = [c for c in frame.columns if c not in NAMES and frame[c].dtype.kind not in "biufM"]
    return _columns(frame, texts)


def cells_in_english(values: pd.Series) -> list[Any]:
    """The cells of a column of texts; what is no text stays."""
    return [english(v) if isinstance(v, str) else v for v in values.to_numpy(object)]


def _table(table: FurtherTable) -> FurtherTable:
    """Titles and notes; the words of its cells stay, since the report asks for some of them.

    Its columns stay, too: writers translate headings once they know what a column means.
    """
    return replace(
        table,
        sheet=english(table.sheet),
        title=english(table.title),
        note=english(table.note),
        frame=_columns(table.frame, ("target",)),
    )


def _translated(value: Any) -> Any:
    if isinstance(value, str):
        return english(value)
    if isinstance(value, dict):
        return {key: _translated(part) for key, part in value.items()}
    return value


def _calendar(text: str) -> str:
    def said(line: re.Match[str]) -> str:
        return f"SUMMARY:{english(line[1])}"

    return re.sub(r"(?<=\n)SUMMARY:(.+?)(?=\r?\n)", said, text)


def _study(study: Study) -> Study:
    """The study with those titles in English that the catalogue has: of packaged studies."""
    targets = {
        key: target.model_copy(update={"title": english(target.title)})
        for key, target in study.targets.items()
    }
    said = {key: english(getattr(study, key)) for key in ("title", "subtitle", "question")}
    return study.model_copy(update={**said, "targets": targets})


def _german_texts(content: Content, said: Study, left: Iterable[str]) -> Iterator[str]:
    """What stays German: the author's texts, what publishers wrote, names, untranslated texts."""
    study = content.study
    yield from QUOTED
    pairs = [(getattr(study, k), getattr(said, k)) for k in ("title", "subtitle", "question")]
    pairs += [(study.targets[k].title, said.targets[k].title) for k in study.targets]
    yield from (before for before, after in pairs if before == after)
    for source in content.info.sources:
        yield from (source.title, source.publisher, source.attribution)
    yield from left
    yield from (study.area_layer.title, *(level.title for level in study.levels))
    frames = (content.areas, content.regions, content.rooms, content.offices)
    for frame, column in [*((f, "name") for f in frames), (content.rooms, "operator")]:
        yield from (str(v) for v in frame.get(column, ()) if isinstance(v, str))
