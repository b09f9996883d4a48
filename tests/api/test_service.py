from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import httpx
import people
import pytest
from alembic import command
from fastapi import APIRouter, FastAPI
from sqlalchemy import event, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from gis.api.access import Acting, needs, public, require_rights
from gis.api.app import ROUTERS, create_app
from gis.api.problems import problem_for
from gis.errors import (
    CheckFailedError,
    ConflictError,
    CoordinateSystemError,
    DatabaseUnavailableError,
    NotFoundError,
    SetupError,
)
from gis.identity.roles import Right
from gis.settings import Settings
from gis.store.migrate import alembic_config
from gis.store.session import make_engine
from tests.api.conftest import serving
from tests.api.test_maps import MAPS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

pytestmark = pytest.mark.usefixtures("district")

PUBLIC = {
    "/",
    *("/login", "/account", "/users", "/audit"),
    "/docs",
    *("/live", "/ready", "/metrics"),
    "/openapi.json",
    "/static/{path:path}",
    "/v1/oidc/begin",
    "/v1/oidc/callback",
    "/v1/sessions",
    "/v1/sessions/activate",
    "/v1/sessions/renew",
}
SOMEBODY = people.bearer("of nobody here")
PAGES = ("/", "/docs", *MAPS)


def test_live_and_ready(client: httpx.Client) -> None:
    assert client.get("/live").json() == {"status": "live", "reasons": []}
    assert client.get("/ready").json() == {"status": "ready", "reasons": []}
    assert client.get("/ready").headers["cache-control"] == "no-store"


def test_without_a_database_the_service_lives_but_is_not_ready() -> None:
    nowhere = Settings(database_url="postgresql+psycopg2://nobody@127.0.0.1:1/none")
    with serving(create_app(nowhere)) as address, httpx.Client(base_url=address, headers=SOMEBODY) as client:
        assert client.get("/live").status_code == 200
        answer = client.get("/ready")
        assert (answer.status_code, answer.json()["reasons"]) == (503, ["the database cannot be reached"])
        answer = client.get("/v1/releases")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "127.0.0.1" not in answer.text


def test_an_old_schema_is_not_ready(settings: Settings) -> None:
    engine = make_engine(settings)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    engine.dispose()
    with serving(create_app(settings)) as address:
        answer = httpx.get(f"{address}/ready")
        assert answer.status_code == 503
        assert "wangge database upgrade" in answer.json()["reasons"][0]
        answer = httpx.get(f"{address}/v1/summary", headers=SOMEBODY)
        assert answer.status_code == 503
        assert "wangge database upgrade" in answer.json()["detail"]


def test_when_every_connection_is_in_use_callers_are_told_to_come_back(
    client: httpx.Client, app: FastAPI
) -> None:
    with ExitStack() as held:
        for _ in range(app.state.settings.pool_size):
            held.enter_context(app.state.engine.connect())
        answers: list[httpx.Response] = []
        asking = [
            threading.Thread(target=lambda: answers.append(client.get("/v1/releases"))) for _ in range(12)
        ]
        for thread in asking:
            thread.start()
        time.sleep(0.3)
        began = time.perf_counter()
        assert client.get("/live").status_code == 200
        assert time.perf_counter() - began < 0.5
        assert client.get("/ready").status_code == 503
        for thread in asking:
            thread.join()
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["retry-after"] for answer in answers} == {"2"}
    assert answers[0].json()["type"] == "urn:wangge:problem:busy"
    assert client.get("/v1/releases").status_code == 200


def test_no_more_threads_than_connections(client: httpx.Client, app: FastAPI) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(client.get("/v1/summary"))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # a request that holds a connection never waits for a thread that waits for a connection
    assert {answer.status_code for answer in answers} == {200}
    workers = [one for one in threading.enumerate() if "AnyIO" in one.name]
    # and one each for compressing, for /ready and for ending transactions
    assert len(workers) <= app.state.settings.pool_size * 2 + 2


def test_metrics_are_labelled_by_route_and_never_by_address(client: httpx.Client) -> None:
    client.get("/v1/grids/7")
    client.get("/v1/nothing/here")
    client.request("BREW", "/v1/grids/7")
    found = client.get("/metrics")
    assert found.headers["content-type"].startswith("text/plain; version=")
    assert 'wangge_http_requests_total{method="GET",route="/v1/grids/{grid_id}"' in found.text
    assert 'route="(unknown)",status="404"' in found.text
    assert 'method="(unknown)"' in found.text
    assert "nothing" not in found.text
    assert "BREW" not in found.text
    assert "wangge_database_connections_in_use" in found.text
    assert "wangge_http_request_seconds_bucket" in found.text


