"""All tables on one page; jobs and marks have their own. Geometry is EPSG:4490, x = longitude, y = latitude.

What lasts is the identity (`area`, `grid`); what a release says of it is a version with a range of days.
No two versions of one identity, nor two uses of one code, hold on the same day: exclusion constraints refuse.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, MetaData, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, JSONB, ExcludeConstraint, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SRID = 4490


class Base(DeclarativeBase):
    """Every table of the product."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as declared
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[int]: ARRAY(BigInteger),
        list[str]: ARRAY(Text),
        Range[date]: DATERANGE,
    }


def identity_key() -> Mapped[int]:
    """Return the usual primary key: a number the database gives, never the caller."""
    return mapped_column(Identity(always=True), primary_key=True)


def further_attributes() -> Mapped[dict[str, Any]]:
    """Return a column of further attributes as they came in the file."""
    return mapped_column(server_default=sql("'{}'::jsonb"))


class Outlined:
    """A polygon in one or more parts, and its fingerprint (`gis.store.checking.proofs`), if it is valid."""

    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", SRID, spatial_index=False))
    fingerprint_1: Mapped[int | None]
    fingerprint_2: Mapped[int | None]


# --- areas and grids: identities and their versions -------------------------------------------------


class AreaRow(Base):
    """Lasting identity of an administrative area."""

    __tablename__ = "area"

    id: Mapped[int] = identity_key()


class AreaVersionRow(Outlined, Base):
    """What a release says of an area, for a range of days."""

    __tablename__ = "area_version"
    __table_args__ = (
        ExcludeConstraint(("area_id", "="), ("valid", "&&"), name="ex_area_version_one_at_a_time"),
        ExcludeConstraint(("level", "="), ("code", "="), ("valid", "&&"), name="ex_area_version_code"),
        CheckConstraint("level IN ('district', 'street', 'community')", name="level"),
        Index("ix_area_version_geom", "geom", postgresql_using="gist"),
    )

    id: Mapped[int] = identity_key()
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    release: Mapped[int] = mapped_column(ForeignKey("release.number"))
    valid: Mapped[Range[date]]
    level: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    households: Mapped[int | None]
    population: Mapped[int | None]
    attributes: Mapped[dict[str, Any]] = further_attributes()


class GridRow(Base):
    """Lasting identity of a grid; the tie rule for points on shared edges orders by it."""

    __tablename__ = "grid"

    id: Mapped[int] = identity_key()


class GridVersionRow(Outlined, Base):
    """What a release says of a grid, for a range of days."""

    __tablename__ = "grid_version"
    __table_args__ = (
        ExcludeConstraint(("grid_id", "="), ("valid", "&&"), name="ex_grid_version_one_at_a_time"),
        ExcludeConstraint(("code", "="), ("valid", "&&"), name="ex_grid_version_code"),
        CheckConstraint("kind IN ('natural', 'dedicated', 'special')", name="kind"),
        CheckConstraint("(kind = 'special') = (task IS NOT NULL)", name="task"),
        Index("ix_grid_version_geom", "geom", postgresql_using="gist"),
        Index("ix_grid_version_community_id", "community_id"),
    )

    id: Mapped[int] = identity_key()
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    release: Mapped[int] = mapped_column(ForeignKey("release.number"))
    valid: Mapped[Range[date]]
    kind: Mapped[str]
    task: Mapped[str | None]
    code: Mapped[str]
    name: Mapped[str]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    households: Mapped[int | None]
    population: Mapped[int | None]
    leader: Mapped[str | None]
    unit: Mapped[str | None]
    land_use: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = further_attributes()


# --- plans and releases -----------------------------------------------------------------------------


class PlanRow(Base):
    """A draft set of changes over a base release."""

    __tablename__ = "plan"
    __table_args__ = (CheckConstraint("status IN ('draft', 'published')", name="status"),)

    id: Mapped[int] = identity_key()
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    base_release: Mapped[int | None] = mapped_column(ForeignKey("release.number"))
    change_number: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    created_by: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))


