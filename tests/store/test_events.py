from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gis.errors import NotFoundError
from gis.nouns import Grade, UnlocatedReason
from gis.store.events import (
    EventCursor,
    EventFilter,
    count_events,
    find_reported_range,
    get_event,
    list_event_points,
    list_events,
    save_events,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def row(source_id: str, **other: Any) -> dict[str, Any]:
    return {
        "source": "hotline",
        "source_id": source_id,
        "x": 118.1,
        "y": 31.1,
        "crs": "wgs84",
        "lon": 118.1,
        "lat": 31.1,
        "accuracy_m": None,
        "reported_at": NOON,
        "received_by": "tester",
        "category": "rubbish",
        "grade": "ordinary",
        "text": "a heap",
        "attributes": {},
        "release": None,
        "natural_id": None,
        "dedicated_id": None,
        "special_ids": [],
        "community_id": None,
        "street_id": None,
        "district_id": None,
        "near_boundary": False,
        "unlocated": "no_grid",
        "nearest_id": None,
        "nearest_m": 12.5,
    } | other


def test_the_same_report_twice_is_one_event(session: Session) -> None:
    first = save_events(session, [row("1"), row("2"), row("1")])
    assert [saved.is_new for saved in first] == [True, True, False]
    assert first[0].id == first[2].id != first[1].id
    again = save_events(session, [row("2", text="other words"), row("3")])
    assert [saved.is_new for saved in again] == [False, True]
    assert again[0].id == first[1].id
    assert get_event(session, first[1].id).text == "a heap"
    assert count_events(session, EventFilter()) == 3


def test_an_event_comes_back_as_it_was_saved(session: Session) -> None:
    point = (118.123456789012345, 31.98765432109876)
    saved = save_events(
        session, [row("1", lon=point[0], lat=point[1], attributes={"LSOA code": "E01"}, grade="urgent")]
    )
    event = get_event(session, saved[0].id)
    assert (event.lon, event.lat) == point  # to the last bit
    assert event.reported_at == NOON
    assert event.grade is Grade.URGENT
    assert event.unlocated is UnlocatedReason.NO_GRID
    assert event.attributes == {"LSOA code": "E01"}
    assert event.chain.answers is None


def test_an_event_without_a_point_is_kept(session: Session) -> None:
    saved = save_events(session, [row("1", x=None, y=None, lon=None, lat=None, unlocated="no_point")])
    assert get_event(session, saved[0].id).lon is None
    points = list_event_points(session, EventFilter(), 10)
    assert points["lon"].isna().all()
    assert len(points) == 1


def test_pages_are_complete_while_events_arrive(session: Session) -> None:
    save_events(session, [row(str(i), reported_at=NOON + timedelta(minutes=i // 3)) for i in range(20)])
    found, cursor = [], None
    while page := list_events(session, EventFilter(), 6, cursor):
        found += [event.source_id for event in page]
        cursor = EventCursor(page[-1].reported_at, page[-1].id)
        save_events(session, [row(f"late {len(found)}", reported_at=NOON + timedelta(days=1))])
    assert sorted(found, key=int) == [str(i) for i in range(20)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EventFilter(since=NOON + timedelta(hours=1)), {"late"}),
        (EventFilter(until=NOON + timedelta(hours=1)), {"here", "there"}),
        (EventFilter(categories=("noise",)), {"late"}),
        (EventFilter(sources=("patrol", "leader")), {"there"}),
        (EventFilter(grade=Grade.URGENT), {"there"}),
        (EventFilter(bbox=(118.0, 31.0, 118.2, 31.2)), {"here", "late"}),
        (EventFilter(is_unlocated=False), set()),
        (EventFilter(is_unlocated=True), {"here", "there", "late"}),
        (EventFilter(grid_id=77), set()),
        (EventFilter(area_id=77), set()),
    ],
)
def test_filters(session: Session, wanted: EventFilter, expected: set[str]) -> None:
    save_events(
        session,
        [
            row("here"),
            row("there", lon=119.0, source="patrol", grade="urgent"),
            row("late", reported_at=NOON + timedelta(days=1), category="noise"),
        ],
    )
    assert {event.source_id for event in list_events(session, wanted, 10)} == expected
    assert count_events(session, wanted) == len(expected)


def test_the_range_of_reports(session: Session) -> None:
    assert find_reported_range(session, EventFilter()) is None
    save_events(session, [row("1"), row("2", reported_at=NOON + timedelta(days=3))])
    assert find_reported_range(session, EventFilter()) == (NOON, NOON + timedelta(days=3))
    assert find_reported_range(session, EventFilter(until=NOON + timedelta(1))) == (NOON, NOON)


def test_an_unknown_event_is_said_to_be_missing(session: Session) -> None:
    with pytest.raises(NotFoundError, match="no event 12"):
        get_event(session, 12)
