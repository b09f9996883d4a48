"""Signing in: who is let in, who is locked out, how long a session lasts, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import people
import pyotp
import pytest

from gis.errors import InputError
from gis.identity.accounts import SessionKind
from gis.identity.codes import STEP_S
from gis.identity.roles import Role
from gis.identity.secrets import hash_password
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.identity.failures import OF_ADDRESS, OF_LOGIN, QUARTER, count_attempt
from gis.store.identity.users import change_account
from gis.workflows.identity.begin import Begun, Device, recognise, renew
from gis.workflows.identity.manage_users import give_secret
from gis.workflows.identity.own_account import (
    FirstPassword,
    activate,
    begin_codes,
    change_password,
    confirm_codes,
    sign_out,
)
from gis.workflows.identity.sign_in import Credentials, Refused, sign_in

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

SETTINGS = Settings()
PHRASE = "copper lantern ferry mule"
HASHED = hash_password(PHRASE)
NOW = datetime.now(UTC).replace(microsecond=0)
PHONE, BROWSER = SessionKind.PHONE, SessionKind.BROWSER
DEVICE = Device(BROWSER, "10.0.0.7")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of these tests are their own."""
    monkeypatch.setitem(globals(), "SETTINGS", SETTINGS.model_copy(update={"home": tmp_path}))


@pytest.fixture
def user(session: Session) -> int:
    """A grid worker with a password."""
    user_id = people.make_user(session, "wang.min", [Role.GRID_WORKER])
    change_account(session, user_id, password=HASHED, password_set_at=NOW)
    return user_id


def enter(  # noqa: PLR0913 - each test varies one of them
    session: Session,
    login: str = "wang.min",
    phrase: str = PHRASE,
    *,
    code: str | None = None,
    address: str = "10.0.0.1",
    kind: SessionKind = BROWSER,
    at: datetime = NOW,
) -> Begun | Refused:
    return sign_in(session, Credentials(login, phrase, code), Device(kind, address), SETTINGS, at)


def let_in(session: Session, *, kind: SessionKind = BROWSER) -> Begun:
    begun = enter(session, kind=kind)
    assert isinstance(begun, Begun)
    return begun


def is_known(session: Session, token: str, at: datetime) -> bool:
    return recognise(session, token, SETTINGS, at) is not None


@pytest.mark.usefixtures("user")
def test_a_name_is_locked_after_five_failures_even_for_the_right_password(session: Session) -> None:
    for number in range(OF_LOGIN.failures):
        found = enter(session, phrase="wrong", address=f"10.0.0.{number}")
        assert isinstance(found, Refused)
    locked = enter(session, address="10.0.1.1")
    assert isinstance(locked, Refused)
    assert locked.wait is not None
    assert isinstance(enter(session, address="10.0.1.1", at=NOW + QUARTER + timedelta(seconds=1)), Begun)


def test_a_name_nobody_has_is_locked_just_the_same(session: Session) -> None:
    found = [enter(session, login="nobody.here", address=f"10.0.0.{number}") for number in range(6)]
    assert all(isinstance(one, Refused) for one in found)
    assert [one.wait is not None for one in found if isinstance(one, Refused)][-1]


@pytest.mark.usefixtures("user")
def test_an_address_is_locked_after_fifty_failures_of_any_names(session: Session) -> None:
    for _ in range(OF_ADDRESS.failures):
        count_attempt(session, OF_ADDRESS, "10.0.0.9", NOW)
    locked = enter(session, address="10.0.0.9")
    assert isinstance(locked, Refused)
    assert locked.wait is not None
    assert isinstance(enter(session, address="10.0.0.8"), Begun)


@pytest.mark.usefixtures("user")
def test_whoever_has_a_network_of_ipv6_has_one_address_to_guess_from(session: Session) -> None:
    for number in range(OF_ADDRESS.failures):
        count_attempt(session, OF_ADDRESS, f"2001:db8:0:1::{number:x}", NOW)
    assert isinstance(enter(session, address="2001:db8:0:1:ffff::1"), Refused)
    assert isinstance(enter(session, address="2001:db8:0:2::1"), Begun)


def test_guesses_that_came_in_together_do_not_lift_the_lock_of_one_another(session: Session) -> None:
    tried = [count_attempt(session, OF_LOGIN, "wang.min", NOW) for _ in range(3 * OF_LOGIN.failures)]
    assert tried == [True] * OF_LOGIN.failures + [False] * (2 * OF_LOGIN.failures)
    later = NOW + QUARTER + timedelta(seconds=1)
    assert count_attempt(session, OF_LOGIN, "wang.min", later)


@pytest.mark.usefixtures("user")
def test_a_wrong_one_time_secret_is_recorded(session: Session) -> None:
    found = activate(session, FirstPassword("wang.min", "no-such-secret", PHRASE), DEVICE, SETTINGS, NOW)
    assert isinstance(found, Refused)
    entry = list_entries(session, AuditFilter(action="session.refuse"), 1)[0]
    assert (entry.actor, entry.address) == ("wang.min", "10.0.0.7")
    assert entry.detail == {"reason": "wrong name or secret"}


