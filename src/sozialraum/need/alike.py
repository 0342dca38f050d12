"""Recipients of two editions, counted in the same way at both times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.disclosure.suppression import primary
from sozialraum.need.derive import recipients
from sozialraum.need.rounded import is_rounded, round_table

if TYPE_CHECKING:
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.assessment import Figures, Need

Counted = tuple[pd.Series, pd.Series]


def two_editions(
    table: AreaTable, need: Need, withheld: pd.Series
) -> tuple[Counted, Counted] | None:
    """Recipients and residents of the previous and of the current edition.

    Both are the numerators of `counts.from_indicators` among the residents of the edition's own
    date, also where a workbook gives the current counts: a workbook's definition of a recipient
    differs, and a change of definition would look like a change of the city. Indicators that only
    one of the editions has are not used.

    Parameters
    ----------
    table : AreaTable
    need : Need
    withheld : pandas.Series of str
        First result of `publish.gate.withheld` ('' = shown), index `area_id` of the region.

    Returns
    -------
    before, now : pair of (recipients, residents), or None
        Index `area_id` of the whole city, persons. NaN in both where the area is left out of the
        ratings, or the count must not be shown, at either time. None without a previous edition,
        or where an edition lacks one of the indicators.

    Examples
    --------
    >>> import sozialraum as sr
    >>> table = sr.areas.read_areas(sr.load_study("demo"))
    >>> nothing = pd.Series("", table.region)
    >>> (before, people_before), (now, people) = two_editions(
    ...     table, sr.need.assess(table), nothing)
    >>> bool((now.dropna() <= people[now.notna()]).all())
    True
    """
    names = table.study.counts.from_indicators
    earlier = _counted(need.before.get("areas"), names)
    later = _counted(need.figures.get("areas"), names)
    if earlier is None or later is None:
        return None
    if is_rounded(table):  # each edition like the counts of the run
        earlier, later = (
            (round_table(count, table, base=table.study.disclosure.rounding_base)[0], people)
            for count, people in (earlier, later)
        )
    rules = table.study.disclosure
    shown = need.areas["excluded"].isna() & withheld.reindex(need.areas.index).fillna("").eq("")
    for count, people in (earlier, later):
        reason = primary(
            count,
            people,
            minimum_count=rules.minimum_count,
            minimum_population=max(
                rules.minimum_population, table.study.indicators.minimum_population
            ),
        )
        shown &= count.notna() & people.notna() & (reason == "")
    if not shown.any():
        return None
    before, now = [(count.where(shown), people.where(shown)) for count, people in (earlier, later)]
    return before, now


def _counted(figures: Figures | None, names: tuple[str, ...]) -> Counted | None:
    if figures is None or not set(names) <= set(figures.counts):
        return None
    parts = [
        pd.DataFrame(
            {
                "count": figures.counts[name],
                "lo": figures.counts_lo[name],
                "hi": figures.counts_hi[name],
            }
        )
        for name in names
    ]
    # The widest base holds everybody: residents of all ages, where one indicator refers to them.
    people = figures.bases[list(names)].max(axis=1, skipna=False)
    return recipients(*parts)["recipients"].round(), people
