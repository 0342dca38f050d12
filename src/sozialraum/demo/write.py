"""From the drawn city to the files of its publishers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from sozialraum.demo import city as plan
from sozialraum.demo import districts, houses, layers, names, people, tables
from sozialraum.demo.workbook import MEASURES, workbook


def write(folder: Path, seed: int) -> None:
    """Write all files into `folder`; `truth.json` comes last."""
    from pyproj import Transformer

    rng = np.random.default_rng(seed)
    city = plan.build(rng)
    built = people.expected(city)
    hectares = shapely.area(city.blocks) / 1e4
    # villas and works take land: their areas have few residents, and small counts to hide
    land = np.select([city.use == "villa", city.use == "industry"], [110.0, 60.0], 6.0)
    area = districts.hierarchy(city, built + hectares * land)
    folk = people.live(city, area, rng)
    ids = folk.need.index.tolist()
    name = names.area_names(city, area, built)
    regions = names.place_names(city, np.array([a[:6] for a in area]), names.REGIONS)
    forecasts = names.place_names(city, np.array([a[:4] for a in area]), names.FORECASTS)

    to_degrees = Transformer.from_crs("EPSG:25833", "EPSG:4326", always_xy=True)

    def degrees(xy: np.ndarray) -> Any:
        return to_degrees.transform(xy[:, 0], xy[:, 1])

    polygons = districts.dissolve(city, area)
    for layer, prefix, digits, label in (
        ("planungsraeume", "PLR", 8, name), ("bezirksregionen", "BZR", 6, regions),
        ("prognoseraeume", "PGR", 4, forecasts),
    ):  # fmt: skip
        shapes = polygons if digits == 8 else _coarser(polygons, digits)
        layers.shapefile(folder / "lor", f"lor_{layer}", prefix, shapes, label)

    files = _tables(ids, folk, name)
    files["population_grid/population_100m.csv"] = _grid(city, folk.residents, rng)
    files["ba/ba_sgb2_planungsraeume_2024-12.xlsx"] = _workbook(folk, name, regions, rng)
    files["bezirke/bezirksgrenzen.geojson"] = layers.district_polygons(
        _coarser(polygons, 2), districts.DISTRICTS, degrees
    )
    files["layers/gewaesser.geojson"] = layers.water(city)
    files["layers/gruen.geojson"] = layers.green(city)
    files["layers/strassen.geojson"] = layers.streets(city)
    files |= layers.stops(city, area, degrees)
    files |= houses.catalogues(city, area, houses.houses(city, area, regions), degrees)
    files["truth.json"] = _truth(city, area, folk)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def _coarser(polygons: dict[str, Any], digits: int) -> dict[str, Any]:
    groups: dict[str, list[Any]] = {}
    for key, polygon in polygons.items():
        groups.setdefault(key[:digits], []).append(polygon)
    return {k: shapely.normalize(shapely.coverage_union_all(g)) for k, g in groups.items()}


def _tables(ids: list[str], folk: people.People, name: dict[str, str]) -> dict[str, bytes]:
    _, middle, last = people.DATES
    before, then, now = (folk.counts[d] for d in people.DATES)
    s_then = tables.indicators(then, 5)
    change = (s_then - tables.indicators(before, 5)).round(5)[["S1", "S3", "S4"]]
    classes = tables.classes(s_then, change)
    columns: dict[str, pd.Series | None] = {str(c): s_then[c] for c in s_then}
    columns |= {"D1": change["S1"], "D2": None, "D3": change["S3"], "D4": change["S4"]}
    ki = tables.context(then)
    return {
        f"ewr/ewr_{middle}_t2_plr.csv": tables.register_t2(ids, folk.ages[middle], then),
        f"ewr/ewr_{last}_t2_plr.csv": tables.register_t2(ids, folk.ages[last], now),
        "ewr/EWR202412E_Matrix.csv": tables.register_matrix(ids, folk.ages[last], now, "202412"),
        "mss/2023/mss_2023_index_indikatoren.csv": tables.mss_full("202212", name, then, columns),
        "mss/2023/mss_2023_indizes.csv": tables.mss_classes("202212", name, then, classes),
        "mss/2023/mss_2023_kontext_indikatoren.csv": tables.mss_full(
            "202212", name, then, {str(c): ki[c] for c in ki}
        ),
        "mss/2025/mss_2025_index_indikatoren.csv": tables.mss_short(
            "202412", name, now, tables.indicators(now, 3, masked_up_to=10)
        ),
    }


def _grid(city: plan.City, residents: np.ndarray, rng: np.random.Generator) -> bytes:
    """Residents of each block spread over its land, 40 m apart, and counted by cell."""
    from pyproj import Transformer

    west, south, east, north = shapely.total_bounds(city.blocks)
    x, y = np.meshgrid(np.arange(west, east, 40), np.arange(south, north, 40))
    points = np.column_stack([x.ravel(), y.ravel()])
    tree = shapely.STRtree(city.blocks)
    places = np.asarray(shapely.points(points))
    at, block = tree.query(places, predicate="within")
    river = city.water["Muster"]
    shapely.prepare(river)
    near = shapely.contains(river, places[at])
    at, block = at[~near], block[~near]
    # a block too small for a point of the raster has its people in its middle
    rest = np.setdiff1d(np.flatnonzero(residents), block)
    middle = shapely.get_coordinates(shapely.point_on_surface(city.blocks[rest]))
    points, block = np.vstack([points[at], middle]), np.concatenate([block, rest])
    order = np.argsort(block, kind="stable")
    points, block = points[order], block[order]
    count = np.zeros(len(points), dtype=int)
    start = np.searchsorted(block, np.arange(len(city.blocks) + 1))
    for b in np.flatnonzero(residents):
        n = start[b + 1] - start[b]
        count[start[b] : start[b + 1]] = rng.multinomial(residents[b], np.full(n, 1 / n))
    to_grid = Transformer.from_crs("EPSG:25833", "EPSG:3035", always_xy=True)
    lived = count > 0
    east_north = np.column_stack(to_grid.transform(*points[lived].T))
    return tables.grid(east_north, count[lived])


def _workbook(
    folk: people.People, name: dict[str, str], regions: dict[str, str], rng: np.random.Generator
) -> bytes:
    counts = folk.counts[people.DATES[-1]]
    unlocated = {}
    for district in districts.DISTRICTS:
        inside = counts[counts.index.str.startswith(district)][list(MEASURES)]
        few = pd.Series(rng.binomial(inside.sum(), 0.006), index=list(MEASURES))
        few["recipients"] = few["employable"] + few["not_employable"]
        unlocated[district] = few
    return workbook(counts, name, regions, districts.DISTRICTS, unlocated)


def _truth(city: plan.City, area: np.ndarray, folk: people.People) -> bytes:
    built = people.expected(city)
    ids, code = np.unique(area, return_inverse=True)
    weight = np.bincount(code, built)

    def core(places: dict[str, Any]) -> dict[str, list[str]]:
        found = {}
        for label, (x, y, radius, _) in places.items():
            inside = np.hypot(city.xy[:, 0] - x, city.xy[:, 1] - y) < radius
            share = np.bincount(code, built * inside) / np.maximum(weight, 1)
            found[label] = ids[share > 0.5].tolist()
        return found

    document = {
        "note": "Musterstadt ist erfunden. Diese Datei nennt, was der Generator hineingelegt hat.",
        "need": {k: round(float(v), 3) for k, v in folk.need.items()},
        "hot_spots": core(people.HOT_SPOTS),
        "worsening": sorted({a for ids_ in core(people.WORSENING).values() for a in ids_}),
        "best_rooms": list(houses.BEST_ROOMS),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
