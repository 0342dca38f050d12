"""Graphs of areas: neighbours are who touches, who is near, who is within reach."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy import sparse

from sozialraum.concentration import as_csr, contiguity, distance_band, k_nearest, row_standardised
from sozialraum.errors import InputError

BOXES = gpd.GeoSeries([shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(3)])


def test_a_queen_moves_over_corners_and_a_rook_does_not():
    assert contiguity(BOXES).sum(axis=1).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert contiguity(BOXES, "rook").sum(axis=1).tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]


def test_neighbours_are_mutual_and_nobody_is_its_own():
    for graph in (contiguity(BOXES), distance_band([[0, 0], [1, 0], [5, 5]], 2)):
        assert (graph != graph.T).nnz == 0
        assert not graph.diagonal().any()


def test_an_area_that_touches_nobody_is_an_island():
    lonely = gpd.GeoSeries([*BOXES, shapely.box(9, 9, 10, 10)])
    assert contiguity(lonely)[[9]].nnz == 0
    assert row_standardised(contiguity(lonely)).sum(axis=1).tolist()[-1] == 0


def test_nearest_neighbours_at_the_same_distance_come_in_the_order_of_rows():
    graph = k_nearest([[0, 0], [1, 0], [-1, 0], [0, 1], [0, 0]], 2)
    assert sorted(graph[[0]].indices) == [1, 4]
    assert graph.sum(axis=1).tolist() == [2] * 5


def test_contiguity_agrees_with_libpysal_on_columbus():
    import libpysal

    columbus = gpd.read_file(libpysal.examples.get_path("columbus.shp"))
    for rule in ("queen", "rook"):
        reference = libpysal.graph.Graph.build_contiguity(columbus, rook=rule == "rook").sparse
        assert abs(contiguity(columbus, rule) - sparse.csr_array(reference)).sum() == 0


def test_rows_add_up_to_one():
    total = row_standardised(k_nearest(np.random.default_rng(0).random((20, 2)), 3)).sum(axis=1)
    assert total == pytest.approx(np.ones(20))


@pytest.mark.parametrize(
    "graph",
    [
        [[0, 1], [1, 0]],
        sparse.csr_array((2, 3)),
        sparse.csr_array([[0, -1.0], [1, 0]]),
        sparse.csr_array([[0, np.nan], [1, 0]]),
    ],
)
def test_what_is_no_graph_is_refused(graph):
    with pytest.raises(InputError):
        as_csr(graph, 2)


def test_there_cannot_be_more_neighbours_than_other_areas():
    with pytest.raises(InputError, match="neighbours"):
        k_nearest([[0, 0], [1, 0]], 2)
