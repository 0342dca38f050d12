"""Instances for the benchmarks of the location models, from public files of Berlin.

Demand: residents per inhabited 100 m cell. Sites: venues, one per house (60 m apart), filled up
with inhabited cells where a benchmark wants more sites than there are houses. Distances: straight
line × 1.23.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SOZIALRAUM_TEST_DATA", ROOT.parent / "shared" / "data"))
DETOUR = 1.23


def cells() -> tuple[np.ndarray, np.ndarray]:
    """Centres (EPSG:25833) and residents of all inhabited cells."""
    from pyproj import Transformer

    frame = pd.read_csv(DATA / "berlin/population_grid/population_100m_berlin.csv", sep=";")
    to_metric = Transformer.from_crs(3035, 25833, always_xy=True)
    x, y = to_metric.transform(frame["x_mp_100m"].to_numpy(), frame["y_mp_100m"].to_numpy())
    return np.c_[x, y], frame["Einwohner"].to_numpy(float)


def venues() -> np.ndarray:
    """One point per house that any of the venue files names (EPSG:25833)."""
    from pyproj import Transformer

    to_metric = Transformer.from_crs(4326, 25833, always_xy=True)
    folder = DATA / "berlin/venues"
    points = []
    for name in ("osm_community-centers_2026-02.csv", "osm_libraries_2026-02.csv"):
        frame = pd.read_csv(folder / name)
        points.append(np.c_[to_metric.transform(frame["lon"], frame["lat"])])
    frame = pd.read_csv(folder / "stadtteilzentren_2026-06.csv", sep=";")
    points.append(np.c_[to_metric.transform(frame["X_Koordinate"], frame["Y_Koordinate"])])
    clubs = json.loads((folder / "jugendfreizeiteinrichtungen_2022-12.geojson").read_text("utf-8"))
    points.append(np.array([f["geometry"]["coordinates"][:2] for f in clubs["features"]]))
    every = np.concatenate(points)
    near = cKDTree(every).query_ball_point(every, 60.0)
    return every[[i for i, group in enumerate(near) if min(group) == i]]


def inside_district(points: np.ndarray) -> np.ndarray:
    """Which points lie in Charlottenburg-Wilmersdorf."""
    import geopandas as gpd
    import shapely

    areas = gpd.read_file(DATA / "berlin/lor_2021/lor_planungsraeume_2021.shp")
    district = areas[areas["PLR_ID"].str.startswith("04")].union_all()
    shapely.prepare(district)
    return shapely.contains_xy(district, points[:, 0], points[:, 1])


def district(block: float = 250.0) -> tuple[np.ndarray, np.ndarray]:
    """Distances and residents of the district: blocks of cells × houses."""
    xy, people = cells()
    inside = inside_district(xy)
    xy, people = xy[inside], people[inside]
    _, unit = np.unique(np.floor(xy / block), axis=0, return_inverse=True)
    weight = np.bincount(unit, people)
    centre = np.c_[[np.bincount(unit, people * xy[:, k]) / weight for k in (0, 1)]].T
    rooms = venues()
    rooms = rooms[inside_district(rooms)]
    return distances(centre, rooms), weight


def city(sites: int = 1000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Distances (float64) and residents of all Berlin: cells × about 1,000 sites."""
    xy, people = cells()
    rooms = venues()
    if len(rooms) < sites:
        rng = np.random.default_rng(seed)
        more = rng.choice(len(xy), sites - len(rooms), replace=False, p=people / people.sum())
        rooms = np.r_[rooms, xy[more]]
    return distances(xy, rooms[:sites]), people


def distances(points: np.ndarray, rooms: np.ndarray) -> np.ndarray:
    """Straight line × detour factor, metres."""
    dx = points[:, 0][:, None] - rooms[:, 0]
    dy = points[:, 1][:, None] - rooms[:, 1]
    np.hypot(dx, dy, out=dx)
    dx *= DETOUR
    return dx
