"""Verify the audit log against its chain and the heads that are kept outside the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gis.identity.chain import FaultKind
from gis.store.audit.verify import count_waiting, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from gis.identity.chain import Exported, Fault

SENTENCES = {
    FaultKind.CHANGED: "number {number}: entry {entry_id} or its hash was changed, or its order",
    FaultKind.ENTRY_MISSING: "number {number}: entry {entry_id} was deleted",
    FaultKind.LINK_MISSING: "number {number} is missing in the chain",
    FaultKind.BATCH_WRONG: "number {number}: the head of the batch that ends here is missing or wrong",
    FaultKind.HEAD_DIFFERS: "number {number}: the head that was exported is another; "
    "something up to here was changed and all hashes counted anew",
    FaultKind.TAIL_CUT: "number {number} and what followed was cut off; its head had been exported",
    FaultKind.ANCHOR_WRONG: "number {number}: the log was dropped up to here otherwise than by retention",
    FaultKind.PASSED_OVER: "entry {entry_id} was put in behind the relay's back, or its link was deleted",
    FaultKind.NO_HEADS: "no head is known outside the database: a log of {number} entries that was counted "
    "anew as a whole would look the same",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found.

    Attributes:
        sealed: How many entries the chain has.
        heads: How many heads are kept outside the database.
        waiting: How many entries are not sealed yet, and so not protected yet.
        faults: What does not hold, the chain's first fault first.
    """

    sealed: int
    heads: int
    waiting: int
    faults: list[Fault]


def verify_log(
    session: Session, exported: Exported, on_progress: Callable[[int], None] = lambda _: None
) -> Verdict:
    """Compare every entry with the chain, and the chain with the exported heads.

    Args:
        session: The open transaction.
        exported: The heads that were exported before this transaction began.
        on_progress: Told how many links were looked at.
    """
    sealed = 0

    def count(done: int) -> None:
        nonlocal sealed
        sealed += done
        on_progress(done)

    faults = verify_chain(session, exported, count)
    return Verdict(sealed, len(exported.heads), count_waiting(session), faults)


def sentence_of(fault: Fault) -> str:
    """Return what a fault is, for people."""
    return SENTENCES[fault.kind].format(number=fault.number, entry_id=fault.entry_id)
