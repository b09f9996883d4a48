"""Faults of batches, against those of all polygons together."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from faultless import polygons, require_same
from shapely import box

from benchmarks.damage import Kind, counts_for, damage, make_district
from gis.gridding.chain import compiled
from gis.gridding.chain.edges import Edges
from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.chain.rings import Rings
from gis.gridding.watching import unmatched
from gis.gridding.watching.stream import stream_faults
from gis.gridding.watching.unmatched import Passing, Unmatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

SNAP = 1e-6
NOBODY = np.empty(0, dtype=object)


@dataclass
class Kept:
    """A batch as its bytes, and how many polygons were read of it."""

    wkb: NDArray[np.object_]
    read: int = 0
    alive: list[weakref.ref[Any]] = field(default_factory=list)

    def __call__(self, which: Any) -> NDArray[np.object_]:
        wanted = self.wkb if which is None else self.wkb[which]
        self.read += len(wanted)
        made = np.asarray(shapely.from_wkb(wanted), dtype=object)
        self.alive += [weakref.ref(polygon) for polygon in made if polygon is not None]
        return made

    def __reduce__(self) -> Any:
        return Kept, (self.wkb,)


def batches(cells: NDArray[np.object_], size: int) -> list[Kept]:
    wkb = shapely.to_wkb(cells)
    return [Kept(wkb[start : start + size]) for start in range(0, len(cells), size)]


@pytest.fixture(scope="module")
def damaged() -> Any:
    return damage(make_district(2000, 8), kinds=counts_for(2000, 0.01, kinds=tuple(Kind)), seed=4)


@pytest.mark.parametrize("path", ["compiled", "numpy"])
@pytest.mark.parametrize("order", ["by place", "shuffled"])
def test_batches_have_the_faults_of_all_together(
    damaged: Any, path: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path == "numpy":
        monkeypatch.setattr(compiled, "chain", None)
    cells, parents = damaged.cells, polygons(damaged.parent)
    if order == "shuffled":
        cells = cells[np.random.default_rng(1).permutation(len(cells))]
    told: list[tuple[int, int]] = []
    kept = batches(cells, 100)
    found = stream_faults(kept, parents, snap=SNAP, progress=lambda *done: told.append(done))
    valid = np.where(shapely.is_valid(cells), cells, None)
    require_same(found.faults, faults_of(Chain.of(valid, parents), snap=SNAP))
    assert found.invalid.tolist() == np.flatnonzero(~shapely.is_valid(cells)).tolist()
    assert len(found.invalid) > 0
    assert found.count == len(cells)
    assert told == [(done, 2 * len(kept)) for done in range(1, 2 * len(kept) + 1)]
    # what is far from all defects is read once
    assert sum(batch.read for batch in kept) < 1.7 * len(cells)


def test_what_no_spot_waits_for_is_let_go(damaged: Any) -> None:
    kept = batches(damaged.cells, 100)
    alive = []

    def count(done: int, of: int) -> None:
        assert done <= of
        alive.append(sum(ref() is not None for batch in kept for ref in batch.alive))

    stream_faults(kept, polygons(damaged.parent), snap=SNAP, progress=count)
    again = sum(batch.read for batch in kept) - len(damaged.cells)
    assert again > 200
    assert max(alive[: len(kept)]) <= 200  # a batch and the one before
    assert max(alive[len(kept) :]) < again / 2


def test_processes_find_the_same(damaged: Any) -> None:
    cells, parents = damaged.cells[:300], polygons(box(*shapely.total_bounds(damaged.cells[:300])))
    one, two = (stream_faults(batches(cells, 100), parents, snap=SNAP, workers=workers) for workers in (1, 2))
    require_same(two.faults, one.faults, close=0)
    assert two.invalid.tolist() == one.invalid.tolist()
    assert len(two.faults.gaps) > 0


def test_without_parents_holes_are_gaps() -> None:
    cells = np.delete(make_district(200, 2), [60, 90])
    cells[7] = None
    found = stream_faults(batches(cells, 50), NOBODY, snap=SNAP)
    require_same(found.faults, faults_of(Chain.of(cells, NOBODY), snap=SNAP))
    assert len(found.faults.gaps) >= 2


def test_many_parents_and_a_batch_of_nothing() -> None:
    cells = make_district(200, 3)
    west = np.array([cell.centroid.x for cell in cells]) < np.median(shapely.bounds(cells)[:, 0])
    parents = polygons(*(shapely.coverage_union_all(cells[its]) for its in (west, ~west)))
    clean = stream_faults([*batches(cells, 50), Kept(shapely.to_wkb(NOBODY))], parents, snap=SNAP)
    assert len(clean.faults.gaps) == len(clean.faults.overlaps) == len(clean.faults.outside) == 0
    holed = np.delete(cells, [20, 50])
    found = stream_faults(batches(holed, 50), parents, snap=SNAP)
    require_same(found.faults, faults_of(Chain.of(holed, parents), snap=SNAP))
    # a parent that is empty: no polygon is near, and it is a gap all the same
    far = polygons(*parents, box(0, 0, 1, 1))
    found = stream_faults(batches(cells, 50), far, snap=SNAP)
    assert [gap.equals(box(0, 0, 1, 1)) for gap in found.faults.gaps] == [True]
    assert found.faults.gap_sides.polygon.tolist() == [len(cells) + 2]


def test_nothing_is_no_trouble() -> None:
    found = stream_faults([], NOBODY, snap=SNAP)
    assert (found.count, len(found.faults.gaps), len(found.invalid)) == (0, 0, 0)
    assert len(stream_faults([], polygons(box(0, 0, 1, 1)), snap=SNAP).faults.gaps) == 1


def test_what_is_no_polygon_is_refused() -> None:
    with pytest.raises(ValueError, match="Only polygons"):
        stream_faults(
            [Kept(shapely.to_wkb(polygons(shapely.LineString([(0, 0), (1, 1)]))))], NOBODY, snap=SNAP
        )


def test_edges_that_come_in_parts_cancel_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unmatched, "_FEW", 50)
    cells = np.delete(make_district(200, 9), 100)
    parents = polygons(shapely.coverage_union_all(cells))
    passing = Passing(Unmatched.of(Edges.of(Rings.of(NOBODY))))
    for start in range(0, len(cells), 20):
        passing.add(Unmatched.of(Edges.of(Rings.of(cells[start : start + 20]))))
    rest = passing.rest()
    expected = Unmatched.of(Edges.of(Rings.of(parents)))
    np.testing.assert_array_equal(
        rest.ends[np.lexsort(rest.ends.T)], expected.ends[np.lexsort(expected.ends.T)]
    )
    np.testing.assert_array_equal(rest.nets[np.argsort(rest.keys)], expected.nets[np.argsort(expected.keys)])
