"""The people of Musterstadt: every household is drawn once, every table is counted from it.

Need is a smooth field over the city with known hot spots that cross area borders. A household
receives benefits with a probability that depends on the need where it lives and on its kind; so
all counts agree with each other, are nested as the real ones are, and vary by household rather than
by person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from sozialraum.demo.city import City

DATES = ("2020-12-31", "2022-12-31", "2024-12-31")
PENSION_AGE = 66
OLDEST = 110

DENSITY = {
    "homes": 125, "estate": 185, "villa": 21, "centre": 80, "industry": 8, "park": 0.2,
    "forest": 0.1, "lake": 0,
}  # fmt: skip
"""Residents per hectare by land use."""

HOT_SPOTS = {
    "Neuhafen": (-2.45, -1.25, 0.75, 2.1),
    "Ahornsiedlung": (-3.75, -2.75, 0.6, 1.7),
    "Gänseanger": (-1.3, -4.35, 0.6, 1.4),
    "Kupferdamm": (4.6, 1.3, 0.7, 1.8),
    "Gleisdorf": (2.2, -0.95, 0.8, 1.6),
    "Webervorstadt": (-0.9, 2.1, 0.7, 1.5),
    "Hohe Lohe": (1.6, 4.4, 0.6, 1.4),
}
"""Centre (km from the town hall), radius (km) and height of each concentration of need."""

WORSENING = {"Pappelplatz": (-0.75, -2.7, 0.5, 0.62), "Kalkberg": (3.6, -3.4, 0.6, 0.55)}
IMPROVING = {"Stadtparkviertel": (-1.1, -0.7, 0.5, -0.35), "Nordhang": (0.8, 2.2, 0.6, -0.4)}

#                 single  single65  couple  couple65  family  1-parent  shared
_KINDS = {
    "homes":     (0.42, 0.15, 0.13, 0.08, 0.14, 0.04, 0.04),
    "centre":    (0.48, 0.12, 0.16, 0.05, 0.09, 0.03, 0.07),
    "estate":    (0.33, 0.19, 0.12, 0.09, 0.18, 0.07, 0.02),
    "villa":     (0.20, 0.19, 0.18, 0.18, 0.21, 0.03, 0.01),
}  # fmt: skip
_ADULTS = np.array([1, 1, 2, 2, 2, 1, 2])
_LOWEST = np.array([18, 66, 23, 66, 25, 22, 18])
_HIGHEST = np.array([66, 97, 66, 93, 52, 50, 32])
_SKEW = np.array([0.9, 1.3, 1.0, 1.4, 1.0, 1.0, 1.2])
_OFFSET = np.array([0.0, -9.0, -1.15, -9.0, -0.35, 1.25, -1.0])


@dataclass(frozen=True)
class People:
    """Counts by planning area at three dates.

    Attributes
    ----------
    ages : dict of str -> numpy.ndarray, shape (areas, 110)
        Residents by single year of age.
    counts : dict of str -> pandas.DataFrame
        Index `area_id`; persons and households with benefits.
    need : pandas.Series
        The truth: mean need of an area's residents, before chance.
    residents : numpy.ndarray
        Residents of each block in 2022.
    """

    ages: dict[str, np.ndarray]
    counts: dict[str, pd.DataFrame]
    need: pd.Series
    residents: np.ndarray


def expected(city: City) -> np.ndarray:
    """Residents that a block is built for."""
    r = np.hypot(*city.xy.T)
    density = np.array([DENSITY[u] for u in city.use])
    density = np.where(city.use == "homes", density * (np.exp(-((r / 4.2) ** 2)) + 0.16), density)
    return shapely.area(city.blocks) / 1e4 * density


def bumps(xy: np.ndarray, places: dict[str, tuple[float, float, float, float]]) -> np.ndarray:
    """Sum of Gaussian bumps at places in kilometres."""
    total = np.zeros(len(xy))
    for x, y, radius, height in places.values():
        distance2 = (xy[:, 0] - x) ** 2 + (xy[:, 1] - y) ** 2
        total += height * np.exp(-distance2 / (2 * radius**2))
    return total


def need_field(city: City, rng: np.random.Generator) -> np.ndarray:
    """Latent need of each block: hot spots, quiet quarters, and smooth chance (about 1.3 km)."""
    waves = rng.normal(0, 1 / 1.3, (60, 2))
    phase = rng.uniform(0, 2 * np.pi, 60)
    smooth = np.sqrt(2 / 60) * np.cos(city.xy @ waves.T + phase).sum(axis=1)
    place = {"villa": -2.6, "centre": -0.5, "forest": -0.8, "estate": 0.2, "industry": -0.3}
    kind = np.array([place.get(u, 0.0) for u in city.use])
    edge = -0.14 * np.maximum(np.hypot(*city.xy.T) - 3, 0)
    return bumps(city.xy, HOT_SPOTS) + 0.3 * smooth + kind + edge


def live(city: City, area: np.ndarray, rng: np.random.Generator) -> People:
    """Draw the households and count them.

    Parameters
    ----------
    city : City
    area : numpy.ndarray of str
        Planning area of every block.
    rng : numpy.random.Generator

    Returns
    -------
    People
    """
    ids, area_of_block = np.unique(area, return_inverse=True)
    need = need_field(city, rng)
    households = rng.poisson(expected(city) / 1.85 * rng.lognormal(0, 0.15, len(city.blocks)))
    block = np.repeat(np.arange(len(city.blocks)), households)
    kind = _kinds(city.use[block], need[block], rng)
    n = len(block)
    children = np.zeros(n, dtype=int)
    family = kind >= 4
    children[family & (kind != 6)] = 1 + rng.poisson(0.65, (family & (kind != 6)).sum())
    adults = _ADULTS[kind]

    household = np.repeat(np.arange(n), adults + children)
    first = np.cumsum(adults + children) - (adults + children)
    child = np.arange(len(household)) - first[household] >= adults[household]
    k = kind[household]
    m = len(household)
    low, high = _LOWEST[k], _HIGHEST[k]
    age = low + (high - low) * rng.random(m) ** (1 / np.where(k == 1, 0.75, _SKEW[k]))
    age = np.where(child, 22 * rng.random(m), age).astype(int)

    z, where = need[block], area_of_block[block]
    stays = rng.random((3, n)) < 0.975
    luck, fresh, changed = rng.random(n), rng.random((3, n)), rng.random((3, n)) < 0.12
    person = rng.random((5, m))
    trend = bumps(city.xy, WORSENING) + bumps(city.xy, IMPROVING)
    ages, counts = {}, {}
    for t, date in enumerate(DATES):
        drift = (t - 1) * trend[block] + (0.0, 0.06, 0.02)[t]
        chance = 1 / (1 + np.exp(2.15 - _OFFSET[kind] - 0.82 * z - drift))
        luck = np.where(changed[t] & (t > 0), fresh[t], luck)
        old = 1 / (1 + np.exp(3.35 - 0.75 * z - 0.5 * drift))
        here, by_area = stays[t][household], where[household]
        people = pd.DataFrame(
            {
                "area": by_area, "household": household, "age": age, "child": child, "kind": k,
                "benefit": (luck < chance)[household], "old_age": (luck < old)[household],
                "z": z[household], "u0": person[0], "u1": person[1], "u2": person[2],
                "u3": person[3], "u4": person[4],
            }
        )[here]  # fmt: skip
        ages[date] = np.bincount(
            people["area"] * OLDEST + people["age"], minlength=len(ids) * OLDEST
        ).reshape(len(ids), OLDEST)
        counts[date] = _count(people, ids)
        if t == 1:
            residents = np.bincount(block[people["household"]], minlength=len(city.blocks))
    weight = np.bincount(area_of_block, expected(city), len(ids))
    truth = np.bincount(area_of_block, expected(city) * need, len(ids)) / weight
    return People(ages, counts, pd.Series(truth, pd.Index(ids, name="area_id")), residents)


def _kinds(use: np.ndarray, need: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Kind of each household; single parents are more frequent where need is high."""
    p = np.array([_KINDS.get(u, _KINDS["homes"]) for u in ("homes", "centre", "estate", "villa")])
    row = np.select([use == "centre", use == "estate", use == "villa"], [1, 2, 3], 0)
    p = p[row]
    p[:, 5] *= np.exp(0.2 * need)
    p[:, 4] *= np.exp(0.08 * need)
    edges = np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1)
    return np.minimum((rng.random(len(use))[:, None] > edges).sum(axis=1), 6)


