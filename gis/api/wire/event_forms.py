"""Events on the wire: as they are reported, and as they are kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from gis.api.wire.chains import Link
from gis.api.wire.parameters import Moment, System
from gis.identity.personal import Person
from gis.nouns import Event, Grade, UnlocatedReason
from gis.workflows.privacy.texts import shown_event
from gis.workflows.report_events import EventReport

if TYPE_CHECKING:
    from gis.api.wire.chains import Names

# A clock may run ahead a little. A report from further ahead would be answered from a release that may
# still change, and would keep the next release from taking effect before it.
CLOCK_AHEAD = timedelta(minutes=10)

MOST_ATTRIBUTE_BYTES = 20_000

EXAMPLE_IN: dict[str, JsonValue] = {
    "source": "hotline",
    "source_id": "12345-2026-000871",
    "x": 118.83684884,
    "y": 31.95445754,
    "crs": "gcj02",
    "accuracy_m": 15,
    "reported_at": "2026-05-01T08:30:00+08:00",
    "category": "exposed rubbish",
    "grade": "ordinary",
    "text": "A heap beside the bus stop",
    "reporter": {"name": "王小明", "phone": "13812345678"},
}


def require_past(moment: datetime) -> datetime:
    """Return a time that has come."""
    if moment > datetime.now(UTC) + CLOCK_AHEAD:
        raise ValueError("lies in the future; check the clock and the zone")
    return moment


def require_small(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes that are no document of their own."""
    if len(orjson.dumps(attributes)) > MOST_ATTRIBUTE_BYTES:
        raise ValueError(f"further attributes take at most {MOST_ATTRIBUTE_BYTES} bytes")
    return attributes


def require_number(phone: str) -> str:
    """Return a phone number; as it was written, but that it is one."""
    if not PHONE.fullmatch(phone):
        raise ValueError("5 to 20 digits are wanted, with blanks, hyphens and + between them if need be")
    return phone


PHONE = re.compile(r"\+?(?:[\s()-]*\d){5,20}")
Phone = Annotated[str, Field(max_length=40), AfterValidator(require_number)]
Coordinate = Annotated[float, Field(strict=True, ge=-1e9, le=1e9)]


class ReporterIn(BaseModel):
    """Who reports: a name, a phone, or both. Kept encrypted; answers show masks."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    phone: Phone | None = None

    @model_validator(mode="after")
    def require_something(self) -> ReporterIn:
        """Refuse nobody."""
        if self.name is None and self.phone is None:
            raise ValueError("give a name, a phone, or both, or leave the reporter out")
        return self


class ReporterOut(BaseModel):
    """Who reported, masked."""

    name: str | None
    phone: str | None


class EventIn(BaseModel):
    """A report: what, where, when, and the source's own id, by which the same report is told again."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"example": EXAMPLE_IN}
    )

    source: Annotated[str, Field(min_length=1, max_length=64, description="patrol, hotline, sensor ...")]
    source_id: Annotated[str, Field(min_length=1, max_length=200, description="The source's own id.")]
    x: Annotated[Coordinate | None, Field(description="Longitude, or easting in metres.")] = None
    y: Annotated[Coordinate | None, Field(description="Latitude, or northing in metres.")] = None
    crs: Annotated[System, Field(description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")]
    accuracy_m: Annotated[
        float | None, Field(strict=True, ge=0, le=100_000, description="How far the point may be off.")
    ] = None
    reported_at: Annotated[Moment, AfterValidator(require_past), Field(description="ISO 8601 with a zone.")]
    category: Annotated[str, Field(min_length=1, max_length=200)]
    grade: Grade = Grade.ORDINARY
    text: Annotated[str, Field(max_length=4000)] = ""
    attributes: Annotated[
        dict[str, Any], AfterValidator(require_small), Field(description="Further facts, kept as they are.")
    ] = {}
    reporter: ReporterIn | None = None

    @model_validator(mode="after")
    def require_both(self) -> EventIn:
        """Refuse half a point."""
        if (self.x is None) != (self.y is None):
            raise ValueError("give both x and y, or neither")
        return self

    def report(self) -> EventReport:
        """Return the report."""
        given = {name: getattr(self, name) for name in EventIn.model_fields if name != "reporter"}
        reporter = None if self.reporter is None else Person(self.reporter.name, self.reporter.phone)
        return EventReport(**given, reporter=reporter)


class Point(BaseModel):
    """A point as it was received."""

    x: float | None
    y: float | None
    crs: str


class Nearest(BaseModel):
    """The nearest grid of a point in none."""

    grid: Link | None
    distance_m: float | None


class EventOut(BaseModel):
    """Something reported at a place and time (事件), with the grids and areas it fell in then."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 871,
                "source": "hotline",
                "source_id": "12345-2026-000871",
                "received": {"x": 118.83684884, "y": 31.95445754, "crs": "gcj02"},
                "lon": 118.8317447,
                "lat": 31.9565713,
                "accuracy_m": 15,
                "reported_at": "2026-05-01T00:30:00Z",
                "received_at": "2026-05-01T00:30:02Z",
                "received_by": "operator",
                "category": "exposed rubbish",
                "grade": "ordinary",
                "text": "A heap beside the bus stop",
                "attributes": {},
                "reporter": {"name": "王**", "phone": "138****5678"},
                "release": 1,
                "chain": [
                    {"level": "community", "id": 12, "code": "320115001001", "name": "Yunxi"},
                    {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"},
                ],
                "answers": {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"},
                "near_boundary": False,
                "unlocated": None,
                "nearest": None,
            }
        }
    )

    id: int
    source: str
    source_id: str
    received: Point
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    reported_at: datetime
    received_at: datetime
    received_by: str
    category: str
    grade: Grade
    text: str
    attributes: dict[str, Any]
    reporter: Annotated[ReporterOut | None, Field(description="Who reported, masked.")]
    release: int | None
    chain: list[Link]
    answers: Link | None
    near_boundary: bool
    unlocated: UnlocatedReason | None
    nearest: Nearest | None


PLAIN = (
    "id",
    "source",
    "source_id",
    "lon",
    "lat",
    "accuracy_m",
    "reported_at",
    "received_at",
    "received_by",
    "category",
    "grade",
    "text",
    "attributes",
    "release",
    "near_boundary",
    "unlocated",
)
"""Fields that go out as they are kept, but for masks."""


def event_out(event: Event, names: Names, reporter: Person | None = None) -> EventOut:
    """Return an event as it goes out: masked, with the names of its own release and its masked reporter."""
    nearest = None
    if event.unlocated is not None and event.nearest_grid is not None:
        nearest = Nearest(grid=names.grids.get(event.nearest_grid), distance_m=event.nearest_m)
    shown = shown_event(event)
    # what comes from the database needs no second validation; a page has a thousand of these
    return EventOut.model_construct(
        **{name: getattr(shown, name) for name in PLAIN},
        reporter=None if reporter is None else ReporterOut(name=reporter.name, phone=reporter.phone),
        received=Point.model_construct(x=event.x, y=event.y, crs=event.crs),
        chain=names.chain(event.chain),
        answers=names.answering(event.chain),
        nearest=nearest,
    )
