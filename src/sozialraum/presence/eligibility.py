"""Which venues may host a consultation, and why the others may not.

Records become offers (same name in one house), offers become houses. Every offer is judged by
itself: the youth club on the first floor says nothing about the library below. A house is
eligible when one of its offers is; it keeps its row in any case, with the reason.

Candidates are restricted to the study region: a Jobcenter uses rooms of its own district, even
where one across the border would be nearer.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sozialraum.errors import StudyError
from sozialraum.presence.houses import (
    FAR,
    SAME_NAME,
    house_labels,
    parse_address,
    similarity,
    site_ids,
)
from sozialraum.presence.opening import opening_times, room_size
from sozialraum.presence.wording import (
    CLOSED,
    KINDS,
    audience,
    operator_kind,
    restricted,
    venue_type,
)

if TYPE_CHECKING:
    from sozialraum.study.places import Venues

ROOM_COLUMNS = (
    "name", "address", "operator", "operator_kind", "operator_reason", "venue_types", "sources",
    "eligible", "reason", "area_id", "x", "y", "lon", "lat", "suits", "barrier_free", "opening",
    "size",
)  # fmt: skip
"""Columns of `rooms` besides the geometry, in their order."""

YOUTH_TARGET, YOUTH_TYPE = "young", "Jugendfreizeiteinrichtung"
SENIOR_TYPE, FAMILY_TYPE = "Seniorentreff", "Familienzentrum"

Record = dict[str, Any]

CLARIFY = "vor Ort klären"
"""Part of every reason that says: nothing speaks against the house but what is not known."""

VAGUE_TYPES = ("Gemeinschaftshaus", "")
"""Types that leave open what the place is."""

AROUND = 4 * FAR
"""Metres around the region's frame within which records are merged to houses."""

# Which offer speaks for the house when several are equally good.
_LEADING = (
    "Stadtteilzentrum", "Nachbarschaftshaus", "Familienzentrum", "Bibliothek", "Quartiersbüro",
    "Gemeindehaus", "Gemeinschaftshaus",
)  # fmt: skip
# Whose point of a house is believed when records disagree: kept by hand, mapped on the spot.
_TRUST = {"plain": 0, "osm": 1}


def rooms(
    venues: pd.DataFrame,
    settings: Venues,
    areas: gpd.GeoDataFrame,
    targets: Iterable[str] = ("everybody",),
) -> gpd.GeoDataFrame:
    """Merge records to houses and judge each of them.

    Parameters
    ----------
    venues : pandas.DataFrame
        Records of all catalogues, one below the other (`sozialraum.sources.venues`).
    settings : sozialraum.study.places.Venues
        The study's rules.
    areas : geopandas.GeoDataFrame
        Index `area_id`, the areas of the study region in the metric CRS of `venues`. Houses
        outside are no candidates and are left out.
    targets : iterable of str
        Keys of the study's target groups.

    Returns
    -------
    geopandas.GeoDataFrame
        Index `site_id`, sorted; columns `ROOM_COLUMNS` and the point. `suits` is the tuple of
        target groups that the house suits, `reason` a German sentence where it is not eligible,
        empty otherwise. The result does not depend on the order of the records.

    Raises
    ------
    StudyError
        A site id that is forced in or out does not exist, or is both.

    Examples
    --------
    >>> from sozialraum import demo
    >>> from sozialraum.sources.venues import read_venues
    >>> from sozialraum.study import load_study
    >>> study = load_study("demo")
    >>> file = study.venues.files[0]
    >>> records = read_venues(demo.folder() / file.path, file, metric_crs="EPSG:25833")
    >>> areas = gpd.read_file(demo.folder() / study.area_layer.path).set_index("PLR_ID")
    >>> houses = rooms(records, study.venues, areas.rename_axis("area_id"))
    >>> (houses["eligible"] == (houses["reason"] == "")).all()
    np.True_
    """
    targets = tuple(targets)
    order = ["source", "source_id", "name", "x", "y"]
    # Records far from the region cannot belong to one of its houses.
    west, south, east, north = areas.total_bounds
    x, y = venues["x"], venues["y"]
    near = x.between(west - AROUND, east + AROUND) & y.between(south - AROUND, north + AROUND)
    venues = venues[near].sort_values(order, ignore_index=True)
    labels = house_labels(venues, merge_metres=settings.merge_metres)
    groups: dict[int, list[Record]] = {}
    for label, record in zip(labels, _described(venues), strict=True):
        groups.setdefault(label, []).append(record)
    houses = [
        _house(group, [_judge(offer, settings, targets) for offer in _offers(group)], targets)
        for group in groups.values()
    ]
    frame = pd.DataFrame(houses, columns=["site_id", "detailed_id", *ROOM_COLUMNS])
    frame = frame.astype({"eligible": bool})  # also where there is no house at all
    points = np.asarray(shapely.points(frame[["x", "y"]].to_numpy(float)), dtype=object)
    areas = areas.sort_index()
    owner = np.full(len(frame), len(areas))
    where = shapely.STRtree(points).query(areas.geometry.to_numpy(), predicate="intersects")
    np.minimum.at(owner, where[1], where[0])
    inside = owner < len(areas)
    frame = frame[inside].assign(area_id=areas.index.to_numpy()[owner[inside]])
    # Two houses with one address text (a street name that occurs twice): both get the longer id.
    twice = frame["site_id"].duplicated(keep=False)
    frame["site_id"] = frame["site_id"].mask(twice, frame["detailed_id"])
    result = gpd.GeoDataFrame(
        frame.set_index("site_id")[list(ROOM_COLUMNS)], geometry=points[inside], crs=areas.crs
    ).sort_index()
    return _forced(result, settings, targets)


