"""Stages of a run: each is computed only where something it depends on has changed.

What a stage depends on is the program, the results of the stages before, the settings it may look
at, and the contents of the files these settings name. A stage that looks at a setting it was said
not to need is computed all the same; its result is not kept.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from sozialraum.cache import Cache, Entry, key_of
from sozialraum.errors import InputError
from sozialraum.inputs import SHAPEFILE_PARTS, Inputs
from sozialraum.publish.records import record_once
from sozialraum.study import Study

if TYPE_CHECKING:
    from sozialraum.worker import Worker

LOG = logging.getLogger("sozialraum.stages")


class Watched:
    """A study, or a section of it, that notes which of its hidden settings are read.

    Examples
    --------
    >>> from sozialraum.study import load_study
    >>> seen = set()
    >>> study = Watched(load_study("demo"), frozenset({"siting.rooms"}), seen)
    >>> study.siting.radius > 0, seen
    (True, set())
    >>> study.siting.rooms > 0, seen
    (True, {'siting.rooms'})
    """

    def __init__(self, model: Any, hidden: frozenset[str], seen: set[str], path: str = "") -> None:
        self._model, self._hidden, self._seen, self._path = model, hidden, seen, path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}{name}"
        value = getattr(self._model, name)
        if name == "model_copy":
            return lambda **k: Watched(value(**k), self._hidden, self._seen, self._path)
        if path in self._hidden or (callable(value) and name != "edition"):
            self._seen.add(path)  # a method may look at everything
        elif any(h.startswith(f"{path}.") for h in self._hidden):
            return Watched(value, self._hidden, self._seen, f"{path}.")
        return value


def _compute(
    function: Callable[..., Any],
    study: Study,
    root: Path,
    hidden: tuple[str, ...],
    values: list[Any],
) -> tuple[Any, list[str], set[str]]:
    """What a stage gives, the files it read, and the hidden settings it looked at."""
    seen: set[str] = set()
    inputs = Inputs(root)
    watched = Watched(study, frozenset(hidden), seen) if hidden else study
    value = function(watched, inputs, *values)
    return value, inputs.names, seen


def _given(entry: Entry) -> Entry:
    return entry


class Result:
    """What a stage gave.

    From the cache, it is read when it is first asked for; from a second process, it is waited for
    then.

    Parameters
    ----------
    name : str
        Of the stage.
    entry : callable
        Gives the entry; called once.
    make : callable, optional
        What this run makes of the value.
    """

    def __init__(
        self, name: str, entry: Callable[[], Entry], make: Callable[[Any], Any] | None = None
    ) -> None:
        self.name, self._entry, self._make = name, entry, make

    @cached_property
    def entry(self) -> Entry:
        """Value, checksum, and the files that were read for it."""
        return self._entry()

    @cached_property
    def value(self) -> Any:
        """For this run alone: changing it changes no other run."""
        value = self.entry.value
        return value if self._make is None else self._make(value)

    def then(self, make: Callable[[Any], Any]) -> Result:
        """The same stage, its value made into another one by this run."""
        return Result(self.name, lambda: self.entry, make)


class Stages:
    """The stages of one run.

    Parameters
    ----------
    study : Study
    inputs : Inputs
        Files that a stage reads are recorded here, whether it is computed or not.
    cache : Cache
    worker : Worker, optional
        Computes stages that are said to be computed elsewhere.
    """

    def __init__(
        self, study: Study, inputs: Inputs, cache: Cache, worker: Worker | None = None
    ) -> None:
        self.study, self.inputs, self.cache, self.worker = study, inputs, cache, worker
        self.computed: list[str] = []
        self._files_read: dict[str, str] = {}
        self._named: dict[str, dict[str, Path]] = {}
        self._sections: dict[str, dict[str, Path]] = {}
        self._document = study.model_dump(mode="json", by_alias=True)
        # the run goes on importing meanwhile: hashing needs no interpreter
        named = self._named_in(self._document).values()
        self._hashing = Thread(target=_hash_ahead, args=(named,), daemon=True)
        self._hashing.start()

    def __call__(
        self,
        name: str,
        function: Callable[..., Any],
        *after: Result,
        hidden: tuple[str, ...] = (),
        elsewhere: bool = False,
    ) -> Result:
        """The result of a stage.

        Parameters
        ----------
        name : str
        function : callable
            Takes the study, the inputs and the values of `after`; a pure function of them.
        *after : Result
            Of the stages before that it uses.
        hidden : tuple of str
            Settings it does not look at: ``siting`` or ``siting.rooms``.
        elsewhere : bool
            Computed by the worker, where there is one; an error is raised when the result is
            asked for.
        """
        visible = _without(self._document, hidden)
        before = {result.name: result.entry.checksum for result in after}
        files = self._hashed(visible)
        self.refuse_changes(files)
        self._files_read |= files
        key = key_of(name, json.dumps(visible), before, files)
        found = self.cache.get(key)
        if found is not None:
            LOG.debug("%s: from the cache", name)
            self._record(found)
            return Result(name, partial(_given, found))
        task = (function, self.study, self.inputs.root, hidden, [r.value for r in after])
        if elsewhere and self.worker is not None:
            later = self.worker.submit(_compute, *task)
            return Result(name, lambda: self._keep(name, key, visible, files, *later.result()))
        made = self._keep(name, key, visible, files, *_compute(*task))
        return Result(name, partial(_given, made))

    def _keep(
        self,
        name: str,
        key: str,
        visible: dict[str, Any],
        files: dict[str, str],
        value: Any,
        read: list[str],
        seen: set[str],
    ) -> Entry:
        """Keep what was computed, if it looked at nothing that its key does not hold."""
        again = self._hashed(visible)
        _refuse_change(files, again)
        whole = not seen and set(read) <= set(files) and again == files
        self.computed.append(name)
        if seen:
            LOG.debug("%s: not kept, it looks at %s", name, ", ".join(sorted(seen)))
        entry = (self.cache if whole else Cache(None)).put(key, value, read)
        self._record(entry)
        return entry

    def _record(self, entry: Entry) -> None:
        for path in entry.files:
            self.inputs.path(path)

    def _hashed(self, settings: dict[str, Any]) -> dict[str, str]:
        """Checksums of the files that settings name."""
        named = self._named_in(settings)
        self._hashing.join()
        hashed = {}
        for name in sorted(named):
            with suppress(FileNotFoundError):
                hashed[name] = record_once(named[name]).sha256
        return hashed

    def _named_in(self, settings: dict[str, Any]) -> dict[str, Path]:
        """The files that settings name."""
        named: dict[str, Path] = {}
        for key, value in settings.items():
            whole = value is self._document.get(key)  # nothing of it is hidden
            found = self._sections.get(key) if whole else None
            if found is None:
                texts = [*_texts({key: value})]
                found = {name: path for t in texts for name, path in self._files(t).items()}
                if whole:
                    self._sections[key] = found
            named |= found
        return named

    def refuse_changes(self, now: dict[str, str]) -> None:
        """Stop where a file is no longer what an earlier stage of this run has read.

        Parameters
        ----------
        now : dict
            Name of the file -> SHA-256.

        Raises
        ------
        InputError
        """
        _refuse_change(self._files_read, now)

    def _files(self, text: str) -> dict[str, Path]:
        """Files that a setting names, also by pattern, with the parts of a shapefile."""
        found = self._named.get(text)
        if found is None:
            root = self.inputs.root
            below = {path.relative_to(root).as_posix(): path for path in _below(root, text)}
            found = self._named[text] = below
        return found


def _hash_ahead(paths: Iterable[Path]) -> None:
    """Hash files that will be asked for; one that cannot be read is the asker's affair."""
    for path in paths:
        with suppress(Exception):
            record_once(path)


