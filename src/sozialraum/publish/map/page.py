"""Write the map: template, script, style and data become one HTML file without any request."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sozialraum.cache import Remember, compute
from sozialraum.publish.map.data import page_data
from sozialraum.publish.map.document import document
from sozialraum.publish.map.leaflet import leaflet
from sozialraum.publish.terms import in_terms, region_title

if TYPE_CHECKING:
    from sozialraum.publish.content import Content

SCRIPTS = (
    "dom.js",
    "data.js",
    "text.js",
    "state.js",
    "reach.js",
    "layers.js",
    "labels.js",
    "map.js",
    "basemap.js",
    "overview.js",
    "planning.js",
    "cards.js",
    "table.js",
    "method.js",
    "main.js",
)
"""The page's own script, by concept, in the order in which the parts build on each other."""

LANGUAGES = ("de", "en")


def write_map(content: Content, path: Path | str, remember: Remember = compute) -> None:
    """Write the map of a released content as one HTML file.

    Parameters
    ----------
    content : Content
        What `publish.gate` released.
    path : path
        Where to write; the folder exists.
    remember : callable
        See `sozialraum.cache.remembering`.

    Raises
    ------
    EnvironmentFault
        If Leaflet is not installed.
    """
    Path(path).write_text(render_map(content, remember), encoding="utf-8", newline="\n")


def render_map(content: Content, remember: Remember = compute) -> str:
    """Render the map as one HTML document (see `write_map`).

    The document carries a Content-Security-Policy that forbids every request and allows exactly
    its own two scripts and its own style, by their SHA-256. Data stand in a JSON block, in which
    `<` is escaped; texts enter the page as text only. The same content gives the same bytes.
    Only where the study names an online background map, that host is allowed for images, and
    the page asks it for nothing before the reader agrees.

    Returns
    -------
    str
    """
    parts = leaflet()
    style = parts.style + "\n" + _asset("assets/style.css")
    script = "(() => {\n" + "\n".join(_asset(f"assets/{name}") for name in SCRIPTS) + "\n})();"
    library = _commented(parts.licence) + "\n" + parts.script
    texts = {language: texts_of(language) for language in LANGUAGES}
    titles = content.study.area_layer.title, region_title(content.study)
    texts["de"] = {key: in_terms(text, *titles) for key, text in texts["de"].items()}
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(library)} {_hash(script)}",
            f"style-src {_hash(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            *_images(content),
        ]
    )
    return document(
        _asset("assets/template.html"),
        content.info,
        content.study,
        texts[content.info.language],
        {
            "policy": policy,
            "style": style,
            "library": library,
            "script": script,
            "data": json_block(page_data(content, remember) | {"texts": texts}),
        },
    )


def json_block(data: Any) -> str:
    r"""JSON that can stand inside a `<script>` element, whatever its texts contain.

    Examples
    --------
    >>> json_block({"name": "</script><b>"})
    '{"name":"\\u003c/script>\\u003cb>"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # U+2028/9 are line ends to old script readers; "<" could end the element or open a comment
    for char in "<\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def texts_of(language: str) -> dict[str, str]:
    """The page's own texts in one language.

    Examples
    --------
    >>> texts_of("de").keys() == texts_of("en").keys()
    True
    """
    return json.loads(_asset(f"texts/{language}.json"))


@cache
def _asset(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8").strip()


def _images(content: Content) -> list[str]:
    """Images only from the host of a background map that the study allows."""
    basemap = content.study.layers.basemap
    return [f"img-src https://{urlsplit(basemap.url).hostname}"] if basemap else []


def _commented(licence: str) -> str:
    return "/*! Leaflet\n" + licence.replace("*/", "* /") + "\n*/"


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
