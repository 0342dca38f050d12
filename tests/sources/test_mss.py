"""Monitoring Soziale Stadtentwicklung, in the editions' layouts."""

import pytest

from sozialraum.errors import InputError
from sozialraum.sources.mss import read_classes, read_context, read_indicators

HEAD = "ZEIT,PLR_ID,PLR_NAME,EW,BEZ_ID,S1,S2,S3,S4,KOM\n"
ROWS = (
    '202412,"99100102",Beispielweg,1540,"99",0.0,22.167,3.694,0.0,gültig\n'
    '202412,"99100101",Musterallee,3580,"99",3.118,20.863,8.017,16.033,gültig\n'
    "202412,99100103,Gleisfeld,61,99,,,,,ungültig\n"
)


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "mss.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_an_edition_is_indexed_by_sorted_text_ids(write):
    frame = read_indicators(write(HEAD + ROWS))
    assert frame.index.tolist() == ["99100101", "99100102", "99100103"]
    assert frame.columns.tolist() == [
        "name", "population", "S1", "S2", "S3", "S4", "valid", "valid_text",
    ]  # fmt: skip
    assert frame.loc["99100101", "S1"] == 3.118
    assert frame.attrs["reference_date"] == "2024-12-31"


def test_a_published_zero_stays_zero(write):
    frame = read_indicators(write(HEAD + ROWS))
    assert frame.loc["99100102", ["S1", "S4"]].tolist() == [0, 0]


def test_an_area_left_out_has_no_values(write):
    frame = read_indicators(write(HEAD + ROWS))
    assert frame.loc["99100103", ["S1", "S2", "S3", "S4"]].isna().all()
    assert not frame.loc["99100103", "valid"]
    assert frame.loc["99100103", "population"] == 61


def test_no_data_codes_never_become_values(write):
    frame = read_indicators(write(HEAD + ROWS.replace(",,,,,ung", ",-9999,-9999,-9999,-9999,ung")))
    assert frame.loc["99100103", ["S1", "S2", "S3", "S4"]].isna().all()
    assert frame.attrs["markers"] == {"-9999": 4}


def test_lower_case_columns_and_other_writings_give_the_same(write):
    plain = read_indicators(write(HEAD + ROWS))
    german = HEAD.lower().replace(",", ";") + ROWS.replace(",", ";").replace(".", ",")
    other = read_indicators(write(german.replace("\n", "\r\n"), "cp1252"))
    assert other.equals(plain)


def test_decimals_of_three_digits_are_no_thousands(write):
    rows = "202412;99100101;A;1000;99;3,118;20,863;8,017;16,033;gültig\n"
    frame = read_indicators(write(HEAD.replace(",", ";") + rows))
    assert frame.loc["99100101", "S1"] == 3.118


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("202412,99100103", "202312,99100103", "same month"),
        ("99100103", "99100101", "stands 2 times"),
        (",ungültig", ",vielleicht", "KOM"),
        ("3.694", "369.4", "percentage"),
        ("3.694", "viel", "column S3"),
        ("3.694", '"3,694"', "Point and comma"),
        ("1540", "-5", "count"),
        ("KOM", "KOMM", "Did you mean 'KOMM'"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(write, old, new, message):
    with pytest.raises(InputError, match=message):
        read_indicators(write((HEAD + ROWS).replace(old, new)))


CLASSES = (
    "ZEIT,PLR_ID,PLR_NAME,EW,SI_N,SI_V,DI_N,DI_V,KOM\n"
    "202412,99100101,A,3580,4,sehr niedrig,5,negativ,gültig\n"
    "202412,99100102,B,61,-9999,ohne Zuordnung,-9999,ohne Zuordnung,ungültig (EW unter 300)\n"
)


def test_classes_are_words_and_absent_where_none_was_assigned(write):
    frame = read_classes(write(CLASSES))
    assert frame.loc["99100101", ["status_class", "dynamics_class"]].tolist() == [
        "sehr niedrig",
        "negativ",
    ]
    assert frame.loc["99100102", ["status_class", "dynamics_class"]].isna().all()
    assert frame.loc["99100102", "valid_text"] == "ungültig (EW unter 300)"


@pytest.mark.parametrize(("old", "new"), [("4,sehr", "3,sehr"), ("5,neg", "2,neg")])
def test_a_class_that_contradicts_its_words_is_refused(write, old, new):
    with pytest.raises(InputError, match="is no class"):
        read_classes(write(CLASSES.replace(old, new)))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("edition", "indicators", "valid", "date"),
    [
        ("2021", ["S1", "S3", "S4", "D1", "D3", "D4"], 536, "2020-12-31"),
        ("2023", ["S1", "S2", "S3", "S4"], 536, "2022-12-31"),
        ("2025", ["S1", "S2", "S3", "S4"], 535, "2024-12-31"),
    ],
)
def test_all_published_editions_are_read_alike(berlin, edition, indicators, valid, date):
    frame = read_indicators(berlin / f"mss/{edition}/mss_{edition}_index_indikatoren.csv")
    assert len(frame) == 542
    assert set(indicators) == {c for c in frame if c[0] in "SD" and c[1:].isdigit()}
    assert frame["valid"].sum() == valid
    assert frame.loc[~frame["valid"], indicators].isna().all(axis=None)
    assert frame.loc[frame["valid"], indicators].notna().all(axis=None)
    assert frame.attrs["reference_date"] == date


@pytest.mark.real_data
def test_the_population_of_an_uninhabited_area_may_be_missing(berlin):
    frame = read_indicators(berlin / "mss/2021/mss_2021_index_indikatoren.csv")
    assert frame["population"].isna().sum() == 1
    assert not frame.loc["03400831", "valid"]
    assert frame.loc["10100205", "valid_text"] == "ungültig (Ausreißer)"


@pytest.mark.real_data
def test_the_published_classes_of_2021_have_their_published_numbers(berlin):
    frame = read_classes(berlin / "mss/2021/mss_2021_indizes.csv")
    assert frame["status_class"].value_counts().to_dict() == {
        "hoch": 75, "mittel": 366, "niedrig": 46, "sehr niedrig": 49,
    }  # fmt: skip
    assert frame["dynamics_class"].value_counts().to_dict() == {
        "positiv": 48, "stabil": 436, "negativ": 52,
    }  # fmt: skip
    assert frame["status_class"].isna().sum() == 6
    district = frame[frame.index.str.startswith("04")]
    assert district.index[district["status_class"] == "sehr niedrig"].tolist() == ["04100102"]
    assert "niedrig" not in set(district["status_class"])
    assert district.index[district["status_class"].isna()].tolist() == ["04400725"]


@pytest.mark.real_data
def test_youth_unemployment_has_zeros_that_look_like_suppression(berlin):
    frame = read_context(berlin / "mss/2021/mss_2021_kontext_indikatoren.csv")
    assert (frame["KI_01"] == 0).sum() == 56
    assert frame.loc["04400831", "KI_03"] == 1.27
    assert "KI_08" not in frame  # no value in the whole edition


@pytest.mark.real_data
def test_masked_counts_of_2025_are_left_for_need_to_interpret(berlin):
    frame = read_indicators(berlin / "mss/2025/mss_2025_index_indikatoren.csv")
    assert frame.loc["04400831", ["S1", "S4"]].tolist() == [0, 0]
    assert frame.loc["04200207", "S4"] == 0
