"""Whom each room was planned to reach: those who have it nearest, within walking distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.access.distance import straight_line
from sozialraum.errors import InputError
from sozialraum.presence.offices import serving

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished


@dataclass(frozen=True)
class Catchments:
    """People of one target group by their nearest place.

    Attributes
    ----------
    planned : pandas.Series
        Index site id; persons who have this room nearest, within the study's walking distance.
    way : numpy.ndarray of shape (units,)
        Metres from each unit to its nearest place.
    people : numpy.ndarray of shape (units,)
        Persons of the target group.
    room : numpy.ndarray of shape (units,)
        Position of the nearest room in `planned`; -1: an existing office is nearer.
    """

    planned: pd.Series
    way: np.ndarray
    people: np.ndarray
    room: np.ndarray


def catchments(run: Finished, sites: Sequence[str], target: str = "everybody") -> Catchments:
    """Divide the people of a target group among the rooms in use and the existing offices.

    Parameters
    ----------
    run : Finished
    sites : sequence of str
        Rooms where people were received.
    target : str

    Returns
    -------
    Catchments

    Raises
    ------
    InputError
        The run measured ways along streets, which cannot be measured again from its files.
    """
    if not run.straight:
        raise InputError(
            "The run measured ways along streets, which its files do not hold",
            where=str(run.folder),
            expected="a run with straight ways",
            hint="Run the study once without 'access', with the same rooms, and evaluate that",
        )
    content, siting = run.content, run.study.siting
    units, offices = content.units, content.offices[serving(content.offices, target)]
    places = pd.concat([content.rooms.loc[list(sites), ["x", "y"]], offices[["x", "y"]]])
    ways = straight_line(
        units[["x", "y"]].to_numpy(float), places.to_numpy(float), detour=siting.detour
    )
    nearest = ways.argmin(axis=1)
    way = ways[np.arange(len(units)), nearest]
    people = np.nan_to_num(units[f"people_{target}"].to_numpy(float))
    room = np.where(nearest < len(sites), nearest, -1)
    within = (room >= 0) & (way <= siting.radius)
    planned = np.bincount(room[within], weights=people[within], minlength=len(sites))
    index = pd.Index(list(sites), name="site_id")
    return Catchments(pd.Series(planned, index=index), way, people, room)
