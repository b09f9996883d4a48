"""Repair polygons so that they partition their parents, and say what was done and what was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain
from gis.gridding.repairing.decisions.guards import Guards
from gis.gridding.repairing.once import repair_once
from gis.gridding.repairing.repaired import Change, Left, Repaired
from gis.gridding.repairing.welding import weld

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Polygons
    from gis.gridding.repairing.rules import RepairRules

__all__ = ["repair"]

# What one round does may let another one do more; the last one does nothing.
_ROUNDS = 12


def repair(polygons: Polygons, parents: Polygons, *, rules: RepairRules, snap: float) -> Repaired:
    """Repair polygons.

    Args:
        polygons: Valid, in metres; None and empty ones stay as they are, shape (n,).
        parents: What they should fill; valid, not overlapping each other, shape (p,), may be none.
        rules: By which rules.
        snap: Metres. What is nearer together than this is the same, and is welded.
    """
    guards = Guards(rules, snap)
    count = len(polygons)
    everything = np.concatenate((polygons, parents))
    fixed = np.zeros(len(everything), dtype=bool)
    if rules.locked is not None:
        fixed[:count] = rules.locked
    changes: list[Change] = []
    left: list[Left] = []
    for _ in range(_ROUNDS):
        chain = Chain.of(everything[:count], everything[count:])
        if not len(chain.residual):
            left = []
            break
        everything, done = weld(chain, snap, fixed)
        if not done:
            once = repair_once(chain, rules, guards, snap)
            everything, done, left = once.polygons, once.changes, once.left
        if not done:
            break
        changes += done
    return Repaired(
        polygons=everything[:count],
        parents=everything[count:],
        changes=changes,
        left=left,
        area_before_m2=shapely.area(polygons),
        area_after_m2=shapely.area(everything[:count]),
    )
