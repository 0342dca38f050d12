"""Put the parts together and typeset them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from sozialraum.cache import Remember, compute
from sozialraum.errors import EnvironmentFault
from sozialraum.publish import english
from sozialraum.publish.content import Content
from sozialraum.publish.report import annex, answer, figures, findings, patterns, rooms
from sozialraum.publish.report.blocks import Block, Words, clean, laid_out
from sozialraum.publish.report.facts import Facts

PARTS = (
    answer.question,
    answer.data,
    patterns.distribution,
    patterns.concentration,
    findings.ranking,
    findings.targets,
    rooms.proposal,
    rooms.unreached,
    rooms.clarify,
    rooms.limits,
    annex.method,
    annex.sources,
    annex.tables,
    annex.glossary,
)


def write_report(content: Content, path: str | Path) -> None:
    """Write the report as a tagged PDF (PDF/UA-1) in the content's language.

    The same content gives the same bytes, in any folder, locale or time zone: system fonts are
    ignored, and every time stamp inside is the reference date.

    Parameters
    ----------
    content : Content
        Released content; parts that are missing (no clusters, no proposal, withheld counts) are
        left out or named as missing.
    path : path-like
        Where the file is written.
    """
    Path(path).write_bytes(render(content))


def render(content: Content, remember: Remember = compute) -> bytes:
    """The report's bytes, see `write_report`; figures may be those of an earlier run."""
    import typst

    fonts = _fonts()  # first: a missing font is said before a minute of drawing
    facts, words = Facts(content), Words(content.info.language)
    data = clean(document(facts, words))
    blocks = list(_flat([*data["summary"], *data["body"]]))
    names = sorted({b["file"] for b in blocks if b["kind"] == "figure"})
    for block in blocks:
        if block["kind"] == "table":
            block.update(laid_out(block))
    template = resources.files(__package__).joinpath("template.typ").read_bytes()
    files = {name: figures.draw(name, facts, words, remember=remember) for name in names}
    files["main.typ"] = template
    files["report.json"] = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    compiler = typst.Compiler(files, font_paths=fonts, ignore_system_fonts=True)
    day = dt.date.fromisoformat(content.info.reference_date)
    stamp = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=stamp)
    assert isinstance(pdf, bytes)
    return pdf


def document(facts: Facts, w: Words) -> dict[str, Any]:
    """Everything the template sets, as plain data."""
    info, study = facts.content.info, facts.content.study
    date = w.date(info.reference_date)
    stamps = [w.t("cover.fictitious")] * info.fictitious + [w.t("cover.internal")] * info.internal
    about = {"title": info.title, "region": info.region_name, "date": date}
    mark = {"fingerprint": info.fingerprint, "version": info.version}
    return {
        "lang": w.language,
        "region": "DE" if w.language == "de" else "GB",
        "title": info.title,
        "author": study.publisher.organisation or "sozialraum",
        "description": w.t("cover.description", **about),
        "keywords": ["SGB II", "Jobcenter", info.region_name],
        "subtitle": info.subtitle,
        "dateline": _dateline(facts, w, date),
        "header": w.t("cover.header", **about),
        "footer": w.t("cover.footer", **about, **mark),
        "stamp": " · ".join(stamps),
        "contents": w.t("cover.contents"),
        "summary": answer.summary(facts, w),
        "body": _said([block for part in PARTS for block in part(facts, w)], w),
        "german": _either(facts.content.figures.get("german", ())),
    }


def _said(blocks: list[Block], w: Words) -> list[Block]:
    """Cells that a stage wrote in German, in the report's language."""
    for block in _flat(blocks):
        if block["kind"] == "table" and w.language == "en":
            block["rows"] = [[english.known(c) or c for c in row] for row in block["rows"]]
    return blocks


def _either(texts: Iterable[str]) -> str:
    """A pattern for texts that are marked as German in an English report; empty: none."""
    meta = str.maketrans({sign: f"\\{sign}" for sign in r"\.+*?()|[]{}^$"})
    found = [clean(t).translate(meta) for t in sorted(texts, key=len, reverse=True) if len(t) > 2]
    return rf"\b(?:{'|'.join(found)})" if found else ""


def _dateline(facts: Facts, w: Words, date: str) -> str:
    """Place, date, edition and fingerprint; no edition where the study names no indicators."""
    info = facts.content.info
    place = [info.region_name, *([info.city_name] if info.city_name != info.region_name else [])]
    parts = [", ".join(place), w.t("cover.date", date=date)]
    if facts.indicators:
        parts.append(w.t("cover.edition", edition=info.edition))
    return " · ".join([*parts, w.t("cover.fingerprint", fingerprint=info.fingerprint)])


def _flat(blocks: list[Block]) -> Iterator[Block]:
    for block in blocks:
        if block["kind"] == "pair":
            yield from _flat([block["left"], block["right"]])
        else:
            yield block


FONT = "DejaVuSans.ttf"


@lru_cache(maxsize=1)
def _fonts() -> Any:
    """Typst's own fonts and the sans serif that matplotlib measures its labels with."""
    import matplotlib as mpl
    import typst

    folder = str(Path(mpl.get_data_path()) / "fonts" / "ttf")
    if not (Path(folder) / FONT).is_file():
        raise EnvironmentFault(
            f"The font {FONT} is missing",
            where=folder,
            expected="the fonts that come with matplotlib",
            hint="Set the environment up again ('make report' after 'make clean')",
        )
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])
