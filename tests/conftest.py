"""Fixtures that all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SOZIALRAUM_TEST_DATA", ROOT.parent / "shared" / "data"))
CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)


def pytest_configure(config: pytest.Config) -> None:
    """Hold back the user's own caches and logs from the tests."""
    os.environ.setdefault("MPLBACKEND", "agg")
    own = tempfile.TemporaryDirectory(prefix="sozialraum-tests-")
    config.add_cleanup(own.cleanup)
    os.environ["SOZIALRAUM_CACHE"] = str(Path(own.name) / "cache")
    os.environ["XDG_STATE_HOME"] = str(Path(own.name) / "state")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip with the reason where something is missing; `.ci/run` forbids the browser's skip."""
    if item.get_closest_marker("real_data") and not (DATA / "berlin").is_dir():
        pytest.skip(f"the real inputs are not at {DATA} (set SOZIALRAUM_TEST_DATA)")
    if item.get_closest_marker("browser") and CHROMIUM is None:
        if os.environ.get("SOZIALRAUM_FORBID_SKIPS"):
            pytest.fail("chromium is missing and SOZIALRAUM_FORBID_SKIPS is set")
        pytest.skip("chromium is not installed")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real inputs (mark the test `real_data`)."""
    return DATA


@pytest.fixture(scope="session")
def berlin(real_data: Path) -> Path:
    """Folder of Berlin's inputs, as given to ``--data``."""
    return real_data / "berlin"


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium of the system, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def demo_run():
    """The demo, computed once."""
    import sozialraum as sr

    return sr.run("demo")


@pytest.fixture(scope="session")
def english_demo():
    """The demo with its language set to English, computed once."""
    import sozialraum as sr

    return sr.run("demo", language="en")


@pytest.fixture(scope="session")
def demo_folder(demo_run, tmp_path_factory) -> Path:
    """The demo's outputs, written once."""
    return demo_run.write(tmp_path_factory.mktemp("demo") / "run")


@pytest.fixture(scope="session")
def district_run(berlin: Path):
    """Charlottenburg-Wilmersdorf on the real inputs (mark the test `real_data`)."""
    import sozialraum as sr

    return sr.run("charlottenburg-wilmersdorf", data=berlin)


@pytest.fixture(scope="session")
def district_folder(district_run, tmp_path_factory) -> Path:
    """The real district's outputs, written once."""
    return district_run.write(tmp_path_factory.mktemp("district") / "run")
