"""People at places and the units that may be published."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.access.demand import (
    assign_cells,
    demand_units,
    largest_remainder,
    merge_notes,
    place_people,
    placement_notes,
)
from sozialraum.access.units import PREFIX, merge_error, merge_units
from sozialraum.errors import InputError

CRS = "EPSG:25833"
QUICK = settings(max_examples=25, deadline=None)


def city(columns: int = 3, rows: int = 2, side: int = 600) -> gpd.GeoDataFrame:
    """A city of square areas."""
    boxes = [
        shapely.box(c * side, r * side, (c + 1) * side, (r + 1) * side)
        for r in range(rows)
        for c in range(columns)
    ]
    ids = [f"{k:08d}" for k in range(1, len(boxes) + 1)]
    return gpd.GeoDataFrame(geometry=boxes, index=pd.Index(ids, name="area_id"), crs=CRS)


def grid(seed: int, share: float = 0.7, columns: int = 3, rows: int = 2) -> pd.DataFrame:
    """Inhabited 100 m cells of that city."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(50.0, columns * 600, 100), np.arange(50.0, rows * 600, 100))
    cells = pd.DataFrame({"x": x.ravel(), "y": y.ravel()})
    cells["population"] = rng.integers(3, 200, len(cells))
    return cells[rng.random(len(cells)) < share].reset_index(drop=True)


totals = st.lists(
    st.one_of(st.just(np.nan), st.integers(0, 900).map(float)), min_size=6, max_size=6
)


@given(everybody=totals, families=totals, seed=st.integers(0, 99), minimum=st.integers(1, 12))
@QUICK
def test_units_keep_every_total_and_hold_none_or_the_minimum(everybody, families, seed, minimum):
    areas = city()
    targets = {
        "everybody": pd.Series(everybody, areas.index),
        "families": pd.Series(families, areas.index),
    }
    units = demand_units(assign_cells(grid(seed), areas), areas, targets, minimum_count=minimum)
    for name, total in targets.items():
        figure = units[PREFIX + name]
        assert ((figure == 0) | (figure >= minimum) | figure.isna()).all()
        assert (figure.dropna() % 1 == 0).all()
        sums = figure.groupby(units["area_id"]).sum(min_count=1)
        publishable = total[total >= minimum]
        assert (sums.reindex(publishable.index) == publishable).all()
        withheld = total.index[total.isna() | ((total > 0) & (total < minimum))]
        assert figure[units["area_id"].isin(withheld)].isna().all()


@given(everybody=totals, seed=st.integers(0, 99))
@QUICK
def test_no_unit_of_the_shaping_group_is_empty_and_all_lie_in_their_area(everybody, seed):
    areas = city()
    targets = {"everybody": pd.Series(everybody, areas.index)}
    units = demand_units(assign_cells(grid(seed), areas), areas, targets)
    assert (units["people_everybody"] >= 3).all()
    frames = areas.bounds.loc[units["area_id"]]
    assert (units["x"].to_numpy() >= frames["minx"].to_numpy()).all()
    assert (units["x"].to_numpy() <= frames["maxx"].to_numpy()).all()
    assert (units["y"].to_numpy() >= frames["miny"].to_numpy()).all()
    assert (units["y"].to_numpy() <= frames["maxy"].to_numpy()).all()
    assert (units[["x", "y"]] % 1 == 0).all(axis=None)
    assert units.index.is_unique
    assert units.index.str[:8].tolist() == units["area_id"].tolist()


@given(seed=st.integers(0, 999))
@settings(max_examples=10, deadline=None)
def test_the_order_of_cells_and_areas_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    areas, cells = city(), grid(seed)
    targets = {
        "everybody": pd.Series(rng.integers(0, 600, 6).astype(float), areas.index),
        "families": pd.Series(rng.integers(0, 60, 6).astype(float), areas.index),
    }
    first = demand_units(assign_cells(cells, areas), areas, targets)
    mixed = areas.sample(frac=1, random_state=seed)
    again = demand_units(
        assign_cells(cells.sample(frac=1, random_state=seed), mixed),
        mixed,
        {k: v.sample(frac=1, random_state=seed) for k, v in targets.items()},
    )
    pd.testing.assert_frame_equal(first, again)


