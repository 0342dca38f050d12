"""Which records of the venue catalogues belong to one house.

Publishers list projects, offers or points, not houses, and their points of one house differ by up
to 240 m. Records are joined, the strongest evidence first, by agreeing addresses, by agreeing
names, and by position alone; two records whose addresses contradict each other stay apart unless
their names agree and they are close.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

import numpy as np
import pandas as pd

FAR = 250.0
"""Metres up to which records with the same address or name may be one house."""

SAME_NAME, SAME_STREET = 0.72, 0.75
"""Least similarity (see `similarity`) of names and of street names that agree."""


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Text in lower case without accents, `ß` as `ss`, everything else than a–z, 0–9 a blank.

    Examples
    --------
    >>> fold("Käte-Tresenreuter-Haus, Humboldtstraße")
    'kate tresenreuter haus humboldtstrasse'
    """
    plain = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


@lru_cache(maxsize=50_000)
def parse_address(address: str) -> tuple[str, frozenset[str]]:
    """Street and house numbers of an address, in a form that can be compared.

    Returns
    -------
    tuple
        The street without blanks, ``str`` for Straße, and the house numbers, with letters where
        there are; a range stands for all its numbers. Both are empty where nothing is known.

    Examples
    --------
    >>> parse_address("Niebuhrstraße 59/60")[0], sorted(parse_address("Niebuhrstraße 59/60")[1])
    ('niebuhrstr', ['59', '60'])
    >>> parse_address("Straße des 17. Juni 135")
    ('strdes17juni', frozenset({'135'}))
    >>> parse_address("Westfälische Straße 16 A") == parse_address("westfälische Str. 16a")
    True
    """
    match = _NUMBERED.match(address.strip())
    street, numbers = match.groups() if match else (address, "")
    street = re.sub(r"strasse|str\b", "str", fold(street)).replace(" ", "")
    found: set[str] = set()
    for first, letter, last in _RANGE.findall(numbers.lower()):
        found.add(str(int(first)) + letter)
        if last and int(first) < int(last) <= int(first) + 40:
            found.update(str(n) for n in range(int(first) + 1, int(last) + 1))
    return street, frozenset(found)


_NUMBERED = re.compile(r"^(.*?\D)\s*(\d+\s*[a-zA-Z]?(?:\s*[-–/,+]\s*\d+\s*[a-zA-Z]?)*)$")
_RANGE = re.compile(r"(\d+)\s*([a-z]?)(?:\s*[-–]\s*(\d+))?")


@lru_cache(maxsize=50_000)
def _grams(text: str) -> frozenset[str]:
    squeezed = f" {fold(text).replace(' ', '')} "
    return frozenset(squeezed[i : i + 3] for i in range(len(squeezed) - 2))


def similarity(a: str, b: str) -> float:
    """Share of common letter triples (Dice 1945), blind to blanks, case and order of words.

    Examples
    --------
    >>> round(similarity("In Side Out Kinder- und Jugendzentrum",
    ...                  "Kinder- und Jugendzentrum InSideOut"), 2)
    0.87
    >>> similarity("", "Haus")
    0.0
    """
    first, second = _grams(a), _grams(b)
    if not fold(a) or not fold(b):
        return 0.0
    return 2 * len(first & second) / (len(first) + len(second))


def compare_addresses(a: str, b: str) -> int:
    """1 where two addresses agree, -1 where they contradict each other, 0 where it is open.

    Streets are compared leniently (typing errors), house numbers agree when one is common.

    Examples
    --------
    >>> compare_addresses("Rudolf-Mosse-Szr. 11", "Rudolf-Mosse-Straße 11")
    1
    >>> compare_addresses("Nehringstraße 8", "Nehringstraße 10"), compare_addresses("", "X-Weg 1")
    (-1, 0)
    """
    (street_a, numbers_a), (street_b, numbers_b) = parse_address(a), parse_address(b)
    if not (street_a and street_b and numbers_a and numbers_b):
        return 0
    if similarity(street_a, street_b) < SAME_STREET:
        return -1
    if numbers_a & numbers_b:
        return 1
    # 16 and 16a are one plot; 25a and 25b may be, which stays open.
    bare_a = {re.sub(r"\D", "", n) for n in numbers_a}
    bare_b = {re.sub(r"\D", "", n) for n in numbers_b}
    if not bare_a & bare_b:
        return -1
    return 1 if (bare_a & numbers_b) or (bare_b & numbers_a) else 0


