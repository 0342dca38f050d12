"""The part of the ranking that says what it owes to choices, and to counting shares or people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from sozialraum.publish.numbers import known
from sozialraum.publish.report.blocks import LEFT, RIGHT, Block, Words, heading, para, table
from sozialraum.publish.report.facts import Facts, records

if TYPE_CHECKING:
    from sozialraum.study.composite import Composite

_KEY = {"edition": "choices.edition_"}


def certainty(facts: Facts, w: Words) -> list[Block]:
    """What it means to treat a count of a register as a draw; how much the design effect does."""
    effect = facts.content.study.indicators.design_effect
    if facts.mean_set is None:
        return []
    text = [w.t("choices.draw")]
    sets = facts.table("rank_sets")
    if effect > 1 and len(sets) and sets["lo_persons"].notna().any():
        narrow = (sets["hi_persons"] - sets["lo_persons"] + 1).mean()
        values = {"effect": w.n(effect, 1), "mean": w.n(facts.mean_set, 1), "alone": w.n(narrow, 1)}
        text.append(w.t("choices.effect", **values))
    return [heading(w.t("choices.draw_title"), 2), para(" ".join(text))]


def sensitivity(facts: Facts, w: Words) -> list[Block]:
    """Robust core, and which choice moves the ranks most."""
    ranks = facts.table("choices")
    if ranks.empty:
        return []
    tried = [str(c) for c in ranks if str(c).startswith(("without ", "edition "))]
    tried += [c for c in ("minmax", "percentile", "z", "shrunk") if c in ranks]
    if not tried:
        return []
    top = facts.top
    core = ranks[ranks["core"].eq(True)]
    ever = int(ranks[["rank", *tried]].le(top).any(axis=1).sum())
    listed = {"top": top, "n": w.n(len(core)), "names": w.names(core["name"]), "ever": w.n(ever)}
    key = "core" if len(core) else "core_none"
    blocks = [heading(w.t("choices.title"), 2)]
    own = facts.content.study.composite
    usual = w.t(f"choices.usual_{own.normalise if own else 'z'}")
    choices = w.names(_said(c, usual, w) for c in tried)
    blocks.append(para(w.t("choices.tried", choices=choices)))
    blocks.append(para(w.t(f"choices.{key}", **listed)))
    text = []
    variance = facts.table("rank_variance")
    variance = variance[variance["total"].map(known)] if len(variance) else variance
    if len(variance) > 1:
        first, last = variance.iloc[0], variance.iloc[-1]
        values = {
            "most": w.t(_KEY.get(first["choice"], f"choices.{first['choice']}")),
            "total": w.pct(first["total"], 0),
            "alone": w.pct(first["first"], 0),
            "least": w.t(_KEY.get(last["choice"], f"choices.{last['choice']}")),
            "little": w.pct(last["total"], 0),
        }
        text.append(w.t("choices.variance", **values))
    moved = (ranks["shrunk"] - ranks["rank"]).abs().max()
    if known(moved):
        used = "on" if facts.content.study.indicators.shrinkage else "off"
        text.append(w.t(f"choices.shrinkage_{used}", most=w.n(moved)))
    if text:
        blocks.append(para(" ".join(text)))
    return [*blocks, _moves(ranks.head(top), w)]


def share_and_count(facts: Facts, w: Words) -> list[Block]:
    """The leading areas by share and by number, side by side, with the reason."""
    sets = facts.table("rank_sets")
    top = facts.top
    if sets.empty or sets["rank_share"].isna().all():
        return []
    leading = sets[["rank", "rank_share", "rank_count"]].le(top)
    rows = sets[leading[["rank_share", "rank_count"]].any(axis=1)]
    both = int(leading[["rank_share", "rank_count"]].all(axis=1).sum())
    columns = [
        (w.t("columns.area"), 4, LEFT),
        (w.t("choices.by_index"), 0, RIGHT),
        (w.t("choices.by_share"), 0, RIGHT),
        (w.t("columns.ranks"), 0, RIGHT),
        (w.t("choices.by_count"), 0, RIGHT),
        (w.t("columns.ranks"), 0, RIGHT),
    ]
    columns.append((w.t("choices.why"), 6, LEFT))
    cells = []
    for r in records(rows):
        line = [r["name"], w.n(r["rank"])]
        for key in ("share", "count"):
            line += [w.n(r[f"rank_{key}"]), w.span(r[f"lo_{key}"], r[f"hi_{key}"])]
        cells.append([*line, str(r["why"] or "")])
    text = w.t("choices.side_by_side", top=top, n=w.n(len(rows)), both=w.n(both))
    caption = w.t("choices.side_caption", top=top)
    return [
        heading(w.t("choices.side_title"), 2),
        para(text),
        table(caption, columns, cells, wide=True),
    ]


def nearness(facts: Facts, w: Words) -> list[Block]:
    """How many dynamics classes lie close to a threshold."""
    close = facts.table("closeness")
    if close.empty or "dynamics_in_errors" not in close:
        return []
    moving = close[close["dynamics_class"].isin(["negativ", "positiv"])]
    moving = moving[moving["dynamics_in_errors"].notna()]
    if moving.empty:
        return []
    near = int((moving["dynamics_in_errors"] < 1.96).sum())
    possible = int(close["dynamics_possible"].map(lambda c: "negativ" in str(c)).sum())
    values = {"n": w.n(len(moving)), "near": w.n(near), "possible": w.n(possible)}
    text = [w.t(f"choices.near{'_all' if near == len(moving) > 1 else ''}", **values)]
    if 2 * near > len(moving):
        text.append(w.t("choices.small"))
    return [para(" ".join(text))]


def possible_classes(facts: Facts, area_id: str, w: Words) -> tuple[str, str]:
    """Distance of an area's dynamics to the next class, and the classes that are possible."""
    close = facts.table("closeness")
    row = close[close["area_id"] == area_id] if len(close) else close
    if row.empty or "dynamics_possible" not in row:
        return w.n(None), w.n(None)
    only: Any = row.iloc[0]
    words = str(only["dynamics_possible"] or "").split(" oder ")
    joined = f" {w.t('choices.or')} ".join(w.word(c) for c in words)
    return w.n(only["dynamics_in_errors"], 1), joined


