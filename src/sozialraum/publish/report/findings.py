"""The second part of the report: distribution, concentration, ranking, target groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.publish.numbers import known
from sozialraum.publish.report.blocks import (
    LEFT,
    RIGHT,
    Block,
    Words,
    bullets,
    figure,
    heading,
    pair,
    para,
    table,
)
from sozialraum.publish.report.facts import MOST_RANKS, Facts

TOLD_ROLES = ("Konzentration", "einzeln hoch")
MOST_SENTENCES = 12


def distribution(facts: Facts, w: Words) -> list[Block]:
    """Where recipients live, by share and by number."""
    content = facts.content
    by_share, by_count = facts.largest("share"), facts.largest("recipients")
    blocks = [heading(w.t("section.distribution"))]
    if by_share.empty:
        return [*blocks, para(w.t("data.signs"))]
    share = facts.areas["share"].dropna()
    names = facts.areas["name"]
    mean = facts.totals["share"]
    text = w.t(
        "distribution.range" if mean is not None else "distribution.range_no_mean",
        low=w.pct(share.min()),
        low_name=names[str(share.idxmin())],
        high=w.pct(share.max()),
        high_name=names[str(share.idxmax())],
        region=content.info.region_name,
        share=w.pct(mean),
    )
    blocks.append(para(text))
    both = w.t("distribution.lists", top=facts.top, both=len(facts.both_lists))
    blocks.append(para(both))
    blocks.append(
        pair(
            _list(w.t("distribution.by_share", top=facts.top), by_share, w),
            _list(w.t("distribution.by_count", top=facts.top), by_count, w),
        )
    )
    if len(facts.regions) > 1:
        unit = facts.region_title
        blocks.append(para(w.t("distribution.regions", unit=unit), keep=True))
        blocks.append(_regions(w.t("distribution.regions_caption", unit=unit), facts, w))
    if mean is not None:
        caption = w.t(
            "distribution.share_caption",
            per=content.info.share_label,
            region=content.info.region_name,
            mean=w.pct(mean),
        )
        alt = w.t("distribution.share_alt", names=w.names(by_share["name"].head(3)))
        blocks.append(figure("share.svg", caption, alt))
    alt = w.t("distribution.count_alt", names=w.names(by_count["name"].head(3)))
    caption = w.t("distribution.count_caption", label=content.info.recipients_label)
    blocks.append(figure("count.svg", caption, alt))
    return blocks


def concentration(facts: Facts, w: Words) -> list[Block]:
    """How unevenly, and where shares cluster; what was not computed is left out."""
    content, totals = facts.content, facts.totals
    blocks = [heading(w.t("section.concentration"))]
    said = len(blocks)
    if totals["gini"] is not None:
        text = w.t("concentration.gini", gini=w.n(totals["gini"], 2))
        half = facts.held_by_upper_half
        if half is not None:
            text += " " + w.t("concentration.half", share=w.pct(half, 0))
        blocks.append(para(text))
        if len(content.lorenz) > 1:
            alt = w.t("concentration.lorenz_alt", sentence=text)
            blocks.append(figure("lorenz.svg", w.t("concentration.lorenz_caption"), alt))
    blocks += _measures(content.figures, w)
    if totals["moran"] is not None:
        p = totals["moran_p"]
        key = "value" if p is None else ("more" if p < 0.05 and totals["moran"] > 0 else "chance")
        text = w.t(f"concentration.moran_{key}", moran=w.n(totals["moran"], 2), p=p_value(p, w))
        if known(content.figures.get("moran_n")):
            over, city = w.n(content.figures["moran_n"]), content.info.city_name
            text = w.t("concentration.moran_of", n=over, city=city) + " " + text
        blocks.append(para(text))
    if facts.roles:
        roles = w.names(
            w.t("concentration.role", role=w.word(k), n=w.n(v)) for k, v in facts.roles.items()
        )
        blocks.append(para(w.t("concentration.roles", roles=roles)))
        alt = w.t("concentration.map_alt", roles=roles, n=len(content.clusters))
        blocks.append(figure("clusters.svg", w.t("concentration.map_caption"), alt))
        sentences = _cluster_sentences(facts)
        if sentences:
            blocks += [para(w.t("concentration.sentences"), keep=True), bullets(sentences)]
    if len(content.clusters):
        n = len(content.clusters)
        blocks.append(para(w.t(f"concentration.scan{'_one' if n == 1 else ''}", n=n)))
        keys = ("nr", "areas", "cases", "expected", "risk", "p_value")
        rows = [
            [
                w.n(i),
                w.n(c["areas"] if np.isscalar(c["areas"]) else len(c["areas"])),
                w.n(c["cases"]),
                w.n(c["expected"]),
                w.n(c["relative_risk"], 2),
                p_value(c["p"], w),
            ]
            for i, c in enumerate(content.clusters.to_dict("records"), 1)
        ]
        columns = [(w.t(f"columns.{k}"), 1, RIGHT) for k in keys]
        blocks.append(table(w.t("concentration.scan_caption"), columns, rows))
    if len(blocks) == said:
        blocks.append(para(w.t("concentration.none")))
    return blocks


def ranking(facts: Facts, w: Words) -> list[Block]:
    """Ranks with their simultaneous sets."""
    content, study = facts.content, facts.content.study
    blocks = [heading(w.t("section.ranking"))]
    coverage = w.pct(study.indicators.coverage, 0)
    edition = content.info.edition
    indicators = w.names(facts.indicators)
    blocks.append(
        para(w.t("ranking.intro", indicators=indicators, edition=edition, coverage=coverage))
    )
    ranked, top = facts.ranked, facts.top
    if ranked.empty:
        return blocks
    sentences = []
    if facts.mean_set is not None:
        sentences.append(w.t("ranking.width", mean=w.n(facts.mean_set, 1), n=w.n(len(ranked))))
    counts = {"certain": w.n(len(facts.certain)), "possible": w.n(len(facts.possible))}
    sentences.append(w.t("ranking.certain", top=top, **counts))
    status, dynamics = (class_counts(facts, c, w) for c in ("status_class", "dynamics_class"))
    sentences.append(w.t("ranking.classes", status=status, dynamics=dynamics))
    blocks.append(para(" ".join(sentences)))
    first = ranked.head(top)
    columns = [
        (w.t("columns.rank"), 0, RIGHT),
        (w.t("columns.ranks"), 0, RIGHT),
        (w.t("columns.area"), 5, LEFT),
        (w.t("columns.index"), 0, RIGHT),
        (w.t("columns.status"), 0, LEFT),
        (w.t("columns.dynamics"), 2.4, LEFT),
        (w.t("columns.share"), 0, RIGHT),
        (w.t("columns.recipients"), 0, RIGHT),
        (w.t("columns.p_top", top=top), 0, RIGHT),
    ]
    rows = [
        [
            w.n(r["rank"]),
            w.span(r["rank_lo"], r["rank_hi"]),
            r["name"],
            w.n(r["need_index"], 2, sign=True),
            w.word(r["status_class"]),
            w.word(r["dynamics_class"]),
            w.pct(r["share"]),
            w.n(r["recipients"]),
            w.pct(r["p_top"], 0),
        ]
        for r in first.to_dict("records")
    ]
    caption = w.t("ranking.table_caption", top=top)
    blocks.append(table(caption, columns, rows, note=w.t("ranking.table_note", top=top)))
    names = w.names(first["name"])
    caption = w.t("ranking.status_caption", edition=edition, top=top)
    alt = w.t("ranking.status_alt", status=status, top=top, names=names)
    blocks.append(figure("status.svg", caption, alt))
    if "sentence" in first:
        told = first[first["sentence"].map(lambda s: isinstance(s, str) and s != "")]
        if len(told):
            blocks.append(heading(w.t("ranking.why"), 2))
            pairs = zip(told["name"], told["sentence"], strict=True)
            blocks.append(bullets([[{"strong": f"{n}. "}, s] for n, s in pairs]))
    caption = w.t("ranking.forest_caption", coverage=coverage)
    if len(ranked) > MOST_RANKS:
        n = w.n(len(ranked))
        caption = w.t("ranking.forest_first", most=MOST_RANKS, n=n, coverage=coverage)
    alt = w.t("ranking.forest_alt", n=len(ranked), names=w.names(first["name"].head(5)))
    blocks.append(figure("forest.svg", caption, alt))
    return blocks


def targets(facts: Facts, w: Words) -> list[Block]:
    """A ranking of its own for each target group, and neighbourhoods that get worse."""
    content = facts.content
    blocks = [heading(w.t("section.targets"))]
    blocks.append(para(f"{w.t('targets.intro')} {w.t('targets.overlap')}"))
    told = [t for t in facts.targets if f"rank_{t}" in facts.areas]
    kinds = [
        w.t("targets.weight_item", title=facts.title(t), kind=weight_kind(facts, t, w))
        for t in told
    ]
    blocks.append(para(w.t("targets.weights", list="; ".join(kinds))))
    blocks += [_target_table(facts, t, w) for t in told[1:]]
    blocks.append(heading(w.t("targets.worse"), 2))
    info = content.info
    if not info.previous_edition:
        return [*blocks, para(w.t("targets.none"))]
    editions = {"edition": info.edition, "previous": info.previous_edition}
    dynamics = facts.areas["dynamics_class"]
    worse = facts.areas[dynamics == "negativ"].sort_values("dynamics_index", ascending=False)
    key = {0: "dynamics_none", 1: "dynamics_one"}.get(len(worse), "dynamics")
    text = w.t(
        f"targets.{key}",
        n=w.n(len(worse)),
        names=w.names(worse["name"]),
        **editions,
    )
    unclear = facts.areas[dynamics.astype(str).str.startswith("nicht bestimmbar")]
    if len(unclear):
        text += " " + w.t("targets.undetermined", names=w.names(unclear["name"]), **editions)
    caveat = w.t("targets.caveat", city=info.city_name)
    blocks += [para(text), para(caveat)]
    if dynamics.notna().any():
        alt = w.t("targets.map_alt", dynamics=class_counts(facts, "dynamics_class", w))
        blocks.append(figure("dynamics.svg", w.t("targets.map_caption", **editions), alt))
    shown = [i for i in facts.indicators if f"{i}_previous" in facts.areas]
    if len(worse) and shown:
        blocks.append(_changes(worse, shown, facts, w))
    return blocks


def p_value(p: float | None, w: Words) -> str:
    """A probability; the smallest are written as a bound."""
    if known(p) and float(p or 0) < 0.001:
        return "< " + w.n(0.001, 3)
    return w.n(p, 3)


def class_counts(facts: Facts, column: str, w: Words) -> str:
    """'sehr niedrig 1, niedrig 2, …': areas per class, the greatest need first."""
    order = ["sehr niedrig", "niedrig", "mittel", "hoch", "negativ", "stabil", "positiv"]
    counts = facts.classes(column)
    keys = sorted(counts, key=lambda k: order.index(k) if k in order else len(order))
    return ", ".join(f"{w.word(k)} {w.n(counts[k])}" for k in keys) or w.n(None)


def indicator(row: Mapping[Any, Any], name: str, facts: Facts, w: Words) -> str:
    """An indicator in per cent; a zero that stands for a small count is unknown, never 0."""
    return w.n(None if row[name] == 0 and facts.masked_up_to else row[name], 1)


def masked_note(rows: pd.DataFrame, names: Sequence[str], facts: Facts, w: Words) -> str:
    """What the sign for unknown means where the publisher replaced small counts by 0."""
    if facts.masked_up_to and rows[list(names)].eq(0).any().any():
        return w.t("tables.masked", n=facts.masked_up_to)
    return ""


def weight_kind(facts: Facts, target: str, w: Words) -> str:
    """What a target group is weighted by, in words."""
    group = facts.content.study.targets[target].weight_by
    if group.startswith("residents:"):
        low, high = group.split(":")[1].split("-")
        return w.t("weights.residents", low=low, high=high)
    if group.startswith("workbook:"):
        return w.t("weights.workbook", column=group.partition(":")[2])
    kinds = w.many("weights")
    if group == "recipients" and facts.without_old_age:
        return w.t("people.without_old_age")
    return kinds.get(group, group)


def _list(caption: str, rows: pd.DataFrame, w: Words) -> Block:
    columns = [
        (w.t("columns.area"), 5, LEFT),
        (w.t("columns.share"), 0, RIGHT),
        (w.t("columns.recipients"), 0, RIGHT),
    ]
    cells = [[r["name"], w.pct(r["share"]), w.n(r["recipients"])] for r in rows.to_dict("records")]
    return table(caption, columns, cells)


def _regions(caption: str, facts: Facts, w: Words) -> Block:
    columns = [
        (facts.region_title, 5, LEFT),
        (w.t("columns.population"), 0, RIGHT),
        (w.t("columns.recipients"), 0, RIGHT),
        (w.t("columns.share"), 0, RIGHT),
        (w.t("columns.quotient"), 0, RIGHT),
    ]
    rows = [
        [
            r["name"],
            w.n(r["population"]),
            w.n(r["recipients"]),
            w.pct(r["share"]),
            w.n(r["location_quotient"], 2),
        ]
        for r in facts.regions.sort_values("share", ascending=False).to_dict("records")
    ]
    return table(caption, columns, rows)


def _measures(figures: Mapping[str, Any], w: Words) -> list[Block]:
    """Measures of inequality with their intervals, where the run computed them."""
    rows = [
        [meaning, w.n(figures[k], 2), w.span(figures.get(f"{k}_lo"), figures.get(f"{k}_hi"), 2)]
        for k, meaning in w.many("measures").items()
        if known(figures.get(k)) and known(figures.get(f"{k}_lo"))
    ]
    columns = [(w.t("columns.measure"), 6, LEFT), (w.t("columns.value"), 0, RIGHT)]
    columns += [(w.t("concentration.interval"), 0, RIGHT)]
    return [table(w.t("concentration.measures_caption"), columns, rows)] if rows else []


def _cluster_sentences(facts: Facts) -> list[str]:
    rows = facts.ranked
    if "cluster_sentence" not in rows:
        return []
    rows = rows[rows["cluster"].isin(TOLD_ROLES)].head(MOST_SENTENCES)
    pairs = zip(rows["name"], rows["cluster_sentence"], strict=True)
    return [f"{name}: {s}" for name, s in pairs if isinstance(s, str) and s]


def _target_table(facts: Facts, target: str, w: Words, most: int = 6) -> Block:
    areas = facts.areas
    rank, weight = f"rank_{target}", f"weight_{target}"
    ranked = areas[areas[rank].notna()].sort_values([rank, "name"])
    rows = ranked[ranked[weight].ne(0)].head(most) if weight in ranked else ranked.head(most)
    note = ""
    if known(width := (ranked[f"rank_hi_{target}"] - ranked[f"rank_lo_{target}"] + 1).mean()):
        note = w.t("targets.width", mean=w.n(width, 1), n=w.n(len(ranked)))
    cells = [
        [
            w.n(r[rank]),
            w.span(r.get(f"rank_lo_{target}"), r.get(f"rank_hi_{target}")),
            r["name"],
            r["region_name"],
            w.n(r.get(weight)),
        ]
        for r in rows.to_dict("records")
    ]
    columns = [
        (w.t("columns.rank"), 0, RIGHT),
        (w.t("columns.ranks"), 0, RIGHT),
        (w.t("columns.area"), 5, LEFT),
        (facts.region_title, 4, LEFT),
        (w.t("targets.weight"), 0, RIGHT),
    ]
    return table(w.t("targets.caption", title=facts.title(target)), columns, cells, note=note)


def _changes(rows: pd.DataFrame, shown: Sequence[str], facts: Facts, w: Words) -> Block:
    columns = [(w.t("columns.area"), 4, LEFT), (w.t("columns.index"), 0, RIGHT)]
    for i in shown:
        columns += [(f"{i} {facts.content.info.previous_edition}", 0, RIGHT)]
        columns += [(f"{i} {facts.content.info.edition}", 0, RIGHT)]
    cells = []
    for r in rows.to_dict("records"):
        line = [r["name"], w.n(r["dynamics_index"], 2, sign=True)]
        for i in shown:
            line += [w.n(r[f"{i}_previous"], 1), indicator(r, i, facts, w)]
        cells.append(line)
    note = masked_note(rows, shown, facts, w)
    return table(w.t("targets.changes_caption"), columns, cells, note=note)
