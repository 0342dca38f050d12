"""Venues of OpenStreetMap: what its tags say about a house.

An extract (``.osm.pbf``) or a layer with one column per tag (Overpass, QuickOSM). Only the tags
named here are read, so that no telephone number or address of a person comes along.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.files import MEGABYTE, local_file

LARGEST_EXTRACT = 2_000 * MEGABYTE
EXTRACTS = (".pbf", ".osm")

TAGS = (
    "amenity", "office", "social_facility", "community_centre", "name", "operator",
    "operator:type", "wheelchair", "opening_hours", "addr:street", "addr:housenumber",
    "addr:postcode", "social_facility:for", "community_centre:for",
)  # fmt: skip
"""Tags that are read; layers may write `_` for `:`."""

TYPES: dict[tuple[str, str], str] = {
    ("amenity", "library"): "Bibliothek",
    ("amenity", "community_centre"): "Gemeinschaftshaus",
    ("amenity", "social_centre"): "Gemeinschaftshaus",
    ("amenity", "townhall"): "Bürgeramt",
    ("social_facility", "outreach"): "Beratungsstelle",
    ("office", "employment_agency"): "Jobcenter oder Agentur",
    ("community_centre", "family_centre"): "Familienzentrum",
    ("community_centre", "youth_centre"): "Jugendfreizeiteinrichtung",
    ("community_centre", "parish_hall"): "Gemeindehaus",
    ("community_centre", "village_hall"): "Gemeinschaftshaus",
    ("community_centre", "club_home"): "Verein oder Kurs",
}
"""Type of venue by tag; a later entry is more exact. Everything else is no venue."""

FOR: dict[str, str] = {
    "juvenile": "Jugendliche",
    "youth": "Jugendliche",
    "child": "Kinder",
    "children": "Kinder",
    "senior": "Senioren",
    "woman": "Mädchen und Frauen",
    "women": "Mädchen und Frauen",
    "lgbtq": "queere Menschen",
    "student": "Studierende",
}
"""Audience by the value of `…:for`, where it names one group only."""


def read_extract(path: Path) -> pd.DataFrame:
    """Places of an OpenStreetMap extract that may be venues, one column per tag.

    Parameters
    ----------
    path : pathlib.Path
        ``.osm.pbf`` or ``.osm``; read by GDAL's own driver.

    Returns
    -------
    pandas.DataFrame
        `TAGS`, `osm_id` (with ``n`` or ``w``/``r`` in front), `lon`, `lat` (degrees); of a
        building a point inside it. Text, empty where a tag is absent.

    Raises
    ------
    InputError
        The extract cannot be read.
    """
    import pyogrio
    from pyogrio.errors import DataSourceError

    local_file(path, limit=LARGEST_EXTRACT, suffixes=EXTRACTS)
    frames = []
    for layer, kind in (("points", "n"), ("multipolygons", "w")):
        named = " OR ".join(f"other_tags LIKE '%\"{key}\"=>%'" for key in ("amenity", "office"))
        where = named if layer == "points" else "amenity IS NOT NULL OR office IS NOT NULL"
        try:
            found = pyogrio.read_dataframe(path, layer=layer, where=where)
        except (DataSourceError, ValueError) as error:
            raise InputError(
                "The OpenStreetMap extract cannot be read", where=f"{path}: {error}"
            ) from None
        tags = pd.DataFrame([_hstore(text) for text in found.get("other_tags", [])])
        table = pd.DataFrame({t: tags.get(t, "") for t in TAGS}, index=found.index)
        for tag in TAGS:
            if tag in found:
                table[tag] = found[tag].where(found[tag].notna(), table[tag])
        ids = found["osm_id"].astype(object)
        if "osm_way_id" in found:
            way = found["osm_way_id"]
            ids = np.where(way.notna(), "w" + way.astype(str), "r" + ids.astype(str))
        else:
            ids = kind + ids.astype(str)
        points = found.geometry.representative_point()
        frames.append(table.assign(osm_id=ids, lon=points.x, lat=points.y))
    return pd.concat(frames, ignore_index=True).fillna("")


def venue_records(table: pd.DataFrame) -> pd.DataFrame:
    """Records of a layer with one column per tag; rows that are no venue are left out.

    Parameters
    ----------
    table : pandas.DataFrame
        Tags as columns (`TAGS`, ``:`` or ``_``), `lon`, `lat`; `osm_id`, `@id`, `full_id` or
        `id` names the object.

    Returns
    -------
    pandas.DataFrame
        Columns as the readers of `sozialraum.sources.venues` give them.

    Raises
    ------
    InputError
        No column tells what a place is.

    Examples
    --------
    >>> table = pd.DataFrame({"amenity": ["library", "cafe"], "name": ["Bücherei", "Café"],
    ...     "wheelchair": ["yes", ""], "@id": ["node/1", "node/2"], "lon": 13.3, "lat": 52.5})
    >>> venue_records(table)[["name", "venue_type", "barrier_free", "source_id"]].values.tolist()
    [['Bücherei', 'Bibliothek', 'yes', 'node/1']]
    """

    def tag(name: str) -> pd.Series:
        for column in (name, name.replace(":", "_")):
            if column in table:
                return table[column].astype(object).where(table[column].notna(), "").astype(str)
        return pd.Series("", index=table.index, dtype=object)

    if not {"amenity", "office", "social_facility", "community_centre"} & set(table.columns):
        raise InputError(
            "The layer has no tag that tells what a place is",
            expected="a column amenity, office, social_facility or community_centre",
            hint="Check the `kind` of the file in the study",
        )
    kind = pd.Series("", index=table.index, dtype=object)
    for (key, value), type_ in TYPES.items():
        kind = kind.mask(tag(key) == value, type_)
    ids = next((c for c in ("osm_id", "@id", "full_id", "id") if c in table), None)
    groups = tag("community_centre:for").where(tag("community_centre:for") != "",
                                               tag("social_facility:for"))  # fmt: skip
    records = pd.DataFrame(
        {
            "name": tag("name"),
            "address": (tag("addr:street") + " " + tag("addr:housenumber")).str.strip(),
            "postcode": tag("addr:postcode"),
            "operator": tag("operator"),
            "operator_hint": tag("operator:type"),
            "venue_type": kind,
            "audience": groups.map(FOR).fillna(""),
            "barrier_free": tag("wheelchair"),
            "opening": tag("opening_hours"),
            "lon": table["lon"],
            "lat": table["lat"],
            "source_id": table[ids].astype(str) if ids else table.index.astype(str),
        }
    )
    return records[kind != ""].reset_index(drop=True)


def _hstore(text: object) -> dict[str, str]:
    """The wanted tags of GDAL's ``"key"=>"value"`` notation."""
    if not isinstance(text, str):
        return {}
    pairs = re.findall(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"', text)
    return {k: re.sub(r"\\(.)", r"\1", v) for k, v in pairs if k in TAGS}
