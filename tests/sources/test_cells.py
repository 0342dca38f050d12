"""What stands in a cell, and what it means."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.errors import InputError
from sozialraum.sources.cells import BA, COUNTS, MEASURES, POINT, Dialect, decimal_sign, parse_cells

BLANKS = [" ", "\u00a0", "\u202f", "\u2009"]
counts = st.integers(0, 10**9)


def value(cell, dialect=BA):
    return parse_cells([cell], dialect)["value"].iloc[0]


def grouped(number: int, sign: str) -> str:
    return f"{number:,}".replace(",", sign)


@settings(max_examples=200, deadline=None)
@given(counts, st.sampled_from([*BLANKS, ".", ",", "'", ""]))
def test_a_count_is_the_same_however_its_thousands_are_written(number, sign):
    assert value(grouped(number, sign)) == number


@settings(max_examples=100, deadline=None)
@given(
    counts,
    st.sampled_from([".", " ", "\u202f", ""]),
    st.sampled_from([" 1)", "1)", " 12)", " (2)", "¹", "²⁾", " ³⁾", " a)"]),
)
def test_a_footnote_mark_is_no_digit_of_the_number(number, sign, mark):
    assert value(grouped(number, sign) + mark) == number


@settings(max_examples=200, deadline=None)
@given(st.floats(0.0001, 99999, allow_nan=False), st.sampled_from([*BLANKS, ""]), st.booleans())
def test_a_measure_is_the_same_with_decimal_comma_or_point(number, blank, negative):
    text = f"{number:.4f}"
    sign, factor = (f"-{blank}{blank}", -1) if negative else ("", 1)
    expected = factor * float(text)
    assert value(sign + text, MEASURES) == expected
    assert value(sign + text.replace(".", ","), MEASURES) == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=12), st.text("0123456789.,- *)x¹²", max_size=9))))
def test_whatever_stands_there_ends_in_a_result_or_in_one_clear_error(cells):
    try:
        result = parse_cells(cells, BA)
    except InputError:
        return
    known = result["value"].notna()
    assert (result.loc[known, "lo"] == result.loc[known, "value"]).all()
    assert (result.loc[known, "value"] >= 0).all()


def test_a_withheld_count_is_never_zero():
    cells = parse_cells(["*", "* 1)"], BA)
    assert cells["value"].isna().all()
    assert (cells["lo"] == 1).all()
    assert cells["hi"].isna().all()


def test_a_publisher_that_hides_only_one_and_two_bounds_what_is_hidden():
    cells = parse_cells(["*"], BA.hiding_only_small())
    assert cells.loc[0, ["lo", "hi"]].tolist() == [1, 2]


@pytest.mark.parametrize("dash", ["-", "–", "—", "−", " - "])
def test_a_dash_is_exactly_zero_for_the_bundesagentur_and_missing_for_others(dash):
    assert value(dash, BA) == 0
    assert np.isnan(value(dash, MEASURES))
    assert np.isnan(value(dash, COUNTS))


@pytest.mark.parametrize(
    "marker", ["", " ", ".", "x", "X", "•", "/", "...", "…", "-9999", -9999, -9999.0, None, np.nan]
)
@pytest.mark.parametrize("dialect", [BA, MEASURES, POINT, COUNTS])
def test_what_is_not_available_is_missing_with_unknown_bounds(marker, dialect):
    assert parse_cells([marker], dialect)[["value", "lo", "hi"]].isna().all(axis=None)


def test_a_column_of_numbers_reads_no_data_as_missing_too():
    cells = parse_cells(pd.Series([3.5, -9999.0, np.nan]), MEASURES)
    assert cells["value"].tolist()[:1] == [3.5]
    assert cells["value"].isna().tolist() == [False, True, True]
    assert cells["marker"].tolist() == ["", "-9999", "empty"]


def test_negatives_with_blanks_behind_the_sign_are_numbers():
    assert value("-  23", MEASURES) == -23
    assert value("– 4,5", MEASURES) == -4.5


@pytest.mark.parametrize("cell", ["abc", "12 34", "1.2.3", "k.A.", "(5", "1e3", "0x10", "1_000"])
def test_an_unknown_marker_is_an_error_with_its_place(cell):
    cells = pd.Series(["1", cell], index=[7, 8], name="S1")
    with pytest.raises(InputError, match=r"table\.csv, row 8, column S1"):
        parse_cells(cells, MEASURES, where="table.csv")


@pytest.mark.parametrize("cell", [True, "-5", -5, 2.5, "2,5", 1e300, float("inf")])
def test_what_cannot_be_a_count_is_refused(cell):
    with pytest.raises(InputError):
        parse_cells([cell], BA)


def test_three_digits_behind_a_sign_are_decided_by_the_rest_of_the_column():
    assert parse_cells(["3,118", "0,942"], MEASURES)["value"].tolist() == [3.118, 0.942]
    assert parse_cells(["3.118", "0,5"], MEASURES)["value"].tolist() == [3118, 0.5]
    assert parse_cells(["1.234", "12.345.678"], MEASURES)["value"].tolist() == [1234, 12345678]


def test_a_number_with_two_readings_is_refused_where_nothing_decides():
    with pytest.raises(InputError, match="decimal sign or with thousands"):
        parse_cells(["3.118", "*"], MEASURES)


def test_a_format_that_fixes_its_decimal_sign_needs_no_proof():
    assert value("3.118", POINT) == 3.118
    assert value("3,118", Dialect("x", decimal=",")) == 3.118


def test_a_column_with_both_signs_proves_none():
    assert decimal_sign(["1,5", "2.5"]) == ""


def test_every_marker_is_counted():
    markers: Counter[str] = Counter()
    parse_cells(["1", "*", "*", "-", ".", None], BA, markers=markers)
    assert markers == {"*": 2, "-": 1, ".": 1, "empty": 1}


def test_the_index_is_kept():
    cells = pd.Series(["1", "2"], index=["a", "b"])
    assert parse_cells(cells, BA).index.tolist() == ["a", "b"]
