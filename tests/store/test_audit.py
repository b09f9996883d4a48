from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from gis.errors import ConflictError
from gis.identity.actions import Action
from gis.logs import request_id
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.audit.tables import AuditEntryRow
from gis.store.jobs.queue import cancel_job, save_job
from gis.store.session import transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

STAFF = Actor("li.na", user_id=7, session_id=31, address="10.2.3.4")


def test_an_entry_says_who_did_what_to_what(session: Session) -> None:
    token = request_id.set("9f2c5a1e77b0c3d4")
    try:
        record(session, STAFF, Action.JOB_CANCEL, subject=("job", 17), detail={"kind": "check"})
    finally:
        request_id.reset(token)
    (entry,) = session.scalars(select(AuditEntryRow))
    assert (entry.actor, entry.user_id, entry.session_id, entry.address) == ("li.na", 7, 31, "10.2.3.4")
    assert (entry.action, entry.subject_kind, entry.subject_id) == ("job.cancel", "job", "17")
    assert (entry.request, entry.detail) == ("9f2c5a1e77b0c3d4", {"kind": "check"})
    assert entry.xid == session.scalar(text("SELECT pg_current_xact_id()::text::bigint"))


def test_an_entry_is_stored_with_its_deed_or_not_at_all(engine: Engine) -> None:
    def fail() -> None:
        with transaction(engine) as session:
            record(session, STAFF, Action.JOB_CANCEL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with transaction(engine) as session:
        record(session, STAFF, Action.HOLE_INTEND)
    with transaction(engine) as session:
        assert session.scalars(select(AuditEntryRow.action)).all() == ["hole.intend"]


REFUSED = [
    "UPDATE audit_entry SET actor = 'nobody'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "UPDATE audit_link SET hash = 'x'",
    "DELETE FROM audit_link",
    "UPDATE audit_batch SET head = 'x'",
    "DELETE FROM audit_batch",
    "TRUNCATE audit_link, audit_batch, audit_anchor",
    "UPDATE audit_anchor SET number = 9",
    "DELETE FROM audit_anchor",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_itself_refuses_to_change_the_log(session: Session, statement: str) -> None:
    record(session, STAFF, Action.JOB_CANCEL)
    session.execute(text("INSERT INTO audit_link VALUES (1, (SELECT max(id) FROM audit_entry), 'a')"))
    session.execute(text("INSERT INTO audit_batch (last, head, seen_xid) VALUES (1, 'a', 1)"))
    session.execute(text("INSERT INTO audit_anchor (number, hash, dropped_by) VALUES (0, 'a', 'a')"))
    with pytest.raises(ProgrammingError, match="never changed"), session.begin_nested():
        session.execute(text(statement))


def test_cancelling_a_job_is_recorded_once(session: Session) -> None:
    job = save_job(session, "check", {}, STAFF)
    cancel_job(session, job.id, STAFF)
    cancel_job(session, job.id, STAFF)
    entries = session.scalars(select(AuditEntryRow)).all()
    assert [(entry.subject_id, entry.detail) for entry in entries] == [(str(job.id), {"kind": "check"})]


def test_what_is_refused_is_not_recorded(session: Session) -> None:
    job = save_job(session, "check", {}, STAFF)
    session.execute(text("UPDATE job SET state = 'done'"))
    with pytest.raises(ConflictError):
        cancel_job(session, job.id, STAFF)
    assert session.scalars(select(AuditEntryRow)).all() == []