def test_codes_are_good_once_and_recovery_codes_too(session: Session, user: int) -> None:
    actor = Actor("wang.min", user_id=user)
    assert begin_codes(session, actor, "a guess", SETTINGS, NOW) == Refused("wrong password")
    address = begin_codes(session, actor, PHRASE, SETTINGS, NOW)
    assert isinstance(address, str)
    app = pyotp.parse_uri(address)
    written = confirm_codes(session, actor, app.at(NOW), SETTINGS, NOW)
    missing = enter(session)
    assert isinstance(missing, Refused)
    assert missing.needs_code
    later = NOW + timedelta(seconds=STEP_S)
    assert isinstance(enter(session, code=app.at(NOW), at=later), Refused)  # it confirmed already
    assert isinstance(enter(session, code=app.at(later), at=later), Begun)
    assert isinstance(enter(session, code=app.at(later), at=later), Refused)
    assert isinstance(enter(session, code=written[0], at=later), Begun)
    assert isinstance(enter(session, code=written[0], at=later), Refused)
    assert isinstance(enter(session, code=written[1], at=later), Begun)


@pytest.mark.usefixtures("user")
def test_a_browser_session_ends_when_it_is_not_used_and_when_its_time_is_over(session: Session) -> None:
    begun = let_in(session)
    idle = timedelta(minutes=SETTINGS.session_idle_minutes)
    assert not is_known(session, begun.token, NOW + idle)
    at = NOW
    while at + idle / 2 < begun.expires_at:
        at += idle / 2
        assert is_known(session, begun.token, at)
    assert not is_known(session, begun.token, begun.expires_at)


@pytest.mark.usefixtures("user")
def test_a_renewing_token_is_good_once_and_a_copy_ends_the_session(session: Session) -> None:
    begun = let_in(session, kind=PHONE)
    assert begun.refresh is not None
    following = renew(session, begun.refresh, "10.0.0.1", SETTINGS, NOW)
    assert following is not None
    assert not is_known(session, begun.token, NOW)
    assert is_known(session, following.token, NOW)
    assert renew(session, begun.refresh, "10.6.6.6", SETTINGS, NOW) is None
    assert not is_known(session, following.token, NOW)
    assert following.refresh is not None
    assert renew(session, following.refresh, "10.0.0.1", SETTINGS, NOW) is None
    entry = list_entries(session, AuditFilter(action="session.end"), 1)[0]
    assert (entry.actor, entry.address) == ("wang.min", "10.6.6.6")
    assert entry.detail == {"reason": "token used twice"}


def test_guesses_at_an_open_session_count_as_they_do_at_the_door(session: Session, user: int) -> None:
    this = let_in(session)
    actor = Actor("wang.min", user_id=user, session_id=this.session_id, address="10.0.0.1")
    new = "seven wet umbrellas sing"
    for _ in range(OF_LOGIN.failures):
        refused = change_password(session, actor, "a guess", new, SETTINGS, NOW)
        assert refused == Refused("wrong password")
    locked = change_password(session, actor, PHRASE, new, SETTINGS, NOW)
    assert locked is not None
    assert locked.wait is not None
    assert is_known(session, this.token, NOW)


def test_another_password_ends_all_other_sessions(session: Session, user: int) -> None:
    this, other = let_in(session), let_in(session, kind=PHONE)
    actor = Actor("wang.min", user_id=user, session_id=this.session_id)
    change_password(session, actor, PHRASE, "seven wet umbrellas sing", SETTINGS, NOW)
    assert is_known(session, this.token, NOW)
    assert not is_known(session, other.token, NOW)


def test_none_of_the_last_five_passwords_comes_again_where_the_profile_says_so(
    session: Session, user: int
) -> None:
    settings = SETTINGS.model_copy(update={"password_profile": "mlps"})
    actor = Actor("wang.min", user_id=user)
    words = ["Umbrella", "Chimney", "Lantern", "Harbour", "Walnut", "Saddle", "Pigeon"]
    told = [f"{word}-sings-{number}-tunes" for number, word in enumerate(words)]
    for old, new in pairwise([PHRASE, *told]):
        assert change_password(session, actor, old, new, settings, NOW) is None
    for former in told[-5:]:
        with pytest.raises(InputError, match="none of your last 5"):
            change_password(session, actor, told[-1], former, settings, NOW)
    # nor does a new one-time secret make them forgotten
    secret = give_secret(session, user, Actor("li.security"), NOW)
    for former in told[-5:]:
        with pytest.raises(InputError, match="none of your last 5"):
            activate(session, FirstPassword("wang.min", secret, former), DEVICE, settings, NOW)
    sixth, later = FirstPassword("wang.min", secret, told[-6]), NOW + timedelta(hours=1)
    assert not isinstance(activate(session, sixth, DEVICE, settings, later), Refused)


def test_signing_out_and_disabling_end_a_session_at_once(session: Session, user: int) -> None:
    first, second = let_in(session), let_in(session)
    sign_out(session, Actor("wang.min", user_id=user), first.session_id)
    assert not is_known(session, first.token, NOW)
    assert is_known(session, second.token, NOW)
    change_account(session, user, disabled_at=NOW)
    assert not is_known(session, second.token, NOW)
