"""The second part of the report: how recipients are distributed, and where they cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sozialraum.concentration.wording import EMERGING, OPEN, PERSISTENT, VANISHING
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
from sozialraum.publish.report.facts import Facts, records
from sozialraum.publish.report.findings import partial_note, weight_kind

TOLD_ROLES = {"Konzentration": "members", "einzeln hoch": "alone"}  # role -> sentence
MOST_CHANGES = 15  # areas in the chart of changes
MOST_NAMES = 12  # areas of one concentration that its row names
STATUSES = (EMERGING, PERSISTENT, VANISHING, OPEN)


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
    on_map = [] if mean is None else [" ", *w.runs("distribution.map_share")]
    blocks.append(para([text, *on_map]))
    first = _list(w.t("distribution.by_share", top=facts.top), by_share, w)
    if by_count.empty:  # shares only: there is no second list
        blocks.append(first)
    else:
        both = w.t("distribution.lists", top=facts.top, both=len(facts.both_lists))
        second = _list(w.t("distribution.by_count", top=facts.top), by_count, w)
        blocks += [para([both, " ", *w.runs("distribution.map_count")]), pair(first, second)]
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
    if by_count.empty:
        return blocks
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
        if len(content.lorenz) > 1:
            alt = w.t("concentration.lorenz_alt", sentence=text)
            blocks.append(para([text, " ", *w.runs("concentration.lorenz")]))
            blocks.append(figure("lorenz.svg", w.t("concentration.lorenz_caption"), alt))
        else:
            blocks.append(para(text))
    blocks += _measures(facts, w)
    if totals["moran"] is not None:
        p = totals["moran_p"]
        key = "value" if p is None else ("more" if p < 0.05 and totals["moran"] > 0 else "chance")
        text = w.t(f"concentration.moran_{key}", moran=w.n(totals["moran"], 2), p=p_value(p, w))
        if known(content.figures.get("moran_n")):
            over, city = w.n(content.figures["moran_n"]), content.info.city_name
            text = w.t("concentration.moran_of", n=over, city=city) + " " + text
        blocks.append(para(text))
    blocks += _roles(facts, w)
    blocks += _local(facts, w)
    blocks += _clusters(facts, w)
    if len(blocks) == said:
        blocks.append(para(w.t("concentration.none")))
    return [*blocks, *_development(facts, w), *_surface(facts, w)]


def changes(facts: Facts) -> pd.DataFrame:
    """Areas of the chart of changes, the largest share first.

    All areas that are in a concentration at one of the times, and those that changed most, at
    least `MOST_CHANGES` in all where there are so many.
    """
    frame = facts.table("development")
    if frame.empty:
        return frame
    rows = frame[frame["change"].notna()]
    members = [c for c in ("member_before", "member_now") if c in rows]
    inside = rows[members].eq(True).any(axis=1)
    others = rows[~inside].sort_values(["change", "area_id"], key=_by_size)
    rows = pd.concat([rows[inside], others.head(max(MOST_CHANGES - int(inside.sum()), 5))])
    return rows.sort_values(["share_now", "area_id"], ascending=[False, True]).assign(
        member_now=rows["member_now"].eq(True)
    )


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
    cells = [[r["name"], w.pct(r["share"]), w.n(r["recipients"])] for r in records(rows)]
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
        for r in records(facts.regions.sort_values("share", ascending=False))
    ]
    note = w.t("distribution.regions_note", region=facts.content.info.region_name)
    return table(caption, columns, rows, note=f"{note} {partial_note(facts, w)}".strip())


def _measures(facts: Facts, w: Words) -> list[Block]:
    """Measures of inequality with their intervals, of the region and of the city."""
    figures, info = facts.content.figures, facts.content.info
    places = [("", info.region_name), ("_city", info.city_name)]
    if info.region_name == info.city_name:
        places = places[:1]
    rows = [
        [meaning.format(unit=facts.region_title)]
        + [
            text
            for of, _ in places
            for text in (
                w.n(figures.get(k + of), 3),
                w.span(figures.get(f"{k}{of}_lo"), figures.get(f"{k}{of}_hi"), 3),
            )
        ]
        for k, meaning in w.many("measures").items()
        if known(figures.get(k)) and known(figures.get(f"{k}_lo"))
    ]
    columns = [(w.t("columns.measure"), 6, LEFT)]
    for _, name in places:
        columns += [(name, 0, RIGHT), (w.t("concentration.interval"), 0, RIGHT)]
    note = w.t(
        "concentration.measures_note",
        effect=w.n(facts.content.study.indicators.design_effect, 1),
    )
    caption = w.t("concentration.measures_caption")
    return [table(caption, columns, rows, note=note)] if rows else []


def _roles(facts: Facts, w: Words) -> list[Block]:
    if not facts.roles:
        return []
    roles = w.names(
        w.t("concentration.role", role=w.word(k), n=w.n(v)) for k, v in facts.roles.items()
    )
    blocks = [para(w.runs("concentration.roles", roles=roles))]
    alt = w.t("concentration.map_alt", roles=roles, n=len(facts.clusters))
    blocks.append(figure("clusters.svg", w.t("concentration.map_caption"), alt))
    if told := " ".join(_members(facts, w)):
        blocks.append(para(told))
    return blocks


def _local(facts: Facts, w: Words) -> list[Block]:
    """Which areas stand out with their neighbours, without and with false discovery control."""
    frame = facts.table("local")
    if frame.empty:
        return []
    alpha = w.pct(facts.content.study.concentration.alpha, 0)
    high = frame[(frame["local_quadrant"] == "hoch-hoch") & frame["alone"].eq(True)]
    high = high.sort_values(["local_p", "area_id"])
    sure = high[high["sure"].eq(True)]
    if high.empty:
        return [para(w.t("concentration.local_none", alpha=alpha))]
    kept = {0: "kept_none", 1: "kept_one", len(high): "kept_all"}.get(len(sure), "kept")
    texts = [
        w.t(
            f"concentration.local{'_one' if len(high) == 1 else ''}",
            alpha=alpha,
            names=w.names(high["name"]),
        ),
        w.t(f"concentration.{kept}", alpha=alpha, names=w.names(sure["name"])),
    ]
    return [para(" ".join(texts))]


def _clusters(facts: Facts, w: Words) -> list[Block]:
    clusters = facts.clusters
    if not len(clusters):
        return []
    n = len(clusters)
    text = w.t(f"concentration.scan{'_one' if n == 1 else ''}", n=n)
    if "p_circles" in clusters:
        text += " " + w.t("concentration.scan_circles")
    keys = ["nr", "names", "areas", "cases", "expected", "risk", "p_value", "p_circles"]
    keys = [k for k in keys if k in clusters or k not in ("names", "p_circles")]
    rows = []
    for i, c in enumerate(records(clusters), 1):
        cells = {
            "nr": w.n(i),
            "names": _shortened(str(c.get("names") or ""), w),
            "areas": w.n(c["areas"] if np.isscalar(c["areas"]) else len(c["areas"])),
            "cases": w.n(c["cases"]),
            "expected": w.n(c["expected"]),
            "risk": w.n(c["relative_risk"], 2),
            "p_value": p_value(c["p"], w),
            "p_circles": p_value(c.get("p_circles"), w),
        }
        rows.append([cells[k] for k in keys])
    columns = [
        (w.t(f"columns.{k}"), 6 if k == "names" else 0, LEFT if k == "names" else RIGHT)
        for k in keys
    ]
    return [
        para(text),
        table(
            w.t(f"concentration.scan_caption{'_one' if n == 1 else ''}"),
            columns,
            rows,
            note=_across(facts, w),
        ),
    ]


def _across(facts: Facts, w: Words) -> str:
    """Which concentrations go on beyond the border: their p is that of the whole."""
    clusters = facts.clusters
    if "beyond" not in clusters:
        return ""
    told = []
    for i, c in enumerate(records(clusters), 1):
        here = c["areas"] if np.isscalar(c["areas"]) else len(c["areas"])
        if known(c["beyond"]) and c["beyond"]:
            counts = {"n": w.n(here), "beyond": w.n(c["beyond"]), "all": w.n(here + c["beyond"])}
            region = facts.content.info.region_name
            told.append(w.t("concentration.scan_beyond", nr=w.n(i), region=region, **counts))
    return " ".join(told)


def _development(facts: Facts, w: Words) -> list[Block]:
    """What became of concentrations since the previous edition."""
    frame, info, study = facts.table("development"), facts.content.info, facts.content.study
    if frame.empty or not info.previous_edition:
        return []
    editions = {"edition": info.edition, "previous": info.previous_edition}
    alpha = w.pct(study.concentration.alpha, 0)
    text = w.t(
        "concentration.development", indicators=w.names(study.counts.from_indicators), **editions
    )
    if not facts.content.figures.get("counts_derived", True):
        text += " " + w.t("concentration.development_workbook")
    rows = changes(facts)
    chart = [" ", *w.runs("concentration.development_chart")] if len(rows) else []
    blocks = [heading(w.t("concentration.development_title"), 2), para([text, *chart])]
    blocks.append(para(w.t("concentration.development_rule", alpha=alpha), keep=True))
    told: list[list[str | dict[str, str]]] = []
    for status in STATUSES:
        names = frame.loc[frame["status"] == status, "name"]
        which = w.names(names) if len(names) else w.t("concentration.no_area")
        if len(names) or status != OPEN:
            told.append([{"strong": f"{w.word(status).capitalize()}: "}, which])
    blocks.append(bullets(told))
    if len(rows):
        caption = w.t("concentration.change_caption", **editions)
        alt = w.t("concentration.change_alt", names=w.names(rows["name"].head(3)), **editions)
        blocks.append(figure("change.svg", caption, alt))
    moved = facts.table("inequality_change")
    if len(moved):
        blocks += _inequality_change(moved, w, editions)
    return blocks


def _inequality_change(moved: pd.DataFrame, w: Words, editions: dict[str, str]) -> list[Block]:
    meanings = w.many("measures")
    rows = [
        [
            meanings[r["measure"]].partition(":")[0],
            r["where"],
            w.n(r["before"], 3),
            w.n(r["after"], 3),
            w.n(r["change"], 3, sign=True),
            # signs beside a dash would be hard to read
            w.t("concentration.from_to", low=w.n(r["lo"], 3), high=w.n(r["hi"], 3)),
        ]
        for measure in meanings
        for r in records(moved[moved["measure"] == measure])
    ]
    columns = [
        (w.t("columns.measure"), 2, LEFT),
        (w.t("columns.area"), 3, LEFT),
        (editions["previous"], 0, RIGHT),
        (editions["edition"], 0, RIGHT),
        (w.t("concentration.change"), 0, RIGHT),
        (w.t("concentration.interval"), 0, RIGHT),
    ]
    caption = w.t("concentration.inequality_caption", **editions)
    note = w.t("concentration.inequality_note")
    return [table(caption, columns, rows, note=note)] if rows else []


def _surface(facts: Facts, w: Words) -> list[Block]:
    """Below the planning area: a model, and said to be one."""
    surface, study = facts.content.surface, facts.content.study
    if surface is None or surface.empty:
        return []
    people = weight_kind(facts, next(iter(study.targets)), w)
    metres = w.n(study.concentration.bandwidth)
    text = w.runs(
        "concentration.surface",
        people=people,
        count=w.n(study.disclosure.minimum_count),
        metres=metres,
    )
    densest = surface.groupby("area_id")["per_km2"].max().sort_values(ascending=False).head(3)
    names = w.names(facts.areas["name"].reindex(densest.index))
    return [
        heading(w.t("concentration.surface_title"), 2),
        para(text),
        figure(
            "surface.svg",
            w.t("concentration.surface_caption", people=people, metres=metres),
            w.t("concentration.surface_alt", names=names),
        ),
    ]


def _by_size(values: pd.Series) -> pd.Series:
    return -values.abs() if pd.api.types.is_numeric_dtype(values) else values


def _shortened(names: str, w: Words) -> str:
    """The first names of a list; the workbook has all."""
    every = names.split("; ")
    if len(every) <= MOST_NAMES:
        return ", ".join(every)
    return w.t(
        "concentration.and_more",
        names=", ".join(every[:MOST_NAMES]),
        n=w.n(len(every) - MOST_NAMES),
    )


def _members(facts: Facts, w: Words) -> list[str]:
    """Which areas make up the concentrations, and which are high by themselves."""
    region, share = facts.content.info.region_name, w.pct(facts.totals["share"])
    told = []
    for role, key in TOLD_ROLES.items():
        rows = facts.ranked[facts.ranked["cluster"] == role]
        if rows.empty:
            continue
        valued = [
            w.t("concentration.valued", name=r["name"], share=w.pct(r["share"]))
            for r in records(rows)
        ]
        told.append(w.t(f"concentration.{key}", names=w.names(valued), region=region, share=share))
    return told
