"""Jobcenters outside Berlin: whatever their statistics office publishes, the study declares it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

import sozialraum as sr
from sozialraum.cli import main
from sozialraum.errors import InputError, StudyError
from sozialraum.study import load_study
from tests.support.other_city import City

CITY = City()
THREE_DIGITS = [f"{1 + n % 3}{n:02d}" for n in CITY.number]
COMMON = {
    "title": "Präsenz des Jobcenters im Sozialraum",
    "seed": 3,
    "region": {"name": "Nordhafen", "city": "Nordhafen"},
    "area_layer": {
        "path": "gebiete.geojson",
        "id": "KENNUNG",
        "name": "NAME",
        "metric_crs": "EPSG:25832",
        "id_digits": None,
        "title": "Stadtteil",
    },
    "indicators": {"rank_draws": 200, "top": 5},
    "targets": {"everybody": {"title": "Alle", "rank_by": "need_index", "weight_by": "recipients"}},
    "siting": {"rooms": 2, "most_rooms": 2, "stability_draws": 2},
}


def study(name: str, **sections) -> dict:
    document = {"name": name, **COMMON}
    for key, value in sections.items():
        both = isinstance(value, dict) and isinstance(document.get(key), dict)
        document[key] = {**document[key], **value} if both else value
    return document


def counted(path: str, layout: dict, measure: str = "Leistungsberechtigte") -> dict:
    """Residents and recipients from one table."""
    people = {k: v for k, v in layout["columns"].items() if k in ("population", "from_65")}
    recipients = {k: v for k, v in layout["columns"].items() if k not in people}
    date = "2024-12-31"
    return {
        "population": {
            "path": path,
            "reference_date": date,
            "layout": {**layout, "columns": people},
        },
        "counts": {
            "ba_measure": measure,
            "base": "under_65" if "from_65" in people else "population",
            "table": {
                "path": path,
                "reference_date": date,
                "title": "Statistikstelle Nordhafen",
                "layout": {**layout, "columns": recipients},
            },
        },
    }


SHEET = {
    "key": "Stadtteil",
    "match": "name",
    "totals_at_end": 2,
    "columns": {
        "population": "Bevölkerung / Insgesamt",
        "from_65": "65 Jahre und älter",
        "Leistungsberechtigte": "Soziales / Leistungsberechtigte nach SGB II / Insgesamt",
        "Kinder unter 15": "darunter unter 15 Jahren",
    },
}
LONG = {
    "key": "stadtteil",
    "measure": "merkmal",
    "value": "insgesamt",
    "only": {"monat": "2025-02"},
    "columns": {"population": "Bevölkerung", "Leistungsberechtigte": "Leistungsberechtigte"},
}
WIDE = {
    "key": "Kennung",
    "skip_lines": 1,
    "columns": {
        "population": "Einwohner",
        "from_65": "Ab 65",
        "Leistungsberechtigte": "Leistungen SGB II",
    },
}
CELLS = {
    "key": "Zelle",
    "columns": {"population": "Einwohner", "Leistungsberechtigte": "Leistungsberechtigte"},
}
QUARTER = [{"key": "region", "title": "Quartier", "column": "QUARTIER"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Everything that the offices of Nordhafen publish."""
    place = tmp_path_factory.mktemp("nordhafen")
    CITY.layer(place / "gebiete.geojson")
    CITY.layer(place / "nummern.geojson", THREE_DIGITS)
    CITY.wide(place / "zahlen.csv", suppressed=4)
    CITY.percentages(place / "indikatoren.csv")
    CITY.workbook(place / "profile.xlsx")
    CITY.long(place / "eckwerte.csv", THREE_DIGITS)
    CITY.squares(place / "zellen.csv")
    CITY.grid(place / "gitter.csv")
    CITY.rooms(place / "raeume.csv")
    return place


def written(folder: Path, document: dict) -> Path:
    path = folder / f"{document['name']}.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML without aliases
    return path


def ran(folder: Path, document: dict) -> Path:
    """The finished run of a study, made by the command line."""
    out = folder / f"run-{document['name']}"
    call = ["run", str(written(folder, document)), "--data", str(folder), "--out", str(out)]
    assert main([*call, "--quiet", "--jobs", "1"]) == 0
    return out


def computed(folder: Path, document: dict) -> pd.DataFrame:
    return sr.run(written(folder, document), data=folder).areas