def _below(root: Path, text: str) -> Iterator[Path]:
    """Files of a folder that a text names."""
    if text.startswith(("/", "~")) or ".." in text or len(text) > 250:
        return
    for path in root.glob(text) if any(c in text for c in "*?[") else [root / text]:
        parts = [path.with_suffix(s) for s in SHAPEFILE_PARTS]
        for part in parts if path.suffix.lower() == ".shp" else [path]:
            if part.is_file():
                yield part


def _refuse_change(before: dict[str, str], after: dict[str, str]) -> None:
    for name, checksum in before.items():
        if after.get(name, checksum) != checksum:
            raise InputError(
                "An input changed while the run was reading it",
                where=name,
                expected="files that stay as they are until the run has ended",
                hint="Run again when nobody is writing there",
            )


def _without(document: dict[str, Any], hidden: tuple[str, ...], path: str = "") -> dict[str, Any]:
    """The settings that are not hidden."""
    rest: dict[str, Any] = {}
    for key, value in document.items():
        place = f"{path}{key}"
        if place in hidden:
            continue
        nested = isinstance(value, dict) and any(h.startswith(f"{place}.") for h in hidden)
        rest[key] = _without(value, hidden, f"{place}.") if nested else value
    return rest


def _texts(value: Any) -> Iterator[str]:
    """Every text that may name a file."""
    if isinstance(value, str):
        if "." in value or "*" in value:
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
