"""The auditor finds what a finished run gives away, whichever file it stands in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from sozialraum.errors import InputError
from sozialraum.publish import audit, records
from sozialraum.publish.audit import audit_folder
from sozialraum.publish.report.document import render
from sozialraum.publish.tables import write_workbook


def signed(folder: Path, name: str) -> None:
    """Record a changed file in the manifest, as a careless publisher would."""
    path = folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    record = records.record(folder / name)
    document["outputs"][name] = {"sha256": record.sha256, "bytes": record.bytes}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def test_the_demo_gives_nothing_away(demo_folder: Path) -> None:
    assert audit_folder(demo_folder) == []


def read_sheets(content, folder: Path) -> dict[str, set[str]]:
    """What the auditor reads of a workbook: sheet -> columns."""
    write_workbook(content, folder / "tables.xlsx")
    found = list(audit._sheets(folder / "tables.xlsx", content))
    assert all(frame.index.is_unique for _, _, frame in found)
    return {name: set(frame.columns) for name, _, frame in found}


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_auditor_reads_the_counts_of_the_workbook(
    demo_run, english_demo, tmp_path: Path, language: str
) -> None:
    content = (demo_run if language == "de" else english_demo).content
    of_areas, of_regions, *_ = read_sheets(content, tmp_path).values()
    counts = {"recipients", "recipients_lo", "recipients_hi", "share", "location_quotient"}
    assert counts <= of_areas
    assert counts - {"location_quotient"} <= of_regions


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_auditor_reads_the_counts_of_the_report(
    demo_run, english_demo, tmp_path: Path, language: str
) -> None:
    content = (demo_run if language == "de" else english_demo).content
    (tmp_path / "report.pdf").write_bytes(render(content))
    for _, level, read in audit._report(tmp_path / "report.pdf", content):
        counts = getattr(content, level)["recipients"]
        assert len(read) > 0.8 * counts.notna().sum(), level
        assert (read["recipients"] == counts[read.index].round()).all(), level


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the report's text takes seconds; one test is enough."""
    monkeypatch.setattr("sozialraum.publish.audit.report_is_read", lambda: False)


@pytest.mark.real_data
def test_the_real_district_gives_nothing_away(district_folder: Path) -> None:
    assert audit_folder(district_folder) == []


@pytest.mark.usefixtures("without_report")
def test_a_count_that_one_file_withholds_and_another_shows_is_found(
    demo_folder: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(demo_folder, tmp_path / "run")
    path = copy / "ranking.csv"
    table = pd.read_csv(path, dtype={"area_id": str})
    hidden = table.index[table["recipients"].isna()][0]
    table.loc[hidden, "recipients"] = 7
    table.to_csv(path, index=False)
    with pytest.raises(InputError):
        audit_folder(copy)  # not what was written
    signed(copy, "ranking.csv")
    first, *others = audit_folder(copy)
    assert table.loc[hidden, "area_id"] in first
    assert "ranking.csv" in first
    assert all("follow from" in f for f in others)  # and with it what it had been hidden behind


@pytest.mark.usefixtures("without_report")
def test_a_share_that_stays_beside_a_withheld_count_is_found(
    demo_folder: Path, tmp_path: Path
) -> None:
    import pyogrio

    copy = shutil.copytree(demo_folder, tmp_path / "run")
    path = copy / "areas.gpkg"
    layers = {
        str(name): pyogrio.read_dataframe(path, layer=name)
        for name in pyogrio.list_layers(path)[:, 0]
        if name != "layer_styles"
    }
    areas = layers["areas"]
    row = areas.index[areas["recipients"].isna() & areas["excluded"].isna()][0]
    areas.loc[row, "share"] = 0.01
    path.unlink()
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    signed(copy, "areas.gpkg")
    findings = audit_folder(copy)
    assert any(areas.loc[row, "area_id"] in f and "share" in f for f in findings)
