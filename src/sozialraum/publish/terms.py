"""What a study calls its areas and the units above them, in everything that people read.

The titles of columns and sheets name Berlin's planning areas and Bezirksregionen. Where a study
has areas of another kind, these words give way: to neutral ones, since the gender of a city's own
word (der Stadtteil, die Rasterzelle) is not known, and to the title of the study's level.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sozialraum.publish.columns import Column
    from sozialraum.study import Study

AREA, REGION = "Planungsraum", "Bezirksregion"


def region_title(study: Study) -> str:
    """What one unit of the level above the areas is called; empty: there is no such level."""
    levels = {level.key: level.title for level in study.levels}
    return levels.get("region", next(iter(levels.values()), ""))


def own_terms(text: str, study: Study) -> str:
    """A text in the study's language, with its words for its areas and the level above them.

    Parameters
    ----------
    text : str
        German, as written for Berlin.
    study : Study

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> own_terms("Name der Bezirksregion", load_study("demo"))
    'Name der Bezirksregion'
    >>> own_terms("Vorgeschlagene Räume", load_study("demo", language="en"))
    'Proposed rooms'
    """
    if study.language == "en":
        from sozialraum.publish.english import english

        text = english(text)
    return in_terms(text, study.area_layer.title, region_title(study))


def in_terms(text: str, area: str, region: str) -> str:
    """A German text with the words of a study: see `own_terms`.

    Parameters
    ----------
    text : str
    area, region : str
        Titles of the areas and of the level above them; `region` may be empty.

    Examples
    --------
    >>> in_terms("Name des Planungsraums", "Stadtteil", "Quartier")
    'Name des Gebiets'
    >>> in_terms("Theil-Index zwischen den Bezirksregionen", "Stadtteil", "Quartier")
    'Theil-Index zwischen den Einheiten der Ebene Quartier'
    >>> in_terms("Name der Bezirksregion", "Bezirk", "")
    'Name der Einheit auf der oberen Ebene'
    """
    changes: list[tuple[str, str]] = []
    if area != AREA:
        changes += [
            ("Planungsraums (8 Stellen, Text)", "Gebiets (Text)"),
            ("Planungsraums", "Gebiets"),
            ("Planungsraum", "Gebiet"),
        ]
    if region != REGION:
        level = f"Ebene {region}" if region else "oberen Ebene"
        changes += [
            ("den Bezirksregionen", f"den Einheiten der {level}"),
            ("der Bezirksregionen", f"der Einheiten der {level}"),
            ("der Bezirksregion", f"der Einheit auf der {level}"),
            ("je Bezirksregion", f"je Einheit der {level}"),
            ("Bezirksregionen", level if region else "Obere Ebene"),
            ("Bezirksregion", region or "Einheit"),
        ]
    for berlin, own in changes:
        text = text.replace(berlin, own)
    return text


def titled(column: Column, study: Study) -> Column:
    """The column in the study's language, with its title in the study's words."""
    if study.language == "en":
        from sozialraum.publish.english import column_in_english

        column = column_in_english(column)
    return replace(column, title=own_terms(column.title, study))
