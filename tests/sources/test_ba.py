"""Workbooks of the Bundesagentur, in several layouts with invented figures."""

import datetime as dt

import pytest
from openpyxl import Workbook as Book
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from sozialraum.errors import InputError
from sozialraum.sources.ba import read_statistics, read_workbook

RLB = "Regelleistungsberechtigte"


@pytest.fixture
def save(tmp_path):
    def save(book):
        book.save(tmp_path / "ba.xlsx")
        return tmp_path / "ba.xlsx"

    return save


def flat(rows, notes=(), title=("Berichtsmonat: Dezember 2024", "Datenstand: April 2025")):
    """One header row, ids as text."""
    book = Book()
    sheet = book.active
    for line in title:
        sheet.append([line])
    sheet.append([])
    sheet.append(["Planungsraum", "Name", RLB, "Bedarfsgemeinschaften"])
    for row in rows:
        sheet.append(row)
    sheet.append([])
    for note in notes:
        sheet.append([note])
    return book


ROWS = [
    ["04990101", "Ostweg", 412, 230],
    ["04990102", "Westweg", "*", 3],
    ["04990103", "Gleisfeld", "-", "x"],
    ["049901", "Bezirksregion Ost", 415, "."],
    ["04", "Bezirk insgesamt", "1 234", "700 1)"],
    ["", "nicht zuordenbar", 9, 5],
]


def deep():
    """Merged headers of four rows, ids as numbers, column numbers, totals above the areas."""
    book = Book()
    sheet = book.active
    sheet.title = "Tabelle 1"
    sheet["A1"] = "Grundsicherung für Arbeitsuchende (SGB II)"
    sheet.merge_cells("A1:J1")
    sheet["A2"], sheet["B2"] = "Berichtsmonat", dt.datetime(2024, 12, 1)
    sheet["A3"] = "Datenstand: 14.04.2025"
    sheet["A5"] = "Gebiet"
    sheet.merge_cells("A5:B7")
    heads = {
        "C5:C7": "Personen in Bedarfs-\ngemeinschaften (PERS)",
        "D5:F5": "Regelleistungs-\nberechtigte (RLB)",
        "D6:D7": "Insgesamt",
        "E6:F6": "davon",
        "E7": "erwerbsfähige Leistungsberechtigte (ELB)",
        "F7": "nicht erwerbsfähige Leistungs-\nberechtigte (NEF) 2)",
        "G5:G7": "Bedarfsgemeinschaften (BG)",
        "H5:H7": "Arbeitslose SGB II",
        "I5:J5": "darunter nach Alter",
        "I6:I7": "Kinder unter 15 Jahren",
        "J6:J7": "ELB unter 25 Jahren",
    }
    for place, text in heads.items():
        sheet[place.split(":")[0]] = text
        if ":" in place:
            sheet.merge_cells(place)
    table = [
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        ["Insgesamt", None, 2000, 1800, 1300, 500, 1000, 600, 450, 300],
        [4, "Bezirk West", 900, 800, 600, 200, 450, 300, 180, 120],
        [49901, "Bezirksregion Ost", 900, 800, 600, 200, 450, 300, 180, 120],
        [4990101, "Ostweg", 500, 450, 340, 110, 250, 160, 100, 70],
        ["04990102", "Westweg", 400, 350, 260, 90, 200, 140, 80, 50],
        [11990101.0, "Nordweg", 1100, 1000, 700, 300, 550, 300, 270, "*"],
    ]
    for at, row in enumerate(table, 8):
        for column, value in enumerate(row, 1):
            sheet.cell(at, column, value)
    raised = TextBlock(InlineFont(vertAlign="superscript"), "3)")
    sheet["D13"] = CellRichText("350", raised)
    sheet["A16"] = "2) ohne sonstige Leistungsberechtigte"
    sheet["A17"] = "Quelle: erfundene Zahlen"
    return book


