"""The one table from exceptions to HTTP answers (RFC 9457 problem details).

4xx answers say what is wrong and how to mend it. 5xx answers never repeat the exception: its place is the
log, under the request's id. The exceptions are `SetupError`, whose text is written for the operator, and
nothing else.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import (
    TimeoutError as PoolTimeoutError,
)
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from gis.api.access import BusyError
from gis.api.wire.caching import NotModified
from gis.api.wire.parameters import ParameterError
from gis.errors import (
    CheckFailedError,
    ConflictError,
    DatabaseUnavailableError,
    FileFormatError,
    InputError,
    NotAllowedError,
    NotFoundError,
    SetupError,
    WanggeError,
)
from gis.identity.masks import mask_text, shown_name
from gis.logs import request_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from pydantic_core import ErrorDetails
    from starlette.requests import Request

log = logging.getLogger("gis.api.problems")

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One row of the table.

    Attributes:
        status: HTTP status.
        code: Last part of the problem's type, for programs.
        title: The same for people, in general words.
        detail: Said instead of the exception's text; None: the exception's own text is the answer.
        retry_after_s: When trying again may help.
    """

    status: int
    code: str
    title: str
    detail: str | None = None
    retry_after_s: int | None = None


BUSY = Problem(503, "busy", "Too busy", "Every database connection is in use; try again shortly.", 2)
UNREACHABLE = Problem(
    503, "database-unavailable", "Database unavailable", "The database cannot be reached; try again later.", 5
)
CONSTRAINT = "What you sent contradicts what is stored; read it again and repeat the change."
UNFIT = "A value cannot be stored: it is missing, out of range or of the wrong kind."
INVALID_BODY = Problem(422, "invalid-body", "Body is not as expected")
CUT_OFF = Problem(400, "cut-off", "Cut off", "The request ended before all of it had come.")
UNEXPECTED = Problem(
    500,
    "internal",
    "Internal error",
    "Something went wrong here; the log has the cause under the request id.",
)

# Looked up along the exception's base classes, so a class stands for its children.
PROBLEMS: dict[type[Exception], Problem] = {
    ParameterError: Problem(400, "bad-parameter", "Bad parameter"),
    FileFormatError: Problem(422, "bad-file", "File cannot be read"),
    InputError: Problem(422, "invalid-input", "Input cannot be used"),
    NotFoundError: Problem(404, "not-found", "Not found"),
    NotAllowedError: Problem(403, "forbidden", "Forbidden"),
    CheckFailedError: Problem(409, "check-failed", "Check does not allow it"),
    ConflictError: Problem(409, "conflict", "Conflict"),
    BusyError: BUSY,
    DatabaseUnavailableError: UNREACHABLE,
    SetupError: Problem(501, "not-installed", "Something this needs is not installed"),
    WanggeError: Problem(422, "refused", "Refused"),
    PoolTimeoutError: BUSY,
    InterfaceError: UNREACHABLE,
    OperationalError: UNREACHABLE,
    IntegrityError: Problem(409, "constraint", "Conflict", CONSTRAINT),
    ClientDisconnect: CUT_OFF,
    DataError: Problem(422, "invalid-input", "Input cannot be used", UNFIT),
    Exception: UNEXPECTED,
}

# Where the database says more than its class does (SQLSTATE).
STATES: dict[str, Problem] = {
    "23502": Problem(422, "invalid-input", "Input cannot be used", UNFIT),  # not null
    "23514": Problem(422, "invalid-input", "Input cannot be used", UNFIT),  # check
    "53100": Problem(507, "disk-full", "Disk full", "The database's disk is full; nothing was saved."),
    "40001": Problem(503, "collision", "Collision", "Another change came between; try again.", 1),
    "40P01": Problem(503, "collision", "Collision", "Another change came between; try again.", 1),
    "55P03": Problem(503, "collision", "Collision", "Somebody else is changing this; try again shortly.", 2),
    "57014": Problem(503, "too-slow", "Took too long", "The database ended the query; ask for less.", 5),
}

