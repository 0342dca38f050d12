"""Residents per 100 m cell."""

import pyproj
import pytest

from sozialraum.errors import InputError
from sozialraum.sources.grid import read_grid

HEAD = "GITTER_ID_100m;x_mp_100m;y_mp_100m;Einwohner\n"
ROWS = (
    "CRS3035RES100mN3254000E4569400;4569450;3254050;9\n"
    "CRS3035RES100mN3254100E4569300;4569350;3254150;0\n"
    "CRS3035RES100mN3254100E4569400;4569450;3254150;–\n"
)


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "grid.csv"
        path.write_bytes(text.encode())
        return path

    return write


def test_cells_with_people_are_placed_in_the_metric_crs(write):
    frame = read_grid(write(HEAD + ROWS))
    assert frame.index.tolist() == ["CRS3035RES100mN3254000E4569400"]
    assert frame["people"].tolist() == [9]
    back = pyproj.Transformer.from_crs("EPSG:25833", "EPSG:3035", always_xy=True)
    x, y = back.transform(frame["x"].iloc[0], frame["y"].iloc[0])
    assert (round(x, 3), round(y, 3)) == (4569450, 3254050)


def test_cells_left_out_are_told(write):
    assert read_grid(write(HEAD + ROWS)).attrs["notes"] == [
        "grid.csv: 1 Rasterzelle ohne Einwohner ausgelassen.",
        "grid.csv: 1 Rasterzelle mit verborgener Zahl ausgelassen.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4569450;3254050", "3254050;4569450", "contradict its id"),
        ("N3254100E4569300;4569350", "N3254000E4569400;4569350", "stands twice"),
        ("CRS3035RES100mN3254000E4569400", "100mN32540E45694", "no grid cell"),
        ("Einwohner", "Bewohner", "no column like"),
        (";9\n", ";viele\n", "row 2, column Einwohner"),
        (";9\n", "\n", "not well formed"),
        (";9\n", ";-9\n", "no count"),
        ("4569450;3254050", "x;3254050", "Not every cell"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(write, old, new, message):
    with pytest.raises(InputError, match=message):
        read_grid(write((HEAD + ROWS).replace(old, new)))


def test_a_grid_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "grid.csv"
    path.write_bytes((HEAD + ROWS).encode("cp1252"))
    with pytest.raises(InputError, match="UTF-8"):
        read_grid(path)


@pytest.mark.real_data
def test_the_grid_of_berlin_holds_its_residents(berlin):
    frame = read_grid(berlin / "population_grid/population_100m_berlin.csv")
    assert len(frame) == 42_683
    assert round(frame["people"].sum() / 1e6, 2) == 3.76
    assert frame["x"].between(370_000, 415_800).all()
    assert frame["y"].between(5_799_500, 5_837_300).all()
