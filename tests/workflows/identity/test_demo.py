"""Demo accounts: on the sample district alone, and never in the way of a password somebody has set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import releases
from matrix.world import UNITS, all_areas

from gis.identity.secrets import hash_password
from gis.nouns import Actor
from gis.settings import Settings
from gis.store.audit.entries import AuditFilter, list_entries
from gis.store.identity.units import save_units
from gis.store.identity.users import change_account, find_account
from gis.store.plans import create_plan, save_plan_areas
from gis.workflows.identity.demo import make_demo
from gis.workflows.load_sample import SAMPLE_TITLE

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ROOT = Actor("cli:root")


def publish(session: Session, title: str, day: date) -> None:
    plan = create_plan(session, title, ROOT)
    save_plan_areas(session, plan.id, all_areas())
    releases.publish(session, plan.id, day)


def test_accounts_are_made_once_and_recorded(session: Session, tmp_path: Path) -> None:
    settings = Settings(database_url="postgresql://unused", home=tmp_path)
    assert make_demo(session, settings, ROOT, NOW) == []
    publish(session, SAMPLE_TITLE, date(2026, 1, 1))
    units = [{"code": c, "name": c, "parent_code": p, "area_code": area} for c, (p, area) in UNITS.items()]
    save_units(session, units)
    first = make_demo(session, settings, ROOT, NOW)
    assert len({one.password for one in first}) == len(first) == 12
    assert len(list_entries(session, AuditFilter(action="password.set"), 50)) == 12
    assert make_demo(session, settings, ROOT, NOW) == first

    worker = find_account(session, "worker")
    assert worker is not None
    own = hash_password("their own four words")
    change_account(session, worker.id, password=own)
    assert {one.login: one.password for one in make_demo(session, settings, ROOT, NOW)}["worker"] is None
    session.expire_all()
    assert find_account(session, "worker").password == own  # type: ignore[union-attr] # it is there

    publish(session, "the real one", date(2026, 2, 1))
    assert make_demo(session, settings, ROOT, NOW) == []
