"""Walking distances on a street network, as shortest paths by scipy.

Lines become a graph whose nodes are their vertices: ways that share a vertex are connected, ways
that only cross (a bridge over a road) are not. Long segments are divided so that a place snaps to
a point near it. Nobody walks on a motorway, so such classes are left out; small fragments that are
cut off from the rest are left out too, because a place that snaps to one would look unreachable.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from sozialraum.errors import InputError, StudyError

BARRIERS = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
"""Classes of OpenStreetMap ways on which nobody walks (in Germany)."""


@dataclass(frozen=True)
class Network:
    """A street network for walking.

    Attributes
    ----------
    xy : numpy.ndarray
        Shape (n, 2), nodes in metres of the metric CRS.
    graph : scipy.sparse.csr_matrix
        Shape (n, n), symmetric, lengths in metres of the segments.
    length : float
        Length of all ways in the graph, metres.
    dropped : float
        Length of fragments that were left out because they are cut off, metres.
    components : int
        Number of connected parts that are kept; more than 1 means that some places cannot reach
        each other.
    """

    xy: NDArray[np.float64]
    graph: sparse.csr_matrix
    length: float
    dropped: float
    components: int


def read_streets(path: Path, *, metric_crs: str = "EPSG:25833") -> gpd.GeoDataFrame:
    """Read street lines from GeoPackage, GeoParquet, GeoJSON, a shapefile or an OSM extract.

    Parameters
    ----------
    path : pathlib.Path
        The file. Of an OpenStreetMap extract (``.osm.pbf``, ``.osm``) the ways with a `highway`
        tag are taken, without those on which walking is forbidden or private; the tag becomes the
        column `fclass`, as in the extracts of Geofabrik.
    metric_crs : str
        Projected CRS of the result.

    Raises
    ------
    InputError
        The file is missing, has no CRS or no lines.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> street = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (300, 0)])], crs="EPSG:25833")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "streets.gpkg"
    ...     street.to_file(path)
    ...     read_streets(path).length.tolist()
    [300.0]
    """
    if not path.is_file():
        raise InputError("The street network is missing", where=str(path))
    if path.suffix == ".parquet":
        streets = gpd.read_parquet(path)
    elif path.suffix in {".pbf", ".osm"}:
        streets = gpd.read_file(path, layer="lines").rename(columns={"highway": "fclass"})

        def says(key: str, *values: str) -> pd.Series:
            pattern = f'"{key}"=>"(?:{"|".join(values)})"'
            return streets["other_tags"].str.contains(pattern, na=False)

        closed = says("access", "no", "private") & ~says("foot", "yes", "designated", "permissive")
        closed |= says("foot", "no", "private")
        streets = streets[streets["fclass"].notna() & ~closed]
    else:
        streets = gpd.read_file(path)
    if streets.crs is None:
        raise InputError("The street network names no CRS", where=str(path))
    lines = streets.geom_type.isin(["LineString", "MultiLineString"])
    if not lines.any():
        raise InputError("The street network has no lines", where=str(path))
    return streets[lines].to_crs(metric_crs)


def build_network(
    streets: gpd.GeoDataFrame,
    *,
    class_column: str | None = "fclass",
    barriers: Collection[str] = BARRIERS,
    step: float = 25.0,
    least_share: float = 0.01,
) -> Network:
    """Make a walking graph of street lines.

    Parameters
    ----------
    streets : geopandas.GeoDataFrame
        Lines in a projected CRS in metres. One-way rules are for vehicles and are ignored.
    class_column : str, optional
        Column with the class of a way; None: all lines can be walked.
    barriers : collection of str
        Classes that are left out.
    step : float
        Segments are divided to be at most this long, metres.
    least_share : float
        Connected parts with less than this share of the whole length are dropped.

    Returns
    -------
    Network

    Raises
    ------
    InputError
        The CRS is not in metres, the class column is missing, or nothing is left to walk on.

    Examples
    --------
    >>> streets = gpd.GeoDataFrame(
    ...     {"fclass": ["footway", "footway", "motorway"]}, crs="EPSG:25833",
    ...     geometry=[shapely.LineString([(0, 0), (100, 0)]),
    ...               shapely.LineString([(100, 0), (100, 100)]),
    ...               shapely.LineString([(0, 0), (100, 100)])])
    >>> net = build_network(streets)
    >>> net.length, network_distance(net, [[0, 0]], [[100, 100]]).round(3).tolist()
    (200.0, [[200.0]])
    """
    if streets.crs is None or not streets.crs.is_projected:
        raise InputError(
            f"The street network is in {streets.crs or 'an unknown CRS'}",
            expected="a projected CRS in metres",
        )
    if class_column is not None:
        if class_column not in streets:
            raise InputError(
                f"The street network has no column {class_column!r} with the class of a way",
                expected=", ".join(map(str, streets.columns)),
            )
        streets = streets[~streets[class_column].isin(list(barriers))]
    lines = shapely.get_parts(streets.geometry.to_numpy())
    lines = lines[~shapely.is_empty(lines)]
    if not len(lines):
        raise InputError("No way of the street network can be walked on")
    xy, ends = _vertices(lines, step)
    metres = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)

    def matrix(ends: NDArray[np.intp], metres: NDArray[np.float64], n: int) -> sparse.csr_matrix:
        both = (np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]]))
        return sparse.csr_matrix((np.concatenate([metres, metres]), both), shape=(n, n))

    part = csgraph.connected_components(matrix(ends, metres, len(xy)), directed=False)[1]
    per_part = np.bincount(part[ends[:, 0]], metres)
    large = np.flatnonzero(per_part >= least_share * per_part.sum())
    keep = np.isin(part, large)
    fresh = np.cumsum(keep) - 1
    used = keep[ends[:, 0]]
    return Network(
        xy=xy[keep],
        graph=matrix(fresh[ends[used]], metres[used], int(keep.sum())),
        length=float(metres[used].sum()),
        dropped=float(metres[~used].sum()),
        components=len(large),
    )


def _vertices(
    lines: NDArray[np.object_], step: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Nodes (n, 2) and segments between them (m, 2), none longer than `step`."""
    at, line = shapely.get_coordinates(lines, return_index=True)
    # Ways are connected where they share a vertex; a centimetre absorbs the projection's rounding.
    key, node = np.unique(np.rint(at * 100).astype(np.int64), axis=0, return_inverse=True)
    node, xy = node.ravel(), key / 100.0
    along = (line[1:] == line[:-1]) & (node[1:] != node[:-1])
    ends = np.sort(np.stack([node[:-1][along], node[1:][along]], axis=1), axis=1)
    ends = np.unique(ends, axis=0)
    # The points that divide a long segment belong to it alone: where two ways cross without a
    # common vertex, one is a bridge.
    metres = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    parts = np.maximum(np.ceil(metres / step), 1).astype(np.intp)
    segment = np.repeat(np.arange(len(ends)), parts)
    first = np.cumsum(parts) - parts
    k = np.arange(len(segment)) - first[segment]
    inner = k < parts[segment] - 1
    share = ((k + 1) / parts[segment])[inner, None]
    a, b = xy[ends[segment[inner], 0]], xy[ends[segment[inner], 1]]
    head = ends[segment, 1].copy()
    head[inner] = len(xy) + np.arange(inner.sum())
    tail = np.where(k == 0, ends[segment, 0], np.roll(head, 1))
    return np.concatenate([xy, a + share * (b - a)]), np.stack([tail, head], axis=1)


