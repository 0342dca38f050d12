"""The first part of the report: the answer on one page, the question, the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from sozialraum.publish.numbers import known
from sozialraum.publish.report.blocks import (
    LEFT,
    Block,
    Run,
    Words,
    bullets,
    facts_row,
    figure,
    heading,
    notice,
    para,
    table,
)
from sozialraum.publish.report.facts import EVERYBODY, Facts

CLEAN = ("zugeordnet", "matched", "0 ")  # a finding that begins so found nothing wrong
MISSING = ("ohne Wert", "without a value")  # of the whole city; the region's are told elsewhere
AREA_ID = re.compile(r"\b\d{6,}\b")
NAMED = 3  # areas that the answer begins with
SELDOM = 0.5  # a room that fewer repetitions choose is named
FOLDER = re.compile(r"^\S*/(?=\S+\.\w+$)")
ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def summary(facts: Facts, w: Words) -> list[Block]:
    """The answer first: where, how many, which rooms, and what stays open."""
    info, totals = facts.content.info, facts.totals
    blocks = [heading(w.t("section.summary"))]
    key = [(w.n(totals["population"]), w.t("summary.people"))]
    if totals["recipients"] is not None:
        key.append((w.n(totals["recipients"]), info.recipients_label))
    if totals["share"] is not None:
        key.append(
            (w.pct(totals["share"]), w.t("summary.share_of_residents", per=info.share_label))
        )
    chosen = facts.proposal()
    row = None if chosen.empty else facts.at(len(chosen))
    if row and known(row["reached_share"]):
        everybody = w.n(out["all"] if (out := facts.out_of_reach) else None)
        places = rooms_and_offices(facts, len(chosen), w)
        label = w.t("summary.reached", places=places, all=everybody, people=people(facts, w))
        key.append((w.pct(row["reached_share"]), label))
    blocks.append(facts_row(key))
    if info.warnings:
        blocks.append(notice(info.warnings))
    items: list[str | list[Run]] = []
    if len(facts.ranked):
        names = w.names(facts.ranked["name"].head(NAMED))
        where = w.runs("summary.where", names=names)
        sure = [" " + certainty(facts, w)] if facts.top < len(facts.ranked) else []
        items.append([*where, *sure])
    if totals["recipients"] is not None and totals["share"] is not None:
        items.append(_how_many(facts, w))
    items.append(_which_rooms(facts, w))
    if not chosen.empty:
        if doubts := " ".join(doubtful(facts, w)):
            items.append(w.runs("summary.sure", doubts=doubts))
        items.append(w.runs("summary.open"))
    blocks.append(bullets(items))
    if not chosen.empty:
        caption = w.t(f"summary.map{ways(facts)}")
        blocks.append(figure(f"rooms_{EVERYBODY}.svg", caption, map_alt(facts, w), fill=True))
    return blocks


def map_alt(facts: Facts, w: Words) -> str:
    """What the map of rooms shows, for those who do not see it."""
    chosen = facts.proposal()
    names = "; ".join(f"{n} {name}" for n, name in enumerate(chosen["name"], 1))
    return w.t(f"proposal.map_alt{ways(facts)}", rooms=rooms(len(chosen), w), names=names)


def ways(facts: Facts) -> str:
    """The end of the key of a sentence where the reach follows ways; empty: it is a circle."""
    return "" if facts.content.study.access.kind == "straight" else "_ways"


def certainty(facts: Facts, w: Words) -> str:
    """How many areas are certainly, and possibly, among the k with the greatest need."""
    certain, coverage = facts.certain, w.pct(facts.content.study.indicators.coverage, 0)
    key = {0: "certain_none", 1: "certain_one"}.get(len(certain), "certain")
    if list(certain.index) == list(facts.ranked.index[:NAMED]):  # named just before
        key = "certain_these"
    return w.t(
        f"summary.{key}",
        coverage=coverage,
        top=facts.top,
        n=len(certain),
        names=w.names(certain["name"].head(12)),
        possible=len(facts.possible),
    )


def reach(facts: Facts, w: Words) -> str:
    """How many the proposal for everybody reaches, and how good that is at best."""
    chosen = facts.proposal()
    row, base, out = facts.at(len(chosen)), facts.at(0), facts.out_of_reach
    if row is None or out is None:
        return ""
    with_offices = base is not None and not facts.serving().empty
    text = w.t(
        f"summary.reach{'' if with_offices else '_new'}{one(len(chosen))}",
        reached=w.n(row["reached"]),
        all=w.n(out["all"]),
        people=people(facts, w),
        share=w.pct(row["reached_share"]),
        radius=w.n(facts.content.study.siting.radius),
        base=w.pct(base["reached_share"]) if base else "",
    )
    weight = weighted(facts, out["all"], w)
    return " ".join(filter(None, (text, proof(row, w), weight, fewer(facts, w))))


def weighted(facts: Facts, people: float, w: Words) -> str:
    """What people count for whom a gradual model chose the rooms; empty for other models."""
    value = facts.content.figures.get("weighted")
    if value is None or not people:
        return ""
    share = w.pct(value / people)
    return w.t("summary.weighted", n=w.n(value), all=w.n(people), share=share)


def fewer(facts: Facts, w: Words) -> str:
    """Why the people to be reached are fewer than the number of recipients; empty: they are not."""
    total, out = facts.totals["recipients"], facts.out_of_reach
    if total is None or out is None or round(out["all"]) >= round(total):
        return ""
    who = []
    taken = float(facts.areas["old_age"].sum()) if facts.without_old_age else 0.0
    if taken:
        who.append(w.t("summary.fewer_old_age", n=w.n(taken)))
    if total - taken - out["all"] >= 1:
        if len(facts.withheld):
            who.append(w.t("summary.fewer_withheld"))
        if not facts.content.figures.get("counts_derived", True):
            who.append(w.t("summary.fewer_outside"))
    values = {"all": w.n(out["all"]), "recipients": w.n(total)}
    return w.t("summary.fewer", who=w.names(who), **values) if who else ""


def proof(row: dict[str, float], w: Words) -> str:
    """What is proven about a proposal: that it is best, or what nobody can exceed."""
    if not known(row["bound"]):
        return ""
    best = row["bound"] - row["reached"] < 1  # persons are whole
    key = f"{'best' if best else 'bound'}{one(row['p'])}"
    return w.t(f"proof.{key}", p=w.n(row["p"]), bound=w.n(row["bound"]))


def one(p: float) -> str:
    """The end of the key of a sentence about a single room; empty for several."""
    return "_one" if p == 1 else ""


def rooms(p: float, w: Words, case: str = "rooms") -> str:
    """A number of rooms; `case` "with" after prepositions such as German "mit"."""
    return w.t(f"count.{case}{one(p)}", p=w.n(p))


def rooms_and_offices(facts: Facts, p: float, w: Words) -> str:
    """The places where people are met, after "mit"; no offices where there are none."""
    offices = [] if facts.serving().empty else [w.t("count.offices")]
    return " ".join([rooms(p, w, "with"), *offices])


def people(facts: Facts, w: Words) -> str:
    """Who is meant by the persons to be reached."""
    if facts.without_old_age:
        return w.t("people.without_old_age")
    return w.t("people.everybody")


def question(facts: Facts, w: Words) -> list[Block]:
    """The question that was asked, and how the report answers it."""
    content = facts.content
    study, areas = content.study, facts.areas
    blocks = [heading(w.t("section.question"))]
    if study.question:
        blocks.append(para(study.question))
    blocks.append(para(w.t("question.answer")))
    unit = w.t(
        "question.unit",
        n=w.n(len(areas)),
        unit=study.area_layer.title,
        region=content.info.region_name,
        rated=w.n(len(areas) - len(facts.excluded)),
    )
    counted = w.t("question.people", label=content.info.recipients_label)
    blocks.append(para(f"{unit} {counted} {content.info.recipients_note}".strip()))
    if facts.without_old_age:
        note = w.t(
            "people.without_old_age_note",
            label=content.info.recipients_label,
            n=w.n(facts.areas["old_age"].sum()),
        )
        term = w.t("people.without_old_age")
        blocks.append(para([{"strong": term + ". "}, note]))
    return blocks


def data(facts: Facts, w: Words) -> list[Block]:
    """Sources with their dates, the join audit, suppression."""
    content = facts.content
    info, limits = content.info, content.study.disclosure
    blocks = [heading(w.t("section.data"))]
    if info.warnings:
        blocks.append(notice(info.warnings))
    text = w.t("data.sources")
    dates = {s.reference_date for s in info.sources if s.reference_date}
    days = sorted(d for d in dates if ISO_DAY.fullmatch(d))
    if len(days) > 1 and min(dates)[:4] >= days[0][:4]:  # some sources only name a year
        text += " " + w.t("data.dates", first=w.date(days[0]), last=w.date(days[-1]))
    blocks.append(para(text))
    blocks.append(
        table(
            w.t("data.sources_caption"),
            [
                (w.t("columns.source"), 5, LEFT),
                (w.t("columns.publisher"), 5, LEFT),
                (w.t("columns.date"), 0, LEFT),
            ],
            [(s.title, s.publisher, source_date(s.reference_date, w)) for s in info.sources],
        )
    )
    if content.quality:
        blocks.append(heading(w.t("data.audit"), 2))
        found = [row for row in content.quality if concerns(row, facts.areas.index)]
        key = "audit_text" if found else "audit_clean"
        values = {"n": w.n(len(content.quality)), "region": info.region_name}
        blocks.append(para(w.t(f"data.{key}", **values)))
        if found:
            blocks.append(audit_table(w.t("data.audit_caption"), found, w))
    blocks.append(heading(w.t("data.suppression"), 2))
    rule = w.t(
        "data.rule",
        count=w.n(limits.minimum_count),
        population=w.n(limits.minimum_population),
        derived=w.n(limits.derived_minimum),
    )
    withheld = facts.withheld
    if len(withheld) == len(facts.areas):
        told = w.t("data.withheld_all")
    elif len(withheld):
        key = "withheld" if len(withheld) > 1 else "withheld_one"
        told = w.t(f"data.{key}", n=w.n(len(withheld)), names=_named(withheld, w))
    else:
        told = w.t("data.withheld_none")
    blocks.append(para(f"{rule} {told}"))
    if len(facts.excluded):
        reasons = [f"{name} ({why})" for name, why in _with_reason(facts.excluded)]
        blocks.append(para(w.t("data.excluded", names=w.names(reasons))))
    blocks.append(para(w.t("data.signs")))
    return blocks


def concerns(row: Mapping[str, str], areas: Iterable[object]) -> bool:
    """Whether a check found something in the region; rows without area concern all of it.

    Examples
    --------
    >>> concerns({"finding": "anderer Name (1)", "detail": "12200308: A / B"}, ["04400725"])
    False
    """
    finding = str(row["finding"])
    if finding.startswith((*CLEAN, *MISSING)):
        return False
    named = AREA_ID.findall(str(row["detail"]))
    return not named or not set(named).isdisjoint(map(str, areas))


def audit_table(caption: str, rows: Sequence[Mapping[str, str]], w: Words) -> Block:
    """Rows of the join audit and of suppression; a file is named without its folder."""
    keys = {"topic": 4.2, "finding": 3.6, "detail": 7.2}
    columns = [(w.t(f"columns.{k}"), width, LEFT) for k, width in keys.items()]
    cells = [[str(row.get(k, "")) for k in keys] for row in rows]
    cells = [[FOLDER.sub("", topic), *rest] for topic, *rest in cells]
    return table(caption, columns, cells, wide=True)


def source_date(iso: str, w: Words) -> str:
    """The reference date of a source in short form."""
    return w.date(iso, long=False) if iso else w.t("sources.nodate")


def _how_many(facts: Facts, w: Words) -> list[Run]:
    info, totals = facts.content.info, facts.totals
    bounds = city = ""
    low, high = totals["recipients_lo"], totals["recipients_hi"]
    if low is not None and high is not None and round(low) != round(high):
        # withheld areas are missing in a sum of what is published
        key = "many_bounds" if low <= (totals["recipients"] or 0) <= high else "many_partial"
        bounds = w.t(f"summary.{key}", low=w.n(low), high=w.n(high))
    if totals["share_city"] is not None and info.city_name != info.region_name:
        share = w.pct(totals["share_city"])
        city = w.t("summary.many_city", city=info.city_name, share=share)
    derived = facts.content.figures.get("counts_derived", True)
    runs = w.runs(
        "summary.many",
        region=info.region_name,
        date=w.date(info.reference_date),
        recipients=w.n(totals["recipients"]),
        label=info.recipients_label,
        bounds=f" {bounds}" if bounds else "",
        share=w.pct(totals["share"]),
        population=w.n(facts.share_base),
        who=w.t("summary.residents" if derived else "summary.residents_below_65"),
        city=f" {city}" if city else "",
    )
    held = facts.held_by_top
    if held and facts.top < len(facts.ranked):
        shares = {k: w.pct(v) for k, v in held.items()}
        runs.append(" " + w.t("summary.held", top=facts.top, **shares))
    return runs


def _which_rooms(facts: Facts, w: Words) -> str | list[Run]:
    chosen = facts.proposal()
    if chosen.empty:
        return w.t("summary.no_rooms")
    named = w.names(f"({n})\N{NO-BREAK SPACE}{name}" for n, name in enumerate(chosen["name"], 1))
    key = f"summary.rooms{one(len(chosen))}"
    runs = w.runs(key, rooms=rooms(len(chosen), w), names=named)
    text = reach(facts, w)
    return [*runs, " " + text] if text else runs


def doubtful(facts: Facts, w: Words) -> list[str]:
    """What makes the proposal less sure: rooms seldom chosen, offices placed roughly."""
    chosen, serving = facts.proposal(), facts.serving()
    weak = chosen[chosen["stability"] < SELDOM]
    told = []
    if len(weak):
        named = (
            f"{n} ({w.pct(v, 0)})" for n, v in zip(weak["name"], weak["stability"], strict=True)
        )
        told.append(w.t(f"summary.shaky{one(len(weak))}", names=w.names(named)))
    near = serving[serving["approximate"].astype(bool)] if len(serving) else serving
    if len(near):
        told.append(w.t("summary.approximate", names=w.names(near["name"])))
    return told


def _named(rows: pd.DataFrame, w: Words, most: int = 12) -> str:
    names = [*rows["name"].head(most)]
    if len(rows) <= most:
        return w.names(names)
    return w.t("concentration.and_more", names=", ".join(names), n=w.n(len(rows) - most))


def _with_reason(rows: pd.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(rows["name"], rows["excluded"], strict=True)
