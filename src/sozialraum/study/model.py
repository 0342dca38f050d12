"""What a study may say, and what each setting means.

The model is strict: an unknown key is refused, with its place in the file and the nearest valid
name (see `sozialraum.study.load`). Paths are relative to the data folder.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from sozialraum.study.places import Access, Hours, Office, Siting, Venues
from sozialraum.study.strict import DataPath, Strict

WEIGHTS = r"recipients|recipients_if_worse|children_benefits|residents:\d+-\d+|workbook:.+"


class Region(Strict):
    """Which part of the area layer is studied."""

    name: str = Field(description="Name of the study region as readers know it")
    city: str = Field(description="Name of the whole area layer's territory")
    prefix: str = Field(
        "", description="Area ids of the region start with these digits; empty: all"
    )


class Level(Strict):
    """A coarser level of the area hierarchy, reached by cutting the area id."""

    key: str
    title: str = Field(description="What one unit of the level is called, singular, German")
    digits: int = Field(ge=1, description="Leading digits of the area id that name the unit")
    path: DataPath | None = Field(None, description="Layer with the names of the units")
    id: str | None = None
    name: str | None = None


class AreaLayer(Strict):
    """The planning areas: a polygon layer with an id."""

    path: DataPath
    id: str = "PLR_ID"
    name: str = "PLR_NAME"
    crs: str = Field("EPSG:25833", description="CRS of the layer where the file does not say")
    metric_crs: str = Field("EPSG:25833", description="Projected CRS in metres for all measuring")
    id_digits: int = Field(8, ge=1)
    title: str = Field("Planungsraum", description="What one area is called, singular, German")
    reference_date: dt.date | None = None
    publisher: str = ""
    licence: str = ""
    source: str = Field("", description="Id in the catalogue of sources")


class Register(Strict):
    """Residents by age and planning area."""

    path: DataPath
    reference_date: dt.date
    source: str = ""


class Edition(Strict):
    """One edition of published indicators (Berlin: Monitoring Soziale Stadtentwicklung)."""

    id: str
    path: DataPath
    reference_date: dt.date
    indicators: tuple[str, ...] = Field(min_length=1)
    changes: tuple[str, ...] = Field(
        (), description="Published changes over two years, where the edition has them"
    )
    classes: DataPath | None = Field(None, description="The published classes of the edition")
    context: DataPath | None = Field(None, description="The edition's context indicators")
    register_: Register | None = Field(
        None, alias="register", description="Residents at the edition's own reference date"
    )
    masked_up_to: int = Field(
        0, ge=0, description="Counts up to this number are published as 0 (2025: 10); 0: none"
    )
    bases: dict[str, Literal["population", "under_15", "under_18", "working_age"]] = Field(
        {"S1": "working_age", "S2": "under_18", "S3": "population", "S4": "under_15"},
        description="Residents that each indicator refers to",
    )
    source: str = ""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Counts(Strict):
    """Where the number of recipients comes from."""

    ba_workbook: str | None = Field(
        "ba/*.xlsx",
        description="Pattern below the data folder; the newest match is used when there is one",
    )
    ba_source: str = "ba_workbook"
    ba_measure: str = Field("Regelleistungsberechtigte", description="Column of the BA workbook")
    from_indicators: tuple[str, ...] = Field(
        ("S1", "S3"), description="Without a workbook: numerators that together are the recipients"
    )
    children_indicator: str = Field("S4", description="Its numerator are the children on benefits")
    ba_children: str = Field("Kinder unter 15", description="The same, as a column of the workbook")
    derived_label: str = "Personen mit Leistungen nach SGB II oder SGB XII"
    pension_age_range: tuple[float, float] = Field(
        (0.9985, 1.0325),
        description="Residents from 15 to pension age / residents of 15 to under 65, carried over "
        "from an edition whose decimals determine it",
    )
    jobcenter_addresses: dict[str, int] = Field(
        default_factory=dict,
        description="Persons registered at an employment office's own address, by area id",
    )


class OldAge(Strict):
    """Estimate of people on old-age SGB XII benefits, who are not the Jobcenter's task."""

    indicator: str = Field("KI_03", description="Share of residents from 65 with such benefits, %")
    edition: str = Field(description="Edition whose context table holds it")


class Target(Strict):
    """A group of people whom the presence shall reach."""

    title: str
    rank_by: str = Field(description="need_index | share | S1 … | KI_01 … | dynamics")
    weight_by: str = Field(
        description="recipients | recipients_if_worse | children_benefits | residents:15-27 | "
        "workbook:COLUMN"
    )
    edition: str | None = Field(
        None, description="Edition of the ranking column; default: the study's"
    )
    masked_up_to: int = Field(
        0, ge=0, description="A 0 of the ranking column stands for 0 to this number of persons"
    )
    base: str = Field("15-27", description="Ages of the residents a context indicator refers to")


