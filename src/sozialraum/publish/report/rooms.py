"""The third part of the report: rooms, people out of reach, open points, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sozialraum.publish.numbers import known
from sozialraum.publish.report import behind
from sozialraum.publish.report.answer import people, reach, rooms, rooms_and_offices
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
from sozialraum.publish.report.facts import EVERYBODY, Facts, records


def proposal(facts: Facts, w: Words) -> list[Block]:
    """The rooms, what each further room adds, and how sure the choice is."""
    blocks = [heading(w.t("section.proposal"))]
    chosen = facts.proposal()
    if chosen.empty:
        return [*blocks, para(w.t("summary.no_rooms"))]
    intro = w.t(
        "proposal.intro",
        venues=w.n(len(facts.rooms)),
        eligible=w.n(int(facts.rooms["eligible"].sum())),
        aim=behind.aim(facts, w),
    )
    serving = facts.serving()
    if len(serving):
        intro += " " + w.t("proposal.offices", names=w.names(serving["name"]))
    else:
        intro += " " + w.t("proposal.no_offices")
    title = facts.title(EVERYBODY)
    blocks += [para(intro), para([reach(facts, w), " ", *w.runs("proposal.map_first")])]
    blocks.append(room_table(chosen, w.t("proposal.table_caption", title=title), facts, w))
    blocks += behind.week(facts, w)
    blocks += _curve(facts, w)
    blocks += behind.order(facts, w)
    blocks.append(heading(w.t("proposal.stability"), 2))
    blocks.append(para(_stability(chosen, w)))
    blocks += behind.certainty(facts, w)
    change = facts.content.figures.get("old_age_rooms")
    if facts.without_old_age and change is not None:
        blocks.append(para(_old_age(change, w)))
    blocks += _other_groups(facts, w)
    blocks += behind.together(facts, w)
    return blocks


def room_table(
    rows: pd.DataFrame, caption: str, facts: Facts, w: Words, *, explained: bool = True
) -> Block:
    """The rooms of one proposal in their order; `explained`: a note says what the columns mean."""
    stable, hours = rows["stability"].notna().any(), _hours(rows)
    columns = [
        (w.t("columns.nr"), 0, RIGHT),
        (w.t("columns.room"), 6, LEFT),
        (w.t("columns.operator"), 4, LEFT),
        (w.t("columns.additional"), 0, RIGHT),
        (w.t("columns.cumulative"), 0, RIGHT),
    ]
    columns += [(w.t("columns.stability"), 0, RIGHT)] if stable else []
    columns += [(w.t("columns.hours"), 0, RIGHT)] if hours else []
    cells = []
    for r in records(rows):
        line = [
            w.n(r["order"]),
            named(r, facts),
            f"{_text(r['operator']) or w.t('proposal.unnamed')} ({w.word(r['operator_kind'])})",
            w.n(r["reached"]),
            w.pct(r["cumulative_share"]),
        ]
        line += [w.pct(r["stability"], 0)] if stable else []
        line += [f"{w.n(r['hours_open'])} / {w.n(r['hours_appointment'])}"] if hours else []
        cells.append(line)
    study = facts.content.study
    notes = [w.t("proposal.table_note")] if explained else []
    if stable and explained:
        notes.append(w.t("proposal.table_stability", draws=w.n(study.siting.stability_draws)))
    worse = len(rows) and study.targets[rows["target"].iloc[0]].weight_by == "recipients_if_worse"
    if worse and not stable and facts.proposal()["stability"].notna().any():
        notes.append(w.t("proposal.table_no_stability"))
    return table(caption, columns, cells, note=" ".join(notes))


def named(room: Mapping[Any, Any], facts: Facts) -> str:
    """A proposed room with its address and area."""
    return ", ".join(filter(None, (str(room["name"]), facts.place(room["site_id"]))))


def unreached(facts: Facts, w: Words) -> list[Block]:
    """Who remains out of reach, and where they live."""
    blocks = [heading(w.t("section.unreached"))]
    out, chosen = facts.out_of_reach, facts.proposal()
    if out is None or chosen.empty:
        return [*blocks, para(w.t("unreached.none"))]
    total = w.t(
        "unreached.total",
        places=rooms_and_offices(facts, len(chosen), w),
        persons=w.n(out["persons"]),
        all=w.n(out["all"]),
        people=people(facts, w),
        share=w.pct(out["share"]),
        radius=w.n(facts.content.study.siting.radius),
    )
    places = facts.out_of_reach_by_region
    if places is None:
        return [
            *blocks,
            para(f"{total} {w.t('unreached.no_places')}"),
            para(w.t("unreached.advice")),
        ]
    first = places[places["out"] > 0].head(3)
    if len(first):
        named = [
            w.t("unreached.most_item", name=n, n=w.n(v))
            for n, v in zip(first["name"], first["out"], strict=True)
        ]
        total += " " + w.t("unreached.most", names=w.names(named))
    blocks += [para([total, " ", *w.runs("unreached.map")]), para(w.t("unreached.advice"))]
    unit = facts.region_title
    columns = [
        (unit, 5, LEFT),
        (w.t("columns.people"), 0, RIGHT),
        (w.t("columns.out"), 0, RIGHT),
        (w.t("columns.out_share"), 0, RIGHT),
    ]
    cells = [
        [r["name"], w.n(r["people"]), w.n(r["out"]), w.pct(r["out_share"])] for r in records(places)
    ]
    blocks.append(table(w.t("unreached.caption", unit=unit), columns, cells))
    alt = w.t("unreached.map_alt", sentence=total)
    blocks.append(figure("unreached.svg", w.t("unreached.map_caption"), alt))
    return blocks


def clarify(facts: Facts, w: Words) -> list[Block]:
    """What the catalogues of venues do not say, in general and for each proposed room."""
    blocks = [heading(w.t("section.clarify")), para(w.t("clarify.intro"))]
    blocks.append(bullets(w.t("clarify.checklist").splitlines()))
    chosen = facts.proposal()
    if chosen.empty:
        return blocks
    cells = []
    for r in records(chosen):
        room = facts.rooms.loc[r["site_id"]]
        cells.append(
            [w.n(r["order"]), named(r, facts), _text(r["operator"]), "; ".join(_open(room, w))]
        )
    columns = [
        (w.t("columns.nr"), 0, RIGHT),
        (w.t("columns.room"), 5, LEFT),
        (w.t("columns.operator"), 4, LEFT),
        (w.t("columns.open"), 5, LEFT),
    ]
    blocks.append(table(w.t("clarify.table_caption"), columns, cells))
    return blocks + behind.questions(facts, w)


def limits(facts: Facts, w: Words) -> list[Block]:
    """What the data cannot say; only what holds for this study."""
    content, study = facts.content, facts.content.study
    items = [w.t("limits.counts"), w.t("limits.residence")]
    if facts.without_old_age:
        items.append(w.t("limits.mixture", label=content.info.recipients_label))
    if facts.masked_up_to:
        edition = study.indicators.edition
        items.append(w.t("limits.masking", edition=edition, n=facts.masked_up_to))
    if len(facts.units):
        items.append(w.t("limits.within"))
        if facts.reached_units is not None:
            kind = "walk" if study.access.kind == "straight" else study.access.kind
            items.append(w.t(f"limits.{kind}", detour=w.n(study.siting.detour, 2)))
    items += [w.t("limits.rank"), w.t("limits.cause", date=w.date(content.info.reference_date))]
    if len(facts.rooms):
        items.append(w.t("limits.venues"))
    if not _hours(facts.proposal()):
        items.append(w.t("limits.capacity"))
    return [heading(w.t("section.limits")), bullets(items)]


def _curve(facts: Facts, w: Words) -> list[Block]:
    rows = facts.curve()
    if len(rows) < 3:
        return []
    blocks = [heading(w.t("proposal.curve"), 2)]
    chosen = facts.proposal()
    by_p = rows.set_index("p")
    gains = by_p["reached"].diff()
    p, most = len(chosen), int(by_p.index.max())
    if {0, 1, p} <= set(by_p.index) and known(gains.get(p)):
        key = ("text" if p > 1 else "one") if facts.content.study.siting.plain else "most"
        text = w.t(
            f"proposal.curve_{key}",
            first=w.n(gains[1]),
            p=p,
            last=w.n(gains[p]),
            most=most,
            most_share=w.pct(by_p.loc[most, "reached_share"]),
        )
        if not facts.serving().empty:
            base = w.pct(by_p.loc[0, "reached_share"])
            text = f"{w.t('proposal.curve_offices', base=base)} {text}"
        blocks.append(para([text, " ", *w.runs("proposal.curve_chart")]))
    points = w.names(
        w.t("proposal.point", rooms=rooms(int(str(k)), w, "with"), share=w.pct(v))
        for k, v in by_p["reached_share"].items()
    )
    alt = w.t("proposal.curve_alt", title=facts.title(EVERYBODY), points=points)
    blocks.append(figure("curve.svg", w.t("proposal.curve_caption"), alt))
    return blocks


def _stability(chosen: pd.DataFrame, w: Words) -> str:
    stability = chosen.set_index("name")["stability"].dropna()
    if stability.empty:
        return w.t("proposal.stability_none")
    named = [f"{n} ({w.pct(v, 0)})" for n, v in stability.sort_values(ascending=False).items()]
    text = w.t("proposal.stable", names=w.names(named[:3]))
    weak = stability[stability < 0.5]
    if len(weak):
        names = w.names(f"{n} ({w.pct(v, 0)})" for n, v in weak.items())
        text += " " + w.t("proposal.unstable", names=names)
    return text


def _old_age(change: Mapping[str, Sequence[str]], w: Words) -> str:
    """Which rooms depend on the estimate of old-age recipients."""
    entering, leaving = w.names(change["entering"]), w.names(change["leaving"])
    if not entering and not leaving:
        return w.t("proposal.old_age_same")
    return w.t("proposal.old_age", entering=entering or "–", leaving=leaving or "–")


def _other_groups(facts: Facts, w: Words) -> list[Block]:
    groups = [t for t in facts.targets if not facts.proposal(t).empty]
    if len(groups) < 2:
        return []
    blocks = [heading(w.t("proposal.others"), 2)]
    useful = {t: rows[rows["reached"] > 0] for t in groups if len(rows := facts.proposal(t))}
    every = pd.concat(useful.values())
    count = every.groupby("site_id")["target"].nunique()
    shared = every[every["site_id"].isin(count.index[count > 1])].drop_duplicates("site_id")
    key = "others_text" if len(shared) else "others_text_none"
    blocks.append(para(w.t(f"proposal.{key}", names=w.names(shared["name"]))))
    for target in groups[1:]:
        caption = w.t("proposal.table_caption", title=facts.title(target))
        block = room_table(useful[target], caption, facts, w, explained=False)
        if len(useful[target]) < len(facts.proposal(target)):
            block["note"] = f"{w.t('proposal.no_more')} {block['note']}".strip()
        blocks.append(block)
    return blocks


def _open(room: pd.Series, w: Words) -> list[str]:
    """Gaps in the record of one room."""
    found = []
    if not _text(room["address"]):
        found.append(w.t("clarify.address"))
    if not _text(room["operator"]):
        found.append(w.t("clarify.no_operator"))
    elif _text(room["operator_reason"]):
        found.append(w.t("clarify.operator", reason=w.word(room["operator_reason"])))
    if not _text(room["venue_types"]):
        found.append(w.t("clarify.type"))
    return found or [w.t("clarify.general")]


def _hours(rows: pd.DataFrame) -> bool:
    return (
        bool(rows[["hours_open", "hours_appointment"]].notna().any().any()) if len(rows) else False
    )


def _text(value: Any) -> str:
    """Text of a cell; lists are joined, missing is empty."""
    if isinstance(value, (list, tuple, set)):
        return ", ".join(str(v) for v in value)
    return value.strip() if isinstance(value, str) else ""
