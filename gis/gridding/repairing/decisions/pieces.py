"""Cut those faces into pieces that are not to be given to one polygon as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.grouping import lines_between
from gis.gridding.repairing.arrangement import outlines_of
from gis.gridding.repairing.decisions.chords import bridges, cut, halves, ring_points
from gis.gridding.repairing.decisions.reach import labels_of
from gis.gridding.repairing.rules import OverlapRule

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Floats, Integers, Polygons
    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.decisions.guards import Guards
    from gis.gridding.repairing.decisions.refusing import Reasons
    from gis.gridding.repairing.rules import RepairRules

_TWO = 2


@dataclass(frozen=True, slots=True)
class Cut:
    """An arrangement with some of its faces cut.

    Attributes:
        made: The arrangement with pieces for faces.
        whole: The face before that each piece is of, ascending.
    """

    made: Arrangement
    whole: Integers


def cut_faces(made: Arrangement, reasons: Reasons, rules: RepairRules, guards: Guards) -> Cut:
    """Cut long gaps, and overlaps that are to be halved, by chords.

    Args:
        made: The arrangement.
        reasons: Why faces are left; these are not cut.
        rules: By which rules.
        guards: What must not be cut.
    """
    pieces: list[Polygons] = []
    chords: list[Integers] = []
    for face, reason in enumerate(reasons):
        found = None if reason else _pieces(made, face, rules, guards)
        if found is None:
            pieces.append(made.faces[face : face + 1])
        else:
            pieces.append(found[0])
            chords.append(found[1])
    whole = np.repeat(np.arange(len(made.faces)), [len(some) for some in pieces])
    if not chords:
        return Cut(made, whole)
    points = np.concatenate(chords)
    a, b = made.points[points[:, 0]], made.points[points[:, 1]]
    along = (a[:, 0] < b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] < b[:, 1]))
    start = np.concatenate((made.start, np.where(along, points[:, 0], points[:, 1])))
    end = np.concatenate((made.end, np.where(along, points[:, 1], points[:, 0])))
    faces = np.concatenate(pieces)
    return Cut(
        replace(
            made,
            start=start,
            end=end,
            faces=faces,
            outlines=outlines_of(faces, made.points, start, end),
            covers=[made.covers[face] for face in whole.tolist()],
            is_inside=made.is_inside[whole],
            is_sure=made.is_sure[whole],
        ),
        whole,
    )


def _pieces(
    made: Arrangement, face: int, rules: RepairRules, guards: Guards
) -> tuple[Polygons, Integers] | None:
    """Cut one face: its pieces, and the points of the chords; None if it stays whole."""
    polygon, cover = made.faces[face], made.covers[face]
    halved = len(cover) == _TWO and rules.overlaps is OverlapRule.MIDDLE
    if (cover and not halved) or shapely.get_num_interior_rings(polygon):
        return None
    rows = slice(*np.searchsorted(made.outlines.face, (face, face + 1)))
    border = made.outlines.border[rows]
    numbers = ring_points(made.start[border], made.end[border])
    ring = made.points[numbers]
    choose = halves if halved else bridges
    chords = choose(polygon, ring, labels_of(made, face))
    chords = _free(chords, ring, guards)
    if not chords:
        return None
    pieces = cut(ring, chords)
    if len(pieces) != len(chords) + 1:
        return None
    return pieces, numbers[np.array(chords)]


def _free(chords: list[tuple[int, int]], ring: Floats, guards: Guards) -> list[tuple[int, int]]:
    if not chords:
        return []
    ends = np.array(chords)
    free = guards.are_free(lines_between(ring[ends[:, 0]], ring[ends[:, 1]]))
    return [chord for chord, is_free in zip(chords, free.tolist(), strict=True) if is_free]
