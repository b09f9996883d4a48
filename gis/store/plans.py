"""Plans: drafts of areas and grids over a base release."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely
from sqlalchemy import delete, func, insert, select, update

from gis.errors import ConflictError, NotFoundError
from gis.identity.actions import Action
from gis.identity.masks import mask_text
from gis.nouns import Actor, AreaLevel, GridKind, Plan, PlanStatus
from gis.store.audit.record import record
from gis.store.checking.proofs import fill_fingerprints, with_fingerprints
from gis.store.frames import insert_frame, read_frame
from gis.store.identity.visible import visible
from gis.store.sql import statement
from gis.store.tables import PlanAreaRow, PlanGridRow, PlanRow, ReleaseRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from geopandas import GeoDataFrame
    from shapely import Geometry
    from sqlalchemy.orm import Session


def create_plan(session: Session, title: str, actor: Actor, unit_id: int | None = None) -> Plan:
    """Open a new draft over the newest release, for the branch of a unit or for everything.

    Numbers of people in the title are masked.
    """
    newest = select(func.max(ReleaseRow.number)).scalar_subquery()
    plan_id = session.scalar(
        insert(PlanRow)
        .values(title=mask_text(title), base_release=newest, created_by=actor.name, unit_id=unit_id)
        .returning(PlanRow.id)
    )
    record(session, actor, Action.PLAN_OPEN, subject=("plan", plan_id or 0), detail={"title": title})
    return get_plan(session, plan_id or 0)


def get_plan(session: Session, plan_id: int) -> Plan:
    """Return a plan, or raise NotFoundError."""
    plan = next((plan for plan in list_plans(session) if plan.id == plan_id), None)
    if plan is None:
        raise NotFoundError(f"There is no plan {plan_id}; `wangge plan list` shows the plans there are.")
    return plan


def find_open_plan(session: Session) -> Plan | None:
    """Return the newest draft, or None."""
    return next((plan for plan in list_plans(session) if plan.status is PlanStatus.DRAFT), None)


def require_open_plan(session: Session) -> Plan:
    """Return the newest draft, or raise NotFoundError."""
    plan = find_open_plan(session)
    if plan is None:
        raise NotFoundError("There is no open plan; import areas or grids, or `wangge plan create TITLE`.")
    return plan


def list_plans(session: Session, actor: Actor | None = None) -> list[Plan]:
    """Return all plans, or those an actor sees: newest first, with how many areas and grids each changes."""
    areas = select(func.count()).where(PlanAreaRow.plan_id == PlanRow.id).scalar_subquery()
    grids = select(func.count()).where(PlanGridRow.plan_id == PlanRow.id).scalar_subquery()
    query = select(PlanRow, areas, grids).order_by(PlanRow.id.desc())
    if actor is not None:
        query = query.where(visible(PlanRow, actor))
    rows = session.execute(query)
    return [
        Plan(
            id=row.id,
            title=row.title,
            status=PlanStatus(row.status),
            base_release=row.base_release,
            created_at=row.created_at,
            created_by=row.created_by,
            change_number=row.change_number,
            area_count=area_count,
            grid_count=grid_count,
        )
        for row, area_count, grid_count in rows
    ]


def lock_draft(session: Session, plan_id: int) -> Plan:
    """Return the plan, held by this transaction; two planners cannot both pass a check that excludes them.

    Raises:
        ConflictError: The plan is published and can no longer be changed.
    """
    # two keys have four bytes each; ids that differ only above them would wait for each other, no more
    session.execute(select(func.pg_advisory_xact_lock(PLAN_LOCK, plan_id % LOCK_KEYS)))
    return get_draft(session, plan_id)


def get_draft(session: Session, plan_id: int) -> Plan:
    """Return a plan that can still be changed.

    Raises:
        NotFoundError: There is no such plan.
        ConflictError: It is published.
    """
    plan = get_plan(session, plan_id)
    if plan.status is not PlanStatus.DRAFT:
        raise ConflictError(f"Plan {plan_id} is published; make a new plan for further changes.")
    return plan


# First key of the advisory locks on plans; the second is the plan's id.
PLAN_LOCK = 1

# Keys from 0 that fit into the second.
LOCK_KEYS = 2**31


def save_plan_areas(session: Session, plan_id: int, areas: GeoDataFrame) -> int:
    """Put areas into the plan; each replaces what the plan says of its level and code.

    Args:
        session: The open transaction.
        plan_id: A draft.
        areas: Columns level, code, name, parent_code, households, population, attributes, geometry.

    Returns:
        The number of areas saved.
    """
    lock_draft(session, plan_id)
    for level, of_level in areas.groupby("level"):
        session.execute(
            delete(PlanAreaRow).where(
                PlanAreaRow.plan_id == plan_id,
                PlanAreaRow.level == str(level),
                PlanAreaRow.code.in_(of_level["code"].tolist()),
            )
        )
    count_change(session, plan_id)
    return insert_frame(session, PlanAreaRow, with_fingerprints(areas), plan_id=plan_id)


def save_plan_grids(session: Session, plan_id: int, grids: GeoDataFrame) -> int:
    """Put grids into the plan; each replaces what the plan says of its code.

    Args:
        session: The open transaction.
        plan_id: A draft.
        grids: Columns kind, task, code, name, community_code, households, population, leader, unit,
            land_use, attributes, geometry.

    Returns:
        The number of grids saved.
    """
    lock_draft(session, plan_id)
    session.execute(
        delete(PlanGridRow).where(
            PlanGridRow.plan_id == plan_id, PlanGridRow.code.in_(grids["code"].tolist())
        )
    )
    count_change(session, plan_id)
    return insert_frame(session, PlanGridRow, with_fingerprints(grids), plan_id=plan_id)


def save_plan_shapes(session: Session, plan_id: int, grids: GeoDataFrame, before: Sequence[Geometry]) -> int:
    """Give grids of the plan, or of its base release, another outline; all else of them stays as it is.

    Args:
        session: The open transaction.
        plan_id: A draft.
        grids: Columns code and geometry (EPSG:4490).
        before: The outlines they have, as `list_plan_grids` returned them: a draft may repeat a code.

    Returns:
        The number of grids that were changed.
    """
    lock_draft(session, plan_id)
    count_change(session, plan_id)
    values = {
        "plan_id": plan_id,
        "codes": grids["code"].tolist(),
        "before": shapely.to_wkb(np.array(before, dtype=object), byte_order=1).tolist(),
        "after": shapely.to_wkb(grids.geometry.to_numpy(), byte_order=1).tolist(),
    }
    changed = int(session.execute(statement("save_plan_shapes"), values).scalar_one())
    fill_fingerprints(session.connection(), "plan_grid", plan_id)
    return changed


def add_parts(session: Session, plan_id: int, parts: GeoDataFrame, noun: Literal["area", "grid"]) -> None:
    """Add further parts to areas or grids the plan holds already.

    Args:
        session: The open transaction.
        plan_id: A draft.
        parts: Columns code and geometry (EPSG:4490).
        noun: Whether the codes are of areas or of grids.
    """
    rows = [
        {"plan_id": plan_id, "code": code, "wkb": wkb}
        for code, wkb in zip(parts["code"], shapely.to_wkb(parts.geometry.to_numpy()), strict=True)
    ]
    session.execute(statement(f"add_{noun}_part"), rows)
    fill_fingerprints(session.connection(), f"plan_{noun}", plan_id)


def retire_missing_grids(
    session: Session,
    plan_id: int,
    kind: GridKind,
    codes: set[str],
    communities: AbstractSet[str] | None = None,
) -> int:
    """Retire the plan's grids of a kind whose code is not among `codes`; return how many.

    Grids only the plan knows are dropped from it; grids of the base release become retirements. Grids of
    other communities than these, if any are named, stay.
    """
    lock_draft(session, plan_id)
    count_change(session, plan_id)
    keep = {
        "plan_id": plan_id,
        "kind": kind.value,
        "codes": sorted(codes),
        "communities": None if communities is None else sorted(communities),
    }
    retired = session.execute(statement("retire_missing_grids"), keep)
    return int(retired.scalar_one())


def count_change(session: Session, plan_id: int) -> None:
    """Note that the plan changed: checks made before no longer speak of it."""
    session.execute(
        update(PlanRow).where(PlanRow.id == plan_id).values(change_number=PlanRow.change_number + 1)
    )


def list_plan_areas(session: Session, plan_id: int, level: AreaLevel | None = None) -> GeoDataFrame:
    """Return all areas as they will be when the plan is published.

    Returns:
        Columns id (missing for new ones), level, code, name, parent_code, households, population, geometry
        (EPSG:4490), ordered by level and code.
    """
    return read_frame(
        session, statement("list_plan_areas"), {"plan_id": plan_id, "level": level.value if level else None}
    )


def list_plan_grids(session: Session, plan_id: int, kind: GridKind | None = None) -> GeoDataFrame:
    """Return all grids as they will be when the plan is published.

    Returns:
        Columns id (missing for new ones), kind, task, code, name, community_code, households, population,
        leader, unit, land_use, geometry (EPSG:4490), ordered by code.
    """
    return read_frame(
        session, statement("list_plan_grids"), {"plan_id": plan_id, "kind": kind.value if kind else None}
    )


def list_plan_changes(session: Session, plan_id: int, seen: Mapping[int, str]) -> GeoDataFrame:
    """Return what the plan itself says of grids: those it brings, replaces or retires.

    Args:
        session: The open transaction.
        plan_id: The plan.
        seen: Versions of rows, by `plan_grid_id`, whose geometry need not come again.

    Returns:
        Columns plan_grid_id, version (another one after every change of the row), retired, id (that of the
        code's grid in the base release; missing for new ones), kind, code, name, community_code, is_seen,
        is_as_released (whether all of these are as in the base release, told of what was not seen),
        geometry (EPSG:4490; empty for what was seen), in the order in which publishing names new grids.
    """
    values = {"plan_id": plan_id, "seen": json.dumps(seen)}
    found = read_frame(session, statement("list_plan_changes"), values)
    found["id"] = found["id"].astype("Int64")
    return found


def mark_plan_areas(session: Session, plan_id: int) -> str | None:
    """Return what tells the plan's own areas from every other state of them; None: it has none."""
    mark: str | None = session.scalar(statement("mark_plan_areas"), {"plan_id": plan_id})
    return mark


def find_release_of(session: Session, plan_id: int) -> int | None:
    """Return the number of the release that a plan became, or None."""
    return session.scalar(select(ReleaseRow.number).where(ReleaseRow.plan_id == plan_id))
