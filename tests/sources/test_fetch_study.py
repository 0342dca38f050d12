"""A study's files from services over loopback: the same frames as from the files themselves."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

import sozialraum as sr
from sozialraum.areas import read_areas
from sozialraum.cli import main
from sozialraum.demo import folder as demo_data
from sozialraum.errors import InputError, StudyError
from sozialraum.sources import catalogue
from sozialraum.sources.fetch.client import Client
from sozialraum.sources.fetch.study import fetch_study
from sozialraum.study import load_study
from tests.support.services import MAINTENANCE, Layer, Services, berlin, serve, table

GRID = "population_grid/population_100m.csv"
MSS = "mss/2025/mss_2025_index_indikatoren.csv"
DISTRICT = "charlottenburg-wilmersdorf"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def client() -> Client:
    return Client(sleep=lambda s: None, pause=0.0, connect=2.0, read=5.0, tries=2)


def mirror_of(folder: Path) -> Services:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    return Services({f"/mirror/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in files})


def states(outcomes) -> dict[str, str]:
    return {o.path: o.state for o in outcomes}


# --- generated data ---


@pytest.fixture(scope="module")
def study():
    return load_study("demo", fictitious=False)


@pytest.fixture
def mirror():
    with serve(mirror_of(demo_data())) as running:
        yield running


def test_a_study_that_makes_its_own_data_has_nothing_to_fetch(tmp_path):
    with pytest.raises(StudyError, match="makes its own data"):
        fetch_study(load_study("demo"), tmp_path)


def test_what_is_fetched_reads_like_what_is_served_and_twice_is_once(study, mirror, tmp_path):
    urls = {"mirror": mirror.url + "/mirror"}
    first = fetch_study(study, tmp_path, client=client(), urls=urls)
    assert set(states(first).values()) == {"new"}
    direct, fetched = (read_areas(study, folder) for folder in (demo_data(), tmp_path))
    columns = [c for c in direct.areas if c != "geometry"]
    assert_frame_equal(pd.DataFrame(direct.areas[columns]), pd.DataFrame(fetched.areas[columns]))
    before = len(mirror.requests)
    again = fetch_study(study, tmp_path, client=client(), urls=urls)
    assert set(states(again).values()) == {"unchanged"}
    assert all("If-None-Match" in h for _, _, h in mirror.requests[before:] if ".shp" in _)


@pytest.mark.parametrize(
    ("path", "spoil", "words"),
    [
        (GRID, lambda b: b.replace(b"Einwohner", b"Insgesamt"), "Einwohner"),
        (MSS, lambda b: b.replace(b"PLR_ID", b"RAUM"), "PLR_ID"),
        (MSS, lambda b: b.replace(b"S3", b"S9"), "S3"),
        ("venues/osm_libraries.csv", lambda b: MAINTENANCE, ""),
    ],
)  # fmt: skip
def test_a_changed_schema_leaves_the_old_file(study, mirror, tmp_path, path, spoil, words):
    urls = {"mirror": mirror.url + "/mirror"}
    (tmp_path / path).parent.mkdir(parents=True)
    good = mirror.files[f"/mirror/{path}"]
    (tmp_path / path).write_bytes(good)
    mirror.files[f"/mirror/{path}"] = spoil(good)
    (outcome,) = fetch_study(study, tmp_path, client=client(), urls=urls, only=[path])
    assert outcome.state == "failed"
    assert words in outcome.detail
    assert (tmp_path / path).read_bytes() == good


def test_without_a_service_the_files_are_named_that_have_to_be_put_there(study, tmp_path):
    outcomes = fetch_study(study, tmp_path, client=client())
    assert set(states(outcomes).values()) == {"missing"}


def test_offline_says_what_is_there(mirror, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SOZIALRAUM_URL_MIRROR", mirror.url + "/mirror")
    assert main(["fetch", DISTRICT, "--data", str(tmp_path), "--offline"]) == 5
    out = capsys.readouterr().out
    assert "failed     lor_2021/lor_planungsraeume_2021.shp" in out
    assert not mirror.requests


def day_care(**attributes) -> Services:
    record = {"e_nr": "01", "e_name": "Haus", "e_bez": "Mitte", "e_plz": "10115", "e_hnr": "1"}
    record |= {
        "e_strasse": "Weg",
        "t_name": "Verein",
        "t_art": "freier",
        "e_tel": "0",
        **attributes,
    }
    point = {"type": "Point", "coordinates": [390_000.0, 5_820_000.0]}
    feature = {"type": "Feature", "properties": record, "geometry": point}
    return Services(layers={"kita:kita": Layer([feature])})


def test_a_source_that_the_study_does_not_read_can_be_fetched_by_its_id(study, tmp_path):
    with serve(day_care()) as running:
        urls = {"gdi": running.url + "/wfs"}
        outcomes = fetch_study(study, tmp_path, client=client(), urls=urls, sources=["kita"])
    assert states(outcomes) == {"venues/kitas.geojson": "new"}
    text = (tmp_path / "venues/kitas.geojson").read_text(encoding="utf-8")
    assert "Verein" in text
    assert "e_tel" not in text  # contact data stays where it is


def test_a_name_that_nobody_verified_is_said_where_the_schema_differs(study, tmp_path):
    rows = [{"plr_id": "01010101", "plr_name": "A", "arbeitslose": 1.0}]
    services = Services(layers={"mss_2019:mss2019_indexind_447": table(rows)})
    with serve(services) as running:
        urls = {"gdi": running.url + "/wfs"}
        outcomes = fetch_study(study, tmp_path, client=client(), urls=urls, sources=["mss_2019"])
    assert set(states(outcomes).values()) == {"failed"}
    other_count, no_layer = outcomes
    assert "The layer has 1 features" in other_count.detail
    assert "Feature type unknown" in no_layer.detail
    for outcome in outcomes:
        assert "could not verify the name" in outcome.detail
        assert "mss_2019?service=WFS&request=GetCapabilities" in outcome.detail
    assert not (tmp_path / "mss").exists()


def test_a_source_without_a_service_is_told_with_its_page(study, tmp_path):
    with pytest.raises(StudyError, match="No service offers the source 'stadtteilzentren'"):
        fetch_study(study, tmp_path, client=client(), sources=["stadtteilzentren"])


def test_every_download_belongs_to_a_source_and_a_service_that_can_be_overridden():
    downloads = [d for source in catalogue.all().values() for d in source.fetch]
    assert {d.service for d in downloads} == set(catalogue.services())
    assert all(url.startswith("https://") for url in catalogue.services().values())
    assert len({d.to for d in downloads}) == len(downloads)


# --- the real services, from the publishers' files ---


@pytest.fixture(scope="module")
def official(request):
    folder = request.getfixturevalue("berlin")
    with serve(berlin(folder)) as running:
        yield running


def addresses(services: Services) -> dict[str, str]:
    return {
        "gdi": services.url + "/wfs",
        "afs": services.url + "/afs",
        "mirror": services.url + "/mirror",
    }


@pytest.fixture(scope="module")
def fetched(official, tmp_path_factory):
    """The district's inputs, fetched from the services."""
    root = tmp_path_factory.mktemp("raw")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        outcomes = fetch_study(
            load_study(DISTRICT), root, client=client(), urls=addresses(official)
        )
    assert {o.detail for o in outcomes if o.state != "new"} == set()
    return root