@given(
    total=st.lists(st.integers(0, 5000), min_size=1, max_size=5),
    members=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 99)), min_size=1, max_size=40),
)
@QUICK
def test_shared_out_persons_add_up_and_differ_from_the_quota_by_less_than_one(total, members):
    groups = sorted({g % len(total) for g, _ in members})
    group = np.array([groups.index(g % len(total)) for g, _ in members])
    total, weight = np.array(total[: len(groups)], float), np.array([w for _, w in members], float)
    given_ = largest_remainder(total, group, weight)
    assert (np.bincount(group, given_, minlength=len(total)) == total).all()
    for g in range(len(total)):
        share = weight[group == g]
        share = share if share.sum() else np.ones_like(share)
        assert (np.abs(given_[group == g] - total[g] * share / share.sum()) < 1).all()


def test_a_withheld_total_places_nobody_and_is_not_zero():
    areas = city()
    targets = {"everybody": pd.Series({"00000001": 90.0, "00000002": np.nan})}
    placed = place_people(assign_cells(grid(1), areas), areas, targets)
    assert placed.loc[placed["area_id"] == "00000002", "people_everybody"].isna().all()
    assert set(merge_units(placed)["area_id"]) == {"00000001"}


def test_an_area_with_people_but_without_cells_is_represented_by_a_point_inside():
    areas = city()
    cells = grid(1)
    cells = cells[(cells["x"] > 600) | (cells["y"] > 600)]
    targets = {"everybody": pd.Series(50.0, areas.index)}
    placed = place_people(assign_cells(cells, areas), areas, targets)
    units = merge_units(placed, crs=CRS)
    alone = units[units["area_id"] == "00000001"]
    assert alone["people_everybody"].tolist() == [50]
    assert alone.geometry.within(areas.geometry["00000001"]).all()
    assert "00000001" in str(placement_notes(placed, units))


def test_a_cell_in_the_water_goes_to_the_nearest_area_and_one_far_out_to_none():
    areas = city(columns=1, rows=1)
    cells = pd.DataFrame({"x": [300, 640, 900], "y": [300, 300, 300], "population": [10, 20, 30]})
    found = assign_cells(cells, areas, tolerance=150)
    assert found["population"].tolist() == [10, 20]
    assert found["moved"].tolist() == [0, 40]


def test_cells_across_the_border_are_not_drawn_into_the_region():
    areas = city()
    region = ["00000001"]
    found = assign_cells(grid(2), areas, region=region, tolerance=500)
    assert set(found["area_id"]) == set(region)
    assert found["x"].max() < 600
    assert found["y"].max() < 600
    whole = assign_cells(grid(2), areas)
    pd.testing.assert_frame_equal(
        found, whole[whole["area_id"] == "00000001"].reset_index(drop=True)
    )


def test_a_centre_on_a_common_border_goes_to_the_smaller_id():
    areas = city(columns=2, rows=1)
    cells = pd.DataFrame({"x": [600], "y": [300], "population": [10]})
    assert assign_cells(cells, areas[::-1])["area_id"].tolist() == ["00000001"]


def test_totals_of_unknown_areas_and_negative_totals_are_refused():
    areas = city()
    cells = assign_cells(grid(1), areas)
    with pytest.raises(InputError, match="not studied"):
        place_people(cells, areas, {"everybody": pd.Series({"99": 1.0})})
    with pytest.raises(InputError, match="negative"):
        place_people(cells, areas, {"everybody": pd.Series({"00000001": -1.0})})
    with pytest.raises(InputError, match="lacks"):
        assign_cells(pd.DataFrame({"x": [1.0]}), areas)


