"""Disclosure control: what totals give away, what is withheld, and the attacker that checks it."""

from __future__ import annotations

from sozialraum.lazy import exports

_HOME = {
    "bounds": "tighten tighten_linear",
    "suppression": "primary complementary withhold",
    "inference": "Statement shown sums_to from_rate infer findings",
    "protection": "protect cheapest_fix",
    "rounding": "round_controlled",
}
__getattr__, __dir__, __all__ = exports(__name__, _HOME)
