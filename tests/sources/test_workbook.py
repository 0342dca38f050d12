"""Workbooks as an enemy would write them."""

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as Book
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from sozialraum.errors import EnvironmentFault, InputError
from sozialraum.sources.workbook import column_letter, open_workbook

RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def parts(sheet: str = "", **more: str) -> dict[str, str]:
    """The smallest workbook: one sheet with the given rows as XML."""
    return {
        "_rels/.rels": f'<Relationships xmlns="{RELS}"><Relationship Id="a" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Blatt" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELS}"><Relationship Id="b" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData>'
        "</worksheet>",
    } | more


@pytest.fixture
def write(tmp_path):
    def write(members, compression=zipfile.ZIP_DEFLATED, name="book.xlsx"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", compression) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return write


def test_values_of_every_kind_are_read(tmp_path):
    book = Book()
    sheet = book.active
    sheet.title = "Tabelle"
    sheet.append(["Straße", 12, 2.5, True, dt.datetime(2024, 12, 31), None, "01"])
    sheet.merge_cells("A2:C3")
    sheet["A2"] = "verbunden"
    book.create_sheet("Notiz").sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    read = open_workbook(tmp_path / "a.xlsx")
    cells = read.sheets[0].cells
    assert [cells.get((1, c)) for c in range(1, 8)] == [
        "Straße", 12, 2.5, True, dt.datetime(2024, 12, 31), None, "01",
    ]  # fmt: skip
    assert read.sheets[0].merged == [(2, 1, 3, 3)]
    assert [s.hidden for s in read.sheets] == [False, True]


def test_a_superscript_behind_a_number_stays_superscript(tmp_path):
    book = Book()
    raised = TextBlock(InlineFont(vertAlign="superscript"), "1)")
    book.active["A1"] = CellRichText("1 234", raised)
    book.save(tmp_path / "a.xlsx")
    assert open_workbook(tmp_path / "a.xlsx").sheets[0].cells[1, 1] == "1 234¹⁾"


def test_a_formula_is_its_stored_value_and_is_reported(write):
    path = write(parts('<row r="1"><c r="A1"><f>SUM(B1:B9)</f><v>42</v></c></row>'))
    sheet = open_workbook(path).sheets[0]
    assert sheet.cells == {(1, 1): 42}
    assert sheet.formulas == {(1, 1)}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('<c r="A1"><f>1+1</f></c>', "no stored value"),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', "error #DIV/0!"),
        ('<c r="A1"><v>viel</v></c>', "is no number"),
        ('<c r="A1"><v>NaN</v></c>', "is no number"),
        ('<c r="A1"><v>1e999</v></c>', "is no number"),
        ('<c r="A1" t="s"><v>7</v></c>', "not there"),
        ('<c r="A1" t="s"><v>-1</v></c>', "not there"),
        ('<c r="ZZZZ1"><v>1</v></c>', "is no cell"),
        ('<c r="XFE1"><v>1</v></c>', "no row or column"),
        ('<c r="A1048577"><v>1</v></c>', "no row or column"),
        ('<c r="A0"><v>1</v></c>', "is no cell"),
        ('<c r="A1"><v>1</v></d>', "not well formed"),
    ],
)
def test_a_cell_that_makes_no_sense_is_one_clear_error(write, cell, message):
    with pytest.raises(InputError, match=message):
        open_workbook(write(parts(f'<row r="1">{cell}</row>')))


BOMB = (
    '<?xml version="1.0" encoding="{}"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]><sst><si><t>&b;&c;</t></si></sst>'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"]
)
def test_document_types_and_entities_are_refused_in_every_encoding(write, encoding, part):
    with pytest.raises(InputError, match="document type"):
        open_workbook(write(parts() | {part: BOMB.format(encoding).encode(encoding)}))


def test_a_part_that_unpacks_without_end_is_refused(write):
    path = write(parts() | {"xl/worksheets/sheet1.xml": b" " * 50_000_000})
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match="unpacks to 50 MB"):
        open_workbook(path)


