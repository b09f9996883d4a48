"""Repair a plan as it is asked for, at once or by a job: JSON in, GeoJSON out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from gis.api.wire import geojson
from gis.api.wire.parameters import System
from gis.errors import InputError
from gis.files.geojson import to_geojson_bytes
from gis.gridding.checks.layer import SNAP_M
from gis.gridding.crs import geometries_to_stored, on_earth
from gis.gridding.repairing.rules import GapRule
from gis.store.jobs.answers import JobAnswer
from gis.workflows.checking.steps import unheard
from gis.workflows.repairing.repair_grids import (
    USUAL_GAP_WIDTH_M,
    Keeper,
    RepairedPlan,
    RepairRequest,
    repair_plan,
    try_repair,
)
from gis.workflows.repairing.told import areas_of, places_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from gis.nouns import Actor
    from gis.settings import Settings
    from gis.workflows.checking.steps import Advance

TELLING = {"zh": "整理修复结果", "en": "Writing what was repaired"}

MOST_NAMED = 10_000
MOST_LINES = 10_000
MOST_CORNERS = 10_000

Corner = Annotated[list[FiniteFloat], Field(min_length=2, max_length=2)]
Line = Annotated[list[Corner], Field(min_length=2, max_length=MOST_CORNERS)]


class BarriersIn(BaseModel):
    """Lines that no gap is filled across, as roads and rivers."""

    model_config = ConfigDict(extra="forbid")

    crs: System
    lines: Annotated[list[Line], Field(min_length=1, max_length=MOST_LINES)]


class RepairIn(BaseModel):
    """By which rules to repair the natural grids of a plan."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "max_gap_width_m": 10,
                "overlaps": "older",
                "keep_codes": ["320115001001017"],
                "barriers": {"crs": "wgs84", "lines": [[[118.83, 31.95], [118.84, 31.95]]]},
                "reason": "Seams between two surveys",
                "dry_run": True,
            }
        },
    )

    snap_m: Annotated[float, Field(gt=0, le=1)] = SNAP_M
    max_gap_width_m: Annotated[FiniteFloat, Field(gt=0)] = USUAL_GAP_WIDTH_M
    gaps: GapRule = GapRule.LONGEST_EDGE
    overlaps: Keeper = Keeper.LONGEST_EDGE
    keep_codes: Annotated[list[str], Field(max_length=MOST_NAMED)] = []
    intended: Annotated[list[str], Field(max_length=MOST_NAMED)] = []
    barriers: BarriersIn | None = None
    respect_buildings: bool = True
    fill_border: bool = True
    trim_outside: bool = True
    stray_below_m2: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    reason: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    dry_run: bool = True

    def request_for(self, plan_id: int) -> RepairRequest:
        """Return what is asked of a plan.

        Raises:
            InputError: The barriers cannot be in the system they name.
        """
        given = self.model_dump(exclude={"barriers", "dry_run", "intended"})
        lines = stored_lines(self.barriers)
        return RepairRequest(plan_id=plan_id, intended=frozenset(self.intended), barriers=lines, **given)


def repair_as_asked(
    session: Session,
    request: RepairRequest,
    settings: Settings,
    actor: Actor,
    *,
    dry_run: bool,
    advance: Advance = unheard,
) -> JobAnswer:
    """Repair a plan, or only say how, in a transaction that holds still.

    Returns:
        The places that were left, then those that changed, as features with sentences; beside them the counts
        of findings before and after, and the areas of the grids that changed.
    """
    if dry_run:
        done = try_repair(session, request, settings, advance)
    else:
        done = repair_plan(session, request, settings, actor, advance)
    advance(0.95, TELLING)
    places = places_of(done)
    features = to_geojson_bytes(places, id_column="id")
    content = geojson.with_members(features, len(places), members_of(done, applied=not dry_run))
    return JobAnswer(geojson.MEDIA_TYPE, content)


def stored_lines(barriers: BarriersIn | None) -> NDArray[np.object_] | None:
    """Return the lines in stored coordinates."""
    if barriers is None:
        return None
    drawn = np.array([shapely.LineString(line) for line in barriers.lines], dtype=object)
    lines = geometries_to_stored(drawn, barriers.crs)
    corners = shapely.get_coordinates(lines)
    if not on_earth(corners[:, 0], corners[:, 1]).all():
        raise InputError(
            f"Some coordinates cannot be in {barriers.crs}; x, east, comes first.", field="barriers"
        )
    return lines


def members_of(done: RepairedPlan, *, applied: bool) -> dict[str, Any]:
    """Return what stands beside the features."""
    counts = done.counts()
    return {
        "plan_id": done.plan.id,
        "applied": applied and bool(done.repaired.changed.any()),
        "whole": done.is_whole,
        "counts_before": {kind.value: before for kind, (before, _) in counts.items()},
        "counts_after": {kind.value: after for kind, (_, after) in counts.items()},
        "grids": areas_of(done).round(3).to_dict("records"),
    }