def test_a_csv_of_counts_and_residents_with_ids_of_letters_runs_end_to_end(folder: Path) -> None:
    document = study(
        "csv",
        **counted("zahlen.csv", WIDE),
        levels=QUARTER,
        venues={"files": [{"path": "raeume.csv", "kind": "plain"}], "grid": "gitter.csv"},
        sources={"nh": {"title": "Zahlen", "publisher": "Nordhafen", "licence": "CC0 1.0"}},
    )
    document["population"]["source"] = "nh"
    out = ran(folder, document)
    ranking = pd.read_csv(out / "ranking.csv", index_col="area_id")
    shown = ranking["recipients"].dropna()
    truth = pd.Series(CITY.recipients, CITY.ids, dtype=float)
    assert (shown == truth[shown.index]).all()
    assert pd.isna(ranking.loc[CITY.ids[4], "recipients"])  # suppressed, and nothing gives it away
    assert ranking.loc[CITY.ids[4], ["share", "need_index", "rank"]].isna().all()
    under_65 = pd.Series(CITY.residents, CITY.ids) - pd.Series(CITY.old, CITY.ids)
    share = (truth / under_65)[shown.index]
    assert (ranking.loc[shown.index, "share"] - share).abs().max() < 1e-5
    assert len(pd.read_csv(out / "presence.csv")) > 0
    assert "Nordhafen: Zahlen; CC0 1.0" in (out / "map.html").read_text(encoding="utf-8")
    what_people_read_has_the_words_of_nordhafen(out)


OF_BERLIN = r"Berlin|Planungsr[aä]u|Bezirk|Lebensweltlich|Senatsverw|Ausgabe \d"
"""Words that a Jobcenter elsewhere would not understand, and an edition that there is not."""


def what_people_read_has_the_words_of_nordhafen(out: Path) -> None:
    """Report, workbook, map, geodata and their descriptions of a run whose areas are Stadtteile."""
    import pypdf
    from openpyxl import load_workbook

    pages = [page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages]
    report = " ".join("\n".join(pages).split())
    sheets = load_workbook(out / "tables.xlsx")
    cells = [str(c.value) for s in sheets for row in s.iter_rows() for c in row if c.value]
    read = {
        "report": report,
        "workbook": "\n".join([*sheets.sheetnames, *cells]),
        "map": (out / "map.html").read_text(encoding="utf-8"),
        "package": (out / "datapackage.json").read_text(encoding="utf-8"),
        "record": (out / "dcat.jsonld").read_text(encoding="utf-8"),
        "layers": (out / "areas.gpkg").read_bytes().decode("utf-8", "ignore"),
    }
    for where, text in read.items():
        assert re.findall(rf".{{0,30}}(?:{OF_BERLIN}).{{0,20}}", text) == [], where
    assert "zwischen den Einheiten der Ebene Quartier" in report
    assert "Gebiete der Ebene Stadtteil" in report
    assert "Stadtteil – Kleinstes Gebiet" in report
    assert "SGB XII" not in report
    assert sheets["Ebene Quartier"]["B1"].value == "Name der Einheit auf der Ebene Quartier"
    assert sheets["Gebiete"]["A1"].value == "Nummer des Gebiets"
    assert main(["audit", str(out)]) == 0  # finds its columns under their other names, too


def test_a_workbook_with_merged_headings_and_names_needs_no_grid_and_no_rooms(
    folder: Path,
) -> None:
    areas = computed(folder, study("profile", **counted("profile.xlsx", SHEET), levels=QUARTER))
    assert (
        areas["recipients"].tolist() == pd.Series(CITY.recipients, CITY.ids)[areas.index].tolist()
    )
    under_65 = pd.Series(CITY.residents, CITY.ids) - pd.Series(CITY.old, CITY.ids)
    expected = pd.Series(CITY.recipients, CITY.ids) / under_65
    assert (areas["share"] - expected[areas.index]).abs().max() < 1e-9


def test_a_long_table_gives_the_month_that_the_study_names(folder: Path) -> None:
    document = study(
        "lang",
        **counted("eckwerte.csv", LONG),
        levels=[{"key": "region", "title": "Quartier", "digits": 1}],
        area_layer={"path": "nummern.geojson", "id_digits": 3},
    )
    areas = computed(folder, document)
    truth = pd.Series(CITY.recipients, THREE_DIGITS)[areas.index]
    assert areas["recipients"].tolist() == truth.tolist()
    assert set(areas["region_id"]) == {"1", "2", "3"}


def test_cells_of_a_grid_are_areas_where_nothing_else_is_published(folder: Path) -> None:
    document = study(
        "zellen",
        **counted("zellen.csv", CELLS),
        area_layer={"path": "zellen.csv", "id": "Zelle", "name": "Zelle", "title": "Rasterzelle"},
    )
    areas = computed(folder, document)
    assert len(areas) == 30
    assert areas.geometry.area.between(0.99e6, 1.01e6).all()
    assert sorted(areas["recipients"]) == sorted(CITY.recipients)


