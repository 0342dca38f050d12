"""Delimited text as people publish it."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError
from sozialraum.sources.tables import area_ids, decode, read_table, require

PLAIN = "PLR_ID;PLR_NAME\n04100101;Jungfernheide\n04100102;Schloßstraße\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encoding_delimiter_and_line_ends_do_not_matter(write, encoding, delimiter, newline):
    text = PLAIN.replace(";", delimiter).replace("\n", newline)
    frame = read_table(write(text.encode(encoding)), columns=("PLR_ID", "PLR_NAME"))
    assert frame["PLR_NAME"].tolist() == ["Jungfernheide", "Schloßstraße"]
    assert frame["PLR_ID"].tolist() == ["04100101", "04100102"]
    assert frame.index.tolist() == [2, 3]


def test_an_encoding_other_than_utf8_is_said(write):
    frame = read_table(write(PLAIN.encode("cp1252")))
    assert frame.attrs["notes"] == ["table.csv: Zeichensatz cp1252 erkannt."]


def test_control_characters_that_were_windows_dashes_become_dashes():
    assert decode("Stephans \x96 Laden".encode(), where="x") == ("Stephans – Laden", "utf-8")


@pytest.mark.parametrize("content", [b"a;b\n\0\0;1\n", b"\x81\x8d\xff\xfe;\n1;2", b"\xff\xfea"])
def test_binary_content_is_no_table(write, content):
    with pytest.raises(InputError, match="no text file"):
        read_table(write(content))


def test_column_names_may_be_lower_case(write):
    frame = read_table(write(PLAIN.replace("PLR", "plr")), columns=("PLR_ID",))
    assert "PLR_ID" in frame


def test_a_missing_column_is_named_with_the_nearest_one(write):
    with pytest.raises(InputError, match="Did you mean 'PLR_NAME'"):
        read_table(write(PLAIN), columns=("PLRNAME",))


def test_a_file_without_header_is_recognised(write):
    with pytest.raises(InputError, match="seems to have no header"):
        read_table(write("11501341,Karlshorst,11\n7601340,Ring,7\n"), columns=("PLR_ID",))


def test_a_file_without_header_is_read_with_given_names(write):
    frame = read_table(write("11501341,Karlshorst\n7601340,Ring\n"), names=("id", "name"))
    assert frame["id"].tolist() == ["11501341", "7601340"]
    assert frame.index.tolist() == [1, 2]


def test_an_unquoted_comma_in_text_is_mended_and_told(write):
    text = "id,name,district\n1,Dorf,Ost\n2,Malchow, Warten und Berg,Ost\n"
    frame = read_table(write(text))
    assert frame["name"].tolist() == ["Dorf", "Malchow, Warten und Berg"]
    assert frame["district"].tolist() == ["Ost", "Ost"]
    assert "Zeile 3" in frame.attrs["notes"][0]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,n\n1,Dorf,5\n2,Malchow,Berg,6\n",  # no blank: any comma could be the text's
        "id, name, n\n1, Dorf, 5\n2, Malchow, Berg, 6\n",  # blanks behind every delimiter
        "id;name;n\n1;Dorf;5\n2;Berg\n",
    ],
)
def test_a_row_with_a_wrong_number_of_fields_is_an_error_with_its_line(write, text):
    with pytest.raises(InputError, match="line 3"):
        read_table(write(text))


def test_an_unclosed_quotation_mark_does_not_swallow_the_file(write):
    with pytest.raises(InputError, match="quotation"):
        read_table(write('id;name\n1;"Dorf\n2;Berg\n'))


def test_blank_lines_count_but_are_no_rows(write):
    frame = read_table(write("id;n\n\n1;2\n;\n3;4\n"))
    assert frame.index.tolist() == [3, 5]


def test_quoted_line_breaks_keep_the_line_numbers(write):
    frame = read_table(write('id;n\n1;"a\nb"\n2;c\n'))
    assert frame.index.tolist() == [2, 4]


@pytest.mark.parametrize("text", ["id;n\n", "", "\n\n"])
def test_a_table_without_rows_is_an_error_unless_it_may_be_empty(write, text):
    with pytest.raises(InputError):
        read_table(write(text))


def test_a_header_without_rows_may_be_accepted(write):
    assert len(read_table(write("id;n\n"), may_be_empty=True)) == 0


def test_a_repeated_column_is_an_error(write):
    with pytest.raises(InputError, match="stands twice"):
        read_table(write("id;id\n1;2\n"))


def test_a_file_beyond_the_limit_is_refused(write):
    with pytest.raises(InputError, match="at most"):
        read_table(write(PLAIN), limit=10)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_there_is_a_table_or_one_clear_error(content):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(b"id;n\n" + content)
        try:
            frame = read_table(path)
        except InputError:
            return
        assert list(frame.columns) == ["id", "n"]


ids = st.lists(
    st.builds(lambda d, r: f"{d:02d}{r:06d}", st.integers(1, 12), st.integers(0, 999999)),
    min_size=1,
    unique=True,
)


@settings(max_examples=100, deadline=None)
@given(ids, st.sampled_from([int, float, lambda t: str(int(t)), lambda t: f"{int(t)}.0"]))
def test_ids_that_a_spreadsheet_made_numbers_come_back(complete, spoil):
    found, notes = area_ids(pd.Series([spoil(t) for t in complete]), digits=8, where="x.csv")
    assert found.tolist() == complete
    assert bool(notes) == any(t.startswith("0") for t in complete)


def test_complete_ids_are_left_alone():
    found, notes = area_ids(pd.Series(["04100101"]), digits=8, where="x.csv")
    assert (found.tolist(), notes) == (["04100101"], [])


def test_a_short_id_among_ids_that_kept_their_zero_is_not_guessed():
    with pytest.raises(InputError, match="not certain"):
        area_ids(pd.Series(["04100101", "4100102"]), digits=8, where="x.csv")


def test_a_true_number_among_texts_cannot_have_kept_its_zero():
    found, _ = area_ids(pd.Series(["04100101", 4100102], dtype=object), digits=8, where="x.csv")
    assert found.tolist() == ["04100101", "04100102"]


def test_a_filled_id_must_not_exist_already():
    with pytest.raises(InputError, match="not certain"):
        area_ids(pd.Series(["14100101", "04100101", 4100101]), digits=8, where="x.csv")


def test_a_filled_id_must_be_one_of_the_area_list():
    with pytest.raises(InputError, match="not certain"):
        area_ids(pd.Series([4100102]), digits=8, where="x.csv", known=["04100101"])


@pytest.mark.parametrize("wrong", ["", None, "410010", "041001012", "0410010a", "٠٤١٠٠١٠١", 1.5])
def test_what_is_no_id_is_an_error_with_its_row(wrong):
    with pytest.raises(InputError, match="row 1"):
        area_ids(pd.Series(["04100101", wrong], dtype=object), digits=8, where="x.csv")


def test_require_keeps_the_spelling_that_was_asked_for():
    assert list(require(pd.DataFrame({"plr_id": ["1"]}), ["PLR_ID"], where="x")) == ["PLR_ID"]
