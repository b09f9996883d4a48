from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.usefixtures("district")

MAPS = (
    "/maps/grids",
    "/maps/changes",
    "/maps/coverage",
    "/maps/events",
    "/maps/choropleth",
    "/maps/heat-time",
)
HOSTILE = "{{7*7}}</script><script>alert(1)</script>${alert(2)}"


@pytest.fixture(scope="module", autouse=True)
def _events(client: httpx.Client, district: object) -> None:
    events = [
        {
            "source": "hotline",
            "source_id": f"{i}",
            "x": 118.01 + i / 100,
            "y": 31.05,
            "crs": "wgs84",
            "reported_at": f"2026-03-{i + 1:02}T12:00:00Z",
            "category": HOSTILE,
            "text": HOSTILE,
        }
        for i in range(12)
    ]
    client.post("/v1/events/batch", json={"events": events}).raise_for_status()


@pytest.mark.parametrize("address", MAPS)
def test_a_map_page_asks_this_service_only(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"(?:src|href)=.(?:https?:)?//", answer.text)
    for link in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize("address", MAPS)
def test_text_of_events_stays_text(client: httpx.Client, address: str) -> None:
    page = client.get(address).text
    assert "alert(1)</script>" not in page
    assert "{{7*7}}" not in page


@pytest.mark.parametrize("address", MAPS)
def test_a_map_can_be_taken_away_as_one_file(client: httpx.Client, address: str) -> None:
    answer = client.get(address, params={"f": "file", "lang": "en"})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="wangge-')
    assert not re.search(r"<(?:script|link|img)[^>]+/static/", answer.text)


def test_maps_take_period_release_and_measure(client: httpx.Client) -> None:
    for address in (
        "/maps/grids?release=1&lang=en",
        "/maps/changes?old=1&new=2&lang=en",
        "/maps/changes?old=2&new=1",
        "/maps/events?from=2026-03-02&to=2026-03-05",
        "/maps/choropleth?by=street&measure=per_1000_households",
        "/maps/choropleth?by=community&measure=per_km2&from=2026-03-02",
        "/maps/choropleth?from=2030-01-01",
        "/maps/heat-time?step=day&to=2026-03-09",
        "/maps/heat-time?from=2030-01-01",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.text[:500]}"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/maps/grids?release=9", 404),
        ("/maps/changes?new=1", 404),
        ("/maps/changes?old=9", 404),
        ("/maps/changes?old=first", 400),
        ("/maps/findings", 200),
        ("/maps/findings?check=999", 404),
        ("/maps/events?from=2026-03-05&to=2026-03-05", 400),
        ("/maps/events?from=yesterday", 400),
        ("/maps/choropleth?by=planet", 400),
        ("/maps/choropleth?measure=smell", 400),
        ("/maps/heat-time?step=second", 400),
        ("/maps/grids?f=pdf", 400),
        ("/maps/grids?color=red", 400),
    ],
)
def test_bad_questions_are_refused(client: httpx.Client, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:500]
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def test_changes_are_those_between_the_two_releases(client: httpx.Client) -> None:
    told = client.get("/v1/releases/1/changes/2").json()
    page = client.get("/maps/changes", params={"lang": "en"}).text
    assert told["features"]
    for change in told["features"]:
        assert change["properties"]["en"] in page
    assert '"oldRelease":1' in page
    unmoved = client.get("/maps/changes?old=2&new=2").text
    assert not [change for change in told["features"] if change["properties"]["en"] in unmoved]


def test_the_heat_leads_to_the_events(client: httpx.Client) -> None:
    answer = client.get("/maps/heat", params={"lang": "en", "from": "2026-03-01"})
    assert answer.status_code == 307
    assert answer.headers["location"] == "/maps/events?lang=en&from=2026-03-01"
    assert client.get("/maps/heat?color=red").status_code == 400


def test_pages_of_events_are_not_kept(client: httpx.Client) -> None:
    assert client.get("/maps/events").headers["cache-control"] == "private, no-store"
    assert client.get("/maps/grids").headers["cache-control"] == "private, no-cache"


@pytest.mark.browser
def test_a_map_can_be_taken_as_a_picture(client: httpx.Client) -> None:
    answer = client.get("/maps/grids", params={"f": "png"}, timeout=120)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


def test_without_a_browser_the_remedy_is_told(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    answer = client.get("/maps/grids", params={"f": "png"})
    assert answer.status_code == 501
    assert "apt-get install chromium" in answer.json()["detail"]