def test_a_plain_table_gives_counts_with_bounds(save):
    table = read_workbook(save(flat(ROWS)))
    assert table.areas.index.tolist() == ["04990101", "04990102", "04990103"]
    assert table.areas["name"].tolist() == ["Ostweg", "Westweg", "Gleisfeld"]
    assert table.areas.loc["04990101", [RLB, f"{RLB}_lo", f"{RLB}_hi"]].tolist() == [412] * 3
    assert table.areas.loc["04990103", [RLB, f"{RLB}_lo", f"{RLB}_hi"]].tolist() == [0] * 3
    assert table.reporting_month == "2024-12"
    assert table.data_as_of == dt.date(2025, 4, 30)


def test_a_suppressed_cell_is_at_least_one_and_never_zero(save):
    hidden = read_workbook(save(flat(ROWS))).areas.loc["04990102"]
    assert hidden[[RLB, f"{RLB}_hi"]].isna().all()
    assert hidden[f"{RLB}_lo"] == 1


def test_what_is_not_available_has_no_bounds(save):
    cells = read_workbook(save(flat(ROWS))).areas.loc["04990103"]
    assert cells[[f"Bedarfsgemeinschaften{s}" for s in ("", "_lo", "_hi")]].isna().all()


def test_totals_are_kept_apart_from_areas(save):
    totals = read_workbook(save(flat(ROWS))).totals
    assert totals.index.tolist() == ["049901", "04", ""]
    assert totals["label"].tolist() == [
        "049901 Bezirksregion Ost", "04 Bezirk insgesamt", "nicht zuordenbar",
    ]  # fmt: skip
    assert totals.loc["04", [RLB, "Bedarfsgemeinschaften"]].tolist() == [1234, 700]


def test_every_marker_is_counted(save):
    assert read_workbook(save(flat(ROWS))).markers == {"*": 1, "-": 1, "x": 1, ".": 1, "1)": 1}


@pytest.mark.parametrize(
    ("note", "only_small"),
    [
        ("* Es werden nur die Zahlenwerte 1 und 2 durch einen Stern ersetzt.", True),
        ("*) Ausschließlich Werte kleiner als 3 sind ersetzt.", True),
        ("*) Zahlenwerte kleiner 3 werden anonymisiert.", False),
        (
            "* Nur Werte von 1 oder 2 und solche, aus denen sie errechnet werden können, fehlen.",
            False,
        ),
        ("* Nur 1 und 2 sowie Zahlen, die Rückschlüsse erlauben.", False),
        ("", False),
    ],
)
def test_two_is_the_bound_only_where_the_workbook_says_so(save, note, only_small):
    table = read_workbook(save(flat(ROWS, [note])))
    assert table.hides_only_small == only_small
    hi = table.areas.loc["04990102", f"{RLB}_hi"]
    assert hi == 2 if only_small else hi != hi
    assert table.footnotes == ([note] if note else [])


def test_merged_headers_of_several_rows_are_told_apart(save):
    table = read_workbook(save(deep()))
    assert list(table.headers) == [
        "Personen in Bedarfsgemeinschaften", RLB, "erwerbsfähige Leistungsberechtigte",
        "nicht erwerbsfähige Leistungsberechtigte", "Bedarfsgemeinschaften", "Arbeitslose SGB II",
        "Kinder unter 15", "unter 25",
    ]  # fmt: skip
    assert table.headers["erwerbsfähige Leistungsberechtigte"].startswith(
        "Regelleistungsberechtigte (RLB) / davon / "
    )
    measures = list(table.headers)
    assert table.areas.loc["04990101", measures].tolist() == [500, 450, 340, 110, 250, 160, 100, 70]


def test_ids_of_every_kind_in_one_column_are_complete_text(save):
    table = read_workbook(save(deep()))
    assert table.areas.index.tolist() == ["04990101", "04990102", "11990101"]
    assert table.notes == ["ba.xlsx, Blatt Tabelle 1: 1 Gebietsnummer ohne führende Null ergänzt."]


def test_totals_above_the_areas_and_short_ids_as_numbers_are_recognised(save):
    totals = read_workbook(save(deep())).totals
    assert totals.index.tolist() == ["", "04", "049901"]
    assert totals.loc["04", RLB] == 800


def test_a_superscript_footnote_mark_is_no_digit(save):
    assert read_workbook(save(deep())).areas.loc["04990102", RLB] == 350


