"""Which old grids became which new ones: who goes on, passes into another, or comes out of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gis.gridding.chain.grouping import least_connected
from gis.gridding.changes.passed import passed_between
from gis.gridding.changes.state import NOWHERE, plainly_same, same_ids

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Floats, Integers
    from gis.gridding.changes.passed import Passed
    from gis.gridding.changes.state import State
    from gis.gridding.checks.tolerance import Tolerance

# Exactly half is not most, whichever way it is rounded.
_MOST = 0.5 + 1e-6


@dataclass(frozen=True, slots=True)
class Successions:
    """The grids of two states, tied together; all positions are those of the states.

    Attributes:
        same: Old and new grids that are the same at once to be seen, shape (s, 2).
        old: Number of the succession of each old grid; NOWHERE of those in `same`, shape (n,).
        new: Likewise of the new grids, shape (m,).
        passed: Ground that passed, with ground that stayed with a grid of another id among it.
    """

    same: Integers
    old: Integers
    new: Integers
    passed: Passed


def successions_of(old: State, new: State, tolerance: Tolerance) -> Successions:
    """Tie the grids of two states together; ground is only looked at where edges moved."""
    same = plainly_same(old, new, tolerance.min_width_m)
    partner = same_ids(old, new)
    here, there = (np.setdiff1d(np.arange(len(s)), same[:, i]) for i, s in enumerate((old, new)))
    partner = np.where(np.isin(partner[here], there), np.searchsorted(there, partner[here]), NOWHERE)
    before, after = old.areas[here], new.areas[there]
    polygons = old.polygons[here], new.polygons[there]
    passed = passed_between(*polygons, _colours(partner, len(there)), tolerance)
    stayed = _stayed(passed, before)
    goes_on = _goes_on(partner, stayed, before, after)
    moved_off = (partner != NOWHERE) & ~goes_on
    partner[moved_off] = NOWHERE
    if np.any(stayed[moved_off] > tolerance.min_area_m2):
        # what they have in common with the other grid of their id passed to it, like all they lost
        passed = passed_between(*polygons, _colours(partner, len(there)), tolerance)
        stayed = _stayed(passed, before)
    ties = np.concatenate(
        (np.column_stack((np.flatnonzero(goes_on), partner[goes_on])), _ties(passed, partner, before, after))
    )
    least = least_connected(ties[:, 0], ties[:, 1] + len(here), len(here) + len(there))
    numbers = [np.full(len(state), NOWHERE) for state in (old, new)]
    numbers[0][here], numbers[1][there] = least[: len(here)], least[len(here) :]
    return Successions(same, numbers[0], numbers[1], _in_states(passed, here, there))


def _colours(partner: Integers, new: int) -> tuple[Integers, Integers]:
    """Give each old grid a colour and each new one that of its partner, or one of its own."""
    has_partner = np.flatnonzero(partner != NOWHERE)
    colours = np.arange(len(partner), len(partner) + new)
    colours[partner[has_partner]] = has_partner
    return np.arange(len(partner)), colours


def _stayed(passed: Passed, before: Floats) -> Floats:
    lost = passed.source != NOWHERE
    return before - np.bincount(passed.source[lost], passed.areas[lost], len(before))


def _goes_on(partner: Integers, stayed: Floats, before: Floats, after: Floats) -> Flags:
    """Rule 1; two grids of one id that have no ground at all are the same."""
    there = np.append(after, 0.0)[partner]
    most = (stayed > _MOST * before) | (stayed > _MOST * there) | ((before == 0) & (there == 0))
    goes_on: Flags = (partner != NOWHERE) & most
    return goes_on


def _ties(passed: Passed, partner: Integers, before: Floats, after: Floats) -> Integers:
    """Rule 2: pairs of old and new grids, shape (k, 2)."""
    between = (passed.source != NOWHERE) & (passed.target != NOWHERE)
    source, target = passed.source[between], passed.target[between]
    both, number = np.unique(source * len(after) + target, return_inverse=True)
    area = np.bincount(number, passed.areas[between], len(both))
    source, target = both // max(len(after), 1), both % max(len(after), 1)
    comes_out = np.ones(len(after), dtype=bool)
    comes_out[partner[partner != NOWHERE]] = False
    tied = (partner[source] == NOWHERE) & (area > _MOST * before[source])
    tied |= comes_out[target] & (area > _MOST * after[target])
    return np.column_stack((source[tied], target[tied]))


def _in_states(passed: Passed, here: Integers, there: Integers) -> Passed:
    source, target = np.append(here, NOWHERE)[passed.source], np.append(there, NOWHERE)[passed.target]
    return type(passed)(passed.polygons, source, target, passed.areas, passed.counts)
