"""The manifest of a run: what went in, what came out, and how to get it again.

It is written last. A folder without it is not a result; a folder whose files do not match it has
been changed since. Nothing in it depends on the machine's name, its paths or the time of day.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sozialraum.errors import InputError
from sozialraum.publish.folder import recover
from sozialraum.publish.records import FileRecord, Records, record
from sozialraum.versions import versions

if TYPE_CHECKING:
    from sozialraum.publish.content import Info
    from sozialraum.study import Study

FORMAT = "sozialraum-run/1"
NAME = "manifest.json"
MAX_BYTES = 50_000_000


def fingerprint(study: Study, inputs: Mapping[str, FileRecord], seed: int | None = None) -> str:
    """Twelve hex digits over inputs, study and seed; map and report show the same.

    Parameters
    ----------
    study : Study
    inputs : mapping of FileRecord
        See `record_inputs`.
    seed : int, optional
        Where it differs from the study's.

    Returns
    -------
    str

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> study = load_study("charlottenburg-wilmersdorf")
    >>> fingerprint(study, {}) == fingerprint(study, {}, seed=study.seed)
    True
    >>> fingerprint(study, {}) == fingerprint(study, {}, seed=study.seed + 1)
    False
    """
    parts = {
        "study": study.model_dump(mode="json", by_alias=True),
        "seed": study.seed if seed is None else seed,
        "inputs": {name: inputs[name].sha256 for name in sorted(inputs)},
    }
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]


def write_manifest(
    folder: Path,
    *,
    study: Study,
    info: Info,
    inputs: Mapping[str, FileRecord],
    seed: int | None = None,
    join_audit: Iterable[Mapping[str, Any]] = (),
    markers: Mapping[str, Any] | None = None,
    disclosure: Mapping[str, Any] | None = None,
    not_reproducible: str = "",
    records: Records | None = None,
) -> Path:
    """Write `manifest.json` for the files that are in `folder`; call it last.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the finished outputs.
    study : Study
        Dumped in full, so that `run --from manifest.json` can repeat the run.
    info : Info
        Of the released content.
    inputs : mapping of FileRecord
        See `record_inputs`.
    seed : int, optional
        Where it differs from the study's.
    join_audit : iterable of mapping
        Rows of the join audit.
    markers : mapping, optional
        How often each marker of a missing or suppressed cell was read.
    disclosure : mapping, optional
        What disclosure control withheld: numbers only, never the values.
    not_reproducible : str
        Why the same inputs might give other bytes (a solver stopped by the clock); empty: they
        do not.
    records : Records, optional
        Of `folder`, where files were read before.

    Returns
    -------
    pathlib.Path
    """
    found = (records or Records(folder)).everything()
    outputs = {name: asdict(file) for name, file in found.items() if name != NAME}
    document = {
        "format": FORMAT,
        "title": info.title,
        "reference_date": info.reference_date,
        "edition": info.edition,
        "previous_edition": info.previous_edition,
        "recipients": info.recipients_label,
        "share": info.share_label,
        "fingerprint": info.fingerprint,
        "fictitious": info.fictitious,
        "internal": info.internal,
        "seed": study.seed if seed is None else seed,
        "reproducible": not not_reproducible,
        "reason": not_reproducible or None,
        "promise": "identical bytes per lock file, operating system and processor family",
        "system": {"name": platform.system(), "processor": _processor()},
        "versions": versions(),
        "inputs": {name: asdict(inputs[name]) for name in sorted(inputs)},
        "join_audit": [dict(row) for row in join_audit],
        "markers": dict(markers or {}),
        "disclosure": dict(disclosure or {}),
        "outputs": outputs,
        "study": study.model_dump(mode="json", by_alias=True),
    }
    path = folder / NAME
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False, default=_simple)
    path.write_bytes((text + "\n").encode("utf-8"))
    return path


def _processor() -> str:
    """Family of the processor under one name on all systems."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)


def _simple(value: Any) -> Any:
    """Numbers of numpy, tuples and dates as JSON knows them."""
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} does not belong into the manifest")


def read_manifest(folder: str | Path, *, verify: bool = True) -> dict[str, Any]:
    """Read the manifest of a finished run and check its files.

    Parameters
    ----------
    folder : str or pathlib.Path
        A run folder or its `manifest.json`.
    verify : bool
        Compare size and hash of every output.

    Returns
    -------
    dict
        As written by `write_manifest`.

    Raises
    ------
    InputError
        No manifest (an unfinished or foreign folder), one that cannot be read, or outputs that
        are missing or differ; the message names them.

    Examples
    --------
    >>> import tempfile
    >>> import sozialraum as sr
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     sr.publish.read_manifest(empty)
    Traceback (most recent call last):
        ...
    sozialraum.errors.InputError: ...
    """
    place = Path(folder)
    if place.name == NAME and not place.is_dir():
        place = place.parent
    recover(place)
    path = place / NAME
    if not path.is_file():
        raise InputError(
            "This is no finished run: it has no manifest",
            where=str(place),
            expected=f"a folder that `sozialraum run` wrote, with {NAME}",
            hint="Run the study again",
        )
    document = _parsed(path)
    if not verify:
        return document
    wrong = [
        f"{name} {'is missing' if not (place / name).is_file() else 'was changed'}"
        for name, entry in document["outputs"].items()
        if not (place / name).is_file() or asdict(record(place / name)) != entry
    ]
    if wrong:
        raise InputError(
            f"The files of this run do not match its manifest: {', '.join(wrong)}",
            where=str(place),
            hint="Run the study again, or work on a copy of the folder",
        )
    return document


