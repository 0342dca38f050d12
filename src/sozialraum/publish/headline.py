"""The answer of a run in one sentence, in the study's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sozialraum.presence.offices import serving
from sozialraum.publish.content import proposed
from sozialraum.publish.numbers import number, percent

if TYPE_CHECKING:
    from sozialraum.publish.content import Content

_TEXTS = {
    "de": {
        "need": "Der größte Bedarf besteht in {name}",
        "no_need": "Kein Gebiet hat einen Rang",
        "none": "Räume sind nicht vorgeschlagen",
        "one": "1 Raum erreicht zu Fuß {share}",
        "many": "{p} Räume erreichen zu Fuß {share}",
        "one_offices": "1 Raum und die bestehenden Dienststellen erreichen zu Fuß {share}",
        "many_offices": "{p} Räume und die bestehenden Dienststellen erreichen zu Fuß {share}",
        "whom": "der {all} Leistungsberechtigten, die einem Gebiet zuzuordnen sind",
        "whom_younger": "der {all} Leistungsberechtigten, die einem Gebiet zuzuordnen sind, ohne "
        "Grundsicherung im Alter",
    },
    "en": {
        "need": "The need is greatest in {name}",
        "no_need": "No area has a rank",
        "none": "no rooms are proposed",
        "one": "1 room reaches {share} on foot",
        "many": "{p} rooms reach {share} on foot",
        "one_offices": "1 room and the existing offices reach {share} on foot",
        "many_offices": "{p} rooms and the existing offices reach {share} on foot",
        "whom": "of the {all} recipients who can be placed in an area",
        "whom_younger": "of the {all} recipients who can be placed in an area, without income "
        "support in old age",
    },
}


def headline(content: Content) -> str:
    """Where the need is greatest, and how many of whom the proposed rooms reach.

    Parameters
    ----------
    content : Content
        Released.

    Returns
    -------
    str
        The share is of those whom the rooms are chosen for: recipients in areas with a number,
        without people in old age where the study subtracts them.
    """
    study = content.study
    texts, language = _TEXTS[study.language], study.language
    ranked = content.areas[content.areas["rank"].notna()].sort_values("rank", kind="stable")
    need = texts["need"].format(name=ranked["name"].iloc[0]) if len(ranked) else texts["no_need"]
    rooms = proposed(content.presence, "everybody", study.siting.rooms)
    if rooms.empty:
        return f"{need}; {texts['none']}."
    key = "one" if len(rooms) == 1 else "many"
    if serving(content.offices, "everybody").any():
        key += "_offices"
    share = percent(rooms["cumulative_share"].iloc[-1], language=language)
    who = texts["whom_younger" if _without_old_age(content) else "whom"]
    everybody = number(content.figures["demand"], language=language)
    reach = texts[key].format(p=len(rooms), share=share)
    return f"{need}; {reach} {who.format(all=everybody)}."


def _without_old_age(content: Content) -> bool:
    """Whether people on old-age benefits were taken off the demand for rooms."""
    if content.study.old_age is None or "old_age" not in content.areas:
        return False
    return bool(content.areas["old_age"].fillna(0).gt(0).any())
