"""The start page under its strict policy: live numbers, the next step, two languages, a phone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gis.maps.assets import WEB

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any, TypeAlias

    from playwright.sync_api import Route

    Opens: TypeAlias = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.browser

ORIGIN = "http://wangge.test"
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
AXE = WEB.parent.parent / "node_modules/axe-core/axe.min.js"
ME = {
    "id": 1,
    "login": "wang.min",
    "name": "王敏",
    "unit_code": "C",
    "unit": "中心",
    "has_codes": False,
    "needs": [],
    "grants": [],
    "rights": [
        "account:own",
        "checks:read",
        "events:count",
        "events:read",
        "grids:read",
        "users:manage",
        "audit:read",
    ],
}
EMPTY = {
    "district": None,
    "release": None,
    "releases": 0,
    "areas": {},
    "grids": {},
    "events": {"total": 0, "unlocated": 0, "last_reported_at": None},
    "findings": None,
}
FULL = {
    "district": "江宁区 <b>{{7*7}}</b>",
    "release": {"number": 3, "effective_from": "2026-01-01", "title": "春季</script>"},
    "releases": 3,
    "areas": {"district": 1, "street": 10, "community": 201},
    "grids": {"natural": 1734, "dedicated": 60, "special": 14},
    "events": {"total": 66359, "unlocated": 12, "last_reported_at": "2026-04-29T07:55:00Z"},
    "findings": {"check_id": 1, "errors": 2, "warnings": 3},
}


def serve(summary: dict[str, Any] | None) -> Callable[[Route], None]:
    """Answers as the service does."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if path == "/":
            headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(body=(WEB / "index.html").read_text("utf-8"), headers=headers)
        elif path.startswith("/static/"):
            route.fulfill(path=WEB / path.removeprefix("/static/"))
        elif path == "/v1/me":
            route.fulfill(body=json.dumps(ME), content_type="application/json")
        elif path == "/v1/summary" and summary is not None:
            route.fulfill(body=json.dumps(summary), content_type="application/json")
        else:
            route.fulfill(status=200 if path == "/ready" else 503, body="{}")

    return answer


def test_it_shows_what_is_in_force(watched_page: Opens) -> None:
    with watched_page(origins=(ORIGIN,)) as watched:
        page = watched.page
        page.route("**/*", serve(FULL))
        watched.open(f"{ORIGIN}/?lang=zh")
        assert page.inner_text("h1") == FULL["district"]
        assert "第 3 期《春季</script>》" in page.inner_text("#lead")
        figures = page.inner_text("#figures")
        assert all(
            number in figures for number in ("1,734", "60", "14", "201", "66,359", "12 起未定位", "3 个警告")
        )
        assert page.locator("#figures .bad").inner_text() == "2"
        assert page.is_hidden("#steps")
        assert page.inner_text('a[href^="/maps/changes"]') == "网格变化"
        assert page.inner_text("#health") == "服务正常"


def test_without_data_it_says_the_next_step(watched_page: Opens) -> None:
    with watched_page(origins=(ORIGIN,)) as watched:
        watched.page.route("**/*", serve(EMPTY))
        watched.open(f"{ORIGIN}/?lang=en")
        steps = watched.page.inner_text("#steps")
        assert steps.index("wangge area import") < steps.index("wangge grid import")
        assert steps.index("wangge grid check") < steps.index("wangge release publish")
        # two releases have changes between them
        assert watched.page.is_hidden('a[href^="/maps/changes"]')
        assert watched.page.is_visible('a[href^="/maps/coverage"]')


def test_without_events_it_asks_for_events_only(watched_page: Opens) -> None:
    with watched_page(origins=(ORIGIN,)) as watched:
        watched.page.route("**/*", serve({**FULL, "events": EMPTY["events"]}))
        watched.open(f"{ORIGIN}/?lang=en")
        steps = watched.page.inner_text("#steps")
        assert "wangge event import" in steps
        assert "wangge area import" not in steps


def test_links_follow_the_language(watched_page: Opens) -> None:
    with watched_page(origins=(ORIGIN,)) as watched:
        page = watched.page
        page.route("**/*", serve(EMPTY))
        watched.open(f"{ORIGIN}/?lang=zh")
        assert page.get_attribute('[data-map="streets"]', "href") == "/maps/choropleth?by=street&lang=zh"
        page.click("#language")
        assert page.get_attribute('[data-map="streets"]', "href") == "/maps/choropleth?by=street&lang=en"
        assert not re.search(r"[\u4e00-\u9fff]", page.inner_text("main").replace("网格 Wangge", ""))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("summary", [EMPTY, FULL], ids=["empty", "full"])
def test_axe_finds_nothing_and_it_fits_a_phone(
    watched_page: Opens, summary: dict[str, Any], theme: str
) -> None:
    with watched_page(origins=(ORIGIN,), size=(390, 844), theme=theme) as watched:
        page = watched.page
        page.route("**/*", serve(summary))
        watched.open(f"{ORIGIN}/?lang=zh")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.evaluate(AXE.read_text("utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
        result = page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
        assert [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]] == []
