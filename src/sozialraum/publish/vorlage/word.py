"""The short paper as a Word document with real styles, the same bytes for the same run."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sozialraum.errors import StudyError
from sozialraum.publish.report.blocks import Words
from sozialraum.publish.report.drawing import drawn
from sozialraum.publish.report.facts import EVERYBODY, Facts
from sozialraum.publish.report.figures import drawing_of
from sozialraum.publish.vorlage.text import Grid, Paper, compose

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table

    from sozialraum.publish.finished import Finished

FONT = "Arial"
SHADE, RULE = "E3EDF3", "A9AEB4"
SIZES = {"Normal": 9.0, "List Bullet": 9.0, "Title": 15.0, "Heading 1": 10.5, "Caption": 8.0}
FOOTER = 7.5  # points
MAP_WIDTH = 13.5  # centimetres


def write_vorlage(run: Finished, path: str | Path) -> Path:
    """Write the short paper of a finished run as a Word document (.docx).

    Parameters
    ----------
    run : Finished
        See `sozialraum.publish.finished.read_run`.
    path : path
        Of the document, ending in .docx; replaced whole where it exists. Its folder is created.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    StudyError
        The name of the document has another ending.

    Notes
    -----
    Two pages of A4. Every time stamp inside, those of the archive among them, is the reference
    date of the run.
    """
    path = Path(path)
    if path.suffix.lower() != ".docx":
        raise StudyError(
            f"The Vorlage is a Word document, not {path.suffix or 'a file without an ending'}",
            where=str(path),
            expected="a name that ends in .docx",
            hint="Write a .docx; LibreOffice and Word save it in other formats",
        )
    paper = compose(run)
    document = _styled(run)
    _front(document, paper)
    _body(document, paper, run)
    buffer = io.BytesIO()
    document.save(buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    try:
        day = dt.date.fromisoformat(run.info.reference_date)
        beside.write_bytes(_constant(buffer.getvalue(), day))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _styled(run: Finished) -> Document:
    """An empty document: page, styles, language, properties, footer."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    document = docx.Document()
    _bare(document)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.2), Cm(1.8)
    section.top_margin, section.bottom_margin = Cm(1.7), Cm(1.5)
    section.header_distance = section.footer_distance = Cm(0.7)
    for name, size in SIZES.items():
        style: Any = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [k for k in fonts.attrib if str(k).endswith("Theme")]:
            del fonts.attrib[theme]  # a theme's font would win over ours
        for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{kind}"), FONT)
        style.font.color.rgb = RGBColor(0x1D, 0x26, 0x30)
        style.paragraph_format.space_before = Pt(7 if name == "Heading 1" else 0)
        style.paragraph_format.space_after = Pt(3 if name != "Caption" else 2)
        style.paragraph_format.line_spacing = 1.0
    heading: Any = document.styles["Title"]
    for border in heading.element.findall(".//" + qn("w:pBdr")):
        border.getparent().remove(border)
    heading.font.bold = True
    document.styles["Caption"].paragraph_format.keep_with_next = True  # type: ignore[union-attr]
    _language(document)
    info, organisation = run.info, run.study.publisher.organisation
    day = dt.datetime.fromisoformat(info.reference_date)
    properties = document.core_properties
    properties.title = f"Vorlage: {info.title} – {info.region_name}"
    properties.subject = info.subtitle
    properties.author = properties.last_modified_by = organisation or "sozialraum"
    properties.comments = f"Kennung {info.fingerprint}"
    properties.keywords = f"SGB II, Jobcenter, {info.region_name}"
    properties.language = "de-DE"
    properties.created = properties.modified = day
    properties.revision = 1
    return document


def _bare(document: Document) -> None:
    """Leave out what the library's template brings along: preview, program and page count."""
    package: Any = document.part.package
    for owner in (package, document.part):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.endswith(("/thumbnail", "/extended-properties", "/customXml")):
                del owner.rels[key]


