"""The whole way of a number, stage by stage. Wires the stages, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum import steps
from sozialraum.garbage import collecting_rarely
from sozialraum.result import Run, _silent
from sozialraum.steps import LIMITS, READERS, ROOMS, TEXTS
from sozialraum.study import Study, load_study

if TYPE_CHECKING:
    from sozialraum.areas.join import JoinAudit
    from sozialraum.presence.answer import Answer
    from sozialraum.worker import Worker

Progress = Callable[[str], None]


@collecting_rarely()
def run(
    study: str | Path | Study,
    *,
    data: str | Path | None = None,
    seed: int | None = None,
    internal: bool = False,
    cache: bool = True,
    progress: Progress = _silent,
    worker: Worker | None = None,
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
    worker : sozialraum.worker.Worker, optional
        A second process that computes some of the stages; the command line uses one.
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
    from sozialraum.cache import open_cache, remembering
    from sozialraum.inputs import Inputs, data_folder
    from sozialraum.publish import manifest, records
    from sozialraum.stages import Stages

    if seed is not None:
        changes["seed"] = seed
    chosen = load_study(study, **changes)
    inputs = Inputs(data_folder(data, chosen))
    store = open_cache(cache)
    stage = Stages(chosen, inputs, store, worker)
    from sozialraum.publish.shown import with_proposal  # pandas, while the inputs are hashed

    progress("read the inputs")
    areas = stage("areas", steps.read, hidden=(*READERS, *ROOMS, "disclosure", "targets", "seed"))
    table = areas.then(lambda parts: steps.joined(parts, chosen, inputs))
    around = stage(
        "around",
        steps.around,
        table,
        hidden=(*TEXTS, *ROOMS, "indicators", "counts", "disclosure", "targets", "seed"),
        elsewhere=True,
    )
    progress("need and ranks")
    need = stage("need", steps.assess, table, hidden=(*READERS, *ROOMS, "targets"))
    standing = stage("standing", steps.stand, table, need, hidden=(*READERS, *ROOMS, *LIMITS))
    before = (table, need, standing)
    tables = stage(
        "need tables", steps.need_tables, *before, hidden=(*READERS, *ROOMS), elsewhere=True
    )
    progress("concentration")
    patterns = stage(
        "concentration",
        steps.patterns,
        *before,
        hidden=(*READERS, *ROOMS, "targets"),
        elsewhere=True,
    )
    progress("rooms and people at places")
    setting = stage(
        "setting",
        steps.settle,
        table,
        standing,
        hidden=(*READERS, "access", "hours", "siting"),
    )
    surface = stage(
        "surface", steps.surface, table, setting, hidden=(*READERS, *ROOMS), elsewhere=True
    )
    progress("proposal of rooms")

    def propose(*given: Any) -> Answer:
        if worker is not None:
            store.tidy(worker.submit, soon=True)  # it has nothing to do meanwhile
        return steps.propose(*given, remember=remembering(store))

    presence = stage("presence", propose, setting, hidden=READERS)
    progress("disclosure control")
    shown = stage(
        "shown internally" if internal else "shown",
        partial(steps.show, internal=internal),
        *before,
        tables,
        patterns,
        setting,
        surface,
        around,
        hidden=("name", "hours", "siting"),
    )
    hashes = records.record_inputs(inputs.root, inputs.names)
    stage.refuse_changes({name: record.sha256 for name, record in hashes.items()})
    content, record, leaks = shown.value
    released = with_proposal(
        content,
        presence.value,
        manifest.fingerprint(chosen, hashes),
        study=chosen,
        rooms=setting.value.rooms,
        offices=setting.value.offices,
        units=setting.value.units,
        surface=surface.value,
        **vars(around.value),
    )
    if chosen.language == "en":
        from sozialraum.publish.english import in_english

        released = in_english(released)
    record |= {
        "inputs": hashes,
        "disclosure": released.figures["withheld"],
        "not_reproducible": _clock(presence.value),
    }
    store.tidy(worker.submit if worker else None)
    origin = {"data": data, "internal": internal, "cache": cache}
    return Run(chosen, released, record, leaks, origin)


def _clock(reply: Answer) -> str:
    """Why the same inputs may give other rooms; empty: they do not."""
    tables = [depth.model for depth in reply.presence.depth.values()]
    struck = any((t["status"] == "time_limit").any() for t in tables if "status" in t)
    return "a solver was stopped by the clock" if struck else ""


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
