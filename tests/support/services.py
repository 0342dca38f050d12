"""A loopback server that speaks the protocols of the official services, and misbehaves on demand.

It serves files below ``/mirror``, ``/afs`` and layers of a WFS 2.0 below ``/wfs/<service>`` from
GeoJSON-like records. A `Fault` changes one answer; `requests` keeps what was asked.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MAINTENANCE = b"<!DOCTYPE html><html><head><title>Wartungsarbeiten</title></head></html>"
EXCEPTION = (
    b'<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1">'
    b"<ows:Exception><ows:ExceptionText>Feature type unknown &amp; gone</ows:ExceptionText>"
    b"</ows:Exception></ows:ExceptionReport>"
)


@dataclass
class Layer:
    """Features as (properties, geometry), and what the service says about them."""

    features: list[dict[str, Any]]
    crs: str = "urn:ogc:def:crs:EPSG::25833"
    claimed: int | None = None
    largest_page: int = 10_000


@dataclass
class Services:
    """What is served; give it to `serve`."""

    files: dict[str, bytes] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    fault: Callable[[Handler, str, dict[str, str]], bool] | None = None
    etags: bool = True
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    services: Services

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        self.services.requests.append((path, query, dict(self.headers)))
        try:
            if self.services.fault is not None and self.services.fault(self, path, query):
                return
            if path.startswith("/wfs/"):
                self.feature(query)
            elif path in self.services.files:
                self.file(self.services.files[path])
            else:
                self.answer(b"not here", status=404)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(
        self, body: bytes, *, status: int = 200, kind: str = "text/plain", **headers: str
    ) -> None:
        """A whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, length: int, **headers: str) -> None:
        """Headers of an answer whose body will not be what they say."""
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def file(self, body: bytes) -> None:
        """A file with ETag, conditional requests and ranges."""
        import hashlib

        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        tags = {"ETag": tag} if self.services.etags else {}
        if self.services.etags and self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted = self.headers.get("Range", "")
        if wanted and self.headers.get("If-Range") == tag:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            if start >= len(body):
                self.answer(b"", status=416)
                return
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            self.answer(body[start:], status=206, Content_Range=span, **tags)
            return
        self.answer(body, **tags)

    def feature(self, query: dict[str, str]) -> None:
        """GetFeature of WFS 2.0: hits, paging, JSON."""
        layer = self.services.layers.get(query.get("typeNames", ""))
        if layer is None:
            self.answer(EXCEPTION, kind="text/xml")
            return
        total = len(layer.features) if layer.claimed is None else layer.claimed
        if query.get("resultType") == "hits":
            text = f'<wfs:FeatureCollection numberMatched="{total}" numberReturned="0"/>'
            self.answer(text.encode(), kind="text/xml")
            return
        start, count = int(query["startIndex"]), int(query["count"])
        ordered = sorted(layer.features, key=lambda f: str(f["properties"][query["sortBy"]]))
        page = ordered[start : start + min(count, layer.largest_page)]
        self.page(layer, page, total)

    def page(self, layer: Layer, features: list[dict[str, Any]], total: int) -> None:
        document = {
            "type": "FeatureCollection",
            "features": features,
            "numberMatched": total,
            "numberReturned": len(features),
            "crs": {"type": "name", "properties": {"name": layer.crs}},
        }
        self.answer(json.dumps(document).encode(), kind="application/json")


class serve:  # noqa: N801
    """Context manager: the services on a free port of the loopback interface."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def __enter__(self) -> Services:
        handler = type("OneHandler", (Handler,), {"services": self.services})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *error: None  # a client that is killed is no news
        self.services.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self.services

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def table(rows: list[dict[str, Any]]) -> Layer:
    """A layer of records without geometry."""
    records = [{"type": "Feature", "properties": r, "geometry": None} for r in rows]
    return Layer(records)


def drip(handler: Handler, body: bytes, pause: float) -> None:
    """One byte at a time."""
    handler.begin(len(body))
    for byte in body:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(pause)


def bomb(size: int) -> bytes:
    """Zeros, packed a thousand to one."""
    return gzip.compress(b"0" * size)


def berlin(folder: Path) -> Services:
    """The official services, filled from the publishers' files in a data folder."""
    import pandas as pd
    import pyogrio
    import shapely

    from sozialraum.sources import catalogue

    services = Services()
    offered = [d for source in catalogue.all().values() for d in source.fetch]
    for download in offered:
        path = folder / download.to
        if not download.layer:
            if path.is_file() and download.form == "file":
                services.files[f"/{download.service}/{download.path}"] = path.read_bytes()
            continue
        if not path.is_file():
            continue
        if download.form == "table":
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            frame.columns = [c.lower() for c in frame]
            rows = [
                {k: -9999 if v == "" and k != "ew" else _value(k, v) for k, v in row.items()}
                for row in frame.to_dict("records")
            ]
            services.layers[download.layer] = table(rows)
            continue
        frame = pyogrio.read_dataframe(path).to_crs(download.crs)
        names = {new: old for old, new in download.columns.items()}
        shapes = shapely.to_geojson(frame.geometry.to_numpy())
        records = frame.drop(columns="geometry").to_dict("records")
        services.layers[download.layer] = Layer(
            [
                {
                    "type": "Feature",
                    "properties": {
                        names.get(k, k.lower()): None if v is None or v != v else v
                        for k, v in row.items()
                    },
                    "geometry": json.loads(shape),
                }
                for row, shape in zip(records, shapes, strict=True)
            ]
        )
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".csv", ".geojson"}:
            services.files[f"/mirror/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return services


def _value(name: str, text: str) -> Any:
    """As a service types it: ids and words are text, figures are numbers."""
    if name in ("plr_id", "bez_id", "plr_name", "kom", "zeit") or name.endswith("_v"):
        return text
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text or None
