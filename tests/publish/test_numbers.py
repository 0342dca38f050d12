"""Numbers and dates as German and English readers write them."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from babel.numbers import format_decimal
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.publish import numbers

finite = st.decimals(-(10**9), 10**9, places=3, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(finite, st.sampled_from(["de", "en"]))
def test_the_same_number_as_babel_writes(value: Decimal, language: str) -> None:
    expected = format_decimal(value, "#,##0.000", locale=numbers.LOCALES[language])
    got = numbers.number(float(value), 3, language=language)
    assert got.replace(numbers.MINUS, "-") == expected.replace("-0,000", "0,000").replace(
        "-0.000", "0.000"
    )


@pytest.mark.parametrize("missing", [None, math.nan, np.nan, pd.NA, pd.NaT, math.inf, "", "•"])
def test_an_unknown_figure_is_never_written_as_a_number(missing: object) -> None:
    for text in (
        numbers.number(missing),
        numbers.percent(missing),
        numbers.interval(missing, 3),
        numbers.interval(3, missing),
    ):
        assert text == numbers.UNKNOWN


def test_a_tiny_negative_number_has_no_sign_when_it_is_rounded_to_zero() -> None:
    assert numbers.number(-0.004, 2) == "0,00"
    assert numbers.number(-0.004, 2, sign=True) == "0,00"
    assert numbers.number(0.006, 2, sign=True) == "+0,01"


def test_zero_is_a_number() -> None:
    assert numbers.number(0) == "0"
    assert numbers.percent(0) == "0,0\N{NO-BREAK SPACE}%"


def test_numpy_scalars_and_whole_numbers_are_written_alike() -> None:
    assert numbers.number(np.int64(1234567)) == numbers.number(1234567.0) == "1.234.567"


def test_dates_in_both_languages() -> None:
    assert numbers.date("2024-12-31", long=False, language="en") == "31 Dec 2024"
    assert numbers.date("2022–2026") == "2022–2026"


def test_enumerations() -> None:
    assert numbers.listing([]) == ""
    assert numbers.listing(["Westend"]) == "Westend"