def eligibility_notes(rooms: pd.DataFrame) -> list[dict[str, str]]:
    """Rows for the quality section: how many houses are eligible, and why others are not.

    Returns
    -------
    list of dict
        `topic`, `finding`, `detail` (German).

    Examples
    --------
    >>> rooms = pd.DataFrame({"eligible": [True, False], "reason": ["", "Garten: kein Raum"]})
    >>> eligibility_notes(rooms)[0]["finding"]
    '1 von 2 Einrichtungen kommen infrage'
    """
    topic = "Räume"
    out = rooms[~rooms["eligible"]]
    # What follows after the colon of a reason is particular to the house.
    causes = out["reason"].str.split(":", n=1).str[0].str.strip().value_counts()
    open_ = out["reason"].str.contains(CLARIFY, regex=False).sum()
    return [
        {
            "topic": topic,
            "finding": f"{len(rooms) - len(out)} von {len(rooms)} Einrichtungen kommen infrage",
            "detail": "Nur Einrichtungen im Untersuchungsgebiet; Häuser jenseits der Grenze sind"
            " keine Standorte.",
        },
        {
            "topic": topic,
            "finding": f"{len(out)} Einrichtungen ausgeschlossen, {open_} davon, weil Träger"
            " oder Nutzung nicht bekannt sind",
            "detail": "; ".join(
                f"{cause}: {n}"
                for cause, n in sorted(causes.items(), key=lambda item: (-item[1], str(item[0])))
            ),
        },
    ]


def suitable_targets(
    type_: str, who: str, target_types: dict[str, tuple[str, ...]], targets: Sequence[str]
) -> tuple[str, ...]:
    """Target groups that a type of venue suits.

    Parameters
    ----------
    type_ : str
        Type of venue.
    who : str
        Audience; one that excludes part of the public suits no group.
    target_types : dict
        The study's types by target group. For a group that is not in it all types are suitable,
        except that youth clubs suit `young` only and meeting places of the elderly do not.
    targets : sequence of str
        Target groups in the order of the result.

    Examples
    --------
    >>> suitable_targets("Jugendfreizeiteinrichtung", "Jugendliche", {}, ("everybody", "young"))
    ('young',)
    >>> suitable_targets("Bibliothek", "", {"families": ("Bibliothek",)}, ("everybody", "families"))
    ('everybody', 'families')
    """
    if restricted(who):
        return ()

    def suits(target: str) -> bool:
        if target in target_types:
            return type_ in target_types[target]
        if type_ in CLOSED:
            return False
        return type_ != (SENIOR_TYPE if target == YOUTH_TARGET else YOUTH_TYPE)

    return tuple(t for t in targets if suits(t))


