"""Registers, indicators and grid as their publishers lay them out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.demo.people import OLDEST

_T2_GROUPS = {
    "below_6": (0, 6), "6_15": (6, 15), "15_18": (15, 18), "18_27": (18, 27), "27_45": (27, 45),
    "45_55": (45, 55), "55_65": (55, 65), "above_65": (65, OLDEST),
}  # fmt: skip
_FINE = (
    0, 1, 2, 3, 5, 6, 7, 8, 10, 12, 14, 15, 18, 21, 25, 27, 30, 35, 40, 45, 50, 55, 60, 63, 65, 67,
    70, 75, 80, 85, 90, 95, 110,
)  # fmt: skip
_COARSE = {
    "E_EU1": (0, 1), "E_E1U6": (1, 6), "E_E6U15": (6, 15), "E_E15U18": (15, 18),
    "E_E18U25": (18, 25), "E_E25U55": (25, 55), "E_E55U65": (55, 65), "E_E65U80": (65, 80),
    "E_E80U110": (80, 110),
}  # fmt: skip

Names = dict[str, str]


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, delimiter: str = ",",
    newline: str = "\n", bom: bool = False,
) -> bytes:  # fmt: skip
    """A delimited table as bytes: UTF-8, minimal quotes, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def register_t2(ids: Sequence[str], ages: np.ndarray, counts: pd.DataFrame) -> bytes:
    """Residents by age group, with English column names and percentages of all residents."""
    groups = [ages[:, lo:hi].sum(axis=1) for lo, hi in _T2_GROUPS.values()]
    parts = [*groups, counts["female"].to_numpy(), counts["foreigners"].to_numpy()]
    names = ["", *(f"_age_{g}" for g in _T2_GROUPS), "_female", "_foreigners"]
    total = ages.sum(axis=1)
    columns = [total, *parts]
    header = ["id", *(f"inhabitants{n}" for n in names)]
    header += [f"inhabitants{n}_percentage" for n in names]
    rows = (
        [area, *(int(c[i]) for c in columns), *(float(c[i] / total[i] * 100) for c in columns)]
        for i, area in enumerate(ids)
    )
    return write_csv(header, rows)


def register_matrix(
    ids: Sequence[str], ages: np.ndarray, counts: pd.DataFrame, month: str
) -> bytes:
    """The official matrix: semicolons, byte order mark, CRLF, one row per planning area."""
    spans = {f"E_E{lo:02d}_{hi:02d}": (lo, hi) for lo, hi in pairwise(_FINE)} | _COARSE
    header = ["ZEIT", "RAUMID", "BEZ", "PGR", "BZR", "PLR", "STADTRAUM", "E_E", "E_EM", "E_EW"]
    rows = []
    for i, area in enumerate(ids):
        total, women = int(ages[i].sum()), int(counts["female"].iloc[i])
        ring = "1" if area[2:4] in {"10", "20"} else "2"
        key = [month, area, area[:2], area[2:4], area[4:6], area[6:], ring]
        row = [*key, total, total - women, women]
        rows.append([*row, *(int(ages[i, lo:hi].sum()) for lo, hi in spans.values())])
    return write_csv([*header, *spans], rows, delimiter=";", newline="\r\n", bom=True)


def indicators(counts: pd.DataFrame, digits: int, masked_up_to: int = 0) -> pd.DataFrame:
    """S1 to S4 in percent; a numerator up to `masked_up_to` is written as 0.

    Areas with fewer than 300 residents have no values.
    """
    parts = {
        "S1": ("unemployed", "working_age"),
        "S2": ("minors_single_parent", "minors"),
        "S3": ("s3", "residents"),
        "S4": ("children_benefits", "children"),
    }
    table = {}
    for name, (numerator, base) in parts.items():
        shown = counts[numerator].where(counts[numerator] > masked_up_to, 0)
        table[name] = (shown / counts[base].clip(lower=1) * 100).round(digits)
    return pd.DataFrame(table).where(counts["residents"] >= 300)


def context(counts: pd.DataFrame) -> pd.DataFrame:
    """KI_01 (unemployed under 25) and KI_03 (old-age benefits); 1 or 2 persons are written as 0."""
    young = counts["youth_unemployed"].where(counts["youth_unemployed"] > 2, 0)
    old = counts["sgb12_old"].where(counts["sgb12_old"] > 2, 0)
    table = {"KI_01": young / counts["youth"].clip(lower=1), "KI_03": old / counts["old"]}
    return (pd.DataFrame(table) * 100).round(2).where(counts["residents"] >= 300)


