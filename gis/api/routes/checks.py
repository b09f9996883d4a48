"""Checks and what they found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

import geopandas
import shapely
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy.orm import Session

from gis.api.access import Acting, Configured, Transaction, is_taken_away, needs
from gis.api.jobs.kinds import CHECK
from gis.api.routes.jobs import Prefer, answer_later, wants_async
from gis.api.seen import SeenCheck
from gis.api.wire import geojson
from gis.api.wire.answers import answer_json
from gis.api.wire.caching import ASK_AGAIN, entity_tag, require_changed
from gis.api.wire.strict import StrictRoute
from gis.gridding.rules.identity import ids_of
from gis.gridding.rules.profile import shipped_profile
from gis.gridding.sentences import describe
from gis.identity.roles import Right
from gis.nouns import STORED_CRS, Actor, Check, Finding, FindingKind, Severity
from gis.settings import Settings
from gis.store.checking.intended import list_intended_reasons
from gis.store.checks import get_check, list_findings
from gis.store.plans import get_plan
from gis.workflows.auditing.exports import record_findings
from gis.workflows.check_grids import CheckRequest, check_requested, count_at_most, read_check
from gis.workflows.checking.write_findings import FindingsForm, package_of, sarif_of

router = APIRouter(route_class=StrictRoute, prefix="/v1/checks", tags=["checks"])

CREATED = 201

# The rest is at the check's own address, a page at a time for nobody: a plan with more is not readable.
FINDINGS_SHOWN = 1_000
MOST_INTENDED = 10_000

MEDIA_TYPES = {
    FindingsForm.GEOJSON: geojson.MEDIA_TYPE,
    FindingsForm.GPKG: "application/geopackage+sqlite3",
    FindingsForm.SARIF: "application/sarif+json",
}

EXAMPLE: dict[str, JsonValue] = {
    "id": 1,
    "plan_id": 1,
    "release": None,
    "change_number": 4,
    "at": "2026-05-01T00:30:00Z",
    "by": "operator",
    "min_width_m": 0.1,
    "min_area_m2": 1.0,
    "counts": {"gap": 2, "overlap": 1},
    "errors": 3,
}


class CheckOut(BaseModel):
    """One run of the check over a plan or a release."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": EXAMPLE})

    id: int
    plan_id: int | None
    release: int | None
    change_number: int | None
    at: datetime
    by: str
    min_width_m: float
    min_area_m2: float
    counts: dict[FindingKind, int]
    errors: int


class FindingOut(BaseModel):
    """One finding (检查问题) without its place.

    `number` counts from 1 in the check's order; `lasting_id` is that of the place found wrong,
    in every check until it changes.
    """

    number: int
    lasting_id: str
    kind: FindingKind
    severity: Severity
    grids: list[str]
    area_m2: float
    width_m: float
    detail: dict[str, str]
    sentence_zh: str
    sentence_en: str


class CheckedOut(CheckOut):
    """A check with its first findings."""

    findings: list[FindingOut]


class CheckIn(BaseModel):
    """By which rules to check, where they are not the usual ones."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"profile": "full", "min_width_m": 0.5}}
    )

    profile: Annotated[
        str | None, Field(max_length=100, description="Shipped profile by name; else the usual rules.")
    ] = None
    min_width_m: Annotated[
        float | None, Field(gt=0, le=1000, description="Least width of a gap or overlap.")
    ] = None
    min_area_m2: Annotated[
        float | None, Field(gt=0, le=1e9, description="Least area of a gap or overlap.")
    ] = None
    intended: Annotated[
        list[Annotated[str, Field(pattern="^[0-9a-f]{32}$")]],
        Field(max_length=MOST_INTENDED, description="Lasting ids of gaps that are meant."),
    ] = []


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """What every route that checks needs."""

    session: Session
    settings: Settings
    actor: Actor
    body: CheckIn
    is_async: bool

    def answer(self, *, plan_id: int | None = None, release: int | None = None) -> Response:
        """Check a plan or a release: now, or by a job if it is large or the caller prefers.

        Raises:
            NotFoundError: There is no such plan or release.
            InputError: There is no such profile.
        """
        wanted = CheckRequest(plan_id, release, **self.body.model_dump())
        if wanted.profile is not None:
            shipped_profile(wanted.profile)  # a job would say so too late
        is_large = count_at_most(self.session, wanted) > self.settings.max_sync_grids
        if is_large or self.is_async:
            parameters = {name: value for name, value in asdict(wanted).items() if value}
            return answer_later(self.session, CHECK, parameters, self.actor)
        found = check_requested(self.session, wanted, self.settings, self.actor)
        headers = {"Location": f"/v1/checks/{found.check.id}"}
        return answer_json(checked(found.check, found.findings, FINDINGS_SHOWN), headers, CREATED)


async def read_asked(
    session: Transaction,
    settings: Configured,
    actor: Acting,
    body: CheckIn | None = None,
    prefer: Prefer = None,
) -> AskedCheck:
    """Return what a request that checks asks for."""
    return AskedCheck(session, settings, actor, body or CheckIn(), wants_async(prefer))


Asked = Annotated[AskedCheck, Depends(read_asked)]


@router.get("/{check_id}", summary="One check")
@needs(Right.READ_CHECKS)
def one(request: Request, response: Response, session: Transaction, check_id: SeenCheck) -> CheckOut:
    """Return a check's tolerances and counts."""
    check = get_check(session, check_id)
    response.headers.update(require_changed(request, entity_tag(request, check), ASK_AGAIN))
    return CheckOut.model_validate(check)


