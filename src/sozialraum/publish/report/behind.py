"""What stands behind the proposal, in words: its order, exchanges, robustness, hours, questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sozialraum.publish.report.answer import one, rooms
from sozialraum.publish.report.blocks import LEFT, RIGHT, Block, Words, heading, para, table
from sozialraum.publish.report.facts import EVERYBODY, Facts, records

if TYPE_CHECKING:
    from sozialraum.study.places import Siting

NAMED = 4
"""Exchanges that a sentence names."""
ASKED = 15
"""Houses worth a question that the report lists."""


def rows_of(facts: Facts, name: str, *, target: bool = True) -> pd.DataFrame:
    """Rows of a further table, of the first target group only where it has groups."""
    found = facts.table(name)
    if target and "target" in found:
        return found[found["target"] == facts.title(EVERYBODY)].reset_index(drop=True)
    return found


def aim(facts: Facts, w: Words) -> str:
    """What the rooms are chosen for, and how ways are measured."""
    siting = facts.content.study.siting
    ways = w.t(f"proposal.ways_{facts.content.study.access.kind}", detour=w.n(siting.detour, 2))
    text = w.t(
        f"proposal.aim_{_kind(siting)}", ways=ways, **_offices(facts, w), **_metres(siting, w)
    )
    rules = {"floor": w.pct(siting.floor, 0), "spacing": w.n(siting.spacing)}
    rules |= {"capacity": w.n(siting.capacity), "backup": w.n(siting.backup, 2)}
    unit = facts.region_title
    said = [
        w.t(f"proposal.rule_{k}", n=v, unit=unit) for k, v in rules.items() if getattr(siting, k)
    ]
    return " ".join([text, *said])


def _kind(siting: Siting) -> str:
    """The model; people whose weight halves have sentences of their own."""
    return "halving" if siting.halving else siting.model


def _offices(facts: Facts, w: Words) -> dict[str, str]:
    """Existing offices in a sentence on the model, or that there are none."""
    if facts.serving().empty:
        return {"offices": "", "none": w.t("count.no_offices")}
    return {"offices": " " + w.t("count.offices_with"), "none": ""}


def _metres(siting: Siting, w: Words) -> dict[str, str]:
    """The ways that a sentence about the model may name."""
    near, far = siting.fade
    values = {"radius": siting.radius, "near": near, "far": far, "halving": siting.halving}
    return {name: w.n(value) for name, value in values.items()}


def model(facts: Facts, w: Words) -> str:
    """Where people are placed, what the rooms are chosen for, and what a way is."""
    study = facts.content.study
    siting, access = study.siting, study.access
    where = "cells" if study.venues.grid else "points"
    in_minutes = access.kind == "matrix" and access.unit == "minutes"
    kind = "minutes" if in_minutes else access.kind
    sentences = [
        w.t(f"method.places_{where}", count=w.n(study.disclosure.minimum_count)),
        w.t(f"method.rooms_{_kind(siting)}", **_offices(facts, w), **_metres(siting, w)),
        w.t(
            f"method.ways_{kind}",
            detour=w.n(siting.detour, 2),
            snap=w.n(access.snap_within),
            speed=w.n(access.walking_speed, 1),
        ),
    ]
    return " ".join(sentences)


def drawn(facts: Facts, w: Words) -> list[Block]:
    """What the repetitions vary, and what they leave as it is."""
    from sozialraum.presence.draws import SPREAD, STRETCH

    siting = facts.content.study.siting
    if not facts.proposal()["stability"].notna().any():
        return []
    sentences = [
        w.t(
            "method.stability_text",
            draws=w.n(siting.stability_draws),
            spread=w.pct(SPREAD, 0),
            shortest=w.n(STRETCH[0], 2),
            longest=w.n(STRETCH[1], 2),
            position=w.n(siting.position_error),
        )
    ]
    if facts.without_old_age:
        sentences.append(w.t("method.stability_old_age", title=facts.title(EVERYBODY)))
    return [para(" ".join(sentences))]


def together(facts: Facts, w: Words) -> list[Block]:
    """The same rooms for several target groups, against rooms for each of them alone."""
    rows, how = rows_of(facts, "together", target=False), facts.content.study.siting.together
    if rows.empty or how is None:
        return []
    p = rooms(rows["order"].max(), w, "with")
    values = {"p": p, "names": w.names(rows["name"].drop_duplicates())}
    if how.weights:
        each = w.names(
            w.t("proposal.together_weight", title=facts.title(t), n=w.n(v, 1 if v % 1 else 0))
            for t, v in how.weights.items()
        )
        text = w.t("proposal.together_weights", weights=each, **values)
    else:
        first, *rest = (facts.title(t) for t in how.order)
        key = "together_order_loss" if how.tolerance else "together_order"
        quoted = w.names(f"„{t}“" if w.language == "de" else f"“{t}”" for t in rest)
        loss = w.pct(how.tolerance, 0)
        text = w.t(f"proposal.{key}", first=first, then=quoted, loss=loss, **values)
    last = records(rows.drop_duplicates("target", keep="last"))
    items = "; ".join(
        w.t(
            "proposal.together_item",
            title=r["target"],
            share=w.pct(r["cumulative_share"]),
            alone=w.pct(r["alone_share"]),
            p=p,
        )
        for r in last
    )
    reached = w.t("proposal.together_reached", items=items)
    return [heading(w.t("proposal.together"), 2), para(f"{text} {reached}")]


def order(facts: Facts, w: Words) -> list[Block]:
    """Where the curve flattens, who can be reached at all, and what opening one by one costs."""
    figures, sentences = facts.content.figures, []
    if figures.get("flattens") and facts.content.study.siting.plain:
        p = figures["flattens"]
        sentences.append(w.t(f"proposal.flattens{one(p)}", p=w.n(p)))
    everybody = float(facts.units[f"people_{EVERYBODY}"].sum())
    if figures.get("fewest") is not None and everybody:
        share = w.pct(figures["reachable"] / everybody)
        few = rooms(figures["fewest"], w, "with")
        values = {"n": w.n(figures["reachable"]), "share": share, "rooms": few}
        key = "reachable_new" if facts.serving().empty else "reachable"
        sentences.append(w.t(f"proposal.{key}", offices=w.t("count.offices"), **values))
    nested = rows_of(facts, "nested")
    p = len(facts.proposal())
    if len(nested) >= p > 1 and facts.content.study.siting.plain:
        names = w.names(nested["name"].head(p))
        loss = float(nested["loss"].head(p).max())
        same = list(nested["name"].head(p)) == list(facts.proposal()["name"])
        key = ("nested_same" if same else "nested") if loss < 0.5 else "nested_loss"
        sentences.append(w.t(f"proposal.{key}", names=names, loss=w.n(loss)))
    return [para(" ".join(sentences))] if sentences else []


def certainty(facts: Facts, w: Words) -> list[Block]:
    """Which rooms can be exchanged, and whether others are better on average or at worst."""
    sentences = []
    exchange = rows_of(facts, "exchange")
    if facts.content.study.siting.plain and (rows := records(exchange.head(NAMED))):
        pairs = w.names(
            w.t(
                "proposal.pair" if r["loss"] >= 0.5 else "proposal.pair_same",
                name=r["name"],
                instead=r["instead_name"],
                loss=w.n(r["loss"]),
            )
            for r in rows
        )
        sentences.append(w.t("proposal.exchange", pairs=pairs))
    robust = rows_of(facts, "robust")
    if len(robust):
        own = robust.iloc[0]
        values = {
            "mean": w.pct(own["mean"]),
            "worst": w.pct(own["worst_tenth"]),
            "best_mean": w.pct(robust["mean"].max()),
            "best_worst": w.pct(robust["worst_tenth"].max()),
        }
        # What looks the same as printed is not worth a sentence.
        shown = [values["mean"], values["worst"]] != [values["best_mean"], values["best_worst"]]
        sentences.append(w.t(f"proposal.{'robust' if shown else 'robust_same'}", **values))
    return [para(" ".join(sentences))] if sentences else []


def week(facts: Facts, w: Words) -> list[Block]:
    """The plan of a week, with what it assumes."""
    plan, hours = rows_of(facts, "week"), facts.content.study.hours
    if plan.empty or hours is None:
        return []
    from sozialraum.presence.plan import formats_of

    used = set(plan["format"])
    assumed = [
        w.t(
            "hours.assumption",
            format=w.word(f.title),
            rate=w.n(f.per_hour, 1 if f.per_hour % 1 else 0),
            wanted=w.names(
                w.t("hours.wanted", share=w.pct(share), group=facts.title(group))
                for group, share in f.demand.items()
                if group in facts.targets
            ),
        )
        for f in formats_of(hours)
        if f.title in used
    ]
    text = w.t("hours.text", hours=w.n(hours.per_week, 1 if hours.per_week % 1 else 0),
               planned=w.n(float(plan["hours"].sum()) * hours.staff, 1))  # fmt: skip
    if not facts.serving().empty:
        text += " " + w.t("hours.offices")
    columns = [
        (w.t("hours.day"), 0, LEFT),
        (w.t("hours.time"), 0, LEFT),
        (w.t("columns.room"), 5, LEFT),
        (w.t("hours.format"), 4, LEFT),
    ]
    cells = [
        [r["weekday"], f"{r['start']}–{r['end']}", r["name"], r["format"]] for r in records(plan)
    ]
    note = f"{w.t('hours.note')} {' '.join(assumed)}"
    return [
        heading(w.t("hours.title"), 2),
        para(text),
        table(w.t("hours.caption"), columns, cells, note=note),
    ]


def questions(facts: Facts, w: Words) -> list[Block]:
    """Houses of which only something is unknown, by what they would add."""
    houses = records(rows_of(facts, "clarify").head(ASKED))
    if not houses:
        return []
    columns = [
        (w.t("columns.room"), 5, LEFT),
        (w.t("columns.open"), 5, LEFT),
        (w.t("columns.additional"), 0, RIGHT),
    ]
    cells = []
    for r in houses:
        where = (r["name"], r["address"], r.get("area_name"))
        place = ", ".join(t for t in where if isinstance(t, str) and t)
        cells.append([place, str(r["reason"]), w.n(r["gained"])])
    return [
        para(w.t("clarify.worth")),
        table(w.t("clarify.worth_caption"), columns, cells, note=w.t("clarify.worth_note")),
    ]
