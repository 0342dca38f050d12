"""The data block of the page: what the script needs of a released content, as plain JSON values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.cache import Remember, compute
from sozialraum.publish.columns import describe
from sozialraum.publish.map.places import places
from sozialraum.publish.map.plain import number, numbers, text, texts
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    from sozialraum.publish.content import Content

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


def page_data(content: Content, remember: Remember = compute) -> dict[str, Any]:
    """Everything the page shows, in plain values: no NaN, whole metres, columns as lists.

    Parameters
    ----------
    content : Content
        Released content; optional columns and tables may be missing or empty.
    remember : callable
        See `sozialraum.cache.remembering`: shapes that are known are not simplified again.

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
            key: number(value)
            for key, value in sorted(content.figures.items())
            if isinstance(value, (int, float, np.integer, np.floating))
        },
        "basemap": _basemap(content, origin),
        "bounds": [0, 0, math.ceil(right) - origin[0], math.ceil(top) - origin[1]],
        **remember(
            places,
            origin,
            tuple(study.targets),
            content.areas,
            content.regions,
            content.surroundings,
            content.stops,
            content.orientation,
            content.clusters,
        ),
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
            out[column] = texts(rooms[column])
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
    return [[int(u), number(metres[u], 1)] for u in near]


def _offices(content: Content, origin: tuple[int, int]) -> list[dict[str, Any]]:
    return [
        {
            "name": text(office["name"]),
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
        "area": [position.get(key, -1) for key in texts(units["area_id"])],
        "people": {
            key: numbers(units[f"people_{key}"], 0)
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
                number(step.reached, 0),
                number(step.bound, 1),
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
    shares = (numbers(last[c], 4) for c in ("cumulative_share", "alone_share"))
    return {
        "rooms": [position[str(site)] for site in sites],
        "groups": [list(row) for row in zip(last.index.map(keys), *shares, strict=True)],
    }


def _presence(content: Content) -> dict[str, dict[str, float | int | None]]:
    """Key `target|p|site` -> what the run knows of the room besides its reach, if anything."""
    table = content.presence
    keys = zip(texts(table["target"]), table["p"].tolist(), texts(table["site_id"]), strict=True)
    known: dict[str, dict[str, float | int | None]] = {f"{t}|{p:.0f}|{s}": {} for t, p, s in keys}
    for column in ("stability", "hours_open", "hours_appointment"):
        if column in table:
            figures = numbers(table[column], describe(column).digits)
            for row, figure in zip(known.values(), figures, strict=True):
                if figure is not None:
                    row[column] = figure
    return {key: row for key, row in known.items() if row}


def _positions(frame: pd.DataFrame, origin: tuple[int, int]) -> dict[str, list[Any]]:
    """Whole metres from the origin."""
    return {c: (frame[c].astype(int) - o).tolist() for c, o in zip("xy", origin, strict=True)}
