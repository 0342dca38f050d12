"""The second part of the report: how recipients are distributed, and where they cluster."""

from __future__ import annotations

from collections.abc import Mapping
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
from sozialraum.publish.report.facts import Facts

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


def p_value(p: float | None, w: Words) -> str:
    """A probability; the smallest are written as a bound."""
    if known(p) and float(p or 0) < 0.001:
        return "< " + w.n(0.001, 3)
    return w.n(p, 3)


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
