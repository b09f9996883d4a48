"""How good the answers are: what a check found of the known defects, and what a repair made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from benchmarks.damage import Found, FoundKind, Kind, score
from gis.gridding.overlay import polygon_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.damage import Damaged, Score
    from benchmarks.gridding_input import Made

TOLERANCE_M = 0.01
DUST_M = 0.001
"""Metres. What is narrower is rounding: no peer is blamed for it."""

_HALF = 0.5
_FILLED = 0.9
_COPIED = {Kind.DUP, Kind.CONTAINED}
_NOT_MENDED = {Kind.LAKE, Kind.MISSING, Kind.SPLIT, Kind.BOWTIE}  # of the last one the hull is known alone


def judge_found(found: Sequence[Found], damaged: Damaged) -> dict[str, Any]:
    """Return recall and precision by class, lakes reported, and places reported twice."""
    return summary_of(score(found, damaged, TOLERANCE_M))


def summary_of(scored: Score) -> dict[str, Any]:
    """Return a score as plain figures."""
    recall = {kind.value: round(share.share, 4) for kind, share in scored.recall.items()}
    precision = {kind.value: round(share.share, 4) for kind, share in scored.precision.items()}
    return {
        "recall": recall,
        "precision": precision,
        "recall_min": min(recall.values(), default=1.0),
        "precision_min": min(precision.values(), default=1.0),
        "classes": sum(share == 1 for share in recall.values()),
        "lakes": scored.lakes,
        "duplicates": scored.duplicates,
    }


def judge_peer(answer: dict[str, Any], damaged: Damaged) -> dict[str, Any]:
    """Judge what a peer found as kindly as can be; nothing if it tells no places.

    1. Places narrower than dust are left out.
    2. Peers name no grids of gaps and parts outside: those that are there are taken as named.
    3. Where only edges are told, every defect with such an edge counts as found.
    """
    if "edges" in answer:
        return _judge_edges(answer["edges"], damaged)
    if "gaps" not in answer:
        return {}
    cells = shapely.make_valid(damaged.cells)
    gaps = [
        Found(FoundKind.GAP, place, tuple(near))
        for place, near in _with_grids(_wide(answer["gaps"]), cells, TOLERANCE_M)
    ]
    outside = [
        Found(FoundKind.OUTSIDE, place, tuple(near))
        for place, near in _with_grids(_wide(answer.get("outside", ())), cells, None)
    ]
    overlaps = [
        Found(FoundKind.OVERLAP, place, tuple(pair))
        for place, pair, wide in zip(
            answer["overlaps"], answer["pairs"], are_wide(answer["overlaps"]), strict=True
        )
        if wide
    ]
    return judge_found([*gaps, *outside, *overlaps], damaged)


def are_wide(places: Sequence[Any]) -> NDArray[np.bool_]:
    """Tell which places are wider than dust; lines that an overlay leaves beside polygons count for none."""
    parts, place = polygon_parts(np.array(places, dtype=object))
    area, perimeter = (np.bincount(place, of(parts), len(places)) for of in (shapely.area, shapely.length))
    wide: NDArray[np.bool_] = 2 * area > DUST_M * perimeter
    return wide


def _wide(places: Sequence[Any]) -> NDArray[Any]:
    return np.array(places, dtype=object)[are_wide(places)]


def _with_grids(
    places: NDArray[Any], cells: NDArray[Any], within_m: float | None
) -> list[tuple[Any, list[int]]]:
    """Give each place the grids near it, or without a distance those that have half of it."""
    tree = shapely.STRtree(cells)
    if within_m is None:
        place, cell = tree.query(places, predicate="intersects")
        half = shapely.area(shapely.intersection(places[place], cells[cell])) > _HALF * shapely.area(
            places[place]
        )
        place, cell = place[half], cell[half]
    else:
        place, cell = tree.query(places, predicate="dwithin", distance=within_m)
    return [(one, cell[place == number].tolist()) for number, one in enumerate(places)]


def _judge_edges(edges: NDArray[Any], damaged: Damaged) -> dict[str, Any]:
    lines = shapely.get_parts(edges[~shapely.is_empty(edges)])
    wanted = [defect for defect in damaged.defects if defect.kind != Kind.LAKE]
    truths = np.array([defect.geometry for defect in wanted], dtype=object)
    found, line = shapely.STRtree(lines).query(truths, predicate="dwithin", distance=TOLERANCE_M)
    is_found = np.isin(np.arange(len(truths)), found)
    kinds = np.array([defect.kind for defect in wanted], dtype=object)
    recall = {kind.value: round(float(is_found[kinds == kind].mean()), 4) for kind in sorted(set(kinds))}
    return {
        "recall": recall,
        "precision": {"edges": round(len(np.unique(line)) / max(1, len(lines)), 4)},
        "recall_min": min(recall.values()),
        "precision_min": round(len(np.unique(line)) / max(1, len(lines)), 4),
        "classes": sum(share == 1 for share in recall.values()),
        "lakes": 0,
        "duplicates": 0,
    }


def judge_repair(polygons: NDArray[Any], made: Made) -> dict[str, Any]:
    """Return what a repair did to the grids.

    Copies, and grids inside another one, may well be left for people to decide: the coverage is judged
    without the ones that were added, and the area that moved without both.

    Returns:
        Whether all is valid, and a coverage; `collateral`: grids no defect touches that are not the same any
        more, bit by bit; `emptied`: grids that are gone; lakes filled; and the area that changed hands by
        the area of the defects.
    """
    before = made.solid_cells()
    there = np.array([polygon or shapely.Polygon() for polygon in polygons], dtype=object)
    untouched, is_own = made.untouched(), made.damaged.source >= 0
    same = are_same(before, there)
    defects = made.damaged.defects
    copies = {cell for defect in defects if defect.kind in _COPIED for cell in defect.cells}
    is_single = np.ones(len(there), dtype=bool)
    is_single[list(copies)] = False
    lakes = [defect.geometry for defect in defects if defect.kind == Kind.LAKE]
    solid = shapely.make_valid(there)
    changed = ~same & is_single
    moved = shapely.area(shapely.symmetric_difference(before[changed], solid[changed])).sum()
    needed = sum(defect.geometry.area for defect in defects if defect.kind not in _COPIED | _NOT_MENDED)
    return {
        "is_valid": bool(shapely.is_valid(there).all()),
        "is_coverage": bool(shapely.coverage_is_valid(there[is_own & ~shapely.is_empty(there)])),
        "collateral": int((~same[untouched]).sum()),
        "emptied": int((shapely.is_empty(there) & is_single).sum()),
        "lakes_filled": sum(_is_filled(lake, solid) for lake in lakes),
        "moved_by_needed": round(float(moved / needed), 3),
    }


def are_same(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which polygons are the same to the last bit, wherever their rings start."""
    same: NDArray[np.bool_] = shapely.equals_identical(shapely.normalize(before), shapely.normalize(after))
    return same


def _is_filled(lake: shapely.Geometry, polygons: NDArray[Any]) -> bool:
    near = polygons[shapely.STRtree(polygons).query(lake)]
    return float(shapely.area(shapely.intersection(near, lake)).sum()) > _FILLED * lake.area
