"""Repair polygons so that they partition their parents, and say what was done and what was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain
from gis.gridding.chain.layout import lay_out
from gis.gridding.repairing.decisions.guards import Guards
from gis.gridding.repairing.once import repair_once
from gis.gridding.repairing.repaired import Change, Deed, Left, Reason, Repaired, Trouble
from gis.gridding.repairing.strays import give_strays
from gis.gridding.repairing.welding import weld

if TYPE_CHECKING:
    from gis.gridding.chain.rings import Flags, Polygons
    from gis.gridding.repairing.rules import RepairRules

__all__ = ["repair"]

# What one round does may let another one do more; five rounds were always enough.
_ROUNDS = 12
_TROUBLES = {
    Deed.FILLED: Trouble.GAP,
    Deed.DECIDED: Trouble.OVERLAP,
    Deed.TRIMMED: Trouble.OUTSIDE,
    Deed.MATCHED: Trouble.MISMATCH,
    Deed.WELDED: Trouble.MISMATCH,
    Deed.GIVEN: Trouble.STRAY,
}


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
    for number in range(_ROUNDS + 1):
        chain = Chain.of(everything[:count], everything[count:])
        after, done, left = _round(chain, rules, guards, snap, fixed)
        if not done:
            break
        if number == _ROUNDS:
            left += [_undone(change) for change in done]
            break
        everything = after
        changes += done
    return Repaired(
        polygons=everything[:count],
        parents=everything[count:],
        changes=changes,
        left=left,
        area_before_m2=shapely.area(polygons),
        area_after_m2=shapely.area(everything[:count]),
    )


def _round(
    chain: Chain, rules: RepairRules, guards: Guards, snap: float, fixed: Flags
) -> tuple[Polygons, list[Change], list[Left]]:
    """Do the next thing there is to do: weld, repair, or give strays away."""
    everything = np.concatenate((chain.polygons, chain.parents))
    left: list[Left] = []
    if len(chain.residual):
        layout = lay_out(chain.edges, chain.residual, snap)
        everything, done = weld(chain, layout, fixed)
        if done:
            return everything, done, left
        once = repair_once(chain, layout, rules, guards, snap)
        if once.changes:
            return once.polygons, once.changes, once.left
        left = once.left
    if rules.stray_below_m2 > 0:
        everything, done, more = give_strays(chain, rules, fixed)
        return everything, done, left + more
    return everything, [], left


def _undone(change: Change) -> Left:
    """Report as left what came up when enough was done."""
    polygons = change.before or change.after
    return Left(_TROUBLES[change.deed], Reason.UNSURE, change.place, polygons, change.area_m2)
