"""The whole way of a number, stage by stage. Wires the stages, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.result import Run, _silent
from sozialraum.study import Study, load_study

if TYPE_CHECKING:
    from sozialraum.areas.join import JoinAudit
    from sozialraum.areas.table import AreaTable
    from sozialraum.concentration import Concentration, Development
    from sozialraum.need.assessment import Need
    from sozialraum.need.standing import Standing
    from sozialraum.presence.answer import Answer
    from sozialraum.presence.setting import Setting
    from sozialraum.stages import Stages

Progress = Callable[[str], None]


def run(
    study: str | Path | Study,
    *,
    data: str | Path | None = None,
    seed: int | None = None,
    internal: bool = False,
    cache: bool = True,
    progress: Progress = _silent,
    **changes: Any,
) -> Run:
    """Compute a study: need, ranks, concentration, rooms; nothing is written.

    Parameters
    ----------
    study : str, path or Study
        Packaged name, YAML file, or a study that is already loaded.
    data : path, optional
        Folder of the inputs; default `$SOZIALRAUM_DATA`, then ``data/raw``. The demo brings its
        own.
    seed : int, optional
        Instead of the study's.
    internal : bool
        For use inside the office: limits below the publisher's own are allowed, and every output
        is stamped.
    cache : bool
        Take what earlier runs computed from the same inputs and settings from the user's cache
        folder (readable by its owner only), and keep what this run computes.
    progress : callable
        Told the name of each stage.
    **changes
        Settings to change, e.g. ``siting={"rooms": 8}``.

    Returns
    -------
    Run

    Raises
    ------
    StudyError, InputError, DisclosureError, EnvironmentFault
        One paragraph each: what, where, expected, what to do.

    Examples
    --------
    >>> import sozialraum as sr
    >>> run = sr.run("demo", siting={"rooms": 3})
    >>> len(run.proposal())
    3
    """
    from sozialraum.areas.inputs import Inputs, data_folder
    from sozialraum.cache import open_cache, remembering
    from sozialraum.concentration import surface_units
    from sozialraum.need.assessment import assess
    from sozialraum.need.rounded import rounded_workbook
    from sozialraum.need.standing import stand
    from sozialraum.presence.answer import answer
    from sozialraum.publish import concentrations, manifest
    from sozialraum.publish.assemble import assemble, read_around
    from sozialraum.publish.need_tables import need_tables
    from sozialraum.publish.series_table import series_table
    from sozialraum.publish.shown import show, with_proposal
    from sozialraum.stages import Stages

    if seed is not None:
        changes["seed"] = seed
    chosen = load_study(study, **changes)
    inputs = Inputs(data_folder(data, chosen))
    store = open_cache(cache)
    stage = Stages(chosen, inputs, store)

    progress("read the inputs")
    table = rounded_workbook(_read(stage))
    around = stage(
        "around",
        lambda s, i: read_around(table.seen_by(s, i)),
        after=("areas",),
        hidden=(*TEXTS, *ROOMS, "indicators", "counts", "disclosure", "targets", "seed"),
    )
    progress("need and ranks")
    need = stage(
        "need",
        lambda s, i: assess(table.seen_by(s, i)),
        after=("areas",),
        hidden=(*READERS, *ROOMS, "targets"),
    )
    standing = stage(
        "standing",
        lambda s, i: stand(table.seen_by(s, i), need),
        after=("areas", "need"),
        hidden=(*READERS, *ROOMS, *LIMITS),
    )
    tables = stage(
        "need tables",
        lambda s, i: need_tables(table.seen_by(s, i), need, standing),
        after=("areas", "need", "standing"),
        hidden=(*READERS, *ROOMS),
    )
    progress("concentration")
    concentration, development = stage(
        "concentration",
        lambda s, i: _patterns(table.seen_by(s, i), need, standing),
        after=("areas", "need", "standing"),
        hidden=(*READERS, *ROOMS, "targets"),
    )
    progress("rooms and people at places")
    setting = stage(
        "setting",
        lambda s, i: _settle(table.seen_by(s, i), standing),
        after=("areas", "standing"),
        hidden=(*READERS, "access", "hours", *(f"siting.{k}" for k in HEADLINE)),
    )
    surface = stage(
        "surface",
        lambda s, i: surface_units(
            setting.cells,
            setting.units,
            people=f"people_{next(iter(s.targets))}",
            crs=s.area_layer.metric_crs,
            bandwidth=s.concentration.bandwidth,
            minimum_count=s.disclosure.minimum_count,
            within=table.areas.geometry.loc[table.region].union_all("coverage"),
        ),
        after=("areas", "setting"),
        hidden=(*READERS, *ROOMS),
    )
    progress("proposal of rooms")
    reply = stage(
        "presence",
        lambda s, i: answer(s, setting, i.path, remembering(store)),
        after=("setting",),
        hidden=READERS,
    )
    progress("disclosure control")
    figures = standing.figures | concentration.figures | setting.figures
    shown = stage(
        "shown internally" if internal else "shown",
        lambda s, i: show(
            concentrations.with_patterns(
                assemble(
                    (seen := table.seen_by(s, i)),
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
                    further=tables + series_table(seen),
                ),
                concentration,
                development,
                surface,
            )
        ),
        after=(
            *("areas", "around", "need", "standing"),
            *("need tables", "concentration", "setting", "surface"),
        ),
        hidden=("hours", *(f"siting.{k}" for k in HEADLINE)),
    )
    hashes = manifest.record_inputs(inputs.root, inputs.names)
    stage.refuse_changes({name: record.sha256 for name, record in hashes.items()})
    released = with_proposal(
        shown,
        reply,
        manifest.fingerprint(chosen, hashes),
        study=chosen,
        rooms=setting.rooms,
        offices=setting.offices,
        units=setting.units,
        surface=surface,
        **vars(around),
    )
    record = {
        "inputs": hashes,
        "join_audit": table.audit.findings,
        "markers": table.markers,
        "disclosure": released.figures["withheld"],
        "not_reproducible": _clock(reply),
    }
    store.prune()
    origin = {"data": data, "internal": internal, "cache": cache}
    return Run(chosen, released, record, tuple(need.leaks), origin)


def _clock(reply: Answer) -> str:
    """Why the same inputs may give other rooms; empty: they do not."""
    tables = [depth.model for depth in reply.presence.depth.values()]
    struck = any((t["status"] == "time_limit").any() for t in tables if "status" in t)
    return "a solver was stopped by the clock" if struck else ""


TEXTS = ("title", "subtitle", "question", "language", "publisher")
READERS = (*TEXTS, "layers")
"""Settings that no stage before the assembly looks at."""
ROOMS = ("venues", "offices", "siting", "access", "hours")
LIMITS = tuple(
    f"disclosure.{name}" for name in ("minimum_count", "minimum_population", "derived_minimum")
)
"""What is withheld at the end; rounding (`disclosure.method`) begins before the first figure."""
HEADLINE: tuple[str, ...] = (
    "rooms",
    "most_rooms",
    "radii",
    "stability_draws",
    "position_error",
    "model",
    "far",
)
HEADLINE += ("backup", "capacity", "spacing", "floor", "decay", "together")
"""Settings of the proposal alone: people and rooms stay where they are."""


def _read(stage: Stages) -> AreaTable:
    """The joined table; study and inputs are this run's."""
    from sozialraum.areas.table import AreaTable, read_areas

    own = ("study", "inputs")
    parts = stage(
        "areas",
        lambda s, i: {k: v for k, v in vars(read_areas(s, i)).items() if k not in own},
        hidden=(*READERS, *ROOMS, "disclosure", "targets", "seed"),
    )
    return AreaTable(study=stage.study, inputs=stage.inputs, **parts)