@pytest.mark.real_data
def test_the_fetched_district_is_the_district(fetched, request):
    study = load_study(DISTRICT)
    direct = read_areas(study, request.getfixturevalue("berlin"))
    ours = read_areas(study, fetched)
    assert_geodataframe_equal(direct.areas, ours.areas, check_less_precise=True, normalize=True)
    for name in direct.editions:
        assert_frame_equal(direct.editions[name], ours.editions[name])
    for name in direct.classes:
        assert_frame_equal(direct.classes[name], ours.classes[name])
    for name in direct.context:
        assert_frame_equal(direct.context[name], ours.context[name])


@pytest.mark.real_data
def test_the_fetched_rooms_are_the_rooms(fetched, request):
    from sozialraum.sources.grid import read_grid
    from sozialraum.sources.venues import read_venues

    study = load_study(DISTRICT)
    folder = request.getfixturevalue("berlin")
    for file in study.venues.files:
        theirs, ours = (read_venues(root / file.path, file) for root in (folder, fetched))
        keys = ["source_id", "name", "x", "y"]
        assert_frame_equal(
            theirs.sort_values(keys, ignore_index=True), ours.sort_values(keys, ignore_index=True)
        )
    assert_frame_equal(*(read_grid(root / study.venues.grid) for root in (folder, fetched)))


