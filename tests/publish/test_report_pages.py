"""Pages of a finished report as they are set: nothing runs out, no heading is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pikepdf
import pypdf
import pytest

from sozialraum.publish.report.blocks import LEFT, RIGHT, laid_out, table

MM = 72 / 25.4
LEFT_EDGE, RIGHT_EDGE = 24 * MM, (210 - 21) * MM
BOTTOM, TOP = 24 * MM, (297 - 27) * MM


class Piece(NamedTuple):
    """A piece of text where it begins."""

    x: float
    y: float
    size: float
    font: str
    text: str


def pieces(page: pypdf.PageObject) -> list[Piece]:
    """Pieces of a page's body, without header and footer."""
    found: list[Piece] = []

    def see(text: str, cm: list[float], tm: list[float], font: dict | None, size: float) -> None:
        if text.strip():
            x, y = cm[0] * tm[4] + cm[4], cm[3] * tm[5] + cm[5]
            found.append(Piece(x, y, size, str((font or {}).get("/BaseFont", "")), text.strip()))

    page.extract_text(visitor_text=see)
    margins = [p for p in found if p.size == 7.0 and (p.y < 50 or p.y > 785)]
    return [p for p in found if p not in margins]


def is_heading(piece: Piece) -> bool:
    return "DejaVuSans-Bold" in piece.font and piece.size in (9.0, 10.5, 14.0)


def check_pages(path: Path) -> None:
    pages = pypdf.PdfReader(path).pages
    assert len(pages) > 10
    for number, page in enumerate(pages, 1):
        body = [p for p in pieces(page) if p.size >= 6]
        for p in body:
            assert LEFT_EDGE - 3 <= p.x <= RIGHT_EDGE, (number, p)
            assert BOTTOM - 3 <= p.y <= TOP + 8, (number, p)
        lowest = min(body, key=lambda p: p.y)
        assert not is_heading(lowest), (number, lowest)


def test_no_text_of_the_demos_report_leaves_its_block_and_no_heading_ends_a_page(
    demo_folder,
) -> None:
    check_pages(demo_folder / "report.pdf")


@pytest.mark.real_data
def test_no_text_of_the_districts_report_leaves_its_block_and_no_heading_ends_a_page(
    district_folder,
) -> None:
    check_pages(district_folder / "report.pdf")


def test_the_demos_report_is_tagged_named_and_its_pictures_and_formulas_can_be_read_out(
    demo_folder,
) -> None:
    with pikepdf.open(demo_folder / "report.pdf") as document:
        root = document.Root
        assert str(root.Lang) == "de-DE"
        assert document.open_metadata()["dc:title"]
        assert len(root.Outlines.keys()) > 0
        kinds: dict[str, int] = {}
        stack = [root.StructTreeRoot]
        while stack:
            node = stack.pop()
            if not isinstance(node, pikepdf.Dictionary):
                continue
            kind = str(node.get("/S", ""))
            kinds[kind] = kinds.get(kind, 0) + 1
            if kind in ("/Figure", "/Formula"):
                assert len(str(node.get("/Alt", ""))) > 20
            kids = node.get("/K", [])
            stack += list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        assert kinds["/Figure"] >= 8
        assert kinds["/Formula"] >= 8
        fonts = [
            o
            for o in document.objects
            if isinstance(o, pikepdf.Dictionary) and str(o.get("/Type", "")) == "/FontDescriptor"
        ]
        assert fonts
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(f.keys()) for f in fonts)


def test_a_short_table_stays_on_a_page_and_one_with_long_cells_may_break() -> None:
    columns = [("Gebiet", 1, LEFT), ("Zahl", 0, RIGHT)]
    assert laid_out(table("kurz", columns, [["Westend", "12"]] * 12))["keep"]
    assert not laid_out(table("lang", columns, [["Westend", "12"]] * 13))["keep"]
    assert not laid_out(table("breit", columns, [["Westend " * 40, "12"]] * 12))["keep"]
    assert laid_out(table("leer", columns, []))["keep"]


def test_a_long_title_takes_lines_and_not_the_width_of_other_columns() -> None:
    titles = [f"S{k} {year}" for k in (1, 2, 3, 4) for year in (2023, 2025)]
    columns = [("Gebiet", 1.0, LEFT), *((t, 0.0, RIGHT) for t in titles), ("Klassen", 1.0, LEFT)]
    block = laid_out(table("breit", columns, [["Klausenerplatz", *["12,3"] * 8, "stabil"]]))
    assert block["titles"][1] == "S1\n2023"
    assert block["titles"][0] == "Gebiet"
