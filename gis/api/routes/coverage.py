"""How much of each area the grids of a release serve, and what they leave."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from gis.api.access import Transaction, needs
from gis.api.wire import geojson
from gis.api.wire.answers import answer_json
from gis.api.wire.asked import ReleaseNamed
from gis.api.wire.caching import ASK_AGAIN, FOR_EVER, entity_tag, require_changed
from gis.api.wire.parameters import Id
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.nouns import AreaLevel
from gis.store.frames import plain_rows
from gis.store.people import mark_of_buildings
from gis.store.releases import get_release
from gis.workflows.assigning.coverage import CoverageRequest, Looked, measure_coverage

router = APIRouter(route_class=StrictRoute, prefix="/v1/releases/{number}/coverage", tags=["releases"])

OfLevel = Annotated[AreaLevel, Query(description="Level of the areas.")]
OfKind = Annotated[
    Looked | None, Query(description="Which grids; else each kind, each task, and all together.")
]


class CoverageRowOut(BaseModel):
    """How much of one area the grids of one kind and task serve; a share of nothing is null."""

    code: str
    name: str
    kind: Looked
    task: str
    grids: int
    area_m2: float
    served_m2: float
    uncovered_m2: float
    share: float | None
    parts: int
    widest_m: float
    buildings: int | None
    buildings_served: int | None
    buildings_share: float | None
    households: int | None
    households_served: int | None
    households_share: float | None


class CoverageOut(BaseModel):
    """How much of each area is served, by area, buildings and households; grids that overlap count once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "release": {"number": 1, "effective_from": "2026-01-01", "sha256": "5f2a"},
                "level": "street",
                "rows": [
                    {
                        "code": "320199001",
                        "name": "云溪街道",
                        "kind": "natural",
                        "task": "",
                        "grids": 176,
                        "area_m2": 62294794.94,
                        "served_m2": 62294594.94,
                        "uncovered_m2": 200.0,
                        "share": 0.9999968,
                        "parts": 1,
                        "widest_m": 1.96,
                        "buildings": 4862,
                        "buildings_served": 4862,
                        "buildings_share": 1.0,
                        "households": 69762,
                        "households_served": 69762,
                        "households_share": 1.0,
                    }
                ],
                "left_out": [],
                "buildings_elsewhere": 0,
            }
        }
    )

    release: ReleaseNamed
    level: AreaLevel
    rows: list[CoverageRowOut]
    left_out: list[str]
    buildings_elsewhere: int


@router.get("", summary="How much of each area grids serve", response_model=CoverageOut)
@needs(Right.READ_GRIDS)
def table(
    *,
    request: Request,
    session: Transaction,
    number: Id,
    level: OfLevel = AreaLevel.STREET,
    kind: OfKind = None,
) -> Response:
    """Return the share of each area that grids of each kind and task serve, area by area."""
    release = get_release(session, number)
    # the release never changes, but buildings are replaced
    tag = entity_tag(request, release.number, release.sha256, mark_of_buildings(session))
    headers = require_changed(request, tag, ASK_AGAIN)
    served = measure_coverage(session, CoverageRequest(release, level, kind)).served
    answer = CoverageOut(
        release=ReleaseNamed.model_validate(release),
        level=level,
        rows=[CoverageRowOut.model_validate(row) for row in plain_rows(served.rows)],
        left_out=served.left_out,
        buildings_elsewhere=served.elsewhere,
    )
    return answer_json(answer, headers)


@router.get(
    "/remainder", summary="What grids leave of each area", response_class=Response, responses=geojson.ANSWERS
)
@needs(Right.READ_GRIDS)
def remainder(
    *,
    request: Request,
    session: Transaction,
    number: Id,
    level: OfLevel = AreaLevel.STREET,
    kind: OfKind = None,
) -> Response:
    """Return what no grid of each kind and task covers, one feature a connected part, with area and width."""
    release = get_release(session, number)
    headers = require_changed(request, entity_tag(request, release.number, release.sha256), FOR_EVER)
    wanted = CoverageRequest(release, level, kind, with_buildings=False)
    parts = measure_coverage(session, wanted).served.remainder
    members: dict[str, Any] = {
        "numberMatched": len(parts),
        "release": ReleaseNamed.model_validate(release).model_dump(mode="json"),
        "links": geojson.links(request),
    }
    return geojson.answer_features(parts.assign(id=range(1, len(parts) + 1)), members, headers)