def read_alone(path: str | Path) -> dict[str, Any]:
    """Read a manifest that may have come without its files; those beside it have to match.

    Parameters
    ----------
    path : str or pathlib.Path
        ``manifest.json`` or the folder of a run.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        There is no such file, it is no manifest, or a file beside it does not match.
    """
    place = Path(path)
    if place.is_dir():
        return read_manifest(place)
    if not place.is_file():
        recover(place.parent)
    if not place.is_file():
        raise InputError(
            "There is no such manifest",
            where=str(place),
            expected=f"{NAME} of a finished run",
            hint=f"It lies in the folder of a run, beside map.html, as {NAME}",
        )
    document = _parsed(place)
    if place.name == NAME and any((place.parent / n).is_file() for n in document["outputs"]):
        return read_manifest(place)
    return document


def circumstances(document: Mapping[str, Any]) -> list[str]:
    """What differs between the run of a manifest and this machine, in sentences.

    Examples
    --------
    >>> here = {"versions": versions(), "reproducible": True,
    ...         "system": {"name": platform.system(), "processor": _processor()}}
    >>> circumstances(here)
    []
    >>> circumstances(here | {"reproducible": False, "reason": "a solver ran out of time"})
    ['The manifest itself says that its run need not repeat: a solver ran out of time.']
    """
    notes = []
    if not document.get("reproducible", True):
        reason = document.get("reason") or "no reason given"
        notes.append(f"The manifest itself says that its run need not repeat: {reason}.")
    here = {"name": platform.system(), "processor": _processor()}
    there = document.get("system") or here
    if there != here:
        notes.append(
            f"The run was made on {there.get('name')} {there.get('processor')}, this is "
            f"{here['name']} {here['processor']}: the same bytes are promised per system only."
        )
    now, then = versions(), document.get("versions") or {}
    changed = [f"{k} {then[k]} (here {now.get(k, 'none')})" for k in then if then[k] != now.get(k)]
    if changed:
        notes.append(
            f"The run was made with {', '.join(changed)}: the same bytes are promised per lock "
            "file only."
        )
    return notes


def _parsed(path: Path) -> dict[str, Any]:
    """JSON of the manifest with the parts that readers rely on; it may come by e-mail."""
    problem = ""
    document: Any = None
    if path.stat().st_size > MAX_BYTES:
        problem = f"larger than {MAX_BYTES // 1_000_000} MB"
    else:
        try:
            document = json.loads(path.read_bytes().decode("utf-8"))
        except (ValueError, RecursionError) as error:
            problem = f"no valid JSON ({type(error).__name__})"
    if not problem and not (isinstance(document, dict) and document.get("format") == FORMAT):
        problem = "of another format"
    if not problem:
        parts = [document.get(k) for k in ("outputs", "inputs", "study")]
        names = [n for p in parts[:2] if isinstance(p, dict) for n in p]
        if not all(isinstance(p, dict) for p in parts) or not all(map(_safe, names)):
            problem = "incomplete or names files outside its folder"
    if problem:
        raise InputError(f"The manifest is {problem}", where=str(path), expected=f"format {FORMAT}")
    return document


def _safe(name: str) -> bool:
    """Whether a name stays inside its folder on every system."""
    return not re.search(r"^/|\\|:|\x00", name) and ".." not in PurePosixPath(name).parts


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Compare two runs file by file: what `run --from` reports.

    Parameters
    ----------
    before, after : mapping
        Two manifests.

    Returns
    -------
    dict
        Name of each input and output to 'same', 'differs', 'missing' (only before) or 'new'.

    Examples
    --------
    >>> old = {"inputs": {}, "outputs": {"map.html": {"sha256": "a", "bytes": 1}}}
    >>> new = {"inputs": {}, "outputs": {"map.html": {"sha256": "b", "bytes": 1}}}
    >>> differences(old, new)
    {'map.html': 'differs'}
    """
    result = {}
    for part in ("inputs", "outputs"):
        old, new = before[part], after[part]
        for name in sorted({*old, *new}):
            if name not in new:
                result[name] = "missing"
            elif name not in old:
                result[name] = "new"
            else:
                result[name] = "same" if dict(old[name]) == dict(new[name]) else "differs"
    return result
