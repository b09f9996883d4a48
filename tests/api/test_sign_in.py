"""Signing in over HTTP: what a browser and a phone are given, what is refused, and what a flood takes."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import httpx
import people
import pytest
from sqlalchemy import delete, event

from gis.api.app import create_app
from gis.api.doorkeeper import COOKIE
from gis.identity.accounts import SessionKind
from gis.identity.roles import Role
from gis.identity.secrets import hash_password
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.identity.failures import OF_ADDRESS, OF_LOGIN
from gis.store.identity.tables import FailureRow
from gis.store.identity.users import change_account
from gis.store.session import make_engine, transaction
from tests.api.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from gis.settings import Settings

PHRASE = "copper lantern ferry mule"
WRONG = "copper lantern ferry goat"
HASHED = hash_password(PHRASE)
HTML = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
TRIES, FLOOD = 20, 200


@pytest.fixture(scope="module", autouse=True)
def wang(module_settings: Settings) -> int:
    """A grid worker with a password."""
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        user_id = people.make_user(session, "wang.min", [Role.GRID_WORKER])
        change_account(session, user_id, password=HASHED, password_set_at=datetime.now(UTC))
    engine.dispose()
    return user_id


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture(autouse=True)
def forgiven(app: FastAPI) -> None:
    """No test begins locked out by the one before."""
    forgive_all(app)


def forgive_all(app: FastAPI) -> None:
    with transaction(app.state.engine) as session:
        session.execute(delete(FailureRow))


def enter(
    address: str,
    login: str = "wang.min",
    password: str = PHRASE,
    *,
    headers: dict[str, str] | None = None,
    kind: SessionKind = SessionKind.BROWSER,
) -> httpx.Response:
    body = {"login": login, "password": password, "kind": kind.value}
    return httpx.post(f"{address}/v1/sessions", json=body, headers=headers, timeout=30)


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    """Return the header that brings the cookie back: httpx keeps it for HTTPS, as it should."""
    return {"Cookie": f"{COOKIE}={SimpleCookie(answer.headers['set-cookie'])[COOKIE].value}"}


def status_of_me(address: str, headers: dict[str, str]) -> int:
    return httpx.get(f"{address}/v1/me", headers=headers).status_code


def test_a_browser_gets_a_cookie_that_scripts_other_sites_and_plain_http_do_not_get(address: str) -> None:
    answer = enter(address)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert [answer.json()[name] for name in ("token", "token_until", "refresh_token")] == [None] * 3
    (given,) = answer.headers.get_list("set-cookie")
    value, *flags = (part.strip() for part in given.split(";"))
    assert value.startswith("__Host-wangge=")
    assert {flag.lower() for flag in flags} == {"secure", "httponly", "samesite=lax", "path=/"}
    assert status_of_me(address, cookie_of(answer)) == 200


def test_signing_out_acts_at_once_and_takes_the_cookie_back(address: str) -> None:
    cookie, other = cookie_of(enter(address)), cookie_of(enter(address))
    assert status_of_me(address, cookie) == 200
    answer = httpx.delete(f"{address}/v1/sessions/current", headers=cookie)
    assert answer.status_code == 204
    taken = answer.headers["set-cookie"].lower()
    assert taken.startswith('__host-wangge="";')
    assert {"max-age=0", "path=/", "secure", "httponly"} <= {part.strip() for part in taken.split(";")}
    assert status_of_me(address, cookie) == 401
    assert status_of_me(address, other) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://[no-address]"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_neither_signs_in_nor_out(address: str, headers: dict[str, str]) -> None:
    answer = enter(address, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    cookie = cookie_of(enter(address))
    assert httpx.delete(f"{address}/v1/sessions/current", headers=cookie | headers).status_code == 403
    assert status_of_me(address, cookie) == 200


def test_what_a_proxy_passes_on_is_an_address_or_none(address: str, app: FastAPI) -> None:
    for said in ("13812345678", "=cmd|calc", "<img src=x>", "2001:db8::1"):
        enter(address, "nobody.here", WRONG, headers={"X-Forwarded-For": said})
    with transaction(app.state.engine) as session:
        found = [entry.address for entry in list_entries(session, AuditFilter(action="session.refuse"), 4)]
    assert found == ["2001:db8::1", "", "", ""]


def test_a_page_of_this_site_signs_in(address: str) -> None:
    assert enter(address, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201
    assert enter(address, headers={"Origin": address}).status_code == 201


def test_an_unknown_name_and_a_wrong_password_are_told_alike_and_take_as_long(
    address: str, app: FastAPI
) -> None:
    answers: dict[str, list[httpx.Response]] = {"wang.min": [], "nobody.here": []}
    with httpx.Client(base_url=address, timeout=30) as client:
        for number in range(TRIES):
            for login, got in answers.items():
                body = {"login": login, "password": f"{WRONG} {number}"}
                got.append(client.post("/v1/sessions", json=body))
            if number % 4 == 3:
                forgive_all(app)
    known, unknown = answers.values()
    assert {answer.status_code for answer in known + unknown} == {401}
    said = [answer.json() for answer in known + unknown]
    assert len({str(one | {"request_id": ""}) for one in said}) == 1
    hidden = {"date", "x-request-id"}
    headers = [
        {name: value for name, value in answer.headers.items() if name not in hidden}
        for answer in (known[0], unknown[0])
    ]
    assert headers[0] == headers[1]
    times = [statistics.median(one.elapsed.total_seconds() for one in got) for got in (known, unknown)]
    # a hash that is not made saves nine tenths of the time
    assert 0.6 < times[0] / times[1] < 1.6, times


@pytest.mark.parametrize("login", ["wang.min", "nobody.here"])
def test_who_is_locked_out_is_told_when_to_come_back(address: str, login: str) -> None:
    answers = [enter(address, login, WRONG) for _ in range(OF_LOGIN.failures + 1)]
    assert [answer.status_code for answer in answers] == [401] * OF_LOGIN.failures + [429]
    locked = enter(address, login)
    assert locked.status_code == 429
    assert locked.json()["type"] == "urn:wangge:problem:locked"
    seconds = int(locked.headers["retry-after"])
    assert 0 < OF_LOGIN.locked.total_seconds() - seconds < 60
    assert "15 minutes" in locked.json()["detail"]


def test_an_address_is_locked_for_every_name(address: str, app: FastAPI) -> None:
    there, here = {"X-Forwarded-For": "10.0.0.9"}, {"X-Forwarded-For": "10.0.0.8"}
    assert enter(address, "nobody.here", WRONG, headers=there).status_code == 401
    with transaction(app.state.engine) as session:
        counted = FailureRow.__table__.update().values(failures=OF_ADDRESS.failures)
        session.execute(counted)
    assert enter(address, "somebody.else", WRONG, headers=there).status_code == 429
    assert enter(address, headers=there).status_code == 429
    assert enter(address, headers=here).status_code == 201


def test_a_phone_gets_tokens_and_renews_them_once(address: str) -> None:
    answer = enter(address, kind=SessionKind.PHONE)
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers
    first = answer.json()
    life = datetime.fromisoformat(first["token_until"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < life <= timedelta(minutes=60)
    assert status_of_me(address, people.bearer(first["token"])) == 200
    renewed = renew(address, first)
    assert renewed.status_code == 200
    second = renewed.json()
    assert second["session_id"] == first["session_id"]
    assert status_of_me(address, people.bearer(first["token"])) == 401
    assert status_of_me(address, people.bearer(second["token"])) == 200
    # the same token twice: somebody has a copy
    assert renew(address, first).status_code == 401
    assert status_of_me(address, people.bearer(second["token"])) == 401
    assert renew(address, second).status_code == 401


def renew(address: str, tokens: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{address}/v1/sessions/renew", json={"refresh_token": tokens["refresh_token"]})


def test_who_follows_a_link_is_led_to_the_door_and_programs_are_told(address: str) -> None:
    answer = httpx.get(f"{address}/maps/grids?lang=zh&f=html", headers=HTML)
    assert answer.status_code == 303
    led = httpx.URL(answer.headers["location"])
    assert (led.path, led.host) == ("/login", "")
    assert dict(led.params) == {"next": "/maps/grids?lang=zh&f=html"}
    told = httpx.get(f"{address}/maps/grids", headers={"Accept": "application/json"})
    assert told.status_code == 401
    assert told.headers["www-authenticate"] == "Bearer"


@contextmanager
def serving_with(settings: Settings, second_factor: str) -> Iterator[str]:
    changed = {"password_profile": "mlps", "second_factor": second_factor}
    with serving(create_app(settings.model_copy(update=changed))) as address:
        yield address


def test_who_has_something_to_do_first_reaches_the_own_account_only(
    module_settings: Settings, app: FastAPI, wang: int
) -> None:
    def needed(address: str) -> list[str]:
        cookie = cookie_of(enter(address))
        me = httpx.get(f"{address}/v1/me", headers=cookie)
        assert me.status_code == 200
        assert httpx.get(f"{address}/v1/sessions", headers=cookie).status_code == 200
        refused = httpx.get(f"{address}/v1/events", headers=cookie)
        assert refused.status_code == (403 if me.json()["needs"] else 200)
        assert not me.json()["needs"] or "First set up on your account page" in refused.json()["detail"]
        return [str(need) for need in me.json()["needs"]]

    def set_at(when: datetime) -> None:
        with transaction(app.state.engine) as session:
            change_account(session, wang, password_set_at=when)

    now = datetime.now(UTC)
    with serving_with(module_settings, "required") as address:
        assert needed(address) == ["second_factor"]
        set_at(now - timedelta(days=91))
        assert needed(address) == ["password", "second_factor"]
    with serving_with(module_settings, "offered") as address:
        assert needed(address) == ["password"]
        set_at(now - timedelta(days=89))
        assert needed(address) == []
    set_at(now)


def test_a_flood_of_unknown_tokens_takes_nothing_from_those_who_work(address: str, app: FastAPI) -> None:
    token = enter(address, kind=SessionKind.PHONE).json()["token"]
    assert status_of_me(address, people.bearer(token)) == 200
    taken: list[float] = []

    def note(*_: object) -> None:
        taken.append(time.perf_counter())

    event.listen(app.state.engine, "checkout", note)
    try:
        flooded, answered = asyncio.run(flood(address, token))
    finally:
        event.remove(app.state.engine, "checkout", note)
    assert [status for status, _ in flooded] == [401] * FLOOD
    status, at = answered
    assert status == 200
    assert at < max(end for _, end in flooded), "the flood was over before"
    assert len(taken) == 1


async def flood(address: str, token: str) -> tuple[list[tuple[int, float]], tuple[int, float]]:
    """Ask with many unknown tokens at once and, once they are on their way, with a known one.

    Returns:
        Status and time of each answer.
    """
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=30, limits=limits) as client:

        async def ask(token: str) -> tuple[int, float]:
            answer = await client.get("/v1/me", headers=people.bearer(token))
            return answer.status_code, time.perf_counter()

        unknown = [asyncio.ensure_future(ask(f"unknown-{number}")) for number in range(FLOOD)]
        await asyncio.wait(unknown, return_when=asyncio.FIRST_COMPLETED)
        answered = await ask(token)
        return await asyncio.gather(*unknown), answered
