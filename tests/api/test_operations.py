"""`/v1/plans/{plan_id}/operations`: what was done to a plan, undone and done again by a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.conftest import EAST, WEST
from tests.api.test_plans import halves, open_plan, upload
from tests.api.test_repairs import places, plan_with_gap, repair

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.usefixtures("district")


def operations(client: httpx.Client, plan: int) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/plans/{plan}/operations")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["operations"]
    return found


def code_in_gap(client: httpx.Client, plan: int) -> str | None:
    """Return the grid that the plan has in the middle of its gap."""
    place = {"lon": 118.11001, "lat": 31.01, "plan": plan}
    found = client.get("/v1/locate", params=place).json()["answers"]
    return None if found is None else str(found["code"])


def test_a_repair_is_undone_and_done_again(client: httpx.Client) -> None:
    plan = plan_with_gap(client, "undone")
    told = repair(client, plan, dry_run=False, reason="接缝 between surveys").json()
    newest, first = operations(client, plan)
    assert (first["number"], first["kind"], first["grid_count"]) == (1, "import_grids", 1)
    assert first["options"] | {"file": "halves.geojson", "kind": "natural"} == first["options"]
    assert (first["can_undo"], first["can_redo"]) == (False, False)
    assert (newest["number"], newest["kind"], newest["by"]) == (2, "repair", "staff")
    assert newest["reason"] == "接缝 between surveys"
    assert (newest["can_undo"], newest["can_redo"], newest["undone_at"]) == (True, False, None)
    detail = client.get(f"/v1/plans/{plan}/operations/2").json()
    assert detail["areas"] == []
    assert detail["grids"] == sorted(one["code"] for one in told["grids"])
    assert set(detail["grids"]) <= {WEST, EAST}
    assert len(detail["grids"]) == detail["grid_count"]
    taker = code_in_gap(client, plan)
    assert taker in {WEST, EAST}

    refused = client.post(f"/v1/plans/{plan}/operations/1/undo")
    assert refused.status_code == 409
    assert "undo operation 2 (repair, by staff) first" in refused.json()["detail"]
    undone = client.post(f"/v1/plans/{plan}/operations/2/undo")
    assert undone.status_code == 200, undone.text
    assert (undone.json()["undone_by"], undone.json()["can_redo"]) == ("staff", True)
    assert len(places(repair(client, plan).json())) == 1
    assert code_in_gap(client, plan) is None  # the index of the draft goes back, too
    assert client.post(f"/v1/plans/{plan}/operations/2/undo").status_code == 409
    redone = client.post(f"/v1/plans/{plan}/operations/2/redo").json()
    assert (redone["undone_at"], redone["can_undo"]) == (None, True)
    assert code_in_gap(client, plan) == taker
    assert client.get(f"/v1/plans/{plan}").json()["change_number"] == redone["changed_to"] == 4
    assert repair(client, plan).json()["features"] == []


def test_an_import_is_undone_and_a_dry_run_is_none(client: httpx.Client) -> None:
    plan = open_plan(client, "imported")
    upload(client, plan, halves())
    assert operations(client, plan) == []
    upload(client, plan, halves(), dry_run="false")
    assert client.get(f"/v1/plans/{plan}").json()["grid_count"] == 2
    undone = client.post(f"/v1/plans/{plan}/operations/1/undo").json()
    assert (undone["kind"], undone["can_undo"]) == ("import_grids", False)
    assert client.get(f"/v1/plans/{plan}").json()["grid_count"] == 0


def test_what_is_not_there_or_published_is_said(client: httpx.Client) -> None:
    for path in ("999999/operations", "999999/operations/1", "1/operations/7"):
        assert client.get(f"/v1/plans/{path}").status_code == 404
    assert client.post("/v1/plans/1/operations/7/undo").status_code == 409
    plan = open_plan(client, "nothing yet")
    assert client.post(f"/v1/plans/{plan}/operations/1/redo").status_code == 404
    assert client.post(f"/v1/plans/{plan}/operations/0/undo").status_code == 400
    assert repair(client, plan, reason="").status_code == 422
