"""Releases: published, dated states of all areas and grids."""

from datetime import date, datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from gis.api.access import Configured, Transaction
from gis.api.wire.asked import today
from gis.api.wire.caching import ASK_AGAIN, FOR_EVER, entity_tag, require_changed
from gis.api.wire.parameters import Day, Id
from gis.api.wire.strict import StrictRoute
from gis.store.releases import get_release, list_releases
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


@router.get("", summary="All releases")
def list_all(request: Request, response: Response, session: Transaction) -> ReleasesOut:
    """Return every release, newest first."""
    releases = list_releases(session)
    tag = entity_tag(request, [release.sha256 for release in releases])
    response.headers.update(require_changed(request, tag, ASK_AGAIN))
    return ReleasesOut(releases=[ReleaseOut.model_validate(release) for release in releases])


@router.get("/current", summary="The release in force on a day")
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
def one(request: Request, response: Response, session: Transaction, number: Id) -> ReleaseOut:
    """Return a release by its number."""
    release = get_release(session, number)
    tag = entity_tag(request, release.sha256, release.number)
    response.headers.update(require_changed(request, tag, FOR_EVER))
    return ReleaseOut.model_validate(release)