def house_labels(venues: pd.DataFrame, *, merge_metres: float = 50.0) -> pd.Series:
    """Number the houses that the records belong to.

    Parameters
    ----------
    venues : pandas.DataFrame
        Records with `name`, `address`, `x`, `y`, `source`, `source_id`
        (`sozialraum.sources.venues`).
    merge_metres : float
        Records closer than this are one house unless their addresses contradict (single linkage).
        Records with an agreeing address or name are one house up to 250 m.

    Returns
    -------
    pandas.Series
        House number per record, on the index of `venues`. Which records belong together does not
        depend on their order.

    Examples
    --------
    >>> records = pd.DataFrame({
    ...     "name": ["Bücherei", "Treff am Park", "Treff am Park e. V.", "Laden"],
    ...     "address": ["Parkweg 1", "Parkweg 1-3", "", "Parkweg 9"],
    ...     "x": [0, 10, 180, 30], "y": 0, "source": "a", "source_id": ["1", "2", "3", "4"]})
    >>> house_labels(records).tolist()
    [0, 0, 0, 1]
    """
    from scipy.spatial import KDTree

    order = venues.sort_values(["source", "source_id", "name", "x", "y"]).index
    sorted_ = venues.loc[order]
    xy = sorted_[["x", "y"]].to_numpy(float)
    names, addresses = sorted_["name"].tolist(), sorted_["address"].tolist()
    evidence: list[tuple[int, float, int, int]] = []
    pairs = KDTree(xy).query_pairs(max(FAR, merge_metres), output_type="ndarray")
    for i, j in pairs.tolist():
        metres = float(np.hypot(*(xy[i] - xy[j])))
        address, alike = compare_addresses(addresses[i], addresses[j]), None
        if address == 1 and metres <= FAR:
            evidence.append((0, metres, i, j))
            continue
        alike = similarity(names[i], names[j]) >= SAME_NAME
        if alike and (metres <= merge_metres or (address == 0 and metres <= FAR)):
            evidence.append((1, metres, i, j))
        elif metres <= merge_metres and address == 0:
            evidence.append((2, metres, i, j))
    members = {i: [i] for i in range(len(xy))}
    house = list(range(len(xy)))
    for kind, _, i, j in sorted(evidence):
        a, b = house[i], house[j]
        if a == b or (kind == 2 and _contradict(members[a], members[b], addresses)):
            continue
        keep, gone = min(a, b), max(a, b)
        for k in members[gone]:
            house[k] = keep
        members[keep] += members.pop(gone)
    labels = pd.Series(house, index=order).reindex(venues.index)
    return pd.Series(pd.factorize(labels)[0], index=venues.index, name="house")


def _contradict(a: list[int], b: list[int], addresses: list[str]) -> bool:
    """Whether two groups of records have addresses that contradict each other."""
    return any(compare_addresses(addresses[i], addresses[j]) < 0 for i in a for j in b)


def site_ids(address: str, x: float, y: float) -> tuple[str, str]:
    """Id of a house, the same in every run, and a longer one for an address that occurs twice.

    The id is a hash of the address, so it stays when a point is corrected or a house is renamed;
    without an address it is a hash of the position (to 10 m).

    Examples
    --------
    >>> site_ids("Parkweg 1", 0, 0)[0] == site_ids("Parkweg  1", 90, 90)[0]
    True
    """
    street, numbers = parse_address(address)
    place = f"{round(x / 10)} {round(y / 10)}"
    key = f"{street} {'-'.join(sorted(numbers))}" if street and numbers else place
    return "s" + _hash(key), f"s{_hash(key)}-{_hash(place)[:4]}"


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
