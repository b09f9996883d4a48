"""What was done and what was left, place by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.repairing.repaired import Change, Deed, Ground, Left, Reason, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gis.gridding.chain.rings import Flags, Integers
    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.decisions.judge import Verdict
    from gis.gridding.repairing.decisions.reach import Reach
    from gis.gridding.repairing.decisions.refusing import Reasons
    from gis.gridding.repairing.drawing.settling import Moves, Settlement


@dataclass(frozen=True, slots=True)
class Outcome:
    """Decisions, carried out on an arrangement.

    Attributes:
        made: The arrangement.
        verdicts: Who has which face.
        reasons: Why faces are left.
        moves: The faces that change hands.
        settled: What that comes to.
        is_void: Points of places where nothing must change.
        fixed: Polygons that must not change, and behind them the parents.
    """

    made: Arrangement
    verdicts: dict[int, Verdict]
    reasons: Reasons
    moves: Moves
    settled: Settlement
    is_void: Flags
    fixed: Flags


def changes_of(outcome: Outcome) -> list[Change]:
    """Report the faces that change hands, and the corners that edges get."""
    made = outcome.made
    changes = []
    for face in np.unique(outcome.moves.face).tolist():
        verdict, cover, place = outcome.verdicts[face], made.covers[face], made.faces[face]
        after = () if verdict.owner < 0 else (verdict.owner,)
        taken = Deed.DECIDED if after else Deed.TRIMMED
        changes.append(
            Change(taken if cover else Deed.FILLED, verdict.ground, place, cover, after, place.area)
        )
    users = outcome.settled.users
    for point, polygons in _corners(outcome, left=False):
        at = users.polygon[(made.start[users.border] == point) | (made.end[users.border] == point)]
        had = tuple(sorted(set(at.tolist()).difference(polygons)))
        place = shapely.Point(made.points[point])
        changes.append(Change(Deed.MATCHED, Ground.CORNER_OF_NEIGHBOUR, place, had, polygons, 0.0))
    return changes


def left_of(outcome: Outcome, whole: Arrangement, whole_of: Integers, reach: Reach) -> list[Left]:
    """Report the faces that are left, those that were cut in vain as they were, and edges that do not match.

    Args:
        outcome: Of the faces, some of them pieces.
        whole: The arrangement before they were cut.
        whole_of: Which face of it each piece is of, ascending.
        reach: What lies beside the pieces.
    """
    made = outcome.made
    reasons = list(outcome.reasons)
    starts = np.searchsorted(made.outlines.face, np.arange(len(made.faces)))
    for face, start in enumerate(starts.tolist()):
        if reasons[face] is None and outcome.is_void[made.start[made.outlines.border[start]]]:
            reasons[face] = Reason.UNSURE
    left = []
    pieces_of = np.split(np.arange(len(made.faces)), np.flatnonzero(np.diff(whole_of)) + 1)
    for pieces in pieces_of if len(made.faces) else ():
        numbers = pieces.tolist()
        if all(reasons[piece] for piece in numbers):
            beside = set().union(*(reach.beside[piece] for piece in numbers))
            reason = next(reasons[piece] for piece in numbers)
            left.append(_left_face(whole, int(whole_of[numbers[0]]), reason, beside))
        else:
            left += [
                _left_face(made, piece, reasons[piece], set(reach.beside[piece]))
                for piece in numbers
                if reasons[piece]
            ]
    for point, polygons in _corners(outcome, left=True):
        fixed = any(outcome.fixed[polygon] for polygon in polygons)
        reason = Reason.LOCKED if fixed else Reason.UNSURE
        left.append(Left(Trouble.MISMATCH, reason, shapely.Point(made.points[point]), polygons, 0.0))
    return left


def _left_face(made: Arrangement, face: int, reason: Reason | None, beside: set[int]) -> Left:
    cover, place = made.covers[face], made.faces[face]
    alone = Trouble.OVERLAP if made.is_inside[face] or len(cover) > 1 else Trouble.OUTSIDE
    polygons = cover or tuple(sorted(beside))
    return Left(alone if cover else Trouble.GAP, reason or Reason.UNSURE, place, polygons, place.area)


def _corners(outcome: Outcome, *, left: bool) -> Iterator[tuple[int, tuple[int, ...]]]:
    """List the points where polygons get a corner, or are left without, and these."""
    corners = outcome.settled.corners
    is_left = outcome.is_void[corners.point] | outcome.fixed[corners.polygon]
    which = is_left == left
    order = np.lexsort((corners.polygon[which], corners.point[which]))
    both = np.unique(np.column_stack((corners.point[which], corners.polygon[which]))[order], axis=0)
    points, starts = np.unique(both[:, 0], return_index=True)
    for point, polygons in zip(points.tolist(), np.split(both[:, 1], starts[1:]), strict=False):
        yield point, tuple(polygons.tolist())