@pytest.mark.real_data
def test_a_renamed_column_is_named_and_the_old_file_stays(official, fetched, tmp_path):
    path = "mss/2025/mss_2025_index_indikatoren.csv"
    (tmp_path / path).parent.mkdir(parents=True)
    shutil.copy(fetched / path, tmp_path / path)
    layer = official.layers["mss_2025:mss2025_indexind_542"]
    before = layer.features
    good = (tmp_path / path).read_bytes()
    layer.features = [
        {**f, "properties": {("ewr" if k == "ew" else k): v for k, v in f["properties"].items()}}
        for f in before
    ]
    try:
        study = load_study(DISTRICT)
        (outcome,) = fetch_study(
            study, tmp_path, client=client(), urls=addresses(official), only=["mss/2025/*"]
        )
    finally:
        layer.features = before
    assert outcome.state == "failed"
    assert "no longer has the attribute 'ew'" in outcome.detail
    assert "renamed to 'ewr'" in outcome.detail
    assert (tmp_path / path).read_bytes() == good


def test_the_grid_of_the_census_is_cut_to_the_study_from_its_archive(tmp_path):
    import zipfile

    from sozialraum.sources.fetch.convert import write_grid
    from sozialraum.sources.grid import read_grid

    archive, to = tmp_path / "grid.zip", tmp_path / "grid.csv"
    lines = ["GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner;werterlaeuternde_Zeichen"]
    for east in (4550000, 4560000, 4570000):
        lines.append(f"CRS3035RES100mN3270000E{east};{east + 50};3270050;17;")
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("Zensus2022_Bevoelkerungszahl_100m-Gitter.csv", "\n".join(lines))
        packed.writestr("Zensus2022_Bevoelkerungszahl_1km-Gitter.csv", "a;b")
    write_grid(archive, to, (4555000, 3260000, 4575000, 3280000))
    assert read_grid(to)["people"].tolist() == [17.0, 17.0]
    with pytest.raises(InputError, match="no cell in the study's area"):
        write_grid(archive, to, (0, 0, 1, 1))
    archive.write_bytes(MAINTENANCE)
    with pytest.raises(InputError, match="no zip archive"):
        write_grid(archive, to, None)


# --- the howto's variant with the grid of the Zensus, on generated data ---


def zensus_archive(grid: bytes) -> bytes:
    """The publisher's archive: three widths of cells, and cells far outside of the study."""
    packed = io.BytesIO()
    header = grid.split(b"\n")[0]
    far = b"CRS3035RES100mN2700000E4000000;4000050;2700050;7"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Zensus2022_Bevoelkerungszahl_10km-Gitter.csv", header + b"\n")
        archive.writestr("Zensus2022_Bevoelkerungszahl_1km-Gitter.csv", header + b"\n")
        whole = grid.rstrip(b"\n") + b"\n" + far + b"\n"
        archive.writestr("Zensus2022_Bevoelkerungszahl_100m-Gitter.csv", whole)
    return packed.getvalue()


def test_a_study_with_the_grid_of_the_zensus_is_fetched_checked_and_run(tmp_path, demo_run):
    study = tmp_path / "zensus.yaml"
    study.write_text(
        "extends: demo\nname: zensus\nfictitious: false\n"
        "venues: {grid: population_grid/zensus_2022_100m.csv, grid_source: zensus_2022}\n",
        encoding="utf-8",
    )
    services = mirror_of(demo_data())
    grid = services.files.pop(f"/mirror/{GRID}")
    services.files["/destatis/Zensus2022_Bevoelkerungszahl.zip"] = zensus_archive(grid)
    data = tmp_path / "daten"
    with serve(services) as running:
        urls = [f"destatis={running.url}/destatis", f"mirror={running.url}/mirror"]
        call = ["fetch", str(study), "--data", str(data)]
        assert main([*call, *(word for url in urls for word in ("--url", url))]) == 0
    there = (data / "population_grid/zensus_2022_100m.csv").read_bytes().split(b"\n")
    assert set(filter(None, there)) == set(filter(None, grid.split(b"\n")))  # none from far away
    shutil.copytree(demo_data() / "ba", data / "ba")  # handed over by the Bundesagentur
    assert main(["check", str(study), "--data", str(data)]) == 0
    run = sr.run(study, data=data)
    same = ["target", "p", "order", "site_id", "reached"]
    assert_frame_equal(run.presence[same], demo_run.presence[same])
    assert "Zensus 2022" in " ".join(s.attribution for s in run.content.info.sources)
