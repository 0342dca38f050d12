"""Two ways to an optimum, both tested: all choices counted, and a search of sparse instances."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sozialraum.presence import center, counted, cover, kept, parts, search, shortest


@pytest.fixture(scope="module", params=["counted", "searched"])
def each_way(request: pytest.FixtureRequest) -> Iterator[str]:
    """What a small instance is solved by; a large one is always searched."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "searched":
            patch.setattr(parts, "WIDE", 0)
            patch.setattr(shortest, "PAIRS", 0)
            for module in (center, counted, cover, kept, search):
                patch.setattr(module, "COUNTED", 0)
        yield request.param
