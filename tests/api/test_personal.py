from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from people import bearer, token_for
from sqlalchemy import text
from typer.testing import CliRunner

from gis.cli import event
from gis.identity.roles import Role
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    import httpx

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

NAME, PHONE, ID_NUMBER = "欧阳小明", "13812340017", "32010219900307425X"
WHY = {"reason": "call back, at 13900001111"}


def report(
    client: httpx.Client, source_id: str, other: dict[str, Any] | None = None, /, **reporter: str
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "source": "hotline",
        "source_id": source_id,
        "x": 118.03,
        "y": 31.01,
        "crs": "wgs84",
        "reported_at": "2026-03-01T12:00:00+08:00",
        "category": "rubbish",
    }
    answer = client.post(
        "/v1/events", json=body | ({"reporter": reporter} if reporter else {}) | (other or {})
    )
    assert answer.status_code in {200, 201}, answer.text
    event: dict[str, Any] = answer.json()
    return event


def newest_entry(client: httpx.Client) -> dict[str, Any]:
    entry: dict[str, Any] = client.get("/v1/audit", params={"limit": 1}).json()["entries"][0]
    return entry


def test_a_reporter_is_kept_encrypted_and_shown_masked(
    client: httpx.Client, module_settings: Settings
) -> None:
    event = report(client, "masked", name=NAME, phone="+86 138-1234-0017")
    masked = {"name": "欧***", "phone": "138****0017"}
    assert event["reporter"] == masked
    assert report(client, "masked", name="other")["reporter"] == masked  # told again: the first stays
    address = f"/v1/events/{event['id']}"
    assert client.get(address).json()["reporter"] == masked
    listed = client.get("/v1/events", params={"source": "hotline"}).text
    assert NAME not in listed
    assert "1234-0017" not in listed
    assert report(client, "nobody")["reporter"] is None
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        stored = session.scalars(text("SELECT t::text FROM personal_value AS t")).all()
        assert len(stored) >= 2
        assert not [row for row in stored if NAME in row or "0017" in row or NAME.encode().hex() in row]
    engine.dispose()


def test_a_reveal_needs_a_reason_and_is_recorded(client: httpx.Client) -> None:
    event = report(client, "revealed", name=NAME, phone=PHONE)
    address = f"/v1/events/{event['id']}/reveal"
    search = {"reporter_phone": PHONE}
    for body in ({}, *({"reason": said} for said in ("", "  ", ".", "。。。。", "x", "-----", "电"))):
        for refused in (
            client.post(address, json=body),
            client.post("/v1/events/search", json=search | body),
        ):
            assert refused.status_code == 422, body
            assert refused.json()["errors"][0]["field"] == "reason"
            assert PHONE not in refused.text
    for said in ("回电", "call"):
        assert client.post(address, json={"reason": said}).status_code == 200
    answer = client.post(address, json=WHY)
    assert answer.json() == {
        "name": NAME,
        "phone": PHONE,
        "id_number": None,
        "category": "rubbish",
        "text": "",
        "attributes": {},
    }
    assert answer.headers["cache-control"] == "private, no-store"
    entry = newest_entry(client)
    assert (entry["action"], entry["subject_kind"], entry["subject_id"]) == (
        "personal.reveal",
        "event",
        str(event["id"]),
    )
    assert entry["detail"] == {"facts": ["name", "phone"], "reason": "call back, at 139****1111"}


WRITTEN: dict[str, Any] = {
    "category": "call １３８ １２３４ ００２１",
    "text": f"{PHONE} 或 +86 138-1234-0022，身份证{ID_NUMBER}",
    "attributes": {"tel": 13812340023, "more": [{"to": "li.na@example.cn"}]},
}
PLAIN = ("００２１", PHONE, "1234-0022", ID_NUMBER, "13812340023", "li.na")
SHOWN = {
    "category": "call 138****0021",
    "text": "138****0017 或 138****0022，身份证320102***********X",
    "attributes": {"tel": "138****0023", "more": [{"to": "l****@example.cn"}]},
}
OUTLETS = [
    "/v1/events",
    "/v1/events?f=csv",
    "/v1/events?f=geojson",
    "/v1/events/unlocated",
    "/v1/events/{id}",
    "/maps/events",
    "/maps/events?f=file",
    "/maps/heat-time?f=file",
]


@pytest.fixture
def written(client: httpx.Client) -> dict[str, Any]:
    report(client, "written, in no grid", WRITTEN | {"x": 117.9})
    return report(client, "written", WRITTEN, phone="13812340024")


@pytest.mark.parametrize("outlet", OUTLETS)
def test_numbers_in_the_words_of_an_event_go_out_masked(
    client: httpx.Client, written: dict[str, Any], outlet: str
) -> None:
    answer = client.get(outlet.format(id=written["id"]))
    assert answer.status_code == 200
    if "heat-time" not in outlet:  # which shows no words
        assert "138****0021" in answer.text
        assert "138****0022" in answer.text
    assert [number for number in PLAIN if number in answer.text] == []


def test_numbers_are_masked_for_who_reports_and_who_searches(
    client: httpx.Client, written: dict[str, Any]
) -> None:
    again = report(client, "written", WRITTEN, phone="13812340024")
    found = client.post("/v1/events/search", json=WHY | {"reporter_phone": "13812340024"}).json()["events"][0]
    for shown in (written, again, found):
        assert {name: shown[name] for name in SHOWN} == SHOWN


