from __future__ import annotations

import numpy as np
import pytest
import shapely

from benchmarks.coverages import LATTICE, make_coverage, make_points


@pytest.mark.parametrize("varied", [False, True])
@pytest.mark.parametrize("n", [1, 7, 200, 2_000])
def test_coverages_are_clean(n: int, *, varied: bool) -> None:
    grids = make_coverage(n, 3, varied=varied)
    assert grids.shape == (n,)
    assert shapely.is_valid(grids).all()
    assert shapely.coverage_is_valid(grids)
    assert shapely.get_num_interior_rings(shapely.union_all(grids)) == 0  # no gap
    vertices = shapely.get_num_coordinates(grids)
    assert vertices.min() >= 20
    assert 35 <= vertices.mean() <= 55
    assert vertices.max() <= 75
    west, south, east, north = shapely.total_bounds(grids)
    assert west >= 118.6
    assert south >= 31.6
    assert east <= 119.1
    assert north <= 32.1


def test_sizes_vary_twenty_fold() -> None:
    width = np.sqrt(shapely.area(make_coverage(2_000, 1, varied=True)))
    assert 12 < width.max() / width.min() < 30
    width = np.sqrt(shapely.area(make_coverage(2_000, 1)))
    assert width.max() / width.min() < 2


def test_the_same_seed_gives_the_same_bits() -> None:
    first, again, other = (make_coverage(200, seed) for seed in (1, 1, 2))
    assert (shapely.to_wkb(first) == shapely.to_wkb(again)).all()
    assert (shapely.to_wkb(first) != shapely.to_wkb(other)).all()


@pytest.mark.parametrize("clustered", [False, True])
def test_points_try_edges_vertices_and_outside(*, clustered: bool) -> None:
    grids = make_coverage(200, 1)
    lon, lat = make_points(grids, 20_000, 1, clustered=clustered)
    assert lon.shape == lat.shape == (20_000,)
    points = shapely.points(lon, lat)
    outlines = shapely.union_all(shapely.boundary(grids))
    shapely.prepare(outlines)
    assert shapely.intersects(outlines, points).sum() >= 60  # vertices and exact middles
    tree = shapely.STRtree(grids)
    hits = np.bincount(tree.query(points, predicate="intersects")[0], minlength=20_000)
    assert 100 < (hits == 0).sum() < 2_500
    assert (hits == 2).sum() >= 40
    assert (hits == 3).any()
    near = shapely.dwithin(outlines, points, 1e-7)
    assert 450 < near.sum() < 800


def test_exact_middles_lie_on_their_edge() -> None:
    vertices = shapely.get_coordinates(make_coverage(200, 1))
    on_lattice = np.round(vertices / LATTICE) * LATTICE == vertices
    assert 0.4 < on_lattice.all(axis=1).mean() < 0.8
