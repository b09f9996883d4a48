"""The start page, its numbers, the documentation page, and the files pages are made of."""

import secrets
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from gis.api.access import Configured, Transaction, acting_if, needs, public
from gis.api.edge.headers import page_policy
from gis.api.wire.asked import today
from gis.api.wire.parameters import Language
from gis.api.wire.strict import StrictRoute
from gis.identity.roles import Right
from gis.store.summary import summarise

router = APIRouter(route_class=StrictRoute, tags=["pages"])

# What the pages' scripts read from the address; the service only lets it through.
PageLanguage = Annotated[
    Language | None, Query(alias="lang", description="Language it opens in; else the browser's.")
]
PageNext = Annotated[
    str | None, Query(alias="next", max_length=2000, description="Where to go then, on this site.")
]

WEB = Path(__file__).parents[2] / "web"

# What the web folder also holds but no page asks for.
SERVED = frozenset({".css", ".html", ".js", ".json", ".png", ".svg", ".ico", ".woff2", ".txt", ""})

files = StaticFiles(directory=WEB, check_dir=False)


class ReleaseInForce(BaseModel):
    """The release in force today."""

    number: int
    effective_from: date
    title: str
    sha256: str


class EventNumbers(BaseModel):
    """How many events there are."""

    total: int
    unlocated: int
    last_reported_at: datetime | None


class FindingNumbers(BaseModel):
    """What the newest check found."""

    check_id: int
    errors: int
    warnings: int


class Summary(BaseModel):
    """What is in force today, in numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "district": "云溪区",
                "release": {
                    "number": 1,
                    "effective_from": "2026-01-01",
                    "title": "First release",
                    "sha256": "5f2a…",
                },
                "releases": 1,
                "areas": {"district": 1, "street": 10, "community": 201},
                "grids": {"natural": 1720, "dedicated": 60, "special": 24},
                "events": {"total": 60000, "unlocated": 12, "last_reported_at": "2026-05-01T00:30:00Z"},
                "workers": 1800,
                "buildings": 90000,
                "findings": {"check_id": 1, "errors": 0, "warnings": 3},
            }
        }
    )

    district: str | None
    release: ReleaseInForce | None
    releases: int
    areas: dict[str, int]
    grids: dict[str, int]
    events: EventNumbers | None
    workers: int
    buildings: int
    findings: FindingNumbers | None


@router.get("/", summary="Start page", response_class=HTMLResponse)
@public
async def start_page(
    request: Request,
    _lang: PageLanguage = None,
) -> Response:
    """Return the page that leads to all others; it holds no data itself."""
    return await files.get_response("index.html", request.scope)


@router.get("/login", summary="Sign in", response_class=HTMLResponse)
@public
async def login_page(
    request: Request,
    _lang: PageLanguage = None,
    _next: PageNext = None,
) -> Response:
    """Return the page to sign in on; it holds no data itself."""
    return await files.get_response("login.html", request.scope)


@router.get("/account", summary="My account", response_class=HTMLResponse)
@public
async def account_page(
    request: Request,
    _lang: PageLanguage = None,
    _next: PageNext = None,
) -> Response:
    """Return the page of one's own account; it holds no data itself."""
    return await files.get_response("account.html", request.scope)


@router.get("/users", summary="Users, units and roles", response_class=HTMLResponse)
@public
async def users_page(
    request: Request,
    _lang: PageLanguage = None,
) -> Response:
    """Return the security administrator's page; it holds no data itself."""
    return await files.get_response("users.html", request.scope)


@router.get("/audit", summary="The audit log as a page", response_class=HTMLResponse)
@public
async def audit_page(
    request: Request,
    _lang: PageLanguage = None,
) -> Response:
    """Return the page that shows the audit log; it holds no data itself."""
    return await files.get_response("audit.html", request.scope)


@router.get("/v1/summary", summary="What is in force today, in numbers")
@needs(Right.READ_GRIDS)
def summary(request: Request, session: Transaction, settings: Configured) -> Summary:
    """Return counts of areas and grids, and of the events and findings one sees; null without the right."""
    counts_for, checks_for = (acting_if(request, right) for right in (Right.COUNT_EVENTS, Right.READ_CHECKS))
    found = summarise(session, today(settings), counts_for=counts_for, checks_for=checks_for)
    return Summary.model_validate(found)


@router.get("/static/{path:path}", include_in_schema=False)
@public
async def static_file(path: str, request: Request) -> Response:
    """Return a file of the pages; its entity tag saves sending it twice."""
    parts = path.split("/")
    if any(part.startswith(".") or not part for part in parts) or PurePath(path).suffix not in SERVED:
        raise HTTPException(404)
    return await files.get_response(path, request.scope)


@router.get("/openapi.json", include_in_schema=False)
@public
async def openapi(request: Request) -> Response:
    """Return the description of every address."""
    return Response(request.app.state.openapi, media_type="application/json")


DOCS = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Wangge 网格 · API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/vendor/swagger-ui/swagger-ui.css">
<div id="docs"></div>
<script src="/static/vendor/swagger-ui/swagger-ui-bundle.js"></script>
<script nonce="{nonce}">
SwaggerUIBundle({{
  url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout", defaultModelsExpandDepth: 0,
}});
</script>
</html>
"""


@router.get("/docs", summary="Documentation of the API", response_class=HTMLResponse)
@public
async def docs() -> Response:
    """Return the page that shows and tries out every address; all of it comes from this service."""
    nonce = secrets.token_urlsafe(18)
    return HTMLResponse(DOCS.format(nonce=nonce), headers={"Content-Security-Policy": page_policy(nonce)})
