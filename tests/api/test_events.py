from __future__ import annotations

import csv
import io
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from people import bearer, token_for

from gis.api.routes.event.incoming import TAKEN, refusal_of
from gis.api.wire.event_forms import EventOut
from gis.identity.roles import Role
from gis.workflows.report_events import Reported

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import httpx
    from fastapi import FastAPI
    from sqlalchemy import Engine

    from gis.settings import Settings
    from tests.api.conftest import District

pytestmark = pytest.mark.usefixtures("district")

NOON = "2026-03-01T12:00:00+08:00"


def report(source_id: str, /, **other: object) -> dict[str, Any]:
    return {
        "source": "hotline",
        "source_id": source_id,
        "x": 118.03,
        "y": 31.01,
        "crs": "wgs84",
        "reported_at": NOON,
        "category": "rubbish",
    } | other


def send(client: httpx.Client, source_id: str, /, **other: object) -> dict[str, Any]:
    answer = client.post("/v1/events", json=report(source_id, **other))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_report_becomes_an_event_with_its_chain(client: httpx.Client) -> None:
    answer = client.post("/v1/events", json=report("one", text="一堆垃圾", accuracy_m=5, crs="WGS-84"))
    assert answer.status_code == 201
    event = answer.json()
    EventOut.model_validate(event)
    assert answer.headers["location"] == f"/v1/events/{event['id']}"
    assert answer.headers["cache-control"] == "private, no-store"
    assert event["reported_at"] == "2026-03-01T04:00:00Z"
    assert event["received_at"].endswith("Z")
    assert (event["release"], event["answers"]["name"]) == (1, "West")
    assert event["received"] == {"x": 118.03, "y": 31.01, "crs": "wgs84"}
    assert [link["name"] for link in event["chain"]] == ["云溪区", "云溪街道", "云溪社区", "West"]
    assert client.get(answer.headers["location"]).json() == event


def test_the_same_report_again_is_the_same_event(client: httpx.Client) -> None:
    told = report("twice", text="a heap, call 13812345678")
    first, again = (client.post("/v1/events", json=told) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]


DIFFERENT = [
    ({"text": "told differently"}, "text"),
    ({"x": 118.15}, "place"),
    ({"crs": "gcj02", "category": "noise"}, "place and category"),
    ({"reported_at": "2026-03-01T12:00:01+08:00"}, "time"),
]


@pytest.mark.parametrize(("change", "what"), DIFFERENT)
def test_a_different_report_under_the_same_number_is_refused(
    client: httpx.Client, change: dict[str, Any], what: str
) -> None:
    first = client.post("/v1/events", json=report("differs")).json()
    answer = client.post("/v1/events", json=report("differs", **change))
    assert answer.status_code == 409
    assert f"with another {what}; give" in answer.json()["detail"]
    items = [report("differs", **change), report("differs"), report(what), report(what, **change)]
    body = client.post("/v1/events/batch", json={"events": items}).json()
    assert [item["status"] for item in body["items"]] == [409, 200, 201, 409]
    assert (body["new"], body["known"], body["invalid"]) == (1, 1, 2)
    assert what in body["items"][0]["problem"]["detail"]
    assert client.get(f"/v1/events/{first['id']}").json() == first


def test_who_does_not_see_an_event_is_not_told_what_it_says() -> None:
    differs = Reported(7, is_new=False, placed={}, differs=("text",))
    assert refusal_of(differs, seen=set()) == TAKEN
    assert "Event 7" in (refusal_of(differs, seen={7}) or "")
    assert refusal_of(Reported(7, is_new=False, placed={}), seen={7}) is None


def test_residents_take_nobodys_number(client: httpx.Client, module_settings: Settings) -> None:
    first, second = (
        bearer(token_for(module_settings, name, [Role.PUBLIC_REPORTER])) for name in ("resident", "neighbour")
    )
    told = report("hotline's next", text="nothing")
    answers = [client.post("/v1/events", json=told, headers=one) for one in (first, second, first)]
    assert [answer.status_code for answer in answers] == [201, 201, 200]
    assert answers[0].json()["id"] == answers[2].json()["id"] != answers[1].json()["id"]
    assert answers[0].json()["source"] == "resident"
    assert answers[0].json()["source_id"].endswith(":hotline:hotline's next")
    (again,) = client.post("/v1/events/batch", json={"events": [told]}, headers=second).json()["items"]
    assert (again["status"], again["id"]) == (200, answers[1].json()["id"])
    taken = send(client, "hotline's next", text="the hotline's own")  # 201
    assert (taken["source"], taken["source_id"]) == ("hotline", "hotline's next")
    assert taken["text"] == "the hotline's own"


