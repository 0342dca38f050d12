"""Which houses are worth a telephone call: unclear ones that would reach many more people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.access.units import PREFIX
from sozialraum.presence.eligibility import CLARIFY, suitable_targets

if TYPE_CHECKING:
    from sozialraum.study.places import Venues


def worth_clarifying(
    rooms: pd.DataFrame,
    units: pd.DataFrame,
    present: Sequence[str],
    settings: Venues,
    *,
    ways: pd.DataFrame,
    target: str = "everybody",
    radius: float = 1000.0,
) -> pd.DataFrame:
    """Unclear houses by the people whom they would reach in addition.

    A house whose operator or use nobody published is no candidate: unknown is not yes. Where
    nothing else speaks against it, a question on the spot may settle it, and this says where the
    question is worth most.

    Parameters
    ----------
    rooms : pandas.DataFrame
        Result of `sozialraum.presence.eligibility.rooms`.
    units : pandas.DataFrame
        Publishable units with `people_<target>`; NaN counts as nobody known.
    present : sequence of str
        Existing offices and the rooms that are proposed anyway, columns of `ways`.
    settings : sozialraum.study.places.Venues
        The study's rules: only types that suit the target group are listed.
    ways : pandas.DataFrame
        Metres from units to places; unclear houses that are not among its columns (a table of
        travel times knows eligible ones only) are left out.
    target : str
        Target group.
    radius : float
        Walking distance in metres.

    Returns
    -------
    pandas.DataFrame
        Index `site_id`; `name`, `address`, `reason`, `gained` (people within the radius of this
        house and of none that is present, whole persons), `gained_share` (of all people of the
        group); most first, houses that gain nobody are left out. The gains of two houses overlap
        where their surroundings do: they must not be added.

    Examples
    --------
    >>> from sozialraum.study.places import Venues
    >>> rooms = pd.DataFrame({"name": ["Kieztreff"], "address": ["Weg 1"], "x": [0.0], "y": [0.0],
    ...     "venue_types": ["Nachbarschaftshaus"], "reason": ["Träger unbekannt: vor Ort klären"]},
    ...     index=pd.Index(["s1"], name="site_id"))
    >>> units = pd.DataFrame({"people_everybody": [30, 20, 50]})
    >>> ways = pd.DataFrame({"s1": [0.0, 500, 3000], "office": [600.0, 100, 2400]})
    >>> worth_clarifying(rooms, units, ["office"], Venues(), ways=ways, radius=200)[
    ...     ["name", "gained", "gained_share"]].values.tolist()
    [['Kieztreff', 30, 0.3]]
    """

    def suits(types: str) -> bool:
        given = settings.target_types
        return any(suitable_targets(t, "", given, (target,)) for t in types.split("; "))

    asked = zip(rooms["reason"], rooms["venue_types"], rooms.index.isin(ways.columns), strict=True)
    open_ = [bool(known) and CLARIFY in why and suits(types) for why, types, known in asked]
    unclear = rooms.loc[np.array(open_, bool), ["name", "address", "reason"]]
    people = np.nan_to_num(units[PREFIX + target].to_numpy(float))
    reached = (ways[list(present)].to_numpy(float) <= radius).any(axis=1)
    gained = (people * ~reached) @ (ways[unclear.index].to_numpy(float) <= radius)
    result = unclear.assign(
        gained=gained.round().astype(int), gained_share=gained / max(people.sum(), 1)
    )
    result = result[result["gained"] > 0].sort_index()
    return result.sort_values("gained", ascending=False, kind="stable")
