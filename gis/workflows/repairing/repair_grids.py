"""Repair the grids of a plan so that they partition their communities.

A dry run does all of it but store anything, so what it tells is what applying would give.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from geopandas import GeoDataFrame

from gis.errors import InputError
from gis.gridding.checks.layer import SNAP_M
from gis.gridding.repairing.grids import GridTerms, repair_grids
from gis.gridding.repairing.repaired import Reason
from gis.gridding.repairing.rules import GapRule, OverlapRule, RepairRules
from gis.gridding.rules.profile import USUAL
from gis.identity.actions import Action
from gis.nouns import Actor, AreaLevel, FindingKind, GridKind, Plan
from gis.store.audit.record import record
from gis.store.identity.units import list_branch_communities
from gis.store.people import list_buildings
from gis.store.planning.operations import Deed, OperationKind, recorded
from gis.store.plans import (
    get_draft,
    get_plan,
    list_plan_changes,
    lock_draft,
    require_open_plan,
    save_plan_shapes,
)
from gis.workflows.check_grids import (
    SeenGrids,
    check_subject,
    find_in,
    frames_of,
    metric_crs_of,
    profile_named,
    terms_for,
    usual_tolerance,
)
from gis.workflows.checking.steps import unheard, within
from gis.workflows.identity.branch import require_inside_branch
from gis.workflows.repairing.barriers import BarrierFile, read_barriers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    import pandas as pd
    from sqlalchemy.orm import Session

    from gis.gridding.chain.rings import Integers, Polygons
    from gis.gridding.repairing.grids import RepairedGrids
    from gis.nouns import Finding
    from gis.settings import Settings
    from gis.workflows.checking.steps import Advance

CHECKING = {"zh": "检查方案", "en": "Checking the plan"}
REPAIRING = {"zh": "修复网格", "en": "Repairing grids"}
SAVING = {"zh": "保存网格", "en": "Storing the grids"}
CHECKING_AGAIN = {"zh": "再次检查方案", "en": "Checking the plan again"}
_REPAIR_FROM, _REPAIR_TO, _CHECK_FROM, _CHECK_TO = 0.25, 0.65, 0.7, 0.95
"""Where the steps begin and end, as shares of the whole."""

# Wider gaps are land that somebody has to decide about.
USUAL_GAP_WIDTH_M = 5.0
_MOST_SNAP_M = 1.0


class Keeper(StrEnum):
    """Who keeps an overlap."""

    LONGEST_EDGE = "longest_edge"
    OLDER = "older"
    LARGEST = "largest"
    MIDDLE = "middle"


_OVERLAP_RULES = {
    Keeper.LONGEST_EDGE: OverlapRule.LONGEST_EDGE,
    Keeper.OLDER: OverlapRule.PRIORITY,
    Keeper.LARGEST: OverlapRule.LARGEST,
    Keeper.MIDDLE: OverlapRule.MIDDLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRequest:
    """Which plan to repair, and how.

    Attributes:
        plan_id: A draft; None: the open one.
        reason: Why; kept with what is done.
        snap_m: What is nearer together than this is the same.
        max_gap_width_m: Wider gaps are left.
        gaps: Who gets a gap.
        overlaps: Who keeps an overlap. Older is what the plan leaves as it was released before what it
            changes or brings, then what has the lower lasting id; of new ones none is older.
        keep_codes: Grids that must stay as they are.
        intended: Ids of gaps that are meant, of `gis.gridding.rules.identity.ids_of`.
        barriers: Lines that no gap is filled across, EPSG:4490.
        barrier_file: A file of further such lines.
        respect_buildings: Fill no gap so that a stored building is cut.
        fill_border: Fill gaps along the outline of a community, too.
        trim_outside: Take from grids what lies outside their community.
        stray_below_m2: Give smaller parts of a grid, other than its largest, to a neighbour.
    """

    plan_id: int | None = None
    reason: str | None = None
    snap_m: float = SNAP_M
    max_gap_width_m: float = USUAL_GAP_WIDTH_M
    gaps: GapRule = GapRule.LONGEST_EDGE
    overlaps: Keeper = Keeper.LONGEST_EDGE
    keep_codes: Sequence[str] = ()
    intended: frozenset[str] = frozenset()
    barriers: Polygons | None = None
    barrier_file: BarrierFile | None = None
    respect_buildings: bool = True
    fill_border: bool = True
    trim_outside: bool = True
    stray_below_m2: float = 0.0

    def options(self) -> dict[str, Any]:
        """Return what a record of the repair says of its rules; of lines in the way, how many."""
        plain = [one.name for one in fields(self) if one.name not in ("plan_id", "reason", "barriers")]
        told = {name: getattr(self, name) for name in plain}
        return told | {
            "keep_codes": list(self.keep_codes),
            "intended": sorted(self.intended),
            "barriers": 0 if self.barriers is None else len(self.barriers),
            "barrier_file": None if self.barrier_file is None else self.barrier_file.path.name,
        }

    def __post_init__(self) -> None:
        """Refuse lengths and areas that are none."""
        if not 0 < self.snap_m <= _MOST_SNAP_M:
            raise InputError(f"snap is {self.snap_m}; it must be above 0 and at most 1 metre.", field="snap")
        if not 0 < self.max_gap_width_m < np.inf:
            raise InputError(
                f"max_gap_width is {self.max_gap_width_m}; it must be above 0.", field="max_gap_width"
            )
        if not 0 <= self.stray_below_m2 < np.inf:
            raise InputError(
                f"stray_below is {self.stray_below_m2}; it must not be below 0.", field="stray_below"
            )


@dataclass(frozen=True, slots=True)
class RepairedPlan:
    """What a repair came to.

    Attributes:
        plan: The plan as it is now.
        before, after: What its checks found; the same one if nothing was changed.
        repaired: The grids of `before`, by position.
    """

    plan: Plan
    before: SeenGrids
    after: SeenGrids
    repaired: RepairedGrids

    @property
    def codes(self) -> list[str]:
        """The codes of all grids, by position."""
        return [str(code) for code in self.before.grids["code"]]

    @property
    def remaining(self) -> list[Finding]:
        """What the check still finds of the kinds that were to be repaired."""
        grids = self.after.grids
        natural = frozenset(grids.loc[grids["kind"] == GridKind.NATURAL, "code"])
        return [finding for finding in self.after.findings if is_to_be_repaired(finding, natural)]

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing was left but what is meant to be there."""
        return not self.remaining and all(one.reason is Reason.INTENDED for one in self.repaired.left)

    def counts(self) -> dict[FindingKind, tuple[int, int]]:
        """Return how many findings of each kind there were before, and are now."""
        before, after = (Counter(f.kind for f in checked.findings) for checked in (self.before, self.after))
        return {kind: (before[kind], after[kind]) for kind in FindingKind if before[kind] or after[kind]}