def _described(venues: pd.DataFrame) -> list[Record]:
    """Records with the kind of operator and its reason, the type of venue and the audience."""
    columns = venues.columns.tolist()
    records: list[Record] = [
        dict(zip(columns, row, strict=True)) for row in venues.to_numpy(object)
    ]
    for r in records:
        r["kind"], r["kind_reason"] = operator_kind(r["operator"], r["operator_hint"], r["name"])
        r["type"] = venue_type(r["name"], r["venue_type"])
        r["who"] = audience(r["name"], r["audience"])
    return records


def _offers(records: list[Record]) -> list[list[Record]]:
    """Records of one house by offer: names that agree, directly or through a third."""
    offers: list[list[Record]] = []
    for record in records:
        same = [o for o in offers if any(_alike(record, other) for other in o)]
        offers = [o for o in offers if o not in same] + [[r for o in same for r in o] + [record]]
    return offers


def _alike(a: Record, b: Record) -> bool:
    return similarity(a["name"], b["name"]) >= SAME_NAME


def _judge(offer: list[Record], settings: Venues, targets: Sequence[str]) -> Record:
    """One offer of a house: what it is, whom it suits, and what stands against it."""
    # The record that knows its operator speaks for the offer.
    lead = min(offer, key=lambda r: (r["kind"] == "unknown", not r["operator"], not r["name"]))
    types = sorted((r["type"] for r in offer), key=lambda t: (t not in CLOSED, t in VAGUE_TYPES))
    who = max((r["who"] for r in offer), key=lambda w: (restricted(w), w))
    if types[0] == FAMILY_TYPE and who == "Kinder":
        who = "Familien"  # children come with their parents
    suits = suitable_targets(types[0], who, settings.target_types, targets)
    return {
        "name": lead["name"] or "ohne Namen",
        "operator": lead["operator"],
        "kind": lead["kind"],
        "kind_reason": lead["kind_reason"],
        "type": types[0],
        "suits": suits,
        "records": offer,
        "reason": _against(offer, types[0], who, lead["kind"], suits, settings),
    }


def _against(
    offer: list[Record], type_: str, who: str, kind: str, suits: Sequence[str], settings: Venues
) -> str:
    """Why an offer may not be used, in German; empty when nothing stands against it."""
    if any(r["opted_out"] for r in offer):
        return "Der Träger möchte nicht teilnehmen"
    names = " ".join(r["name"] for r in offer).lower()
    if word := next((w for w in settings.excluded_words if w.lower() in names), None):
        return f"Ausgeschlossenes Wort im Namen: „{word}“"
    if type_ in settings.excluded_types or (type_ in CLOSED and not suits):
        return CLOSED.get(type_, f"Ausgeschlossene Art: {type_}")
    if settings.allowed_types and type_ not in settings.allowed_types:
        return f"Art nicht vorgesehen: {type_}"
    if restricted(who):
        return f"Nicht für alle: Angebot für {who}"
    if not suits:
        return f"Art passt zu keiner Zielgruppe: {type_ or 'unbekannt'}"
    if kind not in settings.operator_kinds:
        if kind == "unknown":
            if any(r["operator"] for r in offer):
                return f"Gemeinnützigkeit des Trägers unbekannt: {CLARIFY}"
            if type_ in (*VAGUE_TYPES, "Bibliothek"):
                return f"Träger und Nutzung unbekannt: {CLARIFY}"
            return f"Träger unbekannt: {CLARIFY} ({type_} wäre geeignet)"
        return f"Art des Trägers nicht vorgesehen: {KINDS[kind]}"
    if unfit := _unfit(offer, settings):
        return unfit
    if kind == "association" and type_ in VAGUE_TYPES and not any(r["operator"] for r in offer):
        # An association's own rooms on a map: nobody says that they are open to others.
        return f"Vereinsraum, Nutzung unbekannt: {CLARIFY}"
    return ""


def _unfit(offer: list[Record], settings: Venues) -> str:
    """What the room itself lacks, in German; what nobody published is unknown, not met."""
    if settings.barrier_free_only and not any(r["barrier_free"] == "ja" for r in offer):
        if any(r["barrier_free"] == "nein" for r in offer):
            return "Nicht barrierefrei"
        return f"Barrierefreiheit unbekannt: {CLARIFY}"
    if settings.least_days:
        weeks = [w for r in offer if (w := opening_times(r["opening"])) is not None]
        if not weeks:
            return f"Öffnungstage unbekannt: {CLARIFY}"
        days = len({day for week in weeks for day in week if day < 5})
        if days < settings.least_days:
            return f"Zu selten geöffnet: an {days} statt {settings.least_days} Werktagen"
    if settings.least_size:
        sizes = [s for r in offer if (s := room_size(r["size"])) is not None]
        if not sizes:
            return f"Raumgröße unbekannt: {CLARIFY}"
        if max(sizes) < settings.least_size:
            return f"Raum zu klein: {max(sizes):g} statt {settings.least_size:g} m²"
    return ""


