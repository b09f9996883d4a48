"""Decide who has each face: smallest first, by the rules, and as far as nothing stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.repairing.decisions.reach import NOBODY
from gis.gridding.repairing.repaired import Ground, Reason
from gis.gridding.repairing.rules import GapRule, OverlapRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.decisions.guards import Guards
    from gis.gridding.repairing.decisions.reach import Reach
    from gis.gridding.repairing.decisions.refusing import Reasons
    from gis.gridding.repairing.rules import RepairRules

    Lengths = dict[int, float]
    Keepers = dict[int, dict[int, Reason]]

# Lengths and areas that differ by less than this share are the same.
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who has a face from now on.

    Attributes:
        owner: A polygon; -1 if nobody.
        ground: By which rule.
    """

    owner: int
    ground: Ground


class Judge:
    """Decides the faces of an arrangement one by one."""

    def __init__(self, made: Arrangement, reach: Reach, rules: RepairRules, guards: Guards) -> None:
        self._made = made
        self._reach = reach
        self._rules = rules
        self._guards = guards
        bounds = shapely.bounds(made.faces)
        self._order = np.lexsort((*bounds.T, shapely.area(made.faces))).tolist()
        self._groups = guards.groups_of(made, reach.beside)
        gaps = [face for face, cover in enumerate(made.covers) if not cover]
        self._barred = {
            gaps[number] for number in np.flatnonzero(guards.are_barred(made.faces[gaps])).tolist()
        }
        self._verdicts: dict[int, Verdict] = {}

    def decide(self, refused: Reasons, all_keepers: Keepers) -> tuple[dict[int, Verdict], Reasons]:
        """Decide all faces that are not refused.

        Args:
            refused: Why faces are left whatever happens.
            all_keepers: Of faces, the polygons that would be emptied or divided without them, and which.

        Returns:
            What was decided, and why the others were left.
        """
        self._verdicts = {}
        reasons = list(refused)
        waiting = [face for face in self._order if reasons[face] is None]
        while waiting:
            still = []
            for face in waiting:
                answer = self._answer(face, all_keepers)
                if isinstance(answer, Verdict):
                    self._verdicts[face] = answer
                else:
                    reasons[face] = answer
                    if answer is Reason.NO_OWNER:
                        still.append(face)
            if len(still) == len(waiting):
                break
            waiting = still
        for face in self._verdicts:
            reasons[face] = None
        return self._verdicts, reasons

    def _answer(self, face: int, all_keepers: Keepers) -> Verdict | Reason:
        cover = self._made.covers[face]
        if not cover:
            return self._fill(face)
        keepers = all_keepers.get(face, {})
        if self._made.is_inside[face] or not self._rules.trim_outside:
            return self._decide_overlap(face, cover, keepers)
        if keepers:
            return next(iter(keepers.values()))
        return Verdict(NOBODY, Ground.OUTSIDE_PARENT)

    def _fill(self, face: int) -> Verdict | Reason:
        if face in self._barred:
            return Reason.BARRIER
        lengths = self._beside(face)
        if not lengths:
            return Reason.NO_OWNER
        tests: tuple[tuple[Reason, Callable[[int], bool]], ...] = (
            (Reason.LOCKED, lambda polygon: not self._is_locked(polygon)),
            (Reason.COMMUNITY, lambda polygon: self._is_of_group(polygon, face)),
            (Reason.BUILDING, lambda polygon: self._keeps_buildings(polygon, face)),
        )
        for reason, is_fit in tests:
            lengths = {polygon: length for polygon, length in lengths.items() if is_fit(polygon)}
            if not lengths:
                return reason
        if self._rules.gaps is GapRule.COMPACT:
            gained = {
                polygon: self._compactness(polygon, face, length) for polygon, length in lengths.items()
            }
            return Verdict(self._most(gained), Ground.COMPACT)
        return Verdict(self._most(lengths), Ground.LONGEST_EDGE)

    def _beside(self, face: int) -> Lengths:
        """Measure who lies along a gap: pieces of the same gap count only where nobody else does."""
        lengths = dict(self._reach.beside[face])
        pieces: Lengths = {}
        for other, length in self._reach.faces[face].items():
            verdict = self._verdicts.get(other)
            if verdict is not None and verdict.owner != NOBODY:
                into = lengths if self._made.covers[other] else pieces
                into[verdict.owner] = into.get(verdict.owner, 0.0) + length
        return lengths or pieces

    def _decide_overlap(
        self, face: int, cover: tuple[int, ...], keepers: dict[int, Reason]
    ) -> Verdict | Reason:
        locked = [polygon for polygon in cover if self._is_locked(polygon)]
        if len({*keepers, *locked}) > 1 or Reason.WOULD_EMPTY in keepers.values():
            return min(keepers.values(), key=[Reason.WOULD_EMPTY, Reason.WOULD_DIVIDE].index)
        if locked:
            return Verdict(locked[0], Ground.LOCKED)
        first, ground = self._first(cover)
        for keeper, reason in keepers.items():
            if self._rules.overlaps is OverlapRule.PRIORITY and keeper not in first:
                return reason
            return Verdict(keeper, Ground.KEEPS_WHOLE)
        return Verdict(first[0], ground) if len(first) == 1 else self._longest(face, first)

    def _longest(self, face: int, among: list[int]) -> Verdict | Reason:
        """Choose the one that borders an overlap longest with what is its own."""
        lengths = self._onward(face)
        lengths = {polygon: length for polygon, length in lengths.items() if polygon in among}
        if not lengths:
            return Reason.NO_OWNER
        halved = self._rules.overlaps is OverlapRule.MIDDLE
        return Verdict(self._most(lengths), Ground.MIDDLE if halved else Ground.LONGEST_EDGE)

    def _first(self, cover: tuple[int, ...]) -> tuple[list[int], Ground]:
        """Choose by the rule: all of a cover if that tells nothing."""
        if self._rules.overlaps is OverlapRule.PRIORITY and self._rules.priority is not None:
            order = self._rules.priority[list(cover)]
            return [
                polygon for polygon, at in zip(cover, order, strict=True) if at == order.min()
            ], Ground.PRIORITY
        if self._rules.overlaps is OverlapRule.LARGEST:
            areas = shapely.area(self._made.chain.polygons[list(cover)])
            least = areas.max() * (1 - _SAME)
            return [
                polygon for polygon, area in zip(cover, areas, strict=True) if area >= least
            ], Ground.LARGEST
        return list(cover), Ground.LONGEST_EDGE

    def _onward(self, face: int) -> Lengths:
        lengths = dict(self._reach.onward[face])
        for other, length in self._reach.faces[face].items():
            verdict = self._verdicts.get(other)
            if verdict is not None and verdict.owner in self._made.covers[face]:
                lengths[verdict.owner] = lengths.get(verdict.owner, 0.0) + length
        return lengths

    def _most(self, values: Lengths) -> int:
        """Choose the polygon with the highest value, whatever the order of polygons."""
        most = max(values.values())
        best = [polygon for polygon, value in values.items() if value >= most - _SAME * abs(most)]
        if len(best) == 1:
            return best[0]
        polygons = shapely.normalize(self._made.chain.polygons[best])
        return min(
            zip(shapely.area(polygons).tolist(), shapely.to_wkb(polygons).tolist(), best, strict=True)
        )[-1]

    def _is_locked(self, polygon: int) -> bool:
        return self._rules.locked is not None and bool(self._rules.locked[polygon])

    def _is_of_group(self, polygon: int, face: int) -> bool:
        group = self._groups[face]
        return group is None or self._rules.groups is None or bool(self._rules.groups[polygon] == group)

    def _keeps_buildings(self, polygon: int, face: int) -> bool:
        if self._rules.buildings is None:
            return True
        return self._guards.keeps_buildings(self._made.faces[face], self._made.chain.polygons[polygon])

    def _compactness(self, polygon: int, face: int, shared: float) -> float:
        """Say how much more compact a polygon is with a face than without."""
        whole, part = self._made.chain.polygons[polygon], self._made.faces[face]
        after = (whole.area + part.area) / max(whole.length + part.length - 2 * shared, _SAME) ** 2
        return float(4 * np.pi * (after - whole.area / whole.length**2))
