"""Failed log-ins, counted by log-in name and by address; a name that does not exist counts just the same."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gis.store.identity.tables import FailureRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures within how long lock for how long."""

    kind: str
    failures: int
    within: timedelta
    locked: timedelta


QUARTER: Final = timedelta(minutes=15)
OF_LOGIN: Final = Patience("login", 5, QUARTER, QUARTER)
# An office of a hundred people may stand behind one address.
OF_ADDRESS: Final = Patience("address", 50, QUARTER, QUARTER)
OWN_BITS = 64  # of an IPv6 address


def key_of(patience: Patience, text: str) -> bytes:
    """Return what a name or an address is counted under: what people type by mistake is not kept."""
    if patience is OF_ADDRESS:
        text = network_of(text)
    return hashlib.sha256(f"{patience.kind}:{text}".encode()).digest()


def network_of(address: str) -> str:
    """Return what guesses are counted by: an IPv4 address, or the first 64 bits of IPv6.

    >>> network_of("192.0.2.1"), network_of("::ffff:192.0.2.1"), network_of("2001:db8:0:1:a::b")
    ('192.0.2.1', '192.0.2.1', '2001:db8:0:1::/64')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address  # a socket of this machine has none
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, OWN_BITS), strict=False))


def find_lock(session: Session, keys: list[bytes], now: datetime) -> timedelta | None:
    """Return for how long the longest of these locks still holds, None if there is none."""
    until = session.scalar(
        select(FailureRow.locked_until)
        .where(FailureRow.key_sha256.in_(keys), FailureRow.locked_until > now)
        .order_by(FailureRow.locked_until.desc())
        .limit(1)
    )
    return None if until is None else until - now


def count_attempt(session: Session, patience: Patience, text: str, now: datetime) -> bool:
    """Count a log-in as failed before it is tried, and say whether it may be tried at all.

    The row is held until the transaction ends: guesses made at the same time come one after another.

    Returns:
        False if the name or address is locked.
    """
    key = key_of(patience, text)
    fresh = FailureRow.first_at <= now - patience.within
    row = insert(FailureRow).values(key_sha256=key, failures=1, first_at=now)
    failures, first_at, locked_until = session.execute(
        row.on_conflict_do_update(
            index_elements=["key_sha256"],
            set_={
                "failures": case((fresh, 1), else_=FailureRow.failures + 1),
                "first_at": case((fresh, now), else_=FailureRow.first_at),
            },
        ).returning(FailureRow.failures, FailureRow.first_at, FailureRow.locked_until)
    ).one()
    if locked_until is not None and locked_until > now:
        # one that came in at the same time has locked it
        return False
    if failures <= patience.failures:
        return True
    session.execute(
        update(FailureRow)
        .where(FailureRow.key_sha256 == key)
        .values(locked_until=now + patience.locked, failures=0, first_at=first_at)
    )
    return False


def delete_failures_before(session: Session, time: datetime) -> None:
    """Forget what was counted before a time, and locks nothing any more."""
    is_over = or_(FailureRow.locked_until.is_(None), FailureRow.locked_until < time)
    session.execute(delete(FailureRow).where(FailureRow.first_at < time, is_over))


def forgive(session: Session, login: str, address: str) -> None:
    """Forget the failures of a name that has signed in; its address is only let off this one."""
    forget_failures(session, OF_LOGIN, login)
    session.execute(
        update(FailureRow)
        .where(FailureRow.key_sha256 == key_of(OF_ADDRESS, address), FailureRow.failures > 0)
        .values(failures=FailureRow.failures - 1)
    )


def forget_failures(session: Session, patience: Patience, text: str) -> None:
    """Let a name or an address try again."""
    session.execute(delete(FailureRow).where(FailureRow.key_sha256 == key_of(patience, text)))
