"""The whole way of a number, stage by stage. Wires the stages, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.result import Run, _silent
from sozialraum.study import Study, load_study

if TYPE_CHECKING:
    from sozialraum.areas.join import JoinAudit

Progress = Callable[[str], None]


def run(
    study: str | Path | Study,
    *,
    data: str | Path | None = None,
    seed: int | None = None,
    internal: bool = False,
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
    from sozialraum.areas.table import read_areas
    from sozialraum.concentration import concentrate
    from sozialraum.need.assessment import assess
    from sozialraum.need.standing import stand
    from sozialraum.presence.propose import compare_demand, propose
    from sozialraum.presence.setting import settle
    from sozialraum.publish import gate, manifest
    from sozialraum.publish.assemble import assemble, read_around, with_sentences

    if seed is not None:
        changes["seed"] = seed
    chosen = load_study(study, **changes)

    progress("read the inputs")
    table = read_areas(chosen, data)
    progress("need and ranks")
    need = assess(table)
    standing = stand(table, need)
    progress("concentration")
    concentration = concentrate(
        table.areas,
        need.areas["recipients"].where(need.areas["excluded"].isna()),
        need.areas["share_base"],
        table.areas["in_region"],
        seed=chosen.seed,
        design_effect=chosen.indicators.design_effect,
        region_name=chosen.region.name,
    )
    progress("rooms and people at places")
    # A withheld area places nobody: solver, tables and page use the same publishable units.
    reasons, _ = gate.withheld(standing.areas, standing.regions, chosen)
    weights = standing.areas[[f"weight_{t}" for t in chosen.targets]]
    derived = table.ba is None
    children, _ = gate.withheld_children(standing.areas, standing.regions, chosen, derived=derived)
    weights = gate.publishable_weights(
        weights.set_axis(list(chosen.targets), axis=1),
        reasons,
        chosen,
        derived=derived,
        children=children,
    )
    with_old_age = standing.areas["recipients"].mask(reasons != "")
    corrected = chosen.old_age is not None and table.ba is None
    setting = settle(table, weights, with_old_age if corrected else None)
    progress("proposal of rooms")
    places = setting.rooms, setting.offices, setting.units
    presence = propose(chosen, *places)
    figures = standing.figures | concentration.figures | setting.figures
    figures["counts_derived"] = derived
    if setting.uncorrected is not None:
        figures["old_age_rooms"] = compare_demand(chosen, *places, setting.uncorrected, presence)
    progress("disclosure control")
    around = read_around(table)  # before the hashes: these files are inputs, too
    hashes = manifest.record_inputs(table.inputs.root, table.inputs.names)
    content = assemble(
        table,
        need,
        standing.areas.join(concentration.areas),
        standing.regions,
        *places,
        presence,
        around,
        clusters=concentration.clusters,
        figures=figures,
        quality=setting.quality,
        fingerprint=manifest.fingerprint(chosen, hashes),
        internal=internal,
        warnings=standing.warnings,
    )
    released = with_sentences(gate.release(content))
    record = {
        "inputs": hashes,
        "join_audit": table.audit.findings,
        "markers": table.markers,
        "disclosure": released.figures["withheld"],
    }
    return Run(chosen, released, record, tuple(need.leaks))


def check(study: str | Path | Study, *, data: str | Path | None = None) -> JoinAudit:
    """Read and validate the inputs of a study; computes nothing.

    Returns
    -------
    JoinAudit
    """
    from sozialraum.areas.table import read_areas

    chosen = load_study(study)
    return read_areas(chosen, data).audit


def repeat(
    manifest_path: str | Path,
    *,
    data: str | Path | None = None,
    progress: Progress = _silent,
) -> dict[str, str]:
    """Run again what a manifest describes and compare the outputs, file by file.

    Parameters
    ----------
    manifest_path : path
        ``manifest.json`` of a finished run.
    data : path, optional
        Folder of the same inputs.

    Returns
    -------
    dict
        Name of each input and output -> 'same', 'differs', 'missing' or 'new'.
    """
    import tempfile

    from sozialraum.publish import manifest

    path = Path(manifest_path)
    before = manifest.read_manifest(path.parent if path.is_file() else path)
    study = load_study(Study.model_validate(before["study"]))
    again = run(study, data=data, internal=bool(before["internal"]), progress=progress)
    with tempfile.TemporaryDirectory() as folder:
        out = again.write(Path(folder) / "run", progress=progress)
        return manifest.differences(before, manifest.read_manifest(out))