@router.get(
    "/{check_id}/findings",
    summary="The findings of a check as GeoJSON, GeoPackage or SARIF",
    response_class=Response,
    responses={
        200: {
            "description": "Findings",
            "content": {
                geojson.MEDIA_TYPE: geojson.CONTENT,
                MEDIA_TYPES[FindingsForm.GPKG]: {"schema": {"type": "string", "format": "binary"}},
                MEDIA_TYPES[FindingsForm.SARIF]: {"schema": {"type": "object"}},
            },
        }
    },
)
@needs(Right.READ_CHECKS)
def list_features(  # noqa: PLR0913 - four of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    actor: Acting,
    check_id: SeenCheck,
    kind: Annotated[FindingKind | None, Query(description="Only this kind.")] = None,
    severity: Annotated[Severity | None, Query(description="Only this severity.")] = None,
    f: Annotated[
        FindingsForm,
        Query(description="geojson; gpkg: layers for QGIS, with what was checked; sarif: SARIF 2.1.0."),
    ] = FindingsForm.GEOJSON,
) -> Response:
    """Return findings with their places and a sentence in Chinese and English."""
    check = get_check(session, check_id)
    changes = get_plan(session, check.plan_id).change_number if check.plan_id is not None else None
    reasons = list_intended_reasons(session) if f is FindingsForm.SARIF else {}
    headers = require_changed(request, entity_tag(request, check, changes, reasons), ASK_AGAIN)
    found = [
        (number, finding)
        for number, finding in enumerate(list_findings(session, check_id), start=1)
        if kind in (None, finding.kind) and severity in (None, finding.severity)
    ]
    findings = [finding for _, finding in found]
    if f is FindingsForm.GEOJSON:
        return answer_features(request, found, headers)
    if is_taken_away(request):
        record_findings(session, actor, check, len(findings), f.value)
    headers["Content-Disposition"] = f'attachment; filename="wangge-check-{check_id}.{f}"'
    if f is FindingsForm.SARIF:
        content = sarif_of(check, findings, reasons)
    else:
        content = package_of(read_check(session, check, findings))
    return Response(content, headers=headers, media_type=MEDIA_TYPES[f])


def answer_features(
    request: Request, found: Sequence[tuple[int, Finding]], headers: dict[str, str]
) -> Response:
    """Return numbered findings as GeoJSON."""
    described = [describe_finding(number, finding).model_dump(mode="json") for number, finding in found]
    for properties in described:
        properties["id"] = properties.pop("number")
    frame = geopandas.GeoDataFrame(
        described,
        geometry=[finding.geometry or shapely.Point() for _, finding in found],
        crs=STORED_CRS,
    )
    if not found:
        frame["id"] = []
    members = {"numberMatched": len(found), "links": geojson.links(request)}
    return geojson.answer_features(frame, members, headers)


def describe_finding(number: int, finding: Finding) -> FindingOut:
    """Return a finding with its sentences."""
    return FindingOut(
        number=number,
        lasting_id=ids_of([finding])[0],
        kind=finding.kind,
        severity=finding.severity,
        grids=list(finding.grids),
        area_m2=finding.area_m2,
        width_m=finding.width_m,
        detail=finding.detail,
        sentence_zh=describe(finding, "zh"),
        sentence_en=describe(finding, "en"),
    )


def checked(check: Check, findings: Sequence[Finding], most: int) -> CheckedOut:
    """Return a check with at most so many findings."""
    first = [describe_finding(number, finding) for number, finding in enumerate(findings[:most], start=1)]
    return CheckedOut(**CheckOut.model_validate(check).model_dump(), findings=first)
