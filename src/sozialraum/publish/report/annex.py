"""The last part of the report: method, sources and licences, all tables, glossary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.presence.wording import inferred_kind
from sozialraum.publish import numbers
from sozialraum.publish.columns import Column
from sozialraum.publish.further import FurtherTable
from sozialraum.publish.numbers import known
from sozialraum.publish.report import behind
from sozialraum.publish.report.answer import audit_table, source_date
from sozialraum.publish.report.blocks import (
    LEFT,
    RIGHT,
    Block,
    Words,
    bullets,
    formula,
    heading,
    para,
    table,
    terms,
)
from sozialraum.publish.report.choices import recipe
from sozialraum.publish.report.dynamics import compares
from sozialraum.publish.report.facts import Facts, records
from sozialraum.publish.report.findings import indicator, masked_note, partial_note
from sozialraum.publish.report.rooms import _text
from sozialraum.publish.terms import own_terms, titled

if TYPE_CHECKING:
    from sozialraum.study import Study

IN_TEXT = {"inequality", "inequality_change", "clusters", "week", "lorenz", "clarify"}
"""Further tables that the sections before the annex show as tables or as a curve."""
MOST_CELLS, MOST_COLUMNS = 250, 9
"""What the annex prints of a further table: print slows down with cells, and columns get narrow."""
SPOKEN = {"site": "name", "site_id": "name", "choice": "title"}
"""Columns of keys -> the column that says the same in words, which print shows alone."""


def method(facts: Facts, w: Words) -> list[Block]:
    """How the figures come about, with formulas."""
    content, study = facts.content, facts.content.study

    def equation(name: str) -> Block:
        return formula(name, w.t(f"alt.{name}"))

    blocks = [heading(w.t("section.method")), para(w.t("method.intro", seed=study.seed))]
    blocks.append(heading(w.t("method.shares"), 2))
    blocks.append(para(w.t("method.shares_text", share_label=content.info.share_label)))
    blocks += [equation("share"), equation("quotient")]
    if facts.indicators:
        city = content.info.city_name
        key = "index_text" if city == "Berlin" else "index_own"
        blocks.append(heading(w.t("method.index"), 2))
        if study.composite is None:
            blocks.append(para(w.t(f"method.{key}", city=city)))
            blocks += [equation("zscore"), equation("index")]
        else:
            blocks.append(para(recipe(study.composite, w)))
        population = w.n(study.indicators.minimum_population)
        text = w.t("method.classes_text", population=population)
        basis = compares(study, w) if facts.classes("dynamics_class") else ""
        blocks.append(para(f"{text} {basis}".strip()))
    if facts.mean_set is not None:
        blocks.append(heading(w.t("method.ranks"), 2))
        blocks.append(
            para(
                w.t(
                    "method.ranks_text",
                    effect=w.n(study.indicators.design_effect, 1),
                    draws=w.n(study.indicators.rank_draws),
                    coverage=w.pct(study.indicators.coverage, 0),
                )
            )
        )
        blocks.append(equation("variance"))
        name = "ranks" if w.language == "de" else "ranks_en"
        blocks.append(formula(name, w.t("alt.ranks")))
    blocks += _concentration(facts, w, equation)
    if not facts.proposal().empty:
        blocks += [heading(w.t("method.rooms"), 2), para(behind.model(facts, w))]
        if study.siting.model == "coverage":
            blocks.append(equation("coverage"))
        if study.access.kind == "straight":
            blocks.append(equation("distance"))
        blocks += [para(w.t("method.proof_text")), *behind.drawn(facts, w)]
    blocks.append(heading(w.t("method.references"), 2))
    literature = w.t("method.literature").splitlines()
    if content.info.city_name == "Berlin":
        literature += w.t("method.berlin").splitlines()
    blocks.append(bullets(sorted(literature), small=True))
    return blocks


def sources(facts: Facts, w: Words) -> list[Block]:
    """Every source with its licence and the attribution it demands; the imprint."""
    info, publisher = facts.content.info, facts.content.study.publisher
    columns = [
        (w.t("columns.source"), 4, LEFT),
        (w.t("columns.date"), 0, LEFT),
        (w.t("columns.licence"), 2.5, LEFT),
        (w.t("columns.attribution"), 5, LEFT),
    ]
    rows = [
        (s.title, source_date(s.reference_date, w), s.licence, s.attribution) for s in info.sources
    ]
    blocks = [heading(w.t("section.sources")), para(w.t("sources.intro"))]
    blocks.append(table(w.t("sources.caption"), columns, rows))
    blocks.append(heading(w.t("sources.imprint"), 2))
    lines = []
    if publisher.organisation:
        lines.append(w.t("sources.publisher", organisation=publisher.organisation))
    if publisher.feedback:
        lines.append(w.t("sources.feedback", feedback=publisher.feedback))
    repeat = w.t("sources.repeat", version=info.version, fingerprint=info.fingerprint)
    return [*blocks, para(" ".join([*lines, repeat]))]


def tables(facts: Facts, w: Words) -> list[Block]:
    """The tables that print can bear; the others are named with their number of rows."""
    blocks = [heading(w.t("section.tables"), page=True, numbered=False), *_elsewhere(facts, w)]
    areas = facts.areas.assign(area_id=facts.areas.index)
    blocks.append(_areas(areas, facts, w))
    blocks.append(_indices(areas, facts, w))
    flags = areas["flags"] if "flags" in areas else pd.Series("", areas.index)
    noted = areas[flags.map(_text).ne("") | areas["excluded"].map(_text).ne("")]
    if len(noted):
        rows = [
            [i, str(n), "; ".join(x for x in (_not_rated(e, w), _text(f)) if x)]
            for i, n, e, f in zip(
                noted.index, noted["name"], noted["excluded"], flags[noted.index], strict=True
            )
        ]
        columns = [
            (w.t("columns.id"), 0, LEFT),
            (w.t("columns.area"), 3, LEFT),
            (w.t("columns.flags"), 6, LEFT),
        ]
        blocks.append(table(w.t("tables.flags"), columns, rows, wide=True))
    regions = facts.regions.assign(area_id=facts.regions.index)
    caption = w.t("tables.regions", unit=facts.region_title)
    blocks.append(_areas(regions, facts, w, caption=caption, title=facts.region_title))
    blocks += _rooms(facts, w)
    blocks += [_further(t, facts.content.study, w) for t in facts.content.further if _printed(t)]
    if facts.content.quality:
        blocks.append(audit_table(w.t("tables.audit"), facts.content.quality, w))
    return blocks


def _printed(extra: FurtherTable) -> bool:
    """Whether the annex has room for a table that the text does not already show."""
    cells = len(extra.frame) * len(extra.columns)
    short = cells <= MOST_CELLS and len(extra.columns) <= MOST_COLUMNS
    return extra.in_report or (short and extra.name not in IN_TEXT)


def _elsewhere(facts: Facts, w: Words) -> list[Block]:
    """Tables that stand in the workbook only, under the names of their sheets."""
    content, study = facts.content, facts.content.study
    rows = [
        (own_terms(t.sheet, study), own_terms(t.title, study), w.n(len(t.frame)))
        for t in content.further
        if not _printed(t) and t.name not in IN_TEXT
    ]
    if len(content.presence):
        rows.insert(
            0, (w.t("tables.presence"), w.t("tables.presence_text"), w.n(len(content.presence)))
        )
    if not rows:
        return []
    columns = [
        (w.t("columns.sheet"), 3, LEFT),
        (w.t("columns.content"), 7, LEFT),
        (w.t("columns.rows"), 0, RIGHT),
    ]
    return [
        para(w.t("tables.intro")),
        table(w.t("tables.elsewhere"), columns, rows, wide=True),
    ]


_MEASURES = {"Dissimilarität", "Dissimilarity", "Hoover-Index", "Hoover index", "Isolation"}
_MEASURES |= {"Theil-Index", "Theil index"}
_AROUND = {"Gi*", "Morans I", "Moran's I", "Konzentration", "Concentration"}
_AROUND |= {"Kontrolle falscher Entdeckungen", "False discovery control"}


def glossary(facts: Facts, w: Words) -> list[Block]:
    """Terms that occur in this report; the study's own areas and level are explained, too."""
    study, units = facts.content.study, w.many("units")
    absent = {f"S{k}" for k in range(1, 5)} - set(facts.indicators)
    if not facts.classes("dynamics_class"):
        absent |= {"Dynamik", "Dynamics"}
    if not facts.without_old_age and "S3" in absent:
        absent.add("SGB XII")
    if facts.table("inequality").empty:
        absent |= _MEASURES
    if not facts.roles:
        absent |= _AROUND
    area = study.area_layer.title
    own = [(area, units.get(area, units["area"]))]
    if facts.region_title:
        region = units.get(facts.region_title, units["region"])
        own.append((facts.region_title, region.format(area=area)))
    entries = [(k, v) for k, v in w.many("glossary").items() if k not in absent]
    entries = sorted(entries + own, key=lambda entry: entry[0].casefold())
    return [heading(w.t("section.glossary"), numbered=False), terms(entries)]


