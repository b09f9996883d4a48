"""The chain of hashes over the audit log: how it is made, and what of it does not hold.

1. The hash of a link is SHA-256 over the hash before it and the canonical bytes of its number and entry.
2. The canonical bytes are a JSON list of the number and all fields of the entry, in their order.
3. Before the first link stands `GENESIS`, or the hash of the anchor the log was dropped up to.
4. The chain alone proves nothing to somebody who may write to the database and count all hashes anew.
   The heads of the chain are therefore kept outside the database too, and must agree.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from datetime import UTC
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry of the audit log as it is hashed; `detail` is the text the database gives for it."""

    id: int
    at: datetime
    xid: int
    actor: str
    user_id: int | None
    session_id: int | None
    address: str | None
    request: str | None
    action: str
    subject_kind: str | None
    subject_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain; `entry` is None if it is gone."""

    number: int
    hash: bytes
    entry_id: int
    entry: ChainedEntry | None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain after a batch; `seen_xid`: entries of older transactions were sealed by then."""

    last: int
    head: bytes
    sealed_at: datetime
    seen_xid: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """Up to where the log was dropped, with the chain's hash there."""

    number: int
    hash: bytes
    dropped_at: datetime
    dropped_by: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What is kept outside the database: heads and anchors, in the order they were written."""

    heads: tuple[Head, ...] = ()
    anchors: tuple[Anchor, ...] = ()


class FaultKind(StrEnum):
    """What can be wrong with the log."""

    CHANGED = "changed"
    ENTRY_MISSING = "entry_missing"
    LINK_MISSING = "link_missing"
    BATCH_WRONG = "batch_wrong"
    HEAD_DIFFERS = "head_differs"
    TAIL_CUT = "tail_cut"
    ANCHOR_WRONG = "anchor_wrong"
    PASSED_OVER = "passed_over"
    NO_HEADS = "no_heads"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold: at a number of the chain, or for an entry that is not in it."""

    kind: FaultKind
    number: int | None
    entry_id: int | None = None


def hash_after(before: bytes, number: int, entry: ChainedEntry) -> bytes:
    """Return the hash of a link by rules 1 and 2."""
    fields = [number, *astuple(replace(entry, at=entry.at.astimezone(UTC)))]
    return sha256(before + orjson.dumps(fields, option=orjson.OPT_UTC_Z)).digest()


def find_faults(
    links: Iterable[Link],
    batches: Mapping[int, Head],
    anchors: tuple[Anchor, ...],
    exported: Exported,
    passed_over: Iterable[int],
) -> Iterator[Fault]:
    """Yield what does not hold, first what is wrong with the chain itself, in its order.

    Args:
        links: All links by number, with their entries.
        batches: The heads as the database keeps them, by their last number.
        anchors: The anchors as the database keeps them, in order.
        exported: What is kept outside the database.
        passed_over: Ids of entries that have no link although the relay has seen their transaction end.
    """
    start, before = (anchors[-1].number, anchors[-1].hash) if anchors else (0, GENESIS)
    wanted = set(batches) | {head.last for head in exported.heads}
    hashes = {}
    number = start
    for link in links:
        if link.number != number + 1:
            yield Fault(FaultKind.LINK_MISSING, number + 1)
        elif link.entry is None:
            yield Fault(FaultKind.ENTRY_MISSING, link.number, link.entry_id)
        elif hash_after(before, link.number, link.entry) != link.hash:
            yield Fault(FaultKind.CHANGED, link.number, link.entry_id)
        number, before = link.number, link.hash
        if number in wanted:
            hashes[number] = before
    yield from _wrong_batches(batches, hashes, start, number)
    yield from _wrong_anchors(anchors, exported)
    yield from _differing_heads(batches, hashes, start, exported, number)
    for entry_id in passed_over:
        yield Fault(FaultKind.PASSED_OVER, None, entry_id)


def _wrong_batches(
    batches: Mapping[int, Head], hashes: Mapping[int, bytes], start: int, last: int
) -> Iterator[Fault]:
    """Yield batches whose head is not the chain's, and an end of the chain that no batch has."""
    for number in sorted(batches):
        if number <= start or hashes.get(number) != batches[number].head:
            yield Fault(FaultKind.BATCH_WRONG, number)
    if last > start and last not in batches:
        yield Fault(FaultKind.BATCH_WRONG, last)


def _wrong_anchors(anchors: tuple[Anchor, ...], exported: Exported) -> Iterator[Fault]:
    """Yield anchors that differ from those kept outside, or from the head kept outside at their place."""
    heads = {head.last: head.head for head in exported.heads}
    for anchor in anchors:
        if anchor not in exported.anchors or heads.get(anchor.number, anchor.hash) != anchor.hash:
            yield Fault(FaultKind.ANCHOR_WRONG, anchor.number)


def _differing_heads(
    batches: Mapping[int, Head],
    hashes: Mapping[int, bytes],
    start: int,
    exported: Exported,
    last: int,
) -> Iterator[Fault]:
    """Yield heads kept outside that the chain does not have."""
    if not exported.heads and last > 0:
        yield Fault(FaultKind.NO_HEADS, last)
    known = {head.last for head in exported.heads}
    newest = max(known, default=0)
    for head in exported.heads:
        if head.last > last:
            yield Fault(FaultKind.TAIL_CUT, last + 1)
        elif head.last > start and (hashes.get(head.last) != head.head or batches.get(head.last) != head):
            yield Fault(FaultKind.HEAD_DIFFERS, head.last)
    for number in sorted(batches):
        if start < number < newest and number not in known:
            yield Fault(FaultKind.HEAD_DIFFERS, number)
