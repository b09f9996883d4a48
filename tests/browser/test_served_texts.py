"""Hostile texts in the database, and every page of the running service under its own policy: nothing runs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import people
import pytest
import releases
from hostile_texts import hostile_texts, shown

from gis.api.app import create_app
from gis.nouns import GridKind
from gis.store.plans import create_plan, retire_missing_grids, save_plan_areas, save_plan_grids
from gis.store.session import make_engine, transaction
from tests.api.conftest import areas, frame, grid, serving
from tests.browser.conftest import CANARY, require_harmless, touch_everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import TypeAlias

    from gis.settings import Settings

    Caller: TypeAlias = dict[str, str]
    Opens: TypeAlias = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.browser

EVENTS, STRIPS, OVERLAYS = 1_000, 10, 60
TEXTS = [text for text in hostile_texts(4_000, unstorable=False) if len(text) < 200]
COMMUNITY = "320199001001"
MAPS = (
    "/maps/grids",
    "/maps/changes",
    "/maps/findings",
    "/maps/events",
    "/maps/heat",
    "/maps/choropleth",
    "/maps/choropleth?by=community",
    "/maps/choropleth?by=street&measure=per_km2",
    "/maps/coverage?level=community",
    "/maps/heat-time",
)


@pytest.fixture(scope="module")
def caller(module_settings: Settings) -> Caller:
    """Return the headers of somebody who may see everything."""
    return people.bearer(people.token_for(module_settings, "staff"))


@pytest.fixture(scope="module")
def served(module_settings: Settings, caller: Caller) -> Iterator[str]:
    """The address of a service whose district, grids, release, check and events are named by an attacker."""
    supply = iter(TEXTS)
    named = areas().assign(name=[next(supply) for _ in range(3)])
    step = 0.2 / STRIPS
    rows = [
        grid(
            f"{COMMUNITY}{at:03}", "natural", next(supply), 118 + at * step, 31, 118 + at * step + step, 31.1
        )
        for at in range(STRIPS)
    ]
    task = next(supply)
    for at in range(OVERLAYS):
        west = 118.0 + at * 0.15 / OVERLAYS
        rows.append(
            grid(f"{next(supply)}#{at}", "special", next(supply), west, 31.02, west + 0.05, 31.05, task=task)
        )
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        plan = create_plan(session, next(supply), releases.PLANNER)
        save_plan_areas(session, plan.id, named)
        save_plan_grids(session, plan.id, frame(rows))
        releases.publish(session, plan.id, date(2026, 1, 1))
        # a later one, not in force yet: half the overlays go, and the rest is renamed
        plan = create_plan(session, next(supply), releases.PLANNER)
        kept = rows[:STRIPS] + rows[STRIPS::2]
        save_plan_grids(session, plan.id, frame([{**row, "name": next(supply)} for row in kept]))
        retire_missing_grids(session, plan.id, GridKind.SPECIAL, {row["code"] for row in kept})
        releases.publish(session, plan.id, date(2099, 1, 1))
    engine.dispose()
    events = [
        {
            "source": next(supply)[:40] if at % 20 == 0 else "hotline",
            "source_id": f"{at}",
            "x": 118.001 + at % 199 / 1000,
            "y": 31.001 + at % 97 / 1000,
            "crs": "wgs84",
            "reported_at": f"2026-03-{at % 28 + 1:02}T12:00:00Z",
            "category": next(supply)[:60] if at % 10 == 0 else "c",
            "text": next(supply),
        }
        for at in range(EVENTS)
    ]
    with (
        serving(create_app(module_settings)) as address,
        httpx.Client(base_url=address, headers=caller, timeout=60) as client,
    ):
        answer = client.post("/v1/events/batch", json={"events": events})
        assert answer.status_code == 200, answer.text[:500]
        client.post("/v1/releases/1/check", json={}).raise_for_status()
        yield address


@pytest.mark.parametrize("path", ["/?lang=zh", *MAPS])
def test_no_page_of_the_service_runs_a_text(
    watched_page: Opens, served: str, caller: Caller, path: str
) -> None:
    with watched_page(origins=(served,)) as watched:
        watched.page.set_extra_http_headers(caller)
        watched.page.add_init_script(CANARY)
        watched.open(f"{served}{path}")
        touch_everything(watched.page)
        require_harmless(watched.page)
        if path.startswith("/maps"):
            assert shown(watched.page.inner_text("h1")).startswith(shown(TEXTS[0]))


@pytest.mark.parametrize("path", [path for path in MAPS if path != "/maps/heat"])
def test_no_map_taken_away_as_a_file_runs_a_text(
    watched_page: Opens, served: str, caller: Caller, tmp_path: Path, path: str
) -> None:
    answer = httpx.get(
        f"{served}{path}", params={"f": "file"} | dict(httpx.URL(path).params), headers=caller, timeout=60
    )
    assert answer.status_code == 200, answer.text[:300]
    file = tmp_path / "map.html"
    file.write_bytes(answer.content)
    with watched_page() as watched:
        watched.page.add_init_script(CANARY)
        watched.open(file.as_uri())
        require_harmless(watched.page)


def test_the_documentation_page_runs_nothing(watched_page: Opens, served: str) -> None:
    with watched_page(origins=(served,)) as watched:
        watched.page.add_init_script(CANARY)
        watched.page.goto(f"{served}/docs")
        watched.page.wait_for_selector(".opblock")
        assert watched.page.evaluate("window.__hits") == 0


def test_an_answer_opened_as_a_page_is_none(served: str, caller: Caller) -> None:
    """Data addresses opened by hand, and problems that name what was asked for: never taken for a page."""
    for path in (
        "/v1/grids",
        "/v1/events?limit=100",
        "/v1/checks/1/findings",
        "/v1/<img src=x onerror=__hit()>",
        "/v1/grids/by-code/<img src=x onerror=__hit()>",
        "/v1/grids?<script>__hit()</script>=1",
    ):
        answer = httpx.get(f"{served}{path}", headers=caller, timeout=60)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-type"].partition(";")[0] in {
            "application/geo+json",
            "application/json",
            "application/problem+json",
        }
