"""A district of two districts for the matrix: areas, units, and the same things in every unit.

District A has two streets of two communities, and a strip of ground in no street; district B has one street
of one community. Every thing carries a mark, so that it is found in any answer it should not be in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import geopandas
import people
import releases
from shapely import MultiPolygon, Point, Polygon, box, union_all
from sqlalchemy import func, insert, select, update

from gis.gridding.rules.identity import ids_of
from gis.identity.personal import Person
from gis.identity.roles import Role
from gis.nouns import Actor, Finding, FindingKind, Severity
from gis.store.checking.intended import save_intended
from gis.store.checks import save_check
from gis.store.identity.tables import GrantRow, SessionRow, UserRow
from gis.store.identity.units import save_units
from gis.store.jobs.tables import JobAnswerRow, JobRow
from gis.store.planning.operations import Deed, OperationKind, recorded
from gis.store.plans import create_plan, get_plan, save_plan_areas, save_plan_grids
from gis.store.releases import get_release
from gis.store.tables import AreaVersionRow, EventRow, GridVersionRow, UnitRow, WorkerRow
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.privacy.people import save_worker
from gis.workflows.report_events import EventReport, report_events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from gis.settings import Settings

MAKER = Actor("maker")
A, B = "320198", "320199"
A1, A2, B1 = f"{A}001", f"{A}002", f"{B}001"
A11, A12, A21, A22, B11 = f"{A1}001", f"{A1}002", f"{A2}001", f"{A2}002", f"{B1}001"
ABOVE = {A1: A, A2: A, B1: B, A11: A1, A12: A1, A21: A2, A22: A2, B11: B1}
WEST = {A11: 118.00, A12: 118.04, A21: 118.08, A22: 118.12, B11: 118.24}
WIDTH, SOUTH, MIDDLE, NORTH = 0.04, 31.0, 31.05, 31.1
# Release 2 moves the middle line northwards over the events, so that ground with events changes hands.
MOVED = 31.06
EVENTS_LAT = 31.055
STRIP = box(118.16, SOUTH, 118.2, NORTH)
# All gaps lie around it, within community A11.
LAKE = Point(WEST[A11] + WIDTH / 2, SOUTH + 0.02)
FIRST_DAY, SECOND_DAY = date(2020, 1, 1), date(2021, 1, 1)
REPORTED = datetime(2020, 6, 1, tzinfo=UTC)

# Unit: the unit above, and the area it answers for. The department has none of its own.
UNITS: dict[str, tuple[str | None, str | None]] = {
    "RA": (None, A),
    "RB": (None, B),
    "SA1": ("RA", A1),
    "SA2": ("RA", A2),
    "SB1": ("RB", B1),
    "TA11": ("SA1", A11),
    "DA": ("RA", None),
}
# Where each unit's event lies; the one of the district's centre on the strip without a street.
EVENT_IN = {"RA": None, "SA1": A12, "TA11": A11, "SA2": A21, "SB1": B11}
# Where each unit's plan changes a grid; a plan of no unit changes one of A11.
COMMUNITY_OF = {"SA1": A12, "SA2": A21, "SB1": B11}
PLACES = ("SA1", "RA")
PHONE = "13800005678"


class Kind(Enum):
    """What a path or a body can name."""

    PLAN = "plan"
    CHECK = "check"
    EVENT = "event"
    JOB = "job"
    USER = "user"
    UNIT = "unit"
    SESSION = "session"
    WORKER = "worker"


@dataclass
class Thing:
    """One of each kind, in one unit.

    Attributes:
        name: Of the unit, or of who made it.
        unit: Code of the unit; None: of no unit.
        areas: Codes of the areas the event fell in; None: it has no event.
        maker: Log-in name of who made plan, event and job.
        ids: Of each kind that it has.
        more: Further numbers that addresses need.
        is_gone: It has been deleted.
    """

    name: str
    unit: str | None
    areas: frozenset[str] | None
    maker: str
    ids: dict[Kind, int] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    is_gone: bool = False

    def mark(self, kind: Kind) -> str:
        """Return the text that betrays one of its things."""
        return f"{kind.value}~{self.name}~"


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: one role, or none, at one unit; nobody at all has no token."""

    login: str
    role: Role | None
    place: str | None
    token: str | None
    mine: Thing | None


