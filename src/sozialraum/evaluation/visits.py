"""The table of visits: which room, on which day, what kind of offer, how many people came.

A table that could tell who came is refused: only the columns named here are read, and a column
that looks like data of a person stops the program.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sozialraum.errors import DisclosureError, InputError

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished

NAMES = {
    "room": ("room", "raum", "site_id"),
    "date": ("date", "datum", "tag"),
    "kind": ("kind", "art", "angebot"),
    "number": ("number", "anzahl", "zahl", "besuche"),
    "target": ("target", "zielgruppe"),
    "hours": ("hours", "stunden"),
}
"""Columns and what they may be called; `target` and `hours` are optional."""

REQUIRED = ("room", "date", "kind", "number")
PERSONAL = re.compile(
    r"vorname|nachname|familienname|^name|kunde|klient|person|adresse|anschrift|stra(ss|ß)e|"
    r"telefon|handy|mobil|mail|gebur|birth|alter$|^age|geschlecht|gender|nationali|staatsang|"
    r"bg[-_ ]?n|bedarfsgemeinschaft|aktenz|steuer|iban|ausweis|unterschrift|client|phone|address",
    re.IGNORECASE,
)
IN_WORDS = re.compile(
    r"@|\d(?:[ ./()+-]{0,2}\d){4,}|"
    r"\b(?:[Ff]rau|[Hh]errn?|[Ff]amilie|[Ff]am\.|[Hh]r\.?|[Ff]r\.(?! ?(?:Vor|Nach|Mittag|Abend))) ?"
    r"[A-ZÄÖÜ]"
)
"""An address for mail, a long number (telephone, file, birthday), or a person by name."""
MOST_KINDS, LONGEST_KIND = 20, 40
MAX_BYTES = 20_000_000
COLUMNS = ("site_id", "name", "date", "kind", "target", "number", "hours")


def read_visits(path: str | Path, run: Finished) -> pd.DataFrame:
    """Read and check a table of visits.

    Parameters
    ----------
    path : path
        CSV (comma or semicolon, UTF-8) with the columns `room` (site id or name), `date`
        (2026-03-31 or 31.03.2026), `kind` and `number` (persons who came; 0: nobody came), and
        optionally `target` (key of a target group; empty: not asked) and `hours` (length of the
        offer). German headings are understood. One row per room, day, kind and target group.
    run : Finished
        The run whose rooms were visited.

    Returns
    -------
    pandas.DataFrame
        `site_id`, `name`, `date`, `kind`, `target` ('' = not asked), `number`, `hours` (NaN =
        not said), sorted.

    Raises
    ------
    DisclosureError
        A column, or a kind, looks like data of a person; the message names column and row, never a
        value.
    InputError
        A column, room, date or number cannot be used, a date lies in the future, or a row occurs
        twice.
    """
    path = Path(path)
    rows = _rows(path)
    header = _columns(rows[0], path)
    body = [r for r in rows[1:] if any(c.strip() for c in r)]
    if not body:
        raise InputError("The table of visits has no rows", where=path.name)
    for k, row in enumerate(body, 2):
        if len(row) != len(rows[0]):
            raise InputError(
                f"A row has {len(row)} cells",
                where=f"{path.name}, row {k}",
                expected=f"{len(rows[0])}",
            )
    text = {name: [row[at].strip() for row in body] for name, at in header.items()}
    sites = _sites(text["room"], run, path)
    table = pd.DataFrame(
        {
            "site_id": sites,
            "name": run.content.rooms["name"].reindex(sites).to_numpy(object),
            "date": [_day(v, k, path) for k, v in enumerate(text["date"], 2)],
            "kind": _kinds(text["kind"], path),
            "target": _targets(text.get("target", [""] * len(body)), run, path),
            "number": [_number(v, k, path, whole=True) for k, v in enumerate(text["number"], 2)],
            "hours": [
                _number(v, k, path) if v else float("nan")
                for k, v in enumerate(text.get("hours", [""] * len(body)), 2)
            ],
        }
    )
    twice = table.duplicated(["site_id", "date", "kind", "target"])
    if twice.any():
        raise InputError(
            "A room, day, kind and target group occur twice",
            where=f"{path.name}, row {int(np.argmax(twice.to_numpy())) + 2}",
            expected="one row for each",
            hint="Add the numbers up, or name the kinds differently",
        )
    return table.sort_values(["site_id", "date", "kind", "target"]).reset_index(drop=True)


def _rows(path: Path) -> list[list[str]]:
    if not path.is_file():
        raise InputError("There is no table of visits", where=str(path))
    if path.stat().st_size > MAX_BYTES:
        raise InputError("The table of visits is too large", where=path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "The table of visits is not UTF-8", where=path.name, hint="Save it as CSV UTF-8"
        ) from None
    first = text.partition("\n")[0]
    mark = ";" if first.count(";") > first.count(",") else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=mark))
    if not rows:
        raise InputError("The table of visits is empty", where=path.name)
    return rows


def _columns(titles: list[str], path: Path) -> dict[str, int]:
    """Position of each known column; anything else stops here."""
    found: dict[str, int] = {}
    for at, title in enumerate(titles):
        word = title.strip().lower()
        name = next((n for n, words in NAMES.items() if word in words), None)
        if name is None:
            if PERSONAL.search(word):
                raise DisclosureError(
                    "A column of the visits looks like data of persons",
                    where=f"{path.name}, column {title.strip()!r}",
                    expected=f"only {', '.join(NAMES)}",
                    hint="Remove the column; the evaluation needs numbers, not persons",
                )
            raise InputError(
                "A column of the visits is unknown",
                where=f"{path.name}, column {title.strip()!r}",
                expected=f"{', '.join(REQUIRED)}, and if known target and hours",
            )
        if name in found:
            raise InputError(f"The column {name!r} occurs twice", where=path.name)
        found[name] = at
    if lacking := [n for n in REQUIRED if n not in found]:
        raise InputError(
            f"The table of visits lacks {', '.join(lacking)}",
            where=path.name,
            expected="columns room, date, kind and number",
        )
    return found


def _sites(given: list[str], run: Finished, path: Path) -> list[str]:
    """Site ids from ids or names; a name that two rooms bear is refused."""
    rooms = run.content.rooms
    by_name = rooms.reset_index().groupby("name")["site_id"].agg(list).to_dict()
    sites = []
    for k, text in enumerate(given, 2):
        if text in rooms.index:
            sites.append(text)
            continue
        ids = by_name.get(text, [])
        if len(ids) != 1:
            near = difflib.get_close_matches(text, by_name, n=1)
            raise InputError(
                "A room is unknown" if not ids else "Several rooms bear this name",
                where=f"{path.name}, row {k}",
                expected="a site_id or the name of a room of the run",
                hint=f"Do you mean {near[0]!r}?" if near and not ids else "Give its site_id",
            )
        sites.append(ids[0])
    return sites


def _day(text: str, row: int, path: Path) -> str:
    parts = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        day = dt.date(*map(int, parts.groups()[::-1])) if parts else dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "A date cannot be read",
            where=f"{path.name}, row {row}",
            expected="2026-03-31 or 31.03.2026",
        ) from None
    if day > dt.date.today():  # decides whether the table is read, not what comes out
        raise InputError(
            "A date lies in the future",
            where=f"{path.name}, row {row}",
            expected="the day on which people came",
        )
    return day.isoformat()


def _kinds(given: list[str], path: Path) -> list[str]:
    """Kinds of an offer: a few short words, so that nothing about a person hides in them."""
    if personal := [k for k, v in enumerate(given, 2) if IN_WORDS.search(v)]:
        raise DisclosureError(
            "A kind of offer looks like data of a person",
            where=f"{path.name}, row {personal[0]}",
            expected="a kind such as 'offene Sprechstunde'",
            hint="Remove names, numbers and addresses; the kinds are published",
        )
    odd = [k for k, v in enumerate(given, 2) if not v or len(v) > LONGEST_KIND]
    if odd or len(set(given)) > MOST_KINDS:
        raise InputError(
            "The kinds of offers look like notes",
            where=f"{path.name}, row {odd[0]}" if odd else f"{path.name}, {len(set(given))} kinds",
            expected=f"at most {MOST_KINDS} kinds of at most {LONGEST_KIND} signs",
        )
    return given


def _targets(given: list[str], run: Finished, path: Path) -> list[str]:
    titles = {t.title: key for key, t in run.study.targets.items()}
    result = []
    for k, text in enumerate(given, 2):
        key = titles.get(text, text)
        if key and key not in run.study.targets:
            raise InputError(
                "A target group is unknown",
                where=f"{path.name}, row {k}",
                expected=", ".join(run.study.targets),
            )
        result.append("" if key == "everybody" else key)
    return result


def _number(text: str, row: int, path: Path, *, whole: bool = False) -> float:
    pattern = r"\d{1,6}" if whole else r"\d{1,4}([.,]\d+)?"
    if not re.fullmatch(pattern, text):
        raise InputError(
            "A number cannot be read",
            where=f"{path.name}, row {row}",
            expected="a whole number of at least 0" if whole else "hours such as 2,5",
        )
    return float(text.replace(",", "."))
