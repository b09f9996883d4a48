"""Find where every stored event lies in another release, in bulk, and say what that changes.

What an event was given when it arrived is never touched; its place in another release is stored beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gis.errors import ConflictError
from gis.identity.actions import Action
from gis.store.audit.record import record
from gis.store.bulk.relocations import find_relocation, finish_relocation, save_progress, start_relocation
from gis.store.places import (
    add_places,
    count_events_after,
    read_events_after,
    read_events_missing,
    replace_places,
)
from gis.store.releases import get_release
from gis.workflows.relocating.changes import Changes, compare
from gis.workflows.relocating.find import open_finder, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Release
    from gis.settings import Settings
    from gis.store.bulk.relocations import Relocation
    from gis.store.places import Places, StoredEvents
    from gis.workflows.relocating.find import Finder

    Transactions: TypeAlias = Callable[[], AbstractContextManager[Session]]

BATCH_EVENTS = 100_000


@dataclass(frozen=True, slots=True)
class RelocationRequest:
    """What to relocate and how.

    Attributes:
        release: Number of the release to find the events' places in.
        apply: Store the places; else only count what would change.
        again: Begin at the first event although an earlier relocation stands.
        batch_events: Events a transaction; memory grows with it, not with the number of events.
        dask: Address of a Dask scheduler, or local:N for N processes of this machine; None: this process.
    """

    release: int
    apply: bool = False
    again: bool = False
    batch_events: int = BATCH_EVENTS
    dask: str | None = None


@dataclass(frozen=True, slots=True)
class RelocationReport:
    """What became of a relocation.

    Attributes:
        release: The release the events were located in.
        changes: Of all events since the relocation began, those of killed runs with them.
        before: How far an earlier run had come, None if this one began.
        done: Events this run looked at.
    """

    release: Release
    changes: Changes
    before: Relocation | None
    done: int


def relocate_events(
    transactions: Transactions,
    request: RelocationRequest,
    settings: Settings,
    actor: Actor,
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> RelocationReport:
    """Locate every stored event in a release, batch by batch, and store and count what that changes.

    1. Every batch is a transaction of its own, which the edge opens through `transactions` and nobody here
       commits: its places, its counts and how far the run has come are stored together or not at all. So a
       run that is killed goes on behind its last whole batch, and no event is lost or counted twice.
    2. Batches follow the ids. What appeared behind them meanwhile (ids are given out before transactions
       end) is found at the end by having no place.
    3. Two runs at once take turns: a batch holds the relocation's row.
    4. A release never changes, so a second run after a finished one takes the events that came since;
       `again` replaces everything.
    5. A dry run reads the same batches and stores nothing; it always counts all events.

    Args:
        transactions: Opens a transaction that is committed when its block ends, rolled back if it raises.
        request: What to relocate and how.
        settings: Give the metric system.
        actor: Who relocates.
        on_progress: Told how many events were done and how many there are to do, after each batch.

    Raises:
        NotFoundError: There is no such release.
        ConflictError: An earlier run saw another state under the release's number.
        InputError: `dask` is neither an address nor local:N.
        SetupError: Dask is asked for and not installed, or its scheduler cannot be reached.
    """
    with transactions() as session:
        release = get_release(session, request.release)
        before = begin(session, release, request, actor)
        source = read_source(session, release, settings)
        to_do = count_events_after(session, before.last_event_id if before else 0)
    with open_finder(request.dask, source) as find:
        on_progress(0, to_do)
        batches = stored_batches if request.apply else counted_batches
        changes, done = Changes(), 0
        for changes, size in batches(transactions, request, find):  # noqa: B007 - the last one is the sum
            done += size
            on_progress(size, max(to_do, done))
    return RelocationReport(release, changes, before, done)


def begin(session: Session, release: Release, request: RelocationRequest, actor: Actor) -> Relocation | None:
    """Begin a relocation, or return the earlier one to go on with; a dry run has neither."""
    if not request.apply:
        return None
    before = find_relocation(session, release.number, lock=True)
    if before is None or request.again:
        start_relocation(session, release, actor)
        record(session, actor, Action.EVENTS_RELOCATE, subject=("release", release.number))
        return None
    if before.sha256 != release.sha256:
        raise ConflictError(
            f"Release {release.number} is not what it was when its relocation began on "
            f"{before.started_at:%Y-%m-%d}; relocate again from the first event with --again."
        )
    return before


def stored_batches(
    transactions: Transactions, request: RelocationRequest, find: Finder
) -> Iterator[tuple[Changes, int]]:
    """Store places batch by batch until no event is left; yield the changes so far and the batch's size."""
    while True:
        with transactions() as session:
            changes, size = store_batch(session, request, find)
        yield changes, size
        if not size:
            return


def store_batch(session: Session, request: RelocationRequest, find: Finder) -> tuple[Changes, int]:
    """Store the places of the next events; return the changes so far and how many events these were."""
    relocation = find_relocation(session, request.release, lock=True)
    if relocation is None:
        raise ConflictError(f"The relocation into release {request.release} was deleted while it ran.")
    changes, last = Changes.of(relocation.counts), relocation.last_event_id
    events = read_events_after(session, last, request.batch_events)
    if len(events):
        places = find_places_of(events, find)
        replace_places(session, request.release, events.id, places, after=last)
        last = int(events.id[-1])
    else:
        events = read_events_missing(session, request.release, last, request.batch_events)
        if not len(events):
            finish_relocation(session, request.release)
            return changes, 0
        places = find_places_of(events, find)
        add_places(session, request.release, events.id, places)
    changes.add(compare(events, places))
    save_progress(session, request.release, last, changes.kept())
    return changes, len(events)


def counted_batches(
    transactions: Transactions, request: RelocationRequest, find: Finder
) -> Iterator[tuple[Changes, int]]:
    """Count what would change batch by batch; yield the changes so far and the batch's size."""
    changes, last = Changes(), 0
    while True:
        with transactions() as session:
            events = read_events_after(session, last, request.batch_events)
        if not len(events):
            return
        changes.add(compare(events, find_places_of(events, find)))
        last = int(events.id[-1])
        yield changes, len(events)


def find_places_of(events: StoredEvents, find: Finder) -> Places:
    """Find the places of stored events."""
    return find(events.lon, events.lat, events.accuracy_m)
