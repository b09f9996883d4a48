"""Demo accounts: one of each role, on the sample district and nowhere else."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gis.identity.actions import Action
from gis.identity.roles import Role
from gis.identity.secrets import PLAIN, hash_password, is_password
from gis.store.audit.record import record
from gis.store.identity.units import list_units
from gis.store.identity.users import change_account, find_user_named, get_account
from gis.store.releases import list_releases
from gis.workflows.identity.manage_users import NewUser, Wanted, add_user, grant_role
from gis.workflows.load_sample import SAMPLE_TITLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from gis.identity.accounts import Unit
    from gis.nouns import Actor
    from gis.settings import Settings


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to try a role with; the password is None if somebody has set another one."""

    login: str
    name: str
    role: Role
    unit_code: str
    password: str | None


DISTRICT_ROLES: Final = {
    Role.DISTRICT_PLANNER: ("planner", "区规划员"),
    Role.APPROVER: ("approver", "区审批人"),
    Role.DISTRICT_OPERATOR: ("district", "区受理员"),
    Role.AUDITOR: ("auditor", "审计员"),
    Role.SYSTEM_ADMINISTRATOR: ("sysadmin", "系统管理员"),
    Role.SECURITY_ADMINISTRATOR: ("secadmin", "安全管理员"),
    Role.AUDIT_ADMINISTRATOR: ("auditadmin", "审计管理员"),
    Role.PUBLIC_REPORTER: ("resident", "居民"),
}
STREET_ROLES: Final = {
    Role.STREET_PLANNER: ("streetplanner", "街道规划员"),
    Role.STREET_OPERATOR: ("street", "街道受理员"),
    Role.GRID_WORKER: ("worker", "网格员"),
}
DEPARTMENT_ROLES: Final = {Role.DEPARTMENT_HANDLER: ("department", "部门经办人")}
YESTERDAY: Final = timedelta(days=1)


def make_demo(session: Session, settings: Settings, actor: Actor, now: datetime) -> list[DemoAccount]:
    """Make the demo accounts that are not there yet, and return all with their passwords.

    1. Only where the sample district is the only one there is: real people must not meet known names.
    2. Passwords are random, and kept in a file under `settings.home` that only its owner reads.

    Returns:
        The accounts; none where it is another district, or none is published.
    """
    releases = list_releases(session)
    if [release.title for release in releases] != [SAMPLE_TITLE]:  # 1
        return []
    file = settings.home / "demo-accounts.json"
    kept = read_kept(file)
    accounts = [
        replace(one, password=kept.get(one.login, one.password)) for one in wanted(list_units(session))
    ]
    accounts = [keep_account(session, one, actor, now) for one in accounts]
    write_kept(file, accounts)  # 2
    return accounts


def wanted(units: Sequence[Unit]) -> list[DemoAccount]:
    """Return one account of each role: at the root, at the first street's centre, at the first department."""
    root = next(unit for unit in units if unit.parent_code is None)
    below = [unit for unit in units if unit.parent_code == root.code]
    street = next((unit for unit in below if unit.area_code != root.area_code), root)
    department = next((unit for unit in below if unit.area_code == root.area_code), root)
    places = ((root, DISTRICT_ROLES), (street, STREET_ROLES), (department, DEPARTMENT_ROLES))
    return [
        DemoAccount(login, name, role, unit.code, new_password())
        for unit, roles in places
        for role, (login, name) in roles.items()
    ]


def new_password() -> str:
    """Return a password that is easily typed and not guessed: 79 bits."""
    return "-".join("".join(secrets.choice(PLAIN) for _ in range(4)) for _ in range(4))


def keep_account(session: Session, account: DemoAccount, actor: Actor, now: datetime) -> DemoAccount:
    """Make an account if there is none; one that is there stays as it is."""
    known = find_user_named(session, account.login)
    password = account.password or ""
    if known is not None:
        is_kept = is_password(get_account(session, known.id).password, password)
        return account if is_kept else replace(account, password=None)
    user, _ = add_user(session, NewUser(account.login, account.name, account.unit_code), actor, now)
    # granted from yesterday on, so that it holds in every zone
    grant = Wanted(account.role, account.unit_code, (now - YESTERDAY).date())
    grant_role(session, user.id, grant, actor)
    hashed = hash_password(password)
    change_account(
        session, user.id, password=hashed, password_set_at=now, secret_sha256=None, secret_until=None
    )
    detail = {"login": account.login, "by": "demo"}
    record(session, actor, Action.PASSWORD_SET, subject=("user", user.id), detail=detail)
    return account


def read_kept(file: Path) -> dict[str, str]:
    """Return the passwords that were made before."""
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def write_kept(file: Path, accounts: Sequence[DemoAccount]) -> None:
    """Keep the passwords where only their owner reads them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(
        json.dumps({one.login: one.password for one in accounts if one.password}, indent=1), "utf-8"
    )
