"""Water, green, streets, stops and the polygon layers of Musterstadt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sozialraum.demo.city import _PARKS, City, _ellipse
from sozialraum.demo.houses import collection, osm_points
from sozialraum.demo.names import STATIONS

STANDING = "01.01.2021"


def water(city: City) -> bytes:
    """River and lake."""
    return collection("gewaesser", [_feature(g, name=n) for n, g in city.water.items()])


def green(city: City) -> bytes:
    """Forests and parks, each the union of its blocks without the lake."""
    parts: dict[str, Any] = {}
    wood = city.blocks[np.isin(city.use, ["forest", "lake"])]
    pieces = shapely.get_parts(shapely.coverage_union_all(wood))
    pieces = pieces[np.argsort(-shapely.area(pieces))]
    for name, piece in zip(("Erlenforst", "Hagener Holz"), pieces, strict=False):
        parts[name] = piece
    for name, shape in _PARKS.items():
        inside = (city.use == "park") & (_ellipse(city.xy, *shape) < 1)
        if inside.any():
            parts[name] = shapely.coverage_union_all(city.blocks[inside])
    lake = city.water["Erlensee"]
    return collection(
        "gruen", [_feature(shapely.difference(g, lake), name=n) for n, g in parts.items()]
    )


def streets(city: City) -> bytes:
    """Main streets, railways and the side streets between built-up blocks."""
    features = []
    for name, line in city.lines.items():
        if name == "Muster":
            continue
        kind = "Bahn" if name.endswith("bahn") else "Hauptstraße"
        features.append(_feature(shapely.simplify(line, 3), name=name, klasse=kind))
    built = ~np.isin(city.use, ["forest", "lake", "park"])
    side = (city.barrier == 0) & (city.left >= 0) & (city.right >= 0)
    side &= built[city.left] & built[city.right]
    merged = shapely.get_parts(shapely.line_merge(shapely.union_all(city.edges[side])))
    merged = merged[np.lexsort(shapely.get_coordinates(shapely.centroid(merged)).T)]
    lines = shapely.MultiLineString(list(shapely.simplify(merged, 4)))
    features.append(_feature(lines, name="", klasse="Nebenstraße"))
    return collection("strassen", features)


def stops(city: City, area: np.ndarray, degrees: Any) -> dict[str, bytes]:
    """Stops: U-Bahn and S-Bahn along their lines, buses on main streets, no tram."""
    lines = city.lines
    routes = {
        "U-Bahn": [("Lindentaler Straße", 850), ("Nordallee", 850), ("Speicherstraße", 800),
                   ("Kupferdamm", 900), ("Gürtelstraße", 2600), ("Steinbrucher Chaussee", 1100)],
        "S-Bahn": [("Westbahn", 1700), ("Nordsüdbahn", 1700)],
    }  # fmt: skip
    tree = shapely.STRtree(city.blocks)
    files = {}
    for kind, route in routes.items():
        at = np.concatenate([_along(lines[n], step, step / 2) for n, step in route])
        at = _apart(at, 350)[: len(STATIONS[kind])]
        files[kind] = _stop_file(kind, STATIONS[kind], at, tree, area, degrees)
    mains = [n for n in lines if n != "Muster" and not n.endswith("bahn")]
    found, names = [], []
    for main in mains:
        points = _along(lines[main], 520, 200)
        found.append(points)
        names += [f"{main}/{_crossing(k)}" for k in range(len(points))]
    files["Bus"] = _stop_file("Bus", names, np.concatenate(found), tree, area, degrees)
    files["Tram"] = osm_points([], 0)
    return {f"transit/osm_{_FILE[kind]}-stops.csv": data for kind, data in files.items()}


_FILE = {"U-Bahn": "ubahn", "S-Bahn": "sbahn", "Bus": "bus", "Tram": "tram"}


def _crossing(k: int) -> str:
    words = (
        "Schulstraße", "Marktstraße", "Gartenweg", "Kirchgang", "Feldweg", "Brunnenstraße",
        "Bergstraße", "Wiesenweg", "Schmiedegasse", "Postweg", "Mühlgasse", "Ringzeile",
    )  # fmt: skip
    return words[k % len(words)] + ("" if k < len(words) else f" {k // len(words) + 1}")


def _along(line: Any, step: float, start: float) -> np.ndarray:
    lines = shapely.get_parts(shapely.line_merge(line))
    points = [
        shapely.line_interpolate_point(part, np.arange(start, part.length, step)) for part in lines
    ]
    return shapely.get_coordinates(np.concatenate(points))


def _apart(xy: np.ndarray, metres: float) -> np.ndarray:
    """Leave out points too near to an earlier one."""
    kept: list[np.ndarray] = []
    for point in xy:
        if all(np.hypot(*(point - other)) >= metres for other in kept):
            kept.append(point)
    return np.array(kept)


def _stop_file(
    kind: str, names: list[str], at: np.ndarray, tree: shapely.STRtree, area: np.ndarray,
    degrees: Any,
) -> bytes:  # fmt: skip
    lon, lat = degrees(at)
    inside = area[tree.nearest(shapely.points(at))]
    rows = list(zip(names, [""] * len(at), lat.tolist(), lon.tolist(), inside, strict=False))
    return osm_points(rows, {"U-Bahn": 4000, "S-Bahn": 5000, "Bus": 6000}[kind])


def district_polygons(polygons: dict[str, Any], names: dict[str, str], degrees: Any) -> bytes:
    """Districts in WGS 84, as the state's geoportal publishes them."""
    features = []
    for key, polygon in polygons.items():
        outline = shapely.transform(
            shapely.simplify(polygon, 5), lambda p: np.round(np.column_stack(degrees(p)), 6)
        )
        features.append(
            _feature(
                outline,
                Gemeinde_name=names[key],
                Gemeinde_schluessel=f"0{key}",
                Land_name="Musterland",
                Schluessel_gesamt=f"990000{key}",
            )
        )
    return collection("bezirksgrenzen", features, "CRS84")


def shapefile(
    folder: Path, name: str, prefix: str, polygons: dict[str, Any], names: dict[str, str]
) -> None:
    """One LOR layer as a shapefile with the date in its header fixed."""
    import geopandas as gpd

    keys = sorted(polygons)
    geometry = [polygons[k] for k in keys]
    # the published area is not quite the projected one, as in the real layers
    size = np.round(shapely.area(np.array(geometry)) * 1.0005, 3)
    frame = gpd.GeoDataFrame(
        {f"{prefix}_ID": keys, f"{prefix}_NAME": [names[k] for k in keys],
         "BEZ": [k[:2] for k in keys], "STAND": STANDING, "GROESSE_M2": size},
        geometry=geometry, crs="EPSG:25833",
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_file(
        folder / f"{name}.shp", engine="pyogrio", encoding="UTF-8",
        layer_options={"DBF_DATE_LAST_UPDATE": "2021-01-01", "RESIZE": "YES"},
    )  # fmt: skip


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    whole = all(abs(v) > 200 for v in geometry.bounds)
    if whole:
        geometry = shapely.transform(geometry, lambda p: np.round(p))
    shape = shapely.geometry.mapping(geometry)
    if whole:
        shape = {"type": shape["type"], "coordinates": _whole(shape["coordinates"])}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def _whole(part: Any) -> Any:
    return int(part) if isinstance(part, float | int) else [_whole(p) for p in part]
