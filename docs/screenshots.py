"""Take the pictures of the map that README and docs show, from a finished run.

python docs/screenshots.py RUN PREFIX     e.g. data/processed/demo demo

Writes docs/images/PREFIX-{map,card,whatif,table,phone,print}.png: the start page, the card of the
area with the greatest need, a what-if with families and more rooms, the table, a phone, and the
first printed page. Needs chromium and pdftoppm.
"""

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
COLOURS = 96
"""Enough for flat colours, and a tenth of the bytes."""


def main(run: Path, prefix: str) -> None:
    """Open the run's map in every state and photograph it."""
    first = next(csv.DictReader((run / "ranking.csv").open(encoding="utf-8")))["area_id"]
    address = (run / "map.html").resolve().as_uri()
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, fragment in (
            ("map", ""),
            ("card", f"gebiet={first}"),
            ("whatif", "gruppe=familien&p=8&ansicht=raeume&ebene=vorrang"),
            ("table", "ansicht=tabelle&ebene=anteil"),
        ):
            page = opened(browser, f"{address}#{fragment}", width=1280, height=800)
            save(page.screenshot(), f"{prefix}-{name}.png")
        phone = {"device_scale_factor": 2, "is_mobile": True, "has_touch": True}
        page = opened(browser, address, width=390, height=1100, **phone)
        save(page.screenshot(), f"{prefix}-phone.png")
        page = opened(browser, address, width=1280, height=800)
        pdf = page.pdf(format="A4", landscape=True, print_background=True)
        command = ["pdftoppm", "-r", "110", "-png", "-f", "1", "-l", "1", "-"]
        save(
            subprocess.run(command, input=pdf, capture_output=True, check=True).stdout,
            f"{prefix}-print.png",
        )
        browser.close()


def opened(browser: Browser, address: str, *, width: int, height: int, **device: object) -> Page:
    """A fresh, offline page."""
    context = browser.new_context(
        offline=True, viewport={"width": width, "height": height}, **device
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(400)  # the labels find their places
    return page


def save(png: bytes, name: str) -> None:
    """Write a picture with few colours, without the time it was taken."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(IMAGES / name, optimize=True)
    print(f"{name}: {(IMAGES / name).stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