def old_age(facts: Facts, w: Words) -> list[Block]:
    """The largest counts with and without the estimated old age, side by side."""
    both = facts.table("old_age")
    both = both[both["rank_count"].notna()] if len(both) else both
    if both.empty:
        return []
    part = both["part"].dropna()
    text = w.t("choices.old_age", low=w.pct(part.min(), 0), high=w.pct(part.max(), 0))
    columns = [
        (w.t("columns.area"), 4, LEFT),
        (w.t("choices.with"), 0, RIGHT),
        (w.t("choices.estimated"), 0, RIGHT),
        (w.t("choices.without_"), 0, RIGHT),
        (w.t("choices.rank_with"), 0, RIGHT),
        (w.t("choices.rank_without"), 0, RIGHT),
        (w.t("columns.ranks"), 0, RIGHT),
    ]
    cells = [
        [
            r["name"],
            w.n(r["recipients"]),
            w.n(r["old_age"]),
            w.n(r["demand"]),
            w.n(r["rank_count"]),
            w.n(r["rank_demand"]),
            w.span(r["lo_demand"], r["hi_demand"]),
        ]
        for r in records(both.head(facts.top))
    ]
    caption = w.t("choices.old_age_caption", top=facts.top)
    return [
        heading(w.t("choices.old_age_title"), 2),
        para(text),
        table(caption, columns, cells, wide=True),
    ]


def _said(column: str, usual: str, w: Words) -> str:
    """One changed choice in words; `usual`: how the study makes indicators comparable."""
    kind, _, rest = column.partition(" ")
    return w.t(f"choices.{kind}", what=rest, usual=usual)


def _moves(first: pd.DataFrame, w: Words) -> Block:
    columns = [
        (w.t("columns.rank"), 0, RIGHT),
        (w.t("columns.area"), 5, LEFT),
        (w.t("choices.range"), 0, RIGHT),
    ]
    weighted = "weights_lo" in first
    if weighted:
        columns += [(w.t("choices.weighted"), 0, RIGHT), (w.t("choices.in_top"), 0, RIGHT)]
    cells = []
    for r in records(first):
        line = [w.n(r["rank"]), r["name"], w.span(r["best"], r["worst"])]
        if weighted:
            part = r["in_top"]
            shown = w.pct(part, 0) if part in (0, 1) else w.chance(part)
            line += [w.span(r["weights_lo"], r["weights_hi"]), shown]
        cells.append(line)
    return table(w.t("choices.moves_caption", top=len(first)), columns, cells)


def recipe(own: Composite, w: Words) -> str:
    """The study's own index in words."""
    weights = ""
    if own.groups:
        told = w.names(f"{n} ({', '.join(g.indicators)})" for n, g in own.groups.items())
        weights += w.t("choices.recipe_groups", list=told)
    if own.weights:
        told = w.names(
            f"{name} {w.n(v, 3).rstrip('0').rstrip(',.')}" for name, v in own.weights.items()
        )
        weights += w.t("choices.recipe_weights", list=told)
    return w.t(
        "choices.recipe",
        normalise=w.t(f"choices.normalise_{own.normalise}"),
        aggregate=w.t(f"choices.aggregate_{own.aggregate}"),
        weights=weights,
    )
