"""Which houses are worth a telephone call: unclear ones that would reach many more people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sozialraum.access.distance import DETOUR, straight_line
from sozialraum.access.units import PREFIX
from sozialraum.presence.eligibility import CLARIFY, suitable_targets

if TYPE_CHECKING:
    from sozialraum.study.places import Venues


def worth_clarifying(
    rooms: pd.DataFrame,
    units: pd.DataFrame,
    present: ArrayLike,
    settings: Venues,
    *,
    target: str = "everybody",
    radius: float = 1000.0,
    detour: float = DETOUR,
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
        Publishable units with `x`, `y` and `people_<target>`; NaN counts as nobody known.
    present : array of shape (p, 2)
        x, y of existing offices and of the rooms that are proposed anyway, metres.
    settings : sozialraum.study.places.Venues
        The study's rules: only types that suit the target group are listed.
    target : str
        Target group.
    radius, detour : float
        Walking distance in metres, walked distance / straight line.

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
    >>> units = pd.DataFrame({"x": [0, 500, 3000], "y": 0, "people_everybody": [30, 20, 50]})
    >>> worth_clarifying(rooms, units, [[600, 0]], Venues(), radius=200)[
    ...     ["name", "gained", "gained_share"]].values.tolist()
    [['Kieztreff', 30, 0.3]]
    """
    suits = [
        any(suitable_targets(t, "", settings.target_types, (target,)) for t in types.split("; "))
        for types in rooms["venue_types"]
    ]
    unclear = rooms[rooms["reason"].str.contains(CLARIFY, regex=False) & np.array(suits, bool)]
    people = np.nan_to_num(units[PREFIX + target].to_numpy(float))
    at = units[["x", "y"]].to_numpy(float)

    def within(places: ArrayLike) -> np.ndarray:
        return straight_line(at, places, detour=detour) <= radius

    reached = within(present).any(axis=1)
    gained = (people * ~reached) @ within(unclear[["x", "y"]].to_numpy(float))
    result = unclear[["name", "address", "reason"]].assign(
        gained=gained.round().astype(int), gained_share=gained / max(people.sum(), 1)
    )
    result = result[result["gained"] > 0].sort_index()
    return result.sort_values("gained", ascending=False, kind="stable")
