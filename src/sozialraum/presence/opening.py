"""What a catalogue says about opening times and size, read into numbers; unknown stays unknown."""

from __future__ import annotations

import re

DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_ENGLISH = {"Tu": 1, "We": 2, "Th": 3, "Su": 6}
_DAY = {name: i for i, name in enumerate(DAYS)} | _ENGLISH
_NAMES = "|".join(_DAY)
_DAYS = rf"(?:{_NAMES})(?:\s*[-–]\s*(?:{_NAMES}))?"
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?(?:\s*Uhr)?"
_SPAN = re.compile(rf"{_TIME}\s*(?:[-–]|bis)\s*{_TIME}")
_RULE = re.compile(rf"^((?:{_DAYS})(?:\s*(?:,|\+|und)\s*(?:{_DAYS}))*)\s*:?\s*(.*)$")

Spans = tuple[tuple[float, float], ...]


def opening_times(text: str) -> dict[int, Spans] | None:
    """Opening times by weekday.

    Reads what catalogues and lists commonly say: days with times, separated by semicolons, in
    German or in the notation of OpenStreetMap; a later rule replaces an earlier one for its day.

    Parameters
    ----------
    text : str
        E.g. ``Mo-Fr 9-17`` or ``Mo,We 10:00-12:30,14:00-18:00; PH off``.

    Returns
    -------
    dict or None
        Weekday (0 = Monday) -> spans (from, to) in hours of the day; a day that is not named is
        closed. None: nothing is said, or it cannot be read as a whole (unknown, not closed).

    Examples
    --------
    >>> opening_times("Mo-Di 9-12:30; Do 14 bis 18 Uhr")
    {0: ((9.0, 12.5),), 1: ((9.0, 12.5),), 3: ((14.0, 18.0),)}
    >>> opening_times("nach Vereinbarung") is None
    True
    """
    found: dict[int, Spans] = {}
    for rule in re.split(r"\s*(?:;|\|\|)\s*", text.strip()):
        if not rule or re.match(r"(?:PH|SH)\b", rule):
            continue  # public and school holidays say nothing about a usual week
        if rule == "24/7":
            return dict.fromkeys(range(7), ((0.0, 24.0),))
        match = _RULE.match(rule)
        if not match:
            return None
        days, times = match.groups()
        closed = times.strip().lower() in ("off", "closed", "geschlossen")
        spans = tuple(
            (int(a) + int(b or 0) / 60, int(c) + int(d or 0) / 60)
            for a, b, c, d in _SPAN.findall(times)
        )
        rest = _SPAN.sub("", times).replace("Uhr", "").strip(" ,+")
        if not closed and (not spans or rest or any(not 0 <= a < b <= 24 for a, b in spans)):
            return None
        for day in _days(days):
            found.pop(day, None)
            if not closed:
                found[day] = spans
    return dict(sorted(found.items())) if text.strip() else None


def room_size(text: str) -> float | None:
    """Square metres of a room, None where nothing can be read.

    Examples
    --------
    >>> room_size("ca. 20,5 m²"), room_size("groß")
    (20.5, None)
    """
    match = re.search(r"(\d+(?:[.,]\d+)?)\s*(?:m²|m2|qm|$)", text.strip())
    return float(match[1].replace(",", ".")) if match else None


def _days(text: str) -> list[int]:
    days: list[int] = []
    for part in re.split(r"\s*(?:,|\+|und)\s*", text):
        ends = [_DAY[name] for name in re.findall(_NAMES, part)]
        first, last = ends[0], ends[-1]
        days += [d % 7 for d in range(first, last + 1 if last >= first else last + 8)]
    return days
