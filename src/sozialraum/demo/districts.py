"""Planning areas: blocks grown together, level by level, along streets and the river."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from sozialraum.demo.city import City

DISTRICTS = {"21": "Lindental-Neuhafen", "22": "Nordkai-Petersfeld", "23": "Rosenau-Steinbruch"}
AREAS = {"21": 50, "22": 58, "23": 54}


def graph(city: City, severance: float = 3.0) -> csr_matrix:
    """Neighbouring blocks; the cost between them is their distance times what lies between."""
    inner = (city.left >= 0) & (city.right >= 0)
    a, b = city.left[inner], city.right[inner]
    cost = np.hypot(*(city.xy[a] - city.xy[b]).T) * (1 + severance * city.barrier[inner]) + 1e-3
    order = np.lexsort((-cost, b, a))
    n = len(city.blocks)
    best = {(int(i), int(j)): c for i, j, c in zip(a[order], b[order], cost[order], strict=True)}
    i, j = np.array(list(best)).T
    c = np.array(list(best.values()))
    half = csr_matrix((c, (i, j)), shape=(n, n))
    return half.maximum(half.T)


def divide(
    members: np.ndarray, k: int, net: csr_matrix, xy: np.ndarray, weight: np.ndarray, seed: int
) -> np.ndarray:
    """Divide a connected set of blocks into `k` connected parts of similar weight.

    Seeds spread by weight and travel to the middle of their part (Lloyd's iteration on the graph);
    a part with too much weight shrinks because its seed starts further away.
    """
    if k == 1:
        return np.zeros(len(members), dtype=int)
    local = net[members][:, members]
    p, w = xy[members], weight[members] + 1e-6
    rng = np.random.default_rng(seed)
    seeds = rng.choice(len(members), k, replace=False, p=w / w.sum())
    head = np.zeros(k)
    best, balance = np.zeros(len(members), dtype=int), np.inf
    for _ in range(14):
        distance = dijkstra(local, directed=False, indices=seeds)
        # No seed may lie in another part's reach, or it would be swallowed.
        between = distance[:, seeds] + np.where(np.eye(k) > 0, np.inf, 0)
        head = np.minimum(head, 0.7 * (head[:, None] + between).min(axis=0))
        label = np.argmin(distance + head[:, None], axis=0)
        mass = np.bincount(label, w, k)
        if mass.max() / mass.min() < balance:
            best, balance = label, mass.max() / mass.min()
        scale = np.median(distance[label, np.arange(len(label))])
        head += 0.35 * scale * np.clip(mass / mass.mean() - 1, -1, 1)
        head -= head.min()
        middle = np.column_stack([np.bincount(label, w * p[:, d], k) / mass for d in (0, 1)])
        away = ((p - middle[label]) ** 2).sum(axis=1)
        order = np.lexsort((away, label))
        seeds = order[np.searchsorted(label[order], np.arange(k))]
    return best


def _connected(local: csr_matrix, label: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Give blocks that are cut off from their seed to the part nearest to them."""
    i, j = local.nonzero()
    same = label[i] == label[j]
    pieces = connected_components(
        csr_matrix((np.ones(same.sum()), (i[same], j[same])), shape=local.shape), directed=False
    )[1]
    core = np.flatnonzero(pieces == pieces[seeds][label])
    _, _, source = dijkstra(
        local, directed=False, indices=core, min_only=True, return_predecessors=True
    )
    return label[source]


def hierarchy(city: City, weight: np.ndarray, areas: dict[str, int] = AREAS) -> np.ndarray:
    """Planning area id of every block.

    Parameters
    ----------
    city : City
    weight : numpy.ndarray
        What the areas share evenly: residents, and a little for land.
    areas : dict
        Number of planning areas of each district.

    Returns
    -------
    numpy.ndarray of str
        8 digits: district 2, Prognoseraum 4, Bezirksregion 6; areas count on through the district.
    """
    net = graph(city)
    district = _districts(city, net)
    ids = np.full(len(city.blocks), "00000000", dtype="U8")
    for d, code in enumerate(DISTRICTS):
        members = np.flatnonzero(district == d)
        forest = _forest(city, net, members)
        rest = _main_part(net, np.setdiff1d(members, forest))
        forest = np.setdiff1d(members, rest)  # with what it cuts off
        wanted = areas[code] - bool(len(forest))
        region_no, area_no = 0, 0
        forecasts = _parts(city, rest, divide(rest, 5, net, city.xy, weight, seed=d))
        sizes = _shares(wanted, [weight[f].sum() for f in forecasts], least=2)
        for f, (forecast, size) in enumerate(zip(forecasts, sizes, strict=True)):
            split = divide(forecast, max(1, round(size / 5)), net, city.xy, weight, 10 * d + f)
            regions = _parts(city, forecast, split)
            counts = _shares(size, [weight[r].sum() for r in regions])
            for region, count in zip(regions, counts, strict=True):
                region_no += 1
                split = divide(region, count, net, city.xy, weight, 100 * d + region_no)
                for area in _parts(city, region, split):
                    area_no += 1
                    ids[area] = f"{code}{10 * (f + 1):02d}{region_no:02d}{area_no:02d}"
        if len(forest):
            ids[forest] = f"{code}60{region_no + 1:02d}{area_no + 1:02d}"
    return ids


def _shares(n: int, weights: list[float], least: int = 1) -> list[int]:
    """Split `n` by weight into whole numbers of at least `least` (largest remainders)."""
    exact = np.maximum(np.array(weights) / sum(weights) * n, least)
    whole = np.floor(exact).astype(int)
    for k in np.argsort(whole - exact)[: max(n - whole.sum(), 0)]:
        whole[k] += 1
    while whole.sum() > n:
        whole[np.argmax(whole)] -= 1
    return [int(k) for k in whole]


def _districts(city: City, net: csr_matrix) -> np.ndarray:
    """Three districts: north of the river, and west and east of it south of the town hall."""
    seeds = [
        int(np.argmin(np.hypot(city.xy[:, 0] - x, city.xy[:, 1] - y)))
        for x, y in ((-2.7, -2.0), (-0.5, 3.4), (3.0, -2.0))
    ]
    distance = dijkstra(graph(city, 40.0), directed=False, indices=seeds)
    label = np.argmin(distance, axis=0)
    return _connected(net, label, np.array(seeds))


def _forest(city: City, net: csr_matrix, members: np.ndarray) -> np.ndarray:
    """The largest connected piece of forest and lake, where there is a big one."""
    wood = members[np.isin(city.use[members], ["forest", "lake"])]
    if not len(wood) or shapely.area(city.blocks[wood]).sum() < 4e6:
        return np.array([], dtype=int)
    return _main_part(net, wood)


def _main_part(net: csr_matrix, members: np.ndarray) -> np.ndarray:
    pieces = connected_components(net[members][:, members], directed=False)[1]
    return members[pieces == np.bincount(pieces).argmax()]


def _parts(city: City, members: np.ndarray, label: np.ndarray) -> list[np.ndarray]:
    """Blocks of each part, from north-west to south-east as official numbering goes."""
    parts = [members[label == k] for k in range(label.max() + 1)]
    return sorted(parts, key=lambda g: float(city.xy[g, 0].mean() - 1.4 * city.xy[g, 1].mean()))


def dissolve(city: City, keys: np.ndarray) -> dict[str, Any]:
    """Union of the blocks of each key, borders unchanged."""
    names, code = np.unique(keys, return_inverse=True)
    order = np.argsort(code, kind="stable")
    splits = np.split(city.blocks[order], np.cumsum(np.bincount(code))[:-1])
    return {
        str(name): shapely.normalize(shapely.coverage_union_all(part))
        for name, part in zip(names, splits, strict=True)
    }
