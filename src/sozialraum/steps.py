"""The steps of a run: each a function of the study and of what the steps before it gave.

Everything a step needs is imported when it is computed: a run that takes its result from the
cache imports none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd

    from sozialraum.areas.table import AreaTable
    from sozialraum.cache import Remember
    from sozialraum.concentration import Concentration, Development
    from sozialraum.inputs import Inputs
    from sozialraum.need.assessment import Need
    from sozialraum.need.standing import Standing
    from sozialraum.presence.answer import Answer
    from sozialraum.presence.setting import Setting
    from sozialraum.publish.assemble import Around
    from sozialraum.publish.further import FurtherTable
    from sozialraum.publish.shown import Shown
    from sozialraum.study import Study

TEXTS = ("name", "title", "subtitle", "question", "language", "publisher")
READERS = (*TEXTS, "layers")
"""Settings that no stage before the assembly looks at."""
ROOMS = ("venues", "offices", "siting", "access", "hours")
LIMITS = tuple(
    f"disclosure.{name}" for name in ("minimum_count", "minimum_population", "derived_minimum")
)
"""What is withheld at the end; rounding (`disclosure.method`) begins before the first figure."""


def read(study: Study, inputs: Inputs) -> dict[str, Any]:
    """The parts of the joined table; study and inputs are added by each run."""
    from sozialraum.areas.table import read_areas

    own = ("study", "inputs")
    return {k: v for k, v in vars(read_areas(study, inputs)).items() if k not in own}


def joined(parts: dict[str, Any], study: Study, inputs: Inputs) -> AreaTable:
    """The joined table, its counts rounded where the study says so."""
    from sozialraum.areas.table import AreaTable
    from sozialraum.need.rounded import rounded_workbook

    return rounded_workbook(AreaTable(study=study, inputs=inputs, **parts))


def around(study: Study, inputs: Inputs, table: AreaTable) -> Around:
    """Layers for orientation."""
    from sozialraum.publish.assemble import read_around

    return read_around(table.seen_by(study, inputs))


def assess(study: Study, inputs: Inputs, table: AreaTable) -> Need:
    """Counts, shares, indices and classes."""
    from sozialraum.need import assessment

    return assessment.assess(table.seen_by(study, inputs))


def stand(study: Study, inputs: Inputs, table: AreaTable, need: Need) -> Standing:
    """Ranks and their uncertainty, target groups, reasons."""
    from sozialraum.need import standing

    return standing.stand(table.seen_by(study, inputs), need)


def need_tables(
    study: Study, inputs: Inputs, table: AreaTable, need: Need, standing: Standing
) -> tuple[FurtherTable, ...]:
    """What other choices would have given."""
    from sozialraum.publish import need_tables as tables

    return tables.need_tables(table.seen_by(study, inputs), need, standing)


def patterns(
    study: Study, inputs: Inputs, table: AreaTable, need: Need, standing: Standing
) -> tuple[Concentration, Development | None]:
    """Concentrations now, and what became of them since the previous edition."""
    from sozialraum.concentration import concentrate, develop, neighbours
    from sozialraum.concentration.wording import in_genitive
    from sozialraum.disclosure.suppression import primary
    from sozialraum.need.alike import two_editions
    from sozialraum.publish import gate

    table = table.seen_by(study, inputs)
    city, in_region = table.areas, table.areas["in_region"]
    # A withheld area has no part in anything: no figure of the others tells its count.
    reasons, _ = gate.withheld(standing.areas, standing.regions, study)
    hidden = reasons.reindex(city.index).fillna("") != ""
    # Of the areas around nothing is shown, so that only a small count of theirs can be told.
    rules = study.disclosure
    hidden |= ~in_region & (
        primary(
            need.areas["recipients"],
            city["population"],
            minimum_count=rules.minimum_count,
            minimum_population=rules.minimum_population,
        )
        != ""
    )
    wanted = study.concentration
    search: dict[str, Any] = {
        "graph": neighbours(city, wanted.neighbours, k=wanted.k, band=wanted.band),
        "permutations": wanted.permutations,
        "seed": study.seed,
        "alpha": wanted.alpha,
        "max_share": wanted.window,
        "design_effect": study.indicators.design_effect,
    }
    digits = len(study.region.prefix)
    title = next((level.title for level in study.levels if level.digits == digits), "")
    concentration = concentrate(
        city,
        need.areas["recipients"].where(need.areas["excluded"].isna() & ~hidden),
        need.areas["share_base"],
        in_region,
        region_name=in_genitive(title, study.region.name),
        **search,
    )
    editions = two_editions(table, need, reasons)
    if editions is None:
        return concentration, None
    # A workbook counts in another way, so that its concentrations are none of these.
    found = concentration.found if table.ba is None else None
    return concentration, develop(city, *editions, in_region, found=found, **search)


def settle(study: Study, inputs: Inputs, table: AreaTable, standing: Standing) -> Setting:
    """Rooms, and the people whom the study may place."""
    from sozialraum.presence import setting
    from sozialraum.publish import gate

    table = table.seen_by(study, inputs)
    # A withheld area places nobody: solver, tables and page use the same publishable units.
    reasons, _ = gate.withheld(standing.areas, standing.regions, study)
    weights = standing.areas[[f"weight_{t}" for t in study.targets]]
    derived = table.ba is None
    children, _ = gate.withheld_children(standing.areas, standing.regions, study, derived=derived)
    weights = gate.publishable_weights(
        weights.set_axis(list(study.targets), axis=1),
        reasons,
        study,
        derived=derived,
        children=children,
    )
    with_old_age = standing.areas["recipients"].mask(reasons != "")
    corrected = study.old_age is not None and derived
    return setting.settle(table, weights, with_old_age if corrected else None, standing.areas)


def surface(study: Study, inputs: Inputs, table: AreaTable, setting: Setting) -> gpd.GeoDataFrame:
    """Density of the first target group."""
    from sozialraum.concentration import surface_units

    return surface_units(
        setting.cells,
        setting.units,
        people=f"people_{next(iter(study.targets))}",
        crs=study.area_layer.metric_crs,
        bandwidth=study.concentration.bandwidth,
        minimum_count=study.disclosure.minimum_count,
        within=table.areas.geometry.loc[table.region].union_all("coverage"),
    )


def show(
    study: Study,
    inputs: Inputs,
    table: AreaTable,
    need: Need,
    standing: Standing,
    tables: tuple[FurtherTable, ...],
    patterns: tuple[Concentration, Development | None],
    setting: Setting,
    surface: gpd.GeoDataFrame,
    around: Around,
    *,
    internal: bool,
) -> tuple[Shown, dict[str, Any], tuple[str, ...]]:
    """What is published without the proposal, what the manifest says of it, and the leaks."""
    from sozialraum.publish.assemble import assemble
    from sozialraum.publish.concentrations import with_patterns
    from sozialraum.publish.series_table import series_table
    from sozialraum.publish.shown import show

    table = table.seen_by(study, inputs)
    concentration, development = patterns
    figures = standing.figures | concentration.figures | setting.figures
    content = assemble(
        table,
        need,
        standing.areas.join(concentration.areas),
        standing.regions,
        setting.rooms,
        setting.offices,
        setting.units,
        around,
        clusters=concentration.clusters,
        figures=figures | {"counts_derived": table.ba is None},
        quality=setting.quality,
        internal=internal,
        warnings=standing.warnings,
        further=tables + series_table(table),
    )
    shown = show(with_patterns(content, concentration, development, surface))
    record = {"join_audit": table.audit.findings, "markers": table.markers}
    return shown, record, tuple(need.leaks)


def propose(study: Study, inputs: Inputs, setting: Setting, *, remember: Remember) -> Answer:
    """Rooms, hours and what is worth a question."""
    from sozialraum.presence.answer import answer

    return answer(study, setting, inputs.path, remember)
