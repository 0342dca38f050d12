"""QGIS styles (QML) of the published layers, as QGIS itself stores them in a GeoPackage."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from sozialraum.publish.columns import describe
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    from sozialraum.study import Study

STATUS = {"hoch": "#f6eede", "mittel": "#e6c594", "niedrig": "#cb7a3c", "sehr niedrig": "#7d2a0e"}
"""Fill of the status classes; lightness falls evenly, so the order survives a grey print."""

ROLE = {"vorgeschlagen": "#00506e", "geeignet": "#ffffff", "nicht geeignet": "#b8b8b8"}
_REDS = ("#fdf1e3", "#f3cfa1", "#e19f61", "#bf6430", "#7d2a0e")
_NO_VALUE = "#d9d9d9"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


def style(layer: str, frame: pd.DataFrame, study: Study | None = None) -> str:
    """Style of one layer of `sozialraum.publish.geodata.LAYERS`.

    Parameters
    ----------
    layer : str
    frame : pandas.DataFrame
        The layer's attributes; its columns give the German aliases, `share` of the Bezirksregionen
        gives the class limits.
    study : Study, optional
        Whose words the aliases use; default: those of Berlin.

    Returns
    -------
    str
        QML (XML).

    Examples
    --------
    >>> "sehr niedrig" in style("areas", pd.DataFrame({"status_class": ["hoch"]}))
    True
    """
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology|Fields")
    if layer == "areas":
        classes = {k: _fill(v) for k, v in STATUS.items()}
        rest = ("nicht bewertet", _fill(_NO_VALUE))
        root.append(_categories("status_class", classes, rest, study))
    elif layer == "rooms":
        sizes = {"vorgeschlagen": "4.2", "geeignet": "2.6", "nicht geeignet": "1.6"}
        classes = {k: _marker(v, sizes[k], "circle") for k, v in ROLE.items()}
        root.append(_categories("role", classes, None, study))
    elif layer == "regions":
        root.append(_graduated("share", frame["share"]))
    elif layer == "surface":
        root.append(_graduated("per_km2", frame["per_km2"], percent=False))
    elif layer == "clusters":
        root.append(_single(_fill("#00000000", outline="#7d2a0e", width="0.8")))
    elif layer == "offices":
        root.append(_single(_marker("#1f1f1f", "3.6", "square")))
    else:
        root.append(_single(_marker("#5a7d8c", "1.2", "circle")))
    aliases = ET.SubElement(root, "aliases")
    for k, name in enumerate(c for c in frame.columns if c != "geometry"):
        title = describe(str(name), layer).title
        # the index counts the key column `fid`, which GDAL puts in front
        ET.SubElement(
            aliases,
            "alias",
            index=str(k + 1),
            field=str(name),
            name=title if study is None else own_terms(title, study),
        )
    geometry = dict.fromkeys(("areas", "regions", "clusters", "surface"), "2").get(layer, "0")
    ET.SubElement(root, "layerGeometryType").text = geometry
    ET.indent(root)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _rgba(colour: str) -> str:
    parts = [int(colour[k : k + 2], 16) for k in range(1, len(colour), 2)]
    return ",".join(str(p) for p in (parts if len(parts) == 4 else [*parts, 255]))


def _symbol(kind: str, layer_class: str, properties: dict[str, str]) -> ET.Element:
    symbol = ET.Element("symbol", type=kind, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(
        symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)
    for key, value in properties.items():  # versions before 3.26 read these
        ET.SubElement(layer, "prop", k=key, v=value)
    return symbol


def _fill(colour: str, outline: str = "#6b6b6b", width: str = "0.2") -> ET.Element:
    return _symbol(
        "fill",
        "SimpleFill",
        {
            "color": _rgba(colour),
            "style": "solid",
            "outline_color": _rgba(outline),
            "outline_style": "solid",
            "outline_width": width,
            "outline_width_unit": "MM",
            "joinstyle": "bevel",
        },
    )


def _marker(colour: str, size: str, shape: str) -> ET.Element:
    return _symbol(
        "marker",
        "SimpleMarker",
        {
            "name": shape,
            "color": _rgba(colour),
            "size": size,
            "size_unit": "MM",
            "outline_color": _rgba("#1f1f1f"),
            "outline_style": "solid",
            "outline_width": "0.3",
            "outline_width_unit": "MM",
        },
    )


def _renderer(kind: str, symbols: list[ET.Element], **attributes: Any) -> ET.Element:
    fixed = {"forceraster": "0", "symbollevels": "0", "enableorderby": "0"}
    renderer = ET.Element("renderer-v2", {"type": kind, **fixed, **attributes})
    holder = ET.SubElement(renderer, "symbols")
    for k, symbol in enumerate(symbols):
        symbol.set("name", str(k))
        holder.append(symbol)
    return renderer


def _single(symbol: ET.Element) -> ET.Element:
    return _renderer("singleSymbol", [symbol])


def _categories(
    attribute: str,
    classes: dict[str, ET.Element],
    rest: tuple[str, ET.Element] | None,
    study: Study | None,
) -> ET.Element:
    """Categorised renderer; `rest` takes every other value and the missing ones."""
    entries = [(value, value, symbol) for value, symbol in classes.items()]
    entries += [("", *rest)] if rest else []
    renderer = _renderer("categorizedSymbol", [s for *_, s in entries], attr=attribute)
    holder = ET.Element("categories")
    for k, (value, label, _) in enumerate(entries):
        label = label if study is None else own_terms(label, study)
        attributes = {"type": "string", "value": value, "label": label}
        ET.SubElement(holder, "category", attributes, symbol=str(k), render="true")
    renderer.insert(0, holder)
    return renderer


def _graduated(attribute: str, values: pd.Series, *, percent: bool = True) -> ET.Element:
    """Graduated renderer with five classes of equal numbers of units, labelled in percent or not.

    Whole numbers have whole limits, shares limits of a thousandth.
    """
    known = values.dropna().to_numpy(float)
    if not len(known):
        return _single(_fill(_NO_VALUE))
    limits = np.unique(np.quantile(known, np.linspace(0, 1, len(_REDS) + 1)))
    limits = limits if len(limits) > 1 else np.repeat(limits, 2)
    # the outer limits are widened to printed digits, so that rounding leaves nobody outside
    unit = 1000 if percent else 1
    limits[0], limits[-1] = np.floor(limits[0] * unit) / unit, np.ceil(limits[-1] * unit) / unit
    steps = np.linspace(0, len(_REDS) - 1, len(limits) - 1).round().astype(int)
    renderer = _renderer(
        "graduatedSymbol",
        [_fill(_REDS[k]) for k in steps],
        attr=attribute,
        graduatedMethod="GraduatedColor",
    )
    holder = ET.Element("ranges")
    for k, (lower, upper) in enumerate(itertools.pairwise(limits)):
        label = f"{lower * 100:.1f} bis {upper * 100:.1f} %".replace(".", ",")
        label = label if percent else f"{lower:.0f} bis {upper:.0f}"
        place = {"lower": f"{lower:.6f}", "upper": f"{upper:.6f}", "label": label}
        ET.SubElement(holder, "range", place, symbol=str(k), render="true")
    renderer.insert(0, holder)
    return renderer
