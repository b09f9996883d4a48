"""Hostile texts on the pages about people: as names, devices, reasons and addresses; nothing runs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import people
import pytest
from hostile_texts import WHOLE, hostile_texts, shown

from gis.api.app import create_app
from gis.identity.accounts import SessionKind
from gis.identity.actions import Action
from gis.identity.roles import Role
from gis.identity.secrets import new_token, token_hash
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.identity.grants import save_grant
from gis.store.identity.sessions import NewSession, save_session
from gis.store.identity.units import get_unit, save_units
from gis.store.identity.users import save_user
from gis.store.session import make_engine, transaction
from tests.api.conftest import serving
from tests.browser.conftest import CANARY, FOREIGN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from gis.settings import Settings

    Opens = Callable[..., AbstractContextManager[Any]]

pytestmark = pytest.mark.browser

LOOKERS = {"security": Role.SECURITY_ADMINISTRATOR, "auditor": Role.AUDIT_ADMINISTRATOR}
WITH_ROLES = 50
ACTIONS = (Action.HOLE_INTEND, Action.ROLE_GRANT)
# forms and folded facts of our own are no foreign elements of these pages
FOREIGN_HERE = FOREIGN.replace("|form|", "|").replace("|details|", "|")
DEVICE_SIGNS = 60


@dataclass(frozen=True)
class Texts:
    """Hostile texts by where they stand: an audit entry takes three."""

    units: list[str]
    users: list[str]
    agents: list[str]
    actors: list[str]
    subjects: list[str]
    reasons: list[str]
    addresses: list[str]

    @classmethod
    def of(cls, scale: int) -> Texts:
        """Share so many hundreds of texts out."""
        counts = (1 * scale, 3 * scale, 2 * scale, 4 * scale, 4 * scale, 4 * scale)
        supply = hostile_texts(100 * sum(counts) + 200, unstorable=False)
        fit = iter([text for text in supply if len(text) < 200])
        shares = [[next(fit) for _ in range(100 * count)] for count in counts]
        return cls(*shares, [next(fit) for _ in range(2 * scale)])


@dataclass(frozen=True)
class Site:
    """A service, the texts in its database, and the tokens of those who look at it."""

    address: str
    texts: Texts
    tokens: dict[str, str]


# 1 800 texts, and by night 10 800
@pytest.fixture(scope="module", params=[1, pytest.param(6, marks=pytest.mark.nightly)])
def site(module_settings: Settings, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A service whose units, users, devices and audit log are named by an attacker."""
    texts = Texts.of(request.param)
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        tokens = add_people(session, texts)
        entries = zip(texts.actors, texts.subjects, texts.reasons, strict=True)
        for at, (actor, subject, reason) in enumerate(entries):
            detail = {"reason": reason, "role": reason, "unit": subject}
            record(session, Actor(actor), ACTIONS[at % 2], subject=("hole", subject), detail=detail)
    engine.dispose()
    with serving(create_app(module_settings)) as address:
        yield Site(address, texts, tokens)