def repair_plan(
    session: Session,
    request: RepairRequest,
    settings: Settings,
    actor: Actor,
    advance: Advance = unheard,
) -> RepairedPlan:
    """Check a plan, repair its grids, save those that changed in the plan, and check it again.

    Args:
        session: The open transaction; nobody else changes the plan until it ends.
        request: What to repair, and how.
        settings: Give the metric system, the code scheme and the tolerance.
        actor: Who asks; the checks are kept in this name.
        advance: Told how far it is.

    Raises:
        NotFoundError: There is no such plan.
        ConflictError: The plan is published, or the outlines of communities do not allow it.
        InputError: A grid that is to be kept does not exist.
    """
    advance(0.0, CHECKING)
    plan = lock_draft(session, request.plan_id or require_open_plan(session).id)
    terms = terms_for(session, plan, profile_named(USUAL), settings, request.intended)
    told = within(advance, 0.0, _REPAIR_FROM, CHECKING)
    before = check_subject(session, plan, settings, actor, terms, told)
    repaired = repair_seen(session, plan, request, before, settings, advance)
    if not repaired.changed.any():
        return RepairedPlan(plan, before, before, repaired)
    codes = before.grids["code"][repaired.changed]
    shapes = GeoDataFrame({"code": codes}, geometry=repaired.geometry[repaired.changed], crs=before.grids.crs)
    advance(_REPAIR_TO, SAVING)
    with recorded(session, plan.id, Deed(OperationKind.REPAIR, request.reason, request.options()), actor):
        save_plan_shapes(session, plan.id, shapes, before.grids.geometry[repaired.changed].to_list())
    require_inside_branch(session, plan.id)
    record(session, actor, Action.PLAN_REPAIR, subject=("plan", plan.id), detail={"grids": len(shapes)})
    plan = get_plan(session, plan.id)
    advance(_CHECK_FROM, CHECKING_AGAIN)
    told = within(advance, _CHECK_FROM, _CHECK_TO, CHECKING_AGAIN)
    after = check_subject(session, plan, settings, actor, terms, told)
    return RepairedPlan(plan, before, after, repaired)


def try_repair(
    session: Session, request: RepairRequest, settings: Settings, advance: Advance = unheard
) -> RepairedPlan:
    """Tell what `repair_plan` would come to; nothing is stored, and nobody kept from changing the plan.

    Args:
        session: The open transaction; one of `hold_still`, so that all that is read is of one moment.
        request: What to repair, and how.
        settings: As for `repair_plan`.
        advance: Told how far it is.

    Raises:
        NotFoundError, ConflictError, InputError: As `repair_plan`.
    """
    advance(0.0, CHECKING)
    plan = get_draft(session, request.plan_id or require_open_plan(session).id)
    terms = terms_for(session, plan, profile_named(USUAL), settings, request.intended)
    tolerance = usual_tolerance(settings)
    areas, grids = frames_of(session, plan)
    told = within(advance, 0.0, _REPAIR_FROM, CHECKING)
    before = SeenGrids(find_in((areas, grids), settings, tolerance, terms, told), grids, areas)
    repaired = repair_seen(session, plan, request, before, settings, advance)
    if not repaired.changed.any():
        return RepairedPlan(plan, before, before, repaired)
    require_inside_branch(session, plan.id)
    advance(_CHECK_FROM, CHECKING_AGAIN)
    mended = grids.set_geometry(repaired.geometry, crs=grids.crs)
    told = within(advance, _CHECK_FROM, _CHECK_TO, CHECKING_AGAIN)
    after = SeenGrids(find_in((areas, mended), settings, tolerance, terms, told), mended, areas)
    return RepairedPlan(plan, before, after, repaired)


