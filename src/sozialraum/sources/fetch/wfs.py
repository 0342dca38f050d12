"""Features of a WFS 2.0 as plain records: paged, counted, and not believed.

A service may answer HTTP 200 with a maintenance page, an ``ExceptionReport``, a page that holds
fewer features than it says, the same feature twice, or coordinates in another system than asked.
Each of these ends here, before anything is written. The address is never handed to GDAL.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sozialraum.errors import EnvironmentFault, InputError
from sozialraum.sources.fetch.client import Client

PAGE = 500
LARGEST_PAGE = 100_000_000
_MATCHED = re.compile(rb'numberMatched\s*=\s*"(\d+|unknown)"')
_EXCEPTION = re.compile(r"<(?:\w+:)?ExceptionText>(.*?)</", re.DOTALL)


def fetch_features(
    client: Client,
    url: str,
    layer: str,
    *,
    key: str,
    crs: str,
    work: Path,
    page: int = PAGE,
) -> list[dict[str, Any]]:
    """All features of a layer, in the order of their key.

    Parameters
    ----------
    client : Client
    url : str
        Address of the service, without query.
    layer : str
        Name of the layer with its prefix.
    key : str
        Attribute that is sorted by: without an order, pages may overlap or leave features out.
    crs : str
        CRS of the coordinates, ``EPSG:25833``.
    work : pathlib.Path
        Folder for pages that are being transferred.
    page : int
        Features per request.

    Returns
    -------
    list of dict
        GeoJSON features; attribute names in lower case.

    Raises
    ------
    EnvironmentFault
        The service is in maintenance, answers with an exception, or cannot be reached.
    InputError
        The number of features is not what the service says, a feature comes twice, an answer is no
        GeoJSON, or its coordinates are in another CRS than asked.
    """
    base = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": layer,
        "srsName": crs,
    }
    where = f"{url}, layer {layer}"
    matched = _hits(client, url, base, work, where)
    features: list[dict[str, Any]] = []
    seen: set[str] = set()
    while matched is None or len(features) < matched:
        query = base | {
            "outputFormat": "application/json",
            "sortBy": key,
            "startIndex": str(len(features)),
            "count": str(page),
        }
        found = _page(client, url, query, work, where, crs)
        for feature in found:
            value = str(feature["properties"].get(key, ""))
            if value in seen:
                raise InputError(
                    f"The service delivers the feature '{value[:60]}' twice",
                    where=where,
                    expected=f"pages in the order of {key}",
                )
            seen.add(value)
        features += found
        if len(found) < page:
            break
    if matched is not None and len(features) != matched:
        raise InputError(
            f"The service delivered {len(features)} features",
            where=where,
            expected=f"{matched}, as it says itself",
            hint="Try again later; nothing was replaced",
        )
    if not features:
        raise InputError("The layer has no features", where=where)
    return features


def _hits(client: Client, url: str, base: Mapping[str, str], work: Path, where: str) -> int | None:
    """How many features there are; None where the service does not know."""
    answer = client.get(
        url, work / "hits.part", params={**base, "resultType": "hits"}, limit=LARGEST_PAGE
    )
    assert answer.path is not None
    content = answer.path.read_bytes()
    found = _MATCHED.search(content[:5000])
    if found is None:
        raise _no_data(content, where)
    return None if found[1] == b"unknown" else int(found[1])


def _page(
    client: Client, url: str, query: Mapping[str, str], work: Path, where: str, crs: str
) -> list[dict[str, Any]]:
    answer = client.get(url, work / "page.part", params=query, limit=LARGEST_PAGE)
    assert answer.path is not None
    content = answer.path.read_bytes()
    try:
        document = json.loads(content)
        found = document["features"]
        rows = [_feature(f) for f in found]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _no_data(content, where) from None
    said = document.get("numberReturned")
    if isinstance(said, int) and said != len(rows):
        raise InputError(
            f"A page holds {len(rows)} features and says {said}",
            where=f"{where}, from feature {int(query['startIndex']) + 1}",
            hint="Try again later; nothing was replaced",
        )
    if len(rows) > int(query["count"]):
        raise InputError("A page holds more features than asked for", where=where)
    if any(r["geometry"] is not None for r in rows):
        _check_crs(document, crs, where)
    return rows


def _feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    properties = {str(k).lower(): v for k, v in (feature["properties"] or {}).items()}
    return {"type": "Feature", "properties": properties, "geometry": feature.get("geometry")}


def _check_crs(document: Mapping[str, Any], crs: str, where: str) -> None:
    """GeoJSON without a ``crs`` member is in degrees (RFC 7946)."""
    member = document.get("crs") or {}
    name = str((member.get("properties") or {}).get("name", "OGC:1.3:CRS84"))
    code = "4326" if name.endswith("CRS84") else name.rsplit(":", 1)[-1]
    if code != crs.rsplit(":", 1)[-1]:
        raise InputError(
            f"The service delivers coordinates in {name[:60]}", where=where, expected=crs
        )


def _no_data(content: bytes, where: str) -> EnvironmentFault | InputError:
    """Say what came in place of features."""
    text = content[:20_000].decode("utf-8", "replace")
    if found := _EXCEPTION.search(text):
        said = " ".join(html.unescape(found[1]).split())[:200]
        return EnvironmentFault(f"The service reports: {said}", where=where)
    if re.search(r"<(?:!doctype\s+)?html", text[:2000], re.IGNORECASE):
        title = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        said = " ".join(html.unescape(title[1]).split())[:100] if title else "no title"
        return EnvironmentFault(
            f"The service answers with a web page ('{said}') instead of data",
            where=where,
            hint="It is probably in maintenance: try again later",
        )
    return InputError("The answer is no GeoJSON", where=where)