class PlanAreaRow(Outlined, Base):
    """An area as the plan wants it; replaces, or retires, the base release's area of that level and code."""

    __tablename__ = "plan_area"
    __table_args__ = (
        Unique("plan_id", "level", "code"),
        Index("ix_plan_area_geom", "geom", postgresql_using="gist"),
    )

    id: Mapped[int] = identity_key()
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    level: Mapped[str]
    retired: Mapped[bool] = mapped_column(server_default=sql("false"))
    code: Mapped[str]
    name: Mapped[str]
    parent_code: Mapped[str | None]
    households: Mapped[int | None]
    population: Mapped[int | None]
    attributes: Mapped[dict[str, Any]] = further_attributes()


class PlanGridRow(Outlined, Base):
    """A grid as the plan wants it: replaces or retires the one of its code; a draft may repeat a code."""

    __tablename__ = "plan_grid"
    __table_args__ = (
        Index("ix_plan_grid_plan_id_code", "plan_id", "code"),
        Index("ix_plan_grid_geom", "geom", postgresql_using="gist"),
    )

    id: Mapped[int] = identity_key()
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    kind: Mapped[str]
    task: Mapped[str | None]
    retired: Mapped[bool] = mapped_column(server_default=sql("false"))
    code: Mapped[str]
    name: Mapped[str]
    community_code: Mapped[str | None]
    households: Mapped[int | None]
    population: Mapped[int | None]
    leader: Mapped[str | None]
    unit: Mapped[str | None]
    land_use: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = further_attributes()


class ReleaseRow(Base):
    """A published state of all areas and grids; never changed, never deleted."""

    __tablename__ = "release"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    effective_from: Mapped[date] = mapped_column(unique=True)
    published_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    published_by: Mapped[str]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", use_alter=True))
    check_id: Mapped[int] = mapped_column(ForeignKey("grid_check.id", use_alter=True))
    sha256: Mapped[str]
    area_count: Mapped[int]
    grid_count: Mapped[int]
    accepted_findings: Mapped[int]
    accept_reason: Mapped[str | None]


# --- checks and findings ----------------------------------------------------------------------------


class CheckRow(Base):
    """One run of the check over a plan at one of its change numbers, or over a release."""

    __tablename__ = "grid_check"
    __table_args__ = (CheckConstraint("(plan_id IS NULL) <> (release IS NULL)", name="subject"),)

    id: Mapped[int] = identity_key()
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    release: Mapped[int | None] = mapped_column(ForeignKey("release.number"))
    change_number: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    by: Mapped[str]
    min_width_m: Mapped[float]
    min_area_m2: Mapped[float]
    counts: Mapped[dict[str, Any]]
    errors: Mapped[int]


class FindingRow(Base):
    """One finding of a check, in the check's order."""

    __tablename__ = "finding"
    __table_args__ = (Index("ix_finding_geom", "geom", postgresql_using="gist"),)

    check_id: Mapped[int] = mapped_column(ForeignKey("grid_check.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    severity: Mapped[str]
    grids: Mapped[list[str]]
    area_m2: Mapped[float]
    width_m: Mapped[float]
    detail: Mapped[dict[str, Any]]
    geom: Mapped[Any | None] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))


# --- events -----------------------------------------------------------------------------------------


