"""Tables: what is written is what is meant, in every program that opens them."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sozialraum.publish.columns import Column, describe, plain, rounded
from sozialraum.publish.content import FRONTIER, PRESENCE, RANKING
from sozialraum.publish.further import FurtherTable
from sozialraum.publish.tables import csv_text, guarded, region_columns, write_csvs, write_workbook
from sozialraum.publish.workbook import base_of_rooms
from tests.support.synthetic import content

HOSTILE = ["=1+1", "@SUM(A1:A9)", "+49 30", "-23", "\t=1+1", "Haus\x00 am\x1f See", "</x>"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def one():
    return content(24)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"))))


def test_the_columns_are_those_of_the_contract(one, tmp_path):
    write_csvs(one, tmp_path)
    for name, columns in (
        ("ranking.csv", list(RANKING)),
        ("regions.csv", region_columns()),
        ("presence.csv", list(PRESENCE)),
        ("frontier.csv", list(FRONTIER)),
    ):
        head = (tmp_path / name).read_text("utf-8").splitlines()[0]
        assert head.split(",") == columns


def test_every_area_has_one_row_and_keeps_its_id_as_text(one, tmp_path):
    write_csvs(one, tmp_path)
    ids = [row["area_id"] for row in rows(tmp_path / "ranking.csv")]
    assert sorted(ids) == list(one.areas.index)
    assert all(id_.startswith("04") and len(id_) == 8 for id_ in ids)


def test_the_ranking_starts_with_the_greatest_need_and_ends_with_the_unranked(one, tmp_path):
    write_csvs(one, tmp_path)
    ranks = [row["rank"] for row in rows(tmp_path / "ranking.csv")]
    known = [int(r) for r in ranks if r]
    assert known == sorted(known)
    assert ranks[-1] == ""


def test_a_withheld_figure_is_empty_and_never_zero(one, tmp_path):
    write_csvs(one, tmp_path)
    hidden = one.areas.index[one.areas["recipients"].isna()]
    table = {row["area_id"]: row for row in rows(tmp_path / "ranking.csv")}
    assert len(hidden) == 2
    for area in hidden:
        for column in ("recipients", "recipients_lo", "share", "location_quotient"):
            assert table[area][column] == ""


def test_csv_uses_lf_a_decimal_point_and_no_byte_order_mark(one, tmp_path):
    for path in write_csvs(one, tmp_path):
        data = path.read_bytes()
        assert b"\r" not in data
        assert not data.startswith(b"\xef\xbb\xbf")
        assert data.endswith(b"\n")
    share = rows(tmp_path / "ranking.csv")[0]["share"]
    assert share.count(".") == 1
    assert "," not in share


def test_the_noise_of_the_last_binary_digit_does_not_reach_the_file():
    frame = pd.DataFrame({"share": [0.1 + 0.2, -1e-17], "need_index": [1 / 3, -1e-9]})
    assert csv_text(frame, ["share", "need_index"]) == (
        "share,need_index\n0.300000,0.333333\n0.000000,0.000000\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_that_looks_like_a_formula_is_marked_in_csv(text):
    cell = next(
        csv.reader(io.StringIO(csv_text(pd.DataFrame({"name": [text]}), ["name"]).split("\n")[1]))
    )[0]
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert not any(ord(c) < 32 for c in cell)


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_name_survives_csv_as_text(text):
    table = csv_text(pd.DataFrame({"name": [text, "Z"]}), ["name"])
    table.encode("utf-8")
    read = list(csv.reader(io.StringIO(table)))
    assert len(read) == 3 or plain(text) is None
    cell = read[1][0] if read[1] else ""
    assert cell == guarded(plain(text) or "")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_names_with_commas_quotes_and_line_breaks_stay_in_their_cell(tmp_path):
    one = content(24)
    area = one.areas.index[0]
    one = content(24, names={area: 'Kiez "Mitte", Nord\nSüd'})
    write_csvs(one, tmp_path)
    table = {row["area_id"]: row for row in rows(tmp_path / "ranking.csv")}
    assert table[area]["name"] == 'Kiez "Mitte", Nord Süd'


def test_numbers_round_as_their_column_says_and_missing_stays_missing():
    table = rounded(pd.DataFrame({"recipients": [1234.4, np.nan], "share": [0.12345678, np.inf]}))
    assert table["recipients"].tolist() == [1234, pd.NA]
    assert table["share"].iloc[0] == pytest.approx(0.123457, abs=1e-12)
    assert np.isnan(table["share"].iloc[1])


@pytest.mark.parametrize("name", [*RANKING, *PRESENCE, *FRONTIER])
def test_every_column_of_the_contract_has_a_german_meaning(name):
    column = describe(name)
    assert column.title != name
    assert column.kind in ("text", "integer", "number", "boolean")


@pytest.fixture(scope="module")
def book(one, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "tables.xlsx"
    write_workbook(one, path)
    return openpyxl.load_workbook(path)


def test_the_workbook_starts_with_notes_and_has_all_sheets(book):
    assert book.sheetnames == [
        "Hinweise", "Gebiete", "Bezirksregionen", "Räume", "Kurve", "Einrichtungen",
        "Datenqualität",
    ]  # fmt: skip
    assert book.active.title == "Hinweise"


def test_the_notes_name_date_sources_and_licences(book, one):
    text = " ".join(str(c.value) for row in book["Hinweise"].iter_rows() for c in row if c.value)
    for needed in (
        one.info.title, "31. Dezember 2024", one.info.fingerprint, "Fiktive Daten",
        one.info.recipients_label, one.info.sources[0].licence, one.info.sources[0].attribution,
        *shown(RANKING, one.study.indicators.top),
    ):  # fmt: skip
        assert needed in text


def test_the_only_date_in_the_workbook_is_the_reference_date(book, one):
    assert book.properties.created.date().isoformat() == one.info.reference_date
    assert book.properties.modified.date().isoformat() == one.info.reference_date


def test_sheets_are_filtered_and_their_header_is_frozen(book, one):
    sheet = book["Gebiete"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.auto_filter.ref.endswith(str(len(one.areas) + 1))
    assert sheet["A1"].value == "Nummer des Planungsraums"


def test_workbook_and_csv_show_the_same_figures(book, one, tmp_path):
    write_csvs(one, tmp_path)
    table = rows(tmp_path / "ranking.csv")
    sheet = list(book["Gebiete"].iter_rows(min_row=2, max_col=len(RANKING), values_only=True))
    assert len(sheet) == len(table)
    for cells, row in zip(sheet, table, strict=True):
        for cell, (name, text) in zip(cells, row.items(), strict=True):
            if describe(name).kind in ("integer", "number"):
                assert (cell is None) == (text == "")
                assert cell is None or cell == pytest.approx(float(text), abs=1e-9)
            else:
                assert (cell or "") == text


def shown(columns, top=10):
    """Headings: percentages in the cells, k as a number, a capital letter in front."""
    titles = (re.sub(r" \((0 bis 1|8 Stellen, Text)\)$", "", t) for t in columns.values())
    titles = (t.replace("den k Gebieten", f"den {top} Gebieten") for t in titles)
    return [t[0].upper() + t[1:] for t in titles]


def test_headers_say_what_the_column_means_in_that_sheet(book):
    heads = {s: [c.value for c in book[s][1]] for s in book.sheetnames[1:]}
    assert heads["Gebiete"][1] == "Name des Planungsraums"
    assert heads["Bezirksregionen"][1] == "Name der Bezirksregion"
    assert heads["Räume"] == shown(PRESENCE)
    assert heads["Kurve"] == shown(FRONTIER)
    assert heads["Einrichtungen"][1] == "Name der Einrichtung"


def test_people_read_words_instead_of_keys(book, one):
    _, *rooms = book["Räume"].iter_rows(values_only=True)
    assert {r[0] for r in rooms} == {t.title for t in one.study.targets.values()}
    assert {r[6] for r in rooms} == {"gemeinnützig (aus der Rechtsform erschlossen)"}
    heads = [c.value for c in book["Gebiete"][1]]
    assert "Rang für die Zielgruppe „Junge Menschen“" in heads


def test_every_venue_is_listed_with_the_reason_why_it_is_not_proposed(book, one):
    header, *venues = book["Einrichtungen"].iter_rows(values_only=True)
    reason, eligible = (
        header.index(t) for t in ("Warum nicht geeignet", "Als Raum für die Präsenz geeignet")
    )
    assert len(venues) == len(one.rooms)
    assert {v[reason] for v in venues if v[eligible] == "nein"} == {"Träger unbekannt"}


def test_ids_and_hostile_names_are_text_cells(tmp_path):
    base = content(24)
    names = dict(zip(base.areas.index, [*HOSTILE, "x" * 40_000], strict=False))
    path = tmp_path / "tables.xlsx"
    write_workbook(content(24, names=names), path)
    sheet = openpyxl.load_workbook(path)["Gebiete"]
    for area, name, *_ in sheet.iter_rows(min_row=2):
        assert area.data_type == name.data_type == "s"
        assert len(name.value) <= 32_767
    assert not any(b"<f>" in data for data in parts(path))
    cells = {a.value: n.value for a, n, *_ in sheet.iter_rows(min_row=2)}
    assert cells[base.areas.index[0]] == "=1+1"
    assert cells[base.areas.index[7]].endswith("x…")


def parts(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_an_internal_run_says_so_on_every_sheet(one, tmp_path):
    path = tmp_path / "tables.xlsx"
    write_workbook(replace(one, info=replace(one.info, internal=True)), path)
    sheets = [data for data in parts(path) if b"<sheetData" in data]
    assert sum(b"nicht zur Weitergabe" in data for data in sheets) >= 6


def test_empty_tables_are_written_with_their_header(one, tmp_path):
    empty = replace(one, presence=one.presence.iloc[:0], frontier=one.frontier.iloc[:0], quality=[])
    write_csvs(empty, tmp_path)
    assert (tmp_path / "presence.csv").read_text("utf-8") == ",".join(PRESENCE) + "\n"
    write_workbook(empty, tmp_path / "tables.xlsx")
    assert openpyxl.load_workbook(tmp_path / "tables.xlsx")["Räume"].max_row == 1


SCRIPT = """
import sys, pathlib
from tests.support.synthetic import content
from sozialraum.publish import geodata, tables
folder = pathlib.Path(sys.argv[1])
one = content(24)
tables.write_csvs(one, folder)
tables.write_workbook(one, folder / "tables.xlsx")
geodata.write_gpkg(one, folder / "areas.gpkg")
geodata.write_parquet(one, folder / "areas.parquet")
"""


def test_tables_and_geodata_are_the_same_bytes_in_another_time_zone_and_locale(tmp_path):
    written = []
    for zone, locale, seed in (("UTC", "C.UTF-8", "0"), ("Asia/Tokyo", "de_DE.UTF-8", "7")):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(folder)], cwd=ROOT, env=environment, check=True
        )
        written.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert len(written[0]) == 7
    assert written[0] == written[1]


def test_the_workbook_opens_in_libreoffice(one, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("SOZIALRAUM_FORBID_SKIPS"):
            pytest.fail("soffice is missing and SOZIALRAUM_FORBID_SKIPS is set")
        pytest.skip("LibreOffice (soffice) is not installed")
    write_workbook(one, tmp_path / "tables.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run(
        [*command, str(tmp_path / "tables.xlsx")], check=True, timeout=180, capture_output=True
    )
    import pypdf

    pages = pypdf.PdfReader(tmp_path / "tables.pdf").pages
    text = "".join(page.extract_text() for page in pages)
    assert one.info.title in text
    assert "Nachbarschaftshaus 14" in text
    assert "#NAME?" not in text
    assert "#WERT" not in text


def test_the_notes_say_for_how_many_of_all_rooms_are_sought(one):
    figures = {"recipients": 900.0, "old_age": 100.0, "demand": 800.0}
    text = base_of_rooms(replace(one, figures=figures))
    assert text.endswith(
        "800 von 900 Personen, ohne geschätzt 100 mit Grundsicherung im Alter (SGB XII)"
    )
    withheld = replace(one, figures=figures | {"demand": 750.0})
    assert base_of_rooms(withheld).endswith("ohne Gebiete, deren Zahl nicht gezeigt wird")
    everybody = replace(one, figures=figures | {"demand": 900.0})
    assert base_of_rooms(everybody) == ""


def test_further_sheets_have_headings_and_notes_as_the_main_ones(one, tmp_path):
    column = Column("value", "unter den ersten k", note="Leer, wo nichts gezogen wurde.")
    table = FurtherTable("own", "Eigene", "Ein Titel", pd.DataFrame({"value": ["x"]}), (column,))
    table = replace(table, note="Kleingedrucktes.")
    write_workbook(replace(one, further=(table,)), tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book["Eigene"]["A1"].value == f"Unter den ersten {one.study.indicators.top}"
    notes = [tuple(c.value for c in row) for row in book["Hinweise"].iter_rows()]
    assert ("Eigene", "Ein Titel. Kleingedrucktes.", None, None, None) in notes
    assert any(row[0] == "Eigene" and row[4] == column.note for row in notes)
    assert any("negativer Entwicklung" in (row[4] or "") for row in notes)  # the stability