def _concentration(facts: Facts, w: Words, equation: Callable[[str], Block]) -> list[Block]:
    blocks: list[Block] = []
    if facts.totals["gini"] is not None:
        blocks += [para(w.t("method.gini_text")), equation("gini")]
    if facts.totals["moran"] is not None:
        blocks += [para(w.t("method.moran_text")), equation("moran")]
    if len(facts.clusters):
        blocks.append(para(w.t("method.scan_text")))
    return [heading(w.t("method.concentration"), 2), *blocks] if blocks else []


Cell = Callable[[dict[Any, Any]], str]


def _cells(frame: pd.DataFrame, columns: Sequence[tuple[str, float, str, Cell]]) -> dict[str, Any]:
    rows = records(frame)
    return {
        "columns": [c[:3] for c in columns],
        "rows": [[c[3](r) for c in columns] for r in rows],
    }


def _areas(
    frame: pd.DataFrame, facts: Facts, w: Words, *, caption: str = "", title: str = ""
) -> Block:
    columns: list[tuple[str, float, str, Cell]] = [
        (w.t("columns.id"), 0, LEFT, lambda r: r["area_id"]),
        (title or w.t("columns.area"), 4, LEFT, lambda r: str(r["name"])),
        (w.t("columns.population"), 0, RIGHT, lambda r: w.n(r["population"])),
        (w.t("columns.recipients"), 0, RIGHT, lambda r: w.n(r["recipients"])),
        (w.t("columns.bounds"), 0, RIGHT, lambda r: w.span(r["recipients_lo"], r["recipients_hi"])),
        (w.t("columns.share"), 0, RIGHT, lambda r: w.pct(r["share"])),
        (w.t("columns.quotient"), 0, RIGHT, lambda r: w.n(r["location_quotient"], 2)),
    ]
    note = ""
    if {"rank_by_share", "rank_by_count"} <= set(frame):
        columns.append((w.t("columns.rank_share"), 0, RIGHT, lambda r: w.n(r["rank_by_share"])))
        columns.append((w.t("columns.rank_count"), 0, RIGHT, lambda r: w.n(r["rank_by_count"])))
        note = w.t("tables.areas_note")
    if title:
        note = f"{note} {partial_note(facts, w)}".strip()
    return table(caption or w.t("tables.areas"), note=note, wide=True, **_cells(frame, columns))