def _count(people: pd.DataFrame, ids: np.ndarray) -> pd.DataFrame:
    """Counts by area; recipients are nested as in the official definitions."""
    age, benefit = people["age"], people["benefit"]
    working_age = (age >= 15) & (age < PENSION_AGE)
    entitled = benefit & (people["u0"] < 0.975) & (age < PENSION_AGE)
    not_employable = entitled & ((age < 15) | (people["u1"] < 0.015))
    employable = entitled & ~not_employable
    unemployed = employable & (people["u2"] < np.where(age < 18, 0.04, 0.47))
    old_age = (age >= PENSION_AGE) & people["old_age"]
    reduced = (
        working_age & (age >= 18) & ~benefit & (people["u3"] < 0.009 * np.exp(0.5 * people["z"]))
    )
    out_of_work = (age >= 15) & (age < 25) & ~benefit & (people["u4"] < 0.02)
    flags = {
        "residents": age >= 0,
        "female": people["u4"] < 0.508,
        "foreigners": people["u3"] > 0.78 - 0.07 * people["z"],
        "children": age < 15,
        "minors": age < 18,
        "minors_single_parent": (age < 18) & (people["kind"] == 5),
        "working_age": working_age,
        "youth": (age >= 15) & (age < 25),
        "old": age >= PENSION_AGE - 1,
        "persons": benefit & (age < PENSION_AGE),
        "recipients": entitled,
        "employable": employable,
        "not_employable": not_employable,
        "unemployed": unemployed,
        "children_benefits": entitled & (age < 15),
        "under_25": employable & (age < 25),
        "sgb12": old_age | reduced,
        "sgb12_old": old_age,
        "youth_unemployed": (unemployed & (age < 25)) | out_of_work,
    }
    area, n = people["area"].to_numpy(), len(ids)
    table = {name: np.bincount(area[flag.to_numpy()], minlength=n) for name, flag in flags.items()}
    first = people.loc[entitled, ["area", "household"]].drop_duplicates("household")
    table["households"] = np.bincount(first["area"], minlength=n)
    table["s3"] = table["recipients"] - table["unemployed"] + table["sgb12"]
    return pd.DataFrame(table, index=pd.Index(ids, name="area_id"))
