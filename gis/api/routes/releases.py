"""Releases: published, dated states of all areas and grids."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from gis.api.access import Configured, Transaction, acting_with, needs
from gis.api.routes.checks import CREATED, Asked, CheckedOut
from gis.api.routes.jobs import ACCEPTED_ANSWER
from gis.api.wire.answers import answer_json
from gis.api.wire.asked import ReleaseNamed, today
from gis.api.wire.caching import ASK_AGAIN, FOR_EVER, PRIVATE, entity_tag, require_changed
from gis.api.wire.parameters import Day, Id
from gis.api.wire.strict import StrictRoute
from gis.files.spreadsheet import csv_pieces
from gis.identity.roles import Right
from gis.nouns import GridKind
from gis.store.events import EventFilter
from gis.store.frames import plain_rows
from gis.store.releases import get_release, list_releases
from gis.workflows.assigning.crosswalk import CrosswalkRequest, Weight, make_crosswalk
from gis.workflows.locate_point import require_release

router = APIRouter(route_class=StrictRoute, prefix="/v1/releases", tags=["releases"])


class ReleaseOut(BaseModel):
    """A published (发布), numbered, dated, immutable state of all areas and grids."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "number": 1,
                "title": "First release",
                "effective_from": "2026-01-01",
                "published_at": "2025-12-20T02:15:00Z",
                "published_by": "operator",
                "sha256": "5f2a0b7c9d1e3f4a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2",
                "area_count": 212,
                "grid_count": 1804,
                "accepted_findings": 0,
                "accept_reason": None,
            }
        },
    )

    number: int
    title: str
    effective_from: date
    published_at: datetime
    published_by: str
    sha256: str
    area_count: int
    grid_count: int
    accepted_findings: int
    accept_reason: str | None


class ReleasesOut(BaseModel):
    """All releases, newest first."""

    releases: list[ReleaseOut]


class Form(StrEnum):
    """Form of a crosswalk."""

    JSON = "json"
    CSV = "csv"


class CrosswalkRowOut(BaseModel):
    """One old and one new grid and what they share; without a new grid, what passes into none."""

    old_id: int
    old_code: str
    new_id: int | None
    new_code: str | None
    area_m2: float | None
    weight: float | None
    share: float
    by_area: bool
    households: int | None
    population: int | None


class CrosswalkOut(BaseModel):
    """How the grids of one release pass into those of another; the shares of an old grid add up to 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "old": {"number": 1, "effective_from": "2026-01-01", "sha256": "5f2a"},
                "new": {"number": 2, "effective_from": "2026-07-01", "sha256": "9d1e"},
                "kind": "natural",
                "weight": "area",
                "rows": [
                    {
                        "old_id": 7,
                        "old_code": "320199001001007",
                        "new_id": 7,
                        "new_code": "320199001001007",
                        "area_m2": 672669.9,
                        "weight": 672669.9,
                        "share": 1.0,
                        "by_area": False,
                        "households": 410,
                        "population": 1133,
                    }
                ],
            }
        }
    )

    old: ReleaseNamed
    new: ReleaseNamed
    kind: GridKind
    weight: Weight
    rows: list[CrosswalkRowOut]


@router.get("", summary="All releases")
@needs(Right.READ_GRIDS)
def list_all(request: Request, response: Response, session: Transaction) -> ReleasesOut:
    """Return every release, newest first."""
    releases = list_releases(session)
    tag = entity_tag(request, [release.sha256 for release in releases])
    response.headers.update(require_changed(request, tag, ASK_AGAIN))
    return ReleasesOut(releases=[ReleaseOut.model_validate(release) for release in releases])


@router.get("/current", summary="The release in force on a day")
@needs(Right.READ_GRIDS)
def current(
    request: Request,
    response: Response,
    session: Transaction,
    settings: Configured,
    at: Day | None = None,
) -> ReleaseOut:
    """Return the release in force on the day `at`, or today."""
    release = require_release(session, number=None, day=at or today(settings))
    tag = entity_tag(request, release.sha256, release.number)
    response.headers.update(require_changed(request, tag, ASK_AGAIN))
    return ReleaseOut.model_validate(release)


@router.get("/{number}", summary="One release")
@needs(Right.READ_GRIDS)
def one(request: Request, response: Response, session: Transaction, number: Id) -> ReleaseOut:
    """Return a release by its number."""
    release = get_release(session, number)
    tag = entity_tag(request, release.sha256, release.number)
    response.headers.update(require_changed(request, tag, FOR_EVER))
    return ReleaseOut.model_validate(release)


@router.post(
    "/{number}/check",
    status_code=CREATED,
    summary="Check a release",
    response_model=CheckedOut,
    responses=ACCEPTED_ANSWER,
)
@needs(Right.CHECK)
def check(asked: Asked, number: Id) -> Response:
    """Check all areas and grids of a release, and keep the findings; large releases by a job."""
    return asked.answer(release=number)


@router.get(
    "/{old}/crosswalk/{new}",
    summary="How the grids of one release pass into those of another",
    response_model=CrosswalkOut,
    responses={
        200: {
            "description": "One row an old and a new grid",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
)
@needs(Right.READ_GRIDS)
def crosswalk(  # noqa: PLR0913 - four of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    old: Id,
    new: Id,
    weight: Annotated[Weight, Query(description="What an old grid is shared out by.")] = Weight.AREA,
    kind: Annotated[GridKind, Query(description="natural or dedicated grids.")] = GridKind.NATURAL,
    f: Annotated[Form, Query(description="json or csv.")] = Form.JSON,
) -> Response:
    """Return the share of each old grid in each new one, with its households and population moved along."""
    headers = {"Cache-Control": PRIVATE}
    if weight is Weight.AREA:
        # the releases never change, but the area that counts as none is a setting
        hashes = [get_release(session, number).sha256 for number in (old, new)]
        headers = require_changed(request, entity_tag(request, hashes, settings.min_area_m2), ASK_AGAIN)
    counted = EventFilter()
    if weight is Weight.EVENTS:
        counted = EventFilter(seen_by=acting_with(request, Right.COUNT_EVENTS))
    found = make_crosswalk(session, CrosswalkRequest(old, new, weight, kind, counted), settings)
    if f is Form.CSV:
        content = b"".join(csv_pieces([found.rows]))
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
    answer = CrosswalkOut(
        old=ReleaseNamed.model_validate(found.old),
        new=ReleaseNamed.model_validate(found.new),
        kind=kind,
        weight=weight,
        rows=[CrosswalkRowOut.model_validate(row) for row in plain_rows(found.rows)],
    )
    return answer_json(answer, headers)
