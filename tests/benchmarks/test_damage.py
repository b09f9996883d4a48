from __future__ import annotations

import pickle
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely
from plain_check import find_all
from shapely import Polygon, box

from benchmarks.damage import (
    Damaged,
    Defect,
    Found,
    FoundKind,
    Kind,
    counts_for,
    damage,
    make_district,
    score,
)
from benchmarks.damage.district import LATTICE_M
from benchmarks.damage.score import FITTING
from benchmarks.damage.topology import OUTSIDE, read_topology

AREAS = (FoundKind.GAP, FoundKind.OVERLAP, FoundKind.OUTSIDE)
FOUND_AS = {kind: found for found, kinds in FITTING.items() for kind in kinds}


@cache
def district(n: int, seed: int, *, varied: bool = False, width_m: float = 400.0) -> Any:
    return make_district(n, seed, varied=varied, width_m=width_m)


def truth_of(damaged: Damaged) -> list[Found]:
    """Tell all that is wrong, as a perfect check would."""
    return [
        Found(FOUND_AS[defect.kind], defect.geometry, defect.cells)
        for defect in damaged.defects
        if defect.kind != Kind.LAKE
    ]


def assert_exact(damaged: Damaged) -> None:
    """Hold the truth against plain shapely: same places, same shapes, same cells, nothing else."""
    found = find_all(damaged)
    result = score(found, damaged, 1e-6)
    assert result.is_perfect, (result.missed, result.wrong)
    assert all(share.share == 1 for share in (*result.recall.values(), *result.precision.values()))
    hulls = shapely.union_all([d.geometry for d in damaged.defects if d.kind == Kind.BOWTIE])
    places = [one for one in found if one.kind in AREAS and not hulls.buffer(1e-6).contains(one.place)]
    truths = [one for one in truth_of(damaged) if one.kind in AREAS]
    assert len(places) == len(truths)
    tree = shapely.STRtree([one.place for one in truths])
    for one in places:
        near = [truths[i] for i in tree.query(one.place) if truths[i].kind == one.kind]
        off = [shapely.area(shapely.symmetric_difference(one.place, truth.place)) for truth in near]
        truth = near[int(np.argmin(off))]
        assert min(off) <= 1e-7 * shapely.length(truth.place)
        assert tuple(sorted(one.cells)) == truth.cells


@pytest.mark.parametrize("varied", [False, True])
@pytest.mark.parametrize(("n", "seed"), [(50, 1), (300, 157), (1_000, 2)])
def test_districts_are_clean(n: int, seed: int, *, varied: bool) -> None:
    grids = district(n, seed, varied=varied)
    assert 0.85 * n < len(grids) < 1.15 * n
    assert shapely.is_valid(grids).all()
    assert shapely.coverage_is_valid(grids)
    assert shapely.is_ccw(shapely.get_exterior_ring(grids)).all()
    assert 40 < shapely.get_num_coordinates(grids).mean() < 55
    vertices = shapely.get_coordinates(grids)
    assert (vertices % LATTICE_M == 0).all()
    assert (vertices.min(axis=0) > (500_000, 3_000_000)).all()
    assert not find_all(damage(grids, kinds={}, seed=1))


@pytest.mark.parametrize("varied", [False, True])
def test_the_outline_cuts_through_grids_and_holds_their_nodes(*, varied: bool) -> None:
    grids = district(300, 1, varied=varied)
    parent = damage(grids, kinds={}, seed=1).parent
    assert isinstance(parent, Polygon)
    assert not parent.interiors
    on_outline = set(map(tuple, shapely.get_coordinates(parent).tolist()))
    assert on_outline <= set(map(tuple, shapely.get_coordinates(grids).tolist()))
    assert parent.equals(shapely.union_all(grids))
    assert shapely.area(grids).min() < 0.2 * np.median(shapely.area(grids))


