"""START HERE: the nouns of grid management, in the words of the field (Chinese terms in brackets).

All values are immutable. Geometry is shapely, in EPSG:4490 (CGCS2000) with x = longitude and
y = latitude in degrees, unless a name says otherwise (`_m` is metres in the district's projected zone).
Frames (`GeoDataFrame`) use the field names of these classes as column names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date, datetime

    from shapely.geometry.base import BaseGeometry

STORED_CRS = "EPSG:4490"
"""Every stored coordinate. WGS 84 differs by centimetres to decimetres and is taken as equal."""


class AreaLevel(StrEnum):
    """Administrative levels (区县, 街道/镇, 社区/村), widest first: given by an authority, not drawn."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


class GridKind(StrEnum):
    """What a grid is for; the order is the order of display."""

    NATURAL = "natural"  # 自然网格: these partition the land of a community
    DEDICATED = "dedicated"  # 专属网格: a campus, park or mall; answers before the natural grid
    SPECIAL = "special"  # 专项网格: an overlay for one task


@dataclass(frozen=True, slots=True)
class Area:
    """One administrative area (行政区划)."""

    id: int
    code: str
    name: str
    level: AreaLevel
    parent_code: str | None
    geometry: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid (网格) as it is in a release; `id` lasts over all releases, the code may change."""

    id: int
    code: str
    name: str
    kind: GridKind
    community_code: str | None
    task: str | None = None
    households: int | None = None
    population: int | None = None
    geometry: BaseGeometry | None = None


class PlanStatus(StrEnum):
    """Life of a plan (网格划分方案)."""

    DRAFT = "draft"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft set of changes over a base release (None: over nothing)."""

    id: int
    title: str
    status: PlanStatus
    base_release: int | None
    created_at: datetime
    created_by: str
    change_number: int = 0  # goes up with every change, so that a check says which state it saw
    area_count: int = 0
    grid_count: int = 0


@dataclass(frozen=True, slots=True)
class Release:
    """A published (发布), numbered, dated, immutable state of all areas and grids."""

    number: int
    title: str
    effective_from: date
    published_at: datetime
    published_by: str
    sha256: str
    area_count: int
    grid_count: int
    accepted_findings: int = 0
    accept_reason: str | None = None


class FindingKind(StrEnum):
    """What a check can find wrong with a set of grids."""

    GAP = "gap"
    OVERLAP = "overlap"
    OUTSIDE_PARENT = "outside_parent"
    INVALID = "invalid"
    MULTI_PART = "multi_part"
    DUPLICATE_CODE = "duplicate_code"
    BAD_CODE = "bad_code"
    NESTING = "nesting"
    REPEATED_VERTEX = "repeated_vertex"
    SPIKE = "spike"
    NARROW_NECK = "narrow_neck"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_COMPACT = "not_compact"
    STRAY_PART = "stray_part"
    RETIRED_CODE = "retired_code"
    CODE_ORDER = "code_order"
    NO_WORKER = "no_worker"
    EDGE_MISMATCH = "edge_mismatch"
    BUILDING_CUT = "building_cut"
    UNIT_GROUP = "unit_group"
    INTENDED_HOLE = "intended_hole"