@dataclass
class World:
    """Everything there is."""

    callers: list[Caller] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    gone: Thing = field(default_factory=lambda: Thing("gone", None, None, "maker", is_gone=True))
    grid_id: int = 0
    hole: str = ""


def natural(code: str, community: str, south: float, north: float) -> dict[str, Any]:
    """Return a natural grid over the width of a community."""
    west = WEST[community]
    return {
        "code": code,
        "kind": "natural",
        "name": code[-3:],
        "task": None,
        "community_code": community,
        "households": 100,
        "geometry": box(west, south, west + WIDTH, north),
    }


def own_grid(unit: str | None) -> dict[str, Any]:
    """Return a grid that a unit's plan may change, as it is."""
    community = COMMUNITY_OF.get(unit or "", A11)
    return natural(f"{community}001", community, SOUTH, MOVED if community in {A21, B11} else MIDDLE)


def file_of(rows: geopandas.GeoDataFrame) -> dict[str, tuple[str, bytes]]:
    """Return rows as an upload of GeoJSON."""
    kept = rows.drop(columns="attributes")
    return {"file": ("rows.geojson", kept.to_json(drop_id=True).encode())}


def grids_with(middle: float, communities: Iterable[str]) -> geopandas.GeoDataFrame:
    """Return two natural grids a community, one above the other."""
    rows = []
    for community in communities:
        rows.append(natural(f"{community}001", community, SOUTH, middle))
        rows.append(natural(f"{community}002", community, middle, NORTH))
    return frame(rows)


def frame(rows: list[dict[str, Any]]) -> geopandas.GeoDataFrame:
    """Return rows as plans take them."""
    made = geopandas.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4490")
    made["attributes"] = [{} for _ in rows]
    return made


def all_areas() -> geopandas.GeoDataFrame:
    """Return districts, streets and communities."""
    outlines: dict[str, Polygon | MultiPolygon] = {
        code: box(west, SOUTH, west + WIDTH, NORTH) for code, west in WEST.items()
    }
    for street in (A1, A2, B1):
        outlines[street] = union_all([outlines[code] for code in WEST if ABOVE[code] == street])
    outlines[A] = union_all([outlines[A1], outlines[A2], STRIP])
    outlines[B] = outlines[B1]
    levels = {6: "district", 9: "street", 12: "community"}
    return frame(
        [
            {
                "level": levels[len(code)],
                "code": code,
                "name": code,
                "parent_code": ABOVE.get(code),
                "geometry": outline,
            }
            for code, outline in sorted(outlines.items(), key=lambda pair: len(pair[0]))
        ]
    )


def make_world(session: Session, settings: Settings) -> World:
    """Fill an empty database."""
    world = World()
    publish_two(session)
    save_units(
        session,
        [
            {"code": code, "name": code, "parent_code": above, "area_code": area}
            for code, (above, area) in UNITS.items()
        ],
    )
    indexes = ReleaseIndexes(settings)
    for unit in (*EVENT_IN, "DA"):
        world.things.append(thing := Thing(unit, unit, areas_of_event(unit), MAKER.name))
        make_shared(session, thing, settings)
        make_made(session, thing, indexes, settings)
    for code in UNITS:
        if all(thing.name != code for thing in world.things):
            world.things.append(thing := Thing(code, code, None, MAKER.name))
            thing.ids[Kind.UNIT] = unit_id_of(session, code)
    world.things.append(make_district_wide(session, indexes, settings))
    world.callers.append(Caller("nobody", None, None, None, None))
    for place in PLACES:
        for role in (*Role, None):
            make_caller(session, world, role, place, (indexes, settings))
    make_gone(session, world.gone)
    code = f"{A11}001"
    # a hole that everybody can have found; whose branch it lies in decides who may take its mark back
    gap = replace(world.things[0].more["gap"], geometry=LAKE.buffer(0.001))
    save_check(session, get_release(session, 1), [gap], (0.1, 1.0), MAKER)
    (world.hole,) = ids_of([gap])
    save_intended(session, world.hole, gap, "a lake", MAKER)
    world.grid_id = session.scalars(select(GridVersionRow.grid_id).where(GridVersionRow.code == code)).first()
    return world


