"""A first study from the files at hand, which runs as it is written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sozialraum.areas import read_areas
from sozialraum.areas.draft import Answers, draft
from sozialraum.areas.inspect import inspect_folder
from sozialraum.cli import main
from sozialraum.errors import InputError, StudyError
from sozialraum.study import load_study
from tests.support.other_city import City

CITY = City()


@pytest.fixture
def place(tmp_path) -> Path:
    folder = tmp_path / "daten"
    folder.mkdir()
    CITY.layer(folder / "gebiete.geojson")
    CITY.grid(folder / "gitter.csv")
    CITY.rooms(folder / "raeume.csv")
    return folder


def test_every_file_is_recognised_for_what_it_is(place):
    CITY.wide(place / "zahlen.csv")
    (place / "notiz.txt").write_text("nur Text", encoding="utf-8")
    found = inspect_folder(place)
    assert [a.path for a in found.areas] == ["gebiete.geojson"]
    assert (found.areas[0].id, found.areas[0].name) == ("KENNUNG", "NAME")
    assert found.areas[0].digits is None
    assert found.areas[0].metric_crs == "EPSG:25832"
    assert [t.path for t in found.tables] == ["zahlen.csv"]
    assert found.tables[0].skip_lines == 1
    assert found.grids == ["gitter.csv"]
    assert found.rooms == ["raeume.csv"]
    assert found.unknown == ["notiz.txt"]


def counted(folder: Path, path: Path) -> dict[str, float]:
    table = read_areas(load_study(path), folder)
    return table.ba["Leistungsberechtigte"].to_dict()


def drafted(folder: Path, tmp_path: Path, **answers: str) -> Path:
    out = tmp_path / "stadt.yaml"
    text = draft(inspect_folder(folder), "stadt", Answers(date="2024-12-31", **answers))
    out.write_text(text, encoding="utf-8")
    return out


def test_a_table_of_a_spreadsheet_makes_a_study(place, tmp_path):
    CITY.wide(place / "zahlen.csv")
    out = drafted(place, tmp_path)
    assert counted(place, out) == dict(zip(CITY.ids, CITY.recipients, strict=True))
    study = load_study(out)
    assert study.counts.base == "under_65"
    assert study.levels[0].column == "QUARTIER"
    assert study.venues.grid == "gitter.csv"
    assert "#" in out.read_text(encoding="utf-8")


def test_a_workbook_with_names_and_totals_makes_a_study(place, tmp_path):
    CITY.workbook(place / "profile.xlsx")
    out = drafted(
        place,
        tmp_path,
        recipients="Soziales / Leistungsberechtigte nach SGB II / Insgesamt",
        residents="Bevölkerung / Insgesamt",
    )
    assert counted(place, out) == dict(zip(CITY.ids, CITY.recipients, strict=True))
    assert load_study(out).counts.table.layout.totals_at_end == 2


def test_a_long_table_makes_a_study_of_its_last_month(place, tmp_path):
    CITY.long(place / "eckwerte.csv", CITY.ids)
    out = drafted(place, tmp_path)
    assert counted(place, out) == dict(zip(CITY.ids, CITY.recipients, strict=True))
    assert load_study(out).counts.table.layout.only == {"monat": "2025-02"}


def test_the_command_writes_a_study_that_the_check_accepts(place, tmp_path, capsys):
    CITY.wide(place / "zahlen.csv")
    out = tmp_path / "nordhafen.yaml"
    call = ["init", "nordhafen", "--data", str(place), "--out", str(out), "--yes"]
    assert main([*call, "--date", "2024-12-31"]) == 0
    assert "30 areas" in capsys.readouterr().out
    assert main(["check", str(out), "--data", str(place)]) == 0
    assert main([*call, "--date", "2024-12-31"]) == 2  # never written over


def test_a_drafted_study_runs_in_full_and_writes_every_file(place, tmp_path):
    CITY.wide(place / "zahlen.csv", suppressed=4)
    study, out = tmp_path / "nordhafen.yaml", tmp_path / "ergebnis"
    call = ["init", "nordhafen", "--data", str(place), "--out", str(study), "--yes"]
    assert main([*call, "--date", "2024-12-31"]) == 0
    run = ["run", str(study), "--data", str(place), "--out", str(out), "--jobs", "1", "--quiet"]
    assert main(run) == 0
    written = {path.name for path in out.iterdir()}
    assert written >= {
        "map.html", "report.pdf", "ranking.csv", "regions.csv", "presence.csv", "frontier.csv",
        "areas.gpkg", "areas.parquet", "tables.xlsx", "datapackage.json", "manifest.json",
    }  # fmt: skip
    ranking = pd.read_csv(out / "ranking.csv", index_col="area_id")["recipients"]
    shown = ranking.dropna()
    truth = pd.Series(CITY.recipients, CITY.ids, dtype=float)
    assert len(shown) == len(CITY.ids) - 1
    assert (shown == truth[shown.index]).all()
    assert pd.read_csv(out / "presence.csv")["p"].max() == 6  # rooms of the draft: most_rooms
    assert main(["audit", str(out)]) == 0


def test_what_cannot_be_guessed_is_asked_and_not_invented(place):
    CITY.wide(place / "zahlen.csv")
    found = inspect_folder(place)
    with pytest.raises(StudyError, match="Reference date"):
        draft(found, "stadt")
    asked = []

    def answer(question, proposal, choices):
        asked.append(question)
        return proposal or "2024-12-31"

    draft(found, "stadt", ask=answer)
    assert len(asked) == 5
    with pytest.raises(StudyError, match="There is no column 'Hunde'"):
        draft(found, "stadt", Answers(recipients="Hunde"))


def test_without_areas_there_is_no_study(tmp_path):
    with pytest.raises(InputError, match="polygon layer"):
        draft(inspect_folder(tmp_path), "stadt")
