"""Rooms that enter or leave the proposal between two runs, and which change made them do so.

The reason is found by replacing one part at a time: the first run's proposal is computed again
from its released files with the second run's people, then with its list of rooms, then with its
settings. A room's fate is due to the parts that alone already turn it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sozialraum.comparison.causes import compare_settings
from sozialraum.errors import StudyError
from sozialraum.presence.offices import serving
from sozialraum.publish.numbers import listing

if TYPE_CHECKING:
    from sozialraum.publish.finished import Finished

PARTS = {
    "people": "veränderte Zahlen: wo wie viele Menschen der Zielgruppe leben",
    "rooms": "veränderte Verzeichnisse oder Regeln: welche Räume und Dienststellen es gibt",
    "settings": "veränderte Vorgaben",
}
"""Parts that are replaced one by one, in the order in which they are named."""

SETTINGS = {
    "siting.rooms": "Zahl der Räume",
    "siting.radius": "Fußweg",
    "siting.detour": "Umwegfaktor",
    "siting.model": "Ziel der Auswahl",
    "siting.near": "Gewicht nach Entfernung",
    "siting.far": "Gewicht nach Entfernung",
    "siting.halving": "Gewicht nach Entfernung",
    "siting.backup": "Wert eines zweiten Ortes",
    "siting.capacity": "Aufnahmefähigkeit",
    "siting.spacing": "Mindestabstand",
    "siting.floor": "Mindestanteil",
    "venues.forced_in": "gesetzte Räume",
    "access": "Messung der Wege",
}
"""Settings on which the proposal depends, besides people and rooms; also as the start of a path."""

COLUMNS: tuple[str, ...] = ("target", "site_id", "name", "change")
COLUMNS += ("order_before", "order_after", "reached_before", "reached_after")
COLUMNS += ("cause", "why")


@dataclass(frozen=True)
class _Inputs:
    """Where each part of a computation comes from."""

    people: Finished
    rooms: Finished
    settings: Finished


def compare_rooms(before: Finished, after: Finished) -> pd.DataFrame:
    """Compare the headline proposals of two runs, target group by target group.

    Parameters
    ----------
    before, after : Finished
        Sites are matched by their `site_id`.

    Returns
    -------
    pandas.DataFrame
        `target`, `site_id`, `name`, `change` ('bleibt', 'neu', 'entfällt'), `order_before`,
        `order_after`, `reached_before`, `reached_after` (persons whom the room adds in its
        proposal; missing where it is not proposed), `cause` ('unlisted', 'ineligible',
        'unknown', 'together', or parts of `PARTS` joined by '; '), `why` (the reason in German;
        both empty for rooms that stay). Where the proposals cannot be computed again, but only
        one part differs, that part is the cause.
    """
    rows: list[dict[str, Any]] = []
    for target in before.study.targets:
        if target not in after.study.targets:
            continue
        sides = [r.proposal(target).set_index("site_id") for r in (before, after)]
        turned = _causes(before, after, target)
        differing = _differing(before, after, target) if turned is None else []
        for site in dict.fromkeys([*sides[0].index, *sides[1].index]):
            here = [site in side.index for side in sides]
            named = sides[1] if here[1] else sides[0]
            row: dict[str, Any] = {
                "target": target,
                "site_id": site,
                "name": named["name"][site],
                "cause": "",
                "why": "",
            }
            row["change"] = {(True, True): "bleibt", (False, True): "neu"}.get(
                (here[0], here[1]), "entfällt"
            )
            for column in ("order", "reached"):
                for side, word in zip(sides, ("before", "after"), strict=True):
                    row[f"{column}_{word}"] = side[column].get(site, np.nan)
            if row["change"] != "bleibt":
                row["cause"], row["why"] = _why(before, after, site, turned, differing)
            rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _why(
    before: Finished,
    after: Finished,
    site: str,
    turned: dict[str, set[str]] | None,
    differing: list[str],
) -> tuple[str, str]:
    """Cause and reason in a sentence: first what the lists say, then what the recount shows."""
    for run, word in ((before, "früheren"), (after, "späteren")):
        rooms = run.content.rooms
        if site not in rooms.index:
            return "unlisted", f"im {word} Lauf nicht verzeichnet"
        if not rooms.loc[site, "eligible"]:
            reason = rooms.loc[site, "reason"]
            return "ineligible", f"im {word} Lauf nicht geeignet: {reason}".rstrip(": ")
    causes = differing if turned is None else [p for p in PARTS if site in turned[p]]
    said = [_said(part, before, after) for part in causes]
    if turned is None and len(causes) > 1:
        return "unknown", f"mehreres zugleich, nicht zu trennen: {'; '.join(said)}"
    if turned is None and not causes:
        return "unknown", "andere Fassung des Programms"
    if causes:
        return "; ".join(causes), "; ".join(said)
    return "together", "erst mehrere Veränderungen zusammen"


def _said(part: str, before: Finished, after: Finished) -> str:
    """A part in words; of the settings those that differ."""
    if part != "settings":
        return PARTS[part]
    names = _settings(before, after)
    return f"{PARTS[part]}: {listing(names)}" if names else PARTS[part]


def _settings(before: Finished, after: Finished) -> list[str]:
    """What the differing settings on which a proposal depends are about."""
    paths = [f"{path}." for path in compare_settings(before, after)["setting"]]
    labels = (text for key, text in SETTINGS.items() for p in paths if p.startswith(f"{key}."))
    return list(dict.fromkeys(labels))


def _differing(before: Finished, after: Finished, target: str) -> list[str]:
    """Parts in which the files of two runs differ as far as a target group's rooms depend on it."""

    def people(run: Finished) -> pd.DataFrame:
        return run.content.units[["x", "y", f"people_{target}"]].fillna(0.0)

    def rooms(run: Finished) -> tuple[pd.DataFrame, pd.DataFrame]:
        sites, offices = _places(run, target)
        return sites[["x", "y"]], offices[["x", "y"]].reset_index(drop=True)

    differ = {
        "people": not people(before).equals(people(after)),
        "rooms": not all(a.equals(b) for a, b in zip(rooms(before), rooms(after), strict=True)),
        "settings": bool(_settings(before, after)),
    }
    return [part for part in PARTS if differ[part]]