def test_districts_alone_are_one_level_below_the_whole_region(folder: Path) -> None:
    six = CITY.ids[:6]
    lines = ["Bezirk;Einwohner;Leistungen"]
    lines += [f"{a};{60_000 + 9_000 * n};{3_000 + 2_500 * n}" for n, a in enumerate(six)]
    (folder / "bezirke.csv").write_text("\n".join(lines), encoding="utf-8")
    layer = json.loads((folder / "gebiete.geojson").read_text(encoding="utf-8"))
    layer["features"] = layer["features"][:6]
    (folder / "bezirke.geojson").write_text(json.dumps(layer), encoding="utf-8")
    layout = {
        "key": "Bezirk",
        "columns": {"population": "Einwohner", "Leistungsberechtigte": "Leistungen"},
    }
    document = study(
        "bezirke", **counted("bezirke.csv", layout), area_layer={"path": "bezirke.geojson"}
    )
    out = ran(folder, document)
    ranking = pd.read_csv(out / "ranking.csv").sort_values("rank")
    assert ranking["area_id"].iloc[0] == six[-1]
    regions = pd.read_csv(out / "regions.csv")
    assert regions["recipients"].tolist() == [sum(3_000 + 2_500 * n for n in range(6))]
    assert regions["rank"].isna().all()  # one unit stands beside nothing


def test_indicators_of_the_citys_own_make_the_index_and_their_names_reach_the_reader(
    folder: Path,
) -> None:
    headings = {
        "I_jobless": "Arbeitslose in %",
        "I_pupils": "Übergewicht bei Einschulung in %",
    }
    document = study(
        "indikatoren",
        **counted("zahlen.csv", WIDE),
        levels=QUARTER,
        editions=[
            {
                "id": "2024",
                "path": "indikatoren.csv",
                "reference_date": "2024-12-31",
                "indicators": list(headings),
                "titles": {"I_jobless": "Arbeitslosigkeit", "I_pupils": "Übergewicht"},
                "layout": {"key": "Kennung", "columns": headings},
                "register": {
                    "path": "gitter.csv",
                    "reference_date": "2024-12-31",
                    "grid": True,
                },
            }
        ],
        indicators={**COMMON["indicators"], "edition": "2024"},
    )
    areas = computed(folder, document)
    frame = pd.DataFrame({"a": CITY.jobless, "b": CITY.pupils}, CITY.ids)
    total = ((frame - frame.mean()) / frame.std(ddof=0)).sum(axis=1)
    expected = (total / total.std(ddof=0))[areas.index]
    assert (areas["need_index"] - expected).abs().max() < 1e-9
    assert areas["sentence"].str.contains("Arbeitslosigkeit|Übergewicht").all()


def test_a_region_may_be_a_list_of_areas(folder: Path) -> None:
    chosen = [a for a in CITY.ids if a.startswith("HA")]
    document = study(
        "teil",
        **counted("profile.xlsx", SHEET),
        region={"name": "Hafen", "city": "Nordhafen", "areas": chosen},
        levels=QUARTER,
    )
    assert list(computed(folder, document).index) == sorted(chosen)
    document["region"] = {**document["region"], "areas": [*chosen, "HA-99"]}
    with pytest.raises(InputError, match="HA-99"):
        computed(folder, document)


def test_a_wrong_id_of_the_layer_is_mended_where_the_study_says_so(folder: Path) -> None:
    ids = [*CITY.ids[:7], CITY.ids[3], *CITY.ids[8:]]
    CITY.layer(folder / "doppelt.geojson", ids)
    layer = {"path": "doppelt.geojson"}
    document = study("mend", **counted("profile.xlsx", SHEET), levels=QUARTER, area_layer=layer)
    with pytest.raises(InputError, match="stands 2 times"):
        computed(folder, document)
    mend = [{"feature": 8, "wrong": CITY.ids[3], "right": CITY.ids[7]}]
    document["area_layer"] = {**document["area_layer"], "mend": mend}
    run = sr.run(written(folder, document), data=folder)
    assert sorted(run.areas.index) == sorted(CITY.ids)
    assert any("berichtigt" in row["detail"] for row in run.content.quality)


def test_a_wrong_heading_is_named_with_the_headings_there_are(folder: Path) -> None:
    layout = {**SHEET, "columns": {**SHEET["columns"], "population": "Insgesamt"}}
    document = study("doppelt", **counted("profile.xlsx", layout), levels=QUARTER)
    with pytest.raises(
        InputError, match=r"More than one column is headed 'Insgesamt'.*Bevölkerung"
    ):
        computed(folder, document)


def test_a_study_without_indicators_and_counts_is_refused() -> None:
    nothing = {"edition": None, "previous": None}
    with pytest.raises(StudyError, match="share"):
        load_study("demo", indicators=nothing, old_age=None, counts={"ba_workbook": None})
