"""What a study may say about rooms: catalogues, rules, ways to them, models and hours."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sozialraum.study.strict import DataPath, Share, Strict


class VenueFile(Strict):
    """A catalogue of venues; `kind` names the reader."""

    path: DataPath
    kind: Literal["stadtteilzentren", "jugendfreizeit", "osm", "plain"]
    venue_type: str = Field(
        "", description="Type of venue where the file does not say, e.g. library"
    )
    source: str = ""
    reference_date: dt.date | None = None


class Office(Strict):
    """An existing office: presence that is already there."""

    name: str
    lon: float | None = None
    lat: float | None = None
    area_id: str | None = Field(
        None, description="Only the area is known: placed there, approximate"
    )
    targets: tuple[str, ...] = Field((), description="Serves these target groups only; empty: all")


class Venues(Strict):
    """Rooms, and the rules that make one eligible."""

    files: tuple[VenueFile, ...] = ()
    own: DataPath | None = Field(
        None, description="A list kept by hand (kind plain), read in addition to `files`"
    )
    grid: DataPath | None = Field(None, description="Residents per 100 m cell (Zensus 2022 layout)")
    grid_source: str = ""
    operator_kinds: tuple[str, ...] = ("public", "church_or_charity", "association")
    allowed_types: tuple[str, ...] = Field(
        (), description="Venue types that may be used; empty: all"
    )
    target_types: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Venue types that suit a target group; not named: all"
    )
    excluded_types: tuple[str, ...] = ()
    excluded_words: tuple[str, ...] = Field((), description="Words in a name that rule a venue out")
    barrier_free_only: bool = Field(
        False, description="Only venues known to be barrier-free; unknown is not yes"
    )
    least_days: int = Field(
        0, ge=0, le=5, description="Only venues known to be open on so many days, Monday to Friday"
    )
    least_size: float = Field(
        0.0, ge=0, description="Only venues known to have a room of so many square metres"
    )
    merge_metres: float = Field(50.0, ge=0, description="Points closer than this may be one house")
    forced_in: tuple[str, ...] = Field((), description="Site ids that must be chosen")
    forced_out: tuple[str, ...] = Field((), description="Site ids that opted out")

    @model_validator(mode="before")
    @classmethod
    def _with_own(cls, given: Any) -> Any:
        """The list kept by hand is one of the files; so is a study read back from a manifest."""
        own = given.get("own") if isinstance(given, dict) else None
        files = list(given.get("files") or ()) if own else []
        if not own or any(isinstance(f, dict) and f.get("path") == own for f in files):
            return given
        return {**given, "files": [*files, {"path": own, "kind": "plain"}]}


class Access(Strict):
    """How ways are measured: straight line with a detour factor, streets, or a table of times."""

    network: DataPath | None = Field(
        None, description="Streets as GeoPackage, GeoParquet, GeoJSON or an OSM extract (.osm.pbf)"
    )
    class_column: str | None = Field(
        "fclass", description="Column with the class of a way; null: every line can be walked"
    )
    barriers: tuple[str, ...] = Field(
        ("motorway", "motorway_link", "trunk", "trunk_link"),
        description="Classes of ways on which nobody walks",
    )
    snap_within: float = Field(
        150.0, gt=0, description="Largest distance in metres between a place and the streets"
    )
    matrix: DataPath | None = Field(
        None, description="Table of travel costs (CSV or Parquet), one row per unit and site"
    )
    origin: str = Field("from_id", description="Its column with the unit_id")
    destination: str = Field("to_id", description="Its column with the site_id or office-1, …")
    value: str = Field("travel_time", description="Its column with the cost; empty: no way")
    unit: Literal["minutes", "metres"] = Field("minutes", description="Unit of that column")
    walking_speed: float = Field(
        4.8, gt=0, le=10, description="km/h; turns the table's minutes into metres of way"
    )
    source: str = Field("", description="Id of streets or table in the catalogue of sources")

    @property
    def kind(self) -> Literal["straight", "network", "matrix"]:
        """How ways are measured."""
        return "matrix" if self.matrix else "network" if self.network else "straight"

    @model_validator(mode="after")
    def _one(self) -> Access:
        if self.network and self.matrix:
            raise ValueError("give either network or matrix")
        return self


class Together(Strict):
    """The same rooms for several target groups: by weights, or in an order."""

    weights: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="Weight of the share of each target group that is reached"
    )
    order: tuple[str, ...] = Field(
        (), description="Instead: the target groups, the most important one first"
    )
    tolerance: Share = Field(
        0.0, description="order: share of its people that a group may lose to those after it"
    )

    @model_validator(mode="after")
    def _one(self) -> Together:
        if bool(self.weights) == bool(self.order):
            raise ValueError("give either weights or order")
        if self.tolerance and self.weights:
            raise ValueError("tolerance: goes with order")
        return self


class Siting(Strict):
    """How many rooms, how far people walk."""

    rooms: int = Field(6, ge=1, description="Headline number of new rooms")
    most_rooms: int = Field(12, ge=1, description="The curve is computed for 0…this number")
    radius: float = Field(1000.0, gt=0, description="Walking distance in metres")
    radii: tuple[float, ...] = Field((), description="Walking distances offered in the map")
    detour: float = Field(1.23, ge=1, description="Walked distance / straight line")
    stability_draws: int = Field(30, ge=0)
    position_error: float = Field(
        25.0,
        ge=0,
        description="Standard deviation of a venue's position in the draws, metres per axis",
    )
    model: Literal["coverage", "gradual", "median", "center"] = Field(
        "coverage",
        description="What the rooms are chosen for: people within the radius; people weighted by "
        "distance (`near` and `far`, or `halving`); the shortest total way; the shortest longest "
        "way. Whatever it is, everything reports who is within the radius",
    )
    near: float | None = Field(
        None, gt=0, description="gradual: everybody counts fully up to this way; absent: radius"
    )
    far: float | None = Field(
        None, description="gradual: nobody counts from this way on; absent: 1.5 × near"
    )
    halving: float | None = Field(
        None,
        gt=0,
        description="gradual: instead, a person counts half as much with every so many metres of "
        "way, and not at all from the tenth halving on",
    )
    backup: Share = Field(
        0.0, description="coverage: value of a person with a second place in reach"
    )
    capacity: float | None = Field(
        None, gt=0, description="Persons whom one room can serve; absent: no limit"
    )
    spacing: float = Field(0.0, ge=0, description="Least distance between rooms, metres of way")
    floor: Share = Field(0.0, description="Least share of people reached in every Bezirksregion")
    decay: Literal["binary", "linear", "gaussian", "epanechnikov", "zones"] | None = Field(
        None, description="Adds supply per person that can be reached (E2SFCA) with this decay"
    )
    together: Together | None = Field(
        None,
        description="Adds a proposal of the headline number of rooms for several target groups at "
        "once; rooms count for the groups that they suit",
    )

    @property
    def fade(self) -> tuple[float, float]:
        """Model gradual: the ways up to which people count fully, and from which on not at all."""
        if self.halving:
            return 0.0, 10 * self.halving
        near = self.near or self.radius
        return near, self.far or 1.5 * near

    @property
    def plain(self) -> bool:
        """Whether rooms are asked for nothing but people within the radius.

        Examples
        --------
        >>> Siting().plain, Siting(spacing=400).plain, Siting(model="median").plain
        (True, False, False)
        """
        ruled = self.backup or self.capacity or self.spacing or self.floor
        return self.model == "coverage" and not ruled

    @model_validator(mode="after")
    def _far_enough(self) -> Siting:
        if self.fade[1] <= self.fade[0]:
            raise ValueError("far: must be greater than near, which is the radius where absent")
        if self.model != "gradual" and (self.near or self.halving):
            raise ValueError("near, halving: go with model gradual only")
        if self.halving and (self.near or self.far or self.floor):
            raise ValueError("halving: goes with neither near, far nor floor")
        if self.capacity is not None and (self.backup or self.model != "coverage"):
            raise ValueError("capacity: goes with plain coverage only, without backup")
        if self.backup and self.model != "coverage":
            raise ValueError("backup: goes with model coverage only")
        if self.floor and self.model in ("median", "center"):
            raise ValueError(f"floor: model {self.model} has none")
        if self.spacing and self.model == "center":
            raise ValueError("spacing: model center has none")
        if self.together and not self.plain:
            raise ValueError("together: goes with plain coverage only")
        return self


class Consultation(Strict):
    """A format of presence: open consultation, appointment, talk with a host partner."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(description="What readers see, German")
    minimum: float = Field(2.0, gt=0, description="Shortest useful stay in hours")
    per_hour: float = Field(gt=0, description="People whom one team serves in an hour")
    demand: dict[str, Share] = Field(
        description="Share of each target group at a room who want this format in a week"
    )
    value: float = Field(1.0, gt=0, description="Worth of one served person beside other formats")
    partner: bool = Field(False, description="Only in rooms with a host partner")
    least: Share = Field(0.0, description="Least share of all planned hours")


