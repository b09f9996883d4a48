"""Which grids and areas a place belongs to, on any day, in any release, or as a plan would have it."""

from collections.abc import Callable, Coroutine
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from gis.api.access import Configured, Indexes, Transaction, acting_with, needs
from gis.api.routes.grids import DutyOut, duties_of
from gis.api.wire.asked import AskedRelease, Question, ReleaseNamed
from gis.api.wire.caching import PRIVATE
from gis.api.wire.chains import Link, Named
from gis.api.wire.locate_answers import Place, write_located, write_planned
from gis.api.wire.parameters import LAST_ID, ParameterError, System
from gis.api.wire.strict import StrictRoute
from gis.errors import CoordinateSystemError
from gis.identity.roles import Right
from gis.nouns import GridKind
from gis.store.identity.visible import require_visible
from gis.store.people import list_duties
from gis.store.tables import PlanRow
from gis.workflows.locate_point import FURTHEST_M, stored_point
from gis.workflows.locating.locate_plan import PlanIndexes
from gis.workflows.report_events import USUAL_ACCURACY_M


class QuickRoute(StrictRoute):
    """A route that answers plain questions at once and takes the usual way for all others."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the short way."""
        handler = super().get_route_handler()

        async def quick(request: Request) -> Response:
            answer: Response | None = await request.app.state.quick.answer(request)
            return await handler(request) if answer is None else answer

        return quick


async def get_plan_indexes(request: Request) -> PlanIndexes:
    """Return where the plans' indexes are kept."""
    plans: PlanIndexes = request.app.state.plan_indexes
    return plans


Plans = Annotated[PlanIndexes, Depends(get_plan_indexes)]

router = APIRouter(route_class=QuickRoute, prefix="/v1/locate", tags=["locate"])


class PlaceOut(BaseModel):
    """A place as it was received and as it was looked up (EPSG:4490)."""

    x: float
    y: float
    crs: str
    lon: float
    lat: float
    accuracy_m: float


class CandidateOut(BaseModel):
    """A grid near the place; 0 m: the place lies in it or on its outline."""

    kind: GridKind
    id: int | None
    code: str
    name: str
    distance_m: float


class OutsideOut(BaseModel):
    """The nearest grid of a place in none: how far, and in which direction from the place."""

    nearest: CandidateOut
    distance_m: float
    direction_deg: float
    direction: str


class PlanNamed(BaseModel):
    """The plan an answer is of, and which state of it."""

    id: int
    title: str
    change_number: int


class LocatedOut(BaseModel):
    """Where a place belongs.

    `answers` is the grid that answers for it: the dedicated one before the natural one. In the answer of a
    plan `as_of` is null, `release` is the one the plan was made over, if any, and what only the plan has has
    no `id` yet.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "point": {
                    "x": 118.83684884,
                    "y": 31.95445754,
                    "crs": "gcj02",
                    "lon": 118.8317447,
                    "lat": 31.9565713,
                    "accuracy_m": 10,
                },
                "as_of": "2026-05-01",
                "release": {"number": 1, "effective_from": "2026-01-01", "sha256": "5f2a…"},
                "plan": None,
                "chain": [
                    {"level": "district", "id": 1, "code": "320115", "name": "云溪区"},
                    {"level": "street", "id": 2, "code": "320115001", "name": "云溪街道"},
                    {"level": "community", "id": 12, "code": "320115001001", "name": "云溪社区"},
                    {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"},
                ],
                "answers": {"kind": "natural", "id": 17, "code": "320115001001017", "name": "17"},
                "on_boundary": False,
                "near_boundary": True,
                "boundary_m": 4.2,
                "candidates": [
                    {
                        "kind": "natural",
                        "id": 17,
                        "code": "320115001001017",
                        "name": "17",
                        "distance_m": 0.0,
                    },
                    {
                        "kind": "natural",
                        "id": 18,
                        "code": "320115001001018",
                        "name": "18",
                        "distance_m": 4.2,
                    },
                ],
                "outside": None,
                "duty": None,
            }
        }
    )

    point: PlaceOut
    as_of: date | None
    release: ReleaseNamed | None
    plan: PlanNamed | None
    chain: list[Link]
    answers: Link | None
    on_boundary: bool
    near_boundary: bool
    boundary_m: float | None
    candidates: list[CandidateOut]
    outside: OutsideOut | None
    duty: list[DutyOut] | None


@router.get("", summary="Which grid a place belongs to", response_model=LocatedOut)
@needs(Right.LOCATE)
def locate(  # noqa: PLR0913 - six of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    question: AskedRelease,
    indexes: Indexes,
    names: Named,
    plans: Plans,
    lon: Annotated[
        float, Query(allow_inf_nan=False, description="Longitude, or easting.", examples=[118.8317447])
    ],
    lat: Annotated[
        float, Query(allow_inf_nan=False, description="Latitude, or northing.", examples=[31.9565713])
    ],
    crs: Annotated[System, Query(description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = "wgs84",
    accuracy: Annotated[
        float, Query(ge=0, le=FURTHEST_M, description="How far the point may be off, in metres.")
    ] = USUAL_ACCURACY_M,
    duty: Annotated[bool, Query(description="Also who answers there on that day.")] = False,
    plan: Annotated[
        int | None,
        Query(
            ge=1, le=LAST_ID, description="As if this plan were published; not with `at`, `release`, `duty`."
        ),
    ] = None,
) -> Response:
    """Return the areas and grids a place belongs to, and the grid that answers for it."""
    if plan is not None:
        require_plan_alone(question, duty=duty)
        require_visible(session, PlanRow, plan, acting_with(request, Right.READ_PLANS))
        found = plans.locate(session, plan, asked_point(lon, lat, crs), accuracy)
        content = write_planned(Place(lon, lat, crs, accuracy), found)
        return Response(content, headers={"Cache-Control": PRIVATE}, media_type="application/json")
    asked = question.release_in(session, settings)
    stored = asked_point(lon, lat, crs)
    request.app.state.quick.learn_system(request.query_params.get("crs", crs), crs)
    index = indexes.of(session, asked.release)
    located = index.index.locate(*stored, accuracy_m=accuracy)
    answers = located.chain.answers
    on_duty = None
    if duty and answers is not None:
        on_duty = [one.model_dump() for one in duties_of(list_duties(session, answers, asked.day))]
    content = write_located(Place(lon, lat, crs, accuracy), located, asked, names.within(index), on_duty)
    return Response(content, headers={"Cache-Control": PRIVATE}, media_type="application/json")


def require_plan_alone(question: Question, *, duty: bool) -> None:
    """Raise ParameterError if a plan is asked for together with what a plan does not have."""
    if question.at is not None or question.release is not None:
        raise ParameterError("give either a `plan`, or a day `at`, or a `release`", field="plan")
    if duty:
        raise ParameterError("nobody is on duty in a plan; ask without `duty`", field="duty")


def asked_point(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """Return `stored_point` of the parameters, or raise ParameterError."""
    try:
        return stored_point(lon, lat, crs)
    except CoordinateSystemError as error:
        raise ParameterError(str(error), field="lon") from None