def snap(
    network: Network, places: ArrayLike, *, maximum: float = 150.0
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Nearest node of each place.

    Parameters
    ----------
    network : Network
        The graph.
    places : array of shape (n, 2)
        x, y in metres.
    maximum : float
        A place further away from every node has no access to the network.

    Returns
    -------
    node : numpy.ndarray
        Number of the node, -1 without access.
    metres : numpy.ndarray
        Straight line to the node, `inf` without access.

    Examples
    --------
    >>> way = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (50, 0)])], crs="EPSG:25833")
    >>> net = build_network(way, class_column=None)
    >>> node, metres = snap(net, [[50, 10], [0, 999]])
    >>> net.xy[node[0]].tolist(), metres.tolist(), int(node[1])
    ([50.0, 0.0], [10.0, inf], -1)
    """
    places = np.asarray(places, float).reshape(-1, 2)
    metres, node = KDTree(network.xy).query(places, distance_upper_bound=np.nextafter(maximum, 9e9))
    metres = np.asarray(metres)
    return np.where(np.isinf(metres), -1, node).astype(np.intp), metres


def network_distance(
    network: Network,
    units: ArrayLike,
    rooms: ArrayLike,
    *,
    maximum: float = np.inf,
    snap_within: float = 150.0,
) -> NDArray[np.float64]:
    """Walking distance from every unit to every room.

    Parameters
    ----------
    network : Network
        The graph.
    units, rooms : array of shape (n, 2), (m, 2)
        x, y in metres.
    maximum : float
        Longer ways are not searched and count as unreachable.
    snap_within : float
        Largest distance between a place and the network; see `snap`.

    Returns
    -------
    numpy.ndarray
        Shape (n, m), metres along the streets including the ways to and from the network; `inf`
        where there is no connection, no access, or none within `maximum`. Never shorter than the
        straight line (less the 1 cm to which nodes are rounded).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> street = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (300, 0), (300, 400)])], crs=25833)
    >>> network = build_network(street, class_column=None)
    >>> network_distance(network, [[0, 0]], [[300, 400]]).round().tolist()
    [[700.0]]
    """
    if not maximum > 0:
        raise StudyError(f"The maximum distance is {maximum}", expected="metres above 0")
    start, before = snap(network, rooms, maximum=snap_within)
    end, after = snap(network, units, maximum=snap_within)
    result = np.full((len(end), len(start)), np.inf)
    sources, position = np.unique(start[start >= 0], return_inverse=True)
    reachable = np.flatnonzero(end >= 0)
    if not sources.size or not reachable.size:
        return result
    ways = csgraph.dijkstra(network.graph, directed=False, indices=sources, limit=maximum)
    total = ways[position][:, end[reachable]].T + before[start >= 0] + after[reachable, None]
    result[np.ix_(reachable, np.flatnonzero(start >= 0))] = total
    # Two places at one node: the straight line between them is the shorter and the true way.
    a, b = np.asarray(units, float).reshape(-1, 2), np.asarray(rooms, float).reshape(-1, 2)
    same = (end[:, None] == start) & (end[:, None] >= 0)
    result[same] = np.hypot(a[:, None, 0] - b[:, 0], a[:, None, 1] - b[:, 1])[same]
    result[result > maximum] = np.inf
    return result


def measured_detour(
    network: Network, places: ArrayLike, *, shortest: float = 200.0, longest: float = 1200.0
) -> NDArray[np.float64]:
    """Walked distance / straight line for all pairs of places within a range.

    Parameters
    ----------
    network : Network
        The graph.
    places : array of shape (n, 2)
        x, y in metres, e.g. a sample of addresses or of nodes.
    shortest, longest : float
        Straight lines that are considered, metres.

    Returns
    -------
    numpy.ndarray
        The factors of all connected pairs, sorted; their median is a detour factor.

    Examples
    --------
    >>> corner = shapely.LineString([(0, 0), (300, 0), (300, 400)])
    >>> streets = gpd.GeoDataFrame(geometry=[corner], crs="EPSG:25833")
    >>> network = build_network(streets, class_column=None)
    >>> measured_detour(network, [[0, 0], [300, 400]]).round(2).tolist()
    [1.4]
    """
    places = np.asarray(places, float).reshape(-1, 2)
    i, j = np.triu_indices(len(places), 1)
    straight = np.hypot(*(places[i] - places[j]).T)
    near = (straight >= shortest) & (straight <= longest)
    walked = network_distance(network, places, places, maximum=6 * longest)[i[near], j[near]]
    factor = walked / straight[near]
    return np.sort(factor[np.isfinite(factor)])
