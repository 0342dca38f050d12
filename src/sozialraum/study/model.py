"""What a study may say, and what each setting means.

The model is strict: an unknown key is refused, with its place in the file and the nearest valid
name (see `sozialraum.study.load`). Paths are relative to the data folder.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from sozialraum.study.composite import Composite
from sozialraum.study.layout import CountTable, Mend, OwnSource, TableLayout
from sozialraum.study.patterns import Concentration
from sozialraum.study.places import Access, Hours, Office, Siting, Venues
from sozialraum.study.residents import residents_missing, with_residents
from sozialraum.study.strict import DataPath, Strict

WEIGHTS = r"recipients|recipients_if_worse|children_benefits|residents:\d+-\d+|workbook:.+"


class Region(Strict):
    """Which part of the area layer is studied."""

    name: str = Field(description="Name of the study region as readers know it")
    city: str = Field(description="Name of the whole area layer's territory")
    prefix: str = Field(
        "", description="Area ids of the region start with these digits; empty: all"
    )
    areas: tuple[str, ...] = Field(
        (), description="Ids of the region's areas, where no prefix tells them"
    )


class Level(Strict):
    """A coarser level of the area hierarchy: the area id cut off, or a column of the layer."""

    key: str
    title: str = Field(description="What one unit of the level is called, singular, German")
    digits: int | None = Field(
        None, ge=1, description="Leading digits of the area id that name the unit"
    )
    column: str | None = Field(
        None, description="Column of the area layer that names the unit, where no digits do"
    )
    path: DataPath | None = Field(None, description="Layer with the names of the units")
    id: str | None = None
    name: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Level:
        if (self.digits is None) == (self.column is None):
            raise ValueError("give either digits or column")
        return self


class AreaLayer(Strict):
    """The planning areas: a polygon layer with an id, or a CSV of grid cells."""

    path: DataPath
    id: str = "PLR_ID"
    name: str = "PLR_NAME"
    crs: str = Field("EPSG:25833", description="CRS of the layer where the file does not say")
    metric_crs: str = Field("EPSG:25833", description="Projected CRS in metres for all measuring")
    id_digits: int | None = Field(
        8, ge=1, description="Digits of an area id; null: ids are texts of any form"
    )
    mend: tuple[Mend, ...] = Field((), description="Wrong ids of the layer that are known")
    title: str = Field("Planungsraum", description="What one area is called, singular, German")
    reference_date: dt.date | None = None
    publisher: str = ""
    licence: str = ""
    source: str = Field("", description="Id in the catalogue of sources")


class Register(Strict):
    """Residents by age and planning area."""

    path: DataPath
    reference_date: dt.date
    layout: TableLayout | None = Field(
        None,
        description="Of another place: columns population and, where there are some, under_15, "
        "from_15_to_27, from_15_to_65, under_65, from_65, age_0_3 …",
    )
    grid: bool = Field(False, description="The file is a grid: residents are counted by cell")
    source: str = ""


class Edition(Strict):
    """One edition of published indicators (Berlin: Monitoring Soziale Stadtentwicklung)."""

    id: str
    path: DataPath
    reference_date: dt.date
    layout: TableLayout | None = Field(
        None, description="Of another place: columns I_… (percent) and their headings"
    )
    indicators: tuple[str, ...] = Field(min_length=1)
    titles: dict[str, str] = Field(
        default_factory=dict, description="What readers call an indicator"
    )
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

    model_config = ConfigDict(populate_by_name=True)  # beside what holds for all sections


class Counts(Strict):
    """Where the number of recipients comes from."""

    ba_workbook: str | None = Field(
        "ba/*.xlsx",
        description="Pattern below the data folder; the newest match is used when there is one",
    )
    ba_source: str = "ba_workbook"
    table: CountTable | None = Field(
        None, description="Counts of another place, instead of a workbook of the Bundesagentur"
    )
    base: Literal["under_65", "population"] = Field(
        "under_65", description="Residents that counted recipients are a share of"
    )
    ba_measure: str = Field("Regelleistungsberechtigte", description="Column of the BA workbook")
    from_indicators: tuple[str, ...] = Field(
        ("S1", "S3"), description="Without a workbook: numerators that together are the recipients"
    )
    children_indicator: str = Field("S4", description="Its numerator are the children on benefits")
    ba_children: str = Field("Kinder unter 15", description="The same, as a column of the workbook")
    ba_households: str = Field(
        "Bedarfsgemeinschaften",
        description="Column of the workbook with households: the minimum holds for them, too",
    )
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

    edition: str | None = Field(
        None, description="Edition of the index; absent: the share of recipients alone ranks"
    )
    previous: str | None = None
    minimum_population: int = Field(300, ge=0)
    excluded: tuple[str, ...] = Field((), description="Named outliers (area ids)")
    design_effect: float = Field(
        1.8, ge=1, description="Variance of a count of persons relative to independent persons"
    )
    shrinkage: bool = Field(
        False,
        description="Draw the indicators of the index towards the mean by empirical Bayes "
        "(Martuzzi & Elliott 1996); off, because at some thousand residents an area keeps nearly "
        "all of its own share: Scotland dropped it in 2006. The run says what it would move",
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
    method: Literal["suppress", "round"] = Field(
        "suppress",
        description="Withhold small counts and what gives them away, or round all counts of "
        "recipients to multiples so that totals still add up, before anything is computed",
    )
    rounding_base: int = Field(10, ge=2, description="Counts become multiples of this number")

    @model_validator(mode="after")
    def _wide(self) -> Disclosure:
        if self.method == "round" and self.rounding_base <= self.minimum_count:
            raise ValueError("rounding_base: must be greater than minimum_count")
        return self


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
    """Who hands the result over: the imprint of map and report, the record for a data portal."""

    organisation: str = ""
    feedback: str = Field("", description="Function address or web page, never a person")
    accessibility: str = ""
    address: str = Field(
        "",
        pattern=r"^(https://[^\s?#]+/)?$",
        description="Where the files of a run will be online, ending in /; absent: the record for "
        "a portal names files without an address",
    )
    contributor: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="The portal's address for who delivers data (DCAT-AP.de: contributorID)",
    )
    official_key: str = Field(
        "",
        pattern=r"^(\d{2}|\d{5}|\d{8}|\d{12})?$",
        description="Official key of the place, or of its city: Land (2 digits), Kreis (5), "
        "Gemeinde (AGS, 8) or Regionalschlüssel (ARS, 12)",
    )


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
    levels: tuple[Level, ...] = Field(
        (), description="Coarser levels; without any, the whole region is the one above the areas"
    )
    population: Register = Field(  # never None once it is loaded
        None,  # type: ignore[assignment]
        description="Residents; absent: the register of the edition that the index is of",
    )
    editions: tuple[Edition, ...] = ()
    indicators: Indicators
    composite: Composite | None = Field(
        None, description="An index of one's own; absent: the rule of the Monitoring (MSS)"
    )
    counts: Counts = Counts()
    old_age: OldAge | None = None
    targets: dict[str, Target]
    venues: Venues = Venues()
    offices: tuple[Office, ...] = ()
    access: Access = Access()
    siting: Siting = Siting()
    concentration: Concentration = Concentration()
    hours: Hours | None = Field(
        None, description="Staff hours of a week to be planned; absent: no plan is made"
    )
    disclosure: Disclosure = Disclosure()
    layers: Layers = Layers()
    publisher: Publisher = Publisher()
    sources: dict[str, OwnSource] = Field(
        default_factory=dict, description="Sources of the place itself, by the id used above"
    )
    exceptions: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Ids that a source may lack or have in addition: file path -> area ids",
    )

    def edition(self, id_: str) -> Edition:
        """The edition of that id."""
        return next(e for e in self.editions if e.id == id_)

    @model_validator(mode="before")
    @classmethod
    def _residents(cls, document: Any) -> Any:
        """Without a register of its own, a study takes the one of its edition."""
        return with_residents(document)

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
        if self.population is None:
            raise ValueError(f"population: {residents_missing(self)}")
        self._of_other_places()
        current = self.edition(self.indicators.edition) if self.indicators.edition else None
        if self.composite is not None:
            self.composite.check(current.indicators if current is not None else ())
        if self.indicators.previous is not None:
            before = self.edition(self.indicators.previous)
            if current is None or before.reference_date >= current.reference_date:
                raise ValueError("indicators.previous: must be an earlier edition")
            if not set(before.indicators) & set(current.indicators):
                raise ValueError("indicators.previous: has no indicator of the edition itself")
        named = [
            *(("counts.from_indicators", i) for i in self.counts.from_indicators),
            ("counts.children_indicator", self.counts.children_indicator),
        ]
        for key, value in named:
            if current is None or self.counts.table is not None:
                break
            if value not in current.indicators:
                raise ValueError(f"{key}: {value!r} is none of {list(current.indicators)}")
        if self.levels and "region" not in [level.key for level in self.levels]:
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
            digits = self.area_layer.id_digits
            if digits is not None and not re.fullmatch(rf"\d{{{digits}}}", area):
                raise ValueError(f"{area!r} is no area id of {digits} digits")
        together = self.siting.together
        for name in (*together.weights, *together.order) if together else ():
            if name not in self.targets:
                raise ValueError(f"siting.together: {name!r} is none of {list(self.targets)}")
        if "everybody" not in self.targets:
            raise ValueError("targets: the group 'everybody' is missing")
        if self.siting.rooms > self.siting.most_rooms:
            raise ValueError("siting.rooms: must not exceed siting.most_rooms")
        return self

    def _of_other_places(self) -> None:
        """What a study needs that does not have Berlin's tables."""
        if self.indicators.edition is None and not (self.counts.table or self.counts.ba_workbook):
            raise ValueError("indicators.edition: is missing, and no counts.table gives a share")
        if self.region.prefix and self.region.areas:
            raise ValueError("region: give either prefix or areas")
        registers = [self.population, *(e.register_ for e in self.editions if e.register_)]
        for register in registers:
            if register.layout is not None and "population" not in register.layout.columns:
                raise ValueError("population.layout.columns: population is missing")
            if register.layout is None and not register.grid and self.area_layer.id_digits is None:
                raise ValueError("population.layout: is missing, and ids are no numbers")
        table = self.counts.table
        if table is not None and self.counts.ba_measure not in table.layout.columns:
            raise ValueError(
                f"counts.table.layout.columns: {self.counts.ba_measure!r} (counts.ba_measure) "
                "is missing"
            )
        for edition in self.editions:
            register_ = edition.register_
            if register_ is not None and register_.reference_date != edition.reference_date:
                raise ValueError(
                    f"editions.{edition.id}.register.reference_date: must be that of the edition, "
                    f"{edition.reference_date}: counts are derived from shares and residents"
                )
            declared = edition.layout.columns if edition.layout else ()
            if edition.layout is not None and (
                odd := [i for i in edition.indicators if i not in declared]
            ):
                raise ValueError(f"editions.{edition.id}.layout.columns: {odd[0]!r} is missing")
            if odd := [i for i in declared if not re.fullmatch(r"I_[a-z0-9_]+", i)]:
                raise ValueError(
                    f"editions.{edition.id}.layout.columns: {odd[0]!r} must be written I_ and "
                    "small letters, such as I_unemployed"
                )
