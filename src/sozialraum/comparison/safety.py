"""Two runs together must not tell what each of them withholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.errors import DisclosureError, InputError
from sozialraum.publish.attacker import attack, earlier_statements

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished


def check_together(before: Finished, after: Finished) -> None:
    """Attack two runs about the same people with everything that either of them shows.

    Counts of different reference dates say nothing exact about each other, and every difference
    is empty where either run withholds. Runs about the same date are another matter: a count that
    one of them withholds may be shown by the other, or follow from both.

    Parameters
    ----------
    before, after : Finished

    Raises
    ------
    DisclosureError
        A withheld count follows from the two runs together; the message names area and way, not
        the count.
    """
    if not same_counts(before, after):
        return
    shown = []
    for level in ("areas", "regions"):
        first, second = (_plain(r, level)["recipients"] for r in (before, after))
        one_only = first.isna() != second.reindex(first.index).isna()
        shown += [f"{level} {i}" for i in first.index[one_only]]
    if shown:
        raise _together(shown[0])
    for one, other in ((after, before), (before, after)):
        said, _ = earlier_statements(one.content, other.content)
        try:
            alone = set(attack(one.content)["cell"])
            found = attack(one.content, beside=said)
        except InputError:
            return  # the runs contradict each other: no reader can combine them
        inferred = found[~found["cell"].isin(alone)]
        if len(inferred):
            raise _together(str(inferred["cell"].iloc[0]))


def _together(where: str) -> DisclosureError:
    return DisclosureError(
        "The two runs together tell a count that one of them withholds",
        where=where,
        expected="the same counts withheld in both",
        hint="Publish only one of them, or run both with the same settings under disclosure",
    )


def same_counts(before: Finished, after: Finished) -> bool:
    """Whether two runs count the same people on the same day."""
    keys = [
        (
            run.info.reference_date,
            run.study.indicators.edition,
            bool(run.content.figures.get("counts_derived", True)),
        )
        for run in (before, after)
    ]
    return keys[0] == keys[1]


def _plain(run: Finished, level: str) -> pd.DataFrame:
    return pd.DataFrame(getattr(run.content, level).drop(columns="geometry"))
