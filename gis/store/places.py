"""Where events lie in a release: looked up in SQL, read and written by the million, listed for one event."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg2 import sql
from sqlalchemy import delete, func, select

from gis.nouns import Chain
from gis.store.bulk.binary import Column, ListColumn, read_rows, write_rows
from gis.store.sql import statement
from gis.store.tables import EventPlaceRow, EventRow, GridVersionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from psycopg2.extensions import cursor
    from sqlalchemy.orm import Session

    Ids = NDArray[np.int64]
    Floats = NDArray[np.float64]

EVENTS = sql.SQL(
    "COPY (SELECT id, COALESCE(ST_X(geom), 'NaN'), COALESCE(ST_Y(geom), 'NaN'), COALESCE(accuracy_m, 'NaN'),"
    " COALESCE(natural_id, -1), COALESCE(dedicated_id, -1), COALESCE(community_id, -1),"
    " COALESCE(street_id, -1), COALESCE(district_id, -1)"
    " FROM event WHERE {chosen} ORDER BY id LIMIT {limit}) TO STDOUT (FORMAT binary)"
)
EVENT_COLUMNS = (
    ("id", ">i8"),
    ("lon", ">f8"),
    ("lat", ">f8"),
    ("accuracy_m", ">f8"),
    ("natural", ">i8"),
    ("dedicated", ">i8"),
    ("community", ">i8"),
    ("street", ">i8"),
    ("district", ">i8"),
)
# a COPY has no list columns of one width, so lists come as pairs
SPECIALS = sql.SQL(
    "COPY (SELECT id, unnest(special_ids) FROM event"
    " WHERE {chosen} AND id <= {last} AND special_ids <> '{{}}') TO STDOUT (FORMAT binary)"
)
SPECIAL_COLUMNS = (("id", ">i8"), ("special", ">i8"))
PLACES = "COPY event_place ({columns}) FROM STDIN (FORMAT binary)"


@dataclass(frozen=True, slots=True)
class Places:
    """The grids and areas many events lie in, in one release; -1 stands for none.

    Attributes:
        natural: Shape (n,), as dedicated, community, street and district.
        dedicated: The dedicated grids.
        special: All special grids of all events; those of event i are
            `special[special_offsets[i] : special_offsets[i + 1]]`, lowest id first.
        special_offsets: Shape (n + 1,).
        community: The communities.
        street: The streets.
        district: The districts.
        near_boundary: Nearer to an outline than the event's accuracy, or on one.
        nearest: The nearest grid of events in none.
        nearest_m: Its distance, metres; NaN where there is none.
    """

    natural: Ids
    dedicated: Ids
    special: Ids
    special_offsets: Ids
    community: Ids
    street: Ids
    district: Ids
    near_boundary: NDArray[np.bool_]
    nearest: Ids
    nearest_m: Floats

    @property
    def answers(self) -> Ids:
        """The grid that answers for each place: the dedicated one before the natural one."""
        return np.where(self.dedicated >= 0, self.dedicated, self.natural)


@dataclass(frozen=True, slots=True)
class StoredEvents:
    """Events by id: their points and the chains they were given when they arrived.

    Attributes:
        id: Shape (n,), rising.
        lon: Degrees, EPSG:4490; NaN without a point.
        lat: Likewise.
        accuracy_m: Metres; NaN where it was not stated.
        chains: By name, natural, dedicated, community, street, district; -1 for none.
        special: All special grids of all events, as in `Places`.
        special_offsets: Shape (n + 1,).
    """

    id: Ids
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    chains: dict[str, Ids]
    special: Ids
    special_offsets: Ids

    def __len__(self) -> int:
        """Count the events."""
        return len(self.id)

    @property
    def answers(self) -> Ids:
        """The grid that answered for each event when it arrived."""
        return np.where(self.chains["dedicated"] >= 0, self.chains["dedicated"], self.chains["natural"])


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """Where one event lies in a release that is not its own."""

    release: int
    chain: Chain
    near_boundary: bool
    nearest_grid: int | None
    nearest_m: float | None


def locate_in_postgis(
    session: Session, lon: Sequence[float], lat: Sequence[float], release: int
) -> list[Chain]:
    """Find where points lie in a release, in SQL: slower than the index, and the oracle it is held against.

    Args:
        session: The open transaction.
        lon: Longitudes, EPSG:4490.
        lat: Latitudes.
        release: Number of the release.

    Returns:
        One chain a point, in order; none at all where there is no such release.
    """
    values = {"lon": list(lon), "lat": list(lat), "after": None, "until": None, "release": release}
    return [
        Chain(
            natural=row.natural_id,
            dedicated=row.dedicated_id,
            special=tuple(row.special_ids),
            community=row.community_id,
            street=row.street_id,
            district=row.district_id,
        )
        for row in session.execute(statement("locate_points"), values)
    ]


def count_events_after(session: Session, event_id: int) -> int:
    """Return how many events have a higher id."""
    return session.scalar(select(func.count()).select_from(EventRow).where(EventRow.id > event_id)) or 0


def read_events_after(session: Session, event_id: int, limit: int) -> StoredEvents:
    """Return the events that follow an id, at most `limit`, lowest id first."""
    return read_events(session, sql.SQL("id > {}").format(sql.Literal(event_id)), limit)


def read_events_missing(session: Session, release: int, until: int, limit: int) -> StoredEvents:
    """Return events up to an id that have no place in the release, at most `limit`.

    Ids are given out before transactions end, so that an event may appear behind ids already read.
    """
    placed = select(EventPlaceRow.event_id).where(
        EventPlaceRow.release == release, EventPlaceRow.event_id == EventRow.id
    )
    wanted = select(EventRow.id).where(EventRow.id <= until, ~placed.exists()).limit(limit)
    ids = list(session.scalars(wanted)) or [-1]
    return read_events(session, sql.SQL("id = ANY({})").format(sql.Literal(ids)), limit)


def read_events(session: Session, chosen: sql.Composable, limit: int) -> StoredEvents:
    """Return the events a condition chooses, by binary COPY."""
    query = EVENTS.format(chosen=chosen, limit=sql.Literal(limit))
    records = read_rows(copy_out(session, query), EVENT_COLUMNS)
    columns = {name: records[name].astype(kind.replace(">", "=")) for name, kind in EVENT_COLUMNS}
    special, offsets = read_specials(session, chosen, columns["id"])
    return StoredEvents(
        id=columns.pop("id"),
        lon=columns.pop("lon"),
        lat=columns.pop("lat"),
        accuracy_m=columns.pop("accuracy_m"),
        chains=columns,
        special=special,
        special_offsets=offsets,
    )


def read_specials(session: Session, chosen: sql.Composable, ids: Ids) -> tuple[Ids, Ids]:
    """Return the special grids of these events, one after another, and where those of each begin."""
    if not len(ids):
        return np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    query = SPECIALS.format(chosen=chosen, last=sql.Literal(int(ids[-1])))
    pairs = read_rows(copy_out(session, query), SPECIAL_COLUMNS)
    event, special = (pairs[name].astype(np.int64) for name, _ in SPECIAL_COLUMNS)
    seen = np.isin(event, ids)  # an event may have appeared between the two questions
    event, special = event[seen], special[seen]
    special = special[np.lexsort((special, event))]
    counts = np.bincount(np.searchsorted(ids, event), minlength=len(ids))
    return special, np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def replace_places(session: Session, release: int, ids: Ids, places: Places, after: int) -> None:
    """Store where events lie in a release, instead of what was stored for ids in (after, highest of these].

    Args:
        session: The open transaction.
        release: Number of the release.
        ids: The events, rising; at least one.
        places: Where each lies.
        after: The id the events follow.
    """
    session.execute(
        delete(EventPlaceRow).where(
            EventPlaceRow.release == release,
            EventPlaceRow.event_id > after,
            EventPlaceRow.event_id <= int(ids[-1]),
        )
    )
    add_places(session, release, ids, places)


def add_places(session: Session, release: int, ids: Ids, places: Places) -> None:
    """Store where events lie in a release that has no place of theirs yet."""
    columns: dict[str, Column | ListColumn] = {
        "release": Column(np.full(len(ids), release)),
        "event_id": Column(ids),
        **chain_columns(places),
        "near_boundary": Column(places.near_boundary),
        "nearest_id": known(places.nearest),
        "nearest_m": Column(places.nearest_m, np.isnan(places.nearest_m)),
    }
    data = BytesIO(b"".join(write_rows(columns)))
    driver_cursor(session).copy_expert(PLACES.format(columns=", ".join(columns)), data)


def list_places(session: Session, event_id: int) -> list[StoredPlace]:
    """Return where an event lies in the releases it was relocated into, newest release first."""
    rows = session.scalars(
        select(EventPlaceRow).where(EventPlaceRow.event_id == event_id).order_by(EventPlaceRow.release.desc())
    )
    return [
        StoredPlace(
            release=row.release,
            chain=Chain(
                natural=row.natural_id,
                dedicated=row.dedicated_id,
                special=tuple(row.special_ids),
                community=row.community_id,
                street=row.street_id,
                district=row.district_id,
            ),
            near_boundary=row.near_boundary,
            nearest_grid=row.nearest_id,
            nearest_m=row.nearest_m,
        )
        for row in rows
    ]


def find_grid_codes(session: Session, grid_ids: Iterable[int]) -> dict[int, str]:
    """Return the code each grid bore last, by lasting id."""
    rows = session.execute(
        select(GridVersionRow.grid_id, GridVersionRow.code)
        .where(GridVersionRow.grid_id.in_(list(grid_ids)))
        .order_by(func.lower(GridVersionRow.valid))
    )
    return dict(rows.all())


def chain_columns(places: Places) -> dict[str, Column | ListColumn]:
    """Return the grids and areas of places as columns, by name."""
    return {
        "natural_id": known(places.natural),
        "dedicated_id": known(places.dedicated),
        "special_ids": ListColumn(places.special, places.special_offsets),
        "community_id": known(places.community),
        "street_id": known(places.street),
        "district_id": known(places.district),
    }


def known(ids: Ids) -> Column:
    """Return a column of ids in which -1 goes out as NULL."""
    return Column(ids, ids < 0)


def copy_out(session: Session, query: sql.Composable) -> bytes:
    """Return everything a COPY TO STDOUT gives."""
    data = BytesIO()
    driver_cursor(session).copy_expert(query, data)
    return data.getvalue()


def driver_cursor(session: Session) -> cursor:
    """Return a cursor of the driver in the session's own transaction: SQLAlchemy has no COPY."""
    connection: Any = session.connection().connection
    opened: cursor = connection.cursor()
    return opened
