"""What a user sees is looked up, not gone through: the condition leaves the indexes of events in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from matrix.world import A1, A11, WEST, publish_two
from sqlalchemy import event, select, text

from gis.nouns import Actor, Scope
from gis.store.events import EventFilter, list_events
from gis.store.session import make_engine, transaction
from gis.store.tables import AreaVersionRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from gis.settings import Settings

COUNT, OWN = 50_000, 40
BOX = (WEST[A11], 31.0, WEST[A11] + 0.004, 31.004)
# Spread over both streets and all days, every area in equal shares; a few come from one resident.
FILL = """
INSERT INTO event (source, source_id, crs, geom, reported_at, received_by, category, grade, text,
    community_id, street_id, district_id, unlocated)
SELECT 'test', number::text, 'EPSG:4490',
    ST_SetSRID(ST_MakePoint(118 + random() * 0.16, 31 + random() * 0.1), 4490),
    timestamptz '2026-01-01 00:00Z' + number * interval '1 minute',
    CASE WHEN number % (:count / :own) = 7 THEN 'chen.jing' ELSE 'clerk' END, 'rubbish', 'ordinary', '',
    community.area_id, community.parent_id, district.area_id, 'no_grid'
FROM generate_series(1, :count) AS number
JOIN (
    SELECT area_id, parent_id, row_number() OVER (ORDER BY code) - 1 AS place
    FROM area_version WHERE level = 'community' AND upper_inf(valid) AND code LIKE '320198%'
) AS community ON community.place = number % 4
CROSS JOIN (SELECT area_id FROM area_version WHERE code = '320198' AND upper_inf(valid)) AS district
"""
RESIDENT, NEWCOMER = (Actor(login, scope=Scope(has_own=True)) for login in ("chen.jing", "new.here"))


@pytest.fixture(scope="module")
def filled(module_settings: Settings) -> Iterator[Engine]:
    engine = make_engine(module_settings)
    with transaction(engine) as session:
        publish_two(session)
        session.execute(text("SELECT setseed(0.5)"))
        session.execute(text(FILL), {"count": COUNT, "own": OWN})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE event"))
    yield engine
    engine.dispose()


def street(session: Session) -> Actor:
    """Somebody who sees one of the two streets."""
    area_id = session.scalars(select(AreaVersionRow.area_id).where(AreaVersionRow.code == A1)).first()
    return Actor("clerk.of.a1", scope=Scope(area_ids=frozenset({area_id or 0})))


def plan_of(session: Session, wanted: EventFilter, limit: int = 50) -> str:
    """Return how the database goes about `list_events`."""
    sent: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        sent.append(arguments[2:4])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    list_events(session, wanted, limit)
    event.remove(connection, "before_cursor_execute", note)
    ((statement, values),) = sent
    return explained(session, statement, values)


def explained(session: Session, statement: str, values: Any = None) -> str:
    lines = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}", values)
    return "\n".join(line for (line,) in lines)


def test_a_box_is_looked_up_whatever_one_may_see(filled: Engine) -> None:
    with transaction(filled) as session:
        actor = street(session)
        found = list_events(session, EventFilter(bbox=BOX, seen_by=actor), 1000)
        everything = list_events(session, EventFilter(bbox=BOX), 1000)
        plan = plan_of(session, EventFilter(bbox=BOX, seen_by=actor))
    assert 0 < len(found) < len(everything)
    assert "ix_event_geom" in plan, plan


def test_rules_that_the_database_keeps_apart_lose_the_spatial_index(filled: Engine) -> None:
    """The control: row-level security and barrier views ask the rule of every row before the box."""
    with transaction(filled) as session:
        (street_id,) = street(session).scope.area_ids
        barrier = "CREATE TEMPORARY VIEW seen WITH (security_barrier) AS SELECT * FROM event"
        session.execute(text(f"{barrier} WHERE street_id = {street_id}"))
        boxed = "SELECT * FROM seen WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, 4490)"
        plan = explained(session, boxed, BOX)
    assert "ix_event_geom" not in plan, plan


def test_own_reports_are_looked_up(filled: Engine) -> None:
    with transaction(filled) as session:
        found = list_events(session, EventFilter(seen_by=RESIDENT), 1000)
        plan = plan_of(session, EventFilter(seen_by=RESIDENT))
        nothing = plan_of(session, EventFilter(seen_by=NEWCOMER))
    assert [one.received_by for one in found] == ["chen.jing"] * OWN
    for one in (plan, nothing):
        assert "Rows Removed" not in one, one
        assert "ix_event_received_by" in one, one


def test_the_newest_of_a_street_are_read_in_their_order(filled: Engine) -> None:
    with transaction(filled) as session:
        actor = street(session)
        plan = plan_of(session, EventFilter(seen_by=actor))
        found = list_events(session, EventFilter(seen_by=actor), 50)
    assert len({one.chain.street for one in found}) == 1
    assert "ix_event_reported_at_id" in plan, plan
    assert "Seq Scan" not in plan, plan