def repair_seen(
    session: Session,
    plan: Plan,
    request: RepairRequest,
    before: SeenGrids,
    settings: Settings,
    advance: Advance,
) -> RepairedGrids:
    """Repair the grids that were seen, and tell how many communities are done; nothing is stored."""
    crs = metric_crs_of(before.areas if len(before.areas) else before.grids, settings)
    request = replace(request, barriers=barriers_of(request, before, settings))
    grid_terms = terms_of(session, plan, request, before)
    advance(_REPAIR_FROM, REPAIRING)
    told = tell_communities(before, advance)
    return repair_grids(before.grids, before.areas, grid_terms, crs, told)


def tell_communities(checked: SeenGrids, advance: Advance) -> Callable[[int], None]:
    """Return what takes the number of communities that were repaired, and tells a hundredth at a time."""
    communities = max(int((checked.areas["level"] == AreaLevel.COMMUNITY).sum()), 1)
    done, told = 0, int(_REPAIR_FROM * 100)

    def count(more: int) -> None:
        nonlocal done, told
        done += more
        # those of what had to be repaired in turns count again
        share = _REPAIR_FROM + (_REPAIR_TO - _REPAIR_FROM) * min(done / communities, 1.0)
        if int(share * 100) > told:
            told = int(share * 100)
            advance(share, REPAIRING)

    return count


def barriers_of(request: RepairRequest, checked: SeenGrids, settings: Settings) -> Polygons | None:
    """Return all lines that no gap is filled across."""
    if request.barrier_file is None:
        return request.barriers
    near = checked.areas if len(checked.areas) else checked.grids
    lines = read_barriers(request.barrier_file, near, settings)
    return lines if request.barriers is None else np.concatenate((request.barriers, lines))


def terms_of(session: Session, plan: Plan, request: RepairRequest, checked: SeenGrids) -> GridTerms:
    """Collect what a repair goes by."""
    grids = checked.grids
    codes = grids["code"].astype(str)
    unknown = sorted(set(request.keep_codes).difference(codes))
    if unknown:
        raise InputError(
            f"There is no grid {unknown[0]} in plan {plan.id}; correct or leave out its code.",
            field="keep_codes",
        )
    holes = [f.geometry for f in checked.findings if f.kind is FindingKind.INTENDED_HOLE]
    buildings = list_buildings(session).geometry.to_numpy() if request.respect_buildings else None
    return GridTerms(
        rules=RepairRules(
            max_gap_width_m=request.max_gap_width_m,
            gaps=request.gaps,
            overlaps=_OVERLAP_RULES[request.overlaps],
            fill_border=request.fill_border,
            trim_outside=request.trim_outside,
            stray_below_m2=request.stray_below_m2,
        ),
        snap_m=request.snap_m,
        locked=(codes.isin(request.keep_codes) | is_foreign(session, plan, grids)).to_numpy(),
        priority=ages_of(session, plan, grids),
        barriers=request.barriers,
        buildings=buildings if buildings is not None and len(buildings) else None,
        keep=np.array(holes, dtype=object) if holes else None,
    )


def is_foreign(session: Session, plan: Plan, grids: GeoDataFrame) -> pd.Series[bool]:
    """Mark the grids that a plan of a branch may not change: those of other communities."""
    communities = list_branch_communities(session, plan.id)
    return grids["code"].isna() if communities is None else ~grids["community_code"].isin(communities)


def ages_of(session: Session, plan: Plan, grids: GeoDataFrame) -> Integers:
    """Rank grids by age, the oldest first: as released before changed by the plan, then by lasting id."""
    own = list_plan_changes(session, plan.id, {})
    changed = grids["code"].isin(own.loc[~own["is_as_released"].astype(bool), "code"]).to_numpy()
    ids = grids["id"].astype("Int64").fillna(np.iinfo(np.int64).max).to_numpy(dtype=np.int64)
    ranks: Integers = np.unique(
        np.column_stack((changed.astype(np.int64), ids)), axis=0, return_inverse=True
    )[1]
    return ranks


def is_to_be_repaired(finding: Finding, natural: AbstractSet[str]) -> bool:
    """Tell whether a finding is one a repair is about: outlines that are invalid, places of natural grids.

    Args:
        finding: Any.
        natural: The codes of natural grids.
    """
    if finding.detail.get("subject", "grid") != "grid":
        return False
    if finding.kind is FindingKind.INVALID:
        return True
    if finding.kind is FindingKind.GAP:
        return finding.detail.get("place") != "parent"  # a community without grids is no place to repair
    is_about = finding.kind in (FindingKind.OVERLAP, FindingKind.OUTSIDE_PARENT)
    return is_about and all(code in natural for code in finding.grids)