def _causes(before: Finished, after: Finished, target: str) -> dict[str, set[str]] | None:
    """Sites that each part alone turns; None where the proposals cannot be computed again."""
    if not all(_recountable(run) for run in (before, after)):
        return None
    old = set(before.proposal(target)["site_id"])
    new = set(after.proposal(target)["site_id"])
    if old == new:
        return {part: set() for part in PARTS}
    turned = {}
    try:
        if _solve(_Inputs(before, before, before), target) != old:
            return None
        for part in PARTS:
            inputs = _Inputs(**{p: after if p == part else before for p in PARTS})
            turned[part] = (_solve(inputs, target) ^ old) & (old ^ new)
    except StudyError:  # one run's rules cannot be met with the other's people or rooms
        return None
    return turned


def _recountable(run: Finished) -> bool:
    """Whether ways are straight, so that they can be measured again from the run's files."""
    return run.straight and len(run.content.units) > 0


def _places(run: Finished, target: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rooms that suit a target group, and offices that serve it."""
    rooms, offices = run.content.rooms, run.content.offices
    rooms = rooms[rooms["eligible"].to_numpy(bool)]
    rooms = rooms[[target in suits for suits in rooms["suits"]]]
    return rooms, offices[serving(offices, target)]


def _solve(inputs: _Inputs, target: str) -> set[str]:
    """The headline rooms, as `sozialraum.presence.propose` finds them."""
    from sozialraum.access.distance import straight_line
    from sozialraum.presence.choice import choose_by_model, is_wider
    from sozialraum.presence.frontier import coverage_curve

    content, study = inputs.people.content, inputs.settings.study
    units, siting = content.units, study.siting
    demand = np.nan_to_num(units[f"people_{target}"].to_numpy(float))
    rooms, offices = _places(inputs.rooms, target)
    sites = pd.concat([rooms[["x", "y"]], offices[["x", "y"]]])
    places = sites.to_numpy(float)
    cost = straight_line(units[["x", "y"]].to_numpy(float), places, detour=siting.detour)
    names = [str(n) for n in sites.index]
    kept = set(study.venues.forced_in)
    existing = np.arange(len(rooms), len(sites))
    required = np.flatnonzero([name in kept for name in names[: len(rooms)]])
    steps = coverage_curve(
        cost,
        demand,
        radius=siting.radius,
        p_max=siting.rooms,
        existing=existing.tolist(),
        required=required.tolist(),
        prove=True,
    )
    last = steps[-1]
    if not siting.plain:
        last = choose_by_model(
            siting,
            cost,
            demand,
            [steps[0], last],
            existing=existing,
            required=required,
            groups=units["area_id"].map(content.areas["region_id"]).to_numpy(),
            between=straight_line(places, places, detour=siting.detour),
        ).steps[-1]
        kept |= set(names) if is_wider(siting) else set()
    pairs = zip(last.sites, last.gains, strict=True)
    chosen = [(names[int(str(j))], gain) for j, gain in pairs]
    return {name for name, gain in chosen if gain > 0 or name in kept}


def reach_again(before: Finished, after: Finished, target: str = "everybody") -> dict[str, float]:
    """What the earlier rooms would reach among the later run's people, beside its own proposal.

    Returns
    -------
    dict
        `kept` (persons, earlier rooms), `proposed` (persons, later rooms), `all`; empty where the
        recount differs from what the later run published.
    """
    from sozialraum.access.distance import straight_line

    if not _recountable(after):
        return {}
    content, siting = after.content, after.study.siting
    people = np.nan_to_num(content.units[f"people_{target}"].to_numpy(float))
    offices = content.offices[serving(content.offices, target)][["x", "y"]]

    def reached(run: Finished) -> float:
        chosen = run.content.rooms.loc[run.proposal(target)["site_id"], ["x", "y"]]
        places = pd.concat([chosen, offices]).to_numpy(float)
        ways = straight_line(
            content.units[["x", "y"]].to_numpy(float), places, detour=siting.detour
        )
        return float(people[(ways <= siting.radius).any(axis=1)].sum())

    told = {"kept": reached(before), "proposed": reached(after), "all": float(people.sum())}
    curve = content.frontier
    row = curve[(curve["target"] == target) & (curve["p"] == len(after.proposal(target)))]
    if row.empty or abs(float(row["reached"].iloc[0]) - told["proposed"]) > 0.5:
        return {}
    return told
