"""Figures that the report's sentences need, derived from the released `Content` and nothing else.

Each one is a small pure function or property, so that a test can compare it with the frames. A
figure that cannot be told from what was released is None, and the sentence that needs it is left
out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sozialraum.presence.offices import serving
from sozialraum.publish.content import Content
from sozialraum.publish.numbers import known
from sozialraum.publish.terms import region_title

EVERYBODY = "everybody"
MOST_RANKS = 60  # as many as one page can show
GROUPS = ("population", "recipients")


@dataclass(frozen=True, eq=False)
class Facts:
    """Derived figures of one released `Content`."""

    content: Content

    @cached_property
    def areas(self) -> pd.DataFrame:
        """The areas without their shapes: plain frames are several times faster to ask."""
        return _plain(self.content.areas)

    @cached_property
    def regions(self) -> pd.DataFrame:
        """The regions without their shapes."""
        return _plain(self.content.regions)

    @cached_property
    def rooms(self) -> pd.DataFrame:
        """The venues without their points."""
        return _plain(self.content.rooms)

    @cached_property
    def offices(self) -> pd.DataFrame:
        """Existing offices without their points."""
        return _plain(self.content.offices)

    @cached_property
    def units(self) -> pd.DataFrame:
        """The demand units without their points."""
        return _plain(self.content.units)

    @cached_property
    def clusters(self) -> pd.DataFrame:
        """The concentrations without their outlines."""
        return _plain(self.content.clusters)

    @cached_property
    def presence(self) -> pd.DataFrame:
        """The rooms of all proposals."""
        return _plain(self.content.presence)

    @cached_property
    def frontier(self) -> pd.DataFrame:
        """What each number of rooms reaches."""
        return _plain(self.content.frontier)

    def table(self, name: str) -> pd.DataFrame:
        """Rows of a table that a stage handed over; empty where there is none of that name."""
        frames = (t.frame for t in self.content.further if t.name == name)
        return next(frames, pd.DataFrame())

    @cached_property
    def totals(self) -> dict[str, float | None]:
        """Residents, recipients with bounds, share; the pipeline's figures come first.

        A sum over areas stands in only where every rated area has a released value.
        """
        areas, given = self.areas, self.content.figures
        out: dict[str, float | None] = {}
        for name in ("population", "recipients", "recipients_lo", "recipients_hi"):
            column = areas[name] if name in areas else pd.Series(np.nan, areas.index)
            total = float(column.sum()) if column.notna().all() else None
            out[name] = float(given[name]) if known(given.get(name)) else total
        for name in ("share", "share_city", "gini", "moran", "moran_p"):
            out[name] = float(given[name]) if known(given.get(name)) else None
        if out["gini"] is None and len(self.content.lorenz) > 1:
            x, y = (self.content.lorenz[f"{k}_share"].to_numpy(float) for k in GROUPS)
            out["gini"] = 1 - float(np.sum(np.diff(x) * (y[1:] + y[:-1])))
        if out["share"] is None and out["recipients"] is not None and out["population"]:
            out["share"] = out["recipients"] / out["population"]
        return out

    @cached_property
    def share_base(self) -> float | None:
        """Residents that the share of the region refers to.

        All of them, or those of the ages that the label names (with counts of a workbook).
        """
        base = self.content.figures.get("share_base")
        people = self.totals["population"]
        if base is None or people is None or self.content.figures.get("counts_derived"):
            return people
        return float(base)

    @cached_property
    def top(self) -> int:
        """How many are "the k areas with the greatest need", at most the number of ranked areas."""
        return min(self.content.study.indicators.top, len(self.ranked))

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """Areas with a rank, the greatest need first."""
        areas = self.areas
        return areas[areas["rank"].notna()].sort_values(["rank", "name"])

    @cached_property
    def certain(self) -> pd.DataFrame:
        """Areas that belong to the k worst with the study's coverage."""
        return self.ranked[_true(self.ranked, "top_certain")]

    @cached_property
    def possible(self) -> pd.DataFrame:
        """Areas that may belong to the k worst, the certain ones among them."""
        return self.ranked[_true(self.ranked, "top_possible")]

    @cached_property
    def excluded(self) -> pd.DataFrame:
        """Areas that are not rated."""
        areas = self.areas
        return areas[areas["excluded"].map(lambda v: isinstance(v, str) and v != "")]

    @cached_property
    def withheld(self) -> pd.DataFrame:
        """Areas whose number of recipients is not released."""
        return self.areas[self.areas["recipients"].isna()]

    def classes(self, column: str) -> dict[str, int]:
        """Areas per class of `status_class` or `dynamics_class`."""
        found = self.areas[column].dropna().value_counts()
        return {str(k): int(v) for k, v in found.items()}

    def largest(self, column: str) -> pd.DataFrame:
        """The k areas with the largest `share` or `recipients`."""
        areas = self.areas
        known_rows = areas[areas[column].notna()]
        return known_rows.sort_values([column, "name"], ascending=[False, True]).head(self.top)

    @cached_property
    def both_lists(self) -> list[str]:
        """Names of the areas that stand in both lists, by share and by number."""
        by_count = set(self.largest("recipients").index)
        names = self.largest("share")["name"]
        return [str(name) for area_id, name in names.items() if area_id in by_count]

    @cached_property
    def held_by_top(self) -> dict[str, float] | None:
        """Residents and recipients of the k areas with the greatest need, as shares."""
        rows = self.ranked.head(self.top)
        total, people = self.totals["recipients"], self.totals["population"]
        if rows["recipients"].isna().any() or not total or not people:
            return None
        return {
            "recipients": float(rows["recipients"].sum()) / total,
            "population": float(rows["population"].sum()) / people,
        }

    @cached_property
    def indicators(self) -> list[str]:
        """Indicators of the edition that the areas carry, such as S1 and S3."""
        study = self.content.study
        edition = study.indicators.edition
        wanted = () if edition is None else study.edition(edition).indicators
        return [i for i in wanted if i in self.areas]

    @cached_property
    def masked_up_to(self) -> int:
        """Counts up to this number are published as 0 in the study's edition; 0: none."""
        study = self.content.study
        edition = study.indicators.edition
        return 0 if edition is None else study.edition(edition).masked_up_to

    @cached_property
    def region_title(self) -> str:
        """What one unit of the level above the areas is called."""
        return region_title(self.content.study)

    @cached_property
    def mean_set(self) -> float | None:
        """Mean number of ranks in a rank set."""
        if not {"rank_lo", "rank_hi"} <= set(self.ranked):
            return None
        width = (self.ranked["rank_hi"] - self.ranked["rank_lo"] + 1).mean()
        return float(width) if known(width) else None

    @cached_property
    def partial_sums(self) -> dict[str, list[str]]:
        """Regions whose number is the sum of some areas only -> the areas that it leaves out."""
        areas, regions, found = self.areas, self.regions, {}
        without = areas[areas["recipients"].isna() & areas["population"].gt(0)]
        sums = areas.groupby("region_id")["recipients"].sum()
        for region_id, names in without.groupby("region_id")["name"]:
            number = regions["recipients"].get(region_id)
            if known(number) and abs(float(sums[region_id]) - float(number or 0)) < 0.5:
                found[str(regions["name"][region_id])] = [str(n) for n in names]
        return found

    @cached_property
    def roles(self) -> dict[str, int]:
        """Areas per role in a spatial concentration, most frequent last; empty: not computed."""
        if "cluster" not in self.areas:
            return {}
        found = self.areas["cluster"].replace("", None).dropna().value_counts()
        return {str(k): int(v) for k, v in found.sort_values(kind="stable").items()}

    @cached_property
    def held_by_upper_half(self) -> float | None:
        """Share of the recipients in that half of the people whose areas have higher shares."""
        curve = self.content.lorenz
        if len(curve) < 2:
            return None
        x, y = curve["population_share"].to_numpy(float), curve["recipients_share"].to_numpy(float)
        return 1 - float(np.interp(0.5, x, y))

    @cached_property
    def without_old_age(self) -> bool:
        """Whether people on old-age benefits were taken off the demand for rooms."""
        areas = self.areas
        if self.content.study.old_age is None or "old_age" not in areas:
            return False
        return bool(areas["old_age"].fillna(0).gt(0).any())

    # --- rooms ---

    @cached_property
    def targets(self) -> list[str]:
        """Target groups that have a title in the study, everybody first."""
        return sorted(self.content.study.targets, key=lambda t: t != EVERYBODY)

    def title(self, target: str) -> str:
        """What readers call the target group."""
        group = self.content.study.targets.get(target)
        return group.title if group else target

    def place(self, site: str) -> str:
        """Address and area of a venue, as far as they are known; at least the area says where."""
        room = self.rooms.loc[site]
        area = self.areas["name"].get(str(room["area_id"]))
        return ", ".join(str(t) for t in (room["address"], area) if isinstance(t, str) and t)

    @cached_property
    def _proposals(self) -> dict[str, pd.DataFrame]:
        """Per target group the rows of the study's number of rooms, or the nearest there is."""
        found, wanted = {}, self.content.study.siting.rooms
        for target, rows in self.presence.groupby("target", sort=False):
            nearest = min(set(rows["p"]), key=lambda p: (abs(p - wanted), p))
            found[str(target)] = rows[rows["p"] == nearest].sort_values("order")
        return found

    def proposal(self, target: str = EVERYBODY) -> pd.DataFrame:
        """Rows of `presence` for the study's number of rooms, or the nearest number there is."""
        return self._proposals.get(target, self.presence.head(0))

    def curve(self, target: str = EVERYBODY) -> pd.DataFrame:
        """Rows of `frontier` of one target group, by number of rooms."""
        rows = self.frontier
        return rows[rows["target"] == target].sort_values("p")

    def at(self, p: int, target: str = EVERYBODY) -> dict[str, Any] | None:
        """The row of `frontier` for `p` rooms."""
        return self._steps.get((target, p))

    @cached_property
    def _steps(self) -> dict[tuple[str, int], dict[str, Any]]:
        return {(r["target"], r["p"]): r for r in records(self.frontier)}

    def serving(self, target: str = EVERYBODY) -> pd.DataFrame:
        """Existing offices that serve the target group."""
        return self.offices[serving(self.offices, target)]

    @cached_property
    def reached_units(self) -> np.ndarray | None:
        """Which demand units the offices and the proposed rooms reach, boolean.

        None where the recount differs from the published number: then no place may be named.
        """
        chosen = self.proposal()
        units, siting = self.units, self.content.study.siting
        if chosen.empty or units.empty:
            return None
        rooms = self.rooms.loc[chosen["site_id"], ["x", "y"]]
        places = pd.concat([rooms, self.serving()[["x", "y"]]])
        if self.content.ways is None:
            gap = units[["x", "y"]].to_numpy(float)[:, None, :] - places.to_numpy(float)
            metres = siting.detour * np.hypot(gap[..., 0], gap[..., 1])
        else:
            metres = self.content.ways[list(places.index)].to_numpy(float)
        reached = (metres <= siting.radius).any(axis=1)
        row = self.at(int(chosen["p"].iloc[0]))
        recount = float(units["people_everybody"].to_numpy(float)[reached].sum())
        if row is None or not known(row["reached"]) or abs(recount - row["reached"]) > 0.5:
            return None
        return reached

    @cached_property
    def out_of_reach(self) -> dict[str, float] | None:
        """Persons whom the proposal does not reach, their share, and all of them."""
        chosen = self.proposal()
        row = None if chosen.empty else self.at(int(chosen["p"].iloc[0]))
        if row is None or not known(row["reached"]) or self.units.empty:
            return None
        everybody = float(self.units["people_everybody"].sum())
        if not everybody:
            return None
        left = everybody - float(row["reached"])
        return {"persons": left, "share": left / everybody, "all": everybody}

    @cached_property
    def out_of_reach_by_region(self) -> pd.DataFrame | None:
        """`people`, `out`, `out_share` per Bezirksregion, the most people out of reach first."""
        if self.reached_units is None:
            return None
        units, areas = self.units, self.areas
        region = units["area_id"].map(areas["region_id"])
        people = units["people_everybody"].fillna(0.0)
        table = pd.DataFrame(
            {
                "people": people.groupby(region).sum(),
                "out": people.where(~self.reached_units, 0.0).groupby(region).sum(),
            }
        )
        table["out_share"] = table["out"] / table["people"].where(table["people"] > 0)
        table["name"] = areas.groupby("region_id")["region_name"].first()
        return table.sort_values(["out", "name"], ascending=[False, True])


def records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of a frame, each as column -> value of Python's own.

    pandas' own way asks for one column after the other and takes ten times as long.

    Examples
    --------
    >>> records(pd.DataFrame({"name": ["Westend"], "rank": [3], "share": [0.5]}))
    [{'name': 'Westend', 'rank': 3, 'share': 0.5}]
    """
    names = list(frame.columns)
    return [dict(zip(names, row, strict=True)) for row in frame.to_numpy(object).tolist()]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Without shapes, in two or three blocks of columns: rows are quick to take from few."""
    plain = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    texts: pd.DataFrame = plain.select_dtypes("str").astype(object)
    return pd.concat([plain.drop(columns=texts.columns), texts], axis=1)[plain.columns].copy()


def _true(frame: pd.DataFrame, column: str) -> np.ndarray:
    if column not in frame:
        return np.zeros(len(frame), bool)
    return frame[column].eq(True).to_numpy(bool)