def test_units_of_an_area_do_not_depend_on_which_other_areas_are_studied():
    areas, cells = city(), grid(4)
    targets = {"everybody": pd.Series(70.0, areas.index)}
    placed = place_people(assign_cells(cells, areas), areas, targets)
    whole = merge_units(placed)
    for id_ in areas.index:
        alone = merge_units(placed[placed["area_id"] == id_])
        pd.testing.assert_frame_equal(alone, whole[whole["area_id"] == id_])


def test_merging_nothing_makes_no_error():
    areas, cells = city(), grid(3)
    targets = {"everybody": pd.Series(50_000.0, areas.index)}
    placed = place_people(assign_cells(cells, areas), areas, targets)
    units = merge_units(placed)
    assert len(units) == len(placed)
    assert merge_error(placed, units, [[300, 300], [1500, 900]], radius=400) == 0


def test_the_notes_say_what_was_moved_and_how_large_the_error_of_merging_is():
    areas, cells = city(), grid(5)
    cells.loc[0, ["x", "y"]] = [-40.0, 300.0]
    found = assign_cells(cells, areas)
    residents = found.groupby("area_id")["population"].sum()
    placed = place_people(found, areas, {"everybody": pd.Series(60.0, areas.index)})
    units = merge_units(placed)
    register = residents.astype(float) * [1, 1, 1, 1, 1, 2]
    notes = placement_notes(
        placed,
        units,
        register,
        names={"00000006": "St. Georg am See"},
    )
    rooms = pd.DataFrame({"x": [300, 900], "y": [300, 300]})
    reach = {"radius": 400, "detour": 1.23, "titles": {"everybody": "Alle"}}
    notes += merge_notes(placed, units, rooms, **reach)
    assert merge_notes(placed, units, rooms[:0], **reach) == []
    text = str(notes)
    assert "1 Rasterzelle mit Mittelpunkt außerhalb" in text
    assert "höchstens 40 m" in text
    assert "Personen im Register: St. Georg am See (00000006) 0,50" in text
    each = merge_error(placed, units, [[300, 300], [900, 300]], radius=400, each=True)
    assert len(each) == 2
    assert f"Alle {100 * np.abs(each).mean():.2f}".replace(".", ",") in text
    together = merge_error(placed, units, [[300, 300]], radius=400)
    assert together == pytest.approx(each[0])


@pytest.mark.real_data
def test_district_keeps_its_people_and_merging_errs_by_a_thousandth_at_most(berlin):
    from pyproj import Transformer

    areas = gpd.read_file(berlin / "lor_2021" / "lor_planungsraeume_2021.shp")
    areas = areas.set_index("PLR_ID")[["geometry"]].rename_axis("area_id")
    table = pd.read_csv(berlin / "population_grid" / "population_100m_berlin.csv", sep=";")
    project = Transformer.from_crs("EPSG:3035", CRS, always_xy=True)
    x, y = project.transform(table["x_mp_100m"].to_numpy(), table["y_mp_100m"].to_numpy())
    cells = pd.DataFrame({"x": x, "y": y, "population": table["Einwohner"]})

    whole = assign_cells(cells, areas)
    assert whole["population"].sum() == cells["population"].sum()
    assert (whole["moved"] > 0).sum() < 0.01 * len(cells)

    region = areas[areas.index.str.startswith("04")]
    cells = assign_cells(cells, areas, region=list(region.index))
    residents = cells.groupby("area_id")["population"].sum().reindex(region.index).fillna(0)
    # Made-up shares: the totals only need a realistic size (a tenth, children a sixtieth).
    targets = {"everybody": (residents / 10).round(), "families": (residents / 60).round()}
    placed = place_people(cells, region, targets)
    units = merge_units(placed, crs=CRS)
    assert units["people_everybody"].sum() == targets["everybody"].sum()
    rng = np.random.default_rng(0)
    errors = {name: [] for name in targets}
    for _ in range(40):
        rooms = cells[["x", "y"]].to_numpy()[rng.choice(len(cells), 6, replace=False)]
        for name in targets:
            errors[name].append(abs(merge_error(placed, units, rooms, target=name)))
    assert np.mean(errors["everybody"]) < 0.001
    assert np.mean(errors["families"]) < 0.003
