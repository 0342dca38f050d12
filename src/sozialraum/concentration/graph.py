"""Who is whose neighbour: graphs of areas as sparse matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse

from sozialraum.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike


def neighbours(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    kind: Literal["queen", "rook", "k_nearest", "distance_band"] = "queen",
    *,
    k: int = 6,
    band: float = 1500.0,
) -> sparse.csr_array:
    """The graph that a study asks for.

    Parameters
    ----------
    areas : geopandas.GeoSeries or GeoDataFrame
        Polygons of one coverage in a metric CRS. Distances are between points inside them.
    kind : {'queen', 'rook', 'k_nearest', 'distance_band'}
        See `contiguity`, `k_nearest` and `distance_band`.
    k : int
        Number of neighbours, with `k_nearest`.
    band : float
        Metres, with `distance_band`.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        1 for neighbours. An area without neighbours (possible except with `k_nearest`) is an
        empty row: an island, which local statistics leave without a value.

    Raises
    ------
    InputError
        No such kind, or as many neighbours as areas.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> row = gpd.GeoSeries([shapely.box(x, 0, x + 1, 1) for x in range(4)])
    >>> [int(neighbours(row, kind, k=1, band=2).nnz) for kind in ("queen", "k_nearest",
    ...                                                           "distance_band")]
    [6, 4, 10]
    """
    if kind in ("queen", "rook"):
        return contiguity(areas, kind)  # type: ignore[arg-type]
    points = areas.geometry.representative_point()
    xy = np.column_stack([points.x, points.y])
    if kind == "k_nearest":
        return k_nearest(xy, k)
    if kind == "distance_band":
        return distance_band(xy, band)
    raise InputError(
        f"There is no graph {kind!r}",
        expected="'queen', 'rook', 'k_nearest' or 'distance_band'",
    )


def contiguity(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, rule: Literal["queen", "rook"] = "queen"
) -> sparse.csr_array:
    """Areas that share a point (queen) or a line (rook).

    Parameters
    ----------
    areas : geopandas.GeoSeries or GeoDataFrame
        Polygons of one coverage, in any CRS.
    rule : {'queen', 'rook'}

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        1 for neighbours, symmetric, empty diagonal. An area without neighbours is an empty row.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> four = gpd.GeoSeries([shapely.box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)])
    >>> contiguity(four).sum(axis=1).tolist(), contiguity(four, "rook").sum(axis=1).tolist()
    ([3.0, 3.0, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0])
    """
    import shapely

    shapes = areas.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    if rule == "rook":
        shared = shapely.length(shapely.intersection(shapes[first], shapes[second]))
        first, second = first[shared > 0], second[shared > 0]
    elif rule != "queen":
        raise InputError(f"There is no contiguity {rule!r}", expected="'queen' or 'rook'")
    n = len(shapes)
    half = sparse.csr_array((np.ones(len(first)), (first, second)), shape=(n, n))
    return (half + half.T).tocsr()


def k_nearest(xy: ArrayLike, k: int) -> sparse.csr_array:
    """The k nearest areas of each area, by the distance of their points.

    Parameters
    ----------
    xy : array of shape (n, 2)
        Metres.
    k : int
        Below n. Points at the same distance are taken in the order of their rows.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        1 for neighbours; not symmetric in general.

    Raises
    ------
    InputError
        k is not between 1 and n − 1.

    Examples
    --------
    >>> k_nearest([[0, 0], [10, 0], [30, 0]], 1).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
    """
    points = np.asarray(xy, dtype=float)
    n = len(points)
    if not 0 < k < n:
        raise InputError(f"k = {k} neighbours of {n} areas", expected="0 < k < number of areas")
    near = np.empty((n, k), dtype=np.intp)
    step = max(1, 4_000_000 // n)
    for start in range(0, n, step):
        block = points[start : start + step]
        squared = ((block[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
        squared[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        near[start : start + step] = np.argsort(squared, axis=1, kind="stable")[:, :k]
    return sparse.csr_array(
        (np.ones(n * k), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n)
    )


def distance_band(xy: ArrayLike, radius: float) -> sparse.csr_array:
    """Areas whose points are at most `radius` metres apart.

    Parameters
    ----------
    xy : array of shape (n, 2)
        Metres.
    radius : float
        Metres. Areas without another one within it are empty rows (islands).

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        1 for neighbours, symmetric, empty diagonal.

    Examples
    --------
    >>> distance_band([[0, 0], [10, 0], [30, 0]], 15).sum(axis=1).tolist()
    [1.0, 1.0, 0.0]
    """
    from scipy.spatial import cKDTree

    points = np.asarray(xy, dtype=float)
    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray")
    ones = np.ones(len(pairs))
    half = sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    return (half + half.T).tocsr()


def as_csr(graph: Any, n: int | None = None) -> sparse.csr_array:
    """A graph as CSR matrix, whatever it came as.

    Parameters
    ----------
    graph : scipy sparse matrix or array, libpysal Graph or W
        A libpysal object is taken in the order of its own ids.
    n : int, optional
        Number of areas it must have.

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)
        Weights above 0; entries of 0 are dropped, repeated ones added up.

    Raises
    ------
    InputError
        No graph, not square, a wrong size, a negative or missing weight.

    Examples
    --------
    >>> as_csr(sparse.coo_array(([1.0, 1.0], ([0, 1], [1, 0])))).toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if not sparse.issparse(graph):
        graph = getattr(graph, "sparse", graph)
    if not sparse.issparse(graph):
        raise InputError(
            f"{type(graph).__name__} is no graph",
            expected="a scipy sparse matrix or libpysal Graph",
        )
    matrix: sparse.csr_array = sparse.csr_array(graph.tocsr(), dtype=float)
    matrix.sum_duplicates()
    if matrix.shape[0] != matrix.shape[1] or (n is not None and matrix.shape[0] != n):
        raise InputError(
            f"The graph has shape {matrix.shape}",
            expected=f"one row and column for each of the {n or 'same'} areas",
        )
    if not (np.isfinite(matrix.data).all() and (matrix.data >= 0).all()):
        raise InputError("The graph has a negative or missing weight")
    matrix.eliminate_zeros()
    return matrix


def row_standardised(graph: Any) -> sparse.csr_array:
    """Weights of each row add up to 1; an area without neighbours keeps an empty row.

    ``wᵢⱼ / Σⱼ wᵢⱼ`` (Anselin 1988, Spatial Econometrics, 3.1).

    Parameters
    ----------
    graph : scipy sparse matrix, libpysal Graph or W

    Returns
    -------
    scipy.sparse.csr_array, shape (n, n)

    Examples
    --------
    >>> star = sparse.csr_array([[0, 1, 1], [1, 0, 0], [0, 0, 0]])
    >>> row_standardised(star).toarray().tolist()
    [[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    matrix = as_csr(graph)
    total = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    return (sparse.diags_array(scale) @ matrix).tocsr()
