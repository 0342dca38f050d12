"""Numbers, percentages and dates as readers write them, in German and English.

The symbols come from the Unicode CLDR by way of Babel, asked once per language; the formatting
itself is Python's own, so that some ten thousand table cells cost a few milliseconds. Unknown
figures are never written as 0: they become `UNKNOWN`, the sign that German statistical offices use
for "unknown or withheld".
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

UNKNOWN = "•"
MINUS = "\u2212"
NO_BREAK = "\N{NO-BREAK SPACE}"
LOCALES = {"de": "de_DE", "en": "en_GB"}


@lru_cache(maxsize=8)
def _symbols(language: str) -> tuple[str, str, str]:
    """Decimal sign, group sign and what stands between a number and its per cent sign."""
    from babel.core import Locale
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = Locale.parse(LOCALES[language])
    pattern = locale.percent_formats[None].pattern
    return (
        get_decimal_symbol(locale),
        get_group_symbol(locale),
        NO_BREAK if NO_BREAK in pattern else "",
    )


@lru_cache(maxsize=16)
def _translation(language: str) -> dict[int, str]:
    decimal, group, _ = _symbols(language)
    return {ord("."): decimal, ord(","): group, ord("-"): MINUS}


def known(value: object) -> bool:
    """Whether a cell holds a figure: not None, not NaN, not pandas' NA.

    Examples
    --------
    >>> known(0), known(None), known(float("nan"))
    (True, False, False)
    """
    try:
        return value is not None and math.isfinite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def number(
    value: float | None,
    digits: int = 0,
    *,
    language: str = "de",
    sign: bool = False,
    missing: str = UNKNOWN,
) -> str:
    """Write a number with the language's separators.

    Parameters
    ----------
    value : float or None
        NaN, infinity and None give `missing`.
    digits : int
        Digits after the decimal sign; halves are rounded as `round` does it.
    language : {'de', 'en'}
    sign : bool
        Write a plus sign before positive numbers.
    missing : str
        What stands for an unknown number.

    Examples
    --------
    >>> number(36412), number(-0.456, 2), number(float("nan"))
    ('36.412', '−0,46', '•')
    >>> number(1234.5, 1, language="en", sign=True)
    '+1,234.5'
    """
    if not known(value):
        return missing
    text = format(float(value), f",.{digits}f")  # type: ignore[arg-type]
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]  # a rounded −0,0 is 0,0
    if sign and text.strip("0.,") and not text.startswith("-"):
        text = "+" + text
    return text.translate(_translation(language))


def percent(
    fraction: float | None,
    digits: int = 1,
    *,
    language: str = "de",
    sign: bool = False,
    missing: str = UNKNOWN,
) -> str:
    r"""Write a fraction as a percentage.

    Parameters
    ----------
    fraction : float or None
        0.227 is 22.7 per cent; NaN and None give `missing`.
    digits, language, sign, missing
        As for `number`.

    Examples
    --------
    >>> percent(0.2274), percent(0.2274, language="en"), percent(None)
    ('22,7\xa0%', '22.7%', '•')
    """
    if not known(fraction):
        return missing
    text = number(float(fraction) * 100, digits, language=language, sign=sign)  # type: ignore[arg-type]
    return f"{text}{_symbols(language)[2]}%"


_UNIT = re.compile(r"(?<=\d) (?=(?:%|m|km|km²|km/h)(?![\w²/]))|(?<=\be\.) (?=V\.)")


def unbroken(text: str) -> str:
    r"""Keep a number and its unit, and the two letters of "e. V.", on one line.

    Examples
    --------
    >>> unbroken("höchstens 1.000 m, 95 % und 3 mal im Divan e. V.")
    'höchstens 1.000\xa0m, 95\xa0% und 3 mal im Divan e.\xa0V.'
    """
    return _UNIT.sub(NO_BREAK, text) if " " in text else text


def chance(fraction: float | None, *, language: str = "de", missing: str = UNKNOWN) -> str:
    r"""Write a probability: nearly certain and nearly impossible are no 100 and 0 per cent.

    Examples
    --------
    >>> chance(0.42), chance(0.9997), chance(0.0006), chance(1.0)
    ('42\xa0%', '>\xa099\xa0%', '<\xa01\xa0%', '>\xa099\xa0%')
    """
    if not known(fraction):
        return missing
    value = float(fraction)  # type: ignore[arg-type]
    if value > 0.99:
        return f">{NO_BREAK}{percent(0.99, 0, language=language)}"
    if value < 0.01:
        return f"<{NO_BREAK}{percent(0.01, 0, language=language)}"
    return percent(value, 0, language=language)


def interval(
    low: float | None,
    high: float | None,
    digits: int = 0,
    *,
    language: str = "de",
    missing: str = UNKNOWN,
) -> str:
    """Write two bounds as a range; equal ends after rounding are written once.

    Examples
    --------
    >>> interval(8760, 9050), interval(3, 3), interval(None, 3)
    ('8.760–9.050', '3', '•')
    """
    if not known(low) or not known(high):
        return missing
    ends = [number(end, digits, language=language) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


@lru_cache(maxsize=256)
def date(iso: str | dt.date, *, language: str = "de", long: bool = True) -> str:
    """Write a date, from a `datetime.date` or ISO text; other text is returned unchanged.

    Examples
    --------
    >>> date("2024-12-31"), date("2024-12-31", long=False), date("2024-12-31", language="en")
    ('31. Dezember 2024', '31.12.2024', '31 December 2024')
    >>> date("2022–2026")
    '2022–2026'
    """
    from babel.dates import format_date

    try:
        day = dt.date.fromisoformat(iso) if isinstance(iso, str) else iso
    except ValueError:
        return str(iso)
    return format_date(day, "long" if long else "medium", locale=LOCALES[language])


def listing(words: Iterable[str], *, language: str = "de") -> str:
    """Write an enumeration as a sentence does.

    Examples
    --------
    >>> listing(["Karlshorst", "Westend", "Grunewald"]), listing(["a", "b"], language="en")
    ('Karlshorst, Westend und Grunewald', 'a and b')
    """
    items: Sequence[str] = list(words)
    if len(items) < 2:
        return "".join(items)
    last = " und " if language == "de" else " and "
    return ", ".join(items[:-1]) + last + items[-1]
