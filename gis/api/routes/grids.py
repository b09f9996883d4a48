"""Grids as they stand in a release, their history, and who is on duty."""

import re
from datetime import date
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Path, Query, Request, Response
from geopandas import GeoDataFrame
from pydantic import BaseModel, ConfigDict

from gis.api.access import Configured, Transaction, needs
from gis.api.wire import geojson
from gis.api.wire.asked import Asked, AskedRelease, today
from gis.api.wire.caching import ASK_AGAIN, PRIVATE, entity_tag, require_changed
from gis.api.wire.parameters import LAST_ID, Box, Day, Id, read_box
from gis.api.wire.simplified import Simplify, drawn_like, said
from gis.api.wire.strict import StrictRoute
from gis.errors import NotFoundError
from gis.identity.masks import HIDDEN
from gis.identity.roles import Right
from gis.nouns import GridKind
from gis.store.grids import GridFilter, list_grid_history, list_grids
from gis.store.people import list_duties
from gis.store.releases import list_releases

router = APIRouter(route_class=StrictRoute, prefix="/v1/grids", tags=["grids"])

MOST_AT_ONCE = 10_000
# what may be repeated of a code that is not there
CODE = re.compile(r"[A-Z]{0,4}-?[0-9]{1,17}")

FEATURE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One GeoJSON feature",
        "content": {
            geojson.MEDIA_TYPE: {"schema": {"type": "object"}, "example": geojson.EXAMPLE["features"][0]}
        },
    }
}


class DutyOut(BaseModel):
    """Who answers for a grid on a day."""

    worker_code: str
    worker: str
    role: str
    unit_code: str
    unit: str


class DutiesOut(BaseModel):
    """Everybody who answers for a grid on a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "grid_id": 17,
                "at": "2026-05-01",
                "duties": [
                    {
                        "worker_code": "W0017",
                        "worker": "王敏",
                        "role": "leader",
                        "unit_code": "U001",
                        "unit": "云溪街道受理中心",
                    }
                ],
            }
        }
    )

    grid_id: int
    at: date
    duties: list[DutyOut]


@router.get("", summary="Grids as GeoJSON", response_class=Response, responses=geojson.ANSWERS)
@needs(Right.READ_GRIDS)
def list_features(  # noqa: PLR0913 - a list has as many filters as its callers need
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    question: AskedRelease,
    kind: Annotated[GridKind | None, Query(description="Only this kind.")] = None,
    area: Annotated[
        str | None, Query(max_length=64, description="Code of a community, street or district.")
    ] = None,
    bbox: Box = None,
    after: Annotated[
        int | None, Query(ge=0, le=LAST_ID, description="Only larger ids; the `next` link sets it.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="At most so many.")] = MOST_AT_ONCE,
    simplify: Simplify = None,
) -> Response:
    """Return grids ordered by their lasting id; follow the `next` link for the rest."""
    asked = question.release_in(session, settings)
    tag = entity_tag(request, asked.release.number, asked.release.sha256)
    headers = require_changed(request, tag, asked.keep)
    # one more than asked for tells whether there is a next page
    wanted = GridFilter(kind, area, read_box(bbox), after, limit + 1)
    found = list_grids(session, asked.release.number, wanted)
    page = found.iloc[:limit]
    following = {"after": int(page["id"].iloc[-1]), "limit": limit} if len(found) > limit else {}
    links = geojson.links(request, **following)
    members: dict[str, Any] = {"release": asked.named.model_dump(mode="json"), "links": links}
    if kind is None and area is None and bbox is None:
        members["numberMatched"] = asked.release.grid_count
    if simplify is not None:
        shapes = request.app.state.simplified.of(session, asked.release, simplify)
        page, members = drawn_like(page, shapes.grids), members | said(simplify, shapes)
    return geojson.answer_features(as_published(page), members, headers)


@router.get(
    "/by-code/{code}", summary="One grid by its code", response_class=Response, responses=FEATURE_ANSWERS
)
@needs(Right.READ_GRIDS)
def by_code(
    request: Request,
    session: Transaction,
    settings: Configured,
    question: AskedRelease,
    code: Annotated[str, Path(max_length=64)],
) -> Response:
    """Return the grid that has a code in the release; codes may change, ids last."""
    asked = question.release_in(session, settings)
    found = list_grids(session, asked.release.number, GridFilter(code=code))
    return answer_grid(request, asked, found, f"code {code if CODE.fullmatch(code) else HIDDEN}")


@router.get("/{grid_id}", summary="One grid", response_class=Response, responses=FEATURE_ANSWERS)
@needs(Right.READ_GRIDS)
def one(
    request: Request,
    session: Transaction,
    settings: Configured,
    question: AskedRelease,
    grid_id: Id,
) -> Response:
    """Return a grid as it stands in the release."""
    asked = question.release_in(session, settings)
    found = list_grids(session, asked.release.number, GridFilter(grid_id=grid_id))
    return answer_grid(request, asked, found, f"id {grid_id}")


@router.get(
    "/{grid_id}/history",
    summary="Every version of a grid",
    response_class=Response,
    responses=geojson.ANSWERS,
)
@needs(Right.READ_GRIDS)
def history(request: Request, session: Transaction, grid_id: Id) -> Response:
    """Return what each release made of a grid, oldest first; `valid_to` is the first day it did not hold."""
    tag = entity_tag(request, [release.sha256 for release in list_releases(session)])
    headers = require_changed(request, tag, ASK_AGAIN)
    versions = list_grid_history(session, grid_id)
    members = {"numberMatched": len(versions), "links": geojson.links(request)}
    return geojson.answer_features(versions, members, headers)


@router.get("/{grid_id}/duty", summary="Who answers for a grid on a day")
@needs(Right.READ_GRIDS)
def duty(
    response: Response,
    session: Transaction,
    settings: Configured,
    grid_id: Id,
    at: Annotated[Day | None, Query(description="The day; else today.")] = None,
) -> DutiesOut:
    """Return everybody on duty in a grid."""
    response.headers["Cache-Control"] = PRIVATE
    day = at or today(settings)
    return DutiesOut(grid_id=grid_id, at=day, duties=duties_of(list_duties(session, grid_id, day)))


def duties_of(duties: pd.DataFrame) -> list[DutyOut]:
    """Return duties as they go out."""
    return [DutyOut.model_validate(row) for row in duties.to_dict("records")]


def as_published(grids: GeoDataFrame) -> GeoDataFrame:
    """Return grids without the one fact that a later release changes: until when they hold."""
    return grids.drop(columns="valid_to")


def answer_grid(request: Request, asked: Asked, found: GeoDataFrame, name: str) -> Response:
    """Return the one grid found as a feature.

    Raises:
        NotFoundError: None was found.
    """
    if found.empty:
        raise NotFoundError(f"There is no grid with {name} in release {asked.release.number}.")
    tag = entity_tag(request, asked.release.number, asked.release.sha256)
    headers = require_changed(request, tag, asked.keep)
    return geojson.answer_feature(
        as_published(found), {"release": asked.named.model_dump(mode="json")}, headers
    )
