"""Hold faults against others, in whatever order they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.chain.faults import Faults


def polygons(*items: Any) -> NDArray[np.object_]:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def require_same(found: Faults, expected: Faults, close: float = 1e-9) -> None:
    """Hold faults against others, in whatever order they come."""
    np.testing.assert_array_equal(found.overlap_pairs, expected.overlap_pairs)
    np.testing.assert_array_equal(found.outside_polygon, expected.outside_polygon)
    for one, other in zip(found.overlaps, expected.overlaps, strict=True):
        assert is_same(one, other, close)
    for one, other in zip(found.outside, expected.outside, strict=True):
        assert is_same(one, other, close)
    order, expected_order = by_place(found.gaps), by_place(expected.gaps)
    assert len(order) == len(expected_order)
    for one, other in zip(order, expected_order, strict=True):
        assert is_same(found.gaps[one], expected.gaps[other], close)
        assert beside(found, one) == pytest.approx(beside(expected, other), abs=1e-6)
    named, expected_named = corners(found), corners(expected)
    assert len(named) == len(expected_named)
    for one, other in zip(named, expected_named, strict=True):
        assert one[2] == other[2]
        np.testing.assert_allclose(one[:2], other[:2], rtol=0, atol=close)


def is_same(one: shapely.Geometry, other: shapely.Geometry, close: float) -> bool:
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), close)) or (
        shapely.area(one) == pytest.approx(shapely.area(other), abs=close)
        and shapely.hausdorff_distance(one, other) <= close
    )


def by_place(shapes: NDArray[np.object_]) -> list[int]:
    return sorted(range(len(shapes)), key=lambda i: [*np.round(shapes[i].bounds, 5).tolist(), shapes[i].area])


def beside(faults: Faults, face: int) -> dict[int, float]:
    its = faults.gap_sides.face == face
    return dict(
        zip(faults.gap_sides.polygon[its].tolist(), faults.gap_sides.length[its].tolist(), strict=True)
    )


def corners(faults: Faults) -> list[tuple[float, float, list[int]]]:
    its = faults.mismatches
    groups = [
        its.polygon[start:end].tolist() for start, end in zip(its.offsets, its.offsets[1:], strict=False)
    ]
    return sorted((x, y, group) for (x, y), group in zip(its.points.tolist(), groups, strict=True))
