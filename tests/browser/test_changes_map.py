"""The page of changes in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from districts import make_changes, make_district, make_frame

from gis.maps import draw_changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any, TypeAlias

    Opens: TypeAlias = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.browser

GRIDS, AREAS = make_district(12)
NATURAL = GRIDS[GRIDS["kind"] == "natural"]
CHANGES = make_changes(GRIDS)
FRAME = make_frame()


@pytest.fixture(scope="module")
def changes_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    page = draw_changes(CHANGES, GRIDS, GRIDS, AREAS, frame=FRAME)
    return page.write(tmp_path_factory.mktemp("pages") / "changes.html").as_uri()


def test_a_click_on_a_change_shows_its_grids(watched_page: Opens, changes_file: str) -> None:
    with watched_page() as watched:
        watched.open(changes_file)
        page = watched.page
        rows = page.locator("#facts .items button")
        assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["边界移动", "更名改码", "撤销"]
        assert "变动 9,000 m²" in rows.nth(0).inner_text()
        rows.nth(0).click()
        page.wait_for_timeout(200)
        assert rows.nth(0).get_attribute("aria-current") == "true"
        both = NATURAL.geometry.iloc[7:9].total_bounds
        left, right = (watched.point_of(lon, (both[1] + both[3]) / 2)[0] for lon in (both[0], both[2]))
        assert 292 < left < right < 1056
        change = CHANGES.geometry.iloc[0].centroid
        page.mouse.move(*watched.point_of(change.x, change.y))
        assert "边界移动" in page.inner_text(".tip.shown")
        page.click('[data-key="moved_edge"]')
        assert len(rows.all()) == 2
        rows.nth(1).click()
        assert rows.nth(1).get_attribute("aria-current") == "true"


def test_no_changes_is_said(watched_page: Opens, tmp_path: Path) -> None:
    path = draw_changes(CHANGES[:0], GRIDS, GRIDS, AREAS, frame=FRAME).write(tmp_path / "none.html")
    with watched_page() as watched:
        watched.open(path.as_uri())
        assert "没有变化" in watched.page.inner_text("#facts")
