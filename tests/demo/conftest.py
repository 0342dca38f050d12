"""Musterstadt, generated once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from sozialraum import demo


@pytest.fixture(scope="session")
def musterstadt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Freshly generated files, not the committed ones."""
    return demo.generate(tmp_path_factory.mktemp("musterstadt"))
