"""Whom the identity provider vouches for: which account is tied, and that it never has a password then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import people
import pytest

from gis.identity.accounts import Need, SessionKind
from gis.identity.profiles import PasswordProfile
from gis.identity.roles import Role
from gis.identity.secrets import hash_password
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.identity.users import change_account
from gis.store.session import make_engine, transaction
from gis.workflows.identity.begin import Begun, Device, recognise
from gis.workflows.identity.manage_users import disable_user, give_secret
from gis.workflows.identity.oidc import Vouched, sign_in_vouched
from gis.workflows.identity.own_account import FirstPassword, activate
from gis.workflows.identity.sign_in import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gis.identity.accounts import SignedIn

SETTINGS = Settings(second_factor="required", password_profile=PasswordProfile.MLPS)
ADMIN = Actor("li.security")
HASHED = hash_password("Copper-lantern-7-mule")
NOW = datetime.now(UTC).replace(microsecond=0)
DEVICE = Device(SessionKind.BROWSER, "10.0.0.1")
WANG = Vouched("https://provider.example", "subject-1", "wang.min")
MOMENT_S = 0.5


@pytest.fixture
def user(session: Session) -> int:
    """A grid worker who has no password yet."""
    return people.make_user(session, "wang.min", [Role.GRID_WORKER])


def enter(session: Session, vouched: Vouched = WANG) -> Begun | Refused:
    return sign_in_vouched(session, vouched, DEVICE, SETTINGS, NOW)


def known(session: Session, begun: Begun | Refused) -> SignedIn:
    assert isinstance(begun, Begun)
    found = recognise(session, begun.token, SETTINGS, NOW)
    assert found is not None
    return found


def last_refusal(session: Session) -> tuple[str, str]:
    entry = list_entries(session, AuditFilter(action="session.refuse"), 1)[0]
    return entry.actor, entry.detail["reason"]


def test_an_account_with_a_password_is_not_taken_by_choosing_its_name(session: Session, user: int) -> None:
    change_account(session, user, password=HASHED, password_set_at=NOW)
    assert enter(session) == Refused("has a password")
    assert last_refusal(session) == ("wang.min", "has a password")
    # an administrator moves it to the provider: from the new secret on it has no password
    secret = give_secret(session, user, ADMIN, NOW)
    assert known(session, enter(session)).login == "wang.min"
    # and never gets one: what was handed over is good no longer
    given = FirstPassword("wang.min", secret, "Seven-wet-umbrellas-4")
    assert activate(session, given, DEVICE, SETTINGS, NOW) == Refused("wrong name or secret")


def test_a_second_factor_and_the_age_of_a_password_are_the_providers_business(
    session: Session, user: int
) -> None:
    change_account(session, user, password=HASHED, password_set_at=NOW - timedelta(days=100))
    give_secret(session, user, ADMIN, NOW)
    assert known(session, enter(session)).needs == frozenset()
    # one that was tied with its password before that was refused
    change_account(session, user, password=HASHED)
    assert known(session, enter(session)).needs == {Need.PASSWORD, Need.SECOND_FACTOR}


def test_a_disabled_account_is_neither_tied_nor_let_in(session: Session, user: int) -> None:
    disable_user(session, user, ADMIN, NOW)
    assert enter(session) == Refused("disabled")
    assert last_refusal(session) == ("wang.min", "disabled")
    assert not list_entries(session, AuditFilter(action="provider.tie"), 1)


def test_the_name_of_a_tied_account_lets_no_other_subject_in(session: Session, user: int) -> None:
    assert known(session, enter(session)).user_id == user
    other = Vouched(WANG.issuer, "subject-2", WANG.login)
    assert enter(session, other) == Refused("no account")
    assert enter(session, Vouched(WANG.issuer, "subject-3", "")) == Refused("no account")
    assert last_refusal(session) == ("?", "no account")


@pytest.mark.parametrize("take_back", [give_secret, disable_user])
def test_who_takes_an_account_back_ends_a_session_begun_in_the_same_moment(
    settings: Settings, take_back: Callable[[Session, int, Actor, datetime], object]
) -> None:
    engine = make_engine(settings)
    with transaction(engine) as one:
        user = people.make_user(one, "wang.min", [Role.GRID_WORKER])
        enter(one)

    def administer() -> None:
        with transaction(engine) as other:
            take_back(other, user, ADMIN, NOW)

    thread = Thread(target=administer)
    with transaction(engine) as one:
        begun = enter(one)
        thread.start()
        thread.join(MOMENT_S)
    thread.join()
    with transaction(engine) as one:
        assert isinstance(begun, Begun)
        assert recognise(one, begun.token, SETTINGS, NOW) is None
        one.connection().exec_driver_sql("UPDATE user_account SET disabled_at = NULL")
        assert recognise(one, begun.token, SETTINGS, NOW) is None
    engine.dispose()