OLD_SCHEMA = Problem(
    503,
    "old-schema",
    "Database not ready",
    "The database's schema is not the one this version needs: run `wangge database upgrade`.",
    30,
)
STATES |= {"42P01": OLD_SCHEMA, "42703": OLD_SCHEMA}  # undefined table, undefined column

BAD_REQUEST = 400
SERVER_ERROR = 500


def problem_for(error: Exception) -> Problem:
    """Return the row of the table that an exception falls under."""
    if isinstance(error, DBAPIError):
        state = STATES.get(getattr(error.orig, "pgcode", None) or "")
        if state is not None:
            return state
        if error.connection_invalidated:
            return UNREACHABLE
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def answer_problem(request: Request, error: Exception) -> Response:
    """Return the answer to an exception, and log it if the fault is ours."""
    if isinstance(error, RequestValidationError):
        return answer_invalid(request, error.errors())
    if isinstance(error, HTTPException):
        return answer_http(request, error)
    return respond(*explain(error))


def explain(error: Exception) -> tuple[Problem, str, list[dict[str, Any]]]:
    """Return the row an exception falls under, what is said, and the field at fault; log what is ours."""
    problem = problem_for(error)
    if problem.status >= SERVER_ERROR:
        note(error, problem)
    is_ours = isinstance(error, WanggeError) and problem.detail is None
    errors = [field_of(error)] if isinstance(error, InputError) and (error.field or error.row) else []
    return problem, str(error) if is_ours else problem.detail or "", errors


def note(error: Exception, problem: Problem) -> None:
    """Log what happened, without the values that were sent: they may be about people."""
    if isinstance(error, StatementError):
        error.hide_parameters = True
    if problem.status == SERVER_ERROR:
        log.error("unexpected", exc_info=error)
    else:
        cause = getattr(error, "orig", None) or error
        log.warning("%s: %s", problem.code, " ".join(str(cause).split())[:500])


