"""What a comparison gives back: changes of eight kinds, and for each the ground that passed.

Words: *Ground* is a place of the plane. A place *passed* from A to B if A had it in the old state and B has
it in the new one; it *counts* if it is larger than the tolerance's area and somewhere wider than its width,
so that a disk of that width fits in. *Most of* a grid is more than half of its area.

1. A grid *goes on* if the new state has its id, and most of the old or most of the new one is common ground.
   Ids are lasting ids where they are known, else codes.
2. A grid that does not go on *passes into* the new grid that has most of it; a grid that did not go on from
   any *comes out of* the old grid that had most of it. Grids so tied together, and those that go on, make up
   a succession. Exchanging the states exchanges the two, and leaves the successions as they are.
3. A succession of one old and one new grid is one grid, whatever its id, code and name. If code or name
   differ, it is **renamed**. Ground that passed between it and others is under 6 and 7. If neither, it is
   **unchanged**.
4. Of one old and several new grids: **split**. Of several and one: **merged**. Of several and several:
   **regrouped**. Ground of theirs that passed is theirs, whomever it passed from or to.
5. Of no new grid: **gone**. Of no old one: **new**. Likewise.
6. Ground that passed between grids of two successions, both of which have grids in both states: a **moved
   edge** of these two.
7. Ground of one grid as in 3 that passed from or to no grid, or a grid that is gone or new: it is
   **reshaped**, as at the parent's outline.

So each grid is named by at least one change or is unchanged, and each place that passed and counts is in at
least one change. A grid may be in several: renamed and with a moved edge to each of two neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Id: TypeAlias = int | str


class ChangeKind(StrEnum):
    """What can become of grids; the order is the order of display."""

    SPLIT = "split"
    MERGED = "merged"
    REGROUPED = "regrouped"
    NEW = "new"
    GONE = "gone"
    MOVED_EDGE = "moved_edge"
    RESHAPED = "reshaped"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class GridState:
    """One grid in one of the two states.

    Attributes:
        position: In its state, ordered by id.
        id: Its lasting id where there are any, else its code.
        code: Its code.
        name: Its name.
        area_m2: In the plane of the coordinates.
    """

    position: int
    id: Id
    code: str
    name: str
    area_m2: float


@dataclass(frozen=True, slots=True)
class Move:
    """All ground that passed from one grid to another and counts.

    Attributes:
        source: Whose it was; None: no grid's.
        target: Whose it is; None: no grid's.
        area_m2: In the plane of the coordinates.
        geometry: A polygon or multipolygon.
    """

    source: GridState | None
    target: GridState | None
    area_m2: float
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Change:
    """What became of some grids.

    Attributes:
        kind: As defined above.
        old: The grids of the old state, by id.
        new: The grids of the new state, by id.
        moves: What passed, by source and target.
    """

    kind: ChangeKind
    old: tuple[GridState, ...]
    new: tuple[GridState, ...]
    moves: tuple[Move, ...]

    @property
    def before_m2(self) -> float:
        """Area of the old grids together."""
        return sum(grid.area_m2 for grid in self.old)

    @property
    def after_m2(self) -> float:
        """Area of the new grids together."""
        return sum(grid.area_m2 for grid in self.new)

    @property
    def moved_m2(self) -> float:
        """Area of the ground that passed."""
        return sum(move.area_m2 for move in self.moves)
