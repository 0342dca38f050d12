"""A week's plan as an iCalendar file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from sozialraum.errors import StudyError
from sozialraum.presence.hours import FORMATS


def calendar(
    plan: pd.DataFrame,
    *,
    reference_date: dt.date,
    first_monday: dt.date,
    titles: Mapping[str, str] | None = None,
    places: Mapping[Any, str] | None = None,
    uid_domain: str = "sozialraum.invalid",
    zone: str = "Europe/Berlin",
) -> str:
    r"""The plan as an iCalendar text (RFC 5545): one weekly event per stay.

    Parameters
    ----------
    plan : DataFrame
        As in `Week`.
    reference_date : date
        The only time stamp in the file (DTSTAMP), so that the same plan gives the same bytes.
    first_monday : date
        Monday of the first week.
    titles : mapping, optional
        Format -> title; default: those of `FORMATS`.
    places : mapping, optional
        Room -> name and address.
    uid_domain : str
        Makes the events' identifiers unique; a domain of the publisher.
    zone : str
        Time zone of the times.

    Returns
    -------
    str
        Lines end with CRLF and are folded at 75 octets.

    Examples
    --------
    >>> plan = pd.DataFrame({"site_id": ["s1"], "day": [1], "start": [9.0], "end": [12.0],
    ...                      "format": ["open"]})
    >>> text = calendar(plan, reference_date=dt.date(2024, 12, 31),
    ...     first_monday=dt.date(2025, 1, 6), places={"s1": "Kieztreff, Weg 1"})
    >>> [line for line in text.splitlines() if line.startswith(("DTSTART;", "LOCATION"))]
    ['DTSTART;TZID=Europe/Berlin:20250107T090000', 'LOCATION:Kieztreff\\, Weg 1']
    """
    if first_monday.weekday() != 0:
        raise StudyError("The first week must begin on a Monday", where=f"{first_monday:%Y-%m-%d}")
    names = {f.key: f.title for f in FORMATS} | dict(titles or {})
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//sozialraum//Wochenplan//DE",
        "CALSCALE:GREGORIAN",
    ]
    lines += _zone(zone)
    for row in plan.to_dict("records"):
        day = first_monday + dt.timedelta(days=int(row["day"]))
        start, site, kind = row["start"], row["site_id"], str(row["format"])
        lines += [
            "BEGIN:VEVENT",
            f"UID:{site}-{kind}-{row['day']}-{_clock(start)}@{uid_domain}",
            f"DTSTAMP:{reference_date:%Y%m%d}T000000Z",
            f"DTSTART;TZID={zone}:{day:%Y%m%d}T{_clock(start)}",
            f"DTEND;TZID={zone}:{day:%Y%m%d}T{_clock(row['end'])}",
            "RRULE:FREQ=WEEKLY",
            f"SUMMARY:{_escape(names.get(kind, kind))}",
            f"LOCATION:{_escape((places or {}).get(site, str(site)))}",
            f"CATEGORIES:{_escape(kind)}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(_fold(line) + "\r\n" for line in lines)


def _zone(zone: str) -> list[str]:
    """Central European time with its summer time; other zones are named only."""
    if zone != "Europe/Berlin":
        return []
    parts = (
        ("DAYLIGHT", "+0100", "+0200", "CEST", "19810329T020000", 3),
        ("STANDARD", "+0200", "+0100", "CET", "19961027T030000", 10),
    )
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    for kind, before, after, name, start, month in parts:
        lines += [
            f"BEGIN:{kind}",
            f"TZOFFSETFROM:{before}",
            f"TZOFFSETTO:{after}",
            f"TZNAME:{name}",
            f"DTSTART:{start}",
            f"RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY=-1SU",
            f"END:{kind}",
        ]
    return [*lines, "END:VTIMEZONE"]


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}{minutes % 60:02d}00"


def _escape(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _fold(line: str) -> str:
    """Fold at 75 octets without cutting a letter of several octets."""
    parts, current = [], b""
    for letter in line:
        octets = letter.encode()
        if len(current) + len(octets) > 75:
            parts.append(current.decode())
            current = b" "
        current += octets
    return "\r\n".join([*parts, current.decode()])
