"""What the dynamics of a study compare: two editions, over the indicators that both have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sozialraum.study.model import Edition, Study


@dataclass(frozen=True)
class Compared:
    """The basis of the dynamics.

    Attributes
    ----------
    later : Edition
        The edition of the index.
    earlier : Edition or None
        The edition before it; None where the publisher's own changes are used.
    names : tuple of str
        Indicators that both editions have, or the published changes.
    since : dict
        Indicator that only the later edition has -> the first edition of the study with it. Not
        in it: an indicator that an edition before the earlier one had, too.
    not_earlier, not_later : tuple of str
        Other indicators that the earlier, or the later edition lacks.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> rules = {"edition": "2023", "previous": "2021"}
    >>> found = compared(load_study("charlottenburg-wilmersdorf", indicators=rules))
    >>> found.names, found.since
    (('S1', 'S3', 'S4'), {'S2': '2023'})
    """

    later: Edition
    earlier: Edition | None
    names: tuple[str, ...]
    since: dict[str, str]
    not_earlier: tuple[str, ...] = ()
    not_later: tuple[str, ...] = ()

    @property
    def all_common(self) -> bool:
        """Whether both editions have the same indicators."""
        return not (self.since or self.not_earlier or self.not_later)


def compared(study: Study) -> Compared | None:
    """What the dynamics compare; None where a study has none.

    Parameters
    ----------
    study : Study

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> compared(load_study("demo")).all_common
    True
    >>> compared(load_study("demo", indicators={"edition": "2023", "previous": None})).names
    ('D1', 'D3', 'D4')
    """
    rules = study.indicators
    if rules.edition is None:
        return None
    later = study.edition(rules.edition)
    if later.changes:
        return Compared(later, None, later.changes, {})
    if rules.previous is None:
        return None
    earlier = study.edition(rules.previous)
    added = [i for i in later.indicators if i not in earlier.indicators]
    first = {i: _first(study, i) for i in added}
    since = {i: e.id for i, e in first.items() if e.reference_date > earlier.reference_date}
    return Compared(
        later,
        earlier,
        tuple(i for i in later.indicators if i in earlier.indicators),
        since,
        tuple(i for i in added if i not in since),
        tuple(i for i in earlier.indicators if i not in later.indicators),
    )


def _first(study: Study, indicator: str) -> Edition:
    """The earliest edition that the study knows to have the indicator."""
    having = [e for e in study.editions if indicator in e.indicators]
    return min(having, key=lambda e: e.reference_date)
