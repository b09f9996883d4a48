"""Whether the service lives, is ready for work, and what it counts."""

from enum import StrEnum

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gis.api.access import public
from gis.api.wire.strict import StrictRoute
from gis.store.migrate import migration_state

router = APIRouter(route_class=StrictRoute, tags=["service"])

NOT_READY = 503


class State(StrEnum):
    """How the service is."""

    LIVE = "live"
    READY = "ready"
    NOT_READY = "not ready"


class Health(BaseModel):
    """How the service is, and why it is not ready."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ready", "reasons": []}})

    status: State
    reasons: list[str]


@router.get("/live", summary="Whether the process answers")
@public
async def live() -> Health:
    """Answer without touching the database or a thread."""
    return Health(status=State.LIVE, reasons=[])


@router.get(
    "/ready",
    summary="Whether the service can work",
    responses={NOT_READY: {"model": Health, "description": "Not ready, with the reasons"}},
)
@public
async def ready(request: Request, response: Response) -> Health:
    """Say whether the database answers and its schema is the one this version needs."""
    # a thread of its own: when all others are busy this one still finds out
    reasons = await anyio.to_thread.run_sync(
        reasons_against, request.app.state.engine, limiter=request.app.state.ready_limiter
    )
    response.headers["Cache-Control"] = "no-store"
    if not reasons:
        return Health(status=State.READY, reasons=[])
    response.status_code = NOT_READY
    return Health(status=State.NOT_READY, reasons=reasons)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
@public
async def metrics(request: Request) -> Response:
    """Return the counters in Prometheus' text format."""
    return Response(
        request.app.state.metrics.text(),
        headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"},
    )


def reasons_against(engine: Engine) -> list[str]:
    """Return why the database cannot be worked with; empty if it can."""
    try:
        state = migration_state(engine)
    except PoolTimeoutError:
        return ["every database connection is in use"]
    except SQLAlchemyError:
        return ["the database cannot be reached"]
    if not state.is_current:
        found = f"the schema is at {state.current or 'nothing'}, this version needs {state.head}"
        return [f"{found}: run `wangge database upgrade`"]
    return []
