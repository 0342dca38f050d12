"""Results of earlier runs in the user's cache folder, found by what they were made from.

An entry is named by a hash of everything it depends on and carries a checksum of itself: what is
cut off, changed or of another version is simply not there. The folder is readable by its owner
only, because counts before disclosure control are in it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Timer
from typing import Any

from sozialraum.codec import Damaged, Unstorable, digest, pack, unpack
from sozialraum.copies import duplicate

LIMIT = 512_000_000
"""Bytes on disk; beyond it, what was not used for longest goes."""
LARGEST = 64_000_000
"""Bytes of one entry: what is larger is computed faster than it is kept."""
IN_MEMORY = 128_000_000
"""Bytes of the entries kept in the process, for the next call of the same session."""
GROWTH = 16_000_000
"""Bytes written by one process after which it looks again for what has to go."""
IDLE = 2.0
"""Seconds after an answer until that is done beside what the user does next."""
SUFFIX = ".stage"


class Entry:
    """A value that is read from its bytes when it is first asked for.

    Parameters
    ----------
    data : bytes
        From `pack`, complete.
    files : tuple of str
        Inputs that were read for it.
    checksum : str, optional
        Default: of the bytes.

    Examples
    --------
    >>> entry = Entry(pack({"areas": 53}))
    >>> entry.value
    {'areas': 53}
    """

    def __init__(self, data: bytes, files: tuple[str, ...] = (), checksum: str = "") -> None:
        self.files, self.size = files, len(data)
        self.checksum = checksum or digest(data)
        self._data: bytes | None = data
        self._value: Any = None
        self._asked = False

    @property
    def value(self) -> Any:
        """The value, for the caller alone: changing it changes nothing here.

        Most entries are asked for once; whoever asks again gets a copy, which is faster.
        """
        if self._data is None:
            return duplicate(self._value)
        value = unpack(self._data, whole=True)
        if not self._asked:
            self._asked = True
            return value
        self._value, self._data = value, None
        return duplicate(value)


class _Unstored(Entry):
    """What cannot be written exactly: its value as it is, a checksum that no other one has."""

    def __init__(self, value: Any, files: tuple[str, ...]) -> None:
        super().__init__(b"", files, secrets.token_hex(32))
        self._own = value

    @property
    def value(self) -> Any:
        return self._own


_memory: OrderedDict[tuple[str, str], Entry] = OrderedDict()
_written: dict[str, int] = {}
"""Bytes that this process wrote into a folder since it last looked for what has to go."""


def cache_folder() -> Path:
    """``$SOZIALRAUM_CACHE``, or the user's cache folder of the system."""
    given = os.environ.get("SOZIALRAUM_CACHE")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_path("sozialraum", appauthor=False))


