"""What is true of every repair: of damaged districts, and of whatever polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mending import NOBODY, SNAP, hold_to_promises, polygons
from shapely import Polygon, box

from benchmarks.damage import Kind, counts_for, damage, make_district
from gis.gridding.repairing.repair import repair
from gis.gridding.repairing.repaired import Deed, Reason, Trouble
from gis.gridding.repairing.rules import GapRule, OverlapRule, RepairRules

if TYPE_CHECKING:
    from mending import Polygons

    from benchmarks.damage import Damaged


def damaged_cells(damaged: Damaged) -> Polygons:
    cells = damaged.cells.copy()
    invalid = ~shapely.is_valid(cells)
    cells[invalid] = shapely.make_valid(cells[invalid], method="structure", keep_collapsed=False)
    return cells


@pytest.mark.parametrize(("count", "seed", "crowded"), [(300, 1, False), (300, 2, True), (600, 3, True)])
def test_damaged_districts_are_repaired(count: int, seed: int, *, crowded: bool) -> None:
    clean = make_district(count, seed)
    kinds = counts_for(count, 0.1 if crowded else 0.01)
    damaged = damage(clean, kinds=kinds, seed=seed, crowded=crowded)
    cells, parents = damaged_cells(damaged), polygons(damaged.parent)
    rules = RepairRules(max_gap_width_m=60.0, fill_border=True, trim_outside=True)
    mended = repair(cells, parents, rules=rules, snap=SNAP)
    hold_to_promises(cells, parents, mended, rules)
    # missing grids are too wide, and which of two duplicates is right nobody knows
    allowed = {
        (Trouble.GAP, Reason.TOO_WIDE),
        (Trouble.OVERLAP, Reason.DUPLICATE),
        (Trouble.OVERLAP, Reason.CONTAINED),
    }
    assert {(one.trouble, one.reason) for one in mended.left} == allowed
    assert len(mended.left) == kinds[Kind.MISSING] + kinds[Kind.DUP] + kinds[Kind.CONTAINED]
    # nothing moves but what is wrong
    places = shapely.union_all([defect.geometry.buffer(1e-3) for defect in damaged.defects])
    for change in mended.changes:
        assert change.deed is Deed.MATCHED or change.place.difference(places).area < change.area_m2 / 2


@pytest.mark.parametrize("seed", [4, 5])
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    clean = make_district(300, seed)
    damaged = damage(clean, kinds=counts_for(300, 0.05), seed=seed, crowded=True)
    cells, parents = damaged_cells(damaged), polygons(damaged.parent)
    rules = RepairRules(max_gap_width_m=60.0, fill_border=True, trim_outside=True)
    order = np.random.default_rng(seed).permutation(len(cells))
    one = repair(cells, parents, rules=rules, snap=SNAP).polygons[order]
    other = repair(cells[order], parents, rules=rules, snap=SNAP).polygons
    assert shapely.equals_exact(shapely.normalize(one), shapely.normalize(other)).all()


def test_what_agrees_within_the_snapping_distance_is_welded() -> None:
    district = make_district(60, 5)
    random = np.random.default_rng(1)
    rings = [shapely.get_coordinates(cell)[:-1] for cell in district]
    moved = polygons(*(Polygon(ring + random.uniform(-2e-7, 2e-7, ring.shape)) for ring in rings))
    parents = polygons(shapely.coverage_union_all(district))
    mended = repair(moved, parents, rules=RepairRules(max_gap_width_m=1.0), snap=SNAP)
    assert mended.left == []
    assert {change.deed for change in mended.changes} == {Deed.WELDED}
    assert shapely.coverage_is_valid(mended.polygons)
    assert shapely.equals_exact(shapely.normalize(mended.polygons), shapely.normalize(district), 1e-6).all()


corners = st.tuples(st.integers(0, 9), st.integers(0, 9))
shapes = st.lists(corners, min_size=3, max_size=6).map(Polygon).filter(lambda p: p.is_valid and p.area > 0)
rules_of = st.builds(
    RepairRules,
    max_gap_width_m=st.sampled_from([40.0, 120.0, 1200.0]),
    gaps=st.sampled_from(GapRule),
    overlaps=st.sampled_from(OverlapRule).filter(lambda rule: rule is not OverlapRule.PRIORITY),
    fill_border=st.booleans(),
    trim_outside=st.booleans(),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    drawn=st.lists(shapes, min_size=1, max_size=8),
    degrees=st.sampled_from([0.0, 17.0, 45.0]),
    rules=rules_of,
    has_parent=st.booleans(),
)
def test_whatever_polygons_keep_the_promises(
    drawn: list[Polygon], degrees: float, rules: RepairRules, *, has_parent: bool
) -> None:
    def placed(shape: shapely.Geometry) -> shapely.Geometry:
        turned = shapely.affinity.rotate(shape, degrees, origin=(0, 0))
        return shapely.transform(turned, lambda at: at * 37.77 + (6e5, 3.5e6) if degrees else at * 32)

    cells = polygons(*(placed(shape) for shape in drawn))
    parents = polygons(placed(box(1, 1, 8, 8))) if has_parent else NOBODY
    hold_to_promises(cells, parents, repair(cells, parents, rules=rules, snap=SNAP), rules)
