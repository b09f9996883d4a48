"""Polygons and rules for the tests of repairs, and what every repair must keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.repairing.repair import repair
from gis.gridding.repairing.repaired import Trouble
from gis.gridding.repairing.rules import RepairRules

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gis.gridding.repairing.repaired import Repaired

    Polygons = NDArray[np.object_]

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)


def polygons(*items: shapely.Geometry) -> Polygons:
    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made


def mend(cells: Polygons, *parents: shapely.Geometry, width: float = 5.0, **rules: Any) -> Repaired:
    return repair(cells, polygons(*parents), rules=RepairRules(max_gap_width_m=width, **rules), snap=SNAP)


def same(one: Polygons, other: Polygons) -> list[bool]:
    """Say which are the very same objects."""
    return [a is b for a, b in zip(one, other, strict=True)]


def equal(one: Polygons, other: Polygons, within: float = 0.0) -> bool:
    return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), within).all())


def hold_to_promises(cells: Polygons, parents: Polygons, mended: Repaired, rules: RepairRules) -> None:
    """Assert what is true of every repair."""
    close = 1e-9 * max(1.0, float(np.abs(shapely.total_bounds(cells)).max())) * 1e2
    after = mended.polygons
    assert shapely.is_valid(after).all()
    assert shapely.is_valid(mended.parents).all()
    assert not (shapely.is_empty(after) & ~shapely.is_empty(cells)).any()
    assert (shapely.get_num_geometries(after) <= shapely.get_num_geometries(cells)).all()
    # what nobody names is untouched
    named = {number for change in mended.changes for number in (*change.before, *change.after)}
    kept = same(after, cells)
    assert all(kept[number] for number in range(len(cells)) if number not in named)
    if rules.locked is not None:
        assert all(kept[number] for number in np.flatnonzero(rules.locked))
    # areas move by the places alone
    moved = np.zeros(len(cells) + len(parents))
    for change in mended.changes:
        for number in set(change.before) ^ set(change.after):
            moved[number] += change.area_m2 if number in change.after else -change.area_m2
    assert np.allclose(mended.area_after_m2 - mended.area_before_m2, moved[: len(cells)], rtol=0, atol=close)
    assert np.array_equal(mended.area_after_m2, shapely.area(after))
    # what is wrong still is said
    found = faults_of(Chain.of(after, mended.parents), snap=SNAP)
    left = {trouble: [one for one in mended.left if one.trouble is trouble] for trouble in Trouble}
    assert np.isclose(
        shapely.area(found.gaps).sum(), sum(one.area_m2 for one in left[Trouble.GAP]), atol=close
    )
    over = [(one, len(one.polygons)) for one in left[Trouble.OVERLAP]]
    pairs = sum(one.area_m2 * count * (count - 1) / 2 for one, count in over)
    assert np.isclose(shapely.area(found.overlaps).sum(), pairs, atol=close)
    if not (rules.locked is not None and rules.locked.any()):
        assert not len(found.mismatches.points)
    # once is enough
    again = repair(after, mended.parents, rules=rules, snap=SNAP)
    assert not again.changes
    assert all(same(after, again.polygons))
    assert all(same(mended.parents, again.parents))
    assert [one.area_m2 for one in again.left] == [one.area_m2 for one in mended.left]
