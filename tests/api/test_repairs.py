"""`POST /v1/plans/{plan_id}/repair`: a dry run unless told otherwise, places as features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gis.store.plans import count_change, lock_draft
from gis.store.session import transaction
from tests.api.conftest import EAST, WEST, grid
from tests.api.test_plans import geojson, open_plan, upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import httpx
    from fastapi import FastAPI
    from sqlalchemy import Engine

pytestmark = pytest.mark.usefixtures("district")


def plan_with_gap(client: httpx.Client, title: str) -> int:
    """Open a plan that draws the eastern grid some 2 m short of its neighbour."""
    plan = open_plan(client, title)
    cells = geojson(grid(EAST, "natural", "East", 118.11002, 31.0, 118.2, 31.1))
    assert upload(client, plan, cells, dry_run="false").json()["applied"] is True
    return plan


def repair(client: httpx.Client, plan: int, **rules: Any) -> httpx.Response:
    return client.post(f"/v1/plans/{plan}/repair", json=rules)


def places(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the places with an area; corners here and there differ by rounding and are welded."""
    return [one for one in answer["features"] if one["properties"]["area_m2"] > 1]


def change_number(client: httpx.Client, plan: int) -> int:
    return int(client.get(f"/v1/plans/{plan}").json()["change_number"])


def test_a_dry_run_says_what_applying_would_do(client: httpx.Client) -> None:
    plan = plan_with_gap(client, "gap")
    before = change_number(client, plan)
    answer = repair(client, plan)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    told = answer.json()
    (place,) = places(told)
    assert place["geometry"]["type"] == "Polygon"
    properties = place["properties"]
    (taker,) = properties["after"]
    assert (properties["what"], properties["kind"], properties["before"]) == ("changed", "filled", [])
    assert taker in properties["sentence_zh"]
    assert taker in properties["sentence_en"]
    assert (told["plan_id"], told["applied"], told["whole"]) == (plan, False, True)
    assert (told["counts_before"], told["counts_after"]) == ({"gap": 1}, {"gap": 0})
    changed = told["grids"][0]
    assert changed["code"] == taker
    assert changed["moved_m2"] == pytest.approx(properties["area_m2"], rel=1e-4)
    assert change_number(client, plan) == before

    applied = repair(client, plan, dry_run=False).json()
    assert applied["applied"] is True
    assert applied["features"] == told["features"]
    assert change_number(client, plan) == before + 1
    again = repair(client, plan, dry_run=False).json()
    assert (again["features"], again["applied"], again["counts_before"]) == ([], False, {})
    assert change_number(client, plan) == before + 1
    # the check that followed the repair allows the plan to be published
    published = client.post(f"/v1/plans/{plan}/publish", json={"effective_from": "2027-09-01"})
    assert published.status_code == 201, published.text


def test_a_dry_run_waits_for_nobody_and_sees_one_state(
    client: httpx.Client, app: FastAPI, count_queries: Callable[[Engine], AbstractContextManager[list[str]]]
) -> None:
    plan = plan_with_gap(client, "looked at")
    with transaction(app.state.engine) as session:
        lock_draft(session, plan)
        count_change(session, plan)
        with count_queries(app.state.engine) as sent:
            assert len(places(repair(client, plan).json())) == 1
    assert "REPEATABLE READ" in sent[0]
    with count_queries(app.state.engine) as sent:
        assert repair(client, plan, dry_run=False).json()["applied"] is True
    assert not [statement for statement in sent if "REPEATABLE READ" in statement]


def test_rules_are_kept(client: httpx.Client) -> None:
    plan = plan_with_gap(client, "rules")
    kept = repair(client, plan, keep_codes=[EAST]).json()
    assert [feature["properties"]["after"] for feature in places(kept)] == [[WEST]]
    narrow = repair(client, plan, max_gap_width_m=1).json()
    assert [(one["properties"]["what"], one["properties"]["why"]) for one in places(narrow)] == [
        ("left", "too_wide")
    ]
    assert narrow["whole"] is False
    line = [[118.11001, 30.9], [118.11001, 31.2]]
    barred = repair(client, plan, barriers={"crs": "cgcs2000", "lines": [line]}).json()
    assert [one["properties"]["why"] for one in places(barred)] == ["barrier"]


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"max_gap_width_m": 0}, "max_gap_width_m"),
        ({"snap_m": 2}, "snap_m"),
        ({"overlaps": "newest"}, "overlaps"),
        ({"keep_codes": ["12"]}, "keep_codes"),
        ({"barriers": {"crs": "mars", "lines": [[[0, 0], [1, 1]]]}}, "crs"),
        ({"barriers": {"crs": "wgs84", "lines": [[[0, 0]]]}}, "lines"),
        ({"barriers": {"crs": "wgs84", "lines": [[[0, 0], [1e300, 1]]]}}, "barriers"),
        ({"widest": 3}, "widest"),
    ],
)
def test_rules_that_are_none_are_refused(client: httpx.Client, rules: dict[str, Any], field: str) -> None:
    plan = open_plan(client, "refused")
    answer = repair(client, plan, **rules)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in answer.text


def test_a_plan_that_is_not_there_or_published_is_not_repaired(client: httpx.Client) -> None:
    assert repair(client, 999_999).status_code == 404
    first = client.get("/v1/plans").json()["plans"][-1]
    assert first["status"] == "published"
    assert repair(client, first["id"]).status_code == 409
