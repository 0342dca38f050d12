"""The generator: deterministic, complete, and true to what it says."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from sozialraum import demo
from sozialraum.demo.districts import AREAS, DISTRICTS
from sozialraum.study import load_study

COMMITTED = Path(__file__).resolve().parents[2] / "data" / "raw" / "demo"


def _digests(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def _layer(folder: Path, name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "lor" / f"lor_{name}.shp")


def test_the_committed_files_are_what_the_generator_writes(musterstadt):
    assert _digests(COMMITTED) == _digests(musterstadt)


def test_two_folders_get_the_same_bytes_and_another_seed_other_people(musterstadt, tmp_path):
    other = demo.generate(tmp_path / "other", seed=demo.SEED + 1)
    assert set(_digests(other)) == set(_digests(musterstadt))
    assert _digests(other)["truth.json"] != _digests(musterstadt)["truth.json"]
    areas = _layer(other, "planungsraeume")
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    assert len(areas) == sum(AREAS.values())


def test_the_files_stay_small(musterstadt):
    assert sum(p.stat().st_size for p in musterstadt.rglob("*") if p.is_file()) < 4_000_000


def test_no_file_carries_the_moment_it_was_made(musterstadt):
    header = (musterstadt / "lor" / "lor_planungsraeume.dbf").read_bytes()[1:4]
    assert tuple(header) == (121, 1, 1)  # 2021-01-01


@pytest.mark.parametrize("layer", ["planungsraeume", "bezirksregionen", "prognoseraeume"])
def test_areas_cover_the_city_without_gap_or_overlap(musterstadt, layer):
    units = _layer(musterstadt, layer)
    assert units.crs.to_epsg() == 25833
    assert units.is_valid.all()
    assert (units.geom_type == "Polygon").all()
    assert shapely.coverage_is_valid(units.geometry.to_numpy())
    whole = units.union_all()
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area == pytest.approx(units.area.sum())


def test_the_hierarchy_is_that_of_the_lor(musterstadt):
    areas = _layer(musterstadt, "planungsraeume")
    regions = _layer(musterstadt, "bezirksregionen")
    forecasts = _layer(musterstadt, "prognoseraeume")
    assert areas["PLR_ID"].str.fullmatch(r"2[123]\d{6}").all()
    assert areas["PLR_ID"].is_unique
    assert areas["PLR_NAME"].is_unique
    assert set(areas["PLR_ID"].str[:6]) == set(regions["BZR_ID"])
    assert set(areas["PLR_ID"].str[:4]) == set(forecasts["PGR_ID"])
    assert areas["PLR_ID"].str[:2].value_counts().to_dict() == AREAS
    assert regions["BZR_NAME"].notna().all()
    assert forecasts["PGR_NAME"].notna().all()
    for _, region in regions.iterrows():
        members = areas[areas["PLR_ID"].str[:6] == region["BZR_ID"]]
        assert members.union_all().symmetric_difference(region.geometry).area < 1


def test_areas_have_the_size_and_shape_of_real_ones(musterstadt):
    areas = _layer(musterstadt, "planungsraeume")
    square_km = areas.area / 1e6
    assert 0.3 < square_km.median() < 1.2
    assert square_km.max() > 5  # the forest
    roundness = 4 * np.pi * areas.area / areas.length**2
    assert 0.3 < roundness.median() < 0.75  # neither circles nor stars
    assert roundness.min() > 0.1


def test_districts_meet_at_the_river(musterstadt):
    districts = gpd.read_file(musterstadt / "bezirke" / "bezirksgrenzen.geojson").to_crs(25833)
    districts = districts.set_index("Gemeinde_name").geometry
    assert set(districts.index) == set(DISTRICTS.values())
    water = gpd.read_file(musterstadt / "layers" / "gewaesser.geojson").set_index("name").geometry
    south = districts["Lindental-Neuhafen"].buffer(1)
    bank = south.intersection(districts["Nordkai-Petersfeld"].buffer(1))
    assert bank.intersection(water["Muster"].buffer(10)).area > 0.9 * bank.area


def test_the_study_loads_and_finds_every_file(musterstadt):
    study = load_study("demo")
    assert study.fictitious
    assert "erfunden" in study.question
    document = json.dumps(study.model_dump(mode="json", by_alias=True), ensure_ascii=False)
    paths = re.findall(r'"([\w./-]+\.(?:csv|shp|geojson))"', document)
    assert len(paths) > 20
    for path in paths:
        assert (musterstadt / path).is_file(), path
    assert len(list(musterstadt.glob(study.counts.ba_workbook))) == 1
    areas = set(_layer(musterstadt, "planungsraeume")["PLR_ID"])
    known = [o for o in study.offices if o.area_id]
    assert [o.area_id in areas for o in known] == [True]
    assert any(o.lon is not None and not o.targets for o in study.offices)
    assert [o.targets for o in study.offices if o.targets] == [("young",)]


def test_offices_lie_in_the_study_district(musterstadt):
    study = load_study("demo")
    district = _layer(musterstadt, "planungsraeume")
    district = district[district["PLR_ID"].str.startswith(study.region.prefix)].union_all()
    placed = [o for o in study.offices if o.lon is not None]
    points = gpd.GeoSeries.from_xy([o.lon for o in placed], [o.lat for o in placed], crs=4326)
    assert points.to_crs(25833).within(district).all()


def test_truth_is_what_the_counts_show(musterstadt):
    truth = demo.truth()
    table = pd.read_csv(
        musterstadt / "mss" / "2023" / "mss_2023_index_indikatoren.csv", dtype={"PLR_ID": str}
    ).set_index("PLR_ID")
    valid = table[table["KOM"] == "gültig"]
    need = pd.Series(truth.need)[valid.index]
    assert need.corr(valid["S3"], method="spearman") > 0.9
    district = valid[valid.index.str.startswith("21")]
    worst = district["S1"].nlargest(8).index
    core = set(truth.hot_spots["Neuhafen"]) | set(truth.hot_spots["Ahornsiedlung"])
    assert set(worst[:3]) <= core
    assert len(core & set(worst)) >= 5
    assert district.loc[sorted(core), "S1"].min() > district["S1"].median()


def test_the_hot_spot_crosses_borders(musterstadt):
    core = demo.truth().hot_spots["Neuhafen"]
    assert len({a[:6] for a in core}) >= 2
    areas = _layer(musterstadt, "planungsraeume").set_index("PLR_ID").loc[list(core)]
    assert areas.union_all().geom_type == "Polygon"


def test_the_best_rooms_reach_the_most_recipients(musterstadt):
    """No other centre of the district has more recipients around it than one of the best three."""
    from sozialraum.sources.ba import read_workbook
    from sozialraum.sources.ewr import read_register
    from sozialraum.sources.grid import read_grid

    counts = read_workbook(next(musterstadt.glob("ba/*.xlsx"))).areas["Regelleistungsberechtigte"]
    residents = read_register(musterstadt / "ewr" / "EWR202412E_Matrix.csv")["population"]
    cells = read_grid(musterstadt / "population_grid" / "population_100m.csv")
    points = gpd.GeoDataFrame(
        cells, geometry=gpd.points_from_xy(cells["x"], cells["y"]), crs="EPSG:25833"
    )
    areas = _layer(musterstadt, "planungsraeume").set_index("PLR_ID")
    joined = points.sjoin(areas[["geometry"]], predicate="within").rename(
        columns={"PLR_ID": "area_id", "index_right": "area_id"}
    )
    people = joined["people"] * (counts / residents).reindex(joined["area_id"]).to_numpy()
    houses = pd.read_csv(musterstadt / "venues" / "stadtteilzentren.csv", sep=";")
    at = gpd.GeoSeries.from_xy(houses["X_Koordinate"], houses["Y_Koordinate"], crs=4326)
    xy = shapely.get_coordinates(at.to_crs(25833))
    reach = {
        name: float(people[np.hypot(joined["x"] - x, joined["y"] - y) < 1000 / 1.23].sum())
        for name, (x, y) in zip(houses["Einrichtungsname"], xy, strict=True)
    }
    district = houses.loc[houses["Bezirk"] == "Lindental-Neuhafen", "Einrichtungsname"]
    others = [reach[n] for n in district if not n.startswith(demo.truth().best_rooms)]
    best = [reach[n] for n in demo.truth().best_rooms]
    assert min(best[:2]) > max(others)
    assert best[2] > np.median(others)


def test_a_cached_city_appears_complete_or_not_at_all(musterstadt, tmp_path, monkeypatch):
    calls = []

    def pretend(folder, *, seed=0):
        calls.append(folder)
        folder.mkdir(parents=True)
        (folder / demo.COMPLETE).write_bytes((musterstadt / demo.COMPLETE).read_bytes())
        return folder

    monkeypatch.setattr(demo, "generate", pretend)
    place = tmp_path / "cache" / "demo"
    place.mkdir(parents=True)  # left behind by something that was interrupted
    (place / "half.csv").write_text("x")
    assert demo._cached(place) == place
    assert (place / demo.COMPLETE).is_file()
    assert not (place / "half.csv").exists()
    assert demo._cached(place) == place
    assert len(calls) == 1
    assert [p.name for p in place.parent.iterdir()] == ["demo"]


@pytest.mark.real_data
def test_no_name_is_one_of_berlins(musterstadt, berlin):
    for layer, column in (
        ("planungsraeume", "PLR_NAME"),
        ("bezirksregionen", "BZR_NAME"),
        ("prognoseraeume", "PGR_NAME"),
    ):
        real = gpd.read_file(berlin / "lor_2021" / f"lor_{layer}_2021.shp", ignore_geometry=True)
        assert not set(_layer(musterstadt, layer)[column]) & set(real[column])
