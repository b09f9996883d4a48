"""`create_app(settings)`: the one root of the service. Nothing happens at import."""

from __future__ import annotations

from contextlib import asynccontextmanager
from threading import Lock
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from gis import __version__
from gis.api.access import require_rights
from gis.api.doorkeeper import Doorkeeper
from gis.api.edge.body_limit import BodyLimit
from gis.api.edge.headers import HeadAsGet, SecurityHeaders
from gis.api.edge.metrics import Metrics
from gis.api.edge.requests import Requests
from gis.api.edge.slow_clients import TimedProtocol
from gis.api.jobs.forgetter import Forgetter
from gis.api.jobs.keeper import JobKeeper
from gis.api.jobs.sealer import Sealer
from gis.api.problems import MEDIA_TYPE, PROBLEM_SCHEMA, add_problem_answers
from gis.api.quick import QuickLookUp
from gis.api.routes import (
    areas,
    changes,
    checks,
    coverage,
    events,
    grids,
    health,
    jobs,
    locate,
    locate_batch,
    maps,
    pages,
    plans,
    releases,
)
from gis.api.routes.checking import intended, proofs, repairs
from gis.api.routes.event import places
from gis.api.routes.identity import me, oidc, sessions, units, users
from gis.api.routes.oversight import audit, personal
from gis.api.routes.planning import operations
from gis.api.wire.chains import ReleaseNames
from gis.api.wire.simplified import SimplifiedReleases
from gis.identity.secrets import AT_ONCE
from gis.store.session import make_engine
from gis.workflows.locate_point import ReleaseIndexes
from gis.workflows.locating.locate_plan import PlanIndexes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gis.settings import Settings

ROUTERS = (
    locate.router,
    locate_batch.router,
    grids.router,
    areas.router,
    releases.router,
    coverage.router,
    plans.router,
    proofs.router,
    repairs.router,
    operations.router,
    checks.router,
    intended.router,
    jobs.router,
    changes.router,
    events.router,
    places.router,
    audit.router,
    personal.router,
    maps.router,
    sessions.router,
    oidc.router,
    me.router,
    users.router,
    units.router,
    pages.router,
    health.router,
)

DESCRIPTION = """Grid management for a city district: which grid answers for a place, on any day.

Every spatial answer names the release it is from. Times go in with a zone and come out in UTC; coordinates
go in with the name of their system. Errors are problem details (RFC 9457) that say what to mend."""

# What fits into three packets arrives no sooner for being smaller, and packing takes longer than finding.
COMPRESSED_FROM_BYTES = 4_000
# Level 5 is three times as fast as level 9 on GeoJSON for 3 % more bytes.
COMPRESSION = 5


# A request that waits for what another one changes holds a place that everybody needs.
LOCK_WAIT_S = 2


def create_app(settings: Settings) -> FastAPI:
    """Return the service, ready to be served.

    Args:
        settings: Say which database, how many connections and threads, and the limits.

    Raises:
        SetupError: The private database cannot be made or started.
        RuntimeError: A route is declared without saying which right it needs, or that it is public.
    """
    engine = make_engine(settings, lock_wait_s=LOCK_WAIT_S)
    metrics = Metrics(engine)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, float]]:
        # more threads than connections would only wait for one, and hold what others need meanwhile
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.pool_size
        keeper = JobKeeper(settings)
        # the sealer ends last, so that what the others recorded is sealed
        beside = (keeper, Forgetter(settings), Sealer(settings))
        for one in beside:
            one.start()
        yield {TimedProtocol.state: settings.slow_client_seconds}
        for one in beside:
            await anyio.to_thread.run_sync(one.stop)
        app.state.quick.close()
        app.state.doorkeeper.close()
        engine.dispose()

    app = FastAPI(
        title="Wangge 网格",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={"default": {"description": "Problem", "content": {MEDIA_TYPE: {"schema": PROBLEM_REF}}}},
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Requests, metrics=metrics),
            Middleware(HeadAsGet),
            Middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM_BYTES, compresslevel=COMPRESSION),
            Middleware(BodyLimit, most_mb=settings.max_body_mb),
        ],
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.metrics = metrics
    app.state.indexes = ReleaseIndexes(settings)
    app.state.plan_indexes = PlanIndexes(app.state.indexes)
    app.state.names = ReleaseNames(app.state.indexes)
    app.state.simplified = SimplifiedReleases()
    app.state.quick = QuickLookUp(engine, settings, app.state.indexes, app.state.names)
    app.state.doorkeeper = Doorkeeper(settings)
    app.state.hashing = anyio.Semaphore(AT_ONCE)
    app.state.asking = anyio.Semaphore(AT_ONCE)
    app.state.turns = anyio.Semaphore(settings.pool_size)
    app.state.ready_limiter = anyio.CapacityLimiter(1)
    app.state.reading = anyio.CapacityLimiter(1)
    app.state.browser = Lock()
    add_problem_answers(app)
    for router in ROUTERS:
        app.include_router(router)
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    require_rights((route.path, route.dependant) for route in routes)
    app.state.addresses = [(route.path_regex, route.methods) for route in routes]
    app.state.openapi = describe(app)
    return app


PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}


def describe(app: FastAPI) -> bytes:
    """Return the OpenAPI document."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    document["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
    return orjson.dumps(document)