def answer_http(request: Request, error: HTTPException) -> Response:
    """Return the answer to a status the framework or a route raised."""
    if error.status_code == HTTPStatus.UNAUTHORIZED and wants_page(request):
        # people who follow a link are led to the door and back; programs are told
        return RedirectResponse(f"/login?{urlencode({'next': page_of(request)})}", HTTPStatus.SEE_OTHER)
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else ""
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND and not detail:
        detail = "There is nothing at this address; /docs shows every address there is."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = allowed_methods(request)
        headers["Allow"] = ", ".join(allowed)
        detail = f"This address takes {' and '.join(allowed)}."
    problem = Problem(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    return respond(problem, detail, [], headers)


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page to show."""
    is_navigation = request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    return request.method == "GET" and is_navigation and "text/html" in request.headers.get("accept", "")


def page_of(request: Request) -> str:
    """Return path and query of the page asked for."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def answer_invalid(request: Request, found: Sequence[ErrorDetails]) -> Response:
    """Return the answer to parameters (400) or a body (422) that are not as declared."""
    in_body = all(error["loc"][:1] == ("body",) for error in found)
    errors = [invalid_field(error) for error in found]
    unknown = [error for error in found if error["type"] == "extra_forbidden" and len(error["loc"]) == 2]  # noqa: PLR2004 - body and name
    if unknown and (names := body_fields(request)):
        for error in errors:
            if error["message"].startswith("unknown"):
                error["remedy"] = f"allowed: {', '.join(names)}"
    if in_body:
        return respond(INVALID_BODY, summary_of(errors), errors)
    return respond(Problem(BAD_REQUEST, "bad-parameter", "Bad parameter"), summary_of(errors), errors)


def describe_invalid(found: Sequence[ErrorDetails]) -> dict[str, Any]:
    """Return the problem of one item of a batch."""
    errors = [invalid_field(error) for error in found]
    return problem_body(INVALID_BODY, summary_of(errors), errors)


def summary_of(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return the first problem as a sentence, and how many more there are."""
    first = errors[0]
    where = f"{first['field']}: " if first.get("field") else ""
    if "row" in first:
        where = f"row {first['row']}, {where}"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{where}{first['message']}{more}"


REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "leave it out",
    "timezone_aware": "add a zone, as 2026-05-01T08:30:00+08:00",
}
MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "unknown name",
    "model_attributes_type": "a JSON object is wanted",
}


PLACES = tuple((place,) for place in ("body", "query", "path", "header", "cookie"))


def invalid_field(error: ErrorDetails) -> dict[str, Any]:
    """Return one of pydantic's errors as field, row, message and remedy; never what was sent."""
    where = error["loc"][1:] if error["loc"][:1] in PLACES else error["loc"]
    row = next((part for part in where if isinstance(part, int)), None)
    # an error deep in a union also names the branch, in words no caller knows
    names = [shown_name(part) for part in where if isinstance(part, str) and "[" not in part]
    message = MESSAGES.get(error["type"], error["msg"].removeprefix("Value error, "))
    described: dict[str, Any] = {"field": ".".join(names) or None, "message": message}
    if row is not None:
        described["row"] = row + 1
    if error["type"] in REMEDIES:
        described["remedy"] = REMEDIES[error["type"]]
    return described


def field_of(error: InputError) -> dict[str, Any]:
    """Return where a domain error lies."""
    described: dict[str, Any] = {"field": error.field, "message": str(error)}
    if error.row is not None:
        described["row"] = error.row
    return described


def body_fields(request: Request) -> list[str]:
    """Return the names the route's body may have."""
    body = getattr(request.scope.get("route"), "body_field", None)
    model = getattr(getattr(body, "field_info", None), "annotation", None)
    return list(getattr(model, "model_fields", ()))


def allowed_methods(request: Request) -> list[str]:
    """Return the methods an address takes."""
    path = request.scope["path"]
    methods = {
        method
        for pattern, methods in request.app.state.addresses
        if pattern.match(path)
        for method in methods
    }
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def respond(
    problem: Problem,
    detail: str,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as `application/problem+json`."""
    sent = dict(headers or {})
    sent["Cache-Control"] = "no-store"
    if problem.retry_after_s is not None:
        sent["Retry-After"] = str(problem.retry_after_s)
    content = orjson.dumps(problem_body(problem, detail, errors))
    return Response(content, problem.status, headers=sent, media_type=MEDIA_TYPE)


def problem_body(problem: Problem, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the members of a problem."""
    body: dict[str, Any] = {
        "type": f"urn:wangge:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": mask_text(detail),
        "request_id": request_id.get(),
    }
    if errors:
        body["errors"] = [dict(error) | {"message": mask_text(error["message"])} for error in errors]
    return body


def add_problem_answers(app: FastAPI) -> None:
    """Make every exception that routes and the framework raise end in this table."""

    async def answer(request: Request, error: Exception) -> Response:
        return answer_problem(request, error)

    async def answer_unchanged(_request: Request, error: Exception) -> Response:
        return Response(status_code=304, headers=getattr(error, "headers", None))

    for kind in (WanggeError, SQLAlchemyError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(NotModified, answer_unchanged)


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "field": {"type": ["string", "null"]},
                    "row": {"type": "integer", "description": "Counted from 1."},
                    "message": {"type": "string"},
                    "remedy": {"type": "string"},
                },
            },
        },
    },
    "example": {
        "type": "urn:wangge:problem:invalid-body",
        "title": "Body is not as expected",
        "status": 422,
        "detail": "reported_at: a zone is missing; write 2026-05-01T08:30:00+08:00",
        "request_id": "9f2c5a1e77b0c3d4",
        "errors": [{"field": "reported_at", "message": "a zone is missing; write 2026-05-01T08:30:00+08:00"}],
    },
}
