"""Planted leaks: does the auditor find every one, and nothing where there is none?

Generated districts (total, regions, areas, residents, an earlier edition, people reached by sets of
rooms) are made safe by suppression; then one leak is planted: a level that can be subtracted, a
change against a published earlier edition, a complement, a share with too many digits, a what-if
cell. Every verdict is compared with a referee that shares no code with the auditor: SciPy's integer
programming over whole persons. Decoys that look alike but tell too little must raise no alarm.

    python benchmarks/disclosure_leaks.py [NUMBER]
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sozialraum.disclosure.inference import Statement, findings, shown, sums_to
from sozialraum.disclosure.protection import protect
from sozialraum.errors import DisclosureError

KINDS = ("levels", "editions", "complement", "shares", "what-if")
PROTECTION = 3


@dataclass(frozen=True)
class District:
    """What there is to know, and what everybody knows beforehand."""

    known: dict[str, tuple[float, float]]
    truth: dict[str, float]
    residents: dict[str, int]
    said: list[Statement]
    small: list[str]


def district(seed: int) -> District:
    """A district with one to three counts of 1 or 2, everything printed."""
    draw = np.random.default_rng(seed)
    truth: dict[str, float] = {}
    residents: dict[str, int] = {}
    members: dict[str, list[str]] = {}
    for r in range(int(draw.integers(2, 6))):
        region = f"{r:02d}"
        members[region] = [f"{region}{a:02d}" for a in range(int(draw.integers(2, 8)))]
        for area in members[region]:
            residents[area] = int(draw.integers(300, 6000))
            truth[area] = float(draw.binomial(residents[area], draw.uniform(0.01, 0.35)))
            truth[area] = max(truth[area], 3.0)
    areas = list(truth)
    small = [str(a) for a in draw.choice(areas, size=int(draw.integers(1, 4)), replace=False)]
    for area in small:
        truth[area] = float(draw.integers(1, 3))
    said = []
    for region, parts in members.items():
        residents[region] = sum(residents[a] for a in parts)
        truth[region] = sum(truth[a] for a in parts)
        said.append(sums_to(region, parts))
    residents["all"] = sum(residents[r] for r in members)
    truth["all"] = sum(truth[r] for r in members)
    said.append(sums_to("all", list(members)))
    for k in range(int(draw.integers(1, 4))):  # people reached by rooms: any set of areas
        reached = [str(a) for a in draw.choice(areas, size=len(areas) // 2, replace=False)]
        name = f"reached {k}"
        truth[name] = sum(truth[a] for a in reached)
        residents[name] = sum(residents[a] for a in reached)
        said.append(sums_to(name, reached))
    for area in areas:  # an earlier edition that cannot be taken back, and no word on changes
        before = f"before {area}"
        truth[before] = max(3.0, truth[area] + float(draw.integers(-20, 60)))
        residents[before] = residents[area]
        said.append(shown(before, truth[before], price=np.inf))
    price = {c: 1 + truth[c] / max(truth["all"], 1) + 2.0 * (len(c) != 4) for c in truth}
    for cell, count in truth.items():
        if not cell.startswith("before"):
            said.append(shown(cell, count, price=price[cell]))
    known = {c: (0.0, float(residents[c])) for c in truth}
    return District(known, truth, residents, said, small)


def suppressed(place: District) -> District:
    """The same, with as little withheld as protects the small counts."""
    gone = set(protect(place.known, place.said, {c: place.truth[c] for c in place.small}))
    return replace(place, said=[s for k, s in enumerate(place.said) if k not in gone])


def plant(place: District, kind: str, draw: np.random.Generator) -> tuple[list[Statement], str]:
    """Statements that give a withheld small count away, and which one."""
    target = str(draw.choice(place.small))
    count, people = place.truth[target], place.residents[target]
    shows = {s.cells[0] for s in place.said if s.shows}
    if kind == "levels":
        region = target[:2]
        family = [c for c in place.truth if c[:2] == region and len(c) in (2, 4) and c != target]
        return [shown(c, place.truth[c]) for c in family if c not in shows], target
    if kind == "editions":
        change = count - place.truth[f"before {target}"]
        cells = (target, f"before {target}")
        return [Statement(f"change of {target}", cells, (1.0, -1.0), change, change, 1.0)], target
    if kind == "complement":
        rest = people - count
        said = Statement(
            f"without benefits {target}", (target,), (-1.0,), rest - people, rest - people, 1.0
        )
        return [said], target
    if kind == "shares":
        return [share(place, target, digits=int(np.ceil(np.log10(people / 2)) + 1))], target
    others = [c for c in place.truth if len(c) == 4 and c in shows]
    some = [str(c) for c in draw.choice(others, size=min(3, len(others)), replace=False)]
    name = "what if"
    total = count + sum(place.truth[c] for c in some)
    cells = (target, *some)
    return [Statement(name, cells, (1.0,) * len(cells), total, total, 1.0)], target


def share(place: District, cell: str, *, digits: int) -> Statement:
    """A share of the residents as printed."""
    people = place.residents[cell]
    printed = round(place.truth[cell] / people, digits)
    half = 0.5 * 10.0**-digits
    return Statement(
        f"share of {cell}",
        (cell,),
        (1.0,),
        (printed - half) * people,
        (printed + half) * people,
        1.0,
    )


def decoys(place: District, draw: np.random.Generator) -> list[Statement]:
    """What looks like a leak and is none, or may be one: the referee decides."""
    target = str(draw.choice(place.small))
    hidden = [
        c
        for c in place.truth
        if len(c) == 4 and c not in {s.cells[0] for s in place.said if s.shows}
    ]
    both = tuple(dict.fromkeys([target, *hidden]))
    total = sum(place.truth[c] for c in both)
    result = [share(place, target, digits=2)]
    if len(both) > 1:
        result.append(Statement("what if", both, (1.0,) * len(both), total, total, 1.0))
    return result


def referee(place: District, said: list[Statement], cell: str) -> tuple[float, float]:
    """Tightest interval over whole persons, by SciPy's mixed-integer programming."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    at = {c: k for k, c in enumerate(place.known)}
    rows = np.zeros((len(said), len(at)))
    for k, statement in enumerate(said):
        for c, factor in zip(statement.cells, statement.factors, strict=True):
            rows[k, at[c]] += factor
    low = np.array([s.lo - 1e-9 for s in said])
    high = np.array([s.hi + 1e-9 for s in said])
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(at))
        goal[at[cell]] = sign
        found = milp(
            goal,
            constraints=LinearConstraint(rows, low, high),
            integrality=np.ones(len(at)),
            bounds=Bounds(*np.array(list(place.known.values())).T),
        )
        ends.append(float(np.round(sign * found.fun)))
    return ends[0], ends[1]


