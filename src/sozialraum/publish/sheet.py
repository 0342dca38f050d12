"""A plain page for a result: headings, sentences, tables; one HTML file without any request.

The comparison and the evaluation are read in a browser or printed. The page has no script; its
policy forbids every request and allows its own style by hash. All texts are escaped here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from sozialraum.publish.folder import publishing
from sozialraum.publish.numbers import known
from sozialraum.publish.tables import guarded

WHOLE = ("population", "rank", "order", "reached", "offers", "planned", "additional", "visits")
"""Beginnings of columns that hold whole numbers."""
NOT_WHOLE = ("visits_lo", "visits_hi")
DIGITS = 6

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2630; background: #fff; margin: 0; }
main, header, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1.5rem 0 .3rem; color: #0b5a86; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; color: #0b5a86; }
p, li { max-width: 46rem; }
.stamp { color: #9c2f00; font-weight: 700; }
.notice { border-left: .35rem solid #b3440b; background: #faf3ee; padding: .6rem 1rem; }
.notice p { margin: .3rem 0; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
.scroll:focus-visible { outline: 3px solid #0b5a86; outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; min-width: 100%; }
caption { text-align: left; font-weight: 700; padding: .4rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; }
tr { border-bottom: 1px solid #c9c6bb; }
thead th { vertical-align: bottom; border-bottom: 2px solid #1d2630; }
tbody th { font-weight: 400; min-width: 10rem; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.small { font-size: .85rem; color: #4a545e; }
pre { background: #f4f2ec; padding: .8rem 1rem; overflow-x: auto; }
@media print { .scroll { overflow: visible; } h2 { break-after: avoid; }
  tr { break-inside: avoid; } }
""".strip()


@dataclass
class Sheet:
    """A page that is filled from top to bottom.

    Examples
    --------
    >>> sheet = Sheet("Vergleich", footer="Kennung 1 und 2")
    >>> sheet.section("Räume", "Ein Raum ist <neu>.")
    >>> sheet.table("Räume", ["Name", "Personen"], [["Haus", "12"]], figures=[1])
    >>> "Ein Raum ist &lt;neu&gt;." in sheet.html()
    True
    """

    title: str
    lead: str = ""
    stamp: str = ""
    footer: str = ""
    parts: list[str] = field(default_factory=list)

    def section(self, heading: str, *sentences: str) -> None:
        """A heading of the second level with paragraphs."""
        self.parts.append(f"<h2>{escape(heading)}</h2>")
        self.say(*sentences)

    def say(self, *sentences: str) -> None:
        """Paragraphs; empty ones are left out."""
        self.parts += [f"<p>{escape(s)}</p>" for s in sentences if s]

    def small(self, *sentences: str) -> None:
        """Small print."""
        self.parts += [f'<p class="small">{escape(s)}</p>' for s in sentences if s]

    def notice(self, *sentences: str) -> None:
        """Sentences in a box that nobody overlooks."""
        told = "".join(f"<p>{escape(s)}</p>" for s in sentences if s)
        if told:
            self.parts.append(f'<div class="notice" role="note">{told}</div>')

    def items(self, points: Iterable[str]) -> None:
        """A list."""
        told = "".join(f"<li>{escape(p)}</li>" for p in points)
        if told:
            self.parts.append(f"<ul>{told}</ul>")

    def code(self, text: str) -> None:
        """Lines that are copied as they are."""
        self.parts.append(f'<pre tabindex="0"><code>{escape(text)}</code></pre>')

    def table(
        self,
        caption: str,
        titles: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        figures: Iterable[int] = (),
    ) -> None:
        """A table whose first column names its rows; `figures` are the columns of numbers."""
        right = set(figures)

        def look(k: int) -> str:
            return ' class="figure"' if k in right else ""

        head = "".join(f'<th scope="col"{look(k)}>{escape(t)}</th>' for k, t in enumerate(titles))
        body = "".join(
            "<tr>"
            + "".join(
                f'<th scope="row"{look(k)}>{escape(c)}</th>'
                if k == 0
                else f"<td{look(k)}>{escape(c)}</td>"
                for k, c in enumerate(row)
            )
            + "</tr>"
            for row in rows
        )
        self.parts.append(
            f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
            f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )

    def html(self) -> str:
        """The whole document; the same parts give the same bytes."""
        digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        policy += "form-action 'none'"
        stamp = f'<p class="stamp">{escape(self.stamp)}</p>' if self.stamp else ""
        lead = f"<p>{escape(self.lead)}</p>" if self.lead else ""
        return (
            '<!DOCTYPE html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
            f"<header>{stamp}<h1>{escape(self.title)}</h1>{lead}</header>\n<main>\n"
            + "\n".join(self.parts)
            + f'\n</main>\n<footer><p class="small">{escape(self.footer)}</p></footer>\n'
            "</body>\n</html>\n"
        )


def write_folder(
    out: str | Path,
    tables: Mapping[str, pd.DataFrame],
    texts: Mapping[str, str],
    *,
    private: bool,
) -> Path:
    """Write tables (CSV) and texts into a folder of their own, swapped in as a whole.

    Parameters
    ----------
    out : path
        A new folder, or one that holds nothing but files of these names.
    tables, texts : mapping
        File name -> table, and file name -> text.
    private : bool
        Whether only the user may read the folder.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    EnvironmentFault
        The folder holds something else or cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     table = pd.DataFrame({"name": ["Haus"]})
    ...     folder = write_folder(Path(place, "x"), {"a.csv": table}, {"b.txt": "c"}, private=False)
    ...     sorted(path.name for path in folder.iterdir())
    ['a.csv', 'b.txt']
    """
    contents = {name: csv_of(table) for name, table in tables.items()} | dict(texts)
    with publishing(out, known=tuple(contents), private=private) as folder:
        for name, text in contents.items():
            (folder / name).write_bytes(text.encode("utf-8"))
    return Path(out)


def csv_of(table: pd.DataFrame) -> str:
    r"""A table as CSV: decimal point, printed digits, LF, empty = missing, formulas kept as text.

    Examples
    --------
    >>> csv_of(pd.DataFrame({"name": ["=1+1"], "rank_move": [2.0], "share_change": [None]}))
    "name,rank_move,share_change\n'=1+1,2,\n"
    """
    printed = pd.DataFrame({c: [_cell(c, v) for v in table[c]] for c in table.columns})
    return printed.to_csv(index=False, lineterminator="\n")


def _cell(column: str, value: Any) -> str:
    if isinstance(value, str):
        return guarded(value)
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "true" if value else "false"
    if not known(value):
        return ""
    digits = 0 if column.startswith(WHOLE) and column not in NOT_WHOLE else DIGITS
    return f"{float(value) + 0.0:.{digits}f}"
