"""One polite HTTP client: it retries, resumes, waits, and never believes a server's word.

What comes is written to a ``.part`` file beside a note of its validator (ETag or date). A transfer
that breaks off is continued from there if the server still has the same version (RFC 9110, Range
and If-Range), otherwise begun anew. Nothing here touches the file that is already in the data
folder: that is the matter of `sozialraum.sources.fetch.store`.

Offices have a proxy and a certificate authority of their own. Both are taken from the system:
``HTTPS_PROXY``/``NO_PROXY``, ``REQUESTS_CA_BUNDLE``, and otherwise the system's trust store.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.errors import EnvironmentFault, InputError
from sozialraum.sources.files import MEGABYTE

if TYPE_CHECKING:
    import requests

CHUNK = 65_536
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which trying again makes sense."""


class Unreachable(EnvironmentFault):
    """The server cannot be reached: nothing else of it needs to be tried now."""


class _Broken(Exception):
    """A transfer that may succeed when it is tried again."""

    def __init__(self, what: str, wait: float = 0.0) -> None:
        super().__init__(what)
        self.wait = wait


@dataclass(frozen=True)
class Answer:
    """A finished transfer, or the news that nothing has changed.

    ``path`` is the complete ``.part`` file, None where the server said 304.
    """

    path: Path | None
    url: str
    kind: str = ""
    etag: str = ""
    modified: str = ""


