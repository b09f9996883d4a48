"""A small organisation with people of many roles, for the tests of the pages about people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from gis.identity.roles import Role
from gis.identity.secrets import hash_password
from gis.nouns import Actor
from gis.store.identity.grants import save_grant
from gis.store.identity.units import get_unit, save_units
from gis.store.identity.users import change_account, save_user
from gis.store.session import make_engine, transaction

if TYPE_CHECKING:
    from gis.settings import Settings

PASSWORD = "lantern quarry eleven mosses"  # noqa: S105 - of accounts in a database of one test
MAKER = Actor("maker")
UNITS = [
    ("C", "云溪区网格化服务管理中心", None),
    ("C-001", "云溪街道中心", "C"),
    ("C-001-1", "云溪街道巡查一队", "C-001"),
    ("C-002", "梅园街道中心", "C"),
    ("D-1", "城市管理局", "C"),
]


@dataclass(frozen=True)
class Villager:
    """Somebody who signs in."""

    login: str
    name: str
    role: Role | None
    unit: str


PEOPLE = [
    Villager("li.security", "李安", Role.SECURITY_ADMINISTRATOR, "C"),
    Villager("zhao.audit", "赵审", Role.AUDIT_ADMINISTRATOR, "C"),
    Villager("chen.planner", "陈规划", Role.DISTRICT_PLANNER, "C"),
    Villager("wang.min", "王敏", Role.STREET_OPERATOR, "C-001"),
    Villager("sun.li", "孙丽", Role.GRID_WORKER, "C-001-1"),
    Villager("he.auditor", "何审计", Role.AUDITOR, "C"),
    Villager("zhou.hua", "周华", None, "C-002"),
]


def settle(settings: Settings) -> None:
    """Add the units and people; all have the same password, hashed once."""
    engine = make_engine(settings)
    hashed = hash_password(PASSWORD)
    with transaction(engine) as session:
        save_units(
            session,
            [
                {"code": code, "name": name, "parent_code": above, "area_code": None}
                for code, name, above in UNITS
            ],
        )
        for one in PEOPLE:
            unit_id = get_unit(session, one.unit).id
            user_id = save_user(session, one.login, one.name, unit_id, MAKER)
            change_account(session, user_id, password=hashed, password_set_at=datetime.now(UTC))
            if one.role is not None:
                save_grant(session, user_id, one.role, unit_id, (date(2020, 1, 1), None), MAKER)
    engine.dispose()