def test_the_width_of_grids_is_asked_for_and_may_vary() -> None:
    assert np.median(np.sqrt(shapely.area(district(300, 1)))) == pytest.approx(400, rel=0.05)
    wide = np.sqrt(shapely.area(district(300, 1, width_m=10_000.0)))
    assert np.median(wide) == pytest.approx(10_000, rel=0.05)
    varied = np.sqrt(shapely.area(district(1_000, 1, varied=True)))
    assert np.percentile(varied, 95) > 4 * np.percentile(varied, 5)


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("kind", Kind)
def test_each_kind_alone_is_known_exactly(kind: Kind, *, crowded: bool) -> None:
    damaged = damage(district(300, 4), kinds={kind: 5}, seed=1, crowded=crowded)
    assert [defect.kind for defect in damaged.defects] == [kind] * 5
    assert_exact(damaged)


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize(
    ("n", "seed", "varied"), [(300, 1, False), (300, 2, True), (300, 3, False), (1_000, 4, True)]
)
def test_all_kinds_together_are_known_exactly(n: int, seed: int, *, varied: bool, crowded: bool) -> None:
    kinds = counts_for(n, 0.08 if crowded else 0.02)
    damaged = damage(district(n, seed, varied=varied), kinds=kinds, seed=seed, crowded=crowded)
    assert Counter(defect.kind for defect in damaged.defects) == kinds
    assert_exact(damaged)


@pytest.mark.parametrize(
    ("width_m", "smallest_m", "largest_m"),
    [(400, 0.001, 0.001), (400, 0.001, 50), (400, 20, 20), (20_000, 0.001, 3_000), (20_000, 1_000, 2_000)],
)
def test_sizes_from_a_millimetre_to_kilometres(width_m: float, smallest_m: float, largest_m: float) -> None:
    grids = district(300, 5, width_m=float(width_m))
    damaged = damage(grids, kinds=counts_for(300, 0.02), seed=2, smallest_m=smallest_m, largest_m=largest_m)
    assert_exact(damaged)
    widths = {
        defect.width_m
        for defect in damaged.defects
        if FOUND_AS.get(defect.kind) in AREAS and defect.kind not in {Kind.MISSING, Kind.DUP}
    }
    assert max(widths) < largest_m
    assert max(widths) > 0.25 * np.sqrt(smallest_m * largest_m)
    assert min(widths) > 0.1 * smallest_m
    slivers = {d.width_m for d in damaged.defects if d.kind in {Kind.GAP_SLIVER, Kind.OVERLAP_SLIVER}}
    assert max(slivers) < np.sqrt(smallest_m * largest_m) * 1.01


def test_the_same_seed_gives_the_same_bits() -> None:
    grids = district(300, 1)
    first, again, other = (damage(grids, kinds=counts_for(300, 0.01), seed=seed) for seed in (1, 1, 2))
    assert (shapely.to_wkb(first.cells) == shapely.to_wkb(again.cells)).all()
    assert first.defects == again.defects
    assert first.defects != other.defects
    assert (shapely.to_wkb(make_district(300, 1)) == shapely.to_wkb(grids)).all()


def test_a_damaged_coverage_can_be_kept() -> None:
    damaged = damage(district(300, 1), kinds=counts_for(300, 0.01), seed=1)
    kept = pickle.loads(pickle.dumps(damaged))  # noqa: S301 - our own bytes
    assert kept.defects == damaged.defects
    assert (shapely.to_wkb(kept.cells) == shapely.to_wkb(damaged.cells)).all()
    assert kept.parent == damaged.parent


@pytest.mark.parametrize("crowded", [False, True])
def test_what_is_not_damaged_is_the_same_object(*, crowded: bool) -> None:
    grids = district(300, 2)
    damaged = damage(grids, kinds=counts_for(300, 0.02), seed=1, crowded=crowded)
    of_defects = {cell for defect in damaged.defects for cell in defect.cells}
    same = np.array(
        [
            source >= 0 and cell is grids[source]
            for cell, source in zip(damaged.cells, damaged.source, strict=True)
        ]
    )
    assert same.sum() > 200
    # the grid a split takes from is not named: it has a part less, and nothing wrong
    splits = sum(defect.kind == Kind.SPLIT for defect in damaged.defects)
    assert len(set(np.flatnonzero(~same)) - of_defects) == splits
    counts = Counter(defect.kind for defect in damaged.defects)
    gone = set(range(len(grids))) - set(damaged.source.tolist())
    assert len(gone) == counts[Kind.MISSING] + counts[Kind.LAKE]
    assert (damaged.source == -1).sum() == counts[Kind.DUP] + counts[Kind.CONTAINED]


def grids_of(defect: Defect, damaged: Damaged) -> set[int]:
    return {int(damaged.source[cell]) for cell in defect.cells} - {-1}


