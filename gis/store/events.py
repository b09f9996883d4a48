"""Events: saving reports once, and asking for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import shapely
from sqlalchemy import Text, bindparam, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert

from gis.errors import NotFoundError
from gis.identity.masks import mask_text
from gis.nouns import Chain, Event, Grade, UnlocatedReason
from gis.store.frames import read_table
from gis.store.identity.visible import visible
from gis.store.tables import SRID, EventRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import pandas as pd
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.orm import Session

    from gis.nouns import Actor


Query = TypeVar("Query", bound="Select[*tuple[Any, ...]]")


COLUMNS = [
    column.name for column in EventRow.__table__.columns if column.name not in {"id", "received_at", "geom"}
]
# `geom` is computed from lon and lat in the database; made once, because making it costs a millisecond
POINT = func.ST_SetSRID(func.ST_MakePoint(bindparam("lon"), bindparam("lat")), SRID)
INSERT = (
    insert(EventRow)
    .values({name: bindparam(name) for name in COLUMNS} | {"geom": POINT})
    .on_conflict_do_nothing(index_elements=["source", "source_id"])
    .returning(EventRow.id, EventRow.source, EventRow.source_id)
)

# what makes two reports under one number the same, by what it is called
CONTENT = {
    "place": ("x", "y", "crs"),
    "time": ("reported_at",),
    "category": ("category",),
    "text": ("text",),
}


@dataclass(frozen=True, slots=True)
class SavedEvent:
    """What became of one report: a new event, or the one that was there already.

    Attributes:
        id: The event's id.
        is_new: Whether the report made it.
        differs: In what a report that is not new says something else than the event that is there.
    """

    id: int
    is_new: bool
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None means all.

    Attributes:
        since: Reported at or after.
        until: Reported before.
        categories: Any of these.
        sources: Any of these.
        grade: This grade.
        grid_id: Fell in this natural, dedicated or special grid.
        area_id: Fell in this community, street or district.
        bbox: Inside (west, south, east, north), degrees.
        is_unlocated: Only, or none of, the unlocated queue.
        seen_by: What this actor sees; None: everything.
    """

    since: datetime | None = None
    until: datetime | None = None
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    grade: Grade | None = None
    grid_id: int | None = None
    area_id: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    is_unlocated: bool | None = None
    seen_by: Actor | None = None


@dataclass(frozen=True, slots=True)
class EventCursor:
    """Where the last page ended: pages stay right while new events arrive."""

    reported_at: datetime
    id: int


def save_events(session: Session, events: Sequence[dict[str, Any]]) -> list[SavedEvent]:
    """Insert reports, each at most once, and say for each whether it is new.

    Args:
        session: The open transaction.
        events: Rows with the columns of `EventRow` but id, received_at and geom, plus lon and lat in
            EPSG:4490 (None where there is no usable point).

    Returns:
        One answer a row, in order. A report repeated inside `events` is new the first time only.
    """
    if not events:
        return []
    fresh = {(row.source, row.source_id): row.id for row in session.execute(INSERT, list(events))}
    keys = [(event["source"], event["source_id"]) for event in events]
    known = find_reported(session, [key for key in keys if key not in fresh])
    saved = []
    for key, event in zip(keys, events, strict=True):
        if key in known:
            saved.append(
                SavedEvent(known[key]["id"], is_new=False, differs=find_differing(known[key], event))
            )
        else:
            saved.append(SavedEvent(fresh[key], is_new=True))
            known[key] = event | {"id": fresh[key]}
    return saved