def alarms(place: District, said: list[Statement]) -> set[str]:
    """Cells of which the auditor says that they are known too well."""
    hidden = [c for c in place.truth if c not in {s.cells[0] for s in said if s.shows}]
    return set(findings(place.known, said, protection=PROTECTION, targets=hidden)["cell"])


def known_too_well(place: District, said: list[Statement]) -> set[str]:
    """The same, by the referee; a small count that is printed is known, too."""
    printed = {s.cells[0] for s in said if s.shows}
    hidden = [c for c in place.truth if c not in printed]
    found = {c for c in printed if 0 < place.truth[c] < PROTECTION}
    for cell in hidden:
        lo, hi = referee(place, said, cell)
        if hi - lo < PROTECTION:
            found.add(cell)
    return found


def trial(seed: int, kind: str) -> Counter[str]:
    """One district: safe, with decoys, with a planted leak, and mended again."""
    draw = np.random.default_rng([seed, 1])
    place = suppressed(district(seed))
    done: Counter[str] = Counter()
    safe = alarms(place, place.said)
    done["safe"] += 1
    done["false alarm"] += len(safe - known_too_well(place, place.said))
    alike = place.said + decoys(place, draw)
    truly, said = known_too_well(place, alike), alarms(place, alike)
    done["decoys"] += 1
    done["decoys that leak"] += bool(truly)
    done["false alarm"] += len(said - truly)
    done["missed"] += len(truly - said)
    leak, target = plant(place, kind, draw)
    done["planted"] += 1
    done["found"] += target in alarms(place, place.said + leak)
    done["missed"] += len(
        known_too_well(place, place.said + leak) - alarms(place, place.said + leak)
    )
    counts = {c: place.truth[c] for c in place.small}
    gone = set(protect(place.known, place.said + leak, counts))
    mended = [s for k, s in enumerate(place.said + leak) if k not in gone]
    done["left after suppression"] += len(alarms(place, mended) & set(place.small))
    return done


def main(number: int = 240) -> None:
    """Print the figures."""
    begin = time.perf_counter()
    by_kind: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    skipped = 0
    for seed in range(number):
        kind = KINDS[seed % len(KINDS)]
        try:
            by_kind[kind] += trial(seed, kind)
        except DisclosureError:
            skipped += 1  # no suppression protects it: a region of one area, say
    table = pd.DataFrame(by_kind).T.fillna(0).astype(int)
    table.loc["all"] = table.sum()
    print(table.to_string())
    print(
        f"{number - skipped} districts, {skipped} cannot be protected at all; "
        f"{time.perf_counter() - begin:.1f} s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 240)
