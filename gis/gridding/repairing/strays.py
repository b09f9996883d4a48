"""Give small stray parts of polygons to the neighbours they have the longest edge in common with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.edges import Edges, canonical_ends
from gis.gridding.chain.rings import Rings
from gis.gridding.repairing.drawing.tracing import trace
from gis.gridding.repairing.repaired import Change, Deed, Ground, Left, Reason, Trouble
from gis.gridding.repairing.tables import summed

if TYPE_CHECKING:
    from gis.gridding.chain.faults import Chain
    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons
    from gis.gridding.repairing.rules import RepairRules


@dataclass(frozen=True, slots=True)
class _Strays:
    """Small parts of polygons, and the edges of all polygons that run along them.

    Attributes:
        parts: Shape (s,).
        polygon: Which polygon each is of.
        edges: Of the parts.
    """

    parts: Polygons
    polygon: Integers
    edges: Edges


def give_strays(chain: Chain, rules: RepairRules, fixed: Flags) -> tuple[Polygons, list[Change], list[Left]]:
    """Give away the parts of polygons that are smaller than the rules have it, but not the largest of any.

    Args:
        chain: Polygons and parents, with edges that match.
        rules: By which rules.
        fixed: Polygons that must not change, and behind them the parents.

    Returns:
        The polygons and, behind them, their parents; what was done; what was left.
    """
    everything = np.concatenate((chain.polygons, chain.parents))
    strays = _strays(chain.polygons, rules.stray_below_m2)
    if not len(strays.parts):
        return everything, [], []
    changes: list[Change] = []
    left: list[Left] = []
    touched: set[int] = set()
    for stray, lengths in enumerate(_along(chain, strays)):
        part, polygon = strays.parts[stray], int(strays.polygon[stray])
        taker = _taker(polygon, lengths, chain, rules, fixed)
        if isinstance(taker, Reason):
            left.append(Left(Trouble.STRAY, taker, part, (polygon,), part.area))
            continue
        if touched & {polygon, taker}:
            continue  # the next round sees what has become of it
        drawn = _moved(chain, part, (polygon, taker))
        before = everything[[polygon, taker]]
        counts = shapely.get_num_geometries(before) - shapely.get_num_geometries(drawn)
        if not shapely.is_valid(drawn).all() or counts[0] != 1 or counts[1] < 0:
            left.append(Left(Trouble.STRAY, Reason.UNSURE, part, (polygon,), part.area))
            continue
        everything[[polygon, taker]] = drawn
        touched |= {polygon, taker}
        changes.append(Change(Deed.GIVEN, Ground.STRAY_PART, part, (polygon,), (taker,), part.area))
    return everything, changes, left


def _strays(polygons: Polygons, below_m2: float) -> _Strays:
    several = np.flatnonzero(shapely.get_num_geometries(polygons) > 1)
    parts, of_several = shapely.get_parts(polygons[several], return_index=True)
    areas = shapely.area(parts)
    order = np.lexsort((*shapely.bounds(parts).T, -areas, of_several))
    is_largest = np.zeros(len(parts), dtype=bool)
    is_largest[order[np.flatnonzero(np.diff(of_several[order], prepend=-1))]] = True
    small = order[(areas[order] < below_m2) & ~is_largest[order]]
    small = small[np.argsort(areas[small], kind="stable")]
    return _Strays(parts[small], several[of_several[small]], Edges.of(Rings.of(parts[small])))


def _along(chain: Chain, strays: _Strays) -> list[dict[int, float]]:
    """Measure along what length other polygons lie along each stray part; other strays count for nothing."""
    there = np.flatnonzero(strays.edges.signs)
    ends = canonical_ends(strays.edges.rings.vertices, there)
    stray = strays.edges.rings.polygon_of(there)
    own = set(zip(map(tuple, ends.tolist()), strays.polygon[stray].tolist(), strict=True))
    near = np.flatnonzero(np.isin(chain.edges.keys, strays.edges.keys[there]) & (chain.edges.signs != 0))
    beside: dict[tuple[float, ...], list[int]] = {}
    places = canonical_ends(chain.edges.rings.vertices, near).tolist()
    for place, number in zip(places, chain.edges.rings.polygon_of(near).tolist(), strict=True):
        if (tuple(place), number) not in own and number < len(chain.polygons):
            beside.setdefault(tuple(place), []).append(number)
    lengths: list[dict[int, float]] = [{} for _ in strays.parts]
    size = np.hypot(*(ends[:, 2:] - ends[:, :2]).T).tolist()
    for place, number, length in zip(ends.tolist(), stray.tolist(), size, strict=True):
        for other in beside.get(tuple(place), ()):
            lengths[number][other] = lengths[number].get(other, 0.0) + length
    return lengths


def _taker(
    polygon: int, lengths: dict[int, float], chain: Chain, rules: RepairRules, fixed: Flags
) -> int | Reason:
    """Choose who gets a part."""
    if fixed[polygon]:
        return Reason.LOCKED
    lengths = {other: length for other, length in lengths.items() if not fixed[other]}
    if not lengths:
        return Reason.NO_OWNER
    groups = rules.groups
    if groups is not None:
        lengths = {other: length for other, length in lengths.items() if groups[other] == groups[polygon]}
    if not lengths:
        return Reason.COMMUNITY
    longest = max(lengths.values())
    best = [other for other, length in lengths.items() if length >= longest * (1 - 1e-9)]
    shapes = shapely.to_wkb(shapely.normalize(chain.polygons[best])).tolist()
    return min(zip(shapes, best, strict=True))[1]


def _moved(chain: Chain, part: shapely.Polygon, pair: tuple[int, int]) -> Polygons:
    """Take a part from the first of two polygons and give it to the second."""
    cells = np.array([*chain.polygons[list(pair)], part], dtype=object)
    edges = Edges.of(Rings.of(cells))
    there = np.flatnonzero(edges.signs)
    ends = canonical_ends(edges.rings.vertices, there)
    row, sign = edges.rings.polygon_of(there), edges.signs[there].astype(np.int64)
    is_part = row == len(pair)
    row = np.concatenate((row[~is_part], np.zeros(is_part.sum(), int), np.ones(is_part.sum(), int)))
    ends = np.concatenate((ends[~is_part], ends[is_part], ends[is_part]))
    sign = np.concatenate((sign[~is_part], -sign[is_part], sign[is_part]))
    return _net(row, ends, sign, len(pair))


def _net(row: Integers, ends: Floats, sign: Integers, count: int) -> Polygons:
    """Trace what is left of edges that may cancel."""
    distinct, number = np.unique(np.column_stack((row, ends)), axis=0, return_inverse=True)
    _, sums = summed(number, sign)
    kept = sums != 0
    distinct, along = distinct[kept], sums[kept, None] > 0
    start, end = distinct[:, 1:3], distinct[:, 3:5]
    row = distinct[:, 0].astype(np.int64)
    return trace(row, np.where(along, start, end), np.where(along, end, start), count)
