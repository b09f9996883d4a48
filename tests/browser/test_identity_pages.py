"""The pages about people, in a real browser over the real service: door, account, users, audit log."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyotp
import pytest

from gis.api.app import create_app
from gis.api.doorkeeper import AT_ONCE as HASHED_AT_ONCE
from gis.maps.assets import WEB
from tests.api.conftest import serving
from tests.browser.conftest import Watched
from tests.browser.village import PASSWORD, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from gis.settings import Settings

pytestmark = pytest.mark.browser

AXE = WEB.parent.parent / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# what a finger would miss
SMALL = """() => [...document.querySelectorAll("button, .button, input:not([type=radio]), select, .tabs a")]
  .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 47.5)
  .map((one) => one.outerHTML)"""
READY = "html[data-ready=yes]"
REFUSED = "Failed to load resource: the server responded with a status of "
ANOTHER = "copper lighthouse viola thirteen"


@pytest.fixture(scope="module")
def site(module_settings: Settings) -> Iterator[str]:
    """The service with people of many roles; its address."""
    settle(module_settings)
    with serving(create_app(module_settings)) as address:
        yield address


@pytest.fixture
def opened(browser: Browser, site: str) -> Any:
    """Opens a watched page of its own browser context; `refused`: how many answers are refusals.

    `at`: The service, if it is another one.
    """

    @contextmanager
    def opening(
        *, refused: int = 0, size: tuple[int, int] = (1280, 900), lang: str = "en", at: str = site
    ) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            base_url=at,
            locale=lang,
        )
        context.set_default_timeout(10_000)
        watched = Watched(context.new_page(), (at,))
        watched.watch()
        yield watched.page
        context.close()
        # Chromium itself writes a line for each answer of 400 and above
        told = [fault for fault in watched.faults if REFUSED in fault]
        assert [fault for fault in watched.faults if fault not in told] == []
        assert len(told) == refused, told

    return opening


def sign_in(page: Page, login: str, password: str = PASSWORD, *, to: str = "/account") -> None:
    page.goto(f"/login?{urlencode({'next': to})}")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("#sign-in [type=submit]")
    page.wait_for_url(re.compile(rf"//[^/]+{re.escape(to)}$"))
    page.wait_for_selector(READY)


def test_by_keyboard_alone_and_back_to_where_one_was_going(opened: Any, site: str) -> None:
    with opened(refused=2) as page:
        page.goto("/audit#action=session.begin")
        page.wait_for_selector("#sign-in")
        page.wait_for_selector(READY)
        for text in ("zhao.audit", "not it"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".said.bad:not(:empty)")
        assert page.inner_text(".said") == "Name, password, secret or code is wrong."
        page.focus("[name=password]")
        page.keyboard.press("Control+a")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site}/audit#action=session.begin")
        page.wait_for_selector(READY)
        assert set(
            page.eval_on_selector_all("[data-action]", "all => all.map(one => one.dataset.action)")
        ) == {"session.begin"}
        page.focus("#person")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Start page"
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == "person"
        assert page.is_hidden("#person-menu")


ELSEWHERE = (
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "http://[",
    "/.//evil.example/",
)


def test_it_never_leads_to_another_site(opened: Any, site: str) -> None:
    with opened() as page:
        for elsewhere in ELSEWHERE:
            page.goto(f"/login?{urlencode({'next': elsewhere})}")
            page.fill("[name=login]", "chen.planner")
            page.fill("[name=password]", PASSWORD)
            page.click("[type=submit]")
            page.wait_for_selector("#health.well")
            page.wait_for_selector(READY)
            assert page.url == f"{site}/", elsewhere


def test_a_locked_name_is_told_for_how_long(opened: Any) -> None:
    with opened(refused=6, lang="zh-CN") as page:
        page.goto("/login")
        page.fill("[name=login]", "nobody.here")
        page.fill("[name=password]", "wrong")
        for _ in range(6):
            with page.expect_response("**/v1/sessions"):
                page.click("[type=submit]")
        page.wait_for_selector("text=失败次数过多，请 15 分钟后再试。")


def test_one_time_codes_from_the_picture_to_the_door(opened: Any) -> None:
    with opened(refused=1) as page:
        sign_in(page, "wang.min")
        page.click("#begin-codes")
        page.fill("dialog [name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("img.qr")
        assert page.evaluate("document.images[0].decode().then(() => document.images[0].naturalWidth > 100)")
        app = pyotp.TOTP(page.inner_text(".seed").replace(" ", ""))
        page.fill("#confirm-codes [name=code]", app.at(datetime.now(UTC)))
        page.keyboard.press("Enter")
        written = page.locator(".recovery code")
        written.first.wait_for()
        codes = written.all_inner_texts()
        assert len(set(codes)) == 10
        page.keyboard.press("Escape")
        assert page.is_visible(".recovery")
        page.click("#recovery-kept")
        page.click("#person")
        page.click("#sign-out")
        page.wait_for_url("**/login")
        page.fill("[name=login]", "wang.min")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("[name=code]")
        assert page.evaluate("document.activeElement.name") == "code"
        page.keyboard.type(codes[0])
        page.keyboard.press("Enter")
        page.wait_for_selector("#health.well")
        page.goto("/account")
        page.click("#end-codes")
        page.fill("dialog [name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#begin-codes")


def test_a_busy_door_and_what_has_to_be_done_first(opened: Any, module_settings: Settings) -> None:
    app = create_app(module_settings.model_copy(update={"second_factor": "required"}))
    with serving(app) as address, opened(refused=1, lang="zh-CN", at=address) as page:
        for _ in range(HASHED_AT_ONCE):
            app.state.hashing.acquire_nowait()
        page.goto("/login?next=/audit")
        page.fill("[name=login]", "he.auditor")
        page.fill("[name=password]", PASSWORD)
        page.click("#sign-in [type=submit]")
        page.wait_for_selector("text=当前登录人数过多，请稍后再试。")
        for _ in range(HASHED_AT_ONCE):
            app.state.hashing.release()
        page.click("#sign-in [type=submit]")
        page.wait_for_selector("#needs:has-text('手机验证码')")
        page.goto("/audit")
        page.wait_for_url("**/account?next=%2Faudit")
        page.click("#needs a")
        page.click("#begin-codes")
        page.fill("dialog [name=password]", PASSWORD)
        page.keyboard.press("Enter")
        app_of_phone = pyotp.TOTP(page.inner_text(".seed").replace(" ", ""))
        page.fill("#confirm-codes [name=code]", app_of_phone.at(datetime.now(UTC)))
        page.keyboard.press("Enter")
        page.click("#recovery-kept")
        page.click("#needs.well #go-on")
        page.wait_for_selector("[data-action='session.begin']")


def test_another_session_is_really_ended(opened: Any) -> None:
    with opened() as here, opened(refused=1) as there:
        sign_in(there, "sun.li")
        sign_in(here, "sun.li")
        here.click("[data-session]")
        here.wait_for_selector("text=You are signed in nowhere else.")
        there.reload()
        there.wait_for_selector("#sign-in")


def test_another_password_and_what_is_wrong_with_one(opened: Any) -> None:
    with opened(refused=2) as page:
        sign_in(page, "zhou.hua")
        page.wait_for_selector("text=You have no role yet")
        page.fill("[name=old_password]", PASSWORD)
        for bad, told in (("short", "Take at least 12 characters."), ("password1234", "guessed too early")):
            page.fill("#password [name=password]", bad)
            page.keyboard.press("Enter")
            page.wait_for_selector(f"#password .said:has-text('{told}')")
            assert page.evaluate("document.activeElement.name") == "password"
        page.fill("#password [name=password]", ANOTHER)
        page.keyboard.press("Enter")
        page.wait_for_selector("#said:has-text('The password is set')")
        page.wait_for_load_state("networkidle")  # leaving would break off what it still asks
        sign_in(page, "zhou.hua", ANOTHER)


def test_a_user_from_being_added_to_having_a_role_and_the_log_of_it(opened: Any) -> None:
    with opened(refused=1) as admin:
        sign_in(admin, "li.security", to="/users")
        admin.click("#add-user")
        admin.fill("dialog [name=login]", "new.hand")
        admin.fill("dialog [name=name]", "<b>新</b>")
        admin.fill("dialog .unit-search", "C-002")
        admin.click("dialog .unit-row:visible")
        admin.click("dialog [type=submit]")
        secret = admin.inner_text(".secret-shown")
        admin.click("dialog:has(.secret-shown) .primary")
        admin.wait_for_selector(".sheet")
        assert admin.inner_text(".sheet h2") == "<b>新</b>"
        with opened(refused=2) as page:
            first_password(page, secret)
            assert "您还没有任何角色" in page.inner_text("#rights")
            give_role(admin, "street_operator")
            page.reload()
            page.wait_for_selector("#rights:has-text('街道受理员')")
            assert "查看事件梅园街道中心及下级" in page.inner_text("#rights").replace("\n", "")
            page.goto("/")
            page.wait_for_selector("#health.well")
            page.wait_for_selector(READY)
            assert page.is_visible("[data-map=events]")
            assert page.is_hidden("[data-map=findings]")
            assert page.is_hidden("#work")
            give_role(admin, "system_administrator", refused="administrators exclude")
            admin.keyboard.press("Escape")
            admin.click("#disable")
            admin.click("dialog:last-of-type [type=submit]")
            admin.wait_for_selector(".said:has-text('Disabled')")
            page.goto("/account")
            page.wait_for_selector("#sign-in")
    require_told(opened)


def require_told(opened: Any) -> None:
    """What the administrator did stands in the log, in both languages and as a table."""
    with opened() as page:
        sign_in(page, "zhao.audit", to="/audit")
        told = page.inner_text("#entries")
        assert "li.security disabled user new.hand" in told
        assert "li.security made user new.hand Street operator on unit C-002" in told
        page.fill("[name=id]", "9")
        page.click("#filter-form [type=submit]")
        page.wait_for_selector(".said:has-text('Choose what it was done to first')")
        page.fill("[name=id]", "")
        page.select_option("[name=action]", "user.add")
        page.click("#filter-form [type=submit]")
        page.wait_for_selector("[data-action]:only-child")
        page.click("#language")
        assert "li.security 在单位 C-002 添加了用户 new.hand" in page.inner_text("#entries")
        with page.expect_download() as download:
            page.click("#csv")
        assert "user.add" in download.value.path().read_text("utf-8")


def first_password(page: Page, secret: str) -> None:
    """Set the first password in Chinese; the first one tried is too short."""
    page.goto("/login?lang=zh#first")
    page.wait_for_selector(READY)
    page.fill("[name=login]", "new.hand")
    page.fill("[name=secret]", secret)
    page.fill("[name=password]", "short")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=密码至少需要 12 个字符。")
    page.fill("[name=password]", ANOTHER)
    page.keyboard.press("Enter")
    page.wait_for_selector("#health.well")
    page.goto("/account?lang=zh")
    page.wait_for_selector(READY)


def give_role(page: Page, role: str, refused: str | None = None) -> None:
    page.click("#grant-role")
    page.select_option("dialog [name=role]", role)
    page.click("dialog:last-of-type [type=submit]")
    page.wait_for_selector(f".said:has-text('{refused or 'The role is given'}')")


def test_units_and_roles(opened: Any) -> None:
    with opened() as page:
        sign_in(page, "li.security", to="/users#units")
        page.click("[data-unit='C-001'] button")
        page.fill("dialog [name=code]", "C-001-2")
        page.fill("dialog [name=name]", "二队")
        page.click("dialog [type=submit]")
        page.wait_for_selector("[data-unit='C-001-2'].depth-2")
        page.click("[data-view=roles]")
        assert page.locator("table.roles tbody tr").count() == 12
        page.click("[data-view=users]")
        page.select_option("[name=unit]", "C-001")
        assert {"wang.min", "sun.li"} == set(
            page.eval_on_selector_all("[data-login]", "all => all.map(one => one.dataset.login)")
        )
        page.fill("[name=text]", "nobody of that name")
        assert page.inner_text("#list") == "Nothing fits"


def require_clean(page: Page, place: str) -> None:
    """No violation in either theme, nothing wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), place
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        result = page.evaluate("tags => axe.run(document, { runOnly: tags })", TAGS)
        found = [(one["id"], one["nodes"][0]["html"]) for one in result["violations"]]
        assert found == [], f"{place}, {theme}"


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_axe_finds_nothing(opened: Any, size: tuple[int, int]) -> None:
    script = AXE.read_text("utf-8")
    with opened(size=size, lang="zh-CN") as page:
        for login, places in {
            None: ("/login", "/login#first"),
            "li.security": ("/", "/account", "/users", "/users#units", "/users#roles"),
            "zhao.audit": ("/audit",),
        }.items():
            if login:
                sign_in(page, login)
            for place in places:
                page.goto("about:blank")
                page.goto(place)
                page.wait_for_selector(f"{READY}:not(:has(#health:empty))")
                page.evaluate(script)
                require_clean(page, place)
                if place == "/users":
                    page.click("[data-login='wang.min']")
                    page.click("#grant-role")
                    require_clean(page, "the dialogs")
                    small = page.evaluate(SMALL)
                    assert size[0] > 400 or small == []
