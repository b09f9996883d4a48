from __future__ import annotations

import os
from typing import TYPE_CHECKING

import people
import pytest
from playwright.sync_api import sync_playwright

from gis.maps.picture import find_browser

if TYPE_CHECKING:
    import httpx

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("district")]


def test_the_documentation_works_under_its_policy_and_asks_nobody_else(
    client: httpx.Client, token: str
) -> None:
    address = str(client.base_url).rstrip("/")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=flags)
        page = browser.new_page(extra_http_headers=people.bearer(token))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/docs")
        page.locator("#operations-locate-locate_v1_locate_get").click()
        page.get_by_role("button", name="Try it out").click()
        page.locator("tr[data-param-name=lon] input").fill("118.03")
        page.locator("tr[data-param-name=lat] input").fill("31.01")
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table tbody .response-col_status").first
        answer.wait_for()
        assert answer.inner_text().startswith("200")
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
