"""Set what the report says as a tagged PDF.

Nothing here looks at the content of a study: a second process sets the report without the
libraries that find out what it says.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from importlib import resources
from typing import Any

from sozialraum.publish.report.drawing import font_folder


def typeset(text: str, figures: dict[str, bytes], day: str) -> bytes:
    """The bytes of a report (PDF/UA-1); the same ones for the same arguments.

    Parameters
    ----------
    text : str
        What ``template.typ`` sets, as JSON.
    figures : dict
        File name -> SVG.
    day : str
        Reference date (ISO), the time stamp of the file.

    Raises
    ------
    EnvironmentFault
        The fonts are missing.
    """
    import typst

    template = resources.files(__package__).joinpath("template.typ").read_bytes()
    files = {**figures, "main.typ": template, "report.json": text.encode()}
    compiler = typst.Compiler(files, font_paths=fonts(), ignore_system_fonts=True)
    date = dt.date.fromisoformat(day)
    stamp = dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC)
    pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=stamp)
    assert isinstance(pdf, bytes)
    return pdf


@lru_cache(maxsize=1)
def fonts() -> Any:
    """Typst's own fonts and the sans serif of the figures."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[font_folder()])
