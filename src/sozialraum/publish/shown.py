"""What is published, in two steps: everything that no proposal changes, then the proposal.

Both steps pass disclosure control. The first is costly (shapes, withholding, the attack) and the
same for every number of rooms; only the second is repeated when a reader tries other settings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.publish import gate
from sozialraum.publish.assemble import with_sentences
from sozialraum.publish.concentrations import with_tables
from sozialraum.publish.content import Content, Proposal
from sozialraum.publish.room_tables import with_answer

if TYPE_CHECKING:
    from sozialraum.presence.answer import Answer
    from sozialraum.presence.frontier import Step

CARRIED: tuple[str, ...] = ("study", "rooms", "offices", "units", "surface")
CARRIED += ("surroundings", "stops", "orientation")
"""Parts of a content that the gate checks and leaves as they are."""


@dataclass(frozen=True)
class Shown:
    """A released content without a proposal.

    Attributes
    ----------
    content : Content
        Without the parts in `CARRIED`, and without the gate's mark: no writer takes it.
    withheld : dict
        The gate's mark.
    areas, regions : pandas.Series of str
        Reasons for withholding, see `gate.withheld`.
    """

    content: Content
    withheld: dict[str, Any]
    areas: pd.Series
    regions: pd.Series


def show(content: Content) -> Shown:
    """Release a content that has no proposal yet.

    Parameters
    ----------
    content : Content
        From `publish.assemble`, `presence` and `frontier` empty.

    Raises
    ------
    DisclosureError
        See `gate.release`.
    """
    reasons = gate.withheld(content.areas, content.regions, content.study)
    released = with_tables(with_sentences(gate.release(content)))
    figures = dict(released.figures)
    mark = figures.pop("withheld")
    carried: dict[str, Any] = dict.fromkeys(CARRIED)
    return Shown(replace(released, figures=figures, **carried), mark, *reasons)


def with_proposal(shown: Shown, answer: Answer, fingerprint: str, **carried: Any) -> Content:
    """The content with its proposal, released.

    Parameters
    ----------
    shown : Shown
    answer : Answer
        Of the presence layer.
    fingerprint : str
        Of this run, see `publish.manifest.fingerprint`.
    **carried
        The parts in `CARRIED`, as they were when `show` checked them.

    Returns
    -------
    Content
        Numbers of reached recipients below the minimum and rows of withheld areas are blanked in
        every table of the proposal.
    """
    base, presence = shown.content, answer.presence
    content = replace(base, info=replace(base.info, fingerprint=fingerprint), further=(), **carried)
    figures = dict(content.figures)
    if answer.old_age_rooms is not None:
        figures["old_age_rooms"] = answer.old_age_rooms
    content = with_answer(replace(content, figures=figures), answer)
    tables = tuple(t.withholding(shown.areas, shown.regions) for t in content.further)
    return replace(
        content,
        presence=gate.without_small(presence.presence, content.study),
        frontier=gate.without_small(presence.frontier, content.study),
        siting={key: [_proposed(s) for s in steps] for key, steps in presence.curves.items()},
        quality=[*content.quality, *answer.notes],
        figures={**content.figures, "withheld": shown.withheld},
        further=(*base.further, *tables),
    )


def _proposed(step: Step) -> Proposal:
    sites = tuple(map(str, step.sites))
    return Proposal(step.p, sites, step.reached, step.reached_share, step.bound, step.proven)
