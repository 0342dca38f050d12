"""Settings of an index of one's own, for places without a Monitoring Soziale Stadtentwicklung."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from sozialraum.study.strict import Strict


class Choices(Strict):
    """How several figures become one; the formulas stand at `sozialraum.need.normalised`."""

    direction: dict[str, Literal[1, -1]] = Field(
        default_factory=dict,
        description="1: a larger value is greater need; -1: smaller need; not named: 1",
    )
    winsorise: int = Field(
        0, ge=0, description="Outliers per indicator that may be pulled in; 0: none (COINr: 5)"
    )
    normalise: Literal["z", "minmax", "percentile", "exponential", "none"] = Field(
        "z", description="z-scores, min-max to 100, percentile ranks, exponential ranks (IMD)"
    )
    scale: float = Field(23.0, gt=0, description="Constant of the exponential ranks")
    floor: float = Field(
        0.0, ge=0, lt=100, description="Smallest min-max score; above 0 for geometric"
    )
    weights: dict[str, float] = Field(
        default_factory=dict, description="Weight of each indicator or group; empty: equal"
    )
    aggregate: Literal["arithmetic", "geometric", "sum"] = Field(
        "arithmetic", description="Weighted mean, weighted geometric mean, or weighted sum"
    )


class Group(Choices):
    """A domain of the index, made of some of the indicators by choices of its own."""

    indicators: tuple[str, ...] = Field(min_length=1)


class Composite(Choices):
    """An index by a recipe, instead of the rule of the Monitoring Soziale Stadtentwicklung.

    Status classes are then those of the standardised index, with the same thresholds.
    """

    groups: dict[str, Group] = Field(
        default_factory=dict,
        description="Domains; the choices above then combine domains and ungrouped indicators",
    )
    result: Literal["score", "percentile"] = Field(
        "score", description="The score itself, or its percentile rank from 0 to 1 (SVI)"
    )
    exact: tuple[str, ...] = Field(
        (),
        description="Indicators that are no percentages of persons: they have no sampling error "
        "that could be derived, and are taken as known exactly",
    )

    def check(self, indicators: Iterable[str]) -> None:
        """Refuse names that the edition does not have.

        Raises
        ------
        ValueError
            A name of groups, direction, weights or exact is unknown, or stands in two groups.
        """
        known = list(indicators)
        grouped = [i for g in self.groups.values() for i in g.indicators]
        if twice := sorted({i for i in grouped if grouped.count(i) > 1}):
            raise ValueError(f"composite.groups: {twice[0]!r} stands in two groups")
        if clash := sorted(set(self.groups) & set(known)):
            raise ValueError(f"composite.groups: {clash[0]!r} is the name of an indicator")
        parts = [*self.groups, *(i for i in known if i not in grouped)]
        named: list[tuple[str, Iterable[str], list[str]]] = [
            ("groups", grouped, known),
            ("exact", self.exact, known),
        ]
        named += [("direction", self.direction, parts), ("weights", self.weights, parts)]
        for name, group in self.groups.items():
            of_group = list(group.indicators)
            named += [(f"groups.{name}.direction", group.direction, of_group)]
            named += [(f"groups.{name}.weights", group.weights, of_group)]
        for key, used, allowed in named:
            for one in used:
                if one not in allowed:
                    raise ValueError(f"composite.{key}: {one!r} is none of {allowed}")
        for key, weights in [("", self.weights), *((g, c.weights) for g, c in self.groups.items())]:
            if weights and (min(weights.values()) < 0 or sum(weights.values()) <= 0):
                raise ValueError(f"composite.{key or 'weights'}: must not be negative, nor all 0")