def publish_two(session: Session) -> None:
    """Publish the district, and a year later the same with another middle line in two communities."""
    plan = create_plan(session, "first", MAKER)
    save_plan_areas(session, plan.id, all_areas())
    save_plan_grids(session, plan.id, grids_with(MIDDLE, WEST))
    releases.publish(session, plan.id, FIRST_DAY)
    plan = create_plan(session, "second", MAKER)
    save_plan_grids(session, plan.id, grids_with(MOVED, (A21, B11)))
    releases.publish(session, plan.id, SECOND_DAY)


def areas_of_event(unit: str) -> frozenset[str] | None:
    """Return the areas a unit's event fell in."""
    if unit not in EVENT_IN:
        return None
    code = EVENT_IN[unit]
    return frozenset({A}) if code is None else frozenset({code, ABOVE[code], ABOVE[ABOVE[code]]})


def make_shared(session: Session, thing: Thing, settings: Settings) -> None:
    """Make what belongs to a unit whoever made it: unit, user, grant, session, worker."""
    login = f"of.{thing.name}".lower()
    user_id = people.make_user(session, login, [Role.GRID_WORKER], thing.unit)
    rename(session, user_id, thing.mark(Kind.USER))
    people.open_session(session, user_id)
    thing.ids[Kind.USER] = user_id
    thing.ids[Kind.UNIT] = unit_id_of(session, thing.unit)
    thing.ids[Kind.SESSION] = session.scalars(
        select(SessionRow.id).where(SessionRow.user_id == user_id)
    ).one()
    thing.more["grant"] = session.scalars(select(GrantRow.id).where(GrantRow.user_id == user_id)).one()
    worker = insert(WorkerRow).values(code=f"W-{thing.name}", name="王敏", unit_id=thing.ids[Kind.UNIT])
    thing.ids[Kind.WORKER] = session.execute(worker.returning(WorkerRow.id)).scalar_one()
    save_worker(session, settings, MAKER, thing.ids[Kind.WORKER], Person(phone=PHONE))


def make_made(session: Session, thing: Thing, indexes: ReleaseIndexes, settings: Settings) -> None:
    """Make what somebody makes: a plan with an operation and a check, a job about it, an event."""
    maker = Actor(thing.maker)
    plan = create_plan(session, thing.mark(Kind.PLAN), maker, unit_id_of(session, thing.unit))
    own = own_grid(thing.unit)
    with recorded(session, plan.id, Deed(OperationKind.IMPORT_GRIDS), maker):
        save_plan_grids(session, plan.id, frame([own]))
    thing.ids[Kind.PLAN] = plan.id
    gap = Finding(
        kind=FindingKind.GAP,
        severity=Severity.ERROR,
        grids=(own["code"],),
        geometry=LAKE.buffer(0.0001 * plan.id),
        area_m2=10.0,
        width_m=1.0,
        detail={},
    )
    thing.ids[Kind.CHECK] = save_check(session, get_plan(session, plan.id), [gap], (0.1, 1.0), maker).id
    thing.more["gap"] = gap
    made = {"kind": "repair", "parameters": {"plan_id": plan.id}, "created_by": maker.name}
    job_id = session.scalar(insert(JobRow).values(**made, state="done", result={}).returning(JobRow.id))
    answer = {"media_type": "application/geo+json", "content": thing.mark(Kind.JOB).encode()}
    session.execute(insert(JobAnswerRow).values(job_id=job_id, **answer))
    thing.ids[Kind.JOB] = job_id or 0
    if thing.areas is not None:
        make_event(session, thing, indexes, settings)


