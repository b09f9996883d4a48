from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import pytest

from gis.files.guarded.heads import heads_file, read_exported

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(scope="module")
def checked(client: httpx.Client, district: object) -> None:
    client.post("/v1/releases/1/check", json={}).raise_for_status()


def entries(client: httpx.Client, **wanted: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def test_what_is_done_by_the_api_is_recorded_with_its_request(client: httpx.Client) -> None:
    headers = {"X-Request-Id": "9f2c5a1e77b0c3d4"}
    client.get("/v1/events", params={"f": "csv", "grid": 17}, headers=headers)
    (entry,) = entries(client, action="events.export")
    assert (entry["actor"], entry["request"]) == ("staff", "9f2c5a1e77b0c3d4")
    assert entry["detail"] == {"events": 0, "form": "csv", "grid_id": "17"}
    client.get("/v1/events", params={"f": "json"})
    assert len(entries(client, action="events.export")) == 1


@pytest.mark.parametrize(
    ("address", "form", "action", "subject"),
    [
        ("/v1/events", "geojson", "events.export", None),
        ("/maps/events", "file", "map.export", "events"),
        ("/maps/changes", "file", "map.export", "changes"),
        ("/v1/checks/1/findings", "gpkg", "findings.export", "1"),
        ("/v1/checks/1/findings", "sarif", "findings.export", "1"),
    ],
)
def test_what_is_taken_away_is_recorded_and_what_is_looked_at_is_not(
    client: httpx.Client, checked: None, address: str, form: str, action: str, subject: str | None
) -> None:
    before = len(entries(client))
    client.get(address).raise_for_status()
    assert len(entries(client)) == before
    client.get(address, params={"f": form}).raise_for_status()
    newest = entries(client)[0]
    assert (newest["action"], newest["subject_id"], newest["detail"]["form"]) == (action, subject, form)
    assert len(entries(client)) == before + 1
    client.head(address, params={"f": form}).raise_for_status()
    elsewhere = client.get(address, params={"f": form}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    assert len(entries(client)) == before + 1


def test_the_relay_of_the_service_seals_within_seconds(client: httpx.Client, app: FastAPI) -> None:
    client.get("/v1/events", params={"f": "csv"})
    for _ in range(100):
        newest = entries(client, limit=1)[0]["number"]
        if newest is not None:
            break
        time.sleep(0.1)
    path = heads_file(app.state.settings.home, app.state.engine.url.database)
    for _ in range(50):
        if read_exported(path).heads:
            break
        time.sleep(0.1)
    assert read_exported(path).heads[-1].last >= newest > 0


def test_pages_go_on_and_filters_hold(client: httpx.Client) -> None:
    for _ in range(5):
        client.get("/v1/events", params={"f": "csv"})
    everything = entries(client)
    address, paged = "/v1/audit?limit=2", []
    while address:
        page = client.get(address).json()
        paged += page["entries"]
        address = page["next"]
    assert [entry["id"] for entry in paged] == [entry["id"] for entry in everything]
    assert [entry["at"] for entry in paged] == sorted((entry["at"] for entry in paged), reverse=True)
    middle = paged[2]["at"]
    assert {entry["at"] >= middle for entry in entries(client, since=middle)} == {True}
    assert {entry["at"] < middle for entry in entries(client, until=middle)} == {True}
    assert entries(client, actor="nobody") == entries(client, subject="event:17") == []


def test_the_log_as_csv_is_recorded_itself(client: httpx.Client) -> None:
    for _ in range(2):
        client.get("/v1/events", params={"f": "csv"})
    answer = client.get("/v1/audit", params={"f": "csv", "limit": 1})
    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert row["actor"] == "staff"
    assert 'rel="next"' in answer.headers["link"]
    assert entries(client, limit=1)[0]["action"] == "audit.export"


@pytest.mark.parametrize("wanted", [{"action": "job"}, {"subject": "17"}, {"cursor": "x"}, {"since": "now"}])
def test_a_filter_that_cannot_be_is_refused(client: httpx.Client, wanted: dict[str, str]) -> None:
    answer = client.get("/v1/audit", params=wanted)
    assert answer.status_code == 400
    assert next(iter(wanted)) in answer.json()["detail"]
