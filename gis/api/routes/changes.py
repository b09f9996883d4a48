"""Changes: what became of the grids between two releases, or in a plan."""

from typing import Any

from fastapi import APIRouter, Request, Response

from gis.api.access import Configured, Transaction, acting_if, needs
from gis.api.routes.plans import PlanOut
from gis.api.seen import SeenPlan
from gis.api.wire import geojson
from gis.api.wire.asked import ReleaseNamed
from gis.api.wire.caching import PRIVATE
from gis.api.wire.parameters import Id
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.nouns import Plan
from gis.store.events import EventFilter
from gis.workflows.comparing.affected import affected_frame
from gis.workflows.comparing.compare_states import ComparedReleases, compare_plan, compare_releases

router = APIRouter(route_class=StrictRoute, prefix="/v1", tags=["changes"])

EXAMPLE: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": 1,
            "properties": {
                "kind": "moved_edge",
                "layer": "natural",
                "task": None,
                "old": ["320115001001017", "320115001001018"],
                "new": ["320115001001017", "320115001001018"],
                "before_m2": 20000.0,
                "after_m2": 20000.0,
                "moved_m2": 2000.0,
                "moves": [{"from": "320115001001018", "to": "320115001001017", "area_m2": 2000.0}],
                "events": 3,
                "workers": 2,
                "zh": "网格 320115001001017、320115001001018 的边界移动：2,000.0 m² 由 …",
                "en": "The edge between the grids 320115001001017, 320115001001018 moved: 2,000.0 m² from …",
            },
            "geometry": geojson.EXAMPLE["features"][0]["geometry"],
        }
    ],
    "numberReturned": 1,
    "old": {"number": 1, "effective_from": "2026-01-01", "sha256": "5f2a"},
    "new": {"number": 2, "effective_from": "2026-07-01", "sha256": "9d1e"},
    "counts": {"moved_edge": 1, "unchanged": 1802},
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A feature for each change, the largest first; its geometry is the ground that passed",
        "content": {geojson.MEDIA_TYPE: {"schema": geojson.SCHEMA, "example": EXAMPLE}},
    }
}


@router.get(
    "/releases/{old}/changes/{new}",
    summary="What became of the grids between two releases",
    responses=ANSWERS,
    response_class=Response,
)
@needs(Right.READ_GRIDS)
def of_releases(request: Request, session: Transaction, settings: Configured, old: Id, new: Id) -> Response:
    """Return each split, merger, moved edge and the like as a feature with areas and sentences."""
    return answer_changes(request, session, settings, compare_releases(session, old, new, settings))


@router.get(
    "/plans/{plan_id}/changes",
    summary="What a plan changes of its base release",
    responses=ANSWERS,
    response_class=Response,
)
@needs(Right.READ_PLANS)
def of_plan(request: Request, session: Transaction, settings: Configured, plan_id: SeenPlan) -> Response:
    """Return what would become of the grids if the plan were published, as for two releases."""
    return answer_changes(request, session, settings, compare_plan(session, plan_id, settings))


def answer_changes(
    request: Request, session: Transaction, settings: Configured, found: ComparedReleases
) -> Response:
    """Return changes with the states they are between, and how many there are of each kind.

    The events of a change are those the caller may count; null for callers who may count none.
    """
    actor = acting_if(request, Right.COUNT_EVENTS)
    counted = None if actor is None else EventFilter(seen_by=actor)
    changes = affected_frame(session, found.states, settings, counted)
    new = (
        {"plan": PlanOut.model_validate(found.new).model_dump(mode="json")}
        if isinstance(found.new, Plan)
        else {"new": ReleaseNamed.model_validate(found.new).model_dump(mode="json")}
    )
    members = {
        "old": ReleaseNamed.model_validate(found.old).model_dump(mode="json"),
        **new,
        "counts": {kind.value: number for kind, number in found.states.counts().items() if number},
    }
    return geojson.answer_features(changes, members, {"Cache-Control": PRIVATE})
