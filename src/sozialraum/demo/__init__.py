"""Musterstadt: a fictitious city that comes with the program.

The generator draws a city of three districts and writes it in exactly the layouts of the official
publishers, so that a run, a lesson or a test needs no real data. Nothing in it is real: names,
shapes and people are invented. Because they are, the truth is known (`truth`), and what the program
finds can be compared with it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEED = 21
COMPLETE = "truth.json"  # written last: a folder that has it is complete


@dataclass(frozen=True)
class Truth:
    """What is known about Musterstadt before chance.

    Attributes
    ----------
    need : dict
        Area id -> mean latent need of the residents (0 is an ordinary area; larger is greater).
    hot_spots : dict
        Name of a concentration of need -> ids of the areas in its core.
    worsening : tuple
        Ids of the areas whose situation is getting worse.
    best_rooms : tuple
        Names of the study district's houses in the middle of its hot spots.
    """

    need: dict[str, float]
    hot_spots: dict[str, tuple[str, ...]]
    worsening: tuple[str, ...]
    best_rooms: tuple[str, ...]


def generate(folder: str | os.PathLike[str], *, seed: int = SEED) -> Path:
    """Write Musterstadt's files.

    Parameters
    ----------
    folder : path-like
        Where; made if missing, files of the same names are replaced.
    seed : int
        Another seed makes other people (and blocks) in a city of the same plan.

    Returns
    -------
    pathlib.Path
        The folder. The same seed gives the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     made = generate(place)
    ...     sorted(p.name for p in made.iterdir())
    ['ba', 'bezirke', 'ewr', 'layers', 'lor', 'mss', 'population_grid', 'transit', 'truth.json',
     'venues']
    """
    from sozialraum.demo.write import write

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    write(target, seed)
    return target


def folder() -> Path:
    """The folder with Musterstadt's files, generated first where there is none.

    Returns
    -------
    pathlib.Path
        ``data/raw/demo`` of a checkout, or a folder in the user's cache. A folder appears there
        complete or not at all, also when two runs start at the same time.

    Examples
    --------
    >>> (folder() / "truth.json").is_file()
    True
    """
    checkout = Path(__file__).resolve().parents[3] / "data" / "raw" / "demo"
    if (checkout / COMPLETE).is_file():
        return checkout
    import platformdirs

    from sozialraum import __version__

    cache_folder = Path(platformdirs.user_cache_path("sozialraum", appauthor=False))
    return _cached(cache_folder / f"demo-{__version__}-{SEED}")


def _cached(place: Path) -> Path:
    """`place`, generated beside it and moved there when it is complete."""
    if (place / COMPLETE).is_file():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".demo-") as beside:
        made = generate(Path(beside) / "demo")
        try:
            made.rename(place)
        except OSError:
            if not (place / COMPLETE).is_file():  # a broken folder, not another run's
                shutil.rmtree(place, ignore_errors=True)
                made.rename(place)
    return place


@cache
def truth() -> Truth:
    """What is known about the generated city (seed `SEED`).

    Examples
    --------
    >>> truth().best_rooms[0]
    'Nachbarschaftshaus Neuhafen'
    """
    document = json.loads((folder() / COMPLETE).read_text(encoding="utf-8"))
    return Truth(
        need=document["need"],
        hot_spots={name: tuple(ids) for name, ids in document["hot_spots"].items()},
        worsening=tuple(document["worsening"]),
        best_rooms=tuple(document["best_rooms"]),
    )