def test_the_same_report_at_the_same_time_is_one_event(client: httpx.Client) -> None:
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.post("/v1/events", json=report("race"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_an_event_keeps_the_release_of_its_day(client: httpx.Client) -> None:
    before = send(client, "june", x=118.105, reported_at="2026-06-30T23:59:59+08:00")
    after = send(client, "july", x=118.105, reported_at="2026-06-30T16:00:00Z")  # midnight in the district
    assert (before["release"], before["answers"]["name"]) == (1, "East")
    assert (after["release"], after["answers"]["name"]) == (2, "West")


def test_events_without_a_grid_wait_in_the_queue(client: httpx.Client) -> None:
    outside = send(client, "outside", x=117.999)
    nowhere = send(client, "nowhere", x=None, y=None)
    early = send(client, "early", reported_at="2025-12-31T12:00:00Z")
    assert outside["unlocated"] == "no_grid"
    assert outside["nearest"]["grid"]["name"] == "West"
    assert outside["nearest"]["distance_m"] == pytest.approx(95.5, abs=0.5)
    assert (nowhere["unlocated"], nowhere["release"], nowhere["lon"]) == ("no_point", None, None)
    assert early["unlocated"] == "no_release"
    queue = client.get("/v1/events/unlocated", params={"limit": 2}).json()
    assert queue["total"] == 3
    rest = client.get(queue["next"]).json()
    listed = [event["source_id"] for event in (*queue["events"], *rest["events"])]
    assert sorted(listed) == ["early", "nowhere", "outside"]
    assert rest["next"] is None
    located = client.get("/v1/events", params={"unlocated": False, "limit": 1000}).json()["events"]
    assert all(event["unlocated"] is None for event in located)


BAD = [
    ({"reported_at": "2026-03-01T12:00:00"}, "reported_at"),  # no zone
    ({"reported_at": 1772337600}, "reported_at"),
    ({"reported_at": "0001-01-01T00:00:00+14:00"}, "reported_at"),
    ({"reported_at": "9999-12-31T23:59:59-14:00"}, "reported_at"),
    ({"crs": "mars"}, "crs"),
    ({"x": "118"}, "x"),
    ({"x": True}, "x"),
    ({"y": None}, None),
    ({"source": ""}, "source"),
    ({"source_id": "  "}, "source_id"),
    ({"source_id": 7}, "source_id"),
    ({"grade": "worst"}, "grade"),
    ({"text": "x" * 4001}, "text"),
    ({"accuracy_m": -1}, "accuracy_m"),
    ({"colour": "red"}, "colour"),
    ({"attributes": {"a": "x" * 20_000}}, "attributes"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
def test_a_bad_report_is_told_the_field(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    answer = client.post("/v1/events", json=report("bad", **change))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert client.get("/v1/events", params={"source": "hotline", "limit": 1000}).text.find('"bad"') == -1


def test_a_report_from_the_future_is_refused(client: httpx.Client) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    answer = client.post("/v1/events", json=report("ahead", reported_at=ahead.isoformat()))
    assert answer.status_code == 422
    assert "future" in answer.json()["detail"]


def test_a_batch_saves_the_good_items_although_others_are_bad(client: httpx.Client) -> None:
    items = [
        report("b1"),
        *(report("bx", **change) for change, _ in BAD),
        report("b2", x=117.9),
        7,
        report("b1"),
    ]
    answer = client.post("/v1/events/batch", json={"events": items})
    assert answer.status_code == 200
    body = answer.json()
    bad = len(BAD) + 1
    assert [item["status"] for item in body["items"]] == [201, *[422] * len(BAD), 201, 422, 200]
    assert (body["new"], body["known"], body["invalid"]) == (2, 1, bad)
    assert body["items"][0]["id"] == body["items"][-1]["id"]
    assert body["items"][-3]["unlocated"] == "no_grid"
    problems = [item["problem"]["errors"][0]["field"] for item in body["items"][1 : len(BAD) + 1]]
    assert problems == [field for _, field in BAD]
    assert client.get(f"/v1/events/{body['items'][0]['id']}").json()["source_id"] == "b1"


def test_a_batch_has_limits(client: httpx.Client) -> None:
    assert client.post("/v1/events/batch", json={"events": []}).status_code == 422
    assert client.post("/v1/events/batch", json={"events": [{}] * 1001}).status_code == 422
    body = client.post("/v1/events/batch", json={"events": [{}] * 1000}).json()
    assert body["invalid"] == 1000


def test_reporting_costs_at_most_three_statements(
    client: httpx.Client,
    app: FastAPI,
    count_queries: Callable[[Engine], AbstractContextManager[list[str]]],
) -> None:
    send(client, "warm")
    with count_queries(app.state.engine) as sent:
        send(client, "counted")
    assert len(sent) == 3
    with count_queries(app.state.engine) as sent:
        items = [report(f"counted {i}") for i in range(100)]
        assert client.post("/v1/events/batch", json={"events": items}).json()["new"] == 100
    assert len(sent) <= 3


@pytest.fixture
def many(client: httpx.Client) -> list[str]:
    start = datetime(2026, 4, 1, tzinfo=UTC)
    ids = [f"many {i}" for i in range(25)]
    items = [
        # three reports a minute: the order within a minute is that of the ids
        report(one, source="sensor", reported_at=(start + timedelta(minutes=i // 3)).isoformat())
        for i, one in enumerate(ids)
    ]
    client.post("/v1/events/batch", json={"events": items}).raise_for_status()
    return ids


def test_pages_are_complete_while_events_come_in(client: httpx.Client, many: list[str]) -> None:
    seen: list[str] = []
    following: str | None = "/v1/events?source=sensor&limit=4"
    pages = 0
    while following is not None:
        page = client.get(following).json()
        seen += [event["source_id"] for event in page["events"]]
        following = page["next"]
        pages += 1
        send(client, f"between {pages}", source="sensor")  # earlier in time: these join the end
        send(client, f"late {pages}", source="sensor", reported_at=f"2026-04-02T00:00:{pages:02}Z")
    assert [one for one in seen if one.startswith("many")] == list(reversed(many))
    assert len(seen) == len(set(seen))
    assert pages >= 7


def test_filters_narrow_the_list(client: httpx.Client, district: District) -> None:
    send(client, "f1", category="noise", grade="urgent", x=118.15)
    send(client, "f2", category="noise", x=118.03, y=31.03)
    send(client, "f3", category="light", x=118.03, y=31.055)

    def found(**parameters: Any) -> set[str]:
        answer = client.get("/v1/events", params={"limit": 1000} | parameters)
        assert answer.status_code == 200, answer.text
        return {event["source_id"] for event in answer.json()["events"]} & {"f1", "f2", "f3"}

    ids = list(district.ids.values())
    assert found(category="noise") == {"f1", "f2"}
    assert found(category=["noise", "light"]) == {"f1", "f2", "f3"}
    assert found(grade="urgent") == {"f1"}
    assert found(grid=ids[1]) == {"f1"}
    assert found(grid=ids[2]) == {"f2"}
    assert found(grid=ids[3]) == {"f3"}
    assert found(bbox="118.1,31.0,118.2,31.1") == {"f1"}
    assert found(since="2026-03-01T12:00:00+08:00", until="2026-03-01T04:00:01Z") == {"f1", "f2", "f3"}
    assert found(since="2026-03-01T04:00:01Z") == set()
    assert found(source="nobody") == set()
    community = client.get("/v1/areas", params={"level": "community"}).json()["features"][0]["id"]
    assert found(area=community) == {"f1", "f2", "f3"}


def test_an_unescaped_plus_in_a_time_is_understood(client: httpx.Client) -> None:
    assert client.get("/v1/events?since=2026-03-01T12:00:00+08:00").status_code == 200
    assert client.get("/v1/events?since=2026-03-01 12:00:00").status_code == 400


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": 0},
        {"limit": 1001},
        {"bbox": "1,2,3"},
        {"bbox": "118.2,31,118.1,32"},
        {"bbox": "nan,31,118,32"},
        {"cursor": "nonsense"},
        {"cursor": "MjAyNi0wMy0wMVQwNDowMDowMCAx"},  # no zone
        {"cursor": "é"},
        {"since": "yesterday"},
        {"grid": 0},
        {"grid": 2**63},
        {"grid": "17x"},
        {"category": "a\0b"},
        {"color": "red"},
    ],
)
def test_bad_filters_are_refused(client: httpx.Client, parameters: dict[str, Any]) -> None:
    answer = client.get("/v1/events", params=parameters)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_geojson_and_csv_say_the_same(client: httpx.Client) -> None:
    send(client, "shape", category="=cmd()", source="shapes", text='a "quote", a comma\nand a line')
    send(client, "no shape", source="shapes", x=None, y=None, reported_at="2026-02-01T00:00:00Z")
    collection = client.get("/v1/events?source=shapes&f=geojson")
    assert collection.headers["content-type"] == "application/geo+json"
    first, second = collection.json()["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [118.03, 31.01]}
    assert first["properties"]["answers"]["name"] == "West"
    assert second["geometry"] is None
    answer = client.get("/v1/events?source=shapes&f=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["source_id"] for row in rows] == ["shape", "no shape"]
    assert rows[0]["category"] == "'=cmd()"
    assert rows[0]["text"] == 'a "quote", a comma\nand a line'
    assert rows[0]["grid_name"] == "West"


def test_an_unknown_event_is_not_found(client: httpx.Client) -> None:
    assert client.get("/v1/events/999999").status_code == 404
    assert client.get("/v1/events/99999999999999999999").status_code == 400
