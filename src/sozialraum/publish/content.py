"""What is published: the one object that map, report, tables and geodata are written from.

The pipeline builds a `Content`, `publish.gate` lets out only what disclosure control allows, and
every writer takes the released `Content` and nothing else. So all outputs show the same figures.

Conventions: geometries are in the study's metric CRS; shares are fractions (0.227), indicators
S1…S4 are percentages as their publisher writes them; a withheld or missing figure is NaN/None,
never 0; ids are text; classes are the German words of the method.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from sozialraum.publish.further import FurtherTable
    from sozialraum.study import Study


@dataclass(frozen=True)
class SourceNote:
    """One source as it has to be named in every output."""

    id: str
    title: str
    publisher: str
    licence: str
    attribution: str
    reference_date: str
    url: str = ""


@dataclass(frozen=True)
class Info:
    """What stands on the cover of every output."""

    title: str
    subtitle: str
    region_name: str
    city_name: str
    reference_date: str  # ISO; the only time stamp that enters a file
    edition: str
    previous_edition: str | None
    language: str
    fingerprint: str  # 12 hex digits over all inputs, study and seed: matches map and report
    fictitious: bool
    internal: bool
    recipients_label: str  # "Personen mit Leistungen nach SGB II oder SGB XII"
    share_label: str  # "Anteil an allen Einwohnerinnen und Einwohnern"
    recipients_note: str  # how the number was obtained, one or two German sentences
    version: str
    sources: tuple[SourceNote, ...] = ()
    warnings: tuple[str, ...] = ()  # German sentences that must stand in every output


@dataclass(frozen=True)
class Content:
    """Everything that is published, in frames.

    Attributes
    ----------
    areas : geopandas.GeoDataFrame
        Index `area_id`, one row per planning area of the region, sorted by id. The columns of
        `ranking.csv` (see `RANKING`) and: `region_id`, `region_name`, `S1`…`S4` (percent, the
        current edition, where it has them), `S1_previous`… (previous edition), `status_index`,
        `status_published`, `dynamics_index`, `dynamics_published`, `old_age` (estimated persons on
        old-age SGB XII), `top_certain`, `top_possible` (bool: the core of the k worst),
        `comparable` (names of the most similar areas), `sentence` (why the area stands where it
        stands), `flags` (German notes, '; ' between them),
        `explained_S1`… (points each indicator adds to the index), `cluster` and
        `cluster_sentence`. Per target group `t`: `rank_t`, `rank_lo_t`, `rank_hi_t`, `weight_t`.
    regions : geopandas.GeoDataFrame
        Index `region_id` (Bezirksregion), the same columns as far as they make sense.
    outline : geopandas.GeoDataFrame
        The study region's outline, one row.
    surroundings : geopandas.GeoDataFrame
        Outlines and `name` of the neighbouring districts, for orientation; may be empty.
    stops : geopandas.GeoDataFrame
        Points: `name`, `kind` (U-Bahn, S-Bahn, Bus, Tram); may be empty.
    orientation : dict
        'water', 'green', 'streets' -> GeoDataFrame with `name`; only those the study has.
    rooms : geopandas.GeoDataFrame
        Index `site_id`; every venue after merging: `name`, `address`, `operator`,
        `operator_kind`, `operator_reason`, `venue_types`, `sources`, `eligible`, `reason` (why
        not), `area_id`, `x`, `y` (whole metres), `lon`, `lat`, `suits` (tuple of target groups),
        `barrier_free`, `opening`, `size` (as published; empty: unknown).
    offices : geopandas.GeoDataFrame
        Existing offices: `name`, `approximate`, `targets` (tuple; empty: all), `x`, `y`.
    units : geopandas.GeoDataFrame
        Index `unit_id`; merged demand units: `area_id`, `x`, `y` (whole metres), one column
        `people_<target>` per target group (whole persons or NaN where the group has none).
    presence, frontier : pandas.DataFrame
        The contract's tables. `stability` etc. may be NaN.
    siting : dict
        `(target, radius, with_offices)` -> list over p of `Proposal`, for the what-if of the map.
    lorenz : pandas.DataFrame
        `population_share`, `recipients_share`, cumulated, for the region.
    clusters : geopandas.GeoDataFrame
        Outlines of concentrations: `areas` (how many), `names`, `beyond`, `cases`, `expected`,
        `relative_risk`, `p`, `p_circles`.
    quality : list of dict
        Rows of the join audit and of suppression: `topic`, `finding`, `detail` (German).
    figures : dict
        Totals and measures that the text uses, by name (see `sozialraum.pipeline`).
    surface : geopandas.GeoDataFrame or None
        Index `unit_id`: where people live, smoothed, on the merged units: `area_id`, `per_km2`,
        `behind` (persons behind the value). A model: the same share in the whole planning area.
    further : tuple of FurtherTable
        Tables of their own: each a sheet of the workbook, some of them printed in the report, too.
    ways : pandas.DataFrame or None
        Metres of way from units to rooms and offices where they are not straight lines; `inf`:
        no way.
    calendar : str
        The week's plan as iCalendar text; empty without one.
    """

    study: Study
    info: Info
    areas: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    outline: gpd.GeoDataFrame
    surroundings: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    orientation: dict[str, gpd.GeoDataFrame]
    rooms: gpd.GeoDataFrame
    offices: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    presence: pd.DataFrame
    frontier: pd.DataFrame
    siting: dict[tuple[str, float, bool], list[Proposal]]
    lorenz: pd.DataFrame
    clusters: gpd.GeoDataFrame
    quality: list[dict[str, str]]
    figures: dict[str, Any] = field(default_factory=dict)
    further: tuple[FurtherTable, ...] = ()
    ways: pd.DataFrame | None = None
    calendar: str = ""
    surface: gpd.GeoDataFrame | None = None


@dataclass(frozen=True)
class Proposal:
    """The rooms for one number of rooms, one target group, one walking distance."""

    p: int
    sites: tuple[str, ...]  # site ids, in marginal order
    reached: float  # persons, recounted from the units
    reached_share: float
    bound: float
    proven: bool


def proposed(presence: pd.DataFrame, target: str, p: int) -> pd.DataFrame:
    """Rows of `presence` for `p` rooms, or for the nearest number of rooms that there is.

    A study may ask for more rooms than are suitable, or for fewer than it requires.

    Parameters
    ----------
    presence : pandas.DataFrame
        The contract's table.
    target : str
        Key of a target group.
    p : int

    Returns
    -------
    pandas.DataFrame
        In marginal order; empty where the target group has no proposal at all.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"target": "young", "p": [1, 2, 2], "order": [1, 2, 1]})
    >>> proposed(table, "young", 8)["order"].tolist(), len(proposed(table, "families", 8))
    ([1, 2], 0)
    """
    rows = presence[presence["target"] == target]
    if rows.empty:
        return rows
    nearest = min(rows["p"].unique(), key=lambda n: (abs(n - p), n))
    return rows[rows["p"] == nearest].sort_values("order")


RANKING: dict[str, str] = {
    "area_id": "Nummer des Planungsraums (8 Stellen, Text)",
    "name": "Name des Planungsraums",
    "population": "Einwohnerinnen und Einwohner am Ort der Hauptwohnung",
    "recipients": "Zahl der Leistungsberechtigten",
    "recipients_lo": "untere Grenze dieser Zahl",
    "recipients_hi": "obere Grenze dieser Zahl",
    "share": "Anteil der Leistungsberechtigten (0 bis 1)",
    "share_lo": "untere Grenze des Anteils",
    "share_hi": "obere Grenze des Anteils",
    "location_quotient": "Anteil geteilt durch den Anteil der ganzen Region",
    "need_index": "Bedarfsindex (größer = größerer Bedarf)",
    "status_class": "Statusklasse",
    "dynamics_class": "Dynamikklasse",
    "cluster": "Rolle in einer räumlichen Konzentration",
    "rank": "Rang nach dem Bedarfsindex (1 = größter Bedarf)",
    "rank_lo": "bester Rang der simultanen Rangmenge",
    "rank_hi": "letzter Rang der simultanen Rangmenge",
    "p_top": "Wahrscheinlichkeit, zu den k Gebieten mit dem größten Bedarf zu gehören",
    "rank_by_share": "Rang nach dem Anteil",
    "rank_by_count": "Rang nach der Zahl",
    "excluded": "Grund, aus dem das Gebiet nicht bewertet wird",
}
"""Columns of `ranking.csv` in their order, with what they mean."""

PRESENCE: dict[str, str] = {
    "target": "Zielgruppe",
    "p": "Zahl der Räume des Vorschlags",
    "order": "Stelle des Raums innerhalb des Vorschlags, nach zusätzlich Erreichten",
    "site_id": "Kennung des Raums",
    "name": "Name der Einrichtung",
    "operator": "Träger",
    "operator_kind": "Art des Trägers",
    "lon": "geografische Länge (WGS 84)",
    "lat": "geografische Breite (WGS 84)",
    "reached": "durch diesen Raum zusätzlich erreichte Personen der Zielgruppe",
    "reached_share": "deren Anteil an der Zielgruppe (0 bis 1)",
    "cumulative_share": "erreichter Anteil mit allen Räumen bis zu diesem",
    "stability": "Anteil der Wiederholungen mit anderen Annahmen, in denen der Raum gewählt wird",
    "hours_open": "offene Sprechstunde, Stunden je Woche",
    "hours_appointment": "Einzelberatung nach Termin, Stunden je Woche",
}
"""Columns of `presence.csv` in their order, with what they mean."""

FRONTIER: dict[str, str] = {
    "target": "Zielgruppe",
    "p": "Zahl der Räume",
    "reached": "erreichte Personen der Zielgruppe",
    "reached_share": "deren Anteil (0 bis 1)",
    "bound": "bewiesene Obergrenze der Erreichbaren",
    "gap": "Abstand zwischen Vorschlag und Obergrenze (0 = bewiesen bestmöglich)",
}
"""Columns of `frontier.csv` in their order, with what they mean."""
