"""Put the parts of the report together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from sozialraum.cache import Remember, open_cache, recall, remembering
from sozialraum.publish import english
from sozialraum.publish.content import Content
from sozialraum.publish.report import annex, answer, figures, findings, patterns, rooms
from sozialraum.publish.report.blocks import Block, Words, clean, laid_out
from sozialraum.publish.report.drawing import Drawing, drawn
from sozialraum.publish.report.facts import EVERYBODY, Facts
from sozialraum.publish.report.typeset import typeset

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
FIRST = ("curve.svg", f"rooms_{EVERYBODY}.svg", "unreached.svg")
"""Figures that every change of the proposal changes: drawn while the text is being found."""


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


def render(content: Content) -> bytes:
    """The report's bytes, see `write_report`."""
    return begin(content)()


def begin(
    content: Content, submit: Callable[..., Any] | None = None, *, cache: bool = False
) -> Callable[[], bytes]:
    """Find out what the report says; what comes back sets it, or waits until it is set.

    Parameters
    ----------
    content : Content
    submit : callable, optional
        Of a `sozialraum.worker.Worker`: it draws the figures while the text is still being found,
        then sets the report.
    cache : bool
        Take figures, and the whole report, of an earlier run from the user's cache folder.

    Returns
    -------
    callable
        Gives the bytes of the report, see `write_report`.
    """
    call = partial(recall, cache=cache)
    remember = remembering(open_cache(cache))
    if submit is None:
        return partial(call, typeset, *said(content, partial(call, drawn), remember))
    parts = said(content, partial(submit, call, drawn), remember)
    result: Callable[[], bytes] = submit(call, typeset, *parts).result
    return result


def said(
    content: Content, draw: Callable[[Drawing], Any], remember: Remember
) -> tuple[str, dict[str, Any], str]:
    """What `typeset` takes; figures as what `draw` gives for them."""
    facts, words = Facts(content), Words(content.info.language)
    shown: dict[str, Any] = {}

    @cache
    def picture(name: str) -> Any:
        return draw(figures.drawing_of(name, facts, words, remember))

    def show(blocks: list[Block]) -> list[Block]:
        for block in _flat(blocks):
            if block["kind"] == "figure":
                shown[block["file"]] = picture(block["file"])
        return blocks

    if facts.reached_units is not None and facts.out_of_reach and len(facts.curve()) > 2:
        for name in FIRST:
            picture(name)
    data = clean(document(facts, words, show))
    for block in _flat([*data["summary"], *data["body"]]):
        if block["kind"] == "table":
            block.update(laid_out(block))
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return text, shown, content.info.reference_date


def document(
    facts: Facts, w: Words, show: Callable[[list[Block]], list[Block]] = list
) -> dict[str, Any]:
    """Everything the template sets, as plain data; each part passes through `show`."""
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
        "summary": show(answer.summary(facts, w)),
        "body": _said([block for part in PARTS for block in show(part(facts, w))], w),
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
