"""Walking on a street network."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sozialraum.access.network import (
    build_network,
    measured_detour,
    network_distance,
    read_streets,
    snap,
)
from sozialraum.errors import InputError

CRS = "EPSG:25833"


def streets(*lines: tuple[str, list[tuple[float, float]]], crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"fclass": [kind for kind, _ in lines]},
        geometry=[shapely.LineString(points) for _, points in lines],
        crs=crs,
    )


def test_the_way_round_a_block_is_measured_along_its_streets():
    block = build_network(
        streets(("residential", [(0, 0), (200, 0), (200, 100)]), ("footway", [(0, 0), (0, 100)]))
    )
    way = network_distance(block, [[0, 100]], [[200, 100], [0, 100]])
    assert way.tolist() == [[pytest.approx(400), 0.0]]


def test_nobody_walks_on_a_motorway():
    roads = streets(
        ("footway", [(0, 0), (100, 0)]),
        ("motorway", [(100, 0), (200, 0)]),
        ("footway", [(200, 0), (300, 0)]),
    )
    assert np.isinf(network_distance(build_network(roads), [[0, 0]], [[300, 0]])).all()
    open_ = build_network(roads, barriers=())
    assert network_distance(open_, [[0, 0]], [[300, 0]])[0, 0] == pytest.approx(300)


def test_a_bridge_that_only_crosses_a_road_is_not_a_junction():
    cross = build_network(
        streets(("primary", [(-99, 0), (99, 0)]), ("footway", [(0, -99), (0, 99)]))
    )
    assert cross.components == 2
    assert np.isinf(network_distance(cross, [[-99, 0]], [[0, 99]], snap_within=10)).all()


def test_a_place_far_from_every_street_is_unreachable():
    net = build_network(streets(("footway", [(0, 0), (100, 0)])))
    assert snap(net, [[50, 151]], maximum=150)[0].tolist() == [-1]
    way = network_distance(net, [[50, 151], [0, 0]], [[100, 0]])
    assert way.tolist() == [[np.inf], [100.0]]
    assert np.isinf(network_distance(net, [[0, 0]], [[100, 0]], maximum=99)).all()


def test_a_place_snaps_to_the_middle_of_a_long_street():
    net = build_network(streets(("residential", [(0, 0), (1000, 0)])))
    way = network_distance(net, [[500, 0]], [[250, 0]])
    assert way[0, 0] == pytest.approx(250)


def test_a_fragment_that_is_cut_off_is_dropped_and_reported():
    net = build_network(streets(("footway", [(0, 0), (2000, 0)]), ("footway", [(0, 50), (10, 50)])))
    assert net.dropped == pytest.approx(10)
    assert net.components == 1


def test_degrees_and_missing_classes_are_refused():
    with pytest.raises(InputError, match="projected"):
        build_network(streets(("footway", [(13.3, 52.5), (13.4, 52.5)]), crs="EPSG:4326"))
    with pytest.raises(InputError, match="highway"):
        build_network(streets(("footway", [(0, 0), (9, 0)])), class_column="highway")
    with pytest.raises(InputError, match="walked"):
        build_network(streets(("motorway", [(0, 0), (9, 0)])))


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_streets_are_read_from_every_common_format(tmp_path, suffix):
    lines = streets(("footway", [(390_000, 5_820_000), (390_100, 5_820_000)]))
    path = tmp_path / f"streets{suffix}"
    if suffix == ".parquet":
        lines.to_parquet(path)
    else:
        lines.to_crs("EPSG:4326").to_file(path)
    assert build_network(read_streets(path)).length == pytest.approx(100, abs=0.05)


def test_an_openstreetmap_extract_gives_the_ways_that_are_open_for_walking(tmp_path):
    def way(number: int, nodes: str, *tags: str) -> str:
        refs = "".join(f'<nd ref="{n}"/>' for n in nodes.split())
        pairs = "".join('<tag k="{}" v="{}"/>'.format(*t.split("=")) for t in tags)
        return f'<way id="{number}" version="1">{refs}{pairs}</way>'

    path = tmp_path / "extract.osm"
    nodes = "".join(
        f'<node id="{n}" version="1" lat="{52.5 + n / 1000}" lon="13.3"/>' for n in range(1, 7)
    )
    path.write_text(
        '<?xml version="1.0"?><osm version="0.6">'
        + nodes
        + way(1, "1 2", "highway=footway")
        + way(2, "2 3", "highway=service", "access=private")
        + way(3, "3 4", "highway=path", "foot=no")
        + way(4, "4 5", "waterway=river")
        + way(5, "5 6", "highway=track", "foot=yes", "access=no")
        + "</osm>",
        encoding="utf-8",
    )
    ways = read_streets(path)
    assert sorted(ways["fclass"]) == ["footway", "track"]
    assert build_network(ways).length == pytest.approx(2 * 111.2, abs=1)


def test_points_instead_of_streets_are_refused(tmp_path):
    gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS).to_file(tmp_path / "p.gpkg")
    with pytest.raises(InputError, match="no lines"):
        read_streets(tmp_path / "p.gpkg")
    with pytest.raises(InputError, match="missing"):
        read_streets(tmp_path / "none.gpkg")


@pytest.mark.real_data
def test_moabit_is_one_connected_network_with_a_plausible_detour(berlin):
    lines = read_streets(berlin / "network" / "moabit_roads_osm_2019-12.gpkg")
    net = build_network(lines)
    assert net.components == 1
    assert net.dropped < 0.05 * net.length
    # Away from the edge of the extract, where ways are cut off.
    low, high = net.xy.min(axis=0) + 600, net.xy.max(axis=0) - 600
    inner = net.xy[((net.xy > low) & (net.xy < high)).all(axis=1)]
    places = inner[np.random.default_rng(0).choice(len(inner), 120, replace=False)]
    factor = measured_detour(net, places)
    assert factor[0] >= 1 - 1e-4
    # An island between river, canals and railway: more than the 1.23 of Charlottenburg.
    assert 1.2 < np.median(factor) < 1.4
