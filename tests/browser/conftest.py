"""A real Chromium, found on PATH, and pages that are watched: every request, message and dialog is kept."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from gis.maps.picture import find_browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page

READY_S = 20


@dataclass
class Watched:
    """A page and everything it did that a page of ours does not do.

    Attributes:
        page: Playwright's page.
        origins: Beginnings of the addresses it may ask.
        faults: Requests elsewhere, failed ones, console errors and warnings, exceptions, dialogs.
    """

    page: Page
    origins: tuple[str, ...]
    faults: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address and wait until the page says it is drawn."""
        self.page.goto(address)
        for _ in range(READY_S * 20):
            if self.page.evaluate("document.documentElement.dataset.ready") == "yes":
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"The page was not ready in {READY_S} s: {self.faults}")

    def point_of(self, lon: float, lat: float) -> tuple[float, float]:
        """Say where a place is on the screen."""
        x, y = self.page.evaluate(
            """([lon, lat]) => {
              const map = Object.values(window).find((one) => one instanceof L.Map);
              const box = map.getContainer().getBoundingClientRect();
              const point = map.latLngToContainerPoint([lat, lon]);
              return [box.x + point.x, box.y + point.y];
            }""",
            [lon, lat],
        )
        return x, y

    def watch(self) -> None:
        """Keep what happens from now on."""
        page = self.page
        page.on("request", lambda request: self._note_request(request.url))
        page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}"))
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("dialog", self._note_dialog)

    def _note_request(self, address: str) -> None:
        if not address.startswith(("data:", "blob:", *self.origins)):
            self.faults.append(f"outside request: {address}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"{message.type}: {message.text}")

    def _note_dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a sandbox only where root leaves no choice."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def watched_page(browser: Browser) -> Callable[..., AbstractContextManager[Watched]]:
    """Opens watched pages: `with watched_page(origins=("http://127.0.0.1:1/",)) as watched:`.

    Leaving the block fails the test if the page did anything a page of ours does not do.
    """

    @contextmanager
    def opening(
        *, origins: tuple[str, ...] = ("file://",), size: tuple[int, int] = (1400, 800), theme: str = "light"
    ) -> Iterator[Watched]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce"
        )
        watched = Watched(context.new_page(), origins)
        watched.watch()
        yield watched
        context.close()
        assert watched.faults == []

    return opening


CANARY = "window.__hits = 0; window.__hit = () => { window.__hits += 1; };"

# what a page of ours never has, and a text that became markup would make
FOREIGN = """() => [...document.querySelectorAll("*")].filter((one) =>
  /^(img|iframe|object|embed|form|base|details|plaintext|animate|textarea)$/i.test(one.tagName)
  || one.getAttributeNames().some((name) => name.startsWith("on"))
  || (one.getAttribute("href") ?? "").trim().toLowerCase().startsWith("javascript:")
).map((one) => one.outerHTML.slice(0, 200))"""


def touch_everything(page: Page) -> None:
    """Do what a reader does: search, switch, click, point at the map, read the other language."""
    search = page.locator("#search")
    if search.count():
        search.fill("<img src=x onerror=__hit()>{{7*7}}${__hit()}")
        search.fill("")
    for button in (page.locator(".chip:not([disabled])"), page.locator("#facts .items button")):
        for at in range(min(3, button.count())):
            button.nth(at).dispatch_event("click")
    drawn = page.locator(".folium-map")
    if drawn.count():
        box = drawn.bounding_box()
        assert box
        for step in range(1, 8):
            x, y = box["x"] + box["width"] * step / 8, box["y"] + box["height"] * step / 8
            page.mouse.move(x, y)
        page.mouse.click(x, y)
    page.locator("#language").dispatch_event("click")
    page.wait_for_timeout(100)


def require_harmless(page: Page) -> None:
    """Require that no text was run or became markup."""
    assert page.evaluate("window.__hits") == 0
    assert page.evaluate(FOREIGN) == []
