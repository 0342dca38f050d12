"""What stands behind the proposal, in words: its order, exchanges, robustness, hours, questions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sozialraum.publish.report.blocks import LEFT, RIGHT, Block, Words, heading, para, table
from sozialraum.publish.report.facts import EVERYBODY, Facts

NAMED = 4
"""Exchanges that a sentence names."""
ASKED = 10
"""Houses worth a question that the report lists."""


def rows_of(facts: Facts, name: str, *, target: bool = True) -> pd.DataFrame:
    """Rows of a further table, of the first target group only where it has groups."""
    found = next((t.frame for t in facts.content.further if t.name == name), pd.DataFrame())
    if target and "target" in found:
        return found[found["target"] == facts.title(EVERYBODY)].reset_index(drop=True)
    return found


def aim(facts: Facts, w: Words) -> str:
    """What the rooms are chosen for, and how ways are measured."""
    siting, access = facts.content.study.siting, facts.content.study.access
    kind = "matrix" if access.matrix else "network" if access.network else "straight"
    ways = w.t(f"proposal.ways_{kind}", detour=w.n(siting.detour, 2))
    text = w.t(
        f"proposal.aim_{siting.model}",
        radius=w.n(siting.radius),
        far=w.n(siting.far or 1.5 * siting.radius),
        ways=ways,
    )
    rules = {"floor": w.pct(siting.floor, 0), "spacing": w.n(siting.spacing)}
    rules |= {"capacity": w.n(siting.capacity), "backup": w.n(siting.backup, 2)}
    said = [w.t(f"proposal.rule_{k}", n=v) for k, v in rules.items() if getattr(siting, k)]
    return " ".join([text, *said])


def order(facts: Facts, w: Words) -> list[Block]:
    """Where the curve flattens, who can be reached at all, and what opening one by one costs."""
    figures, sentences = facts.content.figures, []
    if figures.get("flattens"):
        sentences.append(w.t("proposal.flattens", p=w.n(figures["flattens"])))
    everybody = float(facts.content.units[f"people_{EVERYBODY}"].sum())
    if figures.get("fewest") is not None and everybody:
        share = w.pct(figures["reachable"] / everybody)
        values = {"n": w.n(figures["reachable"]), "share": share, "p": w.n(figures["fewest"])}
        sentences.append(w.t("proposal.reachable", **values))
    nested = rows_of(facts, "nested")
    p = len(facts.proposal())
    if len(nested) >= p > 1:
        names = w.names(nested["name"].head(p))
        loss = float(nested["loss"].head(p).max())
        key = "nested" if loss < 0.5 else "nested_loss"
        sentences.append(w.t(f"proposal.{key}", names=names, loss=w.n(loss)))
    return [para(" ".join(sentences))] if sentences else []


def certainty(facts: Facts, w: Words) -> list[Block]:
    """Which rooms can be exchanged, and whether others are better on average or at worst."""
    sentences = []
    exchange = rows_of(facts, "exchange")
    if rows := exchange.head(NAMED).to_dict("records"):
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
    if len(robust) == 3:
        own, mean, worst = robust.to_dict("records")
        values = {
            "mean": w.pct(own["mean"]),
            "worst": w.pct(own["worst_tenth"]),
            "best_mean": w.pct(mean["mean"]),
            "best_worst": w.pct(worst["worst_tenth"]),
        }
        better = max(mean["mean"] - own["mean"], worst["worst_tenth"] - own["worst_tenth"])
        sentences.append(w.t(f"proposal.{'robust' if better > 5e-4 else 'robust_same'}", **values))
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
            format=f.title,
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
    columns = [
        (w.t("hours.day"), 0, LEFT),
        (w.t("hours.time"), 0, LEFT),
        (w.t("columns.room"), 5, LEFT),
        (w.t("hours.format"), 4, LEFT),
    ]
    cells = [
        [r["weekday"], f"{r['start']}–{r['end']}", r["name"], r["format"]]
        for r in plan.to_dict("records")
    ]
    note = f"{w.t('hours.note')} {' '.join(assumed)}"
    return [
        heading(w.t("hours.title"), 2),
        para(text),
        table(w.t("hours.caption"), columns, cells, note=note),
    ]


def questions(facts: Facts, w: Words) -> list[Block]:
    """Houses of which only something is unknown, by what they would add."""
    houses: list[dict[Any, Any]] = rows_of(facts, "clarify").head(ASKED).to_dict("records")
    if not houses:
        return []
    columns = [
        (w.t("columns.room"), 5, LEFT),
        (w.t("columns.open"), 5, LEFT),
        (w.t("columns.additional"), 0, RIGHT),
    ]
    cells = []
    for r in houses:
        place = f"{r['name']}, {r['address']}" if r["address"] else str(r["name"])
        cells.append([place, str(r["reason"]), w.n(r["gained"])])
    return [
        para(w.t("clarify.worth")),
        table(w.t("clarify.worth_caption"), columns, cells, note=w.t("clarify.worth_note")),
    ]