class EventRow(Base):
    """Something reported; the same report sent twice is one row (source, source_id).

    The grids and areas it fell in are written with the release they were found in, when it arrives.
    """

    __tablename__ = "event"
    __table_args__ = (
        Unique("source", "source_id"),
        CheckConstraint("grade IN ('ordinary', 'urgent', 'extra_urgent')", name="grade"),
        CheckConstraint(
            "(unlocated IS NULL) = (natural_id IS NOT NULL OR dedicated_id IS NOT NULL)", name="located"
        ),
        Index("ix_event_reported_at_id", "reported_at", "id"),
        Index("ix_event_natural_id", "natural_id"),
        Index("ix_event_dedicated_id", "dedicated_id", postgresql_where=sql("dedicated_id IS NOT NULL")),
        Index("ix_event_community_id", "community_id"),
        Index("ix_event_received_by_reported_at_id", "received_by", "reported_at", "id"),
        Index("ix_event_unlocated", "id", postgresql_where=sql("unlocated IS NOT NULL")),
        Index("ix_event_special_ids", "special_ids", postgresql_using="gin"),
        Index("ix_event_geom", "geom", postgresql_using="gist"),
    )

    id: Mapped[int] = identity_key()
    source: Mapped[str]
    source_id: Mapped[str]
    x: Mapped[float | None]
    y: Mapped[float | None]
    crs: Mapped[str]
    geom: Mapped[Any | None] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    accuracy_m: Mapped[float | None]
    reported_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    received_by: Mapped[str]
    category: Mapped[str]
    grade: Mapped[str]
    text: Mapped[str]
    attributes: Mapped[dict[str, Any]] = further_attributes()
    release: Mapped[int | None] = mapped_column(ForeignKey("release.number"))
    natural_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    dedicated_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    special_ids: Mapped[list[int]] = mapped_column(server_default=sql("'{}'"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    street_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    near_boundary: Mapped[bool] = mapped_column(server_default=sql("false"))
    unlocated: Mapped[str | None]
    nearest_id: Mapped[int | None] = mapped_column(ForeignKey("grid.id"))
    nearest_m: Mapped[float | None]


class EventPlaceRow(Base):
    """Where an event lies in another release than its own; written by relocation alone, never by hand."""

    __tablename__ = "event_place"  # without foreign keys, and why: docs/decisions/0011-relocating.md

    release: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    natural_id: Mapped[int | None]
    dedicated_id: Mapped[int | None]
    special_ids: Mapped[list[int]]
    community_id: Mapped[int | None]
    street_id: Mapped[int | None]
    district_id: Mapped[int | None]
    near_boundary: Mapped[bool]
    nearest_id: Mapped[int | None]
    nearest_m: Mapped[float | None]


class RelocationRow(Base):
    """How far the relocation of all events into a release has come: everything up to `last_event_id`."""

    __tablename__ = "relocation"

    release: Mapped[int] = mapped_column(ForeignKey("release.number"), primary_key=True, autoincrement=False)
    sha256: Mapped[str]
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    finished_at: Mapped[datetime | None]
    last_event_id: Mapped[int]
    counts: Mapped[dict[str, Any]]


# --- people and buildings ---------------------------------------------------------------------------


class UnitRow(Base):
    """An organisational unit: district centre, street centres, departments; `branch`: it and all above it."""

    __tablename__ = "unit"
    __table_args__ = (Index("ix_unit_branch", "branch", postgresql_using="gin"),)

    id: Mapped[int] = identity_key()
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_code: Mapped[str | None]
    area_code: Mapped[str | None]
    branch: Mapped[list[int]] = mapped_column(server_default=sql("'{}'"))


class WorkerRow(Base):
    """A grid worker of a unit."""

    __tablename__ = "worker"

    id: Mapped[int] = identity_key()
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))


class DutyRow(Base):
    """Who answers for which grid, from when to when."""

    __tablename__ = "duty"
    __table_args__ = (
        ExcludeConstraint(
            ("worker_id", "="), ("grid_id", "="), ("valid", "&&"), name="ex_duty_once_at_a_time"
        ),
        Index("ix_duty_grid_id", "grid_id"),
    )

    id: Mapped[int] = identity_key()
    worker_id: Mapped[int] = mapped_column(ForeignKey("worker.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    role: Mapped[str]
    valid: Mapped[Range[date]]


class BuildingRow(Base):
    """A building with its households."""

    __tablename__ = "building"
    __table_args__ = (Index("ix_building_geom", "geom", postgresql_using="gist"),)

    id: Mapped[int] = identity_key()
    code: Mapped[str] = mapped_column(unique=True)
    households: Mapped[int]
    storeys: Mapped[int | None]
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