class Hours(Strict):
    """Staff hours of a week, to be allocated to the proposed rooms."""

    per_week: float = Field(gt=0, description="Staff hours a week")
    staff: float = Field(1.0, gt=0, description="Persons of a team: hours that one hour costs")
    teams: int = Field(1, ge=1, description="Teams out at the same time, each in one room")
    slot: float = Field(0.5, gt=0, description="Length of a time step in hours")
    every_room: bool = Field(True, description="Every room is visited at least once a week")
    windows: tuple[tuple[float, float], ...] = Field(
        ((9.0, 13.0), (13.0, 17.0)),
        description="Parts of a day (hours) in which a team stays in one room",
    )
    travel: float = Field(
        0.5, ge=0, description="Hours between two parts of a day, for the way to the next room"
    )
    opening: dict[str, str] = Field(
        default_factory=dict,
        description='site id -> "Mo-Mi 9-17; Do 10-20", instead of what the catalogue says',
    )
    partners: tuple[str, ...] = Field((), description="Site ids with a host partner")
    partner_types: tuple[str, ...] = Field(
        ("Familienzentrum", "Jugendfreizeiteinrichtung"),
        description="Venue types that are host partners themselves",
    )
    formats: tuple[Consultation, ...] = Field(
        (), description="Formats with their assumptions; empty: those of the program"
    )
    first_monday: dt.date | None = Field(
        None, description="Where the calendar begins; absent: Monday after the reference date"
    )
