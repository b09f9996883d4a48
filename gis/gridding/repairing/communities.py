"""Repair polygons so that each ends at its own community's outline: one by one, then all together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.gridding.chain.faults import Chain, faults_of
from gis.gridding.overlay import intersections
from gis.gridding.repairing.repair import repair
from gis.gridding.repairing.repaired import Change, Deed, Left, Reason, Repaired, Trouble
from gis.gridding.repairing.rims import with_feet

if TYPE_CHECKING:
    from collections.abc import Callable

    from gis.gridding.chain.rings import Flags, Integers, Polygons
    from gis.gridding.repairing.rules import RepairRules

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class _Within:
    """What repairing each community for itself came to; polygons by their position among all."""

    polygons: Polygons
    changes: list[Change]
    left: list[Left]


def repair_in_communities(
    polygons: Polygons,
    parents: Polygons,
    homes: Integers,
    *,
    rules: RepairRules,
    snap: float,
    advance: Callable[[int], None] = lambda _: None,
) -> Repaired:
    """Repair polygons so that those of each parent partition it.

    1. The polygons of each parent are repaired against its outline alone. Opposite the junctions of
       polygons near it, it gets corners: a gap between them and the outline is cut there, so that each
       polygon gets what lies before it.
    2. Then all together, against all parents: what is left between neighbours is corners.
    3. A polygon that was trimmed where nobody of the other parent takes the place keeps what it had: it is
       held in step 1, all is done anew, and the part is left and named.

    Args:
        polygons: As for `repair`, shape (n,).
        parents: Valid, not overlapping each other, shape (p,), may be none.
        homes: Which parent each polygon is to lie in, -1 if that is not known, shape (n,).
        rules: By which rules; the groups are these parents, whatever is said there.
        snap: Metres. What is nearer together than this is the same, and is welded.
        advance: Told how many parents were repaired.

    Returns:
        As `repair` does, the parents as they were given and not named in changes.
    """
    count = len(polygons)
    overall = replace(rules, groups=homes, parent_groups=np.arange(len(parents))) if len(parents) else rules
    held = np.zeros(count, dtype=bool)
    while True:
        within = _each_within(
            polygons, parents, homes, rules=_holding(rules, held), snap=snap, advance=advance
        )
        mended = repair(within.polygons, parents, rules=overall, snap=snap)
        more = _made_blank(within, mended, held)
        if not more.any():
            break
        held |= more
    changes = [*within.changes, *(_of_polygons(change, count) for change in mended.changes)]
    left = [_left_of_polygons(one, count) for one in mended.left]
    left = [one for one in left if one.polygons or one.trouble is Trouble.GAP]
    return Repaired(
        polygons=mended.polygons,
        parents=parents,
        changes=[change for change in changes if _is_a_change(change)],
        left=[*left, *_abroad(within, mended.polygons, parents, held)],
        area_before_m2=shapely.area(polygons),
        area_after_m2=mended.area_after_m2,
    )


def _holding(rules: RepairRules, held: Flags) -> RepairRules:
    return replace(rules, locked=held if rules.locked is None else rules.locked | held)


def _each_within(
    polygons: Polygons,
    parents: Polygons,
    homes: Integers,
    *,
    rules: RepairRules,
    snap: float,
    advance: Callable[[int], None],
) -> _Within:
    """Repair the polygons of each parent against its outline."""
    done = _Within(polygons.copy(), [], [])
    buildings = None if rules.buildings is None else shapely.STRtree(rules.buildings)
    order = np.argsort(homes, kind="stable")
    starts = np.searchsorted(homes[order], np.arange(len(parents) + 1))
    for number in range(len(parents)):
        mine = order[starts[number] : starts[number + 1]]
        outline = parents[number : number + 1]
        chain = Chain.of(polygons[mine], outline)
        if len(mine) and len(chain.residual):
            gaps = faults_of(chain, snap=snap).gaps
            outline = with_feet(outline, polygons[mine], gaps, within=rules.max_gap_width_m, snap=snap)
            near = None if buildings is None else buildings.geometries[buildings.query(outline[0])]
            mended = repair(polygons[mine], outline, rules=_for(rules, mine, near), snap=snap)
            done.polygons[mine] = mended.polygons
            done.changes.extend(_of_polygons(change, len(mine), mine) for change in mended.changes)
            done.left.extend(_left_of_polygons(one, len(mine), mine) for one in mended.left)
        advance(1)
    return done


def _for(rules: RepairRules, mine: Integers, buildings: Polygons | None) -> RepairRules:
    """Take the rules of some polygons, of one community."""
    return replace(
        rules,
        priority=None if rules.priority is None else rules.priority[mine],
        locked=None if rules.locked is None else rules.locked[mine],
        groups=None,
        parent_groups=None,
        buildings=buildings,
    )


def _made_blank(within: _Within, mended: Repaired, held: Flags) -> Flags:
    """Mark the polygons whose trimmed parts are most of a gap that is left."""
    more = np.zeros(len(held), dtype=bool)
    trimmed = [change for change in within.changes if change.deed is Deed.TRIMMED]
    gaps = np.array([one.place for one in mended.left if one.trouble is Trouble.GAP], dtype=object)
    if not (trimmed and len(gaps)):
        return more
    places = np.array([change.place for change in trimmed], dtype=object)
    gap, change_ = shapely.STRtree(places).query(gaps)
    # areas to a tolerance are all that is wanted of these overlays
    common = shapely.area(intersections(gaps[gap], places[change_]))
    is_most = np.bincount(gap, weights=common, minlength=len(gaps)) > _HALF * shapely.area(gaps)
    for number in change_[is_most[gap] & (common > 0)].tolist():
        more[list(trimmed[number].before)] = True
    return more & ~held


def _abroad(within: _Within, polygons: Polygons, parents: Polygons, held: Flags) -> list[Left]:
    """List the parts of polygons that still lie in another community; parts outside all of them are known."""
    outside = [one for one in within.left if one.trouble is Trouble.OUTSIDE]
    points = shapely.point_on_surface(np.array([one.place for one in outside], dtype=object))
    inside, _ = shapely.STRtree(parents).query(points, predicate="intersects")
    found = []
    for number in np.unique(inside).tolist():
        one = outside[number]
        if shapely.intersects(polygons[list(one.polygons)], points[number]).any():
            is_held = held[list(one.polygons)].any()
            found.append(replace(one, reason=Reason.COMMUNITY) if is_held else one)
    return found


def _of_polygons(change: Change, count: int, names: Integers | None = None) -> Change:
    """Leave out the parents, and name polygons by their position among all."""
    return replace(
        change, before=_named(change.before, count, names), after=_named(change.after, count, names)
    )


def _left_of_polygons(left: Left, count: int, names: Integers | None = None) -> Left:
    return replace(left, polygons=_named(left.polygons, count, names))


def _named(numbers: tuple[int, ...], count: int, names: Integers | None) -> tuple[int, ...]:
    kept = [number for number in numbers if number < count]
    return tuple(kept if names is None else names[kept].tolist())


def _is_a_change(change: Change) -> bool:
    """Tell whether it is a change of polygons, and not of parents alone."""
    return bool(change.after or (change.deed is not Deed.MATCHED and change.before))
