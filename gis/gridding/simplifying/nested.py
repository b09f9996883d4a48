"""Simplify nested levels at once: the finest is simplified, each upper outline is the union of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.simplifying.following import Leaders
from gis.gridding.simplifying.outlines import are_partitioned, outlines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.chain.rings import Flags, Integers, Polygons

_METRES_IN_DEGREE = 111_320
_AREA = 2


@dataclass(frozen=True, slots=True)
class Level:
    """Polygons of one level.

    Attributes:
        polygons: EPSG:4490; None and invalid ones are left as they are, shape (n,).
        parent: Position of each one's parent in the next level, -1 for none, shape (n,).
    """

    polygons: Polygons
    parent: Integers


@dataclass(frozen=True, slots=True)
class Simplified:
    """Levels with fewer corners; every corner is one that was there.

    Attributes:
        levels: The polygons of each level, in their order.
        seamless: Of each level, which outlines are the union of their parts, edge for edge; of those without
            parts, and of the finest level, which are parts of such a parent.
        leaders: What went and what stayed, for outlines that lie over these.
        tolerance: As `shapely.coverage_simplify` takes it.
    """

    levels: list[Polygons]
    seamless: list[Flags]
    leaders: Leaders
    tolerance: float


@dataclass(frozen=True, slots=True)
class _Stage:
    """A level and what it is made of, before anything is simplified.

    Attributes:
        polygons: Usable ones; None for the others, shape (n,).
        is_leaf: Usable and without parts, shape (n,).
        parts: Positions of its parts in the level below, shape (k,).
        parent: Which polygon each part is of, shape (k,).
        is_whole: The parts fill it exactly, shape (n,).
    """

    polygons: Polygons
    is_leaf: Flags
    parts: Integers
    parent: Integers
    is_whole: Flags


def tolerance_in_degrees(tolerance_m: float, lat: float) -> float:
    """Return the side of a square in degrees that has the area of one of so many metres at a latitude.

    `shapely.coverage_simplify` drops corners by the area of the triangle they make with their neighbours, so
    this is right although a degree is not as long to the east as to the north.
    """
    return tolerance_m / (_METRES_IN_DEGREE * float(np.sqrt(np.cos(np.radians(lat)))))


def simplify_levels(levels: Sequence[Level], tolerance_m: float) -> Simplified:
    """Simplify nested polygons so that common edges stay common, at each level and between them.

    1. Leaves are the polygons of the finest level, and those above that have no parts. They are one coverage:
       `shapely.coverage_simplify` drops corners, the same ones on both sides, where the triangle with the
       neighbouring corners is smaller than `tolerance_m` squared.
    2. Where parts fill a polygon exactly, its new outline is what is left of their edges when equal ones
       cancel.
    3. Where they do not, because of gaps or overlaps or corners that do not match, its outline drops the
       corners that leaves drop.
    4. What is no valid polygon stays as it is. Nothing vanishes.

    Args:
        levels: From the finest to the coarsest.
        tolerance_m: Metres, above 0.
    """
    stages = _stages(levels)
    groups = [stage.polygons[stage.is_leaf] for stage in stages]
    before = np.concatenate(groups)
    tolerance = tolerance_in_degrees(tolerance_m, _middle(before))
    after = np.array(shapely.coverage_simplify(before, tolerance), dtype=object, ndmin=1)
    lost = ~shapely.is_valid(after) | shapely.is_empty(after)
    after[lost] = before[lost]
    leaders = Leaders(before, after)
    ends = np.cumsum([len(group) for group in groups])[:-1]
    made: list[Polygons] = []
    whole: list[Flags] = []
    sound = np.empty(0, dtype=bool)
    for level, stage, drawn, bad in zip(
        levels, stages, np.split(after, ends), np.split(lost, ends), strict=True
    ):
        own = np.array(level.polygons, dtype=object, ndmin=1)
        own[stage.is_leaf] = drawn
        below, sound_below, sound = made[-1] if made else own[:0], sound, np.ones(len(own), dtype=bool)
        sound[stage.is_leaf] = ~bad
        rest = _trace(own, stage, below, sound_below)
        if rest.any():
            own[rest], sound[rest] = leaders.follow(stage.polygons[rest], tolerance)
        made.append(own)
        whole.append(stage.is_whole & ~rest)
    return Simplified(made, _seamless(levels, stages, whole), leaders, tolerance)


def _stages(levels: Sequence[Level]) -> list[_Stage]:
    """Find out what each level is made of."""
    below: Polygons = np.empty(0, dtype=object)
    above: Integers = np.empty(0, dtype=np.int64)
    stages = []
    for level in levels:
        polygons = usable(level.polygons)
        parts = np.flatnonzero(~shapely.is_missing(below) & (above >= 0))
        parent = above[parts]
        has_parts = np.bincount(parent, minlength=len(polygons)) > 0
        is_whole = are_partitioned(below[parts], parent, polygons)
        stages.append(_Stage(polygons, ~shapely.is_missing(polygons) & ~has_parts, parts, parent, is_whole))
        below, above = polygons, level.parent
    return stages


def _trace(own: Polygons, stage: _Stage, below: Polygons, sound: Flags) -> Flags:
    """Put the outlines of what parts fill in their places, and tell which outlines are still to be drawn."""
    filled = stage.is_whole.copy()
    filled[stage.parent[~sound[stage.parts]]] = False
    kept = filled[stage.parent]
    traced = outlines_of(below[stage.parts[kept]], stage.parent[kept], len(own))
    filled &= shapely.is_valid(traced)
    own[filled] = traced[filled]
    rest: Flags = ~filled & ~stage.is_leaf & ~shapely.is_missing(stage.polygons)
    return rest


def _seamless(levels: Sequence[Level], stages: Sequence[_Stage], whole: Sequence[Flags]) -> list[Flags]:
    """Tell which outlines are the union of their parts, or are a part of such where nothing has parts."""
    above = [*whole[1:], np.empty(0, dtype=bool)]
    return [
        np.where(stage.is_leaf, (level.parent >= 0) & np.append(flags, False)[level.parent], own)
        for level, stage, own, flags in zip(levels, stages, whole, above, strict=True)
    ]


def usable(polygons: Polygons) -> Polygons:
    """Return valid polygons, None for all else."""
    found = np.array(polygons, dtype=object, ndmin=1)
    is_area = shapely.get_dimensions(found) == _AREA
    found[~is_area | ~shapely.is_valid(found) | shapely.is_empty(found)] = None
    return found


def _middle(polygons: Polygons) -> float:
    """Return the middle latitude; 0 of nothing."""
    if not len(polygons):
        return 0.0
    south, north = shapely.total_bounds(polygons)[[1, 3]]
    return float(south + north) / 2
