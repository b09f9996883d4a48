"""The map of a repair in a real browser: places, before and after, in both languages, on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from districts import make_district, make_frame, make_repair

from gis.maps import draw_repair

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.browser

GRIDS, AREAS = make_district(6)
NATURAL = GRIDS[GRIDS["kind"] == "natural"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    page = draw_repair(*make_repair(NATURAL), AREAS, frame=make_frame())
    path: Path = page.write(tmp_path_factory.mktemp("maps") / "repair.html")
    return path.as_uri()


def test_places_are_listed_and_their_layers_switched(
    watched_page: Callable[..., AbstractContextManager[Any]], address: str
) -> None:
    with watched_page() as watched:
        watched.open(address)
        page = watched.page
        rows = page.locator("#facts .items button")
        heads = [row.split("\n")[0] for row in rows.all_inner_texts()]
        assert heads == ["重叠未处理", "填补空白", "补齐顶点"]
        assert "813 m²" in rows.nth(1).inner_text()
        assert "空白并入网格。" in rows.nth(1).inner_text()
        rows.nth(1).click()
        page.wait_for_timeout(200)
        assert rows.nth(1).get_attribute("aria-current") == "true"
        drawn = page.locator(".leaflet-repaired-pane canvas")
        both = drawn.evaluate("canvas => canvas.toDataURL()")
        page.click('[data-key="before"]')
        assert page.get_attribute('[data-key="before"]', "aria-pressed") == "false"
        assert drawn.evaluate("canvas => canvas.toDataURL()") != both
        page.click('[data-key="filled"]')
        assert len(rows.all()) == 2
        page.click("#language")
        assert "An overlap is left." in rows.nth(0).inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone(
    watched_page: Callable[..., AbstractContextManager[Any]], address: str, theme: str
) -> None:
    with watched_page(size=(390, 800), theme=theme) as watched:
        watched.open(address)
        assert watched.page.evaluate("document.documentElement.scrollWidth") == 390
        watched.page.locator("#facts .items button").nth(2).click()