def _language(document: Document) -> None:
    """German for spelling and for screen readers, in the defaults of all styles."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for run_properties in document.styles.element.iter(qn("w:rPr")):
        for old in run_properties.findall(qn("w:lang")):
            run_properties.remove(old)
    default = document.styles.element.find(
        f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}"
    )
    language = OxmlElement("w:lang")
    for kind in ("val", "eastAsia"):
        language.set(qn(f"w:{kind}"), "de-DE")
    default.append(language)


def _front(document: Document, paper: Paper) -> None:
    """Title, what it is about, and what must not be overlooked."""
    section = document.sections[0]
    if paper.stamp:
        section.header.paragraphs[0].add_run(paper.stamp).bold = True
    document.add_paragraph(paper.title, style="Title")
    for key, value in paper.head:
        line = document.add_paragraph()
        line.add_run(f"{key}: ").bold = True
        line.add_run(value)
    for notice in paper.notices:
        document.add_paragraph().add_run(notice).bold = True


def _body(document: Document, paper: Paper, run: Finished) -> None:
    document.add_heading("Ergebnis", 1)
    for point in paper.answer:
        line = document.add_paragraph(style="List Bullet")
        for part in point:
            if isinstance(part, str):
                line.add_run(part)
            else:
                line.add_run(part["strong"]).bold = True
    number = 1
    if paper.rooms is not None:
        _picture(document, paper, run)
        document.add_heading("Vorgeschlagene Räume", 1)
        _table(document, paper.rooms, number)
        number += 1
    document.add_heading("Wo der Bedarf am größten ist", 1)
    _table(document, paper.areas, number)
    if paper.groups is not None:
        document.add_heading("Zielgruppen", 1)
        _table(document, paper.groups, number + 1)
    document.add_heading("Was die Daten nicht sagen", 1)
    for limit in paper.limits:
        document.add_paragraph(limit, style="List Bullet")
    document.add_heading("Quellen und Lizenzen", 1)
    _small(document, "; ".join(paper.sources) + ".")
    _small(document, paper.origin)
    footer = document.sections[0].footer.paragraphs[0]
    _sized(footer.add_run(f"Kennung {run.info.fingerprint} · Seite "), FOOTER)
    _field(footer, "PAGE", FOOTER)


def _picture(document: Document, paper: Paper, run: Finished) -> None:
    """The map of the proposed rooms, with its alternative text."""
    from docx.shared import Cm

    facts = Facts(run.content)
    png = drawn(drawing_of(f"rooms_{EVERYBODY}.svg", facts, Words("de")), png=True)
    line = document.add_paragraph()
    line.paragraph_format.keep_with_next = True
    picture = line.add_run().add_picture(io.BytesIO(png), width=Cm(MAP_WIDTH))
    about = picture._inline.docPr
    about.set("descr", paper.map_alt)
    about.set("title", "Karte der vorgeschlagenen Räume")
    about.set("name", "Karte")
    text = "Abbildung 1: Vorgeschlagene Räume (nach zusätzlich Erreichten nummeriert)"
    text += " und ihre Reichweite" if run.study.access.kind == "straight" else ""
    caption = document.add_paragraph(text, style="Caption")
    caption.paragraph_format.keep_with_next = False


def _table(document: Document, grid: Grid, number: int) -> Table:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm

    document.add_paragraph(f"Tabelle {number}: {grid.caption}", style="Caption")
    table = document.add_table(rows=1 + len(grid.rows), cols=len(grid.titles), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, grid.widths, strict=True):
        column.width = Cm(width)
    _rules(table)
    for r, texts in enumerate((grid.titles, *grid.rows)):
        row = table.rows[r]
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if r == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, text, width, figure in zip(
            row.cells, texts, grid.widths, grid.figures, strict=True
        ):
            cell.width = Cm(width)
            line = cell.paragraphs[0]
            line.paragraph_format.space_after = 0
            line.paragraph_format.keep_with_next = r < len(grid.rows)
            if figure:
                line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            written = _sized(line.add_run(text), 8)
            if r == 0:
                written.bold = True
                shade = OxmlElement("w:shd")
                for key, value in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
                    shade.set(qn(f"w:{key}"), value)
                cell._tc.get_or_add_tcPr().append(shade)
    about = OxmlElement("w:tblCaption")
    about.set(qn("w:val"), grid.caption)
    table._tbl.tblPr.append(about)
    _small(document, grid.note)
    return table


def _rules(table: Table) -> None:
    """Thin grey lines between rows, none between columns; little air inside."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        drawn = side in ("top", "bottom", "insideH")
        for key, value in (("val", "single" if drawn else "nil"), ("sz", "4"), ("color", RULE)):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    layout = table._tbl.tblPr.find(qn("w:tblLayout"))
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    anchor = layout if layout is not None else look
    anchor.addprevious(borders)
    (look if look is not None else anchor).addprevious(margins)


def _small(document: Document, text: str) -> None:
    if text:
        _sized(document.add_paragraph().add_run(text), 7)


def _sized(run: Any, points: float) -> Any:
    from docx.shared import Pt

    run.font.size = Pt(points)
    return run


def _field(paragraph: Any, code: str, points: float) -> None:
    """A field that Word fills, such as the number of the page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    paragraph._p.append(field)
    written = _sized(paragraph.add_run("1"), points)
    field.append(written._r)


def _constant(archive: bytes, day: dt.date) -> bytes:
    """The same archive with the reference date in place of the clock."""
    out = io.BytesIO()
    stamp = (max(day.year, 1980), day.month, day.day, 0, 0, 0)
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            after.writestr(entry, before.read(name))
    return out.getvalue()
