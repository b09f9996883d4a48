"""Assign buildings, parcels, roads, old grids or points to grids: by containment, by largest part, or split.

Overlay happens in the coordinates given, so that it agrees with locating. Stored degrees are measured on the
ellipsoid along edges that are straight in degrees, so that the pieces of a cut shape add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError
from gis.gridding.measure import straight_area_m2, straight_length_m
from gis.gridding.overlay import differences, intersections
from gis.gridding.valid import are_finite, make_valid_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Positions = NDArray[np.intp]

MAKE_VALID_SECONDS = 20.0
ROUNDING = 1e-9
"""Less than this share of a source is rounding: no piece, nothing outside, no difference between parts."""

POINT, LINE, AREA = 0, 1, 2
_MULTI_POINT, _COLLECTION = 4, 7


class Rule(StrEnum):
    """Which targets a source is given to."""

    CONTAINMENT = "containment"  # the target it lies in wholly, else none
    LARGEST = "largest"  # the target with the largest part of it
    SPLIT = "split"  # every target that has a part of it


@dataclass(frozen=True, slots=True)
class Assigned:
    """Which source belongs to which target, by the labels of their indexes.

    Attributes:
        pieces: One row a source and target, in the order of the sources, then of the targets' labels, with
            the columns source, target, area_m2 (NaN unless the source is a polygon), length_m (NaN unless it
            is a line), share (of the source, 0 to 1). Only rule `split` gives a source more than one row.
        outside: Share of each source that lies in no target, 0 to 1, under every rule; the sources' index.
            With the shares of a split source it adds up to 1.
        problems: Why a source could not be used, with the index of those; they count as wholly outside.
    """

    pieces: pd.DataFrame
    outside: pd.Series[float]
    problems: pd.Series[str]


@dataclass(frozen=True, slots=True)
class Targets:
    """Polygons to assign to, made ready once for any number of sources.

    Attributes:
        labels: Labels in ascending order; of equals, the lowest wins.
        polygons: Valid polygons in that order.
        tree: Index over them.
        in_metres: Coordinates are metres of a plane; else they are degrees, EPSG:4490.
    """

    labels: pd.Index[int]
    polygons: Geometries
    tree: shapely.STRtree
    in_metres: bool

    @classmethod
    def build(cls, polygons: gpd.GeoSeries, *, in_metres: bool = False) -> Self:
        """Sort, mend and index the polygons.

        Args:
            polygons: Polygons with a unique index of ids or codes; invalid ones are made valid.
            in_metres: Coordinates are metres of a plane; else they are degrees, EPSG:4490.

        Raises:
            InputError: A label stands twice, or a target is no polygon or cannot be made valid.
        """
        if not polygons.index.is_unique:
            twice = polygons.index[polygons.index.duplicated()][0]
            raise InputError(f"target {twice} stands twice; give each target one row", field="target")
        order = np.argsort(polygons.index.to_numpy(), kind="stable")
        shapes = np.asarray(polygons.to_numpy(), dtype=object)[order]
        labels = polygons.index[order]
        shapes[shapely.get_dimensions(shapes) != AREA] = None
        made = make_valid_within(shapes, MAKE_VALID_SECONDS).geometries
        for bad in np.flatnonzero(shapely.is_missing(made)).tolist():
            raise InputError(
                f"target {labels[bad]} is no polygon, or its outline cannot be made valid; draw it again",
                field="target",
            )
        shapely.prepare(made)
        return cls(labels, made, shapely.STRtree(made), in_metres)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Sources and targets by position, sorted by source and then target, and what they have in common.

    Attributes:
        source: Positions of the sources.
        target: Positions of the targets.
        amount: Square metres, metres, or 1 for a point.
        wholly: The target covers the source.
    """

    source: Positions
    target: Positions
    amount: Floats
    wholly: Flags

    def where(self, kept: Flags) -> _Pairs:
        """Keep some of the pairs."""
        return _Pairs(self.source[kept], self.target[kept], self.amount[kept], self.wholly[kept])