def test_no_two_defects_have_grids_that_touch_unless_crowded() -> None:
    grids = district(1_000, 1)

    def touching(*, crowded: bool) -> int:
        damaged = damage(grids, kinds=counts_for(1_000, 0.02), seed=1, crowded=crowded)
        owners = [grids_of(defect, damaged) for defect in damaged.defects]
        shapes = [shapely.union_all(grids[sorted(owner)]) for owner in owners]
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        return int((one < other).sum())

    assert touching(crowded=False) == 0
    assert touching(crowded=True) > 20


def test_lakes_are_cut_out_of_the_parent() -> None:
    grids = district(300, 1)
    damaged = damage(grids, kinds={Kind.LAKE: 3, Kind.MISSING: 2}, seed=1)
    lakes = [defect.geometry for defect in damaged.defects if defect.kind == Kind.LAKE]
    assert [Polygon(ring) for ring in damaged.parent.interiors] == lakes
    assert damaged.parent.is_valid
    assert score([Found(FoundKind.GAP, lake, ()) for lake in lakes], damaged, 0).lakes == 3


def test_what_does_not_fit_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"only \d+ of 50 defects missing fit into \d+ grids"):
        damage(district(50, 1), kinds={Kind.MISSING: 50}, seed=1)
    with pytest.raises(ValueError, match="only 0 of 1 defects gap fit"):
        damage(district(50, 1), kinds={Kind.GAP: 1}, seed=1, smallest_m=500, largest_m=500)


def with_islands(grids: Any, every: int) -> Any:
    """Put a grid into the middle of every so many of these."""
    polygons = []
    for place, grid in enumerate(grids):
        if place % every:
            polygons.append(grid)
        else:
            middle = grid.point_on_surface()
            island = middle.buffer(0.5 * grid.exterior.distance(middle))
            polygons += [Polygon(grid.exterior, [island.exterior]), Polygon(island.exterior)]
    return np.array(polygons, dtype=object)


@pytest.mark.parametrize(
    ("every", "kinds"),
    [
        (3, {Kind.GAP3: 50}),
        (3, dict.fromkeys(Kind, 3) | {Kind.DUP: 20, Kind.CONTAINED: 20, Kind.SPLIT: 8}),
    ],
)
def test_rings_with_holes_are_left_alone(every: int, kinds: dict[Kind, int]) -> None:
    coverage = with_islands(district(300, 1), every)
    damaged = damage(coverage, kinds=kinds, seed=1, crowded=True)
    assert_exact(damaged)
    holed = [grid for grid in coverage if grid.interiors]
    assert [cell for cell in damaged.cells if getattr(cell, "interiors", ())] == holed


def test_rings_may_turn_either_way() -> None:
    clockwise = shapely.reverse(district(300, 1))
    damaged = damage(clockwise, kinds=counts_for(300, 0.02), seed=1)
    assert_exact(damaged)
    assert damaged.cells[np.argmax(damaged.source == 0)] is clockwise[0]


def test_a_district_may_be_in_two_parts() -> None:
    near = district(50, 1)
    far = shapely.transform(near, lambda xy: xy + np.array([50_000, 0]))
    damaged = damage(np.concatenate([near, far]), kinds=counts_for(100, 0.01), seed=1, crowded=True)
    assert damaged.parent.geom_type == "MultiPolygon"
    assert_exact(damaged)


def test_a_middle_that_is_not_exact_is_no_tjunction() -> None:
    thirds = shapely.transform(district(300, 1), lambda xy: xy / 3)
    assert_exact(damage(thirds, kinds={Kind.TJUNCTION: 20}, seed=1))


def strip(west: float, south: float, width: float) -> Polygon:
    """Make a strip 400 m high with a vertex every 50 m of both its sides."""
    up = south + np.arange(0.0, 401, 50)
    return Polygon([*((west + width, y) for y in up), *((west, y) for y in up[::-1])])


@pytest.mark.parametrize("seed", range(3))
def test_overlaps_from_both_sides_of_a_narrow_grid_stay_apart(seed: int) -> None:
    strips = np.array([strip(40.0 * place, 0.0, 40.0) for place in range(12)], dtype=object)
    damaged = damage(strips, kinds={Kind.OVERLAP: 5}, seed=seed, smallest_m=25, largest_m=25, crowded=True)
    assert_exact(damaged)


