"""Import administrative areas of one level into a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gis.identity.actions import Action
from gis.nouns import AreaLevel
from gis.store.audit.record import record
from gis.store.planning.operations import Deed, OperationKind, recorded
from gis.store.plans import add_parts, create_plan, find_open_plan, get_plan, list_plan_areas, save_plan_areas
from gis.workflows.identity.branch import require_inside_branch
from gis.workflows.import_layer import ImportReport, ImportRequest, Intake, take_in, with_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.nouns import Actor, Plan
    from gis.settings import Settings

WANTED = ("code", "name", "parent_code", "households", "population")
PARENT_LEVEL = {AreaLevel.STREET: AreaLevel.DISTRICT, AreaLevel.COMMUNITY: AreaLevel.STREET}


def import_areas(
    session: Session,
    level: AreaLevel,
    request: ImportRequest,
    settings: Settings,
    actor: Actor,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Put a file's areas into a plan; each replaces the area of its code.

    Args:
        session: The open transaction; roll it back for a dry run.
        level: The level of every area in the file.
        request: What to read and how.
        settings: Give the limits.
        actor: Who imports.
        on_progress: Told the number of rows done.

    Returns:
        What was done, with every problem by row.

    Raises:
        InputError: The file cannot be imported; nothing is.
    """
    plan = plan_to_fill(session, request, actor)
    parents = parents_of(session, plan, level)

    def save(areas: GeoDataFrame) -> int:
        areas["level"] = level.value
        return save_plan_areas(session, plan.id, with_columns(areas, WANTED))

    intake = Intake(
        request=request,
        wanted=WANTED,
        parents=parents,
        parent_column="parent_code",
        save=save,
        add_parts=lambda parts: add_parts(session, plan.id, parts, "area"),
        on_progress=on_progress,
    )
    options = request.options() | {"level": level.value}
    with recorded(session, plan.id, Deed(OperationKind.IMPORT_AREAS, options=options), actor):
        report = take_in(intake, settings, plan.id)
    detail = {"level": level.value, "rows": report.rows, "saved": report.saved}
    require_inside_branch(session, plan.id)
    record(session, actor, Action.PLAN_IMPORT, subject=("plan", plan.id), detail=detail)
    return report


def plan_to_fill(session: Session, request: ImportRequest, actor: Actor) -> Plan:
    """Return the plan asked for, the open one, or a new one named after the file."""
    if request.plan_id is not None:
        return get_plan(session, request.plan_id)
    return find_open_plan(session) or create_plan(session, request.path.stem, actor)


def parents_of(session: Session, plan: Plan, level: AreaLevel) -> GeoDataFrame:
    """Return the areas one level up; none for a district."""
    areas = list_plan_areas(session, plan.id)
    return areas[areas["level"] == PARENT_LEVEL.get(level)]
