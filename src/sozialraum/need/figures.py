"""The figures that an index is made of, on one level of areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.errors import StudyError

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable

SHARE = "I_share"
"""Name of the share of recipients, where it is the only indicator."""

Ends = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class Figures:
    """One edition's indicators on one level of areas.

    Attributes
    ----------
    ends : pair of DataFrame
        Indicators in percent with masked figures at their lower and their upper end.
    bases, counts, counts_lo, counts_hi : DataFrame
        Residents each indicator refers to, and its derived numerator with bounds.
    changes : DataFrame
        Published changes in percentage points; no columns where the edition has none.
    """

    ends: Ends
    bases: pd.DataFrame
    counts: pd.DataFrame
    counts_lo: pd.DataFrame
    counts_hi: pd.DataFrame
    changes: pd.DataFrame
    ratio: pd.Series | None = None

    @property
    def indicators(self) -> pd.DataFrame:
        """Indicators as published (masked figures are 0)."""
        return self.ends[0]


def share_alone(table: AreaTable, areas: pd.DataFrame) -> Figures:
    """The share of recipients as the only indicator, where a study has no edition of any.

    An area whose count is suppressed, or will be withheld, has no indicator: neither its bounds
    nor its part in the city's mean may reach an index from which the count could be computed.
    """
    if table.ba is None:
        raise StudyError(
            "The study has neither an edition of indicators nor counts of recipients",
            where="indicators.edition",
            expected="an edition, a workbook of the Bundesagentur or counts.table",
        )
    known = areas["recipients"].notna() & (areas["share_base"] > 0) & ~to_withhold(table, areas)
    counts = {
        end: areas[[f"recipients{end}"]].where(known).set_axis([SHARE], axis=1)
        for end in ("", "_lo", "_hi")
    }
    bases = areas[["share_base"]].where(known).set_axis([SHARE], axis=1)
    percent = 100 * (counts[""] / bases).clip(upper=1)
    changes = pd.DataFrame(index=areas.index)
    return Figures((percent, percent), bases, counts[""], counts["_lo"], counts["_hi"], changes)


def to_withhold(table: AreaTable, areas: pd.DataFrame) -> pd.Series:
    """Areas whose count will not be published, in the region and (by the same rules) outside."""
    from sozialraum.disclosure.suppression import withhold

    rules = table.study.disclosure
    groups = table.areas["region_id"]
    hidden = pd.Series(False, index=areas.index)
    for inside in (table.areas["in_region"], ~table.areas["in_region"]):
        if not inside.any():
            continue
        some, owner = areas[inside], groups[inside]
        totals = some["recipients"].groupby(owner).agg(lambda counts: counts.sum(skipna=False))
        why, _ = withhold(
            some["recipients"],
            some["population"].fillna(0),
            owner,
            totals,
            base=some["share_base"].fillna(some["population"]),
            minimum_count=rules.minimum_count,
            minimum_population=rules.minimum_population,
        )
        hidden[inside] = (why != "").to_numpy()
    return hidden
