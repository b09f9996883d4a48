"""Compare two states of a layer of grids: START HERE for changes.

Every grid is read once; beyond that the work is that of what changed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gis.gridding.changes.change import Change, ChangeKind, Move
from gis.gridding.changes.state import NOWHERE
from gis.gridding.changes.succession import successions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gis.gridding.chain.rings import Integers
    from gis.gridding.changes.passed import Passed
    from gis.gridding.changes.state import State
    from gis.gridding.changes.succession import Successions
    from gis.gridding.checks.tolerance import Tolerance

__all__ = ["Comparison", "compare"]

_KINDS = tuple(ChangeKind)
_Succession: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of a layer, compared.

    Attributes:
        old, new: The states.
        unchanged: Positions of grids that are the same in both, by the old one, shape (n, 2).
        changes: All others, by kind, the largest first.
        passed: All ground that passed, also what does not count.
    """

    old: State
    new: State
    unchanged: Integers
    changes: list[Change]
    passed: Passed

    def counts(self) -> dict[ChangeKind, int]:
        """Count the changes of each kind; unchanged are grids."""
        counts = dict.fromkeys(ChangeKind, 0)
        for change in self.changes:
            counts[change.kind] += 1
        counts[ChangeKind.UNCHANGED] = len(self.unchanged)
        return counts


def compare(old: State, new: State, tolerance: Tolerance) -> Comparison:
    """Say what became of the grids of a layer, by the definitions in `gis.gridding.changes.change`.

    Args:
        old: The grids as they were.
        new: As they are; in the same plane.
        tolerance: Ground passed if it is larger than `min_area_m2` and somewhere wider than `min_width_m`.
            A check takes either for a finding; a comparison takes a line that was drawn anew a hand's
            breadth aside for the same, however long it is.

    Returns:
        The changes. Exchanging the states exchanges split with merged, new with gone, and the two sides of
        everything; the order in which grids are given changes nothing.
    """
    found = successions_of(old, new, tolerance)
    tied = _Tied(old, new, found)
    changes = [*tied.of_single(), *tied.of_others(), *tied.moved_edges()]
    changed = np.zeros(len(old), dtype=bool)
    changed[[grid.position for change in changes for grid in change.old]] = True
    pairs = np.array([pair for pair in tied.single() if not changed[pair[0]]], dtype=np.int64).reshape(-1, 2)
    return Comparison(old, new, pairs, sorted(changes, key=_rank), found.passed)


class _Tied:
    """Successions with the ground that passed between their grids."""

    def __init__(self, old: State, new: State, found: Successions) -> None:
        self._old, self._new, self._found = old, new, found
        members: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, numbers in enumerate((found.old, found.new)):
            for position in np.flatnonzero(numbers != NOWHERE).tolist():
                members[int(numbers[position])][side].append(position)
        self._members: dict[int, _Succession] = {k: (tuple(a), tuple(b)) for k, (a, b) in members.items()}
        # by the successions of source and target: that, and the places
        self._places: dict[tuple[int, int], list[int]] = defaultdict(list)
        ends = (
            np.append(found.old, NOWHERE)[found.passed.source],
            np.append(found.new, NOWHERE)[found.passed.target],
        )
        for place in np.flatnonzero(found.passed.counts).tolist():
            self._places[int(ends[0][place]), int(ends[1][place])].append(place)

    def single(self) -> Iterator[tuple[int, int]]:
        """List the old and the new position of every grid that is one in both states (rule 3)."""
        yield from sorted(
            [
                *map(tuple, self._found.same.tolist()),
                *((a[0], b[0]) for a, b in self._members.values() if len(a) == len(b) == 1),
            ]
        )

    def of_single(self) -> Iterator[Change]:
        """Find the grids that were renamed (3) or reshaped (7)."""
        for before, after in self.single():
            if self._label(self._old, before) != self._label(self._new, after):
                yield self._change(ChangeKind.RENAMED, ((before,), (after,)), ())
        beside: dict[int, list[int]] = defaultdict(list)
        for (source, target), places in self._places.items():
            for here, other in ((source, target), (target, source)):
                if here != other and not self._has_both(other):
                    beside[here] += places
        for number, places in beside.items():
            if self._is_single(number):
                yield self._change(ChangeKind.RESHAPED, self._members[number], places)

    def of_others(self) -> Iterator[Change]:
        """Find the successions of other numbers of grids (4 and 5)."""
        own: dict[int, list[int]] = defaultdict(list)
        for (source, target), places in self._places.items():
            for number in {source, target}:
                own[number] += places
        for number, grids in self._members.items():
            if not self._is_single(number):
                yield self._change(_kind_of(grids), grids, own[number])

    def moved_edges(self) -> Iterator[Change]:
        """Find the ground that passed between grids of two successions (6)."""
        between: dict[tuple[int, int], list[int]] = defaultdict(list)
        for (source, target), places in self._places.items():
            if source != target and self._has_both(source) and self._has_both(target):
                between[min(source, target), max(source, target)] += places
        for numbers, places in between.items():
            sides: list[set[int]] = []
            passed = self._found.passed
            for side, positions in enumerate((passed.source[places], passed.target[places])):
                whole = [self._members[n][side] for n in numbers if self._is_single(n)]
                sides.append(set(positions.tolist()).union(*whole))
            yield self._change(ChangeKind.MOVED_EDGE, (tuple(sides[0]), tuple(sides[1])), places)

    def _is_single(self, number: int) -> bool:
        old, new = self._members.get(number, ((), ()))
        return len(old) == len(new) == 1

    def _has_both(self, number: int) -> bool:
        return all(self._members.get(number, ((), ())))

    @staticmethod
    def _label(state: State, position: int) -> tuple[str, str]:
        return state.codes[position], state.names[position]

    def _change(self, kind: ChangeKind, grids: _Succession, places: Iterable[int]) -> Change:
        old, new = (
            tuple(state.grid(position) for position in sorted(side))
            for state, side in zip((self._old, self._new), grids, strict=True)
        )
        return Change(kind, old, new, tuple(self._moves(places)))

    def _moves(self, places: Iterable[int]) -> Iterator[Move]:
        passed = self._found.passed
        between: dict[tuple[int, int], list[int]] = defaultdict(list)
        for place in sorted(places):
            between[int(passed.source[place]), int(passed.target[place])].append(place)
        for (source, target), together in sorted(between.items()):
            polygons = passed.polygons[together]
            yield Move(
                None if source == NOWHERE else self._old.grid(source),
                None if target == NOWHERE else self._new.grid(target),
                float(passed.areas[together].sum()),
                polygons[0] if len(together) == 1 else shapely.MultiPolygon(list(polygons)),
            )


def _kind_of(grids: _Succession) -> ChangeKind:
    old, new = grids
    if not old or not new:
        return ChangeKind.NEW if new else ChangeKind.GONE
    if len(old) == 1:
        return ChangeKind.SPLIT
    return ChangeKind.MERGED if len(new) == 1 else ChangeKind.REGROUPED


def _rank(change: Change) -> tuple[int, float, tuple[tuple[object, ...], ...]]:
    ids = tuple(tuple(grid.id for grid in side) for side in (change.old, change.new))
    return _KINDS.index(change.kind), -round(change.moved_m2 or change.before_m2, 6), ids
