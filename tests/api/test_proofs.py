from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.usefixtures("district")


def test_a_release_says_what_is_proved_of_it(client: httpx.Client) -> None:
    answer = client.get("/v1/releases/1/proof")
    assert answer.status_code == 200, answer.text
    proof = answer.json()
    assert not proof["is_exact"]
    assert {area["level"]: (area["children"], area["is_exact"]) for area in proof["areas"]} == {
        "district": (1, True),
        "street": (1, True),
        "community": (2, False),  # rounding parts the corners of neighbours by a bit: clean, but not exact
    }
    again = client.get("/v1/releases/1/proof", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/v1/releases/9/proof").status_code == 404


def test_a_plan_is_proved_as_it_would_be_published(client: httpx.Client) -> None:
    plan = client.post("/v1/plans", json={"title": "nothing changed"}).json()["id"]
    over_release = client.get(f"/v1/plans/{plan}/proof").json()
    assert over_release == client.get("/v1/releases/2/proof").json()
    assert client.get("/v1/plans/999/proof").status_code == 404
