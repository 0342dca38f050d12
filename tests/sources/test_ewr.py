"""The resident register, in both layouts."""

from itertools import pairwise

import pandas as pd
import pytest

from sozialraum.errors import InputError
from sozialraum.sources.ewr import age_sum, read_register

FINE = [0, 1, 2, 3, 5, 6, 7, 8, 10, 12, 14, 15, 18, 21, 25, 27, 30, 35, 40, 45, 50, 55, 60, 63]
FINE += [65, 67, 70, 75, 80, 85, 90, 95, 110]
PAIRS = list(pairwise(FINE))
COARSE = "E_EU1;E_E1U6;E_E6U15;E_E15U18;E_E18U25;E_E25U55;E_E55U65;E_E65U80;E_E80U110"


def matrix(ids=("99100101", "01020304"), *, fine=True, raumid=True) -> str:
    """Two areas in the official layout; each age group holds as many people as its first age."""
    head = ["ZEIT", *(["RAUMID"] if raumid else []), "BEZ", "PGR", "BZR", "PLR", "STADTRAUM"]
    head += ["E_E", "E_EM", "E_EW"]
    head += [f"E_E{lo:02d}_{hi:02d}" for lo, hi in PAIRS] if fine else []
    lines = [";".join([*head, COARSE])]
    for area in ids:
        parts = [area[i : i + 2] for i in (0, 2, 4, 6)]
        row = [
            "202412",
            *([area] if raumid else []),
            *parts,
            "1",
            str(sum(FINE[:-1])),
            "400",
            "500",
        ]
        row += [str(lo) for lo, _ in PAIRS] if fine else []

        borders = [0, 1, 6, 15, 18, 25, 55, 65, 80, 110]
        coarse = [sum(lo for lo, _ in PAIRS if a <= lo < b) for a, b in pairwise(borders)]
        lines.append(";".join([*row, *map(str, coarse)]))
    return "\r\n".join(lines) + "\r\n"


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8-sig"):
        path = tmp_path / "EWR202412E_Matrix.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_the_official_matrix_is_read_with_mark_semicolons_and_crlf(write):
    frame = read_register(write(matrix()))
    assert frame.index.tolist() == ["01020304", "99100101"]
    assert frame.attrs["reference_date"] == "2024-12-31"
    assert (frame["population"] == sum(FINE[:-1])).all()
    assert (frame["female"] == 500).all()
    assert [c for c in frame if c.startswith("age_")] == [f"age_{lo}_{hi}" for lo, hi in PAIRS]
    assert (frame["from_15_to_27"] == 15 + 18 + 21 + 25).all()
    assert (frame["under_65"] + frame["from_65"] == frame["population"]).all()


def test_an_id_is_put_together_from_its_four_parts(write):
    text = matrix(raumid=False).replace("\r\n01;02;03;04", "\r\n1;2;3;4")
    text = text.replace("202412;01;02;03;04", "202412;1;2;3;4")
    assert read_register(write(text)).index.tolist() == ["01020304", "99100101"]


def test_parts_that_contradict_the_whole_id_are_refused(write):
    with pytest.raises(InputError, match="contradicts"):
        read_register(write(matrix().replace("202412;99100101", "202412;99100102")))


def test_a_lost_zero_in_raumid_is_given_back(write):
    frame = read_register(write(matrix().replace("202412;01020304", "202412;1020304")))
    assert "01020304" in frame.index
    assert any("führende Null" in note for note in frame.attrs["notes"])


def test_only_coarse_groups_give_what_they_can_and_no_more(write):
    frame = read_register(write(matrix(fine=False)))
    assert (frame["under_15"] == age_sum(frame, 0, 15)).all()
    assert "from_15_to_27" not in frame
    with pytest.raises(InputError, match="from 15 to under 27"):
        age_sum(frame, 15, 27)


def test_ages_that_do_not_add_up_are_told(write):
    total = str(sum(FINE[:-1]))
    frame = read_register(write(matrix().replace(f";{total};", f";{int(total) + 3};", 1)))
    assert "In 1 Gebiet weicht" in frame.attrs["notes"][0]


T2 = (
    "id,inhabitants,inhabitants_age_below_6,inhabitants_age_6_15,inhabitants_age_15_18,"
    "inhabitants_age_18_27,inhabitants_age_27_65,inhabitants_age_above_65,inhabitants_female,"
    "inhabitants_percentage,inhabitants_age_below_6_percentage\n"
    "99100101,100,6,9,3,12,50,20,51,100.0,6.0\n"
)


def test_english_tables_give_the_same_columns(write):
    frame = read_register(write(T2, "utf-8"))
    assert frame.loc["99100101", ["under_15", "from_15_to_27", "from_15_to_65"]].tolist() == [
        15,
        15,
        65,
    ]
    assert frame.loc["99100101", "from_65"] == 20
    assert not [c for c in frame if "percentage" in c]


def test_a_missing_age_group_makes_its_sums_missing(write):
    frame = read_register(write(T2.replace(",9,3,", ",,3,"), "utf-8"))
    assert frame[["under_15", "under_65"]].isna().all(axis=None)
    assert frame.loc["99100101", "from_65"] == 20


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("inhabitants_age_15_18", "inhabitants_age_16_18", "leave a gap at 16"),
        ("inhabitants_age_15_18", "inhabitants_age_14_18", "overlap at 14"),
        ("inhabitants_age_above_65", "inhabitants_old", "end at 65"),
        ("99100101,100", "99100101,12.5", "no count"),
        ("id,inhabitants,", "id,people,", "no column 'inhabitants'"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(write, old, new, message):
    with pytest.raises(InputError, match=message):
        read_register(write(T2.replace(old, new), "utf-8"))


def test_age_sum_needs_borders_at_both_ends():
    frame = pd.DataFrame({"age_0_6": [5.0], "age_6_15": [9.0]})
    with pytest.raises(InputError, match="borders are 0, 6, 15"):
        age_sum(frame, 0, 10)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("year", "rows", "district"),
    [(2018, 447, None), (2020, 448, 341_392), (2022, 542, 341_155), (2024, 542, 343_500)],
)
def test_residents_of_the_district_are_the_published_ones(berlin, year, rows, district):
    ages = read_register(berlin / f"ewr/ewr_{year}-12-31_t2_plr.csv")
    background = read_register(berlin / f"ewr/ewr_{year}-12-31_t1_plr.csv")
    assert len(ages) == rows
    assert ages["population"].equals(background["population"])
    assert (ages["under_65"] + ages["from_65"] == ages["population"]).all()
    if district:
        assert ages.loc[ages.index.str.startswith("04"), "population"].sum() == district
