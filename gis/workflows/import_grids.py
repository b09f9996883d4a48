"""Import grids into a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gis.errors import InputError
from gis.identity.actions import Action
from gis.nouns import AreaLevel, GridKind
from gis.store.audit.record import record
from gis.store.identity.units import list_branch_communities
from gis.store.planning.operations import Deed, OperationKind, recorded
from gis.store.plans import add_parts, list_plan_areas, retire_missing_grids, save_plan_grids
from gis.workflows.identity.branch import require_inside_branch
from gis.workflows.import_areas import plan_to_fill
from gis.workflows.import_layer import ImportReport, ImportRequest, Intake, take_in, with_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings

WANTED = (
    "code",
    "name",
    "kind",
    "task",
    "community_code",
    "households",
    "population",
    "leader",
    "unit",
    "land_use",
)


@dataclass(frozen=True, slots=True)
class GridImportRequest(ImportRequest):
    """What to read and how, and what the grids are.

    Attributes:
        kind: Kind of every grid in the file; None: the file has a column for it.
        task: Task of special grids the file does not give one.
        replace_all: The file is the complete set of its kind: grids it does not hold are retired. In a plan
            of a branch it is the branch's complete set, and the grids of others stay.
    """

    kind: GridKind | None = None
    task: str | None = None
    replace_all: bool = False


def import_grids(
    session: Session,
    request: GridImportRequest,
    settings: Settings,
    actor: Actor,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Put a file's grids into a plan; each replaces the grid of its code.

    Args:
        session: The open transaction; roll it back for a dry run.
        request: What to read and how.
        settings: Give the limits.
        actor: Who imports.
        on_progress: Told the number of rows done.

    Returns:
        What was done, with every problem by row.

    Raises:
        InputError: The file cannot be imported; nothing is.
    """
    if request.replace_all and request.kind is None:
        raise InputError("say which kind the file is the complete set of", field="kind")
    plan = plan_to_fill(session, request, actor)
    areas = list_plan_areas(session, plan.id, AreaLevel.COMMUNITY)

    def save(grids: GeoDataFrame) -> int:
        grids = with_kind(grids, request.kind, request.task)
        return save_plan_grids(session, plan.id, with_columns(grids, WANTED))

    intake = Intake(
        request=request,
        wanted=WANTED,
        parents=areas,
        parent_column="community_code",
        save=save,
        add_parts=lambda parts: add_parts(session, plan.id, parts, "grid"),
        on_progress=on_progress,
    )
    kind = request.kind and request.kind.value
    options = request.options() | {"kind": kind, "replace_all": request.replace_all}
    with recorded(session, plan.id, Deed(OperationKind.IMPORT_GRIDS, options=options), actor):
        report = take_in(intake, settings, plan.id)
        if request.replace_all and request.kind is not None:
            own = list_branch_communities(session, plan.id)
            retired = retire_missing_grids(session, plan.id, request.kind, set(intake.seen), own)
            report = replace(report, retired=retired)
    detail = {"kind": kind, "rows": report.rows, "saved": report.saved, "retired": report.retired}
    require_inside_branch(session, plan.id)
    record(session, actor, Action.PLAN_IMPORT, subject=("plan", plan.id), detail=detail)
    return report


def with_kind(grids: GeoDataFrame, kind: GridKind | None, task: str | None) -> GeoDataFrame:
    """Return the grids with their kind, and with a task where they are special."""
    if kind is not None:
        grids["kind"] = kind.value
    known = {member.value for member in GridKind}
    kinds = grids["kind"] if "kind" in grids else grids["code"].map(lambda _: None)
    for row, value in kinds[~kinds.isin(known)].items():
        raise InputError(
            f"{value!r} is no kind of grid; use {', '.join(sorted(known))}, or state --kind",
            field="kind",
            row=int(str(row)),
        )
    is_special = grids["kind"] == GridKind.SPECIAL.value
    given = grids["task"] if "task" in grids else grids["code"].map(lambda _: None)
    grids["task"] = given.where(given.notna(), task).where(is_special, None)
    for row in grids.index[is_special & grids["task"].isna()]:
        raise InputError(
            "a special grid needs a task; add a column or state --task", field="task", row=int(row)
        )
    return grids
