"""From what a service sends to the file that a reader expects, in the layout of data/raw.

The same features give the same bytes. Only columns that are used are kept where a source holds
contact data.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sozialraum.errors import InputError
from sozialraum.sources.fetch.download import Download

GRID_HEADER = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner"
LARGEST_MEMBER = 2_000_000_000


def write_table(features: Sequence[Mapping[str, Any]], to: Path, download: Download) -> None:
    """Attributes as CSV, column names in capitals as in the publisher's own tables."""
    names = _columns(features, download)
    rows = [f["properties"] for f in features]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names.values(), *(c for c in download.add if c not in names.values())])
    fixed = [v for c, v in download.add.items() if c not in names.values()]
    for row in sorted(rows, key=lambda r: str(r[download.key])):
        writer.writerow([*(_cell(row.get(a)) for a in names), *fixed])
    to.write_text(out.getvalue(), encoding="utf-8", newline="")


def write_points(features: Sequence[Mapping[str, Any]], to: Path, download: Download) -> None:
    """Features as GeoJSON in the CRS of the service, with the columns that are used."""
    names = _columns(features, download, only=True)
    ordered = sorted(features, key=lambda f: str(f["properties"][download.key]))
    crs = {"type": "name", "properties": {"name": _urn(download.crs)}}
    document = {
        "type": "FeatureCollection",
        "crs": crs,
        "features": [
            {
                "type": "Feature",
                "properties": {new: f["properties"].get(old) for old, new in names.items()},
                "geometry": f["geometry"],
            }
            for f in ordered
        ],
    }
    to.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def write_areas(features: Sequence[Mapping[str, Any]], to: Path, download: Download) -> None:
    """Polygons as shapefile: a local file, GDAL never sees the address."""
    import pyogrio
    import shapely

    from sozialraum.sources.vector import close_network

    close_network()
    names = _columns(features, download, only=True)
    ordered = sorted(features, key=lambda f: str(f["properties"][download.key]))
    try:
        shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in ordered])
    except shapely.errors.ShapelyError as error:
        raise InputError(
            f"A geometry is not well formed: {error}"[:200], where=download.to
        ) from None
    if shapely.is_missing(shapes).any() or not np.isin(shapely.get_type_id(shapes), (3, 6)).all():
        raise InputError("A feature is no polygon", where=download.to)
    columns = [np.array([f["properties"].get(old) for f in ordered], dtype=object) for old in names]
    text = [np.array([_cell(v) for v in c], dtype=object) for c in columns]
    pyogrio.raw.write(
        to,
        geometry=np.array(shapely.to_wkb(shapes), dtype=object),
        field_data=text,
        fields=np.array(list(names.values()), dtype=object),
        geometry_type="MultiPolygon" if (shapely.get_type_id(shapes) == 6).any() else "Polygon",
        crs=download.crs,
        driver="ESRI Shapefile",
        encoding="UTF-8",
        promote_to_multi=False,
    )


def write_grid(archive: Path, to: Path, box: tuple[float, float, float, float] | None) -> None:
    """The inhabited 100 m cells within a box (EPSG:3035) from the archive of the Zensus."""
    kept = 0
    with to.open("w", encoding="utf-8", newline="") as out:
        out.write(GRID_HEADER + "\n")
        for cell, x, y, people in _grid_rows(archive):
            if box is None or (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
                out.write(f"{cell};{x:.0f};{y:.0f};{people}\n")
                kept += 1
    if not kept:
        raise InputError("The grid has no cell in the study's area", where=archive.name)


def _grid_rows(archive: Path) -> Iterator[tuple[str, float, float, str]]:
    """Cells of the member with the 100 m grid, read line by line."""
    if not zipfile.is_zipfile(archive):
        raise InputError("The answer is no zip archive", where=archive.name)
    with zipfile.ZipFile(archive) as packed:
        members = [
            m for m in packed.infolist() if "100m" in m.filename and m.filename.endswith(".csv")
        ]
        if len(members) != 1:
            raise InputError("The archive has not one table of 100 m cells", where=archive.name)
        if members[0].file_size > LARGEST_MEMBER:
            raise InputError("The table of cells is too large", where=archive.name)
        with packed.open(members[0]) as raw:
            lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace")
            reader = csv.reader(lines, delimiter=";")
            header = [h.strip().casefold() for h in next(reader, [])]
            try:
                at = [header.index(c.casefold()) for c in GRID_HEADER.split(";")]
            except ValueError:
                raise InputError(
                    "The table of cells has other columns: " + ", ".join(header)[:120],
                    where=archive.name,
                    expected=GRID_HEADER,
                ) from None
            for row in reader:
                if len(row) > max(at):
                    cell, x, y, people = (row[i] for i in at)
                    yield cell, float(x), float(y), people


def _columns(
    features: Sequence[Mapping[str, Any]], download: Download, *, only: bool = False
) -> dict[str, str]:
    """Attribute -> column of the file; an error where one that is needed is missing."""
    there = list(dict.fromkeys(a for f in features for a in f["properties"]))
    if lacking := [a for a in download.columns if a not in there and a.upper() not in download.add]:
        import difflib

        near = difflib.get_close_matches(lacking[0], there, n=1)
        raise InputError(
            f"The layer no longer has the attribute '{lacking[0]}'",
            where=f"{download.path}, layer {download.layer}",
            expected="its attributes: " + ", ".join(there[:12]) + (", …" if there[12:] else ""),
            hint=(f"Was it renamed to '{near[0]}'? " if near else "") + "Nothing was replaced",
        )
    wanted = {a: n for a, n in download.columns.items() if a in there}
    rest = {} if only else {a: a.upper() for a in there if a not in wanted and a != "geom"}
    return wanted | rest


def _cell(value: Any) -> str:
    """A cell as text: nothing for a missing one, no point behind a whole number."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _urn(crs: str) -> str:
    return "urn:ogc:def:crs:EPSG::" + crs.rsplit(":", 1)[-1]