def _indices(frame: pd.DataFrame, facts: Facts, w: Words) -> Block:
    columns: list[tuple[str, float, str, Cell]] = [
        (w.t("columns.id"), 0, LEFT, lambda r: r["area_id"]),
        (w.t("columns.area"), 4, LEFT, lambda r: str(r["name"])),
    ]
    for i in facts.indicators:
        columns.append((i, 0, RIGHT, lambda r, i=i: indicator(r, i, facts, w)))  # type: ignore[misc]
    columns += [
        (w.t("columns.index"), 0, RIGHT, lambda r: w.n(r["need_index"], 2, sign=True)),
        (w.t("columns.status"), 2.4, LEFT, lambda r: w.word(r["status_class"])),
        (w.t("columns.dynamics"), 2.4, LEFT, lambda r: w.word(r["dynamics_class"])),
        (w.t("columns.rank"), 0, RIGHT, lambda r: w.n(r["rank"])),
        (w.t("columns.ranks"), 0, RIGHT, lambda r: w.span(r["rank_lo"], r["rank_hi"])),
        ("p", 0, RIGHT, lambda r: w.chance(r["p_top"])),
    ]
    note = w.t("tables.index_note", top=facts.top)
    note = f"{note} {masked_note(frame, facts.indicators, facts, w)}".strip()
    return table(w.t("tables.index"), note=note, wide=True, **_cells(frame, columns))