def test_a_reveal_gives_the_words_of_an_event_plain(client: httpx.Client, written: dict[str, Any]) -> None:
    answer = client.post(f"/v1/events/{written['id']}/reveal", json=WHY).json()
    assert {name: answer[name] for name in WRITTEN} == WRITTEN
    assert answer["phone"] == "13812340024"
    assert newest_entry(client)["detail"]["facts"] == ["phone", "category", "text", "attributes"]
    nobody = report(client, "written by nobody", {"text": f"call {PHONE}"})
    answer = client.post(f"/v1/events/{nobody['id']}/reveal", json=WHY).json()
    assert (answer["phone"], answer["text"]) == (None, f"call {PHONE}")
    assert newest_entry(client)["detail"]["facts"] == ["text"]


def test_the_command_lists_events_masked(
    written: dict[str, Any], module_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANGGE_DATABASE_URL", module_settings.database_url or "")
    done = CliRunner().invoke(event.app, ["list"])
    assert "138****0021" in done.output
    assert [number for number in PLAIN if number in done.output] == []
    assert str(written["id"]) in done.output


def test_nothing_is_revealed_where_nothing_is_known(client: httpx.Client) -> None:
    event = report(client, "unknown")
    for address in (f"/v1/events/{event['id']}", "/v1/events/999999", "/v1/workers/999999"):
        assert client.post(f"{address}/reveal", json=WHY).status_code == 404


def test_events_are_found_by_their_reporters_phone(client: httpx.Client) -> None:
    ids = [report(client, f"found {n}", phone="138 9999 0001")["id"] for n in range(3)]
    report(client, "another", phone="13899990002")
    search = WHY | {"reporter_phone": "+8613899990001", "limit": 2}
    answer = client.post("/v1/events/search", json=search).json()
    assert answer["total"] == 3
    assert [event["id"] for event in answer["events"]] == ids[:0:-1]
    assert answer["events"][0]["reporter"]["phone"] == "138****0001"
    assert newest_entry(client)["action"] == "personal.search"
    detail = newest_entry(client)["detail"]
    assert detail == {"events": 3, "reason": "call back, at 139****1111", "mark": detail["mark"]}
    marks = []
    for phone in ("138-9999-0001", "13800000000"):
        total = client.post("/v1/events/search", json=WHY | {"reporter_phone": phone}).json()["total"]
        marks.append((total, newest_entry(client)["detail"]["mark"] == detail["mark"]))
    assert marks == [(3, True), (0, False)]
    assert re.fullmatch("[0-9a-f]{10}", detail["mark"])


def test_a_workers_numbers_are_kept_masked_and_revealed(
    client: httpx.Client, module_settings: Settings
) -> None:
    keeper = bearer(token_for(module_settings, "keeper", [Role.SECURITY_ADMINISTRATOR]))
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        worker_id = session.scalar(text("SELECT id FROM worker WHERE code = 'W1'"))
    engine.dispose()
    address = f"/v1/workers/{worker_id}"
    personal = {"phone": PHONE, "id_number": ID_NUMBER}
    assert client.put(f"{address}/personal", json=personal).status_code == 403
    assert client.post(f"{address}/reveal", json=WHY, headers=keeper).status_code == 403
    kept = client.put(f"{address}/personal", json=personal, headers=keeper)
    assert kept.json() == {"name": None, "phone": "138****0017", "id_number": "320102***********X"}
    assert newest_entry(client)["detail"] == {"code": "W1", "facts": ["phone", "id_number"]}
    assert client.post(f"{address}/reveal", json=WHY).json()["id_number"] == ID_NUMBER
    client.put(f"{address}/personal", json={"phone": PHONE}, headers=keeper)
    assert client.post(f"{address}/reveal", json=WHY).json()["id_number"] is None
    assert client.put("/v1/workers/999999/personal", json={}, headers=keeper).status_code == 404


def test_nobody_sees_reporters_beyond_their_branch(client: httpx.Client, module_settings: Settings) -> None:
    event = report(client, "beyond", name=NAME, phone="13899990009")
    street = bearer(token_for(module_settings, "street", [Role.STREET_OPERATOR], "U1"))
    search = WHY | {"reporter_phone": "13899990009"}
    assert client.post("/v1/events/search", json=search, headers=street).json()["total"] == 1
    outside = bearer(token_for(module_settings, "resident", [Role.PUBLIC_REPORTER]))
    worker = bearer(token_for(module_settings, "worker", [Role.GRID_WORKER], "U1"))
    for headers in (outside, worker):
        assert client.post("/v1/events/search", json=search, headers=headers).status_code == 403
        address = f"/v1/events/{event['id']}/reveal"
        assert client.post(address, json=WHY, headers=headers).status_code in {403, 404}


BAD = [
    {"phone": "call me"},
    {"phone": "1234"},
    {"phone": "1" * 21},
    {"name": ""},
    {"nickname": "x"},
    {"phone": 13812340017},
]


@pytest.mark.parametrize("reporter", BAD)
def test_a_bad_reporter_is_refused_and_not_repeated(client: httpx.Client, reporter: dict[str, Any]) -> None:
    body = {
        "source": "s",
        "source_id": "bad",
        "crs": "wgs84",
        "reported_at": "2026-03-01T12:00:00+08:00",
        "category": "c",
        "reporter": reporter,
    }
    answer = client.post("/v1/events", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("reporter")
    assert "call me" not in answer.text