def find_reported(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return id and content of the reports that are stored, by (source, source id)."""
    if not keys:
        return {}
    columns = (getattr(EventRow, name) for names in CONTENT.values() for name in names)
    rows = session.execute(
        select(EventRow.source, EventRow.source_id, EventRow.id, *columns).where(
            tuple_(EventRow.source, EventRow.source_id).in_(keys)
        )
    )
    return {(row["source"], row["source_id"]): dict(row) for row in rows.mappings()}


def find_differing(stored: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return in what a report differs from the event that is stored under its number.

    Words of which somebody's number was erased since are those that were told then.
    """
    return tuple(
        what
        for what, names in CONTENT.items()
        if any(
            stored[name] != told[name]
            and not (isinstance(told[name], str) and stored[name] == mask_text(told[name]))
            for name in names
        )
    )


def get_event(session: Session, event_id: int) -> Event:
    """Return an event, or raise NotFoundError."""
    row = session.execute(select_events().where(EventRow.id == event_id)).first()
    if row is None:
        raise NotFoundError(f"There is no event {event_id}.")
    return event_from_row(row)


def list_events(
    session: Session, wanted: EventFilter, limit: int, after: EventCursor | None = None
) -> list[Event]:
    """Return events, newest report first, at most `limit`, from behind the cursor on."""
    query = filtered(select_events(), wanted).order_by(EventRow.reported_at.desc(), EventRow.id.desc())
    if after is not None:
        query = query.where(tuple_(EventRow.reported_at, EventRow.id) < tuple_(after.reported_at, after.id))
    return [event_from_row(row) for row in session.execute(query.limit(limit))]


def list_visible_events(session: Session, ids: Sequence[int], actor: Actor) -> set[int]:
    """Return those of these events that an actor sees."""
    return set(session.scalars(select(EventRow.id).where(EventRow.id.in_(ids), visible(EventRow, actor))))


def count_events(session: Session, wanted: EventFilter) -> int:
    """Return how many events there are."""
    return session.scalar(filtered(select(func.count()).select_from(EventRow), wanted)) or 0


def list_event_points(session: Session, wanted: EventFilter, limit: int) -> pd.DataFrame:
    """Return events for maps: newest first, at most `limit`.

    Returns:
        Columns id, lon, lat (degrees, EPSG:4490; NaN without a point), reported_at (UTC), category, grade,
        source, text, natural_id, dedicated_id, unlocated.
    """
    query = filtered(
        select(
            EventRow.id,
            func.ST_X(EventRow.geom).label("lon"),
            func.ST_Y(EventRow.geom).label("lat"),
            EventRow.reported_at,
            EventRow.category,
            EventRow.grade,
            EventRow.source,
            EventRow.text,
            EventRow.natural_id,
            EventRow.dedicated_id,
            EventRow.unlocated,
        ),
        wanted,
    )
    return read_table(session, query.order_by(EventRow.reported_at.desc(), EventRow.id.desc()).limit(limit))


def count_events_by(session: Session, column: str, wanted: EventFilter) -> dict[int, int]:
    """Return the number of events by natural, dedicated, community, street or district id.

    Args:
        session: The open transaction.
        column: One of natural_id, dedicated_id, community_id, street_id, district_id.
        wanted: Which events count.
    """
    key = EventRow.__table__.columns[column]
    query = filtered(select(key, func.count()).where(key.is_not(None)), wanted).group_by(key)
    return dict(session.execute(query).all())


def count_events_in(
    session: Session, polygons: Sequence[BaseGeometry | None], wanted: EventFilter
) -> list[int]:
    """Return how many of these events lie in each polygon (EPSG:4490), its outline included."""
    wkbs = [None if polygon is None else shapely.to_wkb(polygon, hex=True) for polygon in polygons]
    place = (
        func.unnest(cast(wkbs, ARRAY(Text)))
        .table_valued("wkb", with_ordinality="number", name="place")
        .render_derived()
    )
    outline = func.ST_GeomFromWKB(func.decode(place.c.wkb, "hex"), SRID)
    query = select(place.c.number, func.count()).join(EventRow, func.ST_Covers(outline, EventRow.geom))
    found: dict[int, int] = dict(session.execute(filtered(query, wanted).group_by(place.c.number)).all())
    return [found.get(number, 0) for number in range(1, len(wkbs) + 1)]


def find_reported_range(session: Session, wanted: EventFilter) -> tuple[datetime, datetime] | None:
    """Return when the first and the last of these events were reported, or None if there are none."""
    first, last = session.execute(
        filtered(select(func.min(EventRow.reported_at), func.max(EventRow.reported_at)), wanted)
    ).one()
    return None if first is None else (first, last)


def select_events() -> Select[Any]:
    """Return the query of whole events, the point as lon and lat."""
    return select(
        EventRow, func.ST_X(EventRow.geom).label("lon"), func.ST_Y(EventRow.geom).label("lat")
    ).execution_options(populate_existing=True)


def filtered(query: Query, wanted: EventFilter) -> Query:
    """Add the conditions of the filter to a query over events."""
    conditions: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "since": lambda moment: EventRow.reported_at >= moment,
        "until": lambda moment: EventRow.reported_at < moment,
        "categories": EventRow.category.in_,
        "sources": EventRow.source.in_,
        "grade": lambda grade: EventRow.grade == grade.value,
        "grid_id": lambda grid_id: or_(
            EventRow.natural_id == grid_id,
            EventRow.dedicated_id == grid_id,
            EventRow.special_ids.contains([grid_id]),
        ),
        "area_id": lambda area_id: or_(
            EventRow.community_id == area_id,
            EventRow.street_id == area_id,
            EventRow.district_id == area_id,
        ),
        "bbox": lambda box: EventRow.geom.op("&&")(func.ST_MakeEnvelope(*box, SRID)),
        "seen_by": lambda actor: visible(EventRow, actor),
        "is_unlocated": lambda is_: EventRow.unlocated.is_not(None) if is_ else EventRow.unlocated.is_(None),
    }
    for name, condition in conditions.items():
        value = getattr(wanted, name)
        if value not in (None, ()):
            query = query.where(condition(value))
    return query


def event_from_row(row: Row[Any]) -> Event:
    """Return the event a row of `select_events` holds."""
    stored: EventRow = row[0]
    return Event(
        id=stored.id,
        source=stored.source,
        source_id=stored.source_id,
        x=stored.x,
        y=stored.y,
        crs=stored.crs,
        lon=row.lon,
        lat=row.lat,
        accuracy_m=stored.accuracy_m,
        reported_at=stored.reported_at,
        received_at=stored.received_at,
        received_by=stored.received_by,
        category=stored.category,
        grade=Grade(stored.grade),
        text=stored.text,
        release=stored.release,
        chain=Chain(
            natural=stored.natural_id,
            dedicated=stored.dedicated_id,
            special=tuple(stored.special_ids),
            community=stored.community_id,
            street=stored.street_id,
            district=stored.district_id,
        ),
        near_boundary=stored.near_boundary,
        unlocated=None if stored.unlocated is None else UnlocatedReason(stored.unlocated),
        nearest_grid=stored.nearest_id,
        nearest_m=stored.nearest_m,
        attributes=stored.attributes,
    )
