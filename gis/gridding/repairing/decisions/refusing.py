"""Which faces are left, whatever lies beside them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.repairing.decisions.guards import inner_widths
from gis.gridding.repairing.repaired import Reason

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags
    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.decisions.guards import Guards
    from gis.gridding.repairing.rules import RepairRules

    Reasons = list[Reason | None]

_ROUNDED = 1e-9


def refused(made: Arrangement, rules: RepairRules, guards: Guards, on_rim: Flags, snap: float) -> Reasons:
    """Say which faces are left, and why.

    1. Faces of which it is not certain what covers them.
    2. Gaps that are intended, along the border if that is not asked for, or too wide.
    3. Overlaps of polygons that are the same, or of which one holds all of the other.
    4. Overlaps of two locked polygons.
    5. Parts of one polygon outside the parents, if that is not asked for.
    """
    reasons: Reasons = [None if sure else Reason.UNSURE for sure in made.is_sure.tolist()]
    _refuse_gaps(reasons, made, rules, guards, on_rim)
    contained = _contained(made, snap)
    locked = frozenset(() if rules.locked is None else np.flatnonzero(rules.locked).tolist())
    inside = made.is_inside.tolist()
    for face, cover in enumerate(made.covers):
        if not cover or reasons[face]:
            continue
        pairs = [contained[pair] for pair in combinations(cover, 2) if pair in contained]
        if not inside[face] and len(cover) == 1 and not rules.trim_outside:
            reasons[face] = Reason.NOT_ASKED
        elif pairs:
            reasons[face] = min(pairs, key=[Reason.DUPLICATE, Reason.CONTAINED].index)
        elif len(locked.intersection(cover)) > (inside[face] or not rules.trim_outside):
            reasons[face] = Reason.LOCKED
    return reasons


def _refuse_gaps(
    reasons: Reasons, made: Arrangement, rules: RepairRules, guards: Guards, on_rim: Flags
) -> None:
    gaps = np.array(
        [face for face, cover in enumerate(made.covers) if not (cover or reasons[face])], dtype=int
    )
    faces = made.faces[gaps]
    wide = inner_widths(faces, rules.max_gap_width_m) > rules.max_gap_width_m
    intended = guards.are_intended(faces)
    for number, face in enumerate(gaps.tolist()):
        if intended[number]:
            reasons[face] = Reason.INTENDED
        elif on_rim[face] and not rules.fill_border:
            reasons[face] = Reason.NOT_ASKED
        elif wide[number]:
            reasons[face] = Reason.TOO_WIDE


def _contained(made: Arrangement, snap: float) -> dict[tuple[int, int], Reason]:
    """Find the pairs of polygons, the lower first, of which one has nothing that the other has not."""
    areas = shapely.area(made.faces).tolist()
    shared: dict[tuple[int, int], float] = {}
    for area, cover in zip(areas, made.covers, strict=True):
        for pair in combinations(cover, 2):
            shared[pair] = shared.get(pair, 0.0) + area
    if not shared:
        return {}
    pairs = np.array(list(shared))
    polygons = made.chain.polygons[pairs]
    whole = shapely.area(polygons) * (1 - _ROUNDED) - snap * shapely.length(polygons)
    inside = (np.array(list(shared.values()))[:, None] >= whole).sum(axis=1)
    named = (None, Reason.CONTAINED, Reason.DUPLICATE)
    found = {pair: named[number] for pair, number in zip(shared, inside.tolist(), strict=True)}
    return {pair: reason for pair, reason in found.items() if reason}
