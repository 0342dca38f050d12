"""The parts a report is made of, as plain data for the template, and the words it uses.

Python decides what is said, the typst template decides how it looks. Everything crosses over as
JSON, never as markup: a name such as ``#eval("1")`` or ``*a*`` reaches the page as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import wrap
from typing import Any

from sozialraum.packaged import packaged
from sozialraum.publish import numbers

Block = dict[str, Any]
Run = str | dict[str, str]
LEFT, RIGHT = "left", "right"


@lru_cache(maxsize=4)
def texts(language: str) -> dict[str, Any]:
    """The catalogue of sentences in one language."""
    said: dict[str, Any] = packaged(__package__, f"{language}.yaml")
    return said


def clean(value: Any) -> Any:
    r"""Take control and direction-changing characters out of all texts of a structure.

    They have no place in print, and some would make an SVG or a PDF invalid.

    Examples
    --------
    >>> clean({"name": "Kiez\x00 \u202eA"})
    {'name': 'Kiez A'}
    """
    if isinstance(value, str):
        value = numbers.unbroken(value)
        value = unicodedata.normalize("NFC", value)
        if value.replace(numbers.NO_BREAK, " ").isprintable():
            return value
        kept = (" " if c in "\t\n\r" else c for c in value)
        return "".join(
            c for c in kept if unicodedata.category(c) not in _UNPRINTABLE or c == "\u00ad"
        )
    if isinstance(value, Mapping):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(v) for v in value]
    return value


def breakable(text: str) -> str:
    r"""Let file names and other long words break after their signs.

    Done here and not in the template, where a search in each cell costs a third of the typesetting.

    Examples
    --------
    >>> breakable("mss/2025/mss_2025_index_indikatoren.csv").count("\u200b")
    6
    """
    if len(text) < LONG_WORD:
        return text
    return _LONG.sub(lambda m: _SIGN.sub("\\g<0>\u200b", m[0]), text)


def laid_out(block: Block) -> Block:
    """A table as it is set: breakable words, titles of narrow columns in lines, kept or not.

    A column whose width follows its content would be as wide as its title; the title is broken
    into lines, the shorter the less room there is. A table of few and short rows stays on one
    page (`keep`); one that would not fit may break.

    Examples
    --------
    >>> columns = [("Gebiet", 1, LEFT), ("Zahl der Räume, an der es liegt", 0, RIGHT)]
    >>> set_so = laid_out(table("Kurve", columns, [["Westend", "12"]]))
    >>> set_so["titles"][1].splitlines(), set_so["keep"]
    (['Zahl der Räume, an', 'der es liegt'], True)
    """
    cells = [*zip(*block["rows"], strict=True)] or [()] * len(block["titles"])
    longest = [max(map(len, column), default=0) for column in cells]
    for least in TITLE_LINES:
        titles = _in_lines(block, longest, least)
        own = _widths(titles, block, longest)
        if sum(own) <= CROWDED * LINE:
            break
    free = max((WIDE_LINE if block["wide"] else LINE) - sum(own), NARROW * own.count(0))
    share = sum(block["widths"]) or 1
    room = [o or max(free * w / share, 1) for o, w in zip(own, block["widths"], strict=True)]
    lines = sum(
        max((-(-len(cell) // int(max(r, 1))) for cell, r in zip(row, room, strict=True)), default=1)
        for row in block["rows"]
    )
    rows = [[breakable(cell) for cell in row] for row in block["rows"]]
    keep = len(rows) <= SHORT and lines <= MOST_LINES
    return block | {"titles": titles, "rows": rows, "keep": keep}


def _in_lines(block: Block, longest: Sequence[int], least: int) -> list[str]:
    return [
        t if w else "\n".join(wrap(t, max(n, least), break_long_words=False)) or t
        for t, w, n in zip(block["titles"], block["widths"], longest, strict=True)
    ]


def _widths(titles: Sequence[str], block: Block, longest: Sequence[int]) -> list[int]:
    """Signs that columns with a width of their own take; 0 for the others."""
    return [
        0 if w else 2 + max(n, *(len(line) for line in t.split("\n")))
        for t, w, n in zip(titles, block["widths"], longest, strict=True)
    ]


LINE, WIDE_LINE = 95, 115  # signs on a line of a table, as estimated
TITLE_LINES = (20, 14, 9, 4)  # signs that a line of a title may have, the fewer the more crowded
NARROW = 9  # signs that a column has at least
CROWDED = 0.6  # of the line, for columns with a width of their own
SHORT, MOST_LINES = 12, 24  # rows, and lines of text, of a table that stays on one page
LONG_WORD = 25
_LONG = re.compile(rf"\S{{{LONG_WORD},}}")
_SEE = re.compile(r"\{fig_(\w+)\}")
_SIGN = re.compile(r"[/_.]")
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class Words:
    """Sentences and figures of one language.

    Examples
    --------
    >>> Words("de").n(36412), Words("de").t("section.data")
    ('36.412', 'Daten und ihre Güte')
    """

    language: str

    def t(self, key: str, **values: object) -> str:
        """The text of `key` with its placeholders filled; values are never read as templates."""
        found: Any = texts(self.language)
        for part in key.split("."):
            found = found[part]
        return str(found).strip().format(**values)

    def runs(self, key: str, **values: object) -> list[Run]:
        """As `t`, with text between ``**`` of the *catalogue* in bold.

        ``{fig_share}`` in the catalogue refers to the figure share.svg, which the report must have.

        Examples
        --------
        >>> Words("de").runs("distribution.map_share")
        [{'see': 'share.svg'}, ' zeigt die Anteile auf der Karte.']
        """
        found: Any = texts(self.language)
        for part in key.split("."):
            found = found[part]
        out: list[Run] = []
        for i, part in enumerate(str(found).strip().split("**")):
            for j, piece in enumerate(_SEE.split(part)):
                if j % 2:
                    out.append({"see": f"{piece}.svg"})
                elif text := piece.format(**values):
                    out.append({"strong": text} if i % 2 else text)
        return out

    def many(self, key: str) -> dict[str, str]:
        """A branch of the catalogue: key -> text."""
        found: Any = texts(self.language)
        for part in key.split("."):
            found = found[part]
        return {str(k): str(v).strip() for k, v in found.items()}

    def word(self, term: object) -> str:
        """A class, kind or other German text of a stage in the language; unknown terms stay."""
        if not isinstance(term, str) or not term:
            return numbers.UNKNOWN
        found = texts(self.language)["words"].get(term)
        if found is None and self.language == "en":
            from sozialraum.publish.english import english

            return english(term)
        return found or term

    def n(self, value: Any, digits: int = 0, **look: Any) -> str:
        """A number, see `numbers.number`."""
        return numbers.number(value, digits, language=self.language, **look)

    def pct(self, value: Any, digits: int = 1, **look: Any) -> str:
        """A fraction as percentage, see `numbers.percent`."""
        return numbers.percent(value, digits, language=self.language, **look)

    def chance(self, value: Any) -> str:
        """A probability, see `numbers.chance`."""
        return numbers.chance(value, language=self.language)

    def span(self, low: Any, high: Any, digits: int = 0) -> str:
        """Two bounds as a range, see `numbers.interval`."""
        return numbers.interval(low, high, digits, language=self.language)

    def date(self, iso: Any, *, long: bool = True) -> str:
        """A date, see `numbers.date`."""
        return numbers.date(iso, language=self.language, long=long)

    def names(self, items: Iterable[object]) -> str:
        """An enumeration, see `numbers.listing`."""
        return numbers.listing([str(i) for i in items], language=self.language)


# --- blocks: what the template knows how to set ---


def heading(text: str, level: int = 1, *, page: bool = False, numbered: bool = True) -> Block:
    """A heading; `page` begins a new page."""
    return {"kind": "heading", "text": text, "level": level, "page": page, "numbered": numbered}


def para(runs: str | Sequence[Run], *, keep: bool = False) -> Block:
    """A paragraph; `keep` holds it together with what follows."""
    content = [runs] if isinstance(runs, str) else list(runs)
    return {"kind": "para", "runs": content, "keep": keep}


def bullets(items: Iterable[str | Sequence[Run]], *, small: bool = False) -> Block:
    """A list with bullets; `small`: in the type of the annex."""
    told = [[i] if isinstance(i, str) else list(i) for i in items]
    return {"kind": "bullets", "items": told, "small": small}


def notice(items: Iterable[str]) -> Block:
    """Sentences in a box that nobody overlooks."""
    return {"kind": "notice", "items": list(items)}


def facts_row(items: Iterable[tuple[str, str]]) -> Block:
    """Key figures side by side: value and what it is."""
    return {"kind": "facts", "items": [{"value": v, "label": w} for v, w in items]}


def figure(file: str, caption: str, alt: str, *, fill: bool = False) -> Block:
    """A vector graphic at the head or foot of a page; `fill`: takes what is left of this page."""
    return {"kind": "figure", "file": file, "caption": caption, "alt": alt, "fill": fill}


def formula(name: str, alt: str) -> Block:
    """An equation of the template, with its reading."""
    return {"kind": "formula", "name": name, "alt": alt}


def terms(items: Iterable[tuple[str, str]]) -> Block:
    """A glossary."""
    return {"kind": "terms", "items": [list(i) for i in items]}


def table(
    caption: str,
    columns: Sequence[tuple[str, float, str]],
    rows: Iterable[Sequence[str]],
    *,
    note: str = "",
    wide: bool = False,
) -> Block:
    """A table with a repeated header.

    Parameters
    ----------
    columns : sequence of (title, width, alignment)
        Width is the share of the free space; 0 lets the content decide.
    rows : iterable of sequences of str
    note : str
        Small print below.
    wide : bool
        Smaller type, for many columns.
    """
    return {
        "kind": "table",
        "caption": caption,
        "titles": [c[0] for c in columns],
        "widths": [c[1] for c in columns],
        "aligns": [c[2] for c in columns],
        "rows": [list(r) for r in rows],
        "note": note,
        "wide": wide,
    }


def pair(left: Block, right: Block) -> Block:
    """Two blocks side by side."""
    return {"kind": "pair", "left": left, "right": right}
