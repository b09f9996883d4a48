"""The chain over the audit log: nothing is passed over, and 1 000 random tamperings are all seen."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gis.identity.actions import Action
from gis.identity.chain import GENESIS, ChainedEntry, Exported, FaultKind, hash_after
from gis.nouns import Actor
from gis.store.audit.record import record
from gis.store.audit.seal import list_heads, seal_entries
from gis.store.audit.verify import count_waiting, verify_chain
from gis.store.session import transaction
from gis.store.sql import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

ENTRIES, BATCH, TAMPERINGS = 24, 5, 1_000
ACTORS = [
    Actor("li.na", user_id=7, session_id=31, address="10.2.3.4"),
    Actor("wang.wei", user_id=8, session_id=32, address="10.2.3.5"),
    Actor("root"),
]


def write(session: Session, count: int = ENTRIES) -> None:
    for number in range(count):
        actor, action = ACTORS[number % 3], list(Action)[number % len(Action)]
        record(session, actor, action, subject=("plan", number % 9), detail={"rows": number, "值": 0.5})


def sealed(session: Session) -> Exported:
    """Seal everything in small batches; return what is exported of it."""
    while seal_entries(session, most=BATCH):
        pass
    return Exported(tuple(list_heads(session)))


def test_a_log_that_nobody_touched_verifies(session: Session) -> None:
    assert verify_chain(session, Exported()) == []
    assert seal_entries(session) is None
    write(session)
    assert count_waiting(session) == ENTRIES
    exported = sealed(session)
    assert [head.last for head in exported.heads] == [*range(BATCH, ENTRIES, BATCH), ENTRIES]
    write(session, 3)
    assert verify_chain(session, exported) == []
    assert count_waiting(session) == 3
    sealed(session)
    assert verify_chain(session, exported) == []


def test_entries_are_numbered_as_they_are_committed_and_none_is_passed_over(engine: Engine) -> None:
    with transaction(engine) as late:
        record(late, ACTORS[0], Action.JOB_CANCEL)
        with transaction(engine) as early:
            record(early, ACTORS[1], Action.JOB_CANCEL)
        with transaction(engine) as session:
            first = seal_entries(session)
        with transaction(engine) as session:
            assert seal_entries(session) is None
    with transaction(engine) as session:
        second = seal_entries(session)
        actors = session.scalars(
            text("SELECT actor FROM audit_entry JOIN audit_link ON entry_id = id ORDER BY number")
        ).all()
        assert (first and first.last, second and second.last) == (1, 2)
        assert actors == ["wang.wei", "li.na"]
        assert verify_chain(session, Exported(tuple(list_heads(session)))) == []


def test_entries_of_a_restored_database_are_sealed_although_its_transactions_count_anew(
    session: Session,
) -> None:
    write(session)
    sealed(session)
    session.execute(text("ALTER TABLE audit_batch DISABLE TRIGGER refuse"))
    session.execute(text("UPDATE audit_batch SET seen_xid = pg_current_xact_id()::text::bigint + 1000000"))
    write(session, 2)
    assert verify_chain(session, Exported(tuple(list_heads(session)))) == []
    assert seal_entries(session) is not None
    assert count_waiting(session) == 0


@pytest.fixture
def log(session: Session) -> tuple[Session, Exported]:
    """A sealed log whose guards somebody with all rights has taken away."""
    write(session)
    exported = sealed(session)
    for table in ("audit_entry", "audit_link", "audit_batch", "audit_anchor"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    session.execute(text("ALTER TABLE audit_link DROP CONSTRAINT uq_audit_link_entry_id"))
    return session, exported


OF_NUMBER = "WHERE id = (SELECT entry_id FROM audit_link WHERE number = :number)"
CHANGES = [
    "at = at + interval '1 microsecond'",
    "xid = xid - 1",
    "actor = actor || ' '",
    "user_id = coalesce(user_id, 0) + 1",
    "session_id = CASE WHEN session_id IS NULL THEN 1 END",
    "address = coalesce(address, '') || '0'",
    "request = coalesce(request, '') || 'f'",
    "action = action || 's'",
    "subject_kind = 'event'",
    "subject_id = subject_id || '0'",
    "detail = detail || '{\"rows\": -1}'",
]


class Intruder:
    """Somebody with all rights on the database, who knows how the chain is made."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session = session
        self.random = random.Random(seed)  # noqa: S311 - an intruder of a test, always the same

    def run(self, query: str, **values: Any) -> None:
        self.session.execute(text(query), values)

    def number(self, least: int = 1, most: int = ENTRIES) -> int:
        return self.random.randint(least, most)

    def recount(self) -> None:
        """Number the links without holes and count all hashes and heads anew."""
        if self.random.random() < 0.5:
            return
        self.run("UPDATE audit_link SET number = -number")
        self.run(
            "UPDATE audit_link SET number = new FROM (SELECT number AS old, row_number() OVER "
            "(ORDER BY number DESC) AS new FROM audit_link) AS counted WHERE number = old"
        )
        before, hashes = GENESIS, []
        for row in self.session.execute(statement("list_chain")).all():
            if row.id is not None:
                before = hash_after(before, row.number, ChainedEntry(*row[3:]))
            hashes.append((row.number, before))
        numbers, values = zip(*hashes, strict=True)
        self.run(
            "UPDATE audit_link SET hash = counted.hash FROM unnest(CAST(:numbers AS bigint[]), "
            "CAST(:hashes AS bytea[])) AS counted (number, hash) WHERE audit_link.number = counted.number",
            numbers=list(numbers),
            hashes=list(values),
        )
        self.run(
            "UPDATE audit_batch SET head = hash FROM audit_link WHERE number = least(last, "
            "(SELECT max(number) FROM audit_link))"
        )

    def change_a_value(self) -> None:
        change = self.random.choice(CHANGES)
        self.run(f"UPDATE audit_entry SET {change} {OF_NUMBER}", number=self.number())  # noqa: S608 - from the list above
        self.recount()

    def swap_two_places(self) -> None:
        one, other = self.random.sample(range(1, ENTRIES + 1), 2)
        self.run(
            "UPDATE audit_link SET entry_id = other.entry_id FROM audit_link AS other WHERE "
            "(audit_link.number, other.number) IN ((:a, :b), (:b, :a))",
            a=one,
            b=other,
        )
        self.recount()

    def delete_an_entry(self) -> None:
        number = self.number()
        self.run(
            "DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE number = :n)", n=number
        )
        if self.random.random() < 0.7:
            self.run("DELETE FROM audit_link WHERE number = :n", n=number)
        self.recount()

    def delete_a_link(self) -> None:
        self.run("DELETE FROM audit_link WHERE number = :n", n=self.number())
        self.recount()

    def put_an_entry_in(self) -> None:
        made = (
            "INSERT INTO audit_entry (at, xid, actor, action) SELECT at, 1, 'li.na', 'job.cancel' "
            "FROM audit_entry ORDER BY id OFFSET :n LIMIT 1 RETURNING id"
        )
        entry_id = self.session.scalar(text(made), {"n": self.number(0, ENTRIES - 1)})
        if self.random.random() < 0.7:
            number = self.number()
            self.run("UPDATE audit_link SET number = -number - 1 WHERE number >= :n", n=number)
            self.run("UPDATE audit_link SET number = -number WHERE number < 0")
            self.run("INSERT INTO audit_link VALUES (:n, :id, 'x')", n=number, id=entry_id)
            self.recount()

    def cut_the_tail(self) -> None:
        number = self.number()
        self.run("DELETE FROM audit_entry USING audit_link WHERE id = entry_id AND number >= :n", n=number)
        self.run("DELETE FROM audit_link WHERE number >= :n", n=number)
        self.run("DELETE FROM audit_batch WHERE last >= :n", n=number)
        if self.random.random() < 0.5 and number > 1:
            self.run(
                "INSERT INTO audit_batch (last, head, seen_xid) SELECT number, hash, 1 FROM audit_link "
                "WHERE number = :n ON CONFLICT DO NOTHING",
                n=number - 1,
            )

    def change_a_link(self) -> None:
        self.run("UPDATE audit_link SET hash = sha256(hash) WHERE number = :n", n=self.number())

    def change_a_batch(self) -> None:
        change = self.random.choice(
            [
                "UPDATE audit_batch SET head = sha256(head) WHERE last = :n",
                "UPDATE audit_batch SET seen_xid = seen_xid + 1 WHERE last = :n",
                "UPDATE audit_batch SET sealed_at = sealed_at - interval '1 day' WHERE last = :n",
                "UPDATE audit_batch SET last = last - 1 WHERE last = :n",
                "DELETE FROM audit_batch WHERE last = :n",
            ]
        )
        self.run(change, n=min(ENTRIES, BATCH * self.number(1, 5)))

    def drop_the_beginning(self) -> None:
        number = self.number()
        self.run(
            "INSERT INTO audit_anchor (number, hash, dropped_by) SELECT number, hash, 'root' "
            "FROM audit_link WHERE number = :n",
            n=number,
        )
        self.run("DELETE FROM audit_entry USING audit_link WHERE id = entry_id AND number <= :n", n=number)
        self.run("DELETE FROM audit_link WHERE number <= :n", n=number)
        self.run("DELETE FROM audit_batch WHERE last <= :n", n=number)

    def empty_everything(self) -> None:
        self.run("DELETE FROM audit_entry; DELETE FROM audit_link; DELETE FROM audit_batch")
        if self.random.random() < 0.5:
            write(self.session, self.number())
            sealed(self.session)


