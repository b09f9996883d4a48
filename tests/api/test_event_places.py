from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gis.api.routes.event.places import PlacesOut
from gis.nouns import Actor
from gis.store.session import make_engine, transaction
from gis.workflows.relocate_events import RelocationRequest, relocate_events

if TYPE_CHECKING:
    import httpx

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")


def send(client: httpx.Client, source_id: str, x: float | None, *, day: str) -> dict[str, Any]:
    answer = client.post(
        "/v1/events",
        json={
            "source": "places",
            "source_id": source_id,
            "x": x,
            "y": None if x is None else 31.09,
            "crs": "cgcs2000",
            "reported_at": f"{day}T12:00:00+08:00",
            "category": "rubbish",
        },
    )
    event: dict[str, Any] = answer.json()
    return event


def relocate(settings: Settings, release: int) -> None:
    engine = make_engine(settings)
    request = RelocationRequest(release, apply=True)
    relocate_events(partial(transaction, engine), request, settings, Actor("planner"))
    engine.dispose()


def test_then_and_in_other_releases(client: httpx.Client, module_settings: Settings) -> None:
    moved = send(client, "moved", 118.105, day="2026-03-01")  # the middle line went over it
    outside = send(client, "outside", 118.21, day="2026-03-01")
    early = send(client, "early", 118.15, day="2025-03-01")
    path = f"/v1/events/{moved['id']}/places"
    (own,) = client.get(path).json()["places"]
    assert (own["release"], own["is_own"], own["answers"]["name"]) == (1, True, "East")
    assert own["chain"] == moved["chain"]
    relocate(module_settings, 2)
    answer = client.get(path)
    PlacesOut.model_validate(answer.json())
    assert answer.headers["cache-control"] == "private, no-store"
    then, now = answer.json()["places"]
    assert then == own
    assert (now["release"], now["is_own"], now["answers"]["name"], now["nearest"]) == (2, False, "West", None)
    assert [link["name"] for link in now["chain"]] == ["云溪区", "云溪街道", "云溪社区", "West"]
    assert client.get(f"/v1/events/{moved['id']}").json() == moved
    then, now = client.get(f"/v1/events/{outside['id']}/places").json()["places"]
    assert (now["chain"], now["answers"]) == ([], None)
    assert now["nearest"] == then["nearest"] == outside["nearest"]
    assert now["nearest"]["grid"]["name"] == "East"
    relocate(module_settings, 1)
    places = client.get(f"/v1/events/{early['id']}/places").json()["places"]
    assert [(place["release"], place["is_own"]) for place in places] == [(None, True), (2, False), (1, False)]
    assert [place["answers"] and place["answers"]["name"] for place in places] == [None, "East", "East"]


def test_places_of_no_event(client: httpx.Client) -> None:
    answer = client.get("/v1/events/999999/places")
    assert answer.status_code == 404
    assert "999999" in answer.json()["detail"]
