"""What locating gives back: for one point with all that is known, for many as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.nouns import Candidate, Chain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

NONE = -1
"""Stands for no grid or area in arrays of ids."""

FIRST_NEW_ID, LAST_NEW_ID = 1 << 52, (1 << 53) - 1
"""Ids of what only a plan has: above every lasting id, as they will be, and exact in every float."""


@dataclass(frozen=True, slots=True)
class Located:
    """One point and the grids and areas it belongs to.

    Attributes:
        lon: Longitude, EPSG:4490.
        lat: Latitude, EPSG:4490.
        chain: The grids and areas, by id.
        on_boundary: The point lies exactly on the outline of a natural or dedicated grid.
        near_boundary: It lies on one, or nearer to one than its accuracy.
        boundary_m: Metres to the nearest such outline; None where there is none or the point is too far.
        accuracy_m: The accuracy that was stated.
        candidates: Every grid within the accuracy, nearest first; those the point lies in have distance 0.
        nearest: For a point in no natural and no dedicated grid, the nearest of them.
        direction: Where that lies from the point, in degrees clockwise from north.
    """

    lon: float
    lat: float
    chain: Chain
    on_boundary: bool
    near_boundary: bool
    boundary_m: float | None
    accuracy_m: float | None
    candidates: tuple[Candidate, ...]
    nearest: Candidate | None
    direction: float | None

    @property
    def is_located(self) -> bool:
        """Whether some grid answers for the point."""
        return self.chain.answers is not None


@dataclass(frozen=True, slots=True)
class LocatedArrays:
    """Many points and the grids and areas they belong to, by id; -1 stands for none.

    Attributes:
        natural: Shape (n,).
        dedicated: Shape (n,).
        special: All special grids of all points, one after another; those of point i are
            `special[special_offsets[i] : special_offsets[i + 1]]`, lowest id first.
        special_offsets: Shape (n + 1,).
        community: Shape (n,).
        street: Shape (n,).
        district: Shape (n,).
        on_boundary: True exactly on the outline of a natural or dedicated grid, shape (n,).
    """

    natural: Ids
    dedicated: Ids
    special: Ids
    special_offsets: Ids
    community: Ids
    street: Ids
    district: Ids
    on_boundary: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the points."""
        return len(self.natural)

    @property
    def answers(self) -> Ids:
        """The grid that answers for each point: the dedicated one before the natural one, -1 for none."""
        return np.where(self.dedicated != NONE, self.dedicated, self.natural)

    def chain(self, i: int) -> Chain:
        """Give the chain of one point."""
        start, end = self.special_offsets[i], self.special_offsets[i + 1]
        return Chain(
            natural=_or_none(self.natural[i]),
            dedicated=_or_none(self.dedicated[i]),
            special=tuple(int(grid) for grid in self.special[start:end]),
            community=_or_none(self.community[i]),
            street=_or_none(self.street[i]),
            district=_or_none(self.district[i]),
        )


def _or_none(identity: np.int64) -> int | None:
    return None if identity == NONE else int(identity)
