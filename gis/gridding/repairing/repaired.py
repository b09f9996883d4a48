"""What a repair gives back: the polygons, what was changed and why, and what was left and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import shapely

    from gis.gridding.chain.rings import Floats, Polygons


class Deed(StrEnum):
    """What was done at a place."""

    FILLED = "filled"
    DECIDED = "decided"
    TRIMMED = "trimmed"
    MATCHED = "matched"
    WELDED = "welded"
    GIVEN = "given"
    MADE_VALID = "made_valid"


class Ground(StrEnum):
    """Why it was done so."""

    LONGEST_EDGE = "longest_edge"
    COMPACT = "compact"
    PRIORITY = "priority"
    LARGEST = "largest"
    MIDDLE = "middle"
    LOCKED = "locked"
    OUTSIDE_PARENT = "outside_parent"
    CORNER_OF_NEIGHBOUR = "corner_of_neighbour"
    WITHIN_SNAP = "within_snap"
    STRAY_PART = "stray_part"
    KEEPS_WHOLE = "keeps_whole"
    INVALID = "invalid"


class Trouble(StrEnum):
    """What is wrong at a place that was left."""

    GAP = "gap"
    OVERLAP = "overlap"
    OUTSIDE = "outside"
    MISMATCH = "mismatch"
    STRAY = "stray"
    INVALID = "invalid"


class Reason(StrEnum):
    """Why a place was left."""

    TOO_WIDE = "too_wide"
    INTENDED = "intended"
    NOT_ASKED = "not_asked"
    DUPLICATE = "duplicate"
    CONTAINED = "contained"
    NO_OWNER = "no_owner"
    LOCKED = "locked"
    WOULD_EMPTY = "would_empty"
    WOULD_DIVIDE = "would_divide"
    BARRIER = "barrier"
    BUILDING = "building"
    COMMUNITY = "community"
    UNSURE = "unsure"
    NOT_USABLE = "not_usable"


@dataclass(frozen=True, slots=True)
class Change:
    """One place that was repaired. Polygons are named by position; the parents' follow the polygons'.

    Attributes:
        deed: What was done.
        ground: The rule it was done by.
        place: The polygon that changed hands; the point of a corner or of welded vertices.
        before: Who had it: none a gap, several an overlap; of a corner those that had it.
        after: Who has it now.
        area_m2: 0 of points.
    """

    deed: Deed
    ground: Ground
    place: shapely.Geometry
    before: tuple[int, ...]
    after: tuple[int, ...]
    area_m2: float


@dataclass(frozen=True, slots=True)
class Left:
    """One place that is as it was.

    Attributes:
        trouble: What is wrong with it.
        reason: Why it was left.
        place: A polygon; a point of edges that do not match.
        polygons: Those that cover it; of gaps those along it; of a mismatch those whose edge has no corner.
        area_m2: 0 of points.
    """

    trouble: Trouble
    reason: Reason
    place: shapely.Geometry
    polygons: tuple[int, ...]
    area_m2: float


@dataclass(frozen=True, slots=True)
class Repaired:
    """The result of a repair.

    Attributes:
        polygons: Those that needed no repair are the same objects, shape (n,).
        parents: With the corners that the polygons have on their outline, shape (p,).
        changes: In the order they were made.
        left: What is still wrong, all of it.
        area_before_m2, area_after_m2: Of each polygon, shape (n,).
    """

    polygons: Polygons
    parents: Polygons
    changes: list[Change]
    left: list[Left]
    area_before_m2: Floats
    area_after_m2: Floats