def _patterns(
    table: AreaTable, need: Need, standing: Standing
) -> tuple[Concentration, Development | None]:
    """Concentrations now, and what became of them since the previous edition."""
    from sozialraum.concentration import concentrate, develop, neighbours
    from sozialraum.concentration.wording import in_genitive
    from sozialraum.disclosure.suppression import primary
    from sozialraum.need.alike import two_editions
    from sozialraum.publish import gate

    study, city, in_region = table.study, table.areas, table.areas["in_region"]
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


def _settle(table: AreaTable, standing: Standing) -> Setting:
    """Rooms, and the people whom the study may place."""
    from sozialraum.presence.setting import settle
    from sozialraum.publish import gate

    study = table.study
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
    return settle(table, weights, with_old_age if corrected else None, standing.areas)


def check(study: str | Path | Study, *, data: str | Path | None = None) -> JoinAudit:
    """Read and validate the inputs of a study; computes nothing.

    Parameters
    ----------
    study : str, path or Study
        As in `run`.
    data : path, optional
        Folder of the inputs, as in `run`.

    Returns
    -------
    JoinAudit

    Examples
    --------
    >>> import sozialraum as sr
    >>> sr.check("demo").frame()["kind"].isin(["missing", "extra"]).any()
    np.False_
    """
    from sozialraum.areas.table import read_areas

    chosen = load_study(study)
    return read_areas(chosen, data).audit


def repeat(
    manifest_path: str | Path,
    *,
    data: str | Path | None = None,
    cache: bool = True,
    progress: Progress = _silent,
) -> dict[str, str]:
    """Run again what a manifest describes and compare the outputs, file by file.

    Parameters
    ----------
    manifest_path : path
        ``manifest.json`` of a finished run, or its folder. The manifest alone is enough; files
        beside it have to match it.
    data : path, optional
        Folder of the same inputs.
    cache : bool
        As in `run`.

    Returns
    -------
    dict
        Name of each input and output -> 'same', 'differs', 'missing' or 'new'.

    Raises
    ------
    InputError
        There is no manifest, or the files beside it have been changed since.
    """
    import tempfile

    from sozialraum.publish import manifest

    before = manifest.read_alone(manifest_path)
    study = load_study(Study.model_validate(before["study"]))
    internal = bool(before["internal"])
    again = run(study, data=data, internal=internal, cache=cache, progress=progress)
    with tempfile.TemporaryDirectory() as folder:
        out = again.write(Path(folder) / "run", progress=progress)
        return manifest.differences(before, manifest.read_manifest(out))


def circumstances(manifest_path: str | Path) -> list[str]:
    """Why a repeated run may differ although nothing is wrong: system, versions, a clock.

    Returns
    -------
    list of str
        Sentences; empty where the circumstances are the same.
    """
    from sozialraum.publish import manifest

    return manifest.circumstances(manifest.read_alone(manifest_path))