@pytest.mark.parametrize("seed", range(8))
def test_a_spill_does_not_reach_over_an_inlet_of_the_sea(seed: int) -> None:
    bridge = Polygon([(0, -50), (420, -50), (420, 0), (220, 0), (200, 0), (0, 0)])
    banks = [strip(x, y, 200.0) for x in (0.0, 220.0) for y in (0.0, 400.0, 800.0)]
    banks = np.array([*banks, bridge], dtype=object)
    damaged = damage(banks, kinds={Kind.SPILL: 1}, seed=seed, smallest_m=25, largest_m=25)
    assert_exact(damaged)


def nine_squares() -> Any:
    return np.array([box(x, y, x + 50, y + 50) for x in (0, 50, 100) for y in (0, 50, 100)], dtype=object)


def test_neighbours_share_a_vertex_and_lines_go_from_node_to_node() -> None:
    topology = read_topology(nine_squares())
    assert topology.neighbours(4).tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert topology.neighbours(0).tolist() == [1, 3, 4]
    assert topology.beside(4).tolist() == [1, 3, 5, 7]
    assert topology.on_outline.tolist() == [True] * 4 + [False] + [True] * 4
    assert sorted(line.behind for line in topology.lines(4)) == [1, 3, 5, 7]
    line = next(line for line in topology.lines(0) if line.behind == OUTSIDE)
    assert line.vertices.tolist() == [[0, 50], [0, 0], [50, 0]]


def test_a_hole_at_a_node_needs_three_grids() -> None:
    with pytest.raises(ValueError, match="only 0 of 1 defects gap3 fit"):
        damage(nine_squares(), kinds={Kind.GAP3: 1}, seed=1, smallest_m=1, largest_m=1)


def test_nothing_else_is_near_a_bowtie_even_in_a_crowd() -> None:
    grids = district(300, 3)
    damaged = damage(grids, kinds=counts_for(300, 0.08), seed=1, crowded=True)
    bowties = [defect for defect in damaged.defects if defect.kind == Kind.BOWTIE]
    owners = [grids_of(defect, damaged) for defect in damaged.defects if defect.kind != Kind.BOWTIE]
    assert len(bowties) == 2
    for bowtie in bowties:
        near = np.flatnonzero(shapely.intersects(grids, grids[damaged.source[bowtie.cells[0]]]))
        assert not set(near.tolist()) & set().union(*owners)


def moved_by(defect: Defect) -> Any:
    """Return how far each inner vertex of a line moved, of a polygon of the line there and back."""
    vertices = shapely.get_coordinates(defect.geometry)[:-1]
    inner = len(vertices) // 2 - 1
    return np.hypot(*(vertices[1 : inner + 1] - vertices[: inner + 1 : -1]).T)


def test_slivers_are_of_one_thickness_and_lenses_rise() -> None:
    kinds = dict.fromkeys((Kind.GAP, Kind.GAP_SLIVER, Kind.OVERLAP, Kind.OVERLAP_SLIVER), 5)
    damaged = damage(district(300, 1), kinds=kinds, seed=1, smallest_m=2, largest_m=2)
    for defect in damaged.defects:
        moved = moved_by(defect)
        assert moved.max() == pytest.approx(2, rel=1e-5)
        even = moved == pytest.approx(2, rel=1e-5)
        assert even == (defect.kind in {Kind.GAP_SLIVER, Kind.OVERLAP_SLIVER} or len(moved) < 4)


def test_counts_follow_the_rate() -> None:
    assert counts_for(100_000, 0.01)[Kind.GAP] == 500
    assert counts_for(100_000, 0.01)[Kind.LAKE] == 100
    assert sum(counts_for(100_000, 0.01).values()) == 3_950
    assert counts_for(100, 0.01, [Kind.DUP]) == {Kind.DUP: 1}


def test_a_check_that_finds_nothing_misses_all() -> None:
    damaged = damage(district(300, 1), kinds=counts_for(300, 0.01), seed=1)
    result = score([], damaged, 1e-6)
    assert len(result.missed) == len(damaged.defects) - 1
    assert result.precision == {}
    assert not result.is_perfect
    assert {kind: share.right for kind, share in result.recall.items()} == {
        kind: 0 for kind in Kind if kind != Kind.LAKE
    }
    assert score(truth_of(damaged), damaged, 0).is_perfect