def test_month_and_state_may_stand_in_cells_of_their_own(save):
    table = read_workbook(save(deep()))
    assert table.reporting_month == "2024-12"
    assert table.data_as_of == dt.date(2025, 4, 14)


def test_footnotes_are_no_areas(save):
    assert read_workbook(save(deep())).footnotes == [
        "2) ohne sonstige Leistungsberechtigte",
        "Quelle: erfundene Zahlen",
    ]


def test_a_table_in_which_all_is_hidden_is_still_a_table(save):
    table = read_workbook(save(flat([["04990101", "Ostweg", "*", "*"]])))
    assert table.areas.loc["04990101", f"{RLB}_lo"] == 1


def test_hidden_sheets_are_not_read_but_told(save):
    book = flat(ROWS)
    book.copy_worksheet(book.active).sheet_state = "hidden"
    table = read_workbook(save(book))
    assert len(table.areas) == 3
    assert "ausgeblendete Blätter" in table.notes[-1]


def test_formulas_are_read_by_their_stored_value_and_told(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Planungsraum", RLB])
        sheet.write_row(1, 0, ["04990101"])
        sheet.write_formula(1, 1, "=6*7", value=42)
    table = read_workbook(tmp_path / "a.xlsx")
    assert table.areas.loc["04990101", RLB] == 42
    assert table.notes == [
        "a.xlsx: 1 Zelle enthält eine Formel; gelesen wurde der gespeicherte Wert."
    ]


def changed(row, column, value):
    rows = [list(r) for r in ROWS]
    rows[row][column] = value
    return flat(rows)


@pytest.mark.parametrize(
    ("book", "message"),
    [
        (changed(1, 0, "04990101"), r"stands 2 times .*row 5 \(Ostweg\), row 6 \(Westweg\)"),
        (changed(0, 2, "viele"), r"row 5, column C \(Regelleistungsberechtigte\)"),
        (changed(0, 2, -4), "no count"),
        (changed(0, 2, 4.5), "no count"),
        (flat([["Ost", "Ostweg", 1, 2]]), "No sheet has area ids of 8 digits"),
        (flat([["04990101", "Ostweg", "a", "b"]]), "No sheet has area ids"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(save, book, message):
    with pytest.raises(InputError, match=message):
        read_workbook(save(book))


def test_two_sheets_with_tables_need_a_choice(save):
    book = flat(ROWS)
    book.copy_worksheet(book.active).title = "Vormonat"
    path = save(book)
    with pytest.raises(InputError, match="More than one sheet"):
        read_workbook(path)
    assert len(read_workbook(path, sheet="Vormonat").areas) == 3
    with pytest.raises(InputError, match="no sheet 'Juni'"):
        read_workbook(path, sheet="Juni")


def test_two_columns_with_the_same_header_are_refused(save):
    book = flat(ROWS)
    book.active["D4"] = RLB
    with pytest.raises(InputError, match="2 columns are headed"):
        read_workbook(save(book))


def test_a_column_of_figures_without_header_is_refused(save):
    book = flat(ROWS)
    book.active["D4"] = None
    with pytest.raises(InputError, match="no header"):
        read_workbook(save(book))


def test_the_same_measure_under_two_headings_keeps_both_headings(save):
    book = flat(ROWS)
    sheet = book.active
    sheet["C3"], sheet["D3"], sheet["D4"] = "Dezember", "November", RLB
    table = read_workbook(save(book))
    assert list(table.headers) == [f"Dezember / {RLB}", f"November / {RLB}"]


@pytest.mark.real_data
def test_a_district_profile_of_another_city_is_read(real_data):
    path = real_data / "specimens/hamburg_stadtteilprofile_2014.xlsx"
    with pytest.raises(InputError, match="stands 2 times"):
        read_statistics(path)  # four districts bear the name of one of their quarters
    table = read_statistics(path, totals_at_end=8)
    people = next(m for m in table.headers if "/ Bevölkerung /" in m)
    assert len(table.areas) == 99
    assert table.totals["label"].iloc[-1] == "Hamburg"
    assert table.areas[people].notna().all()
    assert table.totals[people].iloc[-1] == 1_788_994
    assert table.totals[people].iloc[:-1].sum() == 1_788_994
    assert len(table.headers) == 68