def add_people(session: Session, texts: Texts) -> dict[str, str]:
    """Add units below one another, users in them, and sessions of those who look on many devices."""
    codes = [*WHOLE, *(f"U{at}" for at in range(len(texts.units) - len(WHOLE)))]
    above = [None, *(codes[(at - 1) // 3] for at in range(1, len(codes)))]
    rows = zip(codes, texts.units, above, strict=True)
    save_units(session, [{"code": c, "name": n, "parent_code": p, "area_code": None} for c, n, p in rows])
    logins = [*LOOKERS, *(word.lower() for word in WHOLE if word[0].isalpha())]
    logins += [f"u{at}" for at in range(len(texts.users) - len(logins))]
    tokens = {}
    for at, (login, name) in enumerate(zip(logins, texts.users, strict=True)):
        unit = get_unit(session, codes[0 if login in LOOKERS else at % len(codes)])
        user_id = save_user(session, login, name, unit.id, Actor(texts.actors[at]))
        if at < WITH_ROLES:
            role = LOOKERS.get(login, Role.GRID_WORKER)
            save_grant(session, user_id, role, unit.id, (date(2020, 1, 1), None), Actor(texts.actors[at]))
        if login in LOOKERS:
            tokens[login] = people.open_session(session, user_id)
            add_devices(session, user_id, texts.agents)
    return tokens


def add_devices(session: Session, user_id: int, agents: list[str]) -> None:
    """Begin a session of a user on each device."""
    now = datetime.now(UTC)
    until = now + timedelta(hours=12)
    for agent in agents:
        hashed = token_hash(new_token())
        save_session(
            session,
            NewSession(user_id, SessionKind.BROWSER, hashed, None, until, until, now, None, agent),
        )


@pytest.fixture
def opened(watched_page: Opens, site: Site) -> Callable[[str, str | None], AbstractContextManager[Page]]:
    """Opens a page as one of those who look; at the end no text was run or became markup."""

    @contextmanager
    def opening(path: str, login: str | None) -> Iterator[Page]:
        with watched_page(origins=(site.address,)) as watched:
            if login is not None:
                watched.page.set_extra_http_headers(people.bearer(site.tokens[login]))
            watched.page.add_init_script(CANARY)
            watched.open(f"{site.address}{path}")
            yield watched.page
            require_nothing_ran(watched.page)
            watched.page.locator("#language").dispatch_event("click")
            require_nothing_ran(watched.page)

    return opening


def require_nothing_ran(page: Page) -> None:
    """Require that no text was run or became markup."""
    assert page.evaluate("window.__hits") == 0
    assert page.evaluate(FOREIGN_HERE) == []


def texts_in(page: Page, selector: str) -> set[str]:
    """Return what a reader sees of the elements."""
    return set(map(shown, page.eval_on_selector_all(selector, "all => all.map((one) => one.textContent)")))


def test_users_units_and_roles(opened: Any, site: Site) -> None:
    with opened("/users", "security") as page:
        assert texts_in(page, ".user-name bdi") == set(map(shown, site.texts.users))
        assert texts_in(page, "[name=unit] option") >= set(map(shown, site.texts.units))
        for text in site.texts.users[:20]:
            page.fill("[name=text]", text)
        page.fill("[name=text]", "")
        page.click("[data-login=constructor]")
        page.wait_for_selector("dialog.sheet h2")
        page.click("#grant-role")
        page.wait_for_selector("dialog [name=unit_code]")
    with opened("/users#units", "security") as page:
        assert texts_in(page, ".unit-name bdi") == set(map(shown, site.texts.units))
        page.click("[data-unit=__proto__] button")
        page.wait_for_selector("dialog [name=parent_code]")
    with opened("/users#roles", "security"):
        pass


def test_where_one_is_signed_in(opened: Any, site: Site) -> None:
    with opened("/account", "auditor") as page:
        short = {shown(agent) for agent in site.texts.agents if len(agent) <= DEVICE_SIGNS}
        assert texts_in(page, "#sessions strong") >= short
        page.click("#person")


def test_the_log_with_every_fact(opened: Any, site: Site) -> None:
    texts = site.texts
    with opened("/audit", "auditor") as page:
        while page.locator("#older").count():
            known = page.locator("[data-action]").count()
            page.click("#older")
            page.locator("[data-action]").nth(known).wait_for()
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        told = list(zip(texts.actors, texts.reasons, strict=True))[::2]
        sentences = {shown(f"{actor} marked a gap as meant: {reason}") for actor, reason in told}
        assert texts_in(page, ".what") >= sentences
        assert texts_in(page, "dd") >= {shown(text) for text in (*texts.reasons, *texts.subjects)}


@pytest.mark.parametrize("path", ["/audit#actor={0}&action={0}&subject={0}&id={0}&since={0}", "/users#{0}"])
def test_a_view_in_the_address(opened: Any, site: Site, path: str) -> None:
    login = "auditor" if path.startswith("/audit") else "security"
    for text in site.texts.addresses:
        with opened(path.format(quote(text, safe="")), login):
            pass


def test_the_door(opened: Any, site: Site) -> None:
    with opened("/login", None) as page:
        for text in site.texts.addresses:
            said = quote(text, safe="")
            page.goto(f"{site.address}/login?next={said}#{said}")
            page.wait_for_selector("html[data-ready=yes]")
