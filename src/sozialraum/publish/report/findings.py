"""The second part of the report: ranking and target groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
    para,
    table,
)
from sozialraum.publish.report.choices import (
    certainty,
    nearness,
    old_age,
    possible_classes,
    sensitivity,
    share_and_count,
)
from sozialraum.publish.report.dynamics import compares, map_caption
from sozialraum.publish.report.facts import MOST_RANKS, Facts, records

VAGUE = 0.9
"""Rank sets that cover so much of all ranks say next to nothing about the order."""


def ranking(facts: Facts, w: Words) -> list[Block]:
    """Ranks with their simultaneous sets."""
    content, study = facts.content, facts.content.study
    blocks = [heading(w.t("section.ranking"))]
    coverage = w.pct(study.indicators.coverage, 0)
    edition = content.info.edition
    indicators = w.names(facts.indicators)
    said = "ranking.intro" if facts.indicators else "ranking.intro_share"
    blocks.append(para(w.t(said, indicators=indicators, edition=edition, coverage=coverage)))
    ranked, top = facts.ranked, facts.top
    if ranked.empty:
        return blocks
    sentences = []
    if facts.mean_set is not None:
        sentences.append(w.t("ranking.width", mean=w.n(facts.mean_set, 1), n=w.n(len(ranked))))
    counts = {"certain": w.n(len(facts.certain)), "possible": w.n(len(facts.possible))}
    key = {0: "certain_none", 1: "certain_one"}.get(len(facts.certain), "certain")
    sentences.append(w.t(f"ranking.{key}", top=top, **counts))
    status, dynamics = (class_counts(facts, c, w) for c in ("status_class", "dynamics_class"))
    said = "ranking.classes" if facts.classes("dynamics_class") else "ranking.classes_status"
    sentences.append(w.t(said, status=status, dynamics=dynamics))
    charts = w.runs(f"ranking.forest{'_most' if len(ranked) > MOST_RANKS else ''}")
    blocks.append(para([" ".join(sentences), " ", *charts]))
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
            w.chance(r["p_top"]),
        ]
        for r in records(first)
    ]
    caption = w.t("ranking.table_caption", top=top)
    blocks.append(table(caption, columns, rows, note=w.t("ranking.table_note", top=top)))
    names = w.names(first["name"])
    said = "ranking.status_caption" if facts.indicators else "ranking.status_caption_share"
    caption = w.t(said, edition=edition, top=top)
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
    parts = (certainty, sensitivity, share_and_count)
    return [*blocks, *(block for part in parts for block in part(facts, w))]


def targets(facts: Facts, w: Words) -> list[Block]:
    """A ranking of its own for each target group, and neighbourhoods that get worse."""
    content = facts.content
    blocks = [heading(w.t("section.targets"))]
    blocks.append(para(f"{w.t('targets.intro')} {w.t('targets.overlap')}"))
    told = [t for t in facts.targets if f"rank_{t}" in facts.areas]
    kinds = [
        w.runs("targets.weight_item", title=facts.title(t), kind=weight_kind(facts, t, w))
        for t in told
    ]
    blocks += [para(w.t("targets.weights"), keep=True), bullets(kinds)]
    blocks += [_target_table(facts, t, w) for t in told[1:]]
    blocks += old_age(facts, w)
    blocks.append(heading(w.t("targets.worse"), 2))
    info = content.info
    basis = compares(content.study, w)
    if not basis or not (info.previous_edition or facts.classes("dynamics_class")):
        return [*blocks, para(w.t("targets.none"))]
    dynamics = facts.areas["dynamics_class"]
    worse = facts.areas[dynamics == "negativ"].sort_values("dynamics_index", ascending=False)
    key = {0: "dynamics_none", 1: "dynamics_one"}.get(len(worse), "dynamics")
    text = f"{basis} " + w.t(f"targets.{key}", n=w.n(len(worse)), names=w.names(worse["name"]))
    unclear = facts.areas[dynamics.astype(str).str.startswith("nicht bestimmbar")]
    if len(unclear):
        names = w.names(unclear["name"])
        text += " " + w.t("targets.undetermined", names=names, edition=info.edition)
    caveat = w.t("targets.caveat", city=info.city_name)
    on_map = [" ", *w.runs("targets.map")] if dynamics.notna().any() else []
    blocks += [para([text, *on_map]), para(caveat), *nearness(facts, w)]
    if on_map:
        alt = w.t("targets.map_alt", dynamics=class_counts(facts, "dynamics_class", w))
        blocks.append(figure("dynamics.svg", map_caption(content.study, w), alt))
    shown = [i for i in facts.indicators if f"{i}_previous" in facts.areas]
    if len(worse) and shown:
        blocks.append(_changes(worse, shown, facts, w))
    return blocks


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


def partial_note(facts: Facts, w: Words) -> str:
    """Which areas the sums of regions leave out, though their residents are counted."""
    return " ".join(
        w.t("tables.partial", region=region, names=w.names(names))
        for region, names in facts.partial_sums.items()
    )


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


def _target_table(facts: Facts, target: str, w: Words, most: int = 6) -> Block:
    areas = facts.areas
    rank, weight = f"rank_{target}", f"weight_{target}"
    ranked = areas[areas[rank].notna()].sort_values([rank, "name"])
    rows = ranked[ranked[weight].ne(0)].head(most) if weight in ranked else ranked.head(most)
    note = w.t("targets.unit_note", kind=weight_kind(facts, target, w))
    if known(width := (ranked[f"rank_hi_{target}"] - ranked[f"rank_lo_{target}"] + 1).mean()):
        key = "width" if width < VAGUE * len(ranked) else "width_all"
        note += " " + w.t(f"targets.{key}", mean=w.n(width, 1), n=w.n(len(ranked)))
        sure = ranked.loc[ranked[f"rank_hi_{target}"] <= facts.top, "name"]
        key = "certain" if len(sure) else "certain_none"
        note += " " + w.t(f"choices.{key}", top=facts.top, names=w.names(sure))
    cells = [
        [
            w.n(r[rank]),
            w.span(r.get(f"rank_lo_{target}"), r.get(f"rank_hi_{target}")),
            r["name"],
            r["region_name"],
            w.n(r.get(weight)),
        ]
        for r in records(rows)
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
    columns += [(w.t("choices.distance"), 0, RIGHT), (w.t("choices.possible"), 4, LEFT)]
    cells = []
    for r in records(rows.rename_axis("area_id").reset_index()):
        line = [r["name"], w.n(r["dynamics_index"], 2, sign=True)]
        for i in shown:
            line += [w.n(r[f"{i}_previous"], 1), indicator(r, i, facts, w)]
        cells.append([*line, *possible_classes(facts, r["area_id"], w)])
    note = f"{w.t('choices.changes_note')} {masked_note(rows, shown, facts, w)}".strip()
    return table(w.t("targets.changes_caption"), columns, cells, note=note)
