"""Which grids and areas many places belong to: arrays in, arrays out, streamed in order."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from gis.api.access import Configured, Indexes, Transaction, needs
from gis.api.wire.asked import find_asked
from gis.api.wire.caching import PRIVATE
from gis.api.wire.chains import Named
from gis.api.wire.locate_answers import LocatedBatch, csv_pieces, json_pieces, ndjson_pieces
from gis.api.wire.locate_forms import MOST_SURROUNDINGS, BatchIn, BatchOut, Form
from gis.api.wire.parameters import OfDay, OfRelease, ParameterError, System, read_system
from gis.api.wire.point_rows import read_csv_points, read_ndjson
from gis.api.wire.strict import StrictRoute, require_known_parameters
from gis.gridding.crs import points_to_stored
from gis.identity.roles import Right
from gis.workflows.locate_point import FURTHEST_M
from gis.workflows.report_events import USUAL_ACCURACY_M

ROW_FORMS = {"application/x-ndjson": Form.NDJSON, "application/ndjson": Form.NDJSON, "text/csv": Form.CSV}
MEDIA_TYPES = {Form.JSON: "application/json", Form.NDJSON: "application/x-ndjson", Form.CSV: "text/csv"}
PIECES = {Form.JSON: json_pieces, Form.NDJSON: ndjson_pieces, Form.CSV: csv_pieces}
BESIDE_ROWS = ("crs", "at", "release", "accuracy")
STORED = "cgcs2000"


class RowsRequest(Request):
    """A request whose rows have been read: to the route it is the JSON form."""

    def __init__(self, request: Request, content: dict[str, Any]) -> None:
        others = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
        scope = {**request.scope, "headers": [*others, (b"content-type", b"application/json")]}
        super().__init__(scope, request.receive)
        self._content = content

    async def body(self) -> bytes:
        """Return what says that there is a body, even of no rows."""
        return b"rows"

    async def json(self) -> Any:  # noqa: ANN401 - as its parent says
        """Return the body in the JSON form, its points as an array."""
        return self._content


class RowsRoute(StrictRoute):
    """A route whose body may also be rows: NDJSON or CSV, with what belongs to all rows in the address."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the checks."""
        strict = super().get_route_handler()
        plain = APIRoute.get_route_handler(self)

        async def by_form(request: Request) -> Response:
            kind = media_type(request.headers.get("content-type", ""))
            form = ROW_FORMS.get(kind)
            if form is None:
                require_said_in_body(request, kind)
                return await strict(request)
            require_known_parameters(request, dict.fromkeys((*BESIDE_ROWS, "f", "candidates"), False))
            body = await request.body()
            # everybody else waits while the event loop reads a long body
            content = await anyio.to_thread.run_sync(
                read_rows, form, body, request.query_params.get("crs"), limiter=request.app.state.reading
            )
            return await plain(RowsRequest(request, content))

        return by_form


def require_said_in_body(request: Request, kind: str) -> None:
    """Refuse a body that is neither JSON nor rows, and parameters that only rows need."""
    if not kind.endswith(("/json", "+json")):
        kinds = ", ".join(MEDIA_TYPES.values())
        raise HTTPException(415, f"Send the body as {kinds}, and say which in the header Content-Type.")
    for name in BESIDE_ROWS:
        if name in request.query_params:
            raise ParameterError("say it in the JSON body, not in the address", field=name)


def read_rows(form: Form, body: bytes, crs: str | None) -> dict[str, Any]:
    """Return the JSON form of rows, its points as an array; errors name the row."""
    try:
        system = None if crs is None else read_system(crs)
    except ValueError:
        return {"crs": STORED, "points": []}  # the route refuses the parameter
    if form is Form.CSV:
        return {"crs": STORED, "points": read_csv_points(body, system)}
    points = read_ndjson(body)
    return {"points": points} if system is None else {"crs": system, "points": points}


router = APIRouter(route_class=RowsRoute, prefix="/v1/locate", tags=["locate"])