def _rooms(facts: Facts, w: Words) -> list[Block]:
    blocks = [_frontier(facts, w)] if len(facts.frontier) else []
    eligible = (
        facts.rooms["eligible"].astype(bool) if len(facts.rooms) else pd.Series([], dtype=bool)
    )
    common: list[tuple[str, float, str, Cell]] = [
        (w.t("columns.room"), 3.6, LEFT, lambda r: str(r["name"])),
        (w.t("columns.place"), 3.6, LEFT, lambda r: facts.place(r["site_id"])),
        (w.t("columns.kind"), 2.4, LEFT, lambda r: _text(r["venue_types"])),
        (w.t("columns.operator"), 3.2, LEFT, lambda r: _text(r["operator"])),
    ]
    kind = (w.t("columns.operator_kind"), 2.7, LEFT, lambda r: _kind(r, w))
    reason = (w.t("columns.reason"), 3.6, LEFT, lambda r: _text(r["reason"]))
    for mask, last, key in ((eligible, kind, "rooms"), (~eligible, reason, "excluded")):
        if mask.any():
            rows = facts.rooms[mask].sort_values(["name", "address"])
            rows = rows.assign(site_id=rows.index)
            cells = _cells(rows, [*common, last])
            blocks.append(table(w.t(f"tables.{key}"), wide=True, **cells))
    return blocks


def _frontier(facts: Facts, w: Words) -> Block:
    """Persons reached by number of rooms, the target groups side by side."""
    steps = {(r["target"], r["p"]): _step(r, w) for r in records(facts.frontier)}
    groups = [t for t in facts.targets if any(target == t for target, _ in steps)]
    columns = [(w.t("columns.rooms"), 0, RIGHT), *((facts.title(t), 4, RIGHT) for t in groups)]
    rows = [
        [w.n(p), *(steps.get((t, p), numbers.UNKNOWN) for t in groups)]
        for p in sorted({p for _, p in steps})
    ]
    note = w.t("tables.frontier_note") if facts.frontier["bound"].notna().all() else ""
    return table(w.t("tables.frontier"), columns, rows, note=note, wide=True)


def _step(row: Mapping[Any, Any], w: Words) -> str:
    """Reached persons and their share; the bound where more might be possible."""
    open_ = known(row["bound"]) and row["bound"] - row["reached"] >= 1
    return w.t(
        "tables.frontier_bound" if open_ else "tables.frontier_cell",
        reached=w.n(row["reached"]),
        share=w.pct(row["reached_share"]),
        bound=w.n(row["bound"]),
    )


def _kind(room: pd.Series, w: Words) -> str:
    """Kind of operator; where it is only inferred, the words say so."""
    kind = str(room["operator_kind"])
    return w.word(inferred_kind(kind, str(room["operator_reason"])) or kind)


def _further(extra: FurtherTable, study: Study, w: Words) -> Block:
    """A table a stage handed over, with the printed digits of its columns."""
    names = {c.name for c in extra.columns}
    told = [c for c in extra.columns if SPOKEN.get(c.name) not in names]
    rows = [
        [_shown(value, column, w) for value, column in zip(row, told, strict=True)]
        for row in extra.frame[[c.name for c in told]].itertuples(index=False)
    ]
    titles = [titled(c, study) for c in told]
    columns = [
        (c.title, _width(c.title, cells), LEFT) if c.kind == "text" else (c.title, 0, RIGHT)
        for c, *cells in zip(titles, *rows, strict=True)
    ]
    note = own_terms(extra.note, study)
    return table(own_terms(extra.title, study), columns, rows, note=note, wide=True)


def _width(title: str, cells: list[str]) -> float:
    """Share of the line: what the longest word needs, and more where cells hold sentences."""
    words = [len(word) for text in (title, *cells) for word in text.split()]
    return max(4, max(words, default=0), min(max(map(len, cells), default=0), 45) ** 0.9)


def _shown(value: Any, column: Column, w: Words) -> str:
    if column.kind == "text":
        return _text(value)
    if column.kind == "boolean":
        return (
            ""
            if value is None or pd.isna(value)
            else w.t("columns.true" if value else "columns.false")
        )
    if column.share:
        return w.pct(value)
    return w.n(value, min(column.digits, 2))


def _not_rated(reason: Any, w: Words) -> str:
    text = _text(reason)
    return f"{w.t('columns.excluded')}: {text}" if text else ""
