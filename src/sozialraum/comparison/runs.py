"""The comparison of two finished runs, ready to be written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sozialraum.comparison.areas import compare_areas, compare_regions
from sozialraum.comparison.causes import compare_inputs, compare_settings
from sozialraum.comparison.definitions import Difference, check_comparable, same_figures
from sozialraum.comparison.rooms import compare_rooms, reach_again
from sozialraum.comparison.safety import check_together
from sozialraum.errors import DisclosureError
from sozialraum.publish.finished import Finished, read_run


@dataclass(frozen=True)
class Comparison:
    """What changed between two runs.

    Attributes
    ----------
    before, after : Finished
    definitions : tuple of Difference
        Measures that the runs define differently.
    areas, regions, rooms, settings, inputs : pandas.DataFrame
        See `compare_areas`, `compare_regions`, `compare_rooms`, `compare_settings`,
        `compare_inputs`.
    reach : dict
        See `reach_again`.
    """

    before: Finished
    after: Finished
    definitions: tuple[Difference, ...]
    areas: pd.DataFrame
    regions: pd.DataFrame
    rooms: pd.DataFrame
    settings: pd.DataFrame
    inputs: pd.DataFrame
    reach: dict[str, float]

    @property
    def measures(self) -> set[str]:
        """Measures that are defined differently."""
        return {d.measure for d in self.definitions}

    @property
    def same(self) -> bool:
        """Whether both runs show the same counts, so that no change can be chance."""
        unchanged = self.areas["share_change"].dropna().eq(0).all()
        return same_figures(self.before, self.after) and bool(unchanged)


def compare_runs(
    before: str | Path | Finished, after: str | Path | Finished, *, although_different: bool = False
) -> Comparison:
    """Compare two finished runs.

    Parameters
    ----------
    before, after : path or Finished
        Folders of runs over the same areas, the earlier first.
    although_different : bool
        Compare runs, too, whose share or index is defined differently.

    Returns
    -------
    Comparison

    Raises
    ------
    StudyError
        Other areas, or measures defined differently.
    InputError
        A folder holds no finished run.
    DisclosureError
        Both runs together tell a withheld count, or one of them is fictitious and the other real.

    Examples
    --------
    >>> compare_runs("no-run-here", "nor-here")
    Traceback (most recent call last):
    ...
    sozialraum.errors.InputError: This is no finished run: it has no manifest ...
    """
    runs = [r if isinstance(r, Finished) else read_run(r) for r in (before, after)]
    first, second = runs
    definitions = check_comparable(first, second, although_different=although_different)
    if first.info.fictitious != second.info.fictitious:
        raise DisclosureError(
            "One run is fictitious, the other is not",
            where=f"{first.folder} and {second.folder}",
            expected="two runs on data of the same kind",
        )
    check_together(first, second)
    return Comparison(
        first,
        second,
        tuple(definitions),
        compare_areas(first, second),
        compare_regions(first, second),
        compare_rooms(first, second),
        compare_settings(first, second),
        compare_inputs(first, second),
        reach_again(first, second),
    )
