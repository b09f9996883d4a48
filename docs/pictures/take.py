"""Take the pictures of the readme from a running service: `make run` first, then `make pictures`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
WIDE, PHONE = (1400, 800), (390, 844)
PICTURES = {
    "start": ("/?lang=en", WIDE),
    "grids": ("/maps/grids?lang=zh", WIDE),
    "findings": ("/maps/findings?lang=en", WIDE),
    "events": ("/maps/events?lang=en", WIDE),
    "choropleth": ("/maps/choropleth?by=grid&lang=zh", WIDE),
    "heat-time": ("/maps/heat-time?lang=en", WIDE),
    "phone": ("/maps/grids?lang=zh", PHONE),
}


def main(address: str) -> None:
    """Open each page as a reader would, and keep what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (path, (width, height)) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(address + path, wait_until="load", timeout=120_000)
            page.wait_for_timeout(3_000)  # the heat is drawn after the page has loaded
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
