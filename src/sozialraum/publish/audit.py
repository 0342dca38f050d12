"""The audit of a finished run: an attacker who has every file of the folder."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from sozialraum.errors import InputError
from sozialraum.publish.attacker import attack
from sozialraum.publish.manifest import read_manifest
from sozialraum.study import Study

JSON_BLOCK = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
AREA_SHEET = "Gebiete"


def audit_folder(folder: str | Path) -> list[str]:
    """Everything that can be inferred about withheld counts from a finished run.

    The counts of recipients are gathered from every file (CSV, workbook, GeoPackage, GeoParquet,
    map): a count that one file withholds and another shows is known. Then `publish.attacker.attack`
    combines them with totals, shares, weights and the people at places.

    Parameters
    ----------
    folder : path
        Result of a run; its manifest must be there and match.

    Returns
    -------
    list of str
        One sentence for each finding: what is known, how, and what would mend it. Empty: nothing.

    Raises
    ------
    InputError
        No finished run, or a file was changed after it.
    """
    place = Path(folder)
    manifest = read_manifest(place)
    try:
        study = Study.model_validate(manifest["study"])
    except ValidationError:
        raise InputError(
            "The run was written by another version of sozialraum",
            where=str(place / "manifest.json"),
            expected="a study that this version knows",
            hint="Audit it with the version that the manifest names",
        ) from None
    frames = _frames(place)
    content: Any = SimpleNamespace(study=study, **frames)
    findings = [
        f"{area}: {file} shows {value:.0f} recipients, which ranking.csv withholds. Write all "
        "files of a run from one release."
        for file, area, value in _contradictions(place, frames["areas"])
    ]
    for row in attack(content).itertuples():
        known = f"{row.lo:.0f}" if row.exact else f"{row.lo:.0f} to {row.hi:.0f}"
        findings.append(
            f"{row.cell}: {known} recipients follow from {row.how}. Withhold {row.fix}."
        )
    return findings


def _frames(place: Path) -> dict[str, Any]:
    import pyogrio

    def layer(name: str, index: str) -> pd.DataFrame:
        frame = pyogrio.read_dataframe(place / "areas.gpkg", layer=name, read_geometry=False)
        return frame.set_index(index)

    areas, regions = layer("areas", "area_id"), layer("regions", "region_id")
    data = map_data(place / "map.html")
    figures = dict(data.get("figures", {}))
    return {
        "areas": areas,
        "regions": regions,
        "units": layer("units", "unit_id"),
        "figures": {
            "share": figures.get("share", np.nan),
            "recipients": figures.get("recipients"),
            "total_is_partial": figures.get("total_is_partial"),
        },
    }


def map_data(path: Path) -> dict[str, Any]:
    """The data block of a run's map: cover, figures and everything the page shows."""
    found = JSON_BLOCK.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise InputError("The map has no data block", where=str(path), expected="a map of a run")
    return json.loads(found[1])


def _contradictions(place: Path, areas: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Counts of recipients that one file shows and the GeoPackage withholds."""
    tables = {
        "ranking.csv": pd.read_csv(place / "ranking.csv", dtype={"area_id": str}),
        "areas.parquet": pd.read_parquet(place / "areas.parquet").reset_index(),
        "tables.xlsx": _area_sheet(place / "tables.xlsx"),
    }
    hidden = areas.index[areas["recipients"].isna()]
    found = []
    for name, table in tables.items():
        shown = table.set_index("area_id")["recipients"].reindex(hidden).astype(float).dropna()
        found += [(name, str(area), float(value)) for area, value in shown.items()]
    return found


def _area_sheet(path: Path) -> pd.DataFrame:
    """Area ids and recipients of the workbook, whose headers are German."""
    from sozialraum.publish.content import RANKING

    sheet = pd.read_excel(path, sheet_name=AREA_SHEET, dtype=str)
    return pd.DataFrame(
        {
            "area_id": sheet[RANKING["area_id"]],
            "recipients": pd.to_numeric(sheet[RANKING["recipients"]]),
        }
    )
