"""How much of a damaged coverage's defects a check found, and how much of what it found is one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from benchmarks.damage.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.damage.kinds import Damaged, Defect

    Geometries = NDArray[Any]


class FoundKind(StrEnum):
    """What a check may say of a place."""

    GAP = "gap"
    OVERLAP = "overlap"
    OUTSIDE = "outside"
    INVALID = "invalid"
    MISMATCH = "mismatch"
    MULTI_PART = "multi_part"
    REPEATED_VERTEX = "repeated_vertex"


FITTING = {
    FoundKind.GAP: {Kind.GAP, Kind.GAP_SLIVER, Kind.GAP3, Kind.MISSING, Kind.SHIFT_GAP, Kind.INLET},
    FoundKind.OVERLAP: {Kind.OVERLAP, Kind.OVERLAP_SLIVER, Kind.DUP, Kind.CONTAINED, Kind.SHIFT_OVERLAP},
    FoundKind.OUTSIDE: {Kind.SPILL},
    FoundKind.INVALID: {Kind.BOWTIE},
    FoundKind.MISMATCH: {Kind.TJUNCTION},
    FoundKind.MULTI_PART: {Kind.SPLIT},
    FoundKind.REPEATED_VERTEX: {Kind.DUPVERTEX},
}
"""As which a defect may be found. Lakes fit nothing."""

_AREAS = {FoundKind.GAP, FoundKind.OVERLAP, FoundKind.OUTSIDE}
_OF_BOWTIE = {*_AREAS, FoundKind.MISMATCH}  # what a bow-tie may bring about around it
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """One place a check found.

    Attributes:
        kind: What it says of it.
        place: A polygon in metres; a point or any other geometry of what has no area.
        cells: Positions in `Damaged.cells`.
    """

    kind: FoundKind
    place: shapely.Geometry
    cells: tuple[int, ...]


class Share(NamedTuple):
    """So many of so many."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """The part that is right; all of nothing is 1."""
        return self.right / self.of if self.of else 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, and what of it was right.

    Attributes:
        recall: Defects found, of each kind that was made but lakes.
        precision: Places found that are right, of each kind that was found.
        missed: The defects that were not found.
        wrong: The places that are no defect.
        lakes: How many lakes were reported as gaps.
        duplicates: How many pairs of places of one kind are the same: polygons of which one lies by more
            than half in the other, or other places within the tolerance with the same cells.
    """

    recall: dict[Kind, Share]
    precision: dict[FoundKind, Share]
    missed: list[Defect]
    wrong: list[Found]
    lakes: int
    duplicates: int

    @property
    def is_perfect(self) -> bool:
        """Tell whether all defects were found, once each, and nothing else."""
        return not (self.missed or self.wrong or self.lakes or self.duplicates)


def score(found: Sequence[Found], damaged: Damaged, tolerance_m: float) -> Score:
    """Hold what a check found against what is wrong.

    1. A gap, overlap or part outside is right if at least half of its area lies in defects of a fitting kind
       whose cells it names: all of a gap's (it may name more), exactly those of others.
    2. Such a defect is found if one place of a fitting kind covers at least half of it.
    3. Anything else is right, and its defect found, if its cells are the defect's and it is not further from
       it than the tolerance.
    4. Gaps, overlaps, parts outside and mismatches that lie by half in the neighbourhood of a bow-tie (its
       grid and those that touched it) are right.

    Args:
        found: Places, in any order.
        damaged: What was checked.
        tolerance_m: By how much places may be off; areas are compared with the other one widened by it.
    """
    is_right = np.zeros(len(found), dtype=bool)
    is_found = np.zeros(len(damaged.defects), dtype=bool)
    kinds = np.array([one.kind for one in found], dtype=object)
    places = shapely.make_valid(np.array([one.place for one in found], dtype=object))
    defect_kinds = np.array([defect.kind for defect in damaged.defects], dtype=object)
    truths = np.array([defect.geometry for defect in damaged.defects], dtype=object)
    duplicates = 0
    for kind, fitting in FITTING.items():
        mine = np.flatnonzero(kinds == kind)
        theirs = np.flatnonzero(np.isin(defect_kinds, list(fitting)))
        pairs = _pairs(places[mine], truths[theirs], tolerance_m)
        named = [
            _is_named(kind, found[one].cells, damaged.defects[truth].cells)
            for one, truth in zip(mine[pairs[0]].tolist(), theirs[pairs[1]].tolist(), strict=True)
        ]
        compare = _by_area if kind in _AREAS else _by_cells
        is_right[mine], is_found[theirs] = compare(
            places[mine], truths[theirs], pairs, np.array(named, dtype=bool), tolerance_m
        )
        duplicates += _duplicates(
            kind, places[mine], [found[one].cells for one in mine.tolist()], tolerance_m
        )
    around = np.flatnonzero(np.isin(kinds, list(_OF_BOWTIE)) & ~is_right)
    is_right[around] = _lie_in(places[around], _around_bowties(damaged))
    lakes = truths[defect_kinds == Kind.LAKE]
    gaps = places[kinds == FoundKind.GAP]
    _, reported = _by_area(gaps, lakes, _pairs(gaps, lakes, tolerance_m), None, tolerance_m)
    is_wanted = defect_kinds != Kind.LAKE
    return Score(
        _shares(defect_kinds[is_wanted], is_found[is_wanted]),
        _shares(kinds, is_right),
        [damaged.defects[place] for place in np.flatnonzero(is_wanted & ~is_found).tolist()],
        [found[place] for place in np.flatnonzero(~is_right).tolist()],
        int(reported.sum()),
        duplicates,
    )