def _house(records: list[Record], offers: list[Record], targets: Sequence[str]) -> Record:
    """One row of `rooms`, without its area; the best offer speaks for the house."""

    def worth(offer: Record) -> tuple[bool, int, bool, int, str]:
        place = _LEADING.index(offer["type"]) if offer["type"] in _LEADING else len(_LEADING)
        unknown = offer["kind"] == "unknown"
        return bool(offer["reason"]), -len(offer["suits"]), unknown, place, offer["name"]

    offers = sorted(offers, key=worth)
    best, usable = offers[0], [o for o in offers if not o["reason"]]
    suits = {target for offer in usable for target in offer["suits"]}
    point = _point(records)
    # The address that most records give, in the spelling that sorts first.
    keys = [parse_address(r["address"]) for r in records]
    spoken = min(
        records,
        key=lambda r: (
            not r["address"],
            -keys.count(parse_address(r["address"])),
            r["address"],
            not r["postcode"],
        ),
    )
    postcode = spoken["postcode"] or max(r["postcode"] for r in records)
    # What the usable offers say of their room; another offer's hours are not the room's.
    spoken_for = [r for o in usable or offers for r in o["records"]]

    def said(column: str) -> str:
        return next((r[column] for r in spoken_for if r[column]), "")

    short, detailed = site_ids(spoken["address"], point["x"], point["y"])
    return {
        "site_id": short,
        "detailed_id": detailed,
        "name": best["name"],
        "address": ", ".join(filter(None, (spoken["address"], postcode))),
        "operator": best["operator"],
        "operator_kind": best["kind"],
        "operator_reason": best["kind_reason"],
        "venue_types": "; ".join(dict.fromkeys(o["type"] for o in offers if o["type"])),
        "sources": "; ".join(sorted({f"{r['source']}:{r['source_id']}" for r in records})),
        "eligible": bool(usable),
        "reason": "" if usable else best["reason"],
        "area_id": "",
        **point,
        "suits": tuple(t for t in targets if t in suits),
        **{c: said(c) for c in ("barrier_free", "opening", "size")},
    }


def _point(records: list[Record]) -> dict[str, float]:
    """Position of a house: the record's point that is closest to all others."""

    def off(r: Record) -> float:
        return round(sum(math.hypot(r["x"] - o["x"], r["y"] - o["y"]) for o in records), 3)

    best = min(
        records, key=lambda r: (off(r), _TRUST.get(r["source"], len(_TRUST)), r["x"], r["y"])
    )
    return {c: float(best[c]) for c in ("x", "y", "lon", "lat")}


def _forced(rooms: gpd.GeoDataFrame, settings: Venues, targets: Sequence[str]) -> gpd.GeoDataFrame:
    """Apply the study's opt-outs and the houses that must be chosen."""
    for key, ids in (("forced_in", settings.forced_in), ("forced_out", settings.forced_out)):
        for id_ in ids:
            if id_ not in rooms.index:
                near = difflib.get_close_matches(id_, rooms.index, 1, 0.0)
                raise StudyError(
                    f"venues.{key}: there is no venue {id_!r}",
                    hint=f"Nearest id: {near[0]} ({rooms['name'][near[0]]})" if near else "",
                )
    if both := sorted(set(settings.forced_in) & set(settings.forced_out)):
        raise StudyError(f"venues.forced_in and forced_out both name {', '.join(both)}")
    out, into = list(settings.forced_out), list(settings.forced_in)
    rooms.loc[out, "eligible"] = False
    rooms.loc[out, "reason"] = "In der Studie ausgenommen"
    rooms.loc[into, "eligible"] = True
    rooms.loc[into, "reason"] = ""
    suits = rooms["suits"].to_dict()
    suits.update(dict.fromkeys(out, ()) | {i: suits[i] or tuple(targets) for i in into})
    rooms["suits"] = pd.Series(suits, dtype=object).reindex(rooms.index)
    return rooms