class Indicators(Strict):
    """Which edition, which indicators, and who is left out before anything is computed."""

    edition: str
    previous: str | None = None
    minimum_population: int = Field(300, ge=0)
    excluded: tuple[str, ...] = Field((), description="Named outliers (area ids)")
    design_effect: float = Field(
        1.8, ge=1, description="Variance of a count of persons relative to independent persons"
    )
    rank_draws: int = Field(20_000, ge=100)
    coverage: float = Field(0.95, gt=0, lt=1)
    top: int = Field(10, ge=1, description="k of 'the k areas with the greatest need'")


class Disclosure(Strict):
    """What may be published."""

    minimum_count: int = Field(3, ge=1)
    minimum_population: int = Field(300, ge=0)
    derived_minimum: int = Field(
        11, ge=1, description="Derived counts of S1 and S4 below are not shown"
    )


class Basemap(Strict):
    """An online background map: loaded only after the reader of the map agrees."""

    url: str = Field(
        pattern=r"^https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~/-]*)?$",
        description="Address of a WMS 1.3.0 that offers the study's metric CRS, without parameters",
    )
    layer: str = Field(pattern=r"^[A-Za-z0-9._:,-]+$")
    attribution: str = Field(min_length=1)


class Layers(Strict):
    """Optional layers for orientation on the map."""

    stops: dict[str, DataPath] = Field(
        default_factory=dict, description="kind -> file (id,name,lat,lon)"
    )
    districts: DataPath | None = None
    water: DataPath | None = None
    green: DataPath | None = None
    streets: DataPath | None = None
    basemap: Basemap | None = Field(
        None, description="Online background map behind a consent button; absent: no request at all"
    )


class Publisher(Strict):
    """Who hands the result over, for the imprint of map and report."""

    organisation: str = ""
    feedback: str = Field("", description="Function address or web page, never a person")
    accessibility: str = ""


class Study(Strict):
    """Everything one run needs to know."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    subtitle: str = ""
    question: str = ""
    language: Literal["de", "en"] = "de"
    seed: int = Field(0, ge=0)
    fictitious: bool = False
    region: Region
    area_layer: AreaLayer
    levels: tuple[Level, ...]
    population: Register
    editions: tuple[Edition, ...] = ()
    indicators: Indicators
    counts: Counts = Counts()
    old_age: OldAge | None = None
    targets: dict[str, Target]
    venues: Venues = Venues()
    offices: tuple[Office, ...] = ()
    access: Access = Access()
    siting: Siting = Siting()
    hours: Hours | None = Field(
        None, description="Staff hours of a week to be planned; absent: no plan is made"
    )
    disclosure: Disclosure = Disclosure()
    layers: Layers = Layers()
    publisher: Publisher = Publisher()
    exceptions: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Ids that a source may lack or have in addition: file path -> area ids",
    )

    def edition(self, id_: str) -> Edition:
        """The edition of that id."""
        return next(e for e in self.editions if e.id == id_)

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        known = [e.id for e in self.editions]
        for key, value in (
            ("indicators.edition", self.indicators.edition),
            ("indicators.previous", self.indicators.previous),
            ("old_age.edition", self.old_age.edition if self.old_age else None),
        ):
            if value is not None and value not in known:
                raise ValueError(f"{key}: {value!r} is none of the editions {known}")
        current = self.edition(self.indicators.edition)
        if self.indicators.previous is not None:
            before = self.edition(self.indicators.previous)
            if before.reference_date >= current.reference_date:
                raise ValueError("indicators.previous: must be an earlier edition")
        named = [
            *(("counts.from_indicators", i) for i in self.counts.from_indicators),
            ("counts.children_indicator", self.counts.children_indicator),
        ]
        for key, value in named:
            if value not in current.indicators:
                raise ValueError(f"{key}: {value!r} is none of {list(current.indicators)}")
        if "region" not in [level.key for level in self.levels]:
            raise ValueError("levels: one of them must have the key 'region'")
        if any(radius <= 0 for radius in self.siting.radii):
            raise ValueError("siting.radii: must be greater than 0")
        for name, target in self.targets.items():
            if not re.fullmatch(WEIGHTS, target.weight_by):
                raise ValueError(
                    f"targets.{name}.weight_by: {target.weight_by!r} is none of recipients, "
                    "recipients_if_worse, children_benefits, residents:15-27, workbook:COLUMN"
                )
        for area in (*self.indicators.excluded, *self.counts.jobcenter_addresses):
            if not re.fullmatch(rf"\d{{{self.area_layer.id_digits}}}", area):
                raise ValueError(f"{area!r} is no area id of {self.area_layer.id_digits} digits")
        if "everybody" not in self.targets:
            raise ValueError("targets: the group 'everybody' is missing")
        if self.siting.rooms > self.siting.most_rooms:
            raise ValueError("siting.rooms: must not exceed siting.most_rooms")
        return self