def test_every_answer_carries_an_id_that_is_in_the_log(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    made = client.get("/live").headers["x-request-id"]
    assert len(made) == 16
    assert client.get("/live").headers["x-request-id"] != made
    given = client.get("/v1/nothing", headers={"X-Request-Id": "trace-42"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "trace-42"
    for forged in ("a b", 'x" injected="1', "x" * 101, "名"):
        echoed = client.get("/live", headers={"X-Request-Id": forged.encode()}).headers["x-request-id"]
        assert echoed != forged
        assert len(echoed) == 16
    with caplog.at_level(logging.INFO, "gis.api.requests"):
        client.get("/v1/grids/7%0Aforged", params={"at": "2026-03-01"})
        # the line is written after the answer is out
        while not (lines := [line for line in caplog.messages if "/v1/grids" in line]):
            time.sleep(0.01)
    (line,) = lines
    assert line.startswith("GET /v1/grids/… 400 ")
    assert "2026" not in line


@pytest.mark.parametrize("address", ["/live", "/v1/releases", "/v1/nothing", *PAGES])
def test_every_answer_carries_the_security_headers(client: httpx.Client, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe-eval" not in policy
    scripts = next((part for part in policy.split("; ") if part.startswith("script-src")), "")
    assert "unsafe-inline" not in scripts
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "accept-encoding" in headers["vary"].lower()


@pytest.mark.parametrize("address", PAGES[1:])
def test_every_page_with_scripts_of_its_own_has_a_fresh_nonce(client: httpx.Client, address: str) -> None:
    nonces = set()
    for _ in range(2):
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        nonce = answer.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
        assert f'nonce="{nonce}"' in answer.text
        nonces.add(nonce)
    assert len(nonces) == 2


def test_large_answers_are_compressed_if_the_caller_can(client: httpx.Client) -> None:
    packed = client.get("/openapi.json")
    plain = client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert "content-encoding" not in client.get("/live").headers


@pytest.mark.parametrize(
    "address", ["/live", "/v1/releases", "/v1/grids?release=1", "/openapi.json", "/docs"]
)
def test_head_has_the_head_of_get(client: httpx.Client, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "content-length", "cache-control"):
        assert head.headers.get(name) == got.headers.get(name)


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    answer = client.delete("/v1/plans")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert answer.json()["status"] == 405
    assert client.head("/v1/plans/1/check").status_code == 405


@pytest.mark.parametrize("address", ["/v1/nothing", "/static/../pyproject.toml", "/v1/plans/1/", "/é"])
def test_an_unknown_address_is_a_problem(client: httpx.Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


@pytest.mark.parametrize(
    "path",
    [
        "../gis/settings.py",
        "%2e%2e/settings.py",
        "..%2fsettings.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "map/../../settings.py",
        ".hidden",
        "vendor/",
        "",
        "x" * 5000,
        "%00",
        "map%00.css",
    ],
)
def test_files_outside_the_pages_are_not_served(client: httpx.Client, path: str) -> None:
    # httpx would tidy the path up, a hostile caller does not
    url = httpx.URL(client.base_url, raw_path=f"/static/{path}".encode())
    assert client.send(httpx.Request("GET", url)).status_code in {400, 404}


def test_files_of_pages_are_sent_once(client: httpx.Client) -> None:
    first = client.get("/static/tokens.css")
    assert first.headers["content-type"].startswith("text/css")
    again = client.get("/static/tokens.css", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_a_body_that_is_too_large_is_refused_while_it_comes(module_settings: Settings) -> None:
    small = module_settings.model_copy(update={"max_body_mb": 1})
    sent = 0

    def endless() -> object:
        nonlocal sent
        for _ in range(400):
            sent += 100_000
            yield b" " * 100_000

    whose = people.bearer(people.token_for(small, "long.writer"))
    with serving(create_app(small)) as address, httpx.Client(base_url=address, headers=whose) as client:
        declared = client.post("/v1/events", content=b" " * 1_000_001, headers=JSON)
        assert declared.status_code == 413
        assert "1 MB" in declared.json()["detail"]
        with suppress(httpx.WriteError):  # the connection was closed on the sender, which is as clear
            streamed = client.post("/v1/events", content=endless(), headers=JSON)
            assert streamed.status_code == 413
        assert sent < 40_000_000
        form = client.post("/v1/plans/1/grids", files={"file": ("g.geojson", b" " * 1_000_001)})
        assert form.status_code == 413
        assert client.get("/live").status_code == 200


JSON = {"Content-Type": "application/json"}


def test_a_page_of_another_site_changes_nothing(client: httpx.Client) -> None:
    body = {"title": "hostile"}
    answer = client.post("/v1/plans", json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    own = f"http://{client.base_url.netloc.decode()}"
    assert client.post("/v1/plans", json=body, headers={"Origin": own}).status_code == 201
    assert client.get("/v1/plans", headers={"Origin": "https://evil.example"}).status_code == 200
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 201), ("none", 201)):
        # behind a proxy the host may have another name; the browser knows best
        headers = {"Origin": "https://grids.example", "Sec-Fetch-Site": site}
        assert client.post("/v1/plans", json=body, headers=headers).status_code == status


def test_what_nobody_expected_is_in_the_log_and_not_in_the_answer(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_engine: Engine) -> None:
        raise KeyError("王敏 lives here")

    monkeypatch.setattr("gis.api.routes.health.migration_state", fail)
    answer = client.get("/ready", headers={"X-Request-Id": "trace-43"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["request_id"] == "trace-43"
    assert "lives" not in answer.text
    assert client.head("/ready").content == b""
    assert "王敏 lives here" in caplog.text


def test_an_answer_is_sent_only_after_the_commit(client: httpx.Client, app: FastAPI) -> None:
    def break_off(connection: Connection) -> None:
        connection.invalidate()
        raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    before = len(client.get("/v1/plans").json()["plans"])
    event.listen(app.state.engine, "commit", break_off)
    try:
        answer = client.post("/v1/plans", json={"title": "lost"})
    finally:
        event.remove(app.state.engine, "commit", break_off)
    assert answer.status_code == 503
    assert len(client.get("/v1/plans").json()["plans"]) == before


def test_every_route_says_who_acts_or_is_public() -> None:
    router = APIRouter()

    @router.get("/secret")
    @needs(Right.OWN_ACCOUNT)
    def secret() -> None:
        """Forget to ask who acts."""

    @router.get("/open")
    @public
    def everybody() -> None:
        """Answer anybody."""

    @router.get("/mine")
    @needs(Right.OWN_ACCOUNT)
    def mine(_actor: Acting) -> None:
        """Answer the acting user."""

    @router.get("/bare")
    def bare(_actor: Acting) -> None:
        """Forget to say which right it needs."""

    declared = {route.path: route.dependant for route in router.routes}
    require_rights([("/open", declared["/open"]), ("/mine", declared["/mine"])])
    with pytest.raises(RuntimeError, match="/secret does not say who acts"):
        require_rights(declared.items())
    with pytest.raises(RuntimeError, match="/bare is neither public nor marked with a right"):
        require_rights([("/bare", declared["/bare"])])
    listed = {
        route.path for each in ROUTERS for route in each.routes if getattr(route.endpoint, "is_public", False)
    }
    assert listed == PUBLIC


def refusal(engine: Engine, statement: str) -> Exception:
    with (
        engine.connect() as connection,
        pytest.raises((OperationalError, IntegrityError, DataError)) as found,
    ):
        connection.execute(text(statement))
    return found.value


def test_the_database_s_refusals_have_their_status(engine: Engine) -> None:
    raise_state = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{}'; END $$"
    for statement, status in (
        ("INSERT INTO plan (title, created_by) VALUES (NULL, 'x')", 422),
        ("INSERT INTO plan (title, created_by, status) VALUES ('a', 'x', 'lost')", 422),
        ("INSERT INTO plan (title, created_by, base_release) VALUES ('a', 'x', 99)", 409),
        ("SELECT 9223372036854775807 + 1", 422),
        (raise_state.format("53100"), 507),
        (raise_state.format("40001"), 503),
        (raise_state.format("23P01"), 409),
        (raise_state.format("23505"), 409),
        ("SET LOCAL statement_timeout = 10; SELECT pg_sleep(1)", 503),
    ):
        assert problem_for(refusal(engine, statement)).status == status, statement


def test_domain_errors_have_their_status() -> None:
    for error, status in (
        (NotFoundError("x"), 404),
        (CheckFailedError("x"), 409),
        (ConflictError("x"), 409),
        (CoordinateSystemError("x"), 422),
        (DatabaseUnavailableError("x"), 503),
        (SetupError("x"), 501),
        (KeyError("x"), 500),
    ):
        assert problem_for(error).status == status