def test_a_part_whose_size_is_a_lie_is_refused(write):
    path = write(parts("<row/>" * 100))
    content = bytearray(path.read_bytes())
    size = len(parts("<row/>" * 100)["xl/worksheets/sheet1.xml"]).to_bytes(4, "little")
    at = content.rfind(size)  # the archive's directory
    content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InputError):
        open_workbook(path)


@pytest.mark.parametrize(
    "name", ["../outside.xml", "/etc/passwd", "xl/../../a.xml", "C:/a.xml", "..\\a.xml"]
)
def test_archive_names_that_lead_outside_are_refused(write, name):
    with pytest.raises(InputError, match="leads outside"):
        open_workbook(write(parts() | {name: "x"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_a_name_twice_is_refused(write):
    path = write(parts())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(InputError, match="twice"):
        open_workbook(path)


def test_a_workbook_of_thousands_of_parts_is_refused(write):
    with pytest.raises(InputError, match=r"2,\d\d\d parts"):
        open_workbook(write(parts() | {f"xl/media/{n}.png": "" for n in range(2001)}))


def test_a_relation_never_leads_out_of_the_archive(write, tmp_path):
    (tmp_path / "secret.xml").write_text(f'<worksheet xmlns="{MAIN}"/>')
    rels = parts()["xl/_rels/workbook.xml.rels"]
    for target in ("../../../secret.xml", str(tmp_path / "secret.xml"), "http://127.0.0.1:9/a"):
        changed = {"xl/_rels/workbook.xml.rels": rels.replace("worksheets/sheet1.xml", target)}
        assert open_workbook(write(parts() | changed)).sheets == []
    outside = rels.replace('Target="', 'TargetMode="External" Target="')
    assert open_workbook(write(parts() | {"xl/_rels/workbook.xml.rels": outside})).sheets == []


def test_macros_and_links_are_left_unread_and_told(write):
    more = {"xl/vbaProject.bin": b"\xd0\xcf", "xl/externalLinks/externalLink1.xml": "<!DOCTYPE x>"}
    book = open_workbook(write(parts() | more, name="book.xlsm"))
    assert book.left_unread == ("Makros", "Verknüpfungen mit anderen Dateien")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted or of the old"),
        (b"PLR_ID;n\n", "no readable workbook"),
        (b"PK\x03\x04" + bytes(100), "no readable workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path, content, message):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        open_workbook(path)


def test_an_archive_that_is_no_workbook_is_refused(write):
    with pytest.raises(InputError, match="no workbook"):
        open_workbook(write({"a.txt": "x"}))


def test_a_merged_range_over_the_whole_sheet_costs_nothing(write):
    members = parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    whole = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
    sheet = members["xl/worksheets/sheet1.xml"].replace("</worksheet>", whole)
    book = open_workbook(write(members | {"xl/worksheets/sheet1.xml": sheet}))
    assert book.sheets[0].merged == [(1, 1, 1048576, 16384)]


def test_a_workbook_of_millions_of_cells_is_refused(write, monkeypatch):
    monkeypatch.setattr("sozialraum.sources.workbook.MOST_ELEMENTS", 1000)
    rows = "<row><c><v>1</v></c></row>" * 400
    with pytest.raises(InputError, match="too large"):
        open_workbook(write(parts(rows)))


def saved() -> bytes:
    book = Book()
    for row in [["Nummer", "Zahl"], ["04990101", 12], ["04990102", "*"]]:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SAVED = saved()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAVED) - 1), st.integers(0, 255)), max_size=6))
def test_whatever_is_damaged_there_is_a_workbook_or_one_clear_error(changes):
    import tempfile
    from pathlib import Path

    content = bytearray(SAVED)
    for at, byte in changes:
        content[at] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(content)
        try:
            assert isinstance(open_workbook(path).sheets, list)
        except (InputError, EnvironmentFault):
            return


def test_columns_have_letters():
    assert [column_letter(n) for n in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