def assign(sources: gpd.GeoSeries, targets: Targets, rule: Rule) -> Assigned:
    """Assign sources to targets.

    1. Containment: the target that covers the source wholly, its outline included; of several the lowest
       label. What no target covers is assigned to none.
    2. Largest: the target with the largest part by area (polygons) or length (lines); parts that differ by
       less than `ROUNDING` of the largest are equal, and the lowest label wins.
    3. Split: every target with a part of the source.
    4. A stretch of line along an outline that targets share, and a point on one, go to the lowest label, as
       in locating. Where targets overlap, a polygon counts in each of them; if its parts are then more than
       the whole, shares are of their sum.

    Args:
        sources: Polygons, lines or points with any index, in the targets' coordinates. Invalid polygons are
            made valid. Those without geometry, of mixed kind or without extent are named in `problems`.
        targets: What to assign to.
        rule: Which of 1 to 3.
    """
    shapes, problems = _usable(np.array(sources.to_numpy(), dtype=object, ndmin=1))
    whole = _amounts(shapes, in_metres=targets.in_metres)
    flat = ~shapely.is_missing(shapes) & ~(whole > 0)
    problems |= dict.fromkeys(np.flatnonzero(flat).tolist(), "it has no extent; draw it again")
    dimensions = np.asarray(shapely.get_dimensions(shapes))
    found = [
        _pairs_of(shapes, whole, np.flatnonzero(dimensions == kind), targets, rule)
        for kind in (POINT, LINE, AREA)
    ]
    pairs = _joined(found)
    pairs = _sorted(pairs.where(pairs.amount > ROUNDING * whole[pairs.source]))
    covered = np.bincount(pairs.source, pairs.amount, len(shapes))
    outside = 1 - np.divide(covered, whole, out=np.zeros_like(whole), where=whole > 0)
    outside[outside < ROUNDING] = 0
    chosen = _chosen(pairs, rule)
    share = chosen.amount / np.where(outside > 0, whole, covered)[chosen.source]
    kinds = dimensions[chosen.source]
    pieces = pd.DataFrame(
        {
            "source": sources.index[chosen.source],
            "target": targets.labels[chosen.target],
            "area_m2": np.where(kinds == AREA, chosen.amount, np.nan),
            "length_m": np.where(kinds == LINE, chosen.amount, np.nan),
            "share": share,
        }
    )
    named = sorted(problems)
    return Assigned(
        pieces,
        pd.Series(outside, index=sources.index),
        pd.Series([problems[i] for i in named], index=sources.index[named], dtype=object),
    )


def assign_one(sources: gpd.GeoSeries, targets: Targets, rule: Rule = Rule.LARGEST) -> pd.Series[int]:
    """Give the label of the one target of each source, with the sources' index; None where there is none.

    Args:
        sources: As for `assign`, with a unique index.
        targets: What to assign to.
        rule: `containment` or `largest`.
    """
    pieces = assign(sources, targets, rule).pieces
    found = np.full(len(sources), None, dtype=object)
    found[sources.index.get_indexer(pd.Index(pieces["source"]))] = pieces["target"]
    return pd.Series(found, index=sources.index, dtype=object)


def _usable(shapes: Geometries) -> tuple[Geometries, dict[int, str]]:
    """Give valid shapes, None where there is none to use, and why."""
    kinds = shapely.get_type_id(shapes)
    faults = {
        "a coordinate is no number; correct it": ~are_finite(shapes),
        "it has no geometry; draw it or leave it out": shapely.is_missing(shapes) | shapely.is_empty(shapes),
        "it mixes points, lines and polygons; take it apart": kinds == _COLLECTION,
        "it is several points; give each its own row": kinds == _MULTI_POINT,
    }
    problems: dict[int, str] = {}
    for fault, at in faults.items():
        problems |= {i: problems.get(i, fault) for i in np.flatnonzero(at).tolist()}
    shapes[list(problems)] = None
    is_area = np.asarray(shapely.get_dimensions(shapes)) == AREA
    made = make_valid_within(shapes[is_area], MAKE_VALID_SECONDS)
    lost = np.flatnonzero(is_area)[shapely.is_missing(made.geometries)]
    problems |= dict.fromkeys(lost.tolist(), "its outline cannot be made valid; draw it again")
    shapes[is_area] = made.geometries
    return shapes, problems


