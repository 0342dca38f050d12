"""Berlin's published tables as plain frames, for the tests of need."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DISTRICT = "04"
OUTLIER = "10100205"


def indicators(berlin: Path, edition: int) -> pd.DataFrame:
    """One edition of the Monitoring Soziale Stadtentwicklung, -9999 and empty as NaN."""
    path = berlin / "mss" / str(edition) / f"mss_{edition}_index_indikatoren.csv"
    frame = pd.read_csv(path, dtype={"PLR_ID": str, "BEZ_ID": str}, na_values=["-9999"])
    return frame.set_index("PLR_ID").sort_index()


def published_classes(berlin: Path) -> pd.DataFrame:
    """Class numbers of the 2021 edition as published (SI_N, DI_N)."""
    path = berlin / "mss" / "2021" / "mss_2021_indizes.csv"
    frame = pd.read_csv(path, dtype={"PLR_ID": str}, na_values=["-9999"])
    return frame.set_index("PLR_ID").sort_index()


def youth_unemployment(berlin: Path) -> pd.Series:
    """KI_01 of the 2021 edition, percent."""
    path = berlin / "mss" / "2021" / "mss_2021_kontext_indikatoren.csv"
    frame = pd.read_csv(path, dtype={"PLR_ID": str}, na_values=["-9999"])
    return frame.set_index("PLR_ID").sort_index()["KI_01"]


def residents(berlin: Path, year: int) -> pd.DataFrame:
    """Residents of 31.12. by the age groups that indicators refer to."""
    path = berlin / "ewr" / f"ewr_{year}-12-31_t2_plr.csv"
    raw = pd.read_csv(path, dtype={"id": str}).set_index("id").sort_index()
    raw.index.name = "PLR_ID"
    age = {c.removeprefix("inhabitants_age_"): raw[c] for c in raw if "_age_" in c}
    children = age["below_6"] + age["6_15"]
    return pd.DataFrame(
        {
            "all": raw["inhabitants"],
            "under_15": children,
            "under_18": children + age["15_18"],
            "15_65": raw["inhabitants"] - children - age["above_65"],
            "15_27": age["15_18"] + age["18_27"],
            "from_65": age["above_65"],
        }
    )


def bases(berlin: Path, year: int) -> pd.DataFrame:
    """Residents each indicator refers to."""
    people = residents(berlin, year)
    return pd.DataFrame(
        {
            "S1": 1.015 * people["15_65"],
            "S2": people["under_18"],
            "S3": people["all"],
            "S4": people["under_15"],
        }
    )
