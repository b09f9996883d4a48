"""Fifty planted secrets, sent in every place a request can carry them: none is in a log or a problem."""

from __future__ import annotations

import itertools
import random
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from commands import served
from people import bearer
from sqlalchemy import text
from typer.testing import CliRunner

from gis.cli.oversight import privacy
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from commands import Service

    from gis.settings import Settings

pytestmark = pytest.mark.usefixtures("district")

EACH = 10
SURNAMES, GIVEN = "欧赵钱孙周吴郑冯陈卫", "槿珩昕翊彧昶璟翀琰晗"


def planted() -> dict[str, list[str]]:
    """Return secrets by kind, always the same."""
    draw = random.Random(50)  # noqa: S311 - canaries, not keys
    letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return {
        "phone": [f"139{draw.randrange(10**8):08}" for _ in range(EACH)],
        "name": [a + b + c for a, b, c in zip(SURNAMES, GIVEN, GIVEN[::-1], strict=True)],
        "id_number": [f"32010219{draw.randrange(60, 99)}0307{draw.randrange(10**4):04}" for _ in range(EACH)],
        "password": ["pw-" + "".join(draw.choices(letters + "!&%", k=14)) for _ in range(EACH)],
        "token": ["".join(draw.choices(letters, k=43)) for _ in range(EACH)],
    }


def event(source_id: str, **other: Any) -> dict[str, Any]:
    return {
        "source": "canary",
        "source_id": source_id,
        "x": 118.03,
        "y": 31.01,
        "crs": "wgs84",
        "reported_at": "2026-03-01T12:00:00+08:00",
        "category": "rubbish",
    } | other


Send = tuple[str, str, dict[str, Any]]
JSON = {"Content-Type": "application/json"}


def bodies(secret: str) -> Iterator[Send]:
    """Yield requests with a secret in their body: where it belongs, where it does not, and malformed."""
    fresh = secrets.token_hex
    yield "POST", "/v1/events", {"json": event(fresh(8), reporter={"name": secret})}
    yield "POST", "/v1/events", {"json": event(fresh(8), reporter={"name": "x", "phone": secret})}
    yield "POST", "/v1/events", {"json": event(fresh(8), text=secret, attributes={secret: secret})}
    yield "POST", "/v1/events", {"json": event(fresh(8), category=[secret])}
    yield "POST", "/v1/events", {"json": event(fresh(8), grade=secret, crs=secret, reported_at=secret)}
    yield "POST", "/v1/events", {"json": event(fresh(8), password=secret)}
    yield "POST", "/v1/events", {"json": event(fresh(8)) | {secret: 1}}
    yield "POST", "/v1/events", {"json": event(fresh(8), reporter={secret: secret})}
    yield "POST", "/v1/events", {"content": f'{{"phone": "{secret}"'.encode(), "headers": JSON}
    yield "POST", "/v1/events", {"content": f'{{"{secret}": 1, "{secret}": 2}}'.encode(), "headers": JSON}
    yield "POST", "/v1/events", {"content": secret.encode("utf-16"), "headers": JSON}
    yield "POST", "/v1/events", {"content": secret.encode(), "headers": {"Content-Type": "text/plain"}}
    yield "POST", "/v1/events/batch", {"json": {"events": [event(secret, crs=secret), secret, {secret: 1}]}}
    yield "POST", "/v1/events/search", {"json": {"reporter_phone": secret, "reason": secret}}
    yield "POST", "/v1/events/1/reveal", {"json": {"reason": "", "why": secret}}
    yield "PUT", "/v1/workers/1/personal", {"json": {"phone": secret, "id_number": secret}}
    yield "POST", "/v1/plans/1/grids", {"files": {"file": (f"{secret}.geojson", secret.encode())}}
    yield "POST", "/v1/plans/1/grids", {"data": {"crs": secret, secret: secret}, "files": {"file": b"{}"}}
    yield (
        "POST",
        "/v1/locate?crs=wgs84",
        {
            "content": f"id,x,y\n{secret},{secret},31\n".encode(),
            "headers": {"Content-Type": "text/csv"},
        },
    )


