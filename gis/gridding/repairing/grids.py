"""Repair the grids of a plan in the district's metres, and bring them back to stored coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import shapely

from gis.errors import ConflictError
from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.checks.layer import SNAP_M
from gis.gridding.checks.validity import reason_and_place
from gis.gridding.crs import geometries_to_stored, to_metres
from gis.gridding.nest import largest_overlaps
from gis.gridding.repairing.bringing_back import KnownVertices, bring_back
from gis.gridding.repairing.communities import repair_in_communities
from gis.gridding.repairing.repaired import Change, Deed, Ground, Left, Reason, Trouble
from gis.gridding.repairing.rims import with_corners
from gis.gridding.valid import are_valid, make_valid_within
from gis.nouns import AreaLevel, GridKind

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gis.gridding.chain.rings import Flags, Floats, Integers, Polygons
    from gis.gridding.repairing.repaired import Repaired
    from gis.gridding.repairing.rules import RepairRules

MAKE_VALID_SECONDS = 20.0
_CODES_NAMED = 3
# Some micrometres: what is nearer to an edge than this was drawn on it.
_ON_EDGE_DEGREES = 1e-11
# What is repaired exactly may lie nearer together than the snapping distance again; two turns were enough.
_MOST_TURNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class GridTerms:
    """By which rules grids are repaired, and what is known besides.

    Attributes:
        rules: Those that name no polygon; what they say of single ones, of communities and of things in
            the way is replaced by what stands here.
        snap_m: What is nearer together than this is the same.
        locked: Which grids must not change, shape (n,).
        priority: Of each grid, the lowest first; for `OverlapRule.PRIORITY`, shape (n,).
        barriers: Lines that no gap is filled across, EPSG:4490.
        buildings: What no gap is filled through in pieces, EPSG:4490.
        keep: Gaps that are meant, EPSG:4490.
    """

    rules: RepairRules
    snap_m: float
    locked: Flags
    priority: Integers
    barriers: Polygons | None = None
    buildings: Polygons | None = None
    keep: Polygons | None = None


@dataclass(frozen=True, slots=True)
class RepairedGrids:
    """Grids after a repair; they are named by position.

    Attributes:
        geometry: EPSG:4490; what needed no repair is the very object it was, shape (n,).
        changed: Which have another outline, shape (n,).
        changes: What was done, in its order; places in EPSG:4490.
        left: What was left; places in EPSG:4490.
        area_before_m2, area_after_m2: In the district's projected metres; of an outline that was invalid,
            before, what it was once made valid, shape (n,).
    """

    geometry: Polygons
    changed: Flags
    changes: list[Change]
    left: list[Left]
    area_before_m2: Floats
    area_after_m2: Floats


def repair_grids(
    grids: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    terms: GridTerms,
    metric_crs: str,
    advance: Callable[[int], None] = lambda _: None,
) -> RepairedGrids:
    """Repair grids.

    1. Invalid outlines of every kind are made valid.
    2. Natural grids are repaired so that those that lie in a community partition it; where communities are
       not given, the next level up stands in for them, and without any areas only gaps that are enclosed are
       known. Which community a grid lies in is told by its area, not by the one it names.
    3. A corner that lies on a community's outline in stored coordinates counts as on it in metres, too.
    4. All is brought back: vertices that were there keep their stored bits. A grid whose outline would not be
       valid there, as a hair may be in one of two systems, is left as it was.

    Args:
        grids: Columns kind, community_code, geometry (EPSG:4490); any index.
        areas: Columns level, code, geometry (EPSG:4490); may be empty.
        terms: By which rules.
        metric_crs: The projected system metres are measured in.
        advance: Told how many communities were repaired.

    Raises:
        ConflictError: Communities are invalid or overlap each other, so that grids cannot partition them.
    """
    stored = np.asarray(grids.geometry.to_numpy(), dtype=object)
    is_natural = grids["kind"].to_numpy(dtype=object) == GridKind.NATURAL
    layer = _Layer.of(stored, is_natural, metric_crs)
    named = grids["community_code"].iloc[layer.natural].to_numpy(dtype=object)
    outlines, homes = _homes(areas, named, layer.polygons[layer.natural], metric_crs)
    outlines = with_corners(outlines, stored[layer.natural], snap=_ON_EDGE_DEGREES)
    spoilt = np.zeros(len(grids), dtype=bool)
    while True:
        held = replace(terms, locked=terms.locked | spoilt)
        done = _repaired(layer, (outlines, homes), held, advance)
        more = done.changed & ~spoilt
        more[more] = ~shapely.is_valid(done.geometry[more])
        more &= is_natural
        if not more.any():
            return replace(done, left=[_unsure(one, spoilt & ~terms.locked) for one in done.left])
        spoilt |= more


@dataclass(frozen=True, slots=True)
class _Layer:
    """Grids in both systems.

    Attributes:
        stored, raw: As given, and the same in metres, shape (n,).
        polygons: Valid, in metres; None where nothing usable was given, shape (n,).
        was_invalid: Which were made valid, shape (n,).
        natural: Positions of the usable natural grids.
        metric_crs: The system of the metres.
    """

    stored: Polygons
    raw: Polygons
    polygons: Polygons
    was_invalid: Flags
    natural: Integers
    metric_crs: str

    @classmethod
    def of(cls, stored: Polygons, is_natural: Flags, metric_crs: str) -> Self:
        raw = _projected(stored, metric_crs)
        made = make_valid_within(raw, MAKE_VALID_SECONDS)
        natural = np.flatnonzero(is_natural & ~shapely.is_missing(made.geometries))
        return cls(stored, raw, made.geometries, made.repaired, natural, metric_crs)

    def validity(self) -> tuple[list[Change], list[Left]]:
        """Report what was made valid, and what could not be."""
        return [
            Change(Deed.MADE_VALID, Ground.INVALID, _place(self.stored[i]), (i,), (i,), 0.0)
            for i in np.flatnonzero(self.was_invalid).tolist()
        ], [
            Left(Trouble.INVALID, Reason.NOT_USABLE, _place(self.stored[i]), (i,), 0.0)
            for i in np.flatnonzero(shapely.is_missing(self.polygons)).tolist()
        ]


def _repaired(
    layer: _Layer, homes: tuple[Polygons, Integers], terms: GridTerms, advance: Callable[[int], None]
) -> RepairedGrids:
    """Repair the natural grids of a layer, and bring back what changed."""
    natural, metric_crs = layer.natural, layer.metric_crs
    outlines = _projected(homes[0], metric_crs)
    mended = _repair_exactly(
        layer.polygons[natural],
        outlines,
        homes[1],
        rules=_rules(terms, natural, metric_crs),
        snap=terms.snap_m,
        advance=advance,
    )
    polygons = layer.polygons.copy()
    polygons[natural] = mended.polygons
    changed = np.array([one is not other for one, other in zip(polygons, layer.raw, strict=True)], dtype=bool)
    changed &= ~shapely.is_missing(polygons)
    known = KnownVertices.of(np.concatenate((layer.raw, outlines)), np.concatenate((layer.stored, homes[0])))
    geometry = layer.stored.copy()
    geometry[changed] = bring_back(polygons, changed, known, metric_crs)
    changes, left = layer.validity()
    changes += [
        replace(one, place=place, before=_rows(one.before, natural), after=_rows(one.after, natural))
        for one, place in zip(mended.changes, _stored_places(mended.changes, metric_crs), strict=True)
    ]
    left += [
        replace(one, place=place, polygons=_rows(one.polygons, natural))
        for one, place in zip(mended.left, _stored_places(mended.left, metric_crs), strict=True)
    ]
    before, after = (np.nan_to_num(shapely.area(some)) for some in (layer.polygons, polygons))
    return RepairedGrids(geometry, changed, changes, left, before, after)


def _unsure(left: Left, spoilt: Flags) -> Left:
    """Say that what was left, as its repaired outline would not be valid in stored coordinates, is unsure."""
    is_so = left.reason is Reason.LOCKED and spoilt[list(left.polygons)].any()
    return replace(left, reason=Reason.UNSURE) if is_so else left


def _repair_exactly(
    polygons: Polygons,
    parents: Polygons,
    homes: Integers,
    *,
    rules: RepairRules,
    snap: float,
    advance: Callable[[int], None],
) -> Repaired:
    """Repair with the snapping distance that is asked for, then what that left of less than it."""
    mended = repair_in_communities(polygons, parents, homes, rules=rules, snap=snap, advance=advance)
    for _ in range(_MOST_TURNS if snap > SNAP_M else 0):
        finer = repair_in_communities(mended.polygons, parents, homes, rules=rules, snap=SNAP_M)
        again = repair_in_communities(finer.polygons, parents, homes, rules=rules, snap=snap)
        mended = replace(
            finer,
            changes=[*mended.changes, *finer.changes],
            area_before_m2=mended.area_before_m2,
        )
        if not again.changes:
            break
        mended = replace(
            again, changes=[*mended.changes, *again.changes], area_before_m2=mended.area_before_m2
        )
    return mended


def _projected(stored: Polygons, metric_crs: str) -> Polygons:
    with np.errstate(invalid="ignore"):  # a coordinate that is no number makes an invalid outline
        return to_metres(np.asarray(shapely.force_2d(stored), dtype=object), metric_crs)


def _place(stored: BaseGeometry | None) -> shapely.Geometry:
    """Say where an outline is invalid; an empty point where that is nowhere."""
    return reason_and_place(stored)[1] or shapely.Point()


def _homes(
    areas: gpd.GeoDataFrame,
    named: NDArray[np.object_],
    polygons: Polygons,
    metric_crs: str,
) -> tuple[Polygons, Integers]:
    """Find the communities that are to be partitioned, and the one each grid lies in."""
    levels = areas["level"].astype(str).to_numpy() if len(areas) else np.empty(0, dtype=object)
    level = next((level for level in reversed(AreaLevel) if (levels == level).any()), None)
    if level is None:
        return np.empty(0, dtype=object), np.full(len(polygons), -1)
    lowest = areas[levels == level]
    outlines = np.asarray(lowest.geometry.to_numpy(), dtype=object)
    codes = lowest["code"].to_numpy(dtype=object)
    projected = _projected(outlines, metric_crs)
    invalid = ~are_valid(projected) | shapely.is_empty(projected)
    if invalid.any():
        raise _unusable(level, codes[invalid], "have an invalid outline")
    pairs = faults_of(Chain.of(projected, np.empty(0, dtype=object)), snap=SNAP_M).overlap_pairs
    if len(pairs):
        raise _unusable(level, codes[np.unique(pairs)], "overlap")
    homes, _ = largest_overlaps(polygons, projected)
    wanted = np.unique(homes[homes >= 0])
    if level is AreaLevel.COMMUNITY:
        wanted = np.union1d(wanted, np.flatnonzero(np.isin(codes.astype(str), named.astype(str))))
    else:
        wanted = np.arange(len(outlines))
    position = np.full(len(outlines) + 1, -1)
    position[wanted] = np.arange(len(wanted))
    return outlines[wanted], position[homes]


def _unusable(level: AreaLevel, codes: NDArray[np.object_], what: str) -> ConflictError:
    shown = ", ".join(str(code) for code in codes[:_CODES_NAMED])
    more = f" and {len(codes) - _CODES_NAMED} more" if len(codes) > _CODES_NAMED else ""
    plural = "communities" if level is AreaLevel.COMMUNITY else f"{level.value}s"
    return ConflictError(
        f"The {plural} {shown}{more} {what}, so no grids can partition them: correct them first. The check "
        "of the plan names the places."
    )


def _rules(terms: GridTerms, rows: Integers, metric_crs: str) -> RepairRules:
    """Say the terms of some grids in metres."""
    return replace(
        terms.rules,
        priority=terms.priority[rows],
        locked=terms.locked[rows] if terms.locked.any() else None,
        groups=None,
        parent_groups=None,
        barriers=None if terms.barriers is None else _projected(terms.barriers, metric_crs),
        buildings=_usable(terms.buildings, metric_crs),
        keep=_usable(terms.keep, metric_crs),
    )


def _usable(things: Polygons | None, metric_crs: str) -> Polygons | None:
    if things is None:
        return None
    made: Polygons = make_valid_within(_projected(things, metric_crs), MAKE_VALID_SECONDS).geometries
    return made[~shapely.is_missing(made)]


def _stored_places(done: list[Change] | list[Left], metric_crs: str) -> Polygons:
    places = np.empty(len(done), dtype=object)
    places[:] = [one.place for one in done]
    return geometries_to_stored(places, metric_crs)


def _rows(polygons: tuple[int, ...], rows: Integers) -> tuple[int, ...]:
    return tuple(rows[list(polygons)].tolist())
