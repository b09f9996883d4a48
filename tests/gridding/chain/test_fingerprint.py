"""Fingerprints add up as the polygons do."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from benchmarks.damage import make_district
from gis.gridding.chain import compiled
from gis.gridding.chain.fingerprint import fingerprints_of, is_partition


def test_a_partition_sums_to_its_parent_and_anything_else_does_not() -> None:
    cells = make_district(120, 7)
    parent = fingerprints_of(np.array([shapely.coverage_union_all(cells)], dtype=object))
    prints = fingerprints_of(cells)
    assert is_partition(prints, parent)
    assert not is_partition(prints[1:], parent)
    assert not is_partition(np.concatenate((prints, prints[:1])), parent)
    moved = cells.copy()
    moved[3] = shapely.transform(cells[3], lambda at: np.where(at == at[2], np.nextafter(at, np.inf), at))
    assert not is_partition(fingerprints_of(moved), parent)


def test_communities_are_summed_from_their_grids() -> None:
    cells = make_district(120, 8)
    community = np.arange(len(cells)) % 3
    united = np.array([shapely.coverage_union_all(cells[community == i]) for i in range(3)], dtype=object)
    prints, parents = fingerprints_of(cells), fingerprints_of(united)
    for i in range(3):
        assert is_partition(prints[community == i], parents[i : i + 1])
    assert not is_partition(prints[community == 0], parents[1:2])


def test_an_edit_changes_the_sum_by_what_it_changed() -> None:
    cells = make_district(60, 9)
    total = fingerprints_of(cells).sum(axis=0)
    edited = np.array([cells[5].buffer(-1)], dtype=object)
    after = np.concatenate((cells[:5], edited, cells[6:]))
    changed = total - fingerprints_of(cells[5:6])[0] + fingerprints_of(edited)[0]
    np.testing.assert_array_equal(fingerprints_of(after).sum(axis=0), changed)


@pytest.mark.parametrize("shape", [box(0, 0, 10, 10).difference(box(2, 2, 3, 3)), box(0, 0, 1, 1)])
def test_neither_drawing_nor_path_matters(shape: Polygon, monkeypatch: pytest.MonkeyPatch) -> None:
    start = np.roll(shapely.get_coordinates(shape.exterior)[:-1], 2, axis=0)
    redrawn = Polygon(start[::-1], [ring.coords[::-1] for ring in shape.interiors])
    prints = fingerprints_of(np.array([shape, redrawn, None], dtype=object))
    np.testing.assert_array_equal(prints[0], prints[1])
    assert prints[0, 0] != prints[0, 1]
    assert prints[2].tolist() == [0, 0]
    monkeypatch.setattr(compiled, "chain", None)
    np.testing.assert_array_equal(fingerprints_of(np.array([shape, redrawn, None], dtype=object)), prints)


def test_the_numbers_stay_what_they_are() -> None:
    """Stored fingerprints outlive the program: a change of the keys has to be seen."""
    prints = fingerprints_of(np.array([box(118.5, 31.75, 118.75, 32)], dtype=object))
    assert prints.tolist() == [[12777500974946828254, 3433737528975406961]]