def classes(status: pd.DataFrame, change: pd.DataFrame) -> pd.DataFrame:
    """Published classes: z-scores with equal weights, z-scored again (Indikatorenheft 2021).

    Population standard deviations over the valid areas. Status: < -1 hoch (1), to +1 mittel (2),
    to +1.5 niedrig (3), above sehr niedrig (4). Dynamics: < -1 positiv (1), > +1 negativ (5).
    """

    def index(table: pd.DataFrame) -> pd.Series:
        z = (table - table.mean()) / table.std(ddof=0)
        total = z.sum(axis=1, skipna=False)
        return (total - total.mean()) / total.std(ddof=0)

    s, d = index(status), index(change)
    si = np.select([s < -1, s <= 1, s <= 1.5, s > 1.5], [1, 2, 3, 4], 0)
    di = np.select([d < -1, d <= 1, d > 1], [1, 3, 5], 0)
    return pd.DataFrame({"SI_N": si, "DI_N": di}, index=status.index)


def mss_full(
    month: str, names: Names, counts: pd.DataFrame, columns: dict[str, pd.Series | None]
) -> bytes:
    """The layout of the WFS export: every indicator with two (here empty) grouping columns."""
    header = ["ZEIT", "PLR_ID", "PLR_NAME", "EW", "BEZ_ID"]
    for name in columns:
        header += [name, f"{name}_SD_GR", f"{name}_AG_GR"]
    rows = []
    for area, residents in counts["residents"].items():
        cells: list[Any] = []
        for series in columns.values():
            cells += [_cell(series, area, absent="-9999"), None, None]
        rows.append([*_key(month, str(area), names, residents), *cells, _valid(residents)])
    return write_csv([*header, "KOM"], rows)


def mss_short(month: str, names: Names, counts: pd.DataFrame, table: pd.DataFrame) -> bytes:
    """The later layout: four indicators, empty where the area has no value."""
    rows = [
        [*_key(month, str(area), names, residents), *(_cell(table[c], area) for c in table),
         _valid(residents)]
        for area, residents in counts["residents"].items()
    ]  # fmt: skip
    return write_csv(["ZEIT", "PLR_ID", "PLR_NAME", "EW", "BEZ_ID", *table, "KOM"], rows)


def mss_classes(month: str, names: Names, counts: pd.DataFrame, table: pd.DataFrame) -> bytes:
    """Published classes with their words."""
    status = {1: "hoch", 2: "mittel", 3: "niedrig", 4: "sehr niedrig"}
    dynamics = {1: ("positiv", "+"), 3: ("stabil", "+/-"), 5: ("negativ", "-")}
    header = ["SI_N", "SI_V", "DI_N", "DI_V", "SDI", "SDI_N", "SDI_V"]
    rows = []
    numbers = zip(table["SI_N"].tolist(), table["DI_N"].tolist(), strict=True)
    for (area, residents), (s, d) in zip(counts["residents"].items(), numbers, strict=True):
        cells: list[Any] = ["-9999", None, "-9999", None, None, "-9999", None]
        if s and d:
            word, sign = dynamics[d]
            both = f"Status {status[s]} , Dynamik {word}"
            cells = [s, status[s], d, word, f"{s}{sign}", 10 * s + d, both]
        rows.append([*_key(month, str(area), names, residents), *cells, _valid(residents)])
    return write_csv(["ZEIT", "PLR_ID", "PLR_NAME", "EW", "BEZ_ID", *header, "KOM"], rows)


def grid(xy: np.ndarray, residents: np.ndarray) -> bytes:
    """Residents per inhabited 100 m cell; the id names the cell's lower left corner (EPSG:3035).

    Parameters
    ----------
    xy : numpy.ndarray, shape (n, 2)
        Places in EPSG:3035, metres.
    residents : numpy.ndarray
        Residents at each place.
    """
    corner = np.floor(xy / 100).astype(int) * 100
    cells, code = np.unique(corner, axis=0, return_inverse=True)
    count = np.bincount(code.ravel(), residents).astype(int)
    rows = (
        [f"CRS3035RES100mN{y}E{x}", x + 50, y + 50, n]
        for (x, y), n in zip(cells.tolist(), count.tolist(), strict=True)
        if n
    )
    header = ["GITTER_ID_100m", "x_mp_100m", "y_mp_100m", "Einwohner"]
    return write_csv(header, rows, delimiter=";")


def _key(month: str, area: str, names: Names, residents: int) -> list[Any]:
    return [month, area, names[area], int(residents), area[:2]]


def _valid(residents: int) -> str:
    return "gültig" if residents >= 300 else "ungültig (weniger als 300 EW)"


def _cell(series: pd.Series | None, area: Any, absent: str | None = None) -> Any:
    if series is None:
        return None
    value = float(series[area])
    if np.isnan(value):
        return absent
    return int(value) if value == int(value) else value