def tamperings(intruder: Intruder) -> Iterator[Callable[[], None]]:
    """Yield what an intruder does, in random order, the usual things more often."""
    kinds = [getattr(intruder, name) for name in vars(Intruder) if "_" in name.strip("_")]
    rare = intruder.empty_everything
    weights = [1 if kind == rare else 10 for kind in kinds]
    for _ in range(TAMPERINGS):
        yield intruder.random.choices(kinds, weights)[0]


def test_every_one_of_1000_random_tamperings_is_seen(log: tuple[Session, Exported]) -> None:
    session, exported = log
    seen: Counter[str] = Counter()
    passed: list[str] = []
    for tamper in tamperings(Intruder(session, seed=20261126)):
        with session.begin_nested() as nested:
            tamper()
            (seen.update if verify_chain(session, exported) else passed.extend)([tamper.__name__])
            nested.rollback()
    assert passed == []
    assert sum(seen.values()) == TAMPERINGS
    assert len(seen) == 10
    assert verify_chain(session, exported) == []


FIRST = [
    ("UPDATE audit_entry SET actor = 'x' WHERE id = :id", FaultKind.CHANGED, 13),
    ("DELETE FROM audit_entry WHERE id = :id", FaultKind.ENTRY_MISSING, 13),
    ("DELETE FROM audit_link WHERE number = 13", FaultKind.LINK_MISSING, 13),
    ("UPDATE audit_batch SET head = 'x' WHERE last = 10", FaultKind.BATCH_WRONG, 10),
    ("DELETE FROM audit_batch WHERE last = 10", FaultKind.HEAD_DIFFERS, 10),
    ("DELETE FROM audit_link WHERE number > 12", FaultKind.BATCH_WRONG, 15),
    (
        (
            "DELETE FROM audit_entry USING audit_link WHERE id = entry_id AND number > 10; "
            "DELETE FROM audit_link WHERE number > 10; DELETE FROM audit_batch WHERE last > 10"
        ),
        FaultKind.TAIL_CUT,
        11,
    ),
]


@pytest.mark.parametrize(("query", "kind", "number"), FIRST)
def test_the_first_fault_is_named(
    log: tuple[Session, Exported], query: str, kind: FaultKind, number: int
) -> None:
    session, exported = log
    entry_id = session.scalar(text("SELECT entry_id FROM audit_link WHERE number = 13"))
    session.execute(text(query), {"id": entry_id} if ":id" in query else {})
    fault = verify_chain(session, exported)[0]
    assert (fault.kind, fault.number) == (kind, number)


def test_without_heads_outside_a_chain_counted_anew_would_pass_so_that_is_said(
    log: tuple[Session, Exported],
) -> None:
    session, exported = log
    session.execute(text("TRUNCATE audit_entry, audit_link, audit_batch"))
    write(session)
    sealed(session)
    assert [fault.kind for fault in verify_chain(session, Exported())] == [FaultKind.NO_HEADS]
    assert FaultKind.HEAD_DIFFERS in {fault.kind for fault in verify_chain(session, exported)}