def addresses(secret: str) -> Iterator[Send]:
    """Yield requests with a secret in their address or a header."""
    word = quote(secret, safe="")
    for query in ("grid", "cursor", "bbox", "since", "grade", "category", "f", "limit"):
        yield "GET", f"/v1/events?{query}={word}", {}
    yield "GET", f"/v1/events?{word}=1", {}
    yield "GET", f"/v1/events/{word}", {}
    yield "GET", f"/v1/grids/by-code/{word}", {}
    yield "POST", f"/v1/events/{word}/reveal", {"json": {"reason": "why"}}
    yield "GET", f"/{word}/{word}", {}
    yield "DELETE", f"/v1/events/{word}", {}
    yield "GET", f"/v1/locate?x={word}&y=31&crs={word}", {}
    yield "GET", f"/v1/audit?actor={word}&subject={word}", {}
    yield "GET", f"/maps/grids?lang={word}", {}
    raw = secret.encode().decode("latin-1") if secret.isascii() else word
    for name in (
        "Authorization",
        "Cookie",
        "X-Request-Id",
        "User-Agent",
        "Referer",
        "If-None-Match",
        "Prefer",
    ):
        yield "GET", "/v1/summary", {"headers": {name: raw}}
    for header in ({"Origin": f"http://{raw}"}, {"Origin": f"http://[{raw}]"}, {"X-Forwarded-For": raw}):
        yield "POST", "/v1/events", {"json": event(secrets.token_hex(8)), "headers": header}


KINDS: list[Callable[[str], Iterator[Send]]] = [bodies, addresses]


@pytest.fixture(scope="module")
def service(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("canary")
    said = {"WANGGE_LOG_FORMAT": "json", "WANGGE_LOG_LEVEL": "debug", "WANGGE_HOME": str(folder)}
    with served(module_settings, folder, **said) as running:
        # the address is said before anything answers there
        with httpx.Client(transport=httpx.HTTPTransport(retries=10)) as client:
            client.get(f"{running.address}live")
        yield running


def forms(secret: str) -> set[str]:
    """Return how a secret may be written."""
    return {secret, quote(secret, safe=""), orjson.dumps(secret).decode()[1:-1], ascii(secret)[1:-1]}


def found_in(where: str) -> set[tuple[str, str]]:
    return {
        (kind, one)
        for kind, several in planted().items()
        for one in several
        if any(form in where for form in forms(one))
    }


def test_no_secret_is_in_a_log_a_problem_or_the_audit_log(
    service: Service, module_settings: Settings, token: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repeated: list[tuple[str, str]] = []
    refused = 0
    with httpx.Client(base_url=service.address, headers=bearer(token), timeout=60) as client:
        for kind, several in planted().items():
            # each secret in some places, the ten of a kind together in all of them
            turns = itertools.cycle(several)
            for send in KINDS:
                for number, _ in enumerate(send(several[0])):
                    secret = next(turns)
                    method, address, how = next(itertools.islice(send(secret), number, None))
                    answer = client.request(method, address, **how)
                    assert answer.status_code < 500, (method, address, answer.text)
                    if answer.status_code >= 400:
                        refused += 1
                        said = answer.text + str(answer.headers)
                        if any(form in said for form in forms(secret)):
                            repeated.append((f"{kind}: {method} {address[:60]}", answer.text[:300]))
        # numbers in a reason are masked
        newest = client.get("/v1/events", params={"limit": 1}).json()["events"]
        assert newest
    assert refused > 100
    assert repeated == []

    monkeypatch.setenv("WANGGE_DATABASE_URL", module_settings.database_url or "")
    monkeypatch.setenv("WANGGE_HOME", str(service.log.parent))
    printed = ""
    for secret in itertools.chain(*planted().values()):
        done = CliRunner().invoke(privacy.app, ["export", "--out", str(tmp_path / "told.json")], input=secret)
        printed += done.output + str(done.exception)
    assert found_in(printed) == set()

    time.sleep(2)  # the relay logs what it seals
    log = service.log.read_text(encoding="utf-8")
    assert "sealed up to number" in log
    assert len(log.splitlines()) > 200
    assert found_in(log) == set()
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        audit = session.scalar(text("SELECT string_agg(t::text, E'\\n') FROM audit_entry AS t"))
        held = session.scalar(text("SELECT string_agg(t::text, E'\\n') FROM personal_value AS t"))
    engine.dispose()
    assert audit
    assert held
    assert found_in(audit + held) == set()