ROWS_BODY = {
    "application/x-ndjson": {
        "schema": {"type": "string", "description": "One [x, y] or object with x and y a line; null: none."},
        "example": '[118.8317447,31.9565713]\n{"x":118.84,"y":31.95}\n',
    },
    "text/csv": {
        "schema": {"type": "string", "description": "A header that names x and y (lon, lat), perhaps crs."},
        "example": "lon,lat,crs\n118.8317447,31.9565713,wgs84\n118.84,31.95,gcj02\n",
    },
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        }
    }
}


@router.post(
    "",
    summary="Which grids many places belong to",
    response_model=BatchOut,
    responses=ANSWERS,
    openapi_extra={"requestBody": {"content": ROWS_BODY}},
)
@needs(Right.LOCATE)
def locate_batch(  # noqa: PLR0913 - most of them are FastAPI's
    *,
    request: Request,
    session: Transaction,
    settings: Configured,
    indexes: Indexes,
    names: Named,
    body: BatchIn,
    f: Annotated[
        Form | None, Query(description="json: columns; ndjson, csv: one line a point; else as `Accept` says.")
    ] = None,
    _crs: Annotated[
        System | None, Query(alias="crs", description="For rows: the system they are in.")
    ] = None,
    at: OfDay = None,
    release: OfRelease = None,
    accuracy: Annotated[
        float | None, Query(ge=0, le=FURTHEST_M, description="For rows: as in the JSON body.")
    ] = None,
    candidates: Annotated[
        bool,
        Query(
            description="Also the grids within the accuracy and how far they are, and of points in none the "
            f"nearest; of at most {MOST_SURROUNDINGS} points, not in CSV."
        ),
    ] = False,
) -> Response:
    """Return one answer a point, in order.

    With rows (NDJSON, CSV) the address says what a JSON body says of all points.
    """
    form = f or accepted_form(request.headers.get("accept", ""))
    asked = find_asked(session, settings, body.at or at, body.release or release)
    accuracy_m = accuracy if body.accuracy is None else body.accuracy
    points = np.asarray(body.points, dtype=np.float64)
    if candidates:
        require_surroundings(form, len(points))
        accuracy_m = USUAL_ACCURACY_M if accuracy_m is None else accuracy_m
    lon, lat = points_to_stored(points[:, 0], points[:, 1], body.crs)
    index = indexes.of(session, asked.release)
    near = None if accuracy_m is None else index.index.near_boundary_many(lon, lat, accuracy_m)
    found = index.index.locate_many(lon, lat)
    around_m = accuracy_m if candidates else None
    batch = LocatedBatch(lon, lat, found, near, asked, index, names.within(index), around_m)
    return StreamingResponse(
        PIECES[form](batch), media_type=MEDIA_TYPES[form], headers={"Cache-Control": PRIVATE}
    )


def require_surroundings(form: Form, count: int) -> None:
    """Refuse to tell candidates in a form without room for them, or of too many points."""
    if form is Form.CSV:
        raise ParameterError("a table has no room for candidates; ask for json or ndjson", field="candidates")
    if count > MOST_SURROUNDINGS:
        raise HTTPException(
            413,
            f"Candidates are told of at most {MOST_SURROUNDINGS} points at once; first ask for all without, "
            "then for those near a boundary or in no grid.",
        )


def media_type(header: str) -> str:
    """Return a media type without its parameters."""
    return header.partition(";")[0].strip().lower()


def accepted_form(accept: str) -> Form:
    """Return the form a caller asks for by the header Accept; columns if it does not say.

    Raises:
        HTTPException: 406, it takes none of them.
    """
    wanted = [media_type(one) for one in accept.split(",") if one.strip()]
    for one in wanted:
        if one in ROW_FORMS:
            return ROW_FORMS[one]
        if one in {"application/json", "application/*", "*/*"}:
            return Form.JSON
    if wanted:
        raise HTTPException(406, f"The answer comes as {', '.join(MEDIA_TYPES.values())}.")
    return Form.JSON
