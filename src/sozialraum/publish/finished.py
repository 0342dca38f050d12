"""A finished run, read back from its folder: what its readers got, and nothing more.

The short paper, the comparison and the evaluation start from here. They see released figures only,
so none of them can tell more than the run itself did.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.publish.audit import map_data
from sozialraum.publish.content import Content, Info, SourceNote, proposed
from sozialraum.publish.manifest import read_manifest
from sozialraum.study import Study

if TYPE_CHECKING:
    import geopandas as gpd

_INDEX = {"areas": "area_id", "regions": "region_id", "units": "unit_id", "rooms": "site_id"}
_TABLES = {"presence": {"site_id": str}, "frontier": {}}


@dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes
    ----------
    folder : pathlib.Path
    manifest : dict
        See `sozialraum.publish.manifest`.
    content : Content
        What was released, with the printed digits. `siting`, `lorenz`, `surroundings`, `stops`
        and `orientation` are empty: no file of a run holds them in full.
    """

    folder: Path
    manifest: dict[str, Any]
    content: Content

    @property
    def study(self) -> Study:
        """The study as the manifest holds it."""
        return self.content.study

    @property
    def info(self) -> Info:
        """What stands on the cover of the run's outputs."""
        return self.content.info

    @property
    def straight(self) -> bool:
        """Whether ways are straight lines times the detour, so that readers can recount them."""
        access = self.study.access
        return not (access.network or access.matrix)

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """The areas without their shapes."""
        return pd.DataFrame(self.content.areas.drop(columns="geometry"))

    def proposal(self, target: str = "everybody", p: int | None = None) -> pd.DataFrame:
        """The rooms proposed to one target group; `p` rooms, default the headline number."""
        wanted = self.study.siting.rooms if p is None else p
        return proposed(self.content.presence, target, wanted).reset_index(drop=True)


def read_run(folder: str | Path) -> Finished:
    """Read a finished run: its manifest first, then the released tables and layers.

    Parameters
    ----------
    folder : path
        Folder that `sozialraum run` wrote, or its manifest.

    Returns
    -------
    Finished

    Raises
    ------
    InputError
        The folder has no manifest, a file was changed since, or another version wrote it.

    Examples
    --------
    >>> read_run("no-such-folder")
    Traceback (most recent call last):
    ...
    sozialraum.errors.InputError: This is no finished run: it has no manifest ...
    """
    import geopandas as gpd
    from pydantic import ValidationError

    manifest = read_manifest(folder)
    place = Path(folder)
    place = place.parent if place.is_file() else place
    try:
        study = Study.model_validate(manifest["study"])
    except ValidationError:
        raise InputError(
            "The run was written by another version of sozialraum",
            where=str(place / "manifest.json"),
            expected="a study that this version knows",
            hint="Use the version that the manifest names, or run the study again",
        ) from None
    layers: dict[str, Any] = {
        name: _layer(place / "areas.gpkg", name)
        for name in ("areas", "regions", "rooms", "offices", "units", "clusters")
    }
    tables: dict[str, Any] = {
        name: pd.read_csv(place / f"{name}.csv", dtype=kinds) for name, kinds in _TABLES.items()
    }
    page = map_data(place / "map.html")
    outline = gpd.GeoDataFrame(
        geometry=[layers["areas"].geometry.union_all()], crs=layers["areas"].crs
    )
    nothing = layers["areas"].iloc[:0][["name", "geometry"]]
    content = Content(
        study=study,
        info=_info(page["info"]),
        outline=outline,
        surroundings=nothing,
        stops=nothing.assign(kind=""),
        orientation={},
        siting={},
        lorenz=pd.DataFrame(columns=["population_share", "recipients_share"]),
        quality=page.get("quality", []),
        figures={**page["figures"], "withheld": manifest["disclosure"]},
        **layers,
        **tables,
    )
    return Finished(place, manifest, content)


def _layer(path: Path, name: str) -> gpd.GeoDataFrame:
    """One layer as the writers had it: index, texts instead of missing, lists as tuples."""
    import pyogrio

    frame = pyogrio.read_dataframe(path, layer=name)
    if name in _INDEX:
        frame = frame.set_index(_INDEX[name])
    for column in ("suits", "targets"):
        if column in frame:
            frame[column] = [tuple(v.split("; ")) if v else () for v in frame[column].fillna("")]
    for column in ("eligible", "approximate", "top_certain", "top_possible"):
        if column in frame:
            frame[column] = frame[column].eq(True).to_numpy(bool)
    if name in ("rooms", "offices", "units"):
        frame["x"], frame["y"] = (np.rint(v) for v in (frame.geometry.x, frame.geometry.y))
    return frame.rename(columns={"p_value": "p"}) if name == "clusters" else frame


def _info(page: dict[str, Any]) -> Info:
    """The cover as the map holds it."""
    renamed = {
        "region_name": "region",
        "city_name": "city",
        "reference_date": "date",
        "previous_edition": "previous",
        "recipients_label": "recipients",
        "share_label": "share",
        "recipients_note": "note",
    }
    values = {f.name: page.get(renamed.get(f.name, f.name)) for f in fields(Info)}
    values["warnings"] = tuple(page.get("warnings", ()))
    values["sources"] = tuple(
        SourceNote(
            id="",
            title=s["title"],
            publisher=s["publisher"],
            licence=s["licence"],
            attribution=s["attribution"],
            reference_date=s["date"],
            url=s.get("url", ""),
        )
        for s in page.get("sources", ())
    )
    return Info(**values)  # type: ignore[arg-type]