class Severity(StrEnum):
    """How bad a finding is; errors stand in the way of publishing until accepted with a reason."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a set of grids (检查问题).

    Attributes:
        kind: What is wrong.
        severity: How bad.
        grids: Codes of the grids or areas at fault, sorted; empty for a gap no grid touches.
        geometry: Where, in EPSG:4490; None where a finding has no place (a repeated code).
        area_m2: Geodesic area; 0 for findings without one.
        width_m: Mean width of the place, 2 x area / perimeter, so a long sliver shows its thickness.
        detail: Further facts by name (reason, parent, parts ...), for the sentence a planner reads.
    """

    kind: FindingKind
    severity: Severity
    grids: tuple[str, ...]
    geometry: BaseGeometry | None
    area_m2: float = 0.0
    width_m: float = 0.0
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One run of the check over a plan or a release, with its tolerances and counts."""

    id: int
    plan_id: int | None
    release: int | None
    change_number: int | None
    at: datetime
    by: str
    min_width_m: float
    min_area_m2: float
    counts: dict[FindingKind, int]
    errors: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Whether an area's children, areas or natural grids, partition it exactly, corner for corner.

    Attributes:
        level, code, name: Of the area.
        children: How many there are.
        invalid: How many of them and the area are invalid polygons, of which nothing can be said.
        is_exact: Whether they do.
    """

    level: AreaLevel
    code: str
    name: str
    children: int
    invalid: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grid near a point, with the distance to it in metres (0: the point lies in or on it)."""

    grid_id: int
    code: str
    name: str
    kind: GridKind
    distance_m: float


@dataclass(frozen=True, slots=True)
class Chain:
    """The grids and areas a point belongs to, as ids; None where there is none."""

    natural: int | None = None
    dedicated: int | None = None
    special: tuple[int, ...] = ()
    community: int | None = None
    street: int | None = None
    district: int | None = None

    @property
    def answers(self) -> int | None:
        """The grid that answers for the place: the dedicated one before the natural one."""
        return self.dedicated if self.dedicated is not None else self.natural


class UnlocatedReason(StrEnum):
    """Why an event waits in the unlocated queue."""

    NO_GRID = "no_grid"  # the point lies in no natural or dedicated grid
    NO_RELEASE = "no_release"  # no release was in force on the day it was reported
    NO_POINT = "no_point"  # the report has no usable coordinates


class Grade(StrEnum):
    """How urgent an event is."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    EXTRA_URGENT = "extra_urgent"


class Source(StrEnum):
    """The usual sources of events; a city may add its own, so the stored field is free text."""

    PATROL = "patrol"
    RESIDENT = "resident"
    HOTLINE = "hotline"
    DEPARTMENT = "department"
    LEADER = "leader"
    SENSOR = "sensor"
    OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class Event:
    """Something reported at a place and time (事件).

    `x`, `y` and `crs` are exactly as received; `lon`, `lat` are stored (EPSG:4490), None if unusable.
    The chain and the release it was found with are written once, when the event arrives.
    """

    id: int
    source: str
    source_id: str
    x: float | None
    y: float | None
    crs: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    reported_at: datetime
    received_at: datetime
    received_by: str
    category: str
    grade: Grade
    text: str
    release: int | None
    chain: Chain
    near_boundary: bool
    unlocated: UnlocatedReason | None
    nearest_grid: int | None
    nearest_m: float | None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a right reaches: branches of the hierarchy of areas and units.

    Attributes:
        is_everything: Without any bound: the command line, and the root of a hierarchy without areas.
        area_ids: Lasting ids of districts, streets and communities; what lies below them is meant too.
        unit_ids: Organisational units; those below them are meant too.
        has_root: One of the units is a root: what belongs to no unit and no area is in its care.
        has_own: What the actor has made is meant too, wherever it lies.
    """

    is_everything: bool = False
    area_ids: frozenset[int] = frozenset()
    unit_ids: frozenset[int] = frozenset()
    has_root: bool = False
    has_own: bool = False


EVERYTHING = Scope(is_everything=True, has_root=True)


@dataclass(frozen=True, slots=True)
class Actor:
    """The user a read or write is done for.

    Attributes:
        name: Log-in name; on the command line, the name of the system's user.
        scope: How far the right reaches that the act needs.
        user_id: The account; None on the command line.
        session_id: The session it came by, likewise.
        address: Network address it came from, likewise.
    """

    name: str
    scope: Scope = EVERYTHING
    user_id: int | None = None
    session_id: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One problem in one row of a file, with the remedy; rows count from 1 without the header."""

    row: int | None
    field: str | None
    severity: Severity
    message: str