@dataclass
class Client:
    """Settings of all transfers of one fetch.

    Attributes
    ----------
    agent : str
        User agent: who asks, and where the program is described.
    connect, read : float
        Seconds until a server must have answered, and between two pieces of an answer.
    slowest, grace : float
        Bytes per second that a transfer must reach on average after so many seconds: a server that
        drips a byte now and then would otherwise hold the program for ever.
    tries : int
        How often a transfer is begun or continued.
    wait : float
        Seconds before the second try, doubled each time; a server's Retry-After counts more, up to
        `longest_wait`.
    pause : float
        Seconds between two requests.
    redirects : int
        How many times a server may send us elsewhere.
    limit : int
        Largest answer in bytes, unpacked.
    offline : bool
        Every request is an error.
    """

    agent: str = "sozialraum (data for a public report)"
    connect: float = 10.0
    read: float = 30.0
    slowest: float = 1_000.0
    grace: float = 30.0
    tries: int = 4
    wait: float = 1.0
    longest_wait: float = 60.0
    pause: float = 0.5
    redirects: int = 5
    limit: int = 300 * MEGABYTE
    offline: bool = False
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _session: Any = field(default=None, repr=False)
    _asked: bool = field(default=False, repr=False)

    def get(
        self,
        url: str,
        part: Path,
        *,
        params: Mapping[str, str] | None = None,
        known: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> Answer:
        """Transfer one address to a ``.part`` file.

        Parameters
        ----------
        url : str
            ``http://`` or ``https://``.
        part : pathlib.Path
            Where to write; an earlier part of the same version is continued.
        params : mapping, optional
            The query.
        known : mapping, optional
            ``etag`` and ``modified`` of the version we have: an unchanged one is not sent again.
        limit : int, optional
            Instead of the client's.

        Returns
        -------
        Answer

        Raises
        ------
        EnvironmentFault
            Offline, not reachable, refused, too slow, cut off again and again, too many redirects.
        InputError
            The answer is larger than the limit.
        """
        if not url.startswith(("http://", "https://")):
            raise InputError("This is no web address", where=url[:120], expected="https://…")
        if self.offline:
            raise Unreachable(
                "Nothing is fetched in offline mode",
                where=url,
                hint="Leave out --offline, or put the file into the data folder by hand",
            )
        most = self.limit if limit is None else limit
        part.parent.mkdir(parents=True, exist_ok=True)
        problem, wait = "", 0.0
        for attempt in range(self.tries):
            if attempt:
                self.sleep(max(self.wait * 2 ** (attempt - 1), wait))
            elif self._asked:
                self.sleep(self.pause)
            self._asked = True
            try:
                return self._once(url, dict(params or {}), part, dict(known or {}), most)
            except _Broken as broken:
                problem, wait = str(broken), broken.wait
        raise Unreachable(
            f"The server did not deliver in {self.tries} tries: {problem}",
            where=url,
            hint="Try again later: what has arrived is kept and continued",
        )

    def _once(
        self, url: str, params: dict[str, str], part: Path, known: dict[str, str], most: int
    ) -> Answer:
        import requests

        note = part.with_name(part.name + ".json")
        have, version = _kept(part, note, url, params)
        headers = {"Accept-Encoding": "identity", "User-Agent": self.agent}
        if have and version:
            headers |= {"Range": f"bytes={have}-", "If-Range": version}
        elif known.get("etag"):
            headers["If-None-Match"] = known["etag"]
        elif known.get("modified"):
            headers["If-Modified-Since"] = known["modified"]
        try:
            with self._open().get(
                url,
                params=params,
                headers=headers,
                stream=True,
                timeout=(self.connect, self.read),
            ) as response:
                return self._receive(response, url, params, part, note, have, most)
        except requests.exceptions.TooManyRedirects:
            raise EnvironmentFault(
                "The server keeps sending us elsewhere",
                where=url,
                expected=f"at most {self.redirects} redirects",
            ) from None
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"The server's certificate is not trusted: {_short(error)}",
                where=url,
                hint="Give your office's certificate authority in REQUESTS_CA_BUNDLE",
            ) from None
        except requests.exceptions.ProxyError as error:
            raise Unreachable(
                f"The proxy refuses: {_short(error)}", where=url, hint="Check HTTPS_PROXY"
            ) from None
        except requests.exceptions.RequestException as error:
            raise _Broken(_short(error)) from None

    def _open(self) -> requests.Session:
        """The session, with the system's trust store unless a bundle is named."""
        if self._session is None:
            import requests

            session = requests.Session()
            session.max_redirects = self.redirects
            if not any(os.environ.get(k) for k in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")):
                session.mount("https://", _system_trust())
            self._session = session
        return self._session

    def _receive(
        self,
        response: requests.Response,
        url: str,
        params: dict[str, str],
        part: Path,
        note: Path,
        have: int,
        most: int,
    ) -> Answer:
        if url.startswith("https://") and not response.url.startswith("https://"):
            raise EnvironmentFault("The server sends us to an unprotected address", where=url)
        status, headers = response.status_code, response.headers
        if status == 304:
            return Answer(None, response.url)
        if status == 416:  # what we have no longer fits
            _drop(part, note)
            raise _Broken("the part on disk no longer fits")
        if status in AGAIN:
            raise _Broken(f"HTTP {status}", self._after(headers.get("Retry-After", "")))
        if status not in (200, 206):
            raise EnvironmentFault(
                f"The server answers HTTP {status} {response.reason or ''}".rstrip(),
                where=response.url[:200],
                hint="Check the address in the catalogue, or the SOZIALRAUM_URL_… variable",
            )
        start = have if status == 206 and _continues(headers.get("Content-Range", ""), have) else 0
        if status == 206 and not start:
            _drop(part, note)
            raise _Broken("the server continued at another place than asked")
        etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        packed = headers.get("Content-Encoding", "identity").lower()
        strong = etag if etag and not etag.startswith("W/") else modified
        keep = {"url": url, "params": params, "version": "" if packed != "identity" else strong}
        note.write_text(json.dumps(keep, sort_keys=True), encoding="utf-8")
        length = headers.get("Content-Length", "")
        size = _size(headers.get("Content-Range", ""), length, start, packed)
        if size is not None and size > most:
            raise _too_large(response.url, most)
        with part.open("r+b" if start else "wb") as out:
            out.seek(start)
            out.truncate()
            for piece in _unpacked(self._pieces(response), packed, response.url):
                if out.tell() + len(piece) > most:
                    raise _too_large(response.url, most)
                out.write(piece)
            came = out.tell()
        if size is not None and came != size:
            raise _Broken(f"{came:,} of {size:,} bytes came")
        note.unlink()
        return Answer(part, response.url, headers.get("Content-Type", ""), etag, modified)

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        """The body as it comes, undecoded; broken or too slow ends the attempt."""
        import urllib3

        began, came = self.clock(), 0
        try:
            while piece := response.raw.read1(CHUNK, decode_content=False):
                came += len(piece)
                yield piece
                took = self.clock() - began
                if took > self.grace and came / took < self.slowest:
                    raise _Broken(f"{came / took:.0f} bytes a second are too few")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _Broken(_short(error)) from None

    def _after(self, value: str) -> float:
        """Seconds of a Retry-After header, within reason."""
        return min(float(value), self.longest_wait) if value.isdigit() else 0.0


def _system_trust() -> Any:
    import ssl

    import requests
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    class Trusting(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
            return super().init_poolmanager(*args, **kwargs, ssl_context=context)

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            return super().proxy_manager_for(*args, **kwargs, ssl_context=context)

    return Trusting()


def _kept(part: Path, note: Path, url: str, params: dict[str, str]) -> tuple[int, str]:
    """Bytes of an earlier attempt and their version; 0 where they cannot be continued."""
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        if kept["url"] == url and kept["params"] == params and kept["version"]:
            return part.stat().st_size, str(kept["version"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, ""


def _drop(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _continues(content_range: str, have: int) -> bool:
    return content_range.startswith(f"bytes {have}-")


def _size(content_range: str, length: str, start: int, packed: str) -> int | None:
    """Bytes of the whole, where the server says it."""
    whole = content_range.rpartition("/")[2]
    if whole.isdigit():
        return int(whole)
    return start + int(length) if length.isdigit() and packed == "identity" else None


def _unpacked(pieces: Iterator[bytes], packed: str, url: str) -> Iterator[bytes]:
    """Undo a compression that we did not ask for, in pieces: the caller stops at its limit."""
    if packed in ("identity", ""):
        yield from pieces
        return
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise InputError(f"The answer is packed as '{packed[:40]}'", where=url)
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                yield unpack.decompress(rest, CHUNK)
                rest = unpack.unconsumed_tail
    except zlib.error as error:
        raise _Broken(f"the packed answer is damaged: {error}") from None
    if not unpack.eof:
        raise _Broken("the packed answer was cut off")


def _too_large(url: str, most: int) -> InputError:
    return InputError(
        "The answer is too large",
        where=url[:200],
        expected=f"at most {most / MEGABYTE:,.1f} MB",
    )


def _short(error: BaseException) -> str:
    """The gist of a library's message, on one line."""
    reason = getattr(error, "reason", None) or error
    return " ".join(f"{type(error).__name__}: {reason}".split())[:160]
