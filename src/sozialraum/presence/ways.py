"""How far people have to go to every room: the study's choice of ways, as one table in metres."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.access.distance import from_table, straight_line
from sozialraum.errors import InputError

if TYPE_CHECKING:
    from sozialraum.study.places import Access

Note = dict[str, str]
TOPIC = "Wege"


def is_straight(access: Access) -> bool:
    """Whether ways are straight lines with a detour factor, which the map computes itself.

    Examples
    --------
    >>> from sozialraum.study.places import Access
    >>> is_straight(Access()), is_straight(Access(network="streets.gpkg"))
    (True, False)
    """
    return access.kind == "straight"


def measure_ways(
    access: Access,
    units: pd.DataFrame,
    places: pd.DataFrame,
    *,
    detour: float,
    longest: float,
    crs: str = "EPSG:25833",
    locate: Callable[[str], Path] = Path,
) -> tuple[pd.DataFrame, list[Note]]:
    """Ways from every unit to every place.

    Parameters
    ----------
    access : sozialraum.study.places.Access
        Straight line × detour unless it names a street network or a table of travel costs.
    units, places : pandas.DataFrame
        `x`, `y` in metres; the indexes name rows and columns of the result.
    detour : float
        Walked distance / straight line.
    longest : float
        Metres; longer ways on streets are not searched.
    crs : str
        Metric CRS of the coordinates.
    locate : callable
        Path of an input file; the pipeline records its hash on the way.

    Returns
    -------
    ways : pandas.DataFrame
        Metres of way, `inf` where there is none. Times of a table are turned into metres by the
        study's walking speed; ways on streets are rounded to 0.1 m, as the map shows them.
    notes : list of dict
        `topic`, `finding`, `detail` (German): what was left out, and who has no way at all.

    Raises
    ------
    InputError
        Streets or table cannot be read, or the table lacks a unit or a place.

    Examples
    --------
    >>> from sozialraum.study.places import Access
    >>> units = pd.DataFrame({"x": [0], "y": [0]}, index=["u1"])
    >>> places = pd.DataFrame({"x": [300], "y": [400]}, index=["s1"])
    >>> measure_ways(Access(), units, places, detour=1.2, longest=1000)[0].to_numpy().tolist()
    [[600.0]]
    """
    start, end = units[["x", "y"]].to_numpy(float), places[["x", "y"]].to_numpy(float)
    notes: list[Note] = []
    if access.network is not None:
        metres, notes = _streets(access, units, places, longest, crs, locate)
    elif access.matrix is not None:
        metres, notes = _table(access, units, places, locate(access.matrix))
    else:
        metres = straight_line(start, end, detour=detour)
    return pd.DataFrame(metres, index=units.index, columns=places.index), notes


def _streets(
    access: Access,
    units: pd.DataFrame,
    places: pd.DataFrame,
    longest: float,
    crs: str,
    locate: Callable[[str], Path],
) -> tuple[np.ndarray, list[Note]]:
    from sozialraum.access.network import build_network, network_distance, read_streets, snap

    assert access.network is not None
    both = pd.concat([units[["x", "y"]], places[["x", "y"]]]).to_numpy(float)
    low, high = both.min(axis=0) - longest, both.max(axis=0) + longest
    streets = read_streets(locate(access.network), metric_crs=crs)
    network = build_network(
        streets.cx[low[0] : high[0], low[1] : high[1]],
        class_column=access.class_column,
        barriers=access.barriers,
    )
    ends = units[["x", "y"]].to_numpy(float), places[["x", "y"]].to_numpy(float)
    metres = network_distance(network, *ends, maximum=longest, snap_within=access.snap_within)
    off = [snap(network, xy, maximum=access.snap_within)[0] < 0 for xy in ends]
    notes = [
        _note(
            f"Fußwege auf {_german(network.length / 1000)} km Straßen und Wegen",
            f"Nicht verbundene Stücke von zusammen {_german(network.dropped / 1000, 1)} km sind"
            f" ausgelassen; zusammenhängende Teile: {network.components}.",
        )
    ]
    if off[0].any() or off[1].any():
        lost = "; ".join(str(i) for i in places.index[off[1]])
        notes.append(
            _note(
                f"{_german(off[0].sum())} Einheiten und {off[1].sum()} Orte ohne Zugang zum Netz",
                f"Weiter als {access.snap_within:.0f} m vom nächsten Weg; sie gelten als nicht"
                f" erreichbar.{' Orte: ' + lost if lost else ''}",
            )
        )
    return np.round(metres, 1), notes


def _table(
    access: Access, units: pd.DataFrame, places: pd.DataFrame, path: Path
) -> tuple[np.ndarray, list[Note]]:
    if not path.is_file():
        raise InputError("The table of travel costs is missing", where=str(path))
    ids = {access.origin: str, access.destination: str}
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_csv(path, sep=None, engine="python", dtype=ids)
    cost = from_table(
        table,
        [str(i) for i in units.index],
        [str(i) for i in places.index],
        value=access.value,
        origin=access.origin,
        destination=access.destination,
    )
    speed = access.walking_speed * 1000 / 60
    metres = cost * speed if access.unit == "minutes" else cost
    detail = "Wo die Tabelle keinen Wert hat, gibt es keinen Weg."
    if access.unit == "minutes":
        detail += f" Minuten sind mit {_german(access.walking_speed, 1)} km/h umgerechnet."
    return np.round(metres, 1), [_note("Wege aus einer Tabelle von Reisezeiten", detail)]


def _german(number: float, digits: int = 0) -> str:
    return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def _note(finding: str, detail: str) -> Note:
    return {"topic": TOPIC, "finding": finding, "detail": detail}


def nearest_place(ways: pd.DataFrame, radius: float) -> pd.Series:
    """The place that each unit would go to.

    Parameters
    ----------
    ways : pandas.DataFrame
        Metres from units to the places that are open.
    radius : float
        Longest way in metres.

    Returns
    -------
    pandas.Series
        Label of the nearest place (the first of equals), None beyond the radius.

    Examples
    --------
    >>> nearest_place(pd.DataFrame({"a": [5.0, 9], "b": [7.0, 9]}), radius=8).tolist()
    ['a', None]
    """
    if not len(ways.columns):
        return pd.Series([None] * len(ways), index=ways.index, dtype=object)
    metres = ways.to_numpy(float)
    first = ways.columns.to_numpy(dtype=object)[metres.argmin(axis=1)]
    return pd.Series(first, index=ways.index, dtype=object).where(
        metres.min(axis=1) <= radius, None
    )


__all__ = ["is_straight", "measure_ways", "nearest_place"]
