"""Strict requests: JSON that means one thing only, and no parameter that nobody reads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import anyio.to_thread
import orjson
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gis.api.access import acting_user
from gis.api.edge.body_limit import limited
from gis.api.wire.parameters import ParameterError
from gis.identity.masks import shown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response

# Deeper than any body of ours, shallower than any parser's stack.
MOST_NESTED = 32

# Twice what the largest batch needs; each costs a hundred bytes and some time of the one who reads.
MOST_BRACKETS = 500_000

# A text of JSON with its quotes.
TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')

# Reading so much takes about a millisecond.
LONG_BYTES = 50_000

# Names, passwords and codes need a few hundred.
SHORT_BYTES = 16_000


class StrictRoute(APIRoute):
    """A route that refuses unknown or repeated parameters, NUL, bodies that are no JSON, and loose JSON.

    Who asks is found out before anything else, and before a byte of the body is read; who may ask without
    saying who it is sends a short body only.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the checks."""
        handler = super().get_route_handler()
        fields = [field for field in get_flat_params(self.dependant) if isinstance(field.field_info, Query)]
        takes_many = {field.alias: is_list(field.field_info.annotation) for field in fields}
        needs_body = self.body_field is not None and self.body_field.field_info.is_required()
        wants_json = any("json" in kind for kind in self.body_kinds())
        is_public = getattr(self.endpoint, "right", None) is None

        async def strict(request: Request) -> Response:
            receive = request.receive
            if is_public:
                receive = limited(receive, request.headers, SHORT_BYTES, "Nothing so long is taken here.")
            else:
                await acting_user(request)
            require_known_parameters(request, takes_many)
            if wants_json and (needs_body or has_body(request)):
                require_json_type(request)
            return await handler(StrictRequest(request.scope, receive))

        return strict

    def body_kinds(self) -> list[str]:
        """Return the media types the route's body may have."""
        return [] if self.body_field is None else [getattr(self.body_field.field_info, "media_type", "")]


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        """Return the body, or raise HTTPException 400 that says what is wrong with it."""
        if not hasattr(self, "_json"):
            body = await self.body()
            if len(body) < LONG_BYTES:
                self._json = read_json(body)
            else:
                # everybody else waits while the event loop reads a long body
                limiter = self.app.state.reading
                self._json = await anyio.to_thread.run_sync(read_json, body, limiter=limiter)
        return self._json


def read_json(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the value a body holds.

    1. UTF-8 without byte order mark; no NaN, no Infinity, no number too large for a double, no lone
       surrogate (orjson refuses them).
    2. At most `MOST_NESTED` lists and objects inside each other, and about `MOST_BRACKETS` in all.
    3. No name twice in one object: readers differ in which one they believe.
    4. No NUL character in a text: PostgreSQL cannot keep it.

    Raises:
        HTTPException: 400 or 413, saying which rule and how to mend it.
    """
    if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
        raise HTTPException(
            413, f"The body holds more than {MOST_BRACKETS} lists and objects; send it in parts."
        )
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"The body is not valid JSON: {error}.") from None
    names = count_names(value, may_hold_nul=b"\\u0000" in body)
    # of a repeated name one is left in the value, and both stand in the body
    if names != TEXT.sub(b"", body).count(b":"):
        json.loads(body, object_pairs_hook=require_distinct)
    return value


def count_names(value: object, *, may_hold_nul: bool) -> int:
    """Return how many names the objects in a value have in all; level by level, so depth costs no stack.

    Raises:
        HTTPException: 400, the value breaks rule 2 or 4 of `read_json`.
    """
    level = [value]
    names = 0
    for _ in range(MOST_NESTED + 1):
        if may_hold_nul and any("\0" in text for text in texts_of(level)):
            raise HTTPException(400, "A text in the body holds a NUL character (\\u0000); leave it out.")
        parents = [one for one in level if isinstance(one, dict | list)]
        if not parents:
            return names
        names += sum(len(parent) for parent in parents if isinstance(parent, dict))
        level = [
            child for parent in parents for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    raise HTTPException(400, f"The body is nested more than {MOST_NESTED} deep.")


def texts_of(values: list[object]) -> list[str]:
    """Return the texts among values, and the names of their objects."""
    names = [name for value in values if isinstance(value, dict) for name in value]
    return [*names, *(value for value in values if isinstance(value, str))]


def require_distinct(pairs: list[tuple[str, object]]) -> None:
    """Raise HTTPException if a name stands twice in one object."""
    if len(pairs) != len({name for name, _ in pairs}):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise HTTPException(
            400, f"The name {shown_name(repeated)!r} stands twice in one object; give it once."
        )


def require_json_type(request: Request) -> None:
    """Raise HTTPException 415 if a body is there and does not say it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "Send the body as JSON, with the header Content-Type: application/json.")


def has_body(request: Request) -> bool:
    """Tell whether a request brings a body, by what its headers say."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def require_known_parameters(request: Request, takes_many: dict[str, bool]) -> None:
    """Raise ParameterError for a parameter that the route does not read, that stands twice, or holds NUL."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in dict.fromkeys(names):
        if name not in takes_many:
            allowed = ", ".join(sorted(takes_many)) or "no parameters"
            raise ParameterError(
                f"unknown parameter {shown_name(name)!r}; this address takes {allowed}",
                field=shown_name(name),
            )
        if names.count(name) > 1 and not takes_many[name]:
            raise ParameterError("give it once only", field=name)
    if "\0" in unquote_plus(request.url.query) or "\0" in request.scope["path"]:
        raise ParameterError("the address holds a NUL character (%00); leave it out")


def is_list(annotation: object) -> bool:
    """Whether a parameter may be repeated."""
    return str(annotation).startswith(("list[", "tuple["))
