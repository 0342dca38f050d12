"""Areas, regions and what is drawn around them, in the plain values of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from sozialraum.publish.columns import describe
from sozialraum.publish.map.plain import number, numbers, text, texts
from sozialraum.publish.map.shapes import label_points, lines, rings, simplify_coverage

if TYPE_CHECKING:
    import geopandas as gpd

SURROUNDINGS_METRES = 12_000
"""How far beyond the region its surroundings are drawn."""
NAMED_METRES = 2_500
"""How far beyond the region their names stand."""

_NUMBERS = (
    *("population", "recipients", "recipients_lo", "recipients_hi", "old_age"),
    *("rank", "rank_lo", "rank_hi", "rank_by_share", "rank_by_count", "p_top"),
    *("share", "share_lo", "share_hi", "location_quotient"),
    *("need_index", "status_index", "dynamics_index"),
)
_INDICATOR = re.compile(r"(S\d+(_previous)?|explained_\w+)")
_WORDS = ("status_class", "dynamics_class", "status_published", "dynamics_published", "cluster")
_TEXTS = ("name", "region_id", "region_name", "excluded", "sentence", "cluster_sentence", "flags")


def places(
    origin: tuple[int, int],
    targets: tuple[str, ...],
    areas: gpd.GeoDataFrame,
    regions: gpd.GeoDataFrame,
    surroundings: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    orientation: dict[str, gpd.GeoDataFrame],
    clusters: gpd.GeoDataFrame,
) -> dict[str, Any]:
    """Areas, regions and everything for orientation: what no siting changes.

    Parameters
    ----------
    origin : (int, int)
        Point in metres that becomes (0, 0).
    targets : tuple of str
        Target groups whose columns the areas have.
    areas, regions, surroundings, stops, orientation, clusters
        As of `sozialraum.publish.content.Content`.

    Returns
    -------
    dict
        For JSON; simplifying and labelling the shapes takes most of the time of a page.
    """
    simple = simplify_coverage(areas.geometry.to_numpy())
    region_of = areas["region_id"].astype(str).to_numpy()
    # outlines of the regions from the simplified areas, so that lines fall onto each other
    united = [
        shapely.coverage_union_all(simple[region_of == key]) for key in regions.index.astype(str)
    ]
    whole = shapely.coverage_union_all(simple)
    frame = shapely.box(*shapely.bounds(whole)).buffer(SURROUNDINGS_METRES, join_style="mitre")
    return {
        "areas": _table(areas, simple, origin, targets),
        "regions": _table(regions, np.asarray(united, dtype=object), origin, ()),
        "outline": rings(whole, origin),
        "surroundings": _outlines(surroundings, frame, whole, origin),
        "stops": _points(_near(stops, whole), origin, ("name", "kind")),
        "orientation": {
            key: _drawn(layer, frame, origin)
            for key, layer in sorted(orientation.items())
            if len(layer)
        },
        "clusters": _clusters(clusters, origin),
    }


def _table(
    frame: gpd.GeoDataFrame, shapes: np.ndarray, origin: tuple[int, int], targets: tuple[str, ...]
) -> dict[str, list[Any]]:
    """Columns of areas or regions; a column that the frame lacks is left out."""
    marks = label_points(shapes, origin)
    out: dict[str, list[Any]] = {
        "id": [str(key) for key in frame.index],
        "rings": [rings(shape, origin) for shape in shapes],
        "x": [m[0] for m in marks],
        "y": [m[1] for m in marks],
        "r": [m[2] for m in marks],
    }
    plain = pd.DataFrame(frame)  # a GeoDataFrame looks at its geometry at every access
    columns = [*_NUMBERS, *filter(_INDICATOR.fullmatch, plain.columns)]
    columns += [f"{c}_{t}" for t in targets for c in ("rank", "rank_lo", "rank_hi", "weight")]
    for column in columns:
        if column in plain:
            figures = numbers(plain[column], describe(column).digits)  # as in every other output
            if any(figure is not None for figure in figures):
                out[column] = figures
    for column in _WORDS + _TEXTS:
        if column in plain:
            out[column] = texts(plain[column])
    for column in ("top_certain", "top_possible", "possibly_worse"):
        if column in plain:
            out[column] = [None if pd.isna(v) else bool(v) for v in plain[column]]
    return out


def _outlines(
    frame: gpd.GeoDataFrame, window: Any, own: Any, origin: tuple[int, int]
) -> list[dict[str, Any]]:
    """Neighbouring districts, cut to the window and to where the region itself is not."""
    out: list[dict[str, Any]] = []
    if not len(frame):
        return out
    simple = simplify_coverage(frame.geometry.to_numpy(), 40.0)
    for name, shape in zip(frame["name"], simple, strict=True):
        if shape is None or shapely.intersection(shape, own).area > 0.5 * shape.area:
            continue
        cut = shapely.intersection(shapely.make_valid(shape), window)
        close = shapely.intersection(cut, shapely.buffer(own.envelope, NAMED_METRES))
        if drawn := rings(cut, origin):
            mark = _mark(cut if shapely.is_empty(close) else close, origin)
            out.append({"name": text(name), "rings": drawn, **mark})
    return out


def _mark(shape: Any, origin: tuple[int, int]) -> dict[str, int]:
    x, y, r = label_points([shape], origin)[0]
    return {"x": x, "y": y, "r": r}


def _drawn(layer: gpd.GeoDataFrame, window: Any, origin: tuple[int, int]) -> dict[str, Any]:
    shapes = shapely.simplify(layer.geometry.to_numpy(), 10.0)
    shapes = shapely.intersection(shapely.make_valid(shapes), window)
    return {
        "rings": [ring for shape in shapes for ring in rings(shape, origin)],
        "lines": [line for shape in shapes for line in lines(shape, origin)],
    }


def _points(
    frame: gpd.GeoDataFrame, origin: tuple[int, int], columns: tuple[str, ...]
) -> dict[str, list[Any]]:
    if not len(frame):
        return {"x": [], "y": [], **{c: [] for c in columns}}
    xy = np.rint(shapely.get_coordinates(frame.geometry.to_numpy())).astype(int) - origin
    return {
        "x": xy[:, 0].tolist(),
        "y": xy[:, 1].tolist(),
        **{c: texts(frame[c]) for c in columns},
    }


def _near(frame: gpd.GeoDataFrame, whole: Any, metres: float = 400.0) -> gpd.GeoDataFrame:
    """Points inside the region or close to it; the others only disturb."""
    return frame[shapely.dwithin(frame.geometry.to_numpy(), whole, metres)] if len(frame) else frame


def _clusters(frame: gpd.GeoDataFrame, origin: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "rings": rings(shapely.simplify(row.geometry, 10.0), origin),
            "areas": number(row.areas, 0),
            "cases": number(row.cases, 0),
            "expected": number(row.expected, 0),
            "relative_risk": number(row.relative_risk, 2),
            "p": number(row.p, 4),
        }
        for row in frame.itertuples()
    ]
