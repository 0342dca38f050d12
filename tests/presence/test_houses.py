"""Records of one house."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.presence.houses import compare_addresses, house_labels, parse_address, site_ids


def records(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["name", "address", "x", "y"])
    return frame.assign(source="a", source_id=[str(i) for i in range(len(rows))])


def same(*rows: tuple[str, str, float, float], **settings) -> bool:
    return (house_labels(records(*rows), **settings) == 0).all()


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ("Schloßstr. 19", "Schlossstraße 19", 1),
        ("Rudolf-Mosse-Szr. 11", "Rudolf-Mosse-Straße 11", 1),
        ("westfälische Straße 16A", "Westfälische Straße 16 A", 1),
        ("Westfälische Straße 16", "Westfälische Straße 16 A", 1),
        ("Herthastraße 25A", "Herthastraße 25B", 0),
        ("Schillerstraße 61-62", "Schillerstraße 62", 1),
        ("Plöner Str. 4-10", "Plöner Straße 8", 1),
        ("Fasanenstraße 86,87,88", "Fasanenstraße 87", 1),
        ("Straße des 17. Juni 135", "Straße des 17. Juni 136", -1),
        ("Nehringstraße 8", "Nehringstraße 10", -1),
        ("Halemweg 18", "Heckerdamm 18", -1),
        ("Halemweg", "Halemweg 18", 0),
        ("", "Halemweg 18", 0),
    ],
)
def test_addresses_agree_contradict_or_leave_it_open(a, b, verdict):
    assert compare_addresses(a, b) == compare_addresses(b, a) == verdict


def test_a_range_stands_for_all_its_numbers_and_a_mistyped_one_for_none():
    assert parse_address("Weg 4-7")[1] == {"4", "5", "6", "7"}
    assert parse_address("Weg 7-4")[1] == {"7"}


def test_one_address_joins_points_two_hundred_metres_apart():
    assert same(("Club", "Emser Str. 52", 0, 0), ("Werkstatt", "Emser Straße 52", 40, 229))
    assert not same(("Club", "Emser Str. 52", 0, 0), ("Werkstatt", "Emser Straße 52", 0, 251))


def test_one_name_joins_a_record_without_address():
    assert same(("Treff am Park", "Parkweg 3", 0, 0), ("Treff am Park", "", 0, 180))
    assert not same(("Treff am Park", "Parkweg 3", 0, 0), ("Laden im Hof", "", 0, 180))


def test_neighbours_with_different_numbers_stay_two_houses():
    divan, library = ("Divan", "Nehringstraße 8", 0, 0), ("Bücherei", "Nehringstraße 10", 0, 34)
    assert not same(divan, library)
    assert same(divan, ("Bücherei", "", 0, 34))
    assert not same(divan, ("Bücherei", "", 0, 34), merge_metres=30)


def test_a_record_without_address_joins_the_nearer_house_and_chains_no_two_together():
    labels = house_labels(
        records(("A", "Weg 1", 0, 0), ("B", "", 0, 30), ("C", "Weg 9", 0, 50))
    ).tolist()
    assert labels[0] != labels[1] == labels[2]


def test_a_corner_house_with_one_name_and_two_addresses_is_one_house():
    assert same(("Eckladen am Markt", "Marktstr. 1", 0, 0), ("Eckladen am Markt", "Weg 2", 0, 20))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_order_of_records_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    n = 14
    frame = pd.DataFrame(
        {
            "name": rng.choice(["Treff", "Laden", "Haus der Jugend"], n),
            "address": rng.choice(["", "Weg 1", "Weg 2-4", "Platz 7"], n),
            "x": rng.integers(0, 300, n),
            "y": rng.integers(0, 300, n),
            "source": rng.choice(["a", "b"], n),
            "source_id": [str(i) for i in range(n)],
        }
    )
    first = house_labels(frame)
    again = house_labels(frame.sample(frac=1, random_state=seed)).reindex(frame.index)
    assert len(set(zip(first, again, strict=True))) == first.nunique() == again.nunique()


def test_the_id_of_a_house_stays_when_its_point_is_corrected():
    assert site_ids("Halemweg 18", 0, 0)[0] == site_ids("Halemweg 18", 99, 5)[0]
    assert site_ids("", 100, 100)[0] == site_ids("", 103, 98)[0]
    assert site_ids("", 100, 100)[0] != site_ids("", 200, 100)[0]
    assert site_ids("Hauptstraße 5", 0, 0)[1] != site_ids("Hauptstraße 5", 9_000, 0)[1]
