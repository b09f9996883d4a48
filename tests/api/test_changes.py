"""What became of the grids between two releases and in a plan, over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely
from shapely.geometry import shape

from gis.gridding.measure import area_m2
from gis.nouns import Actor
from gis.store.plans import create_plan, save_plan_grids
from gis.store.session import make_engine, transaction
from tests.api.conftest import EAST, WEST, cell, frame, grid

if TYPE_CHECKING:
    import httpx

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

ADDRESS = "/v1/releases/1/changes/2"
PASSED = cell(118.1, 31.0, 118.11, 31.1)


def test_a_moved_edge_between_two_releases(client: httpx.Client) -> None:
    for number, lon in enumerate((118.102, 118.108, 118.15)):
        report = {
            "source": "patrol",
            "source_id": str(number),
            "x": lon,
            "y": 31.05,
            "crs": "cgcs2000",
            "category": "rubbish",
            "reported_at": "2026-03-01T08:00:00+08:00",
        }
        assert client.post("/v1/events", json=report).status_code == 201
    answer = client.get(ADDRESS)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "private, no-store"
    body = answer.json()
    assert (body["old"]["number"], body["new"]["number"], body["numberReturned"]) == (1, 2, 1)
    assert body["counts"] == {"moved_edge": 1, "unchanged": 2}
    (feature,) = body["features"]
    told = feature["properties"]
    assert (told["kind"], told["layer"], told["old"], told["new"]) == (
        "moved_edge",
        "natural",
        [WEST, EAST],
        [WEST, EAST],
    )
    passed = float(area_m2([PASSED])[0])
    assert told["moved_m2"] == pytest.approx(passed, rel=1e-3)
    assert [(move["from"], move["to"]) for move in told["moves"]] == [(EAST, WEST)]
    assert (told["events"], told["workers"]) == (2, 1)
    assert told["en"].startswith(f"The edge between the grids {WEST}, {EAST} moved: ")
    assert told["zh"].startswith(f"网格 {WEST}、{EAST} 的边界移动：")
    assert shapely.symmetric_difference(shape(feature["geometry"]), PASSED).area < 1e-6


def test_the_other_way_round_the_ground_goes_back(client: httpx.Client) -> None:
    body = client.get("/v1/releases/2/changes/1").json()
    moves = body["features"][0]["properties"]["moves"]
    assert [(move["from"], move["to"]) for move in moves] == [(WEST, EAST)]


def test_a_release_against_itself_is_unchanged(client: httpx.Client) -> None:
    body = client.get("/v1/releases/1/changes/1").json()
    assert (body["features"], body["counts"]) == ([], {"unchanged": 4})


def test_a_plan_against_its_base_release(client: httpx.Client, module_settings: Settings) -> None:
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        plan = create_plan(session, "split the east", Actor("planner"))
        rows = [
            grid(EAST, "natural", "East", 118.11, 31.0, 118.15, 31.1),
            grid(f"{EAST[:-1]}9", "natural", "Far east", 118.15, 31.0, 118.2, 31.1),
        ]
        save_plan_grids(session, plan.id, frame(rows))
    engine.dispose()
    body = client.get(f"/v1/plans/{plan.id}/changes").json()
    assert (body["old"]["number"], body["plan"]["id"]) == (2, plan.id)
    (feature,) = body["features"]
    assert (feature["properties"]["kind"], feature["properties"]["new"]) == (
        "split",
        [EAST, f"{EAST[:-1]}9"],
    )
    assert feature["properties"]["workers"] == 0


def test_what_does_not_exist_is_said(client: httpx.Client) -> None:
    for address in ("/v1/releases/1/changes/9", "/v1/plans/99/changes"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "There is no" in answer.json()["detail"]
    assert client.get(ADDRESS, params={"kind": "natural"}).status_code == 400
    answer = client.get("/v1/plans/1/changes")  # the first, which has no base
    assert answer.status_code == 409
    assert "over no release" in answer.json()["detail"]
