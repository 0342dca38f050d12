"""Planning areas: polygons with an id, from shapefile, GeoPackage, GeoJSON or GeoParquet.

A layer is believed only as far as it is plausible. Coordinates outside the reach of the study's
metric CRS, swapped axes, single vertices left in another CRS, ids that repeat and geometry that is
empty or broken are found here, because everything later would silently compute with them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import InputError
from sozialraum.sources.tables import area_ids, require

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

MEND_TOLERANCE = 1e-3
"""Largest relative change of an area's size that repairing its outline may cause."""

GERMANY = (5.8, 47.2, 15.1, 55.1)
"""West, south, east, north in degrees. Zone 32 read as zone 33 puts Berlin in Silesia."""

BERLIN_DISTRICTS_ID = "Gemeinde_schluessel"


def read_areas(
    path: str | os.PathLike[str],
    *,
    id: str = "PLR_ID",
    name: str = "PLR_NAME",
    crs: str = "EPSG:25833",
    metric_crs: str = "EPSG:25833",
    id_digits: int | None = 8,
    mend: Mapping[tuple[int, str], str] | None = None,
    keep: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Read area polygons.

    Parameters
    ----------
    path : path-like
        ``.shp``, ``.gpkg``, ``.geojson``, ``.json`` or ``.parquet``.
    id, name : str
        Columns that hold them; upper and lower case do not matter.
    crs : str
        CRS of a layer that does not say its own.
    metric_crs : str
        CRS of the result, in metres.
    id_digits : int or None
        Digits of a complete id; one lost leading zero is given back where that is certain. None:
        ids are texts of any form.
    mend : mapping, optional
        Wrong ids that are known: ``{(feature number from 1, id in the file): right id}``.
    keep : sequence of str
        Further columns of the layer that are given back as text, e.g. the unit of a coarser level.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `area_id` (text), sorted; `name`, what `keep` names, and `geometry` (polygons and
        multipolygons in `metric_crs`). ``attrs["notes"]`` tells what was repaired.

    Raises
    ------
    InputError
        An id is missing or repeats, a geometry is missing, empty, no polygon, or cannot be repaired
        within `MEND_TOLERANCE`; coordinates are not where the CRS says.

    Examples
    --------
    >>> from sozialraum import demo
    >>> areas = read_areas(demo.folder() / "lor/lor_planungsraeume.shp")
    >>> len(areas), areas.index[0], areas.crs.to_epsg()
    (162, '21100101', 25833)
    """
    import geopandas as gpd
    import shapely

    from sozialraum.sources import vector

    where = os.fspath(path)
    layer = vector.read_layer(path)
    table = require(pd.DataFrame(layer.attributes), [id, name, *keep], where=where)
    table.index = pd.RangeIndex(1, len(table) + 1)
    ids, notes = _ids(table[id], mend or {}, id_digits, where)
    names = table[name].fillna("").astype(str).str.strip()
    labels = [
        f"feature {n} '{label}' ({area_id})"
        for n, label, area_id in zip(table.index, names, ids, strict=True)
    ]
    if not ids.is_unique:
        again = [n for n in table.index if ids[n] == ids[ids.duplicated()].iloc[0]]
        raise InputError(
            f"The area id {ids[again[0]]} stands {len(again)} times",
            where=f"{where}: " + _list([_described(table, n, id) for n in again]),
            expected="every id once",
            hint="Correct the layer, or name the feature and its right id with 'mend'",
        )
    geometry = shapely.force_2d(layer.geometry)
    _refuse_no_polygon(geometry, labels, where)
    geometry = to_metric(geometry, layer.crs or crs, metric_crs, labels, where)
    geometry, mended = _mend_geometry(geometry, labels, where)
    frame = gpd.GeoDataFrame(
        {"name": names.to_numpy()} | {c: _texts(table[c]) for c in keep},
        geometry=geometry,
        crs=metric_crs,
        index=pd.Index(ids.to_numpy(), name="area_id"),
    ).sort_index()
    if layer.crs is None:
        notes.append(f"{Path(where).name}: ohne Angabe des Koordinatensystems, gelesen als {crs}.")
    frame.attrs["notes"] = [*layer.notes, *notes, *mended]
    return frame


def read_names(
    path: str | os.PathLike[str], *, id: str, name: str, digits: int | None
) -> pd.Series:
    """Read the names of a coarser level (Bezirksregionen, Prognoseräume), without geometry.

    Parameters
    ----------
    path : path-like
        A vector layer as in `read_areas`.
    id, name : str
        Columns that hold them.
    digits : int or None
        Digits of a complete id; None: as they come.

    Returns
    -------
    pandas.Series
        Names by id (text of `digits` digits), sorted.

    Raises
    ------
    InputError
        A column is missing or an id repeats.

    Examples
    --------
    >>> from sozialraum import demo
    >>> path = demo.folder() / "lor/lor_bezirksregionen.shp"
    >>> read_names(path, id="BZR_ID", name="BZR_NAME", digits=6).iloc[0]
    'Erlensee'
    """
    from sozialraum.sources import vector
    from sozialraum.sources.tables import read_table, refuse_duplicates

    where = os.fspath(path)
    if where.lower().endswith((".csv", ".txt")):
        table = read_table(path, columns=(id, name))
    else:
        attributes = pd.DataFrame(vector.read_layer(path, geometry=False).attributes)
        table = require(attributes, [id, name], where=where)
        table.index = pd.RangeIndex(1, len(table) + 1)
    ids, _ = area_ids(table[id], digits=digits, where=where)
    refuse_duplicates(ids, table[name], where=where)
    values = table[name].astype(str).str.strip().to_numpy()
    return pd.Series(values, index=pd.Index(ids.to_numpy(), name="id"), name="name").sort_index()


def read_districts(
    path: str | os.PathLike[str],
    *,
    id: str = BERLIN_DISTRICTS_ID,
    name: str = "Gemeinde_name",
    metric_crs: str = "EPSG:25833",
    digits: int = 2,
) -> gpd.GeoDataFrame:
    """Read district outlines; Berlin's three-digit keys (``004``) become the ids' first two digits.

    Parameters
    ----------
    path : path-like
        A vector layer as in `read_areas`.
    id, name : str
        Columns that hold key and name.
    metric_crs : str
        CRS of the result.
    digits : int
        Digits of a district in an area id.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `area_id` (``04``), sorted; `name`, `geometry` in `metric_crs`.

    Examples
    --------
    >>> from sozialraum import demo
    >>> read_districts(demo.folder() / "bezirke/bezirksgrenzen.geojson").index.tolist()
    ['21', '22', '23']
    """
    frame = read_areas(
        path, id=id, name=name, crs="EPSG:4326", metric_crs=metric_crs, id_digits=digits + 1
    )
    if not frame.index.str.startswith("0").all():
        raise InputError(
            "The district keys do not fit", where=os.fspath(path), expected=f"0 and {digits} digits"
        )
    frame.index = pd.Index(frame.index.str[1:], name="area_id")
    return frame


def to_metric(
    geometry: np.ndarray, crs: str, metric_crs: str, labels: list[str], where: str
) -> np.ndarray:
    """Project geometries (German data), and stop where a coordinate cannot be true.

    A coordinate is plausible when it lies in Germany and in the area of use of the metric CRS.
    What is not is described: degrees read as metres, swapped axes, or vertices in another CRS.

    Raises
    ------
    InputError
        Naming the number of vertices, the first feature and position, and the likely reason.
    """
    import shapely

    source, target = _crs(crs, where), _crs(metric_crs, where)
    if not target.is_projected or target.axis_info[0].unit_name != "metre":
        raise InputError(f"{metric_crs} is no CRS in metres", where=where)
    xy, feature = shapely.get_coordinates(geometry, return_index=True)
    bad = ~_plausible(xy, source, target)
    if bad.any():
        raise _implausible(xy, feature, bad, source, target, labels, where)
    if source == target:
        return geometry
    projected = np.column_stack(_transformer(source, target).transform(xy[:, 0], xy[:, 1]))
    if not np.isfinite(projected).all():
        at = int(np.argmin(np.isfinite(projected).all(axis=1)))
        raise InputError("A vertex cannot be projected", where=f"{where}, {labels[feature[at]]}")
    return shapely.set_coordinates(geometry.copy(), projected)


def _crs(crs: str, where: str) -> pyproj.CRS:
    import pyproj

    try:
        return _known_crs(crs)
    except pyproj.exceptions.CRSError:
        raise InputError(
            f"'{crs[:80]}' is no known coordinate reference system", where=where
        ) from None


@lru_cache(maxsize=32)
def _known_crs(crs: str) -> pyproj.CRS:
    import pyproj

    return pyproj.CRS.from_user_input(crs)


@lru_cache(maxsize=32)
def _transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=32)
def _box(source: pyproj.CRS, target: pyproj.CRS) -> tuple[float, float, float, float]:
    """The part of Germany in which `target` is used, in the coordinates of `source`."""
    west, south, east, north = GERMANY
    if (use := target.area_of_use) is not None:
        west, south = max(west, use.west), max(south, use.south)
        east, north = min(east, use.east), min(north, use.north)
    if source.is_geographic:
        return west, south, east, north
    degrees = _known_crs("EPSG:4326")
    return _transformer(degrees, source).transform_bounds(west, south, east, north)


def _plausible(xy: np.ndarray, source: pyproj.CRS, target: pyproj.CRS) -> np.ndarray:
    """Which coordinates, read in `source`, lie in Germany where `target` is used."""
    # the box is carried to the source: a coordinate far outside could fold back into it
    west, south, east, north = _box(source, target)
    x, y = xy[:, 0], xy[:, 1]
    with np.errstate(invalid="ignore"):
        return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _implausible(
    xy: np.ndarray,
    feature: np.ndarray,
    bad: np.ndarray,
    source: pyproj.CRS,
    target: pyproj.CRS,
    labels: list[str],
    where: str,
) -> InputError:
    """Say which vertices are not where they should be, and why probably."""
    at = int(np.argmax(bad))
    position = at - int(np.searchsorted(feature, feature[at])) + 1
    count, of = int(bad.sum()), len(np.unique(feature[bad]))
    wrong = xy[bad]
    if _plausible(wrong, target, target).all():
        reason = f"They fit when read as {target.to_string()}: two reference systems are mixed"
        if bad.all():
            reason = f"They fit when read as {target.to_string()}: the layer is mislabelled"
    elif _plausible(wrong[:, ::-1], source, target).all():
        reason = "They fit with x and y exchanged: the axes are swapped"
    elif not source.is_geographic and (np.abs(wrong) <= 180).all():
        reason = "They look like degrees: the layer is mislabelled"
    else:
        reason = "Check the layer's coordinate reference system"
    return InputError(
        f"{count} of {len(xy)} vertices, in {of} of {len(labels)} features, lie outside the part "
        f"of Germany where {target.to_string()} is used; the first is vertex {position} of "
        f"{labels[feature[at]]} at ({xy[at, 0]:.9g}, {xy[at, 1]:.9g})",
        where=where,
        expected=f"coordinates in {source.to_string()}",
        hint=reason,
    )


def _texts(values: pd.Series) -> np.ndarray:
    """Cells as text; whole numbers without the point that a column with gaps gives them."""
    return area_ids(values.fillna("?"), digits=None, where="")[0].to_numpy()


def _ids(
    values: pd.Series, mend: Mapping[tuple[int, str], str], digits: int | None, where: str
) -> tuple[pd.Series, list[str]]:
    ids, notes = area_ids(values, digits=digits, where=where)
    for (number, old), new in mend.items():
        if number not in ids.index or ids[number] != old:
            found = ids.get(number, "not there")
            raise InputError(
                f"Feature {number} should carry the id {old} that is to be mended, it is {found}",
                where=where,
            )
        ids[number] = new
        notes.append(
            f"{Path(where).name}: Gebietsnummer {old} (Objekt {number}) in {new} berichtigt."
        )
    return ids, notes


def _refuse_no_polygon(geometry: np.ndarray, labels: list[str], where: str) -> None:
    import shapely

    kind = shapely.get_type_id(geometry)
    for wrong, what in (
        (kind == -1, "have no geometry"),
        (shapely.is_empty(geometry), "have an empty geometry"),
        (~np.isin(kind, (3, 6)), "are no polygons"),
    ):
        if wrong.any():
            named = [labels[i] for i in np.flatnonzero(wrong)]
            raise InputError(f"{len(named)} areas {what}", where=f"{where}: {_list(named)}")


def _mend_geometry(
    geometry: np.ndarray, labels: list[str], where: str
) -> tuple[np.ndarray, list[str]]:
    """Make broken outlines valid where that hardly changes the area."""
    import shapely

    broken = np.flatnonzero(~shapely.is_valid(geometry))
    if not len(broken):
        return geometry, []
    geometry = geometry.copy()
    notes = []
    for at in broken:
        before = shapely.area(geometry[at])
        parts = shapely.get_parts(shapely.make_valid(geometry[at], method="structure"))
        polygons = parts[np.isin(shapely.get_type_id(parts), (3, 6))]
        valid = shapely.union_all(polygons)
        after = shapely.area(valid)
        if after == 0 or abs(after - before) > MEND_TOLERANCE * after:
            raise InputError(
                f"The outline of {labels[at]} is broken: "
                f"{shapely.is_valid_reason(geometry[at])[:120]}",
                where=where,
                expected="a polygon that does not cross itself",
                hint=f"Repairing it would change its size from {before:,.0f} to {after:,.0f} m²",
            )
        geometry[at] = valid
        notes.append(
            f"{Path(where).name}: Umriss von {labels[at].partition(' ')[2]} repariert, Fläche um "
            f"{abs(after - before):.2f} m² verändert."
        )
    return geometry, notes


def _described(table: pd.DataFrame, number: int, id_column: str) -> str:
    """A feature with enough of its attributes to tell it from its double."""
    words = [str(v) for c, v in table.loc[number].items() if c != id_column and str(v).strip()]
    return f"feature {number} ({', '.join(words)[:120]})"


def _list(names: list[str], most: int = 5) -> str:
    return "; ".join(names[:most]) + (
        f"; and {len(names) - most} more" if len(names) > most else ""
    )