def _pairs_of(
    shapes: Geometries, whole: Floats, positions: Positions, targets: Targets, rule: Rule
) -> _Pairs:
    """Find what sources of one dimension have in common with the targets; overlay only what must be cut."""
    child, target = targets.tree.query(shapes[positions])  # boxes only; predicates would be dearer
    source = positions[child]
    wholly = np.asarray(shapely.covers(targets.polygons[target], shapes[source]), dtype=bool)
    pairs = _sorted(_Pairs(source, target, whole[source], wholly))
    kind = shapely.get_dimensions(shapes[positions[0]]) if len(positions) else POINT
    if kind == POINT:
        return _first(pairs.where(pairs.wholly))
    if rule is not Rule.SPLIT:
        done = _first(pairs.where(pairs.wholly))
        rest = _meeting(shapes, pairs.where(~np.isin(pairs.source, done.source)), targets)
    elif kind == AREA:
        done = pairs.where(pairs.wholly)
        rest = _meeting(shapes, pairs.where(~pairs.wholly), targets)
    else:
        meeting = _meeting(shapes, pairs, targets)
        is_alone = np.bincount(meeting.source)[meeting.source] == 1
        done = meeting.where(meeting.wholly & is_alone)
        rest = meeting.where(~(meeting.wholly & is_alone))
    cut = _cut_areas if kind == AREA else _cut_lines
    return _joined((done, cut(shapes, rest, targets)))


def _meeting(shapes: Geometries, pairs: _Pairs, targets: Targets) -> _Pairs:
    return pairs.where(shapely.intersects(targets.polygons[pairs.target], shapes[pairs.source]))


def _cut_areas(shapes: Geometries, pairs: _Pairs, targets: Targets) -> _Pairs:
    # neighbours of the source only touch it, and telling that is a tenth of the work of overlay
    pairs = pairs.where(~shapely.touches(targets.polygons[pairs.target], shapes[pairs.source]))
    common = intersections(shapes[pairs.source], targets.polygons[pairs.target])
    return replace(pairs, amount=_areas(common, in_metres=targets.in_metres))


def _cut_lines(shapes: Geometries, pairs: _Pairs, targets: Targets) -> _Pairs:
    """Cut lines target by target in the order of labels, so that no stretch counts twice."""
    rest = shapes.copy()
    lengths = np.zeros(len(pairs.source))
    for at in _by_rank(pairs.source):
        source, polygons = pairs.source[at], targets.polygons[pairs.target[at]]
        common = intersections(rest[source], polygons)
        lengths[at] = _lengths(common, in_metres=targets.in_metres)
        rest[source] = differences(rest[source], polygons)
    return replace(pairs, amount=lengths)


def _chosen(pairs: _Pairs, rule: Rule) -> _Pairs:
    if rule is Rule.SPLIT or not len(pairs.source):
        return pairs
    if rule is Rule.CONTAINMENT:
        return _first(pairs.where(pairs.wholly))
    largest = np.zeros(pairs.source.max() + 1)
    np.maximum.at(largest, pairs.source, pairs.amount)
    return _first(pairs.where(pairs.amount >= largest[pairs.source] * (1 - ROUNDING)))


def _first(pairs: _Pairs) -> _Pairs:
    """Keep the first pair of each source: the one with the lowest label."""
    return pairs.where(np.concatenate(([True], pairs.source[1:] != pairs.source[:-1]))[: len(pairs.source)])


def _sorted(pairs: _Pairs) -> _Pairs:
    order = np.lexsort((pairs.target, pairs.source))
    return _Pairs(*(getattr(pairs, field.name)[order] for field in fields(_Pairs)))


def _joined(parts: Sequence[_Pairs]) -> _Pairs:
    return _Pairs(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(_Pairs))
    )


def _by_rank(source: Positions) -> Iterator[Positions]:
    """Yield where the first pair of every source is, then the second ones, and so on."""
    starts = np.flatnonzero(np.concatenate(([True], source[1:] != source[:-1]))[: len(source)])
    sizes = np.diff(np.append(starts, len(source)))
    for rank in range(sizes.max(initial=0)):
        yield starts[sizes > rank] + rank


def _amounts(shapes: Geometries, *, in_metres: bool) -> Floats:
    """Measure polygons in square metres, lines in metres, points as 1; None is 0."""
    dimensions = shapely.get_dimensions(shapes)
    amounts = np.where(dimensions == POINT, 1.0, 0.0)
    for kind, measured in ((LINE, _lengths), (AREA, _areas)):
        amounts[dimensions == kind] = measured(shapes[dimensions == kind], in_metres=in_metres)
    return amounts


def _areas(shapes: Geometries, *, in_metres: bool) -> Floats:
    return np.asarray(shapely.area(shapes)) if in_metres else straight_area_m2(shapes)


def _lengths(shapes: Geometries, *, in_metres: bool) -> Floats:
    return np.asarray(shapely.length(shapes)) if in_metres else straight_length_m(shapes)
