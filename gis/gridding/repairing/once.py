"""Repair once: lay out, decide, carry out, and take back what does not come out well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.repairing.arrangement import arrange
from gis.gridding.repairing.decisions.judge import Judge
from gis.gridding.repairing.decisions.pieces import cut_faces
from gis.gridding.repairing.decisions.reach import reach_of
from gis.gridding.repairing.decisions.refusing import refused
from gis.gridding.repairing.drawing.settling import moves_of, redraw, settle
from gis.gridding.repairing.repaired import Reason
from gis.gridding.repairing.reports import Outcome, changes_of, left_of
from gis.gridding.repairing.tables import matches

if TYPE_CHECKING:
    from gis.gridding.chain.faults import Chain
    from gis.gridding.chain.layout import Layout
    from gis.gridding.chain.rings import Flags, Integers, Polygons
    from gis.gridding.repairing.arrangement import Arrangement
    from gis.gridding.repairing.decisions.guards import Guards
    from gis.gridding.repairing.decisions.judge import Keepers
    from gis.gridding.repairing.repaired import Change, Left
    from gis.gridding.repairing.rules import RepairRules

    Bad = list[tuple[int, Reason | None]]

# So often other owners are tried before places are left.
_TRIALS = 6
_ROUNDED = 1e-9


@dataclass(frozen=True, slots=True)
class Once:
    """What one round of repair came to.

    Attributes:
        polygons: Of the polygons and, behind them, their parents; unchanged ones are the same objects.
        changes: What was done.
        left: What was left.
    """

    polygons: Polygons
    changes: list[Change]
    left: list[Left]


def repair_once(chain: Chain, layout: Layout, rules: RepairRules, guards: Guards, snap: float) -> Once:
    """Repair what can be repaired at once.

    Args:
        chain: Of valid polygons and their parents.
        layout: Its residual laid out.
        rules: By which rules.
        guards: Those of the rules.
        snap: What is nearer together than this is the same.
    """
    whole = arrange(chain, layout, snap)
    reach = reach_of(whole, guards.barred_borders(whole))
    reasons = refused(whole, rules, guards, reach.on_rim, snap)
    cut = cut_faces(whole, reasons, rules, guards)
    made = cut.made
    if made is not whole:
        reach = reach_of(made, guards.barred_borders(made))
    judge = Judge(made, reach, rules, guards)
    fixed = np.zeros(made.count + len(chain.parents), dtype=bool)
    if rules.locked is not None:
        fixed[: made.count] = rules.locked
    everything = np.concatenate((chain.polygons, chain.parents))
    places = made.places()
    is_void, keepers = _doubtful(made, places), dict[int, dict[int, Reason]]()
    for trial in range(_TRIALS + len(places)):
        verdicts, left = judge.decide([reasons[face] for face in cut.whole.tolist()], keepers)
        owners = {face: verdict.owner for face, verdict in verdicts.items()}
        moves = moves_of(made, owners, is_void)
        settled = settle(made, moves, is_void, fixed)
        drawn = redraw(made, settled, settled.changed, is_void)
        outcome = Outcome(made, verdicts, left, moves, settled, is_void, fixed)
        bad = _bad(outcome, everything[settled.changed], drawn, snap)
        if not bad:
            break
        _learn(outcome, bad, keepers, places, may_try=trial < _TRIALS)
    everything[settled.changed] = drawn
    return Once(everything, changes_of(outcome), left_of(outcome, whole, cut.whole, reach))


def _doubtful(made: Arrangement, places: Integers) -> Flags:
    """Mark the points of places where points had to be moved, or a polygon lies twice on a side."""
    welded = made.layout.pieces.welded[: len(made.layout.segments.points)]
    moved = welded[welded != np.arange(len(welded))]
    knots = made.start[made.users.border[np.abs(made.users.side) > 1]]
    doubtful: Flags = np.isin(places, places[np.concatenate((moved, knots))])
    return doubtful


def _bad(outcome: Outcome, before: Polygons, after: Polygons, snap: float) -> Bad:
    """List the polygons that did not come out well, and why if that is known."""
    changed, moves = outcome.settled.changed, outcome.moves
    move, row = matches(np.arange(len(outcome.made.faces)), moves.face)
    areas = shapely.area(outcome.made.faces[row])
    change = np.zeros(len(before))
    np.add.at(change, np.searchsorted(changed, moves.polygon[move]), areas * moves.sign[move])
    expected = shapely.area(before) + change
    allowed = 2 * snap * shapely.length(before) + _ROUNDED * shapely.area(before)
    is_empty = shapely.is_empty(after)
    is_divided = shapely.get_num_geometries(after) > shapely.get_num_geometries(before)
    # a polygon that does not close is none: it has no area, and no comparison with it is true
    is_wrong = ~shapely.is_valid(after) | ~(np.abs(shapely.area(after) - expected) <= allowed)
    bad: Bad = []
    for number in np.flatnonzero(is_empty | is_divided | is_wrong).tolist():
        reason = Reason.WOULD_DIVIDE if is_divided[number] else None
        bad.append((int(changed[number]), Reason.WOULD_EMPTY if is_empty[number] else reason))
    return bad


def _learn(outcome: Outcome, bad: Bad, keepers: Keepers, places: Integers, *, may_try: bool) -> None:
    """Ban what came out badly: that faces are taken from a polygon, or all that is done at its places."""
    made, moves = outcome.made, outcome.moves
    void: list[int] = []
    for polygon, reason in bad:
        mine = moves.polygon == polygon
        lost = moves.face[mine & (moves.sign < 0)].tolist()
        if reason and lost and may_try:
            for face in lost:
                keepers.setdefault(face, {})[polygon] = reason
            continue
        rows = np.isin(made.outlines.face, moves.face[mine])
        void += made.start[made.outlines.border[rows]].tolist()
        corners = outcome.settled.corners
        void += corners.point[corners.polygon == polygon].tolist()
    outcome.is_void[np.isin(places, places[np.array(void, dtype=int)])] = True
