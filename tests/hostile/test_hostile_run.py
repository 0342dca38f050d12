"""A whole run over files from somebody who means harm: what they tried, and that nothing happened.

The inputs of the demo with names that are scripts, formulas and addresses, a workbook with macros,
links and calls to the network, a GeoJSON that points elsewhere. A server here counts who calls.
"""

from __future__ import annotations

import csv
import http.server
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import sozialraum as sr
from sozialraum.sources.workbook import open_workbook

SCRIPT = "</script><img src=x onerror=alert(1)><b>Kiez"
FORMULA = '=HYPERLINK("http://127.0.0.1/x","Haus")'
COMMAND = "@SUM(1+1)*cmd|' /C calc'!A0"


@dataclass
class Attack:
    """Where the run was written, and who called the server in the meantime."""

    data: Path
    out: Path = field(default_factory=Path)
    calls: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    calls: list[str] = []

    class Count(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Count) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", calls
        listening.shutdown()


@pytest.fixture(scope="module")
def attack(server, tmp_path_factory) -> Attack:
    address, calls = server
    data = shutil.copytree(sr.demo.folder(), tmp_path_factory.mktemp("hostile") / "data")
    _names_of_areas(data)
    _venues(data, address)
    _clubs(data, address)
    _workbook(next((data / "ba").glob("*.xlsx")), address)
    result = Attack(data, data.parent / "out", calls)
    run = sr.run("demo", data=data, cache=False, siting={"most_rooms": 5, "stability_draws": 3})
    result.notes = [q["detail"] for q in run.content.quality]
    run.write(result.out)
    return result


def _names_of_areas(data: Path) -> None:
    import pyogrio

    path = data / "lor" / "lor_planungsraeume.shp"
    layer = pyogrio.read_dataframe(path)
    inside = layer.index[layer["PLR_ID"].str.startswith("21")]
    for row, name in zip(inside, (SCRIPT, FORMULA, COMMAND, "‮Kiez\x1b[31m"), strict=False):
        layer.loc[row, "PLR_NAME"] = name
    pyogrio.write_dataframe(layer, path)


def _venues(data: Path, address: str) -> None:
    path = data / "venues" / "stadtteilzentren.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    name, operator = rows[0].index("Einrichtungsname"), rows[0].index("Träger")
    for row, text in zip(
        rows[1:], (SCRIPT, FORMULA, COMMAND, f"javascript:{address}"), strict=False
    ):
        row[name] = text
    rows[2][operator] = f"{FORMULA} e. V."
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)


def _clubs(data: Path, address: str) -> None:
    """A GeoJSON that names schemas and CRS elsewhere, with a script for a name."""
    path = data / "venues" / "jugendfreizeiteinrichtungen.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    document |= {"$schema": f"{address}/schema", "links": [{"href": f"{address}/more"}]}
    document["features"][0]["properties"]["e_name"] = SCRIPT
    document["features"][0]["properties"]["href"] = f"{address}/feature"
    path.write_text(json.dumps(document), encoding="utf-8")


def _workbook(path: Path, address: str) -> None:
    """Macros, a link to another workbook, a call to the network and to a program."""
    content = path.read_bytes()
    path.unlink()
    relation = (
        f'<Relationship Id="rIdX" TargetMode="External" Target="{address}/book.xlsx" Type="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/></Relationships>'
    )
    formula = (
        f'<row r="900"><c r="A900" t="str"><f>WEBSERVICE("{address}/cell")</f><v>nichts</v></c>'
        '<c r="B900" t="str"><f>cmd|\' /C calc\'!A0</f><v>nichts</v></c></row></sheetData>'
    )
    import io

    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name).decode("utf-8")
            if name == "xl/_rels/workbook.xml.rels":
                part = part.replace("</Relationships>", relation)
            if name.startswith("xl/worksheets/"):
                part = part.replace("</sheetData>", formula)
            new.writestr(name, part)
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub AutoOpen() Shell calc")
        new.writestr("xl/externalLinks/externalLink1.xml", f"<x href='{address}/link'/>")


def test_nobody_was_called_while_the_files_were_read_and_the_outputs_written(attack) -> None:
    assert attack.calls == []


def test_macros_links_and_formulas_are_told_to_the_reader(attack) -> None:
    told = " ".join(attack.notes)
    assert "Makros" in told
    assert "Verknüpfungen" in told
    assert "Formel" in told


def test_no_cell_of_the_tables_is_a_formula(attack) -> None:
    book = open_workbook(attack.out / "tables.xlsx")
    assert not any(sheet.formulas for sheet in book.sheets)
    texts = {str(v) for sheet in book.sheets for v in sheet.cells.values()}
    assert any(SCRIPT in t for t in texts)  # it is there, as text
    with zipfile.ZipFile(attack.out / "tables.xlsx") as archive:
        assert not any(
            "external" in n or "vba" in n or "hyperlink" in n for n in archive.namelist()
        )
    for name in ("ranking.csv", "presence.csv", "regions.csv"):
        with (attack.out / name).open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    number = cell.removeprefix("-").replace(".", "").isdigit()
                    assert number or not cell.lstrip().startswith(("=", "+", "-", "@")), cell


def test_the_report_holds_no_action_and_no_address_of_theirs(attack) -> None:
    import pikepdf

    with pikepdf.open(attack.out / "report.pdf") as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert "/JS" not in thing
                assert str(thing.get("/S")) not in ("/JavaScript", "/Launch", "/SubmitForm")
                assert "127.0.0.1" not in str(thing.get("/URI", ""))


@pytest.mark.browser
def test_in_the_browser_names_are_names(attack, browser) -> None:
    context = browser.new_context()  # online: a request would get out
    page = context.new_page()
    said: list[str] = []
    page.on("request", lambda r: r.url.startswith("file:") or said.append(r.url))
    page.on("dialog", lambda d: said.append(f"dialog {d.message}"))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(f"file://{attack.out / 'map.html'}")
    page.wait_for_selector("html[data-ready]")
    for tab in page.locator("[role=tab]").all():
        tab.click()
        assert page.locator("img").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    assert "onerror" in page.content()  # the name is there, as text
    assert said == []
    context.close()
    assert attack.calls == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: !!python/object/apply:os.system ['touch {0}']", "YAML tag"),
        ("extends: demo\npopulation: {{path: ../../../etc/passwd}}", "inside the data folder"),
        ("extends: demo\npopulation: {{path: 'file:///etc/passwd'}}", "inside the data folder"),
        ("extends: demo\nname: ../../{0}", "name"),
        ("a: &a [x, x]\nb: [*a, *a]", "alias"),
        ("extends: {0}", "not packaged"),
    ],
)
def test_a_study_can_neither_run_code_nor_leave_its_folders(
    tmp_path: Path, text: str, says: str
) -> None:
    mark = tmp_path / "touched"
    study = tmp_path / "study.yaml"
    study.write_text(text.format(mark))
    with pytest.raises(sr.errors.StudyError, match=says):
        sr.load_study(study)
    assert not mark.exists()
