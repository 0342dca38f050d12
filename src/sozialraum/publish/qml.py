"""QGIS styles (QML) of the published layers, as QGIS itself stores them in a GeoPackage."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from sozialraum.concentration.surface import surface_classes
from sozialraum.need.masking import UNDETERMINED
from sozialraum.publish.charts import SEQUENCE
from sozialraum.publish.columns import describe
from sozialraum.publish.density import band_labels
from sozialraum.publish.meanings import heading
from sozialraum.publish.terms import own_terms

if TYPE_CHECKING:
    from sozialraum.study import Study

STATUS = {"hoch": "#f6eede", "mittel": "#e6c594", "niedrig": "#cb7a3c", "sehr niedrig": "#7d2a0e"}
"""Fill of the status classes; lightness falls evenly, so the order survives a grey print."""

ROLE = {"vorgeschlagen": "#00506e", "geeignet": "#ffffff", "nicht geeignet": "#b8b8b8"}
_REDS = ("#fdf1e3", "#f3cfa1", "#e19f61", "#bf6430", "#7d2a0e")
_NO_VALUE, _POINT = "#d9d9d9", "#5a7d8c"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


def style(layer: str, frame: pd.DataFrame, study: Study | None = None) -> str:
    """Style of one layer of `sozialraum.publish.geodata.LAYERS`.

    Parameters
    ----------
    layer : str
    frame : pandas.DataFrame
        The layer's attributes; its columns give the German aliases, the values of `share`,
        `per_km2` and `people_…` the class limits.
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
        classes = {k: _fill(v) for k, v in STATUS.items()} | {UNDETERMINED: _fill("#ffffff")}
        rest = ("nicht bewertet", _fill(_NO_VALUE))
        root.append(_categories("status_class", classes, rest, study))
    elif layer == "rooms":
        sizes = {"vorgeschlagen": "4.2", "geeignet": "2.6", "nicht geeignet": "1.6"}
        classes = {k: _marker(v, sizes[k], "circle") for k, v in ROLE.items()}
        root.append(_categories("role", classes, None, study))
    elif layer == "regions":
        root.append(_graduated("share", frame["share"]))
    elif layer == "surface":
        root.append(_classed("per_km2", frame["per_km2"], "Personen je km²", study))
    elif layer == "clusters":
        root.append(_single(_fill("#00000000", outline="#7d2a0e", width="0.8")))
    elif layer == "offices":
        classes = {
            "false": _marker("#1f1f1f", "3.6", "square"),
            "true": _marker("#ffffff", "3.6", "square"),
        }
        labels = {"false": "Bestehende Dienststelle", "true": "Dienststelle, Lage ungefähr"}
        root.append(_categories("approximate", classes, None, study, labels))
    else:
        people = next((str(c) for c in frame if str(c).startswith("people_")), "people")
        found = frame[people] if people in frame else pd.Series(dtype=float)
        root.append(_classed(people, found, "Personen", study, sized=True))
    aliases = ET.SubElement(root, "aliases")
    for k, name in enumerate(c for c in frame.columns if c != "geometry"):
        column = describe(str(name), layer)
        # the index counts the key column `fid`, which GDAL puts in front
        ET.SubElement(
            aliases,
            "alias",
            index=str(k + 1),
            field=str(name),
            name=column.title if study is None else heading(column, study).title,
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
    labels: Mapping[str, str] | None = None,
) -> ET.Element:
    """Categorised renderer; `rest` takes every other value and the missing ones."""
    named = labels or {}
    entries = [(value, named.get(value, value), symbol) for value, symbol in classes.items()]
    entries += [("", *rest)] if rest else []
    renderer = _renderer("categorizedSymbol", [s for *_, s in entries], attr=attribute)
    holder = ET.Element("categories")
    for k, (value, label, _) in enumerate(entries):
        label = label if study is None else own_terms(label, study)
        attributes = {"type": "string", "value": value, "label": label}
        ET.SubElement(holder, "category", attributes, symbol=str(k), render="true")
    renderer.insert(0, holder)
    return renderer


def _graduated(attribute: str, values: pd.Series) -> ET.Element:
    """Graduated renderer of shares with five classes of equal numbers of rows, in percent."""
    known = values.dropna().to_numpy(float)
    if not len(known):
        return _single(_fill(_NO_VALUE))
    limits = np.unique(np.quantile(known, np.linspace(0, 1, len(_REDS) + 1)))
    limits = limits if len(limits) > 1 else np.repeat(limits, 2)
    # the outer limits are widened to printed digits, so that rounding leaves nobody outside
    limits[0], limits[-1] = np.floor(limits[0] * 1000) / 1000, np.ceil(limits[-1] * 1000) / 1000
    steps = np.linspace(0, len(_REDS) - 1, len(limits) - 1).round().astype(int)
    entries = [
        (lower, upper, f"{lower * 100:.1f} bis {upper * 100:.1f} %".replace(".", ","))
        for lower, upper in itertools.pairwise(limits)
    ]
    return _ranges(attribute, entries, [_fill(_REDS[k]) for k in steps])


def _classed(
    attribute: str, values: pd.Series, unit: str, study: Study | None, *, sized: bool = False
) -> ET.Element:
    """Graduated renderer with the classes of the report's map: colours, or sizes of points.

    The values are whole numbers, so a class ends one below the next: QGIS counts both ends in.
    """
    known = values.dropna().to_numpy(float)
    classes = surface_classes(known)
    if not classes:
        return _single(_marker(_POINT, "1.2", "circle") if sized else _fill(_NO_VALUE))
    language = "de" if study is None else study.language
    words = band_labels(pd.DataFrame(classes, columns=["least", "below"]), language)
    said = unit if study is None else own_terms(unit, study)
    most = float(known.max())
    entries = [
        (least, most if below != below else below - 1, f"{word} {said}")
        for (least, below), word in zip(classes, words, strict=True)
    ]
    last, symbols = max(len(classes) - 1, 1), []
    for k in range(len(classes)):
        size = f"{np.sqrt(1 + 2 * k):.1f}"  # the area of a point grows with its class
        colour = SEQUENCE[round(k * (len(SEQUENCE) - 1) / last)]
        symbols.append(_marker(_POINT, size, "circle") if sized else _fill(colour))
    return _ranges(attribute, entries, symbols, "GraduatedSize" if sized else "GraduatedColor")


def _ranges(
    attribute: str,
    entries: list[tuple[float, float, str]],
    symbols: list[ET.Element],
    method: str = "GraduatedColor",
) -> ET.Element:
    """Graduated renderer of given classes: lowest and highest value, label."""
    renderer = _renderer("graduatedSymbol", symbols, attr=attribute, graduatedMethod=method)
    holder = ET.Element("ranges")
    for k, (lower, upper, label) in enumerate(entries):
        place = {"lower": f"{lower:.6f}", "upper": f"{upper:.6f}", "label": label}
        ET.SubElement(holder, "range", place, symbol=str(k), render="true")
    renderer.insert(0, holder)
    return renderer