def _pairs(places: Geometries, truths: Geometries, tolerance_m: float) -> NDArray[np.int64]:
    """Return which places are within the tolerance of which defects, shape (2, k)."""
    pairs: NDArray[np.int64] = shapely.STRtree(truths).query(
        places, predicate="dwithin", distance=tolerance_m
    )
    return pairs


def _is_named(kind: FoundKind, cells: tuple[int, ...], of_defect: tuple[int, ...]) -> bool:
    return set(of_defect) <= set(cells) if kind == FoundKind.GAP else set(of_defect) == set(cells)


def _by_area(
    places: Geometries,
    truths: Geometries,
    pairs: NDArray[np.int64],
    named: NDArray[np.bool_] | None,
    tolerance_m: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    one, truth = pairs
    counts = slice(None) if named is None else named
    inside = shapely.area(shapely.intersection(places[one], _wider(truths, tolerance_m)[truth]))
    sums = np.bincount(one[counts], inside[counts], minlength=len(places))
    is_right = sums >= _HALF * shapely.area(places)
    # a place without area is right if it lies in a defect
    is_right &= np.isin(np.arange(len(places)), one[counts])
    covered = shapely.area(shapely.intersection(_wider(places, tolerance_m)[one], truths[truth]))
    is_found = np.zeros(len(truths), dtype=bool)
    is_found[truth[covered >= _HALF * shapely.area(truths)[truth]]] = True
    return is_right, is_found


def _wider(geometries: Geometries, by_m: float) -> Geometries:
    return shapely.buffer(geometries, by_m) if by_m else geometries


def _by_cells(
    places: Geometries,
    truths: Geometries,
    pairs: NDArray[np.int64],
    named: NDArray[np.bool_],
    _tolerance_m: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    one, truth = pairs[:, named]
    return np.isin(np.arange(len(places)), one), np.isin(np.arange(len(truths)), truth)


def _duplicates(kind: FoundKind, places: Geometries, cells: list[tuple[int, ...]], tolerance_m: float) -> int:
    one, other = _pairs(places, places, tolerance_m)
    one, other = one[one < other], other[one < other]
    if kind in _AREAS:
        common = shapely.area(shapely.intersection(places[one], places[other]))
        smaller = np.minimum(shapely.area(places[one]), shapely.area(places[other]))
        return int((common > _HALF * smaller).sum())
    return sum(set(cells[a]) == set(cells[b]) for a, b in zip(one, other, strict=True))


def _around_bowties(damaged: Damaged) -> Geometries:
    """Return the neighbourhood of each bow-tie: its clean grid and those that touch it."""
    grids = damaged.clean[[damaged.source[d.cells[0]] for d in damaged.defects if d.kind == Kind.BOWTIE]]
    bowtie, near = shapely.STRtree(damaged.clean).query(grids, predicate="intersects")
    return np.array(
        [shapely.union_all(damaged.clean[near[bowtie == place]]) for place in range(len(grids))], dtype=object
    )


def _lie_in(places: Geometries, around: Geometries) -> NDArray[np.bool_]:
    """Tell which places lie by half in one of these polygons."""
    one, polygon = shapely.STRtree(around).query(places, predicate="intersects")
    inside = shapely.area(shapely.intersection(places[one], around[polygon]))
    return np.isin(np.arange(len(places)), one[inside >= _HALF * shapely.area(places[one])])


def _shares(kinds: NDArray[Any], is_right: NDArray[np.bool_]) -> dict[Any, Share]:
    right = Counter(kinds[is_right].tolist())
    return {kind: Share(right[kind], of) for kind, of in sorted(Counter(kinds.tolist()).items())}
