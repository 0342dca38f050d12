"""The data block of the page: what the script needs of a released content, as plain JSON values."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from sozialraum.publish.columns import describe
from sozialraum.publish.map.shapes import label_points, lines, rings, simplify_coverage
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.publish.content import Content

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
_ROOM_TEXTS = (
    "name",
    "address",
    "operator",
    "operator_kind",
    "operator_reason",
    "venue_types",
    "reason",
    "area_id",
)


def page_data(content: Content) -> dict[str, Any]:
    """Everything the page shows, in plain values: no NaN, whole metres, columns as lists.

    Parameters
    ----------
    content : Content
        Released content; optional columns and tables may be missing or empty.

    Returns
    -------
    dict
        Ready for `json.dumps(..., allow_nan=False)`; a missing figure is None.
    """
    left, bottom, right, top = content.outline.total_bounds
    origin = (math.floor(left), math.floor(bottom))
    study = content.study
    return {
        "info": _info(content),
        "study": {
            "targets": [
                {
                    "key": key,
                    "title": target.title,
                    "people": f"people_{key}",
                    "counted": _counted(target.weight_by, content),
                }
                for key, target in study.targets.items()
            ],
            "rooms": study.siting.rooms,
            "radius": study.siting.radius,
            "radii": sorted({radius for _, radius, _ in content.siting} or {study.siting.radius}),
            "detour": study.siting.detour,
            "ways": study.access.kind,
            "top": study.indicators.top,
            "areaTitle": study.area_layer.title,
            "regionTitle": study.levels[0].title if study.levels else "",
            "minimumCount": study.disclosure.minimum_count,
            "question": study.question,
            "organisation": study.publisher.organisation,
            "feedback": study.publisher.feedback,
            "accessibility": study.publisher.accessibility,
        },
        "figures": {
            key: _number(value)
            for key, value in sorted(content.figures.items())
            if isinstance(value, (int, float, np.integer, np.floating))
        },
        "basemap": _basemap(content, origin),
        "bounds": [0, 0, math.ceil(right) - origin[0], math.ceil(top) - origin[1]],
        **_places(content, origin),
        "rooms": _rooms(content, origin),
        "offices": _offices(content, origin),
        "units": _units(content, origin),
        "siting": _siting(content),
        "rules": _rules(content),
        "together": _together(content),
        "presence": _presence(content),
        "lorenz": [
            [round(float(v), 4) for v in content.lorenz[column]]
            for column in ("population_share", "recipients_share")
        ],
        "quality": [{k: str(v) for k, v in row.items()} for row in content.quality],
    }


def _counted(weight_by: str, content: Content) -> list[str]:
    """Key of the text that names what a target group counts, and its values."""
    kind, _, detail = weight_by.partition(":")
    if kind == "residents":
        return ["residents", *detail.split("-")]
    derived = content.figures.get("counts_derived", True)
    if kind == "recipients" and derived and content.study.old_age is not None:
        return ["remit"]
    return [kind, detail]


def _basemap(content: Content, origin: tuple[int, int]) -> dict[str, Any] | None:
    """The service that the study allows, and the origin in its coordinates."""
    basemap = content.study.layers.basemap
    if basemap is None:
        return None
    crs = content.study.area_layer.metric_crs
    return {**basemap.model_dump(), "crs": crs, "origin": list(origin)}


def _info(content: Content) -> dict[str, Any]:
    info = content.info
    return {
        "title": info.title,
        "subtitle": info.subtitle,
        "region": info.region_name,
        "city": info.city_name,
        "date": info.reference_date,
        "edition": info.edition,
        "previous": info.previous_edition,
        "language": info.language,
        "fingerprint": info.fingerprint,
        "fictitious": info.fictitious,
        "internal": info.internal,
        "recipients": info.recipients_label,
        "share": info.share_label,
        "below65": not content.figures.get("counts_derived", True),
        "note": info.recipients_note,
        "version": info.version,
        "warnings": list(info.warnings),
        "sources": [
            {
                "title": s.title,
                "publisher": s.publisher,
                "licence": s.licence,
                "attribution": s.attribution,
                "date": s.reference_date,
                "url": s.url,
            }
            for s in info.sources
        ],
    }


def _places(content: Content, origin: tuple[int, int]) -> dict[str, Any]:
    """Areas, regions and everything for orientation."""
    simple = simplify_coverage(content.areas.geometry.to_numpy())
    regions = content.regions
    region_of = content.areas["region_id"].astype(str).to_numpy()
    # outlines of the regions from the simplified areas, so that lines fall onto each other
    united = [
        shapely.coverage_union_all(simple[region_of == key]) for key in regions.index.astype(str)
    ]
    whole = shapely.coverage_union_all(simple)
    frame = shapely.box(*shapely.bounds(whole)).buffer(SURROUNDINGS_METRES, join_style="mitre")
    return {
        "areas": _table(content.areas, simple, origin, tuple(content.study.targets)),
        "regions": _table(regions, np.asarray(united, dtype=object), origin, ()),
        "outline": rings(whole, origin),
        "surroundings": _outlines(content.surroundings, frame, whole, origin),
        "stops": _points(_near(content.stops, whole), origin, ("name", "kind")),
        "orientation": {
            key: _drawn(layer, frame, origin)
            for key, layer in sorted(content.orientation.items())
            if len(layer)
        },
        "clusters": _clusters(content.clusters, origin),
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
            figures = _numbers(plain[column], describe(column).digits)  # as in every other output
            if any(figure is not None for figure in figures):
                out[column] = figures
    for column in _WORDS + _TEXTS:
        if column in plain:
            out[column] = _texts(plain[column])
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
            out.append({"name": _text(name), "rings": drawn, **mark})
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
        **{c: _texts(frame[c]) for c in columns},
    }


def _near(frame: gpd.GeoDataFrame, whole: Any, metres: float = 400.0) -> gpd.GeoDataFrame:
    """Points inside the region or close to it; the others only disturb."""
    return frame[shapely.dwithin(frame.geometry.to_numpy(), whole, metres)] if len(frame) else frame


def _clusters(frame: gpd.GeoDataFrame, origin: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "rings": rings(shapely.simplify(row.geometry, 10.0), origin),
            "areas": _number(row.areas, 0),
            "cases": _number(row.cases, 0),
            "expected": _number(row.expected, 0),
            "relative_risk": _number(row.relative_risk, 2),
            "p": _number(row.p, 4),
        }
        for row in frame.itertuples()
    ]


def _rooms(content: Content, origin: tuple[int, int]) -> dict[str, list[Any]]:
    from sozialraum.presence.wording import inferred_kind

    rooms = pd.DataFrame(content.rooms)
    out: dict[str, list[Any]] = {
        "id": rooms.index.astype(str).tolist(),
        **_positions(rooms, origin),
    }
    out["eligible"] = [bool(v) for v in rooms["eligible"]]
    for column in _ROOM_TEXTS:
        if column in rooms:
            out[column] = _texts(rooms[column])
    if {"operator_kind", "operator_reason"} <= set(out):
        pairs = zip(out["operator_kind"], out["operator_reason"], strict=True)
        out["operator_kind"] = [inferred_kind(kind, reason) or kind for kind, reason in pairs]
        reasons = out["operator_reason"]
        out["operator_reason"] = [own_terms(reason, content.study) for reason in reasons]
    if content.ways is not None:
        out["ways"] = [_ways(content, site) for site in rooms.index]
    everyone = list(content.study.targets)
    suits = rooms["suits"] if "suits" in rooms else [everyone] * len(rooms)
    out["suits"] = [list(v) if isinstance(v, (tuple, list)) else everyone for v in suits]
    return out


def _ways(content: Content, place: object) -> list[list[float | int | None]] | None:
    """Units within the greatest radius and their way in metres, where ways are no straight lines.

    None: the page computes the straight line itself.
    """
    if content.ways is None:
        return None
    if place not in content.ways:
        return []
    metres = content.ways[place].to_numpy(float)
    most = max([content.study.siting.radius, *(radius for _, radius, _ in content.siting)])
    near = np.flatnonzero(metres <= most)
    return [[int(u), _number(metres[u], 1)] for u in near]


def _offices(content: Content, origin: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "name": _text(office["name"]),
            "x": int(office["x"]) - origin[0],
            "y": int(office["y"]) - origin[1],
            "approximate": bool(office["approximate"]),
            "targets": list(office["targets"]),
            **({"ways": _ways(content, site)} if content.ways is not None else {}),
        }
        for site, office in zip(
            content.offices.index, content.offices.to_dict("records"), strict=True
        )
    ]


def _units(content: Content, origin: tuple[int, int]) -> dict[str, Any]:
    """Demand units, areas as positions in the area table; people as whole persons."""
    units = pd.DataFrame(content.units)
    position = {key: i for i, key in enumerate(content.areas.index.astype(str))}
    return {
        **_positions(units, origin),
        "area": [position.get(key, -1) for key in _texts(units["area_id"])],
        "people": {
            key: _numbers(units[f"people_{key}"], 0)
            for key in content.study.targets
            if f"people_{key}" in units
        },
    }


def _siting(content: Content) -> dict[str, list[list[Any]]]:
    """Key `target|radius|offices` -> per number of rooms: positions, reached, bound, proven."""
    position = {key: i for i, key in enumerate(content.rooms.index.astype(str))}
    return {
        f"{target}|{radius:g}|{int(offices)}": [
            [
                [position[str(site)] for site in step.sites],
                _number(step.reached, 0),
                _number(step.bound, 1),
                int(step.proven),
            ]
            for step in sorted(steps, key=lambda s: s.p)
        ]
        for (target, radius, offices), steps in sorted(content.siting.items())
    }


def _rules(content: Content) -> dict[str, dict[str, str]] | None:
    """Target group -> number of rooms -> what its rules lack; None: the study has no rules.

    They hold for the study's own walking distance with its offices, as the proposal does.
    """
    if not any(table.name == "model" for table in content.further):
        return None
    unmet: dict[str, dict[int, str]] = content.figures.get("rules_unmet", {})
    return {target: {str(p): why for p, why in row.items()} for target, row in unmet.items()}


def _together(content: Content) -> dict[str, Any] | None:
    """Rooms for several target groups at once, and what each group has of them."""
    table = next((t.frame for t in content.further if t.name == "together"), None)
    if table is None or not len(table):
        return None
    position = {key: i for i, key in enumerate(content.rooms.index.astype(str))}
    keys = {target.title: key for key, target in content.study.targets.items()}
    last = table.groupby("target", sort=False).last()
    sites = table.sort_values("order", kind="stable")["site"].drop_duplicates()
    shares = (_numbers(last[c], 4) for c in ("cumulative_share", "alone_share"))
    return {
        "rooms": [position[str(site)] for site in sites],
        "groups": [list(row) for row in zip(last.index.map(keys), *shares, strict=True)],
    }


def _presence(content: Content) -> dict[str, dict[str, float | int | None]]:
    """Key `target|p|site` -> what the run knows of the room besides its reach, if anything."""
    table = content.presence
    keys = zip(_texts(table["target"]), table["p"].tolist(), _texts(table["site_id"]), strict=True)
    known: dict[str, dict[str, float | int | None]] = {f"{t}|{p:.0f}|{s}": {} for t, p, s in keys}
    for column in ("stability", "hours_open", "hours_appointment"):
        if column in table:
            figures = _numbers(table[column], describe(column).digits)
            for row, figure in zip(known.values(), figures, strict=True):
                if figure is not None:
                    row[column] = figure
    return {key: row for key, row in known.items() if row}


def _positions(frame: pd.DataFrame, origin: tuple[int, int]) -> dict[str, list[Any]]:
    """Whole metres from the origin."""
    return {c: (frame[c].astype(int) - o).tolist() for c, o in zip("xy", origin, strict=True)}


def _numbers(values: pd.Series, digits: int) -> list[float | int | None]:
    """JSON numbers of a column, see `_number`."""
    return [_number(v, digits) for v in values.to_numpy(float, na_value=np.nan).tolist()]


def _texts(values: pd.Series) -> list[str]:
    return [_text(v) for v in values.to_numpy(object)]


def _number(value: Any, digits: int = 6) -> float | int | None:
    """A JSON number; None for a missing or infinite one; whole numbers without a point."""
    if value is None or not math.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _text(value: Any) -> str:
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)
