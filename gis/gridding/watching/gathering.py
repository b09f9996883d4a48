"""Put the faults of several places together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gis.gridding.chain.faults import Faults
from gis.gridding.chain.sides import Mismatches, Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gis.gridding.chain.rings import Integers, Polygons


def gather(parts: Sequence[Faults], count: int) -> Faults:
    """Make one of the faults of places that have nothing to do with each other.

    Args:
        parts: Polygons are named by position, parents by -1, -2, ...
        count: How many polygons there are: the parents' positions follow theirs.
    """
    first = np.cumsum([0, *(len(part.gaps) for part in parts)])
    sides = [part.gap_sides for part in parts]
    face = [side.face + start for side, start in zip(sides, first[:-1], strict=True)]
    mismatches = [part.mismatches for part in parts]
    points = np.cumsum([0, *(len(part.polygon) for part in mismatches)])
    offsets = [part.offsets[:-1] + start for part, start in zip(mismatches, points[:-1], strict=True)]
    pairs, overlaps = _together([(part.overlap_pairs, part.overlaps) for part in parts], 2)
    outside_polygon, outside = _together([(part.outside_polygon[:, None], part.outside) for part in parts], 1)
    return Faults(
        gaps=_joined([part.gaps for part in parts], object),
        gap_sides=Sides(
            _joined(face, np.int64),
            _positions(_joined([side.polygon for side in sides], np.int64), count),
            _joined([side.length for side in sides], np.float64),
        ),
        overlap_pairs=pairs,
        overlaps=overlaps,
        outside_polygon=outside_polygon[:, 0],
        outside=outside,
        mismatches=Mismatches(
            _joined([part.points.reshape(-1) for part in mismatches], np.float64).reshape(-1, 2),
            _joined([part.apart for part in mismatches], np.float64),
            np.append(_joined(offsets, np.int64), points[-1]),
            _positions(_joined([part.polygon for part in mismatches], np.int64), count),
        ),
    )


def _together(parts: list[tuple[Integers, Polygons]], width: int) -> tuple[Integers, Polygons]:
    """Bring together what places have for the same polygons: they lie apart, so they become parts."""
    pieces: dict[tuple[int, ...], list[Any]] = {}
    for owners, shapes in parts:
        for owner, shape in zip(owners.tolist(), shapes, strict=True):
            pieces.setdefault(tuple(owner), []).append(shape)
    names = sorted(pieces)
    made = np.empty(len(names), dtype=object)
    for number, name in enumerate(names):
        group = pieces[name]
        made[number] = group[0] if len(group) == 1 else shapely.MultiPolygon(list(shapely.get_parts(group)))
    return np.array(names, dtype=np.int64).reshape(-1, width), made


def _positions(names: Integers, count: int) -> Integers:
    return np.where(names < 0, count - 1 - names, names)


def _joined(arrays: list[Any], kind: Any) -> Any:  # noqa: ANN401 - an array of that kind
    return np.concatenate([np.empty(0, dtype=kind), *arrays]).astype(kind, copy=False)
