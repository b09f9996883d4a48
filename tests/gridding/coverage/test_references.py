"""What numbers of 32 bits cannot refer to is refused, not wrapped."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.coverages import make_coverage
from gis.errors import InputError
from gis.gridding.coverage.building import blocks
from gis.gridding.coverage.index import CoverageIndex
from gis.gridding.coverage.layout import BEHIND, UNIT

POLYGONS = make_coverage(60, 1)
IDS = np.arange(len(POLYGONS))


def sizes() -> dict[str, int]:
    index = CoverageIndex.build(POLYGONS, IDS)
    tables = index.tables
    return {
        "MOST_VERTICES": len(tables.vertices),
        # without the room behind
        "MOST_WORDS": len(tables.words) - BEHIND,
        "MOST_UNITS": len(tables.blocks) // UNIT,
    }


@pytest.mark.parametrize("limit", ["MOST_VERTICES", "MOST_WORDS", "MOST_UNITS"])
def test_an_index_is_as_large_as_its_references_reach(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sizes()[limit]
    monkeypatch.setattr(blocks, limit, size)
    index = CoverageIndex.build(POLYGONS, IDS)
    monkeypatch.setattr(blocks, limit, size - 1)
    with pytest.raises(InputError, match=f"refer to {size} .*, {size - 1} at most"):
        CoverageIndex.build(POLYGONS, IDS)
    monkeypatch.setattr(blocks, limit, size)
    with pytest.raises(InputError, match="fewer polygons"):  # what an edit appends counts too
        index.replace([0], POLYGONS[[1]])