def make_event(session: Session, thing: Thing, indexes: ReleaseIndexes, settings: Settings) -> None:
    """Report an event where the thing's areas are."""
    community = next((code for code in thing.areas or () if code in WEST), None)
    lon = STRIP.centroid.x if community is None else WEST[community] + WIDTH / 2
    report = EventReport(
        source="matrix",
        source_id=thing.name,
        x=lon if thing.areas else None,
        y=EVENTS_LAT if thing.areas else None,
        crs="cgcs2000",
        reported_at=REPORTED,
        category="rubbish",
        text=thing.mark(Kind.EVENT),
        reporter=Person(name="陈静", phone=PHONE),
    )
    (reported,) = report_events(session, indexes, [report], settings, Actor(thing.maker))
    thing.ids[Kind.EVENT] = reported.id
    require_areas(session, thing)


def require_areas(session: Session, thing: Thing) -> None:
    """Make sure that the event fell where the model believes it did."""
    row = session.get_one(EventRow, thing.ids[Kind.EVENT])
    ids = {row.community_id, row.street_id, row.district_id} - {None}
    codes = session.scalars(select(AreaVersionRow.code).where(AreaVersionRow.area_id.in_(ids)))
    assert set(codes) == thing.areas, thing.name


def make_district_wide(session: Session, indexes: ReleaseIndexes, settings: Settings) -> Thing:
    """Make a plan of no unit and an event without a place: both are the roots'."""
    thing = Thing("everywhere", None, frozenset(), MAKER.name)
    make_made(session, thing, indexes, settings)
    return thing


def make_caller(
    session: Session,
    world: World,
    role: Role | None,
    place: str,
    locating: tuple[ReleaseIndexes, Settings],
) -> None:
    """Add a user of one role at a unit, who has made things in the other district."""
    login = f"{role.value if role else 'without_role'}.{place}".lower()
    user_id = people.make_user(session, login, [role] if role else [], place)
    token = people.open_session(session, user_id)
    as_user = Thing(login, place, None, login, {Kind.USER: user_id})
    rename(session, user_id, as_user.mark(Kind.USER))
    mine = Thing(f"by.{login}", "SB1", areas_of_event("SB1"), login)
    make_made(session, mine, *locating)
    people.open_session(session, user_id)
    newest = select(SessionRow.id).where(SessionRow.user_id == user_id).order_by(SessionRow.id.desc())
    mine.ids[Kind.SESSION] = session.scalars(newest).first() or 0
    world.things += [as_user, mine]
    world.callers.append(Caller(login, role, place, token, mine))


def make_gone(session: Session, thing: Thing) -> None:
    """Use up an id of each kind: what had it is there no more."""
    for kind, table in (
        (Kind.PLAN, "plan"),
        (Kind.CHECK, "grid_check"),
        (Kind.EVENT, "event"),
        (Kind.JOB, "job"),
        (Kind.USER, "user_account"),
        (Kind.UNIT, "unit"),
        (Kind.SESSION, "user_session"),
        (Kind.WORKER, "worker"),
    ):
        thing.ids[kind] = session.scalar(select(func.nextval(func.pg_get_serial_sequence(table, "id")))) or 0
    thing.more["grant"] = 1


def rename(session: Session, user_id: int, name: str) -> None:
    """Give a user a name."""
    session.execute(update(UserRow).where(UserRow.id == user_id).values(name=name))


def unit_id_of(session: Session, code: str | None) -> int | None:
    """Return the id of a unit."""
    return None if code is None else session.scalars(select(UnitRow.id).where(UnitRow.code == code)).one()