class Cache:
    """Entries below one folder.

    Parameters
    ----------
    folder : pathlib.Path or None
        None: nothing is kept, everything is computed.

    Examples
    --------
    >>> import tempfile
    >>> cache = Cache(Path(tempfile.mkdtemp()) / "cache")
    >>> cache.put("0123", {"areas": 53}).value
    {'areas': 53}
    >>> cache.get("0123").value
    {'areas': 53}
    >>> Cache(None).get("0123") is None
    True
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None and not _private(folder):
            self.folder = None

    def get(self, key: str) -> Entry | None:
        """An entry; None where there is none that is whole."""
        if self.folder is None:
            return None
        known = _memory.get((str(self.folder), key))
        if known is not None:
            _memory.move_to_end((str(self.folder), key))
            return known
        path = self.folder / f"{key}{SUFFIX}"
        try:
            files, data = unpack(path.read_bytes())
            entry = Entry(data, tuple(files))
        except (OSError, Damaged, TypeError, ValueError):
            return None
        with suppress(OSError):
            os.utime(path)
        self._remember(key, entry)
        return entry

    def put(self, key: str, value: Any, files: Iterable[str] = ()) -> Entry:
        """Keep a value; gives it back as `get` would.

        A value that cannot be written exactly comes back as it is, with a checksum of its own.
        """
        named = tuple(files)
        try:
            data = pack(value)
        except Unstorable:
            return _Unstored(value, named)
        entry = Entry(data, named)
        if self.folder is not None and len(data) <= LARGEST:
            self._write(self.folder / f"{key}{SUFFIX}", pack((named, data)))
            self._remember(key, entry)
        return entry

    def _remember(self, key: str, entry: Entry) -> None:
        _memory[str(self.folder), key] = entry
        while sum(e.size for e in _memory.values()) > IN_MEMORY:
            _memory.popitem(last=False)

    def _write(self, path: Path, data: bytes) -> None:
        """Beside its place and moved there: another run sees all of it or nothing."""
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            beside.replace(path)
            folder = str(self.folder)
            _written[folder] = _written.get(folder, GROWTH) + len(data)
        except OSError:  # full or read-only: the next run computes again
            with suppress(OSError):
                beside.unlink()

    def files(self) -> list[Path]:
        """Entries and what killed runs left of them."""
        return sorted(Path(found) for found in self._scan())

    def _scan(self) -> list[os.DirEntry[str]]:
        if self.folder is None or not self.folder.is_dir():
            return []
        with os.scandir(self.folder) as found:
            return [f for f in found if SUFFIX in f.name and f.is_file()]

    def size(self) -> int:
        """Bytes on disk."""
        return sum(_stat(found)[0] for found in self._scan())

    def clear(self) -> int:
        """Remove every entry; returns how many."""
        _memory.clear()
        files = self.files()
        for path in files:
            with suppress(OSError):
                path.unlink()
        return len(files)

    def tidy(self, elsewhere: Callable[..., Any] | None = None, *, soon: bool = False) -> None:
        """Prune after the first entry that a process writes, and whenever many were added.

        With `soon`, also before the first entry, which is about to be written.

        Nobody waits for it: it is handed to `elsewhere` (the worker's `submit`), or a thread does
        it while the user looks at the answer. An end in the middle of it does no harm.
        """
        folder = str(self.folder)
        if self.folder is None or _written.get(folder, GROWTH if soon else 0) < GROWTH:
            return
        _written[folder] = 0
        if elsewhere is not None:
            elsewhere(Cache.prune, self)
            return
        later = Timer(IDLE, self.prune)
        later.daemon = True
        later.start()

    def prune(self, limit: int = LIMIT) -> None:
        """Remove what was not used for longest until `limit` holds, and leftovers."""
        found: list[tuple[int, float, os.DirEntry[str]]] = []
        with suppress(OSError):
            found = [(*_stat(entry), entry) for entry in self._scan()]
        total = sum(size for size, *_ in found)
        for size, used, entry in sorted(found, key=lambda one: one[1]):
            stale = entry.name.startswith(".") and used < time.time() - 3600
            if stale or total > limit:
                with suppress(OSError):
                    os.unlink(entry)  # noqa: PTH108 - thousands of paths take a tenth of a second
                total -= size


def open_cache(enabled: bool = True) -> Cache:
    """The user's cache; nothing is kept where `enabled` is False or no folder can be had."""
    return Cache(cache_folder() / "stages" if enabled else None)


def _stat(entry: os.DirEntry[str]) -> tuple[int, float]:
    try:
        found = entry.stat()
    except OSError:
        return 0, 0.0
    return found.st_size, found.st_mtime


def _private(folder: Path) -> bool:
    """Make the folder; whether it is ours and nobody else can read or write it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if os.name == "posix":
            if found.st_uid != os.getuid():
                return False
            if found.st_mode & 0o077:
                folder.chmod(0o700)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@lru_cache(maxsize=1)
def program() -> str:
    """Hash of this program's files, of its libraries' versions and of the machine's family."""
    from sozialraum.versions import versions

    root = Path(__file__).resolve().parent
    state = hashlib.sha256(repr((sorted(versions().items()), sys.platform)).encode())
    state.update(platform.machine().encode())
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(set(inner) - {"__pycache__"})
        for path in (Path(folder, name) for name in sorted(names)):
            state.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
            state.update(path.read_bytes())
    return state.hexdigest()


def key_of(name: str, *parts: Any) -> str:
    """Name of an entry: the step and a hash of all it depends on.

    Raises
    ------
    Unstorable
        A part cannot be written exactly.
    """
    return f"{name}-{digest(pack((program(), name, *parts)))[:40]}"


Remember = Callable[..., Any]
"""Calls a pure function with its arguments, or knows the result."""


def compute(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function: a `Remember` that knows nothing.

    Examples
    --------
    >>> compute(max, 2, 3)
    3
    """
    return function(*args, **kwargs)


def recall(function: Callable[..., Any], *args: Any, cache: bool, **kwargs: Any) -> Any:
    """Call a pure function, or take what the user's cache folder knows of it.

    Examples
    --------
    >>> recall(max, 2, 3, cache=False)
    3
    """
    return remembering(open_cache(cache))(function, *args, **kwargs)


def remembering(cache: Cache) -> Remember:
    """A caller that computes ``function(*args, **kwargs)`` only where it is not in the cache.

    The function has to be pure, and its arguments storable.

    Examples
    --------
    >>> remember = remembering(Cache(None))
    >>> remember(sum, [1, 2])
    3
    """

    def remember(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if cache.folder is None:
            return cache.put("", function(*args, **kwargs)).value
        key = key_of(function.__name__, function.__module__, args, kwargs)
        found = cache.get(key)
        if found is None:
            found = cache.put(key, function(*args, **kwargs))
        return found.value

    return remember
